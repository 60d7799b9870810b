from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Series(_message.Message):
    __slots__ = ("constant", "numbers", "packed")
    CONSTANT_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    PACKED_FIELD_NUMBER: _ClassVar[int]
    constant: float
    numbers: Numbers
    packed: bytes
    def __init__(self, constant: _Optional[float] = ..., numbers: _Optional[_Union[Numbers, _Mapping]] = ..., packed: _Optional[bytes] = ...) -> None: ...

class Column(_message.Message):
    __slots__ = ("numbers", "packed")
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    PACKED_FIELD_NUMBER: _ClassVar[int]
    numbers: Numbers
    packed: bytes
    def __init__(self, numbers: _Optional[_Union[Numbers, _Mapping]] = ..., packed: _Optional[bytes] = ...) -> None: ...

class Numbers(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ...) -> None: ...

class Places(_message.Message):
    __slots__ = ("numbers", "packed")
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    PACKED_FIELD_NUMBER: _ClassVar[int]
    numbers: WholeNumbers
    packed: bytes
    def __init__(self, numbers: _Optional[_Union[WholeNumbers, _Mapping]] = ..., packed: _Optional[bytes] = ...) -> None: ...

class WholeNumbers(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, values: _Optional[_Iterable[int]] = ...) -> None: ...

class Words(_message.Message):
    __slots__ = ("words", "entries")
    WORDS_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    words: _containers.RepeatedScalarFieldContainer[str]
    entries: Places
    def __init__(self, words: _Optional[_Iterable[str]] = ..., entries: _Optional[_Union[Places, _Mapping]] = ...) -> None: ...
