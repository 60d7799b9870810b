"""Heat pipe: the supply and the return pipe of a district heating grid between two buses, at given flow temperatures.

Variables, for every pipe p and step t:
    forward_mw[p, t]    heat sent from from_bus, 0 <= . <= forward most; of pipes that are always in use one way,
                        loss <= . <= forward most
    backward_mw[p, t]   heat sent from to_bus, 0 <= . <= backward most
    forward_in_use[p, t], backward_in_use[p, t]   1 while heat is sent that way, binary; of pipes with a loss that may
                                                  be shut, or that may send either way
    sending_forward[p, t]   1 while forward_mw may flow, binary; only where the laws below need it

Constraints, those with in_use of pipes that have such binaries:
    forward_upper_limit[p, t]    forward_mw <= forward most * forward_in_use
    forward_lower_limit[p, t]    forward_mw >= loss * forward_in_use
    backward_upper_limit[p, t]   backward_mw <= backward most * backward_in_use
    backward_lower_limit[p, t]   backward_mw >= loss * backward_in_use
    one_direction[p, t]          forward_in_use + backward_in_use <= 1, of pipes that may be shut
    always_in_use[p, t]          forward_in_use + backward_in_use = 1, of the others
    content_end_minimum[p]       heat under way at the end >= content_end_min_mwh
    only in steps where doing both could pay (found by `solve`), of pipes without a loss:
    sending_forward_limit[p, t]       forward_mw <= forward most * sending_forward
    not_sending_forward_limit[p, t]   backward_mw <= backward most * (1 - sending_forward)

There, loss = transmittance * length * ((supply - ground) + (return - ground)), and most is the smaller of the limit and
mass_flow_max * c * (supply - return), c = 4186 J/(kg K).

Power into the buses: at from_bus -forward_mw, at to_bus what was left of it, forward_mw - loss * forward_in_use, of the
step in which it was sent, spread over the time in which it arrives: delay_hours later; and the other way round.
content_start_mwh arrives at to_bus, evenly within delay_hours. What arrives past the horizon is lost, or is there in
its first steps where the pipe is `cyclic`.

So a plug of water pays for the loss of both pipes on its way when it is sent, and what arrives is never below zero: a
pipe in use takes at least what it loses.

Objective, term `transport`: fee * (forward_mw + backward_mw) * hours.

Not modelled: delays that depend on the mass flow, mixing, temperatures that follow from flows, pressure and pumping,
water that is pushed back when the direction turns.
Source: the node method of Benonysson, Bøhm, Ravn (1995), Operational optimization in a district heating system, Energy
Conversion and Management 36(5) (what leaves a pipe entered it a transport time ago and has cooled on its way), at a
constant transport time and flow temperatures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components import delay
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Exclusive, Injection, Terms, buses, fleet, never_both, profiles, scalars
from c4e_opt.fields import bus, flag, identity, number, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room

#: Heat that a kg of water holds per kelvin, in MWs.
HEAT_CAPACITY_MJ_PER_KG_K = 4.186e-3


@record
class HeatPipe:
    """A supply and a return pipe between two heat buses."""

    id: str = identity(doc="Name of the pipe.")
    from_bus: str = bus(carrier="heat", doc="Bus at which forward heat leaves.")
    to_bus: str = bus(carrier="heat", doc="Bus at which forward heat arrives.")
    owner: str = party(doc="Party that buys what is sent and sells what arrives.")
    forward_max_mw: FloatArray | None = series(
        unit="MW", minimum=0, default=None, doc="Largest heat sent from from_bus; that of the mass flow when absent."
    )
    backward_max_mw: FloatArray = series(
        unit="MW", minimum=0, default=0.0, doc="Largest heat sent from to_bus; one way only when 0."
    )
    mass_flow_max_kg_per_s: Any = number(
        unit="", minimum=0, default=None, doc="Largest mass flow, in kg/s; free when absent."
    )
    supply_temperature_c: FloatArray = series(unit="°C", default=80.0, doc="Temperature of the supply pipe.")
    return_temperature_c: FloatArray = series(unit="°C", default=50.0, doc="Temperature of the return pipe.")
    ground_temperature_c: FloatArray = series(unit="°C", default=10.0, doc="Temperature of the ground around them.")
    transmittance_w_per_m_k: Any = number(
        unit="",
        minimum=0,
        default=0.0,
        doc="Heat lost per metre of either pipe and kelvin above the ground, in W/(m K).",
    )
    length_m: Any = number(unit="", minimum=0, default=0.0, doc="Length of either pipe, in m.")
    delay_hours: Any = number(unit="h", minimum=0, default=0.0, doc="How much later heat arrives than it is sent.")
    cyclic: bool = flag(
        default=False, doc="Whether what arrives past the horizon is there in its first steps; else it is lost."
    )
    content_start_mwh: Any = number(
        unit="MWh", minimum=0, default=0.0,
        doc="Heat under way to to_bus before the first step; arrives evenly within delay_hours.",
    )  # fmt: skip
    content_end_min_mwh: Any = number(
        unit="MWh", minimum=0, default=0.0, doc="Least heat under way at the end of the horizon."
    )
    switchable: bool = flag(default=False, doc="Whether it may be shut in a step: nothing is sent and lost then.")
    fee_eur_per_mwh: Any = number(unit="EUR/MWh", minimum=0, default=0.0, doc="Cost of every MWh sent.")


@dataclass(frozen=True, slots=True)
class _Limits:
    """Losses and limits of pipes, (pipe, time), and which of them have binaries, (pipe, 1)."""

    loss: FloatArray
    forward: FloatArray
    backward: FloatArray
    binary: BoolArray
    either_way: BoolArray


def _limits(pipes: Sequence[HeatPipe], steps: int) -> _Limits:
    supply, back, ground = (profiles(pipes, f"{name}_temperature_c", steps) for name in ("supply", "return", "ground"))
    loss = scalars(pipes, "transmittance_w_per_m_k") * scalars(pipes, "length_m") * (supply + back - 2 * ground) / 1e6
    carried = scalars(pipes, "mass_flow_max_kg_per_s") * HEAT_CAPACITY_MJ_PER_KG_K * (supply - back)
    limit = [np.inf if pipe.forward_max_mw is None else pipe.forward_max_mw for pipe in pipes]
    forward = np.array([np.broadcast_to(each, steps) for each in limit], dtype=np.float64)
    backward = profiles(pipes, "backward_max_mw", steps)
    either_way = backward.max(axis=1, keepdims=True) > 0
    shut = np.array([pipe.switchable for pipe in pipes], dtype=np.bool_)[:, None]
    binary = (either_way | shut) & (loss.max(axis=1, keepdims=True) > 0)
    return _Limits(loss, np.fmin(forward, carried), np.fmin(backward, carried), binary, either_way)


def check(path: str, pipe: HeatPipe, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one pipe."""
    if pipe.from_bus == pipe.to_bus:
        yield Issue(f"{path}.to_bus", "reference", f"is {pipe.to_bus!r} as is from_bus; a pipe joins two buses")
    if pipe.forward_max_mw is None and pipe.mass_flow_max_kg_per_s is None:
        name = context.units.name("forward_max_mw", "MW")
        yield Issue(f"{path}.{name}", "missing_field", "is missing; give it, or mass_flow_max_kg_per_s")
        return
    yield from _check_temperatures(path, pipe, context)
    yield from _check_delay(path, pipe, context)


