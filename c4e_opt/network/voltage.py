"""Voltage: what lindistflow, socp and soc have in common: voltages, reactive power, shunts and limits around the lines.

Variables, for every shunt s with steps and step of time t:
    shunt_switched[s, t]             steps that are switched on, whole, 0 <= . <= steps
    shunt_bank[k, t]                 1 while so many steps of a shunt are on, binary; not told
    shunt_bank_pu[k, t]              squared voltage of its bus while so many are on, else 0; not told

Constraints:
    shunt_bank_one[s, t], shunt_bank_voltage[s, t], shunt_bank_upper[k, t], shunt_bank_lower[k, t]   the squared voltage
                                     split over the numbers of steps, as `network.taps` splits it over positions
    shunt_bank_steps[s, t]           switched = the number of steps of the part that is set

A shunt takes conductance_mw * voltage^2 and gives susceptance_mvar * voltage^2, of a bank times the steps that are on;
where no line ends, the voltage is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import Injection, Terms, buses, fleet, scalars
from c4e_opt.network import apparent, limits, lindistflow, reactive, soc, socp
from c4e_opt.network.angles import limit_rows
from c4e_opt.network.electric import Bus, Electric, electric_of
from c4e_opt.network.grid import Told
from c4e_opt.network.interface import Interface
from c4e_opt.network.lindistflow import Flows
from c4e_opt.network.line import Line
from c4e_opt.network.reactive import Reactive
from c4e_opt.network.shunt import Shunt
from c4e_opt.program import Linear, Program


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
    if policy.network == "soc":
        flows = soc.formulate(program, grid, voltage)
    elif policy.network == "socp":
        flows = socp.formulate(program, grid, voltage, _scale(program, grid, all_buses, power))
    else:
        flows = lindistflow.formulate(program, grid, voltage)
    _limits(program, grid, flows, cones=cones)
    for watched in limits.of_interfaces(program, _named(grid), interfaces, horizon):
        limit_rows(program, watched, flows.power, horizon)
    taken, given, squared = _shunts(program, grid, shunts, voltage)
    _balance(program, grid, flows, records, terms, [bus.id for bus in all_buses], (shunts, given), cones=cones)
    ends = (
        Injection(buses(lines, "from_bus"), -flows.power),
        Injection(buses(lines, "to_bus"), flows.power_out),
    )
    bus_side = (Injection(buses(shunts), -taken),) if shunts else ()

    def told(primal: FloatArray) -> Told:
        return _told(grid, flows, voltage, primal)

    assert squared is not None
    return Written(line=Terms(injections=ends), shunt=Terms(injections=bus_side), told=told)


def _voltages(program: Program, grid: Electric, *, fixed: bool) -> Linear:
    """The squared voltage of every bus at an end of lines."""
    lower, upper = grid.lowest**2, grid.highest**2
    if fixed:
        held = ~np.isnan(grid.held)
        lower, upper = (np.where(held, grid.held**2, bound) for bound in (lower, upper))
    axes = (grid.ends, grid.horizon.axis)
    return program.variable("line_voltage_squared_pu", axes, lower, upper, doc="squared voltage", told=False)


def _scale(program: Program, grid: Electric, buses_: Sequence[Bus], power: Sequence[Linear]) -> FloatArray:
    """The power that every line is thought to carry, MW (line, 1): what the buses behind it may take, or its limit."""
    least, largest = program.span(Linear.total(power[0].axes, power))
    sizes = np.where(np.isfinite(least) & np.isfinite(largest), np.maximum(-least, largest), 0.0).max(axis=1)
    place = {bus.id: row for row, bus in enumerate(buses_)}
    own = sizes[[place[name] for name in grid.ends.labels.tolist()]]
    behind = _behind(grid, own)
    limit = limits.bounds(grid.lines, "limit_mw", grid.horizon.steps).max(axis=1)
    carried = np.minimum(behind, np.where(limit > 0, limit, np.inf))
    return np.maximum(carried, max(1e-3 * float(carried.max(initial=0.0)), 1e-6 * grid.base_mva))[:, None]


def _behind(grid: Electric, own: FloatArray) -> FloatArray:
    """What the buses of every line's farther side sum to, seen from the references (line,)."""
    inside, count = np.flatnonzero(grid.in_service[:, 0]), own.size
    roots = np.flatnonzero(~np.isnan(grid.held[:, 0]))
    start = np.concatenate([grid.start[inside], np.full(roots.size, count)])
    end = np.concatenate([grid.end[inside], roots])
    joined = csr_array((np.ones(start.size), (start, end)), shape=(count + 1, count + 1))
    order, before = breadth_first_order(joined, count, directed=False)
    depth = np.zeros(count + 1, dtype=np.int64)
    for bus in order[1:]:
        depth[bus] = depth[before[bus]] + 1
    total = np.append(own, 0.0)
    for level in range(int(depth.max()), 1, -1):
        buses_ = np.flatnonzero(depth == level)
        np.add.at(total, before[buses_], total[buses_])
    farther = np.where(depth[grid.start] > depth[grid.end], grid.start, grid.end)
    return total[farther]


def _named(grid: Electric) -> Any:
    """What limits of interfaces ask of a grid."""

    @dataclass(frozen=True, slots=True)
    class Lines:
        lines: Sequence[Line]

    return Lines(grid.lines)


