"""Branch flow with cones: a wire of 0.1 + 0.2j from a slack at 1 per unit, per unit of 1 MVA; power costs 100."""

from __future__ import annotations

from math import hypot, sqrt
from typing import Any

import pytest

from c4e_opt import solve
from c4e_opt.errors import UnsupportedProgram
from c4e_opt.replay import replay
from tests.unit.feeders import feeder, load, of, price, var, voltage, wire

R, X = 0.1, 0.2
SUN = {"id": "sun", "bus": "1", "available_mw": 3.0, "cost_eur_per_mwh": 0.0}


def far_end(power: float, reactive: float) -> tuple[float, float]:
    """Squared voltage where p and q arrive, and the loss, of the AC power flow over one wire.

    The voltage w solves w^2 + w * (2 * (r p + x q) - 1) + |z|^2 * s^2 = 0; the current squared is s^2 / w.
    """
    half = 0.5 - (R * power + X * reactive)
    size = (R**2 + X**2) * (power**2 + reactive**2)
    w = half + sqrt(half**2 - size)
    return w, R * (power**2 + reactive**2) / w


def test_voltage_and_loss_are_those_of_the_ac_power_flow() -> None:
    outcome = solve(feeder("socp", line=[wire()], demand=[load(power=0.4)], reactive=[var(amount=-0.1)]))
    w, loss = far_end(0.4, 0.1)
    assert voltage(outcome, "1") == pytest.approx(sqrt(w), abs=1e-8)
    assert of(outcome, "line_loss_mw", "01") == pytest.approx(loss, abs=1e-8)
    assert of(outcome, "line_current_pu", "01") == pytest.approx(hypot(0.4, 0.1) / sqrt(w), abs=1e-7)
    assert of(outcome, "line_cone_slack_pu", "01") == pytest.approx(0.0, abs=1e-7)
    assert outcome.objective == pytest.approx(100 * (0.4 + loss), abs=1e-6)
    assert outcome.certificate is not None
    assert not any(each.law == "relaxation_not_exact" for each in outcome.certificate.residuals)


def test_the_price_behind_a_wire_is_what_the_last_mwh_costs_with_its_loss() -> None:
    """The slope of 100 * (p + loss(p)) at p = 0.4; nothing binds, so all of the difference is loss."""
    outcome = solve(feeder("socp", line=[wire()], demand=[load(power=0.4)], reactive=[var(amount=-0.1)]))
    step = 1e-4
    slope = 100 * (1 + (far_end(0.4 + step, 0.1)[1] - far_end(0.4 - step, 0.1)[1]) / (2 * step))
    assert price(outcome, "1") == pytest.approx(slope, abs=1e-3)
    assert price(outcome, "1", "energy") == pytest.approx(100.0, abs=1e-6)
    assert price(outcome, "1", "loss") == pytest.approx(slope - 100.0, abs=1e-3)
    for part in ("voltage", "congestion"):
        assert price(outcome, "1", part) == pytest.approx(0.0, abs=1e-5)


def test_a_limit_bounds_apparent_power_at_both_ends() -> None:
    """The sun sends 0.6 MVA into the far end, where more is than arrives: 0.6 of it, the near end gets less."""
    outcome = solve(feeder("socp", line=[wire(limit_mw=0.6)], renewable=[SUN]))
    flow, loss = of(outcome, "line_flow_mw", "01"), of(outcome, "line_loss_mw", "01")
    assert flow - loss == pytest.approx(-0.6, abs=1e-6)
    assert price(outcome, "1") == pytest.approx(0.0, abs=1e-4)
    total = sum(price(outcome, "1", part) for part in ("energy", "voltage", "congestion", "loss"))
    assert total == pytest.approx(price(outcome, "1"), abs=1e-9)
    assert price(outcome, "1", "congestion") < -50
    assert outcome.limit_table.texts["limit_element"][1].tolist() == ["line/01"]


