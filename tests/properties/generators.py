"""Small random cases for anybody's tests: always feasible, with whole kW, kWh and cents so that no unit rounds them.

`cases()` is a strategy; `document(seed)` is one plain document with the same numbers for the same seed, in MW or in kW.
Two electricity buses with a tie, heat and gas; every kind of component may occur. Numbers come from a seeded generator
and not from hypothesis, which would shrink them to zeros and ties, where optima and prices are not unique.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import strategies as st

from c4e_opt import Case
from c4e_opt.case.build import Builder
from c4e_opt.components.demand import Demand
from c4e_opt.components.renewable import Renewable
from tests.properties.exchange import add_exchange
from tests.properties.grids import add_grid
from tests.properties.laws import add_laws
from tests.properties.machines import add_machines
from tests.properties.orders import add_market
from tests.properties.plants import add_plants
from tests.properties.reservoirs import add_reservoirs
from tests.properties.vehicles import add_vehicles

Document = dict[str, Any]

START = datetime(2025, 3, 1, 12, tzinfo=UTC)
PARTIES = ("ann", "bob", "cid")
BUSES = (
    {"id": "e1", "site": "north"},
    {"id": "e2", "site": "south"},
    {"id": "heat", "carrier": "heat"},
    {"id": "gas", "carrier": "gas"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a random case may hold.

    Attributes:
        steps: Number of steps; 0 for a random number from 2 to 5.
        commitment: Whether the CHP has rules, which makes the case mixed-integer.
        negative: Whether prices may be negative, which makes flows both ways attractive.
        orders: Number of orders; -1 for a random number up to 8.
        components: Whether there are components at all; without them the case is an auction.
        times: How often the horizon and all series are repeated.
        laws: Whether laws of sites bind the components.
        grid: Whether there are lines.
        market: Whether orders are of every kind, with complex orders and a market; an auction has European prices.
    """

    steps: int = 0
    commitment: bool = False
    negative: bool = False
    orders: int = -1
    components: bool = True
    times: int = 1
    laws: bool = False
    grid: bool = False
    market: bool = False


