"""What the service and a worker share: what is shown is seen once, whole, and never of the solve before."""

from __future__ import annotations

import ctypes
import threading
import time

import pytest

from c4e_server.workers.messages import Report
from c4e_server.workers.shared import Board


def boards() -> tuple[Board, Board]:
    memory = ctypes.create_string_buffer(Board.SIZE)
    return Board(memory), Board(memory)


def test_the_latest_state_is_seen_once():
    worker, service = boards()
    assert service.look() is None
    worker.write(Report(phase="read"))
    worker.write(Report(phase="solve"))
    assert service.look() == Report(phase="solve")
    assert service.look() is None
    worker.write(Report(phase="solve"))
    assert service.look() == Report(phase="solve")


def test_the_best_schedule_stays_shown_until_another_solve_begins():
    worker, service = boards()
    worker.write(Report(phase="solve", objective=3.0, bound=-1e300))
    worker.write(Report(phase="solve", bound=2.5))
    worker.write(Report(phase="verify"))
    assert service.look() == Report(phase="verify", objective=3.0, bound=2.5)
    worker.clear()
    worker.write(Report(phase="read"))
    assert service.look() == Report(phase="read")


@pytest.mark.parametrize("place", range(0, Board.SIZE, 3))
def test_what_is_half_written_is_passed_over(place: int):
    memory = ctypes.create_string_buffer(Board.SIZE)
    worker, service = Board(memory), Board(memory)
    worker.write(Report(phase="formulate", objective=1.5, bound=-7.25))
    before = memory.raw
    worker.write(Report(phase="solve", objective=1.25, bound=-3.75))
    after = memory.raw
    memory.raw = after[:place] + before[place:]
    seen = service.look()
    assert seen is None or memory.raw in (before, after)


def test_a_look_beside_a_writer_sees_only_what_was_written():
    worker, service = boards()
    over = threading.Event()

    def work() -> None:
        for number in range(1, 20_000):
            worker.write(Report(phase=f"p{number % 7}", objective=float(number), bound=-float(number)))
        over.set()

    writer = threading.Thread(target=work)
    writer.start()
    last = 0.0
    while not over.is_set():
        seen = service.look()
        if seen is not None:
            assert seen.objective is not None
            assert (seen.bound, seen.phase) == (-seen.objective, f"p{int(seen.objective) % 7}")
            assert seen.objective > last
            last = seen.objective
        time.sleep(0)
    writer.join()
    assert last > 1
