"""Many rows in one statement, for both databases: what a batch adds, and what its accounts hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection

from c4e_opt.settlement import Batch

_POSTINGS = ("place", "entry", "account", "asset", "amount", "step", "start", "seconds")
_TYPES = ("bigint", "bigint", "text", "text", "numeric", "bigint", "bigint", "bigint")
_UPSERT = "ON CONFLICT (account, asset) DO UPDATE SET amount = excluded.amount"


def insert_postings(connection: Connection, batch: Batch, entry: int, first: int) -> None:
    """Add a row for every posting of a batch, from this place on."""
    count = len(batch)
    if not count:
        return
    names = [asset.id for asset in batch.assets]
    columns: list[Sequence[Any]] = [
        range(first, first + count),
        [entry] * count,
        [batch.accounts[place] for place in batch.account.tolist()],
        [names[place] for place in batch.asset.tolist()],
        [str(amount) for amount in batch.amount.tolist()],
        batch.step.tolist(),
        np.asarray(batch.starts)[batch.step].tolist(),
        np.asarray(batch.step_seconds)[batch.step].tolist(),
    ]
    listed = ", ".join(_POSTINGS)
    if connection.dialect.name == "postgresql":
        given = ", ".join("%s::text[]::numeric[]" if kind == "numeric" else f"%s::{kind}[]" for kind in _TYPES)
        connection.exec_driver_sql(
            f"INSERT INTO postings ({listed}) SELECT * FROM unnest({given})", tuple(list(column) for column in columns)
        )
    else:
        marks = ", ".join("?" * len(_POSTINGS))
        connection.exec_driver_sql(
            f"INSERT INTO postings ({listed}) VALUES ({marks})", list(zip(*columns, strict=True))
        )


def held_by(connection: Connection, accounts: Sequence[str]) -> dict[str, dict[str, int]]:
    """What these accounts hold: account -> asset -> minor units."""
    query = "SELECT account, asset, amount FROM balances WHERE account "
    if connection.dialect.name == "postgresql":
        rows = connection.exec_driver_sql(query + "= ANY(%s)", (list(accounts),))
    else:
        given = json.dumps(list(accounts), ensure_ascii=False)
        rows = connection.exec_driver_sql(query + "IN (SELECT value FROM json_each(?))", (given,))
    found: dict[str, dict[str, int]] = {}
    for account, asset, amount in rows:
        found.setdefault(account, {})[asset] = int(amount)
    return found


def set_balances(connection: Connection, rows: Iterable[tuple[str, str, int]]) -> None:
    """Set what accounts hold: account, asset, minor units."""
    listed = [(account, asset, str(amount)) for account, asset, amount in rows]
    if not listed:
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "INSERT INTO balances (account, asset, amount) "
            f"SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]::numeric[]) {_UPSERT}",
            tuple(list(column) for column in zip(*listed, strict=True)),
        )
    else:
        connection.exec_driver_sql(f"INSERT INTO balances (account, asset, amount) VALUES (?, ?, ?) {_UPSERT}", listed)
