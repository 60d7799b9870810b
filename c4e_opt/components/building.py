"""Building: rooms that hold heat, heated and cooled so that people are comfortable, by a network of resistances.

Variables, for every building b and step t:
    temperature_c[b, t]            temperature indoors at the END of step t, free
    heat_mw[b, t]                  heat taken from the heat bus, 0 <= . <= heat_max_mw; of buildings with a heat bus
    cool_mw[b, t]                  cold taken from the cooling bus, 0 <= . <= cool_max_mw; of buildings with one
    discomfort_c[b, t]             degrees outside the comfort band at the END of step t, 0 <= .
    of buildings with an envelope:
    envelope_temperature_c[b, t]   temperature of walls and floors at the END of step t, free
    slow_c[b, t], fast_c[b, t]     the parts of temperature_c that decay slowly and fast, free
    only where the laws below need it:
    heating[b, t]                  1 while heat_mw may flow, binary

Constraints:
    comfort_min[b, t]        temperature_c + discomfort_c >= temperature_min_c
    comfort_max[b, t]        temperature_c - discomfort_c <= temperature_max_c
    of buildings without an envelope:
    indoor_balance[b, t]     temperature_c[t] = k(r) * temperature_c[t-1] + g(r) * q_i / C_i, r = 1 / (R_io * C_i)
    of buildings with an envelope:
    slow_balance[b, t]       slow_c[t] = k(r_s) * slow_c[t-1] + g(r_s) * (w_si * q_i / C_i + w_se * q_e / C_e)
    fast_balance[b, t]       fast_c[t] = k(r_f) * fast_c[t-1] + g(r_f) * (w_fi * q_i / C_i + w_fe * q_e / C_e)
    indoor_parts[b, t]       temperature_c = slow_c + fast_c
    envelope_parts[b, t]     envelope_temperature_c = m_s * slow_c + m_f * fast_c
    only in steps where doing both could pay (found by `solve`):
    heating_limit[b, t]      heat_mw <= heat_max_mw * heating
    not_heating_limit[b, t]  cool_mw <= cool_max_mw * (1 - heating)

With T_i indoors, T_e in the envelope and T_o outdoors the building follows
    C_i * dT_i/dt = q_i - T_i / R_io + (T_e - T_i) / R_ie,   C_e * dT_e/dt = q_e - T_e / R_eo + (T_i - T_e) / R_ie,
    q_i = heat_mw - cool_mw + internal gains + solar gains * (1 - solar_envelope_ratio) + T_o / R_io,
    q_e = solar gains * solar_envelope_ratio + T_o / R_eo, all constant within a step of h hours.
(1, m_s) and (1, m_f) are its eigenvectors, w the rows of their inverse, -r_s and -r_f its eigenvalues; each part decays
by itself, k(r) = exp(-r * h) within a step, and g(r) = (1 - k(r)) / r. That is exact for steps of any length, and keeps
long horizons well conditioned, which the two temperatures as they are do not. Without an envelope one room with one
resistance is left (1R1C); without R_io all heat passes the envelope (2R2C).

Objective, term `discomfort`: discomfort_cost * discomfort_c * hours. Cold and heat are never missing: they cost.

Not modelled: several zones, ventilation that opens and shuts, moisture, radiators that lag, heat put into the floor.
Source: models Ti and TiTe of Bacher, Madsen (2011), Energy and Buildings 43(7),
https://doi.org/10.1016/j.enbuild.2011.02.005; the matrix exponential by eigenvectors, method 14 of Moler, Van Loan
(2003), SIAM Review 45(1), https://doi.org/10.1137/S00361445024180.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Exclusive, Injection, Terms, buses, fleet, never_both, profiles, scalars
from c4e_opt.fields import bus, identity, number, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room

_ENVELOPE = (
    "envelope_capacity_mwh_per_k",
    "indoor_envelope_resistance_k_per_mw",
    "envelope_outdoor_resistance_k_per_mw",
)


@record
class Building:
    """A building that is kept comfortable."""

    id: str = identity(doc="Name of the building.")
    heat_bus: Any = bus(carrier="heat", default=None, doc="Bus that heats it; not heated when absent.")
    cooling_bus: Any = bus(carrier="cooling", default=None, doc="Bus that cools it; not cooled when absent.")
    owner: str = party(doc="Party that pays for heat and cold.")
    heat_max_mw: FloatArray = series(unit="MW", minimum=0, default=0.0, doc="Largest heat taken.")
    cool_max_mw: FloatArray = series(unit="MW", minimum=0, default=0.0, doc="Largest cold taken.")
    capacity_mwh_per_k: Any = number(
        unit="MWh/K", minimum=1e-9, doc="Heat that air, furniture and whatever follows them take up per K."
    )
    resistance_k_per_mw: Any = number(
        unit="K/MW", minimum=1e-9, default=None,
        doc="Resistance from indoors straight to outdoors; none when absent, and needed without an envelope.",
    )  # fmt: skip
    envelope_capacity_mwh_per_k: Any = number(
        unit="MWh/K",
        minimum=1e-9,
        default=None,
        doc="Heat that walls and floors take up per K; no envelope when absent.",
    )
    indoor_envelope_resistance_k_per_mw: Any = number(
        unit="K/MW", minimum=1e-9, default=None, doc="Resistance from indoors into the envelope."
    )
    envelope_outdoor_resistance_k_per_mw: Any = number(
        unit="K/MW", minimum=1e-9, default=None, doc="Resistance from the envelope to outdoors."
    )
    temperature_start_c: Any = number(unit="°C", doc="Temperature indoors before the first step.")
    envelope_temperature_start_c: Any = number(
        unit="°C", default=None,
        doc="Temperature of the envelope before the first step; at rest between indoors and outdoors when absent.",
    )  # fmt: skip
    outdoor_temperature_c: FloatArray = series(unit="°C", doc="Temperature outdoors, mean over the step.")
    solar_gains_mw: FloatArray = series(unit="MW", minimum=0, default=0.0, doc="Heat from the sun.")
    solar_envelope_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=0.0, doc="Part of the heat from the sun that the envelope takes."
    )
    internal_gains_mw: FloatArray = series(unit="MW", minimum=0, default=0.0, doc="Heat from people and appliances.")
    temperature_min_c: FloatArray = series(unit="°C", default=20.0, doc="Lower end of comfort at the end of the step.")
    temperature_max_c: FloatArray = series(unit="°C", default=26.0, doc="Upper end of comfort at the end of the step.")
    discomfort_cost_eur_per_c_hour: Any = number(
        unit="EUR/(°C h)", minimum=0, default=100.0, doc="Cost of every degree outside comfort for an hour."
    )


def check(path: str, building: Building, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one building; nothing, when it may be formulated."""
    units, steps = context.units, context.horizon.steps
    if building.heat_bus is None and building.cooling_bus is None:
        yield Issue(f"{path}.heat_bus", "missing_field", "is missing, and so is cooling_bus; give at least one of them")
    for place, power in (("heat_bus", "heat_max_mw"), ("cooling_bus", "cool_max_mw")):
        if getattr(building, place) is None and np.any(np.asarray(getattr(building, power)) > 0):
            message = f"is above 0, but there is no {place} to take it from"
            yield Issue(f"{path}.{units.name(power, 'MW')}", "conflict", message)
    given = [name for name in _ENVELOPE if getattr(building, name) is not None]
    if given and len(given) < len(_ENVELOPE):
        for name in _ENVELOPE:
            if name not in given:
                message = f"is missing: an envelope needs all of {', '.join(_ENVELOPE)}"
                yield Issue(f"{path}.{name}", "missing_field", message)
    if not given and building.resistance_k_per_mw is None:
        message = "is missing: without an envelope it is the one way out for heat"
        yield Issue(f"{path}.resistance_k_per_mw", "missing_field", message)
    for name in ("envelope_temperature_start_c", "solar_envelope_ratio"):
        if not given and getattr(building, name):
            yield Issue(f"{path}.{name}", "conflict", "is given, but there is no envelope")
    low, high = (np.broadcast_to(getattr(building, f"temperature_{end}_c"), steps) for end in ("min", "max"))
    for place in np.flatnonzero(low > high)[:1]:
        message = f"is {low[place]:g} °C, above temperature_max_c, {high[place]:g} °C"
        yield Issue(f"{path}.temperature_min_c[{place}]", "range", message)


