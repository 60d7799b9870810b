"""Any answer: what we solve is accepted, what is corrupted or could be cheaper is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import c4e_opt
from c4e_opt import Case, Outcome, SolveOptions
from c4e_opt.outcome import Table
from c4e_opt.verify import verify
from c4e_solvers import Reason

MakeCase = Callable[..., Case]
Solved = dict[str, tuple[Case, Outcome]]
#: Binaries that forbid one of two flows; where neither flows, either choice is right.
DIRECTIONS = ("importing", "charging", "sending_forward")
PRICE_LAWS = ("_price", "_stored_value", "_acceptance")
few = settings(max_examples=25, deadline=None)
many = settings(max_examples=300, deadline=None)


@few
@given(seed=st.integers(0, 10_000), committed=st.booleans())
def test_what_we_solve_fulfils_every_law(seed: int, committed: bool, make_case: MakeCase) -> None:
    case = make_case(seed, committed=committed)
    outcome = c4e_opt.solve(case, SolveOptions(gap=1e-6))
    certificate = verify(case, outcome)
    assert certificate.holds, certificate.broken


@many
@given(choice=st.data(), name=st.sampled_from(["site", "engine house"]))
def test_a_corrupted_number_is_refused(choice: st.DataObject, name: str, solved: Solved) -> None:
    case, outcome = solved[name]
    field = choice.draw(st.sampled_from(["schedule_table", "flow_table", "order_table"]))
    table: Table = getattr(outcome, field)
    assume(table.quantities)
    key = choice.draw(st.sampled_from(sorted(table.quantities)))
    values = table.quantities[key].values.copy()
    cell = choice.draw(st.integers(0, values.size - 1))
    amount = choice.draw(st.floats(1e-4, 1e3)) * choice.draw(st.sampled_from([-1, 1]))
    values.flat[cell] += amount
    assume(not (key.endswith(DIRECTIONS) and values.flat[cell] in (0, 1)))
    quantities = {**table.quantities, key: replace(table.quantities[key], values=values)}
    assert not verify(case, replace(outcome, **{field: replace(table, quantities=quantities)})).holds


@many
@given(choice=st.data(), name=st.sampled_from(["site", "engine house"]))
def test_a_number_that_is_none_is_refused(choice: st.DataObject, name: str, solved: Solved) -> None:
    case, outcome = solved[name]
    field = choice.draw(st.sampled_from(["schedule_table", "flow_table", "price_table", "order_table"]))
    table: Table = getattr(outcome, field)
    assume(table.quantities)
    key = choice.draw(st.sampled_from(sorted(table.quantities)))
    values = table.quantities[key].values.copy()
    values.flat[choice.draw(st.integers(0, values.size - 1))] = choice.draw(
        st.sampled_from([float("nan"), float("inf"), float("-inf")])
    )
    quantities = {**table.quantities, key: replace(table.quantities[key], values=values)}
    certificate = verify(case, replace(outcome, **{field: replace(table, quantities=quantities)}))
    assert [residual.law for residual in certificate.broken] == [field]


@few
@given(
    amount=st.floats(1e-3, 1e6), sign=st.sampled_from([-1, 1]), what=st.sampled_from(["objective", "welfare", "terms"])
)
def test_corrupted_money_is_refused(amount: float, sign: int, what: str, solved: Solved) -> None:
    case, outcome = solved["site"]
    if what == "terms":
        terms = {**outcome.terms, "energy": outcome.terms["energy"] + sign * amount}
        assert not verify(case, replace(outcome, terms=terms)).holds
        return
    assert not verify(case, replace(outcome, **{what: getattr(outcome, what) + sign * amount})).holds


@few
@given(seed=st.integers(0, 10_000))
def test_a_possible_schedule_that_could_be_cheaper_is_refused_for_its_prices(seed: int, make_case: MakeCase) -> None:
    """The schedule is that of other tariffs, all sums and the bound are made to fit: only the prices can tell."""
    case = make_case(seed, committed=False)
    grid, *others = case.components["grid_connection"]
    shift = np.random.default_rng(seed).uniform(-30, 60, case.horizon.steps)
    other_grid = replace(
        grid,
        import_price_eur_per_mwh=grid.import_price_eur_per_mwh + shift,
        export_price_eur_per_mwh=grid.export_price_eur_per_mwh + shift,
    )
    other = replace(case, components={**case.components, "grid_connection": (other_grid, *others)})
    best, second = c4e_opt.solve(case), c4e_opt.solve(other)
    assume(best.price_basis == second.price_basis == "of the convex problem")
    net = second.schedule_table.values("grid_connection_import_mw")[0]
    net = net - second.schedule_table.values("grid_connection_export_mw")[0]
    refund = float((shift * net) @ case.horizon.hours)
    objective = second.objective - refund if second.objective is not None else np.nan
    assume(objective > (best.objective or 0.0) + 1e-2)
    for prices in (best, second):
        orders = second.order_table
        if case.orders.orders:
            cleared = prices.order_table.quantities["cleared_eur_per_mwh"]
            orders = replace(orders, quantities={**orders.quantities, "cleared_eur_per_mwh": cleared})
        forged = replace(
            second,
            case_digest=best.case_digest,
            terms={**second.terms, "energy": second.terms["energy"] - refund},
            objective=objective,
            bound=objective,
            price_table=prices.price_table,
            order_table=orders,
        )
        broken = verify(case, forged).broken
        assert broken
        assert all(residual.law.endswith(PRICE_LAWS) for residual in broken), broken


def test_an_answer_that_was_written_and_read_again_keeps_its_certificate(solved: Solved, tmp_path: Path) -> None:
    for case, outcome in solved.values():
        restored = Outcome.read(outcome.to_netcdf(tmp_path / f"{case.name}.nc"))
        assert verify(case, restored) == outcome.certificate


def test_an_infeasible_case_has_little_to_check(solved: Solved) -> None:
    case, _ = solved["site"]
    huge = tuple(replace(demand, demand_mw=np.full(6, 1e3)) for demand in case.components["demand"])
    hungry = replace(case, components={**case.components, "demand": huge})
    certificate = verify(hungry, c4e_opt.solve(hungry))
    assert [residual.law for residual in certificate.residuals] == ["case_digest", "termination"]
    assert certificate.holds


def test_a_limit_that_nobody_reaches_does_not_soften_a_law(solved: Solved) -> None:
    case, outcome = solved["site"]
    grid, *others = case.components["grid_connection"]
    wide = replace(grid, import_max_mw=np.full(6, 1e12))
    other = replace(case, components={**case.components, "grid_connection": (wide, *others)})
    table = outcome.schedule_table
    values = table.values("grid_connection_import_mw").copy()
    values[0, 2] = -1e-4
    imported = replace(table.quantities["grid_connection_import_mw"], values=values)
    changed = replace(table, quantities={**table.quantities, "grid_connection_import_mw": imported})
    certificate = verify(other, replace(outcome, case_digest=other.digest(), schedule_table=changed))
    assert "grid_connection_import_limit" in {residual.law for residual in certificate.broken}


def test_prices_of_an_answer_that_is_merely_feasible_are_not_judged(solved: Solved) -> None:
    case, outcome = solved["site"]
    table = outcome.price_table
    prices = replace(table.quantities["price_eur_per_mwh"], values=table.values("price_eur_per_mwh") + 7.0)
    raised = replace(outcome, price_table=replace(table, quantities={"price_eur_per_mwh": prices}))
    cleared = replace(
        outcome.order_table.quantities["cleared_eur_per_mwh"],
        values=outcome.order_table.values("cleared_eur_per_mwh") + 7.0,
    )
    quantities = {**outcome.order_table.quantities, "cleared_eur_per_mwh": cleared}
    raised = replace(raised, order_table=replace(outcome.order_table, quantities=quantities))
    assert not verify(case, raised).holds
    feasible = replace(outcome.termination, reason=Reason.FEASIBLE)
    assert verify(case, replace(raised, termination=feasible)).holds


@pytest.mark.parametrize("name", ["site", "engine house"])
def test_an_answer_whose_components_are_named_in_another_order_is_refused(name: str, solved: Solved) -> None:
    case, outcome = solved[name]
    turned = {kind: tuple(reversed(records)) for kind, records in case.components.items()}
    other = replace(case, components=turned)
    laws = {residual.law for residual in verify(other, replace(outcome, case_digest=other.digest())).broken}
    assert laws == {"schedule_table", "flow_table"}
