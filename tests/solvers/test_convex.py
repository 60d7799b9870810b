from dataclasses import replace

import numpy as np
import pytest

from c4e_solvers import (
    Cone,
    Interrupt,
    Limit,
    Matrices,
    Reason,
    SolverOptions,
    SolverUnavailable,
    UnsupportedProgram,
    certify,
    infeasibility_margin,
    solve,
)
from c4e_solvers.conformance import complaints, problems

cvxpy = pytest.importorskip("cvxpy", reason="cvxpy is not installed: the convex engine is not tested")
convex = pytest.importorskip("c4e_solvers.convex")
INF = np.inf


def disc(radius: float = 1.0, cost: tuple[float, float] = (-3.0, -4.0)) -> Matrices:
    """Minimise cost'(x, y) on a disc around 0: the best point is -radius * cost / |cost|."""
    return Matrices.build(
        [*cost, 0.0],
        [[0, 0, 1]],
        radius,
        radius,
        column_lower=-INF,
        cones=(Cone(head=2, tail=np.array([0, 1], np.int32)),),
    )


def random_socp(seed: int) -> Matrices:
    """Cones of several sizes, a column in two of them; feasible by construction and bounded by its columns."""
    rng = np.random.default_rng(seed)
    n, m = 9, 4
    rows = rng.normal(size=(m, n))
    cones = (
        Cone(head=0, tail=np.array([1, 2], np.int32)),
        Cone(head=3, tail=np.array([2, 4, 5], np.int32)),
        Cone(head=6, tail=np.array([7, 8], np.int32)),
    )
    inside = rng.normal(size=n)
    for cone in cones:
        inside[cone.head] = np.linalg.norm(inside[cone.tail]) + rng.random()
    activity = rows @ inside
    return Matrices.build(
        rng.normal(size=n),
        rows,
        activity - np.array([0, 1, INF, 0.5]),
        activity + np.array([0, INF, 1, 0.5]),
        column_lower=-9,
        column_upper=9,
        cones=cones,
        quadratic=np.diag(rng.random(n)) if seed % 2 else None,
    )


def test_every_status_of_cvxpy_has_a_word() -> None:
    s = cvxpy.settings
    every = {*s.SOLUTION_PRESENT, *s.INF_OR_UNB, *s.INACCURATE, *s.ERROR}
    assert every == {*convex._REASONS, "user_limit"}
    for status in every:
        for timed_out in (True, False):
            ended = convex.termination_of(status, timed_out=timed_out)
            assert ended.detail == status
            assert (ended.limit is not Limit.NONE) == (status == "user_limit")
            assert ended.has_solution == (status == "optimal")


def test_the_best_point_of_a_disc_and_the_price_of_its_radius() -> None:
    """|cost| = 5: the minimum is -5 * radius, so one more unit of radius is worth 5."""
    answer = solve(disc(2.0))
    assert answer.primal == pytest.approx([1.2, 1.6, 2.0], abs=1e-6)
    assert answer.row_dual == pytest.approx([-5.0], abs=1e-6)
    assert answer.cone_dual is not None
    assert answer.cone_dual[0] == pytest.approx([5.0, -3.0, -4.0], abs=1e-6)
    assert answer.bound == pytest.approx(-10.0, abs=1e-6)
    assert certify(disc(2.0), answer).faults() == ()


@pytest.mark.parametrize("seed", range(20))
def test_random_socps_are_certified_with_their_cone_duals(seed: int) -> None:
    problem = random_socp(seed)
    answer = solve(problem, solver="convex")
    assert answer.termination.reason is Reason.OPTIMAL
    certificate = certify(problem, answer)
    assert certificate.faults() == ()
    assert certificate.duality_gap is not None
    assert certificate.duality_gap < 1e-6


def test_an_answer_that_missed_more_than_was_asked_for_is_optimal_only_where_it_is_certified() -> None:
    """Clarabel is asked for 1e-11, which no double may reach; the caller's tolerances decide."""
    tails = next(p for p in problems() if p.name == "two cones share a column of their tails")
    taken = solve(tails.matrices, solver="convex")
    assert (taken.termination.reason, taken.termination.detail) == (Reason.OPTIMAL, "optimal_inaccurate")
    assert complaints(tails, taken, 1e-5) == []
    strict = solve(tails.matrices, SolverOptions(feasibility_tolerance=1e-10, dual_tolerance=1e-10), solver="convex")
    assert strict.termination.reason is Reason.IMPRECISE
    assert strict.bound is None


