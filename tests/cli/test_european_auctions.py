"""What `c4e-opt verify` says of an auction as it is settled."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

CASE = """\
name: auction
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 2}
parties: [{id: ann}, {id: bob}]
buses: [{id: el}]
orders: orders.csv
policy: {pricing: european}
"""
ORDERS = """\
id,party,bus,side,step,price_eur_per_mwh,energy_mwh,ratio_min,steps,step_last,profile_mwh
block,ann,el,sell,0,40,10,1,2,,
moves,ann,el,sell,0,20,1,1,,1,
shape,bob,el,buy,0,60,,,,,"[2, 3]"
d0,bob,el,buy,0,90,5,,,,
d1,bob,el,buy,1,70,5,,,,
"""


@pytest.fixture
def answered(inside: Callable[..., Any], tmp_path: Path) -> tuple[Path, Path]:
    folder, out = tmp_path / "auction", tmp_path / "out"
    folder.mkdir()
    (folder / "case.yaml").write_text(CASE, encoding="utf-8")
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    assert inside("solve", folder, "--out", out, "--gap", "0").code == 0
    return folder, out


def test_a_settled_auction_is_rechecked_in_fractions(inside: Callable[..., Any], answered: tuple[Path, Path]) -> None:
    done = inside("verify", *answered)
    assert done.code == 0
    assert "as settled, in fractions" in done.out
    assert "BROKEN" not in done.out
    settled = {each["law"]: each for each in inside("verify", *answered, "--json").json["settled"]}
    assert settled.keys() >= {"order_limit", "order_no_loss", "order_price", "energy_balance", "order_first", "welfare"}
    for each in settled.values():
        assert each["holds"]
        assert Fraction(each["largest"]) <= Fraction(each["allowed"])
