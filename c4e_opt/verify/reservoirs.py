"""Reservoirs: the energy of batteries, heat stores and parked vehicles, recomputed step by step.

Laws, for kind = battery, heat_store, ev_session:
    <kind>_charge_limit, <kind>_discharge_limit   0 <= power <= the limit; of a vehicle, times the part of the step that
                                                  it is plugged in
    <kind>_energy_limit                           energy at the end of every step lies within its limits
    <kind>_energy_balance                         energy follows from the energy before, the losses and the two powers
    battery_exclusivity, ev_session_exclusivity   at most one of charging and discharging in a step
    battery_energy_end, heat_store_energy_end     energy at the end of the last step is what the case wants
    ev_session_absence                            no power and no energy in steps without the vehicle
    ev_session_unserved_limit                     0 <= unserved <= needed
    ev_session_departure_energy                   energy in the last step of a session + unserved >= start + needed
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet


@dataclass(frozen=True, slots=True)
class Reservoirs:
    """Reservoirs of one kind; arrays (component, time), or (component, 1) for what never changes."""

    fleet: Fleet
    charge_max_mw: FloatArray
    discharge_max_mw: FloatArray
    energy_min_mwh: FloatArray
    energy_max_mwh: FloatArray
    keep: FloatArray  # part of the energy that is left after the step
    present: BoolArray  # steps in which the reservoir is there
    last: IntArray  # the last step in which it is there, (component,)


def of_stores(fleet: Fleet) -> Reservoirs:
    """Batteries or heat stores: there from the first to the last step."""
    left_after_an_hour = 1.0 - fleet.number("standing_loss_per_hour")
    return Reservoirs(
        fleet=fleet,
        charge_max_mw=fleet.number("charge_max_mw"),
        discharge_max_mw=fleet.number("discharge_max_mw"),
        energy_min_mwh=fleet.number("energy_min_mwh"),
        energy_max_mwh=fleet.number("energy_max_mwh"),
        keep=np.power(left_after_an_hour, fleet.horizon.hours),
        present=np.ones(fleet.shape, dtype=np.bool_),
        last=np.full(fleet.shape[0], fleet.shape[1] - 1),
    )


def of_sessions(fleet: Fleet) -> Reservoirs:
    """Parked vehicles: there in every step that their stay touches."""
    horizon = fleet.horizon
    arrival, departure = fleet.number("arrival"), fleet.number("departure")
    seconds = np.minimum(departure, horizon.ends) - np.maximum(arrival, horizon.starts)
    share = np.maximum(seconds, 0.0) / horizon.step_seconds
    present = share > 0
    backwards: IntArray = np.argmax(present[:, ::-1], axis=1)
    return Reservoirs(
        fleet=fleet,
        charge_max_mw=share * fleet.number("charge_max_mw"),
        discharge_max_mw=share * fleet.number("discharge_max_mw"),
        energy_min_mwh=np.zeros((fleet.shape[0], 1)),
        energy_max_mwh=fleet.number("energy_max_mwh"),
        keep=np.ones((fleet.shape[0], 1)),
        present=present,
        last=fleet.shape[1] - 1 - backwards,
    )


def flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    """Power into the bus: discharging less charging."""
    return (fleet.answer("discharge_mw") - fleet.answer("charge_mw"),)


def wear(fleet: Fleet, bill: Bill) -> None:
    """Add what discharging costs."""
    cost = fleet.number("discharge_cost_eur_per_mwh")
    bill.add_energy("storage", fleet.answer("discharge_mw"), cost, fleet.horizon.cost_hours)


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
    if fleet.kind != "heat_store":  # a tank may be filled and drawn from at once
        fleet.exclusive("charge_mw", "discharge_mw")

    before = np.empty(fleet.shape)
    before[:, 1:] = energy[:, :-1]
    before[:, 0] = 0.0
    arrives = present.copy()
    arrives[:, 1:] &= ~present[:, :-1]
    before = np.where(arrives, fleet.number("energy_start_mwh"), before)
    hours = fleet.horizon.hours
    into = charge * fleet.number("charge_efficiency") * hours
    out = discharge / fleet.number("discharge_efficiency") * hours
    change = energy - before * reservoirs.keep - into + out
    fleet.hold("energy_balance", np.where(present, np.abs(change), 0.0), "MWh", energy, before, into, out)


def check_stores(reservoirs: Reservoirs) -> None:
    """Check what batteries and heat stores must hold at the end.

    Args:
        reservoirs: Batteries or heat stores.
    """
    fleet = reservoirs.fleet
    wanted, is_ = fleet.number("energy_end_mwh"), fleet.answer("energy_mwh")[:, -1:]
    fleet.hold("energy_end", np.where(np.isnan(wanted), 0.0, np.abs(is_ - wanted))[:, 0], "MWh", is_[:, 0])


def check_sessions(reservoirs: Reservoirs) -> None:
    """Check what vehicles want at departure, and that they do nothing when away.

    Args:
        reservoirs: Parked vehicles.
    """
    fleet, away = reservoirs.fleet, ~reservoirs.present
    used = np.abs(fleet.answer("charge_mw")) + np.abs(fleet.answer("discharge_mw"))
    fleet.hold("absence", np.where(away, np.maximum(used, np.abs(fleet.answer("energy_mwh"))), 0.0), "MW")
    needed, unserved = fleet.number("energy_needed_mwh")[:, 0], fleet.answer("unserved_mwh")
    fleet.within("unserved_limit", "unserved_mwh", needed)
    at_departure = fleet.answer("energy_mwh")[np.arange(unserved.size), reservoirs.last]
    missing = fleet.number("energy_start_mwh")[:, 0] + needed - at_departure - unserved
    fleet.hold("departure_energy", missing, "MWh", at_departure, unserved)
