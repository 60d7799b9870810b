"""What holds for the imbalances of every market: sums, an independent recomputation, order, splitting, bytes.

Ten thousand random markets behind the mark `slow`, three hundred otherwise.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import Statement, audit_imbalance, batch_of, imbalance, measured, restate, settle
from c4e_opt.settlement.metering.measurement import Activation, ImbalanceRules, Measurement, Run
from c4e_opt.settlement.metering.readings import Meter, Readings
from tests.settlement.markets import START, grid, load, market
from tests.settlement.test_properties import Scene, scenes

RULES = ("linear", "last_week", "schedule", "zero")
MARKETS = [pytest.param(300, id="300"), pytest.param(10_000, id="10000", marks=pytest.mark.slow)]


@dataclass(frozen=True, slots=True)
class Day:
    """A random market and what was metered of it."""

    scene: Scene
    case: Case
    outcome: Outcome
    cleared: Statement
    measurement: Measurement

    def settled(self, measurement: Measurement | None = None) -> Statement:
        return imbalance(self.case, self.outcome, self.cleared, measurement or self.measurement)


@st.composite
def days(draw: st.DrawFn) -> Day:
    scene = draw(scenes())
    energy = draw(st.sampled_from([6, 6, 9]))
    scene = replace(scene, energy=energy)
    case, outcome, cleared = scene.settled()
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    horizon, meters, rows = case.horizon, list[Meter](), list[Any]()
    lengths = [s for s in (300, 900, 1800, 3600) if all(int(step) % s == 0 for step in horizon.step_seconds)]
    if horizon.steps:
        lengths.append(int(horizon.end - horizon.start))
    for party in ("ann", "bob", "cid", "net", "operator"):
        for bus in ("e", "f"):
            if party not in {p.id for p in case.parties} | {"operator"} or rng.random() < 0.3:
                continue
            words = tuple(rng.permutation(RULES)[: int(rng.integers(0, 3))].tolist())
            one = Meter(
                id=f"{party} {bus}", party=party, bus=bus, seconds=int(rng.choice(lengths or [900])),
                substitutes=(*words, str(rng.choice(["schedule", "zero"]))),
            )  # fmt: skip
            meters.append(one)
            for start in range(horizon.start - one.seconds, horizon.end + one.seconds, one.seconds):
                for version in range(int(rng.integers(0, 3))):
                    rows.append((one.id, start, int(rng.integers(-9000, 9000)), version, int(rng.integers(0, 5))))
                if rng.random() < 0.3:
                    rows.append((one.id, start - 7 * 86400, int(rng.integers(-9000, 9000))))
    owners = [(part, bus) for part in scene.parts for bus in part.flows]
    calls = [
        Activation(
            component=f"{part.kind}/{part.record.id}", bus=bus, start=int(rng.choice(horizon.starts)),
            energy_wh=int(rng.integers(-500, 500)), price_per_mwh=77.7,
        )
        for part, bus in (owners[int(n)] for n in rng.integers(0, len(owners), 2 * (horizon.steps > 0)))
    ]  # fmt: skip
    names = [p.id for p in case.parties]
    groups = {name: str(rng.choice(names)) for name in names if rng.random() < 0.4}
    groups = {name: group for name, group in groups.items() if group not in groups}
    columns = {bus: rng.choice([100.0, -5.5, 1 / 3], horizon.steps).tolist() for bus in ("e", "f")}
    rules = ImbalanceRules(
        price=draw(st.sampled_from(["given", "single", "dual"])),
        component_per_mwh=draw(st.sampled_from([0.0, 5.0, 0.125])),
        short_per_mwh=columns,
        long_per_mwh={"f": [each - 3 for each in columns["f"]]},
        balance_groups=groups,
        areas=draw(st.sampled_from([{}, {"f": "e"}])),
    )
    until = draw(st.sampled_from([None, 2]))
    measurement = Measurement(
        meters=tuple(meters), readings=Readings.of(rows), rules=rules, activations=tuple(calls), run=Run(until=until)
    )
    return Day(scene, case, outcome, cleared, measurement)


def held(what: Callable[[Day], None], markets: int) -> None:
    """Look at so many markets."""
    settings(max_examples=markets)(given(days())(what))()


def whole(day: Day) -> None:
    """Sums are zero, money is what fractions say, bytes are the same again and in any order."""
    statement = day.settled()
    by_step: dict[Any, int] = defaultdict(int)
    paid: dict[Any, int] = defaultdict(int)
    energy: dict[Any, int] = defaultdict(int)
    for line in statement.lines():
        by_step[line.asset, line.step] += line.amount
        if line.party != "operator":
            (paid if line.asset == "EUR" else energy)[line.party, line.step] += line.amount
    assert not any(by_step.values())
    exact, delivered, claims = recomputed(day)
    assert {key: -given for key, given in energy.items() if given} == {k: e for k, e in delivered.items() if e}
    for key, amount in exact.items():
        assert abs(paid[key] - amount * 10**day.scene.money) < max(claims[key], 1)
    rows, rng = day.measurement.readings, np.random.default_rng(len(statement))
    order = rng.permutation(len(rows))
    columns = ("meter", "start", "energy_wh", "version", "received")
    shuffled = Readings(**{name: np.repeat(getattr(rows, name)[order], 1 + order % 2) for name in columns})
    again = day.settled(
        replace(
            day.measurement,
            readings=shuffled,  # and some of them twice
            meters=day.measurement.meters[::-1],
            activations=day.measurement.activations[::-1],
        )
    )
    assert json.dumps(again.to_json()) == json.dumps(statement.to_json())
    assert batch_of(again).digest == batch_of(statement).digest
    later = replace(day.measurement, run=Run(kind="correction", number=2))
    told = restate(statement, day.settled(later))
    totals = {account: dict(held) for account, held in told.reversal.totals().items()}
    for account, amounts in told.batch.totals().items():
        for asset, amount in amounts.items():
            row = totals.setdefault(account, {})
            row[asset] = row.get(asset, 0) + amount
    change = {k.split(":")[1]: {a: n for a, n in v.items() if n} for k, v in totals.items() if any(v.values())}
    assert change == told.differences


def nano(price: float) -> Fraction:
    """A price as the books read it, in whole 1e-9."""
    return Fraction(round(Fraction(price) * 10**9), 10**9)


def recomputed(day: Day) -> tuple[dict[Any, Fraction], dict[Any, int], dict[Any, int]]:
    """From the lines of the clearing, and meters as `measured` tells them: money, energy, number of claims."""
    case, rules, scene = day.case, day.measurement.rules, day.scene
    seen = measured(case, day.outcome, day.cleared, day.measurement)
    unit, steps = 10**scene.energy, range(case.horizon.steps)
    metered = {(m.party, m.bus) for m in seen.meters}
    owner = {f"{part.kind}/{part.record.id}": part.record.owner or "operator" for part in scene.parts}
    off: dict[Any, int] = defaultdict(int)
    for meter, row in zip(seen.meters, seen.energy.tolist(), strict=True):
        for step in steps:
            off[rules.balance_groups.get(meter.party, meter.party), rules.areas.get(meter.bus, meter.bus), step] += row[
                step
            ]
    for line in day.cleared.lines():
        if line.asset != "EUR" and line.component and (line.party, line.bus) in metered:
            off[rules.balance_groups.get(line.party, line.party), rules.areas.get(line.bus, line.bus), line.step] += (
                line.amount
            )
    exact: dict[Any, Fraction] = defaultdict(Fraction)
    delivered: dict[Any, int] = defaultdict(int)
    claims: dict[Any, int] = defaultdict(int)
    starts = case.horizon.starts.tolist()
    for call in day.measurement.activations:
        party, step, energy = owner[call.component], starts.index(call.start), call.energy_wh * unit // 10**6
        off[rules.balance_groups.get(party, party), rules.areas.get(call.bus, call.bus), step] -= energy
        if party != "operator":
            exact[party, step] += nano(call.price_per_mwh) * energy / unit
            delivered[party, step] += energy
            claims[party, step] += 1
    rows: Any = off.items()
    spots: dict[str, list[float]] = scene.prices
    for (party, area, step), energy in rows:
        spot: float = spots[str(area)][int(step)]
        column: Any = rules.short_per_mwh[area]
        if rules.price == "given":
            row: Any = rules.long_per_mwh.get(str(area), column) if energy > 0 else column
            price = nano(float(row[int(step)]))
        else:
            whole_area = sum(e for (_, a, s), e in off.items() if (a, s) == (area, step))
            sides: int = whole_area if rules.price == "single" else int(energy)
            price = nano(spot) + nano(rules.component_per_mwh) * ((sides < 0) - (sides > 0))
        if party != "operator" and energy:
            exact[party, step] += price * energy / unit
            delivered[party, step] += energy
            claims[party, step] += 1
    return exact, delivered, claims


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("markets", MARKETS)
def test_every_market_balances_and_is_what_fractions_say(markets: int) -> None:
    held(whole, markets)


def split(day: Day) -> None:
    """Every reading in parts of a third of its length, and every party in two, changes nothing for groups."""
    rows, rng = day.measurement.readings, np.random.default_rng(len(day.measurement.readings))
    parts = [rng.integers(-5, 5, len(rows)) for _ in range(2)]
    lengths = {meter.id: meter.seconds for meter in day.measurement.meters}
    third = np.array([lengths[name] // 3 for name in rows.meter.tolist()], dtype=np.int64)
    finer = Readings(
        meter=np.tile(rows.meter, 3),
        start=np.concatenate([rows.start + n * third for n in range(3)]),
        energy_wh=np.concatenate([*parts, rows.energy_wh - parts[0] - parts[1]]),
        version=np.tile(rows.version, 3),
        received=np.tile(rows.received, 3),
    )
    plain = [replace(meter, substitutes=("zero",)) for meter in day.measurement.meters]
    short = [
        m for m in plain if m.seconds // 3 * 3 == m.seconds and all(day.case.horizon.step_seconds % m.seconds == 0)
    ]
    kept = {meter.id for meter in short}
    if not kept:
        return
    coarse = replace(day.measurement, meters=tuple(short), readings=only(rows, kept))
    fine = replace(coarse, meters=tuple(replace(m, seconds=m.seconds // 3) for m in short), readings=only(finer, kept))
    assert day.settled(coarse).balances() == day.settled(fine).balances()


def only(rows: Readings, kept: set[str]) -> Readings:
    these = np.array([name in kept for name in rows.meter.tolist()], dtype=np.bool_)
    columns = ("meter", "start", "energy_wh", "version", "received")
    return Readings(**{name: getattr(rows, name)[these] for name in columns})


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("markets", MARKETS)
def test_splitting_readings_changes_nothing(markets: int) -> None:
    held(split, markets)


@given(days(), st.integers(0, 10**9), st.sampled_from([-2, -1, 1, 2]))
def test_no_amount_can_be_changed_unnoticed(day: Day, seed: int, change: int) -> None:
    statement = day.settled()
    if len(statement):
        amount = statement.amount.copy()
        amount[seed % amount.size] += change
        wrong = replace(statement, amount=amount)
        assert not audit_imbalance(day.case, day.outcome, day.cleared, day.measurement, wrong).holds


def test_a_party_in_two_is_the_same_to_its_group() -> None:
    """One meter of 3 and 4 kWh, or two of 1, 2 and 4 kWh: the group that answers for them pays the same."""

    def paid(loads: dict[str, float]) -> int:
        taken = sum(loads.values())
        parts = [load(f"l {name}", name, [power]) for name, power in loads.items()] + [grid("g", "sup", [taken], 30.0)]
        case, outcome = market(parts, {"e": [30.0]})
        measurement = Measurement(
            meters=tuple(Meter(id=name, party=name, bus="e", seconds=3600) for name in loads),
            readings=Readings.of([(name, START, -round(power * 1e6) - 1000) for name, power in loads.items()]),
            rules=ImbalanceRules(price="dual", component_per_mwh=7.0, balance_groups={name: "sup" for name in loads}),
        )
        extra = 1000 * (2 - len(loads))  # one kWh more in each of two parts, or two in one
        rows = measurement.readings
        measurement = replace(measurement, readings=replace(rows, energy_wh=rows.energy_wh - extra))
        return imbalance(case, outcome, settle(case, outcome), measurement).balances()["sup"]["EUR"]

    assert paid({"ann": 3.0}) == paid({"ann": 1.0, "bob": 2.0}) == -7  # 2 kWh at 37: 0.074
