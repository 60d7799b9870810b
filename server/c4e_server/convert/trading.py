"""Continuous trading on the wire: events, executions and snapshots of books."""

from __future__ import annotations

from collections.abc import Iterable

from c4e.opt.v1 import orders_pb2, trading_pb2
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.events import Event, Execution, SelfTrade
from c4e_opt.trading.snapshot import Snapshot

_SIDES = {orders_pb2.SIDE_BUY: BUY, orders_pb2.SIDE_SELL: SELL}
_SIDES_BACK = {BUY: orders_pb2.SIDE_BUY, SELL: orders_pb2.SIDE_SELL, 0: orders_pb2.SIDE_UNSPECIFIED}
_RULES = {
    trading_pb2.SELF_TRADE_RULE_CANCEL_RESTING: SelfTrade.CANCEL_RESTING,
    trading_pb2.SELF_TRADE_RULE_CANCEL_INCOMING: SelfTrade.CANCEL_INCOMING,
    trading_pb2.SELF_TRADE_RULE_CANCEL_BOTH: SelfTrade.CANCEL_BOTH,
    trading_pb2.SELF_TRADE_RULE_ALLOW: SelfTrade.ALLOW,
}
_RULES_BACK = {rule: word for word, rule in _RULES.items()}


def rule_from_proto(word: trading_pb2.SelfTradeRule) -> SelfTrade | None:
    """Read what happens to self-trades; None where nothing is said."""
    return _RULES.get(word)


def rule_to_proto(rule: SelfTrade | None) -> trading_pb2.SelfTradeRule:
    """Write what happens to self-trades."""
    return trading_pb2.SELF_TRADE_RULE_UNSPECIFIED if rule is None else _RULES_BACK[rule]


def event_from_proto(message: trading_pb2.OrderEvent, party: str, time: int) -> Event:
    """Read an event of a party; numbers that mean nothing stay, the book rejects them."""
    return Event(
        time=time,
        act=int(message.act),
        id=message.order_id,
        party=party,
        side=_SIDES.get(message.side, 0),
        price=message.price_ticks,
        quantity=message.quantity_lots,
        condition=int(message.condition),
        display=message.display_lots,
        until=message.until_us,
    )


def event_to_proto(event: Event) -> trading_pb2.OrderEvent:
    """Write an event; its time and party are for the service to say."""
    return trading_pb2.OrderEvent(
        act=trading_pb2.OrderAct.Name(event.act),
        order_id=event.id,
        side=_SIDES_BACK[event.side],
        price_ticks=event.price,
        quantity_lots=event.quantity,
        condition=trading_pb2.OrderCondition.Name(event.condition),
        display_lots=event.display,
        until_us=event.until,
    )


def execution_to_proto(told: Execution) -> trading_pb2.Execution:
    """Write an execution."""
    return trading_pb2.Execution(
        kind=trading_pb2.ExecutionKind.Name(told.what),
        time_us=told.time,
        order_id=told.id,
        other_id=told.other,
        side=_SIDES_BACK.get(told.side, orders_pb2.SIDE_UNSPECIFIED),
        price_ticks=told.price,
        quantity_lots=told.quantity,
        reason=told.reason,
        party=told.party,
        other_party=told.other_party,
    )


def executions_from_proto(messages: Iterable[trading_pb2.Execution]) -> list[Execution]:
    """Read executions."""
    return [
        Execution(
            what=int(each.kind),
            time=each.time_us,
            id=each.order_id,
            other=each.other_id,
            side=_SIDES.get(each.side, 0),
            price=each.price_ticks,
            quantity=each.quantity_lots,
            reason=each.reason,
            party=each.party,
            other_party=each.other_party,
        )
        for each in messages
    ]


def snapshot_to_proto(kept: Snapshot) -> trading_pb2.BookSnapshot:
    """Write a snapshot; orders as `continuous_book.FIELDS` lists them."""
    orders = [
        trading_pb2.RestingOrder(
            order_id=name,
            party=party,
            side=_SIDES_BACK[side],
            price_ticks=price,
            left_lots=left,
            shown_lots=shown,
            display_lots=display,
            condition=trading_pb2.OrderCondition.Name(condition),
            until_us=until,
            rank=rank,
        )
        for name, party, side, price, left, shown, display, condition, until, rank in kept.orders
    ]
    rule = rule_to_proto(SelfTrade(kept.self_trade))
    return trading_pb2.BookSnapshot(self_trade=rule, time_us=kept.time, rank=kept.rank, orders=orders)


def snapshot_from_proto(message: trading_pb2.BookSnapshot) -> Snapshot:
    """Read a snapshot; whether it is one of a book, `ContinuousBook.restore` says."""
    orders = tuple(
        (
            each.order_id,
            each.party,
            _SIDES.get(each.side, 0),
            each.price_ticks,
            each.left_lots,
            each.shown_lots,
            each.display_lots,
            int(each.condition),
            each.until_us,
            each.rank,
        )
        for each in message.orders
    )
    rule = rule_from_proto(message.self_trade) or SelfTrade.CANCEL_RESTING
    return Snapshot(self_trade=int(rule), time=message.time_us, rank=message.rank, orders=orders)
