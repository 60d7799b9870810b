"""Storage equations that all stores share: one reservoir, two powers, a standing loss, a worth of what is left.

Variables, for every store s and step t:
    charge_mw[s, t]      power taken from the bus, 0 <= . <= charge_max_mw
    discharge_mw[s, t]   power given to the bus, 0 <= . <= discharge_max_mw
    energy_mwh[s, t]     energy stored at the END of step t, energy_min_mwh <= . <= energy_max_mwh; in the last step
                         equal to energy_end_mwh, or at least energy_end_min_mwh, where these are given
    final_value_eur[s]   worth of the energy left, 0 <= . <= worth of all slices; of stores with final_values

Constraints:
    energy_balance[s, t]
        e[t] = keep[t] * e[t-1] + charge_efficiency * c[t] * h[t] - d[t] * h[t] / discharge_efficiency,
        keep[t] = (1 - standing_loss_per_hour) ** h[t], h = hours, e[-1] = energy_start_mwh
    final_value_limit[s, slice]
        final_value_eur <= worth of the slices before + value of the slice * (e[last] - energy of the slices before);
        the values do not rise, so that the least of these is the worth of e[last], and nothing beyond the last slice

Objective, term `storage`: discharge_cost * discharge_mw * hours; term `final_value`: - final_value_eur.

Powers are rated at the bus (AC side). The standing loss acts in every step, the first included. The worth of what is
left counts once, whatever the weights of the steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Exclusive, Headroom, Injection, Stored, Terms, buses, fleet, scalars
from c4e_opt.fields import number, parts, record
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class FinalValue:
    """A slice of the energy left after the last step, and what it is worth; slices stand one upon another."""

    energy_mwh: Any = number(unit="MWh", minimum=0, doc="Size of the slice.")
    value_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, doc="Worth of every MWh in it; not above that of the slice before."
    )


@record
class Storage:
    """What batteries and heat stores have in common."""

    charge_max_mw: Any = number(unit="MW", minimum=0, doc="Largest power taken from the bus.")
    discharge_max_mw: Any = number(unit="MW", minimum=0, doc="Largest power given to the bus.")
    energy_max_mwh: Any = number(unit="MWh", minimum=0, doc="Most energy stored.")
    energy_min_mwh: Any = number(unit="MWh", minimum=0, default=0.0, doc="Least energy stored.")
    energy_start_mwh: Any = number(unit="MWh", minimum=0, doc="Energy stored before the first step.")
    energy_end_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Energy stored at the end of the last step; free when absent."
    )
    energy_end_min_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Least energy stored at the end of the last step."
    )
    final_values: tuple[FinalValue, ...] = parts(
        FinalValue, doc="Worth of the energy left at the end, slice by slice; nothing when absent."
    )
    standing_loss_per_hour: Any = number(
        unit="1/h", minimum=0, maximum=1, default=0.0, doc="Part of the stored energy lost within an hour."
    )
    discharge_cost_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=0.0, doc="Wear per MWh given to the bus."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the shared laws need of the stores of a kind; (store, time), or (store, 1) for what never changes.

    Attributes:
        energy_start_mwh: 0 for cyclic stores.
        energy_end_mwh: Not a number where the energy at the end is free.
        energy_end_min_mwh: Not a number where there is no least energy for the end.
        arriving_mwh: Energy that comes by itself in a step, or is lost whatever is stored; an inflow, a fixed loss.
        cyclic: Stores whose energy before the first step is that at the end of the last, (store,); none when None.
    """

    charge_max_mw: FloatArray
    discharge_max_mw: FloatArray
    energy_min_mwh: FloatArray
    energy_max_mwh: FloatArray
    energy_start_mwh: FloatArray
    energy_end_mwh: FloatArray
    energy_end_min_mwh: FloatArray
    keep: FloatArray
    charge_efficiency: FloatArray
    discharge_efficiency: FloatArray
    arriving_mwh: Linear | FloatArray | float = 0.0
    cyclic: BoolArray | None = None


