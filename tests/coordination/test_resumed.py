"""A solver that remembers a basis and nothing else gives the same bytes wherever it goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from c4e_opt import Case, read_case, solve
from c4e_opt.coordination.redispatch import window
from c4e_solvers import Resumed

CASES = Path(__file__).parents[2] / "cases"


def flat() -> Case:
    """A site with one price for all hours, so that many schedules cost the same."""
    case = read_case(CASES / "site_week/linear.yaml")
    grid = replace(case.components["grid_connection"][0], import_price_eur_per_mwh=50.0, export_price_eur_per_mwh=50.0)
    return replace(
        case, components={**case.components, "grid_connection": (grid, case.components["grid_connection"][1])}
    )


def test_what_it_answers_follows_from_the_basis_alone():
    case, here = flat(), Resumed()
    for begin in range(6):
        there = Resumed(here.basis)  # as if begun in another process
        part = window(case, {}, begin, 24.0)
        one, other = solve(part, warm=here), solve(window(case, {}, begin, 24.0), warm=there)
        assert one.digest == other.digest
        assert here.basis is not None
        assert there.basis is not None
        assert np.array_equal(here.basis.column_status, there.basis.column_status)
        assert np.array_equal(here.basis.row_status, there.basis.row_status)
        cold = solve(part)
        assert one.objective is not None
        assert cold.objective is not None
        assert abs(one.objective - cold.objective) <= 1e-9 * max(1.0, abs(cold.objective))


def test_a_basis_of_another_problem_is_left():
    case, warm = flat(), Resumed()
    solve(window(case, {}, 0, 24.0), warm=warm)
    other = window(case, {}, 0, 12.0)
    assert solve(other, warm=warm).digest == solve(window(case, {}, 0, 12.0), warm=Resumed()).digest
