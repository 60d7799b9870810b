import gc
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import replace

import highspy
import numpy as np
import pytest

from c4e_solvers import (
    Interrupt,
    InvalidMatrices,
    InvalidOptions,
    Limit,
    Matrices,
    Progress,
    Reason,
    Session,
    SolverError,
    SolverFailed,
    SolverOptions,
    SolverUnavailable,
    certify,
    highs,
    solve,
)
from c4e_solvers.conformance import complaints, problems

STATUSES = highspy.HighsModelStatus.__members__
INF = np.inf
EASY = Matrices.build([1, 3], [[1, 1]], 12, 12, column_upper=[10, 5])


@pytest.mark.parametrize("feasible", [True, False])
@pytest.mark.parametrize("name", STATUSES)
def test_every_status_of_highs_has_a_word(name: str, feasible: bool) -> None:
    assert name in highs._REASONS or name in highs._LIMITS or name == "kUnknown"
    ended = highs.termination_of(STATUSES[name], feasible=feasible)
    assert ended.detail == name.removeprefix("k")
    limited = ended.reason in (Reason.FEASIBLE, Reason.NO_SOLUTION_FOUND)
    assert limited == (ended.limit is not Limit.NONE)
    if limited:
        assert ended.has_solution == feasible


def test_the_words_for_the_statuses_that_callers_meet() -> None:
    def words(name: str, feasible: bool) -> tuple[Reason, Limit]:
        ended = highs.termination_of(STATUSES[name], feasible=feasible)
        return ended.reason, ended.limit

    assert words("kOptimal", True) == (Reason.OPTIMAL, Limit.NONE)
    assert words("kInfeasible", False) == (Reason.INFEASIBLE, Limit.NONE)
    assert words("kUnbounded", True) == (Reason.UNBOUNDED, Limit.NONE)
    assert words("kUnboundedOrInfeasible", False) == (Reason.INFEASIBLE_OR_UNBOUNDED, Limit.NONE)
    assert words("kTimeLimit", True) == (Reason.FEASIBLE, Limit.TIME)
    assert words("kTimeLimit", False) == (Reason.NO_SOLUTION_FOUND, Limit.TIME)
    assert words("kInterrupt", True) == (Reason.FEASIBLE, Limit.INTERRUPTED)
    assert words("kMemoryLimit", False) == (Reason.NO_SOLUTION_FOUND, Limit.MEMORY)
    assert words("kUnknown", True) == (Reason.IMPRECISE, Limit.NONE)
    assert words("kUnknown", False) == (Reason.NUMERICAL_ERROR, Limit.NONE)


@pytest.mark.parametrize("side", ["lower", "upper", "both"])
@pytest.mark.parametrize("quadratic", [None, [[0.5, 0.1], [0.1, 0.3]]])
def test_a_row_dual_is_what_one_more_unit_costs(side: str, quadratic: list[list[float]] | None) -> None:
    cost = [2, 5] if side != "upper" else [-20, -30]
    bounds = {"lower": (4, INF), "upper": (-INF, 4), "both": (4, 4)}[side]
    base = Matrices.build(cost, [[1, 2]], *bounds, column_upper=3, quadratic=quadratic)
    step = 1e-3

    def objective(moved: float) -> float:
        answer = solve(base.with_bounds(row_lower=base.row_lower + moved, row_upper=base.row_upper + moved))
        assert answer.objective is not None
        return answer.objective

    dual = solve(base).row_dual
    assert dual is not None
    assert dual[0] == pytest.approx((objective(step) - objective(-step)) / (2 * step), rel=1e-4)
    assert dual[0] != 0.0


def test_a_reduced_cost_is_what_one_more_unit_of_a_bound_costs() -> None:
    answer = solve(EASY)
    more = solve(EASY.with_bounds(column_upper=EASY.column_upper + np.array([0.5, 0])))
    assert answer.column_dual is not None
    assert answer.objective is not None
    assert more.objective is not None
    assert more.objective - answer.objective == pytest.approx(0.5 * answer.column_dual[0])
    assert answer.column_dual[0] < 0


