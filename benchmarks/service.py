"""The service beside a bare grpc.aio echo and beside solves without a service, on loopback, in one run.

Every server is a process of its own. No answer is kept for the next one that asks the same, so that every solve is one.
Wall time; medians of calls one after the other, and counts per second of calls at once.

Usage: python benchmarks/service.py [--json] [--quick] [--only NAME]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import numpy as np
from _market.books import Shape, market
from _service import redispatch
from _service.flood import flood, tenants
from _table import Row, at_most, below, figure, show

from c4e.opt.v1 import solve_pb2, trading_pb2
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_server.client import Client
from c4e_server.convert.case import case_to_proto
from c4e_server.local import local_service

HERE = Path(__file__).parent
SOLVE = "/c4e.opt.v1.OptimisationService/Solve"
ECHO_RATIO, SOLVE_RATIO, SOLVES_PER_S, SOLVES_PART, UPLOAD_S = 1.3, 3.0, 150.0, 0.8, 5.0
REFUSED_MS, SMALL_RATIO, GROWN_MIB = 100.0, 4.0, 60.0
DISPATCH_RATIO = 0.8
#: Growth of the server's memory per 1000 requests that is nothing but noise, in MiB.
SLOPE_MIB, QUICK_SLOPE_MIB = 0.05, 5.0
REQUESTS = 20_000


def site(hours: int = 24) -> Case:
    """A day of a site in hours: a meter with prices, a demand, PV, a battery, a heat pump with a store."""
    hour = np.arange(hours) + 0.5
    price = 80 + 35 * np.sin((hour - 14) / 12 * 2 * np.pi)
    sun = np.clip(np.sin((hour - 6) / 12 * np.pi), 0, None)
    meter = {"id": "meter", "bus": "el", "import_max_mw": 1, "export_max_mw": 1}
    prices = {"import_price_eur_per_mwh": price.tolist(), "export_price_eur_per_mwh": (0.5 * price).tolist()}
    store = {"charge_max_mw": 0.1, "discharge_max_mw": 0.1, "energy_max_mwh": 0.3, "energy_start_mwh": 0.1}
    document: dict[str, Any] = {
        "name": "site",
        "horizon": {"start": "2025-03-12T00:00Z", "step_minutes": 60, "steps": hours},
        "parties": [{"id": "owner"}, {"id": "supplier"}],
        "buses": [{"id": "el"}, {"id": "heat", "carrier": "heat"}],
        "components": {
            "grid_connection": [meter | prices | {"owner": "supplier"}],
            "demand": [
                {"id": "house", "bus": "el", "owner": "owner", "demand_mw": (0.2 + 0.1 * sun).tolist()},
                {"id": "rooms", "bus": "heat", "owner": "owner", "demand_mw": (0.15 - 0.1 * sun).tolist()},
            ],
            "renewable": [{"id": "pv", "bus": "el", "owner": "owner", "available_mw": (0.4 * sun).tolist()}],
            "battery": [{"id": "battery", "bus": "el", "owner": "owner"} | store],
            "heat_store": [{"id": "tank", "bus": "heat", "owner": "owner"} | store],
            "heat_pump": [
                {"id": "pump", "electricity_bus": "el", "heat_bus": "heat", "owner": "owner", "electric_max_mw": 0.1}
                | {"cop": 3.0}
            ],
        },
    }
    return Builder(document, {}).case()


@contextmanager
def serving(*flags: str) -> Generator[Any]:
    """A service with two workers."""
    with (
        tempfile.TemporaryDirectory(prefix="c4e-bench-") as folder,
        local_service(Path(folder), "--workers", "2", "--cache-mib", "0", *flags) as running,
    ):
        yield running


def one_by_one(call: Callable[[], object], count: int) -> list[float]:
    """Seconds of calls, one after the other, without the first tenth."""
    took: list[float] = []
    for _ in range(count + count // 10):
        begin = time.perf_counter()
        call()
        took.append(time.perf_counter() - begin)
    return took[count // 10 :]


def trivial_rows(quick: bool) -> list[Row]:
    """A call that only looks something up in memory."""
    count, rounds = (200, 3) if quick else (1000, 5)
    echo = subprocess.Popen([sys.executable, str(HERE / "_service" / "echo.py")], stdout=subprocess.PIPE, text=True)
    assert echo.stdout is not None
    try:
        with (
            serving() as running,
            grpc.insecure_channel(running.address) as channel,
            grpc.insecure_channel(f"127.0.0.1:{echo.stdout.readline().strip()}") as bare,
        ):
            request = trading_pb2.GetBookRequest(book_id="book")
            with Client(running.address) as client:
                closes = datetime.now(UTC) + timedelta(hours=1)
                client.markets.open("book", site(), closes=closes, kind="continuous", bus="el", lot=2.4)
            ours = channel.unary_unary("/c4e.opt.v1.TradingService/GetBook")
            other = bare.unary_unary("/Echo/Echo")
            packed = request.SerializeToString()
            took: tuple[list[float], list[float]] = ([], [])
            for _ in range(rounds):  # in turn, so that both meet the same machine
                took[0].extend(one_by_one(lambda: ours(packed), count))
                took[1].extend(one_by_one(lambda: other(packed), count))
    finally:
        echo.terminate()
        echo.wait()
    found = [1000 * statistics.median(each) for each in took]
    return [at_most("trivial call, p50", found[0], found[1], "grpc.aio echo", "ms", ECHO_RATIO, "grpcio")]


def solve_rows(quick: bool) -> list[Row]:
    """A day of a site: one after the other, and as many as two cores can."""
    seconds, count = (3.0, 60) if quick else (10.0, 300)
    message = case_to_proto(site())
    packed = solve_pb2.SolveRequest(case=message).SerializeToString()
    with tempfile.TemporaryDirectory(prefix="c4e-bench-") as folder:
        file = Path(folder) / "case"
        file.write_bytes(message.SerializeToString())
        (alone,) = _bare(file, 1, seconds)
        together = _bare(file, 2, seconds)
    with serving() as running:
        with grpc.insecure_channel(running.address) as channel:
            solve = channel.unary_unary(SOLVE)
            took = statistics.median(one_by_one(lambda: solve(packed), count))
        rate = asyncio.run(_rate(running.address, packed, seconds))
    bare = sum(rate for rate, _ in together)
    what = "24-hour site LP through the service, p50"
    rows = [at_most(what, 1000 * took, 1000 * alone[1], "c4e_opt.solve", "ms", SOLVE_RATIO, "grpcio", "highspy")]
    row = figure("24-hour site LPs on two workers", rate, bare, "two bare processes", "1/s", "grpcio", "highspy")
    bar = f">= {SOLVES_PER_S:g}/s or ratio >= {SOLVES_PART:g}"
    return [*rows, replace(row, bar=bar, holds=rate >= SOLVES_PER_S or rate >= SOLVES_PART * bare)]


def _bare(file: Path, processes: int, seconds: float) -> list[tuple[float, float]]:
    command = [sys.executable, str(HERE / "_service" / "bare.py"), str(file), str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    found: list[tuple[float, float]] = []
    for process in running:
        said, _ = process.communicate(timeout=300)
        rate, median = map(float, said.split())
        found.append((rate, median))
    return found


async def _rate(address: str, packed: bytes, seconds: float, callers: int = 6) -> float:
    """Calls per second of some callers at once."""
    async with grpc.aio.insecure_channel(address) as channel:
        solve: Any = channel.unary_unary(SOLVE)
        stop = time.perf_counter() + seconds
        counts = [0] * callers

        async def call(place: int) -> None:
            while time.perf_counter() < stop:
                await solve(packed + _unlike(len(counts) * counts[place] + place))
                counts[place] += 1

        begin = time.perf_counter()
        await asyncio.gather(*map(call, range(callers)))
        return sum(counts) / (time.perf_counter() - begin)


def _unlike(number: int) -> bytes:
    """What makes a request unlike those under way at the same time: a gap, which an LP does not ask for."""
    return solve_pb2.SolveRequest(options=solve_pb2.SolveOptions(gap=1e-6 + 1e-12 * number)).SerializeToString()


def upload_rows(quick: bool) -> list[Row]:
    """A book from the caller's columns to its result as the caller reads it, through a dataset and in one message."""
    orders = 100_000 if quick else 1_000_000
    case = market(Shape(orders=orders))
    packed = solve_pb2.SolveRequest(case=case_to_proto(case)).SerializeToString()
    numbers = itertools.count()
    with serving("--message-mib", "512") as running, Client(running.address) as client:

        def whole() -> None:
            named = replace(case, name=f"book {next(numbers)}")  # of which the service has nothing yet
            client.solve(client.datasets.upload(named))

        uploaded = statistics.median(one_by_one(whole, 3))
        room = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        with grpc.insecure_channel(running.address, options=room) as channel:
            solve = channel.unary_unary(SOLVE)
            took = statistics.median(one_by_one(lambda: solve(packed), 3))
    book = f"{orders:,} orders ({len(packed) / 2**20:.0f} MiB)"
    return [
        below(f"{book}, from columns over an upload to the result read", uploaded, "s", UPLOAD_S, "grpcio"),
        below(f"{book}, from one message to one message", took, "s", UPLOAD_S, "grpcio"),
    ]


