"""CHP: burns fuel into power and heat, at fixed efficiencies, at some that depend on the load, or within a region.

Variables, for every CHP c and step t:
    fuel_mw[c, t]   fuel power taken from the fuel bus, 0 <= . <= fuel_max_mw, or the largest fuel of its region
    on, starting, stopping   see `commitment.three_binary`, for units with any commitment rule
Those of CHPs with an operating region: see `components.operating_region`; of those with segments of efficiency: see
`components.load_segments`.

Constraints, for units with any commitment rule:
    fuel_upper_limit[c, t]   fuel_mw <= fuel_max_mw * on, less in the first and last step of a run with a start ramp;
                             of units with a region only where they have such a ramp, their vertices say the rest
    fuel_lower_limit[c, t]   fuel_mw >= minimum_load_ratio * fuel_max_mw * on; not of units with a region
    commitment_balance, minimum_up_time, minimum_down_time   see `commitment.three_binary`
Ramps and start tiers, where a unit has them: see `commitment.ramps` and `commitment.start_tiers`.

Power into the buses, with -fuel_mw at the fuel bus:
    fixed efficiencies: electric_efficiency * fuel_mw, heat_efficiency * fuel_mw
    segments: sum of electric_efficiency * segment_mw, sum of heat_efficiency * segment_mw
    region: region_electric_mw, region_heat_mw

Objective, term `production`: cost * fuel_mw * hours; terms `start`, `stop`, `running`: see `commitment.unit`.

Not modelled: regions that are not convex (give two plants that exclude each other), chosen sizes.
Source: back-pressure CHP with a fixed power-to-heat ratio, the definition of the two efficiencies; see also the pages
named above.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.commitment import unit
from c4e_opt.commitment.unit import Unit, UnitState
from c4e_opt.components import load_segments, operating_region
from c4e_opt.components.context import Context
from c4e_opt.components.operating_region import MOST_EFFICIENT, OperatingPoint
from c4e_opt.components.terms import Headroom, Injection, StopHeadroom, Terms, buses, fleet, scalars
from c4e_opt.fields import bus, identity, number, parts, party, record
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class FuelSegment:
    """A part of the fuel of a CHP with efficiencies of its own."""

    fuel_mw: Any = number(unit="MW", minimum=0, doc="Width of the segment: fuel power that has these efficiencies.")
    electric_efficiency: Any = number(unit="MW/MW", minimum=0, doc="Electric power per fuel power in this segment.")
    heat_efficiency: Any = number(unit="MW/MW", minimum=0, doc="Useful heat per fuel power in this segment.")


@record
class Chp(Unit):
    """A combined heat and power plant."""

    id: str = identity(doc="Name of the plant.")
    electricity_bus: str = bus(carrier="electricity", doc="Bus that takes the power.")
    heat_bus: str = bus(carrier="heat", doc="Bus that takes the heat.")
    fuel_bus: str = bus(doc="Bus that gives the fuel.")
    owner: str = party(doc="Party that buys the fuel and is paid for power and heat.")
    fuel_max_mw: Any = number(
        unit="MW",
        minimum=0,
        default=None,
        doc="Largest fuel power, lower heating value; with a region: the rated one, its largest when absent.",
    )
    electric_efficiency: Any = number(
        unit="MW/MW",
        minimum=0,
        maximum=1,
        default=None,
        doc="Electric power per fuel power; required without segments or a region.",
    )
    heat_efficiency: Any = number(
        unit="MW/MW",
        minimum=0,
        maximum=1,
        default=None,
        doc="Useful heat per fuel power; required without segments or a region.",
    )
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Operation and maintenance per MWh of fuel.")
    efficiency_segments: tuple[FuelSegment, ...] = parts(
        FuelSegment,
        doc="In place of the efficiencies: those of the first MW of fuel, the next ones and so on, up to the largest.",
    )
    operating_region: tuple[OperatingPoint, ...] = parts(
        OperatingPoint,
        doc="In place of the efficiencies: vertices of what power, heat and fuel may be together, while on.",
    )


def check(path: str, chp: Chp, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one CHP; nothing, when it may be formulated."""
    wrong = list(_check_form(path, chp))
    yield from wrong
    if not wrong and chp.operating_region:
        yield from operating_region.check(path, chp, context)
    elif not wrong and chp.efficiency_segments:
        yield from _check_segments(path, chp, context)
    elif not wrong:
        total = chp.electric_efficiency + chp.heat_efficiency
        if total > MOST_EFFICIENT:
            yield Issue(
                f"{path}.heat_efficiency",
                "efficiency",
                f"electric and heat efficiency add up to {total:g}; they must not exceed {MOST_EFFICIENT:g} of the "
                "lower heating value",
            )
    yield from unit.check(path, chp)


