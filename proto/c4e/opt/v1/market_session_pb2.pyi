import datetime

from c4e.opt.v1 import case_pb2 as _case_pb2
from c4e.opt.v1 import metering_pb2 as _metering_pb2
from c4e.opt.v1 import orders_pb2 as _orders_pb2
from c4e.opt.v1 import outcome_pb2 as _outcome_pb2
from c4e.opt.v1 import series_pb2 as _series_pb2
from c4e.opt.v1 import solve_pb2 as _solve_pb2
from c4e.opt.v1 import statement_pb2 as _statement_pb2
from c4e.opt.v1 import trading_pb2 as _trading_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MarketKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARKET_KIND_UNSPECIFIED: _ClassVar[MarketKind]
    MARKET_KIND_AUCTION: _ClassVar[MarketKind]
    MARKET_KIND_CONTINUOUS: _ClassVar[MarketKind]

class MarketState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARKET_STATE_UNSPECIFIED: _ClassVar[MarketState]
    MARKET_STATE_SCHEDULED: _ClassVar[MarketState]
    MARKET_STATE_OPEN: _ClassVar[MarketState]
    MARKET_STATE_CLOSED: _ClassVar[MarketState]
    MARKET_STATE_CLEARING: _ClassVar[MarketState]
    MARKET_STATE_CLEARED: _ClassVar[MarketState]
    MARKET_STATE_PUBLISHED: _ClassVar[MarketState]
    MARKET_STATE_FAILED: _ClassVar[MarketState]
    MARKET_STATE_CANCELLED: _ClassVar[MarketState]

class MarketEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARKET_EVENT_KIND_UNSPECIFIED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_OPENED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_GATE_OPENED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_ORDERS_SUBMITTED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_ORDERS_AMENDED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_ORDERS_WITHDRAWN: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_TRADED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_GATE_CLOSED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_CLEARING: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_CLEARED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_PUBLISHED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_FAILED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_CANCELLED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_SETTLED: _ClassVar[MarketEventKind]
    MARKET_EVENT_KIND_BOOK_RESTORED: _ClassVar[MarketEventKind]

class OrderReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_REASON_UNSPECIFIED: _ClassVar[OrderReason]
    ORDER_REASON_ACCEPTED: _ClassVar[OrderReason]
    ORDER_REASON_AT_THE_MONEY: _ClassVar[OrderReason]
    ORDER_REASON_OUT_OF_THE_MONEY: _ClassVar[OrderReason]
    ORDER_REASON_CONGESTION: _ClassVar[OrderReason]
    ORDER_REASON_PARADOXICAL: _ClassVar[OrderReason]
    ORDER_REASON_LINK: _ClassVar[OrderReason]
    ORDER_REASON_GROUP: _ClassVar[OrderReason]
    ORDER_REASON_COMPLEX_ORDER: _ClassVar[OrderReason]
    ORDER_REASON_COMPLEX_LIMIT: _ClassVar[OrderReason]
MARKET_KIND_UNSPECIFIED: MarketKind
MARKET_KIND_AUCTION: MarketKind
MARKET_KIND_CONTINUOUS: MarketKind
MARKET_STATE_UNSPECIFIED: MarketState
MARKET_STATE_SCHEDULED: MarketState
MARKET_STATE_OPEN: MarketState
MARKET_STATE_CLOSED: MarketState
MARKET_STATE_CLEARING: MarketState
MARKET_STATE_CLEARED: MarketState
MARKET_STATE_PUBLISHED: MarketState
MARKET_STATE_FAILED: MarketState
MARKET_STATE_CANCELLED: MarketState
MARKET_EVENT_KIND_UNSPECIFIED: MarketEventKind
MARKET_EVENT_KIND_OPENED: MarketEventKind
MARKET_EVENT_KIND_GATE_OPENED: MarketEventKind
MARKET_EVENT_KIND_ORDERS_SUBMITTED: MarketEventKind
MARKET_EVENT_KIND_ORDERS_AMENDED: MarketEventKind
MARKET_EVENT_KIND_ORDERS_WITHDRAWN: MarketEventKind
MARKET_EVENT_KIND_TRADED: MarketEventKind
MARKET_EVENT_KIND_GATE_CLOSED: MarketEventKind
MARKET_EVENT_KIND_CLEARING: MarketEventKind
MARKET_EVENT_KIND_CLEARED: MarketEventKind
MARKET_EVENT_KIND_PUBLISHED: MarketEventKind
MARKET_EVENT_KIND_FAILED: MarketEventKind
MARKET_EVENT_KIND_CANCELLED: MarketEventKind
MARKET_EVENT_KIND_SETTLED: MarketEventKind
MARKET_EVENT_KIND_BOOK_RESTORED: MarketEventKind
ORDER_REASON_UNSPECIFIED: OrderReason
ORDER_REASON_ACCEPTED: OrderReason
ORDER_REASON_AT_THE_MONEY: OrderReason
ORDER_REASON_OUT_OF_THE_MONEY: OrderReason
ORDER_REASON_CONGESTION: OrderReason
ORDER_REASON_PARADOXICAL: OrderReason
ORDER_REASON_LINK: OrderReason
ORDER_REASON_GROUP: OrderReason
ORDER_REASON_COMPLEX_ORDER: OrderReason
ORDER_REASON_COMPLEX_LIMIT: OrderReason

