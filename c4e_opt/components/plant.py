"""Plant: what generators and converters share: one steered power between limits, with the rules of a unit.

Variables, for every plant p and step t; the steered power itself is named by the kind, x[p, t] below:
    on, starting, stopping   see `commitment.three_binary`, for plants with any commitment rule
    start_cost_eur   see `commitment.start_tiers`
    capacity_mw, modules   see `components.capacity`, for plants whose size is chosen

Constraints:
    upper_limit[p, t]   of plants with a state: x <= x_max * on, less in the first and last step of a run with a start
                        or stop ramp (see `commitment.ramps`); without one, x_max is a bound of x
    lower_limit[p, t]   of plants with a state: x >= least * on,
                        least = the larger of x_min and minimum_load_ratio * rated
    energy_minimum[p]   sum over t of x * hours >= energy_min_mwh
    energy_maximum[p]   sum over t of x * hours <= energy_max_mwh
    commitment_balance, minimum_up_time, minimum_down_time   see `commitment.three_binary`
    start_cost_floor   see `commitment.start_tiers`
    ramp_up_limit, ramp_down_limit, stop_ramp_limit   see `commitment.ramps`
    start_load_minimum[p, t]   x[t] >= low[t] + (start_load_min_ratio * rated - low[t]) * starting
    stop_load_minimum[p, t]    x[t-1] >= low[t-1] + (stop_load_min_ratio * rated - low[t-1]) * stopping, low = the
                               smaller of 0 and x_min; in the first step where the load before it is known
    capacity_upper_limit, capacity_lower_limit, capacity_on_limit   see `components.capacity`
    capacity_ramp_up_limit, capacity_ramp_down_limit   see `components.capacity`
    capacity_start_ramp_limit, capacity_stop_ramp_limit, capacity_modules   see `components.capacity`

Objective, term `production`: cost * x * hours; terms `start`, `stop`, `running`: see `commitment.unit`; term
`investment`: see `components.capacity`.

The rated power, of which loads and ramps are parts, is rated_mw, or the largest x_max or -x_min of all steps. Energies
count every step as often as its weight says. Emissions cost nothing by themselves; laws of a site may limit or price
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.commitment import ramps, unit
from c4e_opt.commitment.unit import Unit, UnitState
from c4e_opt.components import capacity
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Headroom, StopHeadroom, fleet, profiles, scalars
from c4e_opt.fields import number, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class Plant(Unit):
    """What generators and converters have in common."""

    owner: str = party(doc="Party that is paid for what comes out and pays for what goes in.")
    cost_eur_per_mwh: FloatArray = series(unit="EUR/MWh", default=0.0, doc="Cost of every MWh of the steered power.")
    emissions_t_per_mwh: Any = number(unit="t/MWh", default=0.0, doc="CO2 per MWh of the steered power.")
    energy_min_mwh: Any = number(unit="MWh", default=None, doc="Least energy over the horizon; free when absent.")
    energy_max_mwh: Any = number(unit="MWh", default=None, doc="Most energy over the horizon; free when absent.")
    rated_mw: Any = number(
        unit="MW", minimum=0, default=None, doc="Rated power, for loads and ramps; the largest power limit when absent."
    )
    capacity_cost_eur_per_mw: Any = number(
        unit="EUR/MW",
        minimum=0,
        default=None,
        doc="Cost of every MW of a chosen capacity over the horizon; fixed size when absent.",
    )
    capacity_min_mw: Any = number(unit="MW", minimum=0, default=0.0, doc="Least capacity, where it is chosen.")
    capacity_max_mw: Any = number(
        unit="MW", minimum=0, default=None, doc="Largest capacity, where it is chosen; free when absent."
    )
    capacity_module_mw: Any = number(
        unit="MW",
        minimum=0,
        default=None,
        doc="Size of a module, where whole modules are chosen; any size when absent.",
    )
    start_load_min_ratio: FloatArray | None = series(
        unit="", minimum=0, default=None,
        doc="Least load in the first step of a run, as a part of the rated power; that of any step when absent.",
    )  # fmt: skip
    stop_load_min_ratio: FloatArray | None = series(
        unit="", minimum=0, default=None,
        doc="Least load in the step before a stop, by the step of the stop; that of any step when absent.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Steered:
    """The steered power of plants, (plant, time), and what it may be given their state and capacity."""

    power_mw: Linear
    least_mw: Linear
    besides_mw: Linear  # the largest but for what the state allows
    state: UnitState | None
    rise: Callable[[], tuple[Linear, BoolArray]]  # how much more it could be by the ramps, and where they can bind

    @property
    def largest_mw(self) -> Linear:
        """The largest power given the state."""
        return self.besides_mw if self.state is None else self.besides_mw + self.state.largest_mw

    @property
    def on(self) -> Linear | None:
        """1 while a plant with a state runs; None when no plant has one."""
        return self.state.on if self.state else None

    @property
    def committed(self) -> BoolArray | None:
        """Plants with a state, (plant,); None when no plant has one."""
        return self.state.present[:, 0] if self.state else None

    def less(self) -> Linear:
        """By how much the power could fall."""
        return self.power_mw - self.least_mw


def check(path: str, plant: Any, context: Context, word: str) -> Iterator[Issue]:
    """What is wrong between the fields of one plant; nothing, when it may be formulated.

    Args:
        path: Where it stands.
        plant: The plant.
        context: The case around it.
        word: First word of the fields of its steered power: power, input.
    """
    yield from unit.check(path, plant)
    yield from _check_first_and_last(path, plant)
    if plant.energy_min_mwh is not None and plant.energy_max_mwh is not None:
        most = plant.energy_max_mwh
        yield from context.units.within(path, "energy_min_mwh", plant.energy_min_mwh, -np.inf, most, "MWh")
    if plant.capacity_cost_eur_per_mw is not None:
        yield from capacity.check(path, plant, context, word, with_state=unit.has_state(plant))
    else:
        yield from _check_fixed_size(path, plant, context, word)


def _check_first_and_last(path: str, plant: Any) -> Iterator[Issue]:
    """Least loads at a start or stop of a plant that cannot have such."""
    for name in ("start_load_min_ratio", "stop_load_min_ratio"):
        if getattr(plant, name) is None:
            continue
        if not unit.has_state(plant):
            yield Issue(f"{path}.{name}", "conflict", "is given, but the plant never starts; say that it is switchable")
        elif plant.capacity_cost_eur_per_mw is not None:
            yield Issue(f"{path}.{name}", "capacity", "is not supported where the capacity is chosen; leave it out")


def _check_fixed_size(path: str, plant: Any, context: Context, word: str) -> Iterator[Issue]:
    units, largest, least = context.units, getattr(plant, f"{word}_max_mw"), getattr(plant, f"{word}_min_mw")
    place = f"{path}.{units.name(f'{word}_max_mw', 'MW')}"
    for name, default in ((f"{word}_max_ratio", 1.0), (f"{word}_min_ratio", 0.0)):
        if np.not_equal(getattr(plant, name), default).any():
            message = (
                f"is for a chosen capacity (capacity_cost_eur_per_mw); give {word}_min_mw and {word}_max_mw instead"
            )
            yield Issue(f"{path}.{name}", "capacity", message)
    if largest is None:
        yield Issue(place, "missing_field", "is missing; give it, or capacity_cost_eur_per_mw for a chosen capacity")
        return
    largest, least, steps = np.asarray(largest), np.asarray(least), np.zeros(context.horizon.steps)
    low = least if plant.minimum_load_ratio == 0 else np.maximum(least, 0.0)
    yield from _above(f"{path}.{units.name(f'{word}_min_mw', 'MW')}", low - largest + steps, low + steps, context)
    most = max(float(largest.max()), -float(least.min()))
    if plant.rated_mw is not None and plant.rated_mw < most * (1 - 1e-9):
        message = f"is {units.say(plant.rated_mw, 'MW')}, less than the largest limit, {units.say(most, 'MW')}"
        yield Issue(f"{path}.{units.name('rated_mw', 'MW')}", "range", message)
    if plant.minimum_load_ratio > 0 and least.min() < 0:
        message = f"is negative although minimum_load_ratio is {plant.minimum_load_ratio:g}; give one of them"
        yield Issue(f"{path}.{units.name(f'{word}_min_mw', 'MW')}", "range", message)
    fixed = getattr(plant, f"{word}_fixed_mw")
    if fixed is not None:
        fixed = np.asarray(fixed) + steps
        rated = most if plant.rated_mw is None else plant.rated_mw
        floor = np.maximum(least, plant.minimum_load_ratio * rated) if plant.minimum_load_ratio > 0 else least
        floor = np.where(fixed == 0, np.minimum(floor, 0.0), floor) if unit.has_state(plant) else floor
        over = np.maximum(fixed - largest, floor - fixed)
        yield from _above(f"{path}.{units.name(f'{word}_fixed_mw', 'MW')}", over, fixed, context)


def _above(path: str, over: FloatArray, values: FloatArray, context: Context) -> Iterator[Issue]:
    """The first step in which a power is outside the limits of its step by more than rounding."""
    wrong = np.flatnonzero(over > 1e-9 * (1.0 + np.abs(values)))
    if wrong.size:
        step = int(wrong[0])
        said = f"is {context.units.say(float(values[step]), 'MW')} at {context.horizon.axis.labels[step]}Z"
        yield Issue(f"{path}[{step}]", "range", f"{said}, outside the limits of that step")


def formulate(room: Room, plants: Sequence[Any], horizon: Horizon, word: str, doc: str) -> Steered:
    """Add the variables and laws of all plants at once.

    Args:
        room: The room to write into.
        plants: Checked records; their order is the order of the axis.
        horizon: The steps.
        word: First word of the fields of the steered power, and of its name: power, input.
        doc: What the steered power is.
    """
    axis = fleet(room.kind, plants)
    rated, least, largest = limits(plants, horizon, word)
    switched = np.array([unit.has_state(plant) for plant in plants])
    sizes = capacity.of(plants, horizon, word, switched)
    lower, upper = sizes.bounds(
        np.where(switched[:, None], np.minimum(least, 0.0), least),
        np.where(switched[:, None], np.maximum(largest, 0.0), largest),
    )
    fixed = profiles(plants, f"{word}_fixed_mw", horizon.steps)
    lower, upper = np.where(np.isnan(fixed), lower, fixed), np.where(np.isnan(fixed), upper, fixed)
    power = room.variable(f"{word}_mw", (axis, horizon.axis), lower, upper, doc=doc)
    state = unit.formulate(room, axis, plants, unit.Load(power, rated, least, largest), horizon, follows=True)
    over = power.axes
    low = Linear(over, constant=np.where(switched[:, None] | sizes.chosen, 0.0, lower))
    high = Linear(over, constant=np.where(switched[:, None] | sizes.chosen, 0.0, upper))
    if state is not None:
        limited = state.present & ~sizes.chosen
        room.at_most("upper_limit", power, state.largest_mw, present=limited)
        room.at_least("lower_limit", power, state.least_mw, present=limited & (least != 0))
        _first_and_last(room, plants, (power, rated, np.minimum(least, 0.0)), state, horizon)
        low = low + state.least_mw
    if sizes.chosen.any():
        size = capacity.formulate(room, axis, power, sizes, state, horizon)
        low, high = low + size.least_mw, high + size.largest_mw
    _energies(room, plants, power, horizon)
    room.minimise("production", power * (profiles(plants, "cost_eur_per_mwh", horizon.steps) * horizon.cost_hours))

    def rise() -> tuple[Linear, BoolArray]:
        rates = ramps.of(plants, rated, least, largest, horizon)
        return ramps.rise(power, rates, state and state.binaries, switched[:, None])

    return Steered(power, low.nonzero(), high.nonzero(), state, rise)


def _first_and_last(
    room: Room, plants: Sequence[Any], of: tuple[Linear, FloatArray, FloatArray], state: UnitState, horizon: Horizon
) -> None:
    """Least loads in the first and the last step of a run."""
    power, rated, low = of
    first, last = (
        np.nan_to_num(profiles(plants, f"{name}_load_min_ratio", horizon.steps)) * rated for name in ("start", "stop")
    )
    if first.any():
        floor = (state.starting * (first - low)).nonzero() + low
        room.at_least("start_load_minimum", power, floor, present=first > 0)
    if last.any():
        before = scalars(plants, "load_initially_ratio") * rated
        present = last > 0
        present[:, :1] &= ~np.isnan(before)
        before = np.nan_to_num(before)
        lowest = np.concatenate([np.minimum(before, 0.0), low[:, :-1]], axis=1)
        floor = (state.stopping * (last - lowest)).nonzero() + lowest
        room.at_least("stop_load_minimum", power.previous(before), floor, present=present)


def headroom(steered: Steered, *, gives: bool, within_ramps: bool = False, stop_ramp_binds: bool = True) -> Headroom:
    """What plants could give on top and withhold at the bus of their steered power, energies aside.

    Args:
        steered: Their power.
        gives: Whether it flows into the bus; else out of it.
        within_ramps: Whether more of it must be within the ramp up; no ramp binds it otherwise.
        stop_ramp_binds: Whether the stop ramp holds for it.
    """
    state, stop, largest = steered.state, None, steered.besides_mw
    if state is not None:
        own, limit = state.reach(within_ramps=within_ramps, stop_ramp_binds=stop_ramp_binds)
        largest = largest + own
        if limit is not None:
            surely = largest - steered.power_mw + (limit.surely_mw - own)
            second = limit.largest_mw - steered.power_mw
            stop = StopHeadroom(mw=second, surely_mw=surely, present=limit.present, gives=gives)
    more, less = largest - steered.power_mw, steered.less()
    up, down = (more, less) if gives else (less, more)
    return Headroom(up_mw=up, down_mw=down, stop=stop, rise=steered.rise() if within_ramps and gives else None)


def rates(plants: Sequence[Any], horizon: Horizon, word: str, *, gives: bool) -> tuple[FloatArray, FloatArray]:
    """By how many MW an hour what plants give to the bus of their steered power may rise and fall, (plant, time).

    Args:
        plants: Checked records.
        horizon: The steps.
        word: First word of the fields of their steered power.
        gives: Whether it flows into the bus; else out of it.
    """
    rated, _, _ = limits(plants, horizon, word)
    names = [f"ramp_{way}_ratio_per_hour" for way in (("up", "down") if gives else ("down", "up"))]
    rise, fall = (np.nan_to_num(profiles(plants, name, horizon.steps), nan=np.inf) for name in names)
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(rise), np.inf, rise * rated), np.where(np.isinf(fall), np.inf, fall * rated)


def limits(plants: Sequence[Any], horizon: Horizon, word: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rated, least and largest power while on, (plant, 1) and (plant, time); 0 where the size is chosen."""
    chosen = np.array([[plant.capacity_cost_eur_per_mw is not None] for plant in plants])
    largest = np.where(chosen, 0.0, profiles(plants, f"{word}_max_mw", horizon.steps))
    least = np.where(chosen, 0.0, profiles(plants, f"{word}_min_mw", horizon.steps))
    given = scalars(plants, "rated_mw")
    rated = np.where(np.isnan(given), np.maximum(largest, -least).max(axis=1, keepdims=True), given)
    load = scalars(plants, "minimum_load_ratio")
    return np.where(chosen, 0.0, rated), np.where(load > 0, np.maximum(least, load * rated), least), largest


def _energies(room: Room, plants: Sequence[Any], power: Linear, horizon: Horizon) -> None:
    """Limits of the energy over the horizon."""
    least, most = scalars(plants, "energy_min_mwh")[:, 0], scalars(plants, "energy_max_mwh")[:, 0]
    if np.isnan(least).all() and np.isnan(most).all():
        return
    over: tuple[Axis, ...] = power.axes[:1]
    energy = (power * horizon.cost_hours).gather(over, np.repeat(np.arange(len(plants)), horizon.steps))
    if not np.isnan(least).all():
        room.at_least("energy_minimum", energy, np.nan_to_num(least), present=~np.isnan(least))
    if not np.isnan(most).all():
        room.at_most("energy_maximum", energy, np.nan_to_num(most), present=~np.isnan(most))
