"""The service's own database: requests once, answers whole or not at all, nothing forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from c4e_opt.issues import Issue
from c4e_opt.settlement import Batch, State
from c4e_opt.settlement.conformance import sample_batch
from c4e_server.convert.statement import batch_to_proto
from c4e_server.database.engine import VERSION, migrate, open_engine, transaction
from c4e_server.database.tables import metadata
from c4e_server.errors import RequestIdReused, StoreError, UnknownRequest
from c4e_server.failures import Failure
from c4e_server.ledgers.chain import read_key
from c4e_server.ledgers.journal import Journal
from c4e_server.store.outbox import Delivery, Parcel
from c4e_server.store.records import DONE, FAILED, QUEUED
from c4e_server.store.store import Store
from c4e_server.workers.messages import Answer
from tests.databases import KINDS, new_database

ANSWER = Answer(response=b"r", reason="OPTIMAL", statement=b"s", batch=b"b", batch_id="id")
FAILURE = Failure(code="INVALID_ARGUMENT", reason="INVALID_INPUT", message="m", issues=(Issue("p", "r", "ó"),))


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_database(request.param, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    one = Store(open_engine(url))
    yield one
    one.close()


def waiting(store: Store) -> list[Parcel]:
    return store.outbox.due(now=0.0, longest_wait_s=1.0, limit=9)


def test_a_request_is_taken_once(store: Store):
    first, new = store.take("a", "digest", b"message")
    again, more = store.take("a", "digest", b"message")
    assert (new, more) == (True, False)
    assert first == again
    assert first.state == QUEUED
    with pytest.raises(RequestIdReused):
        store.take("a", "other", b"other")


def test_an_answer_its_statement_and_its_batch_are_kept_together(store: Store):
    store.take("a", "digest", b"message")
    kept = store.finish("a", ANSWER, "case", 1.0)
    assert (kept.state, kept.reason, kept.case_name, kept.posted) == (DONE, "OPTIMAL", "case", False)
    assert store.response("a") == b"r"
    assert store.statement("a") == b"s"
    assert [parcel.batch for parcel in waiting(store)] == [b"b"]


@pytest.mark.parametrize(
    "fault",
    [{"batch_id": None}, {"statement": "text is no blob \ud800"}, {"response": None}],
    ids=lambda f: next(iter(f)),
)
def test_what_cannot_be_kept_whole_is_not_kept_at_all(store: Store, fault: dict[str, Any]):
    store.take("a", "digest", b"message")
    whole = {name: getattr(ANSWER, name) for name in Answer.__dataclass_fields__}
    with pytest.raises((StoreError, UnicodeEncodeError, TypeError)):
        store.finish("a", Answer(**(whole | fault)), "case", 1.0)
    assert store.request("a").state == QUEUED
    for read in (store.response, store.statement):
        with pytest.raises(UnknownRequest):
            read("a")
    assert waiting(store) == []
    assert store.unfinished() == ["a"]


def test_what_has_ended_stays_as_it_is(store: Store):
    store.take("a", "digest", b"message")
    assert store.fail("a", FAILURE).failure == FAILURE
    assert store.finish("a", ANSWER, "case", 1.0).state == FAILED
    assert waiting(store) == []
    store.take("b", "digest", b"message")
    store.finish("b", ANSWER, "case", 1.0)
    assert store.fail("b", FAILURE).state == DONE


def test_one_settlement_is_one_batch_whoever_asks_for_it(store: Store):
    for name in ("a", "b"):
        store.take(name, name, b"")
        store.finish(name, ANSWER, "case", 1.0)
    (parcel,) = waiting(store)
    assert store.outbox.told(parcel, Delivery.DELIVERED, 0.0, "", "ref")
    assert not store.outbox.told(parcel, Delivery.WAITING, 0.0, "too late")
    assert store.request("a").posted
    assert store.request("b").posted


def test_what_was_tried_least_is_tried_next(store: Store):
    for name in ("a", "b"):
        store.take(name, name, b"")
        store.finish(name, Answer(response=b"", reason="OPTIMAL", batch=b"", batch_id=name), "case", 1.0)
    store.outbox.told(waiting(store)[0], Delivery.WAITING, 0.0, "not now")
    assert [parcel.batch_id for parcel in waiting(store)] == ["b", "a"]
    assert store.request("a").ledger_says == "not now"


def test_everything_is_there_after_reopening(url: str, store: Store):
    for name in "abc":
        store.take(name, name, name.encode())
    store.fail("b", FAILURE)
    store.close()
    again = Store(open_engine(url))
    assert again.unfinished() == ["a", "c"]
    assert again.message("c") == b"c"
    assert [request.id for request in again.requests((), 2)] == ["c", "b"]
    assert [request.id for request in again.requests((QUEUED,), 9, before=3)] == ["a"]


def test_a_database_of_another_version_is_refused(url: str, store: Store):
    with transaction(open_engine(url), write=True) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=f"another version.*tables 9999, here {VERSION}"):
        Store(open_engine(url))
    with transaction(open_engine(url), write=True) as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    with pytest.raises(StoreError, match="another version"):
        Store(open_engine(url))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    path = tmp_path / "service.sqlite"
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(StoreError, match="cannot be used"):
        Store(path)


@pytest.mark.parametrize("kind", KINDS)
def test_migrations_make_the_tables_that_the_service_knows(kind: str, tmp_path: Path):
    engine = open_engine(new_database(kind, tmp_path, with_tables=False))
    assert [migrate(engine) for _ in range(3)] == ["", VERSION, VERSION]
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        names = set(inspect(connection).get_table_names())
    assert names == {*metadata.tables, "alembic_version"}
    engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_services_that_start_at_once_migrate_once(kind: str, tmp_path: Path):
    url = new_database(kind, tmp_path, with_tables=False)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: migrate(open_engine(url)), range(8)))
    assert sorted(found) == ["", *[VERSION] * 7]


def journal_of(url: str, tmp_path: Path, **more: Any) -> Journal:
    return Journal(open_engine(url), read_key(tmp_path / "journal.key", make=True), **more)


def posted(batch: Batch) -> Answer:
    packed = batch_to_proto(batch).SerializeToString()
    return Answer(response=b"r", reason="OPTIMAL", statement=b"s", batch=packed, batch_id=batch.id)


@pytest.mark.parametrize("is_ledger", [True, False])
def test_an_answer_is_booked_in_the_transaction_that_keeps_it(url: str, tmp_path: Path, is_ledger: bool):
    journal, batch = journal_of(url, tmp_path), sample_batch()
    store = Store(journal.engine, journal, is_ledger=is_ledger)
    store.take("a", "a", b"")
    kept = store.finish("a", posted(batch), "", 1.0)
    assert journal.status(batch.id).state is State.FINAL
    assert kept.posted is is_ledger
    assert [parcel.batch_id for parcel in waiting(store)] == ([] if is_ledger else [batch.id])
    assert journal.verify() == []
    store.close()


def test_a_batch_that_the_journal_refuses_leaves_answer_and_statement(url: str, tmp_path: Path):
    journal = journal_of(url, tmp_path, assets=("gold",))
    store, batch = Store(journal.engine, journal, is_ledger=True), sample_batch()
    store.take("a", "a", b"")
    kept = store.finish("a", posted(batch), "", 1.0)
    assert (kept.state, kept.posted) == (DONE, False)
    assert "counts EUR; this journal counts gold" in kept.ledger_says
    assert (store.response("a"), store.statement("a")) == (b"r", b"s")
    assert journal.status(batch.id).state is State.UNKNOWN
    assert (journal.verify(), journal.balances()) == ([], {})
    assert store.outbox.parcel(batch.id).state is Delivery.DEAD
    journal = journal_of(url, tmp_path)  # now it takes any asset, and somebody settles the same once more
    store = Store(journal.engine, journal, is_ledger=True)
    store.take("b", "b", b"")
    assert store.finish("b", posted(batch), "", 1.0).posted
    assert store.request("a").posted
    store.close()


@pytest.mark.parametrize("broken", ["answers", "outbox", "postings"])
def test_answer_postings_and_outbox_are_kept_together_or_not_at_all(url: str, tmp_path: Path, broken: str):
    journal, batch = journal_of(url, tmp_path), sample_batch()
    store = Store(journal.engine, journal, is_ledger=False)
    store.take("a", "a", b"")
    with transaction(journal.engine, write=True) as connection:
        connection.exec_driver_sql(f"ALTER TABLE {broken} RENAME TO gone")
    with pytest.raises(StoreError):
        store.finish("a", posted(batch), "", 1.0)
    with transaction(journal.engine, write=True) as connection:
        connection.exec_driver_sql(f"ALTER TABLE gone RENAME TO {broken}")
    assert store.unfinished() == ["a"]
    assert journal.status(batch.id).state is State.UNKNOWN
    assert (journal.verify(), journal.balances(), waiting(store)) == ([], {}, [])
    store.close()


def test_every_commit_waits_for_the_disk(store: Store):
    with store._transaction() as connection:
        if connection.dialect.name == "postgresql":
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
            assert connection.exec_driver_sql("SHOW fsync").scalar_one() == "on"
            return
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
