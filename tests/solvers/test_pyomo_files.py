"""A problem that Pyomo wrote to a file is read back by HiGHS as the same problem, column by column and row by row."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import highspy
import numpy as np
import pytest

from c4e_solvers import Block, Feature, Matrices, Reason, solve
from c4e_solvers.conformance import Problem, problems

pytest.importorskip("pyomo.environ", reason="pyomo is not installed: its files are not tested")
bridge = pytest.importorskip("c4e_solvers.pyomo_bridge")
INF = np.inf
SUFFIXES = pytest.mark.parametrize("suffix", [".lp", ".mps"])
WRITTEN = [
    p for p in problems() if p.matrices.columns and p.matrices.features() <= {Feature.INTEGER, Feature.QUADRATIC}
]


@dataclass
class Read:
    """What HiGHS found in a file, its columns and rows by the names that Pyomo gave them."""

    highs: highspy.Highs
    lp: highspy.HighsLp
    columns: dict[str, int]
    rows: dict[str, int]

    def coefficients(self, row: int) -> dict[int, float]:
        index, start = self.lp.a_matrix_.index_, self.lp.a_matrix_.start_
        place = slice(start[row], start[row + 1])
        return {j: v for j, v in zip(index[place], self.lp.a_matrix_.value_[place], strict=True) if v}


def read(path: Path) -> Read:
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("qp_regularization_value", 0.0)
    # It warns of the 1e21 that Pyomo writes where an integer has no bound, and takes it for infinite.
    assert highs.readModel(str(path)) in (highspy.HighsStatus.kOk, highspy.HighsStatus.kWarning)
    highs.ensureRowwise()
    lp = highs.getLp()
    columns = {name: j for j, name in enumerate(lp.col_names_)}
    return Read(highs, lp, columns, {name: i for i, name in enumerate(lp.row_names_)})


def names(blocks: tuple[Block, ...], length: int, rest: str) -> list[str]:
    """How the file calls each column or row: its block, and its place there."""
    parts = bridge._parts(blocks, length, rest)
    return [f"{part.name}_{{}}({at})" for part in parts for at in range(part.stop - part.start)]


def check(problem: Matrices, path: Path) -> None:
    """Every number of the problem is in the file, at the column and row of its name."""
    found = read(path)
    columns = [name.format("x") for name in names(problem.column_blocks, problem.columns, "columns")]
    rows = [name.format("rows") for name in names(problem.row_blocks, problem.rows, "rows")]
    dense, lp = problem.csr().toarray(), found.lp
    bound = np.isfinite(problem.row_lower) | np.isfinite(problem.row_upper)
    curved = np.zeros(problem.columns, bool)
    if problem.quadratic is not None:
        curved = problem.quadratic.toarray().any(axis=0)
    mentioned = (problem.cost != 0) | dense[bound].any(axis=0) | curved
    constant = found.columns.get("ONE_VAR_CONSTANT")
    offset = lp.offset_ if constant is None else lp.offset_ + lp.col_cost_[constant]
    assert offset == pytest.approx(problem.offset)
    for j in np.flatnonzero(mentioned):
        at = found.columns[columns[j]]
        assert lp.col_cost_[at] == pytest.approx(problem.cost[j]), columns[j]
        low, high = problem.column_lower[j], problem.column_upper[j]
        low, high = (np.ceil(low), np.floor(high)) if problem.integral[j] else (low, high)
        assert (lp.col_lower_[at], lp.col_upper_[at]) == pytest.approx((low, high)), columns[j]
        whole = bool(lp.integrality_) and lp.integrality_[at] == highspy.HighsVarType.kInteger
        assert whole == problem.integral[j], columns[j]
    known = {found.columns[name]: j for j, name in enumerate(columns) if name in found.columns}
    assert set(found.columns.values()) - set(known) <= {constant}
    seen = {at for name, at in found.rows.items() if "ONE_VAR_CONSTANT" in name}
    for i in np.flatnonzero(bound):
        mine = [at for name, at in found.rows.items() if re.fullmatch(rf"[cr]_[elu]_{re.escape(rows[i])}_", name)]
        lower = max((lp.row_lower_[at] for at in mine), default=-INF)
        upper = min((lp.row_upper_[at] for at in mine), default=INF)
        for at in mine:
            expected = {j: dense[i, j] for j in np.flatnonzero(dense[i])}
            assert {known[j]: v for j, v in found.coefficients(at).items()} == pytest.approx(expected), rows[i]
        if dense[i].any():
            assert (lower, upper) == pytest.approx((problem.row_lower[i], problem.row_upper[i])), rows[i]
        else:  # an empty row may have gone or changed, but for what it says of zero
            assert (lower <= 0 <= upper) == (problem.row_lower[i] <= 0 <= problem.row_upper[i]), rows[i]
        seen |= set(mine)
    assert {name for name, at in found.rows.items() if at not in seen} <= {"c_u_no_integer_fits_"}


def random_problem(seed: int) -> Matrices:
    """Feasible, with every kind of bound on columns and rows, some integers, an offset, and names with gaps."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(2, 12)), int(rng.integers(1, 9))
    rows = np.where(rng.random((m, n)) < 0.6, rng.normal(size=(m, n)).round(3), 0)
    inside = rng.integers(-4, 5, n).astype(float)
    activity, kind = rows @ inside, rng.integers(0, 5, m)
    box = rng.integers(0, 6, n)
    lower = np.choose(box, [inside * 0 - INF, inside - 2, inside, inside * 0 - INF, inside - 1, inside - 3])
    upper = np.choose(box, [inside * 0 + INF, inside * 0 + INF, inside, inside + 1, inside + 2.5, inside])
    # Costs that the rows and bounds pay for, so that there is an optimum.
    dual = rng.normal(size=m) * np.array([1, 1, 1, 1, 0])[kind]
    dual = np.where(kind == 0, np.abs(dual), np.where(kind == 1, -np.abs(dual), dual))
    push = rng.normal(size=n).round(2)
    push = np.where(np.isfinite(lower) & np.isfinite(upper), push, np.where(np.isfinite(lower), np.abs(push), push))
    push = np.where(~np.isfinite(lower) & np.isfinite(upper), -np.abs(push), push)
    push = np.where(~np.isfinite(lower) & ~np.isfinite(upper), 0, push)
    return Matrices.build(
        rows.T @ dual + push,
        rows,
        np.select([kind == 1, kind == 3, kind == 4], [-INF, activity - 1.5, -INF], activity),
        np.select([kind == 0, kind == 3, kind == 4], [INF, activity + 2, INF], activity),
        column_lower=lower,
        column_upper=upper,
        integral=rng.random(n) < 0.3 if seed % 2 else False,
        offset=float(rng.normal() * 50) if seed % 3 else 0.0,
        column_blocks=(Block(name="charge_mw", start=1, stop=n),) if seed % 4 else (),
        row_blocks=(Block(name="power_balance", start=0, stop=(m + 1) // 2),) if seed % 5 else (),
    )


@SUFFIXES
@pytest.mark.parametrize("problem", WRITTEN, ids=lambda problem: problem.name)
def test_every_problem_of_the_suite_is_read_back_with_the_same_answer(
    tmp_path: Path, problem: Problem, suffix: str
) -> None:
    path = bridge.write(problem.matrices, tmp_path / f"problem{suffix}")
    check(problem.matrices, path)
    if problem.matrices.quadratic is not None:
        return  # HiGHS alone stumbles over some: the numbers were compared
    found = read(path)
    found.highs.run()
    status = found.highs.getModelStatus()
    if problem.objective is not None:
        assert status == highspy.HighsModelStatus.kOptimal
        assert found.highs.getInfo().objective_function_value == pytest.approx(problem.objective)
    else:
        assert status != highspy.HighsModelStatus.kOptimal


@SUFFIXES
@pytest.mark.parametrize("seed", range(40))
def test_a_random_problem_is_read_back_number_by_number_and_its_optimum_is_ours(
    tmp_path: Path, seed: int, suffix: str
) -> None:
    problem = random_problem(seed)
    path = bridge.write(problem, tmp_path / f"problem{suffix}")
    check(problem, path)
    found, answer = read(path), solve(problem)
    found.highs.run()
    assert answer.termination.reason is Reason.OPTIMAL
    assert found.highs.getInfo().objective_function_value == pytest.approx(answer.objective, abs=1e-6, rel=1e-6)
    # The reader's columns, put back in our order, are a solution of our problem.
    columns = [name.format("x") for name in names(problem.column_blocks, problem.columns, "columns")]
    values = found.highs.getSolution().col_value
    rest = np.clip(0.0, problem.column_lower, problem.column_upper)
    primal = np.array([values[found.columns[c]] if c in found.columns else rest[j] for j, c in enumerate(columns)])
    assert problem.cost @ primal + problem.offset == pytest.approx(answer.objective, abs=1e-6, rel=1e-6)
    activity = problem.csr() @ primal
    assert (activity >= problem.row_lower - 1e-6).all()
    assert (activity <= problem.row_upper + 1e-6).all()


@SUFFIXES
def test_a_quadratic_term_is_in_the_file_whole(tmp_path: Path, suffix: str) -> None:
    """Both triangles and the diagonal: at (1, 2, 3) half of x'Qx with Q = [2 1 0; 1 4 -1; 0 -1 6] is 32."""
    curved = Matrices.build(
        [1, -2, 0],
        [[1, 1, 1]],
        6,
        6,
        column_lower=[1, 2, 3],
        column_upper=[1, 2, 3],
        quadratic=[[2, 1, 0], [1, 4, -1], [0, -1, 6]],
        offset=0.5,
    )
    found = read(bridge.write(curved, tmp_path / f"curved{suffix}"))
    found.highs.run()
    assert found.highs.getInfo().objective_function_value == pytest.approx(32 + 1 - 4 + 0.5)
    assert solve(curved).objective == pytest.approx(29.5)


@SUFFIXES
def test_the_order_of_columns_in_the_file_does_not_matter(tmp_path: Path, suffix: str) -> None:
    """The row mentions the last column first in no order of ours: 3a + 2b = 12 and costs 1 and 1 make a = 4."""
    backwards = replace(
        Matrices.build([0, 1, 1], [[0, 2, 3], [1, 0, 0]], [12, 1], [12, INF]),
        column_blocks=(Block(name="b_then_a", start=1, stop=3),),
    )
    found = read(bridge.write(backwards, tmp_path / f"order{suffix}"))
    found.highs.run()
    values = found.highs.getSolution().col_value
    assert values[found.columns["b_then_a_x(1)"]] == pytest.approx(4)
    assert values[found.columns["b_then_a_x(0)"]] == pytest.approx(0)
    assert values[found.columns["columns_x(0)"]] == pytest.approx(1)
