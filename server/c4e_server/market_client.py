"""Market sessions from the caller's side: domain objects and plain numbers in and out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from c4e.opt.v1 import market_session_pb2, metering_pb2, orders_pb2, solve_pb2
from c4e_opt.arrays import FloatArray, TextArray
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome, Table
from c4e_opt.settlement import Statement
from c4e_opt.trading.events import Event, Execution
from c4e_server.convert import arrays
from c4e_server.convert.case import case_from_proto, case_to_proto
from c4e_server.convert.outcome import outcome_from_proto, table_from_proto
from c4e_server.convert.statement import statement_from_proto
from c4e_server.convert.trading import event_to_proto, executions_from_proto

_SERVICE = "MarketSessionService"
_SETTLEMENTS = {
    "none": solve_pb2.SETTLEMENT_NONE,
    "statement": solve_pb2.SETTLEMENT_STATEMENT,
    "post": solve_pb2.SETTLEMENT_POST,
}
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """Everything by which a session can be verified."""

    case: Case
    outcome: Outcome
    statements: Sequence[Statement]


class Markets:
    """Market sessions of a service."""

    def __init__(self, call: Callable[..., Any], stream: Callable[..., Iterator[Any]]) -> None:
        """Use a connection; see `Client.markets`."""
        self._ask = call
        self._stream = stream

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
    ) -> market_session_pb2.MarketSession:
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
        """
        request = market_session_pb2.OpenMarketSessionRequest(
            session_id=session_id,
            case=case_to_proto(case),
            kind=_KINDS[kind],
            settlement=_SETTLEMENTS[settlement],
            clear_on_command=on_command,
        )
        request.gate_closes.FromDatetime(closes)
        if opens is not None:
            request.gate_opens.FromDatetime(opens)
        if cadence is not None:
            request.cadence.FromTimedelta(cadence)
        return self._call("OpenMarketSession", request).session

    def get(self, session_id: str) -> market_session_pb2.MarketSession:
        """A session as it stands."""
        request = market_session_pb2.GetMarketSessionRequest(session_id=session_id)
        return self._call("GetMarketSession", request).session

    def list(self, series: str = "", limit: int = 100) -> list[market_session_pb2.MarketSession]:
        """Sessions, the latest first."""
        found: list[market_session_pb2.MarketSession] = []
        token = ""
        while len(found) < limit:
            request = market_session_pb2.ListMarketSessionsRequest(
                series=series, page_size=min(limit - len(found), 1000), page_token=token
            )
            page = self._call("ListMarketSessions", request)
            found += page.sessions
            token = page.next_page_token
            if not token:
                break
        return found

    def submit(
        self,
        session_id: str,
        party: str,
        orders: Iterable[Order] | orders_pb2.OrderBook,
        request_id: str = "",
        *,
        amend: bool = False,
    ) -> int:
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
        return self._call("AmendOrders" if amend else "SubmitOrders", request).revision

    def withdraw(self, session_id: str, party: str, names: Iterable[str], request_id: str = "") -> int:
        """Take orders out; the revision of the write."""
        request = market_session_pb2.WithdrawOrdersRequest(
            session_id=session_id, party=party, request_id=request_id or uuid.uuid4().hex, order_ids=list(names)
        )
        return self._call("WithdrawOrders", request).revision

    def orders(self, session_id: str, party: str) -> orders_pb2.OrderBook:
        """The orders of a party as they stand, as columns."""
        request = market_session_pb2.ListOrdersRequest(session_id=session_id, party=party)
        return self._call("ListOrders", request).book

    def trade(self, session_id: str, party: str, events: Iterable[Event], request_id: str = "") -> list[Execution]:
        """Send events to a continuous book; what happened to orders of the party."""
        request = market_session_pb2.TradeOrdersRequest(
            session_id=session_id,
            party=party,
            request_id=request_id or uuid.uuid4().hex,
            events=map(event_to_proto, events),
        )
        return executions_from_proto(self._call("TradeOrders", request).executions)

    def close_gate(self, session_id: str) -> market_session_pb2.MarketSession:
        """Close a gate before its time."""
        return self._call("CloseGate", market_session_pb2.CloseGateRequest(session_id=session_id)).session

    def clear(self, session_id: str) -> market_session_pb2.MarketSession:
        """Clear a session whose gate is closed."""
        request = market_session_pb2.ClearMarketSessionRequest(session_id=session_id)
        return self._call("ClearMarketSession", request).session

    def cancel(self, session_id: str, reason: str) -> market_session_pb2.MarketSession:
        """End a session without a result."""
        request = market_session_pb2.CancelMarketSessionRequest(session_id=session_id, reason=reason)
        return self._call("CancelMarketSession", request).session

    def watch(
        self, session_id: str, party: str = "", after: int = 0, timeout_s: float | None = None
    ) -> Iterator[market_session_pb2.WatchMarketSessionResponse]:
        """What happens in a session, from a revision on, until it has ended."""
        request = market_session_pb2.WatchMarketSessionRequest(session_id=session_id, party=party, after_revision=after)
        return self._stream(
            f"{_SERVICE}/WatchMarketSession", request, market_session_pb2.WatchMarketSessionResponse, timeout_s
        )

    def result(self, session_id: str) -> tuple[market_session_pb2.MarketResult, Table, Table]:
        """What everybody may know of a published session: everything, then prices and volumes as tables."""
        request = market_session_pb2.GetMarketResultRequest(session_id=session_id)
        result = self._call("GetMarketResult", request).result
        return result, table_from_proto(result.prices), table_from_proto(result.volumes)

    def party_result(self, session_id: str, party: str) -> Accepted:
        """What became of the orders of a party."""
        request = market_session_pb2.GetPartyResultRequest(session_id=session_id, party=party)
        answer = self._call("GetPartyResult", request)
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
        )

    def readings(
        self, session_id: str, measurement: metering_pb2.Measurement, request_id: str = ""
    ) -> tuple[Statement, str]:
        """Settle readings: the statement, and the batch whose place it takes."""
        request = market_session_pb2.SubmitReadingsRequest(
            session_id=session_id, request_id=request_id or uuid.uuid4().hex, measurement=measurement
        )
        answer = self._call("SubmitReadings", request)
        return statement_from_proto(answer.statement), answer.replaces

    def record(self, session_id: str) -> Record:
        """Everything by which a published session can be verified."""
        request = market_session_pb2.GetMarketRecordRequest(session_id=session_id)
        answer = self._call("GetMarketRecord", request)
        return Record(
            case=case_from_proto(answer.case),
            outcome=outcome_from_proto(answer.outcome),
            statements=[statement_from_proto(each) for each in answer.statements],
        )

    def wait(self, session_id: str, timeout_s: float = 60.0) -> market_session_pb2.MarketSession:
        """Wait until a session has ended, or could not be cleared.

        Raises:
            C4eError: It has not within the time.
        """
        bad = market_session_pb2.MARKET_EVENT_KIND_FAILED
        for event in self.watch(session_id, timeout_s=timeout_s):
            if event.kind == bad and self.get(session_id).state == market_session_pb2.MARKET_STATE_FAILED:
                break
        return self.get(session_id)

    def _call(self, method: str, request: Any) -> Any:
        return self._ask(f"{_SERVICE}/{method}", request, getattr(market_session_pb2, f"{method}Response"))


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
