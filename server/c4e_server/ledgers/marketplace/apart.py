"""A part of a ledger that looks like a ledger of its own: ids, accounts and assets get a mark that nobody else has.

So the conformance suite, which wants a fresh ledger for every check, runs on the one ledger that a marketplace has.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from c4e_opt.settlement import Batch, Ledger, Receipt


class Apart:
    """Marks everything on its way in, and shows only what bears the mark, without it; safe to share between threads."""

    def __init__(self, ledger: Ledger) -> None:
        """Begin apart from everything that the ledger has booked."""
        self._ledger = ledger
        self._mark = uuid4().hex[:12]
        self._inner: dict[str, str] = {}
        self._outer: dict[str, str] = {"": ""}
        self._digests: dict[str, str] = {}

    def on(self, ledger: Ledger) -> Apart:
        """The same part, seen through another connection."""
        other = copy.copy(self)
        other._ledger = ledger
        return other

    def marked(self, batch: Batch) -> Batch:
        """A batch as the ledger gets it."""
        reverses, ends = self._marked_id(batch.reverses), self._marked_id(batch.ends)
        inner = replace(
            batch,
            id=self._marked_id(batch.id),
            reverses=reverses,
            ends=ends,
            accounts=tuple(self._marked_account(account) for account in batch.accounts),
            assets=tuple(replace(asset, id=self._marked_asset(asset.id)) for asset in batch.assets),
        )
        for mine, theirs in ((batch.reversed(), inner.reversed()), (batch.given_back(), inner.given_back())):
            self._pair(mine.id, theirs.id)
            self._digests[theirs.digest] = mine.digest
        self._digests[inner.digest] = batch.digest
        return inner

    def submit(self, batch: Batch) -> Receipt:
        """Book a batch."""
        return self._shown(self._ledger.submit(self.marked(batch)))

    def status(self, batch_id: str) -> Receipt:
        """What is known of a batch."""
        return self._shown(self._ledger.status(self._marked_id(batch_id)))

    def reverse(self, batch_id: str) -> Receipt:
        """Take a batch back."""
        return self._shown(self._ledger.reverse(self._marked_id(batch_id)))

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        """Balances of the accounts and assets that bear the mark."""
        found: dict[str, dict[str, int]] = {}
        held = self._ledger.balances(None if asset is None else self._marked_asset(asset))
        for account, amounts in held.items():
            word, _, name = account.partition(f":{self._mark}.")
            if name:
                found[f"{word}:{name}"] = {each.removesuffix(f".{self._mark}"): n for each, n in amounts.items()}
        return found

    def _marked_id(self, batch_id: str) -> str:
        if batch_id and batch_id not in self._inner:
            self._pair(batch_id, hashlib.sha256(f"{self._mark} {batch_id}".encode()).hexdigest())
        return self._inner.get(batch_id, "")

    def _pair(self, outer: str, inner: str) -> None:
        self._inner[outer] = inner
        self._outer[inner] = outer

    def _marked_account(self, account: str) -> str:
        word, _, name = account.partition(":")
        return f"{word}:{self._mark}.{name}"

    def _marked_asset(self, asset: str) -> str:
        return f"{asset}.{self._mark}"

    def _shown(self, receipt: Receipt) -> Receipt:
        return replace(
            receipt,
            batch_id=self._outer.get(receipt.batch_id, receipt.batch_id),
            reverses=self._outer.get(receipt.reverses, receipt.reverses),
            digest=self._digests.get(receipt.digest, receipt.digest),
        )
