from c4e.opt.v1 import series_pb2 as _series_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AssetKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ASSET_KIND_UNSPECIFIED: _ClassVar[AssetKind]
    ASSET_KIND_MONEY: _ClassVar[AssetKind]
    ASSET_KIND_ENERGY: _ClassVar[AssetKind]
    ASSET_KIND_TOKEN: _ClassVar[AssetKind]
    ASSET_KIND_CERTIFICATE: _ClassVar[AssetKind]

class Purpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PURPOSE_UNSPECIFIED: _ClassVar[Purpose]
    PURPOSE_ENERGY: _ClassVar[Purpose]
    PURPOSE_TARIFF: _ClassVar[Purpose]
    PURPOSE_ORDER: _ClassVar[Purpose]
    PURPOSE_RENT: _ClassVar[Purpose]
    PURPOSE_ROUNDING: _ClassVar[Purpose]
    PURPOSE_DEMAND_CHARGE: _ClassVar[Purpose]
    PURPOSE_TAKE_OR_PAY: _ClassVar[Purpose]
    PURPOSE_DEMAND_RESPONSE: _ClassVar[Purpose]
    PURPOSE_COVER: _ClassVar[Purpose]
    PURPOSE_RESERVE: _ClassVar[Purpose]
    PURPOSE_CONTRACT: _ClassVar[Purpose]
    PURPOSE_BROKER_FEE: _ClassVar[Purpose]
    PURPOSE_UPLIFT: _ClassVar[Purpose]
    PURPOSE_UPLIFT_SHARE: _ClassVar[Purpose]
    PURPOSE_PRICE_GROUP: _ClassVar[Purpose]
    PURPOSE_ISSUER: _ClassVar[Purpose]
    PURPOSE_ESCROW: _ClassVar[Purpose]
    PURPOSE_IMBALANCE: _ClassVar[Purpose]
    PURPOSE_ACTIVATION: _ClassVar[Purpose]
    PURPOSE_TAX: _ClassVar[Purpose]
    PURPOSE_NETWORK_FEE: _ClassVar[Purpose]
    PURPOSE_COMMUNITY_FEE: _ClassVar[Purpose]
    PURPOSE_PRICE_CAP: _ClassVar[Purpose]
    PURPOSE_TRANSMISSION_RIGHT: _ClassVar[Purpose]
    PURPOSE_RIGHT_SHORTFALL: _ClassVar[Purpose]
    PURPOSE_RENT_SHARE: _ClassVar[Purpose]
    PURPOSE_SHARED: _ClassVar[Purpose]
    PURPOSE_SUPPLIED: _ClassVar[Purpose]
    PURPOSE_CHARGING: _ClassVar[Purpose]
    PURPOSE_IDLE_FEE: _ClassVar[Purpose]
    PURPOSE_DISCHARGE_REWARD: _ClassVar[Purpose]
    PURPOSE_HOLD: _ClassVar[Purpose]
    PURPOSE_MINTED: _ClassVar[Purpose]
    PURPOSE_TRANSFER: _ClassVar[Purpose]
    PURPOSE_USED: _ClassVar[Purpose]
    PURPOSE_DECAYED: _ClassVar[Purpose]
    PURPOSE_ISSUED: _ClassVar[Purpose]
    PURPOSE_CANCELLED: _ClassVar[Purpose]
    PURPOSE_STORED: _ClassVar[Purpose]
    PURPOSE_EXPIRED: _ClassVar[Purpose]
ASSET_KIND_UNSPECIFIED: AssetKind
ASSET_KIND_MONEY: AssetKind
ASSET_KIND_ENERGY: AssetKind
ASSET_KIND_TOKEN: AssetKind
ASSET_KIND_CERTIFICATE: AssetKind
PURPOSE_UNSPECIFIED: Purpose
PURPOSE_ENERGY: Purpose
PURPOSE_TARIFF: Purpose
PURPOSE_ORDER: Purpose
PURPOSE_RENT: Purpose
PURPOSE_ROUNDING: Purpose
PURPOSE_DEMAND_CHARGE: Purpose
PURPOSE_TAKE_OR_PAY: Purpose
PURPOSE_DEMAND_RESPONSE: Purpose
PURPOSE_COVER: Purpose
PURPOSE_RESERVE: Purpose
PURPOSE_CONTRACT: Purpose
PURPOSE_BROKER_FEE: Purpose
PURPOSE_UPLIFT: Purpose
PURPOSE_UPLIFT_SHARE: Purpose
PURPOSE_PRICE_GROUP: Purpose
PURPOSE_ISSUER: Purpose
PURPOSE_ESCROW: Purpose
PURPOSE_IMBALANCE: Purpose
PURPOSE_ACTIVATION: Purpose
PURPOSE_TAX: Purpose
PURPOSE_NETWORK_FEE: Purpose
PURPOSE_COMMUNITY_FEE: Purpose
PURPOSE_PRICE_CAP: Purpose
PURPOSE_TRANSMISSION_RIGHT: Purpose
PURPOSE_RIGHT_SHORTFALL: Purpose
PURPOSE_RENT_SHARE: Purpose
PURPOSE_SHARED: Purpose
PURPOSE_SUPPLIED: Purpose
PURPOSE_CHARGING: Purpose
PURPOSE_IDLE_FEE: Purpose
PURPOSE_DISCHARGE_REWARD: Purpose
PURPOSE_HOLD: Purpose
PURPOSE_MINTED: Purpose
PURPOSE_TRANSFER: Purpose
PURPOSE_USED: Purpose
PURPOSE_DECAYED: Purpose
PURPOSE_ISSUED: Purpose
PURPOSE_CANCELLED: Purpose
PURPOSE_STORED: Purpose
PURPOSE_EXPIRED: Purpose

