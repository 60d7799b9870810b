import datetime

from c4e.opt.v1 import series_pb2 as _series_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RenewableTechnology(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RENEWABLE_TECHNOLOGY_UNSPECIFIED: _ClassVar[RenewableTechnology]
    RENEWABLE_TECHNOLOGY_PV: _ClassVar[RenewableTechnology]
    RENEWABLE_TECHNOLOGY_WIND: _ClassVar[RenewableTechnology]
    RENEWABLE_TECHNOLOGY_SOLAR_THERMAL: _ClassVar[RenewableTechnology]
    RENEWABLE_TECHNOLOGY_RUN_OF_RIVER: _ClassVar[RenewableTechnology]
    RENEWABLE_TECHNOLOGY_OTHER: _ClassVar[RenewableTechnology]

class DemandChargeDirection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEMAND_CHARGE_DIRECTION_UNSPECIFIED: _ClassVar[DemandChargeDirection]
    DEMAND_CHARGE_DIRECTION_IMPORT: _ClassVar[DemandChargeDirection]
    DEMAND_CHARGE_DIRECTION_EXPORT: _ClassVar[DemandChargeDirection]

class DemandChargePeriod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEMAND_CHARGE_PERIOD_UNSPECIFIED: _ClassVar[DemandChargePeriod]
    DEMAND_CHARGE_PERIOD_MONTH: _ClassVar[DemandChargePeriod]
    DEMAND_CHARGE_PERIOD_DAY: _ClassVar[DemandChargePeriod]
    DEMAND_CHARGE_PERIOD_HORIZON: _ClassVar[DemandChargePeriod]

class DemandChargeMeasure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEMAND_CHARGE_MEASURE_UNSPECIFIED: _ClassVar[DemandChargeMeasure]
    DEMAND_CHARGE_MEASURE_HIGHEST: _ClassVar[DemandChargeMeasure]
    DEMAND_CHARGE_MEASURE_MEAN: _ClassVar[DemandChargeMeasure]

class ShiftableLoadRepeat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHIFTABLE_LOAD_REPEAT_UNSPECIFIED: _ClassVar[ShiftableLoadRepeat]
    SHIFTABLE_LOAD_REPEAT_ONCE: _ClassVar[ShiftableLoadRepeat]
    SHIFTABLE_LOAD_REPEAT_DAILY: _ClassVar[ShiftableLoadRepeat]

class InterruptibleLoadInterruptionsPeriod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERRUPTIBLE_LOAD_INTERRUPTIONS_PERIOD_UNSPECIFIED: _ClassVar[InterruptibleLoadInterruptionsPeriod]
    INTERRUPTIBLE_LOAD_INTERRUPTIONS_PERIOD_HORIZON: _ClassVar[InterruptibleLoadInterruptionsPeriod]
    INTERRUPTIBLE_LOAD_INTERRUPTIONS_PERIOD_DAY: _ClassVar[InterruptibleLoadInterruptionsPeriod]

class ComplexOrderCondition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPLEX_ORDER_CONDITION_UNSPECIFIED: _ClassVar[ComplexOrderCondition]
    COMPLEX_ORDER_CONDITION_NONE: _ClassVar[ComplexOrderCondition]
    COMPLEX_ORDER_CONDITION_MINIMUM_INCOME: _ClassVar[ComplexOrderCondition]
    COMPLEX_ORDER_CONDITION_SCALABLE: _ClassVar[ComplexOrderCondition]

class ContractSettlement(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTRACT_SETTLEMENT_UNSPECIFIED: _ClassVar[ContractSettlement]
    CONTRACT_SETTLEMENT_PHYSICAL: _ClassVar[ContractSettlement]
    CONTRACT_SETTLEMENT_FINANCIAL: _ClassVar[ContractSettlement]

class EnergyBudgetCounted(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENERGY_BUDGET_COUNTED_UNSPECIFIED: _ClassVar[EnergyBudgetCounted]
    ENERGY_BUDGET_COUNTED_NET: _ClassVar[EnergyBudgetCounted]
    ENERGY_BUDGET_COUNTED_INTO: _ClassVar[EnergyBudgetCounted]
    ENERGY_BUDGET_COUNTED_OUT_OF: _ClassVar[EnergyBudgetCounted]

class BudgetWindow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUDGET_WINDOW_UNSPECIFIED: _ClassVar[BudgetWindow]
    BUDGET_WINDOW_HORIZON: _ClassVar[BudgetWindow]
    BUDGET_WINDOW_DAY: _ClassVar[BudgetWindow]
    BUDGET_WINDOW_WEEK: _ClassVar[BudgetWindow]
    BUDGET_WINDOW_MONTH: _ClassVar[BudgetWindow]
    BUDGET_WINDOW_ROLLING: _ClassVar[BudgetWindow]

class ReserveWay(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESERVE_WAY_UNSPECIFIED: _ClassVar[ReserveWay]
    RESERVE_WAY_UP: _ClassVar[ReserveWay]
    RESERVE_WAY_DOWN: _ClassVar[ReserveWay]

class IslandingMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ISLANDING_MODE_UNSPECIFIED: _ClassVar[IslandingMode]
    ISLANDING_MODE_ABLE: _ClassVar[IslandingMode]
    ISLANDING_MODE_ISLANDED: _ClassVar[IslandingMode]

class IslandingForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ISLANDING_FORM_UNSPECIFIED: _ClassVar[IslandingForm]
    ISLANDING_FORM_ENERGY: _ClassVar[IslandingForm]
    ISLANDING_FORM_POWER: _ClassVar[IslandingForm]
    ISLANDING_FORM_BOTH: _ClassVar[IslandingForm]
RENEWABLE_TECHNOLOGY_UNSPECIFIED: RenewableTechnology
RENEWABLE_TECHNOLOGY_PV: RenewableTechnology
RENEWABLE_TECHNOLOGY_WIND: RenewableTechnology
RENEWABLE_TECHNOLOGY_SOLAR_THERMAL: RenewableTechnology
RENEWABLE_TECHNOLOGY_RUN_OF_RIVER: RenewableTechnology
RENEWABLE_TECHNOLOGY_OTHER: RenewableTechnology
DEMAND_CHARGE_DIRECTION_UNSPECIFIED: DemandChargeDirection
DEMAND_CHARGE_DIRECTION_IMPORT: DemandChargeDirection
DEMAND_CHARGE_DIRECTION_EXPORT: DemandChargeDirection
DEMAND_CHARGE_PERIOD_UNSPECIFIED: DemandChargePeriod
DEMAND_CHARGE_PERIOD_MONTH: DemandChargePeriod
DEMAND_CHARGE_PERIOD_DAY: DemandChargePeriod
DEMAND_CHARGE_PERIOD_HORIZON: DemandChargePeriod
DEMAND_CHARGE_MEASURE_UNSPECIFIED: DemandChargeMeasure
DEMAND_CHARGE_MEASURE_HIGHEST: DemandChargeMeasure
DEMAND_CHARGE_MEASURE_MEAN: DemandChargeMeasure
SHIFTABLE_LOAD_REPEAT_UNSPECIFIED: ShiftableLoadRepeat
SHIFTABLE_LOAD_REPEAT_ONCE: ShiftableLoadRepeat
SHIFTABLE_LOAD_REPEAT_DAILY: ShiftableLoadRepeat
INTERRUPTIBLE_LOAD_INTERRUPTIONS_PERIOD_UNSPECIFIED: InterruptibleLoadInterruptionsPeriod
INTERRUPTIBLE_LOAD_INTERRUPTIONS_PERIOD_HORIZON: InterruptibleLoadInterruptionsPeriod
INTERRUPTIBLE_LOAD_INTERRUPTIONS_PERIOD_DAY: InterruptibleLoadInterruptionsPeriod
COMPLEX_ORDER_CONDITION_UNSPECIFIED: ComplexOrderCondition
COMPLEX_ORDER_CONDITION_NONE: ComplexOrderCondition
COMPLEX_ORDER_CONDITION_MINIMUM_INCOME: ComplexOrderCondition
COMPLEX_ORDER_CONDITION_SCALABLE: ComplexOrderCondition
CONTRACT_SETTLEMENT_UNSPECIFIED: ContractSettlement
CONTRACT_SETTLEMENT_PHYSICAL: ContractSettlement
CONTRACT_SETTLEMENT_FINANCIAL: ContractSettlement
ENERGY_BUDGET_COUNTED_UNSPECIFIED: EnergyBudgetCounted
ENERGY_BUDGET_COUNTED_NET: EnergyBudgetCounted
ENERGY_BUDGET_COUNTED_INTO: EnergyBudgetCounted
ENERGY_BUDGET_COUNTED_OUT_OF: EnergyBudgetCounted
BUDGET_WINDOW_UNSPECIFIED: BudgetWindow
BUDGET_WINDOW_HORIZON: BudgetWindow
BUDGET_WINDOW_DAY: BudgetWindow
BUDGET_WINDOW_WEEK: BudgetWindow
BUDGET_WINDOW_MONTH: BudgetWindow
BUDGET_WINDOW_ROLLING: BudgetWindow
RESERVE_WAY_UNSPECIFIED: ReserveWay
RESERVE_WAY_UP: ReserveWay
RESERVE_WAY_DOWN: ReserveWay
ISLANDING_MODE_UNSPECIFIED: IslandingMode
ISLANDING_MODE_ABLE: IslandingMode
ISLANDING_MODE_ISLANDED: IslandingMode
ISLANDING_FORM_UNSPECIFIED: IslandingForm
ISLANDING_FORM_ENERGY: IslandingForm
ISLANDING_FORM_POWER: IslandingForm
ISLANDING_FORM_BOTH: IslandingForm

class Components(_message.Message):
    __slots__ = ("grid_connection", "renewable", "demand", "flexible_demand", "chp", "boiler", "heat_pump", "battery", "heat_store", "ev_session", "tie", "generator", "converter", "shiftable_load", "deferrable_load", "interruptible_load", "energy_budget", "emission_budget", "self_consumption", "reserve", "reserve_offer", "generic_constraint", "islanding", "exclusion", "maintenance", "charging_site", "must_run", "complex_order", "market", "contract", "chiller", "electrolyser", "fuel_cell", "line", "shunt", "contingency", "interface", "reactive", "flow_based_constraint", "heat_pipe", "gas_pipe", "store", "building", "stratified_store")
    GRID_CONNECTION_FIELD_NUMBER: _ClassVar[int]
    RENEWABLE_FIELD_NUMBER: _ClassVar[int]
    DEMAND_FIELD_NUMBER: _ClassVar[int]
    FLEXIBLE_DEMAND_FIELD_NUMBER: _ClassVar[int]
    CHP_FIELD_NUMBER: _ClassVar[int]
    BOILER_FIELD_NUMBER: _ClassVar[int]
    HEAT_PUMP_FIELD_NUMBER: _ClassVar[int]
    BATTERY_FIELD_NUMBER: _ClassVar[int]
    HEAT_STORE_FIELD_NUMBER: _ClassVar[int]
    EV_SESSION_FIELD_NUMBER: _ClassVar[int]
    TIE_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    CONVERTER_FIELD_NUMBER: _ClassVar[int]
    SHIFTABLE_LOAD_FIELD_NUMBER: _ClassVar[int]
    DEFERRABLE_LOAD_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTIBLE_LOAD_FIELD_NUMBER: _ClassVar[int]
    ENERGY_BUDGET_FIELD_NUMBER: _ClassVar[int]
    EMISSION_BUDGET_FIELD_NUMBER: _ClassVar[int]
    SELF_CONSUMPTION_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    RESERVE_OFFER_FIELD_NUMBER: _ClassVar[int]
    GENERIC_CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    ISLANDING_FIELD_NUMBER: _ClassVar[int]
    EXCLUSION_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_FIELD_NUMBER: _ClassVar[int]
    CHARGING_SITE_FIELD_NUMBER: _ClassVar[int]
    MUST_RUN_FIELD_NUMBER: _ClassVar[int]
    COMPLEX_ORDER_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    CHILLER_FIELD_NUMBER: _ClassVar[int]
    ELECTROLYSER_FIELD_NUMBER: _ClassVar[int]
    FUEL_CELL_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    SHUNT_FIELD_NUMBER: _ClassVar[int]
    CONTINGENCY_FIELD_NUMBER: _ClassVar[int]
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    REACTIVE_FIELD_NUMBER: _ClassVar[int]
    FLOW_BASED_CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    HEAT_PIPE_FIELD_NUMBER: _ClassVar[int]
    GAS_PIPE_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    STRATIFIED_STORE_FIELD_NUMBER: _ClassVar[int]
    grid_connection: _containers.RepeatedCompositeFieldContainer[GridConnection]
    renewable: _containers.RepeatedCompositeFieldContainer[Renewable]
    demand: _containers.RepeatedCompositeFieldContainer[Demand]
    flexible_demand: _containers.RepeatedCompositeFieldContainer[FlexibleDemand]
    chp: _containers.RepeatedCompositeFieldContainer[Chp]
    boiler: _containers.RepeatedCompositeFieldContainer[Boiler]
    heat_pump: _containers.RepeatedCompositeFieldContainer[HeatPump]
    battery: _containers.RepeatedCompositeFieldContainer[Battery]
    heat_store: _containers.RepeatedCompositeFieldContainer[HeatStore]
    ev_session: _containers.RepeatedCompositeFieldContainer[EvSession]
    tie: _containers.RepeatedCompositeFieldContainer[Tie]
    generator: _containers.RepeatedCompositeFieldContainer[Generator]
    converter: _containers.RepeatedCompositeFieldContainer[Converter]
    shiftable_load: _containers.RepeatedCompositeFieldContainer[ShiftableLoad]
    deferrable_load: _containers.RepeatedCompositeFieldContainer[DeferrableLoad]
    interruptible_load: _containers.RepeatedCompositeFieldContainer[InterruptibleLoad]
    energy_budget: _containers.RepeatedCompositeFieldContainer[EnergyBudget]
    emission_budget: _containers.RepeatedCompositeFieldContainer[EmissionBudget]
    self_consumption: _containers.RepeatedCompositeFieldContainer[SelfConsumption]
    reserve: _containers.RepeatedCompositeFieldContainer[Reserve]
    reserve_offer: _containers.RepeatedCompositeFieldContainer[ReserveOffer]
    generic_constraint: _containers.RepeatedCompositeFieldContainer[GenericConstraint]
    islanding: _containers.RepeatedCompositeFieldContainer[Islanding]
    exclusion: _containers.RepeatedCompositeFieldContainer[Exclusion]
    maintenance: _containers.RepeatedCompositeFieldContainer[Maintenance]
    charging_site: _containers.RepeatedCompositeFieldContainer[ChargingSite]
    must_run: _containers.RepeatedCompositeFieldContainer[MustRun]
    complex_order: _containers.RepeatedCompositeFieldContainer[ComplexOrder]
    market: _containers.RepeatedCompositeFieldContainer[Market]
    contract: _containers.RepeatedCompositeFieldContainer[Contract]
    chiller: _containers.RepeatedCompositeFieldContainer[Chiller]
    electrolyser: _containers.RepeatedCompositeFieldContainer[Electrolyser]
    fuel_cell: _containers.RepeatedCompositeFieldContainer[FuelCell]
    line: _containers.RepeatedCompositeFieldContainer[Line]
    shunt: _containers.RepeatedCompositeFieldContainer[Shunt]
    contingency: _containers.RepeatedCompositeFieldContainer[Contingency]
    interface: _containers.RepeatedCompositeFieldContainer[Interface]
    reactive: _containers.RepeatedCompositeFieldContainer[Reactive]
    flow_based_constraint: _containers.RepeatedCompositeFieldContainer[FlowBasedConstraint]
    heat_pipe: _containers.RepeatedCompositeFieldContainer[HeatPipe]
    gas_pipe: _containers.RepeatedCompositeFieldContainer[GasPipe]
    store: _containers.RepeatedCompositeFieldContainer[Store]
    building: _containers.RepeatedCompositeFieldContainer[Building]
    stratified_store: _containers.RepeatedCompositeFieldContainer[StratifiedStore]
    def __init__(self, grid_connection: _Optional[_Iterable[_Union[GridConnection, _Mapping]]] = ..., renewable: _Optional[_Iterable[_Union[Renewable, _Mapping]]] = ..., demand: _Optional[_Iterable[_Union[Demand, _Mapping]]] = ..., flexible_demand: _Optional[_Iterable[_Union[FlexibleDemand, _Mapping]]] = ..., chp: _Optional[_Iterable[_Union[Chp, _Mapping]]] = ..., boiler: _Optional[_Iterable[_Union[Boiler, _Mapping]]] = ..., heat_pump: _Optional[_Iterable[_Union[HeatPump, _Mapping]]] = ..., battery: _Optional[_Iterable[_Union[Battery, _Mapping]]] = ..., heat_store: _Optional[_Iterable[_Union[HeatStore, _Mapping]]] = ..., ev_session: _Optional[_Iterable[_Union[EvSession, _Mapping]]] = ..., tie: _Optional[_Iterable[_Union[Tie, _Mapping]]] = ..., generator: _Optional[_Iterable[_Union[Generator, _Mapping]]] = ..., converter: _Optional[_Iterable[_Union[Converter, _Mapping]]] = ..., shiftable_load: _Optional[_Iterable[_Union[ShiftableLoad, _Mapping]]] = ..., deferrable_load: _Optional[_Iterable[_Union[DeferrableLoad, _Mapping]]] = ..., interruptible_load: _Optional[_Iterable[_Union[InterruptibleLoad, _Mapping]]] = ..., energy_budget: _Optional[_Iterable[_Union[EnergyBudget, _Mapping]]] = ..., emission_budget: _Optional[_Iterable[_Union[EmissionBudget, _Mapping]]] = ..., self_consumption: _Optional[_Iterable[_Union[SelfConsumption, _Mapping]]] = ..., reserve: _Optional[_Iterable[_Union[Reserve, _Mapping]]] = ..., reserve_offer: _Optional[_Iterable[_Union[ReserveOffer, _Mapping]]] = ..., generic_constraint: _Optional[_Iterable[_Union[GenericConstraint, _Mapping]]] = ..., islanding: _Optional[_Iterable[_Union[Islanding, _Mapping]]] = ..., exclusion: _Optional[_Iterable[_Union[Exclusion, _Mapping]]] = ..., maintenance: _Optional[_Iterable[_Union[Maintenance, _Mapping]]] = ..., charging_site: _Optional[_Iterable[_Union[ChargingSite, _Mapping]]] = ..., must_run: _Optional[_Iterable[_Union[MustRun, _Mapping]]] = ..., complex_order: _Optional[_Iterable[_Union[ComplexOrder, _Mapping]]] = ..., market: _Optional[_Iterable[_Union[Market, _Mapping]]] = ..., contract: _Optional[_Iterable[_Union[Contract, _Mapping]]] = ..., chiller: _Optional[_Iterable[_Union[Chiller, _Mapping]]] = ..., electrolyser: _Optional[_Iterable[_Union[Electrolyser, _Mapping]]] = ..., fuel_cell: _Optional[_Iterable[_Union[FuelCell, _Mapping]]] = ..., line: _Optional[_Iterable[_Union[Line, _Mapping]]] = ..., shunt: _Optional[_Iterable[_Union[Shunt, _Mapping]]] = ..., contingency: _Optional[_Iterable[_Union[Contingency, _Mapping]]] = ..., interface: _Optional[_Iterable[_Union[Interface, _Mapping]]] = ..., reactive: _Optional[_Iterable[_Union[Reactive, _Mapping]]] = ..., flow_based_constraint: _Optional[_Iterable[_Union[FlowBasedConstraint, _Mapping]]] = ..., heat_pipe: _Optional[_Iterable[_Union[HeatPipe, _Mapping]]] = ..., gas_pipe: _Optional[_Iterable[_Union[GasPipe, _Mapping]]] = ..., store: _Optional[_Iterable[_Union[Store, _Mapping]]] = ..., building: _Optional[_Iterable[_Union[Building, _Mapping]]] = ..., stratified_store: _Optional[_Iterable[_Union[StratifiedStore, _Mapping]]] = ...) -> None: ...

class GridConnection(_message.Message):
    __slots__ = ("id", "bus", "owner", "import_max", "export_max", "import_price", "export_price", "demand_charges", "ramp_max_mw_per_hour", "exchange_before", "energy_min", "shortfall_price", "energy_max", "emissions_t_per_mwh")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    IMPORT_MAX_FIELD_NUMBER: _ClassVar[int]
    EXPORT_MAX_FIELD_NUMBER: _ClassVar[int]
    IMPORT_PRICE_FIELD_NUMBER: _ClassVar[int]
    EXPORT_PRICE_FIELD_NUMBER: _ClassVar[int]
    DEMAND_CHARGES_FIELD_NUMBER: _ClassVar[int]
    RAMP_MAX_MW_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_BEFORE_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MIN_FIELD_NUMBER: _ClassVar[int]
    SHORTFALL_PRICE_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MAX_FIELD_NUMBER: _ClassVar[int]
    EMISSIONS_T_PER_MWH_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    import_max: _series_pb2.Series
    export_max: _series_pb2.Series
    import_price: _series_pb2.Series
    export_price: _series_pb2.Series
    demand_charges: _containers.RepeatedCompositeFieldContainer[DemandCharge]
    ramp_max_mw_per_hour: float
    exchange_before: float
    energy_min: float
    shortfall_price: float
    energy_max: float
    emissions_t_per_mwh: _series_pb2.Series
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., import_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., export_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., import_price: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., export_price: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., demand_charges: _Optional[_Iterable[_Union[DemandCharge, _Mapping]]] = ..., ramp_max_mw_per_hour: _Optional[float] = ..., exchange_before: _Optional[float] = ..., energy_min: _Optional[float] = ..., shortfall_price: _Optional[float] = ..., energy_max: _Optional[float] = ..., emissions_t_per_mwh: _Optional[_Union[_series_pb2.Series, _Mapping]] = ...) -> None: ...

class DemandCharge(_message.Message):
    __slots__ = ("name", "direction", "price_eur_per_mw", "tiers", "period", "measure", "measuring_hours", "begin_hour", "end_hour", "weekdays", "system_peak", "peak_before", "ratchet_ratio", "ratchet_peak")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    PRICE_EUR_PER_MW_FIELD_NUMBER: _ClassVar[int]
    TIERS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    MEASURING_HOURS_FIELD_NUMBER: _ClassVar[int]
    BEGIN_HOUR_FIELD_NUMBER: _ClassVar[int]
    END_HOUR_FIELD_NUMBER: _ClassVar[int]
    WEEKDAYS_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PEAK_FIELD_NUMBER: _ClassVar[int]
    PEAK_BEFORE_FIELD_NUMBER: _ClassVar[int]
    RATCHET_RATIO_FIELD_NUMBER: _ClassVar[int]
    RATCHET_PEAK_FIELD_NUMBER: _ClassVar[int]
    name: str
    direction: DemandChargeDirection
    price_eur_per_mw: float
    tiers: _containers.RepeatedCompositeFieldContainer[DemandChargeTier]
    period: DemandChargePeriod
    measure: DemandChargeMeasure
    measuring_hours: float
    begin_hour: float
    end_hour: float
    weekdays: _containers.RepeatedScalarFieldContainer[str]
    system_peak: _series_pb2.Series
    peak_before: float
    ratchet_ratio: float
    ratchet_peak: float
    def __init__(self, name: _Optional[str] = ..., direction: _Optional[_Union[DemandChargeDirection, str]] = ..., price_eur_per_mw: _Optional[float] = ..., tiers: _Optional[_Iterable[_Union[DemandChargeTier, _Mapping]]] = ..., period: _Optional[_Union[DemandChargePeriod, str]] = ..., measure: _Optional[_Union[DemandChargeMeasure, str]] = ..., measuring_hours: _Optional[float] = ..., begin_hour: _Optional[float] = ..., end_hour: _Optional[float] = ..., weekdays: _Optional[_Iterable[str]] = ..., system_peak: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., peak_before: _Optional[float] = ..., ratchet_ratio: _Optional[float] = ..., ratchet_peak: _Optional[float] = ...) -> None: ...

class DemandChargeTier(_message.Message):
    __slots__ = ("above", "price_eur_per_mw")
    ABOVE_FIELD_NUMBER: _ClassVar[int]
    PRICE_EUR_PER_MW_FIELD_NUMBER: _ClassVar[int]
    above: float
    price_eur_per_mw: float
    def __init__(self, above: _Optional[float] = ..., price_eur_per_mw: _Optional[float] = ...) -> None: ...

class Renewable(_message.Message):
    __slots__ = ("id", "bus", "owner", "technology", "available", "curtailable", "cost")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TECHNOLOGY_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    CURTAILABLE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    technology: RenewableTechnology
    available: _series_pb2.Series
    curtailable: bool
    cost: float
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., technology: _Optional[_Union[RenewableTechnology, str]] = ..., available: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., curtailable: _Optional[bool] = ..., cost: _Optional[float] = ...) -> None: ...

class Demand(_message.Message):
    __slots__ = ("id", "bus", "owner", "demand")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    DEMAND_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    demand: _series_pb2.Series
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., demand: _Optional[_Union[_series_pb2.Series, _Mapping]] = ...) -> None: ...

class FlexibleDemand(_message.Message):
    __slots__ = ("id", "bus", "owner", "demand", "shed_value", "shed_max_ratio", "shift_max", "shift_window_hours", "tranches", "events")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    DEMAND_FIELD_NUMBER: _ClassVar[int]
    SHED_VALUE_FIELD_NUMBER: _ClassVar[int]
    SHED_MAX_RATIO_FIELD_NUMBER: _ClassVar[int]
    SHIFT_MAX_FIELD_NUMBER: _ClassVar[int]
    SHIFT_WINDOW_HOURS_FIELD_NUMBER: _ClassVar[int]
    TRANCHES_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    demand: _series_pb2.Series
    shed_value: float
    shed_max_ratio: float
    shift_max: float
    shift_window_hours: float
    tranches: _containers.RepeatedCompositeFieldContainer[ShedTranche]
    events: _containers.RepeatedCompositeFieldContainer[DemandResponseEvent]
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., demand: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., shed_value: _Optional[float] = ..., shed_max_ratio: _Optional[float] = ..., shift_max: _Optional[float] = ..., shift_window_hours: _Optional[float] = ..., tranches: _Optional[_Iterable[_Union[ShedTranche, _Mapping]]] = ..., events: _Optional[_Iterable[_Union[DemandResponseEvent, _Mapping]]] = ...) -> None: ...