def _check_form(path: str, chp: Chp) -> Iterator[Issue]:
    """Whether efficiencies, segments or a region are given, and one of them only."""
    forms = [name for name in ("operating_region", "efficiency_segments") if getattr(chp, name)]
    if len(forms) > 1:
        yield Issue(f"{path}.{forms[1]}", "given_twice", f"is given beside {forms[0]}; give one of them")
    for name in ("electric_efficiency", "heat_efficiency"):
        given = getattr(chp, name) is not None
        if given and forms:
            yield Issue(f"{path}.{name}", "given_twice", f"is given beside {forms[0]}, which says it; drop one")
        elif not given and not forms:
            message = "is missing; give it, or efficiency_segments, or an operating_region"
            yield Issue(f"{path}.{name}", "missing_field", message)
    if chp.fuel_max_mw is None and not chp.operating_region:
        yield Issue(f"{path}.fuel_max_mw", "missing_field", "is missing; give it, or an operating_region")


def _check_segments(path: str, chp: Chp, context: Context) -> Iterator[Issue]:
    units = context.units
    fuel, electric, heat = np.cumsum(
        [(each.fuel_mw, *(each.fuel_mw * at for at in _efficiencies(each))) for each in chp.efficiency_segments], axis=0
    ).T
    if fuel[-1] < chp.fuel_max_mw * (1 - 1e-9):
        whole, most = units.say(float(fuel[-1]), "MW"), units.say(chp.fuel_max_mw, "MW")
        message = f"reach up to {whole}; they must reach the largest fuel power, {most}"
        yield Issue(f"{path}.efficiency_segments", "range", message)
    wrong = np.flatnonzero(electric + heat > MOST_EFFICIENT * fuel * (1 + 1e-9))
    if wrong.size:
        ratio = float((electric + heat)[wrong[0]] / fuel[wrong[0]])
        message = f"give power and heat of {ratio:g} of the fuel up to here; they must not exceed {MOST_EFFICIENT:g}"
        yield Issue(f"{path}.efficiency_segments[{wrong[0]}]", "efficiency", message)


def _efficiencies(segment: FuelSegment) -> tuple[float, float]:
    return segment.electric_efficiency, segment.heat_efficiency


def formulate(room: Room, chps: Sequence[Chp], horizon: Horizon, closed: BoolArray | None = None) -> Terms:
    """Add the variables and laws of all CHPs at once.

    Args:
        room: The room to write into.
        chps: Checked records; their order is the order of the axis.
        horizon: The steps.
        closed: Cells that need a binary to keep segments in order; found by `solve`.

    Returns:
        Injections at the electricity, heat and fuel buses.
    """
    units = fleet("chp", chps)
    rated, largest = _fuel_limits(chps, horizon)
    fuel = room.variable("fuel_mw", (units, horizon.axis), 0.0, largest, doc="fuel power taken from the fuel bus")
    least = scalars(chps, "minimum_load_ratio") * rated
    state = unit.formulate(room, units, chps, unit.Load(fuel, rated, least, largest), horizon)
    if state is not None:
        free, ramped = ~_with(chps, "operating_region"), _starts_slowly(chps)
        upper, lower = state.present & (free | ramped), state.present & free & (least > 0)
        if upper.any():
            room.at_most("fuel_upper_limit", fuel, state.largest_mw, present=upper)
        if lower.any() or free.all():
            room.at_least("fuel_lower_limit", fuel, state.least_mw, present=lower)
    room.minimise("production", fuel * (scalars(chps, "cost_eur_per_mwh") * horizon.cost_hours))
    split = _split(room, chps, fuel, least, state, horizon, closed)
    electric, heat = _given(room, chps, fuel, split, state, horizon)
    return Terms(
        injections=(
            Injection(buses(chps, "electricity_bus"), electric),
            Injection(buses(chps, "heat_bus"), heat),
            Injection(buses(chps, "fuel_bus"), -fuel),
        ),
        exclusive=split and split.exclusive,
        on=state and state.on,
        committed=state and state.present[:, 0],
        headroom=lambda: _headroom(chps, fuel, electric, state, horizon),
    )


def _fuel_limits(chps: Sequence[Chp], horizon: Horizon) -> tuple[FloatArray, FloatArray]:
    """Rated fuel power, (unit, 1), and the largest of every step, (unit, 1) or (unit, time)."""
    rated = scalars(chps, "fuel_max_mw")
    if not any(chp.operating_region for chp in chps):
        return rated, rated
    largest = np.broadcast_to(rated, (len(chps), horizon.steps)).copy()
    for row, chp in enumerate(chps):
        if chp.operating_region:
            largest[row] = operating_region.extremes(chp.operating_region, "fuel_mw", horizon.steps)[1]
    return np.where(np.isnan(rated), largest.max(axis=1, keepdims=True), rated), largest


