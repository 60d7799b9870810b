"""What docs/local_markets.md says is true: its examples run, and its table is what the rules say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from c4e_opt.sharing import bill_sharing, mid_market_rate, supply_demand_ratio

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/local_markets.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if re.match(r"\| \d", line)]


def test_the_examples_run():
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 5
    code = "\n".join(examples)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_table_of_prices_is_right(row: list[str]):
    energy = [[float(row[0])], [-1.0]]
    told = [rule(energy, 30.0, 10.0) for rule in (mid_market_rate, supply_demand_ratio, bill_sharing)]
    told.append(bill_sharing(energy, 30.0, 10.0, key="energy"))
    assert row[1:] == [f"{each.buy_eur_per_mwh[0]:.2f} / {each.sell_eur_per_mwh[0]:.2f}" for each in told]


def test_the_table_is_there():
    assert len(ROWS) == 3
