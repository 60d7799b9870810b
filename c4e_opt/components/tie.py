"""Tie: a line, pipe or interconnector between two buses, with limits and losses each way.

Variables, for every tie l and step t:
    forward_mw[l, t]    power sent from from_bus, forward_min_mw <= . <= forward_max_mw
    backward_mw[l, t]   power sent from to_bus, backward_min_mw <= . <= backward_max_mw
    sending_forward[l, t]   1 while forward_mw may flow, binary; only where the laws below need it
    above_knot_mw[k, t]   flow beyond knot k, >= 0; a knot is where the flow of a tie with loss_segments passes from one
                          segment into the next, either way
    below_knot_mw[k, t]   what the flow lacks to reach it, >= 0
    above_knot[k, t]      1 while the flow may be beyond the knot, binary; only where the laws below need it

Constraints:
    ramp_up_limit[l, t], ramp_down_limit[l, t]
        -ramp <= flow[t] - flow[t-1] <= ramp, where flow is forward_mw - backward_mw and
        ramp = ramp_max_mw_per_hour * (hours[t-1] + hours[t]) / 2, from the middle of a step to that of the next;
        before the first step the flow is flow_before_mw, over a step as long as the first, else that is free
    loss_knot[k, t]       flow one way = reach[k] + above_knot_mw - below_knot_mw, reach[k] = widths of the segments
                          before the knot
    only in steps where doing both could pay (found by `solve`):
    sending_forward_limit[l, t]       forward_mw <= forward_max_mw * sending_forward
    not_sending_forward_limit[l, t]   backward_mw <= backward_max_mw * (1 - sending_forward)
    above_knot_limit[k, t]            above_knot_mw <= its largest * above_knot
    not_above_knot_limit[k, t]        below_knot_mw <= its largest * (1 - above_knot)

Power into from_bus: backward_mw - loss(backward_mw) - forward_mw;
into to_bus: forward_mw - loss(forward_mw) - backward_mw - loss_fixed_mw.
loss(flow) = loss_ratio * flow, of backward flow backward_loss_ratio * flow; of ties with segments the ratio of the
first one * flow + sum over the knots of (ratio after - ratio before) * above_knot_mw, either way.

The fixed loss is there in every step, whatever flows and whichever way, and is taken from to_bus. So forward flow f
leaves f - loss_fixed_mw - loss_ratio * f at to_bus, as in a DC line of MATPOWER; there, the law for negative flow is
that of backward_loss_ratio = -loss_ratio / (1 - loss_ratio): what is sent and what arrives change places.

Objective, term `transport`: (fee * forward_mw + backward fee * backward_mw) * hours.

Not modelled: voltages, delay, losses that depend on more than the flow.
Source: the transport model; the linear loss of DC lines as MATPOWER states it,
https://matpower.org/documentation/ref-manual/legacy/functions/idx_dcline.html; losses, tariffs and ramps of
interconnectors as in the EUPHEMIA Public Description 1.4 (2016) of the power exchanges, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Exclusive, Injection, Terms, buses, fleet, never_both, profiles, scalars
from c4e_opt.fields import bus, identity, number, parts, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class LossSegment:
    """A part of the flow of a tie with a loss of its own."""

    flow_mw: Any = number(unit="MW", minimum=0, doc="Width of the segment: power sent that has this loss.")
    loss_ratio: Any = number(unit="", minimum=0, maximum=1, doc="Part of the power in this segment that is lost.")


@record
class Tie:
    """A connection between two buses of one carrier."""

    id: str = identity(doc="Name of the tie.")
    from_bus: str = bus(doc="Bus at which forward flow leaves.")
    to_bus: str = bus(doc="Bus at which forward flow arrives, of the same carrier.")
    owner: str = party(doc="Party that earns the difference in price between the two ends.")
    forward_max_mw: FloatArray = series(unit="MW", minimum=0, doc="Largest power sent from from_bus.")
    backward_max_mw: FloatArray = series(unit="MW", minimum=0, doc="Largest power sent from to_bus.")
    loss_ratio: Any = number(unit="", minimum=0, maximum=1, default=0.0, doc="Part of the power sent that is lost.")
    fee_eur_per_mwh: Any = number(unit="EUR/MWh", minimum=0, default=0.0, doc="Cost of every MWh sent.")
    forward_min_mw: FloatArray = series(
        unit="MW", minimum=0, default=0.0, doc="Least power sent from from_bus; nothing may flow back while above 0."
    )
    backward_min_mw: FloatArray = series(unit="MW", minimum=0, default=0.0, doc="Least power sent from to_bus.")
    backward_loss_ratio: Any = number(
        unit="", maximum=1, default=None,
        doc="Part of the power sent from to_bus that is lost; loss_ratio when absent; may be negative where the loss "
        "of forward flow makes up for it.",
    )  # fmt: skip
    loss_fixed_mw: Any = number(
        unit="MW", minimum=0, default=0.0, doc="Loss in every step whatever flows, taken from to_bus."
    )
    loss_segments: tuple[LossSegment, ...] = parts(
        LossSegment,
        doc="In place of loss_ratio, either way: losses of the first MW sent, the next ones and so on, up to the most.",
    )
    backward_fee_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=None,
        doc="Cost of every MWh sent from to_bus; fee_eur_per_mwh when absent.",
    )  # fmt: skip
    ramp_max_mw_per_hour: Any = number(
        unit="MW/h", minimum=0, default=None, doc="Fastest change of forward less backward flow; free when absent."
    )
    flow_before_mw: Any = number(
        unit="MW", default=None,
        doc="Forward less backward flow in the step before the first, for the ramp; the first step is free of it when "
        "absent.",
    )  # fmt: skip


def check(path: str, tie: Tie, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one tie."""
    if tie.from_bus == tie.to_bus:
        yield Issue(f"{path}.to_bus", "reference", f"is {tie.to_bus!r} as is from_bus; a tie joins two buses")
    ends = context.carriers[tie.from_bus], context.carriers[tie.to_bus]
    if ends[0] != ends[1]:
        message = f"carries {ends[1]} while from_bus carries {ends[0]}; a tie joins one carrier"
        yield Issue(f"{path}.to_bus", "carrier", message)
    yield from _check_limits(path, tie, context)
    yield from _check_losses(path, tie, context)


