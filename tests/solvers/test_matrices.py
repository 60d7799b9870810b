from dataclasses import replace

import numpy as np
import pytest

from c4e_solvers import Block, Cone, Feature, InvalidMatrices, Matrices, solve

INF = np.inf
DEMAND, CAP = Block(name="demand", start=0, stop=2), Block(name="cap", start=3, stop=4)


def small(**changes: object) -> Matrices:
    """Four rows, three columns, the third row nameless."""
    rows = [[1, 1, 0], [0, 1, 1], [0, 0, 0], [1, 0, 1]]
    made = Matrices.build(
        [1.0, 2.0, 3.0],
        rows,
        [1, 1, -INF, -INF],
        [INF, INF, 5, 9],
        row_blocks=(DEMAND, CAP),
        column_blocks=(Block(name="power", start=0, stop=3),),
    )
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


def faults(matrices: Matrices) -> str:
    with pytest.raises(InvalidMatrices) as caught:
        matrices.check()
    return "\n".join(caught.value.findings)


def test_sound_matrices_pass_and_count() -> None:
    matrices = small()
    matrices.check()
    assert (matrices.columns, matrices.rows, matrices.nonzeros, matrices.integers) == (3, 4, 6, 0)
    assert matrices.features() == frozenset()
    assert matrices.csr().toarray().tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 0], [1, 0, 1]]
    assert np.shares_memory(matrices.csr().data, matrices.row_value)


def test_features_name_what_a_solver_must_handle() -> None:
    cone = Cone(head=0, tail=np.array([1, 2], np.int32))
    rich = replace(small(), integral=np.array([True, False, False]), cones=(cone,))
    assert rich.features() == {Feature.INTEGER, Feature.CONE}
    assert Matrices.build([1], [[1]], 0, 1, quadratic=[[1]]).features() == {Feature.QUADRATIC}
    assert Matrices.build([1], [[1]], 0, 1, quadratic=[[0]]).features() == frozenset()


def test_a_row_knows_its_block_and_gaps_are_nameless() -> None:
    matrices = small()
    assert [matrices.row_block_of(row) for row in range(4)] == [DEMAND, DEMAND, Block(name="", start=2, stop=3), CAP]
    assert replace(matrices, row_blocks=()).row_block_of(3) == Block(name="", start=0, stop=4)
    assert matrices.column_block_of(2).name == "power"
    with pytest.raises(IndexError, match="outside"):
        matrices.row_block_of(4)


def test_all_that_is_wrong_is_listed_with_its_place() -> None:
    found = faults(
        small(
            cost=np.array([1.0, np.nan, INF]),
            column_lower=np.array([0.0, 9.0, INF]),
            column_upper=np.array([1.0, 2.0, INF]),
            row_lower=np.array([1.0, np.nan, 0.0, 1e25]),
            row_value=np.array([1.0, 1.0, 1.0, 1.0, np.nan, 1.0]),
            row_index=np.array([1, 0, 1, 1, 0, 7], np.int32),
        )
    )
    for part in (
        "column 1 ('power', entry 1): cost is nan",
        "column 2 ('power', entry 2): cost is inf",
        "column 1 ('power', entry 1): lower bound 9.0 is above upper bound 2.0",
        "column 2 ('power', entry 2): bounds [inf, inf]",
        "row 1 ('demand', entry 1): bounds [nan, inf] hold NaN",
        "row 3 ('cap', entry 0): lower bound 1e+25 is above upper bound 9.0",
        "row 0 ('demand', entry 0): column 0 stands after column 1",
        "row 1 ('demand', entry 1): column 1 is there twice",
        "row 3 ('cap', entry 0): column 7 is outside [0, 3)",
        "row 3 ('cap', entry 0), column 0: coefficient is nan",
    ):
        assert part in found
    assert len(found.splitlines()) == 10


