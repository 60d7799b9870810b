"""Energy tokens: by hand, and what holds whatever is done in whatever order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt.errors import CertificateFailed, InvalidInput, LedgerError
from c4e_opt.settlement import MemoryLedger, batch_of, settle
from c4e_opt.settlement.evidence_of_energy import (
    EnergyEvidence,
    metered_consumption,
    metered_production,
    settled_consumption,
    settled_production,
)
from c4e_opt.settlement.tokens import tokens
from c4e_opt.settlement.tokens.token_book import TokenBook, TokenClass, token_book
from c4e_opt.settlement.tokens.token_decay import Decay, HalfLife, Rates
from c4e_opt.settlement.tokens.tokens import TokenTransfer, decay, mint, transfer, use
from c4e_opt.settlement.tokens.tokens_check import audit_tokens
from tests.settlement.communities import START, readings
from tests.settlement.markets import grid, load, market, sun

DAY = 86_400
TENTH = Rates(spans=((DAY * 10, Fraction(1, 10)),))
HALF = HalfLife(period_seconds=DAY, periods=4)


def book(decay: Decay | None = None) -> TokenBook:
    return token_book([TokenClass(id="sun", issuer="volt", decay=decay)])


def produced(decimals: int = 6, **rows: Sequence[int]) -> EnergyEvidence:
    told = [(p, START + 900 * n, amount) for p, row in sorted(rows.items()) for n, amount in enumerate(row) if amount]
    party, start, amount = (list(column) for column in zip(*told, strict=True))
    return EnergyEvidence(
        source="test",
        decimals=decimals,
        party=np.array(party, dtype=np.str_),
        start=np.array(start),
        seconds=np.full(len(told), 900),
        amount=np.array(amount),
    )


def wallet(of: TokenBook, owner: str) -> int:
    return of.wallets().get(owner, {}).get("sun", 0)


def refused(call: Any, *given: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as raised:
        call(*given)
    return [(issue.path, issue.rule) for issue in raised.value.issues]


def test_a_life_of_tokens_by_hand() -> None:
    """Ann makes 1000 and 500 Wh and gives bob 1200; bob consumes 800 and burns them; 300 and 400 Wh are left."""
    ledger = MemoryLedger()
    read = readings({"bob": [500, 300]}, {"ann": [1000, 500]})
    minted, statement = mint(book(), "sun", metered_production(read), START + 1800)
    ledger.submit(batch_of(statement))
    assert ledger.balances() == {"issuer:volt": {"sun": -1500}, "wallet:ann": {"sun": 1500}}
    given_on, statement = transfer(
        minted, "sun", [TokenTransfer(giver="ann", receiver="bob", amount=1200)], START + 1800
    )
    ledger.submit(batch_of(statement))
    used, statement = use(given_on, "sun", metered_consumption(read), START + 3600)
    assert {(line.party, line.purpose.value, line.step): line.amount for line in statement.lines()} == {
        ("bob", "used", 0): -500,
        ("bob", "used", 1): -300,
        ("volt", "issuer", 0): 500,
        ("volt", "issuer", 1): 300,
    }
    ledger.submit(batch_of(statement))
    assert used.wallets() == {"ann": {"sun": 300}, "bob": {"sun": 400}}
    assert ledger.balances() == {
        "issuer:volt": {"sun": -700},
        "wallet:ann": {"sun": 300},
        "wallet:bob": {"sun": 400},
    }


def test_the_same_production_mints_once() -> None:
    after, _ = mint(book(), "sun", produced(ann=[5]), START + 900)
    assert refused(mint, after, "sun", produced(ann=[5, 7]), START + 1800) == [("production", "duplicate_id")]
    hour = replace(produced(ann=[5]), seconds=np.array([3600]))
    assert refused(mint, after, "sun", hour, START + 3600) == [("production", "duplicate_id")]
    assert refused(mint, book(), "sun", produced(ann=[5]), START + 899) == [("production", "order")]
    used, _ = use(after, "sun", produced(ann=[3]), START + 900)
    assert refused(use, used, "sun", produced(ann=[3]), START + 900) == [("consumption", "duplicate_id")]


def test_parts_of_a_wh_are_carried_to_the_next_interval() -> None:
    """0.6 Wh each quarter: 0, 1, 0, 1, 1 whole ones, and the books carry on where the last act ended."""
    one, first = mint(book(), "sun", produced(7, ann=[6, 6, 6]), START + 2700)
    rest = replace(produced(7, ann=[6, 6]), start=START + 2700 + 900 * np.arange(2))
    two, second = mint(one, "sun", rest, START + 4500)
    moved = [(line.step, line.amount) for line in (*first.lines(), *second.lines()) if line.purpose == "minted"]
    assert [amount for _, amount in moved] == [1, 1, 1]
    assert one.carried == {("sun", "ann"): Fraction(4, 5)}
    assert (wallet(two, "ann"), two.carried) == (3, {})


def test_settled_production_mints_and_settled_consumption_uses() -> None:
    """A roof gives 2 kW for a quarter of an hour, a flat takes 3 kW: 500 and 750 Wh."""
    parts = [sun("roof", "bob", [0.002]), load("flat", "ann", [0.003]), grid("meter", "sup", [0.001], 50.0)]
    case, outcome = market(parts, {"e": [50.0]}, minutes=[15])
    told = settle(case, outcome)
    after, _ = mint(book(), "sun", settled_production(told), START + 900)
    assert wallet(after, "bob") == 500
    moved, _ = transfer(after, "sun", [TokenTransfer(giver="bob", receiver="ann", amount=500)], START + 900)
    used, statement = use(moved, "sun", settled_consumption(told), START + 900)
    assert used.wallets() == {}
    assert dict(statement.basis)["consumption"] == settled_consumption(told).digest


@pytest.mark.parametrize(
    ("decay_by", "left"),
    [
        (TENTH, [1000, 900, 500, 0, 0]),
        (Rates(spans=((DAY, Fraction(0)), (DAY * 9, Fraction(1, 3)))), [1000, 1000, 0, 0, 0]),
        (HALF, [1000, 840, 420, 176, 31]),  # 1000 / 2**(1/4) = 840.896; /2**1.25 = 420.4; 2**2.5: 176.8; 2**5: 31.25
    ],
)
def test_decay_by_hand(decay_by: Decay, left: list[int]) -> None:
    after, _ = mint(book(decay_by), "sun", produced(ann=[1000]), START + 900)
    for days, should in zip((0, 1, 5, 10, 20), left, strict=True):
        assert wallet(decay(after, START + 900 + days * DAY)[0], "ann") == should


def test_a_wallet_never_falls_below_zero() -> None:
    """After a day 900 Wh are left; 901 are too many, on the book and on the ledger."""
    after, minted = mint(book(TENTH), "sun", produced(ann=[1000]), START + 900)
    later = START + 900 + DAY
    wrong = [
        TokenTransfer(giver="ann", receiver="bob", amount=901),
        TokenTransfer(giver="bob", receiver="ann", amount=0),
    ]
    assert refused(transfer, after, "sun", wrong, later) == [("transfers[1]", "range"), ("wallets.ann", "range")]
    moved, statement = transfer(after, "sun", [TokenTransfer(giver="ann", receiver="bob", amount=900)], later)
    assert moved.wallets() == {"bob": {"sun": 900}}
    with pytest.raises(LedgerError, match="below zero"):
        MemoryLedger().submit(batch_of(statement))
    ledger = MemoryLedger()
    ledger.submit(batch_of(minted))
    ledger.submit(batch_of(statement))
    assert ledger.balances()["wallet:bob"]["sun"] == 900
    assert refused(decay, moved, later - 1) == [("moment", "order")]
    assert refused(transfer, moved, "wind", [], later) == [("token", "unknown_reference")]


def test_classes_that_are_none_are_refused() -> None:
    classes = [
        TokenClass(id="a", issuer=""),
        TokenClass(id="a", issuer="x", decay=HalfLife(period_seconds=0, periods=0)),
        TokenClass(id="b", issuer="x", decay=Rates(spans=((0, Fraction(-1)),))),
    ]
    assert len(refused(token_book, classes)) == 6


_DECAYS = st.sampled_from(
    [
        None,
        TENTH,
        HALF,
        HalfLife(period_seconds=3600, periods=7),
        Rates(spans=((DAY, Fraction(1, 7)), (DAY * 3, Fraction(1, 90)))),
    ]
)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Decay | None, list[tuple[str, Any, int]]]:
    """Random acts in the order of time: (act, what it is given, moment)."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = draw(st.sampled_from([3, 1000, 10**9]))
    acts: list[tuple[str, Any, int]] = []
    moment, quarter = START, 0
    for _ in range(draw(st.integers(1, 6))):
        moment += int(rng.integers(900, 2 * DAY))
        name = str(rng.choice(["mint", "transfer", "use", "decay"])) if acts else "mint"
        if name in ("mint", "use"):
            told = produced(int(rng.choice([5, 6, 8])), **{p: rng.integers(0, size, 2) + 1 for p in ("ann", "bob")})
            acts.append(
                (name, replace(told, start=told.start + 1800 * quarter), max(moment, START + 1800 * (quarter + 1)))
            )
            moment, quarter = acts[-1][2], quarter + 1
        elif name == "transfer":
            acts.append((name, rng.random(2), moment))
        else:
            acts.append((name, None, moment))
    return draw(_DECAYS), acts


