"""A ledger in memory: the whole port, for notebooks and tests; nothing survives the process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from c4e_opt.errors import LedgerError
from c4e_opt.settlement.ledger import Receipt, State
from c4e_opt.settlement.postings import Batch
from c4e_opt.settlement.rules import check_floors, check_phases, check_reversible
from c4e_opt.settlement.statement import Asset


class MemoryLedger:
    """Books every batch at once and for good; safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Begin with empty books.

        Args:
            clock: Seconds since 1970, by which holds expire.
        """
        self._clock = clock
        self._ended_by: dict[str, str] = {}
        self._lock = threading.RLock()
        self._batches: dict[str, Batch] = {}
        self._receipts: dict[str, Receipt] = {}
        self._assets: dict[str, Asset] = {}
        self._balances: dict[str, dict[str, int]] = {}

    def submit(self, batch: Batch) -> Receipt:
        """Book a batch, exactly once."""
        batch.check()
        with self._lock:
            known = self._receipts.get(batch.id)
            if known is not None:
                if known.digest != batch.digest:
                    raise LedgerError(f"batch {batch.id[:12]} is known with other content; settle anew for a new id")
                return known
            for asset in batch.assets:
                here = self._assets.get(asset.id, asset)
                if here != asset:
                    raise LedgerError(
                        f"batch {batch.id[:12]} counts {asset.id} as {asset.kind} with {asset.decimals} decimals; "
                        f"on this ledger it is {here.kind} with {here.decimals}"
                    )
            now = int(self._clock())
            check_phases(batch, now=now, find=self._batches.get, ended_by=lambda hold: self._ended_by.get(hold, ""))
            check_floors(batch, self._balances)
            self._book(batch)
            if batch.ends:
                self._ended_by[batch.ends] = batch.id
            receipt = Receipt(
                batch_id=batch.id,
                state=State.FINAL,
                digest=batch.digest,
                postings=len(batch),
                reference=f"memory:{len(self._receipts) + 1}",
                reverses=batch.reverses,
            )
            self._batches[batch.id] = batch
            self._receipts[batch.id] = receipt
            return receipt

    def status(self, batch_id: str) -> Receipt:
        """What is known of a batch."""
        with self._lock:
            return self._receipts.get(batch_id) or Receipt(batch_id=batch_id, state=State.UNKNOWN)

    def reverse(self, batch_id: str) -> Receipt:
        """Take a batch back, exactly once."""
        with self._lock:
            return self.submit(check_reversible(self._batches.get(batch_id), batch_id).reversed())

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        """Minor units by account and asset."""
        with self._lock:
            found: dict[str, dict[str, int]] = {}
            for account, amounts in sorted(self._balances.items()):
                kept = {name: amount for name, amount in sorted(amounts.items()) if amount and asset in (None, name)}
                if kept:
                    found[account] = kept
            return found

    def _book(self, batch: Batch) -> None:
        self._assets.update({asset.id: asset for asset in batch.assets})
        for account, amounts in batch.totals().items():
            held = self._balances.setdefault(account, {})
            for asset, amount in amounts.items():
                held[asset] = held.get(asset, 0) + amount
