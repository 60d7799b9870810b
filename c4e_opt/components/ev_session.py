"""EV session: a vehicle is plugged in from arrival to departure and wants energy by then.

Variables, for every session e and step t that overlaps it:
    charge_mw[e, t]      power taken from the bus, mean over the step, 0 <= . <= charge_max_mw * share plugged in,
                         charge_max_mw no more than charge_limit_mw
    discharge_mw[e, t]   power given to the bus, 0 <= . <= discharge_max_mw * share plugged in; none without V2G
    energy_mwh[e, t]     energy in the vehicle's battery at the END of the step, energy_v2g_min_mwh (or the energy on
                         arrival, where that is less) <= . <= energy_max_mwh; from 0 without V2G
    unserved_mwh[e]      energy wanted but not there at departure, 0 <= . <= what is wanted on top of the start
    powered[e, t]          1 while it charges, binary; of sessions with charge_min_mw
    at_level[e, level, t]  1 while it charges at the level, binary; of sessions with charge_steps
    ready[e, t]            1 while V2G is allowed, binary; of sessions with V2G that arrive below energy_v2g_min_mwh
    charging[e, t]   1 while charge_mw may flow, binary; only where the laws below need it

Constraints:
    energy_balance[e, t]    e[t] = e[t-1] + charge_efficiency * c[t] * h[t] - d[t] * h[t] / discharge_efficiency,
                            e before the first step of the session = energy_start_mwh, h = hours
    departure_energy[e]     e[last step] + unserved_mwh >= wanted,
                            wanted = energy_start_mwh + energy_needed_mwh, or soc_departure_ratio * energy_max_mwh
    throughput_limit[e]     sum of discharge_mw * hours <= throughput_max_mwh
    of sessions with charge_min_mw:
    charge_upper_limit[e, t]   charge_mw <= charge_max_mw * share * powered
    charge_lower_limit[e, t]   charge_mw >= charge_min_mw * share * powered
    not_powered_limit[e, t]    discharge_mw <= discharge_max_mw * share * (1 - powered)
    of sessions with charge_steps:
    charge_level[e, t]   charge_mw = sum over levels of power_mw * share * at_level
    one_level[e, t]      sum over levels of at_level + discharge_mw / (discharge_max_mw * share) <= 1
    of sessions with V2G that arrive below energy_v2g_min_mwh:
    ready_energy[e, t]      energy_mwh >= energy_start_mwh + (energy_v2g_min_mwh - energy_start_mwh) * ready
    ready_discharge[e, t]   discharge_mw <= discharge_max_mw * share * ready
    only in steps where doing both could pay (found by `solve`):
    charging_limit[e, t], not_charging_limit[e, t]   as for batteries

A session that outlasts the horizon owes its energy by the end of the horizon. What cannot be served is unserved: no
wish makes a case infeasible, as a vehicle that does nothing keeps every law.

A session with count stands for so many vehicles that come, want and leave alike: every limit times count, and what is
reported is their sum. That is exact: the mean of what alike vehicles do is allowed to each of them, as the laws are
convex, and costs the same together. Where only a binary makes a law (charge_min_mw, charge_steps, ready) a count is
refused. With V2G alike vehicles also never charge and discharge in one step together; to pass energy around would pay
only where energy has a negative price.

The rules on charging need no binary beyond these: powered spans the convex hull of "0, or from least to most", at_level
that of the levels and 0, and both forbid V2G meanwhile, so that they need no `charging`. A vehicle that arrives with
energy_v2g_min_mwh or more can fall below it only by V2G: a bound does. Below it, ready[t] = 0 forbids V2G and thus
keeps e[t] from falling.

Objective, term `unserved`: unserved_value * unserved_mwh; term `storage`: discharge_cost * discharge_mw * hours.

Not modelled: power that falls as the battery fills, a least V2G power, a least time between changes of power.
Source: own definition; the session is an energy reservoir that exists from arrival to departure. Charging at 0 or from
a least power on, and at levels: DeadbandEVSE and FiniteRatesEVSE of ACN-Sim, https://github.com/zach401/acnportal; a
least energy for V2G: EVMinimumV2XEnergyRequest of ISO 15118-20.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Exclusive, Injection, Terms, buses, fleet, never_both, profiles, scalars
from c4e_opt.fields import bus, count, identity, moment, number, parts, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room

#: Rounding of powers written as decimals.
_SAME = 1e-9


@record
class ChargeStep:
    """A level of charging power."""

    power_mw: Any = number(unit="MW", minimum=0, doc="Charging power at this level.")


@record
class EvSession:
    """One stay of one vehicle at one plug, or of several that are alike."""

    id: str = identity(doc="Name of the session.")
    bus: str = bus(carrier="electricity", doc="Bus that the plug is on.")
    owner: str = party(doc="Party that pays for charging and is paid for discharging.")
    arrival: int = moment(doc="When the vehicle is plugged in.")
    departure: int = moment(doc="When it leaves.")
    energy_needed_mwh: Any = number(
        unit="MWh",
        minimum=0,
        default=None,
        doc="Energy wanted in its battery on top of the start; required without soc_departure_ratio.",
    )
    energy_start_mwh: Any = number(unit="MWh", minimum=0, default=0.0, doc="Energy in its battery on arrival.")
    energy_max_mwh: Any = number(unit="MWh", minimum=0, doc="Size of its battery.")
    charge_max_mw: Any = number(unit="MW", minimum=0, doc="Largest charging power.")
    discharge_max_mw: Any = number(unit="MW", minimum=0, default=0.0, doc="Largest V2G power; 0: no V2G.")
    charge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=0.9, doc="Energy stored per energy taken."
    )
    discharge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=0.9, doc="Energy given per energy drawn."
    )
    discharge_cost_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=0.0, doc="Wear per MWh given to the bus."
    )
    unserved_value_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=10_000.0, doc="Cost of every MWh that is missing at departure."
    )
    soc_departure_ratio: Any = number(
        unit="",
        minimum=0,
        maximum=1,
        default=None,
        doc="State of charge wanted at departure, instead of energy_needed_mwh.",
    )
    charge_min_mw: Any = number(
        unit="MW", minimum=0, default=0.0, doc="Least charging power while it charges, such as that of 6 A."
    )
    charge_steps: tuple[ChargeStep, ...] = parts(
        ChargeStep, doc="The levels that its charging power may have besides 0, rising; any power when absent."
    )
    charge_limit_mw: FloatArray | None = series(
        unit="MW",
        minimum=0,
        default=None,
        doc="Largest charging power of every step where it is less than charge_max_mw, as in a charging profile.",
    )
    throughput_max_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Most energy that V2G gives during the session; any when absent."
    )
    energy_v2g_min_mwh: Any = number(
        unit="MWh", minimum=0, default=0.0, doc="Least energy in its battery at the end of every step with V2G."
    )
    count: int = count(default=1, minimum=1, doc="How many vehicles alike this is; fields are of one, results of all.")


def check(path: str, session: EvSession, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one session; nothing, when it may be formulated."""
    horizon, units = context.horizon, context.units
    if session.departure <= session.arrival:
        yield Issue(f"{path}.departure", "range", "is not after the arrival; the session would be empty")
    elif session.departure <= horizon.start or session.arrival >= horizon.end:
        yield Issue(f"{path}.arrival", "horizon", "the session lies outside the horizon; drop it or move the horizon")
    most = session.energy_max_mwh
    yield from units.within(path, "energy_start_mwh", session.energy_start_mwh, 0, most, "MWh")
    yield from units.within(path, "energy_v2g_min_mwh", session.energy_v2g_min_mwh, 0, most, "MWh")
    yield from _check_wanted(path, session, context)
    yield from units.within(path, "charge_min_mw", session.charge_min_mw, 0, session.charge_max_mw, "MW")
    yield from _check_steps(path, session, context)
    yield from _check_count(path, session)
    for name in ("charge_efficiency", "discharge_efficiency"):
        if getattr(session, name) == 0:
            yield Issue(f"{path}.{name}", "range", "is 0 MWh/MWh; it must be above 0")


