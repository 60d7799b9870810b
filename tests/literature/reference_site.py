"""The reference site of the dispatch oracle as a case of ours; its parameters are read where they stand."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case
from c4e_opt.case.build import Builder

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracles" / "dispatch"
present = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"the oracle is not here: {ORACLE}")

Document = dict[str, Any]
COMMITMENT = ("minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours")


def oracle() -> ModuleType:
    """The module with the parameters and profiles."""
    spec = importlib.util.spec_from_file_location("reference_site_oracle", ORACLE / "reference_site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def variants() -> Mapping[str, Any]:
    """Expected objectives of the variants."""
    content: Mapping[str, Any] = json.loads((ORACLE / "reference_site_variants.json").read_text(encoding="utf-8"))
    return content


def site(steps: int, *, hours: float = 1.0, first_hour: float = 0.0, commitment: bool = False) -> Document:
    """The plain document of the site in kW; change it before it becomes a case with `case_of`."""
    module = oracle()
    p, series = module.P, module.profiles(steps, hours, first_hour)
    unit: Document = {
        "id": "chp",
        "electricity_bus": "electricity",
        "heat_bus": "heat",
        "fuel_bus": "gas",
        "fuel_max_kw": p["chp_gas_max"],
        "electric_efficiency": p["chp_eta_el"],
        "heat_efficiency": p["chp_eta_th"],
        "cost_eur_per_mwh": p["chp_vom"],
    }
    if commitment:
        unit |= {
            "minimum_load_ratio": p["chp_min_load"],
            "start_cost_eur": p["chp_start_cost"],
            "minimum_up_hours": p["chp_min_up"],
            "minimum_down_hours": p["chp_min_down"],
        }
    start = np.datetime64("2025-01-01T00:00:00") + np.timedelta64(int(first_hour * 3600), "s")
    return {
        "name": "reference site",
        "units": {"power": "kW", "energy": "kWh"},
        "horizon": {"start": f"{start}Z", "step_minutes": 60 * hours, "steps": steps},
        "buses": [{"id": "electricity"}, {"id": "heat", "carrier": "heat"}, {"id": "gas", "carrier": "gas"}],
        "components": {
            "grid_connection": [
                {
                    "id": "grid",
                    "bus": "electricity",
                    "import_max_kw": p["grid_import_max"],
                    "export_max_kw": p["grid_export_max"],
                    "import_price_eur_per_mwh": series["price_imp"],
                    "export_price_eur_per_mwh": series["price_exp"],
                },
                {"id": "gas", "bus": "gas", "import_max_kw": 1e5, "import_price_eur_per_mwh": p["gas_price"]},
            ],
            "renewable": [{"id": "pv", "bus": "electricity", "available_kw": p["pv_cap"] * series["pv_pu"]}],
            "demand": [
                {"id": "power", "bus": "electricity", "demand_kw": series["load_el"]},
                {"id": "heat", "bus": "heat", "demand_kw": series["load_th"]},
            ],
            "chp": [unit],
            "boiler": [
                {
                    "id": "boiler",
                    "heat_bus": "heat",
                    "fuel_bus": "gas",
                    "heat_max_kw": p["boiler_th_max"],
                    "efficiency": p["boiler_eta"],
                }
            ],
            "heat_pump": [
                {
                    "id": "pump",
                    "electricity_bus": "electricity",
                    "heat_bus": "heat",
                    "electric_max_kw": p["hp_el_max"],
                    "cop": series["cop"],
                }
            ],
            "battery": [
                _store(p, "bat", "electricity", discharge_cost_eur_per_mwh=p["bat_vom_dis"]),
            ],
            "heat_store": [_store(p, "tes", "heat")],
        },
    }


def _store(p: Mapping[str, float], key: str, bus: str, **fields: float) -> Document:
    size = p[f"{key}_e"]
    return {
        "id": key,
        "bus": bus,
        "charge_max_kw": p[f"{key}_p"],
        "discharge_max_kw": p[f"{key}_p"],
        "energy_max_kwh": size,
        "energy_start_kwh": p[f"{key}_soc0"] * size,
        "energy_end_kwh": p[f"{key}_soc0"] * size,
        "charge_efficiency": p[f"{key}_eta_c"],
        "discharge_efficiency": p[f"{key}_eta_d"],
        "standing_loss_per_hour": p[f"{key}_loss"],
        **fields,
    }


def sites(count: int) -> Document:
    """Many sites for a day in quarter-hours behind one shared connection (`multi`), without commitment, in kW."""
    module = oracle()
    p, many = module.P, module.multi(count)
    base = many["base"]
    buses: list[Document] = [{"id": "grid"}, {"id": "gas", "carrier": "gas"}]
    found: dict[str, list[Document]] = {
        "grid_connection": [
            {
                "id": "shared",
                "bus": "grid",
                "import_max_kw": many["pcc_imp"],
                "export_max_kw": many["pcc_exp"],
                "import_price_eur_per_mwh": base["price_imp"],
                "export_price_eur_per_mwh": base["price_exp"],
            },
            {"id": "gas", "bus": "gas", "import_max_kw": 1e7, "import_price_eur_per_mwh": p["gas_price"]},
        ]
    }

    def add(kind: str, **fields: Any) -> None:
        found.setdefault(kind, []).append(fields)

    for i in range(count):
        s, el, th = many["s"][i], f"e{i}", f"h{i}"
        buses += [{"id": el}, {"id": th, "carrier": "heat"}]
        add("tie", id=el, from_bus="grid", to_bus=el, forward_max_kw=many["tie"][i], backward_max_kw=many["tie"][i])
        add("renewable", id=el, bus=el, available_kw=p["pv_cap"] * s * many["r"][i] * base["pv_pu"])
        add("demand", id=el, bus=el, demand_kw=many["load_el"][i])
        add("demand", id=th, bus=th, demand_kw=many["load_th"][i])
        if many["has_chp"][i]:
            add(
                "chp",
                id=el,
                electricity_bus=el,
                heat_bus=th,
                fuel_bus="gas",
                fuel_max_kw=p["chp_gas_max"] * s,
                electric_efficiency=p["chp_eta_el"],
                heat_efficiency=p["chp_eta_th"],
                cost_eur_per_mwh=p["chp_vom"],
            )
        add(
            "boiler",
            id=th,
            heat_bus=th,
            fuel_bus="gas",
            heat_max_kw=p["boiler_th_max"] * s,
            efficiency=p["boiler_eta"],
        )
        if many["has_hp"][i]:
            add(
                "heat_pump",
                id=th,
                electricity_bus=el,
                heat_bus=th,
                electric_max_kw=p["hp_el_max"] * s,
                cop=base["cop"],
            )
        for kind, key, bus in (("battery", "bat", el), ("heat_store", "tes", th)):
            store = _store(p, key, bus)
            scaled = {name: number * s for name, number in store.items() if name.endswith(("_kw", "_kwh"))}
            wear = {"discharge_cost_eur_per_mwh": p["bat_vom_dis"]} if key == "bat" else {}
            found.setdefault(kind, []).append({**store, **scaled, **wear, "id": bus})
    return {
        "name": f"{count} sites",
        "units": {"power": "kW", "energy": "kWh"},
        "horizon": {"start": "2025-01-21T00:00Z", "step_minutes": 15, "steps": 96},
        "buses": buses,
        "components": found,
    }


def case_of(document: Document) -> Case:
    """The case of a plain document."""
    return Builder(document, {}).case()