class _Draw:
    """Whole kW, kWh and cents from a seed, written in the units of a document."""

    def __init__(self, seed: int | list[int], per_mw: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.per_mw = per_mw

    def kilo(self, lower: float, upper: float) -> float:
        """A power or an energy between bounds in kW or kWh."""
        number = int(self.rng.integers(int(lower), int(upper) + 1))
        return number if self.per_mw == 1000 else number / 1000

    def kilos(self, count: int, lower: float, upper: float) -> list[float]:
        return [self.kilo(lower, upper) for _ in range(count)]

    def cents(self, lower: float, upper: float) -> float:
        """A price in currency per MWh, to the cent."""
        return int(self.rng.integers(int(lower * 100), int(upper * 100) + 1)) / 100

    def prices(self, count: int, lower: float, upper: float) -> list[float]:
        return [self.cents(lower, upper) for _ in range(count)]

    def ratio(self, lower: float, upper: float) -> float:
        return round(float(self.rng.uniform(lower, upper)), 3)

    def maybe(self, chance: float = 0.6) -> bool:
        return bool(self.rng.random() < chance)

    def party(self) -> str:
        return str(self.rng.choice(PARTIES))


def document(seed: int, shape: Shape | None = None, *, kilo: bool = False) -> Document:
    """A plain document of a random case.

    Args:
        seed: The same seed gives the same numbers.
        shape: What the case may hold.
        kilo: Write powers in kW and energies in kWh instead of MW and MWh.
    """
    wanted = shape or Shape()
    draw = _Draw(seed, 1000 if kilo else 1)
    steps = wanted.steps or int(draw.rng.integers(2, 6))
    minutes = [int(m) for m in draw.rng.choice([15, 30, 60], steps)]
    case: Document = {
        "name": f"random {seed}",
        "horizon": {"start": START.isoformat(), "step_minutes": minutes},
        "parties": [{"id": name} for name in PARTIES],
        "buses": [dict(bus) for bus in BUSES],
        "components": _components(draw, minutes, wanted) if wanted.components else {},
    }
    if wanted.components:
        _add_loads(_Draw([seed, 1], draw.per_mw), case["components"], minutes, wanted)
        add_reservoirs(_Draw([seed, 2], draw.per_mw), case["components"], minutes, every=wanted.commitment)
        add_plants(_Draw([seed, 4], draw.per_mw), case["components"], minutes, committed=wanted.commitment)
        machines = _Draw([seed, 5], draw.per_mw)
        add_machines(machines, case["components"], case["buses"], minutes, committed=wanted.commitment)
    if wanted.components:
        vehicles = {"committed": wanted.commitment, "negative": wanted.negative}
        add_vehicles(_Draw([seed, 6], draw.per_mw), case["components"], START, minutes, **vehicles)
    if wanted.components:
        exchange = _Draw([seed, 7], draw.per_mw)
        add_exchange(exchange, case["components"], case["buses"], minutes, committed=wanted.commitment)
    if wanted.components and wanted.grid:
        add_grid(_Draw([seed, 8], draw.per_mw), case["components"], case["buses"], minutes)
    if wanted.components and wanted.laws:
        add_laws(_Draw([seed, 3], draw.per_mw), case["components"], START, minutes)
        for tie in case["components"].get("tie", []):  # laws that ask for a direction bind no such losses
            if tie.pop("loss_segments", None):
                tie.pop("loss_fixed_mw")
                tie["loss_ratio"] = 0.05
    if kilo:
        case["units"] = {"power": "kW", "energy": "kWh"}
    count = int(draw.rng.integers(0, 9)) if wanted.orders < 0 else wanted.orders
    if count or not wanted.components:
        case["orders"] = _orders(draw, steps, max(count, 1), auction=not wanted.components)
    if wanted.market:
        add_market(_Draw([seed, 9], draw.per_mw), case, steps)
        case["policy"] = {"pricing": "marginal" if wanted.components else "european"}
    case = _renamed(case) if kilo else case
    return repeated(case, wanted.times) if wanted.times > 1 else case


def _components(draw: _Draw, minutes: list[int], shape: Shape) -> dict[str, list[Document]]:
    steps = len(minutes)
    low = -80.0 if shape.negative else 15.0
    imports = draw.prices(steps, low, 120.0)
    exports = [round(0.8 * price - 5.0 - (30.0 if price < 0 else 0.0), 2) for price in imports]
    found: dict[str, list[Document]] = {
        "grid_connection": [
            {
                "id": "grid",
                "bus": "e1",
                "owner": "ann",
                "import_max_mw": draw.kilo(9000, 9999),
                "export_max_mw": draw.kilos(steps, 100, 900),
                "import_price_eur_per_mwh": imports,
                "export_price_eur_per_mwh": exports,
            },
            {
                "id": "diesel",
                "bus": "e2",
                "import_max_mw": draw.kilo(5000, 6000),
                "import_price_eur_per_mwh": draw.cents(300, 400),
            },
            {
                "id": "meter",
                "bus": "gas",
                "import_max_mw": draw.kilo(20000, 30000),
                "import_price_eur_per_mwh": draw.cents(25, 60),
            },
        ],
        "demand": [
            {"id": "town", "bus": "e1", "owner": "bob", "demand_mw": draw.kilos(steps, 400, 1900)},
            {"id": "village", "bus": "e2", "owner": "cid", "demand_mw": draw.kilos(steps, 100, 900)},
            {"id": "rooms", "bus": "heat", "demand_mw": draw.kilos(steps, 200, 1400)},
            {"id": "kitchens", "bus": "gas", "demand_mw": draw.kilo(10, 90)},
        ],
        "boiler": [
            {
                "id": "boiler",
                "heat_bus": "heat",
                "fuel_bus": "gas",
                "heat_max_mw": draw.kilo(2500, 3500),
                "efficiency": draw.ratio(0.8, 0.98),
                "cost_eur_per_mwh": draw.cents(0, 3),
            }
        ],
        "tie": [
            {
                "id": "cable",
                "from_bus": "e1",
                "to_bus": "e2",
                "owner": "ann",
                "forward_max_mw": draw.kilos(steps, 50, 1100),
                "backward_max_mw": draw.kilo(50, 600),
                "loss_ratio": draw.ratio(0.005, 0.08),
                "fee_eur_per_mwh": draw.cents(0.1, 4),
            }
        ],
    }
    _add_sources(draw, found, steps, shape)
    _add_stores(draw, found)
    _add_flexible(draw, found, minutes)
    return found


def _add_sources(draw: _Draw, found: dict[str, list[Document]], steps: int, shape: Shape) -> None:
    if draw.maybe(0.8):
        found["renewable"] = [{"id": "pv", "bus": "e2", "owner": "cid", "available_mw": draw.kilos(steps, 0, 1500)}]
    if draw.maybe():
        found["heat_pump"] = [
            {
                "id": "pump",
                "electricity_bus": "e1",
                "heat_bus": "heat",
                "electric_max_mw": draw.kilo(50, 300),
                "cop": [draw.ratio(1.8, 4.5) for _ in range(steps)],
                "cost_eur_per_mwh": draw.cents(0, 2),
            }
        ]
    if draw.maybe() or shape.commitment:
        unit: Document = {
            "id": "chp",
            "electricity_bus": "e1",
            "heat_bus": "heat",
            "fuel_bus": "gas",
            "owner": "bob",
            "fuel_max_mw": draw.kilo(300, 1500),
            "electric_efficiency": draw.ratio(0.3, 0.42),
            "heat_efficiency": draw.ratio(0.4, 0.5),
            "cost_eur_per_mwh": draw.cents(1, 5),
        }
        if shape.commitment:
            unit |= {
                "minimum_load_ratio": draw.ratio(0.2, 0.5),
                "start_cost_eur": draw.cents(1, 25),
                "minimum_up_hours": float(draw.rng.choice([0.5, 1.0, 1.5])),
                "minimum_down_hours": float(draw.rng.choice([0.5, 1.0, 1.5])),
                "hours_in_state_initially": float(draw.rng.choice([0.25, 0.75, 8.0])),
            }
        found["chp"] = [unit]


def _store(draw: _Draw, name: str, bus: str) -> Document:
    size = draw.kilo(300, 2000)
    return {
        "id": name,
        "bus": bus,
        "owner": draw.party(),
        "charge_max_mw": draw.kilo(100, 900),
        "discharge_max_mw": draw.kilo(100, 900),
        "energy_max_mwh": size,
        "energy_start_mwh": draw.kilo(10, 290),
        "charge_efficiency": draw.ratio(0.85, 0.98),
        "discharge_efficiency": draw.ratio(0.85, 0.98),
        "standing_loss_per_hour": draw.ratio(0.001, 0.03),
        "discharge_cost_eur_per_mwh": draw.cents(0.5, 6),
    }


def _add_stores(draw: _Draw, found: dict[str, list[Document]]) -> None:
    if draw.maybe(0.8):
        found["battery"] = [_store(draw, "battery 1", "e1")]
        if draw.maybe(0.4):
            found["battery"].append(_store(draw, "battery 2", "e2"))
    if draw.maybe():
        found["heat_store"] = [_store(draw, "tank", "heat")]


def _add_flexible(draw: _Draw, found: dict[str, list[Document]], minutes: list[int]) -> None:
    span = sum(minutes)
    if draw.maybe():
        sessions: list[Document] = []
        for place in range(int(draw.rng.integers(1, 4))):
            arrival = int(draw.rng.integers(0, span - 10))
            departure = int(draw.rng.integers(arrival + 5, span + 1))
            sessions.append(
                {
                    "id": f"car {place}",
                    "bus": "e2" if place % 2 else "e1",
                    "owner": draw.party(),
                    "arrival": (START + timedelta(minutes=arrival)).isoformat(),
                    "departure": (START + timedelta(minutes=departure)).isoformat(),
                    "energy_start_mwh": draw.kilo(5, 20),
                    "energy_needed_mwh": draw.kilo(1, 30),
                    "energy_max_mwh": draw.kilo(55, 80),
                    "charge_max_mw": draw.kilo(7, 50),
                    "discharge_max_mw": draw.kilo(5, 20) if draw.maybe(0.5) else 0.0,
                    "charge_efficiency": draw.ratio(0.85, 0.95),
                    "discharge_efficiency": draw.ratio(0.85, 0.95),
                    "discharge_cost_eur_per_mwh": draw.cents(1, 9),
                    "unserved_value_eur_per_mwh": draw.cents(800, 1200),
                }
            )
        found["ev_session"] = sessions
    if draw.maybe():
        found["flexible_demand"] = [
            {
                "id": "bakery",
                "bus": "e1",
                "owner": draw.party(),
                "demand_mw": draw.kilos(len(minutes), 50, 400),
                "shed_value_eur_per_mwh": draw.cents(90, 600),
                "shed_max_ratio": draw.ratio(0.1, 1.0),
                "shift_max_mw": draw.kilo(0, 200),
                "shift_window_hours": float(draw.rng.choice([0.0, 0.5, 1.0, 2.0])),
            }
        ]


def _add_loads(draw: _Draw, found: dict[str, list[Document]], minutes: list[int], shape: Shape) -> None:
    """Loads that wait or are interrupted; with rules on their runs, and one that runs once, only with commitment."""
    span = sum(minutes)
    window = {"earliest": START.isoformat(), "latest": (START + timedelta(minutes=span)).isoformat()}
    if draw.maybe() or shape.commitment:
        found["deferrable_load"] = [
            {
                "id": "pump",
                "bus": "e2",
                "owner": draw.party(),
                "earliest": (START + timedelta(minutes=int(draw.rng.integers(0, span // 2)))).isoformat(),
                "latest": window["latest"],
                "energy_needed_mwh": draw.kilo(20, 90),
                "power_max_mw": draw.kilo(150, 300),
                "unserved_value_eur_per_mwh": draw.cents(700, 900),
                **({"power_min_mw": draw.kilo(30, 90), "minimum_up_hours": 0.5} if shape.commitment else {}),
            }
        ]
    if draw.maybe() or shape.commitment:
        rules = {"reduction_min_ratio": draw.ratio(0.2, 0.4), "interruption_max_hours": 1.0, "rest_min_hours": 0.5}
        found["interruptible_load"] = [
            {
                "id": "cold room",
                "bus": "e1",
                "owner": draw.party(),
                "demand_mw": draw.kilos(len(minutes), 20, 200),
                "reduction_max_ratio": draw.ratio(0.5, 1.0),
                "cost_eur_per_mwh": draw.cents(5, 70),
                **({**rules, "interruptions_max": 1} if shape.commitment else {}),
            }
        ]
    if shape.commitment:
        found["shiftable_load"] = [
            {
                "id": "washer",
                "bus": "e1",
                "owner": draw.party(),
                **window,
                "phases": [{"hours": 0.25, "power_mw": draw.kilo(10, 90)}],
                "unserved_value_eur_per_mwh": draw.cents(700, 900),
            }
        ]


def _orders(draw: _Draw, steps: int, count: int, *, auction: bool) -> Document:
    sides = [str(side) for side in draw.rng.choice(["buy", "sell"], count)]
    middle = 60.0
    spread = 45.0 if auction else 30.0
    return {
        "id": [f"o{place:03}" for place in range(count)],
        "party": [draw.party() for _ in range(count)],
        "bus": [str(bus) for bus in draw.rng.choice(["e1", "e2"], count)],
        "step": [int(step) for step in draw.rng.integers(0, steps, count)],
        "side": sides,
        "price_eur_per_mwh": draw.prices(count, middle - spread, middle + spread),
        "energy_mwh": draw.kilos(count, 5, 250),
    }


def _renamed(case: Document) -> Document:
    """The same document with names that end in kW and kWh."""

    def name(key: str) -> str:
        if key.endswith(("_per_mwh", "_per_mw")):
            return key
        for inner, outer in (("_mwh", "_kwh"), ("_mw", "_kw")):
            if key.endswith(inner):
                return key.removesuffix(inner) + outer
        return key

    def walk(content: Any) -> Any:
        if isinstance(content, Mapping):
            return {name(str(key)): walk(entry) for key, entry in content.items()}
        return [walk(entry) for entry in content] if isinstance(content, list) else content

    renamed: Document = walk(case)
    return renamed


def repeated(case: Document, times: int) -> Document:
    """The same case over a horizon that is so many times as long, every series repeated."""
    longer = deepcopy(case)
    steps = len(case["horizon"]["step_minutes"])
    longer["horizon"]["step_minutes"] = case["horizon"]["step_minutes"] * times

    def repeat(record: Document) -> None:
        for key, content in record.items():
            if isinstance(content, list) and content and isinstance(content[0], dict):
                for part in content:
                    repeat(part)
            elif isinstance(content, list) and len(content) == steps and not isinstance(content[0], str):
                record[key] = content * times

    for records in longer["components"].values():
        for record in records:
            repeat(record)
    return longer


def case_of(content: Mapping[str, Any]) -> Case:
    """The case of a plain document."""
    return Builder(content, {}).case()


def documents(shape: Shape | None = None) -> st.SearchStrategy[Document]:
    """Plain documents of random cases."""
    return st.integers(0, 2**31 - 1).map(lambda seed: document(seed, shape))


def cases(shape: Shape | None = None) -> st.SearchStrategy[Case]:
    """Random cases."""
    return documents(shape).map(case_of)


def with_energy(case: Case, bus: str, step: int, energy_mwh: float) -> Case:
    """The same case with a little more energy wanted at a bus in a step, or less where negative."""
    power = np.zeros(case.horizon.steps)
    power[step] = abs(energy_mwh) / case.horizon.hours[step]
    if energy_mwh >= 0:
        kind, extra = "demand", Demand(id="one more", bus=bus, demand_mw=power)
    else:
        kind, extra = "renewable", Renewable(id="one less", bus=bus, available_mw=power, curtailable=False)
    return replace(case, components={**case.components, kind: (*case.components.get(kind, ()), extra)})
