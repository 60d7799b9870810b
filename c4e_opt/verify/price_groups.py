"""Price groups: buyers at several buses that pay one price, judged from the orders and the prices alone.

Laws, for every group in every step:
    group_price        what its buyers pay is what their energy costs at their buses; where they get nothing, its price
                       is the mean at the buses of those who come first, weighted by what they want
    group_acceptance   an order that offers more than the price of its group is accepted wholly, one that offers less is
                       not, whatever the price of its bus
    group_merit_order  nothing of an order is accepted while one that comes before it, by price and then by rank, lacks
                       anything; orders of one price and rank get the same part
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from c4e_opt.case import Case
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.findings import SAME, Findings, price_tolerance

#: Below this, in MWh, nothing of an order is accepted, or all of it.
_NOTHING_MWH = 1e-5


def check(case: Case, answer: Answer, findings: Findings) -> None:
    """Check the groups of a case; no laws where it has none.

    Args:
        case: The case.
        answer: The complete answer.
        findings: Takes the laws.
    """
    book = case.orders
    if "price_group" not in book.said():
        return
    accepted, limit, offered = answer.accepted_mwh, book.price_eur_per_mwh, book.energy_mwh
    cells: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place in np.flatnonzero(book.price_group != "").tolist():
        cells[str(book.price_group[place]), int(book.step[place])].append(place)
    off, size, turn = (np.zeros(len(cells)) for _ in range(3))
    regret = np.zeros(book.orders)
    for row, ((group, step), members) in enumerate(cells.items()):
        mine, price = np.array(members), float(answer.group_prices[group][step])
        energy, at = accepted[mine], answer.price_eur_per_mwh[book.bus[mine], step]
        best = max((limit[n], -book.rank[n]) for n in members)
        first = np.array([offered[n] if (limit[n], -book.rank[n]) == best else 0.0 for n in members])
        weight = energy if energy.sum() > _NOTHING_MWH else first
        off[row], size[row] = abs(price - weight @ at / weight.sum()), weight @ np.abs(at) / weight.sum()
        some, lacking = energy > _NOTHING_MWH, energy < offered[mine] - _NOTHING_MWH
        regret[mine] = np.maximum((price - limit[mine]) * some, (limit[mine] - price) * lacking)
        turn[row] = _out_of_turn(limit[mine], book.rank[mine], energy, offered[mine])
    names = list(cells)

    def name(row: int) -> str:
        return f"price group {names[row][0]!r}"

    steps = np.array([step for _, step in names])
    close = price_tolerance(case.horizon)
    findings.cells("group_price", off, "EUR/MWh", name, sizes=(size,), tolerance=10.0 * SAME, steps=steps)
    findings.cells(
        "group_acceptance", regret, "EUR/MWh", lambda row: f"order {str(book.id[row])!r}",
        sizes=(limit,), tolerance=close, steps=book.step,
    )  # fmt: skip
    findings.cells("group_merit_order", turn, "MWh", name, tolerance=_NOTHING_MWH, steps=steps)


def _out_of_turn(limit: np.ndarray, rank: np.ndarray, energy: np.ndarray, offered: np.ndarray) -> float:
    """The most that orders get although those before them lack it, or beyond their part among equals, MWh."""
    worst = lacking = 0.0
    for price, place in sorted(set(zip(limit.tolist(), rank.tolist(), strict=True)), key=lambda key: (-key[0], key[1])):
        equal = (limit == price) & (rank == place)
        got, wanted = float(energy[equal].sum()), float(offered[equal].sum())
        worst = max(worst, min(got, lacking), float(np.abs(energy[equal] - offered[equal] * got / wanted).max()))
        lacking += wanted - got
    return worst
