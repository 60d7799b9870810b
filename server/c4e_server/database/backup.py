"""Backup and restore: everything that the service keeps, copied while it runs into one file, and put back elsewhere.

A backup is a tar archive:

    manifest.json    version, revision of the tables, moment, rows of every table, SHA-256 of every other file
    service.sqlite   the one database; that of a PostgreSQL server, too, table by table from one snapshot
    *.jsonl          anchors of the journal and the audit log, as they were before the database was copied
    *.sqlite *.toml  what adapters of ledgers keep and are told, as it lies in the data folder
    *.key *.pem      on request: the keys in the data folder

Because the database in it is the same whatever it came from, a backup of SQLite can be restored to PostgreSQL and back.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from c4e_server.config import Config
from c4e_server.database.engine import VERSION, migrate, open_engine, revision, transaction, words
from c4e_server.database.tables import metadata
from c4e_server.errors import InvalidConfig, StoreError

_FORMAT = 1
_MANIFEST, _DATABASE = "manifest.json", "service.sqlite"
_LINES = "*.jsonl"
_LOGS = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a database; it would be played into the restored one
_BESIDE, _KEYS = ("*.sqlite", "*.toml"), ("*.key", "*.pem")
_AT_ONCE = 200  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    format: int
    version: str  # of the service that made it
    revision: str  # of the tables
    made: str  # ISO 8601, UTC
    rows: dict[str, int]  # by table
    files: dict[str, str]  # name -> SHA-256

    @property
    def keys(self) -> list[str]:
        """The keys in it."""
        return sorted(name for name in self.files if Path(name).suffix in (".key", ".pem"))


def back_up(config: Config, file: Path, *, keys: bool = False) -> Manifest:
    """Write a backup; the service may run and write meanwhile, and what it had acknowledged before is in it.

    Args:
        config: Where the database and the data folder are.
        file: The archive, readable for its owner only; must not exist.
        keys: Whether the keys in the data folder go in.

    Raises:
        InvalidConfig: There is nothing to back up, or the file exists or cannot be written.
        StoreError: The database cannot be read.
    """
    if file.exists():
        raise InvalidConfig(f"{file} exists; a backup never replaces another: name a new file")
    if not config.database and not (config.data / _DATABASE).is_file():
        raise InvalidConfig(f"there is no database in {config.data}; name its folder with --data, or its --database")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".c4e-backup-") as scratch:
            return _written(config, file, Path(scratch), keys)
    except OSError as error:
        raise InvalidConfig(f"the backup cannot be written to {file.parent}: {error.strerror}") from None


def _written(config: Config, file: Path, scratch: Path, keys: bool) -> Manifest:
    """Copy, describe, pack; anchors before the database, so that none is newer."""
    lines = list[Path]()
    while lines != (lines := sorted(config.data.glob(_LINES))):  # again when the audit log went on in a new file
        for path in lines:
            _copy_lines(path, scratch / path.name)
    engine = open_engine(config.database_url)
    try:
        if engine.dialect.name == "sqlite":
            _copy_sqlite(Path(str(engine.url.database)), scratch / _DATABASE)
        else:
            _copy_to_sqlite(engine, scratch / _DATABASE)
    finally:
        engine.dispose()
    for path in sorted({path for pattern in _BESIDE for path in config.data.glob(pattern)}):
        if path.name == _DATABASE:
            continue
        if path.suffix == ".sqlite":
            _copy_sqlite(path, scratch / path.name)
        else:
            (scratch / path.name).write_bytes(path.read_bytes())
    for path in sorted({path for pattern in _KEYS for path in config.data.glob(pattern)} if keys else ()):
        (scratch / path.name).write_bytes(path.read_bytes())
    found, rows = _described(scratch / _DATABASE)
    manifest = Manifest(
        format=_FORMAT,
        version=version("c4e-opt"),
        revision=found,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        rows=rows,
        files={path.name: _digest(path) for path in sorted(scratch.iterdir())},
    )
    (scratch / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    packed = scratch / ".packed"
    handle = os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w") as archive:
            for name in (_MANIFEST, *manifest.files):
                archive.add(scratch / name, arcname=name)
        raw.flush()
        os.fsync(raw.fileno())
    os.link(packed, file)  # whole, and never over another
    _sync(file.parent)
    return manifest


def restore(config: Config, file: Path) -> Manifest:
    """Put a backup where no service is yet: an empty data folder, and an empty database.

    Raises:
        InvalidConfig: The archive cannot be read or is not whole, or something is there already.
        StoreError: The database cannot be written, or the backup is of a later version.
    """
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=config.data, prefix=".restore-") as name:
        scratch = Path(name)
        manifest = _unpacked(file, scratch)
        there = sorted(each for each in manifest.files if (config.data / each).exists())
        if there:
            raise InvalidConfig(
                f"{config.data} has {', '.join(there)}; a restore replaces nothing: name an empty folder"
            )
        for each in manifest.files:
            if Path(each).suffix == ".sqlite" and each != _DATABASE:
                _check_logs(config.data / each)
        _check(manifest, scratch / _DATABASE)
        engine = open_engine(config.database_url)
        try:
            if engine.dialect.name == "sqlite":
                place = Path(str(engine.url.database))
                if place.exists():
                    raise InvalidConfig(f"{place} exists; a restore replaces nothing: name another database")
                _check_logs(place)
                _move(scratch / _DATABASE, place)  # first: without it nothing else is of use
                migrate(engine)
            else:
                _copy_from_sqlite(scratch / _DATABASE, engine)
        finally:
            engine.dispose()
        for each in manifest.files:
            if each != _DATABASE:
                (scratch / each).chmod(0o600)
                _move(scratch / each, config.data / each)
    return manifest


def _check_logs(place: Path) -> None:
    """Refuse to put a database beside the logs of another.

    Raises:
        InvalidConfig: There are some.
    """
    left = [log.name for log in (place.with_name(f"{place.name}{end}") for end in _LOGS) if log.exists()]
    if left:
        raise InvalidConfig(
            f"{place.parent} has {', '.join(left)} of another database, which would be played into the restored one: "
            "name an empty folder, or move them away"
        )


def _unpacked(file: Path, scratch: Path) -> Manifest:
    """Unpack what the manifest names, and nothing else."""
    try:
        with tarfile.open(file, mode="r:") as archive:
            head = archive.extractfile(_MANIFEST)
            manifest = Manifest(**json.loads(head.read() if head else b""))
            if manifest.format != _FORMAT:
                raise InvalidConfig(f"{file} has format {manifest.format}; this version reads {_FORMAT}")
            for name in manifest.files:
                if Path(name).name != name or name.startswith("."):
                    raise InvalidConfig(f"{file} names {name!r}, which is no plain file; it is no backup of ours")
                archive.extract(name, scratch, filter="data")
    except (OSError, tarfile.TarError, KeyError, ValueError, TypeError) as error:
        raise InvalidConfig(f"{file} is no backup, or not whole: {type(error).__name__}") from None
    for name, digest in manifest.files.items():
        if _digest(scratch / name) != digest:
            raise InvalidConfig(f"{name} in {file} is not what was backed up: its SHA-256 differs; take another backup")
    return manifest


def _check(manifest: Manifest, database: Path) -> None:
    found, rows = _described(database)
    if (found, rows) != (manifest.revision, manifest.rows):
        raise InvalidConfig("the database of the backup has not the rows that it was made with; take another backup")
    if found > VERSION:
        raise StoreError(f"the backup was made by a later version of the service (tables {found}, here {VERSION})")


def _described(database: Path) -> tuple[str, dict[str, int]]:
    """Revision of the tables of an SQLite file, and their rows."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            broken = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if broken != "ok":
                raise StoreError(f"the copy of the database is broken: {broken}")
            named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            names = sorted(row[0] for row in named if not row[0].startswith("sqlite_"))
            rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"the copy of the database cannot be read: {error}") from None
    return str(found[0]) if found else "", rows


