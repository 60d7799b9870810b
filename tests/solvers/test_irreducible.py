"""Irreducible infeasible sets: known ones by hand, and random ones checked without trust in any status."""

import itertools
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from c4e_solvers import (
    Block,
    Cone,
    Conflict,
    InvalidMatrices,
    Matrices,
    Member,
    Reason,
    SolverOptions,
    UnsupportedProgram,
    certify,
    infeasibility_margin,
    irreducible,
    solve,
)

INF = np.inf


def alone(matrices: Matrices, members: tuple[Member, ...]) -> Matrices:
    """The problem of these members and nothing else."""
    sides = {
        ("row", "lower"): np.full(matrices.rows, -INF),
        ("row", "upper"): np.full(matrices.rows, INF),
        ("column", "lower"): np.full(matrices.columns, -INF),
        ("column", "upper"): np.full(matrices.columns, INF),
    }
    integral = np.zeros(matrices.columns, bool)
    for member in members:
        if member.side == "integral":
            assert matrices.integral[member.index]
            integral[member.index] = True
        else:
            sides[member.kind, member.side][member.index] = member.bound
    return Matrices.build(
        np.zeros(matrices.columns),
        matrices.csr(),
        sides["row", "lower"],
        sides["row", "upper"],
        column_lower=sides["column", "lower"],
        column_upper=sides["column", "upper"],
        integral=integral,
    )


def clashes(problem: Matrices) -> bool:
    """Whether a problem has no solution: a point or a Farkas proof, recomputed here; for whole numbers the status."""
    answer = solve(problem, SolverOptions(presolve=bool(problem.integers), time_limit_s=20))
    if answer.termination.reason is Reason.OPTIMAL:
        assert certify(problem, answer).faults(1e-5) == ()
        return False
    assert answer.termination.reason is Reason.INFEASIBLE
    if not problem.integers:
        assert answer.ray is not None
        assert infeasibility_margin(problem, answer.ray) > 0
    return True


def assert_irreducible(matrices: Matrices, found: Conflict) -> None:
    """The members are sides of the problem, clash alone, and do not when any one of them goes."""
    for member in found.members:
        if member.side != "integral":
            bounds = getattr(matrices, f"{member.kind}_{member.side}")
            assert member.bound == bounds[member.index]
    assert clashes(alone(matrices, found.members))
    for place in range(len(found.members)):
        assert not clashes(alone(matrices, found.members[:place] + found.members[place + 1 :])), found.members[place]


def said(found: Conflict) -> list[tuple[str, int, str]]:
    return [(member.kind, member.index, member.side) for member in found.members]


def chain() -> Matrices:
    """x1 >= 3 is handed on to x3 <= 2 through two equalities; a third row and another column stand aside."""
    return Matrices.build(
        [1, 1, 1, 1],
        [[1, 0, 0, 1], [0, 1, -1, 0], [0, 0, 1, -1]],
        [0, 0, 0],
        [9, 0, 0],
        column_lower=[0, 3, 0, 0],
        column_upper=[9, 9, 9, 2],
        row_blocks=(Block(name="rest", start=0, stop=1), Block(name="flow", start=1, stop=3)),
        column_blocks=(Block(name="level", start=1, stop=4),),
    )


def test_a_chain_is_named_with_blocks_sides_and_bounds() -> None:
    found = irreducible(chain())
    assert (found.feasible, found.proven, found.linear) == (False, True, True)
    assert [(m.kind, m.index, m.block, m.offset, m.side, m.bound) for m in found.members] == [
        ("row", 1, "flow", 0, "upper", 0.0),
        ("row", 2, "flow", 1, "upper", 0.0),
        ("column", 1, "level", 0, "lower", 3.0),
        ("column", 3, "level", 2, "upper", 2.0),
    ]
    assert_irreducible(chain(), found)


