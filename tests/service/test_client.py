"""The client: the same methods for callers that wait and that await, and what it does when a call fails."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from c4e.opt.v1 import jobs_pb2
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.errors import InvalidInput
from c4e_opt.trading.events import SELL, Act, Event
from c4e_server.client import ENDED, AsyncClient, Client, Order
from c4e_server.client.acts import Call, Item, Stream
from c4e_server.client.patience import Next, Open, Patience, Pause, Try
from c4e_server.config import Config
from c4e_server.errors import RateLimited, Unreachable
from c4e_server.failures import Failure
from c4e_server.local import Local, local_service
from c4e_server.security.bounds import client_options, server_options

Make = Callable[..., Case]
GONE = Failure(code="UNAVAILABLE", reason="UNREACHABLE", message="nobody answers")
FULL = Failure(code="RESOURCE_EXHAUSTED", reason="QUEUE_FULL", message="no room", retry_s=7.0)
WORSE = Failure(code="RESOURCE_EXHAUSTED", reason="OUT_OF_MEMORY", message="too large")
JOB = jobs_pb2.GetJobResponse(job=jobs_pb2.Job(request_id="r"))


def zone() -> Case:
    """One bus, one hour, and what nobody has ordered yet."""
    horizon = {"start": "2030-06-15T00:00Z", "step_minutes": 60, "steps": 1}
    return Builder({"horizon": horizon, "parties": [{"id": "ann"}], "buses": [{"id": "el"}]}, {}).case(empty=True)


def asked(answers: list[Any], patience: Patience | None = None, **more: Any) -> tuple[list[Any], Any]:
    """Make one call that is answered so; what was done, and what came of it."""
    call = Call(method="JobService/GetJob", request=jobs_pb2.GetJobRequest(), answer=jobs_pb2.GetJobResponse, **more)
    deeds = (patience or met()).steps(iter(call))
    done: list[Any] = []
    answer: Any = None
    try:
        while True:
            done.append(deeds.send(answer))
            answer = answers.pop(0) if isinstance(done[-1], Try) else None
    except StopIteration as end:
        return done, end.value
    except Exception as error:
        return done, error


def met() -> Patience:
    """The patience of a client that has reached its service."""
    patience = Patience(30.0)
    asked([JOB], patience)
    return patience


def pauses(done: list[Any]) -> list[float]:
    return [deed.seconds for deed in done if isinstance(deed, Pause)]


def test_a_service_that_is_gone_is_asked_again_after_longer_and_longer():
    done, answer = asked([GONE, GONE, GONE, JOB])
    assert answer == JOB
    assert [type(deed) for deed in done] == [Try, Pause, Try, Pause, Try, Pause, Try]
    first, second, third = pauses(done)
    assert 0.05 <= first <= 0.1 <= second <= 0.2 <= third <= 0.4


def test_nobody_comes_again_before_the_service_says():
    done, answer = asked([FULL, JOB])
    assert answer == JOB
    assert 7.05 <= pauses(done)[0] <= 7.1


def test_what_does_not_pass_is_not_repeated():
    done, error = asked([WORSE])
    assert len(done) == 1
    assert "too large" in str(error)


def test_what_may_have_been_done_already_is_not_done_twice():
    assert len(asked([GONE], repeatable=False)[0]) == 1
    assert len(asked([FULL, JOB], repeatable=False)[0]) == 3  # refused before anything was done


def test_of_a_wrong_address_one_hears_at_once():
    done, error = asked([GONE], Patience(30.0))
    assert len(done) == 1
    assert isinstance(error, Unreachable)


def test_patience_and_deadline_bound_all_tries():
    assert len(asked([FULL], timeout_s=5.0)[0]) == 1  # it may come again in 7 s
    patient = Patience(6.0)
    asked([JOB], patient)
    assert len(asked([FULL], patient)[0]) == 1
    done, _ = asked([GONE, JOB], timeout_s=5.0)
    assert 0 < done[2].timeout_s <= done[0].timeout_s <= 5.0


def test_a_stream_that_breaks_goes_on_behind_the_last_answer():
    seen: list[Any] = []
    stream = Stream(method="JobService/WatchJob", request=seen.append, answer=jobs_pb2.WatchJobResponse)

    def flow() -> Iterator[Any]:
        while (change := (yield from stream)) is not None:
            yield Item(change)

    one, two = (jobs_pb2.WatchJobResponse(job=jobs_pb2.Job(revision=number)) for number in (1, 2))
    answers = [one, GONE, two, None]
    deed: Any = None
    deeds, answer, given = met().steps(flow()), None, []
    while answers or isinstance(deed, Item):
        deed = deeds.send(answer)
        answer = None
        if isinstance(deed, Open):
            answer = deed.stream.request(deed.last) or "handle"
        elif isinstance(deed, Next):
            answer = answers.pop(0)
        elif isinstance(deed, Item):
            given.append(deed.content)
    assert given == [one, two]
    assert seen == [None, one]


def test_a_job_without_a_name_is_named_before_the_first_try(make_small: Make):
    steps = Client.submit(None, make_small())
    assert next(steps).request.request_id


def test_the_client_pings_no_more_often_than_the_service_allows(tmp_path: Path):
    told, allowed = dict(client_options(1)), dict(server_options(Config(data=tmp_path)))
    assert told["grpc.keepalive_time_ms"] > allowed["grpc.http2.min_ping_interval_without_data_ms"]


class Killed:
    """A service that is killed and comes again at the same address."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self.local = stack.enter_context(local_service(folder, "--workers", "1"))

    def again(self) -> None:
        """Kill it, and start it anew while others already call."""
        port = self.local.address.rpartition(":")[2]
        self.local.kill()
        self.local = self._stack.enter_context(local_service(self._folder, "--workers", "1", "--port", port))

    def later(self) -> threading.Thread:
        """Kill it now, and start it again in a thread."""
        thread = threading.Thread(target=self.again)
        thread.start()
        while self.local.process.returncode is None:
            time.sleep(0.01)
        return thread


