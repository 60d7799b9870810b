"""A chain with an operator, contracts and members, for the tests of the Cosmos ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc

from c4e_opt.settlement import Batch, Receipt, State
from c4e_server.ledgers.cosmos import CosmosLedger, CosmosSetup, Denom, bech32, wire
from c4e_server.ledgers.cosmos.keys import Key
from c4e_server.ledgers.cosmos.messages import read_memo
from c4e_server.ledgers.cosmos.signing import auth_of, body_of, signed
from tests.service.cosmos_chain import EXECUTE, MULTI_SEND, SEND, Chain
from tests.service.cosmos_contracts import contract
from tests.service.cosmos_node import NodeDouble

ODD = "party:o'neill; \N{EURO SIGN} é"
NAMES = (
    *(f"party:{name}" for name in ("ann", "bob", "cid", "rest", "0", "1", "2")),
    *(f"wallet:{name}" for name in ("ann", "bob", "cid", "rest")),
    "rent:operator",
    "rounding:operator",
    ODD,
)
FUNDS = {"aelectricity": 10**31, "ueur": 10**6}
CHAIN_ID = "c4e-test-1"


def key_of(name: str) -> Key:
    return Key(int.from_bytes(hashlib.sha256(name.encode()).digest()))


def address(name: str) -> str:
    return key_of(name).address("c4e")


def contract_address(name: str) -> str:
    return bech32.encode("c4e", hashlib.sha256(name.encode()).digest())


class World:
    """One chain and its node; `clearing` and `granter` are accounts of their own where named."""

    def __init__(
        self,
        folder: Path,
        *,
        clearing: str = "operator",
        granter: str = "",
        anchor: bool = True,
        credentials: grpc.ServerCredentials | None = None,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "operator.key").write_text(hashlib.sha256(b"operator").hexdigest())
        (folder / "operator.key").chmod(0o600)
        self.now = 1_700_000_000
        self.chain = Chain(CHAIN_ID, time=self.now)
        self.operator, self.clearing = address("operator"), address(clearing)
        self.chain.fund(self.operator, {"uc4e": 10**12})
        for name in NAMES:
            funds = {} if name.startswith("wallet:") else FUNDS
            self.chain.fund(address(name), funds)
            self.chain.grant(address(name), self.operator, SEND)
        if clearing != "operator":
            self.chain.grant(self.clearing, self.operator, MULTI_SEND, EXECUTE)
        if granter:
            self.chain.fund(address(granter), {"uc4e": 10**12})
            self.chain.allow_fees(address(granter), self.operator, 10**12)
        for name in ("anchor", "escrow", "minter"):
            self.chain.contracts[contract_address(name)] = contract(self.clearing)
        self.node = NodeDouble(self.chain, credentials)
        self.opening = {name: dict(held) for name, held in self.chain.state.balances.items()}
        self.setup = CosmosSetup(
            node=self.node.address,
            tls=False,
            chain_id=CHAIN_ID,
            operator=self.operator,
            key=folder / "operator.key",
            clearing=self.clearing,
            gas_price=Decimal("0.03"),
            fee_granter=address(granter) if granter else "",
            timeout_blocks=10,
            deadline_s=5.0,
            anchor=contract_address("anchor") if anchor else "",
            escrow=contract_address("escrow"),
            assets={
                "EUR": Denom(kind="money", decimals=2, denom="ueur"),
                "electricity": Denom(kind="energy", decimals=18, denom="aelectricity"),
                "sun": Denom(kind="token", decimals=0, denom="factory/sun", minter=contract_address("minter")),
            },
            accounts={name: address(name) for name in NAMES},
        )

    def ledger(self, name: str = "book", **changes: Any) -> CosmosLedger:
        return CosmosLedger(replace(self.setup, **changes), self.folder / f"{name}.sqlite", lambda: self.now)

    def close(self) -> None:
        self.node.close()

    def set_clock(self, seconds: int) -> None:
        self.now = seconds
        self.chain.time = seconds

    def wait(self, ledger: CosmosLedger, batch_id: str) -> None:
        """Blocks until the batch is decided, and one more."""
        for _ in range(4):
            if ledger.status(batch_id).state not in (State.PENDING, State.COMMITTED):
                return
            self.node.block(time=self.now)

    def booked(self, ledger: CosmosLedger, batch: Batch) -> Receipt:
        ledger.submit(batch)
        self.wait(ledger, batch.id)
        return ledger.submit(batch)

    def moved(self) -> dict[str, dict[str, int]]:
        """What batches moved on the chain, by account and asset: the bank's balances less those of the beginning."""
        assets = {each.denom: name for name, each in self.setup.assets.items()}
        names = {address(name): name for name in NAMES} | {self.setup.escrow: "escrow", self.clearing: "clearing"}
        found: dict[str, dict[str, int]] = {}
        for where, held in self.chain.state.balances.items():
            for denom in held.keys() & assets.keys():
                more = held[denom] - self.opening.get(where, {}).get(denom, 0)
                if more:
                    found.setdefault(names[where], {})[assets[denom]] = more
        return found


def on_chain(balances: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Balances of a ledger as the bank has them: escrows are one address, issuers none."""
    found: dict[str, dict[str, int]] = {}
    for account, held in balances.items():
        word = account.split(":")[0]
        for asset, amount in held.items() if word != "issuer" else ():
            here = found.setdefault("escrow" if word == "escrow" else account, {})
            here[asset] = here.get(asset, 0) + amount
    return {account: {a: n for a, n in held.items() if n} for account, held in found.items() if any(held.values())}


def bookings(world: World, batch: Batch) -> list[int]:
    """Heights of the transactions that booked a batch."""
    found: list[int] = []
    for done in world.chain.done.values():
        said = read_memo(wire.read("cosmos.tx.v1beta1.Tx", done.raw).body.memo)
        if said is not None and said[0] == batch.id and done.code == 0:
            found.append(done.height)
    return found


def sound(world: World, ledger: CosmosLedger, *batches: Batch) -> None:
    """Exactly these are booked, each by one transaction, and the bank agrees."""
    held: dict[str, dict[str, int]] = {}
    for batch in batches:
        assert len(bookings(world, batch)) == 1
        for account, amounts in batch.totals().items():
            for asset, amount in amounts.items():
                here = held.setdefault(account, {})
                here[asset] = here.get(asset, 0) + amount
    assert on_chain(ledger.balances()) == on_chain(held)
    assert world.moved() == on_chain(held)
    assert ledger.verify() == []


def signed_by_others(world: World, sequence: int, memo: str = "") -> bytes:
    """A transaction that somebody else signs with the operator's key."""
    unit = [wire.make("cosmos.base.v1beta1.Coin", denom="uc4e", amount="1")]
    send = wire.make("cosmos.bank.v1beta1.MsgSend", from_address=world.operator, to_address=world.operator, amount=unit)
    auth = auth_of(key_of("operator").public, sequence, {"uc4e": 6000}, 200_000)
    number = world.chain.state.accounts[world.operator].number
    return signed(body_of([wire.packed(send)], memo), auth, CHAIN_ID, number, key_of("operator"))