class Asset(_message.Message):
    __slots__ = ("id", "kind", "decimals")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DECIMALS_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: AssetKind
    decimals: int
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[AssetKind, str]] = ..., decimals: _Optional[int] = ...) -> None: ...

class Statement(_message.Message):
    __slots__ = ("case_name", "case_digest", "outcome_digest", "digest", "operator", "assets", "starts", "step_seconds", "positions", "position", "step", "asset", "energy", "price", "amount", "balances", "batch_id", "act", "basis")
    CASE_NAME_FIELD_NUMBER: _ClassVar[int]
    CASE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_DIGEST_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
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
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    case_name: str
    case_digest: str
    outcome_digest: str
    digest: str
    operator: str
    assets: _containers.RepeatedCompositeFieldContainer[Asset]
    starts: _containers.RepeatedScalarFieldContainer[int]
    step_seconds: _containers.RepeatedScalarFieldContainer[int]
    positions: _containers.RepeatedCompositeFieldContainer[Position]
    position: _series_pb2.Places
    step: _series_pb2.Places
    asset: _series_pb2.Places
    energy: _containers.RepeatedScalarFieldContainer[str]
    price: _containers.RepeatedScalarFieldContainer[str]
    amount: _containers.RepeatedScalarFieldContainer[str]
    balances: _containers.RepeatedCompositeFieldContainer[PartyBalance]
    batch_id: str
    act: str
    basis: _containers.RepeatedCompositeFieldContainer[Basis]
    def __init__(self, case_name: _Optional[str] = ..., case_digest: _Optional[str] = ..., outcome_digest: _Optional[str] = ..., digest: _Optional[str] = ..., operator: _Optional[str] = ..., assets: _Optional[_Iterable[_Union[Asset, _Mapping]]] = ..., starts: _Optional[_Iterable[int]] = ..., step_seconds: _Optional[_Iterable[int]] = ..., positions: _Optional[_Iterable[_Union[Position, _Mapping]]] = ..., position: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., step: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., asset: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., energy: _Optional[_Iterable[str]] = ..., price: _Optional[_Iterable[str]] = ..., amount: _Optional[_Iterable[str]] = ..., balances: _Optional[_Iterable[_Union[PartyBalance, _Mapping]]] = ..., batch_id: _Optional[str] = ..., act: _Optional[str] = ..., basis: _Optional[_Iterable[_Union[Basis, _Mapping]]] = ...) -> None: ...

class Basis(_message.Message):
    __slots__ = ("name", "digest")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    name: str
    digest: str
    def __init__(self, name: _Optional[str] = ..., digest: _Optional[str] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("party", "component", "bus", "purpose")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    party: str
    component: str
    bus: str
    purpose: Purpose
    def __init__(self, party: _Optional[str] = ..., component: _Optional[str] = ..., bus: _Optional[str] = ..., purpose: _Optional[_Union[Purpose, str]] = ...) -> None: ...

class PartyBalance(_message.Message):
    __slots__ = ("party", "asset", "amount")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    party: str
    asset: str
    amount: str
    def __init__(self, party: _Optional[str] = ..., asset: _Optional[str] = ..., amount: _Optional[str] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("id", "statement", "reverses", "assets", "accounts", "starts", "step_seconds", "account", "asset", "step", "amount", "ends", "expires")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    REVERSES_FIELD_NUMBER: _ClassVar[int]
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    STARTS_FIELD_NUMBER: _ClassVar[int]
    STEP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ENDS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    id: str
    statement: str
    reverses: str
    assets: _containers.RepeatedCompositeFieldContainer[Asset]
    accounts: _containers.RepeatedScalarFieldContainer[str]
    starts: _containers.RepeatedScalarFieldContainer[int]
    step_seconds: _containers.RepeatedScalarFieldContainer[int]
    account: _series_pb2.Places
    asset: _series_pb2.Places
    step: _series_pb2.Places
    amount: _containers.RepeatedScalarFieldContainer[str]
    ends: str
    expires: int
    def __init__(self, id: _Optional[str] = ..., statement: _Optional[str] = ..., reverses: _Optional[str] = ..., assets: _Optional[_Iterable[_Union[Asset, _Mapping]]] = ..., accounts: _Optional[_Iterable[str]] = ..., starts: _Optional[_Iterable[int]] = ..., step_seconds: _Optional[_Iterable[int]] = ..., account: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., asset: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., step: _Optional[_Union[_series_pb2.Places, _Mapping]] = ..., amount: _Optional[_Iterable[str]] = ..., ends: _Optional[str] = ..., expires: _Optional[int] = ...) -> None: ...
