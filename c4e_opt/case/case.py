"""The case and its plain parts: horizon, parties, buses, components, orders, policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from c4e_opt.axes import Horizon
from c4e_opt.components.battery import Battery
from c4e_opt.components.boiler import Boiler
from c4e_opt.components.building import Building
from c4e_opt.components.chiller import Chiller
from c4e_opt.components.chp import Chp
from c4e_opt.components.converter import Converter
from c4e_opt.components.deferrable_load import DeferrableLoad
from c4e_opt.components.demand import Demand
from c4e_opt.components.electrolyser import Electrolyser
from c4e_opt.components.ev_session import EvSession
from c4e_opt.components.flexible_demand import FlexibleDemand
from c4e_opt.components.fuel_cell import FuelCell
from c4e_opt.components.generator import Generator
from c4e_opt.components.grid_connection import GridConnection
from c4e_opt.components.heat_pump import HeatPump
from c4e_opt.components.heat_store import HeatStore
from c4e_opt.components.interruptible_load import InterruptibleLoad
from c4e_opt.components.renewable import Renewable
from c4e_opt.components.shiftable_load import ShiftableLoad
from c4e_opt.components.store import Store
from c4e_opt.components.stratified_store import StratifiedStore
from c4e_opt.components.tie import Tie
from c4e_opt.digest import Digest
from c4e_opt.fields import choice, count, flag, identity, number, record, text
from c4e_opt.issues import Issue
from c4e_opt.laws.charging_site import ChargingSite
from c4e_opt.laws.emission_budget import EmissionBudget
from c4e_opt.laws.energy_budget import EnergyBudget
from c4e_opt.laws.exclusion import Exclusion
from c4e_opt.laws.generic_constraint import GenericConstraint
from c4e_opt.laws.islanding import Islanding
from c4e_opt.laws.maintenance import Maintenance
from c4e_opt.laws.must_run import MustRun
from c4e_opt.laws.reserve import Reserve
from c4e_opt.laws.reserve_offer import ReserveOffer
from c4e_opt.laws.self_consumption import SelfConsumption
from c4e_opt.market.complex_order import ComplexOrder
from c4e_opt.market.market import Market
from c4e_opt.market.order_book import OrderBook
from c4e_opt.network.contingency import Contingency
from c4e_opt.network.flow_based import FlowBasedConstraint
from c4e_opt.network.gas_pipe import GasPipe
from c4e_opt.network.heat_pipe import HeatPipe
from c4e_opt.network.interface import Interface
from c4e_opt.network.line import Line
from c4e_opt.network.reactive import Reactive
from c4e_opt.network.shunt import Shunt
from c4e_opt.trading.contract import Contract
from c4e_opt.units import Units

Component = (
    GridConnection
    | Renewable
    | Generator
    | Demand
    | FlexibleDemand
    | ShiftableLoad
    | DeferrableLoad
    | InterruptibleLoad
    | Chp
    | Boiler
    | HeatPump
    | Chiller
    | Electrolyser
    | FuelCell
    | Converter
    | Battery
    | HeatStore
    | Store
    | StratifiedStore
    | Building
    | EvSession
    | Tie
    | Line
    | Shunt
    | Contingency
    | Interface
    | Reactive
    | FlowBasedConstraint
    | HeatPipe
    | GasPipe
    | EnergyBudget
    | EmissionBudget
    | SelfConsumption
    | Reserve
    | ReserveOffer
    | GenericConstraint
    | Islanding
    | Exclusion
    | ChargingSite
    | Maintenance
    | MustRun
    | ComplexOrder
    | Market
    | Contract
)

#: Every kind of component by its name in files and results, in the order in which the programme lists them.
KINDS: Mapping[str, type[Any]] = {
    "grid_connection": GridConnection,
    "renewable": Renewable,
    "generator": Generator,
    "demand": Demand,
    "flexible_demand": FlexibleDemand,
    "shiftable_load": ShiftableLoad,
    "deferrable_load": DeferrableLoad,
    "interruptible_load": InterruptibleLoad,
    "chp": Chp,
    "boiler": Boiler,
    "heat_pump": HeatPump,
    "chiller": Chiller,
    "electrolyser": Electrolyser,
    "fuel_cell": FuelCell,
    "converter": Converter,
    "battery": Battery,
    "heat_store": HeatStore,
    "store": Store,
    "stratified_store": StratifiedStore,
    "building": Building,
    "ev_session": EvSession,
    "tie": Tie,
    "line": Line,
    "shunt": Shunt,
    "contingency": Contingency,
    "interface": Interface,
    "reactive": Reactive,
    "flow_based_constraint": FlowBasedConstraint,
    "heat_pipe": HeatPipe,
    "gas_pipe": GasPipe,
    "energy_budget": EnergyBudget,
    "emission_budget": EmissionBudget,
    "self_consumption": SelfConsumption,
    "reserve": Reserve,
    "reserve_offer": ReserveOffer,
    "generic_constraint": GenericConstraint,
    "islanding": Islanding,
    "exclusion": Exclusion,
    "charging_site": ChargingSite,
    "maintenance": Maintenance,
    "must_run": MustRun,
    "complex_order": ComplexOrder,
    "market": Market,
    "contract": Contract,
}

CARRIERS = ("electricity", "heat", "cooling", "gas", "hydrogen", "other")

_C = TypeVar("_C")


@record
class Party:
    """Somebody who owns, buys, sells and is settled with."""

    id: str = identity(doc="Name of the party; its account on the ledger.")
    name: str = text(doc="What people call it.")


@record
class Bus:
    """A node at which the energy of one carrier balances in every step."""

    id: str = identity(doc="Name of the bus.")
    carrier: str = choice(*CARRIERS, default="electricity", doc="The form of energy.")
    site: str = text(doc="The site (microgrid) that it belongs to.")
    voltage_kv: Any = number(
        unit="", minimum=0, default=None, doc="Nominal voltage between phases, of an electric bus, in kV."
    )
    voltage_min_pu: Any = number(unit="", minimum=0, default=0.9, doc="Least voltage, per unit of the nominal one.")
    voltage_max_pu: Any = number(unit="", minimum=0, default=1.1, doc="Largest voltage, per unit of the nominal one.")
    voltage_set_pu: Any = number(
        unit="", minimum=0, default=1.0, doc="Voltage that is held where slack is true, per unit of the nominal one."
    )
    slack: bool = flag(default=False, doc="Whether it holds voltage and angle: the reference of its grid.")


@record
class Policy:
    """How the case is priced and settled."""

    operator: str = text(
        default="operator",
        doc="Party behind everything without an owner; it receives rents and bears rounding. Need not be listed.",
    )
    pricing: str = choice(
        "marginal",
        "european",
        "elmp",
        "convex_hull",
        "minimum_uplift",
        "pay_as_bid",
        "temporal",
        default="marginal",
        doc="Price rule: marginal prices of the problem with its binaries fixed; uniform prices at which no accepted "
        "order loses, the middle of their interval; approximate extended prices; exact convex hull prices; prices of "
        "least make-whole payments; everybody at the own bid; marginal prices with what ramps add for every component.",
    )
    uplift: str = choice(
        "none",
        "make_whole",
        "lost_opportunity",
        default="none",
        doc="What participants are paid besides prices: nothing, the losses that they could have avoided, or all that "
        "they could earn more by a schedule of their own.",
    )
    uplift_paid_by: str = choice(
        "operator",
        "demand",
        default="operator",
        doc="Who bears what is paid besides prices: the operator, or all who take energy, by their energy.",
    )
    elmp_offline_units: bool = flag(
        default=True, doc="Whether units that stand still may set the price under the price rule elmp."
    )
    elmp_start_costs: bool = flag(default=True, doc="Whether start-up costs count in prices of the price rule elmp.")
    network: str = choice(
        "transport",
        "dc",
        "dcp",
        "lindistflow",
        "socp",
        "soc",
        default="dc",
        doc="How electric lines are modelled: limits only; linear power flow by MATPOWER's or by PGLib's convention; "
        "linearised branch flow; branch flow with cones; bus injections with cones. Ties keep their own laws.",
    )
    base_mva: Any = number(unit="", minimum=1e-9, default=100.0, doc="Base of everything per unit, in MVA.")
    dc_formulation: str = choice(
        "lazy",
        "angles",
        default="lazy",
        doc="How dc and dcp are written: limits added as rows where they are violated, or voltage angles with all "
        "limits at once; both have the same optimum.",
    )
    security: str = choice(
        "none",
        "n1",
        default="none",
        doc="Outages that dc and dcp survive besides those that the case names: none, or that of every line which does "
        "not split the grid.",
    )
    outage_limits: str = choice(
        "soft", "hard", default="soft", doc="Whether limits after an outage must hold, or may be broken at a price."
    )
    outage_overload_price_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=5000.0, doc="Price of flow beyond an emergency limit, where it is soft."
    )
    losses: str = choice(
        "none",
        "iterated",
        default="none",
        doc="Whether dc and dcp know losses: resistance times flow squared, linearised again until it settles.",
    )
    replay: str = choice(
        "auto",
        "always",
        "never",
        default="auto",
        doc="When the answer is replayed by an AC power flow: where the network model knows voltage, always or never.",
    )
    commitment: str = choice(
        "rajan_takriti",
        "carrion_arroyo",
        "knueven_ostrowski_watson",
        default="rajan_takriti",
        doc="How commitment is written, by the authors of the formulation; every one has the same optimum. "
        "rajan_takriti: windows of minimum times; carrion_arroyo: counts of steps, with a lower bound; "
        "knueven_ostrowski_watson: the first, with trajectories of starts and stops and matched starts, with a higher "
        "bound, for large fleets.",
    )
    second_objective: str = text(
        default="",
        doc="What to make least next, of all schedules that cost little more than the least: `emissions`, in t of CO2, "
        "or a term of the objective, such as `start` or `shedding`; nothing when empty.",
    )
    second_objective_slack_ratio: Any = number(
        unit="", minimum=0, default=0.01, doc="How much more they may cost, as a part of the least cost."
    )
    money_decimals: int = count(default=2, maximum=18, doc="Decimals of the currency's minor unit on the books.")
    energy_decimals: int = count(
        default=6, maximum=18, doc="Decimals of a MWh on the books: 6 counts whole Wh, 3 whole kWh."
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """Everything that one optimisation needs to know; inside, all is MW, MWh, EUR/MWh and UTC."""

    name: str
    horizon: Horizon
    currency: str = "EUR"
    parties: tuple[Party, ...] = ()
    buses: tuple[Bus, ...] = ()
    components: Mapping[str, tuple[Any, ...]]  # kind -> records, kinds in the order of KINDS
    orders: OrderBook
    policy: Policy
    units: Units = field(default_factory=Units)  # in which its writer reads findings; no part of its content
    notes: tuple[Issue, ...] = ()  # what its reader passed over or assumed, see `case.notes`; no part of its content
    sound: list[bool] = field(default_factory=list[bool], init=False, repr=False)  # filled by a `check` without finding

    def of(self, kind: type[_C]) -> tuple[_C, ...]:
        """All components of one class, in the order of the case."""
        return self.components.get(_NAMES[kind], ())

    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal digits: the same wherever the case was read from."""
        digest = Digest(b"c4e-opt case 2")
        for word in (self.name, self.currency, self.horizon.time_zone):
            digest.word(word)
        digest.number(self.horizon.start)
        digest.array(self.horizon.step_seconds)
        if self.horizon.weights is not None:
            digest.array(self.horizon.weights)
        digest.record(self.policy)
        groups: dict[str, tuple[Any, ...]] = {"party": self.parties, "bus": self.buses}
        groups |= {kind: self.components[kind] for kind in KINDS if self.components.get(kind)}
        for kind, records in groups.items():
            digest.word(f"{kind} {len(records)}")
            if records:
                digest.records(records[0].__class__, records)
        for name, column in self.orders.said().items():
            if name not in _BOOK:
                digest.word(name)
            digest.array(column)
        return digest.hex()

    def __eq__(self, other: object) -> bool:
        """Cases are equal when their digests are: same names, same order, same numbers to the bit."""
        return self is other or (isinstance(other, Case) and self.digest() == other.digest())

    def __hash__(self) -> int:
        """By name and size; equality is decided by the digest."""
        return hash((self.name, self.horizon.steps, len(self.buses)))


_BOOK = frozenset(OrderBook.empty().said())  # columns that every book has
_NAMES: Mapping[type[Any], str] = {kind: name for name, kind in KINDS.items()}
