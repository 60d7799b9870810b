"""From a method that is written once to the one that a caller sees: it waits, or it is awaited."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from functools import update_wrapper, wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from c4e_server.client.acts import Flow, Steps
from c4e_server.client.connection import Awaiting, Blocking

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Answers(Generic[_P, _T]):
    """Decorates a method that gives one thing."""

    def __init__(self, steps: Callable[Concatenate[Any, _P], Steps[_T]]) -> None:
        """Take the method as it is written."""
        self._steps = steps
        update_wrapper(self, steps)  # pyright: ignore[reportArgumentType]

    @overload
    def __get__(self, part: Blocking, owner: type[Any] | None = None) -> Callable[_P, _T]: ...
    @overload
    def __get__(self, part: Awaiting, owner: type[Any] | None = None) -> Callable[_P, Coroutine[Any, Any, _T]]: ...
    @overload
    def __get__(self, part: None, owner: type[Any] | None = None) -> Callable[..., Any]: ...
    def __get__(self, part: Blocking | Awaiting | None, owner: type[Any] | None = None) -> Callable[..., Any]:
        """The method as the caller of this part sees it."""
        if part is None:
            return self._steps

        @wraps(self._steps)
        def method(*given: _P.args, **named: _P.kwargs) -> Any:
            return part.run(self._steps(part, *given, **named))

        return method


class Streams(Generic[_P, _T]):
    """Decorates a method that gives many things, one after the other."""

    def __init__(self, flow: Callable[Concatenate[Any, _P], Flow[_T]]) -> None:
        """Take the method as it is written."""
        self._flow = flow
        update_wrapper(self, flow)  # pyright: ignore[reportArgumentType]

    @overload
    def __get__(self, part: Blocking, owner: type[Any] | None = None) -> Callable[_P, Iterator[_T]]: ...
    @overload
    def __get__(self, part: Awaiting, owner: type[Any] | None = None) -> Callable[_P, AsyncGenerator[_T]]: ...
    @overload
    def __get__(self, part: None, owner: type[Any] | None = None) -> Callable[..., Any]: ...
    def __get__(self, part: Blocking | Awaiting | None, owner: type[Any] | None = None) -> Callable[..., Any]:
        """The method as the caller of this part sees it."""
        if part is None:
            return self._flow

        @wraps(self._flow)
        def method(*given: _P.args, **named: _P.kwargs) -> Any:
            return part.iterate(self._flow(part, *given, **named))

        return method
