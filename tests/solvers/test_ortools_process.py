"""The process in which OR-Tools runs: what it answers, how it is stopped, and what happens when it dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from c4e_solvers import (
    Interrupt,
    Limit,
    Matrices,
    Reason,
    SolverFailed,
    SolverOptions,
    SolverUnavailable,
    Termination,
    certify,
    solve,
)

pytest.importorskip("ortools", reason="ortools is not installed: its process is not tested")
result_pb2 = pytest.importorskip("ortools.math_opt.result_pb2")
mathopt = pytest.importorskip("c4e_solvers.ortools_mathopt")
process = pytest.importorskip("c4e_solvers.ortools_process")
LP = Matrices.build([1, 3], [[1, 1]], 12, 12, column_upper=[10, 5])
MILP = Matrices.build([-1, -1], [[2, 2]], -np.inf, 3, column_upper=9, integral=True, offset=7)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No process from another test, and none left behind."""
    process.close()
    yield
    process.close()


def pid() -> int:
    """The one process that waits for work."""
    assert len(process._idle) == 1
    return process._idle[0]._child.pid


def is_there(number: int) -> bool:
    """Whether a process runs, or ended and waits for us to fetch it."""
    try:
        state, parent = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[:2]
    except FileNotFoundError:
        return False
    return state != "Z" or int(parent) == os.getpid()


def result(reason: str, limit: str = "UNSPECIFIED", *, solution: bool = False, duals: bool = False) -> bytes:
    """What MathOpt would send for LP or MILP: 10 and 2, or 1 and 0, as their solution."""
    found = result_pb2.SolveResultProto()
    found.termination.reason = result_pb2.TerminationReasonProto.Value(f"TERMINATION_REASON_{reason}")
    found.termination.limit = result_pb2.LimitProto.Value(f"LIMIT_{limit}")
    found.termination.objective_bounds.dual_bound = 5.5
    if solution:
        values = (10.0, 2.0) if duals else (1.0, 0.0)
        primal = found.solutions.add().primal_solution.variable_values
        primal.ids.extend([0, 1])
        primal.values.extend(values)
    if duals:
        dual = found.solutions[0].dual_solution
        dual.dual_values.ids.append(0)
        dual.dual_values.values.append(3.0)
        dual.reduced_costs.ids.append(0)
        dual.reduced_costs.values.append(-2.0)
    return found.SerializeToString()


def told(problem: Matrices, content: bytes) -> dict[str, object]:
    options = SolverOptions(backend="scip" if problem.discrete else "glop")
    return mathopt._problem(problem, options).answer(content, options)


@pytest.mark.parametrize(
    ("word", "limit", "solution", "there"),
    [
        ("OPTIMAL", "UNSPECIFIED", True, {"primal", "objective", "bound"}),
        ("FEASIBLE", "TIME", True, {"primal", "objective", "bound"}),
        ("FEASIBLE", "INTERRUPTED", True, {"primal", "objective", "bound"}),
        ("NO_SOLUTION_FOUND", "NODE", False, {"bound"}),
        ("IMPRECISE", "UNSPECIFIED", True, {"primal", "objective"}),
        # A solution beside any other end is none: an infeasible problem has no columns to show.
        ("INFEASIBLE", "UNSPECIFIED", True, set()),
        ("UNBOUNDED", "UNSPECIFIED", True, set()),
        ("INFEASIBLE_OR_UNBOUNDED", "UNSPECIFIED", False, set()),
        ("NUMERICAL_ERROR", "TIME", True, set()),
        ("OTHER_ERROR", "UNSPECIFIED", False, set()),
        ("UNSPECIFIED", "UNSPECIFIED", False, set()),
    ],
)
def test_every_end_brings_what_belongs_to_it_and_nothing_else(
    word: str, limit: str, solution: bool, there: set[str]
) -> None:
    answer = told(MILP, result(word, limit, solution=solution))
    ended = answer["termination"]
    assert isinstance(ended, Termination)
    assert ended.reason == ("OTHER_ERROR" if word == "UNSPECIFIED" else word)
    assert ended.limit == (limit if word in ("FEASIBLE", "NO_SOLUTION_FOUND") else "NONE")
    brought = {name for name in ("primal", "objective", "bound", "row_dual", "column_dual") if name in answer}
    assert brought == there
    if "bound" in brought:
        assert answer["bound"] == 5.5
    if "primal" in brought:
        assert answer["objective"] == 6


