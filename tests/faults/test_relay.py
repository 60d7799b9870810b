"""Delivery to a ledger that is away, slow or stubborn: nothing is lost, nothing stands in the way of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Asset, Batch, Receipt
from c4e_opt.settlement.conformance import sample_batch
from c4e_server.convert.statement import batch_to_proto
from c4e_server.ledgers.sqlite import SqliteLedger
from c4e_server.relay import Relay
from c4e_server.store.store import Store
from c4e_server.workers.messages import Answer


class Away(SqliteLedger):
    """A real ledger whose line is cut: before a batch arrives, or before its receipt comes back."""

    def __init__(self, path: Path, cuts: int, *, booked: bool) -> None:
        super().__init__(path)
        self.cuts, self.booked = cuts, booked

    def submit(self, batch: Batch) -> Receipt:
        if self.cuts:
            self.cuts -= 1
            if self.booked:
                super().submit(batch)
            raise LedgerError("the line is cut")
        return super().submit(batch)


def filled(path: Path, batches: list[Batch]) -> Store:
    store = Store(path / "service.sqlite")
    for batch in batches:
        store.take(batch.id, batch.id, b"")
        packed = batch_to_proto(batch).SerializeToString()
        store.finish(batch.id, Answer(response=b"", reason="OPTIMAL", batch=packed, batch_id=batch.id), "", 0.0)
    return store


BATCHES = [sample_batch(f"batch {number}", {"party:ann": number + 1}) for number in range(12)]


@pytest.mark.parametrize("booked", [False, True])
def test_a_ledger_that_is_away_is_tried_again_until_everything_is_booked_once(tmp_path: Path, booked: bool):
    store, ledger = filled(tmp_path, BATCHES), Away(tmp_path / "ledger.sqlite", cuts=17, booked=booked)
    relay, rounds = Relay(store, ledger), 1
    while relay.deliver():
        rounds += 1
        assert rounds < 20
    assert rounds > 2
    assert ledger.verify() == []
    assert ledger.balances()["party:ann"] == {"EUR": sum(range(1, 13))}
    assert all(store.request(batch.id).posted for batch in BATCHES)


def test_batches_that_the_ledger_does_not_take_do_not_hold_up_the_others(tmp_path: Path):
    finer = Asset(id="EUR", kind="money", decimals=6)  # this ledger counts cents
    stubborn = [sample_batch(f"finer {number}", asset=finer) for number in range(7)]
    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    ledger.submit(sample_batch("cents"))
    store = filled(tmp_path, [*stubborn, *BATCHES])
    relay = Relay(store, ledger)
    for _ in range(3):
        assert relay.deliver()  # something is left, and always will be
    assert all(store.request(batch.id).posted for batch in BATCHES)
    assert not any(store.request(batch.id).posted for batch in stubborn)
    assert "decimals" in store.request(stubborn[0].id).ledger_says
    assert ledger.verify() == []


def test_an_id_that_is_taken_by_other_content_is_given_up(tmp_path: Path):
    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    ledger.submit(BATCHES[0])
    import dataclasses

    forged = dataclasses.replace(BATCHES[1], id=BATCHES[0].id)
    store = filled(tmp_path, [forged])
    assert not Relay(store, ledger).deliver()
    assert not store.request(forged.id).posted
    assert "other content" in store.request(forged.id).ledger_says
