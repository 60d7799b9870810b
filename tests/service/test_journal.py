"""The journal on both databases: the whole port, books that last, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from c4e_opt.errors import LedgerError, LedgerUnreachable
from c4e_opt.settlement import Asset, Ledger, MemoryLedger, State
from c4e_opt.settlement.conformance import check_ledger, sample_batch, sample_hold, sample_release
from c4e_server.config import Config
from c4e_server.database.engine import open_engine, transaction
from c4e_server.ledgers.anchoring import Anchoring, read_anchors
from c4e_server.ledgers.chain import Signer, read_key
from c4e_server.ledgers.journal import Journal
from c4e_server.ledgers.registry import open_journal, open_ledger
from tests.databases import KINDS, new_database

_STEP = 1_893_456_000  # when the sample batches begin: 2030-01-01


@dataclass
class Place:
    """A database of one kind, and journals in it whose clock stands still."""

    kind: str
    folder: Path
    now: float = 2_000_000_000.0
    opened: list[Journal] = field(default_factory=list[Journal])

    def url(self, **more: Any) -> str:
        return new_database(self.kind, self.folder, **more)

    def journal(self, url: str = "", *, signer: Signer | None = None, **more: Any) -> Journal:
        engine = open_engine(url or self.url())
        key = signer or read_key(self.folder / "journal.key", make=True)
        self.opened.append(Journal(engine, key, clock=lambda: self.now, **more))
        return self.opened[-1]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    one = Place(request.param, tmp_path)
    yield one
    for journal in one.opened:
        journal.engine.dispose()


def test_it_passes_the_conformance_suite(place: Place):
    def reopen(ledger: Any) -> Journal:
        ledger.close()
        return place.journal(ledger.engine.url.render_as_string(hide_password=False))

    def set_clock(_ledger: Ledger, seconds: int) -> None:
        place.now = float(seconds)

    check_ledger(place.journal, reopen=reopen, set_clock=set_clock)
    for journal in place.opened:
        assert journal.verify() == []


@pytest.mark.parametrize("table", ["entries", "postings", "assets", "closings", "anchors"])
def test_nothing_booked_can_be_changed_or_deleted(place: Place, table: str):
    journal = place.journal(anchoring=Anchoring())
    journal.submit(sample_batch())
    journal.close_until(5)
    column = {"assets": "entry", "closings": "until"}.get(table, "entry" if table != "entries" else "booked")
    for act in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = 7"):
        with pytest.raises(DBAPIError, match="append-only"), transaction(journal.engine, write=True) as connection:
            connection.exec_driver_sql(act)


def test_entries_come_in_pages_and_by_account(place: Place):
    journal = place.journal()
    batches = [sample_batch(name, {"party:ann": -len(name), "party:bob": 1}) for name in ("one", "two", "three")]
    for batch in batches:
        journal.submit(batch)
    first = journal.entries(limit=4)
    rest = journal.entries(after=first[-1].place)
    assert [e.place for e in [*first, *rest]] == list(range(1, 10))
    assert [(e.id, e.batch_id, e.amount, e.period) for e in [*first, *rest]] == [
        (posting.id, batch.id, posting.amount, posting.period) for batch in batches for posting in batch.postings()
    ]
    assert [entry.amount for entry in journal.entries(account="party:ann")] == [-3, -3, -5]
    assert {entry.batch_id for entry in journal.entries(batch_id=batches[1].id)} == {batches[1].id}
    assert journal.entries(asset="gold") == []


def test_an_amount_of_forty_digits_is_exact(place: Place):
    journal, huge = place.journal(), 10**40 + 7
    journal.submit(sample_batch("huge", {"party:ann": huge}))
    journal.submit(sample_batch("less", {"party:ann": -1}))
    assert journal.balances()["party:ann"] == {"EUR": huge - 1}
    assert journal.entries(limit=1)[0].amount == huge
    assert journal.verify() == []


def test_a_closed_period_takes_reversals_and_restatements_only(place: Place):
    journal = place.journal()
    old, wrong = sample_batch("old"), sample_batch("wrong", {"party:ann": 3})
    for batch in (old, wrong):
        journal.submit(batch)
    assert journal.close_until(_STEP) == 3
    journal.submit(sample_batch("begins when the books open again"))
    assert journal.close_until(_STEP + 1) == 5
    assert journal.close_until(_STEP + 1) == 5
    assert journal.closed_until() == _STEP + 1
    with pytest.raises(LedgerError, match="books are closed until"):
        journal.submit(sample_batch("late"))
    with pytest.raises(LedgerError, match="was not reversed"):
        journal.restate(sample_batch("restated"), wrong.id)
    journal.reverse(wrong.id)
    restated = journal.restate(sample_batch("restated", {"party:ann": 4}), wrong.id)
    assert restated.state is State.FINAL
    with pytest.raises(LedgerError, match="stands already"):
        journal.restate(sample_batch("restated twice"), wrong.id)
    assert journal.submit(old).digest == old.digest, "what was booked is known, also when its period is closed"
    assert journal.balances()["party:ann"] == {"EUR": -1250 - 1250 + 4}
    assert journal.verify() == []


@pytest.mark.parametrize(("until", "words"), [(2_000_000_001, "cannot be closed"), (4, "not opened again")])
def test_books_are_not_closed_in_the_future_nor_opened_again(place: Place, until: int, words: str):
    journal = place.journal()
    journal.close_until(5)
    with pytest.raises(LedgerError, match=words):
        journal.close_until(until)


def test_a_hold_of_a_closed_period_can_still_be_given_back(place: Place):
    place.now = _STEP + 10.0
    journal, hold, other = place.journal(), sample_hold(expires=_STEP + 20), sample_hold("other", expires=_STEP + 20)
    journal.submit(hold)
    journal.submit(other)
    place.now = _STEP + 30.0
    journal.close_until(_STEP + 5)
    with pytest.raises(LedgerError, match="closed until"):
        journal.submit(sample_release(other))
    journal.submit(hold.given_back())
    assert journal.verify() == []


def test_a_hold_is_ended_once_also_where_another_fills_its_escrow(place: Place):
    hold, other = sample_hold(), replace(sample_hold(), id=sample_batch("other").id)
    for ledger in (place.journal(), MemoryLedger(lambda: place.now)):
        for batch in (hold, other, sample_release(hold)):
            ledger.submit(batch)
        with pytest.raises(LedgerError, match="a hold is ended once"):
            ledger.submit(sample_release(hold, "again", "party:cid"))
        ledger.submit(sample_release(other, "the other's end"))


def test_assets_are_a_closed_list_where_it_is_given(place: Place):
    journal = place.journal(assets=("EUR", "electricity"))
    journal.submit(sample_batch())
    with pytest.raises(LedgerError, match="counts gold; this journal counts EUR, electricity and nothing else"):
        journal.submit(sample_batch("gold", asset=Asset(id="gold", kind="money", decimals=0)))
    assert [asset.id for asset in journal.assets()] == ["EUR"]


@pytest.mark.parametrize("name", ["party:\x00", "party:\ud800"])
def test_names_that_a_database_cannot_hold_are_refused(place: Place, name: str):
    journal = place.journal()
    with pytest.raises(LedgerError, match="name"):
        journal.submit(sample_batch("odd", {name: 5}))
    assert journal.balances() == {}


def test_another_key_books_nothing(place: Place, tmp_path: Path):
    url = place.url()
    journal = place.journal(url)
    receipt = journal.submit(sample_batch())
    stranger = read_key(tmp_path / "other.key", make=True)
    with pytest.raises(LedgerError, match=r"is signed with key .*, and the key here is"):
        place.journal(url, signer=stranger)
    reader = Journal(open_engine(url), None)
    assert reader.status(receipt.batch_id) == receipt
    with pytest.raises(LedgerError, match="without its key"):
        reader.submit(sample_batch("two"))
    assert reader.verify() == []
    assert reader.findings(public_key=stranger.public_key)[0].place == 0
    reader.engine.dispose()


def test_nothing_is_booked_on_what_somebody_else_wrote(place: Place):
    journal = place.journal()
    journal.submit(sample_batch())
    with transaction(journal.engine, write=True) as connection:
        drop_triggers(connection)
        connection.exec_driver_sql("UPDATE entries SET signature = chain || chain WHERE place = 1")
    with pytest.raises(LedgerError, match="entry 1 of the journal is not signed with its key"):
        journal.submit(sample_batch("two"))


def drop_triggers(connection: Any) -> None:
    tables = ("entries", "postings", "assets", "closings", "anchors")
    for table in tables:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"DROP TRIGGER {table}_stay ON {table}")
        else:
            for act in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {table}_{act}")


def test_anchors_come_after_so_many_entries_or_seconds_and_lie_in_a_file(place: Place):
    file = place.folder / "anchors.jsonl"
    url = place.url()
    journal = place.journal(url, anchoring=Anchoring(entries=3, seconds=100, file=file))
    for name in "abcd":
        journal.submit(sample_batch(name))
    place.now += 100
    journal.submit(sample_batch("e"))
    assert [anchor.entry for anchor in journal.anchors()] == [0, 3, 5]
    assert read_anchors(file) == journal.anchors()
    assert journal.anchor() is None
    file.write_text(file.read_text(encoding="utf-8")[:-20], encoding="utf-8")  # the power went off while it was written
    place.journal(url, anchoring=Anchoring(entries=3, seconds=100, file=file)).close()
    assert Anchoring(file=file).kept() == journal.anchors()


def test_a_database_that_is_away_is_unreachable_and_books_nothing(tmp_path: Path):
    place = Place("sqlite", tmp_path)
    journal = place.journal()
    with transaction(journal.engine, write=True) as connection:
        connection.exec_driver_sql("DROP TABLE balances")
    with pytest.raises(LedgerUnreachable):
        journal.submit(sample_batch())
    assert journal.status(sample_batch().id).state is State.UNKNOWN
    journal.engine.dispose()


def test_the_key_is_for_its_owner_only_and_lasts(tmp_path: Path):
    config = Config(data=tmp_path)
    journal = open_journal(config)
    journal.submit(sample_batch())
    journal.close()
    key = tmp_path / "journal.key"
    assert key.stat().st_mode & 0o777 == 0o600
    again = open_journal(config)
    assert again.public_key() == journal.public_key()
    again.close()
    key.chmod(0o640)
    with pytest.raises(LedgerError, match="can be read by others"):
        open_journal(config)
    key.unlink()
    with pytest.raises(LedgerError, match="is missing"):
        open_journal(config)
    assert not key.exists(), "a new key in the place of a lost one would make books that do not verify"
    reader = open_journal(config, write=False)
    assert reader.verify() == []
    reader.close()
    key.write_text("no key", encoding="utf-8")
    key.chmod(0o600)
    with pytest.raises(LedgerError, match="cannot be used"):
        open_journal(config)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ledger": "postgresql"}, "the database is another"),
        ({"database": "mysql://x"}, "known are sqlite and postgresql"),
        ({"database": "no url"}, "is no URL"),
        ({"ledger": "paper"}, "no ledger is named"),
    ],
)
def test_what_cannot_work_is_said(tmp_path: Path, more: dict[str, Any], words: str):
    from c4e_server.errors import InvalidConfig

    with pytest.raises(InvalidConfig, match=words):
        open_ledger(Config(data=tmp_path, **more))


def test_it_agrees_with_the_ledger_in_memory(place: Place):
    journal, memory = place.journal(), MemoryLedger(lambda: place.now)
    hold = sample_hold()
    acts: list[Callable[[Any], Any]] = [
        lambda ledger: ledger.submit(sample_batch("a", {"party:ann": 10**20})),
        lambda ledger: ledger.submit(hold),
        lambda ledger: ledger.submit(replace(sample_batch("b"), expires=-1)),
        lambda ledger: ledger.reverse(hold.id),
        lambda ledger: ledger.submit(sample_release(hold)),
        lambda ledger: ledger.reverse(sample_batch("a").id),
        lambda ledger: ledger.submit(sample_batch("c", {"wallet:ann": -1})),
        lambda ledger: ledger.reverse("0" * 64),
    ]

    def said(ledger: Any, act: Callable[[Any], Any]) -> Any:
        try:
            return replace(act(ledger), reference="")
        except LedgerError as error:
            return str(error)

    for act in acts:
        assert said(journal, act) == said(memory, act)
    assert journal.balances() == memory.balances()