def test_a_single_row_clashes_with_the_bounds_that_it_leans_on() -> None:
    need = Matrices.build(
        [0, 0, 0], [[1, 2, 0], [1, 1, 1], [0, -1, 1]], [8, -INF, 0], [INF, 4, 0], column_upper=[3, 2, 5]
    )
    found = irreducible(need)
    assert said(found) == [("row", 0, "lower"), ("column", 0, "upper"), ("column", 1, "upper")]
    assert found.proven
    surplus = Matrices.build([0, 0], [[1, -1]], -INF, [-3], column_lower=[0, -1], column_upper=[9, 2])
    assert said(irreducible(surplus)) == [("row", 0, "upper"), ("column", 0, "lower"), ("column", 1, "upper")]


def test_of_several_rows_that_clash_alone_the_shortest_is_taken() -> None:
    both = Matrices.build([0, 0], [[1, 1], [0, 1]], [9, 5], INF, column_upper=[1, 2])
    assert said(irreducible(both)) == [("row", 1, "lower"), ("column", 1, "upper")]


def test_a_row_without_entries_clashes_with_itself() -> None:
    empty = Matrices.build([0, 0], [[1, 1], [0, 0]], [0, 1], INF, column_upper=[1, 1])
    assert said(irreducible(empty)) == [("row", 1, "lower")]
    nothing = Matrices.build([], np.zeros((2, 0)), [0, -INF], [0, -1])
    assert said(irreducible(nothing)) == [("row", 1, "upper")]
    assert irreducible(nothing).proven


def test_bounds_of_a_column_clash_alone_where_no_whole_number_lies_between_them() -> None:
    between = Matrices.build([0, 0], [[1, 1]], [1], INF, column_lower=[0, 0.2], column_upper=[9, 0.8], integral=True)
    found = irreducible(between)
    assert said(found) == [("column", 1, "lower"), ("column", 1, "upper"), ("column", 1, "integral")]
    assert (found.feasible, found.proven, found.linear) == (False, True, False)
    assert_irreducible(between, found)
    assert irreducible(between.with_bounds(column_upper=np.array([9.0, 1.0]))).feasible


def test_a_feasible_problem_has_no_members() -> None:
    found = irreducible(chain().with_bounds(column_upper=np.array([9.0, 9.0, 9.0, 3.0])))
    assert (found.feasible, found.members, found.proven) == (True, (), False)


def test_only_chosen_rows_take_part() -> None:
    assert irreducible(chain(), rows=[1, 2]).feasible is False
    assert irreducible(chain(), rows=[0, 1]).feasible is True
    two = Matrices.build([0, 0], [[1, 0], [0, 1]], [5, 5], INF, column_upper=1)
    assert said(irreducible(two, rows=[1])) == [("row", 1, "lower"), ("column", 1, "upper")]


@pytest.mark.parametrize("rows", [[1, 0], [0, 0], [-1], [3], [[0]]])
def test_rows_that_do_not_fit_are_refused(rows: list[int]) -> None:
    with pytest.raises(InvalidMatrices, match="rising indices"):
        irreducible(chain(), rows=rows)


def test_cones_are_refused_and_a_quadratic_objective_plays_no_part() -> None:
    cone = Cone(head=0, tail=np.array([1], np.int32))
    coned = Matrices.build([0, 0], [[1, 1]], [0], INF, cones=(cone,))
    with pytest.raises(UnsupportedProgram, match="second-order cones"):
        irreducible(coned)
    curved = Matrices.build([1, 1], [[1, 1]], [5], INF, column_upper=[1, 2], quadratic=np.eye(2))
    assert said(irreducible(curved)) == [("row", 0, "lower"), ("column", 0, "upper"), ("column", 1, "upper")]


def test_parity_clashes_by_whole_numbers_and_both_sides_of_a_row() -> None:
    parity = Matrices.build([1, 1, 1], [[2, 2, 0], [1, 0, 1]], [5, 0], [5, 9], column_upper=9, integral=True)
    found = irreducible(parity)
    assert (found.feasible, found.proven, found.linear) == (False, True, False)
    assert said(found) == [
        ("row", 0, "lower"),
        ("row", 0, "upper"),
        ("column", 0, "integral"),
        ("column", 1, "integral"),
    ]
    assert [member.bound for member in found.members] == [5.0, 5.0, None, None]


