"""Jobs that are deleted, listed by filters, and read in pieces; what stays of them, and what may not go yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from c4e.opt.v1 import jobs_pb2, solve_pb2
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.settlement.conformance import sample_batch
from c4e_opt.solve import SolveOptions
from c4e_server.client import Client
from c4e_server.config import Config
from c4e_server.convert.statement import batch_to_proto
from c4e_server.database.engine import open_engine
from c4e_server.errors import RequestDeleted, RequestIdReused, RequestUnderWay, UnknownRequest
from c4e_server.failures import Failure
from c4e_server.local import Local, local_service
from c4e_server.retention import Retention
from c4e_server.services.job import job_to_proto
from c4e_server.store.outbox import Delivery
from c4e_server.store.store import Store
from c4e_server.views import View
from c4e_server.workers.messages import Answer
from tests.databases import KINDS, new_database

pytestmark = pytest.mark.xdist_group("jobs")
CONNECT: Any = grpc.insecure_channel
Make = Callable[..., Case]
ANSWER = Answer(response=b"\x12\x00", reason="OPTIMAL", statement=b"s")
FAILURE = Failure(code="CANCELLED", reason="CANCELLED", message="")
JOBS = "/c4e.opt.v1.JobService"


def test_a_deleted_job_is_gone_and_its_id_is_never_solved_again(client: Client, make_small: Make):
    solved = client.solve(make_small(), request_id="deleted")
    client.delete("deleted")
    client.delete("deleted")
    for ask in (client.get, client.job, client.result, client.cancel, client.statement):
        with pytest.raises(UnknownRequest, match="no request 'deleted'"):
            ask("deleted")
    assert "deleted" not in [job.request_id for job in client.jobs()]
    with pytest.raises(RequestDeleted, match="choose a new id"):
        client.solve(make_small(), request_id="deleted")
    with pytest.raises(RequestDeleted):
        client.submit(make_small(), request_id="deleted")
    with pytest.raises(RequestIdReused):
        client.solve(make_small(demand_kw=1), request_id="deleted")
    with pytest.raises(UnknownRequest):
        client.delete("never was")
    assert client.solve(make_small(), request_id="another").outcome == solved.outcome


def test_what_runs_is_not_deleted(client: Client, hard_case: Case):
    job = client.submit(hard_case, SolveOptions(gap=0.0))
    with pytest.raises(RequestUnderWay, match="has not ended"):
        client.delete(job.request_id)
    client.cancel(job.request_id)
    client.delete(job.request_id)


def test_what_was_posted_stays_explained(client: Client, make_small: Make):
    client.solve(make_small("posted"), request_id="posted", settlement="post")
    statement, batch = client.statement("posted"), client.job("posted").batch_id
    client.delete("posted")
    assert client.statement("posted") == statement
    assert client.batch(batch).counted
    with pytest.raises(UnknownRequest):
        client.get("posted")


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_ended_long_ago_and_is_settled_goes_by_itself(kind: str, tmp_path: Path):
    store = Store(open_engine(new_database(kind, tmp_path)))
    batches = {name: sample_batch(name) for name in ("waits", "lies dead", "delivered", "given up")}
    for name in ("open", "done", "failed", "young", *batches):
        store.take(name, "c", b"m")
    for name in ("done", "young"):
        store.finish(name, ANSWER, "case", 1.0)
    store.fail("failed", FAILURE)
    for name, batch in batches.items():
        packed = batch_to_proto(batch).SerializeToString()
        answer = Answer(response=b"r", reason="OPTIMAL", statement=b"s", batch=packed, batch_id=batch.id)
        store.finish(name, answer, "", 1.0)
    states = (Delivery.WAITING, Delivery.DEAD, Delivery.DELIVERED, Delivery.VOID)
    later = time.time() + 10 * 86_400
    with store.transaction() as connection:
        for batch, state in zip(batches.values(), states, strict=True):
            connection.exec_driver_sql(f"UPDATE outbox SET state = '{state}' WHERE batch_id = '{batch.id}'")
        connection.exec_driver_sql(f"UPDATE requests SET ended = {later} WHERE id = 'young'")
    assert Retention(store, Config(data=tmp_path, keep_days=0), clock=lambda: later).sweep() == (0, 0)
    assert Retention(store, Config(data=tmp_path, keep_days=9), clock=lambda: later).sweep() == (4, 0)
    assert {each.id for each in store.requests((), 99)} == {"open", "young", "waits", "lies dead"}
    for name in ("done", "failed", "delivered", "given up"):
        with pytest.raises(UnknownRequest):
            store.response(name)
        with pytest.raises(RequestDeleted):
            store.take(name, "c", b"m")
    assert (store.statement("delivered"), store.response("young")) == (b"s", ANSWER.response)
    with pytest.raises(UnknownRequest):
        store.statement("done")
    with pytest.raises(RequestUnderWay, match="not on the ledger"):
        store.delete("waits")
    store.close()


def test_a_job_is_listed_from_the_moment_on_that_it_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = Store(open_engine(new_database("sqlite", tmp_path)))
    for digit in range(10):  # what a clock tells has more digits than a Timestamp that a client may send back
        monkeypatch.setattr(time, "time", lambda digit=digit: 1.7e9 + 0.1234560 + digit * 1e-7)
        store.take(f"r{digit}", "c", b"m")
    for request in store.requests((), 99):
        moment = job_to_proto(View(request, None)).submitted
        told = moment.ToMicroseconds() / 10**6
        assert request.id in {each.id for each in store.requests((), 99, since=told)}
        assert request.id not in {each.id for each in store.requests((), 99, until=told)}
    store.close()


def test_jobs_are_listed_by_name_moment_and_state(client: Client, make_small: Make):
    names = [
        client.submit(make_small(f"case {number % 2}"), request_id=f"list-{number}").request_id for number in range(4)
    ]
    names.append(client.submit(make_small("case 0", demand_kw=4), request_id="list-4").request_id)
    for name in names:
        client.result(name)
    begun = client.job("list-2").submitted.ToDatetime(UTC)
    assert [job.request_id for job in client.jobs(case_name="case 1")] == ["list-3", "list-1"]
    assert [job.request_id for job in client.jobs(since=begun)] == ["list-4", "list-3", "list-2"]
    assert [job.request_id for job in client.jobs(case_name="case 1", until=begun)] == ["list-1"]
    assert client.jobs(since=datetime.now(UTC) + timedelta(hours=1)) == []
    assert "list-0" in [job.request_id for job in client.jobs(states=["done"])]
    assert client.jobs(states=["failed"], since=begun) == []


def test_pages_stay_where_they_are_while_jobs_come_and_go(service: Local, client: Client, make_small: Make):
    for number in range(5):
        client.solve(make_small("page"), request_id=f"page-{number}")
    with CONNECT(service.address) as channel:
        ask = channel.unary_unary(f"{JOBS}/ListJobs")

        def page(**more: Any) -> jobs_pb2.ListJobsResponse:
            filters: dict[str, Any] = {"case_name": "page"} | more
            request = jobs_pb2.ListJobsRequest(page_size=2, **filters)
            return jobs_pb2.ListJobsResponse.FromString(ask(request.SerializeToString()))

        first = page()
        client.solve(make_small("page"), request_id="page-5")
        client.delete("page-3")
        client.delete("page-2")
        second = page(page_token=first.next_page_token)
        found = [[job.request_id for job in each.jobs] for each in (first, second)]
        assert found == [["page-4", "page-3"], ["page-1", "page-0"]]
        assert second.next_page_token == ""
        with pytest.raises(grpc.RpcError, match="same filters"):
            page(page_token=first.next_page_token, case_name="other")


def pieces(address: str, name: str, begin: int = 0) -> Iterator[jobs_pb2.ReadAnswerResponse]:
    with CONNECT(address) as channel:
        request = jobs_pb2.ReadAnswerRequest(request_id=name, offset_bytes=begin)
        read = channel.unary_stream(f"{JOBS}/ReadAnswer")
        for raw in read(request.SerializeToString(), timeout=20):
            yield jobs_pb2.ReadAnswerResponse.FromString(raw)


def test_an_answer_is_read_from_any_byte_on(service: Local, client: Client, make_small: Make):
    solved = client.solve(make_small(), request_id="read", settlement="statement")
    (whole,) = pieces(service.address, "read")
    answer = solve_pb2.SolveResponse.FromString(whole.chunk)
    assert (answer.request_id, answer.outcome.digest) == ("read", solved.outcome.digest)
    assert whole.size_bytes == len(whole.chunk)
    (rest,) = pieces(service.address, "read", 100)
    assert (rest.chunk, rest.sha256) == (whole.chunk[100:], whole.sha256)
    (nothing,) = pieces(service.address, "read", whole.size_bytes)
    assert nothing.chunk == b""
    with pytest.raises(grpc.RpcError, match="the answer has"):
        list(pieces(service.address, "read", whole.size_bytes + 1))
    with pytest.raises(grpc.RpcError, match="no request"):
        list(pieces(service.address, "nobody"))


def test_an_answer_larger_than_a_message_says_so_and_the_client_reads_it_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with local_service(tmp_path, "--workers", "1", "--message-mib", "1") as running, Client(running.address) as client:
        monkeypatch.setattr("c4e_server.client.datasets.INLINE_BYTES", 2**17)
        client.submit(years(25_000), request_id="big")
        solved = client.result("big")
        assert solved.outcome.has_schedule
        wanted = jobs_pb2.GetJobRequest(request_id="big").SerializeToString()
        with CONNECT(running.address) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(f"{JOBS}/GetJob")(wanted)
        error: Any = caught.value
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "ReadAnswer" in error.details()
        assert len(list(pieces(running.address, "big"))) > 2
        assert client.job("big").state == jobs_pb2.JOB_STATE_DONE


def years(steps: int) -> Case:
    """A demand behind a meter over very many hours, whose answer is larger than a MiB."""
    meter = {"id": "m", "bus": "el", "import_max_mw": 9, "import_price_eur_per_mwh": 50.0 + np.arange(steps) % 24}
    document = {
        "name": "years",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": steps},
        "buses": [{"id": "el"}],
        "components": {
            "grid_connection": [meter],
            "demand": [{"id": "d", "bus": "el", "demand_mw": 1.0 + np.arange(steps) % 7}],
        },
    }
    return Builder(document, {}).case()
