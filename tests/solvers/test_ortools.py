import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from c4e_solvers import (
    Block,
    Interrupt,
    Limit,
    Matrices,
    Reason,
    SolverFailed,
    SolverOptions,
    SolverUnavailable,
    UnsupportedProgram,
    certify,
    solve,
)

pytest.importorskip("ortools", reason="ortools is not installed: its engines are not tested")
result_pb2 = pytest.importorskip("ortools.math_opt.result_pb2")
mathopt = pytest.importorskip("c4e_solvers.ortools_mathopt")
model = pytest.importorskip("c4e_solvers.ortools_model")
process = pytest.importorskip("c4e_solvers.ortools_process")
INF = np.inf
LP = Matrices.build([1, 3], [[1, 1]], 12, 12, column_upper=[10, 5])


def knapsack(weight: list[float], value: list[float], limit: float) -> Matrices:
    return Matrices.build(-np.array(value), [weight], -INF, limit, column_upper=1, integral=True)


def test_every_reason_and_limit_of_mathopt_has_a_word() -> None:
    reasons = result_pb2.TerminationReasonProto.keys()
    limits = result_pb2.LimitProto.keys()
    for reason in reasons:
        for limit in limits:
            ended = mathopt.termination_of(reason, limit)
            word = reason.removeprefix("TERMINATION_REASON_")
            assert ended.reason.value == ("OTHER_ERROR" if word == "UNSPECIFIED" else word)
            stopped = ended.reason in (Reason.FEASIBLE, Reason.NO_SOLUTION_FOUND)
            bound = limit.removeprefix("LIMIT_")
            expected = ("UNDETERMINED" if bound == "UNSPECIFIED" else bound) if stopped else "NONE"
            assert ended.limit.value == expected
    assert {r.value for r in Reason} == {r.removeprefix("TERMINATION_REASON_") for r in reasons} - {"UNSPECIFIED"}
    assert {x.value for x in Limit} == ({x.removeprefix("LIMIT_") for x in limits} - {"UNSPECIFIED"}) | {"NONE"}


