"""Cases small enough to be solved by hand: a few buses, defaults that stay out of the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt import Case, Outcome, solve
from c4e_opt.case.build import Builder
from c4e_opt.components.demand import Demand
from c4e_opt.components.renewable import Renewable
from c4e_opt.formulate import formulate
from c4e_solvers import Matrices, SolverOptions
from c4e_solvers import solve as solve_matrices

BUSES = ({"id": "e"}, {"id": "h", "carrier": "heat"}, {"id": "g", "carrier": "gas"})
START = "2025-01-01T00:00Z"

Record = dict[str, Any]


def small_case(
    minutes: Sequence[int] = (60, 60),
    *,
    buses: Sequence[Record] = BUSES,
    orders: Mapping[str, Any] | None = None,
    policy: Mapping[str, Any] | None = None,
    **components: list[Record],
) -> Case:
    """A case whose steps last `minutes`; a few buses: e (electricity), h (heat), g (gas)."""
    document: Record = {
        "name": "small",
        "horizon": {"start": START, "step_minutes": list(minutes)},
        "parties": [{"id": "p"}, {"id": "q"}],
        "buses": list(buses),
        "components": components,
    }
    if orders is not None:
        document["orders"] = orders
    if policy is not None:
        document["policy"] = policy
    return Builder(document, {}).case()


def grid(price: Any, **fields: Any) -> Record:
    """A wide connection at bus e that only imports, at the given price."""
    return {"id": "grid", "bus": "e", "import_max_mw": 100.0, "import_price_eur_per_mwh": price, **fields}


def meter(price: Any = 30.0) -> Record:
    """A wide gas meter at bus g."""
    return grid(price, id="meter", bus="g")


def load(power: Any, bus: str = "e", **fields: Any) -> Record:
    """A demand at a bus."""
    return {"id": f"load_{bus}", "bus": bus, "demand_mw": power, **fields}


def battery(**fields: Any) -> Record:
    """A battery of 1 MW and 1 MWh, empty, without losses unless said."""
    return {
        "id": "b",
        "bus": "e",
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "energy_max_mwh": 1.0,
        "energy_start_mwh": 0.0,
        "charge_efficiency": 1.0,
        "discharge_efficiency": 1.0,
        **fields,
    }


def tank(**fields: Any) -> Record:
    """A heat store of 1 MW and 1 MWh at bus h, empty."""
    return {
        "id": "tank",
        "bus": "h",
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "energy_max_mwh": 1.0,
        "energy_start_mwh": 0.0,
        **fields,
    }


def store(**fields: Any) -> Record:
    """A store of 1 MW and 2 MWh at bus e, empty."""
    return {
        "id": "s",
        "bus": "e",
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "energy_max_mwh": 2.0,
        "energy_start_mwh": 0.0,
        **fields,
    }


def stratified_store(**fields: Any) -> Record:
    """A tank of 1 MW and 1 MWh between 60 and 40 °C at bus h, half hot, that loses nothing unless said."""
    return {
        "id": "tank",
        "bus": "h",
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "temperature_hot_c": 60.0,
        "temperature_cold_c": 40.0,
        "energy_max_mwh": 1.0,
        "standing_loss_per_hour": 0.0,
        "fixed_loss_mw": 0.0,
        "level_start_ratio": 0.5,
        **fields,
    }


def building(**fields: Any) -> Record:
    """A building at bus h of 0.5 MWh/K and 20 K/MW, at 20 °C, with 0 °C outdoors."""
    return {
        "id": "house",
        "heat_bus": "h",
        "heat_max_mw": 10.0,
        "capacity_mwh_per_k": 0.5,
        "resistance_k_per_mw": 20.0,
        "temperature_start_c": 20.0,
        "outdoor_temperature_c": 0.0,
        **fields,
    }


def chp(**fields: Any) -> Record:
    """A CHP of 1 MW fuel that gives 0.4 MW of power and 0.4 MW of heat."""
    return {
        "id": "c",
        "electricity_bus": "e",
        "heat_bus": "h",
        "fuel_bus": "g",
        "fuel_max_mw": 1.0,
        "electric_efficiency": 0.4,
        "heat_efficiency": 0.4,
        **fields,
    }


def boiler(**fields: Any) -> Record:
    """A wide boiler from gas to heat, without losses unless said."""
    return {"id": "k", "heat_bus": "h", "fuel_bus": "g", "heat_max_mw": 100.0, "efficiency": 1.0, **fields}


def heat_pump(**fields: Any) -> Record:
    """A wide heat pump with a COP of 3."""
    return {"id": "hp", "electricity_bus": "e", "heat_bus": "h", "electric_max_mw": 100.0, "cop": 3.0, **fields}


def chiller(**fields: Any) -> Record:
    """A wide chiller with an EER of 3, from bus e to bus c."""
    return {"id": "ch", "electricity_bus": "e", "cooling_bus": "c", "electric_max_mw": 100.0, "eer": 3.0, **fields}


def electrolyser(**fields: Any) -> Record:
    """An electrolyser of 1 MW from bus e to bus y, with an efficiency of 0.5."""
    buses = {"electricity_bus": "e", "hydrogen_bus": "y"}
    return {"id": "el", **buses, "electric_max_mw": 1.0, "efficiency": 0.5, **fields}


def fuel_cell(**fields: Any) -> Record:
    """A fuel cell that takes 1 MW of hydrogen from bus y and gives half of it as power to bus e."""
    buses = {"hydrogen_bus": "y", "electricity_bus": "e"}
    return {"id": "fc", **buses, "hydrogen_max_mw": 1.0, "electric_efficiency": 0.5, **fields}


def generator(**fields: Any) -> Record:
    """A generator of 1 MW at bus e."""
    return {"id": "gen", "bus": "e", "power_max_mw": 1.0, **fields}


def converter(**fields: Any) -> Record:
    """A converter of 1 MW from bus e to bus h, without losses unless said."""
    outputs = [{"bus": "h", "efficiency": 1.0}]
    return {"id": "con", "input_bus": "e", "input_max_mw": 1.0, "outputs": outputs, **fields}


def vehicle(arrival: str, departure: str, **fields: Any) -> Record:
    """A session of a vehicle of 1 MW and 1 MWh, empty, without losses unless said; times of day in UTC."""
    return {
        "id": "ev",
        "bus": "e",
        "arrival": f"2025-01-01T{arrival}Z",
        "departure": f"2025-01-01T{departure}Z",
        "energy_needed_mwh": 0.0,
        "energy_max_mwh": 1.0,
        "charge_max_mw": 1.0,
        "charge_efficiency": 1.0,
        "discharge_efficiency": 1.0,
        **fields,
    }


def tie(**fields: Any) -> Record:
    """A tie from bus a to bus b, 1 MW both ways."""
    return {"id": "t", "from_bus": "a", "to_bus": "b", "forward_max_mw": 1.0, "backward_max_mw": 1.0, **fields}


def margin(name: str, ptdf: Mapping[str, Any], **fields: Any) -> Record:
    """A flow-based constraint with the PTDF of its zones."""
    zones = [{"bus": bus, "ptdf_ratio": ratio} for bus, ratio in ptdf.items()]
    return {"id": name, "zones": zones, **fields}


def heat_pipe(**fields: Any) -> Record:
    """A heat pipe of 2 MW from bus h1 to bus h2, without losses unless said, between 80, 50 and 10 °C."""
    return {"id": "pipe", "from_bus": "h1", "to_bus": "h2", "forward_max_mw": 2.0, **fields}


def gas_pipe(**fields: Any) -> Record:
    """A gas pipe of 4 MW either end from bus g1 to bus g2, that holds 1 MWh of at most 3 MWh."""
    ends = {"from_bus": "g1", "to_bus": "g2", "inflow_max_mw": 4.0, "outflow_max_mw": 4.0}
    return {"id": "pipe", **ends, "linepack_max_mwh": 3.0, "linepack_start_mwh": 1.0, **fields}


def order_columns(*orders: tuple[str, str, str, int, float, float]) -> dict[str, Any]:
    """Order columns from rows (id, bus, side, step, price, energy), all of party p."""
    names = ("id", "bus", "side", "step", "price_eur_per_mwh", "energy_mwh")
    columns: dict[str, Any] = {name: [row[place] for row in orders] for place, name in enumerate(names)}
    return {**columns, "party": ["p"] * len(orders)}


def book(*orders: Record) -> dict[str, Any]:
    """Order columns from orders that say what differs from: of party p, at bus e, in step 0."""
    plain: Record = {"party": "p", "bus": "e", "step": 0}
    names = dict.fromkeys(name for each in (plain, *orders) for name in each)
    return {name: [each.get(name, plain.get(name, "")) for each in orders] for name in names}


def schedule(outcome: Outcome, name: str) -> list[Any]:
    """A quantity of the schedule of the one component of its kind, step by step."""
    values = outcome.schedule_table.values(name)
    return values[0].tolist() if values.ndim == 2 else values.tolist()


def prices(outcome: Outcome, bus: str) -> list[float]:
    """The prices of a bus, step by step."""
    place = outcome.price_table.labels["bus"].tolist().index(bus)
    return outcome.price_table.values("price_eur_per_mwh")[place].tolist()


def with_more_demand(case: Case, bus: str, step: int, energy_mwh: float) -> Case:
    """The same case with a little more energy wanted at a bus in a step, or less where negative."""
    power = np.zeros(case.horizon.steps)
    power[step] = abs(energy_mwh) / case.horizon.hours[step]
    if energy_mwh >= 0:
        kind, extra = "demand", Demand(id="one more", bus=bus, demand_mw=power)
    else:
        kind, extra = "renewable", Renewable(id="one less", bus=bus, available_mw=power, curtailable=False)
    components = {**case.components, kind: (*case.components.get(kind, ()), extra)}
    return replace(case, components=components)


def relaxed_objective(case: Case) -> float:
    """The optimum when nothing forbids flows both ways in one step."""
    solution = solve_matrices(formulate(case).program.matrices())
    assert solution.objective is not None
    return solution.objective


def objective_of(matrices: Matrices) -> float:
    """The optimum of a standard form, without a gap."""
    solution = solve_matrices(matrices, SolverOptions(relative_gap=0.0))
    assert solution.objective is not None, solution.termination
    return solution.objective


def optimum(case: Case) -> float:
    """The objective of a case."""
    outcome = solve(case)
    assert outcome.objective is not None, outcome.termination
    return outcome.objective
