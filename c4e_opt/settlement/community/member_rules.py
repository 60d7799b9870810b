"""Rules of a community as versioned data: members, sharing key, local price, fees, and who may change what.

A document (JSON or YAML) is one version, valid for some time:

    community: mill street          # party that stands between members; its account keeps what rounding leaves
    version: 2                      # 1, 2, 3 …
    previous: 6f1c…                 # digest of the version before; empty for the first
    valid_from: 2030-01-01T00:00Z
    valid_until: null               # or a moment; from then on another version is needed
    members:
      ann: {share: 1/3, votes: 2, supplier: volt, key: <64 hexadecimal digits>}
    sharing: {key: hybrid, period_minutes: 15}
    price: {rule: middle, floor_eur_per_mwh: 60, cap_eur_per_mwh: 180}   # or {rule: fixed, eur_per_mwh: 120, …}
    fees:
      grid: {eur_per_mwh: 8, to: wires, side: receiver}
    amendments:
      sharing: {majority: 2/3, quorum: 1/2}      # by part of the document; `other` where a part is not named

`share` is a member's part under keys static and hybrid; `key` its Ed25519 public key for votes. Numbers may be written
as texts, "1/3" or "0.1", and are taken exactly. The digest of a version is that of its meaning: neither the order of
names nor the way numbers are written has a part in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

import yaml

from c4e_opt.case.times import LAST, NotAMoment, seconds
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.community.sharing_keys import Key

#: Parts of a document that members may change, each by its own majority.
PARTS = ("members", "sharing", "price", "fees", "amendments", "valid_until")
_FIXED = ("community", "version", "previous", "valid_from")
_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member: its share, its weight in votes, who supplies the rest, and its public key."""

    id: str
    share: Fraction
    votes: Fraction
    supplier: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A fee on shared energy."""

    id: str
    eur_per_mwh: Fraction
    to: str
    side: str  # who pays: "receiver" or "sender"


@dataclass(frozen=True, slots=True, kw_only=True)
class Majority:
    """What a change needs: which part of the votes for and against it, and which part of all votes to be cast."""

    majority: Fraction
    quorum: Fraction


@dataclass(frozen=True, kw_only=True)
class CommunityRules:
    """One version of the rules of a community, read and found right."""

    community: str
    version: int
    previous: str
    valid_from: int  # seconds since 1970
    valid_until: int  # the first moment after it
    members: tuple[Member, ...]  # sorted by id
    sharing_key: Key
    period_seconds: int
    price_rule: str  # "middle" or "fixed"
    fixed_eur_per_mwh: Fraction
    floor_eur_per_mwh: Fraction | None
    cap_eur_per_mwh: Fraction | None
    fees: tuple[Fee, ...]  # sorted by id
    amendments: tuple[tuple[str, Majority], ...]  # sorted by part

    def to_json(self) -> dict[str, Any]:
        """The version as a document, which reads to the same."""
        price: dict[str, Any] = {"rule": self.price_rule}
        if self.price_rule == "fixed":
            price["eur_per_mwh"] = str(self.fixed_eur_per_mwh)
        for name in ("floor_eur_per_mwh", "cap_eur_per_mwh"):
            if getattr(self, name) is not None:
                price[name] = str(getattr(self, name))
        return {
            "community": self.community,
            "version": self.version,
            "previous": self.previous,
            "valid_from": self.valid_from,
            "valid_until": None if self.valid_until == LAST else self.valid_until,
            "members": {
                m.id: {"share": str(m.share), "votes": str(m.votes), "supplier": m.supplier, "key": m.key}
                for m in self.members
            },
            "sharing": {"key": self.sharing_key, "period_minutes": self.period_seconds // 60},
            "price": price,
            "fees": {f.id: {"eur_per_mwh": str(f.eur_per_mwh), "to": f.to, "side": f.side} for f in self.fees},
            "amendments": {part: {"majority": str(m.majority), "quorum": str(m.quorum)} for part, m in self.amendments},
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the version says."""
        content = ["c4e-opt community rules 1", self.to_json()]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def needed(self, part: str) -> Majority | None:
        """What changes of a part of the document need; None where nobody may change it."""
        named = dict(self.amendments)
        return named.get(part, named.get("other"))


def read_rules(document: Mapping[str, Any] | str | Path) -> CommunityRules:
    """Read one version of the rules.

    Args:
        document: The document, or the JSON or YAML file that holds it.

    Raises:
        InvalidInput: Something in it is wrong; all findings at once.
    """
    if isinstance(document, str | Path):
        document = _loaded(Path(document))
    reading = _Reading(document)
    rules = reading.rules()
    if reading.issues:
        raise InvalidInput(reading.issues)
    return rules


