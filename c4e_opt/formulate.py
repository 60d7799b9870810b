"""The programme of a case, as a table of contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    islanding,
    maintenance,
    must_run,
    reserve,
    self_consumption,
)
from c4e_opt.laws.surroundings import Surroundings
from c4e_opt.market import step_orders
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


def formulate(case: Case, exclusive: ExclusiveCells | None = None) -> Formulation:
    """Write the problem of a checked case: every room adds its laws and its part of the objective.

    Args:
        case: A checked case.
        exclusive: Cells that need a binary against flows both ways; `solve` finds them.
    """
    program = Program(case.policy.commitment)
    horizon = case.horizon
    both_ways = exclusive or {}
    terms: dict[str, Terms] = {}

    def add(kind: str, write: Callable[..., Terms], records: tuple[Any, ...], *cells: BoolArray | None) -> None:
        if records:
            terms[kind] = write(Room(program, kind), records, horizon, *cells)

    add(
        "grid_connection",
        grid_connection.formulate,
        case.of(grid_connection.GridConnection),
        both_ways.get("grid_connection"),
    )
    add("renewable", renewable.formulate, case.of(renewable.Renewable))
    add("generator", generator.formulate, case.of(generator.Generator))
    add("demand", demand.formulate, case.of(demand.Demand))
    add("flexible_demand", flexible_demand.formulate, case.of(flexible_demand.FlexibleDemand))
    add("shiftable_load", shiftable_load.formulate, case.of(shiftable_load.ShiftableLoad))
    add("deferrable_load", deferrable_load.formulate, case.of(deferrable_load.DeferrableLoad))
    add("interruptible_load", interruptible_load.formulate, case.of(interruptible_load.InterruptibleLoad))
    add("chp", chp.formulate, case.of(chp.Chp), both_ways.get("chp"))
    add("boiler", boiler.formulate, case.of(boiler.Boiler), both_ways.get("boiler"))
    add("heat_pump", heat_pump.formulate, case.of(heat_pump.HeatPump))
    add("chiller", chiller.formulate, case.of(chiller.Chiller))
    add("electrolyser", electrolyser.formulate, case.of(electrolyser.Electrolyser))
    add("fuel_cell", fuel_cell.formulate, case.of(fuel_cell.FuelCell))
    add("converter", converter.formulate, case.of(converter.Converter))
    add("battery", battery.formulate, case.of(battery.Battery), both_ways.get("battery"))
    add("heat_store", heat_store.formulate, case.of(heat_store.HeatStore))
    add("store", store.formulate, case.of(store.Store), both_ways.get("store"))
    add("stratified_store", stratified_store.formulate, case.of(stratified_store.StratifiedStore))
    add("building", building.formulate, case.of(building.Building), both_ways.get("building"))
    add("ev_session", ev_session.formulate, case.of(ev_session.EvSession), both_ways.get("ev_session"))
    add("tie", tie.formulate, case.of(tie.Tie), both_ways.get("tie"), both_ways.get("tie_parts"))

    with_voltage = case.policy.network in WITH_VOLTAGE and bool(case.of(Line))
    add("shunt", shunt.formulate, () if with_voltage else case.of(shunt.Shunt))
    add("flow_based_constraint", flow_based.formulate, case.of(flow_based.FlowBasedConstraint))
    add("heat_pipe", heat_pipe.formulate, case.of(heat_pipe.HeatPipe), both_ways.get("heat_pipe"))
    add("gas_pipe", gas_pipe.formulate, case.of(gas_pipe.GasPipe))

    around = _surroundings(case, terms)

    def bind(kind: str, write: Callable[..., Terms], records: tuple[Any, ...]) -> None:
        if records:
            terms[kind] = write(Room(program, kind), records, horizon, around)

    bind("energy_budget", energy_budget.formulate, case.of(energy_budget.EnergyBudget))
    bind("emission_budget", emission_budget.formulate, case.of(emission_budget.EmissionBudget))
    bind("self_consumption", self_consumption.formulate, case.of(self_consumption.SelfConsumption))
    bind("reserve", reserve.formulate, case.of(reserve.Reserve))
    bind("islanding", islanding.formulate, case.of(islanding.Islanding))
    bind("exclusion", exclusion.formulate, case.of(exclusion.Exclusion))
    bind("charging_site", charging_site.formulate, case.of(charging_site.ChargingSite))
    bind("maintenance", maintenance.formulate, case.of(maintenance.Maintenance))
    bind("must_run", must_run.formulate, case.of(must_run.MustRun))

    bus = Axis("bus", np.array([each.id for each in case.buses], dtype=np.str_))
    power = [_at_buses(injection, bus) for part in terms.values() for injection in part.injections]
    if case.orders.orders:
        power.append(step_orders.formulate(Room(program, "order"), case.orders, bus, horizon))
    part = _lines(program, case, power, terms)
    if part is not None:
        terms["line"] = part.terms
        terms |= {"shunt": part.shunt} if with_voltage else {}
        power += [_at_buses(injection, bus) for injection in (*part.terms.injections, *part.shunt.injections)]
    if part is None or part.area is None:
        power_balance(program, power, bus, horizon)
    else:
        area = Axis("bus", bus.labels[part.reference])
        power_balance(program, [each.along(area, part.area) for each in power], area, horizon)
    return Formulation(
        program=program,
        bus=bus,
        injections={kind: terms[kind].injections for kind in KINDS if kind in terms},
        exclusive={kind: part.exclusive for kind, part in terms.items() if part.exclusive}
        | {f"{kind}_parts": part.parts_exclusive for kind, part in terms.items() if part.parts_exclusive},
        emissions_t=tuple(_emitted(part, horizon) for part in terms.values() if part.emissions_t_per_hour is not None),
        area=None if part is None else part.area,
        lazy=None if part is None else part.lazy,
        losses=None if part is None else part.losses,
        told=None if part is None else part.told,
    )


def _lines(program: Program, case: Case, power: list[Linear], terms: Mapping[str, Terms]) -> model.Part | None:
    """The lines of a case by its network model; None without any."""
    lines = case.of(Line)
    if not lines:
        return None
    contingencies, interfaces = case.of(Contingency), case.of(Interface)
    if case.policy.network in WITH_VOLTAGE:
        shunts, records = case.of(shunt.Shunt), case.of(Reactive)
        return model.formulate_with_voltage(
            program, case.policy, case.buses, lines, shunts, records, interfaces, terms, power, case.horizon
        )
    return model.formulate(program, case.policy, case.buses, lines, contingencies, interfaces, power, case.horizon)


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


def _at_buses(injection: Injection, bus: Axis) -> Linear:
    place = {str(label): i for i, label in enumerate(bus.labels)}
    return injection.power_mw.along(bus, np.array([place[name] for name in injection.bus]))
