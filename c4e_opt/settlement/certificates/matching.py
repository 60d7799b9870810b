"""Certificates for consumption: allocated hour by hour, or quarter by quarter, cancelled, and scored.

Of every interval, way after way of the rule:

    own      a party's own certificates, up to what it consumed
    local    certificates of a zone for consumption in that zone
    others   certificates for consumption anywhere

In local and others min(certificates, consumption that is left) is allocated: to parties by what they still lack, from
owners by what they still hold, both by largest remainder (what earlier intervals left somebody owed counts, ties go by
name). What is allocated is cancelled at once for who consumed.

The score of a party is the part of its consumption that certificates of the same interval stand for (24/7 or hourly
matching, carbon-free energy score); `volumetric` compares totals only, as yearly schemes do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.certificates.certificate_book import CANCELLED, HELD, CertificateBook, MatchRule
from c4e_opt.settlement.certificates.certificates import Cut, Moves, booked, in_order, laid, parted
from c4e_opt.settlement.community.sharing_keys import apportion
from c4e_opt.settlement.evidence_of_energy import WH_DECIMALS, EnergyEvidence
from c4e_opt.settlement.statement import Purpose, Statement

WAYS = ("own", "local", "others")  # in which certificates are matched


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How much of a party's consumption certificates stand for, whole Wh."""

    consumed_wh: int
    matched_wh: int  # by certificates of the same intervals
    own_wh: int
    local_wh: int
    others_wh: int
    stored_wh: int  # part of all of it that came through a store
    held_wh: int  # certificates that the party holds besides

    @property
    def hourly(self) -> Fraction:
        """Part of the consumption that is matched; 1 for who consumed nothing."""
        return Fraction(self.matched_wh, self.consumed_wh) if self.consumed_wh else Fraction(1)

    @property
    def volumetric(self) -> Fraction:
        """What it would be if any certificate served any interval."""
        if not self.consumed_wh:
            return Fraction(1)
        return min(Fraction(self.matched_wh + self.held_wh, self.consumed_wh), Fraction(1))


