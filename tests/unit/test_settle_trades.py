"""Statements of trades of a continuous book: by hand, and against exact sums for trades at random."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.errors import InvalidInput
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.settlement import Product, Statement, audit_trades, batch_of, settle_trades
from c4e_opt.trading.events import Execution, What

PARTIES = ("ann", "bob", "eve")
LOTS = Product(bus="zone", tick=10**7, lot=10**8)  # 0.01 EUR/MWh, 0.1 MWh


def hours(*minutes: int, **policy: Any) -> Case:
    document = {
        "name": "noon",
        "horizon": {"start": "2025-06-15T12:00Z", "step_minutes": list(minutes)},
        "parties": [{"id": party} for party in PARTIES],
        "buses": [{"id": "zone"}, {"id": "heat", "carrier": "heat"}],
        "policy": policy,
    }
    return Builder(document, {}).case(empty=True)


def trade(side: int, ticks: int, lots: int, taker: str = "bob", rester: str = "ann") -> Execution:
    return Execution(What.TRADED, 5, "b", "s", side, ticks, lots, "", taker, rester)


def test_two_trades_by_hand():
    """Bob buys 0.5 MWh at 50.01 of ann and sells 0.2 MWh at -3.00: he pays 25.005 and 0.60, half of it each half hour.

    What all trades of a step come to is rounded to the nearest cent: 12.8025 EUR are 12.80, in either half hour.
    """
    statement = settle_trades(hours(30, 30), LOTS, [trade(BUY, 5001, 5), trade(SELL, -300, 2)])
    assert statement.balances() == {
        "ann": {"EUR": 2560, "electricity": -300_000},
        "bob": {"EUR": -2560, "electricity": 300_000},
    }
    money = [
        (line.step, line.component, line.amount, str(line.price), line.energy)
        for line in statement.lines()
        if line.party == "ann" and line.asset == "EUR"
    ]
    assert money == [
        (0, "trade/1", 1250, "50.010000000", 250_000),
        (0, "trade/2", 30, "-3.000000000", -100_000),
        (1, "trade/1", 1250, "50.010000000", 250_000),
        (1, "trade/2", 30, "-3.000000000", -100_000),
    ]
    batch = batch_of(statement)
    assert batch.totals()["party:ann"] == {"EUR": 2560, "electricity": -300_000}


def test_what_is_no_trade_counts_nothing():
    rests = trade(BUY, 1, 9)._replace(what=What.RESTED)
    one = settle_trades(hours(60), LOTS, [rests, trade(BUY, 100, 1), rests])
    assert one.digest == settle_trades(hours(60), LOTS, [trade(BUY, 100, 1)]).digest
    with_itself = settle_trades(hours(60), LOTS, [trade(BUY, 100, 1, "bob", "bob")])
    assert len(with_itself) == 0


def test_a_batch_is_of_its_session_and_its_trades():
    case, other = hours(60), replace(hours(60), name="later")
    ids = [
        batch_of(settle_trades(where, LOTS, [trade(BUY, 100, lots)])).id
        for where, lots in ((case, 1), (other, 1), (case, 2))
    ]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("minutes", "product", "said"),
    [
        ((60,), replace(LOTS, bus="zoen"), "zoen"),
        ((60,), replace(LOTS, tick=0), "tick"),
        ((60,), replace(LOTS, lot=0), "lot"),
        ((60,), replace(LOTS, lot=1), "whole in every step"),
        ((20, 20, 20), LOTS, "whole in every step"),
    ],
)
def test_a_product_that_cannot_be_settled_is_refused(minutes: tuple[int, ...], product: Product, said: str):
    with pytest.raises(InvalidInput, match=said):
        settle_trades(hours(*minutes), product, [trade(BUY, 100, 1)])


trades = st.lists(
    st.builds(
        trade,
        st.sampled_from((BUY, SELL)),
        st.integers(-10_000, 10_000),
        st.integers(1, 1000),
        st.sampled_from(PARTIES),
        st.sampled_from(PARTIES),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(trades, st.sampled_from(((60,), (15, 15, 15, 15), (15, 30, 15))), st.integers(0, 9))
def test_every_trade_is_paid_at_its_price(found: list[Execution], minutes: tuple[int, ...], decimals: int):
    case = hours(*minutes, money_decimals=decimals)
    statement = settle_trades(case, LOTS, found)
    assert audit_trades(case, LOTS, found, statement).holds
    energy: dict[str, Fraction] = defaultdict(Fraction)
    money: dict[str, Fraction] = defaultdict(Fraction)
    for each in found:
        for party, sign in ((each.party, each.side), (each.other_party, -each.side)):
            energy[party] -= sign * each.quantity * Fraction(1, 10)
            money[party] += sign * each.quantity * Fraction(1, 10) * each.price * Fraction(1, 100)
    for party, held in statement.balances().items():
        assert Fraction(held.get("electricity", 0), 10**6) == energy[party]
        assert abs(held.get("EUR", 0) - money[party] * 10**decimals) <= len(found) * len(minutes)


def spoilt(statement: Statement, column: str, place: int, by: int) -> Statement:
    values = np.array(getattr(statement, column), dtype=object)
    values[place] += by
    return replace(statement, **{column: values.astype(np.int64)})


@pytest.mark.parametrize("column", ["amount", "energy", "price"])
@pytest.mark.parametrize("place", range(8))
def test_the_audit_finds_what_is_wrong(column: str, place: int):
    case, found = hours(60), [trade(BUY, 5000, 5), trade(SELL, 4000, 2)]
    statement = settle_trades(case, LOTS, found)
    assert len(statement) == 8
    money = bool(statement.asset[place] == 0)
    wrong = spoilt(statement, column, place, 1)
    told = {residual.law for residual in audit_trades(case, LOTS, found, wrong).broken}
    if column == "amount":
        assert "balance" in told
    elif money == (column == "price"):
        assert told == {column}


def test_the_audit_finds_lines_that_are_missing_or_of_another_trade():
    case, found = hours(60), [trade(BUY, 5000, 5)]
    whole = settle_trades(case, LOTS, found)
    fewer = settle_trades(case, LOTS, [])
    assert {residual.law for residual in audit_trades(case, LOTS, found, fewer).broken} == {"amount", "energy"}
    assert "lines" in {residual.law for residual in audit_trades(case, LOTS, [], whole).broken}
    assert "lines" in {r.law for r in audit_trades(case, LOTS, [trade(BUY, 5000, 5, "eve")], whole).broken}