class ShedTranche(_message.Message):
    __slots__ = ("ratio", "value", "load_class")
    RATIO_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LOAD_CLASS_FIELD_NUMBER: _ClassVar[int]
    ratio: float
    value: float
    load_class: str
    def __init__(self, ratio: _Optional[float] = ..., value: _Optional[float] = ..., load_class: _Optional[str] = ...) -> None: ...

class DemandResponseEvent(_message.Message):
    __slots__ = ("begin", "end", "baseline", "committed", "reward", "penalty")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    REWARD_FIELD_NUMBER: _ClassVar[int]
    PENALTY_FIELD_NUMBER: _ClassVar[int]
    begin: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    baseline: _series_pb2.Series
    committed: float
    reward: float
    penalty: float
    def __init__(self, begin: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., baseline: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., committed: _Optional[float] = ..., reward: _Optional[float] = ..., penalty: _Optional[float] = ...) -> None: ...

class ShiftableLoad(_message.Message):
    __slots__ = ("id", "bus", "owner", "phases", "earliest", "latest", "repeat", "unserved_value")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PHASES_FIELD_NUMBER: _ClassVar[int]
    EARLIEST_FIELD_NUMBER: _ClassVar[int]
    LATEST_FIELD_NUMBER: _ClassVar[int]
    REPEAT_FIELD_NUMBER: _ClassVar[int]
    UNSERVED_VALUE_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    phases: _containers.RepeatedCompositeFieldContainer[LoadPhase]
    earliest: _timestamp_pb2.Timestamp
    latest: _timestamp_pb2.Timestamp
    repeat: ShiftableLoadRepeat
    unserved_value: float
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., phases: _Optional[_Iterable[_Union[LoadPhase, _Mapping]]] = ..., earliest: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., latest: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., repeat: _Optional[_Union[ShiftableLoadRepeat, str]] = ..., unserved_value: _Optional[float] = ...) -> None: ...

class LoadPhase(_message.Message):
    __slots__ = ("hours", "power")
    HOURS_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    hours: float
    power: float
    def __init__(self, hours: _Optional[float] = ..., power: _Optional[float] = ...) -> None: ...

class DeferrableLoad(_message.Message):
    __slots__ = ("id", "bus", "owner", "earliest", "latest", "energy_needed", "energy_max", "power_max", "power_min", "interruptible", "minimum_up_hours", "minimum_down_hours", "starts_max", "unserved_value")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    EARLIEST_FIELD_NUMBER: _ClassVar[int]
    LATEST_FIELD_NUMBER: _ClassVar[int]
    ENERGY_NEEDED_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MAX_FIELD_NUMBER: _ClassVar[int]
    POWER_MAX_FIELD_NUMBER: _ClassVar[int]
    POWER_MIN_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_UP_HOURS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DOWN_HOURS_FIELD_NUMBER: _ClassVar[int]
    STARTS_MAX_FIELD_NUMBER: _ClassVar[int]
    UNSERVED_VALUE_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    earliest: _timestamp_pb2.Timestamp
    latest: _timestamp_pb2.Timestamp
    energy_needed: float
    energy_max: float
    power_max: float
    power_min: float
    interruptible: bool
    minimum_up_hours: float
    minimum_down_hours: float
    starts_max: int
    unserved_value: float
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., earliest: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., latest: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., energy_needed: _Optional[float] = ..., energy_max: _Optional[float] = ..., power_max: _Optional[float] = ..., power_min: _Optional[float] = ..., interruptible: _Optional[bool] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., starts_max: _Optional[int] = ..., unserved_value: _Optional[float] = ...) -> None: ...

