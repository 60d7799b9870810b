from c4e.opt.v1 import series_pb2 as _series_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_BUY: _ClassVar[Side]
    SIDE_SELL: _ClassVar[Side]
SIDE_UNSPECIFIED: Side
SIDE_BUY: Side
SIDE_SELL: Side

class OrderBook(_message.Message):
    __slots__ = ("id", "party", "bus", "step", "side", "price", "energy", "steps", "price_full", "ratio_min", "step_last", "parent", "group", "complex_order", "rank", "profile_order", "profile_step", "profile", "price_group")
    ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    PRICE_FULL_FIELD_NUMBER: _ClassVar[int]
    RATIO_MIN_FIELD_NUMBER: _ClassVar[int]
    STEP_LAST_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    COMPLEX_ORDER_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    PROFILE_ORDER_FIELD_NUMBER: _ClassVar[int]
    PROFILE_STEP_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    PRICE_GROUP_FIELD_NUMBER: _ClassVar[int]
    id: _containers.RepeatedScalarFieldContainer[str]
    party: _series_pb2.Words
    bus: _series_pb2.Words
    step: _series_pb2.Places
    side: _containers.RepeatedScalarFieldContainer[Side]
    price: _series_pb2.Column
    energy: _series_pb2.Column
    steps: _series_pb2.Places
    price_full: _series_pb2.Column
    ratio_min: _series_pb2.Column
    step_last: _series_pb2.Places
    parent: _series_pb2.Words
    group: _series_pb2.Words
    complex_order: _series_pb2.Words
    rank: _series_pb2.Column
    profile_order: _series_pb2.Places
    profile_step: _series_pb2.Places
    profile: _series_pb2.Column
    price_group: _series_pb2.Words
    def __init__(self, id: _Optional[_Iterable[str]] = ..., party: _Optional[_Union[_series_pb2.Words, _Mapping]] = ..., bus: _Optional[_Union[_series_pb2.Words, _Mapping]] = ..., step: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., side: _Optional[_Iterable[_Union[Side, str]]] = ..., price: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., energy: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., steps: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., price_full: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., ratio_min: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., step_last: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., parent: _Optional[_Union[_series_pb2.Words, _Mapping]] = ..., group: _Optional[_Union[_series_pb2.Words, _Mapping]] = ..., complex_order: _Optional[_Union[_series_pb2.Words, _Mapping]] = ..., rank: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., profile_order: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., profile_step: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., profile: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., price_group: _Optional[_Union[_series_pb2.Words, _Mapping]] = ...) -> None: ...
