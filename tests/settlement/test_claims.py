"""Claims become statements: hand-computed sums, merged lines, two phases, accounts; each asset sums to zero."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c4e_opt.settlement import Asset, Purpose, Statement, batch_of
from c4e_opt.settlement.claims import Claims, Subject, statement_of

EUR = Asset(id="EUR", kind="money", decimals=2)
POWER = Asset(id="electricity", kind="energy", decimals=6)
TOKEN = Asset(id="sun", kind="token", decimals=6)
SUBJECT = Subject(
    act="imbalance",
    basis=(("readings", "ab" * 32),),
    assets=(EUR, POWER, TOKEN),
    divisors=(1000, 1, 1),
    starts=np.array([0, 900]),
    step_seconds=np.array([900, 900]),
    operator="op",
)


def claims(*rows: tuple[Any, ...]) -> Claims:
    """Claims from (giver, receiver, asset, step, exact, energy, price)."""
    giver, receiver, asset, step, exact, energy, price = zip(*rows, strict=True)
    count = len(rows)
    return Claims(
        giver=np.array(giver),
        receiver=np.array(receiver),
        component=np.full(count, ""),
        bus=np.full(count, "b"),
        gives=np.full(count, Purpose.COVER.value),
        receives=np.full(count, Purpose.CONTRACT.value),
        asset=np.array(asset),
        step=np.array(step),
        exact=np.array(exact, dtype=object),
        energy=np.array(energy, dtype=object),
        price=np.array(price, dtype=object),
    )


def shown(statement: Statement) -> list[tuple[Any, ...]]:
    return [
        (line.party, str(line.purpose), line.asset, line.step, line.energy, line.amount) for line in statement.lines()
    ]


def test_both_sides_are_booked_and_one_position_has_one_line() -> None:
    # op gives ann 12.34 and bob 1.00 of EUR: one line of -13.34 for op, whose prices differ, so it says no energy
    two = claims(("op", "ann", 0, 0, 1_234_000, 5, 7), ("op", "bob", 0, 0, 100_000, 6, 8))
    assert shown(statement_of(SUBJECT, two)) == [
        ("ann", "contract", "EUR", 0, 5, 1234),
        ("bob", "contract", "EUR", 0, 6, 100),
        ("op", "cover", "EUR", 0, 0, -1334),
    ]


def test_thirds_of_a_cent_are_shared_over_the_steps() -> None:
    # a third of a cent is owed to each of three in both steps: 1 cent in all, to the first by name, then to the second
    thirds = [("op", name, 0, step, 333 + (name == "cid"), 0, 0) for step in (0, 1) for name in ("ann", "bob", "cid")]
    lines = [line for line in shown(statement_of(SUBJECT, claims(*thirds))) if line[0] != "op"]
    assert lines == [("cid", "contract", "EUR", 0, 0, 1), ("ann", "contract", "EUR", 1, 0, 1)]


def test_energy_says_what_is_put_into_the_bus() -> None:
    sold = claims(("ann", "op", 1, 1, 250, 0, 0))
    assert shown(statement_of(SUBJECT, sold)) == [
        ("ann", "cover", "electricity", 1, 250, -250),
        ("op", "contract", "electricity", 1, -250, 250),
    ]


def test_claims_with_the_same_labels_are_one_claim() -> None:
    # 0.6 + 0.6 cents are one claim of 1.2 cents: 1 cent, not 2
    twice = claims(("op", "ann", 0, 0, 600, 1, 3), ("op", "ann", 0, 0, 600, 1, 3))
    assert shown(statement_of(SUBJECT, twice))[0] == ("ann", "contract", "EUR", 0, 2, 1)
    with pytest.raises(ValueError, match="different prices"):
        statement_of(SUBJECT, replace(twice, price=np.array([3, 4], dtype=object)))


def test_no_claims_are_an_empty_statement() -> None:
    none = np.zeros(0, dtype=np.int64)
    words = np.zeros(0, dtype=np.str_)
    empty = Claims(giver=words, receiver=words, component=words, bus=words, gives=words, receives=words,
                   asset=none, step=none, exact=none, energy=none, price=none)  # fmt: skip
    assert len(statement_of(SUBJECT, empty)) == 0 == len(batch_of(statement_of(SUBJECT, empty)))


def test_tokens_lie_in_wallets_and_the_act_is_in_the_id() -> None:
    statement = statement_of(SUBJECT, claims(("ann", "bob", 2, 0, 5, 0, 0), ("ann", "bob", 0, 0, 5000, 0, 0)))
    batch = batch_of(statement)
    assert batch.accounts == ("party:ann", "party:bob", "wallet:ann", "wallet:bob")
    others = (replace(SUBJECT, act="tokens"), replace(SUBJECT, basis=(("readings", "cd" * 32),)))
    ids = {batch_of(statement_of(each, claims(("ann", "bob", 2, 0, 5, 0, 0)))).id for each in others}
    assert len(ids | {batch.id}) == 3


def test_a_hold_is_given_back_whole() -> None:
    hold = batch_of(statement_of(SUBJECT, claims(("ann", "op", 0, 0, 5000, 0, 0))), expires=1800)
    back = hold.given_back()
    assert (back.ends, back.expires, back.reverses) == (hold.id, 0, "")
    assert {account: {"EUR": -amount["EUR"]} for account, amount in hold.totals().items()} == back.totals()
    assert (
        len(
            {
                hold.id,
                back.id,
                hold.reversed().id,
                batch_of(statement_of(SUBJECT, claims(("ann", "op", 0, 0, 5000, 0, 0)))).id,
            }
        )
        == 4
    )


_rows = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from("abc"), st.integers(0, 2), st.integers(0, 1),
        st.integers(-(10**22), 10**22), st.just(0), st.just(0),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@given(rows=_rows, order=st.randoms())
def test_any_claims_sum_to_zero_and_their_order_is_nothing(rows: list[tuple[Any, ...]], order: Any) -> None:
    statement = statement_of(SUBJECT, claims(*rows))
    for step in (0, 1):
        for asset in (0, 1, 2):
            these = (statement.step == step) & (statement.asset == asset)
            assert sum(statement.amount[these].tolist()) == 0
    owed: dict[tuple[Any, ...], int] = {}
    for giver, receiver, asset, _, exact, _, _ in rows:
        for party, sign in ((giver, -1), (receiver, 1)):
            owed[party, asset] = owed.get((party, asset), 0) + sign * exact
    for party, amounts in statement.balances().items():
        for n, asset in enumerate(SUBJECT.assets):
            off = amounts.get(asset.id, 0) * SUBJECT.divisors[n] - owed.get((party, n), 0)
            assert abs(off) < 2 * len(rows) * SUBJECT.divisors[n]
    mixed = rows.copy()
    order.shuffle(mixed)
    assert statement_of(SUBJECT, claims(*mixed)).digest == statement.digest
