"""Transmission rights, shares of rents and losses: computed by hand, and what holds for every market."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt import solve
from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import Statement, batch_of, settle
from c4e_opt.settlement.rights.rent_rules import RentRules, TransmissionRight
from c4e_opt.settlement.rights.rights import rights
from c4e_opt.settlement.rights.rights_check import audit_rights
from tests.settlement.markets import Deal, grid, load, market, tie
from tests.settlement.test_properties import scenes
from tests.unit.small_grids import grid_case, line, plant

MARKETS = [pytest.param(300, id="300"), pytest.param(10_000, id="10000", marks=pytest.mark.slow)]


def congested(**options: Any) -> tuple[Case, Outcome, Statement]:
    """A cable of net carries 10 MW from 20 to 50 EUR/MWh for half an hour: it earns 5 * 30 = 150 EUR."""
    parts = [
        grid("a", "sup", [10.0], 20.0, bus="a"),
        tie("cable", "net", [10.0], [10.0], ("a", "b")),
        load("mill", "ann", [10.0], "b"),
    ]
    deals = [Deal(f"none {name}", name, "a", 1, 0, 0.0) for name in ("bob", "cid")]
    case, outcome = market(parts, {"a": [20.0], "b": [50.0]}, deals, minutes=[30], **options)
    return case, outcome, settle(case, outcome)


def right(name: str, holder: str, power_mw: float, way: str = "ab", kind: str = "obligation") -> TransmissionRight:
    return TransmissionRight(id=name, holder=holder, source=way[0], sink=way[1], power_mw=power_mw, kind=kind)


def told(statement: Statement) -> dict[tuple[str, str, str], int]:
    return {(n.party, str(n.purpose), n.component): n.amount for n in statement.lines()}


def test_a_right_is_paid_out_of_the_rent():
    """4 MW for half an hour at 30: 60 of the 150 EUR; the cable keeps 90."""
    statement = rights(*congested(), RentRules(rights=(right("r", "bob", 4.0),)))
    assert told(statement) == {
        ("bob", "transmission_right", "right/r"): 6000,
        ("operator", "transmission_right", "right/r"): -6000,
        ("net", "rent_share", "rents/electricity/earned"): -6000,
        ("operator", "rent_share", "rents/electricity/earned"): 6000,
    }
    assert statement.balances()["operator"] == {"EUR": 0}


def test_an_obligation_against_the_flow_pays_and_an_option_does_not():
    """6 MW from b to a: the obligation owes 90, which the right of 4 MW needs 60 of; the cable gives nothing."""
    rules = RentRules(
        rights=(right("r", "bob", 4.0), right("o", "cid", 6.0, "ba"), right("p", "cid", 6.0, "ba", "option"))
    )
    statement = rights(*congested(), rules)
    assert statement.balances() == {"bob": {"EUR": 6000}, "cid": {"EUR": -9000}, "operator": {"EUR": 3000}}


def test_a_shortfall_falls_on_all_in_proportion_and_is_on_record():
    """Rights of 9 and 3 MW are worth 135 and 45 EUR, rents are 150: 30 are short, 22.50 and 7.50."""
    statement = rights(*congested(), RentRules(rights=(right("r", "bob", 9.0), right("s", "cid", 3.0, kind="option"))))
    assert statement.balances() == {
        "bob": {"EUR": 11_250},
        "cid": {"EUR": 3750},
        "net": {"EUR": -15_000},
        "operator": {"EUR": 0},
    }
    assert told(statement)["bob", "right_shortfall", "right/r"] == -2250
    assert told(statement)["cid", "right_shortfall", "right/s"] == -750


def test_what_rights_leave_is_shared():
    """Of 150 EUR rights take 60; ann gets a half and bob a quarter of 90: 45 and 22.50; net keeps 22.50."""
    rules = RentRules(rights=(right("r", "cid", 4.0),), shares_percent={"ann": 50.0, "bob": 25.0})
    assert rights(*congested(), rules).balances() == {
        "ann": {"EUR": 4500},
        "bob": {"EUR": 2250},
        "cid": {"EUR": 6000},
        "net": {"EUR": -12_750},
        "operator": {"EUR": 0},
    }


def test_what_obligations_owe_covers_other_rights():
    """Rights of 12 MW are worth 180 EUR; rents are 150, and an obligation of 2 MW back owes the other 30."""
    rules = RentRules(rights=(right("r", "bob", 12.0), right("o", "cid", 2.0, "ba")))
    statement = rights(*congested(), rules)
    assert {party: held["EUR"] for party, held in statement.balances().items()} == {
        "bob": 18_000,
        "cid": -3000,
        "net": -15_000,
        "operator": 0,
    }
    assert "right_shortfall" not in statement.by_purpose()


def test_no_line_can_be_changed_dropped_or_given_to_others_unnoticed():
    case, outcome, cleared = congested()
    rules = RentRules(rights=(right("r", "bob", 12.0), right("s", "cid", 3.0)), shares_percent={"ann": 5.0})
    statement = rights(case, outcome, cleared, rules)
    assert audit_rights(case, outcome, cleared, rules, statement).holds
    for name in ("energy", "price", "amount"):
        for place in range(len(statement)):
            values = getattr(statement, name).copy()
            values[place] += 1
            wrong = replace(statement, **{name: values})
            assert not audit_rights(case, outcome, cleared, rules, wrong).holds
    columns = ("position", "step", "asset", "energy", "price", "amount")
    kept = np.flatnonzero(statement.positions.component[statement.position] != "right/s")
    dropped = replace(statement, **{name: getattr(statement, name)[kept] for name in columns})
    party = np.where(statement.positions.party == "bob", "ann", statement.positions.party)
    given_away = replace(statement, positions=replace(statement.positions, party=party))
    for wrong in (dropped, given_away, replace(statement, basis=())):
        assert not audit_rights(case, outcome, cleared, rules, wrong).holds


def test_everything_wrong_is_said_at_once():
    rules = RentRules(
        rights=(
            TransmissionRight(id="r", holder="no", source="x", sink="b", power_mw=-1.0, kind="future"),
            right("r", "bob", 1.0),
        ),
        shares_percent={"zoe": 60.0, "ann": 70.0, "bob": -1.0},
    )
    with pytest.raises(InvalidInput) as raised:
        rights(*congested(), rules)
    assert [issue.path for issue in raised.value.issues] == [
        "rights[1].id",
        "rights[0].holder",
        "rights[0].source",
        "rights[0].kind",
        "rights[0].power_mw",
        "shares_percent[zoe]",
        "shares_percent[bob]",
        "shares_percent",
    ]
    case, outcome, cleared = congested()
    with pytest.raises(CertificateFailed, match="belong together"):
        rights(case, outcome, replace(cleared, outcome_digest="0"), RentRules())


def test_who_takes_energy_at_the_end_of_a_lossy_tie_pays_its_losses():
    """10 % are lost on the way from 20 EUR/MWh: 90 MW cost 20 / 0.9 each; the tie earns nothing and loses 10 MWh."""
    parts = [
        grid("a", "sup", [100.0], 20.0, bus="a"),
        tie("cable", "net", [100.0], [90.0], ("a", "b")),
        load("mill", "ann", [90.0], "b"),
    ]
    statement = settle(*market(parts, {"a": [20.0], "b": [20 / 0.9]}))
    assert statement.balances()["net"] == {"EUR": 0, "electricity": 10_000_000}
    assert statement.balances()["ann"]["EUR"] == -200_000


def test_losses_and_shunts_of_a_solved_grid_are_charged_to_takers_and_owners():
    """A line of p with losses and a shunt of q: the load and q pay for all that the plant gives, p loses nothing.

    What the line loses is in the price of b; the shunt takes 2 MWh there and its owner pays for them like a load.
    """
    case = grid_case(
        [line("l", "a", "b", 200.0, owner="p", resistance_pu=0.02)],
        [plant("a", 10.0)],
        {"b": 90.0},
        shunt=[{"id": "s", "bus": "b", "owner": "q", "conductance_mw": 2.0}],
        policy={"losses": "iterated"},
    )
    outcome = solve(case)
    statement = settle(case, outcome)
    held: dict[str, int] = defaultdict(int)
    lost = 0
    for each in statement.lines():
        if each.asset == case.currency:
            held[each.component.split("/")[0]] += each.amount
        elif each.component == "line/l":
            lost += each.amount
    price = outcome.price_table.values("price_eur_per_mwh")[:, 0]
    assert lost > 10**6  # more than a MWh
    assert price[1] > price[0] * 1.01
    assert held["shunt"] == pytest.approx(-2 * price[1] * 100, abs=1)
    assert held["line"] >= 0
    assert held["demand"] + held["shunt"] + held["line"] + held["generator"] == -held[""]


@dataclass(frozen=True, slots=True)
class Rents:
    """A random market with a cable, and rights on it."""

    case: Case
    outcome: Outcome
    cleared: Statement
    rules: RentRules


@st.composite
def rented(draw: st.DrawFn) -> Rents:
    case, outcome, cleared = draw(scenes()).settled()
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = [*(party.id for party in case.parties), "operator"]
    some = tuple(
        TransmissionRight(
            id=f"r{n}", holder=str(rng.choice(names)), source="ef"[n % 2], sink="fe"[n % 2],
            power_mw=rng.uniform(0, 0.02, case.horizon.steps).tolist() if case.horizon.steps else 1.0,
            kind=str(rng.choice(["obligation", "option"])),
        )
        for n in range(int(rng.integers(0, 5)))
    )  # fmt: skip
    shares = {name: float(rng.choice([0.0, 12.5, 100 / 3])) for name in names[:3]}
    return Rents(case, outcome, cleared, RentRules(rights=some, shares_percent=shares))


def whole(told_: Rents) -> None:
    """Sums are zero, owners never give more than they earned, and no order of rights changes a byte."""
    case, outcome, cleared, rules = told_.case, told_.outcome, told_.cleared, told_.rules
    statement = rights(case, outcome, cleared, rules)
    sums: dict[int, int] = defaultdict(int)
    given_: dict[Any, int] = defaultdict(int)
    for each in statement.lines():
        sums[each.step] += each.amount
        given_[each.component.endswith("/earned") and each.party, each.step] += each.amount
    assert not any(sums.values())
    rents: dict[Any, int] = defaultdict(int)
    for each in cleared.lines():
        if each.asset == "EUR" and each.component == "tie/cable":
            rents[each.step] += each.amount
    for step, rent in rents.items():
        assert -given_["net", step] <= max(rent, 0) + 1
    again = rights(case, outcome, cleared, replace(rules, rights=rules.rights[::-1]))
    assert json.dumps(again.to_json()) == json.dumps(statement.to_json())
    assert batch_of(again).digest == batch_of(statement).digest
    if len(statement):
        amount = statement.amount.copy()
        amount[len(sums) % amount.size] += 1
        assert not audit_rights(case, outcome, cleared, rules, replace(statement, amount=amount)).holds


def held(what: Callable[[Rents], None], markets: int) -> None:
    settings(max_examples=markets)(given(rented())(what))()


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("markets", MARKETS)
def test_rents_of_every_market_are_paid_out_exactly(markets: int):
    held(whole, markets)
