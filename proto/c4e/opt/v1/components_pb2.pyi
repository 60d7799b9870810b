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
RENEWABLE_TECHNOLOGY_UNSPECIFIED: RenewableTechnology
RENEWABLE_TECHNOLOGY_PV: RenewableTechnology
RENEWABLE_TECHNOLOGY_WIND: RenewableTechnology
RENEWABLE_TECHNOLOGY_SOLAR_THERMAL: RenewableTechnology
RENEWABLE_TECHNOLOGY_RUN_OF_RIVER: RenewableTechnology
RENEWABLE_TECHNOLOGY_OTHER: RenewableTechnology

class Components(_message.Message):
    __slots__ = ("grid_connection", "renewable", "demand", "flexible_demand", "chp", "boiler", "heat_pump", "battery", "heat_store", "ev_session", "tie")
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
    def __init__(self, grid_connection: _Optional[_Iterable[_Union[GridConnection, _Mapping]]] = ..., renewable: _Optional[_Iterable[_Union[Renewable, _Mapping]]] = ..., demand: _Optional[_Iterable[_Union[Demand, _Mapping]]] = ..., flexible_demand: _Optional[_Iterable[_Union[FlexibleDemand, _Mapping]]] = ..., chp: _Optional[_Iterable[_Union[Chp, _Mapping]]] = ..., boiler: _Optional[_Iterable[_Union[Boiler, _Mapping]]] = ..., heat_pump: _Optional[_Iterable[_Union[HeatPump, _Mapping]]] = ..., battery: _Optional[_Iterable[_Union[Battery, _Mapping]]] = ..., heat_store: _Optional[_Iterable[_Union[HeatStore, _Mapping]]] = ..., ev_session: _Optional[_Iterable[_Union[EvSession, _Mapping]]] = ..., tie: _Optional[_Iterable[_Union[Tie, _Mapping]]] = ...) -> None: ...

class GridConnection(_message.Message):
    __slots__ = ("id", "bus", "owner", "import_max", "export_max", "import_price", "export_price")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    IMPORT_MAX_FIELD_NUMBER: _ClassVar[int]
    EXPORT_MAX_FIELD_NUMBER: _ClassVar[int]
    IMPORT_PRICE_FIELD_NUMBER: _ClassVar[int]
    EXPORT_PRICE_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    import_max: _series_pb2.Series
    export_max: _series_pb2.Series
    import_price: _series_pb2.Series
    export_price: _series_pb2.Series
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., import_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., export_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., import_price: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., export_price: _Optional[_Union[_series_pb2.Series, _Mapping]] = ...) -> None: ...

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
    __slots__ = ("id", "bus", "owner", "demand", "shed_value", "shed_max_ratio", "shift_max", "shift_window_hours")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    DEMAND_FIELD_NUMBER: _ClassVar[int]
    SHED_VALUE_FIELD_NUMBER: _ClassVar[int]
    SHED_MAX_RATIO_FIELD_NUMBER: _ClassVar[int]
    SHIFT_MAX_FIELD_NUMBER: _ClassVar[int]
    SHIFT_WINDOW_HOURS_FIELD_NUMBER: _ClassVar[int]
    id: str
    bus: str
    owner: str
    demand: _series_pb2.Series
    shed_value: float
    shed_max_ratio: float
    shift_max: float
    shift_window_hours: float
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., demand: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., shed_value: _Optional[float] = ..., shed_max_ratio: _Optional[float] = ..., shift_max: _Optional[float] = ..., shift_window_hours: _Optional[float] = ...) -> None: ...

class Chp(_message.Message):
    __slots__ = ("id", "electricity_bus", "heat_bus", "fuel_bus", "owner", "fuel_max", "electric_efficiency", "heat_efficiency", "cost", "minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours", "on_initially", "hours_in_state_initially")
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
    def __init__(self, id: _Optional[str] = ..., electricity_bus: _Optional[str] = ..., heat_bus: _Optional[str] = ..., fuel_bus: _Optional[str] = ..., owner: _Optional[str] = ..., fuel_max: _Optional[float] = ..., electric_efficiency: _Optional[float] = ..., heat_efficiency: _Optional[float] = ..., cost: _Optional[float] = ..., minimum_load_ratio: _Optional[float] = ..., start_cost_eur: _Optional[float] = ..., minimum_up_hours: _Optional[float] = ..., minimum_down_hours: _Optional[float] = ..., on_initially: _Optional[bool] = ..., hours_in_state_initially: _Optional[float] = ...) -> None: ...

