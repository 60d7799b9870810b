import datetime

from c4e.opt.v1 import case_pb2 as _case_pb2
from c4e.opt.v1 import components_pb2 as _components_pb2
from c4e.opt.v1 import jobs_pb2 as _jobs_pb2
from c4e.opt.v1 import outcome_pb2 as _outcome_pb2
from c4e.opt.v1 import series_pb2 as _series_pb2
from c4e.opt.v1 import solve_pb2 as _solve_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DispatchFallback(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPATCH_FALLBACK_UNSPECIFIED: _ClassVar[DispatchFallback]
    DISPATCH_FALLBACK_HOLD: _ClassVar[DispatchFallback]
    DISPATCH_FALLBACK_NEAREST: _ClassVar[DispatchFallback]

class DispatchState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPATCH_STATE_UNSPECIFIED: _ClassVar[DispatchState]
    DISPATCH_STATE_OPEN: _ClassVar[DispatchState]
    DISPATCH_STATE_CLOSED: _ClassVar[DispatchState]

class SetPointBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SET_POINT_BASIS_UNSPECIFIED: _ClassVar[SetPointBasis]
    SET_POINT_BASIS_SCHEDULE: _ClassVar[SetPointBasis]
    SET_POINT_BASIS_NEAREST: _ClassVar[SetPointBasis]
    SET_POINT_BASIS_HELD: _ClassVar[SetPointBasis]
    SET_POINT_BASIS_NONE: _ClassVar[SetPointBasis]

class DispatchEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPATCH_EVENT_KIND_UNSPECIFIED: _ClassVar[DispatchEventKind]
    DISPATCH_EVENT_KIND_OPENED: _ClassVar[DispatchEventKind]
    DISPATCH_EVENT_KIND_FORECASTS_UPDATED: _ClassVar[DispatchEventKind]
    DISPATCH_EVENT_KIND_MEASUREMENTS_RECORDED: _ClassVar[DispatchEventKind]
    DISPATCH_EVENT_KIND_DISPATCHED: _ClassVar[DispatchEventKind]
    DISPATCH_EVENT_KIND_FELL_BACK: _ClassVar[DispatchEventKind]
    DISPATCH_EVENT_KIND_CLOSED: _ClassVar[DispatchEventKind]
DISPATCH_FALLBACK_UNSPECIFIED: DispatchFallback
DISPATCH_FALLBACK_HOLD: DispatchFallback
DISPATCH_FALLBACK_NEAREST: DispatchFallback
DISPATCH_STATE_UNSPECIFIED: DispatchState
DISPATCH_STATE_OPEN: DispatchState
DISPATCH_STATE_CLOSED: DispatchState
SET_POINT_BASIS_UNSPECIFIED: SetPointBasis
SET_POINT_BASIS_SCHEDULE: SetPointBasis
SET_POINT_BASIS_NEAREST: SetPointBasis
SET_POINT_BASIS_HELD: SetPointBasis
SET_POINT_BASIS_NONE: SetPointBasis
DISPATCH_EVENT_KIND_UNSPECIFIED: DispatchEventKind
DISPATCH_EVENT_KIND_OPENED: DispatchEventKind
DISPATCH_EVENT_KIND_FORECASTS_UPDATED: DispatchEventKind
DISPATCH_EVENT_KIND_MEASUREMENTS_RECORDED: DispatchEventKind
DISPATCH_EVENT_KIND_DISPATCHED: DispatchEventKind
DISPATCH_EVENT_KIND_FELL_BACK: DispatchEventKind
DISPATCH_EVENT_KIND_CLOSED: DispatchEventKind

class DispatchSession(_message.Message):
    __slots__ = ("id", "state", "revision", "units", "horizon", "look_ahead", "valid_for", "dispatch_at_steps", "dispatch_on_data", "fallback", "step", "valid_until")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    HORIZON_FIELD_NUMBER: _ClassVar[int]
    LOOK_AHEAD_FIELD_NUMBER: _ClassVar[int]
    VALID_FOR_FIELD_NUMBER: _ClassVar[int]
    DISPATCH_AT_STEPS_FIELD_NUMBER: _ClassVar[int]
    DISPATCH_ON_DATA_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: DispatchState
    revision: int
    units: _case_pb2.Units
    horizon: _case_pb2.Horizon
    look_ahead: _duration_pb2.Duration
    valid_for: _duration_pb2.Duration
    dispatch_at_steps: bool
    dispatch_on_data: bool
    fallback: DispatchFallback
    step: int
    valid_until: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., state: _Optional[_Union[DispatchState, str]] = ..., revision: _Optional[int] = ..., units: _Optional[_Union[_case_pb2.Units, _Mapping]] = ..., horizon: _Optional[_Union[_case_pb2.Horizon, _Mapping]] = ..., look_ahead: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., valid_for: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., dispatch_at_steps: _Optional[bool] = ..., dispatch_on_data: _Optional[bool] = ..., fallback: _Optional[_Union[DispatchFallback, str]] = ..., step: _Optional[int] = ..., valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OpenDispatchSessionRequest(_message.Message):
    __slots__ = ("session_id", "case", "look_ahead", "valid_for", "dispatch_at_steps", "dispatch_on_data", "fallback", "options")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    LOOK_AHEAD_FIELD_NUMBER: _ClassVar[int]
    VALID_FOR_FIELD_NUMBER: _ClassVar[int]
    DISPATCH_AT_STEPS_FIELD_NUMBER: _ClassVar[int]
    DISPATCH_ON_DATA_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    case: _case_pb2.Case
    look_ahead: _duration_pb2.Duration
    valid_for: _duration_pb2.Duration
    dispatch_at_steps: bool
    dispatch_on_data: bool
    fallback: DispatchFallback
    options: _solve_pb2.SolveOptions
    def __init__(self, session_id: _Optional[str] = ..., case: _Optional[_Union[_case_pb2.Case, _Mapping]] = ..., look_ahead: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., valid_for: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., dispatch_at_steps: _Optional[bool] = ..., dispatch_on_data: _Optional[bool] = ..., fallback: _Optional[_Union[DispatchFallback, str]] = ..., options: _Optional[_Union[_solve_pb2.SolveOptions, _Mapping]] = ...) -> None: ...

class OpenDispatchSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: DispatchSession
    def __init__(self, session: _Optional[_Union[DispatchSession, _Mapping]] = ...) -> None: ...

class GetDispatchSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class GetDispatchSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: DispatchSession
    def __init__(self, session: _Optional[_Union[DispatchSession, _Mapping]] = ...) -> None: ...

class ListDispatchSessionsRequest(_message.Message):
    __slots__ = ("states", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[DispatchState]
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[DispatchState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDispatchSessionsResponse(_message.Message):
    __slots__ = ("sessions", "next_page_token")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[DispatchSession]
    next_page_token: str
    def __init__(self, sessions: _Optional[_Iterable[_Union[DispatchSession, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateForecastsRequest(_message.Message):
    __slots__ = ("session_id", "request_id", "first_step", "forecasts", "units")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_STEP_FIELD_NUMBER: _ClassVar[int]
    FORECASTS_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    request_id: str
    first_step: int
    forecasts: _components_pb2.Components
    units: _case_pb2.Units
    def __init__(self, session_id: _Optional[str] = ..., request_id: _Optional[str] = ..., first_step: _Optional[int] = ..., forecasts: _Optional[_Union[_components_pb2.Components, _Mapping]] = ..., units: _Optional[_Union[_case_pb2.Units, _Mapping]] = ...) -> None: ...

class UpdateForecastsResponse(_message.Message):
    __slots__ = ("revision", "time")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    revision: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, revision: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MeteredPower(_message.Message):
    __slots__ = ("kind", "component", "bus", "first_step", "power")
    KIND_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    FIRST_STEP_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    kind: str
    component: str
    bus: str
    first_step: int
    power: _series_pb2.Column
    def __init__(self, kind: _Optional[str] = ..., component: _Optional[str] = ..., bus: _Optional[str] = ..., first_step: _Optional[int] = ..., power: _Optional[_Union[_series_pb2.Column, _Mapping]] = ...) -> None: ...

class RecordMeasurementsRequest(_message.Message):
    __slots__ = ("session_id", "request_id", "step", "states", "meters", "units")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    METERS_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    request_id: str
    step: int
    states: _components_pb2.Components
    meters: _containers.RepeatedCompositeFieldContainer[MeteredPower]
    units: _case_pb2.Units
    def __init__(self, session_id: _Optional[str] = ..., request_id: _Optional[str] = ..., step: _Optional[int] = ..., states: _Optional[_Union[_components_pb2.Components, _Mapping]] = ..., meters: _Optional[_Iterable[_Union[MeteredPower, _Mapping]]] = ..., units: _Optional[_Union[_case_pb2.Units, _Mapping]] = ...) -> None: ...

class RecordMeasurementsResponse(_message.Message):
    __slots__ = ("revision", "time", "issues")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ISSUES_FIELD_NUMBER: _ClassVar[int]
    revision: int
    time: _timestamp_pb2.Timestamp
    issues: _containers.RepeatedCompositeFieldContainer[_jobs_pb2.InputIssue]
    def __init__(self, revision: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., issues: _Optional[_Iterable[_Union[_jobs_pb2.InputIssue, _Mapping]]] = ...) -> None: ...

class DispatchRequest(_message.Message):
    __slots__ = ("session_id", "request_id", "step")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    request_id: str
    step: int
    def __init__(self, session_id: _Optional[str] = ..., request_id: _Optional[str] = ..., step: _Optional[int] = ...) -> None: ...

class DispatchResponse(_message.Message):
    __slots__ = ("set_points",)
    SET_POINTS_FIELD_NUMBER: _ClassVar[int]
    set_points: SetPoints
    def __init__(self, set_points: _Optional[_Union[SetPoints, _Mapping]] = ...) -> None: ...

class SetPoints(_message.Message):
    __slots__ = ("session_id", "revision", "time", "basis", "schedule_revision", "step", "valid_from", "valid_until", "step_seconds", "points", "measured_states", "assumed_states", "issues", "termination", "objective", "case_digest", "outcome_digest", "verified", "data_revision")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_REVISION_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    STEP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_STATES_FIELD_NUMBER: _ClassVar[int]
    ASSUMED_STATES_FIELD_NUMBER: _ClassVar[int]
    ISSUES_FIELD_NUMBER: _ClassVar[int]
    TERMINATION_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    CASE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_DIGEST_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    DATA_REVISION_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    revision: int
    time: _timestamp_pb2.Timestamp
    basis: SetPointBasis
    schedule_revision: int
    step: int
    valid_from: _timestamp_pb2.Timestamp
    valid_until: _timestamp_pb2.Timestamp
    step_seconds: _containers.RepeatedScalarFieldContainer[int]
    points: _containers.RepeatedCompositeFieldContainer[SetPoint]
    measured_states: _containers.RepeatedScalarFieldContainer[str]
    assumed_states: _containers.RepeatedScalarFieldContainer[str]
    issues: _containers.RepeatedCompositeFieldContainer[_jobs_pb2.InputIssue]
    termination: _outcome_pb2.Termination
    objective: float
    case_digest: str
    outcome_digest: str
    verified: bool
    data_revision: int
    def __init__(self, session_id: _Optional[str] = ..., revision: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., basis: _Optional[_Union[SetPointBasis, str]] = ..., schedule_revision: _Optional[int] = ..., step: _Optional[int] = ..., valid_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., step_seconds: _Optional[_Iterable[int]] = ..., points: _Optional[_Iterable[_Union[SetPoint, _Mapping]]] = ..., measured_states: _Optional[_Iterable[str]] = ..., assumed_states: _Optional[_Iterable[str]] = ..., issues: _Optional[_Iterable[_Union[_jobs_pb2.InputIssue, _Mapping]]] = ..., termination: _Optional[_Union[_outcome_pb2.Termination, _Mapping]] = ..., objective: _Optional[float] = ..., case_digest: _Optional[str] = ..., outcome_digest: _Optional[str] = ..., verified: _Optional[bool] = ..., data_revision: _Optional[int] = ...) -> None: ...

class SetPoint(_message.Message):
    __slots__ = ("kind", "component", "bus", "power_mw")
    KIND_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    POWER_MW_FIELD_NUMBER: _ClassVar[int]
    kind: str
    component: str
    bus: str
    power_mw: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, kind: _Optional[str] = ..., component: _Optional[str] = ..., bus: _Optional[str] = ..., power_mw: _Optional[_Iterable[float]] = ...) -> None: ...

class GetSetPointsRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class GetSetPointsResponse(_message.Message):
    __slots__ = ("set_points",)
    SET_POINTS_FIELD_NUMBER: _ClassVar[int]
    set_points: SetPoints
    def __init__(self, set_points: _Optional[_Union[SetPoints, _Mapping]] = ...) -> None: ...

class GetDispatchPlanRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class GetDispatchPlanResponse(_message.Message):
    __slots__ = ("revision", "case", "outcome")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    revision: int
    case: _case_pb2.Case
    outcome: _outcome_pb2.Outcome
    def __init__(self, revision: _Optional[int] = ..., case: _Optional[_Union[_case_pb2.Case, _Mapping]] = ..., outcome: _Optional[_Union[_outcome_pb2.Outcome, _Mapping]] = ...) -> None: ...

class WatchSchedulesRequest(_message.Message):
    __slots__ = ("session_id", "after_revision")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    after_revision: int
    def __init__(self, session_id: _Optional[str] = ..., after_revision: _Optional[int] = ...) -> None: ...

class WatchSchedulesResponse(_message.Message):
    __slots__ = ("revision", "previous_revision", "kind", "time", "request_id", "set_points", "issues")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_REVISION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SET_POINTS_FIELD_NUMBER: _ClassVar[int]
    ISSUES_FIELD_NUMBER: _ClassVar[int]
    revision: int
    previous_revision: int
    kind: DispatchEventKind
    time: _timestamp_pb2.Timestamp
    request_id: str
    set_points: SetPoints
    issues: _containers.RepeatedCompositeFieldContainer[_jobs_pb2.InputIssue]
    def __init__(self, revision: _Optional[int] = ..., previous_revision: _Optional[int] = ..., kind: _Optional[_Union[DispatchEventKind, str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ..., set_points: _Optional[_Union[SetPoints, _Mapping]] = ..., issues: _Optional[_Iterable[_Union[_jobs_pb2.InputIssue, _Mapping]]] = ...) -> None: ...

class ComparePlanRequest(_message.Message):
    __slots__ = ("session_id", "first_step", "steps")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    first_step: int
    steps: int
    def __init__(self, session_id: _Optional[str] = ..., first_step: _Optional[int] = ..., steps: _Optional[int] = ...) -> None: ...

class ComparePlanResponse(_message.Message):
    __slots__ = ("revision", "ports", "buses", "deviation_cost", "currency")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    PORTS_FIELD_NUMBER: _ClassVar[int]
    BUSES_FIELD_NUMBER: _ClassVar[int]
    DEVIATION_COST_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    revision: int
    ports: _outcome_pb2.Table
    buses: _outcome_pb2.Table
    deviation_cost: float
    currency: str
    def __init__(self, revision: _Optional[int] = ..., ports: _Optional[_Union[_outcome_pb2.Table, _Mapping]] = ..., buses: _Optional[_Union[_outcome_pb2.Table, _Mapping]] = ..., deviation_cost: _Optional[float] = ..., currency: _Optional[str] = ...) -> None: ...

class CloseDispatchSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class CloseDispatchSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: DispatchSession
    def __init__(self, session: _Optional[_Union[DispatchSession, _Mapping]] = ...) -> None: ...
