"""Heat from gas, from electricity and from both."""

from __future__ import annotations

import pytest

from c4e_opt import solve
from tests.unit.small_cases import boiler, chp, grid, heat_pump, load, meter, prices, schedule, small_case


def test_the_gas_price_reaches_the_heat_price_through_the_boiler() -> None:
    """Gas at 30 and an efficiency of 0.75 make heat at 40: 2 MW for two hours cost 160."""
    case = small_case(grid_connection=[meter(30)], boiler=[boiler(efficiency=0.75)], demand=[load(2.0, "h")])
    outcome = solve(case)
    assert outcome.objective == pytest.approx(160.0)
    assert prices(outcome, "g") == pytest.approx([30.0, 30.0])
    assert prices(outcome, "h") == pytest.approx([40.0, 40.0])


def test_maintenance_of_a_boiler_is_part_of_the_heat_price() -> None:
    """30 / 0.75 + 5 = 45 per MWh of heat."""
    unit = boiler(efficiency=0.75, cost_eur_per_mwh=5.0)
    outcome = solve(small_case((60,), grid_connection=[meter(30)], boiler=[unit], demand=[load(2.0, "h")]))
    assert outcome.objective == pytest.approx(90.0)
    assert prices(outcome, "h") == pytest.approx([45.0])


@pytest.mark.parametrize(("price", "cost", "heat_price"), [(90.0, 30.0, 30.0), (150.0, 40.0, 40.0)])
def test_the_cheaper_of_heat_pump_and_boiler_makes_the_heat(price: float, cost: float, heat_price: float) -> None:
    """The pump makes heat at price / 3, the boiler at 40: 30 when power costs 90, 40 when it costs 150."""
    case = small_case(
        (60,),
        grid_connection=[grid(price), meter(30)],
        boiler=[boiler(efficiency=0.75)],
        heat_pump=[heat_pump()],
        demand=[load(1.0, "h")],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(cost)
    assert prices(outcome, "h") == pytest.approx([heat_price])


def test_the_boiler_sets_the_price_once_the_heat_pump_is_at_its_limit() -> None:
    """0.1 MW at 90 give 0.3 MW of heat, the boiler the other 0.7 MW at 40: 9 + 28 = 37."""
    case = small_case(
        (60,),
        grid_connection=[grid(90), meter(30)],
        boiler=[boiler(efficiency=0.75)],
        heat_pump=[heat_pump(electric_max_mw=0.1)],
        demand=[load(1.0, "h")],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(37.0)
    assert prices(outcome, "h") == pytest.approx([40.0])
    assert schedule(outcome, "heat_pump_electric_mw") == pytest.approx([0.1])


def test_the_cop_of_each_step_counts() -> None:
    """Heat of 1 MW: 60 / 2 + 60 / 4 = 45; the maintenance of 6 per electric MWh adds 3 + 1.5: 49.5."""
    pump = heat_pump(cop=[2.0, 4.0], cost_eur_per_mwh=6.0)
    outcome = solve(small_case(grid_connection=[grid(60)], heat_pump=[pump], demand=[load(1.0, "h")]))
    assert outcome.objective == pytest.approx(49.5)
    assert prices(outcome, "h") == pytest.approx([33.0, 16.5])


def test_an_electric_boiler_carries_the_power_price_into_the_heat() -> None:
    """A boiler at bus e with an efficiency of 0.5 makes heat at twice the power price."""
    unit = boiler(fuel_bus="e", efficiency=0.5)
    outcome = solve(small_case((60,), grid_connection=[grid(70)], boiler=[unit], demand=[load(1.0, "h")]))
    assert outcome.objective == pytest.approx(140.0)
    assert prices(outcome, "h") == pytest.approx([140.0])


def test_heat_of_a_chp_is_a_by_product_of_its_power() -> None:
    """Only the CHP can give power: 1 MWh takes 2.5 of gas at 30 and gives 1 of heat, all of it wanted: 75.

    One more MWh of power would leave 1 MWh of heat over, which the boiler makes 1 MWh less of: 75 - 40 = 35.
    """
    case = small_case(
        (60,),
        grid_connection=[meter(30)],
        boiler=[boiler(efficiency=0.75)],
        chp=[chp(fuel_max_mw=10.0)],
        demand=[load(1.0), load(1.5, "h")],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(75.0 + 0.5 * 40)
    assert prices(outcome, "e") == pytest.approx([35.0])
    assert prices(outcome, "h") == pytest.approx([40.0])