class InterruptibleLoad(_message.Message):
    __slots__ = ("id", "bus", "owner", "demand", "reduction_max_ratio", "cost", "reduction_min_ratio", "interruption_cost_eur", "interruption_max_hours", "interruptions_max", "interruptions_period", "rest_min_hours", "rested_initially_hours", "recovery_ratio", "recovery_hours", "recovery_max", "events")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    DEMAND_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_MAX_RATIO_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_MIN_RATIO_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTION_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTION_MAX_HOURS_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTIONS_MAX_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTIONS_PERIOD_FIELD_NUMBER: _ClassVar[int]
    REST_MIN_HOURS_FIELD_NUMBER: _ClassVar[int]
    RESTED_INITIALLY_HOURS_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_RATIO_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_HOURS_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_MAX_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    demand: _series_pb2.Series
    reduction_max_ratio: float
    cost: float
    reduction_min_ratio: float
    interruption_cost_eur: float
    interruption_max_hours: float
    interruptions_max: int
    interruptions_period: InterruptibleLoadInterruptionsPeriod
    rest_min_hours: float
    rested_initially_hours: float
    recovery_ratio: float
    recovery_hours: float
    recovery_max: float
    events: _containers.RepeatedCompositeFieldContainer[DemandResponseEvent]
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., demand: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., reduction_max_ratio: _Optional[float] = ..., cost: _Optional[float] = ..., reduction_min_ratio: _Optional[float] = ..., interruption_cost_eur: _Optional[float] = ..., interruption_max_hours: _Optional[float] = ..., interruptions_max: _Optional[int] = ..., interruptions_period: _Optional[_Union[InterruptibleLoadInterruptionsPeriod, str]] = ..., rest_min_hours: _Optional[float] = ..., rested_initially_hours: _Optional[float] = ..., recovery_ratio: _Optional[float] = ..., recovery_hours: _Optional[float] = ..., recovery_max: _Optional[float] = ..., events: _Optional[_Iterable[_Union[DemandResponseEvent, _Mapping]]] = ...) -> None: ...

class Chp(_message.Message):
    __slots__ = ("id", "electricity_bus", "heat_bus", "fuel_bus", "owner", "fuel_max", "electric_efficiency", "heat_efficiency", "cost", "minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours", "on_initially", "hours_in_state_initially", "start_costs", "stop_cost_eur", "running_cost_eur_per_hour", "ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour", "start_ramp_ratio", "stop_ramp_ratio", "load_initially_ratio", "switchable", "efficiency_segments", "operating_region", "ramps_bind_starts", "always_on")
    ID_FIELD_NUMBER: _ClassVar[int]
    ELECTRICITY_BUS_FIELD_NUMBER: _ClassVar[int]
    HEAT_BUS_FIELD_NUMBER: _ClassVar[int]
    FUEL_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    FUEL_MAX_FIELD_NUMBER: _ClassVar[int]
    ELECTRIC_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    HEAT_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_LOAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_UP_HOURS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DOWN_HOURS_FIELD_NUMBER: _ClassVar[int]
    ON_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HOURS_IN_STATE_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    START_COSTS_FIELD_NUMBER: _ClassVar[int]
    STOP_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    RUNNING_COST_EUR_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_UP_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    START_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOAD_INITIALLY_RATIO_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    EFFICIENCY_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    OPERATING_REGION_FIELD_NUMBER: _ClassVar[int]
    RAMPS_BIND_STARTS_FIELD_NUMBER: _ClassVar[int]
    ALWAYS_ON_FIELD_NUMBER: _ClassVar[int]
    id: str
    electricity_bus: str
    heat_bus: str
    fuel_bus: str
    owner: str
    fuel_max: float
    electric_efficiency: float
    heat_efficiency: float
    cost: float
    minimum_load_ratio: float
    start_cost_eur: float
    minimum_up_hours: float
    minimum_down_hours: float
    on_initially: bool
    hours_in_state_initially: float
    start_costs: _containers.RepeatedCompositeFieldContainer[StartTier]
    stop_cost_eur: float
    running_cost_eur_per_hour: float
    ramp_up_ratio_per_hour: _series_pb2.Series
    ramp_down_ratio_per_hour: _series_pb2.Series
    start_ramp_ratio: float
    stop_ramp_ratio: float
    load_initially_ratio: float
    switchable: bool
    efficiency_segments: _containers.RepeatedCompositeFieldContainer[FuelSegment]
    operating_region: _containers.RepeatedCompositeFieldContainer[OperatingPoint]
    ramps_bind_starts: bool
    always_on: bool
    def __init__(self, id: _Optional[str] = ..., electricity_bus: _Optional[str] = ..., heat_bus: _Optional[str] = ..., fuel_bus: _Optional[str] = ..., owner: _Optional[str] = ..., fuel_max: _Optional[float] = ..., electric_efficiency: _Optional[float] = ..., heat_efficiency: _Optional[float] = ..., cost: _Optional[float] = ..., minimum_load_ratio: _Optional[float] = ..., start_cost_eur: _Optional[float] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., on_initially: _Optional[bool] = ..., hours_in_state_initially: _Optional[float] = ..., start_costs: _Optional[_Iterable[_Union[StartTier, _Mapping]]] = ..., stop_cost_eur: _Optional[float] = ..., running_cost_eur_per_hour: _Optional[float] = ..., ramp_up_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ramp_down_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., start_ramp_ratio: _Optional[float] = ..., stop_ramp_ratio: _Optional[float] = ..., load_initially_ratio: _Optional[float] = ..., switchable: _Optional[bool] = ..., efficiency_segments: _Optional[_Iterable[_Union[FuelSegment, _Mapping]]] = ..., operating_region: _Optional[_Iterable[_Union[OperatingPoint, _Mapping]]] = ..., ramps_bind_starts: _Optional[bool] = ..., always_on: _Optional[bool] = ...) -> None: ...

class FuelSegment(_message.Message):
    __slots__ = ("fuel", "electric_efficiency", "heat_efficiency")
    FUEL_FIELD_NUMBER: _ClassVar[int]
    ELECTRIC_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    HEAT_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    fuel: float
    electric_efficiency: float
    heat_efficiency: float
    def __init__(self, fuel: _Optional[float] = ..., electric_efficiency: _Optional[float] = ..., heat_efficiency: _Optional[float] = ...) -> None: ...

class OperatingPoint(_message.Message):
    __slots__ = ("electric", "heat", "fuel")
    ELECTRIC_FIELD_NUMBER: _ClassVar[int]
    HEAT_FIELD_NUMBER: _ClassVar[int]
    FUEL_FIELD_NUMBER: _ClassVar[int]
    electric: _series_pb2.Series
    heat: _series_pb2.Series
    fuel: _series_pb2.Series
    def __init__(self, electric: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., heat: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., fuel: _Optional[_Union[_series_pb2.Series, _Mapping]] = ...) -> None: ...

class StartTier(_message.Message):
    __slots__ = ("after_hours_off", "cost_eur")
    AFTER_HOURS_OFF_FIELD_NUMBER: _ClassVar[int]
    COST_EUR_FIELD_NUMBER: _ClassVar[int]
    after_hours_off: float
    cost_eur: float
    def __init__(self, after_hours_off: _Optional[float] = ..., cost_eur: _Optional[float] = ...) -> None: ...

class Boiler(_message.Message):
    __slots__ = ("id", "heat_bus", "fuel_bus", "owner", "heat_max", "efficiency", "cost", "minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours", "on_initially", "hours_in_state_initially", "start_costs", "stop_cost_eur", "running_cost_eur_per_hour", "ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour", "start_ramp_ratio", "stop_ramp_ratio", "load_initially_ratio", "switchable", "efficiency_segments", "ramps_bind_starts", "always_on")
    ID_FIELD_NUMBER: _ClassVar[int]
    HEAT_BUS_FIELD_NUMBER: _ClassVar[int]
    FUEL_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    HEAT_MAX_FIELD_NUMBER: _ClassVar[int]
    EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_LOAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_UP_HOURS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DOWN_HOURS_FIELD_NUMBER: _ClassVar[int]
    ON_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HOURS_IN_STATE_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    START_COSTS_FIELD_NUMBER: _ClassVar[int]
    STOP_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    RUNNING_COST_EUR_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_UP_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    START_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOAD_INITIALLY_RATIO_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    EFFICIENCY_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    RAMPS_BIND_STARTS_FIELD_NUMBER: _ClassVar[int]
    ALWAYS_ON_FIELD_NUMBER: _ClassVar[int]
    id: str
    heat_bus: str
    fuel_bus: str
    owner: str
    heat_max: float
    efficiency: float
    cost: float
    minimum_load_ratio: float
    start_cost_eur: float
    minimum_up_hours: float
    minimum_down_hours: float
    on_initially: bool
    hours_in_state_initially: float
    start_costs: _containers.RepeatedCompositeFieldContainer[StartTier]
    stop_cost_eur: float
    running_cost_eur_per_hour: float
    ramp_up_ratio_per_hour: _series_pb2.Series
    ramp_down_ratio_per_hour: _series_pb2.Series
    start_ramp_ratio: float
    stop_ramp_ratio: float
    load_initially_ratio: float
    switchable: bool
    efficiency_segments: _containers.RepeatedCompositeFieldContainer[HeatSegment]
    ramps_bind_starts: bool
    always_on: bool
    def __init__(self, id: _Optional[str] = ..., heat_bus: _Optional[str] = ..., fuel_bus: _Optional[str] = ..., owner: _Optional[str] = ..., heat_max: _Optional[float] = ..., efficiency: _Optional[float] = ..., cost: _Optional[float] = ..., minimum_load_ratio: _Optional[float] = ..., start_cost_eur: _Optional[float] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., on_initially: _Optional[bool] = ..., hours_in_state_initially: _Optional[float] = ..., start_costs: _Optional[_Iterable[_Union[StartTier, _Mapping]]] = ..., stop_cost_eur: _Optional[float] = ..., running_cost_eur_per_hour: _Optional[float] = ..., ramp_up_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ramp_down_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., start_ramp_ratio: _Optional[float] = ..., stop_ramp_ratio: _Optional[float] = ..., load_initially_ratio: _Optional[float] = ..., switchable: _Optional[bool] = ..., efficiency_segments: _Optional[_Iterable[_Union[HeatSegment, _Mapping]]] = ..., ramps_bind_starts: _Optional[bool] = ..., always_on: _Optional[bool] = ...) -> None: ...

class HeatSegment(_message.Message):
    __slots__ = ("heat", "efficiency")
    HEAT_FIELD_NUMBER: _ClassVar[int]
    EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    heat: float
    efficiency: float
    def __init__(self, heat: _Optional[float] = ..., efficiency: _Optional[float] = ...) -> None: ...

class HeatPump(_message.Message):
    __slots__ = ("id", "electricity_bus", "heat_bus", "owner", "electric_max", "cop", "cost", "source_temperature_c", "supply_temperature_c", "cop_max", "icing_factor", "icing_temperature_c", "heat_max", "switchable", "minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours", "on_initially", "hours_in_state_initially", "start_costs", "stop_cost_eur", "running_cost_eur_per_hour", "ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour", "start_ramp_ratio", "stop_ramp_ratio", "load_initially_ratio", "quality_grade", "part_load", "ramps_bind_starts", "always_on")
    ID_FIELD_NUMBER: _ClassVar[int]
    ELECTRICITY_BUS_FIELD_NUMBER: _ClassVar[int]
    HEAT_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    ELECTRIC_MAX_FIELD_NUMBER: _ClassVar[int]
    COP_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    SUPPLY_TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    COP_MAX_FIELD_NUMBER: _ClassVar[int]
    ICING_FACTOR_FIELD_NUMBER: _ClassVar[int]
    ICING_TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    HEAT_MAX_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_LOAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_UP_HOURS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DOWN_HOURS_FIELD_NUMBER: _ClassVar[int]
    ON_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HOURS_IN_STATE_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    START_COSTS_FIELD_NUMBER: _ClassVar[int]
    STOP_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    RUNNING_COST_EUR_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_UP_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    START_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOAD_INITIALLY_RATIO_FIELD_NUMBER: _ClassVar[int]
    QUALITY_GRADE_FIELD_NUMBER: _ClassVar[int]
    PART_LOAD_FIELD_NUMBER: _ClassVar[int]
    RAMPS_BIND_STARTS_FIELD_NUMBER: _ClassVar[int]
    ALWAYS_ON_FIELD_NUMBER: _ClassVar[int]
    id: str
    electricity_bus: str
    heat_bus: str
    owner: str
    electric_max: float
    cop: _series_pb2.Series
    cost: float
    source_temperature_c: _series_pb2.Series
    supply_temperature_c: _series_pb2.Series
    cop_max: float
    icing_factor: float
    icing_temperature_c: float
    heat_max: _series_pb2.Series
    switchable: bool
    minimum_load_ratio: float
    start_cost_eur: float
    minimum_up_hours: float
    minimum_down_hours: float
    on_initially: bool
    hours_in_state_initially: float
    start_costs: _containers.RepeatedCompositeFieldContainer[StartTier]
    stop_cost_eur: float
    running_cost_eur_per_hour: float
    ramp_up_ratio_per_hour: _series_pb2.Series
    ramp_down_ratio_per_hour: _series_pb2.Series
    start_ramp_ratio: float
    stop_ramp_ratio: float
    load_initially_ratio: float
    quality_grade: float
    part_load: _containers.RepeatedCompositeFieldContainer[PartLoadPoint]
    ramps_bind_starts: bool
    always_on: bool
    def __init__(self, id: _Optional[str] = ..., electricity_bus: _Optional[str] = ..., heat_bus: _Optional[str] = ..., owner: _Optional[str] = ..., electric_max: _Optional[float] = ..., cop: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., cost: _Optional[float] = ..., source_temperature_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., supply_temperature_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., cop_max: _Optional[float] = ..., icing_factor: _Optional[float] = ..., icing_temperature_c: _Optional[float] = ..., heat_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., switchable: _Optional[bool] = ..., minimum_load_ratio: _Optional[float] = ..., start_cost_eur: _Optional[float] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., on_initially: _Optional[bool] = ..., hours_in_state_initially: _Optional[float] = ..., start_costs: _Optional[_Iterable[_Union[StartTier, _Mapping]]] = ..., stop_cost_eur: _Optional[float] = ..., running_cost_eur_per_hour: _Optional[float] = ..., ramp_up_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ramp_down_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., start_ramp_ratio: _Optional[float] = ..., stop_ramp_ratio: _Optional[float] = ..., load_initially_ratio: _Optional[float] = ..., quality_grade: _Optional[float] = ..., part_load: _Optional[_Iterable[_Union[PartLoadPoint, _Mapping]]] = ..., ramps_bind_starts: _Optional[bool] = ..., always_on: _Optional[bool] = ...) -> None: ...

