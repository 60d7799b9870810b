"""Several services on one database: each request is at work in one of them, and is taken up when that one is gone."""

from __future__ import annotations

import shutil
import signal
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from c4e.opt.v1 import jobs_pb2
from c4e_opt.case import Case
from c4e_opt.solve import SolveOptions
from c4e_server.client import Client
from c4e_server.database.engine import open_engine
from c4e_server.errors import Cancelled
from c4e_server.failures import Failure
from c4e_server.local import Local, local_service
from c4e_server.store.records import DONE, QUEUED
from c4e_server.store.store import Store
from c4e_server.workers.messages import Answer
from tests.databases import KINDS, new_database

pytestmark = pytest.mark.xdist_group("replicas")
Make = Callable[..., Case]
ANSWER = Answer(response=b"\x12\x00", reason="OPTIMAL")
OTHER = Answer(response=b"\x12\x00\x12\x00", reason="OPTIMAL")


def pair(kind: str, folder: Path, lease_s: float) -> tuple[Store, Store]:
    url = new_database(kind, folder)
    return tuple(Store(open_engine(url), owner=name, lease_s=lease_s) for name in "ab")  # type: ignore[return-value]


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_is_claimed_when_its_lease_is_over_and_not_before(kind: str, tmp_path: Path):
    a, b = pair(kind, tmp_path, 0.4)
    a.take("r", "c", b"m", asked="q", priority=3, deadline=9e9)
    assert b.leases.claim(10) == []
    for _ in range(4):
        time.sleep(0.2)
        assert a.leases.renew(["r"]) == {"r": (1, False)}
        assert b.leases.claim(10) == []
    time.sleep(0.5)
    (claim,) = b.leases.claim(10)
    assert (claim.id, claim.fence, claim.asked, claim.priority, claim.deadline) == ("r", 2, "q", 3, 9e9)
    assert a.leases.claim(10) == []
    assert a.leases.renew(["r"]) == {}
    assert b.leases.renew(["r"]) == {"r": (2, False)}


@pytest.mark.parametrize("kind", KINDS)
def test_who_comes_back_from_a_pause_cannot_end_what_another_has_taken(kind: str, tmp_path: Path):
    a, b = pair(kind, tmp_path, 0.1)
    first, _ = a.take("r", "c", b"m")
    time.sleep(0.2)
    (claim,) = b.leases.claim(10)
    assert a.finish("r", OTHER, "", 0.0, fence=first.fence).state == QUEUED
    assert a.fail("r", Failure(code="CANCELLED", reason="CANCELLED", message=""), fence=first.fence).state == QUEUED
    assert b.finish("r", ANSWER, "", 0.0, fence=claim.fence).state == DONE
    assert a.finish("r", OTHER, "", 0.0, fence=first.fence).state == DONE
    assert a.response("r") == ANSWER.response


@pytest.mark.parametrize("kind", KINDS)
def test_a_wish_to_cancel_reaches_the_service_that_has_the_request(kind: str, tmp_path: Path):
    a, b = pair(kind, tmp_path, 10.0)
    a.take("r", "c", b"m")
    b.leases.wish_end("r")
    assert a.leases.renew(["r"]) == {"r": (1, True)}


def test_what_a_service_left_is_its_own_again_at_once(tmp_path: Path):
    a, b = pair("postgresql", tmp_path, 60.0)
    a.take("r", "c", b"m")
    assert b.leases.claim(10, own=True) == []
    assert [claim.fence for claim in a.leases.claim(10, own=True)] == [2]


def until(client: Client, name: str, state: int) -> None:
    end = time.monotonic() + 60
    while client.job(name).state != state:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "paused"])
def test_another_service_ends_what_a_silent_one_has_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_case: Case, make_small: Make, how: signal.Signals
):
    monkeypatch.setenv("C4E_OPT_LEASE_S", "1")
    url = new_database("postgresql", tmp_path)
    flags = ("--workers", "1", "--database", url)
    long = f"long-{uuid.uuid4().hex}"
    with local_service(tmp_path / "a", *flags) as a, Client(a.address) as client_a:
        (tmp_path / "b").mkdir()
        shutil.copy(tmp_path / "a" / "journal.key", tmp_path / "b")
        with local_service(tmp_path / "b", *flags) as b, Client(b.address) as client_b:
            elsewhere(client_a, client_b, make_small, hard_case)
            client_a.submit(hard_case, SolveOptions(gap=0.0, time_limit_s=4.0), request_id=long)
            client_a.submit(make_small("waits"), request_id="waits", settlement="post")
            until(client_a, long, jobs_pb2.JOB_STATE_RUNNING)
            a.process.send_signal(how)
            begin = time.monotonic()
            client_b.result(long)  # whatever it found within its time
            assert client_b.result("waits").statement is not None
            assert time.monotonic() - begin < 30
            ended = {name: client_b.job(name).ended.ToNanoseconds() for name in (long, "waits")}
            resume(a, how)
            for name, moment in ended.items():
                assert client_b.job(name).ended.ToNanoseconds() == moment
            batch = client_b.batch(client_b.job("waits").batch_id)
            assert batch.counted


def resume(service: Local, how: signal.Signals) -> None:
    """Let a paused service go on, and say what it has to say."""
    if how is signal.SIGSTOP:
        service.process.send_signal(signal.SIGCONT)
        time.sleep(3.0)


def elsewhere(client_a: Client, client_b: Client, make_small: Make, hard_case: Case) -> None:
    """A request is watched, repeated and cancelled through the service that does not have it."""
    client_a.submit(hard_case, SolveOptions(gap=0.0), request_id="there")
    client_a.submit(make_small("behind"), request_id="behind")
    assert client_b.job("there").state in (jobs_pb2.JOB_STATE_QUEUED, jobs_pb2.JOB_STATE_RUNNING)
    client_b.cancel("there")
    with pytest.raises(Cancelled):
        client_b.result("there")
    assert client_b.solve(make_small("behind"), request_id="behind").outcome.has_schedule
