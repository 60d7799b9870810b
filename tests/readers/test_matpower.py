"""What MATPOWER's tables mean as a case: hand-made ones, quirk by quirk, and every file that is at hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, read_case, solve
from c4e_opt.case import remarks
from tests.readers.m_texts import BRANCH, BUS, GEN, GENCOST, m_case, m_text

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network"
FILES = sorted(ORACLES.glob("opf/*.m")) + sorted(ORACLES.glob("dist/*.m")) + sorted(ORACLES.glob("features/*.m"))
#: Files of MOST that hold parts of a study: what they lack, or the code that they are.
PARTS = {
    "ex_case3b.m": "",
    "ex_contab.m": "idx_ct",
    "ex_load_profile.m": "idx_ct",
    "ex_storage.m": "needs buses",
    "ex_transmat.m": "calls cell",
    "ex_wind_profile.m": "idx_ct",
    "ex_wind_profile_d.m": "idx_ct",
    "ex_wind_uc.m": "needs buses",
    "ex_xgd_uc.m": "needs buses",
    "t_most_uc.m": "if nargin",
}


def by_id(case: Case, kind: str) -> dict[str, Any]:
    return {each.id: each for each in case.components.get(kind, ())}


def refusal(**parts: str | None) -> list[str]:
    """What is said of a case that is refused."""
    with pytest.raises(InvalidInput) as refused:
        m_case(**parts)
    return [str(issue) for issue in refused.value.issues]


def notes(case: Case) -> list[str]:
    return [f"{note.path} {note.rule}: {note.message}" for note in case.notes]


@pytest.mark.skipif(not FILES, reason="the files are not here")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_every_case_file_at_hand_is_read(path: Path) -> None:
    case = read_case(path)
    assert case.policy.network == ("dcp" if path.stem.startswith("pglib_") else "dc")
    assert sum(bus.slack for bus in case.buses) >= 1
    assert case.horizon.steps == 1


@pytest.mark.skipif(not ORACLES.is_dir(), reason="the files are not here")
@pytest.mark.parametrize(("name", "reason"), list(PARTS.items()))
def test_files_of_a_study_are_read_or_refused_by_what_they_are(name: str, reason: str) -> None:
    path = ORACLES / "most" / name
    if not reason:
        assert {"generator", "line", "reserve"} <= read_case(path).components.keys()
        return
    with pytest.raises(InvalidInput, match=reason):
        read_case(path)


def test_tables_become_records() -> None:
    case = m_case(bus=BUS.replace("2	1	50	10	0	0", "2	1	50	10	4	-6"))
    assert (case.name, case.policy.base_mva, case.horizon.hours.tolist()) == ("three", 100.0, [1.0])
    assert [(bus.id, bus.slack, bus.voltage_kv, bus.voltage_set_pu) for bus in case.buses] == [
        ("1", True, 110.0, 1.02), ("2", False, 110.0, 1.0), ("7", False, 110.0, 1.0),
    ]  # fmt: skip
    loads, shunts, plants = by_id(case, "demand"), by_id(case, "shunt"), by_id(case, "generator")
    assert {name: load.demand_mw.tolist() for name, load in loads.items()} == {"load2": [50.0], "load7": [30.0]}
    assert (shunts["shunt2"].conductance_mw, shunts["shunt2"].susceptance_mvar) == (4.0, -6.0)
    assert (plants["gen2"].bus, plants["gen2"].power_min_mw[0], plants["gen2"].power_max_mw[0]) == ("7", 5.0, 80.0)
    reactive = by_id(case, "reactive")
    assert set(reactive) == {"load2", "gen1"}
    assert (reactive["load2"].member, reactive["load2"].ratio) == ("demand/load2", 0.2)
    assert (reactive["gen1"].reactive_min_mvar[0], reactive["gen1"].reactive_max_mvar[0]) == (-40.0, 60.0)
    assert not case.notes


def test_a_negative_load_gives_power_and_a_reactive_one_stands_alone() -> None:
    case = m_case(
        bus=BUS.replace("2	1	50	10", "2	1	-50	10").replace("7	1	30	0", "7	1	0	8")
    )
    assert not by_id(case, "demand")
    plant = by_id(case, "generator")["load2"]
    assert (plant.power_fixed_mw[0], plant.power_max_mw[0], plant.bus) == (50.0, 50.0, "2")
    reactive = by_id(case, "reactive")
    assert (reactive["load2"].member, reactive["load2"].ratio) == ("generator/load2", -0.2)
    assert (reactive["load7"].bus, reactive["load7"].reactive_max_mvar[0]) == ("7", -8.0)


def test_isolated_buses_take_everything_at_them_along() -> None:
    case = m_case(bus=BUS.replace("7	1", "7	4"))
    assert [bus.id for bus in case.buses] == ["1", "2"]
    assert set(by_id(case, "generator")) == {"gen1"}
    assert set(by_id(case, "line")) == {"branch1"}
    assert notes(case) == [
        "mpc.bus passed_over: 1 buses are isolated (type 4) and left out with their loads: 7",
        "mpc.gen passed_over: rows 2 are at isolated buses (type 4) and left out",
        "mpc.branch passed_over: rows 2, 3 are at isolated buses (type 4) and left out",
    ]


def test_a_missing_reference_is_the_first_bus_with_a_generator_in_service() -> None:
    gen = GEN.replace("1	0	0	60	-40	1.02	100	1", "1	0	0	60	-40	1.02	100	0")
    case = m_case(bus=BUS.replace("1	3", "1	1"), gen=gen)
    assert [bus.id for bus in case.buses if bus.slack] == ["7"]
    assert "mpc.bus assumed: no bus is a reference (type 3); bus 7 is taken for it" in notes(case)
    assert "mpc.gen passed_over: 1 generators are out of service and left out: rows 1" in notes(case)
    assert set(by_id(case, "generator")) == {"gen2"}
    assert [issue for issue in remarks(case) if issue.rule == "assumed"]
    assert replace(case, notes=()) == case  # they are no part of it


def test_limits_of_lines() -> None:
    rows = """
	1	2	0.01	0.1	0.02	60	70	90	0.98	-5	1	-30	30;
	2	7	0	0.1	0	60	70	0	0	0	1	-360	360;
	1	7	0	0.2	0	0	80	0	0	0	0	0	0;
	1	7	0	0.2	0	50	40	40	1	0	1	0	20;
