"""Bounds of connections: sizes, streams, idle and slow callers, as options of gRPC."""

from __future__ import annotations

from typing import Any

from c4e_server.config import Config


def server_options(config: Config) -> tuple[tuple[str, Any], ...]:
    """What the server is told.

    The bound on messages holds for what comes and for what it unpacks to: gRPC stops unpacking there, so that a few
    kilobytes cannot become gigabytes.
    """
    return (
        ("grpc.max_receive_message_length", config.message_mib * 2**20),
        ("grpc.max_send_message_length", -1),
        ("grpc.so_reuseport", 0),
        ("grpc.max_metadata_size", 16 * 2**10),
        ("grpc.absolute_max_metadata_size", 32 * 2**10),
        ("grpc.max_concurrent_streams", config.connection_calls),
        ("grpc.server_handshake_timeout_ms", round(1000 * config.handshake_s)),
        ("grpc.keepalive_time_ms", round(1000 * config.keepalive_s)),
        ("grpc.keepalive_timeout_ms", round(1000 * config.handshake_s)),
        ("grpc.http2.max_ping_strikes", 2),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    )
