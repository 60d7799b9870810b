"""Grids small enough to be solved by hand: buses in megawatts, lines of one susceptance, one price per generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from c4e_opt import Case, Outcome
from c4e_opt.arrays import FloatArray
from c4e_opt.case.build import Builder

Record = dict[str, Any]
START = "2025-01-01T00:00Z"
PRICE, FLOW = "price_eur_per_mwh", "line_flow_mw"


def line(name: str, start: str, end: str, limit: Any = None, reactance: float = 0.1, **fields: Any) -> Record:
    """A line of 1000 MW per radian unless its reactance says otherwise."""
    limits = {} if limit is None else {"limit_mw": limit}
    return {"id": name, "from_bus": start, "to_bus": end, "reactance_pu": reactance, **limits, **fields}


def plant(bus: str, price: Any, most: Any = 1000.0, **fields: Any) -> Record:
    """A generator that is named after its bus."""
    return {"id": f"g{bus}", "bus": bus, "power_max_mw": most, "cost_eur_per_mwh": price, **fields}


def grid_case(
    lines: Sequence[Record],
    plants: Sequence[Record],
    demand: Mapping[str, Any],
    *,
    minutes: Sequence[int] = (60,),
    buses: Sequence[Record] = (),
    weights: Sequence[float] = (),
    orders: Mapping[str, Any] | None = None,
    policy: Mapping[str, Any] | None = None,
    **components: list[Record],
) -> Case:
    """A case of lines between buses, with plants and loads; buses without more to say need not be listed."""
    ends = sorted({end for each in lines for end in (each["from_bus"], each["to_bus"])} | set(demand))
    known = {bus["id"] for bus in buses}
    document: Record = {
        "name": "grid",
        "horizon": {"start": START, "step_minutes": list(minutes), **({"weights": list(weights)} if weights else {})},
        "parties": [{"id": "p"}, {"id": "q"}],
        "buses": [*buses, *({"id": end} for end in ends if end not in known)],
        "components": {
            "generator": list(plants),
            "demand": [{"id": f"d{bus}", "bus": bus, "demand_mw": power} for bus, power in demand.items()],
            "line": list(lines),
            **components,
        },
        "policy": dict(policy or {}),
    }
    if orders is not None:
        document["orders"] = orders
    return Builder(document, {}).case()


def prices(outcome: Outcome) -> dict[str, list[float]]:
    """Of every bus, step by step, rounded to what a solver promises."""
    table = outcome.price_table
    return {str(bus): _rounded(row) for bus, row in zip(table.labels["bus"], table.values(PRICE), strict=True)}


def flows(outcome: Outcome) -> dict[str, list[float]]:
    """Of every line, step by step."""
    table = outcome.schedule_table
    return {str(name): _rounded(row) for name, row in zip(table.labels["line"], table.values(FLOW), strict=True)}


def told(outcome: Outcome, name: str) -> list[list[float]]:
    """Another quantity of the schedule, rounded."""
    return [_rounded(row) for row in outcome.schedule_table.values(name)]


def limits(outcome: Outcome) -> dict[str, float]:
    """Shadow prices by the words of the limit, without the step."""
    table = outcome.limit_table
    if not table.labels:
        return {}
    words = [" ".join(part for part in label.split() if not part.startswith("20")) for label in table.labels["limit"]]
    return dict(zip(words, _rounded(table.values("shadow_price_eur_per_mwh")), strict=True))


def _rounded(row: FloatArray) -> list[float]:
    return [round(float(each), 6) + 0.0 for each in row]
