"""Shunts in models without voltage, solved by hand."""

from __future__ import annotations

import pytest

from c4e_opt import solve
from tests.unit.small_grids import grid_case, line, plant


@pytest.mark.parametrize("policy", [{}, {"dc_formulation": "angles"}, {"network": "dcp"}, {"network": "transport"}])
def test_a_shunt_takes_its_power_as_a_demand_does(policy: dict[str, str]) -> None:
    """Bus b takes 90 + 5 MW: 50 over the line at 10, 45 at 50. Susceptance takes none."""
    case = grid_case(
        [line("l", "a", "b", 50.0)], [plant("a", 10.0), plant("b", 50.0)], {"b": 90.0}, policy=policy,
        shunt=[{"id": "s", "bus": "b", "conductance_mw": 5.0, "susceptance_mvar": 9.0}],
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(50 * 10 + 45 * 50)
    port = outcome.flow_table.labels["port"].tolist().index("shunt/s@b")
    assert outcome.flow_table.values("flow_mw")[port] == pytest.approx([-5])


def test_a_shunt_of_negative_conductance_gives() -> None:
    case = grid_case([], [plant("b", 50.0)], {"b": 90.0}, shunt=[{"id": "s", "bus": "b", "conductance_mw": -5.0}])
    assert solve(case).objective == pytest.approx(85 * 50)
