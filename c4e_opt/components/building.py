"""Building: rooms that hold heat, heated and cooled so that people are comfortable, by a network of resistances.

Variables, for every building b and step t:
    temperature_c[b, t]            temperature indoors at the END of step t, free
    envelope_temperature_c[b, t]   temperature of walls and floors at the END of step t, free; of buildings with an
                                   envelope
    heat_mw[b, t]                  heat taken from the heat bus, 0 <= . <= heat_max_mw; of buildings with a heat bus
    cool_mw[b, t]                  cold taken from the cooling bus, 0 <= . <= cool_max_mw; of buildings with one
    discomfort_c[b, t]             degrees outside the comfort band at the END of step t, 0 <= .
    heating[b, t]                  1 while heat_mw may flow, binary; only where the laws below need it

Constraints, with i for indoors, e for the envelope, o for outdoors:
    indoor_balance[b, t]     T_i[t] = F_ii * T_i[t-1] + F_ie * T_e[t-1] + G_ii * q_i[t] + G_ie * q_e[t]
    envelope_balance[b, t]   T_e[t] = F_ei * T_i[t-1] + F_ee * T_e[t-1] + G_ei * q_i[t] + G_ee * q_e[t]
    comfort_min[b, t]        temperature_c + discomfort_c >= temperature_min_c
    comfort_max[b, t]        temperature_c - discomfort_c <= temperature_max_c
    only in steps where doing both could pay (found by `solve`):
    heating_limit[b, t]      heat_mw <= heat_max_mw * heating
    not_heating_limit[b, t]  cool_mw <= cool_max_mw * (1 - heating)

q_i = heat_mw - cool_mw + internal gains + solar gains * (1 - solar_envelope_ratio) + T_o / R_io,
q_e = solar gains * solar_envelope_ratio + T_o / R_eo, constant within a step. They drive
    C_i * dT_i/dt = q_i - T_i / R_io + (T_e - T_i) / R_ie,   C_e * dT_e/dt = q_e - T_e / R_eo + (T_i - T_e) / R_ie,
of which F(h) = exp(A * h) and G(h) = integral of exp(A * s) ds * B are the exact solution over a step of h hours.
Without an envelope R_ie is infinite and one room with one resistance is left (1R1C). Without R_io all heat passes the
envelope (2R2C).

Objective, term `discomfort`: discomfort_cost * discomfort_c * hours. Cold and heat are never missing: they cost.

Not modelled: several zones, ventilation that opens and shuts, moisture, radiators that lag, heat put into the floor.
Source: models Ti and TiTe of Bacher, Madsen (2011), Energy and Buildings 43(7), https://doi.org/10.1016/j.enbuild.2011.
02.005; F and G from one matrix exponential as in Van Loan (1978), IEEE Trans. Automatic Control 23(3),
https://doi.org/10.1109/TAC.1978.1101743.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    walled = np.broadcast_to(~np.isnan(scalars(buildings, "envelope_capacity_mwh_per_k")), indoor.shape)
    envelope = Linear(over)
    if walled.any():
        envelope = room.variable(
            "envelope_temperature_c",
            over,
            *free,
            doc="temperature of the envelope at the end of the step",
            present=walled,
        )
    discomfort = room.variable("discomfort_c", over, doc="degrees outside the comfort band at the end of the step")

    decay, response = exact_steps(buildings, horizon)
    drive = _drive(buildings, horizon)
    starts = _starts(buildings)
    nodes = indoor.previous(starts[:, :1]), envelope.previous(starts[:, 1:])
    added = heat - cool

    def after(node: int) -> Linear:
        drift = np.einsum("btk,btk->bt", response[:, :, node], drive)
        held = nodes[0] * decay[:, :, node, 0] + nodes[1] * decay[:, :, node, 1]
        return held + added * response[:, :, node, 0] + drift

    room.equal("indoor_balance", indoor, after(0))
    if walled.any():
        room.equal("envelope_balance", envelope, after(1), present=walled)
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


def exact_steps(buildings: Sequence[Building], horizon: Horizon) -> tuple[FloatArray, FloatArray]:
    """The exact solution over every step: F and G of the first lines, (building, time, node, node) each."""
    from scipy.linalg import expm  # half a second of imports that reading and checking a case do without

    def conductance(name: str) -> FloatArray:
        return np.nan_to_num(1.0 / scalars(buildings, name)[:, 0])

    out, into, through = map(conductance, ("resistance_k_per_mw", *_ENVELOPE[1:]))
    capacity = scalars(buildings, "capacity_mwh_per_k")[:, 0]
    mass = scalars(buildings, "envelope_capacity_mwh_per_k")[:, 0]
    mass = np.where(np.isnan(mass), 1.0, mass)  # of a node that nothing is tied to
    flow = np.zeros((len(buildings), 4, 4))
    flow[:, 0, 0], flow[:, 0, 1], flow[:, 0, 2] = -(out + into) / capacity, into / capacity, 1.0 / capacity
    flow[:, 1, 1], flow[:, 1, 0], flow[:, 1, 3] = -(through + into) / mass, into / mass, 1.0 / mass
    lengths, place = np.unique(horizon.step_seconds, return_inverse=True)
    solved = expm(flow[:, None] * (lengths / 3600.0)[None, :, None, None])[:, place]
    return solved[:, :, :2, :2], solved[:, :, :2, 2:]


def _drive(buildings: Sequence[Building], horizon: Horizon) -> FloatArray:
    """Heat that flows into both nodes by itself, (building, time, node)."""
    outdoor, solar, internal = (
        profiles(buildings, name, horizon.steps)
        for name in ("outdoor_temperature_c", "solar_gains_mw", "internal_gains_mw")
    )
    walls = scalars(buildings, "solar_envelope_ratio")
    out, through = (np.nan_to_num(1.0 / scalars(buildings, name)) for name in ("resistance_k_per_mw", _ENVELOPE[2]))
    return np.stack([internal + solar * (1.0 - walls) + outdoor * out, solar * walls + outdoor * through], axis=-1)


def _starts(buildings: Sequence[Building]) -> FloatArray:
    """Temperatures of both nodes before the first step, (building, node)."""
    indoor, said = scalars(buildings, "temperature_start_c"), scalars(buildings, "envelope_temperature_start_c")
    outdoor = np.array([[np.ravel(building.outdoor_temperature_c)[0]] for building in buildings])
    into, through = (np.nan_to_num(1.0 / scalars(buildings, name), nan=1.0) for name in _ENVELOPE[1:])
    rest = (indoor * into + outdoor * through) / (into + through)
    return np.concatenate([indoor, np.where(np.isnan(said), rest, said)], axis=1)


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