def formulate(room: Room, buildings: Sequence[Building], horizon: Horizon, exclusive: BoolArray | None = None) -> Terms:
    """Add the variables and laws of all buildings at once.

    Args:
        room: The room to write into.
        buildings: Checked records; their order is the order of the axis.
        horizon: The steps.
        exclusive: Cells (building, time) that need a binary against heating and cooling together.

    Returns:
        Injections at the heat buses and the cooling buses.
    """
    over = (fleet("building", buildings), horizon.axis)
    steps = horizon.steps
    heat_max, cool_max = profiles(buildings, "heat_max_mw", steps), profiles(buildings, "cool_max_mw", steps)
    heat, heated = _power(room, buildings, "heat_bus", "heat_mw", heat_max, horizon, "heat taken from the heat bus")
    cool, cooled = _power(
        room, buildings, "cooling_bus", "cool_mw", cool_max, horizon, "cold taken from the cooling bus"
    )
    free = -np.inf, np.inf
    indoor = room.variable("temperature_c", over, *free, doc="temperature indoors at the end of the step")
    discomfort = room.variable("discomfort_c", over, doc="degrees outside the comfort band at the end of the step")
    walled = ~np.isnan(scalars(buildings, "envelope_capacity_mwh_per_k"))
    if not walled.all():
        _without_envelope(room, buildings, indoor, heat - cool, horizon, ~walled)
    if walled.any():
        _with_envelope(room, buildings, indoor, heat - cool, horizon, walled)
    room.at_least("comfort_min", indoor + discomfort, profiles(buildings, "temperature_min_c", steps))
    room.at_most("comfort_max", indoor - discomfort, profiles(buildings, "temperature_max_c", steps))
    room.minimise(
        "discomfort", discomfort * (scalars(buildings, "discomfort_cost_eur_per_c_hour") * horizon.cost_hours)
    )
    both = bool(heated.any() and cooled.any())
    if both:
        where = None if exclusive is None else exclusive & (heated & cooled)[:, None]
        never_both(room, "heating", (heat, heat_max), (cool, cool_max), where)
    taken = ((heat, heated, "heat_bus"), (cool, cooled, "cooling_bus"))
    return Terms(
        injections=tuple(_taken(buildings, *each) for each in taken if each[1].any()),
        exclusive=Exclusive("building_heat_mw", "building_cool_mw", "building_heating") if both else None,
    )


