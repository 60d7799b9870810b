"""Budgets: what laws of a site count over windows of time, recomputed from the flows of an answer.

Laws, for kind = energy_budget, emission_budget, self_consumption:
    <kind>_account   what is counted since the start is the sum over the steps so far
    <kind>_beyond    what is beyond the limits of a window is paid for where that is allowed, else there is none
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import site
from c4e_opt.verify.fleet import Fleet


def check(
    fleet: Fleet,
    laws: Sequence[Any],
    rate: FloatArray,
    limits: tuple[FloatArray, FloatArray],
    soft: FloatArray,
    quantities: tuple[str, str],
    unit: str,
) -> None:
    """Check accounts and limits.

    Args:
        fleet: The laws as the answer has them.
        laws: The record of every row.
        rate: What is counted per hour, (row, time).
        limits: Least and most in every window, (row,) each; not a number where there is none.
        soft: Rows of which what is beyond may be paid for, (row,).
        quantities: Names of the account and of what is beyond.
        unit: Unit of both.
    """
    account, beyond = (fleet.answer(name) for name in quantities)
    amount = rate * fleet.horizon.cost_hours
    turnover = np.cumsum(np.abs(amount), axis=1)

    def name(row: int) -> str:
        return f"{fleet.kind} {laws[row].id!r}"

    fleet.hold("account", np.abs(account - np.cumsum(amount, axis=1)), unit, turnover, name=name)
    missed = np.zeros(amount.shape)
    for row, law in enumerate(laws):
        total, closes = site.within(law, amount[row], fleet.horizon)
        apart = np.fmax(limits[0][row] - total, total - limits[1][row])
        due = np.where(closes, np.maximum(np.nan_to_num(apart), 0.0), 0.0)
        paid = beyond[row] if soft[row] else np.zeros_like(due)
        unpaid = np.where(closes, due - paid, np.abs(beyond[row]))
        missed[row] = np.maximum(unpaid, np.abs(beyond[row]) if not soft[row] else -beyond[row])
    fleet.hold("beyond", missed, unit, turnover, name=name)