def match(
    book: CertificateBook, consumption: EnergyEvidence, moment: int, rule: MatchRule | None = None
) -> tuple[CertificateBook, Statement]:
    """Allocate certificates to consumption and cancel them.

    Args:
        book: The book before.
        consumption: What was consumed, by whom and when, in intervals of the certificates; what certificates were
            cancelled for before counts.
        moment: When this is booked, seconds since 1970-01-01T00:00Z; not before the consumption ended.
        rule: How; own, then local, then others when None.

    Returns:
        The book after, and the statement, audited.

    Raises:
        InvalidInput: A way is unknown, or consumption has not ended; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    rule = rule or MatchRule()
    in_order(book, moment)
    issues = [unknown("rule.ways", "unknown_name", "way", way, WAYS) for way in rule.ways if way not in WAYS]
    if consumption.start.size and int((consumption.start + consumption.seconds).max()) > moment:
        issues.append(Issue("consumption", "order", f"ends after the moment {moment} at which it is booked"))
    if issues:
        raise InvalidInput(issues)
    cells = _Cells(book, consumption, rule)
    after, moves = book, list[Moves]()
    for way in rule.ways:
        cut = Cut.joined([(piece, cells.party[users]) for piece, users in cells.allocated(after, way)])
        old = after.slices.where(cut.place)
        slices = parted(after.slices, cut, fate=CANCELLED, user=cut.to, way=way)
        after = replace(after, slices=slices, moment=moment)
        moves.append(Moves(book.issuer, old.owner, "consumption", cut.to, Purpose.CANCELLED, old.issue, -cut.size))
    after = replace(after, moment=moment)
    told = [list(rule.ways), sorted(rule.zones.items()), None if rule.offers is None else sorted(rule.offers)]
    content = json.dumps(["c4e-opt certificate matching 1", told])
    basis = {"consumption": consumption.digest, "rule": hashlib.sha256(content.encode()).hexdigest()}
    return booked(book, after, "match", basis, moves, consumption, rule)


def scores(book: CertificateBook, consumption: EnergyEvidence) -> dict[str, Score]:
    """How much of everybody's consumption is matched.

    Args:
        book: The book.
        consumption: What was consumed, by whom and when; intervals that are not named do not count.
    """
    cells = _Cells(book, consumption, MatchRule())
    slices, issues = book.slices, book.issues
    used = np.flatnonzero(slices.fate == CANCELLED)
    cell = cells.of(slices.user[used], book, slices.issue[used])
    used, cell = used[cell >= 0], cell[cell >= 0]
    user = np.searchsorted(cells.names, cells.party[cell]) if used.size else cell
    size, count = slices.size[used], cells.names.size

    def total(of: Any, group: IntArray, amount: IntArray) -> list[int]:
        sums = np.zeros(count, dtype=np.int64)
        np.add.at(sums, group[of], amount[of])
        return sums.tolist()

    everything = np.ones(used.size, dtype=np.bool_)
    ways = [total(slices.way[used] == way, user, size) for way in WAYS]
    matched = total(everything, user, size)
    stored = total(issues.origin[slices.issue[used]] >= 0, user, size)
    held = {owner: sum(kept.values()) for owner, kept in book.wallets().items()}
    consumed = total(np.ones(cells.party.size, dtype=np.bool_), cells.who, cells.consumed)
    return {
        name: Score(
            consumed_wh=consumed[n],
            matched_wh=matched[n],
            own_wh=ways[0][n],
            local_wh=ways[1][n],
            others_wh=ways[2][n],
            stored_wh=stored[n],
            held_wh=held.get(name, 0),
        )
        for n, name in enumerate(cells.names.tolist())
    }


class _Cells:
    """Consumption by party and interval, (cell,), sorted by interval and party; and what is still to be matched."""

    def __init__(self, book: CertificateBook, consumption: EnergyEvidence, rule: MatchRule) -> None:
        shift = consumption.decimals - WH_DECIMALS
        whole = consumption.amount // 10**shift if shift >= 0 else consumption.amount * 10**-shift
        order = np.lexsort((consumption.party, consumption.seconds, consumption.start))
        self.party = consumption.party[order]
        self.names, self.who = np.unique(self.party, return_inverse=True)
        self.consumed = whole[order].astype(np.int64)
        self.longest = int(max(consumption.seconds.max(initial=0), book.issues.seconds.max(initial=0))) + 1
        keys = consumption.start[order] * self.longest + consumption.seconds[order]
        self.intervals: IntArray
        self.intervals, self.interval = np.unique(keys, return_inverse=True)
        self.left = self.consumed.copy()
        self.rule = rule
        zones = np.array([rule.zones.get(name, "") for name in self.names.tolist()], dtype=np.str_)
        self.zone = zones[self.who] if self.party.size else self.party
        used = np.flatnonzero(book.slices.fate == CANCELLED)
        cell = self.of(book.slices.user[used], book, book.slices.issue[used])
        np.subtract.at(self.left, cell[cell >= 0], book.slices.size[used][cell >= 0])
        self.left: IntArray = np.maximum(self.left, 0)

    def of(self, party: TextArray, book: CertificateBook, issue: IntArray) -> IntArray:
        """The cell of a party and the interval of an issue; -1 where there is none."""
        count = max(self.names.size, 1)
        at = self.at(book, issue)
        who = np.minimum(np.searchsorted(self.names, party), count - 1)
        known = (at >= 0) & (self.names[who] == party) if self.names.size else np.zeros(at.size, dtype=np.bool_)
        keys: IntArray = self.interval * count + self.who
        wanted: IntArray = at * count + who
        place = np.minimum(np.searchsorted(keys, wanted), max(keys.size - 1, 0))
        known &= keys[place] == wanted if keys.size else False
        return np.where(known, place, -1)

    def at(self, book: CertificateBook, issue: IntArray) -> IntArray:
        """The interval of an issue among those of the consumption; -1 where it is none of them."""
        keys = book.issues.start[issue] * self.longest + book.issues.seconds[issue]
        if not self.intervals.size:
            return np.full(keys.size, -1)
        place = np.minimum(np.searchsorted(self.intervals, keys), self.intervals.size - 1)
        return np.where(self.intervals[place] == keys, place, -1)

    def allocated(self, book: CertificateBook, way: str) -> Iterator[tuple[Cut, IntArray]]:
        """Parts of slices, and the cells that they are for."""
        held = np.flatnonzero(book.slices.fate == HELD)
        at = self.at(book, book.slices.issue[held])
        held, at = held[at >= 0], at[at >= 0]
        yield from self._own(book, held) if way == "own" else self._pooled(book, held, at, way)

    def _own(self, book: CertificateBook, held: IntArray) -> Iterator[tuple[Cut, IntArray]]:
        cell = self.of(book.slices.owner[held], book, book.slices.issue[held])
        held, cell = held[cell >= 0], cell[cell >= 0]
        order = np.argsort(cell, kind="stable")
        held, cell = held[order], cell[order]
        taken = _from_each(book.slices.size[held], cell, self.left)
        some = np.flatnonzero(taken)
        np.subtract.at(self.left, cell[some], taken[some])
        none = np.zeros(some.size, dtype=np.int64)
        yield Cut(held[some], none, taken[some], none, np.zeros(0, dtype=np.str_)), cell[some]

    def _pooled(self, book: CertificateBook, held: IntArray, at: IntArray, way: str) -> Iterator[tuple[Cut, IntArray]]:
        """Groups of certificates and of consumption with one interval, and one zone where the way is local."""
        if self.rule.offers is not None:
            offered = np.isin(book.slices.owner[held], sorted(self.rule.offers))
            held, at = held[offered], at[offered]
        wanting: IntArray = np.flatnonzero(self.left)
        zones = np.unique(np.concatenate([book.issues.zone, self.zone]))
        here, there = np.zeros(held.size, dtype=np.int64), np.zeros(wanting.size, dtype=np.int64)
        if way == "local":
            here = np.searchsorted(zones, book.issues.zone[book.slices.issue[held]])
            there = np.searchsorted(zones, self.zone[wanting])
        owners, owner = np.unique(book.slices.owner[held], return_inverse=True)
        order = np.lexsort((held, owner, here, at))
        held, owner, group = held[order], owner[order], (at * (zones.size + 1) + here)[order]
        by = np.argsort(self.interval[wanting] * (zones.size + 1) + there, kind="stable")
        wanting, wanted = wanting[by], (self.interval[wanting] * (zones.size + 1) + there)[by]
        owed_to, owed_by = np.zeros(self.names.size, dtype=np.int64), np.zeros(owners.size, dtype=np.int64)
        size = book.slices.size
        for key in np.intersect1d(group, wanted).tolist():
            own, use = (slice(*np.searchsorted(keys, [key, key + 1])) for keys in (group, wanted))
            places, users, of = held[own], wanting[use], owner[own]
            total = min(int(size[places].sum()), int(self.left[users].sum()))
            gets = _apportioned(total, self.left[users], owed_to, self.who[users])
            givers, giver = np.unique(of, return_inverse=True)
            holds = np.zeros(givers.size, dtype=np.int64)
            np.add.at(holds, giver, size[places])
            gives = _apportioned(total, holds, owed_by, givers)
            self.left[users] -= gets
            piece = laid(size, places, gets, _from_each(size[places], giver, gives))
            yield piece, users[piece.target]


def _apportioned(total: int, weights: IntArray, owed: IntArray, who: IntArray) -> IntArray:
    """`apportion` among some of many who are owed."""
    mine = owed[who]
    got = apportion(total, weights, mine)
    owed[who] = mine
    return got


def _from_each(size: IntArray, group: IntArray, wanted: IntArray) -> IntArray:
    """What is taken of every slice, the first of its group first; groups stand behind one another (slice,)."""
    before = np.cumsum(size) - size
    first = np.full(wanted.size, np.iinfo(np.int64).max)
    np.minimum.at(first, group, before)
    return np.clip(wanted[group] - (before - first[group]), 0, size)
