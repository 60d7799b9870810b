from dataclasses import replace

import numpy as np
import pytest

from c4e_solvers import Block, InvalidMatrices, Matrices, Reason, relax

INF = np.inf


def feeder(limit: float = 4.0) -> Matrices:
    """Three steps: supply meets demand 3, 6, 2 (rows 0-2) and stays within a line limit (rows 3-5)."""
    rows = np.vstack([np.eye(3), np.eye(3)])
    return Matrices.build(
        [1, 1, 1],
        rows,
        [3, 6, 2, -INF, -INF, -INF],
        [3, 6, 2, limit, limit, limit],
        row_blocks=(Block(name="power_balance", start=0, stop=3), Block(name="line_flow_limit", start=3, stop=6)),
    )


def test_a_feasible_problem_needs_no_relaxation() -> None:
    found = relax(feeder(limit=6))
    assert found.feasible is True
    assert found.objective == 0
    assert found.violated == ()
    assert found.violation is not None
    assert not found.violation.any()


def test_the_row_that_clashes_is_named_with_its_side_and_amount() -> None:
    found = relax(feeder(), rows=["line_flow_limit"])
    assert found.feasible is False
    assert [(v.row, v.block, v.offset, v.side, v.bound) for v in found.violated] == [
        (4, "line_flow_limit", 1, "upper", 4.0)
    ]
    assert found.violated[0].amount == pytest.approx(2)
    assert found.objective == pytest.approx(2)
    short = relax(feeder(), rows=["power_balance"]).violated[0]
    assert (short.row, short.block, short.offset, short.side) == (1, "power_balance", 1, "lower")


def test_weights_say_who_gives_way() -> None:
    dear_balance = relax(feeder(), weights={"power_balance": 100})
    assert [v.block for v in dear_balance.violated] == ["line_flow_limit"]
    dear_line = relax(feeder(), weights={"line_flow_limit": 100, "power_balance": 3})
    assert [v.block for v in dear_line.violated] == ["power_balance"]
    assert dear_line.objective == pytest.approx(6)


def test_rows_that_may_not_give_way_can_clash_by_themselves() -> None:
    stuck = relax(replace(feeder(), column_upper=np.full(3, 5.0)), rows=["line_flow_limit"])
    assert stuck.termination.reason is Reason.INFEASIBLE
    assert (stuck.feasible, stuck.violation, stuck.violated) == (False, None, ())


def test_a_problem_that_only_integrality_makes_infeasible_is_relaxed_as_a_milp() -> None:
    parity = Matrices.build([1, 1], [[2, 2], [1, 0]], [5, 0], [5, INF], column_upper=9, integral=True)
    found = relax(parity)
    assert not found.linear
    assert [v.row for v in found.violated] == [0]
    assert found.violated[0].amount == pytest.approx(1)
    assert relax(feeder()).linear


def test_the_largest_weighted_violation_comes_first_and_lower_sides_work() -> None:
    need = Matrices.build([1, 1], [[1, 0], [0, 1], [0, 0]], [5, 9, 1], INF, column_upper=[4, 2])
    found = relax(need)
    assert [(v.row, v.side) for v in found.violated] == [(1, "lower"), (0, "lower"), (2, "lower")]
    assert found.violation is not None
    assert found.violation.tolist() == pytest.approx([1, 7, 1])
    assert found.primal is not None
    assert found.primal.tolist() == pytest.approx([4, 2])


def test_a_name_or_weight_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidMatrices, match="no row block is called 'flow'"):
        relax(feeder(), rows=["flow"])
    with pytest.raises(InvalidMatrices, match="it must be positive"):
        relax(feeder(), weights={"power_balance": 0})
