"""Heat pumps by temperature, chillers, electrolysers and fuel cells for `tests.properties.generators`."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

BUSES = ({"id": "cold", "carrier": "cooling"}, {"id": "hydrogen", "carrier": "hydrogen"})


def add_machines(
    draw: Any, found: dict[str, list[Document]], buses: list[Document], minutes: list[int], *, committed: bool
) -> None:
    """Add machines with the buses that they need.

    Args:
        draw: Where the numbers come from.
        found: Takes the records, by kind.
        buses: Takes buses of cold and hydrogen.
        minutes: Lengths of the steps.
        committed: Whether all kinds occur, with rules of commitment; else chance decides.
    """
    if not committed and not draw.maybe(0.4):
        return
    buses += [dict(bus) for bus in BUSES]
    steps = len(minutes)
    price = draw.cents(60, 90)
    found["grid_connection"] += [
        {  # cold that nobody wants, made for its heat, may be given away
            "id": "ice",
            "bus": "cold",
            "import_max_mw": 9 * draw.per_mw,
            "export_max_mw": 9 * draw.per_mw,
            "import_price_eur_per_mwh": draw.cents(50, 90),
        },
        {
            "id": "trader",
            "bus": "hydrogen",
            "import_max_mw": 9 * draw.per_mw,
            "export_max_mw": 9 * draw.per_mw,
            "import_price_eur_per_mwh": round(price + 7.0, 2),
            "export_price_eur_per_mwh": price,
        },
    ]
    found["demand"] += [
        {"id": "cellars", "bus": "cold", "demand_mw": draw.kilos(steps, 50, 400)},
        {"id": "station", "bus": "hydrogen", "demand_mw": draw.kilos(steps, 20, 200)},
    ]
    found.setdefault("heat_pump", []).append(_air_pump(draw, steps, committed=committed))
    found["chiller"] = [chiller(draw, steps, committed=committed)]
    found["electrolyser"] = [electrolyser(draw, committed=committed)]
    found["fuel_cell"] = [fuel_cell(draw, committed=committed)]


def rules(draw: Any) -> Document:
    """Some rules of a unit, with times of an hour at most."""
    return {
        "minimum_load_ratio": draw.ratio(0.1, 0.4),
        "start_cost_eur": draw.cents(0.5, 9),
        "minimum_up_hours": float(draw.rng.choice([0.25, 0.5, 1.0])),
        "minimum_down_hours": float(draw.rng.choice([0.25, 0.5, 1.0])),
        "hours_in_state_initially": float(draw.rng.choice([0.25, 0.75, 8.0])),
    }


def standby(draw: Any) -> Document:
    """A standby of a unit whose starts cost something."""
    waits = bool(draw.maybe(0.5))
    return {
        "standby_power_mw": draw.kilo(1, 20),
        "warm_start_cost_eur": draw.cents(0.1, 0.5),
        "standby_initially": waits,
    }


def points(draw: Any) -> list[Document]:
    """Part-load points, best in the middle or not."""
    return [
        {"load_ratio": draw.ratio(0.2, 0.4), "performance_ratio": draw.ratio(0.7, 1.1)},
        {"load_ratio": draw.ratio(0.5, 0.7), "performance_ratio": draw.ratio(0.9, 1.3)},
        {"load_ratio": 1.0, "performance_ratio": 1.0},
    ]


def _air_pump(draw: Any, steps: int, *, committed: bool) -> Document:
    return {
        "id": "air pump",
        "electricity_bus": "e2",
        "heat_bus": "heat",
        "electric_max_mw": draw.kilo(50, 300),
        "quality_grade": draw.ratio(0.35, 0.5),
        "source_temperature_c": [draw.ratio(-8, 14) for _ in range(steps)],
        "supply_temperature_c": draw.ratio(35, 55),
        "icing_factor": 0.8,
        "cop_max": 6.0,
        "heat_max_mw": draw.kilos(steps, 200, 900),
        **({**rules(draw), "part_load": points(draw)} if committed else {}),
    }


def chiller(draw: Any, steps: int, *, committed: bool) -> Document:
    """A chiller that may give its heat away."""
    return {
        "id": "chiller",
        "electricity_bus": "e1",
        "cooling_bus": "cold",
        "heat_bus": "heat",
        "owner": draw.party(),
        "electric_max_mw": draw.kilo(50, 200),
        "eer": [draw.ratio(2.0, 4.5) for _ in range(steps)],
        "heat_recovery_ratio": draw.ratio(0.3, 0.9),
        "cost_eur_per_mwh": draw.cents(0.1, 2),
        **({**rules(draw), "part_load": points(draw)} if committed else {}),
    }


def electrolyser(draw: Any, *, committed: bool) -> Document:
    """An electrolyser, in three states where there are any."""
    return {
        "id": "electrolyser",
        "electricity_bus": "e1",
        "hydrogen_bus": "hydrogen",
        "heat_bus": "heat",
        "owner": draw.party(),
        "electric_max_mw": draw.kilo(100, 500),
        "efficiency": draw.ratio(0.55, 0.7),
        "heat_efficiency": draw.ratio(0.1, 0.2),
        "cost_eur_per_mwh": draw.cents(0.1, 2),
        **({**rules(draw), **standby(draw), "part_load": points(draw)} if committed else {}),
    }


def fuel_cell(draw: Any, *, committed: bool) -> Document:
    """A fuel cell, in three states where there are any."""
    return {
        "id": "fuel cell",
        "hydrogen_bus": "hydrogen",
        "electricity_bus": "e2",
        "owner": draw.party(),
        "hydrogen_max_mw": draw.kilo(50, 300),
        "electric_efficiency": draw.ratio(0.45, 0.6),
        **({**rules(draw), **standby(draw)} if committed else {}),
    }
