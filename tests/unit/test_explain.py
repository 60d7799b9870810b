"""Why a case has no schedule: what is missing, and the laws and limits that forbid more, in words and as data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from c4e_opt import Case, Outcome, explain, solve
from c4e_opt.axes import Axis
from c4e_opt.explain import _pieces, _runs, _said, _Surroundings
from c4e_opt.formulate import formulate
from c4e_opt.outcome import Clash, Participant
from c4e_opt.program import Program, Room
from c4e_opt.program.words import amount, listed, many, plain
from c4e_solvers import (
    Reason,
    Relaxation,
    SolverOptions,
    Termination,
    UnsupportedProgram,
    ViolatedRow,
    irreducible,
    relax,
)
from tests.unit.small_cases import battery, boiler, chp, grid, load, meter, small_case, tank, vehicle

FIRST, SECOND, THIRD = (f"2025-01-01T0{hour}:00:00Z" for hour in range(3))
HALF = "2025-01-01T00:30:00Z"


def explained(case: Case) -> Outcome:
    outcome = solve(case)
    assert outcome.termination.reason is Reason.INFEASIBLE
    return explain(case, outcome)


def limits(clash: Clash) -> set[tuple[str, str, str, str, str]]:
    """Name, place, side and steps of the limits that are not merely the sign of a flow."""
    return {
        (each.name, each.place, each.side, each.first, each.last)
        for each in clash.participants
        if each.kind == "limit" and (each.most > 0 or each.name.endswith("energy_mwh"))
    }


def short_of_heat() -> Case:
    """CHP and boiler give 900 kW, the tank 100 kW for its 50 kWh above the least: 1012.4 kW are 12.4 kW too many."""
    return small_case(
        (30, 30),
        buses=({"id": "e"}, {"id": "h", "carrier": "heat", "site": "north"}, {"id": "g", "carrier": "gas"}),
        grid_connection=[grid(10, export_max_mw=9), meter()],
        demand=[load([0.9, 1.0124], "h")],
        chp=[chp()],
        boiler=[boiler(heat_max_mw=0.5)],
        heat_store=[tank(energy_start_mwh=0.1, energy_min_mwh=0.05)],
    )


def test_heat_that_chp_boiler_and_store_cannot_give_is_said_with_their_limits() -> None:
    (clash,) = explained(short_of_heat()).clashes
    assert clash.message == (
        f"heat balance of bus 'h' (site 'north'), {HALF}: up to 12.4 kW are missing; it clashes from {FIRST} to {HALF} "
        f"with heat store 'tank' (energy stored at the end of the step at least 50 kWh at {HALF}), "
        "CHP 'c' (fuel power taken from the fuel bus at most 1000 kW) and "
        "boiler 'k' (heat given to the heat bus at most 500 kW)"
    )
    assert clash.proven
    assert clash.largest == pytest.approx(0.0124)
    assert limits(clash) == {
        ("heat_store_energy_mwh", "heat_store 'tank'", "lower", HALF, HALF),
        ("chp_fuel_mw", "chp 'c'", "upper", FIRST, HALF),
        ("boiler_heat_mw", "boiler 'k'", "upper", FIRST, HALF),
    }
    laws = {(each.name, each.place, each.first, each.last) for each in clash.participants if each.kind == "law"}
    assert laws == {
        ("power_balance", "bus 'h'", FIRST, HALF),
        ("heat_store_energy_balance", "heat_store 'tank'", FIRST, HALF),
    }


def test_a_participant_has_its_bounds_its_unit_and_a_sentence() -> None:
    (clash,) = explained(short_of_heat()).clashes
    (balance,) = (each for each in clash.participants if each.name == "power_balance")
    assert balance == Participant(
        kind="law",
        name="power_balance",
        place="bus 'h'",
        first=FIRST,
        last=HALF,
        side="lower",
        least=0.9,
        most=1.0124,
        unit="MW",
        message=f"bus 'h': heat balance from {FIRST} to {HALF}",
    )
    (store,) = (each for each in clash.participants if each.name == "heat_store_energy_mwh")
    assert (store.least, store.most, store.unit) == (0.05, 0.05, "MWh")
    assert store.message == f"heat store 'tank': energy stored at the end of the step at least 50 kWh at {HALF}"


def test_an_island_that_runs_out_of_energy_names_battery_and_sun() -> None:
    """0.5 MWh stored and 1.7 MWh of sun against 2.9 MWh of demand: 0.7 MWh are missing when the battery is empty."""
    case = small_case(
        (60, 60, 60),
        demand=[load([0.2, 1.5, 1.2])],
        battery=[battery(energy_start_mwh=0.5)],
        renewable=[{"id": "pv", "bus": "e", "available_mw": [0.3, 0.9, 0.5]}],
    )
    clashes = explained(case).clashes
    assert sum(clash.largest for clash in clashes) == pytest.approx(0.7)
    for clash in clashes:
        assert clash.proven
        assert ("renewable_power_mw", "renewable 'pv'", "upper", FIRST, THIRD) in limits(clash)
        assert "battery 'b' (energy stored at the end of the step at least 0 kWh" in clash.message
        assert "renewable 'pv' (power given to the bus at most 300 to 900 kW" in clash.message


def test_a_target_that_the_meter_cannot_fill_names_the_target_and_the_meter() -> None:
    """1 MWh wanted at the end, 0.3 MW for two hours: 400 kWh are missing."""
    case = small_case(grid_connection=[grid(10, import_max_mw=0.3)], battery=[battery(energy_end_mwh=1.0)])
    (clash,) = explained(case).clashes
    assert clash.largest == pytest.approx(0.4)
    assert limits(clash) == {
        ("battery_energy_mwh", "battery 'b'", "lower", SECOND, SECOND),
        ("grid_connection_import_mw", "grid_connection 'grid'", "upper", FIRST, SECOND),
    }
    assert f"energy stored at the end of the step at least 1000 kWh at {SECOND}" in clash.message


def test_a_target_that_the_charger_cannot_reach_is_a_law_of_the_battery() -> None:
    """0.2 MW for two hours reach 0.4 of 1 MWh, whatever the grid gives: no balance of a bus is at fault."""
    case = small_case(grid_connection=[grid(10)], battery=[battery(charge_max_mw=0.2)])
    (wanted,) = case.components["battery"]
    case = replace(case, components={**case.components, "battery": (replace(wanted, energy_end_mwh=1.0),)})
    (clash,) = explained(case).clashes
    assert (clash.law, clash.place) == ("battery_energy_balance", "battery 'b'")
    assert abs(clash.largest) == pytest.approx(0.6)
    assert clash.message.startswith("energy balance of battery 'b', ")
    assert clash.message.endswith(
        f"battery 'b' (energy stored at the end of the step at least 1000 kWh at {SECOND}; "
        "power taken from the bus at most 200 kW)"
    )
    assert clash.proven


def test_a_vehicle_is_never_at_fault_for_it_may_leave_without_its_energy() -> None:
    """0.2 MW are missing for the load in the second hour; the session's own need is priced, not forced."""
    case = small_case(
        grid_connection=[grid(10, import_max_mw=0.3)],
        demand=[load([0.2, 0.5])],
        ev_session=[vehicle("00:00", "02:00", energy_needed_mwh=0.9)],
    )
    (clash,) = explained(case).clashes
    assert limits(clash) == {("grid_connection_import_mw", "grid_connection 'grid'", "upper", SECOND, SECOND)}


