"""The columns in which a fleet with reserve is searched: another writing of the same problem."""

from __future__ import annotations

import numpy as np
import pytest

from c4e_opt import Case, solve
from c4e_opt.clearing import search, search_columns
from c4e_opt.clearing.search_columns import Recast, recast
from c4e_opt.formulate import Formulation, formulate
from c4e_opt.program import Program
from c4e_opt.solve import SolveOptions
from c4e_solvers import Matrices, Reason, SolverOptions
from c4e_solvers import solve as solve_matrices
from tests.unit.small_cases import battery, chp, load, meter, objective_of, small_case, tie

HOURS = 6


def fleet(seed: int) -> Case:
    """Four units with a state, and sun, a battery, a CHP and an area behind a tie that keep reserve as well."""
    rng = np.random.default_rng(seed)
    units = [
        {
            "id": f"g{place}",
            "bus": str(rng.choice(["e", "f"])),
            "power_max_mw": float(rng.uniform(2, 6)),
            "minimum_load_ratio": float(rng.choice([0.0, 0.3, 0.5])),
            "cost_eur_per_mwh": float(rng.uniform(10, 60)),
            "start_cost_eur": float(rng.uniform(0, 200)),
            "minimum_up_hours": float(rng.integers(0, 4)),
            "minimum_down_hours": float(rng.integers(0, 3)),
            "ramp_up_ratio_per_hour": float(rng.uniform(0.4, 1)),
            "start_ramp_ratio": 0.7,
            "stop_ramp_ratio": 0.6,
            "on_initially": bool(rng.integers(0, 2)),
        }
        for place in range(4)
    ]
    wanted = rng.uniform(0.2, 1.0, HOURS).tolist()
    second = [{"id": "s", "up_mw": 0.3, "members": ["generator/g0", "battery/*"]}] if seed % 2 else []
    return small_case(
        (60,) * HOURS,
        buses=[{"id": "e"}, {"id": "f"}, {"id": "h", "carrier": "heat"}, {"id": "g", "carrier": "gas"}],
        grid_connection=[meter()],
        demand=[load(rng.uniform(4, 9, HOURS).tolist()), {**load(1.0, "f"), "id": "other"}],
        flexible_demand=[{"id": "x", "bus": "h", "demand_mw": 0.4, "shed_value_eur_per_mwh": 500.0}],
        generator=units,
        renewable=[{"id": "sun", "bus": "e", "available_mw": rng.uniform(0, 3, HOURS).tolist()}],
        chp=[chp(start_cost_eur=5.0)],
        battery=[battery(discharge_efficiency=0.9)],
        tie=[tie(from_bus="e", to_bus="f", forward_max_mw=9.0, backward_max_mw=9.0)],
        reserve=[
            {"id": "r", "up_mw": wanted, "within_ramps": seed % 3 == 0, "missing_price_eur_per_mw_hour": 90.0},
            *second,
        ],
    )


def both(case: Case) -> tuple[Program, Matrices, Recast]:
    program = formulate(case).program
    matrices = program.matrices()
    other = recast(program, matrices)
    assert other is not None
    return program, matrices, other


def pair(*reserves: dict[str, object]) -> Case:
    """Units of 2 MW or more, up to 5 and 4, for loads of 6 and then 5 MW, and for 1 MW behind a tie."""
    return small_case(
        (60, 60),
        buses=[{"id": "e"}, {"id": "f"}],
        demand=[load([6.0, 5.0]), load(1.0, "f")],
        generator=[
            {"id": "a", "bus": "e", "power_max_mw": 5.0, "minimum_load_ratio": 0.4, "cost_eur_per_mwh": 10.0},
            {"id": "b", "bus": "e", "power_max_mw": 4.0, "minimum_load_ratio": 0.5, "cost_eur_per_mwh": 30.0},
        ],
        tie=[tie(from_bus="e", to_bus="f")],
        reserve=list(reserves),
    )


