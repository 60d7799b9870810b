"""What is done to markets of many members and not to small ones changes no answer: tried on small ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome
from c4e_opt.clearing import no_loss, search, volumes
from c4e_opt.formulate import Formulation, formulate
from c4e_opt.solve import solve
from c4e_solvers import Matrices, Reason
from tests.unit.auctions import auction, got, order, price
from tests.unit.feeders import wire
from tests.unit.small_cases import book as columns
from tests.unit.small_cases import small_case


def community(seed: int, steps: int = 6) -> Case:
    """Three buses on ties, a battery and some sun at two of them, and bids whose prices often are the same."""
    rng = np.random.default_rng(seed)
    buses = ("e", "a", "b")
    orders = [
        order(f"{bus}{step}{k}", side, float(rng.integers(2, 9) * 10), float(rng.integers(1, 5)), step, bus=bus)
        for bus in buses for step in range(steps) for k, side in enumerate(("sell", "buy", "buy"))
    ]  # fmt: skip
    limit = float(rng.integers(1, 4))
    ties = [{"id": b, "from_bus": "e", "to_bus": b, "forward_max_mw": limit, "backward_max_mw": limit} for b in "ab"]
    size = {"charge_max_mw": 2.0, "discharge_max_mw": 2.0, "energy_max_mwh": 4.0, "energy_start_mwh": 1.0}
    loss = {"charge_efficiency": 0.95, "discharge_efficiency": 0.95, "discharge_cost_eur_per_mwh": 4.0}
    stores = [{"id": f"s{bus}", "bus": bus, **size, **loss} for bus in "ab"]
    sun: list[dict[str, Any]] = [{"id": "pv", "bus": "b", "available_mw": rng.uniform(0.0, 3.0, steps).tolist()}]
    return auction(*orders, minutes=[60] * steps, tie=ties, battery=stores, renewable=sun)


def flows(outcome: Outcome, kind: str) -> np.ndarray:
    table = outcome.flow_table
    return table.values("flow_mw")[np.char.startswith(table.labels["port"].astype(np.str_), kind)]


@pytest.mark.parametrize("seed", range(6))
def test_a_community_is_cleared_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = community(seed)
    plain = solve(case)
    shrunk: list[tuple[int, int]] = []
    reduced = volumes.reduced

    def told(matrices: Matrices, point: np.ndarray) -> Any:
        part = reduced(matrices, point)
        assert part is not None
        shrunk.append((matrices.columns, part.matrices.columns))
        return part

    monkeypatch.setattr(no_loss, "MANY", 0)
    monkeypatch.setattr(volumes, "_MANY", 0)
    monkeypatch.setattr(volumes, "reduced", told)
    large = solve(case)
    assert shrunk
    assert all(few < many for many, few in shrunk)
    assert large.objective == pytest.approx(plain.objective, abs=1e-9)
    for which in ("price", "price_low", "price_high"):
        name = f"{which}_eur_per_mwh"
        assert large.price_table.values(name) == pytest.approx(plain.price_table.values(name), abs=1e-5)
    accepted = plain.order_table.values("accepted_mwh")
    assert large.order_table.values("accepted_mwh") == pytest.approx(accepted, abs=1e-5)
    for kind in ("tie", "battery"):
        assert flows(large, kind) == pytest.approx(flows(plain, kind), abs=2e-4)


def test_prices_that_may_lie_apart_still_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """5 MWh offered at 20 and wanted at 60 meet anywhere between: known duals at one end do not hold the other."""
    monkeypatch.setattr(no_loss, "MANY", 0)
    outcome = solve(auction(order("s", "sell", 20, 5), order("b", "buy", 60, 5)))
    assert (price(outcome, "price_low"), price(outcome), price(outcome, "price_high")) == ([20.0], [40.0], [60.0])


def test_duals_at_which_somebody_loses_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of 10 MWh at 30 and a seller of 5 at 10 face a buyer of 12 at 60.

    With the block accepted the seller brings the other 2, at 10, where the block loses 200: it is out, whatever the
    duals of that acceptance say, and the buyer gets 5 at 60.
    """
    monkeypatch.setattr(no_loss, "MANY", 0)
    orders = [order("s", "sell", 10, 5), order("k", "sell", 30, 10, ratio_min=1), order("b", "buy", 60, 12)]
    outcome = solve(auction(*orders))
    assert (got(outcome), price(outcome)) == ({"s": 5.0, "k": 0.0, "b": 5.0}, [60.0])


