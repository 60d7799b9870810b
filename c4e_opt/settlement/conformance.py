"""What every ledger adapter must pass: `check_ledger(make_ledger)`, for the tests of adapters.

Needs no test framework: each check raises an AssertionError that says in one sentence what the ledger did wrong.
`examine_ledger` makes all checks and says of each whether it held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from c4e_opt.errors import LedgerError, Unbalanced
from c4e_opt.settlement import conformance_holds
from c4e_opt.settlement.conformance_parts import (
    ENERGY,
    EUR,
    Booked,
    holds,
    refused,
    sample_batch,
    sample_hold,
    sample_release,
)
from c4e_opt.settlement.ledger import Ledger, State
from c4e_opt.settlement.postings import Batch

__all__ = ["Finding", "check_ledger", "examine_ledger", "sample_batch", "sample_hold", "sample_release"]

_HUGE = 10**30 + 7


def check_ledger(
    make_ledger: Callable[[], Ledger],
    *,
    wait: Callable[[Ledger, str], None] | None = None,
    reopen: Callable[[Ledger], Ledger] | None = None,
    set_clock: Callable[[Ledger, int], None] | None = None,
) -> None:
    """Hold an adapter to the port.

    Args:
        make_ledger: Makes a fresh, empty ledger; called once per check.
        wait: Returns when the batch of this id is no longer pending; only for ledgers that take their time.
        reopen: Closes a ledger and opens it again on what it stored; only for ledgers that last.
        set_clock: Sets the ledger's clock to seconds since 1970, never backwards; what depends on the expiry of a hold
            is left out without it.

    Raises:
        AssertionError: The ledger breaks the port; the sentence says how.
    """
    for finding in examine_ledger(make_ledger, wait=wait, reopen=reopen, set_clock=set_clock):
        if finding.error is not None:
            raise finding.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether a ledger keeps a rule."""

    rule: str
    error: Exception | None  # None where it does; an AssertionError says what it did wrong, others that it broke down

    @property
    def holds(self) -> bool:
        """Whether the rule was kept."""
        return self.error is None


def examine_ledger(
    make_ledger: Callable[[], Ledger],
    *,
    wait: Callable[[Ledger, str], None] | None = None,
    reopen: Callable[[Ledger], Ledger] | None = None,
    set_clock: Callable[[Ledger, int], None] | None = None,
) -> Iterator[Finding]:
    """Hold an adapter to every rule of the port, one after the other; arguments as of `check_ledger`."""
    booked = Booked(wait or (lambda _ledger, _id: None))
    checks: list[Callable[..., None]] = [
        _a_new_ledger_is_empty,
        _a_batch_is_booked_once,
        _other_content_is_refused,
        _an_unbalanced_batch_leaves_no_trace,
        _other_decimals_are_refused,
        _amounts_of_any_size_are_exact,
        _batches_add_up,
        _a_reversal_restores_the_balances,
        _reversing_nothing_is_refused,
        _many_threads_have_one_effect,
        _amounts_are_integers,
        _a_reversal_is_the_opposite,
        *conformance_holds.CHECKS,
    ]
    for check in checks:
        yield _finding(check, make_ledger, booked)
    if set_clock is not None:
        yield _finding(conformance_holds.an_expired_hold_can_only_be_given_back, make_ledger, booked, set_clock)
    if reopen is not None:
        yield _finding(_books_survive, make_ledger, booked, reopen)


def _finding(check: Callable[..., None], make_ledger: Callable[[], Ledger], *given: object) -> Finding:
    rule = check.__name__.strip("_").replace("_", " ")
    try:
        check(make_ledger(), *given)
    except Exception as error:
        return Finding(rule=rule, error=error)
    return Finding(rule=rule, error=None)


def _a_new_ledger_is_empty(ledger: Ledger, booked: Booked) -> None:
    assert isinstance(ledger, Ledger), "the ledger lacks a method of the port"
    assert not ledger.balances(), "a new ledger has balances"
    receipt = ledger.status("0" * 64)
    assert receipt.state is State.UNKNOWN, f"an id that was never taken has state {receipt.state}, not unknown"
    assert receipt.batch_id == "0" * 64, "the receipt of an unknown id does not name that id"


def _a_batch_is_booked_once(ledger: Ledger, booked: Booked) -> None:
    batch = sample_batch()
    first = booked(ledger, batch)
    again = ledger.submit(Batch.from_json(batch.to_json()))
    assert again == first, f"the same batch, submitted again, has another receipt: {again} after {first}"
    holds(ledger, batch)


def _other_content_is_refused(ledger: Ledger, booked: Booked) -> None:
    batch = sample_batch()
    first = booked(ledger, batch)
    forged = replace(sample_batch("one", {"party:ann": -9}), id=batch.id)
    with refused(LedgerError, "a known id with other content must be refused"):
        ledger.submit(forged)
    assert ledger.status(batch.id) == first, "a refused batch changed the receipt of the id that it used"
    holds(ledger, batch)


