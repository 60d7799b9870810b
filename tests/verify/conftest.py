"""Small cases with every kind of component: two written out, and any number made from a seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import c4e_opt
from c4e_opt.axes import Horizon
from c4e_opt.case import KINDS, Bus, Case, Party, Policy
from c4e_opt.components.ev_session import ChargeStep
from c4e_opt.market.order_book import BUY, SELL, OrderBook

# A convex case; every component has something to do, and every limit that the tests tighten is not met exactly.
SITE = """
name: site
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 6}
parties: [{id: trader}]
buses: [{id: street}, {id: house}, {id: radiator, carrier: heat}, {id: meter, carrier: gas}]
components:
  grid_connection:
    - {id: grid, bus: street, import_max_mw: 10, export_max_mw: 5, export_price_eur_per_mwh: 10,
       import_price_eur_per_mwh: [50, 20, 80, 120, 40, 60]}
    - {id: gas, bus: meter, import_max_mw: 10, import_price_eur_per_mwh: 30}
  tie:
    - {id: line, from_bus: street, to_bus: house, forward_max_mw: 8, backward_max_mw: 1.2, loss_ratio: 0.05,
       fee_eur_per_mwh: 1}
  renewable:
    - {id: pv, bus: house, available_mw: [0, 3, 9, 2, 0, 0]}
    - {id: wind, bus: house, available_mw: 0.5, curtailable: false, cost_eur_per_mwh: 2}
  demand: [{id: load, bus: house, demand_mw: [1, 1, 2, 4, 1, 1]}, {id: heat, bus: radiator, demand_mw: 1}]
  flexible_demand:
    - {id: flex, bus: house, demand_mw: 1, shed_value_eur_per_mwh: 100, shed_max_ratio: 0.5, shift_max_mw: 0.4,
       shift_window_hours: 3}
  chp:
    - {id: engine, electricity_bus: house, heat_bus: radiator, fuel_bus: meter, fuel_max_mw: 1,
       electric_efficiency: 0.4, heat_efficiency: 0.45, cost_eur_per_mwh: 2}
  boiler: [{id: boiler, heat_bus: radiator, fuel_bus: meter, heat_max_mw: 3, efficiency: 0.9}]
  heat_pump: [{id: pump, electricity_bus: house, heat_bus: radiator, electric_max_mw: 0.2, cop: [3, 3.1, 3.2, 3, 3, 3]}]
  battery:
    - {id: cells, bus: house, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 2, energy_start_mwh: 1,
       energy_end_mwh: 1, standing_loss_per_hour: 0.01, discharge_cost_eur_per_mwh: 3}
  heat_store:
    - {id: tank, bus: radiator, charge_max_mw: 1, discharge_max_mw: 0.4, energy_max_mwh: 2, energy_start_mwh: 1,
       standing_loss_per_hour: 0.02}
  ev_session:
    - {id: car, bus: house, arrival: "2025-01-01T01:30Z", departure: "2025-01-01T04:30Z", energy_needed_mwh: 1.5,
       energy_start_mwh: 0.4, energy_max_mwh: 2.5, charge_max_mw: 0.8, discharge_max_mw: 0.5}
orders:
  id: [cheap, dear, thirsty, stingy]
  party: [trader, trader, trader, trader]
  bus: [street, street, house, house]
  step: [0, 0, 3, 3]
  side: [sell, sell, buy, buy]
  price_eur_per_mwh: [30, 90, 500, 5]
  energy_mwh: [0.5, 0.5, 0.3, 0.3]
"""

# A case with binaries: a CHP that starts and stops, and a battery that would rather do both at negative prices.
ENGINE_HOUSE = """
name: engine house
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 10}
buses: [{id: house}, {id: radiator, carrier: heat}, {id: meter, carrier: gas}]
components:
  grid_connection:
    - {id: grid, bus: house, import_max_mw: 10, export_max_mw: 9,
       import_price_eur_per_mwh: [90, 90, -60, -60, -60, -60, 90, 90, 90, 5],
       export_price_eur_per_mwh: [85, 85, -65, -65, -65, -65, 85, 85, 85, 0]}
    - {id: gas, bus: meter, import_max_mw: 20, import_price_eur_per_mwh: 25}
  demand: [{id: load, bus: house, demand_mw: 1}, {id: heat, bus: radiator, demand_mw: 2}]
  boiler: [{id: boiler, heat_bus: radiator, fuel_bus: meter, heat_max_mw: 3, efficiency: 0.9}]
  chp:
    - {id: engine, electricity_bus: house, heat_bus: radiator, fuel_bus: meter, fuel_max_mw: 4,
       electric_efficiency: 0.4, heat_efficiency: 0.45, minimum_load_ratio: 0.5, start_cost_eur: 5,
       minimum_up_hours: 2, minimum_down_hours: 3, on_initially: true, hours_in_state_initially: 1}
    - {id: spare, electricity_bus: house, heat_bus: radiator, fuel_bus: meter, fuel_max_mw: 0.1,
       electric_efficiency: 0.3, heat_efficiency: 0.3}
  battery: [{id: cells, bus: house, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 2, energy_start_mwh: 1}]
