"""Snapshots of continuous books: everything that a book holds, in plain numbers and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from c4e_opt.issues import Issue, duplicates
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.events import LARGEST, Act, Condition, Event, SelfTrade, wrong

#: Conditions with which orders rest.
_RESTING = (Condition.GOOD_TILL_CANCELLED, Condition.GOOD_TILL_DATE, Condition.ALL_OR_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that a book holds, in plain numbers and words; `ContinuousBook.restore` makes it a book again."""

    self_trade: int
    time: int
    rank: int
    orders: tuple[tuple[Any, ...], ...]  # in the order of their queues, see `FIELDS`


#: Fields of an order in a snapshot.
FIELDS = ("id", "party", "side", "price", "left", "shown", "display", "condition", "until", "rank")


def unsound(kept: Snapshot) -> Iterator[Issue]:
    """Why a snapshot is none of a book."""
    if kept.self_trade not in tuple(SelfTrade):
        yield Issue(
            "self_trade", "choice", f"is {kept.self_trade}; it must be one of {[int(each) for each in SelfTrade]}"
        )
    yield from duplicates("orders", [row[0] for row in kept.orders])
    best: dict[int, int] = {}
    for place, row in enumerate(kept.orders):
        held: dict[str, Any] = dict(zip(FIELDS, row, strict=True))
        told = {name: held[name] for name in ("id", "party", "side", "price", "display")}
        event = Event(time=0, act=Act.LIMIT, quantity=held["left"], **told)
        why = wrong(event._replace(quantity=min(held["left"], held["display"] or LARGEST)), 0)
        if not why and not 0 < held["shown"] <= held["left"]:
            why = f"shows {held['shown']} of {held['left']} lots"
        if not why and held["condition"] not in _RESTING:
            why = f"has condition {held['condition']}, with which no order rests"
        if not why and not 0 < held["rank"] <= kept.rank:
            why = f"has rank {held['rank']} of {kept.rank}"
        if why:
            yield Issue(f"orders[{place}]", "range", why)
        elif held["condition"] != Condition.ALL_OR_NONE:
            best.setdefault(held["side"], held["price"])
            best[held["side"]] = min(best[held["side"]] * held["side"], held["price"] * held["side"]) * held["side"]
    if len(best) == len((BUY, SELL)) and best[BUY] >= best[SELL]:
        yield Issue("orders", "conflict", f"the best bid, {best[BUY]}, is not below the best offer, {best[SELL]}")
