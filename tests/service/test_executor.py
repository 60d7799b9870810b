"""Workers: they are freed at once, replaced in time, and share the cores."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from c4e.opt.v1 import jobs_pb2, solve_pb2
from c4e_opt.case import Case
from c4e_opt.solve import SolveOptions
from c4e_server.client import Client
from c4e_server.convert.case import case_to_proto
from c4e_server.errors import Cancelled, DeadlineReached, WorkerLost
from c4e_server.local import local_service
from c4e_server.observability import metrics
from c4e_server.workers.messages import Task
from c4e_server.workers.pool import Limits, Pool
from tests.processes import workers_of

pytestmark = pytest.mark.xdist_group("executor")
Make = Callable[..., Case]
FREE_S = 0.5
RUNNING = jobs_pb2.JOB_STATE_RUNNING


@contextmanager
def pool_of(size: int, **more: Any) -> Generator[Pool]:
    pool = Pool(size, **more)
    pool.start()
    try:
        yield pool
    finally:
        pool.close()


def task_of(case: Case, seconds: float = 60.0, solver: str = "", threads: int = 1) -> Task:
    options = solve_pb2.SolveOptions(solver=solver, gap=0.0, threads=8)
    message = solve_pb2.SolveRequest(case=case_to_proto(case), options=options)
    return Task(request=message.SerializeToString(), seconds=seconds, threads=threads)


def solved(pool: Pool, case: Case) -> bool:
    limits = Limits(deadline=time.monotonic() + 30, cancelled=threading.Event())
    return pool.run(task_of(case), lambda _: None, limits).reason == "OPTIMAL"


def long_lp(make_small: Make, steps: int = 20_000) -> Case:
    """Batteries and a course of prices over very many steps; an LP that takes many seconds."""
    chance = np.random.default_rng(1)
    battery = {"bus": "el", "charge_max_kw": 3, "discharge_max_kw": 3, "energy_max_kwh": 9, "energy_start_kwh": 0}
    prices = chance.uniform(0.1, 0.5, steps)
    meter = {"id": "meter", "bus": "el", "import_max_kw": 10, "import_price_eur_per_kwh": prices}
    return make_small(
        name="long",
        horizon={"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": steps},
        components={
            "grid_connection": [meter],
            "demand": [{"id": "house", "bus": "el", "demand_kw": 1 + prices}],
            "battery": [battery | {"id": f"b{n}", "charge_efficiency": 0.9 + n / 100} for n in range(4)],
        },
    )


def test_a_worker_is_replaced_after_its_last_solve_and_after_growth(make_small: Make):
    with pool_of(1, solves=2, spares=0) as pool:
        first = set(pool.pids())
        assert solved(pool, make_small())
        assert set(pool.pids()) == first
        assert solved(pool, make_small())
        assert solved(pool, make_small())
        assert not first & set(pool.pids())
    with pool_of(1, growth_mib=20, spares=0) as pool:
        first = set(pool.pids())
        assert solved(pool, make_small())
        assert set(pool.pids()) == first
        assert solved(pool, long_lp(make_small, 3000))
        assert solved(pool, make_small())
        assert not first & set(pool.pids())


def test_workers_that_were_dismissed_end(make_small: Make):
    with pool_of(1, solves=1) as pool:
        seen: set[int] = set()
        for _ in range(4):
            seen |= set(pool.pids())
            assert solved(pool, make_small())
        end = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in seen - set(pool.pids())):
            assert time.monotonic() < end, "a dismissed worker goes on"
            time.sleep(0.02)


def lost() -> float:
    return metrics.REGISTRY.get_sample_value("c4e_workers_lost_total") or 0.0


class Killer:
    """Hears what a pool with one worker says of a solve, counts its tries, and ends some while they are at it."""

    def __init__(self, pool: Pool, kills: int) -> None:
        self.pool, self.kills, self.tries = pool, kills, 0
        self._once = pool._try  # pyright: ignore[reportPrivateUsage]
        cast("Any", pool)._try = self._counted

    def _counted(self, *given: Any) -> Any:
        self.tries += 1
        return self._once(*given)

    def __call__(self, _: Any) -> None:
        if self.kills:
            self.kills -= 1
            (worker,) = self.pool.pids()
            os.kill(worker, signal.SIGKILL)


def test_a_worker_that_is_killed_costs_nobody_an_answer(make_small: Make):
    case = long_lp(make_small, 3000)
    with pool_of(1, spares=0) as pool:
        before, killer = lost(), Killer(pool, 1)
        limits = Limits(deadline=time.monotonic() + 60, cancelled=threading.Event())
        assert pool.run(task_of(case), killer, limits).reason == "OPTIMAL"
        assert (killer.tries, lost() - before) == (2, 1)


def test_a_case_that_ends_two_workers_is_not_given_a_third(make_small: Make):
    with pool_of(1, spares=0) as pool:
        before, killer = lost(), Killer(pool, 9)
        limits = Limits(deadline=time.monotonic() + 60, cancelled=threading.Event())
        with pytest.raises(WorkerLost):
            pool.run(task_of(long_lp(make_small, 3000)), killer, limits)
        assert (killer.tries, lost() - before) == (2, 2)
        assert solved(pool, make_small())


def test_a_solve_that_is_ended_on_purpose_is_not_tried_again(make_small: Make, hard_case: Case):
    with pool_of(1, spares=0, grace_s=0.01) as pool:
        before, killer = lost(), Killer(pool, 0)
        limits = Limits(deadline=time.monotonic() + 1.0, cancelled=threading.Event())
        with contextlib.suppress(DeadlineReached):
            pool.run(task_of(hard_case), killer, limits)
        assert (killer.tries, lost() - before) == (1, 0)


@pytest.mark.parametrize("idle", [False, True])
def test_workers_leave_their_cores_to_the_service(make_small: Make, idle: bool):
    with pool_of(1, spares=0, idle=idle) as pool:
        assert solved(pool, make_small())
        (worker,) = pool.pids()
        assert os.getpriority(os.PRIO_PROCESS, worker) >= 10
        assert os.sched_getscheduler(worker) == (os.SCHED_IDLE if idle else os.SCHED_OTHER)


def test_a_solve_is_never_said_to_be_where_the_one_before_was(make_small: Make):
    with pool_of(1, spares=0) as pool:
        assert solved(pool, make_small())
        (worker,) = pool.pids()
        os.kill(worker, signal.SIGSTOP)  # so that the service looks before the worker has begun
        threading.Timer(0.2, os.kill, (worker, signal.SIGCONT)).start()
        heard: list[Any] = []
        limits = Limits(deadline=time.monotonic() + 60, cancelled=threading.Event())
        begin = time.monotonic()
        pool.run(task_of(make_small()), lambda said: heard.append((time.monotonic() - begin, said)), limits)
        assert [said for after, said in heard if after < 0.19] == []


def test_workers_come_again_also_when_the_fork_server_was_killed_with_them(
    make_small: Make, monkeypatch: pytest.MonkeyPatch
):
    with pool_of(1) as pool:
        assert solved(pool, make_small())
        hire, refusals = pool._hire, [OSError("no memory"), EOFError()]  # pyright: ignore[reportPrivateUsage]

        def hire_at_the_third_try() -> None:
            if refusals:
                raise refusals.pop()
            hire()

        monkeypatch.setattr(pool, "_hire", hire_at_the_third_try)
        server = forkserver._forkserver._forkserver_pid  # pyright: ignore
        for process in (server, *pool.pids()):
            os.kill(process, signal.SIGKILL)
        end = time.monotonic() + 20
        while pool.breathing():
            time.sleep(0.02)
        assert solved(pool, make_small())
        while pool.breathing() < 2:
            assert time.monotonic() < end, "the spare does not come again"
            time.sleep(0.02)
        assert not refusals


def test_a_deadline_counts_also_where_no_worker_can_be_had():
    pool = Pool(1, spares=0)  # not started: as while no process can be
    limits = Limits(deadline=time.monotonic() + 0.2, cancelled=threading.Event())
    with pytest.raises(DeadlineReached):
        pool.run(Task(request=b"", seconds=0.2), lambda _: None, limits)


def test_solvers_share_the_cores():
    cores = len(os.sched_getaffinity(0))
    assert Pool(1).threads == cores
    assert Pool(cores).threads == 1
    assert Pool(100 * cores).threads == 1


def freed(pool: Pool, task: Task, after_s: float, next_case: Case, *, by_deadline: bool = False) -> tuple[str, float]:
    """Cancel a solve after a while; the phase that it was in, and when another case has an answer then, in seconds."""
    phases = ["none"]
    cancelled = threading.Event()
    end = time.monotonic() + after_s if by_deadline else float("inf")

    def run() -> None:
        with contextlib.suppress(Cancelled, DeadlineReached):  # at a deadline there may be an answer, too
            limits = Limits(deadline=end, cancelled=cancelled)
            pool.run(task, lambda said: phases.append(getattr(said, "phase", phases[-1])), limits)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run)
        time.sleep(after_s)
        cancelled.set()
        begin, phase = time.monotonic(), phases[-1]
        running.result()
        assert solved(pool, next_case)
        return phase, time.monotonic() - begin


def cancels(make_small: Make, hard_case: Case, tries: int, seed: int) -> None:
    chance = random.Random(seed)
    lp = long_lp(make_small)
    kinds = {"LP": task_of(lp), "MILP": task_of(hard_case), "PDLP": task_of(lp, solver="ortools:pdlp")}
    late: list[tuple[str, str, float]] = []
    seen: set[tuple[str, str]] = set()
    worst = 0.0
    with pool_of(1) as pool:
        assert solved(pool, make_small())
        for number in range(tries):
            kind = list(kinds)[number % len(kinds)]
            phase, took = freed(pool, kinds[kind], chance.uniform(0.0, 1.5), make_small(), by_deadline=number % 2 == 1)
            seen.add((kind, phase))
            worst = max(worst, took)
            if took > FREE_S:
                late.append((kind, phase, took))
    print(f"worst of {tries}: {worst:.3f} s, phases {sorted(seen)}")
    assert late == []
    assert {(kind, "solve") for kind in kinds} <= seen


@pytest.mark.slow
def test_a_worker_is_free_at_once_whatever_it_does(make_small: Make, hard_case: Case):
    cancels(make_small, hard_case, 12, seed=1)


@pytest.mark.slow
def test_a_worker_is_free_at_once_in_a_hundred_of_a_hundred_tries(make_small: Make, hard_case: Case):
    cancels(make_small, hard_case, 102, seed=2)


@pytest.mark.slow
def test_others_are_answered_while_a_cancel_is_under_way(tmp_path: Path, make_small: Make, hard_case: Case):
    with local_service(tmp_path, "--workers", "2") as running, Client(running.address) as client:
        job = client.submit(hard_case, SolveOptions(gap=0.0))
        for state in client.watch(job.request_id, timeout_s=60):
            if state.phase == "solve":
                break
        client.cancel(job.request_id)
        for number in range(10):
            begin = time.monotonic()
            assert client.solve(make_small(demand_kw=1 + number / 100)).outcome.has_schedule
            assert time.monotonic() - begin < FREE_S


def test_kills_of_workers_under_load_leave_every_job_with_one_end(tmp_path: Path, make_small: Make):
    kills_under_load(tmp_path, make_small, kills=2, seed=3)


@pytest.mark.slow
def test_a_hundred_kills_of_workers_under_load(tmp_path: Path, make_small: Make):
    kills_under_load(tmp_path, make_small, kills=100, seed=4)


def kills_under_load(folder: Path, make_small: Make, kills: int, seed: int) -> None:
    """Kill workers while jobs and calls come; every job ends once, and only who lost two workers has no answer."""
    chance = random.Random(seed)
    acknowledged: list[str] = []
    answers: list[bool] = []
    done = threading.Event()
    with local_service(folder, "--workers", "2", "--cache-mib", "0") as running, Client(running.address) as client:

        def submit() -> None:
            while not done.is_set():
                number = len(acknowledged)
                job = client.submit(make_small(demand_kw=1 + number / 1e5), request_id=f"job-{number}")
                acknowledged.append(job.request_id)
                time.sleep(0.005)

        def call() -> None:
            while not done.is_set():
                try:
                    answers.append(client.solve(make_small(demand_kw=2 + len(answers) / 1e5)).outcome.has_schedule)
                except WorkerLost:
                    answers.append(False)

        with ThreadPoolExecutor(2) as threads:
            submitting, calling = threads.submit(submit), threads.submit(call)
            killed = 0
            try:
                while killed < kills:
                    wanted = len(answers) + chance.randint(1, 4)
                    while len(answers) < wanted and not calling.done():
                        time.sleep(chance.uniform(0.0, 0.02))
                    workers = workers_of(running.process.pid)
                    if workers:
                        os.kill(chance.choice(workers), signal.SIGKILL)
                        killed += 1
            finally:
                done.set()
            submitting.result()
            calling.result()
        lost = answers.count(False)
        ends: dict[str, int] = {}
        for name in acknowledged:
            states = [job.state for job in client.watch(name, timeout_s=60)]
            ends[name] = sum(state in (jobs_pb2.JOB_STATE_DONE, jobs_pb2.JOB_STATE_FAILED) for state in states)
            try:
                assert client.result(name).outcome.has_schedule
            except WorkerLost:
                lost += 1
        print(f"{kills} kills, {len(acknowledged)} jobs, {len(answers)} calls, {lost} without an answer")
        assert set(ends.values()) == {1}
        assert lost <= max(1, kills // 20)  # two kills that follow one solve from worker to worker
        assert len(client.jobs(limit=10**6)) == len(acknowledged)
