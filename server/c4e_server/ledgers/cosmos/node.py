"""A node of the chain over gRPC: what it is asked, and what its answers mean.

Every question may be asked again, a broadcast of the same bytes too, so calls that fail for want of a connection are
tried again by gRPC itself. Source: cosmos-sdk v0.47 proto/cosmos/{auth,bank,tx,base/tendermint}/v1beta1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from c4e_opt.errors import LedgerError
from c4e_server.ledgers.cosmos import wire

_TX = "cosmos.tx.v1beta1"
_HEIGHT = "x-cosmos-block-height"
_WRONG_SEQUENCE = "incorrect account sequence"  # words of the SDK's error 32
_RETRIES = """{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s",
"maxBackoff": "1s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}"""
_LARGEST_ANSWER = 64 * 2**20


class Refused(LedgerError):
    """A simulation says that a transaction would fail."""


class OtherSequence(LedgerError):
    """A simulation says that another sequence number is due."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account as of one block."""

    account_number: int
    sequence: int  # the next one
    height: int  # of the block


@dataclass(frozen=True, slots=True)
class Included:
    """A transaction in a block."""

    hash: str
    height: int
    code: int  # 0 when it had its effect
    words: str  # codespace, code and log where it had none
    memo: str
    raw: bytes


class Node:
    """One node; safe to share between threads."""

    def __init__(self, address: str, *, tls: bool, deadline_s: float, authority: Path | None = None) -> None:
        """Connect when first asked."""
        self.address = address
        self._deadline_s = deadline_s
        options: Any = [
            ("grpc.service_config", _RETRIES),
            ("grpc.max_receive_message_length", _LARGEST_ANSWER),
            ("grpc.max_reconnect_backoff_ms", 5000),
        ]
        roots = authority.read_bytes() if authority else None
        self._channel: Any = (
            grpc.secure_channel(address, grpc.ssl_channel_credentials(roots), options)
            if tls
            else grpc.insecure_channel(address, options)
        )

    def close(self) -> None:
        """Disconnect."""
        self._channel.close()

    def chain_id(self) -> str:
        """Id of the node's chain."""
        service = "cosmos.base.tendermint.v1beta1"
        answer, _ = self._ask(service, "Service", "GetNodeInfo", wire.make(f"{service}.GetNodeInfoRequest"))
        return answer.default_node_info.network

    def standing(self, address: str) -> Standing:
        """Number and next sequence of an account, and the height at which they are so.

        Raises:
            LedgerError: The chain has no such account, or the node cannot be reached.
        """
        service = "cosmos.auth.v1beta1"
        question = wire.make(f"{service}.QueryAccountRequest", address=address)
        try:
            answer, height = self._ask(service, "Query", "Account", question)
        except _NotFound:
            raise LedgerError(f"{address} is no account of this chain yet; send it something first") from None
        kind = answer.account.type_url
        if kind != "/cosmos.auth.v1beta1.BaseAccount":
            raise LedgerError(f"{address} is an account of type {kind}; the operator's must be a BaseAccount")
        if height is None:
            raise LedgerError(f"node {self.address} does not say at which height it answers ({_HEIGHT}); ask another")
        account = wire.read(f"{service}.BaseAccount", answer.account.value)
        return Standing(account.account_number, account.sequence, height)

    def balance(self, address: str, denom: str) -> int:
        """Base units that an address holds."""
        service = "cosmos.bank.v1beta1"
        question = wire.make(f"{service}.QueryBalanceRequest", address=address, denom=denom)
        answer, _ = self._ask(service, "Query", "Balance", question)
        return int(answer.balance.amount or "0")

    def simulate(self, raw: bytes) -> int:
        """Gas that a transaction would use.

        Raises:
            OtherSequence: Its sequence number is not the one that is due.
            Refused: It would fail, in the node's words.
            LedgerError: The node cannot be reached.
        """
        try:
            answer, _ = self._ask(_TX, "Service", "Simulate", wire.make(f"{_TX}.SimulateRequest", tx_bytes=raw))
        except _Answered as error:
            if _WRONG_SEQUENCE in error.words:
                raise OtherSequence(error.words) from None
            raise Refused(error.words) from None
        return answer.gas_info.gas_used

    def broadcast(self, raw: bytes) -> tuple[int, str]:
        """Hand a transaction to the node's pool: the code of the node's check, 0 when taken, and its words."""
        question = wire.make(f"{_TX}.BroadcastTxRequest", tx_bytes=raw, mode=wire.BROADCAST_MODE_SYNC)
        answer, _ = self._ask(_TX, "Service", "BroadcastTx", question)
        return answer.tx_response.code, _words(answer.tx_response)

    def transaction(self, name: str) -> Included | None:
        """The transaction of this hash; None where it is in no block that the node has indexed."""
        try:
            answer, _ = self._ask(_TX, "Service", "GetTx", wire.make(f"{_TX}.GetTxRequest", hash=name))
        except _NotFound:
            return None
        return self._included(answer.tx_response)

    def transaction_of(self, address: str, sequence: int) -> Included | None:
        """The transaction that used this sequence number of an account; None where none is indexed.

        The SDK writes the event `tx.acc_seq` for those transactions that used the number up, also where they then
        failed, and for no others.
        """
        events = [f"tx.acc_seq='{address}/{sequence}'"]
        question = wire.make(f"{_TX}.GetTxsEventRequest", events=events, page=1, limit=2)
        answer, _ = self._ask(_TX, "Service", "GetTxsEvent", question)
        found = [self._included(each) for each in answer.tx_responses]
        if len(found) > 1:
            raise LedgerError(f"node {self.address} has {len(found)} transactions of sequence {sequence} of {address}")
        return found[0] if found else None

    def _included(self, response: Any) -> Included:
        try:
            memo = wire.read(f"{_TX}.Tx", response.tx.value).body.memo
        except DecodeError:
            raise LedgerError(f"node {self.address} answers with a transaction that cannot be read") from None
        return Included(response.txhash, response.height, response.code, _words(response), memo, response.tx.value)

    def _ask(self, package: str, service: str, method: str, question: Any) -> tuple[Any, int | None]:
        """The answer, and the height at which it is so where the node says it."""
        answered = {"Account": "QueryAccountResponse", "Balance": "QueryBalanceResponse"}.get(
            method, f"{method}Response"
        )

        def read(content: bytes) -> Any:
            return wire.read(f"{package}.{answered}", content)

        where = f"/{package}.{service}/{method}"
        call = self._channel.unary_unary(where, request_serializer=wire.written, response_deserializer=read)
        try:
            answer, told = call.with_call(question, timeout=self._deadline_s)
        except grpc.RpcError as error:
            raise self._failed(method, error) from None
        heights = [content for name, content in told.initial_metadata() or () if name == _HEIGHT]
        return answer, int(heights[0]) if heights else None

    def _failed(self, method: str, error: Any) -> LedgerError:
        code, words = error.code(), str(error.details() or "")
        if code is grpc.StatusCode.NOT_FOUND:
            return _NotFound(words)
        if method == "Simulate" and code in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INVALID_ARGUMENT):
            return _Answered(words)
        return LedgerError(f"node {self.address} does not answer {method}: {code.name} {words}".rstrip())


class _NotFound(LedgerError):
    """There is none of that."""


class _Answered(LedgerError):
    """The chain itself says no."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def _words(response: Any) -> str:
    if response.code == 0:
        return ""
    return f"{response.codespace or 'sdk'} {response.code}: {response.raw_log}".rstrip(": ")
