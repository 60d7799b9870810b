"""Batches of postings, the reference ledger, and a conformance suite that catches ledgers that lie."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import pytest

from c4e_opt.errors import LedgerError, Unbalanced
from c4e_opt.settlement import Batch, Ledger, MemoryLedger, Receipt, State, batch_of, settle
from c4e_opt.settlement.conformance import check_ledger, sample_batch
from tests.settlement.markets import grid, load, market, sun, tie


def batch(price: float = 100.0, **decimals: int) -> Batch:
    """Load and roof of ann are netted; the operator earns a rent; the tie's owner earns another."""
    parts = [
        load("l", "ann", [1.0]),
        sun("s", "ann", [0.4]),
        grid("g", "sup", [0.7], 40.0),
        tie("t", "net", [0.1], [0.1], ("e", "f")),
        load("far", "bob", [0.1], "f"),
    ]
    return batch_of(settle(*market(parts, {"e": [price], "f": [120.0]}, minutes=[15], **decimals)))


def test_one_posting_per_account_asset_and_step() -> None:
    """A quarter of an hour: ann -15 EUR net, supplier 0.175 * 40 = 7, rent 10.50, tie 3 - 2.50, bob -3."""
    postings = {(each.account, each.asset): each.amount for each in batch().postings()}
    assert postings == {
        ("party:ann", "EUR"): -1500,
        ("party:bob", "EUR"): -300,
        ("party:sup", "EUR"): 700,
        ("rent:net", "EUR"): 50,
        ("rent:operator", "EUR"): 1050,
        ("party:ann", "electricity"): 150_000,
        ("party:bob", "electricity"): 25_000,
        ("party:sup", "electricity"): -175_000,
    }
    first = next(batch().postings())
    assert (first.period, first.purpose, len(first.id)) == ("2030-01-01T00:00:00Z/PT900S", "party", 32)


def test_ids_depend_on_what_is_settled_and_nothing_else() -> None:
    assert batch() == batch()
    assert [each.id for each in batch().postings()] == [each.id for each in batch().postings()]
    assert len({batch().id, batch(101.0).id, batch(money=3).id, batch().reversed().id}) == 4


def test_transfers_leave_nothing_at_the_clearing_account() -> None:
    left: dict[str, int] = defaultdict(int)
    for each in batch().transfers():
        assert each.amount > 0
        assert "clearing" in (each.giver, each.receiver)
        left[each.asset] += each.amount if each.receiver == "clearing" else -each.amount
    assert set(left.values()) == {0}


def test_a_batch_comes_back_from_json() -> None:
    for one in (batch(), batch(money=18, energy=18), batch().reversed()):
        again = Batch.from_json(json.loads(json.dumps(one.to_json())))
        assert again == one
        assert again.digest == one.digest


def test_an_unbalanced_batch_names_asset_and_period() -> None:
    one = batch()
    amount = one.amount.copy()
    amount[0] += 1
    with pytest.raises(Unbalanced, match="EUR sums to 1 minor units in 2030-01-01T00:00:00Z/PT900S"):
        replace(one, amount=amount).check()


def test_a_statement_is_posted_once_and_taken_back() -> None:
    ledger: Ledger = MemoryLedger()
    one = batch()
    receipt = ledger.submit(one)
    assert (receipt.state, receipt.postings) == (State.FINAL, 8)
    assert ledger.submit(batch()) == receipt
    assert ledger.balances("EUR")["party:ann"] == {"EUR": -1500}
    assert ledger.reverse(one.id).reverses == one.id
    assert ledger.balances() == {}


def test_the_memory_ledger_conforms() -> None:
    moment = [2e9]

    def set_clock(_ledger: Ledger, seconds: int) -> None:
        moment[0] = seconds

    check_ledger(MemoryLedger)
    check_ledger(lambda: MemoryLedger(lambda: moment[0]), reopen=lambda ledger: ledger, set_clock=set_clock)


class BooksTwice(MemoryLedger):
    def submit(self, batch: Batch) -> Receipt:
        known = self.status(batch.id).state is State.FINAL
        receipt = super().submit(batch)
        if known:
            self._book(batch)
        return receipt


class TakesOtherContent(MemoryLedger):
    def submit(self, batch: Batch) -> Receipt:
        known = self.status(batch.id)
        return known if known.state is State.FINAL else super().submit(batch)


class TakesAnySum(MemoryLedger):
    def submit(self, batch: Batch) -> Receipt:
        try:
            return super().submit(batch)
        except Unbalanced:
            return self.status(batch.id)


class MixesDecimals(MemoryLedger):
    def submit(self, batch: Batch) -> Receipt:
        self._assets.clear()
        return super().submit(batch)


class CountsInDoubles(MemoryLedger):
    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        found = super().balances(asset)
        return {account: {name: int(float(n)) for name, n in held.items()} for account, held in found.items()}


class ForgetsToReverse(MemoryLedger):
    def reverse(self, batch_id: str) -> Receipt:
        if self.status(batch_id).state is State.UNKNOWN:
            raise LedgerError("unknown")
        return self.status(batch_id)


class NeverFinishes(MemoryLedger):
    def status(self, batch_id: str) -> Receipt:
        return replace(super().status(batch_id), state=State.PENDING)


class KnowsEverything(MemoryLedger):
    def status(self, batch_id: str) -> Receipt:
        return replace(super().status(batch_id), state=State.FINAL)


@pytest.mark.parametrize(
    ("ledger", "sentence"),
    [
        (BooksTwice, "balances are"),
        (TakesOtherContent, "a known id with other content must be refused"),
        (TakesAnySum, "a batch that does not sum to zero must be refused"),
        (MixesDecimals, "an asset with other decimals than before must be refused"),
        (CountsInDoubles, "balances are"),
        (ForgetsToReverse, "a receipt"),
        (NeverFinishes, "has state pending, not unknown"),
        (KnowsEverything, "has state final, not unknown"),
    ],
)
def test_a_ledger_that_breaks_the_port_is_found(ledger: type[MemoryLedger], sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_ledger(ledger)


def test_a_ledger_that_forgets_is_found() -> None:
    with pytest.raises(AssertionError, match="after reopening"):
        check_ledger(MemoryLedger, reopen=lambda _ledger: MemoryLedger())


def test_amounts_of_a_sample_batch_sum_to_zero() -> None:
    sample_batch("x", {"party:ann": 10**40}).check()