class MarketSession(_message.Message):
    __slots__ = ("id", "series", "kind", "state", "revision", "gate_opens", "gate_closes", "currency", "units", "horizon", "buses", "detail", "settlement", "product")
    ID_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    GATE_OPENS_FIELD_NUMBER: _ClassVar[int]
    GATE_CLOSES_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    HORIZON_FIELD_NUMBER: _ClassVar[int]
    BUSES_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    id: str
    series: str
    kind: MarketKind
    state: MarketState
    revision: int
    gate_opens: _timestamp_pb2.Timestamp
    gate_closes: _timestamp_pb2.Timestamp
    currency: str
    units: _case_pb2.Units
    horizon: _case_pb2.Horizon
    buses: _containers.RepeatedScalarFieldContainer[str]
    detail: str
    settlement: _solve_pb2.Settlement
    product: ContinuousProduct
    def __init__(self, id: _Optional[str] = ..., series: _Optional[str] = ..., kind: _Optional[_Union[MarketKind, str]] = ..., state: _Optional[_Union[MarketState, str]] = ..., revision: _Optional[int] = ..., gate_opens: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., gate_closes: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., currency: _Optional[str] = ..., units: _Optional[_Union[_case_pb2.Units, _Mapping]] = ..., horizon: _Optional[_Union[_case_pb2.Horizon, _Mapping]] = ..., buses: _Optional[_Iterable[str]] = ..., detail: _Optional[str] = ..., settlement: _Optional[_Union[_solve_pb2.Settlement, str]] = ..., product: _Optional[_Union[ContinuousProduct, _Mapping]] = ...) -> None: ...

class ContinuousProduct(_message.Message):
    __slots__ = ("bus", "tick", "lot")
    BUS_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    bus: str
    tick: float
    lot: float
    def __init__(self, bus: _Optional[str] = ..., tick: _Optional[float] = ..., lot: _Optional[float] = ...) -> None: ...

class OpenMarketSessionRequest(_message.Message):
    __slots__ = ("session_id", "case", "kind", "gate_opens", "gate_closes", "options", "settlement", "clear_on_command", "cadence", "self_trade", "product")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    GATE_OPENS_FIELD_NUMBER: _ClassVar[int]
    GATE_CLOSES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    CLEAR_ON_COMMAND_FIELD_NUMBER: _ClassVar[int]
    CADENCE_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    case: _case_pb2.Case
    kind: MarketKind
    gate_opens: _timestamp_pb2.Timestamp
    gate_closes: _timestamp_pb2.Timestamp
    options: _solve_pb2.SolveOptions
    settlement: _solve_pb2.Settlement
    clear_on_command: bool
    cadence: _duration_pb2.Duration
    self_trade: _trading_pb2.SelfTradeRule
    product: ContinuousProduct
    def __init__(self, session_id: _Optional[str] = ..., case: _Optional[_Union[_case_pb2.Case, _Mapping]] = ..., kind: _Optional[_Union[MarketKind, str]] = ..., gate_opens: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., gate_closes: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., options: _Optional[_Union[_solve_pb2.SolveOptions, _Mapping]] = ..., settlement: _Optional[_Union[_solve_pb2.Settlement, str]] = ..., clear_on_command: _Optional[bool] = ..., cadence: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., self_trade: _Optional[_Union[_trading_pb2.SelfTradeRule, str]] = ..., product: _Optional[_Union[ContinuousProduct, _Mapping]] = ...) -> None: ...

class OpenMarketSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: MarketSession
    def __init__(self, session: _Optional[_Union[MarketSession, _Mapping]] = ...) -> None: ...

class GetMarketSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class GetMarketSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: MarketSession
    def __init__(self, session: _Optional[_Union[MarketSession, _Mapping]] = ...) -> None: ...

