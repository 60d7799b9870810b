import datetime

from c4e.opt.v1 import components_pb2 as _components_pb2
from c4e.opt.v1 import orders_pb2 as _orders_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PowerUnit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POWER_UNIT_UNSPECIFIED: _ClassVar[PowerUnit]
    POWER_UNIT_MW: _ClassVar[PowerUnit]
    POWER_UNIT_KW: _ClassVar[PowerUnit]
    POWER_UNIT_W: _ClassVar[PowerUnit]
    POWER_UNIT_GW: _ClassVar[PowerUnit]

class EnergyUnit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENERGY_UNIT_UNSPECIFIED: _ClassVar[EnergyUnit]
    ENERGY_UNIT_MWH: _ClassVar[EnergyUnit]
    ENERGY_UNIT_KWH: _ClassVar[EnergyUnit]
    ENERGY_UNIT_WH: _ClassVar[EnergyUnit]
    ENERGY_UNIT_GWH: _ClassVar[EnergyUnit]

class PriceUnit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRICE_UNIT_UNSPECIFIED: _ClassVar[PriceUnit]
    PRICE_UNIT_PER_MWH: _ClassVar[PriceUnit]
    PRICE_UNIT_PER_KWH: _ClassVar[PriceUnit]
    PRICE_UNIT_CENT_PER_KWH: _ClassVar[PriceUnit]