def _check_limits(path: str, tie: Tie, context: Context) -> Iterator[Issue]:
    """Least flows against the largest ones, both ways."""
    for way, other in (("forward", "backward"), ("backward", "forward")):
        least = np.broadcast_to(getattr(tie, f"{way}_min_mw"), context.horizon.steps)
        name = f"{path}.{context.units.name(f'{way}_min_mw', 'MW')}"
        for limit, rule, crossed in (
            (f"{way}_max_mw", "it must be at most", least > getattr(tie, f"{way}_max_mw")),
            (f"{other}_max_mw", "nothing may flow the other way then, whose limit is", (least > 0) & _some(tie, other)),
        ):
            places = np.flatnonzero(crossed)
            if places.size:
                step = int(places[0])
                most = float(np.broadcast_to(getattr(tie, limit), context.horizon.steps)[step])
                said = f"is {context.units.say(float(least[step]), 'MW')} in step {step}; {rule} {limit}, "
                yield Issue(name, "range", f"{said}{context.units.say(most, 'MW')}")


def _some(tie: Tie, way: str) -> Any:
    """Where something may flow one way."""
    return np.asarray(getattr(tie, f"{way}_max_mw")) > 0


def _check_losses(path: str, tie: Tie, context: Context) -> Iterator[Issue]:
    """Losses that are said twice, do not reach the largest flow, or make energy of nothing."""
    if tie.loss_segments:
        for name in ("loss_ratio", "backward_loss_ratio"):
            if getattr(tie, name):
                yield Issue(f"{path}.{name}", "conflict", "is given beside loss_segments; give one of them")
        largest = float(max(np.max(tie.forward_max_mw), np.max(tie.backward_max_mw)))
        whole = sum(each.flow_mw for each in tie.loss_segments)
        if whole < largest * (1 - 1e-9):
            said = f"reach up to {context.units.say(whole, 'MW')}; they must reach the largest flow, "
            yield Issue(f"{path}.loss_segments", "range", f"{said}{context.units.say(largest, 'MW')}")
    elif tie.backward_loss_ratio is not None and (1 - tie.loss_ratio) * (1 - tie.backward_loss_ratio) > 1 + 1e-9:
        least = -tie.loss_ratio / (1 - tie.loss_ratio) if tie.loss_ratio < 1 else 1.0
        message = f"is {tie.backward_loss_ratio:g}; power sent there and back would grow; it must be at least {least:g}"
        yield Issue(f"{path}.backward_loss_ratio", "range", message)


