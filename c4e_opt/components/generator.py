"""Generator: gives power of one carrier to one bus, or takes it, within limits and at a cost per MWh.

Variables, for every generator g and step t:
    power_mw[g, t]   power given to the bus, power_min_mw <= . <= power_max_mw; negative: taken from it;
                     power_fixed_mw where a schedule is given
    segment_mw, segment_full   of generators with segments of cost, see `components.segments`
Those of its state and its capacity, where a generator has such: see `components.plant`.

Constraints:
    segment_sum, segment_filled, segment_order   see `components.segments`
    segment_limit, segment_stop_limit   of segments above the least power of a generator with a state, see
                                        `commitment.trajectories`
Those of its limits, its state and its capacity: see `components.plant`.

Objective, terms `production`: cost * power_mw * hours, and segment cost * segment_mw * hours on top, and quadratic
cost * power_mw^2 * hours, and fixed cost * hours; `start`, `stop`, `running`, `investment`: see `components.plant`.

Segments make up the power; where said (segments_above_minimum) they make up what it is above power_min_mw * on.
Segments of rising cost fill in their order by themselves; only others need binaries. They begin at 0, or at the least
power_min_mw where that is negative: what is split is power_mw less that.

Not modelled: costs that are quadratic in power in a problem with binaries (give segments).
Source: own definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.commitment import trajectories, unit
from c4e_opt.commitment.unit import UnitState
from c4e_opt.components import plant, segments
from c4e_opt.components.context import Context
from c4e_opt.components.plant import Plant, Steered
from c4e_opt.components.terms import Injection, Terms, buses, scalars
from c4e_opt.fields import bus, flag, identity, number, parts, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class CostSegment:
    """A part of the power of a generator with a cost of its own."""

    power_mw: Any = number(unit="MW", minimum=0, doc="Width of the segment: power that has this cost.")
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", doc="Cost of every MWh in this segment, besides cost_eur_per_mwh.")


@record
class Generator(Plant):
    """A source of one carrier at one bus, or a sink."""

    id: str = identity(doc="Name of the generator.")
    bus: str = bus(doc="Bus that takes the power.")
    power_max_mw: FloatArray | None = series(
        unit="MW", default=None, doc="Largest power given to the bus; required unless the capacity is chosen."
    )
    power_min_mw: FloatArray = series(unit="MW", default=0.0, doc="Least power given to the bus; negative: taken.")
    power_fixed_mw: FloatArray | None = series(
        unit="MW", default=None, doc="Schedule that it keeps; free within its limits when absent."
    )
    power_max_ratio: FloatArray = series(unit="", default=1.0, doc="Largest power, as a part of a chosen capacity.")
    power_min_ratio: FloatArray = series(unit="", default=0.0, doc="Least power, as a part of a chosen capacity.")
    cost_segments: tuple[CostSegment, ...] = parts(
        CostSegment,
        doc="Costs of the first MW, the next ones and so on, from 0, or from the least power where that is negative, "
        "up to the largest power.",
    )
    segments_above_minimum: bool = flag(
        default=False,
        doc="Whether the segments begin at the least power while on, for which running_cost_eur_per_hour is the cost.",
    )
    quadratic_cost_eur_per_mw2_hour: Any = number(
        unit="",
        minimum=0,
        default=None,
        doc="Cost of the square of the power per hour, in EUR/(MW^2 h), besides the others; only without binaries.",
    )
    fixed_cost_eur_per_hour: Any = number(
        unit="EUR/h", default=0.0, doc="Cost of every hour, whatever it gives, on or off; changes no schedule."
    )


def check(path: str, generator: Generator, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one generator; nothing, when it may be formulated."""
    yield from plant.check(path, generator, context, "power")
    if generator.quadratic_cost_eur_per_mw2_hour:
        yield from _check_quadratic(path, generator)
    if not generator.cost_segments:
        return
    if generator.power_max_mw is None:
        yield Issue(f"{path}.cost_segments", "capacity", "are not supported where the capacity is chosen")
        return
    begin, largest = _begin(generator), float(np.max(generator.power_max_mw))
    if generator.segments_above_minimum:
        least = np.asarray(generator.power_min_mw)
        if generator.minimum_load_ratio > 0:
            rated = largest if generator.rated_mw is None else generator.rated_mw
            least = np.maximum(least, generator.minimum_load_ratio * rated)
        begin, largest = 0.0, float(np.max(generator.power_max_mw - least))
    end = begin + sum(each.power_mw for each in generator.cost_segments)
    if end < largest - 1e-9 * max(abs(largest), -begin):
        units = context.units
        message = f"reach up to {units.say(end, 'MW')}; they must reach the largest power, {units.say(largest, 'MW')}"
        yield Issue(f"{path}.cost_segments", "range", message)


