"""What tables of pypowsybl mean, element by element, worked out by hand; pypowsybl itself is not needed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.case.readers.powsybl import case_of
from c4e_opt.errors import InvalidInput

Rows = list[dict[str, Any]]


def columns(rows: Rows) -> dict[str, list[Any]]:
    return {key: [row.get(key) for row in rows] for key in dict.fromkeys(key for row in rows for key in row)}


def tables(**more: Rows) -> dict[str, Any]:
    """Two voltage levels, 400 and 200 kV, with bus A, B at the first and C at the second, a generator and a load."""
    rows: dict[str, Rows] = {
        "voltage_levels": [
            {"id": "V4", "name": "", "nominal_v": 400.0, "low_voltage_limit": 380.0, "high_voltage_limit": 420.0},
            {"id": "V2", "name": "", "nominal_v": 200.0, "low_voltage_limit": None, "high_voltage_limit": None},
        ],
        "buses": [
            {"id": "A", "name": "", "voltage_level_id": "V4"},
            {"id": "B", "name": "Bee", "voltage_level_id": "V4"},
            {"id": "C", "name": "", "voltage_level_id": "V2"},
        ],
        "generators": [
            {"id": "G", "name": "", "bus_id": "A", "voltage_level_id": "V4", "target_p": 60.0, "min_p": 10.0,
             "max_p": 100.0, "min_q": -30.0, "max_q": 40.0, "target_v": 404.0, "target_q": 5.0,
             "voltage_regulator_on": True, "regulated_bus_id": "A", "reactive_limits_kind": "MIN_MAX"},
        ],
        "loads": [{"id": "L", "name": "", "bus_id": "B", "voltage_level_id": "V4", "p0": 60.0, "q0": 12.0}],
        "lines": [line()],
    }  # fmt: skip
    return {"name": "n", "format": "X", "time": None, **{name: columns(each) for name, each in (rows | more).items()}}


def line(**said: Any) -> dict[str, Any]:
    return {
        "id": "AB", "name": "", "bus1_id": "A", "bus2_id": "B", "voltage_level1_id": "V4", "voltage_level2_id": "V4",
        "r": 16.0, "x": 160.0, "g1": 0.0, "b1": 1e-5, "g2": 0.0, "b2": 1e-5,
    } | said  # fmt: skip


def of(case: Case, kind: str) -> dict[str, Any]:
    return {each.id: each for each in case.components.get(kind, ())}


def test_ohms_and_siemens_become_per_unit_of_100_mva() -> None:
    """The unit of ohms is 400^2 / 100 = 1600: 16 is 0.01, 160 is 0.1, and 2e-5 S is 0.032."""
    case = case_of(tables(), "n")
    found = of(case, "line")["AB"]
    assert (found.resistance_pu, found.reactance_pu) == pytest.approx((0.01, 0.1))
    assert (found.susceptance_pu, found.tap_ratio) == pytest.approx((0.032, 1.0))
    assert found.limit_mw is None


def test_powers_voltages_and_the_slack() -> None:
    case = case_of(tables(), "n")
    buses = {bus.id: bus for bus in case.buses}
    assert list(buses) == ["A", "Bee"]  # C has no supply and is left out by name
    assert buses["A"].slack
    assert buses["A"].voltage_set_pu == pytest.approx(1.01)
    assert (buses["A"].voltage_min_pu, buses["A"].voltage_max_pu) == pytest.approx((0.95, 1.05))
    assert buses["A"].voltage_kv == 400.0
    generator, load = of(case, "generator")["G"], of(case, "demand")["L"]
    assert (np.max(generator.power_min_mw), np.max(generator.power_max_mw)) == (10.0, 100.0)
    assert np.max(load.demand_mw) == 60.0
    reactive = of(case, "reactive")
    assert np.max(reactive["demand/L"].reactive_max_mvar) == np.max(reactive["demand/L"].reactive_min_mvar) == -12.0
    assert np.max(reactive["generator/G"].reactive_max_mvar) == 40.0
    said = " ".join(map(str, case.notes))
    assert "islands without generation" in said
    assert "'A', with the largest generation" in said
    assert "no costs are told" in said


def transformer(**said: Any) -> dict[str, Any]:
    return {
        "id": "T", "name": "", "bus1_id": "A", "bus2_id": "C", "voltage_level1_id": "V4", "voltage_level2_id": "V2",
        "rho": 0.52, "alpha": 5.0, "r_at_current_tap": 0.4, "x_at_current_tap": 40.0, "g_at_current_tap": 2e-6,
        "b_at_current_tap": -1e-5,
    } | said  # fmt: skip


def test_a_transformer_has_its_ratio_shift_and_magnetisation() -> None:
    """Tap 200 / (400 * 0.52); ohms by 200^2 / 100 = 400; the shunt sees 0.52 * 400 = 208 kV: 2e-6 * 208^2 MW."""
    case = case_of(tables(**{"2_windings_transformers": [transformer()]}), "n")
    found = of(case, "line")["T"]
    assert found.tap_ratio == pytest.approx(200 / 208)
    assert found.phase_shift_deg == -5.0
    assert (found.resistance_pu, found.reactance_pu) == pytest.approx((0.001, 0.1))
    shunt = of(case, "shunt")["T at A"]
    assert shunt.bus == "A"
    assert (shunt.conductance_mw, shunt.susceptance_mvar) == pytest.approx((2e-6 * 208**2, -1e-5 * 208**2))


def test_limits_are_currents_at_the_voltage_of_their_side() -> None:
    """500 A at 400 kV are 346.4 MVA, 800 A at 200 kV 277.1: the tighter holds; 900 A for 600 s are 311.8."""
    told = (
        ("T", "ONE", "CURRENT", -1, 500.0, True),
        ("T", "TWO", "CURRENT", -1, 800.0, True),
        ("T", "TWO", "CURRENT", 600, 900.0, True),
        ("T", "TWO", "CURRENT", 60, 1.8e308, True),
        ("T", "ONE", "CURRENT", -1, 1.0, False),
        ("AB", "ONE", "APPARENT_POWER", -1, 70.0, True),
    )
    names = ("element_id", "side", "type", "acceptable_duration", "value", "selected")
    limits: Rows = [dict(zip(names, each, strict=True)) for each in told]
    case = case_of(tables(**{"2_windings_transformers": [transformer()], "operational_limits": limits}), "n")
    found = of(case, "line")
    assert np.max(found["T"].limit_mw) == pytest.approx(math.sqrt(3) * 0.8 * 200)
    assert np.max(found["T"].emergency_limit_mw) == pytest.approx(math.sqrt(3) * 0.9 * 200)
    assert np.max(found["AB"].limit_mw) == 70.0
    assert found["AB"].emergency_limit_mw is None


def test_three_windings_are_a_star_round_a_bus_of_its_own() -> None:
    """At the rated 400 kV of the star: ohms by 1600; the tap of the leg to 200 kV is 400 / (200 * 2.1)."""
    row: dict[str, Any] = {"id": "W", "name": "three", "rated_u0": 400.0}
    for leg, (bus, level, rho) in enumerate((("A", "V4", 1.0), ("C", "V2", 2.1), ("", "V2", 2.0)), start=1):
        row |= {f"bus{leg}_id": bus, f"voltage_level{leg}_id": level, f"rho{leg}": rho, f"alpha{leg}": 0.0}
        row |= {f"r{leg}_at_current_tap": 1.6, f"x{leg}_at_current_tap": 16.0 * leg}
        row |= {f"g{leg}_at_current_tap": 0.0, f"b{leg}_at_current_tap": 0.0}
    case = case_of(tables(**{"3_windings_transformers": [row]}), "n")
    found = of(case, "line")
    assert "three star" in {bus.id for bus in case.buses}
    assert found["three leg 2"].tap_ratio == pytest.approx(400 / 420)
    assert found["three leg 2"].reactance_pu == pytest.approx(0.02)
    assert "three leg 3" not in found
    assert any("three leg 3" in note.message for note in case.notes)


def boundary(ident: str, **said: Any) -> dict[str, Any]:
    return {
        "id": ident, "name": "", "bus_id": "B", "voltage_level_id": "V4", "r": 1.6, "x": 16.0, "g": 0.0, "b": 4e-6,
        "p0": 20.0, "q0": 3.0, "pairing_key": "X1", "paired": False,
    } | said  # fmt: skip


def test_a_boundary_line_leads_to_a_bus_with_what_is_beyond() -> None:
    case = case_of(tables(boundary_lines=[boundary("D"), boundary("E", p0=-7.0, q0=0.0, pairing_key="X2")]), "n")
    lines = of(case, "line")
    assert lines["D"].to_bus == "X1 boundary"
    assert lines["D"].susceptance_pu == pytest.approx(4e-6 * 1600)
    assert np.max(of(case, "demand")["D beyond"].demand_mw) == 20.0
    given = of(case, "generator")["load E beyond"]
    assert np.max(given.power_fixed_mw) == 7.0


def test_the_two_halves_of_a_tie_line_share_a_bus_without_power() -> None:
    halves = [boundary("D", paired=True), boundary("E", bus_id="A", paired=True)]
    ties: Rows = [{"id": "T12", "name": "", "boundary_line1_id": "D", "boundary_line2_id": "E", "pairing_key": "X1"}]
    case = case_of(tables(boundary_lines=halves, tie_lines=ties), "n")
    lines = of(case, "line")
    assert lines["D"].to_bus == lines["E"].to_bus == "T12 middle"
    assert list(of(case, "demand")) == ["L"]


def test_an_hvdc_line_is_a_tie_with_the_losses_of_its_stations() -> None:
    """1 percent in either station: 1 - 0.99^2; line-commutated stations send one way only."""
    station = {"name": "", "voltage_level_id": "V4", "loss_factor": 1.0}
    stations: Rows = [station | {"id": "S1", "bus_id": "A"}, station | {"id": "S2", "bus_id": "B"}]
    link = {
        "id": "H",
        "name": "",
        "converter_station1_id": "S1",
        "converter_station2_id": "S2",
        "max_p": 300.0,
        "r": 1.0,
    }
    for kind, mode, forward, backward in (
        ("vsc", "SIDE_1_INVERTER_SIDE_2_RECTIFIER", 300.0, 300.0),
        ("lcc", "SIDE_1_RECTIFIER_SIDE_2_INVERTER", 300.0, 0.0),
        ("lcc", "SIDE_1_INVERTER_SIDE_2_RECTIFIER", 0.0, 300.0),
    ):
        more = {f"{kind}_converter_stations": stations, "hvdc_lines": [link | {"converters_mode": mode}]}
        case = case_of(tables(**more), "n")
        (tie,) = case.components["tie"]
        assert tie.loss_ratio == pytest.approx(0.0199)
        assert (np.max(tie.forward_max_mw), np.max(tie.backward_max_mw)) == (forward, backward)
        assert any("resistance" in note.message for note in case.notes)


def test_shunts_and_compensators_are_of_the_nominal_voltage() -> None:
    """1e-4 S at 400 kV give 16 Mvar; a compensator that regulates is free between its susceptances."""
    at = {"name": "", "bus_id": "B", "voltage_level_id": "V4"}
    shunts: Rows = [at | {"id": "S", "g": 1e-6, "b": 1e-4, "section_count": 1, "max_section_count": 3}]
    free = {"regulating": True, "regulation_mode": "VOLTAGE", "b_min": -1e-4, "b_max": 2e-4, "target_v": 396.0}
    case = case_of(tables(shunt_compensators=shunts, static_var_compensators=[at | {"id": "Z", **free}]), "n")
    shunt, device = of(case, "shunt")["S"], of(case, "reactive")["Z"]
    assert (shunt.conductance_mw, shunt.susceptance_mvar) == pytest.approx((0.16, 16.0))
    assert (np.max(device.reactive_min_mvar), np.max(device.reactive_max_mvar)) == pytest.approx((-16.0, 32.0))
    assert {bus.id: bus.voltage_set_pu for bus in case.buses}["Bee"] == pytest.approx(0.99)
    assert any("sections" in note.message for note in case.notes)


def test_a_line_without_impedance_makes_its_buses_one() -> None:
    case = case_of(tables(lines=[line(r=0.0, x=0.0, b1=0.0, b2=0.0)]), "n")
    assert [bus.id for bus in case.buses] == ["A"]
    assert of(case, "demand")["L"].bus == "A"
    assert "line" not in case.components
    assert any("one with another" in note.message for note in case.notes)


def test_what_is_disconnected_is_left_out_by_name() -> None:
    load = {"id": "M", "name": "", "bus_id": "", "voltage_level_id": "V4", "p0": 5.0, "q0": 0.0}
    more = {"loads": [load, {**load, "id": "L", "bus_id": "B"}], "lines": [line(), line(id="open", bus2_id="")]}
    case = case_of(tables(**more), "n")
    said = " ".join(note.message for note in case.notes)
    assert "disconnected and left out: M" in said
    assert "open at an end and left out: open" in said


def test_a_capability_curve_that_bulges_inwards_becomes_the_convex_one_around_it() -> None:
    """Largest 40, 10, 40 at 0, 50 and 100 MW: 40 throughout; least -40, -20, -10: -20 lies above the straight line."""
    told = ((100.0, -10.0, 40.0), (0.0, -40.0, 40.0), (50.0, -20.0, 10.0))
    points: Rows = [{"id": "G", "num": k, "p": p, "min_q": low, "max_q": high} for k, (p, low, high) in enumerate(told)]
    base = tables(reactive_capability_curve_points=points)
    base["generators"]["reactive_limits_kind"] = ["CURVE"]
    case = case_of(base, "n")
    curve = of(case, "reactive")["generator/G"].capability
    assert [point.power_mw for point in curve] == [0.0, 100.0]
    assert [point.reactive_max_mvar for point in curve] == [40.0, 40.0]
    assert [point.reactive_min_mvar for point in curve] == [-40.0, -10.0]
    assert any("bulge inwards" in note.message for note in case.notes)


def test_limits_that_stand_for_none_are_0_and_the_load_of_the_file() -> None:
    base = tables()
    base["generators"] |= {"min_p": [-9999.0], "max_p": [10000.0]}
    case = case_of(base, "n")
    generator = of(case, "generator")["G"]
    assert (np.max(generator.power_min_mw), np.max(generator.power_max_mw)) == (0.0, 60.0)
    assert any("stand for none" in note.message for note in case.notes)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"lines": [line(x=float("inf"))]}, r"lines\.AB\.x: is inf"),
        ({"2_windings_transformers": [transformer(rho=0.0)]}, r"T\.rho: is 0"),
        ({"dc_lines": [{"id": "DC", "name": ""}]}, r"dc_lines\.DC.*DC grid"),
        ({"loads": [{"id": "L", "bus_id": "B", "voltage_level_id": "V4", "p0": True}]}, "p0: is True"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_or_is_no_number_is_refused_by_name(more: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        case_of(tables(**more), "n")
