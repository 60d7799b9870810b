"""What the service reads from a ledger beyond the port: its postings, in the order in which they were booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from c4e_opt.settlement import Asset, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One posting as it was booked."""

    place: int  # order of booking, from 1
    id: str
    batch_id: str
    account: str
    asset: str
    amount: int  # minor units, positive when the account receives them
    period: str  # ISO 8601: start of the step and its duration


@runtime_checkable
class ReadableLedger(Ledger, Protocol):
    """A ledger that can be read."""

    def assets(self) -> Sequence[Asset]:
        """What it counts, by id."""
        ...

    def entries(
        self, *, account: str = "", asset: str = "", batch_id: str = "", after: int = 0, limit: int = 1000
    ) -> Sequence[Entry]:
        """Postings in the order in which they were booked.

        Args:
            account: Only this account; all when empty.
            asset: Only this asset; all when empty.
            batch_id: Only this batch; all when empty.
            after: Only those booked after the one of this place.
            limit: At most so many.
        """
        ...