def test_an_optimal_lp_brings_its_duals_and_the_bound_that_they_prove() -> None:
    answer = told(LP, result("OPTIMAL", solution=True, duals=True))
    assert answer["row_dual"] == pytest.approx([3])
    assert answer["column_dual"] == pytest.approx([-2, 0])
    assert answer["bound"] == answer["objective"] == 16
    limited = told(LP, result("FEASIBLE", "TIME", solution=True, duals=True))
    assert {"row_dual", "column_dual", "bound"} & set(limited) == set()


@pytest.mark.parametrize("solver", ["ortools:scip", "ortools:cp_sat"])
def test_an_interrupted_solver_stops_by_itself_and_keeps_its_solution_and_its_process(
    hard_milp: Matrices, solver: str
) -> None:
    whole = np.ones(hard_milp.columns, bool)
    bounded = np.minimum(hard_milp.column_upper, 1e4)
    problem = hard_milp.with_bounds(column_upper=bounded)
    problem = Matrices.build(
        problem.cost,
        problem.csr(),
        problem.row_lower,
        problem.row_upper,
        column_lower=problem.column_lower,
        column_upper=problem.column_upper,
        integral=whole,
    )
    assert solve(LP, solver="ortools:glop").objective == 16
    before, interrupt = pid(), Interrupt()
    threading.Timer(2.0, interrupt.set).start()
    stopped = solve(problem, SolverOptions(time_limit_s=60), solver=solver, interrupt=interrupt)
    assert (stopped.termination.reason, stopped.termination.limit) == (Reason.FEASIBLE, Limit.INTERRUPTED)
    assert certify(problem, stopped).holds()
    assert pid() == before
    # What stopped one solve must not stop the next, in the same process.
    interrupt.clear()
    again = solve(LP, solver="ortools:glop", interrupt=interrupt)
    assert again.termination.reason is Reason.OPTIMAL
    assert pid() == before


def test_cp_sat_which_knows_one_word_for_all_limits_is_told_apart() -> None:
    """Its word is UNDETERMINED: an interrupt that is set makes it INTERRUPTED, a time that is over TIME."""
    interrupt = Interrupt()
    sent = result("NO_SOLUTION_FOUND", "UNDETERMINED")

    def answers(after_s: float, limit_s: float, *, stop: bool) -> Limit:
        def ask(*_: object) -> bytes:
            time.sleep(after_s)
            if stop:
                interrupt.set()
            return sent

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(process, "ask", ask)
            options = SolverOptions(time_limit_s=limit_s, backend="cp_sat")
            return mathopt.solve(MILP, options, interrupt=interrupt).termination.limit

    assert answers(0.0, 60.0, stop=False) is Limit.UNDETERMINED
    assert answers(0.3, 0.3, stop=False) is Limit.TIME
    assert answers(0.0, 60.0, stop=True) is Limit.INTERRUPTED


def test_a_process_that_dies_at_work_is_an_error_and_is_not_used_again(hard_milp: Matrices) -> None:
    assert solve(LP, solver="ortools:glop").objective == 16
    first = pid()
    threading.Timer(0.7, os.kill, (first, signal.SIGKILL)).start()
    with pytest.raises(SolverFailed, match=r"ended with code -9"):
        solve(hard_milp, SolverOptions(time_limit_s=60), solver="ortools:scip")
    assert process._idle == []
    assert not is_there(first)
    assert solve(LP, solver="ortools:glop").objective == 16
    assert pid() != first


