"""Communities on the books: by hand, and what holds for every one of them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt.axes import Horizon
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.settlement import MemoryLedger, batch_of
from c4e_opt.settlement.community import community as act
from c4e_opt.settlement.community.community import Tariff, settle_community
from c4e_opt.settlement.community.community_check import audit_community
from c4e_opt.settlement.community.member_readings import MemberReadings, member_readings, readings_of
from c4e_opt.settlement.community.sharing_keys import Shared, share
from c4e_opt.settlement.metering.readings import Meter, Metered
from tests.settlement.communities import START, Village, readings, rules, villages

VOLT = {"volt": Tariff(import_eur_per_mwh=300.0, export_eur_per_mwh=100.0)}


def mill_street(key: str = "dynamic", **parts: Any) -> tuple[Any, MemberReadings]:
    members = {name: {"supplier": "volt", "share": part} for name, part in (("ann", "1/4"), ("bob", "3/4"), ("sun", 0))}
    read = readings({"ann": [3000, 0], "bob": [1000, 0]}, {"sun": [2000, 500]})
    return rules(members, sharing={"key": key}, **parts), read


def test_a_quarter_of_an_hour_by_hand() -> None:
    """Sun feeds in 2 kWh, ann takes 3 and bob 1. By what they take ann gets 1500 Wh of it, bob 500 Wh.

    The local price is (300 + 100) / 2 = 200 EUR/MWh: ann owes the hub 0.30, bob 0.10, and the hub owes sun 0.40 EUR.
    Volt delivers 1500 Wh to ann for 0.45 and 500 Wh to bob for 0.15 EUR. The wires get 8 EUR/MWh: 0.012 and 0.004 EUR.
    In the second period nobody takes anything: Volt buys 500 Wh for 0.05 EUR.
    """
    by, read = mill_street(fees={"wires": {"eur_per_mwh": 8, "to": "dso"}})
    statement, shared = settle_community(by, read, VOLT, decimals=3)
    assert shared.received_wh.tolist() == [[1500, 0], [500, 0], [0, 0]]
    assert shared.sent_wh.tolist() == [[0, 0], [0, 0], [2000, 0]]
    assert shared.self_sufficiency == (Fraction(1, 2), Fraction(1, 2), Fraction(1))
    held = {party: amounts["EUR"] for party, amounts in statement.balances().items()}
    assert held == {"ann": -762, "bob": -254, "sun": 450, "volt": 550, "dso": 16}
    lines = {(line.party, line.purpose.value, line.step): line for line in statement.lines()}
    assert (lines["ann", "shared", 0].energy, lines["ann", "shared", 0].price) == (-1500, 200)
    assert (lines["sun", "shared", 0].energy, lines["sun", "shared", 0].amount) == (2000, 400)
    assert lines["sun", "supplied", 1].component == "supplier/volt/buys"
    assert dict(statement.basis)["rules"] == by.digest
    ledger = MemoryLedger()
    ledger.submit(batch_of(statement))
    assert ledger.balances()["party:sun"]["EUR"] == 450


@pytest.mark.parametrize(
    ("key", "received"),
    [
        ("static", [500, 1000]),  # a quarter and three quarters of 2000; bob can use 1000 of 1500
        ("hybrid", [1000, 1000]),  # what bob leaves goes to ann
        ("dynamic", [1500, 500]),
        ("level", [1500, 500]),  # both get half of what they take
    ],
)
def test_keys_by_hand(key: str, received: list[int]) -> None:
    by, read = mill_street(key)
    _, shared = settle_community(by, read, VOLT)
    assert shared.received_wh[:2, 0].tolist() == received


def test_the_dearest_supply_is_replaced_first() -> None:
    members = {"ann": {"supplier": "volt"}, "bob": {"supplier": "watt"}, "sun": {"supplier": "volt"}}
    read = readings({"ann": [3000], "bob": [1500]}, {"sun": [2000]})
    tariffs = {**VOLT, "watt": Tariff(import_eur_per_mwh=310.0)}
    _, shared = settle_community(rules(members, sharing={"key": "least_cost"}), read, tariffs)
    assert shared.received_wh.ravel().tolist() == [500, 1500, 0]


def test_self_sufficiency_is_levelled_over_the_day() -> None:
    """Ann can take at noon only; bob takes 600 at noon and 400 at night, when 300 are there.

    By the quarter ann would get 250 of 500 at noon and bob 250 + 300 of 1000. Levelled, 800 of 1500 are 8/15 for each:
    ann 266.67, bob 533.33, which is 300 at night and 233 at noon; in whole Wh 267 and 533.
    """
    by = rules({n: {"supplier": "volt"} for n in ("ann", "bob", "sun")}, sharing={"key": "level"})
    read = readings({"ann": [500, 0], "bob": [500, 500]}, {"sun": [500, 300]})
    _, shared = settle_community(by, read, VOLT)
    assert shared.received_wh[:2].tolist() == [[267, 0], [233, 300]]


def test_what_is_given_in_one_quarter_serves_another_quarter_of_the_hour() -> None:
    members = {name: {"supplier": "volt"} for name in ("ann", "sun")}
    read = readings({"ann": [0, 0, 0, 800]}, {"sun": [900, 0, 0, 0]})
    quarter, _ = settle_community(rules(members), read, VOLT)
    hour, shared = settle_community(rules(members, sharing={"key": "dynamic", "period_minutes": 60}), read, VOLT)
    assert quarter.by_purpose().keys() == {"supplied"}
    assert shared.received_wh.tolist() == [[800], [0]]
    assert hour.step_seconds.tolist() == [3600]


def test_a_virtual_prosumer_nets_its_members() -> None:
    read = readings({"ann": [300, 0], "bob": [200, 50]}, {"roof": [400, 90], "sun": [70, 0]})
    house = read.standing_for({"house": ["ann", "bob", "roof"]})
    assert house.members == ("house", "sun")
    assert house.taken_wh.tolist() == [[100, 0], [0, 0]]
    assert house.given_wh.tolist() == [[0, 40], [70, 0]]
    inside = share(readings({"ann": [300, 0], "bob": [200, 50]}, {"roof": [400, 90]}), "dynamic")
    assert inside.rest().taken_wh.sum(axis=0).tolist() == [100, 0]
    assert inside.rest().given_wh.sum(axis=0).tolist() == [0, 40]


def test_meters_of_a_party_are_added_up() -> None:
    """A flat of ann's takes 300 Wh where her roof gives 200: she takes and gives, each by its own meter."""
    horizon = Horizon(start=START, step_seconds=[900, 900])
    meters = tuple(
        Meter(id=name, party=party, bus="e") for name, party in (("flat", "ann"), ("roof", "ann"), ("shop", "bob"))
    )
    saw = Metered(
        meters=meters,
        energy=np.array([[-300, 0], [200, 100], [0, -70]]),
        origin=np.zeros((3, 2), dtype=np.int64),
        substitution=None,  # type: ignore[arg-type]
        late=0,
        superseded=0,
        digest="",
    )
    read = readings_of(saw, horizon)
    assert (read.taken_wh.tolist(), read.given_wh.tolist()) == ([[300, 0], [0, 70]], [[200, 100], [0, 0]])
    fine = replace(saw, energy=saw.energy * 1000)
    assert readings_of(fine, horizon, 9).digest == read.digest
    with pytest.raises(InvalidInput, match="no whole number of Wh"):
        readings_of(replace(saw, energy=saw.energy * 1000 + 1), horizon, 9)