def book(seed: int, each: int = 30, steps: int = 3) -> Case:
    """At marginal prices, two buses: one with a battery, a load and sun beside its orders, one with orders alone."""
    rng = np.random.default_rng(seed)
    orders = [
        order(f"{bus}{step}{k}", str(rng.choice(["sell", "buy"])), float(rng.uniform(20, 90)),
              float(rng.uniform(1, 9)), step, bus=bus)
        for bus in "ea" for step in range(steps) for k in range(each)
    ]  # fmt: skip
    size = {"charge_max_mw": 5.0, "discharge_max_mw": 5.0, "energy_max_mwh": 8.0, "energy_start_mwh": 4.0}
    case = auction(
        *orders,
        minutes=[60] * steps,
        battery=[{"id": "store", "bus": "e", **size, "charge_efficiency": 0.9}],
        demand=[{"id": "load", "bus": "e", "demand_mw": rng.uniform(0.0, 5.0, steps).tolist()}],
        renewable=[{"id": "pv", "bus": "e", "available_mw": rng.uniform(0.0, 9.0, steps).tolist()}],
    )
    return replace(case, policy=replace(case.policy, pricing="marginal"))


def of_all_orders(case: Case, cells: Any, *, early: bool) -> Formulation:
    assert early
    return formulate(case, cells)


@pytest.mark.parametrize("seed", range(8))
def test_orders_that_are_decided_before_the_problem_get_what_it_gives_them(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = book(seed)
    early = solve(case)
    monkeypatch.setattr(search, "formulate", of_all_orders)
    whole = solve(case)
    assert early.size["variables"] < whole.size["variables"]
    assert early.objective == pytest.approx(whole.objective, abs=1e-7)
    accepted = [each.order_table.values("accepted_mwh") for each in (early, whole)]
    prices = [each.price_table.values("price_eur_per_mwh") for each in (early, whole)]
    assert accepted[0] == pytest.approx(accepted[1], abs=1e-6)
    assert prices[0] == pytest.approx(prices[1], abs=1e-6)


def test_a_shunt_away_from_all_lines_takes_what_the_sellers_at_its_bus_give() -> None:
    """4 MW for the shunt and 0.5 MWh for the buyer at 200: of sellers of 1 MWh at 10, 20, … the fifth gives half.

    That costs 10 + 20 + 30 + 40 + 25 - 100 = 25; the load at the end of the line takes 0.5 MWh at 100.
    """
    sellers = [order(f"s{k}", "sell", 10.0 + 10.0 * k, 1.0, bus="x") for k in range(10)]
    grid = {"id": "grid", "bus": "0", "import_max_mw": 50.0, "import_price_eur_per_mwh": 100.0}
    case = small_case(
        (60,),
        buses=[{"id": "0", "slack": True}, {"id": "1"}, {"id": "x"}],
        orders=columns(*sellers, order("b", "buy", 200.0, 0.5, bus="x")),
        policy={"network": "lindistflow", "base_mva": 1.0},
        grid_connection=[grid],
        demand=[{"id": "d", "bus": "1", "demand_mw": 0.5}],
        line=[wire()],
        shunt=[{"id": "sh", "bus": "x", "conductance_mw": 4.0}],
    )
    outcome = solve(case)
    assert outcome.termination.reason is Reason.OPTIMAL
    assert outcome.objective == pytest.approx(75.0)
    assert list(got(outcome).values()) == [1.0] * 4 + [0.5] + [0.0] * 5 + [0.5]
    assert price(outcome, bus=2) == [50.0]


def test_the_problem_does_not_grow_with_a_book_of_plain_orders() -> None:
    sizes = [solve(book(1, each)).size["variables"] for each in (100, 1000)]
    assert sizes[1] < 1.5 * sizes[0]


@pytest.mark.parametrize("second", ["emissions", "orders"])
def test_a_second_objective_finds_the_same_among_them(second: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a generator is made to do, orders follow in the order of their prices."""
    orders = [order(f"{side}{k}", side, 20.5 + 2 * k, 1.0) for side in ("buy", "sell") for k in range(40)]
    plants = [
        {"id": name, "bus": "e", "power_max_mw": 4.0, "cost_eur_per_mwh": cost, "emissions_t_per_mwh": emitted}
        for name, cost, emitted in (("coal", 10.0, 1.0), ("gas", 30.0, 0.4), ("oil", 70.0, 0.7))
    ]
    case = auction(*orders, generator=plants)
    policy = replace(case.policy, pricing="marginal", second_objective=second, second_objective_slack_ratio=0.05)
    case = replace(case, policy=policy)
    early = solve(case)
    monkeypatch.setattr(search, "formulate", of_all_orders)
    whole = solve(case)
    assert early.size["variables"] < whole.size["variables"]
    assert early.second is not None
    assert whole.second is not None
    assert early.second.least < early.second.at_least_cost - 0.1
    assert early.second.least == pytest.approx(whole.second.least, abs=1e-6)
    assert early.objective == pytest.approx(whole.objective, abs=1e-6)


def test_duals_from_before_a_limit_became_a_row_say_nothing_of_it() -> None:
    case = auction(*(order(f"o{step}", "sell", 20.0, 1.0, step) for step in range(3)), minutes=[60] * 3)
    formulation = formulate(case)
    matrices = formulation.program.matrices()
    earned = no_loss.earnings(formulation, matrices, np.array([30.0, 40.0]))
    assert earned == pytest.approx(no_loss.earnings(formulation, matrices, np.array([30.0, 40.0, 0.0])))
