"""Generator: gives power of one carrier to one bus, or takes it, within limits and at a cost per MWh.

Variables, for every generator g and step t:
    power_mw[g, t]   power given to the bus, power_min_mw <= . <= power_max_mw; negative: taken from it;
                     power_fixed_mw where a schedule is given
    segment_mw, segment_full   of generators with segments of cost, see `components.segments`
Those of its state and its capacity, where a generator has such: see `components.plant`.

Constraints:
    segment_sum, segment_filled, segment_order   see `components.segments`
Those of its limits, its state and its capacity: see `components.plant`.

Objective, terms `production`: cost * power_mw * hours, and segment cost * segment_mw * hours on top; `start`, `stop`,
`running`, `investment`: see `components.plant`.

Segments of rising cost fill in their order by themselves; only others need binaries.

Not modelled: costs that are quadratic in power (give segments), sizes in whole modules.
Source: own definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components import plant, segments
from c4e_opt.components.context import Context
from c4e_opt.components.plant import Plant
from c4e_opt.components.terms import Injection, Terms, buses, scalars
from c4e_opt.fields import bus, identity, number, parts, record, series
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
        CostSegment, doc="Costs of the first MW, the next ones and so on, up to the largest power."
    )


def check(path: str, generator: Generator, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one generator; nothing, when it may be formulated."""
    yield from plant.check(path, generator, context, "power")
    if not generator.cost_segments:
        return
    if generator.power_max_mw is None:
        yield Issue(f"{path}.cost_segments", "capacity", "are not supported where the capacity is chosen")
        return
    if np.min(generator.power_min_mw) < 0:
        message = "are not supported for a power that may be negative; give two generators"
        yield Issue(f"{path}.cost_segments", "range", message)
    whole, largest = sum(each.power_mw for each in generator.cost_segments), float(np.max(generator.power_max_mw))
    if whole < largest * (1 - 1e-9):
        units = context.units
        message = f"reach up to {units.say(whole, 'MW')}; they must reach the largest power, {units.say(largest, 'MW')}"
        yield Issue(f"{path}.cost_segments", "range", message)


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
        _segments(room, generators, steered.power_mw, horizon)
    emissions = scalars(generators, "emissions_t_per_mwh")
    return Terms(
        injections=(Injection(buses(generators), steered.power_mw),),
        on=steered.on,
        committed=steered.committed,
        emissions_t_per_hour=steered.power_mw * emissions if emissions.any() else None,
        headroom=lambda: plant.headroom(steered, gives=True),
    )


def _segments(room: Room, generators: Sequence[Generator], power: Linear, horizon: Horizon) -> None:
    """Split the powers into segments, each with its cost."""
    slopes = [[each.cost_eur_per_mwh for each in generator.cost_segments] for generator in generators]
    segment = segments.formulate(
        room,
        power,
        [f"{generator.id}/{rank}" for generator in generators for rank in range(len(generator.cost_segments))],
        np.repeat(np.arange(len(generators)), [len(each) for each in slopes]),
        np.array([each.power_mw for generator in generators for each in generator.cost_segments]),
        np.array([bool(np.any(np.diff(each) < 0)) for each in slopes]),
        horizon,
    )
    cost = np.concatenate([np.array(each, dtype=np.float64) for each in slopes])
    room.minimise("production", segment * (cost[:, None] * horizon.cost_hours))
