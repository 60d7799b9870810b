"""Prometheus metrics: what is counted and timed while the service runs, and the loopback port where it is read.

Counters and histograms are fed where things happen; gauges are set by `c4e_server.watch`, so that a scrape
asks nobody anything.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
    start_http_server,
)

from c4e_server.errors import InvalidConfig

#: Everything below; the library's own registry is for whoever embeds the service.
REGISTRY = CollectorRegistry()

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
_GAPS = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0)

CALLS = Counter("c4e_calls", "Calls that ended, by method and status code.", ["method", "code"], registry=REGISTRY)
CALL_SECONDS = Histogram(
    "c4e_call_seconds", "Duration of calls in seconds.", ["method"], registry=REGISTRY, buckets=_SECONDS
)
SOLVES = Counter(
    "c4e_solves", "Solves that ended, by the reason of the answer or of the failure.", ["reason"], registry=REGISTRY
)
PHASE_SECONDS = Histogram(
    "c4e_solve_phase_seconds",
    "Duration of a phase of a solve in seconds; `total` is the whole.",
    ["phase"],
    registry=REGISTRY,
    buckets=_SECONDS,
)
GAP = Histogram("c4e_solve_gap_ratio", "Relative gap of answers, a ratio.", registry=REGISTRY, buckets=_GAPS)
CACHE = Counter(
    "c4e_answers",
    "Answers by where they came from: solved, shared with one in flight, or kept from before.",
    ["origin"],
    registry=REGISTRY,
)
REQUESTS = Gauge("c4e_requests", "Requests that wait or run now.", ["state"], registry=REGISTRY)
QUEUE_LIMIT = Gauge("c4e_queue_limit", "Requests that may wait or run at once.", registry=REGISTRY)
WORKERS = Gauge("c4e_workers", "Worker processes that are alive.", registry=REGISTRY)
WORKERS_LOST = Counter(
    "c4e_workers_lost", "Workers that ended unasked; what they solved is solved again, once.", registry=REGISTRY
)
OUTBOX = Gauge("c4e_outbox_batches", "Batches that are not at their end, by state.", ["state"], registry=REGISTRY)
OUTBOX_LAG = Gauge(
    "c4e_outbox_lag_seconds", "Age of the oldest batch that is on its way, in seconds; 0 for none.", registry=REGISTRY
)
LEDGER = Gauge("c4e_ledger_reachable", "1 when the ledger answers, 0 when it does not.", registry=REGISTRY)
DATABASE = Gauge("c4e_database_up", "1 when the database answers, 0 when it does not.", registry=REGISTRY)
JOURNAL = Gauge("c4e_journal_entries", "Entries of the journal.", registry=REGISTRY)
UNANCHORED = Gauge(
    "c4e_journal_unanchored_seconds",
    "Age of the last anchor in seconds while the journal has entries after it; else 0.",
    registry=REGISTRY,
)
DISK = Gauge("c4e_disk_free_bytes", "Free space where the data folder is.", registry=REGISTRY)
READY = Gauge("c4e_ready", "1 when a service is ready, 0 when it is not.", ["service"], registry=REGISTRY)
Info("c4e_build", "What runs.", registry=REGISTRY).info({"version": version("c4e-opt")})

disable_created_metrics()  # they double the page and nobody asks for them

_calls: dict[tuple[str, str], tuple[Callable[[], None], Callable[[float], None]]] = {}


def call(method: str, code: str, seconds: float) -> None:
    """A call ended."""
    known = _calls.get((method, code))
    if known is None:  # labels are looked up under a lock, which is dearer than the dictionary
        known = CALLS.labels(method, code).inc, CALL_SECONDS.labels(method).observe
        _calls[method, code] = known
    known[0]()
    known[1](seconds)


def solved(reason: str, seconds: Mapping[str, float] | Iterable[tuple[str, float]], gap: float | None) -> None:
    """A solve ended with an answer.

    Args:
        reason: Why it ended.
        seconds: By phase.
        gap: Relative gap; None where there is none.
    """
    SOLVES.labels(reason).inc()
    for phase, duration in dict(seconds).items():
        PHASE_SECONDS.labels(phase).observe(duration)
    if gap is not None:
        GAP.observe(gap)


def failed(reason: str) -> None:
    """A solve ended without an answer."""
    SOLVES.labels(reason).inc()


@contextmanager
def served(port: int) -> Generator[int]:
    """Serve the metrics at http://127.0.0.1:PORT/metrics while the block runs; nothing is opened when the port is 0.

    Raises:
        InvalidConfig: The port is in use.
    """
    if not port:
        yield 0
        return
    try:
        server: Any
        server, thread = start_http_server(port, "127.0.0.1", REGISTRY)
    except OSError as error:
        raise InvalidConfig(f"metrics_port {port} cannot be listened on ({error.strerror}); choose another") from None
    try:
        yield port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