def stand_in(tmp_path: Path, patch: pytest.MonkeyPatch, body: str) -> None:
    """A worker that does what ``body`` says; ``frame(kind, content)`` makes what it may write to file 1."""
    script = tmp_path / "worker.py"
    head = "import os, struct, sys, time\nframe = lambda kind, x: struct.pack('<cQ', kind, len(x)) + x\n"
    script.write_text(head + body)
    patch.setattr(process.frames, "__file__", str(script))


@pytest.mark.parametrize("stop", ["time", "interrupt"])
def test_a_solver_that_heeds_nothing_is_killed_soon_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    stand_in(tmp_path, monkeypatch, "time.sleep(12)\n")
    monkeypatch.setattr(process, "_GRACE_S", 0.3)
    seen, make = list[int](), process.Process

    class Seen(make):
        def __init__(self) -> None:
            super().__init__()
            seen.append(self._child.pid)

    monkeypatch.setattr(process, "Process", Seen)
    interrupt = Interrupt()
    if stop == "interrupt":
        threading.Timer(0.3, interrupt.set).start()
    began = time.perf_counter()
    limit_s = 0.5 if stop == "time" else 60.0
    answer = solve(LP, SolverOptions(time_limit_s=limit_s), solver="ortools:glop", interrupt=interrupt)
    assert time.perf_counter() - began < 5
    assert answer.termination.reason is Reason.NO_SOLUTION_FOUND
    assert answer.termination.limit is (Limit.TIME if stop == "time" else Limit.INTERRUPTED)
    assert process._idle == []
    assert not is_there(seen[0])


@pytest.mark.parametrize(
    ("body", "error", "match"),
    [
        (
            "os.write(1, frame(b'F', b'ImportError: no ortools'))\nsys.stdin.buffer.read()\n",
            SolverUnavailable,
            "no ort",
        ),
        ("os.write(1, frame(b'F', b'StatusNotOk: no'))\nsys.stdin.buffer.read()\n", SolverFailed, "StatusNotOk: no"),
        ("os.write(1, frame(b'R', b'x' * 99)[:20])\nsys.exit(3)\n", SolverFailed, "ended with code 3"),
        ("sys.exit(4)\n", SolverFailed, "ended"),
        ("os.write(1, frame(b'R', b'no message of its kind'))\nsys.stdin.buffer.read()\n", SolverFailed, "broke down"),
    ],
)
def test_what_a_broken_process_says_becomes_our_own_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, error: type[Exception], match: str
) -> None:
    stand_in(tmp_path, monkeypatch, body)
    with pytest.raises(error, match=match):
        solve(LP, SolverOptions(time_limit_s=20), solver="ortools:glop")


def test_no_process_outlives_its_owner() -> None:
    """Killed, the owner cannot say goodbye: its process must notice by itself."""
    code = (
        "import c4e_solvers as s, c4e_solvers.ortools_process as p, os, signal;"
        "s.solve(s.Matrices.build([1], [[1]], 1, 2), solver='ortools:glop');"
        "print(p._idle[0]._child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    left = int(ran.stdout)
    deadline = time.monotonic() + 10
    while is_there(left) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_there(left)


def test_no_more_than_two_processes_wait_for_work() -> None:
    threads = [threading.Thread(target=solve, args=(LP,), kwargs={"solver": "ortools:glop"}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(process._idle) <= 2
    waiting = [one._child.pid for one in process._idle]
    process.close()
    assert process._idle == []
    assert not any(is_there(number) for number in waiting)


def test_presolve_is_turned_off_where_there_is_one() -> None:
    for solver in ("ortools:glop", "ortools:pdlp"):
        answer = solve(LP, SolverOptions(presolve=False), solver=solver)
        assert answer.objective == pytest.approx(16, rel=1e-4)
    for solver in ("ortools:scip", "ortools:cp_sat"):
        assert solve(MILP, SolverOptions(presolve=False), solver=solver).objective == pytest.approx(6)
