"""Market sessions: calls that go to the markets, each with the party for which it may speak."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from c4e.opt.v1 import market_session_pb2, solve_pb2, statement_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.convert.trading import execution_to_proto
from c4e_server.security.books import Books
from c4e_server.security.identity import caller
from c4e_server.services.answering import Context
from c4e_server.services.market_views import STATES_BACK, happened_to_proto, moment_to_proto, session_to_proto
from c4e_server.services.requests import page_from_token
from c4e_server.sessions.log import Row, Settled
from c4e_server.sessions.markets import Markets
from c4e_server.sessions.results import party_statement
from c4e_server.sessions.session import Happened, Session, seen_by

_PAGE = 100


class MarketSessionService:
    """Serves markets."""

    def __init__(self, markets: Markets, books: Books) -> None:
        """Serve markets whose settlements go to these books."""
        self._markets = markets
        self._books = books

    async def open_market_session(
        self, request: market_session_pb2.OpenMarketSessionRequest, context: Context
    ) -> market_session_pb2.OpenMarketSessionResponse:
        """Open a market."""
        if request.settlement == solve_pb2.SETTLEMENT_POST:
            self._books.check_post(caller())
        session = await self._markets.open(caller().tenant, request)
        return market_session_pb2.OpenMarketSessionResponse(session=_told(session))

    async def get_market_session(
        self, request: market_session_pb2.GetMarketSessionRequest, context: Context
    ) -> market_session_pb2.GetMarketSessionResponse:
        """Return a session."""
        session = await self._markets.session(caller().tenant, request.session_id)
        return market_session_pb2.GetMarketSessionResponse(session=_told(session))

    async def list_market_sessions(
        self, request: market_session_pb2.ListMarketSessionsRequest, context: Context
    ) -> market_session_pb2.ListMarketSessionsResponse:
        """List sessions, the latest first."""
        size = request.page_size or _PAGE
        states = sorted({STATES_BACK[state] for state in request.states if state in STATES_BACK})
        before = page_from_token(request.page_token)
        rows = await self._markets.rows(caller().tenant, states, request.series, size + 1, before)
        token = str(rows[size - 1].place) if len(rows) > size else ""
        told = [
            session_to_proto(row, market_session_pb2.OpenMarketSessionRequest.FromString(row.message), "")
            for row in rows[:size]
        ]
        return market_session_pb2.ListMarketSessionsResponse(sessions=told, next_page_token=token)

    async def submit_orders(
        self, request: market_session_pb2.SubmitOrdersRequest, context: Context
    ) -> market_session_pb2.SubmitOrdersResponse:
        """Take new orders."""
        told = await self._markets.put(caller().tenant, _writer(request.party), request)
        return market_session_pb2.SubmitOrdersResponse(
            revision=told.revision, orders=told.orders, time=moment_to_proto(told.at)
        )

    async def amend_orders(
        self, request: market_session_pb2.AmendOrdersRequest, context: Context
    ) -> market_session_pb2.AmendOrdersResponse:
        """Replace orders."""
        told = await self._markets.put(caller().tenant, _writer(request.party), request)
        return market_session_pb2.AmendOrdersResponse(
            revision=told.revision, orders=told.orders, time=moment_to_proto(told.at)
        )

    async def withdraw_orders(
        self, request: market_session_pb2.WithdrawOrdersRequest, context: Context
    ) -> market_session_pb2.WithdrawOrdersResponse:
        """Take orders out."""
        told = await self._markets.withdraw(caller().tenant, _writer(request.party), request)
        return market_session_pb2.WithdrawOrdersResponse(
            revision=told.revision, orders=told.orders, time=moment_to_proto(told.at)
        )

    async def list_orders(
        self, request: market_session_pb2.ListOrdersRequest, context: Context
    ) -> market_session_pb2.ListOrdersResponse:
        """Return the orders of a party."""
        book, revision = await self._markets.orders(caller().tenant, request.session_id, _reader(request.party))
        return market_session_pb2.ListOrdersResponse(book=book, revision=revision)

    async def trade_orders(
        self, request: market_session_pb2.TradeOrdersRequest, context: Context
    ) -> market_session_pb2.TradeOrdersResponse:
        """Take events in a continuous book."""
        party = _writer(request.party)
        told: Happened = await self._markets.trade(caller().tenant, party, request)
        return market_session_pb2.TradeOrdersResponse(
            revision=told.revision,
            executions=[execution_to_proto(each) for each in seen_by(told.executions, party)],
            time=moment_to_proto(told.at),
        )

    async def close_gate(
        self, request: market_session_pb2.CloseGateRequest, context: Context
    ) -> market_session_pb2.CloseGateResponse:
        """Close a gate before its time."""
        session = await self._markets.close_gate(caller().tenant, request.session_id)
        return market_session_pb2.CloseGateResponse(session=_told(session))

    async def clear_market_session(
        self, request: market_session_pb2.ClearMarketSessionRequest, context: Context
    ) -> market_session_pb2.ClearMarketSessionResponse:
        """Clear a session."""
        session = await self._markets.clear(caller().tenant, request.session_id)
        return market_session_pb2.ClearMarketSessionResponse(session=_told(session))

    async def cancel_market_session(
        self, request: market_session_pb2.CancelMarketSessionRequest, context: Context
    ) -> market_session_pb2.CancelMarketSessionResponse:
        """End a session without a result."""
        session = await self._markets.cancel(caller().tenant, request.session_id, request.reason)
        return market_session_pb2.CancelMarketSessionResponse(session=_told(session))

    async def watch_market_session(
        self, request: market_session_pb2.WatchMarketSessionRequest, context: Context
    ) -> AsyncGenerator[market_session_pb2.WatchMarketSessionResponse]:
        """Stream what happens."""
        party, identity = _viewer(request.party), caller()
        watched = self._markets.watch(identity.tenant, request.session_id, party, request.after_revision)
        async for before, happened in watched:
            yield happened_to_proto(before, happened, party)

    async def get_market_result(
        self, request: market_session_pb2.GetMarketResultRequest, context: Context
    ) -> market_session_pb2.GetMarketResultResponse:
        """Return what everybody may know."""
        session = await self._markets.session(caller().tenant, request.session_id)
        packed = await self._markets.result(session, "public")
        return market_session_pb2.GetMarketResultResponse(result=market_session_pb2.MarketResult.FromString(packed))

    async def get_party_result(
        self, request: market_session_pb2.GetPartyResultRequest, context: Context
    ) -> market_session_pb2.GetPartyResultResponse:
        """Return what became of the orders of a party."""
        party = _reader(request.party)
        session = await self._markets.session(caller().tenant, request.session_id)
        packed = await self._markets.result(session, "party", party)
        made = await self._markets.statements(session)
        return await asyncio.to_thread(_party_result, party, packed, made)

    async def submit_readings(
        self, request: market_session_pb2.SubmitReadingsRequest, context: Context
    ) -> market_session_pb2.SubmitReadingsResponse:
        """Settle readings."""
        told, settled, replaces = await self._markets.settle(caller().tenant, request)
        return market_session_pb2.SubmitReadingsResponse(
            revision=told.revision,
            statement=statement_pb2.Statement.FromString(settled.statement),
            replaces=replaces,
        )

    async def get_market_record(
        self, request: market_session_pb2.GetMarketRecordRequest, context: Context
    ) -> market_session_pb2.GetMarketRecordResponse:
        """Return everything by which a session can be verified."""
        session = await self._markets.session(caller().tenant, request.session_id)
        auction = session.book is None
        packed = await self._markets.result(session, "answer" if auction else "public")
        made = await self._markets.statements(session)
        return market_session_pb2.GetMarketRecordResponse(
            case=await self._markets.case_of(session),
            outcome=solve_pb2.SolveResponse.FromString(packed).outcome if auction else None,
            statements=[statement_pb2.Statement.FromString(each.statement) for each in made],
            trades=map(execution_to_proto, session.trades),
        )


def _viewer(named: str) -> str:
    """The party whose eyes a call has; empty for those of who sees everything.

    Raises:
        NotAllowed: The caller sees its own party's lines alone and names another.
    """
    identity = caller()
    if identity.reads_all:
        return named
    identity.check_read(named or identity.party)
    return identity.party


def _reader(named: str) -> str:
    """The party whose orders a call reads.

    Raises:
        NotAllowed: The caller sees its own party's lines alone and names another.
        InvalidInput: Nobody is named.
    """
    return _named(_viewer(named))


def _writer(named: str) -> str:
    """The party for which a call writes.

    Raises:
        NotAllowed: The caller writes for its own party alone and names another.
        InvalidInput: Nobody is named.
    """
    identity = caller()
    if identity.writes_for_all:
        return _named(named)
    identity.check_write(named or identity.party)
    return _named(identity.party)


def _named(party: str) -> str:
    if not party:
        raise InvalidInput([Issue("party", "missing_field", "is missing; say for whom you speak")])
    return party


def _told(session: Session) -> market_session_pb2.MarketSession:
    row = Row(
        place=session.place,
        tenant=session.tenant,
        id=session.id,
        series=session.series,
        slot=session.slot,
        content="",
        message=b"",
        state=session.state,
        revision=session.revision,
    )
    return session_to_proto(row, session.request, session.detail)


def _party_result(party: str, packed: bytes, made: list[Settled]) -> market_session_pb2.GetPartyResultResponse:
    """Orders and lines of a party; every run of imbalances but the last is replaced."""
    runs = [each.revision for each in made if each.run]
    return market_session_pb2.GetPartyResultResponse(
        result=market_session_pb2.PartyResult.FromString(packed),
        statements=[
            party_statement(
                statement_pb2.Statement.FromString(each.statement),
                party,
                posted=each.posted,
                replaced=bool(each.run) and each.revision != runs[-1],
                run=each.run,
            )
            for each in made
        ],
    )
