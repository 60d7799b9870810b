"""Settle a community day of its own, act by act: the clearing, imbalances, sharing.

Usage: python benchmarks/_settlement/acts.py MEMBERS
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from _table import versions

from c4e_opt import Case, solve
from c4e_opt.axes import Horizon
from c4e_opt.case import KINDS, Bus, Party, Policy
from c4e_opt.market.order_book import OrderBook
from c4e_opt.settlement import ImbalanceRules, Measurement, Meter, Readings, imbalance, settle
from c4e_opt.settlement.community.community import Tariff, settle_community
from c4e_opt.settlement.community.member_readings import member_readings
from c4e_opt.settlement.community.member_rules import read_rules

START, STEPS = 1_893_456_000, 96  # 2030-01-01T00:00Z


def community(members: int) -> Case:
    """Members with a load each, a third of them with a roof, on one bus behind one connection."""
    chance = np.random.default_rng(members)
    sun = np.maximum(0.0, np.sin((np.arange(STEPS) - 24) / 48 * np.pi))
    names = [f"m{n:05}" for n in range(members)]
    loads = tuple(
        KINDS["demand"](id=name, bus="street", owner=name, demand_mw=chance.uniform(0.0001, 0.01, STEPS).round(6))
        for name in names
    )
    roofs = tuple(
        KINDS["renewable"](id=name, bus="street", owner=name, available_mw=(chance.uniform(0.0, 0.02) * sun).round(6))
        for name in names[::3]
    )
    meter = KINDS["grid_connection"](
        id="street", bus="street", owner="supplier", import_max_mw=0.1 * members, export_max_mw=0.1 * members,
        import_price_eur_per_mwh=np.full(STEPS, 300.0), export_price_eur_per_mwh=np.full(STEPS, 60.0),
    )  # fmt: skip
    return Case(
        name=f"{members} members",
        horizon=Horizon(START, np.full(STEPS, 900)),
        parties=(*(Party(id=name) for name in names), Party(id="supplier"), Party(id="operator")),
        buses=(Bus(id="street"),),
        components={"demand": loads, "renewable": roofs, "grid_connection": (meter,)},
        orders=OrderBook.empty(),
        policy=Policy(operator="operator"),
    )


def main(members: int) -> dict[str, Any]:
    """CPU seconds of every act with its audit, and lines of its statement."""
    case = community(members)
    outcome = solve(case)
    chance = np.random.default_rng(members + 1)
    found: dict[str, Any] = {}

    def timed(name: str, act: Callable[[], Any]) -> Any:
        taken: list[float] = []
        for _ in range(3):
            begin = time.process_time()
            made = act()
            taken.append(time.process_time() - begin)
        found[name] = {"cpu_s": sorted(taken)[1], "lines": len(made if not isinstance(made, tuple) else made[0])}
        return made

    cleared = timed("clearing", lambda: settle(case, outcome))
    names = [party.id for party in case.parties[:members]]
    measured_wh = -chance.integers(0, 2500, members * STEPS)
    measurement = Measurement(
        meters=tuple(Meter(id=name, party=name, bus="street", seconds=900) for name in names),
        readings=Readings(
            meter=np.repeat(np.array(names), STEPS),
            start=np.tile(START + 900 * np.arange(STEPS), members),
            energy_wh=measured_wh,
            version=np.zeros(members * STEPS, dtype=np.int64),
            received=np.zeros(members * STEPS, dtype=np.int64),
        ),
        rules=ImbalanceRules(price="dual", component_per_mwh=5),
    )
    timed("imbalances", lambda: imbalance(case, outcome, cleared, measurement))
    taken = {name: chance.integers(0, 400, STEPS) for name in names}
    given = {name: chance.integers(0, 900, STEPS) for name in names[::3]}
    readings = member_readings(taken, given, starts=START + 900 * np.arange(STEPS), step_seconds=np.full(STEPS, 900))
    rules = read_rules({
        "community": "street", "version": 1, "members": {name: {"supplier": "supplier"} for name in names},
        "sharing": {"key": "dynamic"}, "price": {"rule": "middle"},
        "fees": {"grid": {"eur_per_mwh": 8, "to": "operator"}},
    })  # fmt: skip
    tariffs = {"supplier": Tariff(import_eur_per_mwh=300.0, export_eur_per_mwh=60.0)}
    timed("community", lambda: settle_community(rules, readings, tariffs))
    return {"acts": found, "versions": versions("c4e-opt", "numpy")}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