def memory_rows(quick: bool) -> list[Row]:
    """Growth of the server's own process over requests, by a line through what it took after the first third.

    Every fifth request is kept in the store.
    """
    requests = 1500 if quick else REQUESTS
    request = solve_pb2.SolveRequest(case=case_to_proto(site(3))).SerializeToString()
    points: list[tuple[int, float]] = []

    async def run(address: str, server: int) -> None:
        async with grpc.aio.insecure_channel(address) as channel:
            solve: Any = channel.unary_unary(SOLVE)
            for done in range(0, requests, 5):
                kept = solve_pb2.SolveRequest(request_id=f"kept-{done}").SerializeToString()
                await asyncio.gather(*(solve(request + _unlike(n) + (b"" if n else kept)) for n in range(5)))
                if done >= requests // 3 and done % 100 == 0:
                    points.append((done, _resident_mib(server)))

    with serving() as running:
        asyncio.run(run(running.address, running.process.pid))
    slope = 1000 * float(np.polyfit(*np.array(points).T, 1)[0])
    bar = QUICK_SLOPE_MIB if quick else SLOPE_MIB
    return [below(f"server memory over {requests:,} requests, slope", slope, "MiB/1000", bar)]


def overload_rows(quick: bool) -> list[Row]:
    """Ten times as many calls as two workers can serve, of one tenant, and beside them another's, one at a time.

    Once as the files in deploy/ have it, where only the service and its workers share their cores, and once as it is
    for a service among others.
    """
    return [row for priority in ("idle", "low") for row in _overload_rows(quick, priority)]


