"""Gates at their moments: clocks that jump and differ, services that were away, two services at one gate."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from c4e.opt.v1 import market_session_pb2, orders_pb2, solve_pb2
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_server.config import Config
from c4e_server.convert.case import case_to_proto
from c4e_server.desk import Desk
from c4e_server.errors import GateClosed, StoreError
from c4e_server.ledgers.registry import open_journal
from c4e_server.sessions.log import Entry, Kind, Log, State
from c4e_server.sessions.markets import Markets
from c4e_server.sessions.session import Session
from c4e_server.store.store import Store
from c4e_server.workers.executor import open_executor
from tests.databases import KINDS, new_database

M = market_session_pb2
GATE = 2_000_000_000.0  # when gates close here, seconds since 1970


class Clock:
    """A clock that shows what it is told to."""

    def __init__(self, now: float = GATE - 60.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class House:
    """A service's markets on a database, without its wire: a clock of its own, and solves counted."""

    def __init__(self, folder: Path, url: str, clock: Clock) -> None:
        folder.mkdir(exist_ok=True)
        key = folder.parent / "a" / "journal.key"
        if key.is_file() and key.parent != folder:
            shutil.copy(key, folder)
        config = Config(data=folder, database=url, workers=1)
        self.pool = open_executor(config)
        journal = open_journal(config)
        self.store = Store(journal.engine, journal, is_ledger=True, owner=folder.name)
        self.desk = Desk(config, self.store, self.pool, lambda: None)
        self.markets = Markets(self.store, self.desk, lambda: None, clock)
        self.journal = journal


@asynccontextmanager
async def house(folder: Path, url: str, clock: Clock, *, runs: bool = False) -> AsyncGenerator[House]:
    """A house; with `runs` its gates move by themselves, and it can clear."""
    here = House(folder, url, clock)
    if runs:
        await asyncio.to_thread(here.pool.start)
    running = asyncio.create_task(here.markets.run()) if runs else None
    try:
        yield here
    finally:
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
        await here.desk.close()
        here.journal.close()
        here.store.close()


def market() -> Case:
    document = {
        "name": "zone",
        "horizon": {"start": "2033-05-18T04:00Z", "step_minutes": 60, "steps": 1},
        "parties": [{"id": "ann"}, {"id": "bob"}],
        "buses": [{"id": "zone"}],
    }
    return Builder(document, {}).case(empty=True)


def opening(name: str = "s", **more: Any) -> M.OpenMarketSessionRequest:
    request = M.OpenMarketSessionRequest(session_id=name, case=case_to_proto(market()), **more)
    request.gate_closes.FromNanoseconds(int(GATE * 1e9))
    return request


def selling(request_id: str, name: str = "s", price: float = 20.0) -> M.SubmitOrdersRequest:
    return submitting(request_id, "ann", orders_pb2.SIDE_SELL, price, name)


def submitting(request_id: str, party: str, side: Any, price: float, name: str = "s") -> M.SubmitOrdersRequest:
    order = M.MarketOrder(id=request_id, bus="zone", side=side, price=price, energy=2.0)
    return M.SubmitOrdersRequest(session_id=name, request_id=request_id, party=party, orders=[order])


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await done():
            await asyncio.sleep(0.02)


