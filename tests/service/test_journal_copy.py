"""Copies of the journal: what a service sends is all that it takes to prove it elsewhere, and nothing passes for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from c4e_opt.case import Case
from c4e_opt.errors import LedgerError
from c4e_server.cli.main import main
from c4e_server.client import Client
from c4e_server.database.engine import migrate, open_engine
from c4e_server.ledgers.anchoring import Anchoring
from c4e_server.ledgers.chain import read_key
from c4e_server.ledgers.copies import verify_copy, write_copy
from c4e_server.ledgers.journal import Journal
from tests.service.test_verification import fill

Make = Callable[..., Case]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("journal")
    engine = open_engine(f"sqlite:///{folder / 'd.sqlite'}")
    migrate(engine)
    anchoring = Anchoring(entries=4, seconds=10**9, file=folder / "anchors.jsonl")
    journal = Journal(
        engine, read_key(folder / "journal.key", make=True), clock=lambda: 2_000_000_000, anchoring=anchoring
    )
    fill(journal)
    journal.anchor()
    found = [*map(dict, journal.chained(0, 1000)), *map(asdict, journal.anchors())]
    journal.close()
    return found


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Exit status and output of `c4e-opt ledger`."""

    def act(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["ledger", *arguments])
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().out

    return act


def blank(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"content": b""} if row.get("kind") == "batch" else row


def test_a_copy_proves_the_journal(rows: list[dict[str, Any]], tmp_path: Path):
    anchors = sum("number" in row for row in rows)
    assert write_copy(tmp_path / "c", rows) == (len(rows) - anchors, anchors)
    assert anchors > 1
    assert verify_copy(tmp_path / "c") == ([], 0)
    with pytest.raises(LedgerError, match="exists"):
        write_copy(tmp_path / "c", rows)
    with pytest.raises(LedgerError, match="no copy"):
        verify_copy(tmp_path / "other")


def test_a_copy_without_contents_proves_places_digests_and_signatures(rows: list[dict[str, Any]], tmp_path: Path):
    write_copy(tmp_path / "c", map(blank, rows))
    assert verify_copy(tmp_path / "c") == ([], sum(row.get("kind") == "batch" for row in rows))
    assert verify_copy(tmp_path / "c", public_key="00" * 32)[0] != []


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "blank"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET booked = booked + 1 WHERE place = 3",
        "UPDATE entries SET digest = 'ff' || substr(digest, 3) WHERE place = 3",
        "UPDATE entries SET signature = 'ff' || substr(signature, 3) WHERE place = 3",
        "UPDATE entries SET id = 'other' WHERE place = 3",
        "UPDATE entries SET content = x'7b7d' WHERE place = 3",
        "DELETE FROM entries WHERE place = 3",
        "DELETE FROM entries WHERE place = (SELECT max(place) FROM entries)",
        "UPDATE anchors SET made = made + 1 WHERE number = 1",
        "DELETE FROM anchors WHERE number = 1",
        "UPDATE entries SET content = x'' WHERE place = 0",
    ],
)
def test_whatever_is_changed_in_a_copy_is_found(rows: list[dict[str, Any]], tmp_path: Path, change: str, whole: bool):
    write_copy(tmp_path / "c", rows if whole else map(blank, rows))
    with sqlite3.connect(tmp_path / "c") as connection:
        assert connection.execute(change).rowcount == 1
    assert verify_copy(tmp_path / "c")[0] != []


def test_the_service_sends_its_journal_and_the_command_line_proves_it(
    client: Client, make_small: Make, said: Callable[..., tuple[int, str]], tmp_path: Path
):
    client.solve(make_small("copied"), request_id="copied", settlement="post")
    file = tmp_path / "journal.sqlite"
    assert said("copy", str(file), "--address", client.address)[0] == 0
    assert said("verify", "--copy", str(file)) == (0, "the books hold\n")
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE entries SET booked = booked + 1 WHERE place = 1")
    assert "first broken: entry 1" in said("verify", "--copy", str(file))[1]
