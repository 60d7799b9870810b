"""Statements and batches as plain-text accounting and tables: what hledger, beancount and polars read was booked."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt.errors import InvalidInput
from c4e_opt.settlement import Asset, Batch, Statement, batch_of, decimal_text, settle
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.conformance import sample_batch
from c4e_opt.settlement.exports import names
from c4e_opt.settlement.exports.plain_text import beancount, hledger, rows_of
from c4e_opt.settlement.exports.tables import csv_text, lines_table, postings_table, write_parquet
from tests.settlement.markets import grid, load, market

ODD = (
    *("ann", "Ann", "ANN", "ann-1f2e3d4c", "o'neill", 'a"b', "a;b", "a  b", "a b", "a\nb", "a\tb", "a:b", "(a)", "[a]"),
    *(
        "=1+1",
        "@a",
        "-a",
        "%41",
        "<script>alert(1)</script>",
        "é\N{EURO SIGN}\N{GRINNING FACE}",
        "\\",
        "*",
        "!a",
        "日本",
    ),
    *("a\N{NO-BREAK SPACE}b", "a\u202eb", "a\u2028b", "..", "CON", "x" * 200, "1", "a|b", "a,b", "{a}", "a=b", "a#b"),
)
TEXTS = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
needs_hledger = pytest.mark.skipif(
    shutil.which("hledger") is None, reason="hledger is not installed; Debian has it: apt-get install hledger"
)


def hand_computed() -> Statement:
    """Ann takes 1 MWh at 100 EUR in an hour, then 0.125 MWh at 33.333 EUR in a quarter (see test_statement_files)."""
    parts = [load("l", "ann", [1.0, 0.5]), grid("g", "sup", [1.0, 0.5], 40.0)]
    return settle(*market(parts, {"e": [100.0, 33.333]}, minutes=[60, 15]))


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """Random claims between parties with odd names, of money, energy and tokens, over two days."""
    parties = draw(st.lists(TEXTS, min_size=2, max_size=6, unique=True))
    count = draw(st.integers(1, 12))
    assets = (
        Asset(id="EUR", kind="money", decimals=draw(st.sampled_from([0, 2, 18]))),
        Asset(id=draw(TEXTS.filter(lambda each: each != "EUR")), kind="energy", decimals=6),
    )

    def texts(of: list[str]) -> Any:
        return np.array([draw(st.sampled_from(of)) for _ in range(count)], dtype=np.str_)

    def whole(least: int, most: int) -> Any:
        return np.array([draw(st.integers(least, most)) for _ in range(count)], dtype=np.int64)

    claims = Claims(
        giver=texts(parties[:-1]),
        receiver=texts(parties[-1:]),
        component=texts([draw(TEXTS), ""]),
        bus=texts(["e"]),
        gives=texts(["energy", "tax", "network_fee"]),
        receives=texts(["energy", "rent"]),
        asset=whole(0, 1),
        step=whole(0, 3),
        exact=whole(-(10**12), 10**12).astype(object),
        energy=whole(-5, 5).astype(object),
        price=np.zeros(count, dtype=object),
    )
    return statement_of(
        Subject(
            act="any",
            basis=(("rules", "0" * 64),),
            assets=assets,
            divisors=(1, 1),
            starts=1_893_456_000 + 43_200 * np.arange(4),
            step_seconds=np.full(4, 900),
            operator=parties[0],
            case_name=draw(TEXTS),
        ),
        claims,
    )


def totals(batch: Batch, account: Any, commodity: Any) -> dict[tuple[str, str], Decimal]:
    """What a batch adds, by the names of a format."""
    decimals = {asset.id: asset.decimals for asset in batch.assets}
    return {
        (account(where), commodity(what)): Decimal(decimal_text(amount, decimals[what]))
        for where, held in batch.totals().items()
        for what, amount in held.items()
    }


def summed(rows: Iterable[tuple[str, str, Decimal]]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for account, commodity, amount in rows:
        found[account, commodity] += amount
    return {key: amount for key, amount in found.items() if amount}


def test_hledger_is_written_as_it_was_computed_by_hand():
    batch = batch_of(hand_computed())
    text = "\n".join(hledger(rows_of(batch), batch.assets))
    assert text.splitlines()[:8] == [
        "decimal-mark .",
        "commodity 1000.00 EUR",
        "commodity 1000.000000 electricity",
        "account party:ann",
        "account party:sup",
        "account rent:operator",
        "",
        f"2030-01-01 ({batch.id[:12]}) 2030-01-01T00:00:00Z/PT3600S  ; batch:{batch.id}",
    ]
    blocks = [re.split(r"\s*\n\s*|  +", block.split("\n", 1)[1].strip()) for block in text.split("\n\n")[1:]]
    assert blocks == [
        ["party:ann", "-100.00 EUR", "party:sup", "40.00 EUR", "rent:operator", "60.00 EUR"],
        ["party:ann", "1.000000 electricity", "party:sup", "-1.000000 electricity"],
        ["party:ann", "-4.17 EUR", "party:sup", "5.00 EUR", "rent:operator", "-0.83 EUR"],
        ["party:ann", "0.125000 electricity", "party:sup", "-0.125000 electricity"],
    ]


def read_by_hledger(text: str, path: Path) -> dict[tuple[str, str], Decimal]:
    """Sums by account and commodity, after hledger has proven the journal."""
    path.write_text(text, encoding="utf-8")
    tool = ["hledger", "-f", str(path)]
    environment = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run([*tool, "check", "--strict"], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    printed = subprocess.run([*tool, "print", "-O", "csv"], capture_output=True, check=True, env=environment)
    rows = csv.DictReader(io.StringIO(printed.stdout.decode("utf-8")))
    return summed((row["account"], row["commodity"], Decimal(row["amount"])) for row in rows)


def hledger_name(asset: str) -> str:
    return names.hledger_commodity(asset).strip('"')


@needs_hledger
def test_hledger_proves_and_sums_what_was_settled(tmp_path: Path):
    batch = batch_of(hand_computed())
    text = "\n".join(hledger(rows_of(batch), batch.assets))
    assert read_by_hledger(text, tmp_path / "j") == totals(batch, names.hledger_account, hledger_name)


@needs_hledger
def test_hledger_refuses_books_in_which_a_cent_is_missing(tmp_path: Path):
    """The check can fail: the tool is real."""
    batch = batch_of(hand_computed())
    text = "\n".join(hledger(rows_of(batch), batch.assets)).replace("5.00 EUR", "5.01 EUR")
    with pytest.raises(AssertionError, match=r"could not balance|unbalanced"):
        read_by_hledger(text, tmp_path / "j")


@needs_hledger
def test_hledger_reads_every_odd_name(tmp_path: Path):
    batches = [
        sample_batch("accounts", {f"party:{name}": place + 1 for place, name in enumerate(ODD)}),
        *(sample_batch(name, {"wallet:ann": 5}, Asset(id=name, kind="token", decimals=18)) for name in ODD),
        sample_batch("whole", {"party:ann": 7}, Asset(id="whole units", kind="token", decimals=0)),
    ]
    assets = list(dict.fromkeys(asset for batch in batches for asset in batch.assets))
    text = "\n".join(hledger((row for batch in batches for row in rows_of(batch)), assets))
    should: dict[tuple[str, str], Decimal] = {}
    for batch in batches:
        should |= totals(batch, names.hledger_account, hledger_name)
    assert read_by_hledger(text, tmp_path / "j") == should
    assert len(should) == 2 * len(ODD) + 1 + len(ODD) + 2


@needs_hledger
@settings(max_examples=25)
@given(statement=statements())
def test_hledger_reads_any_statement(tmp_path_factory: pytest.TempPathFactory, statement: Statement):
    batch = batch_of(statement)
    text = "\n".join(hledger(rows_of(batch), batch.assets))
    path = tmp_path_factory.getbasetemp() / "any.journal"
    assert read_by_hledger(text, path) == totals(batch, names.hledger_account, hledger_name)


def read_by_beancount(text: str) -> tuple[dict[tuple[str, str], Decimal], dict[str, str]]:
    """Sums by account and commodity, and the names that stand beside accounts and commodities."""
    loader = pytest.importorskip("beancount.loader")
    data = pytest.importorskip("beancount.core.data")
    found, errors, _ = loader.load_string(text)
    assert [each.message for each in errors] == []
    postings = [posting for each in found if isinstance(each, data.Transaction) for posting in each.postings]
    said = {each.account: each.meta["name"] for each in found if isinstance(each, data.Open)}
    said |= {each.currency: each.meta["name"] for each in found if isinstance(each, data.Commodity)}
    return summed((each.account, each.units.currency, each.units.number) for each in postings), said


def test_beancount_proves_and_sums_what_was_settled():
    batch = batch_of(hand_computed())
    held, said = read_by_beancount("\n".join(beancount(rows_of(batch), batch.assets)))
    assert held == {
        ("Assets:Party:Ann", "EUR"): Decimal("-104.17"),
        ("Assets:Party:Ann", "ELECTRICITY"): Decimal("1.125000"),
        ("Assets:Party:Sup", "EUR"): Decimal("45.00"),
        ("Assets:Party:Sup", "ELECTRICITY"): Decimal("-1.125000"),
        ("Assets:Rent:Operator", "EUR"): Decimal("59.17"),
    }
    assert said["Assets:Rent:Operator"] == "rent:operator"
    assert said["ELECTRICITY"] == "electricity"


def test_beancount_refuses_books_in_which_a_cent_is_missing():
    batch = batch_of(hand_computed())
    with pytest.raises(AssertionError, match="not balance"):
        read_by_beancount("\n".join(beancount(rows_of(batch), batch.assets)).replace("5.00 EUR", "5.01 EUR"))


@settings(max_examples=100)
@given(statement=statements())
def test_beancount_reads_any_statement(statement: Statement):
    batch = batch_of(statement)
    held, said = read_by_beancount("\n".join(beancount(rows_of(batch), batch.assets, statement.case_name)))
    assert held == totals(batch, names.beancount_account, names.beancount_commodity)
    for account in batch.accounts:
        if account.isprintable():
            assert said[names.beancount_account(account)] == account


@given(pair=st.tuples(TEXTS, TEXTS))
def test_different_names_stay_different(pair: tuple[str, str]):
    one, two = pair
    for write in (
        lambda name: names.hledger_account(f"party:{name}"),
        lambda name: names.beancount_account(f"party:{name}"),
        names.hledger_commodity,
        names.beancount_commodity,
        lambda name: names.file_name(name).casefold(),
    ):
        assert (write(one) == write(two)) is (one == two)
        assert write(one).isprintable()


def test_names_are_what_the_formats_allow():
    assert names.hledger_account("party:a:b; c  d") == "party:a%3Ab%3B c %20d"
    assert [names.hledger_commodity(each) for each in ("EUR", "sun 2", 'a"b')] == ["EUR", '"sun 2"', '"a%22b"']
    assert names.beancount_account("party:ann") == "Assets:Party:Ann"
    assert re.fullmatch("Assets:Party:Ann-[0-9a-f]{8}", names.beancount_account("party:Ann"))
    assert re.fullmatch("Assets:Other:Odd-x-[0-9a-f]{8}", names.beancount_account("odd:x"))
    assert names.beancount_account("clearing") == "Equity:Clearing"
    assert re.fullmatch("SUN-[0-9A-F]{8}", names.beancount_commodity("sun"))
    assert re.fullmatch(r"\.\.|x-[0-9a-f]{8}", names.file_name("../../etc/passwd")) is None
    assert not {"/", "\\", ".", ":"} & set(names.file_name("../../etc/passwd"))
    assert [names.cell(each) for each in ("=1+1", "ann", "@x", "-x", "")] == ["'=1+1", "ann", "'@x", "'-x", ""]


def test_a_table_has_every_line_exactly(tmp_path: Path):
    statement = hand_computed()
    rows = list(csv.DictReader(io.StringIO(csv_text(lines_table(statement)))))
    assert rows[0] == {
        "start": "2030-01-01T00:00:00Z",
        "seconds": "3600",
        "party": "ann",
        "asset": "EUR",
        "kind": "money",
        "purpose": "energy",
        "bus": "e",
        "component": "demand/l",
        "energy_mwh": "-1.000000",
        "price_per_mwh": "100.000000000",
        "amount": "-100.00",
    }
    assert {row["price_per_mwh"] for row in rows if row["asset"] == "electricity"} == {""}
    path = write_parquet(lines_table(statement), tmp_path / "lines.parquet", {"statement": statement.digest})
    assert pl.read_parquet_metadata(path)["statement"] == statement.digest
    table = pl.read_parquet(path)
    assert table.schema["amount"] == pl.Decimal(38, 6)
    assert str(table.schema["start"]) == "Datetime(time_unit='ms', time_zone='UTC')"
    assert len(table) == len(statement) == len(rows)
    ann = table.filter(pl.col("party") == "ann", pl.col("asset") == "EUR")
    assert ann["amount"].sum() == Decimal("-104.17")


@settings(max_examples=100)
@given(statement=statements())
def test_tables_sum_to_the_balances_of_any_statement(tmp_path_factory: pytest.TempPathFactory, statement: Statement):
    decimals = {asset.id: asset.decimals for asset in statement.assets}
    should = {
        (party, asset): Decimal(decimal_text(amount, decimals[asset]))
        for party, held in statement.balances().items()
        for asset, amount in held.items()
        if amount
    }
    path = tmp_path_factory.getbasetemp() / "any.parquet"
    table = pl.read_parquet(write_parquet(lines_table(statement), path, {}))
    rows = table.select("party", "asset", "amount").rows()
    assert summed(rows) == should
    text = csv_text(lines_table(statement))
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    safe = {(names.cell(party), names.cell(asset)): amount for (party, asset), amount in should.items()}
    if len(safe) == len(should):
        assert summed((row["party"], row["asset"], Decimal(row["amount"])) for row in read) == safe
    for row in read:
        for name in ("party", "asset", "component"):
            assert not row[name].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_postings_are_a_table_too(tmp_path: Path):
    batch = batch_of(hand_computed())
    table = postings_table(rows_of(batch), batch.assets)
    assert table.row(0, named=True) == {
        "batch": batch.id,
        "period": "2030-01-01T00:00:00Z/PT3600S",
        "account": "party:ann",
        "asset": "EUR",
        "kind": "money",
        "amount": "-100.00",
    }
    read = pl.read_parquet(write_parquet(table, tmp_path / "p.parquet", {}))
    assert read["amount"].to_list() == [Decimal(text) for text in table["amount"]]
    assert postings_table([], batch.assets).height == 0
    assert csv_text(postings_table([], batch.assets)).strip() == "batch,period,account,asset,kind,amount"


def test_what_parquet_cannot_hold_is_refused_and_not_rounded(tmp_path: Path):
    coin = Asset(id="coin", kind="token", decimals=18)
    fits, huge = (sample_batch("huge", {"party:ann": -(10**n)}, coin) for n in (37, 38))
    write_parquet(postings_table(rows_of(fits), fits.assets), tmp_path / "fits.parquet", {})
    table = postings_table(rows_of(huge), huge.assets)
    with pytest.raises(InvalidInput, match="18 digits behind the point Parquet holds 38 in all: write CSV instead"):
        write_parquet(table, tmp_path / "huge.parquet", {})
    assert "-100000000000000000000.000000000000000000" in csv_text(table)


def test_postings_in_any_order_are_the_same_transactions():
    """A batch of somebody else's need not be sorted."""
    batch = batch_of(hand_computed())
    order = np.random.default_rng(3).permutation(len(batch))
    columns = {name: getattr(batch, name)[order] for name in ("account", "asset", "step", "amount")}
    mixed = replace(batch, **columns)
    blocks = ["\n".join(hledger(rows_of(each), each.assets)).split("\n\n")[1:] for each in (batch, mixed)]
    assert len(blocks[0]) == 4
    one, other = (sorted(sorted(block.splitlines()) for block in each) for each in blocks)
    assert one == other
