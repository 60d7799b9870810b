"""Datasets from the caller's side: cases too large for a message, uploaded in pieces and named by their content."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from google.protobuf.message import Message

from c4e.opt.v1 import case_pb2, datasets_pb2
from c4e_opt.case import Case
from c4e_server.answers import PREFIX
from c4e_server.client.acts import Call, Steps
from c4e_server.client.connection import Awaiting, Blocking, Wire
from c4e_server.client.methods import Answers
from c4e_server.convert.case import case_to_proto
from c4e_server.errors import MessageTooLarge, Stopping, UnknownDataset, Unreachable, WrongOffset

_A = TypeVar("_A", bound=Message)

#: A case whose message has more bytes is uploaded first.
INLINE_BYTES = 16 * 2**20
_PIECE = 512 * 2**10
_BARREN_TRIES = 3  # so many in a row without a byte that arrives, and the upload fails

#: Told of an upload: bytes that were sent, and bytes of the whole.
Progress = Callable[[int, int], None]


class DatasetMethods:
    """Methods of the service that keeps datasets."""

    @Answers
    def upload(self, case: Case | bytes, progress: Progress | None = None) -> Steps[str]:
        """Upload a case; one that is there is not sent again, and one that was cut off goes on where it was.

        Args:
            case: The case, or the bytes of a serialized Case message.
            progress: Told how far it is; called from another thread.

        Returns:
            Its id, which `solve` and `submit` take in the place of the case.

        Raises:
            C4eError: Whatever the service raises, as it would be raised here.
        """
        content = case if isinstance(case, bytes) else packed(case_to_proto(case))
        return (yield from uploaded(content, progress))

    @Answers
    def get(self, dataset_id: str) -> Steps[datasets_pb2.Dataset]:
        """What is known of a dataset."""
        return (yield from _known(dataset_id))

    @Answers
    def list(self, limit: int = 100) -> Steps[list[datasets_pb2.Dataset]]:
        """Datasets, the latest first."""
        found: list[datasets_pb2.Dataset] = []
        token = ""
        while len(found) < limit:
            request = datasets_pb2.ListDatasetsRequest(page_size=min(limit - len(found), 1000), page_token=token)
            page = yield from Call(
                method="DatasetService/ListDatasets", request=request, answer=datasets_pb2.ListDatasetsResponse
            )
            found += page.datasets
            token = page.next_page_token
            if not token:
                break
        return found

    @Answers
    def delete(self, dataset_id: str) -> Steps[None]:
        """Delete a dataset that no request without an answer needs."""
        yield from Call(
            method="DatasetService/DeleteDataset",
            request=datasets_pb2.DeleteDatasetRequest(dataset_id=dataset_id),
            answer=datasets_pb2.DeleteDatasetResponse,
        )


class Datasets(DatasetMethods, Blocking):
    """Datasets of a service."""

    def __init__(self, wire: Wire) -> None:
        """Use a connection; see `Client.datasets`."""
        self.wire = wire


class AsyncDatasets(DatasetMethods, Awaiting):
    """Datasets of a service, to be awaited."""

    def __init__(self, wire: Wire) -> None:
        """Use a connection; see `AsyncClient.datasets`."""
        self.wire = wire


def packed(message: case_pb2.Case) -> bytes:
    """A case as bytes, the same ones for the same message."""
    return message.SerializeToString(deterministic=True)


def carried(case: Case | str, request: Any, method: str, answer: type[_A], timeout_s: float | None = None) -> Steps[_A]:
    """Call with a request that carries a case: itself, or the id of a dataset; what is too large is uploaded.

    The timeout is that of all that is called.
    """
    left = _countdown(timeout_s)
    if isinstance(case, str):
        request.dataset = case
        return (yield from Call(method=method, request=request, answer=answer, timeout_s=left()))
    message = case_to_proto(case)
    if message.ByteSize() <= INLINE_BYTES:
        request.case.CopyFrom(message)
        try:
            return (yield from Call(method=method, request=request, answer=answer, timeout_s=left()))
        except MessageTooLarge:  # for this service
            request.ClearField("case")
    request.dataset = yield from uploaded(packed(message), None, left)
    return (yield from Call(method=method, request=request, answer=answer, timeout_s=left()))


def _countdown(timeout_s: float | None) -> Callable[[], float | None]:
    """What is left of a timeout from now on, whenever it is asked; None for none."""
    end = None if timeout_s is None else time.monotonic() + timeout_s
    return lambda: None if end is None else max(end - time.monotonic(), 0.0)


def uploaded(content: bytes, progress: Progress | None, left: Callable[[], float | None] = lambda: None) -> Steps[str]:
    """Upload bytes from where they are missing on, again and again while some arrive; their id."""
    name, size = PREFIX + hashlib.sha256(content).hexdigest(), len(content)
    barren, there = 0, -1
    while True:
        try:
            known = yield from _known(name, left())
        except UnknownDataset:
            known = datasets_pb2.Dataset()
        if known.complete:
            return name
        barren = barren + 1 if known.received_bytes <= there else 0
        there = known.received_bytes
        try:
            yield from Call(
                method="DatasetService/UploadDataset",
                request=lambda begin=there: _pieces(name, content, begin, progress),
                answer=datasets_pb2.UploadDatasetResponse,
                timeout_s=left(),
                repeatable=False,  # a new try begins elsewhere
            )
        except (Unreachable, Stopping, WrongOffset):
            if barren >= _BARREN_TRIES:
                raise
        else:
            if progress is not None:
                progress(size, size)
            return name


def _known(dataset_id: str, timeout_s: float | None = None) -> Steps[datasets_pb2.Dataset]:
    request = datasets_pb2.GetDatasetRequest(dataset_id=dataset_id)
    answer = datasets_pb2.GetDatasetResponse
    call = Call(method="DatasetService/GetDataset", request=request, answer=answer, timeout_s=timeout_s)
    return (yield from call).dataset


def _pieces(
    name: str, content: bytes, begin: int, progress: Progress | None
) -> Iterator[datasets_pb2.UploadDatasetRequest]:
    head = datasets_pb2.DatasetHead(dataset_id=name, size_bytes=len(content), offset_bytes=begin)
    yield datasets_pb2.UploadDatasetRequest(head=head)
    for place in range(begin, len(content), _PIECE):
        if progress is not None:
            progress(place, len(content))
        yield datasets_pb2.UploadDatasetRequest(chunk=content[place : place + _PIECE])