def test_highs_and_ortools_answer_in_one_process_in_any_order() -> None:
    """Loaded into one process, the second of highspy and OR-Tools would not find its own HiGHS."""
    for order in (("highs", "ortools:glop"), ("ortools:glop", "highs")):
        code = (
            "import c4e_solvers as s; p = s.Matrices.build([1, 3], [[1, 1]], 12, 12, column_upper=[10, 5]);"
            f"print([s.solve(p, solver=name).row_dual.tolist() for name in {order}])"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == "[[3.0], [3.0]]"


def test_the_adapter_chooses_a_solver_that_fits() -> None:
    assert "(glop)" in solve(LP, solver="ortools").solver
    assert "(cp_sat)" in solve(knapsack([5, 4, 3], [10, 6, 7], 8), solver="ortools").solver
    assert "(scip)" in solve(knapsack([np.pi, 4, 3], [10, 6, 7], 8), solver="ortools").solver
    mixed = replace(knapsack([5, 4, 3], [10, 6, 7], 8), integral=np.array([True, False, False]))
    assert "(scip)" in solve(mixed, solver="ortools").solver


def test_decimals_are_scaled_to_whole_numbers_exactly() -> None:
    """Weights 0.1, 0.25, 0.7 in a sack of 0.8 and values of two decimals: the first and third fit exactly."""
    problem = replace(knapsack([0.1, 0.25, 0.7], [1.25, 2.0, 3.01], 0.8), offset=2.5)
    whole = model.whole(problem)
    assert whole.matrices.row_value.tolist() == [10, 25, 70]
    assert whole.matrices.row_upper.tolist() == [80]
    assert whole.cost_scale == 100
    assert whole.matrices.cost.tolist() == [-125, -200, -301]
    answer = solve(problem, solver="ortools:cp_sat")
    assert answer.primal is not None
    assert answer.primal.tolist() == [1, 0, 1]
    assert answer.objective == pytest.approx(2.5 - 4.26)
    assert answer.bound == pytest.approx(2.5 - 4.26)
    assert certify(problem, answer).faults() == ()


def test_bounds_of_whole_rows_are_rounded_inwards() -> None:
    """2x within [2.6, 9.5] of a whole x: 2x is within [3, 9], so x is within [2, 4]."""
    problem = Matrices.build([1], [[2]], 2.6, 9.5, column_upper=9.7, integral=True)
    whole = model.whole(problem).matrices
    assert (whole.row_lower[0], whole.row_upper[0], whole.column_upper[0]) == (3, 9, 9)
    assert solve(problem, solver="ortools:cp_sat").objective == 2
    assert solve(replace(problem, cost=-problem.cost), solver="ortools:cp_sat").objective == -4


def test_a_bound_that_was_added_up_means_its_decimal() -> None:
    """0.1 + 0.2 is a little more than 0.3 in doubles, and 0.1 times 3 is that same number."""
    third = Matrices.build([1], [[0.1]], 0.1 + 0.2, 0.1 * 3, column_upper=np.nextafter(3, 0), integral=True)
    assert third.row_lower[0] != 0.3
    for solver in ("highs", "ortools:scip", "ortools:cp_sat"):
        assert solve(third, solver=solver).objective == pytest.approx(3)
    more = replace(third, row_lower=np.array([0.3001]), row_upper=np.array([0.31]))
    assert solve(more, solver="ortools:cp_sat").termination.reason is Reason.INFEASIBLE


@pytest.mark.parametrize(
    ("row", "bounds"),
    [([6, 10], (17, 17)), ([1, -1], (0.2, 0.8)), ([2, -4], (1, 1.5)), ([0, 0], (0.2, 0.8)), ([0.3, 0.6], (0.4, 0.5))],
)
def test_a_row_that_no_whole_numbers_satisfy_is_infeasible_and_no_invalid_model(
    row: list[float], bounds: tuple[float, float]
) -> None:
    """CP-SAT divides a row by the common divisor of its coefficients and refuses a model where nothing is left."""
    answer = solve(Matrices.build([1, 1], [row], *bounds, column_upper=9, integral=True), solver="ortools:cp_sat")
    assert answer.termination.reason is Reason.INFEASIBLE
    assert "row 0" in answer.termination.detail


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"integral": np.array([True, False])}, r"column 1 \('on', entry 1\) is not integral"),
        ({"column_upper": np.array([INF, 1.0])}, r"column 0 \('on', entry 0\) has no finite bounds"),
        ({"row_value": np.array([1 / 3, 1.0])}, r"row 0 \('sack', entry 0\) has a coefficient with more than 9"),
        ({"cost": np.array([np.pi, 1.0])}, "a cost has more than 9 decimals"),
        ({"row_value": np.array([1e-9, 1e8])}, r"goes beyond 2\^52"),
        ({"cost": np.array([1e16, 1.0])}, r"goes beyond 2\^52"),
    ],
)
def test_what_would_lose_precision_is_refused_with_its_place(changes: dict[str, object], why: str) -> None:
    problem = replace(
        knapsack([1, 2], [1, 1], 2),
        row_blocks=(Block(name="sack", start=0, stop=1),),
        column_blocks=(Block(name="on", start=0, stop=2),),
        **changes,  # pyright: ignore[reportArgumentType]
    )
    with pytest.raises(UnsupportedProgram, match=why):
        solve(problem, solver="ortools:cp_sat")


def test_no_integer_within_bounds_is_infeasible() -> None:
    problem = Matrices.build([1], [[1]], 0, 5, column_lower=0.2, column_upper=0.8, integral=True)
    answer = solve(problem, solver="ortools:cp_sat")
    assert answer.termination.reason is Reason.INFEASIBLE
    assert "column 0" in answer.termination.detail


