"""The book of granular certificates of origin: what devices produced, interval by interval, and what became of each Wh.

An issue says that a device produced so many whole Wh in an interval. Its Wh are numbered from 0; slices are ranges of
them, each with an owner and one fate. The slices of an issue cover it without gap or overlap, whatever is done: that is
why no Wh counts twice.

    held        in the wallet of its owner
    cancelled   stands for consumption of `user` in the same interval; `way` says own, local or others
    stored      charged a store; `user` names it
    expired     nobody used it in time

What a store gives back are new issues of the store, which name the issue whose Wh charged it (`origin`).

Source: EnergyTag, Granular Certificate Scheme Standard, version 2 (2024): certificates per device and interval of an
hour or less, storage charge and discharge records, first in first out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np

from c4e_opt.arrays import BoolArray, IntArray, TextArray
from c4e_opt.digest import Digest
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, duplicates
from c4e_opt.settlement.statement import Asset
from c4e_opt.settlement.tokens.token_book import Spans

HELD, CANCELLED, STORED, EXPIRED = "held", "cancelled", "stored", "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What certificates are issued for.

    Attributes:
        id: Its name.
        owner: Party that gets its certificates.
        source: What it makes energy of, "solar"; empty for a store, whose certificates keep the source of what charged.
        zone: Where it stands.
        efficiency: Of a store, which part of what charges it is given back; None for what is no store.
    """

    id: str
    owner: str
    source: str = ""
    zone: str = ""
    efficiency: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRule:
    """How certificates are allocated to consumption of the same interval.

    Attributes:
        ways: In this order: "own" certificates; by rest those of the same zone ("local"); by rest any ("others").
        zones: Party -> zone of its consumption; nowhere where it is not named.
        offers: Who lets others use its certificates; everybody when None.
    """

    ways: tuple[str, ...] = ("own", "local", "others")
    zones: Mapping[str, str] = field(default_factory=dict[str, str])
    offers: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Columns of one length."""

    @classmethod
    def names(cls) -> list[str]:
        """Names of the columns."""
        return [each.name for each in fields(cls)]

    def __len__(self) -> int:
        """How many rows there are."""
        return getattr(self, self.names()[0]).size

    def where(self, kept: BoolArray | IntArray) -> Self:
        """Some of the rows."""
        return type(self)(**{name: getattr(self, name)[kept] for name in self.names()})

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All rows, one part behind the other."""
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.names()})

    @classmethod
    def rows(cls, count: int, **columns: Any) -> Self:
        """Rows from columns, or single values for all of them; zeros and empty texts where nothing is said."""
        kinds: dict[str, Any] = {each.name: np.str_ if each.type == "TextArray" else np.int64 for each in fields(cls)}
        made = {
            name: np.broadcast_to(np.asarray(columns.get(name, kind()), dtype=kind), (count,))
            for name, kind in kinds.items()
        }
        return cls(**made)

    def digest_into(self, digest: Digest) -> None:
        """Add all columns to a digest."""
        for name in self.names():
            column = getattr(self, name)
            if column.dtype.kind == "U":
                digest.words(column.tolist())
            else:
                digest.array(column)


@dataclass(frozen=True, kw_only=True, eq=False)
class Issues(Table):
    """What was issued; shapes (issue,), in the order of issue."""

    device: TextArray
    source: TextArray
    zone: TextArray
    start: IntArray  # of the interval, seconds since 1970-01-01T00:00Z
    seconds: IntArray
    amount: IntArray  # whole Wh
    origin: IntArray  # issue whose Wh charged the store; -1 for what no store gave back


@dataclass(frozen=True, kw_only=True, eq=False)
class Slices(Table):
    """Ranges of Wh of issues; shapes (slice,), sorted by issue and first Wh."""

    issue: IntArray
    first: IntArray
    end: IntArray  # the first Wh behind it
    owner: TextArray
    fate: TextArray
    user: TextArray  # whose consumption it stands for, or the store that it charges
    way: TextArray  # of what is cancelled: own, local or others

    @property
    def size(self) -> IntArray:
        """Whole Wh of every slice."""
        return self.end - self.first

    def sorted(self) -> Slices:
        """The same slices by issue and first Wh."""
        return self.where(np.lexsort((self.first, self.issue)))


