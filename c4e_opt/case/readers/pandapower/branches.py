"""Lines, transformers and other branches, per unit as pandapower computes them, with limits from their tables."""

from __future__ import annotations

import math
from collections.abc import Callable

from c4e_opt.case.readers.draft import mva_of
from c4e_opt.case.readers.pandapower.network import Network, Row

_LEGS = ("hv", "mv", "lv")
_ASYMMETRIC = 1e-9


def read(network: Network) -> None:
    """Everything that joins buses, but for lines of direct current."""
    for kind in ("tcsc", "line_dc", "bus_dc", "vsc", "vsc_stacked", "vsc_bipolar"):
        for row in network.rows(kind):
            network.draft.refuse(row["path"], "is a converter or a part of a DC grid, which no model here knows")
    columns = network.branch
    counts = {kind: len(table.get("index", [])) for kind, table in network.tables.items()}
    for place, kind in enumerate(columns["kind"]):
        if kind in ("", "tcsc"):
            continue
        own = columns["place"][place]
        rows = max(counts.get(kind, 0), 1)
        name = network.name(kind, own % rows)
        label = f"{name} {_LEGS[own // rows]}" if kind == "trafo3w" else name
        if not columns["on"][place]:
            if own < rows and kind != "switch":
                network.off.append(name)
            continue
        _branch(network, place, kind, label, name, _row(network, kind, own % rows), own // rows)


def _row(network: Network, kind: str, place: int) -> Row:
    columns = network.tables.get(kind, {})
    return {key: cells[place] for key, cells in columns.items()} | {"path": f"{kind}.{network.name(kind, place)}"}


def _branch(network: Network, place: int, kind: str, label: str, name: str, row: Row, leg: int) -> None:
    """One branch of the equations."""
    draft, number = network.draft, {key: cells[place] for key, cells in network.branch.items()}
    if any(not math.isfinite(number[key]) for key in ("r", "x", "b", "g", "tap", "shift", "b_asym", "g_asym")):
        draft.refuse(f"{kind}.{name}", "has an impedance, a tap or a shift that is no finite number", "finite")
        return
    if max(abs(number["r_asym"]), abs(number["x_asym"])) > _ASYMMETRIC * abs(complex(number["r"], number["x"])):
        draft.refuse(f"{kind}.{name}", "has another impedance one way than the other; one must hold both ways")
        return
    ends = network.node(int(number["from"]), f"{name} inner"), network.node(int(number["to"]), f"{name} inner")
    near = complex(number["g"], number["b"]) / 2.0
    far = complex(number["g"] + number["g_asym"], number["b"] + number["b_asym"]) / 2.0
    level = math.sqrt(network.base_mva)  # at this voltage, 1 ohm is 1 p.u. of the file
    limit = _LIMITS.get(kind, _none)(network, row, leg, network.node_kv[int(number["from"])])
    draft.branch(
        label, ends, (level, level), complex(number["r"], number["x"]), ratio=1.0 / (number["tap"] or 1.0),
        shift_deg=number["shift"], siemens=(near, far), limit_mva=limit,
    )  # fmt: skip


def _of_line(network: Network, row: Row, leg: int, kv: float) -> float | None:
    """Of the current that a line may carry, at the voltage of its first bus."""
    current = network.number(row, "max_i_ka", None)
    if current is None or not 0 < current < 1e5:
        return None
    return _loaded(network, row, mva_of(current * 1e3, kv))


def _of_trafo(network: Network, row: Row, leg: int, kv: float) -> float | None:
    power = network.number(row, "sn_mva", None)
    return _loaded(network, row, power) if power else None


def _of_leg(network: Network, row: Row, leg: int, kv: float) -> float | None:
    power = network.number(row, f"sn_{_LEGS[leg]}_mva", None)
    return power * network.number(row, "max_loading_percent", 100.0) / 100.0 if power else None


def _none(network: Network, row: Row, leg: int, kv: float) -> float | None:
    return None


def _loaded(network: Network, row: Row, power: float) -> float:
    """A rated power, as far as it may be used."""
    factors = network.number(row, "df", 1.0) * network.number(row, "parallel", 1.0)
    return power * factors * network.number(row, "max_loading_percent", 100.0) / 100.0


_LIMITS: dict[str, Callable[[Network, Row, int, float], float | None]] = {
    "line": _of_line,
    "trafo": _of_trafo,
    "trafo3w": _of_leg,
}
