"""Random communities, and the small one that is computed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from c4e_opt.settlement.community.community import Tariff
from c4e_opt.settlement.community.member_readings import MemberReadings, member_readings
from c4e_opt.settlement.community.member_rules import CommunityRules, read_rules

START = 1_893_456_000  # 2030-01-01T00:00Z
KEYS = ("static", "hybrid", "dynamic", "least_cost", "level")


def rules(members: Mapping[str, Any], **parts: Any) -> CommunityRules:
    document = {
        "community": "hub",
        "version": 1,
        "members": members,
        "sharing": {"key": "dynamic"},
        "price": {"rule": "middle"},
    }
    return read_rules({**document, **parts})


def readings(taken: Mapping[str, Any], given: Mapping[str, Any], minutes: int = 15) -> MemberReadings:
    steps = len(next(iter({**taken, **given}.values())))
    return member_readings(
        taken, given, starts=START + 60 * minutes * np.arange(steps), step_seconds=np.full(steps, 60 * minutes)
    )


@dataclass(frozen=True, slots=True)
class Village:
    """A random community with everything that it is settled by."""

    rules: CommunityRules
    readings: MemberReadings
    tariffs: dict[str, Tariff]
    decimals: int


@st.composite
def villages(draw: st.DrawFn, key: str | None = None) -> Village:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = [f"m{n}" for n in range(draw(st.integers(1, 6)))]
    periods, halves = draw(st.integers(1, 4)), draw(st.sampled_from([1, 4]))
    size = draw(st.sampled_from([3, 50, 5000]))
    shape = (len(names), periods * halves)
    taken = rng.integers(0, size, shape) * (rng.random(shape) < 0.8)
    given = rng.integers(0, 2 * size, shape) * (rng.random(shape) < 0.4)
    weights = rng.integers(0, 5, len(names))
    total = int(weights.sum()) + int(rng.integers(0, 3)) or 1
    suppliers = ("volt", "watt")
    members = {
        name: {"share": f"{weights[n]}/{total}", "supplier": suppliers[int(rng.integers(0, 2))]}
        for n, name in enumerate(names)
    }
    prices = [0.0, 1 / 3, 87.654321, 250.0, -20.0]
    tariffs = {
        name: Tariff(import_eur_per_mwh=rng.choice(prices, periods) + 30, export_eur_per_mwh=float(rng.choice(prices)))
        for name in suppliers
    }
    fees = {
        "wires": {"eur_per_mwh": "8.0000001", "to": "dso"},
        "club": {"eur_per_mwh": "1/3", "to": draw(st.sampled_from(["hub", "m0"])), "side": "sender"},
    }
    price: dict[str, Any] = {"rule": draw(st.sampled_from(["middle", "fixed"])), "eur_per_mwh": 123.4567}
    if draw(st.booleans()):
        price |= {"floor_eur_per_mwh": 70, "cap_eur_per_mwh": "200"}
    chosen = key or draw(st.sampled_from(KEYS))
    return Village(
        rules(
            members,
            sharing={"key": chosen, "period_minutes": 15 * halves},
            price=price,
            fees=fees if draw(st.booleans()) else {},
        ),
        readings(dict(zip(names, taken, strict=True)), dict(zip(names, given, strict=True))),
        tariffs,
        draw(st.sampled_from([0, 2, 6, 18])),
    )
