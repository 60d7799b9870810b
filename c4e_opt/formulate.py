"""The programme of a case, as a table of contents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon, shape_of
from c4e_opt.case import KINDS, Case
from c4e_opt.components import (
    battery,
    boiler,
    building,
    chiller,
    chp,
    converter,
    deferrable_load,
    demand,
    electrolyser,
    ev_session,
    flexible_demand,
    fuel_cell,
    generator,
    grid_connection,
    heat_pump,
    heat_store,
    interruptible_load,
    renewable,
    shiftable_load,
    store,
    stratified_store,
    tie,
)
from c4e_opt.components.terms import Exclusive, Injection, Terms
from c4e_opt.laws import (
    charging_site,
    emission_budget,
    energy_budget,
    exclusion,
    generic_constraint,
    islanding,
    maintenance,
    must_run,
    reserve,
    self_consumption,
)
from c4e_opt.laws.surroundings import Surroundings
from c4e_opt.market import complex_order, orders
from c4e_opt.market.lineup import Lineup, line_up
from c4e_opt.network import flow_based, gas_pipe, heat_pipe, model, shunt
from c4e_opt.network.contingency import Contingency
from c4e_opt.network.grid import Told
from c4e_opt.network.interface import Interface
from c4e_opt.network.lazy import Lazy
from c4e_opt.network.line import Line
from c4e_opt.network.losses import Losses
from c4e_opt.network.radial import WITH_VOLTAGE
from c4e_opt.network.reactive import Reactive
from c4e_opt.program import Linear, Program, Room

#: Cells, by kind, in which a component needs a binary against flows both ways; of its parts under <kind>_parts.
ExclusiveCells = Mapping[str, BoolArray]


@dataclass(frozen=True, slots=True)
class Formulation:
    """A programme with what is needed to read its solution."""

    program: Program
    bus: Axis
    injections: Mapping[str, tuple[Injection, ...]] = field(default_factory=dict[str, tuple[Injection, ...]])
    exclusive: Mapping[str, Exclusive] = field(default_factory=dict[str, Exclusive])
    emissions_t: tuple[Linear, ...] = ()  # of all that emits, over the horizon
    area: IntArray | None = None  # within which power balances, (bus,); None where every bus does by itself
    lazy: Lazy | None = None  # limits of lines that are no rows yet
    losses: Losses | None = None  # losses of lines of which some tangents are no rows yet
    told: Callable[[FloatArray], Told] | None = None  # what the network tells besides variables, from a primal point
    lineup: Lineup | None = None  # the orders as the programme has them; None without any


def formulate(case: Case, exclusive: ExclusiveCells | None = None, *, early: bool = False) -> Formulation:
    """Write the problem of a checked case: every room adds its laws and its part of the objective.

    Args:
        case: A checked case.
        exclusive: Cells that need a binary against flows both ways; `solve` finds them.
        early: Whether orders far from where curves meet may be decided at once, for who wants an answer of most welfare
            and its prices; rules that ask what every order would rather do need all orders.
    """
    draft = _Draft(case, exclusive or {}, Program(case.policy.commitment), early)
    _components(draft)
    _ways(draft)
    _laws(draft)
    _ports(draft)
    _orders(draft)
    part = _lines(draft)
    _balances(draft, part)
    return _formulation(draft, part)


@dataclass(slots=True)
class _Draft:
    """A programme that rooms are writing, and what they have handed over so far."""

    case: Case
    both_ways: ExclusiveCells
    program: Program
    early: bool  # decide orders before the programme
    bus: Axis = field(init=False)
    terms: dict[str, Terms] = field(default_factory=dict[str, Terms])  # by kind
    power: list[Linear] = field(default_factory=list[Linear])  # into buses, (bus, time) each
    lineup: Lineup | None = None  # of the orders

    def __post_init__(self) -> None:
        self.bus = Axis("bus", np.array([each.id for each in self.case.buses], dtype=np.str_))

    def add(self, kind: str, write: Callable[..., Terms], *cells: str) -> None:
        """Let the room of a kind write, if the case has any; it gets the cells that need a binary, by these names."""
        exclusive = (self.both_ways.get(name) for name in cells)
        self._write(kind, write, *exclusive)

    def bind(self, kind: str, write: Callable[..., Terms], around: Surroundings) -> None:
        """Let the room of a law write, if the case has any; it sees the components."""
        self._write(kind, write, around)

    def room(self, kind: str) -> Room:
        return Room(self.program, kind)

    def put(self, injections: Iterable[Injection]) -> None:
        """Take what is put into the buses of these ports."""
        place = {str(label): i for i, label in enumerate(self.bus.labels)}
        for each in injections:
            self.power.append(each.power_mw.along(self.bus, np.array([place[name] for name in each.bus])))

    def _write(self, kind: str, write: Callable[..., Terms], *rest: Any) -> None:
        records = self.case.components.get(kind, ())
        if records:
            self.terms[kind] = write(self.room(kind), records, self.case.horizon, *rest)


def _components(draft: _Draft) -> None:
    """What gives, takes, converts and stores; plants by the commitment of the policy."""
    draft.add("grid_connection", grid_connection.formulate, "grid_connection")
    draft.add("renewable", renewable.formulate)
    draft.add("generator", generator.formulate)
    draft.add("demand", demand.formulate)
    draft.add("flexible_demand", flexible_demand.formulate)
    draft.add("shiftable_load", shiftable_load.formulate)
    draft.add("deferrable_load", deferrable_load.formulate)
    draft.add("interruptible_load", interruptible_load.formulate)
    draft.add("chp", chp.formulate, "chp")
    draft.add("boiler", boiler.formulate, "boiler")
    draft.add("heat_pump", heat_pump.formulate)
    draft.add("chiller", chiller.formulate)
    draft.add("electrolyser", electrolyser.formulate)
    draft.add("fuel_cell", fuel_cell.formulate)
    draft.add("converter", converter.formulate)
    draft.add("battery", battery.formulate, "battery")
    draft.add("heat_store", heat_store.formulate)
    draft.add("store", store.formulate, "store")
    draft.add("stratified_store", stratified_store.formulate)
    draft.add("building", building.formulate, "building")
    draft.add("ev_session", ev_session.formulate, "ev_session")
    draft.add("tie", tie.formulate, "tie", "tie_parts")


def _ways(draft: _Draft) -> None:
    """What of the network is written as components are: pipes, exchanges, and shunts where voltage is constant."""
    if not _with_voltage(draft.case):
        draft.add("shunt", shunt.formulate)
    draft.add("flow_based_constraint", flow_based.formulate)
    draft.add("heat_pipe", heat_pipe.formulate, "heat_pipe")
    draft.add("gas_pipe", gas_pipe.formulate)


def _laws(draft: _Draft) -> None:
    """What binds components together: laws of sites, which see all that has been written so far."""
    around = _surroundings(draft.case, draft.terms)
    draft.bind("energy_budget", energy_budget.formulate, around)
    draft.bind("emission_budget", emission_budget.formulate, around)
    draft.bind("self_consumption", self_consumption.formulate, around)
    draft.bind("reserve", reserve.formulate, around)
    draft.bind("islanding", islanding.formulate, around)
    draft.bind("exclusion", exclusion.formulate, around)
    draft.bind("charging_site", charging_site.formulate, around)
    draft.bind("maintenance", maintenance.formulate, around)
    draft.bind("must_run", must_run.formulate, around)
    kept = _surroundings(draft.case, draft.terms)  # what is kept for reserves among them
    draft.bind("generic_constraint", generic_constraint.formulate, kept)


def _ports(draft: _Draft) -> None:
    """What components put into the buses."""
    draft.put(injection for part in draft.terms.values() for injection in part.injections)


def _orders(draft: _Draft) -> None:
    """The order book."""
    horizon, records = draft.case.horizon, draft.case.of(complex_order.ComplexOrder)
    if not draft.case.orders.orders:
        return
    draft.lineup = line_up(draft.case.orders, horizon.hours, _range(draft) if draft.early else None)
    power, accepted = orders.formulate(draft.room("order"), draft.lineup, draft.bus, horizon)
    draft.power.append(power)
    if records:
        complex_order.formulate(draft.room("complex_order"), records, draft.lineup.book, accepted, horizon)


def _range(draft: _Draft) -> tuple[FloatArray, FloatArray]:
    """The least and the largest power that everything but orders may put into every bus, (bus, time) each.

    Either is infinite at buses that lines, or shunts beside lines with voltage, have yet to put power into.
    """
    case = draft.case
    least, most = draft.program.span(Linear.total((draft.bus, case.horizon.axis), draft.power))
    later = [bus for line in case.of(Line) for bus in (line.from_bus, line.to_bus)]
    if _with_voltage(case):
        later += [each.bus for each in case.of(shunt.Shunt)]
    if later:
        unknown = np.isin(draft.bus.labels, later)[:, None]
        least, most = np.where(unknown, -np.inf, least), np.where(unknown, np.inf, most)
    return least, most


def _lines(draft: _Draft) -> model.Part | None:
    """The lines by the network model, which sees what everything else puts into the buses; None without any."""
    case = draft.case
    buses, lines, interfaces = case.buses, case.of(Line), case.of(Interface)
    if not lines:
        return None
    if _with_voltage(case):
        shunts, records = case.of(shunt.Shunt), case.of(Reactive)
        part = model.formulate_with_voltage(
            draft.program,
            case.policy,
            buses,
            lines,
            shunts,
            records,
            interfaces,
            draft.terms,
            draft.power,
            case.horizon,
        )
        draft.terms["line"], draft.terms["shunt"] = part.terms, part.shunt
    else:
        outages = case.of(Contingency)
        part = model.formulate(draft.program, case.policy, buses, lines, outages, interfaces, draft.power, case.horizon)
        draft.terms["line"] = part.terms
    draft.put((*part.terms.injections, *part.shunt.injections))
    return part


def _with_voltage(case: Case) -> bool:
    return case.policy.network in WITH_VOLTAGE and bool(case.of(Line))


def _balances(draft: _Draft, part: model.Part | None) -> None:
    """Power balances at every bus, or within the areas of a network model that knows flows from what buses get."""
    if part is None or part.area is None:
        power_balance(draft.program, draft.power, draft.bus, draft.case.horizon)
    else:
        area = Axis("bus", draft.bus.labels[part.reference])
        power_balance(draft.program, [each.along(area, part.area) for each in draft.power], area, draft.case.horizon)


def _formulation(draft: _Draft, part: model.Part | None) -> Formulation:
    """The programme with what is needed to read its solution; its objective is the sum of what rooms minimise."""
    terms, horizon = draft.terms, draft.case.horizon
    return Formulation(
        program=draft.program,
        bus=draft.bus,
        injections={kind: terms[kind].injections for kind in KINDS if kind in terms},
        exclusive={kind: part.exclusive for kind, part in terms.items() if part.exclusive}
        | {f"{kind}_parts": part.parts_exclusive for kind, part in terms.items() if part.parts_exclusive},
        emissions_t=tuple(_emitted(part, horizon) for part in terms.values() if part.emissions_t_per_hour is not None),
        area=None if part is None else part.area,
        lazy=None if part is None else part.lazy,
        losses=None if part is None else part.losses,
        told=None if part is None else part.told,
        lineup=draft.lineup,
    )


def _emitted(part: Terms, horizon: Horizon) -> Linear:
    assert part.emissions_t_per_hour is not None
    return (part.emissions_t_per_hour * horizon.cost_hours).sum()


def everywhere(formulation: Formulation) -> dict[str, BoolArray]:
    """Cells that give every component of a formulation its binary against flows both ways, in every step."""
    axes = {kind: formulation.program.variables[pair.first].axes for kind, pair in formulation.exclusive.items()}
    return {kind: np.ones(shape_of(each), dtype=np.bool_) for kind, each in axes.items()}


def power_balance(program: Program, power: list[Linear], bus: Axis, horizon: Horizon) -> None:
    """Everything put into a bus in a step sums to zero, in mean power."""
    program.equal("power_balance", Linear.total((bus, horizon.axis), power))


def _surroundings(case: Case, terms: Mapping[str, Terms]) -> Surroundings:
    """What laws see of the components."""
    return Surroundings(
        carriers={bus.id: bus.carrier for bus in case.buses},
        sites={bus.id: bus.site for bus in case.buses},
        records=case.components,
        terms=dict(terms),
    )
