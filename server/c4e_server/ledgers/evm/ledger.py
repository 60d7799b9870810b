"""The ledger on a chain: the whole port before one settlement contract.

The contract decides what is booked; this adapter brings batches there and asks. A batch is pending while it is signed
and in no block, committed while it is in a block that a fork could still drop, final after so many confirmations. What
a fork drops is pending again and sent again. An answer that got lost changes nothing: the chain is asked by id.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Batch, Receipt, State
from c4e_opt.settlement.postings import NEVER_NEGATIVE
from c4e_opt.settlement.rules import check_floors, check_phases, check_reversible
from c4e_server.ledgers.evm.artefacts import artefact
from c4e_server.ledgers.evm.chain import Block, Chain, Refused, hashes_of
from c4e_server.ledgers.evm.names import Names
from c4e_server.ledgers.evm.packing import MOST_ENTRIES, Packed, hashed, head_hash, is_id, pack
from c4e_server.ledgers.evm.sender import Sender
from c4e_server.ledgers.evm.sent import SentBook
from c4e_server.ledgers.evm.words import PASSING, in_words

_MOST_READ = 1000  # accounts per question, see settlement.vy
_POLL_S = 0.5
_MOST_REVERTS = 3
_GAS_ANCHOR = 120_000
_GAS_DROP = 120_000


class EvmLedger:
    """Books batches in a settlement contract, as its operator; safe to share between threads."""

    def __init__(
        self,
        provider: Any,
        *,
        contract: str,
        account: Any,
        book: Path,
        confirmations: int = 12,
        fee_limit_gwei: float = 200.0,
        most_entries: int = MOST_ENTRIES,
        patience_s: float = 60.0,
    ) -> None:
        """Join a chain and a contract that is deployed there.

        Args:
            provider: A provider of web3.
            contract: Address of the settlement contract.
            account: The operator's key, of eth_account.
            book: File that keeps what is signed; made when missing, never shared with another contract or key.
            confirmations: Blocks, its own included, after which a batch is final.
            fee_limit_gwei: Most that a unit of gas may cost.
            most_entries: Entries per transaction; more make a batch of several parts.
            patience_s: Seconds for which `submit` waits for the parts of a batch of several.

        Raises:
            LedgerError: The node does not answer, the contract is none of ours, or its operator is another.
        """
        self._lock = threading.RLock()
        self._chain = Chain(provider)
        self._confirmations, self._most, self._patience_s = max(confirmations, 1), most_entries, patience_s
        self._contract = self._chain.contract(contract, artefact("settlement").abi)
        self._check_contract(contract, str(account.address))
        self._book = SentBook(book)
        self._book.settle_at(self._chain.id(), contract, str(account.address))
        self._sender = Sender(self._chain, account, self._book, int(fee_limit_gwei * 10**9))
        self._names = Names(self._chain, self._contract, self._confirmations)
        self._references: dict[str, str] = {}  # of final batches
        self._swept = ""

    def close(self) -> None:
        """Close the book of what was sent."""
        self._book.close()

    def submit(self, batch: Batch) -> Receipt:
        """Book a batch, exactly once."""
        batch.check()
        packed = pack(batch, self._most)
        sends, most_sends = 0, len(packed.parts) + _MOST_REVERTS
        deadline = time.monotonic() + self._patience_s
        while True:
            with self._lock:
                self._sweep()
                found = self._look(batch.id, batch)
                if found is None and self._flies(batch.id):
                    self._sender.push()
                    found = self._look(batch.id, batch)
                elif found is None:
                    if sends == most_sends:
                        raise LedgerError(f"batch {batch.id[:12]} was sent {sends} times and reverted; {in_words('')}")
                    self._send_next(batch, packed)
                    sends += 1
                    found = self._look(batch.id, batch)
                if found is not None:
                    return found
                flies = self._flies(batch.id)
                if flies and (len(packed.parts) == 1 or time.monotonic() > deadline):
                    return self._pending(batch)
            if flies:
                time.sleep(_POLL_S)

    def status(self, batch_id: str) -> Receipt:
        """What is known of a batch."""
        with self._lock:
            self._sweep()
            found = self._look(batch_id) if is_id(batch_id) else None
            if found is None and self._flies(batch_id):
                self._sender.push()
                found = self._look(batch_id)
            if found is not None:
                return found
            sent = self._book.batch(batch_id)
            return self._pending(sent[0]) if sent else Receipt(batch_id=batch_id, state=State.UNKNOWN)

    def reverse(self, batch_id: str) -> Receipt:
        """Take a batch back, exactly once."""
        with self._lock:
            receipt = self.status(batch_id)
            sent = self._book.batch(batch_id)
            if sent is not None and receipt.counted:
                return self.submit(check_reversible(sent[0], batch_id).reversed())
            if receipt.counted:
                raise LedgerError(
                    f"batch {batch_id[:12]} was sent by another service, and the chain does not keep its steps; submit "
                    "`Batch.reversed` of its content instead"
                )
            if receipt.state is State.UNKNOWN:
                check_reversible(None, batch_id)
            raise LedgerError(f"batch {batch_id[:12]} is {receipt.state}; only what counts can be reversed")

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        """Minor units by account and asset, at one block, from the chain alone."""
        with self._lock:
            while True:
                block = self._chain.block()
                held = self._balances(block, asset)
                if self._chain.block(block.number).hash == block.hash:  # else a fork came between
                    return held

    def anchor(self, place: int, head: bytes) -> str:
        """Keep the head of a journal's chain at a place on this chain; places ascend.

        Returns:
            The hash of the transaction; empty when the same is anchored there already.

        Raises:
            LedgerError: Another head is anchored there or further on, or the chain cannot be reached.
        """
        with self._lock:
            if bytes(self._chain.call(self._contract.functions.anchors(place))) == head:
                return ""
            function = self._contract.functions.anchor(place, head)
            try:
                self._chain.call(function, sender=self._sender.address, gas=_GAS_ANCHOR)
            except Refused as refusal:
                raise LedgerError(f"anchor at {place}: {refusal}") from None
            return self._send(function, _GAS_ANCHOR, None)

    def anchored(self) -> tuple[int, bytes]:
        """The last place that is anchored, and its head; 0 and zeros when none is."""
        place = int(self._chain.call(self._contract.functions.anchored()))
        return place, bytes(self._chain.call(self._contract.functions.anchors(place)))

    def facts(self) -> dict[str, str | int]:
        """What an operator wants to know: chain, newest block, contract, own address and coins, waiting, anchor."""
        with self._lock:
            place, head = self.anchored()
            return {
                "chain": self._chain.id(),
                "block": self._chain.block().number,
                "contract": str(self._contract.address),
                "operator": self._sender.address,
                "coins_wei": self._chain.balance_wei(self._sender.address),
                "in_flight": len(self._sender.in_flight()),
                "anchored_place": place,
                "anchored_head": head.hex(),
            }

    def _check_contract(self, address: str, operator: str) -> None:
        code = self._chain.code(address)
        if hashlib.sha256(code).hexdigest() != artefact("settlement").runtime_sha256:
            what = "no contract" if not code else "another contract, or one of another version"
            raise LedgerError(f"at {address} there is {what}; deploy one with `c4e-opt evm deploy`")
        there = str(self._chain.call(self._contract.functions.operator()))
        if there != operator:
            raise LedgerError(
                f"the operator of {address} is {there}, and this key is {operator}; let {there} offer the role"
            )

    def _look(self, batch_id: str, batch: Batch | None = None) -> Receipt | None:
        """The receipt of what is booked or failed; None of all else."""
        kept = self._chain.call(self._contract.functions.record(bytes.fromhex(batch_id)))
        sent = self._book.batch(batch_id)
        digest = bytes(kept.digest).hex() if any(kept.digest) else sent[0].digest if sent else ""
        if batch is not None and digest and digest != batch.digest:
            raise LedgerError(f"batch {batch_id[:12]}: {in_words('other content')}")
        if any(kept.digest):
            return self._counted(batch_id, kept, sent is not None)
        if sent is not None and sent[1]:
            return Receipt(
                batch_id=batch_id,
                state=State.FAILED,
                digest=digest,
                postings=len(sent[0]),
                reverses=sent[0].reverses,
                detail=sent[1],
            )
        return None

    def _counted(self, batch_id: str, kept: Any, mine: bool) -> Receipt:
        final = self._chain.block().number - int(kept.block) + 1 >= self._confirmations
        if final and mine:
            self._book.finish(batch_id)
        reference = self._references.get(batch_id, "")
        if not reference:
            event = self._contract.events.Booked()
            found = hashes_of(self._chain.logs(event, kept.block, kept.block, id=bytes.fromhex(batch_id)))
            reference = found[0] if found else ""
            if final:
                self._references[batch_id] = reference
        return Receipt(
            batch_id=batch_id,
            state=State.FINAL if final else State.COMMITTED,
            digest=bytes(kept.digest).hex(),
            postings=int(kept.postings),
            reference=reference,
            reverses=bytes(kept.reverses).hex() if any(kept.reverses) else "",
        )

    def _pending(self, batch: Batch) -> Receipt:
        sent = self._book.of_batch(batch.id)
        return Receipt(
            batch_id=batch.id,
            state=State.PENDING,
            digest=batch.digest,
            postings=len(batch),
            reference=sent[-1].hash if sent else "",
            reverses=batch.reverses,
        )

    def _flies(self, batch_id: str) -> bool:
        return any(sent.batch_id == batch_id for sent in self._sender.in_flight())

    def _sweep(self) -> None:
        """Once a block: send again what the chain has lost, and carry on what stopped half-way."""
        newest = self._chain.block().hash
        if newest == self._swept:
            return
        self._sender.push()
        for batch_id in self._book.unfinished():
            sent = self._book.batch(batch_id)
            if sent is None or self._look(batch_id) is not None or self._flies(batch_id):
                continue
            with contextlib.suppress(LedgerError):  # whoever asks for that batch is told
                self._send_next(sent[0], pack(sent[0], self._most))
        self._swept = newest

    def _send_next(self, batch: Batch, packed: Packed) -> None:
        """Send what brings a batch forward; it is not in flight.

        Raises:
            LedgerError: The contract refuses it and nothing of it was ever sent, or the chain cannot be reached.
        """
        self._check_opposite(batch)
        self._check_alone(batch)
        place = self._place(batch, packed)
        if place is None:
            return
        if place == 0 and len(packed.parts) > 1:
            self._foresee(batch)
        accounts, _ = self._names.at(self._chain.block().number)
        arguments, gas = packed.call(place, accounts)
        function = self._contract.functions.book(*arguments)
        self._sender.afford(gas)
        try:
            self._chain.call(function, sender=self._sender.address, gas=gas)
        except Refused as refusal:
            self._refuse(batch, place, refusal)
            return
        self._send(function, gas, batch)

    def _place(self, batch: Batch, packed: Packed) -> int | None:
        """Which part comes next; None when a batch in parts has to be dropped first, which is sent."""
        opened = self._chain.call(self._contract.functions.open())
        if not any(opened.id):
            return 0
        name = bytes(opened.id).hex()
        if name == batch.id and bytes(opened.head) == head_hash(packed.head) and opened.parts < len(packed.parts):
            return int(opened.parts)
        other = self._book.batch(name)
        if name != batch.id and other is not None and not other[1]:
            raise LedgerError(f"batch {name[:12]}, of several parts, is being booked; {in_words('another is open')}")
        self._send(self._contract.functions.drop(opened.id), _GAS_DROP, batch)
        return None

    def _refuse(self, batch: Batch, place: int, refusal: Refused) -> None:
        if refusal.reason == "overspent" and self._book.batch(batch.id) is None:
            check_floors(batch, self._held(batch))  # says who and how much
        detail = f"batch {batch.id[:12]}: {refusal}"
        sent = self._book.batch(batch.id) is not None
        if not sent or refusal.reason in PASSING or self._sender.in_flight():
            raise LedgerError(detail)
        self._book.fail(batch.id, detail)
        if place:
            self._send(self._contract.functions.drop(bytes.fromhex(batch.id)), _GAS_DROP, None)

    def _foresee(self, batch: Batch) -> None:
        """Refuse a batch in parts before its first part is sent, where the chain would refuse it after the last."""
        taken = batch.ends or batch.reverses
        kept = self._chain.call(self._contract.functions.record(bytes.fromhex(taken))) if taken else None
        sent = self._book.batch(taken) if kept is not None and any(kept.digest) else None
        if kept is None or not any(kept.digest) or sent is not None:  # else another service has its content
            ended_by = bytes(kept.undone).hex() if kept is not None and any(kept.undone) else ""
            now = self._chain.block().timestamp
            check_phases(batch, now=now, find=lambda _: sent[0] if sent else None, ended_by=lambda _: ended_by)
        check_floors(batch, self._held(batch))

    def _check_opposite(self, batch: Batch) -> None:
        """The contract compares netted entries; steps are compared here, where the content is known."""
        taken = self._book.batch(batch.reverses) if batch.reverses else None
        if taken is not None and check_reversible(taken[0], batch.reverses).reversed().digest != batch.digest:
            raise LedgerError(f"batch {batch.id[:12]}: {in_words('not the opposite')}")

    def _check_alone(self, batch: Batch) -> None:
        """What ends a hold or reverses a batch has no rival on its way; one of the two would fail."""
        if not (batch.ends or batch.reverses):
            return
        for rival in {sent.batch_id for sent in self._sender.in_flight()} - {"", batch.id}:
            sent = self._book.batch(rival)
            if sent is not None and (sent[0].ends, sent[0].reverses) == (batch.ends, batch.reverses):
                raise LedgerError(f"batch {batch.id[:12]}: {rival[:12]}, which does the same, is on its way; ask later")

    def _send(self, function: Any, gas: int, batch: Batch | None) -> str:
        call = str(self._contract.encode_abi(function.abi_element_identifier, args=function.args))
        return self._sender.send(str(self._contract.address), call, gas, batch).hash

    def _held(self, batch: Batch) -> dict[str, dict[str, int]]:
        """What wallets and escrows of a batch hold."""
        newest = self._chain.block().number
        found: dict[str, dict[str, int]] = {}
        for account, amounts in batch.totals().items():
            if account.split(":")[0] in NEVER_NEGATIVE:
                for asset in amounts:
                    found.setdefault(account, {})[asset] = self._read(asset, [hashed(account)], newest)[0]
        return found

    def _balances(self, block: Block, asset: str | None) -> dict[str, dict[str, int]]:
        accounts, assets = self._names.at(block.number)
        names = sorted(accounts)
        found: dict[str, dict[str, int]] = {name: {} for name in names}
        for each in sorted(assets):
            if asset in (None, each):
                amounts = self._read(each, [accounts[name] for name in names], block.number)
                for name, amount in zip(names, amounts, strict=True):
                    if amount:
                        found[name][each] = amount
        return {name: held for name, held in found.items() if held}

    def _read(self, asset: str, accounts: list[bytes], at: int) -> list[int]:
        read: list[int] = []
        for begin in range(0, len(accounts), _MOST_READ):
            chunk = accounts[begin : begin + _MOST_READ]
            read += self._chain.call(self._contract.functions.balances(hashed(asset), chunk), at=at)
        return read
