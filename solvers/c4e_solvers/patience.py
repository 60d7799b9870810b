"""Waiting for work that may not stop when it is told to."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from c4e_solvers.solution import Interrupted

_POLL_S = 0.02
#: Seconds that work may take to obey an interrupt.
_GRACE_S = 0.25

T = TypeVar("T")


def patiently(work: Callable[[], T], seconds: float, interrupt: Interrupted | None) -> T | None:
    """Do work in a thread of its own and wait for it, but not for ever.

    Args:
        work: What to do; it is told to stop by others, and goes on by itself, until it ends, when nobody waits for it
            any more. The interpreter waits for it before it ends.
        seconds: How long to wait at most.
        interrupt: Once it is set, the work has a quarter of a second left.

    Returns:
        What the work returned; None when its time was over first.

    Raises:
        Exception: Whatever the work raised in its time.
    """
    if interrupt is None and seconds == math.inf:
        return work()
    executor = ThreadPoolExecutor(1, thread_name_prefix="solver")
    future = executor.submit(work)
    executor.shutdown(wait=False)
    until = time.monotonic() + seconds
    obeyed_by = math.inf
    while not future.done():
        now = time.monotonic()
        if interrupt is not None and obeyed_by == math.inf and interrupt.is_set():
            obeyed_by = now + _GRACE_S
        left = min(until, obeyed_by) - now
        if left <= 0:
            return None
        wait([future], left if interrupt is None else min(left, _POLL_S))
    return future.result()
