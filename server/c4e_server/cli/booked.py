"""Which batch a ledger took for each entry of a file, so that an entry that was changed afterwards is not booked twice.

A line of JSON per entry lies beside the ledger, in `accounts` of the data folder, one file for every name of a file. It
is written before the ledger is asked: a batch that never arrived may be replaced by another, one that did may not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

if TYPE_CHECKING:
    from c4e_opt.settlement import Batch, Ledger, Receipt


class Booked:
    """What was sent to a ledger for the entries of one file."""

    def __init__(self, folder: Path, kind: str, file: Path, *, replaceable: bool) -> None:
        """Read what was sent before.

        Args:
            folder: The data folder.
            kind: What is settled.
            file: The file of the entries.
            replaceable: Whether a booked entry may be taken back for another.
        """
        self.path = folder / "accounts" / f"{kind}-{file.stem}.jsonl"
        self.replaceable = replaceable
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []
        self.sent: dict[str, str] = {}
        self._ever: set[str] = set()
        for line in lines:
            if line.endswith("}"):  # a line that a crash cut off was never sent
                told = json.loads(line)
                self.sent[told["entry"]] = told["batch"]
                self._ever.add(told["batch"])

    def post(
        self, ledger: Ledger, entries: Sequence[tuple[str, Batch]], replaced: str | None = None, *, whole: bool = False
    ) -> list[Receipt]:
        """Book what is not booked yet, in the order of the entries.

        Args:
            ledger: The ledger.
            entries: Name and batch of every entry.
            replaced: Id of a batch that is taken back, and in whose place one entry is booked.
            whole: Whether the file is a history, of which no entry may go.

        Raises:
            InvalidInput: An entry was booked with other content, or is gone; nothing was booked.
            LedgerError: The ledger refuses one; those before it are booked.
        """
        found = [*self._changed(ledger, dict(entries), replaced, whole)]
        if found:
            raise InvalidInput(found)
        name = None if replaced is None else self._standing(entries, replaced)
        receipts: list[Receipt] = []
        for entry, batch in entries:
            instead = replaced if entry == name and batch.id != replaced else None
            receipts.append(self._booked(ledger, entry, batch, instead))
        return receipts

    def _standing(self, entries: Sequence[tuple[str, Batch]], batch: str) -> str | None:
        """The entry that a batch stands for: the one that was sent as it, or, of other ways, the first new one."""
        if batch in self._ever:
            return next((entry for entry, sent in self.sent.items() if sent == batch), None)
        return next((entry for entry, _ in entries if entry not in self.sent), None)

    def _booked(self, ledger: Ledger, entry: str, batch: Batch, replaced: str | None) -> Receipt:
        if replaced is None:
            self._write(entry, batch.id)
            return ledger.submit(batch)
        receipt = book(ledger, batch, replaced)
        self._write(entry, batch.id)
        return receipt

    def _write(self, entry: str, batch: str) -> None:
        if self.sent.get(entry) != batch:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            begun = self.path.is_file() and not self.path.read_bytes().endswith(b"\n") and self.path.stat().st_size
            with self.path.open("a", encoding="utf-8") as file:
                file.write(("\n" if begun else "") + json.dumps({"entry": entry, "batch": batch}) + "\n")
            self.sent[entry] = batch
            self._ever.add(batch)

    def _changed(self, ledger: Ledger, entries: dict[str, Batch], replaced: str | None, whole: bool) -> list[Issue]:
        """Entries that the ledger has with another content."""
        from c4e_opt.settlement import State

        found: list[Issue] = []
        changed = any(self.sent.get(entry, batch.id) != batch.id for entry, batch in entries.items())
        if replaced is not None and changed and replaced not in self.sent.values():
            known = ", ".join(batch[:12] for batch in self.sent.values()) or "none"
            told = f"is {replaced}; no entry of this file was booked as that batch, but as {known}"
            found.append(Issue("--instead-of", "unknown_reference", told))
        for entry, sent in self.sent.items():
            now = entries[entry].id if entry in entries else ""
            if now == sent or sent == replaced or not (now or whole):
                continue
            if ledger.status(sent).state in (State.PENDING, State.COMMITTED, State.FINAL):
                mend = "what is booked stays: write it as it was, and add what is new at the end"
                if self.replaceable:
                    mend = f"to take that back and book this in its place, add --instead-of {sent}"
                told = f"was booked as batch {sent} and {'says something else now' if now else 'is gone'}"
                found.append(Issue(entry, "already_booked", f"{told}; {mend}"))
        return found


def book(ledger: Ledger, batch: Batch, replaced: str | None) -> Receipt:
    """Book a batch; first take back the one that it replaces, in whose place it stands in a closed period too."""
    from c4e_server.ledgers.journal import Journal

    if replaced is None:
        return ledger.submit(batch)
    ledger.reverse(replaced)
    return ledger.restate(batch, of=replaced) if isinstance(ledger, Journal) else ledger.submit(batch)
