"""The service's own database: requests once, answers whole or not at all, nothing forgotten."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from c4e_opt.issues import Issue
from c4e_server.errors import RequestIdReused, StoreError, UnknownRequest
from c4e_server.failures import Failure
from c4e_server.store.outbox import Delivery, Parcel
from c4e_server.store.store import DONE, FAILED, QUEUED, Store
from c4e_server.workers.messages import Answer

ANSWER = Answer(response=b"r", reason="OPTIMAL", statement=b"s", batch=b"b", batch_id="id")
FAILURE = Failure(code="INVALID_ARGUMENT", reason="INVALID_INPUT", message="m", issues=(Issue("p", "r", "ó"),))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "service.sqlite")


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
    with pytest.raises((StoreError, UnicodeEncodeError)):
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


def test_everything_is_there_after_reopening(tmp_path: Path, store: Store):
    for name in "abc":
        store.take(name, name, name.encode())
    store.fail("b", FAILURE)
    store.close()
    again = Store(tmp_path / "service.sqlite")
    assert again.unfinished() == ["a", "c"]
    assert again.message("c") == b"c"
    assert [request.id for request in again.requests((), 2)] == ["c", "b"]
    assert [request.id for request in again.requests((QUEUED,), 9, before=3)] == ["a"]


def test_a_database_of_another_version_is_refused(tmp_path: Path, store: Store):
    store.close()
    with sqlite3.connect(tmp_path / "service.sqlite") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(StoreError, match="another version"):
        Store(tmp_path / "service.sqlite")


def test_every_commit_waits_for_the_disk(store: Store):
    with store._transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
