from c4e.opt.v1 import statement_pb2 as _statement_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BatchState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BATCH_STATE_UNSPECIFIED: _ClassVar[BatchState]
    BATCH_STATE_PENDING: _ClassVar[BatchState]
    BATCH_STATE_COMMITTED: _ClassVar[BatchState]
    BATCH_STATE_FINAL: _ClassVar[BatchState]
    BATCH_STATE_FAILED: _ClassVar[BatchState]
    BATCH_STATE_UNKNOWN: _ClassVar[BatchState]
BATCH_STATE_UNSPECIFIED: BatchState
BATCH_STATE_PENDING: BatchState
BATCH_STATE_COMMITTED: BatchState
BATCH_STATE_FINAL: BatchState
BATCH_STATE_FAILED: BatchState
BATCH_STATE_UNKNOWN: BatchState

class ListBalancesRequest(_message.Message):
    __slots__ = ("asset",)
    ASSET_FIELD_NUMBER: _ClassVar[int]
    asset: str
    def __init__(self, asset: _Optional[str] = ...) -> None: ...

class ListBalancesResponse(_message.Message):
    __slots__ = ("balances", "assets")
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    balances: _containers.RepeatedCompositeFieldContainer[Balance]
    assets: _containers.RepeatedCompositeFieldContainer[_statement_pb2.Asset]
    def __init__(self, balances: _Optional[_Iterable[_Union[Balance, _Mapping]]] = ..., assets: _Optional[_Iterable[_Union[_statement_pb2.Asset, _Mapping]]] = ...) -> None: ...

class Balance(_message.Message):
    __slots__ = ("account", "asset", "amount")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    asset: str
    amount: str
    def __init__(self, account: _Optional[str] = ..., asset: _Optional[str] = ..., amount: _Optional[str] = ...) -> None: ...

class GetBatchRequest(_message.Message):
    __slots__ = ("batch_id",)
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    def __init__(self, batch_id: _Optional[str] = ...) -> None: ...

class GetBatchResponse(_message.Message):
    __slots__ = ("batch_id", "state", "digest", "postings", "reference", "reverses", "detail")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    POSTINGS_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    REVERSES_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    state: BatchState
    digest: str
    postings: int
    reference: str
    reverses: str
    detail: str
    def __init__(self, batch_id: _Optional[str] = ..., state: _Optional[_Union[BatchState, str]] = ..., digest: _Optional[str] = ..., postings: _Optional[int] = ..., reference: _Optional[str] = ..., reverses: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class ListPostingsRequest(_message.Message):
    __slots__ = ("account", "asset", "batch_id", "page_size", "page_token")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account: str
    asset: str
    batch_id: str
    page_size: int
    page_token: str
    def __init__(self, account: _Optional[str] = ..., asset: _Optional[str] = ..., batch_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPostingsResponse(_message.Message):
    __slots__ = ("postings", "next_page_token")
    POSTINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    postings: _containers.RepeatedCompositeFieldContainer[LedgerPosting]
    next_page_token: str
    def __init__(self, postings: _Optional[_Iterable[_Union[LedgerPosting, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class LedgerPosting(_message.Message):
    __slots__ = ("id", "batch_id", "account", "asset", "amount", "period")
    ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    id: str
    batch_id: str
    account: str
    asset: str
    amount: str
    period: str
    def __init__(self, id: _Optional[str] = ..., batch_id: _Optional[str] = ..., account: _Optional[str] = ..., asset: _Optional[str] = ..., amount: _Optional[str] = ..., period: _Optional[str] = ...) -> None: ...

class ExportJournalRequest(_message.Message):
    __slots__ = ("first_place",)
    FIRST_PLACE_FIELD_NUMBER: _ClassVar[int]
    first_place: int
    def __init__(self, first_place: _Optional[int] = ...) -> None: ...

class ExportJournalResponse(_message.Message):
    __slots__ = ("entry", "content", "anchor")
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    entry: JournalEntry
    content: bytes
    anchor: JournalAnchor
    def __init__(self, entry: _Optional[_Union[JournalEntry, _Mapping]] = ..., content: _Optional[bytes] = ..., anchor: _Optional[_Union[JournalAnchor, _Mapping]] = ...) -> None: ...

class JournalEntry(_message.Message):
    __slots__ = ("place", "kind", "id", "digest", "reverses", "ends", "expires", "adjusts", "first", "postings", "booked", "chain", "signature", "content_bytes")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    REVERSES_FIELD_NUMBER: _ClassVar[int]
    ENDS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    ADJUSTS_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    POSTINGS_FIELD_NUMBER: _ClassVar[int]
    BOOKED_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_BYTES_FIELD_NUMBER: _ClassVar[int]
    place: int
    kind: str
    id: str
    digest: str
    reverses: str
    ends: str
    expires: int
    adjusts: str
    first: int
    postings: int
    booked: int
    chain: str
    signature: str
    content_bytes: int
    def __init__(self, place: _Optional[int] = ..., kind: _Optional[str] = ..., id: _Optional[str] = ..., digest: _Optional[str] = ..., reverses: _Optional[str] = ..., ends: _Optional[str] = ..., expires: _Optional[int] = ..., adjusts: _Optional[str] = ..., first: _Optional[int] = ..., postings: _Optional[int] = ..., booked: _Optional[int] = ..., chain: _Optional[str] = ..., signature: _Optional[str] = ..., content_bytes: _Optional[int] = ...) -> None: ...

class JournalAnchor(_message.Message):
    __slots__ = ("number", "entry", "chain", "made", "signature")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    number: int
    entry: int
    chain: str
    made: int
    signature: str
    def __init__(self, number: _Optional[int] = ..., entry: _Optional[int] = ..., chain: _Optional[str] = ..., made: _Optional[int] = ..., signature: _Optional[str] = ...) -> None: ...
