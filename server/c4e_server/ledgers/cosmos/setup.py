"""What the Cosmos ledger is told: node, chain, keys, fees, contracts, denoms of assets and addresses of accounts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from math import isfinite
from pathlib import Path
from typing import Any

from c4e_server.errors import InvalidConfig
from c4e_server.ledgers.cosmos import bech32

_KINDS = ("money", "energy", "token", "certificate")
_CONTRACTS = ("anchor", "escrow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Denom:
    """How an asset lives on the chain."""

    kind: str
    decimals: int  # of the batch's minor unit; one minor unit is one base unit of the denom
    denom: str = ""  # empty: nothing moves, only the digest of the batch is written
    minter: str = ""  # address of the contract that mints and burns it; needed for accounts `issuer:`


@dataclass(frozen=True, slots=True, kw_only=True)
class CosmosSetup:
    """One operator on one chain.

    Attributes:
        node: Host and port of a node's gRPC service; it must index transactions.
        tls: Whether the node is spoken to over TLS.
        authority: File with the certificates (PEM) that a node's certificate is held to; the usual ones when None.
        chain_id: Id of the chain; part of what is signed.
        prefix: Of addresses.
        operator: Address that signs and pays fees; its transactions are numbered without a gap.
        key: File with the operator's private key: 64 hexadecimal digits or a mnemonic.
        clearing: Address through which every transfer goes; the operator's own when empty.
        fee_denom: Denom of fees.
        gas_price: Fee per unit of gas, in base units of `fee_denom`.
        gas_adjustment: Gas that is allowed per gas that a simulation used.
        gas_limit: Most gas that one transaction may be allowed; a batch that needs more is refused.
        fee_granter: Address whose fee grant pays; the operator pays when empty.
        timeout_blocks: Blocks after which a transaction that is in none is void and may be signed anew.
        deadline_s: Seconds that one question to the node may take.
        first_sequence: Sequence number of the operator's account before which it posted nothing.
        anchor: Address of a contract that keeps id and digest of every batch; none when empty.
        escrow: Address of the contract that keeps holds; none when empty.
        assets: Denom by asset.
        accounts: Address by account.
    """

    node: str
    tls: bool = True
    authority: Path | None = None
    chain_id: str
    prefix: str = "c4e"
    operator: str
    key: Path
    clearing: str = ""
    fee_denom: str = "uc4e"
    gas_price: Decimal
    gas_adjustment: Decimal = Decimal("1.3")
    gas_limit: int = 20_000_000
    fee_granter: str = ""
    timeout_blocks: int = 50
    deadline_s: float = 10.0
    first_sequence: int = 0
    anchor: str = ""
    escrow: str = ""
    assets: Mapping[str, Denom] = field(default_factory=dict[str, Denom])
    accounts: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Fill in the clearing account; refuse what cannot work, all of it at once."""
        if not self.clearing:
            object.__setattr__(self, "clearing", self.operator)
        wrong = [*self._wrong_numbers(), *self._wrong_addresses()]
        for name, each in self.assets.items():
            if each.kind not in _KINDS:
                wrong.append(f"assets.{name}: kind is {each.kind!r}; it must be one of {', '.join(_KINDS)}")
            if not 0 <= each.decimals <= 18:
                wrong.append(f"assets.{name}: decimals is {each.decimals}; it must lie within [0, 18]")
        named = [each.denom for each in self.assets.values() if each.denom]
        wrong += [f"denom {each!r} stands for two assets" for each in sorted(set(named)) if named.count(each) > 1]
        if wrong:
            raise InvalidConfig("; ".join(wrong))

    def _wrong_numbers(self) -> list[str]:
        least = {
            "gas_price": 0,
            "gas_adjustment": 1,
            "gas_limit": 1,
            "timeout_blocks": 2,
            "deadline_s": 0.001,
            "first_sequence": 0,
        }
        return [
            f"{name} is {getattr(self, name)}; it must be a number from {bound} on"
            for name, bound in least.items()
            if not isfinite(getattr(self, name)) or getattr(self, name) < bound
        ]

    def _wrong_addresses(self) -> list[str]:
        named = {"operator": self.operator, "clearing": self.clearing, "fee_granter": self.fee_granter}
        named |= {name: getattr(self, name) for name in _CONTRACTS}
        named |= {f"accounts.{name}": address for name, address in self.accounts.items()}
        named |= {f"assets.{name}.minter": each.minter for name, each in self.assets.items()}
        wrong: list[str] = []
        for name, address in named.items():
            if not address and not name.startswith(("operator", "accounts.")):
                continue
            try:
                prefix, content = bech32.decode(address)
            except ValueError as error:
                wrong.append(f"{name} is {address!r}: it {error}")
                continue
            if prefix != self.prefix:
                wrong.append(f"{name} is {address!r}; its prefix must be {self.prefix!r}")
            elif len(content) not in (20, 32):
                wrong.append(f"{name} is {address!r}, of {len(content)} bytes; an address has 20 or 32")
        for name, address in self.accounts.items():
            if name.split(":")[0] in ("escrow", "issuer", "clearing"):
                wrong.append(f"accounts.{name}: escrows, issuers and the clearing account are no accounts of members")
            elif address == self.escrow:
                wrong.append(f"accounts.{name}: the address is that of the escrow contract")
        return wrong


