"""The Shapley value: everybody's mean contribution over all orders in which a coalition may form.

    share[i] = sum over coalitions S without i of |S|! (n - |S| - 1)! / n! * (value[S + i] - value[S])

Exact for up to 20 members from the table of coalitions, vectorised over bitmasks. Beyond, orders are drawn: every one,
and its reverse, gives a contribution of every member; the mean of all is unbiased and sums to the worth of all exactly.

Half widths hold for all members at once with the given confidence:
    with `contribution_range_eur` (no contribution may lie outside a span of that length): Hoeffding's bound over the
        pairs, range * sqrt(ln(2 n / (1 - confidence)) / (2 pairs)), for any number of pairs;
    without: Student's quantile at (1 - confidence) / n times the standard error of the pairs, which holds for many
        pairs only: it takes their mean for normal.

Properties: sums to the worth of all; equal members get equal shares; who adds nothing gets nothing. Individually
rational for superadditive games, in the core for convex ones.
Source: Shapley (1953), A value for n-person games, doi:10.1515/9781400881970-018; drawn orders: Castro, Gomez, Tejada
(2009), Polynomial calculation of the Shapley value based on sampling, doi:10.1016/j.cor.2008.04.004.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, duplicates
from c4e_opt.sharing.game import Game, Shares, members_of, shares


def shapley(of: Game) -> Shares:
    """The Shapley value of a game, exactly.

    Args:
        of: The game.
    """
    n = of.size
    inside = members_of(n)
    size = inside.sum(axis=1)
    weight = np.array([1.0 / (n * math.comb(n - 1, k)) for k in range(n)])
    share = np.empty(n)
    for place in range(n):
        without = np.flatnonzero(inside[:, place] == 0)
        gain = of.values_eur[without | (1 << place)] - of.values_eur[without]
        share[place] = weight[size[without]] @ gain
    return shares(of, share)


def sampled_shapley(
    members: Sequence[str],
    value_eur: Callable[[tuple[str, ...]], float],
    *,
    pairs: int = 500,
    seed: int = 0,
    confidence: float = 0.95,
    contribution_range_eur: float | None = None,
) -> Shares:
    """The Shapley value of a game of any size from orders that are drawn, with bounds of its error.

    Args:
        members: Their names.
        value_eur: The worth of a coalition, called with the names of its members in the order of `members`; once for
            every coalition that is met.
        pairs: How many orders are drawn; each is used forwards and backwards. At least 2.
        seed: Where the draw begins; the same seed gives the same shares.
        confidence: Probability with which all shares are within their half widths.
        contribution_range_eur: Span in which every member's contributions lie, where one is known.

    Raises:
        InvalidInput: Too few pairs, or names that occur twice.
    """
    names = tuple(members)
    issues = list(duplicates("members", names))
    if not names:
        issues.append(Issue("members", "range", "are none; there is nothing to share"))
    if pairs < 2:
        issues.append(Issue("pairs", "range", f"is {pairs}; an error needs at least 2"))
    if not 0 < confidence < 1:
        issues.append(Issue("confidence", "range", f"is {confidence:g}; it must lie within (0, 1)"))
    if issues:
        raise InvalidInput(issues)
    known: dict[int, float] = {0: 0.0}

    def worth(mask: int) -> float:
        if mask not in known:
            known[mask] = float(value_eur(tuple(name for i, name in enumerate(names) if mask >> i & 1)))
        return known[mask]

    random, n = np.random.default_rng(seed), len(names)
    means = np.empty((pairs, n))
    for row in range(pairs):
        order = random.permutation(n).tolist()
        means[row] = (_contributions(order, worth) + _contributions(order[::-1], worth)) / 2
    share = means.mean(axis=0)
    half = _half_width(means, confidence, contribution_range_eur)
    alone = np.array([worth(1 << place) for place in range(n)])
    return Shares(
        members=names,
        share_eur=share,
        alone_eur=alone,
        half_width_eur=half,
        confidence=confidence,
        worst_excess_eur=math.nan,
        worst_coalition=(),
    )


def _contributions(order: Sequence[int], worth: Callable[[int], float]) -> FloatArray:
    """What everybody adds when members come in this order (member,)."""
    added, mask, before = np.empty(len(order)), 0, 0.0
    for place in order:
        mask |= 1 << place
        after = worth(mask)
        added[place], before = after - before, after
    return added


def _half_width(means: FloatArray, confidence: float, span: float | None) -> FloatArray:
    pairs, n = int(means.shape[0]), int(means.shape[1])
    if span is not None:
        return np.ones(n) * (span * math.sqrt(math.log(2 * n / (1 - confidence)) / (2 * pairs)))
    from scipy.special import stdtrit

    quantile = float(stdtrit(pairs - 1, 1 - (1 - confidence) / (2 * n)))
    spread: FloatArray = means.std(axis=0, ddof=1)
    return spread * (quantile / math.sqrt(pairs))
