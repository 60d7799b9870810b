"""Stored value: whether stores charge and discharge as one worth of stored energy would have them.

Law, for kind = battery, heat_store, store, stratified_store, ev_session:
    <kind>_stored_value   a worth of stored energy exists that supports what the reservoir does at the prices

A MWh in store is worth w[t] at the end of step t. Charging loses price + charge cost - charge_efficiency * w per MWh,
discharging loses cost + w / discharge_efficiency - price, spilling loses spill cost + w. As for every component, nobody
makes a loss, and nobody below a limit misses a gain; so each step leaves an interval [floor, ceiling] for w. Between
steps, w[t] = keep * w[t+1] - holding cost of step t while energy is free to move; a full reservoir may hold w[t] below
that, an empty one above. At the end w is what another MWh left is worth: zero where nothing is said of it, anything
where the final energy is given, no less than its worth where it is at its least, and for a vehicle what energy at
departure is worth. Prices, costs of powers and holding costs count as often as their step does.

The interval of one step reaches every other step that is linked to it in one direction; the law is violated by the
largest distance of a floor above a ceiling that must not lie below it. That is a complete test: where no pair clashes,
a path w exists (take the greatest at peaks, the least at valleys). It costs one pass in each direction.

Not judged: reservoirs whose powers depend on the energy in them or whose wear depends on depth, and of cyclic stores
that the worth at the end is that at the start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.regret import directed
from c4e_opt.verify.reservoirs import Reservoirs, worth_of

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
    held: FloatArray  # what it costs to hold a MWh at the end of the step
    rises: BoolArray  # w may not fall from this cell to the next
    falls: BoolArray  # it may not rise


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds of a kind of reservoir besides its limits; (component, time), (component, 1), or one number for all.

    Attributes:
        charge_cost: Of every MWh taken from the bus.
        holding_cost: Of every MWh stored for an hour.
        floor: Least worth of stored energy by other ways out, such as spilling.
        ceiling: Largest worth of stored energy by other ways out.
        final_floor: Least worth of what is left at the end, (component,).
        final_ceiling: Largest worth of what is left at the end, (component,).
        judged: Components for which the law is held, (component,).
    """

    charge_cost: FloatArray | float = 0.0
    holding_cost: FloatArray | float = 0.0
    floor: FloatArray | float = -np.inf
    ceiling: FloatArray | float = np.inf
    final_floor: FloatArray
    final_ceiling: FloatArray
    judged: BoolArray | bool = True


def final_of_stores(
    fleet: Fleet, given: BoolArray, least_mwh: FloatArray | float = np.nan
) -> tuple[FloatArray, FloatArray]:
    """Least and largest worth of what stores have left at the end, (store,) each.

    Args:
        fleet: Stores of any kind but vehicles.
        given: Stores whose energy at the end is prescribed, so that it may be worth anything, (store,).
        least_mwh: Least energy that they must have at the end, (store,); not a number where there is none.
    """
    left = fleet.answer("energy_mwh")[:, -1]
    _, less, more = worth_of(fleet, left)
    at_least = left - least_mwh < fleet.nothing  # never, where there is none
    return np.where(given, -np.inf, more), np.where(given | at_least, np.inf, less)


