"""Capacity: the size of a plant, chosen at a cost per MW; its limits, loads and ramps are parts of it.

Variables, for every plant p whose capacity is chosen:
    capacity_mw[p]   capacity_min_mw <= . <= capacity_max_mw
    modules[p]       number of modules, integer, 0 <= . ; where whole modules are chosen

Constraints, for every such plant p and step t:
    capacity_modules[p]   capacity = capacity_module_mw * modules
and with x the steered power, M the largest power at capacity_max_mw:
    capacity_upper_limit[p, t]   x <= x_max_ratio * capacity
    capacity_lower_limit[p, t]   x >= least * capacity, less least * capacity_max * (1 - on) with a state,
                                 least = the larger of x_min_ratio and minimum_load_ratio
    with a state:
    capacity_on_limit[p, t]           x <= M * on
    capacity_start_ramp_limit[p, t]   x <= start_ramp_ratio * capacity + M * (1 - starting)
    capacity_stop_ramp_limit[p, t]    x <= stop_ramp_ratio * capacity + M * (1 - stopping[t+1])
    with ramps and from the second step on:
    capacity_ramp_up_limit[p, t]     x[t] - x[t-1] <= ramp_up * d * capacity + M * starting, d as in `commitment.ramps`
    capacity_ramp_down_limit[p, t]   x[t-1] - x[t] <= ramp_down * d * capacity + M[t-1] * stopping

Objective, term `investment`: capacity_cost * capacity_mw, once for the horizon.

Not modelled: states of single modules, a capacity that costs less per MW as it grows.
Source: products of a state and a bounded capacity in their exact big-M form, McCormick (1976), Mathematical
Programming 10, https://doi.org/10.1007/BF01580665.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.commitment.unit import UnitState
from c4e_opt.components.context import Context
from c4e_opt.components.terms import profiles, scalars
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@dataclass(frozen=True, slots=True)
class Sizes:
    """What plants whose capacity is chosen may do with it; (plant, time), or (plant, 1) where said."""

    chosen: BoolArray  # (plant, 1)
    switched: BoolArray  # plants with a state, (plant, 1)
    cost: FloatArray  # (plant,)
    module: FloatArray  # size of a module, (plant,); NaN where any size may be chosen
    lower: FloatArray  # of the capacity, (plant,)
    upper: FloatArray  # (plant,)
    largest: FloatArray  # per MW of capacity
    least: FloatArray
    up: FloatArray  # change from the step before per MW of capacity; infinite without a ramp
    down: FloatArray
    start: FloatArray  # (plant, 1), infinite without a limit
    stop: FloatArray

    @property
    def most(self) -> FloatArray:
        """The largest power at the largest capacity; 0 where that is free."""
        upper = np.where(np.isinf(self.upper), 0.0, self.upper)
        return np.maximum(self.largest, 0.0) * upper[:, None]

    def bounds(self, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Bounds of the steered power: those of plants of fixed size as given, those of the others."""
        size = self.upper[:, None]
        with np.errstate(invalid="ignore"):
            high = np.where(self.largest > 0, self.largest * size, 0.0)
            low = np.where(self.least < 0, self.least * size, 0.0)
        return np.where(self.chosen, low, lower), np.where(self.chosen, high, upper)


@dataclass(frozen=True, slots=True)
class Sized:
    """What the steered power may be at a chosen capacity, (plant, time); zero for plants of fixed size.

    Where a state is chosen as well, it is the power itself: what it could be besides is no linear expression.
    """

    least_mw: Linear
    largest_mw: Linear


