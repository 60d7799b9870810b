"""Reserve is paid: providers get its price, buyers give it, to the cent, and the audit sees both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from c4e_opt import Case, Outcome, read_case, solve
from c4e_opt.errors import CertificateFailed
from c4e_opt.settlement import Statement, audit, settle

# Unit a keeps 0.2 MW for fast, which counts for all as well; b keeps what is left of all. Half-hour steps.
CASE = """
name: paid
horizon: {start: "2025-01-01T00:00Z", step_minutes: 30, steps: 2}
parties: [{id: ann}, {id: bob}, {id: city}]
buses: [{id: e}, {id: f}]
components:
  generator:
    - {id: a, bus: f, owner: ann, power_max_mw: 1, cost_eur_per_mwh: 10}
    - {id: b, bus: e, owner: bob, power_max_mw: 1, cost_eur_per_mwh: 30}
  tie: [{id: t, from_bus: f, to_bus: e, forward_max_mw: 9, backward_max_mw: 9}]
  demand: [{id: town, bus: e, owner: city, demand_mw: 1}]
  reserve:
    - {id: all, up_mw: [0.5, 0.6], buyer: city}
    - {id: fast, up_mw: 0.2, counts_for: [all]}
  reserve_offer:
    - {id: a, provider: generator/a, reserve: fast, price_eur_per_mw_hour: 7.01}
    - {id: b, provider: generator/b, reserve: all, price_eur_per_mw_hour: 3.03}
"""


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Outcome, Statement]:
    path: Path = tmp_path_factory.mktemp("paid") / "case.yaml"
    path.write_text(CASE, encoding="utf-8")
    case = read_case(path)
    outcome = solve(case)
    return case, outcome, settle(case, outcome)


def rows(statement: Statement, purpose: str) -> list[tuple[str, str, str, int, int]]:
    return [
        (line.party, line.component, line.bus, line.step, line.amount)
        for line in statement.lines()
        if line.purpose.value == purpose
    ]


def test_providers_are_paid_and_buyers_pay(settled: tuple[Case, Outcome, Statement]) -> None:
    """All costs 3.03; fast is worth that and 23.98 more: 7.01 and the 20 that a gives up.

    Ann gets 0.2 * 27.01 / 2 = 2.701, Bob 0.3 and 0.4 * 3.03 / 2 = 0.4545 and 0.606; the city gives 0.5 and 0.6
    * 3.03 / 2 = 0.7575 and 0.909; the operator buys what is fast.
    """
    case, outcome, statement = settled
    price = outcome.price_table.values("reserve_up_price_eur_per_mw_hour")
    assert price.ravel().tolist() == pytest.approx([3.03, 3.03, 23.98, 23.98])
    assert sorted(rows(statement, "reserve")) == [
        ("ann", "generator/a", "f", 0, 270),
        ("ann", "generator/a", "f", 1, 270),
        ("bob", "generator/b", "e", 0, 45),
        ("bob", "generator/b", "e", 1, 61),
        ("city", "reserve/all", "e", 0, -76),
        ("city", "reserve/all", "e", 1, -91),
    ]
    assert sum(amount for *_, amount in rows(statement, "reserve") + rows(statement, "cover")) == 0
    assert audit(case, outcome, statement).holds


def test_the_audit_sees_who_is_paid_too_much(settled: tuple[Case, Outcome, Statement]) -> None:
    case, outcome, statement = settled
    amount = statement.amount.copy()
    purpose = statement.positions.purpose[statement.position]
    amount[purpose.tolist().index("reserve")] += 1
    broken = {law.law for law in audit(case, outcome, replace(statement, amount=amount)).broken}
    assert broken == {"dues", "cover", "money_balance"}


def test_the_audit_sees_another_buyer(settled: tuple[Case, Outcome, Statement]) -> None:
    case, outcome, statement = settled
    words = ["bob" if c == "reserve/all" else p for p, c in zip(*columns(statement), strict=True)]
    party = np.array(words, dtype=np.str_)
    moved = replace(statement, positions=replace(statement.positions, party=party))
    assert {law.law for law in audit(case, outcome, moved).broken} >= {"dues"}


def columns(statement: Statement) -> tuple[list[str], list[str]]:
    return statement.positions.party.tolist(), statement.positions.component.tolist()


def test_an_outcome_without_prices_of_reserve_is_refused(settled: tuple[Case, Outcome, Statement]) -> None:
    case, outcome, _ = settled
    table = outcome.price_table
    left = {name: each for name, each in table.quantities.items() if not name.startswith("reserve_up_price")}
    with pytest.raises(CertificateFailed, match="reserve_up_price"):
        settle(case, replace(outcome, price_table=replace(table, quantities=left)))
