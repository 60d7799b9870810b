"""Store: a reservoir of any carrier at one bus; hydrogen or gas, a lake with an inflow, a size that is to be chosen.

Variables, for every store s and step t: see `components.storage`
    charge_mw[s, t], discharge_mw[s, t], energy_mwh[s, t], final_value_eur[s]
    spill_mw[s, t]             power let go without use, 0 <= . <= spill_max_mw; where that is above 0
    energy_capacity_mwh[s]     size that is built, energy_capacity_min_mwh <= . <= largest energy_max_mwh; where it is
                               chosen
    power_capacity_mw[s]       power that is built, power_capacity_min_mw <= . <= largest charge_max_mw or
                               discharge_max_mw; where it is chosen
    segment_mw, segment_full   parts of discharge_mw, see `components.segments`; of stores with discharge_cost_segments
    charging[s, t]             1 while charge_mw may flow, binary; only where the laws below need it
    charge_on[s, t], discharge_on[s, t]   see `components.least_power`; of stores with a least power

Constraints, with z = energy_capacity_mwh / its upper bound, or power_capacity_mw / its upper bound:
    energy_balance[s, t], final_value_limit[s, slice]   see `components.storage`; added to it is
                                 (inflow_mw - spill_mw) * hours; for cyclic stores e[-1] = e[last]
    energy_size_limit[s, t]      energy_mwh <= z * energy_max_mwh, where the size is chosen
    energy_size_floor[s, t]      energy_mwh >= z * energy_min_mwh, likewise
    charge_size_limit[s, t]      charge_mw <= z * charge_max_mw, where the power is chosen
    discharge_size_limit[s, t]   discharge_mw <= z * discharge_max_mw, likewise
    size_proportion[s]           both z are equal; of stores with one_size
    segment_sum, segment_filled, segment_order   see `components.segments`
    charge_on_limit, charge_on_floor, discharge_on_limit, discharge_on_floor, one_way_limit
                                 see `components.least_power`
    only in steps where doing both could pay (found by `solve`), of stores that may not do both:
    charging_limit[s, t]         charge_mw <= charge_max_mw * charging
    not_charging_limit[s, t]     discharge_mw <= discharge_max_mw * (1 - charging)

Objective, term `storage`: (charge_cost * charge_mw + discharge_cost * discharge_mw + spill_cost * spill_mw
    + holding_cost * energy_mwh + segment cost * segment_mw) * hours, with the energy at the end of the step; term
    `investment`: energy_capacity_cost * energy_capacity_mwh + power_capacity_cost * power_capacity_mw, once; term
    `final_value`.

A store never charges and discharges in one step unless allow_both says that it is filled and drawn from at once, as a
tank with an inlet and an outlet. Spilling takes from the reservoir and does not pass the bus.
Not modelled: head of water, delays between lakes, sizes in whole units.
Source: Store and StorageUnit of PyPSA, https://docs.pypsa.org/latest/user-guide/optimization/storage; the standing loss
acts in the first step too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components import least_power, segments, storage
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Exclusive, Terms, fleet, never_both, profiles, scalars
from c4e_opt.fields import bus, flag, identity, number, parts, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class DischargeCostSegment:
    """A part of the power that a store gives with a cost of its own."""

    discharge_mw: Any = number(unit="MW", minimum=0, doc="Width of the segment: power that has this cost.")
    cost_eur_per_mwh: Any = number(
        unit="EUR/MWh", doc="Cost of every MWh in this segment, besides discharge_cost_eur_per_mwh."
    )


@record
class Store:
    """A reservoir of any carrier."""

    id: str = identity(doc="Name of the store.")
    bus: str = bus(doc="Bus that it charges from and discharges to, of any carrier.")
    owner: str = party(doc="Party that buys what it charges and sells what it discharges.")
    charge_max_mw: FloatArray = series(unit="MW", minimum=0, doc="Largest power taken from the bus.")
    discharge_max_mw: FloatArray = series(unit="MW", minimum=0, doc="Largest power given to the bus.")
    energy_max_mwh: FloatArray = series(unit="MWh", minimum=0, doc="Most energy stored at the end of the step.")
    energy_min_mwh: FloatArray = series(
        unit="MWh", default=0.0, doc="Least energy stored at the end of the step; negative: what may be owed."
    )
    energy_fixed_mwh: Any = series(
        unit="MWh", default=None, doc="Energy stored at the end of the step, prescribed; free when absent."
    )
    energy_start_mwh: Any = number(
        unit="MWh", default=None, doc="Energy stored before the first step; needed unless cyclic."
    )
    energy_end_mwh: Any = number(
        unit="MWh", default=None, doc="Energy stored at the end of the last step; free when absent."
    )
    energy_end_min_mwh: Any = number(unit="MWh", default=None, doc="Least energy stored at the end of the last step.")
    cyclic: bool = flag(
        default=False, doc="Whether it ends with the energy that it starts with, which is then free to choose."
    )
    final_values: tuple[storage.FinalValue, ...] = parts(
        storage.FinalValue, doc="Worth of the energy left at the end, slice by slice; nothing when absent."
    )
    standing_loss_per_hour: Any = number(
        unit="1/h", minimum=0, maximum=1, default=0.0, doc="Part of the stored energy lost within an hour."
    )
    charge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=1.0, doc="Energy stored per energy taken."
    )
    discharge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=1.0, doc="Energy given per energy drawn."
    )
    allow_both: bool = flag(default=False, doc="Whether it may charge and discharge in one step.")
    inflow_mw: FloatArray = series(unit="MW", minimum=0, default=0.0, doc="Natural inflow into the reservoir.")
    spill_max_mw: Any = series(
        unit="MW", minimum=0, default=None, doc="Largest power let go without use; the inflow of the step when absent."
    )
    spill_cost_eur_per_mwh: Any = number(unit="EUR/MWh", minimum=0, default=0.0, doc="Cost per MWh spilled.")
    charge_cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Cost per MWh taken from the bus.")
    discharge_cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Cost per MWh given to the bus.")
    discharge_cost_segments: tuple[DischargeCostSegment, ...] = parts(
        DischargeCostSegment, doc="Costs of the first MW given, the next ones and so on, up to the largest."
    )
    holding_cost_eur_per_mwh_hour: Any = number(
        unit="EUR/MWh/h", default=0.0, doc="Cost of every MWh stored for an hour, by the energy at the end of the step."
    )
    energy_capacity_cost_eur_per_mwh: Any = number(
        unit="EUR/MWh", default=None, doc="Cost of every MWh built, energy_max_mwh being the most; fixed when absent."
    )
    energy_capacity_min_mwh: Any = number(unit="MWh", minimum=0, default=0.0, doc="Least size that is built.")
    power_capacity_cost_eur_per_mw: Any = number(
        unit="EUR/MW", default=None, doc="Cost of every MW built, the larger limit being the most; fixed when absent."
    )
    power_capacity_min_mw: Any = number(unit="MW", minimum=0, default=0.0, doc="Least power that is built.")
    one_size: bool = flag(
        default=False, doc="Whether size and power are built in the proportion of their limits, as units of some hours."
    )
    charge_min_mw: FloatArray = series(
        unit="MW", minimum=0, default=0.0, doc="Least power taken from the bus in a step in which any is taken."
    )
    discharge_min_mw: FloatArray = series(
        unit="MW", minimum=0, default=0.0, doc="Least power given to the bus in a step in which any is given."
    )


def check(path: str, store: Store, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one store; nothing, when it may be formulated."""
    units, steps = context.units, context.horizon.steps
    lower, upper = (np.broadcast_to(getattr(store, name), steps) for name in ("energy_min_mwh", "energy_max_mwh"))
    most = float(upper.max())
    crossed = np.flatnonzero(lower > upper)
    if crossed.size:
        place, name = int(crossed[0]), units.name("energy_min_mwh", "MWh")
        message = (
            f"is {units.say(float(lower[place]), 'MWh')}, above energy_max of {units.say(float(upper[place]), 'MWh')}"
        )
        yield Issue(f"{path}.{name}[{place}]", "range", message)
        return
    start = f"{path}.{units.name('energy_start_mwh', 'MWh')}"
    if store.energy_start_mwh is None and not store.cyclic:
        yield Issue(start, "missing_field", "is missing: give the energy before the first step, or say cyclic")
    elif store.energy_start_mwh is not None and store.cyclic:
        yield Issue(start, "conflict", "is given, but a cyclic store is free to choose its start; drop one of the two")
    elif store.energy_start_mwh is not None:
        least = min(0.0, float(lower.min()))
        yield from units.within(path, "energy_start_mwh", store.energy_start_mwh, least, most, "MWh")
    if store.final_values and lower[-1] < 0:
        message = "are given, but energy_min is negative at the end; what is owed has no worth in slices"
        yield Issue(f"{path}.final_values", "conflict", message)
    yield from storage.check_end(path, store, float(lower[-1]), float(upper[-1]), context)
    yield from storage.check_efficiencies(path, store)
    if store.energy_fixed_mwh is not None:
        fixed = np.broadcast_to(store.energy_fixed_mwh, steps)
        for place in np.flatnonzero((fixed < lower) | (fixed > upper))[:1]:
            bounds = float(lower[place]), float(upper[place])
            for issue in units.within(path, "energy_fixed_mwh", float(fixed[place]), bounds[0], bounds[1], "MWh"):
                yield Issue(f"{issue.path}[{place}]", issue.rule, issue.message)
    yield from _check_sizes(path, store, most, context)
    yield from least_power.check(path, store, context)
    if store.discharge_cost_segments:
        yield from _check_segments(path, store, context)


