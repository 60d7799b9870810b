"""However the service ends, no process of it goes on, and what it was solving is taken up again."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e.opt.v1 import jobs_pb2
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.solve import SolveOptions
from c4e_server.client import Client
from c4e_server.local import local_service
from tests.processes import below


def endless() -> Case:
    """Plants that differ a little: a schedule is found soon, its optimality proven after minutes."""
    random = np.random.default_rng(3)
    course = 8 + 4 * np.sin(np.arange(168) / 4) + random.uniform(-1, 1, 168)
    plants = [
        {
            "id": f"p{number}",
            "electricity_bus": "el",
            "heat_bus": "heat",
            "fuel_bus": "gas",
            "fuel_max_mw": float(random.uniform(1, 3)),
            "electric_efficiency": float(random.uniform(0.3, 0.42)),
            "heat_efficiency": float(random.uniform(0.3, 0.45)),
            "minimum_load_ratio": float(random.uniform(0.4, 0.7)),
            "start_cost_eur": float(random.uniform(20, 90)),
            "minimum_up_hours": 4,
        }
        for number in range(25)
    ]
    imports: list[dict[str, Any]] = [
        {"id": bus, "bus": bus, "import_max_mw": 99, "import_price_eur_per_mwh": price}
        for bus, price in (("gas", 30), ("el", 150), ("heat", 90))
    ]
    document: dict[str, Any] = {
        "name": "endless",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 168},
        "buses": [{"id": "el"}, {"id": "heat", "carrier": "heat"}, {"id": "gas", "carrier": "gas"}],
        "components": {
            "chp": plants,
            "demand": [{"id": "d", "bus": "el", "demand_mw": course}, {"id": "h", "bus": "heat", "demand_mw": 20}],
            "grid_connection": imports,
        },
    }
    return Builder(document, {}).case()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda how: how.name)
def test_no_process_of_the_service_outlives_it(tmp_path: Path, how: signal.Signals):
    with local_service(tmp_path, "--workers", "1") as service, Client(service.address) as client:
        client.submit(endless(), SolveOptions(gap=0.0), request_id="long")
        for job in client.watch("long", timeout_s=60):
            if job.phase == "solve":
                break
        processes = below(service.process.pid)
        assert len(processes) >= 3  # the fork server, a worker, its spare
        service.process.send_signal(how)
        service.process.wait(10)
    end = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in processes):
        assert time.monotonic() < end, "a process of the service goes on"
        time.sleep(0.02)
    if how is signal.SIGTERM:
        with local_service(tmp_path, "--workers", "1") as service, Client(service.address, patience_s=0.0) as client:
            assert client.job("long").state in (jobs_pb2.JOB_STATE_QUEUED, jobs_pb2.JOB_STATE_RUNNING)
        assert "Traceback" not in service.log.read_text(encoding="utf-8")
