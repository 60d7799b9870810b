"""Random courses of batches, reversals, holds and faults: the chain ends where the reference ledger ends.

Two kinds. Without faults, and with every batch in its block before the next, the Cosmos ledger takes and refuses what
MemoryLedger takes and refuses. With faults, once they are over, every batch that was taken is booked by exactly one
transaction or failed, MemoryLedger takes what was booked in that order, and bank and balances agree with it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Asset, Batch, Ledger, MemoryLedger, State
from c4e_opt.settlement.conformance import sample_batch
from c4e_server.ledgers.cosmos import CosmosLedger, wire
from c4e_server.ledgers.cosmos.messages import read_memo
from tests.service.cosmos_world import World, on_chain

SUN = Asset(id="sun", kind="token", decimals=0)
PARTIES = ("party:ann", "party:bob", "party:rest")
WALLETS = ("wallet:ann", "wallet:bob", "wallet:rest")


class Course:
    """A seeded course on one chain; `batches` are all that were ever submitted."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World(
            folder,
            clearing=self.random.choice(["operator", "house"]),
            granter=self.random.choice(["", "fund"]),
            anchor=self.random.random() < 0.5,
        )
        self.ledger = self.world.ledger()
        self.memory = MemoryLedger(lambda: self.world.now)
        self.batches: list[Batch] = []
        self.holds: list[Batch] = []

    def new_batch(self) -> Batch:
        """Money of parties, tokens of wallets, a hold, or the end of one; not always one that may be booked."""
        pick, name = self.random.choice, f"batch {len(self.batches)}"
        giver, receiver = self.random.sample(PARTIES, 2)
        kind = self.random.random()
        amount = pick([1, 7, 250, 10**5])
        if kind < 0.35:
            batch = sample_batch(name, {giver: -amount, receiver: amount - 1, "rounding:operator": 1})
        elif kind < 0.5:
            batch = sample_batch(name, {"issuer:y": -amount, pick(WALLETS): amount}, SUN)
        elif kind < 0.7:
            giver, receiver = self.random.sample([*WALLETS, "issuer:y"], 2)
            batch = sample_batch(name, {giver: -(given := pick([1, 7, 250])), receiver: given}, SUN)
        elif kind < 0.85 or not self.holds:
            held = sample_batch(name, {giver: -amount, f"escrow:{name}": amount})
            batch = replace(held, expires=self.world.now + pick([30, 10**6]))
            self.holds.append(batch)
        else:
            hold = pick(self.holds)
            if self.random.random() < 0.4:
                return hold.given_back()
            ((escrow, kept),) = ((a, n["EUR"]) for a, n in hold.totals().items() if a.startswith("escrow:"))
            batch = replace(sample_batch(name, {escrow: -kept, receiver: kept}), ends=hold.id)
        return batch

    def submit(self) -> None:
        batch = self.random.choice(self.batches) if self.batches and self.random.random() < 0.3 else self.new_batch()
        if batch not in self.batches:
            self.batches.append(batch)
        try_to(lambda: self.ledger.submit(batch))

    def reverse(self) -> None:
        if self.batches:
            batch = self.random.choice(self.batches)
            if batch.reversed() not in self.batches:
                self.batches.append(batch.reversed())
            try_to(lambda: self.ledger.reverse(batch.id))

    def block(self) -> None:
        self.world.now += self.random.choice([6, 6, 40])
        self.world.node.block(self.random.choice([1, 1, 2, 12]), time=self.world.now)

    def lose(self) -> None:
        lost = self.random.choice([self.world.node.lose_requests, self.world.node.lose_answers])
        lost[self.random.choice(["BroadcastTx", "BroadcastTx", "Simulate", "Account", "GetTx", "GetTxsEvent"])] += 1

    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = self.world.ledger()

    def withhold(self) -> None:
        self.world.node.withheld = not self.world.node.withheld

    def index(self) -> None:
        self.world.node.indexes = not self.world.node.indexes

    def heal(self) -> None:
        """No more faults; everything is submitted again until nothing waits."""
        node = self.world.node
        node.withheld, node.indexes = False, True
        node.lose_requests.clear()
        node.lose_answers.clear()
        for _ in range(20):
            waiting = [each for each in self.batches if self.ledger.status(each.id).state is State.PENDING]
            for batch in waiting:
                try_to(lambda batch=batch: self.ledger.submit(batch))
            if not waiting:
                break
            node.block(time=self.world.now)
        node.block(time=self.world.now)

    def booked(self) -> list[str]:
        """Ids of booked batches in the order of the chain; each stands for one transaction."""
        done = [each for each in self.world.chain.done.values() if each.code == 0]
        said = [read_memo(wire.read("cosmos.tx.v1beta1.Tx", each.raw).body.memo) for each in done]
        return [each[0] for each in said if each is not None]


def try_to(act: Callable[[], object]) -> str:
    try:
        act()
    except LedgerError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", range(8))
def test_it_takes_and_refuses_what_the_reference_ledger_does(tmp_path: Path, seed: int) -> None:
    course = Course(tmp_path, seed)
    for _ in range(15):
        batch = course.random.choice(course.batches) if course.random.random() < 0.2 and course.batches else None
        if batch is None or course.random.random() < 0.5:
            new = course.new_batch()
            acts = [lambda ledger, new=new: ledger.submit(new)]
            course.batches.append(new)
        else:
            acts = [lambda ledger, batch=batch: ledger.reverse(batch.id)]
        for act in acts:
            said = [try_to(lambda ledger=ledger, act=act: act(ledger)) for ledger in (course.ledger, course.memory)]
            assert bool(said[0]) == bool(said[1]), said
        course.world.node.block(2, time=course.world.now)
        _agree(course.ledger, course.memory, course.world)
        course.world.now += course.random.choice([0, 0, 40])
    course.world.close()


@pytest.mark.parametrize("seed", [*range(20), *(pytest.param(n, marks=pytest.mark.slow) for n in range(20, 300))])
def test_faults_lose_nothing_and_double_nothing(tmp_path: Path, seed: int) -> None:
    course = Course(tmp_path, 1000 + seed)
    acts = [course.submit] * 6 + [course.block] * 4 + [course.lose] * 3
    acts += [course.reverse, course.reopen, course.withhold, course.index, course.world.node.restart]
    for _ in range(30):
        course.random.choice(acts)()
    course.heal()
    booked = course.booked()
    assert len(set(booked)) == len(booked), "a batch is booked twice"
    states = {batch.id: course.ledger.status(batch.id).state for batch in course.batches}
    assert {name for name, state in states.items() if state is State.FINAL} == set(booked)
    assert set(states.values()) <= {State.FINAL, State.FAILED, State.UNKNOWN}
    known = {batch.id: batch for batch in course.batches}
    course.memory = MemoryLedger(lambda: 0)  # the chain's clock decided
    for name in booked:
        course.memory.submit(known[name])
    _agree(course.ledger, course.memory, course.world)
    assert course.ledger.verify() == []
    course.world.close()


def _agree(ledger: CosmosLedger, memory: Ledger, world: World) -> None:
    assert ledger.balances() == memory.balances()
    assert world.moved() == on_chain(memory.balances())
