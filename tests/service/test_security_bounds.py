"""What attacks the service is bounded: sizes, bombs, slow and frequent callers; secrets stay so; writes are kept."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from c4e.opt.v1 import (
    datasets_pb2,
    dispatch_session_pb2,
    jobs_pb2,
    ledger_pb2,
    market_session_pb2,
    solve_pb2,
    trading_pb2,
)
from c4e_opt.case import Case
from c4e_server.config import Config, read_config
from c4e_server.errors import InvalidConfig, NotAllowed, RateLimited, ServiceError
from c4e_server.local import Local, local_service
from c4e_server.security.audit_check import check_audit
from c4e_server.security.rates import Rates
from c4e_server.services.answering import MOST_PLAIN_BYTES, _holds_much
from tests.service.security_world import World, world

Make = Callable[..., Case]

LIST = "/c4e.opt.v1.JobService/ListJobs"
TRADE = "/c4e.opt.v1.TradingService/Trade"
SOLVE = "/c4e.opt.v1.OptimisationService/Solve"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A service as it comes."""
    with local_service(tmp_path_factory.mktemp("plain"), "--workers", "1", "--message-mib", "1") as running:
        yield running


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("bounds")
    with world(folder, rate_per_s=2.0, rate_burst=5, handshake_s=1.0, connection_calls=3) as running:
        yield running


def memory_mib(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def test_a_compressed_bomb_is_not_unpacked(plain: Local):
    bomb = b"\x0a" + b"\xff\xff\xff\x7f" + bytes(400 << 20)
    assert len(gzip.compress(bomb[: 1 << 20])) < 2000  # a thousand times smaller on the way
    before = memory_mib(plain.process.pid)
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(plain.address, options) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(SOLVE)(bomb, compression=grpc.Compression.Gzip, timeout=30)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert memory_mib(plain.process.pid) - before < 50
    with grpc.insecure_channel(plain.address) as channel:  # what unpacks to little is taken
        assert channel.unary_unary(LIST)(b"", compression=grpc.Compression.Gzip, timeout=30) == b""


def test_a_message_over_the_bound_is_refused(plain: Local):
    with grpc.insecure_channel(plain.address) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(SOLVE)(bytes(2 << 20), timeout=30)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_message_of_nothing_but_empty_parts_is_refused_before_it_is_read(here: World):
    told = market_session_pb2.TradeOrdersRequest(session_id="s", request_id="r", party="ann").SerializeToString()
    metadata = (("authorization", f"Bearer {here.issuer.token('parts', ('party',), 'ann')}"),)
    with here.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/c4e.opt.v1.MarketSessionService/TradeOrders")(
            told + b"\x22\x00" * MOST_PLAIN_BYTES, metadata=metadata, timeout=30
        )
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert f"at most {MOST_PLAIN_BYTES}" in caught.value.details()


def test_only_messages_that_can_hold_much_may_have_many_bytes():
    contracts = (jobs_pb2, solve_pb2, market_session_pb2, trading_pb2, dispatch_session_pb2, datasets_pb2, ledger_pb2)
    methods = [
        method
        for contract in contracts
        for service in contract.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]
    assert {method.name for method in methods if _holds_much(method.input_type, set())} == {
        "Solve",
        "SubmitJob",
        "UploadDataset",
        "OpenMarketSession",
        "SubmitOrders",
        "AmendOrders",
        "WithdrawOrders",
        "SubmitReadings",
        "RestoreBook",
        "OpenDispatchSession",
        "UpdateForecasts",
        "RecordMeasurements",
    }


def test_metadata_over_the_bound_is_refused(plain: Local):
    with grpc.insecure_channel(plain.address) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(LIST)(b"", metadata=[("x-much", "x" * 60_000)], timeout=30)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01", b"PRI * HTTP/2.0\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_who_connects_and_does_not_go_on_is_cut_off(here: World, said: bytes):
    host, _, port = here.local.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(said)
        begin = time.monotonic()
        try:
            while line.recv(4096):
                pass
        except ConnectionResetError:
            pass
        assert time.monotonic() - begin < 5


