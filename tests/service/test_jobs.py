"""Jobs through a real service: submit, watch, get, cancel, list."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from c4e.opt.v1 import jobs_pb2
from c4e_opt.case import Case
from c4e_opt.errors import InvalidInput
from c4e_opt.solve import SolveOptions
from c4e_server.client import Client
from c4e_server.convert.case import case_to_proto
from c4e_server.errors import Cancelled, QueueFull, RequestIdReused, WorkerLost
from c4e_server.local import Local, local_service
from tests.processes import workers_of

pytestmark = pytest.mark.xdist_group("jobs")
Make = Callable[..., Case]
EXACT = SolveOptions(gap=0.0)
RUNNING, DONE, FAILED = jobs_pb2.JOB_STATE_RUNNING, jobs_pb2.JOB_STATE_DONE, jobs_pb2.JOB_STATE_FAILED


def new() -> str:
    return uuid.uuid4().hex


def until(client: Client, name: str, happened: Callable[[jobs_pb2.Job], bool]) -> jobs_pb2.Job:
    for job in client.watch(name, timeout_s=60):
        if happened(job):
            return job
    raise AssertionError("the job ended before")


def test_a_job_is_watched_to_its_answer(client: Client, make_small: Make):
    job = client.submit(make_small(), settlement="post")
    changes = list(client.watch(job.request_id))
    assert changes[-1].state == DONE
    solved = client.result(job.request_id)
    assert solved.outcome.has_schedule
    assert solved.statement is not None
    assert changes[-1].batch_id


def test_submitting_again_returns_the_job_as_it_stands(client: Client, make_small: Make):
    name = new()
    client.submit(make_small(), request_id=name)
    client.result(name)
    assert client.submit(make_small(), request_id=name).state == DONE
    with pytest.raises(RequestIdReused):
        client.submit(make_small(demand_kw=1), request_id=name)


def test_a_job_with_a_wrong_case_fails_with_every_issue(service: Local, client: Client, make_small: Make):
    message = case_to_proto(make_small())
    message.components.battery[0].charge_max = -1
    message.components.demand[0].bus = "le"
    request = jobs_pb2.SubmitJobRequest(case=message)
    job = client.call("JobService/SubmitJob", request, jobs_pb2.SubmitJobResponse).job
    with pytest.raises(InvalidInput) as caught:
        client.result(job.request_id)
    assert len(caught.value.issues) == 2
    assert client.job(job.request_id).state == FAILED


def test_incumbents_and_bounds_are_watched_and_a_cancel_ends_the_job_soon(client: Client, hard_case: Case):
    job = client.submit(hard_case, EXACT)
    seen = until(client, job.request_id, lambda job: job.HasField("bound"))
    assert seen.phase == "solve"
    assert seen.case_name == "hard"
    begin = time.monotonic()
    client.cancel(job.request_id)
    with pytest.raises(Cancelled):
        client.result(job.request_id)
    assert time.monotonic() - begin < 2.0
    assert client.job(job.request_id).failure.reason == "CANCELLED"


def test_a_job_that_waits_is_cancelled_at_once(client: Client, hard_case: Case, make_small: Make):
    first = client.submit(hard_case, EXACT)
    until(client, first.request_id, lambda job: job.state == RUNNING)
    second = client.submit(make_small("waits"))
    begin = time.monotonic()
    cancelled = client.cancel(second.request_id)
    assert time.monotonic() - begin < 0.5
    assert cancelled.state == FAILED
    client.cancel(first.request_id)
    with pytest.raises(Cancelled):
        client.result(first.request_id)


def test_cancelling_what_has_ended_changes_nothing(client: Client, make_small: Make):
    job = client.submit(make_small())
    client.result(job.request_id)
    assert client.cancel(job.request_id).state == DONE
    assert client.result(job.request_id).outcome.has_schedule


def test_jobs_are_listed_latest_first_in_pages(client: Client, make_small: Make):
    names = [client.submit(make_small(), request_id=new()).request_id for _ in range(5)]
    for name in names:
        client.result(name)
    assert [job.request_id for job in client.jobs(limit=5)] == names[::-1]
    request = jobs_pb2.ListJobsRequest(page_size=2, states=[DONE])
    found: list[str] = []
    while True:
        page = client.call("JobService/ListJobs", request, jobs_pb2.ListJobsResponse)
        found += [job.request_id for job in page.jobs]
        if not page.next_page_token or len(found) >= 5:
            break
        request.page_token = page.next_page_token
    assert found[:5] == names[::-1]
    with pytest.raises(InvalidInput, match="page_token"):
        client.call("JobService/ListJobs", jobs_pb2.ListJobsRequest(page_token="x"), jobs_pb2.ListJobsResponse)


def test_killed_workers_are_a_clean_failure_and_the_next_solve_works(
    service: Local, client: Client, hard_case: Case, make_small: Make
):
    job = client.submit(hard_case, EXACT)
    until(client, job.request_id, lambda job: job.phase == "solve")
    while client.job(job.request_id).state != FAILED:  # a lost worker is replaced, once
        for worker in workers_of(service.process.pid):  # the busy one and the spare
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
    with pytest.raises(WorkerLost):
        client.result(job.request_id)
    assert client.solve(make_small()).outcome.has_schedule


def test_a_full_queue_refuses_and_says_so(tmp_path: Path, hard_case: Case, make_small: Make):
    with (
        local_service(tmp_path, "--workers", "1", "--queue-limit", "1") as running,
        Client(running.address, patience_s=0) as client,
    ):
        job = client.submit(hard_case, EXACT)
        with pytest.raises(QueueFull, match="try again later"):
            client.submit(make_small())
        with pytest.raises(QueueFull):
            client.solve(make_small())
        assert client.submit(hard_case, EXACT, request_id=job.request_id).request_id == job.request_id


def test_a_restart_takes_up_what_had_no_answer(tmp_path: Path, hard_case: Case, make_small: Make):
    with local_service(tmp_path, "--workers", "1") as running, Client(running.address) as client:
        client.submit(hard_case, SolveOptions(gap=0.0, time_limit_s=600), request_id="long")
        client.submit(make_small(), request_id="short")
        running.kill()
    with local_service(tmp_path, "--workers", "1") as running, Client(running.address) as client:
        until(client, "long", lambda job: job.state == RUNNING)
        client.cancel("long")
        assert client.result("short").outcome.has_schedule
