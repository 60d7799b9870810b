"""Uniform prices at which nobody loses, judged from the orders and the prices alone.

Laws, with the surplus of an order = (price - limit) * accepted of a seller, (limit - price) * accepted of a buyer:
    order_no_loss        an order that is indivisible, in a family or in a group, and is accepted, has no loss, counted
                         with all accepted orders that need it; orders that need each other count once
    order_bound_acceptance  a divisible order that another one needs not, of which less is accepted than of its parent,
                         and whose group has room, follows the price
    order_at_the_money   one that is accepted in part, and is in no family or group, neither gains nor loses by more
    complex_order_income an active complex order earns at least what it asks for
    complex_order_acceptance  orders of an active complex order without gradients and least power follow the price
    price_interval       the price is the middle of its lowest and its highest
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.case import Case
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.findings import SAME, Findings, price_tolerance
from c4e_opt.verify.orders import energies

#: Below this, in MWh, nothing of an order is accepted, or all of it.
_NOTHING_MWH = 1e-5


def check(case: Case, answer: Answer, low: FloatArray, high: FloatArray, findings: Findings) -> None:
    """Check the rule.

    Args:
        case: The case.
        answer: The complete answer.
        low: Lowest prices (bus, time).
        high: Highest prices (bus, time).
        findings: Takes the laws.
    """
    middle = np.abs(answer.price_eur_per_mwh - 0.5 * (low + high))
    disorder = np.maximum(middle, low - high - price_tolerance(case.horizon))
    findings.cells("price_interval", disorder, "EUR/MWh", lambda row: f"bus {case.buses[row].id!r}", sizes=(low, high),
                   tolerance=SAME)  # fmt: skip
    book = case.orders
    if not book.orders:
        return
    order, step, part = energies(case, answer)
    worth = answer.price_eur_per_mwh[book.bus[order], step] * part
    at = np.bincount(order, worth, book.orders).astype(np.float64, copy=False)
    accepted = answer.accepted_mwh
    unit = book.side * (at - book.price_eur_per_mwh)  # what one more MWh earns
    gain = unit * accepted
    tolerance = price_tolerance(case.horizon)
    _families(case, accepted, gain, tolerance, findings)
    _with_room(case, answer, unit, tolerance, findings)
    lone = (book.parent < 0) & (book.group == "") & (book.complex_order == "")
    lone[book.parent[book.parent >= 0]] = False
    partly = lone & (book.ratio_min > 0) & (accepted > _NOTHING_MWH) & (accepted < book.energy_mwh - _NOTHING_MWH)

    def name(row: int) -> str:
        return f"order {str(book.id[row])!r}"

    off = np.where(partly, np.abs(unit), 0.0)
    findings.cells("order_at_the_money", off, "EUR/MWh", name, sizes=(at,), tolerance=tolerance, steps=book.step)
    _complexes(case, answer, unit, tolerance, findings)


def _families(case: Case, accepted: FloatArray, gain: FloatArray, tolerance: float, findings: Findings) -> None:
    book = case.orders
    family, size = gain.copy(), np.abs(accepted)
    for child in np.flatnonzero((book.parent >= 0) & (accepted > _NOTHING_MWH)).tolist():
        above, seen = int(book.parent[child]), {child}
        while above >= 0 and above not in seen:
            family[above] += gain[child]
            size[above] += accepted[child]
            seen.add(above)
            above = int(book.parent[above])
    bound = (book.ratio_min > 0) | (book.parent >= 0) | (book.group != "")
    bound[book.parent[book.parent >= 0]] = True
    judged = bound & (accepted > _NOTHING_MWH)
    loss = np.where(judged, -family, 0.0)
    findings.cells(
        "order_no_loss", loss, "EUR", lambda row: f"order {str(book.id[row])!r}",
        sizes=(size * (1.0 + np.abs(book.price_eur_per_mwh)),), tolerance=tolerance, steps=book.step,
    )  # fmt: skip


def _with_room(case: Case, answer: Answer, unit: FloatArray, tolerance: float, findings: Findings) -> None:
    """Members of families and groups that nothing holds follow the price."""
    book, accepted = case.orders, answer.accepted_mwh
    ratio = accepted / book.energy_mwh
    child = book.parent >= 0
    room = (book.ratio_min == 0) & (child | (book.group != ""))
    room[book.parent[child]] = False
    room &= ~child | (ratio < ratio[book.parent] - _NOTHING_MWH)
    names, group = np.unique(book.group, return_inverse=True)
    total = np.bincount(group, ratio, names.size)
    room &= (book.group == "") | (total[group] < 1.0 - _NOTHING_MWH)
    more, less = accepted < book.energy_mwh - _NOTHING_MWH, accepted > _NOTHING_MWH
    regret = np.where(room, np.maximum(unit * more, -unit * less), 0.0)
    findings.cells(
        "order_bound_acceptance", regret, "EUR/MWh", lambda row: f"order {str(book.id[row])!r}",
        sizes=(book.price_eur_per_mwh,), tolerance=tolerance, steps=book.step,
    )  # fmt: skip


def _complexes(case: Case, answer: Answer, unit: FloatArray, tolerance: float, findings: Findings) -> None:
    records, book = case.components.get("complex_order", ()), case.orders
    if not records:
        return
    active = answer.schedule.get("complex_order_active", np.ones(len(records)))
    missing, size = np.zeros(len(records)), np.zeros(len(records))
    regret = np.zeros(book.orders)
    for row, record in enumerate(records):
        mine: IntArray = np.flatnonzero(book.complex_order == record.id)
        energy = answer.accepted_mwh[mine]
        idle = active[row] < 0.5 and (record.condition != "none" or np.any(np.asarray(record.power_min_mw) > 0))
        bound = record.ramp_up_mw_per_hour is not None or record.ramp_down_mw_per_hour is not None
        if not idle and not bound and not np.any(np.asarray(record.power_min_mw) > 0):
            more, less = energy < book.energy_mwh[mine] - _NOTHING_MWH, energy > _NOTHING_MWH
            regret[mine] = np.maximum(unit[mine] * more, -unit[mine] * less)
        if idle or record.condition == "none":
            continue
        price = book.side[mine] * unit[mine] + book.price_eur_per_mwh[mine]
        earned = float((book.side[mine] * price * energy).sum())
        if record.condition == "scalable":
            asked = record.fixed_eur + float((book.side[mine] * book.price_eur_per_mwh[mine] * energy).sum())
        else:
            asked = record.fixed_eur + float((book.side[mine] * record.variable_eur_per_mwh * energy).sum())
        missing[row], size[row] = asked - earned, abs(asked) + float(energy.sum())
    findings.cells(
        "complex_order_income", missing, "EUR", lambda row: f"complex_order {records[row].id!r}",
        sizes=(size,), tolerance=tolerance,
    )  # fmt: skip
    findings.cells(
        "complex_order_acceptance", regret, "EUR/MWh", lambda row: f"order {str(book.id[row])!r}",
        sizes=(book.price_eur_per_mwh,), tolerance=tolerance, steps=book.step,
    )  # fmt: skip
