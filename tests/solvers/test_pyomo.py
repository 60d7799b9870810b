import re
from dataclasses import replace
from pathlib import Path

import highspy
import numpy as np
import pytest

from c4e_solvers import (
    Block,
    Cone,
    Interrupt,
    Limit,
    Matrices,
    OrderedSet,
    Reason,
    SolverFailed,
    SolverOptions,
    SolverUnavailable,
    UnsupportedProgram,
    solve,
)

pyo = pytest.importorskip("pyomo.environ", reason="pyomo is not installed: the bridge is not tested")
bridge = pytest.importorskip("c4e_solvers.pyomo_bridge")
INF = np.inf


def site() -> Matrices:
    """Two steps of a cheap and a dear unit (20 and 50) for 120 and 80; the cheap one ends at 100: 2000+1000+1600."""
    return Matrices.build(
        [20, 20, 50, 50],
        [[1, 0, 1, 0], [0, 1, 0, 1], [1, -1, 0, 0]],
        [120, 80, -INF],
        [120, 80, 60],
        column_upper=[100, 100, 80, 80],
        column_blocks=(Block(name="cheap", start=0, stop=2), Block(name="dear", start=2, stop=4)),
        row_blocks=(Block(name="power_balance", start=0, stop=2),),
        offset=7.0,
    )


def test_every_condition_of_pyomo_has_a_word() -> None:
    from pyomo.opt import TerminationCondition

    for condition in TerminationCondition:
        assert str(condition) in {*bridge._REASONS, *bridge._LIMITS}
        for feasible in (True, False):
            ended = bridge.termination_of(str(condition), feasible=feasible)
            limited = ended.reason in (Reason.FEASIBLE, Reason.NO_SOLUTION_FOUND)
            assert limited == (ended.limit is not Limit.NONE)
            assert not limited or ended.has_solution == feasible


def test_a_planner_finds_the_blocks_by_name_and_adds_a_rule() -> None:
    """The cheap unit may give 150 in all: 30 MW move to the dear one, at 30 more each: 4607 + 900."""
    model = bridge.model_of(site())
    assert set(model.columns_of) == {"cheap", "dear"}
    assert set(model.rows_of) == {"power_balance", "rows"}
    assert [len(model.power_balance.rows), len(model.rows_of["rows"].rows)] == [2, 1]
    model.contract = pyo.Constraint(expr=sum(model.cheap.x[t] for t in (0, 1)) <= 150)
    pyo.SolverFactory("highs").solve(model)
    assert pyo.value(model.objective) == pytest.approx(7 + 4600 + 900)


def test_the_bridge_solves_with_our_signs() -> None:
    answer = solve(site(), solver="pyomo")
    assert answer.objective == pytest.approx(4607)
    assert answer.row_dual == pytest.approx([50, 20, 0])
    assert answer.column_dual == pytest.approx([-30, 0, 0, 30])
    assert answer.bound == pytest.approx(4607)


def test_same_names_for_columns_and_rows_and_names_of_pyomo_are_told_apart() -> None:
    named = replace(
        site(),
        column_blocks=(Block(name="clear", start=0, stop=2), Block(name="objective", start=2, stop=4)),
        row_blocks=(Block(name="clear", start=0, stop=2), Block(name="dual", start=2, stop=3)),
    )
    assert solve(named, solver="pyomo").objective == pytest.approx(4607)


@pytest.mark.parametrize("suffix", [".lp", ".mps"])
@pytest.mark.parametrize("whole", [False, True])
def test_an_exported_file_is_the_same_problem_to_another_reader(tmp_path: Path, suffix: str, whole: bool) -> None:
    problem = replace(site(), integral=np.full(4, whole), row_lower=np.array([119.5, 80.0, -10.0]))
    path = bridge.write(problem, tmp_path / f"site{suffix}")
    assert "power_balance" in path.read_text()
    reader = highspy.Highs()
    reader.setOptionValue("output_flag", False)
    assert reader.readModel(str(path)) == highspy.HighsStatus.kOk
    reader.run()
    assert reader.getInfo().objective_function_value == pytest.approx(solve(problem).objective)


def with_sets() -> Matrices:
    """The site with an SOS2 and two SOS1 over its four columns, numbered 0, 1, 2."""
    orders = ((2, [1, 0, 3]), (1, [2, 3]), (1, [0, 2]))
    sets = (OrderedSet(order=order, columns=np.array(columns, np.int32)) for order, columns in orders)
    return replace(site(), ordered_sets=tuple(sets))


