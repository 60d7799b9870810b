"""Gas pipe: a pipe for gas or hydrogen between two buses that stores what it holds, its linepack.

Variables, for every pipe p and step t:
    inflow_mw[p, t]      power taken from from_bus, inflow_min_mw <= . <= inflow_max_mw; negative: given to it
    outflow_mw[p, t]     power given to to_bus, outflow_min_mw <= . <= outflow_max_mw; negative: taken from it
    linepack_mwh[p, t]   energy in the pipe at the end of the step, linepack_min_mwh <= . <= linepack_max_mwh; in the
                         last step within linepack_end_min_mwh, or linepack_end_mwh, where given

Constraints, with l[-1] = linepack_start_mwh, of cyclic pipes l[-1] = l[last]:
    linepack_balance[p, t]   linepack_mwh[t] = linepack_mwh[t-1] + (kept * inflow_mw - outflow_mw) * hours

A compressor at from_bus takes compressor_ratio of the inflow: of the gas itself, kept = 1 - compressor_ratio, or where
compressor_bus is given, as power from there, kept = 1.

Power into the buses: -inflow_mw at from_bus, outflow_mw at to_bus, -compressor_ratio * inflow_mw at compressor_bus.

Objective, term `transport`: fee * inflow_mw * hours.

Not modelled: pressures, and so that linepack limits the flow (Weymouth); quality of the gas.
Source: Correa-Posada, Sánchez-Martín (2014), Security-constrained optimal power and natural-gas flow, IEEE Transactions
on Power Systems 29(4), https://doi.org/10.1109/TPWRS.2014.2299714: the balance of linepack, without the equations of
pressure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Injection, Terms, buses, fleet, profiles, scalars
from c4e_opt.fields import bus, flag, identity, number, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class GasPipe:
    """A pipe that stores what it holds."""

    id: str = identity(doc="Name of the pipe.")
    from_bus: str = bus(doc="Bus at which gas enters.")
    to_bus: str = bus(doc="Bus at which it leaves, of the same carrier.")
    owner: str = party(doc="Party that buys what enters and sells what leaves.")
    inflow_max_mw: FloatArray = series(unit="MW", doc="Largest power taken from from_bus.")
    outflow_max_mw: FloatArray = series(unit="MW", doc="Largest power given to to_bus.")
    inflow_min_mw: FloatArray = series(
        unit="MW", default=0.0, doc="Least power taken from from_bus; negative: it may flow back."
    )
    outflow_min_mw: FloatArray = series(
        unit="MW", default=0.0, doc="Least power given to to_bus; negative: it may flow back."
    )
    linepack_max_mwh: FloatArray = series(unit="MWh", minimum=0, doc="Most energy in the pipe at the end of the step.")
    linepack_min_mwh: FloatArray = series(
        unit="MWh", minimum=0, default=0.0, doc="Least energy in the pipe at the end of the step."
    )
    linepack_start_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Energy in the pipe before the first step; needed unless cyclic."
    )
    linepack_end_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Energy in the pipe at the end of the last step; free when absent."
    )
    linepack_end_min_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Least energy in the pipe at the end of the last step."
    )
    cyclic: bool = flag(
        default=False, doc="Whether it ends with the energy that it starts with, which is then free to choose."
    )
    compressor_ratio: Any = number(
        unit="MW/MW", minimum=0, maximum=1, default=0.0, doc="Power that the compressor takes per power that enters."
    )
    compressor_bus: Any = bus(
        carrier="electricity",
        default=None,
        doc="Bus that gives the power of the compressor; the gas itself when absent.",
    )
    fee_eur_per_mwh: Any = number(unit="EUR/MWh", minimum=0, default=0.0, doc="Cost of every MWh that enters.")


def check(path: str, pipe: GasPipe, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one pipe."""
    if pipe.from_bus == pipe.to_bus:
        yield Issue(f"{path}.to_bus", "reference", f"is {pipe.to_bus!r} as is from_bus; a pipe joins two buses")
    ends = context.carriers[pipe.from_bus], context.carriers[pipe.to_bus]
    if ends[0] != ends[1]:
        message = f"carries {ends[1]} while from_bus carries {ends[0]}; a pipe joins one carrier"
        yield Issue(f"{path}.to_bus", "carrier", message)
    for name, unit in (("inflow", "MW"), ("outflow", "MW"), ("linepack", "MWh")):
        suffix = unit.lower()
        least, most = (
            np.broadcast_to(getattr(pipe, f"{name}_{end}_{suffix}"), context.horizon.steps) for end in ("min", "max")
        )
        crossed = np.flatnonzero(least > most)
        if crossed.size:
            step = int(crossed[0])
            low, high = (context.units.say(float(each[step]), unit) for each in (least, most))
            field = context.units.name(f"{name}_min_{suffix}", unit)
            yield Issue(f"{path}.{field}", "range", f"is {low} in step {step}; it must be at most {name}_max, {high}")
    if np.min(pipe.inflow_min_mw) < 0 and (pipe.compressor_ratio > 0 or pipe.fee_eur_per_mwh > 0):
        name = context.units.name("inflow_min_mw", "MW")
        yield Issue(f"{path}.{name}", "conflict", "is negative beside a compressor or a fee, which act on what enters")
    yield from _check_linepack(path, pipe, context)


