"""Bounds of connections: sizes, streams, idle and slow callers, as options of gRPC."""

from __future__ import annotations

from typing import Any

from c4e_server.config import Config

_PING_S = 10  # a caller that pings more often than this is shown out


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
        ("grpc.max_allowed_incoming_connections", config.connections_limit),
        ("grpc.max_connection_idle_ms", round(1000 * config.idle_s)),
        ("grpc.keepalive_time_ms", round(1000 * config.keepalive_s)),
        ("grpc.keepalive_timeout_ms", round(1000 * config.handshake_s)),
        ("grpc.http2.ping_timeout_ms", round(1000 * config.handshake_s)),  # it alone ends who does not answer
        ("grpc.keepalive_permit_without_calls", 1),  # who falls silent between calls is cut off, too
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.max_ping_strikes", 2),
        ("grpc.http2.min_ping_interval_without_data_ms", 1000 * _PING_S),
    )


def client_options(metadata_bytes: int) -> tuple[tuple[str, Any], ...]:
    """What a client is told: no bound on messages, one on metadata, and pings within the bounds of the service.

    A service that went away in silence is noticed within 40 s, also by who only listens; one that comes again is found
    within 2 s.
    """
    return (
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_metadata_size", metadata_bytes),
        ("grpc.absolute_max_metadata_size", metadata_bytes),
        ("grpc.enable_http_proxy", 0),
        ("grpc.enable_retries", 0),  # repeated in one place only, `client.patience`
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1_000),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.keepalive_time_ms", 3 * 1000 * _PING_S),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.max_pings_without_data", 0),
    )
