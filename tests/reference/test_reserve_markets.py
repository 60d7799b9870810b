"""Random markets for energy and reserve cost what their textbook twins cost."""

from __future__ import annotations

import pytest

from c4e_opt import SolveOptions, solve
from tests.reference.pyomo_reserve import Market
from tests.reference.reserve_markets import document, market


@pytest.mark.parametrize("seed", range(20))
def test_a_market_costs_what_its_twin_costs(seed: int) -> None:
    objective = solve(market(seed), SolveOptions(gap=0.0)).objective
    assert objective == pytest.approx(Market(document(seed)).solve(), abs=1e-6)


def test_the_markets_use_what_they_are_made_of() -> None:
    """In one of them at least every offer is taken, everything bought that may be, and either limit missed."""
    most: dict[str, float] = {}
    for seed in range(8):
        table = solve(market(seed)).schedule_table
        for name in (
            "reserve_up_mw",
            "reserve_bought_mw",
            "generic_constraint_beyond_mw",
            "generic_constraint_below_mw",
        ):
            labels = table.labels[table.quantities[name].axes[0]].tolist()
            for label, row in zip(labels, table.values(name), strict=True):
                most[f"{name} {label}"] = max(most.get(f"{name} {label}", 0.0), float(row.max()))
    assert {name for name, amount in most.items() if amount < 1e-6} <= {"reserve_up_mw total: renewable/pv"}
