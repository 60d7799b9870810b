"""Datasets through a real service: uploads in pieces that break, limits, what requests may name, what is deleted."""

from __future__ import annotations

import hashlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from c4e.opt.v1 import datasets_pb2
from c4e_opt.case import Case
from c4e_opt.errors import InvalidInput
from c4e_server.client import Client, datasets
from c4e_server.config import Config
from c4e_server.convert.case import case_to_proto
from c4e_server.database.engine import open_engine
from c4e_server.errors import (
    BrokenMessage,
    DatasetInUse,
    DeadlineReached,
    QuotaExceeded,
    RequestIdReused,
    UnknownDataset,
    WrongDigest,
    WrongOffset,
)
from c4e_server.local import Local, local_service
from c4e_server.retention import Retention
from c4e_server.store.datasets import BLOCK
from c4e_server.store.store import Store
from tests.databases import KINDS, new_database

pytestmark = pytest.mark.xdist_group("datasets")
CONNECT: Any = grpc.insecure_channel
Make = Callable[..., Case]
UPLOAD = "/c4e.opt.v1.DatasetService/UploadDataset"


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    folder = tmp_path_factory.mktemp("datasets")
    config = folder / "service.toml"
    config.write_text("dataset_mib = 3\ndatasets_mib = 8\nmessage_mib = 2\ndataset_days = 2\n", encoding="utf-8")
    with local_service(folder / "data", "--workers", "1", "--config", str(config)) as running:
        yield running


def sent(address: str, content: bytes, *, begin: int = 0, size: int = 0, name: bytes = b"", cut: bool = False) -> Any:
    """Upload with any head; with `cut` the stream breaks after the chunks."""
    head = datasets_pb2.DatasetHead(
        dataset_id=f"sha256:{digest_of(name or content)}", size_bytes=size or len(content), offset_bytes=begin
    )

    def parts() -> Iterator[bytes]:
        yield datasets_pb2.UploadDatasetRequest(head=head).SerializeToString()
        for place in range(begin, len(content), 100_000):
            chunk = content[place : place + 100_000]
            yield datasets_pb2.UploadDatasetRequest(chunk=chunk).SerializeToString()
        if cut:
            time.sleep(0.7)
            raise ConnectionError

    with CONNECT(address) as channel:
        upload = channel.stream_unary(UPLOAD)
        return upload(parts(), timeout=20)


def settled(client: Client, name: str) -> datasets_pb2.Dataset:
    """A dataset once the service has kept all that reached it of a broken upload."""
    kept, before = client.datasets.get(name), -1
    while kept.received_bytes != before:
        before = kept.received_bytes
        time.sleep(0.5)
        kept = client.datasets.get(name)
    return kept


def test_a_case_and_a_dataset_of_it_have_the_same_answer(client: Client, make_small: Make):
    case, told = make_small("uploaded"), list[tuple[int, int]]()
    name = client.datasets.upload(case, lambda done, size: told.append((done, size)))
    size = len(case_to_proto(case).SerializeToString())
    assert (told[0], told[-1]) == ((0, size), (size, size))
    solved, inside = client.solve(name), client.solve(case)
    assert solved.outcome == inside.outcome
    assert (solved.outcome.digest, solved.outcome.case_digest) == (inside.outcome.digest, case.digest())
    job = client.submit(name, request_id="by-name", settlement="statement")
    assert client.result(job.request_id).statement is not None
    assert client.submit(name, request_id="by-name", settlement="statement").state == client.job("by-name").state
    with pytest.raises(RequestIdReused):
        client.submit(case, request_id="by-name", settlement="statement")


