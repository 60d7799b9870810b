"""Which batch was sent for an entry of a file: written before, read after crashes, and never booked twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt.errors import InvalidInput, LedgerError, LedgerUnreachable
from c4e_opt.settlement import MemoryLedger, State
from c4e_opt.settlement.conformance import sample_batch
from c4e_server.cli.booked import Booked, book
from c4e_server.config import Config
from c4e_server.ledgers.registry import open_journal

FILE = Path("street.yaml")


def batch(name: str, amount: int = 1) -> Any:
    return sample_batch(name, {"party:ann": amount, "party:bob": -amount})


ONE, OTHER, NEXT, LAST = (batch(name, amount) for amount, name in enumerate(("one", "other", "next", "last"), 1))


def booked(folder: Path, *, replaceable: bool = True) -> Booked:
    """What was sent, read anew as the next command reads it."""
    return Booked(folder, "community", FILE, replaceable=replaceable)


def refused(folder: Path, ledger: Any, entries: list[Any], *given: Any, replaceable: bool = True, **more: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        booked(folder, replaceable=replaceable).post(ledger, entries, *given, **more)
    return "; ".join(map(str, caught.value.issues))


def held(ledger: MemoryLedger) -> int:
    return next(iter(ledger.balances().get("party:ann", {"": 0}).values()), 0)


class Away(MemoryLedger):
    """Takes nothing for a while."""

    away = True

    def submit(self, batch: Any) -> Any:
        if self.away:
            raise LedgerUnreachable("away")
        return super().submit(batch)


def test_it_is_written_down_before_the_ledger_is_asked(tmp_path: Path):
    ledger = Away()
    with pytest.raises(LedgerUnreachable):
        booked(tmp_path).post(ledger, [("a", ONE)])
    assert booked(tmp_path).sent == {"a": ONE.id}
    ledger.away = False
    booked(tmp_path).post(ledger, [("a", OTHER)])  # the first never arrived
    assert (held(ledger), booked(tmp_path).sent) == (2, {"a": OTHER.id})


class Slow(MemoryLedger):
    """Has taken everything and booked nothing yet."""

    state = State.PENDING

    def status(self, batch_id: str) -> Any:
        found = super().status(batch_id)
        return replace(found, state=self.state) if found.state is not State.UNKNOWN else found


@pytest.mark.parametrize("state", [State.PENDING, State.COMMITTED, State.FINAL])
def test_what_is_on_its_way_is_not_booked_again_with_other_content(tmp_path: Path, state: State):
    ledger = Slow()
    ledger.state = state
    booked(tmp_path).post(ledger, [("a", ONE)])
    assert f"--instead-of {ONE.id}" in refused(tmp_path, ledger, [("a", OTHER)])
    assert held(ledger) == 1


def test_what_the_ledger_refused_is_booked_with_other_content(tmp_path: Path):
    ledger = Slow()
    ledger.state = State.FAILED
    booked(tmp_path).post(ledger, [("a", ONE)])
    booked(tmp_path).post(ledger, [("a", OTHER)])
    assert booked(tmp_path).sent == {"a": OTHER.id}


def test_the_same_again_writes_nothing_and_books_nothing(tmp_path: Path):
    ledger = MemoryLedger()
    entries = [("a", ONE), ("b", NEXT)]
    booked(tmp_path).post(ledger, entries)
    before = booked(tmp_path).path.read_bytes()
    assert [each.batch_id for each in booked(tmp_path).post(ledger, entries)] == [ONE.id, NEXT.id]
    assert (held(ledger), booked(tmp_path).path.read_bytes()) == (4, before)


def test_a_line_that_a_crash_cut_off_was_never_sent_and_the_next_stands_on_its_own(tmp_path: Path):
    path = booked(tmp_path).path
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"entry": "a", "batch": ONE.id}) + '\n{"entry": "b", "bat')
    ledger = MemoryLedger()
    booked(tmp_path).post(ledger, [("a", ONE), ("b", NEXT), ("c", OTHER)])
    assert booked(tmp_path).sent == {"a": ONE.id, "b": NEXT.id, "c": OTHER.id}
    assert held(ledger) == 6


def test_of_a_history_no_entry_may_go_and_none_change(tmp_path: Path):
    ledger = MemoryLedger()
    booked(tmp_path, replaceable=False).post(ledger, [("a", ONE), ("b", NEXT)], whole=True)
    assert "is gone" in refused(tmp_path, ledger, [("a", ONE)], replaceable=False, whole=True)
    said = refused(tmp_path, ledger, [("a", OTHER), ("b", NEXT)], replaceable=False, whole=True)
    assert "what is booked stays" in said
    assert "--instead-of" not in said
    booked(tmp_path).post(ledger, [("b", NEXT)])  # of other files, only those entries are looked at that are there
    assert held(ledger) == 4


@pytest.mark.parametrize("kind", ["memory", "journal"])
def test_one_entry_is_replaced_and_the_others_stay(tmp_path: Path, kind: str):
    ledger: Any = MemoryLedger() if kind == "memory" else open_journal(Config(data=tmp_path))
    booked(tmp_path).post(ledger, [("a", ONE), ("b", NEXT)])
    entries = [("c", LAST), ("a", OTHER), ("b", NEXT)]  # and a new one stands for itself
    booked(tmp_path).post(ledger, entries, ONE.id)
    assert held(ledger) == 9
    booked(tmp_path).post(ledger, entries, ONE.id)  # once more: nothing is taken back again
    assert held(ledger) == 9
    assert booked(tmp_path).sent == {"a": OTHER.id, "b": NEXT.id, "c": LAST.id}
    booked(tmp_path).post(ledger, [*entries, ("d", batch("d", 5))], ONE.id)  # nor does a later one take its place
    assert held(ledger) == 14


def test_another_batch_than_the_one_that_was_booked_is_not_taken_back(tmp_path: Path):
    ledger = MemoryLedger()
    ledger.submit(NEXT)
    booked(tmp_path).post(ledger, [("a", ONE)])
    assert f"but as {ONE.id[:12]}" in refused(tmp_path, ledger, [("a", OTHER)], NEXT.id)
    assert held(ledger) == 4


def test_what_was_booked_by_other_ways_is_replaced_by_its_name(tmp_path: Path):
    ledger = MemoryLedger()
    ledger.submit(ONE)
    booked(tmp_path).post(ledger, [("a", OTHER)], ONE.id)
    assert (held(ledger), booked(tmp_path).sent) == (2, {"a": OTHER.id})


def test_files_of_other_names_and_kinds_are_kept_apart(tmp_path: Path):
    ledger = MemoryLedger()
    for kind, file in (("community", "x.yaml"), ("community", "y.yaml"), ("tokens", "x.yaml")):
        kept = Booked(tmp_path, kind, Path(file), replaceable=True)
        kept.post(ledger, [("a", batch(f"{kind} {file}"))])
    assert held(ledger) == 3


def test_in_the_journal_the_new_batch_stands_in_the_closed_period_of_the_old(tmp_path: Path):
    journal = open_journal(Config(data=tmp_path))
    past = np.array([1_600_000_000])
    one, other = (replace(each, starts=past) for each in (ONE, OTHER))
    book(journal, one, None)
    journal.close_until(1_700_000_000)
    with pytest.raises(LedgerError, match="closed"):
        book(journal, other, None)
    book(journal, other, one.id)
    assert journal.balances()["party:ann"]["EUR"] == 2
    journal.close()
