"""The service process: opens what it needs, serves until it is told to stop, and leaves nothing half done."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import hashlib
import logging
import os
import platform
import signal
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import grpc.aio
from google.protobuf.descriptor import ServiceDescriptor

from c4e.opt.v1 import (
    datasets_pb2,
    delivery_pb2,
    dispatch_session_pb2,
    jobs_pb2,
    ledger_pb2,
    market_session_pb2,
    settlement_pb2,
    solve_pb2,
    trading_pb2,
)
from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Ledger
from c4e_server.config import Config
from c4e_server.desk import Desk
from c4e_server.errors import InvalidConfig
from c4e_server.ledgers.journal import Journal
from c4e_server.ledgers.registry import JOURNALS, open_journal, open_ledger
from c4e_server.observability import metrics, tracing
from c4e_server.relay import Relay
from c4e_server.retention import Retention
from c4e_server.security.audit import Audit
from c4e_server.security.books import Books
from c4e_server.security.bounds import server_options
from c4e_server.security.guard import Guard, tls_of
from c4e_server.services.answering import handler_of
from c4e_server.services.dataset import DatasetService
from c4e_server.services.delivery import DeliveryService
from c4e_server.services.dispatch_session import DispatchSessionService
from c4e_server.services.health import Health
from c4e_server.services.ledger import LedgerService
from c4e_server.services.market_session import MarketSessionService
from c4e_server.services.reflection import REFLECTION, Reflection
from c4e_server.services.requests import JobService, OptimisationService, SettlementService
from c4e_server.services.trading import TradingService
from c4e_server.sessions.dispatch.sites import Sites
from c4e_server.sessions.markets import Markets
from c4e_server.store.store import Store
from c4e_server.watch import Watch
from c4e_server.workers.executor import Executor, open_executor

_log = logging.getLogger("c4e_server.main")
_DRAIN = 0.8  # part of the time in which solves may end; the rest is for telling who waits


@contextmanager
def _sole(config: Config) -> Generator[None]:
    """The data folder, made when missing, for one service only."""
    try:
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
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


@contextmanager
def _guarded(config: Config) -> Generator[Guard]:
    """The guard of all calls, with the audit log that it writes."""
    audit = Audit(config.data / "audit.jsonl", config.audit_mib * 2**20)
    try:
        yield Guard(config, audit)
    finally:
        audit.close()


def _owner(config: Config) -> str:
    """Names the service of a data folder, the same after a restart."""
    return hashlib.sha256(f"{platform.node()} {config.data.resolve()}".encode()).hexdigest()[:16]


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
    with (
        _sole(config),
        _guarded(config) as guard,
        metrics.served(config.metrics_port),
        tracing.started(config.traces) as interceptors,
    ):
        pool = open_executor(config)
        await asyncio.to_thread(pool.start)
        journal = open_journal(config)
        ledger = journal if config.ledger in JOURNALS else open_ledger(config)
        store = Store(
            journal.engine, journal, is_ledger=ledger is journal, owner=_owner(config), lease_s=config.lease_s
        )
        relay = Relay(store.outbox, ledger)
        desk = Desk(config, store, pool, relay.wake)
        markets, sites = Markets(store, desk, relay.wake), Sites(store, desk)
        sessions: asyncio.Future[Any] | None = None
        carrying = asyncio.gather(relay.run(), _anchor(journal, config.anchor_s), Retention(store, config).run())
        try:
            await desk.recover()
            sessions = asyncio.gather(markets.run(), sites.run())
            async with (
                _listening(config, desk, markets, sites, ledger, journal, store, relay.wake, interceptors, guard) as (
                    address,
                    health,
                    names,
                ),
                _watched(config, desk, ledger, journal, pool, health, names),
            ):
                if config.lacking:
                    told = "INSECURE: calls of %s are %s; only this machine can make them"
                    _log.warning(told, address, config.lacking)
                gc.collect()
                gc.freeze()  # a collection that looked at all that was imported would keep every call waiting
                ready(address)
                _log.info("serving on %s, data in %s", address, config.data)
                await stop.wait()
        finally:
            if sessions is not None:
                sessions.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await sessions
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
    config: Config, desk: Desk, ledger: Ledger, journal: Journal, pool: Executor, health: Health, names: Sequence[str]
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
    markets: Markets,
    sites: Sites,
    ledger: Ledger,
    journal: Journal,
    store: Store,
    wake: Callable[[], None],
    interceptors: Sequence[Any],
    guard: Guard,
) -> AsyncGenerator[tuple[str, Health, Sequence[str]]]:
    """A gRPC server with every service: its address, its health service and the names that this tells of."""
    server = grpc.aio.server(
        interceptors=interceptors,
        options=server_options(config),
        maximum_concurrent_rpcs=config.calls_limit,
    )
    books = Books(config.ledger_tenant)
    health = Health()
    services: list[tuple[object, ServiceDescriptor]] = [
        (OptimisationService(desk, books), solve_pb2.DESCRIPTOR.services_by_name["OptimisationService"]),
        (JobService(desk, books, config.message_mib * 2**20), jobs_pb2.DESCRIPTOR.services_by_name["JobService"]),
        (_datasets(config, store), datasets_pb2.DESCRIPTOR.services_by_name["DatasetService"]),
        (SettlementService(desk), settlement_pb2.DESCRIPTOR.services_by_name["SettlementService"]),
        (LedgerService(ledger, books, journal), ledger_pb2.DESCRIPTOR.services_by_name["LedgerService"]),
        (DeliveryService(store, wake, books), delivery_pb2.DESCRIPTOR.services_by_name["DeliveryService"]),
        (MarketSessionService(markets, books), market_session_pb2.DESCRIPTOR.services_by_name["MarketSessionService"]),
        (DispatchSessionService(sites), dispatch_session_pb2.DESCRIPTOR.services_by_name["DispatchSessionService"]),
        (TradingService(markets), trading_pb2.DESCRIPTOR.services_by_name["TradingService"]),
    ]
    names = [contract.full_name for _, contract in services]
    if config.reflection:
        services.append((Reflection(names), REFLECTION))
    server.add_generic_rpc_handlers([handler_of(service, contract, guard) for service, contract in services])
    server.add_generic_rpc_handlers([health.handler()])
    try:
        where, tls = f"{config.host}:{config.port}", tls_of(config)
        port = server.add_insecure_port(where) if tls is None else server.add_secure_port(where, tls.credentials())
    except RuntimeError:
        port = 0
    if not port:
        raise InvalidConfig(f"{config.host}:{config.port} cannot be listened on; it may be in use: choose another port")
    await server.start()
    try:
        yield f"{config.host}:{port}", health, names
    finally:
        _log.info("stopping; what runs may end within %g s", config.drain_s)
        await health.enter_graceful_shutdown()
        markets.stop()
        sites.stop()
        await asyncio.gather(server.stop(config.drain_s), desk.drain(_DRAIN * config.drain_s))


def _datasets(config: Config, store: Store) -> DatasetService:
    """The datasets of a store within the limits of a configuration."""
    return DatasetService(
        store.datasets,
        most_bytes=config.dataset_mib * 2**20,
        quota_bytes=config.datasets_mib * 2**20,
        days=config.dataset_days,
    )
