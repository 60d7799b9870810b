"""Order columns: message to OrderBook and back, without a Python loop over orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e.opt.v1 import orders_pb2
from c4e_opt.arrays import FloatArray, IntArray, TextArray
from c4e_opt.case import Case
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import BUY, SELL, OrderBook
from c4e_opt.units import Units
from c4e_server.convert import arrays

_SIDES: dict[int, int] = {orders_pb2.SIDE_BUY: BUY, orders_pb2.SIDE_SELL: SELL}
#: Columns that may be absent, by their names in a case file, and those of the message.
_PLACES = {"steps": "steps", "step_last": "step_last", "profile_order": "profile_order", "profile_step": "profile_step"}
_COLUMNS = {
    "price_full_eur_per_mwh": "price_full",
    "ratio_min": "ratio_min",
    "rank": "rank",
    "profile_mwh": "profile",
}
_WORDS = ("parent", "group", "complex_order", "price_group")
_UNITS = {"price_full_eur_per_mwh": "EUR/MWh", "profile_mwh": "MWh"}
_SIDE_OF = np.array([_SIDES.get(number, 0) for number in range(max(_SIDES) + 1)], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderColumns:
    """The columns of a message: words as places among those that occur, numbers in the declared units."""

    id: TextArray
    party_words: Sequence[str]
    party: IntArray
    bus_words: Sequence[str]
    bus: IntArray
    step: IntArray
    side: IntArray
    price: FloatArray
    energy: FloatArray
    more: Mapping[str, Any]  # other columns that are given, as a case file has them; numbers in the declared units

    def book(self, units: Units, parties: Sequence[str], buses: Sequence[str]) -> OrderBook | None:
        """The book; None where a word names no party or no bus of the case."""
        party, bus = _places(self.party_words, parties), _places(self.bus_words, buses)
        if (party < 0).any() or (bus < 0).any():
            return None
        if self.more:  # rare enough to be read as a case file is
            return None
        return OrderBook(
            id=self.id,
            party=party[self.party],
            bus=bus[self.bus],
            step=self.step,
            side=self.side,
            price_eur_per_mwh=units.inward(self.price, "EUR/MWh"),
            energy_mwh=units.inward(self.energy, "MWh"),
        )

    def document(self, units: Units) -> dict[str, Any]:
        """The columns as a case file has them, with every word written out."""
        return {
            "id": self.id,
            "party": np.array(self.party_words, dtype=np.str_)[self.party],
            "bus": np.array(self.bus_words, dtype=np.str_)[self.bus],
            "step": self.step,
            "side": np.array(["sell", "", "buy"], dtype=np.str_)[1 - self.side],
            units.name("price_eur_per_mwh", "EUR/MWh"): self.price,
            units.name("energy_mwh", "MWh"): self.energy,
            **{units.name(name, _UNITS.get(name, "")): column for name, column in self.more.items()},
        }


def _places(words: Sequence[str], known: Sequence[str]) -> IntArray:
    place = {word: index for index, word in enumerate(known)}
    return np.array([place.get(word, -1) for word in words], dtype=np.int64)


def orders_from_proto(message: orders_pb2.OrderBook, issues: list[Issue]) -> OrderColumns | None:
    """Read the columns.

    Args:
        message: The order book.
        issues: Takes what is wrong with the columns as they travelled.

    Returns:
        The columns; None where they are broken, and where there are no orders.
    """
    before = len(issues)
    if not message.ListFields():
        return None
    numbers = np.array(message.side, dtype=np.int64)
    known = (numbers >= 0) & (numbers < _SIDE_OF.size)
    columns = OrderColumns(
        id=np.array(message.id, dtype=np.str_) if message.id else np.zeros(0, dtype=np.str_),
        party_words=list(message.party.words),
        party=arrays.entries_from_proto(message.party, "orders.party", issues),
        bus_words=list(message.bus.words),
        bus=arrays.entries_from_proto(message.bus, "orders.bus", issues),
        step=arrays.places_from_proto(message.step, "orders.step", issues),
        side=_SIDE_OF[np.where(known, numbers, 0)],
        price=arrays.column_from_proto(message.price, "orders.price", issues),
        energy=arrays.column_from_proto(message.energy, "orders.energy", issues),
        more=_more_from_proto(message, issues),
    )
    return columns if len(issues) == before else None


def _more_from_proto(message: orders_pb2.OrderBook, issues: list[Issue]) -> dict[str, Any]:
    """The columns that may be absent, as a case file has them."""
    found: dict[str, Any] = {}
    for name, field in _PLACES.items():
        if message.HasField(field):
            found[name] = arrays.places_from_proto(getattr(message, field), f"orders.{field}", issues)
    for name, field in _COLUMNS.items():
        if message.HasField(field):
            found[name] = arrays.column_from_proto(getattr(message, field), f"orders.{field}", issues)
    for name in _WORDS:
        if message.HasField(name):
            words = getattr(message, name)
            entries = arrays.entries_from_proto(words, f"orders.{name}", issues)
            inside = (entries >= 0) & (entries < len(words.words))
            found[name] = np.array([*words.words, ""], dtype=np.str_)[np.where(inside, entries, len(words.words))]
    return found


def _more_to_proto(book: OrderBook, message: orders_pb2.OrderBook, *, packed: bool) -> None:
    """Write the columns that say something."""
    said = book.said()
    for name in sorted(said.keys() & _PLACES.keys()):
        getattr(message, _PLACES[name]).CopyFrom(arrays.places_to_proto(said[name], packed=packed))
    for name in sorted(said.keys() & _COLUMNS.keys()):
        numbers = np.asarray(said[name], dtype=np.float64)
        getattr(message, _COLUMNS[name]).CopyFrom(arrays.column_to_proto(numbers, packed=packed))
    for name in sorted(said.keys() & set(_WORDS)):
        texts = np.append(book.id, "")[said[name]] if name == "parent" else said[name]
        words, entries = np.unique(texts, return_inverse=True)
        getattr(message, name).CopyFrom(arrays.words_to_proto(words.tolist(), entries, packed=packed))


def orders_to_proto(case: Case, *, packed: bool) -> orders_pb2.OrderBook:
    """Write the book of a case, in MWh and currency per MWh."""
    book = case.orders
    message = orders_pb2.OrderBook(
        id=book.id.tolist(),
        party=arrays.words_to_proto([party.id for party in case.parties], book.party, packed=packed),
        bus=arrays.words_to_proto([bus.id for bus in case.buses], book.bus, packed=packed),
        step=arrays.places_to_proto(book.step, packed=packed),
        side=np.where(book.side == SELL, orders_pb2.SIDE_SELL, orders_pb2.SIDE_BUY).tolist(),
        price=arrays.column_to_proto(book.price_eur_per_mwh, packed=packed),
        energy=arrays.column_to_proto(book.energy_mwh, packed=packed),
    )
    _more_to_proto(book, message, packed=packed)
    return message
