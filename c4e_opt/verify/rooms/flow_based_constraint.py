"""What an answer must hold for flow-based constraints.

Laws:
    flow_based_constraint_hub        the net positions of the zones of a hub sum to zero
    flow_based_constraint_margin     flow within the margin, and what a soft one is exceeded by, either way
    flow_based_constraint_overload   not below zero; none where it is forbidden
    flow_based_constraint_price      there are a price of the hub and a price of every margin, not below zero, no larger
                                     than that of flow beyond it, and above zero only where flow meets the margin, so
                                     that the price of every zone is that of the hub less what a MWh of it congests
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import lsq_linear

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet, Room


def _zones(records: Sequence[Any]) -> dict[str, tuple[int, str]]:
    """Bus of every zone: who names it first, and its hub."""
    zones: dict[str, tuple[int, str]] = {}
    for row, record in enumerate(records):
        for zone in record.zones:
            zones.setdefault(zone.bus, (row, record.hub))
    return zones


def _ends(records: Sequence[Any]) -> Sequence[tuple[int, str]]:
    return [(row, bus) for bus, (row, _) in _zones(records).items()]


def _soft(records: Sequence[Any]) -> BoolArray:
    return np.array([record.overload_price_eur_per_mwh is not None for record in records])


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    found = {"net_position_mw": ("flow_based_zone", "time")}
    return found | ({"overload_mw": ("flow_based_constraint", "time")} if _soft(records).any() else {})


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {"flow_based_zone": list(_zones(records))}


def _ptdf(fleet: Fleet) -> FloatArray:
    """Flow on every element per net position of every zone, (constraint, zone, time)."""
    place = {bus: n for n, bus in enumerate(_zones(fleet.records))}
    found = np.zeros((fleet.shape[0], len(place), fleet.shape[1]))
    for row, record in enumerate(fleet.records):
        for zone in record.zones:
            found[row, place[zone.bus]] = zone.ptdf_ratio
    return found


def _margins(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """Margins along and against the direction of every element; infinite where there is none."""
    back = [np.inf if record.ram_backward_mw is None else record.ram_backward_mw for record in fleet.records]
    return fleet.series("ram_mw"), np.stack([np.broadcast_to(each, fleet.shape[1:]) for each in back])


def _over(fleet: Fleet) -> FloatArray:
    return fleet.answer("overload_mw") if fleet.has("overload_mw") else np.zeros(fleet.shape)


def _left(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """What is left of the margins, both ways."""
    flow = np.einsum("czt,zt->ct", _ptdf(fleet), fleet.answer("net_position_mw"))
    along, against = _margins(fleet)
    return along + _over(fleet) - flow, against + _over(fleet) + flow


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (-fleet.answer("net_position_mw"),)


def _limits(fleet: Fleet) -> None:
    zones, position = _zones(fleet.records), fleet.answer("net_position_mw")
    hubs = list(dict.fromkeys(hub for _, hub in zones.values()))
    member = np.array([[hub == each for _, hub in zones.values()] for each in hubs], dtype=np.float64)
    moved = member @ np.abs(position)
    fleet.hold("hub", np.abs(member @ position), "MW", moved, name=lambda place: f"hub {hubs[place]!r}")
    along, against = _left(fleet)
    loads = np.einsum("czt,zt->ct", np.abs(_ptdf(fleet)), np.abs(position))
    fleet.hold("margin", np.maximum(-along, -against), "MW", loads)
    over = _over(fleet)
    fleet.hold("overload", np.where(_soft(fleet.records)[:, None], -over, np.abs(over)), "MW")


def _costs(fleet: Fleet, bill: Bill) -> None:
    if fleet.has("overload_mw"):
        price = np.nan_to_num(fleet.number("overload_price_eur_per_mwh"))
        bill.add_energy("overload", _over(fleet), price, fleet.horizon.cost_hours)


def _prices(fleet: Fleet) -> None:
    zones = _zones(fleet.records)
    price, ptdf = fleet.prices[fleet.places(list(zones))], _ptdf(fleet)
    most = np.where(_soft(fleet.records), fleet.number("overload_price_eur_per_mwh")[:, 0], np.inf)
    least = np.where(_over(fleet) > fleet.nothing, most[:, None], 0.0)
    binding = [left <= fleet.nothing for left in _left(fleet)]
    hubs = np.array([hub for _, hub in zones.values()])
    own = np.array([record.hub for record in fleet.records])
    names = list(dict.fromkeys(own.tolist()))
    apart = np.zeros((len(names), fleet.shape[1]))
    for place, name in enumerate(names):
        inside, rows = np.flatnonzero(hubs == name), np.flatnonzero(own == name)
        for step in range(fleet.shape[1]):
            along, against = (rows[each[rows, step]] for each in binding)
            bounds = least[:, step], most
            apart[place, step] = _missed(price[inside, step], ptdf[:, inside, step], along, against, bounds)
    tolerance = price_tolerance(fleet.horizon)
    sizes = np.stack([np.abs(price[hubs == name]).max(axis=0) for name in names])
    fleet.hold("price", apart, "EUR/MWh", sizes, tolerance=tolerance, name=lambda place: f"hub {names[place]!r}")


def _missed(
    price: FloatArray, ptdf: FloatArray, along: IntArray, against: IntArray, bounds: tuple[FloatArray, FloatArray]
) -> float:
    """How far the prices of the zones of a hub are from the nearest that its margins explain, in one step."""
    loads = np.concatenate([-ptdf[along], ptdf[against]])
    if not loads.size:
        return float(np.ptp(price)) / 2
    least, most = (
        np.concatenate([[end], each[along], each[against]]) for end, each in zip((-np.inf, np.inf), bounds, strict=True)
    )
    unknown = np.vstack([np.ones(price.size), loads]).T
    wide = np.maximum(most, least + 1e-9)  # what is exceeded costs just that
    scale = max(float(np.abs(price).max()), 1.0)
    found = lsq_linear(unknown, price / scale, (least / scale, wide / scale), method="bvls", tol=1e-14)
    return float(np.abs(unknown @ found.x - price / scale).max()) * scale


ROOM = Room(
    more=_more,
    labels=_labels,
    ends_of=_ends,
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
