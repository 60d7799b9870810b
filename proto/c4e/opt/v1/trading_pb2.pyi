from c4e.opt.v1 import orders_pb2 as _orders_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OrderAct(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_ACT_UNSPECIFIED: _ClassVar[OrderAct]
    ORDER_ACT_LIMIT: _ClassVar[OrderAct]
    ORDER_ACT_MARKET: _ClassVar[OrderAct]
    ORDER_ACT_CANCEL: _ClassVar[OrderAct]
    ORDER_ACT_REPLACE: _ClassVar[OrderAct]

class OrderCondition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_CONDITION_UNSPECIFIED: _ClassVar[OrderCondition]
    ORDER_CONDITION_GOOD_TILL_DATE: _ClassVar[OrderCondition]
    ORDER_CONDITION_IMMEDIATE_OR_CANCEL: _ClassVar[OrderCondition]
    ORDER_CONDITION_FILL_OR_KILL: _ClassVar[OrderCondition]
    ORDER_CONDITION_ALL_OR_NONE: _ClassVar[OrderCondition]

class SelfTradeRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SELF_TRADE_RULE_UNSPECIFIED: _ClassVar[SelfTradeRule]
    SELF_TRADE_RULE_CANCEL_RESTING: _ClassVar[SelfTradeRule]
    SELF_TRADE_RULE_CANCEL_INCOMING: _ClassVar[SelfTradeRule]
    SELF_TRADE_RULE_CANCEL_BOTH: _ClassVar[SelfTradeRule]
    SELF_TRADE_RULE_ALLOW: _ClassVar[SelfTradeRule]

class ExecutionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXECUTION_KIND_UNSPECIFIED: _ClassVar[ExecutionKind]
    EXECUTION_KIND_TRADED: _ClassVar[ExecutionKind]
    EXECUTION_KIND_RESTED: _ClassVar[ExecutionKind]
    EXECUTION_KIND_CANCELLED: _ClassVar[ExecutionKind]
    EXECUTION_KIND_REJECTED: _ClassVar[ExecutionKind]
ORDER_ACT_UNSPECIFIED: OrderAct
ORDER_ACT_LIMIT: OrderAct
ORDER_ACT_MARKET: OrderAct
ORDER_ACT_CANCEL: OrderAct
ORDER_ACT_REPLACE: OrderAct
ORDER_CONDITION_UNSPECIFIED: OrderCondition
ORDER_CONDITION_GOOD_TILL_DATE: OrderCondition
ORDER_CONDITION_IMMEDIATE_OR_CANCEL: OrderCondition
ORDER_CONDITION_FILL_OR_KILL: OrderCondition
ORDER_CONDITION_ALL_OR_NONE: OrderCondition
SELF_TRADE_RULE_UNSPECIFIED: SelfTradeRule
SELF_TRADE_RULE_CANCEL_RESTING: SelfTradeRule
SELF_TRADE_RULE_CANCEL_INCOMING: SelfTradeRule
SELF_TRADE_RULE_CANCEL_BOTH: SelfTradeRule
SELF_TRADE_RULE_ALLOW: SelfTradeRule
EXECUTION_KIND_UNSPECIFIED: ExecutionKind
EXECUTION_KIND_TRADED: ExecutionKind
EXECUTION_KIND_RESTED: ExecutionKind
EXECUTION_KIND_CANCELLED: ExecutionKind
EXECUTION_KIND_REJECTED: ExecutionKind

class TradeRequest(_message.Message):
    __slots__ = ("open", "events", "request_id")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    open: OpenBook
    events: OrderEvents
    request_id: str
    def __init__(self, open: _Optional[_Union[OpenBook, _Mapping]] = ..., events: _Optional[_Union[OrderEvents, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class OpenBook(_message.Message):
    __slots__ = ("book_id", "party", "self_trade")
    BOOK_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_FIELD_NUMBER: _ClassVar[int]
    book_id: str
    party: str
    self_trade: SelfTradeRule
    def __init__(self, book_id: _Optional[str] = ..., party: _Optional[str] = ..., self_trade: _Optional[_Union[SelfTradeRule, str]] = ...) -> None: ...

class OrderEvents(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[OrderEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[OrderEvent, _Mapping]]] = ...) -> None: ...

class OrderEvent(_message.Message):
    __slots__ = ("act", "order_id", "side", "price_ticks", "quantity_lots", "condition", "display_lots", "until_us")
    ACT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_TICKS_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_LOTS_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_LOTS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_US_FIELD_NUMBER: _ClassVar[int]
    act: OrderAct
    order_id: str
    side: _orders_pb2.Side
    price_ticks: int
    quantity_lots: int
    condition: OrderCondition
    display_lots: int
    until_us: int
    def __init__(self, act: _Optional[_Union[OrderAct, str]] = ..., order_id: _Optional[str] = ..., side: _Optional[_Union[_orders_pb2.Side, str]] = ..., price_ticks: _Optional[int] = ..., quantity_lots: _Optional[int] = ..., condition: _Optional[_Union[OrderCondition, str]] = ..., display_lots: _Optional[int] = ..., until_us: _Optional[int] = ...) -> None: ...

class TradeResponse(_message.Message):
    __slots__ = ("executions", "taken", "revision")
    EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    executions: _containers.RepeatedCompositeFieldContainer[Execution]
    taken: int
    revision: int
    def __init__(self, executions: _Optional[_Iterable[_Union[Execution, _Mapping]]] = ..., taken: _Optional[int] = ..., revision: _Optional[int] = ...) -> None: ...

class Execution(_message.Message):
    __slots__ = ("kind", "time_us", "order_id", "other_id", "side", "price_ticks", "quantity_lots", "reason", "party", "other_party")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    OTHER_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_TICKS_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_LOTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    OTHER_PARTY_FIELD_NUMBER: _ClassVar[int]
    kind: ExecutionKind
    time_us: int
    order_id: str
    other_id: str
    side: _orders_pb2.Side
    price_ticks: int
    quantity_lots: int
    reason: str
    party: str
    other_party: str
    def __init__(self, kind: _Optional[_Union[ExecutionKind, str]] = ..., time_us: _Optional[int] = ..., order_id: _Optional[str] = ..., other_id: _Optional[str] = ..., side: _Optional[_Union[_orders_pb2.Side, str]] = ..., price_ticks: _Optional[int] = ..., quantity_lots: _Optional[int] = ..., reason: _Optional[str] = ..., party: _Optional[str] = ..., other_party: _Optional[str] = ...) -> None: ...

class GetBookRequest(_message.Message):
    __slots__ = ("book_id",)
    BOOK_ID_FIELD_NUMBER: _ClassVar[int]
    book_id: str
    def __init__(self, book_id: _Optional[str] = ...) -> None: ...

class GetBookResponse(_message.Message):
    __slots__ = ("snapshot",)
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    snapshot: BookSnapshot
    def __init__(self, snapshot: _Optional[_Union[BookSnapshot, _Mapping]] = ...) -> None: ...

class RestoreBookRequest(_message.Message):
    __slots__ = ("book_id", "snapshot")
    BOOK_ID_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    book_id: str
    snapshot: BookSnapshot
    def __init__(self, book_id: _Optional[str] = ..., snapshot: _Optional[_Union[BookSnapshot, _Mapping]] = ...) -> None: ...

class RestoreBookResponse(_message.Message):
    __slots__ = ("orders",)
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    orders: int
    def __init__(self, orders: _Optional[int] = ...) -> None: ...

class BookSnapshot(_message.Message):
    __slots__ = ("self_trade", "time_us", "rank", "orders")
    SELF_TRADE_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    self_trade: SelfTradeRule
    time_us: int
    rank: int
    orders: _containers.RepeatedCompositeFieldContainer[RestingOrder]
    def __init__(self, self_trade: _Optional[_Union[SelfTradeRule, str]] = ..., time_us: _Optional[int] = ..., rank: _Optional[int] = ..., orders: _Optional[_Iterable[_Union[RestingOrder, _Mapping]]] = ...) -> None: ...

class RestingOrder(_message.Message):
    __slots__ = ("order_id", "party", "side", "price_ticks", "left_lots", "shown_lots", "display_lots", "condition", "until_us", "rank")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_TICKS_FIELD_NUMBER: _ClassVar[int]
    LEFT_LOTS_FIELD_NUMBER: _ClassVar[int]
    SHOWN_LOTS_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_LOTS_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    UNTIL_US_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    party: str
    side: _orders_pb2.Side
    price_ticks: int
    left_lots: int
    shown_lots: int
    display_lots: int
    condition: OrderCondition
    until_us: int
    rank: int
    def __init__(self, order_id: _Optional[str] = ..., party: _Optional[str] = ..., side: _Optional[_Union[_orders_pb2.Side, str]] = ..., price_ticks: _Optional[int] = ..., left_lots: _Optional[int] = ..., shown_lots: _Optional[int] = ..., display_lots: _Optional[int] = ..., condition: _Optional[_Union[OrderCondition, str]] = ..., until_us: _Optional[int] = ..., rank: _Optional[int] = ...) -> None: ...
