"""Unit: what binds the on/off state and the load of any plant that starts, stops and ramps; no field means no rule.

Variables: see `commitment.three_binary` for on, starting, stopping and `commitment.start_tiers` for start_cost_eur

Objective, terms
    `start`: start_cost * starting, or start_cost_eur where there are tiers; `stop`: stop_cost * stopping;
    `running`: running_cost * on * hours; every step as often as its weight says

A unit has an on/off state when it has any of: a least load, a cost of starting, stopping or running, a minimum up or
down time, a start or stop ramp; or when it is said to be switchable. Only such units get binaries; ramps alone need
none.

Before the first step a unit has been on or off for a declared age. Nothing binds past the horizon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.commitment import carrion_arroyo, rajan_takriti, ramps, start_arcs, start_tiers, three_binary, trajectories
from c4e_opt.fields import flag, number, parts, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room

#: How minimum up and down times are written, by the name that a policy gives.
_MINIMUM_TIMES = {
    "rajan_takriti": rajan_takriti.formulate,
    "carrion_arroyo": carrion_arroyo.formulate,
    "knueven_ostrowski_watson": rajan_takriti.formulate,
}
#: The name under which start costs are written as arcs, and limits of the power as trajectories.
_TIGHT = "knueven_ostrowski_watson"


@record
class StartTier:
    """What a start costs after a longer rest."""

    after_hours_off: Any = number(unit="h", minimum=0, doc="Rest from which on a start costs so much.")
    cost_eur: Any = number(unit="EUR", minimum=0, doc="Cost of such a start, in place of start_cost_eur.")


@record
class Unit:
    """A plant that starts, stops and ramps; loads are parts of its rated power."""

    switchable: bool = flag(
        default=False, doc="Whether it may be off, where no least power holds, even if no other rule says so."
    )
    minimum_load_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=0.0, doc="Least load while on, as a part of the rated power."
    )
    start_cost_eur: Any = number(unit="EUR", minimum=0, default=0.0, doc="Cost of a start; of a hot one with tiers.")
    minimum_up_hours: Any = number(unit="h", minimum=0, default=0.0, doc="Once started, runs at least so long.")
    minimum_down_hours: Any = number(unit="h", minimum=0, default=0.0, doc="Once stopped, rests at least so long.")
    on_initially: bool = flag(default=False, doc="Whether it ran just before the first step.")
    hours_in_state_initially: Any = number(
        unit="h", minimum=0, default=8760.0, doc="How long it had been on or off before the first step."
    )
    start_costs: tuple[StartTier, ...] = parts(
        StartTier, doc="Costs of warm and cold starts, by how long the unit has rested; every start alike when empty."
    )
    stop_cost_eur: Any = number(unit="EUR", minimum=0, default=0.0, doc="Cost of every stop.")
    running_cost_eur_per_hour: Any = number(unit="EUR/h", minimum=0, default=0.0, doc="Cost of being on, at any load.")
    ramp_up_ratio_per_hour: FloatArray | None = series(
        unit="1/h", minimum=0, default=None, doc="Fastest rise of the load, in rated powers; free when absent."
    )
    ramp_down_ratio_per_hour: FloatArray | None = series(
        unit="1/h", minimum=0, default=None, doc="Fastest fall of the load, in rated powers; free when absent."
    )
    start_ramp_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=None, doc="Largest load in the first step of a run; free when absent."
    )
    stop_ramp_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=None, doc="Largest load in the last step of a run; free when absent."
    )
    load_initially_ratio: Any = number(
        unit="", minimum=-1, maximum=1, default=None,
        doc="Load in the step before the first, for ramps; free when absent, and 0 of a unit that was off.",
    )  # fmt: skip
    ramps_bind_starts: bool = flag(
        default=False, doc="Whether the ramps also bind a start and a stop, counted from the least load."
    )
    always_on: bool = flag(default=False, doc="Whether it must be on in every step.")


@dataclass(frozen=True, slots=True)
class Load:
    """The power of units that their rules bind."""

    power_mw: Linear  # (unit, time)
    rated_mw: FloatArray  # (unit, 1)
    least_mw: FloatArray  # while on; (unit, time) or (unit, 1)
    largest_mw: FloatArray  # while on; (unit, time) or (unit, 1)


@dataclass(frozen=True, slots=True)
class UnitState:
    """The on/off state of units, (unit, time); zero for units without one."""

    on: Linear
    starting: Linear
    stopping: Linear
    least_mw: Linear  # the limits of the load, given the state
    largest_mw: Linear
    stop_limit: ramps.StopLimit | None  # besides `largest_mw`; it is written
    present: BoolArray  # cells of units with a state
    rates: ramps.Rates
    binaries: three_binary.Commitment
    rules: three_binary.CommitmentRules
    horizon: Horizon
    follows: bool  # whether the limits follow trajectories, which hold for the load and not for reserve at large

    def reach(self, *, within_ramps: bool, stop_ramp_binds: bool) -> tuple[Linear, ramps.StopLimit | None]:
        """The largest load with reserve on top.

        Args:
            within_ramps: Whether reserve is within the ramps, so that it follows trajectories too.
            stop_ramp_binds: Whether the stop ramp holds for it.
        """
        rates = self.rates
        stop = rates.stop_only if stop_ramp_binds else rates.largest
        if self.follows and within_ramps:
            parts = trajectories.whole(rates)
            found = trajectories.limits(parts, rates, stop, self.binaries, self.rules, self.horizon)
            second = found.second_mw
            return found.first_mw, None if second is None else ramps.StopLimit(second, second, found.present)
        if not self.follows and stop_ramp_binds and rates.stop is rates.stop_only:
            return self.largest_mw, self.stop_limit
        _, largest, limit = ramps.limits(rates, stop, self.binaries, self.rules)
        return largest, limit

    def parts(self, parts: trajectories.Parts) -> trajectories.Limits:
        """The largest that parts of the load may be."""
        return trajectories.limits(parts, self.rates, self.rates.stop, self.binaries, self.rules, self.horizon)


def check(path: str, unit: Unit) -> Iterator[Issue]:
    """What is wrong between the fields of one unit; nothing, when it may be formulated."""
    after, cost = 0.0, unit.start_cost_eur
    if unit.always_on and not unit.on_initially and unit.hours_in_state_initially < unit.minimum_down_hours:
        message = f"is true, but the unit must rest: it was off for {unit.hours_in_state_initially:g} h only"
        yield Issue(f"{path}.always_on", "conflict", f"{message}, minimum_down_hours is {unit.minimum_down_hours:g}")
    for place, tier in enumerate(unit.start_costs):
        where = f"{path}.start_costs[{place}]"
        if tier.after_hours_off <= after:
            message = f"is {tier.after_hours_off:g} h; tiers must follow one another, each after more than {after:g} h"
            yield Issue(f"{where}.after_hours_off", "order", message)
        if tier.cost_eur < cost:
            message = f"is {tier.cost_eur:g} EUR; after a longer rest a start must cost at least as much, {cost:g} EUR"
            yield Issue(f"{where}.cost_eur", "order", message)
        after, cost = tier.after_hours_off, tier.cost_eur
    for name in ("start_ramp_ratio", "stop_ramp_ratio"):
        most = getattr(unit, name)
        if most is not None and most < unit.minimum_load_ratio:
            message = f"is {most:g}; the unit could never run, its minimum_load_ratio is {unit.minimum_load_ratio:g}"
            yield Issue(f"{path}.{name}", "range", message)
    before = unit.load_initially_ratio
    if before is None:
        return
    if has_state(unit) and not unit.on_initially and before != 0:
        message = f"is {before:g} although on_initially is false; it must be 0"
        yield Issue(f"{path}.load_initially_ratio", "range", message)
    elif has_state(unit) and unit.on_initially and before < unit.minimum_load_ratio and unit.minimum_load_ratio > 0:
        message = f"is {before:g}, below minimum_load_ratio, {unit.minimum_load_ratio:g}, although the unit was on"
        yield Issue(f"{path}.load_initially_ratio", "range", message)


def has_state(unit: Unit) -> bool:
    """Whether any rule of a unit needs an on/off state."""
    amounts = (
        unit.minimum_load_ratio, unit.start_cost_eur, unit.stop_cost_eur, unit.running_cost_eur_per_hour,
        unit.minimum_up_hours, unit.minimum_down_hours,
    )  # fmt: skip
    ramped = unit.start_ramp_ratio is not None or unit.stop_ramp_ratio is not None
    return (
        unit.switchable or unit.always_on or ramped or bool(unit.start_costs) or any(amount > 0 for amount in amounts)
    )


def formulate(
    room: Room, units: Axis, records: Sequence[Unit], load: Load, horizon: Horizon, *, follows: bool = False
) -> UnitState | None:
    """Add the on/off state, its costs, and the ramps of all units at once.

    The room itself holds its power between `least_mw` and `largest_mw` of the result, where `present`, under the names
    of its laws.

    Args:
        room: The room of the units.
        units: Their axis.
        records: Checked records, in the order of the axis.
        load: Their power.
        horizon: The steps.
        follows: Whether the limits may follow trajectories, where the formulation that the policy names has such.

    Returns:
        The state; None when no unit has one.
    """
    with_state = np.array([[has_state(record)] for record in records])
    rates = ramps.of(records, load.rated_mw, load.least_mw, load.largest_mw, horizon)
    if not with_state.any():
        ramps.formulate(room, load.power_mw, rates, None, with_state)
        return None
    rules = three_binary.CommitmentRules(
        committed=with_state,
        minimum_up_hours=_column(records, "minimum_up_hours"),
        minimum_down_hours=_column(records, "minimum_down_hours"),
        on_initially=_column(records, "on_initially") > 0,
        hours_in_state_initially=_column(records, "hours_in_state_initially"),
        kept_on=rates.before > rates.stop_before * (1 + 1e-9),
        always_on=_column(records, "always_on") > 0,
    )
    commitment = three_binary.formulate(room, units, rules, horizon)
    _MINIMUM_TIMES[room.program.commitment](room, commitment, rules, horizon)
    _costs(room, units, records, commitment, horizon)
    least, largest, stop_limit = ramps.limits(rates, rates.stop, commitment, rules)
    follows = follows and room.program.commitment == _TIGHT
    if follows:
        found = trajectories.limits(trajectories.whole(rates), rates, rates.stop, commitment, rules, horizon)
        second, largest = found.second_mw, found.first_mw
        stop_limit = None if second is None else ramps.StopLimit(second, second, found.present)
    if stop_limit is not None:
        room.at_most("stop_ramp_limit", load.power_mw, stop_limit.largest_mw, present=stop_limit.present)
    ramps.formulate(room, load.power_mw, rates, commitment, with_state)
    return UnitState(
        on=commitment.on,
        starting=commitment.starting,
        stopping=commitment.stopping,
        least_mw=least,
        largest_mw=largest,
        stop_limit=stop_limit,
        present=np.broadcast_to(with_state, load.power_mw.shape),
        rates=rates,
        binaries=commitment,
        rules=rules,
        horizon=horizon,
        follows=follows,
    )


def _costs(
    room: Room, units: Axis, records: Sequence[Unit], commitment: three_binary.Commitment, horizon: Horizon
) -> None:
    """What starting, stopping and running cost."""
    weights = 1.0 if horizon.weights is None else horizon.weights
    tiered = np.array([[bool(record.start_costs)] for record in records])
    room.minimise("start", commitment.starting * (np.where(tiered, 0.0, _column(records, "start_cost_eur")) * weights))
    if tiered.any():
        write = start_arcs.formulate if room.program.commitment == _TIGHT else start_tiers.formulate
        room.minimise("start", write(room, units, records, commitment, horizon) * weights)
    stop_cost = _column(records, "stop_cost_eur")
    if stop_cost.any():
        room.minimise("stop", commitment.stopping * (stop_cost * weights))
    running_cost = _column(records, "running_cost_eur_per_hour")
    if running_cost.any():
        room.minimise("running", commitment.on * (running_cost * horizon.cost_hours))


def _column(records: Sequence[Unit], field: str) -> FloatArray:
    """One number per unit, shape (unit, 1)."""
    return np.array([[getattr(record, field)] for record in records], dtype=np.float64)
