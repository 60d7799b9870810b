"""Lines that may be opened and phase shifts that are chosen, by hand and by trying everything."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from c4e_opt import solve
from tests.unit.small_grids import flows, grid_case, limits, line, plant, prices, told

CHEAP, DEAR = plant("a", 10.0), plant("c", 50.0)
ANGLES = {"dc_formulation": "angles"}


def triangle(**ab: Any) -> list[dict[str, Any]]:
    """Line ab is the bottleneck: it takes a third of what goes from a to c."""
    return [line("ab", "a", "b", 20.0, **ab), line("bc", "b", "c", 100.0), line("ac", "a", "c", 80.0)]


def test_a_line_is_opened_where_it_only_holds_others_back() -> None:
    """Closed: 20 MW on ab allow 60 MW in all. Open: 80 MW over ac. 80 * 10 + 10 * 50."""
    closed = solve(grid_case(triangle(), [CHEAP, DEAR], {"c": 90.0}))
    assert closed.objective == pytest.approx(60 * 10 + 30 * 50)
    outcome = solve(grid_case(triangle(switchable=True), [CHEAP, DEAR], {"c": 90.0}, policy=ANGLES))
    assert outcome.objective == pytest.approx(80 * 10 + 10 * 50)
    assert told(outcome, "line_closed")[0] == [0.0]
    assert flows(outcome) == {"ab": [0.0], "bc": [0.0], "ac": [80.0]}
    assert prices(outcome)["c"] == [50.0]
    assert limits(outcome) == {"line_flow_limit line/ac <": 40.0}  # none of the line that is open
    assert outcome.price_basis == "of the fixed commitment"


def test_a_line_stays_closed_where_it_helps() -> None:
    """Bus b wants 33 MW: 2/3 of what a gives and 1/3 of what c gives pass ab, 20 MW at most: 27 and 6 MW.

    Its limit is told like that of any other line: one more MW of it moves 3 MW from 50 to 10.
    """
    lines = triangle(switchable=True)
    lines[2]["limit_mw"] = 10.0
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"b": 33.0}, policy=ANGLES))
    assert outcome.objective == pytest.approx(27 * 10 + 6 * 50)
    assert told(outcome, "line_closed")[0] == [1.0]
    assert limits(outcome) == {"line_flow_limit line/ab <": 120.0}


def test_a_line_may_be_opened_in_one_step_and_closed_in_the_next() -> None:
    """The two cases above, one after the other."""
    lines = triangle(switchable=True)
    lines[2]["limit_mw"] = [80.0, 10.0]
    demand = {"c": [90.0, 0.0], "b": [0.0, 33.0]}
    outcome = solve(grid_case(lines, [CHEAP, DEAR], demand, minutes=(60, 60), policy=ANGLES))
    assert outcome.objective == pytest.approx(80 * 10 + 10 * 50 + 27 * 10 + 6 * 50)
    assert told(outcome, "line_closed")[0] == [0.0, 1.0]


@pytest.mark.parametrize("seed", range(6))
def test_the_best_switching_is_that_of_trying_every_one(seed: int) -> None:
    """Five buses, eight lines, four of which may be opened: sixteen grids, each by lazy rows."""
    rng = np.random.default_rng(seed)
    pairs = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "a"), ("a", "c"), ("b", "d"), ("a", "d")]
    lines = [
        line(f"l{k}", *ends, float(rng.integers(20, 50)), float(rng.choice([0.05, 0.1, 0.2])),
             phase_shift_deg=float(rng.choice([0.0, 0.0, 1.5])))
        for k, ends in enumerate(pairs)
    ]  # fmt: skip
    plants = [plant("a", 10.0), plant("c", 30.0), plant("e", 60.0)]
    demand = {"b": 30.0, "d": float(rng.integers(30, 70)), "c": 20.0}
    shed = [
        {"id": f"s{bus}", "bus": bus, "demand_mw": power, "shed_value_eur_per_mwh": 500.0}
        for bus, power in demand.items()
    ]
    may = [0, 2, 5, 7]
    best = np.inf
    for choice in product([True, False], repeat=len(may)):
        closed = dict(zip(may, choice, strict=True))
        tried = [{**each, "in_service": closed.get(k, True)} for k, each in enumerate(lines)]
        found = solve(grid_case(tried, plants, {}, flexible_demand=shed))
        best = min(best, np.inf if found.objective is None else found.objective)
    chosen = [{**each, "switchable": k in may} for k, each in enumerate(lines)]
    outcome = solve(grid_case(chosen, plants, {}, flexible_demand=shed, policy=ANGLES))
    assert outcome.objective == pytest.approx(best, rel=1e-4)


def test_a_chosen_phase_shift_fills_both_lines() -> None:
    """30 and 60 MW on two equal lines: a shift of 30 / 1000 rad. Both limits bind, each worth 40."""
    lines = [line("l1", "a", "c", 30.0, phase_shift_min_deg=-5.0, phase_shift_max_deg=5.0), line("l2", "a", "c", 60.0)]
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"c": 95.0}, policy=ANGLES))
    assert outcome.objective == pytest.approx(90 * 10 + 5 * 50)
    assert told(outcome, "line_shift_rad") == [[0.03], [0.0]]
    assert limits(outcome) == {"line_flow_limit line/l1 <": 40.0, "line_flow_limit line/l2 <": 40.0}


def test_a_chosen_phase_shift_goes_no_further_than_it_may() -> None:
    """At most 0.01 rad: 5 MW move from l1 to l2. 30 MW on l1 are 40 on l2."""
    most = float(np.degrees(0.01))
    lines = [line("l1", "a", "c", 30.0, phase_shift_min_deg=0.0, phase_shift_max_deg=most), line("l2", "a", "c", 60.0)]
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"c": 90.0}, policy=ANGLES))
    assert flows(outcome) == {"l1": [30.0], "l2": [40.0]}
    assert told(outcome, "line_shift_rad")[0] == [0.01]


def test_a_shift_is_chosen_beside_a_line_that_is_opened() -> None:
    """Opening l3 leaves l1 and l2; the shift of at most 0.05 rad fills both. l3 of 10 MW would take a third."""
    lines = [
        line("l1", "a", "c", 30.0, phase_shift_min_deg=-3.0, phase_shift_max_deg=3.0),
        line("l2", "a", "c", 60.0),
        line("l3", "a", "c", 10.0, switchable=True),
    ]
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"c": 90.0}, policy=ANGLES))
    assert outcome.objective == pytest.approx(90 * 10)
    assert told(outcome, "line_closed")[2] == [0.0]
