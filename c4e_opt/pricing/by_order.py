"""Uplift of single orders, where several are one participant or the programme took alike ones as one.

Orders that are linked, exclusive or in a complex order decide together (`pricing.participants`); alike orders are one
order of the problem, and one that may move is several (`market.lineup`). Of every order of the case
    profit                        what it is paid for what is accepted of it, less its limit; what a complex order costs
                                  besides in proportion to what is accepted of its orders
    lost_opportunity, make_whole  a part of what they lose together: in proportion to what each loses itself, else to
                                  what is not accepted of each, else to their energies
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.market.lineup import Lineup
from c4e_opt.outcome import Outcome
from c4e_opt.pricing.uplift import Uplift


def by_order(losses: Uplift, lineup: Lineup | None, outcome: Outcome) -> Uplift:
    """The same with every order by itself, behind all others, in the order of the book.

    Args:
        losses: By participant.
        lineup: The orders as the programme has them; None without any.
        outcome: The answer.
    """
    if lineup is None:
        return losses
    others = np.ones(losses.names.size, dtype=np.bool_)
    others[losses.of_line] = False
    book, entry = lineup.origin, lineup.entry
    group = losses.of_line[lineup.line]  # participant of every entry
    energy = book.energy_mwh[entry]
    got = _placed(lineup, outcome) * outcome.order_table.values("accepted_mwh")[entry]
    of_line = np.bincount(lineup.line, got, lineup.book.orders)[lineup.line]
    profit = losses.line_profit[lineup.line] * np.where(of_line > 0, got / np.where(of_line > 0, of_line, 1.0), 0.0)
    besides = losses.profit - np.bincount(group, profit, losses.names.size)
    profit += besides[group] * _parts(group, got, energy)
    lost = _parts(group, np.maximum(-profit, 0.0), energy - got, energy)

    def joined(whole: FloatArray, single: FloatArray) -> FloatArray:
        return np.concatenate([whole[others], np.bincount(entry, single, book.orders).astype(np.float64)])

    return Uplift(
        names=np.concatenate([losses.names[others], np.char.add("order/", book.id)]),
        profit=joined(losses.profit, profit),
        own=joined(losses.own, losses.own[group] * _parts(group, got, energy)),
        lost_opportunity=joined(losses.lost_opportunity, losses.lost_opportunity[group] * lost),
        make_whole=joined(losses.make_whole, losses.make_whole[group] * lost),
        grid=losses.grid,
    )


def _placed(lineup: Lineup, outcome: Outcome) -> FloatArray:
    """Whether an entry is the place at which its order is, where orders may move (entry,)."""
    table = outcome.order_table
    if "first_step" not in table.quantities:
        return np.ones(lineup.entry.size)
    here = lineup.book.step[lineup.line] == table.values("first_step")[lineup.entry]
    return (here | ~lineup.origin.movable[lineup.entry]).astype(np.float64)


def _parts(group: IntArray, *amounts: FloatArray) -> FloatArray:
    """Every entry's part of its group, by the first of the amounts of which the group has any."""
    found, open_ = np.zeros(group.size), np.ones(group.size, dtype=np.bool_)
    for amount in amounts:
        total = np.bincount(group, amount, group.max(initial=-1) + 1)[group]
        some = open_ & (total > 0)
        found[some] = amount[some] / total[some]
        open_ &= ~some
    return found
