"""Tables for accountants: every line of a statement, or every posting of a ledger, as CSV and Parquet, exactly.

CSV has amounts as decimals with the digits of their asset, and texts that no spreadsheet runs as a formula. Parquet has
decimals of 38 digits with the digits of the asset that has most, moments in UTC, and texts as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.settlement.exports.names import cell
from c4e_opt.settlement.exports.plain_text import Row
from c4e_opt.settlement.rounding import READ_DECIMALS
from c4e_opt.settlement.statement import Asset, Statement, decimal_text

_DIGITS = 38  # of a decimal in Parquet

#: Columns of numbers that are exact, and how many digits they have behind the point where it is not the asset's.
_EXACT: Mapping[str, int | None] = {"energy_mwh": None, "price_per_mwh": READ_DECIMALS, "amount": None}


def lines_table(statement: Statement) -> pl.DataFrame:
    """Every line of a statement; numbers as texts of exact decimals.

    Returns:
        start, seconds, party, asset, kind, purpose, bus, component, energy_mwh, price_per_mwh, amount; (line,).
    """
    where, at = statement.positions, statement.position
    asset = statement.asset
    decimals = np.array([each.decimals for each in statement.assets], dtype=np.int64)
    mwh = next((each.decimals for each in statement.assets if each.kind == "energy"), 0)
    money = np.array([each.kind == "money" for each in statement.assets], dtype=np.bool_)[asset]
    prices = [decimal_text(each, READ_DECIMALS) for each in statement.price.tolist()]
    return pl.DataFrame(
        {
            "start": pl.Series(statement.starts[statement.step] * 1000).cast(pl.Datetime("ms", "UTC")),
            "seconds": pl.Series(statement.step_seconds[statement.step], dtype=pl.Int64),
            "party": _texts(where.party[at]),
            "asset": _texts(np.array([each.id for each in statement.assets], dtype=np.str_)[asset]),
            "kind": _texts(np.array([each.kind for each in statement.assets], dtype=np.str_)[asset]),
            "purpose": _texts(where.purpose[at]),
            "bus": _texts(where.bus[at]),
            "component": _texts(where.component[at]),
            "energy_mwh": [decimal_text(each, mwh) for each in statement.energy.tolist()],
            "price_per_mwh": [text if priced else None for text, priced in zip(prices, money.tolist(), strict=True)],
            "amount": _amounts(statement.amount.tolist(), decimals[asset].tolist()),
        },
        schema_overrides=dict.fromkeys(_EXACT, pl.String),
    )


def postings_table(rows: Iterable[Row], assets: Sequence[Asset]) -> pl.DataFrame:
    """Every posting; amounts as texts of exact decimals.

    Returns:
        batch, period, account, asset, kind, amount; (posting,).
    """
    columns: list[Any] = list(zip(*rows, strict=True)) or [[]] * len(Row._fields)
    batch, period, account, asset, amount = columns
    known = {each.id: each for each in assets}
    return pl.DataFrame(
        {
            "batch": _texts(batch),
            "period": _texts(period),
            "account": _texts(account),
            "asset": _texts(asset),
            "kind": _texts([known[each].kind for each in asset]),
            "amount": pl.Series(_amounts(amount, [known[each].decimals for each in asset]), dtype=pl.String),
        }
    )


def csv_text(table: pl.DataFrame) -> str:
    """A table as CSV for spreadsheets."""
    names = [name for name, kind in table.schema.items() if kind == pl.String and name not in _EXACT]
    safe = table.with_columns(pl.Series(name, [cell(text) for text in table[name]], pl.String) for name in names)
    return safe.write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ")


def write_parquet(table: pl.DataFrame, path: Path, said: Mapping[str, str]) -> Path:
    """Write a table for programs.

    Args:
        table: As `lines_table` and `postings_table` make it.
        path: The file; its folder must exist.
        said: Goes into the file's metadata: which statement it is, …

    Raises:
        InvalidInput: A number has more digits than Parquet's decimals.
    """
    exact = {name: _decimals(table, name) for name in _EXACT if name in table.columns}
    table.with_columns(**exact).write_parquet(path, metadata=dict(said))
    return path


def _decimals(table: pl.DataFrame, name: str) -> pl.Series:
    numbers = [None if text is None else Decimal(text) for text in table[name].to_list()]
    scale = max((-int(each.as_tuple().exponent) for each in numbers if each is not None), default=0)
    most = max((abs(each) for each in numbers if each is not None), default=Decimal(0))
    if most >= Decimal(10) ** (_DIGITS - scale):
        message = (
            f"has {most:f}; with {scale} digits behind the point Parquet holds {_DIGITS} in all: write CSV instead"
        )
        raise InvalidInput([Issue(name, "digits", message)])
    return pl.Series(name, numbers, dtype=pl.Decimal(_DIGITS, scale))


def _amounts(minor: Sequence[int], decimals: Sequence[int]) -> list[str]:
    return [decimal_text(each, digits) for each, digits in zip(minor, decimals, strict=True)]


def _texts(words: Any) -> pl.Series:
    return pl.Series(list(words.tolist() if isinstance(words, np.ndarray) else words), dtype=pl.String)
