"""The service process: opens what it needs, serves until it is told to stop, and leaves nothing half done."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import grpc.aio
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from c4e.opt.v1 import delivery_pb2, jobs_pb2, ledger_pb2, settlement_pb2, solve_pb2, trading_pb2
from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Ledger
from c4e_server.config import Config
from c4e_server.desk import Desk
from c4e_server.errors import InvalidConfig
from c4e_server.exchange import Exchange
from c4e_server.ledgers.journal import Journal
from c4e_server.ledgers.registry import JOURNALS, open_journal, open_ledger
from c4e_server.observability import metrics, tracing
from c4e_server.observability.watch import Watch
from c4e_server.relay import Relay
from c4e_server.services.answering import handler_of
from c4e_server.services.delivery import DeliveryService
from c4e_server.services.ledger import LedgerService
from c4e_server.services.requests import JobService, OptimisationService, SettlementService
from c4e_server.services.trading import TradingService
from c4e_server.store.store import Store
from c4e_server.workers.pool import Pool

_log = logging.getLogger("c4e_server.main")
_DRAIN = 0.8  # part of the time in which solves may end; the rest is for telling who waits


@contextmanager
def _sole(config: Config) -> Generator[None]:
    """The data folder, made when missing, for one service only."""
    try:
        config.data.mkdir(parents=True, exist_ok=True)
        handle = os.open(config.data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InvalidConfig(f"data folder {config.data} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise InvalidConfig(f"another service uses the data folder {config.data}; end it, or name another") from None
    try:
        yield
    finally:
        os.close(handle)


async def serve(config: Config, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        config: How.
        ready: Told the address once calls are answered.

    Raises:
        InvalidConfig: The data folder or the address cannot be used.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with _sole(config), metrics.served(config.metrics_port), tracing.started(config.traces) as interceptors:
        pool = Pool(config.workers, grace_s=config.grace_s, memory_mib=config.memory_mib)
        await asyncio.to_thread(pool.start)
        journal = open_journal(config)
        ledger = journal if config.ledger in JOURNALS else open_ledger(config)
        store = Store(journal.engine, journal, is_ledger=ledger is journal)
        relay = Relay(store.outbox, ledger)
        desk = Desk(config, store, pool, relay.wake)
        carrying = asyncio.gather(relay.run(), _anchor(journal, config.anchor_s))
        try:
            await desk.recover()
            async with (
                _listening(config, desk, ledger, store, relay.wake, interceptors) as (address, health, names),
                _watched(config, desk, ledger, journal, pool, health, names),
            ):
                if not config.loopback:
                    _log.warning(
                        "INSECURE: %s is open to others; calls are neither encrypted nor authenticated", address
                    )
                ready(address)
                _log.info("serving on %s, data in %s", address, config.data)
                await stop.wait()
        finally:
            await desk.close()
            carrying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await carrying
            close: Callable[[], Any] | None = getattr(ledger, "close", None)
            if close is not None and ledger is not journal:
                close()
            journal.close()
            store.close()


async def _anchor(journal: Journal, seconds: int) -> None:
    """Anchor a journal in which nothing happens, too."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(journal.anchor)
        except LedgerError:
            _log.exception("the journal cannot be anchored")


@asynccontextmanager
async def _watched(
    config: Config, desk: Desk, ledger: Ledger, journal: Journal, pool: Pool, health: Any, names: Sequence[str]
) -> AsyncGenerator[None]:
    """Tell who may be called, from the first look on and until the service is told to stop."""
    metrics.QUEUE_LIMIT.set(config.queue_limit)
    watch = Watch(
        engine=journal.engine,
        ledger=ledger,
        workers=pool.breathing,
        queue=lambda: desk.queue,
        data=config.data,
        health=health,
        services=names,
    )
    await watch.look()
    looking = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking


@asynccontextmanager
async def _listening(
    config: Config,
    desk: Desk,
    ledger: Ledger,
    store: Store,
    wake: Callable[[], None],
    interceptors: Sequence[Any],
) -> AsyncGenerator[tuple[str, Any, Sequence[str]]]:
    """A gRPC server with every service: its address, its health service and the names that this tells of."""
    server = grpc.aio.server(
        interceptors=interceptors,
        options=(
            ("grpc.max_receive_message_length", config.message_mib * 2**20),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        )
    )
    health: Any = HealthServicer()
    services: tuple[tuple[object, ServiceDescriptor], ...] = (
        (OptimisationService(desk), solve_pb2.DESCRIPTOR.services_by_name["OptimisationService"]),
        (JobService(desk), jobs_pb2.DESCRIPTOR.services_by_name["JobService"]),
        (SettlementService(desk), settlement_pb2.DESCRIPTOR.services_by_name["SettlementService"]),
        (LedgerService(ledger), ledger_pb2.DESCRIPTOR.services_by_name["LedgerService"]),
        (DeliveryService(store, wake), delivery_pb2.DESCRIPTOR.services_by_name["DeliveryService"]),
        (TradingService(Exchange()), trading_pb2.DESCRIPTOR.services_by_name["TradingService"]),
    )
    server.add_generic_rpc_handlers([handler_of(service, contract) for service, contract in services])
    cast("Any", health_pb2_grpc).add_HealthServicer_to_server(health, server)
    try:
        port = server.add_insecure_port(f"{config.host}:{config.port}")
    except RuntimeError:
        port = 0
    if not port:
        raise InvalidConfig(f"{config.host}:{config.port} cannot be listened on; it may be in use: choose another port")
    await server.start()
    try:
        yield f"{config.host}:{port}", health, [contract.full_name for _, contract in services]
    finally:
        _log.info("stopping; what runs may end within %g s", config.drain_s)
        await health.enter_graceful_shutdown()
        await asyncio.gather(server.stop(config.drain_s), desk.drain(_DRAIN * config.drain_s))
