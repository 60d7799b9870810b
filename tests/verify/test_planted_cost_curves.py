"""Violations planted into costs of generators: constants, and segments of powers that may be negative.

See `test_planted_violations`.
"""

from __future__ import annotations

import pytest

import c4e_opt
from c4e_opt import Case, Outcome
from c4e_opt.verify import verify
from tests.unit.small_cases import generator, grid, load, small_case
from tests.verify.test_planted_violations import Answered, law, number, price, up

#: 20 a MWh from -0.5 to 0, then 80: at 50 the first segment is full, at 10 nothing is worth its cost.
CURVE = [{"power_mw": 0.5, "cost_eur_per_mwh": 20.0}, {"power_mw": 0.5, "cost_eur_per_mwh": 80.0}]


@pytest.fixture(scope="module")
def answered() -> Answered:
    plant = generator(id="taker", power_min_mw=-0.5, power_max_mw=0.5, cost_segments=CURVE, fixed_cost_eur_per_hour=7.0)
    case = small_case((60, 30), grid_connection=[grid([50, 10])], demand=[load(0.8)], generator=[plant])
    return case, c4e_opt.solve(case)


def broken(case: Case, outcome: Outcome) -> set[str]:
    return {residual.law for residual in verify(case, outcome).broken}


def test_the_answer_fulfils_every_law(answered: Answered) -> None:
    """(0.8 + 0) * 50 + 0.5 * 20 and, at 10, (0.8 + 0.5) * 10 * 0.5 h; 7 for one and a half hours."""
    case, outcome = answered
    assert not broken(case, outcome)
    assert outcome.objective == pytest.approx(40 + 10 + 6.5 + 10.5)


def test_a_constant_that_is_not_paid_is_missed(answered: Answered) -> None:
    assert broken(*law("generator", fixed_cost_eur_per_hour=8.0)(*answered)) == {"cost_production", "objective"}


def test_segments_count_from_the_least_power(answered: Answered) -> None:
    """With another least power the same segments no longer make up the power."""
    assert "generator_segment_sum" in broken(*law("generator", power_min_mw=-0.6)(*answered))


def test_segments_out_of_their_order_are_seen(answered: Answered) -> None:
    case, outcome = answered
    moved = number("generator_segment_mw", (1, 0), up(0.1))(
        *number("generator_segment_mw", (0, 0), up(-0.1))(case, outcome)
    )
    assert broken(*moved) == {"generator_segment_order", "cost_production", "objective"}


def test_a_price_above_the_next_segment_is_regretted(answered: Answered) -> None:
    """At 0 MW the price may lie between 20 and 80; at 90 it should have given more."""
    case, outcome = answered
    assert "generator_price" in broken(*price(0, 0, 40.0)(case, outcome))
