from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_OPTIMAL: _ClassVar[Reason]
    REASON_INFEASIBLE: _ClassVar[Reason]
    REASON_UNBOUNDED: _ClassVar[Reason]
    REASON_INFEASIBLE_OR_UNBOUNDED: _ClassVar[Reason]
    REASON_IMPRECISE: _ClassVar[Reason]
    REASON_FEASIBLE: _ClassVar[Reason]
    REASON_NO_SOLUTION_FOUND: _ClassVar[Reason]
    REASON_NUMERICAL_ERROR: _ClassVar[Reason]
    REASON_OTHER_ERROR: _ClassVar[Reason]

class Limit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIMIT_UNSPECIFIED: _ClassVar[Limit]
    LIMIT_NONE: _ClassVar[Limit]
    LIMIT_TIME: _ClassVar[Limit]
    LIMIT_ITERATION: _ClassVar[Limit]
    LIMIT_NODE: _ClassVar[Limit]
    LIMIT_SOLUTION: _ClassVar[Limit]
    LIMIT_MEMORY: _ClassVar[Limit]
    LIMIT_OBJECTIVE: _ClassVar[Limit]
    LIMIT_CUTOFF: _ClassVar[Limit]
    LIMIT_NORM: _ClassVar[Limit]
    LIMIT_INTERRUPTED: _ClassVar[Limit]
    LIMIT_SLOW_PROGRESS: _ClassVar[Limit]
    LIMIT_OTHER: _ClassVar[Limit]
    LIMIT_UNDETERMINED: _ClassVar[Limit]
REASON_UNSPECIFIED: Reason
REASON_OPTIMAL: Reason
REASON_INFEASIBLE: Reason
REASON_UNBOUNDED: Reason
REASON_INFEASIBLE_OR_UNBOUNDED: Reason
REASON_IMPRECISE: Reason
REASON_FEASIBLE: Reason
REASON_NO_SOLUTION_FOUND: Reason
REASON_NUMERICAL_ERROR: Reason
REASON_OTHER_ERROR: Reason
LIMIT_UNSPECIFIED: Limit
LIMIT_NONE: Limit
LIMIT_TIME: Limit
LIMIT_ITERATION: Limit
LIMIT_NODE: Limit
LIMIT_SOLUTION: Limit
LIMIT_MEMORY: Limit
LIMIT_OBJECTIVE: Limit
LIMIT_CUTOFF: Limit
LIMIT_NORM: Limit
LIMIT_INTERRUPTED: Limit
LIMIT_SLOW_PROGRESS: Limit
LIMIT_OTHER: Limit
LIMIT_UNDETERMINED: Limit

