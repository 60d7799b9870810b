"""Limits of sums of flows, solved by hand, in every model."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import solve
from tests.unit.small_grids import flows, grid_case, limits, line, plant, prices, told

CHEAP, DEAR = plant("a", 10.0), plant("b", 50.0)
every = pytest.mark.parametrize(
    "policy", [{}, {"dc_formulation": "angles"}, {"network": "transport"}], ids=["lazy", "angles", "transport"]
)
#: l2 is written the other way round.
LINES = [line("l1", "a", "b"), line("l2", "b", "a")]


def border(**fields: Any) -> list[dict[str, Any]]:
    return [{"id": "border", "lines": [{"line": "l1"}, {"line": "l2", "ratio": -1.0}], **fields}]


@every
def test_lines_together_carry_no_more_than_their_interface(policy: dict[str, Any]) -> None:
    """50 MW from a, 40 from b; one more MW saves 40."""
    case = grid_case(LINES, [CHEAP, DEAR], {"b": 90.0}, policy=policy, interface=border(forward_max_mw=50.0))
    outcome = solve(case)
    assert outcome.objective == pytest.approx(50 * 10 + 40 * 50)
    found = flows(outcome)
    assert found["l1"][0] - found["l2"][0] == pytest.approx(50)
    assert prices(outcome) == {"a": [10.0], "b": [50.0]}
    assert limits(outcome) == {"interface_limit interface/border <": 40.0}


@every
def test_an_interface_limits_the_other_way_by_a_number_of_its_own(policy: dict[str, Any]) -> None:
    """Now b is cheap: 20 MW back, though 50 MW could go forth."""
    case = grid_case(
        LINES, [plant("a", 50.0), plant("b", 10.0)], {"a": 90.0}, policy=policy,
        interface=border(forward_max_mw=50.0, backward_max_mw=[20.0]),
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(20 * 10 + 70 * 50)
    assert limits(outcome) == {"interface_limit interface/border >": 40.0}


@every
def test_a_soft_interface_may_be_exceeded_at_its_price(policy: dict[str, Any]) -> None:
    """40 MW beyond 50 at 7: cheaper than 40 more."""
    case = grid_case(
        LINES, [CHEAP, DEAR], {"b": 90.0}, policy=policy,
        interface=border(forward_max_mw=50.0, overload_price_eur_per_mwh=7.0),
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(90 * 10 + 40 * 7)
    assert told(outcome, "interface_overload_mw") == [[40.0]]
    assert prices(outcome) == {"a": [10.0], "b": [17.0]}
    assert limits(outcome) == {"interface_limit interface/border <": 7.0}


@every
def test_parts_of_flows_count_and_a_line_may_be_named_twice(policy: dict[str, Any]) -> None:
    """Half of l1 and another half of it, in one row: 30 MW."""
    case = grid_case(
        [line("l1", "a", "b")], [CHEAP, DEAR], {"b": 90.0}, policy=policy,
        interface=[{"id": "half", "lines": [{"line": "l1", "ratio": 0.5}] * 2, "forward_max_mw": 30.0}],
    )  # fmt: skip
    assert flows(solve(case)) == {"l1": [30.0]}


@every
def test_an_interface_of_a_triangle_moves_prices_by_its_weights(policy: dict[str, Any]) -> None:
    """What leaves a is limited to 60 MW on ab and ac together: c gets 60 from a and 30 from b.

    No more leaves a, so every other bus pays what b costs.
    """
    case = grid_case(
        [line("ab", "a", "b"), line("bc", "b", "c"), line("ac", "a", "c")], [CHEAP, DEAR], {"c": 90.0}, policy=policy,
        interface=[{"id": "out", "lines": [{"line": "ab"}, {"line": "ac"}], "forward_max_mw": 60.0}],
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(60 * 10 + 30 * 50)
    assert prices(outcome) == {"a": [10.0], "b": [50.0], "c": [50.0]}