def _check_segments(path: str, store: Store, context: Context) -> Iterator[Issue]:
    """What is wrong with segments of cost."""
    if store.power_capacity_cost_eur_per_mw is not None or store.one_size:
        yield Issue(f"{path}.discharge_cost_segments", "capacity", "are not supported where the power is chosen")
    whole, largest = sum(each.discharge_mw for each in store.discharge_cost_segments), np.max(store.discharge_max_mw)
    if whole < largest * (1 - 1e-9):
        said = f"{context.units.say(whole, 'MW')}; they must reach {context.units.say(float(largest), 'MW')}"
        yield Issue(f"{path}.discharge_cost_segments", "range", f"reach up to {said}, the largest power")


def _check_sizes(path: str, store: Store, most_mwh: float, context: Context) -> Iterator[Issue]:
    """What is wrong with a size that is to be chosen."""
    sized = store.energy_capacity_cost_eur_per_mwh, store.power_capacity_cost_eur_per_mw
    if store.one_size and sized == (None, None):
        message = "is true, but neither energy_capacity_cost nor power_capacity_cost says that a size is to be chosen"
        yield Issue(f"{path}.one_size", "conflict", message)
    power = float(max(np.max(store.charge_max_mw), np.max(store.discharge_max_mw)))
    if sized[0] is not None or store.one_size:
        yield from context.units.within(
            path, "energy_capacity_min_mwh", store.energy_capacity_min_mwh, 0, most_mwh, "MWh"
        )
    if sized[1] is not None or store.one_size:
        yield from context.units.within(path, "power_capacity_min_mw", store.power_capacity_min_mw, 0, power, "MW")


