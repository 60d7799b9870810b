"""A load of 1 MW for two hours, PV of 2 MW in the first, a grid that takes power at 30 and gives it at 50."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from c4e_opt.errors import InvalidInput
from tests.unit.small_cases import battery, grid, load, optimum, schedule, small_case, tie, vehicle


def site(law: dict[str, Any], **more: Any) -> Case:
    parts: dict[str, Any] = {
        "grid_connection": [grid(50.0, export_max_mw=9.0, export_price_eur_per_mwh=30.0)],
        "renewable": [{"id": "pv", "bus": "e", "available_mw": [2.0, 0.0]}],
        "demand": [load(1.0)],
    }
    return small_case(**{**parts, **more}, self_consumption=[{"id": "s", **law}])


def test_what_may_not_be_exported_is_curtailed() -> None:
    """Three quarters of what is generated must be used: of 4/3 MWh, 1/3 may leave: 50 - 10."""
    outcome = solve(site({"minimum_self_consumption_ratio": 0.75}))
    assert outcome.objective == pytest.approx(40.0)
    assert schedule(outcome, "renewable_power_mw") == pytest.approx([4 / 3, 0.0])


def test_a_share_that_is_reached_anyway_costs_nothing() -> None:
    assert optimum(site({"minimum_self_consumption_ratio": 0.5})) == pytest.approx(20.0)


def test_a_battery_raises_self_consumption() -> None:
    """Half a MWh in store leaves 0.5 of 2 MWh to export: 25 - 15, and the share of 0.75 is kept without loss."""
    law = {"minimum_self_consumption_ratio": 0.75}
    case = site(law, battery=[battery(energy_max_mwh=0.5)])
    assert optimum(case) == pytest.approx(10.0)


def test_a_missed_share_may_be_paid_for() -> None:
    """Export beyond a quarter earns 30 at a price of 10 for each MWh over 0.25 * 2: 20 + 10 * 0.5."""
    outcome = solve(site({"minimum_self_consumption_ratio": 0.75, "missed_price_eur_per_mwh": 10.0}))
    assert outcome.objective == pytest.approx(25.0)
    assert schedule(outcome, "self_consumption_missed_mwh") == pytest.approx([0.0, 0.5])


def test_autarky_limits_what_is_imported() -> None:
    """Of 2 MWh at most 0.8 may come from the grid at 50; the rest comes from the site's own generator at 80."""
    case = small_case(
        grid_connection=[grid(50.0)],
        demand=[load(1.0)],
        generator=[{"id": "own", "bus": "e", "power_max_mw": 9.0, "cost_eur_per_mwh": 80.0}],
        self_consumption=[{"id": "s", "minimum_autarky_ratio": 0.6}],
    )
    assert optimum(case) == pytest.approx(0.8 * 50 + 1.2 * 80)


def test_autarky_over_every_hour_counts_every_hour_alone() -> None:
    """PV covers the first hour twice; an hour without PV needs the generator for half of its load."""
    own = [{"id": "own", "bus": "e", "power_max_mw": 9.0, "cost_eur_per_mwh": 80.0}]
    law = {"minimum_autarky_ratio": 0.5}
    assert optimum(site(law, generator=own)) == pytest.approx(20.0)
    hourly = {**law, "window": "rolling", "window_hours": 1.0}
    assert optimum(site(hourly, generator=own)) == pytest.approx(-30.0 + 25.0 + 40.0)


def test_vehicles_consume_what_they_keep() -> None:
    """1 MWh for a car beside 2 MWh of load: a third of 3 MWh, 1, may be imported; the rest is the generator's."""
    case = small_case(
        grid_connection=[grid(50.0)],
        demand=[load(1.0)],
        generator=[{"id": "own", "bus": "e", "power_max_mw": 9.0, "cost_eur_per_mwh": 80.0}],
        ev_session=[vehicle("00:00", "02:00", energy_needed_mwh=1.0)],
        self_consumption=[{"id": "s", "minimum_autarky_ratio": 2 / 3}],
    )
    assert optimum(case) == pytest.approx(50.0 + 160.0)


def test_a_tie_to_another_site_exchanges_and_one_within_does_not() -> None:
    """North has the load, south the grid: what comes over the tie is imported, unless both are one site."""
    for north, cost in (("north", 50.0 * 0.5 + 80.0 * 0.5), ("", 50.0)):
        buses = [{"id": "a", "site": "south" if north else ""}, {"id": "b", "site": north}]
        case = small_case(
            (60,),
            buses=buses,
            grid_connection=[grid(50.0, bus="a")],
            tie=[tie()],
            demand=[load(1.0, "b")],
            generator=[{"id": "own", "bus": "b", "power_max_mw": 9.0, "cost_eur_per_mwh": 80.0}],
            self_consumption=[{"id": "s", "site": north, "minimum_autarky_ratio": 0.5 if north else 0.0}],
        )
        assert optimum(case) == pytest.approx(cost)


def test_losses_of_a_tie_within_the_site_are_consumed() -> None:
    """A tie that loses a fifth: 1 MW needs 1.25, of which half may be imported at 50, half is the generator's at 80."""
    case = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(50.0, bus="a")],
        tie=[tie(forward_max_mw=9.0, loss_ratio=0.2)],
        demand=[load(1.0, "b")],
        generator=[{"id": "own", "bus": "a", "power_max_mw": 9.0, "cost_eur_per_mwh": 80.0}],
        self_consumption=[{"id": "s", "minimum_autarky_ratio": 0.5}],
    )
    assert optimum(case) == pytest.approx(0.625 * 130.0)


def test_both_shares_stand_side_by_side() -> None:
    """Both as above; the second is told under its own name."""
    outcome = solve(site({"minimum_self_consumption_ratio": 0.75, "minimum_autarky_ratio": 0.4}))
    names = outcome.schedule_table.labels["self_consumption_share"].tolist()
    assert names == ["s/self_consumption", "s/autarky"]
    assert outcome.objective == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("law", "path"),
    [({}, "minimum_autarky_ratio"), ({"minimum_autarky_ratio": 0.5, "carrier": "x"}, "carrier"),
     ({"minimum_autarky_ratio": 0.5, "site": "x"}, "site"), ({"minimum_autarky_ratio": 1.5}, "minimum_autarky_ratio")],
)  # fmt: skip
def test_what_is_wrong_is_said(law: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as error:
        site(law)
    assert [each.path for each in error.value.issues] == [f"components.self_consumption[0].{path}"]
