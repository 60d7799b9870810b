"""Demand charges, missing energy of contracts and demand response: who owes what, to the cent, and the audit of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from c4e_opt import Case, Outcome, read_case, solve
from c4e_opt.settlement import Statement, audit, settle

# Two days of two twelve-hour steps. The mill takes 2 and 1 MW on the first day, 1.5 and 1.5 on the second.
CASE = """
name: owed
horizon: {start: "2025-01-01T00:00Z", step_minutes: 720, steps: 4}
parties: [{id: mill}, {id: supplier}]
buses: [{id: hall}]
components:
  grid_connection:
    - id: grid
      bus: hall
      owner: supplier
      import_max_mw: 5
      import_price_eur_per_mwh: 50
      energy_min_mwh: 80
      shortfall_price_eur_per_mwh: 3.001
      demand_charges:
        - {name: day, period: day, price_eur_per_mw: 10, tiers: [{above_mw: 1.6, price_eur_per_mw: 30}]}
        - {name: all, period: horizon, price_eur_per_mw: 7.0001}
  flexible_demand:
    - id: mill
      bus: hall
      owner: mill
      demand_mw: [2, 1, 1.5, 1.5]
      shed_value_eur_per_mwh: 140
      shed_max_ratio: 1
      events:
        - {begin: "2025-01-02T00:00Z", end: "2025-01-02T12:00Z", baseline_mw: 1.5, committed_mw: 0.8,
           reward_eur_per_mwh: 100, penalty_eur_per_mwh: 20}
