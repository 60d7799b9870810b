"""The service is killed again and again while parties trade: every acknowledged order counts exactly once."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from c4e.opt.v1 import market_session_pb2
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.errors import C4eError
from c4e_server.client import Client, Order
from c4e_server.convert import arrays
from c4e_server.failures import failure_of
from tests.faults.market_history import Logged, Orders, Read, Write, violations
from tests.faults.test_kills import Nothing, database

pytestmark = pytest.mark.xdist_group("kills")

M = market_session_pb2
KILLS = 4
PARTIES = ("ann", "bob", "eve")
SESSION = "day"

#: Orders that were cleared, "<party>/<id>" -> price and energy.
Cleared = dict[str, tuple[float, float]]
History = tuple[list[Write], list[Logged], Cleared, list[Read]]

#: A service that acknowledges first and writes a little later.
HASTY = """
import asyncio
from c4e_server.sessions.memory import Memory
append, waiting = Memory.append, []

async def flush(memory):
    await asyncio.sleep(0.1)
    while waiting:
        place, revision, state, entries = waiting.pop(0)
        await memory.keep(memory.log.append, place, revision, state, entries, ())

async def hasty(self, session, entries, also=()):
    if not entries[0].request_id:
        await flush(self)
        return await append(self, session, entries, also)
    if not waiting:
        session.later = asyncio.create_task(flush(self))
    waiting.append((session.place, session.revision, session.state, entries))
    session.apply(session.revision + 1, entries[0])
    return True

Memory.append = hasty
"""


def market() -> Case:
    document = {
        "name": "zone",
        "horizon": {"start": "2025-06-15T00:00Z", "step_minutes": 60, "steps": 1},
        "parties": [{"id": party} for party in PARTIES],
        "buses": [{"id": "zone"}],
    }
    return Builder(document, {}).case(empty=True)


class Service:
    """A service that is started anew after every kill."""

    def __init__(self, folder: Path, flags: tuple[str, ...], before: str = "") -> None:
        code = f"{before}\nfrom c4e_server.cli.main import main\nmain()"
        shared = ("--port", "0", "--data", str(folder), "--workers", "1", *flags)
        self._command = [sys.executable, "-c", code, "serve", *shared]
        self._log = folder / "log"
        self.start()

    def start(self) -> None:
        """Start until it stands, as an operator's supervisor does; a database may come back after it."""
        for _ in range(20):
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log, text=True)
            assert self._process.stdout is not None
            address = self._process.stdout.readline().strip()
            if address:
                self.address = address
                return
            self._process.wait()
        pytest.fail(self._log.read_text()[-2000:])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Trader(threading.Thread):
    """A party that submits, amends and withdraws at random, and repeats what was not answered."""

    def __init__(self, party: str, address: Callable[[], str], seed: int) -> None:
        super().__init__(daemon=True)
        self.party, self._address, self._chance = party, address, random.Random(f"{party} {seed}")
        self._client = Client(address(), patience_s=0)
        self.writes: list[Write] = []
        self.reads: list[Read] = []
        self.stands: Orders = {}
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            write = self._next()
            self.writes.append(write)
            if not self._say(write):
                return
            for name, content in write.orders.items():
                if write.kind == "withdraw":
                    del self.stands[name]
                else:
                    self.stands[name] = content
            if self._chance.random() < 0.3:
                self._read()

    def _read(self) -> None:
        """Ask once what stands; a service that is being killed need not answer."""
        sent, request = time.monotonic(), M.ListOrdersRequest(session_id=SESSION, party=self.party)
        with grpc.insecure_channel(self._address()) as channel, contextlib.suppress(grpc.RpcError):
            method = channel.unary_unary("/c4e.opt.v1.MarketSessionService/ListOrders")
            answer = M.ListOrdersResponse.FromString(method(request.SerializeToString(), timeout=5.0))
            book = answer.book
            numbers = (arrays.column_from_proto(column, "", []).tolist() for column in (book.price, book.energy))
            orders = dict(zip(book.id, zip(*numbers, strict=True), strict=True))
            self.reads.append(Read(self.party, answer.revision, orders, sent))

    def _next(self) -> Write:
        number, chance = len(self.writes), self._chance
        kind = chance.choice(["submit", "submit", "amend", "withdraw"]) if len(self.stands) > 3 else "submit"
        names = chance.sample(sorted(self.stands), chance.randint(1, 3)) if kind != "submit" else []
        names = names or [f"o{number}-{n}" for n in range(chance.randint(1, 3))]
        orders = {name: (round(chance.uniform(1, 99), 2), round(chance.uniform(0.1, 9), 3)) for name in names}
        return Write(self.party, f"r{number}", kind, orders, time.monotonic())

    def _say(self, write: Write) -> bool:
        """Repeat until there is an answer; whether the gate was open still."""
        tries = 0
        again = self._chance.random() < 0.2  # what was answered is asked again, too
        while True:
            try:
                if self._client.address != self._address():
                    self._client.close()
                    self._client = Client(self._address(), patience_s=0)
                revision = self._sent(self._client, write)
            except C4eError as error:
                if failure_of(error).reason == "GATE_CLOSED":
                    write.refused = tries == 0 and not write.revisions
                    return bool(write.revisions)
                if failure_of(error).reason not in ("UNREACHABLE", "DEADLINE", "CANCELLED", "STORE_ERROR"):
                    write.surprise = str(error)
                    return False
                tries += 1
                if self.stop.is_set() and tries > 200:
                    return False
                time.sleep(0.02)
                continue
            write.answered = write.answered or time.monotonic()
            write.revisions.append(revision)
            if not again:
                return True
            again = False

    def _sent(self, client: Client, write: Write) -> int:
        if write.kind == "withdraw":
            return client.markets.withdraw(SESSION, self.party, write.orders, write.request_id)
        side = "sell" if self.party == "ann" else "buy"
        orders = [
            Order(id=name, bus="zone", side=side, price=price, energy=energy)
            for name, (price, energy) in write.orders.items()
        ]
        return client.markets.submit(SESSION, self.party, orders, write.request_id, amend=write.kind == "amend")


