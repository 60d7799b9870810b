"""Panels as a picture: PNG, SVG or PDF."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.plot.panel import Panel
from c4e_opt.plot.panels import colours

_MOST_NAMES = 20
#: Colour of bands, the darker the later, and of what is beyond the end of the colours.
_BAND, _BEYOND = "#0072B2", "#3F007D"


def write(panels: Sequence[Panel], title: str, path: Path) -> None:
    """Draw the panels below one another.

    Args:
        panels: What to draw.
        title: Stands above.
        path: The file; its suffix chooses the format.
    """
    figures: Any = import_module("matplotlib.figure")
    figure = figures.Figure(figsize=(12, 3.2 * len(panels)), layout="constrained")
    axes: Any = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        if panel.rows is not None:
            _rows(figure, axis, panel)
        else:
            _curves(axis, panel)
        axis.set_ylabel(panel.title)
        axis.margins(x=0)
    axes[-1].set_xlabel("time, UTC")
    figure.suptitle(title, fontweight="bold")
    figure.savefig(path, dpi=110, metadata={"Software": None} if path.suffix == ".png" else None)


def _curves(axis: Any, panel: Panel) -> None:
    above, below = np.zeros(len(panel.edges) - 1), np.zeros(len(panel.edges) - 1)
    colour = colours([*panel.stack, *panel.lines, *panel.steps])
    for kind, power in panel.stack.items():
        fed = power.clip(0.0)
        drawn = power - fed
        shade, name = colour[kind], kind.replace("_", " ")
        axis.stairs(above + fed, panel.edges, baseline=above, fill=True, color=shade, label=name)
        axis.stairs(below + drawn, panel.edges, baseline=below, fill=True, color=shade)
        above, below = above + fed, below + drawn
    for place, (name, (low, high)) in enumerate(panel.bands.items()):
        axis.stairs(high, panel.edges, baseline=low, fill=True, color=_BAND, alpha=0.15 + 0.2 * place, label=name)
    for name, values in panel.lines.items():
        axis.plot(panel.edges[1:], values, label=name.replace("_", " "), color=colour[name])
    for name, values in panel.steps.items():
        axis.stairs(values, panel.edges, baseline=None, label=name, color=colour[name], linewidth=1.4)
    if panel.from_zero:
        axis.axhline(0.0, color="black", linewidth=0.6)
    if panel.price is not None:
        low, mean, high = panel.price
        right = axis.twinx()
        right.stairs(high, panel.edges, baseline=low, fill=True, color="crimson", alpha=0.12)
        right.stairs(mean, panel.edges, baseline=None, color="crimson", linewidth=1.4, label="price")
        right.set_ylabel(f"price, {panel.price_unit}", color="crimson")
    if axis.get_legend_handles_labels()[0]:
        axis.legend(loc="upper left", bbox_to_anchor=(1.07, 1.0), frameon=False, fontsize="small")


def _rows(figure: Any, axis: Any, panel: Panel) -> None:
    assert panel.rows is not None
    names, values = panel.rows
    rest: dict[str, Any] = {"vmin": 0.0, "vmax": panel.rows_most, "cmap": "YlOrRd"}
    if panel.rows_most is None:
        most = max(float(np.abs(values).max(initial=0.0)), 1e-12)
        rest = {"vmin": -most, "vmax": most, "cmap": "RdBu_r"}
    shown = values if panel.rows_most is None else np.ma.masked_less_equal(values, 0.0)
    mesh = axis.pcolormesh(panel.edges, np.arange(len(names) + 1), shown, **rest)
    beyond = panel.rows_most is not None and float(values.max(initial=0.0)) > panel.rows_most * (1 + 1e-6)
    if beyond:
        mesh.cmap = mesh.cmap.with_extremes(over=_BEYOND)
    if len(names) <= _MOST_NAMES:
        axis.set_yticks(np.arange(len(names)) + 0.5, names, fontsize="small")
    else:
        axis.set_yticks([])
    axis.invert_yaxis()
    beside = axis.inset_axes([1.015, 0.0, 0.012, 1.0])
    figure.colorbar(mesh, cax=beside, label=panel.rows_label, extend="max" if beyond else "neither")
