"""Marginal prices: what one more MWh of demand would cost, at every bus and step, and what that is made of.

Definition: price[n, t] = d(objective) / d(demand of bus n in step t), in currency per MWh. It is the dual of
power_balance[n, t] divided by the length of the step, and by how often the step counts in costs. The dual is that of
the problem itself where it is convex, and of the problem with its binaries fixed at their solution otherwise ("of the
fixed commitment"). Where power balances by areas and limits of lines are rows over injections, the dual of a bus is
that of its area and what the limits add (`network.lazy`).

On a grid with linear power flow a price is energy + congestion, and + loss where the model knows losses: energy is the
price at the reference of the area, congestion what limits are worth through the flows that one more MWh would cause
without losses, and loss the rest.

Properties: an order in the money is accepted, one out of the money is not; at fixed commitment start-up costs are not
in the price and may leave a unit with a loss (uplift is a matter of settlement).

Source: Schweppe, Caramanis, Tabors, Bohn (1988), Spot Pricing of Electricity, doi:10.1007/978-1-4613-1683-1; with
binaries fixed, O'Neill et al. (2005), doi:10.1016/j.ejor.2003.12.011.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.formulate import Formulation
from c4e_opt.network.apparent import SIDES
from c4e_opt.network.factors import Factors
from c4e_opt.network.grid import grid_of
from c4e_opt.network.interface import Interface
from c4e_opt.network.limits import weights_of
from c4e_opt.network.line import Line

#: Laws of `network.angles` and `network.transport` whose shadow prices are told, with the sign of the flow they limit.
_LAWS = {
    f"{law}{end}": (law, sign)
    for law in ("line_flow_limit", "line_angle_limit", "interface_limit")
    for end, sign in (("", 1.0), ("_lower", -1.0))
}
#: Below this, in currency per MWh, a limit has no shadow price.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that binds: one more MW of it for an hour saves so much."""

    law: str
    element: str  # kind/id
    outage: str  # empty without one
    step: int
    sign: float  # 1 for the upper limit of the flow, -1 for the lower one
    shadow_price_eur_per_mwh: float


def prices(formulation: Formulation, row_dual: FloatArray, hours: FloatArray) -> FloatArray:
    """Prices of all buses and steps.

    Args:
        formulation: The programme with its power_balance.
        row_dual: d(objective) / d(right-hand side) of every row, shape (row,).
        hours: Length of every step times how often it counts in costs, shape (time,).

    Returns:
        Currency per MWh, shape (bus, time).
    """
    dual = formulation.program.constraints["power_balance"].unpack(row_dual)
    if formulation.area is not None:
        dual = dual[formulation.area]
    if formulation.lazy is not None:
        dual = dual + formulation.lazy.congestion(row_dual)
    return dual / hours


def parts(formulation: Formulation, case: Case, price: FloatArray, row_dual: FloatArray) -> dict[str, FloatArray]:
    """What prices are made of on a grid with linear power flow; empty where lines have other laws, or are none.

    Args:
        formulation: The programme.
        case: The case.
        price: Currency per MWh, (bus, time).
        row_dual: As for `prices`.

    Returns:
        Name of the part and currency per MWh, (bus, time); they add up to the price.
    """
    lines = case.of(Line)
    if not lines or case.policy.network not in ("dc", "dcp"):
        return {}
    grid = grid_of(case.buses, lines, case.policy.network, case.policy.base_mva)
    energy = price[grid.reference[grid.area]]
    if formulation.losses is None:
        return {"energy": energy, "congestion": price - energy}
    place = {line.id: row for row, line in enumerate(lines)}
    worth = np.zeros((len(lines), case.horizon.steps))  # of the flow of every line
    for name, (law, sign) in _LAWS.items():
        block = formulation.program.constraints.get(name)
        if block is not None and law == "interface_limit":
            worth += weights_of(case.of(Interface), grid).T @ (sign * block.unpack(row_dual))
        elif block is not None:
            worth[[place[line] for line in block.axes[0].labels.tolist()]] += sign * block.unpack(row_dual)
    congestion = Factors(grid).pulled(worth) / case.horizon.cost_hours
    return {"energy": energy, "congestion": congestion, "loss": price - energy - congestion}


def binding(formulation: Formulation, primal: FloatArray, row_dual: FloatArray, hours: FloatArray) -> Iterator[Limit]:
    """The limits of lines and interfaces that bind, one law after another; of a line that is open, none.

    Args:
        formulation: The programme.
        primal: The answer to it.
        row_dual: As for `prices`.
        hours: Likewise.
    """
    if formulation.lazy is not None:
        for rows, dual in formulation.lazy.duals(row_dual):
            worth = -dual / hours[rows.step]
            for k in np.flatnonzero(worth > _NOTHING).tolist():
                yield Limit(
                    rows.law, rows.words[k], rows.outages[k], int(rows.step[k]), float(rows.sign[k]), float(worth[k])
                )
    if formulation.told is not None and formulation.lazy is None:
        yield from _apparent(formulation, row_dual, hours)
        return
    for name, (law, sign) in _LAWS.items():
        block = formulation.program.constraints.get(name)
        if block is None or formulation.lazy is not None:
            continue
        worth = -block.unpack(row_dual) / hours
        closed = formulation.program.variables.get("line_closed")
        if closed is not None and law == "line_flow_limit":
            worth.ravel()[closed.cells[primal[closed.start : closed.stop] < 0.5]] = 0.0
        for row, step in np.argwhere(worth > _NOTHING).tolist():
            element = f"{block.axes[0].name}/{block.axes[0].labels[row]}"
            yield Limit(law, element, "", step, sign, float(worth[row, step]))


def _apparent(formulation: Formulation, row_dual: FloatArray, hours: FloatArray) -> Iterator[Limit]:
    """The limits of apparent power that bind, in models with voltage: of lines at either end, and of interfaces."""
    blocks = formulation.program.constraints
    found: dict[str, FloatArray] = {}
    for name in ("line_flow_limit", "line_flow_limit_end"):
        if name in blocks:  # a polygon: each side falls with the limit
            found[name] = -blocks[name].unpack(row_dual).sum(axis=1) * float(np.cos(np.pi / SIDES))
        elif f"{name}_head" in blocks:  # a cone: its head is the limit
            found[name] = -blocks[f"{name}_head"].unpack(row_dual)
    for name, worth in found.items():
        lines = (blocks.get(name) or blocks[f"{name}_head"]).axes[0].labels
        for row, step in np.argwhere(worth > _NOTHING * hours).tolist():
            yield Limit("line_flow_limit", f"line/{lines[row]}", "", step, 1.0, float(worth[row, step] / hours[step]))
    for name, sign in (("interface_limit", 1.0), ("interface_limit_lower", -1.0)):
        if name in blocks:
            worth, labels = -blocks[name].unpack(row_dual) / hours, blocks[name].axes[0].labels
            for row, step in np.argwhere(worth > _NOTHING).tolist():
                yield Limit("interface_limit", f"interface/{labels[row]}", "", step, sign, float(worth[row, step]))
