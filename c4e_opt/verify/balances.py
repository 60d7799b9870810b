"""Balances: what every port gives to its bus, recomputed from the schedule, and the sum at every bus.

Laws:
    <kind>_flow     the power of every port follows from the schedule and the efficiencies of the case
    power_balance   what ports and accepted orders give to a bus sums to zero in every step, in mean power
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.case import KINDS, Case
from c4e_opt.verify.findings import SAME, Findings
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.tables import PORTS, Answer


def check(case: Case, fleets: Mapping[str, Fleet], answer: Answer, findings: Findings) -> None:
    """Recompute flows and balances.

    Args:
        case: The case.
        fleets: Every kind that has components.
        answer: The complete answer.
        findings: Takes the laws.
    """
    row = 0
    buses: list[IntArray] = []
    for kind in KINDS:
        if kind not in fleets:
            continue
        fleet, ports = fleets[kind], PORTS[kind]
        powers = _POWERS[kind](fleet)
        expected = powers[0] if len(powers) == 1 else np.concatenate(powers)
        flow = answer.flow_mw[row : row + expected.shape[0]]
        row += expected.shape[0]
        fleet.hold("flow", np.abs(flow - expected), "MW", expected, tolerance=SAME, name=_port_name(fleet, ports))
        buses += [fleet.place(port) for port in ports]
    place = np.concatenate(buses) if buses else np.zeros(0, dtype=np.int64)
    _power_balance(case, place, answer, findings)


def _port_name(fleet: Fleet, ports: tuple[str, ...]) -> Callable[[int], str]:
    """Component and bus of a row; rows run port by port."""

    def name(row: int) -> str:
        port, component = divmod(row, len(fleet.records))
        return f"{fleet.name(component)} at bus {getattr(fleet.records[component], ports[port])!r}"

    return name


def _power_balance(case: Case, place: IntArray, answer: Answer, findings: Findings) -> None:
    horizon, book = case.horizon, case.orders
    shape = (len(case.buses), horizon.steps)
    net, gross = np.zeros(shape), np.zeros(shape)
    order = np.argsort(place, kind="stable")
    if place.size:
        present, first = np.unique(place[order], return_index=True)
        flow = answer.flow_mw[order]
        net[present] = np.add.reduceat(flow, first, axis=0)
        gross[present] = np.add.reduceat(np.abs(flow), first, axis=0)
    if book.orders:
        power = answer.accepted_mwh / horizon.hours[book.step]
        cell = book.bus * horizon.steps + book.step
        cells = shape[0] * shape[1]
        net += np.bincount(cell, power * book.side, cells).reshape(shape)
        gross += np.bincount(cell, np.abs(power), cells).reshape(shape)
    findings.cells("power_balance", np.abs(net), "MW", lambda row: f"bus {case.buses[row].id!r}", sizes=(gross,))


def _exchange(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (fleet.answer("import_mw") - fleet.answer("export_mw"),)


def _renewable(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (fleet.answer("power_mw"),)


def _demand(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (-fleet.series("demand_mw"),)


def _flexible_demand(fleet: Fleet) -> tuple[FloatArray, ...]:
    served = fleet.series("demand_mw") + fleet.answer("advance_mw") - fleet.answer("postpone_mw")
    return (fleet.answer("shed_mw") - served,)


def _chp(fleet: Fleet) -> tuple[FloatArray, ...]:
    fuel = fleet.answer("fuel_mw")
    return fleet.number("electric_efficiency") * fuel, fleet.number("heat_efficiency") * fuel, -fuel


def _boiler(fleet: Fleet) -> tuple[FloatArray, ...]:
    heat = fleet.answer("heat_mw")
    return heat, -heat / fleet.number("efficiency")


def _heat_pump(fleet: Fleet) -> tuple[FloatArray, ...]:
    electric = fleet.answer("electric_mw")
    return -electric, fleet.series("cop") * electric


def _reservoir(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (fleet.answer("discharge_mw") - fleet.answer("charge_mw"),)


def _tie(fleet: Fleet) -> tuple[FloatArray, ...]:
    forward, backward = fleet.answer("forward_mw"), fleet.answer("backward_mw")
    kept = 1.0 - fleet.number("loss_ratio")
    return kept * backward - forward, kept * forward - backward


#: Power into the bus of every port of a kind, in the order of PORTS.
_POWERS: Mapping[str, Callable[[Fleet], tuple[FloatArray, ...]]] = {
    "grid_connection": _exchange,
    "renewable": _renewable,
    "demand": _demand,
    "flexible_demand": _flexible_demand,
    "chp": _chp,
    "boiler": _boiler,
    "heat_pump": _heat_pump,
    "battery": _reservoir,
    "heat_store": _reservoir,
    "ev_session": _reservoir,
    "tie": _tie,
}