@dataclass(frozen=True, slots=True)
class Reservoir:
    """The variables of a kind of store, (store, time)."""

    charge_mw: Linear
    discharge_mw: Linear
    energy_mwh: Linear
    before_mwh: Linear  # energy before the step


def check(path: str, store: Any, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one store with constant limits; nothing, when it may be formulated."""
    lower, upper = store.energy_min_mwh, store.energy_max_mwh
    if lower > upper:
        yield from context.units.within(path, "energy_min_mwh", lower, 0, upper, "MWh")
        return
    yield from context.units.within(path, "energy_start_mwh", store.energy_start_mwh, lower, upper, "MWh")
    yield from check_end(path, store, lower, upper, context)
    yield from check_efficiencies(path, store)


def check_end(path: str, store: Any, lower: float, upper: float, context: Context) -> Iterator[Issue]:
    """What is wrong with what is wanted at the end of the last step, where energy must lie within two bounds."""
    end, least = store.energy_end_mwh, store.energy_end_min_mwh
    if end is not None:
        yield from context.units.within(path, "energy_end_mwh", end, lower, upper, "MWh")
        if least is not None and end < least:
            yield from context.units.within(path, "energy_end_mwh", end, least, upper, "MWh")
    elif least is not None and least > upper:
        yield from context.units.within(path, "energy_end_min_mwh", least, 0, upper, "MWh")
    yield from check_final_values(path, store.final_values)


def check_final_values(path: str, slices: Sequence[FinalValue]) -> Iterator[Issue]:
    """A worth that rises with the energy left would not be concave."""
    for place in range(1, len(slices)):
        if slices[place].value_eur_per_mwh > slices[place - 1].value_eur_per_mwh:
            message = "is above that of the slice before; a worth that rises is not modelled, order the slices by worth"
            yield Issue(f"{path}.final_values[{place}].value_eur_per_mwh", "concave", message)


def check_efficiencies(path: str, store: Any) -> Iterator[Issue]:
    """An efficiency of zero would divide by zero."""
    for name in ("charge_efficiency", "discharge_efficiency"):
        if getattr(store, name) == 0:
            yield Issue(f"{path}.{name}", "range", "is 0 MWh/MWh; it must be above 0")


def limits_of(stores: Sequence[Any], horizon: Horizon) -> Limits:
    """The limits of stores with the fields of `Storage` and two efficiencies."""
    keep = 1.0 - scalars(stores, "standing_loss_per_hour")
    return Limits(
        charge_max_mw=scalars(stores, "charge_max_mw"),
        discharge_max_mw=scalars(stores, "discharge_max_mw"),
        energy_min_mwh=scalars(stores, "energy_min_mwh"),
        energy_max_mwh=scalars(stores, "energy_max_mwh"),
        energy_start_mwh=scalars(stores, "energy_start_mwh"),
        energy_end_mwh=scalars(stores, "energy_end_mwh"),
        energy_end_min_mwh=scalars(stores, "energy_end_min_mwh"),
        keep=keep**horizon.hours if (keep < 1.0).any() else keep,
        charge_efficiency=scalars(stores, "charge_efficiency"),
        discharge_efficiency=scalars(stores, "discharge_efficiency"),
    )


def formulate(room: Room, stores: Sequence[Any], limits: Limits, horizon: Horizon) -> Reservoir:
    """Add the variables and laws of all stores of a kind at once.

    Args:
        room: The room to write into.
        stores: Checked records; their order is the order of the axis.
        limits: What the laws need of them.
        horizon: The steps.

    Returns:
        The variables.
    """
    over = (fleet(room.kind, stores), horizon.axis)
    charge = room.variable("charge_mw", over, 0.0, limits.charge_max_mw, doc="power taken from the bus")
    discharge = room.variable("discharge_mw", over, 0.0, limits.discharge_max_mw, doc="power given to the bus")
    energy = room.variable(
        "energy_mwh", over, *_energy_bounds(limits, horizon), doc="energy stored at the end of the step"
    )
    before = energy.previous(limits.energy_start_mwh)
    if limits.cyclic is not None and limits.cyclic.any():
        rows = np.flatnonzero(limits.cyclic)
        last = energy.at(rows * horizon.steps + horizon.steps - 1, (Axis("cyclic", rows.astype(np.str_)),))
        before = before + last.gather(over, rows * horizon.steps)
    stored = charge * (limits.charge_efficiency * horizon.hours)
    drawn = discharge * (horizon.hours / limits.discharge_efficiency)
    room.equal("energy_balance", energy, before * limits.keep + stored - drawn + limits.arriving_mwh)
    _final_value(room, stores, energy, horizon)
    cost = scalars(stores, "discharge_cost_eur_per_mwh")
    if cost.any():
        room.minimise("storage", discharge * (cost * horizon.cost_hours))
    return Reservoir(charge, discharge, energy, before)


def terms_of(
    stores: Sequence[Any],
    limits: Limits,
    reservoir: Reservoir,
    exclusive: Exclusive | None = None,
    most_mw: tuple[Linear | FloatArray, Linear | FloatArray] | None = None,
) -> Terms:
    """What a kind of store hands to the balances and to the laws of sites.

    Args:
        stores: Checked records.
        limits: What the laws need of them.
        reservoir: Their variables.
        exclusive: The two flows of which one at most runs in a step.
        most_mw: Largest charging and discharging power where these are chosen; as in `limits` when None.
    """
    charge, discharge = reservoir.charge_mw, reservoir.discharge_mw
    charge_most, discharge_most = most_mw or (limits.charge_max_mw, limits.discharge_max_mw)

    def headroom() -> Headroom:
        given = discharge - charge
        return Headroom(up_mw=-given + discharge_most, down_mw=given + charge_most)

    return Terms(
        injections=(Injection(buses(stores), discharge - charge),),
        exclusive=exclusive,
        headroom=headroom,
        stored=Stored(
            energy_mwh=reservoir.energy_mwh,
            least_mwh=limits.energy_min_mwh,
            most_mwh=limits.energy_max_mwh,
            charge_efficiency=limits.charge_efficiency,
            discharge_efficiency=limits.discharge_efficiency,
            discharge_max_mw=limits.discharge_max_mw,
        ),
    )


def _energy_bounds(limits: Limits, horizon: Horizon) -> tuple[FloatArray, FloatArray]:
    """Bounds of the energy at the end of every step, (store, time), with what is wanted at the end of the last."""
    shape = (limits.energy_max_mwh.shape[0], horizon.steps)
    lower, upper = np.empty(shape), np.empty(shape)
    lower[:], upper[:] = limits.energy_min_mwh, limits.energy_max_mwh
    end = limits.energy_end_mwh[:, 0]
    least = np.fmax(lower[:, -1], limits.energy_end_min_mwh[:, 0])
    lower[:, -1] = np.where(np.isnan(end), least, end)
    upper[:, -1] = np.where(np.isnan(end), upper[:, -1], end)
    return lower, upper


def _final_value(room: Room, stores: Sequence[Any], energy: Linear, horizon: Horizon) -> None:
    """Add what the energy at the end of the last step is worth."""
    most = max(len(store.final_values) for store in stores)
    if not most:
        return
    size, value, present = (np.zeros((len(stores), most)) for _ in range(3))
    for row, store in enumerate(stores):
        count = len(store.final_values)
        size[row, :count] = [each.energy_mwh for each in store.final_values]
        value[row, :count] = [each.value_eur_per_mwh for each in store.final_values]
        present[row, :count] = 1.0
    below = np.cumsum(size, axis=1) - size
    worth_below = np.cumsum(size * value, axis=1) - size * value
    valued = present[:, 0] > 0
    owners = energy.axes[:1]
    worth = room.variable(
        "final_value_eur", owners, 0.0, np.sum(size * value, axis=1), doc="worth of the energy left", present=valued
    )
    over = (*owners, Axis("slice", np.arange(1, most + 1).astype(np.str_)))
    row = np.repeat(np.arange(len(stores)), most)
    left = energy.at(row * horizon.steps + horizon.steps - 1, over)
    room.at_most("final_value_limit", worth.at(row, over), (left - below) * value + worth_below, present=present)
    room.minimise("final_value", -worth)