def _check_wanted(path: str, session: EvSession, context: Context) -> Iterator[Issue]:
    units = context.units
    name = units.name("energy_needed_mwh", "MWh")
    place = f"{path}.{name}"
    if session.energy_needed_mwh is None:
        if session.soc_departure_ratio is None:
            yield Issue(place, "missing_field", "is missing, and soc_departure_ratio as well; give one of them")
        return
    if session.soc_departure_ratio is not None:
        yield Issue(f"{path}.soc_departure_ratio", "twice", f"is given, and {name} as well; drop one")
    wanted = session.energy_start_mwh + session.energy_needed_mwh
    if wanted > session.energy_max_mwh * (1 + 1e-9):
        most = units.say(session.energy_max_mwh, "MWh")
        message = f"start and need add up to {units.say(wanted, 'MWh')}, more than the battery holds, {most}"
        yield Issue(place, "range", message)


def _check_steps(path: str, session: EvSession, context: Context) -> Iterator[Issue]:
    levels = [each.power_mw for each in session.charge_steps]
    if not levels:
        return
    if session.charge_min_mw > 0:
        message = "are given, and charge_min_mw as well; the least level says it already, drop one of them"
        yield Issue(f"{path}.charge_steps", "twice", message)
    if max(levels) == 0:
        yield Issue(f"{path}.charge_steps", "range", "has no level above 0 MW; it could never charge")
    for place, level in enumerate(levels):
        where, most = f"{path}.charge_steps[{place}]", session.charge_max_mw
        if level > most * (1 + _SAME):
            yield from context.units.within(where, "power_mw", level, 0, most, "MW")
        if place and level <= levels[place - 1]:
            name = context.units.name("power_mw", "MW")
            yield Issue(f"{where}.{name}", "order", "is not above the level before; levels rise")