def rules_at(versions: Sequence[CommunityRules], moment: int) -> CommunityRules:
    """The version that is valid at a moment; where several are, the highest.

    Args:
        versions: All versions of a community, in any order.
        moment: Seconds since 1970-01-01T00:00Z.

    Raises:
        InvalidInput: None is valid then, two have one number, or one does not follow from the one before.
    """
    ordered = sorted(versions, key=lambda each: each.version)
    issues: list[Issue] = []
    for before, after in pairwise(ordered):
        path = f"versions[{after.version}]"
        if after.version == before.version:
            issues.append(Issue(path, "duplicate_id", "is there twice; number versions 1, 2, 3 …"))
        elif after.version == before.version + 1 and after.previous != before.digest:
            told = f"follows {after.previous[:12] or 'nothing'}, not version {before.version} ({before.digest[:12]})"
            issues.append(Issue(f"{path}.previous", "unknown_reference", told))
    valid = [each for each in ordered if each.valid_from <= moment < each.valid_until]
    if not valid:
        told = f"hold no rules for {moment} s after 1970; add a version that is valid then"
        issues.append(Issue("versions", "range", told))
    if issues:
        raise InvalidInput(issues)
    return valid[-1]


def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        told = f"cannot be read: {' '.join(str(error).split())}; write JSON or YAML"
        raise InvalidInput([Issue(path.name, "unreadable", told)]) from None
    if not isinstance(found, dict):
        raise InvalidInput([Issue(path.name, "unreadable", "is no document; write names and values")])
    return cast("dict[str, Any]", found)


