"""Tranches of a flexible demand: which part is shed first, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import InvalidInput, solve
from tests.unit.small_cases import grid, optimum, prices, schedule, small_case

TRANCHES = [
    {"ratio": 0.2, "value_eur_per_mwh": 50.0, "load_class": "comfort"},
    {"ratio": 0.3, "value_eur_per_mwh": 200.0, "load_class": "work"},
]


def flexible(**fields: Any) -> dict[str, Any]:
    return {
        "id": "f", "bus": "e", "demand_mw": 1.0, "shed_value_eur_per_mwh": 1000.0, "tranches": TRANCHES, **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("supply", "cost", "price"),
    [(1.0, 0.0, None), (0.9, 5.0, 50.0), (0.7, 10.0 + 20.0, 200.0), (0.4, 10.0 + 60.0 + 100.0, 1000.0)],
)
def test_the_cheapest_part_of_a_load_is_shed_first(supply: float, cost: float, price: float | None) -> None:
    """0.2 MW at 50, then 0.3 MW at 200, then the rest at 1000; power itself is free."""
    case = small_case((60,), grid_connection=[grid(0.0, import_max_mw=supply)], flexible_demand=[flexible()])
    outcome = solve(case)
    assert outcome.objective == pytest.approx(cost)
    if price is not None:
        assert prices(outcome, "e") == pytest.approx([price])


def test_tranches_are_reported_by_their_class_and_add_up() -> None:
    """0.6 MW missing: 0.2 of comfort, 0.3 of work, 0.1 of the rest."""
    case = small_case((60,), grid_connection=[grid(0.0, import_max_mw=0.4)], flexible_demand=[flexible()])
    outcome = solve(case)
    table = outcome.schedule_table
    assert table.labels["shed_tranche"].tolist() == ["f/comfort", "f/work", "f/rest"]
    assert table.values("flexible_demand_tranche_shed_mw")[:, 0] == pytest.approx([0.2, 0.3, 0.1])
    assert schedule(outcome, "flexible_demand_shed_mw") == pytest.approx([0.6])


def test_what_may_not_be_shed_is_not_in_the_rest() -> None:
    """60 % may be shed: 0.2 at 50, 0.3 at 200, 0.1 at 1000; the other 0.4 MW are bought at 2000."""
    load = flexible(shed_max_ratio=0.6)
    case = small_case((60,), grid_connection=[grid(2000.0)], flexible_demand=[load])
    assert optimum(case) == pytest.approx(10 + 60 + 100 + 800)


def test_a_tranche_may_be_worth_more_than_the_rest() -> None:
    """The rest, 80 % at 40, goes first; 0.2 MW at 5000 stay: power at 100 costs 20."""
    critical = flexible(
        shed_value_eur_per_mwh=40.0, tranches=[{"ratio": 0.2, "value_eur_per_mwh": 5000.0, "load_class": "critical"}]
    )
    outcome = solve(small_case((60,), grid_connection=[grid(100.0)], flexible_demand=[critical]))
    assert outcome.objective == pytest.approx(0.8 * 40 + 0.2 * 100)
    assert schedule(outcome, "flexible_demand_shed_mw") == pytest.approx([0.8])


def test_the_rest_does_not_grow_into_a_tranche_that_is_worth_more() -> None:
    """Half may be shed, 0.2 of it worth 5000: 0.3 MW of the rest at 40, the other 0.7 MW at 100."""
    critical = flexible(
        shed_value_eur_per_mwh=40.0, shed_max_ratio=0.5, tranches=[{"ratio": 0.2, "value_eur_per_mwh": 5000.0}]
    )
    case = small_case((60,), grid_connection=[grid(100.0)], flexible_demand=[critical])
    assert optimum(case) == pytest.approx(0.3 * 40 + 0.7 * 100)


def test_loads_with_and_without_tranches_stand_side_by_side() -> None:
    """At 100 the one sheds its 0.2 MW of comfort, the other nothing."""
    loads = [flexible(id="a", tranches=[]), flexible(id="b")]
    assert optimum(small_case((60,), grid_connection=[grid(100.0)], flexible_demand=loads)) == pytest.approx(190.0)


def test_a_load_with_tranches_shifts_as_well() -> None:
    """Prices of 100 and 60: both hours shed 0.2 MW at 50, and 0.8 MW of the first one move: 0.4 * 50 + 1.6 * 60."""
    load = flexible(shift_max_mw=1.0, shift_window_hours=2.0)
    outcome = solve(small_case((60, 60), grid_connection=[grid([100.0, 60.0])], flexible_demand=[load]))
    assert outcome.objective == pytest.approx(116.0)


@pytest.mark.parametrize(
    ("tranches", "words"),
    [
        ([{"ratio": 0.7, "value_eur_per_mwh": 1}, {"ratio": 0.4, "value_eur_per_mwh": 2}], "add up to 1.1"),
        ([{"ratio": 1.2, "value_eur_per_mwh": 1}], r"tranches\[0\]\.ratio"),
        ([{**TRANCHES[0]}, {**TRANCHES[0]}], "already what another tranche is called"),
        ([{**TRANCHES[0], "load_class": "rest"}], "already what another tranche is called"),
    ],
)
def test_tranches_that_make_no_sense_are_refused(tranches: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        small_case(flexible_demand=[flexible(tranches=tranches)])
