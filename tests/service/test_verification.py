"""Proof of the journal: whatever byte of it is changed, the first broken entry is named."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Table, select, text

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Asset
from c4e_opt.settlement.conformance import sample_batch, sample_hold, sample_release
from c4e_server.database import tables
from c4e_server.database.engine import open_engine, transaction
from c4e_server.ledgers.anchoring import Anchoring, read_anchors
from c4e_server.ledgers.chain import Anchor, read_key
from c4e_server.ledgers.journal import Journal
from c4e_server.ledgers.verification import Finding, verify_journal
from tests.databases import KINDS, new_database
from tests.service.test_journal import drop_triggers

_NOW = 2_000_000_000
_TABLES = (
    tables.entries, tables.assets, tables.postings, tables.balances, tables.holds, tables.closings, tables.anchors
)  # fmt: skip
#: Column that names an entry, where a row belongs to one.
_ENTRY = {"entries": "place", "assets": "entry", "postings": "entry", "holds": "entry", "closings": "entry"}


def fill(journal: Journal) -> None:
    """Everything that a journal can hold: tokens, holds that are open, released and given back, a closing, anchors."""
    coin = Asset(id="sun", kind="token", decimals=0)
    journal.submit(sample_batch("one", {"party:ann": -12, "party:o'neill \N{EURO SIGN}": 5}))
    journal.submit(sample_batch("two", {"party:ann": 10**25}, Asset(id="electricity", kind="energy", decimals=18)))
    journal.submit(sample_batch("mint", {"issuer:sun": -9, "wallet:ann": 9}, coin))
    journal.submit(sample_hold("car"))
    journal.submit(sample_release(sample_hold("car")))
    journal.submit(sample_hold("open"))
    journal.submit(sample_hold("back"))
    journal.submit(sample_hold("back").given_back())
    journal.reverse(sample_batch("one").id)
    journal.close_until(1_893_456_001)
    journal.restate(sample_batch("anew", {"party:ann": -11}), sample_batch("one").id)
    journal.reverse(sample_batch("two").id)


@pytest.fixture(params=KINDS, scope="module")
def journal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    folder = tmp_path_factory.mktemp(request.param)
    anchoring = Anchoring(entries=4, seconds=10**9, file=folder / "anchors.jsonl")
    signer = read_key(folder / "journal.key", make=True)
    one = Journal(open_engine(new_database(request.param, folder)), signer, clock=lambda: _NOW, anchoring=anchoring)
    fill(one)
    yield one
    one.engine.dispose()


def after(journal: Journal, *changes: Any, **more: Any) -> list[Finding]:
    """What is found after these changes, none of which is kept."""
    with journal.engine.execution_options(c4e_write=True).connect() as connection:
        drop_triggers(connection)
        for change in changes:
            changed = connection.execute(text(change) if isinstance(change, str) else change)
            assert changed.rowcount, f"nothing was changed by {change}"
        found = verify_journal(connection, **more)
        connection.rollback()
    return found


def test_sound_books_hold(journal: Journal):
    assert journal.findings(public_key=journal.public_key(), anchors=journal.anchors()) == []
    assert journal.verify() == []
    assert [anchor.entry for anchor in journal.anchors()] == [0, 4, 8, 12]


def corrupted(content: Any, chance: random.Random) -> Any:
    """One byte otherwise, so that a column of this type still takes it."""
    if isinstance(content, bytes):
        at = chance.randrange(len(content))
        return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]
    if isinstance(content, int):
        return content ^ (1 << chance.randrange(40))
    at = chance.randrange(len(content)) if content else 0
    letter = chance.choice([each for each in "0aAfZ é-" if each != content[at : at + 1]])
    return content[:at] + letter + content[at + 1 :]


def places(table: Table, connection: Connection, chance: random.Random, samples: int) -> list[tuple[Column[Any], Any]]:
    """Columns and rows to corrupt: every column of some rows."""
    rows = list(connection.execute(select(table)).mappings())
    assert rows, f"there is nothing in {table.name}"
    return [(column, row) for column in table.columns for row in chance.sample(rows, min(samples, len(rows)))]


@pytest.mark.parametrize("table", _TABLES, ids=lambda table: table.name)
def test_any_byte_of_any_column_is_missed(journal: Journal, table: Table):
    chance = random.Random(f"{table.name} 1")
    with transaction(journal.engine, write=False) as connection:
        chosen = places(table, connection, chance, samples=6)
    for column, row in chosen:
        new = row[column.name]
        while new in [each[column.name] for _, each in chosen]:  # two rows of one key are refused by the database
            new = corrupted(row[column.name], chance)
        same = [key == row[key.name] for key in table.primary_key.columns]
        found = after(journal, table.update().where(*same).values({column.name: new}))
        what = f"{table.name}.{column.name} of {dict(row)} became {new!r}"
        assert found, f"{what}, and nothing was found"
        if table.name in ("entries", "postings"):
            assert found[0].place == row[_ENTRY[table.name]], f"{what}; the first that is named is {found[0]}"
        elif table.name != "anchors":
            names = {str(each) for each in (row.get("account"), row.get("id"), row.get("entry"), new) if each}
            assert any(name in str(each) for name in names for each in found), f"{what}; named was {found[0]}"


def test_content_from_which_nothing_follows_counts_too(journal: Journal):
    """The digest of the statement moves no balance; a space moves nothing at all."""
    batch = sample_batch("one")
    content = tables.entries.c.content
    with transaction(journal.engine, write=False) as connection:
        whole = connection.execute(select(content).where(tables.entries.c.id == batch.id)).scalar_one()
    other = "0" if batch.statement[0] != "0" else "1"
    for new in (whole.replace(batch.statement.encode(), (other + batch.statement[1:]).encode()), whole + b" "):
        assert new != whole
        found = after(journal, tables.entries.update().where(tables.entries.c.id == batch.id).values(content=new))
        assert (found[0].place, found[0].id) == (1, batch.id)


@pytest.mark.parametrize("table", _TABLES, ids=lambda table: table.name)
def test_a_row_that_is_gone_is_missed(journal: Journal, table: Table):
    with transaction(journal.engine, write=False) as connection:
        rows = list(connection.execute(select(table)).mappings())
    for row in rows:
        if row.get("place") == 12 and table.name == "entries":
            continue  # the end: see the test of what is cut off
        same = [key == row[key.name] for key in table.primary_key.columns]
        if table.name == "anchors" and row["number"] == rows[-1]["number"]:
            continue  # found by whoever has kept it
        found = after(journal, table.delete().where(*same))
        if table.name == "balances" and row["amount"] == 0:
            continue
        assert found, f"{dict(row)} is gone from {table.name}, and nothing was found"
        if table.name in ("entries", "postings"):
            assert found[0].place == row[_ENTRY[table.name]], str(found[0])


@pytest.mark.parametrize(
    "forgery",
    [
        "INSERT INTO balances VALUES ('party:eve', 'EUR', '1')",
        "INSERT INTO assets VALUES ('gold', 'money', 2, 1)",
        "INSERT INTO holds VALUES ('x', 1, 1, '')",
        "INSERT INTO closings VALUES (2, 5)",
        "INSERT INTO postings VALUES (1000, 1, 'party:eve', 'EUR', '1', 0, 0, 900)",
        "INSERT INTO postings VALUES (0, 1, 'party:eve', 'EUR', '1', 0, 0, 900)",
        "UPDATE balances SET amount = '1' WHERE account = 'party:ann' AND asset = 'EUR'",
    ],
)
def test_a_row_too_many_is_missed(journal: Journal, forgery: str):
    assert after(journal, re.sub(r"'(\d+)'", r"\1", forgery) if journal.engine.name == "postgresql" else forgery)


def cut_off(place: int) -> list[str]:
    """Statements that take everything behind an entry away, and leave what is before it consistent."""
    return [
        f"DELETE FROM postings WHERE entry > {place}",
        f"DELETE FROM entries WHERE place > {place}",
        f"DELETE FROM anchors WHERE entry > {place}",
    ]


def test_what_is_cut_off_is_found_by_an_anchor_that_was_kept(journal: Journal, tmp_path: Path):
    kept = journal.anchors()
    found = after(journal, *cut_off(10), anchors=kept)
    assert any(each.place == 11 and "ends at 10: cut off" in each.what for each in found)
    assert any("kept elsewhere and is missing here" in each.what for each in found)


def test_history_that_the_owner_of_the_key_writes_anew_is_found_by_an_anchor(tmp_path: Path):
    signer = read_key(tmp_path / "key", make=True)
    urls = [new_database("sqlite", tmp_path) for _ in range(2)]
    often = Anchoring(entries=1)
    journals = [Journal(open_engine(url), signer, clock=lambda: _NOW, anchoring=often) for url in urls]
    for one, amount in zip(journals, (5, 6), strict=True):
        one.submit(sample_batch("one", {"party:ann": amount}))
    assert journals[1].findings() == []
    (found,) = journals[1].findings(anchors=journals[0].anchors())
    assert (found.place, "history was rewritten" in found.what) == (1, True)
    for one in journals:
        one.engine.dispose()


def test_an_anchor_that_nobody_signed_proves_nothing(journal: Journal):
    kept = journal.anchors()[-1]
    for forged in (replace(kept, made=1), replace(kept, signature=kept.signature.upper()), replace(kept, number=99)):
        (found, *_) = journal.findings(anchors=[forged])
        assert "anchor" in found.id


def test_anchors_are_read_line_by_line(tmp_path: Path):
    file = tmp_path / "anchors.jsonl"
    anchor = Anchor(number=1, entry=2, chain="c", made=3, signature="s")
    file.write_text(anchor.to_json("key") + "\n\n", encoding="utf-8")
    assert read_anchors(file) == [anchor]
    for line in ("{", "[]", json.dumps({"number": "1"}), anchor.to_json("").replace("3", "3.5")):
        file.write_text(line, encoding="utf-8")
        with pytest.raises(LedgerError, match="no anchor"):
            read_anchors(file)
    with pytest.raises(LedgerError, match="cannot be read"):
        read_anchors(tmp_path / "nowhere")


def test_another_public_key_proves_nothing(journal: Journal):
    found = journal.findings(public_key="ab" * 32)
    assert (found[0].place, "names public key" in found[0].what) == (0, True)


def test_bytes_of_the_file_itself_are_missed(tmp_path: Path):
    """What SQLite takes for a sound file and reads: every byte of every content is covered."""
    path = tmp_path / "journal.sqlite"
    signer = read_key(tmp_path / "key", make=True)
    one = Journal(open_engine(f"sqlite:///{new(path)}"), signer, clock=lambda: _NOW, anchoring=Anchoring(entries=3))
    fill(one)
    one.close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.execute("PRAGMA journal_mode=DELETE")
    whole, contents = b"", [row[0] for row in raw.execute("SELECT content FROM entries")]
    raw.close()
    whole = path.read_bytes()
    chance = random.Random(5)
    missed = 0
    for number, content in enumerate(contents):
        begin = whole.find(content[:200])  # longer ones may go on in another page
        assert begin >= 0
        for _ in range(3):
            at = begin + chance.randrange(min(len(content), 200))
            path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
            reader = Journal(open_engine(f"sqlite:///{path}"), None)
            found = reader.findings()
            assert found, f"byte {at} of entry {number} was changed, and nothing was found"
            assert found[0].place == number
            missed += 1
            reader.engine.dispose()
    assert missed == 3 * len(contents)


def new(path: Path) -> Path:
    from c4e_server.database.engine import migrate

    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


def test_all_columns_are_of_types_that_are_corrupted_here():
    kinds = {type(column.type).__name__ for table in _TABLES for column in table.columns}
    assert kinds == {"BigInteger", "Text", "LargeBinary", "Digits"}
