"""Losses of linear power flow, by hand: resistance times flow squared, half of it drawn at either end of a line."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, SolveOptions, solve
from c4e_solvers import Solution, SolverFailed
from tests.unit.small_grids import Record, flows, grid_case, limits, line, plant, told

LOSSY = {"losses": "iterated"}
PARTS = ("energy", "congestion", "loss")


def two(demand: float, **fields: float) -> Case:
    """One wire of 0.1 per unit of resistance, on a base of 100 MVA: 0.001 MW lost per MW squared."""
    return grid_case([line("ab", "a", "b", resistance_pu=0.1)], [plant("a", 10.0)], {"b": demand}, policy=LOSSY)


def test_a_wire_loses_by_the_square_and_far_demand_pays_for_it():
    """100 MW arrive: f - 0.0005 f^2 = 100, f = (1 - sqrt(0.8)) / 0.001 = 105.573 in the middle; 111.146 are sent.

    One more MW at b: d(sent) = (1 + 0.001 f) / (1 - 0.001 f) = 1.105573 / 0.894427 = 1.236068, so 12.36068 there.
    """
    outcome = solve(two(100.0))
    middle = (1.0 - sqrt(0.8)) / 0.001
    lost = 0.001 * middle**2
    schedule = outcome.schedule_table
    assert schedule.values("line_loss_mw")[0, 0] == pytest.approx(lost, abs=1e-6)
    assert schedule.values("line_flow_mw")[0, 0] == pytest.approx(100.0 + lost, abs=1e-6)
    assert outcome.objective == pytest.approx(10.0 * (100.0 + lost), abs=1e-5)
    marginal = (1.0 + 0.001 * middle) / (1.0 - 0.001 * middle)
    assert outcome.price_table.values("price_eur_per_mwh")[:, 0] == pytest.approx([10.0, 10.0 * marginal], rel=1e-5)
    assert outcome.price_table.values("loss_eur_per_mwh")[:, 0] == pytest.approx(
        [0.0, 10.0 * marginal - 10.0], rel=1e-4
    )


def test_the_price_is_what_one_more_megawatt_costs():
    """Central difference of the objective, half a MW either way."""
    more, less, here = (solve(two(demand)) for demand in (100.5, 99.5, 100.0))
    assert more.objective is not None
    assert less.objective is not None
    assert here.price_table.values("price_eur_per_mwh")[1, 0] == pytest.approx(
        more.objective - less.objective, rel=1e-4
    )


def test_two_plants_share_a_load_so_that_the_losses_of_either_are_worth_the_same():
    """Alike wires from a at 10.0 and c at 10.0 to b: each sends the same, and loses a quarter of one alone."""
    wires = [line("ab", "a", "b", resistance_pu=0.1), line("cb", "c", "b", resistance_pu=0.1)]
    case = grid_case(wires, [plant("a", 10.0), plant("c", 10.0)], {"b": 100.0}, policy=LOSSY)
    outcome = solve(case)
    flow = outcome.schedule_table.values("line_flow_mw")[:, 0]
    assert flow[0] == pytest.approx(flow[1], abs=0.05)
    prices = outcome.price_table.values("price_eur_per_mwh")[:, 0]
    assert np.ptp(prices[[0, 2]]) == pytest.approx(0.0, abs=1e-3)


def test_a_resistance_is_on_the_base_of_the_policy():
    """On 50 MVA 0.002 MW per MW squared are lost: f - 0.001 f^2 = 100, f = (1 - sqrt(0.6)) / 0.002 = 112.7017."""
    case = two(100.0)
    outcome = solve(replace(case, policy=replace(case.policy, base_mva=50.0)))
    middle = (1.0 - sqrt(0.6)) / 0.002
    assert outcome.schedule_table.values("line_loss_mw")[0, 0] == pytest.approx(0.002 * middle**2, abs=1e-6)


def fed(**components: list[Record]) -> Outcome:
    """60 MW at b: from a at 10 through the wire, and from b itself at 30."""
    limit = None if components else 50.0
    wires = [line("ab", "a", "b", limit, resistance_pu=0.1)]
    return solve(grid_case(wires, [plant("a", 10.0), plant("b", 30.0)], {"b": 60.0}, policy=LOSSY, **components))


def test_a_limit_holds_in_the_middle_of_a_line_and_is_worth_what_the_ends_do_not_lose():
    """50 MW in the middle lose 2.5: 51.25 are sent and 48.75 arrive.

    One MW more in the middle arrives as 0.95 and is sent as
    1.05: it is worth 30 * 0.95 - 10 * 1.05 = 18. So of the 20 between the prices 18 are congestion and 2 are losses.
    """
    outcome = fed()
    assert flows(outcome)["ab"] == [51.25]
    assert told(outcome, "generator_power_mw") == [[51.25], [11.25]]
    assert limits(outcome) == {"line_flow_limit line/ab <": 18.0}
    table = outcome.price_table
    parts = [[round(float(table.values(f"{part}_eur_per_mwh")[bus, 0]), 4) for bus in (0, 1)] for part in PARTS]
    assert parts == [[10.0, 10.0], [0.0, 18.0], [0.0, 2.0]]


def test_an_interface_counts_flows_in_the_middle_of_lines():
    """40 MW in the middle lose 1.6: 39.2 arrive; a MW of the interface is worth 30 * 0.96 - 10 * 1.04 = 18.4.

    What comes back, -ab, has the same limit from below.
    """
    for ratio, end in ((1.0, "forward_max_mw"), (-1.0, "backward_max_mw")):
        outcome = fed(interface=[{"id": "i", "lines": [{"line": "ab", "ratio": ratio}], end: 40.0}])
        assert told(outcome, "generator_power_mw") == [[40.8], [20.8]]
        assert limits(outcome) == {f"interface_limit interface/i {'<' if ratio > 0 else '>'}": 18.4}
        congestion = outcome.price_table.values("congestion_eur_per_mwh")[:, 0]
        assert congestion == pytest.approx([0.0, 18.4], abs=1e-4)


def test_what_limits_are_worth_is_for_an_hour_whatever_the_step():
    """The same within a quarter of an hour."""
    wires = [line("ab", "a", "b", 50.0, resistance_pu=0.1)]
    case = grid_case(wires, [plant("a", 10.0), plant("b", 30.0)], {"b": 60.0}, minutes=(15,), policy=LOSSY)
    outcome = solve(case)
    assert limits(outcome) == {"line_flow_limit line/ab <": 18.0}
    assert outcome.price_table.values("congestion_eur_per_mwh")[1, 0] == pytest.approx(18.0, abs=1e-4)


def test_a_line_that_is_full_the_other_way_names_its_lower_limit():
    """As above, with the line written from b to a."""
    wires = [line("ba", "b", "a", 50.0, resistance_pu=0.1)]
    outcome = solve(grid_case(wires, [plant("a", 10.0), plant("b", 30.0)], {"b": 60.0}, policy=LOSSY))
    assert limits(outcome) == {"line_flow_limit line/ba >": 18.0}
    assert outcome.price_table.values("congestion_eur_per_mwh")[:, 0] == pytest.approx([0.0, 18.0], abs=1e-4)


@pytest.mark.parametrize("near_eur", [10.9, 11.2])
def test_a_plant_is_started_where_losses_make_far_power_dearer(near_eur: float):
    """A plant at a gives 100 MW or nothing, at 10: 100 in the middle lose 10, so 90 arrive, at 11.11 each."""
    block = plant("a", 10.0, 105.0, switchable=True, minimum_load_ratio=1.0)
    wires = [line("ab", "a", "b", resistance_pu=0.1)]
    outcome = solve(grid_case(wires, [block, plant("b", near_eur)], {"b": 100.0}, policy=LOSSY), SolveOptions(gap=0.0))
    middle = (sqrt(1.0 + 4 * 0.0005 * 105.0) - 1.0) / 0.001  # 105 = f + 0.0005 f^2
    arrives = middle - 0.0005 * middle**2
    apart = 1050.0 + near_eur * (100.0 - arrives), near_eur * 100.0
    assert outcome.objective == pytest.approx(min(apart), abs=1e-4)
    assert (apart[0] < apart[1]) == (near_eur > 11.0)


def test_without_an_interior_point_tangents_are_found_round_by_round(monkeypatch: pytest.MonkeyPatch):
    """The same answers as with one, to the last digit that is promised."""
    with_one = solve(two(100.0)), fed()

    def breaks(*_: Any) -> Solution:
        raise SolverFailed("no interior point today")

    monkeypatch.setattr("c4e_opt.clearing.limits.interior_point", breaks)
    for one, other in zip(with_one, (solve(two(100.0)), fed()), strict=True):
        assert one.objective == pytest.approx(other.objective, rel=1e-8)
        assert flows(one)["ab"] == pytest.approx(flows(other)["ab"], abs=1e-3)