def _check_count(path: str, session: EvSession) -> Iterator[Issue]:
    """A count where alike vehicles may do best by doing different things."""
    if session.count == 1:
        return
    ruled = ["charge_min_mw"] if session.charge_min_mw > 0 else []
    ruled += ["charge_steps"] if session.charge_steps else []
    ruled += ["energy_v2g_min_mwh above the energy on arrival"] if _waits(session) else []
    if ruled:
        message = f"is {session.count} although there is {ruled[0]}; vehicles would take turns, give each its own"
        yield Issue(f"{path}.count", "count", f"{message} session")


def _waits(session: EvSession) -> bool:
    """Whether a vehicle with V2G arrives with too little for it."""
    return session.discharge_max_mw > 0 and session.energy_start_mwh < session.energy_v2g_min_mwh


def formulate(room: Room, sessions: Sequence[EvSession], horizon: Horizon, exclusive: BoolArray | None = None) -> Terms:
    """Add the variables and laws of all sessions at once.

    Args:
        room: The room to write into.
        sessions: Checked records; their order is the order of the axis.
        horizon: The steps.
        exclusive: Cells (session, time) that need a binary against charging and discharging together.

    Returns:
        Injections at the buses.
    """
    fleet_axis = fleet("ev_session", sessions)
    over = (fleet_axis, horizon.axis)
    share = horizon.share(
        scalars(sessions, "arrival")[:, 0].astype(np.int64), scalars(sessions, "departure")[:, 0].astype(np.int64)
    )
    plugged, together = share > 0, scalars(sessions, "count")
    charge_max = share * largest_mw(sessions, horizon) * together
    discharge_max = share * scalars(sessions, "discharge_max_mw") * together
    start = scalars(sessions, "energy_start_mwh") * together
    v2g_min = np.where(scalars(sessions, "discharge_max_mw") > 0, scalars(sessions, "energy_v2g_min_mwh"), 0.0)
    least = v2g_min * together
    charge = room.variable("charge_mw", over, 0.0, charge_max, doc="power taken from the bus", present=plugged)
    discharge = room.variable(
        "discharge_mw", over, 0.0, discharge_max, doc="power given to the bus", present=discharge_max > 0
    )
    energy = room.variable(
        "energy_mwh", over, np.minimum(start, least), scalars(sessions, "energy_max_mwh") * together,
        doc="energy stored at the end of the step", present=plugged,
    )  # fmt: skip

    stored = charge * (scalars(sessions, "charge_efficiency") * horizon.hours)
    drawn = discharge * (horizon.hours / scalars(sessions, "discharge_efficiency"))
    first = plugged & (np.cumsum(plugged, axis=1) == 1)
    arriving = np.where(first, start, 0.0)
    room.equal("energy_balance", energy, energy.previous(0.0) + stored - drawn + arriving, present=plugged)
    _unserved(room, sessions, energy, plugged)
    _throughput(room, sessions, discharge, horizon)
    _least_power(room, sessions, (charge, charge_max), (discharge, discharge_max), share)
    _levels(room, sessions, (charge, charge_max), (discharge, discharge_max), share)
    _ready(room, energy, (discharge, discharge_max), start, least)
    never_both(room, "charging", (charge, charge_max), (discharge, discharge_max), exclusive)
    wear = scalars(sessions, "discharge_cost_eur_per_mwh")
    if wear.any():
        room.minimise("storage", discharge * (wear * horizon.cost_hours))
    return Terms(
        injections=(Injection(buses(sessions), discharge - charge),),
        exclusive=Exclusive("ev_session_charge_mw", "ev_session_discharge_mw", "ev_session_charging"),
    )


