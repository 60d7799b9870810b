"""What an answer must hold for gas pipes.

Laws:
    gas_pipe_inflow_limit, _outflow_limit   power within its limits of the step
    gas_pipe_linepack_limit                 energy in the pipe within its limits of the step, and of the end
    gas_pipe_linepack_balance               energy in the pipe follows from what entered and left
    gas_pipe_linepack_value                 a worth of the energy in the pipe exists that supports what enters and
                                            leaves at the prices; that of cyclic pipes may end as it did not start

A MWh in the pipe is worth w[t] at the end of step t. What enters costs its price, that of the compressor and the fee;
what leaves earns the price there. Where more could enter, w is no larger than its cost, where less could, no smaller;
likewise for what leaves. Between steps w may rise only where the pipe is full, and fall only where it is at its least.
At the end, what is left is worth nothing. An interval of w is carried through the steps; by how much it is empty is
the violation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices


def _ends(records: Sequence[Any]) -> Sequence[tuple[int, str]]:
    ends = [(row, str(record.from_bus)) for row, record in enumerate(records)]
    ends += [(row, str(record.to_bus)) for row, record in enumerate(records)]
    return ends + [(row, str(record.compressor_bus)) for row, record in enumerate(records) if record.compressor_bus]


def _powered(fleet: Fleet) -> BoolArray:
    return np.array([record.compressor_bus is not None for record in fleet.records], dtype=np.bool_)


def _kept(fleet: Fleet) -> FloatArray:
    """Part of what is taken that enters, (pipe, 1)."""
    return np.where(_powered(fleet)[:, None], 1.0, 1.0 - fleet.number("compressor_ratio"))


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    inflow, powered = fleet.answer("inflow_mw"), _powered(fleet)
    return -inflow, fleet.answer("outflow_mw"), -(fleet.number("compressor_ratio") * inflow)[powered]


def _bounds(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """Least and most energy in every pipe at the end of every step."""
    least, most = (fleet.series(f"linepack_{end}_mwh").copy() for end in ("min", "max"))
    for row, record in enumerate(fleet.records):
        if record.linepack_end_mwh is not None:
            least[row, -1] = most[row, -1] = record.linepack_end_mwh
        if record.linepack_end_min_mwh is not None:
            least[row, -1] = max(least[row, -1], record.linepack_end_min_mwh)
    return least, most


def _limits(fleet: Fleet) -> None:
    for name in ("inflow", "outflow"):
        fleet.within(f"{name}_limit", f"{name}_mw", fleet.series(f"{name}_max_mw"), fleet.series(f"{name}_min_mw"))
    least, most = _bounds(fleet)
    fleet.within("linepack_limit", "linepack_mwh", most, least)
    held = fleet.answer("linepack_mwh")
    cyclic = np.array([record.cyclic for record in fleet.records], dtype=np.bool_)[:, None]
    start = np.where(cyclic, held[:, -1:], fleet.number("linepack_start_mwh"))
    entered, left = fleet.answer("inflow_mw") * _kept(fleet), fleet.answer("outflow_mw")
    missing = np.diff(held, axis=1, prepend=start) - (entered - left) * fleet.horizon.hours
    fleet.hold("linepack_balance", np.abs(missing), "MWh", held)


def _costs(fleet: Fleet, bill: Bill) -> None:
    fee = fleet.number("fee_eur_per_mwh")
    bill.add_energy("transport", fleet.answer("inflow_mw"), fee, fleet.horizon.cost_hours)


def _prices(fleet: Fleet) -> None:
    start, end = port_prices(fleet)
    often = fleet.horizon.cost_hours / fleet.horizon.hours
    cost = start + fleet.number("fee_eur_per_mwh")
    powered = np.flatnonzero(_powered(fleet))
    if powered.size:
        place = fleet.places([bus for _, bus in _ends(fleet.records)[2 * fleet.shape[0] :]])
        cost[powered] += fleet.number("compressor_ratio")[powered] * fleet.prices[place]
    with np.errstate(divide="ignore", invalid="ignore"):
        bought, sold = often * cost / _kept(fleet), often * end
    floor, ceiling = np.full(fleet.shape, -np.inf), np.full(fleet.shape, np.inf)
    for name, worth, more_is_above in (("inflow", bought, False), ("outflow", sold, True)):
        amount = fleet.answer(f"{name}_mw")
        more = amount < fleet.series(f"{name}_max_mw") - fleet.nothing
        less = amount > fleet.series(f"{name}_min_mw") + fleet.nothing
        above, below = (more, less) if more_is_above else (less, more)
        floor = np.where(above, np.maximum(floor, worth), floor)
        ceiling = np.where(below, np.minimum(ceiling, worth), ceiling)
    tolerance = max(price_tolerance(fleet.horizon), 1e-6 / float(fleet.horizon.hours.min()))
    fleet.hold("linepack_value", _clash(fleet, floor, ceiling), "EUR/MWh", start, end, tolerance=tolerance)


def _clash(fleet: Fleet, floor: FloatArray, ceiling: FloatArray) -> FloatArray:
    """By how much no worth of the energy in the pipe supports a step and those before it."""
    least, most = _bounds(fleet)
    held = fleet.answer("linepack_mwh")
    stays_up, stays_down = (
        held > least + fleet.nothing,
        held < most - fleet.nothing,
    )  # w does not fall, or not rise, after the step
    cyclic = np.array([record.cyclic for record in fleet.records], dtype=np.bool_)
    found = np.full(fleet.shape, -np.inf)
    low, high = np.full(fleet.shape[0], -np.inf), np.full(fleet.shape[0], np.inf)
    for step in range(fleet.shape[1]):
        low, high = np.maximum(low, floor[:, step]), np.minimum(high, ceiling[:, step])
        if step == fleet.shape[1] - 1:  # what is left is worth nothing
            low = np.where(stays_down[:, step] & ~cyclic, np.maximum(low, 0.0), low)
            high = np.where(stays_up[:, step] & ~cyclic, np.minimum(high, 0.0), high)
        found[:, step] = low - high
        middle = np.where(low > high, 0.5 * (low + high), 0.0)
        low, high = np.where(low > high, middle, low), np.where(low > high, middle, high)
        low = np.where(stays_up[:, step], low, -np.inf)
        high = np.where(stays_down[:, step], high, np.inf)
    return found


ROOM = Room(
    quantities=("inflow_mw", "outflow_mw", "linepack_mwh"),
    ports=("from_bus", "to_bus"),
    ends_of=_ends,
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
