"""Many more calls than a service can serve: what comes of each, and what a tenant with few calls sees of them."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import jwt
from cryptography.hazmat.primitives.asymmetric import ed25519

from c4e.opt.v1 import case_pb2, solve_pb2

_SOLVE = "/c4e.opt.v1.OptimisationService/Solve"
_DETAILS = "grpc-status-details-bin"
_LOOK_S = 0.005  # how often calls are sent that are due


@dataclass(frozen=True, slots=True)
class End:
    """What came of a call."""

    code: str
    took_s: float
    told: bool  # when to come again


@dataclass(slots=True)
class Flood:
    """What came of all calls.

    Attributes:
        capacity_per_s: Solves per second before the flood.
        large: Ends of the calls of the flood.
        small: Ends of the calls that came one by one beside it.
    """

    capacity_per_s: float = 0.0
    large: list[End] = field(default_factory=list[End])
    small: list[End] = field(default_factory=list[End])

    @property
    def counts(self) -> Counter[str]:
        """Calls of the flood by status code."""
        return Counter(end.code for end in self.large)

    @property
    def refused_s(self) -> list[float]:
        """Seconds in which calls of the flood were refused, in order."""
        return sorted(end.took_s for end in self.large if end.code == "RESOURCE_EXHAUSTED")


class _Caller:
    """Asks what nobody else asks, again and again."""

    def __init__(self, channel: Any, case: case_pb2.Case, limit_s: float, timeout_s: float, token: str) -> None:
        self._solve = channel.unary_unary(_SOLVE)
        self._packed = solve_pb2.SolveRequest(case=case).SerializeToString()
        self._limit_s, self._timeout_s = limit_s, timeout_s
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()

    async def call(self, number: int, ends: list[End]) -> None:
        options = solve_pb2.SolveOptions(gap=1e-6 + 1e-13 * number)  # hardly another one, but another question
        if self._limit_s:
            options.time_limit.FromMilliseconds(round(1000 * self._limit_s))
        packed = self._packed + solve_pb2.SolveRequest(options=options).SerializeToString()
        begin = time.monotonic()
        try:
            await self._solve(packed, timeout=self._timeout_s, metadata=self._metadata)
            ends.append(End("OK", time.monotonic() - begin, False))
        except grpc.aio.AioRpcError as error:
            took = time.monotonic() - begin
            details = dict(error.trailing_metadata() or ()).get(_DETAILS, b"")
            ends.append(End(error.code().name, took, b"RetryInfo" in details))


def tenants(folder: Path, *names: str, **more: str) -> tuple[tuple[str, ...], list[str]]:
    """Flags of a service that asks for tokens, and a token of each of some tenants.

    Args:
        folder: Where its files go.
        names: Of the tenants.
        more: What else the service is told.
    """
    key = ed25519.Ed25519PrivateKey.generate()
    public = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "key", "use": "sig"}
    keys, config = folder / "keys.json", folder / "service.toml"
    keys.write_text(json.dumps({"keys": [public]}), encoding="utf-8")
    said = {"token_keys": str(keys), "token_issuer": "issuer", "token_audience": "service"} | more
    config.write_text("".join(f"{name} = {json.dumps(text)}\n" for name, text in said.items()), encoding="utf-8")
    now = int(time.time())
    claims = {"iss": "issuer", "aud": "service", "iat": now, "exp": now + 3600, "c4e_roles": ["market"]}
    tokens = [
        jwt.encode(claims | {"sub": name, "c4e_tenant": name}, key, algorithm="EdDSA", headers={"kid": "key"})
        for name in names
    ]
    return ("--config", str(config)), tokens


async def flood(
    address: str,
    case: case_pb2.Case,
    seconds: float,
    *,
    times: float = 10.0,
    workers: int = 2,
    limit_s: float = 0.0,
    timeout_s: float = 4.0,
    large: str = "",
    small: str = "",
) -> Flood:
    """Call so many times as often as the workers can serve, each call with a question of its own.

    Args:
        address: Of the service.
        case: What is solved.
        seconds: How long.
        times: Calls per solve that could be served.
        workers: Of the service.
        limit_s: Time limit of a solve; 0 for none.
        timeout_s: Deadline of a call.
        large: Token of the calls of the flood; empty for none.
        small: Token of calls that come one after the other all the while; empty for no such calls.
    """
    found = Flood()
    async with (
        _uncollected(),
        grpc.aio.insecure_channel(address) as channel,
        grpc.aio.insecure_channel(address) as other,
    ):
        caller = _Caller(channel, case, limit_s, timeout_s, large)
        found.capacity_per_s = await _capacity(caller, workers)
        beside = None
        if small:
            beside = asyncio.create_task(_one_by_one(_Caller(other, case, limit_s, timeout_s, small), found.small))
        calls: set[asyncio.Task[None]] = set()
        begin, number = time.monotonic(), 0
        while (now := time.monotonic() - begin) < seconds:
            while number < times * found.capacity_per_s * now:
                number += 1
                task = asyncio.create_task(caller.call(number, found.large))
                calls.add(task)
                task.add_done_callback(calls.discard)
            await asyncio.sleep(_LOOK_S)
        if beside is not None:
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)
        await asyncio.gather(*calls)
    return found


@asynccontextmanager
async def _uncollected() -> AsyncGenerator[None]:
    """No garbage collection: one that looks at a hundred thousand ends would add 0.1 s to every call under way."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _capacity(caller: _Caller, workers: int, tries: int = 8) -> float:
    """Solves per second of all workers, each busy."""
    ends: list[End] = []

    async def busy(place: int) -> None:
        for number in range(tries):
            await caller.call(10**6 * (place + 1) + number, ends)

    await asyncio.gather(*map(busy, range(workers)))  # warms them
    ends.clear()
    begin = time.monotonic()
    await asyncio.gather(*(busy(workers + place) for place in range(workers)))
    return len(ends) / (time.monotonic() - begin)


async def _one_by_one(caller: _Caller, ends: list[End]) -> None:
    number = 10**8
    while True:
        number += 1
        await caller.call(number, ends)


def told(found: Flood) -> str:
    """What a flood showed, in a line."""
    refused, small = found.refused_s, sorted(end.took_s for end in found.small)
    parts = [f"{found.capacity_per_s:.1f} solves/s alone", str(dict(found.counts))]
    for name, took in (("refused", refused), ("small tenant", small)):
        if took:
            p50, p95, worst = (1000 * took[int(part * (len(took) - 1))] for part in (0.5, 0.95, 1.0))
            parts.append(f"{name} ({len(took)}) within {p50:.1f} (50 %), {p95:.1f} (95 %), {worst:.1f} ms (all)")
    return "; ".join(parts)