def traded(folder: Path, kills: int, seed: int, kind: str = "sqlite", before: str = "") -> History:
    """What was seen after so many kills of the service, and of a database that can be, at random moments."""
    with database(kind, folder) as (url, server):
        return _traded(folder, kills, random.Random(seed), seed, url, server, before)


def _traded(folder: Path, kills: int, chance: random.Random, seed: int, url: str, server: Any, before: str) -> History:
    service = Service(folder, ("--database", url), before)
    try:
        with Client(service.address) as client:
            client.markets.open(SESSION, market(), closes=datetime.now(UTC) + timedelta(hours=1))
        traders = [Trader(party, lambda: service.address, seed) for party in PARTIES]
        for trader in traders:
            trader.start()
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 0.6))
            if isinstance(server, Nothing) or chance.random() < 0.6:
                service.kill()
                service.start()
            else:
                server.again()
        time.sleep(0.3)
        with Client(service.address) as client:
            client.markets.close_gate(SESSION)
        service.kill()  # in the midst of the clearing
        service.start()
        for trader in traders:
            trader.stop.set()
        for trader in traders:
            trader.join(30)
            assert not trader.is_alive()
        with Client(service.address) as client:
            assert client.markets.wait(SESSION).state == M.MARKET_STATE_PUBLISHED
            kinds = M.MarketEventKind
            log = [
                Logged(
                    each.revision,
                    kinds.Name(each.kind).removeprefix("MARKET_EVENT_KIND_"),
                    each.party,
                    each.request_id,
                    each.orders,
                )
                for each in client.markets.watch(SESSION)
            ]
            book = client.markets.record(SESSION).case.orders
        numbers = zip(book.price_eur_per_mwh.tolist(), book.energy_mwh.tolist(), strict=True)
        final = dict(zip(book.id.tolist(), numbers, strict=True))
        writes = [write for trader in traders for write in trader.writes]
        return writes, log, final, [read for trader in traders for read in trader.reads]
    finally:
        service.kill()


def test_every_acknowledged_order_counts_once_however_often_the_service_is_killed(tmp_path: Path):
    seen = traded(tmp_path, KILLS, 1)
    writes, _, _, reads = seen
    assert violations(*seen) == []
    assert sum(bool(write.revisions) for write in writes) > 5 * KILLS
    assert len(reads) > KILLS
    for plant in PLANTS:
        other = deepcopy(seen)
        plant(*other)
        assert violations(*other), f"{plant.__name__} is not found"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_hundred_kills(tmp_path: Path, kind: str):
    seen = traded(tmp_path, 100, 2, kind)
    assert violations(*seen) == []
    print(f"{kind}: {len(seen[0])} writes, {len(seen[3])} reads")


def lost(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """An acknowledged order is not cleared."""
    final.popitem()


def doubled(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """A repeated write counts twice."""
    last = next(each for each in log if each.request_id)
    log.append(Logged(len(log) + 1, last.kind, last.party, last.request_id, last.orders))


def changed(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """A price is another."""
    name = next(iter(final))
    final[name] = (final[name][0] + 0.01, final[name][1])


def swapped(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """Two writes of one party are answered with each other's revisions."""
    one, two = [write for write in writes if write.revisions and write.party == "ann"][:2]
    one.revisions, two.revisions = two.revisions[:1], one.revisions[:1]


def answered_anew(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """A repeated write is answered with another revision."""
    write = next(write for write in writes if write.revisions)
    write.revisions.append(write.revisions[0] + 1)


def strange(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """An order counts that nobody sent."""
    log.append(Logged(len(log) + 1, "ORDERS_SUBMITTED", "ann", "never sent", 1))


def refused_and_taken(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """A write was refused and counts all the same."""
    next(write for write in writes if write.revisions).refused = True


def taken_too_late(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """An order counts that came after the gate was closed."""
    late = Write("ann", "late", "submit", {"late": (1.0, 1.0)}, 1e9, 1e9 + 1, [len(log) + 1])
    writes.append(late)
    log.append(Logged(len(log) + 1, "ORDERS_SUBMITTED", "ann", "late", 1))
    final["ann/late"] = (1.0, 1.0)


def stale(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """A party reads what stood before a write that was answered already."""
    before = next(each for each in log if each.request_id).revision - 1
    first = next(write for write in writes if write.revisions and write.party == "ann")
    reads.append(Read("ann", before, {}, first.answered + 1))


def missing(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """A party is not told of an order that stands."""
    next(read for read in reads if read.orders).orders.popitem()


def of_another(writes: list[Write], log: list[Logged], final: Cleared, reads: list[Read]) -> None:
    """A party is told of an order of another one."""
    reads[0].orders["o0-0 of another"] = (1.0, 1.0)


PLANTS = (
    *(lost, doubled, changed, swapped, answered_anew, strange, refused_and_taken),
    *(taken_too_late, stale, missing, of_another),
)


@pytest.mark.slow
def test_a_service_that_acknowledges_before_it_writes_is_found(tmp_path: Path):
    assert violations(*traded(tmp_path, 4, 3, before=HASTY)) != []
