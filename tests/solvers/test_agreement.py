"""Engines that share no code must say the same of problems that nobody chose."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from c4e_solvers import (
    Matrices,
    Reason,
    Solution,
    SolverOptions,
    UnsupportedProgram,
    available,
    certify,
    infeasibility_margin,
    solve,
    unboundedness_margin,
)
from c4e_solvers.registry import ENGINES

INF = np.inf
OPTIONS = SolverOptions(time_limit_s=20, relative_gap=0.0, absolute_gap=0.0)
FIRST_ORDER = replace(OPTIONS, time_limit_s=1.0)
"""PDLP finds no proof for about one infeasible problem in a hundred, and would look for it for ever."""
INSTALLED = {engine.name for engine in available()}
ASKED = [engine for engine in ENGINES if engine.name in INSTALLED and engine.name != "ortools"]
"""Every engine but the one that only chooses among others."""
WARM = Matrices.build([1], [[1]], 1, 3, integral=True, column_upper=5)
DEFINITE = {Reason.OPTIMAL, Reason.INFEASIBLE, Reason.UNBOUNDED, Reason.INFEASIBLE_OR_UNBOUNDED}
REFUSED = {Reason.IMPRECISE, Reason.NUMERICAL_ERROR, Reason.NO_SOLUTION_FOUND}
"""Ends at which an engine claims nothing."""
PATIENCE = {"highs": 0.01, "pyomo": 0.03, "convex": 0.06, "clarabel": 0.06, "ortools:pdlp": 0.05}
"""The share of problems that an engine may leave so; none where it is not named. Clarabel finds no proof for many
equations that clash, and HiGHS for some QPs that are flat somewhere."""


@st.composite
def problems(draw: st.DrawFn, kind: str, *, feasible: bool) -> Matrices:
    """A problem of up to five columns and five rows with every kind of bound, in whole numbers or decimals.

    Args:
        draw: Hypothesis' source of choices.
        kind: "lp", "qp" or "milp".
        feasible: Whether bounds are laid around a point, with every column bounded; anything else otherwise.
    """
    n, m = draw(st.integers(1, 5)), draw(st.integers(0, 5))
    unit = draw(st.sampled_from([1.0, 0.1, 0.25]))

    def numbers(*shape: int, most: int = 5) -> np.ndarray:
        size = int(np.prod(shape))
        return np.array(draw(st.lists(st.integers(-most, most), min_size=size, max_size=size)), float).reshape(shape)

    # Rounded, a decimal is the double nearest to it, as somebody would write it; sums of them are not.
    rows, cost, inside = (numbers(m, n) * unit).round(2), (numbers(n) * unit).round(2), numbers(n, most=3)
    integral = np.full(n, kind == "milp")
    if kind == "milp" and draw(st.sampled_from(["all", "all", "some"])) == "some":
        integral = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    below, above = _sides(draw, n, bounded=feasible or kind == "milp")
    row_below, row_above = _sides(draw, m, bounded=False)
    middle = rows @ inside if feasible else numbers(m) * unit
    quadratic = None
    if kind == "qp":
        root = numbers(n, draw(st.integers(1, n)), most=2)  # of any rank: often without curvature somewhere
        quadratic = root @ root.T * unit
    return Matrices.build(
        cost,
        rows,
        middle - row_below * unit,
        middle + row_above * unit,
        column_lower=inside - below,
        column_upper=inside + above,
        integral=integral,
        quadratic=quadratic,
        offset=float(draw(st.integers(-9, 9))),
    )


def _sides(draw: st.DrawFn, count: int, *, bounded: bool) -> tuple[np.ndarray, np.ndarray]:
    """How far bounds lie below and above: fixed, a range, one side open or both."""
    kinds = [(0.0, 0.0), (0.0, 2.0), (2.6, 1.3)] + ([] if bounded else [(0.0, INF), (INF, 0.0), (INF, INF), (1.0, INF)])
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=count, max_size=count))
    pairs = np.array(chosen, float).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def agreed(problem: Matrices, refusals: Counter[str]) -> dict[str, Solution]:
    """The answers of all engines that take the problem and end with one; each holds, and all say the same."""
    answers: dict[str, Solution] = {}
    for engine in ASKED:
        if not engine.can(problem.features()):
            continue
        try:
            answer = solve(problem, FIRST_ORDER if engine.backend == "pdlp" else OPTIONS, solver=engine.name)
        except UnsupportedProgram:
            continue  # more than features are looked at: whole numbers only, no problem without integers
        reason = answer.termination.reason
        note(f"{engine.name}: {answer.termination}, {answer.objective}, {answer.primal}, {answer.row_dual}")
        assert reason in DEFINITE | REFUSED, engine.name
        if reason in REFUSED:
            refusals[engine.name] += 1
            continue
        _holds(problem, answer, engine.name, engine.accuracy)
        answers[engine.name] = answer
    assert answers
    assert len(_verdicts({answer.termination.reason for answer in answers.values()})) == 1, _words(answers)
    best = {name: answer.objective for name, answer in answers.items() if answer.objective is not None}
    accuracy = {engine.name: engine.accuracy for engine in ASKED}
    for one, objective in best.items():
        for other, value in best.items():
            room = (accuracy[one] + accuracy[other]) * max(1.0, abs(value))
            assert abs(objective - value) <= room, (one, objective, other, value)
    return answers


def _holds(problem: Matrices, answer: Solution, name: str, accuracy: float) -> None:
    """An optimal answer carries its proof in duals (an LP or QP) or bounds; a ray proves what was said."""
    reason, ray = answer.termination.reason, answer.ray
    if reason is Reason.OPTIMAL:
        certificate = certify(problem, answer)
        assert certificate.faults(accuracy) == (), name
        assert (certificate.duality_gap is None) == bool(problem.integers), name
        assert certificate.gap is not None, name
        assert certificate.gap <= accuracy, name
    elif ray is not None:
        margin = infeasibility_margin if reason is Reason.INFEASIBLE else unboundedness_margin
        assert margin(problem, ray) > 0, name


def _verdicts(reasons: set[Reason]) -> set[Reason]:
    """The reasons without the one that leaves two open, where another of the two is there."""
    open_ = {Reason.INFEASIBLE_OR_UNBOUNDED}
    return reasons - open_ if reasons & {Reason.INFEASIBLE, Reason.UNBOUNDED} else reasons


def _words(answers: dict[str, Solution]) -> dict[str, str]:
    return {name: str(answer.termination) for name, answer in answers.items()}


def enumerated(problem: Matrices) -> float:
    """Smallest objective over all points of a bounded problem of whole columns; infinite without one."""
    lower, upper = np.ceil(problem.column_lower), np.floor(problem.column_upper)
    axes = [np.arange(low, high + 1) for low, high in zip(lower, upper, strict=True)]
    points = np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")])
    activity = problem.csr() @ points
    low, high = problem.row_lower[:, None] - 1e-9, problem.row_upper[:, None] + 1e-9
    inside = ((activity >= low) & (activity <= high)).all(axis=0)
    return float((problem.cost @ points)[inside].min(initial=INF)) + problem.offset


def run(kind: str, examples: int, *, feasible: bool) -> None:
    """Let every engine answer that many problems; few may be left without an answer."""
    refusals, seen = Counter[str](), Counter[Reason]()
    for engine, problem in product(ASKED, (WARM, WARM.relaxed())):
        with suppress(UnsupportedProgram):  # the first call loads an engine, which must not count against its time
            solve(problem, solver=engine.name)

    @settings(max_examples=examples)
    @given(problem=problems(kind, feasible=feasible))
    def all_agree(problem: Matrices) -> None:
        answers = agreed(problem, refusals)
        verdict = next(iter(_verdicts({answer.termination.reason for answer in answers.values()})))
        seen[verdict] += 1
        if feasible:
            assert verdict is Reason.OPTIMAL  # every column is bounded
        if problem.columns and problem.integral.all():
            best = enumerated(problem)
            assert (verdict is Reason.OPTIMAL) == np.isfinite(best)
            for name, answer in answers.items():
                assert answer.objective is None or answer.objective == pytest.approx(best, abs=1e-6), name

    all_agree()
    tried = sum(seen.values())
    assert tried >= examples
    assert feasible or len(seen) > 1, "problems of any kind end in more than one way"
    left = {name: count for name, count in refusals.items() if count > 1 + PATIENCE.get(name, 0.0) * tried}
    assert left == {}, f"left without an answer, of {tried}"


KINDS = pytest.mark.parametrize("kind", ["lp", "qp", "milp"])
AROUND = pytest.mark.parametrize("feasible", [True, False], ids=["around a point", "of any kind"])


@KINDS
@AROUND
def test_all_engines_agree(kind: str, feasible: bool) -> None:
    run(kind, 100, feasible=feasible)


@pytest.mark.slow
@KINDS
@AROUND
def test_all_engines_agree_on_many(kind: str, feasible: bool) -> None:
    run(kind, 600, feasible=feasible)
