"""What is not settled, and what the message says about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.errors import AxisError, CertificateFailed, NoSolution, Unbalanced
from c4e_opt.outcome import EMPTY, Certificate, Outcome, Residual, Table
from c4e_opt.settlement import settle
from c4e_solvers import Reason, Termination
from tests.settlement.markets import Deal, load, market, sun


def plain(**fields: Any) -> tuple[Case, Outcome]:
    case, outcome = market([sun("s", "sun", [1.0]), load("l", "ann", [1.0])], {"e": [100.0], "f": [0.0]})
    return case, replace(outcome, **fields)


def with_values(table: Table, name: str, values: Any) -> Table:
    return replace(table, quantities={name: replace(table.quantities[name], values=np.array(values, dtype=float))})


def test_without_a_schedule_there_is_nothing_to_settle() -> None:
    with pytest.raises(NoSolution, match="INFEASIBLE; there is no schedule to settle"):
        settle(*plain(objective=None, termination=Termination(reason=Reason.INFEASIBLE)))


def test_an_outcome_without_a_certificate_is_refused() -> None:
    with pytest.raises(CertificateFailed, match="carries no certificate"):
        settle(*plain(certificate=None))


def test_an_outcome_that_breaks_its_laws_is_refused() -> None:
    broken = Residual(law="power_balance", largest=1.0, unit="MW", tolerance=1e-6, where="bus e")
    with pytest.raises(CertificateFailed, match="breaks power_balance"):
        settle(*plain(certificate=Certificate(residuals=(broken,))))


def test_the_outcome_of_another_case_is_refused() -> None:
    with pytest.raises(CertificateFailed, match="answers another case"):
        settle(*plain(case_digest="0" * 64))


def test_a_bus_that_does_not_balance_is_named() -> None:
    case, outcome = plain()
    flows = with_values(outcome.flow_table, "flow_mw", [[1.5], [-1.0]])
    with pytest.raises(Unbalanced, match=r"bus 'e' at 2030-01-01T00:00:00Z: injections leave 0\.5 MWh"):
        settle(case, replace(outcome, flow_table=flows))


def test_flows_too_small_to_count_are_no_imbalance() -> None:
    """Thirty standby loads of 0.09 W: 2.7 Wh are given and not booked as taken; the operator takes them."""
    loads = [load(f"l{n}", "ann", [9e-8]) for n in range(30)]
    statement = settle(*market([sun("s", "sun", [2.7e-6]), *loads], {"e": [100.0]}, energy=7))
    assert statement.balances() == {"sun": {"EUR": 0, "electricity": -27}, "operator": {"EUR": 0, "electricity": 27}}


def test_two_clearing_prices_at_one_bus_and_step_do_not_balance() -> None:
    deals = [Deal("s", "ann", "e", 1, 0, 1.0, cleared=80.0), Deal("b", "bob", "e", -1, 0, 1.0, cleared=81.0)]
    with pytest.raises(Unbalanced, match=r"bus 'e' at 2030-01-01T00:00:00Z: payments leave -1 EUR"):
        settle(*market([], {"e": [80.0]}, deals))


def test_noise_between_clearing_prices_is_rounding() -> None:
    """1 MWh at 80 and at 80.0000001: what is missing, 1e-7 EUR, is the operator's."""
    deals = [Deal("s", "ann", "e", 1, 0, 1.0, cleared=80.0000001), Deal("b", "bob", "e", -1, 0, 1.0, cleared=80.0)]
    statement = settle(*market([], {"e": [80.0]}, deals, money=9))
    assert statement.by_purpose()["rounding"] == {"EUR": -100}


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(wrong: float) -> None:
    case, outcome = plain()
    prices = with_values(outcome.price_table, "price_eur_per_mwh", [[wrong], [0.0]])
    with pytest.raises(CertificateFailed, match="price_eur_per_mwh: 1 numbers are not finite"):
        settle(case, replace(outcome, price_table=prices))


def test_buses_in_another_order_are_refused() -> None:
    case, outcome = plain()
    labels = {**outcome.price_table.labels, "bus": np.array(["f", "e"])}
    with pytest.raises(AxisError, match="axis 'bus'"):
        settle(case, replace(outcome, price_table=replace(outcome.price_table, labels=labels)))


def test_other_steps_are_refused() -> None:
    case, outcome = plain()
    time = outcome.price_table.labels["time"] + np.timedelta64(1, "h")
    moved = replace(outcome.price_table, labels={**outcome.price_table.labels, "time": time})
    with pytest.raises(AxisError, match="the steps of the outcome"):
        settle(case, replace(outcome, price_table=moved))


def test_a_port_of_nobody_is_refused() -> None:
    case, outcome = plain()
    texts = {**outcome.flow_table.texts, "port_component": ("port", np.array(["s", "ghost"]))}
    with pytest.raises(CertificateFailed, match="has no 'demand/ghost' at 'e'"):
        settle(case, replace(outcome, flow_table=replace(outcome.flow_table, texts=texts)))


@pytest.mark.parametrize("table", ["flow_table", "price_table", "order_table"])
def test_a_missing_table_is_refused(table: str) -> None:
    case, outcome = market(
        [sun("s", "sun", [1.0]), load("l", "ann", [1.0])], {"e": [100.0]}, [Deal("o", "ann", "e", 1, 0, 0.0)]
    )
    with pytest.raises(CertificateFailed, match="the outcome has no"):
        settle(case, replace(outcome, **{table: EMPTY}))


def test_payments_that_no_component_explains_are_not_left_out_silently() -> None:
    terms = {"energy": 100.0, "demand_charge": 7.0, "take_or_pay": 0.0, "demand_response": -1.0}
    with pytest.raises(CertificateFailed, match="dues_total"):
        settle(*plain(terms=terms))
