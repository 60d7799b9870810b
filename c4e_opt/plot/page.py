"""Panels as a page: HTML in one file, without a network, to zoom into and to point at."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.plot.panel import Panel
from c4e_opt.plot.panels import colours

_PANEL_PX = 300


def write(panels: Sequence[Panel], title: str, path: Path) -> None:
    """Write the panels below one another.

    Args:
        panels: What to draw.
        title: Stands above.
        path: The file.
    """
    subplots: Any = import_module("plotly.subplots")
    specs = [[{"secondary_y": True}] for _ in panels]
    figure = subplots.make_subplots(len(panels), 1, shared_xaxes=True, vertical_spacing=0.03, specs=specs)
    named: set[str] = set()
    for row, panel in enumerate(panels, start=1):
        if panel.rows is not None:
            _rows(figure, row, panel)
        else:
            _curves(figure, row, panel, named)
        figure.update_yaxes(title_text=panel.title, row=row, col=1, secondary_y=False)
    figure.update_layout(
        title=title, height=_PANEL_PX * len(panels) + 120, template="plotly_white", hovermode="x unified"
    )
    figure.update_xaxes(title_text="time, UTC", row=len(panels), col=1)
    path.write_text(figure.to_html(include_plotlyjs=True, full_html=True, div_id="outcome"), encoding="utf-8")


def _curves(figure: Any, row: int, panel: Panel, named: set[str]) -> None:
    """Curves of one panel; a name stands in the legend once for all panels."""
    graph: Any = import_module("plotly.graph_objects")
    colour = colours([*panel.stack, *panel.lines, *panel.steps])

    def add(name: str, times: Any, values: FloatArray, *, right: bool = False, **more: Any) -> None:
        shade = more.pop("shade", None) or colour[name]
        trace = graph.Scatter(
            x=times,
            y=values,
            name=name.replace("_", " "),
            legendgroup=name,
            showlegend=name not in named,
            line={"color": shade, "width": more.pop("width", 1.5), "shape": more.pop("shape", "hv")},
            **more,
        )
        named.add(name)
        figure.add_trace(trace, row=row, col=1, secondary_y=right)

    for kind, power in panel.stack.items():
        for sign, part in (("+", power.clip(0.0)), ("-", power.clip(None, 0.0))):
            if np.any(part):
                add(kind, panel.edges, _held(part), stackgroup=f"{row}{sign}", width=0, hoverinfo="x+y+name")
    for place, (name, (low, high)) in enumerate(panel.bands.items()):
        fill = f"rgba(0,114,178,{0.15 + 0.2 * place:g})"
        add(name, panel.edges, _held(high), shade=fill, width=0)
        add(name, panel.edges, _held(low), shade=fill, width=0, fill="tonexty", fillcolor=fill)
    for name, values in panel.lines.items():
        add(name, panel.edges[1:], values, shape="linear")
    for name, values in panel.steps.items():
        add(name, panel.edges, _held(values))
    if panel.price is not None:
        add("price", panel.edges, _held(panel.price[1]), right=True, shade="crimson")
        figure.update_yaxes(
            title_text=f"price, {panel.price_unit}", row=row, col=1, secondary_y=True, showgrid=False, color="crimson"
        )


def _rows(figure: Any, row: int, panel: Panel) -> None:
    graph: Any = import_module("plotly.graph_objects")
    assert panel.rows is not None
    names, values = panel.rows
    scale: dict[str, Any] = {"colorscale": "YlOrRd", "zmin": 0.0, "zmax": panel.rows_most}
    if panel.rows_most is None:
        scale = {"colorscale": "RdBu_r", "zmid": 0.0}
    shown = values if panel.rows_most is None else np.where(values > 0, values, np.nan)
    told = f"%{{y}}: %{{z:.3g}} ({panel.rows_label})<extra></extra>"
    trace = graph.Heatmap(x=panel.edges[:-1], y=names.tolist(), z=shown, showscale=False, hovertemplate=told, **scale)
    figure.update_yaxes(autorange="reversed", row=row, col=1, secondary_y=False)
    figure.add_trace(trace, row=row, col=1, secondary_y=False)


def _held(values: FloatArray) -> FloatArray:
    """A mean of steps with its last number once more, for the end of the last step."""
    return np.append(values, values[-1])
