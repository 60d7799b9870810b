"""Order books made by rule and seed: curves as exchanges see them, with blocks, links and exclusive groups.

Sellers offer a merit order: wind and sun at or below 0, run-of-river and nuclear, lignite and coal, gas, and peakers
up to the limit of the market. Buyers have a part that takes any price and a part that answers to it. Hours differ by
the shapes of demand and sun; zones by size and by how much sun and wind they have, and share what ties let through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt import Case
from c4e_opt.axes import Horizon
from c4e_opt.case import KINDS, Bus, Party, Policy
from c4e_opt.market.order_book import BUY, SELL, OrderBook

#: Mean demand of all zones in an hour, limits of prices, and the parties that the orders are of.
VOLUME_MWH, LEAST, MOST, PARTIES = 40_000.0, -500.0, 4000.0, 50

_START = 1_741_737_600  # 2025-03-12T00:00Z

#: Sellers: share of what is offered, least and largest price, and whether it goes with the sun.
_MERIT = (
    (0.22, -20.0, 2.0, True), (0.18, -5.0, 5.0, False), (0.20, 5.0, 25.0, False), (0.18, 35.0, 75.0, False),
    (0.17, 70.0, 130.0, False), (0.05, 130.0, 600.0, False),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a book is.

    Attributes:
        orders: Simple orders, over all steps and zones.
        steps: Steps of the day.
        zones: Zones, in a ring of ties when there are several.
        blocks: Blocks of 3 to 24 hours.
        linked: Part of the blocks that need another one.
        exclusive: Part of them that are in exclusive groups of four.
        seed: Of every number.
    """

    orders: int
    steps: int = 24
    zones: int = 1
    blocks: int = 0
    linked: float = 0.2
    exclusive: float = 0.2
    seed: int = 1


def market(shape: Shape) -> Case:
    """A day-ahead market with such a book, by the European rule."""
    minutes = 1440 // shape.steps
    zones = [f"zone {place}" for place in range(shape.zones)]
    limit = np.full(shape.steps, 0.16 * VOLUME_MWH / shape.zones)
    ring = list(zip(zones, [*zones[1:], zones[0]], strict=True))[: shape.zones if shape.zones > 2 else shape.zones - 1]
    ties = tuple(
        KINDS["tie"](id=f"{a} to {b}", from_bus=a, to_bus=b, forward_max_mw=limit, backward_max_mw=limit)
        for a, b in ring
    )
    return Case(
        name=f"{shape.orders} orders",
        horizon=Horizon(_START, np.full(shape.steps, 60 * minutes)),
        parties=tuple(Party(id=f"p{place}") for place in range(PARTIES)),
        buses=tuple(Bus(id=zone) for zone in zones),
        components={"tie": ties} if ties else {},
        orders=book(shape),
        policy=Policy(pricing="european"),
    )


def book(shape: Shape) -> OrderBook:
    """The orders, blocks after simple ones."""
    rng = np.random.default_rng(shape.seed)
    columns = _simple(shape, rng)
    if not shape.blocks:
        return OrderBook(**columns)
    more = _blocks(shape, rng)
    both = {name: np.concatenate([columns[name], more.pop(name)]) for name in columns}
    plain = {"steps": 1, "ratio_min": 0.0, "parent": -1, "group": ""}
    rest = {name: np.concatenate([np.full(shape.orders, plain[name]), column]) for name, column in more.items()}
    return OrderBook(**both, **rest)


def _simple(shape: Shape, rng: np.random.Generator) -> dict[str, Any]:
    """Step orders, every second one of a buyer."""
    count = shape.orders
    place = np.arange(count)
    step, bus, sells = place % shape.steps, place // shape.steps % shape.zones, rng.random(count) < 0.5
    demand, sun = _shapes(shape.steps)
    size = VOLUME_MWH * (24.0 / shape.steps) / shape.zones * rng.uniform(0.8, 1.2, shape.zones)[bus]
    each = size / (0.5 * count / shape.steps / shape.zones) * rng.gamma(2.0, 0.5, count)
    kind = rng.choice(len(_MERIT), count, p=[row[0] for row in _MERIT])
    low, high, solar = (np.array([row[column] for row in _MERIT])[kind] for column in (1, 2, 3))
    windy = rng.uniform(0.5, 1.5, shape.zones)[bus]
    offered = 1.5 * each * np.where(solar > 0, sun[step], 1.0) * np.where(kind == 1, windy, 1.0)
    fixed = rng.random(count) < 0.55  # buyers who take any price
    wanted = each * demand[step]
    price = np.where(sells, rng.uniform(low, high), np.where(fixed, MOST, rng.gamma(3.0, 28.0, count) - 10.0))
    return {
        "id": np.char.add("o", place.astype(np.str_)),
        "party": rng.integers(0, PARTIES, count),
        "bus": bus,
        "step": step,
        "side": np.where(sells, SELL, BUY),
        "price_eur_per_mwh": np.round(price, 2),
        "energy_mwh": np.maximum(np.round(np.where(sells, offered, wanted), 1), 0.1),
    }


def _blocks(shape: Shape, rng: np.random.Generator) -> dict[str, Any]:
    """Blocks near what prices will be, two fifths of the volume together: most sell, most are all or none."""
    count, hour = shape.blocks, shape.steps // 24
    place = np.arange(count)
    length = rng.integers(3, 25, count) * hour
    step = np.floor(rng.random(count) * (shape.steps - length + 1)).astype(np.int64)
    sells = rng.random(count) < 0.75
    bus = rng.integers(0, shape.zones, count)
    power = 0.4 * VOLUME_MWH * 24.0 / (count * 13.5) * rng.lognormal(-0.32, 0.8, count)
    price = rng.normal(57.0, 7.0, count)
    linked = int(shape.linked * count)
    grouped = int(shape.exclusive * count) // 4 * 4
    free = count - linked - grouped
    parent = np.where(place < free, -1, shape.orders + rng.integers(0, max(free, 1), count))
    parent[free + linked :] = -1
    group = np.where(place < free + linked, "", np.char.add("g", ((place - free - linked) // 4).astype(np.str_)))
    return {
        "id": np.char.add("b", place.astype(np.str_)),
        "party": rng.integers(0, PARTIES, count),
        "bus": bus,
        "step": step,
        "side": np.where(sells, SELL, BUY),
        "price_eur_per_mwh": np.round(price, 2),
        "energy_mwh": np.maximum(np.round(power * length / hour, 1), 0.1),
        "steps": length,
        "ratio_min": np.where(rng.random(count) < 0.8, 1.0, 0.5),
        "parent": parent,
        "group": group,
    }


def _shapes(steps: int) -> tuple[Any, Any]:
    """Demand and sun over the day, around 1 and from 0 to 1."""
    hour = (np.arange(steps) + 0.5) * 24.0 / steps
    demand = 1.0 + 0.15 * np.sin((hour - 9.0) / 24.0 * 2.0 * np.pi) + 0.1 * np.sin((hour - 5.0) / 12.0 * 2.0 * np.pi)
    return demand, np.clip(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0, None) ** 1.2
