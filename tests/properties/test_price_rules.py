"""What price rules promise, on random commitments and grids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from c4e_opt import Case, settle, solve
from c4e_opt.pricing import table
from c4e_opt.pricing.rules import RULES
from tests.properties.commitments import commitment
from tests.unit.small_cases import load, small_case

UNIFORM = ("marginal", "elmp", "convex_hull", "minimum_uplift")


@pytest.mark.parametrize("seed", range(36))
def test_each_rule_is_best_at_what_it_makes_least(seed: int) -> None:
    """Hull prices lose least opportunity, minimum uplift needs least make-whole, and as bid nobody has a surplus."""
    case = commitment(seed)
    outcome = solve(case)
    assert outcome.has_schedule
    found = {each.rule: each for each in table(case, outcome)}
    lost = {name: found[name].uplift.total for name in UNIFORM}
    size = 1e-6 * (1.0 + abs(outcome.objective or 0.0))
    assert lost["convex_hull"] <= min(lost.values()) + size
    needed = {name: float(found[name].uplift.make_whole.sum()) for name in UNIFORM}
    assert needed["minimum_uplift"] <= min(needed.values()) + size
    assert not found["pay_as_bid"].uplift.profit.any()
    assert found["marginal"].price_eur_per_mwh == pytest.approx(found["pay_as_bid"].price_eur_per_mwh)
    for each in found.values():
        assert (each.uplift.make_whole <= each.uplift.lost_opportunity + size).all()
        assert (each.uplift.lost_opportunity >= 0).all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rule", RULES)
def test_an_answer_of_every_rule_is_certified_and_settled(rule: str, seed: int) -> None:
    case = commitment(100 + seed)
    granted = ("none", "make_whole", "lost_opportunity")[seed % 3]
    payer = ("operator", "demand")[seed % 2]
    case = replace(case, policy=replace(case.policy, pricing=rule, uplift=granted, uplift_paid_by=payer))
    outcome = solve(case)
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    statement = settle(case, outcome)
    assert sum(amounts.get("EUR", 0) for amounts in statement.balances().values()) == 0


def convex(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    units = [
        {
            "id": f"g{place}",
            "bus": "e",
            "power_max_mw": float(rng.integers(20, 60)),
            "cost_eur_per_mwh": float(rng.integers(5, 60)) + place / 7,
            "ramp_up_ratio_per_hour": 0.4,
        }
        for place in range(4)
    ]
    return small_case((60, 60, 60), demand=[load(rng.uniform(20, 70, 3).round(2).tolist())], generator=units)


@pytest.mark.parametrize("seed", range(8))
def test_all_uniform_rules_agree_where_nothing_is_discrete(seed: int) -> None:
    case = convex(seed)
    marginal, *others = table(case, solve(case), UNIFORM)
    for each in others:
        assert each.price_eur_per_mwh == pytest.approx(marginal.price_eur_per_mwh)
        assert each.uplift.total == 0


@pytest.mark.parametrize("seed", range(8))
def test_rules_agree_where_whole_choices_do_not_matter(seed: int) -> None:
    """Units that may be off for nothing have binaries, and a convex hull that is what they can do."""
    case = convex(seed)
    records = tuple(
        replace(each, switchable=True, ramp_up_ratio_per_hour=None) for each in case.components["generator"]
    )
    case = replace(case, components={**case.components, "generator": records})
    outcome = solve(case)
    for each in table(case, outcome, UNIFORM):
        assert each.uplift.total == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("network", ["lazy", "angles", "losses", "outages"])
@pytest.mark.parametrize("seed", range(3))
def test_hull_prices_on_grids_lose_least(seed: int, network: str) -> None:
    """What is lost, by the grid as well, adds up to the gap to the Lagrangian, which no other prices make smaller."""
    case = on_a_triangle(commitment(seed, steps=2, others=False), losses=network == "losses")
    if network in ("lazy", "angles"):
        case = replace(case, policy=replace(case.policy, dc_formulation=network))
    elif network == "losses":
        case = replace(case, policy=replace(case.policy, losses="iterated"))
    else:
        case = replace(case, policy=replace(case.policy, security="n1"))
    outcome = solve(case)
    names = ["marginal", "convex_hull"] + (["elmp", "minimum_uplift"] if network in ("lazy", "angles") else [])
    found = {each.rule: each.uplift.total for each in table(case, outcome, names)}
    assert found["convex_hull"] <= min(found.values()) + 1e-5 * (1.0 + abs(outcome.objective or 0.0))


def on_a_triangle(case: Case, *, losses: bool) -> Case:
    """The same case with its units at three buses of a grid whose lines are short of room.

    With losses they have no least power, since losses follow flows only where energy is worth something.
    """
    units = case.components["generator"]
    names = ["e", "x", "y"]
    spread = tuple(replace(unit, bus=names[place % 3]) for place, unit in enumerate(units))
    lines = [
        {"id": f"{a}{b}", "from_bus": a, "to_bus": b, "reactance_pu": 0.1, "limit_mw": 15.0}
        | ({"resistance_pu": 0.01} if losses else {})
        for a, b in (("e", "x"), ("x", "y"), ("y", "e"))
    ]
    other = small_case((60,) * case.horizon.steps, buses=[{"id": "e", "slack": True}, {"id": "x"}, {"id": "y"}],
                       line=lines, demand=[load(1.0)])  # fmt: skip
    if losses:
        spread = tuple(replace(unit, minimum_load_ratio=0.0) for unit in spread)
    components = {**case.components, "generator": spread, "line": other.components["line"]}
    return replace(case, buses=other.buses, components=components)
