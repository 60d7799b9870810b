"""Sharing keys: who of a community counts as taking, in every step, what others of it feed in; in whole Wh.

With supply[t] what all feed in, taken[m, t] what a member takes, and received[m, t] what is allocated to it:

    received[m, t] <= taken[m, t],  sum over m of received[m, t] <= supply[t]

Keys:
    static       share[m] * supply[t], at most taken[m, t]; what a member cannot use goes to the grid
    hybrid       static first; then what is left, by what members still take
    dynamic      by taken[m, t]
    least_cost   minimises what members pay their suppliers, sum of price[m, t] * (taken[m, t] - received[m, t]): in
                 every step to the dearest supplies first, by taken[m, t] among equals
    level        equalises self-sufficiency over all steps, see `level_sharing`

What is shared comes from those who feed in, by what they feed in. Whole Wh are found by largest remainder; what earlier
steps left somebody owed counts with its remainder, ties go by name. static aside, min(supply, demand) is shared.

Sources: keys of repartition: Manuel de Villena, Aittahar, Mathieu, Boukas, Vermeulen, Ernst (2022), Allocation of
locally generated electricity in renewable energy communities; netting per settlement period:
Directive (EU) 2024/1711, article 15a.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Literal, get_args

import numpy as np

from c4e_opt.arrays import IntArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.community.level_sharing import MOST_SHARED_WH, level
from c4e_opt.settlement.community.member_readings import MemberReadings
from c4e_opt.settlement.rounding import OWED, Integers

Key = Literal["static", "hybrid", "dynamic", "least_cost", "level"]

#: Remainders are compared, and carried from step to step, in these parts of a Wh.
_PARTS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shared:
    """What members share, in whole Wh.

    Attributes:
        readings: What meters say.
        key: The key.
        received_wh: Energy of others that a member counts as taking (member, time).
        sent_wh: Energy of a member that others count as taking (member, time); sums to the same in every step.
    """

    readings: MemberReadings
    key: Key
    received_wh: IntArray
    sent_wh: IntArray

    @property
    def self_sufficiency(self) -> tuple[Fraction, ...]:
        """Which part of what it takes every member receives from others; 1 for who takes nothing."""
        pairs = zip(self.received_wh.sum(axis=1).tolist(), self.readings.taken_wh.sum(axis=1).tolist(), strict=True)
        return tuple(Fraction(got, all_of_it) if all_of_it else Fraction(1) for got, all_of_it in pairs)

    def rest(self) -> MemberReadings:
        """What suppliers still deliver to members and buy from them: the readings less what is shared."""
        of = self.readings
        return MemberReadings(
            members=of.members,
            starts=of.starts,
            step_seconds=of.step_seconds,
            taken_wh=of.taken_wh - self.received_wh,
            given_wh=of.given_wh - self.sent_wh,
        )


def share(
    of: MemberReadings, key: Key, *, shares: Mapping[str, Fraction] | None = None, price: Integers | None = None
) -> Shared:
    """Allocate what members feed in.

    Args:
        of: What meters say.
        key: The key.
        shares: Member -> share, of keys static and hybrid; not negative, at most 1 in all; without them equal shares.
        price: What supply costs a member, whole numbers of any one unit (member, time), of key least_cost.

    Raises:
        InvalidInput: The key is unknown, or what it needs is missing or wrong.
    """
    weights, whole = _weights(of, key, shares, price)
    count, steps = of.taken_wh.shape
    supply, demand = of.supply_wh.tolist(), of.demand_wh.tolist()
    received, sent = np.zeros((count, steps), dtype=np.int64), np.zeros((count, steps), dtype=np.int64)
    if key == "level":
        received = level(of.taken_wh, np.minimum(of.supply_wh, of.demand_wh))
    owed_share = np.zeros(count + 1, dtype=np.int64)
    owed_use, owed_sent = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for step in range(steps):
        taken, given = of.taken_wh[:, step], of.given_wh[:, step]
        left = supply[step]
        if key in ("static", "hybrid"):
            entitled = apportion(left, np.append(weights, whole - int(weights.sum())), owed_share)[:-1]
            received[:, step] = np.minimum(entitled, taken)
            left -= int(received[:, step].sum())
        if key in ("hybrid", "dynamic"):
            wanted = taken - received[:, step]
            received[:, step] += apportion(min(left, int(wanted.sum())), wanted, owed_use)
        if key == "least_cost" and price is not None:
            left = min(left, demand[step])
            for dear in sorted(set(price[:, step].tolist()), reverse=True):
                wanted = np.where(price[:, step] == dear, taken, 0)
                got = apportion(min(left, int(wanted.sum())), wanted, owed_use)
                received[:, step] += got
                left -= int(got.sum())
                if not left:
                    break
        sent[:, step] = apportion(int(received[:, step].sum()), given, owed_sent)
    return Shared(readings=of, key=key, received_wh=received, sent_wh=sent)


def apportion(total: int, weights: IntArray, owed: IntArray) -> IntArray:
    """Split a whole number by weights, by largest remainder.

    Args:
        total: What is split, 0 or above.
        weights: By what, whole numbers of 0 or above, (share,); not all 0 where the total is not.
        owed: What everybody is owed from earlier, in 1e-9, (share,); it counts with the remainder and is brought up to
            date.

    Returns:
        Whole shares that sum to the total, each its exact share rounded down or up; ties go to the first.
    """
    whole = int(weights.sum())
    if not total or not whole:
        return np.zeros_like(weights)
    small = total * int(weights.max()) < 2**62 and whole * _PARTS < 2**62
    product = (weights if small else weights.astype(object)) * total
    floor = product // whole
    left = (product - floor * whole) * _PARTS // whole
    exact = product == floor * whole
    claim = left.astype(np.int64) + owed
    missing = total - int(floor.sum())
    raised = np.zeros(weights.size, dtype=np.int64)
    raised[np.lexsort((-claim, exact.astype(np.bool_)))[:missing]] = 1
    owed[:] = np.clip(claim - raised * _PARTS, -OWED * _PARTS, OWED * _PARTS)
    return floor.astype(np.int64) + raised


def _weights(
    of: MemberReadings, key: Key, shares: Mapping[str, Fraction] | None, price: Integers | None
) -> tuple[IntArray, int]:
    """Shares of members as whole numbers, (member,), and what stands for all."""
    issues: list[Issue] = []
    if key not in get_args(Key):
        issues.append(unknown("key", "unknown_key", "sharing key", key, get_args(Key)))
    if key == "least_cost" and (price is None or price.shape != of.taken_wh.shape):
        told = f"is missing or has another shape than {of.taken_wh.shape}; give the price of every member and step"
        issues.append(Issue("price", "length", told))
    if key == "level" and int(np.minimum(of.supply_wh, of.demand_wh).sum()) > MOST_SHARED_WH:
        told = f"is more than {MOST_SHARED_WH} Wh that can be levelled at once; share fewer steps at a time"
        issues.append(Issue("given_wh", "range", told))
    given = dict.fromkeys(of.members, Fraction(1, len(of.members))) if shares is None else shares
    issues += [
        unknown(f"shares.{name}", "unknown_reference", "member", name, of.members)
        for name in given
        if name not in of.members
    ]
    issues += [
        Issue(f"shares.{name}", "range", f"is {part}; a share is 0 or more") for name, part in given.items() if part < 0
    ]
    if sum(given.values()) > 1:
        issues.append(Issue("shares", "range", f"sum to {sum(given.values())}; shares are at most 1 in all"))
    if issues:
        raise InvalidInput(issues)
    whole = lcm(*(Fraction(part).denominator for part in given.values()))
    return np.array([int(given.get(name, Fraction(0)) * whole) for name in of.members], dtype=object), whole
