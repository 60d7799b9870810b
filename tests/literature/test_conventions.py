"""Conventions that silently change an optimum: each of ours, on the reference site, beside what others take."""

from __future__ import annotations

import pytest

from c4e_opt import SolveOptions, solve
from tests.literature.reference_site import Document, case_of, oracle, present, site, variants

pytestmark = present

WEEK_LP = 7460.502908283
WINTER = 24.0 * 26  # a cold day on which the CHP starts in the morning and stops before midnight


def cost(document: Document) -> float:
    outcome = solve(case_of(document), SolveOptions(gap=1e-7))
    assert outcome.objective is not None, outcome.termination
    return outcome.objective


def day(first_hour: float = 0.0, **fields: float) -> Document:
    """A winter day with commitment, its CHP changed."""
    document = site(24, first_hour=first_hour, commitment=True)
    document["components"]["chp"][0] |= fields
    return document


def test_the_standing_loss_acts_in_the_first_step() -> None:
    """PyPSA keeps the initial energy whole in the first step: 7460.2641 instead of 7460.5029."""
    document = site(168)
    p = oracle().P
    for kind, key in (("battery", "bat"), ("heat_store", "tes")):
        store = document["components"][kind][0]
        store["energy_start_kwh"] = store["energy_end_kwh"] / (1 - p[f"{key}_loss"])
    theirs = variants()["convention_traps"]["PyPSA StorageUnit initial SoC w/o first-step standing loss (168h LP)"]
    assert cost(document) == pytest.approx(theirs, rel=1e-9)
    assert cost(site(168)) == pytest.approx(WEEK_LP, rel=1e-9)
    assert pytest.approx(theirs, rel=1e-6) != WEEK_LP


def test_power_is_rated_on_the_side_of_the_bus() -> None:
    """A rating of discharge on the side of the cells gives less at the bus, and costs more."""
    document = site(168)
    store = document["components"]["battery"][0]
    store["discharge_max_kw"] *= store["discharge_efficiency"]
    assert cost(document) > WEEK_LP + 0.05


def test_minimum_times_are_counted_in_hours_and_not_in_steps() -> None:
    """A unit that has just stopped and must rest 4 hours rests 16 quarter-hours; counted in steps it would rest 4."""

    def started(rest_hours: float) -> int:
        document = site(48, hours=0.25, first_hour=WINTER + 12, commitment=True)
        rest = {"minimum_down_hours": rest_hours, "hours_in_state_initially": 0.0}
        document["components"]["chp"][0] |= rest
        outcome = solve(case_of(document), SolveOptions(gap=1e-7))
        return int(outcome.schedule_table.values("chp_on")[0].argmax())

    assert started(4.0) == 16
    assert started(1.0) < 16


def test_nothing_is_owed_past_the_horizon() -> None:
    """oemof-solph forbids starts whose minimum up time would end after the horizon; here they are allowed.

    With a minimum up time as long as the day only a start in the first hour would remain; the answer starts later.
    """
    document = day(first_hour=WINTER, minimum_up_hours=24.0)
    outcome = solve(case_of(document), SolveOptions(gap=1e-7))
    started = outcome.schedule_table.values("chp_starting")[0].argmax()
    assert outcome.schedule_table.values("chp_starting").sum() == 1
    assert started > 0
    document["components"]["chp"][0] |= {"on_initially": True, "hours_in_state_initially": 0.0}
    assert cost(document) != pytest.approx(outcome.objective, rel=1e-6)


def test_a_unit_is_off_and_rested_before_the_start_unless_the_case_says_otherwise() -> None:
    """PyPSA takes units as on before the start: the first start would be free."""
    resting, running = day(first_hour=WINTER), day(first_hour=WINTER, on_initially=True)
    assert cost(running) < cost(resting) - 1.0
    explicit = day(first_hour=WINTER, on_initially=False, hours_in_state_initially=8760.0)
    assert cost(explicit) == pytest.approx(cost(resting), rel=1e-9)


def test_the_age_of_the_initial_state_decides_how_long_it_binds() -> None:
    """A unit that stopped just now owes all of its rest; one that stopped twelve hours ago owes nothing."""
    rest = {"minimum_down_hours": 12.0}
    fresh = cost(day(first_hour=WINTER, hours_in_state_initially=0.0, **rest))
    half = cost(day(first_hour=WINTER, hours_in_state_initially=4.0, **rest))
    aged = cost(day(first_hour=WINTER, hours_in_state_initially=12.0, **rest))
    assert fresh > half + 0.1
    assert half > aged + 0.1


def test_the_last_step_ends_where_the_case_says() -> None:
    """Stores end at their starting energy here; without that they are emptied, and the week costs less."""
    document = site(168)
    for kind in ("battery", "heat_store"):
        del document["components"][kind][0]["energy_end_kwh"]
    assert cost(document) < WEEK_LP - 10.0