def formulate(room: Room, stores: Sequence[Store], horizon: Horizon, exclusive: BoolArray | None = None) -> Terms:
    """Add the variables and laws of all stores at once.

    Args:
        room: The room to write into.
        stores: Checked records; their order is the order of the axis.
        horizon: The steps.
        exclusive: Cells (store, time) that need a binary against charging and discharging together.

    Returns:
        Injections at the buses.
    """
    over = (fleet(room.kind, stores), horizon.axis)
    inflow = profiles(stores, "inflow_mw", horizon.steps)
    spill_max = profiles(stores, "spill_max_mw", horizon.steps)
    spill_max = np.where(np.isnan(spill_max), inflow, spill_max)
    arriving: Linear | FloatArray = inflow * horizon.hours
    if spill_max.any():
        spill = room.variable("spill_mw", over, 0.0, spill_max, doc="power let go without use", present=spill_max > 0)
        arriving = spill * -horizon.hours + arriving
        room.minimise("storage", spill * (scalars(stores, "spill_cost_eur_per_mwh") * horizon.cost_hours))
    limits = _limits(stores, horizon, arriving)
    reservoir = storage.formulate(room, stores, limits, horizon)
    charge_most, discharge_most = _sizes(room, stores, reservoir, horizon)
    for cost, variable in (
        ("charge_cost_eur_per_mwh", reservoir.charge_mw),
        ("holding_cost_eur_per_mwh_hour", reservoir.energy_mwh),
    ):
        if scalars(stores, cost).any():
            room.minimise("storage", variable * (scalars(stores, cost) * horizon.cost_hours))
    if any(store.discharge_cost_segments for store in stores):
        _segments(room, stores, reservoir.discharge_mw, horizon)
    one_way = scalars(stores, "allow_both") == 0
    least_power.formulate(room, stores, limits, reservoir, one_way, horizon)
    one_way = one_way & ~least_power.ruled(stores)  # which have binaries of their own
    where = None if exclusive is None else exclusive & one_way
    charge, discharge = (reservoir.charge_mw, limits.charge_max_mw), (reservoir.discharge_mw, limits.discharge_max_mw)
    never_both(room, "charging", charge, discharge, where)
    pair = Exclusive("store_charge_mw", "store_discharge_mw", "store_charging", members=one_way[:, 0])
    return storage.terms_of(stores, limits, reservoir, pair, (charge_most, discharge_most))