@pytest.mark.parametrize(
    ("entry", "by", "fault"),
    [(0, -0.5, "outside the cone"), (0, 0.5, "duals do not add up"), (1, 0.5, "duals do not add up")],
)
def test_a_corrupt_cone_dual_is_found(entry: int, by: float, fault: str) -> None:
    answer = solve(disc(), solver="convex")
    assert answer.cone_dual is not None
    planted = answer.cone_dual[0].copy()
    planted[entry] += by
    found = certify(disc(), replace(answer, cone_dual=(planted,))).faults()
    assert any(fault in one for one in found), found


def test_a_cone_dual_that_prices_a_slack_cone_is_found() -> None:
    """At the middle of the disc nothing binds, so (5, -3, -4) times (1, 0, 0) must vanish and does not."""
    answer = replace(solve(disc(), solver="convex"), primal=np.array([0.0, 0.0, 1.0]))
    assert any("does not bind" in one for one in certify(disc(), answer).faults())


def test_an_infeasible_cone_is_proven_by_rows_and_cones_together() -> None:
    """The head is fixed at 1, the tail at (1, 1): the norm 1.41 does not fit."""
    problem = Matrices.build([0, 0, 0], np.eye(3), [1, 1, 1], [1, 1, 1], column_lower=-INF, cones=disc().cones)
    assert solve(problem, solver="convex").termination.reason is Reason.INFEASIBLE
    half = np.sqrt(0.5)
    head_last, tail = np.array([half, half, -1.0]), np.array([1.0, -half, -half])
    assert infeasibility_margin(problem, head_last, cone_ray=(tail,)) == pytest.approx(2 * half - 1)
    assert infeasibility_margin(problem, head_last, cone_ray=(tail * [0.9, 1, 1],)) < 0


def test_a_claim_of_infeasibility_without_proof_is_not_repeated() -> None:
    """50 at price 1e-3, the rest at 1e4: feasible, yet Clarabel calls it infeasible."""
    uneven = Matrices.build([1e-3, 1e4], [[1e4, 1e-2]], 1e6, INF, column_upper=[50, INF])
    assert solve(uneven, solver="convex").termination.reason is not Reason.INFEASIBLE


def test_integers_and_unknown_backends_are_refused_with_a_reason() -> None:
    whole = Matrices.build([1], [[2]], 1, 5, integral=True)
    with pytest.raises(UnsupportedProgram, match="does not take integer columns"):
        solve(whole, solver="convex")
    with pytest.raises(UnsupportedProgram, match="highs"):
        convex.solve(whole, SolverOptions())
    with pytest.raises(SolverUnavailable, match="finds no solver 'NOBODY'"):
        solve(disc(), solver="convex:nobody")
    with pytest.raises(SolverUnavailable, match="ortools:pdlp"):
        solve(disc(), solver="convex:pdlp")
    if "OSQP" in cvxpy.installed_solvers():
        with pytest.raises(UnsupportedProgram, match="OSQP does not take second-order cones"):
            solve(disc(), solver="convex:OSQP")


@pytest.mark.parametrize("backend", ["SCS", "OSQP"])
def test_another_cone_solver_finds_the_same(backend: str) -> None:
    if backend not in cvxpy.installed_solvers():
        pytest.skip(f"{backend} is not installed")
    problem = Matrices.build([1, 3], [[1, 1]], 6, 6, quadratic=[[1, 0], [0, 1]])
    answer = solve(problem, solver=f"convex:{backend}")
    assert answer.primal == pytest.approx([4, 2], abs=1e-4)
    assert answer.row_dual == pytest.approx([5], abs=1e-4)
    assert backend in answer.solver


def test_limits_and_interrupts_are_answers() -> None:
    interrupt = Interrupt()
    interrupt.set()
    stopped = solve(disc(), solver="convex", interrupt=interrupt)
    assert (stopped.termination.reason, stopped.termination.limit) == (Reason.NO_SOLUTION_FOUND, Limit.INTERRUPTED)
    rng = np.random.default_rng(0)
    big = Matrices.build(rng.random(800), rng.random((400, 800)), 100, INF)
    late = solve(big, SolverOptions(time_limit_s=1e-3), solver="convex")
    assert (late.termination.reason, late.termination.limit) == (Reason.NO_SOLUTION_FOUND, Limit.TIME)
    assert late.primal is None
