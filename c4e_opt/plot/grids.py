"""Grids: what a picture shows of lines: prices by bus, how much lines are loaded, limits that bind, voltages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.outcome import Outcome
from c4e_opt.plot.panel import Panel

#: Lines, and limits that bind, that one panel tells apart.
_MOST_ROWS = 12
#: A spread of prices, in currency per MWh, that is worth a panel.
_SPREAD = 1e-3
_HALF = (25.0, 75.0)


def differ(outcome: Outcome) -> bool:
    """Whether the buses of a grid differ in price."""
    if "line_flow_mw" not in outcome.schedule_table.quantities:
        return False
    prices = outcome.price_table.values("price_eur_per_mwh")[_electric(outcome)]
    return prices.shape[0] > 1 and float((prices.max(axis=0) - prices.min(axis=0)).max()) > _SPREAD


def prices(outcome: Outcome, edges: Any) -> Panel | None:
    """Prices of all electric buses as bands, and the buses that are cheapest and dearest in the mean."""
    if not differ(outcome):
        return None
    mine = _electric(outcome)
    by_bus = outcome.price_table.values("price_eur_per_mwh")[mine]
    names = outcome.price_table.labels["bus"][mine]
    mean = by_bus.mean(axis=1)
    return _spread(f"price, {outcome.currency}/MWh", edges, by_bus, names, int(mean.argmin()), int(mean.argmax()))


def loading(outcome: Outcome, edges: Any, lines: Sequence[Any]) -> Panel | None:
    """How much the most loaded lines are loaded, as a part of their limits.

    Args:
        outcome: An outcome with a schedule.
        edges: Start of every step and end of the last.
        lines: Records of the lines; those without a limit are left out.
    """
    table = outcome.schedule_table
    if "line_flow_mw" not in table.quantities or not any(line.limit_mw is not None for line in lines):
        return None
    flow = np.abs(table.values("line_flow_mw"))
    if "line_reactive_mvar" in table.quantities:
        flow = np.hypot(flow, table.values("line_reactive_mvar"))
    limit = np.full(flow.shape, np.inf)
    place = {str(name): row for row, name in enumerate(table.labels["line"].tolist())}
    for line in lines:
        if line.limit_mw is not None:
            limit[place[line.id]] = line.limit_mw
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.nan_to_num(flow / limit, nan=0.0, posinf=0.0)
    limited = np.flatnonzero(np.isfinite(limit).any(axis=1))
    order = limited[np.lexsort((-part[limited].mean(axis=1), -part[limited].max(axis=1).round(3)))][:_MOST_ROWS]
    title = "loading of lines" if limited.size <= _MOST_ROWS else f"loading, {_MOST_ROWS} of {limited.size} lines"
    shown = (table.labels["line"][order], part[order])
    return Panel(title=title, edges=edges, rows=shown, rows_label="part of the limit", rows_most=1.0)


def limits(outcome: Outcome, edges: Any) -> Panel | None:
    """What limits of lines and interfaces are worth in every step, the most valuable ones."""
    table = outcome.limit_table
    if not table.quantities or not table.labels["limit"].size:
        return None
    names = [
        f"{element.partition('/')[2]}{f', lost {outage}' if outage else ''}"
        for element, outage in zip(
            table.texts["limit_element"][1].tolist(), table.texts["limit_outage"][1].tolist(), strict=True
        )
    ]
    distinct = list(dict.fromkeys(names))
    worth = np.zeros((len(distinct), len(edges) - 1))
    row = np.array([distinct.index(name) for name in names])
    step = table.values("limit_step").astype(np.int64)
    np.add.at(worth, (row, step), table.values("shadow_price_eur_per_mwh"))
    order = np.argsort(-worth.sum(axis=1), kind="stable")[:_MOST_ROWS]
    title = "limits that bind" if len(distinct) <= _MOST_ROWS else f"{_MOST_ROWS} of {len(distinct)} limits that bind"
    shown = (np.array(distinct, dtype=np.str_)[order], worth[order])
    label = f"worth, {outcome.currency}/MWh"
    return Panel(title=title, edges=edges, rows=shown, rows_label=label, rows_most=float(worth.max()))


def voltages(outcome: Outcome, edges: Any) -> Panel | None:
    """Voltages of all buses as bands, and the buses that are lowest and highest."""
    table = outcome.schedule_table
    if "line_voltage_pu" not in table.quantities:
        return None
    level, names = table.values("line_voltage_pu"), table.labels["line_bus"]
    low, high = int(level.min(axis=1).argmin()), int(level.max(axis=1).argmax())
    return _spread("voltage, per unit", edges, level, names, low, high)


def _spread(title: str, edges: Any, values: FloatArray, names: Any, low: int, high: int) -> Panel:
    """Bands over all buses, with the lowest and the highest one by name."""
    half = np.percentile(values, _HALF, axis=0)
    several = len(names) > 3
    bands = {"all buses": (values.min(axis=0), values.max(axis=0))}
    bands |= {"half of them": (half[0], half[1])} if several else {}
    steps = {str(names[high]): values[high], str(names[low]): values[low]}
    return Panel(title=title, edges=edges, bands=bands, steps=steps, from_zero=False)


def _electric(outcome: Outcome) -> BoolArray:
    """Buses of the grid: electric ones."""
    return outcome.price_table.texts["carrier"][1] == "electricity"