def test_a_plant_that_must_run_gives_more_than_anybody_takes() -> None:
    """Held on for its minimum up time at half load it gives 200 kW, of which 100 kW find no use."""
    held = {"minimum_load_ratio": 0.5, "minimum_up_hours": 4, "on_initially": True, "hours_in_state_initially": 1}
    case = small_case(
        (60,),
        demand=[load(0.1), load(0.4, "h")],
        grid_connection=[meter()],
        chp=[chp(**held)],
        boiler=[boiler()],
    )
    (clash,) = explained(case).clashes
    assert clash.message == (
        f"electricity balance of bus 'e', {FIRST}: up to 100 kW are left over; "
        "it clashes with CHP 'c' (must be on; fuel lower limit)"
    )


def test_a_plant_that_cannot_run_so_low_clashes_because_it_is_on_or_off() -> None:
    """A quarter of its load would serve both demands exactly, but it may not run below half."""
    case = small_case(
        (60,), demand=[load(0.1), load(0.1, "h")], grid_connection=[meter()], chp=[chp(minimum_load_ratio=0.5)]
    )
    outcome = explained(case)
    assert outcome.clashes
    for clash in outcome.clashes:
        assert clash.proven
        switches = {(each.name, each.unit) for each in clash.participants if each.side == "integral"}
        assert switches == {("chp_on", "1")}
        assert "it clashes with CHP 'c' (either on or not; fuel upper limit; fuel lower limit)" in clash.message


