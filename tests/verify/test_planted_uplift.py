"""Violations planted into what an answer says of uplift; see `test_planted_violations`.

The case is that of `tests/unit/test_price_rules.py`: at 250 MW unit A earns 2500 at the marginal price of 90 and B
lacks 1000; an order to sell at 85 earns 5 a MWh.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, settle, solve
from c4e_opt.errors import CertificateFailed
from c4e_opt.outcome import EMPTY
from c4e_opt.settlement.check import audit
from c4e_opt.verify import verify
from tests.unit.small_cases import grid, load, order_columns, small_case
from tests.unit.test_price_rules import gribik, gribik_units, with_policy

Change = Callable[[np.ndarray], None]


def priced(**policy: Any) -> tuple[Case, Outcome]:
    case = gribik(
        250.0,
        grid_connection=[grid(500.0)],
        orders=order_columns(("seller", "e", "sell", 0, 85.0, 5.0), ("buyer", "e", "buy", 0, 300.0, 5.0)),
    )
    case = with_policy(case, **policy)
    return case, solve(case)


def changed(outcome: Outcome, name: str, change: Change) -> Outcome:
    table = outcome.uplift_table
    values = table.values(name).copy()
    change(values)
    quantities = {**table.quantities, name: replace(table.quantities[name], values=values)}
    return replace(outcome, uplift_table=replace(table, quantities=quantities))


def put(place: Any, value: float) -> Change:
    def change(values: np.ndarray) -> None:
        values[place] = value

    return change


def swapped(values: np.ndarray) -> None:
    values[[0, 1]] = values[[1, 0]]


def broken(case: Case, outcome: Outcome) -> set[str]:
    return {residual.law for residual in verify(case, outcome).broken}


@pytest.fixture(scope="module")
def whole() -> tuple[Case, Outcome]:
    return priced(uplift="make_whole")


def test_the_answer_fulfils_every_law(whole: tuple[Case, Outcome]) -> None:
    case, outcome = whole
    assert not broken(case, outcome)
    names = outcome.uplift_table.labels["participant"].tolist()
    said = dict(zip(names, outcome.uplift_table.values("profit_eur").tolist(), strict=True))
    assert said["generator/B"] == pytest.approx(-1000)
    assert said["order/seller"] == pytest.approx(25)


@pytest.mark.parametrize(
    ("name", "change", "law"),
    [
        ("lost_opportunity_eur", put(1, -1.0), "uplift_sign"),
        ("make_whole_eur", put(1, 5000.0), "uplift_sign"),
        ("payment_eur", put(1, 900.0), "uplift_payment"),
        ("payment_eur", put(0, 10.0), "uplift_payment"),
        ("profit_eur", put(1, -900.0), "uplift_profit"),
        ("profit_eur", swapped, "uplift_profit"),
        ("profit_eur", put(3, 30.0), "uplift_profit"),
        ("profit_eur", put(1, float("nan")), "uplift_table"),
    ],
)
def test_a_wrong_number_is_found(whole: tuple[Case, Outcome], name: str, change: Change, law: str) -> None:
    case, outcome = whole
    names = outcome.uplift_table.labels["participant"].tolist()
    assert names[:2] == ["generator/A", "generator/B"] or names[:2] == ["grid_connection/grid", "generator/A"]
    outcome = changed(outcome, name, lambda values: change(values[names.index("generator/A") :]))
    assert law in broken(case, outcome)


def test_a_tariff_is_not_made_whole(whole: tuple[Case, Outcome]) -> None:
    case, outcome = whole
    place = outcome.uplift_table.labels["participant"].tolist().index("grid_connection/grid")
    assert broken(case, changed(outcome, "payment_eur", put(place, 1.0))) == {"uplift_payment"}


def test_uplift_must_be_told_where_it_is_wanted_and_only_there(whole: tuple[Case, Outcome]) -> None:
    case, outcome = whole
    assert broken(case, replace(outcome, uplift_table=EMPTY)) == {"uplift_table"}
    plain, answer = priced()
    assert broken(plain, replace(answer, uplift_table=outcome.uplift_table)) == {"uplift_table"}


def test_nobody_who_is_not_there_is_paid(whole: tuple[Case, Outcome]) -> None:
    case, outcome = whole
    table = outcome.uplift_table
    for name in ("generator/C", "generator/A"):
        names = [name if each == "generator/B" else each for each in table.labels["participant"].tolist()]
        other = replace(table, labels={"participant": np.array(names)})
        assert broken(case, replace(outcome, uplift_table=other)) == {"uplift_table"}


def test_nobody_loses_where_nothing_is_discrete() -> None:
    case = small_case((60,), demand=[load(50.0)], generator=[gribik_units()[0]])
    case = with_policy(case, uplift="lost_opportunity")
    outcome = solve(case)
    assert not broken(case, outcome)
    wrong = changed(changed(outcome, "lost_opportunity_eur", put(0, 5.0)), "payment_eur", put(0, 5.0))
    assert broken(case, wrong) == {"uplift_convex"}


def test_paid_as_bid_nobody_has_a_profit() -> None:
    case, outcome = priced(pricing="pay_as_bid")
    assert not broken(case, outcome)
    names = outcome.uplift_table.labels["participant"].tolist()
    wrong = changed(outcome, "profit_eur", put(names.index("generator/A"), 100.0))
    assert broken(case, wrong) >= {"no_surplus", "uplift_profit"}
    wrong = changed(outcome, "payment_eur", put(names.index("order/seller"), 0.0))
    assert broken(case, wrong) == {"uplift_profit"}


def test_ramps_are_paid_what_they_are_worth() -> None:
    ramp = {"ramp_up_ratio_per_hour": 0.1, "ramp_down_ratio_per_hour": 0.1}
    units = [
        {"id": "G1", "bus": "e", "power_max_mw": 500.0, "cost_eur_per_mwh": 25.0},
        {"id": "G2", "bus": "e", "power_max_mw": 500.0, "cost_eur_per_mwh": 30.0, **ramp},
    ]
    case = small_case((60, 60, 60), demand=[load([420.0, 590.0, 590.0])], generator=units)
    case = with_policy(case, pricing="temporal")
    outcome = solve(case)
    assert not broken(case, outcome)
    assert "uplift_ramps" in broken(case, changed(outcome, "ramp_price_eur_per_mwh", put((1, 0), 6.0)))
    assert "uplift_ramps" in broken(case, changed(outcome, "payment_eur", put(1, 0.0)))


@pytest.mark.parametrize("rule", ["elmp", "convex_hull", "minimum_uplift"])
def test_a_certificate_says_that_prices_need_not_support_the_schedule(rule: str) -> None:
    case, outcome = priced(pricing=rule)
    said = [residual for residual in verify(case, outcome).residuals if residual.law == "prices_of_rule"]
    assert len(said) == 1
    assert rule in said[0].where


def test_an_answer_does_not_choose_its_rule() -> None:
    case, outcome = priced(pricing="convex_hull")
    assert broken(with_policy(case, pricing="elmp"), outcome) >= {"price_table"}
    assert broken(case, replace(outcome, price_rule="marginal")) == {"price_table"}


def test_a_payment_that_is_not_the_answers_fails_the_audit(whole: tuple[Case, Outcome]) -> None:
    case, outcome = whole
    case = with_policy(case, uplift_paid_by="demand")
    outcome = solve(case)
    statement = settle(case, outcome)
    for purpose in ("uplift", "uplift_share"):
        rows = np.flatnonzero(statement.positions.purpose[statement.position] == purpose)
        amount = statement.amount.copy()
        amount[rows[0]] += 1
        found = {residual.law for residual in audit(case, outcome, replace(statement, amount=amount)).broken}
        assert {"dues", "cover", "money_balance"} & found
    table = outcome.uplift_table
    names = np.array(["generator/Z" if each == "generator/B" else each for each in table.labels["participant"]])
    other = replace(outcome, uplift_table=replace(table, labels={"participant": names}))
    with pytest.raises(CertificateFailed, match="has no 'generator/Z'"):
        settle(case, other)
