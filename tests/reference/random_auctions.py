"""Random small auctions of every kind of order, for the enumeration and, as a document, for the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tests.reference.enumerated_auction import Book, Complex, Offer

Document = dict[str, Any]


class Maker:
    """Draws offers; prices in cents, energies in whole kWh, so that hardly any two are alike."""

    def __init__(self, seed: int, kind: str) -> None:
        self.rng = np.random.default_rng([seed, *kind.encode()])
        self.steps = int(self.rng.integers(2, 4))
        self.buses = 2 if self.rng.random() < 0.35 else 1
        self.offers: list[Offer] = []
        self.complexes: list[Complex] = []
        self.prices: set[float] = set()

    def price(self, low: float = 5.0, high: float = 100.0) -> float:
        drawn = round(float(self.rng.uniform(low, high)), 2)
        while drawn in self.prices:  # who comes first at one price is a rule, and not for the enumeration to find
            drawn = round(drawn + 0.01, 2)
        self.prices.add(drawn)
        return drawn

    def energy(self, low: float = 0.5, high: float = 6.0) -> float:
        return round(float(self.rng.uniform(low, high)), 3)

    def add(self, side: int, energies: tuple[float, ...] | None = None, **fields: Any) -> Offer:
        """One more order."""
        content: dict[str, Any] = {"price": self.price(), "bus": int(self.rng.integers(0, self.buses)), **fields}
        shape = energies or (self.energy(),)
        offer = Offer(id=f"o{len(self.offers):02}", side=side, energies=shape, **content)
        self.offers.append(offer)
        return offer

    def simple(self, count: int) -> None:
        """Step orders of both sides in every step."""
        for step in range(self.steps):
            for side in (1, -1):
                for _ in range(int(self.rng.integers(1, count + 1))):
                    self.add(side, first=step)

    def span(self) -> tuple[int, int]:
        """A first step and a length."""
        first = int(self.rng.integers(0, self.steps))
        return first, int(self.rng.integers(1, self.steps - first + 1))

    def block(self, *, level: bool = True, side: int = 0, **fields: Any) -> Offer:
        """An order over several steps, level or shaped."""
        first, length = self.span()
        whole = self.energy()
        shape = (whole,) * length if level else tuple(self.energy() for _ in range(length))
        chosen = side or int(self.rng.choice([1, 1, -1]))
        low, high = (5.0, 60.0) if chosen > 0 else (40.0, 100.0)
        content: dict[str, Any] = {"first": first, "price": self.price(low, high), **fields}
        return self.add(chosen, shape, **content)

    def ratio(self) -> float:
        return 1.0 if self.rng.random() < 0.5 else round(float(self.rng.uniform(0.1, 0.95)), 2)

    def member(self, name: str, bus: int, step: int, side: int = 1) -> None:
        low, high = (5.0, 45.0) if side > 0 else (50.0, 100.0)
        self.add(side, first=step, bus=bus, complex=name, price=self.price(low, high))

    def complex(self, **fields: Any) -> None:
        """A complex order of a seller, with an order or two in most steps."""
        name, bus = f"c{len(self.complexes)}", int(self.rng.integers(0, self.buses))
        self.complexes.append(Complex(id=name, **fields))
        for step in range(self.steps):
            for _ in range(int(self.rng.integers(1, 3))):
                self.member(name, bus, step)

    def book(self) -> Book:
        ties = [(0, 1, self.energy(0.5, 4.0))] if self.buses == 2 else []
        return Book(offers=self.offers, complexes=self.complexes, hours=(1.0,) * self.steps, buses=self.buses,
                    ties=ties)  # fmt: skip


def _line(make: Maker) -> None:
    for place, o in enumerate(list(make.offers)):
        if make.rng.random() < 0.6:
            full = round(o.price + o.side * make.price(1, 30), 2)
            make.offers[place] = replace(o, price_full=full)


def _lines_and_blocks(make: Maker) -> None:
    _line(make)
    for _ in range(2):
        make.block(ratio_min=make.ratio())


def _long(make: Maker) -> None:
    for _ in range(3):
        make.block()
    make.block(ratio_min=make.ratio())


def _blocks(make: Maker) -> None:
    for _ in range(int(make.rng.integers(3, 5))):
        make.block(ratio_min=make.ratio())


def _profiles(make: Maker) -> None:
    for _ in range(int(make.rng.integers(2, 5))):
        make.block(level=False, ratio_min=make.ratio())


def _families(make: Maker) -> None:
    top = make.block(ratio_min=make.ratio())
    below = make.block(ratio_min=make.ratio() if make.rng.random() < 0.7 else 0.0, parent=top.id)
    make.block(ratio_min=make.ratio(), parent=below.id)
    if make.rng.random() < 0.5:
        make.block(ratio_min=0.0, parent=top.id)


def _loops(make: Maker) -> None:
    one = make.block(ratio_min=make.ratio(), side=1)
    other = make.block(ratio_min=make.ratio(), parent=one.id, side=int(make.rng.choice([1, -1])))
    make.offers[make.offers.index(one)] = replace(one, parent=other.id)
    make.block(ratio_min=make.ratio(), parent=other.id)


def _groups(make: Maker) -> None:
    for _ in range(int(make.rng.integers(3, 5))):
        ratio = make.ratio() if make.rng.random() < 0.8 else 0.0
        make.block(ratio_min=ratio, group=str(make.rng.choice(["g", "h"])), side=1)


def _movable(make: Maker) -> None:
    for _ in range(2):
        side = int(make.rng.choice([1, -1]))
        length = int(make.rng.integers(1, make.steps))
        shape = tuple(make.energy() for _ in range(length)) if make.rng.random() < 0.5 else (make.energy(),) * length
        low, high = (5.0, 50.0) if side > 0 else (50.0, 100.0)
        make.add(side, shape, last=make.steps - length, ratio_min=1.0, price=make.price(low, high))


def _income(make: Maker) -> None:
    for _ in range(int(make.rng.integers(1, 4))):
        make.complex(condition="minimum_income", fixed=make.price(0, 120), variable=make.price(0, 60))


def _payment(make: Maker) -> None:
    """Complex orders of buyers."""
    for _ in range(2):
        name, bus = f"c{len(make.complexes)}", int(make.rng.integers(0, make.buses))
        variable = make.price(30, 90)
        make.complexes.append(Complex(id=name, condition="minimum_income", fixed=make.price(0, 20), variable=variable))
        for step in range(make.steps):
            make.member(name, bus, step, side=-1)


def _scalable(make: Maker) -> None:
    for _ in range(int(make.rng.integers(1, 4))):
        least = make.energy(0.1, 1.0) if make.rng.random() < 0.5 else 0.0
        make.complex(condition="scalable", fixed=make.price(0, 120), power_min=least)


def _gradients(make: Maker) -> None:
    make.complex(up=make.energy(0.1, 2.0), down=make.energy(0.1, 2.0) if make.rng.random() < 0.6 else None)
    make.complex(condition="minimum_income", fixed=make.price(0, 80), variable=make.price(0, 40), up=None,
                 down=make.energy(0.1, 2.0))  # fmt: skip


def _stops(make: Maker) -> None:
    for _ in range(2):
        make.complex(condition="minimum_income", fixed=make.price(50, 400), variable=make.price(10, 60),
                     stop=int(make.rng.integers(1, make.steps)))  # fmt: skip


def _mixed(make: Maker) -> None:
    _families(make)
    make.block(ratio_min=1.0, group="g", side=1)
    make.block(level=False, ratio_min=make.ratio(), group="g", side=1)
    make.complex(condition="minimum_income", fixed=make.price(0, 120), variable=make.price(0, 60), up=2.0)


KINDS: dict[str, Callable[[Maker], None]] = {
    "interpolated": _line,
    "interpolated_and_block": _lines_and_blocks,
    "long": _long,
    "block": _blocks,
    "profile": _profiles,
    "linked": _families,
    "loop": _loops,
    "exclusive": _groups,
    "movable": _movable,
    "minimum_income": _income,
    "maximum_payment": _payment,
    "scalable": _scalable,
    "gradient": _gradients,
    "scheduled_stop": _stops,
    "mixed": _mixed,
}


def random_book(kind: str, seed: int) -> Book:
    """A book of step orders and a few of one kind."""
    make = Maker(seed, kind)
    make.simple(2)
    KINDS[kind](make)
    return make.book()


def document(book: Book) -> Document:
    """The same auction as a case."""
    orders: list[Document] = []
    for o in book.offers:
        level = len(set(o.energies)) == 1
        order: Document = {
            "id": o.id, "party": "p", "bus": f"b{o.bus}", "side": "sell" if o.side > 0 else "buy", "step": o.first,
            "price_eur_per_mwh": o.price, "energy_mwh": o.energy if level else "", "steps": len(o.energies),
            "ratio_min": o.ratio_min, "parent": o.parent, "group": o.group, "complex_order": o.complex,
        }  # fmt: skip
        if not level:
            order |= {"profile_mwh": str(list(o.energies)), "steps": ""}
        if o.last > o.first:
            order["step_last"] = o.last
        if o.price_full is not None:
            order["price_full_eur_per_mwh"] = o.price_full
        orders.append(order)
    names = dict.fromkeys(name for each in orders for name in each)
    complexes = [
        {
            "id": c.id, "condition": c.condition, "fixed_eur": c.fixed, "variable_eur_per_mwh": c.variable,
            "power_min_mw": c.power_min, "scheduled_stop_steps": c.stop,
            **({} if c.up is None else {"ramp_up_mw_per_hour": c.up}),
            **({} if c.down is None else {"ramp_down_mw_per_hour": c.down}),
        }
        for c in book.complexes
    ]  # fmt: skip
    ties = [
        {"id": f"t{n}", "from_bus": f"b{a}", "to_bus": f"b{b}", "forward_max_mw": most, "backward_max_mw": most}
        for n, (a, b, most) in enumerate(book.ties)
    ]
    return {
        "name": "auction",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [round(60 * h) for h in book.hours]},
        "parties": [{"id": "p"}],
        "buses": [{"id": f"b{n}"} for n in range(book.buses)],
        "components": {kind: records for kind, records in (("complex_order", complexes), ("tie", ties)) if records},
        "orders": {name: [each.get(name, "") for each in orders] for name in names},
        "policy": {"pricing": "european"},
    }