class Carrier(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CARRIER_UNSPECIFIED: _ClassVar[Carrier]
    CARRIER_ELECTRICITY: _ClassVar[Carrier]
    CARRIER_HEAT: _ClassVar[Carrier]
    CARRIER_COOLING: _ClassVar[Carrier]
    CARRIER_GAS: _ClassVar[Carrier]
    CARRIER_HYDROGEN: _ClassVar[Carrier]
    CARRIER_OTHER: _ClassVar[Carrier]

class PricingRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRICING_RULE_UNSPECIFIED: _ClassVar[PricingRule]
    PRICING_RULE_MARGINAL: _ClassVar[PricingRule]
    PRICING_RULE_EUROPEAN: _ClassVar[PricingRule]
    PRICING_RULE_ELMP: _ClassVar[PricingRule]
    PRICING_RULE_CONVEX_HULL: _ClassVar[PricingRule]
    PRICING_RULE_MINIMUM_UPLIFT: _ClassVar[PricingRule]
    PRICING_RULE_PAY_AS_BID: _ClassVar[PricingRule]
    PRICING_RULE_TEMPORAL: _ClassVar[PricingRule]

class UpliftRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UPLIFT_RULE_UNSPECIFIED: _ClassVar[UpliftRule]
    UPLIFT_RULE_NONE: _ClassVar[UpliftRule]
    UPLIFT_RULE_MAKE_WHOLE: _ClassVar[UpliftRule]
    UPLIFT_RULE_LOST_OPPORTUNITY: _ClassVar[UpliftRule]

class UpliftPayer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UPLIFT_PAYER_UNSPECIFIED: _ClassVar[UpliftPayer]
    UPLIFT_PAYER_OPERATOR: _ClassVar[UpliftPayer]
    UPLIFT_PAYER_DEMAND: _ClassVar[UpliftPayer]

class CommitmentFormulation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMMITMENT_FORMULATION_UNSPECIFIED: _ClassVar[CommitmentFormulation]
    COMMITMENT_FORMULATION_RAJAN_TAKRITI: _ClassVar[CommitmentFormulation]
    COMMITMENT_FORMULATION_CARRION_ARROYO: _ClassVar[CommitmentFormulation]
    COMMITMENT_FORMULATION_KNUEVEN_OSTROWSKI_WATSON: _ClassVar[CommitmentFormulation]

class NetworkModel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NETWORK_MODEL_UNSPECIFIED: _ClassVar[NetworkModel]
    NETWORK_MODEL_TRANSPORT: _ClassVar[NetworkModel]
    NETWORK_MODEL_DC: _ClassVar[NetworkModel]
    NETWORK_MODEL_DCP: _ClassVar[NetworkModel]
    NETWORK_MODEL_LINDISTFLOW: _ClassVar[NetworkModel]
    NETWORK_MODEL_SOCP: _ClassVar[NetworkModel]
    NETWORK_MODEL_SOC: _ClassVar[NetworkModel]

class DcFormulation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DC_FORMULATION_UNSPECIFIED: _ClassVar[DcFormulation]
    DC_FORMULATION_LAZY: _ClassVar[DcFormulation]
    DC_FORMULATION_ANGLES: _ClassVar[DcFormulation]

class SecurityRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECURITY_RULE_UNSPECIFIED: _ClassVar[SecurityRule]
    SECURITY_RULE_NONE: _ClassVar[SecurityRule]
    SECURITY_RULE_N1: _ClassVar[SecurityRule]

class OutageLimits(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTAGE_LIMITS_UNSPECIFIED: _ClassVar[OutageLimits]
    OUTAGE_LIMITS_SOFT: _ClassVar[OutageLimits]
    OUTAGE_LIMITS_HARD: _ClassVar[OutageLimits]

class LossRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOSS_RULE_UNSPECIFIED: _ClassVar[LossRule]
    LOSS_RULE_NONE: _ClassVar[LossRule]
    LOSS_RULE_ITERATED: _ClassVar[LossRule]

class ReplayRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLAY_RULE_UNSPECIFIED: _ClassVar[ReplayRule]
    REPLAY_RULE_AUTO: _ClassVar[ReplayRule]
    REPLAY_RULE_ALWAYS: _ClassVar[ReplayRule]
    REPLAY_RULE_NEVER: _ClassVar[ReplayRule]
POWER_UNIT_UNSPECIFIED: PowerUnit
POWER_UNIT_MW: PowerUnit
POWER_UNIT_KW: PowerUnit
POWER_UNIT_W: PowerUnit
POWER_UNIT_GW: PowerUnit
ENERGY_UNIT_UNSPECIFIED: EnergyUnit
ENERGY_UNIT_MWH: EnergyUnit
ENERGY_UNIT_KWH: EnergyUnit
ENERGY_UNIT_WH: EnergyUnit
ENERGY_UNIT_GWH: EnergyUnit
PRICE_UNIT_UNSPECIFIED: PriceUnit
PRICE_UNIT_PER_MWH: PriceUnit
PRICE_UNIT_PER_KWH: PriceUnit
PRICE_UNIT_CENT_PER_KWH: PriceUnit
CARRIER_UNSPECIFIED: Carrier
CARRIER_ELECTRICITY: Carrier
CARRIER_HEAT: Carrier
CARRIER_COOLING: Carrier
CARRIER_GAS: Carrier
CARRIER_HYDROGEN: Carrier
CARRIER_OTHER: Carrier
PRICING_RULE_UNSPECIFIED: PricingRule
PRICING_RULE_MARGINAL: PricingRule
PRICING_RULE_EUROPEAN: PricingRule
PRICING_RULE_ELMP: PricingRule
PRICING_RULE_CONVEX_HULL: PricingRule
PRICING_RULE_MINIMUM_UPLIFT: PricingRule
PRICING_RULE_PAY_AS_BID: PricingRule
PRICING_RULE_TEMPORAL: PricingRule
UPLIFT_RULE_UNSPECIFIED: UpliftRule
UPLIFT_RULE_NONE: UpliftRule
UPLIFT_RULE_MAKE_WHOLE: UpliftRule
UPLIFT_RULE_LOST_OPPORTUNITY: UpliftRule
UPLIFT_PAYER_UNSPECIFIED: UpliftPayer
UPLIFT_PAYER_OPERATOR: UpliftPayer
UPLIFT_PAYER_DEMAND: UpliftPayer
COMMITMENT_FORMULATION_UNSPECIFIED: CommitmentFormulation
COMMITMENT_FORMULATION_RAJAN_TAKRITI: CommitmentFormulation
COMMITMENT_FORMULATION_CARRION_ARROYO: CommitmentFormulation
COMMITMENT_FORMULATION_KNUEVEN_OSTROWSKI_WATSON: CommitmentFormulation
NETWORK_MODEL_UNSPECIFIED: NetworkModel
NETWORK_MODEL_TRANSPORT: NetworkModel
NETWORK_MODEL_DC: NetworkModel
NETWORK_MODEL_DCP: NetworkModel
NETWORK_MODEL_LINDISTFLOW: NetworkModel
NETWORK_MODEL_SOCP: NetworkModel
NETWORK_MODEL_SOC: NetworkModel
DC_FORMULATION_UNSPECIFIED: DcFormulation
DC_FORMULATION_LAZY: DcFormulation
DC_FORMULATION_ANGLES: DcFormulation
SECURITY_RULE_UNSPECIFIED: SecurityRule
SECURITY_RULE_NONE: SecurityRule
SECURITY_RULE_N1: SecurityRule
OUTAGE_LIMITS_UNSPECIFIED: OutageLimits
OUTAGE_LIMITS_SOFT: OutageLimits
OUTAGE_LIMITS_HARD: OutageLimits
LOSS_RULE_UNSPECIFIED: LossRule
LOSS_RULE_NONE: LossRule
LOSS_RULE_ITERATED: LossRule
REPLAY_RULE_UNSPECIFIED: ReplayRule
REPLAY_RULE_AUTO: ReplayRule
REPLAY_RULE_ALWAYS: ReplayRule
REPLAY_RULE_NEVER: ReplayRule

class Case(_message.Message):
    __slots__ = ("name", "currency", "units", "horizon", "parties", "buses", "components", "orders", "policy")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    HORIZON_FIELD_NUMBER: _ClassVar[int]
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    BUSES_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    name: str
    currency: str
    units: Units
    horizon: Horizon
    parties: _containers.RepeatedCompositeFieldContainer[Party]
    buses: _containers.RepeatedCompositeFieldContainer[Bus]
    components: _components_pb2.Components
    orders: _orders_pb2.OrderBook
    policy: Policy
    def __init__(self, name: _Optional[str] = ..., currency: _Optional[str] = ..., units: _Optional[_Union[Units, _Mapping]] = ..., horizon: _Optional[_Union[Horizon, _Mapping]] = ..., parties: _Optional[_Iterable[_Union[Party, _Mapping]]] = ..., buses: _Optional[_Iterable[_Union[Bus, _Mapping]]] = ..., components: _Optional[_Union[_components_pb2.Components, _Mapping]] = ..., orders: _Optional[_Union[_orders_pb2.OrderBook, _Mapping]] = ..., policy: _Optional[_Union[Policy, _Mapping]] = ...) -> None: ...

class Units(_message.Message):
    __slots__ = ("power", "energy", "price")
    POWER_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    power: PowerUnit
    energy: EnergyUnit
    price: PriceUnit
    def __init__(self, power: _Optional[_Union[PowerUnit, str]] = ..., energy: _Optional[_Union[EnergyUnit, str]] = ..., price: _Optional[_Union[PriceUnit, str]] = ...) -> None: ...

class Horizon(_message.Message):
    __slots__ = ("start", "time_zone", "even", "uneven", "weights")
    START_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    EVEN_FIELD_NUMBER: _ClassVar[int]
    UNEVEN_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    time_zone: str
    even: EvenSteps
    uneven: UnevenSteps
    weights: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ..., even: _Optional[_Union[EvenSteps, _Mapping]] = ..., uneven: _Optional[_Union[UnevenSteps, _Mapping]] = ..., weights: _Optional[_Iterable[float]] = ...) -> None: ...

class EvenSteps(_message.Message):
    __slots__ = ("step_seconds", "steps")
    STEP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    step_seconds: int
    steps: int
    def __init__(self, step_seconds: _Optional[int] = ..., steps: _Optional[int] = ...) -> None: ...

class UnevenSteps(_message.Message):
    __slots__ = ("step_seconds",)
    STEP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    step_seconds: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, step_seconds: _Optional[_Iterable[int]] = ...) -> None: ...

