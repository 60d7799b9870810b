"""The marketplace's ledger behind a bad line, and killed between request and answer: one effect, whatever happens."""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from c4e.opt.v1 import ledger_adapter_pb2 as pb2
from c4e_opt.errors import LedgerUnreachable
from c4e_opt.settlement import Batch, MemoryLedger, State
from c4e_opt.settlement.conformance import sample_batch
from c4e_server.ledgers.marketplace import ledger as adapter
from c4e_server.ledgers.marketplace.ledger import GrpcLedger
from c4e_server.services.ledger_adapter import LedgerAdapterService
from tests.service.offered import running

pytestmark = pytest.mark.xdist_group("faults")

FAULTS = ("none", "lost request", "lost answer", "slow", "twice", "slow and twice", "status lost", "broken")
_DEADLINE_S = 0.15


class Bad(LedgerAdapterService):
    """Does to every call what the next fault says."""

    def __init__(self, ledger: MemoryLedger, seed: int) -> None:
        super().__init__(ledger)
        self._random = random.Random(seed)
        self._late = set[asyncio.Task[Any]]()
        self.happened = list[str]()

    async def _through(self, act: Any, request: Any, context: Any) -> Any:
        fault = self._random.choice(FAULTS)
        self.happened.append(fault)
        if fault == "lost request":
            await context.abort(grpc.StatusCode.UNAVAILABLE, "lost on its way here")
        if fault.startswith("slow"):  # it is booked when nobody waits for it any more
            for _ in range(1 + fault.endswith("twice")):
                task = asyncio.create_task(self._later(act, request, context))
                self._late.add(task)
            await asyncio.sleep(2 * _DEADLINE_S)
        for _ in range(1 + (fault == "twice")):
            answer = await act(request, context)
        if fault == "lost answer":
            await context.abort(grpc.StatusCode.UNAVAILABLE, "lost on its way back")
        if fault == "broken":
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "somebody in between gave up")
        return answer

    async def _later(self, act: Any, request: Any, context: Any) -> None:
        await asyncio.sleep(_DEADLINE_S * (0.9 + 0.4 * self._random.random()))
        await act(request, context)

    async def submit(self, request: pb2.SubmitRequest, context: Any) -> pb2.SubmitResponse:
        return await self._through(super().submit, request, context)

    async def reverse(self, request: pb2.ReverseRequest, context: Any) -> pb2.ReverseResponse:
        return await self._through(super().reverse, request, context)

    async def get_status(self, request: pb2.GetStatusRequest, context: Any) -> pb2.GetStatusResponse:
        if self._random.random() < 0.2:
            self.happened.append("status lost")
            await context.abort(grpc.StatusCode.UNAVAILABLE, "lost on its way here")
        return await super().get_status(request, context)


def until_done(act: Any) -> Any:
    """Do it again as the relay would, as long as the ledger cannot be reached."""
    for _ in range(20):
        try:
            return act()
        except LedgerUnreachable:
            continue
    raise AssertionError("never an answer")


