"""A load of 1 MW, a grid at 10 in two hours and a generator at 40: 20 without a law."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from c4e_opt.errors import InvalidInput
from tests.unit.small_cases import boiler, chp, grid, load, meter, optimum, schedule, small_case


def site(**law: Any) -> Case:
    return small_case(
        grid_connection=[grid(10.0)],
        demand=[load(1.0)],
        generator=[{"id": "g", "bus": "e", "power_max_mw": 1.0, "cost_eur_per_mwh": 40.0}],
        must_run=[{"id": "m", "members": ["generator/g"], "power_min_mw": 0.5, **law}],
    )


def test_a_unit_runs_at_least_at_its_power() -> None:
    """Half a MW costs 15 more in every hour."""
    assert optimum(site()) == pytest.approx(50.0)


def test_a_unit_runs_within_its_span() -> None:
    outcome = solve(site(begin="2025-01-01T01:00Z"))
    assert outcome.objective == pytest.approx(35.0)
    assert schedule(outcome, "generator_power_mw") == pytest.approx([0.0, 0.5])


def test_the_power_may_differ_from_step_to_step() -> None:
    assert optimum(site(power_min_mw=[0.2, 0.0])) == pytest.approx(26.0)


def test_the_heat_of_a_chp_may_be_wanted() -> None:
    """0.2 MW of heat are 0.4 MW of gas at 30; 0.16 MW of power fall off at 10, and heat at 30: 12 + 8.4 + 6, not 22."""
    case = small_case(
        (60,),
        grid_connection=[grid(10.0), meter()],
        demand=[load(1.0), load(0.4, "h")],
        boiler=[boiler()],
        chp=[chp(heat_efficiency=0.5)],
        must_run=[{"id": "m", "members": ["chp/c"], "carrier": "heat", "power_min_mw": 0.2}],
    )
    assert optimum(case) == pytest.approx(12.0 + 8.4 + 6.0)


def test_a_load_may_have_to_take() -> None:
    """A heat pump is to take 0.1 MW although the boiler is cheaper: 1 + 0.3 MWh less of heat from it."""
    case = small_case(
        (60,),
        grid_connection=[grid(100.0), meter()],
        demand=[load(1.0, "h")],
        boiler=[boiler()],
        heat_pump=[{"id": "hp", "electricity_bus": "e", "heat_bus": "h", "electric_max_mw": 9.0, "cop": 3.0}],
        must_run=[{"id": "m", "members": ["heat_pump/hp"], "power_min_mw": 0.1}],
    )
    assert optimum(case) == pytest.approx(10.0 + 0.7 * 30.0)


@pytest.mark.parametrize(
    ("law", "path", "words"),
    [
        ({"members": []}, "members", "is missing"),
        ({"power_min_mw": -1.0}, "power_min_mw", "at least"),
        ({"carrier": "heat"}, "members[0]", "no port at a bus of heat"),
        ({"end": "2024-01-01T00:00Z"}, "end", "outside the horizon"),
    ],
)
def test_what_is_wrong_is_said(law: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as error:
        site(**law)
    assert any(
        each.path.startswith(f"components.must_run[0].{path}") and words in each.message for each in error.value.issues
    ), error.value.issues