def largest_mw(sessions: Sequence[EvSession], horizon: Horizon) -> FloatArray:
    """Largest charging power of one vehicle, (session, 1) or (session, time); 0 where its rules allow none.

    Args:
        sessions: Checked records.
        horizon: The steps of their series.
    """
    most = scalars(sessions, "charge_max_mw")
    if any(session.charge_limit_mw is not None for session in sessions):
        most = np.fmin(most, profiles(sessions, "charge_limit_mw", horizon.steps))
    most = np.where(most < scalars(sessions, "charge_min_mw") * (1 - _SAME), 0.0, most)
    levels = _powers_of(sessions)
    if not levels.size:
        return most
    highest = np.where(levels[:, :, None] <= most[:, None, :] * (1 + _SAME), levels[:, :, None], 0.0).max(axis=1)
    return np.where(levels.any(axis=1, keepdims=True), highest, most)


def _powers_of(sessions: Sequence[EvSession]) -> FloatArray:
    """The levels above 0 of every session, (session, level); 0 beyond the last."""
    levels = [[each.power_mw for each in session.charge_steps if each.power_mw > 0] for session in sessions]
    powers = np.zeros((len(sessions), max(map(len, levels))))
    for row, own in enumerate(levels):
        powers[row, : len(own)] = own
    return powers


def _unserved(room: Room, sessions: Sequence[EvSession], energy: Linear, plugged: BoolArray) -> None:
    """What is wanted at departure, and the price of what is missing."""
    together, start = scalars(sessions, "count")[:, 0], scalars(sessions, "energy_start_mwh")[:, 0]
    soc, needed = scalars(sessions, "soc_departure_ratio")[:, 0], scalars(sessions, "energy_needed_mwh")[:, 0]
    level = soc * scalars(sessions, "energy_max_mwh")[:, 0]
    wanted = np.where(np.isnan(soc), start + needed, level) * together
    missing = np.where(np.isnan(soc), needed, np.maximum(level - start, 0.0)) * together
    unserved = room.variable("unserved_mwh", energy.axes[:1], 0.0, missing, doc="energy missing at departure")
    steps = plugged.shape[1]
    last = np.arange(len(sessions)) * steps + (steps - 1 - np.argmax(plugged[:, ::-1], axis=1))
    room.at_least("departure_energy", energy.at(last, energy.axes[:1]) + unserved, wanted)
    room.minimise("unserved", unserved * scalars(sessions, "unserved_value_eur_per_mwh")[:, 0])


