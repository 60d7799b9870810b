"""Which rows, bounds and whole numbers clash: a set without a solution that has one when any single member goes.

An LP without a solution has a Farkas ray, and the sets are the supports of the extreme rays (Gleeson and Ryan 1990).
The ray in which the dual simplex ends is nearly always extreme: then the normals of the sides that it prices span one
dimension less than there are sides, any fewer are independent, and independent sides can always be met. Else a
deletion filter (Chinneck and Dravnieks 1991) tries each of the sides. Where only whole numbers clash, it tries whole
blocks first and then their halves, each by a branch and bound of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from c4e_solvers.errors import UnsupportedProgram
from c4e_solvers.matrices import Feature, FloatArray, Matrices
from c4e_solvers.options import DEFAULT_OPTIONS, SolverOptions
from c4e_solvers.registry import solve
from c4e_solvers.session import Session
from c4e_solvers.sides import Codes, Member, Part, Sides, among
from c4e_solvers.solution import Reason, Solution, Termination

_SOLVER = "highs"
_SINGULAR = 1e-11
"""Share of the largest eigenvalue of a Gram matrix below which one counts as zero."""
_PATIENCE, _PATIENCE_LEAST_S = 20.0, 0.3
"""A branch and bound is given up after so many times what the whole problem took: without bounds it may never end."""

_Test = Callable[[Codes], tuple[bool | None, Codes]]
"""Whether some sides clash, None for unknown, and as many of them as are known to clash then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A set of members that cannot all hold.

    Attributes:
        feasible: Whether the problem has a solution; None where a limit or numerical trouble left that open.
        members: The set, rows before columns and each by index; empty unless ``feasible`` is False.
        proven: Whether dropping any single member was shown to leave a problem with a solution. Where it is False the
            members clash all the same; a limit or numerical trouble left open whether all of them are needed.
        linear: Whether the members clash without whole numbers.
        termination: Of the solve that told whether there is a solution.
    """

    feasible: bool | None
    members: tuple[Member, ...]
    proven: bool
    linear: bool
    termination: Termination


def irreducible(
    matrices: Matrices, *, rows: npt.ArrayLike | None = None, options: SolverOptions = DEFAULT_OPTIONS
) -> Conflict:
    """Find an irreducible infeasible set: rows and bounds, and whole numbers only where the LP has a solution.

    Where a row alone clashes with the bounds of its columns, the shortest such row is the answer. A problem may have
    many such sets; this is not the smallest of them, and ``rows`` says where to look. The objective and its quadratic
    term play no part. HiGHS does the work, whatever engines there are.

    Args:
        matrices: The problem.
        rows: Indices of the rows that take part, with their columns, (k,), rising; everything when None.
        options: Tolerances, and the time limit of the whole search: when it comes, the smallest set so far is the
            answer.

    Raises:
        InvalidMatrices: The arrays do not describe a problem, or ``rows`` does not fit it.
        UnsupportedProgram: The problem has cones or other features beyond whole numbers and a quadratic term.
    """
    matrices.check()
    beyond = matrices.features() - {Feature.INTEGER, Feature.QUADRATIC}
    if beyond:
        said = " and ".join(sorted(beyond))
        raise UnsupportedProgram(f"no irreducible set is found where there are {said}; leave them out of the problem")
    clock, sides = _Clock(options), Sides(matrices)
    codes = sides.of(rows)
    alone = sides.alone(codes, options)
    if len(alone):
        return _conflict(sides, alone, Termination(reason=Reason.INFEASIBLE, detail="bounds alone"), proven=True)
    conflict = _linear(sides, codes, clock)
    return _discrete(sides, codes, clock) if conflict.feasible and len(sides.split(codes)[-1]) else conflict


def clashing(matrices: Matrices, *, options: SolverOptions = DEFAULT_OPTIONS) -> Conflict:
    """Find sides of an LP that clash, those that one ray prices, without trying whether some can go.

    The objective stays: the simplex method gets lost more easily where all that it may choose costs the same.

    Args:
        matrices: The problem, whole numbers left aside.
        options: Tolerances and the time limit.
    """
    lp = replace(matrices.relaxed(), quadratic=None)
    sides, clock = Sides(lp), _Clock(options)
    every = sides.of(None)
    part = Part(lp, np.arange(lp.rows, dtype=np.int32), np.arange(lp.columns, dtype=np.int32))
    first = solve(lp, clock.options(presolve=False, algorithm="simplex", ray=True), _SOLVER)
    if not _clashes(first.termination):
        return _no_conflict(first.termination)
    return _conflict(sides, sides.priced(every, part, first.ray), first.termination, proven=False)


class _Clock:
    """The time limit of the search; as an interrupt it is set when no time is left."""

    def __init__(self, options: SolverOptions) -> None:
        self._options, self._end = options, time.perf_counter() + options.time_limit_s

    @property
    def left(self) -> float:
        return max(self._end - time.perf_counter(), 0.0)

    def is_set(self) -> bool:
        return not self.left

    def options(self, most_s: float = np.inf, **changes: Any) -> SolverOptions:
        """The caller's options with what is left of the time, and at most so many seconds of it."""
        return replace(self._options, time_limit_s=min(self.left, most_s), **changes)


def _conflict(sides: Sides, codes: Codes, termination: Termination, *, proven: bool) -> Conflict:
    return Conflict(
        feasible=False,
        members=sides.members(codes),
        proven=proven,
        linear=not len(sides.split(codes)[-1]),
        termination=termination,
    )


