"""What the ledger asks of a node: calls, blocks, receipts, logs; what goes wrong there comes back as LedgerError.

No exception of web3, of the transport or of the node passes this module.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from web3 import Web3
from web3.exceptions import BlockNotFound, TransactionNotFound
from web3.middleware import AttributeDictMiddleware

from c4e_opt.errors import LedgerError
from c4e_server.ledgers.evm.words import in_words

_SPAN = 5_000  # blocks per question for logs; public nodes refuse long ones
_REVERTED = re.compile(r"execution reverted(?::\s*(?:b'')?([^\n\"',(]*))?")
_ERROR_STRING = "08c379a0"  # selector of Error(string), by which contracts tell their reasons


class Refused(Exception):
    """A contract refuses a call; `reason` as it stands in the contract, empty when it gave none."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(in_words(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block's header, as far as a ledger cares."""

    number: int
    hash: str
    base_fee_wei: int
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """What became of a transaction."""

    hash: str
    block: int
    done: bool  # False when it was mined and reverted
    gas: int
    created: str  # address of the contract that it made; empty when it made none


class Chain:
    """A node, asked through web3."""

    def __init__(self, provider: Any) -> None:
        """Join a node.

        Args:
            provider: A provider of web3.
        """
        # Others of web3's middleware ask the node again for its chain and its accounts with every call.
        self.web3 = Web3(provider, middleware=[AttributeDictMiddleware])

    def id(self) -> int:
        """The chain's number, which every signature names."""
        with self._asked("its chain id"):
            return int(self.web3.eth.chain_id)

    def contract(self, address: str, abi: Any) -> Any:
        """A contract to call; its methods go through `call`."""
        return self.web3.eth.contract(address=Web3.to_checksum_address(address), abi=abi, decode_tuples=True)

    def code(self, address: str) -> bytes:
        """The code at an address; empty where there is none."""
        with self._asked(f"the code at {address}"):
            return bytes(self.web3.eth.get_code(Web3.to_checksum_address(address)))

    def block(self, number: int | None = None) -> Block:
        """A block by number, the newest when None.

        Raises:
            LedgerError: The node has no such block, or does not answer.
        """
        with self._asked("a block"):
            found: Any = self.web3.eth.get_block("latest" if number is None else number)
            return Block(
                number=int(found["number"]),
                hash=bytes(found["hash"]).hex(),
                base_fee_wei=int(found.get("baseFeePerGas") or 0),
                timestamp=int(found["timestamp"]),
            )

    def call(self, function: Any, *, sender: str | None = None, gas: int | None = None, at: int | None = None) -> Any:
        """What a method of a contract would answer now, or at a block.

        Raises:
            Refused: The contract refuses.
            LedgerError: The node does not answer.
        """
        transaction: dict[str, Any] = {}
        if sender is not None:
            transaction["from"] = sender
        if gas is not None:
            transaction["gas"] = gas
        with self._asked("a contract"):
            return function.call(transaction, block_identifier="latest" if at is None else at)

    def count(self, address: str, *, pending: bool = False) -> int:
        """Transactions of an address that are mined; with those that wait, when asked for."""
        with self._asked("the nonce of the operator"):
            return int(
                self.web3.eth.get_transaction_count(
                    Web3.to_checksum_address(address), "pending" if pending else "latest"
                )
            )

    def balance_wei(self, address: str) -> int:
        """What an address holds of the chain's coin."""
        with self._asked("the operator's balance"):
            return int(self.web3.eth.get_balance(Web3.to_checksum_address(address)))

    def tip_wei(self) -> int:
        """The tip per gas that the node suggests."""
        with self._asked("its tip"):
            return int(self.web3.eth.max_priority_fee)

    def mined(self, hash_: str) -> Mined | None:
        """What became of a transaction; None while it is in no block of this chain."""
        with self._asked("a receipt"):
            try:
                found: Any = self.web3.eth.get_transaction_receipt(hash_)  # pyright: ignore[reportArgumentType]
            except TransactionNotFound:
                return None
            if found is None or found.get("blockNumber") is None:
                return None
            return Mined(
                hash=hash_,
                block=int(found["blockNumber"]),
                done=int(found["status"]) == 1,
                gas=int(found["gasUsed"]),
                created=str(found.get("contractAddress") or ""),
            )

    def knows(self, hash_: str) -> bool:
        """Whether the node has a transaction, mined or waiting."""
        with self._asked("a transaction"):
            try:
                return self.web3.eth.get_transaction(hash_) is not None  # pyright: ignore
            except TransactionNotFound:
                return False

    def broadcast(self, raw: bytes) -> None:
        """Hand a signed transaction to the node.

        Raises:
            LedgerError: The node refuses it or does not answer; it may have taken it all the same.
        """
        try:
            with self._asked("to take a transaction"):
                self.web3.eth.send_raw_transaction(raw)
        except Refused as refusal:
            raise LedgerError(f"the node refuses a transaction: {refusal}") from None

    def logs(self, event: Any, first: int, last: int, **topics: bytes) -> list[Any]:
        """Events of a contract in blocks first to last, in order.

        Args:
            event: An event of a contract.
            first: First block.
            last: Last block, inclusive; the chain must have it.
            topics: What indexed arguments must be.
        """
        found: list[Any] = []
        for begin in range(first, last + 1, _SPAN):
            with self._asked("for events"):
                end = min(begin + _SPAN - 1, last)
                found += event.get_logs(from_block=begin, to_block=end, argument_filters=topics)
        return found

    @contextmanager
    def _asked(self, what: str) -> Generator[None]:
        try:
            yield
        except LedgerError:
            raise
        except BlockNotFound as error:
            raise LedgerError(f"the chain has no such block (any more): {error}; submit again") from None
        except Exception as error:
            reason = reason_of(error)
            if reason is not None:
                raise Refused(reason) from None
            said = str(error)[:300] or type(error).__name__
            raise LedgerError(f"the chain, asked {what}, does not answer as it should: {said}") from None


def reason_of(error: Exception) -> str | None:
    """Why a contract refused, empty when it did not say; None when this is no refusal."""
    raw: Any = getattr(error, "data", None)
    told = raw.removeprefix("0x") if isinstance(raw, str) else ""
    if told.startswith(_ERROR_STRING):
        body = bytes.fromhex(told[8:])
        return body[64 : 64 + int.from_bytes(body[32:64], "big")].decode(errors="replace")
    match = _REVERTED.search(str(error))
    return None if match is None else (match.group(1) or "").strip()


def hashes_of(logs: Sequence[Any]) -> list[str]:
    """The transactions that logs come from."""
    return ["0x" + bytes(log["transactionHash"]).hex() for log in logs]