@pytest.mark.parametrize(
    ("rows", "row_lower", "row_upper", "column_lower", "column_upper", "objective"),
    [
        # y = -1 meets x - 3y >= 3 with x fixed at 0; y is at most -0.7 and costs -1.
        ([[0, 0], [1, -3], [0, 0]], [0, 3, 0], [0, INF, 0], [0, -4.6], [0, -0.7], 1),
        ([[0, -1]], 0, 2, [0, -4.6], [0, -0.7], 1),
        # x + y = -1 and -x - 3y >= 4 meet at (1, -2), where y costs 2.
        ([[-1, -3], [4, 4]], [4, -4], [INF, -4], [-2.6, -5.6], [1.3, -1.7], 2),
    ],
)
def test_integers_between_fractional_bounds_are_solved_and_not_lost(
    rows: list[list[float]],
    row_lower: list[float],
    row_upper: list[float],
    column_lower: list[float],
    column_upper: list[float],
    objective: float,
) -> None:
    """HiGHS 1.15.1 itself finds 2, a bound of 0.7 and no solution here: its presolve errs with such bounds."""
    bounds = {"column_lower": column_lower, "column_upper": column_upper}
    problem = Matrices.build([0, -1], rows, row_lower, row_upper, **bounds, integral=True)
    for presolve in (True, False):
        answer = solve(problem, SolverOptions(presolve=presolve, relative_gap=0.0, absolute_gap=0.0), solver="highs")
        assert answer.objective == pytest.approx(objective)
        assert answer.bound == pytest.approx(objective)
    with Session(problem.with_bounds(column_lower=np.full(2, -9.0), column_upper=np.full(2, 9.0))) as session:
        session.change_bounds(np.arange(2), np.array(column_lower, float), np.array(column_upper, float))
        assert session.solve().objective == pytest.approx(objective)
        assert session.solve().bound == pytest.approx(objective)


@pytest.mark.parametrize("algorithm", ["simplex", "ipm", "pdlp"])
def test_every_algorithm_meets_the_linear_part_of_the_suite(algorithm: str) -> None:
    options = SolverOptions(algorithm=algorithm, dual_tolerance=1e-9)  # pyright: ignore[reportArgumentType]
    linear = [p for p in problems() if not p.matrices.features() and p.name != "large and small numbers"]
    for problem in linear:
        answer = solve(problem.matrices, options)
        if algorithm == "pdlp":
            assert answer.termination.reason in {*problem.reasons, Reason.IMPRECISE, Reason.INFEASIBLE_OR_UNBOUNDED}
        else:
            unique = replace(problem, primal=None, row_dual=None, column_dual=None)
            assert complaints(unique, answer) == []


def test_a_chosen_lp_algorithm_does_not_drop_integrality() -> None:
    knapsack = next(p for p in problems() if p.name == "knapsack")
    for algorithm in ("simplex", "ipm", "pdlp"):
        assert complaints(knapsack, solve(knapsack.matrices, SolverOptions(algorithm=algorithm))) == []


def test_rays_prove_what_they_claim_with_and_without_presolve() -> None:
    for problem in (p for p in problems() if not p.matrices.features() and Reason.OPTIMAL not in p.reasons):
        for options in (SolverOptions(), SolverOptions(presolve=False), SolverOptions(algorithm="ipm")):
            answer = solve(problem.matrices, options)
            assert answer.ray is not None, problem.name
            assert complaints(problem, answer) == []
        assert solve(problem.matrices, SolverOptions(ray=False)).ray is None


def test_a_missing_algorithm_is_named_and_not_replaced() -> None:
    pytest.importorskip("highspy")
    if "Failed" not in highspy._core.getExtrasLoadStatus():
        pytest.skip("highspy-extras is installed")
    with pytest.raises(SolverUnavailable, match="highspy-extras"):
        solve(EASY, SolverOptions(algorithm="hipo"))
    with pytest.raises(SolverUnavailable, match="no solver is called 'nobody'"):
        solve(EASY, solver="nobody")


