"""Linearised feeders: a wire of 0.1 + 0.2j from a slack at 1 per unit, per unit of 1 MVA; power costs 100."""

from __future__ import annotations

from math import cos, pi, sqrt
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, solve
from tests.unit.feeders import feeder, load, of, price, var, voltage, wire

SUN = {"id": "sun", "bus": "1", "available_mw": 3.0, "cost_eur_per_mwh": 0.0}


def test_voltage_falls_with_power_and_reactive_power() -> None:
    """1 - 2 * (0.1 * 0.5 + 0.2 * 0.2) = 0.82 is the square of the voltage; nothing is lost."""
    outcome = solve(feeder(line=[wire()], demand=[load()], reactive=[var()]))
    assert voltage(outcome, "0") == pytest.approx(1.0)
    assert voltage(outcome, "1") == pytest.approx(sqrt(0.82))
    assert of(outcome, "line_flow_mw", "01") == pytest.approx(0.5)
    assert of(outcome, "line_reactive_mvar", "01") == pytest.approx(0.2)
    assert outcome.objective == pytest.approx(50.0)
    assert outcome.replay is not None


def test_a_slack_holds_its_own_voltage_and_lines_add_up() -> None:
    """1.21 at the slack; 0.8 MW fall by 0.16 on the first line, 0.3 MW by 0.06 on the second, listed backwards."""
    buses = [{"id": "0", "slack": True, "voltage_set_pu": 1.1}, {"id": "1"}, {"id": "2"}]
    case = feeder(buses=buses, line=[wire(), wire("2", "1")], demand=[load(power=0.5), load("2", 0.3)])
    outcome = solve(case)
    assert voltage(outcome, "1") == pytest.approx(sqrt(1.21 - 0.16))
    assert voltage(outcome, "2") == pytest.approx(sqrt(1.21 - 0.22))
    assert of(outcome, "line_flow_mw", "21") == pytest.approx(-0.3)


def test_the_voltage_band_curtails_the_sun_and_has_a_price() -> None:
    """1.1^2 = 1 + 2 * 0.1 * P allows P = 1.05 MW: one more MWh behind the wire is worth nothing, 100 before it."""
    outcome = solve(feeder(line=[wire()], renewable=[SUN]))
    assert of(outcome, "line_flow_mw", "01") == pytest.approx(-1.05)
    assert voltage(outcome, "1") == pytest.approx(1.1)
    assert price(outcome, "1") == pytest.approx(0.0, abs=1e-6)
    assert [price(outcome, "1", part) for part in ("energy", "voltage", "congestion", "loss")] == pytest.approx(
        [100.0, -100.0, 0.0, 0.0], abs=1e-6
    )


def test_an_inverter_that_takes_reactive_power_lets_more_sun_through() -> None:
    """0.2 * (P * 0.5 - Q) = 0.105 with Q at its least, -0.4: 0.1 * P - 0.2 * 0.4 = 0.105 allows 1.85 MW."""
    inverter = {"id": "i", "member": "renewable/sun", "reactive_min_mvar": -0.4, "reactive_max_mvar": 0.4}
    outcome = solve(feeder(line=[wire()], renewable=[SUN], reactive=[inverter]))
    assert of(outcome, "line_flow_mw", "01") == pytest.approx(-1.85)
    assert of(outcome, "reactive_power_mvar", "i") == pytest.approx(-0.4)


def test_reactive_power_in_proportion_follows_power() -> None:
    """A demand of 0.5 with tan phi 0.4 takes 0.2 Mvar, a sun with -0.5 takes half of what it gives.

    0.1 * (P - 0.5) + 0.2 * (-0.5 * P - 0.2) = 0.105 has no P: power and reactive power of the sun cancel, it gives all.
    """
    reactive = [{"id": "d", "member": "demand/d1", "ratio": 0.4}, {"id": "s", "member": "renewable/sun", "ratio": -0.5}]
    outcome = solve(feeder(line=[wire()], demand=[load()], renewable=[SUN], reactive=reactive))
    assert of(outcome, "reactive_power_mvar", "d") == pytest.approx(-0.2)
    assert of(outcome, "reactive_power_mvar", "s") == pytest.approx(-1.5)
    assert voltage(outcome, "1") == pytest.approx(sqrt(1 - 0.2 * 0.5 - 0.4 * 0.2))


