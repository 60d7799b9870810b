"""What is wrong with what callers send to a session: every fault at once, by its place in the message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from c4e.opt.v1 import market_session_pb2, orders_pb2, trading_pb2
from c4e_opt.case import Case
from c4e_opt.case.check import around_of
from c4e_opt.case.order_columns import read_orders
from c4e_opt.errors import InvalidInput
from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue, unknown
from c4e_opt.market import checks as order_checks
from c4e_server.convert import arrays
from c4e_server.convert.case import case_from_proto
from c4e_server.convert.orders import orders_from_proto
from c4e_server.sessions.continuous import product_issues
from c4e_server.sessions.orders import Orders, joined

#: Ids of orders; "/" separates them from their party.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:-]{0,127}")
_MOST_ISSUES = 50


def frame_of(request: market_session_pb2.OpenMarketSessionRequest) -> Case:
    """The case of a session, still without orders.

    Raises:
        InvalidInput: With everything that is wrong with the session.
    """
    found: list[Issue] = []
    for name in ("gate_opens", "gate_closes", "cadence"):
        try:
            getattr(request, name).ToNanoseconds()
        except ValueError:
            found.append(Issue(name, "range", "has seconds or nanoseconds out of the range of its type"))
    if found:
        raise InvalidInput(found)
    opens, closes = request.gate_opens.ToNanoseconds(), request.gate_closes.ToNanoseconds()
    if request.case.orders.ByteSize():
        found.append(Issue("case.orders", "conflict", "are given; open the market without, and submit them"))
    if request.HasField("gate_opens") and closes <= opens:
        found.append(
            Issue("gate_closes", "range", f"is {(opens - closes) / 1e9:g} s before the gate opens; close later")
        )
    rolling, cadence = request.HasField("cadence"), request.cadence.ToNanoseconds()
    if rolling and cadence % 10**9:
        found.append(Issue("cadence", "range", f"is {cadence / 1e9:g} s; give whole seconds"))
    if rolling and not request.HasField("gate_opens"):
        found.append(Issue("gate_opens", "missing_field", "is missing; the gates of a rolling market count from it"))
    try:
        case = case_from_proto(request.case, empty=True)
    except InvalidInput as error:
        raise InvalidInput([*found, *error.issues]) from None
    if not case.parties:
        found.append(Issue("case.parties", "empty", "nobody may send orders; list the parties"))
    if not case.buses:
        found.append(Issue("case.buses", "empty", "there is no bus at which to trade; list the zones"))
    if case.components.get("complex_order"):
        told = "are given; a session takes each party's orders by themselves, so clear complex orders as a case"
        found.append(Issue("case.components.complex_order", "conflict", told))
    found += _moments(case) if rolling else []
    found += product_issues(request, case)
    if found:
        raise InvalidInput(found)
    return case


def _moments(case: Case) -> list[Issue]:
    """Components with moments of their own, which would not move with the gates."""
    return [
        Issue(f"case.components.{kind}[{place}].{name}", "conflict", "is a moment, which does not move with the gates")
        for kind, records in case.components.items()
        for place, record in enumerate(records)
        for name, field in fields_of(record.__class__).items()
        if field.meta.kind == "moment" and getattr(record, name) is not None
    ]


def columns_of(book: orders_pb2.OrderBook, records: Sequence[market_session_pb2.MarketOrder]) -> orders_pb2.OrderBook:
    """The orders of a request as columns without the column `party`, packed.

    Raises:
        InvalidInput: There are none, or both forms, or a column `party`.
    """
    if book.ByteSize() and records:
        raise InvalidInput([Issue("orders", "conflict", "are given as records and as columns; choose one form")])
    if book.HasField("party"):
        raise InvalidInput([Issue("book.party", "conflict", "is given; the party of the request has all the orders")])
    if not records:
        if not book.id:
            raise InvalidInput([Issue("orders", "missing_field", "are missing; send one at least")])
        return book
    buses = sorted({order.bus for order in records})
    place = {bus: n for n, bus in enumerate(buses)}
    made = orders_pb2.OrderBook(
        id=[order.id for order in records],
        bus=arrays.words_to_proto(buses, np.array([place[order.bus] for order in records], dtype=np.int64)),
        step=arrays.places_to_proto(np.array([order.step for order in records], dtype=np.int64)),
        side=[order.side for order in records],
        price=arrays.column_to_proto(np.array([order.price for order in records], dtype=np.float64)),
        energy=arrays.column_to_proto(np.array([order.energy for order in records], dtype=np.float64)),
    )
    if any(order.HasField("steps") for order in records):
        steps = [order.steps if order.HasField("steps") else 1 for order in records]
        made.steps.CopyFrom(arrays.places_to_proto(np.array(steps, dtype=np.int64)))
    if any(order.HasField("ratio_min") for order in records):
        made.ratio_min.CopyFrom(arrays.column_to_proto(np.array([o.ratio_min for o in records], dtype=np.float64)))
    return made


def check_party(case: Case, party: str) -> None:
    """Refuse a party that the session does not know."""
    parties = [each.id for each in case.parties]
    if party not in parties:
        raise InvalidInput([unknown("party", "unknown_reference", "party", party, parties)])


def check_orders(case: Case, orders: Orders, party: str, message: orders_pb2.OrderBook, *, amend: bool) -> None:
    """Refuse orders that could not be cleared, or whose ids are taken (new ones) or unknown (amended ones).

    Args:
        case: The frame of the session.
        orders: The orders that stand.
        party: Whose orders these are.
        message: The orders, as columns.
        amend: Whether they take the place of others.

    Raises:
        InvalidInput: With everything that is wrong; paths are places in the message.
    """
    check_party(case, party)
    found: list[Issue] = []
    for place, name in enumerate(message.id):
        if not _ID.fullmatch(name):
            found.append(Issue(f"orders[{place}].id", "id", _unfit(name)))
        elif amend and not orders.has(party, name):
            found.append(Issue(f"orders[{place}].id", "unknown_reference", f"there is no order {name!r} to amend"))
        elif not amend and orders.has(party, name):
            found.append(Issue(f"orders[{place}].id", "duplicate_id", f"{name!r} stands already; amend it, or rename"))
        if len(found) == _MOST_ISSUES:
            break
    whole = message
    if message.HasField("parent") or (amend and orders.linked(party)):
        whole = joined(message, orders.of(party, without=message.id)) if _readable(case, party, message) else message
    found += _placed(_issues(case, party, whole), len(message.id), list(whole.id))
    if found:
        raise InvalidInput(found)


def check_events(case: Case, party: str, events: Sequence[trading_pb2.OrderEvent]) -> None:
    """Refuse events of a stranger, or about ids that no order may have.

    Raises:
        InvalidInput: With everything that is wrong.
    """
    check_party(case, party)
    unfit = [n for n, each in enumerate(events) if each.order_id and not _ID.fullmatch(each.order_id)]
    if unfit:
        told = [Issue(f"events[{n}].order_id", "id", _unfit(events[n].order_id)) for n in unfit[:_MOST_ISSUES]]
        raise InvalidInput(told)


def _unfit(name: str) -> str:
    return f"is {name[:40]!r}; give 1 to 128 letters, digits, blanks and . _ : - and begin with no sign"


def check_withdrawal(case: Case, orders: Orders, party: str, names: Sequence[str]) -> None:
    """Refuse a withdrawal of orders that do not stand, or that others of the party need.

    Raises:
        InvalidInput: With everything that is wrong.
    """
    check_party(case, party)
    found: list[Issue] = []
    seen: set[str] = set()
    for place, name in enumerate(names):
        if not orders.has(party, name):
            found.append(Issue(f"order_ids[{place}]", "unknown_reference", f"there is no order {name[:40]!r}"))
        elif name in seen:
            found.append(Issue(f"order_ids[{place}]", "duplicate_id", f"{name!r} is named twice"))
        seen.add(name)
    if not found and orders.linked(party):
        rest = orders.of(party, without=names)
        found = _placed(_issues(case, party, rest), 0, list(rest.id)) if rest.id else []
    if found:
        raise InvalidInput(found[:_MOST_ISSUES])


def _readable(case: Case, party: str, message: orders_pb2.OrderBook) -> bool:
    """Whether columns have one length, so that they can be put together with others."""
    return not any(issue.rule in ("length", "packed", "range", "type") for issue in _issues(case, party, message))


def _issues(case: Case, party: str, message: orders_pb2.OrderBook) -> list[Issue]:
    """What is wrong with the orders of a party by themselves."""
    found: list[Issue] = []
    named = orders_pb2.OrderBook()
    named.CopyFrom(message)
    named.party.CopyFrom(arrays.words_to_proto([party], np.zeros(len(message.id), dtype=np.int64)))
    columns = orders_from_proto(named, found)
    if columns is None:
        return found
    parties, buses = [each.id for each in case.parties], [bus.id for bus in case.buses]
    sizes = {"bus": columns.bus, "step": columns.step, "side": columns.side, "price": columns.price}
    for name, column in (sizes | {"energy": columns.energy}).items():
        if column.size != columns.id.size:
            told = f"has {column.size} entries for {columns.id.size} ids; give one for every order"
            found.append(Issue(f"orders.{name}", "length", told))
    if found:
        return found
    book = columns.book(case.units, parties, buses)
    if book is None:
        document: dict[str, Any] = columns.document(case.units)
        zone = ZoneInfo(case.horizon.time_zone)
        book, found = read_orders(document, case.units, case.horizon, zone, parties, buses)
        if found:
            return found
    return list(order_checks.check("orders", book, around_of(case, case.units)))


def _placed(found: Sequence[Issue], count: int, ids: Sequence[str]) -> list[Issue]:
    """Issues of orders that are not in the message, by their ids."""
    placed: list[Issue] = []
    for issue in found:
        match = re.match(r"orders\[(\d+)\]", issue.path)
        place = int(match[1]) if match else 0
        if match and place >= count and place < len(ids):
            issue = Issue(f"order {ids[place]!r}{issue.path[match.end() :]}", issue.rule, issue.message)
        placed.append(issue)
    return placed