def of_ends(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """The same for stores with the fields `energy_end_mwh` and `energy_end_min_mwh`."""
    given = ~np.isnan(fleet.number("energy_end_mwh")[:, 0])
    return final_of_stores(fleet, given, fleet.number("energy_end_min_mwh")[:, 0])


def check(reservoirs: Reservoirs, terms: Terms) -> None:
    """Check one kind of reservoir.

    Args:
        reservoirs: Stores or parked vehicles.
        terms: What holds of them besides their limits.
    """
    fleet = reservoirs.fleet
    path = _path(reservoirs, terms)
    clash = np.maximum(_clash(path, path.rises, forward=True), _clash(path, path.falls, forward=False))
    found = np.full(fleet.shape, -np.inf)
    # What clashes at the end of a reservoir is said of its last step.
    np.maximum.at(found, (path.row, np.minimum(path.step, reservoirs.last[path.row])), clash)
    found = np.where(np.reshape(terms.judged, (-1, 1)), found, -np.inf)
    tolerance = max(price_tolerance(fleet.horizon), 1e-6 / float(fleet.horizon.hours.min()))
    fleet.hold("stored_value", found, "EUR/MWh", fleet.price(), tolerance=tolerance)


def _path(reservoirs: Reservoirs, terms: Terms) -> _Path:
    fleet = reservoirs.fleet
    present = np.zeros((fleet.shape[0], fleet.shape[1] + 1), dtype=np.bool_)
    present[:, :-1] = reservoirs.present
    present[np.arange(fleet.shape[0]), reservoirs.last + 1] = True
    row, step = np.nonzero(present)
    ends = step == (reservoirs.last + 1)[row]
    within = np.minimum(step, fleet.shape[1] - 1)

    def cells(whole: FloatArray) -> FloatArray:
        return np.broadcast_to(whole, fleet.shape)[row, within]

    floor, ceiling = _step_intervals(reservoirs, terms)
    energy = fleet.answer("energy_mwh")
    room_left = cells(reservoirs.energy_max_mwh - energy)
    stock_left = cells(energy - reservoirs.energy_min_mwh)
    return _Path(
        row=row,
        step=step,
        floor=np.where(ends, terms.final_floor[row], cells(floor)),
        ceiling=np.where(ends, terms.final_ceiling[row], cells(ceiling)),
        left=cells(np.cumsum(np.log(np.maximum(np.broadcast_to(reservoirs.keep, fleet.shape), 1e-300)), axis=1)),
        held=cells(np.broadcast_to(terms.holding_cost, fleet.shape) * fleet.horizon.cost_hours),
        rises=~ends & (stock_left > fleet.nothing),
        falls=~ends & (room_left > fleet.nothing),
    )


def _step_intervals(reservoirs: Reservoirs, terms: Terms) -> tuple[FloatArray, FloatArray]:
    """Least and largest worth of stored energy that supports the powers of each step alone, (component, time)."""
    fleet = reservoirs.fleet
    counts = fleet.horizon.cost_hours / fleet.horizon.hours
    price = fleet.price()
    charge, discharge = fleet.answer("charge_mw"), fleet.answer("discharge_mw")
    bought = counts * (price + terms.charge_cost) / fleet.number("charge_efficiency")
    sold = counts * (price - fleet.number("discharge_cost_eur_per_mwh")) * fleet.number("discharge_efficiency")
    charges = charge > reservoirs.charge_min_mw + fleet.nothing
    discharges = discharge > reservoirs.discharge_min_mw + fleet.nothing
    more_charge = charge < reservoirs.charge_max_mw - fleet.nothing
    more_discharge = discharge < reservoirs.discharge_max_mw - fleet.nothing
    if directed(fleet):
        more_charge &= charge > fleet.nothing
        more_discharge &= discharge > fleet.nothing
    floor = np.maximum(np.where(charges, bought, -np.inf), np.where(more_discharge, sold, -np.inf))
    ceiling = np.minimum(np.where(discharges, sold, np.inf), np.where(more_charge, bought, np.inf))
    return np.maximum(floor, counts * terms.floor), np.minimum(ceiling, counts * terms.ceiling)


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
    paid = np.cumsum(path.held * scale) - path.held * scale  # by a MWh held since the first of all cells
    paid = paid - paid[begin]
    floor, ceiling, run = path.floor * scale - paid, path.ceiling * scale - paid, np.cumsum(opens)
    if not forward:
        floor, ceiling, run = floor[::-1], ceiling[::-1], run[-1] - run[::-1]
    # One running maximum serves all runs: each run is lifted above everything before it.
    reach = 1.0 + max(_largest(floor), _largest(ceiling))
    lifted = np.maximum(floor, -reach) + run * (2.0 * reach)
    clash = np.maximum.accumulate(lifted) - run * (2.0 * reach) - ceiling
    return clash if forward else clash[::-1]


def _largest(bounds: FloatArray) -> float:
    return float(np.abs(bounds[np.isfinite(bounds)]).max(initial=0.0))