def _no_conflict(termination: Termination) -> Conflict:
    clashes = _clashes(termination)
    feasible = None if clashes is None else not clashes
    return Conflict(feasible=feasible, members=(), proven=False, linear=True, termination=termination)


def _clashes(termination: Termination) -> bool | None:
    """Whether a problem without an objective has no solution; None where its solve did not find out."""
    if termination.reason in (Reason.INFEASIBLE, Reason.INFEASIBLE_OR_UNBOUNDED):
        return True
    return False if termination.has_solution or termination.reason is Reason.UNBOUNDED else None


def _linear(sides: Sides, codes: Codes, clock: _Clock) -> Conflict:
    """The set of the LP: what the first ray prices, and of that what a warm simplex cannot do without."""
    codes = sides.touched(sides.linear(codes))
    part = sides.part(codes)
    first = solve(part.matrices, clock.options(presolve=False, algorithm="simplex", ray=True), _SOLVER)
    if not _clashes(first.termination):
        return _no_conflict(first.termination)
    fewer = sides.priced(codes, part, first.ray)
    small = sides.part(fewer)
    groups = sides.blocks(codes)
    if first.ray is not None and len(fewer) < len(codes):
        if _is_circuit(small.matrices, first.ray[among(part.row, small.row)], len(fewer)):
            return _conflict(sides, fewer, first.termination, proven=True)
        groups = [fewer[k : k + 1] for k in range(len(fewer))]
    with Session(small.matrices, clock.options(presolve=False, algorithm="simplex", ray=True)) as session:

        def test(tried: Codes) -> tuple[bool | None, Codes]:
            answer = _again(session, sides.bounds(tried, small.row, small.column), clock)
            clashes = _clashes(answer.termination)
            if not clashes:
                return clashes, tried
            return True, sides.priced(tried, Part(session.matrices, small.row, small.column), answer.ray)

        fewer, proven = _filtered(fewer, groups, test, clock)
    return _conflict(sides, fewer, first.termination, proven=proven)


def _is_circuit(part: Matrices, ray: FloatArray, count: int) -> bool:
    """Whether of so many sides, all priced by a ray that proves them to clash, any fewer have independent normals.

    The normal of a bound is a unit vector, so that only the rows count, over the columns without bounds: the ray is
    their one linear relation when they are independent without its largest entry.
    """
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import norm, splu

    free = np.isinf(part.column_lower) & np.isinf(part.column_upper)
    if part.rows + int(np.count_nonzero(~free)) != count:  # both sides of one row or column
        return False
    if part.rows == 1:
        return not free.any()
    normals: Any = part.csr()[:, free]
    size = norm(normals, axis=1)
    if not size.all():
        return False
    normals = (diags_array(1.0 / size) @ normals)[np.arange(part.rows) != np.argmax(np.abs(ray) * size)]
    try:
        invert = cast("Callable[[FloatArray], FloatArray]", splu((normals @ normals.T).tocsc()).solve)  # pyright: ignore[reportUnknownMemberType]
    except RuntimeError:  # singular
        return False
    longest = np.random.default_rng(0).normal(size=part.rows - 1)
    for _ in range(4):  # towards the smallest eigenvalue
        longest = invert(longest / np.linalg.norm(longest))
    return bool(np.linalg.norm(longest) * _SINGULAR * part.rows < 1.0)


def _again(session: Session, bounds: tuple[FloatArray, ...], clock: _Clock) -> Solution:
    """Solve a loaded problem with other bounds, from the last basis."""
    now = session.matrices
    row_lower, row_upper, column_lower, column_upper = bounds
    row = np.flatnonzero((row_lower != now.row_lower) | (row_upper != now.row_upper))
    column = np.flatnonzero((column_lower != now.column_lower) | (column_upper != now.column_upper))
    if len(row):
        session.change_row_bounds(row, row_lower[row], row_upper[row])
    if len(column):
        session.change_bounds(column, column_lower[column], column_upper[column])
    return session.solve(interrupt=None if clock.left == np.inf else clock)


def _discrete(sides: Sides, codes: Codes, clock: _Clock) -> Conflict:
    """The set of a problem that whole numbers alone make infeasible."""
    codes = sides.touched(codes)
    first = solve(sides.part(codes).matrices, clock.options(), _SOLVER)
    if not _clashes(first.termination):
        return _no_conflict(first.termination)
    patience = max(_PATIENCE_LEAST_S, _PATIENCE * first.seconds_wall)

    def test(tried: Codes) -> tuple[bool | None, Codes]:
        tried = sides.touched(tried)
        return _clashes(solve(sides.part(tried).matrices, clock.options(patience), _SOLVER).termination), tried

    fewer, proven = _filtered(codes, sides.blocks(codes), test, clock)
    return _conflict(sides, fewer, first.termination, proven=proven)


def _filtered(codes: Codes, groups: list[Codes], test: _Test, clock: _Clock) -> tuple[Codes, bool]:
    """Drop every group without which the rest still clashes, then its halves; and whether nothing was left open."""
    waiting, proven = groups[::-1], True
    while waiting:
        if clock.is_set():
            return codes, False
        group = waiting.pop()
        group = group[among(group, codes)]
        if not len(group):
            continue
        clashes, fewer = test(codes[~among(codes, group)])
        if clashes:
            codes = fewer
        elif len(group) > 1:
            half = len(group) // 2
            waiting += [group[half:], group[:half]]
        elif clashes is None:
            proven = False
    return codes, proven
