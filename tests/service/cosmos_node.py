"""A node of the chain in memory, for tests: gRPC with real bytes, a pool, blocks on demand, faults of a network.

A fault is named by method: `lose_requests["BroadcastTx"] = 2` loses the next two requests, `lose_answers` does what was
asked and loses the answer.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from c4e_server.ledgers.cosmos import wire
from c4e_server.ledgers.cosmos.signing import hash_of
from tests.service.cosmos_chain import Chain, Done, Fail

_TX = "cosmos.tx.v1beta1"


class Stop(Exception):
    """A status of gRPC instead of an answer."""

    def __init__(self, code: grpc.StatusCode, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class NodeDouble:
    """Listens on a free loopback port until closed."""

    def __init__(self, chain: Chain, credentials: grpc.ServerCredentials | None = None) -> None:
        self.chain = chain
        self.pool: list[bytes] = []
        self.lose_requests: Counter[str] = Counter()
        self.lose_answers: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.withheld = False  # blocks are empty
        self.indexes = True  # whether transactions are found
        self.behind = 0  # blocks that answers about accounts lag
        self.says_height = True
        self._lock = threading.RLock()
        self._server = grpc.server(ThreadPoolExecutor(4))
        for package, service, methods in (
            ("cosmos.auth.v1beta1", "Query", {"Account": self._account}),
            ("cosmos.bank.v1beta1", "Query", {"Balance": self._balance}),
            ("cosmos.base.tendermint.v1beta1", "Service", {"GetNodeInfo": self._node_info}),
            (
                _TX,
                "Service",
                {
                    "BroadcastTx": self._broadcast,
                    "GetTx": self._get_tx,
                    "GetTxsEvent": self._get_txs,
                    "Simulate": self._simulate,
                },
            ),
        ):
            handlers = {name: self._handler(package, name, act) for name, act in methods.items()}
            self._server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(f"{package}.{service}", handlers),)
            )
        port = (
            self._server.add_insecure_port("127.0.0.1:0")
            if credentials is None
            else self._server.add_secure_port("127.0.0.1:0", credentials)
        )
        self.address = f"127.0.0.1:{port}"
        self._server.start()

    def close(self) -> None:
        self._server.stop(None).wait()

    def block(self, count: int = 1, time: int | None = None) -> None:
        """Make blocks; the first takes what is in the pool."""
        with self._lock:
            for _ in range(count):
                taken = [] if self.withheld else self.pool
                self.pool = self.pool if self.withheld else []
                self.chain.block(taken, self.chain.time + 6 if time is None else time)
                kept, self.pool = self.pool, []
                for raw in kept:  # the pool checks again what stays
                    try:
                        self.chain.check(raw)
                        self.pool.append(raw)
                    except Fail:
                        pass

    def restart(self) -> None:
        """The pool is lost."""
        with self._lock:
            self.pool = []
            self.chain.block([], self.chain.time)

    def _handler(self, package: str, method: str, act: Callable[[Any], Any]) -> grpc.RpcMethodHandler:
        kind = {"Account": "QueryAccountRequest", "Balance": "QueryBalanceRequest"}.get(method, f"{method}Request")

        def answer(question: Any, context: grpc.ServicerContext) -> Any:
            with self._lock:
                self.asked[method] += 1
                if self.lose_requests[method] > 0:
                    self.lose_requests[method] -= 1
                    context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "lost on the way there")
                if self.says_height:
                    height = self.chain.height - (self.behind if method == "Account" else 0)
                    context.send_initial_metadata((("x-cosmos-block-height", str(height)),))
                try:
                    said = act(question)
                except Stop as stop:
                    context.abort(stop.code, stop.words)
                if self.lose_answers[method] > 0:
                    self.lose_answers[method] -= 1
                    context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "lost on the way back")
                return said

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=lambda content: wire.read(f"{package}.{kind}", content),
            response_serializer=wire.written,
        )

    def _account(self, question: Any) -> Any:
        account = self.chain.state.accounts.get(question.address)
        if account is None:
            raise Stop(grpc.StatusCode.NOT_FOUND, f"account {question.address} not found")
        sequence = account.sequence
        if self.behind:
            sequence = self.chain.past[-self.behind][1].get(question.address, 0)
        base = wire.make(
            "cosmos.auth.v1beta1.BaseAccount",
            address=question.address,
            account_number=account.number,
            sequence=sequence,
        )
        return wire.make("cosmos.auth.v1beta1.QueryAccountResponse", account=wire.packed(base))

    def _balance(self, question: Any) -> Any:
        amount = self.chain.state.balances.get(question.address, {}).get(question.denom, 0)
        coin = wire.make("cosmos.base.v1beta1.Coin", denom=question.denom, amount=str(amount))
        return wire.make("cosmos.bank.v1beta1.QueryBalanceResponse", balance=coin)

    def _node_info(self, _: Any) -> Any:
        node = wire.make("tendermint.p2p.DefaultNodeInfo", network=self.chain.chain_id)
        return wire.make("cosmos.base.tendermint.v1beta1.GetNodeInfoResponse", default_node_info=node)

    def _broadcast(self, question: Any) -> Any:
        if question.mode != wire.BROADCAST_MODE_SYNC:
            raise Stop(grpc.StatusCode.INVALID_ARGUMENT, f"broadcast mode {question.mode}")
        said: dict[str, Any] = {"txhash": hash_of(question.tx_bytes)}
        done = self.chain.done.get(hash_of(question.tx_bytes))
        if question.tx_bytes in self.pool or (done is not None and done.code == 0):
            said |= {"code": 19, "codespace": "sdk", "raw_log": "tx already in mempool"}
        else:
            try:
                self.chain.check(question.tx_bytes)
                self.pool.append(question.tx_bytes)
            except Fail as fail:
                said |= {"code": fail.code, "codespace": fail.codespace, "raw_log": fail.words}
        response = wire.make("cosmos.base.abci.v1beta1.TxResponse", **said)
        return wire.make(f"{_TX}.BroadcastTxResponse", tx_response=response)

    def _simulate(self, question: Any) -> Any:
        try:
            used = self.chain.simulate(question.tx_bytes)
        except Fail as fail:
            raise Stop(grpc.StatusCode.UNKNOWN, f"{fail.words} With gas wanted: '0' and gas used: '1'") from None
        gas = wire.make("cosmos.base.abci.v1beta1.GasInfo", gas_used=used)
        return wire.make(f"{_TX}.SimulateResponse", gas_info=gas)

    def _get_tx(self, question: Any) -> Any:
        done = self.chain.done.get(question.hash) if self.indexes else None
        if done is None:
            raise Stop(grpc.StatusCode.NOT_FOUND, f"tx not found: {question.hash}")
        return wire.make(f"{_TX}.GetTxResponse", tx_response=_response(done))

    def _get_txs(self, question: Any) -> Any:
        said = re.fullmatch(r"tx\.acc_seq='(.+)'", question.events[0])
        if said is None or len(question.events) != 1:
            raise Stop(grpc.StatusCode.INVALID_ARGUMENT, f"events {list(question.events)}")
        names = self.chain.by_sequence.get(said[1], []) if self.indexes else []
        found = [_response(self.chain.done[name]) for name in names]
        return wire.make(f"{_TX}.GetTxsEventResponse", tx_responses=found)


def _response(done: Done) -> Any:
    try:
        tx = wire.packed(wire.read(f"{_TX}.Tx", done.raw))
    except DecodeError:
        tx = {"type_url": f"/{_TX}.Tx", "value": b""}
    return wire.make(
        "cosmos.base.abci.v1beta1.TxResponse",
        height=done.height,
        txhash=hash_of(done.raw),
        code=done.code,
        codespace=done.codespace,
        raw_log=done.words,
        gas_used=done.gas,
        tx=tx,
    )
