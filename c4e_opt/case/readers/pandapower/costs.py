"""Costs of a network: polynomials up to the square and points of power, by table and index of what they are of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from c4e_opt.case.readers.pandapower.network import Network

_KNOWN = ("gen", "sgen", "ext_grid")


@dataclass(frozen=True, slots=True)
class Cost:
    """What power costs."""

    linear: float = 0.0  # EUR/MWh
    square: float = 0.0  # EUR/MW^2 h
    points: tuple[tuple[float, float, float], ...] = ()  # from MW, to MW, EUR/MWh


def read(network: Network) -> dict[tuple[str, int], Cost]:
    """Every cost, by table and index."""
    found: dict[tuple[str, int], Cost] = {}
    constant: list[str] = []
    for table in ("poly_cost", "pwl_cost"):
        columns = network.tables.get(table, {})
        for place, element in enumerate(columns.get("element", [])):
            row = {key: cells[place] for key, cells in columns.items()} | {"path": f"{table}.{columns['index'][place]}"}
            kind = str(row.get("et"))
            if not isinstance(element, int):
                network.draft.refuse(f"{row['path']}.element", f"is {element!r}; it must be an index", "type")
                continue
            if kind not in _KNOWN:
                message = f"is a cost of a {kind}; only those of {', '.join(_KNOWN)} have a counterpart"
                network.draft.refuse(str(row["path"]), message)
                continue
            if (kind, int(element)) in found:
                network.draft.refuse(str(row["path"]), f"is a second cost of {kind} {element}", "duplicate_id")
                continue
            if any(network.number(row, name) for name in ("cq0_eur", "cq1_eur_per_mvar", "cq2_eur_per_mvar2")):
                network.draft.refuse(str(row["path"]), "is a cost of reactive power, which has no counterpart")
            if table == "poly_cost":
                if network.number(row, "cp0_eur"):
                    constant.append(f"{kind} {element}")
                linear, square = (network.number(row, name) for name in ("cp1_eur_per_mw", "cp2_eur_per_mw2"))
                found[kind, int(element)] = Cost(linear, square)
            else:
                found[kind, int(element)] = Cost(points=_points(network, row))
    message = "costs have a constant part, which no schedule changes, and which is not in the objective"
    network.draft.pass_over("poly_cost", message, constant)
    return found


def _points(network: Network, row: Any) -> tuple[tuple[float, float, float], ...]:
    """Ranges of power and their cost: pandapower's [[from, to, EUR/MWh], …], one behind the other."""
    told = row.get("points")
    listed = cast("list[Any]", told) if isinstance(told, list) else [None]
    points: list[tuple[float, float, float]] = []
    for each in listed:
        numbers = cast("list[Any]", each) if isinstance(each, list) else []
        if len(numbers) != 3 or not all(isinstance(number, (int, float)) for number in numbers):
            network.draft.refuse(f"{row['path']}.points", "must be a list of [from MW, to MW, EUR/MWh]", "type")
            return ()
        points.append((float(numbers[0]), float(numbers[1]), float(numbers[2])))
    if any(end <= begin for begin, end, _ in points) or any(after[0] != point[1] for point, after in pairwise(points)):
        network.draft.refuse(f"{row['path']}.points", "must be ranges one behind the other", "order")
        return ()
    return tuple(points)
