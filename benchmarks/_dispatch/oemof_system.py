"""The same problem as an oemof-solph energy system.

oemof counts minimum times in steps, keeps a unit off for its whole minimum rest at the beginning and forbids starts
near the end; on many sites its MILP is another problem (see docs/conventions.md).
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import pandas as pd
from oemof import solph

from _dispatch.problem import SITE, Problem, Store

logging.getLogger().setLevel(logging.ERROR)
warnings.simplefilter("ignore")


def solve(problem: Problem, *, gap: float = 1e-4, time_limit_s: float | None = None) -> dict[str, Any]:
    """Objective and bound."""
    model = solph.Model(_system(problem))
    options: dict[str, Any] = {"threads": 1, "mip_rel_gap": gap}
    if time_limit_s is not None:
        options["time_limit"] = time_limit_s
    model.solve(solver="highs", cmdline_options=options)["flow"]
    objective = float(model.objective())
    return {"objective": objective, "bound": None if problem.discrete else objective}


def _system(problem: Problem) -> solph.EnergySystem:
    steps = pd.date_range(problem.start, periods=problem.steps + 1, freq=pd.Timedelta(hours=problem.hours))
    system = solph.EnergySystem(timeindex=steps, infer_last_interval=False)
    gas = solph.buses.Bus(label="gas")
    gas_price = SITE.gas_eur_per_mwh / 1000
    meter = solph.components.Source(label="meter", outputs={gas: solph.flows.Flow(variable_costs=gas_price)})
    system.add(gas, meter)
    outside = None
    if problem.tie_kw is not None:
        outside = solph.buses.Bus(label="station")
        system.add(outside)
    for site in range(problem.sites):
        electricity = _site(system, problem, site, gas)
        if outside is not None and problem.tie_kw is not None:
            most = float(problem.tie_kw[site])
            for label, begin, end in (("in", outside, electricity), ("out", electricity, outside)):
                system.add(
                    solph.components.Converter(
                        label=f"{label} {site}",
                        inputs={begin: solph.flows.Flow(nominal_capacity=most)},
                        outputs={end: solph.flows.Flow()},
                    )
                )
        else:
            outside = electricity
    bought = solph.flows.Flow(nominal_capacity=problem.import_kw, variable_costs=problem.import_price / 1000)
    sold = solph.flows.Flow(nominal_capacity=problem.export_kw, variable_costs=-problem.export_price / 1000)
    system.add(solph.components.Source(label="import", outputs={outside: bought}))
    system.add(solph.components.Sink(label="export", inputs={outside: sold}))
    return system


def _site(system: solph.EnergySystem, problem: Problem, site: int, gas: Any) -> Any:
    """Everything of a site; its bus of electricity."""
    size, flow, parts = float(problem.size[site]), solph.flows.Flow, solph.components
    electricity, heat = (solph.buses.Bus(label=f"{word} {site}") for word in ("electricity", "heat"))
    system.add(electricity, heat)
    for bus, word, kw in ((electricity, "demand", problem.demand_kw), (heat, "warmth", problem.heat_kw)):
        system.add(parts.Sink(label=f"{word} {site}", inputs={bus: flow(fix=kw[site], nominal_capacity=1)}))
    pv = flow(nominal_capacity=float(SITE.pv_kw * size * problem.pv_size[site]), max=problem.pv_ratio)
    system.add(parts.Source(label=f"pv {site}", outputs={electricity: pv}))
    burnt = flow(nominal_capacity=SITE.boiler_heat_kw / SITE.boiler_efficiency * size)
    system.add(
        parts.Converter(
            label=f"boiler {site}",
            inputs={gas: burnt},
            outputs={heat: flow()},
            conversion_factors={heat: SITE.boiler_efficiency},
        )
    )
    if problem.has_chp[site]:
        system.add(
            parts.Converter(
                label=f"chp {site}",
                inputs={gas: _fuel(problem, size)},
                outputs={electricity: flow(), heat: flow()},
                conversion_factors={electricity: SITE.chp_electric, heat: SITE.chp_heat},
            )
        )
    if problem.has_pump[site]:
        system.add(
            parts.Converter(
                label=f"pump {site}",
                inputs={electricity: flow(nominal_capacity=SITE.pump_kw * size)},
                outputs={heat: flow()},
                conversion_factors={heat: problem.cop},
            )
        )
    for word, bus, store in (("battery", electricity, SITE.battery), ("tank", heat, SITE.tank)):
        system.add(_store(f"{word} {site}", bus, store, size))
    return electricity


def _fuel(problem: Problem, size: float) -> Any:
    most, cost = SITE.chp_gas_kw * size, SITE.chp_cost_eur_per_mwh / 1000
    if not problem.discrete:
        return solph.flows.Flow(nominal_capacity=most, variable_costs=cost)
    rules = solph.NonConvex(
        startup_costs=SITE.chp_start_eur * size,
        minimum_uptime=round(SITE.chp_up_hours / problem.hours),
        minimum_downtime=round(SITE.chp_down_hours / problem.hours),
        initial_status=0,
    )
    return solph.flows.Flow(nominal_capacity=most, variable_costs=cost, min=SITE.chp_least_load, nonconvex=rules)


def _store(label: str, bus: Any, store: Store, size: float) -> Any:
    most = store.power_kw * size
    return solph.components.GenericStorage(
        label=label,
        inputs={bus: solph.flows.Flow(nominal_capacity=most)},
        outputs={bus: solph.flows.Flow(nominal_capacity=most, variable_costs=store.cost_eur_per_mwh / 1000)},
        nominal_capacity=store.energy_kwh * size,
        initial_storage_level=store.filling,
        balanced=True,
        loss_rate=store.loss_per_hour,
        inflow_conversion_factor=store.efficiency,
        outflow_conversion_factor=store.efficiency,
    )
