"""Published days of the Italian day-ahead market: prices of zones, flows between them, and decisions on blocks.

Source: GME public data, by way of rebase-energy/OpenEUPHEMIA; see `italian_days`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from c4e_opt import Outcome, solve
from tests.literature.italian_days import (
    DAYS,
    FOLDER,
    flow_errors,
    italian_day,
    of_zones,
    published,
    rightly_decided,
)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the oracles are not here: {FOLDER}")

#: Prices are published in cents.
CENT = 0.005
#: How far flows may be off in the mean, in MWh.
FLOWS_WITHIN = 1.2e-3
#: The first day is in every run, all ten in the slow one.
EVERY_DAY = [DAYS[0], *(pytest.param(day, marks=pytest.mark.slow) for day in DAYS[1:])]


@cache
def cleared(day: str, *, blocks_free: bool = False, at_exchanges: bool = False) -> Outcome:
    outcome = solve(italian_day(day, blocks_free=blocks_free, at_exchanges=at_exchanges))
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    return outcome


@pytest.mark.parametrize("day", EVERY_DAY)
def test_prices_of_all_zones_are_those_of_the_exchange(day: str) -> None:
    """All 168 of a day, to the cent, with the borders at their prices."""
    off = np.abs(of_zones(cleared(day), "price_eur_per_mwh") - published(day))
    assert np.count_nonzero(off > CENT) == 0


@pytest.mark.parametrize("day", EVERY_DAY)
def test_prices_are_the_same_where_blocks_are_free(day: str) -> None:
    off = np.abs(of_zones(cleared(day, blocks_free=True), "price_eur_per_mwh") - published(day))
    assert np.count_nonzero(off > CENT) == 0


@pytest.mark.parametrize("day", EVERY_DAY)
def test_prices_of_the_exchange_are_among_those_that_fit_its_exchanges(day: str) -> None:
    """Where nothing but exchanges is at the money, prices are not unique."""
    outcome = cleared(day, at_exchanges=True)
    low, high = of_zones(outcome, "price_low_eur_per_mwh"), of_zones(outcome, "price_high_eur_per_mwh")
    assert np.all((low <= published(day) + CENT) & (published(day) <= high + CENT))


def test_flows_between_the_zones_are_those_of_the_exchange() -> None:
    assert flow_errors(DAYS[0], cleared(DAYS[0], at_exchanges=True)).mean() <= FLOWS_WITHIN


@pytest.mark.slow
def test_flows_of_ten_days_are_those_of_the_exchange() -> None:
    """Of one day, 5 April, the published volumes do not add up to the published curves in three hours."""
    off = np.array([flow_errors(day, cleared(day, at_exchanges=True)).mean() for day in DAYS])
    assert off.mean() <= FLOWS_WITHIN
    assert np.sort(off)[-2] <= 0.1 * FLOWS_WITHIN


@pytest.mark.parametrize("day", EVERY_DAY)
def test_blocks_that_are_free_are_decided_as_the_exchange_did(day: str) -> None:
    """At most one of a day is not: the exchange stops at a deadline, and its decisions are not always the best."""
    right, blocks = rightly_decided(day, cleared(day, blocks_free=True, at_exchanges=True))
    assert right >= blocks - 1


@pytest.mark.slow
def test_of_ten_days_nearly_all_blocks_are_decided_as_the_exchange_did() -> None:
    decided = [rightly_decided(day, cleared(day, blocks_free=True, at_exchanges=True)) for day in DAYS]
    right, blocks = np.sum(decided, axis=0)
    assert right >= 0.975 * blocks