def test_refused_problems_and_options_stay_inside_the_error_tree() -> None:
    with pytest.raises(SolverFailed, match="largest coefficient is 1e\\+16"):
        solve(Matrices.build([1], [[1e16]], 1, 1))
    with pytest.raises(InvalidOptions, match=r"time_limit_s is -1.*threads is 0"):
        SolverOptions(time_limit_s=-1, threads=0)
    with pytest.raises(InvalidMatrices, match="NaN"):
        solve(Matrices.build([1], [[1]], np.nan, 1))
    assert issubclass(SolverFailed, SolverError)


def test_nothing_is_printed_and_the_log_goes_where_it_is_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    solve(EASY)
    solve(EASY, SolverOptions(log=lines.append))
    assert capfd.readouterr() == ("", "")
    assert any("HiGHS" in line or "LP" in line for line in lines)


def test_the_time_limit_ends_a_milp_with_its_incumbent_and_bound(hard_milp: Matrices) -> None:
    began = time.perf_counter()
    answer = solve(hard_milp, SolverOptions(time_limit_s=1.0))
    assert time.perf_counter() - began < 3.0
    assert (answer.termination.reason, answer.termination.limit) == (Reason.FEASIBLE, Limit.TIME)
    assert answer.gap is not None
    assert answer.gap > 0
    assert answer.row_dual is None
    assert certify(hard_milp, answer).holds()


def test_no_time_at_all_is_an_answer_too(hard_milp: Matrices) -> None:
    answer = solve(hard_milp, SolverOptions(time_limit_s=0))
    assert answer.termination.limit is Limit.TIME


def test_an_interrupt_from_another_thread_keeps_the_incumbent(hard_milp: Matrices) -> None:
    interrupt = Interrupt()
    threading.Timer(0.7, interrupt.set).start()
    began = time.perf_counter()
    answer = solve(hard_milp, SolverOptions(time_limit_s=20), interrupt=interrupt)
    assert time.perf_counter() - began < 5.0
    assert (answer.termination.reason, answer.termination.limit) == (Reason.FEASIBLE, Limit.INTERRUPTED)
    assert certify(hard_milp, answer).holds()
    again = solve(hard_milp, interrupt=interrupt)
    assert (again.termination.reason, again.termination.limit) == (Reason.NO_SOLUTION_FOUND, Limit.INTERRUPTED)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """HiGHS comes back from a MILP only when this is set, whatever it is told."""
    released, run = threading.Event(), highs.Model._run_once

    def late(model: highs.Model, clock: highs.Clock) -> None:
        run(model, clock)
        released.wait(30)

    monkeypatch.setattr(highs.Model, "_run_once", late)
    return released


def test_a_solver_that_hears_no_clock_is_left_at_its_best(hard_milp: Matrices, deaf: threading.Event) -> None:
    began = time.perf_counter()
    answer = solve(hard_milp, SolverOptions(time_limit_s=1.5))
    took = time.perf_counter() - began
    deaf.set()
    assert took < 5.0
    assert (answer.termination.reason, answer.termination.limit) == (Reason.FEASIBLE, Limit.TIME)
    assert answer.bound is not None
    assert answer.objective is not None
    assert answer.bound <= answer.objective
    assert certify(hard_milp, answer).holds()


def test_a_session_left_by_a_deaf_solver_stays_usable(hard_milp: Matrices, deaf: threading.Event) -> None:
    interrupt, told = Interrupt(), list[Progress]()
    with Session(hard_milp, SolverOptions(time_limit_s=3.0)) as session:
        threading.Timer(0.7, interrupt.set).start()
        lost = session._model
        answer = session.solve(interrupt=interrupt, progress=told.append)
        assert session._model is not lost  # HiGHS is still in it
        before = len(told)
        assert (answer.termination.reason, answer.termination.limit) == (Reason.FEASIBLE, Limit.INTERRUPTED)
        deaf.set()
        again = session.solve()
    assert len(told) == before
    assert again.objective is not None
    assert answer.objective is not None
    assert again.objective <= answer.objective + 1e-6


