"""A battery of 1 MW and 1 MWh without losses: power that depends on charge, wear by depth, calendar ageing, the end."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from tests.unit.small_cases import battery, boiler, grid, load, meter, optimum, schedule, small_case, tank

#: Full power up to 60 % of the energy, then falling to a fifth.
CHARGE = [{"energy_ratio": 0.6, "power_ratio": 1.0}, {"energy_ratio": 1.0, "power_ratio": 0.2}]


def site(price: Any, minutes: tuple[int, ...] = (60, 60), power: Any = 1.0, **fields: Any) -> Case:
    return small_case(minutes, grid_connection=[grid(price)], demand=[load(power)], battery=[battery(**fields)])


def issues(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        site([10, 20], **fields)
    return {issue.path.removeprefix("components.battery[0]."): issue.message for issue in caught.value.issues}


def test_a_battery_charges_more_slowly_when_it_is_nearly_full() -> None:
    """From empty in an hour: power p fills p MWh, and p <= 1 - 2 * (p - 0.6), so p = 2.2 / 3."""
    outcome = solve(site([10, 100], charge_limits=CHARGE))
    assert schedule(outcome, "battery_charge_mw")[0] == pytest.approx(2.2 / 3)
    assert outcome.objective == pytest.approx(10 * (1 + 2.2 / 3) + 100 * (1 - 2.2 / 3))


def test_the_curve_holds_at_the_begin_of_a_step_too() -> None:
    """Half of what it holds is lost within the hour; the curve is 1 - 2 * (energy - 0.6).

    From 0.8 MWh: 0.6 is allowed at the begin and 1 - 2 * (0.4 + p - 0.6) >= p at the end: 1.4 / 3 by the end.
    From 0.9 MWh: 0.4 at the begin and 1 - 2 * (0.45 + p - 0.6) >= p at the end, 1.3 / 3: 0.4 by the begin.
    """
    fields: dict[str, Any] = {"standing_loss_per_hour": 0.5, "charge_limits": CHARGE, "discharge_max_mw": 0.0}
    for start, most in ((0.8, 1.4 / 3), (0.9, 0.4)):
        outcome = solve(site(-10, (60,), power=0.0, energy_start_mwh=start, **fields))
        assert schedule(outcome, "battery_charge_mw") == pytest.approx([most])


def test_a_battery_discharges_more_slowly_when_it_is_nearly_empty() -> None:
    """The power allowed is twice the energy: p <= 2 * (1 - p), so 2 / 3 of what is left in every hour."""
    points = [{"energy_ratio": 0.0, "power_ratio": 0.0}, {"energy_ratio": 0.5, "power_ratio": 1.0}]
    outcome = solve(site([100, 100], power=1.0, energy_start_mwh=1.0, discharge_limits=points))
    assert sum(schedule(outcome, "battery_discharge_mw")) == pytest.approx(2 / 3 + 2 / 9)


def test_a_curve_below_the_rating_limits_everywhere() -> None:
    """One point: 0.3 of 1 MW at any energy."""
    outcome = solve(site([10, 100], charge_limits=[{"energy_ratio": 0.5, "power_ratio": 0.3}]))
    assert schedule(outcome, "battery_charge_mw")[0] == pytest.approx(0.3)


def test_a_curve_is_constant_beyond_its_last_point() -> None:
    """It rises to 0.6 at half of the energy and stays there: a full battery gives 0.6 MW in a quarter of an hour."""
    points = [{"energy_ratio": 0.0, "power_ratio": 0.0}, {"energy_ratio": 0.5, "power_ratio": 0.6}]
    outcome = solve(site(100, (15,), energy_start_mwh=1.0, discharge_limits=points))
    assert schedule(outcome, "battery_discharge_mw") == pytest.approx([0.6])


def test_a_curve_that_allows_everything_adds_nothing() -> None:
    plain, curved = site([10, 100]), site([10, 100], charge_limits=[{"energy_ratio": 0.5, "power_ratio": 1.0}])
    assert solve(curved).size == solve(plain).size


def test_batteries_with_and_without_a_curve_stand_side_by_side() -> None:
    """1 MWh from the plain one; nothing is left for the other."""
    pair = [battery(id="plain"), battery(id="curved", charge_limits=CHARGE)]
    outcome = solve(small_case(grid_connection=[grid([10, 100])], demand=[load(2.0)], battery=pair))
    assert outcome.schedule_table.values("battery_charge_mw")[:, 0] == pytest.approx([1.0, 2.2 / 3])


DEPTH = [{"depth_ratio": 0.4, "cost_eur_per_mwh": 10.0}, {"depth_ratio": 1.0, "cost_eur_per_mwh": 60.0}]


def test_a_battery_cycles_only_as_deep_as_it_pays() -> None:
    """A spread of 50 covers a wear of 10 and not of 60: 0.4 MWh are moved: 10 * 1.4 + 60 * 0.6 + 10 * 0.4."""
    outcome = solve(site([10, 60], cycle_costs=DEPTH))
    assert outcome.objective == pytest.approx(54.0)
    assert outcome.terms["storage"] == pytest.approx(4.0)


def test_a_deep_cycle_pays_for_its_depth() -> None:
    """At a spread of 90 all is moved: 10 * 2 + 0.4 * 10 + 0.6 * 60."""
    assert optimum(site([10, 100], cycle_costs=DEPTH)) == pytest.approx(60.0)


def test_two_shallow_cycles_cost_less_than_a_deep_one() -> None:
    """0.4 MWh twice, charged in between: 2 * 0.4 * 10; at once 0.4 * 10 + 0.4 * 60."""
    twice = site([500, 0, 500], (60, 60, 60), power=[0.4, 0.0, 0.4], energy_start_mwh=1.0, cycle_costs=DEPTH)
    assert optimum(twice) == pytest.approx(8.0)
    once = site([500, 500, 500], (60, 60, 60), power=[0.4, 0.0, 0.4], energy_start_mwh=1.0, cycle_costs=DEPTH)
    assert optimum(once) == pytest.approx(28.0)


def test_a_first_discharge_begins_a_cycle_of_its_own() -> None:
    """Half full, 0.4 MWh are drawn from the cheap slice: 0.4 * 10."""
    assert optimum(site(500, (60,), power=0.4, energy_start_mwh=0.5, cycle_costs=DEPTH)) == pytest.approx(4.0)


def test_wear_by_depth_comes_on_top_of_wear() -> None:
    """0.4 * (10 + 5)."""
    case = site(500, (60,), power=0.4, energy_start_mwh=0.5, cycle_costs=DEPTH, discharge_cost_eur_per_mwh=5.0)
    assert optimum(case) == pytest.approx(6.0)


def test_batteries_that_wear_by_depth_stand_beside_others() -> None:
    """The one without wear goes first: 1 MWh; the other adds 0.4 MWh at a spread of 50."""
    pair = [battery(id="plain"), battery(id="worn", cycle_costs=DEPTH)]
    outcome = solve(small_case(grid_connection=[grid([10, 60])], demand=[load(9.0)], battery=pair))
    assert outcome.schedule_table.values("battery_discharge_mw")[:, 1] == pytest.approx([1.0, 0.4])


@pytest.mark.parametrize(("cost", "total"), [(10.0, 24.0), (44.0, 58.0), (46.0, 59.0)])
def test_holding_energy_ages_a_battery(cost: float, total: float) -> None:
    """Bought at 5 in the second hour, not at 4 in the first, and held at one end only: 4 + 2 * 5 + cost.

    It rests where holding costs more than the spread of 45: 4 + 5 + 50.
    """
    assert optimum(site([4, 5, 50], (60, 60, 60), calendar_cost_eur_per_mwh_hour=cost)) == pytest.approx(total)


def test_energy_left_has_its_worth() -> None:
    """0.5 MWh worth 80, the rest 20, at a price of 50: 0.5 MWh are kept of 1, 0.5 used: 25 - 40."""
    values = [{"energy_mwh": 0.5, "value_eur_per_mwh": 80.0}, {"energy_mwh": 0.5, "value_eur_per_mwh": 20.0}]
    outcome = solve(site(50, (60,), energy_start_mwh=1.0, final_values=values))
    assert outcome.objective == pytest.approx(25.0 - 40.0)
    assert schedule(outcome, "battery_final_value_eur") == pytest.approx([40.0])


def test_at_least_so_much_is_left() -> None:
    """0.3 MWh of 1 must stay: 50 * 0.3."""
    assert optimum(site(50, (60,), energy_start_mwh=1.0, energy_end_min_mwh=0.3)) == pytest.approx(15.0)


def test_heat_left_in_a_tank_has_its_worth() -> None:
    """Gas at 20, heat left is worth 25: 1 MWh more is made: 20 * 2 - 25; at least 0.4 without a worth: 20 * 1.4."""

    def heat(**fields: Any) -> Case:
        return small_case(
            (60,),
            grid_connection=[meter(20)],
            boiler=[boiler()],
            demand=[load(1.0, "h")],
            heat_store=[tank(**fields)],
        )

    assert optimum(heat(final_values=[{"energy_mwh": 5.0, "value_eur_per_mwh": 25.0}])) == pytest.approx(15.0)
    assert optimum(heat(energy_end_min_mwh=0.4)) == pytest.approx(28.0)


RISING = [{"energy_ratio": 0.0, "power_ratio": 0.5}, {"energy_ratio": 0.5, "power_ratio": 0.6},
          {"energy_ratio": 1.0, "power_ratio": 1.0}]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"charge_limits": RISING}, "charge_limits", "bends upwards at energy_ratio 0.5"),
        ({"discharge_limits": [{"energy_ratio": 0.5, "power_ratio": 0.5}, {"energy_ratio": 0.7, "power_ratio": 1.0}]},
         "discharge_limits", "bends upwards at energy_ratio 0.5"),
        ({"charge_limits": [CHARGE[1], CHARGE[0]]}, "charge_limits[1].energy_ratio", "above"),
        ({"charge_limits": CHARGE, "energy_max_mwh": 0.0}, "charge_limits", "energy_max_mwh is 0"),
        ({"cycle_costs": DEPTH[:1]}, "cycle_costs[0].depth_ratio", "must end at 1"),
        ({"cycle_costs": [DEPTH[0], DEPTH[0], DEPTH[1]]}, "cycle_costs[1].depth_ratio", "above"),
        ({"cycle_costs": [{**DEPTH[0], "cost_eur_per_mwh": 70.0}, DEPTH[1]]}, "cycle_costs[1].cost_eur_per_mwh", ""),
        ({"energy_end_min_mwh": 1.5}, "energy_end_min_mwh", "within"),
        ({"energy_end_min_mwh": 0.5, "energy_end_mwh": 0.4}, "energy_end_mwh", "within"),
    ],
)  # fmt: skip
def test_what_cannot_be_modelled_is_refused(fields: dict[str, Any], path: str, said: str) -> None:
    found = issues(**fields)
    assert list(found) == [path]
    assert said in found[path]
