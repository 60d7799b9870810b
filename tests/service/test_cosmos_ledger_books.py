"""The Cosmos ledger and others: lost and second books, crashes, others that sign with the key, holds that end late."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Asset, Batch, State
from c4e_opt.settlement.conformance import sample_batch, sample_hold, sample_release
from c4e_server.ledgers.cosmos import CosmosLedger
from c4e_server.ledgers.cosmos.messages import memo_of
from c4e_server.ledgers.cosmos.node import Node
from tests.service.cosmos_chain import SEND, Fail
from tests.service.cosmos_world import World, address, bookings, contract_address, signed_by_others, sound

BATCH = sample_batch()
SUN = Asset(id="sun", kind="token", decimals=0)
OTHER = sample_batch("other", {"party:ann": -5, "party:bob": 3})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def ledger(world: World) -> CosmosLedger:
    return world.ledger()


def test_after_the_book_was_lost_nothing_is_booked_twice(world: World, ledger: CosmosLedger) -> None:
    world.booked(ledger, BATCH)
    receipt = world.booked(ledger, OTHER)
    ledger.close()
    new = world.ledger("new")
    assert new.status(OTHER.id) == receipt
    with pytest.raises(LedgerError, match="whose content is not in this book; submit that batch here"):
        new.balances()
    with pytest.raises(LedgerError, match="was booked by another book; submit it here, then reverse it"):
        new.reverse(OTHER.id)
    with pytest.raises(LedgerError, match="known with other content"):
        new.submit(replace(sample_batch("forged"), id=OTHER.id))
    assert new.submit(OTHER) == receipt
    new.submit(BATCH)
    sound(world, new, BATCH, OTHER)
    world.wait(new, new.reverse(OTHER.id).batch_id)
    assert new.balances() == BATCH.totals()


def test_a_failed_id_stays_failed_also_without_the_book(world: World, ledger: CosmosLedger) -> None:
    ledger.submit(BATCH)
    world.chain.revoke(address("party:ann"), world.operator, SEND)
    world.node.block(2)
    failed = ledger.status(BATCH.id)
    world.chain.grant(address("party:ann"), world.operator, SEND)
    assert world.ledger("new").submit(BATCH) == failed


def test_two_books_with_one_key_book_a_batch_once(world: World, ledger: CosmosLedger) -> None:
    """The number of the second is taken by the first; it asks, and finds what the first has booked."""
    second = world.ledger("second")
    ledger.submit(BATCH)
    with pytest.raises(LedgerError, match="keeps changing"):
        second.submit(BATCH)
    world.node.block()
    assert second.submit(BATCH) == ledger.status(BATCH.id)
    sound(world, second, BATCH)


def test_the_anchor_refuses_what_another_book_has_booked_meanwhile(world: World) -> None:
    """The worst case: two pools, each with another book's transaction of the same batch under its own number."""
    first, second = world.ledger("first"), world.ledger("second")
    first.submit(BATCH)
    (one,) = world.node.pool
    world.node.restart()
    second.submit(OTHER)
    second.submit(BATCH)
    world.node.pool = [one, world.node.pool[1]]
    world.node.block(2)
    assert first.status(BATCH.id).state is State.FINAL
    assert second.status(BATCH.id).state is not State.UNKNOWN
    assert len(bookings(world, BATCH)) == 1
    (refused,) = (each for each in world.chain.done.values() if each.code)
    assert refused.words == "this batch is anchored already: execute wasm contract failed"


def test_whoever_else_signs_with_the_key_is_noticed(world: World, ledger: CosmosLedger) -> None:
    world.booked(ledger, BATCH)
    ledger.submit(OTHER)
    world.node.pool = []
    world.chain.checked = world.chain.state
    world.node.block()
    world.node.pool = [signed_by_others(world, 1, "a holiday")]
    world.node.block()
    assert ledger.status(OTHER.id).detail == "its last transaction is void and in no block; submit it again"
    world.booked(ledger, OTHER)
    sound(world, ledger, BATCH, OTHER)