def test_taps_shunts_and_charging_agree_with_the_power_flow() -> None:
    """Whatever the wires are made of, voltages and losses are those of the replay."""
    lines = [
        wire(tap_ratio=0.97, susceptance_pu=0.1, conductance_pu=0.02, phase_shift_deg=30.0),
        wire("2", "1", susceptance_pu=0.05, tap_ratio=1.02),
    ]
    shunts = [{"id": "s", "bus": "2", "conductance_mw": 0.05, "susceptance_mvar": 0.1}]
    reactive = [var(), {"id": "r", "member": "demand/d2", "ratio": 0.3}]
    demands = [load(), load("2", 0.2)]
    case = feeder("socp", line=lines, shunt=shunts, reactive=reactive, demand=demands)
    outcome = solve(case)
    again = replay(case, outcome)
    for row, bus in enumerate(again.bus.tolist()):
        assert voltage(outcome, bus) == pytest.approx(again.voltage_pu[row, 0], abs=1e-7)
    assert outcome.schedule_table.values("line_loss_mw").sum() == pytest.approx(again.loss_mw[0], abs=1e-7)


def test_a_storage_shifts_power_over_a_feeder_with_losses() -> None:
    """Losses grow with the square: a battery without losses of its own levels the flow of two hours."""
    battery = {
        "id": "b", "bus": "1", "charge_max_mw": 1.0, "discharge_max_mw": 1.0, "energy_max_mwh": 1.0,
        "energy_start_mwh": 0.5, "energy_end_min_mwh": 0.5, "charge_efficiency": 1.0, "discharge_efficiency": 1.0,
    }  # fmt: skip
    case = feeder("socp", steps=2, line=[wire()], demand=[load(power=[0.2, 0.6])], battery=[battery])
    outcome = solve(case)
    flows = outcome.schedule_table.values("line_flow_mw")[0]
    assert flows[0] == pytest.approx(flows[1], abs=1e-4)
    assert flows[0] == pytest.approx(0.4 + far_end(0.4, 0.0)[1], abs=1e-4)


def test_a_relaxation_that_is_not_exact_says_so() -> None:
    """Where energy must be wasted, losses that no current causes are worth money: the certificate notes it."""
    sun = {"id": "sun", "bus": "1", "power_max_mw": 1.0, "power_min_mw": 1.0, "cost_eur_per_mwh": 0.0}
    root = {"id": "sink", "bus": "0", "power_max_mw": 0.0, "power_min_mw": -5.0, "cost_eur_per_mwh": -80.0}
    buses = [{"id": "0", "slack": True, "voltage_set_pu": 1.0}, {"id": "1", "voltage_max_pu": 1.05}, {"id": "2"}]
    case = feeder("socp", buses=buses, line=[wire()], generator=[sun, root])
    outcome = solve(case)
    assert outcome.certificate is not None
    assert any(each.law == "relaxation_not_exact" for each in outcome.certificate.residuals)
    assert of(outcome, "line_cone_slack_pu", "01") > 0.01
    assert outcome.replay is not None
    assert not outcome.replay.holds


def test_binaries_beside_cones_are_refused_by_name() -> None:
    generator: dict[str, Any] = {"id": "g", "bus": "1", "power_max_mw": 1.0, "minimum_load_ratio": 0.5}
    with pytest.raises(UnsupportedProgram, match=r"network model socp.*generator_on.*lindistflow"):
        solve(feeder("socp", line=[wire()], demand=[load()], generator=[generator]))


def test_flows_both_ways_end_in_the_better_direction_where_no_engine_could_search() -> None:
    """At -50 a battery of 80 % would charge and discharge at once; without binaries one direction is kept."""
    battery = {
        "id": "b", "bus": "1", "charge_max_mw": 1.0, "discharge_max_mw": 1.0, "energy_max_mwh": 0.1,
        "energy_start_mwh": 0.0, "charge_efficiency": 0.8, "discharge_efficiency": 0.8,
    }  # fmt: skip
    grid = {"id": "free", "bus": "0", "import_max_mw": 9.0, "import_price_eur_per_mwh": -50.0}
    case = feeder("socp", line=[wire()], demand=[load(power=0.1)], battery=[battery], grid_connection=[grid])
    outcome = solve(case)
    charge, discharge = (of(outcome, f"battery_{name}_mw", "b") for name in ("charge", "discharge"))
    assert min(charge, discharge) <= 1e-6
    assert outcome.bound is not None
    assert outcome.objective is not None
    assert outcome.bound <= outcome.objective + 1e-6
