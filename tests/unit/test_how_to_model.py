"""Rows of docs/how_to_model.md that no other test shows: what a planner asks for, said with the kinds there are."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from tests.unit.small_cases import (
    BUSES,
    boiler,
    chiller,
    chp,
    converter,
    electrolyser,
    fuel_cell,
    generator,
    grid,
    load,
    meter,
    optimum,
    schedule,
    small_case,
    store,
)

WIDE = [
    *BUSES,
    {"id": "c", "carrier": "cooling"},
    {"id": "y", "carrier": "hydrogen"},
    {"id": "air", "carrier": "other"},
    {"id": "biomass", "carrier": "other"},
]


def site(minutes: tuple[int, ...] = (60, 60), **components: Any) -> Case:
    return small_case(minutes, buses=WIDE, **components)


def test_wind_gives_what_blows_and_may_be_curtailed() -> None:
    """3 MW and 0.4 MW of wind against 1 MW: 2 MW are curtailed, then 0.6 MWh are bought at 50."""
    farm = {"id": "farm", "bus": "e", "technology": "wind", "available_mw": [3.0, 0.4]}
    outcome = solve(site(grid_connection=[grid(50)], demand=[load(1.0)], renewable=[farm]))
    assert outcome.objective == pytest.approx(30.0)
    assert schedule(outcome, "renewable_power_mw") == pytest.approx([1.0, 0.4])


def test_solar_thermal_heats_and_the_boiler_makes_the_rest() -> None:
    """0.7 MW of sun on a demand of 1 MW, none in the second hour: 0.3 and 1 MWh of gas at 30."""
    roof = {"id": "roof", "bus": "h", "technology": "solar_thermal", "available_mw": [0.7, 0.0]}
    case = site(grid_connection=[meter(30)], boiler=[boiler()], demand=[load(1.0, "h")], renewable=[roof])
    assert optimum(case) == pytest.approx(39.0)


def test_run_of_river_gives_what_flows() -> None:
    """2 MW flow against 1 MW of demand, and must be taken: 1 MW is sold at 5; without an export nothing would fit."""
    river = {"id": "r", "bus": "e", "technology": "run_of_river", "available_mw": 2.0, "curtailable": False}
    case = site(
        grid_connection=[grid(50, export_max_mw=9.0, export_price_eur_per_mwh=5.0)],
        demand=[load(1.0)],
        renewable=[river],
    )
    assert optimum(case) == pytest.approx(-10.0)


def test_pumped_hydro_lifts_water_with_cheap_power() -> None:
    """1 MWh at 10 lifts 0.9 MWh of water, 0.1 flow in by themselves; turbined at 0.8 they save 0.8 MWh at 100."""
    lake = store(charge_efficiency=0.9, discharge_efficiency=0.8, inflow_mw=[0.1, 0.0])
    case = site(grid_connection=[grid([10, 100])], demand=[load([0.0, 1.0])], store=[lake])
    assert optimum(case) == pytest.approx(10.0 + 20.0)


def test_an_absorption_chiller_runs_on_the_heat_of_a_chp() -> None:
    """0.4 MW of heat make 0.28 MW of cold, by the side of 0.4 MW of power from 1 MW of gas at 30; power costs 100.

    Of 0.5 MW of cold an electric chiller makes 0.22 MW, with 0.11 MW of power.
    """
    case = site(
        (60,),
        grid_connection=[grid(100), meter(30)],
        demand=[load(1.0), load(0.5, "c")],
        chp=[chp()],
        chiller=[chiller(eer=2.0)],
        converter=[converter(id="absorption", input_bus="h", outputs=[{"bus": "c", "efficiency": 0.7}])],
    )
    assert optimum(case) == pytest.approx(30.0 + 100 * (1.0 - 0.4 + 0.11))


def test_an_electric_boiler_takes_what_the_sun_gives_too_much() -> None:
    """1.5 MW of sun, 1 MW of demand: the other half MW makes 0.49 MW of heat, the gas boiler 0.51 MW at 30."""
    roof = {"id": "pv", "bus": "e", "available_mw": 1.5}
    case = site(
        (60,),
        grid_connection=[grid(100), meter(30)],
        demand=[load(1.0), load(1.0, "h")],
        renewable=[roof],
        boiler=[boiler(), boiler(id="rod", fuel_bus="e", efficiency=0.98)],
    )
    assert optimum(case) == pytest.approx(30 * 0.51)


def test_free_cooling_is_a_converter_with_an_efficiency_per_step() -> None:
    """A cold hour gives 20 of cold per power of pumps, a warm one none; the chiller takes a third: 60/20 and 60/3."""
    dry_cooler = converter(outputs=[{"bus": "c", "efficiency": [20.0, 0.0]}])
    case = site(grid_connection=[grid(60)], demand=[load(1.0, "c")], chiller=[chiller()], converter=[dry_cooler])
    assert optimum(case) == pytest.approx(3.0 + 20.0)


def test_an_ice_store_is_charged_by_a_chiller_at_night() -> None:
    """1 MWh of cold made at 30 / 3 in the first hour replaces cold at 90 / 3 in the second."""
    case = site(grid_connection=[grid([30, 90])], demand=[load(1.0, "c")], chiller=[chiller()], store=[store(bus="c")])
    assert optimum(case) == pytest.approx(20.0)


def test_a_hydrogen_store_joins_electrolyser_and_fuel_cell() -> None:
    """2 MWh at 10 make 1 MWh of hydrogen, of which 0.5 MWh of power come back at 200: 20 + 200 * 0.5."""
    case = site(
        grid_connection=[grid([10, 200])],
        demand=[load([0.0, 1.0])],
        electrolyser=[electrolyser(electric_max_mw=2.0)],
        fuel_cell=[fuel_cell()],
        store=[store(bus="y")],
    )
    assert optimum(case) == pytest.approx(20.0 + 100.0)


def test_methanation_makes_gas_and_heat_from_hydrogen() -> None:
    """1 MW at 10 makes 0.5 MW of hydrogen, 0.4 MW of gas worth 60, and 0.05 MW of heat, else from gas: 10 - 24 - 3."""
    reactor = converter(
        input_bus="y", outputs=[{"bus": "g", "efficiency": 0.8}, {"bus": "h", "efficiency": 0.1}], input_max_mw=9.0
    )
    case = site(
        (60,),
        grid_connection=[grid(10), meter(60)],
        demand=[load(1.0, "g"), load(1.0, "h")],
        boiler=[boiler()],
        electrolyser=[electrolyser()],
        converter=[reactor],
    )
    assert optimum(case) == pytest.approx(120.0 + 10.0 - 24.0 - 3.0)


def test_compressed_air_is_stored_and_expanded_with_gas() -> None:
    """1 MWh at 10 is pressed in; expanded it gives 1.5 MWh of power with 1.8 MWh of gas at 20: 10 + 36, not 150."""
    case = site(
        grid_connection=[grid([10, 100]), meter(20)],
        demand=[load([0.0, 1.5])],
        store=[store(id="cavern", bus="air")],
        converter=[
            converter(id="compressor", outputs=[{"bus": "air", "efficiency": 1.0}]),
            converter(
                id="expander",
                input_bus="air",
                outputs=[{"bus": "e", "efficiency": 1.5}, {"bus": "g", "efficiency": -1.8}],
            ),
        ],
    )
    assert optimum(case) == pytest.approx(46.0)


def test_biomass_is_bought_once_and_burnt_when_it_suits() -> None:
    """No more than 1 MWh of wood at 25; it heats in the hour in which gas costs 90, not in that at 30."""
    case = site(
        grid_connection=[meter([30, 90]), grid(25, id="wood", bus="biomass", energy_max_mwh=1.0)],
        demand=[load(1.0, "h")],
        boiler=[boiler(), boiler(id="stove", fuel_bus="biomass")],
    )
    assert optimum(case) == pytest.approx(30.0 + 25.0)


def test_an_emergency_engine_is_a_generator_with_a_start_cost() -> None:
    """At 300 a MWh and 40 a start it runs only where power costs 500: 50 + 300 + 40."""
    engine = generator(cost_eur_per_mwh=300.0, start_cost_eur=40.0)
    assert optimum(site(grid_connection=[grid([50, 500])], demand=[load(1.0)], generator=[engine])) == pytest.approx(
        390.0
    )


def test_industrial_waste_heat_is_a_renewable_at_a_heat_bus() -> None:
    """0.6 MW at a fee of 5 beside a boiler at 30: 3 + 12."""
    heat = {"id": "w", "bus": "h", "technology": "other", "available_mw": 0.6, "cost_eur_per_mwh": 5.0}
    case = site((60,), grid_connection=[meter(30)], boiler=[boiler()], demand=[load(1.0, "h")], renewable=[heat])
    assert optimum(case) == pytest.approx(15.0)
