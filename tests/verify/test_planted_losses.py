"""Violations planted into answers of lines that lose power; see `test_planted_violations`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from c4e_opt import Case, Outcome, solve
from c4e_opt.verify import verify
from tests.unit.small_grids import grid_case, line, plant
from tests.verify.test_planted_violations import Answered, Plant, law, number, up


@cache
def solved() -> tuple[Case, Outcome]:
    """Two lossy lines to b: the one from a is full in the first step, the one from c never; two steps."""
    wires = [line("ab", "a", "b", 50.0, resistance_pu=0.1), line("cb", "c", "b", resistance_pu=0.05)]
    plants = [plant("a", 10.0), plant("b", 40.0), plant("c", [30.0, 50.0])]
    case = grid_case(wires, plants, {"b": [90.0, 45.0]}, minutes=(60, 30), policy={"losses": "iterated"})
    return case, solve(case)


def shadow(change: Callable[[float], float]) -> Plant:
    """Change what the first limit is worth."""

    def plant_it(case: Case, outcome: Outcome) -> Answered:
        table = outcome.limit_table
        worth = table.quantities["shadow_price_eur_per_mwh"]
        values = worth.values.copy()
        values[0] = change(float(values[0]))
        quantities = {**table.quantities, "shadow_price_eur_per_mwh": replace(worth, values=values)}
        return case, replace(outcome, limit_table=replace(table, quantities=quantities))

    return plant_it


#: What is planted, and the laws that must break.
PLANTED: dict[str, tuple[Plant, set[str]]] = {
    "a loss above the square": (number("line_loss_mw", (0, 0), up(0.01)), {"line_loss"}),
    "a loss below the square": (number("line_loss_mw", (1, 0), up(-0.01)), {"line_loss"}),
    "a hundredth of a percent too much": (number("line_loss_mw", (0, 0), lambda old: 1.0001 * old), {"line_loss"}),
    "another resistance": (law("line", 1, resistance_pu=0.0501), {"line_loss"}),
    "a limit below the flow in the middle": (law("line", 0, limit_mw=49.9), {"line_flow_limit"}),
    "a limit that is worth something and not reached": (law("line", 0, limit_mw=50.02), {"line_shadow_price"}),
    "a price without its losses": (number("price_eur_per_mwh", (0, 1), up(0.01), "prices"), {"line_price"}),
    "a part that is left out": (number("loss_eur_per_mwh", (1, 0), up(-0.01), "prices"), {"line_price_parts"}),
    "a part that is told twice": (number("congestion_eur_per_mwh", (1, 0), up(0.01), "prices"), {"line_price_parts"}),
    "a shadow price that is too large": (shadow(lambda worth: worth + 0.01), {"line_price"}),
    "a shadow price that is too small": (shadow(lambda worth: worth - 0.01), {"line_price"}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_violation_is_named_by_its_law(name: str) -> None:
    plant_it, laws = PLANTED[name]
    case, outcome = solved()
    assert verify(case, outcome).holds
    broken = {each.law for each in verify(*plant_it(case, outcome)).broken}
    assert laws <= broken


def test_an_answer_with_losses_to_a_case_without_is_refused() -> None:
    case, outcome = solved()
    plain = replace(case, policy=replace(case.policy, losses="none"))
    assert "line_loss" in {each.law for each in verify(plain, outcome).broken}
