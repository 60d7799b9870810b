"""Random sequences of batches, in blocks and forks as they come: the chain holds what the ledger in memory holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Batch, MemoryLedger
from c4e_opt.settlement.conformance import sample_batch
from c4e_opt.settlement.statement import Asset
from c4e_server.ledgers.evm.ledger import EvmLedger
from tests.service.evm import Evm

EUR, COIN = Asset(id="EUR", kind="money", decimals=2), Asset(id="coin", kind="token", decimals=6)
ACCOUNTS = ("party:ann", "party:bob", "wallet:ann", "wallet:bob", "issuer:sun", "escrow:e")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Evm:
    return Evm(tmp_path_factory.mktemp("evm"))


@st.composite
def acts(draw: st.DrawFn) -> list[tuple[str, Batch]]:
    """Book, hold, end, give back or reverse: most are taken, some break a rule."""
    done: list[tuple[str, Batch]] = []
    amount = st.integers(-9, 9).filter(bool) | st.sampled_from([10**30, -(10**30)])
    for place in range(draw(st.integers(1, 6))):
        what = draw(st.sampled_from(["book", "book", "hold", "end", "back", "reverse", "again"]))
        earlier = [batch for _, batch in done]
        if what in ("end", "back", "reverse", "again") and earlier:
            taken = draw(st.sampled_from(earlier))
            batch = {"back": taken.given_back(), "reverse": taken.reversed()}.get(what, taken)
            if what == "end":
                batch = replace(sample_batch(f"end {place}", {"escrow:e": -5, "party:bob": 5}), ends=taken.id)
        elif what == "hold":
            amounts = {"escrow:e": 5, "party:ann": -5}
            batch = replace(sample_batch(f"hold {place}", amounts), expires=4_000_000_000)
        else:
            amounts = draw(st.dictionaries(st.sampled_from(ACCOUNTS[:5]), amount, min_size=1, max_size=4))
            batch = sample_batch(f"batch {place}", amounts, draw(st.sampled_from([EUR, COIN])))
        done.append((what, batch))
    return done


def done(ledger: EvmLedger | MemoryLedger, what: str, batch: Batch) -> bool:
    try:
        receipt = ledger.reverse(batch.reverses) if what == "reverse" and batch.reverses else ledger.submit(batch)
    except LedgerError:
        return False
    return receipt.counted


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(sequence=acts(), most=st.sampled_from([160, 2]))
def test_any_sequence_leaves_the_balances_of_the_ledger_in_memory(
    chain: Evm, sequence: list[tuple[str, Batch]], most: int
):
    follow(chain, sequence, most)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=acts(), most=st.sampled_from([160, 2, 1]))
def test_many_sequences_leave_the_balances_of_the_ledger_in_memory(
    chain: Evm, sequence: list[tuple[str, Batch]], most: int
):
    follow(chain, sequence, most)


def follow(chain: Evm, sequence: list[tuple[str, Batch]], most: int) -> None:
    ledger, memory = chain.fresh(most_entries=most), MemoryLedger()
    for what, batch in sequence:
        taken = done(memory, what, batch)
        assert done(ledger, what, batch) == taken, f"{what} {batch.totals()} is taken by one ledger only ({taken})"
        assert {name: dict(held) for name, held in ledger.balances().items()} == memory.balances()
    ledger.close()
