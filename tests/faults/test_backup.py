"""The drill: back up under load, lose everything, restore elsewhere; nothing acknowledged before is missing."""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, insert, select

from c4e.opt.v1 import jobs_pb2
from c4e_opt.case import Case
from c4e_opt.errors import C4eError
from c4e_opt.settlement.conformance import sample_batch
from c4e_server.client import Client
from c4e_server.config import Config
from c4e_server.database import backup
from c4e_server.database.backup import back_up, restore
from c4e_server.database.engine import migrate, open_engine, transaction
from c4e_server.database.tables import metadata, requests
from c4e_server.errors import InvalidConfig, StoreError
from c4e_server.ledgers.registry import open_journal
from c4e_server.local import local_service
from c4e_server.security.audit import Audit, files_of
from c4e_server.security.audit_check import check_audit
from c4e_server.security.identity import ANYBODY
from tests.databases import new_database
from tests.service.conftest import small

pytestmark = pytest.mark.xdist_group("faults")

BOOKS = {"anchors", "assets", "balances", "closings", "entries", "holds", "postings", "requests"}
KINDS = [("sqlite", "sqlite"), ("postgresql", "postgresql"), ("sqlite", "postgresql"), ("postgresql", "sqlite")]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "c4e_server.cli", *arguments]
    return subprocess.run(run, capture_output=True, text=True, check=False, timeout=120)