def check(path: str, plant: Any, context: Context, word: str, *, with_state: bool) -> Iterator[Issue]:
    """What is wrong between the fields of a plant whose capacity is chosen.

    Args:
        path: Where it stands.
        plant: The plant.
        context: The case around it.
        word: First word of the fields of its steered power.
        with_state: Whether it has an on/off state.
    """
    units = context.units
    for name, default in ((f"{word}_max_mw", None), (f"{word}_min_mw", 0.0), ("rated_mw", None)):
        given = getattr(plant, name)
        if given is not None and (default is None or np.any(np.asarray(given) != default)):
            message = f"is for a fixed size; with capacity_cost_eur_per_mw give {word}_min_ratio and {word}_max_ratio"
            yield Issue(f"{path}.{units.name(name, 'MW')}", "capacity", message)
    if plant.load_initially_ratio is not None:
        message = "is not supported where the capacity is chosen; leave it out"
        yield Issue(f"{path}.load_initially_ratio", "capacity", message)
    steps = np.zeros(context.horizon.steps)
    largest, least = (np.asarray(getattr(plant, f"{word}_{end}_ratio")) + steps for end in ("max", "min"))
    for step in np.flatnonzero(least > largest)[:1]:
        said = f"is {least[step]:g} at {context.horizon.axis.labels[step]}Z, above {word}_max_ratio, {largest[step]:g}"
        yield Issue(f"{path}.{word}_min_ratio[{step}]", "range", said)
    if plant.minimum_load_ratio > 0 and np.any(least < 0):
        message = f"is negative although minimum_load_ratio is {plant.minimum_load_ratio:g}; give one of them"
        yield Issue(f"{path}.{word}_min_ratio", "range", message)
    if with_state and np.any(least < 0):
        yield Issue(
            f"{path}.{word}_min_ratio", "capacity", "is negative; not supported for a chosen capacity with a state"
        )
    if plant.capacity_module_mw == 0:
        yield Issue(f"{path}.{units.name('capacity_module_mw', 'MW')}", "range", "is 0 MW; a module must have a size")
    most = plant.capacity_max_mw
    if most is not None:
        yield from units.within(path, "capacity_min_mw", plant.capacity_min_mw, 0, most, "MW")
    elif with_state:
        message = "is missing; a plant with an on/off state needs a largest capacity, as small as you can say"
        yield Issue(f"{path}.{units.name('capacity_max_mw', 'MW')}", "missing_field", message)


def of(plants: Sequence[Any], horizon: Horizon, word: str, switched: BoolArray) -> Sizes:
    """The sizes of plants.

    Args:
        plants: Checked records.
        horizon: The steps.
        word: First word of the fields of the steered power.
        switched: Plants with a state, (plant,).
    """
    cost = scalars(plants, "capacity_cost_eur_per_mw")
    chosen = ~np.isnan(cost)
    upper = scalars(plants, "capacity_max_mw")
    least, load = profiles(plants, f"{word}_min_ratio", horizon.steps), scalars(plants, "minimum_load_ratio")
    apart = 0.5 * (horizon.hours + np.concatenate([horizon.hours[:1], horizon.hours[:-1]]))

    def rate(field: str, steps: int = 1) -> FloatArray:
        given = profiles(plants, field, steps)
        return np.where(np.isnan(given), np.inf, given)

    return Sizes(
        chosen=chosen,
        switched=chosen & switched[:, None],
        cost=np.nan_to_num(cost)[:, 0],
        module=scalars(plants, "capacity_module_mw")[:, 0],
        lower=scalars(plants, "capacity_min_mw")[:, 0],
        upper=np.where(np.isnan(upper), np.inf, upper)[:, 0],
        largest=profiles(plants, f"{word}_max_ratio", horizon.steps),
        least=np.where(load > 0, np.maximum(least, load), least),
        up=rate("ramp_up_ratio_per_hour", horizon.steps) * apart,
        down=rate("ramp_down_ratio_per_hour", horizon.steps) * apart,
        start=rate("start_ramp_ratio"),
        stop=rate("stop_ramp_ratio"),
    )


