"""The ledger's commands on a journal: balances, proof, closing, anchors, migration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from c4e_opt.settlement.conformance import sample_batch
from c4e_server.config import Config
from c4e_server.database.engine import VERSION
from c4e_server.ledgers.registry import open_journal


@pytest.fixture
def books(tmp_path: Path) -> Path:
    journal = open_journal(Config(data=tmp_path / "books"))
    journal.submit(sample_batch())
    journal.close()
    return tmp_path / "books"


def test_books_are_proven_against_a_key_and_anchors_that_were_kept(inside: Any, books: Path, tmp_path: Path):
    listed = inside("ledger", "anchors", "--data", books, "--json").json
    assert [anchor["entry"] for anchor in listed["anchors"]] == [0, 1]
    kept = tmp_path / "kept.jsonl"
    kept.write_text(inside("ledger", "anchors", "--data", books).out, encoding="utf-8")
    verify = ("ledger", "verify", "--data", books, "--json", "--anchors", kept)
    assert inside(*verify, "--public-key", listed["public_key"]).json == {"holds": True, "first": None, "wrong": []}
    done = inside(*verify, "--public-key", "ab" * 32)
    assert (done.code, done.json["first"]["place"]) == (3, 0)
    kept.write_text(json.dumps(listed["anchors"][0] | {"entry": 9}), encoding="utf-8")
    assert inside(*verify).code == 3
    assert "first broken: anchor 1" in inside("ledger", "verify", "--data", books, "--anchors", kept).out


def test_books_are_closed_and_anchored(inside: Any, books: Path):
    assert inside("ledger", "close", "--data", books, "--until", "2025-02-01", "--json").json["entry"] == 2
    assert (
        "closed until 2025-02-02T00:00Z, by entry 3"
        in inside("ledger", "close", "--data", books, "--until", "2025-02-02").out
    )
    assert inside("ledger", "close", "--data", books, "--until", "2025-02-01").code == 3
    made = inside("ledger", "anchors", "--data", books, "--make", "--json").json
    assert made["anchors"][-1]["entry"] == 3
    assert (books / "anchors.jsonl").read_text(encoding="utf-8").count("\n") == 3
    assert inside("ledger", "verify", "--data", books).code == 0


def test_a_database_is_migrated_before_it_is_used(inside: Any, tmp_path: Path):
    migrate = ("ledger", "migrate", "--database", f"sqlite:///{tmp_path / 'new.sqlite'}", "--data", tmp_path)
    assert inside(*migrate, "--json").json == {"from": "", "to": VERSION}
    assert "up to date" in inside(*migrate).out


def test_where_there_is_no_journal_none_is_made(inside: Any, tmp_path: Path):
    done = inside("ledger", "balances", "--data", tmp_path)
    assert (done.code, list(tmp_path.iterdir())) == (2, [])
    assert "no journal" in done.err
    (tmp_path / "ledger.sqlite").touch()
    (tmp_path / "service.sqlite").touch()
    assert "earlier version" in inside("ledger", "balances", "--data", tmp_path).err
