"""Mixtures: the cheapest way to balance power when every participant mixes schedules of its own.

Variables
    share[k]   part of schedule k in the mixture of its participant, 0 or more
    x[j]       columns of whoever is not mixed: the grid, laws of a site, participants said to be free
    near[n, t] energy bought and sold at a bus at its reference price, a tiny amount, 0 <= . <= 1e-5 MW

Constraints
    the coupling rows, with every schedule's part of them times its share; one[p]: shares of participant p sum to 1;
    the own rows of those who are free

Its duals are the prices at which nobody would rather have another mixture of its schedules; of several such prices the
amounts `near` choose those nearest to the reference prices, in sum over buses and hours.

Source: the restricted master problem of Dantzig and Wolfe (1960), Decomposition principle for linear programs,
doi:10.1287/opre.8.1.101.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import block_array, csr_array, hstack

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.errors import SolverFailed
from c4e_opt.formulate import Formulation
from c4e_opt.pricing.ask import ask
from c4e_opt.pricing.participants import Participants, take_apart
from c4e_solvers import Matrices, Reason

#: So much may be bought and sold at the reference price of every bus, in MW: enough to choose among equal prices.
_NEAR_MW = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """The cheapest mixture: duals of all rows of the programme, zero but for coupling ones, and what `one` is worth."""

    dual: FloatArray  # (row,)
    one: FloatArray  # (participant,)


class Mixture:
    """Schedules of participants, to be mixed."""

    def __init__(
        self, formulation: Formulation, parts: Participants, mixed: BoolArray, reference: FloatArray, solver: str
    ) -> None:
        """Begin without schedules; every mixed participant needs one before `cheapest`.

        Args:
            formulation: The programme; it may get rows for limits of lines.
            parts: The same taken apart.
            mixed: Participants that mix schedules (participant,).
            reference: Duals of the power balances from which none should move without need (row,).
            solver: Name of the engine.
        """
        self.parts = parts
        self._formulation, self._mixed, self._solver = formulation, mixed, solver
        self._reference = reference
        self._free = ~((parts.member >= 0) & np.append(mixed, False)[parts.member])
        self._schedules: list[csr_array[Any]] = []  # (column, schedule)
        self._owners: list[IntArray] = []

    def add(self, schedule: FloatArray, members: BoolArray) -> None:
        """Add what a schedule of all columns means for some participants."""
        member = self.parts.member
        inside = np.flatnonzero((member >= 0) & np.append(members, False)[member])
        owners = np.flatnonzero(members)
        place = np.full(self.parts.count, -1)
        place[owners] = np.arange(owners.size)
        shape = (member.size, owners.size)
        self._schedules.append(csr_array((schedule[inside], (inside, place[member[inside]])), shape=shape))
        self._owners.append(owners)

    def cheapest(self) -> Mixed:
        """Mix what there is; limits of lines that the mixture violates become rows of the programme."""
        watched, program = self._formulation.lazy or self._formulation.losses, self._formulation.program
        while True:
            mixed, primal = self._solved()
            if watched is None or not watched.tighten(primal):
                return mixed
            self.parts = take_apart(self._formulation, program.extended(self.parts.matrices))
            self._reference = np.pad(self._reference, (0, self.parts.matrices.rows - self._reference.size))

    def _solved(self) -> tuple[Mixed, FloatArray]:
        """The cheapest mixture, and its schedule (column,)."""
        parts, matrices = self.parts, self.parts.matrices
        schedules: Any = csr_array(hstack(self._schedules))
        owners = np.concatenate(self._owners)
        free, coupling = np.flatnonzero(self._free), np.flatnonzero(parts.coupling)
        own = np.flatnonzero(~parts.coupling & parts.touching(self._free))
        balance = np.arange(matrices.rows)[_balances(self._formulation)]
        near, one = _places(balance, matrices.rows), _places(owners, parts.count)[self._mixed]
        tied: Any = parts.rows[coupling]
        body: Any = block_array(
            [
                [tied[:, free], tied @ schedules, near[coupling], -near[coupling]],
                [parts.rows[own][:, free], None, None, None],
                [None, one, None, None],
            ]
        )
        ones, worth = np.ones(one.shape[0]), self._reference[balance]
        many = np.full(owners.size, np.inf)
        little = np.full(2 * balance.size, _NEAR_MW)
        problem = Matrices.build(
            np.concatenate([matrices.cost[free], schedules.T @ matrices.cost, worth, -worth]),
            body,
            np.concatenate([matrices.row_lower[coupling], matrices.row_lower[own], ones]),
            np.concatenate([matrices.row_upper[coupling], matrices.row_upper[own], ones]),
            column_lower=np.concatenate([matrices.column_lower[free], np.zeros(owners.size + little.size)]),
            column_upper=np.concatenate([matrices.column_upper[free], many, little]),
        )
        answer = ask(problem, self._solver)
        if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None or answer.row_dual is None:
            raise SolverFailed(f"no cheapest mixture of schedules: {answer.termination.reason}")
        dual, share = np.zeros(matrices.rows), np.zeros(parts.count)
        dual[coupling] = answer.row_dual[: coupling.size]
        share[self._mixed] = answer.row_dual[coupling.size + own.size :]
        primal = np.asarray(schedules @ answer.primal[free.size : free.size + owners.size], dtype=np.float64)
        primal[free] = answer.primal[: free.size]
        return Mixed(dual, share), primal


def _places(place: IntArray, rows: int) -> Any:
    """A sparse array (row, entry) with a one at the place of every entry."""
    return csr_array((np.ones(place.size), (place, np.arange(place.size))), shape=(rows, place.size))


def _balances(formulation: Formulation) -> slice:
    """The rows of the power balances."""
    block = formulation.program.constraints["power_balance"]
    return slice(block.start, block.stop)
