"""The words in which every method of the client is written once, for callers that wait and for callers that await.

A method is a generator. It yields what it wants of the service, a `Call` or the next answer of a `Stream`, is sent the
answer, and returns what the caller gets; a method that gives many things yields each as an `Item`. It does no input or
output itself, so that one text serves both clients: a connection drives it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from google.protobuf.message import Message

from c4e_server.failures import Failure

_T = TypeVar("_T")
_A = TypeVar("_A", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[_A]):
    """One call with one answer; `answer = yield from Call(…)`.

    Attributes:
        method: Service and method, such as JobService/GetJob.
        request: The message; where many are sent, a function that makes them anew for every try.
        answer: Class of the answer.
        timeout_s: Deadline of all tries together; None for none.
        repeatable: Whether a second try does no harm after a first one of which nothing is known.
    """

    method: str
    request: Message | Callable[[], Iterable[Message]]
    answer: type[_A]
    timeout_s: float | None = None
    repeatable: bool = True

    def __iter__(self) -> Generator[Wish, Any, _A]:
        """Ask, and return the answer.

        Raises:
            C4eError: What the service raised.
        """
        return _good((yield self))


@dataclass(slots=True, kw_only=True, eq=False)
class Stream(Generic[_A]):
    """One call with many answers; `answer = yield from stream` is the next one, None after the last.

    Attributes:
        method: Service and method.
        request: Makes the message that asks for what follows an answer; None stands for the beginning. A stream that
            breaks goes on with it, behind the last answer that came.
        answer: Class of the answers.
        timeout_s: Deadline of the whole stream; None for none.
    """

    method: str
    request: Callable[[_A | None], Message]
    answer: type[_A]
    timeout_s: float | None = None

    def __iter__(self) -> Generator[Wish, Any, _A | None]:
        """Wait for the next answer.

        Raises:
            C4eError: What the service raised.
        """
        return _good((yield self))


@dataclass(frozen=True, slots=True)
class Item(Generic[_T]):
    """Something that a method gives its caller before it has ended."""

    content: _T


Wish: TypeAlias = "Call[Any] | Stream[Any] | Item[Any]"
Steps: TypeAlias = Generator[Wish, Any, _T]
Flow: TypeAlias = Generator["Call[Any] | Stream[Any] | Item[_T]", Any, None]


def _good(answer: Any) -> Any:
    if isinstance(answer, Failure):
        raise answer.error()
    return answer
