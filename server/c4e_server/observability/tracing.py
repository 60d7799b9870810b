"""Traces by OpenTelemetry, where a collector is named: calls and phases of solves (extra `traces`)."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, cast

from c4e_server.errors import InvalidConfig

_FLUSH_MS = 2_000

_tracer: Any = None  # of the one service in this process


@contextmanager
def started(endpoint: str) -> Generator[list[Any]]:
    """Trace while the block runs; the interceptors for the gRPC server, none when there is no endpoint.

    Args:
        endpoint: OTLP over HTTP: http://HOST:4318/v1/traces; empty for no traces.

    Raises:
        InvalidConfig: OpenTelemetry is not installed.
    """
    global _tracer
    if not endpoint:
        yield []
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation import grpc as instrumentation
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise InvalidConfig("traces need OpenTelemetry: pip install 'c4e-opt[traces]'") from None
    provider = TracerProvider(
        resource=Resource.create({"service.name": "c4e-opt", "service.version": version("c4e-opt")})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=2)))
    _tracer = provider.get_tracer("c4e_server")
    try:
        intercept = cast("Any", instrumentation).aio_server_interceptor
        yield [intercept(tracer_provider=provider)]
    finally:
        _tracer = None
        provider.force_flush(_FLUSH_MS)
        provider.shutdown()


def solved(request_id: str, reason: str, seconds: Mapping[str, float] | Iterable[tuple[str, float]]) -> None:
    """A solve that ends now, as a span of the call that asked for it, with one span for each of its phases.

    Args:
        request_id: Whose solve; empty for one that is not kept.
        reason: Why it ended.
        seconds: By phase, in order.
    """
    if _tracer is None:
        return
    from opentelemetry.trace import set_span_in_context

    phases = {name: each for name, each in dict(seconds).items() if name != "total"}
    end = time.time_ns()
    begin = end - int(1e9 * sum(phases.values()))
    said = {"c4e.request": request_id, "c4e.reason": reason}
    whole = _tracer.start_span("solve", start_time=begin, attributes=said)
    inside = set_span_in_context(whole)
    for name, each in phases.items():
        span = _tracer.start_span(name, context=inside, start_time=begin)
        begin += int(1e9 * each)
        span.end(begin)
    whole.end(end)