def formulate(
    room: Room,
    ties: Sequence[Tie],
    horizon: Horizon,
    exclusive: BoolArray | None = None,
    at_knots: BoolArray | None = None,
) -> Terms:
    """Add the variables and laws of all ties at once.

    Args:
        room: The room to write into.
        ties: Checked records; their order is the order of the axis.
        horizon: The steps.
        exclusive: Cells (tie, time) that need a binary against flows both ways.
        at_knots: Cells (knot, time) that need a binary against losses out of their order.

    Returns:
        Injections at both buses of each tie.
    """
    over = (fleet("tie", ties), horizon.axis)
    limits = {
        name: profiles(ties, f"{name}_mw", horizon.steps)
        for name in ("forward_min", "forward_max", "backward_min", "backward_max")
    }
    forward = room.variable(
        "forward_mw", over, limits["forward_min"], limits["forward_max"], doc="power sent from from_bus"
    )
    backward = room.variable(
        "backward_mw", over, limits["backward_min"], limits["backward_max"], doc="power sent from to_bus"
    )
    never_both(room, "sending_forward", (forward, limits["forward_max"]), (backward, limits["backward_max"]), exclusive)
    _ramps(room, ties, forward - backward, horizon)
    knots = _knots(ties)
    there, back = _arriving(ties, forward, backward)
    if knots.owner.size:
        more_there, more_back = _beyond(room, knots, (forward, backward), limits, horizon, at_knots)
        there, back = there - more_there, back - more_back
    fixed = scalars(ties, "loss_fixed_mw")
    if fixed.any():
        there = there - fixed
    _fees(room, ties, forward, backward, horizon)
    parted = Exclusive("tie_above_knot_mw", "tie_below_knot_mw", "tie_above_knot")
    return Terms(
        injections=(
            Injection(buses(ties, "from_bus"), back - forward),
            Injection(buses(ties, "to_bus"), there - backward),
        ),
        exclusive=Exclusive("tie_forward_mw", "tie_backward_mw", "tie_sending_forward"),
        parts_exclusive=parted if knots.owner.size else None,
    )


def _arriving(ties: Sequence[Tie], forward: Linear, backward: Linear) -> tuple[Linear, Linear]:
    """What is left of either flow at its end, by the ratio of its first MW."""
    first = np.array(
        [each.loss_segments[0].loss_ratio if each.loss_segments else each.loss_ratio for each in ties], dtype=np.float64
    )[:, None]
    other = scalars(ties, "backward_loss_ratio")
    return forward * (1.0 - first), backward * (1.0 - np.where(np.isnan(other), first, other))


def _fees(room: Room, ties: Sequence[Tie], forward: Linear, backward: Linear, horizon: Horizon) -> None:
    fee, other = scalars(ties, "fee_eur_per_mwh"), scalars(ties, "backward_fee_eur_per_mwh")
    if np.isnan(other).all():
        if fee.any():
            room.minimise("transport", (forward + backward) * (fee * horizon.cost_hours))
        return
    back = np.where(np.isnan(other), fee, other)
    room.minimise("transport", (forward * fee + backward * back) * horizon.cost_hours)