def _segments(room: Room, stores: Sequence[Store], discharge: Linear, horizon: Horizon) -> None:
    """Split the powers that are given into segments, each with its cost."""
    slopes = [[each.cost_eur_per_mwh for each in store.discharge_cost_segments] for store in stores]
    segment = segments.formulate(
        room,
        discharge,
        [f"{store.id}/{rank}" for store in stores for rank in range(len(store.discharge_cost_segments))],
        np.repeat(np.arange(len(stores)), [len(each) for each in slopes]),
        np.array([each.discharge_mw for store in stores for each in store.discharge_cost_segments]),
        np.array([bool(np.any(np.diff(each) < 0)) for each in slopes]),
        horizon,
    )
    cost = np.concatenate([np.array(each, dtype=np.float64) for each in slopes])
    room.minimise("storage", segment * (cost[:, None] * horizon.cost_hours))


def _limits(stores: Sequence[Store], horizon: Horizon, arriving_mwh: Linear | FloatArray) -> storage.Limits:
    """What the shared laws need of stores."""
    lower, upper = (profiles(stores, name, horizon.steps) for name in ("energy_min_mwh", "energy_max_mwh"))
    fixed = profiles(stores, "energy_fixed_mwh", horizon.steps)
    lower = np.where(_sized(stores, "energy"), np.minimum(lower, 0.0), lower)  # there `energy_size_floor` binds
    start = scalars(stores, "energy_start_mwh")
    return storage.Limits(
        charge_max_mw=profiles(stores, "charge_max_mw", horizon.steps),
        discharge_max_mw=profiles(stores, "discharge_max_mw", horizon.steps),
        energy_min_mwh=np.where(np.isnan(fixed), lower, fixed),
        energy_max_mwh=np.where(np.isnan(fixed), upper, fixed),
        energy_start_mwh=np.where(np.isnan(start), 0.0, start),
        energy_end_mwh=scalars(stores, "energy_end_mwh"),
        energy_end_min_mwh=scalars(stores, "energy_end_min_mwh"),
        keep=(1.0 - scalars(stores, "standing_loss_per_hour")) ** horizon.hours,
        charge_efficiency=scalars(stores, "charge_efficiency"),
        discharge_efficiency=scalars(stores, "discharge_efficiency"),
        arriving_mwh=arriving_mwh,
        cyclic=scalars(stores, "cyclic")[:, 0] > 0,
    )


