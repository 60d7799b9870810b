"""A chain of the Cosmos SDK in memory, for tests: it refuses what a node refuses, in a node's order and words.

Ante handler of SDK 0.47: encoding, memo, timeout height, gas, fees and fee grants, sequence, signature in mode DIRECT.
Messages: bank sends, authz, contracts. A transaction that passes the ante handler uses up fee and sequence; its
messages then have all of their effect or none. What this does not have: validators, other modules, real prices of gas.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from google.protobuf.message import DecodeError

from c4e_server.ledgers.cosmos import wire
from c4e_server.ledgers.cosmos.keys import address_of, is_signed
from c4e_server.ledgers.cosmos.signing import hash_of, sign_bytes

SEND = "/cosmos.bank.v1beta1.MsgSend"
MULTI_SEND = "/cosmos.bank.v1beta1.MsgMultiSend"
EXEC = "/cosmos.authz.v1beta1.MsgExec"
EXECUTE = "/cosmwasm.wasm.v1.MsgExecuteContract"
_GAS = {SEND: 30_000, MULTI_SEND: 30_000, EXEC: 5_000, EXECUTE: 90_000}
_GAS_PER_OUTPUT, _GAS_PER_BYTE, _GAS_OF_SIGNATURE = 20_000, 10, 1_000
_LARGEST = 2**256 - 1


class Fail(Exception):
    """What the chain says no with."""

    def __init__(self, code: int, words: str, codespace: str = "sdk") -> None:
        super().__init__(words)
        self.code, self.words, self.codespace = code, words, codespace


@dataclass
class Account:
    number: int
    sequence: int = 0
    public: bytes = b""


@dataclass
class State:
    accounts: dict[str, Account] = field(default_factory=dict)
    balances: dict[str, dict[str, int]] = field(default_factory=dict)
    grants: set[tuple[str, str, str]] = field(default_factory=set)  # granter, grantee, type of message
    allowances: dict[tuple[str, str], int] = field(default_factory=dict)  # granter, grantee -> base units of the fee
    storage: dict[str, dict[str, Any]] = field(default_factory=dict)  # of contracts

    def receive(self, address: str, denom: str, amount: int) -> None:
        self.accounts.setdefault(address, Account(len(self.accounts)))
        held = self.balances.setdefault(address, {})
        held[denom] = held.get(denom, 0) + amount
        if held[denom] > _LARGEST:
            raise Fail(111222, "Int overflow: panic")

    def give(self, address: str, denom: str, amount: int) -> None:
        held = self.balances.get(address, {})
        if held.get(denom, 0) < amount:
            raise Fail(
                5,
                f"spendable balance {held.get(denom, 0)}{denom} is smaller than {amount}{denom}: insufficient funds",
            )
        held[denom] -= amount

    def send(self, giver: str, receiver: str, coins: Mapping[str, int]) -> None:
        for denom, amount in coins.items():
            self.give(giver, denom, amount)
            self.receive(receiver, denom, amount)


#: State, own address, sender, message, funds, time of the block.
Contract = Callable[[State, str, str, Mapping[str, Any], Mapping[str, int], int], None]


@dataclass(frozen=True)
class Done:
    """A transaction in a block."""

    height: int
    raw: bytes
    code: int = 0
    codespace: str = ""
    words: str = ""
    gas: int = 0


class Chain:
    """State by blocks; `check` and `simulate` work on the state of the node's pool, `block` on the real one."""

    def __init__(
        self, chain_id: str, *, fee_denom: str = "uc4e", least_price: str = "0.025", time: int = 1_700_000_000
    ):
        self.chain_id, self.fee_denom, self.least_price, self.time = chain_id, fee_denom, Decimal(least_price), time
        self.height = 1
        self.state, self.checked = State(), State()
        self.contracts: dict[str, Contract] = {}
        self.done: dict[str, Done] = {}
        self.by_sequence: dict[str, list[str]] = {}
        self.past: list[tuple[int, dict[str, int]]] = []  # height, sequence by address

    def fund(self, address: str, coins: Mapping[str, int]) -> None:
        for denom, amount in coins.items():
            self.state.receive(address, denom, amount)
        self.checked = copy.deepcopy(self.state)

    def grant(self, granter: str, grantee: str, *kinds: str) -> None:
        for state in (self.state, self.checked):
            state.grants.update((granter, grantee, kind) for kind in kinds)

    def revoke(self, granter: str, grantee: str, kind: str) -> None:
        for state in (self.state, self.checked):
            state.grants.discard((granter, grantee, kind))

    def allow_fees(self, granter: str, grantee: str, most: int) -> None:
        for state in (self.state, self.checked):
            state.allowances[granter, grantee] = most

    def check(self, raw: bytes) -> None:
        """CheckTx: the ante handler on the pool's state; messages are not run."""
        trial = copy.deepcopy(self.checked)
        self._ante(trial, raw, "check", self.height)
        self.checked = trial

    def simulate(self, raw: bytes) -> int:
        trial = copy.deepcopy(self.checked)
        body, gas = self._ante(trial, raw, "simulate", self.height)
        return gas + self._run(trial, body, None)

    def block(self, raws: list[bytes], time: int) -> None:
        """Make a block of these transactions; the pool's state is then the new one."""
        self.past.append((self.height, {name: each.sequence for name, each in self.state.accounts.items()}))
        self.height += 1
        self.time = time
        for raw in raws:
            self.done[hash_of(raw)] = self._deliver(raw)
        self.checked = copy.deepcopy(self.state)

    def _deliver(self, raw: bytes) -> Done:
        trial = copy.deepcopy(self.state)
        try:
            body, used = self._ante(trial, raw, "deliver", self.height)
        except Fail as fail:  # in the block, but neither fee nor sequence is used, and no event tells of it
            return Done(self.height, raw, fail.code, fail.codespace, fail.words)
        self.state = trial
        auth = wire.read("cosmos.tx.v1beta1.AuthInfo", wire.read("cosmos.tx.v1beta1.TxRaw", raw).auth_info_bytes)
        signer = address_of(wire.read(_KEY, auth.signer_infos[0].public_key.value).key, "c4e")
        self.by_sequence.setdefault(f"{signer}/{auth.signer_infos[0].sequence}", []).append(hash_of(raw))
        trial = copy.deepcopy(self.state)
        limit = auth.fee.gas_limit
        try:
            used += self._run(trial, body, limit - used)
        except Fail as fail:
            return Done(self.height, raw, fail.code, fail.codespace, fail.words, used)
        self.state = trial
        return Done(self.height, raw, gas=used)

    def _ante(self, state: State, raw: bytes, mode: str, height: int) -> tuple[Any, int]:
        tx = _strict("cosmos.tx.v1beta1.TxRaw", raw)
        body = _strict("cosmos.tx.v1beta1.TxBody", tx.body_bytes)
        auth = _strict("cosmos.tx.v1beta1.AuthInfo", tx.auth_info_bytes)
        messages = [_message(each) for each in body.messages]
        if not messages:
            raise Fail(18, "must contain at least one message: invalid request")
        for message in messages:
            _validate(message)
        signers = list(dict.fromkeys(_signer(message) for message in messages))
        if len(signers) != 1 or len(auth.signer_infos) != 1 or len(tx.signatures) != 1:
            raise Fail(4, f"wrong number of signers; expected {len(signers)}: unauthorized")
        if body.timeout_height and height > body.timeout_height:
            raise Fail(30, f"block height: {height}, timeout height: {body.timeout_height}: tx timeout height")
        if len(body.memo) > 256:
            raise Fail(12, f"maximum number of characters is 256 but received {len(body.memo)}: memo too large")
        used = _GAS_PER_BYTE * len(raw) + _GAS_OF_SIGNATURE
        if mode != "simulate" and used > auth.fee.gas_limit:
            raise Fail(11, f"out of gas in location: txSize; gasWanted: {auth.fee.gas_limit}: out of gas")
        self._take_fee(state, auth.fee, signers[0], mode)
        info = auth.signer_infos[0]
        account = state.accounts.get(signers[0])
        if account is None:
            raise Fail(9, f"account {signers[0]} does not exist: unknown address")
        if info.public_key.type_url != f"/{_KEY}" or info.mode_info.single.mode != wire.SIGN_MODE_DIRECT:
            raise Fail(8, "invalid pubkey or sign mode")
        public = _strict(_KEY, info.public_key.value).key
        if address_of(public, "c4e") != signers[0]:
            raise Fail(8, "pubKey does not match signer address: invalid pubkey")
        account.public = public
        if info.sequence != account.sequence:
            raise Fail(
                32,
                f"account sequence mismatch, expected {account.sequence}, got {info.sequence}: "
                "incorrect account sequence",
            )
        content = sign_bytes(tx.body_bytes, tx.auth_info_bytes, self.chain_id, account.number)
        if mode != "simulate" and not is_signed(public, content, tx.signatures[0]):
            raise Fail(
                4,
                f"signature verification failed; please verify account number ({account.number}) and chain-id "
                f"({self.chain_id}): unauthorized",
            )
        account.sequence += 1
        return body, used

    def _take_fee(self, state: State, fee: Any, signer: str, mode: str) -> None:
        coins = _coins(fee.amount)
        if set(coins) - {self.fee_denom}:
            raise Fail(13, f"fees are taken in {self.fee_denom} only: insufficient fee")
        amount = coins.get(self.fee_denom, 0)
        if mode == "check" and amount < self.least_price * fee.gas_limit:
            raise Fail(13, f"insufficient fees; got: {amount}{self.fee_denom}: insufficient fee")
        payer = signer
        if fee.granter and fee.granter != signer:
            left = state.allowances.get((fee.granter, signer))
            if left is None:
                raise Fail(38, f"fee-grant not found: {fee.granter} does not allow to pay fees for {signer}: not found")
            if left < amount:
                raise Fail(2, "basic allowance: fee limit exceeded", "feegrant")
            state.allowances[fee.granter, signer] = left - amount
            payer = fee.granter
        if amount:
            state.give(payer, self.fee_denom, amount)

    def _run(self, state: State, body: Any, limit: int | None) -> int:
        used = 0
        for each in body.messages:
            used += self._handle(state, _message(each))
            if limit is not None and used > limit:
                raise Fail(11, f"out of gas in location: WritePerByte; gasUsed: {used}: out of gas")
        return used

    def _handle(self, state: State, message: Any) -> int:
        kind = _kind(message)
        if kind == SEND:
            state.send(message.from_address, message.to_address, _coins(message.amount))
        elif kind == MULTI_SEND:
            giver = message.inputs[0].address
            for output in message.outputs:
                state.send(giver, output.address, _coins(output.coins))
            return _GAS[kind] + _GAS_PER_OUTPUT * len(message.outputs)
        elif kind == EXEC:
            used = _GAS[kind]
            for inner in (_message(each) for each in message.msgs):
                granter = _signer(inner)
                if granter != message.grantee and (granter, message.grantee, _kind(inner)) not in state.grants:
                    raise Fail(
                        2, f"failed to get grant from {granter} for {_kind(inner)}: authorization not found", "authz"
                    )
                used += self._handle(state, inner)
            return used
        else:
            if message.contract not in self.contracts:
                raise Fail(22, f"{message.contract}: no such contract", "wasm")
            funds = _coins(message.funds)
            state.send(message.sender, message.contract, funds)
            content = json.loads(message.msg)
            self.contracts[message.contract](state, message.contract, message.sender, content, funds, self.time)
        return _GAS[kind]


