"""Contracts sold beforehand: what is delivered, paid and brokered, to the cent, and the audit of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, Outcome, solve
from c4e_opt.case.build import Builder
from c4e_opt.coordination.rolling import RollOptions, roll
from c4e_opt.settlement import Statement, audit, settle

#: Two steps of half an hour and an hour. The plant makes all of the 2 MW that the mill takes, at 40, so spot is 40.
LENGTHS = [1800, 3600]


def contracted(**more: Any) -> Case:
    forward = {
        "id": "forward",
        "bus": "el",
        "seller": "plant",
        "buyer": "mill",
        "power_mw": [1.5, 1],
        "price_eur_per_mwh": [50, 30],
    }
    document: dict[str, Any] = {
        "name": "contracts",
        "horizon": {"start": "2025-01-01T00:00Z", "step_seconds": LENGTHS},
        "parties": [{"id": "plant"}, {"id": "mill"}, {"id": "desk"}],
        "buses": [{"id": "el"}],
        "components": {
            "generator": [{"id": "g", "bus": "el", "owner": "plant", "power_max_mw": 5, "cost_eur_per_mwh": 40}],
            "demand": [{"id": "d", "bus": "el", "owner": "mill", "demand_mw": 2}],
            "contract": [forward | more],
        },
    }
    return Builder(document, {}).case()


def settled(**more: Any) -> tuple[Case, Outcome, Statement]:
    case = contracted(**more)
    outcome = solve(case)
    return case, outcome, settle(case, outcome)


def rows(statement: Statement, purpose: str, asset: str = "EUR") -> list[tuple[str, str, int, int]]:
    return [
        (x.party, x.component, x.step, x.amount)
        for x in statement.lines()
        if x.purpose.value == purpose and x.asset == asset and "contract" in x.component
    ]


def money(statement: Statement) -> dict[str, int]:
    return {party: amounts.get("EUR", 0) for party, amounts in statement.balances().items()}


def test_a_physical_contract_delivers_and_is_paid_its_price():
    """0.75 MWh at 50 and 1 MWh at 30: 37.50 and 30. Nominated at spot 40: 30 and 40, from seller to buyer.

    In all the mill pays 37.50 + 30 for the contract and 40 * (0.25 + 1) = 50 for the rest of its 3 MWh: 117.50.
    """
    _, _, statement = settled()
    assert rows(statement, "contract") == [
        ("mill", "contract/forward/bought", 0, -3750),
        ("plant", "contract/forward/sold", 0, 3750),
        ("mill", "contract/forward/bought", 1, -3000),
        ("plant", "contract/forward/sold", 1, 3000),
    ]
    assert rows(statement, "energy") == [
        ("mill", "contract/forward/bought", 0, 3000),
        ("plant", "contract/forward/sold", 0, -3000),
        ("mill", "contract/forward/bought", 1, 4000),
        ("plant", "contract/forward/sold", 1, -4000),
    ]
    assert [amount for *_, amount in rows(statement, "energy", "electricity")] == [-750000, 750000, -1000000, 1000000]
    assert money(statement) == {"mill": -11750, "plant": 11750, "operator": 0}


def test_a_financial_contract_pays_the_difference_to_spot():
    """0.75 * (50 - 40) = 7.50, then 1 * (30 - 40) = -10. The mill pays 120 for its energy at spot, and -2.50."""
    _, _, statement = settled(settlement="financial")
    assert [amount for *_, amount in rows(statement, "contract")] == [-750, 750, 1000, -1000]
    assert not rows(statement, "energy", "electricity")
    assert money(statement) == {"mill": -11750, "plant": 11750, "operator": 0}


def test_a_broker_gets_half_of_the_fee_from_either_side():
    """0.40 EUR/MWh on 0.75 and 1 MWh: 0.30 and 0.40."""
    _, _, statement = settled(broker="desk", broker_fee_eur_per_mwh=0.4)
    assert [(party, amount) for party, _, _, amount in rows(statement, "broker_fee")] == [
        ("desk", 30),
        ("mill", -15),
        ("plant", -15),
        ("desk", 40),
        ("mill", -20),
        ("plant", -20),
    ]
    assert money(statement) == {"desk": 70, "mill": -11785, "plant": 11715, "operator": 0}


def test_what_rounding_leaves_stays_with_the_operator_and_every_step_sums_to_zero():
    """0.008 EUR/MWh on 0.75 and 1 MWh: a fee of 0.6 and 0.8 cents, halves of 0.3 and 0.4, which are nothing."""
    _, _, statement = settled(broker="desk", broker_fee_eur_per_mwh=0.008)
    assert [(party, amount) for party, _, _, amount in rows(statement, "broker_fee")] == [("desk", 1), ("desk", 1)]
    assert money(statement)["operator"] == -2
    for step in (0, 1):
        assert sum(x.amount for x in statement.lines() if x.step == step and x.asset == "EUR") == 0


def test_dispatch_and_prices_are_the_same_without_a_contract():
    case = contracted()
    without = replace(case, components={k: v for k, v in case.components.items() if k != "contract"})
    first, second = solve(case), solve(without)
    assert first.objective == second.objective
    assert np.array_equal(first.price_table.values("price_eur_per_mwh"), second.price_table.values("price_eur_per_mwh"))
    assert first.size == second.size


def test_a_case_that_is_solved_in_windows_settles_its_contracts_as_a_whole_one_does():
    case = contracted(settlement="financial", power_mw=[0, 2])
    rolled = roll(case, RollOptions(keep_hours=0.5, look_hours=0.5))
    assert money(settle(case, rolled.outcome)) == money(settle(case, solve(case)))


@pytest.mark.parametrize("side", ["sold", "bought", "brokered"])
@pytest.mark.parametrize("way", ["amount", "missing", "party"])
def test_the_audit_finds_what_is_changed(side: str, way: str):
    case, outcome, statement = settled(broker="desk", broker_fee_eur_per_mwh=4.0)
    positions = statement.positions
    purpose = "broker_fee" if side == "brokered" else "contract"
    at = np.flatnonzero((positions.component == f"contract/forward/{side}") & (positions.purpose == purpose))[0]
    line = np.flatnonzero(statement.position == at)[0]
    if way == "amount":
        amount = statement.amount.copy()
        amount[line] += 100
        wrong = replace(statement, amount=amount)
    elif way == "missing":
        keep = np.arange(statement.position.size) != line
        columns = {n: getattr(statement, n)[keep] for n in ("position", "step", "asset", "energy", "price", "amount")}
        wrong = replace(statement, **columns)
    else:
        party = positions.party.copy()
        party[at] = "mill" if party[at] != "mill" else "plant"
        wrong = replace(statement, positions=replace(positions, party=party))
    assert audit(case, outcome, statement).holds
    assert "dues" in [each.law for each in audit(case, outcome, wrong).broken]


def test_the_audit_finds_energy_that_is_not_nominated():
    case, outcome, statement = settled()
    sides = np.isin(statement.positions.component, ["contract/forward/sold", "contract/forward/bought"])
    keep = ~(sides[statement.position] & (statement.positions.purpose[statement.position] == "energy"))
    columns = {n: getattr(statement, n)[keep] for n in ("position", "step", "asset", "energy", "price", "amount")}
    assert "unbooked_energy" in [each.law for each in audit(case, outcome, replace(statement, **columns)).broken]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"buyer": "plant"}, "binds two parties"),
        ({"seller": "", "buyer": ""}, "the operator, who stands in"),
        ({"broker": "mill", "broker_fee_eur_per_mwh": 1}, "needs a third party"),
        ({"power_mw": -1}, "power_mw"),
        ({"seller": "plnat"}, "did you mean 'plant'"),
        ({"settlement": "virtual"}, "physical"),
    ],
)
def test_a_wrong_contract_is_refused(wrong: dict[str, Any], said: str):
    with pytest.raises(InvalidInput, match=said):
        solve(contracted(**wrong))
