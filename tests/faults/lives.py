"""Processes that are killed: one that keeps answers, one that delivers them, one that offers the ledger, a database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path

from c4e_opt.errors import C4eError
from c4e_opt.settlement import Batch
from c4e_opt.settlement.conformance import sample_batch
from c4e_server import relay as relays
from c4e_server.config import Config
from c4e_server.convert.statement import batch_to_proto
from c4e_server.errors import StoreError
from c4e_server.ledgers.marketplace.ledger import GrpcLedger
from c4e_server.ledgers.registry import open_journal
from c4e_server.relay import Relay
from c4e_server.services.ledger_adapter import LedgerAdapterService, offered
from c4e_server.store.store import Store
from c4e_server.workers.messages import Answer


def batch_of(number: int) -> Batch:
    """A batch like no other."""
    return sample_batch(f"batch {number}", {"party:ann": number + 1, f"party:{number % 7}": -3})


def opened(folder: Path, database: str) -> Store:
    """The store and its journal; waits until the database is there."""
    while True:
        try:
            journal = open_journal(Config(data=folder, database=database))
            return Store(journal.engine, journal)
        except C4eError:
            time.sleep(0.02)


def keep(folder: Path, database: str, last: int) -> None:
    """Keep answers one after the other, and write the number of each into `acks` once it was kept."""
    store = opened(folder, database)
    number = len((folder / "acks").read_bytes().splitlines())
    while number < last:
        batch = batch_of(number)
        packed = batch_to_proto(batch).SerializeToString()
        answer = Answer(response=b"", reason="OPTIMAL", batch=packed, batch_id=batch.id)
        try:
            store.take(f"request {number}", batch.id, b"")
            store.finish(f"request {number}", answer, "", 0.0)
        except StoreError:
            time.sleep(0.01)
            continue
        handle = os.open(folder / "acks", os.O_WRONLY | os.O_APPEND)
        os.write(handle, f"{number}\n".encode())
        os.close(handle)
        number += 1


def deliver(folder: Path, database: str, address: str) -> None:
    """Deliver for ever, with short waits."""
    relays.FIRST_WAIT_S, relays.LONGEST_WAIT_S = 0.01, 0.2
    relay = Relay(opened(folder, database).outbox, GrpcLedger(address, timeout_s=5.0, attempts=2))
    while True:
        with contextlib.suppress(C4eError):
            relay.deliver()
        time.sleep(0.005)


def offer(folder: Path, address: str) -> None:
    """Offer a ledger on a journal of its own for ever."""

    async def run() -> None:
        async with offered(LedgerAdapterService(open_journal(Config(data=folder))), address, None):
            await asyncio.Event().wait()

    asyncio.run(run())
