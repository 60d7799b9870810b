"""The Cosmos ledger among faults: lost requests and answers, lost pools and books, nodes that lag, others that sign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Asset, State
from c4e_opt.settlement.conformance import sample_batch
from c4e_server.ledgers.cosmos import CosmosLedger, wire
from c4e_server.ledgers.cosmos.signing import hash_of
from tests.service.cosmos_chain import EXECUTE, SEND, Fail
from tests.service.cosmos_world import FUNDS, World, address, sound

BATCH = sample_batch()
SUN = Asset(id="sun", kind="token", decimals=0)
OTHER = sample_batch("other", {"party:ann": -5, "party:bob": 3})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def ledger(world: World) -> CosmosLedger:
    return world.ledger()


def test_a_batch_is_pending_committed_and_final_by_blocks(world: World, ledger: CosmosLedger) -> None:
    first = ledger.submit(BATCH)
    assert (first.state, first.detail) == (State.PENDING, "in no block yet")
    assert ledger.balances() == {}
    world.node.block()
    committed = ledger.status(BATCH.id)
    assert (committed.state, committed.reference) == (State.COMMITTED, first.reference)
    assert ledger.balances() == BATCH.totals()
    world.node.block()
    assert ledger.status(BATCH.id).state is State.FINAL
    sound(world, ledger, BATCH)


@pytest.mark.parametrize("lost", ["lose_requests", "lose_answers"])
def test_a_lost_broadcast_is_resolved_by_asking(world: World, ledger: CosmosLedger, lost: str) -> None:
    getattr(world.node, lost)["BroadcastTx"] = 1
    first = ledger.submit(BATCH)
    assert first.state is State.PENDING
    again = world.booked(ledger, BATCH)
    assert (again.state, again.reference) == (State.FINAL, first.reference)
    sound(world, ledger, BATCH)


@pytest.mark.parametrize("method", ["GetNodeInfo", "Account", "Simulate"])
def test_what_cannot_be_asked_is_not_signed(world: World, ledger: CosmosLedger, method: str) -> None:
    world.node.lose_answers[method] = 1
    with pytest.raises(LedgerError, match=f"does not answer {method}: DEADLINE_EXCEEDED lost on the way back"):
        ledger.submit(BATCH)
    assert ledger.status(BATCH.id).state is State.UNKNOWN
    world.booked(ledger, BATCH)
    sound(world, ledger, BATCH)


def test_a_pool_that_was_lost_gets_its_transactions_again_in_order(world: World, ledger: CosmosLedger) -> None:
    ledger.submit(BATCH)
    ledger.submit(OTHER)
    world.node.restart()
    assert ledger.submit(OTHER).state is State.PENDING
    assert len(world.node.pool) == 2
    for batch in (OTHER, BATCH):
        assert world.booked(ledger, batch).state is State.FINAL
    sound(world, ledger, BATCH, OTHER)


def test_a_new_batch_after_a_lost_pool_does_not_leave_a_gap(world: World, ledger: CosmosLedger) -> None:
    ledger.submit(BATCH)
    world.node.restart()
    ledger.submit(OTHER)
    world.wait(ledger, OTHER.id)
    sound(world, ledger, BATCH, OTHER)


def test_a_transaction_is_signed_anew_only_when_it_is_void(world: World, ledger: CosmosLedger) -> None:
    first = ledger.submit(BATCH)
    old = world.node.pool[0]
    world.node.withheld = True
    world.node.block(10)
    assert ledger.submit(BATCH).reference == first.reference
    world.node.block()
    second = ledger.submit(BATCH)
    assert second.reference != first.reference
    world.node.withheld = False
    with pytest.raises(Fail, match="tx timeout height"):
        world.chain.check(old)
    world.node.pool.insert(0, old)
    assert world.booked(ledger, BATCH).reference == second.reference
    sound(world, ledger, BATCH)


def test_void_transactions_leave_their_numbers_to_others(world: World, ledger: CosmosLedger) -> None:
    ledger.submit(BATCH)
    world.node.withheld = True
    world.node.block(5)
    ledger.submit(OTHER)
    world.node.block(6)  # the first is void, the second waits for its number
    world.node.withheld = False
    third = sample_batch("third", {"party:ann": 1})
    for batch in (third, OTHER, BATCH):
        assert world.booked(ledger, batch).state is State.FINAL
    sound(world, ledger, BATCH, OTHER, third)


def test_a_transaction_that_fails_in_its_block_fails_the_batch_for_good(world: World, ledger: CosmosLedger) -> None:
    ledger.submit(BATCH)
    world.chain.revoke(address("party:ann"), world.operator, SEND)
    world.node.block()
    failed = ledger.status(BATCH.id)
    assert failed.state is State.FAILED
    assert failed.detail == (
        f"authz 2: failed to get grant from {address('party:ann')} for {SEND}: authorization not found"
    )
    world.chain.grant(address("party:ann"), world.operator, SEND)
    world.node.block(2)
    assert ledger.submit(BATCH) == ledger.status(BATCH.id) == failed
    with pytest.raises(LedgerError, match="unknown here; there is nothing to reverse"):
        ledger.reverse(BATCH.id)
    sound(world, ledger)
    world.booked(ledger, OTHER)
    sound(world, ledger, OTHER)


def test_who_cannot_pay_is_refused_until_topped_up(world: World, ledger: CosmosLedger) -> None:
    """A running account goes below zero; an address on a chain does not."""
    much = sample_batch("much", {"party:ann": -FUNDS["ueur"] - 1})
    with pytest.raises(LedgerError, match="spendable balance 1000000ueur is smaller than 1000001ueur: insufficient f"):
        ledger.submit(much)
    assert ledger.status(much.id).state is State.UNKNOWN
    world.chain.fund(address("party:ann"), {"ueur": 1})
    world.opening[address("party:ann")]["ueur"] += 1
    world.booked(ledger, much)
    sound(world, ledger, much)


def test_two_batches_that_only_one_can_be_paid_of(world: World, ledger: CosmosLedger) -> None:
    """Both pass the simulation; the second fails in its block."""
    both = [sample_batch(name, {"party:ann": -FUNDS["ueur"]}) for name in ("first", "second")]
    for batch in both:
        assert ledger.submit(batch).state is State.PENDING
    world.node.block(2)
    assert [ledger.status(batch.id).state for batch in both] == [State.FINAL, State.FAILED]
    assert "sdk 5: spendable balance 0ueur is smaller" in ledger.status(both[1].id).detail
    sound(world, ledger, both[0])


def test_a_fee_that_is_too_small_waits_in_the_nodes_words(world: World) -> None:
    ledger = world.ledger(gas_price=world.chain.least_price / 2)
    first = ledger.submit(BATCH)
    assert first.state is State.PENDING
    assert first.detail.startswith("sdk 13: insufficient fees; got: ")
    world.node.block(11)
    ledger.close()
    ledger = world.ledger()
    assert world.booked(ledger, BATCH).state is State.FINAL
    sound(world, ledger, BATCH)


def test_what_needs_too_much_gas_is_refused(world: World) -> None:
    ledger = world.ledger(gas_limit=100_000)
    with pytest.raises(LedgerError, match=r"needs \d+ gas and at most 100000 are allowed; settle it in parts"):
        ledger.submit(BATCH)
    assert ledger.status(BATCH.id).state is State.UNKNOWN


def test_gas_is_what_the_simulation_used_and_a_margin(world: World, ledger: CosmosLedger) -> None:
    ledger.submit(BATCH)
    auth = wire.read("cosmos.tx.v1beta1.Tx", world.node.pool[0]).auth_info
    world.node.block()
    (done,) = world.chain.done.values()
    assert 1.2 * done.gas < auth.fee.gas_limit < 1.4 * done.gas
    assert int(auth.fee.amount[0].amount) == -(-auth.fee.gas_limit * 3 // 100)


def test_the_granter_pays_the_fees(tmp_path: Path) -> None:
    world = World(tmp_path, granter="fund")
    ledger = world.ledger()
    world.booked(ledger, BATCH)
    assert world.chain.state.balances[world.operator]["uc4e"] == 10**12
    assert world.chain.state.balances[address("fund")]["uc4e"] < 10**12
    world.chain.allow_fees(address("fund"), world.operator, 10)
    assert ledger.submit(OTHER).detail == "feegrant 2: basic allowance: fee limit exceeded"
    sound(world, ledger, BATCH)
    world.close()


def test_a_number_that_is_used_by_nobody_known_stops_everything(world: World, ledger: CosmosLedger) -> None:
    ledger.submit(BATCH)
    world.node.indexes = False
    world.node.block()
    for act in (lambda: ledger.status(BATCH.id), lambda: ledger.submit(BATCH), lambda: ledger.submit(OTHER)):
        with pytest.raises(LedgerError, match=r"sequence 0 of c4e1\w+ is used and node .* has no transaction of it"):
            act()
    assert world.node.pool == []
    world.node.indexes = True
    world.booked(ledger, OTHER)
    sound(world, ledger, BATCH, OTHER)


def test_a_node_that_lags_is_not_believed(world: World, ledger: CosmosLedger) -> None:
    world.booked(ledger, BATCH)
    world.node.behind = 2
    with pytest.raises(LedgerError, match="behind block 3 and sequence 1, which were seen before"):
        ledger.submit(OTHER)
    world.node.behind = 0
    world.booked(ledger, OTHER)
    sound(world, ledger, BATCH, OTHER)


def test_a_node_that_does_not_say_its_height_is_not_believed(world: World, ledger: CosmosLedger) -> None:
    world.node.says_height = False
    with pytest.raises(LedgerError, match="does not say at which height it answers"):
        ledger.submit(BATCH)


def test_other_chains_and_absent_accounts_are_named(world: World) -> None:
    ledger = world.ledger(chain_id="perun")
    with pytest.raises(LedgerError, match=r"is of chain 'c4e-test-1', not 'perun'; ask another"):
        ledger.submit(BATCH)
    del world.chain.state.accounts[world.operator]
    with pytest.raises(LedgerError, match=r"c4e1\w+ is no account of this chain yet; send it something first"):
        world.ledger("second").submit(BATCH)
    with pytest.raises(LedgerError, match=r"is of perun c4e1\w+, not of c4e-test-1"):
        world.ledger()


def test_a_node_that_is_away_is_an_error_of_the_ledger(world: World, ledger: CosmosLedger) -> None:
    world.booked(ledger, BATCH)
    world.close()
    with pytest.raises(LedgerError, match="does not answer Account: UNAVAILABLE"):
        ledger.submit(OTHER)
    assert ledger.submit(BATCH).state is State.FINAL, "what is final needs no node"


def test_a_clearing_account_needs_grants_of_its_own(tmp_path: Path) -> None:
    world = World(tmp_path, clearing="house")
    world.chain.revoke(address("house"), world.operator, EXECUTE)
    with pytest.raises(LedgerError, match=rf"failed to get grant from {address('house')} for {EXECUTE}"):
        world.ledger().submit(BATCH)
    world.close()


def test_a_connection_may_be_encrypted(tmp_path: Path) -> None:
    key, certificate = self_signed()
    (tmp_path / "ca.pem").write_bytes(certificate)
    world = World(tmp_path, credentials=grpc.ssl_server_credentials([(key, certificate)]))
    node = world.node.address.replace("127.0.0.1", "localhost")
    ledger = world.ledger(node=node, tls=True, authority=tmp_path / "ca.pem")
    world.booked(ledger, BATCH)
    sound(world, ledger, BATCH)
    with pytest.raises(LedgerError, match="does not answer GetNodeInfo: UNAVAILABLE"):
        world.ledger("unknown authority", node=node, tls=True).submit(BATCH)
    world.close()


def self_signed() -> tuple[bytes, bytes]:
    """A private key and a certificate for localhost, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begin = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, certificate.public_bytes(Encoding.PEM)


def test_a_transaction_that_was_in_a_block_too_early_may_still_land(world: World, ledger: CosmosLedger) -> None:
    """It used no number up there: the failure that its hash shows decides nothing."""
    ledger.submit(BATCH)
    ledger.submit(OTHER)
    world.node.pool.reverse()
    early = hash_of(world.node.pool[0])
    world.node.block()
    assert world.chain.done[early].code == 32
    assert ledger.status(OTHER.id).state is State.PENDING
    assert world.booked(ledger, OTHER).reference == early
    sound(world, ledger, BATCH, OTHER)
