"""What holds for every market: sums, bounds, and independence of any order in which things are written."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt import solve
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import Statement, audit, batch_of, settle
from tests.properties.generators import case_of, document
from tests.settlement.markets import Deal, Part, grid, load, market, sun, tie

MINUTES = (15, 30, 60)


@dataclass(frozen=True, slots=True)
class Scene:
    """A random market that balances up to a solver's noise: members, orders, a connection at each bus, a tie."""

    parts: tuple[Part, ...]
    deals: tuple[Deal, ...]
    prices: dict[str, list[float]]
    minutes: list[int]
    tariffs: dict[str, tuple[float, float]]
    money: int
    energy: int

    def settled(self) -> tuple[Case, Outcome, Statement]:
        case, outcome = market(
            self.parts, self.prices, self.deals, minutes=self.minutes, money=self.money, energy=self.energy
        )
        return case, outcome, settle(case, outcome)


@st.composite
def scenes(draw: st.DrawFn, deals: int = 4) -> Scene:
    steps = draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    minutes = rng.choice(MINUTES, steps).tolist()
    price = st.sampled_from([0.0, 0.001, 50.0, 1 / 3, -20.0, 87.654321, 1e-10, 4000.0])
    prices = {bus: [draw(price) for _ in range(steps)] for bus in ("e", "f")}
    flat = draw(st.booleans())
    parts: list[Part] = []
    for n in range(draw(st.integers(0, 6))):
        make = load if rng.random() < 0.6 else sun
        power = np.full(steps, 0.001) if flat else rng.uniform(0, 0.02, steps)
        parts.append(
            make(f"{n}{make.__name__}", str(rng.choice(["ann", "bob", "cid", ""])), power, str(rng.choice(["e", "f"])))
        )
    sent = rng.uniform(0, 0.01, steps)
    parts.append(tie("cable", "net", sent, sent * 0.97, ("e", "f")))
    orders = [
        Deal(
            f"o{n}",
            str(rng.choice(["ann", "bob"])),
            str(rng.choice(["e", "f"])),
            int(rng.choice([-1, 1])),
            int(rng.integers(steps)),
            float(rng.uniform(0, 0.01)),
        )
        for n in range(draw(st.integers(0, deals)) if steps else 0)
    ]
    tariffs = {"e": (60.0, 12.5), "f": (300.25, -1.0)}
    noise_mw = draw(st.sampled_from([0.0, 4e-7]))
    for bus, (imports, exports) in tariffs.items():
        left = sum((np.array(part.flows[bus]) for part in parts if bus in part.flows), np.zeros(steps))
        for deal in orders:
            if deal.bus == bus:
                left[deal.step] += deal.side * deal.accepted_mwh * 60 / minutes[deal.step]
        left += rng.uniform(-noise_mw, noise_mw, steps)
        parts.append(grid(f"meter {bus}", "sup", -left, imports, exports, bus))
    money, energy = draw(st.sampled_from([(2, 6), (0, 3), (18, 18), (6, 9), (2, 0), (18, 0)]))
    return Scene(tuple(parts), tuple(orders), prices, minutes, tariffs, money, energy)


@given(scenes())
def test_every_asset_sums_to_zero_in_every_step(scene: Scene) -> None:
    _, _, statement = scene.settled()
    by_step: dict[Any, int] = defaultdict(int)
    by_bus: dict[Any, int] = defaultdict(int)
    for line in statement.lines():
        by_step[line.asset, line.step] += line.amount
        if line.asset != "EUR":
            by_bus[line.asset, line.bus, line.step] += line.amount
    assert not any(by_step.values())
    assert not any(by_bus.values())


@given(scenes())
def test_parties_get_price_times_energy_within_the_rounding(scene: Scene) -> None:
    """Recomputed with fractions from what was put in: one minor unit of each kind per line is the most that is lost."""
    _, _, statement = scene.settled()
    exact: dict[str, Fraction] = defaultdict(Fraction)
    slack: dict[str, Fraction] = defaultdict(Fraction)
    cent, wh, grid_step = Fraction(1, 10**scene.money), Fraction(1, 10**scene.energy), Fraction(1, 10**9)

    def owed(party: str, mwh: Fraction, price: float) -> None:
        exact[party] += Fraction(price) * mwh
        slack[party] += cent + (wh + grid_step) * (abs(Fraction(price)) + 1) + grid_step * (abs(mwh) + 1)

    for part in scene.parts:
        for bus, flow in part.flows.items():
            for step, power in enumerate(np.array(flow).tolist()):
                mwh = Fraction(power) * scene.minutes[step] / 60
                local = scene.prices[bus][step]
                price = scene.tariffs[bus][power <= 0] if part.kind == "grid_connection" else local
                owed(part.record.owner or "operator", mwh, price)
                if part.kind == "grid_connection":
                    owed("operator", mwh, local - price)
                    slack["operator"] += slack[part.record.owner]
    for deal in scene.deals:
        owed(deal.party, deal.side * Fraction(deal.accepted_mwh), scene.prices[deal.bus][deal.step])
    balances = statement.balances()
    for party, amount in exact.items():
        got = balances.get(party, {}).get("EUR", 0) * cent
        if party != "operator":  # it also bears the rounding
            assert abs(got - amount) <= slack[party]


