import datetime

from c4e.opt.v1 import case_pb2 as _case_pb2
from c4e.opt.v1 import outcome_pb2 as _outcome_pb2
from c4e.opt.v1 import statement_pb2 as _statement_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Settlement(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SETTLEMENT_UNSPECIFIED: _ClassVar[Settlement]
    SETTLEMENT_NONE: _ClassVar[Settlement]
    SETTLEMENT_STATEMENT: _ClassVar[Settlement]
    SETTLEMENT_POST: _ClassVar[Settlement]
SETTLEMENT_UNSPECIFIED: Settlement
SETTLEMENT_NONE: Settlement
SETTLEMENT_STATEMENT: Settlement
SETTLEMENT_POST: Settlement

class SolveRequest(_message.Message):
    __slots__ = ("request_id", "case", "options", "settlement", "priority", "dataset")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case: _case_pb2.Case
    options: SolveOptions
    settlement: Settlement
    priority: int
    dataset: str
    def __init__(self, request_id: _Optional[str] = ..., case: _Optional[_Union[_case_pb2.Case, _Mapping]] = ..., options: _Optional[_Union[SolveOptions, _Mapping]] = ..., settlement: _Optional[_Union[Settlement, str]] = ..., priority: _Optional[int] = ..., dataset: _Optional[str] = ...) -> None: ...

class SolveOptions(_message.Message):
    __slots__ = ("solver", "time_limit", "gap", "threads")
    SOLVER_FIELD_NUMBER: _ClassVar[int]
    TIME_LIMIT_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    solver: str
    time_limit: _duration_pb2.Duration
    gap: float
    threads: int
    def __init__(self, solver: _Optional[str] = ..., time_limit: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., gap: _Optional[float] = ..., threads: _Optional[int] = ...) -> None: ...

class SolveResponse(_message.Message):
    __slots__ = ("request_id", "outcome", "statement")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    outcome: _outcome_pb2.Outcome
    statement: _statement_pb2.Statement
    def __init__(self, request_id: _Optional[str] = ..., outcome: _Optional[_Union[_outcome_pb2.Outcome, _Mapping]] = ..., statement: _Optional[_Union[_statement_pb2.Statement, _Mapping]] = ...) -> None: ...
