"""A thousand seeded stories of outcome, outbox and ledger: nothing lost, nothing doubled; planted bugs are found."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from c4e_opt.errors import LedgerUnreachable
from c4e_opt.settlement import Batch, MemoryLedger, Receipt, State
from c4e_server import relay as relays
from c4e_server.relay import Relay
from c4e_server.store.outbox import Delivery, Outbox, Parcel
from c4e_server.store.records import QUEUED, Request
from c4e_server.store.store import Store
from c4e_server.workers.messages import Answer
from tests.faults.simulation import World

SEEDS, CHUNK = 1000, 100
PLANTED_SEEDS = 60  # each planted bug is found within so many


@pytest.fixture
def folder() -> Generator[Path]:
    """Memory where the system has such a folder: a commit need not wait for a disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def told(seed: int, folder: Path, store: Callable[[Path], Store] = Store, **parts: Any) -> list[str]:
    """What went wrong in the story of this seed."""
    world = World(seed, lambda: store(folder / f"{seed}.sqlite"), **parts)
    world.run()
    return world.wrong()


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_nothing_is_lost_and_nothing_doubled(folder: Path, first: int) -> None:
    wrong = {seed: told(seed, folder) for seed in range(first, first + CHUNK)}
    assert not {seed: each for seed, each in wrong.items() if each}


def test_the_same_seed_is_the_same_story(folder: Path) -> None:
    def story(name: str) -> list[Parcel]:
        world = World(7, lambda: Store(folder / name))
        world.run()
        return world.store.outbox.parcels()

    first, second = story("first"), story("second")
    assert [(each.batch_id, each.state, each.attempts) for each in first] == [
        (each.batch_id, each.state, each.attempts) for each in second
    ]


def test_the_stories_hold_everything_that_can_happen(folder: Path) -> None:
    """Among a few dozen: retries, dead letters, lost answers, forks, crashes."""
    seen: set[str] = set()
    for seed in range(40):
        world = World(seed, lambda seed=seed: Store(folder / f"{seed}.sqlite"))
        world.run()
        for each in world.store.outbox.parcels():
            seen |= {each.state.value, "retry" if each.attempts > 1 else "once"}
        seen |= {type(world.ledger).__name__, "crash" if world.crashes else "peace"}
    assert seen >= {"crash", "peace", "delivered", "dead", "retry", "once", "Forks", "MemoryLedger"}


class Hasty(Relay):
    """Takes an unreachable ledger for one that booked: loses requests."""

    def _carry(self, parcel: Parcel) -> Any:
        try:
            verdict = super()._carry(parcel)
        except LedgerUnreachable:
            raise AssertionError from None
        return relays._Verdict(state=Delivery.DELIVERED, detail="") if verdict.missed else verdict  # pyright: ignore[reportPrivateUsage]


class Content(Relay):
    """Takes what a fork may still lose for done."""

    def _carry(self, parcel: Parcel) -> Any:
        verdict = super()._carry(parcel)
        return relays._Verdict(state=Delivery.DELIVERED, detail="") if verdict.state is Delivery.SENT else verdict  # pyright: ignore[reportPrivateUsage]


class Faint(Relay):
    """Gives up what it could not reach once."""

    def _carry(self, parcel: Parcel) -> Any:
        verdict = super()._carry(parcel)
        return relays._Verdict(state=Delivery.DEAD, detail="") if verdict.missed else verdict  # pyright: ignore[reportPrivateUsage]


class Early(Relay):
    """Notes the delivery before it delivers: a crash between loses it."""

    def _carry(self, parcel: Parcel) -> Any:
        self._outbox.told(parcel, Delivery.DELIVERED, 0.0, "")
        return super()._carry(parcel)


class Punctual(Outbox):
    """Trusts the clock: what a jump forward put off is never tried again after the jump back."""

    def due(self, now: float, longest_wait_s: float, limit: int) -> list[Parcel]:
        return super().due(now, 1e18, limit)


class Doubling(MemoryLedger):
    """Books a batch as often as it comes."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._count = 0

    def submit(self, batch: Batch) -> Receipt:
        if self.status(batch.id).state is not State.UNKNOWN:
            self._book(batch)
        return super().submit(batch)


class Forgetful(MemoryLedger):
    """Answers before it books, and forgets every third batch."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def submit(self, batch: Batch) -> Receipt:
        before = self.status(batch.id)
        receipt = super().submit(batch)
        if before.state is State.UNKNOWN and self._chance.random() < 0.3:
            self._book(batch.reversed())
        return receipt


class Torn(Store):
    """Keeps the answer in one transaction and the batch in another: a crash between loses the batch."""

    def between(self) -> None:
        """What happens between the two."""

    def finish(self, request_id: str, answer: Answer, case_name: str, started: float) -> Request:
        new = self.request(request_id).state == QUEUED
        found = super().finish(request_id, replace(answer, batch=None), case_name, started)
        if new and answer.batch is not None:
            self.between()
            with self._transaction() as connection:
                self.outbox.put(connection, answer.batch_id, request_id, answer.batch)
        return found


@pytest.mark.parametrize("relay", [Hasty, Content, Faint, Early])
def test_a_planted_bug_of_the_relay_is_found(folder: Path, relay: type[Relay]) -> None:
    assert any(told(seed, folder, relay=relay) for seed in range(PLANTED_SEEDS))


@pytest.mark.parametrize("ledger", [Doubling, Forgetful])
def test_a_planted_bug_of_a_ledger_is_found(folder: Path, ledger: Callable[..., Any]) -> None:
    assert any(told(seed, folder, ledger=ledger) for seed in range(PLANTED_SEEDS))


def test_a_clock_that_is_trusted_is_found(folder: Path) -> None:
    def trusting(path: Path) -> Store:
        store = Store(path)
        store.outbox.__class__ = Punctual
        return store

    assert any(told(seed, folder, store=trusting) for seed in range(3 * PLANTED_SEEDS))


def test_an_answer_that_is_kept_without_its_batch_is_found(folder: Path) -> None:
    def wrong(seed: int) -> list[str]:
        def opened() -> Store:
            store = Torn(folder / f"{seed}.sqlite")
            store.between = lambda: world.burn()  # type: ignore[method-assign]
            return store

        world = World(seed, opened)
        world.run()
        return world.wrong()

    assert any(wrong(seed) for seed in range(PLANTED_SEEDS))