def test_zeros_that_are_stored_and_starts_are_taken() -> None:
    stored = replace(LP, row_value=np.array([1.0, 0.0]))
    assert solve(stored, solver="ortools:glop").termination.reason is Reason.INFEASIBLE
    started = replace(knapsack([5, 4, 3], [10, 6, 7], 8), start=np.array([1.0, np.nan, 1.0]))
    for solver in ("ortools:scip", "ortools:cp_sat"):
        assert solve(started, solver=solver).objective == -17


@pytest.mark.parametrize("solver", ["ortools:scip", "ortools:cp_sat"])
def test_limits_and_interrupts_end_a_milp(hard_milp: Matrices, solver: str) -> None:
    problem = hard_milp
    if solver == "ortools:cp_sat":  # whole slacks with bounds keep the sack's equations in whole numbers
        problem = replace(
            hard_milp,
            integral=np.ones(hard_milp.columns, bool),
            column_upper=np.minimum(hard_milp.column_upper, 1e4),
        )
    began = time.perf_counter()
    limited = solve(problem, SolverOptions(time_limit_s=1.0), solver=solver)
    assert time.perf_counter() - began < 4
    assert limited.termination.limit is Limit.TIME
    if limited.termination.has_solution:
        assert certify(problem, limited).holds()
    interrupt = Interrupt()
    threading.Timer(0.7, interrupt.set).start()
    began = time.perf_counter()
    stopped = solve(problem, SolverOptions(time_limit_s=60), solver=solver, interrupt=interrupt)
    assert time.perf_counter() - began < 6
    assert stopped.termination.limit is Limit.INTERRUPTED
    assert solve(problem, solver=solver, interrupt=interrupt).termination.limit is Limit.INTERRUPTED
    assert solve(LP, SolverOptions(time_limit_s=0), solver="ortools").termination.limit is Limit.TIME


def test_a_process_that_is_killed_is_an_error_and_the_next_solve_gets_another() -> None:
    assert solve(LP, solver="ortools:glop").objective == 16
    process._idle[-1]._child.kill()
    process._idle[-1]._child.wait()
    with pytest.raises(SolverFailed, match="ended"):
        solve(LP, solver="ortools:glop")
    assert solve(LP, solver="ortools:glop").objective == 16


def test_threads_do_not_get_in_each_others_way() -> None:
    found: dict[int, float | None] = {}

    def one(demand: int) -> None:
        problem = LP.with_bounds(row_lower=np.array([demand / 1.0]), row_upper=np.array([demand / 1.0]))
        found[demand] = solve(problem, solver="ortools:glop").objective

    threads = [threading.Thread(target=one, args=(demand,)) for demand in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {demand: pytest.approx(demand) for demand in range(1, 9)}


def test_names_and_the_log() -> None:
    lines: list[str] = []
    solve(LP, SolverOptions(log=lines.append), solver="ortools:glop")
    assert lines
    with pytest.raises(SolverUnavailable, match="no solver is called 'ortools:nobody'"):
        solve(LP, solver="ortools:nobody")
    with pytest.raises(SolverUnavailable, match="it has glop, pdlp, scip, cp_sat"):
        mathopt.solve(LP, SolverOptions(backend="nobody"))
    with pytest.raises(UnsupportedProgram, match="brings no duals"):
        solve(LP, solver="ortools:scip")


def test_frames_that_arrive_together_are_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages and the result in one write: the last must not wait behind a buffer for ever."""
    chatty = tmp_path / "chatty.py"
    chatty.write_text(
        "import os, struct, sys\nframe = lambda kind: struct.pack('<cQ', kind, 1) + b'x'\n"
        "os.write(1, frame(b'L') + frame(b'L') + frame(b'R'))\nsys.stdin.buffer.read()\n"
    )
    monkeypatch.setattr(process.frames, "__file__", str(chatty))
    lines: list[str] = []
    one = process.Process()
    try:
        assert one.ask((b"", b"", b""), 5.0, None, lines.append) == b"x"
    finally:
        one.kill()
    assert lines == ["x", "x"]
