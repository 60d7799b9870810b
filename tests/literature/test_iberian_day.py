"""One published day of the Iberian day-ahead market, with blocks, exclusive groups and scalable complex orders.

Source: OMIE and ENTSO-E public data, by way of EloyID/iberian-day-ahead-market-simulator; see `iberian_day`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from c4e_opt import Case, Outcome, solve
from c4e_opt.market.complex_order import ComplexOrder
from c4e_opt.solve import SolveOptions
from tests.literature.iberian_day import (
    FOLDER,
    ZONES,
    iberian_day,
    published_flow_to_portugal,
    published_prices,
)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the oracles are not here: {FOLDER}")

#: Prices are published in cents, volumes in tenths of a MWh.
CENT, TENTH = 0.005, 0.0501


@cache
def case() -> Case:
    return iberian_day()


@cache
def cleared() -> Outcome:
    """The best answer: a usual gap of all welfare leaves more open than the exchange does."""
    outcome = solve(case(), SolveOptions(gap=0.0))
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    return outcome


def test_prices_of_both_zones_are_those_of_the_exchange() -> None:
    """All 48, to the cent."""
    prices = cleared().price_table
    assert prices.labels["bus"].tolist()[:2] == list(ZONES)
    off = np.abs(prices.values("price_eur_per_mwh")[:2] - published_prices())
    assert np.count_nonzero(off > CENT) == 0


def test_what_flows_to_portugal_is_what_the_exchange_found() -> None:
    """In every hour but those at a price of 0 in both zones, in which much more is at the money than can be sold."""
    table = cleared().schedule_table
    place = table.labels["tie"].tolist().index("ES_PT")
    net = (table.values("tie_forward_mw") - table.values("tie_backward_mw"))[place]
    decided = published_prices().max(axis=0) > 0
    assert np.count_nonzero(decided) == 20
    assert np.abs(net - published_flow_to_portugal())[decided].max() <= TENTH


def test_scalable_orders_earn_their_fixed_term_and_give_their_least_or_nothing() -> None:
    outcome, book, records = cleared(), case().orders, case().of(ComplexOrder)
    accepted = outcome.order_table.values("accepted_mwh")
    price = outcome.price_table.values("price_eur_per_mwh")[book.bus, book.step]
    active = 0
    for record in records:
        own = book.complex_order == record.id
        got = np.bincount(book.step[own], accepted[own], case().horizon.steps)
        if got.sum() > 1e-6:
            active += 1
            income = (accepted[own] * (price[own] - book.price_eur_per_mwh[own])).sum()
            assert income >= record.fixed_eur - 1e-3
            assert np.all(got >= record.power_min_mw - 1e-6)
    assert 0 < active < len(records)