def test_a_tenant_that_calls_too_often_is_told_when_to_come_back_and_others_are_served(here: World):
    with here.client("busy", ("market",)) as client:
        with pytest.raises(RateLimited, match="calls per second"):
            [client.jobs() for _ in range(20)]
        with here.client("quiet", ("market",)) as other:
            assert other.jobs() == []
        token = here.issuer.token("busy", ("market",))
        with here.channel() as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(LIST)(b"", metadata=[("authorization", f"Bearer {token}")])
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        status = status_pb2.Status.FromString(dict(caught.value.trailing_metadata())["grpc-status-details-bin"])
        waits = [detail for detail in status.details if detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR)]
        wait = error_details_pb2.RetryInfo()
        waits[0].Unpack(wait)
        seconds = wait.retry_delay.ToNanoseconds() / 1e9
        assert 0 < seconds <= 0.5
        time.sleep(seconds + 0.1)
        assert client.jobs() == []


def test_a_bucket_fills_at_its_rate_and_holds_no_more_than_its_burst():
    now = [0.0]
    rates = Rates(2.0, 3, clock=lambda: now[0])
    for _ in range(3):
        rates.take("a")
    with pytest.raises(RateLimited) as caught:
        rates.take("a")
    assert caught.value.retry_s == pytest.approx(0.5)
    rates.take("b")
    now[0] = 0.5
    rates.take("a")
    now[0] = 1000.0
    for _ in range(3):
        rates.take("a")
    with pytest.raises(RateLimited):
        rates.take("a")


def test_calls_over_one_connection_are_bounded(here: World, make_small: Make):
    """Three streams of the connection stand open; the fourth waits until it may, and is not answered."""
    with here.client("streams", ("market",), sub="x") as client:
        token = here.issuer.token("streams", ("market",))
        metadata = [("authorization", f"Bearer {token}")]
        with here.channel() as channel:
            watching = [
                channel.stream_stream("/c4e.opt.v1.TradingService/Trade")(
                    iter(_Waiting().messages, None), metadata=metadata
                )
                for _ in range(3)
            ]
            time.sleep(1.0)
            with pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary(LIST)(b"", metadata=metadata, timeout=1.0)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert client.jobs() == []
            for each in watching:
                each.cancel()


@pytest.mark.parametrize("method", [SOLVE, LIST, "/c4e.opt.v1.JobService/WatchJob"])
def test_who_does_not_prove_who_it_is_is_refused_before_it_has_sent_anything(here: World, method: str):
    said_enough = threading.Event()
    with here.channel() as channel:
        call = channel.stream_stream(method)(iter(said_enough.wait, True), timeout=10)
        with pytest.raises(grpc.RpcError) as caught:
            call.next()
        said_enough.set()
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("method", [LIST, "/c4e.opt.v1.JobService/WatchJob"])
def test_a_call_without_a_message_is_refused(plain: Local, method: str):
    with grpc.insecure_channel(plain.address) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.stream_stream(method)(iter([]), timeout=20).next()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "no message was sent" in caught.value.details()


class _Waiting:
    """A caller who opens a stream and says nothing for a while."""

    def messages(self) -> bytes | None:
        time.sleep(4.0)
        return None


def test_reflection_is_off(plain: Local):
    for version in ("v1", "v1alpha"):
        with grpc.insecure_channel(plain.address) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo")(
                iter([b""])
            ).next()
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_service_that_anybody_on_the_machine_can_call_says_so_loudly(plain: Local, here: World):
    assert "INSECURE" in plain.log.read_text(encoding="utf-8")
    assert "INSECURE" not in here.local.log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"host": "0.0.0.0"}, "neither encrypted nor authenticated"),
        ({"host": "0.0.0.0", "tls_certificate": Path("c"), "tls_key": Path("k")}, "not authenticated"),
        ({"host": "0.0.0.0", "token_keys": "k", "token_issuer": "i", "token_audience": "a"}, "not encrypted"),
        ({"tls_certificate": Path("c")}, "go together"),
        ({"tls_client_ca": Path("c")}, "needs tls_certificate"),
        ({"token_keys": "k", "token_issuer": "i"}, "token_audience"),
        ({"ledger_tenant": "acme"}, "not authenticated"),
        ({"rate_per_s": -1.0}, "rate_per_s"),
        ({"handshake_s": float("inf")}, "handshake_s"),
    ],
)
def test_a_configuration_that_is_not_safe_is_refused(said: dict[str, Any], wanted: str):
    with pytest.raises(InvalidConfig, match=wanted):
        Config(**said)


