"""Flows after outages, solved by hand: contingencies of the case, security n1, soft and hard limits."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import solve
from tests.unit.small_grids import flows, grid_case, limits, line, plant, prices, told

CHEAP, DEAR = plant("a", 10.0), plant("b", 50.0)
HARD = {"outage_limits": "hard"}


def pair(**fields: Any) -> list[dict[str, Any]]:
    """Two lines from a to b that share evenly."""
    return [line("l1", "a", "b", 50.0, **fields), line("l2", "a", "b", 50.0, **fields)]


def test_one_line_must_be_able_to_take_over_from_the_other() -> None:
    """Both together carry 100 MW, one alone 60 for a while: 60 MW from a, 30 from b.

    Whichever fails, one more MW of emergency limit on the other moves 1 MW from 50 to 10; the shadow price of 40 is
    shared between the two outages.
    """
    case = grid_case(pair(emergency_limit_mw=60.0), [CHEAP, DEAR], {"b": 90.0}, policy={"security": "n1", **HARD})
    outcome = solve(case)
    assert outcome.objective == pytest.approx(60 * 10 + 30 * 50)
    assert flows(outcome) == {"l1": [30.0], "l2": [30.0]}
    assert prices(outcome) == {"a": [10.0], "b": [50.0]}
    told_limits = limits(outcome)
    assert set(told_limits) <= {"line_outage_limit line/l1 < after l2", "line_outage_limit line/l2 < after l1"}
    assert sum(told_limits.values()) == pytest.approx(40)


def test_without_an_emergency_limit_the_limit_holds_after_an_outage_too() -> None:
    """50 MW from a, 40 from b."""
    outcome = solve(grid_case(pair(), [CHEAP, DEAR], {"b": 90.0}, policy={"security": "n1", **HARD}))
    assert outcome.objective == pytest.approx(50 * 10 + 40 * 50)


def test_no_outage_is_survived_that_nobody_asks_for() -> None:
    outcome = solve(grid_case(pair(), [CHEAP, DEAR], {"b": 90.0}))
    assert outcome.objective == pytest.approx(90 * 10)


def test_soft_limits_after_outages_have_a_price() -> None:
    """90 MW on one line are 30 beyond 60, after either outage: 2 * 30 * 5 = 300, less than 30 * 40.

    One more MW at b costs 10, and 5 on either line.
    """
    policy = {"security": "n1", "outage_overload_price_eur_per_mwh": 5.0}
    outcome = solve(grid_case(pair(emergency_limit_mw=60.0), [CHEAP, DEAR], {"b": 90.0}, policy=policy))
    assert outcome.objective == pytest.approx(90 * 10 + 300)
    assert told(outcome, "line_outage_overload_mw") == [[30.0], [30.0]]
    assert prices(outcome) == {"a": [10.0], "b": [20.0]}
    assert outcome.terms["overload"] == pytest.approx(300)
    assert set(limits(outcome).values()) == {5.0}


def test_what_a_soft_line_exceeds_before_it_may_exceed_after() -> None:
    """Limit 20, soft at 1: 45 MW are 25 beyond. After the outage the other carries 90, 60 + 25 are free: 5 beyond.

    One more MW at b: half a MW beyond either limit, 1 in all; and after an outage half a MW more is beyond, 0.5 * 5 for
    either line.
    """
    lines = pair(overload_price_eur_per_mwh=1.0, emergency_limit_mw=60.0)
    lines = [{**each, "limit_mw": 20.0} for each in lines]
    policy = {"security": "n1", "outage_overload_price_eur_per_mwh": 5.0}
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"b": 90.0}, policy=policy))
    beyond, after = told(outcome, "line_overload_mw"), told(outcome, "line_outage_overload_mw")
    assert [b[0] + a[0] for b, a in zip(beyond, after, strict=True)] == pytest.approx([30, 30])
    assert outcome.terms["overload"] == pytest.approx(2 * 30 * 1)  # exceeding more before costs less than after
    assert prices(outcome) == {"a": [10.0], "b": [12.0]}


def test_only_the_lines_that_a_contingency_names_fail() -> None:
    """l2 may fail, l1 may not: l1 takes over 60 MW. A wide third line away from both changes nothing."""
    lines = [*pair(emergency_limit_mw=60.0), line("l3", "b", "c")]
    lines[1]["emergency_limit_mw"] = 55.0
    case = grid_case(lines, [CHEAP, DEAR], {"b": 90.0}, policy=HARD, contingency=[{"id": "storm", "lines": ["l2"]}])
    outcome = solve(case)
    assert outcome.objective == pytest.approx(60 * 10 + 30 * 50)
    assert limits(outcome) == {"line_outage_limit line/l1 < after storm": 40.0}


def test_lines_that_fail_together_leave_everything_to_the_third() -> None:
    """Three lines of 50 MW; l1 and l2 share a mast: 50 MW from a. One more MW of l3 moves 1 MW: 40."""
    lines = [*pair(), line("l3", "a", "b", 50.0)]
    case = grid_case(lines, [CHEAP, DEAR], {"b": 140.0}, policy=HARD, contingency=[{"id": "m", "lines": ["l1", "l2"]}])
    outcome = solve(case)
    assert outcome.objective == pytest.approx(50 * 10 + 90 * 50)
    assert limits(outcome) == {"line_outage_limit line/l3 < after m": 40.0}


def test_an_outage_of_lines_out_of_service_changes_nothing() -> None:
    """The contingency names l1 and l3; l3 is out. What is left of it is the loss of l1."""
    lines = [*pair(), line("l3", "b", "c", 5.0, in_service=False), line("l4", "c", "d", 5.0)]
    case = grid_case(
        lines, [CHEAP, DEAR, plant("c", 3.0)], {"b": 70.0, "d": 3.0}, policy=HARD,
        contingency=[{"id": "k", "lines": ["l1", "l3"]}, {"id": "none", "lines": ["l3"]}],
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(50 * 10 + 20 * 50 + 3 * 3)
    assert limits(outcome) == {"line_outage_limit line/l2 < after k": 40.0}


def test_security_n1_passes_over_lines_whose_loss_splits_the_grid() -> None:
    """Bus c takes 70 MW over a triangle, d 20 MW over a bridge of 30: without it d could not be served at all.

    After the loss of ac all goes over ab and bc, 60 MW each: 60 MW from a, 30 MW at c.
    """
    lines = [
        line("ab", "a", "b", 60.0), line("bc", "b", "c", 60.0), line("ac", "a", "c", 60.0), line("cd", "c", "d", 30.0),
    ]  # fmt: skip
    case = grid_case(lines, [CHEAP, plant("c", 50.0)], {"c": 70.0, "d": 20.0}, policy={"security": "n1", **HARD})
    outcome = solve(case)
    assert outcome.objective == pytest.approx(60 * 10 + 30 * 50)
    assert flows(outcome)["cd"] == [20.0]


def test_a_contingency_that_splits_the_grid_is_passed_over() -> None:
    """Nothing is left between a and b; see the docstring of contingency."""
    case = grid_case(pair(), [CHEAP, DEAR], {"b": 90.0}, policy=HARD, contingency=[{"id": "m", "lines": ["l1", "l2"]}])
    assert solve(case).objective == pytest.approx(90 * 10)


def test_a_contingency_takes_the_place_of_the_outage_of_its_only_line() -> None:
    """With n1 the loss of l2 is told under the name that the case gives it."""
    case = grid_case(
        pair(emergency_limit_mw=60.0), [CHEAP, DEAR], {"b": 90.0}, policy={"security": "n1", **HARD},
        contingency=[{"id": "storm", "lines": ["l2"]}, {"id": "l1", "lines": ["l1"]}],
    )  # fmt: skip
    found = limits(solve(case))
    assert set(found) <= {"line_outage_limit line/l1 < after storm", "line_outage_limit line/l2 < after l1"}
    assert sum(found.values()) == pytest.approx(40)


def test_flow_the_other_way_is_limited_after_an_outage_too() -> None:
    """The lines are written from b to a: -60 MW after an outage."""
    lines = [{**each, "from_bus": "b", "to_bus": "a"} for each in pair(emergency_limit_mw=60.0)]
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"b": 90.0}, policy={"security": "n1", **HARD}))
    assert outcome.objective == pytest.approx(60 * 10 + 30 * 50)
    assert all(" > after " in word for word in limits(outcome))


def test_a_phase_shift_stays_when_another_line_fails() -> None:
    """1 degree on l3: 17.453 MW circulate, 11.635 against the flow on l3 and half of it along l1 and l2.

    After the loss of l3 the shift is gone with it: l1 and l2 share P evenly, 45 each. After the loss of l1 l2 carries
    (P + 17.453) / 2 <= 50: P = 82.547.
    """
    lines = [*pair(), line("l3", "a", "b", 60.0, phase_shift_deg=1.0)]
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"b": 90.0}, policy={"security": "n1", **HARD}))
    moved = 100 - 17.453292519943293
    assert outcome.objective == pytest.approx(moved * 10 + (90 - moved) * 50)