"""


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Outcome, Statement]:
    path = tmp_path_factory.mktemp("dues") / "case.yaml"
    path.write_text(CASE)
    case = read_case(path)
    outcome = solve(case)
    return case, outcome, settle(case, outcome)


def rows(statement: Statement, purpose: str) -> list[tuple[str, str, int, int]]:
    return [(x.party, x.component, x.step, x.amount) for x in statement.lines() if x.purpose.value == purpose]


def test_the_supplier_gets_what_is_billed_at_the_end_of_each_period(settled: tuple[Case, Outcome, Statement]):
    # First day: 2 MW cost 1.6 * 10 + 0.4 * 30 = 28. Second day: 1.5 MW cost 15; all: 2 MW cost 14.0002; both 29.0002.
    connection = "grid_connection/grid"
    assert rows(settled[2], "demand_charge") == [
        ("supplier", connection, 1, 2800),
        ("supplier", connection, 3, 2900),
    ]


def test_the_supplier_gets_what_the_contract_misses(settled: tuple[Case, Outcome, Statement]):
    # The mill takes 12 * (2 + 1 + 0.7 + 1.5) = 62.4 MWh; 17.6 are missing at 3.001, 52.8176.
    assert rows(settled[2], "take_or_pay") == [("supplier", "grid_connection/grid", 3, 5282)]


def test_the_load_gets_its_reward_and_the_operator_covers_all(settled: tuple[Case, Outcome, Statement]):
    # 0.8 MW for 12 h at 100: 960. What the operator gives is the opposite, component by component.
    statement = settled[2]
    assert rows(statement, "demand_response") == [("mill", "flexible_demand/mill", 2, 96000)]
    operator = statement.operator
    assert rows(statement, "cover") == [
        (operator, "grid_connection/grid", 1, -2800),
        (operator, "flexible_demand/mill", 2, -96000),
        (operator, "grid_connection/grid", 3, -8182),
    ]


def test_dues_have_neither_energy_nor_price(settled: tuple[Case, Outcome, Statement]):
    for line in settled[2].lines():
        if line.purpose.value in ("demand_charge", "take_or_pay", "demand_response", "cover"):
            assert (line.energy, line.price, line.asset) == (0, Decimal(0), "EUR")


def test_the_rents_bring_in_the_demand_charges(settled: tuple[Case, Outcome, Statement]):
    # In a convex case with one price per MW, the rent is what is billed, 20 + 15 + 14: the peaks' prices hold it.
    case, _, _ = settled
    connection = case.components["grid_connection"][0]
    charges = tuple(replace(charge, tiers=()) for charge in connection.demand_charges)
    plain = replace(connection, energy_min_mwh=0.0, shortfall_price_eur_per_mwh=None, demand_charges=charges)
    load = replace(case.components["flexible_demand"][0], events=())
    convex = replace(case, components={"grid_connection": (plain,), "flexible_demand": (load,)})
    purposes = settle(convex, solve(convex)).by_purpose()
    assert purposes["cover"]["EUR"] == -4900
    assert purposes["rent"]["EUR"] == pytest.approx(4900, abs=2)


def place(statement: Statement, purpose: str) -> int:
    return next(n for n, line in enumerate(statement.lines()) if line.purpose.value == purpose)


def a_cent_more_for_the_supplier(s: Statement) -> Statement:
    amount = s.amount.copy()
    amount[place(s, "demand_charge")] += 1
    amount[place(s, "cover")] -= 1
    return replace(s, amount=amount)


def the_operator_keeps_a_cent(s: Statement) -> Statement:
    amount = s.amount.copy()
    amount[place(s, "cover")] += 1
    return replace(s, amount=amount)


def the_mill_is_billed_instead(s: Statement) -> Statement:
    party = s.positions.party.copy()
    party[s.positions.purpose == "demand_charge"] = "mill"
    return replace(s, positions=replace(s.positions, party=party))


def a_due_in_another_step(s: Statement) -> Statement:
    step = s.step.copy()
    step[place(s, "take_or_pay")] = 2
    return replace(s, step=step)


def a_due_with_a_price(s: Statement) -> Statement:
    price = s.price.copy()
    price[place(s, "demand_response")] = 10**9
    return replace(s, price=price)


def a_due_left_out(s: Statement) -> Statement:
    wanted = [place(s, "demand_response"), [n for n, x in enumerate(s.lines()) if x.purpose.value == "cover"][1]]
    kept = np.delete(np.arange(len(s)), wanted)
    columns = ("position", "step", "asset", "energy", "price", "amount")
    return replace(s, **{name: getattr(s, name)[kept] for name in columns})


def a_due_without_a_reason(s: Statement) -> Statement:
    purpose = s.positions.purpose.copy()
    purpose[s.positions.purpose == "take_or_pay"] = "demand_response"
    return replace(s, positions=replace(s.positions, purpose=purpose))


@pytest.mark.parametrize(
    "plant",
    [
        a_cent_more_for_the_supplier,
        the_operator_keeps_a_cent,
        the_mill_is_billed_instead,
        a_due_in_another_step,
        a_due_with_a_price,
        a_due_left_out,
        a_due_without_a_reason,
    ],
)
def test_a_wrong_due_does_not_pass_the_audit(
    settled: tuple[Case, Outcome, Statement], plant: Callable[[Statement], Statement]
):
    case, outcome, statement = settled
    assert audit(case, outcome, statement).holds
    assert not audit(case, outcome, plant(statement)).holds


def test_a_bill_that_is_not_the_answers_is_found(settled: tuple[Case, Outcome, Statement]):
    case, outcome, statement = settled
    other = replace(outcome, terms={**outcome.terms, "demand_charge": outcome.terms["demand_charge"] + 1.0})
    broken = [law.law for law in audit(case, other, statement).broken]
    assert "dues_total" in broken


def test_an_id_that_begins_like_another_is_not_confused_with_it(tmp_path: Path):
    # The labels of what is billed are grid/1/horizon and grid/1/1/horizon: 2 MW * 10 and 1 MW * 7.
    charges = "demand_charges: [{period: horizon, price_eur_per_mw: %d}]"
    text = f"""
name: slash
horizon: {{start: "2025-01-01T00:00Z", step_minutes: 60, steps: 2}}
parties: [{{id: supplier}}]
buses: [{{id: hall}}, {{id: yard}}]
components:
  grid_connection:
    - {{id: grid, bus: hall, owner: supplier, import_max_mw: 5, import_price_eur_per_mwh: 50, {charges % 10}}}
    - {{id: grid/1, bus: yard, owner: supplier, import_max_mw: 5, import_price_eur_per_mwh: 50, {charges % 7}}}
  demand: [{{id: mill, bus: hall, demand_mw: 2}}, {{id: lamp, bus: yard, demand_mw: 1}}]
"""
    path = tmp_path / "case.yaml"
    path.write_text(text)
    case = read_case(path)
    due = rows(settle(case, solve(case)), "demand_charge")
    assert due == [("supplier", "grid_connection/grid", 1, 2000), ("supplier", "grid_connection/grid/1", 1, 700)]
