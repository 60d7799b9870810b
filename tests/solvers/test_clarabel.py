from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_solvers import (
    Interrupt,
    Limit,
    Matrices,
    Reason,
    SolverOptions,
    UnsupportedProgram,
    certify,
    clarabel,
    solve,
)
from tests.solvers.test_convex import disc, random_socp

INF = np.inf


def test_every_status_of_clarabel_has_a_word() -> None:
    names = [name for name in dir(clarabel._clarabel.SolverStatus) if not name.startswith("_")]
    known = {*clarabel._REASONS, *clarabel._LIMITS}
    assert set(names) == known
    for name in known:
        ended = clarabel.termination_of(name)
        assert ended.detail == name
        assert (ended.limit is not Limit.NONE) == (name in clarabel._LIMITS)
        assert ended.has_solution == (name == "Solved")


def test_the_best_point_of_a_disc_and_the_prices_of_its_radius_and_cone() -> None:
    """|cost| = 5: the minimum is -5 * radius, so one more unit of radius is worth 5."""
    answer = solve(disc(2.0))
    assert answer.solver.startswith("clarabel")
    assert answer.primal == pytest.approx([1.2, 1.6, 2.0], abs=1e-7)
    assert answer.row_dual == pytest.approx([-5.0], abs=1e-7)
    assert answer.cone_dual is not None
    assert answer.cone_dual[0] == pytest.approx([5.0, -3.0, -4.0], abs=1e-7)
    assert certify(disc(2.0), answer).faults() == ()


@pytest.mark.parametrize("seed", range(12))
def test_random_socps_are_certified_and_agree_with_cvxpy(seed: int) -> None:
    problem = random_socp(seed)
    answer, other = (solve(problem, solver=name) for name in ("clarabel", "convex"))
    assert answer.termination.reason is Reason.OPTIMAL
    assert certify(problem, answer).faults() == ()
    assert answer.objective == pytest.approx(other.objective, abs=1e-6)
    assert answer.row_dual == pytest.approx(other.row_dual, abs=1e-4)


def test_bounds_from_both_sides_and_equations_have_duals_in_our_sign() -> None:
    """Minimise x + 3 y - z with x + y = 4, x <= 3 and z <= 2 as a row: x is worth 2 less than y, z earns 1."""
    problem = Matrices.build(
        [1, 3, -1], [[1, 1, 0], [0, 0, 1], [0, 0, 0]], [4, -INF, -INF], [4, 2, INF], column_lower=[0, 0.5, 0],
        column_upper=[3, 9, INF],
    )  # fmt: skip
    answer = solve(problem, solver="clarabel")
    assert answer.primal == pytest.approx([3, 1, 2], abs=1e-7)
    assert answer.row_dual == pytest.approx([3, -1, 0], abs=1e-7)
    assert answer.column_dual == pytest.approx([-2, 0, 0], abs=1e-7)


def test_an_infeasible_cone_is_infeasible_only_with_its_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """The head is fixed at 1, the tail at (1, 1): the norm 1.41 does not fit."""
    problem = Matrices.build([0, 0, 0], np.eye(3), [1, 1, 1], [1, 1, 1], column_lower=-INF, cones=disc().cones)
    assert solve(problem, solver="clarabel").termination.reason is Reason.INFEASIBLE
    monkeypatch.setattr(clarabel, "infeasibility_margin", lambda *_: -1.0)
    assert solve(problem, solver="clarabel").termination.reason is Reason.IMPRECISE


def test_limits_interrupts_and_logs_are_heard() -> None:
    rng = np.random.default_rng(0)
    big = Matrices.build(rng.random(800), rng.random((400, 800)), 100, INF)
    late = solve(big, SolverOptions(time_limit_s=1e-3), solver="clarabel")
    assert (late.termination.reason, late.termination.limit) == (Reason.NO_SOLUTION_FOUND, Limit.TIME)
    assert late.primal is None
    said: list[str] = []
    assert solve(disc(), SolverOptions(log=said.append), solver="clarabel").primal is not None
    assert "Clarabel" in said[0]
    stop = Interrupt()
    stop.set()
    assert solve(big, solver="clarabel", interrupt=stop).termination.limit is Limit.INTERRUPTED


def test_an_interrupt_is_heard_while_it_runs() -> None:
    class Later:
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 2

    stopped = solve(random_socp(1), solver="clarabel", interrupt=Later())
    assert (stopped.termination.reason, stopped.termination.limit) == (Reason.NO_SOLUTION_FOUND, Limit.INTERRUPTED)


def test_the_same_bytes_with_one_thread_and_with_two() -> None:
    one, two = (solve(random_socp(3), SolverOptions(threads=n), solver="clarabel") for n in (1, 2))
    assert one.primal is not None
    assert two.primal is not None
    assert one.primal.tobytes() == two.primal.tobytes()


def test_whole_numbers_are_refused() -> None:
    whole: Any = Matrices.build([1], [[2]], 1, 5, integral=True)
    with pytest.raises(UnsupportedProgram, match="does not take integer columns"):
        solve(whole, solver="clarabel")
    with pytest.raises(UnsupportedProgram, match="highs"):
        clarabel.solve(whole, SolverOptions())
