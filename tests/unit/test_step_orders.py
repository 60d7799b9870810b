from __future__ import annotations

import pytest

from c4e_opt import Case, Outcome, solve
from tests.unit.small_cases import battery, grid, load, order_columns, prices, small_case, tie


def accepted(outcome: Outcome) -> dict[str, float]:
    """Energy accepted of every order."""
    names = outcome.order_table.labels["order"].tolist()
    return dict(zip(names, outcome.order_table.values("accepted_mwh").tolist(), strict=True))


def auction(*orders: tuple[str, str, str, int, float, float], minutes: tuple[int, ...] = (60,)) -> Case:
    return small_case(minutes, orders=order_columns(*orders))


def test_the_marginal_order_sets_the_price_and_is_accepted_in_part() -> None:
    """1.5 MWh wanted at 50; 1 MWh offered at 10 and 1 MWh at 20: welfare 75 - 10 - 10 = 55, price 20."""
    outcome = solve(
        auction(
            ("cheap", "e", "sell", 0, 10.0, 1.0),
            ("dear", "e", "sell", 0, 20.0, 1.0),
            ("want", "e", "buy", 0, 50.0, 1.5),
        )
    )
    assert accepted(outcome) == pytest.approx({"cheap": 1.0, "dear": 0.5, "want": 1.5})
    assert prices(outcome, "e") == pytest.approx([20.0])
    assert outcome.welfare == pytest.approx(55.0)
    assert outcome.objective == pytest.approx(-55.0)
    assert outcome.order_table.values("cleared_eur_per_mwh") == pytest.approx([20.0, 20.0, 20.0])


def test_a_marginal_buyer_sets_the_price_too() -> None:
    """1 MWh offered at 10; 0.6 MWh wanted at 50 and 1 MWh at 30: the second gets 0.4 MWh, the price is 30."""
    outcome = solve(
        auction(
            ("offer", "e", "sell", 0, 10.0, 1.0),
            ("first", "e", "buy", 0, 50.0, 0.6),
            ("next", "e", "buy", 0, 30.0, 1.0),
        )
    )
    assert accepted(outcome) == pytest.approx({"offer": 1.0, "first": 0.6, "next": 0.4})
    assert prices(outcome, "e") == pytest.approx([30.0])
    assert outcome.welfare == pytest.approx(30.0 + 12.0 - 10.0)


def test_orders_that_do_not_meet_are_not_accepted() -> None:
    """Offered at 20, wanted at 15: nothing happens."""
    outcome = solve(auction(("offer", "e", "sell", 0, 20.0, 1.0), ("want", "e", "buy", 0, 15.0, 1.0)))
    assert accepted(outcome) == {"offer": 0.0, "want": 0.0}
    assert outcome.welfare == 0.0


def test_orders_of_different_steps_or_buses_do_not_meet() -> None:
    """A seller in the first step and a buyer in the second, and a seller at another bus: nothing happens."""
    outcome = solve(
        auction(
            ("early", "e", "sell", 0, 1.0, 1.0),
            ("late", "e", "buy", 1, 90.0, 1.0),
            ("heat", "h", "sell", 1, 1.0, 1.0),
            minutes=(60, 60),
        )
    )
    assert outcome.welfare == 0.0


def test_orders_are_energy_whatever_the_step_lasts() -> None:
    """In 15 minutes 0.5 MWh are bought from a grid at 40 by somebody who pays 60: welfare of orders 30, cost 20."""
    case = small_case((15,), grid_connection=[grid(40)], orders=order_columns(("want", "e", "buy", 0, 60.0, 0.5)))
    outcome = solve(case)
    assert accepted(outcome) == pytest.approx({"want": 0.5})
    assert outcome.objective == pytest.approx(-10.0)
    assert outcome.welfare == pytest.approx(30.0)
    assert outcome.terms["energy"] == pytest.approx(20.0)
    assert prices(outcome, "e") == pytest.approx([40.0])


def test_an_order_competes_with_the_grid() -> None:
    """2 MWh of demand: 0.5 MWh from a seller at 30, the rest from the grid at 40: 15 + 60."""
    case = small_case(
        (60,),
        grid_connection=[grid(40)],
        demand=[load(2.0)],
        orders=order_columns(("offer", "e", "sell", 0, 30.0, 0.5), ("dear", "e", "sell", 0, 50.0, 0.5)),
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(75.0)
    assert accepted(outcome) == pytest.approx({"offer": 0.5, "dear": 0.0})
    assert outcome.order_table.values("cleared_eur_per_mwh") == pytest.approx([40.0, 40.0])


def test_a_battery_carries_an_offer_to_a_later_buyer() -> None:
    """Sold at 10 in the first step, bought at 50 in the second through a battery that gives back 80 %."""
    case = small_case(
        battery=[battery(discharge_efficiency=0.8)],
        orders=order_columns(("early", "e", "sell", 0, 10.0, 1.0), ("late", "e", "buy", 1, 50.0, 2.0)),
    )
    outcome = solve(case)
    assert accepted(outcome) == pytest.approx({"early": 1.0, "late": 0.8})
    assert outcome.welfare == pytest.approx(30.0)
    assert prices(outcome, "e")[1] == pytest.approx(50.0)


def test_a_congested_tie_splits_the_market() -> None:
    """Offered 2 MWh at 10 at a, wanted 2 MWh at 50 at b, tie of 1 MW: prices 10 and 50."""
    case = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        tie=[tie()],
        orders=order_columns(("offer", "a", "sell", 0, 10.0, 2.0), ("want", "b", "buy", 0, 50.0, 2.0)),
    )
    outcome = solve(case)
    assert outcome.welfare == pytest.approx(40.0)
    assert prices(outcome, "a") == pytest.approx([10.0])
    assert prices(outcome, "b") == pytest.approx([50.0])
    assert outcome.order_table.values("cleared_eur_per_mwh") == pytest.approx([10.0, 50.0])


def test_a_seller_at_a_negative_price_pays_to_deliver() -> None:
    """Offered 2 MWh at -20, wanted 1 MWh at 5: welfare 5 + 20, price -20."""
    outcome = solve(auction(("offer", "e", "sell", 0, -20.0, 2.0), ("want", "e", "buy", 0, 5.0, 1.0)))
    assert outcome.welfare == pytest.approx(25.0)
    assert prices(outcome, "e") == pytest.approx([-20.0])
