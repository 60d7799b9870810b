"""Whatever is sent, to whatever method: the right status, no crash, and nothing of our insides in the answer."""

from __future__ import annotations

import asyncio
import importlib
import os
import pkgutil
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import protovalidate
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

import c4e.opt.v1
from c4e_server.convert.case import case_to_proto
from c4e_server.ledgers.marketplace.line import LARGEST
from c4e_server.local import local_service
from tests.service import hostile
from tests.service.conftest import small
from tests.service.hostile import Attack

pytestmark = pytest.mark.timeout(1800)

FEW, MANY = 2_000, 20_000
AT_ONCE = 12
MIB = 2
#: Served by `c4e-opt ledger serve`; everything else by `c4e-opt serve`.
ELSEWHERE = "c4e.opt.v1.LedgerAdapterService"

#: What may come of a message that has the right shape. INTERNAL counts only where the library itself gave up.
MEANT = {
    "OK",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "FAILED_PRECONDITION",
    "RESOURCE_EXHAUSTED",
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
}
GAVE_UP = {"SOLVER_FAILED", "CERTIFICATE_FAILED"}
#: Nobody outside has to see these: places of files and code, and Python's own words.
INSIDES = re.compile(
    r"Traceback|File \"|site-packages|/work/|/usr/|/root/|/home/|/tmp/|\.py\b|\b0x[0-9a-f]{6,}\b"
    r"|\b(?:Key|Type|Value|Attribute|Index|Runtime|Assertion|Recursion|Overflow|Zero\w+|Unicode\w*)Error\b"
    r"|sqlite3|psycopg|SELECT "
)


def methods() -> list[MethodDescriptor]:
    """Every method of the contract."""
    found: dict[str, MethodDescriptor] = {}
    for module in pkgutil.iter_modules(c4e.opt.v1.__path__):
        if module.name.endswith("_pb2"):
            file = importlib.import_module(f"c4e.opt.v1.{module.name}").DESCRIPTOR
            for service in file.services_by_name.values():
                found |= {method.full_name: method for method in service.methods}
    return [found[name] for name in sorted(found)]


CASE = case_to_proto(small())


def valid(method: MethodDescriptor, chance: random.Random) -> Message:
    """A message that makes sense, so that a spoilt field of it is met deep inside."""
    message = GetMessageClass(method.input_type)()
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.full_name == "c4e.opt.v1.Case":
            getattr(message, field.name).CopyFrom(CASE)
        elif field.name in ("request_id", "batch_id", "book_id", "session_id") and not field.is_repeated:
            setattr(message, field.name, f"{field.name[0]}{chance.randrange(6)}")
        elif field.name == "settlement" and field.enum_type is not None:
            setattr(message, field.name, chance.randrange(4))
        elif chance.random() < 0.3:
            hostile.spoil(chance, message, field, 3)
    return message


@contextmanager
def both(folder: Path) -> Iterator[tuple[Callable[[MethodDescriptor], str], Any]]:
    """The service and a ledger for others: who has the address of a method, and the service."""
    flags = ("--workers", "2", "--message-mib", str(MIB), "--solve-limit-s", "3", "--memory-mib", "4096")
    command = [sys.executable, "-m", "c4e_server.cli", "ledger", "serve", "--address", "127.0.0.1:0"]
    log = folder / "ledger.log"
    with (
        local_service(folder / "data", *flags) as service,
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as ledger,
    ):
        try:
            assert ledger.stdout is not None
            address = ledger.stdout.readline().strip()
            yield (lambda method: address if method.full_name.startswith(ELSEWHERE) else service.address), service
            assert ledger.poll() is None, "the ledger ended"
            assert '"trace"' not in log.read_text(encoding="utf-8")
        finally:
            ledger.terminate()


def exchange(address: str, path: str, attack: Attack, answers: list[bytes]) -> None:
    """Both sides stream; grpc.aio's client loses the status of who answers before everything was said."""
    with grpc.insecure_channel(address) as channel:
        answers.extend(channel.stream_stream(path)(iter(attack.parts), metadata=attack.metadata, timeout=2.0))