def test_a_live_model_holds_the_ordered_sets_in_their_order() -> None:
    model = bridge.model_of(with_sets())
    first = [model.cheap.x[1], model.cheap.x[0], model.dear.x[1]]
    assert [variable.name for variable in model.sos2[0].variables] == [variable.name for variable in first]
    assert [rank for _, rank in model.sos2[0].get_items()] == [1, 2, 3]
    assert {number: len(list(made.variables)) for number, made in model.sos1.items()} == {1: 2, 2: 2}
    assert not hasattr(bridge.model_of(site()), "sos1")
    taken = replace(with_sets(), column_blocks=(Block(name="sos1", start=0, stop=2),))
    assert len(bridge.model_of(taken).sos1_columns.x) == 2


@pytest.mark.parametrize("suffix", [".lp", ".mps"])
def test_an_exported_file_lists_the_ordered_sets_in_one_section(tmp_path: Path, suffix: str) -> None:
    text = bridge.write(with_sets(), tmp_path / f"site{suffix}").read_text()
    assert text.count("\nSOS\n") == 1
    section = text.partition("\nSOS\n")[2]
    assert re.findall(r"\bS[12]\b", section) == ["S1", "S1", "S2"]
    assert re.findall(r"(\w+\(\d\))[: ][123]\b", section.partition("S2")[2]) == [
        "cheap_x(1)",
        "cheap_x(0)",
        "dear_x(1)",
    ]


@pytest.mark.parametrize(
    ("bounds", "whole", "value"),
    [
        ((0.3, 0.8), False, 0.3),
        ((-0.8, -0.3), False, -0.3),
        ((0.5, 0.5), False, 0.5),
        ((-INF, 4), False, 0),
        ((-INF, -4), False, -4),
        ((0.3, INF), True, 1),
        ((-3.5, -2.5), True, -3),
        ((-INF, INF), True, 0),
    ],
)
def test_a_column_that_a_solver_never_saw_stays_within_its_bounds(
    bounds: tuple[float, float], whole: bool, value: float
) -> None:
    """A solver behind a file knows no column that nothing mentions, and brings no value for it."""
    low, high = bounds
    alone = Matrices.build([0], [[0]], 0, 0, column_lower=low, column_upper=high, integral=whole)
    assert bridge._value(bridge.model_of(alone).columns.x[0]) == value


def test_a_column_without_an_integer_is_named_whatever_the_solver_sees() -> None:
    empty = replace(site(), integral=np.ones(4, bool), column_lower=np.array([0, 0.3, 0, 0]))
    empty = replace(empty, column_upper=np.array([100, 0.8, 80, 80]))
    answer = solve(empty, solver="pyomo")
    assert answer.termination.reason is Reason.INFEASIBLE
    assert answer.termination.detail == "no integer within the bounds of column 1"
    nearly = replace(empty, column_lower=np.array([0, 100 + 1e-12, 0, 0]), column_upper=np.array([100, 100.5, 80, 80]))
    assert solve(nearly, solver="pyomo").termination.detail != "no integer within the bounds of column 1"


def test_what_it_cannot_do_is_refused_with_a_reason(tmp_path: Path) -> None:
    semicontinuous = replace(site(), semicontinuous=np.ones(4, bool))
    with pytest.raises(UnsupportedProgram, match="semicontinuous columns; 'highs' and 'ortools:scip' do"):
        bridge.write(semicontinuous, tmp_path / "site.lp")
    with pytest.raises(UnsupportedProgram, match="semicontinuous columns"):
        bridge.model_of(semicontinuous)
    with pytest.raises(SolverFailed, match="SOS"):  # the solver that Pyomo asks first
        bridge.solve(with_sets(), SolverOptions())
    cones = (Cone(head=0, tail=np.array([1], np.int32)),)
    with pytest.raises(UnsupportedProgram, match="'convex' does"):
        bridge.model_of(replace(site(), cones=cones))
    with pytest.raises(UnsupportedProgram, match=r"\.lp, \.mps"):
        bridge.write(site(), tmp_path / "site.txt")
    with pytest.raises(SolverFailed, match="writing"):
        bridge.write(site(), tmp_path / "missing" / "site.lp")
    with pytest.raises(SolverUnavailable, match="finds no solver 'nobody'"):
        solve(site(), solver="pyomo:nobody")


def test_limits_and_interrupts_are_answers(hard_milp: Matrices) -> None:
    answer = solve(hard_milp, SolverOptions(time_limit_s=1.0), solver="pyomo")
    assert answer.termination.limit is Limit.TIME
    assert answer.seconds_wall < 4
    interrupt = Interrupt()
    interrupt.set()
    assert solve(hard_milp, solver="pyomo", interrupt=interrupt).termination.limit is Limit.INTERRUPTED