def _check_temperatures(path: str, pipe: HeatPipe, context: Context) -> Iterator[Issue]:
    """Temperatures out of their order, and losses that no limit lets through."""
    steps = context.horizon.steps
    for warm, cold in (("supply", "return"), ("return", "ground")):
        above, below = (np.broadcast_to(getattr(pipe, f"{name}_temperature_c"), steps) for name in (warm, cold))
        places = np.flatnonzero((above <= below) if warm == "supply" else (above < below))
        if places.size:
            step = int(places[0])
            message = (
                f"is {above[step]:g} °C in step {step}; it must lie above {cold}_temperature_c, {below[step]:g} °C"
            )
            yield Issue(f"{path}.{warm}_temperature_c", "range", message)
            return
    limits = _limits([pipe], steps)
    most = np.maximum(limits.forward, limits.backward)[0]
    places = np.flatnonzero(limits.loss[0] > most)
    if places.size and not pipe.switchable:
        step = int(places[0])
        loss, largest = (context.units.say(float(each[step]), "MW") for each in (limits.loss[0], most))
        message = f"loses {loss} in step {step}, more than can be sent, {largest}; say that it is switchable"
        yield Issue(f"{path}.transmittance_w_per_m_k", "range", message)


def _check_delay(path: str, pipe: HeatPipe, context: Context) -> Iterator[Issue]:
    """What only a pipe with a delay can have."""
    contents = [name for name in ("content_start_mwh", "content_end_min_mwh") if getattr(pipe, name) > 0]
    if pipe.delay_hours == 0:
        names = [context.units.name(name, "MWh") for name in contents] + ["cyclic"] * pipe.cyclic
        for name in names:
            yield Issue(f"{path}.{name}", "conflict", "is given without delay_hours; nothing is under way")
    elif pipe.cyclic:
        for name in contents:
            message = "is given beside cyclic, which says what is under way"
            yield Issue(f"{path}.{context.units.name(name, 'MWh')}", "conflict", message)


