"""Events of a continuous market and what comes of them: the words of the book, and what is wrong with an event."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from c4e_opt.market.order_book import BUY, SELL

#: An iceberg shows at least one part in so many of its quantity.
LEAST_DISPLAY = 1000
#: Whole numbers that an event may hold, so that sums of many fit 64 bits.
LARGEST = 2**53


class Act(IntEnum):
    """What an event does."""

    LIMIT = 1
    MARKET = 2
    CANCEL = 3
    REPLACE = 4


class Condition(IntEnum):
    """How long and in which parts an order may trade."""

    GOOD_TILL_CANCELLED = 0
    GOOD_TILL_DATE = 1
    IMMEDIATE_OR_CANCEL = 2
    FILL_OR_KILL = 3
    ALL_OR_NONE = 4


class SelfTrade(IntEnum):
    """What happens when two orders of one party meet."""

    CANCEL_RESTING = 0
    CANCEL_INCOMING = 1
    CANCEL_BOTH = 2
    ALLOW = 3


class What(IntEnum):
    """What an execution tells."""

    TRADED = 1
    RESTED = 2
    CANCELLED = 3
    REJECTED = 4


class Event(NamedTuple):
    """One message to a book; times are whole numbers that never fall, in any unit."""

    time: int
    act: int
    id: str
    party: str
    side: int = 0  # BUY or SELL; of cancellations and replacements not read
    price: int = 0  # ticks; of market orders and cancellations not read
    quantity: int = 0  # lots; of a replacement what is left from then on
    condition: int = 0
    display: int = 0  # lots that show; 0 for all
    until: int = 0  # of a good-till-date order


class Execution(NamedTuple):
    """One thing that came of an event; of a trade `id` is the order that took and `other` the one that rested."""

    what: int
    time: int
    id: str
    other: str
    side: int  # of the order `id`
    price: int
    quantity: int
    reason: str
    party: str  # of the order `id`
    other_party: str  # of the order `other`


SHOWS_TOO_LITTLE = f"shows less than a part in {LEAST_DISPLAY} of its quantity; show more"


def wrong(event: Event, now: int) -> str:
    """Why an event cannot be taken; empty when it can."""
    time, act, name, _, side, price, quantity, condition, display, until = event
    if time < now:
        return f"time {time} is before that of the last event, {now}"
    if not name:
        return "has no id"
    if act == 3:
        return ""
    if not 1 <= act <= 4:
        return f"act {act} is unknown"
    if not 0 < quantity <= LARGEST:
        return f"quantity {quantity} is not within 1 to {LARGEST} lots"
    if not -LARGEST <= price <= LARGEST:
        return f"price {price} is not within {LARGEST} ticks of 0"
    if act == 4:
        return ""
    if side not in (BUY, SELL):
        return f"side {side} is neither buy ({BUY}) nor sell ({SELL})"
    if condition or display:
        return _wrong_condition(event, display, until)
    return ""


def _wrong_condition(event: Event, display: int, until: int) -> str:
    """Why a condition or an iceberg cannot be taken."""
    condition = event.condition
    if condition not in tuple(Condition):
        return f"condition {condition} is unknown"
    if event.act == Act.MARKET and condition not in (Condition.IMMEDIATE_OR_CANCEL, Condition.FILL_OR_KILL, 0):
        return "a market order does not rest; leave the condition away"
    if condition == Condition.GOOD_TILL_DATE and until <= event.time:
        return f"expires at {until}, not after its time {event.time}"
    if display < 0 or (display and condition in (2, 3, 4)) or (display and event.act == Act.MARKET):
        return "only an order that rests and trades in parts can show a part of itself"
    if display and event.quantity > display * LEAST_DISPLAY:
        return SHOWS_TOO_LITTLE
    return ""
