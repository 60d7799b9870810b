"""A store at bus e of 1 MW and 2 MWh, empty, without losses; the grid sells at the price of the step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.axes import Horizon
from tests.unit.small_cases import grid, load, optimum, prices, relaxed_objective, schedule, small_case, store


def site(price: Any, minutes: tuple[int, ...] = (60, 60), power: Any = 1.0, **fields: Any) -> Case:
    return small_case(minutes, grid_connection=[grid(price)], demand=[load(power)], store=[store(**fields)])


def issues(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        site([10, 20], **fields)
    return {issue.path.removeprefix("components.store[0]."): issue.message for issue in caught.value.issues}


def test_a_store_buys_low_and_gives_when_it_is_dear() -> None:
    """Charge 1 MW at 10, store 0.9 MWh, give 0.81 MWh at 100: 10 * 2 + 100 * 0.19 = 39."""
    outcome = solve(site([10, 100], charge_efficiency=0.9, discharge_efficiency=0.9))
    assert outcome.objective == pytest.approx(39.0)
    assert schedule(outcome, "store_energy_mwh") == pytest.approx([0.9, 0.0])


def test_a_store_stands_at_a_bus_of_any_carrier() -> None:
    """Gas bought at 20 for an hour in which it costs 60: 20 * 2."""
    case = small_case(grid_connection=[grid([20, 60], bus="g")], demand=[load(1.0, "g")], store=[store(bus="g")])
    assert optimum(case) == pytest.approx(40.0)


def test_limits_of_power_may_change_from_step_to_step() -> None:
    """It may charge 0.4 MW in the first hour and give 0.3 MW in the second: 10 * 1.3 + 100 * 0.7."""
    assert optimum(site([10, 100], charge_max_mw=[0.4, 0.0], discharge_max_mw=[0.0, 0.3])) == pytest.approx(83.0)


def test_limits_of_energy_may_change_from_step_to_step() -> None:
    """0.5 MWh must be there after the second of three hours and no more than 0.7 after the first.

    0.7 MWh bought at 10, 0.2 of them given at 100, 0.5 at 50: 10 * 1.7 + 100 * 0.8 + 50 * 0.5 = 122.
    """
    case = site([10, 100, 50], (60, 60, 60), energy_max_mwh=[0.7, 2.0, 2.0], energy_min_mwh=[0.0, 0.5, 0.0])
    outcome = solve(case)
    assert outcome.objective == pytest.approx(122.0)
    assert schedule(outcome, "store_energy_mwh") == pytest.approx([0.7, 0.5, 0.0])


def test_prescribed_energy_is_followed_whatever_it_costs() -> None:
    """0.6 MWh after the first hour at 100, 0.6 after the second at 10: 160 + 10."""
    outcome = solve(site([100, 10], energy_fixed_mwh=[0.6, 0.6]))
    assert outcome.objective == pytest.approx(170.0)
    assert schedule(outcome, "store_energy_mwh") == pytest.approx([0.6, 0.6])


def test_a_cyclic_store_chooses_the_energy_that_it_starts_and_ends_with() -> None:
    """Dear first, cheap then: it gives 1 MWh at 100 and takes it back at 10; it starts and ends with 1 MWh."""
    outcome = solve(site([100, 10], energy_start_mwh=None, cyclic=True))
    assert outcome.objective == pytest.approx(20.0)
    energy = schedule(outcome, "store_energy_mwh")
    assert energy[0] == pytest.approx(energy[1] - 1.0)


def test_the_standing_loss_of_a_cyclic_store_acts_in_its_first_step() -> None:
    """Half is lost in every hour; it must hold 1 MWh after the first and wants nothing else: charge 1 - 0.5 * e.

    e after the second hour is 0.5 at least without charging there (price 100), so 0.75 MWh are charged at 10.
    """
    case = site([10, 100], power=0.0, energy_start_mwh=None, cyclic=True, standing_loss_per_hour=0.5,
                energy_min_mwh=[1.0, 0.0])  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(7.5)
    assert schedule(outcome, "store_energy_mwh") == pytest.approx([1.0, 0.5])


def test_stores_that_are_cyclic_and_stores_that_are_not_stand_side_by_side() -> None:
    """The first starts with nothing in a dear hour, the second brings 1 MWh along that it takes back: 0 + 20."""
    pair = [store(id="plain"), store(id="ring", energy_start_mwh=None, cyclic=True)]
    case = small_case(grid_connection=[grid([100, 10])], demand=[load(1.0)], store=pair)
    assert optimum(case) == pytest.approx(20.0)


def test_an_inflow_is_stored_and_what_is_too_much_is_spilled() -> None:
    """1 MW flows in for two hours and 1.5 MWh fit: of 2 MWh, 0.25 are used in the second hour and 0.25 spilled."""
    case = site([100, 100], power=[0.0, 0.25], energy_max_mwh=1.5, inflow_mw=1.0, charge_max_mw=0.0)
    outcome = solve(case)
    assert outcome.objective == pytest.approx(0.0)
    assert sum(schedule(outcome, "store_spill_mw")) == pytest.approx(0.25)


def test_spilling_has_its_price() -> None:
    """As before, at 8 per MWh: 0.25 * 8; the water in store is worth -8."""
    fields: dict[str, Any] = {"energy_max_mwh": 1.5, "inflow_mw": 1.0, "charge_max_mw": 0.0}
    case = site([100, 100], power=[0.0, 0.25], spill_cost_eur_per_mwh=8.0, **fields)
    outcome = solve(case)
    assert outcome.objective == pytest.approx(2.0)
    assert outcome.terms["storage"] == pytest.approx(2.0)


def test_spilling_has_its_limit() -> None:
    """2 MW flow in, 1.2 of them may be spilled, so that 0.8 must be given although power is worth -10."""
    case = small_case(
        (60,),
        grid_connection=[grid(50.0, export_max_mw=9.0, export_price_eur_per_mwh=-10.0)],
        store=[store(inflow_mw=2.0, spill_max_mw=1.2, energy_max_mwh=0.0)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(8.0)
    assert schedule(outcome, "store_discharge_mw") == pytest.approx([0.8])


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        ({}, 20.0),
        ({"charge_cost_eur_per_mwh": 3.0}, 23.0),
        ({"discharge_cost_eur_per_mwh": 4.0}, 24.0),
        ({"holding_cost_eur_per_mwh_hour": 5.0}, 25.0),
        ({"charge_cost_eur_per_mwh": 50.0, "discharge_cost_eur_per_mwh": 50.0}, 110.0),
    ],
)
def test_every_mwh_taken_held_and_given_has_its_cost(costs: dict[str, float], total: float) -> None:
    """2 MWh at 10 without costs; 1 MWh is taken, held at the end of the first hour, and given. Too dear: 10 + 100."""
    assert optimum(site([10, 100], **costs)) == pytest.approx(total)


def test_the_energy_left_is_worth_what_its_slices_say() -> None:
    """Half a MWh is worth 60 each, the next 30, then nothing. Power costs 40: 0.5 MWh are bought for the end.

    10 MWh of room; 40 * (1 + 0.5) - 60 * 0.5 = 30; at a price of 20 one MWh: 20 * 2 - 30 - 15 = -5.
    """
    values = [{"energy_mwh": 0.5, "value_eur_per_mwh": 60.0}, {"energy_mwh": 0.5, "value_eur_per_mwh": 30.0}]
    outcome = solve(site(40, (60,), final_values=values))
    assert outcome.objective == pytest.approx(30.0)
    assert outcome.terms["final_value"] == pytest.approx(-30.0)
    assert schedule(outcome, "store_final_value_eur") == pytest.approx([30.0])
    outcome = solve(site(20, (60,), final_values=values))
    assert outcome.objective == pytest.approx(-5.0)
    assert schedule(outcome, "store_energy_mwh") == pytest.approx([1.0])


def test_the_least_energy_at_the_end_is_bought_where_it_is_cheap() -> None:
    """At least 0.5 MWh at the end: 10 * 1.5 + 20 without giving; with a worth of 90 per MWh, 2 MWh are kept."""
    assert optimum(site([10, 20], energy_end_min_mwh=0.5, discharge_max_mw=0.0)) == pytest.approx(35.0)
    values = [{"energy_mwh": 9.0, "value_eur_per_mwh": 90.0}]
    assert optimum(site([10, 20], energy_end_min_mwh=0.5, discharge_max_mw=0.0, final_values=values)) == (
        pytest.approx(20 + 40 - 180)
    )


def test_a_store_that_may_do_both_wastes_energy_where_that_pays() -> None:
    """Every MWh taken earns 100; 0.1 MWh fit; half is lost on the way in and half on the way out.

    One way it takes 0.2 MWh. Both ways it takes 1 MWh, of which 0.5 are stored, and 0.4 too much give 0.2: 0.8 net.
    """
    fields: dict[str, Any] = {"charge_efficiency": 0.5, "discharge_efficiency": 0.5, "energy_max_mwh": 0.1}
    one_way = site(-100, (60,), power=0.0, **fields)
    assert optimum(one_way) == pytest.approx(-20.0)
    assert relaxed_objective(one_way) == pytest.approx(-80.0)
    both = solve(site(-100, (60,), power=0.0, allow_both=True, **fields))
    assert both.objective == pytest.approx(-80.0)
    assert both.size["integers"] == 0


def test_stores_that_may_do_both_stand_beside_stores_that_may_not() -> None:
    """-20 and -80 as above."""
    fields: dict[str, Any] = {"charge_efficiency": 0.5, "discharge_efficiency": 0.5, "energy_max_mwh": 0.1}
    pair = [store(id="one", **fields), store(id="two", allow_both=True, **fields)]
    outcome = solve(small_case((60,), grid_connection=[grid(-100)], store=pair))
    assert outcome.objective == pytest.approx(-100.0)
    assert outcome.schedule_table.values("store_discharge_mw")[:, 0] == pytest.approx([0.0, 0.2])


def test_a_size_is_built_while_it_pays() -> None:
    """1 MWh moved from 10 to 100 earns 90: at 80 per MWh of size 1 MWh is built, at 95 none."""
    outcome = solve(site([10, 100], energy_capacity_cost_eur_per_mwh=80.0))
    assert outcome.objective == pytest.approx(20.0 + 80.0)
    assert outcome.terms["investment"] == pytest.approx(80.0)
    assert schedule(outcome, "store_energy_capacity_mwh") == pytest.approx([1.0])
    assert optimum(site([10, 100], energy_capacity_cost_eur_per_mwh=95.0)) == pytest.approx(110.0)


def test_limits_that_change_are_parts_of_the_size() -> None:
    """Only half of the size may be used after the first hour: 1 MWh takes a size of 2 at 30 each: 20 + 60."""
    outcome = solve(site([10, 100], energy_max_mwh=[1.0, 2.0], energy_capacity_cost_eur_per_mwh=30.0))
    assert outcome.objective == pytest.approx(80.0)
    assert schedule(outcome, "store_energy_capacity_mwh") == pytest.approx([2.0])


def test_a_least_energy_is_a_part_of_the_size() -> None:
    """A quarter of the size must stay: 1 MWh of use takes a size of 4 / 3, filled to 1 / 3 by a start of 1 / 3.

    10 * 2 + 30 * 4 / 3 = 60.
    """
    case = site([10, 100], energy_min_mwh=0.5, energy_start_mwh=1 / 3, energy_capacity_cost_eur_per_mwh=30.0)
    outcome = solve(case)
    assert outcome.objective == pytest.approx(60.0)
    assert schedule(outcome, "store_energy_mwh") == pytest.approx([4 / 3, 1 / 3])


def test_a_power_is_built_while_it_pays() -> None:
    """It takes half of what it gives: 1 MWh taken within an hour needs 1 of 1 MW, and with it 2 MW at 20 are built."""
    case = site([10, 100], charge_max_mw=1.0, discharge_max_mw=2.0, power_capacity_cost_eur_per_mw=20.0)
    outcome = solve(case)
    assert schedule(outcome, "store_power_capacity_mw") == pytest.approx([2.0])
    assert outcome.objective == pytest.approx(20.0 + 40.0)


def test_a_store_may_owe_energy() -> None:
    """It gives 1 MWh at 100 that it does not have and takes it at 10; of a size of 2 MWh half may be owed."""
    assert optimum(site([100, 10], energy_min_mwh=-1.0, energy_end_mwh=0.0)) == pytest.approx(20.0)
    case = site([100, 10], energy_min_mwh=-1.0, energy_end_mwh=0.0, energy_capacity_cost_eur_per_mwh=30.0)
    outcome = solve(case)
    assert outcome.objective == pytest.approx(20.0 + 60.0)
    assert schedule(outcome, "store_energy_mwh") == pytest.approx([-1.0, 0.0])


def test_a_size_has_its_least() -> None:
    """0.5 MWh are built although they cost more than they earn: 10 * 1.5 + 50 + 0.5 * 95."""
    case = site([10, 100], energy_capacity_cost_eur_per_mwh=95.0, energy_capacity_min_mwh=0.5)
    assert optimum(case) == pytest.approx(15 + 50 + 47.5)


def test_size_and_power_are_built_together_where_they_are_one() -> None:
    """2 MWh and 1 MW belong together: 1 MW costs 45, comes with 2 MWh, moves 1 MWh and earns 90."""
    outcome = solve(site([10, 100], power_capacity_cost_eur_per_mw=45.0, one_size=True))
    assert outcome.objective == pytest.approx(20.0 + 45.0)
    assert schedule(outcome, "store_energy_capacity_mwh") == pytest.approx([2.0])
    assert schedule(outcome, "store_power_capacity_mw") == pytest.approx([1.0])


def test_stores_of_a_chosen_size_stand_beside_stores_of_a_fixed_one() -> None:
    """The fixed one moves 1 MWh at no cost; nothing is left to earn."""
    pair = [store(id="fixed"), store(id="new", energy_capacity_cost_eur_per_mwh=1.0)]
    outcome = solve(small_case(grid_connection=[grid([10, 100])], demand=[load(1.0)], store=pair))
    assert outcome.objective == pytest.approx(20.0)
    assert outcome.schedule_table.values("store_energy_capacity_mwh") == pytest.approx([0.0, 0.0])


def test_a_step_that_counts_twice_makes_holding_and_spilling_cost_twice() -> None:
    """One hour that counts 2: price 10, hold 1 MWh at 5, prescribed: 2 * (10 * 2 + 5)."""
    case = site(10, (60,), energy_fixed_mwh=1.0, holding_cost_eur_per_mwh_hour=5.0)
    twice = Horizon(case.horizon.start, case.horizon.step_seconds, weights=np.array([2.0]))
    assert optimum(replace(case, horizon=twice)) == pytest.approx(50.0)


def test_prices_follow_the_worth_of_what_is_stored() -> None:
    """Without a grid in the second hour the price is that of the first over the efficiencies: 10 / 0.8."""
    case = small_case(
        grid_connection=[grid([10, 10], import_max_mw=[9.0, 0.0])],
        demand=[load(0.4)],
        store=[store(charge_efficiency=0.8)],
    )
    assert prices(solve(case), "e") == pytest.approx([10.0, 12.5])


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"energy_start_mwh": None}, "energy_start_mwh", "missing"),
        ({"cyclic": True}, "energy_start_mwh", "cyclic"),
        ({"energy_min_mwh": [0.0, 3.0]}, "energy_min_mwh[1]", "above"),
        ({"energy_start_mwh": 2.5}, "energy_start_mwh", "within"),
        ({"energy_end_mwh": 2.5}, "energy_end_mwh", "within"),
        ({"energy_end_mwh": 0.2, "energy_end_min_mwh": 0.3}, "energy_end_mwh", "within"),
        ({"energy_end_min_mwh": 2.1}, "energy_end_min_mwh", "within"),
        ({"energy_fixed_mwh": [1.0, 2.5]}, "energy_fixed_mwh[1]", "within"),
        ({"charge_efficiency": 0.0}, "charge_efficiency", "above 0"),
        ({"one_size": True}, "one_size", "neither"),
        (
            {"energy_capacity_cost_eur_per_mwh": 1.0, "energy_capacity_min_mwh": 3.0},
            "energy_capacity_min_mwh",
            "within",
        ),
        ({"power_capacity_cost_eur_per_mw": 1.0, "power_capacity_min_mw": 3.0}, "power_capacity_min_mw", "within"),
        (
            {"final_values": [{"energy_mwh": 1, "value_eur_per_mwh": 1}], "energy_min_mwh": -1.0},
            "final_values",
            "owed",
        ),
        (
            {"final_values": [{"energy_mwh": 1, "value_eur_per_mwh": 1}, {"energy_mwh": 1, "value_eur_per_mwh": 2}]},
            "final_values[1].value_eur_per_mwh",
            "rises",
        ),
    ],
)
def test_what_does_not_fit_together_is_told(fields: dict[str, Any], path: str, said: str) -> None:
    found = issues(**fields)
    assert list(found) == [path]
    assert said in found[path]


def test_what_is_given_may_cost_more_or_less_from_segment_to_segment() -> None:
    """1 MWh in store, 1 MW wanted at 100: half at 10, the other stays; falling from 120 to 10 all of it: 65."""
    parts = [{"discharge_mw": 0.5, "cost_eur_per_mwh": 10.0}, {"discharge_mw": 0.5, "cost_eur_per_mwh": 120.0}]
    rising = solve(site([100], (60,), energy_start_mwh=1.0, discharge_cost_segments=parts))
    assert rising.objective == pytest.approx(5.0 + 50.0)
    assert rising.size["integers"] == 0
    falling = solve(site([100], (60,), energy_start_mwh=1.0, discharge_cost_segments=parts[::-1]))
    assert falling.objective == pytest.approx(65.0)
    assert falling.schedule_table.values("store_segment_mw")[:, 0] == pytest.approx([0.5, 0.5])


def test_segments_of_cost_reach_the_largest_power_of_a_known_size() -> None:
    parts = [{"discharge_mw": 0.5, "cost_eur_per_mwh": 10.0}]
    assert "reach up to 0.5 MW" in issues(discharge_cost_segments=parts)["discharge_cost_segments"]
    sized = {"power_capacity_cost_eur_per_mw": 1.0, "discharge_cost_segments": [{**parts[0], "discharge_mw": 1.0}]}
    assert "power is chosen" in issues(**sized)["discharge_cost_segments"]