def _sized(stores: Sequence[Store], what: str) -> BoolArray:
    """Whether the size or the power of a store is chosen, (store, 1)."""
    energy, power = (
        ~np.isnan(scalars(stores, name))
        for name in ("energy_capacity_cost_eur_per_mwh", "power_capacity_cost_eur_per_mw")
    )
    together = scalars(stores, "one_size") > 0
    return (energy if what == "energy" else power) | (together & (energy | power))


def _sizes(
    room: Room, stores: Sequence[Store], reservoir: storage.Reservoir, horizon: Horizon
) -> tuple[Linear | FloatArray, Linear | FloatArray]:
    """Add what is built and what it limits; the largest charging and discharging power, (store, time)."""
    over = reservoir.energy_mwh.axes
    spread = np.repeat(np.arange(len(stores)), horizon.steps)
    lower, upper, charge_max, discharge_max = (
        profiles(stores, name, horizon.steps)
        for name in ("energy_min_mwh", "energy_max_mwh", "charge_max_mw", "discharge_max_mw")
    )
    energy_sized, power_sized = (_sized(stores, what) for what in ("energy", "power"))
    energy_most = upper.max(axis=1)
    power_most = np.maximum(charge_max, discharge_max).max(axis=1)
    energy_built = power_built = None
    if energy_sized.any():
        energy_built = _built(room, stores, "energy_capacity", "mwh", energy_most, energy_sized[:, 0])
        share = energy_built.at(spread, over) / _above_zero(energy_most)[:, None]
        room.at_most("energy_size_limit", reservoir.energy_mwh, share * upper, present=energy_sized)
        floored = energy_sized & (lower != 0)
        if floored.any():
            room.at_least("energy_size_floor", reservoir.energy_mwh, share * lower, present=floored)
    if power_sized.any():
        power_built = _built(room, stores, "power_capacity", "mw", power_most, power_sized[:, 0])
        share = power_built.at(spread, over) / _above_zero(power_most)[:, None]
        fixed = np.where(power_sized, 0.0, 1.0)
        charge_most = share * charge_max + fixed * charge_max
        discharge_most = share * discharge_max + fixed * discharge_max
        room.at_most("charge_size_limit", reservoir.charge_mw, charge_most, present=power_sized)
        room.at_most("discharge_size_limit", reservoir.discharge_mw, discharge_most, present=power_sized)
    else:
        charge_most, discharge_most = charge_max, discharge_max
    together = scalars(stores, "one_size")[:, 0] > 0
    if energy_built is not None and power_built is not None and together.any():
        hours = energy_most / _above_zero(power_most)
        room.equal("size_proportion", energy_built, power_built * hours, present=together)
    return charge_most, discharge_most


def _built(room: Room, stores: Sequence[Store], name: str, unit: str, most: FloatArray, present: BoolArray) -> Linear:
    """The size or power that is built, (store,), with its cost."""
    least = scalars(stores, f"{name}_min_{unit}")[:, 0]
    cost = np.nan_to_num(scalars(stores, f"{name}_cost_eur_per_{unit}")[:, 0])
    doc = "size that is built" if unit == "mwh" else "power that is built"
    built = room.variable(f"{name}_{unit}", (fleet(room.kind, stores),), least, most, doc=doc, present=present)
    room.minimise("investment", built * cost)
    return built


def _above_zero(most: FloatArray) -> FloatArray:
    """The same, with 1 in place of 0 to divide by."""
    return np.where(most > 0, most, 1.0)