def test_whole_numbers_stay_away_where_the_lp_clashes() -> None:
    relaxed = chain()
    found = irreducible(Matrices.build(relaxed.cost, relaxed.csr(), relaxed.row_lower, relaxed.row_upper,
        column_lower=relaxed.column_lower, column_upper=relaxed.column_upper, integral=True))  # fmt: skip
    assert found.linear
    assert all(member.side != "integral" for member in found.members)


def random_lps(seed: int) -> Iterator[Matrices]:
    """Sparse problems whose rows and bounds are shaken around a point that would fit them all."""
    rng = np.random.default_rng(seed)
    while True:
        m, n = rng.integers(3, 25), rng.integers(3, 25)
        rows = rng.integers(-4, 5, (m, n)) * (rng.random((m, n)) < rng.choice([0.15, 0.3, 0.6]))
        point = rng.normal(0, 3, n)
        activity = rows @ point
        lower = np.round(activity + rng.normal(-0.5, 1, m), 1)
        upper = lower + rng.choice([0.0, 0.5, 3.0], m)
        lower, upper = np.where(rng.random(m) < 0.3, -INF, lower), np.where(rng.random(m) < 0.3, INF, upper)
        column_lower = np.where(rng.random(n) < 0.7, np.round(point - rng.exponential(2, n), 1), -INF)
        column_upper = np.where(rng.random(n) < 0.6, np.round(point + rng.exponential(2, n), 1) + 0.1, INF)
        yield Matrices.build(
            rng.normal(size=n), rows, lower, upper, column_lower=column_lower, column_upper=column_upper
        )


def test_random_lps_give_sets_that_are_infeasible_and_irreducible() -> None:
    found = [(problem, irreducible(problem)) for problem in itertools.islice(random_lps(3), 150)]
    infeasible = [(problem, conflict) for problem, conflict in found if not conflict.feasible]
    several = [conflict for _, conflict in infeasible if sum(m.kind == "row" for m in conflict.members) > 1]
    assert len(several) > 15
    for problem, conflict in infeasible:
        assert conflict.proven
        assert_irreducible(problem, conflict)
    for problem, conflict in found:
        assert conflict.feasible is not clashes(Matrices.build(np.zeros(problem.columns), problem.csr(),
            problem.row_lower, problem.row_upper, column_lower=problem.column_lower,
            column_upper=problem.column_upper))  # fmt: skip


def test_the_first_ray_is_the_answer_and_needs_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(irreducible.__globals__, "_filtered", lambda *_: pytest.fail("the ray was not enough"))
    assert sum(not irreducible(problem).feasible for problem in itertools.islice(random_lps(6), 60)) > 20


