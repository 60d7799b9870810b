"""Connections and calls at once are bounded: idle, dead and half-open ones, those of a tenant, and bad tokens."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from c4e_server.local import Local, local_service
from c4e_server.security.access import Access
from tests.service.security_world import World, world

LIST = "/c4e.opt.v1.JobService/ListJobs"
TRADE = "/c4e.opt.v1.TradingService/Trade"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, SETTINGS_SEEN = b"\0\0\0\4\0\0\0\0\0", b"\0\0\0\4\1\0\0\0\0"


@contextmanager
def bounded(folder: Path, **more: Any) -> Iterator[Local]:
    """A service as it comes, but for these settings."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "service.toml"
    file.write_text("".join(f"{name} = {json.dumps(content)}\n" for name, content in more.items()))
    with local_service(folder / "data", "--workers", "1", "--config", str(file)) as local:
        yield local


def listed(channel: grpc.Channel, *metadata: tuple[str, str], timeout: float = 10.0) -> Any:
    """The status code of a small call, and how long to wait where it says so; OK and 0 where it is answered."""
    try:
        channel.unary_unary(LIST)(b"", metadata=metadata, timeout=timeout)
    except grpc.RpcError as error:
        said = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
        wait = error_details_pb2.RetryInfo()
        for detail in status_pb2.Status.FromString(said).details:
            detail.Unpack(wait)
        return error.code(), wait.retry_delay.ToNanoseconds() / 1e9
    return grpc.StatusCode.OK, 0.0


def connected(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    line = socket.create_connection((host, int(port)), timeout=10)
    line.sendall(PREFACE + SETTINGS + SETTINGS_SEEN)
    return line


def ended(line: socket.socket, seconds: float) -> bool:
    """Whether the other side ends a connection within a time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        line.settimeout(left)
        try:
            if not line.recv(4096):
                return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
    return False


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A service that takes few connections and calls, and asks soon whether somebody is there."""
    more = {"connections_limit": 20, "calls_limit": 5, "keepalive_s": 1.0, "handshake_s": 1.0}
    with bounded(tmp_path_factory.mktemp("few"), **more) as running:
        yield running


def test_who_falls_silent_is_cut_off(few: Local):
    with connected(few.address) as line:
        assert ended(line, 6.0)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A service that takes few connections, and closes those without calls."""
    with bounded(tmp_path_factory.mktemp("short"), connections_limit=20, idle_s=4.0) as running:
        yield running


def test_connections_are_bounded_and_those_that_stand_are_served(short: Local):
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(grpc.insecure_channel(short.address))
        assert listed(client)[0] is grpc.StatusCode.OK
        lines = [stack.enter_context(connected(short.address)) for _ in range(60)]
        time.sleep(0.5)
        standing = sum(not ended(line, 0.01) for line in lines)
        assert 10 <= standing <= 20
        assert listed(client)[0] is grpc.StatusCode.OK
        for line in lines:
            line.close()
        with grpc.insecure_channel(short.address, [("grpc.use_local_subchannel_pool", 1)]) as other:
            assert listed(other)[0] is grpc.StatusCode.OK


def test_a_connection_without_calls_is_closed_and_opened_again_for_the_next(short: Local):
    with grpc.insecure_channel(short.address) as channel:
        states: list[grpc.ChannelConnectivity] = []
        channel.subscribe(states.append)
        assert listed(channel)[0] is grpc.StatusCode.OK
        end = time.monotonic() + 20
        while states[-1] is not grpc.ChannelConnectivity.IDLE or len(states) < 2:
            assert time.monotonic() < end, states
            time.sleep(0.05)
        assert listed(channel)[0] is grpc.StatusCode.OK


class Open:
    """Calls that are begun and of which nothing more is said."""

    def __init__(self, channel: grpc.Channel, path: str, count: int, *metadata: tuple[str, str]) -> None:
        self._done = threading.Event()
        self._begin = lambda: channel.stream_stream(path)(self._silence(), metadata=metadata)
        self._calls = [self._begin() for _ in range(count)]

    def _silence(self) -> Iterator[bytes]:
        self._done.wait(60)
        yield from ()

    def until_refused(self, *given: Any) -> Any:
        """Make small calls until one is refused; what took the place of an open call is opened again."""
        end = time.monotonic() + 20
        while (found := listed(*given))[0] is grpc.StatusCode.OK:
            assert time.monotonic() < end
            self._calls = [call if call.is_active() else self._begin() for call in self._calls]
        return found

    def close(self, *given: Any) -> None:
        """End them, and make small calls until one is taken."""
        for call in self._calls:
            call.cancel()
        self._done.set()
        end = time.monotonic() + 20
        while listed(*given)[0] is not grpc.StatusCode.OK:
            assert time.monotonic() < end


@pytest.mark.parametrize("path", [TRADE, LIST], ids=["stream", "half-open"])
def test_calls_of_all_together_are_bounded(few: Local, path: str):
    with grpc.insecure_channel(few.address) as channel:
        assert listed(channel)[0] is grpc.StatusCode.OK
        standing = Open(channel, path, 5)
        assert standing.until_refused(channel)[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
        standing.close(channel)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("connections"), tenant_calls=3, refusals_per_s=1.0) as running:
        yield running


def alone(here: World) -> grpc.Channel:
    """A channel whose connection nobody else uses."""
    return Access(ca=here.authority.file).channel(here.local.address, (("grpc.use_local_subchannel_pool", 1),))


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


def test_a_tenant_with_many_calls_under_way_waits_and_others_are_served(here: World):
    token = bearer(here.issuer.token("large", ("market",)))
    with alone(here) as channel:
        for _ in range(4):  # each time, they are counted off again
            standing = Open(channel, TRADE, 3, token)
            found = standing.until_refused(channel, token)
            assert found[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert found[1] > 0
            with here.client("small", ("market",)) as other:
                assert other.jobs() == []
            standing.close(channel, token)


def test_bad_tokens_over_one_connection_are_soon_not_looked_at_and_nobody_else_suffers(here: World):
    good = bearer(here.issuer.token("acme", ("market",)))
    with alone(here) as channel:
        assert listed(channel, good)[0] is grpc.StatusCode.OK
        bad = [bearer(here.issuer.token("acme", ("market",), aud=f"other {number}")) for number in range(30)]
        found = [listed(channel, token) for token in bad]
        codes = [code for code, _ in found]
        refused = codes.count(grpc.StatusCode.UNAUTHENTICATED)
        assert 10 <= refused <= 15
        assert set(codes[20:]) == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert 0 < found[-1][1] <= 1.0
        assert listed(channel, good)[0] is grpc.StatusCode.OK  # known to be good
        new = bearer(here.issuer.token("acme", ("market",), sub="new"))
        assert listed(channel, new)[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
        with alone(here) as other:  # from the same address
            assert listed(other, new)[0] is grpc.StatusCode.OK
        time.sleep(1.1)
        newer = bearer(here.issuer.token("acme", ("market",), sub="newer"))
        assert listed(channel, newer)[0] is grpc.StatusCode.OK