def _limits(program: Program, grid: Electric, flows: Flows, *, cones: bool) -> None:
    """Limits of the apparent power at both ends; at one end where the other carries the same."""
    limit = limits.bounds(grid.lines, "limit_mw", grid.horizon.steps)
    held = np.isfinite(limit) & grid.in_service
    over = limits.overload(program.room("line"), grid.lines, held.any(axis=1), grid.horizon)
    whole = np.broadcast_to(np.where(held, limit, 0.0), flows.power.shape)
    largest = Linear(grid.over, (), whole)
    if over is not None:
        largest = largest + over
    present = np.broadcast_to(held, flows.power.shape)
    apparent.limit(program, "line_flow_limit", flows.power, flows.reactive, largest, present, cones=cones)
    other = present if cones else present & ((grid.half_mw != 0) | (grid.half_mvar != 0))
    apparent.limit(program, "line_flow_limit_end", flows.power_out, flows.reactive_out, largest, other, cones=cones)


def _balance(
    program: Program, grid: Electric, flows: Flows, records: Sequence[Reactive], terms: Mapping[str, Terms],
    electric: Sequence[str], banks: tuple[Sequence[Shunt], Linear], *, cones: bool,
) -> None:  # fmt: skip
    """Reactive power at every bus at an end of lines sums to zero, but where the grid behind a slack gives it."""
    place = {name: row for row, name in enumerate(grid.ends.labels.tolist())}
    axes = (grid.ends, grid.horizon.axis)
    parts = [(-flows.reactive).along(grid.ends, grid.start), flows.reactive_out.along(grid.ends, grid.end)]
    given = ~np.isnan(grid.held[:, 0])
    if records:
        at, amount = reactive.formulate(program, records, terms, electric, grid.horizon, cones=cones)
        parts.append(_gathered(amount, at, place, axes))
        for bus, record in zip(at, records, strict=True):
            if bus in place and reactive.free(record):
                given[place[bus]] = False
    if banks[0]:
        parts.append(_gathered(banks[1], buses(banks[0]), place, axes))
    present = np.broadcast_to(~given[:, None], (grid.ends.size, grid.horizon.steps))
    program.equal("reactive_balance", Linear.total(axes, parts), present=present)


def _gathered(amount: Linear, at: Sequence[str], place: Mapping[str, int], axes: tuple[Axis, Axis]) -> Linear:
    """What components give, at their buses; of buses where no line ends nothing."""
    rows = np.array([row for row, bus in enumerate(at) if bus in place], dtype=np.int64)
    steps = axes[1].size
    own = (Axis("member", rows.astype(np.str_)), axes[1])
    some = amount.at(rows[:, None] * steps + np.arange(steps), own)
    return some.along(axes[0], np.array([place[at[row]] for row in rows.tolist()], dtype=np.int64))


def _shunts(
    program: Program, grid: Electric, shunts: Sequence[Shunt], voltage: Linear
) -> tuple[Linear, Linear, Linear]:
    """What shunts take of power and give of reactive power, and the squared voltage times steps (shunt, time)."""
    steps = grid.horizon.steps
    over = (fleet("shunt", shunts), grid.horizon.axis)
    place = {name: row for row, name in enumerate(grid.ends.labels.tolist())}
    at = np.array([place.get(shunt.bus, -1) for shunt in shunts], dtype=np.int64)
    rows = np.flatnonzero(at >= 0)
    inner = (Axis("shunt", over[0].labels[rows]), over[1])
    own = voltage.at(at[rows][:, None] * steps + np.arange(steps), inner).along(over[0], rows)
    own = own + np.where(at < 0, 1.0, 0.0)[:, None]
    banks = np.array([shunt.steps for shunt in shunts], dtype=np.int64)
    if banks.any():
        own = own * np.where(banks > 0, 0.0, 1.0)[:, None] + _banks(program, grid, own, at, banks)
    own = own.nonzero()
    taken, given = (own * scalars(shunts, name) for name in ("conductance_mw", "susceptance_mvar"))
    return taken.nonzero(), given.nonzero(), own


def _banks(program: Program, grid: Electric, voltage: Linear, at: Any, count: Any) -> Linear:
    """Squared voltage times the steps that are on, of banks (shunt, time)."""
    room, (shunt, time) = program.room("shunt"), voltage.axes
    owner = np.repeat(np.arange(count.size), np.where(count > 0, count + 1, 0))
    number = np.concatenate([np.arange(n + 1) for n in count if n > 0])
    labels = [f"{shunt.labels[row]}/{n}" for row, n in zip(owner.tolist(), number.tolist(), strict=True)]
    over = (Axis("shunt_bank", np.array(labels, dtype=np.str_)), time)
    here = np.broadcast_to((count > 0)[:, None], voltage.shape)
    switched = room.variable(
        "switched", voltage.axes, 0.0, count[:, None].astype(np.float64), doc="steps switched on", integral=True,
        present=here,
    )  # fmt: skip
    chosen = room.variable("bank", over, 0.0, 1.0, doc="1 while so many are on", integral=True, told=False)
    part = room.variable("bank_pu", over, doc="squared voltage", told=False)
    room.equal("bank_one", chosen.along(shunt, owner), 1.0, present=here)
    room.equal("bank_steps", (chosen * number[:, None]).along(shunt, owner) - switched, present=here)
    room.equal("bank_voltage", part.along(shunt, owner), voltage, present=here)
    bus = at[owner]
    highest, lowest = (np.where(bus[:, None] < 0, 1.0, bound[bus]) ** 2 for bound in (grid.highest, grid.lowest))
    room.at_most("bank_upper", part, chosen * highest)
    room.at_least("bank_lower", part, chosen * lowest)
    return (part * number[:, None].astype(np.float64)).along(shunt, owner)


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