class PartLoadPoint(_message.Message):
    __slots__ = ("load_ratio", "performance_ratio")
    LOAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    PERFORMANCE_RATIO_FIELD_NUMBER: _ClassVar[int]
    load_ratio: float
    performance_ratio: float
    def __init__(self, load_ratio: _Optional[float] = ..., performance_ratio: _Optional[float] = ...) -> None: ...

class Chiller(_message.Message):
    __slots__ = ("id", "electricity_bus", "cooling_bus", "heat_bus", "owner", "electric_max", "eer", "cost", "supply_temperature_c", "rejection_temperature_c", "eer_max", "cooling_max", "heat_recovery_ratio", "switchable", "minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours", "on_initially", "hours_in_state_initially", "start_costs", "stop_cost_eur", "running_cost_eur_per_hour", "ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour", "start_ramp_ratio", "stop_ramp_ratio", "load_initially_ratio", "quality_grade", "part_load", "ramps_bind_starts", "always_on")
    ID_FIELD_NUMBER: _ClassVar[int]
    ELECTRICITY_BUS_FIELD_NUMBER: _ClassVar[int]
    COOLING_BUS_FIELD_NUMBER: _ClassVar[int]
    HEAT_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    ELECTRIC_MAX_FIELD_NUMBER: _ClassVar[int]
    EER_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    SUPPLY_TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    REJECTION_TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    EER_MAX_FIELD_NUMBER: _ClassVar[int]
    COOLING_MAX_FIELD_NUMBER: _ClassVar[int]
    HEAT_RECOVERY_RATIO_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_LOAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_UP_HOURS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DOWN_HOURS_FIELD_NUMBER: _ClassVar[int]
    ON_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HOURS_IN_STATE_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    START_COSTS_FIELD_NUMBER: _ClassVar[int]
    STOP_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    RUNNING_COST_EUR_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_UP_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    START_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOAD_INITIALLY_RATIO_FIELD_NUMBER: _ClassVar[int]
    QUALITY_GRADE_FIELD_NUMBER: _ClassVar[int]
    PART_LOAD_FIELD_NUMBER: _ClassVar[int]
    RAMPS_BIND_STARTS_FIELD_NUMBER: _ClassVar[int]
    ALWAYS_ON_FIELD_NUMBER: _ClassVar[int]
    id: str
    electricity_bus: str
    cooling_bus: str
    heat_bus: str
    owner: str
    electric_max: float
    eer: _series_pb2.Series
    cost: float
    supply_temperature_c: _series_pb2.Series
    rejection_temperature_c: _series_pb2.Series
    eer_max: float
    cooling_max: _series_pb2.Series
    heat_recovery_ratio: float
    switchable: bool
    minimum_load_ratio: float
    start_cost_eur: float
    minimum_up_hours: float
    minimum_down_hours: float
    on_initially: bool
    hours_in_state_initially: float
    start_costs: _containers.RepeatedCompositeFieldContainer[StartTier]
    stop_cost_eur: float
    running_cost_eur_per_hour: float
    ramp_up_ratio_per_hour: _series_pb2.Series
    ramp_down_ratio_per_hour: _series_pb2.Series
    start_ramp_ratio: float
    stop_ramp_ratio: float
    load_initially_ratio: float
    quality_grade: float
    part_load: _containers.RepeatedCompositeFieldContainer[PartLoadPoint]
    ramps_bind_starts: bool
    always_on: bool
    def __init__(self, id: _Optional[str] = ..., electricity_bus: _Optional[str] = ..., cooling_bus: _Optional[str] = ..., heat_bus: _Optional[str] = ..., owner: _Optional[str] = ..., electric_max: _Optional[float] = ..., eer: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., cost: _Optional[float] = ..., supply_temperature_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., rejection_temperature_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., eer_max: _Optional[float] = ..., cooling_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., heat_recovery_ratio: _Optional[float] = ..., switchable: _Optional[bool] = ..., minimum_load_ratio: _Optional[float] = ..., start_cost_eur: _Optional[float] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., on_initially: _Optional[bool] = ..., hours_in_state_initially: _Optional[float] = ..., start_costs: _Optional[_Iterable[_Union[StartTier, _Mapping]]] = ..., stop_cost_eur: _Optional[float] = ..., running_cost_eur_per_hour: _Optional[float] = ..., ramp_up_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ramp_down_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., start_ramp_ratio: _Optional[float] = ..., stop_ramp_ratio: _Optional[float] = ..., load_initially_ratio: _Optional[float] = ..., quality_grade: _Optional[float] = ..., part_load: _Optional[_Iterable[_Union[PartLoadPoint, _Mapping]]] = ..., ramps_bind_starts: _Optional[bool] = ..., always_on: _Optional[bool] = ...) -> None: ...

class Electrolyser(_message.Message):
    __slots__ = ("id", "electricity_bus", "hydrogen_bus", "electric_max", "efficiency", "switchable", "minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours", "on_initially", "hours_in_state_initially", "start_costs", "stop_cost_eur", "running_cost_eur_per_hour", "ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour", "start_ramp_ratio", "stop_ramp_ratio", "load_initially_ratio", "standby_power", "warm_start_cost_eur", "standby_initially", "heat_bus", "owner", "heat_efficiency", "part_load", "cost", "ramps_bind_starts", "always_on")
    ID_FIELD_NUMBER: _ClassVar[int]
    ELECTRICITY_BUS_FIELD_NUMBER: _ClassVar[int]
    HYDROGEN_BUS_FIELD_NUMBER: _ClassVar[int]
    ELECTRIC_MAX_FIELD_NUMBER: _ClassVar[int]
    EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_LOAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_UP_HOURS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DOWN_HOURS_FIELD_NUMBER: _ClassVar[int]
    ON_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HOURS_IN_STATE_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    START_COSTS_FIELD_NUMBER: _ClassVar[int]
    STOP_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    RUNNING_COST_EUR_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_UP_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    START_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOAD_INITIALLY_RATIO_FIELD_NUMBER: _ClassVar[int]
    STANDBY_POWER_FIELD_NUMBER: _ClassVar[int]
    WARM_START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    STANDBY_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HEAT_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    HEAT_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    PART_LOAD_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    RAMPS_BIND_STARTS_FIELD_NUMBER: _ClassVar[int]
    ALWAYS_ON_FIELD_NUMBER: _ClassVar[int]
    id: str
    electricity_bus: str
    hydrogen_bus: str
    electric_max: float
    efficiency: float
    switchable: bool
    minimum_load_ratio: float
    start_cost_eur: float
    minimum_up_hours: float
    minimum_down_hours: float
    on_initially: bool
    hours_in_state_initially: float
    start_costs: _containers.RepeatedCompositeFieldContainer[StartTier]
    stop_cost_eur: float
    running_cost_eur_per_hour: float
    ramp_up_ratio_per_hour: _series_pb2.Series
    ramp_down_ratio_per_hour: _series_pb2.Series
    start_ramp_ratio: float
    stop_ramp_ratio: float
    load_initially_ratio: float
    standby_power: float
    warm_start_cost_eur: float
    standby_initially: bool
    heat_bus: str
    owner: str
    heat_efficiency: float
    part_load: _containers.RepeatedCompositeFieldContainer[PartLoadPoint]
    cost: float
    ramps_bind_starts: bool
    always_on: bool
    def __init__(self, id: _Optional[str] = ..., electricity_bus: _Optional[str] = ..., hydrogen_bus: _Optional[str] = ..., electric_max: _Optional[float] = ..., efficiency: _Optional[float] = ..., switchable: _Optional[bool] = ..., minimum_load_ratio: _Optional[float] = ..., start_cost_eur: _Optional[float] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., on_initially: _Optional[bool] = ..., hours_in_state_initially: _Optional[float] = ..., start_costs: _Optional[_Iterable[_Union[StartTier, _Mapping]]] = ..., stop_cost_eur: _Optional[float] = ..., running_cost_eur_per_hour: _Optional[float] = ..., ramp_up_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ramp_down_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., start_ramp_ratio: _Optional[float] = ..., stop_ramp_ratio: _Optional[float] = ..., load_initially_ratio: _Optional[float] = ..., standby_power: _Optional[float] = ..., warm_start_cost_eur: _Optional[float] = ..., standby_initially: _Optional[bool] = ..., heat_bus: _Optional[str] = ..., owner: _Optional[str] = ..., heat_efficiency: _Optional[float] = ..., part_load: _Optional[_Iterable[_Union[PartLoadPoint, _Mapping]]] = ..., cost: _Optional[float] = ..., ramps_bind_starts: _Optional[bool] = ..., always_on: _Optional[bool] = ...) -> None: ...

class FuelCell(_message.Message):
    __slots__ = ("id", "hydrogen_bus", "electricity_bus", "hydrogen_max", "electric_efficiency", "switchable", "minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours", "on_initially", "hours_in_state_initially", "start_costs", "stop_cost_eur", "running_cost_eur_per_hour", "ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour", "start_ramp_ratio", "stop_ramp_ratio", "load_initially_ratio", "standby_power", "warm_start_cost_eur", "standby_initially", "heat_bus", "owner", "heat_efficiency", "part_load", "cost", "ramps_bind_starts", "always_on")
    ID_FIELD_NUMBER: _ClassVar[int]
    HYDROGEN_BUS_FIELD_NUMBER: _ClassVar[int]
    ELECTRICITY_BUS_FIELD_NUMBER: _ClassVar[int]
    HYDROGEN_MAX_FIELD_NUMBER: _ClassVar[int]
    ELECTRIC_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_LOAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_UP_HOURS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DOWN_HOURS_FIELD_NUMBER: _ClassVar[int]
    ON_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HOURS_IN_STATE_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    START_COSTS_FIELD_NUMBER: _ClassVar[int]
    STOP_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    RUNNING_COST_EUR_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_UP_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    START_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOAD_INITIALLY_RATIO_FIELD_NUMBER: _ClassVar[int]
    STANDBY_POWER_FIELD_NUMBER: _ClassVar[int]
    WARM_START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    STANDBY_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HEAT_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    HEAT_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    PART_LOAD_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    RAMPS_BIND_STARTS_FIELD_NUMBER: _ClassVar[int]
    ALWAYS_ON_FIELD_NUMBER: _ClassVar[int]
    id: str
    hydrogen_bus: str
    electricity_bus: str
    hydrogen_max: float
    electric_efficiency: float
    switchable: bool
    minimum_load_ratio: float
    start_cost_eur: float
    minimum_up_hours: float
    minimum_down_hours: float
    on_initially: bool
    hours_in_state_initially: float
    start_costs: _containers.RepeatedCompositeFieldContainer[StartTier]
    stop_cost_eur: float
    running_cost_eur_per_hour: float
    ramp_up_ratio_per_hour: _series_pb2.Series
    ramp_down_ratio_per_hour: _series_pb2.Series
    start_ramp_ratio: float
    stop_ramp_ratio: float
    load_initially_ratio: float
    standby_power: float
    warm_start_cost_eur: float
    standby_initially: bool
    heat_bus: str
    owner: str
    heat_efficiency: float
    part_load: _containers.RepeatedCompositeFieldContainer[PartLoadPoint]
    cost: float
    ramps_bind_starts: bool
    always_on: bool
    def __init__(self, id: _Optional[str] = ..., hydrogen_bus: _Optional[str] = ..., electricity_bus: _Optional[str] = ..., hydrogen_max: _Optional[float] = ..., electric_efficiency: _Optional[float] = ..., switchable: _Optional[bool] = ..., minimum_load_ratio: _Optional[float] = ..., start_cost_eur: _Optional[float] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., on_initially: _Optional[bool] = ..., hours_in_state_initially: _Optional[float] = ..., start_costs: _Optional[_Iterable[_Union[StartTier, _Mapping]]] = ..., stop_cost_eur: _Optional[float] = ..., running_cost_eur_per_hour: _Optional[float] = ..., ramp_up_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ramp_down_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., start_ramp_ratio: _Optional[float] = ..., stop_ramp_ratio: _Optional[float] = ..., load_initially_ratio: _Optional[float] = ..., standby_power: _Optional[float] = ..., warm_start_cost_eur: _Optional[float] = ..., standby_initially: _Optional[bool] = ..., heat_bus: _Optional[str] = ..., owner: _Optional[str] = ..., heat_efficiency: _Optional[float] = ..., part_load: _Optional[_Iterable[_Union[PartLoadPoint, _Mapping]]] = ..., cost: _Optional[float] = ..., ramps_bind_starts: _Optional[bool] = ..., always_on: _Optional[bool] = ...) -> None: ...

class Battery(_message.Message):
    __slots__ = ("id", "bus", "owner", "charge_max", "discharge_max", "energy_max", "energy_min", "energy_start", "energy_end", "charge_efficiency", "discharge_efficiency", "standing_loss_per_hour", "discharge_cost", "energy_end_min", "final_values", "charge_limits", "discharge_limits", "cycle_costs", "calendar_cost_eur_per_mwh_hour")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    CHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MAX_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MIN_FIELD_NUMBER: _ClassVar[int]
    ENERGY_START_FIELD_NUMBER: _ClassVar[int]
    ENERGY_END_FIELD_NUMBER: _ClassVar[int]
    CHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    STANDING_LOSS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_COST_FIELD_NUMBER: _ClassVar[int]
    ENERGY_END_MIN_FIELD_NUMBER: _ClassVar[int]
    FINAL_VALUES_FIELD_NUMBER: _ClassVar[int]
    CHARGE_LIMITS_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_LIMITS_FIELD_NUMBER: _ClassVar[int]
    CYCLE_COSTS_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_COST_EUR_PER_MWH_HOUR_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    charge_max: float
    discharge_max: float
    energy_max: float
    energy_min: float
    energy_start: float
    energy_end: float
    charge_efficiency: float
    discharge_efficiency: float
    standing_loss_per_hour: float
    discharge_cost: float
    energy_end_min: float
    final_values: _containers.RepeatedCompositeFieldContainer[FinalValue]
    charge_limits: _containers.RepeatedCompositeFieldContainer[PowerLimit]
    discharge_limits: _containers.RepeatedCompositeFieldContainer[PowerLimit]
    cycle_costs: _containers.RepeatedCompositeFieldContainer[CycleCost]
    calendar_cost_eur_per_mwh_hour: float
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., charge_max: _Optional[float] = ..., discharge_max: _Optional[float] = ..., energy_max: _Optional[float] = ..., energy_min: _Optional[float] = ..., energy_start: _Optional[float] = ..., energy_end: _Optional[float] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., standing_loss_per_hour: _Optional[float] = ..., discharge_cost: _Optional[float] = ..., energy_end_min: _Optional[float] = ..., final_values: _Optional[_Iterable[_Union[FinalValue, _Mapping]]] = ..., charge_limits: _Optional[_Iterable[_Union[PowerLimit, _Mapping]]] = ..., discharge_limits: _Optional[_Iterable[_Union[PowerLimit, _Mapping]]] = ..., cycle_costs: _Optional[_Iterable[_Union[CycleCost, _Mapping]]] = ..., calendar_cost_eur_per_mwh_hour: _Optional[float] = ...) -> None: ...