@contextmanager
def load(address: str, acknowledged: list[str]) -> Iterator[None]:
    """Somebody who submits and posts as fast as the service answers, and remembers what it acknowledged."""
    ended = threading.Event()

    def submit() -> None:
        with Client(address, patience_s=0.0) as client:
            for number in itertools.count():
                if ended.is_set():
                    return
                case: Case = small(f"case {number}", demand_kw=1 + number % 50 / 25)
                try:
                    client.submit(case, request_id=f"r{number}", settlement="post")
                except C4eError:
                    return
                acknowledged.append(f"r{number}")

    thread = threading.Thread(target=submit, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(60)


@pytest.mark.parametrize(
    ("kind", "other"), [KINDS[0], pytest.param(*KINDS[1], marks=pytest.mark.slow)], ids=lambda kind: str(kind)
)
def test_a_backup_under_load_brings_back_all_that_was_acknowledged(tmp_path: Path, kind: str, other: str) -> None:
    url, copy = (new_database(each, tmp_path, with_tables=False) if each != "sqlite" else "" for each in (kind, other))
    acknowledged: list[str] = []
    there = ("--database", url) if url else ()
    with local_service(tmp_path / "one", *there) as service:
        with load(service.address, acknowledged):
            while len(acknowledged) < 25:
                assert service.process.poll() is None
            before = len(acknowledged)
            made = command("backup", str(tmp_path / "b.tar"), "--data", str(tmp_path / "one"), *there, "--with-keys")
            assert made.returncode == 0, made.stderr
            assert len(acknowledged) > before  # nobody was held up
        with Client(service.address) as client:
            answers = {name: client.result(name).outcome.digest for name in acknowledged[:before]}
        service.kill()
    shutil.rmtree(tmp_path / "one")
    here = ("--database", copy) if copy else ()
    back = command("restore", str(tmp_path / "b.tar"), "--data", str(tmp_path / "two"), *here)
    assert back.returncode == 0, back.stdout + back.stderr
    assert "the books hold" in back.stdout
    with local_service(tmp_path / "two", *here) as service, Client(service.address) as client:
        for name, digest in answers.items():
            assert client.result(name).outcome.digest == digest, name
        for name in answers:
            assert client.job(name).state == jobs_pb2.JOB_STATE_DONE
            assert client.batch(client.job(name).batch_id).counted
        assert client.solve(small("later"), request_id="later", settlement="post")  # the key and the places go on
    assert command("ledger", "verify", "--data", str(tmp_path / "two"), *here).returncode == 0


def kept(folder: Path, url: str = "") -> Config:
    """A journal with entries of big numbers, a request, and a row of every other table, in some database."""
    config = Config(data=folder, database=url, anchor_entries=2)
    journal = open_journal(config)
    for number in range(5):
        amount = 10**24 + number
        journal.submit(sample_batch(f"batch {number}", {"party:ann": amount, "party:bob": -amount}))
    with transaction(journal.engine, write=True) as connection:
        row = {"id": "r", "content": "c", "message": b"\x00\xff", "state": "queued", "submitted": 0.1}
        connection.execute(insert(requests).values(**row))
        fill(connection, 1, places=True)
    journal.close()
    return config


def fill(connection: Connection, number: int, *, places: bool = False) -> None:
    """Put a row into every table that is neither the journal's nor that of requests, with or without its place."""
    for table in metadata.sorted_tables:
        if table.name not in BOOKS:
            columns = [column for column in table.columns if places or column.name != "place"]
            connection.execute(insert(table).values({column.name: sample(column, number) for column in columns}))


def sample(column: Column[Any], number: int) -> Any:
    """Some content of a column, another one for every number."""
    return {str: f"r{number}", bytes: b"\x00\xff", float: 0.1 * number, int: 2**53 + number}[column.type.python_type]


def content(config: Config) -> dict[str, list[Any]]:
    """Every row of every table."""
    engine = open_engine(config.database_url)
    with transaction(engine, write=False) as connection:
        found = {
            table.name: sorted(map(repr, connection.execute(select(table)).all())) for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


@pytest.mark.parametrize(("kind", "other"), KINDS)
def test_every_row_comes_back_whatever_database_it_came_from(tmp_path: Path, kind: str, other: str) -> None:
    url, copy = (new_database(each, tmp_path) if each != "sqlite" else "" for each in (kind, other))
    one = kept(tmp_path / "one", url)
    manifest = back_up(one, tmp_path / "b.tar", keys=True)
    assert (tmp_path / "b.tar").stat().st_mode & 0o777 == 0o600
    assert manifest.rows["entries"] == 6
    two = Config(data=tmp_path / "two", database=copy, anchor_entries=2)
    usual = os.umask(0o022)  # as most shells have it
    restore(two, tmp_path / "b.tar")
    os.umask(usual)
    assert content(two) == content(one)
    assert two.data.stat().st_mode & 0o777 == 0o700
    for restored in two.data.iterdir():
        assert restored.stat().st_mode & 0o077 == 0, restored.name
    journal = open_journal(two)
    assert journal.verify() == []
    journal.submit(sample_batch("next", {"party:ann": 1, "party:bob": -1}))
    with transaction(journal.engine, write=True) as connection:
        row = {"id": "s", "content": "c", "message": b"", "state": "queued", "submitted": 0.2}
        connection.execute(insert(requests).values(**row))
        fill(connection, 2)
        assert connection.execute(select(requests.c.place).order_by(requests.c.place)).scalars().all() == [1, 2]
    journal.close()


def test_keys_are_in_a_backup_only_on_request(tmp_path: Path) -> None:
    one = kept(tmp_path / "one")
    manifest = back_up(one, tmp_path / "b.tar")
    assert manifest.keys == []
    with tarfile.open(tmp_path / "b.tar") as archive:
        assert not [name for name in archive.getnames() if name.endswith((".key", ".pem"))]
    raw = (tmp_path / "b.tar").read_bytes()
    assert b"PRIVATE KEY" not in raw
    run = command("restore", str(tmp_path / "b.tar"), "--data", str(tmp_path / "two"))
    assert run.returncode == 0
    assert "bring journal.key" in run.stdout
    assert command("backup", str(tmp_path / "c.tar"), "--data", str(tmp_path / "two")).returncode == 0


def test_a_restore_and_a_backup_replace_nothing(tmp_path: Path) -> None:
    one = kept(tmp_path / "one")
    back_up(one, tmp_path / "b.tar")
    with pytest.raises(InvalidConfig, match="never replaces"):
        back_up(one, tmp_path / "b.tar")
    with pytest.raises(InvalidConfig, match="replaces nothing"):
        restore(one, tmp_path / "b.tar")
    full = Config(data=tmp_path / "two", database=new_database("postgresql", tmp_path))
    engine = open_engine(full.database_url)
    with transaction(engine, write=True) as connection:
        row = {"id": "mine", "content": "c", "message": b"", "state": "queued", "submitted": 0.2}
        connection.execute(insert(requests).values(**row))
    with pytest.raises(InvalidConfig, match="table requests of the database has rows"):
        restore(full, tmp_path / "b.tar")
    with transaction(engine, write=False) as connection:
        assert connection.execute(select(requests.c.id)).scalars().all() == ["mine"]
    engine.dispose()
    with pytest.raises(InvalidConfig, match="no database"):
        back_up(Config(data=tmp_path / "nobody"), tmp_path / "d.tar")
    assert not (tmp_path / "d.tar").exists()


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["in the data folder", "elsewhere"])
def test_a_restore_beside_the_log_of_another_database_is_refused(tmp_path: Path, end: str, elsewhere: bool) -> None:
    back_up(kept(tmp_path / "one"), tmp_path / "b.tar")
    place = tmp_path / ("other/mine.sqlite" if elsewhere else "two/service.sqlite")
    place.parent.mkdir()
    left = place.with_name(place.name + end)
    left.write_bytes(b"of another")
    two = Config(data=tmp_path / "two", database=f"sqlite:///{place}" if elsewhere else "")
    with pytest.raises(InvalidConfig, match=f"{left.name} of another database"):
        restore(two, tmp_path / "b.tar")
    assert list(place.parent.iterdir()) == [left]
    left.unlink()
    restore(two, tmp_path / "b.tar")
    assert place.exists()


def test_a_restore_beside_the_log_of_what_a_ledger_kept_is_refused(tmp_path: Path) -> None:
    one = kept(tmp_path / "one")
    with closing(sqlite3.connect(one.data / "chain.sqlite")) as connection:
        connection.execute("CREATE TABLE sent (batch TEXT)")
    back_up(one, tmp_path / "b.tar")
    left = tmp_path / "two" / "chain.sqlite-wal"
    left.parent.mkdir()
    left.write_bytes(b"of another")
    with pytest.raises(InvalidConfig, match=f"{left.name} of another database"):
        restore(Config(data=left.parent), tmp_path / "b.tar")
    assert list(left.parent.iterdir()) == [left]


def repacked(source: Path, target: Path, change: Callable[[str, bytes], bytes], *more: tuple[str, bytes]) -> None:
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            file = old.extractfile(member)
            parts = [(member.name, change(member.name, file.read() if file else b""))]
            for name, raw in parts:
                info = tarfile.TarInfo(name)
                info.size = len(raw)
                new.addfile(info, io.BytesIO(raw))
        for name, raw in more:
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            new.addfile(info, io.BytesIO(raw))


def test_a_backup_that_is_broken_or_hostile_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    back_up(kept(tmp_path / "one"), tmp_path / "b.tar")
    whole = (tmp_path / "b.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.tar").write_bytes(b"hello")

    def flipped(name: str, raw: bytes) -> bytes:
        return raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:] if name == "service.sqlite" else raw

    repacked(tmp_path / "b.tar", tmp_path / "flipped.tar", flipped)

    def climbing(name: str, raw: bytes) -> bytes:
        if name != "manifest.json":
            return raw
        said = json.loads(raw)
        said["files"]["../evil"] = "0" * 64
        return json.dumps(said).encode()

    repacked(tmp_path / "b.tar", tmp_path / "climbing.tar", climbing, ("../evil", b"evil"))

    def newer(name: str, raw: bytes) -> bytes:
        return raw.replace(b'"format": 1', b'"format": 2') if name == "manifest.json" else raw

    repacked(tmp_path / "b.tar", tmp_path / "newer.tar", newer)
    for name in ("cut", "none", "flipped", "climbing", "newer", "missing"):
        run = command("restore", str(tmp_path / f"{name}.tar"), "--data", str(tmp_path / "two" / name))
        assert run.returncode == 2, name
        assert "Traceback" not in run.stderr
        assert list((tmp_path / "two" / name).iterdir()) == [], name
    assert not list(tmp_path.rglob("evil"))


