"""A batch as the settlement contract takes it: netted over its steps, sorted, cut into parts.

One entry per account and asset; the digest of the batch, which covers its steps, goes with it. Netting is what makes a
chain affordable: docs/ledgers.md has the gas of both ways.
"""

from __future__ import annotations

import string
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode as abi_encode
from web3 import Web3

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Asset, Batch

#: What the contract takes in one transaction, see settlement.vy.
MOST_ENTRIES, MOST_ASSETS, NAME_BYTES, KIND_BYTES, MOST_DECIMALS = 160, 32, 160, 32, 255
#: Amounts and sums lie within ±(2**255 - 1).
LARGEST = 2**255 - 1
#: Seconds since 1970 that a hold may expire at, as on every ledger.
_LAST = 2**63
_NONE = bytes(32)

# Gas of one part at the most, in cold storage; measured on py-evm (Prague) and held by a test.
_GAS_BASE, _GAS_ASSET, _GAS_ENTRY, _GAS_NAME, _GAS_NAME_BYTE = 115_000, 45_000, 50_000, 25_600, 60
_GAS_PHASE, _GAS_OPEN = 50_000, 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a batch adds to one account in one asset."""

    account: bytes
    asset: int  # place among the assets of the part
    amount: int
    name: str  # of the account


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What goes into one transaction."""

    assets: tuple[Asset, ...]
    entries: tuple[Entry, ...]

    def names(self, known: Container[str]) -> list[str]:
        """Accounts that are not named yet, sorted."""
        return sorted({entry.name for entry in self.entries if entry.name not in known})

    def gas(self, names: list[str]) -> int:
        """Gas that this part takes at the most, whatever the contract has stored."""
        said = sum(_GAS_NAME + _GAS_NAME_BYTE * len(name.encode()) for name in names)
        return _GAS_BASE + _GAS_ASSET * len(self.assets) + _GAS_ENTRY * len(self.entries) + said


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A batch as the contract takes it."""

    head: tuple[bytes, bytes, int, int, bytes, bytes]  # id, digest, postings, expires, reverses, ends
    parts: tuple[Part, ...]

    def call(self, place: int, known: Container[str]) -> tuple[list[Any], int]:
        """Arguments of `book` for one part, and the gas that it may take."""
        part = self.parts[place]
        names = part.names(known)
        assets = [(asset.id, asset.kind, asset.decimals) for asset in part.assets]
        entries = [(entry.account, entry.asset, entry.amount) for entry in part.entries]
        arguments = [self.head, place, place == len(self.parts) - 1, assets, names, entries]
        phases = _GAS_PHASE * any((self.head[3], any(self.head[4]), any(self.head[5])))
        return arguments, part.gas(names) + phases + _GAS_OPEN * (len(self.parts) > 1)


def hashed(name: str) -> bytes:
    """What a contract knows an account or an asset by."""
    return bytes(Web3.keccak(text=name))


def head_hash(head: tuple[bytes, bytes, int, int, bytes, bytes]) -> bytes:
    """What the contract keeps of the head of a batch in parts."""
    return bytes(Web3.keccak(abi_encode(["(bytes32,bytes32,uint64,uint64,bytes32,bytes32)"], [head])))


def is_id(text: str) -> bool:
    """Whether this can be the id of a batch on a chain: 64 lower-case hexadecimal digits."""
    return len(text) == 64 and not set(text) - set(string.hexdigits.lower())


def pack(batch: Batch, most: int = MOST_ENTRIES) -> Packed:
    """Net, sort and cut a batch.

    Args:
        batch: A balanced batch.
        most: Entries per part.

    Raises:
        LedgerError: The contract cannot hold it: an amount beyond 256 bits, a name that is too long, an id that is no
            hash; all that is wrong at once.
    """
    totals = batch.totals()
    wrong = [*_wrong_ids(batch), *_wrong_names(batch), *_wrong_amounts(totals)]
    if not 0 <= batch.expires < _LAST:
        wrong.append(f"it expires at {batch.expires}; give seconds since 1970, or 0 where nothing is held")
    if wrong:
        raise LedgerError(f"batch {batch.id[:12]} does not fit on the chain: {'; '.join(wrong)}")
    assets = {asset.id: asset for asset in batch.assets}
    rows = sorted(
        (hashed(asset), hashed(account), amount, account, asset)
        for account, amounts in totals.items()
        for asset, amount in amounts.items()
    )
    parts: list[Part] = []
    for chunk in _chunks(rows, most):
        here = list(dict.fromkeys(row[4] for row in chunk))
        entries = tuple(
            Entry(account=account, asset=here.index(asset), amount=amount, name=name)
            for _, account, amount, name, asset in chunk
        )
        parts.append(Part(assets=tuple(assets[name] for name in here), entries=entries))
    head = (
        bytes.fromhex(batch.id),
        bytes.fromhex(batch.digest),
        len(batch),
        batch.expires,
        bytes.fromhex(batch.reverses) or _NONE,
        bytes.fromhex(batch.ends) or _NONE,
    )
    return Packed(head=head, parts=tuple(parts) or (Part(assets=(), entries=()),))


def _chunks(rows: list[Any], most: int) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    assets = 0
    for row in rows:
        fresh = not chunk or chunk[-1][4] != row[4]
        if len(chunk) == most or (fresh and assets == MOST_ASSETS):
            yield chunk
            chunk, assets, fresh = [], 0, True
        chunk.append(row)
        assets += fresh
    if chunk:
        yield chunk


def _wrong_ids(batch: Batch) -> Iterator[str]:
    for what, said in (("id", batch.id), ("reverses", batch.reverses), ("ends", batch.ends)):
        if not is_id(said) and (said or what == "id"):
            yield f"`{what}` is {said[:80]!r}; it must be a hash of 64 hexadecimal digits"


def _wrong_names(batch: Batch) -> Iterator[str]:
    for what, name, most in (
        *(("account", name, NAME_BYTES) for name in batch.accounts),
        *(("asset", asset.id, NAME_BYTES) for asset in batch.assets),
        *(("kind", asset.kind, KIND_BYTES) for asset in batch.assets),
    ):
        if len(name.encode()) > most:
            yield f"{what} {name[:40]!r} has {len(name.encode())} bytes; it may have {most}"
    for asset in batch.assets:
        if not 0 <= asset.decimals <= MOST_DECIMALS:
            yield f"{asset.id} has {asset.decimals} decimals; it may have 0 to {MOST_DECIMALS}"


def _wrong_amounts(totals: dict[str, dict[str, int]]) -> Iterator[str]:
    given: dict[str, int] = {}
    for account, amounts in totals.items():
        for asset, amount in amounts.items():
            given[asset] = given.get(asset, 0) + max(amount, 0)
            if abs(amount) > LARGEST:
                digits = len(str(abs(amount)))
                yield f"{account} gets an amount of {digits} digits of {asset}; a contract counts to 2**255 - 1"
    for asset, total in given.items():
        if total > LARGEST:
            yield f"{asset} moves more than 2**255 - 1 minor units in all"
