"""The book of energy tokens: lots in wallets, what was minted for, and what was used for; immutable, with a digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, IntArray, TextArray
from c4e_opt.digest import Digest
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, duplicates
from c4e_opt.settlement.statement import Asset
from c4e_opt.settlement.tokens.token_decay import Decay

#: A token stands for one MWh; minor units are whole Wh.
TOKEN_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClass:
    """A kind of energy tokens.

    Attributes:
        id: Name of the asset.
        issuer: Party that mints it, and at whose account it is burnt.
        decay: How it loses in time; None where it does not.
    """

    id: str
    issuer: str
    decay: Decay | None = None

    @property
    def asset(self) -> Asset:
        """What is counted."""
        return Asset(id=self.id, kind="token", decimals=TOKEN_DECIMALS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lots:
    """Tokens of one class and one owner that were issued at one moment; shapes (lot,), the oldest first.

    Attributes:
        token: Id of the class.
        owner: Party whose wallet holds it.
        issued: When it was issued, seconds since 1970-01-01T00:00Z.
        since: When `base` was what it held.
        base: Amount from which decay is counted, whole Wh.
        now: What the books say that it holds, whole Wh, above 0.
    """

    token: TextArray
    owner: TextArray
    issued: IntArray
    since: IntArray
    base: IntArray
    now: IntArray

    def __len__(self) -> int:
        """How many lots there are."""
        return self.now.size

    def where(self, kept: BoolArray | IntArray) -> Lots:
        """Some of the lots."""
        return Lots(**{name: column[kept] for name, column in self.columns().items()})

    def columns(self) -> dict[str, Any]:
        """All columns by name."""
        return {name: getattr(self, name) for name in ("token", "owner", "issued", "since", "base", "now")}

    @staticmethod
    def joined(parts: Sequence[Lots]) -> Lots:
        """All lots of several parts, sorted by class, owner, issue and content; empty ones are left out."""
        columns = {name: np.concatenate([part.columns()[name] for part in parts]) for name in _NAMES}
        order = np.lexsort([columns[name] for name in ("base", "now", "since", "issued", "owner", "token")])
        kept = order[columns["now"][order] > 0]
        return Lots(**{name: column[kept] for name, column in columns.items()})

    @staticmethod
    def none() -> Lots:
        """No lots."""
        numbers, texts = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.str_)
        return Lots(token=texts, owner=texts, issued=numbers, since=numbers, base=numbers, now=numbers)


_NAMES = ("token", "owner", "issued", "since", "base", "now")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spans:
    """Intervals of parties that something was done for once, by class; shapes (span,), sorted.

    Attributes:
        token: Id of the class.
        party: Whose interval it is.
        start: Its begin, seconds since 1970-01-01T00:00Z.
        end: Its end.
    """

    token: TextArray
    party: TextArray
    start: IntArray
    end: IntArray

    @staticmethod
    def none() -> Spans:
        """No intervals."""
        numbers, texts = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.str_)
        return Spans(token=texts, party=texts, start=numbers, end=numbers)

    def where(self, kept: IntArray) -> Spans:
        """Some of the intervals."""
        return Spans(token=self.token[kept], party=self.party[kept], start=self.start[kept], end=self.end[kept])

    def joined(self, other: Spans) -> tuple[Spans, str]:
        """The intervals of both, and in words the first two that overlap; no words where none do."""
        columns = {n: np.concatenate([getattr(self, n), getattr(other, n)]) for n in ("token", "party", "start", "end")}
        order = np.lexsort([columns[name] for name in ("end", "start", "party", "token")])
        both = Spans(**{name: column[order] for name, column in columns.items()})
        same = (both.token[1:] == both.token[:-1]) & (both.party[1:] == both.party[:-1])
        for at in np.flatnonzero(same & (both.start[1:] < both.end[:-1]))[:1].tolist():
            told = f"{both.party[at]!r} from {both.start[at + 1]} to {min(both.end[at : at + 2])} s after 1970"
            return both, f"{told} for {both.token[at]!r}"
        return both, ""

    def digest_into(self, digest: Digest) -> None:
        """Add the intervals to a digest."""
        digest.words(self.token.tolist())
        digest.words(self.party.tolist())
        digest.array(self.start)
        digest.array(self.end)


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenBook:
    """All energy tokens at one moment.

    Attributes:
        classes: What may be minted, sorted by id.
        lots: What circulates.
        moment: Until when decay is booked, seconds since 1970-01-01T00:00Z.
        minted: Intervals of production that tokens were minted for.
        covered: Intervals of consumption that tokens were used for.
        carried: (class, party) -> part of a Wh that minting left over.
    """

    classes: tuple[TokenClass, ...]
    lots: Lots = field(default_factory=Lots.none)
    moment: int = 0
    minted: Spans = field(default_factory=Spans.none)
    covered: Spans = field(default_factory=Spans.none)
    carried: Mapping[tuple[str, str], Fraction] = field(default_factory=dict[tuple[str, str], Fraction])

    def __eq__(self, other: object) -> bool:
        """Books are equal when their digests are."""
        return self is other or (isinstance(other, TokenBook) and self.digest == other.digest)

    def __hash__(self) -> int:
        """By the moment; equality is decided by the digest."""
        return hash(self.moment)

    def wallets(self) -> dict[str, dict[str, int]]:
        """What everybody holds by the books: owner -> class -> whole Wh."""
        found: dict[str, dict[str, int]] = {}
        rows: Any = zip(self.lots.owner.tolist(), self.lots.token.tolist(), self.lots.now.tolist(), strict=True)
        for owner, token, amount in rows:
            held = found.setdefault(owner, {})
            held[token] = held.get(token, 0) + amount
        return found

    def class_of(self, token: str) -> TokenClass | None:
        """The class of an id."""
        return next((each for each in self.classes if each.id == token), None)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole book."""
        digest = Digest(b"c4e-opt token book 1")
        for each in self.classes:
            digest.words([each.id, each.issuer, repr(each.decay)])
        for name in ("token", "owner"):
            digest.words(getattr(self.lots, name).tolist())
        for name in ("issued", "since", "base", "now"):
            digest.array(getattr(self.lots, name))
        digest.word(str(self.moment))
        self.minted.digest_into(digest)
        self.covered.digest_into(digest)
        digest.word(repr(sorted(self.carried.items())))
        return digest.hex()


