"""A seeded world in which outcomes are kept, batches delivered, and everything that can fail does, in any order.

One thread, one random generator, a clock of its own: the same seed is the same story. The store is the real one, on
an SQLite database in memory; the relay is the real one; the ledger books in memory, final at once or after a while, and
forgets in forks what is not final. Between them lies a line that loses requests, loses answers, doubles and delays.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from c4e_opt.errors import LedgerError, LedgerUnreachable
from c4e_opt.settlement import Asset, Batch, Ledger, MemoryLedger, Receipt, State
from c4e_opt.settlement.conformance import sample_batch
from c4e_server.convert.statement import batch_to_proto
from c4e_server.relay import LONGEST_WAIT_S, Relay
from c4e_server.store.outbox import Delivery
from c4e_server.store.store import Store
from c4e_server.workers.messages import Answer


class Crash(BaseException):
    """The process dies here; only what was committed is left."""


class Forks(MemoryLedger):
    """A ledger that takes its time: pending, then committed, then final; a fork makes it forget what is not final."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._age: dict[str, int] = {}

    def submit(self, batch: Batch) -> Receipt:
        first = batch.id not in self._receipts
        super().submit(batch)
        if first:
            self._age[batch.id] = 0
        return self.status(batch.id)

    def status(self, batch_id: str) -> Receipt:
        receipt = super().status(batch_id)
        age = self._age.get(batch_id)
        if age is None or receipt.state is not State.FINAL:
            return receipt
        state = State.PENDING if age < 1 else State.COMMITTED if age < 3 else State.FINAL
        return replace(receipt, state=state)

    def tick(self) -> None:
        """A block: everything is one older, or what is young is gone."""
        young = [name for name, age in self._age.items() if age < 3]
        if young and self._chance.random() < 0.1:
            gone = young[-1]
            batch = self._batches.pop(gone)
            del self._receipts[gone], self._age[gone]
            self._book(batch.reversed())
        for name in self._age:
            self._age[name] += 1


@dataclass
class Line:
    """A line to a ledger that loses, doubles and delays; quiet once `calm`."""

    ledger: Any
    chance: random.Random
    calm: bool = False
    late: list[Batch] = field(default_factory=list[Batch])

    def submit(self, batch: Batch) -> Receipt:
        fate = "arrives" if self.calm else self.chance.choice(("arrives", "arrives", "lost", "answer", "twice", "late"))
        if fate == "lost":
            raise LedgerUnreachable("the request is lost")
        if fate == "late":
            self.late.append(batch)
            raise LedgerUnreachable("the request is on its way")
        receipt = self.ledger.submit(batch)
        if fate == "twice":
            receipt = self.ledger.submit(batch)
        if fate == "answer":
            raise LedgerUnreachable("the answer is lost")
        return receipt

    def status(self, batch_id: str) -> Receipt:
        self._weather()
        return self.ledger.status(batch_id)

    def reverse(self, batch_id: str) -> Receipt:
        self._weather()
        return self.ledger.reverse(batch_id)

    def balances(self, asset: str | None = None) -> Any:
        return self.ledger.balances(asset)

    def arrivals(self) -> None:
        """What was late arrives, in any order."""
        self.chance.shuffle(self.late)
        for batch in self.late[: None if self.calm else self.chance.randrange(len(self.late) + 1)]:
            self.late.remove(batch)
            try:
                self.ledger.submit(batch)
            except LedgerError:
                continue

    def _weather(self) -> None:
        if not self.calm and self.chance.random() < 0.2:
            raise LedgerUnreachable("the line is cut")


@dataclass
class Story:
    """What happened: every batch that was acknowledged, and what the ledger must refuse."""

    acknowledged: dict[str, Batch] = field(default_factory=dict[str, Batch])
    refusable: set[str] = field(default_factory=set[str])