class Outcome(_message.Message):
    __slots__ = ("case_name", "case_digest", "digest", "currency", "termination", "objective", "bound", "welfare", "gap", "terms", "price_rule", "price_basis", "solver", "size", "times", "schedule", "flows", "prices", "orders", "certificate", "clashes", "warnings", "second", "replay", "limits", "uplift")
    CASE_NAME_FIELD_NUMBER: _ClassVar[int]
    CASE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    TERMINATION_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    WELFARE_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    PRICE_RULE_FIELD_NUMBER: _ClassVar[int]
    PRICE_BASIS_FIELD_NUMBER: _ClassVar[int]
    SOLVER_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    FLOWS_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    CLASHES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    UPLIFT_FIELD_NUMBER: _ClassVar[int]
    case_name: str
    case_digest: str
    digest: str
    currency: str
    termination: Termination
    objective: float
    bound: float
    welfare: float
    gap: float
    terms: _containers.RepeatedCompositeFieldContainer[Term]
    price_rule: str
    price_basis: str
    solver: str
    size: ProblemSize
    times: _containers.RepeatedCompositeFieldContainer[PhaseTime]
    schedule: Table
    flows: Table
    prices: Table
    orders: Table
    certificate: Certificate
    clashes: _containers.RepeatedCompositeFieldContainer[Clash]
    warnings: _containers.RepeatedCompositeFieldContainer[Warning]
    second: SecondObjective
    replay: Table
    limits: Table
    uplift: Table
    def __init__(self, case_name: _Optional[str] = ..., case_digest: _Optional[str] = ..., digest: _Optional[str] = ..., currency: _Optional[str] = ..., termination: _Optional[_Union[Termination, _Mapping]] = ..., objective: _Optional[float] = ..., bound: _Optional[float] = ..., welfare: _Optional[float] = ..., gap: _Optional[float] = ..., terms: _Optional[_Iterable[_Union[Term, _Mapping]]] = ..., price_rule: _Optional[str] = ..., price_basis: _Optional[str] = ..., solver: _Optional[str] = ..., size: _Optional[_Union[ProblemSize, _Mapping]] = ..., times: _Optional[_Iterable[_Union[PhaseTime, _Mapping]]] = ..., schedule: _Optional[_Union[Table, _Mapping]] = ..., flows: _Optional[_Union[Table, _Mapping]] = ..., prices: _Optional[_Union[Table, _Mapping]] = ..., orders: _Optional[_Union[Table, _Mapping]] = ..., certificate: _Optional[_Union[Certificate, _Mapping]] = ..., clashes: _Optional[_Iterable[_Union[Clash, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[Warning, _Mapping]]] = ..., second: _Optional[_Union[SecondObjective, _Mapping]] = ..., replay: _Optional[_Union[Table, _Mapping]] = ..., limits: _Optional[_Union[Table, _Mapping]] = ..., uplift: _Optional[_Union[Table, _Mapping]] = ...) -> None: ...

class SecondObjective(_message.Message):
    __slots__ = ("name", "unit", "least", "at_least_cost", "least_cost", "allowed_cost")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_COST_FIELD_NUMBER: _ClassVar[int]
    LEAST_COST_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_COST_FIELD_NUMBER: _ClassVar[int]
    name: str
    unit: str
    least: float
    at_least_cost: float
    least_cost: float
    allowed_cost: float
    def __init__(self, name: _Optional[str] = ..., unit: _Optional[str] = ..., least: _Optional[float] = ..., at_least_cost: _Optional[float] = ..., least_cost: _Optional[float] = ..., allowed_cost: _Optional[float] = ...) -> None: ...

class Warning(_message.Message):
    __slots__ = ("path", "rule", "message")
    PATH_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    path: str
    rule: str
    message: str
    def __init__(self, path: _Optional[str] = ..., rule: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Termination(_message.Message):
    __slots__ = ("reason", "limit", "detail")
    REASON_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    reason: Reason
    limit: Limit
    detail: str
    def __init__(self, reason: _Optional[_Union[Reason, str]] = ..., limit: _Optional[_Union[Limit, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class Term(_message.Message):
    __slots__ = ("name", "amount")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    amount: float
    def __init__(self, name: _Optional[str] = ..., amount: _Optional[float] = ...) -> None: ...

class ProblemSize(_message.Message):
    __slots__ = ("variables", "integers", "constraints", "nonzeros")
    VARIABLES_FIELD_NUMBER: _ClassVar[int]
    INTEGERS_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    NONZEROS_FIELD_NUMBER: _ClassVar[int]
    variables: int
    integers: int
    constraints: int
    nonzeros: int
    def __init__(self, variables: _Optional[int] = ..., integers: _Optional[int] = ..., constraints: _Optional[int] = ..., nonzeros: _Optional[int] = ...) -> None: ...

class PhaseTime(_message.Message):
    __slots__ = ("phase", "seconds")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    phase: str
    seconds: float
    def __init__(self, phase: _Optional[str] = ..., seconds: _Optional[float] = ...) -> None: ...

class Table(_message.Message):
    __slots__ = ("axes", "quantities", "notes")
    AXES_FIELD_NUMBER: _ClassVar[int]
    QUANTITIES_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    axes: _containers.RepeatedCompositeFieldContainer[Axis]
    quantities: _containers.RepeatedCompositeFieldContainer[Quantity]
    notes: _containers.RepeatedCompositeFieldContainer[Note]
    def __init__(self, axes: _Optional[_Iterable[_Union[Axis, _Mapping]]] = ..., quantities: _Optional[_Iterable[_Union[Quantity, _Mapping]]] = ..., notes: _Optional[_Iterable[_Union[Note, _Mapping]]] = ...) -> None: ...

class Axis(_message.Message):
    __slots__ = ("name", "names", "moments")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    names: Names
    moments: Moments
    def __init__(self, name: _Optional[str] = ..., names: _Optional[_Union[Names, _Mapping]] = ..., moments: _Optional[_Union[Moments, _Mapping]] = ...) -> None: ...

class Names(_message.Message):
    __slots__ = ("names",)
    NAMES_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Iterable[str]] = ...) -> None: ...

class Moments(_message.Message):
    __slots__ = ("seconds",)
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    seconds: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, seconds: _Optional[_Iterable[int]] = ...) -> None: ...

class Quantity(_message.Message):
    __slots__ = ("name", "axes", "unit", "doc", "packed")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DOC_FIELD_NUMBER: _ClassVar[int]
    PACKED_FIELD_NUMBER: _ClassVar[int]
    name: str
    axes: _containers.RepeatedScalarFieldContainer[str]
    unit: str
    doc: str
    packed: bytes
    def __init__(self, name: _Optional[str] = ..., axes: _Optional[_Iterable[str]] = ..., unit: _Optional[str] = ..., doc: _Optional[str] = ..., packed: _Optional[bytes] = ...) -> None: ...

class Note(_message.Message):
    __slots__ = ("name", "axis", "words")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    axis: str
    words: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., axis: _Optional[str] = ..., words: _Optional[_Iterable[str]] = ...) -> None: ...

class Certificate(_message.Message):
    __slots__ = ("holds", "residuals")
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    RESIDUALS_FIELD_NUMBER: _ClassVar[int]
    holds: bool
    residuals: _containers.RepeatedCompositeFieldContainer[Residual]
    def __init__(self, holds: _Optional[bool] = ..., residuals: _Optional[_Iterable[_Union[Residual, _Mapping]]] = ...) -> None: ...

class Residual(_message.Message):
    __slots__ = ("law", "largest", "unit", "tolerance", "where")
    LAW_FIELD_NUMBER: _ClassVar[int]
    LARGEST_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    law: str
    largest: float
    unit: str
    tolerance: float
    where: str
    def __init__(self, law: _Optional[str] = ..., largest: _Optional[float] = ..., unit: _Optional[str] = ..., tolerance: _Optional[float] = ..., where: _Optional[str] = ...) -> None: ...

class Clash(_message.Message):
    __slots__ = ("law", "place", "first", "last", "largest", "unit", "message", "participants", "proven")
    LAW_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    LARGEST_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    PROVEN_FIELD_NUMBER: _ClassVar[int]
    law: str
    place: str
    first: str
    last: str
    largest: float
    unit: str
    message: str
    participants: _containers.RepeatedCompositeFieldContainer[Participant]
    proven: bool
    def __init__(self, law: _Optional[str] = ..., place: _Optional[str] = ..., first: _Optional[str] = ..., last: _Optional[str] = ..., largest: _Optional[float] = ..., unit: _Optional[str] = ..., message: _Optional[str] = ..., participants: _Optional[_Iterable[_Union[Participant, _Mapping]]] = ..., proven: _Optional[bool] = ...) -> None: ...

class Participant(_message.Message):
    __slots__ = ("kind", "name", "place", "first", "last", "side", "least", "most", "unit", "message")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    name: str
    place: str
    first: str
    last: str
    side: str
    least: float
    most: float
    unit: str
    message: str
    def __init__(self, kind: _Optional[str] = ..., name: _Optional[str] = ..., place: _Optional[str] = ..., first: _Optional[str] = ..., last: _Optional[str] = ..., side: _Optional[str] = ..., least: _Optional[float] = ..., most: _Optional[float] = ..., unit: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
