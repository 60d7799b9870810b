"""A load of 1.5 MW, generators of 1 MW at 10 and at 20, and a grid at 100: 20 without an exclusion."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from c4e_opt.errors import InvalidInput
from tests.unit.small_cases import battery, grid, load, optimum, schedule, small_case


def site(law: dict[str, Any], rules: dict[str, Any] | None = None, minutes: tuple[int, ...] = (60,)) -> Case:
    units = [
        {"id": name, "bus": "e", "power_max_mw": 1.0, "cost_eur_per_mwh": cost, **(rules or {})}
        for name, cost in (("a", 10.0), ("b", 20.0))
    ]
    return small_case(
        minutes,
        grid_connection=[grid(100.0)],
        demand=[load(1.5)],
        generator=units,
        exclusion=[{"id": "x", "members": ["generator/*"], **law}],
    )


def test_of_two_only_the_cheaper_one_runs() -> None:
    outcome = solve(site({}))
    assert outcome.objective == pytest.approx(10.0 + 50.0)
    assert outcome.schedule_table.values("exclusion_running")[:, 0].tolist() == [1.0, 0.0]
    assert outcome.price_basis == "of the fixed commitment"


def test_as_many_run_as_may() -> None:
    assert optimum(site({"most": 2})) == pytest.approx(20.0)
    assert optimum(site({"most": 0})) == pytest.approx(150.0)


def test_units_with_a_state_are_told_by_it() -> None:
    """No binaries on top of on, starting and stopping of two units; the start of 5 is paid by the one that runs."""
    outcome = solve(site({}, {"start_cost_eur": 5.0}))
    assert outcome.objective == pytest.approx(65.0)
    assert outcome.size["integers"] == 6


def test_a_battery_runs_while_it_charges_or_discharges() -> None:
    """Beside the battery no generator: in the dear hour the battery, charged for 10 before, beats the generator."""
    case = small_case(
        grid_connection=[grid([10.0, 100.0])],
        demand=[load(1.0)],
        generator=[{"id": "a", "bus": "e", "power_max_mw": 0.5, "cost_eur_per_mwh": 5.0}],
        battery=[battery()],
        exclusion=[{"id": "x", "members": ["generator/a", "battery/b"]}],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(20.0)
    assert schedule(outcome, "generator_power_mw") == pytest.approx([0.0, 0.0])


def test_a_component_may_stand_in_two_exclusions() -> None:
    laws = [{"id": "x", "members": ["generator/a", "generator/b"]}, {"id": "y", "members": ["generator/a"], "most": 0}]
    case = small_case(
        (60,),
        grid_connection=[grid(100.0)],
        demand=[load(1.5)],
        generator=[
            {"id": name, "bus": "e", "power_max_mw": 1.0, "cost_eur_per_mwh": cost}
            for name, cost in (("a", 10.0), ("b", 20.0))
        ],
        exclusion=laws,
    )
    assert optimum(case) == pytest.approx(20.0 + 50.0)


@pytest.mark.parametrize(
    ("law", "path", "words"),
    [
        ({"members": []}, "members", "is missing"),
        ({"members": ["demand/load_e"]}, "members[0]", "cannot be switched"),
        ({"members": ["demand/*"]}, "members[0]", "cannot be switched"),
        ({"members": ["generator/c"]}, "members[0]", "no component"),
    ],
)
def test_what_is_wrong_is_said(law: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as error:
        site(law)
    (issue,) = error.value.issues
    assert issue.path == f"components.exclusion[0].{path}"
    assert words in issue.message
