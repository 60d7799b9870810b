"""Which failures pass by themselves, and how long a call is repeated because of them: the one place that retries."""

from __future__ import annotations

import random
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from c4e_server.client.acts import Call, Flow, Item, Steps, Stream
from c4e_server.failures import Failure

_T = TypeVar("_T")
_FIRST_S = 0.1
_LONGEST_S = 5.0


@dataclass(frozen=True, slots=True)
class Try:
    """Make a call once; the answer is a message or a `Failure`."""

    call: Call[Any]
    timeout_s: float | None


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a stream; the answer is the connection's own handle of it."""

    stream: Stream[Any]
    last: Any
    timeout_s: float | None


@dataclass(frozen=True, slots=True)
class Next:
    """Wait for the next message of a stream; None after the last, or a `Failure`."""

    handle: Any


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


#: What a connection is asked to do, one after the other.
Deed: TypeAlias = "Try | Open | Next | Pause | Item[Any]"


class Patience:
    """Repeats what fails for a reason that passes, each time after a longer while and never before the service says.

    UNAVAILABLE passes, and so does RESOURCE_EXHAUSTED where the service says when to come again. The former leaves open
    what the service did, so that only calls are repeated which do no harm twice: reads, writes with a request id, and
    solves without one, which leave nothing behind. The latter is a refusal before anything was done.

    gRPC retries too, but only calls of up to 256 KiB, and it does not read RetryInfo; so it is left out of it.
    """

    def __init__(self, patience_s: float) -> None:
        """Repeat a call for so many seconds from its first failure on; 0 for never."""
        self._patience_s = patience_s
        self._met = False  # a service that never answered is a wrong address, of which one hears at once

    def steps(self, steps: Steps[_T]) -> Generator[Deed, Any, _T]:
        """What a method wants, as what a connection does."""
        streams: dict[Stream[Any], _Opened] = {}
        answer: Any = None
        while True:
            try:
                wish = steps.send(answer)
            except StopIteration as end:
                return end.value
            if isinstance(wish, Item):
                answer = yield wish
            elif isinstance(wish, Call):
                answer = yield from self._call(wish)
            else:
                opened = streams.setdefault(wish, _Opened(_Tries(wish.timeout_s)))
                answer = yield from self._next(wish, opened)

    def flow(self, steps: Steps[_T]) -> Flow[_T]:
        """A method that gives one thing, as one that gives many."""
        yield Item((yield from steps))

    def _call(self, call: Call[Any]) -> Generator[Deed, Any, Any]:
        tries = _Tries(call.timeout_s)
        while True:
            answer = yield Try(call, tries.left_s)
            wait_s = self._wait_s(answer, tries, call.repeatable)
            if wait_s is None:
                return answer
            yield Pause(wait_s)

    def _next(self, stream: Stream[Any], opened: _Opened) -> Generator[Deed, Any, Any]:
        while True:
            if opened.handle is None:
                opened.handle = yield Open(stream, opened.last, opened.tries.left_s)
            answer = yield Next(opened.handle)
            wait_s = self._wait_s(answer, opened.tries, repeatable=True)
            if wait_s is None:
                opened.last = answer
                return answer
            opened.handle = None
            yield Pause(wait_s)

    def _wait_s(self, answer: Any, tries: _Tries, repeatable: bool) -> float | None:
        """How long to wait before the next try; None where what came is the last word."""
        if not isinstance(answer, Failure):
            self._met = True
            tries.succeed()
            return None
        self._met = self._met or answer.reason != "UNREACHABLE"
        refused = answer.code == "RESOURCE_EXHAUSTED" and answer.retry_s > 0
        gone = answer.code == "UNAVAILABLE" and repeatable
        return tries.fail(answer.retry_s, self._patience_s) if self._met and (refused or gone) else None


class _Tries:
    """Tries of one call, until it succeeds."""

    def __init__(self, timeout_s: float | None) -> None:
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self.succeed()

    @property
    def left_s(self) -> float | None:
        """What is left of the caller's time."""
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0.0)

    def succeed(self) -> None:
        """Begin anew."""
        self._failed: float | None = None
        self._count = 0

    def fail(self, retry_s: float, patience_s: float) -> float | None:
        """How long to wait: as long as the service says, and a random while longer; None when time is over."""
        now = time.monotonic()
        self._failed = now if self._failed is None else self._failed
        wait_s = retry_s + random.uniform(0.5, 1.0) * min(_FIRST_S * 2**self._count, _LONGEST_S)
        self._count += 1
        end = self._failed + patience_s
        if self._deadline is not None:
            end = min(end, self._deadline)
        return wait_s if now + wait_s < end else None


@dataclass(slots=True)
class _Opened:
    """Where a stream stands."""

    tries: _Tries
    handle: Any = field(default=None)
    last: Any = field(default=None)