def _without_envelope(
    room: Room, buildings: Sequence[Building], indoor: Linear, added: Linear, horizon: Horizon, present: BoolArray
) -> None:
    """Add the temperature of rooms with one resistance."""
    out, capacity = 1.0 / scalars(buildings, "resistance_k_per_mw"), scalars(buildings, "capacity_mwh_per_k")
    rate = np.where(present, out / capacity, 1.0)
    kept, gained = np.exp(-rate * horizon.hours), -np.expm1(-rate * horizon.hours) / rate / capacity
    before = indoor.previous(scalars(buildings, "temperature_start_c"))
    drive = _drive(buildings, horizon)[0]
    room.equal("indoor_balance", indoor, before * kept + added * gained + drive * gained, present=present)


def _with_envelope(
    room: Room, buildings: Sequence[Building], indoor: Linear, added: Linear, horizon: Horizon, present: BoolArray
) -> None:
    """Add the temperatures of rooms and their envelope, by the two parts that decay by themselves."""
    over = indoor.axes
    everywhere = np.broadcast_to(present, indoor.shape)
    free = -np.inf, np.inf
    envelope = room.variable(
        "envelope_temperature_c", over, *free, doc="temperature of the envelope at the end of the step",
        present=everywhere,
    )  # fmt: skip
    slow = room.variable("slow_c", over, *free, doc="part of the temperature that decays slowly", present=everywhere)
    fast = room.variable("fast_c", over, *free, doc="part of the temperature that decays fast", present=everywhere)
    first, second = _modes(buildings, present)
    for part, mode, other in ((slow, first, second), (fast, second, first)):
        apart = other.envelope - mode.envelope
        indoor_share, envelope_share = other.envelope / apart, -1.0 / apart
        start = indoor_share * scalars(buildings, "temperature_start_c") + envelope_share * _envelope_start(buildings)
        into_room = indoor_share / scalars(buildings, "capacity_mwh_per_k")
        into_walls = envelope_share / scalars(buildings, "envelope_capacity_mwh_per_k")
        indoors, outdoors = _drive(buildings, horizon)
        gained = -np.expm1(-mode.rate * horizon.hours) / mode.rate
        drive = gained * (into_room * indoors + into_walls * outdoors)
        kept = part.previous(np.where(present, start, 0.0)) * np.exp(-mode.rate * horizon.hours)
        after = kept + added * np.where(present, gained * into_room, 0.0) + np.where(present, drive, 0.0)
        if part is slow:
            room.equal("slow_balance", part, after, present=everywhere)
        else:
            room.equal("fast_balance", part, after, present=everywhere)
    room.equal("indoor_parts", indoor, slow + fast, present=everywhere)
    room.equal("envelope_parts", envelope, slow * first.envelope + fast * second.envelope, present=everywhere)


