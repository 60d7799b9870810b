"""Columns that are zero or within their bounds, and sets of columns of which few may be nonzero."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from c4e_solvers import (
    Cone,
    Feature,
    InvalidMatrices,
    Matrices,
    OrderedSet,
    Reason,
    Session,
    Solution,
    SolverOptions,
    Termination,
    UnsupportedProgram,
    available,
    certify,
    infeasibility_margin,
    relax,
    solve,
)
from c4e_solvers.registry import ENGINES

INF = np.inf
INSTALLED = {engine.name for engine in available()}
EXACT = SolverOptions(relative_gap=0.0, absolute_gap=0.0)


def takers(feature: Feature) -> list[str]:
    """Engines that declare it."""
    return [e.name for e in ENGINES if any(feature in together for together in e.handles) and e.name in INSTALLED]


def others(feature: Feature) -> list[str]:
    """Engines that do not."""
    return [e.name for e in ENGINES if not any(feature in together for together in e.handles) and e.name in INSTALLED]


def boiler(demand: float, *, upper: float = 10.0, whole: bool = False) -> Matrices:
    """A boiler that rests or gives 3 to ``upper`` at 1 per unit, beside a purchase at 2 per unit of at most 20."""
    return Matrices.build(
        [1, 2],
        [[1, 1]],
        demand,
        demand,
        column_lower=[3, 0],
        column_upper=[upper, 20],
        semicontinuous=[True, False],
        integral=[whole, False],
    )


def chosen(order: int, *columns: int) -> OrderedSet:
    return OrderedSet(order=order, columns=np.array(columns, np.int32))  # pyright: ignore[reportArgumentType]


def stock(*sets: OrderedSet) -> Matrices:
    """Four goods of which at most 4 each may be taken, worth 1, 3, 2 and 2.5."""
    return Matrices.build([-1, -3, -2, -2.5], np.zeros((0, 4)), [], [], column_upper=4, ordered_sets=sets)


@pytest.mark.parametrize("solver", takers(Feature.SEMICONTINUOUS))
@pytest.mark.parametrize(
    ("demand", "whole", "primal"),
    [
        (2, False, (0, 2)),
        (3, False, (3, 0)),
        (4.5, False, (4.5, 0)),
        (4.5, True, (4, 0.5)),
        (2, True, (0, 2)),
        (12, False, (10, 2)),
    ],
)
def test_a_semicontinuous_column_rests_or_keeps_its_bounds(
    solver: str, demand: float, whole: bool, primal: tuple[float, float]
) -> None:
    """The boiler is cheaper, and below 3 it must rest; one in whole units leaves the half to the purchase."""
    problem = boiler(demand, whole=whole)
    answer = solve(problem, EXACT, solver)
    assert answer.termination.reason is Reason.OPTIMAL
    assert answer.primal == pytest.approx(primal, abs=1e-6)
    assert answer.objective == pytest.approx(primal[0] + 2 * primal[1])
    assert answer.bound == pytest.approx(answer.objective)
    assert answer.row_dual is None
    assert answer.column_dual is None
    assert answer.ray is None
    assert certify(problem, answer).faults() == ()


@pytest.mark.parametrize("solver", takers(Feature.SEMICONTINUOUS))
def test_a_gap_below_the_bounds_is_infeasible_and_a_lower_bound_of_zero_leaves_none(solver: str) -> None:
    alone = replace(boiler(2), column_upper=np.array([10.0, 1.0]))
    assert solve(alone, solver=solver).termination.reason is Reason.INFEASIBLE
    low = solve(replace(alone, column_lower=np.zeros(2)), solver=solver)
    assert (low.objective, low.bound) == (pytest.approx(2), pytest.approx(2))
    assert low.row_dual is None


@pytest.mark.parametrize("solver", takers(Feature.SEMICONTINUOUS))
@pytest.mark.parametrize("seed", range(8))
def test_what_is_semicontinuous_is_best_among_all_ways_to_switch(solver: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = 5, 3
    rows = rng.integers(0, 4, (m, n)).astype(float)
    lower = rng.integers(1, 4, n).astype(float)
    problem = Matrices.build(
        rng.integers(1, 9, n),
        rows,
        rng.integers(1, 12, m),
        INF,
        column_lower=lower,
        column_upper=lower + rng.integers(0, 9, n),
        semicontinuous=True,
    )
    answers = []
    for off in product([False, True], repeat=n):
        fixed = problem.with_fixed(np.array(off), np.zeros(n))
        plain = replace(fixed, semicontinuous=None)
        assert not plain.discrete
        answers.append(solve(plain, solver="highs").objective)
    best = min((one for one in answers if one is not None), default=None)
    answer = solve(problem, EXACT, solver)
    assert answer.objective == (None if best is None else pytest.approx(best))
    if best is not None:
        assert certify(problem, answer).faults() == ()


def test_highs_would_lower_a_large_upper_bound_and_so_is_not_asked() -> None:
    """It caps such bounds at 1e5 and calls a problem infeasible that needs more."""
    needs_more = replace(boiler(5e5, upper=1e6), column_upper=np.array([1e6, 0.0]))
    with pytest.raises(UnsupportedProgram, match=r"up to 100000: the upper bound of column 0 is 1e\+06.*ortools:scip"):
        solve(needs_more, solver="highs")
    assert solve(boiler(12, upper=1e5), solver="highs").objective == pytest.approx(12)
    with Session(boiler(12)) as session:
        with pytest.raises(UnsupportedProgram, match="up to 100000"):
            session.change_bounds(np.array([0]), np.array([3.0]), np.array([2e5]))
        assert session.solve().objective == pytest.approx(14)
    if "ortools:scip" in INSTALLED:
        assert solve(needs_more, solver="ortools:scip").objective == pytest.approx(5e5)


def test_highs_says_when_its_tolerance_lets_a_column_into_the_gap() -> None:
    """0.05 of 1e5 is 5e-7 of a switch, which counts as zero at the default tolerance of 1e-6."""
    leaky = replace(
        boiler(0, upper=1e5), cost=np.array([1.0, 1e3]), row_lower=np.array([0.05]), row_upper=np.full(1, INF)
    )
    ended = solve(leaky, solver="highs").termination
    assert ended.reason is Reason.NUMERICAL_ERROR
    assert "smaller integrality_tolerance" in ended.detail
    assert solve(leaky, SolverOptions(integrality_tolerance=1e-8)).objective == pytest.approx(3, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"column_upper": np.array([INF, 20.0])}, r"column 0: bounds \[3\.0, inf\]; a semicontinuous column needs"),
        ({"column_lower": np.array([-1.0, 0.0])}, r"column 0: bounds \[-1\.0, 10\.0\]; a semicontinuous column needs"),
        ({"semicontinuous": np.array([1, 0])}, r"semicontinuous is int64\(2,\); it must be bool"),
        ({"ordered_sets": (chosen(3, 0, 1),)}, "ordered set 0: order is 3; it must be 1 or 2"),
        ({"ordered_sets": (chosen(1, 0, 1), chosen(2, 0, 0))}, "ordered set 1: columns must be one or more, different"),
        ({"ordered_sets": (chosen(1, 2),)}, r"ordered set 0: columns .* within \[0, 2\)"),
        ({"ordered_sets": (chosen(1),)}, "ordered set 0: columns must be one or more"),
        ({"ordered_sets": (OrderedSet(order=1, columns=np.array([0, 1])),)}, r"ordered set 0: columns is int64\(2,\)"),
    ],
)
def test_what_makes_no_sense_is_found(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidMatrices, match=message):
        replace(boiler(4), **changes).check()  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("solver", takers(Feature.ORDERED_SET))
@pytest.mark.parametrize(
    ("sets", "primal"),
    [
        ((chosen(1, 0, 1, 2, 3),), (0, 4, 0, 0)),
        ((chosen(2, 0, 1, 2, 3),), (0, 4, 4, 0)),
        ((chosen(2, 1, 0, 2, 3),), (0, 0, 4, 4)),
        ((chosen(2, 3, 1),), (4, 4, 4, 4)),
        ((chosen(1, 1, 3), chosen(2, 2, 0, 1)), (4, 0, 4, 4)),
    ],
)
def test_an_ordered_set_leaves_one_or_two_neighbours(
    solver: str, sets: tuple[OrderedSet, ...], primal: tuple[float, ...]
) -> None:
    """Worth 12, 12 + 8, 8 + 10, everything, and 4 + 8 + 10 (with good 1 instead of 3 it would be 4 + 12)."""
    problem = stock(*sets)
    answer = solve(problem, EXACT, solver)
    assert answer.termination.reason is Reason.OPTIMAL
    assert answer.primal == pytest.approx(primal, abs=1e-6)
    assert answer.bound == pytest.approx(answer.objective)
    assert answer.row_dual is None
    assert certify(problem, answer).faults() == ()


@pytest.mark.parametrize("solver", takers(Feature.ORDERED_SET))
@pytest.mark.parametrize("seed", range(6))
def test_an_ordered_set_is_best_among_all_its_neighbours(solver: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 5
    order = 1 + seed % 2
    order_of = rng.permutation(n)
    problem = Matrices.build(
        rng.integers(-5, 9, n),
        rng.integers(-3, 4, (2, n)),
        [-4, -INF],
        [INF, 6],
        column_lower=-rng.integers(0, 4, n).astype(float),
        column_upper=rng.integers(0, 5, n),
        ordered_sets=(chosen(order, *order_of),),
    )
    best = INF
    for first in range(n - order + 1):
        outside = np.ones(n, bool)
        outside[order_of[first : first + order]] = False
        fixed = problem.with_fixed(outside, np.zeros(n))
        assert fixed.features() == frozenset()
        best = min(best, solve(fixed, solver="highs").objective or 0.0)
    assert solve(problem, EXACT, solver).objective == pytest.approx(best)


@pytest.mark.parametrize("solver", others(Feature.SEMICONTINUOUS))
def test_who_does_not_take_semicontinuous_columns_says_so(solver: str) -> None:
    with pytest.raises(UnsupportedProgram, match="does not take semicontinuous columns"):
        solve(boiler(4), solver=solver)


@pytest.mark.parametrize("solver", others(Feature.ORDERED_SET))
def test_who_does_not_take_ordered_sets_says_so(solver: str) -> None:
    with pytest.raises(UnsupportedProgram, match="does not take ordered sets"):
        solve(stock(chosen(1, 0, 1)), solver=solver)


def test_adapters_refuse_them_too_when_they_are_asked_without_the_registry() -> None:
    whole = replace(boiler(4), integral=np.ones(2, bool))
    for name, backend in (
        ("convex", ""),
        ("pyomo_bridge", ""),
        ("ortools_mathopt", "cp_sat"),
        ("ortools_mathopt", "glop"),
    ):
        adapter = pytest.importorskip(f"c4e_solvers.{name}")
        for problem in (boiler(4), whole):
            with pytest.raises(UnsupportedProgram, match=r"does not take .*semicontinuous columns"):
                adapter.solve(problem, SolverOptions(backend=backend))


def test_features_and_what_is_discrete() -> None:
    assert boiler(4).features() == {Feature.SEMICONTINUOUS}
    assert boiler(4, whole=True).features() == {Feature.SEMICONTINUOUS, Feature.INTEGER}
    assert stock(chosen(1, 0)).features() == {Feature.ORDERED_SET}
    assert boiler(4).discrete
    assert stock(chosen(1, 0)).discrete
    none = replace(boiler(4), semicontinuous=np.zeros(2, bool))
    assert none.features() == frozenset()
    assert not none.discrete
    assert solve(none).row_dual is not None


def test_relaxed_fills_the_gap_and_drops_the_sets() -> None:
    """At 2 the boiler may now give all: 2 instead of 4."""
    relaxed = replace(boiler(2), ordered_sets=(chosen(1, 0, 1),)).relaxed()
    assert relaxed.features() == frozenset()
    assert relaxed.column_lower.tolist() == [0, 0]
    assert solve(relaxed).objective == pytest.approx(2)
    assert boiler(2).column_lower.tolist() == [3, 0]


def test_fixing_snaps_to_zero_or_the_bound_and_ends_the_choice() -> None:
    mask = np.array([True, False])
    for value, fixed in ((1.4, 0.0), (1.6, 3.0), (1e-9, 0.0), (-1e-9, 0.0), (7.0, 7.0)):
        made = boiler(4).with_fixed(mask, np.array([value, np.nan]))
        assert (made.column_lower[0], made.column_upper[0]) == (fixed, fixed)
        assert not made.discrete
    assert boiler(4).with_fixed(~mask, np.zeros(2)).discrete


def test_fixing_drops_a_set_only_where_the_zeros_keep_it() -> None:
    problem = stock(chosen(2, 0, 1, 2, 3))

    def left(zero: list[int], other: list[int]) -> int:
        mask, values = np.zeros(4, bool), np.zeros(4)
        mask[[*zero, *other]], values[other] = True, 1.0
        return len(problem.with_fixed(mask, values).ordered_sets)

    assert left([0, 3], []) == 0
    assert left([0, 3], [1, 2]) == 0
    assert left([0], []) == 1
    assert left([1, 2], []) == 1
    assert left([0, 1, 2, 3], []) == 0
    assert left([1, 2], [0, 3]) == 1


@pytest.mark.parametrize(
    ("column", "violation"), [(0, 0), (3, 0), (10, 0), (1, 1), (2.5, 0.5), (-0.5, 0.5), (11, 1), (np.nan, np.nan)]
)
def test_the_certificate_finds_a_column_in_the_gap(column: float, violation: float) -> None:
    answer = Solution(termination=Termination(reason=Reason.FEASIBLE), primal=np.array([column, 4.0 - column]))
    problem = replace(boiler(4), column_lower=np.array([3.0, -99.0]))
    found = certify(problem, answer)
    assert found.column_violation == pytest.approx(violation, nan_ok=True)
    assert any("column 0 is outside" in fault for fault in found.faults()) == (violation != 0)


@pytest.mark.parametrize(
    ("order", "primal", "violation"),
    [
        (1, (0, 4, 0, 0), 0),
        (1, (0, 4, 0.25, 0), 0.25),
        (1, (-2, 0, 0.5, 0), 0.5),
        (2, (0, 4, 4, 0), 0),
        (2, (1, 0, 2, 0), 1),
        (2, (1, 3, 2, 0), 1),
        (2, (0, 0, 0, 0), 0),
        (2, (0, 1, np.nan, 0), np.nan),
    ],
)
def test_the_certificate_finds_a_nonzero_too_many(order: int, primal: tuple[float, ...], violation: float) -> None:
    answer = Solution(termination=Termination(reason=Reason.FEASIBLE), primal=np.array(primal, float))
    found = certify(stock(chosen(2, 0), chosen(order, 0, 1, 2, 3)), answer)
    assert found.ordered_set_violation == pytest.approx(violation, nan_ok=True)
    assert any("a nonzero too many" in fault for fault in found.faults()) == (violation != 0)


def test_the_least_relaxation_respects_the_gap_and_the_sets() -> None:
    """Demand 2 from the boiler alone: nothing as an LP, and as it is 1 more or 2 less. Demand 15: short of 5 anyway."""
    alone = replace(boiler(2), column_upper=np.array([10.0, 0.0]))
    found = relax(alone)
    assert not found.linear
    assert found.feasible is False
    assert found.objective == pytest.approx(1)
    assert relax(replace(alone, row_lower=np.array([15.0]), row_upper=np.array([15.0]))).linear
    if "ortools:scip" in INSTALLED:
        both = replace(
            boiler(13), semicontinuous=None, ordered_sets=(chosen(1, 0, 1),), column_upper=np.array([10.0, 8])
        )
        assert relax(both.with_bounds(column_lower=np.zeros(2))).objective == pytest.approx(3)


def test_a_ray_may_not_use_the_lower_bound_of_a_column_that_may_rest() -> None:
    """At most 2 clashes with [3, 10], and with zero it does not."""
    problem = Matrices.build([1], [[1]], -INF, 2, column_lower=3, column_upper=10, semicontinuous=[True])
    assert infeasibility_margin(replace(problem, semicontinuous=None), np.array([-1.0])) == pytest.approx(1)
    assert infeasibility_margin(problem, np.array([-1.0])) < 0
    assert solve(problem).objective == pytest.approx(0)


def test_a_start_is_taken_and_a_session_follows_changes() -> None:
    started = replace(boiler(4.5), start=np.array([np.nan, 0.0]))
    assert solve(started).objective == pytest.approx(4.5)
    with Session(boiler(2)) as session:
        assert session.solve().objective == pytest.approx(4)
        session.change_row_bounds(np.array([0]), np.array([3.5]), np.array([3.5]))
        assert session.solve().objective == pytest.approx(3.5)
        session.change_bounds(np.array([0]), np.array([4.0]), np.array([9.0]))
        assert session.solve().objective == pytest.approx(7)
        with pytest.raises(InvalidMatrices, match="a semicontinuous column needs"):
            session.change_bounds(np.array([0]), np.array([4.0]), np.array([INF]))
        assert certify(session.matrices, session.solve()).faults() == ()
    with pytest.raises(UnsupportedProgram, match="ordered sets"):
        Session(stock(chosen(1, 0, 1)))


def test_features_that_no_engine_takes_together_are_refused() -> None:
    cone = replace(boiler(4), cones=(Cone(head=0, tail=np.array([1], np.int32)),))
    with pytest.raises(UnsupportedProgram, match="second-order cones and semicontinuous columns; no known solver"):
        solve(cone)


def test_pairs_of_an_ordered_set_are_neighbours_and_nothing_else() -> None:
    inside = chosen(2, 4, 2, 0, 1)
    kept = {pair for pair in combinations(range(5), 2) if inside.is_kept_by(np.isin(np.arange(5), pair))}
    assert kept == {(2, 4), (0, 2), (0, 1), *((k, 3) for k in range(3)), (3, 4)}