@given(scenes(), st.randoms(use_true_random=False))
def test_the_order_of_writing_changes_nothing(scene: Scene, random: Any) -> None:
    def shuffled(things: Sequence[Any]) -> list[Any]:
        return random.sample(list(things), len(things))

    other = replace(
        scene,
        parts=tuple(shuffled(scene.parts)),
        deals=tuple(shuffled(scene.deals)),
        prices=dict(shuffled(list(scene.prices.items()))),
    )
    one, two = scene.settled()[2].to_json(), other.settled()[2].to_json()
    del one["digest"], two["digest"]
    assert json.dumps(one) == json.dumps(two)


@given(scenes())
def test_the_same_bytes_every_time(scene: Scene) -> None:
    one, two = scene.settled()[2], scene.settled()[2]
    assert json.dumps(one.to_json()) == json.dumps(two.to_json())
    assert one == two
    assert batch_of(one).digest == batch_of(two).digest


@given(scenes(deals=6), st.floats(0.05, 0.95))
def test_splitting_an_order_changes_its_party_by_the_rounding_only(scene: Scene, part: float) -> None:
    if not scene.deals:
        return
    whole = scene.deals[0]
    first = replace(whole, id="o0 a", accepted_mwh=whole.accepted_mwh * part)
    second = replace(whole, id="o0 b", accepted_mwh=whole.accepted_mwh - first.accepted_mwh)
    split = replace(scene, deals=(first, second, *scene.deals[1:]))
    before, after = scene.settled()[2], split.settled()[2]
    # Each line of the party may be off by one unit of energy and, from that and its own rounding, of money.
    lines = sum(line.party == whole.party and line.asset == "EUR" for s in (before, after) for line in s.lines()) + 3
    dearest = max(abs(price) for prices in scene.prices.values() for price in prices)
    units = {
        "EUR": lines * (1 + dearest * 10.0 ** (scene.money - min(scene.energy, 9))),
        "electricity": lines * 10.0 ** max(scene.energy - 9, 0),
    }
    for asset, bound in units.items():
        change = after.balances().get(whole.party, {}).get(asset, 0) - before.balances().get(whole.party, {}).get(
            asset, 0
        )
        assert abs(change) <= bound


@given(scenes(), st.integers(0, 10**9), st.sampled_from([-2, -1, 1, 2]))
def test_no_amount_can_be_changed_unnoticed(scene: Scene, seed: int, change: int) -> None:
    case, outcome, statement = scene.settled()
    assert audit(case, outcome, statement).holds
    if len(statement):
        amount = statement.amount.copy()
        amount[seed % amount.size] += change
        assert not audit(case, outcome, replace(statement, amount=amount)).holds


@given(scenes())
def test_a_batch_moves_what_the_statement_says(scene: Scene) -> None:
    _, _, statement = scene.settled()
    batch = batch_of(statement)
    batch.check()
    moved: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for account, amounts in batch.totals().items():
        for asset, amount in amounts.items():
            moved[account.split(":", 1)[1]][asset] += amount
    told = {p: {a: n for a, n in held.items() if n} for p, held in statement.balances().items()}
    assert {p: {a: n for a, n in held.items() if n} for p, held in moved.items() if any(held.values())} == {
        p: held for p, held in told.items() if held
    }
    ids = [posting.id for posting in batch.postings()]
    assert len(set(ids)) == len(ids) == len(batch)


#: Law -> what it is told besides a market.
LAWS: dict[Any, tuple[st.SearchStrategy[Any], ...]] = {
    test_every_asset_sums_to_zero_in_every_step: (),
    test_parties_get_price_times_energy_within_the_rounding: (),
    test_the_order_of_writing_changes_nothing: (st.randoms(use_true_random=False),),
    test_the_same_bytes_every_time: (),
    test_splitting_an_order_changes_its_party_by_the_rounding_only: (st.floats(0.05, 0.95),),
}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__.removeprefix("test_"))
def test_ten_thousand_written_markets(law: Any) -> None:
    settings(max_examples=10_000)(given(scenes(), *LAWS[law])(law.hypothesis.inner_test))()


def settled_and_recomputed(document: Any) -> bool:
    """Solve and settle a market; whether there was one to settle, all sums zero, and its parties get what is due."""
    case = case_of(document)
    outcome = solve(case)
    if not outcome.has_schedule:
        return False
    statement = settle(case, outcome)
    assert audit(case, outcome, statement).holds
    totals: dict[Any, int] = defaultdict(int)
    for line in statement.lines():
        totals[line.asset, line.step] += line.amount
    assert not any(totals.values())
    assert settle(case, outcome).digest == statement.digest
    return True


def test_solved_markets_settle() -> None:
    assert sum(settled_and_recomputed(document(seed)) for seed in range(60)) > 30


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_ten_thousand_solved_markets_settle() -> None:
    assert sum(settled_and_recomputed(document(seed)) for seed in range(10_000)) > 5_000