@dataclass(frozen=True, slots=True)
class _Mode:
    """A way in which rooms and their envelope cool down together, (building, 1)."""

    rate: FloatArray  # per hour
    envelope: FloatArray  # degrees of the envelope per degree indoors


def _modes(buildings: Sequence[Building], present: BoolArray) -> tuple[_Mode, _Mode]:
    """The slow and the fast mode; of buildings without an envelope, numbers that nothing uses."""
    out, into, through = _conductances(buildings)
    air, walls = (scalars(buildings, name) for name in ("capacity_mwh_per_k", _ENVELOPE[0]))
    room, wall = np.where(present, (out + into) / air, 2.0), np.where(present, (into + through) / walls, 1.0)
    from_wall, from_room = np.where(present, into / air, 1.0), np.where(present, into / walls, 1.0)
    spread = np.sqrt((room - wall) ** 2 + 4.0 * from_wall * from_room)
    fast = (room + wall + spread) / 2.0
    slow = np.where(present, (out * into + out * through + into * through) / (air * walls), 1.0) / fast
    with_slow = (room - slow) / from_wall
    return _Mode(slow, with_slow), _Mode(fast, -from_room / from_wall / with_slow)


def _conductances(buildings: Sequence[Building]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """MW per K from indoors to outdoors, into the envelope, and from there to outdoors, (building, 1); 0 where none."""
    names = ("resistance_k_per_mw", *_ENVELOPE[1:])
    out, into, through = (np.nan_to_num(1.0 / scalars(buildings, name)) for name in names)
    return out, into, through


def _drive(buildings: Sequence[Building], horizon: Horizon) -> tuple[FloatArray, FloatArray]:
    """Heat that flows into the room and into the envelope by itself, (building, time) each."""
    outdoor, solar, internal = (
        profiles(buildings, name, horizon.steps)
        for name in ("outdoor_temperature_c", "solar_gains_mw", "internal_gains_mw")
    )
    walls = scalars(buildings, "solar_envelope_ratio")
    out, _, through = _conductances(buildings)
    return internal + solar * (1.0 - walls) + outdoor * out, solar * walls + outdoor * through


def _envelope_start(buildings: Sequence[Building]) -> FloatArray:
    """The temperature of the envelope before the first step, (building, 1)."""
    indoor, said = scalars(buildings, "temperature_start_c"), scalars(buildings, "envelope_temperature_start_c")
    outdoor = np.array([[np.ravel(building.outdoor_temperature_c)[0]] for building in buildings])
    _, into, through = _conductances(buildings)
    both = np.where(into + through > 0, into + through, 1.0)
    return np.where(np.isnan(said), (indoor * into + outdoor * through) / both, said)


def _power(
    room: Room, buildings: Sequence[Building], place: str, name: str, most: FloatArray, horizon: Horizon, doc: str
) -> tuple[Linear, BoolArray]:
    """Heat or cold that is taken, and which buildings have a bus for it, (building,)."""
    over = (fleet("building", buildings), horizon.axis)
    tied = np.array([getattr(building, place) is not None for building in buildings])
    if not tied.any():
        return Linear(over), tied
    present = np.broadcast_to(tied[:, None], most.shape)
    return room.variable(name, over, 0.0, most, doc=doc, present=present), tied


def _taken(buildings: Sequence[Building], power: Linear, tied: BoolArray, place: str) -> Injection:
    """What the buildings that have a bus for it take from there."""
    time = power.axes[1]
    cells = np.flatnonzero(tied)[:, None] * time.size + np.arange(time.size)
    members = [building for building in buildings if getattr(building, place) is not None]
    return Injection(buses(members, place), -power.at(cells, (fleet("building", members), time)))
