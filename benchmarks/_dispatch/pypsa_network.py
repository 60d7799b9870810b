"""The same problem as a PyPSA network: vectorised adding, storage units, links for everything that converts.

PyPSA lets no loss act on the state of charge before the first step, so it is given less what is lost in that step (see
docs/conventions.md); it counts minimum times in snapshots.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd
import pypsa

from _dispatch.problem import SITE, Problem, Store

logging.getLogger("pypsa").setLevel(logging.ERROR)
logging.getLogger("linopy").setLevel(logging.ERROR)


def solve(problem: Problem, *, gap: float = 1e-4, time_limit_s: float | None = None) -> dict[str, Any]:
    """Objective and bound."""
    network = _network(problem)
    options: dict[str, Any] = {"threads": 1, "output_flag": False, "mip_rel_gap": gap}
    if time_limit_s is not None:
        options["time_limit"] = time_limit_s
    network.optimize(solver_name="highs", solver_options=options, log_to_console=False, io_api="direct")
    objective = network.objective + network.objective_constant
    return {"objective": objective, "bound": None if problem.discrete else objective}


def _network(problem: Problem) -> pypsa.Network:
    network = pypsa.Network()
    steps = pd.date_range(problem.start, periods=problem.steps, freq=pd.Timedelta(hours=problem.hours), name="snapshot")
    network.set_snapshots(steps)
    network.snapshot_weightings = network.snapshot_weightings.astype(float) * problem.hours
    names = pd.Index([f"s{site}" for site in range(problem.sites)])
    network.add("Bus", ["gas", *("e " + names), *("h " + names)])
    outside = "e s0"
    if problem.tie_kw is not None:
        outside = "station"
        network.add("Bus", outside)
        ends = {"bus0": outside, "bus1": ("e " + names).to_numpy()}
        network.add("Link", "tie " + names, **ends, p_nom=problem.tie_kw, p_min_pu=-1.0)
    network.add("Generator", "gas", bus="gas", p_nom=1e7, marginal_cost=SITE.gas_eur_per_mwh / 1000)
    network.add(
        "Generator", "import", bus=outside, p_nom=problem.import_kw,
        marginal_cost=pd.Series(problem.import_price / 1000, steps),
    )  # fmt: skip
    network.add(
        "Generator", "export", bus=outside, p_nom=problem.export_kw, p_min_pu=-1.0, p_max_pu=0.0,
        marginal_cost=pd.Series(problem.export_price / 1000, steps),
    )  # fmt: skip
    for bus, kw in (("e ", problem.demand_kw), ("h ", problem.heat_kw)):
        loads = bus + names
        network.add("Load", "load " + loads, bus=loads.to_numpy(), p_set=pd.DataFrame(kw.T, steps, "load " + loads))
    _sites(network, problem, names, steps)
    return network


def _sites(network: pypsa.Network, problem: Problem, names: pd.Index, steps: pd.DatetimeIndex) -> None:
    size = problem.size
    pv = "pv " + names
    network.add(
        "Generator", pv, bus=("e " + names).to_numpy(), p_nom=SITE.pv_kw * size * problem.pv_size,
        p_max_pu=pd.DataFrame(np.tile(problem.pv_ratio[:, None], len(names)), steps, pv),
    )  # fmt: skip
    network.add(
        "Link", "boiler " + names, bus0="gas", bus1=("h " + names).to_numpy(),
        p_nom=SITE.boiler_heat_kw / SITE.boiler_efficiency * size, efficiency=SITE.boiler_efficiency,
    )  # fmt: skip
    own, owner_size = names[problem.has_chp], size[problem.has_chp]
    commitment: dict[str, Any] = {}
    if problem.discrete:
        commitment = {
            "committable": True,
            "p_min_pu": SITE.chp_least_load,
            "start_up_cost": SITE.chp_start_eur * owner_size,
            "min_up_time": round(SITE.chp_up_hours / problem.hours),
            "min_down_time": round(SITE.chp_down_hours / problem.hours),
            "up_time_before": 0,
            "down_time_before": problem.steps,
        }
    network.add(
        "Link", "chp " + own, bus0="gas", bus1=("e " + own).to_numpy(), bus2=("h " + own).to_numpy(),
        p_nom=SITE.chp_gas_kw * owner_size, efficiency=SITE.chp_electric, efficiency2=SITE.chp_heat,
        marginal_cost=SITE.chp_cost_eur_per_mwh / 1000, **commitment,
    )  # fmt: skip
    own, owner_size = names[problem.has_pump], size[problem.has_pump]
    pump = "pump " + own
    network.add(
        "Link", pump, bus0=("e " + own).to_numpy(), bus1=("h " + own).to_numpy(), p_nom=SITE.pump_kw * owner_size,
        efficiency=pd.DataFrame(np.tile(problem.cop[:, None], len(own)), steps, pump),
    )  # fmt: skip
    for word, bus, store in (("battery ", "e ", SITE.battery), ("tank ", "h ", SITE.tank)):
        _store(network, problem, store, word + names, bus + names)


def _store(network: pypsa.Network, problem: Problem, store: Store, names: pd.Index, buses: pd.Index) -> None:
    filling = store.filling * store.energy_kwh * problem.size
    last = np.full((problem.steps, len(names)), np.nan)
    last[-1] = filling
    network.add(
        "StorageUnit", names, bus=buses.to_numpy(), p_nom=store.power_kw * problem.size, p_min_pu=-1.0,
        max_hours=store.energy_kwh / store.power_kw, efficiency_store=store.efficiency,
        efficiency_dispatch=store.efficiency, standing_loss=store.loss_per_hour,
        marginal_cost=store.cost_eur_per_mwh / 1000, state_of_charge_initial=problem.keep(store) * filling,
        state_of_charge_set=pd.DataFrame(last, network.snapshots, names),
    )  # fmt: skip
