"""What an operator relies on: readiness, an orderly end, metrics, traces, names of calls in the log."""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from c4e.opt.v1 import jobs_pb2
from c4e_opt.case import Case
from c4e_opt.errors import C4eError
from c4e_opt.settlement import MemoryLedger
from c4e_opt.settlement.conformance import sample_batch
from c4e_opt.solve import SolveOptions
from c4e_server.client import Client
from c4e_server.convert.statement import batch_to_proto
from c4e_server.database.engine import open_engine
from c4e_server.local import Local, local_service
from c4e_server.observability import metrics
from c4e_server.services.health import Health
from c4e_server.store.outbox import Delivery
from c4e_server.store.store import Store
from c4e_server.watch import Watch

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def health_of(address: str, service: str = "") -> int:
    with grpc.insecure_channel(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        return int(stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10).status)


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


def scraped(port: int) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        page = answer.read().decode()
    families = text_string_to_metric_families(page)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


class Collector:
    """An OpenTelemetry collector: takes spans over HTTP and keeps them."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    import gzip

                    body = gzip.decompress(body)
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    for scope in resource.scope_spans:
                        collector.spans += scope.spans
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/traces"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, collector: Collector, port: int) -> Iterator[Local]:
    """A service that is measured and traced."""
    flags = ("--workers", "1", "--metrics-port", str(port), "--traces", collector.url)
    with local_service(tmp_path_factory.mktemp("watched"), *flags) as running:
        yield running


def test_metrics_count_calls_solves_phases_and_gaps(watched: Local, port: int, make_small: Callable[..., Case]) -> None:
    before = scraped(port)
    with Client(watched.address) as client:
        for demand_kw in (2.0, 2.5, 3.0, 3.0):
            client.solve(make_small(demand_kw=demand_kw))
        with pytest.raises(C4eError):
            client.get("nobody")

    def more(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after.get(key, 0.0) - before.get(key, 0.0)

    solve = "c4e.opt.v1.OptimisationService.Solve"
    lost = ("c4e_calls_total", (("code", "NOT_FOUND"), ("method", "c4e.opt.v1.JobService.GetJob")))
    until(lambda: scraped(port).get(lost, 0.0) == before.get(lost, 0.0) + 1)  # calls count once they are answered
    after = scraped(port)
    assert more("c4e_calls_total", method=solve, code="OK") == 4
    assert more("c4e_call_seconds_count", method=solve) == 4
    assert more("c4e_solves_total", reason="OPTIMAL") == 3
    assert (more("c4e_answers_total", origin="solved"), more("c4e_answers_total", origin="kept")) == (3, 1)
    assert more("c4e_solve_gap_ratio_count") == 3
    for phase in ("read", "check", "formulate", "solve", "verify", "price", "total"):
        assert more("c4e_solve_phase_seconds_count", phase=phase) >= 3, phase
    assert 0 < more("c4e_solve_phase_seconds_sum", phase="total") < more("c4e_call_seconds_sum", method=solve)


def test_gauges_say_how_the_service_stands(watched: Local, port: int) -> None:
    found = scraped(port)
    for name, expected in {
        "c4e_database_up": 1,
        "c4e_ledger_reachable": 1,
        "c4e_workers": 2,  # one and its spare
        "c4e_queue_limit": 1000,
        "c4e_outbox_lag_seconds": 0,
        "c4e_journal_entries": 1,  # the genesis
    }.items():
        assert found[name, ()] == expected, name
    assert found["c4e_ready", (("service", "all"),)] == 1
    assert found["c4e_disk_free_bytes", ()] > 0


def test_metrics_are_read_on_loopback_only(watched: Local, port: int) -> None:
    listening = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=False).stdout
    if not listening:
        listening = Path("/proc/net/tcp").read_text(encoding="ascii")
        assert f"0100007F:{port:04X}" in listening
        assert f"00000000:{port:04X}" not in listening
    else:
        assert f"127.0.0.1:{port}" in listening
        assert f"0.0.0.0:{port}" not in listening


def test_every_call_is_a_span_and_every_phase_of_a_solve_one_below_it(
    watched: Local, collector: Collector, make_small: Callable[..., Case]
) -> None:
    with Client(watched.address) as client:
        client.solve(make_small("traced"), request_id="traced")

    def mine() -> list[Any]:
        named = [({a.key: a.value.string_value for a in span.attributes}, span) for span in collector.spans]
        return [span for said, span in named if "traced" in said.get("c4e.request", "")]

    until(lambda: bool(mine()))
    (solve,) = mine()
    (call,) = [span for span in collector.spans if span.span_id == solve.parent_span_id]
    assert call.name.endswith("OptimisationService/Solve")
    phases = [span for span in collector.spans if span.parent_span_id == solve.span_id]
    assert [span.name for span in phases][:2] == ["read", "check"]
    assert {"formulate", "solve", "verify", "price"} <= {span.name for span in phases}
    for span in phases:
        assert span.trace_id == call.trace_id
        assert solve.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= solve.end_time_unix_nano + 1000


@pytest.mark.parametrize(("said", "kept"), [("order-7", True), ('x"},{"level":"ERROR', False), ("a" * 65, False)])
def test_a_call_is_found_in_the_log_by_the_name_that_its_caller_gave_it(watched: Local, said: str, kept: bool) -> None:
    before = watched.log.read_text(encoding="utf-8")
    with grpc.insecure_channel(watched.address) as channel:
        ask = channel.unary_unary("/c4e.opt.v1.JobService/ListJobs")
        ask(b"", timeout=10, metadata=(("x-request-id", said),))
    until(lambda: "ListJobs" in watched.log.read_text(encoding="utf-8")[len(before) :])
    lines = [json.loads(line) for line in watched.log.read_text(encoding="utf-8")[len(before) :].splitlines()]
    (line,) = [each for each in lines if each.get("call", "").endswith("ListJobs")]
    assert (line["call_id"] == said) == kept
    assert re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", line["call_id"])


def test_health_says_for_scripts_whether_the_service_is_ready(watched: Local) -> None:
    def exit_of(*arguments: str) -> int:
        command = [sys.executable, "-m", "c4e_server.cli", "health", *arguments]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert exit_of("--address", watched.address) == 0
    assert exit_of("--address", watched.address, "--service", "c4e.opt.v1.JobService") == 0
    assert exit_of("--address", watched.address, "--service", "nobody") == 1
    assert exit_of("--address", f"127.0.0.1:{free_port()}", "--timeout-s", "0.5") == 1


def test_a_service_without_its_database_is_not_ready_until_it_is_back(tmp_path: Path) -> None:
    from tests.faults.test_kills import database

    with (
        database("postgresql", tmp_path) as (url, server),
        local_service(tmp_path / "data", "--workers", "1", "--database", url) as service,
    ):
        jobs = "c4e.opt.v1.JobService"
        assert health_of(service.address) == health_of(service.address, jobs) == SERVING
        server.die()
        until(lambda: health_of(service.address) == NOT_SERVING)
        assert health_of(service.address, jobs) == NOT_SERVING
        server._start()
        until(lambda: health_of(service.address) == SERVING)


def test_what_runs_may_end_and_what_waits_is_told_to_come_again(tmp_path: Path, hard_case: Case) -> None:
    options, others = SolveOptions(time_limit_s=8.0, gap=0.0), SolveOptions(time_limit_s=7.0, gap=0.0)
    with ThreadPoolExecutor(3) as threads:
        port = free_port()
        flags = ("--workers", "1", "--drain-s", "30", "--metrics-port", str(port))
        with local_service(tmp_path, *flags) as service, Client(service.address, patience_s=0.0) as client:
            running = threads.submit(client.solve, hard_case, options)
            until(lambda: scraped(port)["c4e_requests", (("state", "running"),)] == 1)
            waiting = threads.submit(client.solve, hard_case, others, request_id="waiting")
            until(lambda: [job.request_id for job in client.jobs()] == ["waiting"])
            service.process.send_signal(signal.SIGTERM)
            with pytest.raises(C4eError, match=r"being stopped"):
                waiting.result(20)
            assert not running.done()
            assert running.result(30).outcome.has_schedule
            with pytest.raises(C4eError):
                client.job("waiting")
            service.process.wait(10)
        assert service.process.returncode == 0
        with local_service(tmp_path, "--workers", "1") as service, Client(service.address) as client:
            assert client.job("waiting").state in (jobs_pb2.JOB_STATE_QUEUED, jobs_pb2.JOB_STATE_RUNNING)
    assert "Traceback" not in service.log.read_text(encoding="utf-8")


def test_the_watch_sees_dead_letters_late_ones_and_a_ledger_that_is_away(tmp_path: Path) -> None:
    from c4e_server.ledgers.marketplace.ledger import GrpcLedger

    store, put = Store(tmp_path / "service.sqlite"), (0.0, 0.0)
    for number, state in enumerate((Delivery.DEAD, Delivery.DEAD, Delivery.WAITING, Delivery.DELIVERED)):
        batch = sample_batch(f"batch {number}", {"party:ann": 1, "party:bob": -1})
        begin = time.time()
        with store.outbox._transaction() as connection:
            store.outbox.put(connection, batch.id, "", batch_to_proto(batch).SerializeToString(), state=state)
        if state is Delivery.WAITING:
            put = begin, time.time()
        time.sleep(0.3)

    def watch(ledger: Any, workers: int) -> Watch:
        return Watch(
            engine=open_engine(f"sqlite:///{tmp_path / 'service.sqlite'}"),
            ledger=ledger,
            workers=lambda: workers,
            queue=lambda: (5, 2),
            data=tmp_path,
            health=health,
            services=names,
        )

    health = Health()
    names = [f"c4e.opt.v1.{name}Service" for name in ("Job", "Ledger", "Settlement", "Trading")]

    def states() -> dict[str, bool]:
        return {name.rsplit(".", 1)[-1]: health.status(name) == SERVING for name in ("", *names)}

    run = asyncio.Runner().run
    looked = [time.time()]
    run(watch(MemoryLedger(), 1).look())
    looked.append(time.time())
    assert all(states().values())
    value: Callable[..., float | None] = metrics.REGISTRY.get_sample_value
    assert value("c4e_outbox_batches", {"state": "dead"}) == 2
    assert value("c4e_outbox_batches", {"state": "waiting"}) == 1
    assert looked[0] - put[1] <= (value("c4e_outbox_lag_seconds") or 0) <= looked[1] - put[0]  # of the waiting one
    assert (value("c4e_requests", {"state": "waiting"}), value("c4e_requests", {"state": "running"})) == (5, 2)

    away = GrpcLedger(f"127.0.0.1:{free_port()}", timeout_s=0.5, attempts=1)
    run(watch(away, 1).look())
    assert states() == {"": True, "JobService": True, "LedgerService": False} | dict.fromkeys(
        ("SettlementService", "TradingService"), True
    )
    assert value("c4e_ledger_reachable") == 0

    run(watch(MemoryLedger(), 0).look())
    assert states() == {"": False, "JobService": False} | dict.fromkeys(
        ("LedgerService", "SettlementService", "TradingService"), True
    )
    store.close()


def test_only_its_own_user_reads_what_a_service_writes(tmp_path: Path, make_small: Callable[..., Case]) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-m", "c4e_server.cli", "serve", "--port", "0", "--data", str(data), "--workers", "1"]
    usual: Any = {"umask": 0o022, "stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # as most shells have it
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **usual)
    try:
        assert process.stdout is not None
        with Client(process.stdout.readline().strip()) as client:
            client.solve(make_small(), request_id="r", settlement="post")
        modes = {file.name: file.stat().st_mode & 0o777 for file in data.iterdir()}
    finally:
        process.terminate()
        process.wait(20)
    assert data.stat().st_mode & 0o777 == 0o700
    assert {"service.sqlite", "service.sqlite-wal", "anchors.jsonl", "audit.jsonl", "journal.key"} <= set(modes)
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_a_new_database_is_its_owners_alone_whoever_makes_it(tmp_path: Path) -> None:
    usual = os.umask(0o022)
    try:
        store = Store(tmp_path / "service.sqlite")
        assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
        store.close()
    finally:
        os.umask(usual)