def test_progress_reports_bounds_that_close_in(hard_milp: Matrices) -> None:
    seen: list[Progress] = []
    answer = solve(hard_milp, SolverOptions(time_limit_s=2.0), progress=seen.append)
    objectives = [p.objective for p in seen if p.objective is not None]
    assert len(objectives) > 1
    assert objectives == sorted(objectives, reverse=True)
    assert answer.objective is not None
    assert objectives[-1] >= answer.objective - 1e-6


def test_what_a_progress_callback_raises_ends_the_solve_and_comes_out(hard_milp: Matrices) -> None:
    def refuse(_: Progress) -> None:
        raise KeyError("enough")

    began = time.perf_counter()
    with pytest.raises(KeyError, match="enough"):
        solve(hard_milp, SolverOptions(time_limit_s=30), progress=refuse)
    assert time.perf_counter() - began < 10


def test_a_milp_takes_a_whole_or_partial_start(hard_milp: Matrices) -> None:
    first = solve(hard_milp, SolverOptions(time_limit_s=1.5))
    assert first.primal is not None
    assert first.objective is not None
    partial = np.where(hard_milp.integral, first.primal, np.nan)
    for start in (first.primal, partial):
        started = solve(replace(hard_milp, start=start), SolverOptions(time_limit_s=0.5))
        assert started.objective is not None
        assert started.objective <= first.objective + 1e-6


def test_the_same_problem_gives_the_same_bytes_with_one_and_two_threads() -> None:
    rng = np.random.default_rng(7)
    rows = rng.random((40, 80)) * (rng.random((40, 80)) < 0.2)
    linear = Matrices.build(rng.random(80), rows, rows.sum(axis=1) / 2, INF, column_upper=1)
    mixed = replace(linear, integral=np.arange(80) < 20)
    for problem in (linear, mixed):
        answers = [solve(problem, SolverOptions(threads=threads)) for threads in (1, 1, 2, 2, 1)]
        bytes_of = {a.primal.tobytes() for a in answers if a.primal is not None}
        assert len(answers) == 5
        assert len(bytes_of) == 1
        assert len({a.objective for a in answers}) == 1
        assert len({None if a.row_dual is None else a.row_dual.tobytes() for a in answers}) == 1


def test_threads_may_differ_from_call_to_call_in_every_thread() -> None:
    reasons: list[Reason] = []

    def work() -> None:
        reasons.extend(solve(EASY, SolverOptions(threads=t)).termination.reason for t in (1, 2, 1))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert reasons == [Reason.OPTIMAL] * 9


def test_a_caller_who_started_highs_with_other_threads_is_no_hindrance() -> None:
    script = (
        "import highspy, c4e_solvers as s; h = highspy.Highs(); h.setOptionValue('output_flag', False);"
        "h.setOptionValue('threads', 2); h.addVar(0, 1); h.run();"
        "print(s.solve(s.Matrices.build([1], [[1]], 1, 2)).termination.reason)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("OPTIMAL")


def test_a_watched_model_is_freed() -> None:
    model = highs.Model(EASY, SolverOptions())
    model.run(highs.Clock(SolverOptions()), interrupt=Interrupt())
    ghost = weakref.ref(model.highs)
    del model
    gc.collect()
    assert ghost() is None


def test_the_import_brings_no_solver() -> None:
    script = "import sys, c4e_solvers; print([m for m in ('highspy', 'scipy', 'ortools', 'cvxpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ["lp", "milp"])
def test_the_reference_site_comes_out_as_in_the_oracle(reference_site, kind: str) -> None:
    matrices, expected = reference_site(kind, 168 if kind == "lp" else 48)
    answer = solve(matrices)
    assert answer.objective == pytest.approx(expected, rel=1e-4 if kind == "milp" else 1e-12)
    if kind == "lp":
        assert answer.objective == pytest.approx(7460.502908283, abs=1e-8)
    assert certify(matrices, answer).faults() == ()
