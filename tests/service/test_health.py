"""The standard health service: what is asked and watched, and callers who would keep others, or the stop, waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from c4e_server.services.health import MOST_UNREAD, MOST_WATCHERS, Health

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
LONG_S = 20.0  # nothing here takes so long

# Calls that hang are left behind here, and the last object of grpc.aio that goes waits for them: so it never goes.
grpc.aio.init_grpc_aio()


@dataclass
class Here:
    """A health service that is reached."""

    health: Health
    server: grpc.aio.Server
    channel: grpc.aio.Channel
    port: int

    def watch(self, service: str = "") -> Any:
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        return stub.Watch(health_pb2.HealthCheckRequest(service=service), timeout=LONG_S)

    async def check(self, service: str = "") -> int:
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        return (await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=LONG_S)).status

    def send(self, messages: AsyncIterator[bytes]) -> Any:
        """A call of Check that sends what it likes."""
        return self.channel.stream_unary("/grpc.health.v1.Health/Check")(messages, timeout=LONG_S)


@asynccontextmanager
async def serving() -> AsyncGenerator[Here]:
    health, server = Health(), grpc.aio.server()
    server.add_generic_rpc_handlers([health.handler()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Here(health, server, channel, port)
    await server.stop(0)


def with_service(test: Callable[[Here], Awaitable[None]]) -> None:
    async def run() -> None:
        async with serving() as here, asyncio.timeout(3 * LONG_S):
            await test(here)

    asyncio.run(run())


async def code_of(call: Any) -> grpc.StatusCode:
    return await call.code()


async def one(message: bytes) -> AsyncGenerator[bytes]:
    yield message


async def silence() -> AsyncGenerator[bytes]:
    await asyncio.Event().wait()
    yield b""


def frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    """A frame of HTTP/2."""
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content


async def watch_and_take_nothing(port: int) -> asyncio.StreamWriter:
    """A caller who watches all services and leaves no room for answers: an HTTP/2 window of zero bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/grpc.health.v1.Health/Watch",
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    headers = b"".join(b"\x00" + b"".join(bytes([len(text)]) + text.encode() for text in pair) for pair in said.items())
    no_window = frame(4, 0, 0, (4).to_bytes(2, "big") + bytes(4))
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + no_window + frame(4, 1, 0))
    writer.write(frame(1, 4, 1, headers) + frame(0, 1, 1, bytes(5)))
    while True:  # until the head of the answer is there, and its message stuck
        head = await reader.readexactly(9)
        await reader.readexactly(int.from_bytes(head[:3], "big"))
        if head[3] == 1:
            return writer


def test_a_check_answers_for_a_service_and_knows_no_other() -> None:
    async def test(here: Here) -> None:
        assert await here.check() == SERVING
        await here.health.set("a", NOT_SERVING)
        assert await here.check("a") == NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await here.check("b")
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND

    with_service(test)


def test_a_watch_of_an_unknown_service_says_so_and_goes_on() -> None:
    async def test(here: Here) -> None:
        watch = here.watch("late")
        assert (await watch.read()).status == UNKNOWN
        await here.health.set("other", SERVING)
        await here.health.set("late", SERVING)
        assert (await watch.read()).status == SERVING

    with_service(test)


def test_a_watch_tells_every_change_once() -> None:
    async def test(here: Here) -> None:
        watch = here.watch()
        assert (await watch.read()).status == SERVING
        for status in (NOT_SERVING, SERVING, NOT_SERVING):
            await here.health.set("", status)
            await here.health.set("", status)
            assert (await watch.read()).status == status

    with_service(test)


def test_who_leaves_takes_no_other_watch_along() -> None:
    async def test(here: Here) -> None:
        stays, leaves = here.watch(), here.watch()
        assert (await stays.read()).status == (await leaves.read()).status == SERVING
        leaves.cancel()
        while here.health._watching > 1:
            await asyncio.sleep(0.01)
        await here.health.set("", NOT_SERVING)
        assert (await stays.read()).status == NOT_SERVING

    with_service(test)


def test_who_takes_no_answer_keeps_neither_readiness_nor_the_stop_waiting() -> None:
    async def test(here: Here) -> None:
        line = await watch_and_take_nothing(here.port)
        watch = here.watch()
        assert (await watch.read()).status == SERVING
        await here.health.set("", NOT_SERVING)
        assert (await watch.read()).status == NOT_SERVING
        await here.health.enter_graceful_shutdown()
        await here.server.stop(0.2)
        line.close()

    with_service(test)


def test_who_watches_is_told_of_the_stop_and_does_not_delay_it() -> None:
    async def test(here: Here) -> None:
        watch = here.watch()
        assert (await watch.read()).status == SERVING
        await here.health.enter_graceful_shutdown()
        await here.health.set("", SERVING)
        assert (await watch.read()).status == NOT_SERVING
        assert await watch.read() is grpc.aio.EOF
        assert await here.check() == NOT_SERVING
        await here.server.stop(None)  # waits for every call

    with_service(test)


def test_watchers_are_bounded() -> None:
    async def test(here: Here) -> None:
        watching = [here.watch() for _ in range(MOST_WATCHERS)]
        for watch in watching:
            assert (await watch.read()).status == SERVING
        assert await code_of(here.watch()) is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await here.check() == SERVING
        watching[0].cancel()
        while here.health._watching == MOST_WATCHERS:
            await asyncio.sleep(0.01)
        assert (await here.watch().read()).status == SERVING

    with_service(test)


def test_calls_whose_message_does_not_come_are_bounded() -> None:
    async def test(here: Here) -> None:
        silent = [here.send(silence()) for _ in range(MOST_UNREAD + 2)]
        ended = [asyncio.ensure_future(code_of(call)) for call in silent]
        while sum(each.done() for each in ended) < 2:
            await asyncio.wait([each for each in ended if not each.done()], return_when=asyncio.FIRST_COMPLETED)
        assert {each.result() for each in ended if each.done()} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert len(here.health._unread) == MOST_UNREAD
        assert await here.check() == SERVING
        for call in silent:
            call.cancel()
        while here.health._unread:
            await asyncio.sleep(0.01)

    with_service(test)


@pytest.mark.parametrize("message", [b"\xff", b"\x0a\x80\x10" + b"a" * 2048])
def test_a_message_that_names_no_service_is_refused(message: bytes) -> None:
    async def test(here: Here) -> None:
        assert await code_of(here.send(one(message))) is grpc.StatusCode.INVALID_ARGUMENT

    with_service(test)
