"""From services to gRPC handlers; around every call: rules of the message, errors as statuses, one line in the log."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, Self

import grpc
import grpc.aio
import protovalidate
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from c4e.opt.v1 import trading_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.errors import BrokenMessage, MessageTooLarge
from c4e_server.failures import Failure, failure_of
from c4e_server.observability import metrics
from c4e_server.observability.log import name_call
from c4e_server.security.guard import Call, Guard
from c4e_server.security.identity import ANYBODY, enter
from c4e_server.services.status import DEFAULT_ROOM, DETAILS_KEY, MOST_ROOM, ROOM_KEY, status_of

_log = logging.getLogger("c4e_server.calls")

Context = grpc.aio.ServicerContext[Any, Any]

#: Most bytes of a message that cannot hold a case, columns, readings or a book. To read one and to hold it to its rules
#: keeps every other call waiting, the longer the more parts it has.
MOST_PLAIN_BYTES = 2**20

#: Refuses a message for which there is no room, before it is held to its rules.
Room = Callable[[Any, Context], None]

#: Reads a message and holds it to its rules. Raises BrokenMessage: it is none; MessageTooLarge: it has
#: more bytes than one of its kind needs; InvalidInput: with every rule it breaks.
Read = Callable[[bytes, Context], Any]


def handler_of(service: object, descriptor: ServiceDescriptor, guard: Guard | None = None) -> grpc.GenericRpcHandler:
    """The handler of a service.

    Args:
        service: Has a method for every one of the contract: `SubmitJob` is `submit_job`, which takes the message and
            the call's context. A coroutine function answers once, an asynchronous generator again and again; where
            the caller streams, it takes the messages one by one instead of the message. An answer may be given as the
            bytes of one. Where it has a `room_to_submit_job` too, that refuses a message for which there is no room.
        descriptor: The contract.
        guard: Lets calls in; None where whoever reaches the service may call it.
    """
    return grpc.method_handlers_generic_handler(
        descriptor.full_name, {method.name: _handler(service, method, guard) for method in descriptor.methods}
    )


def _handler(service: object, method: MethodDescriptor, guard: Guard | None) -> Any:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
    act, room = getattr(service, name), getattr(service, f"room_to_{name}", None)
    request, answer = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    read = _reader(request, room)
    protovalidate.collect_violations(request())  # compiles the rules now and not in the first call
    wrapped: Any
    if method.client_streaming and not method.server_streaming:
        wrapped, make = _gather(act, method.full_name, guard, read), grpc.stream_unary_rpc_method_handler
    elif method.client_streaming:
        wrapped, make = _exchange(act, method.full_name, guard, read), grpc.stream_stream_rpc_method_handler
    elif method.server_streaming:
        wrapped, make = _stream(act, method.full_name, guard, read), grpc.stream_stream_rpc_method_handler
    else:
        wrapped, make = _unary(act, method.full_name, guard, read), grpc.stream_unary_rpc_method_handler
    handler: Any = make  # the stubs know handlers of the synchronous server only
    # All as methods to which the caller streams, which is the same on the wire: gRPC receives the one message of
    # another before it calls the method. Without a deserializer. So nothing is read for a caller who is not let in.
    return handler(wrapped, response_serializer=_writer(answer))


def _unary(
    act: Callable[[Any, Context], Awaitable[Any]], name: str, guard: Guard | None, read: Read
) -> Callable[[Any, Context], Awaitable[Any]]:
    async def call(_: AsyncIterator[bytes], context: Context) -> Any:
        async with _Around(name, guard, context) as around:
            await around.let_in()
            request = read(await _sole(context), context)
            await around.begin(request)
            return await act(request, context)

    return call


def _stream(
    act: Callable[[Any, Context], AsyncIterator[Any]], name: str, guard: Guard | None, read: Read
) -> Callable[[Any, Context], Any]:
    async def call(_: AsyncIterator[bytes], context: Context) -> AsyncGenerator[Any]:
        async with _Around(name, guard, context) as around:
            await around.let_in()
            request = read(await _sole(context), context)
            await around.begin(request)
            async for answer in act(request, context):
                yield answer

    return call


def _gather(
    act: Callable[[Any, Context], Awaitable[Any]], name: str, guard: Guard | None, read: Read
) -> Callable[[Any, Context], Awaitable[Any]]:
    async def call(requests: AsyncIterator[bytes], context: Context) -> Any:
        async with _Around(name, guard, context) as around:
            await around.let_in()
            await around.begin(None)
            return await act(_checked(read, requests, context, around), context)

    return call


async def _sole(context: Context) -> bytes:
    """The message of a caller who sends one; what comes after it is not read.

    Raises:
        BrokenMessage: He sends none.
    """
    raw: Any = await context.read()
    if raw is grpc.aio.EOF:
        raise BrokenMessage("no message was sent; this method takes one")
    return raw


async def _checked(
    read: Read, requests: AsyncIterator[bytes], context: Context, around: _Around
) -> AsyncGenerator[Any]:
    """The messages of a caller who sends many."""
    async for raw in requests:
        message = read(raw, context)
        around.hear(message)
        yield message


def _exchange(
    act: Callable[[Any, Context], AsyncIterator[Any]], name: str, guard: Guard | None, read: Read
) -> Callable[[Any, Context], Any]:
    async def call(requests: AsyncIterator[bytes], context: Context) -> AsyncGenerator[Any]:
        async with _Around(name, guard, context) as around:
            await around.let_in()
            await around.begin(None)
            async for answer in act(_checked(read, requests, context, around), context):
                yield answer

    return call


class _Around:
    """What is around a call: its name in the log, who makes it, the status of how it ends, and its line."""

    __slots__ = ("_begun", "_call", "_context", "_guard", "_name", "_request")

    def __init__(self, name: str, guard: Guard | None, context: Context) -> None:
        self._name, self._guard, self._context = name, guard, context
        self._call: Call | None = None
        self._request: Any = None

    async def let_in(self) -> None:
        """Let the call in, as whom it says and proves."""
        if self._guard is None:
            self._call = Call(ANYBODY, self._name, None)
        else:
            self._call = await self._guard.admit(self._name, self._context)
            enter(self._call.identity)

    async def begin(self, request: Any) -> None:
        """Let it begin with a message; None where there may be many."""
        assert self._call is not None
        self._request = request
        await self._call.begin(request)

    def hear(self, message: Any) -> None:
        """Hear a message of a stream."""
        assert self._call is not None
        self._call.hear(message)

    async def __aenter__(self) -> Self:
        name_call(self._context.invocation_metadata())
        self._begun = time.perf_counter()
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        code = "OK"
        try:
            if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
                code = "CANCELLED"  # by the caller, his deadline or the end of the service
            elif isinstance(error, Exception):
                failure = _failure(error, self._name)
                code = failure.code
                self._end(code)  # before the caller is told
                await _abort(self._context, failure)
        finally:
            self._end(code)
            _line(self._name, self._request, code, self._begun)

    def _end(self, code: str) -> None:
        if self._call is not None:
            self._call.end(code)


def _reader(kind: Any, room: Room | None) -> Read:
    """Reads a message of one kind."""
    is_plain = not _holds_much(kind.DESCRIPTOR, set())

    def read(raw: bytes, context: Context) -> Any:
        if is_plain and len(raw) > MOST_PLAIN_BYTES:
            told = f"the message has {len(raw)} bytes; a message of this method has at most {MOST_PLAIN_BYTES}"
            raise MessageTooLarge(told)
        try:
            request = kind.FromString(raw)
        except DecodeError:
            what = "what was sent is no message of this method; build it with the contract's own code"
            raise BrokenMessage(what) from None
        if room is not None:
            room(request, context)
        if violations := protovalidate.collect_violations(request):
            raise InvalidInput([_issue(violation.proto) for violation in violations])
        return request

    return read


def _holds_much(kind: Descriptor, seen: set[str]) -> bool:
    """Whether a message may be large: it or one in it has bytes, or a list of numbers or texts, or is a book."""
    if kind.full_name == trading_pb2.BookSnapshot.DESCRIPTOR.full_name:
        return True
    seen.add(kind.full_name)
    for field in kind.fields:
        inner = field.message_type
        if field.type == FieldDescriptor.TYPE_BYTES:
            return True
        if field.is_repeated and inner is None and field.enum_type is None:
            return True
        if inner is not None and inner.full_name not in seen and _holds_much(inner, seen):
            return True
    return False


def _writer(kind: Any) -> Callable[[Any], bytes]:
    """Writes answers of one kind; one that is bytes was written before."""
    return lambda answer: answer if isinstance(answer, bytes) else kind.SerializeToString(answer)


def _issue(violation: Any) -> Issue:
    path = violation.field
    name = ".".join(element.field_name for element in path.elements) if path else ""
    return Issue(name, violation.rule_id, violation.message)


def _failure(error: Exception, name: str) -> Failure:
    failure = failure_of(error)
    if failure.reason == "INTERNAL":
        _log.exception("%s failed in a way that nobody foresaw", name)
    return failure


async def _abort(context: Context, failure: Failure) -> None:
    said: dict[str, Any] = dict(context.invocation_metadata() or ())
    try:
        room = min(int(said.get(ROOM_KEY, DEFAULT_ROOM)), MOST_ROOM)
    except ValueError:
        room = DEFAULT_ROOM
    status = status_of(failure, room)
    await context.abort(grpc.StatusCode[failure.code], status.message, ((DETAILS_KEY, status.SerializeToString()),))


def _line(name: str, request: Any, code: str, begin: float) -> None:
    """Count the call and write its line, once the answer is on its way."""
    seconds = time.perf_counter() - begin
    asyncio.get_running_loop().call_soon(_write, name, getattr(request, "request_id", ""), code, seconds)


def _write(name: str, request_id: str, code: str, seconds: float) -> None:
    metrics.call(name, code, seconds)
    # Whoever floods the service shall not fill its log as well: what is refused for lack of room is counted.
    level = logging.DEBUG if code == "RESOURCE_EXHAUSTED" else logging.INFO
    if _log.isEnabledFor(level):
        fields = {"call": name, "code": code, "request": request_id, "ms": round(1000 * seconds, 3)}
        said = (name.rsplit(".", 1)[-1], code)
        # Not by `_log.info`, which looks for the line of code that it is called from: a tenth of a trivial call.
        _log.handle(_log.makeRecord(_log.name, level, "", 0, "%s %s", said, None, extra=fields))
