"""A real Ethereum virtual machine (py-evm, rules of Prague) in this process, and ledgers on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_tester import EthereumTester, PyEVMBackend
from hexbytes import HexBytes
from web3 import EthereumTesterProvider, Web3

from c4e_opt.settlement import Batch
from c4e_opt.settlement.conformance import sample_batch
from c4e_opt.settlement.statement import Asset
from c4e_server.ledgers.evm.deploy import deploy
from c4e_server.ledgers.evm.ledger import EvmLedger

KEYS = [Account.from_key(f"0x{number:064x}") for number in (1001, 1002, 1003)]  # the last one is poor


class Line(EthereumTesterProvider):
    """The line to the node, which can be cut, and its pool of transactions that wait.

    eth-tester has no pool that takes several transactions of one sender. This one takes what geth takes: any nonce
    that is not used, and replacements whose fees are 10 % higher.
    """

    def __init__(self, tester: EthereumTester) -> None:
        super().__init__(tester)
        self.asked: list[str] = []
        self.cut_at: int | None = None  # so many more requests, then one is cut
        self.after = False  # whether the node has done it
        self.swallows = False  # the node takes transactions and forgets them
        self.by_hand = False  # transactions wait for `mine`
        self.pool: dict[int, str] = {}  # nonce -> signed bytes, hexadecimal

    def make_request(self, method: Any, params: Any) -> Any:
        self.asked.append(method)
        if self.swallows and method == "eth_sendRawTransaction":
            return {"jsonrpc": "2.0", "id": 0, "result": "0x" + "0" * 64}
        if self.cut_at is not None:
            self.cut_at -= 1
            if self.cut_at < 0:
                self.cut_at = None
                if self.after:
                    super().make_request(method, params)
                raise ConnectionError("the line is cut")
        if self.by_hand and method == "eth_sendRawTransaction":
            return self._pooled(params[0])
        if self.by_hand and method == "eth_getTransactionByHash" and params[0] in map(hash_of, self.pool.values()):
            return {"jsonrpc": "2.0", "id": 0, "result": {"hash": params[0]}}
        return super().make_request(method, params)

    def _pooled(self, raw: str) -> Any:
        fields, hash_ = read(raw), hash_of(raw)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": 0}
        here = self.pool.get(fields["nonce"])
        if fields["nonce"] < self.ethereum_tester.get_nonce(KEYS[0].address):
            return answer | {"error": {"code": -32000, "message": "nonce too low"}}
        for fee in ("maxFeePerGas", "maxPriorityFeePerGas") if here and here != raw else ():
            if fields[fee] * 10 < read(here)[fee] * 11:
                return answer | {"error": {"code": -32000, "message": "replacement transaction underpriced"}}
        self.pool[fields["nonce"]] = raw
        return answer | {"result": hash_}


def read(raw: str) -> dict[str, Any]:
    return TypedTransaction.from_bytes(HexBytes(raw)).as_dict()


def hash_of(raw: str) -> str:
    return Web3.to_hex(Web3.keccak(hexstr=raw))


class Evm:
    """One chain whose blocks, forks and clock a test decides."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tester = EthereumTester(PyEVMBackend())
        self.line = Line(self.tester)
        rich = self.tester.get_accounts()[0]
        for key in KEYS[:2]:
            self.tester.send_transaction({"from": rich, "to": key.address, "value": 10**21, "gas": 21_000})
        self.operator = KEYS[0]
        self.contract = deploy(self.line, self.operator, "settlement", self.operator.address)
        self._books = count()
        self._clean = self.tester.take_snapshot()

    def clear(self) -> None:
        """Go back to where nothing was booked, with blocks as transactions come."""
        self.tester.revert_to_snapshot(self._clean)
        self.line.swallows, self.line.by_hand, self.line.cut_at = False, False, None
        self.line.pool.clear()

    def ledger(self, book: Path | None = None, **options: Any) -> EvmLedger:
        """A ledger on the contract, with a book of its own or one that is named."""
        path = book or self.folder / f"{next(self._books)}.sqlite"
        chosen = {"confirmations": 1, "patience_s": 0.0} | options
        return EvmLedger(self.line, contract=self.contract, account=self.operator, book=path, **chosen)

    def fresh(self, **options: Any) -> EvmLedger:
        """A ledger on a contract that has booked nothing."""
        self.clear()
        return self.ledger(**options)

    def mine(self, blocks: int = 1) -> None:
        """Mine what waits, each in a block of its own, or so many empty blocks."""
        waiting, nonce = 0, self.tester.get_nonce(self.operator.address)
        while (raw := self.line.pool.pop(nonce + waiting, None)) is not None:
            self.tester.send_raw_transaction(raw)
            waiting += 1
        if blocks > waiting:
            self.tester.mine_blocks(blocks - waiting)

    def set_clock(self, seconds: int) -> None:
        """The newest block has this time; a chain's clock moves with its blocks."""
        if seconds > self.tester.get_block_by_number("latest")["timestamp"]:
            self.tester.time_travel(seconds)
            self.tester.mine_block()


def many(name: str, count_: int, assets: Sequence[Asset], steps: int = 1) -> Batch:
    """A batch of `count_` parties in every asset and step; neighbours pay each other."""
    one = sample_batch(name)
    places = np.arange(count_)
    cells = len(assets) * steps
    sign = np.where(places % 2 == 0, 1, -1) * (places // 2 + 1)
    sign[0] -= sign.sum() if count_ > 1 else 0
    return replace(
        one,
        assets=tuple(assets),
        accounts=tuple(f"party:household-{place:05d}" for place in places),
        starts=one.starts[0] + 900 * np.arange(steps),
        step_seconds=np.full(steps, 900),
        account=np.tile(places, cells),
        asset=np.tile(np.repeat(np.arange(len(assets)), count_), steps),
        step=np.repeat(np.arange(steps), count_ * len(assets)),
        amount=np.tile(sign, cells),
    )
