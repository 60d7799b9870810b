"""Random sites with a small grid: what is solved is verified, settles, and does not depend on how it is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from c4e_opt import Case, SolveOptions, solve
from c4e_opt.settlement import batch_of, settle
from tests.properties.generators import Shape, case_of, document

EXACT = SolveOptions(gap=0.0)
SHAPES = [Shape(grid=True), Shape(grid=True, negative=True), Shape(grid=True, commitment=True, laws=True, steps=3)]


def angles(case: Case) -> Case:
    """The same without outages, by angles, and what it is compared with."""
    kept = {kind: records for kind, records in case.components.items() if kind != "contingency"}
    return replace(case, components=kept, policy=replace(case.policy, dc_formulation="angles"))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(5))
def test_a_random_site_with_a_grid_is_solved_alike_in_both_formulations(seed: int, shape: Shape) -> None:
    case = case_of(document(seed, shape))
    outcome = solve(case, EXACT)
    batch_of(settle(case, outcome)).check()
    written = angles(case)
    lazy = replace(written, policy=replace(written.policy, dc_formulation="lazy"))
    one, other = solve(written, EXACT), solve(lazy, EXACT)
    assert one.objective == pytest.approx(other.objective, rel=1e-7, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_units_of_the_writer_change_nothing(seed: int) -> None:
    one, other = (case_of(document(seed, Shape(grid=True), kilo=kilo)) for kilo in (False, True))
    assert solve(one, EXACT).objective == pytest.approx(solve(other, EXACT).objective, rel=1e-9)