def test_apparent_power_of_a_line_is_a_polygon_with_its_corners_on_the_circle() -> None:
    """Power alone reaches 0.6; a mean direction between two corners ends at 0.6 * cos(pi / 16) of its own."""
    case = feeder(line=[wire(limit_mw=0.6)], renewable=[SUN])
    outcome = solve(case)
    assert of(outcome, "line_flow_mw", "01") == pytest.approx(-0.6)
    assert price(outcome, "1", "congestion") == pytest.approx(-100.0, abs=1e-6)
    limits = outcome.limit_table
    assert limits.texts["limit_element"][1].tolist() == ["line/01"]
    assert limits.values("shadow_price_eur_per_mwh") == pytest.approx([100.0])
    angle = pi / 16
    tilted = feeder(
        line=[wire(limit_mw=0.6)], renewable=[SUN],
        reactive=[{"id": "s", "member": "renewable/sun", "ratio": np.tan(angle)}],
    )  # fmt: skip
    assert of(solve(tilted), "line_flow_mw", "01") == pytest.approx(-0.6 * cos(angle) * cos(angle), rel=1e-6)


def test_a_soft_limit_is_passed_at_its_price() -> None:
    """The sun saves 100 a MWh beyond the limit of 0.6 at 30: it goes to the voltage limit, 1.05."""
    line = wire(limit_mw=0.6, overload_price_eur_per_mwh=30.0)
    outcome = solve(feeder(line=[line], renewable=[SUN]))
    assert of(outcome, "line_flow_mw", "01") == pytest.approx(-1.05)
    assert outcome.terms["overload"] == pytest.approx(0.45 * 30)


def test_an_inverter_has_an_apparent_power_and_a_capability_curve() -> None:
    """3 MW of sun in an inverter of 1 MVA: 1 MW at Q = 0. By the curve 0.6 Mvar at 0, 0.2 at 1 MW: half way 0.4."""
    inverter = {"id": "i", "member": "renewable/sun", "apparent_max_mva": 1.0}
    outcome = solve(feeder(line=[wire()], renewable=[SUN], reactive=[inverter]))
    assert of(outcome, "line_flow_mw", "01") == pytest.approx(-1.0)
    corners = [
        {"power_mw": 0.0, "reactive_min_mvar": -0.6, "reactive_max_mvar": 0.6},
        {"power_mw": 1.0, "reactive_min_mvar": -0.2, "reactive_max_mvar": 0.2},
    ]
    curve = {"id": "i", "member": "renewable/sun", "capability": corners}
    sun = {**SUN, "available_mw": 0.5}
    buses = [{"id": "0", "slack": True}, {"id": "1", "voltage_min_pu": sqrt(0.9)}, {"id": "2"}]
    # A buyer at 900 takes E: 1 - 0.2 * (E - 0.5) - 0.4 * (0.4 - 0.4) = 0.9 allows E = 1.
    buyer = {"id": "b", "bus": "1", "import_max_mw": 0.0, "export_max_mw": 5.0, "import_price_eur_per_mwh": 950.0}
    buyer["export_price_eur_per_mwh"] = 900.0
    reactive = [curve, var(amount=-0.4)]
    outcome = solve(feeder(buses=buses, line=[wire()], renewable=[sun], reactive=reactive, grid_connection=[buyer]))
    assert of(outcome, "reactive_power_mvar", "i") == pytest.approx(0.4)
    assert of(outcome, "grid_connection_export_mw", "b") == pytest.approx(1.0)


def test_a_tap_changer_holds_the_voltage_behind_it() -> None:
    """Behind 1 / r^2, with 0.18 of drop, 0.95^2 is reached at the ratio 0.95 alone: 1.108 - 0.18 = 0.928."""
    buses = [{"id": "0", "slack": True}, {"id": "1", "voltage_min_pu": 0.95, "voltage_max_pu": 1.0}, {"id": "2"}]
    tapped = wire(tap_min_ratio=0.95, tap_max_ratio=1.05, tap_positions=3)
    outcome = solve(feeder(buses=buses, line=[tapped], demand=[load()], reactive=[var()]))
    assert of(outcome, "line_tap_ratio", "01") == pytest.approx(0.95)
    assert of(outcome, "line_tap_set", "01/0") == 1.0
    assert voltage(outcome, "1") == pytest.approx(sqrt(1 / 0.9025 - 0.18))
    free = wire(tap_min_ratio=0.9, tap_max_ratio=1.1)
    outcome = solve(feeder(buses=buses, line=[free], demand=[load()], reactive=[var()]))
    ratio = of(outcome, "line_tap_ratio", "01")
    assert 0.95**2 - 1e-6 <= 1 / ratio**2 - 0.18 <= 1 + 1e-6
    assert outcome.size["integers"] == 0


