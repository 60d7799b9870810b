"""One session: what follows from the events of its log, and nothing else; the same events give the same session."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from c4e.opt.v1 import market_session_pb2, trading_pb2
from c4e_opt.case import Case
from c4e_opt.trading.continuous_book import ContinuousBook
from c4e_opt.trading.events import Execution, SelfTrade, What
from c4e_server.convert.case import case_from_proto
from c4e_server.convert.trading import event_from_proto, rule_from_proto, snapshot_from_proto
from c4e_server.errors import GateClosed
from c4e_server.sessions.log import AFTER, ENDED, Entry, Kind, Row, State
from c4e_server.sessions.orders import SEPARATOR, Orders

_WRITES = (Kind.SUBMITTED, Kind.AMENDED, Kind.WITHDRAWN, Kind.TRADED)
_NOBODY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event as it is told."""

    revision: int
    kind: Kind
    at: float  # seconds since 1970
    party: str = ""
    request_id: str = ""
    content: str = ""
    orders: int = 0
    executions: tuple[Execution, ...] = ()
    detail: str = ""

    def concerns(self, party: str) -> bool:
        """Whether a party may see it; the operator, who has no name here, may see everything."""
        if party == _NOBODY or self.kind not in _WRITES or self.party == party:
            return True
        return any(party in (each.party, each.other_party) for each in self.executions)


class Session:
    """A market session as its log tells it."""

    def __init__(self, row: Row) -> None:
        """Begin before the first event."""
        self.place = row.place
        self.tenant = row.tenant
        self.id = row.id
        self.series = row.series
        self.slot = row.slot
        self.content = row.content
        self.request = market_session_pb2.OpenMarketSessionRequest.FromString(row.message)
        self.case: Case = case_from_proto(self.request.case, empty=True)
        self.state = State.SCHEDULED
        self.revision = 0
        self.detail = ""
        self.job = ""  # request id of the solve
        self.orders = Orders()
        self.told: list[Happened] = []  # a revision is a place in it, counted from 1
        self._acks: dict[tuple[str, str], Happened] = {}
        self.book: ContinuousBook | None = None
        if self.request.kind == market_session_pb2.MARKET_KIND_CONTINUOUS:
            rule = rule_from_proto(self.request.self_trade)
            self.book = ContinuousBook(SelfTrade.CANCEL_RESTING if rule is None else rule)
        self.lock = asyncio.Lock()
        self.changed = asyncio.Event()

    @property
    def opens(self) -> float:
        """When the gate opens, seconds since 1970."""
        return self.request.gate_opens.ToNanoseconds() / 1e9 if self.request.HasField("gate_opens") else 0.0

    @property
    def closes(self) -> float:
        """When the gate closes, seconds since 1970."""
        return self.request.gate_closes.ToNanoseconds() / 1e9

    @property
    def cadence(self) -> int:
        """Seconds from one gate of a rolling market to the next; 0 for a single session."""
        return self.request.cadence.seconds

    @property
    def ended(self) -> bool:
        """Whether its gate is closed for good and nothing is left to be cleared."""
        return self.state in ENDED

    def apply(self, revision: int, entry: Entry) -> None:
        """Take in the next event."""
        orders, executions, detail = 0, (), ""
        if entry.kind in (Kind.SUBMITTED, Kind.AMENDED):
            orders = self.orders.put(entry.party, entry.body)
        elif entry.kind is Kind.WITHDRAWN:
            names = market_session_pb2.WithdrawOrdersRequest.FromString(entry.body).order_ids
            self.orders.withdraw(entry.party, names)
            orders = len(names)
        elif entry.kind is Kind.TRADED:
            orders, executions = self._trade(entry)
        elif entry.kind is Kind.RESTORED:
            self.book = ContinuousBook.restore(snapshot_from_proto(trading_pb2.BookSnapshot.FromString(entry.body)))
            orders = len(self.book)
        elif entry.kind is Kind.CLEARING:
            self.job = entry.body.decode()
        elif entry.kind in (Kind.GATE_CLOSED, Kind.FAILED, Kind.CANCELLED, Kind.SETTLED):
            detail = entry.body.decode()
        if entry.kind in AFTER:
            self.state = AFTER[entry.kind]
            self.detail = detail
        happened = Happened(
            revision=revision,
            kind=entry.kind,
            at=entry.at,
            party=entry.party,
            request_id=entry.request_id,
            content=entry.content,
            orders=orders,
            executions=executions,
            detail=detail,
        )
        self.revision = revision
        self.told.append(happened)
        if entry.request_id:
            self._acks[entry.party, entry.request_id] = happened

    def ack(self, party: str, request_id: str) -> Happened | None:
        """What was told of a write; None where there was none of this name."""
        return self._acks.get((party, request_id))

    def check_gate(self, now: float) -> None:
        """Refuse a write outside the gate.

        Raises:
            GateClosed: The gate is closed, or not open yet.
        """
        if self.state is State.SCHEDULED and now < self.opens:
            raise GateClosed(f"the gate of {self.id!r} opens in {self.opens - now:.3f} s; send orders then")
        if self.state is not State.OPEN or now >= self.closes:
            raise GateClosed(f"the gate of {self.id!r} is closed ({self.state}); no order is taken any more")

    def notify(self) -> None:
        """Wake who watches."""
        self.changed.set()
        self.changed = asyncio.Event()

    def trade_time(self, now: float) -> int:
        """The stamp of the next events, microseconds since 1970; never before the last one."""
        return max(int(now * 1e6), self.book.time if self.book is not None else 0)

    def _trade(self, entry: Entry) -> tuple[int, tuple[Execution, ...]]:
        """Let events meet the book."""
        assert self.book is not None
        time, request = unpack_trade(entry.body)
        told: list[Execution] = []
        for message in request.events:
            event = event_from_proto(message, entry.party, time)
            told += self.book.submit(event._replace(id=entry.party + SEPARATOR + event.id if event.id else ""))
        return len(request.events), tuple(told)

    @property
    def trades(self) -> list[Execution]:
        """The trades of a continuous book, in order."""
        return [each for happened in self.told for each in happened.executions if each.what == What.TRADED]

    @property
    def traders(self) -> list[str]:
        """Who has written to a continuous book, or has traded in it, sorted."""
        met = {party for each in self.trades for party in (each.party, each.other_party)}
        return sorted(met | {happened.party for happened in self.told if happened.party})


def pack_trade(time: int, request: trading_pb2.OrderEvents) -> bytes:
    """Events and their stamp, as the log keeps them."""
    return time.to_bytes(8, "little") + request.SerializeToString(deterministic=True)


def unpack_trade(body: bytes) -> tuple[int, trading_pb2.OrderEvents]:
    """Events and their stamp, as the log has them."""
    return int.from_bytes(body[:8], "little"), trading_pb2.OrderEvents.FromString(body[8:])


def seen_by(executions: Sequence[Execution], party: str) -> list[Execution]:
    """Executions as a party may see them: its own orders by their ids, and nothing of anybody else's.

    The operator, who has no name here, sees everything; ids of orders then say their party.
    """
    if not party:
        return list(executions)
    seen: list[Execution] = []
    for each in executions:
        if party in (each.party, each.other_party):
            mine, other = each.party == party, each.other_party == party
            seen.append(
                each._replace(
                    id=each.id.removeprefix(each.party + SEPARATOR) if mine else "",
                    other=each.other.removeprefix(each.other_party + SEPARATOR) if other else "",
                    party=each.party if mine else "",
                    other_party=each.other_party if other else "",
                )
            )
    return seen