@pytest.mark.parametrize("missing", ["a proof by rank", "a ray"])
def test_a_filter_finds_such_sets_too(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(irreducible.__globals__, "_is_circuit", lambda *_: False)
    if missing == "a ray":
        sides = irreducible.__globals__["Sides"]
        monkeypatch.setattr(sides, "priced", lambda _, codes, *__: codes)
    chained = irreducible(chain())
    assert (said(chained), chained.proven) == (said(irreducible(chain())), True)
    for problem in itertools.islice(random_lps(4), 60):
        conflict = irreducible(problem)
        if not conflict.feasible:
            assert conflict.proven
            assert_irreducible(problem, conflict)


def test_a_ray_that_is_not_extreme_is_filtered() -> None:
    """Two chains that clash apart: the sum of their rays proves both at once, and is no set."""
    is_circuit = irreducible.__globals__["_is_circuit"]
    both = Matrices.build(
        [0, 0, 0, 0],
        [[1, -1, 0, 0], [0, 0, 1, -1]],
        -INF,
        [0, 0],
        column_lower=[3, -INF, 4, -INF],
        column_upper=[INF, 2, INF, 2],
    )
    one = Matrices.build([0, 0], [[1, -1]], -INF, [0], column_lower=[3, -INF], column_upper=[INF, 2])
    assert infeasibility_margin(both, np.array([-1.0, -1.0])) > 0
    assert not is_circuit(both, np.array([-1.0, -1.0]), 6)
    assert is_circuit(one, np.array([-1.0]), 3)
    parallel = Matrices.build([0, 0], [[1, 1], [2, 2], [3, 3]], [4, -INF, 9], [INF, 2, INF],
        column_lower=-INF)  # fmt: skip
    assert not is_circuit(parallel, np.array([1.0, -2.0, 1.0]), 3)
    for seed in range(8):  # rounding makes some of them regular by a hair
        plane = np.random.default_rng(seed).normal(size=(6, 2)) @ [[1, 2, 3], [3, 1, 0.5]]
        assert not is_circuit(Matrices.build(np.zeros(3), plane, 1, INF, column_lower=-INF), np.ones(6), 6)
    assert is_circuit(Matrices.build([0, 0], [[1, 1], [2, 2]], [4, -INF], [INF, 2], column_lower=-INF),
        np.array([1.0, -0.5]), 2)  # fmt: skip


def test_random_problems_that_whole_numbers_make_infeasible() -> None:
    rng, linear, whole = np.random.default_rng(5), 0, 0
    for _ in range(25):
        m, n = rng.integers(2, 6), rng.integers(2, 6)
        rows = rng.integers(-6, 7, (m, n)) * (rng.random((m, n)) < 0.7)
        middle = rows @ rng.uniform(0, 4, n)
        lower = np.round(middle - 0.3 + rng.normal(0, rng.choice([0.2, 4]), m), 1)
        problem = Matrices.build(
            rng.normal(size=n), rows, lower, lower + 0.5, column_upper=4, integral=rng.random(n) < 0.7
        )
        conflict = irreducible(problem, options=SolverOptions(time_limit_s=20))
        if conflict.feasible is False:
            linear, whole = linear + conflict.linear, whole + (not conflict.linear)
            assert clashes(alone(problem, conflict.members))
            if conflict.proven:
                assert_irreducible(problem, conflict)
    assert linear > 2
    assert whole > 5


def pigeons(count: int) -> Matrices:
    """So many pigeons for one hole less: each in a hole, none shares; only whole numbers forbid it."""
    holes = count - 1
    seats = np.arange(count * holes).reshape(count, holes)
    seated = np.kron(np.eye(count), np.ones(holes))
    pairs = [(seats[a, hole], seats[b, hole]) for hole in range(holes) for a in range(count) for b in range(a)]
    apart = np.zeros((len(pairs), count * holes))
    apart[np.arange(len(pairs))[:, None], pairs] = 1
    return Matrices.build(
        np.zeros(count * holes),
        np.vstack([seated, apart]),
        np.repeat([1, -INF], [count, len(pairs)]),
        np.repeat([INF, 1], [count, len(pairs)]),
        column_upper=1,
        integral=True,
        row_blocks=(Block(name="seated", start=0, stop=count),),
    )


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock on which a second passes whenever anybody looks, so that a limit comes after so many looks."""
    looks = itertools.count()
    module = irreducible.__globals__
    monkeypatch.setitem(module, "time", SimpleNamespace(perf_counter=lambda: float(next(looks))))


@pytest.mark.usefixtures("slow_clock")
def test_when_the_time_ends_the_smallest_set_so_far_is_the_answer() -> None:
    problem = pigeons(4)
    sizes: list[int] = []
    for limit in (8, 100, 10_000):
        found = irreducible(problem, options=SolverOptions(time_limit_s=limit))
        assert found.feasible is False
        assert found.proven is (limit == 10_000)
        assert clashes(alone(problem, found.members))
        sizes.append(len(found.members))
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3


@pytest.mark.usefixtures("slow_clock")
def test_a_set_of_an_lp_is_whole_when_the_time_ends_but_unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(irreducible.__globals__, "_is_circuit", lambda *_: False)
    found = irreducible(chain(), options=SolverOptions(time_limit_s=6))
    assert (found.feasible, found.proven) == (False, False)
    assert clashes(alone(chain(), found.members))


def test_without_any_time_nothing_is_known_beyond_single_rows() -> None:
    found = irreducible(chain(), options=SolverOptions(time_limit_s=0))
    assert (found.feasible, found.members, found.proven) == (None, (), False)


def test_the_same_problem_gives_the_same_set() -> None:
    for problem in itertools.islice(random_lps(9), 20):
        assert irreducible(problem) == irreducible(problem)
        assert irreducible(problem, options=SolverOptions(threads=2)) == irreducible(problem)