@dataclass(frozen=True, kw_only=True, eq=False)
class CertificateBook:
    """All certificates of one issuer.

    Attributes:
        issuer: Who issues them.
        devices: What they are issued for, sorted by id.
        issues: What was issued.
        slices: What became of it.
        valid_seconds: How long after its interval a certificate may be used; 0 for ever.
        spans: Intervals of devices that certificates were issued for, and of stores that were charged.
        carried: Device -> part of a Wh that earlier intervals left over.
        given_back: Store -> whole Wh that it gave back with certificates.
        moment: Of the last act, seconds since 1970-01-01T00:00Z.
    """

    issuer: str
    devices: tuple[Device, ...]
    issues: Issues = field(default_factory=lambda: Issues.rows(0))
    slices: Slices = field(default_factory=lambda: Slices.rows(0))
    valid_seconds: int = 0
    spans: Spans = field(default_factory=Spans.none)
    carried: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])
    given_back: Mapping[str, int] = field(default_factory=dict[str, int])
    moment: int = 0

    def __eq__(self, other: object) -> bool:
        """Books are equal when their digests are."""
        return self is other or (isinstance(other, CertificateBook) and self.digest == other.digest)

    def __hash__(self) -> int:
        """By the moment; equality is decided by the digest."""
        return hash(self.moment)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole book."""
        digest = Digest(b"c4e-opt certificate book 1")
        digest.words([self.issuer, repr(self.devices), str(self.valid_seconds), str(self.moment)])
        self.issues.digest_into(digest)
        self.slices.digest_into(digest)
        self.spans.digest_into(digest)
        digest.word(repr((sorted(self.carried.items()), sorted(self.given_back.items()))))
        return digest.hex()

    @cached_property
    def assets(self) -> tuple[Asset, ...]:
        """What is counted: Wh by the source of their energy."""
        sources = sorted({each.source for each in self.devices} - {""})
        return tuple(Asset(id=asset_of(source), kind="certificate", decimals=6) for source in sources)

    def wallets(self) -> dict[str, dict[str, int]]:
        """What everybody holds: owner -> asset -> whole Wh."""
        held = np.flatnonzero(self.slices.fate == HELD)
        found: dict[str, dict[str, int]] = {}
        of = self.slices.issue[held]
        rows: Any = zip(
            self.slices.owner[held].tolist(),
            self.issues.source[of].tolist(),
            self.slices.size[held].tolist(),
            strict=True,
        )
        for owner, source, amount in rows:
            kept = found.setdefault(owner, {})
            kept[asset_of(source)] = kept.get(asset_of(source), 0) + amount
        return found

    def fates(self) -> dict[str, int]:
        """Whole Wh by fate; they sum to what was issued."""
        names, of = np.unique(self.slices.fate, return_inverse=True)
        total = np.zeros(names.size, dtype=np.int64)
        np.add.at(total, of, self.slices.size)
        return dict(zip(names.tolist(), total.tolist(), strict=True))


def asset_of(source: str) -> str:
    """Name of the asset that certificates of a source are."""
    return f"certificate/{source}"


def certificate_book(issuer: str, devices: Sequence[Device], *, valid_seconds: int = 0) -> CertificateBook:
    """An empty book.

    Args:
        issuer: Who issues certificates.
        devices: What they are issued for.
        valid_seconds: How long after its interval a certificate may be used; 0 for ever.

    Raises:
        InvalidInput: Devices have one name, no owner or no source, or stores no efficiency; all findings at once.
    """
    issues: list[Issue] = list(duplicates("devices", [each.id for each in devices]))
    if not issuer or valid_seconds < 0:
        issues.append(Issue("issuer", "missing", "needs a name, and valid_seconds of 0 or more"))
    for place, each in enumerate(devices):
        path = f"devices[{place}]"
        if not each.id or not each.owner:
            issues.append(Issue(path, "missing", "needs an id and an owner"))
        if each.efficiency is None and not each.source:
            issues.append(Issue(f"{path}.source", "missing", "is empty; say what it makes energy of"))
        if each.efficiency is not None and not 0 < each.efficiency <= 1:
            issues.append(Issue(f"{path}.efficiency", "range", f"is {each.efficiency}; it must lie within (0, 1]"))
    if issues:
        raise InvalidInput(issues)
    ordered = tuple(sorted(devices, key=lambda each: each.id))
    return CertificateBook(issuer=issuer, devices=ordered, valid_seconds=valid_seconds)
