"""Voltage: what lindistflow, socp and soc have in common: voltages, reactive power, shunts and limits around the lines.

Constraints:
    line_flow_limit, line_flow_limit_end, interface_limit, interface_limit_lower   see the models
    reactive_balance   see `network.reactive`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import Injection, Terms, buses
from c4e_opt.network import apparent, banks, limits, lindistflow, reach, reactive, soc, socp
from c4e_opt.network.angles import limit_rows
from c4e_opt.network.electric import Bus, Electric, electric_of
from c4e_opt.network.grid import Told
from c4e_opt.network.interface import Interface
from c4e_opt.network.lindistflow import Flows
from c4e_opt.network.line import Line
from c4e_opt.network.reactive import Reactive
from c4e_opt.network.shunt import Shunt
from c4e_opt.program import Linear, Program, Room


@dataclass(frozen=True, slots=True)
class Written:
    """What lines and shunts bring into a programme with voltage."""

    line: Terms
    shunt: Terms
    told: Callable[[FloatArray], Told]  # what answers tell besides the variables, from a primal point


def formulate(
    program: Program,
    policy: Any,
    all_buses: Sequence[Bus],
    lines: Sequence[Line],
    shunts: Sequence[Shunt],
    records: Sequence[Reactive],
    interfaces: Sequence[Interface],
    terms: Mapping[str, Terms],
    power: Sequence[Linear],
    horizon: Horizon,
) -> Written:
    """Add the lines of a case by a model with voltage.

    Args:
        program: The programme.
        policy: The policy of the case.
        all_buses: All buses of the case.
        lines: Checked records; together without loops where the model asks for it.
        shunts: Checked records.
        records: Reactive power of components and devices.
        interfaces: Limits of sums of flows.
        terms: What the components have written.
        power: What everything but lines and shunts puts into the buses, (bus, time) each.
        horizon: The steps.
    """
    grid, cones = electric_of(all_buses, lines, policy.base_mva, horizon), policy.network != "lindistflow"
    voltage = _voltages(program, grid, fixed=policy.network != "soc")
    taken, given = banks.formulate(program, grid, shunts, voltage)
    axes = (grid.ends, horizon.axis)
    own = [_gathered(Linear.total(power[0].axes, power), [bus.id for bus in all_buses], axes)]
    own.append(-_gathered(taken, buses(shunts), axes))
    giving, settled = [_gathered(given, buses(shunts), axes)], np.ones(grid.ends.size, dtype=np.bool_)
    if records:
        electric = [bus.id for bus in all_buses]
        at, amount = reactive.formulate(program, records, terms, electric, horizon, cones=cones)
        giving.append(_gathered(amount, at, axes))
        settled = ~np.isin(
            grid.ends.labels, [bus for bus, each in zip(at, records, strict=True) if reactive.free(each)]
        )
    gives = Linear.total(axes, giving)
    sizes = reach.sizes(program, Linear.total(axes, own)), reach.sizes(program, gives)
    if policy.network == "soc":
        flows = soc.formulate(program, grid, voltage)
    elif policy.network == "socp":
        flows = socp.formulate(program, grid, voltage, reach.scale(grid, sizes[0]))
    else:
        flows = lindistflow.formulate(program, grid, voltage)
    most = np.full(flows.power.shape, np.inf) if cones else _most(grid, *sizes)
    _limits(program, grid, flows, most, cones=cones)
    for watched in limits.of_interfaces(program, _named(grid), interfaces, horizon):
        limit_rows(program, watched, flows.power, horizon)
    _balance(program, grid, flows, gives, settled)
    ends = (
        Injection(buses(lines, "from_bus"), -flows.power),
        Injection(buses(lines, "to_bus"), flows.power_out),
    )
    bus_side = (Injection(buses(shunts), -taken),) if shunts else ()

    def told(primal: FloatArray) -> Told:
        return _told(grid, flows, voltage, primal)

    return Written(line=Terms(injections=ends), shunt=Terms(injections=bus_side), told=told)


def _voltages(program: Program, grid: Electric, *, fixed: bool) -> Linear:
    """The squared voltage of every bus at an end of lines."""
    lower, upper = grid.lowest**2, grid.highest**2
    if fixed:
        held = ~np.isnan(grid.held)
        lower, upper = (np.where(held, grid.held**2, bound) for bound in (lower, upper))
    axes = (grid.ends, grid.horizon.axis)
    return program.variable("line_voltage_squared_pu", axes, lower, upper, doc="squared voltage", told=False)


def _named(grid: Electric) -> Any:
    """What limits of interfaces ask of a grid."""

    @dataclass(frozen=True, slots=True)
    class Lines:
        lines: Sequence[Line]

    return Lines(grid.lines)


def _most(grid: Electric, power_mw: FloatArray, reactive_mvar: FloatArray) -> FloatArray:
    """The apparent power that lines could carry at most without losses, shunts of lines among them (line, time)."""
    highest = np.fmax(grid.highest, grid.held) ** 2
    ends = ((grid.start, 1.0 / np.minimum(grid.tap, _least_tap(grid)) ** 2), (grid.end, np.ones_like(grid.tap)))
    for bus, ratio in ends:
        for size, half in ((power_mw, grid.half_mw), (reactive_mvar, grid.half_mvar)):
            np.add.at(size, bus, np.abs(half) * ratio * highest[bus])
    return reach.most_mva(grid, power_mw, reactive_mvar)


def _least_tap(grid: Electric) -> FloatArray:
    """The least turns ratio of every line whose ratio is chosen (line, 1)."""
    return np.array([[line.tap_min_ratio or np.inf] for line in grid.lines])


def _limits(program: Program, grid: Electric, flows: Flows, most_mva: FloatArray, *, cones: bool) -> None:
    """Limits of the apparent power at both ends; none where a line cannot carry so much."""
    limit = limits.bounds(grid.lines, "limit_mw", grid.horizon.steps)
    held = np.isfinite(limit) & grid.in_service
    some: BoolArray = np.asarray(held.any(axis=1), dtype=np.bool_)
    over = limits.overload(Room(program, "line"), grid.lines, some, grid.horizon)
    whole = np.broadcast_to(np.where(held, limit, 0.0), flows.power.shape)
    largest = Linear(grid.over, (), whole)
    if over is not None:
        largest = largest + over
    present = np.broadcast_to(held, flows.power.shape) & (most_mva > whole * np.cos(np.pi / apparent.SIDES))
    apparent.limit(program, "line_flow_limit", flows.power, flows.reactive, largest, present, cones=cones)
    other = present if cones else present & ((grid.half_mw != 0) | (grid.half_mvar != 0))
    apparent.limit(program, "line_flow_limit_end", flows.power_out, flows.reactive_out, largest, other, cones=cones)


def _balance(program: Program, grid: Electric, flows: Flows, gives: Linear, settled: BoolArray) -> None:
    """Reactive power at every bus at an end of lines sums to zero, but where the grid behind a slack gives it.

    Args:
        program: The programme.
        grid: The lines.
        flows: What they carry.
        gives: Reactive power of everything else (line_bus, time).
        settled: Buses without a record whose reactive power may be chosen (line_bus,).
    """
    parts = [(-flows.reactive).along(grid.ends, grid.start), flows.reactive_out.along(grid.ends, grid.end), gives]
    open_ = ~np.isnan(grid.held) & settled[:, None]
    present = np.broadcast_to(~open_, (grid.ends.size, grid.horizon.steps))
    program.equal("reactive_balance", Linear.total((grid.ends, grid.horizon.axis), parts), present=present)


def _gathered(amount: Linear, at: Sequence[str], axes: tuple[Axis, Axis]) -> Linear:
    """What components or buses give, at the ends of lines; of buses where no line ends nothing."""
    place = {str(name): row for row, name in enumerate(axes[0].labels)}
    found = [(row, place[bus]) for row, bus in enumerate(at) if bus in place]
    rows, target = (np.array(column, dtype=np.int64) for column in (zip(*found, strict=True) if found else ((), ())))
    steps = axes[1].size
    own = (Axis("member", rows.astype(np.str_)), axes[1])
    return amount.at(rows[:, None] * steps + np.arange(steps), own).along(axes[0], target)


def _told(grid: Electric, flows: Flows, voltage: Linear, primal: FloatArray) -> Told:
    """Voltages, losses, currents, ratios that are chosen, and how far cones are from exact."""
    base, squared = grid.base_mva, np.maximum(voltage.value(primal), 0.0)
    told: dict[str, tuple[tuple[Axis, ...], FloatArray, str]] = {
        "line_voltage_pu": ((grid.ends, grid.horizon.axis), np.sqrt(squared), "voltage, per unit of the nominal one")
    }
    power, reactive_ = flows.power.value(primal), flows.reactive.value(primal)
    lossless = flows.current is None and flows.behind is not None
    if not lossless or grid.half_mw.any():
        loss = power - flows.power_out.value(primal)
        told["line_loss_mw"] = (grid.over, loss, "power lost in the line")
    if flows.behind is None:
        return told
    behind = flows.behind.value(primal)
    if any(line.tap_min_ratio is not None for line in grid.lines):
        start = squared[grid.start]
        ratio = np.where(grid.in_service & (behind > 0), np.sqrt(start / np.where(behind > 0, behind, 1.0)), grid.tap)
        told["line_tap_ratio"] = (grid.over, ratio, "turns ratio at from_bus")
    if flows.current is not None:
        current = np.maximum(flows.current.value(primal), 0.0)
        through = power - grid.half_mw * behind
        across = reactive_ + grid.half_mvar * behind
        told["line_current_pu"] = (grid.over, np.sqrt(current), "current through the series impedance, per unit")
        slack = np.sqrt(current * np.maximum(behind, 0.0)) - np.hypot(through, across) / base
        told["line_cone_slack_pu"] = (
            grid.over, np.where(grid.in_service, slack, 0.0),
            "apparent power that the current could carry and does not; 0 where the relaxation is exact",
        )  # fmt: skip
    return told
