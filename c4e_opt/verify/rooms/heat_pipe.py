"""What an answer must hold for heat pipes; for what arrives late, see `verify.delays`.

Laws:
    heat_pipe_forward_limit, _backward_limit   0 <= sent <= the limit, and what the mass flow carries; at least the loss
                                               where the pipe is in use that way, nothing where it is not
    heat_pipe_exclusivity                      heat is sent one way at most in a step
    heat_pipe_in_use                           a pipe that may not be shut is in use one way in every step
    heat_pipe_content                          what is under way at the end is no less than wanted
    heat_pipe_forward_price, _backward_price   price where it arrives, later, against price where it is sent and fee;
                                               not judged of pipes that must end with heat under way
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify import delays
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices, regret

_WAYS = ("forward", "backward")


def _warm(record: Any) -> float:
    """Heat that a pair of pipes loses where it is warmest, MW."""
    degrees = np.max(record.supply_temperature_c + np.asarray(record.return_temperature_c))
    degrees = degrees - 2.0 * np.min(record.ground_temperature_c)
    return float(record.transmittance_w_per_m_k * record.length_m * degrees)


def _two_way(record: Any) -> bool:
    return bool(np.max(record.backward_max_mw) > 0)


def _stateful(record: Any, way: str) -> bool:
    """Whether the answer says if a pipe is in use one way."""
    return _warm(record) > 0 and (_two_way(record) or (record.switchable and way == "forward"))


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return {
        f"{way}_in_use": ("heat_pipe", "time") for way in _WAYS if any(_stateful(record, way) for record in records)
    }


def _loss(fleet: Fleet) -> FloatArray:
    """Loss of supply and return pipe, (pipe, time), MW."""
    ground = fleet.series("ground_temperature_c")
    degrees = (fleet.series("supply_temperature_c") - ground) + (fleet.series("return_temperature_c") - ground)
    return 1e-6 * fleet.number("transmittance_w_per_m_k") * fleet.number("length_m") * degrees


def _rows(fleet: Fleet, way: str) -> BoolArray:
    return np.array([_stateful(record, way) for record in fleet.records], dtype=np.bool_)[:, None]


def _used(fleet: Fleet, way: str) -> FloatArray:
    """1 where a pipe is in use one way, and loses heat for it."""
    always = 1.0 if way == "forward" else 0.0
    if not fleet.has(f"{way}_in_use"):
        return np.full(fleet.shape, always)
    return np.where(_rows(fleet, way), fleet.answer(f"{way}_in_use"), always)


def _most(fleet: Fleet, way: str) -> FloatArray:
    """What a pipe may carry one way."""
    limits = [getattr(record, f"{way}_max_mw") for record in fleet.records]
    given = np.stack([np.broadcast_to(np.inf if each is None else each, fleet.shape[1:]) for each in limits])
    spread = fleet.series("supply_temperature_c") - fleet.series("return_temperature_c")
    carried = fleet.number("mass_flow_max_kg_per_s") * 4186.0 * spread / 1e6
    return np.where(np.isnan(carried), given, np.minimum(given, carried))


def _net(fleet: Fleet, way: str) -> FloatArray:
    """What will be left of the heat that is sent."""
    return fleet.answer(f"{way}_mw") - _loss(fleet) * _used(fleet, way)


def _arriving(fleet: Fleet, way: str) -> FloatArray:
    sent = _net(fleet, way)
    return np.stack(
        [
            delays.shifted(fleet.horizon, sent[row], -record.delay_hours, record.cyclic)
            for row, record in enumerate(fleet.records)
        ]
    )


def _begun(fleet: Fleet) -> FloatArray:
    """What was under way before the first step, as it arrives."""
    found = np.zeros(fleet.shape)
    edges = np.append(fleet.horizon.starts, fleet.horizon.ends[-1]) - fleet.horizon.starts[0]
    for row, record in enumerate(fleet.records):
        if record.content_start_mwh > 0:
            last = round(record.delay_hours * 3600)
            found[row] = np.diff(np.minimum(edges, last)) / last * record.content_start_mwh / fleet.horizon.hours
    return found


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    there, back = (_arriving(fleet, way) for way in _WAYS)
    return back - fleet.answer("forward_mw"), there + _begun(fleet) - fleet.answer("backward_mw")


def _limits(fleet: Fleet) -> None:
    loss = _loss(fleet)
    for way in _WAYS:
        used = _used(fleet, way)
        least = np.where((way == "forward") | _rows(fleet, way), loss * used, 0.0)
        most = np.where(_rows(fleet, way), _most(fleet, way) * used, _most(fleet, way))
        fleet.within(f"{way}_limit", f"{way}_mw", most, least)
    fleet.exclusive("forward_mw", "backward_mw")
    ahead, behind = (_used(fleet, way) for way in _WAYS)
    least = [0.0 if record.switchable or _warm(record) <= 0 else 1.0 for record in fleet.records]
    beyond = np.maximum(np.array(least)[:, None] - ahead - behind, ahead + behind - 1.0)
    fleet.hold("in_use", beyond, "1")
    wanted = fleet.number("content_end_min_mwh")[:, 0]
    if wanted.any():
        sent = sum((_net(fleet, way) - _arriving(fleet, way)) @ fleet.horizon.hours for way in _WAYS)
        left = fleet.number("content_start_mwh")[:, 0] - _begun(fleet) @ fleet.horizon.hours + sent
        fleet.hold("content", np.where(wanted > 0, wanted - left, -np.inf), "MWh", left)


def _costs(fleet: Fleet, bill: Bill) -> None:
    for way in _WAYS:
        bill.add_energy(
            "transport", fleet.answer(f"{way}_mw"), fleet.number("fee_eur_per_mwh"), fleet.horizon.cost_hours
        )


def _prices(fleet: Fleet) -> None:
    start, end = port_prices(fleet)
    often = fleet.horizon.cost_hours / fleet.horizon.hours
    judged = fleet.number("content_end_min_mwh") == 0
    for way, sent_at, arrives_at in (("forward", start, end), ("backward", end, start)):
        worth = np.stack(
            [
                delays.shifted(fleet.horizon, arrives_at[row] * often, record.delay_hours, record.cyclic) / often
                for row, record in enumerate(fleet.records)
            ]
        )
        used = np.where(_rows(fleet, way), _used(fleet, way), 1.0)
        least = np.where((way == "forward") | _rows(fleet, way), _loss(fleet) * used, 0.0)
        loss = sent_at + fleet.number("fee_eur_per_mwh") - worth
        regret(fleet, f"{way}_price", f"{way}_mw", loss, _most(fleet, way) * used, least, judged)


ROOM = Room(
    quantities=("forward_mw", "backward_mw"),
    more=_more,
    ports=("from_bus", "to_bus"),
    direction="sending_forward",
    binaries=("sending_forward", "forward_in_use", "backward_in_use"),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
