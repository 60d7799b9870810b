"""Who is taken, who waits and who is next; what asks the same is solved once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from c4e.opt.v1 import solve_pb2
from c4e_server.admission import Admission, Ticket
from c4e_server.answers import Answers, named, packed, unnamed
from c4e_server.config import Config
from c4e_server.desk import Desk
from c4e_server.errors import Cancelled, DeadlineReached, QueueFull, StoreError, WorkerLost
from c4e_server.failures import failure_of
from c4e_server.services.status import status_of
from c4e_server.store.records import DONE, FAILED, QUEUED
from c4e_server.store.store import Store
from c4e_server.workers.messages import Answer

pytestmark = pytest.mark.xdist_group("admission")


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Crowd:
    """Tickets whose holders wait for a worker, in the order in which they got one."""

    def __init__(self, workers: int, limit: int) -> None:
        self.admission = Admission(workers, limit)
        self.order: list[str] = []
        self.tickets: dict[str, Ticket] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, name: str, tenant: str = "", **more: Any) -> None:
        ticket = self.tickets[name] = self.admission.take(tenant, **more)

        async def wait() -> None:
            await self.admission.worker(ticket)
            self.order.append(name)

        self.tasks.append(asyncio.create_task(wait()))
        await settled()

    async def go(self, name: str) -> None:
        self.admission.leave(self.tickets.pop(name))
        await settled()

    async def all(self) -> list[str]:
        for name in self.order:  # it grows while they leave
            await self.go(name)
        return self.order


def test_a_small_tenant_does_not_wait_behind_a_large_one():
    async def run() -> list[str]:
        crowd = Crowd(1, 100)
        for number in range(20):
            await crowd.come(f"large {number}", "large")
        await crowd.come("small", "small")
        return await crowd.all()

    assert asyncio.run(run()).index("small") == 1


def test_who_has_used_less_of_the_workers_is_next():
    async def run() -> list[str]:
        crowd = Crowd(1, 100)
        await crowd.come("a 0", "a")
        await crowd.come("b 0", "b")
        await crowd.come("a 1", "a")
        await asyncio.sleep(0.05)  # a's first solve is long
        await crowd.go("a 0")
        await crowd.come("b 1", "b")
        await crowd.go("b 0")
        return crowd.order

    assert asyncio.run(run()) == ["a 0", "b 0", "b 1"]


def test_within_a_tenant_the_priority_counts_and_then_the_arrival():
    async def run() -> list[str]:
        crowd = Crowd(1, 100)
        await crowd.come("runs", "a")
        for name, priority in (("first", 0), ("second", 0), ("low", -1), ("high", 5)):
            await crowd.come(name, "a", priority=priority)
        return await crowd.all()

    assert asyncio.run(run()) == ["runs", "high", "first", "second", "low"]


def taken(admission: Admission, tenant: str) -> int:
    """How many of a tenant are taken until there is no room for more."""
    for count in range(1000):
        try:
            admission.take(tenant)
        except QueueFull:
            return count
    raise AssertionError("there is no end")


def test_there_is_room_for_a_newcomer_however_many_are_greedy():
    async def run() -> None:
        admission = Admission(1, 100)
        held: dict[str, int] = {}
        for tenant in ("a", "b", "c"):
            held[tenant] = taken(admission, tenant)
        assert held == {"a": 80, "b": 16, "c": 3}
        admission.take("small")
        alone = Admission(1, 100)
        for _ in range(100):
            alone.take()
        with pytest.raises(QueueFull, match="the most"):
            alone.take()

    asyncio.run(run())


def test_who_would_not_end_in_time_is_refused_at_once_and_told_when_to_come_again():
    async def run() -> None:
        crowd = Crowd(1, 100)
        for number in range(10):
            await crowd.come(f"{number}")
            await asyncio.sleep(0.02)
            await crowd.go(f"{number}")
        for number in range(20):
            await crowd.come(f"waits {number}")
        with pytest.raises(QueueFull, match="its time is over") as refused:
            crowd.admission.take(deadline=time.monotonic() + 0.1)
        (_, retry) = status_of(failure_of(refused.value)).details
        assert retry.type_url.endswith("RetryInfo")
        crowd.admission.take(deadline=time.monotonic() + 20.0)
        crowd.admission.take(deadline=time.monotonic() + 0.1, sure=True)
        for task in crowd.tasks:
            task.cancel()

    asyncio.run(run())


def test_one_long_solve_does_not_close_the_door():
    async def run() -> None:
        admission = Admission(1, 10)
        for seconds in (0.01, 0.01, 0.5):
            ticket = admission.take()
            await admission.worker(ticket)
            await asyncio.sleep(seconds)
            admission.leave(ticket)
        await admission.worker(admission.take())
        admission.take(deadline=time.monotonic() + 0.3)

    asyncio.run(run())


def test_who_leaves_the_queue_frees_its_place_and_nobody_is_lost():
    async def run() -> list[str]:
        crowd = Crowd(2, 100)
        for number in range(8):
            await crowd.come(f"{number}", "ab"[number % 2], deadline=time.monotonic() + (0.01 if number == 4 else 9))
        await asyncio.sleep(0.05)
        with pytest.raises(DeadlineReached):
            await crowd.tasks[4]
        for name in ("4", "5"):  # one whose time is over, one that goes away
            await crowd.go(name)
        crowd.tasks[5].cancel()
        return await crowd.all()

    assert sorted(asyncio.run(run())) == ["0", "1", "2", "3", "6", "7"]


class Solver:
    """An executor whose solves end when they are told to."""

    def __init__(self, size: int = 1) -> None:
        self.size, self.threads = size, 1
        self.solved: list[bytes] = []
        self.free = True
        self.ends: Answer | Exception = Answer(response=b"\x12\x00", reason="OPTIMAL")

    def start(self) -> None: ...

    def close(self) -> None:
        self.free = True

    def breathing(self) -> int:
        return self.size

    def run(self, task: Any, tell: Any, limits: Any) -> Answer:
        self.solved.append(task.request)
        while not self.free:
            if limits.cancelled.is_set():
                raise Cancelled("the request was cancelled")
            if time.monotonic() > limits.deadline:
                raise DeadlineReached("over")
            time.sleep(0.002)
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends


def request(name: str = "", case: str = "c", **more: Any) -> solve_pb2.SolveRequest:
    message = solve_pb2.SolveRequest(request_id=name, **more)
    message.case.name = case
    return message


class Opened:
    """A desk over a store of its own."""

    def __init__(self, folder: Path, solver: Solver, **config: Any) -> None:
        own = Config(data=folder, **config)
        self.store = Store(folder / "desk.sqlite", lease_s=own.lease_s)
        self.desk = Desk(own, self.store, solver, lambda: None)

    async def __aenter__(self) -> Desk:
        await self.desk.recover()
        return self.desk

    async def __aexit__(self, *_: object) -> None:
        await self.desk.close()
        self.store.close()


async def until(happened: Any) -> None:
    async with asyncio.timeout(5):
        while not happened():
            await asyncio.sleep(0.002)


def test_what_asks_the_same_at_once_is_solved_once(tmp_path: Path):
    async def run() -> None:
        solver = Solver()
        solver.free = False
        async with Opened(tmp_path, solver) as desk:
            waiting = [asyncio.create_task(desk.solve(request(f"r{n}"), 5.0)) for n in range(5)]
            waiting += [asyncio.create_task(desk.loose(request(), 5.0)) for _ in range(5)]
            await until(lambda: len(desk._live) == 5 and len(desk._loose) == 5)  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(0.1)
            solver.free = True
            answers = await asyncio.gather(*waiting)
            assert len(solver.solved) == 1
            for number in range(5):
                assert solve_pb2.SolveResponse.FromString(answers[number]).request_id == f"r{number}"
            assert set(answers[5:]) == {b"\x12\x00"}

    asyncio.run(run())


def test_another_tenant_shares_nothing(tmp_path: Path):
    async def run() -> None:
        solver = Solver()
        async with Opened(tmp_path, solver) as desk:
            for tenant in ("a", "b"):
                await desk.solve(request("r"), 5.0, tenant)
                await desk.loose(request(), 5.0, tenant)
            assert len(solver.solved) == 2

    asyncio.run(run())


def test_an_answer_serves_again_also_after_a_restart_and_one_that_a_limit_ended_does_not(tmp_path: Path):
    async def run() -> None:
        solver = Solver()
        async with Opened(tmp_path, solver) as desk:
            first = await desk.solve(request("a", settlement=2), 5.0)
            assert await desk.solve(request("b", settlement=2), 5.0) == first.replace(b"\x01a", b"\x01b")
            assert len(solver.solved) == 1
            await desk.solve(request("other", settlement=1), 5.0)
            assert len(solver.solved) == 2
        again = Solver()
        async with Opened(tmp_path, again) as desk:
            assert await desk.solve(request("c", settlement=2), 5.0) == first.replace(b"\x01a", b"\x01c")
            assert not again.solved
            again.ends = Answer(response=b"\x12\x00", reason="FEASIBLE")
            for _ in range(2):
                await desk.loose(request(case="long"), 5.0)
            assert len(again.solved) == 2

    asyncio.run(run())


def test_who_leaves_a_shared_solve_leaves_the_others_to_it_and_the_last_one_ends_it(tmp_path: Path):
    async def run() -> None:
        solver = Solver()
        solver.free = False
        async with Opened(tmp_path, solver) as desk:
            for name in ("leads", "follows"):
                await desk.submit(request(name))
                await until(lambda: solver.solved)
            other = asyncio.create_task(desk.loose(request(), 9.0))
            await asyncio.sleep(0.05)
            assert (await desk.cancel("leads")).kept.state == FAILED
            other.cancel()
            await asyncio.sleep(0.05)
            assert (await desk.views.one("follows")).kept.state == QUEUED
            begin = time.monotonic()
            assert (await desk.cancel("follows")).kept.state == FAILED
            assert time.monotonic() - begin < 1.0
            await desk.submit(request("next"))
            solver.free = True
            await until(lambda: "next" not in desk._live)  # pyright: ignore[reportPrivateUsage]
            assert (await desk.views.one("next")).kept.state == DONE
            assert len(solver.solved) == 2

    asyncio.run(run())


def test_who_has_more_time_than_the_solve_that_it_shares_solves_again(tmp_path: Path):
    async def run() -> None:
        solver = Solver()
        solver.free = False
        async with Opened(tmp_path, solver) as desk:
            short = asyncio.create_task(desk.loose(request(), 0.3))
            await until(lambda: solver.solved)
            long = asyncio.create_task(desk.loose(request(), 9.0))
            with pytest.raises(DeadlineReached):
                await short
            await until(lambda: len(solver.solved) == 2)
            solver.free = True
            assert await long == b"\x12\x00"

    asyncio.run(run())


def test_a_case_that_kills_its_worker_kills_one_for_all_that_ask_it(tmp_path: Path):
    async def run() -> None:
        solver = Solver()
        solver.free, solver.ends = False, WorkerLost("gone")
        async with Opened(tmp_path, solver) as desk:
            waiting = [asyncio.create_task(desk.loose(request(), 5.0)) for _ in range(4)]
            await asyncio.sleep(0.1)
            solver.free = True
            assert all(isinstance(e, WorkerLost) for e in await asyncio.gather(*waiting, return_exceptions=True))
            assert len(solver.solved) == 1

    asyncio.run(run())


def test_a_deadline_that_passes_in_the_queue_ends_the_request_without_a_solve(tmp_path: Path):
    async def run() -> None:
        solver = Solver()
        solver.free = False
        async with Opened(tmp_path, solver) as desk:
            await desk.submit(request("runs", "one"))
            await until(lambda: solver.solved)
            with pytest.raises(DeadlineReached):
                await desk.solve(request("waits", "two"), 0.2)
            await until(lambda: "waits" not in desk._live)  # pyright: ignore[reportPrivateUsage]
            kept = (await desk.views.one("waits")).kept
            assert kept.failure is not None
            assert kept.failure.code == "DEADLINE_EXCEEDED"
            assert len(solver.solved) == 1

    asyncio.run(run())


def test_answers_are_kept_within_their_bound_and_the_oldest_go_first():
    answers = Answers(100)
    for number in range(20):
        answers.put("", str(number), Answer(response=b"x" * 10, reason="OPTIMAL"))
        answers.get("", "0")
    assert answers.size == 100
    assert answers.get("", "0")
    assert not answers.get("", "5")
    assert not answers.get("other", "0")
    answers.put("", "large", Answer(response=b"x" * 101, reason="OPTIMAL"))
    assert not answers.get("", "large")


def test_the_question_is_the_case_its_options_and_the_settlement_and_not_the_name():
    one = packed(request("a", priority=1))[2]
    assert one == packed(request("b"))[2]
    options = solve_pb2.SolveOptions(gap=0.5)
    others = {packed(r)[2] for r in (request(case="d"), request(settlement=1), request(options=options))}
    assert len(others | {one}) == 4
    answer = Answer(response=b"\x12\x00", reason="OPTIMAL")
    assert unnamed(named(answer, "name").response, "name") == answer.response


def test_who_shares_the_solve_of_one_that_was_cancelled_and_deleted_is_answered(tmp_path: Path):
    async def run() -> None:
        solver = Solver()
        solver.free = False
        async with Opened(tmp_path, solver) as desk:
            busy = asyncio.create_task(desk.loose(request(case="busy"), 5.0))
            await until(lambda: len(solver.solved) == 1)
            await desk.submit(request("leads"))
            await desk.submit(request("follows"))
            await settled()
            await desk.cancel("leads")
            await desk.delete("leads")
            solver.free = True
            await busy
            await until(lambda: len(solver.solved) == 2)
            asked = solve_pb2.SolveRequest.FromString(solver.solved[1])
            assert asked.case.name == "c"

    asyncio.run(run())


def test_a_request_that_was_lost_to_a_failing_store_is_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def run() -> None:
        solver, fails = Solver(), [True]

        def failing(self: Store, *_: Any, **__: Any) -> Any:
            if fails[0]:
                raise StoreError("the disk is full")
            return finish(self, *_, **__)

        async with Opened(tmp_path, solver, lease_s=0.4) as desk:
            monkeypatch.setattr(Store, "finish", failing)
            monkeypatch.setattr(Store, "fail", failing)
            await desk.submit(request("lost"))
            await until(lambda: solver.solved and not desk._live)  # pyright: ignore[reportPrivateUsage]
            fails[0] = solver.free = False
            others = asyncio.create_task(desk.loose(request(case="other"), 4.0))
            await desk.submit(request("kept at work", case="third"))
            async with asyncio.timeout(4):
                while (await desk.views.one("lost")).kept.state != DONE:
                    await asyncio.sleep(0.02)
            solver.free = True
            await others

    finish = Store.finish
    asyncio.run(run())
