"""Orders of a session: columns as they came, by party, and the one book that they become when the gate is closed.

Ids of orders belong to their party; in the book of the clearing an order is named "<party>/<id>", and so are parents
and exclusive groups, which never reach across parties. What is kept are the messages; which of their rows still stand
is kept beside them, so that a million orders are a few blocks of bytes and one dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from c4e.opt.v1 import orders_pb2
from c4e_opt.arrays import IntArray
from c4e_opt.market.order_book import SELL
from c4e_server.convert import arrays
from c4e_server.convert.orders import OrderColumns, orders_from_proto
from c4e_server.errors import BrokenMessage

#: Separates party and id in the book of a clearing; no id holds it.
SEPARATOR = "/"

_WORDS = ("parent", "group", "complex_order", "price_group")
_OWN = ("parent", "group")  # words that belong to the party
_PLACES = ("steps", "step_last")
_NUMBERS = {"price_full_eur_per_mwh": "price_full", "ratio_min": "ratio_min", "rank": "rank"}


class _Part(NamedTuple):
    """Rows of one message that stand."""

    party: str
    columns: OrderColumns
    rows: IntArray


class Orders:
    """The orders of one session."""

    def __init__(self) -> None:
        """Begin without orders."""
        self._blocks: list[tuple[str, bytes]] = []  # party, OrderBook
        self._where: dict[str, dict[str, tuple[int, int]]] = {}  # party -> id -> block, row
        self._linked: set[str] = set()
        self.count = 0

    def has(self, party: str, name: str) -> bool:
        """Whether an order stands."""
        return name in self._where.get(party, ())

    def linked(self, party: str) -> bool:
        """Whether an order of a party ever named another one."""
        return party in self._linked

    @property
    def parties(self) -> list[str]:
        """Who has orders, sorted."""
        return sorted(party for party, names in self._where.items() if names)

    def put(self, party: str, packed: bytes) -> int:
        """Take orders; one of the same id is replaced. How many there are.

        Args:
            party: Whose.
            packed: An OrderBook that was checked.
        """
        message = orders_pb2.OrderBook.FromString(packed)
        if message.HasField("parent"):
            self._linked.add(party)
        block, mine = len(self._blocks), self._where.setdefault(party, {})
        before = len(mine)
        self._blocks.append((party, packed))
        mine.update((name, (block, row)) for row, name in enumerate(message.id))
        self.count += len(mine) - before
        return len(message.id)

    def withdraw(self, party: str, names: Iterable[str]) -> None:
        """Take orders out."""
        mine = self._where[party]
        for name in names:
            del mine[name]
            self.count -= 1

    def of(self, party: str, without: Iterable[str] = ()) -> orders_pb2.OrderBook:
        """The orders of a party as they stand, without the column `party`.

        Args:
            party: Whose.
            without: Ids to leave out.
        """
        left_out = set(without)
        kept = (place for name, place in self._where.get(party, {}).items() if name not in left_out)
        return _joined(self._parts(kept), own=False)

    def merged(self) -> orders_pb2.OrderBook:
        """The book of the clearing, in the order in which the orders came."""
        return _joined(self._parts(place for mine in self._where.values() for place in mine.values()), own=True)

    def _parts(self, places: Iterable[tuple[int, int]]) -> list[_Part]:
        by_block: dict[int, list[int]] = {}
        for block, row in places:
            by_block.setdefault(block, []).append(row)
        return [self._part(block, rows) for block, rows in sorted(by_block.items())]

    def _part(self, block: int, rows: list[int]) -> _Part:
        party, packed = self._blocks[block]
        columns = orders_from_proto(orders_pb2.OrderBook.FromString(packed), [])
        if columns is None:
            raise BrokenMessage("orders that were taken cannot be read again")
        return _Part(party, columns, np.sort(np.array(rows, dtype=np.int64)))


def joined(first: orders_pb2.OrderBook, rest: orders_pb2.OrderBook) -> orders_pb2.OrderBook:
    """Two books of one party as one."""
    parts: list[_Part] = []
    for message in (first, rest):
        columns = orders_from_proto(message, []) if message.id else None
        if columns is not None:
            parts.append(_Part("", columns, np.arange(columns.id.size)))
    return _joined(parts, own=False)


def _joined(parts: Sequence[_Part], *, own: bool) -> orders_pb2.OrderBook:
    """Columns one after the other; with parties and with names that say their party where they are of several."""
    if not parts:
        return orders_pb2.OrderBook()
    side = np.concatenate([part.columns.side[part.rows] for part in parts])
    message = orders_pb2.OrderBook(
        id=[name for part in parts for name in _named(part, part.columns.id[part.rows], own=own)],
        bus=_words(_texts(part, "bus")[part.rows] for part in parts),
        step=arrays.places_to_proto(_all(parts, lambda columns: columns.step)),
        side=np.where(side == SELL, orders_pb2.SIDE_SELL, orders_pb2.SIDE_BUY).tolist(),
        price=arrays.column_to_proto(_all(parts, lambda columns: columns.price)),
        energy=arrays.column_to_proto(_all(parts, lambda columns: columns.energy)),
    )
    if own:
        counts = [part.rows.size for part in parts]
        names = sorted({part.party for part in parts})
        place = {name: n for n, name in enumerate(names)}
        entries = np.repeat([place[part.party] for part in parts], counts)
        message.party.CopyFrom(arrays.words_to_proto(names, entries))
    said = {name for part in parts for name in part.columns.more}
    for name in sorted(said & {*_PLACES, *_NUMBERS}):
        column = np.concatenate([_more(part, name)[part.rows] for part in parts])
        if name in _PLACES:
            getattr(message, name).CopyFrom(arrays.places_to_proto(column))
        else:
            getattr(message, _NUMBERS[name]).CopyFrom(arrays.column_to_proto(column))
    for name in sorted(said & set(_WORDS)):
        texts = (_named(part, _texts(part, name)[part.rows], own=own and name in _OWN) for part in parts)
        getattr(message, name).CopyFrom(_words(texts))
    if "profile_order" in said:
        _profiles(parts, message)
    return message


def _profiles(parts: Sequence[_Part], message: orders_pb2.OrderBook) -> None:
    """The profiles of orders that stand, by their new places."""
    order: list[IntArray] = []
    step: list[IntArray] = []
    energy: list[Any] = []
    begin = 0
    for part in parts:
        more, count = part.columns.more, part.columns.id.size
        if "profile_order" in more:
            where = np.full(count, -1, dtype=np.int64)
            where[part.rows] = begin + np.arange(part.rows.size)
            place = where[more["profile_order"]]
            order.append(place[place >= 0])
            step.append(more["profile_step"][place >= 0])
            energy.append(more["profile_mwh"][place >= 0])
        begin += part.rows.size
    message.profile_order.CopyFrom(arrays.places_to_proto(np.concatenate(order)))
    message.profile_step.CopyFrom(arrays.places_to_proto(np.concatenate(step)))
    message.profile.CopyFrom(arrays.column_to_proto(np.concatenate(energy)))


def _all(parts: Sequence[_Part], column: Callable[[OrderColumns], Any]) -> Any:
    return np.concatenate([column(part.columns)[part.rows] for part in parts])


def _more(part: _Part, name: str) -> Any:
    """A column that may be absent; then what it says of orders of which nothing is said."""
    columns = part.columns
    if name in columns.more:
        return columns.more[name]
    if name == "price_full_eur_per_mwh":
        return columns.price
    if name == "step_last":
        return columns.step
    return np.full(columns.id.size, 1 if name == "steps" else 0, dtype=np.int64 if name == "steps" else np.float64)


def _texts(part: _Part, name: str) -> Any:
    if name == "bus":
        return np.array(part.columns.bus_words, dtype=np.str_)[part.columns.bus]
    return part.columns.more.get(name, np.full(part.columns.id.size, "", dtype=np.str_))


def _named(part: _Part, texts: Any, *, own: bool) -> list[str]:
    if not own:
        return texts.tolist()
    before = part.party + SEPARATOR
    return [before + text if text else "" for text in texts.tolist()]


def _words(texts: Iterable[Any]) -> Any:
    column = np.concatenate([np.asarray(each, dtype=np.str_) for each in texts])
    words, entries = np.unique(column, return_inverse=True)
    return arrays.words_to_proto(words.tolist(), entries)