def test_neighbouring_steps_are_one_clash_and_its_worst_step_is_explained() -> None:
    """250 kW are missing in the second hour, 400 kW in the third: each clashes with the meter alone."""
    case = small_case((60, 60, 60), grid_connection=[grid(10, import_max_mw=0.5)], demand=[load([0.5, 0.75, 0.9])])
    (clash,) = explained(case).clashes
    assert clash.message == (
        f"electricity balance of bus 'e', {SECOND} to {THIRD}: up to 400 kW are missing; "
        f"it clashes at {THIRD} with grid connection 'grid' (power taken from the network at most 500 kW)"
    )


def test_two_shortages_have_participants_of_their_own() -> None:
    case = small_case(
        (60,),
        demand=[load(0.9), load(2.0, "h")],
        grid_connection=[grid(10, import_max_mw=0.5), meter()],
        boiler=[boiler(heat_max_mw=1.5)],
    )
    heat, power = explained(case).clashes
    assert limits(heat) == {("boiler_heat_mw", "boiler 'k'", "upper", FIRST, FIRST)}
    assert limits(power) == {("grid_connection_import_mw", "grid_connection 'grid'", "upper", FIRST, FIRST)}


def test_many_of_a_kind_are_counted_in_the_sentence_and_listed_in_the_data() -> None:
    plants = [{"id": f"pv{n}", "bus": "e", "available_mw": n / 1000} for n in range(12)]
    (clash,) = explained(small_case((60,), demand=[load(1.0)], renewable=plants)).clashes
    assert clash.message.endswith("it clashes with 12 renewables (power given to the bus at most 0 to 11 kW)")
    assert {each.place for each in clash.participants} == {"bus 'e'", *(f"renewable 'pv{n}'" for n in range(12))}


def test_where_nothing_is_there_to_serve_a_demand_it_clashes_with_nothing() -> None:
    (clash,) = explained(small_case((60,), demand=[load(1.0)])).clashes
    assert clash.message == f"electricity balance of bus 'e', {FIRST}: up to 1000 kW are missing"
    assert [each.place for each in clash.participants] == ["bus 'e'"]
    assert clash.proven


def test_very_many_of_a_kind_are_one_participant() -> None:
    plants = [{"id": f"pv{n}", "bus": "e", "available_mw": n / 1e6} for n in range(300)]
    (clash,) = explained(small_case((60,), demand=[load(1.0)], renewable=plants)).clashes
    balance, sun = clash.participants
    assert balance.place == "bus 'e'"
    assert (sun.place, sun.least, sun.most) == ("300 renewables", 0.0, pytest.approx(0.000299))


def test_without_time_the_amounts_or_at_least_their_absence_come_in_time() -> None:
    case = short_of_heat()
    outcome = solve(case)
    assert explain(case, outcome, time_limit_s=0.0).clashes == ()


def test_where_no_set_can_be_found_the_amounts_are_still_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise UnsupportedProgram("cones")

    monkeypatch.setitem(explain.__globals__, "irreducible", refuse)
    (clash,) = explained(short_of_heat()).clashes
    assert clash.message == f"heat balance of bus 'h' (site 'north'), {HALF}: up to 12.4 kW are missing"
    assert (clash.participants, clash.proven) == ((), False)


def test_what_is_said_survives_json_and_a_file(tmp_path: Path) -> None:
    outcome = explained(short_of_heat())
    assert outcome.clashes[0].participants
    assert Outcome.restored(json.loads(json.dumps(outcome.summary())), outcome.tables).clashes == outcome.clashes
    assert Outcome.read(outcome.write(tmp_path)).clashes == outcome.clashes
    former = outcome.summary()
    for clash in former["clashes"]:
        del clash["participants"], clash["proven"]
    assert Outcome.restored(former, outcome.tables).clashes[0].participants == ()


