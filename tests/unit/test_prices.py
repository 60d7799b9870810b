"""Prices against their definition: solve again with 1 kWh more demand and compare the costs."""

from __future__ import annotations

import numpy as np
import pytest

from c4e_opt import Case, SolveOptions, solve
from c4e_opt.formulate import formulate
from tests.unit.small_cases import (
    battery,
    boiler,
    chp,
    grid,
    heat_pump,
    load,
    meter,
    objective_of,
    order_columns,
    small_case,
    tank,
    tie,
    with_more_demand,
)

KWH = 1e-3


def town(**fields: object) -> Case:
    """Two electricity buses, heat and gas, with steps of 15, 60 and 30 minutes; nothing at a limit by accident."""
    return small_case(
        (15, 60, 30),
        buses=[{"id": "e"}, {"id": "b"}, {"id": "h", "carrier": "heat"}, {"id": "g", "carrier": "gas"}],
        grid_connection=[grid([31.7, 88.3, 62.9], export_max_mw=0.4, export_price_eur_per_mwh=12.1), meter(29.3)],
        renewable=[{"id": "pv", "bus": "b", "available_mw": [0.31, 0.02, 0.77]}],
        demand=[
            load([1.13, 1.57, 0.91]),
            load([0.41, 0.63, 0.29], "b"),
            load([0.87, 1.19, 0.93], "h"),
            load(0.05, "g"),
        ],
        chp=[chp(fuel_max_mw=1.7, **fields)],  # type: ignore[arg-type]
        boiler=[boiler(efficiency=0.91, heat_max_mw=0.53)],
        heat_pump=[heat_pump(electric_max_mw=0.37, cop=[2.9, 3.1, 3.3])],
        battery=[battery(energy_start_mwh=0.23, energy_end_mwh=0.19, charge_efficiency=0.93, energy_max_mwh=0.61)],
        heat_store=[tank(energy_start_mwh=0.11, standing_loss_per_hour=0.02, energy_max_mwh=0.47)],
        tie=[tie(id="t", from_bus="e", to_bus="b", forward_max_mw=0.47, loss_ratio=0.03)],
        orders=order_columns(("s", "b", "sell", 1, 71.3, 0.17), ("w", "e", "buy", 2, 64.7, 0.13)),
    )


def cells(case: Case) -> list[tuple[str, int]]:
    return [(bus.id, step) for bus in case.buses for step in range(case.horizon.steps)]


@pytest.mark.parametrize(("bus", "step"), cells(town()))
def test_a_price_is_what_one_more_kwh_of_demand_costs(bus: str, step: int) -> None:
    case = town()
    outcome, more = solve(case), solve(with_more_demand(case, bus, step, KWH))
    less = solve(with_more_demand(case, bus, step, -KWH))
    place = [each.id for each in case.buses].index(bus)
    price = outcome.price_table.values("price_eur_per_mwh")[place, step]
    assert outcome.objective is not None
    assert more.objective is not None
    assert less.objective is not None
    rise, fall = (more.objective - outcome.objective) / KWH, (outcome.objective - less.objective) / KWH
    assert rise == pytest.approx(fall, rel=1e-5), "the case is at a kink here; choose other numbers"
    assert price == pytest.approx(rise, rel=1e-5)


@pytest.mark.parametrize(("bus", "step"), cells(town()))
def test_a_price_at_the_fixed_commitment_is_what_one_more_kwh_costs_with_the_units_as_they_are(
    bus: str, step: int
) -> None:
    case = town(start_cost_eur=3.0, minimum_load_ratio=0.6, minimum_up_hours=1.0)
    outcome = solve(case, SolveOptions(gap=0.0))
    assert outcome.price_basis == "of the fixed commitment"
    place = [each.id for each in case.buses].index(bus)
    price = outcome.price_table.values("price_eur_per_mwh")[place, step]
    costs: list[float] = []
    for amount in (-KWH, 0.0, KWH):
        formulation = formulate(with_more_demand(case, bus, step, amount))
        matrices = formulation.program.matrices()
        chosen = np.zeros(matrices.columns)
        for name, variable in formulation.program.variables.items():
            if variable.integral:
                values = outcome.schedule_table.values(name).ravel()
                chosen[variable.start : variable.stop] = values[variable.cells]
        costs.append(objective_of(matrices.with_fixed(matrices.integral, chosen)))
    assert costs[1] == pytest.approx(outcome.objective)
    assert (costs[2] - costs[1]) == pytest.approx(costs[1] - costs[0], rel=1e-5)
    assert price == pytest.approx((costs[2] - costs[1]) / KWH, rel=1e-5)


def test_the_commitment_of_the_priced_case_matters() -> None:
    """The rules of the second test do change the schedule; otherwise it would say no more than the first."""
    free, bound = solve(town()), solve(town(start_cost_eur=3.0, minimum_load_ratio=0.6, minimum_up_hours=1.0))
    assert free.objective is not None
    assert bound.objective is not None
    assert bound.objective > free.objective + 0.1
    assert bound.size["integers"] > 0