def _copy_sqlite(source: Path, target: Path) -> None:
    """One state of a database, by SQLite's online backup; who writes meanwhile is not held up (write-ahead log)."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30.0)) as there,
            closing(sqlite3.connect(target)) as here,
        ):
            there.backup(here)
    except sqlite3.Error as error:
        raise StoreError(f"{source.name} cannot be copied: {error}") from None
    _make_single(target)


def _make_single(file: Path) -> None:
    """Have everything in the one file, and no log beside it."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StoreError(f"the copy of {file.name} cannot be finished: {error}") from None


def _copy_to_sqlite(source: Engine, file: Path) -> None:
    """One snapshot of a PostgreSQL database, table by table."""
    target = open_engine(f"sqlite:///{file}")
    try:
        with transaction(source, write=False) as reading:
            found = revision(reading)
            if found != VERSION:
                raise StoreError(
                    f"the database has tables {found or 'of no revision'}, here {VERSION}; run c4e-opt ledger migrate"
                )
            migrate(target)
            with transaction(target, write=True) as writing:
                for table in metadata.sorted_tables:
                    _copy_rows(reading, writing, table)
    except SQLAlchemyError as error:
        raise StoreError(f"the database cannot be copied: {words(error)}") from None
    finally:
        target.dispose()
    _make_single(file)


def _copy_from_sqlite(file: Path, target: Engine) -> None:
    """Fill an empty PostgreSQL database, whole or not at all."""
    source = open_engine(f"sqlite:///{file}")
    try:
        migrate(source)
        migrate(target)
        with transaction(source, write=False) as reading, transaction(target, write=True) as writing:
            for table in metadata.sorted_tables:
                if writing.execute(select(func.count()).select_from(table)).scalar_one():
                    raise InvalidConfig(f"table {table.name} of the database has rows; a restore replaces nothing")
                _copy_rows(reading, writing, table)
                _raise_sequence(writing, table)
    except SQLAlchemyError as error:
        raise StoreError(f"the database cannot be restored: {words(error)}") from None
    finally:
        source.dispose()


def _copy_rows(reading: Any, writing: Any, table: Table) -> None:
    found = reading.execution_options(yield_per=_AT_ONCE).execute(select(table))
    for part in found.mappings().partitions(_AT_ONCE):
        writing.execute(insert(table), [dict(row) for row in part])


def _raise_sequence(connection: Any, table: Table) -> None:
    """The next row gets the place after the last."""
    column = table.autoincrement_column
    if column is None:
        return
    last = connection.execute(select(func.max(column))).scalar_one()
    if last is not None:
        named = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        connection.execute(named, {"table": table.name, "column": column.name, "last": last})


def _copy_lines(source: Path, target: Path) -> None:
    """Whole lines only: another may be on its way."""
    content = source.read_bytes()
    target.write_bytes(content[: content.rfind(b"\n") + 1])


def _move(source: Path, target: Path) -> None:
    """Move a file to its place for good, beside whatever file system it came from."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.new")
    with source.open("rb") as reading, new.open("xb") as writing:
        os.fchmod(writing.fileno(), 0o600)
        while part := reading.read(2**20):
            writing.write(part)
        writing.flush()
        os.fsync(writing.fileno())
    os.replace(new, target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