class HeatStore(_message.Message):
    __slots__ = ("id", "bus", "owner", "charge_max", "discharge_max", "energy_max", "energy_min", "energy_start", "energy_end", "charge_efficiency", "discharge_efficiency", "standing_loss_per_hour", "discharge_cost", "energy_end_min", "final_values")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    CHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MAX_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MIN_FIELD_NUMBER: _ClassVar[int]
    ENERGY_START_FIELD_NUMBER: _ClassVar[int]
    ENERGY_END_FIELD_NUMBER: _ClassVar[int]
    CHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    STANDING_LOSS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_COST_FIELD_NUMBER: _ClassVar[int]
    ENERGY_END_MIN_FIELD_NUMBER: _ClassVar[int]
    FINAL_VALUES_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    charge_max: float
    discharge_max: float
    energy_max: float
    energy_min: float
    energy_start: float
    energy_end: float
    charge_efficiency: float
    discharge_efficiency: float
    standing_loss_per_hour: float
    discharge_cost: float
    energy_end_min: float
    final_values: _containers.RepeatedCompositeFieldContainer[FinalValue]
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., charge_max: _Optional[float] = ..., discharge_max: _Optional[float] = ..., energy_max: _Optional[float] = ..., energy_min: _Optional[float] = ..., energy_start: _Optional[float] = ..., energy_end: _Optional[float] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., standing_loss_per_hour: _Optional[float] = ..., discharge_cost: _Optional[float] = ..., energy_end_min: _Optional[float] = ..., final_values: _Optional[_Iterable[_Union[FinalValue, _Mapping]]] = ...) -> None: ...

class FinalValue(_message.Message):
    __slots__ = ("energy", "value")
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    energy: float
    value: float
    def __init__(self, energy: _Optional[float] = ..., value: _Optional[float] = ...) -> None: ...

class PowerLimit(_message.Message):
    __slots__ = ("energy_ratio", "power_ratio")
    ENERGY_RATIO_FIELD_NUMBER: _ClassVar[int]
    POWER_RATIO_FIELD_NUMBER: _ClassVar[int]
    energy_ratio: float
    power_ratio: float
    def __init__(self, energy_ratio: _Optional[float] = ..., power_ratio: _Optional[float] = ...) -> None: ...

class CycleCost(_message.Message):
    __slots__ = ("depth_ratio", "cost")
    DEPTH_RATIO_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    depth_ratio: float
    cost: float
    def __init__(self, depth_ratio: _Optional[float] = ..., cost: _Optional[float] = ...) -> None: ...

class Store(_message.Message):
    __slots__ = ("id", "bus", "owner", "charge_max", "discharge_max", "energy_max", "energy_min", "energy_fixed", "energy_start", "energy_end", "energy_end_min", "cyclic", "final_values", "standing_loss_per_hour", "charge_efficiency", "discharge_efficiency", "allow_both", "inflow", "spill_max", "spill_cost", "charge_cost", "discharge_cost", "holding_cost_eur_per_mwh_hour", "energy_capacity_cost", "energy_capacity_min", "power_capacity_cost_eur_per_mw", "power_capacity_min", "one_size", "discharge_cost_segments", "charge_min", "discharge_min")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    CHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MAX_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MIN_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIXED_FIELD_NUMBER: _ClassVar[int]
    ENERGY_START_FIELD_NUMBER: _ClassVar[int]
    ENERGY_END_FIELD_NUMBER: _ClassVar[int]
    ENERGY_END_MIN_FIELD_NUMBER: _ClassVar[int]
    CYCLIC_FIELD_NUMBER: _ClassVar[int]
    FINAL_VALUES_FIELD_NUMBER: _ClassVar[int]
    STANDING_LOSS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    CHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    ALLOW_BOTH_FIELD_NUMBER: _ClassVar[int]
    INFLOW_FIELD_NUMBER: _ClassVar[int]
    SPILL_MAX_FIELD_NUMBER: _ClassVar[int]
    SPILL_COST_FIELD_NUMBER: _ClassVar[int]
    CHARGE_COST_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_COST_FIELD_NUMBER: _ClassVar[int]
    HOLDING_COST_EUR_PER_MWH_HOUR_FIELD_NUMBER: _ClassVar[int]
    ENERGY_CAPACITY_COST_FIELD_NUMBER: _ClassVar[int]
    ENERGY_CAPACITY_MIN_FIELD_NUMBER: _ClassVar[int]
    POWER_CAPACITY_COST_EUR_PER_MW_FIELD_NUMBER: _ClassVar[int]
    POWER_CAPACITY_MIN_FIELD_NUMBER: _ClassVar[int]
    ONE_SIZE_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_COST_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    CHARGE_MIN_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_MIN_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    charge_max: _series_pb2.Series
    discharge_max: _series_pb2.Series
    energy_max: _series_pb2.Series
    energy_min: _series_pb2.Series
    energy_fixed: _series_pb2.Series
    energy_start: float
    energy_end: float
    energy_end_min: float
    cyclic: bool
    final_values: _containers.RepeatedCompositeFieldContainer[FinalValue]
    standing_loss_per_hour: float
    charge_efficiency: float
    discharge_efficiency: float
    allow_both: bool
    inflow: _series_pb2.Series
    spill_max: _series_pb2.Series
    spill_cost: float
    charge_cost: float
    discharge_cost: float
    holding_cost_eur_per_mwh_hour: float
    energy_capacity_cost: float
    energy_capacity_min: float
    power_capacity_cost_eur_per_mw: float
    power_capacity_min: float
    one_size: bool
    discharge_cost_segments: _containers.RepeatedCompositeFieldContainer[DischargeCostSegment]
    charge_min: _series_pb2.Series
    discharge_min: _series_pb2.Series
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., charge_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., discharge_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., energy_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., energy_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., energy_fixed: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., energy_start: _Optional[float] = ..., energy_end: _Optional[float] = ..., energy_end_min: _Optional[float] = ..., cyclic: _Optional[bool] = ..., final_values: _Optional[_Iterable[_Union[FinalValue, _Mapping]]] = ..., standing_loss_per_hour: _Optional[float] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., allow_both: _Optional[bool] = ..., inflow: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., spill_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., spill_cost: _Optional[float] = ..., charge_cost: _Optional[float] = ..., discharge_cost: _Optional[float] = ..., holding_cost_eur_per_mwh_hour: _Optional[float] = ..., energy_capacity_cost: _Optional[float] = ..., energy_capacity_min: _Optional[float] = ..., power_capacity_cost_eur_per_mw: _Optional[float] = ..., power_capacity_min: _Optional[float] = ..., one_size: _Optional[bool] = ..., discharge_cost_segments: _Optional[_Iterable[_Union[DischargeCostSegment, _Mapping]]] = ..., charge_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., discharge_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ...) -> None: ...

class DischargeCostSegment(_message.Message):
    __slots__ = ("discharge", "cost")
    DISCHARGE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    discharge: float
    cost: float
    def __init__(self, discharge: _Optional[float] = ..., cost: _Optional[float] = ...) -> None: ...

class StratifiedStore(_message.Message):
    __slots__ = ("id", "bus", "owner", "charge_max", "discharge_max", "temperature_hot_c", "temperature_cold_c", "temperature_ambient_c", "diameter_m", "height_m", "u_value_w_per_m2_k", "heat_capacity_kwh_per_m3_k", "energy_max", "standing_loss_per_hour", "fixed_loss_per_hour", "fixed_loss", "level_min_ratio", "level_max_ratio", "level_start_ratio", "level_end_ratio", "cyclic", "final_values", "charge_efficiency", "discharge_efficiency", "discharge_cost")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    CHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_HOT_C_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_COLD_C_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_AMBIENT_C_FIELD_NUMBER: _ClassVar[int]
    DIAMETER_M_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_M_FIELD_NUMBER: _ClassVar[int]
    U_VALUE_W_PER_M2_K_FIELD_NUMBER: _ClassVar[int]
    HEAT_CAPACITY_KWH_PER_M3_K_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MAX_FIELD_NUMBER: _ClassVar[int]
    STANDING_LOSS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    FIXED_LOSS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    FIXED_LOSS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_MIN_RATIO_FIELD_NUMBER: _ClassVar[int]
    LEVEL_MAX_RATIO_FIELD_NUMBER: _ClassVar[int]
    LEVEL_START_RATIO_FIELD_NUMBER: _ClassVar[int]
    LEVEL_END_RATIO_FIELD_NUMBER: _ClassVar[int]
    CYCLIC_FIELD_NUMBER: _ClassVar[int]
    FINAL_VALUES_FIELD_NUMBER: _ClassVar[int]
    CHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_COST_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    charge_max: float
    discharge_max: float
    temperature_hot_c: float
    temperature_cold_c: float
    temperature_ambient_c: _series_pb2.Series
    diameter_m: float
    height_m: float
    u_value_w_per_m2_k: float
    heat_capacity_kwh_per_m3_k: float
    energy_max: float
    standing_loss_per_hour: float
    fixed_loss_per_hour: float
    fixed_loss: float
    level_min_ratio: float
    level_max_ratio: float
    level_start_ratio: float
    level_end_ratio: float
    cyclic: bool
    final_values: _containers.RepeatedCompositeFieldContainer[FinalValue]
    charge_efficiency: float
    discharge_efficiency: float
    discharge_cost: float
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., charge_max: _Optional[float] = ..., discharge_max: _Optional[float] = ..., temperature_hot_c: _Optional[float] = ..., temperature_cold_c: _Optional[float] = ..., temperature_ambient_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., diameter_m: _Optional[float] = ..., height_m: _Optional[float] = ..., u_value_w_per_m2_k: _Optional[float] = ..., heat_capacity_kwh_per_m3_k: _Optional[float] = ..., energy_max: _Optional[float] = ..., standing_loss_per_hour: _Optional[float] = ..., fixed_loss_per_hour: _Optional[float] = ..., fixed_loss: _Optional[float] = ..., level_min_ratio: _Optional[float] = ..., level_max_ratio: _Optional[float] = ..., level_start_ratio: _Optional[float] = ..., level_end_ratio: _Optional[float] = ..., cyclic: _Optional[bool] = ..., final_values: _Optional[_Iterable[_Union[FinalValue, _Mapping]]] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., discharge_cost: _Optional[float] = ...) -> None: ...

class Building(_message.Message):
    __slots__ = ("id", "heat_bus", "cooling_bus", "owner", "heat_max", "cool_max", "capacity_mwh_per_k", "resistance_k_per_mw", "envelope_capacity_mwh_per_k", "indoor_envelope_resistance_k_per_mw", "envelope_outdoor_resistance_k_per_mw", "temperature_start_c", "envelope_temperature_start_c", "outdoor_temperature_c", "solar_gains", "solar_envelope_ratio", "internal_gains", "temperature_min_c", "temperature_max_c", "discomfort_cost_eur_per_c_hour")
    ID_FIELD_NUMBER: _ClassVar[int]
    HEAT_BUS_FIELD_NUMBER: _ClassVar[int]
    COOLING_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    HEAT_MAX_FIELD_NUMBER: _ClassVar[int]
    COOL_MAX_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_MWH_PER_K_FIELD_NUMBER: _ClassVar[int]
    RESISTANCE_K_PER_MW_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_CAPACITY_MWH_PER_K_FIELD_NUMBER: _ClassVar[int]
    INDOOR_ENVELOPE_RESISTANCE_K_PER_MW_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_OUTDOOR_RESISTANCE_K_PER_MW_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_START_C_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_TEMPERATURE_START_C_FIELD_NUMBER: _ClassVar[int]
    OUTDOOR_TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    SOLAR_GAINS_FIELD_NUMBER: _ClassVar[int]
    SOLAR_ENVELOPE_RATIO_FIELD_NUMBER: _ClassVar[int]
    INTERNAL_GAINS_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_MIN_C_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_MAX_C_FIELD_NUMBER: _ClassVar[int]
    DISCOMFORT_COST_EUR_PER_C_HOUR_FIELD_NUMBER: _ClassVar[int]
    id: str
    heat_bus: str
    cooling_bus: str
    owner: str
    heat_max: _series_pb2.Series
    cool_max: _series_pb2.Series
    capacity_mwh_per_k: float
    resistance_k_per_mw: float
    envelope_capacity_mwh_per_k: float
    indoor_envelope_resistance_k_per_mw: float
    envelope_outdoor_resistance_k_per_mw: float
    temperature_start_c: float
    envelope_temperature_start_c: float
    outdoor_temperature_c: _series_pb2.Series
    solar_gains: _series_pb2.Series
    solar_envelope_ratio: float
    internal_gains: _series_pb2.Series
    temperature_min_c: _series_pb2.Series
    temperature_max_c: _series_pb2.Series
    discomfort_cost_eur_per_c_hour: float
    def __init__(self, id: _Optional[str] = ..., heat_bus: _Optional[str] = ..., cooling_bus: _Optional[str] = ..., owner: _Optional[str] = ..., heat_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., cool_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., capacity_mwh_per_k: _Optional[float] = ..., resistance_k_per_mw: _Optional[float] = ..., envelope_capacity_mwh_per_k: _Optional[float] = ..., indoor_envelope_resistance_k_per_mw: _Optional[float] = ..., envelope_outdoor_resistance_k_per_mw: _Optional[float] = ..., temperature_start_c: _Optional[float] = ..., envelope_temperature_start_c: _Optional[float] = ..., outdoor_temperature_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., solar_gains: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., solar_envelope_ratio: _Optional[float] = ..., internal_gains: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., temperature_min_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., temperature_max_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., discomfort_cost_eur_per_c_hour: _Optional[float] = ...) -> None: ...

