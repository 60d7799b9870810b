"""What must hold for every case under laws of a site, whatever its numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from c4e_opt import SolveOptions, settle, solve
from c4e_opt.verify import verify
from tests.properties.generators import Shape, case_of, document

SEEDS = st.integers(0, 2**31 - 1)
SHAPES = st.sampled_from(
    [Shape(laws=True), Shape(laws=True, negative=True), Shape(laws=True, commitment=True), Shape(laws=True, orders=0)]
)
EXACT = SolveOptions(gap=0.0)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, shape=SHAPES)
def test_an_answer_under_laws_is_verified_and_settled(seed: int, shape: Shape) -> None:
    case = case_of(document(seed, shape))
    outcome = solve(case, SolveOptions(gap=1e-6))
    certificate = verify(case, outcome)
    assert certificate.holds, certificate.broken
    assert any(residual.law == "prices_not_judged" for residual in certificate.residuals)
    statement = settle(case, outcome)
    assert statement.outcome_digest == outcome.digest


@settings(max_examples=10, deadline=None)
@example(seed=1, shape=Shape(laws=True, commitment=True))
@given(seed=SEEDS, shape=SHAPES)
def test_a_law_never_lowers_what_a_case_costs(seed: int, shape: Shape) -> None:
    """Beside what reserve is worth to those who buy it."""
    bound = solve(case_of(document(seed, shape)), EXACT)
    free = solve(case_of(document(seed, replace(shape, laws=False))), EXACT).objective
    assert bound.objective is not None
    assert free is not None
    assert bound.objective - bound.terms["reserve_demand"] >= free - 1e-6 * max(1.0, abs(free))


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_the_same_laws_in_kilowatts_cost_the_same(seed: int) -> None:
    shape = Shape(laws=True)
    costs = [solve(case_of(document(seed, shape, kilo=kilo)), EXACT).objective for kilo in (False, True)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-9, abs=1e-9)