class ListMarketSessionsRequest(_message.Message):
    __slots__ = ("states", "series", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[MarketState]
    series: str
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[MarketState, str]]] = ..., series: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMarketSessionsResponse(_message.Message):
    __slots__ = ("sessions", "next_page_token")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[MarketSession]
    next_page_token: str
    def __init__(self, sessions: _Optional[_Iterable[_Union[MarketSession, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class MarketOrder(_message.Message):
    __slots__ = ("id", "bus", "step", "side", "price", "energy", "steps", "ratio_min")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    RATIO_MIN_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    step: int
    side: _orders_pb2.Side
    price: float
    energy: float
    steps: int
    ratio_min: float
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., step: _Optional[int] = ..., side: _Optional[_Union[_orders_pb2.Side, str]] = ..., price: _Optional[float] = ..., energy: _Optional[float] = ..., steps: _Optional[int] = ..., ratio_min: _Optional[float] = ...) -> None: ...

class SubmitOrdersRequest(_message.Message):
    __slots__ = ("session_id", "request_id", "party", "book", "orders")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    BOOK_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    request_id: str
    party: str
    book: _orders_pb2.OrderBook
    orders: _containers.RepeatedCompositeFieldContainer[MarketOrder]
    def __init__(self, session_id: _Optional[str] = ..., request_id: _Optional[str] = ..., party: _Optional[str] = ..., book: _Optional[_Union[_orders_pb2.OrderBook, _Mapping]] = ..., orders: _Optional[_Iterable[_Union[MarketOrder, _Mapping]]] = ...) -> None: ...

class SubmitOrdersResponse(_message.Message):
    __slots__ = ("revision", "orders", "time")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    revision: int
    orders: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, revision: _Optional[int] = ..., orders: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AmendOrdersRequest(_message.Message):
    __slots__ = ("session_id", "request_id", "party", "book", "orders")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    BOOK_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    request_id: str
    party: str
    book: _orders_pb2.OrderBook
    orders: _containers.RepeatedCompositeFieldContainer[MarketOrder]
    def __init__(self, session_id: _Optional[str] = ..., request_id: _Optional[str] = ..., party: _Optional[str] = ..., book: _Optional[_Union[_orders_pb2.OrderBook, _Mapping]] = ..., orders: _Optional[_Iterable[_Union[MarketOrder, _Mapping]]] = ...) -> None: ...

class AmendOrdersResponse(_message.Message):
    __slots__ = ("revision", "orders", "time")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    revision: int
    orders: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, revision: _Optional[int] = ..., orders: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WithdrawOrdersRequest(_message.Message):
    __slots__ = ("session_id", "request_id", "party", "order_ids")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    ORDER_IDS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    request_id: str
    party: str
    order_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, session_id: _Optional[str] = ..., request_id: _Optional[str] = ..., party: _Optional[str] = ..., order_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class WithdrawOrdersResponse(_message.Message):
    __slots__ = ("revision", "orders", "time")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    revision: int
    orders: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, revision: _Optional[int] = ..., orders: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("session_id", "party")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    party: str
    def __init__(self, session_id: _Optional[str] = ..., party: _Optional[str] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("book", "revision")
    BOOK_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    book: _orders_pb2.OrderBook
    revision: int
    def __init__(self, book: _Optional[_Union[_orders_pb2.OrderBook, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class TradeOrdersRequest(_message.Message):
    __slots__ = ("session_id", "request_id", "party", "events")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    request_id: str
    party: str
    events: _containers.RepeatedCompositeFieldContainer[_trading_pb2.OrderEvent]
    def __init__(self, session_id: _Optional[str] = ..., request_id: _Optional[str] = ..., party: _Optional[str] = ..., events: _Optional[_Iterable[_Union[_trading_pb2.OrderEvent, _Mapping]]] = ...) -> None: ...

class TradeOrdersResponse(_message.Message):
    __slots__ = ("revision", "executions", "time")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    revision: int
    executions: _containers.RepeatedCompositeFieldContainer[_trading_pb2.Execution]
    time: _timestamp_pb2.Timestamp
    def __init__(self, revision: _Optional[int] = ..., executions: _Optional[_Iterable[_Union[_trading_pb2.Execution, _Mapping]]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CloseGateRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class CloseGateResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: MarketSession
    def __init__(self, session: _Optional[_Union[MarketSession, _Mapping]] = ...) -> None: ...

class ClearMarketSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class ClearMarketSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: MarketSession
    def __init__(self, session: _Optional[_Union[MarketSession, _Mapping]] = ...) -> None: ...

class CancelMarketSessionRequest(_message.Message):
    __slots__ = ("session_id", "reason")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    reason: str
    def __init__(self, session_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelMarketSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: MarketSession
    def __init__(self, session: _Optional[_Union[MarketSession, _Mapping]] = ...) -> None: ...

class WatchMarketSessionRequest(_message.Message):
    __slots__ = ("session_id", "party", "after_revision")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    party: str
    after_revision: int
    def __init__(self, session_id: _Optional[str] = ..., party: _Optional[str] = ..., after_revision: _Optional[int] = ...) -> None: ...

class WatchMarketSessionResponse(_message.Message):
    __slots__ = ("revision", "previous_revision", "kind", "time", "party", "request_id", "orders", "executions", "detail")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_REVISION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    revision: int
    previous_revision: int
    kind: MarketEventKind
    time: _timestamp_pb2.Timestamp
    party: str
    request_id: str
    orders: int
    executions: _containers.RepeatedCompositeFieldContainer[_trading_pb2.Execution]
    detail: str
    def __init__(self, revision: _Optional[int] = ..., previous_revision: _Optional[int] = ..., kind: _Optional[_Union[MarketEventKind, str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., party: _Optional[str] = ..., request_id: _Optional[str] = ..., orders: _Optional[int] = ..., executions: _Optional[_Iterable[_Union[_trading_pb2.Execution, _Mapping]]] = ..., detail: _Optional[str] = ...) -> None: ...

class GetMarketResultRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class GetMarketResultResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: MarketResult
    def __init__(self, result: _Optional[_Union[MarketResult, _Mapping]] = ...) -> None: ...

class MarketResult(_message.Message):
    __slots__ = ("session_id", "case_digest", "outcome_digest", "statement_digest", "termination", "currency", "welfare", "prices", "volumes", "certificate", "trades", "tick_per_mwh", "lot_mwh")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_DIGEST_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    TERMINATION_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    WELFARE_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    TRADES_FIELD_NUMBER: _ClassVar[int]
    TICK_PER_MWH_FIELD_NUMBER: _ClassVar[int]
    LOT_MWH_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    case_digest: str
    outcome_digest: str
    statement_digest: str
    termination: _outcome_pb2.Termination
    currency: str
    welfare: float
    prices: _outcome_pb2.Table
    volumes: _outcome_pb2.Table
    certificate: _outcome_pb2.Certificate
    trades: _containers.RepeatedCompositeFieldContainer[_trading_pb2.Execution]
    tick_per_mwh: float
    lot_mwh: float
    def __init__(self, session_id: _Optional[str] = ..., case_digest: _Optional[str] = ..., outcome_digest: _Optional[str] = ..., statement_digest: _Optional[str] = ..., termination: _Optional[_Union[_outcome_pb2.Termination, _Mapping]] = ..., currency: _Optional[str] = ..., welfare: _Optional[float] = ..., prices: _Optional[_Union[_outcome_pb2.Table, _Mapping]] = ..., volumes: _Optional[_Union[_outcome_pb2.Table, _Mapping]] = ..., certificate: _Optional[_Union[_outcome_pb2.Certificate, _Mapping]] = ..., trades: _Optional[_Iterable[_Union[_trading_pb2.Execution, _Mapping]]] = ..., tick_per_mwh: _Optional[float] = ..., lot_mwh: _Optional[float] = ...) -> None: ...

class GetPartyResultRequest(_message.Message):
    __slots__ = ("session_id", "party")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    party: str
    def __init__(self, session_id: _Optional[str] = ..., party: _Optional[str] = ...) -> None: ...

class GetPartyResultResponse(_message.Message):
    __slots__ = ("result", "statements")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    result: PartyResult
    statements: _containers.RepeatedCompositeFieldContainer[PartyStatement]
    def __init__(self, result: _Optional[_Union[PartyResult, _Mapping]] = ..., statements: _Optional[_Iterable[_Union[PartyStatement, _Mapping]]] = ...) -> None: ...

class PartyResult(_message.Message):
    __slots__ = ("party", "id", "accepted_mwh", "price_per_mwh", "reason", "number", "element", "trades")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_MWH_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_MWH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    TRADES_FIELD_NUMBER: _ClassVar[int]
    party: str
    id: _containers.RepeatedScalarFieldContainer[str]
    accepted_mwh: _series_pb2.Column
    price_per_mwh: _series_pb2.Column
    reason: _containers.RepeatedScalarFieldContainer[OrderReason]
    number: _series_pb2.Column
    element: _series_pb2.Words
    trades: _containers.RepeatedCompositeFieldContainer[_trading_pb2.Execution]
    def __init__(self, party: _Optional[str] = ..., id: _Optional[_Iterable[str]] = ..., accepted_mwh: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., price_per_mwh: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., reason: _Optional[_Iterable[_Union[OrderReason, str]]] = ..., number: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., element: _Optional[_Union[_series_pb2.Words, _Mapping]] = ..., trades: _Optional[_Iterable[_Union[_trading_pb2.Execution, _Mapping]]] = ...) -> None: ...

class PartyStatement(_message.Message):
    __slots__ = ("party", "digest", "act", "run", "replaced", "batch_id", "posted", "assets", "starts", "step_seconds", "positions", "position", "step", "asset", "energy", "price", "amount", "balances")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    POSTED_FIELD_NUMBER: _ClassVar[int]
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    STARTS_FIELD_NUMBER: _ClassVar[int]
    STEP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    party: str
    digest: str
    act: str
    run: _metering_pb2.MeteringRun
    replaced: bool
    batch_id: str
    posted: bool
    assets: _containers.RepeatedCompositeFieldContainer[_statement_pb2.Asset]
    starts: _containers.RepeatedScalarFieldContainer[int]
    step_seconds: _containers.RepeatedScalarFieldContainer[int]
    positions: _containers.RepeatedCompositeFieldContainer[_statement_pb2.Position]
    position: _series_pb2.Places
    step: _series_pb2.Places
    asset: _series_pb2.Places
    energy: _containers.RepeatedScalarFieldContainer[str]
    price: _containers.RepeatedScalarFieldContainer[str]
    amount: _containers.RepeatedScalarFieldContainer[str]
    balances: _containers.RepeatedCompositeFieldContainer[_statement_pb2.PartyBalance]
    def __init__(self, party: _Optional[str] = ..., digest: _Optional[str] = ..., act: _Optional[str] = ..., run: _Optional[_Union[_metering_pb2.MeteringRun, _Mapping]] = ..., replaced: _Optional[bool] = ..., batch_id: _Optional[str] = ..., posted: _Optional[bool] = ..., assets: _Optional[_Iterable[_Union[_statement_pb2.Asset, _Mapping]]] = ..., starts: _Optional[_Iterable[int]] = ..., step_seconds: _Optional[_Iterable[int]] = ..., positions: _Optional[_Iterable[_Union[_statement_pb2.Position, _Mapping]]] = ..., position: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., step: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., asset: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., energy: _Optional[_Iterable[str]] = ..., price: _Optional[_Iterable[str]] = ..., amount: _Optional[_Iterable[str]] = ..., balances: _Optional[_Iterable[_Union[_statement_pb2.PartyBalance, _Mapping]]] = ...) -> None: ...

class SubmitReadingsRequest(_message.Message):
    __slots__ = ("session_id", "request_id", "measurement")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    request_id: str
    measurement: _metering_pb2.Measurement
    def __init__(self, session_id: _Optional[str] = ..., request_id: _Optional[str] = ..., measurement: _Optional[_Union[_metering_pb2.Measurement, _Mapping]] = ...) -> None: ...

class SubmitReadingsResponse(_message.Message):
    __slots__ = ("revision", "statement", "replaces")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    revision: int
    statement: _statement_pb2.Statement
    replaces: str
    def __init__(self, revision: _Optional[int] = ..., statement: _Optional[_Union[_statement_pb2.Statement, _Mapping]] = ..., replaces: _Optional[str] = ...) -> None: ...

class GetMarketRecordRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class GetMarketRecordResponse(_message.Message):
    __slots__ = ("case", "outcome", "statements", "trades")
    CASE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    TRADES_FIELD_NUMBER: _ClassVar[int]
    case: _case_pb2.Case
    outcome: _outcome_pb2.Outcome
    statements: _containers.RepeatedCompositeFieldContainer[_statement_pb2.Statement]
    trades: _containers.RepeatedCompositeFieldContainer[_trading_pb2.Execution]
    def __init__(self, case: _Optional[_Union[_case_pb2.Case, _Mapping]] = ..., outcome: _Optional[_Union[_outcome_pb2.Outcome, _Mapping]] = ..., statements: _Optional[_Iterable[_Union[_statement_pb2.Statement, _Mapping]]] = ..., trades: _Optional[_Iterable[_Union[_trading_pb2.Execution, _Mapping]]] = ...) -> None: ...
