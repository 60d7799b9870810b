"""Bus injections with cones: meshed grids, per unit of 1 MVA; power at bus 0 costs 100."""

from __future__ import annotations

import numpy as np
import pytest

from c4e_opt import InvalidInput, solve
from c4e_opt.replay import replay
from tests.unit.feeders import feeder, load, of, var, voltage, wire
from tests.unit.test_socp import far_end

BUSES = [{"id": "0", "slack": True, "voltage_min_pu": 1.0, "voltage_max_pu": 1.0}, {"id": "1"}, {"id": "2"}]


def test_on_one_wire_it_is_the_ac_power_flow() -> None:
    """The band of the slack is one voltage, so there is nothing to choose."""
    outcome = solve(feeder("soc", buses=BUSES, line=[wire()], demand=[load(power=0.4)], reactive=[var(amount=-0.1)]))
    w, loss = far_end(0.4, 0.1)
    assert voltage(outcome, "1") == pytest.approx(np.sqrt(w), abs=1e-6)
    assert of(outcome, "line_loss_mw", "01") == pytest.approx(loss, abs=1e-6)


def test_two_wires_side_by_side_carry_half_each_whichever_way_they_are_listed() -> None:
    """Two wires of 0.2 + 0.4j are one of 0.1 + 0.2j."""
    both = [wire(resistance_pu=0.2, reactance_pu=0.4), wire("1", "0", resistance_pu=0.2, reactance_pu=0.4)]
    outcome = solve(feeder("soc", buses=BUSES, line=both, demand=[load(power=0.4)], reactive=[var(amount=-0.1)]))
    w, loss = far_end(0.4, 0.1)
    assert voltage(outcome, "1") == pytest.approx(np.sqrt(w), abs=1e-6)
    assert of(outcome, "line_flow_mw", "01") == pytest.approx((0.4 + loss) / 2, abs=1e-6)
    assert of(outcome, "line_flow_mw", "10") == pytest.approx(-0.2, abs=1e-6)


def test_a_triangle_shares_flows_as_the_power_flow_does() -> None:
    """Every wire alike, load at 1 alone: two thirds take the direct way, a bit less where losses bend it."""
    lines = [wire(), wire("0", "2"), wire("2", "1", susceptance_pu=0.02)]
    case = feeder("soc", buses=BUSES, line=lines, demand=[load(power=0.2)])
    outcome = solve(case)
    assert of(outcome, "line_flow_mw", "01") == pytest.approx(2 / 3 * 0.2, rel=0.05)
    again = replay(case, outcome)
    for row, bus in enumerate(again.bus.tolist()):
        assert voltage(outcome, bus) == pytest.approx(again.voltage_pu[row, 0], abs=2e-3)


def test_chosen_taps_are_refused() -> None:
    with pytest.raises(InvalidInput, match="soc, whose taps and shifts are fixed"):
        solve(feeder("soc", line=[wire(tap_min_ratio=0.9, tap_max_ratio=1.1)], demand=[load()]))
