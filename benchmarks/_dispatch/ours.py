"""The whole path of c4e-opt: arrays to a document, to a case, to a verified outcome."""

from __future__ import annotations

from typing import Any

import numpy as np

import c4e_opt
from _dispatch.problem import SITE, Problem, Store
from c4e_opt.case.build import Builder

Record = dict[str, Any]
UNITS = {"power": "kW", "energy": "kWh", "price": "EUR/MWh"}


def solve(problem: Problem) -> dict[str, Any]:
    """Objective, bound and binaries of the answer, and how many binaries the full MILP would have."""
    outcome = c4e_opt.solve(case(problem))
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    return {
        "objective": outcome.objective,
        "bound": outcome.bound,
        "binaries": outcome.size["integers"],
        "phases": dict(outcome.seconds),
    }


def case(problem: Problem) -> c4e_opt.Case:
    """The case of a problem."""
    return Builder(document(problem), {}).case()


def document(problem: Problem) -> Record:
    """The same as a case file would say it."""
    sites = range(problem.sites)
    names = [""] if problem.tie_kw is None else [f" {site}" for site in sites]
    outside = "electricity" if problem.tie_kw is None else "station"
    buses = [{"id": f"{carrier}{name}", "carrier": carrier} for name in names for carrier in ("electricity", "heat")]
    gas_kw = float(np.sum(problem.size)) * (SITE.chp_gas_kw + SITE.boiler_heat_kw / SITE.boiler_efficiency) * 1.1
    components: dict[str, list[Record]] = {
        "grid_connection": [
            {
                "id": "grid",
                "bus": outside,
                "owner": "supplier",
                "import_max_kw": problem.import_kw,
                "export_max_kw": problem.export_kw,
                "import_price_eur_per_mwh": problem.import_price,
                "export_price_eur_per_mwh": problem.export_price,
            },
            {
                "id": "gas",
                "bus": "gas",
                "owner": "supplier",
                "import_max_kw": gas_kw,
                "import_price_eur_per_mwh": SITE.gas_eur_per_mwh,
            },
        ]
    }
    for site in sites:
        for kind, record in _site(problem, site, names[site]):
            components.setdefault(kind, []).append({"id": f"{kind}{names[site]}", "owner": "site"} | record)
    return {
        "name": problem.name,
        "units": UNITS,
        "horizon": {"start": f"{problem.start}Z", "step_minutes": 60 * problem.hours, "steps": problem.steps},
        "parties": [{"id": "supplier"}, {"id": "site"}],
        "buses": [*buses, {"id": "gas", "carrier": "gas"}, *([] if problem.tie_kw is None else [{"id": "station"}])],
        "components": components,
    }


def _site(problem: Problem, site: int, name: str) -> list[tuple[str, Record]]:
    """The components of a site, without their ids and owners."""
    size = float(problem.size[site])
    electricity, heat = {"bus": f"electricity{name}"}, {"bus": f"heat{name}"}
    fuel = {"heat_bus": f"heat{name}", "fuel_bus": "gas"}
    made: list[tuple[str, Record]] = [
        ("demand", {"id": f"electricity{name}", "demand_kw": problem.demand_kw[site], **electricity}),
        ("demand", {"id": f"heat{name}", "demand_kw": problem.heat_kw[site], **heat}),
        (
            "renewable",
            {"available_kw": SITE.pv_kw * size * problem.pv_size[site] * problem.pv_ratio, **electricity},
        ),
        ("boiler", {"heat_max_kw": SITE.boiler_heat_kw * size, "efficiency": SITE.boiler_efficiency, **fuel}),
        ("battery", _store(SITE.battery, size) | electricity),
        ("heat_store", _store(SITE.tank, size) | heat),
    ]
    if problem.has_chp[site]:
        made.append(("chp", {"electricity_bus": f"electricity{name}", **fuel, **_chp(size, problem.discrete)}))
    if problem.has_pump[site]:
        ends = {"electricity_bus": f"electricity{name}", "heat_bus": f"heat{name}"}
        made.append(("heat_pump", {"electric_max_kw": SITE.pump_kw * size, "cop": problem.cop, **ends}))
    if problem.tie_kw is not None:
        most = {way: float(problem.tie_kw[site]) for way in ("forward_max_kw", "backward_max_kw")}
        made.append(("tie", {"from_bus": "station", "to_bus": f"electricity{name}", **most}))
    return made


def _chp(size: float, discrete: bool) -> Record:
    plant: Record = {
        "fuel_max_kw": SITE.chp_gas_kw * size,
        "electric_efficiency": SITE.chp_electric,
        "heat_efficiency": SITE.chp_heat,
        "cost_eur_per_mwh": SITE.chp_cost_eur_per_mwh,
    }
    if not discrete:
        return plant
    return plant | {
        "minimum_load_ratio": SITE.chp_least_load,
        "start_cost_eur": SITE.chp_start_eur * size,
        "minimum_up_hours": SITE.chp_up_hours,
        "minimum_down_hours": SITE.chp_down_hours,
    }


def _store(store: Store, size: float) -> Record:
    return {
        "charge_max_kw": store.power_kw * size,
        "discharge_max_kw": store.power_kw * size,
        "energy_max_kwh": store.energy_kwh * size,
        "energy_start_kwh": store.filling * store.energy_kwh * size,
        "energy_end_kwh": store.filling * store.energy_kwh * size,
        "charge_efficiency": store.efficiency,
        "discharge_efficiency": store.efficiency,
        "standing_loss_per_hour": store.loss_per_hour,
        "discharge_cost_eur_per_mwh": store.cost_eur_per_mwh,
    }