def _ramps(room: Room, ties: Sequence[Tie], flow: Linear, horizon: Horizon) -> None:
    ramp = scalars(ties, "ramp_max_mw_per_hour")
    if np.isnan(ramp).all():
        return
    apart = 0.5 * (horizon.hours + np.concatenate([horizon.hours[:1], horizon.hours[:-1]]))
    before = scalars(ties, "flow_before_mw")
    change = flow - flow.previous(np.nan_to_num(before))
    present = np.broadcast_to(~np.isnan(ramp), flow.shape).copy()
    present[:, :1] &= ~np.isnan(before)
    limit = np.nan_to_num(ramp) * apart
    room.at_most("ramp_up_limit", change, limit, present=present)
    room.at_least("ramp_down_limit", change, -limit, present=present)


@dataclass(frozen=True, slots=True)
class _Knots:
    """Where the loss of a flow changes, one way each."""

    labels: list[str]
    owner: IntArray  # row of the tie
    back: BoolArray  # whether it is of backward flow
    reach_mw: FloatArray
    steeper: FloatArray  # by how much the loss ratio is larger after it


def _knots(ties: Sequence[Tie]) -> _Knots:
    """The knots of all ties within the limits of their flows, both ways."""
    found: list[tuple[str, int, bool, float, float]] = []
    for row, tie in enumerate(ties):
        ratios = [each.loss_ratio for each in tie.loss_segments]
        ends = np.cumsum([each.flow_mw for each in tie.loss_segments])
        for way in ("forward", "backward"):
            largest = float(np.max(getattr(tie, f"{way}_max_mw")))
            found += [
                (f"{tie.id}/{way}/{place + 1}", row, way == "backward", float(end), after - before)
                for place, (end, before, after) in enumerate(zip(ends, ratios, ratios[1:], strict=False))
                if end < largest and after != before
            ]
    labels, owner, back, reach, steeper = zip(*found, strict=True) if found else ((), (), (), (), ())
    return _Knots(
        list(labels),
        np.array(owner, dtype=np.int64),
        np.array(back, dtype=np.bool_),
        np.array(reach, dtype=np.float64),
        np.array(steeper, dtype=np.float64),
    )


def _beyond(
    room: Room,
    knots: _Knots,
    flows: tuple[Linear, Linear],
    limits: dict[str, FloatArray],
    horizon: Horizon,
    where: BoolArray | None,
) -> tuple[Linear, Linear]:
    """Split flows at their knots; the losses beyond them, of either way, (tie, time)."""
    axis, step = Axis("tie_knot", np.array(knots.labels, dtype=np.str_)), np.arange(horizon.steps)
    over = (axis, horizon.axis)
    flow = Linear(over)
    for back, whole in enumerate(flows):
        some = np.flatnonzero(knots.back == bool(back))
        own = (Axis("tie_knot", axis.labels[some]), horizon.axis)
        flow = flow + whole.at(knots.owner[some][:, None] * horizon.steps + step, own).along(axis, some)
    largest = np.where(knots.back[:, None], limits["backward_max"][knots.owner], limits["forward_max"][knots.owner])
    reach = np.broadcast_to(knots.reach_mw[:, None], largest.shape)
    most = np.maximum(largest - reach, 0.0)
    above = room.variable("above_knot_mw", over, 0.0, most, doc="flow beyond the knot")
    below = room.variable("below_knot_mw", over, 0.0, reach, doc="what the flow lacks to reach the knot")
    room.equal("loss_knot", flow + below - above, reach)
    never_both(room, "above_knot", (above, most), (below, reach), where)
    lost = above * knots.steeper[:, None]
    ties = flows[0].axes[0]
    there, back = ((lost * (knots.back == way)[:, None]).nonzero().along(ties, knots.owner) for way in (False, True))
    return there, back
