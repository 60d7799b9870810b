"""The ledger port: where batches go, and what every adapter of it guarantees.

An adapter may stand before a database, a ledger of transfers or a chain. `conformance.check_ledger` holds it to this:

Whole or not at all. A batch changes all of its balances at once or none of them. It is balanced: an adapter calls
    `batch.check()` before anything else and stores nothing of a batch that raises.
Exactly once. `submit` may be called any number of times, from several threads and after a crash: the same id with the
    same `batch.digest` has one effect and returns the receipt as it stands now; the same id with another digest
    raises LedgerError and changes nothing. A failed id stays failed.
One meaning of an asset. The first batch that names an asset fixes its kind and decimals; a batch that says otherwise
    raises LedgerError and changes nothing, or cents and micro-euros would be added up.
Any integer. Amounts are Python integers of any size (18 decimals overflow 64 bits); those of parties may be negative.
Nobody gives what is not there. A batch that would leave an account `wallet:` or `escrow:` below zero in any asset
    raises LedgerError and changes nothing.
Two phases. A batch that expires holds assets in escrow; exactly one batch ends it (`rules` says how), by the ledger's
    own clock. Neither is reversed.
Visible when done. Balances count batches that are committed or final, and no others. State moves only forward:
    pending -> committed -> final, or pending -> failed.
Nothing is deleted. A mistake is taken back by `reverse`, which books the opposite as a batch of its own; the id of what
    was taken back stays used.

A refusal raises LedgerError or Unbalanced and leaves the id unknown. A ledger that cannot be reached, or whose answer
is lost, raises LedgerUnreachable; the caller then asks `status` and submits again, which is safe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from c4e_opt.settlement.postings import Batch


class State(StrEnum):
    """How far a batch has come."""

    PENDING = "pending"
    """Taken; not yet in the balances."""
    COMMITTED = "committed"
    """In the balances; a ledger with forks might still lose it."""
    FINAL = "final"
    """In the balances for good."""
    FAILED = "failed"
    """Taken and found impossible; in no balance, and never will be under this id."""
    UNKNOWN = "unknown"
    """This ledger has never taken such an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a ledger says about a batch."""

    batch_id: str
    state: State
    digest: str = ""  # of the content that was taken; empty when unknown
    postings: int = 0
    reference: str = ""  # the ledger's own name for it: a transaction hash, a row
    reverses: str = ""  # id of the batch that this one takes back
    detail: str = ""  # why it failed, in the ledger's words

    @property
    def counted(self) -> bool:
        """Whether the batch is in the balances."""
        return self.state in (State.COMMITTED, State.FINAL)


@runtime_checkable
class Ledger(Protocol):
    """A place where batches are booked; see the module's text for what an adapter guarantees."""

    def submit(self, batch: Batch) -> Receipt:
        """Book a batch, exactly once however often this is called.

        Raises:
            Unbalanced: The batch does not sum to zero.
            LedgerError: The id is known with other content, an asset has other decimals here, a wallet would be
                overdrawn, or a hold or its end breaks the rules.
            LedgerUnreachable: The ledger cannot be reached, or its answer is lost.
        """
        ...

    def status(self, batch_id: str) -> Receipt:
        """How far a batch has come; state UNKNOWN when its id was never taken.

        Raises:
            LedgerUnreachable: The ledger cannot be reached.
        """
        ...

    def reverse(self, batch_id: str) -> Receipt:
        """Take back a counted batch by booking `batch.reversed()`, exactly once however often this is called.

        Returns:
            The receipt of the reversal, under its own id.

        Raises:
            LedgerError: The id is unknown, not counted, itself a reversal, a hold, or what ended one; or somebody
                whose wallet would be overdrawn has spent what the batch gave.
        """
        ...

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        """Minor units by account and asset, of all counted batches; zeros and empty accounts are left out.

        Args:
            asset: Only this asset; all when None. An asset that was never booked has no balances.
        """
        ...