def _an_unbalanced_batch_leaves_no_trace(ledger: Ledger, booked: Booked) -> None:
    batch = sample_batch()
    wrong = batch.amount.copy()
    wrong[0] += 1
    with refused(Unbalanced, "a batch that does not sum to zero must be refused"):
        ledger.submit(replace(batch, amount=wrong))
    assert ledger.status(batch.id).state is State.UNKNOWN, "a batch that was refused as unbalanced left its id behind"
    holds(ledger)
    booked(ledger, batch)
    holds(ledger, batch)


def _other_decimals_are_refused(ledger: Ledger, booked: Booked) -> None:
    batch = sample_batch()
    booked(ledger, batch)
    finer = sample_batch("finer", asset=replace(EUR, decimals=6))
    with refused(LedgerError, "an asset with other decimals than before must be refused"):
        ledger.submit(finer)
    assert ledger.status(finer.id).state is State.UNKNOWN, "a batch refused for its decimals left its id behind"
    holds(ledger, batch)


def _amounts_of_any_size_are_exact(ledger: Ledger, booked: Booked) -> None:
    huge = sample_batch("huge", {"party:ann": -_HUGE}, ENERGY)
    small = sample_batch("small", {"party:ann": 1}, ENERGY)
    booked(ledger, huge)
    booked(ledger, small)
    holds(ledger, huge, small)


def _batches_add_up(ledger: Ledger, booked: Booked) -> None:
    odd = "party:o'neill; \N{EURO SIGN} é"
    batches = [
        sample_batch("a", {"party:ann": 5, odd: -3}),
        sample_batch("b", {"party:ann": -5, "rent:operator": 4, "rounding:operator": 1}),
        sample_batch("c", {"party:ann": 11}, ENERGY),
        sample_batch("nothing", {"party:ann": 0}),
    ]
    for batch in batches:
        booked(ledger, batch)
    holds(ledger, *batches)
    only = {account: dict(held) for account, held in ledger.balances("electricity").items()}
    should = {"party:ann": {"electricity": 11}, "party:rest": {"electricity": -11}}
    assert only == should, f"balances of one asset are {only}, not {should}"
    assert not ledger.balances("gold"), "an asset that was never booked has balances"


def _a_reversal_restores_the_balances(ledger: Ledger, booked: Booked) -> None:
    kept, mistake = sample_batch("kept"), sample_batch("mistake", {"party:ann": -7})
    booked(ledger, kept)
    before = booked(ledger, mistake)
    first = booked.until_counted(ledger, ledger.reverse(mistake.id), mistake.reversed())
    assert ledger.reverse(mistake.id) == first, "reversing a batch again has another receipt"
    assert ledger.submit(mistake) == before, "a reversed batch, submitted again, has another receipt"
    holds(ledger, kept)
    with refused(LedgerError, "a reversal must not be reversed"):
        ledger.reverse(first.batch_id)


def _reversing_nothing_is_refused(ledger: Ledger, booked: Booked) -> None:
    with refused(LedgerError, "reversing an id that was never taken must be refused"):
        ledger.reverse("0" * 64)
    holds(ledger)


def _many_threads_have_one_effect(ledger: Ledger, booked: Booked) -> None:
    batches = [sample_batch(f"batch {n}", {"party:ann": n + 1}) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ledger.submit, batches * 4))
    for batch in batches:
        booked(ledger, batch)
    holds(ledger, *batches)


def _books_survive(ledger: Ledger, booked: Booked, reopen: Callable[[Ledger], Ledger]) -> None:
    batch, huge = sample_batch(), sample_batch("huge", {"party:ann": -_HUGE}, ENERGY)
    first = booked(ledger, batch)
    booked(ledger, huge)
    again = reopen(ledger)
    assert again.status(batch.id) == first, "a receipt is another after reopening"
    assert again.submit(batch) == first, "a batch submitted again after reopening has another receipt"
    holds(again, batch, huge)
    with refused(LedgerError, "after reopening, other decimals must still be refused"):
        again.submit(sample_batch("finer", asset=replace(EUR, decimals=6)))
    booked.until_counted(again, again.reverse(batch.id), batch.reversed())
    holds(again, huge)


def _amounts_are_integers(ledger: Ledger, booked: Booked) -> None:
    batch = sample_batch()
    for wrong in (np.array([-12.5, 10.0, 2.5]), batch.amount * 1.0, batch.amount * 0):
        with refused(LedgerError, "amounts that are no integers, or zero, must be refused"):
            ledger.submit(replace(batch, amount=wrong))
    assert ledger.status(batch.id).state is State.UNKNOWN, "a batch that was refused for its amounts left its id behind"
    booked(ledger, batch)
    holds(ledger, batch)


def _a_reversal_is_the_opposite(ledger: Ledger, booked: Booked) -> None:
    batch, other = sample_batch(), sample_batch("other", {"party:ann": 9})
    booked(ledger, batch)
    for sentence, wrong in (
        ("a reversal of a batch that is not booked", other.reversed()),
        ("a reversal with other amounts", replace(other.reversed(), reverses=batch.id)),
    ):
        with refused(LedgerError, f"{sentence} must be refused"):
            ledger.submit(wrong)
    booked(ledger, batch.reversed())
    holds(ledger)
