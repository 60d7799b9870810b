"""Copies of a journal that others keep: its entries and anchors in a file of SQLite, and their proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from c4e_opt.errors import LedgerError
from c4e_server.database.engine import open_engine, transaction, words
from c4e_server.database.tables import anchors as anchor_rows
from c4e_server.database.tables import entries as entry_rows
from c4e_server.database.tables import metadata
from c4e_server.ledgers.chain import Anchor
from c4e_server.ledgers.verification import Finding, verify_journal


def write_copy(file: Path, rows: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Write a copy; how many entries and anchors it has.

    Args:
        file: The file; must not exist.
        rows: Rows of entries and of anchors, which have a number.

    Raises:
        LedgerError: The file exists, or what came is no journal.
    """
    if file.exists():
        raise LedgerError(f"{file} exists; a copy never replaces another: name a new file")
    engine, counts = _opened(file), [0, 0]
    try:
        with transaction(engine, write=True) as connection:
            metadata.create_all(connection, [entry_rows, anchor_rows])
            for row in rows:
                is_anchor = "number" in row
                connection.execute(insert(anchor_rows if is_anchor else entry_rows).values(**row))
                counts[is_anchor] += 1
    except SQLAlchemyError as error:
        raise LedgerError(f"the copy cannot be written: {words(error)}") from None
    finally:
        engine.dispose()
    return counts[0], counts[1]


def verify_copy(file: Path, *, public_key: str = "", anchors: Sequence[Anchor] = ()) -> tuple[list[Finding], int]:
    """What is wrong with a copy, and how many of its batches have no content, so that only their links are proven.

    Args:
        file: A file that `write_copy` wrote.
        public_key: Whose signatures they must be; that of the genesis when empty.
        anchors: Anchors that somebody has kept.

    Raises:
        LedgerError: There is no such file, or it is no copy.
    """
    if not file.is_file():
        raise LedgerError(f"there is no copy {file}")
    engine = _opened(file)
    unseen = select(func.count()).where(entry_rows.c.kind == "batch", func.length(entry_rows.c.content) == 0)
    try:
        with transaction(engine, write=False) as connection:
            found = verify_journal(connection, public_key=public_key, anchors=anchors, copied=True)
            return found, connection.execute(unseen).scalar_one()
    except SQLAlchemyError as error:
        raise LedgerError(f"{file} is no copy of a journal: {words(error)}") from None
    finally:
        engine.dispose()


def _opened(file: Path) -> Engine:
    return open_engine(f"sqlite:///{file}")
