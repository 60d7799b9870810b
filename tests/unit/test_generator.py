"""Generators of 1 MW beside a grid at 100 that buys back for nothing; rules of units: see test_unit_rules."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, read_case, solve, write_case
from tests.unit.small_cases import generator, grid, load, optimum, prices, schedule, small_case

HOURS = (60, 60, 60)


def site(demand: Any, minutes: tuple[int, ...] = HOURS, price: Any = 100, **fields: Any) -> Case:
    return small_case(minutes, grid_connection=[grid(price)], demand=[load(demand)], generator=[generator(**fields)])


def power_of(case: Case) -> Any:
    return pytest.approx(schedule(solve(case), "generator_power_mw"))


def test_a_generator_runs_where_it_is_cheaper_than_the_grid() -> None:
    """At 10, 150 and 10 beside 100, with 0.7 at most in the last hour: 10 + 100 + 7 + 30 = 147."""
    case = site(1, cost_eur_per_mwh=[10.0, 150.0, 10.0], power_max_mw=[1.0, 1.0, 0.7])
    assert optimum(case) == pytest.approx(147.0)
    assert power_of(case) == [1.0, 0.0, 0.7]
    assert solve(case).size["integers"] == 0


def test_a_least_power_without_a_state_is_always_given() -> None:
    """At 150 beside 100 it still gives 0.4: 3 * (60 + 60) = 360."""
    assert optimum(site(1, cost_eur_per_mwh=150.0, power_min_mw=0.4)) == pytest.approx(360.0)


def test_a_switchable_generator_may_be_off_below_its_least_power() -> None:
    """Where 0.2 are wanted it cannot run at 0.4; elsewhere it does, at its price."""
    case = site([1, 0.2, 1], cost_eur_per_mwh=10.0, power_min_mw=0.4, switchable=True)
    assert power_of(case) == [1.0, 0.0, 1.0]


def test_a_least_power_that_differs_from_step_to_step_holds_while_on() -> None:
    """At 150 a run pays for nothing but the second hour, where the grid costs 500 and 0.3 is the least of the third."""
    fields = dict(cost_eur_per_mwh=150.0, power_min_mw=[0.6, 0.2, 0.3], switchable=True, minimum_up_hours=2.0)
    assert power_of(site(1, price=[100, 500, 100], **fields)) == [0.0, 1.0, 0.3]


def test_a_negative_power_takes_from_the_bus_and_is_paid_for_it() -> None:
    """It takes 0.5 where power costs 3 and it pays 5 for every MWh: the bus buys 1 + 0.5."""
    case = site(1, price=3, cost_eur_per_mwh=5.0, power_max_mw=0.0, power_min_mw=-0.5)
    assert power_of(case) == [-0.5, -0.5, -0.5]
    assert optimum(case) == pytest.approx(3 * (3 * 1.5 - 5 * 0.5))


def test_a_schedule_is_kept_whatever_it_costs() -> None:
    """0.3, 0 and 0.9 at 150: 180 for them and 180 for what is left."""
    case = site(1, cost_eur_per_mwh=150.0, power_fixed_mw=[0.3, 0.0, 0.9])
    assert power_of(case) == [0.3, 0.0, 0.9]
    assert optimum(case) == pytest.approx(180.0 + 180.0)


def test_a_schedule_switches_a_unit() -> None:
    case = site(1, cost_eur_per_mwh=10.0, power_fixed_mw=[0.0, 0.5, 0.0], minimum_load_ratio=0.4, start_cost_eur=7.0)
    outcome = solve(case)
    assert schedule(outcome, "generator_on") == [0.0, 1.0, 0.0]
    assert outcome.objective == pytest.approx(7.0 + 5.0 + 250.0)


def test_an_energy_limit_is_used_where_it_is_worth_most() -> None:
    """1.5 MWh go to the hours at 300 and 200; the price of the bus stays that of the grid."""
    case = site(1, price=[100, 300, 200], cost_eur_per_mwh=10.0, energy_max_mwh=1.5)
    assert power_of(case) == [0.0, 1.0, 0.5]
    assert prices(solve(case), "e") == pytest.approx([100.0, 300.0, 200.0])


def test_an_energy_that_must_be_given_is_given_where_it_costs_least() -> None:
    """At 150 it loses 50, 30 and 90 a MWh: 1 in the second hour and 0.5 in the first."""
    case = site(1, price=[100, 120, 60], cost_eur_per_mwh=150.0, energy_min_mwh=1.5)
    assert power_of(case) == [0.5, 1.0, 0.0]


def test_energy_counts_hours() -> None:
    """0.25 MWh in half an hour at 0.5 MW."""
    assert power_of(site(1, (60, 30), price=[100, 300], energy_max_mwh=0.25)) == [0.0, 0.5]


SEGMENTS = [{"power_mw": 0.5, "cost_eur_per_mwh": 20.0}, {"power_mw": 0.5, "cost_eur_per_mwh": 80.0}]


def test_segments_of_rising_cost_fill_in_their_order_without_binaries() -> None:
    """0.3 at 20, 0.5 at 20 + 0.5 at 80, 0.5 at 20 with the grid at 50 for the other half: 6 + 50 + 10 + 25."""
    outcome = solve(site([0.3, 1, 1], price=[100, 100, 50], cost_segments=SEGMENTS))
    assert outcome.objective == pytest.approx(91.0)
    assert outcome.size["integers"] == 0
    assert prices(outcome, "e") == pytest.approx([20.0, 100.0, 50.0])


def test_segments_stand_on_top_of_the_cost_per_mwh() -> None:
    assert optimum(site(0.5, (60,), cost_eur_per_mwh=3.0, cost_segments=SEGMENTS)) == pytest.approx(0.5 * 23)


@pytest.mark.parametrize(("demand", "cost"), [(0.5, 40.0), (0.8, 46.0), (1.0, 50.0), (0.2, 12.0)])
def test_a_cheap_segment_is_used_only_behind_a_dear_one(demand: float, cost: float) -> None:
    """The first 0.5 cost 80, the next 20: 0.8 cost 40 + 6 and 48 from a grid at 60, 0.5 cost 40 and 30 there."""
    case = site(demand, (60,), price=60, cost_segments=SEGMENTS[::-1])
    assert optimum(case) == pytest.approx(min(cost, 60 * demand))


def test_segments_out_of_order_are_exact_with_three_of_them() -> None:
    """Costs 30, 10, 50 for 0.3, 0.3, 0.4: 0.7 MW cost 9 + 3 + 5 = 17; a relaxation would start with the second."""
    three = [(0.3, 30.0), (0.3, 10.0), (0.4, 50.0)]
    segments = [{"power_mw": width, "cost_eur_per_mwh": cost} for width, cost in three]
    for demand, cost in ((0.2, 6.0), (0.45, 10.5), (0.7, 17.0), (1.0, 32.0)):
        assert optimum(site(demand, (60,), cost_segments=segments)) == pytest.approx(cost)


def test_a_quadratic_cost_makes_the_next_mwh_dearer_than_the_last() -> None:
    """10 + 2 * 30 * P is 40 at 0.5 MW, 55 at 0.75 and 70 at the largest power, where the grid takes 100."""
    case = site(2, price=[40, 55, 100], cost_eur_per_mwh=10.0, quadratic_cost_eur_per_mw2_hour=30.0)
    outcome = solve(case)
    assert schedule(outcome, "generator_power_mw") == pytest.approx([0.5, 0.75, 1.0])
    assert prices(outcome, "e") == pytest.approx([40.0, 55.0, 100.0])
    production = (10 * 0.5 + 30 * 0.25) + (10 * 0.75 + 30 * 0.5625) + 40
    assert outcome.terms["production"] == pytest.approx(production)
    assert outcome.objective == pytest.approx(production + 40 * 1.5 + 55 * 1.25 + 100)


def test_two_generators_of_quadratic_cost_share_a_load_at_one_price() -> None:
    """20 * P = 60 * Q, P + Q = 0.8: 0.6 and 0.2 at 12; 10 * 0.36 + 30 * 0.04 = 4.8 an hour, for a quarter of one."""
    two = [
        generator(id="a", quadratic_cost_eur_per_mw2_hour=10.0),
        generator(id="b", quadratic_cost_eur_per_mw2_hour=30.0),
    ]
    outcome = solve(small_case((15,), demand=[load(0.8)], generator=two))
    assert outcome.schedule_table.values("generator_power_mw")[:, 0] == pytest.approx([0.6, 0.2])
    assert prices(outcome, "e") == pytest.approx([12.0])
    assert outcome.objective == pytest.approx(1.2)


def test_segments_of_a_power_that_may_be_negative_begin_at_the_least_power() -> None:
    """It takes 0.5 and pays 0.5 * 20 less for the first 0.5 from there, then 80: at 50 and 10 from the grid.

    At 50 the first segment pays: power 0, the grid gives 0.2 at 50 = 10 and the segments cost 10.
    At 10 none does: it takes 0.5, the grid gives 0.7 at 10 = 7.
    """
    case = site(0.2, (60, 60), price=[50, 10], power_min_mw=-0.5, power_max_mw=0.5, cost_segments=SEGMENTS)
    assert power_of(case) == [0.0, -0.5]
    assert optimum(case) == pytest.approx(10.0 + 10.0 + 7.0)


def test_segments_out_of_order_of_a_negative_power_keep_their_order() -> None:
    """80 for the first 0.5 from -0.5 on, 20 for the next: at 60 all pays, (0.5 * 100) - 0.8 * 60; at 40 nothing."""
    fields = dict(power_min_mw=-0.5, power_max_mw=0.5, cost_segments=SEGMENTS[::-1])
    case = small_case(
        (60, 60),
        grid_connection=[grid([60, 40], export_max_mw=9, export_price_eur_per_mwh=[60, 40])],
        generator=[generator(**fields)],
    )
    assert power_of(case) == [0.5, -0.5]
    assert optimum(case) == pytest.approx(50.0 - 30.0 + 20.0)


def test_a_fixed_cost_is_paid_whatever_it_gives_and_changes_nothing_else() -> None:
    """7 an hour for two hours and a half hour: 17.5 on top, of a unit that is off too."""
    fields = dict(cost_eur_per_mwh=150.0, power_min_mw=0.4, switchable=True)
    without, with_cost = (site(1, (60, 60, 30), fixed_cost_eur_per_hour=each, **fields) for each in (0.0, 7.0))
    assert power_of(with_cost) == [0.0, 0.0, 0.0]
    assert optimum(with_cost) == pytest.approx(optimum(without) + 17.5)
    assert solve(with_cost).size == solve(without).size


def test_a_quadratic_cost_beside_binaries() -> None:
    """0.8 MW: the unit gives 0.5 or more, its cost per MWh is 60; the other costs 40 and 50 times its square.

    At p of the other, 40 + 100 p = 60 at 0.2: 0.6 of the unit costs 36, 0.2 of the other 8 + 2; alone it would cost
    32 + 32.
    """
    curve = generator(cost_eur_per_mwh=40.0, quadratic_cost_eur_per_mw2_hour=50.0)
    unit = generator(id="unit", cost_eur_per_mwh=60.0, minimum_load_ratio=0.5)
    outcome = solve(small_case((60,), demand=[load(0.8)], generator=[curve, unit]))
    assert outcome.schedule_table.values("generator_power_mw")[:, 0] == pytest.approx([0.2, 0.6], abs=1e-6)
    assert outcome.objective == pytest.approx(46.0, rel=1e-6)
    assert outcome.bound == pytest.approx(46.0, rel=1e-4)


def test_a_capacity_is_built_where_it_earns_its_cost() -> None:
    """A MW costs 120 and saves 90 in two hours: 1 MW is built for the two, the peak of 2 in the third is bought.

    1 MW: 120 + 30 of fuel + 100 = 250 instead of 400. A second MW would save 90 in one hour only.
    """
    sized = dict(power_max_mw=None, capacity_cost_eur_per_mw=120.0, cost_eur_per_mwh=10.0)
    outcome = solve(site([1, 1, 2], **sized))
    assert outcome.schedule_table.values("generator_capacity_mw").tolist() == pytest.approx([1.0])
    assert outcome.objective == pytest.approx(250.0)
    assert outcome.terms["investment"] == pytest.approx(120.0)


def test_a_capacity_gives_what_its_ratios_allow() -> None:
    """Half of it is there in the first hour: 2 MW for 1, and 0.2 of it must run in the last, 0.4 sold for nothing."""
    sized = dict(power_max_mw=None, capacity_cost_eur_per_mw=10.0, cost_eur_per_mwh=10.0)
    case = site([1, 1, 0.4], power_max_ratio=[0.5, 1.0, 1.0], power_min_ratio=[0.0, 0.0, 0.2], **sized)
    outcome = solve(case)
    assert outcome.schedule_table.values("generator_capacity_mw").tolist() == pytest.approx([2.0])
    assert schedule(outcome, "generator_power_mw") == pytest.approx([1.0, 1.0, 0.4])


def test_a_capacity_stays_within_its_limits() -> None:
    sized = dict(power_max_mw=None, cost_eur_per_mwh=10.0, capacity_min_mw=0.3, capacity_max_mw=0.6)
    for cost, size in ((1.0, 0.6), (1000.0, 0.3)):
        outcome = solve(site(1, capacity_cost_eur_per_mw=cost, **sized))
        assert outcome.schedule_table.values("generator_capacity_mw").tolist() == pytest.approx([size])


def test_ramps_of_a_chosen_capacity_are_parts_of_it() -> None:
    """From 0 to 1 within an hour at half the capacity an hour: 2 MW at 10 are worth it."""
    sized = dict(power_max_mw=None, capacity_cost_eur_per_mw=10.0, ramp_up_ratio_per_hour=0.5)
    outcome = solve(site([0, 1, 1], **sized))
    assert outcome.schedule_table.values("generator_capacity_mw").tolist() == pytest.approx([2.0])
    assert schedule(outcome, "generator_power_mw") == pytest.approx([0.0, 1.0, 1.0])


def test_a_chosen_capacity_may_be_switched_off() -> None:
    """It must run at half its capacity or rest. 1 MW would have to rest where 0.4 are wanted; 0.8 MW runs always.

    1 MW: 30 + 20 of fuel + 40 bought = 90. 0.8 MW: 24 + 20 bought twice + 20 of fuel = 84.
    """
    sized = dict(power_max_mw=None, capacity_cost_eur_per_mw=30.0, capacity_max_mw=5.0, minimum_load_ratio=0.5)
    outcome = solve(site([1, 0.4, 1], cost_eur_per_mwh=10.0, **sized))
    assert outcome.schedule_table.values("generator_capacity_mw").tolist() == pytest.approx([0.8])
    assert outcome.objective == pytest.approx(84.0)
    dear = solve(site([1, 0.1, 1], cost_eur_per_mwh=10.0, **sized))
    assert schedule(dear, "generator_on") == [1.0, 0.0, 1.0]
    assert dear.objective == pytest.approx(30.0 + 20.0 + 10.0)


def test_a_chosen_capacity_keeps_its_start_and_stop_ramps_and_its_ramps() -> None:
    """Wanted: 0, 1, 1, 0 and again 0; it starts at 0.5, rises by 0.25 and may stop only from 0.6 of it."""
    ramps = dict(start_ramp_ratio=0.5, ramp_up_ratio_per_hour=0.25, stop_ramp_ratio=0.6, ramp_down_ratio_per_hour=0.2)
    sized = dict(power_max_mw=None, capacity_cost_eur_per_mw=1.0, capacity_max_mw=1.0, minimum_load_ratio=0.1)
    case = site([0, 1, 1, 1, 1, 0], (60,) * 6, **sized, **ramps)
    assert power_of(case) == [0.0, 0.5, 0.75, 0.8, 0.6, 0.0]


def test_a_case_with_generators_is_written_and_read_again(tmp_path: Any) -> None:
    case = site(1, power_fixed_mw=[0.3, 0.0, 0.9], cost_segments=SEGMENTS, start_costs=[])
    again = read_case(write_case(case, tmp_path))
    assert again == case
    other = site(1, cost_segments=SEGMENTS)
    assert read_case(write_case(other, tmp_path / "other")) == other
    assert other != case


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"power_max_mw": None}, "power_max_mw", "is missing"),
        ({"power_min_mw": [0.0, 2.0, 0.0]}, "power_min_mw[1]", "is 2 MW at"),
        ({"power_fixed_mw": [0.0, 0.0, 2.0]}, "power_fixed_mw[2]", "outside the limits"),
        ({"power_fixed_mw": 0.1, "minimum_load_ratio": 0.5}, "power_fixed_mw[0]", "outside the limits"),
        ({"rated_mw": 0.5}, "rated_mw", "less than the largest limit, 1 MW"),
        ({"power_min_mw": -1.0, "minimum_load_ratio": 0.5}, "power_min_mw", "give one of them"),
        ({"energy_min_mwh": 2.0, "energy_max_mwh": 1.0}, "energy_min_mwh", "2 MWh"),
        ({"power_max_ratio": 0.5}, "power_max_ratio", "chosen capacity"),
        ({"quadratic_cost_eur_per_mw2_hour": -1.0}, "quadratic_cost_eur_per_mw2_hour", "at least 0"),
        (
            {"quadratic_cost_eur_per_mw2_hour": 1.0, "cost_segments": SEGMENTS},
            "quadratic_cost_eur_per_mw2_hour",
            "one of them",
        ),
        (
            {"quadratic_cost_eur_per_mw2_hour": 1.0, "start_cost_eur": 1.0},
            "quadratic_cost_eur_per_mw2_hour",
            "starts and stops",
        ),
        ({"cost_segments": SEGMENTS[:1]}, "cost_segments", "reach up to 0.5 MW"),
        ({"cost_segments": SEGMENTS, "power_min_mw": -0.5}, "cost_segments", "reach up to 0.5 MW"),
        ({"capacity_cost_eur_per_mw": 1.0}, "power_max_mw", "fixed size"),
        ({"capacity_cost_eur_per_mw": 1.0, "power_max_mw": None, "power_min_mw": 0.1}, "power_min_mw", "fixed size"),
        ({"capacity_cost_eur_per_mw": 1.0, "power_max_mw": None, "rated_mw": 1.0}, "rated_mw", "fixed size"),
        (
            {"capacity_cost_eur_per_mw": 1.0, "power_max_mw": None, "start_cost_eur": 1.0},
            "capacity_max_mw",
            "needs a largest capacity",
        ),
        (
            {"capacity_cost_eur_per_mw": 1.0, "power_max_mw": None, "load_initially_ratio": 0.0},
            "load_initially_ratio",
            "not supported",
        ),
        (
            {"capacity_cost_eur_per_mw": 1.0, "power_max_mw": None, "capacity_min_mw": 2.0, "capacity_max_mw": 1.0},
            "capacity_min_mw",
            "within [0, 1] MW",
        ),
        (
            {"capacity_cost_eur_per_mw": 1.0, "power_max_mw": None, "power_min_ratio": [0.0, 2.0, 0.0]},
            "power_min_ratio[1]",
            "above power_max_ratio, 1",
        ),
        (
            {"capacity_cost_eur_per_mw": 1.0, "power_max_mw": None, "cost_segments": SEGMENTS},
            "cost_segments",
            "not supported",
        ),
    ],
)
def test_what_cannot_be_is_told(fields: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        site(1, **fields)
    assert [(issue.path, words in issue.message) for issue in refused.value.issues] == [
        (f"components.generator[0].{path}", True)
    ]


def test_what_cannot_be_is_told_in_the_units_of_its_writer() -> None:
    from c4e_opt.case.build import Builder

    document = {
        "name": "kilo", "units": {"power": "kW"}, "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60]},
        "buses": [{"id": "e"}],
        "components": {"generator": [{"id": "g", "bus": "e", "power_max_kw": 10.0, "power_min_kw": 20.0}]},
    }  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        Builder(document, {}).case()
    (issue,) = refused.value.issues
    assert issue.path == "components.generator[0].power_min_kw[0]"
    assert "is 20 kW" in issue.message


def built(**fields: Any) -> Case:
    """A load of 4 MW at a grid of 100, and generators of a size to choose at 10 MW each, free to run."""
    sized = generator(power_max_mw=None, capacity_cost_eur_per_mw=10.0, **fields)
    return small_case((60,), grid_connection=[grid(100.0)], demand=[load(4.0)], generator=[sized])


def test_a_size_may_be_whole_modules() -> None:
    """Modules of 1.5 MW: 3 of them cost 45 and carry all; 2 would leave 1 MW at 100. Without modules 4 MW cost 40."""
    outcome = solve(built(capacity_module_mw=1.5))
    assert outcome.objective == pytest.approx(45.0)
    assert schedule(outcome, "generator_modules") == pytest.approx([3.0])
    assert optimum(built()) == pytest.approx(40.0)
    assert optimum(built(capacity_module_mw=1.5, capacity_max_mw=4.0)) == pytest.approx(130.0)
    assert outcome.certificate is not None
    assert outcome.certificate.holds


def edged(**fields: Any) -> Case:
    """A load of 0.5 MW, a grid at 100 that takes nothing back, a unit of 1 MW at 10, and a sink that costs 5."""
    unit = generator(switchable=True, cost_eur_per_mwh=10.0, **fields)
    sink = generator(id="sink", power_max_mw=0.0, power_min_mw=-9.0, cost_eur_per_mwh=-5.0)
    return small_case((60, 60), grid_connection=[grid(100.0)], demand=[load(0.5)], generator=[unit, sink])


def test_a_start_may_need_a_least_load() -> None:
    """At 0.8 in the first hour 0.3 are thrown away at 5; 8 + 1.5, and 5 in the second hour."""
    outcome = solve(edged(start_load_min_ratio=[0.8, 0.9]))
    assert outcome.objective == pytest.approx(8.0 + 1.5 + 5.0)
    assert outcome.schedule_table.values("generator_power_mw")[0] == pytest.approx([0.8, 0.5])


def test_a_stop_may_need_a_least_load() -> None:
    """On at 0.6 before: it may stop at once, unless that wants 0.7: then it gives 0.7 for an hour."""
    runs = {"on_initially": True, "load_initially_ratio": 0.6, "running_cost_eur_per_hour": 200.0}
    assert optimum(edged(**runs)) == pytest.approx(100.0)
    held = solve(edged(**runs, stop_load_min_ratio=0.7))
    assert held.schedule_table.values("generator_on")[0] == pytest.approx([1.0, 0.0])
    assert held.objective == pytest.approx(200.0 + 7.0 + 0.2 * 5 + 50.0)


def test_least_loads_at_the_edges_of_runs_need_a_state_and_a_size() -> None:
    with pytest.raises(InvalidInput, match="never starts"):
        small_case((60,), generator=[generator(start_load_min_ratio=0.5)])
    with pytest.raises(InvalidInput, match="capacity is chosen"):
        built(stop_load_min_ratio=0.5, switchable=True, capacity_max_mw=9.0)
    with pytest.raises(InvalidInput, match="must have a size"):
        built(capacity_module_mw=0.0)
