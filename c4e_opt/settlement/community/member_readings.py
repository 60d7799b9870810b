"""What meters of a community say: energy that members take and give, in whole Wh, by settlement period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from c4e_opt.arrays import IntArray
from c4e_opt.axes import Horizon
from c4e_opt.digest import Digest
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, duplicates
from c4e_opt.settlement.metering.readings import Metered

#: No reading of a member and step may be larger, so that products of two readings stay small.
MOST_WH = 10**12


@dataclass(frozen=True, kw_only=True, eq=False)
class MemberReadings:
    """Readings of all members, sorted by member.

    Attributes:
        members: Their names, sorted.
        starts: Start of every step, seconds since 1970-01-01T00:00Z, (time,).
        step_seconds: Length of every step, (time,).
        taken_wh: Energy that a member takes from the grid (member, time), not negative.
        given_wh: Energy that a member feeds in (member, time), not negative.
    """

    members: tuple[str, ...]
    starts: IntArray
    step_seconds: IntArray
    taken_wh: IntArray
    given_wh: IntArray

    @property
    def supply_wh(self) -> IntArray:
        """What all members feed in (time,)."""
        return self.given_wh.sum(axis=0)

    @property
    def demand_wh(self) -> IntArray:
        """What all members take (time,)."""
        return self.taken_wh.sum(axis=0)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the readings."""
        digest = Digest(b"c4e-opt member readings 1")
        digest.words(self.members)
        for column in (self.starts, self.step_seconds, self.taken_wh, self.given_wh):
            digest.array(column)
        return digest.hex()

    def per_period(self, seconds: int) -> MemberReadings:
        """The same readings by longer settlement periods, within which what is given nets what is taken by others.

        Args:
            seconds: Length of a period; periods begin at whole multiples of it.

        Raises:
            InvalidInput: A step lies in two periods, or a period is not covered by steps.
        """
        period = self.starts // max(seconds, 1)
        issues: list[Issue] = []
        for step in np.flatnonzero((self.starts + self.step_seconds - 1) // max(seconds, 1) != period)[:1].tolist():
            told = f"is {self.step_seconds[step]} s long and lies in two periods of {seconds} s; split it"
            issues.append(Issue(f"step_seconds[{step}]", "range", told))
        found, first, of = np.unique(period, return_index=True, return_inverse=True)
        covered = np.bincount(of, weights=self.step_seconds.astype(np.float64), minlength=found.size)
        for place in np.flatnonzero(covered != seconds)[:1].tolist():
            told = f"begins a period of {seconds} s of which readings cover {int(covered[place])} s; give all of it"
            issues.append(Issue(f"starts[{int(first[place])}]", "length", told))
        if issues:
            raise InvalidInput(issues)
        taken, given = (np.zeros((len(self.members), found.size), dtype=np.int64) for _ in range(2))
        np.add.at(taken.T, of, self.taken_wh.T)
        np.add.at(given.T, of, self.given_wh.T)
        lengths = np.full(found.size, seconds, dtype=np.int64)
        return MemberReadings(
            members=self.members, starts=found * seconds, step_seconds=lengths, taken_wh=taken, given_wh=given
        )

    def standing_for(self, groups: Mapping[str, Sequence[str]]) -> MemberReadings:
        """The same readings with one virtual prosumer for every group, netted within the group in every step.

        Args:
            groups: Name of a group -> its members; a member stands in one group at most.

        Raises:
            InvalidInput: A member is unknown or in two groups, or a group is named like a member outside of it.
        """
        inside = [name for members in groups.values() for name in members]
        issues = list(duplicates("groups", inside))
        issues += [
            Issue(f"groups.{group}", "unknown_reference", f"no member is named {name!r}")
            for group, members in groups.items()
            for name in members
            if name not in self.members
        ]
        alone = [name for name in self.members if name not in set(inside)]
        issues += [
            Issue(f"groups.{group}", "duplicate_id", "is already a member outside of the group; rename one")
            for group in groups
            if group in alone
        ]
        if issues:
            raise InvalidInput(issues)
        place = {name: n for n, name in enumerate(self.members)}
        rows = {name: (self.taken_wh[place[name]], self.given_wh[place[name]]) for name in alone}
        for group, members in groups.items():
            at = [place[name] for name in members]
            net = self.given_wh[at].sum(axis=0) - self.taken_wh[at].sum(axis=0)
            rows[group] = (np.maximum(-net, 0), np.maximum(net, 0))
        return member_readings(
            {name: taken for name, (taken, _) in rows.items()},
            {name: given for name, (_, given) in rows.items()},
            starts=self.starts,
            step_seconds=self.step_seconds,
        )


def member_readings(
    taken_wh: Mapping[str, ArrayLike], given_wh: Mapping[str, ArrayLike], *, starts: ArrayLike, step_seconds: ArrayLike
) -> MemberReadings:
    """Read what meters say.

    Args:
        taken_wh: Member -> whole Wh that it takes in every step, (time,).
        given_wh: Member -> whole Wh that it feeds in, (time,); who is in one of the two only, has 0 in the other.
        starts: Start of every step, seconds since 1970-01-01T00:00Z, rising.
        step_seconds: Length of every step, one number or (time,).

    Raises:
        InvalidInput: Readings are missing, negative or no whole numbers; all findings at once.
    """
    begins = np.asarray(starts, dtype=np.int64).reshape(-1)
    lengths = np.broadcast_to(np.asarray(step_seconds, dtype=np.int64), begins.shape).copy()
    names = tuple(sorted({*taken_wh, *given_wh}))
    issues = list(_times(begins, lengths))
    if not names:
        issues.append(Issue("taken_wh", "length", "has no members; name at least one"))
    columns: list[IntArray] = []
    for what, rows in (("taken_wh", taken_wh), ("given_wh", given_wh)):
        table = np.zeros((len(names), begins.size), dtype=np.int64)
        for place, name in enumerate(names):
            if name in rows:
                table[place] = _row(f"{what}.{name}", rows[name], begins.size, issues)
        columns.append(table)
    if issues:
        raise InvalidInput(issues)
    return MemberReadings(members=names, starts=begins, step_seconds=lengths, taken_wh=columns[0], given_wh=columns[1])


def readings_of(metered: Metered, horizon: Horizon, energy_decimals: int = 6) -> MemberReadings:
    """Readings of parties from those of their meters, substituted ones included; each meter nets its own steps only.

    Args:
        metered: What meters saw in the steps of a horizon.
        horizon: The horizon.
        energy_decimals: Decimals of a MWh in which the books count it.

    Raises:
        InvalidInput: Somebody's energy in a step is no whole number of Wh.
    """
    rows: list[dict[str, Any]] = [{}, {}]
    finer, coarser = 10 ** max(energy_decimals - 6, 0), 10 ** max(6 - energy_decimals, 0)
    for meter, energy in zip(metered.meters, metered.energy, strict=True):
        for table, wh in zip(rows, (np.maximum(-energy, 0), np.maximum(energy, 0)), strict=True):
            table[meter.party] = table.get(meter.party, 0) + wh * coarser
    issues: list[Issue] = []
    for table in rows:
        for party, wh in table.items():
            for step in np.flatnonzero(wh % finer)[:1].tolist():
                told = f"is {wh[step]} units of 1e-{energy_decimals} MWh in step {step}, no whole number of Wh"
                issues.append(Issue(f"metered.{party}", "range", told))
    if issues:
        raise InvalidInput(issues)
    taken, given = ({party: wh // finer for party, wh in table.items()} for table in rows)
    return member_readings(taken, given, starts=horizon.starts, step_seconds=horizon.step_seconds)


def _times(starts: IntArray, lengths: IntArray) -> Iterator[Issue]:
    for step in np.flatnonzero(lengths <= 0)[:1].tolist():
        yield Issue(f"step_seconds[{step}]", "range", f"is {lengths[step]} s; a step takes at least one second")
    for step in np.flatnonzero(np.diff(starts) < lengths[:-1])[:1].tolist():
        yield Issue(f"starts[{step + 1}]", "order", "begins before the step before it ends; sort steps by time")


def _row(path: str, given: ArrayLike, steps: int, issues: list[Issue]) -> Any:
    """One row of readings, zeros where it is wrong."""
    row = np.asarray(given)
    if row.shape != (steps,):
        issues.append(
            Issue(path, "length", f"has shape {row.shape}; there are {steps} steps, give one number for each")
        )
        return 0
    numbers = row.astype(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0) & (numbers <= MOST_WH) & (numbers % 1 == 0)))
    for step in wrong[:1].tolist():
        told = f"is {row[step]} Wh; a reading is a whole number of Wh from 0 to {MOST_WH:g}"
        issues.append(Issue(f"{path}[{step}]", "range", told))
    return np.zeros(steps, dtype=np.int64) if wrong.size else row.astype(np.int64)