def test_a_large_case_is_uploaded_by_itself(client: Client, make_small: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(datasets, "INLINE_BYTES", 10)
    before = len(client.datasets.list())
    assert client.solve(make_small("large")).outcome.has_schedule
    assert client.submit(make_small("large"), request_id="large").request_id == "large"
    assert len(client.datasets.list()) == before + 1


def test_the_time_of_a_call_counts_for_its_upload(tmp_path: Path, make_small: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(datasets, "INLINE_BYTES", 10)
    with local_service(tmp_path, "--workers", "1") as running, Client(running.address, patience_s=0.0) as client:
        client.solve(make_small())
        running.process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(DeadlineReached):
                client.solve(make_small(demand_kw=1.0), timeout_s=0.5)
        finally:
            running.process.send_signal(signal.SIGCONT)


def test_an_upload_that_breaks_goes_on_where_it_was(service: Local):
    content = bytes(range(256)) * 4096 * 2 + b"end"
    with pytest.raises(grpc.RpcError):
        sent(service.address, content[: 5 * BLOCK + 7], size=len(content), name=content, cut=True)
    with Client(service.address) as client:
        name = f"sha256:{digest_of(content)}"
        kept = settled(client, name)
        assert (kept.complete, kept.size_bytes) == (False, len(content))
        with pytest.raises(UnknownDataset, match="complete"):
            client.solve(name)
        with pytest.raises(grpc.RpcError, match="begin at"):
            sent(service.address, content, begin=7 * BLOCK)
        begun: list[int] = []
        assert client.datasets.upload(content, lambda done, _: begun.append(done)) == name
        assert begun[0] == kept.received_bytes
        done = client.datasets.get(name)
        assert (done.complete, done.received_bytes) == (True, len(content))
        assert 1.9 < (done.expires.seconds - time.time()) / 86_400 < 2.1
        sent(service.address, content)  # a second upload changes nothing
        client.datasets.delete(name)
        with pytest.raises(UnknownDataset):
            client.datasets.get(name)


@pytest.mark.parametrize(
    ("what", "code", "words"),
    [
        ({"content": b"x" * 300_000, "name": b"other"}, "DATA_LOSS", "dropped"),
        ({"content": b"x" * 10, "size": 20}, "OUT_OF_RANGE", "after 10 of 20"),
        ({"content": b"y" * 20, "size": 10}, "INVALID_ARGUMENT", "beyond the 10 bytes"),
        ({"content": b"z", "size": 4 * 2**20}, "INVALID_ARGUMENT", "at most"),
        ({"content": b"q" * 100, "begin": 50}, "OUT_OF_RANGE", "begin at 0"),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused(service: Local, what: dict[str, Any], code: str, words: str):
    with pytest.raises(grpc.RpcError) as caught:
        sent(service.address, **what)
    error: Any = caught.value
    assert error.code().name == code
    assert words in error.details()


def test_a_dataset_that_is_no_case_fails_the_request_that_names_it(service: Local, make_small: Make):
    with Client(service.address) as client:
        name = client.datasets.upload(b"\x0a\xff\xff")
        with pytest.raises(BrokenMessage, match="no serialized Case"):
            client.solve(name)
        empty = client.datasets.upload(b"\x0a\x01x")
        with pytest.raises(InvalidInput, match="horizon"):
            client.solve(empty)


def test_a_tenant_keeps_no_more_than_its_quota(service: Local):
    with Client(service.address) as client:
        for each in client.datasets.list():
            client.datasets.delete(each.dataset_id)
        names = [client.datasets.upload(bytes([number]) * 5 * 2**19) for number in range(3)]
        with pytest.raises(QuotaExceeded, match="delete datasets"):
            client.datasets.upload(b"r" * 2**20)
        assert [each.dataset_id for each in client.datasets.list(2)] == names[:0:-1]
        client.datasets.delete(names[0])
        client.datasets.upload(b"r" * 2**20)


def made(kind: str, folder: Path) -> Store:
    return Store(open_engine(new_database(kind, folder)))


def put(store: Store, content: bytes, tenant: str = "") -> str:
    digest = digest_of(content)
    store.datasets.begin(tenant, digest, len(content), 2**30)
    blocks = [content[begin : begin + BLOCK] for begin in range(0, len(content), BLOCK)]
    store.datasets.put(tenant, digest, 0, blocks)
    assert store.datasets.finish(tenant, digest).complete
    return digest


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_are_kept_whole_in_order_and_for_one_tenant(kind: str, tmp_path: Path):
    store, content = made(kind, tmp_path), bytes(range(251)) * (40 * BLOCK // 251)
    digest = put(store, content, "acme")
    assert store.datasets.content("acme", digest) == content
    with pytest.raises(UnknownDataset):
        store.datasets.content("umbrella", digest)
    with pytest.raises(UnknownDataset):
        store.take("umbrella/r", "c", b"", dataset=digest)
    other = digest_of(b"other")
    store.datasets.begin("acme", other, 3 * BLOCK, 2**30)
    with pytest.raises(WrongOffset):
        store.datasets.put("acme", other, 1, [b"x" * BLOCK])
    assert store.datasets.put("acme", other, 0, [b"x" * BLOCK] * 2) == 2 * BLOCK
    assert store.datasets.put("acme", other, 0, [b"y" * BLOCK]) == 2 * BLOCK
    with pytest.raises(WrongOffset):
        store.datasets.finish("acme", other)
    store.datasets.put("acme", other, 2, [b"z" * BLOCK])
    with pytest.raises(WrongDigest):
        store.datasets.finish("acme", other)
    assert [each.digest for each in store.datasets.datasets("acme", 9)] == [digest]
    store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_request_needs_is_not_deleted_and_what_nobody_names_is(kind: str, tmp_path: Path):
    store = made(kind, tmp_path)
    needed, old, used = (put(store, word) for word in (b"needed", b"old", b"used"))
    store.datasets.begin("", digest_of(b"never sent"), 5, 2**30)
    store.take("r", "c", b"", dataset=needed)
    with pytest.raises(DatasetInUse):
        store.datasets.delete("", needed)
    later = time.time() + 3 * 86_400
    store.datasets.use("", used)
    with store.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE datasets SET used = {later} WHERE digest = '{used}'")
    retention = Retention(store, Config(data=tmp_path, dataset_days=2), clock=lambda: later)
    assert retention.sweep() == (0, 2)
    assert {each.digest for each in store.datasets.datasets("", 9)} == {needed, used}
    with store.transaction(write=False) as connection:
        blocks = connection.exec_driver_sql("SELECT count(*) FROM dataset_blocks").scalar_one()
    assert blocks == 2
    with pytest.raises(UnknownDataset):
        store.take("s", "c", b"", dataset=old)
    assert store.take("r", "c", b"", dataset=needed)[1] is False  # a repeated request asks for nothing anew
    assert store.leases.claim(9, own=True)[0].dataset == needed if kind == "sqlite" else True
    store.close()
