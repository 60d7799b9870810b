"""Solves on a real Dask cluster: the same answers, and workers that are lost or do not obey."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from c4e.opt.v1 import jobs_pb2
from c4e_opt.case import Case
from c4e_opt.errors import InvalidInput
from c4e_opt.solve import SolveOptions, solve
from c4e_server.client import Client
from c4e_server.config import Config
from c4e_server.convert.case import case_to_proto
from c4e_server.errors import Cancelled, InvalidConfig
from c4e_server.local import Local, local_service
from c4e_server.workers.executor import open_executor

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
    job = client._call("JobService/SubmitJob", jobs_pb2.SubmitJobRequest(case=message), jobs_pb2.SubmitJobResponse).job
    with pytest.raises(InvalidInput):
        client.result(job.request_id)


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


@pytest.mark.slow
def test_jobs_outlive_the_workers_that_solve_them(cluster: Any, client: Client, make_small: Make):
    chance = random.Random(5)
    done = threading.Event()

    def kill() -> None:
        while not done.wait(chance.uniform(1.0, 2.0)):
            alive = pids(cluster)
            if len(alive) == len(cluster.scheduler.workers) == 2:  # none that only just starts
                os.kill(chance.choice(alive), signal.SIGKILL)
                kills.append(time.monotonic())

    kills: list[float] = []
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        number = 0
        while len(kills) < 3:
            number += 1
            client.submit(make_small(demand_kw=1 + number / 1e4), request_id=f"job-{number}")
            ends = [job.state for job in client.watch(f"job-{number}", timeout_s=120)]
            assert ends.count(jobs_pb2.JOB_STATE_DONE) == 1
            assert client.result(f"job-{number}").outcome.has_schedule
    finally:
        done.set()
        killer.join()
    assert sum(job.request_id.startswith("job-") for job in client.jobs(10**6)) == number


def test_a_cluster_that_is_not_there_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("c4e_server.workers.cluster._PATIENCE_S", 0.5)
    with pytest.raises(InvalidConfig, match="no Dask scheduler answers"):
        open_executor(Config(data=tmp_path, executor="dask://127.0.0.1:9")).start()
    with pytest.raises(InvalidConfig, match="executor is 'ray"):
        open_executor(Config(data=tmp_path, executor="ray://x"))
