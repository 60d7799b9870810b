"""The embedded ledger: the whole port, books that last, and books that cannot be changed unnoticed."""

import sqlite3
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from c4e_opt.errors import LedgerError
from c4e_opt.settlement.conformance import check_ledger, sample_batch
from c4e_server.ledgers.sqlite import SqliteLedger


def test_it_passes_the_conformance_suite(tmp_path: Path):
    paths = (tmp_path / f"{number}.sqlite" for number in count())
    opened: list[Path] = []

    def make() -> SqliteLedger:
        opened.append(next(paths))
        return SqliteLedger(opened[-1])

    def reopen(ledger: SqliteLedger) -> SqliteLedger:
        ledger.close()
        return SqliteLedger(opened[-1])

    check_ledger(make, reopen=reopen)


def booked(path: Path) -> SqliteLedger:
    ledger = SqliteLedger(path)
    for name in ("one", "two", "three"):
        ledger.submit(sample_batch(name, {"party:ann": -len(name), "party:bob": 1}))
    return ledger


def test_sound_books_verify_also_after_a_reversal(tmp_path: Path):
    ledger = booked(tmp_path / "ledger.sqlite")
    ledger.reverse(sample_batch("two").id)
    assert ledger.verify() == []


@pytest.mark.parametrize("table", ["batches", "postings", "assets"])
def test_nothing_booked_can_be_deleted(tmp_path: Path, table: str):
    booked(tmp_path / "ledger.sqlite").close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as raw, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(f"DELETE FROM {table}")


def forge(path: Path, change: Callable[[sqlite3.Connection], object]) -> list[str]:
    booked(path).close()
    with sqlite3.connect(path) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        change(raw)
    raw.close()
    return SqliteLedger(path).verify()


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE postings SET amount = '-4' WHERE account = 'party:ann' AND place < 3",
        "DELETE FROM postings WHERE place = 1",
        "UPDATE batches SET content = replace(content, '\"-3\"', '\"-4\"') WHERE place = 1",
        "UPDATE batches SET digest = chain WHERE place = 2",
        "UPDATE balances SET amount = '1000' WHERE account = 'party:bob'",
        "PRAGMA foreign_keys = OFF; DELETE FROM postings WHERE place < 4; DELETE FROM batches WHERE place = 1",
        "UPDATE batches SET place = 9 WHERE place = 1",
    ],
)
def test_verify_finds_every_forgery(tmp_path: Path, forgery: str):
    assert forge(tmp_path / "ledger.sqlite", lambda raw: raw.executescript(forgery)) != []


def test_entries_come_in_pages_and_by_account(tmp_path: Path):
    ledger = booked(tmp_path / "ledger.sqlite")
    first = ledger.entries(limit=4)
    rest = ledger.entries(after=first[-1].place)
    assert [e.place for e in [*first, *rest]] == list(range(1, 10))
    mine = ledger.entries(account="party:ann")
    assert [entry.amount for entry in mine] == [-3, -3, -5]
    assert sum(entry.amount for entry in mine) == ledger.balances()["party:ann"]["EUR"]


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(LedgerError, match="cannot be"):
        SqliteLedger(path)