def test_others_may_reach_a_service_that_is_encrypted_and_asks_who_they_are():
    tls: dict[str, Any] = {"tls_certificate": Path("c"), "tls_key": Path("k")}
    assert not Config(host="0.0.0.0", **tls, tls_client_ca=Path("a")).lacking
    assert not Config(host="0.0.0.0", **tls, token_keys="k", token_issuer="i", token_audience="a").lacking


@pytest.mark.parametrize("url", ["postgresql://me:secret@db/x", "postgresql://me@db/x?password=secret"])
def test_a_password_is_not_taken_from_a_flag_and_not_repeated(url: str):
    with pytest.raises(InvalidConfig) as caught:
        read_config(None, {}, database=url)
    assert "secret" not in str(caught.value)
    kept = read_config(None, {"C4E_OPT_DATABASE": url})
    assert kept.database == url
    assert "secret" not in repr(kept)


def test_no_token_and_no_case_stands_in_the_logs(here: World, make_small: Make):
    token = here.issuer.token("logged", ("market",), sub="somebody")
    with here.bare(token) as client:
        client.solve(make_small(name="confidential"))
    bad = here.issuer.token("logged", aud="other")
    with here.bare(bad) as client, pytest.raises(ServiceError):
        client.jobs()
    audit = (here.folder / "data" / "audit.jsonl").read_text(encoding="utf-8")
    log = here.local.log.read_text(encoding="utf-8")
    assert "somebody" in audit
    for text in (token, bad, token.split(".")[2], "confidential"):
        assert text not in audit
        assert text not in log


def lines(world: World) -> list[dict[str, Any]]:
    text = (world.folder / "data" / "audit.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_every_write_is_in_the_audit_log_and_no_read(here: World, make_small: Make):
    before = len(lines(here))
    with here.client("written", ("market",), sub="wendy") as client:
        client.solve(make_small(), request_id="w")
        client.job("w")
        client.cancel("w")
    begin, end, cancel, _ = lines(here)[before:]
    assert (begin["event"], begin["subject"], begin["tenant"], begin["request_id"]) == (
        "begin",
        "wendy",
        "written",
        "w",
    )
    assert begin["method"] == "c4e.opt.v1.OptimisationService.Solve"
    assert len(begin["digest"]) == 64
    assert (end["event"], end["call"], end["code"]) == ("end", begin["call"], "OK")
    assert cancel["method"].endswith("CancelJob")
    assert check_audit([here.folder / "data" / "audit.jsonl"]).faults == []


def test_the_audit_log_says_which_sessions_and_datasets_were_written(here: World, make_small: Make):
    before = len(lines(here))
    closes = datetime.now(UTC) + timedelta(hours=1)
    with here.client("naming", ("market",), sub="nora") as client:
        dataset = client.datasets.upload(make_small())
        client.markets.open("monday", make_small(), closes=closes)
    upload, uploaded, opened, _ = [line for line in lines(here)[before:] if line["subject"] == "nora"]
    assert (upload["method"], "dataset_id" in upload) == ("c4e.opt.v1.DatasetService.UploadDataset", False)
    assert (uploaded["dataset_id"], uploaded["code"]) == (dataset, "OK")
    assert opened["session_id"] == "monday"


def test_a_write_that_fails_is_in_the_audit_log_too(here: World, make_small: Make):
    with here.client("failing", ("operator",), sub="fred") as client, pytest.raises(NotAllowed):
        client.solve(make_small(), request_id="w", settlement="post")
    begin, end = [line for line in lines(here) if line["subject"] == "fred"]
    assert (begin["event"], end["code"]) == ("begin", "PERMISSION_DENIED")


def test_only_its_owner_reads_the_audit_log(here: World):
    assert (here.folder / "data" / "audit.jsonl").stat().st_mode & 0o077 == 0
