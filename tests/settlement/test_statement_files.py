"""The statement as JSON and CSV: exact texts, nothing that a reader of floats could round."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

from c4e_opt.settlement import Statement, settle
from tests.settlement.markets import grid, load, market


def statement(money: int = 2, energy: int = 6) -> Statement:
    parts = [load("l", "ann", [1.0, 0.5]), grid("g", "sup", [1.0, 0.5], 40.0)]
    return settle(*market(parts, {"e": [100.0, 33.333]}, minutes=[60, 15], money=money, energy=energy))


def test_json_holds_columns_of_digits() -> None:
    """Step 1: 0.125 MWh at 33.333 is 4.166625 EUR; tariff 5 EUR, rent -0.833375: floors -417, 500, -84, short of 1.

    Remainders: the load's -416.6625 has 0.3375, the rent's -83.3375 has 0.6625 and is raised.
    """
    written = json.loads(json.dumps(statement().to_json()))
    assert written["assets"] == [
        {"id": "EUR", "kind": "money", "decimals": 2},
        {"id": "electricity", "kind": "energy", "decimals": 6},
    ]
    assert written["steps"] == {"start": ["2030-01-01T00:00:00Z", "2030-01-01T01:00:00Z"], "seconds": [3600, 900]}
    lines = [dict(zip(written["lines"], row, strict=True)) for row in zip(*written["lines"].values(), strict=True)]
    assert lines[0] == {
        "party": "ann",
        "step": 0,
        "asset": "EUR",
        "purpose": "energy",
        "bus": "e",
        "component": "demand/l",
        "energy": "-1000000",
        "price": "100.000000000",
        "amount": "-10000",
    }
    assert [line["amount"] for line in lines if line["step"] == 1] == ["-417", "-83", "500", "125000", "-125000"]
    assert written["balances"]["ann"] == {"EUR": "-10417", "electricity": "1125000"}


def test_digits_survive_where_doubles_end() -> None:
    amounts = statement(18, 18).to_json()["lines"]["amount"]
    assert "-4166625000000000000" in amounts


def test_csv_holds_exact_decimals(tmp_path: Path) -> None:
    path = statement().to_csv(tmp_path / "statement.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "start": "2030-01-01T00:00:00Z",
        "party": "ann",
        "asset": "EUR",
        "purpose": "energy",
        "bus": "e",
        "component": "demand/l",
        "energy_mwh": "-1.000000",
        "price_per_mwh": "100",
        "amount": "-100.00",
    }
    assert sum(Decimal(row["amount"]) for row in rows) == 0
    assert [row["price_per_mwh"] for row in rows if row["asset"] == "electricity"] == [""] * 4


def test_the_digest_tells_statements_apart() -> None:
    assert statement().digest == statement().digest
    assert statement() == statement()
    assert statement().digest != statement(money=3).digest
    assert hash(statement()) == hash(statement())
