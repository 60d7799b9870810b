"""What orders at the money get, whichever engine minimises the squares: many of them are for an interior point."""

from __future__ import annotations

import pytest

from c4e_opt.clearing import european
from tests.unit.auctions import cleared, got, order


@pytest.mark.parametrize("many", [0, 10**9])
def test_orders_at_the_money_share_in_proportion(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """9 MWh are wanted of 4, 8 and 6 MWh at 30, each at a bus of its own with ties that hold: half of each."""
    monkeypatch.setattr(european, "_MANY_SQUARES", many)
    orders = [
        part
        for step in range(3)
        for part in (
            order(f"d{step}", "buy", 90, 9, step),
            order(f"a{step}", "sell", 30, 4, step, bus="a"),
            order(f"b{step}", "sell", 30, 8, step, bus="b"),
            order(f"c{step}", "sell", 30, 6, step, bus="c"),
        )
    ]
    wide = {"forward_max_mw": 100.0, "backward_max_mw": 100.0}
    ties = [{"id": bus, "from_bus": "e", "to_bus": bus, **wide} for bus in "abc"]
    found = got(cleared(*orders, minutes=(60, 60, 60), tie=ties))
    for step in range(3):
        shares = [found[f"{name}{step}"] for name in "abc"]
        assert shares == pytest.approx([2, 4, 3], abs=1e-5)
