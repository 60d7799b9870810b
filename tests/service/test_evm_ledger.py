"""The ledger on a chain, against a real EVM: the port, lost answers, forks, nonces, fees, large batches."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Batch, State
from c4e_opt.settlement.conformance import check_ledger, sample_batch, sample_hold
from c4e_opt.settlement.statement import Asset
from c4e_server.ledgers.evm.deploy import deploy
from c4e_server.ledgers.evm.ledger import EvmLedger
from c4e_server.ledgers.evm.packing import hashed
from c4e_server.ledgers.evm.sender import PATIENCE_BLOCKS
from c4e_server.ledgers.evm.sent import SentBook
from tests.service.evm import KEYS, Evm, many

EUR = Asset(id="EUR", kind="money", decimals=2)
COIN = Asset(id="coin", kind="token", decimals=6)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Evm:
    return Evm(tmp_path_factory.mktemp("evm"))


@pytest.fixture
def evm(chain: Evm) -> Iterator[Evm]:
    chain.clear()
    yield chain
    chain.clear()


def by_hand(evm: Evm) -> Evm:
    """From here on blocks come only from `mine`."""
    evm.line.by_hand = True
    return evm


def check_port(evm: Evm, **options: Any) -> None:
    books: list[Path] = []

    def make() -> EvmLedger:
        books.append(evm.folder / f"port-{len(books)}-{len(options)}.sqlite")
        evm.clear()
        return evm.ledger(books[-1], **options)

    def reopen(ledger: EvmLedger) -> EvmLedger:
        ledger.close()
        return evm.ledger(books[-1], **options)

    check_ledger(make, reopen=reopen, set_clock=lambda _, seconds: evm.set_clock(seconds))


def test_it_passes_the_conformance_suite(evm: Evm):
    check_port(evm)


@pytest.mark.slow
def test_it_passes_the_conformance_suite_with_every_batch_in_parts(evm: Evm):
    check_port(evm, most_entries=1)


def test_a_batch_is_pending_then_committed_then_final(evm: Evm):
    ledger, batch = by_hand(evm).ledger(confirmations=3), sample_batch()
    assert ledger.submit(batch).state is State.PENDING
    assert ledger.status(batch.id).state is ledger.submit(batch).state is State.PENDING
    assert not ledger.balances()
    evm.mine()
    assert ledger.status(batch.id).state is State.COMMITTED
    assert ledger.balances()["party:ann"] == {"EUR": -1250}
    evm.mine()
    assert ledger.status(batch.id).state is State.COMMITTED
    evm.mine()
    receipt = ledger.status(batch.id)
    assert receipt.state is State.FINAL
    assert evm.tester.get_transaction_receipt(receipt.reference)["status"] == 1


def test_what_a_fork_drops_is_sent_again_and_booked_once(evm: Evm):
    ledger, one, two = evm.ledger(confirmations=5), sample_batch("one"), sample_batch("two", {"party:ann": 3})
    before = evm.tester.take_snapshot()
    booked = [ledger.submit(batch) for batch in (one, two)]
    assert [receipt.state for receipt in booked] == [State.COMMITTED] * 2
    evm.tester.revert_to_snapshot(before)
    by_hand(evm)
    evm.mine()  # the other branch
    assert not ledger.balances()
    assert ledger.status(two.id).state is ledger.status(one.id).state is State.PENDING
    evm.mine()
    assert [ledger.status(batch.id).reference for batch in (one, two)] == [receipt.reference for receipt in booked]
    assert ledger.balances()["party:ann"] == {"EUR": -1247}


def test_a_batch_whose_nonce_a_fork_gave_to_another_gets_a_new_one(evm: Evm):
    ledger, batch = evm.ledger(confirmations=5), sample_batch()
    before = evm.tester.take_snapshot()
    first = ledger.submit(batch)
    assert ledger.balances()  # now it knows names that the fork takes away
    evm.tester.revert_to_snapshot(before)
    nonce = evm.tester.get_nonce(evm.operator.address)
    fields = {"nonce": nonce, "to": KEYS[1].address, "value": 1, "gas": 21_000, "chainId": evm_id(evm)}
    other = evm.operator.sign_transaction(fields | {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9})
    evm.tester.send_raw_transaction("0x" + bytes(other.raw_transaction).hex())
    again = ledger.status(batch.id)
    assert again.counted
    assert again.reference != first.reference
    assert ledger.balances()["party:ann"] == {"EUR": -1250}


def evm_id(evm: Evm) -> int:
    return Web3(evm.line).eth.chain_id


def test_what_is_signed_survives_a_restart(evm: Evm):
    book, batch = evm.folder / "restart.sqlite", sample_batch()
    by_hand(evm).line.swallows = True  # the node dies with what it was given
    ledger = evm.ledger(book)
    first = ledger.submit(batch)
    ledger.close()
    evm.line.swallows = False
    again = evm.ledger(book)
    assert again.status(batch.id) == first
    evm.mine()
    assert again.status(batch.id).reference == first.reference
    assert again.balances()["party:ann"] == {"EUR": -1250}


def test_two_services_that_know_nothing_of_each_other_book_a_batch_once(evm: Evm):
    batch = sample_batch()
    ledgers = [by_hand(evm).ledger() for _ in range(2)]
    assert [ledger.submit(batch).state for ledger in ledgers] == [State.PENDING] * 2
    evm.mine()
    assert {ledger.status(batch.id).state for ledger in ledgers} == {State.FINAL}
    assert ledgers[0].balances() == ledgers[1].balances() == {name: dict(x) for name, x in batch.totals().items()}


@pytest.mark.parametrize("after", [pytest.param(False, marks=pytest.mark.slow), True])
def test_whatever_request_is_cut_the_effect_is_exactly_once(evm: Evm, after: bool):
    ledger = evm.ledger()
    for place in count():
        batch = sample_batch(f"{place} {after}")
        evm.line.cut_at, evm.line.after = place, after
        said = ""
        try:
            ledger.submit(batch)
        except LedgerError as error:
            said = str(error)
        if evm.line.cut_at is not None:
            evm.line.cut_at = None
            break
        assert said == "" or "the line is cut" in said
        assert ledger.submit(batch).counted
    assert place > 15
    assert ledger.balances()["party:ann"] == {"EUR": -1250 * (place + 1)}


def test_threads_and_services_with_one_book_share_no_nonce(evm: Evm):
    book = evm.folder / "shared.sqlite"
    ledgers = [by_hand(evm).ledger(book) for _ in range(2)]
    first = evm.tester.get_nonce(evm.operator.address)
    batches = [sample_batch(f"{place}", {"party:ann": place + 1}) for place in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda work: ledgers[work[0] % 2].submit(work[1]), enumerate(batches)))
    sent = SentBook(book).since(0)
    assert [each.nonce for each in sent] == list(range(first, first + 8))
    assert {each.batch_id for each in sent} == {batch.id for batch in batches}
    evm.mine()
    assert ledgers[0].balances()["party:ann"] == {"EUR": 36}


def test_what_is_not_mined_is_replaced_with_higher_fees(evm: Evm):
    book, batch = evm.folder / "fees.sqlite", sample_batch()
    ledger = by_hand(evm).ledger(book)
    evm.line.swallows = True
    first = ledger.submit(batch)
    evm.mine(PATIENCE_BLOCKS)
    evm.line.swallows = False
    again = ledger.status(batch.id)
    assert again.state is State.PENDING
    assert again.reference != first.reference
    old, new = SentBook(book).of_batch(batch.id)
    assert old.nonce == new.nonce
    for fee in ("maxFeePerGas", "maxPriorityFeePerGas"):
        assert int(new.fields[fee]) * 1000 >= int(old.fields[fee]) * 1125
    evm.mine()
    assert ledger.status(batch.id).reference == again.reference
    assert ledger.balances()["party:ann"] == {"EUR": -1250}


def test_fees_stay_below_their_limit(evm: Evm):
    with pytest.raises(LedgerError, match=r"more than the limit of 0\.001 gwei"):
        evm.ledger(fee_limit_gwei=0.001).submit(sample_batch())
    book, batch = evm.folder / "limit.sqlite", sample_batch()
    ledger = by_hand(evm).ledger(book, fee_limit_gwei=2.8)
    evm.line.swallows = True
    ledger.submit(batch)
    for _ in range(3):
        evm.mine(PATIENCE_BLOCKS)
        ledger.status(batch.id)
    fees = [int(sent.fields["maxFeePerGas"]) for sent in SentBook(book).of_batch(batch.id)]
    assert max(fees) <= 2.8e9


def test_what_turns_out_impossible_in_its_block_failed_and_stays_failed(evm: Evm):
    ledger = evm.ledger()
    minted = sample_batch("minted", {"issuer:sun": -10, "wallet:ann": 10}, COIN)
    ledger.submit(minted)
    by_hand(evm)
    spent = [sample_batch(to, {"wallet:ann": -7, f"wallet:{to}": 7}, COIN) for to in ("bob", "cid")]
    assert [ledger.submit(batch).state for batch in spent] == [State.PENDING] * 2
    evm.mine()
    assert ledger.status(spent[0].id).counted
    failed = ledger.status(spent[1].id)
    assert failed.state is State.FAILED
    assert "below zero" in failed.detail
    ledger.submit(sample_batch("more", {"issuer:sun": -10, "wallet:ann": 10}, COIN))
    evm.mine()
    assert ledger.submit(spent[1]) == failed
    assert ledger.balances()["wallet:ann"] == {"coin": 13}


def test_one_hold_is_ended_by_one_of_two_ends_on_their_way(evm: Evm):
    ledger, hold = evm.ledger(), sample_hold()
    ledger.submit(hold)
    by_hand(evm)
    release = replace(sample_batch("released", {"escrow:charging": -500, "party:bob": 500}), ends=hold.id)
    ledger.submit(release)
    with pytest.raises(LedgerError, match="on its way"):
        ledger.submit(hold.given_back())
    evm.mine()
    with pytest.raises(LedgerError, match="ended once"):
        ledger.submit(hold.given_back())
    assert ledger.status(release.id).counted


def test_a_large_batch_comes_in_parts_and_counts_all_at_once(evm: Evm):
    book, batch = evm.folder / "parts.sqlite", many("large", 7, [EUR, COIN], steps=2)
    other = sample_batch("other", {"party:household-00000": 5})
    ledger = evm.ledger(most_entries=5)
    ledger.submit(other)
    ledger.close()
    ledger = by_hand(evm).ledger(book, most_entries=5)
    before, parts = ledger.balances(), 0
    while ledger.submit(batch).state is State.PENDING:
        assert ledger.balances() == before
        if parts:
            with pytest.raises(LedgerError, match="is being booked"):
                ledger.submit(sample_batch("small"))
        ledger.close()
        ledger = evm.ledger(book, most_entries=5)
        evm.mine()
        parts += 1
    assert parts == 3
    assert ledger.balances() == sums(other, batch)
    evm.line.by_hand = False
    ledger.reverse(batch.id)
    assert ledger.balances() == sums(other)


def sums(*batches: Batch) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for batch in batches:
        for account, amounts in batch.totals().items():
            for asset, amount in amounts.items():
                held = found.setdefault(account, {})
                held[asset] = held.get(asset, 0) + amount
    return found


def test_a_batch_that_nobody_continues_is_dropped_and_counts_nothing(evm: Evm):
    lost = by_hand(evm).ledger(most_entries=2)
    lost.submit(many("lost", 6, [EUR]))
    evm.mine()
    evm.line.by_hand = False
    ledger, batch = evm.ledger(), sample_batch("small", {"party:household-00000": 4, "party:household-00001": -1})
    assert ledger.submit(batch).counted
    assert ledger.balances() == sums(batch)
    assert ledger.status(many("lost", 6, [EUR]).id).state is State.UNKNOWN
    assert ledger.submit(many("lost", 6, [EUR])).counted
    assert ledger.balances() == sums(batch, many("lost", 6, [EUR]))


def test_a_large_batch_that_overdraws_a_wallet_is_refused_before_any_part_is_sent(evm: Evm):
    book = evm.folder / "theft.sqlite"
    ledger, wallets = evm.ledger(book, most_entries=2), [f"wallet:{place}" for place in range(4)]
    *takers, giver = sorted(wallets, key=hashed)  # the giver comes last, in the last part
    batch = sample_batch("theft", dict.fromkeys(takers, 1) | {giver: -3}, COIN)
    with pytest.raises(LedgerError, match=f"{giver}, which holds 0"):
        ledger.submit(batch)
    assert ledger.status(batch.id).state is State.UNKNOWN
    assert not SentBook(book).since(0)
    assert ledger.submit(sample_batch()).counted


def test_a_reversal_takes_back_the_same_steps(evm: Evm):
    ledger, batch = evm.ledger(), many("two steps", 2, [EUR], steps=2)
    ledger.submit(batch)
    moved = replace(batch.reversed(), step_seconds=2 * batch.step_seconds)
    with pytest.raises(LedgerError, match="not its opposite"):
        ledger.submit(moved)
    assert ledger.submit(batch.reversed()).counted


def test_a_contract_that_nobody_can_operate_is_not_deployed(evm: Evm):
    with pytest.raises(LedgerError, match="was reverted"):
        deploy(evm.line, evm.operator, "settlement", "0x" + "0" * 40)


def test_balances_and_states_come_from_the_chain_alone(evm: Evm):
    ledger, batches = evm.ledger(), [sample_batch("one"), sample_batch("two", {"party:é": 7}, COIN)]
    for batch in batches:
        ledger.submit(batch)
    other = evm.ledger()
    assert other.balances() == ledger.balances()
    assert [other.status(batch.id) for batch in batches] == [ledger.status(batch.id) for batch in batches]
    with pytest.raises(LedgerError, match="does not keep its steps"):
        other.reverse(batches[0].id)
    assert other.submit(batches[0].reversed()).counted
    assert ledger.balances() == sums(batches[1])


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (sample_batch("huge", {"party:ann": 2**255}), "amount of 77 digits of EUR"),
        (sample_batch("sum", {"party:ann": 2**254, "party:bob": 2**254}), r"moves more than 2\*\*255 - 1"),
        (sample_batch("long", {f"party:{'x' * 160}": 1}), "has 166 bytes; it may have 160"),
        (replace(sample_batch(), id="no hash"), "`id` is 'no hash'"),
        (replace(sample_batch(), ends="AB" * 32), "`ends` is 'ABAB"),
        (replace(sample_batch(), expires=2**63), "expires at 9223372036854775808"),
        (sample_batch(asset=Asset(id="EUR", kind="money", decimals=256)), "256 decimals; it may have 0 to 255"),
    ],
)
def test_what_does_not_fit_on_a_chain_is_refused_with_words(evm: Evm, batch: Batch, words: str):
    ledger = evm.ledger()
    with pytest.raises(LedgerError, match=words):
        ledger.submit(batch)
    assert not ledger.balances()


def test_the_largest_amounts_fit_and_sums_beyond_them_are_refused(evm: Evm):
    ledger, most = evm.ledger(), 2**255 - 1
    ledger.submit(sample_batch("most", {"party:ann": most}))
    assert ledger.balances() == {"party:ann": {"EUR": most}, "party:rest": {"EUR": -most}}
    with pytest.raises(LedgerError, match="range of 256 bits"):
        ledger.submit(sample_batch("one more", {"party:ann": 1}))


def test_only_our_contract_and_its_operator_are_taken(evm: Evm, tmp_path: Path):
    def opened(contract: str, key: Any, book: Path = tmp_path / "a.sqlite") -> EvmLedger:
        return EvmLedger(evm.line, contract=contract, account=key, book=book)

    with pytest.raises(LedgerError, match="there is no contract"):
        opened(KEYS[2].address, evm.operator)
    with pytest.raises(LedgerError, match=f"operator of .* is {evm.operator.address}"):
        opened(evm.contract, KEYS[1])
    opened(evm.contract, evm.operator)
    other = deploy(evm.line, evm.operator, "settlement", evm.operator.address)
    with pytest.raises(LedgerError, match="use another data folder"):
        opened(other, evm.operator)
    poor = deploy(evm.line, evm.operator, "settlement", KEYS[2].address)
    with pytest.raises(LedgerError, match=r"holds 0\.000000 coins .* fund it"):
        opened(poor, KEYS[2], tmp_path / "b.sqlite").submit(sample_batch())


def test_heads_of_the_journal_are_anchored_in_order(evm: Evm):
    ledger = evm.ledger()
    assert ledger.anchored() == (0, bytes(32))
    assert ledger.anchor(7, b"\1" * 32)
    assert ledger.anchor(7, b"\1" * 32) == ""
    assert ledger.anchored() == (7, b"\1" * 32)
    for place in (7, 3):
        with pytest.raises(LedgerError, match="anchors ascend"):
            ledger.anchor(place, b"\2" * 32)
