"""Converter: takes the energy of one bus and gives it, changed, to any number of others, at once or later.

Variables, for every converter c and step t:
    input_mw[c, t]   power taken from input_bus, input_min_mw <= . <= input_max_mw; negative: it runs backwards;
                     input_fixed_mw where a schedule is given
    segment_mw, segment_full   of outputs whose efficiency depends on the load, see `components.segments`
    cost_segment_mw, cost_segment_full   of converters with segments of cost, likewise
Those of its state and its capacity, where a converter has such: see `components.plant`.

Constraints:
    segment_sum, segment_filled, segment_order   see `components.segments`
    cost_segment_sum, cost_segment_filled, cost_segment_order   likewise
Those of its limits, its state and its capacity: see `components.plant`.

Power into the buses: -input_mw at input_bus; at the bus of every output efficiency * input_mw, or the sum over its
segments of efficiency * segment_mw, of the step in which it is sent, spread over the time in which it arrives:
delay_hours later. What arrives past the horizon is lost, or is there in its first steps where the output is `cyclic`.
A negative efficiency is a second input.

Objective, terms `production`: cost * input_mw * hours, and segment cost * cost_segment_mw * hours on top; `start`,
`stop`, `running`, `investment`: see `components.plant`.

Segments of rising cost fill in their order by themselves; only others need binaries.

Not modelled: efficiencies and costs that depend on the load of a converter whose capacity is chosen or which may run
backwards, what was sent before the first step.
Source: the multi-port link of PyPSA (Brown, Hörsch, Schlachtberger 2018, J. Open Research Software 6,
https://doi.org/10.5334/jors.188), with delays in hours so that steps may differ in length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components import delay, plant, segments
from c4e_opt.components.context import Context
from c4e_opt.components.plant import Plant
from c4e_opt.components.terms import Injection, Terms, buses, profiles, scalars
from c4e_opt.fields import bus, flag, identity, number, parts, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class EfficiencySegment:
    """A part of the input of a converter with an efficiency of its own."""

    input_mw: Any = number(unit="MW", minimum=0, doc="Width of the segment: input that has this efficiency.")
    efficiency: Any = number(unit="MW/MW", doc="Power given per power of the input in this segment.")


@record
class InputCostSegment:
    """A part of the input of a converter with a cost of its own."""

    input_mw: Any = number(unit="MW", minimum=0, doc="Width of the segment: input that has this cost.")
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", doc="Cost of every MWh in this segment, besides cost_eur_per_mwh.")


@record
class ConverterOutput:
    """A bus that takes what a converter gives."""

    bus: str = bus(doc="Bus that takes the power.")
    efficiency: FloatArray | None = series(
        unit="MW/MW",
        default=None,
        doc="Power given per power of the input; negative: taken, a second input. Required without segments.",
    )
    segments: tuple[EfficiencySegment, ...] = parts(
        EfficiencySegment,
        doc="In place of efficiency: those of the first MW of input, the next ones and so on, up to the largest.",
    )
    delay_hours: Any = number(unit="h", minimum=0, default=0.0, doc="How much later the energy arrives.")
    cyclic: bool = flag(
        default=False, doc="Whether what arrives past the horizon is there in its first steps; else it is lost."
    )


@record
class Converter(Plant):
    """A plant that changes the energy of one bus into that of others."""

    id: str = identity(doc="Name of the converter.")
    input_bus: str = bus(doc="Bus that gives the input.")
    outputs: tuple[ConverterOutput, ...] = parts(
        ConverterOutput, doc="Buses that take what it gives; a sink when empty."
    )
    input_max_mw: FloatArray | None = series(
        unit="MW", default=None, doc="Largest power taken from the input bus; required unless the capacity is chosen."
    )
    input_min_mw: FloatArray = series(unit="MW", default=0.0, doc="Least power taken; negative: it may run backwards.")
    input_fixed_mw: FloatArray | None = series(
        unit="MW", default=None, doc="Schedule that it keeps; free within its limits when absent."
    )
    input_max_ratio: FloatArray = series(unit="", default=1.0, doc="Largest input, as a part of a chosen capacity.")
    input_min_ratio: FloatArray = series(unit="", default=0.0, doc="Least input, as a part of a chosen capacity.")
    cost_segments: tuple[InputCostSegment, ...] = parts(
        InputCostSegment, doc="Costs of the first MW of input, the next ones and so on, up to the largest."
    )


def check(path: str, converter: Converter, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one converter; nothing, when it may be formulated."""
    yield from plant.check(path, converter, context, "input")
    if converter.cost_segments:
        yield from _check_segments(f"{path}.cost_segments", converter, converter.cost_segments, context)
    for place, output in enumerate(converter.outputs):
        if output.cyclic and output.delay_hours == 0:
            message = "is true without a delay_hours; nothing arrives later"
            yield Issue(f"{path}.outputs[{place}].cyclic", "range", message)
        yield from _check_efficiency(f"{path}.outputs[{place}]", converter, output, context)