def test_shapes_and_types_are_checked_before_anything_reads_the_arrays() -> None:
    found = faults(
        small(
            cost=np.zeros(3, np.float32),
            row_start=np.zeros(4, np.int32),
            row_index=np.zeros(6, np.int64),
            column_lower=[0, 0, 0],
            row_value=np.zeros(12)[::2],
        )
    )
    for part in ("cost is float32(3,)", "row_start is int32(4,)", "row_index is int64", "a list", "not contiguous"):
        assert part in found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"row_start": np.array([0, 2, 1, 4, 6], np.int32)}, "row_start must rise"),
        ({"row_start": np.array([0, 2, 4, 4, 5], np.int32)}, "row_start must rise"),
        ({"row_blocks": (CAP, DEMAND)}, "row block 'demand' is \\[0, 2\\)"),
        ({"column_blocks": (Block(name="p", start=0, stop=4),)}, "column block 'p'"),
        ({"offset": np.nan}, "offset is nan"),
        ({"column_upper": np.array([1e25, 1.0, INF])}, "must be smaller than 1e\\+20"),
        ({"column_lower": np.array([-1e25, 0.0, -INF])}, "must be smaller than 1e\\+20"),
        ({"row_lower": np.full(4, -1e21)}, "must be smaller than 1e\\+20"),
        ({"start": np.zeros(2)}, "start is float64"),
        ({"cones": (Cone(head=1, tail=np.array([1, 2], np.int32)),)}, "cone 0"),
    ],
)
def test_single_faults(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidMatrices, match=message):
        small(**changes).check()


@pytest.mark.parametrize(
    ("quadratic", "message"),
    [
        ([[1, 2], [0, 1]], "not symmetric"),
        ([[-1, 0], [0, 1]], "not convex at columns 0 and 0"),
        ([[0, 1], [1, 0]], "not convex at columns 0 and 1"),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], "must be \\(2, 2\\)"),
        ([[np.nan, 0], [0, 1]], "not finite"),
    ],
)
def test_a_quadratic_term_that_cannot_be_convex_is_refused(quadratic: list[list[float]], message: str) -> None:
    with pytest.raises(InvalidMatrices, match=message):
        Matrices.build([0, 0], [[1, 1]], 0, 1, quadratic=quadratic).check()


def test_a_million_faults_make_a_short_message() -> None:
    matrices = Matrices.build(np.full(100_000, np.nan), np.zeros((0, 100_000)), [], [])
    assert faults(matrices).splitlines()[-1] == "and 99980 more of this kind"


def test_fixing_columns_drops_their_integrality_and_shares_the_rest() -> None:
    matrices = Matrices.build([-1, -1], [[2, 2]], -INF, 3, column_upper=9, integral=[True, False])
    fixed = matrices.with_fixed(matrices.integral, np.array([0.9999999, np.nan]))
    assert fixed.column_lower.tolist() == [1, 0]
    assert fixed.column_upper.tolist() == [1, 9]
    assert fixed.integers == 0
    assert fixed.row_value is matrices.row_value
    assert matrices.integers == 1
    answer = solve(fixed)
    assert answer.row_dual is not None
    assert answer.row_dual.tolist() == [-0.5]


def test_bounds_of_integers_are_whole_and_others_stay() -> None:
    lower = [0.3, -4.6, 2.9999999, 3.0000001, 1e7 + 0.4, -INF, 0.3, 0.3]
    upper = [9.2, -0.7, 2.9999999, 3.0000001, 1e7 + 9.6, INF, 0.8, 0.8]
    whole = [True] * 7 + [False]
    problem = Matrices.build(np.zeros(8), np.zeros((0, 8)), [], [], column_lower=lower, column_upper=upper)
    assert problem.whole_bounds() == (problem.column_lower, problem.column_upper)
    below, above = replace(problem, integral=np.array(whole)).whole_bounds()
    assert below.tolist() == [1, -4, 3, 3, 1e7 + 1, -INF, 1, 0.3]
    assert above.tolist() == [9, -1, 3, 3, 1e7 + 9, INF, 0, 0.8]
    assert replace(problem, integral=np.array(whole)).whole_bounds(1e-9)[1].tolist()[2] == 2


def test_relaxed_and_with_bounds_leave_the_original_alone() -> None:
    matrices = Matrices.build([-1], [[2]], -INF, 3, integral=True)
    assert solve(matrices).objective == -1
    assert solve(matrices.relaxed()).objective == -1.5
    assert solve(matrices.with_bounds(row_upper=np.array([4.0]))).objective == -2
    assert matrices.row_upper.tolist() == [3]


def test_zero_entries_and_empty_rows_are_sound() -> None:
    empty = Matrices.build([1], [[0], [1], [0]], [0, 1, 0], [0, 2, 0])
    empty.check()
    assert empty.row_start.tolist() == [0, 0, 1, 1]
    none = Matrices.build([], [], [], [])
    none.check()
    assert (none.columns, none.rows) == (0, 0)
