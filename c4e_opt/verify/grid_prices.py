"""What limits of a linear power flow are worth, and that prices follow from it.

With w = price at to_bus * what arrives there of one more MW - price at from_bus * what is sent for it - shadow prices
of the limits on the line, moving the angle of a bus by d changes what the grid earns by d * sum of +-susceptance * w
over its lines. At an optimum that is zero at every bus; so is what a chosen shift would change, within its limits.
In a model without angles w is zero on every line that could carry more and less. A limit that is worth something binds.
All limits that one excess relaxes are worth no more than its price, and as much as that where there is an excess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray, TextArray
from c4e_opt.verify import grid
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.regret import regret

#: A limit whose shadow price is above this, in the currency per MWh, must bind; within so many MW per MW of the largest
#: flow.
_WORTH, _BINDS_MW = 1e-5, 1e-5
#: So much beyond a soft limit, in MW, pays its price in full.
_EXCESS_MW = 1e-4
#: A phase shift so far from its limits, in radians, could be larger and smaller.
_SHIFT_RAD = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Shadow:
    """Limits that are worth something, as the answer says: shape (limit,) each."""

    law: TextArray
    element: TextArray  # kind/id
    outage: TextArray
    step: IntArray
    sign: FloatArray
    worth: FloatArray


def check(fleet: Fleet, shadow: Shadow) -> None:
    """The grid could not earn more by other angles, and limits that are worth something bind."""
    weights = _weights(fleet, shadow)
    slope = np.broadcast_to(grid.susceptances(fleet)[0], fleet.shape)
    if fleet.has("closed"):
        slope = np.where(fleet.flag("switchable") & (fleet.answer("closed") < 0.5), 0.0, slope)
    half = np.zeros(fleet.shape)  # what one more MW in the middle of a line loses on either side of it
    if fleet.case.policy.losses == "iterated":
        half = fleet.number("resistance_pu") / fleet.case.policy.base_mva * grid.middle(fleet)
    arrives, sent = fleet.price("to_bus") * (1.0 - half), fleet.price("from_bus") * (1.0 + half)
    gain = slope * (arrives - sent - _worth(fleet, shadow, weights))
    names = grid.ends_of(fleet)
    total, size = np.zeros((len(names), fleet.shape[1])), np.zeros((len(names), 1))
    for at, side in zip(grid.end_places(fleet), (1.0, -1.0), strict=True):
        np.add.at(total, at, side * gain)
        np.add.at(size, at, np.abs(slope).max(axis=1, keepdims=True))
    words, highest = sorted(names), np.abs(fleet.prices).max(axis=0)[None, :]
    tolerance = price_tolerance(fleet.horizon)
    fleet.hold(
        "price", np.abs(total) / np.maximum(size, 1e-12), "EUR/MWh", highest,
        tolerance=tolerance, name=lambda row: f"bus {words[row]!r}",
    )  # fmt: skip
    if fleet.has("shift_rad"):
        chosen = fleet.given("phase_shift_min_deg")
        low, high = (np.radians(np.nan_to_num(fleet.number(f"phase_shift_{end}_deg"))) for end in ("min", "max"))
        said, earns = fleet.answer("shift_rad"), -gain / np.maximum(np.abs(slope), 1e-12)
        could = np.maximum(earns * (said < high - _SHIFT_RAD), -earns * (said > low + _SHIFT_RAD))
        fleet.hold("shift_price", np.where(chosen, could, 0.0), "EUR/MWh", highest, tolerance=tolerance)
    _binds(fleet, shadow, weights)


def check_transport(fleet: Fleet, shadow: Shadow) -> None:
    """Nobody would pay for more, or less, than a line carries, and limits that are worth something bind."""
    weights = _weights(fleet, shadow)
    hard = ~fleet.given("overload_price_eur_per_mwh")
    limit = np.where(fleet.flag("in_service"), np.where(hard, grid.limit_of(fleet, "limit_mw"), np.inf), 0.0)
    loss = fleet.price("from_bus") - fleet.price("to_bus") + _worth(fleet, shadow, weights)
    regret(fleet, "price", "flow_mw", loss, limit, -limit)
    _binds(fleet, shadow, weights)


def _worth(fleet: Fleet, shadow: Shadow, weights: FloatArray) -> FloatArray:
    """What all limits together charge for one more MW on every line, (line, time)."""
    worth = np.zeros(fleet.shape)
    np.add.at(worth.T, shadow.step, weights * (shadow.sign * shadow.worth)[:, None])
    return worth


def _weights(fleet: Fleet, shadow: Shadow) -> FloatArray:
    """How much the flow of every line counts in what each limit bounds, (limit, line)."""
    row = fleet.rows
    groups = {each.id: each for each in fleet.case.components.get("interface", ())}
    weights = np.zeros((shadow.step.size, fleet.shape[0]))
    lost = _lost(fleet, row) if np.any(shadow.outage != "") else {}
    factored = grid.Factored(fleet) if lost else None
    taken: dict[str, FloatArray | None] = {}
    for n, (element, outage) in enumerate(zip(shadow.element.tolist(), shadow.outage.tolist(), strict=True)):
        kind, _, name = element.partition("/")
        if kind == "interface":
            for part in groups[name].lines:
                weights[n, row[part.line]] += part.ratio
            continue
        weights[n, row[name]] = 1.0
        if factored is not None and outage:
            if outage not in taken:
                taken[outage] = factored.taken_over(lost[outage])
            part = taken[outage]  # an outage that splits the grid has no limits
            weights[n, lost[outage]] += np.nan if part is None else part[row[name]]
    return weights


def _lost(fleet: Fleet, row: Mapping[str, int]) -> dict[str, IntArray]:
    """The lines that fail, by the name of the outage: a line, or a contingency of the case."""
    on = {record.id for record in fleet.records if record.in_service}
    single = {name: np.array([place]) for name, place in row.items()}
    return single | {
        each.id: np.unique([row[name] for name in each.lines if name in on])
        for each in fleet.case.components.get("contingency", ())
    }


def _binds(fleet: Fleet, shadow: Shadow, weights: FloatArray) -> None:
    """Limits with a shadow price bind, and what exceeds soft ones pays."""

    def name(row: int) -> str:
        return f"{shadow.law[row]} of {shadow.element[row]}"

    if shadow.step.size:
        flow, step = grid.middle(fleet), shadow.step
        amount = shadow.sign * np.einsum("nl,ln->n", weights, flow[:, step])
        binds = np.where(shadow.worth > _WORTH, _ends(fleet, shadow) - amount, 0.0)
        largest = np.abs(flow[:, step]).max(axis=0)[:, None]
        fleet.hold("shadow_price", np.abs(binds)[:, None], "MW", largest, tolerance=_BINDS_MW, name=name)
    after, policy = shadow.law == "line_outage_limit", fleet.case.policy
    _excess(fleet, shadow, after | (shadow.law == "line_flow_limit"), "overload", _overload_price(fleet))
    if fleet.has("outage_overload_mw"):
        price = np.full(fleet.shape[0], policy.outage_overload_price_eur_per_mwh)
        _excess(fleet, shadow, after, "outage_overload", price)
    groups = fleet.others.get("interface")
    if groups is not None:
        _excess(groups, shadow, shadow.law == "interface_limit", "overload", _overload_price(groups))


def _overload_price(fleet: Fleet) -> FloatArray:
    """What exceeding a limit costs, (component,); infinite where it is hard."""
    price = fleet.number("overload_price_eur_per_mwh")[:, 0]
    return np.where(np.isnan(price), np.inf, price)


def _excess(fleet: Fleet, shadow: Shadow, some: BoolArray, quantity: str, price: FloatArray) -> None:
    """What one more MW of an excess saves is no more than it costs, and as much where there is an excess."""
    row = fleet.rows
    saved, given = np.zeros(fleet.shape), grid.given(fleet, f"{quantity}_mw")
    for n in np.flatnonzero(some).tolist():
        saved[row[str(shadow.element[n]).partition("/")[2]], int(shadow.step[n])] += shadow.worth[n]
    short = np.where(given > _EXCESS_MW, np.abs(saved - price[:, None]), saved - price[:, None])
    finite = np.where(np.isfinite(price), price, 0.0)[:, None]
    fleet.hold(f"{quantity}_price", short, "EUR/MWh", finite, tolerance=price_tolerance(fleet.horizon))


def _ends(fleet: Fleet, shadow: Shadow) -> FloatArray:
    """How far the sum that each limit bounds may go, in its direction, (limit,)."""
    row = fleet.rows
    steps = fleet.shape[1]
    slope, shift = (each[:, 0] for each in grid.susceptances(fleet))
    groups = fleet.others.get("interface")
    place_of = {} if groups is None else {each.id: n for n, each in enumerate(groups.records)}
    over, after = grid.given(fleet, "overload_mw"), grid.given(fleet, "outage_overload_mw")
    end = np.full(shadow.step.size, np.inf)
    for n, (law, element) in enumerate(zip(shadow.law.tolist(), shadow.element.tolist(), strict=True)):
        name, step, upper = element.partition("/")[2], int(shadow.step[n]), shadow.sign[n] > 0
        if law == "interface_limit" and groups is not None:
            record, excess = groups.records[place_of[name]], grid.given(groups, "overload_mw")[place_of[name], step]
            limit = record.forward_max_mw if upper else record.backward_max_mw
        elif law == "line_angle_limit":
            at, record, excess = row[name], fleet.records[row[name]], 0.0
            degrees = (-np.inf if record.angle_min_deg is None else record.angle_min_deg,
                       np.inf if record.angle_max_deg is None else record.angle_max_deg)  # fmt: skip
            ends = [slope[at] * (np.radians(each) - shift[at]) for each in degrees]
            limit = max(ends) if upper else -min(ends)
        else:
            at = row[name]
            record, excess = fleet.records[at], over[at, step]
            limit = record.limit_mw
            if law == "line_outage_limit":
                excess += after[at, step]
                limit = record.emergency_limit_mw if record.emergency_limit_mw is not None else limit
        if limit is not None:
            end[n] = float(np.broadcast_to(limit, steps)[step]) + excess
    return end
