import math

import numpy as np
import pytest

from c4e_solvers import InvalidOptions, Limit, Matrices, Progress, Reason, SolverOptions, highs, highs_discrete, solve


@pytest.fixture(scope="module")
def split() -> Matrices:
    """A market split in two dimensions, which takes some hundred nodes."""
    rng = np.random.default_rng(4)
    m, n = 2, 16
    weight = rng.integers(1, 100, (m, n)).astype(float)
    half = np.floor(weight.sum(axis=1) / 2)
    return Matrices.build(
        np.concatenate([np.zeros(n), np.ones(2 * m)]),
        np.hstack([weight, np.eye(m), -np.eye(m)]),
        half,
        half,
        column_upper=np.concatenate([np.ones(n), np.full(2 * m, np.inf)]),
        integral=np.concatenate([np.ones(n, bool), np.zeros(2 * m, bool)]),
    )


def test_a_search_that_ends_at_its_nodes_is_followed_by_another(
    split: Matrices, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = SolverOptions(relative_gap=0.0)
    whole = solve(split, options, "highs")
    monkeypatch.setattr(highs_discrete, "FIRST", {**highs_discrete.FIRST, "mip_max_nodes": 3})
    reports: list[Progress] = []
    answer = solve(split, options, "highs", progress=reports.append)
    assert answer.termination.reason is Reason.OPTIMAL
    assert answer.objective == pytest.approx(whole.objective, abs=1e-5)
    assert answer.nodes > 3
    assert answer.bound == pytest.approx(answer.objective, abs=1e-5)
    bounds = [each.bound for each in reports if each.bound is not None]
    best = [each.objective for each in reports if each.objective is not None]
    assert bounds == sorted(bounds)
    assert best == sorted(best, reverse=True)


def test_what_is_told_never_falls_back() -> None:
    told: list[Progress] = []
    tell = highs_discrete.never_worse(told.append)
    for objective, bound in ((9.0, 2.0), (7.0, 4.0), (None, 1.0), (8.0, None)):
        tell(Progress(seconds=1.0, objective=objective, bound=bound, nodes=1))
    assert [(each.objective, each.bound) for each in told] == [(9.0, 2.0), (7.0, 4.0), (7.0, 4.0), (7.0, 4.0)]


def test_a_bound_that_suffices_for_a_known_solution_ends_a_search(split: Matrices) -> None:
    """Nothing costs less than 0: a solution of 0 is within any gap of the bound at the root, and so is one of -1."""
    for known in (0.0, -1.0):
        short = solve(split, SolverOptions(relative_gap=0.0, known_objective=known), "highs")
        assert short.termination.limit is Limit.INTERRUPTED
        assert short.nodes <= 1
        assert short.bound is not None
        assert short.bound >= known - 1e-6
    whole = solve(split, SolverOptions(relative_gap=0.0), "highs")
    assert whole.termination.reason is Reason.OPTIMAL
    assert whole.nodes > 1


def test_inner_searches_leave_out_the_search_without_them(split: Matrices, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[highs_discrete.Wanted] = []
    want = highs.Model._want  # pyright: ignore[reportPrivateUsage]

    def noted(self: highs.Model, wanted: highs_discrete.Wanted) -> None:
        asked.append(wanted)
        want(self, wanted)

    monkeypatch.setattr(highs.Model, "_want", noted)
    plain = solve(split, SolverOptions(relative_gap=0.0), "highs")
    assert asked[0] == highs_discrete.FIRST
    asked.clear()
    answer = solve(split, SolverOptions(relative_gap=0.0, inner_searches=True), "highs")
    assert asked == [highs_discrete.SECOND]
    assert answer.termination.reason is Reason.OPTIMAL
    assert answer.objective == pytest.approx(plain.objective, abs=1e-5)


def test_a_known_objective_is_a_number() -> None:
    with pytest.raises(InvalidOptions, match="known_objective"):
        SolverOptions(known_objective=math.nan)
