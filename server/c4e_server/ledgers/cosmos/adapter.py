"""The ledger port on a chain of the Cosmos SDK: one batch, one transaction.

A transaction's hash is known before it leaves, and the chain takes it once at most: under its own sequence number, and
until its last block. So it may be sent any number of times. A batch is signed anew only when its earlier transactions
can never get into a block, which the chain's own account and height prove. Before anything is signed, every used
sequence number of the operator is accounted for (see `book`), so whatever was booked before is known, also after the
book was lost.

    pending    signed, in no block yet
    committed  in a block
    final      one block later: more than two thirds of the validators have signed it, and CometBFT has no forks
    failed     in a block without effect, in the chain's words; or void and against the rules by now
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil
from pathlib import Path

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Batch, Receipt, State
from c4e_opt.settlement.rules import check_floors, check_phases, check_reversible
from c4e_server.errors import InvalidConfig
from c4e_server.ledgers.cosmos import wire
from c4e_server.ledgers.cosmos.book import Attempt, Book
from c4e_server.ledgers.cosmos.keys import Key
from c4e_server.ledgers.cosmos.messages import memo_of, messages_of
from c4e_server.ledgers.cosmos.node import Node, OtherSequence, Refused, Standing
from c4e_server.ledgers.cosmos.setup import CosmosSetup
from c4e_server.ledgers.cosmos.signing import auth_of, body_of, hash_of, signed, transaction

_TRIES = 3
_IN_POOL_ALREADY = 19  # of codespace sdk
_GAS_OF_A_QUESTION = 1  # a simulation does not look at the limit


class CosmosLedger:
    """The whole port on one operator's account; safe to share between threads and between processes of one book."""

    def __init__(self, setup: CosmosSetup, book: Path, clock: Callable[[], float] = time.time) -> None:
        """Open the book; the node is first asked when something is submitted.

        Args:
            setup: Node, chain, keys, denoms and addresses.
            book: The operator's book, made when missing; its folder must exist.
            clock: Seconds since 1970, by which holds expire; the contract goes by the time of its block.

        Raises:
            InvalidConfig: The key cannot be read, or is not that of the operator.
            LedgerError: The book cannot be opened.
        """
        self._setup = setup
        self._key = _read_key(setup)
        self._clock = clock
        self._lock = threading.RLock()
        self._book = Book(book, f"{setup.chain_id} {setup.operator}")
        self._node = Node(setup.node, tls=setup.tls, deadline_s=setup.deadline_s, authority=setup.authority)
        self._right_chain = False

    def close(self) -> None:
        """Close the book and the connection."""
        with self._lock:
            self._book.close()
            self._node.close()

    def submit(self, batch: Batch) -> Receipt:
        """Book a batch, exactly once.

        What a simulation says is impossible is refused and leaves the id unknown, so that it may be submitted again
        when, say, a member has been topped up.
        """
        batch.check()
        with self._lock:
            known = self._known(batch)
            if known is not None and known.state in (State.FINAL, State.FAILED):
                return known
            standing = self._catch_up()
            known = self._known(batch)
            if known is None:
                self._check(batch)
                self._sign(batch, standing)
            elif known.state is State.PENDING:
                self._pursue(batch, standing)
            return self._receipt(batch.id)

    def status(self, batch_id: str) -> Receipt:
        """How far a batch has come, by what the chain did with its transaction."""
        with self._lock:
            known = self._book.receipt(batch_id)
            if known is None or known.state not in (State.FINAL, State.FAILED):
                self._catch_up()
            return self._receipt(batch_id)

    def reverse(self, batch_id: str) -> Receipt:
        """Take a batch back by a transaction of its own; whoever received pays, out of what is there."""
        with self._lock:
            self._catch_up()
            if self._book.batch(batch_id) is None and self._book.receipt(batch_id) is not None:
                raise LedgerError(f"batch {batch_id[:12]} was booked by another book; submit it here, then reverse it")
            return self.submit(check_reversible(self._book.counted(batch_id), batch_id).reversed())

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        """Minor units by account and asset, of the batches that the chain has booked; see `holdings`."""
        with self._lock:
            self._catch_up()
            for stranger in self._book.strangers():
                raise LedgerError(
                    f"the chain booked batch {stranger[:12]}, whose content is not in this book; submit that batch here"
                )
            found = self._book.balances()
        kept = {account: {a: n for a, n in held.items() if asset in (None, a)} for account, held in found.items()}
        return {account: held for account, held in kept.items() if held}

    def holdings(self, asset: str) -> Mapping[str, int]:
        """Base units of an asset's denom that the addresses of accounts hold, by address, in the bank's words.

        Beside what batches moved this is what members had before and did since.

        Raises:
            LedgerError: The asset does not move on this chain, or the node cannot be reached.
        """
        here = self._setup.assets.get(asset)
        if here is None or not here.denom:
            raise LedgerError(f"{asset} does not move on this chain; only digests of its batches are there")
        addresses = {*self._setup.accounts.values(), self._setup.clearing, *filter(None, (self._setup.escrow,))}
        return {address: self._node.balance(address, here.denom) for address in sorted(addresses)}

    def verify(self) -> list[str]:
        """Everything in which the chain differs from the book: of every counted batch its transaction, byte by byte."""
        wrong: list[str] = []
        with self._lock:
            self._catch_up()
            wrong += [f"batch {each[:12]}: booked on the chain and not in this book" for each in self._book.strangers()]
            for batch, name in self._book.counted_batches():
                found = self._node.transaction(name)
                where = f"batch {batch.id[:12]} ({name[:12]})"
                if found is None or found.code:
                    wrong.append(f"{where}: the node has no such transaction that had an effect")
                    continue
                hold = self._book.batch(batch.ends) if batch.ends else None
                if found.memo != memo_of(batch):
                    wrong.append(f"{where}: the memo is of another batch")
                elif hash_of(found.raw) != name or not _does(found.raw, batch, self._setup, hold):
                    wrong.append(f"{where}: the transaction does something else than the batch says")
        return wrong

    def _known(self, batch: Batch) -> Receipt | None:
        """What is known of this very batch."""
        self._book.adopt(batch)
        known = self._book.receipt(batch.id)
        if known is not None and known.digest != batch.digest:
            raise LedgerError(f"batch {batch.id[:12]} is known with other content; settle anew for a new id")
        return known

    def _receipt(self, batch_id: str) -> Receipt:
        return self._book.receipt(batch_id) or Receipt(batch_id=batch_id, state=State.UNKNOWN)

    def _check(self, batch: Batch) -> None:
        now = int(self._clock())
        check_phases(batch, now=now, find=self._book.counted, ended_by=self._book.ended_by)
        check_floors(batch, self._book.floors())

    def _catch_up(self) -> Standing:
        """Account for everything that the chain has done, and return where the operator's account stands."""
        setup = self._setup
        if not self._right_chain:
            chain = self._node.chain_id()
            if chain != setup.chain_id:
                raise LedgerError(f"node {setup.node} is of chain {chain!r}, not {setup.chain_id!r}; ask another")
            self._right_chain = True
        standing = self._node.standing(setup.operator)
        first = self._book.next_sequence(setup.first_sequence)
        if standing.height < self._book.height() or standing.sequence < first:
            raise LedgerError(
                f"node {setup.node} is at block {standing.height} and sequence {standing.sequence}, behind block "
                f"{self._book.height()} and sequence {first}, which were seen before; wait until it has caught up"
            )
        for sequence in range(first, standing.sequence):
            mine = [self._node.transaction(each.hash) for each in self._book.attempts("live", sequence=sequence)]
            found = next((each for each in mine if each is not None and not each.code), None)
            found = found or self._node.transaction_of(setup.operator, sequence)
            if found is None:
                raise LedgerError(
                    f"sequence {sequence} of {setup.operator} is used and node {setup.node} has no transaction of it; "
                    "ask again, or ask a node that indexes transactions and has not pruned this one"
                )
            self._book.account_for(sequence, found)
        self._book.advance(standing)
        return standing

    def _pursue(self, batch: Batch, standing: Standing) -> None:
        """Bring a pending batch on: send again what may still land, sign anew what never will."""
        if self._book.attempts("live", batch_id=batch.id):
            self._push()
            return
        try:
            kept = self._book.counted(batch.ends) if batch.ends else None
            others = {batch.id: ""}
            check_phases(
                batch,
                now=int(self._clock()),
                find=lambda name: kept if name == batch.ends else self._book.counted(name),
                ended_by=lambda hold: others.get(self._book.ended_by(hold), self._book.ended_by(hold)),
            )
        except LedgerError as error:
            self._book.give_up(batch.id, str(error))
            return
        self._sign(batch, standing)

    def _push(self) -> None:
        """Hand the node every transaction that may still land, in order, as a pool that lost them needs it."""
        sent: set[int] = set()
        for attempt in self._book.attempts("live"):
            if attempt.sequence not in sent:
                self._send(attempt)
                sent.add(attempt.sequence)

    def _send(self, attempt: Attempt) -> None:
        try:
            code, words = self._node.broadcast(attempt.raw)
        except LedgerError:
            return  # nobody knows whether it arrived; its hash will tell
        self._book.refused(attempt, "" if code in (0, _IN_POOL_ALREADY) else words)

    def _sign(self, batch: Batch, standing: Standing) -> None:
        """Write a batch and a new transaction of it into the book, and send it.

        Raises:
            LedgerError: It has no place on this chain, would fail or costs too much: nothing is written.
        """
        setup = self._setup
        hold = self._book.batch(batch.ends) if batch.ends else None
        messages = messages_of(batch, setup, hold)
        for _ in range(_TRIES):
            sequence = self._book.free_sequence(standing.sequence)
            last = standing.height + setup.timeout_blocks
            body = body_of(messages, memo_of(batch), last)
            question = auth_of(self._key.public, sequence, {}, _GAS_OF_A_QUESTION, setup.fee_granter)
            try:
                used = self._node.simulate(transaction(body, question, b""))
            except OtherSequence:
                self._push()
                standing = self._catch_up()
                if self._taken(batch):
                    return
                continue
            except Refused as error:
                raise LedgerError(f"batch {batch.id[:12]} is impossible now: {error}") from None
            gas = ceil(used * Fraction(setup.gas_adjustment))
            if gas > setup.gas_limit:
                raise LedgerError(
                    f"batch {batch.id[:12]} needs {gas} gas and at most {setup.gas_limit} are allowed; settle it in "
                    "parts, or raise gas_limit where the chain's blocks hold as much"
                )
            fee = {setup.fee_denom: ceil(gas * Fraction(setup.gas_price))}
            auth = auth_of(self._key.public, sequence, fee, gas, setup.fee_granter)
            raw = signed(body, auth, setup.chain_id, standing.account_number, self._key)
            attempt = Attempt(hash_of(raw), batch.id, sequence, last, raw)
            with self._book.transaction():
                if self._book.free_sequence(standing.sequence) != sequence or self._taken(batch):
                    continue  # another process of this book was faster
                self._book.keep(batch, attempt)
            self._send(attempt)
            return
        raise LedgerError(
            f"the sequence number of {setup.operator} keeps changing; submit again, and let nothing else sign with "
            "the operator's key"
        )

    def _taken(self, batch: Batch) -> bool:
        """Whether the batch is decided, or has a transaction that may still land."""
        known = self._book.receipt(batch.id)
        if known is None:
            return False
        return known.state is not State.PENDING or bool(self._book.attempts("live", batch_id=batch.id))


def _read_key(setup: CosmosSetup) -> Key:
    try:
        if os.name == "posix" and setup.key.stat().st_mode & 0o077:
            raise InvalidConfig(f"key {setup.key} can be read by others; chmod 600 it")
        key = Key.from_text(setup.key.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig(f"key {setup.key} cannot be read: {error.__class__.__name__}") from None
    except ValueError as error:
        raise InvalidConfig(f"key {setup.key} is neither 64 hexadecimal digits nor a mnemonic: {error}") from None
    address = key.address(setup.prefix)
    if address != setup.operator:
        raise InvalidConfig(f"key {setup.key} is of {address}, not of the operator {setup.operator}")
    return key


def _does(raw: bytes, batch: Batch, setup: CosmosSetup, hold: Batch | None) -> bool:
    """Whether a transaction's messages are those of a batch."""
    body = wire.read("cosmos.tx.v1beta1.Tx", raw).body
    said = [(each.type_url, each.value) for each in body.messages]
    return said == [(each["type_url"], each["value"]) for each in messages_of(batch, setup, hold)]