def formulate(room: Room, pipes: Sequence[HeatPipe], horizon: Horizon, exclusive: BoolArray | None = None) -> Terms:
    """Add the variables and laws of all pipes at once.

    Args:
        room: The room to write into.
        pipes: Checked records; their order is the order of the axis.
        horizon: The steps.
        exclusive: Cells (pipe, time) that need a binary against flows both ways.

    Returns:
        Injections at both buses of each pipe.
    """
    over = (fleet("heat_pipe", pipes), horizon.axis)
    limits = _limits(pipes, horizon.steps)
    least = np.where(limits.binary | limits.either_way, 0.0, limits.loss)
    forward = room.variable("forward_mw", over, least, limits.forward, doc="heat sent from from_bus")
    backward = room.variable("backward_mw", over, 0.0, limits.backward, doc="heat sent from to_bus")
    never_both(room, "sending_forward", (forward, limits.forward), (backward, limits.backward), exclusive)
    there, back = _left(room, pipes, limits, forward, backward)
    late, cyclic = [pipe.delay_hours for pipe in pipes], [pipe.cyclic for pipe in pipes]
    arrives = delay.arriving(there, late, cyclic, horizon) + _content(pipes, horizon)
    returns = delay.arriving(back, late, cyclic, horizon)
    _end(room, pipes, there + back, arrives + returns, horizon)
    fee = scalars(pipes, "fee_eur_per_mwh")
    if fee.any():
        room.minimise("transport", (forward + backward) * (fee * horizon.cost_hours))
    return Terms(
        injections=(
            Injection(buses(pipes, "from_bus"), returns - forward),
            Injection(buses(pipes, "to_bus"), arrives - backward),
        ),
        exclusive=Exclusive("heat_pipe_forward_mw", "heat_pipe_backward_mw", "heat_pipe_sending_forward"),
    )


def _left(
    room: Room, pipes: Sequence[HeatPipe], limits: _Limits, forward: Linear, backward: Linear
) -> tuple[Linear, Linear]:
    """What will be left of the heat that is sent either way, (pipe, time), with the states of pipes that have such."""
    constant = np.where(limits.binary, 0.0, limits.loss)
    there, back = forward - constant, backward
    shape = forward.shape
    present = np.broadcast_to(limits.binary, shape)
    if not present.any():
        return there, back
    ahead = _in_use(room, "forward", forward, limits.forward, limits.loss, present)
    there = there - ahead * limits.loss
    both = np.broadcast_to(limits.binary & limits.either_way, shape)
    if not both.any():
        return there, back
    behind = _in_use(room, "backward", backward, limits.backward, limits.loss, both)
    shut = np.array([pipe.switchable for pipe in pipes], dtype=np.bool_)[:, None]
    if (both & shut).any():
        room.at_most("one_direction", ahead + behind, 1.0, present=both & shut)
    if (both & ~shut).any():
        room.equal("always_in_use", ahead + behind, 1.0, present=both & ~shut)
    return there, back - behind * limits.loss


def _in_use(room: Room, way: str, sent: Linear, most: FloatArray, loss: FloatArray, present: BoolArray) -> Linear:
    """The state of pipes one way, and the limits that it sets."""
    state = room.variable(
        f"{way}_in_use", sent.axes, 0.0, 1.0, doc=f"1 while heat is sent {way}", integral=True, present=present
    )
    if way == "forward":
        room.at_most("forward_upper_limit", sent, state * most, present=present)
        room.at_least("forward_lower_limit", sent, state * loss, present=present)
    else:
        room.at_most("backward_upper_limit", sent, state * most, present=present)
        room.at_least("backward_lower_limit", sent, state * loss, present=present)
    return state


def _content(pipes: Sequence[HeatPipe], horizon: Horizon) -> FloatArray:
    """Mean power of what was under way before the first step, (pipe, time)."""
    late = np.rint(scalars(pipes, "delay_hours")[:, 0] * 3600).astype(np.int64)
    start = np.full(late.size, horizon.start, dtype=np.int64)
    power = scalars(pipes, "content_start_mwh") / np.maximum(late / 3600.0, 1e-9)[:, None]
    return horizon.share(start, start + late) * power


def _end(room: Room, pipes: Sequence[HeatPipe], sent: Linear, arrived: Linear, horizon: Horizon) -> None:
    """What must be under way at the end: all that was sent, or was under way, and has not arrived."""
    least = scalars(pipes, "content_end_min_mwh")[:, 0]
    if not least.any():
        return
    row = np.repeat(np.arange(len(pipes)), horizon.steps)
    under_way = ((sent - arrived) * horizon.hours).gather(sent.axes[:1], row) + scalars(pipes, "content_start_mwh")[
        :, 0
    ]
    room.at_least("content_end_minimum", under_way, least, present=least > 0)
