"""Ten times as many calls as the workers can serve: who is refused and how soon, and what a small tenant sees of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from c4e.opt.v1 import solve_pb2
from c4e_opt.case import Case
from c4e_opt.solve import SolveOptions
from c4e_server.client import ENDED, Client
from c4e_server.convert.case import case_to_proto
from c4e_server.local import local_service
from c4e_server.security.access import Access

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("admission")
REFUSED_S = 0.1
GROWN_MIB = 60.0


@pytest.fixture(scope="module")
def flood() -> Any:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        from _service import flood

        return flood
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def client_of(address: str, folder: Path, token: str) -> Client:
    file = folder / f"{abs(hash(token))}.token"
    file.write_text(token, encoding="utf-8")
    return Client(address, Access(token=file))


def test_a_small_tenant_passes_the_jobs_of_a_large_one(
    tmp_path: Path, flood: Any, hard_case: Case, make_small: Callable[..., Case]
):
    flags, (large, small) = flood.tenants(tmp_path, "large", "small")
    with (
        local_service(tmp_path / "data", "--workers", "1", "--cache-mib", "0", *flags) as running,
        client_of(running.address, tmp_path, large) as many,
        client_of(running.address, tmp_path, small) as one,
    ):
        names = [
            many.submit(hard_case, SolveOptions(time_limit_s=0.5, gap=1e-9 * (number + 1))).request_id
            for number in range(12)
        ]
        one.submit(make_small(), request_id="mine")
        assert [job.state for job in one.watch("mine", timeout_s=60)][-1] in ENDED
        assert one.result("mine").outcome.has_schedule
        ended = sum(many.job(name).state in ENDED for name in names)
        assert ended <= 3, "it waited for more than the one that ran when it came"


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [5.0, 60.0])
def test_who_is_refused_hears_it_at_once_and_what_is_taken_ends_in_time(
    tmp_path: Path, flood: Any, hard_case: Case, seconds: float
):
    flags, (large, small) = flood.tenants(tmp_path, "large", "small")
    with local_service(tmp_path / "data", "--workers", "2", "--cache-mib", "0", *flags) as running:
        before = resident_mib(running.process.pid)
        found = asyncio.run(
            flood.flood(running.address, case_to_proto(hard_case), seconds, limit_s=0.15, large=large, small=small)
        )
        grown = resident_mib(running.process.pid) - before
    print(flood.told(found), f"server grew by {grown:.1f} MiB")
    counts, refused = found.counts, found.refused_s
    assert set(counts) <= {"OK", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"}
    assert counts["RESOURCE_EXHAUSTED"] > 3 * counts["OK"]
    assert counts["OK"] >= 0.3 * found.capacity_per_s * seconds
    assert counts["DEADLINE_EXCEEDED"] <= 0.01 * counts["OK"]
    assert all(end.told for end in found.large if end.code == "RESOURCE_EXHAUSTED")
    assert refused[-1] <= REFUSED_S
    assert grown < GROWN_MIB
    assert {end.code for end in found.small} == {"OK"}
    assert max(end.took_s for end in found.small) < 2.0


def resident_mib(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def test_what_there_is_no_room_for_is_refused_before_it_is_held_to_its_rules(
    tmp_path: Path, hard_case: Case, make_small: Callable[..., Case]
):
    with (
        local_service(tmp_path, "--workers", "1", "--queue-limit", "1") as running,
        Client(running.address, patience_s=0.0) as client,
        grpc.insecure_channel(running.address) as channel,
    ):
        solve = channel.unary_unary("/c4e.opt.v1.OptimisationService/Solve")
        broken = solve_pb2.SolveRequest(request_id="a b", case=case_to_proto(make_small())).SerializeToString()
        assert code_of(solve, broken) is grpc.StatusCode.INVALID_ARGUMENT
        job = client.submit(hard_case, SolveOptions(gap=0.0))
        assert code_of(solve, broken) is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert client.submit(hard_case, SolveOptions(gap=0.0), request_id=job.request_id).request_id == job.request_id


def code_of(call: Any, message: bytes) -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        call(message, timeout=30)
    return caught.value.code()
