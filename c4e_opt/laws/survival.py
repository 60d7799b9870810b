"""Survival: the laws by which a site could run alone after any step; see `laws.islanding`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import fleet, profiles, scalars
from c4e_opt.laws.members import Members, members_of
from c4e_opt.laws.surroundings import Surroundings
from c4e_opt.program import Linear, Room

#: Kinds of load that may be critical.
LOADS = ("demand", "flexible_demand")


def formulate(room: Room, laws: Sequence[Any], able: BoolArray, horizon: Horizon, around: Surroundings) -> None:
    """Add the laws of sites that must be able to run alone.

    Args:
        room: The room to write into.
        laws: Checked records.
        able: Those of mode "able", (law,).
        horizon: The steps.
        around: The components and what their rooms have written.
    """
    over = (fleet(room.kind, laws), horizon.axis)
    critical = _critical(laws, around, horizon)
    bound = members_of(laws, around)
    bound = Members(around, tuple(member for member in bound.each if able[member.law]))
    sources = bound.providers()
    stores = sources.of_kinds(around.stored())
    plants = sources.of_kinds(around.terms.keys() - around.stored().keys())
    could = _plants(plants, over, around)
    reach = _reach(laws, able, horizon)
    energy, power = (
        np.array([[law.form in (form, "both")] for law in laws]) & able[:, None] for form in ("energy", "power")
    )
    price = scalars(laws, "missing_price_eur_per_mwh")
    soft, worth = ~np.isnan(price), np.nan_to_num(price)

    every = np.broadcast_to(energy, critical.shape)
    helped = np.isin(np.arange(len(laws)), plants.law)[:, None]
    from_stores = room.variable(
        "from_stores_mw",
        over,
        np.where(helped, 0.0, critical),
        doc="critical power that stores would give",
        present=every,
    )
    room.at_least("left_to_stores", from_stores + could, critical, present=every & helped)
    present = energy & reach.begins
    missing_mwh = room.variable(
        "missing_mwh", over, doc="critical energy that an outage would leave unserved", present=present & soft
    )
    pair = Axis("outage_step", np.arange(reach.outage.size).astype(np.str_))
    wanted = (from_stores.at(reach.step, (pair,)) * reach.hours).gather(over, reach.outage)
    room.at_least("survival_energy", _energy(stores, over) + missing_mwh, wanted, present=present)

    present = power & reach.reached
    missing_mw = room.variable(
        "missing_mw", over, doc="critical power that an outage would leave unserved", present=present & soft
    )
    wanted = critical * (1.0 + scalars(laws, "reserve_ratio")) - _largest_discharge(stores, over)
    room.at_least("survival_power", could + missing_mw, wanted, present=present)
    weights = 1.0 if horizon.weights is None else horizon.weights
    room.minimise("islanding", missing_mwh * (worth * weights) + missing_mw * (worth * horizon.cost_hours))


def _critical(laws: Sequence[Any], around: Surroundings, horizon: Horizon) -> FloatArray:
    """The critical power of every site, (law, time)."""
    critical = np.zeros((len(laws), horizon.steps))
    for kind in LOADS:
        loads = around.records.get(kind, ())
        if not loads:
            continue
        part = np.zeros((len(laws), len(loads)))
        for row, law in enumerate(laws):
            own = {load.member: load.critical_ratio for load in law.critical_loads}
            for column, load in enumerate(loads):
                word = f"{kind}/{load.id}"
                if around.carriers[load.bus] == law.carrier and law.site in ("", around.sites[load.bus]):
                    part[row, column] = own.get(word, law.critical_ratio)
        critical += part @ profiles(loads, "demand_mw", horizon.steps)
    return critical


def _plants(plants: Members, over: tuple[Axis, Axis], around: Surroundings) -> Linear:
    """The power that the plants of a site could give, (law, time); too little of a plant that runs for one step only.

    A plant with two limits of its power (see `commitment.ramps.StopLimit`) counts with the smaller in runs of two steps
    or more, and in a run of one step with start ramp + stop ramp - largest power, which is less than both.
    """
    each = (Axis("plant", np.arange(len(plants.each)).astype(np.str_)), over[1])
    headroom = around.headroom()

    def most(kind: str) -> Linear:
        room, stop = headroom[kind], headroom[kind].stop
        more = stop.surely_mw if stop is not None and stop.gives else room.up_mw
        return around.terms[kind].injections[0].power_mw + more

    could = plants.amount(each, most)
    return could.along(over[0], plants.law)


def _energy(stores: Members, over: tuple[Axis, Axis]) -> Linear:
    """The energy that the stores of a site could give, (law, time)."""
    each = (Axis("store", np.arange(len(stores.each)).astype(np.str_)), over[1])
    stored = stores.around.stored()
    energy = stores.amount(each, lambda kind: stored[kind].energy_mwh)
    least = stores.number(lambda kind: stored[kind].least_mwh, over[1].size)
    kept = (energy - least) * stores.number(lambda kind: stored[kind].discharge_efficiency, over[1].size)
    return kept.along(over[0], stores.law)


def _largest_discharge(stores: Members, over: tuple[Axis, Axis]) -> FloatArray:
    """The power that the stores of a site could give, (law, time)."""
    stored = stores.around.stored()
    most = np.zeros((over[0].size, over[1].size))
    np.add.at(most, stores.law, stores.number(lambda kind: stored[kind].discharge_max_mw, over[1].size))
    return most


@dataclass(frozen=True, slots=True)
class _Reach:
    """Every step that an outage after another step reaches, a pair each; cells are those of (law, time)."""

    outage: IntArray  # cell after whose step the outage begins, (pair,)
    step: IntArray  # cell of the step that it reaches
    hours: FloatArray  # of that step within the outage
    begins: BoolArray  # cells after whose step an outage may begin and reach a step, (law, time)
    reached: BoolArray  # cells of steps that any outage reaches


def _reach(laws: Sequence[Any], able: BoolArray, horizon: Horizon) -> _Reach:
    required = (profiles(laws, "required", horizon.steps) > 0) & able[:, None]
    until = horizon.ends + scalars(laws, "duration_hours") * 3600.0  # (law, time)
    after = np.searchsorted(horizon.starts, until, side="left")  # the first step that it does not reach
    step = np.arange(horizon.steps)
    count = np.where(required, np.maximum(after - step - 1, 0), 0).ravel()
    outage = np.repeat(np.arange(count.size), count)
    place = np.arange(outage.size) - np.repeat(np.cumsum(count) - count, count)
    law, begin = outage // horizon.steps, outage % horizon.steps
    later = begin + 1 + place
    hours = (np.minimum(horizon.ends[later], until.ravel()[outage]) - horizon.starts[later]) / 3600.0
    reached = np.zeros(required.shape, dtype=np.bool_)
    reached[law, later] = True
    return _Reach(outage, law * horizon.steps + later, hours, (count > 0).reshape(required.shape), reached)
