"""A small grid behind the northern site of a random case: lines, an interface, an outage, a shunt; see `generators`.

Its limits are soft or its loads may be shed, so that the case stays feasible.
"""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

BUSES = ("m1", "m2", "m3")
#: The last one is a bridge.
ENDS = (("e1", "m1"), ("m1", "m2"), ("m2", "e1"), ("m2", "m3"))


def add_grid(draw: Any, components: dict[str, list[Document]], buses: list[Document], minutes: list[int]) -> None:
    """Add three buses of the northern site and the lines that join them to its bus.

    Args:
        draw: Numbers of the seed.
        components: Records by kind.
        buses: All buses.
        minutes: Length of the steps.
    """
    steps = len(minutes)
    buses += [{"id": name, "site": "north"} for name in BUSES]
    lines: list[Document] = []
    for place, (start, end) in enumerate(ENDS):
        each: Document = {"id": f"line{place}", "from_bus": start, "to_bus": end, "reactance_pu": draw.ratio(0.05, 0.3)}
        each["limit_mw"] = draw.kilos(steps, 100, 900) if draw.maybe(0.3) else draw.kilo(100, 900)
        if draw.maybe(0.4):
            each["overload_price_eur_per_mwh"] = draw.cents(5, 90)
        if draw.maybe(0.3):
            each |= {"phase_shift_deg": draw.ratio(-0.01, 0.01), "owner": draw.party()}
        lines.append(each)
    lines[3].pop("limit_mw")
    components["line"] = lines
    for name in BUSES:
        load = {"id": f"load_{name}", "bus": name, "demand_mw": draw.kilos(steps, 50, 900)}
        components.setdefault("flexible_demand", []).append({**load, "shed_value_eur_per_mwh": draw.cents(400, 900)})
    sun = {"id": "sun_m3", "bus": "m3", "available_mw": draw.kilos(steps, 0, 900), "cost_eur_per_mwh": draw.cents(0, 9)}
    components.setdefault("renewable", []).append(sun)
    components["shunt"] = [{"id": "coil", "bus": "m1", "conductance_mw": draw.kilo(0, 5)}]
    components["interface"] = [
        {
            "id": "corridor",
            "lines": [{"line": "line0"}, {"line": "line2", "ratio": -1.0}],
            "forward_max_mw": draw.kilos(steps, 100, 900),
            "overload_price_eur_per_mwh": draw.cents(5, 60),
        }
    ]
    components["contingency"] = [{"id": "storm", "lines": ["line1"]}]
    components["reactive"] = [{"id": "cos_phi", "member": "flexible_demand/load_m1", "ratio": 0.3}]