def left(classes: Sequence[TokenClass], lots: Lots, moment: int) -> IntArray:
    """What is left of every lot at a moment, (lot,)."""
    now = lots.base.copy()
    for each in classes:
        mine = np.flatnonzero(lots.token == each.id)
        if each.decay is not None and mine.size:
            issued = lots.issued[mine]
            now[mine] = each.decay.left(lots.base[mine], lots.since[mine] - issued, np.maximum(moment - issued, 0))
    return np.where(moment > lots.since, now, lots.base)


def token_book(classes: Sequence[TokenClass], moment: int = 0) -> TokenBook:
    """An empty book.

    Args:
        classes: What may be minted.
        moment: When the book begins, seconds since 1970-01-01T00:00Z.

    Raises:
        InvalidInput: Classes have one name, no issuer, or a decay that is none; all findings at once.
    """
    issues: list[Issue] = list(duplicates("classes", [each.id for each in classes]))
    for place, each in enumerate(classes):
        if not each.id or not each.issuer:
            issues.append(Issue(f"classes[{place}]", "missing", "needs an id and an issuer"))
        if each.decay is not None:
            issues += each.decay.issues(f"classes[{place}].decay")
    if issues:
        raise InvalidInput(issues)
    return TokenBook(classes=tuple(sorted(classes, key=lambda each: each.id)), moment=moment)
