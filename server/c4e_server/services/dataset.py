"""Datasets over the wire: uploads in pieces, and what is known of what was uploaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from google.protobuf.timestamp_pb2 import Timestamp

from c4e.opt.v1 import datasets_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.answers import PREFIX
from c4e_server.errors import WrongOffset
from c4e_server.security.identity import caller
from c4e_server.services.answering import Context
from c4e_server.services.requests import page_from_token
from c4e_server.store.datasets import BLOCK, Dataset, Datasets

_PAGE = 100
_WRITTEN = 16 * BLOCK  # bytes that are kept in one transaction
_DAY_S = 86_400.0


class DatasetService:
    """Keeps cases too large for a message."""

    def __init__(self, datasets: Datasets, *, most_bytes: int, quota_bytes: int, days: int) -> None:
        """Serve the datasets of a store.

        Args:
            datasets: Where they are kept.
            most_bytes: Of one dataset.
            quota_bytes: Of all datasets of a tenant.
            days: For which one is kept that nobody names; 0 for ever.
        """
        self._datasets = datasets
        self._most_bytes, self._quota_bytes = most_bytes, quota_bytes
        self._days = days

    async def upload_dataset(
        self, requests: AsyncIterator[datasets_pb2.UploadDatasetRequest], context: Context
    ) -> datasets_pb2.UploadDatasetResponse:
        """Take a dataset in pieces."""
        first = await anext(requests, None)
        if first is None or not first.HasField("head"):
            raise InvalidInput([Issue("head", "missing_field", "is missing; begin with the head, then send chunks")])
        head, tenant = first.head, caller().tenant
        if head.size_bytes > self._most_bytes:
            message = f"is {head.size_bytes}; a dataset of this service has {self._most_bytes} bytes at most"
            raise InvalidInput([Issue("head.size_bytes", "range", message)])
        digest = _digest(head.dataset_id)
        known = await asyncio.to_thread(self._datasets.begin, tenant, digest, head.size_bytes, self._quota_bytes)
        if not known.complete:
            await self._write(requests, tenant, head, known)
            known = await asyncio.to_thread(self._datasets.finish, tenant, digest)
        return datasets_pb2.UploadDatasetResponse(dataset=self._message(known))

    async def get_dataset(
        self, request: datasets_pb2.GetDatasetRequest, context: Context
    ) -> datasets_pb2.GetDatasetResponse:
        """Return what is known of a dataset."""
        known = await asyncio.to_thread(self._datasets.dataset, caller().tenant, _digest(request.dataset_id))
        return datasets_pb2.GetDatasetResponse(dataset=self._message(known))

    async def list_datasets(
        self, request: datasets_pb2.ListDatasetsRequest, context: Context
    ) -> datasets_pb2.ListDatasetsResponse:
        """List datasets, the latest first."""
        size, before = request.page_size or _PAGE, page_from_token(request.page_token)
        found = await asyncio.to_thread(self._datasets.datasets, caller().tenant, size + 1, before)
        token = str(found[size - 1].place) if len(found) > size else ""
        return datasets_pb2.ListDatasetsResponse(
            datasets=[self._message(each) for each in found[:size]], next_page_token=token
        )

    async def delete_dataset(
        self, request: datasets_pb2.DeleteDatasetRequest, context: Context
    ) -> datasets_pb2.DeleteDatasetResponse:
        """Delete a dataset."""
        await asyncio.to_thread(self._datasets.delete, caller().tenant, _digest(request.dataset_id))
        return datasets_pb2.DeleteDatasetResponse()

    async def _write(
        self,
        requests: AsyncIterator[datasets_pb2.UploadDatasetRequest],
        tenant: str,
        head: datasets_pb2.DatasetHead,
        known: Dataset,
    ) -> None:
        """Keep the chunks as they come, block by block; the last block of a stream that breaks is not kept."""
        digest, size, place = _digest(head.dataset_id), head.size_bytes, head.offset_bytes
        if (place % BLOCK and place != size) or place > known.received:
            raise WrongOffset(f"the upload begins at byte {place}; begin at {known.received}, which is there, or at 0")
        written, waiting = place, bytearray()
        async for request in requests:
            place += len(request.chunk)
            if not request.HasField("chunk") or place > size:
                message = "is a second head" if request.HasField("head") else f"goes beyond the {size} bytes declared"
                raise InvalidInput([Issue("chunk", "range", f"{message}; send what the head says")])
            waiting += request.chunk
            if len(waiting) >= _WRITTEN:
                written = await self._keep(tenant, digest, written, waiting, ends=False)
        await self._keep(tenant, digest, written, waiting, ends=place == size)
        if place != size:
            raise WrongOffset(f"the upload ended after {place} of {size} bytes; go on where GetDataset says")

    async def _keep(self, tenant: str, digest: str, written: int, waiting: bytearray, *, ends: bool) -> int:
        """Keep whole blocks, at the end of the content the last one as well; where the next one begins."""
        count = len(waiting) if ends else len(waiting) // BLOCK * BLOCK
        blocks = [bytes(waiting[begin : begin + BLOCK]) for begin in range(0, count, BLOCK)]
        await asyncio.to_thread(self._datasets.put, tenant, digest, written // BLOCK, blocks)
        del waiting[:count]
        return written + count

    def _message(self, known: Dataset) -> datasets_pb2.Dataset:
        message = datasets_pb2.Dataset(
            dataset_id=PREFIX + known.digest,
            size_bytes=known.size,
            received_bytes=known.received,
            complete=known.complete,
            created=_moment(known.created),
        )
        if self._days:
            message.expires.CopyFrom(_moment(known.used + self._days * _DAY_S))
        return message


def _digest(dataset_id: str) -> str:
    return dataset_id.removeprefix(PREFIX)


def _moment(seconds: float) -> Timestamp:
    moment = Timestamp()
    moment.FromMicroseconds(round(seconds * 1e6))
    return moment
