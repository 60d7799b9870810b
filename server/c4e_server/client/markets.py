"""Market sessions from the caller's side: domain objects and plain numbers in and out."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import numpy as np
from google.protobuf.message import Message

from c4e.opt.v1 import market_session_pb2, metering_pb2, orders_pb2
from c4e_opt.arrays import FloatArray, TextArray
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome, Table
from c4e_opt.settlement import Measurement, Statement
from c4e_opt.trading.events import Event, Execution
from c4e_server.client.acts import Call, Flow, Item, Steps, Stream
from c4e_server.client.connection import Awaiting, Blocking, Wire
from c4e_server.client.jobs import SETTLEMENTS
from c4e_server.client.methods import Answers, Streams
from c4e_server.convert import arrays
from c4e_server.convert.case import case_from_proto, case_to_proto
from c4e_server.convert.metering import measurement_to_proto
from c4e_server.convert.outcome import outcome_from_proto, table_from_proto
from c4e_server.convert.statement import statement_from_proto
from c4e_server.convert.trading import event_to_proto, executions_from_proto

_A = TypeVar("_A", bound=Message)
_SERVICE = "MarketSessionService"
_KINDS = {
    "auction": market_session_pb2.MARKET_KIND_AUCTION,
    "continuous": market_session_pb2.MARKET_KIND_CONTINUOUS,
}
_SIDES = {"buy": orders_pb2.SIDE_BUY, "sell": orders_pb2.SIDE_SELL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order, in the units of the session's case."""

    id: str
    bus: str
    side: str  # "buy" or "sell"
    price: float
    energy: float
    step: int = 0
    steps: int = 1
    ratio_min: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Accepted:
    """What became of the orders of a party, arrays (order,)."""

    id: TextArray
    accepted_mwh: FloatArray
    price_per_mwh: FloatArray
    reason: Sequence[str]
    statements: Sequence[market_session_pb2.PartyStatement]
    trades: Sequence[Execution]  # of a continuous book, in place of orders


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """Everything by which a session can be verified."""

    case: Case
    outcome: Outcome | None  # None of a continuous book
    statements: Sequence[Statement]
    trades: Sequence[Execution]  # of a continuous book


