"""pandapower: its converter of PYPOWER arrays, its linear optimal power flow with the solver that it brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandapower
from pandapower.converter.pypower.from_ppc import from_ppc

from _network import matrices


def run(path: Path) -> dict[str, Any]:
    """File to nodal prices."""
    grid = matrices.read(path)
    grid["gen"] = grid["gen"][:, :21]
    grid["branch"] = grid["branch"][:, :13]
    net = from_ppc(grid, f_hz=50)
    pandapower.rundcopp(net)
    return {"objective": float(net.res_cost), "price_sum": float(net.res_bus.lam_p.sum())}