def recomputed(village: Village, shared: Shared) -> dict[str, Fraction]:
    """What everybody gets in all, exactly, from the rules' words."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    by, wh = village.rules, Fraction(1, 10**6)
    for step in range(shared.received_wh.shape[1]):
        prices = {}
        for name, tariff in village.tariffs.items():
            both = (tariff.import_eur_per_mwh, tariff.export_eur_per_mwh)
            prices[name] = [
                Fraction(
                    round(
                        float(np.broadcast_to(np.asarray(p), 9)[step] if np.ndim(p) == 0 else np.asarray(p)[step])
                        * 10**9
                    ),
                    10**9,
                )
                for p in both
            ]
        named = [prices[m.supplier] for m in by.members]
        local = by.fixed_eur_per_mwh
        if by.price_rule == "middle":
            twice = (min(p[0] for p in named) + max(p[1] for p in named)) * 10**9
            local = Fraction(int(twice) // 2, 10**9)
        local = max(local, by.floor_eur_per_mwh) if by.floor_eur_per_mwh is not None else local
        local = min(local, by.cap_eur_per_mwh) if by.cap_eur_per_mwh is not None else local
        rest = shared.rest()
        for n, member in enumerate(by.members):
            got, gave = int(shared.received_wh[n, step]), int(shared.sent_wh[n, step])
            dear, cheap = prices[member.supplier]
            moves = [("hub", (gave - got) * local)]
            moves.append((member.supplier, int(rest.given_wh[n, step]) * cheap - int(rest.taken_wh[n, step]) * dear))
            moves += [(f.to, -(got if f.side == "receiver" else gave) * f.eur_per_mwh) for f in by.fees]
            for giver, amount in moves:
                found[member.id] += amount * wh
                found[giver] -= amount * wh
    return found


def check_village(village: Village) -> None:
    statement, shared = settle_community(village.rules, village.readings, village.tariffs, decimals=village.decimals)
    sums: dict[tuple[int, str], int] = defaultdict(int)
    lines: dict[str, int] = defaultdict(int)
    for line in statement.lines():
        sums[line.step, line.asset] += line.amount
        lines[line.party] += 1
    assert not any(sums.values())
    members, steps = shared.received_wh.shape
    unit, balances = Fraction(1, 10**village.decimals), statement.balances()
    for party, exact in recomputed(village, shared).items():
        got = balances.get(party, {}).get("EUR", 0) * unit
        slack = unit * steps * (members * 5 if party not in village.readings.members else 5 * members)
        assert abs(got - exact) <= slack + Fraction(1, 10**6)
    again, _ = settle_community(village.rules, village.readings, village.tariffs, decimals=village.decimals)
    assert json.dumps(again.to_json()) == json.dumps(statement.to_json())
    assert batch_of(again).digest == batch_of(statement).digest
    read, names = village.readings, village.readings.members[::-1]
    other = member_readings(
        {name: read.taken_wh[read.members.index(name)] for name in names},
        {name: read.given_wh[read.members.index(name)] for name in names},
        starts=read.starts,
        step_seconds=read.step_seconds,
    )
    reordered, _ = settle_community(
        village.rules, other, dict(reversed(village.tariffs.items())), decimals=village.decimals
    )
    assert reordered.digest == statement.digest


@settings(max_examples=300)
@given(villages())
def test_every_community_sums_to_zero_and_is_what_its_rules_say(village: Village) -> None:
    check_village(village)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=10_000)
@given(villages())
def test_ten_thousand_communities(village: Village) -> None:
    check_village(village)


@settings(max_examples=100)
@given(villages("dynamic"), st.integers(0, 10**6))
def test_splitting_a_member_changes_what_it_receives_by_rounding_only(village: Village, seed: int) -> None:
    read = village.readings
    part = np.random.default_rng(seed).integers(0, read.taken_wh[0] + 1)
    rows = dict(zip(read.members, read.taken_wh, strict=True))
    split = {**rows, "m0": part, "m0 b": rows["m0"] - part}
    gave = dict(zip(read.members, read.given_wh, strict=True))
    one = share(read, "dynamic").received_wh
    two = share(member_readings(split, gave, starts=read.starts, step_seconds=read.step_seconds), "dynamic")
    both = two.received_wh[0] + two.received_wh[two.readings.members.index("m0 b")]
    assert np.abs(both - one[0]).max() <= 2


@settings(max_examples=100)
@given(villages(), st.integers(0, 10**9), st.sampled_from(["amount", "energy", "price", "received_wh", "sent_wh"]))
def test_nothing_can_be_changed_unnoticed(village: Village, seed: int, column: str) -> None:
    """Amounts by two units per claim that a line may stand for, what is shared by one Wh of two members."""
    by, read, tariffs = village.rules, village.readings, village.tariffs
    statement, shared = settle_community(by, read, tariffs, decimals=village.decimals)
    assert audit_community(by, read, tariffs, shared, statement).holds
    if column in ("received_wh", "sent_wh"):
        table = getattr(shared, column).copy()
        table.ravel()[seed % table.size] += 1
        assert not audit_community(by, read, tariffs, replace(shared, **{column: table}), statement).holds
    elif len(statement):
        values = getattr(statement, column).astype(object)
        values[seed % values.size] += 1
        held = audit_community(by, read, tariffs, shared, replace(statement, **{column: values})).holds
        mixed = column != "amount" and not statement.energy[seed % values.size]
        assert not held or mixed


def test_a_statement_that_breaks_its_laws_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    by, read = mill_street()
    right = act.statement_of

    def forged(*given: Any) -> Any:
        statement = right(*given)
        amount = statement.amount.copy()
        amount[[0, 1]] += [-50, 50]
        return replace(statement, amount=amount)

    monkeypatch.setattr(act, "statement_of", forged)
    with pytest.raises(CertificateFailed, match="component_balance"):
        settle_community(by, read, VOLT)


def test_everything_that_does_not_fit_is_said_at_once() -> None:
    by, read = mill_street(valid_until="2030-01-01T00:15Z")
    other = readings({"ann": [3000, 0], "eve": [1000, 0]}, {"sun": [2000, 500]})
    with pytest.raises(InvalidInput) as raised:
        settle_community(by, other, {"volt": Tariff(import_eur_per_mwh=[1.0, float("nan"), 3.0])})
    assert {(i.path, i.rule) for i in raised.value.issues} == {
        ("readings.eve", "unknown_reference"),
        ("readings.bob", "missing"),
        ("tariffs.volt.import_eur_per_mwh", "length"),
        ("readings", "range"),
    }
    assert read.starts[0] == START


@pytest.mark.parametrize(
    ("taken", "given", "starts", "rule"),
    [
        ({"a": [1.5]}, {}, [0], "range"),
        ({"a": [-1]}, {}, [0], "range"),
        ({"a": [float("nan")]}, {}, [0], "range"),
        ({"a": [1, 2]}, {}, [0], "length"),
        ({"a": [1, 2]}, {}, [0, 10], "order"),
        ({}, {}, [0], "length"),
    ],
)
def test_readings_that_are_none_are_refused(taken: Any, given: Any, starts: Any, rule: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        member_readings(taken, given, starts=starts, step_seconds=900)
    assert [issue.rule for issue in raised.value.issues] == [rule]