class EvSession(_message.Message):
    __slots__ = ("id", "bus", "owner", "arrival", "departure", "energy_needed", "energy_start", "energy_max", "charge_max", "discharge_max", "charge_efficiency", "discharge_efficiency", "discharge_cost", "unserved_value", "soc_departure_ratio", "charge_min", "charge_steps", "charge_limit", "throughput_max", "energy_v2g_min", "count")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_FIELD_NUMBER: _ClassVar[int]
    DEPARTURE_FIELD_NUMBER: _ClassVar[int]
    ENERGY_NEEDED_FIELD_NUMBER: _ClassVar[int]
    ENERGY_START_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MAX_FIELD_NUMBER: _ClassVar[int]
    CHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_MAX_FIELD_NUMBER: _ClassVar[int]
    CHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_COST_FIELD_NUMBER: _ClassVar[int]
    UNSERVED_VALUE_FIELD_NUMBER: _ClassVar[int]
    SOC_DEPARTURE_RATIO_FIELD_NUMBER: _ClassVar[int]
    CHARGE_MIN_FIELD_NUMBER: _ClassVar[int]
    CHARGE_STEPS_FIELD_NUMBER: _ClassVar[int]
    CHARGE_LIMIT_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_MAX_FIELD_NUMBER: _ClassVar[int]
    ENERGY_V2G_MIN_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    arrival: _timestamp_pb2.Timestamp
    departure: _timestamp_pb2.Timestamp
    energy_needed: float
    energy_start: float
    energy_max: float
    charge_max: float
    discharge_max: float
    charge_efficiency: float
    discharge_efficiency: float
    discharge_cost: float
    unserved_value: float
    soc_departure_ratio: float
    charge_min: float
    charge_steps: _containers.RepeatedCompositeFieldContainer[ChargeStep]
    charge_limit: _series_pb2.Series
    throughput_max: float
    energy_v2g_min: float
    count: int
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., arrival: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., departure: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., energy_needed: _Optional[float] = ..., energy_start: _Optional[float] = ..., energy_max: _Optional[float] = ..., charge_max: _Optional[float] = ..., discharge_max: _Optional[float] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., discharge_cost: _Optional[float] = ..., unserved_value: _Optional[float] = ..., soc_departure_ratio: _Optional[float] = ..., charge_min: _Optional[float] = ..., charge_steps: _Optional[_Iterable[_Union[ChargeStep, _Mapping]]] = ..., charge_limit: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., throughput_max: _Optional[float] = ..., energy_v2g_min: _Optional[float] = ..., count: _Optional[int] = ...) -> None: ...

class ChargeStep(_message.Message):
    __slots__ = ("power",)
    POWER_FIELD_NUMBER: _ClassVar[int]
    power: float
    def __init__(self, power: _Optional[float] = ...) -> None: ...

class ChargingSite(_message.Message):
    __slots__ = ("id", "members", "site", "plugs", "swaps", "power_max")
    ID_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    PLUGS_FIELD_NUMBER: _ClassVar[int]
    SWAPS_FIELD_NUMBER: _ClassVar[int]
    POWER_MAX_FIELD_NUMBER: _ClassVar[int]
    id: str
    members: _containers.RepeatedScalarFieldContainer[str]
    site: str
    plugs: int
    swaps: bool
    power_max: _series_pb2.Series
    def __init__(self, id: _Optional[str] = ..., members: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., plugs: _Optional[int] = ..., swaps: _Optional[bool] = ..., power_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ...) -> None: ...

class Tie(_message.Message):
    __slots__ = ("id", "from_bus", "to_bus", "owner", "forward_max", "backward_max", "loss_ratio", "fee", "forward_min", "backward_min", "backward_loss_ratio", "loss_fixed", "loss_segments", "backward_fee", "ramp_max_mw_per_hour", "flow_before")
    ID_FIELD_NUMBER: _ClassVar[int]
    FROM_BUS_FIELD_NUMBER: _ClassVar[int]
    TO_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    FORWARD_MAX_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_MAX_FIELD_NUMBER: _ClassVar[int]
    LOSS_RATIO_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    FORWARD_MIN_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_MIN_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_LOSS_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIXED_FIELD_NUMBER: _ClassVar[int]
    LOSS_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_FEE_FIELD_NUMBER: _ClassVar[int]
    RAMP_MAX_MW_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    FLOW_BEFORE_FIELD_NUMBER: _ClassVar[int]
    id: str
    from_bus: str
    to_bus: str
    owner: str
    forward_max: _series_pb2.Series
    backward_max: _series_pb2.Series
    loss_ratio: float
    fee: float
    forward_min: _series_pb2.Series
    backward_min: _series_pb2.Series
    backward_loss_ratio: float
    loss_fixed: float
    loss_segments: _containers.RepeatedCompositeFieldContainer[LossSegment]
    backward_fee: float
    ramp_max_mw_per_hour: float
    flow_before: float
    def __init__(self, id: _Optional[str] = ..., from_bus: _Optional[str] = ..., to_bus: _Optional[str] = ..., owner: _Optional[str] = ..., forward_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., backward_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., loss_ratio: _Optional[float] = ..., fee: _Optional[float] = ..., forward_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., backward_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., backward_loss_ratio: _Optional[float] = ..., loss_fixed: _Optional[float] = ..., loss_segments: _Optional[_Iterable[_Union[LossSegment, _Mapping]]] = ..., backward_fee: _Optional[float] = ..., ramp_max_mw_per_hour: _Optional[float] = ..., flow_before: _Optional[float] = ...) -> None: ...

class LossSegment(_message.Message):
    __slots__ = ("flow", "loss_ratio")
    FLOW_FIELD_NUMBER: _ClassVar[int]
    LOSS_RATIO_FIELD_NUMBER: _ClassVar[int]
    flow: float
    loss_ratio: float
    def __init__(self, flow: _Optional[float] = ..., loss_ratio: _Optional[float] = ...) -> None: ...

class Line(_message.Message):
    __slots__ = ("id", "from_bus", "to_bus", "owner", "resistance_pu", "reactance_pu", "susceptance_pu", "conductance_pu", "tap_ratio", "phase_shift_deg", "limit", "emergency_limit", "overload_price", "angle_min_deg", "angle_max_deg", "in_service", "switchable", "phase_shift_min_deg", "phase_shift_max_deg", "tap_min_ratio", "tap_max_ratio", "tap_positions")
    ID_FIELD_NUMBER: _ClassVar[int]
    FROM_BUS_FIELD_NUMBER: _ClassVar[int]
    TO_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    RESISTANCE_PU_FIELD_NUMBER: _ClassVar[int]
    REACTANCE_PU_FIELD_NUMBER: _ClassVar[int]
    SUSCEPTANCE_PU_FIELD_NUMBER: _ClassVar[int]
    CONDUCTANCE_PU_FIELD_NUMBER: _ClassVar[int]
    TAP_RATIO_FIELD_NUMBER: _ClassVar[int]
    PHASE_SHIFT_DEG_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    EMERGENCY_LIMIT_FIELD_NUMBER: _ClassVar[int]
    OVERLOAD_PRICE_FIELD_NUMBER: _ClassVar[int]
    ANGLE_MIN_DEG_FIELD_NUMBER: _ClassVar[int]
    ANGLE_MAX_DEG_FIELD_NUMBER: _ClassVar[int]
    IN_SERVICE_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    PHASE_SHIFT_MIN_DEG_FIELD_NUMBER: _ClassVar[int]
    PHASE_SHIFT_MAX_DEG_FIELD_NUMBER: _ClassVar[int]
    TAP_MIN_RATIO_FIELD_NUMBER: _ClassVar[int]
    TAP_MAX_RATIO_FIELD_NUMBER: _ClassVar[int]
    TAP_POSITIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    from_bus: str
    to_bus: str
    owner: str
    resistance_pu: float
    reactance_pu: float
    susceptance_pu: float
    conductance_pu: float
    tap_ratio: float
    phase_shift_deg: float
    limit: _series_pb2.Series
    emergency_limit: _series_pb2.Series
    overload_price: float
    angle_min_deg: float
    angle_max_deg: float
    in_service: bool
    switchable: bool
    phase_shift_min_deg: float
    phase_shift_max_deg: float
    tap_min_ratio: float
    tap_max_ratio: float
    tap_positions: int
    def __init__(self, id: _Optional[str] = ..., from_bus: _Optional[str] = ..., to_bus: _Optional[str] = ..., owner: _Optional[str] = ..., resistance_pu: _Optional[float] = ..., reactance_pu: _Optional[float] = ..., susceptance_pu: _Optional[float] = ..., conductance_pu: _Optional[float] = ..., tap_ratio: _Optional[float] = ..., phase_shift_deg: _Optional[float] = ..., limit: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., emergency_limit: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., overload_price: _Optional[float] = ..., angle_min_deg: _Optional[float] = ..., angle_max_deg: _Optional[float] = ..., in_service: _Optional[bool] = ..., switchable: _Optional[bool] = ..., phase_shift_min_deg: _Optional[float] = ..., phase_shift_max_deg: _Optional[float] = ..., tap_min_ratio: _Optional[float] = ..., tap_max_ratio: _Optional[float] = ..., tap_positions: _Optional[int] = ...) -> None: ...

class Shunt(_message.Message):
    __slots__ = ("id", "bus", "owner", "conductance", "susceptance_mvar", "steps")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    CONDUCTANCE_FIELD_NUMBER: _ClassVar[int]
    SUSCEPTANCE_MVAR_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    conductance: float
    susceptance_mvar: float
    steps: int
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., conductance: _Optional[float] = ..., susceptance_mvar: _Optional[float] = ..., steps: _Optional[int] = ...) -> None: ...

class Contingency(_message.Message):
    __slots__ = ("id", "lines")
    ID_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    id: str
    lines: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., lines: _Optional[_Iterable[str]] = ...) -> None: ...

class Interface(_message.Message):
    __slots__ = ("id", "lines", "forward_max", "backward_max", "overload_price")
    ID_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    FORWARD_MAX_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_MAX_FIELD_NUMBER: _ClassVar[int]
    OVERLOAD_PRICE_FIELD_NUMBER: _ClassVar[int]
    id: str
    lines: _containers.RepeatedCompositeFieldContainer[InterfaceLine]
    forward_max: _series_pb2.Series
    backward_max: _series_pb2.Series
    overload_price: float
    def __init__(self, id: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[InterfaceLine, _Mapping]]] = ..., forward_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., backward_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., overload_price: _Optional[float] = ...) -> None: ...

class InterfaceLine(_message.Message):
    __slots__ = ("line", "ratio")
    LINE_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    line: str
    ratio: float
    def __init__(self, line: _Optional[str] = ..., ratio: _Optional[float] = ...) -> None: ...

class Reactive(_message.Message):
    __slots__ = ("id", "member", "bus", "ratio", "reactive_min_mvar", "reactive_max_mvar", "apparent_max_mva", "capability")
    ID_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    REACTIVE_MIN_MVAR_FIELD_NUMBER: _ClassVar[int]
    REACTIVE_MAX_MVAR_FIELD_NUMBER: _ClassVar[int]
    APPARENT_MAX_MVA_FIELD_NUMBER: _ClassVar[int]
    CAPABILITY_FIELD_NUMBER: _ClassVar[int]
    id: str
    member: str
    bus: str
    ratio: float
    reactive_min_mvar: _series_pb2.Series
    reactive_max_mvar: _series_pb2.Series
    apparent_max_mva: float
    capability: _containers.RepeatedCompositeFieldContainer[CapabilityPoint]
    def __init__(self, id: _Optional[str] = ..., member: _Optional[str] = ..., bus: _Optional[str] = ..., ratio: _Optional[float] = ..., reactive_min_mvar: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., reactive_max_mvar: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., apparent_max_mva: _Optional[float] = ..., capability: _Optional[_Iterable[_Union[CapabilityPoint, _Mapping]]] = ...) -> None: ...

class CapabilityPoint(_message.Message):
    __slots__ = ("power", "reactive_min_mvar", "reactive_max_mvar")
    POWER_FIELD_NUMBER: _ClassVar[int]
    REACTIVE_MIN_MVAR_FIELD_NUMBER: _ClassVar[int]
    REACTIVE_MAX_MVAR_FIELD_NUMBER: _ClassVar[int]
    power: float
    reactive_min_mvar: float
    reactive_max_mvar: float
    def __init__(self, power: _Optional[float] = ..., reactive_min_mvar: _Optional[float] = ..., reactive_max_mvar: _Optional[float] = ...) -> None: ...

class FlowBasedConstraint(_message.Message):
    __slots__ = ("id", "hub", "owner", "zones", "ram", "ram_backward", "overload_price")
    ID_FIELD_NUMBER: _ClassVar[int]
    HUB_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    ZONES_FIELD_NUMBER: _ClassVar[int]
    RAM_FIELD_NUMBER: _ClassVar[int]
    RAM_BACKWARD_FIELD_NUMBER: _ClassVar[int]
    OVERLOAD_PRICE_FIELD_NUMBER: _ClassVar[int]
    id: str
    hub: str
    owner: str
    zones: _containers.RepeatedCompositeFieldContainer[FlowBasedZone]
    ram: _series_pb2.Series
    ram_backward: _series_pb2.Series
    overload_price: float
    def __init__(self, id: _Optional[str] = ..., hub: _Optional[str] = ..., owner: _Optional[str] = ..., zones: _Optional[_Iterable[_Union[FlowBasedZone, _Mapping]]] = ..., ram: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ram_backward: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., overload_price: _Optional[float] = ...) -> None: ...

class FlowBasedZone(_message.Message):
    __slots__ = ("bus", "ptdf_ratio")
    BUS_FIELD_NUMBER: _ClassVar[int]
    PTDF_RATIO_FIELD_NUMBER: _ClassVar[int]
    bus: str
    ptdf_ratio: _series_pb2.Series
    def __init__(self, bus: _Optional[str] = ..., ptdf_ratio: _Optional[_Union[_series_pb2.Series, _Mapping]] = ...) -> None: ...

class HeatPipe(_message.Message):
    __slots__ = ("id", "from_bus", "to_bus", "owner", "forward_max", "backward_max", "mass_flow_max_kg_per_s", "supply_temperature_c", "return_temperature_c", "ground_temperature_c", "transmittance_w_per_m_k", "length_m", "delay_hours", "cyclic", "content_start", "content_end_min", "switchable", "fee")
    ID_FIELD_NUMBER: _ClassVar[int]
    FROM_BUS_FIELD_NUMBER: _ClassVar[int]
    TO_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    FORWARD_MAX_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_MAX_FIELD_NUMBER: _ClassVar[int]
    MASS_FLOW_MAX_KG_PER_S_FIELD_NUMBER: _ClassVar[int]
    SUPPLY_TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    RETURN_TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    GROUND_TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    TRANSMITTANCE_W_PER_M_K_FIELD_NUMBER: _ClassVar[int]
    LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    DELAY_HOURS_FIELD_NUMBER: _ClassVar[int]
    CYCLIC_FIELD_NUMBER: _ClassVar[int]
    CONTENT_START_FIELD_NUMBER: _ClassVar[int]
    CONTENT_END_MIN_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    id: str
    from_bus: str
    to_bus: str
    owner: str
    forward_max: _series_pb2.Series
    backward_max: _series_pb2.Series
    mass_flow_max_kg_per_s: float
    supply_temperature_c: _series_pb2.Series
    return_temperature_c: _series_pb2.Series
    ground_temperature_c: _series_pb2.Series
    transmittance_w_per_m_k: float
    length_m: float
    delay_hours: float
    cyclic: bool
    content_start: float
    content_end_min: float
    switchable: bool
    fee: float
    def __init__(self, id: _Optional[str] = ..., from_bus: _Optional[str] = ..., to_bus: _Optional[str] = ..., owner: _Optional[str] = ..., forward_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., backward_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., mass_flow_max_kg_per_s: _Optional[float] = ..., supply_temperature_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., return_temperature_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ground_temperature_c: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., transmittance_w_per_m_k: _Optional[float] = ..., length_m: _Optional[float] = ..., delay_hours: _Optional[float] = ..., cyclic: _Optional[bool] = ..., content_start: _Optional[float] = ..., content_end_min: _Optional[float] = ..., switchable: _Optional[bool] = ..., fee: _Optional[float] = ...) -> None: ...

