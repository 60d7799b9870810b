"""Random yards of vehicles with every rule: our costs beside those of a textbook model in Pyomo, car by car."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from c4e_opt import Outcome, SolveOptions, solve
from tests.properties.generators import START, case_of
from tests.reference.pyomo_site import PyomoSite

Document = dict[str, Any]
MINUTES = [30, 60, 60, 15, 60, 45]
LEVELS = [{"power_mw": power} for power in (0.0, 0.004, 0.011, 0.022)]
#: Rules of the vehicles; each occurs in every yard.
RULES: list[Document] = [
    {"charge_min_mw": 0.009},
    {"charge_steps": LEVELS, "discharge_max_mw": 0.007},
    {"charge_limit_mw": [0.02, 0.004, 0.018, 0.02, 0.002, 0.01], "discharge_max_mw": 0.01},
    {"discharge_max_mw": 0.012, "energy_v2g_min_mwh": 0.02, "energy_start_mwh": 0.011},
    {"discharge_max_mw": 0.012, "throughput_max_mwh": 0.004, "energy_start_mwh": 0.02, "charge_min_mw": 0.005},
]


def yard(seed: int, *, fleet: int = 0, **site: Any) -> Document:
    """A street with a small connection and vehicles; a fleet of so many more where it is asked for."""
    rng = np.random.default_rng(seed)

    def number(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 4)

    def stay(**fields: Any) -> Document:
        arrival = int(rng.integers(0, 150))
        times = {"arrival": arrival, "departure": int(rng.integers(arrival + 40, 290))}
        return {
            "bus": "e",
            **{name: (START + timedelta(minutes=minute)).isoformat() for name, minute in times.items()},
            "energy_needed_mwh": number(0.01, 0.03),
            "energy_start_mwh": number(0.0, 0.01),
            "energy_max_mwh": 0.06,
            "charge_max_mw": 0.022,
            "charge_efficiency": 0.91,
            "discharge_efficiency": 0.93,
            "discharge_cost_eur_per_mwh": number(1, 20),
            "unserved_value_eur_per_mwh": number(300, 600),
            **fields,
        }

    sessions = [stay(id=f"car {place}", **rule) for place, rule in enumerate(RULES)]
    sessions[0] |= {"soc_departure_ratio": number(0.3, 0.8)}
    del sessions[0]["energy_needed_mwh"]
    if fleet:
        gives = {"discharge_max_mw": 0.011, "throughput_max_mwh": 0.005, "energy_start_mwh": 0.02}
        sessions.append(stay(id="fleet", count=fleet, energy_v2g_min_mwh=0.008, **gives))
    price = [number(20, 250) for _ in MINUTES]
    return {
        "name": f"yard {seed}",
        "horizon": {"start": START.isoformat(), "step_minutes": MINUTES},
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [
                {
                    "id": "grid",
                    "bus": "e",
                    "import_max_mw": 0.08,
                    "export_max_mw": 0.02,
                    "import_price_eur_per_mwh": price,
                    "export_price_eur_per_mwh": [round(0.7 * each, 3) for each in price],
                }
            ],
            "demand": [{"id": "street", "bus": "e", "demand_mw": [number(0.0, 0.03) for _ in MINUTES]}],
            "ev_session": sessions,
            **({"charging_site": [{"id": "yard", "members": ["ev_session/*"], **site}]} if site else {}),
        },
    }


def exact(content: Document) -> Outcome:
    return solve(case_of(content), SolveOptions(gap=0.0))


SITES: dict[str, Document] = {
    "alone": {},
    "one supply": {"power_max_mw": [0.03, 0.02, 0.04, 0.03, 0.02, 0.03]},
    "three plugs with swaps": {"plugs": 3},
    "two plugs without swaps": {"plugs": 2, "swaps": False},
    "everything": {"plugs": 2, "swaps": False, "power_max_mw": 0.025},
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("site", SITES.values(), ids=SITES.keys())
def test_random_yards_cost_what_a_textbook_model_finds(site: Document, seed: int) -> None:
    content = yard(seed, **site)
    theirs = PyomoSite(content, exclusive=True).solve()
    outcome = exact(content)
    assert outcome.objective == pytest.approx(theirs.objective, rel=1e-6, abs=1e-6)
    assert outcome.certificate is not None
    assert outcome.certificate.holds


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("site", [{}, {"power_max_mw": 0.05}], ids=["alone", "one supply"])
def test_a_fleet_costs_what_its_vehicles_cost_one_by_one(site: Document, seed: int) -> None:
    """The textbook model has a fleet as vehicles of their own; a site of its own would count them by their name."""
    content = yard(10 + seed, fleet=4, **site)
    cars = content["components"]["ev_session"]
    apart = [{**car, "id": f"{car['id']} {place}", "count": 1} for car in cars for place in range(car.get("count", 1))]
    theirs = PyomoSite({**content, "components": {**content["components"], "ev_session": apart}}, exclusive=True)
    assert exact(content).objective == pytest.approx(theirs.solve().objective, rel=1e-6, abs=1e-6)


def test_the_sites_bind() -> None:
    costs = {name: [exact(yard(seed, **site)).objective or 0.0 for seed in range(5)] for name, site in SITES.items()}
    for name, bound in costs.items():
        more = [with_site > alone + 1e-3 for with_site, alone in zip(bound, costs["alone"], strict=True)]
        assert name == "alone" or sum(more) >= 3, costs