"""
    case = m_case(branch=rows)
    lines = by_id(case, "line")
    one, two, three, four = (lines[f"branch{k}"] for k in (1, 2, 3, 4))
    assert (one.tap_ratio, one.phase_shift_deg, one.angle_min_deg, one.angle_max_deg) == (0.98, -5.0, -30.0, 30.0)
    assert (one.limit_mw[0], one.emergency_limit_mw[0]) == (60.0, 90.0)
    assert (two.tap_ratio, two.emergency_limit_mw[0], two.angle_min_deg, two.angle_max_deg) == (1.0, 70.0, None, None)
    assert (three.limit_mw, three.emergency_limit_mw[0], three.in_service) == (None, 80.0, False)
    assert (three.angle_min_deg, three.angle_max_deg) == (None, None)
    assert (four.limit_mw[0], four.emergency_limit_mw, four.angle_min_deg, four.angle_max_deg) == (50, None, None, 20)
    assert notes(case) == [
        "mpc.branch passed_over: RATE_C, or RATE_B, of rows 4 is below RATE_A, which holds in its place",
        "mpc.branch assumed: rows 4 have one angle limit of 0, which MATPOWER reads as none",
    ]
    of_pglib = by_id(m_case("pglib_three.m", branch=rows), "line")
    assert (of_pglib["branch3"].angle_min_deg, of_pglib["branch4"].angle_min_deg) == (None, 0.0)


def test_a_line_listed_against_a_parallel_one_is_turned_under_the_conventions_of_pglib() -> None:
    """Impedance times 0.5^2, b over it, tap 1 / 0.5, shift and angles change sign; without a tap nothing does."""
    rows = """
	1	2	0	0.1	0	0	0	0	0	0	1	-360	360;
	2	1	0.04	0.4	0.1	0	0	0	0.5	3	1	-10	20;
	2	1	0	0.4	0	0	0	0	0	0	1	-10	20;
	2	7	0	0.1	0	0	0	0	0	0	1	-360	360;
