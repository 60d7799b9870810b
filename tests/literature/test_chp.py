"""CHPs whose optimum is published or was found by two codes: see the README of the oracle.

The reference site with an operating region (variant V11), an extraction turbine and a generic CHP of oemof-solph
(examples of its own tests), and the CHP factory of FlexMeasures.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from c4e_opt import Outcome, SolveOptions, solve
from c4e_solvers import Reason
from tests.literature.reference_site import ORACLE, Document, case_of, present, site, variants

pytestmark = present

VERTICES = ((330.0, 0.0, 860.0), (280.0, 400.0, 860.0), (120.0, 220.0, 430.0), (140.0, 0.0, 430.0))
FREE = {"import_max_mw": 1e7, "import_price_eur_per_mwh": 0.0}


def solved(document: Document, **options: Any) -> Outcome:
    outcome = solve(case_of(document), SolveOptions(**options))
    assert outcome.termination.reason is Reason.OPTIMAL
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    return outcome


def points(*rows: tuple[Any, Any, Any], unit: str = "mw") -> list[Document]:
    names = (f"electric_{unit}", f"heat_{unit}", f"fuel_{unit}")
    return [dict(zip(names, row, strict=True)) for row in rows]


def with_region(*, commitment: bool) -> Document:
    document = site(168, commitment=commitment)
    plant = document["components"]["chp"][0]
    for name in ("fuel_max_kw", "electric_efficiency", "heat_efficiency"):
        del plant[name]
    plant["operating_region"] = points(*VERTICES, unit="kw")
    return document


def test_the_week_with_an_operating_region_costs_what_two_codes_found() -> None:
    """Variant V11 without rules: the plant works between its region and standing still."""
    outcome = solved(with_region(commitment=False))
    assert outcome.objective == pytest.approx(variants()["expected"]["V11_FOR_lp_relax"]["objective"], rel=1e-9)
    assert outcome.size["integers"] == 0


@pytest.mark.slow
def test_the_week_with_an_operating_region_and_commitment_costs_what_two_codes_found() -> None:
    """Variant V11: while it is on the plant works within its region."""
    outcome = solved(with_region(commitment=True), gap=1e-6)
    assert outcome.objective == pytest.approx(variants()["expected"]["V11_FOR_milp"]["objective"], rel=1e-6)


def table(name: str) -> Mapping[str, list[float]]:
    """The columns of a table of oemof's tests."""
    with (ORACLE / "oemof" / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {column: [float(row[column]) for row in rows] for column in rows[0]}


def expected(case: str) -> Mapping[str, Any]:
    """What is known of a case of oemof's tests, by the begin of its name."""
    cases: Sequence[Mapping[str, Any]] = json.loads((ORACLE / "oemof" / "expected.json").read_text(encoding="utf-8"))
    return next(each for each in cases if each["case"].startswith(case))


def hours(steps: int, buses: Mapping[str, str], **components: list[Document]) -> Document:
    return {
        "name": "published",
        "horizon": {"start": "2017-01-01T00:00Z", "step_minutes": 60, "steps": steps},
        "buses": [{"id": name, "carrier": carrier} for name, carrier in buses.items()],
        "components": components,
    }


def dump(bus: str) -> Document:
    """Somebody who takes everything for nothing."""
    return {"id": f"dump {bus}", "bus": bus, **FREE, "import_max_mw": 0.0, "export_max_mw": 1e7}


def test_an_extraction_turbine_beside_a_fixed_plant_costs_what_oemof_found() -> None:
    """oemof-solph, test_variable_chp: power of 0.5 of the fuel without heat, 0.3 with heat of 0.5; nothing in MW."""
    known, data = expected("extraction turbine"), table("test_variable_chp__variable_chp.csv")
    buses = {"e1": "electricity", "e2": "electricity", "h1": "heat", "h2": "heat", "gas": "gas"}
    heat = [741000.0 * each for each in data["demand_th"]]
    document = hours(
        5,
        buses,
        grid_connection=[
            {"id": "gas", "bus": "gas", "import_max_mw": 1e7, "import_price_eur_per_mwh": 50.0},
            *(dump(bus) for bus in ("e1", "e2", "h1", "h2")),
        ],
        demand=[
            *({"id": bus, "bus": bus, "demand_mw": data["demand_el"]} for bus in ("e1", "e2")),
            *({"id": bus, "bus": bus, "demand_mw": heat} for bus in ("h1", "h2")),
        ],
        chp=[
            {
                "id": "variable",
                "electricity_bus": "e1",
                "heat_bus": "h1",
                "fuel_bus": "gas",
                "operating_region": points((5e5, 0.0, 1e6), (3e5, 5e5, 1e6)),
            },
            {
                "id": "fixed",
                "electricity_bus": "e2",
                "heat_bus": "h2",
                "fuel_bus": "gas",
                "fuel_max_mw": 1e6,
                "electric_efficiency": 0.3,
                "heat_efficiency": 0.5,
            },
        ],
    )
    outcome = solved(document)
    fuel = outcome.schedule_table.values("chp_fuel_mw").sum(axis=1)
    assert outcome.objective == pytest.approx(known["objective"], rel=1e-9)
    assert fuel == pytest.approx([known["fuel_var_sum"], known["fuel_fix_sum"]], rel=1e-9)


def generic_corners(row: Mapping[str, float]) -> list[tuple[float, float, float]]:
    """The corners of a GenericCHP: at full and at least fuel, without heat and with the most that the flue gas leaves.

    Mollenhauer, Christidis, Tsatsaronis (2016), https://doi.org/10.1007/s40095-016-0204-6: power without heat p takes
    the fuel p / eta; each MW of heat costs beta of power; power, heat, flue gas and cooling water are the fuel.
    """
    corners: list[tuple[float, float, float]] = []
    for side in ("max", "min"):
        power, beta = row[f"P_{side}_woDH"], row["beta"]
        fuel = power / row[f"Eta_el_{side}_woDH"]
        heat = (fuel * (1.0 - row["H_L_FG_share_max"]) - row["Q_CW_min"] - power) / (1.0 - beta)
        corners += [(power, 0.0, fuel), (power - beta * heat, heat, fuel)]
    return corners


def test_a_generic_chp_gives_the_heat_and_costs_what_oemof_found() -> None:
    """oemof-solph, test_generic_chp: parameters in every step, an on/off state, power that is sold at -50 or 50."""
    known, data = expected("GenericCHP"), table("test_generic_chp__ccet.csv")
    steps = len(data["beta"])
    rows = [generic_corners({name: column[t] for name, column in data.items()}) for t in range(steps)]
    moving = [[[row[corner][way] for row in rows] for way in range(3)] for corner in range(4)]
    document = hours(
        steps,
        {"e": "electricity", "h": "heat", "gas": "gas"},
        grid_connection=[
            {**dump("e"), "export_price_eur_per_mwh": [-each for each in data["price_el"]]},
            {"id": "gas", "bus": "gas", **FREE},
            {"id": "backup", "bus": "h", "import_max_mw": 1e4, "import_price_eur_per_mwh": 1000.0},
        ],
        demand=[{"id": "h", "bus": "h", "demand_mw": [200.0 * each for each in data["demand_th"]]}],
        chp=[
            {
                "id": "turbine",
                "electricity_bus": "e",
                "heat_bus": "h",
                "fuel_bus": "gas",
                "switchable": True,
                "operating_region": points(*((electric, heat, fuel) for electric, heat, fuel in moving)),
            }
        ],
    )
    outcome = solved(document, gap=0.0)
    assert outcome.objective == pytest.approx(known["objective_recomputed"], rel=1e-9)
    heat = outcome.schedule_table.values("chp_region_heat_mw").sum()
    assert heat == pytest.approx(known["expected"]["chp_heat_sum"], rel=1e-8)
    assert 20000.0 - heat == pytest.approx(known["expected"]["backup_heat_sum"], rel=1e-8)


def flexmeasures(name: str) -> Mapping[str, Any]:
    content = json.loads((ORACLE / "flexmeasures" / "expected.json").read_text(encoding="utf-8"))
    return next(each for each in content["cases"] if each["name"] == name)


@pytest.mark.parametrize("name", ["factory A", "factory B", "factory C"])
def test_a_factory_makes_its_steam_as_flexmeasures_does(name: str) -> None:
    """FlexMeasures, test_commitments: steam from a CHP, a gas boiler and an electric heater, whichever is cheapest."""
    plant = {**flexmeasures("factory A"), **flexmeasures(name)}
    boilers = [("boiler", "gas", plant["boiler_gas_max"]), ("heater", "e", plant["heater_max"])]
    document = hours(
        1,
        {"e": "electricity", "h": "heat", "gas": "gas"},
        grid_connection=[
            {
                "id": "e",
                "bus": "e",
                "import_max_mw": 1e3,
                "import_price_eur_per_mwh": plant["el"],
                "export_max_mw": 1e3,
                "export_price_eur_per_mwh": plant["el"],
            },
            {"id": "gas", "bus": "gas", "import_max_mw": 1e3, "import_price_eur_per_mwh": plant["gas"]},
        ],
        demand=[{"id": "steam", "bus": "h", "demand_mw": plant["steam_demand"]}],
        chp=[
            {
                "id": "chp",
                "electricity_bus": "e",
                "heat_bus": "h",
                "fuel_bus": "gas",
                "fuel_max_mw": plant["chp_gas_max"],
                "electric_efficiency": plant["eta_power"],
                "heat_efficiency": plant["eta_heat"],
            }
        ],
        boiler=[
            {"id": id_, "heat_bus": "h", "fuel_bus": bus, "heat_max_mw": most, "efficiency": 1.0}
            for id_, bus, most in boilers
        ],
    )
    found = solved(document).schedule_table
    sums = {"chp_gas": float(found.values("chp_fuel_mw").sum())}
    sums |= dict(zip(("boiler", "heater"), found.values("boiler_heat_mw").sum(axis=1).tolist(), strict=True))
    assert sums == pytest.approx({each: plant["expected"][each] for each in sums}, abs=1e-6)


def test_a_chp_couples_gas_heat_and_power_as_flexmeasures_does() -> None:
    """FlexMeasures, test_commitments: 10 of heat takes 20 of gas and gives 6 of power."""
    known = flexmeasures("chp_coupling")
    steps, forced = known["steps"], -known["forced"]["heat"]
    document = hours(
        steps,
        {"e": "electricity", "h": "heat", "gas": "gas"},
        grid_connection=[dump("e"), {"id": "gas", "bus": "gas", **FREE, "import_price_eur_per_mwh": 1.0}],
        demand=[{"id": "heat", "bus": "h", "demand_mw": forced}],
        chp=[
            {
                "id": "chp",
                "electricity_bus": "e",
                "heat_bus": "h",
                "fuel_bus": "gas",
                "fuel_max_mw": 100.0,
                "electric_efficiency": -known["coefficients"]["power"],
                "heat_efficiency": -known["coefficients"]["heat"],
            }
        ],
    )
    outcome = solved(document)
    assert outcome.schedule_table.values("chp_fuel_mw")[0] == pytest.approx([known["expected"]["gas"]] * steps)
    power = outcome.schedule_table.values("grid_connection_export_mw")[0]
    assert power == pytest.approx([-known["expected"]["power"]] * steps)
