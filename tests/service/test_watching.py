"""Watching jobs: whatever breaks, whoever watches is told of every change once, and of the end."""

from __future__ import annotations

import random
import shutil
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest

from c4e.opt.v1 import jobs_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.solve import SolveOptions
from c4e_server.client import Client
from c4e_server.local import local_service
from c4e_server.progress import MOST_CHANGES, Changes
from tests.databases import new_database
from tests.service.conftest import hard
from tests.service.watch_history import ENDED, faults

pytestmark = pytest.mark.xdist_group("jobs")
CONNECT: Any = grpc.insecure_channel
History = list[jobs_pb2.Job]
LIMITED = SolveOptions(gap=0.0, time_limit_s=4.0)
PASSING = (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def restless(addresses: Sequence[str], name: str, seed: int, history: History) -> None:
    """Watch over connections that break at any time, each time by any of the services, until the end was told."""
    chance = random.Random(seed)
    last = 1
    while not history or history[-1].state not in ENDED:
        with CONNECT(chance.choice(addresses)) as channel:
            watch = channel.unary_stream("/c4e.opt.v1.JobService/WatchJob")
            request = jobs_pb2.WatchJobRequest(request_id=name, after_revision=last)
            call = watch(request.SerializeToString(), timeout=chance.choice((0.02, 0.3, 5.0)))
            try:
                for raw in call:
                    history.append(jobs_pb2.WatchJobResponse.FromString(raw).job)
                    last = history[-1].revision
                    if chance.random() < 0.3:
                        call.cancel()
                        break
            except grpc.RpcError as error:
                if error.code() not in PASSING:
                    raise
                time.sleep(0.05)


def watched(watches: dict[str, Callable[[History], Any]]) -> tuple[dict[str, History], list[threading.Thread]]:
    """Watchers at work, and what they were told so far."""
    histories: dict[str, History] = {name: [] for name in watches}
    threads = [threading.Thread(target=watch, args=(histories[name],)) for name, watch in watches.items()]
    for thread in threads:
        thread.start()
    return histories, threads


def patient(client: Client, name: str) -> Callable[[History], Any]:
    return lambda history: history.extend(client.watch(name))


def breaking(addresses: Sequence[str], name: str, seed: int) -> Callable[[History], Any]:
    return lambda history: restless(addresses, name, seed, history)


def test_changes_are_numbered_kept_and_bounded():
    changes = Changes(fence=3)
    assert changes.last.revision == 3 * 2**32
    assert changes.add(phase="solve")
    assert not changes.add(phase="solve")
    assert changes.add(incumbent=5.0, bound=1.0)
    assert not changes.add(incumbent=6.0, bound=0.5)  # a worse schedule and a worse bound change nothing
    again = Changes.from_json(changes.to_json(), 9)
    assert again.after(0) == changes.after(0)
    assert [change.revision - 3 * 2**32 for change in changes.after(3 * 2**32)] == [1, 2]
    for number in range(2 * MOST_CHANGES):
        changes.add(phase=str(number))
    assert len(changes.after(0)) == MOST_CHANGES
    assert Changes.from_json("", 9).last.revision == 9 * 2**32


def test_a_solve_that_is_killed_goes_on_under_higher_revisions_and_nothing_is_missed(tmp_path: Path):
    port = free_port()
    address, flags = f"127.0.0.1:{port}", ("--workers", "1", "--port", str(port))
    with Client(address) as client:
        with local_service(tmp_path, *flags) as running:
            client.submit(hard(steps=48), LIMITED, request_id="job")
            watches = {f"seed {seed}": breaking([address], "job", seed) for seed in range(3)}
            histories, threads = watched({"patient": patient(client, "job"), **watches})
            while not any(job.phase == "solve" and job.HasField("bound") for job in histories["patient"]):
                time.sleep(0.02)
            running.kill()
        with local_service(tmp_path, *flags) as running:
            for thread in threads:
                thread.join(60)
            assert faults(histories) == []
            assert {job.revision >> 32 for job in histories["patient"]} == {1, 2}
            everything = list(replayed(address, "job", 1))
            whole = [job for job in histories["patient"] if job.revision >> 32 == 2]
            assert faults({"then": everything, "now": whole}) == []
            assert len(everything) == len(whole)
            assert list(replayed(address, "job", whole[-1].revision)) == []
            with pytest.raises(InvalidInput, match="after_revision"):
                list(replayed(address, "job", whole[-1].revision + 1))
            planted(histories)
            solved = client.result("job")
            assert whole[-2].incumbent == pytest.approx(solved.outcome.objective, rel=1e-6)
            assert len({job.incumbent for job in whole if job.HasField("incumbent")}) >= 2


def replayed(address: str, name: str, after: int) -> Any:
    with Client(address) as client:
        from c4e_server.client.acts import Item, Stream

        def flow() -> Any:
            stream = Stream(
                method="JobService/WatchJob",
                request=lambda _: jobs_pb2.WatchJobRequest(request_id=name, after_revision=after),
                answer=jobs_pb2.WatchJobResponse,
            )
            while (change := (yield from stream)) is not None:
                yield Item(change.job)

        yield from client.iterate(flow())


def planted(histories: dict[str, History]) -> None:
    """The checker finds what must not happen."""
    history = histories["patient"]
    middle = len(history) // 2
    other = jobs_pb2.Job()
    other.CopyFrom(history[middle])
    other.phase = "dreaming"
    for name, wrong in {
        "a gap": history[:middle] + history[middle + 1 :],
        "a duplicate": history[: middle + 1] + history[middle:],
        "no end": history[:-1],
        "two ends": [*history, history[-1]],
        "an old state": [*history[:middle], history[middle - 2], *history[middle:]],
        "another story": [*history[:middle], other, *history[middle + 1 :]],
    }.items():
        assert faults(histories | {"planted": wrong}), name


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_whoever_solves_and_whoever_is_asked_nothing_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
):
    monkeypatch.setenv("C4E_OPT_LEASE_S", "1")
    flags = ("--workers", "1", "--database", new_database("postgresql", tmp_path))
    with local_service(tmp_path / "a", *flags) as a:
        (tmp_path / "b").mkdir()
        shutil.copy(tmp_path / "a" / "journal.key", tmp_path / "b")
        with local_service(tmp_path / "b", *flags) as b, Client(a.address) as client_a, Client(b.address) as client_b:
            client_a.submit(hard(steps=48), LIMITED, request_id="job")
            both = [a.address, b.address]
            watches = {f"{seed}.{number}": breaking(both, "job", 10 * seed + number) for number in range(4)}
            watches["beside"] = patient(client_b, "job")
            histories, threads = watched(watches)
            time.sleep(random.Random(seed).uniform(1.0, 3.0))
            if seed % 2:
                a.kill()
            for thread in threads:
                thread.join(60)
            assert faults(histories) == []
            assert any(job.HasField("incumbent") and job.state not in ENDED for job in histories["beside"])
            assert client_b.result("job").outcome.has_schedule
