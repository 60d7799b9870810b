"""Random small markets for energy and reserve: generators with ramps, a battery, a renewable, all sorts of products."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt import Case
from c4e_opt.case.build import Builder

Document = dict[str, Any]
MINUTES = [60, 30, 15]


def market(seed: int) -> Case:
    """The case of a seed."""
    return Builder(document(seed), {}).case()


def document(seed: int) -> Document:
    """A market in which all that is wanted may be missing, and a dear connection serves every load."""
    rng = np.random.default_rng(seed)

    def number(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 3)

    def series(low: float, high: float) -> list[float]:
        return [number(low, high) for _ in MINUTES]

    generators = [
        {
            "id": name,
            "bus": "e",
            "owner": "p",
            "power_max_mw": number(0.8, 2.0),
            "cost_eur_per_mwh": number(10, 90),
            "ramp_up_ratio_per_hour": number(0.4, 3.0),
            "ramp_down_ratio_per_hour": number(0.4, 3.0),
        }
        for name in ("g0", "g1", "g2")
    ]
    battery = {
        "id": "b",
        "bus": "e",
        "charge_max_mw": number(0.3, 0.8),
        "discharge_max_mw": number(0.3, 0.8),
        "energy_max_mwh": 1.0,
        "energy_min_mwh": 0.05,
        "energy_start_mwh": number(0.2, 0.7),
        "charge_efficiency": 0.93,
        "discharge_efficiency": 0.91,
    }
    return {
        "name": f"market {seed}",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": MINUTES},
        "parties": [{"id": "p"}, {"id": "q"}],
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [
                {
                    "id": "grid",
                    "bus": "e",
                    "import_max_mw": 9.0,
                    "import_price_eur_per_mwh": 200.0,
                    "export_max_mw": 9.0,
                }
            ],
            "renewable": [{"id": "pv", "bus": "e", "available_mw": series(0.1, 0.9)}],
            "generator": generators,
            "demand": [{"id": "town", "bus": "e", "demand_mw": series(1.0, 3.0)}],
            "battery": [battery],
            "reserve": _products(number, series),
            "reserve_offer": _offers(number, series),
            "generic_constraint": [
                {
                    "id": "sum",
                    "terms": [
                        {"member": "generator/g0", "coefficient": number(0.2, 1.0)},
                        {"member": "generator/g1", "reserve": "spin", "coefficient": 0.5},
                        {"member": "battery/b", "reserve": "spin", "way": "down", "coefficient": -0.5},
                    ],
                    "most_mw": series(0.1, 0.6),
                    "least_mw": 0.1,
                    "violation_price_eur_per_mw_hour": number(1, 20),
                }
            ],
        },
    }


def _products(number: Any, series: Any) -> list[Document]:
    return [
        {
            "id": "spin",
            "up_mw": series(0.1, 0.9),
            "down_mw": number(0.1, 0.5),
            "duration_hours": number(0.1, 0.5),
            "activation_minutes": 10,
            "counts_for": ["total"],
            "buyer": "q",
            "missing_price_eur_per_mw_hour": number(10, 60),
        },
        {
            "id": "total",
            "up_mw": number(0.5, 1.5),
            "duration_hours": 0.5,
            "activation_minutes": 30,
            "missing_price_eur_per_mw_hour": number(5, 30),
        },
        {
            "id": "regulation",
            "up_mw": series(0.05, 0.3),
            "symmetric": True,
            "regulation": True,
            "activation_minutes": 5,
            "duration_hours": 0.25,
            "missing_price_eur_per_mw_hour": number(20, 90),
        },
        {
            "id": "extra",
            "buyer": "q",
            "demand": [
                {"power_mw": number(0.1, 0.4), "price_eur_per_mw_hour": number(15, 40)},
                {"power_mw": number(0.1, 0.4), "price_eur_per_mw_hour": number(1, 15)},
                {"way": "down", "power_mw": number(0.1, 0.4), "price_eur_per_mw_hour": number(1, 30)},
            ],
        },
    ]


def _offers(number: Any, series: Any) -> list[Document]:
    def offer(provider: str, reserve: str, way: str = "up", **fields: Any) -> Document:
        return {"id": f"{provider} {reserve} {way}", "provider": provider, "reserve": reserve, "way": way, **fields}

    return [
        offer("generator/g0", "spin", price_eur_per_mw_hour=series(0, 9)),
        offer(
            "generator/g1",
            "spin",
            segments=[
                {"power_mw": number(0.1, 0.4), "price_eur_per_mw_hour": number(0, 5)},
                {"power_mw": number(0.1, 0.4), "price_eur_per_mw_hour": number(5, 9)},
            ],
            power_max_mw=0.5,
            enablement_min_mw=0.05,
            low_break_mw=number(0.1, 0.3),
            high_break_mw=number(0.4, 0.6),
            enablement_max_mw=number(0.65, 0.8),
        ),
        offer("battery/b", "spin", power_max_mw=series(0.0, 0.4), price_eur_per_mw_hour=number(0, 9)),
        offer("battery/b", "spin", "down", price_eur_per_mw_hour=number(0, 9), enablement_max_mw=number(0.2, 0.5)),
        offer("generator/g0", "spin", "down", price_eur_per_mw_hour=number(0, 9)),
        offer("generator/g1", "regulation", price_eur_per_mw_hour=number(0, 9), enablement_max_mw=0.9),
        offer("battery/b", "regulation", price_eur_per_mw_hour=number(0, 20)),
        offer("generator/g2", "extra", price_eur_per_mw_hour=number(0, 9), power_max_mw=0.5),
        offer("renewable/pv", "extra", price_eur_per_mw_hour=number(0, 9)),
        offer("renewable/pv", "extra", "down", price_eur_per_mw_hour=number(0, 9)),
    ]
