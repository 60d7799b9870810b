"""Energies that no power can reach: targets and limits of stores outside of what charging and discharging allow.

The energy of a store moves within an interval: at most by charging at full power in every step, at least by
discharging at full power, from what it holds before the first step, less its standing loss, with its inflow, cut at its
limits. Where the interval ends outside of a limit or a target, nothing else of the case can help: that is an error.

    most[t] = min(upper[t], keep[t] * most[t-1] + gain_most[t])

and the least likewise. With x[t] = most[t] / K[t], K[t] = product of keep up to t, and G[t] = sum of gain / K up to t,
this is x[t] = G[t] + min over s <= t of (upper[s] / K[s] - G[s]): a running minimum instead of a loop over steps.

A vehicle may leave without its energy, at a price: a session too short for it is a matter of `case.remarks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case.case import Case
from c4e_opt.components import stratified_store
from c4e_opt.components.terms import profiles, scalars
from c4e_opt.issues import Issue
from c4e_opt.units import Units

#: The rule of these findings: they make a case infeasible, which a file or a message must not be from the start.
UNREACHABLE = "unreachable"
#: An energy that is missed by less is reached, in MWh, and as a part of the bound.
_SLACK_MWH, _SLACK = 1e-6, 1e-9
#: Products of keep below this begin anew, long before they vanish.
_SMALLEST = 1e-100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reservoirs:
    """The stores of a kind; (store, time), and (store,) for the start."""

    start_most: FloatArray  # both the same but of cyclic stores, which are free to choose
    start_least: FloatArray
    lower: FloatArray
    upper: FloatArray
    keep: FloatArray
    charged: FloatArray  # by full power, in the store
    drawn: FloatArray
    arriving_most: FloatArray  # by itself, nothing spilled
    arriving_least: FloatArray


def check(case: Case, units: Units) -> Iterator[Issue]:
    """Find targets and limits of stores that no power can reach.

    Args:
        case: A case in which every field is sound.
        units: Those in which its writer reads messages.
    """
    horizon = case.horizon
    for kind in ("battery", "heat_store", "store", "stratified_store"):
        stores = case.components.get(kind, ())
        if stores:
            yield from _check(f"components.{kind}", stores, _reservoirs(kind, stores, horizon), horizon, units)


def _check(path: str, stores: Sequence[Any], all_: _Reservoirs, horizon: Horizon, units: Units) -> Iterator[Issue]:
    """The first step of every store in which a limit is out of reach, from below and from above."""
    most = furthest(all_.start_most, all_.charged + all_.arriving_most, all_.keep, all_.upper)
    least = -furthest(-all_.start_least, all_.drawn - all_.arriving_least, all_.keep, -all_.lower)
    for bound, reached, low in ((all_.lower, most, True), (all_.upper, least, False)):
        beyond = bound - reached if low else reached - bound
        wrong = beyond > _SLACK_MWH + _SLACK * np.abs(bound)
        for row in np.flatnonzero(wrong.any(axis=1)).tolist():
            step = int(np.argmax(wrong[row]))
            ends = float(bound[row, step]), float(reached[row, step])
            miss = _Miss(stores[row], step, horizon, units, low, *ends)
            yield miss.issue(f"{path}[{row}]", list(_mends(miss, all_, row)))


def furthest(start: FloatArray, gain: FloatArray, keep: FloatArray, limit: FloatArray) -> FloatArray:
    """The largest energy at the end of every step, (store, time): min(limit, keep * that before + gain), step by step.

    Args:
        start: Energy before the first step, (store,).
        gain: What a step adds at most, (store, time).
        keep: What a step leaves of the energy before it, (store, time).
        limit: Most at the end of a step, (store, time).
    """
    kept = np.maximum(keep, 1e-30)
    reached = np.empty_like(gain)
    decay = float(-np.log(kept).min(initial=0.0)) if kept.size else 0.0
    length = max(int(-np.log(_SMALLEST) / decay), 1) if decay else gain.shape[1]
    before = start
    for begin in range(0, gain.shape[1], length):
        block = slice(begin, begin + length)
        product = np.cumprod(kept[:, block], axis=1)
        added = np.cumsum(gain[:, block] / product, axis=1)
        lowest = np.minimum.accumulate(limit[:, block] / product - added, axis=1)
        reached[:, block] = (added + np.minimum(lowest, before[:, None])) * product
        before = reached[:, min(begin + length, gain.shape[1]) - 1]
    return reached


def _reservoirs(kind: str, stores: Sequence[Any], horizon: Horizon) -> _Reservoirs:
    """What the stores of a kind hold at most and at least, and by how much a step moves them."""
    shape = (len(stores), horizon.steps)
    arriving, spill = np.zeros(shape), np.zeros(shape)
    fixed = least_end = np.full((len(stores), 1), np.nan)
    if kind == "stratified_store":
        tank = stratified_store.coefficients(stores, horizon.steps)
        start, end, low, high = (
            scalars(stores, f"level_{name}_ratio") * tank.energy_max_mwh for name in ("start", "end", "min", "max")
        )
        loss, arriving = tank.standing_loss_per_hour, -tank.fixed_loss_mw * horizon.hours
    else:
        start, end = scalars(stores, "energy_start_mwh"), scalars(stores, "energy_end_mwh")
        least_end, loss = scalars(stores, "energy_end_min_mwh"), scalars(stores, "standing_loss_per_hour")
        low, high = (profiles(stores, f"energy_{name}_mwh", horizon.steps) for name in ("min", "max"))
    if kind == "store":
        fixed = profiles(stores, "energy_fixed_mwh", horizon.steps)
        inflow = profiles(stores, "inflow_mw", horizon.steps)
        spill = profiles(stores, "spill_max_mw", horizon.steps)
        arriving, spill = inflow * horizon.hours, np.where(np.isnan(spill), inflow, spill) * horizon.hours
    lower, upper = np.empty(shape), np.empty(shape)
    lower[:], upper[:] = low, high
    if kind == "store":
        lower = np.where(lower > 0, lower * _least_part(stores, upper), lower)
    lower, upper = np.where(np.isnan(fixed), lower, fixed), np.where(np.isnan(fixed), upper, fixed)
    lower[:, -1] = np.where(np.isnan(end[:, 0]), np.fmax(lower[:, -1], least_end[:, 0]), end[:, 0])
    upper[:, -1] = np.where(np.isnan(end[:, 0]), upper[:, -1], end[:, 0])
    free = np.isnan(start[:, 0])
    return _Reservoirs(
        start_most=np.where(free, upper[:, -1], start[:, 0]),
        start_least=np.where(free, lower[:, -1], start[:, 0]),
        lower=lower,
        upper=upper,
        keep=np.broadcast_to((1.0 - loss) ** horizon.hours, shape),
        charged=profiles(stores, "charge_max_mw", horizon.steps)
        * (scalars(stores, "charge_efficiency") * horizon.hours),
        drawn=profiles(stores, "discharge_max_mw", horizon.steps)
        * (horizon.hours / scalars(stores, "discharge_efficiency")),
        arriving_most=arriving,
        arriving_least=arriving - spill,
    )


def _least_part(stores: Sequence[Any], upper: FloatArray) -> FloatArray:
    """The part of their largest size that stores have at least, (store, 1); 1 where the size is not chosen."""
    chosen = np.array([[s.energy_capacity_cost_eur_per_mwh is not None or s.one_size] for s in stores])
    most = upper.max(axis=1, keepdims=True)
    part = scalars(stores, "energy_capacity_min_mwh") / np.where(most > 0, most, 1.0)
    return np.where(chosen, np.where(most > 0, part, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class _Miss:
    """A limit of one store in one step that is out of reach."""

    store: Any
    step: int
    horizon: Horizon
    units: Units
    low: bool  # whether more energy is wanted than can be there
    bound: float
    reached: float

    @property
    def power(self) -> str:
        """The field of the power that is too small."""
        return "charge_max_mw" if self.low else "discharge_max_mw"

    @property
    def field(self) -> str:
        """The field that asks for too much."""
        store, low = self.store, self.low
        if self.step == self.horizon.steps - 1:
            for name in ("energy_end_mwh", "level_end_ratio", *(("energy_end_min_mwh",) if low else ())):
                if getattr(store, name, None) is not None:
                    return name
        if getattr(store, "energy_fixed_mwh", None) is not None:
            return "energy_fixed_mwh"
        named = ("energy_min_mwh", "level_min_ratio") if low else ("energy_max_mwh", "level_max_ratio")
        return next(name for name in named if hasattr(store, name))

    def name(self, field: str) -> str:
        """A field as the writer of the case names it."""
        return self.units.name(field, {"mwh": "MWh", "mw": "MW"}.get(field.rpartition("_")[2], ""))

    def issue(self, path: str, mends: list[tuple[float, str]]) -> Issue:
        """What is said about it, with its mends, each after the part of the number that it changes."""
        units, (side, best, word) = self.units, ("at least", "at most", "missing")
        if not self.low:
            side, best, word = "at most", "at least", "too many"
        field = getattr(self.store, self.field)
        place = f"[{self.step}]" if np.ndim(field) else ""
        message = (
            f"asks for {side} {units.say(self.bound, 'MWh')} at the end of step "
            f"{self.horizon.axis.labels[self.step]}Z; {self.name(self.power)} is "
            f"{units.say(float(np.max(getattr(self.store, self.power))), 'MW')}, with which {best} "
            f"{units.say(self.reached, 'MWh')} can be there: {units.say(abs(self.bound - self.reached), 'MWh')} are "
            f"{word}; {', or '.join(text for _, text in sorted(mends))}"
        )
        return Issue(f"{path}.{self.name(self.field)}{place}", UNREACHABLE, message)


def _mends(miss: _Miss, all_: _Reservoirs, row: int) -> Iterator[tuple[float, str]]:
    """Changes of one number each that would do, with the part by which they change it."""
    units, sign, at = miss.units, 1.0 if miss.low else -1.0, slice(0, miss.step + 1)
    most = all_.charged[row, at] if miss.low else all_.drawn[row, at]
    arriving = sign * (all_.arriving_most if miss.low else all_.arriving_least)[row, at]
    limit = sign * (all_.upper if miss.low else all_.lower)[row, at]
    before = sign * float((all_.start_most if miss.low else all_.start_least)[row])
    bound, reached = sign * miss.bound, sign * miss.reached
    verb = "lower" if miss.low else "raise"
    yield abs(bound - reached) / max(abs(bound), _SLACK_MWH), f"{verb} it to {units.say(miss.reached, 'MWh')}"
    kept = np.append(np.cumprod(all_.keep[row, at][::-1])[::-1], 1.0)  # of the energy before a step, at the end of all
    power = np.append(np.cumsum((most * kept[1:])[::-1])[::-1], 0.0)
    free = np.append(np.cumsum((arriving * kept[1:])[::-1])[::-1], 0.0)
    held = np.concatenate([[before], limit[:-1]])  # at most before a step
    short = bound - held * kept[:-1] - free[:-1]
    largest = float(np.max(getattr(miss.store, miss.power)))
    if largest > 0 and not np.any((short > 0) & (power[:-1] <= 0)):
        factor = float(np.max(np.where(power[:-1] > 0, short, 0.0) / np.where(power[:-1] > 0, power[:-1], 1.0)))
        yield factor - 1.0, f"raise {miss.name(miss.power)} to {units.say(largest * factor, 'MW')}"
    start = getattr(miss.store, "energy_start_mwh", None)
    if start is not None and kept[0] > 0 and not np.any(short[1:] - power[1:-1] > _SLACK_MWH):
        wanted = sign * (bound - free[0] - power[0]) / kept[0]
        if sign * wanted <= limit[0] + _SLACK_MWH:
            said = f"let {miss.name('energy_start_mwh')} be {units.say(wanted, 'MWh')}"
            yield abs(wanted - start) / max(abs(start), _SLACK_MWH), said