async def sent(address: str, channel: grpc.aio.Channel, attack: Attack) -> tuple[str, str, bytes]:
    """Make a call: status code, reason, and everything that came back."""
    method = attack.method
    path = f"/{method.containing_service.full_name}/{method.name}"
    answers: list[bytes] = []
    more: dict[str, Any] = {"metadata": attack.metadata, "timeout": 2.0 if method.server_streaming else 30.0}
    try:
        if method.client_streaming:
            await asyncio.to_thread(exchange, address, path, attack, answers)
        elif method.server_streaming:
            async for answer in channel.unary_stream(path)(attack.parts[0], **more):
                answers.append(answer)
        else:
            answers.append(await channel.unary_unary(path)(attack.parts[0], **more))
        return "OK", "", b"".join(answers)
    except (grpc.aio.AioRpcError, grpc.RpcError) as caught:
        error: Any = caught
        trailing = dict(error.trailing_metadata() or ())
        status = status_pb2.Status.FromString(trailing.get("grpc-status-details-bin", b""))
        info = error_details_pb2.ErrorInfo()
        for detail in status.details:
            detail.Unpack(info)
        said = f"{error.details()} {trailing}".encode(errors="replace")
        return error.code().name, info.reason, said + b"".join(answers)


def expected(attack: Attack) -> Callable[[str, str], bool]:
    """Whether a status is right for what was sent."""
    if attack.kind == "giant":
        return lambda code, _: code == "RESOURCE_EXHAUSTED"
    messages = [hostile.parsed(attack.method, part) for part in attack.parts]
    first = messages[0]
    if first is None:
        return lambda code, reason: (code, reason) == ("INVALID_ARGUMENT", "BROKEN_MESSAGE")
    if protovalidate.collect_violations(first):
        return lambda code, reason: (code, reason) == ("INVALID_ARGUMENT", "INVALID_INPUT")
    ends = {"DEADLINE_EXCEEDED"} if attack.method.server_streaming else set[str]()  # a watch lasts
    return lambda code, reason: code in MEANT | ends or (code == "INTERNAL" and reason in GAVE_UP)


def giant(method: MethodDescriptor) -> int:
    """More bytes than whoever serves a method takes."""
    return LARGEST + 1 if method.full_name.startswith(ELSEWHERE) else (MIB + 1) * 2**20


async def storm(address_of: Callable[[MethodDescriptor], str], seed: str, count: int) -> tuple[Counter[str], list[str]]:
    """Attack so often, many at once; what came back, and what was wrong with it."""
    targets = methods()
    found: Counter[str] = Counter()
    wrong: list[str] = []
    channels = {address: grpc.aio.insecure_channel(address) for address in {address_of(each) for each in targets}}
    numbers = iter(range(count))

    async def one() -> None:
        for number in numbers:
            method = targets[number % len(targets)]
            attack = hostile.attack(f"{seed}:{number}", method, valid, giant(method))
            code, reason, back = await sent(address_of(method), channels[address_of(method)], attack)
            found[f"{attack.kind} {code}"] += 1
            where = f"{seed}:{number} {method.full_name} {attack.kind} {code} {reason}"
            if not expected(attack)(code, reason):
                wrong.append(f"{where}: not the right status; {back[:300]!r}")
            if code != "OK" and (leak := INSIDES.search(back.decode("utf-8", "replace"))):
                wrong.append(f"{where}: says {leak[0]!r}; {back[:300]!r}")

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    for channel in channels.values():
        await channel.close()
    return found, wrong


def resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_nothing_that_is_sent_breaks_the_service_or_shows_its_insides(tmp_path: Path, count: int) -> None:
    with both(tmp_path) as (address_of, service):
        found, wrong = asyncio.run(storm(address_of, f"seed {count}", count))
        lines = [line for line in service.log.read_text(encoding="utf-8").splitlines() if '"trace"' in line]
        assert not wrong + lines, f"{len(wrong)} of {count}:\n" + "\n".join([*wrong[:20], *lines[:3]])
        assert sum(found.values()) == count
        assert service.process.poll() is None
        assert resident_mib(service.process.pid) < 1500
        with grpc.insecure_channel(service.address) as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            assert (
                stub.Check(health_pb2.HealthCheckRequest(), timeout=10).status == health_pb2.HealthCheckResponse.SERVING
            )
        for kind in ("any", "changed", "garbled", "empty", "giant"):
            assert any(name.startswith(kind) for name in found), kind
        assert found["valid OK"] + found["changed OK"] > count / 100  # some went all the way


def test_every_method_of_the_contract_is_served(tmp_path: Path) -> None:
    async def codes(address_of: Callable[[MethodDescriptor], str]) -> dict[str, str]:
        said: dict[str, str] = {}
        for method in methods():
            async with grpc.aio.insecure_channel(address_of(method)) as channel:
                said[method.full_name] = (await sent(address_of(method), channel, Attack(method, "empty", (b"",), ())))[
                    0
                ]
        return said

    with both(tmp_path) as (address_of, _):
        said = asyncio.run(codes(address_of))
    assert len(said) >= 20
    assert "UNIMPLEMENTED" not in said.values(), said
