"""Plan and actual: what meters have read beside what was planned, port by port, bus by bus and step by step.

A port is where a component meets a bus. Power is positive into the bus; energy is power times the length of a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.case import Case
from c4e_opt.components.grid_connection import GridConnection
from c4e_opt.outcome import Quantity, Table
from c4e_opt.verify import ports_of

#: Energies nearer to zero than this are none, in MWh.
_NOTHING_MWH = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Plan and actual over some steps.

    Attributes:
        ports: Energy by port and step, over (port, time), and its sums over the steps in which both are known, over
            (port).
        buses: Balance by bus and step, over (bus, time).
        deviation_cost_eur: What all deviations of grid connections cost by their tariffs, positive where they cost
            more than the plan.
    """

    ports: Table
    buses: Table
    deviation_cost_eur: float


def compare(case: Case, planned_mw: FloatArray, measured_mw: FloatArray, first: int, last: int) -> Compared:
    """Put what was measured beside what was planned.

    Args:
        case: The case, with the tariffs of its grid connections.
        planned_mw: Mean power of every port into its bus, (port, time) over all steps of the case, in the order of
            `ports_of`; not a number where nothing was planned.
        measured_mw: The same as meters have read it; not a number where none did.
        first: The first step to compare.
        last: The last one.
    """
    steps = slice(first, last + 1)
    hours = case.horizon.hours[steps]
    planned, measured = planned_mw[:, steps] * hours, measured_mw[:, steps] * hours
    known, read = np.isfinite(planned), np.isfinite(measured)
    both = known & read
    planned, measured = np.where(known, planned, 0.0), np.where(read, measured, 0.0)
    deviation = np.where(both, measured - planned, 0.0)
    cost = _tariff(case, measured, steps) - _tariff(case, planned, steps)
    cost = np.where(both, cost, 0.0)
    sums = [np.where(both, each, 0.0).sum(axis=1) for each in (planned, measured, deviation, cost)]
    over = ("port", "time")
    quantities = {
        "planned_mwh": Quantity(over, planned, "MWh", "energy into the bus as planned"),
        "measured_mwh": Quantity(over, measured, "MWh", "energy into the bus as measured"),
        "deviation_mwh": Quantity(over, deviation, "MWh", "measured less planned, where both are known"),
        "deviation_ratio": Quantity(over, _ratio(deviation, planned), "1", _RATIO),
        "deviation_cost_eur": Quantity(over, cost, "EUR", "what the deviation costs by the tariff of the connection"),
        "is_planned": Quantity(over, known.astype(np.float64), "1", "1 where a plan was in force"),
        "is_measured": Quantity(over, read.astype(np.float64), "1", "1 where a meter was read"),
        "planned_sum_mwh": Quantity(("port",), sums[0], "MWh", "planned energy where both are known"),
        "measured_sum_mwh": Quantity(("port",), sums[1], "MWh", "measured energy where both are known"),
        "deviation_sum_mwh": Quantity(("port",), sums[2], "MWh", "measured less planned"),
        "deviation_sum_ratio": Quantity(("port",), _ratio(sums[2], sums[0]), "1", _RATIO),
        "deviation_cost_sum_eur": Quantity(("port",), sums[3], "EUR", "what the deviations cost"),
    }
    ports = ports_of(case)
    labels = np.array([f"{kind}/{component}@{bus}" for kind, component, bus in ports], dtype=np.str_)
    texts = {
        name: ("port", np.array([port[place] for port in ports], dtype=np.str_))
        for place, name in enumerate(("port_kind", "port_component", "port_bus"))
    }
    time = case.horizon.axis.labels[steps]
    return Compared(
        ports=Table({"port": labels, "time": time}, quantities, texts),
        buses=_balances(case, planned, measured, known, read, time),
        deviation_cost_eur=float(sums[3].sum()),
    )


_RATIO = "deviation per planned energy, by size; 0 where none was planned"


def _ratio(deviation: FloatArray, planned: FloatArray) -> FloatArray:
    size = np.abs(planned)
    return np.divide(deviation, size, out=np.zeros_like(deviation), where=size > _NOTHING_MWH)


def _tariff(case: Case, energy_mwh: FloatArray, steps: slice) -> FloatArray:
    """What energy costs at the ports of grid connections, (port, time); 0 at all others."""
    cost = np.zeros_like(energy_mwh)
    connections = {each.id: each for each in case.of(GridConnection)}
    for row, (kind, component, _) in enumerate(ports_of(case)):
        if kind == "grid_connection":
            connection = connections[component]
            buy, sell = (
                np.broadcast_to(price, case.horizon.steps)[steps]
                for price in (connection.import_price_eur_per_mwh, connection.export_price_eur_per_mwh)
            )
            taken = energy_mwh[row]
            cost[row] = np.where(taken > 0, taken * buy, taken * sell)
    return cost


def _balances(
    case: Case, planned: FloatArray, measured: FloatArray, known: BoolArray, read: BoolArray, time: FloatArray
) -> Table:
    """What flows into every bus less what flows out of it; measured ones only where every port was read."""
    place = {bus.id: row for row, bus in enumerate(case.buses)}
    rows = np.array([place[bus] for _, _, bus in ports_of(case)], dtype=np.int64)
    shape = (len(case.buses), planned.shape[1])

    def over_buses(values: FloatArray | BoolArray) -> FloatArray:
        total = np.zeros(shape)
        np.add.at(total, rows, values)
        return total

    whole = [over_buses(~each) == 0 for each in (known, read)]
    over = ("bus", "time")
    balance = [np.where(sure, over_buses(each), 0.0) for sure, each in zip(whole, (planned, measured), strict=True)]
    quantities = {
        "planned_balance_mwh": Quantity(over, balance[0], "MWh", "planned energy in less planned energy out"),
        "measured_balance_mwh": Quantity(over, balance[1], "MWh", "measured energy in less measured energy out"),
        "is_planned": Quantity(over, whole[0].astype(np.float64), "1", "1 where a plan was in force"),
        "is_measured": Quantity(over, whole[1].astype(np.float64), "1", "1 where every port of the bus was read"),
        "unread_ports": Quantity(over, over_buses(~read), "1", "how many ports of the bus were not read"),
    }
    labels = np.array([bus.id for bus in case.buses], dtype=np.str_)
    carriers = np.array([bus.carrier for bus in case.buses], dtype=np.str_)
    return Table({"bus": labels, "time": time}, quantities, {"carrier": ("bus", carriers)})
