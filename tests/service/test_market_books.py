"""Continuous books as sessions: what they trade, and their trades on the way to statements and to the books."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt.errors import InvalidInput
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.settlement import Product, audit_trades, batch_of
from c4e_server.client import Client, Markets
from c4e_server.errors import ServiceError, UnknownSession
from tests.service.test_market_sessions import M, bare, limit, markets, name, soon, zones

__all__ = ["markets", "name"]  # fixtures


def test_trades_of_a_book_are_settled_at_their_prices_and_posted(markets: Markets, client: Client, name: str):
    """Ticks of 0.50 and lots of 0.2 MWh over two hours: 3 lots at 50.00 EUR/MWh are 15.00 EUR an hour."""
    book = {"kind": "continuous", "settlement": "post", "bus": "south", "tick": 0.5, "lot": 0.2}
    opened = markets.open(name, zones(), closes=soon(), **book)
    assert (opened.product.bus, opened.product.tick, opened.product.lot) == ("south", 0.5, 0.2)
    before = client.balances()[0].get("party:bob", {})
    markets.trade(name, "ann", [limit("offer", SELL, 100, 5)])
    markets.trade(name, "bob", [limit("bid", BUY, 110, 3)])
    markets.trade(name, "eve", [limit("bid", BUY, 90, 3)])
    assert markets.close_gate(name).state == M.MARKET_STATE_PUBLISHED
    public, _, _ = markets.result(name)
    assert (public.tick_per_mwh, public.lot_mwh) == (0.5, 0.2)
    (trade,) = public.trades
    assert (trade.price_ticks, trade.quantity_lots, trade.party, trade.other_party) == (100, 3, "", "")
    bob, eve = markets.party_result(name, "bob"), markets.party_result(name, "eve")
    assert [(each.price, each.quantity, each.other_party) for each in bob.trades] == [(100, 3, "")]
    assert [(each.asset, each.amount) for each in bob.statements[0].balances] == [
        ("EUR", "-3000"),
        ("electricity", "600000"),
    ]
    assert {position.component for position in bob.statements[0].positions} == {"trade/1"}
    assert eve.trades == []
    assert not eve.statements[0].positions
    assert "ann" not in f"{bob} {eve} {public}"
    record = markets.record(name)
    assert record.outcome is None
    assert [(each.party, each.other_party) for each in record.trades] == [("bob", "ann")]
    product = Product(bus="south", tick=5 * 10**8, lot=2 * 10**8)
    assert audit_trades(record.case, product, record.trades, record.statements[0]).holds
    assert public.statement_digest == record.statements[0].digest
    assert client.batch(batch_of(record.statements[0]).id).counted
    after = client.balances()[0]["party:bob"]
    assert {asset: after[asset] - before.get(asset, 0) for asset in after} == {"EUR": -3000, "electricity": 600_000}
    with pytest.raises(ServiceError, match="already"):
        markets.clear(name)


def test_a_book_without_a_trade_ends_without_a_statement(markets: Markets, name: str):
    markets.open(name, bare(), closes=soon(), kind="continuous", settlement="post")
    markets.trade(name, "ann", [limit("offer", SELL, 100, 5)])
    markets.close_gate(name)
    assert markets.record(name).statements == []
    assert markets.party_result(name, "ann").trades == []
    with pytest.raises(UnknownSession):
        markets.party_result(name, "bob")


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({}, "product.bus"),
        ({"bus": "west"}, "product.bus"),
        ({"bus": "south", "lot": 1e-6}, "product.lot"),
        ({"bus": "south", "tick": 1e-10}, "product.tick"),
        ({"bus": "south", "tick": -1.0}, "product.tick"),
        ({"bus": "south", "lot": float("nan")}, "product.lot"),
        ({"kind": "auction", "bus": "south"}, "product"),
    ],
)
def test_a_book_that_could_not_be_settled_is_not_opened(markets: Markets, name: str, more: dict[str, Any], path: str):
    with pytest.raises(InvalidInput) as caught:
        markets.open(name, zones(), closes=soon(), **({"kind": "continuous"} | more))
    assert path in {issue.path for issue in caught.value.issues}
