"""A problem with binaries is solved as a linear one first: what is whole already needs no search.

One CHP of 1 MW fuel at 30, 0.4 MW of power and 0.4 MW of heat; see `test_chp.py` for its sums.
"""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import solve
from c4e_solvers import Matrices, Reason, Solution, Warm
from tests.unit.small_cases import boiler, chp, grid, load, meter, schedule, small_case


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many binaries each problem had that was given to a solver."""
    counts: list[int] = []
    plain = Warm.solve

    def counted(self: Warm, matrices: Matrices, *rest: Any, **more: Any) -> Solution:
        counts.append(matrices.integers)
        return plain(self, matrices, *rest, **more)

    monkeypatch.setattr(Warm, "solve", counted)
    return counts


def site(price: float, heat_mw: float = 0.4, **fields: Any) -> Any:
    return small_case(
        (60, 60),
        grid_connection=[grid(price), meter(30)],
        demand=[load(1.0), load(heat_mw, "h")],
        boiler=[boiler()],
        chp=[chp(**fields)],
    )


def test_a_linear_answer_that_is_whole_is_the_answer(asked: list[int]) -> None:
    """Two hours at 100 gain 44, which covers a start of 40: 224 - 4 = 220, at full load and so with whole binaries."""
    outcome = solve(site(100.0, start_cost_eur=40.0))
    assert asked == [0]
    assert outcome.objective == pytest.approx(220.0)
    assert outcome.bound == outcome.objective
    assert outcome.termination.reason is Reason.OPTIMAL
    assert outcome.price_basis == "of the fixed commitment"
    assert schedule(outcome, "chp_on") == [1.0, 1.0]


def test_a_linear_answer_that_is_not_whole_is_followed_by_a_search(asked: list[int]) -> None:
    """Heat for half a load: the linear problem starts half a unit; a whole start of 16 eats the gain of 2 * 11 to 6.

    Two hours without the CHP cost 2 * (100 + 6) = 212; 206 with it.
    """
    outcome = solve(site(100.0, heat_mw=0.2, start_cost_eur=16.0))
    assert asked[0] == 0
    assert asked[1] > 0
    assert asked[2:] == [0]
    assert outcome.objective == pytest.approx(206.0)
    assert schedule(outcome, "chp_on") == [1.0, 1.0]


def test_a_linear_problem_without_an_answer_ends_the_search(asked: list[int]) -> None:
    """Nothing makes the heat: CHP and boiler together are far from a demand of 5 GW."""
    outcome = solve(site(100.0, heat_mw=5000.0, start_cost_eur=40.0))
    assert outcome.termination.reason is Reason.INFEASIBLE
    assert asked == [0]
