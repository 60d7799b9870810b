"""Panels: what a picture of an outcome shows, as arrays over the steps, whatever draws them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.outcome import Outcome, Table
from c4e_opt.plot import grids
from c4e_opt.plot.panel import Panel

#: One colour per kind of component, the same in every picture and panel: the most frequent in Okabe and Ito's palette,
#: safe for colour-blind readers, the others in what is left.
COLOURS = {
    "grid_connection": "#999999",
    "renewable": "#F0E442",
    "chp": "#D55E00",
    "boiler": "#8C510A",
    "heat_pump": "#009E73",
    "battery": "#0072B2",
    "heat_store": "#CC79A7",
    "ev_session": "#56B4E9",
    "tie": "#CCCCCC",
    "demand": "#333333",
    "flexible_demand": "#6B6B6B",
    "orders": "#E69F00",
    "generator": "#7F3B08",
    "converter": "#A6761D",
    "chiller": "#1F78B4",
    "electrolyser": "#7570B3",
    "fuel_cell": "#E7298A",
    "store": "#66A61E",
    "stratified_store": "#FB9A99",
    "building": "#B3CDE3",
    "shiftable_load": "#A50F15",
    "deferrable_load": "#CAB2D6",
    "interruptible_load": "#B2DF8A",
    "line": "#A1D99B",
    "shunt": "#525252",
    "flow_based_constraint": "#C7E9C0",
    "heat_pipe": "#FDAE6B",
    "gas_pipe": "#9E9AC8",
}
_MORE = ("#1B9E77", "#7570B3", "#E7298A", "#66A61E", "#A6761D", "#B2DF8A", "#FB9A99", "#CAB2D6", "#FFFF99", "#1F78B4")
#: Most connections that one panel tells apart; the busiest come first.
_MOST_LINES = 8
_NOTHING = 1e-9
#: A case in which nothing is larger, in MW and MWh, is drawn in kW and kWh.
_SMALL = 0.1


def colours(names: Iterable[str]) -> dict[str, str]:
    """A colour for every name: kinds of components have their own, the others take turns."""
    others = cycle(_MORE)
    return {name: COLOURS.get(name) or next(others) for name in names}


def panels(outcome: Outcome, lines: Sequence[Any] = ()) -> list[Panel]:
    """Everything worth drawing in an outcome with a schedule, top to bottom.

    Args:
        outcome: An outcome with a schedule.
        lines: Records of the lines of its case, whose limits say how much they are loaded.
    """
    edges = _edges(outcome)
    found = [_carrier(outcome, carrier, edges) for carrier in _carriers(outcome)]
    loading = partial(grids.loading, lines=lines)
    makers = (grids.prices, loading, grids.limits, grids.voltages, _levels, _temperatures, _exchanges, _vehicles)
    found += [panel for make in makers if (panel := make(outcome, edges)) is not None]
    powers = [", MW" in panel.title for panel in found]
    small = max((_largest(panel) for panel, is_ in zip(found, powers, strict=True) if is_), default=1.0) < _SMALL
    return [_in_kilo(panel) if small and is_ else panel for panel, is_ in zip(found, powers, strict=True)]


def _largest(panel: Panel) -> float:
    """The largest number of a panel but its price; stacks count as high as they are drawn."""
    stack = np.array(list(panel.stack.values()))
    drawn = [stack.clip(0.0).sum(axis=0), stack.clip(None, 0.0).sum(axis=0)] if stack.size else []
    drawn += [*panel.lines.values(), *panel.steps.values(), *([] if panel.rows is None else [panel.rows[1]])]
    return max((float(np.abs(values).max(initial=0.0)) for values in drawn), default=0.0)


def _in_kilo(panel: Panel) -> Panel:
    """A panel of MW or MWh in kW or kWh; prices stay."""

    def kilo(numbers: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return {name: values * 1000.0 for name, values in numbers.items()}

    rows = None if panel.rows is None else (panel.rows[0], panel.rows[1] * 1000.0)
    title = panel.title.replace("MW", "kW")
    return replace(
        panel, title=title, stack=kilo(panel.stack), lines=kilo(panel.lines), steps=kilo(panel.steps), rows=rows
    )


def stacks(outcome: Outcome, carrier: str) -> dict[str, FloatArray]:
    """Power into the buses of one carrier by kind of component, MW, shape (time,); accepted orders make up the rest.

    Args:
        outcome: An outcome with a schedule.
        carrier: electricity, heat, gas …
    """
    carriers = outcome.price_table.texts["carrier"][1]
    mine = outcome.price_table.labels["bus"][carriers == carrier]
    flows = outcome.flow_table.values("flow_mw")
    here = np.isin(outcome.flow_table.texts["port_bus"][1], mine)
    kinds = outcome.flow_table.texts["port_kind"][1]
    found = {str(kind): flows[here & (kinds == kind)].sum(axis=0) for kind in dict.fromkeys(kinds[here].tolist())}
    rest = np.zeros(flows.shape[1])
    for power in found.values():
        rest = rest - power
    if "accepted_mwh" in outcome.order_table.quantities and np.abs(rest).max(initial=0.0) > 1e-6:
        found["orders"] = rest
    return found


def _carriers(outcome: Outcome) -> list[str]:
    return list(dict.fromkeys(str(c) for c in outcome.price_table.texts["carrier"][1]))


def _edges(outcome: Outcome) -> Any:
    """Start of every step and end of the last; a lone last step is as long as the one before it."""
    starts = outcome.price_table.labels["time"].astype("datetime64[s]")
    last = starts[-1] - starts[-2] if starts.size > 1 else np.timedelta64(3600, "s")
    return np.append(starts, starts[-1] + last)


def _carrier(outcome: Outcome, carrier: str, edges: Any) -> Panel:
    prices = outcome.price_table.values("price_eur_per_mwh")[outcome.price_table.texts["carrier"][1] == carrier]
    busy = {kind: power for kind, power in stacks(outcome, carrier).items() if np.abs(power).max() > _NOTHING}
    ends, unit = (prices.min(axis=0), prices.max(axis=0)), f"{outcome.currency}/MWh"
    if carrier == "electricity" and grids.differ(outcome):
        ends, unit = (prices.mean(axis=0),) * 2, f"{unit}, mean"  # the buses have a panel of their own
    return Panel(
        title=f"{carrier}, MW",
        edges=edges,
        stack=busy,
        price=np.stack([ends[0], prices.mean(axis=0), ends[1]]),
        price_unit=unit,
    )


def _levels(outcome: Outcome, edges: Any) -> Panel | None:
    levels = {
        name.removesuffix("_energy_mwh"): quantity.values.sum(axis=0)
        for name, quantity in outcome.schedule_table.quantities.items()
        if name.endswith("_energy_mwh") and quantity.axes[-1] == "time"
    }
    return Panel(title="stored, MWh", edges=edges, lines=levels) if levels else None


def _temperatures(outcome: Outcome, edges: Any) -> Panel | None:
    """Temperatures in buildings, the first few by name."""
    table = outcome.schedule_table
    if "building_temperature_c" not in table.quantities:
        return None
    rooms, levels = table.labels["building"][:_MOST_LINES].tolist(), table.values("building_temperature_c")
    lines = {str(name): levels[row] for row, name in enumerate(rooms)}
    return Panel(title="temperature, °C", edges=edges, lines=lines, from_zero=False)


def _exchanges(outcome: Outcome, edges: Any) -> Panel | None:
    """Net power of the connections to the outside and of ties, the busiest by name and the others together."""
    found: dict[str, FloatArray] = {}
    for kind, into, out in (
        ("grid_connection", "import_mw", "export_mw"),
        ("tie", "forward_mw", "backward_mw"),
    ):
        table = outcome.schedule_table
        if f"{kind}_{into}" in table.quantities:
            net = table.values(f"{kind}_{into}") - table.values(f"{kind}_{out}")
            found |= {str(name): net[row] for row, name in enumerate(table.labels[kind].tolist())}
    busy = sorted(found, key=lambda name: -float(np.abs(found[name]).sum()))
    shown = {name: found[name] for name in busy[:_MOST_LINES] if np.abs(found[name]).max() > _NOTHING}
    others = [found[name] for name in busy[_MOST_LINES:]]
    if others:
        shown[f"{len(others)} others"] = np.sum(others, axis=0)
    return Panel(title="exchange, MW (import and forward +)", edges=edges, steps=shown) if shown else None


def _vehicles(outcome: Outcome, edges: Any) -> Panel | None:
    table: Table = outcome.schedule_table
    if "ev_session_charge_mw" not in table.quantities:
        return None
    power = table.values("ev_session_charge_mw") - table.values("ev_session_discharge_mw")
    first = np.argmax(np.abs(power) > _NOTHING, axis=1)
    order = np.argsort(first, kind="stable")
    return Panel(title="vehicles, MW", edges=edges, rows=(table.labels["ev_session"][order], power[order]))