@pytest.mark.parametrize("seed", range(6))
def test_a_bad_line_has_one_effect(seed: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(adapter, "_FIRST_WAIT_S", 0.005)
    memory = MemoryLedger()
    service = Bad(memory, seed)
    batches = [sample_batch(f"batch {seed} {n}", {"party:ann": n + 1, f"party:{n}": -3}) for n in range(24)]
    with running(service) as address:
        ledger = GrpcLedger(address, timeout_s=_DEADLINE_S, attempts=3)
        with ThreadPoolExecutor(6) as pool:
            receipts = list(pool.map(lambda batch: until_done(lambda: ledger.submit(batch)), batches))
            taken = list(pool.map(lambda batch: until_done(lambda: ledger.reverse(batch.id)), batches[::3]))
        time.sleep(4 * _DEADLINE_S)  # what comes late has come
    assert set(service.happened) == set(FAULTS)
    assert [(each.batch_id, each.digest) for each in receipts] == [(batch.id, batch.digest) for batch in batches]
    assert [each.batch_id for each in taken] == [batch.reversed().id for batch in batches[::3]]
    holds(memory, [batch for place, batch in enumerate(batches) if place % 3])


def holds(ledger: Any, batches: list[Batch]) -> None:
    """Hold the balances to the sum of the batches, each of them once."""
    should: dict[str, int] = {}
    for batch in batches:
        for account, held in batch.totals().items():
            should[account] = should.get(account, 0) + held["EUR"]
    assert {account: held["EUR"] for account, held in ledger.balances().items()} == {
        account: amount for account, amount in should.items() if amount
    }


def test_an_answer_that_is_lost_for_good_is_asked_for_and_not_sent_again():
    """The batch is booked, its answer lost: the receipt comes from GetStatus, after one Submit."""

    class Mute(LedgerAdapterService):
        submits = 0

        async def submit(self, request: Any, context: Any) -> Any:
            Mute.submits += 1
            await super().submit(request, context)
            await asyncio.sleep(30)

    memory, batch = MemoryLedger(), sample_batch()
    with running(Mute(memory)) as address:
        begin = time.monotonic()
        receipt = GrpcLedger(address, timeout_s=0.5).submit(batch)
        assert time.monotonic() - begin < 10
    assert receipt == memory.status(batch.id)
    assert Mute.submits == 1


def test_a_ledger_that_gives_no_answer_at_all_is_given_up_for_now_within_its_deadlines():
    """A port that listens and says nothing: so many deadlines, and no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ledger = GrpcLedger(f"127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.3, attempts=3)
        begin = time.monotonic()
        with pytest.raises(LedgerUnreachable, match=r"what it did is unknown|cannot be reached"):
            ledger.submit(sample_batch())
        assert time.monotonic() - begin < 10


def test_a_pending_batch_stays_pending_until_the_ledger_says_otherwise():
    class Slow(LedgerAdapterService):
        state = pb2.LedgerReceipt().state.__class__(1)  # BATCH_STATE_PENDING

        async def submit(self, request: Any, context: Any) -> Any:
            answer = await super().submit(request, context)
            answer.receipt.state = self.state
            return answer

    with running(Slow(MemoryLedger())) as address:
        ledger = GrpcLedger(address)
        assert ledger.submit(sample_batch()).state is State.PENDING
        assert ledger.status(sample_batch().id).state is State.FINAL


@contextmanager
def killable(data: Path, port: int) -> Generator[subprocess.Popen[str]]:
    """The reference implementation in a process of its own, with books on a disk."""
    command = [sys.executable, "-m", "c4e_server.cli", "ledger", "serve"]
    where = ["--address", f"127.0.0.1:{port}", "--data", str(data)]
    with (data / "log").open("ab") as log:
        process = subprocess.Popen([*command, *where], stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == f"127.0.0.1:{port}", (data / "log").read_text()
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("lives", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_a_ledger_that_is_killed_while_it_books_books_everything_once(tmp_path: Path, lives: int):
    """SIGKILL at any moment, four callers who go on calling: every batch is in the books once."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    batches = [sample_batch(f"killed {n}", {"party:ann": n + 1, f"party:{n % 7}": -3}) for n in range(40 * lives)]
    ledger = GrpcLedger(f"127.0.0.1:{port}", timeout_s=5.0, attempts=2)
    left, done, lost = list(batches), list[Batch](), list[int]()
    over, chance = threading.Event(), random.Random(4)

    def call() -> None:
        while not over.is_set():
            try:
                batch = left.pop()
            except IndexError:
                return
            try:
                assert ledger.submit(batch).counted
                done.append(batch)
            except LedgerUnreachable:
                lost.append(1)
                left.append(batch)
                time.sleep(0.05)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for life in range(lives):
        with killable(tmp_path, port) as process:
            if not life:
                for thread in threads:
                    thread.start()
            before = len(done)
            end = time.monotonic() + 20
            while len(done) < before + 10 + chance.randrange(20) and left and time.monotonic() < end:
                time.sleep(0.002)
            process.kill()
    with killable(tmp_path, port):
        for thread in threads:
            thread.join(60)
        over.set()
        assert lost, "no call was lost; the test says nothing"
        assert not left
        assert all(ledger.status(batch.id).digest == batch.digest for batch in batches)
        holds(ledger, batches)
