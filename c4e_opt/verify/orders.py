"""Orders: what is accepted of each, when, and at what price.

Laws:
    order_limit          0 <= accepted <= offered
    order_ratio_min      of an order that is accepted, its least part is
    order_link           no larger part of an order is accepted than of its parent
    order_group          the parts accepted of an exclusive group add up to one order at most
    order_first          an order that may move begins within its window, any other at its step
    order_cleared_price  an order clears at the mean of the prices at its bus, weighted by its energies; one in a price
                         group at the price of the group
    order_acceptance     an order in the money is fully accepted, one out of the money is not; at the money any part
                         may be. Of divisible orders that are bound to no other; the price of one whose price rises
                         along its energy is that of the next MWh

What indivisible and bound orders earn is judged by the rule of the prices (`verify.european`).
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.case import Case
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.findings import SAME, Findings, price_tolerance

#: Below this, in MWh, nothing of an order is accepted, or all of it.
_NOTHING_MWH = 1e-5


def energies(case: Case, answer: Answer) -> tuple[IntArray, IntArray, FloatArray]:
    """Order, step and part of its energy there, of all orders as they are placed: (entry,) each."""
    book, hours = case.orders, case.horizon.hours
    first = np.clip(answer.first_step, 0, case.horizon.steps - book.lengths())
    if not book.profile_order.size and int(book.steps.max(initial=1)) == 1:
        return np.arange(book.orders), first, np.ones(book.orders)
    order: list[IntArray] = [book.profile_order]
    step: list[IntArray] = [first[book.profile_order] + book.profile_step]
    part: list[FloatArray] = [book.profile_mwh / book.energy_mwh[book.profile_order]]
    level = np.setdiff1d(np.arange(book.orders), book.profile_order)
    clock = np.concatenate([[0.0], np.cumsum(hours)])
    lasting = clock[first + book.steps] - clock[first]
    for offset in range(int(book.steps.max(initial=1))):
        mine = level[book.steps[level] > offset]
        order.append(mine)
        step.append(first[mine] + offset)
        part.append(hours[first[mine] + offset] / lasting[mine])
    return np.concatenate(order), np.concatenate(step), np.concatenate(part)


def check(case: Case, answer: Answer, findings: Findings, *, priced: bool) -> None:
    """Check the order book.

    Args:
        case: The case.
        answer: The complete answer.
        findings: Takes the laws.
        priced: Whether prices must support what is accepted.
    """
    book = case.orders
    if not book.orders:
        return
    accepted, offered, steps = answer.accepted_mwh, book.energy_mwh, book.step

    def name(row: int) -> str:
        return f"order {str(book.id[row])!r}"

    outside = np.maximum(-accepted, accepted - offered)
    findings.cells("order_limit", outside, "MWh", name, sizes=(accepted,), steps=steps)
    _whole(case, answer, findings)
    order, step, part = energies(case, answer)
    at = answer.price_eur_per_mwh[book.bus[order], step]
    price = np.bincount(order, at * part, book.orders).astype(np.float64, copy=False)
    size = np.bincount(order, np.abs(at) * part, book.orders).astype(np.float64, copy=False)
    for group, together in answer.group_prices.items():
        mine = np.flatnonzero(book.price_group == group)
        price[mine] = together[book.step[mine]]
    off = np.abs(answer.cleared_eur_per_mwh - price)
    findings.cells("order_cleared_price", off, "EUR/MWh", name, sizes=(size,), tolerance=SAME, steps=steps)
    if not priced:
        return
    bend = book.price_full_eur_per_mwh - book.price_eur_per_mwh
    loss = book.side * (book.price_eur_per_mwh + bend * accepted / offered - price)  # of accepting one more MWh
    regret = np.maximum(loss * (accepted > _NOTHING_MWH), -loss * (accepted < offered - _NOTHING_MWH))
    regret = np.where(free(case), regret, 0.0)
    tolerance = price_tolerance(case.horizon)
    findings.cells("order_acceptance", regret, "EUR/MWh", name, sizes=(size,), tolerance=tolerance, steps=steps)


def free(case: Case) -> BoolArray:
    """Orders whose acceptance follows from the price alone, (order,)."""
    book = case.orders
    own = (book.ratio_min == 0) & (book.step_last == book.step) & (book.parent < 0)
    own &= (book.group == "") & (book.complex_order == "")
    if "price_group" in book.said():
        own &= book.price_group == ""
    own[book.parent[book.parent >= 0]] = False
    return own


def _whole(case: Case, answer: Answer, findings: Findings) -> None:
    """What holds of orders that are accepted from a least part on, or with others, or somewhere."""
    book = case.orders
    said = book.said()
    ratio = answer.accepted_mwh / book.energy_mwh

    def name(row: int) -> str:
        return f"order {str(book.id[row])!r}"

    if "ratio_min" in said:
        least = np.where(answer.accepted_mwh > _NOTHING_MWH, book.ratio_min - ratio, 0.0)
        findings.cells("order_ratio_min", least, "1", name, sizes=(ratio,), steps=book.step)
    if "parent" in said:
        child = np.flatnonzero(book.parent >= 0)
        beyond = np.zeros(book.orders)
        beyond[child] = ratio[child] - ratio[book.parent[child]]
        findings.cells("order_link", beyond, "1", name, sizes=(ratio,), steps=book.step)
    if "group" in said:
        names, group = np.unique(book.group, return_inverse=True)
        total = np.bincount(group, ratio, names.size).astype(np.float64, copy=False)
        over = np.where(names != "", total - 1.0, 0.0)
        findings.cells("order_group", over, "1", lambda row: f"group {str(names[row])!r}", sizes=(total,))
    early, late = book.step - answer.first_step, answer.first_step - book.step_last
    findings.cells("order_first", np.maximum(early, late).astype(np.float64), "1", name, steps=book.step)
