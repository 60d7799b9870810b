"""Sharing keys against linear problems, and keys that do not keep their promise against the audit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import c4e_solvers
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.settlement.community import sharing_keys
from c4e_opt.settlement.community.community import settle_community
from c4e_opt.settlement.community.sharing_keys import apportion, share
from c4e_solvers import Matrices
from tests.settlement.communities import Village, readings, rules, villages


def transport(taken: Any, supply: Any, cost: Any, least: float | None = None) -> tuple[float, Any]:
    """The textbook problem: (least cost, received), or with `least` the highest level that all can have."""
    members, steps = taken.shape
    n = members * steps
    rows = np.zeros((steps + members, n + 1))
    for step in range(steps):
        rows[step, [m * steps + step for m in range(members)]] = 1
    for m in range(members):
        rows[steps + m, m * steps : (m + 1) * steps] = 1
        rows[steps + m, n] = -float(taken[m].sum())
    answer = c4e_solvers.solve(
        Matrices.build(
            cost=np.append(cost.ravel(), 0.0 if least is None else -1.0),
            coefficients=rows,
            row_lower=np.append(supply, np.full(members, -np.inf if least is None else 0.0)),
            row_upper=np.append(supply, np.full(members, np.inf)),
            column_lower=np.zeros(n + 1),
            column_upper=np.append(taken.ravel().astype(float), 1.0),
        )
    )
    assert answer.primal is not None
    return float(answer.objective or 0.0), answer.primal


@settings(max_examples=150)
@given(villages("least_cost"), st.integers(0, 2**32))
def test_least_cost_is_the_optimum_of_the_linear_problem(village: Village, seed: int) -> None:
    read = village.readings
    price = np.random.default_rng(seed).integers(1, 9, read.taken_wh.shape)
    got = share(read, "least_cost", price=price).received_wh
    supply = np.minimum(read.supply_wh, read.demand_wh)
    best, _ = transport(read.taken_wh, supply, -price.astype(float), None)
    assert -(got * price).sum() == pytest.approx(best, rel=1e-9, abs=1e-6)


@settings(max_examples=150)
@given(villages("level"))
def test_the_least_self_sufficiency_is_as_high_as_can_be(village: Village) -> None:
    """Up to one Wh of the member who has least; the linear problem takes parts of Wh."""
    read = village.readings
    shared = share(read, "level")
    supply = np.minimum(read.supply_wh, read.demand_wh)
    best, _ = transport(read.taken_wh, supply, np.zeros(read.taken_wh.shape), 0.0)
    used = read.taken_wh.sum(axis=1)
    got = [float(r) + 1.0 / t for r, t in zip(shared.self_sufficiency, used.tolist(), strict=True) if t]
    assert min(got, default=1.0) >= -best - 1e-7
    exact = [r for r, t in zip(shared.self_sufficiency, used.tolist(), strict=True) if t]
    assert float(min(exact, default=Fraction(0))) <= -best + 1e-7 or not exact


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**12), min_size=1, max_size=8))
def test_apportion_gives_floor_or_ceiling_and_all_of_it(total: int, weights: list[int]) -> None:
    got = apportion(total, np.array(weights), np.zeros(len(weights), dtype=np.int64)).tolist()
    whole = sum(weights)
    if not whole:
        assert not any(got)
        return
    assert sum(got) == total
    for part, weight in zip(got, weights, strict=True):
        assert abs(part * whole - total * weight) < whole


def test_equal_members_take_turns() -> None:
    """One Wh is there in each of four periods for two who take the same: two for each."""
    read = readings({"a": [5] * 4, "b": [5] * 4}, {"s": [1] * 4})
    assert share(read, "dynamic").received_wh.tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("key", "instead"), [("level", "dynamic"), ("dynamic", "level"), ("least_cost", "dynamic"), ("static", "hybrid")]
)
def test_another_key_than_the_rules_say_is_refused(key: str, instead: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ann takes at noon only and pays the most, bob at noon and at night."""
    from c4e_opt.settlement.community import community
    from c4e_opt.settlement.community.community import Tariff

    read = readings({"ann": [500, 0], "bob": [500, 500]}, {"sun": [700, 300]})
    members = {n: {"supplier": s, "share": "1/3"} for n, s in (("ann", "watt"), ("bob", "volt"), ("sun", "volt"))}
    tariffs = {"volt": Tariff(import_eur_per_mwh=200.0), "watt": Tariff(import_eur_per_mwh=300.0)}
    by = rules(members, sharing={"key": key})
    settle_community(by, read, tariffs)
    monkeypatch.setattr(community, "share", lambda of, key, **_: share(of, instead))
    with pytest.raises(CertificateFailed, match="sharing_key"):
        settle_community(by, read, tariffs)


def test_a_remainder_that_goes_to_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    by = rules({n: {"supplier": ""} for n in ("a", "b", "s")}, price={"rule": "fixed", "eur_per_mwh": 100})
    read = readings({"a": [5], "b": [5]}, {"s": [3]})

    def floors(total: int, weights: Any, owed: Any) -> Any:
        return total * weights // max(int(weights.sum()), 1)

    monkeypatch.setattr(sharing_keys, "apportion", floors)
    with pytest.raises(CertificateFailed, match="sharing_key"):
        settle_community(by, read, {})


def test_wrong_shares_and_keys_are_said_at_once() -> None:
    read = readings({"a": [5]}, {"s": [3]})
    with pytest.raises(InvalidInput) as raised:
        share(read, "evenly", shares={"a": Fraction(3, 2), "x": Fraction(-1, 4)})  # type: ignore[arg-type]
    assert [issue.rule for issue in raised.value.issues] == ["unknown_key", "unknown_reference", "range", "range"]
