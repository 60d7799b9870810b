"""Reservoirs: the energy of stores of every kind and of parked vehicles, recomputed step by step.

Laws, for kind = battery, heat_store, store, stratified_store, ev_session:
    <kind>_charge_limit, <kind>_discharge_limit   0 <= power <= the limit; of a vehicle, times the part of the step that
                                                  it is plugged in
    <kind>_energy_limit                           energy at the end of every step lies within its limits
    <kind>_energy_balance                         energy follows from the energy before, the losses, the two powers and
                                                  what comes or goes by itself
    <kind>_exclusivity                            at most one of charging and discharging in a step, where a component
                                                  may not do both
Laws of all kinds but vehicles:
    <kind>_energy_end                             energy at the end of the last step is what the case wants, or no less
    <kind>_final_value                            the worth of what is left is that of its slices, in their order
Laws of vehicles: see `verify.rooms.ev_session`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservoirs:
    """Reservoirs of one kind; arrays (component, time), or (component, 1) for what never changes."""

    fleet: Fleet
    charge_max_mw: FloatArray
    discharge_max_mw: FloatArray
    energy_min_mwh: FloatArray
    energy_max_mwh: FloatArray
    energy_start_mwh: FloatArray
    keep: FloatArray  # part of the energy that is left after the step
    by_itself_mwh: FloatArray | float = 0.0  # what comes in a step whatever anybody does, or goes when negative
    present: BoolArray  # steps in which the reservoir is there
    last: IntArray  # the last step in which it is there, (component,)
    one_way: BoolArray  # components that never charge and discharge in one step, (component,)
    charge_min_mw: FloatArray | float = 0.0  # as the components are switched
    discharge_min_mw: FloatArray | float = 0.0


def of_stores(fleet: Fleet, *, one_way: bool) -> Reservoirs:
    """Batteries or heat stores: there from the first to the last step."""
    left_after_an_hour = 1.0 - fleet.number("standing_loss_per_hour")
    return Reservoirs(
        fleet=fleet,
        charge_max_mw=fleet.number("charge_max_mw"),
        discharge_max_mw=fleet.number("discharge_max_mw"),
        energy_min_mwh=fleet.number("energy_min_mwh"),
        energy_max_mwh=fleet.number("energy_max_mwh"),
        energy_start_mwh=fleet.number("energy_start_mwh"),
        keep=np.power(left_after_an_hour, fleet.horizon.hours),
        present=np.ones(fleet.shape, dtype=np.bool_),
        last=np.full(fleet.shape[0], fleet.shape[1] - 1),
        one_way=np.full(fleet.shape[0], one_way),
    )


def flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    """Power into the bus: discharging less charging."""
    return (fleet.answer("discharge_mw") - fleet.answer("charge_mw"),)


def final_value(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of the worth of what is left, when any of these records says what it is worth."""
    return {"final_value_eur": (kind,)} if any(record.final_values for record in records) else {}


def wear(fleet: Fleet, bill: Bill) -> None:
    """Add what discharging costs, less the worth of what is left."""
    cost = fleet.number("discharge_cost_eur_per_mwh")
    bill.add_energy("storage", fleet.answer("discharge_mw"), cost, fleet.horizon.cost_hours)
    if fleet.has("final_value_eur"):
        bill.add("final_value", -fleet.answer("final_value_eur"))


def check(reservoirs: Reservoirs) -> None:
    """Check what all kinds of reservoir have in common.

    Args:
        reservoirs: One kind.
    """
    fleet, present = reservoirs.fleet, reservoirs.present
    charge, discharge = fleet.answer("charge_mw"), fleet.answer("discharge_mw")
    energy = fleet.answer("energy_mwh")
    fleet.within("charge_limit", "charge_mw", reservoirs.charge_max_mw)
    fleet.within("discharge_limit", "discharge_mw", reservoirs.discharge_max_mw)
    least = np.where(present, reservoirs.energy_min_mwh, 0.0)
    fleet.within("energy_limit", "energy_mwh", reservoirs.energy_max_mwh, least)
    if reservoirs.one_way.any():
        at_once = np.where(reservoirs.one_way[:, None], np.minimum(charge, discharge), 0.0)
        fleet.hold("exclusivity", at_once, "MW")

    before = energy_before(reservoirs)
    hours = fleet.horizon.hours
    into = charge * fleet.number("charge_efficiency") * hours
    out = discharge / fleet.number("discharge_efficiency") * hours
    change = energy - before * reservoirs.keep - into + out - reservoirs.by_itself_mwh
    moved = np.where(present, np.abs(change), 0.0)
    by_itself = np.broadcast_to(reservoirs.by_itself_mwh, fleet.shape)
    fleet.hold("energy_balance", moved, "MWh", energy, before, into, out, by_itself)


def energy_before(reservoirs: Reservoirs) -> FloatArray:
    """Energy before every step, (component, time): that of the start in the first step in which it is there."""
    energy, present = reservoirs.fleet.answer("energy_mwh"), reservoirs.present
    before = np.empty(reservoirs.fleet.shape)
    before[:, 1:] = energy[:, :-1]
    before[:, 0] = 0.0
    arrives = present.copy()
    arrives[:, 1:] &= ~present[:, :-1]
    return np.where(arrives, reservoirs.energy_start_mwh, before)


def check_stores(fleet: Fleet, end_mwh: FloatArray | None = None) -> None:
    """Check what stores must hold at the end, and what that is worth.

    Args:
        fleet: Stores of any kind but vehicles.
        end_mwh: What they must hold, (store, 1), not a number where it is free; by the fields of the case when None.
    """
    is_ = fleet.answer("energy_mwh")[:, -1:]
    missing = np.abs(is_ - end_mwh) if end_mwh is not None else np.abs(is_ - fleet.number("energy_end_mwh"))
    if end_mwh is None:
        missing = np.fmax(missing, fleet.number("energy_end_min_mwh") - is_)
    fleet.hold("energy_end", np.nan_to_num(missing)[:, 0], "MWh", is_[:, 0])
    if fleet.has("final_value_eur"):
        worth, said = worth_of(fleet, is_[:, 0])[0], fleet.answer("final_value_eur")
        fleet.hold("final_value", np.abs(worth - said), "EUR", worth)


def worth_of(fleet: Fleet, left_mwh: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the energy left is worth, and what a MWh less and a MWh more would change it by, (store,) each.

    Args:
        fleet: Stores with slices of worth.
        left_mwh: Energy at the end of the last step, (store,).
    """
    found = np.zeros((3, len(fleet.records)))
    for row, record in enumerate(fleet.records):
        size = np.array([piece.energy_mwh for piece in record.final_values])
        value = np.array([piece.value_eur_per_mwh for piece in record.final_values])
        top, left = np.cumsum(size), float(left_mwh[row])
        found[0, row] = np.sum(np.clip(left - (top - size), 0.0, size) * value)
        around = np.array([max(left - fleet.nothing, 0.0), left + fleet.nothing])
        found[1:, row] = np.append(value, 0.0)[np.searchsorted(top, around, side="right")]
    return found[0], found[1], found[2]
