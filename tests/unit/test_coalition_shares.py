"""Shares of a coalition's gain: games whose answers are known from the literature."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from c4e_opt.errors import InvalidInput
from c4e_opt.sharing import Game, excess_eur, game, nucleolus, sampled_shapley, shapley


def glove() -> Game:
    """One left glove, two right ones; a pair is worth 1."""
    return game(["left", "r1", "r2"], lambda who: float("left" in who and len(who) > 1))


def airport(costs: dict[str, float]) -> Game:
    """Everybody needs a runway that costs so much; the longest serves all."""
    return game(list(costs), lambda who: -max(costs[each] for each in who))


def bankruptcy(estate: float) -> Game:
    """Claims of 100, 200 and 300 on an estate: a coalition is worth what the others leave."""
    claims = {"a": 100.0, "b": 200.0, "c": 300.0}
    return game(list(claims), lambda who: max(0.0, estate - sum(claims[each] for each in claims if each not in who)))


def test_the_shapley_value_of_the_glove_game_is_known():
    told = shapley(glove())
    assert told.share_eur == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert told.individually_rational
    assert not told.in_core
    assert told.worst_excess_eur == pytest.approx(1 / 6)
    assert told.worst_coalition in (("left", "r1"), ("left", "r2"))


def test_the_nucleolus_of_the_glove_game_is_its_core():
    told = nucleolus(glove())
    assert told.share_eur == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)
    assert told.in_core


def test_the_airport_game_is_shared_as_published():
    """Shapley: everybody pays for the part of the runway that it needs, by heads (Littlechild and Owen 1973).

    8 / 4 = 2; + 3 / 3 = 3; + 2 / 2 = 4; + 5 = 9. Nucleolus (Littlechild 1974): least of 8/2, 11/3, 13/4, 18/4 is 3.25,
    which the first three pay; the last pays the rest.
    """
    costs = {"a": 8.0, "b": 11.0, "c": 13.0, "d": 18.0}
    assert shapley(airport(costs)).share_eur == pytest.approx([-2.0, -3.0, -4.0, -9.0])
    assert nucleolus(airport(costs)).share_eur == pytest.approx([-3.25, -3.25, -3.25, -8.25])
    assert shapley(airport(costs)).in_core
    assert nucleolus(airport(costs)).in_core


@pytest.mark.parametrize(
    ("estate", "shares"),
    [(100, [100 / 3] * 3), (200, [50, 75, 75]), (300, [50, 100, 150]), (500, [200 / 3, 500 / 3, 800 / 3])],
)
def test_the_nucleolus_divides_as_the_talmud_does(estate: float, shares: list[float]):
    """Aumann and Maschler (1985); beyond half of all claims losses are split as gains are below: 500 is one of 600.

    Losses of 100 in all are split equally, 100/3 each, as an estate of 100 is.
    """
    assert nucleolus(bankruptcy(estate)).share_eur == pytest.approx(shares)


def test_shapley_is_the_mean_over_all_orders():
    random = np.random.default_rng(3)
    values = np.concatenate([[0.0], random.normal(size=31)])
    played = game(list("abcde"), values)
    share = np.zeros(5)
    for order in itertools.permutations(range(5)):
        mask = 0
        for who in order:
            share[who] += (values[mask | 1 << who] - values[mask]) / math.factorial(5)
            mask |= 1 << who
    assert shapley(played).share_eur == pytest.approx(share)


def test_the_nucleolus_is_least_in_the_order_of_excesses():
    """Whoever moves a little from it has a larger largest excess, or an equal one and a larger next."""
    random = np.random.default_rng(5)
    for _ in range(10):
        values = np.concatenate([[0.0], random.uniform(0, 1, 14), [4.0]])
        played = game(list("abcd"), values)
        best = nucleolus(played).share_eur
        assert best.sum() == pytest.approx(4.0)
        least = np.sort(excess_eur(played, best)[1:-1])[::-1]
        for _ in range(200):
            step = random.normal(size=4)
            moved = best + 1e-3 * (step - step.mean())
            if (moved < played.alone_eur).any():
                continue
            other = np.sort(excess_eur(played, moved)[1:-1])[::-1]
            apart = np.flatnonzero(np.abs(other - least) > 1e-8)
            assert apart.size == 0 or other[apart[0]] > least[apart[0]]


def test_drawn_orders_come_near_and_say_how_near():
    played = airport({f"m{i:02}": float(i + 1) for i in range(10)})
    exact = shapley(played).share_eur

    def value(who: tuple[str, ...]) -> float:
        return float(played.values_eur[sum(1 << played.members.index(each) for each in who)])

    student = sampled_shapley(played.members, value, pairs=400, seed=1)
    hoeffding = sampled_shapley(played.members, value, pairs=400, seed=1, contribution_range_eur=10.0)
    for told in (student, hoeffding):
        assert told.share_eur.sum() == pytest.approx(played.total_eur)
        assert np.all(np.abs(told.share_eur - exact) <= told.half_width_eur)
        assert told.in_core is None
    assert hoeffding.half_width_eur == pytest.approx([10 * math.sqrt(math.log(400) / 800)] * 10)
    assert student.half_width_eur.max() < hoeffding.half_width_eur.max()
    again = sampled_shapley(played.members, value, pairs=400, seed=1)
    assert np.array_equal(student.share_eur, again.share_eur)


def test_fifteen_members_are_shared_exactly():
    """A convex game, coalitions worth the square of their size: everybody gets 15, and so in the core."""
    played = game([f"m{i}" for i in range(15)], np.array([bin(mask).count("1") ** 2 for mask in range(1 << 15)]))
    for told in (shapley(played), nucleolus(played)):
        assert told.share_eur == pytest.approx([15.0] * 15)
        assert told.in_core
        assert told.individually_rational


def test_one_member_gets_all():
    played = game(["a"], [0.0, 7.0])
    assert shapley(played).share_eur == pytest.approx([7.0])
    assert nucleolus(played).share_eur == pytest.approx([7.0])


def test_what_is_no_game_is_refused():
    with pytest.raises(InvalidInput, match="2 members have 4 coalitions"):
        game(["a", "b"], [0.0, 1.0])
    with pytest.raises(InvalidInput, match="nobody is worth nothing"):
        game(["a"], [1.0, 1.0])
    with pytest.raises(InvalidInput, match="already the id"):
        game(["a", "a"], [0.0, 1.0, 1.0, 2.0])
    with pytest.raises(InvalidInput, match="sampled_shapley takes any number"):
        game([str(i) for i in range(21)], lambda who: 0.0)
    with pytest.raises(InvalidInput, match="needs at least 2"):
        sampled_shapley(["a"], lambda who: 0.0, pairs=1)