class GasPipe(_message.Message):
    __slots__ = ("id", "from_bus", "to_bus", "owner", "inflow_max", "outflow_max", "inflow_min", "outflow_min", "linepack_max", "linepack_min", "linepack_start", "linepack_end", "linepack_end_min", "cyclic", "compressor_ratio", "compressor_bus", "fee")
    ID_FIELD_NUMBER: _ClassVar[int]
    FROM_BUS_FIELD_NUMBER: _ClassVar[int]
    TO_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    INFLOW_MAX_FIELD_NUMBER: _ClassVar[int]
    OUTFLOW_MAX_FIELD_NUMBER: _ClassVar[int]
    INFLOW_MIN_FIELD_NUMBER: _ClassVar[int]
    OUTFLOW_MIN_FIELD_NUMBER: _ClassVar[int]
    LINEPACK_MAX_FIELD_NUMBER: _ClassVar[int]
    LINEPACK_MIN_FIELD_NUMBER: _ClassVar[int]
    LINEPACK_START_FIELD_NUMBER: _ClassVar[int]
    LINEPACK_END_FIELD_NUMBER: _ClassVar[int]
    LINEPACK_END_MIN_FIELD_NUMBER: _ClassVar[int]
    CYCLIC_FIELD_NUMBER: _ClassVar[int]
    COMPRESSOR_RATIO_FIELD_NUMBER: _ClassVar[int]
    COMPRESSOR_BUS_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    id: str
    from_bus: str
    to_bus: str
    owner: str
    inflow_max: _series_pb2.Series
    outflow_max: _series_pb2.Series
    inflow_min: _series_pb2.Series
    outflow_min: _series_pb2.Series
    linepack_max: _series_pb2.Series
    linepack_min: _series_pb2.Series
    linepack_start: float
    linepack_end: float
    linepack_end_min: float
    cyclic: bool
    compressor_ratio: float
    compressor_bus: str
    fee: float
    def __init__(self, id: _Optional[str] = ..., from_bus: _Optional[str] = ..., to_bus: _Optional[str] = ..., owner: _Optional[str] = ..., inflow_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., outflow_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., inflow_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., outflow_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., linepack_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., linepack_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., linepack_start: _Optional[float] = ..., linepack_end: _Optional[float] = ..., linepack_end_min: _Optional[float] = ..., cyclic: _Optional[bool] = ..., compressor_ratio: _Optional[float] = ..., compressor_bus: _Optional[str] = ..., fee: _Optional[float] = ...) -> None: ...

class Generator(_message.Message):
    __slots__ = ("id", "bus", "owner", "power_max", "power_min", "power_fixed", "power_max_ratio", "power_min_ratio", "cost_segments", "cost", "emissions_t_per_mwh", "energy_min", "energy_max", "switchable", "rated", "capacity_cost_eur_per_mw", "capacity_min", "capacity_max", "minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours", "on_initially", "hours_in_state_initially", "start_costs", "stop_cost_eur", "running_cost_eur_per_hour", "ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour", "start_ramp_ratio", "stop_ramp_ratio", "load_initially_ratio", "capacity_module", "start_load_min_ratio", "stop_load_min_ratio", "quadratic_cost_eur_per_mw2_hour", "fixed_cost_eur_per_hour", "ramps_bind_starts", "always_on", "segments_above_minimum")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    POWER_MAX_FIELD_NUMBER: _ClassVar[int]
    POWER_MIN_FIELD_NUMBER: _ClassVar[int]
    POWER_FIXED_FIELD_NUMBER: _ClassVar[int]
    POWER_MAX_RATIO_FIELD_NUMBER: _ClassVar[int]
    POWER_MIN_RATIO_FIELD_NUMBER: _ClassVar[int]
    COST_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    EMISSIONS_T_PER_MWH_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MIN_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MAX_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    RATED_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_COST_EUR_PER_MW_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_MIN_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_MAX_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_LOAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_UP_HOURS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DOWN_HOURS_FIELD_NUMBER: _ClassVar[int]
    ON_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HOURS_IN_STATE_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    START_COSTS_FIELD_NUMBER: _ClassVar[int]
    STOP_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    RUNNING_COST_EUR_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_UP_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    START_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOAD_INITIALLY_RATIO_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_MODULE_FIELD_NUMBER: _ClassVar[int]
    START_LOAD_MIN_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_LOAD_MIN_RATIO_FIELD_NUMBER: _ClassVar[int]
    QUADRATIC_COST_EUR_PER_MW2_HOUR_FIELD_NUMBER: _ClassVar[int]
    FIXED_COST_EUR_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMPS_BIND_STARTS_FIELD_NUMBER: _ClassVar[int]
    ALWAYS_ON_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_ABOVE_MINIMUM_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    power_max: _series_pb2.Series
    power_min: _series_pb2.Series
    power_fixed: _series_pb2.Series
    power_max_ratio: _series_pb2.Series
    power_min_ratio: _series_pb2.Series
    cost_segments: _containers.RepeatedCompositeFieldContainer[CostSegment]
    cost: _series_pb2.Series
    emissions_t_per_mwh: float
    energy_min: float
    energy_max: float
    switchable: bool
    rated: float
    capacity_cost_eur_per_mw: float
    capacity_min: float
    capacity_max: float
    minimum_load_ratio: float
    start_cost_eur: float
    minimum_up_hours: float
    minimum_down_hours: float
    on_initially: bool
    hours_in_state_initially: float
    start_costs: _containers.RepeatedCompositeFieldContainer[StartTier]
    stop_cost_eur: float
    running_cost_eur_per_hour: float
    ramp_up_ratio_per_hour: _series_pb2.Series
    ramp_down_ratio_per_hour: _series_pb2.Series
    start_ramp_ratio: float
    stop_ramp_ratio: float
    load_initially_ratio: float
    capacity_module: float
    start_load_min_ratio: _series_pb2.Series
    stop_load_min_ratio: _series_pb2.Series
    quadratic_cost_eur_per_mw2_hour: float
    fixed_cost_eur_per_hour: float
    ramps_bind_starts: bool
    always_on: bool
    segments_above_minimum: bool
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., power_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., power_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., power_fixed: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., power_max_ratio: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., power_min_ratio: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., cost_segments: _Optional[_Iterable[_Union[CostSegment, _Mapping]]] = ..., cost: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., emissions_t_per_mwh: _Optional[float] = ..., energy_min: _Optional[float] = ..., energy_max: _Optional[float] = ..., switchable: _Optional[bool] = ..., rated: _Optional[float] = ..., capacity_cost_eur_per_mw: _Optional[float] = ..., capacity_min: _Optional[float] = ..., capacity_max: _Optional[float] = ..., minimum_load_ratio: _Optional[float] = ..., start_cost_eur: _Optional[float] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., on_initially: _Optional[bool] = ..., hours_in_state_initially: _Optional[float] = ..., start_costs: _Optional[_Iterable[_Union[StartTier, _Mapping]]] = ..., stop_cost_eur: _Optional[float] = ..., running_cost_eur_per_hour: _Optional[float] = ..., ramp_up_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ramp_down_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., start_ramp_ratio: _Optional[float] = ..., stop_ramp_ratio: _Optional[float] = ..., load_initially_ratio: _Optional[float] = ..., capacity_module: _Optional[float] = ..., start_load_min_ratio: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., stop_load_min_ratio: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., quadratic_cost_eur_per_mw2_hour: _Optional[float] = ..., fixed_cost_eur_per_hour: _Optional[float] = ..., ramps_bind_starts: _Optional[bool] = ..., always_on: _Optional[bool] = ..., segments_above_minimum: _Optional[bool] = ...) -> None: ...

class CostSegment(_message.Message):
    __slots__ = ("power", "cost")
    POWER_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    power: float
    cost: float
    def __init__(self, power: _Optional[float] = ..., cost: _Optional[float] = ...) -> None: ...

class Converter(_message.Message):
    __slots__ = ("id", "input_bus", "outputs", "owner", "input_max", "input_min", "input_fixed", "input_max_ratio", "input_min_ratio", "cost", "emissions_t_per_mwh", "energy_min", "energy_max", "switchable", "rated", "capacity_cost_eur_per_mw", "capacity_min", "capacity_max", "minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours", "on_initially", "hours_in_state_initially", "start_costs", "stop_cost_eur", "running_cost_eur_per_hour", "ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour", "start_ramp_ratio", "stop_ramp_ratio", "load_initially_ratio", "capacity_module", "start_load_min_ratio", "stop_load_min_ratio", "cost_segments", "ramps_bind_starts", "always_on")
    ID_FIELD_NUMBER: _ClassVar[int]
    INPUT_BUS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    INPUT_MAX_FIELD_NUMBER: _ClassVar[int]
    INPUT_MIN_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIXED_FIELD_NUMBER: _ClassVar[int]
    INPUT_MAX_RATIO_FIELD_NUMBER: _ClassVar[int]
    INPUT_MIN_RATIO_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    EMISSIONS_T_PER_MWH_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MIN_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MAX_FIELD_NUMBER: _ClassVar[int]
    SWITCHABLE_FIELD_NUMBER: _ClassVar[int]
    RATED_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_COST_EUR_PER_MW_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_MIN_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_MAX_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_LOAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    START_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_UP_HOURS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DOWN_HOURS_FIELD_NUMBER: _ClassVar[int]
    ON_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    HOURS_IN_STATE_INITIALLY_FIELD_NUMBER: _ClassVar[int]
    START_COSTS_FIELD_NUMBER: _ClassVar[int]
    STOP_COST_EUR_FIELD_NUMBER: _ClassVar[int]
    RUNNING_COST_EUR_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_UP_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_RATIO_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    START_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_RAMP_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOAD_INITIALLY_RATIO_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_MODULE_FIELD_NUMBER: _ClassVar[int]
    START_LOAD_MIN_RATIO_FIELD_NUMBER: _ClassVar[int]
    STOP_LOAD_MIN_RATIO_FIELD_NUMBER: _ClassVar[int]
    COST_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    RAMPS_BIND_STARTS_FIELD_NUMBER: _ClassVar[int]
    ALWAYS_ON_FIELD_NUMBER: _ClassVar[int]
    id: str
    input_bus: str
    outputs: _containers.RepeatedCompositeFieldContainer[ConverterOutput]
    owner: str
    input_max: _series_pb2.Series
    input_min: _series_pb2.Series
    input_fixed: _series_pb2.Series
    input_max_ratio: _series_pb2.Series
    input_min_ratio: _series_pb2.Series
    cost: _series_pb2.Series
    emissions_t_per_mwh: float
    energy_min: float
    energy_max: float
    switchable: bool
    rated: float
    capacity_cost_eur_per_mw: float
    capacity_min: float
    capacity_max: float
    minimum_load_ratio: float
    start_cost_eur: float
    minimum_up_hours: float
    minimum_down_hours: float
    on_initially: bool
    hours_in_state_initially: float
    start_costs: _containers.RepeatedCompositeFieldContainer[StartTier]
    stop_cost_eur: float
    running_cost_eur_per_hour: float
    ramp_up_ratio_per_hour: _series_pb2.Series
    ramp_down_ratio_per_hour: _series_pb2.Series
    start_ramp_ratio: float
    stop_ramp_ratio: float
    load_initially_ratio: float
    capacity_module: float
    start_load_min_ratio: _series_pb2.Series
    stop_load_min_ratio: _series_pb2.Series
    cost_segments: _containers.RepeatedCompositeFieldContainer[InputCostSegment]
    ramps_bind_starts: bool
    always_on: bool
    def __init__(self, id: _Optional[str] = ..., input_bus: _Optional[str] = ..., outputs: _Optional[_Iterable[_Union[ConverterOutput, _Mapping]]] = ..., owner: _Optional[str] = ..., input_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., input_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., input_fixed: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., input_max_ratio: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., input_min_ratio: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., cost: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., emissions_t_per_mwh: _Optional[float] = ..., energy_min: _Optional[float] = ..., energy_max: _Optional[float] = ..., switchable: _Optional[bool] = ..., rated: _Optional[float] = ..., capacity_cost_eur_per_mw: _Optional[float] = ..., capacity_min: _Optional[float] = ..., capacity_max: _Optional[float] = ..., minimum_load_ratio: _Optional[float] = ..., start_cost_eur: _Optional[float] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., on_initially: _Optional[bool] = ..., hours_in_state_initially: _Optional[float] = ..., start_costs: _Optional[_Iterable[_Union[StartTier, _Mapping]]] = ..., stop_cost_eur: _Optional[float] = ..., running_cost_eur_per_hour: _Optional[float] = ..., ramp_up_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ramp_down_ratio_per_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., start_ramp_ratio: _Optional[float] = ..., stop_ramp_ratio: _Optional[float] = ..., load_initially_ratio: _Optional[float] = ..., capacity_module: _Optional[float] = ..., start_load_min_ratio: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., stop_load_min_ratio: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., cost_segments: _Optional[_Iterable[_Union[InputCostSegment, _Mapping]]] = ..., ramps_bind_starts: _Optional[bool] = ..., always_on: _Optional[bool] = ...) -> None: ...

class InputCostSegment(_message.Message):
    __slots__ = ("input", "cost")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    input: float
    cost: float
    def __init__(self, input: _Optional[float] = ..., cost: _Optional[float] = ...) -> None: ...

class ConverterOutput(_message.Message):
    __slots__ = ("bus", "efficiency", "delay_hours", "cyclic", "segments")
    BUS_FIELD_NUMBER: _ClassVar[int]
    EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DELAY_HOURS_FIELD_NUMBER: _ClassVar[int]
    CYCLIC_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    bus: str
    efficiency: _series_pb2.Series
    delay_hours: float
    cyclic: bool
    segments: _containers.RepeatedCompositeFieldContainer[EfficiencySegment]
    def __init__(self, bus: _Optional[str] = ..., efficiency: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., delay_hours: _Optional[float] = ..., cyclic: _Optional[bool] = ..., segments: _Optional[_Iterable[_Union[EfficiencySegment, _Mapping]]] = ...) -> None: ...

class EfficiencySegment(_message.Message):
    __slots__ = ("input", "efficiency")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    input: float
    efficiency: float
    def __init__(self, input: _Optional[float] = ..., efficiency: _Optional[float] = ...) -> None: ...

