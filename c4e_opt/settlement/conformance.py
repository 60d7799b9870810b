"""What every ledger adapter must pass: `check_ledger(make_ledger)`, for the tests of adapters.

Needs no test framework: each check raises an AssertionError that says in one sentence what the ledger did wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from c4e_opt.errors import C4eError, LedgerError, Unbalanced
from c4e_opt.settlement.ledger import Ledger, Receipt, State
from c4e_opt.settlement.postings import Batch
from c4e_opt.settlement.statement import Asset

_EUR = Asset(id="EUR", kind="money", decimals=2)
_TOKEN = Asset(id="electricity", kind="energy", decimals=18)
_HUGE = 10**30 + 7


def check_ledger(
    make_ledger: Callable[[], Ledger],
    *,
    wait: Callable[[Ledger, str], None] | None = None,
    reopen: Callable[[Ledger], Ledger] | None = None,
) -> None:
    """Hold an adapter to the port.

    Args:
        make_ledger: Makes a fresh, empty ledger; called once per check.
        wait: Returns when the batch of this id is no longer pending; only for ledgers that take their time.
        reopen: Closes a ledger and opens it again on what it stored; only for ledgers that last.

    Raises:
        AssertionError: The ledger breaks the port; the sentence says how.
    """
    booked = _Booked(wait or (lambda _ledger, _id: None))
    for check in (
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
    ):
        check(make_ledger(), booked)
    if reopen is not None:
        _books_survive(make_ledger(), booked, reopen)


class _Booked:
    """Submits and waits until the batch counts."""

    def __init__(self, wait: Callable[[Ledger, str], None]) -> None:
        self.wait = wait

    def __call__(self, ledger: Ledger, batch: Batch) -> Receipt:
        first = ledger.submit(batch)
        return self.until_counted(ledger, first, batch)

    def until_counted(self, ledger: Ledger, first: Receipt, batch: Batch) -> Receipt:
        self.wait(ledger, first.batch_id)
        receipt = ledger.status(first.batch_id)
        assert receipt.counted, f"a valid batch ended as {receipt.state}, not committed or final: {receipt.detail}"
        assert receipt.batch_id == batch.id == first.batch_id, "a receipt names another batch than its own"
        assert receipt.digest == first.digest == batch.digest, "a receipt carries another digest than its batch"
        assert receipt.postings == len(batch), f"a receipt counts {receipt.postings} postings of {len(batch)}"
        assert receipt.reverses == batch.reverses, "a receipt says otherwise than its batch what is reversed"
        return receipt


def sample_batch(name: str = "one", amounts: Mapping[str, int] | None = None, asset: Asset = _EUR) -> Batch:
    """A small balanced batch; `amounts` by account, one step; the rest goes to `party:rest`."""
    given = dict(amounts or {"party:ann": -1250, "party:bob": 1000})
    given["party:rest"] = given.get("party:rest", 0) - sum(given.values())
    moved = {account: amount for account, amount in sorted(given.items()) if amount}
    return Batch(
        id=hashlib.sha256(name.encode()).hexdigest(),
        statement=hashlib.sha256(f"statement {name}".encode()).hexdigest(),
        assets=(asset,),
        accounts=tuple(moved),
        starts=np.array([1_893_456_000]),
        step_seconds=np.array([900]),
        account=np.arange(len(moved)),
        asset=np.zeros(len(moved), dtype=np.int64),
        step=np.zeros(len(moved), dtype=np.int64),
        amount=np.array(list(moved.values()), dtype=object),
    )


@contextmanager
def _refused(error: type[C4eError], sentence: str) -> Generator[None]:
    try:
        yield
    except error:
        return
    except Exception as other:
        raise AssertionError(f"{sentence}; it raised {type(other).__name__} instead of {error.__name__}") from other
    raise AssertionError(f"{sentence}; nothing was raised instead of {error.__name__}")


def _holds(ledger: Ledger, *batches: Batch) -> None:
    should: dict[str, dict[str, int]] = {}
    for batch in batches:
        for account, amounts in batch.totals().items():
            for asset, amount in amounts.items():
                held = should.setdefault(account, {})
                held[asset] = held.get(asset, 0) + amount
    kept = {account: {asset: amount for asset, amount in held.items() if amount} for account, held in should.items()}
    kept = {account: held for account, held in kept.items() if held}
    has = {account: dict(held) for account, held in ledger.balances().items()}
    assert has == kept, f"balances are {has} after {len(batches)} batches that sum to {kept}"
    kinds = {type(amount) for held in has.values() for amount in held.values()}
    assert kinds <= {int}, f"balances are of {kinds}, not of Python integers"


def _a_new_ledger_is_empty(ledger: Ledger, booked: _Booked) -> None:
    assert isinstance(ledger, Ledger), "the ledger lacks a method of the port"
    assert not ledger.balances(), "a new ledger has balances"
    receipt = ledger.status("0" * 64)
    assert receipt.state is State.UNKNOWN, f"an id that was never taken has state {receipt.state}, not unknown"
    assert receipt.batch_id == "0" * 64, "the receipt of an unknown id does not name that id"


def _a_batch_is_booked_once(ledger: Ledger, booked: _Booked) -> None:
    batch = sample_batch()
    first = booked(ledger, batch)
    again = ledger.submit(Batch.from_json(batch.to_json()))
    assert again == first, f"the same batch, submitted again, has another receipt: {again} after {first}"
    _holds(ledger, batch)


def _other_content_is_refused(ledger: Ledger, booked: _Booked) -> None:
    batch = sample_batch()
    first = booked(ledger, batch)
    forged = replace(sample_batch("one", {"party:ann": -9}), id=batch.id)
    with _refused(LedgerError, "a known id with other content must be refused"):
        ledger.submit(forged)
    assert ledger.status(batch.id) == first, "a refused batch changed the receipt of the id that it used"
    _holds(ledger, batch)


def _an_unbalanced_batch_leaves_no_trace(ledger: Ledger, booked: _Booked) -> None:
    batch = sample_batch()
    wrong = batch.amount.copy()
    wrong[0] += 1
    with _refused(Unbalanced, "a batch that does not sum to zero must be refused"):
        ledger.submit(replace(batch, amount=wrong))
    assert ledger.status(batch.id).state is State.UNKNOWN, "a batch that was refused as unbalanced left its id behind"
    _holds(ledger)
    booked(ledger, batch)
    _holds(ledger, batch)


def _other_decimals_are_refused(ledger: Ledger, booked: _Booked) -> None:
    batch = sample_batch()
    booked(ledger, batch)
    finer = sample_batch("finer", asset=replace(_EUR, decimals=6))
    with _refused(LedgerError, "an asset with other decimals than before must be refused"):
        ledger.submit(finer)
    assert ledger.status(finer.id).state is State.UNKNOWN, "a batch refused for its decimals left its id behind"
    _holds(ledger, batch)


def _amounts_of_any_size_are_exact(ledger: Ledger, booked: _Booked) -> None:
    huge = sample_batch("huge", {"party:ann": -_HUGE}, _TOKEN)
    small = sample_batch("small", {"party:ann": 1}, _TOKEN)
    booked(ledger, huge)
    booked(ledger, small)
    _holds(ledger, huge, small)


def _batches_add_up(ledger: Ledger, booked: _Booked) -> None:
    odd = "party:o'neill; \N{EURO SIGN} é"
    batches = [
        sample_batch("a", {"party:ann": 5, odd: -3}),
        sample_batch("b", {"party:ann": -5, "rent:operator": 4, "rounding:operator": 1}),
        sample_batch("c", {"party:ann": 11}, _TOKEN),
        sample_batch("nothing", {"party:ann": 0}),
    ]
    for batch in batches:
        booked(ledger, batch)
    _holds(ledger, *batches)
    only = {account: dict(held) for account, held in ledger.balances("electricity").items()}
    should = {"party:ann": {"electricity": 11}, "party:rest": {"electricity": -11}}
    assert only == should, f"balances of one asset are {only}, not {should}"
    assert not ledger.balances("gold"), "an asset that was never booked has balances"


def _a_reversal_restores_the_balances(ledger: Ledger, booked: _Booked) -> None:
    kept, mistake = sample_batch("kept"), sample_batch("mistake", {"party:ann": -7})
    booked(ledger, kept)
    before = booked(ledger, mistake)
    first = booked.until_counted(ledger, ledger.reverse(mistake.id), mistake.reversed())
    assert ledger.reverse(mistake.id) == first, "reversing a batch again has another receipt"
    assert ledger.submit(mistake) == before, "a reversed batch, submitted again, has another receipt"
    _holds(ledger, kept)
    with _refused(LedgerError, "a reversal must not be reversed"):
        ledger.reverse(first.batch_id)


def _reversing_nothing_is_refused(ledger: Ledger, booked: _Booked) -> None:
    with _refused(LedgerError, "reversing an id that was never taken must be refused"):
        ledger.reverse("0" * 64)
    _holds(ledger)


def _many_threads_have_one_effect(ledger: Ledger, booked: _Booked) -> None:
    batches = [sample_batch(f"batch {n}", {"party:ann": n + 1}) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ledger.submit, batches * 4))
    for batch in batches:
        booked(ledger, batch)
    _holds(ledger, *batches)


def _books_survive(ledger: Ledger, booked: _Booked, reopen: Callable[[Ledger], Ledger]) -> None:
    batch, huge = sample_batch(), sample_batch("huge", {"party:ann": -_HUGE}, _TOKEN)
    first = booked(ledger, batch)
    booked(ledger, huge)
    again = reopen(ledger)
    assert again.status(batch.id) == first, "a receipt is another after reopening"
    assert again.submit(batch) == first, "a batch submitted again after reopening has another receipt"
    _holds(again, batch, huge)
    with _refused(LedgerError, "after reopening, other decimals must still be refused"):
        again.submit(sample_batch("finer", asset=replace(_EUR, decimals=6)))
    booked.until_counted(again, again.reverse(batch.id), batch.reversed())
    _holds(again, huge)
