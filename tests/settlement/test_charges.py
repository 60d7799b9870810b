"""Fees, caps and taxes: computed by hand, and what holds for every market."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.settlement import Measurement, Meter, Readings, Statement, batch_of, imbalance, settle
from c4e_opt.settlement.charges.charges import charges
from c4e_opt.settlement.charges.charges_check import audit_charges
from c4e_opt.settlement.charges.tariff_rules import Cap, Fee, TariffRules, Tax, read_tariff
from c4e_opt.trading.contract import Contract
from tests.settlement.markets import START, Deal, grid, load, market, sun
from tests.settlement.test_properties import scenes

MARKETS = [pytest.param(300, id="300"), pytest.param(10_000, id="10000", marks=pytest.mark.slow)]
GRID = Fee(id="grid", kind="network", collector="dso", price_per_mwh=70.5)
VAT = Tax(id="vat", collector="dso", rate_percent=19.0, purposes=("energy", "order", "network_fee", "price_cap"))


def hour() -> tuple[Case, Statement]:
    """At 500 EUR/MWh ann takes 1 MWh and gives 0.2 herself, bob gives 0.5, the grid 0.3; dso and state do nothing."""
    parts = [
        load("flat", "ann", [1.0]),
        sun("roof", "ann", [0.2]),
        sun("pv", "bob", [0.5]),
        grid("g", "sup", [0.3], 40.0),
    ]
    deals = [Deal(f"none {name}", name, "e", 1, 0, 0.0) for name in ("dso", "state")]
    case, outcome = market(parts, {"e": [500.0]}, deals)
    return case, settle(case, outcome)


def told(statement: Statement) -> dict[tuple[str, str], int]:
    return {(line.party, line.component): line.amount for line in statement.lines()}


def test_a_network_fee_is_on_what_is_taken_net():
    """Ann takes 0.8 MWh net: 56.40; bob takes nothing."""
    assert told(charges(*hour(), TariffRules(fees=(GRID,)))) == {("ann", "fee/grid"): -5640, ("dso", "fee/grid"): 5640}


def test_a_community_fee_may_be_on_both_sides_for_some():
    """2 EUR/MWh on 0.8 taken and 0.5 given: 1.60 and 1.00; for bob alone 1.00."""
    fee = Fee(id="club", kind="community", collector="dso", price_per_mwh=[2.0], side="both")
    assert told(charges(*hour(), TariffRules(fees=(fee,)))) == {
        ("ann", "fee/club"): -160,
        ("bob", "fee/club"): -100,
        ("dso", "fee/club"): 260,
    }
    some = replace(fee, parties=("bob",))
    assert told(charges(*hour(), TariffRules(fees=(some,)))) == {("bob", "fee/club"): -100, ("dso", "fee/club"): 100}
    given_only = replace(fee, side="given", buses=("e",))
    assert told(charges(*hour(), TariffRules(fees=(given_only,))))["dso", "fee/club"] == 100


def test_above_a_cap_the_bearer_pays_and_the_shortfall_is_on_record():
    """Ann takes 1 MWh at 500, capped at 400: 100 EUR from the state; who gives energy still gets 500."""
    statement = charges(*hour(), TariffRules(caps=(Cap(id="brake", bearer="state", price_per_mwh=400.0),)))
    assert told(statement) == {("ann", "cap/brake"): 10_000, ("state", "cap/brake"): -10_000}
    assert set(statement.by_purpose()) == {"price_cap"}


def test_a_tax_is_on_what_is_paid_with_fees_and_less_the_cap():
    """Ann pays 500 for energy, 56.40 for the grid, 100 less by the cap: 19 % of 456.40 are 86.716, rounded 86.72."""
    rules = TariffRules(fees=(GRID,), caps=(Cap(id="brake", bearer="state", price_per_mwh=400.0),), taxes=(VAT,))
    assert told(charges(*hour(), rules))["ann", "tax/vat"] == -8672
    alone = replace(rules, taxes=(replace(VAT, purposes=("network_fee",)),))
    assert told(charges(*hour(), alone))["ann", "tax/vat"] == -1072  # 10.716


def test_energy_that_was_bought_beforehand_is_taxed_at_its_own_price():
    """Ann takes 1 MWh at 500 of which bob sold her 0.4 at 100: 300 + 40 EUR, 19 % are 64.60; bob pays none on it.

    The cap of 400 is on what ann takes, 1 MWh, and on nothing that bob hands over: 100 EUR.
    """
    parts = [load("flat", "ann", [1.0]), sun("pv", "bob", [0.5]), grid("g", "sup", [0.5], 40.0)]
    case, outcome = market(parts, {"e": [500.0]}, [Deal("none", "dso", "e", 1, 0, 0.0)])
    sold = Contract(
        id="k",
        bus="e",
        seller="bob",
        buyer="ann",
        broker="",
        power_mw=np.array([0.4]),
        price_eur_per_mwh=np.array([100.0]),
    )
    case = replace(case, components={**case.components, "contract": (sold,)})
    cleared = settle(case, replace(outcome, case_digest=case.digest()))
    caps = (Cap(id="brake", bearer="sup", price_per_mwh=400.0),)
    rules = TariffRules(taxes=(replace(VAT, purposes=("energy", "contract")),), caps=caps)
    told_ = told(charges(case, cleared, rules))
    assert {key: amount for key, amount in told_.items() if key[1] == "tax/vat"} == {
        ("ann", "tax/vat"): -6460,
        ("dso", "tax/vat"): 6460,
    }
    assert {key: amount for key, amount in told_.items() if key[1] == "cap/brake"} == {
        ("ann", "cap/brake"): 10_000,
        ("sup", "cap/brake"): -10_000,
    }


def test_at_negative_prices_a_tax_is_never_below_nothing():
    """Ann gets 50 EUR for 1 MWh that she takes, and pays 10 of fees: no base."""
    deal = Deal("none", "dso", "e", 1, 0, 0.0)
    case, outcome = market([load("l", "ann", [1.0]), grid("g", "sup", [1.0], -50.0)], {"e": [-50.0]}, [deal])
    rules = TariffRules(fees=(replace(GRID, price_per_mwh=10.0),), taxes=(VAT,))
    assert told(charges(case, settle(case, outcome), rules)) == {("ann", "fee/grid"): -1000, ("dso", "fee/grid"): 1000}


def test_fees_are_on_metered_energy_where_imbalances_count():
    """Ann was scheduled 1 MWh and took 1.1: 70.5 * 1.1 = 77.55; without the meter 70.50."""
    deal = Deal("none", "dso", "e", 1, 0, 0.0)
    case, outcome = market([load("l", "ann", [1.0]), grid("g", "sup", [1.0], 50.0)], {"e": [50.0]}, [deal])
    cleared = settle(case, outcome)
    meters = (Meter(id="m", party="ann", bus="e", seconds=3600),)
    metered = Measurement(meters=meters, readings=Readings.of([("m", START, -1_100_000)]))
    after = imbalance(case, outcome, cleared, metered)
    rules = TariffRules(fees=(GRID,))
    assert told(charges(case, cleared, rules))["ann", "fee/grid"] == -7050
    both = charges(case, cleared, rules, further=[after])
    assert told(both)["ann", "fee/grid"] == -7755
    assert dict(both.basis) == {"clearing": cleared.digest, "imbalance": after.digest, "rules": rules.digest}
    with pytest.raises(CertificateFailed, match="at most one statement"):
        charges(case, cleared, rules, further=[after, after])
    with pytest.raises(CertificateFailed, match="one clearing"):
        charges(case, after, rules)
    with pytest.raises(CertificateFailed, match="another case"):
        charges(*hour(), rules, further=[after])


def test_everything_wrong_is_said_at_once():
    rules = TariffRules(
        fees=(
            Fee(id="a", kind="toll", collector="nobody", price_per_mwh=-1.0, side="all"),
            Fee(id="a", kind="network", collector="dso", price_per_mwh=[1.0, 2.0], buses=("x",)),
        ),
        caps=(Cap(id="c", bearer="no", price_per_mwh=float("nan"), parties=("zoe",)),),
        taxes=(Tax(id="t", collector="dso", rate_percent=-1.0, purposes=("air",)),),
    )
    with pytest.raises(InvalidInput) as raised:
        charges(*hour(), rules)
    assert [issue.path for issue in raised.value.issues] == [
        "fees[1].id",
        "fees[0].collector",
        "fees[0].price_per_mwh",
        "fees[0].kind",
        "fees[0].side",
        "fees[1].buses[0]",
        "fees[1].price_per_mwh",
        "caps[0].bearer",
        "caps[0].parties[0]",
        "caps[0].price_per_mwh",
        "taxes[0].rate_percent",
        "taxes[0].purposes[0]",
    ]


def test_rules_are_read_from_a_file(tmp_path: Path):
    path = tmp_path / "tariff.yaml"
    path.write_text(
        "version: '2'\nfees: [{id: grid, kind: network, collector: dso, price_eur_per_mwh: 70.5}]\n"
        "caps: [{id: brake, bearer: state, price_eur_per_mwh: [400], parties: [ann]}]\n"
        "taxes: [{id: vat, collector: dso, rate_percent: 19, purposes: [energy, order, network_fee, price_cap]}]\n"
    )
    rules = read_tariff(path)
    wanted = TariffRules(
        version="2",
        fees=(GRID,),
        caps=(Cap(id="brake", bearer="state", price_per_mwh=400.0, parties=("ann",)),),
        taxes=(VAT,),
    )
    assert rules.digest == wanted.digest
    assert charges(*hour(), rules) == charges(*hour(), wanted)
    path.write_text(
        "version: 1\ncolour: red\nfees: [{id: a, price_eur_per_mwh: x, size: 1}]\ntaxes: [{purposes: energy}]\n"
    )
    with pytest.raises(InvalidInput) as raised:
        read_tariff(path)
    assert {issue.path for issue in raised.value.issues} == {
        "tariff.yaml.colour",
        "tariff.yaml.fees[0].size",
        "tariff.yaml.fees[0].kind",
        "tariff.yaml.fees[0].collector",
        "tariff.yaml.fees[0].price_eur_per_mwh",
        "tariff.yaml.taxes[0].id",
        "tariff.yaml.taxes[0].collector",
        "tariff.yaml.taxes[0].rate_percent",
        "tariff.yaml.taxes[0].purposes",
    }


@dataclass(frozen=True, slots=True)
class Bill:
    """A random market and rules."""

    case: Case
    cleared: Statement
    rules: TariffRules


@st.composite
def bills(draw: st.DrawFn) -> Bill:
    case, _, cleared = draw(scenes()).settled()
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = [*(party.id for party in case.parties), "operator"]

    def some(words: list[str]) -> tuple[str, ...]:
        return tuple(rng.permutation(words)[: int(rng.integers(0, 3))].tolist()) if rng.random() < 0.5 else ()

    def price() -> Any:
        return rng.choice([0.0, 7.5, 1 / 3, 123.456], case.horizon.steps).tolist() if rng.random() < 0.5 else 3.25

    def who() -> dict[str, Any]:
        return {"parties": some(names), "buses": some(["e", "f"])}

    fees = [
        Fee(id=f"f{n}", kind=str(rng.choice(["network", "community"])), collector=str(rng.choice(names)),
            price_per_mwh=price() if case.horizon.steps else 1.0, **who(),
            side=str(rng.choice(["taken", "given", "both"])))
        for n in range(int(rng.integers(0, 4)))
    ]  # fmt: skip
    caps = [
        Cap(id=f"c{n}", bearer=str(rng.choice(names)), price_per_mwh=float(rng.choice([-30.0, 0.0, 49.5])), **who())
        for n in range(int(rng.integers(0, 2)))
    ]
    words = rng.permutation(["energy", "order", "network_fee", "community_fee", "price_cap"])
    taxes = [
        Tax(id=f"t{n}", collector=str(rng.choice(names)), rate_percent=float(rng.choice([0.0, 19.0, 100 / 3])),
            purposes=tuple(words[: int(rng.integers(0, 5))].tolist()), **who())
        for n in range(int(rng.integers(0, 3)))
    ]  # fmt: skip
    return Bill(case, cleared, TariffRules(fees=tuple(fees), caps=tuple(caps), taxes=tuple(taxes)))


def whole(bill: Bill) -> None:
    """Sums are zero, fees are what fractions say, and no order of rules changes a byte."""
    statement = charges(bill.case, bill.cleared, bill.rules)
    sums: dict[int, int] = defaultdict(int)
    for line in statement.lines():
        sums[line.step] += line.amount
    assert not any(sums.values())
    net: dict[Any, int] = defaultdict(int)
    for line in bill.cleared.lines():
        if line.asset == "EUR" and line.purpose in ("energy", "order"):
            net[line.party, line.bus, line.step] += line.energy
    got = {(n.component, n.party, n.bus, n.step): n.amount for n in statement.lines()}
    unit = Fraction(10**bill.case.policy.money_decimals, 10**bill.case.policy.energy_decimals)
    for fee in bill.rules.fees:
        for (party, bus, step), energy in net.items():
            if party != fee.collector and party in (fee.parties or [party]) and bus in (fee.buses or [bus]):
                numbers: Any = fee.price_per_mwh if isinstance(fee.price_per_mwh, list) else [fee.price_per_mwh] * 9
                counted = {"taken": -min(energy, 0), "given": max(energy, 0), "both": abs(energy)}[fee.side]
                exact = counted * Fraction(round(Fraction(numbers[step]) * 10**9), 10**9) * unit
                assert abs(got.get((f"fee/{fee.id}", party, bus, step), 0) + exact) < 1
    turned = TariffRules(fees=bill.rules.fees[::-1], caps=bill.rules.caps[::-1], taxes=bill.rules.taxes[::-1])
    again = charges(bill.case, bill.cleared, turned)
    assert json.dumps(again.to_json()) == json.dumps(statement.to_json())
    assert batch_of(again).digest == batch_of(statement).digest
    if len(statement):
        amount = statement.amount.copy()
        amount[len(sums) % amount.size] += 1
        wrong = replace(statement, amount=amount)
        assert not audit_charges(bill.case, bill.cleared, bill.rules, wrong).holds


def held(what: Callable[[Bill], None], markets: int) -> None:
    settings(max_examples=markets)(given(bills())(what))()


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("markets", MARKETS)
def test_every_market_is_charged_exactly(markets: int):
    held(whole, markets)


@pytest.mark.parametrize("column", ["amount", "energy", "price"])
def test_no_number_of_a_line_can_be_changed_unnoticed(column: str):
    case, cleared = hour()
    rules = TariffRules(fees=(GRID,), caps=(Cap(id="brake", bearer="state", price_per_mwh=400.0),), taxes=(VAT,))
    statement = charges(case, cleared, rules)
    assert audit_charges(case, cleared, rules, statement).holds
    for place in range(len(statement)):
        values = getattr(statement, column).copy()
        values[place] += 1
        wrong = replace(statement, **{column: values})
        assert not audit_charges(case, cleared, rules, wrong).holds


def test_lines_cannot_be_added_dropped_or_given_to_others():
    case, cleared = hour()
    rules = TariffRules(fees=(GRID,), taxes=(VAT,))
    statement = charges(case, cleared, rules)
    columns = ("position", "step", "asset", "energy", "price", "amount")
    whole_, where = np.arange(len(statement)), statement.positions
    vat = where.component[statement.position] == "tax/vat"
    for kept in (whole_[~vat], np.r_[whole_, whole_]):
        wrong = replace(statement, **{name: getattr(statement, name)[kept] for name in columns})
        assert not audit_charges(case, cleared, rules, wrong).holds
    for old, new in (("ann", "bob"), ("dso", "state")):
        others = replace(where, party=np.where(where.party == old, new, where.party))
        assert not audit_charges(case, cleared, rules, replace(statement, positions=others)).holds
    assert not audit_charges(case, cleared, replace(rules, version="2"), statement).holds
