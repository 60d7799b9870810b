"""Datasets in the one database, so that every service on it has them; each method is one transaction, or says so."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from c4e_server.answers import PREFIX
from c4e_server.database.engine import inserting
from c4e_server.errors import DatasetInUse, QuotaExceeded, UnknownDataset, WrongDigest, WrongOffset
from c4e_server.store.records import QUEUED
from c4e_server.store.tables import dataset_blocks, datasets, requests

#: Bytes of a block; an upload begins and goes on where a block does.
BLOCK = 256 * 2**10
_AT_ONCE = 16  # blocks that are read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset as it is kept."""

    place: int
    digest: str
    size: int
    received: int
    complete: bool
    created: float
    used: float


class Datasets:
    """Cases too large for a message, each one tenant's own."""

    def __init__(self, transaction: Callable[..., AbstractContextManager[Connection]]) -> None:
        """Work within transactions of this database."""
        self._transaction = transaction

    def begin(self, tenant: str, digest: str, size: int, quota: int) -> Dataset:
        """Declare a dataset, or find it as it is.

        Args:
            tenant: Whose.
            digest: SHA-256 of its content.
            size: Its bytes.
            quota: Most bytes of all datasets of the tenant, as declared.

        Raises:
            QuotaExceeded: There is no room.
            WrongOffset: It is known with another size.
        """
        now = time.time()
        with self._transaction() as connection:
            row = {"tenant": tenant, "digest": digest, "size": size, "received": 0, "complete": 0}
            adding = inserting(connection)(datasets).values(**row, created=now, used=now).on_conflict_do_nothing()
            connection.execute(adding)
            known = _found(connection, tenant, digest)
            if known.size != size:
                raise WrongOffset(f"dataset {digest[:12]} was declared with {known.size} bytes; delete it, or repeat")
            held = select(func.coalesce(func.sum(datasets.c.size), 0)).where(datasets.c.tenant == tenant)
            if (total := connection.execute(held).scalar_one()) > quota and not known.complete:
                raise QuotaExceeded(
                    f"with this dataset the tenant would keep {total / 2**20:.3g} MiB; it may keep "
                    f"{quota / 2**20:.3g} MiB: delete datasets that are not needed any more"
                )
            connection.execute(update(datasets).where(datasets.c.place == known.place).values(used=now))
            return known

    def put(self, tenant: str, digest: str, first: int, blocks: Sequence[bytes]) -> int:
        """Keep blocks from a number on; those that are there stay as they are.

        Returns:
            How many bytes there are, from the first on.

        Raises:
            UnknownDataset: It was deleted meanwhile.
            WrongOffset: Blocks before these are missing.
        """
        with self._transaction() as connection:
            known = _found(connection, tenant, digest)
            if first * BLOCK > known.received:
                raise WrongOffset(f"the dataset has {known.received} bytes; go on from there")
            rows = [
                {"dataset": known.place, "number": first + number, "content": block}
                for number, block in enumerate(blocks)
            ]
            if rows:
                connection.execute(inserting(connection)(dataset_blocks).on_conflict_do_nothing(), rows)
            received = max(known.received, min(known.size, (first + len(blocks)) * BLOCK))
            told = update(datasets).where(datasets.c.place == known.place)
            connection.execute(told.values(received=received, used=time.time()))
            return received

    def finish(self, tenant: str, digest: str) -> Dataset:
        """See that all is there and is what was declared; two transactions, for the content takes time to read.

        Raises:
            UnknownDataset: It was deleted meanwhile.
            WrongOffset: Bytes are missing.
            WrongDigest: It is something else, and was dropped.
        """
        known = self.dataset(tenant, digest)
        if known.complete:
            return known
        if known.received != known.size:
            raise WrongOffset(f"the dataset has {known.received} of {known.size} bytes; go on from there")
        found, size = hashlib.sha256(), 0
        for block in self._blocks(known):
            found.update(block)
            size += len(block)
        same = and_(datasets.c.place == known.place, datasets.c.tenant == tenant, datasets.c.digest == digest)
        good = found.hexdigest() == digest and size == known.size
        with self._transaction() as connection:
            if good:
                connection.execute(update(datasets).where(same).values(complete=1, used=time.time()))
            else:
                _drop(connection, same)
        if not good:
            told = f"what arrived has SHA-256 {found.hexdigest()[:12]}… and not {digest[:12]}…"
            raise WrongDigest(f"{told}; it was dropped: send it again")
        return self.dataset(tenant, digest)

    def dataset(self, tenant: str, digest: str) -> Dataset:
        """A dataset of a tenant.

        Raises:
            UnknownDataset: The tenant has none of this content.
        """
        with self._transaction(write=False) as connection:
            return _found(connection, tenant, digest)

    def datasets(self, tenant: str, limit: int, before: int | None = None) -> list[Dataset]:
        """Datasets of a tenant, the latest first; only those before a place where one is given."""
        query = select(datasets).where(datasets.c.tenant == tenant).order_by(datasets.c.place.desc()).limit(limit)
        if before is not None:
            query = query.where(datasets.c.place < before)
        with self._transaction(write=False) as connection:
            return [_dataset(row) for row in connection.execute(query)]

    def content(self, tenant: str, digest: str) -> bytes:
        """All of a complete dataset.

        Raises:
            UnknownDataset: The tenant has none of this content, or not all of it.
        """
        known = self.dataset(tenant, digest)
        whole = b"".join(self._blocks(known)) if known.complete else b""
        if not known.complete or len(whole) != known.size:
            raise unknown(digest)
        return whole

    def use(self, tenant: str, digest: str) -> None:
        """Say that a request names a dataset.

        Raises:
            UnknownDataset: The tenant has none of this content, or not all of it.
        """
        with self._transaction() as connection:
            touch(connection, tenant, digest)

    def delete(self, tenant: str, digest: str) -> None:
        """Delete a dataset.

        Raises:
            UnknownDataset: The tenant has none of this content.
            DatasetInUse: A request without an answer needs it.
        """
        with self._transaction() as connection:
            known = _found(connection, tenant, digest)
            if not _drop(connection, and_(datasets.c.place == known.place, ~_NEEDED)):
                raise DatasetInUse("a request without an answer needs the dataset; delete it when that has ended")

    def expired(self, unused_since: float, unfinished_since: float) -> int:
        """Delete datasets that nobody has used since a moment, in seconds since 1970; how many they were."""
        old = datasets.c.used < unused_since
        cut_off = and_(datasets.c.complete == 0, datasets.c.used < unfinished_since)
        with self._transaction() as connection:
            return _drop(connection, and_(old | cut_off, ~_NEEDED))

    def _blocks(self, known: Dataset) -> Iterator[bytes]:
        """The content, a few blocks at a time, so that nobody else waits long."""
        count = -(-known.size // BLOCK)
        query = select(dataset_blocks.c.content).where(dataset_blocks.c.dataset == known.place)
        for first in range(0, count, _AT_ONCE):
            part = query.where(dataset_blocks.c.number.between(first, first + _AT_ONCE - 1))
            with self._transaction(write=False) as connection:
                found = connection.execute(part.order_by(dataset_blocks.c.number)).scalars().all()
            yield from map(bytes, found)


#: Whether a request without an answer names a dataset.
_NEEDED = (
    exists()
    .where(requests.c.state == QUEUED, requests.c.tenant == datasets.c.tenant, requests.c.dataset == datasets.c.digest)
    .correlate(datasets)
)


def touch(connection: Connection, tenant: str, digest: str) -> None:
    """Say that a request names a dataset, within the transaction that takes the request.

    Raises:
        UnknownDataset: The tenant has none of this content, or not all of it.
    """
    same = and_(datasets.c.tenant == tenant, datasets.c.digest == digest, datasets.c.complete == 1)
    if not connection.execute(update(datasets).where(same).values(used=time.time())).rowcount:
        raise unknown(digest)


def unknown(digest: str) -> UnknownDataset:
    """What is said of a dataset that a tenant does not have."""
    return UnknownDataset(f"there is no complete dataset {PREFIX}{digest}; upload it, or go on with its upload")


def _found(connection: Connection, tenant: str, digest: str) -> Dataset:
    same = and_(datasets.c.tenant == tenant, datasets.c.digest == digest)
    row = connection.execute(select(datasets).where(same)).one_or_none()
    if row is None:
        raise UnknownDataset(f"there is no dataset {PREFIX}{digest}")
    return _dataset(row)


def _drop(connection: Connection, which: Any) -> int:
    """Delete datasets with their blocks; how many they were."""
    places = list(connection.execute(delete(datasets).where(which).returning(datasets.c.place)).scalars())
    if places:
        connection.execute(delete(dataset_blocks).where(dataset_blocks.c.dataset.in_(places)))
    return len(places)


def _dataset(row: Any) -> Dataset:
    return Dataset(
        place=row.place,
        digest=row.digest,
        size=row.size,
        received=row.received,
        complete=bool(row.complete),
        created=row.created,
        used=row.used,
    )