def test_a_backup_of_another_version_is_told(tmp_path: Path) -> None:
    one = kept(tmp_path / "one")
    with closing(sqlite3.connect(one.data / "service.sqlite")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    back_up(one, tmp_path / "b.tar")
    with pytest.raises(StoreError, match="later version"):
        restore(Config(data=tmp_path / "two"), tmp_path / "b.tar")
    url = new_database("postgresql", tmp_path, with_tables=False)
    with pytest.raises(StoreError, match="ledger migrate"):
        back_up(Config(data=tmp_path / "one", database=url), tmp_path / "c.tar")
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    assert os.path.exists(tmp_path / "b.tar")
    assert back_up(Config(data=tmp_path / "one", database=url), tmp_path / "c.tar").rows["requests"] == 0


def test_what_was_booked_after_the_backup_shows_by_the_anchors_that_others_keep(tmp_path: Path) -> None:
    one = kept(tmp_path / "one")
    back_up(one, tmp_path / "b.tar", keys=True)
    journal = open_journal(one)
    for number in range(4):
        journal.submit(sample_batch(f"later {number}", {"party:ann": 1, "party:bob": -1}))
    journal.close()
    run = command("restore", str(tmp_path / "b.tar"), "--data", str(tmp_path / "two"))
    assert run.returncode == 0, run.stdout + run.stderr
    anchors = str(one.data / "anchors.jsonl")
    proof = command("ledger", "verify", "--data", str(tmp_path / "two"), "--anchors", anchors)
    assert proof.returncode == 3
    assert "cut off" in proof.stdout


def test_what_is_still_in_the_write_ahead_log_is_in_the_backup_and_what_is_not_kept_yet_is_not(tmp_path: Path) -> None:
    one = Config(data=tmp_path / "one")
    journal = open_journal(one)

    def row(name: str) -> dict[str, Any]:
        return {"id": name, "content": "c", "message": b"", "state": "queued", "submitted": 0.2}

    with transaction(journal.engine, write=True) as connection:
        connection.execute(insert(requests).values(**row("kept")))
    assert (one.data / "service.sqlite-wal").stat().st_size > 0
    with transaction(journal.engine, write=True) as connection:
        connection.execute(insert(requests).values(**row("open")))
        manifest = back_up(one, tmp_path / "b.tar")
    assert manifest.rows["requests"] == 1
    two = Config(data=tmp_path / "two")
    restore(two, tmp_path / "b.tar")
    engine = open_engine(two.database_url)
    with transaction(engine, write=False) as connection:
        assert connection.execute(select(requests.c.id)).scalars().all() == ["kept"]
    engine.dispose()
    journal.close()


def test_an_audit_log_that_goes_on_in_a_new_file_meanwhile_is_whole_in_the_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(data=tmp_path / "data")
    open_journal(config).close()
    audit = Audit(config.data / "audit.jsonl", most_bytes=2000)

    def write(count: int) -> None:
        for number in range(count):
            audit.write(ANYBODY, "begin", str(number))

    write(20)
    copy, meanwhile = backup._copy_lines, [20]

    def copy_lines(source: Path, target: Path) -> None:
        if source.name == "audit.jsonl" and meanwhile:
            write(meanwhile.pop())
        copy(source, target)

    monkeypatch.setattr(backup, "_copy_lines", copy_lines)
    back_up(config, tmp_path / "all.tar")
    audit.close()
    restore(Config(data=tmp_path / "new"), tmp_path / "all.tar")
    report = check_audit(files_of(tmp_path / "new"))
    assert (report.lines, report.faults) == (40, [])
