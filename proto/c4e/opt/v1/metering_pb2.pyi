from c4e.opt.v1 import series_pb2 as _series_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Substitute(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUBSTITUTE_UNSPECIFIED: _ClassVar[Substitute]
    SUBSTITUTE_LINEAR: _ClassVar[Substitute]
    SUBSTITUTE_LAST_WEEK: _ClassVar[Substitute]
    SUBSTITUTE_SCHEDULE: _ClassVar[Substitute]
    SUBSTITUTE_ZERO: _ClassVar[Substitute]

class ImbalancePriceRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMBALANCE_PRICE_RULE_UNSPECIFIED: _ClassVar[ImbalancePriceRule]
    IMBALANCE_PRICE_RULE_GIVEN: _ClassVar[ImbalancePriceRule]
    IMBALANCE_PRICE_RULE_SINGLE: _ClassVar[ImbalancePriceRule]
    IMBALANCE_PRICE_RULE_DUAL: _ClassVar[ImbalancePriceRule]

class MeteringRunKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    METERING_RUN_KIND_UNSPECIFIED: _ClassVar[MeteringRunKind]
    METERING_RUN_KIND_PROVISIONAL: _ClassVar[MeteringRunKind]
    METERING_RUN_KIND_FINAL: _ClassVar[MeteringRunKind]
    METERING_RUN_KIND_CORRECTION: _ClassVar[MeteringRunKind]
SUBSTITUTE_UNSPECIFIED: Substitute
SUBSTITUTE_LINEAR: Substitute
SUBSTITUTE_LAST_WEEK: Substitute
SUBSTITUTE_SCHEDULE: Substitute
SUBSTITUTE_ZERO: Substitute
IMBALANCE_PRICE_RULE_UNSPECIFIED: ImbalancePriceRule
IMBALANCE_PRICE_RULE_GIVEN: ImbalancePriceRule
IMBALANCE_PRICE_RULE_SINGLE: ImbalancePriceRule
IMBALANCE_PRICE_RULE_DUAL: ImbalancePriceRule
METERING_RUN_KIND_UNSPECIFIED: MeteringRunKind
METERING_RUN_KIND_PROVISIONAL: MeteringRunKind
METERING_RUN_KIND_FINAL: MeteringRunKind
METERING_RUN_KIND_CORRECTION: MeteringRunKind

class Measurement(_message.Message):
    __slots__ = ("meters", "readings", "rules", "activations", "run")
    METERS_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    ACTIVATIONS_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    meters: _containers.RepeatedCompositeFieldContainer[Meter]
    readings: Readings
    rules: ImbalanceRules
    activations: _containers.RepeatedCompositeFieldContainer[Activation]
    run: MeteringRun
    def __init__(self, meters: _Optional[_Iterable[_Union[Meter, _Mapping]]] = ..., readings: _Optional[_Union[Readings, _Mapping]] = ..., rules: _Optional[_Union[ImbalanceRules, _Mapping]] = ..., activations: _Optional[_Iterable[_Union[Activation, _Mapping]]] = ..., run: _Optional[_Union[MeteringRun, _Mapping]] = ...) -> None: ...

class Meter(_message.Message):
    __slots__ = ("id", "party", "bus", "component", "seconds", "substitutes", "gap_seconds")
    ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTES_FIELD_NUMBER: _ClassVar[int]
    GAP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    party: str
    bus: str
    component: str
    seconds: int
    substitutes: _containers.RepeatedScalarFieldContainer[Substitute]
    gap_seconds: int
    def __init__(self, id: _Optional[str] = ..., party: _Optional[str] = ..., bus: _Optional[str] = ..., component: _Optional[str] = ..., seconds: _Optional[int] = ..., substitutes: _Optional[_Iterable[_Union[Substitute, str]]] = ..., gap_seconds: _Optional[int] = ...) -> None: ...

class Readings(_message.Message):
    __slots__ = ("meter", "start", "energy_wh", "version", "received")
    METER_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    ENERGY_WH_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    meter: _series_pb2.Words
    start: _containers.RepeatedScalarFieldContainer[int]
    energy_wh: _containers.RepeatedScalarFieldContainer[int]
    version: _containers.RepeatedScalarFieldContainer[int]
    received: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, meter: _Optional[_Union[_series_pb2.Words, _Mapping]] = ..., start: _Optional[_Iterable[int]] = ..., energy_wh: _Optional[_Iterable[int]] = ..., version: _Optional[_Iterable[int]] = ..., received: _Optional[_Iterable[int]] = ...) -> None: ...

class ImbalanceRules(_message.Message):
    __slots__ = ("version", "price", "component_per_mwh", "short_per_mwh", "long_per_mwh", "balance_groups", "areas")
    class ShortPerMwhEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _series_pb2.Series
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_series_pb2.Series, _Mapping]] = ...) -> None: ...
    class LongPerMwhEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _series_pb2.Series
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_series_pb2.Series, _Mapping]] = ...) -> None: ...
    class BalanceGroupsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class AreasEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_PER_MWH_FIELD_NUMBER: _ClassVar[int]
    SHORT_PER_MWH_FIELD_NUMBER: _ClassVar[int]
    LONG_PER_MWH_FIELD_NUMBER: _ClassVar[int]
    BALANCE_GROUPS_FIELD_NUMBER: _ClassVar[int]
    AREAS_FIELD_NUMBER: _ClassVar[int]
    version: str
    price: ImbalancePriceRule
    component_per_mwh: float
    short_per_mwh: _containers.MessageMap[str, _series_pb2.Series]
    long_per_mwh: _containers.MessageMap[str, _series_pb2.Series]
    balance_groups: _containers.ScalarMap[str, str]
    areas: _containers.ScalarMap[str, str]
    def __init__(self, version: _Optional[str] = ..., price: _Optional[_Union[ImbalancePriceRule, str]] = ..., component_per_mwh: _Optional[float] = ..., short_per_mwh: _Optional[_Mapping[str, _series_pb2.Series]] = ..., long_per_mwh: _Optional[_Mapping[str, _series_pb2.Series]] = ..., balance_groups: _Optional[_Mapping[str, str]] = ..., areas: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Activation(_message.Message):
    __slots__ = ("component", "bus", "start", "energy_wh", "price_per_mwh")
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    ENERGY_WH_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_MWH_FIELD_NUMBER: _ClassVar[int]
    component: str
    bus: str
    start: int
    energy_wh: int
    price_per_mwh: float
    def __init__(self, component: _Optional[str] = ..., bus: _Optional[str] = ..., start: _Optional[int] = ..., energy_wh: _Optional[int] = ..., price_per_mwh: _Optional[float] = ...) -> None: ...

class MeteringRun(_message.Message):
    __slots__ = ("kind", "number", "until")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    kind: MeteringRunKind
    number: int
    until: int
    def __init__(self, kind: _Optional[_Union[MeteringRunKind, str]] = ..., number: _Optional[int] = ..., until: _Optional[int] = ...) -> None: ...
