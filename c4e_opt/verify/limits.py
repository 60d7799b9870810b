"""Limits: what every component may do in a step, apart from stores and the commitment of units.

Laws:
    grid_connection_import_limit, _export_limit   0 <= power <= the limit of the step
    grid_connection_exclusivity                   at most one of import and export in a step
    renewable_power_limit                         0 <= power <= forecast
    renewable_curtailment                         power = forecast where it may not be curtailed
    flexible_demand_shed_limit                    0 <= shed <= shed_max_ratio * forecast
    flexible_demand_shift_limit                   0 <= advance, postpone <= shift_max; 0 without a window
    flexible_demand_service_limit                 shed + postpone <= forecast
    flexible_demand_shift_balance                 in every window as much energy is advanced as is postponed
    boiler_heat_limit, heat_pump_electric_limit   0 <= power <= the limit
    tie_forward_limit, tie_backward_limit         0 <= power <= the limit of the step
    tie_exclusivity                               flow one way at most in a step
    integrality                                   every binary is 0 or 1
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.findings import LAW, Findings
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.tables import COMMITMENT, DIRECTIONS


def check(fleets: Mapping[str, Fleet], findings: Findings) -> None:
    """Check the limits of all kinds that have no state.

    Args:
        fleets: Every kind that has components.
        findings: Takes the law of the binaries.
    """
    for kind, law in _LAWS.items():
        if kind in fleets:
            law(fleets[kind])
    _integrality(fleets, findings)


def shift_windows(fleet: Fleet) -> FloatArray:
    """The window of every load and step, counted from the first step, (flexible_demand, time); -1: no shifting."""
    hours = fleet.number("shift_window_hours")
    shiftable = (hours > 0) & (fleet.number("shift_max_mw") > 0)
    elapsed = fleet.horizon.starts - fleet.horizon.start
    windows = np.floor((elapsed + 1e-3) / (np.where(shiftable, hours, 1.0) * 3600.0))
    return np.where(shiftable, windows, -1.0)


def _grid_connection(fleet: Fleet) -> None:
    fleet.within("import_limit", "import_mw", fleet.series("import_max_mw"))
    fleet.within("export_limit", "export_mw", fleet.series("export_max_mw"))
    fleet.exclusive("import_mw", "export_mw")


def _renewable(fleet: Fleet) -> None:
    available = fleet.series("available_mw")
    fleet.within("power_limit", "power_mw", available)
    lost = np.abs(available - fleet.answer("power_mw"))
    fleet.hold("curtailment", np.where(fleet.number("curtailable") > 0, 0.0, lost), "MW", available)


def _flexible_demand(fleet: Fleet) -> None:
    demand = fleet.series("demand_mw")
    shed, advance, postpone = (fleet.answer(name) for name in ("shed_mw", "advance_mw", "postpone_mw"))
    fleet.within("shed_limit", "shed_mw", fleet.number("shed_max_ratio") * demand)
    windows = shift_windows(fleet)
    most = np.where(windows >= 0, fleet.number("shift_max_mw"), 0.0)
    beyond = np.maximum(np.maximum(advance, postpone) - most, -np.minimum(advance, postpone))
    fleet.hold("shift_limit", beyond, "MW", advance, postpone)
    fleet.hold("service_limit", shed + postpone - demand, "MW", shed, postpone)

    moved = (advance - postpone) * fleet.horizon.hours
    opens = np.ones(fleet.shape, dtype=np.bool_)
    opens[:, 1:] = windows[:, 1:] != windows[:, :-1]
    first = np.flatnonzero(opens)
    excess, turnover = np.zeros(fleet.shape), np.zeros(fleet.shape)
    excess.flat[first] = np.abs(np.add.reduceat(moved.ravel(), first))
    turnover.flat[first] = np.add.reduceat(np.abs(moved).ravel(), first)
    fleet.hold("shift_balance", excess, "MWh", turnover)


def _boiler(fleet: Fleet) -> None:
    fleet.within("heat_limit", "heat_mw", fleet.number("heat_max_mw"))


def _heat_pump(fleet: Fleet) -> None:
    fleet.within("electric_limit", "electric_mw", fleet.number("electric_max_mw"))


def _tie(fleet: Fleet) -> None:
    fleet.within("forward_limit", "forward_mw", fleet.series("forward_max_mw"))
    fleet.within("backward_limit", "backward_mw", fleet.series("backward_max_mw"))
    fleet.exclusive("forward_mw", "backward_mw")


_LAWS: Mapping[str, Callable[[Fleet], None]] = {
    "grid_connection": _grid_connection,
    "renewable": _renewable,
    "flexible_demand": _flexible_demand,
    "boiler": _boiler,
    "heat_pump": _heat_pump,
    "tie": _tie,
}


def _integrality(fleets: Mapping[str, Fleet], findings: Findings) -> None:
    found: list[FloatArray] = []
    owners: list[tuple[Fleet, str]] = []
    for kind, fleet in fleets.items():
        for binary in (*COMMITMENT.get(kind, ()), *((DIRECTIONS[kind],) if kind in DIRECTIONS else ())):
            if fleet.has(binary):
                chosen = fleet.answer(binary)
                found.append(np.minimum(np.abs(chosen), np.abs(chosen - 1.0)))
                owners += [(fleet, binary)] * len(fleet.records)
    if not found:
        return

    def name(row: int) -> str:
        fleet, binary = owners[row]
        before = next(place for place, owner in enumerate(owners) if owner == (fleet, binary))
        return f"{fleet.name(row - before)}: {binary}"

    findings.cells("integrality", np.concatenate(found), "1", name, tolerance=LAW)
