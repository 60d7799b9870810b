"""ASSUME's own clearing roles on the same book: pay-as-clear for simple books, complex clearing with blocks."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from assume.common.market_objects import MarketConfig, MarketProduct
from assume.markets.clearing_algorithms.complex_clearing import ComplexClearingRole
from assume.markets.clearing_algorithms.simple import PayAsClearRole
from dateutil import rrule as rr

from _market.books import Shape, book

_BEGIN = datetime(2025, 3, 12)


def small(shape: Shape) -> Shape:
    """A book of the same kind that takes no time."""
    return replace(shape, orders=1000, blocks=min(shape.blocks, 10))


def pose(shape: Shape) -> tuple[Any, list[Any], list[Any]]:
    """The role, the orders as it wants them, and its products; it knows no exclusive groups, these are left out."""
    logging.disable(logging.CRITICAL)
    orders, hour = book(shape), timedelta(hours=24 / shape.steps)
    starts = [_BEGIN + step * hour for step in range(shape.steps)]
    complex_ = bool(shape.blocks)
    fields = ["bid_type", "min_acceptance_ratio", "parent_bid_id"] if complex_ else []
    config = MarketConfig(
        opening_hours=rr.rrule(rr.DAILY, dtstart=_BEGIN, until=_BEGIN + timedelta(days=1)),
        market_products=[MarketProduct(hour, shape.steps, timedelta(0))],
        maximum_bid_volume=1e9, maximum_bid_price=1e4, additional_fields=fields,
    )  # fmt: skip
    role = ComplexClearingRole(config) if complex_ else PayAsClearRole(config)
    records: list[Any] = []
    for place in range(orders.orders):
        step, length = int(orders.step[place]), int(orders.steps[place])
        volume = float(orders.side[place] * orders.energy_mwh[place] / length)
        begin = starts[step]
        record: dict[str, Any] = {
            "start_time": begin, "end_time": begin + length * hour, "only_hours": None, "agent_addr": "a",
            "price": float(orders.price_eur_per_mwh[place]), "volume": volume, "bid_id": str(orders.id[place]),
            "node": "node0",
        }  # fmt: skip
        if complex_:
            ratio, parent = float(orders.ratio_min[place]), int(orders.parent[place])
            block = place >= shape.orders
            record |= {
                "bid_type": ("LB" if parent >= 0 else "BB") if block else "SB",
                "min_acceptance_ratio": ratio if block else None,
                "parent_bid_id": str(orders.id[parent]) if parent >= 0 else None,
            }
            if block:
                record["volume"] = {starts[step + more]: volume for more in range(length)}
        records.append(record)
    return role, records, [(start, start + hour, None) for start in starts]


def run(posed: tuple[Any, list[Any], list[Any]]) -> dict[str, Any]:
    """Orders to prices."""
    role, records, products = posed
    accepted, _, meta, *_ = role.clear(records, products)
    prices = [float(each["price"]) for each in meta]
    return {"accepted": len(accepted), "price_sum": float(np.sum(prices))}