def test_a_transaction_of_another_between_simulation_and_broadcast(
    world: World, ledger: CosmosLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    broadcast = Node.broadcast

    def late(node: Node, raw: bytes) -> tuple[int, str]:
        monkeypatch.setattr(Node, "broadcast", broadcast)
        broadcast(node, signed_by_others(world, 0))
        return broadcast(node, raw)

    monkeypatch.setattr(Node, "broadcast", late)
    first = ledger.submit(BATCH)
    assert first.detail.startswith("sdk 32: account sequence mismatch, expected 1, got 0")
    world.node.block()
    assert world.booked(ledger, BATCH).state is State.FINAL
    sound(world, ledger, BATCH)


def test_a_crash_before_sending_loses_nothing(
    world: World, ledger: CosmosLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(node: Node, raw: bytes) -> tuple[int, str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Node, "broadcast", crash)
        with pytest.raises(KeyboardInterrupt):
            ledger.submit(BATCH)
    ledger.close()
    again = world.ledger()
    assert again.status(BATCH.id).state is State.PENDING
    world.booked(again, BATCH)
    sound(world, again, BATCH)


def test_the_end_of_a_hold_that_comes_too_late_fails(world: World, ledger: CosmosLedger) -> None:
    hold = sample_hold(expires=world.now + 100)
    world.booked(ledger, hold)
    late = sample_release(hold)
    ledger.submit(late)
    world.set_clock(hold.expires)
    world.node.block(2, time=world.now)
    failed = ledger.status(late.id)
    assert (failed.state, "wasm 5: no such hold, ended already, or expired" in failed.detail) == (State.FAILED, True)
    world.booked(ledger, hold.given_back())
    sound(world, ledger, hold, hold.given_back())


def test_a_void_end_of_a_hold_is_given_up_after_its_expiry(world: World, ledger: CosmosLedger) -> None:
    hold = sample_hold(expires=world.now + 100)
    world.booked(ledger, hold)
    late = sample_release(hold)
    ledger.submit(late)
    world.node.withheld = True
    world.node.block(11, time=world.now)
    world.set_clock(hold.expires)
    failed = ledger.submit(late)
    assert failed.state is State.FAILED
    assert "from then on it can only be given back" in failed.detail
    world.node.withheld = False
    world.booked(ledger, hold.given_back())
    sound(world, ledger, hold, hold.given_back())


def test_a_hold_that_others_gave_back_can_still_be_booked(world: World, ledger: CosmosLedger) -> None:
    hold = sample_hold(expires=world.now + 100)
    world.booked(ledger, hold)
    world.set_clock(hold.expires)
    state, escrow = world.chain.state, contract_address("escrow")
    said = {"give_back": {"hold": hold.id, "batch": "0" * 64, "digest": "0" * 64}}
    with pytest.raises(Fail, match="not expired"):
        world.chain.contracts[escrow](state, escrow, address("party:ann"), said, {}, hold.expires - 1)
    world.chain.contracts[escrow](state, escrow, address("party:ann"), said, {}, hold.expires)
    world.chain.checked = state
    world.booked(ledger, hold.given_back())
    sound(world, ledger, hold, hold.given_back())


def test_verify_names_what_the_chain_does_not_say(world: World, ledger: CosmosLedger) -> None:
    world.booked(ledger, BATCH)
    world.booked(ledger, OTHER)
    assert ledger.verify() == []
    ledger.close()
    with closing(sqlite3.connect(world.folder / "book.sqlite")) as book:
        book.execute("UPDATE batches SET content = replace(content, '\"1000\"', '\"1001\"') WHERE place = 1")
        book.commit()
    ledger = world.ledger()
    (wrong,) = ledger.verify()
    assert wrong.startswith(f"batch {BATCH.id[:12]} (")
    assert wrong.endswith("): the memo is of another batch")
    name = ledger.status(OTHER.id).reference
    world.chain.done[name] = replace(world.chain.done[name], code=5)
    assert ledger.verify()[1].endswith(f" ({name[:12]}): the node has no such transaction that had an effect")


def test_verify_compares_what_a_transaction_does(world: World, ledger: CosmosLedger) -> None:
    """The right memo on a transaction that does something else, as a stolen key could sign it."""
    world.node.pool = [signed_by_others(world, 0, memo_of(BATCH))]
    world.node.block(2)
    assert ledger.submit(BATCH).state is State.FINAL
    (wrong,) = ledger.verify()
    assert wrong.endswith("): the transaction does something else than the batch says")


def test_what_a_pending_batch_takes_from_a_wallet_is_not_taken_again(world: World, ledger: CosmosLedger) -> None:
    """The chain's simulation does not see what waits; the book does."""
    minted = sample_batch("minted", {"issuer:y": -10, "wallet:ann": 10}, SUN)
    world.booked(ledger, minted)
    first, second = (sample_batch(name, {"wallet:ann": -6, "wallet:bob": 6}, SUN) for name in ("first", "second"))
    ledger.submit(first)
    with pytest.raises(LedgerError, match="takes 6 minor units of sun from wallet:ann, which holds 4"):
        ledger.submit(second)
    assert ledger.status(second.id).state is State.UNKNOWN
    world.wait(ledger, first.id)
    sound(world, ledger, minted, first)


def test_a_pending_end_ends_a_hold(world: World, ledger: CosmosLedger) -> None:
    hold = sample_hold()
    world.booked(ledger, hold)
    release = sample_release(hold)
    ledger.submit(release)
    with pytest.raises(LedgerError, match=f"which {release.id[:12]} has ended; a hold is ended once"):
        ledger.submit(hold.given_back())
    world.wait(ledger, release.id)
    sound(world, ledger, hold, release)


def test_a_number_that_another_took_after_a_failure_too_early(world: World, ledger: CosmosLedger) -> None:
    ledger.submit(BATCH)
    ledger.submit(OTHER)
    world.node.pool.reverse()
    world.node.block()
    world.node.pool = [signed_by_others(world, 1)]
    world.node.block()
    assert ledger.status(OTHER.id).state is State.PENDING
    world.booked(ledger, OTHER)
    sound(world, ledger, BATCH, OTHER)


def test_two_processes_with_one_book_book_every_batch_once(world: World, ledger: CosmosLedger) -> None:
    second = world.ledger()
    batches = [sample_batch(f"batch {n}", {"party:ann": n + 1}) for n in range(6)]

    def taken(pair: tuple[CosmosLedger, Batch]) -> None:
        with suppress(LedgerError):  # the other's transaction came in between; it is submitted again
            pair[0].submit(pair[1])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(taken, [(each, batch) for batch in batches for each in (ledger, second)] * 2))
    for batch in batches:
        assert world.booked(second, batch).state is State.FINAL
    sound(world, ledger, *batches)
