"""The service is killed while it posts: nothing is lost, nothing is booked twice, answers stay the same."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.errors import C4eError
from c4e_opt.settlement import Statement, batch_of
from c4e_server.client import Client
from c4e_server.config import Config
from c4e_server.ledgers.registry import open_journal
from c4e_server.local import local_service

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(900)]
_PER_LIFE = 40


def house(number: int) -> Case:
    """A case like no other, so that its settlement is a batch of its own."""
    document: dict[str, Any] = {
        "name": f"house {number}",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 4},
        "parties": [{"id": "ann"}, {"id": "grid"}],
        "buses": [{"id": "el"}],
        "components": {
            "grid_connection": [
                {
                    "id": "meter",
                    "bus": "el",
                    "owner": "grid",
                    "import_max_mw": 10,
                    "import_price_eur_per_mwh": [100, 500, 100, 90],
                }
            ],
            "demand": [{"id": "load", "bus": "el", "owner": "ann", "demand_mw": 1 + number / 1000}],
        },
    }
    return Builder(document, {}).case()


def live_and_die(data: Path, begin: int, count: int, seconds: float) -> dict[str, tuple[int, str, Statement | None]]:
    """Post as fast as four callers can; some time after `count` answers the power is cut. Returns what came before."""
    acknowledged: dict[str, tuple[int, str, Statement | None]] = {}
    with local_service(data, "--workers", "2") as service, Client(service.address, patience_s=0.0) as client:
        client.balances()  # the service is up before the first request
        cut_off = threading.Timer(seconds, service.process.kill)
        begun = threading.Lock()

        def post(number: int) -> None:
            try:
                solved = client.solve(house(number), request_id=f"r{number}", settlement="post")
                acknowledged[f"r{number}"] = (number, solved.outcome.digest, solved.statement)
            except C4eError:
                return  # the power is cut
            if len(acknowledged) >= count and begun.acquire(blocking=False):
                cut_off.start()

        with ThreadPoolExecutor(4) as callers:
            list(callers.map(post, range(begin, begin + _PER_LIFE)))
        service.process.wait(timeout=60)  # else nothing was answered, and the power was never cut
    return acknowledged


def check_after(data: Path, acknowledged: dict[str, tuple[int, str, Statement | None]], sent: int) -> None:
    """Start once more, repeat every request, and count the books."""
    with local_service(data, "--workers", "2") as service, Client(service.address) as client:
        for name, (number, digest, statement) in acknowledged.items():
            again = client.solve(house(number), request_id=name, settlement="post")
            assert again.outcome.digest == digest, f"{name} has another answer after the power cut"
            assert again.statement == statement
        everything = [client.solve(house(number), request_id=f"r{number}", settlement="post") for number in range(sent)]
        end = time.monotonic() + 60
        while not all(client.job(f"r{number}").posted for number in range(sent)):
            assert time.monotonic() < end, "batches are still on their way"
            time.sleep(0.05)
    ledger = open_journal(Config(data=data), write=False)
    assert ledger.verify() == []
    should: dict[str, dict[str, int]] = {}
    for solved in everything:
        assert solved.statement is not None
        for account, amounts in batch_of(solved.statement).totals().items():
            for asset, amount in amounts.items():
                held = should.setdefault(account, {})
                held[asset] = held.get(asset, 0) + amount
    assert ledger.balances() == should, "something was lost or booked twice"
    sums = [sum(held.get(asset.id, 0) for held in should.values()) for asset in ledger.assets()]
    assert set(sums) == {0}


def cut(data: Path, lives: int, seed: int) -> None:
    clock = random.Random(seed)
    acknowledged: dict[str, tuple[int, str, Statement | None]] = {}
    for life in range(lives):
        acknowledged |= live_and_die(data, life * _PER_LIFE, clock.randint(1, 15), clock.uniform(0.0, 0.1))
    assert len(acknowledged) >= lives
    assert len(acknowledged) < lives * _PER_LIFE, "no life was short enough to cut anything off"
    check_after(data, acknowledged, lives * _PER_LIFE)


def test_three_power_cuts_lose_and_double_nothing(tmp_path: Path):
    cut(tmp_path, lives=3, seed=20250101)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_power_cuts_lose_and_double_nothing(tmp_path: Path, seed: int):
    cut(tmp_path, lives=8, seed=seed)