_KEY = "cosmos.crypto.secp256k1.PubKey"


def _strict(name: str, content: bytes) -> Any:
    """Read a message as the SDK does: nothing unknown in it, and in the one deterministic form."""
    try:
        message = wire.read(name, content)
    except DecodeError:
        raise Fail(2, f"{name} cannot be decoded: tx parse error") from None
    message.DiscardUnknownFields()
    if wire.written(message) != content:
        raise Fail(2, f"{name} has unknown fields or is not in deterministic form: tx parse error")
    return message


def _message(packed: Any) -> Any:
    name = packed.type_url.removeprefix("/")
    if packed.type_url not in _GAS:
        raise Fail(2, f"unable to resolve type URL {packed.type_url}: tx parse error")
    return _strict(name, packed.value)


def _kind(message: Any) -> str:
    return f"/{message.DESCRIPTOR.full_name}"


def _signer(message: Any) -> str:
    kind = _kind(message)
    if kind == MULTI_SEND:
        return message.inputs[0].address
    return getattr(message, {SEND: "from_address", EXEC: "grantee", EXECUTE: "sender"}[kind])


def _coins(listed: Any) -> dict[str, int]:
    coins = {each.denom: int(each.amount) for each in listed}
    if len(coins) != len(listed) or list(coins) != sorted(coins) or any(n <= 0 or n > _LARGEST for n in coins.values()):
        raise Fail(10, f"{coins}: invalid coins")
    return coins


def _validate(message: Any) -> None:
    """ValidateBasic."""
    kind = _kind(message)
    if kind == SEND and not _coins(message.amount):
        raise Fail(10, "a send of nothing: invalid coins")
    if kind == MULTI_SEND:
        if len(message.inputs) != 1 or not message.outputs:
            raise Fail(6, "multiple senders not allowed, or no receivers", "bank")
        total: dict[str, int] = {}
        for output in message.outputs:
            if not _coins(output.coins):
                raise Fail(10, "an output of nothing: invalid coins")
            for denom, amount in _coins(output.coins).items():
                total[denom] = total.get(denom, 0) + amount
        if total != _coins(message.inputs[0].coins):
            raise Fail(4, "sum inputs != sum outputs", "bank")
    if kind == EXEC:
        if not message.msgs:
            raise Fail(18, "messages cannot be empty: invalid request")
        for inner in message.msgs:
            _validate(_message(inner))
    if kind == EXECUTE:
        _coins(message.funds)
        json.loads(message.msg)
