"""Delivery to a ledger that is away, slow or stubborn: nothing is lost, nothing stands in the way of the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from c4e_opt.errors import LedgerUnreachable
from c4e_opt.settlement import Asset, Batch, MemoryLedger, Receipt, State
from c4e_opt.settlement.conformance import sample_batch
from c4e_server import relay as relays
from c4e_server.convert.statement import batch_to_proto
from c4e_server.errors import DeliveryUnderWay
from c4e_server.relay import MOST_TRIES, Relay, wait_s
from c4e_server.store.outbox import Delivery
from c4e_server.store.store import Store
from c4e_server.workers.messages import Answer


class Away(MemoryLedger):
    """A ledger whose line is cut: before a batch arrives, or before its receipt comes back."""

    def __init__(self, cuts: int, *, booked: bool) -> None:
        super().__init__()
        self.cuts, self.booked = cuts, booked

    def submit(self, batch: Batch) -> Receipt:
        if self.cuts:
            self.cuts -= 1
            if self.booked:
                super().submit(batch)
            raise LedgerUnreachable("the line is cut")
        return super().submit(batch)


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def filled(path: Path, batches: list[Batch]) -> Store:
    store = Store(path / "service.sqlite")
    for batch in batches:
        store.take(batch.id, batch.id, b"")
        packed = batch_to_proto(batch).SerializeToString()
        store.finish(batch.id, Answer(response=b"", reason="OPTIMAL", batch=packed, batch_id=batch.id), "", 0.0)
    return store


def rounds(relay: Relay, clock: Clock, count: int) -> None:
    for _ in range(count):
        relay.deliver()
        clock.now += relays.LONGEST_WAIT_S


BATCHES = [sample_batch(f"batch {number}", {"party:ann": number + 1}) for number in range(12)]


@pytest.mark.parametrize("booked", [False, True])
def test_a_ledger_that_is_away_is_tried_again_until_everything_is_booked_once(tmp_path: Path, booked: bool):
    store, ledger, clock = filled(tmp_path, BATCHES), Away(cuts=17, booked=booked), Clock()
    relay = Relay(store.outbox, ledger, clock)
    rounds(relay, clock, 1)
    assert not all(store.request(batch.id).posted for batch in BATCHES)
    rounds(relay, clock, 10)
    assert ledger.balances()["party:ann"] == {"EUR": sum(range(1, 13))}
    assert all(store.request(batch.id).posted for batch in BATCHES)


def test_batches_that_the_ledger_refuses_are_dead_letters_and_do_not_hold_up_the_others(tmp_path: Path):
    finer = Asset(id="EUR", kind="money", decimals=6)  # this ledger counts cents
    stubborn = [sample_batch(f"finer {number}", asset=finer) for number in range(7)]
    ledger, clock = MemoryLedger(), Clock()
    ledger.submit(sample_batch("cents"))
    store = filled(tmp_path, [*stubborn, *BATCHES])
    rounds(Relay(store.outbox, ledger, clock), clock, 1)
    assert all(store.request(batch.id).posted for batch in BATCHES)
    assert not any(store.request(batch.id).posted for batch in stubborn)
    assert "decimals" in store.request(stubborn[0].id).ledger_says
    assert [each.batch_id for each in store.outbox.parcels([Delivery.DEAD])] == [each.id for each in stubborn]


def test_an_id_that_is_taken_by_other_content_is_given_up(tmp_path: Path):
    ledger, clock = MemoryLedger(), Clock()
    ledger.submit(BATCHES[0])
    forged = replace(BATCHES[1], id=BATCHES[0].id)
    store = filled(tmp_path, [forged])
    rounds(Relay(store.outbox, ledger, clock), clock, 1)
    assert not store.request(forged.id).posted
    assert "other content" in store.request(forged.id).ledger_says
    assert store.outbox.parcel(forged.id).state is Delivery.DEAD


def test_waits_grow_to_ten_minutes_and_tries_end(tmp_path: Path):
    assert [wait_s(tries) for tries in (0, 1, 2, 11, 12, 159)] == [0.2, 0.4, 0.8, 409.6, 600.0, 600.0]
    store, ledger, clock = filled(tmp_path, BATCHES[:1]), Away(cuts=10**9, booked=False), Clock()
    relay = Relay(store.outbox, ledger, clock)
    relay.deliver()
    relay.deliver()  # too early: nothing is tried
    assert store.outbox.parcel(BATCHES[0].id).attempts == 1
    rounds(relay, clock, MOST_TRIES)
    parcel = store.outbox.parcel(BATCHES[0].id)
    assert (parcel.state, parcel.attempts) == (Delivery.DEAD, MOST_TRIES)
    assert "the line is cut" in parcel.detail


def test_an_operator_replays_a_dead_letter(tmp_path: Path):
    store, ledger, clock = filled(tmp_path, BATCHES[:1]), Away(cuts=MOST_TRIES, booked=False), Clock()
    relay = Relay(store.outbox, ledger, clock)
    rounds(relay, clock, MOST_TRIES + 1)
    store.replay(BATCHES[0].id)
    with pytest.raises(DeliveryUnderWay, match="is waiting; only dead letters"):
        store.replay(BATCHES[0].id)
    rounds(relay, clock, 1)
    assert store.request(BATCHES[0].id).posted


@pytest.mark.parametrize("turns_up", [False, True])
def test_what_was_voided_is_not_on_the_ledger_even_where_a_late_request_books_it(tmp_path: Path, turns_up: bool):
    store, ledger, clock = filled(tmp_path, BATCHES[:1]), Away(cuts=MOST_TRIES, booked=False), Clock()
    relay = Relay(store.outbox, ledger, clock)
    rounds(relay, clock, MOST_TRIES + 1)
    store.void(BATCHES[0].id, "settled by hand")
    rounds(relay, clock, 3)
    if turns_up:
        ledger.cuts = 0
        ledger.submit(BATCHES[0])
    rounds(relay, clock, MOST_TRIES)
    assert store.outbox.parcel(BATCHES[0].id).state is Delivery.VOID
    assert ledger.balances() == {}
    assert ledger.status(BATCHES[0].id).state is (State.FINAL if turns_up else State.UNKNOWN)


def test_a_clock_that_is_put_back_does_not_stop_delivery(tmp_path: Path):
    store, ledger, clock = filled(tmp_path, BATCHES[:1]), Away(cuts=1, booked=False), Clock()
    relay = Relay(store.outbox, ledger, clock)
    relay.deliver()
    clock.now -= 10 * 86400
    relay.deliver()
    assert store.request(BATCHES[0].id).posted