def test_a_fixed_tap_and_a_shunt_of_a_line_shift_the_voltage() -> None:
    """Behind a ratio of 0.95 the square is 1.108; each half of the charging of 0.4 gives 0.2 times the square there."""
    line = wire(tap_ratio=0.95, susceptance_pu=0.4)
    outcome = solve(feeder(line=[line], demand=[load()]))
    v = 1 / 0.95**2
    # The impedance carries what the far half gives backwards: w = v - 2 * 0.1 * 0.5 + 2 * 0.2 * 0.2 * w.
    w = (v - 0.1) / (1 - 2 * 0.2 * 0.2)
    assert voltage(outcome, "1") == pytest.approx(sqrt(w))
    assert of(outcome, "line_reactive_mvar", "01") == pytest.approx(-0.2 * w - 0.2 * v)


def test_a_capacitor_bank_switches_as_many_steps_as_the_voltage_needs() -> None:
    """0.82 + 0.4 * 0.1 * n * w: one step is enough for 0.92^2 = 0.8464 (0.854), none is not."""
    buses = [{"id": "0", "slack": True}, {"id": "1", "voltage_min_pu": 0.92, "voltage_max_pu": 0.935}, {"id": "2"}]
    bank = {"id": "c", "bus": "1", "susceptance_mvar": 0.1, "steps": 3}
    case = feeder(buses=buses, line=[wire()], demand=[load()], reactive=[var()], shunt=[bank])
    outcome = solve(case)
    assert of(outcome, "shunt_switched", "c") == 1.0
    assert voltage(outcome, "1") == pytest.approx(sqrt(0.82 / (1 - 0.04)))


def test_a_shunt_takes_power_with_the_square_of_the_voltage() -> None:
    """The square w = 1 - 0.2 * 0.5 * w: 0.5 MW at 1 per unit are 0.4545."""
    outcome = solve(feeder(line=[wire()], shunt=[{"id": "s", "bus": "1", "conductance_mw": 0.5}]))
    w = 1 / 1.1
    assert voltage(outcome, "1") == pytest.approx(sqrt(w))
    assert of(outcome, "line_flow_mw", "01") == pytest.approx(0.5 * w)


def test_a_line_out_of_service_carries_nothing_and_its_area_needs_a_source() -> None:
    generator = {"id": "g", "bus": "1", "power_max_mw": 1.0, "cost_eur_per_mwh": 7.0}
    case = feeder(line=[wire(in_service=False), wire("1", "2")], demand=[load("2")], generator=[generator])
    outcome = solve(case)
    assert of(outcome, "line_flow_mw", "01") == 0.0
    assert price(outcome, "2") == pytest.approx(7.0)
    assert voltage(outcome, "2") == pytest.approx(sqrt(0.9))


def test_an_angle_limit_bounds_the_flow() -> None:
    """tan(3 deg) * (1 - 0.1 * P) = 0.2 * P without reactive power."""
    outcome = solve(feeder(line=[wire(angle_min_deg=-3.0)], renewable=[SUN]))
    flow = of(outcome, "line_flow_mw", "01")
    slope = np.tan(np.radians(3.0))
    assert 0.2 * flow == pytest.approx(-slope * (1 - 0.1 * flow))


def loops() -> Case:
    buses = [{"id": "0", "slack": True}, {"id": "1"}, {"id": "2"}]
    return feeder(buses=buses, line=[wire(), wire("1", "2"), wire("2", "0")], demand=[load()])


@pytest.mark.parametrize(
    ("case", "path", "words"),
    [
        (loops, "components.line", "'20', '01', '12' form a loop"),
        (lambda: feeder(line=[wire(switchable=True)]), "components.line[0].switchable", "dc_formulation angles"),
        (
            lambda: feeder(line=[wire()], contingency=[{"id": "c", "lines": ["01"]}]),
            "components.contingency",
            "not known to the network model lindistflow",
        ),
        (lambda: feeder(line=[wire()], reactive=[{"id": "r"}]), "components.reactive[0].member", "either the member"),
        (
            lambda: feeder(line=[wire()], reactive=[{"id": "r", "member": "demand/x"}]),
            "components.reactive[0].member",
            "demand/x",
        ),
        (
            lambda: feeder(line=[wire()], reactive=[var(reactive_min_mvar=1.0)]),
            "components.reactive[0].reactive_min_mvar",
            "above reactive_max_mvar",
        ),
        (
            lambda: feeder(
                line=[wire()],
                renewable=[SUN],
                reactive=[
                    {
                        "id": "r",
                        "member": "renewable/sun",
                        "capability": [
                            {"power_mw": p, "reactive_min_mvar": 0.0, "reactive_max_mvar": q}
                            for p, q in ((0.0, 1.0), (1.0, 0.2), (2.0, 1.0))
                        ],
                    }
                ],
            ),
            "components.reactive[0].capability",
            "not convex",
        ),
    ],
)
def test_what_the_model_does_not_know_is_said_by_name(case: Any, path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        solve(case())
    assert any(issue.path == path and words in issue.message for issue in refused.value.issues), refused.value.issues
