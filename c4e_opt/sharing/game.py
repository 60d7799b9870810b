"""A coalition game: what every coalition of members is worth, and what shares of it mean.

Coalitions are bitmasks: bit i of a mask stands for member i, so that `values[mask]` is the worth of a coalition and
every table of a game of n members has 2**n entries. Worth is a gain: costs go in with a minus sign. The empty coalition
is worth nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, duplicates

#: Games of more members are no tables.
MOST_MEMBERS = 20
#: Shares are judged up to this part of the largest worth.
TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """The worth of every coalition.

    Attributes:
        members: Their names.
        values_eur: Worth by bitmask (2**members,); that of nobody is 0.
    """

    members: tuple[str, ...]
    values_eur: FloatArray

    @property
    def size(self) -> int:
        """How many members there are."""
        return len(self.members)

    @property
    def total_eur(self) -> float:
        """What all of them together are worth."""
        return float(self.values_eur[-1])

    @property
    def alone_eur(self) -> FloatArray:
        """What everybody is worth alone (member,)."""
        return self.values_eur[1 << np.arange(self.size)]

    def coalition(self, mask: int) -> tuple[str, ...]:
        """The members of a coalition."""
        return tuple(name for place, name in enumerate(self.members) if mask >> place & 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """A split of what a coalition gains.

    Attributes:
        members: Their names.
        share_eur: What everybody gets (member,); sums to the worth of all.
        alone_eur: What everybody is worth alone (member,).
        half_width_eur: How far the share may be off (member,); 0 where it is exact.
        confidence: With which probability all shares are within their half widths; 1 where they are exact.
        worst_excess_eur: Largest gain that a coalition would have by leaving; NaN where not all coalitions are known.
        worst_coalition: The coalition that it belongs to.
    """

    members: tuple[str, ...]
    share_eur: FloatArray
    alone_eur: FloatArray
    half_width_eur: FloatArray
    confidence: float
    worst_excess_eur: float
    worst_coalition: tuple[str, ...]

    @property
    def individually_rational(self) -> bool:
        """Whether nobody gets less than alone, as far as the half widths tell."""
        slack = TOLERANCE * (1.0 + float(np.abs(self.share_eur).max(initial=0.0)))
        return bool(np.all(self.share_eur >= self.alone_eur - slack - self.half_width_eur))

    @property
    def in_core(self) -> bool | None:
        """Whether no coalition would gain by leaving; None where not all coalitions are known."""
        if np.isnan(self.worst_excess_eur):
            return None
        return self.worst_excess_eur <= TOLERANCE * (1.0 + float(np.abs(self.share_eur).sum()))


def game(
    members: Sequence[str], value_eur: Callable[[tuple[str, ...]], float] | ArrayLike | dict[tuple[str, ...], float]
) -> Game:
    """A game from its characteristic function.

    Args:
        members: Their names, at most 20.
        value_eur: The worth of a coalition, called with the names of its members in the order of `members`; or a table
            by bitmask (2**members,).

    Raises:
        InvalidInput: Too many members, names that occur twice, or worths that are no numbers.
    """
    names = tuple(members)
    issues = list(duplicates("members", names))
    if not 0 < len(names) <= MOST_MEMBERS:
        told = f"are {len(names)}; a table of coalitions takes 1 to {MOST_MEMBERS}, sampled_shapley takes any number"
        issues.append(Issue("members", "range", told))
    if issues:
        raise InvalidInput(issues)
    masks = range(1, 1 << len(names))
    if callable(value_eur):
        table = [value_eur(tuple(n for i, n in enumerate(names) if mask >> i & 1)) for mask in masks]
        values = np.array([0.0, *table], dtype=np.float64)
    else:
        values = np.array(value_eur, dtype=np.float64)
    if values.shape != (1 << len(names),):
        told = f"has shape {values.shape}; {len(names)} members have {1 << len(names)} coalitions"
        raise InvalidInput([Issue("value_eur", "length", told)])
    if values[0] != 0.0 or not np.isfinite(values).all():
        place = int(np.flatnonzero((values != 0.0) & (np.arange(values.size) == 0) | ~np.isfinite(values))[0])
        told = "must be 0, nobody is worth nothing" if place == 0 else "is no number"
        raise InvalidInput([Issue(f"value_eur[{place}]", "finite", told)])
    return Game(members=names, values_eur=values)


def worth_eur(share_eur: FloatArray) -> FloatArray:
    """What every coalition gets by its members' shares, by bitmask (2**members,)."""
    total = np.zeros(1)
    for share in share_eur:
        total = np.concatenate([total, total + share])
    return total


def excess_eur(of: Game, share_eur: FloatArray) -> FloatArray:
    """What every coalition would gain by leaving, by bitmask (2**members,); nobody and all are 0 by definition."""
    excess = of.values_eur - worth_eur(share_eur)
    excess[0] = excess[-1] = 0.0
    return excess


def shares(of: Game, share_eur: FloatArray) -> Shares:
    """Exact shares with what they mean for coalitions."""
    excess = excess_eur(of, share_eur)[1:-1]
    worst = int(np.argmax(excess)) if excess.size else -1
    return Shares(
        members=of.members,
        share_eur=share_eur,
        alone_eur=of.alone_eur,
        half_width_eur=np.zeros(of.size),
        confidence=1.0,
        worst_excess_eur=float(excess[worst]) if excess.size else 0.0,
        worst_coalition=of.coalition(worst + 1) if excess.size else of.members,
    )


def members_of(size: int) -> IntArray:
    """Which members every coalition has, 0 or 1, by bitmask (2**size, member)."""
    return (np.arange(1 << size)[:, None] >> np.arange(size)) & 1
