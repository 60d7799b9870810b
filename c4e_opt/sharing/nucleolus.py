"""The nucleolus: the split of which the largest gain of any coalition by leaving is least, then the next largest.

By successive linear problems. In each round, over shares x and the margin e, where S runs over coalitions that are not
settled yet:

    maximise e
    sum of x over S >= value[S] + e     for S not settled
    sum of x over S  = value[S] + e[S]  for S settled, at the margin of their round
    sum of x         = value of all
    x[i]            >= value[i]         where everybody can have that

Coalitions whose law has a positive dual hold with equality in every optimum: they are settled. So are all that are
sums of settled ones. It ends when shares are unique, after at most n - 1 rounds. Rows enter only where they are
violated, so that games of 15 members stay small problems.

Properties: one split for every game; in the core where there is one; individually rational where that is possible.
Source: Schmeidler (1969), The nucleolus of a characteristic function game, doi:10.1137/0117107; the rounds and what may
go wrong in them: Guajardo, Jornsten (2015), Common mistakes in computing the nucleolus, doi:10.1016/j.ejor.2014.10.037.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import c4e_solvers
from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.errors import SolverFailed
from c4e_opt.sharing.game import Game, Shares, members_of, shares, worth_eur
from c4e_solvers import Matrices

#: A law binds in every optimum when its dual is larger than this.
_DUAL = 1e-7
#: Vectors within this of a span belong to it.
_SPAN = 1e-9
#: A law is broken by more than this part of the largest worth.
_BROKEN = 1e-9
#: So many broken laws enter at once.
_AT_ONCE = 200


@dataclass(slots=True)
class _Rounds:
    """What is settled so far, worths scaled to 1."""

    inside: FloatArray  # (coalition, member)
    worth: FloatArray  # (coalition,)
    floor: FloatArray  # least share (member,)
    span: FloatArray  # orthonormal directions that are settled (direction, member)
    settled: BoolArray  # (coalition,)
    fixed: list[int]  # coalitions with a margin of their own
    margin: list[float]
    rows: list[int]  # coalitions whose laws are in the problem


def nucleolus(of: Game) -> Shares:
    """The nucleolus of a game.

    Args:
        of: The game; a table, so at most 20 members, and tried up to 15.

    Raises:
        SolverFailed: A linear problem was not solved.
    """
    n = of.size
    if n == 1:
        return shares(of, np.array([of.total_eur]))
    scale = float(np.abs(of.values_eur).max()) or 1.0
    inside, worth = members_of(n).astype(np.float64), of.values_eur / scale
    alone = of.alone_eur / scale
    floor = alone if alone.sum() <= worth[-1] else np.full(n, -np.inf)
    settled = np.zeros(worth.size, dtype=np.bool_)
    settled[[0, -1]] = True
    single = [1 << i for i in range(n)]
    without = [worth.size - 1 - mask for mask in single]
    rows = list(dict.fromkeys([*single, *without]))
    span = np.full((1, n), 1.0 / np.sqrt(n))
    rounds = _Rounds(inside, worth, floor, span, settled, [worth.size - 1], [0.0], rows)
    share = np.full(n, worth[-1] / n)
    while len(rounds.span) < n:
        share = _round(rounds)
    return shares(of, share * scale)


def _round(rounds: _Rounds) -> FloatArray:
    """Solve a round, rows entering where they are violated, and settle what is settled by it."""
    while True:
        share, margin, dual = _solve(rounds)
        gap = worth_eur(share) - rounds.worth - margin
        gap[rounds.settled] = np.inf
        broken = np.flatnonzero(gap < -_BROKEN)
        if not broken.size:
            break
        worst = broken[np.argsort(gap[broken], kind="stable")[:_AT_ONCE]]
        rounds.rows += worst.tolist()
    binding = [row for row, price in zip(rounds.rows, dual, strict=True) if price > _DUAL]
    for row in binding:
        _settle(rounds, row, margin)
    rest = rounds.inside - (rounds.inside @ rounds.span.T) @ rounds.span
    rounds.settled |= np.linalg.norm(rest, axis=1) < _SPAN * np.sqrt(len(share))
    rounds.rows = [row for row in rounds.rows if not rounds.settled[row]]
    return share


def _settle(rounds: _Rounds, row: int, margin: float) -> None:
    """Give a coalition its margin for good, unless what is settled says it already."""
    vector = rounds.inside[row]
    rest = vector - (rounds.span @ vector) @ rounds.span
    rest -= (rounds.span @ rest) @ rounds.span
    length = float(np.linalg.norm(rest))
    if length > _SPAN * np.sqrt(vector.size):
        rounds.span = np.vstack([rounds.span, rest / length])
        rounds.fixed.append(row)
        rounds.margin.append(margin)
    rounds.settled[row] = True


def _solve(rounds: _Rounds) -> tuple[FloatArray, float, FloatArray]:
    """Shares, margin and the dual of every row of one linear problem."""
    n = rounds.floor.size
    free, fixed = rounds.inside[rounds.rows], rounds.inside[rounds.fixed]
    coefficients = np.vstack(
        [
            np.hstack([free, np.full((len(free), 1), -1.0)]),
            np.hstack([fixed, np.zeros((len(fixed), 1))]),
        ]
    )
    due = np.concatenate([rounds.worth[rounds.rows], rounds.worth[rounds.fixed] + rounds.margin])
    upper = np.concatenate([np.full(len(free), np.inf), due[len(free) :]])
    matrices = Matrices.build(
        cost=[0.0] * n + [-1.0],
        coefficients=coefficients,
        row_lower=due,
        row_upper=upper,
        column_lower=np.append(rounds.floor, -np.inf),
    )
    try:
        answer = c4e_solvers.solve(matrices)
    except c4e_solvers.SolverError as error:
        raise SolverFailed(str(error)) from error
    if answer.primal is None or answer.row_dual is None:
        raise SolverFailed(f"a round of the nucleolus ended {answer.termination.reason}")
    return answer.primal[:n], float(answer.primal[n]), answer.row_dual[: len(free)]
