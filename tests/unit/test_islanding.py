"""A load of 1 MW at 100, 10 and 100 in three hours, and a battery of 1 MW and 2 MWh: it buys one hour in the second."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from c4e_opt.errors import InvalidInput
from tests.unit.small_cases import (
    battery,
    boiler,
    chp,
    generator,
    grid,
    load,
    meter,
    optimum,
    schedule,
    small_case,
    tie,
)


def site(
    law: dict[str, Any], prices: Any = (100.0, 10.0, 100.0), cells: dict[str, Any] | None = None, **more: Any
) -> Case:
    return small_case(
        (60,) * len(prices),
        grid_connection=[grid(list(prices))],
        demand=[load(1.0)],
        battery=[battery(energy_max_mwh=2.0, **(cells or {}))],
        islanding=[{"id": "i", **law}] if law else [],
        **more,
    )


def test_a_battery_holds_what_critical_loads_need() -> None:
    """Without: 100 + 20. Half of the load for an hour after the first step: 0.5 MWh more at 100 instead of at 10."""
    assert optimum(site({})) == pytest.approx(120.0)
    outcome = solve(site({"critical_ratio": 0.5}))
    assert outcome.objective == pytest.approx(165.0)
    assert schedule(outcome, "battery_energy_mwh")[0] == pytest.approx(0.5)


def test_energy_that_cannot_be_drawn_does_not_count() -> None:
    """With an efficiency of 0.8 and 0.1 MWh that must stay, 0.725 MWh are held: 0.625 more to buy, 0.5 to give."""
    cells = {"discharge_efficiency": 0.8, "energy_min_mwh": 0.1, "energy_start_mwh": 0.1}
    outcome = solve(site({"critical_ratio": 0.5}, cells=cells))
    assert schedule(outcome, "battery_energy_mwh")[0] == pytest.approx(0.725)


def test_a_duration_that_ends_inside_a_step_counts_its_part() -> None:
    """An hour and a half after the first step: 0.5 + 0.25 MWh; after the second 0.5."""
    outcome = solve(site({"critical_ratio": 0.5, "duration_hours": 1.5}))
    assert schedule(outcome, "battery_energy_mwh")[0] == pytest.approx(0.75)


def test_nothing_is_owed_past_the_horizon() -> None:
    outcome = solve(site({"critical_ratio": 0.5, "duration_hours": 9.0}))
    assert schedule(outcome, "battery_energy_mwh") == pytest.approx([1.0, 1.0, 0.0])


def test_an_outage_begins_only_where_it_is_required() -> None:
    assert optimum(site({"critical_ratio": 0.5, "required": [0, 1, 1]})) == pytest.approx(120.0)


def test_loads_may_have_critical_parts_of_their_own() -> None:
    law = {"critical_ratio": 0.5, "critical_loads": [{"member": "demand/load_e", "critical_ratio": 0.2}]}
    outcome = solve(site(law))
    assert schedule(outcome, "battery_energy_mwh")[0] == pytest.approx(0.2)


def test_sun_that_is_forecast_helps() -> None:
    """0.3 MW in the second hour leave 0.2 MWh to the battery."""
    sun = [{"id": "pv", "bus": "e", "available_mw": [0.0, 0.3, 0.0]}]
    outcome = solve(site({"critical_ratio": 0.5}, renewable=sun))
    assert schedule(outcome, "battery_energy_mwh")[0] == pytest.approx(0.2)
    assert schedule(outcome, "islanding_from_stores_mw") == pytest.approx([0.5, 0.2, 0.5])


def test_a_plant_helps_while_it_is_switched_on() -> None:
    """0.4 MW are critical in the second and third hour: the CHP of 0.4 MW, not worth running, is on at no load."""
    case = small_case(
        (60,) * 3,
        grid_connection=[grid(10.0), meter(30.0)],
        demand=[load(1.0), load(0.4, "h")],
        boiler=[boiler()],
        chp=[chp(start_cost_eur=20.0)],
        islanding=[{"id": "i", "critical_ratio": 0.4, "form": "power"}],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(30.0 + 36.0 + 20.0)
    assert schedule(outcome, "chp_on")[1:] == [1.0, 1.0]


def test_power_must_suffice_too() -> None:
    """The battery gives 0.3 MW at most; 0.2 MW are missing in both steps that an outage reaches, at 50 an hour."""
    law = {"critical_ratio": 0.5, "missing_price_eur_per_mwh": 50.0, "form": "power"}
    cells = {"discharge_max_mw": 0.3}
    outcome = solve(site(law, cells=cells))
    assert schedule(outcome, "islanding_missing_mw") == pytest.approx([0.0, 0.2, 0.2])
    assert outcome.terms["islanding"] == pytest.approx(20.0)
    other = solve(site({**law, "form": "energy"}, cells=cells))
    assert schedule(other, "islanding_missing_mw") == [0.0, 0.0, 0.0]


def test_power_is_kept_on_top() -> None:
    law = {"critical_ratio": 0.5, "missing_price_eur_per_mwh": 50.0, "form": "power", "reserve_ratio": 0.2}
    outcome = solve(site(law, cells={"discharge_max_mw": 0.5}))
    assert schedule(outcome, "islanding_missing_mw") == pytest.approx([0.0, 0.1, 0.1])


def test_energy_that_is_missing_may_be_paid_for() -> None:
    """Holding a MWh for an outage costs 90: at 80 it is rather missing."""
    outcome = solve(site({"critical_ratio": 0.5, "missing_price_eur_per_mwh": 80.0}))
    assert outcome.objective == pytest.approx(120.0 + 40.0)
    assert schedule(outcome, "islanding_missing_mwh") == pytest.approx([0.5, 0.0, 0.0])


def alone(law: dict[str, Any], **more: Any) -> Case:
    """A load of 1 MW that may be shed at 500 beside one at 300, a grid at 50."""
    return small_case(
        (60, 60, 60),
        buses=[{"id": "e", "site": "here"}, {"id": "f"}],
        grid_connection=[grid(50.0), grid(60.0, id="far", bus="f")],
        tie=[tie(from_bus="f", to_bus="e", fee_eur_per_mwh=5.0)],
        flexible_demand=[
            {"id": name, "bus": "e", "demand_mw": 1.0, "shed_value_eur_per_mwh": value}
            for name, value in (("dear", 500.0), ("cheap", 300.0))
        ],
        islanding=[{"id": "i", "mode": "islanded", **law}],
        **more,
    )


def test_a_site_that_is_cut_off_sheds_what_is_worth_least() -> None:
    """From 01:00 to 02:00, with a generator of 1 MW at 100: the cheap load is shed: 4 * 50 + 100 + 300."""
    span = {"begin": "2025-01-01T01:00Z", "end": "2025-01-01T02:00Z", "site": "here"}
    own = [{"id": "g", "bus": "e", "power_max_mw": 1.0, "cost_eur_per_mwh": 100.0}]
    outcome = solve(alone(span, generator=own))
    assert outcome.objective == pytest.approx(200.0 + 100.0 + 300.0)
    assert outcome.schedule_table.values("flexible_demand_shed_mw")[:, 1].tolist() == pytest.approx([0.0, 1.0])
    assert outcome.schedule_table.values("tie_forward_mw")[0, 1] == pytest.approx(0.0)


def test_only_the_named_connections_carry_nothing() -> None:
    """Without the grid the tie brings 1 MW at 65 in every hour, and the cheap load is shed."""
    assert optimum(alone({"members": ["grid_connection/grid"]})) == pytest.approx(3 * 365.0)


def test_a_step_that_overlaps_the_outage_at_all_carries_nothing() -> None:
    span = {"begin": "2025-01-01T01:59Z", "site": "here"}
    outcome = solve(alone(span))
    assert outcome.schedule_table.values("grid_connection_import_mw")[0].tolist() == pytest.approx([2.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("law", "path", "words"),
    [
        ({"members": ["grid_connection/grid"]}, "members[0]", "cannot serve"),
        ({"critical_loads": [{"member": "demand/x"}]}, "critical_loads[0].member", "it must be a load"),
        ({"critical_loads": [{"member": "demand/load_e"}] * 2}, "critical_loads", "twice"),
        ({"begin": "2025-01-01T01:00Z"}, "begin", "give the steps as required"),
        ({"required": 0.5}, "required", "0 or 1"),
        ({"mode": "islanded", "begin": "2025-01-01T02:00Z", "end": "2025-01-01T01:00Z"}, "end", "not after the begin"),
        ({"mode": "islanded", "begin": "2026-01-01T02:00Z"}, "begin", "outside the horizon"),
        ({"mode": "islanded", "members": ["demand/load_e"]}, "members[0]", "cannot be switched"),
    ],
)
def test_what_is_wrong_is_said(law: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as error:
        site(law)
    (issue,) = error.value.issues
    assert issue.path == f"components.islanding[0].{path}"
    assert words in issue.message


def test_a_unit_that_stops_next_counts_with_its_stop_ramp() -> None:
    """0.9 MW are wanted in hour 2, after which the unit stops and so could give 0.5: 10 + 10 + 0.5, and 0.4 at 1."""
    ramps = {"start_ramp_ratio": 0.6, "stop_ramp_ratio": 0.5, "on_initially": True, "running_cost_eur_per_hour": 5.0}
    law = {"id": "i", "required": [1, 0, 0], "form": "power", "reserve_ratio": 0.8, "missing_price_eur_per_mwh": 1.0}
    case = small_case(
        (60, 60, 60),
        grid_connection=[grid([100.0, 100.0, 1.0])],
        demand=[load(0.5)],
        generator=[generator(cost_eur_per_mwh=10.0, **ramps)],
        islanding=[law],
    )
    assert solve(case).objective == pytest.approx(20.9)
