"""Evidence of energy: who produced or consumed how much in which interval, by meters or by a settled outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.digest import Digest
from c4e_opt.settlement.community.member_readings import MemberReadings
from c4e_opt.settlement.rounding import Integers, narrow, sums
from c4e_opt.settlement.statement import Purpose, Statement

#: Energy is counted in whole Wh, 1e-6 MWh.
WH_DECIMALS = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class EnergyEvidence:
    """Energy of parties, or of devices, by interval; shapes (interval,), sorted by party and start, without zeros.

    Attributes:
        source: Digest of what says so: of readings, or of a statement.
        decimals: Amounts are whole 10**-decimals MWh.
        party: Whose energy it is.
        start: Begin of the interval, seconds since 1970-01-01T00:00Z.
        seconds: Its length.
        amount: Energy, above 0.
    """

    source: str
    decimals: int
    party: TextArray
    start: IntArray
    seconds: IntArray
    amount: Integers

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the evidence."""
        digest = Digest(b"c4e-opt energy evidence 1")
        digest.word(self.source)
        digest.word(str(self.decimals))
        digest.words(self.party.tolist())
        digest.array(self.start)
        digest.array(self.seconds)
        digest.word(" ".join(map(str, self.amount.tolist())))
        return digest.hex()


def metered_production(readings: MemberReadings) -> EnergyEvidence:
    """What members feed in by their meters."""
    return _metered(readings, readings.given_wh)


def metered_consumption(readings: MemberReadings) -> EnergyEvidence:
    """What members take by their meters."""
    return _metered(readings, readings.taken_wh)


def settled_production(statement: Statement, carrier: str = "electricity") -> EnergyEvidence:
    """What components of parties put into their buses by the settled outcome.

    Args:
        statement: What `settle` made of it.
        carrier: The carrier.
    """
    return _settled(statement, carrier, 1)


def settled_consumption(statement: Statement, carrier: str = "electricity") -> EnergyEvidence:
    """What components of parties take from their buses by the settled outcome.

    Args:
        statement: What `settle` made of it.
        carrier: The carrier.
    """
    return _settled(statement, carrier, -1)


def whole_wh(evidence: EnergyEvidence, carried: Mapping[str, Fraction]) -> tuple[IntArray, dict[str, Fraction]]:
    """Whole Wh of every interval; what is left of a Wh is carried to the party's next interval.

    Args:
        evidence: The energy.
        carried: Party -> part of a Wh that earlier intervals left over.

    Returns:
        Whole Wh (interval,), and what is carried on by party.
    """
    owners, of = np.unique(evidence.party, return_inverse=True)
    if not owners.size:
        return np.zeros(0, dtype=np.int64), dict(carried)
    old = [carried.get(owner, Fraction(0)) for owner in owners.tolist()]
    finer = 10 ** max(evidence.decimals - WH_DECIMALS, 0)
    unit = lcm(finer, *(each.denominator for each in old))
    order = np.lexsort((evidence.start, of))
    sizes = np.bincount(of, minlength=owners.size)
    begin = np.cumsum(sizes) - sizes
    parts = evidence.amount[order].astype(object) * (unit // finer * 10 ** max(WH_DECIMALS - evidence.decimals, 0))
    parts[begin] += np.array([int(each * unit) for each in old], dtype=object)
    total = np.cumsum(parts)
    total = total - np.repeat(total[begin] - parts[begin], sizes)
    floor = (total // unit).astype(np.int64)
    amount = np.zeros(floor.size, dtype=np.int64)
    before = np.r_[0, floor[:-1]]
    before[begin] = 0
    amount[order] = floor - before
    last = (begin + sizes - 1).tolist()
    rest = {owner: Fraction(int(total[at]) % unit, unit) for owner, at in zip(owners.tolist(), last, strict=True)}
    return amount, {owner: part for owner, part in {**carried, **rest}.items() if part}


def _metered(readings: MemberReadings, table: IntArray) -> EnergyEvidence:
    member, step = np.nonzero(table)
    return EnergyEvidence(
        source=readings.digest,
        decimals=6,
        party=np.array(readings.members, dtype=np.str_)[member],
        start=readings.starts[step],
        seconds=readings.step_seconds[step],
        amount=table[member, step],
    )


def _settled(statement: Statement, carrier: str, sign: int) -> EnergyEvidence:
    place = next((n for n, each in enumerate(statement.assets) if (each.id, each.kind) == (carrier, "energy")), -1)
    own = statement.positions.purpose[statement.position] == Purpose.ENERGY.value
    lines = np.flatnonzero(own & (statement.asset == place) & (statement.energy * sign > 0).astype(np.bool_))
    names, of = np.unique(statement.positions.party[statement.position[lines]], return_inverse=True)
    steps = statement.starts.size
    keys, group = np.unique(of * max(steps, 1) + statement.step[lines], return_inverse=True)
    at = keys % max(steps, 1)
    return EnergyEvidence(
        source=statement.digest,
        decimals=statement.assets[place].decimals,
        party=names[keys // max(steps, 1)],
        start=statement.starts[at],
        seconds=statement.step_seconds[at],
        amount=narrow(sums(statement.energy[lines] * sign, group, keys.size)),
    )
