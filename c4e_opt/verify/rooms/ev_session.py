"""What an answer must hold for EV sessions; see also `verify.reservoirs` and `verify.stored_value`.

Laws, of a session of several vehicles for all of them together:
    ev_session_absence            no power and no energy in steps without the vehicle
    ev_session_unserved_limit     0 <= unserved <= what is wanted on top of the start
    ev_session_departure_energy   energy in the last step of a session + unserved >= what is wanted
    ev_session_charge_minimum     whoever charges does so at the least power or more, for its part of the step
    ev_session_charge_step        whoever charges does so at one of its levels, for its part of the step
    ev_session_powered            marked as charging if and only if it charges, of sessions with a least power
    ev_session_at_level           the marks of the levels say the power at which it charges, at most one in a step
    ev_session_v2g_energy         whoever gives power has the least energy for that at the end of the step
    ev_session_ready              marked as ready while it gives power with less than that energy before the step, and
                                  marked only with that energy after it, of sessions that arrive with less
    ev_session_throughput         no more energy is given than may be

Prices: the worth of stored energy is judged of every session, for its marks as they are; not of sessions that give all
that they may during their stay, as the last MWh given has a worth of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import reservoirs, stored_value
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import SAME
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.reservoirs import Reservoirs


def _waits(record: Any) -> bool:
    """Whether it comes with less energy than V2G asks for."""
    return record.discharge_max_mw > 0 and record.energy_v2g_min_mwh > record.energy_start_mwh


def _levels(record: Any) -> list[float]:
    return [step.power_mw for step in record.charge_steps if step.power_mw > 0]


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {"unserved_mwh": ("ev_session",)}
    if any(record.charge_min_mw > 0 for record in records):
        found["powered"] = ("ev_session", "time")
    if any(record.charge_steps for record in records):
        found["at_level"] = ("ev_session", "charge_level", "time")
    if any(_waits(record) for record in records):
        found["ready"] = ("ev_session", "time")
    return found


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    most = max(len(_levels(record)) for record in records)
    return {"charge_level": [str(place + 1) for place in range(most)]}


def _share(fleet: Fleet) -> FloatArray:
    """The part of every step that the vehicle is there."""
    horizon = fleet.horizon
    seconds = np.minimum(fleet.number("departure"), horizon.ends) - np.maximum(fleet.number("arrival"), horizon.starts)
    return np.maximum(seconds, 0.0) / horizon.step_seconds


def _most(fleet: Fleet) -> FloatArray:
    """The largest power of one vehicle while it charges, by its limits and its levels, (session, time)."""
    most = np.empty(fleet.shape)
    for row, record in enumerate(fleet.records):
        given = np.inf if record.charge_limit_mw is None else record.charge_limit_mw
        most[row] = np.minimum(record.charge_max_mw, given)
        if record.charge_min_mw > 0:
            most[row] = np.where(most[row] * (1.0 + SAME) < record.charge_min_mw, 0.0, most[row])
        if record.charge_steps:
            levels = np.array([0.0, *_levels(record)])
            fits = levels[:, None] <= most[row] * (1.0 + SAME)
            most[row] = np.where(fits, levels[:, None], 0.0).max(axis=0)
    return most


def _held(fleet: Fleet) -> Reservoirs:
    """The batteries of vehicles: there in every step that their stay touches."""
    share, vehicles = _share(fleet), fleet.number("count")
    present = share > 0
    backwards: IntArray = np.argmax(present[:, ::-1], axis=1)
    start = fleet.number("energy_start_mwh") * vehicles
    v2g_least = np.where(fleet.number("discharge_max_mw") > 0, fleet.number("energy_v2g_min_mwh"), 0.0) * vehicles
    return Reservoirs(
        fleet=fleet,
        charge_max_mw=share * _most(fleet) * vehicles,
        discharge_max_mw=share * fleet.number("discharge_max_mw") * vehicles,
        energy_min_mwh=np.minimum(start, v2g_least),
        energy_max_mwh=fleet.number("energy_max_mwh") * vehicles,
        energy_start_mwh=start,
        keep=np.ones((fleet.shape[0], 1)),
        present=present,
        last=fleet.shape[1] - 1 - backwards,
        one_way=np.ones(fleet.shape[0], dtype=np.bool_),
    )


def _wanted(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """Energy wanted at departure, and how much of it is not there on arrival, (session,) each."""
    wanted, missing = np.zeros(fleet.shape[0]), np.zeros(fleet.shape[0])
    for row, record in enumerate(fleet.records):
        if record.soc_departure_ratio is None:
            level = record.energy_start_mwh + record.energy_needed_mwh
            lacks = record.energy_needed_mwh
        else:
            level = record.soc_departure_ratio * record.energy_max_mwh
            lacks = max(level - record.energy_start_mwh, 0.0)
        wanted[row], missing[row] = level * record.count, lacks * record.count
    return wanted, missing


def _limits(fleet: Fleet) -> None:
    held = _held(fleet)
    away = ~held.present
    used = np.abs(fleet.answer("charge_mw")) + np.abs(fleet.answer("discharge_mw"))
    fleet.hold("absence", np.where(away, np.maximum(used, np.abs(fleet.answer("energy_mwh"))), 0.0), "MW")
    (wanted, needed), unserved = _wanted(fleet), fleet.answer("unserved_mwh")
    fleet.within("unserved_limit", "unserved_mwh", needed)
    at_departure = fleet.answer("energy_mwh")[np.arange(unserved.size), held.last]
    fleet.hold("departure_energy", wanted - at_departure - unserved, "MWh", at_departure, unserved)
    reservoirs.check(held)
    if fleet.has("powered"):
        _powered(fleet, held)
    if fleet.has("at_level"):
        _at_level(fleet, held.present)
    _v2g(fleet, held)


def _powered(fleet: Fleet, held: Reservoirs) -> None:
    charge, marked = fleet.answer("charge_mw"), fleet.answer("powered")
    least = _share(fleet) * fleet.number("charge_min_mw")
    fleet.hold("charge_minimum", np.minimum(charge, least - charge), "MW", charge)
    ruled = (fleet.number("charge_min_mw") > 0) & held.present
    outside = np.maximum(charge - held.charge_max_mw * marked, least * marked - charge)
    fleet.hold("powered", np.where(ruled, outside, np.abs(marked)), "MW", charge)


def _at_level(fleet: Fleet, present: BoolArray) -> None:
    charge, discharge, marked = fleet.answer("charge_mw"), fleet.answer("discharge_mw"), fleet.answer("at_level")
    share = _share(fleet)
    beside, wrong = np.zeros(fleet.shape), marked.sum(axis=1)
    for row, record in enumerate(fleet.records):
        if record.charge_steps:
            powers = np.array(_levels(record))[:, None] * share[row]
            beside[row] = np.minimum(np.abs(charge[row]), np.abs(charge[row] - powers).min(axis=0))
            own, beyond = marked[row, : powers.shape[0]], marked[row, powers.shape[0] :].sum(axis=0)
            says = np.abs((own * powers).sum(axis=0) - charge[row])
            both = np.minimum(own.sum(axis=0), discharge[row])
            away = np.where(present[row], 0.0, own.sum(axis=0))
            wrong[row] = np.max([says, own.sum(axis=0) - 1.0, both, beyond, away], axis=0)
    fleet.hold("charge_step", beside, "MW", charge)
    fleet.hold("at_level", wrong, "MW", charge)


def _v2g(fleet: Fleet, held: Reservoirs) -> None:
    vehicles, discharge, energy = fleet.number("count"), fleet.answer("discharge_mw"), fleet.answer("energy_mwh")
    least = fleet.number("energy_v2g_min_mwh") * vehicles
    if least.any():
        fleet.hold("v2g_energy", np.minimum(discharge, least - energy), "MWh", energy)
    most = fleet.number("throughput_max_mwh")[:, 0] * vehicles[:, 0]
    given = discharge @ fleet.horizon.hours
    if not np.isnan(most).all():
        fleet.hold("throughput", np.where(np.isnan(most), -np.inf, given - most), "MWh", given)
    if fleet.has("ready"):
        marked, waits = fleet.answer("ready"), np.array([[_waits(record)] for record in fleet.records])
        largest = _share(fleet) * fleet.number("discharge_max_mw")
        early = np.minimum(discharge - largest * marked, least - reservoirs.energy_before(held))
        wrong = np.maximum(early, np.minimum(marked, least - energy))
        fleet.hold("ready", np.where(waits & held.present, wrong, np.abs(marked)), "MW", discharge, energy)


def _costs(fleet: Fleet, bill: Bill) -> None:
    reservoirs.wear(fleet, bill)
    bill.add("unserved", fleet.number("unserved_value_eur_per_mwh")[:, 0] * fleet.answer("unserved_mwh"))


def _switched(held: Reservoirs) -> Reservoirs:
    """The limits that are left once every mark is as it is."""
    fleet = held.fleet
    least = np.zeros(fleet.shape)
    most, back, floor = held.charge_max_mw, held.discharge_max_mw, np.broadcast_to(held.energy_min_mwh, fleet.shape)
    if fleet.has("powered"):
        ruled, marked = fleet.number("charge_min_mw") > 0, fleet.answer("powered")
        least = _share(fleet) * fleet.number("charge_min_mw") * marked
        most = np.where(ruled, most * marked, most)
        back = np.where(ruled, back * (1.0 - marked), back)
    if fleet.has("at_level"):
        stepped = np.array([[bool(record.charge_steps)] for record in fleet.records])
        charge, marked = fleet.answer("charge_mw"), fleet.answer("at_level").sum(axis=1)
        least, most = np.where(stepped, charge, least), np.where(stepped, charge, most)
        back = np.where(stepped, back * (1.0 - marked), back)
    if fleet.has("ready"):
        waits, marked = np.array([[_waits(record)] for record in fleet.records]), fleet.answer("ready")
        raised = held.energy_start_mwh + (fleet.number("energy_v2g_min_mwh") - held.energy_start_mwh) * marked
        floor, back = np.where(waits, raised, floor), np.where(waits, back * marked, back)
    return replace(held, charge_min_mw=least, charge_max_mw=most, discharge_max_mw=back, energy_min_mwh=floor)


def _prices(fleet: Fleet) -> None:
    held = _held(fleet)
    (wanted, needed), unserved = _wanted(fleet), fleet.answer("unserved_mwh")
    value = fleet.number("unserved_value_eur_per_mwh")[:, 0]
    energy = fleet.answer("energy_mwh")[np.arange(unserved.size), held.last]
    more_than_wanted = energy + unserved > wanted + fleet.nothing
    floor = np.where(unserved > fleet.nothing, value, 0.0)
    ceiling = np.where(more_than_wanted, 0.0, np.where(unserved < needed - fleet.nothing, value, np.inf))
    terms = stored_value.Terms(final_floor=floor, final_ceiling=ceiling, judged=_free(fleet))
    stored_value.check(_switched(held), terms)


def _free(fleet: Fleet) -> BoolArray:
    """Sessions that might give more energy than they do, (session,)."""
    most = (fleet.number("throughput_max_mwh") * fleet.number("count"))[:, 0]
    given = fleet.answer("discharge_mw") @ fleet.horizon.hours
    return np.isnan(most) | (given < most - fleet.nothing)


ROOM = Room(
    quantities=("charge_mw", "discharge_mw", "energy_mwh"),
    more=_more,
    labels=_labels,
    direction="charging",
    binaries=("charging", "powered", "at_level", "ready"),
    flows=reservoirs.flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
