"""Sound cases as plain documents, of a week or a year, into which operators then make mistakes."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

Document = dict[str, Any]

CASES = Path(__file__).parents[2] / "cases"
WEEK, YEAR = 168, 8760
START = np.datetime64("2025-01-01T00:00:00")


def site(steps: int) -> Document:
    """The site of cases/site_week or cases/site_year: CHP, boiler, heat pump, PV and two stores behind one meter."""
    return copy.deepcopy(_site(steps))


@cache
def _site(steps: int) -> Document:
    folder = CASES / ("site_week" if steps == WEEK else "site_year")
    document: Document = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    columns = _series(steps)
    for records in document["components"].values():
        for record in records:
            for name, content in record.items():
                if isinstance(content, str) and content in columns:
                    record[name] = columns[content]
                elif isinstance(content, dict):
                    record[name] = columns[content["column"]] * content["times"]
    del document["series"]
    return document


@cache
def _series(steps: int) -> dict[str, Any]:
    table = np.genfromtxt(
        CASES / ("site_week" if steps == WEEK else "site_year") / "series.csv", delimiter=",", names=True, dtype=None
    )
    return {name: table[name].astype(np.float64) for name in table.dtype.names if name != "time"}


def _case(name: str, steps: int, buses: list[Document], **components: list[Document]) -> Document:
    return {
        "name": name,
        "units": {"power": "kW", "energy": "kWh", "price": "EUR/MWh"},
        "horizon": {"start": f"{START}Z", "step_minutes": 60, "steps": steps},
        "parties": [{"id": "owner"}, {"id": "supplier"}],
        "buses": buses,
        "components": components,
    }


def _grid(steps: int, **fields: Any) -> Document:
    series = _series(steps)
    return {
        "id": "grid",
        "owner": "supplier",
        "import_price_eur_per_mwh": series["import_price_eur_per_mwh"].copy(),
        "export_price_eur_per_mwh": series["export_price_eur_per_mwh"].copy(),
        **fields,
    }


def _battery(name: str, bus: str, power: float, energy: float, **fields: Any) -> Document:
    half = energy / 2
    record = {"id": name, "bus": bus, "charge_max_kw": power, "discharge_max_kw": power, "energy_max_kwh": energy}
    return {**record, "energy_start_kwh": half, "energy_end_kwh": half, "standing_loss_per_hour": 1e-4, **fields}


def moment(hour: int) -> str:
    """The start of an hour of the horizon as a case file writes it."""
    return f"{START + np.timedelta64(hour, 'h')}Z"


def home(steps: int) -> Document:
    """A house with PV, a battery, a heat pump and its tank, vehicles at night, a dishwasher and lights."""
    series = _series(steps)
    heat = series["heat_demand_kw"] / series["heat_demand_kw"].max() * 6.0
    evenings = range(18, steps - 20, 24 if steps == WEEK else 24 * 15)
    sessions = [
        {
            "id": f"car-{night}",
            "bus": "house",
            "arrival": moment(hour),
            "departure": moment(hour + 13),
            "energy_needed_kwh": 14.0,
            "energy_start_kwh": 20.0,
            "energy_max_kwh": 58.0,
            "charge_max_kw": 3.7,
            "unserved_value_eur_per_mwh": 2000.0,
        }
        for night, hour in enumerate(evenings)
    ]
    return _case(
        "home",
        steps,
        [{"id": "house", "site": "home"}, {"id": "rooms", "carrier": "heat", "site": "home"}],
        grid_connection=[_grid(steps, bus="house", import_max_kw=14.0, export_max_kw=8.0)],
        renewable=[{"id": "roof", "bus": "house", "available_kw": series["pv_ratio"] * 6.0}],
        demand=[
            {"id": "household", "bus": "house", "demand_kw": series["demand_kw"] / series["demand_kw"].mean() * 0.6},
            {"id": "warmth", "bus": "rooms", "demand_kw": heat},
        ],
        flexible_demand=[
            {"id": "lights", "bus": "house", "demand_kw": 0.2, "shed_value_eur_per_mwh": 900.0},
        ],
        shiftable_load=[
            {
                "id": "dishwasher",
                "bus": "house",
                "phases": [{"hours": 1.0, "power_kw": 2.0}, {"hours": 1.0, "power_kw": 0.8}],
                "earliest": moment(30),
                "latest": moment(42),
            }
        ],
        heat_pump=[
            {
                "id": "pump",
                "electricity_bus": "house",
                "heat_bus": "rooms",
                "electric_max_kw": 4.0,
                "cop": series["cop"].copy(),
            }
        ],
        battery=[_battery("battery", "house", 5.0, 10.0)],
        heat_store=[_battery("tank", "rooms", 8.0, 12.0, standing_loss_per_hour=0.01)],
        ev_session=sessions,
    )


def island(steps: int) -> Document:
    """A site without a grid: two engines that start and stop, wind, a battery, and the laws of its operator."""
    series = _series(steps)
    wind = 300.0 * np.clip(0.4 + 0.5 * np.sin(np.arange(steps) / 17.0), 0.0, 1.0)
    engine = {
        "bus": "grid",
        "power_max_kw": 600.0,
        "minimum_load_ratio": 0.3,
        "minimum_up_hours": 4.0,
        "minimum_down_hours": 2.0,
        "start_cost_eur": 20.0,
        "cost_eur_per_mwh": 150.0,
        "emissions_t_per_mwh": 0.7,
        "on_initially": True,
    }
    second = (
        engine if steps == WEEK else {name: engine[name] for name in ("bus", "power_max_kw", "emissions_t_per_mwh")}
    )
    return _case(
        "island",
        steps,
        [{"id": "grid", "site": "island"}],
        renewable=[{"id": "wind", "bus": "grid", "technology": "wind", "available_kw": wind}],
        demand=[{"id": "village", "bus": "grid", "demand_kw": series["demand_kw"] / series["demand_kw"].max() * 520.0}],
        generator=[
            {"id": "first", **engine},
            {"id": "second", **second, "cost_eur_per_mwh": 170.0},
        ],
        battery=[_battery("battery", "grid", 150.0, 400.0)],
        reserve=[{"id": "spinning", "up_kw": 50.0, "members": ["generator/*", "battery/battery"]}],
        must_run=[
            {
                "id": "heating",
                "members": ["generator/first"],
                "power_min_kw": 190.0,
                "begin": moment(20),
                "end": moment(26),
            }
        ],
        maintenance=[
            {"id": "overhaul", "members": ["generator/second"], "begin": moment(50), "end": moment(60)},
        ],
        emission_budget=[{"id": "licence", "maximum_t": 0.7 * 0.52 * steps}],
    )


def network(steps: int) -> Document:
    """Three sites behind one station, joined by ties; one of them must be able to run alone."""
    series = _series(steps)
    demand, sun = series["demand_kw"], series["pv_ratio"]
    tie = {"forward_max_kw": 400.0, "backward_max_kw": 200.0, "loss_ratio": 0.02}
    return _case(
        "network",
        steps,
        [{"id": name, "site": name} for name in ("station", "farm", "mill", "school")],
        grid_connection=[_grid(steps, bus="station", import_max_kw=900.0, export_max_kw=500.0)],
        renewable=[
            {"id": "field", "bus": "farm", "available_kw": sun * 300.0},
            {"id": "hall", "bus": "mill", "available_kw": sun * 120.0},
        ],
        generator=[{"id": "turbine", "bus": "school", "power_max_kw": 60.0, "cost_eur_per_mwh": 90.0}],
        demand=[
            {"id": "barns", "bus": "farm", "demand_kw": demand * 0.4},
            {"id": "saws", "bus": "mill", "demand_kw": demand * 0.6},
            {"id": "classes", "bus": "school", "demand_kw": demand * 0.25},
        ],
        battery=[_battery("cellar", "mill", 100.0, 300.0), _battery("backup", "school", 120.0, 300.0)],
        tie=[{"id": f"to-{name}", "from_bus": "station", "to_bus": name, **tie} for name in ("farm", "mill", "school")],
        islanding=[{"id": "shelter", "site": "school", "duration_hours": 1.0, "critical_ratio": 0.3}],
        energy_budget=[{"id": "contract", "members": ["grid_connection/grid"], "maximum_kwh": 900.0 * steps}],
    )


def meshed(steps: int) -> Document:
    """A ring of four buses with lines, and two farms in a row that hang on it; linear power flow, with an outage."""
    series = _series(steps)
    demand, sun = series["demand_kw"], series["pv_ratio"]

    def line(name: str, begin: str, end: str, limit: float) -> Document:
        return {"id": name, "from_bus": begin, "to_bus": end, "reactance_pu": 0.08, "limit_kw": limit}

    return _case(
        "meshed",
        steps,
        [{"id": name} for name in ("station", "east", "town", "west", "farm", "barn")],
        grid_connection=[_grid(steps, bus="station", import_max_kw=1500.0, export_max_kw=500.0)],
        renewable=[
            {"id": "field", "bus": "west", "available_kw": sun * 300.0},
            {"id": "roof", "bus": "barn", "available_kw": sun * 30.0},
        ],
        generator=[{"id": "turbine", "bus": "east", "power_max_kw": 150.0, "cost_eur_per_mwh": 90.0}],
        demand=[
            {"id": "homes", "bus": "town", "demand_kw": demand * 0.8},
            {"id": "stable", "bus": "farm", "demand_kw": demand * 0.2},
            {"id": "dryer", "bus": "barn", "demand_kw": demand * 0.15},
        ],
        line=[
            line("station-east", "station", "east", 900.0),
            line("east-town", "east", "town", 900.0),
            line("town-west", "town", "west", 900.0),
            line("west-station", "west", "station", 900.0),
            line("town-farm", "town", "farm", 600.0),
            line("farm-barn", "farm", "barn", 400.0),
        ],
        contingency=[{"id": "storm", "lines": ["east-town"]}],
    )
