"""A load of 1 MW, a grid of 0.5 t/MWh at 10 and 20 in two hours, and diesel without CO2 at 60: 30 without a budget."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from c4e_opt.errors import InvalidInput
from tests.unit.small_cases import chp, grid, load, meter, optimum, schedule, small_case


def site(factor: Any = 0.5, **budget: Any) -> Case:
    return small_case(
        grid_connection=[grid([10.0, 20.0], emissions_t_per_mwh=factor), grid(60.0, id="diesel")],
        demand=[load(1.0)],
        emission_budget=[{"id": "b", **budget}],
    )


def test_a_budget_goes_where_it_saves_most() -> None:
    """0.6 t allow 1.2 MWh of the grid, 1 in the first hour: 10 + 4 + 48."""
    outcome = solve(site(maximum_t=0.6))
    assert outcome.objective == pytest.approx(62.0)
    assert schedule(outcome, "emission_budget_emitted_t") == pytest.approx([0.5, 0.6])


def test_factors_may_differ_from_step_to_step() -> None:
    """At 0.1 t/MWh in the first hour, 0.5 t are left for the second: all of the grid."""
    assert optimum(site([0.1, 0.5], maximum_t=0.6)) == pytest.approx(30.0)


def test_every_tonne_costs_its_price() -> None:
    """90 a tonne make the grid cost 55 and 65 a MWh: the grid, then diesel."""
    outcome = solve(site(price_eur_per_t=90.0))
    assert outcome.objective == pytest.approx(10.0 + 45.0 + 60.0)
    assert outcome.terms["emissions"] == pytest.approx(45.0)


def test_tonnes_beyond_a_budget_may_be_bought() -> None:
    """Beyond 0.5 t a MWh of the grid costs 20 + 0.5 * 70 = 55, less than diesel: 30 + 35."""
    outcome = solve(site(maximum_t=0.5, beyond_price_eur_per_t=70.0))
    assert outcome.objective == pytest.approx(65.0)
    assert schedule(outcome, "emission_budget_beyond_t") == pytest.approx([0.0, 0.5])


def test_a_least_of_emissions_is_kept_too() -> None:
    """Of a grid that is dear at 70 a MWh must be taken for half a tonne, as PyPSA's limits of sense >= want it."""
    case = small_case(
        grid_connection=[grid(70.0, emissions_t_per_mwh=0.5), grid(60.0, id="diesel")],
        demand=[load(1.0)],
        emission_budget=[{"id": "b", "minimum_t": 0.5}],
    )
    assert optimum(case) == pytest.approx(130.0)


def test_fuel_is_counted_where_it_is_bought() -> None:
    """A CHP burns 1 MW of gas of 0.2 t/MWh for 0.4 MW of power; 0.1 t allow half of it: 100 * 0.8 + 30 * 0.5 = 95."""
    case = small_case(
        (60,),
        grid_connection=[grid(100.0, export_max_mw=0.0), {**meter(), "emissions_t_per_mwh": 0.2}],
        demand=[load(1.0), load(0.0, "h")],
        generator=[{"id": "dump", "bus": "h", "power_max_mw": 0.0, "power_min_mw": -1.0}],
        chp=[chp()],
        emission_budget=[{"id": "b", "maximum_t": 0.1}],
    )
    assert optimum(case) == pytest.approx(95.0)


def test_what_lets_out_co2_by_itself_is_counted_by_its_own_factor() -> None:
    case = small_case(
        (60,),
        grid_connection=[grid(100.0)],
        demand=[load(1.0)],
        generator=[{"id": "g", "bus": "e", "power_max_mw": 1.0, "cost_eur_per_mwh": 10.0, "emissions_t_per_mwh": 0.8}],
        emission_budget=[{"id": "b", "maximum_t": 0.4}],
    )
    assert optimum(case) == pytest.approx(55.0)


def test_only_members_at_the_site_are_counted() -> None:
    buses = [{"id": "n", "site": "north"}, {"id": "s", "site": "south"}]
    for site_, cost in (("north", 10.0 + 100.0), ("", 200.0)):
        case = small_case(
            (60,),
            buses=buses,
            grid_connection=[grid(10.0, id=b, bus=b, emissions_t_per_mwh=1.0) for b in "ns"],
            generator=[{"id": b, "bus": b, "power_max_mw": 9.0, "cost_eur_per_mwh": 100.0} for b in "ns"],
            demand=[load(1.0, "n"), load(1.0, "s")],
            emission_budget=[{"id": "b", "site": site_, "maximum_t": 0.0}],
        )
        assert optimum(case) == pytest.approx(cost)


@pytest.mark.parametrize(
    ("budget", "path"),
    [({}, "maximum_t"), ({"maximum_t": 1.0, "minimum_t": 2.0}, "minimum_t"), ({"maximum_t": 1, "site": "x"}, "site")],
)
def test_what_is_wrong_is_said(budget: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as error:
        site(**budget)
    assert [each.path for each in error.value.issues] == [f"components.emission_budget[0].{path}"]
