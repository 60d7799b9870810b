"""Clearing, publishing and settling a session: the way through the desk, the same as of every other solve."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from sqlalchemy import Connection

from c4e.opt.v1 import case_pb2, market_session_pb2, solve_pb2, statement_pb2
from c4e_opt.errors import C4eError, NoSolution
from c4e_opt.settlement import batch_of, settle_trades
from c4e_server.convert.statement import batch_to_proto, statement_from_proto, statement_to_proto
from c4e_server.convert.trading import execution_to_proto
from c4e_server.desk import Desk
from c4e_server.errors import QueueFull, WrongState
from c4e_server.security.identity import key_of
from c4e_server.sessions import log
from c4e_server.sessions.continuous import product_of, result_of
from c4e_server.sessions.event_log import Also
from c4e_server.sessions.log import Entry, Kind, Log, Settled
from c4e_server.sessions.readings import run_of
from c4e_server.sessions.results import published
from c4e_server.sessions.session import Session, seen_by
from c4e_server.store.store import Store

_AGAIN_S = 1.0
_ANSWER, _PUBLIC, _PARTY = "answer", "public", "party"


class Clearing:
    """What is done with a session whose gate is closed."""

    def __init__(self, desk: Desk, store: Store, kept: Log, posted: Callable[[], None]) -> None:
        """Join the parts; `posted` is called when there may be something to post."""
        self._desk = desk
        self._store = store
        self._log = kept
        self._posted = posted

    def case_of(self, session: Session) -> case_pb2.Case:
        """The case of a session with all orders; the same whenever it is asked for after the gate is closed."""
        case = case_pb2.Case()
        case.CopyFrom(session.request.case)
        if session.orders.count:
            case.orders.CopyFrom(session.orders.merged())
        return case

    async def solved(self, session: Session) -> solve_pb2.SolveResponse:
        """The answer to a session, with a schedule; a solve that was begun before is seen through.

        Raises:
            NoSolution: There is no schedule.
            C4eError: The solve failed.
        """
        settles = session.request.settlement != solve_pb2.SETTLEMENT_NONE
        request = solve_pb2.SolveRequest(
            request_id=session.job,
            case=await asyncio.to_thread(self.case_of, session),
            options=session.request.options if session.request.HasField("options") else None,
            # What is posted is so with the results: a session that is cancelled meanwhile moves no money.
            settlement=solve_pb2.SETTLEMENT_STATEMENT if settles else solve_pb2.SETTLEMENT_NONE,
        )
        while True:
            try:
                packed = await self._desk.solve(request, None, session.tenant)
                break
            except QueueFull:
                await asyncio.sleep(_AGAIN_S)
        response = await asyncio.to_thread(solve_pb2.SolveResponse.FromString, packed)
        if not response.outcome.HasField("objective"):
            told = "; ".join(clash.message for clash in response.outcome.clashes[:3])
            raise NoSolution(told or f"there is no schedule: {response.outcome.termination.detail}")
        return response

    async def published(self, session: Session, response: solve_pb2.SolveResponse) -> list[Also]:
        """What is written when results come out."""
        case = await asyncio.to_thread(self.case_of, session)
        made = await asyncio.to_thread(published, session.id, case, response)
        answer, place, posts = response.SerializeToString(), session.place, self._posts(session)
        batch = None
        if posts and response.HasField("statement"):
            batch = batch_to_proto(await asyncio.to_thread(lambda: batch_of(statement_from_proto(response.statement))))

        def write(connection: Connection) -> None:
            log.insert_result(connection, place, _ANSWER, "", answer)
            log.insert_result(connection, place, _PUBLIC, "", made.public)
            for party, packed in made.parties.items():
                log.insert_result(connection, place, _PARTY, party, packed)
            if response.HasField("statement"):
                settled = Settled(
                    revision=session.revision + 1,
                    batch_id=response.statement.batch_id,
                    posted=posts,
                    run=b"",
                    statement=response.statement.SerializeToString(),
                )
                log.insert_statement(connection, place, settled)
            if batch is not None:
                self._post(connection, response.statement.batch_id, batch)

        return [write]

    def ended(self, session: Session, revision: int) -> list[Also]:
        """What is written when a continuous book ends: its trades for everybody and for each, and their statement.

        Args:
            session: The session.
            revision: At which its results come out.

        Raises:
            CertificateFailed: The statement breaks its own laws.
        """
        trades, place = session.trades, session.place
        case, product = session.case, product_of(session.request, session.case)
        settles = session.request.settlement != solve_pb2.SETTLEMENT_NONE and trades
        statement = settle_trades(case, product, trades) if settles else None
        digest = "" if statement is None else statement.digest
        public = result_of(case, product, trades, digest).SerializeToString()
        parties = {
            party: market_session_pb2.PartyResult(
                party=party, trades=map(execution_to_proto, seen_by(trades, party))
            ).SerializeToString()
            for party in session.traders
        }
        batch = None if statement is None else batch_of(statement)
        posts = self._posts(session)

        def write(connection: Connection) -> None:
            log.insert_result(connection, place, _PUBLIC, "", public)
            for party, packed in parties.items():
                log.insert_result(connection, place, _PARTY, party, packed)
            if statement is not None and batch is not None:
                packed = statement_to_proto(statement).SerializeToString()
                told = Settled(revision=revision, batch_id=batch.id, posted=posts, run=b"", statement=packed)
                log.insert_statement(connection, place, told)
                if posts:
                    self._post(connection, batch.id, batch_to_proto(batch))

        return [write]

    def imbalances(
        self, session: Session, request: market_session_pb2.SubmitReadingsRequest, at: float, content: str
    ) -> tuple[Entry, list[Also]]:
        """Settle readings: the event, and what is written with it.

        Raises:
            WrongState: The clearing was not settled.
            InvalidInput: With everything that is wrong with the readings.
            C4eError: Whatever settlement raises.
        """
        answer = self._log.result(session.place, _ANSWER)
        response = solve_pb2.SolveResponse.FromString(answer or b"")
        if not response.HasField("statement"):
            raise WrongState(f"session {session.id!r} was not settled; there is nothing that readings differ from")
        runs = [each for each in self._log.statements(session.place) if each.run]
        last = statement_pb2.Statement.FromString(runs[-1].statement) if runs else None
        made = run_of(self.case_of(session), response, request.measurement, last)
        posts = self._posts(session)

        def write(connection: Connection) -> None:
            if posts and made.reversal is not None:
                self._post(connection, made.reversal.id, batch_to_proto(made.reversal))
            if posts:
                self._post(connection, made.batch.id, batch_to_proto(made.batch), adjusts=made.replaces)
            settled = Settled(
                revision=session.revision + 1,
                batch_id=made.batch.id,
                posted=posts,
                run=request.measurement.run.SerializeToString() or b"\x08\x01",
                statement=made.statement.SerializeToString(),
            )
            log.insert_statement(connection, session.place, settled)

        entry = Entry(
            kind=Kind.SETTLED, at=at, request_id=request.request_id, content=content, body=made.batch.id.encode()
        )
        return entry, [write]

    async def leave(self, session: Session) -> None:
        """End the solve of a session that nobody waits for any more."""
        with contextlib.suppress(C4eError):  # it has none, or it has ended
            await self._desk.cancel(key_of(session.tenant, session.job))

    def posted(self) -> None:
        """Say that there may be something to post."""
        self._store.publish()
        self._posted()

    def _post(self, connection: Connection, batch_id: str, batch: statement_pb2.Batch, adjusts: str = "") -> None:
        self._store.post(connection, "", batch_id, batch.SerializeToString(), adjusts=adjusts)

    def _posts(self, session: Session) -> bool:
        return session.request.settlement == solve_pb2.SETTLEMENT_POST