class Boiler(_message.Message):
    __slots__ = ("id", "heat_bus", "fuel_bus", "owner", "heat_max", "efficiency", "cost")
    ID_FIELD_NUMBER: _ClassVar[int]
    HEAT_BUS_FIELD_NUMBER: _ClassVar[int]
    FUEL_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    HEAT_MAX_FIELD_NUMBER: _ClassVar[int]
    EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    id: str
    heat_bus: str
    fuel_bus: str
    owner: str
    heat_max: float
    efficiency: float
    cost: float
    def __init__(self, id: _Optional[str] = ..., heat_bus: _Optional[str] = ..., fuel_bus: _Optional[str] = ..., owner: _Optional[str] = ..., heat_max: _Optional[float] = ..., efficiency: _Optional[float] = ..., cost: _Optional[float] = ...) -> None: ...

class HeatPump(_message.Message):
    __slots__ = ("id", "electricity_bus", "heat_bus", "owner", "electric_max", "cop", "cost")
    ID_FIELD_NUMBER: _ClassVar[int]
    ELECTRICITY_BUS_FIELD_NUMBER: _ClassVar[int]
    HEAT_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    ELECTRIC_MAX_FIELD_NUMBER: _ClassVar[int]
    COP_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    id: str
    electricity_bus: str
    heat_bus: str
    owner: str
    electric_max: float
    cop: _series_pb2.Series
    cost: float
    def __init__(self, id: _Optional[str] = ..., electricity_bus: _Optional[str] = ..., heat_bus: _Optional[str] = ..., owner: _Optional[str] = ..., electric_max: _Optional[float] = ..., cop: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., cost: _Optional[float] = ...) -> None: ...

class Battery(_message.Message):
    __slots__ = ("id", "bus", "owner", "charge_max", "discharge_max", "energy_max", "energy_min", "energy_start", "energy_end", "charge_efficiency", "discharge_efficiency", "standing_loss_per_hour", "discharge_cost")
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
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., charge_max: _Optional[float] = ..., discharge_max: _Optional[float] = ..., energy_max: _Optional[float] = ..., energy_min: _Optional[float] = ..., energy_start: _Optional[float] = ..., energy_end: _Optional[float] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., standing_loss_per_hour: _Optional[float] = ..., discharge_cost: _Optional[float] = ...) -> None: ...

class HeatStore(_message.Message):
    __slots__ = ("id", "bus", "owner", "charge_max", "discharge_max", "energy_max", "energy_min", "energy_start", "energy_end", "charge_efficiency", "discharge_efficiency", "standing_loss_per_hour", "discharge_cost")
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
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., charge_max: _Optional[float] = ..., discharge_max: _Optional[float] = ..., energy_max: _Optional[float] = ..., energy_min: _Optional[float] = ..., energy_start: _Optional[float] = ..., energy_end: _Optional[float] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., standing_loss_per_hour: _Optional[float] = ..., discharge_cost: _Optional[float] = ...) -> None: ...

class EvSession(_message.Message):
    __slots__ = ("id", "bus", "owner", "arrival", "departure", "energy_needed", "energy_start", "energy_max", "charge_max", "discharge_max", "charge_efficiency", "discharge_efficiency", "discharge_cost", "unserved_value")
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
    def __init__(self, id: _Optional[str] = ..., bus: _Optional[str] = ..., owner: _Optional[str] = ..., arrival: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., departure: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., energy_needed: _Optional[float] = ..., energy_start: _Optional[float] = ..., energy_max: _Optional[float] = ..., charge_max: _Optional[float] = ..., discharge_max: _Optional[float] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., discharge_cost: _Optional[float] = ..., unserved_value: _Optional[float] = ...) -> None: ...

class Tie(_message.Message):
    __slots__ = ("id", "from_bus", "to_bus", "owner", "forward_max", "backward_max", "loss_ratio", "fee")
    ID_FIELD_NUMBER: _ClassVar[int]
    FROM_BUS_FIELD_NUMBER: _ClassVar[int]
    TO_BUS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    FORWARD_MAX_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_MAX_FIELD_NUMBER: _ClassVar[int]
    LOSS_RATIO_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    id: str
    from_bus: str
    to_bus: str
    owner: str
    forward_max: _series_pb2.Series
    backward_max: _series_pb2.Series
    loss_ratio: float
    fee: float
    def __init__(self, id: _Optional[str] = ..., from_bus: _Optional[str] = ..., to_bus: _Optional[str] = ..., owner: _Optional[str] = ..., forward_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., backward_max: _Optional[_Union[_series_pb2.Series, _Mapping]] = ..., loss_ratio: _Optional[float] = ..., fee: _Optional[float] = ...) -> None: ...