class MarketMethods:
    """Methods of the service that runs market sessions."""

    @Answers
    def open(
        self,
        session_id: str,
        case: Case,
        *,
        closes: datetime,
        opens: datetime | None = None,
        kind: str = "auction",
        settlement: str = "statement",
        on_command: bool = False,
        cadence: timedelta | None = None,
        bus: str = "",
        tick: float | None = None,
        lot: float | None = None,
    ) -> Steps[market_session_pb2.MarketSession]:
        """Open a market.

        Args:
            session_id: Its name.
            case: Steps, zones, ties, parties and policy: a case without orders.
            closes: When the gate closes, with its time zone.
            opens: When it opens; at once when None.
            kind: "auction" or "continuous".
            settlement: "none", "statement" or "post".
            on_command: Clear only when told so.
            cadence: From one gate of a rolling market to the next; None for a single session.
            bus: Of a continuous book: where it trades; may be empty where the case has one bus only.
            tick: Of a continuous book: price of a tick, in the case's unit of prices; 0.01 when None.
            lot: Of a continuous book: energy of a lot over all steps, in the case's unit of energy; 0.1 when None.
        """
        request = market_session_pb2.OpenMarketSessionRequest(
            session_id=session_id,
            case=case_to_proto(case),
            kind=_KINDS[kind],
            settlement=SETTLEMENTS[settlement],
            clear_on_command=on_command,
        )
        request.gate_closes.FromDatetime(closes)
        if opens is not None:
            request.gate_opens.FromDatetime(opens)
        if cadence is not None:
            request.cadence.FromTimedelta(cadence)
        if bus or tick is not None or lot is not None:
            request.product.CopyFrom(market_session_pb2.ContinuousProduct(bus=bus, tick=tick, lot=lot))
        return (yield from _call(request, market_session_pb2.OpenMarketSessionResponse)).session

    @Answers
    def get(self, session_id: str) -> Steps[market_session_pb2.MarketSession]:
        """A session as it stands."""
        return (yield from _session(session_id))

    @Answers
    def list(self, series: str = "", limit: int = 100) -> Steps[list[market_session_pb2.MarketSession]]:
        """Sessions, the latest first."""
        found: list[market_session_pb2.MarketSession] = []
        token = ""
        while len(found) < limit:
            request = market_session_pb2.ListMarketSessionsRequest(
                series=series, page_size=min(limit - len(found), 1000), page_token=token
            )
            page = yield from _call(request, market_session_pb2.ListMarketSessionsResponse)
            found += page.sessions
            token = page.next_page_token
            if not token:
                break
        return found

    @Answers
    def submit(
        self,
        session_id: str,
        party: str,
        orders: Iterable[Order] | orders_pb2.OrderBook,
        request_id: str = "",
        *,
        amend: bool = False,
    ) -> Steps[int]:
        """Submit orders, or others in the place of those of the same ids; the revision of the write.

        Args:
            session_id: The session.
            party: Whose orders.
            orders: Orders one by one, or as columns without the column `party`.
            request_id: Name of the write, by which it may be repeated; a new one when empty.
            amend: Whether they take the place of others.
        """
        kind: Any = market_session_pb2.AmendOrdersRequest if amend else market_session_pb2.SubmitOrdersRequest
        request = kind(session_id=session_id, party=party, request_id=request_id or uuid.uuid4().hex)
        if isinstance(orders, orders_pb2.OrderBook):
            request.book.CopyFrom(orders)
        else:
            request.orders.extend(_order(each) for each in orders)
        answer: Any = market_session_pb2.AmendOrdersResponse if amend else market_session_pb2.SubmitOrdersResponse
        return (yield from _call(request, answer)).revision

    @Answers
    def withdraw(self, session_id: str, party: str, names: Iterable[str], request_id: str = "") -> Steps[int]:
        """Take orders out; the revision of the write."""
        request = market_session_pb2.WithdrawOrdersRequest(
            session_id=session_id, party=party, request_id=request_id or uuid.uuid4().hex, order_ids=list(names)
        )
        return (yield from _call(request, market_session_pb2.WithdrawOrdersResponse)).revision

    @Answers
    def orders(self, session_id: str, party: str) -> Steps[orders_pb2.OrderBook]:
        """The orders of a party as they stand, as columns."""
        request = market_session_pb2.ListOrdersRequest(session_id=session_id, party=party)
        return (yield from _call(request, market_session_pb2.ListOrdersResponse)).book

    @Answers
    def trade(
        self, session_id: str, party: str, events: Iterable[Event], request_id: str = ""
    ) -> Steps[list[Execution]]:
        """Send events to a continuous book; what happened to orders of the party."""
        request = market_session_pb2.TradeOrdersRequest(
            session_id=session_id,
            party=party,
            request_id=request_id or uuid.uuid4().hex,
            events=map(event_to_proto, events),
        )
        return executions_from_proto((yield from _call(request, market_session_pb2.TradeOrdersResponse)).executions)

    @Answers
    def close_gate(self, session_id: str) -> Steps[market_session_pb2.MarketSession]:
        """Close a gate before its time."""
        request = market_session_pb2.CloseGateRequest(session_id=session_id)
        return (yield from _call(request, market_session_pb2.CloseGateResponse)).session

    @Answers
    def clear(self, session_id: str) -> Steps[market_session_pb2.MarketSession]:
        """Clear a session whose gate is closed."""
        request = market_session_pb2.ClearMarketSessionRequest(session_id=session_id)
        return (yield from _call(request, market_session_pb2.ClearMarketSessionResponse)).session

    @Answers
    def cancel(self, session_id: str, reason: str) -> Steps[market_session_pb2.MarketSession]:
        """End a session without a result."""
        request = market_session_pb2.CancelMarketSessionRequest(session_id=session_id, reason=reason)
        return (yield from _call(request, market_session_pb2.CancelMarketSessionResponse)).session

    @Streams
    def watch(
        self, session_id: str, party: str = "", after: int = 0, timeout_s: float | None = None
    ) -> Flow[market_session_pb2.WatchMarketSessionResponse]:
        """What happens in a session, from a revision on, until it has ended."""
        events = _events(session_id, party, after, timeout_s)
        while (event := (yield from events)) is not None:
            yield Item(event)

    @Answers
    def result(self, session_id: str) -> Steps[tuple[market_session_pb2.MarketResult, Table, Table]]:
        """What everybody may know of a published session: everything, then prices and volumes as tables."""
        request = market_session_pb2.GetMarketResultRequest(session_id=session_id)
        result = (yield from _call(request, market_session_pb2.GetMarketResultResponse)).result
        return result, table_from_proto(result.prices), table_from_proto(result.volumes)

    @Answers
    def party_result(self, session_id: str, party: str) -> Steps[Accepted]:
        """What became of the orders of a party."""
        request = market_session_pb2.GetPartyResultRequest(session_id=session_id, party=party)
        answer = yield from _call(request, market_session_pb2.GetPartyResultResponse)
        result: market_session_pb2.PartyResult = answer.result
        return Accepted(
            id=np.array(result.id, dtype=np.str_),
            accepted_mwh=arrays.column_from_proto(result.accepted_mwh, "", []),
            price_per_mwh=arrays.column_from_proto(result.price_per_mwh, "", []),
            reason=[
                market_session_pb2.OrderReason.Name(each).removeprefix("ORDER_REASON_").lower()
                for each in result.reason
            ],
            statements=list(answer.statements),
            trades=executions_from_proto(result.trades),
        )

    @Answers
    def readings(
        self, session_id: str, measurement: Measurement | metering_pb2.Measurement, request_id: str = ""
    ) -> Steps[tuple[Statement, str]]:
        """Settle readings: the statement, and the batch whose place it takes."""
        message = measurement_to_proto(measurement) if isinstance(measurement, Measurement) else measurement
        request = market_session_pb2.SubmitReadingsRequest(
            session_id=session_id, request_id=request_id or uuid.uuid4().hex, measurement=message
        )
        answer = yield from _call(request, market_session_pb2.SubmitReadingsResponse)
        return statement_from_proto(answer.statement), answer.replaces

    @Answers
    def record(self, session_id: str) -> Steps[Record]:
        """Everything by which a published session can be verified."""
        request = market_session_pb2.GetMarketRecordRequest(session_id=session_id)
        answer = yield from _call(request, market_session_pb2.GetMarketRecordResponse)
        return Record(
            case=case_from_proto(answer.case, empty=True),
            outcome=outcome_from_proto(answer.outcome) if answer.HasField("outcome") else None,
            statements=[statement_from_proto(each) for each in answer.statements],
            trades=executions_from_proto(answer.trades),
        )

    @Answers
    def wait(self, session_id: str, timeout_s: float = 60.0) -> Steps[market_session_pb2.MarketSession]:
        """Wait until a session has ended, or could not be cleared.

        Raises:
            C4eError: It has not within the time.
        """
        bad = market_session_pb2.MARKET_EVENT_KIND_FAILED
        events = _events(session_id, "", 0, timeout_s)
        while (event := (yield from events)) is not None:
            if event.kind == bad:
                session = yield from _session(session_id)
                if session.state == market_session_pb2.MARKET_STATE_FAILED:
                    return session
        return (yield from _session(session_id))