def _check_efficiency(path: str, converter: Converter, output: ConverterOutput, context: Context) -> Iterator[Issue]:
    """What is wrong with the efficiency of one output."""
    if (output.efficiency is None) != bool(output.segments):
        message = "is missing; give it, or segments" if output.efficiency is None else "is given beside segments"
        yield Issue(f"{path}.efficiency", "missing_field", message)
        return
    if output.segments:
        yield from _check_segments(f"{path}.segments", converter, output.segments, context)


def _check_segments(path: str, converter: Converter, segments_: Sequence[Any], context: Context) -> Iterator[Issue]:
    """What is wrong with segments of the input."""
    if converter.input_max_mw is None:
        yield Issue(path, "capacity", "are not supported where the capacity is chosen")
        return
    if np.min(converter.input_min_mw) < 0:
        yield Issue(path, "range", "are not supported for an input that may be negative")
    units, largest = context.units, float(np.max(converter.input_max_mw))
    whole = sum(each.input_mw for each in segments_)
    if whole < largest * (1 - 1e-9):
        message = f"reach up to {units.say(whole, 'MW')}; they must reach the largest input, {units.say(largest, 'MW')}"
        yield Issue(path, "range", message)


def formulate(room: Room, converters: Sequence[Converter], horizon: Horizon) -> Terms:
    """Add the variables and laws of all converters at once.

    Args:
        room: The room to write into.
        converters: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the input buses, then at those of all outputs, positive into the bus.
    """
    steered = plant.formulate(room, converters, horizon, "input", "power taken from the input bus")
    if any(converter.cost_segments for converter in converters):
        _cost_segments(room, converters, steered.power_mw, horizon)
    emissions = scalars(converters, "emissions_t_per_mwh")
    injections = [Injection(buses(converters, "input_bus"), -steered.power_mw)]
    owner = [place for place, converter in enumerate(converters) for _ in converter.outputs]
    if owner:
        injections.append(_given(room, converters, np.array(owner), steered.power_mw, horizon))
    return Terms(
        injections=tuple(injections),
        on=steered.on,
        committed=steered.committed,
        emissions_t_per_hour=steered.power_mw * emissions if emissions.any() else None,
        headroom=lambda: plant.headroom(steered, gives=False),
        rates=lambda: plant.rates(converters, horizon, "input", gives=False),
    )


def _given(room: Room, converters: Sequence[Converter], owner: Any, power: Linear, horizon: Horizon) -> Injection:
    """What every output gives to its bus; one row per output, under the name of its converter."""
    outputs = [output for converter in converters for output in converter.outputs]
    axis = Axis("converter", np.array([record.id for record in converters for _ in record.outputs], dtype=np.str_))
    taken = power.at(owner[:, None] * horizon.steps + np.arange(horizon.steps), (axis, horizon.axis))
    sent = (taken * np.nan_to_num(profiles(outputs, "efficiency", horizon.steps))).nonzero()
    if any(output.segments for output in outputs):
        sent = sent + _curves(room, converters, taken, horizon)
    late = [output.delay_hours for output in outputs], [output.cyclic for output in outputs]
    return Injection(buses(outputs), delay.arriving(sent, *late, horizon))


def _curves(room: Room, converters: Sequence[Converter], taken: Linear, horizon: Horizon) -> Linear:
    """What outputs give whose efficiency depends on the load, (output, time)."""
    curves = [(record, place, each.segments) for record in converters for place, each in enumerate(record.outputs)]
    owner = np.repeat(np.arange(len(curves)), [len(parts_) for _, _, parts_ in curves])
    efficiencies = [np.array([part.efficiency for part in parts_], dtype=np.float64) for _, _, parts_ in curves]
    segment = segments.formulate(
        room,
        taken,
        [f"{record.id}/{place}/{rank}" for record, place, parts_ in curves for rank in range(len(parts_))],
        owner,
        np.array([part.input_mw for _, _, parts_ in curves for part in parts_]),
        np.array([bool(np.any(np.diff(each) != 0)) for each in efficiencies]),
        horizon,
    )
    return (segment * np.concatenate(efficiencies)[:, None]).along(taken.axes[0], owner)


def _cost_segments(room: Room, converters: Sequence[Converter], power: Linear, horizon: Horizon) -> None:
    """Split the inputs into segments, each with its cost."""
    slopes = [[each.cost_eur_per_mwh for each in converter.cost_segments] for converter in converters]
    segment = segments.formulate(
        Room(room.program, f"{room.kind}_cost"),
        power,
        [f"{converter.id}/{rank}" for converter in converters for rank in range(len(converter.cost_segments))],
        np.repeat(np.arange(len(converters)), [len(each) for each in slopes]),
        np.array([each.input_mw for converter in converters for each in converter.cost_segments]),
        np.array([bool(np.any(np.diff(each) < 0)) for each in slopes]),
        horizon,
    )
    cost = np.concatenate([np.array(each, dtype=np.float64) for each in slopes])
    room.minimise("production", segment * (cost[:, None] * horizon.cost_hours))