def _with(chps: Sequence[Chp], field: str) -> BoolArray:
    """CHPs that have any parts of a name, (unit, 1)."""
    return np.array([[bool(getattr(chp, field))] for chp in chps])


def _starts_slowly(chps: Sequence[Chp]) -> BoolArray:
    """CHPs with a limit in the first or last step of a run, (unit, 1)."""
    return np.array([[chp.start_ramp_ratio is not None or chp.stop_ramp_ratio is not None] for chp in chps])


def _split(
    room: Room, chps: Sequence[Chp], fuel: Linear, least: FloatArray, state: UnitState | None, horizon: Horizon,
    closed: BoolArray | None,
) -> load_segments.Split | None:  # fmt: skip
    """The fuel in segments, where any CHP has such."""
    if not _with(chps, "efficiency_segments").any():
        return None
    curves = [
        load_segments.curve(
            [each.fuel_mw for each in chp.efficiency_segments],
            [[_efficiencies(each)[way] for each in chp.efficiency_segments] for way in range(2)],
            chp.fuel_max_mw,
        )
        for chp in chps
    ]
    return load_segments.formulate(room, fuel, curves, least, state and state.on, horizon, closed)


def _given(
    room: Room, chps: Sequence[Chp], fuel: Linear, split: load_segments.Split | None, state: UnitState | None,
    horizon: Horizon,
) -> tuple[Linear, Linear]:  # fmt: skip
    """Electric power and heat, (unit, time)."""
    given = [fuel * np.nan_to_num(scalars(chps, name)) for name in ("electric_efficiency", "heat_efficiency")]
    regional = _with(chps, "operating_region").any()
    if split is not None or regional:
        given = [power.nonzero() for power in given]
    if split is not None:
        gains = np.array([_efficiencies(each) for chp in chps for each in chp.efficiency_segments], dtype=np.float64)
        given = [
            power + (split.segment_mw * gains[:, way, None]).along(fuel.axes[0], split.owner)
            for way, power in enumerate(given)
        ]
    if regional:
        committed = np.zeros(len(chps), dtype=np.bool_) if state is None else state.present[:, 0]
        inside = operating_region.formulate(room, chps, fuel, state and state.on, committed, horizon)
        given = [power + more for power, more in zip(given, inside, strict=True)]
    return given[0], given[1]


def _headroom(
    chps: Sequence[Chp], fuel: Linear, electric: Linear, state: UnitState | None, horizon: Horizon
) -> Headroom:
    """What plants could give on top and withhold at the electricity bus, ramps aside, whatever heat goes with it."""
    efficiency, fuel_max = np.nan_to_num(scalars(chps, "electric_efficiency")), _fuel_limits(chps, horizon)[1]
    most, least = fuel_max * efficiency, Linear(fuel.axes)
    if state is None:
        most = Linear(fuel.axes, constant=most)
    else:
        largest = state.largest_mw + np.where(state.present, 0.0, fuel_max)
        most, least = (largest * efficiency).nonzero(), (state.least_mw * efficiency).nonzero()
    curved = _with(chps, "operating_region") | _with(chps, "efficiency_segments")
    if curved.any():
        low, high = _electric_range(chps, horizon)
        if state is None:
            most = most + np.where(curved, high, 0.0)
        else:
            on, fixed = state.present & curved, ~state.present & curved
            most = most + state.on * np.where(on, high, 0.0) + np.where(fixed, high, 0.0)
            least = least + state.on * np.where(on, low, 0.0)
    limit, stop = state and state.stop_limit, None
    if state is not None and limit is not None:
        surely = most + ((limit.surely_mw - state.largest_mw) * efficiency).nonzero()
        second = (limit.largest_mw * efficiency).nonzero()
        present = limit.present & ~curved
        stop = StopHeadroom(mw=second - electric, surely_mw=surely - electric, present=present, gives=True)
    return Headroom(up_mw=most - electric, down_mw=electric - least, stop=stop)


def _electric_range(chps: Sequence[Chp], horizon: Horizon) -> tuple[FloatArray, FloatArray]:
    """Least and largest electric power while on of CHPs with segments or a region, (unit, time); 0 of others."""
    low, high = (np.zeros((len(chps), horizon.steps)) for _ in range(2))
    for row, chp in enumerate(chps):
        if chp.operating_region:
            low[row], high[row] = operating_region.extremes(chp.operating_region, "electric_mw", horizon.steps)
        elif chp.efficiency_segments:
            fuel = np.cumsum([0.0, *(each.fuel_mw for each in chp.efficiency_segments)])
            power = np.cumsum([0.0, *(each.fuel_mw * each.electric_efficiency for each in chp.efficiency_segments)])
            ends = np.array([chp.minimum_load_ratio, 1.0]) * chp.fuel_max_mw
            low[row], high[row] = np.interp(ends, fuel, power)
    return low, high