class World:
    """A store, a relay, a line and a ledger, all of which may fail."""

    def __init__(
        self, seed: int, store: Callable[[], Store], relay: Callable[..., Relay] = Relay,
        ledger: Callable[[random.Random], Any] | None = None,
    ) -> None:  # fmt: skip
        """Begin a story.

        Args:
            seed: Of all chance.
            store: Opens the database; again after every crash.
            relay: Joins an outbox, a ledger and a clock.
            ledger: Makes the ledger; one of the two kinds by chance when None.
        """
        self.chance = random.Random(seed)
        slow = self.chance.random() < 0.5
        self.ledger: Any = ledger(self.chance) if ledger else Forks(self.chance) if slow else MemoryLedger()
        self.line = Line(self.ledger, self.chance)
        self.now = 1_800_000_000.0
        self.story = Story()
        self._open, self._relay = store, relay
        self.store = store()
        self._fuse, self.crashes = 0, 0
        MemoryLedger.submit(self.ledger, sample_batch("cents"))  # final from the start
        self._start()

    def _start(self) -> None:
        self.relay = self._relay(self.store.outbox, self._fused(self.line), lambda: self.now)

    def _fused(self, line: Line) -> Ledger:
        """The line, on which the process dies before or after a call when its fuse has burnt down."""
        world = self

        class Fused:
            def __getattr__(self, name: str) -> Any:
                act = getattr(line, name)

                def call(*given: Any) -> Any:
                    world.burn()
                    found = act(*given)
                    world.burn()
                    return found

                return call

        return Fused()  # type: ignore[return-value]

    def burn(self) -> None:
        """One more point at which the process may die."""
        if self._fuse:
            self._fuse -= 1
            if not self._fuse:
                raise Crash

    def keep(self, number: int) -> None:
        """An outcome is settled and kept; acknowledged once the store returned."""
        batch = sample_batch(f"batch {number}", {"party:ann": number + 1, "party:bob": -3})
        if self.chance.random() < 0.1:
            batch = sample_batch(f"finer {number}", asset=Asset(id="EUR", kind="money", decimals=6))
            self.story.refusable.add(batch.id)
        packed = batch_to_proto(batch).SerializeToString()
        answer = Answer(response=b"answer", reason="OPTIMAL", batch=packed, batch_id=batch.id)
        name = f"request {number}"
        while True:  # the caller repeats its request until it is answered
            try:
                self._light()
                self.store.take(name, batch.id, b"")
                self.burn()
                self.store.finish(name, answer, "", 0.0)
                self.burn()
                break
            except Crash:
                self.crash()
        self._fuse = 0
        assert self.store.response(name) == b"answer"
        self.story.acknowledged[batch.id] = batch

    def _light(self) -> None:
        self._fuse = self.chance.randrange(1, 12) if self.chance.random() < 0.3 and not self.line.calm else 0

    def crash(self) -> None:
        """Start again on what was committed."""
        self._fuse = 0
        self.crashes += 1
        self.store = self._open()
        self._start()

    def deliver(self) -> None:
        """One round of the relay, which may die in it."""
        self._light()
        try:
            self.relay.deliver()
        except Crash:
            self.crash()
        self._fuse = 0

    def pass_time(self) -> None:
        """Time goes by, and sometimes jumps, either way."""
        self.now += self.chance.choice((0.1, 1.0, 30.0, LONGEST_WAIT_S))
        if not self.line.calm and self.chance.random() < 0.05:
            self.now += self.chance.choice((-1.0, 1.0)) * self.chance.choice((60.0, 3600.0, 30 * 86400.0))
        if isinstance(self.ledger, Forks):
            self.ledger.tick()
        self.line.arrivals()

    def run(self, batches: int = 4, acts: int = 14) -> None:
        """Tell the story, then let it come to rest."""
        kept = 0
        for _ in range(acts):
            act = self.chance.random()
            if kept < batches and act < 0.4:
                self.keep(kept)
                kept += 1
            elif act < 0.8:
                self.deliver()
            self.pass_time()
        self.line.calm = True
        for _ in range(60):
            self.now += LONGEST_WAIT_S
            self.pass_time()
            self.deliver()
            if self.store.outbox.next_try() is None and not self.line.late:
                break

    def wrong(self) -> list[str]:
        """Everything that was lost, doubled or left lying."""
        found: list[str] = []
        posted = {each.batch_id: each.state for each in self.store.outbox.parcels()}
        should: dict[str, int] = {}
        for batch in (sample_batch("cents"), *self.story.acknowledged.values()):
            if batch.id in self.story.refusable:
                continue
            for account, amounts in batch.totals().items():
                should[account] = should.get(account, 0) + amounts["EUR"]
        for name in self.story.acknowledged:
            want = Delivery.DEAD if name in self.story.refusable else Delivery.DELIVERED
            if posted.get(name) is not want:
                found.append(f"batch {name[:8]} is {posted.get(name)}, not {want}")
        held = {account: amounts["EUR"] for account, amounts in self.ledger.balances().items()}
        if held != {account: amount for account, amount in should.items() if amount}:
            found.append(f"balances are {held}, not {should}")
        return found
