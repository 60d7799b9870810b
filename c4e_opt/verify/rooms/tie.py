"""What an answer must hold for ties.

Laws:
    tie_forward_limit, tie_backward_limit   least <= power <= the limit of the step
    tie_exclusivity                         flow one way at most in a step
    tie_ramp                                net flow changes no faster than allowed, from one step's middle to the next
    tie_knot                                flow beyond a knot of the loss and what it lacks to reach it, of every knot
    tie_forward_price, tie_backward_price   price that arrives, less the loss, against price sent and fee

What pays is not judged in steps where a ramp binds, nor at a knot itself where binaries may hold the flow on one side.
The loss of a flow is recomputed from its segments, and not from what the answer says of knots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import directed, port_prices

_WAYS = ("forward", "backward")


def _curve(tie: Any) -> tuple[FloatArray, FloatArray]:
    """Flows at which the segments of a tie end, and the loss ratio in each."""
    ends = np.cumsum([part.flow_mw for part in tie.loss_segments])
    return ends, np.array([part.loss_ratio for part in tie.loss_segments], dtype=np.float64)


def _bends(ties: Sequence[Any]) -> Iterator[tuple[str, int, str, float]]:
    """Every bend of a loss within the limit of a flow: its name, the row of its tie, the way, the flow there."""
    for row, tie in enumerate(ties):
        for way in _WAYS:
            most = float(np.max(getattr(tie, f"{way}_max_mw")))
            for place in range(1, len(tie.loss_segments)):
                flow = float(sum(part.flow_mw for part in tie.loss_segments[:place]))
                if flow < most and tie.loss_segments[place].loss_ratio != tie.loss_segments[place - 1].loss_ratio:
                    yield f"{tie.id}/{way}/{place}", row, way, flow


def _ratio(fleet: Fleet, way: str) -> FloatArray:
    """Loss per power sent, of ties without segments, (tie, 1)."""
    ratio = fleet.number("loss_ratio")
    if way == "forward":
        return ratio
    other = fleet.number("backward_loss_ratio")
    return np.where(np.isnan(other), ratio, other)


def _arriving(fleet: Fleet, way: str) -> FloatArray:
    """What is left of a flow at its end."""
    sent = fleet.answer(f"{way}_mw")
    left = sent * (1.0 - _ratio(fleet, way))
    for row, tie in enumerate(fleet.records):
        if tie.loss_segments:
            ends, ratios = _curve(tie)
            kept = np.concatenate([[0.0], np.cumsum(np.diff(ends, prepend=0.0) * (1.0 - ratios))])
            past = np.maximum(sent[row] - ends[-1], 0.0) * (1.0 - ratios[-1])
            below = np.minimum(sent[row], 0.0) * (1.0 - ratios[0])
            left[row] = np.interp(sent[row], np.concatenate([[0.0], ends]), kept) + past + below
    return left


def _slopes(fleet: Fleet, way: str) -> tuple[FloatArray, FloatArray]:
    """Part that is lost of one more MWh sent, and of the last one."""
    sent = fleet.answer(f"{way}_mw")
    following = np.broadcast_to(_ratio(fleet, way), sent.shape).copy()
    reached = following.copy()
    for row, tie in enumerate(fleet.records):
        if tie.loss_segments:
            ends, ratios = _curve(tie)
            for slopes, shift in ((following, fleet.nothing), (reached, -fleet.nothing)):
                segment: IntArray = (sent[row][:, None] + shift > ends).sum(axis=1)
                slopes[row] = ratios[np.minimum(segment, ratios.size - 1)]
    return following, reached


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    there, back = (_arriving(fleet, way) for way in _WAYS)
    at_to = there - fleet.answer("backward_mw") - fleet.number("loss_fixed_mw")
    return back - fleet.answer("forward_mw"), at_to


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    axes = ("tie_knot", "time")
    return {"above_knot_mw": axes, "below_knot_mw": axes} if any(True for _ in _bends(records)) else {}


def _optional(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return {"above_knot": ("tie_knot", "time")} if _more(records) else {}


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {"tie_knot": [name for name, _, _, _ in _bends(records)]}


def _limits(fleet: Fleet) -> None:
    for way in _WAYS:
        fleet.within(f"{way}_limit", f"{way}_mw", fleet.series(f"{way}_max_mw"), fleet.series(f"{way}_min_mw"))
    fleet.exclusive("forward_mw", "backward_mw")
    change, allowed = _change(fleet)
    if allowed is not None:
        beyond = np.abs(change) - allowed
        fleet.hold("ramp", np.where(np.isnan(beyond), -np.inf, beyond), "MW", fleet.answer("forward_mw"))
    bends = list(_bends(fleet.records))
    if bends:
        flow = np.stack([fleet.answer(f"{way}_mw")[row] - at for _, row, way, at in bends])
        above, below = fleet.answer("above_knot_mw"), fleet.answer("below_knot_mw")
        apart = np.maximum(np.abs(above - np.maximum(flow, 0.0)), np.abs(below - np.maximum(-flow, 0.0)))
        fleet.hold("knot", apart, "MW", above, below, name=lambda place: f"knot {bends[place][0]!r}")


def _change(fleet: Fleet) -> tuple[FloatArray, FloatArray | None]:
    """By how much the net flow changed, and what its ramp allows; not a number where there is nothing to compare."""
    allowed = fleet.number("ramp_max_mw_per_hour")
    net = fleet.answer("forward_mw") - fleet.answer("backward_mw")
    change = np.diff(net, axis=1, prepend=fleet.number("flow_before_mw"))
    if np.isnan(allowed).all():
        return change, None
    middles = (fleet.horizon.starts + fleet.horizon.ends) / 7200.0
    return change, allowed * np.diff(middles, prepend=middles[0] - fleet.horizon.hours[0])


def _at_ramp(fleet: Fleet) -> BoolArray:
    """Steps in which a ramp may hold the flow: the change into the step, or out of it, is all that is allowed."""
    change, allowed = _change(fleet)
    if allowed is None:
        return np.zeros(fleet.shape, dtype=np.bool_)
    binds = np.nan_to_num(np.abs(change) - allowed, nan=-np.inf) > -fleet.nothing
    binds[:, :-1] |= binds[:, 1:].copy()
    return binds


def _fee(fleet: Fleet, way: str) -> FloatArray:
    fee, other = fleet.number("fee_eur_per_mwh"), fleet.number("backward_fee_eur_per_mwh")
    return fee if way == "forward" else np.where(np.isnan(other), fee, other)


def _costs(fleet: Fleet, bill: Bill) -> None:
    for way in _WAYS:
        bill.add_energy("transport", fleet.answer(f"{way}_mw"), _fee(fleet, way), fleet.horizon.cost_hours)


def _prices(fleet: Fleet) -> None:
    start, end = port_prices(fleet)
    free = ~_at_ramp(fleet)
    for way, sent_at, arrives_at in (("forward", start, end), ("backward", end, start)):
        flow, fee = fleet.answer(f"{way}_mw"), _fee(fleet, way)
        more = flow < fleet.series(f"{way}_max_mw") - fleet.nothing
        less = flow > fleet.series(f"{way}_min_mw") + fleet.nothing
        if directed(fleet):
            more &= flow > fleet.nothing
        next_, last = _slopes(fleet, way)
        judged = free & ~(fleet.has("above_knot") & (next_ != last))
        gain = (1.0 - next_) * arrives_at - sent_at - fee
        loss = sent_at + fee - (1.0 - last) * arrives_at
        found = np.where(judged, np.maximum(loss * less, gain * more), 0.0)
        tolerance = price_tolerance(fleet.horizon)
        fleet.hold(f"{way}_price", found, "EUR/MWh", start, end, tolerance=tolerance)


ROOM = Room(
    quantities=("forward_mw", "backward_mw"),
    more=_more,
    optional=_optional,
    labels=_labels,
    ports=("from_bus", "to_bus"),
    direction="sending_forward",
    binaries=("sending_forward", "above_knot"),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