def _throughput(room: Room, sessions: Sequence[EvSession], discharge: Linear, horizon: Horizon) -> None:
    """Limit the energy that V2G gives."""
    most = scalars(sessions, "throughput_max_mwh")[:, 0] * scalars(sessions, "count")[:, 0]
    capped = ~np.isnan(most) & (scalars(sessions, "discharge_max_mw")[:, 0] > 0)
    if capped.any():
        row = np.repeat(np.arange(len(sessions)), horizon.steps)
        given = (discharge * horizon.hours).gather(discharge.axes[:1], row)
        room.at_most("throughput_limit", given, np.nan_to_num(most), present=capped)


def _least_power(
    room: Room,
    sessions: Sequence[EvSession],
    charge: tuple[Linear, FloatArray],
    discharge: tuple[Linear, FloatArray],
    share: FloatArray,
) -> None:
    """Charge at nothing, or between the least and the largest power."""
    least = share * scalars(sessions, "charge_min_mw")
    ruled = least > 0
    if not ruled.any():
        return
    powered = room.variable(
        "powered", charge[0].axes, 0.0, (charge[1] > 0).astype(np.float64), doc="1 while it charges, 0 otherwise",
        integral=True, present=ruled,
    )  # fmt: skip
    room.at_most("charge_upper_limit", charge[0], powered * charge[1], present=ruled)
    room.at_least("charge_lower_limit", charge[0], powered * least, present=ruled)
    gives = ruled & (discharge[1] > 0)
    if gives.any():
        room.at_most("not_powered_limit", discharge[0] + powered * discharge[1], discharge[1], present=gives)


def _levels(
    room: Room,
    sessions: Sequence[EvSession],
    charge: tuple[Linear, FloatArray],
    discharge: tuple[Linear, FloatArray],
    share: FloatArray,
) -> None:
    """Charge at one of the levels, or at nothing."""
    powers = _powers_of(sessions)
    if not powers.size:
        return
    fleet_axis, time = charge[0].axes
    axis = Axis("charge_level", [str(place + 1) for place in range(powers.shape[1])])
    power = powers[:, :, None] * share[:, None, :]
    allowed = power <= charge[1][:, None, :] * (1 + _SAME)
    at_level = room.variable(
        "at_level", (fleet_axis, axis, time), 0.0, allowed.astype(np.float64), doc="1 while it charges at the level",
        integral=True, present=power > 0,
    )  # fmt: skip
    ruled: BoolArray = np.max(power, axis=1) > 0
    cell = np.arange(charge[0].cells).reshape(charge[0].shape)
    target = np.broadcast_to(cell[:, None, :], power.shape)
    room.equal("charge_level", charge[0], (at_level * power).gather(charge[0].axes, target), present=ruled)
    part = np.divide(1.0, discharge[1], out=np.zeros(share.shape), where=discharge[1] > 0)
    chosen = at_level.gather(charge[0].axes, target)
    room.at_most("one_level", chosen + discharge[0] * part, 1.0, present=ruled)


def _ready(
    room: Room, energy: Linear, discharge: tuple[Linear, FloatArray], start: FloatArray, least: FloatArray
) -> None:
    """No V2G before a vehicle that arrives with too little for it has got it."""
    waits = (start < least) & (discharge[1] > 0)
    if not waits.any():
        return
    ready = room.variable(
        "ready", energy.axes, 0.0, 1.0, doc="1 while V2G is allowed, 0 otherwise", integral=True, present=waits
    )
    room.at_least("ready_energy", energy - ready * (least - start), start, present=waits)
    room.at_most("ready_discharge", discharge[0], ready * discharge[1], present=waits)
