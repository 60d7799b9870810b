"""What the checks of ledgers share: small batches, and assertions about what a ledger did with them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from c4e_opt.errors import C4eError
from c4e_opt.settlement.ledger import Ledger, Receipt
from c4e_opt.settlement.postings import Batch
from c4e_opt.settlement.statement import Asset

EUR = Asset(id="EUR", kind="money", decimals=2)
ENERGY = Asset(id="electricity", kind="energy", decimals=18)
COIN = Asset(id="sun", kind="token", decimals=0)
LATER = 4_102_444_800  # 2100-01-01, after any clock that a ledger under test has


class Booked:
    """Submits and waits until the batch counts."""

    def __init__(self, wait: Callable[[Ledger, str], None]) -> None:
        """Wait by this."""
        self.wait = wait

    def __call__(self, ledger: Ledger, batch: Batch) -> Receipt:
        """Submit a batch."""
        first = ledger.submit(batch)
        return self.until_counted(ledger, first, batch)

    def until_counted(self, ledger: Ledger, first: Receipt, batch: Batch) -> Receipt:
        """Hold the receipt of a batch that was taken to what the batch says."""
        self.wait(ledger, first.batch_id)
        receipt = ledger.status(first.batch_id)
        assert receipt.counted, f"a valid batch ended as {receipt.state}, not committed or final: {receipt.detail}"
        assert receipt.batch_id == batch.id == first.batch_id, "a receipt names another batch than its own"
        assert receipt.digest == first.digest == batch.digest, "a receipt carries another digest than its batch"
        assert receipt.postings == len(batch), f"a receipt counts {receipt.postings} postings of {len(batch)}"
        assert receipt.reverses == batch.reverses, "a receipt says otherwise than its batch what is reversed"
        return receipt


def sample_batch(name: str = "one", amounts: Mapping[str, int] | None = None, asset: Asset = EUR) -> Batch:
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


def sample_hold(name: str = "charging", amount: int = 500, expires: int = LATER) -> Batch:
    """A hold of `amount` cents of ann's in an escrow of its own."""
    return replace(sample_batch(name, {"party:ann": -amount, f"escrow:{name}": amount}), expires=expires)


def sample_release(hold: Batch, name: str = "charged", to: str = "party:bob") -> Batch:
    """The end of a hold by which somebody gets all of it."""
    taken = {account: -amounts["EUR"] for account, amounts in hold.totals().items() if account.startswith("escrow:")}
    return replace(sample_batch(name, taken | {to: -sum(taken.values())}), ends=hold.id)


@contextmanager
def refused(error: type[C4eError], sentence: str) -> Generator[None]:
    """Hold what is done inside to raising this error."""
    try:
        yield
    except error:
        return
    except Exception as other:
        raise AssertionError(f"{sentence}; it raised {type(other).__name__} instead of {error.__name__}") from other
    raise AssertionError(f"{sentence}; nothing was raised instead of {error.__name__}")


def holds(ledger: Ledger, *batches: Batch) -> None:
    """Hold the balances to the sum of these batches."""
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
