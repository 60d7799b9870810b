"""From services to gRPC handlers; around every call: rules of the message, errors as statuses, one line in the log."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import protovalidate
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.failures import Failure, failure_of
from c4e_server.services.status import DEFAULT_ROOM, DETAILS_KEY, MOST_ROOM, ROOM_KEY, status_of

_log = logging.getLogger("c4e_server.calls")

Context = grpc.aio.ServicerContext[Any, Any]


def handler_of(service: object, descriptor: ServiceDescriptor) -> grpc.GenericRpcHandler:
    """The handler of a service.

    Args:
        service: Has a method for every one of the contract: `SubmitJob` is `submit_job`, which takes the message and
            the call's context. A coroutine function answers once, an asynchronous generator again and again; where
            the caller streams too, it takes the messages one by one instead of the message.
        descriptor: The contract.
    """
    return grpc.method_handlers_generic_handler(
        descriptor.full_name, {method.name: _handler(service, method) for method in descriptor.methods}
    )


def _handler(service: object, method: MethodDescriptor) -> Any:
    act = getattr(service, re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower())
    wrapped: Any
    if method.client_streaming:
        wrapped, make = _exchange(act, method.full_name), grpc.stream_stream_rpc_method_handler
    elif method.server_streaming:
        wrapped, make = _stream(act, method.full_name), grpc.unary_stream_rpc_method_handler
    else:
        wrapped, make = _unary(act, method.full_name), grpc.unary_unary_rpc_method_handler
    request, answer = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    protovalidate.collect_violations(request())  # compiles the rules now and not in the first call
    handler: Any = make  # the stubs know handlers of the synchronous server only
    return handler(wrapped, request_deserializer=request.FromString, response_serializer=answer.SerializeToString)


def _unary(act: Callable[[Any, Context], Awaitable[Any]], name: str) -> Callable[[Any, Context], Awaitable[Any]]:
    async def call(request: Any, context: Context) -> Any:
        begin, code = time.perf_counter(), "OK"
        try:
            _check(request)
            return await act(request, context)
        except Exception as error:
            failure = _failure(error, name)
            code = failure.code
            await _abort(context, failure)
        finally:
            _line(name, request, code, begin)

    return call


def _stream(act: Callable[[Any, Context], AsyncIterator[Any]], name: str) -> Callable[[Any, Context], Any]:
    async def call(request: Any, context: Context) -> AsyncGenerator[Any]:
        begin, code = time.perf_counter(), "OK"
        try:
            _check(request)
            async for answer in act(request, context):
                yield answer
        except Exception as error:
            failure = _failure(error, name)
            code = failure.code
            await _abort(context, failure)
        finally:
            _line(name, request, code, begin)

    return call


def _exchange(act: Callable[[Any, Context], AsyncIterator[Any]], name: str) -> Callable[[Any, Context], Any]:
    async def checked(requests: AsyncIterator[Any]) -> AsyncGenerator[Any]:
        async for request in requests:
            _check(request)
            yield request

    async def call(requests: AsyncIterator[Any], context: Context) -> AsyncGenerator[Any]:
        begin, code = time.perf_counter(), "OK"
        try:
            async for answer in act(checked(requests), context):
                yield answer
        except Exception as error:
            failure = _failure(error, name)
            code = failure.code
            await _abort(context, failure)
        finally:
            _line(name, None, code, begin)

    return call


def _check(request: Any) -> None:
    """Refuse a message that breaks its own rules.

    Raises:
        InvalidInput: With every rule that is broken.
    """
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


def _line(name: str, request: Any, code: str, begin: float) -> None:
    milliseconds = round(1000 * (time.perf_counter() - begin), 3)
    fields = {"call": name, "code": code, "request": getattr(request, "request_id", ""), "ms": milliseconds}
    _log.info("%s %s", name.rsplit(".", 1)[-1], code, extra=fields)