def lived(
    decay_by: Decay | None, acts: Sequence[tuple[str, Any, int]], look: bool = False
) -> tuple[TokenBook, list[Any]]:
    """What becomes of a book; with `look` decay is booked every few hours between the acts."""
    now, told = book(decay_by), list[Any]()
    for name, what, moment in acts:
        if look and now.moment:
            for between in range(now.moment, moment, max((moment - now.moment) // 3, 1)):
                now, statement = decay(now, between)
                told.append(statement)
        if name == "mint":
            now, statement = mint(now, "sun", what, moment)
        elif name == "use":
            now, statement = use(now, "sun", what, moment)
        elif name == "decay":
            now, statement = decay(now, moment)
        else:
            has = decay(now, moment)[0].wallets()
            gives = [
                TokenTransfer(giver=a, receiver=b, amount=int(part * has.get(a, {}).get("sun", 0)))
                for (a, b), part in zip((("ann", "bob"), ("bob", "cid")), what, strict=True)
            ]
            now, statement = transfer(now, "sun", [each for each in gives if each.amount], moment)
        told.append(statement)
    return now, told


def check_life(decay_by: Decay | None, acts: Sequence[tuple[str, Any, int]]) -> None:
    now, told = lived(decay_by, acts)
    ledger = MemoryLedger()
    for statement in told:
        sums: dict[int, int] = defaultdict(int)
        for line in statement.lines():
            sums[line.step] += line.amount
        assert not any(sums.values())
        ledger.submit(batch_of(statement))
    held = {name.removeprefix("wallet:"): dict(n) for name, n in ledger.balances().items() if name.startswith("wallet")}
    assert held == now.wallets()
    supply = sum(n["sun"] for n in held.values())
    assert ledger.balances().get("issuer:volt", {}).get("sun", 0) == -supply
    stepwise, _ = lived(decay_by, acts, look=True)
    assert stepwise.wallets() == now.wallets()
    assert stepwise.digest == now.digest
    again, _ = lived(decay_by, acts)
    assert again.digest == now.digest


@settings(max_examples=300)
@given(lives())
def test_every_life_of_tokens_adds_up(life: Any) -> None:
    check_life(*life)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=10_000)
@given(lives())
def test_ten_thousand_lives_of_tokens(life: Any) -> None:
    check_life(*life)


@given(
    st.integers(1, 10**15 - 1),
    st.integers(0, 4000),
    st.integers(0, 4000),
    st.sampled_from([1, 2, 7, 24, 720]),
    st.booleans(),
)
def test_half_lives_are_exact(base: int, age: int, since: int, periods: int, power: bool) -> None:
    base = 1 << (base.bit_length() - 1) if power else base
    age, since = max(age, since), min(age, since)
    kept = int(
        HalfLife(period_seconds=1, periods=periods).left(np.array([base]), np.array([since]), np.array([age]))[0]
    )
    over = age - since
    assert kept**periods << over <= base**periods < (kept + 1) ** periods << over


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=5), st.integers(0, 30 * DAY), _DECAYS)
def test_parting_a_lot_costs_less_than_one_unit_a_part(parts: list[int], age: int, decay_by: Decay | None) -> None:
    def left(amounts: list[int]) -> int:
        made = produced(**{f"p{n}": [amount] for n, amount in enumerate(amounts)})
        after, _ = mint(book(decay_by), "sun", made, START + 900)
        return sum(held["sun"] for held in decay(after, START + 900 + age)[0].wallets().values())

    assert 0 <= left([sum(parts)]) - left(parts) < len(parts)


