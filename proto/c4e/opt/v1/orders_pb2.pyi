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
    __slots__ = ("id", "party", "bus", "step", "side", "price", "energy")
    ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    id: _containers.RepeatedScalarFieldContainer[str]
    party: _series_pb2.Words
    bus: _series_pb2.Words
    step: _series_pb2.Places
    side: _containers.RepeatedScalarFieldContainer[Side]
    price: _series_pb2.Column
    energy: _series_pb2.Column
    def __init__(self, id: _Optional[_Iterable[str]] = ..., party: _Optional[_Union[_series_pb2.Words, _Mapping]] = ..., bus: _Optional[_Union[_series_pb2.Words, _Mapping]] = ..., step: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., side: _Optional[_Iterable[_Union[Side, str]]] = ..., price: _Optional[_Union[_series_pb2.Column, _Mapping]] = ..., energy: _Optional[_Union[_series_pb2.Column, _Mapping]] = ...) -> None: ...
