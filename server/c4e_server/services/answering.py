"""From services to gRPC handlers; around every call: rules of the message, errors as statuses, one line in the log."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import protovalidate
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.errors import BrokenMessage
from c4e_server.failures import Failure, failure_of
from c4e_server.observability import metrics
from c4e_server.observability.log import name_call
from c4e_server.security.guard import Call, Guard
from c4e_server.security.identity import ANYBODY, enter
from c4e_server.services.status import DEFAULT_ROOM, DETAILS_KEY, MOST_ROOM, ROOM_KEY, status_of

_log = logging.getLogger("c4e_server.calls")

Context = grpc.aio.ServicerContext[Any, Any]


def handler_of(service: object, descriptor: ServiceDescriptor, guard: Guard | None = None) -> grpc.GenericRpcHandler:
    """The handler of a service.

    Args:
        service: Has a method for every one of the contract: `SubmitJob` is `submit_job`, which takes the message and
            the call's context. A coroutine function answers once, an asynchronous generator again and again; where
            the caller streams too, it takes the messages one by one instead of the message.
        descriptor: The contract.
        guard: Lets calls in; None where whoever reaches the service may call it.
    """
    return grpc.method_handlers_generic_handler(
        descriptor.full_name, {method.name: _handler(service, method, guard) for method in descriptor.methods}
    )


def _handler(service: object, method: MethodDescriptor, guard: Guard | None) -> Any:
    act = getattr(service, re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower())
    wrapped: Any
    if method.client_streaming:
        wrapped, make = _exchange(act, method.full_name, guard), grpc.stream_stream_rpc_method_handler
    elif method.server_streaming:
        wrapped, make = _stream(act, method.full_name, guard), grpc.unary_stream_rpc_method_handler
    else:
        wrapped, make = _unary(act, method.full_name, guard), grpc.unary_unary_rpc_method_handler
    request, answer = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    protovalidate.collect_violations(request())  # compiles the rules now and not in the first call
    handler: Any = make  # the stubs know handlers of the synchronous server only
    return handler(wrapped, request_deserializer=_reader(request), response_serializer=answer.SerializeToString)


def _unary(
    act: Callable[[Any, Context], Awaitable[Any]], name: str, guard: Guard | None
) -> Callable[[Any, Context], Awaitable[Any]]:
    async def call(request: Any, context: Context) -> Any:
        begin, code, entered = _begun(context), "OK", None
        try:
            entered = await _let_in(guard, name, context)
            _check(request)
            await entered.begin(request)
            return await act(request, context)
        except asyncio.CancelledError:  # by the caller, his deadline or the end of the service
            code = "CANCELLED"
            raise
        except Exception as error:
            failure = _failure(error, name)
            code = failure.code
            _end(entered, code)  # before the caller is told
            await _abort(context, failure)
        finally:
            _end(entered, code)
            _line(name, request, code, begin)

    return call


def _stream(
    act: Callable[[Any, Context], AsyncIterator[Any]], name: str, guard: Guard | None
) -> Callable[[Any, Context], Any]:
    async def call(request: Any, context: Context) -> AsyncGenerator[Any]:
        begin, code, entered = _begun(context), "OK", None
        try:
            entered = await _let_in(guard, name, context)
            _check(request)
            await entered.begin(request)
            async for answer in act(request, context):
                yield answer
        except asyncio.CancelledError:  # by the caller, his deadline or the end of the service
            code = "CANCELLED"
            raise
        except Exception as error:
            failure = _failure(error, name)
            code = failure.code
            _end(entered, code)  # before the caller is told
            await _abort(context, failure)
        finally:
            _end(entered, code)
            _line(name, request, code, begin)

    return call


def _exchange(
    act: Callable[[Any, Context], AsyncIterator[Any]], name: str, guard: Guard | None
) -> Callable[[Any, Context], Any]:
    async def checked(requests: AsyncIterator[Any]) -> AsyncGenerator[Any]:
        async for request in requests:
            _check(request)
            yield request

    async def call(requests: AsyncIterator[Any], context: Context) -> AsyncGenerator[Any]:
        begin, code, entered = _begun(context), "OK", None
        try:
            entered = await _let_in(guard, name, context)
            await entered.begin(None)
            async for answer in act(checked(requests), context):
                yield answer
        except asyncio.CancelledError:  # by the caller, his deadline or the end of the service
            code = "CANCELLED"
            raise
        except Exception as error:
            failure = _failure(error, name)
            code = failure.code
            _end(entered, code)  # before the caller is told
            await _abort(context, failure)
        finally:
            _end(entered, code)
            _line(name, None, code, begin)

    return call


async def _let_in(guard: Guard | None, name: str, context: Context) -> Call:
    """Let a call in, as whom it says and proves."""
    if guard is None:
        return Call(ANYBODY, name, None)
    entered = await guard.admit(name, context)
    enter(entered.identity)
    return entered


def _end(entered: Call | None, code: str) -> None:
    if entered is not None:
        entered.end(code)


def _check(request: Any) -> None:
    """Refuse a message that breaks its own rules.

    Raises:
        BrokenMessage: It is none.
        InvalidInput: With every rule that is broken.
    """
    if isinstance(request, _Broken):
        raise BrokenMessage("what was sent is no message of this method; build it with the contract's own code")
    issues: list[Issue] = []
    for violation in protovalidate.collect_violations(request):
        path = violation.proto.field
        name = ".".join(element.field_name for element in path.elements) if path else ""
        issues.append(Issue(name, violation.proto.rule_id, violation.proto.message))
    if issues:
        raise InvalidInput(issues)


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


def _begun(context: Context) -> float:
    """Name the call, and say when it began."""
    name_call(context.invocation_metadata())
    return time.perf_counter()


class _Broken:
    """What came in the place of a message."""


def _reader(kind: Any) -> Callable[[bytes], Any]:
    """Reads messages; what is none becomes a status of ours and not one of gRPC's."""

    def read(raw: bytes) -> Any:
        try:
            return kind.FromString(raw)
        except DecodeError:
            return _Broken()

    return read


def _line(name: str, request: Any, code: str, begin: float) -> None:
    seconds = time.perf_counter() - begin
    metrics.call(name, code, seconds)
    fields = {"call": name, "code": code, "request": getattr(request, "request_id", ""), "ms": round(1000 * seconds, 3)}
    _log.info("%s %s", name.rsplit(".", 1)[-1], code, extra=fields)
