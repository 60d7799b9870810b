"""Violations planted into answers with demand charges, contracts and flexible loads; see `test_planted_violations`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import c4e_opt
from c4e_opt import Case, Outcome
from c4e_opt.axes import Horizon
from c4e_opt.components.shiftable_load import LoadPhase
from c4e_opt.outcome import Table
from c4e_opt.verify import verify
from tests.verify.test_planted_violations import Plant, Planted, law, number, price, term, to, up

# A tariff with everything; the load that sheds is the last resort in two steps.
TARIFF = """
name: tariff
horizon: {start: "2025-01-31T20:00Z", time_zone: Europe/Warsaw, step_minutes: 60, steps: 6}
buses: [{id: e}, {id: f}, {id: g, carrier: gas}]
components:
  grid_connection:
    - {id: plain, bus: e, import_max_mw: 9, import_price_eur_per_mwh: 20, export_max_mw: 1, export_price_eur_per_mwh: 5,
       demand_charges: [{name: peak, price_eur_per_mw: 60, peak_before_mw: 0.4,
         tiers: [{above_mw: 1.5, price_eur_per_mw: 90}]}]}
    - {id: bound, bus: f, import_max_mw: 9, import_price_eur_per_mwh: [10, 10, 10, 30, 30, 30],
       ramp_max_mw_per_hour: 0.5, demand_charges: [{price_eur_per_mw: 5, period: day, ratchet_ratio: 0.9}]}
    - {id: spot, bus: f, import_max_mw: 9, import_price_eur_per_mwh: 40}
    - {id: take, bus: g, import_max_mw: 9, import_price_eur_per_mwh: 25, energy_min_mwh: 4,
       shortfall_price_eur_per_mwh: 3, energy_max_mwh: 5}
    - {id: cheap, bus: g, import_max_mw: 0.5, import_price_eur_per_mwh: 20}
  demand:
    - {id: town, bus: e, demand_mw: [0.5, 1, 2, 1.9, 1, 0.5]}
    - {id: mill, bus: f, demand_mw: [0.4, 1.6, 0.5, 1, 1.2, 0.3]}
    - {id: stove, bus: g, demand_mw: 1}
  battery: [{id: cells, bus: e, charge_max_mw: 0.2, discharge_max_mw: 0.2, energy_max_mwh: 0.4, energy_start_mwh: 0.2}]
"""

LOADS = """
name: loads
horizon: {start: "2025-01-01T00:00Z", time_zone: Europe/Warsaw, step_minutes: 60, steps: 8}
buses: [{id: e}]
components:
  grid_connection:
    - {id: grid, bus: e, import_max_mw: 9, import_price_eur_per_mwh: [60, 30, 20, 90, 120, 50, 25, 70]}
  flexible_demand:
    - {id: split, bus: e, demand_mw: 1, shed_value_eur_per_mwh: 200, shift_max_mw: 0.3, shift_window_hours: 4,
       tranches: [{ratio: 0.2, value_eur_per_mwh: 40, load_class: comfort}, {ratio: 0.3, value_eur_per_mwh: 110}]}
    - {id: called, bus: e, demand_mw: 1, shed_value_eur_per_mwh: 200, events: [
       {begin: "2025-01-01T01:00Z", end: "2025-01-01T03:00Z", baseline_mw: 0.9, committed_mw: 0.5,
        reward_eur_per_mwh: 300, penalty_eur_per_mwh: 10}]}
  shiftable_load:
    - {id: washer, bus: e, earliest: "2025-01-01T00:00Z", latest: "2025-01-01T05:00Z",
       phases: [{hours: 1.5, power_mw: 0.4}, {hours: 0.5, power_mw: 0.8}]}
    - {id: maybe, bus: e, earliest: "2025-01-01T03:00Z", latest: "2025-01-01T05:00Z", unserved_value_eur_per_mwh: 80,
       phases: [{hours: 1, power_mw: 0.3}]}
  deferrable_load:
    - {id: tank, bus: e, earliest: "2025-01-01T01:30Z", latest: "2025-01-01T07:00Z", energy_needed_mwh: 2,
       power_max_mw: 1.2}
    - {id: pump, bus: e, earliest: "2025-01-01T00:00Z", latest: "2025-01-01T08:00Z", energy_needed_mwh: 3,
       power_max_mw: 1, power_min_mw: 0.4, minimum_up_hours: 2, minimum_down_hours: 2, starts_max: 2,
       unserved_value_eur_per_mwh: 55}
  interruptible_load:
    - {id: plain, bus: e, demand_mw: 0.7, reduction_max_ratio: 0.5, cost_eur_per_mwh: 55}
    - {id: cold, bus: e, demand_mw: 1, reduction_max_ratio: 0.8, reduction_min_ratio: 0.5, cost_eur_per_mwh: 4,
       interruption_cost_eur: 1, interruption_max_hours: 2, interruptions_max: 2, rest_min_hours: 2,
       recovery_ratio: 1.1, recovery_hours: 3, recovery_max_mw: 0.9}
