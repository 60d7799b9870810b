"""Connections that carry out what methods want: one for callers that wait, one for callers that await."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, TypeVar, cast

import grpc
import grpc.aio
from google.protobuf.message import Message
from google.rpc import status_pb2

from c4e_server.client.acts import Call, Flow, Item, Steps, Stream
from c4e_server.client.patience import Next, Open, Patience, Pause, Try
from c4e_server.errors import MessageTooLarge, QueueFull, Unreachable
from c4e_server.failures import Failure, failure_of
from c4e_server.security.access import Access
from c4e_server.security.bounds import client_options
from c4e_server.services.status import DETAILS_KEY, MOST_ROOM, ROOM_KEY, failure_from_status

_T = TypeVar("_T")
_A = TypeVar("_A", bound=Message)
_CROWDED_S = 0.5  # after which a service may take calls again
_PACKAGE = "c4e.opt.v1"
_ROOM = ((ROOM_KEY, str(MOST_ROOM)),)


class Wire:
    """A channel to a service, and what every call over it carries."""

    def __init__(self, address: str, access: Access | None, patience_s: float, *, awaited: bool) -> None:
        """Prepare to call; the first call connects.

        Raises:
            InvalidConfig: A file of the access cannot be used.
        """
        self.address = address
        self.patience = Patience(patience_s)
        self._access = Access.from_environment() if access is None else access
        self.channel: Any = self._access.channel(address, client_options(2 * MOST_ROOM), awaited=awaited)

    def call(self, call: Call[Any], timeout_s: float | None) -> Any:
        """Begin a call: its answer, or what is awaited for it."""
        many = callable(call.request)
        kind = self.channel.stream_unary if many else self.channel.unary_unary
        request = iter(call.request()) if callable(call.request) else call.request
        return self._method(kind, call.method, call.answer)(request, timeout=timeout_s, metadata=self.metadata())

    def stream(self, stream: Stream[Any], last: Any, timeout_s: float | None) -> Any:
        """Begin a stream: the call, which gives its answers one by one."""
        method = self._method(self.channel.unary_stream, stream.method, stream.answer)
        return method(stream.request(last), timeout=timeout_s, metadata=self.metadata())

    def exchange(self, name: str, kind: Any, requests: Any, timeout_s: float | None) -> Any:
        """Begin a stream in both directions: the call, which gives its answers one by one."""
        method = self._method(self.channel.stream_stream, name, kind)
        return method(requests, timeout=timeout_s, metadata=self.metadata())

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with every call."""
        return _ROOM + self._access.metadata()

    def failure(self, error: Any) -> Failure:
        """An error of gRPC as the failure that the service told of."""
        metadata: dict[str, Any] = dict(cast("Any", error.trailing_metadata() or ()))
        details = metadata.get(DETAILS_KEY)
        code: grpc.StatusCode = error.code()
        if details is not None:
            return failure_from_status(status_pb2.Status.FromString(details))
        if code is grpc.StatusCode.UNAVAILABLE:
            return failure_of(Unreachable(f"no service answers at {self.address}; start one with `c4e-opt serve`"))
        said = str(error.details())
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in said:  # the service never hears of it
            mend = "upload the case (`c4e-opt datasets upload`), or raise message_mib"
            return failure_of(MessageTooLarge(f"{said}; {mend}"))
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:  # of gRPC itself: too many calls
            return failure_of(QueueFull(said, _CROWDED_S))
        reason = "DEADLINE" if code is grpc.StatusCode.DEADLINE_EXCEEDED else code.name
        return Failure(code=code.name, reason=reason, message=said)

    def _method(self, make: Callable[..., Any], name: str, kind: Any) -> Callable[..., Any]:
        return make(f"/{_PACKAGE}.{name}", request_serializer=_bytes, response_deserializer=kind.FromString)


class Blocking:
    """Something with methods for which the caller waits."""

    wire: Wire

    def call(self, method: str, request: Message, answer: type[_A], timeout_s: float | None = None) -> _A:
        """Make any call of the contract with a message as it is, such as JobService/GetJob; it is not repeated.

        Raises:
            C4eError: Whatever the service raises, as it would be raised here.
        """
        return self.run(iter(_unrepeated(method, request, answer, timeout_s)))

    def run(self, steps: Steps[_T]) -> _T:
        """Carry out a method that gives one thing."""
        (content,) = self.iterate(self.wire.patience.flow(steps))
        return content

    def iterate(self, flow: Flow[_T]) -> Iterator[_T]:
        """Carry out a method that gives many things."""
        deeds, opened, answer = self.wire.patience.steps(flow), list[Any](), None
        try:
            while True:
                try:
                    deed = deeds.send(answer)
                except StopIteration:
                    return
                if isinstance(deed, Item):
                    answer = None
                    yield deed.content
                else:
                    answer = self._do(deed, opened)
        finally:
            deeds.close()
            for call in opened:
                call.cancel()

    def _do(self, deed: Try | Open | Next | Pause, opened: list[Any]) -> Any:
        try:
            if isinstance(deed, Try):
                return self.wire.call(deed.call, deed.timeout_s)
            if isinstance(deed, Next):
                return next(deed.handle, None)
        except grpc.RpcError as error:
            return self.wire.failure(error)
        if isinstance(deed, Pause):
            return time.sleep(deed.seconds)
        opened.append(self.wire.stream(deed.stream, deed.last, deed.timeout_s))
        return opened[-1]


class Awaiting:
    """Something with methods that the caller awaits."""

    wire: Wire

    async def call(self, method: str, request: Message, answer: type[_A], timeout_s: float | None = None) -> _A:
        """Make any call of the contract, as `Blocking.call` does."""
        return await self.run(iter(_unrepeated(method, request, answer, timeout_s)))

    async def run(self, steps: Steps[_T]) -> _T:
        """Carry out a method that gives one thing."""
        (content,) = [each async for each in self.iterate(self.wire.patience.flow(steps))]
        return content

    async def iterate(self, flow: Flow[_T]) -> AsyncGenerator[_T]:
        """Carry out a method that gives many things."""
        deeds, opened, answer = self.wire.patience.steps(flow), list[Any](), None
        try:
            while True:
                try:
                    deed = deeds.send(answer)
                except StopIteration:
                    return
                if isinstance(deed, Item):
                    answer = None
                    yield deed.content
                else:
                    answer = await self._do(deed, opened)
        finally:
            deeds.close()
            for call in opened:
                call.cancel()

    async def _do(self, deed: Try | Open | Next | Pause, opened: list[Any]) -> Any:
        try:
            if isinstance(deed, Try):
                return await self.wire.call(deed.call, deed.timeout_s)
            if isinstance(deed, Next):
                message = await deed.handle.read()
                return None if message is grpc.aio.EOF else message
        except grpc.RpcError as error:
            return self.wire.failure(error)
        if isinstance(deed, Pause):
            return await asyncio.sleep(deed.seconds)
        opened.append(self.wire.stream(deed.stream, deed.last, deed.timeout_s))
        return opened[-1]


def _unrepeated(method: str, request: Message, answer: type[_A], timeout_s: float | None) -> Call[_A]:
    return Call(method=method, request=request, answer=answer, timeout_s=timeout_s, repeatable=False)


def _bytes(message: Any) -> bytes:
    return message.SerializeToString()