def test_the_requirement_becomes_a_knapsack_of_units() -> None:
    """Above 2 MW each, with 1 MW of reserve: available_a + available_b + 2 * on_a + 2 * on_b >= 8, and 7 after that."""
    program, _, other = both(pair({"id": "r", "up_mw": 1.0}))
    rows, on, up = other.matrices.csr(), program.variables["generator_on"], program.variables["reserve_up_mw"]
    wanted = program.constraints["reserve_required_up"].start
    for step, least in enumerate((8.0, 7.0)):
        expected = np.zeros(other.matrices.columns)
        expected[on.start + step : on.stop : 2] = 2.0
        expected[up.start + step : up.stop : 2] = 1.0
        row = rows[wanted + step : wanted + step + 1].toarray()[0]
        np.testing.assert_allclose(row, expected, atol=1e-12)
        assert other.matrices.row_lower[wanted + step] == pytest.approx(least)
    headroom = program.constraints["reserve_up_headroom"].start  # available_a <= (5 - 2) * on_a
    limit = rows[headroom : headroom + 1].toarray()[0]
    assert limit[up.start] == pytest.approx(1.0)
    assert limit[on.start] == pytest.approx(-3.0)
    assert np.count_nonzero(limit) == 2


def test_providers_of_two_reserves_stay_as_they_are() -> None:
    program = formulate(pair({"id": "r", "up_mw": 1.0}, {"id": "s", "up_mw": 0.5})).program
    assert recast(program, program.matrices()) is None


def test_a_bound_that_no_law_says_is_kept() -> None:
    """Unit a at 10 gives 3 MW at most, its own bound, and b at 30 gives 4 and 3: 30 + 120 + 30 + 90 = 270."""
    program = formulate(pair({"id": "r", "up_mw": 0.5})).program
    matrices, power = program.matrices(), program.variables["generator_power_mw"]
    upper = matrices.column_upper.copy()
    upper[power.start : power.start + 2] = 3.0
    tighter = matrices.with_bounds(column_upper=upper)
    other = recast(program, tighter)
    assert other is not None
    assert objective_of(tighter) == pytest.approx(270.0)
    assert objective_of(other.matrices) == pytest.approx(270.0)


@pytest.mark.parametrize("seed", range(12))
def test_the_problem_is_the_same(seed: int) -> None:
    """Same optimum, with and without whole numbers, at a point that the programme has as well."""
    _, matrices, other = both(fleet(seed))
    other.matrices.check()
    assert objective_of(other.matrices.relaxed()) == pytest.approx(objective_of(matrices.relaxed()), rel=1e-7)
    found = other.answer(solve_matrices(other.matrices, SolverOptions(relative_gap=0.0)))
    assert found.objective == pytest.approx(objective_of(matrices), rel=1e-7)
    assert found.primal is not None
    assert matrices.cost @ found.primal + matrices.offset == pytest.approx(found.objective, rel=1e-9)
    amount = matrices.csr() @ found.primal
    assert (amount >= matrices.row_lower - 1e-5).all()
    assert (amount <= matrices.row_upper + 1e-5).all()
    assert (found.primal >= matrices.column_lower - 1e-5).all()
    assert (found.primal <= matrices.column_upper + 1e-5).all()


def large(formulation: Formulation, matrices: Matrices) -> bool:
    """Any fleet is."""
    return bool(formulation.program.variables) and matrices.integers > 0


def test_what_has_no_reserve_stays_as_it_is() -> None:
    program = formulate(small_case((60,), demand=[load(1.0)], chp=[chp()], grid_connection=[meter()])).program
    assert recast(program, program.matrices()) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_fleet_is_searched_in_them(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is that of the problem as it is written, verified, and its gap is proven."""
    plain = solve(fleet(seed), SolveOptions(gap=0.0))
    asked: list[int] = []

    def counted(program: Program, matrices: Matrices) -> Recast | None:
        asked.append(matrices.integers)
        return search_columns.recast(program, matrices)

    monkeypatch.setattr(search, "recast", counted)
    monkeypatch.setattr(search, "worth", large)
    outcome = solve(fleet(seed), SolveOptions(gap=1e-9))
    assert asked
    assert outcome.termination.reason is Reason.OPTIMAL
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert outcome.objective == pytest.approx(plain.objective, rel=1e-7)
    assert outcome.bound == pytest.approx(plain.objective, rel=1e-7)