"""
ANSWERS: dict[str, tuple[Case, Outcome]] = {}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Case, Outcome]]:
    """The two cases with their answers, by name."""
    if not ANSWERS:
        for text in (TARIFF, LOADS):
            path: Path = tmp_path_factory.mktemp("case") / "case.yaml"
            path.write_text(text, encoding="utf-8")
            case = c4e_opt.read_case(path)
            ANSWERS[case.name] = case, c4e_opt.solve(case, c4e_opt.SolveOptions(gap=0.0))
    return ANSWERS


TARIFFS, LOADING = "tariff", "loads"


def charge(connection: int, **fields: Any) -> Plant:
    """Keep the answer and change the first demand charge of a connection."""

    def plant(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
        charges = case.components["grid_connection"][connection].demand_charges
        return law("grid_connection", connection, demand_charges=(replace(charges[0], **fields),))(case, outcome)

    return plant


def in_zone(name: str) -> Plant:
    """Keep the answer and read it by other clocks."""

    def plant(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
        other = replace(case, horizon=Horizon(case.horizon.start, case.horizon.step_seconds, name))
        return other, replace(outcome, case_digest=other.digest())

    return plant


def event(**fields: Any) -> Plant:
    """Keep the answer and change the event."""

    def plant(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
        changed = replace(case.components["flexible_demand"][1].events[0], **fields)
        return law("flexible_demand", 1, events=(changed,))(case, outcome)

    return plant


def tranche(**fields: Any) -> Plant:
    """Keep the answer and change the first tranche."""

    def plant(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
        first, *others = case.components["flexible_demand"][0].tranches
        return law("flexible_demand", 0, tranches=(replace(first, **fields), *others))(case, outcome)

    return plant


def moment(clock: str) -> int:
    return int(np.datetime64(f"2025-01-01T{clock}", "s").astype(np.int64))


G, F, S, D, R = "grid_connection", "flexible_demand", "shiftable_load", "deferrable_load", "interruptible_load"
PLANTED: Mapping[str, Planted] = {
    # Demand charges.
    "a peak that is billed too low": Planted(
        TARIFFS,
        number(f"{G}_billed_mw", (0,), up(-0.1)),
        (
            f"{G}_billed_power",
            "cost_demand_charge",
            "objective",
        ),
        "plain/peak/2025-01",
    ),
    "a month that is billed too high": Planted(
        TARIFFS,
        number(f"{G}_billed_mw", (1,), up(0.1)),
        (
            f"{G}_billed_power",
            "cost_demand_charge",
            "objective",
        ),
        "plain/peak/2025-02",
    ),
    "a tier that is not billed": Planted(
        TARIFFS,
        number(f"{G}_excess_mw", (0,), to(0.0)),
        (
            f"{G}_billed_excess",
            "cost_demand_charge",
            "objective",
        ),
        "plain/peak/2025-01",
    ),
    "a tier without end": Planted(
        TARIFFS,
        number(f"{G}_excess_mw", (1,), up(0.1)),
        (
            f"{G}_billed_excess",
            "cost_demand_charge",
            "objective",
        ),
        "plain/peak/2025-02",
    ),
    "a ratchet that lets go": Planted(
        TARIFFS, number(f"{G}_carried_mw", (3,), to(0.1)), (f"{G}_carried_power",), "bound/1/2025-02-01"
    ),
    "a ratchet in a first period": Planted(
        TARIFFS, number(f"{G}_carried_mw", (2,), to(0.1)), (f"{G}_carried_power",), "bound/1/2025-01-31"
    ),
    "a peak of before that is forgotten": Planted(
        TARIFFS,
        charge(0, peak_before_mw=2.0),
        (
            f"{G}_billed_power",
            f"{G}_billed_excess",
            f"{G}_import_price",
        ),
        "plain/peak/2025-01",
    ),
    "months of another zone": Planted(
        TARIFFS,
        in_zone("UTC"),
        (
            f"{G}_billed_power",
            f"{G}_billed_excess",
            f"{G}_demand_charge_price",
            f"{G}_import_price",
        ),
        "plain/peak/2025-02",
    ),
    "hours that do not count": Planted(
        TARIFFS,
        charge(0, end_hour=22.0),
        (
            f"{G}_billed_power",
            f"{G}_billed_excess",
            f"{G}_demand_charge_price",
            f"{G}_import_price",
        ),
        "plain/peak/2025-01",
    ),
    "another price of the peak": Planted(
        TARIFFS,
        charge(0, price_eur_per_mw=61.0),
        (
            "cost_demand_charge",
            "objective",
        ),
        "demand_charge",
    ),
    "a wrong term demand_charge": Planted(
        TARIFFS, term("demand_charge", 0.01), ("cost_demand_charge",), "demand_charge"
    ),
    "a peak that the price does not see": Planted(
        TARIFFS, price(0, 2, -5.0), (f"{G}_demand_charge_price",), "plain/peak/2025-01"
    ),
    "a step below the peak with the charge in its price": Planted(
        TARIFFS, price(0, 4, 5.0), (f"{G}_import_price",), "T00"
    ),
    # Ramps and contracts.
    "a change faster than the ramp": Planted(TARIFFS, law(G, 1, ramp_max_mw_per_hour=0.4), (f"{G}_ramp",), "T21"),
    "a first change faster than the ramp": Planted(TARIFFS, law(G, 1, exchange_before_mw=-0.3), (f"{G}_ramp",), "T20"),
    "a shortfall that is not said": Planted(
        TARIFFS,
        number(f"{G}_shortfall_mwh", (3,), to(0.5)),
        (
            f"{G}_least_energy",
            "cost_take_or_pay",
            "objective",
        ),
        "take",
    ),
    "a shortfall without a contract": Planted(
        TARIFFS, number(f"{G}_shortfall_mwh", (0,), to(0.5)), (f"{G}_shortfall",), "plain"
    ),
    "a wrong term take_or_pay": Planted(TARIFFS, term("take_or_pay", 0.01), ("cost_take_or_pay",), "take_or_pay"),
    "more energy than the contract gives": Planted(
        TARIFFS, law(G, 3, energy_max_mwh=2.9, energy_min_mwh=2.0), (f"{G}_most_energy",), "take"
    ),
    # Flexible demand.
    "more of a tranche than there is": Planted(LOADING, tranche(ratio=0.1), (f"{F}_tranche_limit",), "T00"),
    "tranches that do not add up": Planted(
        LOADING,
        number(f"{F}_tranche_shed_mw", (1, 4), to(0.2)),
        (
            f"{F}_tranche_sum",
            "cost_shedding",
            "objective",
            f"{F}_shed_price",
        ),
        "T04",
    ),
    "another value of a tranche": Planted(
        LOADING,
        tranche(value_eur_per_mwh=41.0),
        (
            "cost_shedding",
            "objective",
        ),
        "shedding",
    ),
    "a tranche at a price below its value": Planted(
        LOADING,
        tranche(value_eur_per_mwh=65.0),
        (
            "cost_shedding",
            "objective",
            f"{F}_shed_price",
        ),
        "shedding",
    ),
    "more rewarded than committed": Planted(
        LOADING,
        event(committed_mw=0.4),
        (
            f"{F}_rewarded_limit",
            "cost_demand_response",
            "objective",
        ),
        "T01",
    ),
    "more rewarded than the baseline gives": Planted(LOADING, event(baseline_mw=0.8), (f"{F}_event_reduction",), "T01"),
    "rewarded outside the event": Planted(LOADING, event(end=moment("02:00")), (f"{F}_rewarded_limit",), "T02"),
    "another reward": Planted(
        LOADING,
        event(reward_eur_per_mwh=290.0),
        (
            "cost_demand_response",
            "objective",
        ),
        "demand_response",
    ),
    "half a decision on a baseline": Planted(
        LOADING, number(f"{F}_reducing", (0, 1), to(0.5)), ("integrality",), "T01"
    ),
    "a wrong term demand_response": Planted(
        LOADING, term("demand_response", 0.01), ("cost_demand_response",), "demand_response"
    ),
    # Shiftable loads.
    "a run that starts before its window": Planted(
        LOADING,
        law(S, 0, earliest=moment("01:30")),
        (
            f"{S}_start",
            f"{S}_one_run",
        ),
        "T01",
    ),
    "a run that ends after its window": Planted(
        LOADING,
        law(S, 0, latest=moment("02:30")),
        (
            f"{S}_start",
            f"{S}_one_run",
        ),
        "T01",
    ),
    "a run that is left out though it must be": Planted(
        LOADING, law(S, 1, unserved_value_eur_per_mwh=None), ("schedule_table",), "skipped"
    ),
    "a run that must be and is skipped as well": Planted(
        LOADING,
        number(f"{S}_skipped", (0,), to(0.5)),
        (
            f"{S}_one_run",
            f"{S}_skipped",
        ),
        "T00",
    ),
    "a second run": Planted(
        LOADING,
        number(f"{S}_starting", (0, 3), to(1.0)),
        (
            f"{S}_flow",
            f"{S}_one_run",
        ),
        "T04",
    ),
    "no run and no skipping": Planted(
        LOADING,
        number(f"{S}_skipped", (1,), to(0.0)),
        (
            f"{S}_one_run",
            "cost_unserved",
            "objective",
        ),
        "T03",
    ),
    "half a run": Planted(
        LOADING,
        number(f"{S}_starting", (0, 1), to(0.5)),
        (
            f"{S}_flow",
            f"{S}_one_run",
            "integrality",
        ),
        "T02",
    ),
    "another profile": Planted(
        LOADING,
        law(S, 0, phases=(LoadPhase(hours=1.5, power_mw=0.5), LoadPhase(hours=0.5, power_mw=0.7))),
        (f"{S}_flow",),
        "T01",
    ),
    "another value of a run left out": Planted(
        LOADING,
        law(S, 1, unserved_value_eur_per_mwh=81.0),
        (
            "cost_unserved",
            "objective",
        ),
        "unserved",
    ),
    # Deferrable loads.
    "power before the window": Planted(LOADING, law(D, 0, earliest=moment("02:15")), (f"{D}_power_limit",), "T02"),
    "more power than the load takes": Planted(LOADING, law(D, 0, power_max_mw=1.1), (f"{D}_power_limit",), "T02"),
    "less power than a load must take": Planted(LOADING, law(D, 1, power_min_mw=0.5), (f"{D}_power_limit",), "T05"),
    "energy that is not there": Planted(
        LOADING, law(D, 0, energy_needed_mwh=2.1, energy_max_mwh=2.5), (f"{D}_energy",), "tank"
    ),
    "more energy than is wanted": Planted(
        LOADING,
        law(D, 0, energy_needed_mwh=1.9),
        (
            f"{D}_most_energy",
            f"{D}_price",
        ),
        "tank",
    ),
    "more unserved than is needed": Planted(
        LOADING,
        number(f"{D}_unserved_mwh", (0,), to(2.1)),
        (
            f"{D}_unserved",
            "cost_unserved",
            "objective",
            f"{D}_price",
        ),
        "tank",
    ),
    "a pump on outside its window": Planted(
        LOADING,
        law(D, 1, earliest=moment("02:00")),
        (
            f"{D}_power_limit",
            f"{D}_window",
        ),
        "T01",
    ),
    "a run that is too short": Planted(LOADING, law(D, 1, minimum_up_hours=3.0), (f"{D}_least_run",), "T01"),
    "a pause that is too short": Planted(LOADING, law(D, 1, minimum_down_hours=3.0), (f"{D}_rest",), "T05"),
    "a run too many": Planted(LOADING, law(D, 1, starts_max=1), (f"{D}_run_count",), "pump"),
    "a start that is not said": Planted(LOADING, number(f"{D}_starting", (1, 1), to(0.0)), (f"{D}_starting",), "T01"),
    "a state of a load without rules": Planted(LOADING, number(f"{D}_on", (0, 2), to(1.0)), (f"{D}_starting",), "T02"),
    "an hour that would have been cheaper": Planted(
        LOADING,
        price(0, 5, -40.0),
        (
            f"{G}_import_price",
            f"{F}_shed_price",
            f"{D}_price",
        ),
        "T05",
    ),
    "another value of what is unserved": Planted(
        LOADING, law(D, 0, unserved_value_eur_per_mwh=20.0), (f"{D}_price",), "tank"
    ),
    # Interruptible loads.
    "more cut than may be": Planted(LOADING, law(R, 0, reduction_max_ratio=0.4), (f"{R}_reduction_limit",), "T00"),
    "less cut than an interruption cuts": Planted(
        LOADING, law(R, 1, reduction_min_ratio=0.9), (f"{R}_reduction_limit",), "T00"
    ),
    "more recovered at once than may be": Planted(
        LOADING, law(R, 1, recovery_max_mw=0.85), (f"{R}_recovery_limit",), "T06"
    ),
    "recovery while interrupted": Planted(
        LOADING,
        number(f"{R}_recovery_mw", (1, 3), to(0.1)),
        (
            f"{R}_flow",
            f"{R}_recovery_limit",
            f"{R}_recovered",
            f"{R}_backlog",
        ),
        "T03",
    ),
    "recovery that comes too late": Planted(LOADING, law(R, 1, recovery_hours=1.0), (f"{R}_recovered",), "T01"),
    "another ratio of recovery": Planted(
        LOADING,
        law(R, 1, recovery_ratio=1.0),
        (
            f"{R}_recovered",
            f"{R}_backlog",
        ),
        "T02",
    ),
    "a backlog that is not one": Planted(
        LOADING, number(f"{R}_backlog_mwh", (1, 4), up(0.1)), (f"{R}_backlog",), "T04"
    ),
    "an interruption that is too long": Planted(
        LOADING, law(R, 1, interruption_max_hours=1.0), (f"{R}_longest_run",), "T03"
    ),
    "an interruption too many": Planted(LOADING, law(R, 1, interruptions_max=1), (f"{R}_run_count",), "cold"),
    "interruptions too close together": Planted(LOADING, law(R, 1, rest_min_hours=3.0), (f"{R}_rest",), "T03"),
    "an interruption too soon after the last": Planted(
        LOADING, law(R, 1, rested_initially_hours=1.0), (f"{R}_rest",), "T00"
    ),
    "an interruption of a load without rules": Planted(
        LOADING, number(f"{R}_interrupted", (0, 2), to(1.0)), (f"{R}_starting",), "T02"
    ),
    "another cost of an interruption": Planted(
        LOADING,
        law(R, 1, interruption_cost_eur=2.0),
        (
            "cost_interruption",
            "objective",
        ),
        "interruption",
    ),
    "a cut that does not pay": Planted(
        LOADING,
        law(R, 0, cost_eur_per_mwh=65.0),
        (
            "cost_interruption",
            "objective",
            f"{R}_price",
        ),
        "interruption",
    ),
    "a wrong term interruption": Planted(LOADING, term("interruption", 0.01), ("cost_interruption",), "interruption"),
    **{
        f"a wrong flow of a {kind}": Planted(
            LOADING, number("flow_mw", (row, 3), up(0.01), "flows"), (f"{kind}_flow", "power_balance")
        )
        for row, kind in ((1, F), (3, S), (5, D), (7, R))
    },
}


@pytest.mark.parametrize("sentence", PLANTED)
def test_the_certificate_names_exactly_the_laws_that_are_broken(
    sentence: str, answers: dict[str, tuple[Case, Outcome]]
) -> None:
    planted = PLANTED[sentence]
    case, outcome = planted.plant(*answers[planted.case])
    certificate = verify(case, outcome)
    assert {residual.law for residual in certificate.broken} == set(planted.broken), certificate.broken
    first = next(residual for residual in certificate.broken if residual.law == planted.broken[0])
    assert planted.where in first.where
    assert not first.largest <= first.tolerance


def test_the_answers_that_violations_are_planted_into_fulfil_every_law(
    answers: dict[str, tuple[Case, Outcome]],
) -> None:
    for case, outcome in answers.values():
        certificate = verify(case, outcome)
        assert certificate.holds, certificate.broken


def test_every_law_of_these_kinds_is_broken_by_some_planted_violation(
    answers: dict[str, tuple[Case, Outcome]],
) -> None:
    checked = {residual.law for case, outcome in answers.values() for residual in verify(case, outcome).residuals}
    own = {each for each in checked if each.startswith((F, S, D, R))}
    own |= {f"{G}_{each}" for each in ("ramp", "shortfall", "least_energy", "most_energy", "billed_power")}
    own |= {f"{G}_{each}" for each in ("carried_power", "billed_excess", "demand_charge_price")}
    own |= {f"cost_{each}" for each in ("demand_charge", "take_or_pay", "demand_response", "interruption")}
    assert own <= checked
    elsewhere = {
        f"{F}_{each}" for each in ("shed_limit", "shift_limit", "service_limit", "shift_balance", "shift_price")
    }
    planted = {each for one in PLANTED.values() for each in one.broken}
    assert own - elsewhere <= planted, own - elsewhere - planted


@settings(max_examples=300, deadline=None)
@given(choice=st.data(), name=st.sampled_from([TARIFFS, LOADING]))
def test_a_corrupted_number_is_refused(
    choice: st.DataObject, name: str, answers: dict[str, tuple[Case, Outcome]]
) -> None:
    case, outcome = answers[name]
    table: Table = outcome.schedule_table
    key = choice.draw(st.sampled_from(sorted(table.quantities)))
    values = table.quantities[key].values.copy()
    cell = choice.draw(st.integers(0, values.size - 1))
    amount = choice.draw(st.floats(1e-4, 1e3)) * choice.draw(st.sampled_from([-1, 1]))
    values.flat[cell] += amount
    if key.endswith("_reducing") and values.flat[cell] in (0, 1):
        return  # where a load keeps to its baseline, either says the same
    if key.endswith("_carried_mw") and amount > 0 and values.flat[cell] > amount:
        return  # what a ratchet carries matters where it is billed
    quantities = {**table.quantities, key: replace(table.quantities[key], values=values)}
    assert not verify(case, replace(outcome, schedule_table=replace(table, quantities=quantities))).holds
