"""settle --format and --invoices, ledger export: files, the terminal, and options that do not go together."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

Run = Callable[..., Any]


@pytest.fixture
def settled(inside: Run, house: Path, answered: tuple[Path, Any]) -> Callable[..., Any]:
    return lambda *more: inside("settle", house, answered[0], *more)


def test_every_format_has_the_same_sums(settled: Run, tmp_path: Path):
    balances = settled("--json").json["balances"]
    should = {party: Decimal(held["EUR"]).scaleb(-2) for party, held in balances.items()}
    rows = list(csv.DictReader(io.StringIO(settled("--format", "csv").out)))
    table = tmp_path / "lines.parquet"
    done = settled("--format", "parquet", "--to", table, "--json")
    assert done.code == 0, done.err
    assert pl.read_parquet_metadata(table)["statement"] == done.json["digest"]["statement"]
    for party, amount in should.items():
        mine = [Decimal(row["amount"]) for row in rows if row["party"] == party and row["asset"] == "EUR"]
        assert sum(mine) == amount
        read = pl.read_parquet(table).filter(pl.col("party") == party, pl.col("asset") == "EUR")
        assert read["amount"].sum() == amount


def test_a_text_goes_to_the_terminal_or_to_a_file(settled: Run, tmp_path: Path):
    for form in ("hledger", "beancount"):
        path = tmp_path / form
        shown = settled("--format", form)
        written = settled("--format", form, "--to", path)
        assert (shown.code, written.code) == (0, 0)
        assert path.read_text(encoding="utf-8") == shown.out
        assert "sums to zero" in written.out
        assert "sums to zero" not in shown.out


def test_the_journal_is_exported_as_the_statement_is(settled: Run, inside: Run, tmp_path: Path):
    assert settled("--post", "--data", tmp_path / "books", "--format", "hledger", "--to", tmp_path / "one").code == 0
    done = inside("ledger", "export", "--data", tmp_path / "books", "--format", "hledger", "--to", tmp_path / "two")
    assert done.code == 0, done.err
    assert (tmp_path / "one").read_text() == (tmp_path / "two").read_text()
    shown = inside("ledger", "export", "--data", tmp_path / "books", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(shown.out)))
    assert sum(Decimal(row["amount"]) for row in rows) == 0
    assert {row["account"] for row in rows} >= {"party:ann", "party:grid"}


def test_everybody_gets_an_invoice_in_the_zone_of_the_case(settled: Run, tmp_path: Path):
    done = settled("--invoices", tmp_path / "invoices", "--json")
    assert done.code == 0, done.err
    balances = json.loads(done.out)["balances"]
    with (tmp_path / "invoices" / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["party"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(balances)
    for party, row in rows.items():
        assert Decimal(row["balance"]).scaleb(2) == Decimal(balances[party].get("EUR", "0"))
        assert "2025-01-01 00:00 CET to 2025-01-01 03:00 CET" in (tmp_path / "invoices" / row["file"]).read_text()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--format", "excel"], "'excel' is not one of"),
        (["--to", "x"], "--to is the file of --format"),
        (["--format", "parquet"], "needs a file here"),
        (["--format", "csv", "--json"], "needs a file here"),
        (["--format", "csv", "--to", "no/such/folder/x"], "there is no folder"),
    ],
)
def test_options_that_do_not_go_together_are_refused(settled: Run, flags: list[str], words: str):
    done = settled(*flags)
    assert done.code == 2
    assert words in done.out + done.err


def test_the_journal_needs_a_format(inside: Run, settled: Run, tmp_path: Path):
    settled("--post", "--data", tmp_path)
    done = inside("ledger", "export", "--data", tmp_path)
    assert done.code == 2
    assert "say --format: hledger, beancount, csv, parquet" in done.err
