"""Events, executions and snapshots of continuous trading survive the wire."""

from __future__ import annotations

import itertools

import pytest

from c4e.opt.v1 import trading_pb2
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.continuous_book import ContinuousBook
from c4e_opt.trading.events import Act, Condition, Event, Execution, SelfTrade, What
from c4e_opt.trading.snapshot import FIELDS, Snapshot
from c4e_server.convert.trading import (
    event_from_proto,
    event_to_proto,
    execution_to_proto,
    executions_from_proto,
    rule_from_proto,
    rule_to_proto,
    snapshot_from_proto,
    snapshot_to_proto,
)


@pytest.mark.parametrize(("act", "condition", "side"), list(itertools.product(Act, Condition, (BUY, SELL))))
def test_an_event_comes_back(act: Act, condition: Condition, side: int):
    event = Event(7, act, "o1", "ann", side, -(2**40), 2**41, condition, 3, 2**50)
    message = trading_pb2.OrderEvent.FromString(event_to_proto(event).SerializeToString())
    assert event_from_proto(message, "ann", 7) == event


@pytest.mark.parametrize("what", What)
def test_an_execution_comes_back(what: What):
    told = Execution(what, 2**51, "a", "b", SELL, -5, 9, "why", "ann", "bob")
    message = trading_pb2.Execution.FromString(execution_to_proto(told).SerializeToString())
    assert executions_from_proto([message]) == [told]
    assert len(told) == len(trading_pb2.Execution.DESCRIPTOR.fields)


@pytest.mark.parametrize("rule", SelfTrade)
def test_a_snapshot_comes_back(rule: SelfTrade):
    book = ContinuousBook(rule)
    book.submit(Event(1, Act.LIMIT, "a", "p", SELL, 50, 10, 0, 4))
    book.submit(Event(2, Act.LIMIT, "b", "q", BUY, 40, 3, Condition.ALL_OR_NONE))
    book.submit(Event(3, Act.LIMIT, "c", "r", BUY, -7, 3, Condition.GOOD_TILL_DATE, 0, 99))
    kept = book.snapshot()
    message = trading_pb2.BookSnapshot.FromString(snapshot_to_proto(kept).SerializeToString())
    assert snapshot_from_proto(message) == kept
    assert ContinuousBook.restore(snapshot_from_proto(message)).snapshot() == kept
    assert rule_from_proto(rule_to_proto(rule)) is rule
    assert len(trading_pb2.RestingOrder.DESCRIPTOR.fields) == len(FIELDS)
    assert len(trading_pb2.BookSnapshot.DESCRIPTOR.fields) == len(Snapshot.__dataclass_fields__)


def test_the_words_mean_the_same_on_both_sides():
    for enum, words, first in (
        (trading_pb2.OrderAct, Act, "ORDER_ACT"),
        (trading_pb2.OrderCondition, Condition, "ORDER_CONDITION"),
        (trading_pb2.ExecutionKind, What, "EXECUTION_KIND"),
    ):
        said = {name.removeprefix(f"{first}_"): number for name, number in enum.items() if number}
        assert said == {word.name: int(word) for word in words if word}
    assert rule_from_proto(trading_pb2.SELF_TRADE_RULE_UNSPECIFIED) is None