@pytest.mark.parametrize("times", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_calls_and_streams_outlive_a_service_that_is_killed(tmp_path: Path, make_small: Make, times: int):
    closes = datetime.now(UTC) + timedelta(hours=1)
    with ExitStack() as stack:
        killed = Killed(stack, tmp_path)
        client = stack.enter_context(Client(killed.local.address, patience_s=120))
        client.markets.open("day", zone(), closes=closes)
        revisions: list[int] = []
        watching = threading.Thread(
            target=lambda: revisions.extend(each.revision for each in client.markets.watch("day"))
        )
        watching.start()
        client.submit(make_small(), request_id="before")
        bid = Order(id="o", bus="el", side="buy", price=1, energy=1)
        for number in range(times):
            starting = killed.later()
            client.markets.submit("day", "ann", [bid], f"write-{number}", amend=number > 0)
            assert client.solve(make_small(demand_kw=1.0 + number)).outcome.has_schedule
            assert client.job("before").request_id == "before"
            starting.join()
        client.markets.cancel("day", "enough")
        watching.join(120)
    assert revisions == sorted(set(revisions))
    assert len(revisions) == times + 3  # scheduled, opened, the writes, cancelled


def counted(client: Client | AsyncClient, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every try that a client makes from now on."""
    tries: list[Any] = []
    make = client.wire.call
    monkeypatch.setattr(client.wire, "call", lambda *given: (tries.append(given), make(*given))[1])
    return tries


def test_a_caller_that_waits_its_turn_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("C4E_OPT_RATE_PER_S", "5")
    monkeypatch.setenv("C4E_OPT_RATE_BURST", "1")
    with local_service(tmp_path, "--workers", "1") as service:
        with Client(service.address) as client:
            tries = counted(client, monkeypatch)
            assert [client.jobs() for _ in range(5)] == [[]] * 5
            assert len(tries) < 50
        with Client(service.address, patience_s=0) as hasty, pytest.raises(RateLimited) as refused:
            [hasty.jobs() for _ in range(100)]
        assert 0 < refused.value.retry_s <= 0.2

        async def crowd() -> list[Any]:
            async with AsyncClient(service.address) as client:
                tries = counted(client, monkeypatch)
                found = await asyncio.gather(*(client.jobs() for _ in range(5)))
                assert 5 <= len(tries) < 50
                return found

        assert asyncio.run(crowd()) == [[]] * 5


def test_a_hundred_solves_are_awaited_at_once(service: Local, make_small: Make):
    async def run() -> list[float]:
        async with AsyncClient(service.address) as client:
            cases = [make_small(demand_kw=1.0 + number / 100) for number in range(100)]
            answers = await asyncio.gather(*(client.solve(case, priority=1) for case in cases))
            return [answer.outcome.objective for answer in answers]

    objectives = asyncio.run(run())
    assert objectives == sorted(objectives)
    assert len(set(objectives)) == 100


def test_what_waits_does_what_is_awaited(service: Local, client: Client, make_small: Make):
    async def run() -> dict[str, Any]:
        async with AsyncClient(service.address) as other:
            job = await other.submit(make_small(), request_id="awaited", settlement="statement")
            states = [each.state async for each in other.watch(job.request_id)]
            solved = await other.result("awaited")
            with pytest.raises(InvalidInput):
                await other.solve(make_small(), request_id="no name at all")
            names = [each.request_id for each in await other.jobs() if each.request_id == "awaited"]
            postings = [each async for each in other.postings()]
            return {"end": states[-1], "solved": solved, "names": names, "postings": postings}

    told = asyncio.run(run())
    assert told["end"] in ENDED
    assert told["names"] == ["awaited"]
    assert told["solved"].outcome.digest == client.result("awaited").outcome.digest
    assert told["solved"].statement.digest == client.statement("awaited").digest
    assert told["postings"] == list(client.postings())


def test_trading_is_awaited(service: Local):
    async def run() -> list[Any]:
        sell = Event(0, Act.LIMIT, "s", "", SELL, 50, 5)

        async def events() -> Any:
            yield [sell]

        async with AsyncClient(service.address) as client:
            closes = datetime.now(UTC) + timedelta(hours=1)
            await client.markets.open("async-book", zone(), closes=closes, kind="continuous")
            return [each async for told in client.trade("async-book", "ann", events()) for each in told]

    assert [each.id for each in asyncio.run(run())] == ["s"]