def _check_linepack(path: str, pipe: GasPipe, context: Context) -> Iterator[Issue]:
    """Energies before the first and at the end of the last step."""
    units = context.units
    given = [name for name in ("linepack_start_mwh", "linepack_end_mwh", "linepack_end_min_mwh")]
    if pipe.cyclic:
        for name in given:
            if getattr(pipe, name) is not None:
                yield Issue(f"{path}.{units.name(name, 'MWh')}", "conflict", "is given beside cyclic; give one of them")
        return
    if pipe.linepack_start_mwh is None:
        name = units.name("linepack_start_mwh", "MWh")
        yield Issue(f"{path}.{name}", "missing_field", "is missing; give it, or say that the pipe is cyclic")
    least, most = (float(np.ravel(each)[-1]) for each in (pipe.linepack_min_mwh, pipe.linepack_max_mwh))
    for name in given[1:]:
        if getattr(pipe, name) is not None:
            yield from units.within(path, name, getattr(pipe, name), least, most, "MWh")


def formulate(room: Room, pipes: Sequence[GasPipe], horizon: Horizon) -> Terms:
    """Add the variables and laws of all pipes at once.

    Args:
        room: The room to write into.
        pipes: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at both buses of each pipe, and at the buses of compressors.
    """
    over = (fleet("gas_pipe", pipes), horizon.axis)

    def limited(name: str, unit: str, doc: str) -> Linear:
        least, most = (profiles(pipes, f"{name}_{end}_{unit}", horizon.steps) for end in ("min", "max"))
        if name == "linepack":
            least[:, -1], most[:, -1] = _at_end(pipes, least[:, -1], most[:, -1])
        return room.variable(f"{name}_{unit}", over, least, most, doc=doc)

    inflow = limited("inflow", "mw", "power taken from from_bus")
    outflow = limited("outflow", "mw", "power given to to_bus")
    linepack = limited("linepack", "mwh", "energy in the pipe at the end of the step")
    powered = np.array([pipe.compressor_bus is not None for pipe in pipes], dtype=np.bool_)
    ratio = scalars(pipes, "compressor_ratio")
    kept = np.where(powered[:, None], 1.0, 1.0 - ratio)
    room.equal(
        "linepack_balance", linepack - _before(pipes, linepack, horizon), (inflow * kept - outflow) * horizon.hours
    )
    fee = scalars(pipes, "fee_eur_per_mwh")
    if fee.any():
        room.minimise("transport", inflow * (fee * horizon.cost_hours))
    injections = [Injection(buses(pipes, "from_bus"), -inflow), Injection(buses(pipes, "to_bus"), outflow)]
    if powered.any():
        rows = np.flatnonzero(powered)
        some = [pipe for pipe in pipes if pipe.compressor_bus is not None]
        cells = rows[:, None] * horizon.steps + np.arange(horizon.steps)
        taken = inflow.at(cells, (fleet("gas_pipe", some), horizon.axis)) * ratio[rows]
        injections.append(Injection(buses(some, "compressor_bus"), -taken))
    return Terms(injections=tuple(injections))


def _at_end(pipes: Sequence[GasPipe], least: FloatArray, most: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds of the linepack in the last step, (pipe,)."""
    end, end_min = (scalars(pipes, f"linepack_{name}_mwh")[:, 0] for name in ("end", "end_min"))
    return np.fmax(np.where(np.isnan(end), least, end), end_min), np.where(np.isnan(end), most, end)


def _before(pipes: Sequence[GasPipe], linepack: Linear, horizon: Horizon) -> Linear:
    """The linepack at the end of the step before, (pipe, time)."""
    before = linepack.previous(np.nan_to_num(scalars(pipes, "linepack_start_mwh")))
    rows = np.flatnonzero([pipe.cyclic for pipe in pipes])
    if not rows.size:
        return before
    last = linepack.at(rows * horizon.steps + horizon.steps - 1, (Axis("cyclic", rows.astype(np.str_)),))
    return before + last.gather(linepack.axes, rows * horizon.steps)