def formulate(room: Room, axis: Axis, power: Linear, sizes: Sizes, state: UnitState | None, horizon: Horizon) -> Sized:
    """Add the capacities of all plants that choose one, and what they allow.

    Args:
        room: The room of the plants.
        axis: Their axis.
        power: Their steered power, (plant, time).
        sizes: Their sizes.
        state: Their on/off state, if any has one.
        horizon: The steps.
    """
    chosen = sizes.chosen[:, 0]
    capacity = room.variable("capacity_mw", (axis,), sizes.lower, sizes.upper, doc="chosen capacity", present=chosen)
    room.minimise("investment", capacity * sizes.cost)
    whole = chosen & ~np.isnan(sizes.module)
    if whole.any():
        modules = room.variable("modules", (axis,), doc="number of modules", integral=True, present=whole)
        room.equal("capacity_modules", capacity, modules * np.nan_to_num(sizes.module), present=whole)
    size = capacity.at(np.repeat(np.arange(axis.size), horizon.steps), power.axes)
    every = np.broadcast_to(sizes.chosen, power.shape)
    largest, least = size * np.where(every, sizes.largest, 0.0), size * np.where(every, sizes.least, 0.0)
    room.at_most("capacity_upper_limit", power, largest.nonzero(), present=every & (sizes.largest != 0))
    slack = Linear(power.axes)
    if state is not None and sizes.switched.any():
        _with_state(room, power, size, sizes, state)
        bound = np.where(np.isinf(sizes.upper), 0.0, sizes.upper)[:, None]
        spread = np.where(sizes.switched, np.maximum(sizes.least, 0.0) * bound, 0.0)
        slack = (state.on * spread).nonzero() - spread
    room.at_least("capacity_lower_limit", power, least.nonzero() + slack, present=every & (sizes.least != 0))
    _ramps(room, power, size, sizes, state)
    switched = np.broadcast_to(sizes.switched, power.shape)
    own = power * switched.astype(np.float64)
    return Sized(least * (~switched).astype(np.float64) + own, largest * (~switched).astype(np.float64) + own)


def _with_state(room: Room, power: Linear, size: Linear, sizes: Sizes, state: UnitState) -> None:
    """The limits of plants that may be off."""
    switched, most = np.broadcast_to(sizes.switched, power.shape), sizes.most
    room.at_most("capacity_on_limit", power, (state.on * most).nonzero(), present=switched & (most > 0))
    starts = switched & (sizes.start < sizes.largest)
    if starts.any():
        free = np.where(starts, most, 0.0)
        part = size * np.where(np.isinf(sizes.start), 0.0, sizes.start)
        room.at_most("capacity_start_ramp_limit", power + state.starting * free, part + free, present=starts)
    stops = switched & (sizes.stop < sizes.largest)
    stops[:, -1] = False
    if stops.any():
        free = np.where(stops, most, 0.0)
        part = size * np.where(np.isinf(sizes.stop), 0.0, sizes.stop)
        later = state.stopping.following() * free
        room.at_most("capacity_stop_ramp_limit", power + later, part + free, present=stops)


def _ramps(room: Room, power: Linear, size: Linear, sizes: Sizes, state: UnitState | None) -> None:
    """How fast the power may change; a start and a stop are free."""
    before, most = power.previous(0.0), sizes.most
    earlier = np.concatenate([most[:, :1], most[:, :-1]], axis=1)
    for rate, change, rises in ((sizes.up, power - before, True), (sizes.down, before - power, False)):
        present = sizes.chosen & np.isfinite(rate)
        present[:, 0] = False
        if not present.any():
            continue
        allowed = size * np.where(present, rate, 0.0)
        if state is not None:
            free = np.where(sizes.switched, most if rises else earlier, 0.0)
            allowed = allowed + ((state.starting if rises else state.stopping) * free).nonzero()
        if rises:
            room.at_most("capacity_ramp_up_limit", change, allowed, present=present)
        else:
            room.at_most("capacity_ramp_down_limit", change, allowed, present=present)