def _overload_rows(quick: bool, priority: str) -> list[Row]:
    seconds = 5.0 if quick else 60.0
    case = case_to_proto(site())
    with tempfile.TemporaryDirectory(prefix="c4e-bench-") as folder:
        flags, (large, small) = tenants(Path(folder), "large", "small", worker_priority=priority)
        with serving(*flags) as running:
            alone = asyncio.run(flood(running.address, case, 3.0, times=0.0, large=large, small=small))
            before = _resident_mib(running.process.pid)
            found = asyncio.run(flood(running.address, case, seconds, large=large, small=small))
            grown = _resident_mib(running.process.pid) - before
    refused = [end for end in found.large if end.code == "RESOURCE_EXHAUSTED"]
    others = [end for end in (*found.large, *found.small) if end.code not in ("OK", "RESOURCE_EXHAUSTED")]
    when = f"at 10 times the load for {seconds:.0f} s, worker_priority {priority}"
    worst = 1000 * max(end.took_s for end in refused)
    untold = sum(not end.told for end in refused)
    p95 = [1000 * float(np.percentile([end.took_s for end in each.small], 95)) for each in (found, alone)]
    return [
        below(f"{len(refused):,} refusals {when}, the slowest", worst, "ms", REFUSED_MS, "grpcio"),
        below(f"refusals {when} without a time to come again", untold, "", 0),
        below(f"calls {when} that were taken and not answered in time", len(others), "", 0),
        at_most(f"a small tenant {when}, p95", *p95, "without load", "ms", SMALL_RATIO),
        below(f"server memory {when}, growth", grown, "MiB", GROWN_MIB),
    ]


def dispatch_rows(quick: bool) -> list[Row]:
    """A site that is dispatched every five minutes, beside solves of the same hours that know nothing of each other."""
    with serving() as running:
        took = [1000 * statistics.median(each) for each in redispatch.measured(running.address, 20 if quick else 100)]
    what = "dispatch of a 24-hour site in 5-minute steps, p50"
    return [at_most(what, *took, "Solve of the same hours", "ms", DISPATCH_RATIO, "grpcio", "highspy")]


def _resident_mib(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


PARTS: Mapping[str, Callable[[bool], list[Row]]] = {
    "trivial": trivial_rows,
    "solve": solve_rows,
    "upload": upload_rows,
    "overload": overload_rows,
    "memory": memory_rows,
    "dispatch": dispatch_rows,
}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print a list of rows as JSON")
    parser.add_argument("--quick", action="store_true", help="fewer calls, below a minute")
    parser.add_argument("--only", metavar="NAME", default="", help=", ".join(PARTS))
    chosen = parser.parse_args()
    rows = [row for name, part in PARTS.items() if chosen.only in ("", name) for row in part(chosen.quick)]
    return show(rows, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
