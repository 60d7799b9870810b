"""Sites of oemof-solph's own tests whose optimum is published: see the README of the oracle.

GenericCAES is left out: its compressor and its expander may give what the level of the cavern at the begin of a step
allows, while they draw from it on other buses; here only the power of a battery at its own bus depends on its level,
and at both ends of a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.literature.reference_site import Document, present
from tests.literature.test_chp import FREE, dump, expected, hours, solved, table

pytestmark = present

PLANTS = ("coal", "lignite", "gas", "oil")


def merit_order(steps: int, data: Mapping[str, list[float]], p: Mapping[str, Any]) -> Document:
    """Plants by the cost of their power, a CHP, a heat pump."""
    return hours(
        steps,
        {"e": "electricity", "h": "heat", "fuel": "gas"},
        grid_connection=[dump("e"), {"id": "fuel", "bus": "fuel", **FREE}],
        renewable=[
            {
                "id": name,
                "bus": "e",
                "available_mw": [p[name] * each for each in data[name][:steps]],
                "curtailable": False,
            }
            for name in ("wind", "pv")
        ],
        demand=[
            {"id": "e", "bus": "e", "demand_mw": [p["demand_el"] * each for each in data["demand_el"][:steps]]},
            {"id": "h", "bus": "h", "demand_mw": [p["demand_th"] * each for each in data["demand_th"][:steps]]},
        ],
        generator=[
            {"id": name, "bus": "e", "power_max_mw": p[name][0], "cost_eur_per_mwh": p[name][1]} for name in PLANTS
        ],
        chp=[
            {
                "id": "chp",
                "electricity_bus": "e",
                "heat_bus": "h",
                "fuel_bus": "fuel",
                "fuel_max_mw": p["chp"]["el_nom"] / p["chp"]["eta_el"],
                "electric_efficiency": p["chp"]["eta_el"],
                "heat_efficiency": p["chp"]["eta_th"],
                "cost_eur_per_mwh": p["chp"]["el_vc"] * p["chp"]["eta_el"],
            }
        ],
        heat_pump=[
            {
                "id": "pump",
                "electricity_bus": "e",
                "heat_bus": "h",
                "electric_max_mw": p["hp"]["th_nom"] / p["hp"]["cop"],
                "cop": p["hp"]["cop"],
            }
        ],
    )


def test_a_merit_order_with_a_chp_and_a_heat_pump_runs_as_oemofs() -> None:
    """oemof-solph, test_simple_model: 120 hours; sums of what everybody gives, known to a MWh."""
    known, data = expected("simple dispatch coal"), table("test_simple_model__input_data.csv")
    p, sums = known["params"], known["expected"]
    table_ = solved(merit_order(120, data, p)).schedule_table
    found: dict[str, float] = dict(zip(PLANTS, table_.values("generator_power_mw").sum(axis=1), strict=True))
    found |= dict(zip(("wind", "pv"), table_.values("renewable_power_mw").sum(axis=1), strict=True))
    found["chp_el"] = p["chp"]["eta_el"] * table_.values("chp_fuel_mw").sum()
    found["heat_pump_el"] = table_.values("heat_pump_electric_mw").sum()
    found["excess"] = table_.values("grid_connection_export_mw").sum()
    assert found == pytest.approx({name: sums[name] for name in found}, abs=known["tol_abs"])


def test_the_first_day_of_that_merit_order_costs_what_oemof_found() -> None:
    """oemof-solph, test_outputlib/test_results: known to 1."""
    known, data = expected("simple dispatch objective"), table("test_outputlib__input_data.csv")
    outcome = solved(merit_order(24, data, expected("simple dispatch coal")["params"]))
    assert outcome.objective == pytest.approx(known["objective"], abs=known["tol_abs"])


def test_a_store_is_built_as_large_as_oemofs() -> None:
    """oemof-solph, test_storage_investment: 400 hours with too little gas; in kW.

    6851 kWh exist, size and powers are built in one proportion. There every kWh through the store costs 1e11, here 1e5:
    either is more than anything else, and solvers compute with this one. An annuity of 20 years at 5 %.
    """
    known, data = expected("storage investment")["expected"], table("test_storage_investment__storage_investment.csv")
    most, annuity = 1e7, 1000.0 * 0.05 * 1.05**20 / (1.05**20 - 1.0)
    prices = {"import_price_eur_per_kwh": 0.0}
    document = hours(
        400,
        {"e": "electricity", "gas": "gas"},
        grid_connection=[
            {"id": "excess", "bus": "e", "import_max_kw": 0.0, "export_max_kw": 1e9, **prices},
            {"id": "gas", "bus": "gas", "import_max_kw": 1e9, "energy_max_kwh": 194397000.0 * 400 / 8760, **prices},
        ],
        renewable=[
            {"id": name, "bus": "e", "available_kw": [peak * each for each in data[name][:400]], "curtailable": False}
            for name, peak in (("wind", 1e6), ("pv", 582e3))
        ],
        demand=[{"id": "e", "bus": "e", "demand_kw": data["demand_el"][:400]}],
        converter=[
            {
                "id": "pp_gas",
                "input_bus": "gas",
                "input_max_kw": 1e9,
                "cost_eur_per_kwh": 50.0 * 0.58,
                "outputs": [{"bus": "e", "efficiency": 0.58}],
            }
        ],
        store=[
            {
                "id": "storage",
                "bus": "e",
                "charge_max_kw": most / 6,
                "discharge_max_kw": most / 6,
                "energy_max_kwh": most,
                "energy_start_kwh": 0.0,
                "energy_end_kwh": 0.0,
                "discharge_efficiency": 0.8,
                "charge_cost_eur_per_kwh": 1e5,
                "discharge_cost_eur_per_kwh": 1e5,
                "energy_capacity_cost_eur_per_kwh": annuity,
                "energy_capacity_min_kwh": 6851.0,
                "power_capacity_cost_eur_per_mw": 0.0,
                "one_size": True,
            }
        ],
    )
    document["units"] = {"power": "kW", "energy": "kWh", "price": "EUR/kWh"}
    found = solved(document).schedule_table
    assert found.values("store_energy_capacity_mwh")[0] * 1000 == pytest.approx(known["storage_invest"] + 6851, abs=0.5)
    assert found.values("store_discharge_mw").sum() * 1000 == pytest.approx(known["storage_out"], abs=0.5)
    assert found.values("converter_input_mw").sum() * 580 == pytest.approx(known["pp_gas"], abs=0.5)