class _Reading:
    """Reads a document and remembers everything that is wrong."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.issues: list[Issue] = []

    def rules(self) -> CommunityRules:
        self._known("", self.document, (*_FIXED, *PARTS))
        sharing, price = (self._mapping(name, self.document.get(name)) for name in ("sharing", "price"))
        self._known("sharing.", sharing, ("key", "period_minutes"))
        self._known("price.", price, ("rule", "eur_per_mwh", "floor_eur_per_mwh", "cap_eur_per_mwh"))
        key = self._one_of("sharing.key", sharing.get("key"), get_args(Key))
        rule = self._one_of("price.rule", price.get("rule"), ("middle", "fixed"))
        floor, cap = (
            None if price.get(name) is None else self._number(f"price.{name}", price[name], least=None)
            for name in ("floor_eur_per_mwh", "cap_eur_per_mwh")
        )
        if floor is not None and cap is not None and floor > cap:
            self._wrong("price.floor_eur_per_mwh", "range", f"is {floor} EUR/MWh, above the cap {cap} EUR/MWh")
        fixed = self._number("price.eur_per_mwh", price.get("eur_per_mwh"), least=None) if rule == "fixed" else None
        begin, end = self._moment("valid_from", 0), self._moment("valid_until", LAST)
        if end <= begin:
            self._wrong("valid_until", "range", "is not after valid_from; a version is valid for some time")
        return CommunityRules(
            community=self._name("community", self.document.get("community")),
            version=int(self._number("version", self.document.get("version"), least=1, whole=True)),
            previous=self._digits("previous", self.document.get("previous", "")),
            valid_from=begin,
            valid_until=end,
            members=self._members(),
            sharing_key=cast("Key", key),
            period_seconds=60 * self._minutes(sharing.get("period_minutes", 15)),
            price_rule=rule,
            fixed_eur_per_mwh=fixed or Fraction(0),
            floor_eur_per_mwh=floor,
            cap_eur_per_mwh=cap,
            fees=self._fees(),
            amendments=self._amendments(),
        )

    def _members(self) -> tuple[Member, ...]:
        given = self._mapping("members", self.document.get("members"))
        if not given:
            self._wrong("members", "length", "are none; a community has members")
        found: list[Member] = []
        for name in sorted(given):
            path, of = f"members.{name}", self._mapping(f"members.{name}", given[name])
            self._known(f"{path}.", of, ("share", "votes", "supplier", "key"))
            share = self._number(f"{path}.share", of.get("share", Fraction(1, len(given))), most=1)
            votes = self._number(f"{path}.votes", of.get("votes", 1))
            supplier = self._name(f"{path}.supplier", of.get("supplier", ""), empty=True)
            public = self._digits(f"{path}.key", of.get("key", ""))
            found.append(Member(id=self._name(path, name), share=share, votes=votes, supplier=supplier, key=public))
        if sum(each.share for each in found) > 1:
            self._wrong("members", "range", f"have shares that sum to {sum(each.share for each in found)}; at most 1")
        return tuple(found)

    def _fees(self) -> tuple[Fee, ...]:
        given = self._mapping("fees", self.document.get("fees", {}))
        found: list[Fee] = []
        for name in sorted(given):
            path, of = f"fees.{name}", self._mapping(f"fees.{name}", given[name])
            self._known(f"{path}.", of, ("eur_per_mwh", "to", "side"))
            price, to = (
                self._number(f"{path}.eur_per_mwh", of.get("eur_per_mwh")),
                self._name(f"{path}.to", of.get("to")),
            )
            side = self._one_of(f"{path}.side", of.get("side", "receiver"), ("receiver", "sender"))
            found.append(Fee(id=self._name(path, name), eur_per_mwh=price, to=to, side=side))
        return tuple(found)

    def _amendments(self) -> tuple[tuple[str, Majority], ...]:
        given = self._mapping("amendments", self.document.get("amendments", {}))
        self._known("amendments.", given, (*PARTS, "other"))
        found: list[tuple[str, Majority]] = []
        for part in sorted(given):
            path, of = f"amendments.{part}", self._mapping(f"amendments.{part}", given[part])
            self._known(f"{path}.", of, ("majority", "quorum"))
            majority = self._number(f"{path}.majority", of.get("majority"), most=1)
            quorum = self._number(f"{path}.quorum", of.get("quorum", 0), most=1)
            if majority < Fraction(1, 2):
                self._wrong(f"{path}.majority", "range", f"is {majority}; less than 1/2 would let two opposites win")
            found.append((part, Majority(majority=majority, quorum=quorum)))
        return tuple(found)

    def _wrong(self, path: str, rule: str, message: str) -> None:
        self.issues.append(Issue(path, rule, message))

    def _known(self, path: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
        for name in given:
            if name not in names:
                self.issues.append(unknown(f"{path}{name}", "unknown_field", "field", str(name), names))

    def _mapping(self, path: str, given: object) -> Mapping[str, Any]:
        if isinstance(given, Mapping):
            return {str(name): value for name, value in cast("Mapping[Any, Any]", given).items()}
        self._wrong(path, "missing" if given is None else "type", "must say names and values")
        return {}

    def _name(self, path: str, given: object, *, empty: bool = False) -> str:
        if isinstance(given, str) and (given or empty) and given == given.strip():
            return given
        self._wrong(path, "type", f"is {given!r}; write a name")
        return ""

    def _one_of(self, path: str, given: object, names: Sequence[str]) -> str:
        if given not in names:
            self.issues.append(unknown(path, "unknown_name", "rule", str(given), names))
        return str(given)

    def _number(
        self, path: str, given: object, *, least: int | None = 0, most: int | None = None, whole: bool = False
    ) -> Fraction:
        try:
            if isinstance(given, bool) or not isinstance(given, int | float | str | Fraction):
                raise ValueError
            number = Fraction(str(given))
        except (ValueError, ZeroDivisionError):
            self._wrong(path, "type", f"is {given!r}; write a number like 12.5, or a fraction like '1/3'")
            return Fraction(0)
        bounds = f"[{'-inf' if least is None else least}, {'inf' if most is None else most}]"
        if (least is not None and number < least) or (most is not None and number > most):
            self._wrong(path, "range", f"is {number}; it must lie within {bounds}")
        if whole and number.denominator != 1:
            self._wrong(path, "range", f"is {number}; it must be a whole number")
        return number

    def _minutes(self, given: object) -> int:
        minutes = self._number("sharing.period_minutes", given, least=1, most=_DAY_MINUTES, whole=True)
        if minutes and _DAY_MINUTES % minutes:
            self._wrong("sharing.period_minutes", "range", f"is {minutes}; a day must hold a whole number of periods")
        return int(minutes)

    def _moment(self, path: str, missing: int) -> int:
        given = self.document.get(path)
        if given is None:
            return missing
        if isinstance(given, int) and not isinstance(given, bool):
            return given
        text = given if isinstance(given, str) else getattr(given, "isoformat", str)()
        try:
            return seconds(text, ZoneInfo("UTC"))
        except NotAMoment as error:
            self._wrong(path, "moment", str(error))
            return missing

    def _digits(self, path: str, given: object) -> str:
        if isinstance(given, str) and re.fullmatch("([0-9a-f]{64})?", given):
            return given
        self._wrong(path, "type", f"is {given!r}; write 64 hexadecimal digits, or nothing")
        return ""
