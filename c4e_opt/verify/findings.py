"""Findings: one residual per law, at its worst place, in the words of the case.

A law is held to ``tolerance * max(1, s)``, where s is the sum of the magnitudes of the answer's own numbers that meet
in the worst cell. Limits are no part of s: an "unlimited" connection of 1e9 MW must not excuse anything. Tolerances:

    LAW     1e-6   laws that a solver keeps up to its own tolerance (HiGHS: 1e-7), in MW, MWh
    SAME    1e-9   numbers that are recomputed from other numbers of the answer and differ by rounding only
    PRICE   1e-5   conditions on prices, in EUR/MWh; larger for steps shorter than six minutes, see `price_tolerance`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.outcome import Certificate, Residual

LAW = 1e-6
SAME = 1e-9
PRICE = 1e-5

#: What a law says of its worst place when nothing violates it.
NOWHERE = "nowhere"


def price_tolerance(horizon: Horizon) -> float:
    """A solver's 1e-7 per MW in a step is 1e-7 / hours per MWh; ten times that, and at least PRICE."""
    return max(PRICE, 1e-6 / float(horizon.cost_hours.min()))


class Findings:
    """The laws checked so far."""

    def __init__(self, horizon: Horizon) -> None:
        """Start with none."""
        self._horizon = horizon
        self._found: list[Residual] = []

    def certificate(self) -> Certificate:
        """All of them."""
        return Certificate(residuals=tuple(self._found))

    def step(self, step: int) -> str:
        """The start of a step as messages show it."""
        return f"{np.datetime64(int(self._horizon.starts[step]), 's')}Z"

    def stated(self, law: str, problem: str | None) -> None:
        """A law that holds or does not, without a measure: infinitely violated when there is a problem."""
        largest = 0.0 if problem is None else float("inf")
        self._found.append(Residual(law=law, largest=largest, unit="1", tolerance=0.0, where=problem or NOWHERE))

    def noted(self, law: str, said: str) -> None:
        """Something that a reader of the certificate must know, and that is no violation."""
        self._found.append(Residual(law=law, largest=0.0, unit="1", tolerance=0.0, where=said))

    def number(self, law: str, violation: float, unit: str, size: float, where: str, tolerance: float = SAME) -> None:
        """A law about the answer as a whole.

        Args:
            law: Its name.
            violation: By how much it is violated; not positive where it holds.
            unit: Unit of the violation.
            size: Sum of the magnitudes that meet in it.
            where: What is wrong if it does not hold.
            tolerance: Allowed violation at size 1.
        """
        allowed = tolerance * max(1.0, size)
        largest = _violation(violation)
        place = NOWHERE if largest <= allowed else where
        self._found.append(Residual(law=law, largest=largest, unit=unit, tolerance=allowed, where=place))

    def cells(
        self,
        law: str,
        violation: FloatArray,
        unit: str,
        name: Callable[[int], str],
        *,
        sizes: Sequence[FloatArray] = (),
        tolerance: float = LAW,
        steps: IntArray | None = None,
    ) -> None:
        """A law with many cells: (row, time), or (row,).

        Args:
            law: Its name.
            violation: By how much each cell violates it; not positive where it holds.
            unit: Unit of the violation.
            name: What a row is called in the words of the case.
            sizes: Arrays that broadcast to the violation; the sum of their magnitudes scales the tolerance.
            tolerance: Allowed violation at size 1.
            steps: The step of each row, for rows of one dimension that belong to a step.
        """
        if not violation.size:
            self._found.append(Residual(law=law, largest=0.0, unit=unit, tolerance=tolerance, where=NOWHERE))
            return
        worst, allowed = int(violation.argmax()), tolerance
        largest = float(violation.flat[worst])
        if not largest <= tolerance and sizes:
            limit = tolerance * np.maximum(1.0, sum(np.abs(each) for each in sizes))
            limit = np.broadcast_to(limit, violation.shape)
            worst = int(np.argmax(violation / limit))
            largest, allowed = float(violation.flat[worst]), float(limit.flat[worst])
        where = NOWHERE
        if not largest <= 0:
            row, step = divmod(worst, violation.shape[1]) if violation.ndim == 2 else (worst, None)
            step = int(steps[row]) if steps is not None else step
            where = name(row) if step is None else f"{name(row)}, {self.step(step)}"
        self._found.append(Residual(law=law, largest=_violation(largest), unit=unit, tolerance=allowed, where=where))


def _violation(signed: float) -> float:
    """Not below zero; not a number stays so, and never holds."""
    return 0.0 if signed <= 0 else signed
