"""Laws of sites for random cases, soft or mild, so that all stay feasible; see `tests.properties.generators`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

Document = dict[str, Any]


def add_laws(draw: Any, found: dict[str, list[Document]], start: datetime, minutes: list[int]) -> None:
    """Add a law of every kind, and two of some, to the components of a random case.

    Args:
        draw: Where numbers come from.
        found: The components by kind.
        start: Start of the horizon.
        minutes: Length of every step.
    """
    steps = len(minutes)
    for connection in found["grid_connection"]:
        connection["emissions_t_per_mwh"] = [draw.ratio(0.1, 0.9) for _ in range(steps)]
    rolling = {"window": "rolling", "window_hours": minutes[0] / 60}
    found["energy_budget"] = [
        {
            "id": "grid",
            "members": ["grid_connection/grid"],
            "maximum_mwh": draw.kilo(100, 900),
            **_price(draw),
            **rolling,
        },
        {"id": "all", "maximum_mwh": draw.kilo(500, 3000), "minimum_mwh": draw.kilo(10, 400), **_price(draw)},
        {"id": "out", "counted": "out_of", "maximum_mwh": draw.kilo(10, 200), **_price(draw)},
    ]
    found["emission_budget"] = [
        {"id": "cap", "maximum_t": draw.ratio(0.1, 1.5), "beyond_price_eur_per_t": draw.cents(20, 90)},
        {"id": "tax", "price_eur_per_t": draw.cents(10, 90)},
    ]
    found["self_consumption"] = [
        {
            "id": "south",
            "site": "south",
            "minimum_self_consumption_ratio": draw.ratio(0.3, 0.9),
            "minimum_autarky_ratio": draw.ratio(0.2, 0.8),
            "missed_price_eur_per_mwh": draw.cents(5, 60),
        }
    ]
    found["reserve"] = [
        {
            "id": "spinning",
            "up_mw": draw.kilos(steps, 50, 900),
            "down_mw": draw.kilo(20, 300),
            "duration_hours": draw.ratio(0.2, 1.0),
            "missing_price_eur_per_mw_hour": draw.cents(1, 40),
        },
        {
            "id": "north",
            "site": "north",
            "up_mw": draw.kilo(20, 90),
            "missing_price_eur_per_mw_hour": draw.cents(1, 40),
        },
    ]
    found["reserve"] += [
        {
            "id": "regulation",
            "up_mw": draw.kilo(20, 90),
            "symmetric": True,
            "regulation": True,
            "activation_minutes": 5,
            "missing_price_eur_per_mw_hour": draw.cents(1, 40),
        },
        {
            "id": "traded",
            "counts_for": ["spinning"],
            "demand": [
                {"power_mw": draw.kilo(20, 90), "price_eur_per_mw_hour": draw.cents(5, 40)},
                {"way": "down", "power_mw": draw.kilo(20, 90), "price_eur_per_mw_hour": draw.cents(1, 20)},
            ],
        },
    ]
    sellers = [
        f"{kind}/{each['id']}"
        for kind in ("battery", "renewable")
        for each in found.get(kind, ())
        if not {"charge_limits", "discharge_limits"} & each.keys()  # these can provide none
    ]
    found["reserve_offer"] = [
        {
            "id": f"{provider} {way}",
            "provider": provider,
            "reserve": "traded",
            "way": way,
            "price_eur_per_mw_hour": draw.cents(0, 9),
            "power_max_mw": draw.kilo(20, 90),
            "segments": [
                {"power_mw": draw.kilo(20, 50), "price_eur_per_mw_hour": draw.cents(0, 5)},
                {"power_mw": draw.kilo(20, 50), "price_eur_per_mw_hour": draw.cents(5, 9)},
            ],
        }
        for provider in sellers
        for way in ("up", "down")
    ]
    found["generic_constraint"] = [
        {
            "id": "together",
            "terms": [
                {"member": "grid_connection/*", "coefficient": draw.ratio(0.2, 1.0)},
                *({"member": each, "reserve": "traded", "coefficient": 0.5} for each in sellers[:1]),
            ],
            "most_mw": draw.kilos(steps, 100, 900),
            "violation_price_eur_per_mw_hour": draw.cents(1, 20),
        }
    ]
    found["islanding"] = [
        {
            "id": "north",
            "site": "north",
            "critical_ratio": draw.ratio(0.1, 0.5),
            "duration_hours": draw.ratio(0.3, 1.5),
            "reserve_ratio": draw.ratio(0.0, 0.3),
            "missing_price_eur_per_mwh": draw.cents(5, 90),
        },
        {
            "id": "cut",
            "mode": "islanded",
            "members": ["tie/cable"],
            "end": (start + timedelta(minutes=minutes[0])).isoformat(),
        },
    ]
    switched = [f"{kind}/{each['id']}" for kind in ("chp", "battery", "heat_pump") for each in found.get(kind, ())]
    if switched:
        found["exclusion"] = [{"id": "one at a time", "members": switched}]
        found["maintenance"] = [
            {"id": "block", "members": switched[:1], "hours": 0.25},
            {"id": "half", "members": switched[-1:], "available_ratio": 0.5},
        ]
    sessions = found.get("ev_session", [])
    alone = [f"ev_session/{each['id']}" for each in sessions if each.get("count", 1) == 1]
    if alone:
        found["charging_site"] = [{"id": "supply", "members": ["ev_session/*"], "power_max_mw": draw.kilo(20, 60)}]
        for swaps in (True, False):
            found["charging_site"].append({"id": f"yard {swaps}", "members": alone, "plugs": 2, "swaps": swaps})
    found["must_run"] = [{"id": "warm", "members": ["boiler/boiler"], "power_min_mw": draw.kilo(10, 50)}]


def _price(draw: Any) -> Document:
    return {"beyond_price_eur_per_mwh": draw.cents(5, 90)}
