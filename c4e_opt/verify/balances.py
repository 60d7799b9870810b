"""Balances: what every port gives to its bus, recomputed from the schedule, and the sum at every bus.

Laws:
    <kind>_flow     the power of every port follows from the schedule and the efficiencies of the case
    power_balance   what ports and accepted orders give to a bus sums to zero in every step, in mean power
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from c4e_opt.arrays import IntArray
from c4e_opt.case import KINDS, Case
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.findings import SAME, Findings
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.orders import energies


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
        fleet = fleets[kind]
        ends = fleet.room.ends(fleet.records)
        if not ends:
            continue
        powers = fleet.room.flows(fleet)
        expected = powers[0] if len(powers) == 1 else np.concatenate(powers)
        flow = answer.flow_mw[row : row + expected.shape[0]]
        row += expected.shape[0]
        fleet.hold("flow", np.abs(flow - expected), "MW", expected, tolerance=SAME, name=_port_name(fleet, ends))
        buses.append(fleet.places([bus for _, bus in ends]))
    place = np.concatenate(buses) if buses else np.zeros(0, dtype=np.int64)
    _power_balance(case, place, answer, findings)


def _port_name(fleet: Fleet, ends: Sequence[tuple[int, str]]) -> Callable[[int], str]:
    """Component and bus of a port."""

    def name(row: int) -> str:
        component, bus = ends[row]
        return f"{fleet.name(component)} at bus {bus!r}"

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
        order, step, part = energies(case, answer)
        power = answer.accepted_mwh[order] * part / horizon.hours[step]
        cell = book.bus[order] * horizon.steps + step
        cells = shape[0] * shape[1]
        net += np.bincount(cell, power * book.side[order], cells).reshape(shape)
        gross += np.bincount(cell, np.abs(power), cells).reshape(shape)
    findings.cells("power_balance", np.abs(net), "MW", lambda row: f"bus {case.buses[row].id!r}", sizes=(gross,))
