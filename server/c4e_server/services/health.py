"""The standard health service, which anybody may call: whether services are ready, asked once or watched.

No call makes another one wait, or the service itself: nothing is held while an answer is on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2

from c4e_server.services.answering import Context

_NAME = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
_Answer: Any = health_pb2.HealthCheckResponse

#: Calls at once that watch.
MOST_WATCHERS = 100
#: Calls at once whose message has not come as a whole. gRPC keeps what has come of it.
MOST_UNREAD = 8
_MOST_BYTES = 2**10  # of a message; it has nothing but the name of a service


class Health:
    """Tells whether services are ready."""

    def __init__(self) -> None:
        """Begin as ready, and with no service known by name."""
        self._statuses: dict[str, Any] = {"": _Answer.SERVING}
        self._changed = asyncio.Event()
        self._stopping = False
        self._unread: dict[asyncio.Future[Any], None] = {}  # the oldest first
        self._watching = 0

    def handler(self) -> grpc.GenericRpcHandler:
        """The handler of its calls."""
        # As methods to which the caller streams, which is the same on the wire: what comes is read here, within bounds.
        unary: Any = grpc.stream_unary_rpc_method_handler
        stream: Any = grpc.stream_stream_rpc_method_handler
        write = _Answer.SerializeToString
        return grpc.method_handlers_generic_handler(
            _NAME,
            {
                "Check": unary(self._check, response_serializer=write),
                "Watch": stream(self._watch, response_serializer=write),
            },
        )

    def status(self, service: str) -> Any:
        """The status of a service; of all of them where the name is empty."""
        return self._statuses.get(service, _Answer.SERVICE_UNKNOWN)

    async def set(self, service: str, status: int) -> None:
        """Set the status of a service and tell who watches it; nothing any more once the service is being stopped."""
        if not self._stopping:
            self._statuses[service] = status
            self._notify()

    async def enter_graceful_shutdown(self) -> None:
        """Tell for good that no service is ready. Who watches is told so, and its call ends."""
        if self._stopping:
            return
        self._stopping = True
        self._statuses = dict.fromkeys(self._statuses, _Answer.NOT_SERVING)
        self._notify()

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _check(self, _: AsyncIterator[bytes], context: Context) -> health_pb2.HealthCheckResponse:
        status = self.status(await self._asked(context))
        if status == _Answer.SERVICE_UNKNOWN:
            await context.abort(grpc.StatusCode.NOT_FOUND, "there is no service of this name")
        return _Answer(status=status)

    async def _watch(self, _: AsyncIterator[bytes], context: Context) -> AsyncGenerator[health_pb2.HealthCheckResponse]:
        if self._watching >= MOST_WATCHERS:
            told = f"{MOST_WATCHERS} calls watch, and no more may; ask with Check"
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, told)
        self._watching += 1
        try:
            service, told = await self._asked(context), -1
            while True:
                changed, stopping, status = self._changed, self._stopping, self.status(service)
                if status != told:
                    yield _Answer(status=status)
                    told = status
                if stopping:
                    return
                await changed.wait()
        finally:
            self._watching -= 1

    async def _asked(self, context: Context) -> str:
        """The name in the message of a call."""
        reading = asyncio.ensure_future(context.read())
        self._unread[reading] = None
        if len(self._unread) > MOST_UNREAD:
            next(iter(self._unread)).cancel()
        try:
            await asyncio.wait([reading])
        finally:
            del self._unread[reading]
            reading.cancel()
        if reading.cancelled():
            told = "the message did not come while others did; send it at once"
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, told)
        raw: Any = reading.result()
        try:
            if raw is grpc.aio.EOF or len(raw) > _MOST_BYTES:
                raise DecodeError
            return health_pb2.HealthCheckRequest.FromString(raw).service
        except DecodeError:
            told = f"what was sent is no message of this method, which has at most {_MOST_BYTES} bytes"
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, told)
            raise
