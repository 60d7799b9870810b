"""PyPSA: its importer of PYPOWER arrays, its linear optimal power flow with HiGHS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pypsa

from _network import matrices


def run(path: Path) -> dict[str, Any]:
    """File to nodal prices."""
    grid = matrices.read(path)
    grid["gen"] = np.pad(grid["gen"], ((0, 0), (0, 21 - grid["gen"].shape[1])))  # it asks for all columns
    grid["branch"] = grid["branch"].copy()
    unlimited = grid["branch"][:, 5] == 0
    grid["branch"][unlimited, 5] = 1e6
    network = pypsa.Network()
    network.import_from_pypower_ppc(grid)
    network.generators["p_set"] = np.nan  # dispatch is what is asked for
    network.generators["marginal_cost"] = grid["gencost"][:, 5]
    network.generators["p_nom"] = np.maximum(grid["gen"][:, 8], 1e-6)
    network.generators["p_min_pu"] = grid["gen"][:, 9] / network.generators["p_nom"]
    network.generators["p_max_pu"] = grid["gen"][:, 8] / network.generators["p_nom"]
    network.optimize(
        solver_name="highs", solver_options={"threads": 1, "output_flag": False}, include_objective_constant=False
    )
    prices = network.buses_t.marginal_price
    return {
        "objective": network.objective + float(grid["gencost"][:, 6].sum()),
        "price_sum": float(prices.to_numpy().sum()),
    }