class Party(_message.Message):
    __slots__ = ("id", "name")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class Bus(_message.Message):
    __slots__ = ("id", "carrier", "site", "voltage_kv", "voltage_min_pu", "voltage_max_pu", "voltage_set_pu", "slack")
    ID_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    VOLTAGE_KV_FIELD_NUMBER: _ClassVar[int]
    VOLTAGE_MIN_PU_FIELD_NUMBER: _ClassVar[int]
    VOLTAGE_MAX_PU_FIELD_NUMBER: _ClassVar[int]
    VOLTAGE_SET_PU_FIELD_NUMBER: _ClassVar[int]
    SLACK_FIELD_NUMBER: _ClassVar[int]
    id: str
    carrier: Carrier
    site: str
    voltage_kv: float
    voltage_min_pu: float
    voltage_max_pu: float
    voltage_set_pu: float
    slack: bool
    def __init__(self, id: _Optional[str] = ..., carrier: _Optional[_Union[Carrier, str]] = ..., site: _Optional[str] = ..., voltage_kv: _Optional[float] = ..., voltage_min_pu: _Optional[float] = ..., voltage_max_pu: _Optional[float] = ..., voltage_set_pu: _Optional[float] = ..., slack: _Optional[bool] = ...) -> None: ...

class Policy(_message.Message):
    __slots__ = ("operator", "pricing", "network", "money_decimals", "energy_decimals", "second_objective", "second_objective_slack_ratio", "commitment", "base_mva", "dc_formulation", "security", "outage_limits", "outage_overload_price", "losses", "replay", "uplift", "uplift_paid_by", "elmp_offline_units", "elmp_start_costs")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    PRICING_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    MONEY_DECIMALS_FIELD_NUMBER: _ClassVar[int]
    ENERGY_DECIMALS_FIELD_NUMBER: _ClassVar[int]
    SECOND_OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    SECOND_OBJECTIVE_SLACK_RATIO_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    BASE_MVA_FIELD_NUMBER: _ClassVar[int]
    DC_FORMULATION_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    OUTAGE_LIMITS_FIELD_NUMBER: _ClassVar[int]
    OUTAGE_OVERLOAD_PRICE_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    UPLIFT_FIELD_NUMBER: _ClassVar[int]
    UPLIFT_PAID_BY_FIELD_NUMBER: _ClassVar[int]
    ELMP_OFFLINE_UNITS_FIELD_NUMBER: _ClassVar[int]
    ELMP_START_COSTS_FIELD_NUMBER: _ClassVar[int]
    operator: str
    pricing: PricingRule
    network: NetworkModel
    money_decimals: int
    energy_decimals: int
    second_objective: str
    second_objective_slack_ratio: float
    commitment: CommitmentFormulation
    base_mva: float
    dc_formulation: DcFormulation
    security: SecurityRule
    outage_limits: OutageLimits
    outage_overload_price: float
    losses: LossRule
    replay: ReplayRule
    uplift: UpliftRule
    uplift_paid_by: UpliftPayer
    elmp_offline_units: bool
    elmp_start_costs: bool
    def __init__(self, operator: _Optional[str] = ..., pricing: _Optional[_Union[PricingRule, str]] = ..., network: _Optional[_Union[NetworkModel, str]] = ..., money_decimals: _Optional[int] = ..., energy_decimals: _Optional[int] = ..., second_objective: _Optional[str] = ..., second_objective_slack_ratio: _Optional[float] = ..., commitment: _Optional[_Union[CommitmentFormulation, str]] = ..., base_mva: _Optional[float] = ..., dc_formulation: _Optional[_Union[DcFormulation, str]] = ..., security: _Optional[_Union[SecurityRule, str]] = ..., outage_limits: _Optional[_Union[OutageLimits, str]] = ..., outage_overload_price: _Optional[float] = ..., losses: _Optional[_Union[LossRule, str]] = ..., replay: _Optional[_Union[ReplayRule, str]] = ..., uplift: _Optional[_Union[UpliftRule, str]] = ..., uplift_paid_by: _Optional[_Union[UpliftPayer, str]] = ..., elmp_offline_units: _Optional[bool] = ..., elmp_start_costs: _Optional[bool] = ...) -> None: ...
