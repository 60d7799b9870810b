"""Random orders of every kind, complex orders and a market; see `tests.properties.generators`."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Document = dict[str, Any]
BUSES, PARTIES = ("e1", "e2"), ("ann", "bob", "cid")
#: What an order may be.
KINDS = ("step", "line", "long", "block", "shape", "child", "group", "moves", "complex")


class Draw(Protocol):
    """Whole kW, kWh and cents from a seed, in the units of a document."""

    rng: np.random.Generator

    def kilo(self, lower: float, upper: float) -> float: ...
    def cents(self, lower: float, upper: float) -> float: ...
    def ratio(self, lower: float, upper: float) -> float: ...
    def maybe(self, chance: float = 0.6) -> bool: ...
    def party(self) -> str: ...


def add_market(draw: Draw, case: Document, steps: int, *, each: int = 1) -> None:
    """Put orders of every kind into a document, with the complex orders that they name and a market."""
    orders: list[Document] = []
    for kind in KINDS:
        for place in range(each):
            orders += _orders_of(draw, kind, place, steps)
    names = dict.fromkeys(name for order in orders for name in order)
    case["orders"] = {name: [order.get(name, "") for order in orders] for name in names}
    case["components"]["complex_order"] = [_complex(draw, place, steps) for place in range(each)]
    limits = {"price_min_eur_per_mwh": -500.0, "price_max_eur_per_mwh": 4000.0}
    one, other = draw.rng.choice(PARTIES, 2, replace=False).tolist()
    sold = {"seller": one, "buyer": other, "power_mw": draw.kilo(5, 100), "price_eur_per_mwh": draw.cents(15, 105)}
    case["components"]["contract"] = [{"id": "year", "bus": BUSES[0], **sold}]
    case["components"]["market"] = [{"id": "exchange", "buses": [BUSES[0]], "price_tick_eur_per_mwh": 0.01, **limits}]


def _plain(draw: Draw, name: str, steps: int, side: str = "") -> Document:
    return {
        "id": name,
        "party": draw.party(),
        "bus": str(draw.rng.choice(BUSES)),
        "side": side or str(draw.rng.choice(["buy", "sell"])),
        "step": int(draw.rng.integers(0, steps)),
        "price_eur_per_mwh": draw.cents(15, 105),
        "energy_mwh": draw.kilo(5, 250),
    }


def _orders_of(draw: Draw, kind: str, place: int, steps: int) -> list[Document]:
    """Orders of one kind; every one has a step order at its side to trade with."""
    order = _plain(draw, f"{kind} {place}", steps)
    partner = _plain(draw, f"{kind} {place} partner", steps, {"buy": "sell", "sell": "buy"}[order["side"]])
    begin: int = order["step"]
    length = int(draw.rng.integers(1, steps - begin + 1))
    if kind == "line":
        slope = draw.cents(1, 30)
        worth: float = order["price_eur_per_mwh"]
        order["price_full_eur_per_mwh"] = round(worth + (slope if order["side"] == "sell" else -slope), 2)
    if kind == "long":
        order["steps"] = length
    if kind in ("block", "child", "group", "moves"):
        order |= {"steps": length, "ratio_min": 1.0 if kind == "moves" else draw.ratio(0.1, 1.0)}
    if kind == "shape":
        parts = [draw.kilo(1, 90) for _ in range(length)]
        order |= {"ratio_min": 1.0, "profile_mwh": str(parts), "energy_mwh": ""}
    if kind == "child":
        order["parent"] = f"block {place}"
    if kind == "group":
        partner |= {"side": order["side"], "group": f"turns {place}", "ratio_min": draw.ratio(0.0, 1.0)}
        order["group"] = f"turns {place}"
    if kind == "moves":
        order["step_last"] = steps - length
    if kind == "complex":
        order |= {"complex_order": f"complex {place}", "side": "sell"}
        alike = {**partner, "complex_order": f"complex {place}", "side": "sell"}
        partner = {**alike, "party": order["party"], "bus": order["bus"]}
    order["rank"] = int(draw.rng.integers(0, 3))
    return [order, partner]


def _complex(draw: Draw, place: int, steps: int) -> Document:
    condition = str(draw.rng.choice(["minimum_income", "scalable", "none"]))
    record: Document = {"id": f"complex {place}", "condition": condition}
    if condition == "minimum_income":
        terms = {"fixed_eur": draw.cents(0, 3), "variable_eur_per_mwh": draw.cents(10, 60)}
        record |= {**terms, "scheduled_stop_steps": int(draw.rng.integers(0, 2))}
    if condition == "scalable":
        record |= {"fixed_eur": draw.cents(0, 3), "power_min_mw": [draw.kilo(0, 1)] * steps}
    if draw.maybe(0.7):
        record["ramp_up_mw_per_hour"] = draw.kilo(20, 900)
        record["ramp_down_mw_per_hour"] = draw.kilo(20, 900)
    return record