def test_a_law_of_any_kind_finds_its_words_in_its_name() -> None:
    """A turbine at 5 MW may fall by 1 MW a step and must be at 2 MW after two."""
    program = Program()
    over = (Axis("gas_turbine", ["gt"]), Axis("time", np.array([0, 3600], dtype="datetime64[s]")))
    power = Room(program, "gas_turbine").variable("power_mw", over, 0.0, [[9.0, 2.0]], doc="power given to the bus")
    Room(program, "gas_turbine").at_most("ramp_down_limit", power.previous(5.0) - power, 1.0)
    found = irreducible(program.matrices(), options=SolverOptions())
    assert [_said(piece, {}) for piece in _pieces(program, found.members)] == [
        "ramp down limit",
        "power given to the bus at most 2000 kW",
    ]


def test_a_law_that_gives_way_only_because_another_gives_no_further_names_both_and_proves_nothing() -> None:
    """At most 1, x cannot be 2 above y; without that law y may be 1, and only where it is kept but for 1 it may not."""
    program = Program()
    over = (Axis("time", np.array([0], dtype="datetime64[s]")),)
    x, y = (program.variable(f"{name}_mw", over, 0.0, 1.0, doc=name) for name in "xy")
    program.at_least("first", x - y, 2.0)
    program.at_least("second", y, 1.0)
    gives = [
        ViolatedRow(row=row, block=block, offset=0, side="lower", bound=2.0 - row, amount=1.0)
        for row, block in enumerate(("first", "second"))
    ]
    relaxation = Relaxation(
        termination=Termination(reason=Reason.OPTIMAL),
        feasible=False,
        linear=True,
        violation=np.ones(2),
        violated=tuple(gives),
        objective=2.0,
        primal=np.array([1.0, 0.0]),
    )
    around = _Surroundings(program, program.matrices(), relaxation)
    first, second = (around.conflict(run, SolverOptions()) for run in _runs(program, relaxation))
    assert first is not None
    assert second is not None
    assert [(each.block, each.side) for each in first.members] == [
        ("first", "lower"),
        ("x_mw", "upper"),
        ("y_mw", "lower"),
    ]
    assert [(each.block, each.side) for each in second.members] == [
        ("first", "lower"),
        ("second", "lower"),
        ("x_mw", "upper"),
    ]
    assert (first.proven, second.proven) == (True, False)


def test_the_set_that_explains_one_shortage_explains_the_others_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Energy is short over three hours; wherever the shortage is put, it is one set, found once."""
    case = small_case(
        (60,) * 4,
        demand=[load([1.0, 0.0, 1.0, 1.0])],
        battery=[battery(energy_start_mwh=0.5)],
    )
    matrices = formulate(case).program.matrices()
    gives = relax(matrices, rows=["power_balance"])
    runs = _runs(formulate(case).program, gives)
    around = _Surroundings(formulate(case).program, matrices, gives)
    found = [around.conflict(run, SolverOptions()) for run in runs]
    monkeypatch.setattr(around, "_strict", None)
    assert [around.conflict(run, SolverOptions()) for run in runs] == found


def test_participants_are_looked_for_in_ever_wider_neighbourhoods() -> None:
    case = small_case((60,) * 100, demand=[load(1.0)], battery=[battery()])
    program = formulate(case).program
    matrices = program.matrices()
    around = _Surroundings(program, matrices, relax(matrices, rows=["power_balance"]))
    of_step_50 = program.constraints["power_balance"].start + 50
    rows_per_step = matrices.rows // 100
    sizes = [len(rows) / rows_per_step for rows in around._neighbourhoods(of_step_50)]
    assert sizes == [1, 5, 17, 65, 100]


def test_words() -> None:
    assert plain("ev_session") == "EV session"
    assert plain("chp") == "CHP"
    assert [many(kind, 3) for kind in ("battery", "bus", "heat_pump")] == ["3 batteries", "3 buses", "3 heat pumps"]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert amount(0.0124, unit="MW") == "12.4 kW"
    assert amount(0.0, 9.5, unit="MWh") == "0 to 9500 kWh"
    assert amount(49.6341, unit="MW") == "49.6341 MW"
    assert amount(-0.0, 0.0, unit="MW") == "0 kW"
    assert amount(3.0, unit="1") == "3"
