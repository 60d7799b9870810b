"""Stored value: whether stores charge and discharge as one worth of stored energy would have them.

Law, for kind = battery, heat_store, ev_session:
    <kind>_stored_value   a worth of stored energy exists that supports what the reservoir does at the prices

A MWh in store is worth w[t] at the end of step t. Charging loses price - charge_efficiency * w per MWh, discharging
loses cost + w / discharge_efficiency - price. As for every component, nobody makes a loss, and nobody below a limit
misses a gain; so each step leaves an interval [floor, ceiling] for w. Between steps, w[t] = keep * w[t+1] while energy
is free to move; a full reservoir may hold w[t] below that, an empty one above. At the end w is zero where the final
energy is free, anything where it is given, and for a vehicle what energy at departure is worth.

The interval of one step reaches every other step that is linked to it in one direction; the law is violated by the
largest distance of a floor above a ceiling that must not lie below it. That is a complete test: where no pair clashes,
a path w exists (take the greatest at peaks, the least at valleys). It costs one pass in each direction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.regret import NOTHING, directed
from c4e_opt.verify.reservoirs import Reservoirs

#: Losses over longer times than exp(-690) are cut: beyond, the worth of stored energy is no longer compared.
_LEAST_LOG = -690.0


@dataclass(frozen=True, slots=True)
class _Path:
    """Cells of all reservoirs of a kind, one after another, each with one cell more for its end; all (cell,)."""

    row: IntArray
    step: IntArray  # of the extra cells: the step after the last
    floor: FloatArray
    ceiling: FloatArray
    left: FloatArray  # logarithm of what makes w comparable along a reservoir
    rises: BoolArray  # w may not fall from this cell to the next
    falls: BoolArray  # it may not rise


def check(reservoirs: Reservoirs) -> None:
    """Check one kind of reservoir.

    Args:
        reservoirs: Batteries, heat stores or parked vehicles.
    """
    fleet = reservoirs.fleet
    path = _path(reservoirs)
    clash = np.maximum(_clash(path, path.rises, forward=True), _clash(path, path.falls, forward=False))
    found = np.full(fleet.shape, -np.inf)
    found[path.row, np.minimum(path.step, fleet.shape[1] - 1)] = clash
    _note_ends(reservoirs, found, clash[path.step == (reservoirs.last + 1)[path.row]])
    fleet.hold("stored_value", found, "EUR/MWh", fleet.price(), tolerance=price_tolerance(fleet.horizon))


def _note_ends(reservoirs: Reservoirs, found: FloatArray, clash: FloatArray) -> None:
    """What clashes at the end of a reservoir is said of its last step."""
    rows = np.arange(clash.size)
    found[rows, reservoirs.last] = np.maximum(found[rows, reservoirs.last], clash)


def _path(reservoirs: Reservoirs) -> _Path:
    fleet = reservoirs.fleet
    present = np.zeros((fleet.shape[0], fleet.shape[1] + 1), dtype=np.bool_)
    present[:, :-1] = reservoirs.present
    present[np.arange(fleet.shape[0]), reservoirs.last + 1] = True
    row, step = np.nonzero(present)
    ends = step == (reservoirs.last + 1)[row]
    within = np.minimum(step, fleet.shape[1] - 1)

    def cells(whole: FloatArray) -> FloatArray:
        return whole[row, within] if whole.shape[1] > 1 else whole[row, 0]

    floor, ceiling = _step_intervals(reservoirs, cells)
    final_floor, final_ceiling = _final_intervals(reservoirs)
    energy = cells(fleet.answer("energy_mwh"))
    full = energy > cells(reservoirs.energy_max_mwh) - NOTHING
    empty = energy < cells(reservoirs.energy_min_mwh) + NOTHING
    return _Path(
        row=row,
        step=step,
        floor=np.where(ends, final_floor[row], floor),
        ceiling=np.where(ends, final_ceiling[row], ceiling),
        left=cells(np.cumsum(np.log(np.maximum(reservoirs.keep, 1e-300)), axis=1)),
        rises=~ends & ~empty,
        falls=~ends & ~full,
    )


def _step_intervals(reservoirs: Reservoirs, cells: Callable[[FloatArray], FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Least and largest worth of stored energy that supports the powers of each step alone."""
    fleet = reservoirs.fleet
    price = cells(fleet.price())
    charge, discharge = cells(fleet.answer("charge_mw")), cells(fleet.answer("discharge_mw"))
    bought = price / cells(fleet.number("charge_efficiency"))
    sold = (price - cells(fleet.number("discharge_cost_eur_per_mwh"))) * cells(fleet.number("discharge_efficiency"))
    charges, discharges = charge > NOTHING, discharge > NOTHING
    more_charge = charge < cells(reservoirs.charge_max_mw) - NOTHING
    more_discharge = discharge < cells(reservoirs.discharge_max_mw) - NOTHING
    if directed(fleet):
        more_charge &= charges
        more_discharge &= discharges
    floor = np.maximum(np.where(charges, bought, -np.inf), np.where(more_discharge, sold, -np.inf))
    ceiling = np.minimum(np.where(discharges, sold, np.inf), np.where(more_charge, bought, np.inf))
    return floor, ceiling


def _final_intervals(reservoirs: Reservoirs) -> tuple[FloatArray, FloatArray]:
    """Least and largest worth of what is left at the end, (component,)."""
    fleet = reservoirs.fleet
    if fleet.kind != "ev_session":
        given = ~np.isnan(fleet.number("energy_end_mwh")[:, 0])
        return np.where(given, -np.inf, 0.0), np.where(given, np.inf, 0.0)
    needed, unserved = fleet.number("energy_needed_mwh")[:, 0], fleet.answer("unserved_mwh")
    value = fleet.number("unserved_value_eur_per_mwh")[:, 0]
    energy = fleet.answer("energy_mwh")[np.arange(unserved.size), reservoirs.last]
    more_than_wanted = energy + unserved > fleet.number("energy_start_mwh")[:, 0] + needed + NOTHING
    floor = np.where(unserved > NOTHING, value, 0.0)
    ceiling = np.where(more_than_wanted, 0.0, np.where(unserved < needed - NOTHING, value, np.inf))
    return floor, ceiling


def _clash(path: _Path, linked: BoolArray, *, forward: bool) -> FloatArray:
    """By how much the highest floor before a cell, in its run of linked cells, exceeds the ceiling of the cell.

    Args:
        path: The cells.
        linked: Whether w, made comparable, may only go one way from a cell to the next: not fall, or not rise.
        forward: Whether it may not fall; else cells are passed from the end.
    """
    opens = np.ones(linked.size, dtype=np.bool_)
    opens[1:] = ~linked[:-1]
    begin = np.maximum.accumulate(np.where(opens, np.arange(linked.size), 0))
    scale = np.exp(np.maximum(path.left - path.left[begin], _LEAST_LOG))
    floor, ceiling, run = path.floor * scale, path.ceiling * scale, np.cumsum(opens)
    if not forward:
        floor, ceiling, run = floor[::-1], ceiling[::-1], run[-1] - run[::-1]
    # One running maximum serves all runs: each run is lifted above everything before it.
    reach = 1.0 + max(_largest(floor), _largest(ceiling))
    lifted = np.maximum(floor, -reach) + run * (2.0 * reach)
    clash = np.maximum.accumulate(lifted) - run * (2.0 * reach) - ceiling
    return clash if forward else clash[::-1]


def _largest(bounds: FloatArray) -> float:
    return float(np.abs(bounds[np.isfinite(bounds)]).max(initial=0.0))
