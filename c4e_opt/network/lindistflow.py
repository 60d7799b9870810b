"""LinDistFlow: feeders with voltages, linear: power flows without losses, voltages fall with what flows.

For grids without loops. The voltage is somewhat too high, because the drop that losses add is left out (on published
feeders by 0.0003 to 0.009 per unit at the lowest voltage); an AC power flow of the answer tells by how much.

Variables, for every line l, bus n at an end of lines, and step t:
    line_flow_mw[l, t]               power into the line at from_bus
    line_reactive_mvar[l, t]         reactive power into the line at from_bus
    line_voltage_squared_pu[n, t]    squared voltage, voltage_min_pu^2 <= . <= voltage_max_pu^2; voltage_set_pu^2 at
                                     slack buses and references; not told, its root is: line_voltage_pu
    line_overload_mw[l, t]           apparent power beyond the limit, of those with a price of it
Those of chosen turns ratios: see `network.taps`.

Constraints:
    line_voltage_drop[l, t]          w = v - 2 * (resistance * p + reactance * q) / base_mva
    line_angle_limit[l, t], line_angle_limit_lower[l, t]   (reactance * p - resistance * q) / base between
                                     v - (resistance * p + reactance * q) / base times the tangents of the limits of
                                     the angle difference
    line_flow_limit[l, side, t]      apparent power at from_bus within limit_mw, a polygon, see `network.apparent`
    line_flow_limit_end[l, side, t]  the same at to_bus, of lines with a shunt admittance
    interface_limit[i, t], interface_limit_lower[i, t]   weighted sums of flows, see `network.angles`

There v is the squared voltage at from_bus behind the transformer, voltage / tap_ratio^2, w that at to_bus, p and q what
goes through the series impedance: the flow less what the shunt at its begin takes.

Not modelled: losses, outages.
Source: Baran and Wu (1989), Network reconfiguration in distribution systems for loss reduction and load balancing,
doi:10.1109/61.25627, equations of the simplified DistFlow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.network import taps
from c4e_opt.network.electric import Electric
from c4e_opt.program import Linear, Program, Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """What lines carry, (line, time) each."""

    power: Linear  # into the line at from_bus
    reactive: Linear
    power_out: Linear  # out of it at to_bus
    reactive_out: Linear
    behind: Linear | None = None  # squared voltage behind the transformer, in models of branches
    current: Linear | None = None  # squared current through the series impedance, per unit, where there are losses


def flows(program: Program, grid: Electric) -> tuple[Linear, Linear]:
    """The power and reactive power into every line at from_bus."""
    room, free = Room(program, "line"), np.where(grid.in_service, np.inf, 0.0)
    power = room.variable("flow_mw", grid.over, -free, free, doc="power into the line at from_bus")
    reactive = room.variable("reactive_mvar", grid.over, -free, free, doc="reactive power into the line at from_bus")
    return power, reactive


def formulate(program: Program, grid: Electric, voltage: Linear) -> Flows:
    """Add the flows of all lines and the drop of voltage along them.

    Args:
        program: The programme.
        grid: The lines.
        voltage: Squared voltage of the buses (line_bus, time).
    """
    power, reactive = flows(program, grid)
    behind = taps.behind(program, grid, voltage)
    return branch(program, grid, power, reactive, behind, grid.at_end(voltage), None)


def branch(
    program: Program, grid: Electric, power: Linear, reactive: Linear, behind: Linear, after: Linear,
    current: Linear | None,
) -> Flows:  # fmt: skip
    """What comes out of every line, and the laws of voltage and angle along it.

    Args:
        program: The programme.
        grid: The lines.
        power: Power into the line.
        reactive: Reactive power into the line.
        behind: Squared voltage behind the transformer.
        after: Squared voltage at to_bus.
        current: Squared current, per unit; None without losses.
    """
    room, base = Room(program, "line"), grid.base_mva
    through, across = series(grid, power, reactive, behind)
    drop = through * (grid.resistance / base) + across * (grid.reactance / base)
    law = after - behind + drop * 2.0
    out, out_reactive = through - _share(after, grid.half_mw), across + _share(after, grid.half_mvar)
    if current is not None:
        law = law - current * (grid.resistance**2 + grid.reactance**2)
        out, out_reactive = out - current * (grid.resistance * base), out_reactive - current * (grid.reactance * base)
    room.equal("voltage_drop", law.nonzero(), present=grid.joined)
    _angles(program, grid, behind - drop, through * (grid.reactance / base) - across * (grid.resistance / base))
    return Flows(
        power=power, reactive=reactive, power_out=out, reactive_out=out_reactive, behind=behind, current=current
    )


def series(grid: Electric, power: Linear, reactive: Linear, behind: Linear) -> tuple[Linear, Linear]:
    """Power and reactive power through the series impedance of every line."""
    return power - _share(behind, grid.half_mw), reactive + _share(behind, grid.half_mvar)


def _share(voltage: Linear, each: np.ndarray) -> Linear:
    """What a shunt admittance takes or gives of lines in service, without terms that are zero."""
    return (voltage * each).nonzero() if each.any() else Linear(voltage.axes)


def _angles(program: Program, grid: Electric, real: Linear, imaginary: Linear) -> None:
    """Limits of the angle between the voltages at both ends, whose product these two expressions are."""
    for name, field, sign in (("angle_limit", "angle_max_deg", 1.0), ("angle_limit_lower", "angle_min_deg", -1.0)):
        limit = np.array(
            [[np.nan if getattr(line, field) is None else getattr(line, field)] for line in grid.lines], np.float64
        )
        beyond = np.radians(limit) - grid.shift_rad
        present = np.broadcast_to(np.abs(beyond) < np.pi / 2, real.shape) & grid.joined
        if present.any():
            slope = np.tan(np.where(present, beyond, 0.0))
            program.at_most(f"line_{name}", (imaginary - real * slope) * sign, present=present)
