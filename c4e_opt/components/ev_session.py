"""EV session: a vehicle is plugged in from arrival to departure and wants energy by then.

Variables, for every session e and step t that overlaps it:
    charge_mw[e, t]      power taken from the bus, mean over the step, 0 <= . <= charge_max_mw * share plugged in
    discharge_mw[e, t]   power given to the bus, 0 <= . <= discharge_max_mw * share plugged in; none without V2G
    energy_mwh[e, t]     energy in the vehicle's battery at the END of the step, 0 <= . <= energy_max_mwh
    unserved_mwh[e]      energy wanted but not there at departure, 0 <= . <= energy_needed_mwh
    charging[e, t]   1 while charge_mw may flow, binary; only where the laws below need it

Constraints:
    energy_balance[e, t]    e[t] = e[t-1] + charge_efficiency * c[t] * h[t] - d[t] * h[t] / discharge_efficiency,
                            e before the first step of the session = energy_start_mwh, h = hours
    departure_energy[e]     e[last step] + unserved_mwh >= energy_start_mwh + energy_needed_mwh
    only in steps where doing both could pay (found by `solve`):
    charging_limit[e, t], not_charging_limit[e, t]   as for batteries

A session that outlasts the horizon owes its energy by the end of the horizon.

Objective, term `unserved`: unserved_value * unserved_mwh; term `storage`: discharge_cost * discharge_mw * hours.

Not modelled: stepped and minimum power, plugs shared by several vehicles.
Source: own definition; the session is an energy reservoir that exists from arrival to departure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray
from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Exclusive, Injection, Terms, buses, fleet, never_both, scalars
from c4e_opt.fields import bus, identity, moment, number, party, record
from c4e_opt.issues import Issue
from c4e_opt.program import Room


@record
class EvSession:
    """One stay of one vehicle at one plug."""

    id: str = identity(doc="Name of the session.")
    bus: str = bus(carrier="electricity", doc="Bus that the plug is on.")
    owner: str = party(doc="Party that pays for charging and is paid for discharging.")
    arrival: int = moment(doc="When the vehicle is plugged in.")
    departure: int = moment(doc="When it leaves.")
    energy_needed_mwh: Any = number(unit="MWh", minimum=0, doc="Energy wanted in its battery on top of the start.")
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


def check(path: str, session: EvSession, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one session; nothing, when it may be formulated."""
    horizon, units = context.horizon, context.units
    if session.departure <= session.arrival:
        yield Issue(f"{path}.departure", "range", "is not after the arrival; the session would be empty")
    elif session.departure <= horizon.start or session.arrival >= horizon.end:
        yield Issue(f"{path}.arrival", "horizon", "the session lies outside the horizon; drop it or move the horizon")
    yield from units.within(path, "energy_start_mwh", session.energy_start_mwh, 0, session.energy_max_mwh, "MWh")
    wanted = session.energy_start_mwh + session.energy_needed_mwh
    if wanted > session.energy_max_mwh * (1 + 1e-9):
        most = units.say(session.energy_max_mwh, "MWh")
        message = f"start and need add up to {units.say(wanted, 'MWh')}, more than the battery holds, {most}"
        yield Issue(f"{path}.{units.name('energy_needed_mwh', 'MWh')}", "range", message)
    for name in ("charge_efficiency", "discharge_efficiency"):
        if getattr(session, name) == 0:
            yield Issue(f"{path}.{name}", "range", "is 0 MWh/MWh; it must be above 0")


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
    plugged = share > 0
    charge_max = share * scalars(sessions, "charge_max_mw")
    discharge_max = share * scalars(sessions, "discharge_max_mw")
    charge = room.variable("charge_mw", over, 0.0, charge_max, doc="power taken from the bus", present=plugged)
    discharge = room.variable(
        "discharge_mw", over, 0.0, discharge_max, doc="power given to the bus", present=discharge_max > 0
    )
    energy = room.variable(
        "energy_mwh", over, 0.0, scalars(sessions, "energy_max_mwh"), doc="energy stored at the end of the step",
        present=plugged,
    )  # fmt: skip
    unserved = room.variable(
        "unserved_mwh", over[:1], 0.0, scalars(sessions, "energy_needed_mwh")[:, 0], doc="energy missing at departure"
    )

    stored = charge * (scalars(sessions, "charge_efficiency") * horizon.hours)
    drawn = discharge * (horizon.hours / scalars(sessions, "discharge_efficiency"))
    first = plugged & (np.cumsum(plugged, axis=1) == 1)
    start = np.where(first, scalars(sessions, "energy_start_mwh"), 0.0)
    room.equal("energy_balance", energy, energy.previous(0.0) + stored - drawn + start, present=plugged)
    last = np.arange(len(sessions)) * horizon.steps + (horizon.steps - 1 - np.argmax(plugged[:, ::-1], axis=1))
    wanted = (scalars(sessions, "energy_start_mwh") + scalars(sessions, "energy_needed_mwh"))[:, 0]
    room.at_least("departure_energy", energy.at(last, over[:1]) + unserved, wanted)
    never_both(room, "charging", (charge, charge_max), (discharge, discharge_max), exclusive)

    room.minimise("unserved", unserved * scalars(sessions, "unserved_value_eur_per_mwh")[:, 0])
    wear = scalars(sessions, "discharge_cost_eur_per_mwh")
    if wear.any():
        room.minimise("storage", discharge * (wear * horizon.cost_hours))
    return Terms(
        injections=(Injection(buses(sessions), discharge - charge),),
        exclusive=Exclusive("ev_session_charge_mw", "ev_session_discharge_mw", "ev_session_charging"),
    )
