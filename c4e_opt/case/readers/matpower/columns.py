"""The columns of MATPOWER's matrices by their names, and what its `idx_...` functions return.

Source: MATPOWER User's Manual 8.0, appendix B, https://matpower.org/docs/manual.pdf.
"""

from __future__ import annotations

from collections.abc import Mapping

BUS = (
    "BUS_I", "BUS_TYPE", "PD", "QD", "GS", "BS", "BUS_AREA", "VM", "VA", "BASE_KV", "ZONE", "VMAX", "VMIN",
)  # fmt: skip
GEN = (
    "GEN_BUS", "PG", "QG", "QMAX", "QMIN", "VG", "MBASE", "GEN_STATUS", "PMAX", "PMIN", "PC1", "PC2", "QC1MIN",
    "QC1MAX", "QC2MIN", "QC2MAX", "RAMP_AGC", "RAMP_10", "RAMP_30", "RAMP_Q", "APF",
)  # fmt: skip
BRANCH = (
    "F_BUS", "T_BUS", "BR_R", "BR_X", "BR_B", "RATE_A", "RATE_B", "RATE_C", "TAP", "SHIFT", "BR_STATUS", "ANGMIN",
    "ANGMAX",
)  # fmt: skip
DCLINE = (
    "F_BUS", "T_BUS", "BR_STATUS", "PF", "PT", "QF", "QT", "VF", "VT", "PMIN", "PMAX", "QMINF", "QMAXF", "QMINT",
    "QMAXT", "LOSS0", "LOSS1",
)  # fmt: skip
COST = ("MODEL", "STARTUP", "SHUTDOWN", "NCOST", "COST")

#: What `[A, B, ...] = idx_bus` gives, value after value.
INDEX_FUNCTIONS: Mapping[str, tuple[int, ...]] = {
    "idx_bus": (1, 2, 3, 4, *range(1, 18)),
    "idx_brch": (*range(1, 12), 14, 15, 16, 17, 18, 19, 12, 13, 20, 21),
    "idx_gen": (*range(1, 11), 22, 23, 24, 25, *range(11, 22)),
    "idx_cost": (1, 2, *range(1, 6)),
}


def _constants() -> dict[str, float]:
    """What `define_constants` defines."""
    named: dict[str, float] = {"PQ": 1, "PV": 2, "REF": 3, "NONE": 4, "PW_LINEAR": 1, "POLYNOMIAL": 2}
    for names in (BUS, GEN, BRANCH, COST):
        named |= {name: place for place, name in enumerate(names, 1)}
    named |= dict(zip(("LAM_P", "LAM_Q", "MU_VMAX", "MU_VMIN"), range(14, 18), strict=True))
    named |= dict(zip(("MU_PMAX", "MU_PMIN", "MU_QMAX", "MU_QMIN"), range(22, 26), strict=True))
    named |= dict(zip(("PF", "QF", "PT", "QT", "MU_SF", "MU_ST"), range(14, 20), strict=True))
    named |= {"MU_ANGMIN": 20, "MU_ANGMAX": 21}
    return {name: float(place) for name, place in named.items()}


CONSTANTS: Mapping[str, float] = _constants()
