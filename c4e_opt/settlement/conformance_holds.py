"""What every ledger adapter must pass about wallets, escrows and holds; `conformance.check_ledger` runs it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from c4e_opt.errors import LedgerError
from c4e_opt.settlement.conformance_parts import (
    COIN,
    LATER,
    Booked,
    holds,
    refused,
    sample_batch,
    sample_hold,
    sample_release,
)
from c4e_opt.settlement.ledger import Ledger, State
from c4e_opt.settlement.postings import Batch


def _a_wallet_is_never_overdrawn(ledger: Ledger, booked: Booked) -> None:
    minted = sample_batch("minted", {"issuer:sun": -10, "wallet:ann": 10}, COIN)
    given = sample_batch("given", {"wallet:ann": -7, "wallet:bob": 7}, COIN)
    booked(ledger, minted)
    booked(ledger, given)
    for name, amounts in (
        ("more than is there", {"wallet:ann": -4, "wallet:bob": 4}),
        ("from nothing", {"wallet:cid": -1, "wallet:bob": 1}),
    ):
        batch = sample_batch(name, amounts, COIN)
        with refused(LedgerError, f"a wallet that gives {name} must be refused"):
            ledger.submit(batch)
        assert ledger.status(batch.id).state is State.UNKNOWN, "a batch that overdraws a wallet left its id behind"
    with refused(LedgerError, "a reversal that overdraws a wallet must be refused"):
        ledger.reverse(minted.id)
    with refused(LedgerError, "a wallet holds assets each for itself: one must not stand in for another"):
        ledger.submit(sample_batch("other asset", {"wallet:ann": -1, "wallet:bob": 1}))
    last = sample_batch("all that is left", {"wallet:ann": -3, "issuer:sun": 3}, COIN)
    booked(ledger, last)
    holds(ledger, minted, given, last)


def _a_hold_is_released_once(ledger: Ledger, booked: Booked) -> None:
    hold = sample_hold()
    release = sample_release(hold)
    with refused(LedgerError, "the end of a hold that is not booked must be refused"):
        ledger.submit(release)
    booked(ledger, hold)
    holds(ledger, hold)
    first = booked(ledger, release)
    assert ledger.submit(release) == first, "the end of a hold, submitted again, has another receipt"
    assert ledger.submit(hold).digest == hold.digest, "a hold that was ended, submitted again, must return its receipt"
    with refused(LedgerError, "a hold must not be ended a second time"):
        ledger.submit(sample_release(hold, "again", "party:cid"))
    with refused(LedgerError, "a hold that was released must not be given back"):
        ledger.submit(hold.given_back())
    plain = sample_batch()
    booked(ledger, plain)
    with refused(LedgerError, "what is no hold cannot be ended"):
        ledger.submit(replace(sample_batch("no hold"), ends=plain.id))
    holds(ledger, hold, release, plain)


def _a_hold_is_given_back_before_it_expires(ledger: Ledger, booked: Booked) -> None:
    hold = sample_hold()
    booked(ledger, hold)
    booked(ledger, hold.given_back())
    with refused(LedgerError, "a hold that was given back must not be released"):
        ledger.submit(sample_release(hold))
    holds(ledger)


def _an_end_empties_the_escrow(ledger: Ledger, booked: Booked) -> None:
    hold, other = sample_hold(), sample_hold("other")
    booked(ledger, hold)
    booked(ledger, other)
    for name, amounts in (
        ("less than all", {"escrow:charging": -499, "party:bob": 499}),
        ("nothing", {"party:bob": 1}),
        ("another's escrow", {"escrow:other": -500, "party:bob": 500}),
        ("another's escrow as well", {"escrow:charging": -500, "escrow:other": -1, "party:bob": 501}),
    ):
        with refused(LedgerError, f"the end of a hold that takes {name} out of escrow must be refused"):
            ledger.submit(replace(sample_batch(name, amounts), ends=hold.id))
    split = replace(sample_batch("split", {"escrow:charging": -500, "party:ann": 120, "party:bob": 380}), ends=hold.id)
    booked(ledger, split)
    holds(ledger, hold, other, split)


def _only_holds_touch_an_escrow(ledger: Ledger, booked: Booked) -> None:
    hold = sample_hold()
    booked(ledger, hold)
    taken = {"escrow:charging": -500, "party:bob": 500}
    for sentence, batch in (
        ("takes from an escrow", sample_batch("theft", taken)),
        ("puts into an escrow", sample_batch("gift", {"escrow:charging": 5, "party:bob": -5})),
        ("is a hold and takes from an escrow", replace(sample_batch("theft", taken), expires=LATER)),
        ("is a hold that holds nothing", replace(sample_batch("empty"), expires=LATER)),
        ("is a hold that has expired", sample_hold("late", expires=1)),
        ("is a hold and ends one", replace(sample_hold("both"), ends=hold.id)),
    ):
        with refused(LedgerError, f"a batch that {sentence} must be refused"):
            ledger.submit(batch)
        assert ledger.status(batch.id).state is State.UNKNOWN, f"a batch that {sentence} left its id behind"
    holds(ledger, hold)


def _holds_and_their_ends_are_not_reversed(ledger: Ledger, booked: Booked) -> None:
    hold = sample_hold()
    booked(ledger, hold)
    with refused(LedgerError, "a hold must not be reversed"):
        ledger.reverse(hold.id)
    release = sample_release(hold)
    booked(ledger, release)
    for batch in (hold, release):
        with refused(LedgerError, "neither a hold that was ended nor what ended it may be reversed"):
            ledger.reverse(batch.id)
    holds(ledger, hold, release)


def _many_threads_end_a_hold_once(ledger: Ledger, booked: Booked) -> None:
    hold = sample_hold()
    booked(ledger, hold)
    ends = [hold.given_back(), *(sample_release(hold, f"end {n}", f"party:{n}") for n in range(3))]

    def taken(batch: Batch) -> Batch | None:
        try:
            ledger.submit(batch)
        except LedgerError:
            return None
        return batch

    with ThreadPoolExecutor(4) as pool:
        done = [batch for batch in pool.map(taken, ends) if batch is not None]
    assert len(done) == 1, f"{len(done)} of {len(ends)} ends of one hold were taken, not 1"
    booked(ledger, done[0])
    holds(ledger, hold, done[0])


def an_expired_hold_can_only_be_given_back(
    ledger: Ledger, booked: Booked, set_clock: Callable[[Ledger, int], None]
) -> None:
    """An expired hold can only be given back; only for ledgers whose clock can be set."""
    begin = 2_000_000_000
    set_clock(ledger, begin)
    early, hold = sample_hold("early", expires=begin + 1000), sample_hold("late", expires=begin + 1000)
    booked(ledger, early)
    booked(ledger, hold)
    set_clock(ledger, begin + 900)
    release = sample_release(early, "in time")
    booked(ledger, release)
    set_clock(ledger, begin + 1000)
    with refused(LedgerError, "an expired hold must not be released"):
        ledger.submit(sample_release(hold, "too late"))
    assert ledger.submit(release).counted, "what ended a hold in time must be known after its expiry"
    booked(ledger, hold.given_back())
    holds(ledger, early, release)


#: Checks of a fresh, empty ledger.
CHECKS = (
    _a_wallet_is_never_overdrawn,
    _a_hold_is_released_once,
    _a_hold_is_given_back_before_it_expires,
    _an_end_empties_the_escrow,
    _only_holds_touch_an_escrow,
    _holds_and_their_ends_are_not_reversed,
    _many_threads_end_a_hold_once,
)
