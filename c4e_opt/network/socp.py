"""Branch flow with cones: feeders with voltages and losses, the second-order cone relaxation of the AC power flow.

For grids without loops, on which it is exact wherever energy has a price and voltages are not at their upper limit:
then the answer is an AC power flow. How far it is from one is told of every line and step as line_cone_slack_pu, the
apparent power that the current could carry and does not, and is noted in the certificate.

Variables, for every line l, bus n at an end of lines, and step t:
    line_flow_mw[l, t], line_reactive_mvar[l, t], line_voltage_squared_pu[n, t], line_overload_mw[l, t], those of taps
                                     as in `network.lindistflow`
    line_cone_sum[l, t], line_cone_rest[l, t]   half the sum and half the difference of current and voltage, with
                                     scale = the power that the line is thought to carry, MW: (c + scale * v) / 2,
                                     (c - scale * v) / 2, where c * scale / base_mva^2 is the squared current; not told

Constraints, with v, w, p and q as in `network.lindistflow` and i the squared current:
    line_voltage_behind[l, t]        scale * v = cone_sum - cone_rest
    line_voltage_drop[l, t]          w = v - 2 * (resistance * p + reactance * q) / base + |impedance|^2 * i
    line_current_cone[l, t]          sqrt(p^2 + q^2 + cone_rest^2) <= cone_sum, which is p^2 + q^2 <= base^2 * i * v
    line_flow_limit[l, t], line_flow_limit_end[l, t]   apparent power at either end within limit_mw, a cone
    line_angle_limit, line_angle_limit_lower, interface_limit, interface_limit_lower   as in `network.lindistflow`

What comes out at to_bus is p - resistance * base * i and q - reactance * base * i, less what the shunt there takes.

Not modelled: outages; binaries, which no engine here searches together with cones.
Source: Farivar and Low (2013), Branch flow model: relaxations and convexification, part I,
doi:10.1109/TPWRS.2013.2255317; the cone as in Lobo, Vandenberghe, Boyd, Lebret (1998), section 2.3.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.network import taps
from c4e_opt.network.electric import Electric
from c4e_opt.network.lindistflow import Flows, branch, flows, series
from c4e_opt.program import Linear, Program, Room


def formulate(program: Program, grid: Electric, voltage: Linear, scale: FloatArray) -> Flows:
    """Add the flows of all lines, the drop of voltage along them and their losses.

    Args:
        program: The programme.
        grid: The lines.
        voltage: Squared voltage of the buses (line_bus, time).
        scale: The power that every line is thought to carry, MW (line, 1); it balances the numbers of the cone.
    """
    room = Room(program, "line")
    power, reactive = flows(program, grid)
    behind = taps.behind(program, grid, voltage)
    total = room.variable("cone_sum", grid.over, doc="half of current and voltage", present=grid.joined, told=False)
    rest = room.variable(
        "cone_rest", grid.over, -np.inf, doc="half their difference", present=grid.joined, told=False
    )  # fmt: skip
    room.equal("voltage_behind", behind * scale, total - rest, present=grid.joined)
    current = (total + rest) * (scale / grid.base_mva**2)
    through, across = series(grid, power, reactive, behind)
    room.cone("current_cone", total, (through, across, rest), present=grid.joined)
    return branch(program, grid, power, reactive, behind, grid.at_end(voltage), current)
