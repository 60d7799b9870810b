"""Opening the database, bringing its tables up to date, and transactions that wait for the disk."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from c4e_server.database.tables import metadata
from c4e_server.errors import InvalidConfig, StoreError

#: The revision of the tables that this version of the service reads and writes.
VERSION = "0006"

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x63346531  # of PostgreSQL's advisory locks, the one that migrations take
_alembic = threading.Lock()  # alembic's context is global
_PATIENCE_S = 30.0
#: SQLite waits for whoever has a database locked, but not where a new one begins to write ahead.
_PATIENTLY = Retrying(
    retry=retry_if_exception(lambda error: getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY),
    stop=stop_after_delay(_PATIENCE_S),
    wait=wait_random(0.0, 0.02),
    reraise=True,
)


def open_engine(url: str) -> Engine:
    """The database of a URL: sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME; nothing is written yet.

    Raises:
        InvalidConfig: The URL cannot be read, or what it needs is not installed.
    """
    try:
        where = make_url(url)
    except ArgumentError:
        raise InvalidConfig("database is no URL; give sqlite:///FILE or postgresql://USER@HOST/NAME") from None
    kind = where.get_backend_name()
    if kind == "sqlite":
        engine = create_engine(where, connect_args={"timeout": _PATIENCE_S})
        event.listen(engine, "do_connect", _private)
        event.listen(engine, "connect", _durable)
        event.listen(engine, "begin", _begin)
        return engine
    if kind != "postgresql":
        raise InvalidConfig(f"database is of kind {kind!r}; known are sqlite and postgresql")
    try:
        return create_engine(
            where.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={"options": "-c synchronous_commit=on -c timezone=UTC"},
        )
    except ModuleNotFoundError:
        raise InvalidConfig("PostgreSQL needs psycopg; install it with: pip install 'c4e-opt[postgresql]'") from None


@contextmanager
def transaction(engine: Engine, *, write: bool) -> Generator[Connection]:
    """A transaction that is kept whole when the block ends and forgotten when it raises.

    Args:
        engine: The database.
        write: Whether the block writes; on SQLite it then waits for its turn before it reads anything.

    Raises:
        SQLAlchemyError: The database failed; see `words`.
    """
    more = {} if write or engine.dialect.name != "postgresql" else {"isolation_level": "REPEATABLE READ"}
    with engine.execution_options(c4e_write=write, **more).begin() as connection:
        yield connection


def inserting(connection: Connection) -> Any:
    """An INSERT that may find its row there; both databases have one, each of its own."""
    return sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert


def words(error: SQLAlchemyError) -> str:
    """What the database said, in one line, without the statement and its parameters."""
    said = str(error.orig).strip().splitlines() if isinstance(error, DBAPIError) and error.orig is not None else []
    return said[0] if said else type(error).__name__


def migrate(engine: Engine) -> str:
    """Bring the tables up to date, whole or not at all.

    Returns:
        The revision that was found; empty when there were no tables.

    Raises:
        StoreError: The database cannot be used, or was made by another version of the service.
    """
    try:
        with transaction(engine, write=False) as connection:
            if revision(connection) == VERSION:
                return VERSION
        with transaction(engine, write=True) as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            found = revision(connection)
            if found != VERSION:
                _upgrade(connection, found)
            return found
    except SQLAlchemyError as error:
        raise StoreError(f"the database cannot be used: {words(error)}") from error


def revision(connection: Connection) -> str:
    """The revision of the tables; empty when there are none.

    Raises:
        StoreError: There are tables without one.
    """
    names = set(inspect(connection).get_table_names())
    if "alembic_version" in names:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or "")
    if names & set(metadata.tables):
        raise StoreError(
            f"the database was made by another version of the service, before its tables had revisions (here {VERSION})"
        )
    return ""


def _upgrade(connection: Connection, found: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _alembic:
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise StoreError(
                f"the database was made by another version of the service (tables {found}, here {VERSION})"
            ) from None


def _private(_: Any, __: Any, where: list[Any], ___: Any) -> None:
    """Have a new database readable for its owner only; SQLite gives the logs beside it the same mode."""
    file = str(where[0])
    if not file.startswith((":", "file:")) and not os.path.exists(file):
        with suppress(OSError):  # where it cannot be made, SQLite says so
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _durable(connection: Any, _: Any) -> None:
    """Write ahead, wait for the disk at every commit, and leave the beginning of transactions to `_begin`."""
    connection.isolation_level = None
    for attempt in _PATIENTLY:
        with attempt:
            connection.execute("PRAGMA journal_mode=WAL")
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Who writes takes the lock first: who reads and then writes may find that another has written in between."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("c4e_write") else "BEGIN")
