"""Demurrage: what is left of an energy token in time, exactly, as whole minor units.

A token of some class that was issued at one moment keeps the part f(age) of its amount:

    rates       f(age) = 1 - sum over spans of rate_per_day * days of the age within the span, at least 0
    half-life   f(age) = 2 ** -(n / periods) with n the whole periods in the age: half after `periods` of them

A lot has an amount `base` from the moment `since` on, and keeps the age of its issue:

    left(t) = floor(base * f(t - issued) / f(since - issued))

It depends on `base` and `since` alone, not on when anybody looked in between: applied step by step or at once, it is
the same. Both change only where a part of the lot goes elsewhere. What a lot loses, the part of a unit that rounding
takes included, is burnt at the account of the issuer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from c4e_opt.arrays import IntArray
from c4e_opt.issues import Issue

#: No lot has more minor units: floats find every floor but those that are checked exactly.
MOST_UNITS = 10**15
_DAY_S = 86_400
_MOST_PERIODS = 1000
_CERTAIN = 1e-13  # floats are that near to a product, in parts of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Decay by rates over spans of the age.

    Attributes:
        spans: (age in seconds at which a span ends, part of the first amount that is lost per day); the last span lasts
            for ever, whatever its end.
    """

    spans: tuple[tuple[int, Fraction], ...]

    def left(self, base: IntArray, since_age: IntArray, age: IntArray) -> IntArray:
        """What is left of amounts, (lot,)."""
        part, before = self._parts(age), self._parts(since_age)
        kept = base.astype(object) * part // np.maximum(before, 1)
        return np.where(age == since_age, base, kept).astype(np.int64)

    def issues(self, path: str) -> Iterator[Issue]:
        """Everything wrong with the rates."""
        if not self.spans:
            yield Issue(path, "length", "has no spans; give at least one rate, 0 where nothing is lost")
        ends = [end for end, _ in self.spans]
        for place, (end, rate) in enumerate(self.spans):
            if rate < 0:
                yield Issue(f"{path}[{place}]", "range", f"loses {rate} per day; a rate is 0 or more")
            if end <= 0 or end in ends[:place] or ends[:place] != sorted(ends[:place]):
                yield Issue(f"{path}[{place}]", "order", f"ends at an age of {end} s; ends are above 0 and rise")

    def _parts(self, age: IntArray) -> IntArray:
        """What is left of one whole, in parts of `whole`, Python integers."""
        whole = lcm(*(rate.denominator for _, rate in self.spans)) * _DAY_S
        lost, begin = np.zeros(age.shape, dtype=object), 0
        for place, (end, rate) in enumerate(self.spans):
            last = place == len(self.spans) - 1
            inside = np.maximum((age if last else np.minimum(age, end)) - begin, 0)
            lost = lost + inside.astype(object) * int(rate * whole / _DAY_S)
            begin = end
        return np.maximum(whole - lost, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfLife:
    """Decay by halves.

    Attributes:
        period_seconds: What is left changes whenever so many seconds are over.
        periods: After so many of them half is left.
    """

    period_seconds: int
    periods: int

    def left(self, base: IntArray, since_age: IntArray, age: IntArray) -> IntArray:
        """What is left of amounts, (lot,)."""
        over = age // self.period_seconds - since_age // self.period_seconds
        near = base * np.exp2(-over / self.periods)
        kept = np.floor(near)
        unsure = np.abs(near - np.rint(near)) <= _CERTAIN * near + 1e-9
        kept = kept.astype(np.int64)
        for place in np.flatnonzero(unsure & (over > 0)).tolist():
            kept[place] = _root_floor(int(base[place]), int(over[place]), self.periods)
        return np.where(over == 0, base, kept)

    def issues(self, path: str) -> Iterator[Issue]:
        """Everything wrong with the half-life."""
        if self.period_seconds < 1:
            yield Issue(f"{path}.period_seconds", "range", f"is {self.period_seconds}; a period is a second or longer")
        if not 1 <= self.periods <= _MOST_PERIODS:
            yield Issue(f"{path}.periods", "range", f"is {self.periods}; it must lie within [1, {_MOST_PERIODS}]")


Decay = Rates | HalfLife


def _root_floor(base: int, over: int, periods: int) -> int:
    """The largest whole number x with x**periods * 2**over <= base**periods."""
    whole, rest = divmod(over, periods)
    power = base**periods
    guess = int(base * 2.0 ** -(rest / periods)) >> whole
    while guess and guess**periods << over > power:
        guess -= 1
    while (guess + 1) ** periods << over <= power:
        guess += 1
    return guess
