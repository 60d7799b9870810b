"""Charging sessions: hold, bill, give back; by hand and at random."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt.errors import CertificateFailed, InvalidInput, LedgerError
from c4e_opt.settlement import MemoryLedger
from c4e_opt.settlement.charging import sessions as charging
from c4e_opt.settlement.charging.sessions import (
    ChargingEnd,
    ChargingSession,
    ChargingTariff,
    end_charging,
    hold_charging,
)
from c4e_opt.settlement.charging.sessions_check import audit_charging
from c4e_opt.settlement.community.member_readings import MemberReadings, member_readings

BEGIN = 2_000_000_000  # a quarter of an hour; after today, so that holds have not expired
SESSION = ChargingSession(id="ev1", driver="ann", site="park", begin=BEGIN, expires=BEGIN + 86_400, held=1000)
TARIFF = ChargingTariff(
    price_eur_per_mwh=[300.0, 500.0],
    idle_eur_per_minute=Fraction(1, 10),
    grace_minutes=15,
    reward_eur_per_mwh=[0.0, 400.0],
)


def meter(taken: Any, given: Any = None) -> MemberReadings:
    starts = BEGIN + 900 * np.arange(len(taken))
    return member_readings(
        {"ev1": taken}, {"ev1": given if given is not None else [0] * len(taken)}, starts=starts, step_seconds=900
    )


def test_a_session_by_hand() -> None:
    """10 EUR are held. 5 kWh at 0.30 and 3.001 kWh at 0.50 EUR/kWh are 1.50 and 1.5005 EUR, together 3.00.

    The vehicle stays 40 minutes, 25 beyond the grace: 2.50 EUR. It gave back 2 kWh at 0.40: 0.80 EUR. Of the hold 4.50
    EUR come back; ann is 4.70 EUR poorer.
    """
    hold_statement, hold = hold_charging(SESSION)
    ledger = MemoryLedger()
    ledger.submit(hold)
    assert ledger.balances() == {"escrow:session/ev1": {"EUR": 1000}, "party:ann": {"EUR": -1000}}
    end = ChargingEnd(done=BEGIN + 1800, left=BEGIN + 1800 + 40 * 60)
    statement, batch = end_charging(SESSION, hold, meter([5000, 3001], [0, 2000]), end, TARIFF)
    assert batch.ends == hold.id
    ledger.submit(batch)
    assert ledger.balances() == {"party:ann": {"EUR": -470}, "party:park": {"EUR": 470}}
    lines = {(line.party, line.purpose.value, line.step): line.amount for line in statement.lines()}
    assert [lines["park", "charging", step] for step in (0, 1)] == [150, 150]
    assert (lines["park", "idle_fee", 2], lines["ann", "hold", 2], lines["ann", "discharge_reward", 1]) == (
        250,
        450,
        80,
    )
    with pytest.raises(LedgerError, match="ended once"):
        ledger.submit(hold.given_back())
    assert hold_statement.act == "charging hold"


def test_what_the_hold_does_not_cover_is_owed() -> None:
    small = replace(SESSION, held=160)
    _, hold = hold_charging(small)
    end = ChargingEnd(done=BEGIN + 1800, left=BEGIN + 1800)
    _, batch = end_charging(small, hold, meter([5000, 3000]), end, TARIFF)
    ledger = MemoryLedger()
    ledger.submit(hold)
    ledger.submit(batch)
    assert ledger.balances() == {"party:ann": {"EUR": -300}, "party:park": {"EUR": 300}}


def test_a_session_that_nobody_confirms_is_given_back() -> None:
    _, hold = hold_charging(SESSION)
    ledger = MemoryLedger()
    ledger.submit(hold)
    ledger.submit(hold.given_back())
    assert ledger.balances() == {}


def refused(call: Any, *given: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as raised:
        call(*given)
    return [(each.path, each.rule) for each in raised.value.issues]


def test_everything_wrong_is_said_at_once() -> None:
    assert refused(hold_charging, replace(SESSION, held=0, expires=BEGIN, site="ann", decimals=19)) == [
        ("session.held", "range"),
        ("session.expires", "order"),
        ("session.site", "duplicate_id"),
        ("session.decimals", "range"),
    ]
    _, hold = hold_charging(SESSION)
    end = ChargingEnd(done=BEGIN - 1, left=BEGIN)
    wrong = replace(TARIFF, idle_eur_per_minute=Fraction(-1), reward_eur_per_mwh=float("nan"))
    assert refused(end_charging, replace(SESSION, held=5), hold, meter([1]), end, wrong) == [
        ("hold", "unknown_reference"),
        ("end", "order"),
        ("tariff", "range"),
        ("tariff.price_eur_per_mwh", "length"),
        ("tariff.reward_eur_per_mwh", "range"),
    ]
    assert refused(end_charging, replace(SESSION, id="ev2"), hold, meter([1, 2]), replace(end, done=BEGIN), TARIFF) == [
        ("hold", "unknown_reference"),
        ("readings", "missing"),
    ]


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 5000)), min_size=1, max_size=8),
    st.integers(1, 3000),
    st.integers(0, 7200),
    st.integers(0, 2**32),
    st.sampled_from([0, 2, 6, 18]),
)
def test_every_session_is_billed_to_the_nearest_unit(
    energy: list[tuple[int, int]], held: int, stay: int, seed: int, decimals: int
) -> None:
    rng = np.random.default_rng(seed)
    taken, gave = ([pair[n] for pair in energy] for n in (0, 1))
    price, reward = (rng.uniform(0, 900, len(energy)) for _ in range(2))
    tariff = ChargingTariff(
        price_eur_per_mwh=price, reward_eur_per_mwh=reward, idle_eur_per_minute=Fraction(1, 7), grace_minutes=10
    )
    session = replace(SESSION, held=held * 10**decimals, decimals=decimals)
    _, hold = hold_charging(session)
    end = ChargingEnd(done=BEGIN + 10, left=BEGIN + 10 + stay)
    statement, batch = end_charging(session, hold, meter(taken, gave), end, tariff)
    ledger = MemoryLedger()
    ledger.submit(hold)
    ledger.submit(batch)
    unit = Fraction(10**decimals)
    grid = [[Fraction(round(p * 10**9), 10**9) for p in prices.tolist()] for prices in (price, reward)]
    exact = sum(Fraction(wh, 10**6) * p for wh, p in zip(taken, grid[0], strict=True))
    exact -= sum(Fraction(wh, 10**6) * p for wh, p in zip(gave, grid[1], strict=True))
    exact += Fraction(max(stay - 600, 0) // 60, 7)
    got = ledger.balances().get("party:park", {}).get("EUR", 0)
    assert abs(got - exact * unit) <= Fraction(3, 2)
    assert not any(name.startswith("escrow") for name in ledger.balances())
    again, same = end_charging(session, hold, meter(taken, gave), end, tariff)
    assert (again.digest, same.digest) == (statement.digest, batch.digest)
    if len(statement):
        amount = statement.amount.astype(object)
        amount[seed % amount.size] += 1
        assert not audit_charging(
            session, hold, meter(taken, gave), end, tariff, replace(statement, amount=amount)
        ).holds


def test_a_bill_that_keeps_the_rest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _, hold = hold_charging(SESSION)
    end = ChargingEnd(done=BEGIN + 1800, left=BEGIN + 1800)
    right = charging._rounded
    monkeypatch.setattr(charging, "_rounded", lambda *given: [each + 1 for each in right(*given)])
    with pytest.raises(CertificateFailed, match="energy_charge"):
        end_charging(SESSION, hold, meter([5000, 3000]), end, TARIFF)