def read_setup(path: Path) -> CosmosSetup:
    """Read the setup from a TOML file with the names of `CosmosSetup`; files are looked for beside it.

    Raises:
        InvalidConfig: It cannot be read, or something in it cannot work; everything at once.
    """
    try:
        said: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig(f"{path} cannot be read: {error.__class__.__name__}") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig(f"{path} is no TOML: {error}") from None
    chosen, wrong = _typed(CosmosSetup, said, "")
    assets: dict[str, Denom] = {}
    for name, content in said.get("assets", {}).items():
        denom, more = _typed(Denom, content, f"assets.{name}.")
        wrong += more
        if not more:
            assets[name] = Denom(**denom)
    if wrong:
        raise InvalidConfig("; ".join(f"{path.name}: {each}" for each in wrong))
    files = {name: path.parent / chosen[name] for name in ("key", "authority") if name in chosen}
    whole: Any = chosen | files | {"assets": assets}
    return CosmosSetup(**whole)


def _typed(record: Any, said: Any, where: str) -> tuple[dict[str, Any], list[str]]:
    """What a table says for the fields of a record, and what is wrong with it."""
    table: Any = said
    if not isinstance(said, dict):
        return {}, [f"{where.rstrip('.')} is {said!r}; it must be a table"]
    kinds = {each.name: str(each.type) for each in fields(record)}
    needed = [f.name for f in fields(record) if f.default is MISSING and f.default_factory is MISSING]
    wrong = [f"{where}{name} is unknown; known are {', '.join(kinds)}" for name in table if name not in kinds]
    wrong += [f"{where}{name} is missing" for name in needed if name not in table]
    chosen: dict[str, Any] = {}
    for name, content in table.items():
        try:
            if name in kinds:
                chosen[name] = _read(kinds[name], content)
        except (TypeError, InvalidOperation):
            wrong.append(f"{where}{name} is {content!r}; it must be of type {kinds[name]}")
    return chosen, wrong


def _read(kind: str, content: Any) -> Any:
    if kind.startswith("Mapping"):
        table: Any = content
        if not isinstance(content, dict):
            raise TypeError(table)
        if kind.endswith("str]") and not all(isinstance(each, str) for each in table.values()):
            raise TypeError(table)
        return table
    if isinstance(content, bool) is not (kind == "bool"):
        raise TypeError(content)
    allowed: Any = {"int": int, "float": (int, float), "Decimal": (int, float, str)}.get(kind, str)
    if kind != "bool" and not isinstance(content, allowed):
        raise TypeError(content)
    reader: Any = {"bool": bool, "int": int, "float": float, "Path": Path, "Path | None": Path}.get(kind, str)
    return Decimal(str(content)) if kind == "Decimal" else reader(content)