"""

START = 1_735_689_600  # 2025-01-01T00:00Z
BUSES = (
    Bus(id="street", carrier="electricity"),
    Bus(id="house", carrier="electricity"),
    Bus(id="radiator", carrier="heat"),
    Bus(id="meter", carrier="gas"),
)


def random_case(seed: int, *, steps: int = 8, committed: bool = True) -> Case:
    """A case with up to two components of every kind, limits that bind, and steps of several lengths.

    Args:
        seed: Decides everything.
        steps: Length of the horizon.
        committed: Whether CHPs have commitment rules and prices may be negative; else the problem is convex.
    """
    chance = np.random.default_rng(seed)
    lengths = chance.choice([900, 1800, 3600, 7200], size=steps if chance.random() < 0.5 else 1)
    horizon = Horizon(START, np.broadcast_to(lengths, steps).astype(np.int64))
    low = -40.0 if committed else 5.0

    def series(least: float, most: float) -> np.ndarray[Any, Any]:
        return np.round(chance.uniform(least, most, steps), 3)

    def number(least: float, most: float) -> float:
        return float(np.round(chance.uniform(least, most), 3))

    def some(kind: str, least: int = 0) -> int:
        return int(chance.integers(least, 3))

    wanted = {kind: some(kind) for kind in KINDS}
    made: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    # A way out for everything that a draw could make infeasible.
    spot = series(low, 90)
    made["grid_connection"] = [
        dict(
            bus="street",
            import_max_mw=np.full(steps, 50.0),
            export_max_mw=series(0, 6),
            import_price_eur_per_mwh=spot + 10,
            export_price_eur_per_mwh=spot - number(0, 5),
        ),
        dict(
            bus="meter",
            import_max_mw=np.full(steps, 90.0),
            export_max_mw=np.zeros(steps),
            import_price_eur_per_mwh=np.full(steps, 30.0),
            export_price_eur_per_mwh=np.zeros(steps),
        ),
    ]
    made["tie"] = [
        dict(
            from_bus="street",
            to_bus="house",
            forward_max_mw=np.full(steps, 40.0),
            backward_max_mw=series(0, 3),
            loss_ratio=number(0, 0.1),
            fee_eur_per_mwh=number(0, 2),
        ),
    ]
    made["boiler"] = [
        dict(heat_bus="radiator", fuel_bus="meter", heat_max_mw=60.0, efficiency=0.9, cost_eur_per_mwh=1.0)
    ]
    for _ in range(wanted["renewable"]):
        made["renewable"].append(
            dict(
                bus="house",
                available_mw=series(0, 3),
                curtailable=bool(chance.random() < 0.7),
                cost_eur_per_mwh=number(-20, 20),
            )
        )
    for _ in range(wanted["demand"]):
        made["demand"].append(dict(bus=str(chance.choice(["street", "house", "radiator"])), demand_mw=series(0, 2)))
    for _ in range(wanted["flexible_demand"]):
        made["flexible_demand"].append(
            dict(
                bus=str(chance.choice(["house", "radiator"])),
                demand_mw=series(0, 2),
                shed_value_eur_per_mwh=number(0, 120),
                shed_max_ratio=float(chance.choice([0.0, 0.5, 1.0])),
                shift_max_mw=float(chance.choice([0.0, 0.5, 3.0])),
                shift_window_hours=float(chance.choice([0.0, 2.0, 4.0])),
            )
        )
    for _ in range(wanted["chp"]):
        rules = {}
        if committed:
            rules = dict(
                minimum_load_ratio=number(0, 0.8),
                start_cost_eur=number(0, 30),
                minimum_up_hours=number(0, 4),
                minimum_down_hours=number(0, 4),
                on_initially=bool(chance.random() < 0.5),
                hours_in_state_initially=number(0, 4),
            )
            rules = {name: rule for name, rule in rules.items() if chance.random() < 0.8}
        made["chp"].append(
            dict(
                electricity_bus="house",
                heat_bus="radiator",
                fuel_bus="meter",
                fuel_max_mw=number(1, 4),
                electric_efficiency=0.4,
                heat_efficiency=0.45,
                cost_eur_per_mwh=number(0, 5),
                **rules,
            )
        )
    for _ in range(wanted["heat_pump"]):
        made["heat_pump"].append(
            dict(
                electricity_bus="house",
                heat_bus="radiator",
                electric_max_mw=number(0, 1),
                cop=series(2, 4),
                cost_eur_per_mwh=number(0, 2),
            )
        )
    for kind, bus in (("battery", "house"), ("heat_store", "radiator")):
        for _ in range(wanted[kind]):
            start = number(0.5, 2)
            made[kind].append(
                dict(
                    bus=bus,
                    charge_max_mw=number(0, 2),
                    discharge_max_mw=number(0, 2),
                    energy_max_mwh=2.0 + number(0, 1),
                    energy_min_mwh=0.0,
                    energy_start_mwh=start,
                    energy_end_mwh=None if chance.random() < 0.6 else 0.5 * start,
                    charge_efficiency=number(0.8, 1),
                    discharge_efficiency=number(0.8, 1),
                    standing_loss_per_hour=float(chance.choice([0.0, 0.01, 0.1])),
                    discharge_cost_eur_per_mwh=number(0, 3),
                )
            )
            if made[kind][-1]["energy_end_mwh"] is not None and made[kind][-1]["standing_loss_per_hour"] > 0.01:
                made[kind][-1]["energy_end_mwh"] = None
    for _ in range(wanted["ev_session"]):
        arrival = START + int(chance.integers(-3600, horizon.end - START - 600))
        made["ev_session"].append(
            dict(
                bus="house",
                arrival=arrival,
                departure=arrival + int(chance.integers(3700, 20_000)),
                energy_needed_mwh=number(0, 2),
                energy_start_mwh=number(0, 1),
                energy_max_mwh=3.0,
                charge_max_mw=number(0.1, 2),
                charge_efficiency=0.9,
                discharge_efficiency=0.9,
                discharge_max_mw=float(chance.choice([0.0, 1.0])),
                discharge_cost_eur_per_mwh=number(0, 9),
                unserved_value_eur_per_mwh=number(60, 400),
            )
        )
    vehicle_rules(np.random.default_rng([seed, 5]), made["ev_session"], steps, committed=committed)
    components = {
        kind: tuple(KINDS[kind](id=f"{kind[:2]}{place}", **fields) for place, fields in enumerate(made[kind]))
        for kind in KINDS
        if made[kind]
    }
    return Case(
        name=f"random {seed}",
        horizon=horizon,
        parties=(Party(id="trader"),),
        buses=BUSES,
        components=components,
        orders=random_book(chance, int(chance.integers(0, 30)), steps),
        policy=Policy(),
    )


def vehicle_rules(chance: np.random.Generator, sessions: list[dict[str, Any]], steps: int, *, committed: bool) -> None:
    """Give sessions rules, in half of the cases; those that need binaries only where there may be any."""
    for session in sessions if chance.random() < 0.5 else []:
        most, start = session["charge_max_mw"], session["energy_start_mwh"]
        rules: list[dict[str, Any]] = [
            dict(charge_limit_mw=np.round(chance.uniform(0, 1.5 * most, steps), 3)),
            dict(throughput_max_mwh=float(np.round(chance.uniform(0, 1), 3)), energy_v2g_min_mwh=0.5 * start),
            dict(energy_needed_mwh=None, soc_departure_ratio=float(np.round(chance.uniform(0, 1), 3))),
            dict(count=int(chance.integers(1, 4))),
        ]
        if committed:
            steps_of = tuple(ChargeStep(power_mw=float(np.round(part * most, 3))) for part in (0.2, 0.5, 1.0))
            rules = [
                *rules[:-1],
                dict(charge_min_mw=float(np.round(0.6 * most, 3))),
                dict(charge_steps=steps_of),
                dict(energy_v2g_min_mwh=start + 0.4),
            ]
        chosen = [rule for rule in rules if chance.random() < 0.4]
        for rule in chosen:
            if not {"charge_min_mw", "charge_steps"} <= session.keys() | rule.keys():
                session.update(rule)


def random_book(chance: np.random.Generator, orders: int, steps: int) -> OrderBook:
    """Orders at the electricity and heat buses."""
    return OrderBook(
        id=np.array([f"o{place}" for place in range(orders)], dtype=np.str_),
        party=np.zeros(orders, dtype=np.int64),
        bus=chance.integers(0, 3, orders),
        step=chance.integers(0, steps, orders),
        side=chance.choice([BUY, SELL], orders),
        price_eur_per_mwh=np.round(chance.uniform(-10, 120, orders), 2),
        energy_mwh=np.round(chance.uniform(0.01, 1.0, orders), 3),
    )


@pytest.fixture(scope="session")
def make_case() -> Callable[..., Case]:
    """`random_case`, for tests."""
    return random_case


@pytest.fixture(scope="session")
def solved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Case, c4e_opt.Outcome]]:
    """The two written cases with their answers, by name."""
    found: dict[str, tuple[Case, c4e_opt.Outcome]] = {}
    for text in (SITE, ENGINE_HOUSE):
        path: Path = tmp_path_factory.mktemp("case") / "case.yaml"
        path.write_text(text, encoding="utf-8")
        case = c4e_opt.read_case(path)
        found[case.name] = case, c4e_opt.solve(case)
    return found