class Markets(MarketMethods, Blocking):
    """Market sessions of a service."""

    def __init__(self, wire: Wire) -> None:
        """Use a connection; see `Client.markets`."""
        self.wire = wire


class AsyncMarkets(MarketMethods, Awaiting):
    """Market sessions of a service; the same methods as `Markets`, to be awaited."""

    def __init__(self, wire: Wire) -> None:
        """Use a connection; see `AsyncClient.markets`."""
        self.wire = wire


def _call(request: Message, answer: type[_A]) -> Steps[_A]:
    method = type(request).__name__.removesuffix("Request")
    return (yield from Call(method=f"{_SERVICE}/{method}", request=request, answer=answer))


def _session(session_id: str) -> Steps[market_session_pb2.MarketSession]:
    request = market_session_pb2.GetMarketSessionRequest(session_id=session_id)
    return (yield from _call(request, market_session_pb2.GetMarketSessionResponse)).session


def _events(
    session_id: str, party: str, after: int, timeout_s: float | None
) -> Stream[market_session_pb2.WatchMarketSessionResponse]:
    def request(last: market_session_pb2.WatchMarketSessionResponse | None) -> Message:
        revision = after if last is None else last.revision
        return market_session_pb2.WatchMarketSessionRequest(session_id=session_id, party=party, after_revision=revision)

    return Stream(
        method=f"{_SERVICE}/WatchMarketSession",
        request=request,
        answer=market_session_pb2.WatchMarketSessionResponse,
        timeout_s=timeout_s,
    )


def _order(order: Order) -> market_session_pb2.MarketOrder:
    message = market_session_pb2.MarketOrder(
        id=order.id,
        bus=order.bus,
        step=order.step,
        side=_SIDES[order.side],
        price=order.price,
        energy=order.energy,
    )
    if order.steps != 1:
        message.steps = order.steps
    if order.ratio_min:
        message.ratio_min = order.ratio_min
    return message