def lived(act: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(cast("Any", act()))


def story(session: Session) -> list[Kind]:
    return [happened.kind for happened in session.told]


def test_the_moment_of_the_gate_is_the_first_at_which_nothing_is_taken(tmp_path: Path):
    """Submission and withdrawal a nanosecond before count; at the moment itself, none does."""
    clock = Clock()

    async def act() -> None:
        async with house(tmp_path / "a", f"sqlite:///{tmp_path / 'd.sqlite'}", clock) as here:
            await here.markets.open("", opening(clear_on_command=True))
            await here.markets.put("", "ann", selling("early"))
            clock.now = GATE - 1e-6
            await here.markets.put("", "ann", selling("last"))
            out = M.WithdrawOrdersRequest(session_id="s", request_id="w", order_ids=["early"])
            await here.markets.withdraw("", "ann", out)
            clock.now = GATE
            with pytest.raises(GateClosed):
                await here.markets.put("", "ann", selling("late"))
            again = M.WithdrawOrdersRequest(session_id="s", request_id="w2", order_ids=["last"])
            with pytest.raises(GateClosed):
                await here.markets.withdraw("", "ann", again)
            assert (await here.markets.put("", "ann", selling("last"))).revision == 4  # what was taken is told
            session = await here.markets.session("", "s")
            assert session.state is State.CLOSED
            assert session.orders.has("ann", "last")
            assert not session.orders.has("ann", "early")

    lived(act)


def test_an_order_that_is_checked_while_the_gate_closes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    clock = Clock()

    async def act() -> None:
        async with house(tmp_path / "a", f"sqlite:///{tmp_path / 'd.sqlite'}", clock) as here:
            await here.markets.open("", opening())

            def slow(*_: Any, **__: Any) -> None:
                clock.now = GATE

            monkeypatch.setattr("c4e_server.sessions.markets.check_orders", slow)
            with pytest.raises(GateClosed):
                await here.markets.put("", "ann", selling("o"))
            assert Kind.SUBMITTED not in story(await here.markets.session("", "s"))

    lived(act)


def test_a_clock_that_is_set_back_opens_no_gate_again(tmp_path: Path):
    clock = Clock()

    async def act() -> None:
        async with house(tmp_path / "a", f"sqlite:///{tmp_path / 'd.sqlite'}", clock) as here:
            await here.markets.open("", opening(clear_on_command=True))
            await here.markets.put("", "ann", selling("o"))
            clock.now = GATE + 1
            assert (await here.markets.session("", "s")).state is State.CLOSED
            clock.now = GATE - 30
            with pytest.raises(GateClosed):
                await here.markets.put("", "ann", selling("p"))
            assert story(await here.markets.session("", "s"))[-1] is Kind.GATE_CLOSED

    lived(act)


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_whose_clock_is_late_takes_nothing_after_another_has_closed(tmp_path: Path, kind: str):
    """The second house's clock shows a minute less; it learns from the log that the gate is closed."""
    ahead, behind, url = Clock(), Clock(), new_database(kind, tmp_path)

    async def act() -> None:
        async with house(tmp_path / "a", url, ahead) as a, house(tmp_path / "b", url, behind) as b:
            await a.markets.open("", opening(clear_on_command=True))
            assert (await b.markets.put("", "ann", selling("one"))).revision == 3
            assert (await a.markets.put("", "bob", submitting("two", "bob", orders_pb2.SIDE_BUY, 60.0))).revision == 4
            ahead.now = GATE
            assert (await a.markets.session("", "s")).state is State.CLOSED
            with pytest.raises(GateClosed):
                await b.markets.put("", "ann", selling("three"))
            stories = [story(await each.markets.session("", "s")) for each in (a, b)]
            assert stories[0] == stories[1]

    lived(act)


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_services_at_a_gate_one_closes_and_one_clears(tmp_path: Path, kind: str):
    clock, url = Clock(), new_database(kind, tmp_path)

    async def act() -> None:
        async with (
            house(tmp_path / "a", url, clock, runs=True) as a,
            house(tmp_path / "b", url, clock, runs=True) as b,
        ):
            for n in range(4):
                await a.markets.open("", opening(f"s{n}", settlement=solve_pb2.SETTLEMENT_POST))
                await b.markets.put("", "ann", selling("s", f"s{n}"))
                await a.markets.put("", "bob", submitting("b", "bob", orders_pb2.SIDE_BUY, 60.0, f"s{n}"))
            await until(lambda: known(b, 3))
            clock.now = GATE + 1
            for n in range(4):
                await until(lambda n=n: published(a, f"s{n}"))
                await until(lambda n=n: published(b, f"s{n}"))
                told = story(await a.markets.session("", f"s{n}"))
                ends = [Kind.GATE_CLOSED, Kind.CLEARING, Kind.CLEARED, Kind.PUBLISHED]
                assert [each for each in told if each in ends] == ends
                assert story(await b.markets.session("", f"s{n}")) == told
                assert len(await a.markets.statements(await a.markets.session("", f"s{n}"))) == 1
            balances = a.journal.balances()
            assert balances["party:ann"]["electricity"] == -4 * 2_000_000

    lived(act)


async def known(here: House, count: int) -> bool:
    return len(await here.markets.rows("", (), "", 10, None)) >= count


async def published(here: House, name: str) -> bool:
    session = await here.markets.session("", name)
    assert session.state is not State.FAILED, session.detail
    return session.state is State.PUBLISHED


async def written(here: House, name: str, state: State) -> bool:
    """Whether a session has come so far in the log, by itself: who asks for a session moves its gate."""
    return {row.id: row.state for row in await here.markets.rows("", (), "", 10, None)}[name] is state


def test_a_service_that_was_away_at_the_gate_clears_late_and_says_so(tmp_path: Path):
    clock, url = Clock(), f"sqlite:///{tmp_path / 'd.sqlite'}"

    async def act() -> None:
        async with house(tmp_path / "a", url, clock) as here:
            await here.markets.open("", opening())
            await here.markets.open("", opening("none"))
            await here.markets.put("", "ann", selling("o"))
            await here.markets.put("", "bob", submitting("b", "bob", orders_pb2.SIDE_BUY, 60.0))
        clock.now = GATE + 3600
        async with house(tmp_path / "a", url, clock, runs=True) as here:
            await until(lambda: published(here, "s"))
            session = await here.markets.session("", "s")
            (closed,) = [each for each in session.told if each.kind is Kind.GATE_CLOSED]
            assert (closed.at, closed.detail) == (GATE + 3600, "closed 3600 s after its time")
            empty = await here.markets.session("", "none")
            assert (empty.state, empty.detail) == (State.CANCELLED, "the gate closed without an order")
            with pytest.raises(GateClosed):
                await here.markets.put("", "ann", selling("p"))

    lived(act)


def test_a_session_that_cannot_move_holds_no_other_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    clock, url = Clock(), f"sqlite:///{tmp_path / 'd.sqlite'}"
    append = Log.append

    def failing(self: Log, place: int, *more: Any) -> bool:
        if place == 1 and any(entry.kind is Kind.GATE_CLOSED for entry in cast("list[Entry]", more[2])):
            raise StoreError("the disk is full")
        return append(self, place, *more)

    async def act() -> None:
        async with house(tmp_path / "a", url, clock, runs=True) as here:
            for name in ("stuck", "moves"):
                await here.markets.open("", opening(name))
                await here.markets.put("", "ann", selling("o", name))
            monkeypatch.setattr(Log, "append", failing)
            clock.now = GATE + 1
            await until(lambda: written(here, "moves", State.PUBLISHED))
            assert await written(here, "stuck", State.OPEN)
            monkeypatch.setattr(Log, "append", append)
            await until(lambda: published(here, "stuck"))

    lived(act)


def test_more_sessions_than_a_page_are_taken_up_again(tmp_path: Path):
    clock, url = Clock(), f"sqlite:///{tmp_path / 'd.sqlite'}"

    async def act() -> None:
        async with house(tmp_path / "a", url, clock) as here:
            await here.markets.open("", opening())
            (row,) = await here.markets.rows("", (), "", 1, None)
            with here.store.transaction() as connection:
                for n in range(1200):
                    Log(here.store.transaction).insert(connection, replace(row, id=f"s{n}"), clock())
            found = await asyncio.to_thread(Log(here.store.transaction).restless)
            assert len(found) == 1201

    lived(act)


def test_the_solve_of_a_market_posts_nothing_so_that_it_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    clock, url, asked = Clock(), f"sqlite:///{tmp_path / 'd.sqlite'}", list[int]()

    async def solve(_: Desk, request: solve_pb2.SolveRequest, *__: Any) -> bytes:
        asked.append(request.settlement)
        return await asyncio.Event().wait() or b""

    async def act() -> None:
        async with house(tmp_path / "a", url, clock) as here:
            await here.markets.open("", opening(settlement=solve_pb2.SETTLEMENT_POST))
            await here.markets.put("", "ann", selling("s"))
            assert (await here.markets.close_gate("", "s")).state is State.CLEARING
            async with asyncio.timeout(20):
                while not asked:
                    await asyncio.sleep(0.01)
            assert (await here.markets.cancel("", "s", "wrong")).state is State.CANCELLED
            assert asked == [solve_pb2.SETTLEMENT_STATEMENT]

    monkeypatch.setattr(Desk, "solve", solve)
    lived(act)


def test_a_rolling_market_goes_around_a_name_that_is_taken(tmp_path: Path):
    clock, url = Clock(), f"sqlite:///{tmp_path / 'd.sqlite'}"

    async def act() -> None:
        async with house(tmp_path / "a", url, clock) as here:
            await here.markets.open("", opening("day.1"))
            request = opening("day")
            request.gate_opens.FromNanoseconds(int((GATE - 30) * 1e9))
            request.cadence.FromSeconds(3600)
            await here.markets.open("", request)
            clock.now = GATE - 10
            await here.markets.put("", "ann", selling("o1", "day.0"))
            rows = await here.markets.rows("", (), "day", 10, None)
            assert [row.id for row in rows] == ["day.2", "day.0"]

    lived(act)


def test_what_one_service_has_told_another_knows_at_once(tmp_path: Path):
    clock, url = Clock(), f"sqlite:///{tmp_path / 'd.sqlite'}"

    async def act() -> None:
        async with house(tmp_path / "a", url, clock) as a, house(tmp_path / "b", url, clock) as b:
            await a.markets.open("", opening())
            await b.markets.session("", "s")
            told = await a.markets.put("", "ann", selling("o1"))
            book, revision = await b.markets.orders("", "s", "ann")
            assert (list(book.id), revision) == (["o1"], told.revision)
            await a.markets.put("", "ann", selling("o2"))
            withdrawal = M.WithdrawOrdersRequest(session_id="s", request_id="w", party="ann", order_ids=["o2"])
            await b.markets.withdraw("", "ann", withdrawal)
            last = (await a.markets.put("", "ann", selling("o3"))).revision
            reading = asyncio.ensure_future(anext(b.markets.watch("", "s", "", last)))
            told = await a.markets.put("", "ann", selling("o4"))
            while not reading.done():
                await b.markets.orders("", "s", "ann")
            assert (await reading)[1].revision == told.revision

    lived(act)