def _begin(generator: Generator) -> float:
    """The power at which the first segment begins; 0 where it begins at the least power while on."""
    return 0.0 if generator.segments_above_minimum else min(0.0, float(np.min(generator.power_min_mw)))


def _check_quadratic(path: str, generator: Generator) -> Iterator[Issue]:
    """What a cost that is quadratic in power does not go with: whatever may bring binaries."""
    place = f"{path}.quadratic_cost_eur_per_mw2_hour"
    if generator.cost_segments:
        yield Issue(place, "conflict", "is given beside cost_segments; give one of them")
    if unit.has_state(generator):
        message = "is not supported for a unit that starts and stops; give cost_segments instead"
        yield Issue(place, "conflict", message)
    if generator.capacity_module_mw is not None:
        yield Issue(place, "conflict", "is not supported with whole modules; give cost_segments instead")


def formulate(room: Room, generators: Sequence[Generator], horizon: Horizon) -> Terms:
    """Add the variables and laws of all generators at once.

    Args:
        room: The room to write into.
        generators: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses, positive into the bus.
    """
    steered = plant.formulate(room, generators, horizon, "power", "power given to the bus")
    if any(generator.cost_segments for generator in generators):
        _segments(room, generators, steered, horizon)
    square = np.nan_to_num(scalars(generators, "quadratic_cost_eur_per_mw2_hour"))
    if square.any():
        room.minimise_quadratic("production", steered.power_mw, square * horizon.cost_hours)
    fixed = scalars(generators, "fixed_cost_eur_per_hour")
    if fixed.any():
        room.minimise("production", Linear(steered.power_mw.axes, constant=fixed * horizon.cost_hours))
    emissions = scalars(generators, "emissions_t_per_mwh")
    return Terms(
        injections=(Injection(buses(generators), steered.power_mw),),
        on=steered.on,
        committed=steered.committed,
        emissions_t_per_hour=steered.power_mw * emissions if emissions.any() else None,
        headroom=lambda: plant.headroom(steered, gives=True),
        reach=lambda within, binds: plant.headroom(steered, gives=True, within_ramps=within, stop_ramp_binds=binds),
        rates=lambda: plant.rates(generators, horizon, "power", gives=True),
    )


def _segments(room: Room, generators: Sequence[Generator], steered: Steered, horizon: Horizon) -> None:
    """Split the powers into segments, each with its cost."""
    slopes = [[each.cost_eur_per_mwh for each in generator.cost_segments] for generator in generators]
    begin = np.array([[_begin(each) if each.cost_segments else 0.0] for each in generators])
    owner = np.repeat(np.arange(len(generators)), [len(each) for each in slopes])
    widths = np.array([each.power_mw for generator in generators for each in generator.cost_segments])
    whole = steered.power_mw - begin if begin.any() else steered.power_mw
    above = scalars(generators, "segments_above_minimum") > 0
    if above.any():
        whole = whole - _least(generators, steered, horizon, above)
    segment = segments.formulate(
        room,
        whole,
        [f"{generator.id}/{rank}" for generator in generators for rank in range(len(generator.cost_segments))],
        owner,
        widths,
        np.array([bool(np.any(np.diff(each) < 0)) for each in slopes]),
        horizon,
    )
    if steered.state is not None and above.any():
        _segment_limits(room, segment, above[owner] & steered.state.present[owner], (owner, widths), steered.state)
    cost = np.concatenate([np.array(each, dtype=np.float64) for each in slopes])
    room.minimise("production", segment * (cost[:, None] * horizon.cost_hours))


def _least(generators: Sequence[Generator], steered: Steered, horizon: Horizon, above: BoolArray) -> Linear:
    """The least power while on of generators whose segments begin there, (generator, time)."""
    _, least, _ = plant.limits(generators, horizon, "power")
    least = np.where(above, least, 0.0)
    if steered.state is None:
        return Linear(steered.power_mw.axes, constant=least)
    present = steered.state.present
    return (steered.state.on * np.where(present, least, 0.0)).nonzero() + np.where(present, 0.0, least)


def _segment_limits(
    room: Room, segment: Linear, present: BoolArray, parts: tuple[IntArray, FloatArray], state: UnitState
) -> None:
    """Segments above the least power are empty while off, and only as full as starts and stops allow."""
    owner, widths = parts
    below = np.cumsum(widths) - widths
    below -= below[np.searchsorted(owner, owner)]  # width of the segments before, of the same generator
    floor = state.rates.least[owner] + below[:, None]
    width = np.clip(state.rates.largest[owner] - floor, 0.0, widths[:, None])
    limits = state.parts(trajectories.Parts(segment.axes[0], owner, floor, width))
    room.at_most("segment_limit", segment, limits.first_mw, present=present)
    if limits.second_mw is not None:
        room.at_most("segment_stop_limit", segment, limits.second_mw, present=present & limits.present)