class EnergyBudget(_message.Message):
    __slots__ = ("id", "members", "site", "carrier", "counted", "minimum", "maximum", "beyond_price", "window", "window_hours")
    ID_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    BEYOND_PRICE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    WINDOW_HOURS_FIELD_NUMBER: _ClassVar[int]
    id: str
    members: _containers.RepeatedScalarFieldContainer[str]
    site: str
    carrier: str
    counted: EnergyBudgetCounted
    minimum: float
    maximum: float
    beyond_price: float
    window: BudgetWindow
    window_hours: float
    def __init__(self, id: _Optional[str] = ..., members: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., carrier: _Optional[str] = ..., counted: _Optional[_Union[EnergyBudgetCounted, str]] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ..., beyond_price: _Optional[float] = ..., window: _Optional[_Union[BudgetWindow, str]] = ..., window_hours: _Optional[float] = ...) -> None: ...

class EmissionBudget(_message.Message):
    __slots__ = ("id", "members", "site", "minimum_t", "maximum_t", "price_eur_per_t", "beyond_price_eur_per_t", "window", "window_hours")
    ID_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_T_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_T_FIELD_NUMBER: _ClassVar[int]
    PRICE_EUR_PER_T_FIELD_NUMBER: _ClassVar[int]
    BEYOND_PRICE_EUR_PER_T_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    WINDOW_HOURS_FIELD_NUMBER: _ClassVar[int]
    id: str
    members: _containers.RepeatedScalarFieldContainer[str]
    site: str
    minimum_t: float
    maximum_t: float
    price_eur_per_t: float
    beyond_price_eur_per_t: float
    window: BudgetWindow
    window_hours: float
    def __init__(self, id: _Optional[str] = ..., members: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., minimum_t: _Optional[float] = ..., maximum_t: _Optional[float] = ..., price_eur_per_t: _Optional[float] = ..., beyond_price_eur_per_t: _Optional[float] = ..., window: _Optional[_Union[BudgetWindow, str]] = ..., window_hours: _Optional[float] = ...) -> None: ...

class SelfConsumption(_message.Message):
    __slots__ = ("id", "site", "carrier", "minimum_self_consumption_ratio", "minimum_autarky_ratio", "missed_price", "window", "window_hours")
    ID_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_SELF_CONSUMPTION_RATIO_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_AUTARKY_RATIO_FIELD_NUMBER: _ClassVar[int]
    MISSED_PRICE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    WINDOW_HOURS_FIELD_NUMBER: _ClassVar[int]
    id: str
    site: str
    carrier: str
    minimum_self_consumption_ratio: float
    minimum_autarky_ratio: float
    missed_price: float
    window: BudgetWindow
    window_hours: float
    def __init__(self, id: _Optional[str] = ..., site: _Optional[str] = ..., carrier: _Optional[str] = ..., minimum_self_consumption_ratio: _Optional[float] = ..., minimum_autarky_ratio: _Optional[float] = ..., missed_price: _Optional[float] = ..., window: _Optional[_Union[BudgetWindow, str]] = ..., window_hours: _Optional[float] = ...) -> None: ...

class Reserve(_message.Message):
    __slots__ = ("id", "members", "site", "carrier", "up", "down", "duration_hours", "missing_price_eur_per_mw_hour", "within_ramps", "stop_ramp_binds", "activation_minutes", "symmetric", "regulation", "counts_for", "demand", "buyer")
    ID_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    UP_FIELD_NUMBER: _ClassVar[int]
    DOWN_FIELD_NUMBER: _ClassVar[int]
    DURATION_HOURS_FIELD_NUMBER: _ClassVar[int]
    MISSING_PRICE_EUR_PER_MW_HOUR_FIELD_NUMBER: _ClassVar[int]
    WITHIN_RAMPS_FIELD_NUMBER: _ClassVar[int]
    STOP_RAMP_BINDS_FIELD_NUMBER: _ClassVar[int]
    ACTIVATION_MINUTES_FIELD_NUMBER: _ClassVar[int]
    SYMMETRIC_FIELD_NUMBER: _ClassVar[int]
    REGULATION_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FOR_FIELD_NUMBER: _ClassVar[int]
    DEMAND_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    id: str
    members: _containers.RepeatedScalarFieldContainer[str]
    site: str
    carrier: str
    up: _series_pb2.Series
    down: _series_pb2.Series
    duration_hours: float
    missing_price_eur_per_mw_hour: float
    within_ramps: bool
    stop_ramp_binds: bool
    activation_minutes: float
    symmetric: bool
    regulation: bool
    counts_for: _containers.RepeatedScalarFieldContainer[str]
    demand: _containers.RepeatedCompositeFieldContainer[ReserveDemand]
    buyer: str
    def __init__(self, id: _Optional[str] = ..., members: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., carrier: _Optional[str] = ..., up: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., down: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., duration_hours: _Optional[float] = ..., missing_price_eur_per_mw_hour: _Optional[float] = ..., within_ramps: _Optional[bool] = ..., stop_ramp_binds: _Optional[bool] = ..., activation_minutes: _Optional[float] = ..., symmetric: _Optional[bool] = ..., regulation: _Optional[bool] = ..., counts_for: _Optional[_Iterable[str]] = ..., demand: _Optional[_Iterable[_Union[ReserveDemand, _Mapping]]] = ..., buyer: _Optional[str] = ...) -> None: ...

class ReserveDemand(_message.Message):
    __slots__ = ("way", "power", "price_eur_per_mw_hour")
    WAY_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    PRICE_EUR_PER_MW_HOUR_FIELD_NUMBER: _ClassVar[int]
    way: ReserveWay
    power: float
    price_eur_per_mw_hour: float
    def __init__(self, way: _Optional[_Union[ReserveWay, str]] = ..., power: _Optional[float] = ..., price_eur_per_mw_hour: _Optional[float] = ...) -> None: ...

class ReserveOffer(_message.Message):
    __slots__ = ("id", "provider", "reserve", "way", "price_eur_per_mw_hour", "segments", "power_max", "enablement_min", "low_break", "high_break", "enablement_max")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    WAY_FIELD_NUMBER: _ClassVar[int]
    PRICE_EUR_PER_MW_HOUR_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    POWER_MAX_FIELD_NUMBER: _ClassVar[int]
    ENABLEMENT_MIN_FIELD_NUMBER: _ClassVar[int]
    LOW_BREAK_FIELD_NUMBER: _ClassVar[int]
    HIGH_BREAK_FIELD_NUMBER: _ClassVar[int]
    ENABLEMENT_MAX_FIELD_NUMBER: _ClassVar[int]
    id: str
    provider: str
    reserve: str
    way: ReserveWay
    price_eur_per_mw_hour: _series_pb2.Series
    segments: _containers.RepeatedCompositeFieldContainer[OfferSegment]
    power_max: _series_pb2.Series
    enablement_min: float
    low_break: float
    high_break: float
    enablement_max: float
    def __init__(self, id: _Optional[str] = ..., provider: _Optional[str] = ..., reserve: _Optional[str] = ..., way: _Optional[_Union[ReserveWay, str]] = ..., price_eur_per_mw_hour: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., segments: _Optional[_Iterable[_Union[OfferSegment, _Mapping]]] = ..., power_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., enablement_min: _Optional[float] = ..., low_break: _Optional[float] = ..., high_break: _Optional[float] = ..., enablement_max: _Optional[float] = ...) -> None: ...

class OfferSegment(_message.Message):
    __slots__ = ("power", "price_eur_per_mw_hour")
    POWER_FIELD_NUMBER: _ClassVar[int]
    PRICE_EUR_PER_MW_HOUR_FIELD_NUMBER: _ClassVar[int]
    power: float
    price_eur_per_mw_hour: float
    def __init__(self, power: _Optional[float] = ..., price_eur_per_mw_hour: _Optional[float] = ...) -> None: ...

class GenericConstraint(_message.Message):
    __slots__ = ("id", "terms", "least", "most", "violation_price_eur_per_mw_hour")
    ID_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    VIOLATION_PRICE_EUR_PER_MW_HOUR_FIELD_NUMBER: _ClassVar[int]
    id: str
    terms: _containers.RepeatedCompositeFieldContainer[ConstraintTerm]
    least: _series_pb2.Series
    most: _series_pb2.Series
    violation_price_eur_per_mw_hour: float
    def __init__(self, id: _Optional[str] = ..., terms: _Optional[_Iterable[_Union[ConstraintTerm, _Mapping]]] = ..., least: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., most: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., violation_price_eur_per_mw_hour: _Optional[float] = ...) -> None: ...

class ConstraintTerm(_message.Message):
    __slots__ = ("member", "site", "reserve", "way", "coefficient")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    WAY_FIELD_NUMBER: _ClassVar[int]
    COEFFICIENT_FIELD_NUMBER: _ClassVar[int]
    member: str
    site: str
    reserve: str
    way: ReserveWay
    coefficient: float
    def __init__(self, member: _Optional[str] = ..., site: _Optional[str] = ..., reserve: _Optional[str] = ..., way: _Optional[_Union[ReserveWay, str]] = ..., coefficient: _Optional[float] = ...) -> None: ...

class Islanding(_message.Message):
    __slots__ = ("id", "mode", "members", "site", "carrier", "begin", "end", "form", "duration_hours", "critical_ratio", "critical_loads", "reserve_ratio", "required", "missing_price")
    ID_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    DURATION_HOURS_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_RATIO_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_LOADS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_RATIO_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    MISSING_PRICE_FIELD_NUMBER: _ClassVar[int]
    id: str
    mode: IslandingMode
    members: _containers.RepeatedScalarFieldContainer[str]
    site: str
    carrier: str
    begin: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    form: IslandingForm
    duration_hours: float
    critical_ratio: float
    critical_loads: _containers.RepeatedCompositeFieldContainer[CriticalLoad]
    reserve_ratio: float
    required: _series_pb2.Series
    missing_price: float
    def __init__(self, id: _Optional[str] = ..., mode: _Optional[_Union[IslandingMode, str]] = ..., members: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., carrier: _Optional[str] = ..., begin: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., form: _Optional[_Union[IslandingForm, str]] = ..., duration_hours: _Optional[float] = ..., critical_ratio: _Optional[float] = ..., critical_loads: _Optional[_Iterable[_Union[CriticalLoad, _Mapping]]] = ..., reserve_ratio: _Optional[float] = ..., required: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., missing_price: _Optional[float] = ...) -> None: ...

class CriticalLoad(_message.Message):
    __slots__ = ("member", "critical_ratio")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_RATIO_FIELD_NUMBER: _ClassVar[int]
    member: str
    critical_ratio: float
    def __init__(self, member: _Optional[str] = ..., critical_ratio: _Optional[float] = ...) -> None: ...

class Exclusion(_message.Message):
    __slots__ = ("id", "members", "site", "most")
    ID_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    id: str
    members: _containers.RepeatedScalarFieldContainer[str]
    site: str
    most: int
    def __init__(self, id: _Optional[str] = ..., members: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., most: _Optional[int] = ...) -> None: ...

class Maintenance(_message.Message):
    __slots__ = ("id", "members", "site", "begin", "end", "hours", "available_ratio", "events", "least", "stays_on")
    ID_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_RATIO_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    STAYS_ON_FIELD_NUMBER: _ClassVar[int]
    id: str
    members: _containers.RepeatedScalarFieldContainer[str]
    site: str
    begin: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    hours: float
    available_ratio: float
    events: int
    least: _series_pb2.Series
    stays_on: bool
    def __init__(self, id: _Optional[str] = ..., members: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., begin: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., hours: _Optional[float] = ..., available_ratio: _Optional[float] = ..., events: _Optional[int] = ..., least: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., stays_on: _Optional[bool] = ...) -> None: ...

class MustRun(_message.Message):
    __slots__ = ("id", "members", "site", "carrier", "power_min", "begin", "end")
    ID_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    POWER_MIN_FIELD_NUMBER: _ClassVar[int]
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    id: str
    members: _containers.RepeatedScalarFieldContainer[str]
    site: str
    carrier: str
    power_min: _series_pb2.Series
    begin: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., members: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., carrier: _Optional[str] = ..., power_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., begin: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ComplexOrder(_message.Message):
    __slots__ = ("id", "condition", "fixed_eur", "variable", "power_min", "ramp_up_mw_per_hour", "ramp_down_mw_per_hour", "scheduled_stop_steps")
    ID_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    FIXED_EUR_FIELD_NUMBER: _ClassVar[int]
    VARIABLE_FIELD_NUMBER: _ClassVar[int]
    POWER_MIN_FIELD_NUMBER: _ClassVar[int]
    RAMP_UP_MW_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_MW_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_STOP_STEPS_FIELD_NUMBER: _ClassVar[int]
    id: str
    condition: ComplexOrderCondition
    fixed_eur: float
    variable: float
    power_min: _series_pb2.Series
    ramp_up_mw_per_hour: float
    ramp_down_mw_per_hour: float
    scheduled_stop_steps: int
    def __init__(self, id: _Optional[str] = ..., condition: _Optional[_Union[ComplexOrderCondition, str]] = ..., fixed_eur: _Optional[float] = ..., variable: _Optional[float] = ..., power_min: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., ramp_up_mw_per_hour: _Optional[float] = ..., ramp_down_mw_per_hour: _Optional[float] = ..., scheduled_stop_steps: _Optional[int] = ...) -> None: ...

class Market(_message.Message):
    __slots__ = ("id", "buses", "price_min", "price_max", "price_tick", "lot")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUSES_FIELD_NUMBER: _ClassVar[int]
    PRICE_MIN_FIELD_NUMBER: _ClassVar[int]
    PRICE_MAX_FIELD_NUMBER: _ClassVar[int]
    PRICE_TICK_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    id: str
    buses: _containers.RepeatedScalarFieldContainer[str]
    price_min: float
    price_max: float
    price_tick: float
    lot: float
    def __init__(self, id: _Optional[str] = ..., buses: _Optional[_Iterable[str]] = ..., price_min: _Optional[float] = ..., price_max: _Optional[float] = ..., price_tick: _Optional[float] = ..., lot: _Optional[float] = ...) -> None: ...

class Contract(_message.Message):
    __slots__ = ("id", "bus", "seller", "buyer", "power", "price", "settlement", "broker", "broker_fee")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    SELLER_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    BROKER_FIELD_NUMBER: _ClassVar[int]
    BROKER_FEE_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    seller: str
    buyer: str
    power: _series_pb2.Series
    price: _series_pb2.Series
    settlement: ContractSettlement
    broker: str
    broker_fee: float
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., seller: _Optional[str] = ..., buyer: _Optional[str] = ..., power: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., price: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., settlement: _Optional[_Union[ContractSettlement, str]] = ..., broker: _Optional[str] = ..., broker_fee: _Optional[float] = ...) -> None: ...
