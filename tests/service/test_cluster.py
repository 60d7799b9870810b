"""Solves on a real Dask cluster: the same answers, and workers that are lost or do not obey."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from c4e.opt.v1 import jobs_pb2, solve_pb2
from c4e_opt.case import Case
from c4e_opt.errors import InvalidInput
from c4e_opt.solve import SolveOptions, solve
from c4e_server.client import ENDED, Client
from c4e_server.config import Config
from c4e_server.convert.case import case_to_proto
from c4e_server.errors import Cancelled, InvalidConfig, WorkerLost
from c4e_server.local import Local, local_service
from c4e_server.observability import metrics
from c4e_server.workers.executor import open_executor
from c4e_server.workers.messages import Task
from c4e_server.workers.pool import Limits

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.timeout(180)]
Make = Callable[..., Case]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1", silence_logs=50
    ) as running:
        yield running


@pytest.fixture(scope="module")
def service(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    address = cluster.scheduler_address.replace("tcp://", "dask://")
    with local_service(tmp_path_factory.mktemp("dask"), "--executor", address, "--cache-mib", "0") as running:
        yield running


@pytest.fixture(scope="module")
def client(service: Local) -> Iterator[Client]:
    with Client(service.address) as client:
        yield client


def pids(cluster: Any) -> list[int]:
    return [nanny.pid for nanny in cluster.workers.values() if nanny.pid]


def test_the_cluster_gives_the_answer_that_the_library_gives(client: Client, make_small: Make):
    case = make_small()
    solved = client.solve(case, settlement="statement")
    assert solved.outcome.digest == solve(case).digest
    assert solved.statement is not None
    message = case_to_proto(case)
    message.components.demand[0].bus = "le"
    job = client.call("JobService/SubmitJob", jobs_pb2.SubmitJobRequest(case=message), jobs_pb2.SubmitJobResponse).job
    with pytest.raises(InvalidInput):
        client.result(job.request_id)


def test_a_site_is_dispatched_by_whichever_worker_is_free(client: Client, make_small: Make):
    client.sites.open("home", make_small(), look_hours=2)
    for step in range(2):  # the second from the basis of the first
        told = client.sites.dispatch("home", step)
        window, outcome = client.sites.plan("home")
        assert (window.digest(), outcome.digest) == (told.case_digest, told.outcome_digest)
        assert outcome.objective == pytest.approx(solve(window).objective, rel=1e-9)


def test_a_solve_is_watched_and_ended_and_the_worker_is_free(client: Client, hard_case: Case, make_small: Make):
    job = client.submit(hard_case, SolveOptions(gap=0.0))
    for state in client.watch(job.request_id, timeout_s=60):
        if state.HasField("bound"):
            break
    assert (state.phase, state.case_name) == ("solve", "hard")
    client.cancel(job.request_id)
    with pytest.raises(Cancelled):
        client.result(job.request_id)
    assert client.solve(make_small()).outcome.has_schedule


class Killer:
    """Hears what a cluster says of a solve, and ends the worker that has it when the solver begins, some times."""

    def __init__(self, cluster: Any, kills: int) -> None:
        self.cluster, self.kills, self.tries = cluster, kills, 0

    def __call__(self, said: Any) -> None:
        phase = getattr(said, "phase", "")
        self.tries += phase == "read"
        if phase == "solve" and self.kills:
            self.kills -= 1
            busy = {address for address, worker in self.cluster.scheduler.workers.items() if worker.processing}
            for nanny in self.cluster.workers.values():
                if nanny.worker_address in busy:
                    os.kill(nanny.pid, signal.SIGKILL)


@pytest.mark.parametrize("kills", [1, pytest.param(9, marks=pytest.mark.slow)])
def test_a_lost_worker_costs_nobody_an_answer_and_a_case_that_ends_all_is_given_up(
    cluster: Any, make_small: Make, hard_case: Case, kills: int
):
    options = solve_pb2.SolveOptions(gap=0.0)
    options.time_limit.FromSeconds(3)
    request = solve_pb2.SolveRequest(case=case_to_proto(hard_case), options=options)
    task = Task(request=request.SerializeToString(), seconds=10.0)
    limits = Limits(deadline=time.monotonic() + 100, cancelled=threading.Event())
    pool = open_executor(Config(executor=cluster.scheduler_address.replace("tcp://", "dask://", 1)))
    pool.start()
    killer, before = Killer(cluster, kills), lost()
    try:
        if kills == 1:
            assert pool.run(task, killer, limits).reason == "FEASIBLE"
            assert (killer.tries, lost() - before) == (2, 1)
        else:
            with pytest.raises(WorkerLost):
                pool.run(task, killer, limits)
            assert (killer.tries, lost() - before) == (4, 4)  # allowed-failures of Dask, and the last one
    finally:
        pool.close()


@pytest.mark.slow
def test_a_solver_that_is_asked_to_stop_gives_its_best_schedule(cluster: Any, hard_case: Case):
    request = solve_pb2.SolveRequest(case=case_to_proto(hard_case), options=solve_pb2.SolveOptions(gap=0.0))
    limits = Limits(deadline=time.monotonic() + 12.0, cancelled=threading.Event())  # the wish comes 3 s before it
    address = cluster.scheduler_address.replace("tcp://", "dask://", 1)
    pool = open_executor(Config(executor=address, grace_s=3.0))
    pool.start()
    try:
        task = Task(request=request.SerializeToString(), seconds=1000.0)
        assert pool.run(task, lambda _: None, limits).reason == "FEASIBLE"
    finally:
        pool.close()


def lost() -> float:
    return metrics.REGISTRY.get_sample_value("c4e_workers_lost_total") or 0.0


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kills", [3, 100])
def test_jobs_outlive_the_workers_that_solve_them(cluster: Any, client: Client, make_small: Make, kills: int):
    chance = random.Random(kills)
    done = threading.Event()
    acknowledged: list[str] = []

    def submit() -> None:
        while not done.is_set():
            number = len(acknowledged)
            case = make_small(demand_kw=1 + number / 1e4)
            acknowledged.append(client.submit(case, request_id=f"job-{kills}-{number}").request_id)
            if number >= 10:  # so many are under way at once
                list(client.watch(acknowledged[number - 10], timeout_s=120))
            time.sleep(0.05)

    with ThreadPoolExecutor(1) as thread:
        submitting = thread.submit(submit)
        try:
            for _ in range(kills):
                victim = chance.choice(pids(cluster))
                os.kill(victim, signal.SIGKILL)
                while victim in pids(cluster) or not len(pids(cluster)) == len(cluster.scheduler.workers) == 2:
                    cluster.scale(2)  # starts what is missing: a nanny ends with a worker that ends while it starts
                    time.sleep(0.02)
                time.sleep(chance.uniform(0.0, 0.5))
        finally:
            done.set()
        submitting.result()
    lost = 0
    for name in acknowledged:
        ends = [job.state for job in client.watch(name, timeout_s=120) if job.state in ENDED]
        assert len(ends) == 1
        try:
            assert client.result(name).outcome.has_schedule
        except WorkerLost:
            lost += 1
    print(f"{kills} kills, {len(acknowledged)} jobs, {lost} without an answer")
    assert lost <= kills // 20
    assert sum(job.request_id.startswith(f"job-{kills}-") for job in client.jobs(10**6)) == len(acknowledged)


def test_a_cluster_that_is_not_there_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("c4e_server.workers.cluster._PATIENCE_S", 0.5)
    with pytest.raises(InvalidConfig, match="no Dask scheduler answers"):
        open_executor(Config(data=tmp_path, executor="dask://127.0.0.1:9")).start()
    with pytest.raises(InvalidConfig, match="executor is 'ray"):
        open_executor(Config(data=tmp_path, executor="ray://x"))
