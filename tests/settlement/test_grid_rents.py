"""Grids settle: lines earn what their limits are worth, and every statement sums to zero, to the cent."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, solve
from c4e_opt.settlement import batch_of, settle
from c4e_opt.settlement.statement import Statement
from tests.properties.generators import case_of
from tests.reference.test_grid_twins import SECURE, grid
from tests.unit.small_grids import grid_case, line, plant

both = pytest.mark.parametrize("form", ["lazy", "angles"])


def rents(statement: Statement) -> dict[str, int]:
    """What each line earns, in cents."""
    found: dict[str, int] = defaultdict(int)
    for each in statement.lines():
        if each.component.startswith("line/"):
            found[each.component.removeprefix("line/")] += each.amount
    return {name: amount for name, amount in found.items() if amount}


def settled(case: Case, outcome: Outcome) -> Statement:
    """The statement, which sums to zero by asset and step."""
    statement = settle(case, outcome)
    batch_of(statement).check()
    sums: dict[Any, int] = defaultdict(int)
    for each in statement.lines():
        sums[each.asset, each.step] += each.amount
    assert set(sums.values()) <= {0}
    return statement


@both
def test_a_line_earns_its_shadow_price_times_its_limit(form: str) -> None:
    """50 MW from 10 to 50, for an hour and for half an hour: 40 * 50 * 1.5 = 3000, of its owner p."""
    case = grid_case(
        [line("l", "a", "b", 50.0, owner="p")], [plant("a", 10.0), plant("b", 50.0)], {"b": 90.0}, minutes=(60, 30),
        policy={"dc_formulation": form},
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.limit_table.values("shadow_price_eur_per_mwh") == pytest.approx([40, 40])
    statement = settled(case, outcome)
    assert rents(statement) == {"l": 300_000}
    assert {each.party for each in statement.lines() if each.component == "line/l" and each.amount} == {"p"}


@both
def test_the_lines_of_a_mesh_earn_together_what_the_limit_of_one_is_worth(form: str) -> None:
    """The triangle of `tests.unit.test_line`: 120 * 50 = 6000; prices 10, 50, 90 and flows 10, 40, 50."""
    lines = [line("ab", "a", "b"), line("bc", "b", "c"), line("ac", "a", "c", 50.0)]
    case = grid_case(lines, [plant("a", 10.0), plant("b", 50.0)], {"c": 90.0}, policy={"dc_formulation": form})
    statement = settled(case, solve(case))
    assert rents(statement) == {"ab": 40_000, "bc": 160_000, "ac": 400_000}
    assert sum(rents(statement).values()) == 120 * 50 * 100


def test_the_rent_of_an_interface_falls_to_its_lines() -> None:
    """60 MW leave a for 10 and are worth 50."""
    lines = [line("ab", "a", "b"), line("bc", "b", "c"), line("ac", "a", "c")]
    case = grid_case(
        lines, [plant("a", 10.0), plant("b", 50.0)], {"c": 90.0},
        interface=[{"id": "out", "lines": [{"line": "ab"}, {"line": "ac"}], "forward_max_mw": 60.0}],
    )  # fmt: skip
    assert sum(rents(settled(case, solve(case))).values()) == 60 * 40 * 100


@pytest.mark.parametrize("policy", [{}, SECURE, {"network": "dcp", **SECURE}, {"network": "transport"}])
@pytest.mark.parametrize("seed", range(4))
def test_random_grids_settle_to_the_cent(seed: int, policy: dict[str, Any], tmp_path: Path) -> None:
    """With overloads, interfaces and outages; what lines earn is what flows earn at the prices."""
    case = case_of(grid(seed, **policy))
    outcome = solve(case)
    statement = settled(case, outcome)
    table, names = outcome.schedule_table, outcome.price_table.labels["bus"].tolist()
    price, flow = outcome.price_table.values("price_eur_per_mwh"), table.values("line_flow_mw")
    records = case.components["line"]
    start, end = (np.array([names.index(getattr(r, side)) for r in records]) for side in ("from_bus", "to_bus"))
    worth = float((flow * (price[end] - price[start]) * case.horizon.hours).sum()) * 100
    postings = 2 * len(records) * case.horizon.steps
    assert sum(rents(statement).values()) == pytest.approx(worth, abs=postings)
    outcome.write(tmp_path)
    again = Outcome.read(tmp_path)
    assert again == outcome
    assert again.limit_table.texts.keys() == outcome.limit_table.texts.keys()
    for name, (axis, words) in outcome.limit_table.texts.items():
        assert again.limit_table.texts[name][0] == axis
        assert again.limit_table.texts[name][1].tolist() == words.tolist()
    assert settle(case, again) == statement
