"""Postings: a statement as one batch of entries for a ledger, netted and idempotent by id.

There is exactly one posting per account, asset and step; what nets to zero is left out. Accounts:
    party:<id>      energy, tariffs and orders of a party
    rent:<id>       rents: of the operator at grid connections, of a tie's owner at its ends
    rounding:<id>   the operator's account for what rounding and tolerances leave over
    wallet:<id>     tokens and certificates of a party; never below zero
    issuer:<id>     the issuing side of tokens and certificates; its balance is what circulates, with a minus
    escrow:<name>   what a hold keeps; never below zero
    clearing        the other side of every posting where a ledger only knows transfers; it is zero after every step

A posting is positive when the account receives the asset. A batch sums to zero per asset and step.

Two phases. A hold is a batch that expires: it moves assets into an escrow. It is ended once, by a batch whose `ends`
names it: until it expires by whatever was agreed, from then on by giving back what it took (`Batch.given_back`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.errors import LedgerError, Unbalanced
from c4e_opt.settlement.rounding import Integers, narrow, sums
from c4e_opt.settlement.statement import CLEARING_ACT, Asset, Purpose, Statement

#: The account that stands between all others in a ledger of transfers.
CLEARING = "clearing"

#: Purposes whose positions have an account of their own, and its first word.
_OWN_ACCOUNT: Mapping[str, str] = {
    Purpose.RENT: "rent",
    Purpose.ROUNDING: "rounding",
    Purpose.ISSUER: "issuer",
    Purpose.ESCROW: "escrow",
}
#: Kinds of assets that parties keep in wallets.
_IN_WALLETS = ("token", "certificate")

#: First words of accounts that no batch may leave below zero.
NEVER_NEGATIVE = ("wallet", "escrow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One entry of a batch."""

    id: str  # 32 hexadecimal digits (128 bits), from the batch, account, asset and step
    account: str
    asset: str
    amount: int  # minor units, positive when the account receives them
    step: int
    period: str  # ISO 8601: start of the step and its duration
    purpose: str  # the first word of the account: party, rent or rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One posting as a transfer of a positive amount between its account and `clearing`."""

    id: str
    giver: str
    receiver: str
    asset: str
    amount: int
    period: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Postings that a ledger takes whole or not at all; as columns, sorted by step, asset and account.

    Attributes:
        id: SHA-256 over case digest, outcome digest, operator and assets: one settlement, one id.
        statement: Digest of the statement that it posts.
        reverses: Id of the batch that this one takes back; empty otherwise.
        ends: Id of the hold that this batch ends; empty otherwise.
        expires: On a hold, seconds since 1970 from which it can only be given back; 0 where nothing is held.
        assets: What is counted, with decimals.
        accounts: Names, sorted.
        starts: Start of every step, seconds since 1970-01-01T00:00Z, shape (step,).
        step_seconds: Length of every step, shape (step,).
        account: Place among the accounts, shape (posting,).
        asset: Place among the assets, shape (posting,).
        step: Step, shape (posting,).
        amount: Minor units, never zero, shape (posting,).
    """

    id: str
    statement: str
    reverses: str = ""
    ends: str = ""
    expires: int = 0
    assets: tuple[Asset, ...]
    accounts: tuple[str, ...]
    starts: IntArray
    step_seconds: IntArray
    account: IntArray
    asset: IntArray
    step: IntArray
    amount: Integers

    def __len__(self) -> int:
        """How many postings there are."""
        return self.account.size

    def __eq__(self, other: object) -> bool:
        """Batches are equal when id and content are."""
        return self is other or (isinstance(other, Batch) and self.digest == other.digest)

    def __hash__(self) -> int:
        """By id; equality is decided by the digest."""
        return hash(self.id)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole content, id included: the same id with another digest is refused by every ledger."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def check(self) -> None:
        """Refuse a batch that no ledger may take.

        Raises:
            LedgerError: Its columns are not as the class says: an amount is zero or no integer, a place names nothing,
                an account, asset and step have two postings.
            Unbalanced: Some asset does not sum to zero in some step.
        """
        wrong = self._malformed()
        if wrong:
            raise LedgerError(f"batch {self.id[:12]}: {wrong}")
        count = len(self.assets)
        total = sums(self.amount, self.step * count + self.asset, self.starts.size * count)
        for cell in np.flatnonzero(total)[:1].tolist():
            step, asset = divmod(int(cell), count)
            raise Unbalanced(
                f"batch {self.id[:12]}: {self.assets[asset].id} sums to {total[cell]} minor units in "
                f"{self._period(step)}; a batch sums to zero per asset and step"
            )

    def _malformed(self) -> str:
        """What is wrong with the columns, in words; empty when nothing is."""
        assets = tuple(asset.id for asset in self.assets)
        for what, names in (("account", self.accounts), ("asset", assets)):
            if len(set(names)) != len(names):
                return f"an {what} is named twice"
            for name in names:
                if not name or any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in name):
                    return f"{name!r} is no name of an {what}; give Unicode letters"
        for name, most in (("account", len(self.accounts)), ("asset", len(self.assets)), ("step", self.starts.size)):
            place: IntArray = getattr(self, name)
            if place.dtype.kind not in "iu" or place.shape != self.amount.shape:
                return f"{name} is no column of {self.amount.size} places"
            if place.size and not 0 <= int(place.min()) <= int(place.max()) < most:
                return f"a posting names {name} {int(place.max())} of {most}"
        if self.amount.dtype.kind not in "iO":
            return f"amounts are of type {self.amount.dtype}; they must be integers in minor units"
        each: Any
        for each in self.amount.tolist():
            if type(each) is not int or each == 0:
                return f"an amount is {each!r}; it must be an integer in minor units and not zero"
        keys = (self.step * len(self.assets) + self.asset) * max(len(self.accounts), 1) + self.account
        if np.unique(keys).size != keys.size:
            return "an account has two postings of an asset in one step; they must be netted"
        return ""

    def postings(self) -> Iterator[Posting]:
        """Every posting, in order."""
        columns = (self.account, self.asset, self.step, self.amount)
        rows: Any = zip(*(column.tolist() for column in columns), strict=True)
        names = [each.id for each in self.assets]
        periods = [self._period(step) for step in range(self.starts.size)]
        for account, asset, step, amount in rows:
            name, what = self.accounts[int(account)], names[int(asset)]
            raw = "\x1f".join((self.id, name, what, str(step)))
            yield Posting(
                id=hashlib.sha256(raw.encode()).hexdigest()[:32],
                account=name,
                asset=what,
                amount=amount,
                step=step,
                period=periods[int(step)],
                purpose=name.split(":")[0],
            )

    def transfers(self) -> Iterator[Transfer]:
        """The same as transfers from or to `clearing`, for ledgers whose only entry has a giver and a receiver."""
        for each in self.postings():
            received = each.amount > 0
            yield Transfer(
                id=each.id,
                giver=CLEARING if received else each.account,
                receiver=each.account if received else CLEARING,
                asset=each.asset,
                amount=abs(each.amount),
                period=each.period,
            )

    def totals(self) -> dict[str, dict[str, int]]:
        """What the batch adds to every account: account -> asset -> minor units; zeros left out."""
        count = len(self.assets)
        total = sums(self.amount, self.account * count + self.asset, len(self.accounts) * count)
        found: dict[str, dict[str, int]] = {}
        for cell in np.flatnonzero(total).tolist():
            account, asset = divmod(cell, count)
            found.setdefault(self.accounts[account], {})[self.assets[asset].id] = int(total[cell])
        return found

    def reversed(self) -> Batch:
        """The batch that takes this one back: every amount with the other sign, its id derived from this id."""
        return replace(
            self,
            id=reversal_id(self.id),
            reverses=self.id,
            amount=-self.amount,
        )

    def given_back(self) -> Batch:
        """The batch that ends this hold by giving back what it took."""
        return replace(
            self,
            id=hashlib.sha256(f"c4e-opt hold given back 1 {self.id}".encode()).hexdigest(),
            ends=self.id,
            expires=0,
            amount=-self.amount,
        )

    def to_json(self) -> dict[str, Any]:
        """The whole batch as JSON, amounts as strings of digits in minor units; `from_json` restores it."""
        phase = ({"ends": self.ends} if self.ends else {}) | ({"expires": self.expires} if self.expires else {})
        return phase | {
            "id": self.id,
            "statement": self.statement,
            "reverses": self.reverses,
            "assets": [{"id": a.id, "kind": a.kind, "decimals": a.decimals} for a in self.assets],
            "accounts": list(self.accounts),
            "starts": self.starts.tolist(),
            "step_seconds": self.step_seconds.tolist(),
            "account": self.account.tolist(),
            "asset": self.asset.tolist(),
            "step": self.step.tolist(),
            "amount": [str(each) for each in self.amount.tolist()],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Batch:
        """Restore a batch, as an outbox stores it, to the same digest."""

        def places(name: str) -> IntArray:
            return np.array(content[name], dtype=np.int64)

        return cls(
            id=content["id"],
            statement=content["statement"],
            reverses=content["reverses"],
            ends=content.get("ends", ""),
            expires=content.get("expires", 0),
            assets=tuple(Asset(**asset) for asset in content["assets"]),
            accounts=tuple(content["accounts"]),
            starts=places("starts"),
            step_seconds=places("step_seconds"),
            account=places("account"),
            asset=places("asset"),
            step=places("step"),
            amount=narrow(np.array([int(each) for each in content["amount"]], dtype=object)),
        )

    def _period(self, step: int) -> str:
        return f"{self.starts[step].astype('datetime64[s]')}Z/PT{self.step_seconds[step]}S"


def reversal_id(batch_id: str) -> str:
    """Id of the batch that takes this one back."""
    return hashlib.sha256(f"c4e-opt reversal 1 {batch_id}".encode()).hexdigest()


def batch_of(statement: Statement, *, ends: str = "", expires: int = 0) -> Batch:
    """Net a statement into one posting per account, asset and step.

    Args:
        statement: What is posted.
        ends: Id of the hold that this ends; empty where it ends none.
        expires: Where this is a hold, seconds since 1970 from which it can only be given back; 0 where it is none.

    Raises:
        Unbalanced: The statement does not sum to zero; one that `settle` returned always does.
    """
    running, kept = _accounts(statement)
    accounts, place = np.unique(np.concatenate([running, kept]), return_inverse=True)
    count, assets = max(accounts.size, 1), len(statement.assets)
    in_wallet = np.array([asset.kind in _IN_WALLETS for asset in statement.assets], dtype=np.bool_)
    holder = place[statement.position + running.size * in_wallet[statement.asset]]
    key = (statement.step * assets + statement.asset) * count + holder
    keys, group = np.unique(key, return_inverse=True)
    amount = sums(statement.amount, group, keys.size)
    some = np.flatnonzero(amount)
    keys = keys[some]
    used, account = np.unique(keys % count, return_inverse=True)
    batch = Batch(
        id=_batch_id(statement, ends, expires),
        statement=statement.digest,
        ends=ends,
        expires=expires,
        assets=statement.assets,
        accounts=tuple(accounts[used].tolist()),
        starts=statement.starts,
        step_seconds=statement.step_seconds,
        account=account.astype(np.int64),
        asset=keys // count % assets,
        step=keys // count // assets,
        amount=narrow(amount[some]),
    )
    batch.check()
    return batch


def _accounts(statement: Statement) -> tuple[TextArray, TextArray]:
    """Names of the account and of the wallet of every position, shapes (position,)."""
    where = statement.positions
    rows: Any = zip(where.party.tolist(), where.component.tolist(), where.purpose.tolist(), strict=True)
    own: list[tuple[str, str]] = []
    for party, component, purpose in rows:
        word = _OWN_ACCOUNT.get(purpose)
        name = f"{word}:{component if word == 'escrow' else party}"
        own.append((name, name) if word else (f"party:{party}", f"wallet:{party}"))
    running, kept = zip(*own, strict=True) if own else ((), ())
    return np.array(running, dtype=np.str_), np.array(kept, dtype=np.str_)


def _batch_id(statement: Statement, ends: str, expires: int) -> str:
    assets = [[asset.id, asset.kind, asset.decimals] for asset in statement.assets]
    content: list[Any] = [
        "c4e-opt batch 1",
        statement.case_digest,
        statement.outcome_digest,
        statement.operator,
        assets,
    ]
    if statement.act != CLEARING_ACT or statement.basis:
        content += [statement.act, statement.basis]
    if ends or expires:
        content += [ends, expires]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
