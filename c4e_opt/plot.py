"""Pictures of an outcome: who feeds and who draws, at what price, and what the stores hold."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.errors import NoSolution
from c4e_opt.outcome import Outcome

#: One colour per kind of component, the same in every picture (Okabe and Ito's palette, safe for colour-blind readers).
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
}


def draw(outcome: Outcome, path: str | Path) -> Path:
    """Draw dispatch stacks and prices per carrier, and the levels of all stores.

    Args:
        outcome: An outcome with a schedule.
        path: The picture; its suffix (.png, .svg, .pdf) chooses the format.

    Raises:
        NoSolution: There is no schedule to draw.
    """
    if not outcome.has_schedule:
        raise NoSolution(f"case {outcome.case_name!r}: {outcome.termination.reason}; there is nothing to draw")
    figures: Any = import_module("matplotlib.figure")
    carriers = list(dict.fromkeys(str(c) for c in outcome.price_table.texts["carrier"][1]))
    levels = {n: q.values for n, q in outcome.schedule_table.quantities.items() if n.endswith("_energy_mwh")}
    rows = len(carriers) + bool(levels)
    figure = figures.Figure(figsize=(12, 3.2 * rows), layout="constrained")
    panels: Any = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    edges = _edges(outcome)
    for panel, carrier in zip(panels, carriers, strict=False):
        _stack(panel, outcome, carrier, edges)
    if levels:
        _levels(panels[-1], levels, edges)
    panels[-1].set_xlabel("time, UTC")
    gap = f", gap {outcome.gap:.2g}" if outcome.gap else ""
    title = f"{outcome.case_name}: {outcome.termination.reason}, {outcome.objective:,.2f} {outcome.currency}{gap}"
    figure.suptitle(title, fontweight="bold")
    figure.savefig(path, dpi=110, metadata={"Software": None} if str(path).endswith(".png") else None)
    return Path(path)


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


def _edges(outcome: Outcome) -> Any:
    """Start of every step and end of the last; a lone last step is as long as the one before it."""
    starts = outcome.price_table.labels["time"].astype("datetime64[s]")
    last = starts[-1] - starts[-2] if starts.size > 1 else np.timedelta64(3600, "s")
    return np.append(starts, starts[-1] + last)


def _stack(panel: Any, outcome: Outcome, carrier: str, edges: Any) -> None:
    above, below = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for kind, power in stacks(outcome, carrier).items():
        if np.abs(power).max(initial=0.0) < 1e-9:
            continue
        colour, name = COLOURS.get(kind, "#000000"), kind.replace("_", " ")
        fed = power.clip(0.0)
        drawn = power - fed
        panel.stairs(above + fed, edges, baseline=above, fill=True, color=colour, label=name)
        panel.stairs(below + drawn, edges, baseline=below, fill=True, color=colour)
        above, below = above + fed, below + drawn
    panel.axhline(0.0, color="black", linewidth=0.6)
    panel.set_ylabel(f"{carrier}, MW")
    panel.margins(x=0)
    prices = outcome.price_table.values("price_eur_per_mwh")[outcome.price_table.texts["carrier"][1] == carrier]
    right = panel.twinx()
    right.stairs(prices.max(axis=0), edges, baseline=prices.min(axis=0), fill=True, color="crimson", alpha=0.12)
    right.stairs(prices.mean(axis=0), edges, baseline=None, color="crimson", linewidth=1.4, label="price")
    right.set_ylabel(f"price, {outcome.currency}/MWh", color="crimson")
    panel.legend(loc="upper left", bbox_to_anchor=(1.07, 1.0), frameon=False, fontsize="small")


def _levels(panel: Any, levels: dict[str, FloatArray], edges: Any) -> None:
    for name, energy in levels.items():
        kind = name.removesuffix("_energy_mwh")
        panel.plot(edges[1:], energy.sum(axis=0), label=kind.replace("_", " "), color=COLOURS.get(kind, "#000000"))
    panel.set_ylabel("stored, MWh")
    panel.set_ylim(bottom=0)
    panel.margins(x=0)
    panel.legend(loc="upper left", bbox_to_anchor=(1.07, 1.0), frameon=False, fontsize="small")