def test_the_order_of_transfers_changes_nothing() -> None:
    after, _ = mint(book(TENTH), "sun", produced(ann=[1000, 50], bob=[70]), START + 1800)
    gives = [
        TokenTransfer(giver=a, receiver=b, amount=n)
        for a, b, n in (("ann", "x", 7), ("bob", "x", 8), ("ann", "bob", 900))
    ]
    one, first = transfer(after, "sun", gives, START + DAY)
    two, second = transfer(after, "sun", gives[::-1], START + DAY)
    assert (one.digest, first.digest) == (two.digest, second.digest)


@pytest.mark.parametrize("column", ["now", "base", "owner", "since", "issued"])
def test_a_lot_that_was_changed_is_found(column: str) -> None:
    before, _ = mint(book(TENTH), "sun", produced(ann=[1000], bob=[77]), START + 900)
    after, statement = transfer(before, "sun", [TokenTransfer(giver="ann", receiver="bob", amount=7)], START + DAY)
    assert audit_tokens(before, after, statement).holds
    values = getattr(after.lots, column).copy()
    values[0] = "eve" if column == "owner" else values[0] + DAY
    assert not audit_tokens(before, replace(after, lots=replace(after.lots, **{column: values})), statement).holds


def test_more_than_was_produced_or_consumed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = mint(book(), "sun", produced(ann=[1000]), START + 900)
    monkeypatch.setattr(tokens, "_whole_wh", lambda _b, _t, evidence: (evidence.amount + 1, {}))
    with pytest.raises(CertificateFailed, match="evidence"):
        mint(book(), "sun", produced(ann=[1000]), START + 900)
    monkeypatch.setattr(tokens, "_floor_wh", lambda evidence: evidence.amount + 1)
    with pytest.raises(CertificateFailed, match="evidence"):
        use(made, "sun", produced(ann=[5]), START + 900)


def test_decay_that_rounds_up_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = mint(book(HALF), "sun", produced(ann=[1000]), START + 900)
    right = tokens.left
    monkeypatch.setattr(tokens, "left", lambda *given: right(*given) + 1)
    with pytest.raises(CertificateFailed, match="decay"):
        decay(made, START + 900 + DAY)
