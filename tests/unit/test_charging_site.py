"""Vehicles that share plugs and a supply; hours at 10 and more, 1 MW each, what is missing costs 10 000 per MWh."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, SolveOptions, solve
from c4e_opt.errors import InvalidInput
from tests.unit.small_cases import Record, grid, optimum, schedule, small_case, vehicle


def site(sessions: list[Record], minutes: tuple[int, ...] = (60, 60), price: Any = 10.0, **law: Any) -> Case:
    return small_case(
        minutes,
        grid_connection=[grid(price)],
        ev_session=sessions,
        charging_site=[{"id": "yard", "members": ["ev_session/*"], **law}],
    )


def cars(number: int, arrival: str = "00:00", departure: str = "02:00", **fields: Any) -> list[Record]:
    wants = {"energy_needed_mwh": 1.0, "unserved_value_eur_per_mwh": 100.0, **fields}
    return [vehicle(arrival, departure, **{**wants, "id": f"car{place}"}) for place in range(number)]


def exact(case: Case) -> Outcome:
    return solve(case, SolveOptions(gap=0.0))


def test_a_shared_supply_needs_no_binaries() -> None:
    """1.5 MW for an hour for two vehicles that want 1 MWh each: 0.5 MWh are missing: 15 + 50; the 2nd hour is dear."""
    outcome = solve(site(cars(2), price=[10, 1000], power_max_mw=1.5))
    assert outcome.objective == pytest.approx(65.0)
    assert outcome.size["integers"] == 0
    assert outcome.certificate is not None
    assert outcome.certificate.holds


def test_a_supply_may_change_over_time() -> None:
    """0.5 MWh in the cheap hour, as much as it allows, and 1.5 MWh in the other."""
    outcome = solve(site(cars(2), price=[10, 20], power_max_mw=[0.5, 2.0]))
    assert outcome.schedule_table.values("ev_session_charge_mw").sum(axis=0) == pytest.approx([0.5, 1.5])


def test_a_supply_limits_what_vehicles_give_back_as_well() -> None:
    """Two full vehicles give 1 MWh each at 100; 1.2 MW fit through: 120 earned."""
    sessions = cars(2, "00:00", "01:00", energy_needed_mwh=None, soc_departure_ratio=0.0, energy_start_mwh=1.0)
    sessions = [{**each, "discharge_max_mw": 1.0} for each in sessions]
    case = small_case(
        (60,),
        grid_connection=[grid(200, export_max_mw=9.0, export_price_eur_per_mwh=100)],
        ev_session=sessions,
        charging_site=[{"id": "yard", "members": ["ev_session/*"], "power_max_mw": 1.2}],
    )
    assert optimum(case) == pytest.approx(-120.0)


def test_two_vehicles_take_turns_at_one_plug() -> None:
    """Each has the plug for an hour: 20, nothing is missing."""
    outcome = exact(site(cars(2), plugs=1))
    assert outcome.objective == pytest.approx(20.0)
    assert outcome.schedule_table.values("charging_site_plugged").sum(axis=0) == pytest.approx([1.0, 1.0])
    assert outcome.schedule_table.labels["charging_site_member"].tolist() == [
        "yard: ev_session/car0",
        "yard: ev_session/car1",
    ]


def test_what_does_not_fit_is_unserved() -> None:
    """Three vehicles, one plug, two hours: one goes without: 20 + 100."""
    outcome = exact(site(cars(3), plugs=1))
    assert outcome.objective == pytest.approx(120.0)
    assert sorted(outcome.schedule_table.values("ev_session_unserved_mwh")) == pytest.approx([0.0, 0.0, 1.0])


def test_enough_plugs_need_no_binaries() -> None:
    assert exact(site(cars(3), plugs=3)).size["integers"] == 0
    later = [*cars(1, "00:00", "01:00"), *({**each, "id": "late"} for each in cars(1, "01:00", "02:00"))]
    assert exact(site(later, plugs=1)).size["integers"] == 0


def test_without_swaps_a_vehicle_is_plugged_in_once() -> None:
    """Hours at 10, 90, 10; one vehicle wants 2 MWh, the other 1 MWh in the middle hour only, at 100 when missing.

    With swaps 10 + 90 + 10 = 110. Without, the first keeps the plug for all three hours and the other goes without:
    10 + 10 + 100 = 120. To leave for the other after the first hour would cost 10 + 90 + 100 for the missing MWh.
    """
    sessions = [
        {**cars(1, "00:00", "03:00")[0], "energy_needed_mwh": 2.0, "energy_max_mwh": 2.0},
        {**cars(1, "01:00", "02:00")[0], "id": "brief"},
    ]
    price = [10, 90, 10]
    assert exact(site(sessions, (60, 60, 60), price, plugs=1)).objective == pytest.approx(110.0)
    outcome = exact(site(sessions, (60, 60, 60), price, plugs=1, swaps=False))
    assert outcome.objective == pytest.approx(120.0)
    assert outcome.schedule_table.values("charging_site_plugged") == pytest.approx(np.array([[1, 1, 1], [0, 0, 0]]))


def test_who_leaves_within_a_step_makes_room_for_who_comes_later() -> None:
    """One plug in one hour: the first until 00:30, the second from there on, 0.5 MWh each, and no binaries."""
    sessions = [*cars(1, "00:00", "00:30"), {**cars(1, "00:30", "01:00")[0], "id": "second"}]
    sessions = [{**each, "energy_needed_mwh": 0.5} for each in sessions]
    outcome = exact(site(sessions, (60,), plugs=1))
    assert outcome.objective == pytest.approx(10.0)
    assert outcome.size["integers"] == 0
    overlapping = [sessions[0], {**sessions[1], "arrival": "2025-01-01T00:20Z"}]
    assert exact(site(overlapping, (60,), plugs=1)).objective == pytest.approx(5.0 + 50.0)


def test_a_vehicle_without_a_plug_gives_nothing_back() -> None:
    """Two full vehicles, one plug, an hour at 100 for a load of 2 MW: one of them gives 1 MWh."""
    sessions = cars(2, "00:00", "01:00", energy_needed_mwh=None, soc_departure_ratio=0.0, energy_start_mwh=1.0)
    case = small_case(
        (60,),
        grid_connection=[grid(100)],
        demand=[{"id": "load", "bus": "e", "demand_mw": 2.0}],
        ev_session=[{**each, "discharge_max_mw": 1.0} for each in sessions],
        charging_site=[{"id": "yard", "members": ["ev_session/*"], "plugs": 1}],
    )
    assert optimum(case) == pytest.approx(100.0)


def test_sessions_elsewhere_are_not_bound() -> None:
    """Only the members share the plug: 3 MWh at 10."""
    sessions = [*cars(2, "00:00", "02:00"), {**cars(1)[0], "id": "guest"}]
    case = small_case(
        grid_connection=[grid(10)],
        ev_session=sessions,
        charging_site=[{"id": "yard", "members": ["ev_session/car0", "ev_session/car1"], "plugs": 1}],
    )
    assert optimum(case) == pytest.approx(30.0)


def stays_by_hand(energy: list[float], plugs: int, steps: int) -> float:
    """Most energy that one run of whole hours at 1 MW per vehicle can bring, by trying all runs."""
    runs = [(0, 0), *combinations(range(steps + 1), 2)]
    best = 0.0

    def place(car: int, used: tuple[int, ...], total: float) -> None:
        nonlocal best
        if car == len(energy):
            best = max(best, total)
            return
        for begin, end in runs:
            more = tuple(n + (begin <= t < end) for t, n in enumerate(used))
            if max(more) <= plugs:
                place(car + 1, more, total + min(float(end - begin), energy[car]))

    place(0, (0,) * steps, 0.0)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_one_stay_each_serves_as_much_as_the_best_of_all_runs(seed: int) -> None:
    chance = np.random.default_rng(seed)
    energy = [float(each) for each in chance.choice([0.5, 1.0, 1.5, 2.0], 4)]
    sessions = [
        {**car, "energy_needed_mwh": need, "energy_max_mwh": need}
        for car, need in zip(cars(4, "00:00", "04:00"), energy, strict=True)
    ]
    outcome = exact(site(sessions, (60,) * 4, 0.0, plugs=1, swaps=False))
    served = sum(energy) - sum(schedule(outcome, "ev_session_unserved_mwh"))
    assert served == pytest.approx(stays_by_hand(energy, 1, 4))


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing limited": ({}, "plugs", "missing_field"),
    "nobody": ({"members": [], "plugs": 1}, "members", "missing_field"),
    "somebody else": ({"members": ["grid_connection/grid"], "plugs": 1}, "members[0]", "kind"),
    "nobody of that name": ({"members": ["ev_session/tram"], "plugs": 1}, "members[0]", "unknown_reference"),
    "one stay without plugs": ({"swaps": False, "power_max_mw": 1.0}, "swaps", "range"),
    "a negative supply": ({"power_max_mw": -1.0}, "power_max_mw[0]", "range"),
}


@pytest.mark.parametrize(("law", "place", "rule"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_told_at_its_place(law: dict[str, Any], place: str, rule: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        solve(site(cars(2), **law))
    assert (f"components.charging_site[0].{place}", rule) in [(i.path, i.rule) for i in refused.value.issues]


def test_vehicles_alike_share_a_supply_but_no_plugs() -> None:
    fleet = [vehicle("00:00", "02:00", energy_needed_mwh=1.0, count=3)]
    assert optimum(site(fleet, price=[10, 20], power_max_mw=2.0)) == pytest.approx(40.0)
    with pytest.raises(InvalidInput, match="3 vehicles"):
        solve(site(fleet, plugs=2))
