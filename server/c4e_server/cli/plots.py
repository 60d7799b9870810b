"""Small plots for a terminal."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from c4e_server.cli.grids import loading

if TYPE_CHECKING:
    from c4e_opt.outcome import Outcome, Table

_HEIGHT = 13
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_WIDTH = 110
_MOST_LINES = 4
_MARKERS = "•ox+*#%@"  # tell lines apart where there is no colour


def plot_prices(outcome: Outcome, carrier: str) -> str:
    """The prices of the buses of one carrier over time; empty where there are none."""
    table = outcome.price_table
    rows = np.flatnonzero(table.texts["carrier"][1] == carrier)
    if not rows.size:
        return ""
    prices = table.values("price_eur_per_mwh")[rows]
    several = rows.size > 1
    lines = {"mean": prices.mean(axis=0)} if several else {str(table.labels["bus"][rows[0]]): prices[0]}
    if several:
        lines |= {"least": prices.min(axis=0), "most": prices.max(axis=0)}
    title = f"{carrier}: price over {rows.size} bus{'es' if several else ''}, {outcome.currency}/MWh"
    return _plot(title, lines, table.labels["time"])


def plot_flows(outcome: Outcome, carrier: str) -> str:
    """Who feeds the buses of one carrier and who draws from them, by kind of component, in MW."""
    flows, prices = outcome.flow_table, outcome.price_table
    if "flow_mw" not in flows.quantities or "port_bus" not in flows.texts:
        return ""
    buses = set(prices.labels["bus"][prices.texts["carrier"][1] == carrier].tolist())
    kinds = flows.texts["port_kind"][1]
    here = np.array([bus in buses for bus in flows.texts["port_bus"][1].tolist()], dtype=bool)
    values = flows.values("flow_mw")
    lines: dict[str, Any] = {}
    for kind in np.unique(kinds[here]).tolist():
        total = values[here & (kinds == kind)].sum(axis=0)
        if np.abs(total).max() > 1e-9:
            lines[kind] = total
    return _plot(f"{carrier}: power into the buses (+) and out of them (-), MW", lines, flows.labels["time"])


def plot_loading(outcome: Outcome, lines: Sequence[Any]) -> str:
    """How much the most loaded lines are loaded over time, in per cent of their limits; empty where there are none.

    Args:
        outcome: An outcome with a schedule.
        lines: Records of the lines of its case.
    """
    loaded = loading(outcome, lines)
    most = sorted(loaded, key=lambda name: -float(loaded[name].max()))[:_MOST_LINES]
    shown = {name: 100.0 * loaded[name] for name in most}
    times = outcome.price_table.labels["time"]
    return _plot(f"loading of {len(shown)} of {len(loaded)} lines, % of the limit", shown, times)


def plot_compared(ports: Table, row: int) -> str:
    """Energy of one port as planned and as measured over time, in MWh; empty where there is neither.

    Args:
        ports: Plan and actual over (port, time).
        row: Place of the port.
    """
    lines = {
        word: ports.values(f"{word}_mwh")[row]
        for word in ("planned", "measured")
        if ports.values(f"is_{word}")[row].any()
    }
    return _plot(f"{ports.labels['port'][row]}: energy into the bus, MWh", lines, ports.labels["time"])


def _plot(title: str, lines: dict[str, Any], times: Any) -> str:
    import plotext

    if not lines:
        return ""
    colour = sys.stdout.isatty()
    figure: Any = plotext.figure
    figure.clear()
    figure.theme("default" if colour else "colorless")
    figure.plot_size(min(shutil.get_terminal_size((_WIDTH, 40)).columns, _WIDTH), max(_HEIGHT, len(lines) + 6))
    places = np.unique(np.linspace(0, len(times) - 1, min(len(times), 400 if colour else 70)).astype(int))
    for marker, (name, values) in zip(cycle(_MARKERS), lines.items()):
        signal = figure.signal(places.tolist(), values[places].tolist(), marker="braille" if colour else marker)
        figure.draw((signal.label(name) if colour else signal).lines(colour))
    ticks = places[np.unique(np.linspace(0, places.size - 1, min(6, places.size)).astype(int))].tolist()
    figure.ruler("x").ticks(ticks, [str(times[place])[5:16].replace("T", " ") for place in ticks])
    if colour:
        figure.ruler("x").lim(-0.3 * len(times), len(times))  # the legend stands to the left of the lines
    figure.title(title)
    drawn = str(figure.build())
    if colour:
        return drawn
    legend = "  ".join(f"{marker} {name}" for marker, name in zip(cycle(_MARKERS), lines))
    return f"{_ESCAPE.sub('', drawn).rstrip()}\n     {legend}\n"