"""
    turned = by_id(m_case("pglib_three.m", branch=rows), "line")
    line = turned["branch2"]
    assert (line.from_bus, line.to_bus) == ("1", "2")
    assert (line.resistance_pu, line.reactance_pu, line.susceptance_pu) == pytest.approx((0.01, 0.1, 0.4))
    assert (line.tap_ratio, line.phase_shift_deg, line.angle_min_deg, line.angle_max_deg) == (2.0, -3.0, -20.0, 10.0)
    assert turned["branch3"].from_bus == "2"
    assert by_id(m_case(branch=rows), "line")["branch2"].from_bus == "2"


def test_piecewise_costs_become_segments() -> None:
    """Up to 80 MW from 0: 10 for 40 MW and 30 for the last 40; from 5 on the slope at 5 holds down to 0."""
    costs = "1 0 0 3 0 100 40 500 100 2300; 1 0 0 3 -10 0 50 600 90 1400;"
    plants = by_id(m_case(gencost=costs), "generator")
    first, second = plants["gen1"], plants["gen2"]
    assert [(each.power_mw, each.cost_eur_per_mwh) for each in first.cost_segments] == [(40.0, 10.0), (60.0, 30.0)]
    assert (first.fixed_cost_eur_per_hour, first.cost_eur_per_mwh[0]) == (100.0, 0.0)
    assert [(each.power_mw, each.cost_eur_per_mwh) for each in second.cost_segments] == [(50.0, 10.0), (30.0, 20.0)]
    assert second.fixed_cost_eur_per_hour == 100.0


def test_polynomials_are_costs_per_mwh_squares_and_constants() -> None:
    plants = by_id(m_case(gencost="2 0 0 4 0 0.25 10 7; 2 0 0 1 -3 0 0 0;"), "generator")
    first, second = plants["gen1"], plants["gen2"]
    assert (first.cost_eur_per_mwh[0], first.quadratic_cost_eur_per_mw2_hour, first.fixed_cost_eur_per_hour) == (
        10.0, 0.25, 7.0,
    )  # fmt: skip
    assert (second.cost_eur_per_mwh[0], second.quadratic_cost_eur_per_mw2_hour, second.fixed_cost_eur_per_hour) == (
        0.0, None, -3.0,
    )  # fmt: skip


def test_a_dispatchable_load_pays_back_what_it_does_not_take() -> None:
    """It takes up to 40 MW at a value of 100, then 20 a MWh; power costs 30: it takes the first 25 MW only.

    Cost: 30 * (50 + 30 + 25) - 5 from the generator that must give 5 at 30 too, less 2500 of value.
    """
    gen = GEN + "	2	0	0	0	-20	1	100	1	0	-40;"
    costs = "2 0 0 2 30 0 0 0 0 0; 2 0 0 2 30 0 0 0 0 0; 1 0 0 3 -40 -2800 -25 -2500 0 0;"
    case = m_case(gen=gen, gencost=costs, branch=BRANCH.replace("0.02	60", "0.02	0"))
    reactive = by_id(case, "reactive")["gen3"]
    assert (reactive.ratio, reactive.reactive_max_mvar[0]) == (0.5, 0.0)
    outcome = solve(case)
    assert outcome.objective == pytest.approx(30 * 105 - 2500)
    assert outcome.schedule["generator_power_mw"].sel(generator="gen3").item() == pytest.approx(-25.0)


def test_costs_that_fall_keep_their_order() -> None:
    """30 a MWh up to 50 MW, 10 beyond: 75 MW from it cost 1750, and binaries see to that."""
    costs = "1 0 0 3 0 0 50 1500 100 2000; 2 0 0 2 30 0 0 0 0 0;"
    case = m_case(gencost=costs, branch=BRANCH.replace("	60	", "	0	"))
    assert any("costs that are not convex" in note for note in notes(case))
    assert solve(case).objective == pytest.approx(1750 + 5 * 30)


def test_a_capability_curve_is_a_box_cut_by_two_edges() -> None:
    """Qmax 60, from 60 at 20 MW to 40 at 60: 20 at 100 MW. Qmin -40, from -30 at 20 MW to -10 at 60: 10 at 100 MW."""
    gen = "1 0 0 60 -40 1 100 1 100 0 20 60 -30 60 -10 40 0 0 0 0 0; 7 0 0 0 0 1 100 1 80 5 0 0 0 0 0 0 0 0 0 0 0;"
    reactive = by_id(m_case(gen=gen), "reactive")["gen1"]
    assert [(p.power_mw, p.reactive_min_mvar, p.reactive_max_mvar) for p in reactive.capability] == [
        (0.0, -40.0, 60.0), (20.0, -30.0, 60.0), (100.0, 10.0, 20.0),
    ]  # fmt: skip
    fixed = by_id(m_case(gen=gen.replace("100 0 20", "40 40 20")), "reactive")["gen1"]
    assert (fixed.reactive_min_mvar[0], fixed.reactive_max_mvar[0], fixed.capability) == (-20.0, 50.0, ())
    (said,) = refusal(gen=gen.replace("100 0 20", "200 0 20"))
    assert said.startswith("mpc.gen(1, PC1): leaves no reactive power at 200 MW")


def dc_line(limits: Sequence[float], losses: Sequence[float], cost: str = "", status: int = 1) -> str:
    row = f"1 7 {status} 0 0 0 0 1 1 {limits[0]} {limits[1]} -5 5 0 0 {losses[0]} {losses[1]}"
    return f"mpc.dcline = [{row}];" + (f"mpc.dclinecost = [{cost}];" if cost else "")


def test_dc_lines_become_ties() -> None:
    case = m_case(more=dc_line((10, 50), (1, 0.1), "2 0 0 2 3 0"))
    tie = by_id(case, "tie")["dcline1"]
    assert (tie.forward_min_mw[0], tie.forward_max_mw[0], tie.backward_max_mw[0]) == (10.0, 50.0, 0.0)
    assert (tie.loss_fixed_mw, tie.loss_ratio, tie.fee_eur_per_mwh) == (1.0, 0.1, 3.0)
    device = by_id(case, "reactive")["dcline1.from"]
    assert (device.bus, device.reactive_min_mvar[0], device.reactive_max_mvar[0]) == ("1", -5.0, 5.0)
    assert "dcline1.to" not in by_id(case, "reactive")
    assert not by_id(m_case(more=dc_line((10, 50), (0, 0), status=0)), "tie")


@pytest.mark.parametrize(("limits", "losses"), [((20, 20), (1, 0.1)), ((-20, -20), (1, -0.1)), ((-20, -20), (2, 0.1))])
def test_a_dc_line_gives_what_it_takes_less_its_loss(limits: tuple[float, float], losses: tuple[float, float]) -> None:
    """MATPOWER: Pt = (1 - LOSS1) Pf - LOSS0, whichever way Pf goes; the dearer generator at bus 7 gives the rest."""
    case = m_case(more=dc_line(limits, losses), branch=BRANCH.replace("	60	", "	0	"))
    flows = solve(case).flows["flow_mw"]
    sent, arrived = (flows.sel(port=f"tie/dcline1@{bus}").item() for bus in ("1", "7"))
    assert sent == pytest.approx(-limits[0])
    assert arrived == pytest.approx((1 - losses[1]) * limits[0] - losses[0])


def test_zonal_reserves_bind_their_generators() -> None:
    more = "mpc.reserves.zones = [1 1; 0 1]; mpc.reserves.req = [40; 0]; mpc.reserves.cost = [1; 2];"
    case = m_case(more=more)
    (reserve,) = case.components["reserve"]
    assert (reserve.id, reserve.members, reserve.up_mw.tolist()) == (
        "reserve1", ("generator/gen1", "generator/gen2"), [40.0],
    )  # fmt: skip
    (note,) = notes(case)
    assert note == "mpc.reserves.cost passed_over: prices of keeping reserve are not kept; reserve_offer would say them"


def test_a_zone_within_a_zone_counts_for_it() -> None:
    more = "mpc.reserves.zones = [1 1; 0 1; 1 1]; mpc.reserves.req = [40; 5; 6];"
    outer, inner, again = m_case(more=more).components["reserve"]
    assert (outer.counts_for, inner.counts_for, again.counts_for) == ((), ("reserve1", "reserve3"), ("reserve1",))


def test_what_is_passed_over_is_named_once() -> None:
    more = "mpc.areas = [1 1]; mpc.bus_name = {'a'; 'b'; 'c'}; mpc.om = 3; mpc.if.lims = [1]; mpc.user = 'x';"
    costs = "2 10 5 2 10 0; 2 0 0 2 30 0; 2 0 0 2 1 0; 2 0 0 2 0 0;"
    gen = GEN.replace("100	0;", "100	0 0 0 0 0 0 0 0 0 30 0 0;").replace(
        "80	5;", "80	5 0 0 0 0 0 0 0 0 0 0 0;"
    )
    assert notes(m_case(more=more, gencost=costs, gen=gen)) == [
        "mpc.gencost passed_over: STARTUP and SHUTDOWN of rows 1 are not kept; what runs in the one hour of a case "
        "file is said",
        "mpc.gencost passed_over: costs of reactive power, rows 3 and up, are not kept",
        "mpc.gen passed_over: RAMP_30 are not kept; a case of one step has no ramps",
        "mpc.areas passed_over: is not kept; no model reads areas",
        "mpc.bus_name passed_over: is not kept; buses keep their numbers",
        "mpc passed_over: fields that MATPOWER's format does not have are not kept: if.lims, om, user",
    ]


def test_infinite_limits_are_wide_ones() -> None:
    gen = GEN.replace("60	-40", "Inf	-Inf").replace("100	0;", "Inf	0;")
    case = m_case(gen=gen, branch=BRANCH.replace("	60	", "	Inf	"))
    assert by_id(case, "generator")["gen1"].power_max_mw[0] == 1e6
    assert by_id(case, "reactive")["gen1"].reactive_min_mvar[0] == -1e6
    assert by_id(case, "line")["branch1"].limit_mw is None
    assert len([note for note in notes(case) if "is infinite in rows 1" in note]) == 3


def test_without_costs_generators_cost_nothing() -> None:
    case = m_case(gencost=None)
    assert solve(case).objective == 0
    assert notes(case) == ["mpc.gencost assumed: is missing; no generator costs anything"]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"base": "0"}, "mpc.baseMVA: is no positive number"),
        ({"base": "'100'"}, "mpc.baseMVA: is no positive number"),
        ({"more": "mpc.version = '3';"}, "mpc.version: is '3'; versions 1 and 2 are known"),
        ({"bus": "1 3 0 0"}, "mpc.bus: has 4 columns; it must have at least 13"),
        ({"bus": ""}, "mpc.bus: is missing"),
        ({"bus": BUS.replace("2	1	50", "1	1	50")}, "mpc.bus(1, BUS_I): 1 is the number of two buses"),
        (
            {"bus": BUS.replace("2	1	50", "2.5	1	50")},
            "mpc.bus(2, BUS_I): is 2.5; it must be a whole number",
        ),
        ({"bus": BUS.replace("2	1	50", "2	5	50")}, "mpc.bus(2, BUS_TYPE): is 5; 1 to 4 are known"),
        ({"bus": BUS.replace("2	1	50", "2	1	NaN")}, "mpc.bus(2, PD): is nan; it must be a finite number"),
        ({"bus": "1 4 0 0 0 0 1 1 0 110 1 1.1 0.9"}, "mpc.bus: has isolated buses (type 4) only"),
        ({"gen": GEN.replace("7	0", "9	0")}, "mpc.gen(2, GEN_BUS): is 9; mpc.bus has no such bus"),
        ({"gen": GEN.replace("80	5", "80	85")}, "mpc.gen(2, PMIN): is 85 MW; it must be at most PMAX, 80 MW"),
        ({"gen": GEN.replace("80	5", "NaN	5")}, "mpc.gen(2, PMAX): is NaN"),
        (
            {"gen": GEN.replace("60	-40", "-50	-40")},
            "mpc.gen(1, QMIN): is -40 Mvar; it must be at most QMAX, -50",
        ),
        ({"gencost": "2 0 0 2 10 0;"}, "mpc.gencost: has 1 rows and 6 columns; it needs 2 rows"),
        ({"gencost": "3 0 0 2 10 0; 2 0 0 2 1 0;"}, "mpc.gencost(1, :): has the cost model 3"),
        ({"gencost": "2 0 0 3 10 0; 2 0 0 2 1 0;"}, "mpc.gencost(1, :): announces 3 coefficients, which are not there"),
        ({"gencost": "2 0 0 4 1 0 0 0; 2 0 0 2 1 0 0 0;"}, "mpc.gencost(1, :): has a cost of degree 3"),
        ({"gencost": "2 0 0 3 -1 0 0 ; 2 0 0 2 1 0 0;"}, "mpc.gencost(1, :): has a cost whose square is negative"),
        ({"gencost": "1 0 0 2 5 0 2 9; 2 0 0 2 1 0 0 0;"}, "mpc.gencost(1, :): has a piecewise cost whose powers fall"),
        ({"gencost": "1 0 0 2 5 0 5 9; 2 0 0 2 1 0 0 0;"}, "mpc.gencost(1, :): has a piecewise cost that jumps"),
        (
            {"branch": BRANCH.replace("	60	", "	-60	")},
            "mpc.branch(1, RATE_A): is -60; it must be 0 MVA or more",
        ),
        (
            {"branch": BRANCH.replace("2	7	0", "2	8	0")},
            "mpc.branch(2, T_BUS): is 8; mpc.bus has no such bus",
        ),
        ({"more": dc_line((50, 10), (0, 0))}, "mpc.dcline(1, PMIN): is 50 MW; it must be at most PMAX, 10 MW"),
        ({"more": dc_line((0, 10), (0, -0.1))}, "mpc.dcline(1, LOSS1): is -0.1; it must be below 1, and at least 0"),
        ({"more": dc_line((0, 10), (-1, 0))}, "mpc.dcline(1, LOSS0): is -1 MW; a loss must be at least 0 MW"),
        (
            {"more": dc_line((-10, 10), (0, 0), "2 0 0 2 3 0")},
            "mpc.dclinecost(1, :): earns from the power of one direc",
        ),
        (
            {"more": dc_line((0, 10), (0, 0), "2 0 0 2 3 1")},
            "mpc.dclinecost(1, :): has a cost that is not in proportion",
        ),
        ({"more": "mpc.reserves.req = 5;"}, "mpc.reserves: needs zones (zone, generator) for 2 generators"),
    ],
)
def test_what_cannot_be_is_told_by_its_place(parts: dict[str, str | None], said: str) -> None:
    assert any(each.startswith(said) or said in each for each in refusal(**parts))


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_case(tmp_path / "none.m")
    (tmp_path / "bytes.m").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(InvalidInput):
        read_case(tmp_path / "bytes.m")


def test_a_file_in_an_older_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "old.m").write_bytes(("% Größe\n" + m_text()).encode("latin-1"))
    assert read_case(tmp_path / "old.m") == m_case()


def test_reading_asks_for_no_more_than_the_tables_say() -> None:
    """Ten thousand buses in a line, read by columns: records, no copies of the tables."""
    size = 10_000
    bus = "\n".join(f"{k} {3 if k == 1 else 1} 1 0.5 0 0 1 1 0 110 1 1.1 0.9;" for k in range(1, size + 1))
    branch = "\n".join(f"{k} {k + 1} 0.01 0.1 0 100 0 0 0 0 1 -360 360;" for k in range(1, size))
    case = m_case(bus=bus, gen="1 0 0 9 -9 1 100 1 1e5 0;", gencost="2 0 0 2 1 0;", branch=branch)
    assert {kind: len(records) for kind, records in case.components.items()} == {
        "generator": 1, "demand": size, "line": size - 1, "reactive": size + 1,
    }  # fmt: skip
    assert np.sum([each.demand_mw for each in case.components["demand"]]) == size


def test_the_base_case_of_these_tests_is_what_it_seems() -> None:
    """75 MW at 10 and the least 5 MW at 30; the first line carries 60 at most and does not bind."""
    assert GENCOST.count("2	0	0	2") == 2
    assert solve(m_case()).objective == pytest.approx(75 * 10 + 5 * 30)
