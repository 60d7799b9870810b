"""Reserve as a market: offers, products that count for others, demand curves, prices. One step of an hour unless said.

A load of 1 MW; generators a and b of 1 MW at 10 and 30 give and keep.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, solve
from c4e_opt.errors import InvalidInput
from c4e_opt.laws.reserve import Reserve
from c4e_solvers import Reason
from tests.unit.small_cases import battery, chp, converter, grid, load, optimum, schedule, small_case

Record = dict[str, Any]


def unit(name: str, cost: float, **fields: Any) -> Record:
    return {"id": name, "bus": "e", "power_max_mw": 1.0, "cost_eur_per_mwh": cost, **fields}


def offer(provider: str, price: Any = 0.0, reserve: str = "r", **fields: Any) -> Record:
    name = f"{provider} {reserve} {fields.get('way', 'up')}"
    return {"id": name, "provider": provider, "reserve": reserve, "price_eur_per_mw_hour": price, **fields}


def pair(*offers: Record, reserves: list[Record] | None = None, a: Record | None = None, **reserve: Any) -> Case:
    return small_case(
        (60,),
        demand=[load(1.0)],
        generator=[unit("a", 10.0, **(a or {})), unit("b", 30.0)],
        reserve=[{"id": "r", **reserve}] if reserves is None else reserves,
        reserve_offer=list(offers),
    )


def price(outcome: Outcome, way: str = "up") -> list[float]:
    """Price of every reserve in the first step."""
    return outcome.price_table.values(f"reserve_{way}_price_eur_per_mw_hour")[:, 0].tolist()


def opportunity(outcome: Outcome, way: str = "up") -> list[float]:
    """Opportunity cost of every pair in the first step."""
    return outcome.price_table.values(f"reserve_{way}_opportunity_eur_per_mw_hour")[:, 0].tolist()


def test_the_price_of_reserve_is_what_its_provider_gives_up() -> None:
    """Every MW that a keeps is given by b, for 20 more."""
    outcome = solve(pair(up_mw=0.5, members=["generator/a"]))
    assert price(outcome) == pytest.approx([20.0])
    assert opportunity(outcome) == pytest.approx([20.0])
    assert outcome.prices["reserve_up_price_eur_per_mw_hour"].attrs["units"] == "EUR/MW/h"


def test_reserve_that_stands_by_anyway_is_free() -> None:
    outcome = solve(pair(up_mw=0.5))
    assert price(outcome) == [0.0]
    assert price(outcome, "down") == [0.0]


def test_the_cheapest_offer_is_taken_and_the_dearest_taken_sets_the_price() -> None:
    """Unit a asks 2 and gives up 20: 22 in all; b asks 15, for 0.3 MW, and has them to spare. 10 + 4.5 + 0.2 * 22."""
    outcome = solve(pair(offer("generator/a", 2.0), offer("generator/b", 15.0, power_max_mw=0.3), up_mw=0.5))
    assert outcome.objective == pytest.approx(18.9)
    assert schedule(outcome, "reserve_up_mw") == pytest.approx([0.2])
    assert price(outcome) == pytest.approx([22.0])
    assert opportunity(outcome) == pytest.approx([20.0, 0.0])
    assert outcome.terms["reserve_offer"] == pytest.approx(4.9)


def test_a_reserve_with_offers_is_kept_by_those_who_offer() -> None:
    """Unit b would keep it for nothing; it does not offer."""
    assert optimum(pair(offer("generator/a"), up_mw=0.5)) == pytest.approx(20.0)


def test_an_offer_one_way_keeps_nothing_the_other_way() -> None:
    case = pair(offer("generator/a"), up_mw=0.5, down_mw=0.1)
    assert solve(case).termination.reason is Reason.INFEASIBLE


def test_segments_of_an_offer_are_taken_one_after_another() -> None:
    """0.2 at 1 + 3, 0.1 at 1 + 8: 10 + 0.8 + 0.9; one more costs 9."""
    parts = [{"power_mw": 0.2, "price_eur_per_mw_hour": 3.0}, {"power_mw": 0.3, "price_eur_per_mw_hour": 8.0}]
    outcome = solve(pair(offer("generator/b", 1.0, segments=parts), up_mw=0.3))
    assert outcome.objective == pytest.approx(11.7)
    assert price(outcome) == pytest.approx([9.0])
    assert schedule(outcome, "reserve_offer_segment_mw") == pytest.approx([0.2])


def test_segments_are_all_that_is_offered() -> None:
    parts = [{"power_mw": 0.2, "price_eur_per_mw_hour": 3.0}]
    assert solve(pair(offer("generator/b", segments=parts), up_mw=0.3)).termination.reason is Reason.INFEASIBLE


def test_more_is_bought_as_long_as_it_is_worth_its_price() -> None:
    """Unit a asks 20 by what it gives up: 0.3 MW worth 25 are bought, 0.4 worth 15 are not. 10 + 20 * 0.8 - 7.5."""
    demand = [{"power_mw": 0.3, "price_eur_per_mw_hour": 25.0}, {"power_mw": 0.4, "price_eur_per_mw_hour": 15.0}]
    outcome = solve(pair(up_mw=0.5, members=["generator/a"], demand=demand))
    assert outcome.objective == pytest.approx(10.0 + 16.0 - 7.5)
    assert outcome.schedule_table.values("reserve_bought_mw")[:, 0] == pytest.approx([0.3, 0.0])
    assert outcome.terms["reserve_demand"] == pytest.approx(-7.5)
    assert price(outcome) == pytest.approx([20.0])


def test_a_demand_curve_alone_sets_the_price_where_it_is_cut() -> None:
    """No requirement; a can keep 1 MW of 1.5 that are worth 50. Energy from b: 30 - 50."""
    demand = [{"power_mw": 1.5, "price_eur_per_mw_hour": 50.0}]
    outcome = solve(pair(offer("generator/a"), demand=demand))
    assert outcome.objective == pytest.approx(-20.0)
    assert price(outcome) == pytest.approx([50.0])


def test_a_demand_down_is_bought_down() -> None:
    """Each MW that b keeps down it must give first, for 20 more: of 0.4 worth 25 all."""
    demand = [{"way": "down", "power_mw": 0.4, "price_eur_per_mw_hour": 25.0}]
    outcome = solve(pair(members=["generator/b"], demand=demand))
    assert outcome.objective == pytest.approx(10.0 + 0.4 * 20.0 - 10.0)
    assert price(outcome, "down") == pytest.approx([20.0])
    assert price(outcome) == [0.0]


def test_a_missing_megawatt_sets_the_price() -> None:
    outcome = solve(pair(up_mw=0.5, members=["generator/a"], missing_price_eur_per_mw_hour=15.0))
    assert price(outcome) == pytest.approx([15.0])


def test_a_symmetric_reserve_is_kept_both_ways_by_everyone() -> None:
    """Each 0.15 MW that b gives for a leave 0.15 MW of room to a, and power to withhold to b: 20 for two MW.

    With other powers each way, a would keep what is wanted down, and b what is wanted up.
    """
    outcome = solve(pair(up_mw=0.3, symmetric=True))
    assert outcome.objective == pytest.approx(13.0)
    assert price(outcome) == pytest.approx([10.0])
    assert optimum(pair(up_mw=0.3, down_mw=0.3)) == pytest.approx(10.0)


def test_one_megawatt_is_not_kept_twice() -> None:
    """Two reserves of 0.6 and 0.5 want 1.1 MW of a and b, which have 1 MW beside the load."""
    two = [{"id": "r", "up_mw": 0.6}, {"id": "s", "up_mw": 0.4}]
    assert optimum(pair(reserves=two)) == pytest.approx(10.0)
    two[1]["up_mw"] = 0.5
    assert solve(pair(reserves=two)).termination.reason is Reason.INFEASIBLE


def test_a_megawatt_counts_for_every_reserve_that_it_is_said_to() -> None:
    """What is kept for fast counts for slow, which counts for all: of 0.5, 0.2 are fast, and earn all three prices."""
    nested = [
        {"id": "all", "up_mw": 0.5},
        {"id": "fast", "up_mw": 0.2, "counts_for": ["slow"]},
        {"id": "slow", "up_mw": 0.4, "counts_for": ["all"]},
    ]
    offers = [
        offer("generator/b", 1.0, "all"),
        offer("generator/b", 4.0, "slow"),
        offer("generator/b", 9.0, "fast"),
    ]
    outcome = solve(pair(*offers, reserves=nested))
    assert outcome.objective == pytest.approx(10.0 + 0.2 * 9.0 + 0.2 * 4.0 + 0.1 * 1.0)
    assert price(outcome) == pytest.approx([1.0, 5.0, 3.0])  # all; 9 - 4; 4 - 1


def test_an_inner_area_counts_for_the_whole() -> None:
    """Of 0.5 MW wanted anywhere 0.3 are wanted of a, which gives up 20 for each: 10 + 6."""
    nested = [
        {"id": "whole", "up_mw": 0.5},
        {"id": "inner", "up_mw": 0.3, "members": ["generator/a"], "counts_for": ["whole"]},
    ]
    outcome = solve(pair(reserves=nested))
    assert outcome.objective == pytest.approx(16.0)
    assert price(outcome) == pytest.approx([0.0, 20.0])


def test_ramps_reach_so_far_within_the_time_of_activation() -> None:
    """0.6 MW an hour are 0.1 MW in ten minutes, and no more."""
    slow = {"ramp_up_ratio_per_hour": 0.6, "ramp_down_ratio_per_hour": 0.3}
    members = ["generator/a"]
    assert optimum(pair(up_mw=0.1, members=members, activation_minutes=10, a=slow)) == pytest.approx(12.0)
    for too_much in ({"up_mw": 0.11}, {"down_mw": 0.06}):
        case = pair(members=members, activation_minutes=10, a=slow, **too_much)
        assert solve(case).termination.reason is Reason.INFEASIBLE
    assert optimum(pair(down_mw=0.05, members=members, activation_minutes=10, a=slow)) == pytest.approx(10.0)


def test_reserves_share_what_the_ramp_reaches_in_their_time() -> None:
    """In 5 minutes 0.05 MW, in 10 minutes 0.1 MW for both: of 0.08 MW slow and 0.05 fast 0.03 are missing."""
    slow = {"ramp_up_ratio_per_hour": 0.6}
    both = [
        {"id": "fast", "up_mw": 0.05, "activation_minutes": 5, "members": ["generator/a"]},
        {
            "id": "slow",
            "up_mw": 0.08,
            "activation_minutes": 10,
            "members": ["generator/a"],
            "missing_price_eur_per_mw_hour": 100.0,
        },
    ]
    outcome = solve(pair(reserves=both, a=slow))
    assert outcome.schedule_table.values("reserve_up_missing_mw")[:, 0] == pytest.approx([0.0, 0.03])
    assert price(outcome) == pytest.approx([100.0, 100.0])


def test_a_converter_gives_more_by_the_ramp_of_its_input_down() -> None:
    """It takes 0.5 MW; in ten minutes its input falls by 0.1 MW, and rises by 0.05 MW."""
    made = converter(
        id="c",
        input_bus="e",
        input_max_mw=1.0,
        input_min_mw=0.5,
        outputs=[{"bus": "h", "efficiency": 1.0}],
        ramp_up_ratio_per_hour=0.3,
        ramp_down_ratio_per_hour=0.6,
        cost_eur_per_mwh=0.0,
    )
    reserve = {
        "id": "r",
        "up_mw": 0.2,
        "down_mw": 0.2,
        "members": ["converter/c"],
        "activation_minutes": 10,
        "missing_price_eur_per_mw_hour": 1e3,
    }
    case = small_case(
        (60,),
        grid_connection=[grid(10.0)],
        demand=[load(0.7, "h")],
        converter=[made],
        reserve=[reserve],
    )
    outcome = solve(case)
    assert schedule(outcome, "reserve_up_mw") == pytest.approx([0.1])
    assert schedule(outcome, "reserve_down_mw") == pytest.approx([0.05])


POINTS = {"enablement_min_mw": 0.2, "low_break_mw": 0.4, "high_break_mw": 0.7, "enablement_max_mw": 0.9}


def test_a_trapezium_leaves_less_at_its_sides() -> None:
    """Of 0.4 MW at most, 0.3 at the upper side: the power is at most 0.9 - 0.3 * 0.2 / 0.4, and b gives the rest."""
    outcome = solve(pair(offer("generator/a", power_max_mw=0.4, **POINTS), up_mw=0.3, a={"power_max_mw": 2.0}))
    assert schedule(outcome, "generator_power_mw") == pytest.approx([0.75])
    assert outcome.objective == pytest.approx(7.5 + 7.5)
    assert price(outcome) == pytest.approx([0.5 * 20.0])
    low = solve(pair(offer("generator/b", power_max_mw=0.4, **POINTS), up_mw=0.3))
    assert low.schedule_table.values("generator_power_mw")[1, 0] == pytest.approx(0.2 + 0.3 * 0.2 / 0.4)


def test_regulation_takes_its_room_in_the_trapezia_of_others() -> None:
    """Beside 0.3 MW the upper side leaves 0.75; 0.1 MW of regulation up, 0.65."""
    two = [{"id": "r", "up_mw": 0.3}, {"id": "s", "up_mw": 0.1, "regulation": True}]
    offers = [offer("generator/a", power_max_mw=0.4, **POINTS), offer("generator/a", 0.0, "s")]
    outcome = solve(pair(*offers, reserves=two, a={"power_max_mw": 2.0}))
    assert schedule(outcome, "generator_power_mw") == pytest.approx([0.65])
    two[1] |= {"regulation": False}
    outcome = solve(pair(*offers, reserves=two, a={"power_max_mw": 2.0}))
    assert schedule(outcome, "generator_power_mw") == pytest.approx([0.75])


def test_a_plant_that_is_off_need_not_be_enabled() -> None:
    """It would start for 100; off, it keeps nothing, and 0.1 MW are missing at 1."""
    off = {"minimum_load_ratio": 0.3, "start_cost_eur": 100.0}
    case = pair(offer("generator/a", power_max_mw=0.4, **POINTS), up_mw=0.1, a=off, missing_price_eur_per_mw_hour=1.0)
    outcome = solve(case)
    assert schedule(outcome, "generator_on") == pytest.approx([0.0])
    assert outcome.objective == pytest.approx(30.1)


def test_a_battery_holds_energy_and_room_for_both_ways_at_once() -> None:
    """Half an hour up and down: of 1 MWh it holds 0.3 to 0.6 MWh, so that 0.6 MW up and 0.8 down are kept."""
    both = {"id": "r", "up_mw": 0.6, "down_mw": 0.8, "duration_hours": 0.5, "members": ["battery/b"]}
    case = small_case(
        (60,),
        grid_connection=[grid(-10.0)],
        demand=[load(1.0)],
        battery=[battery(energy_start_mwh=0.5)],
        reserve=[both],
    )
    outcome = solve(case)  # energy is given away: it takes what it may
    assert schedule(outcome, "battery_energy_mwh") == pytest.approx([0.6])
    assert price(outcome, "down") == pytest.approx([0.5 * 10.0])


@pytest.mark.parametrize("way", ["up", "down"])
def test_prices_are_what_one_more_megawatt_costs(way: str) -> None:
    """Half-hour steps, in which a MW is paid half of its price for an hour."""
    case = small_case(
        (30, 60),
        demand=[load([1.0, 1.4])],
        generator=[unit("a", 10.0), unit("b", 30.0)],
        battery=[battery(energy_start_mwh=0.5, discharge_efficiency=0.8)],
        reserve=[
            {"id": "r", "up_mw": [0.6, 0.5], "down_mw": 0.3, "duration_hours": 0.5},
            {"id": "s", "up_mw": 0.2, "down_mw": [0.1, 0.7], "members": ["generator/*"], "counts_for": ["r"]},
        ],
        reserve_offer=[
            offer("generator/a", 3.0, way="up"),
            offer("generator/b", 5.0, way="up"),
            offer("battery/b", [4.0, 1.0], way="up"),
            offer("generator/a", 2.0, way="down"),
            offer("battery/b", 6.0, way="down"),
            offer("generator/a", 3.0, "s"),
            offer("generator/b", 4.5, "s"),
            offer("generator/a", 1.0, "s", way="down"),
            offer("generator/b", 8.0, "s", way="down"),
        ],
    )
    found = solve(case).price_table.values(f"reserve_{way}_price_eur_per_mw_hour")
    assert (found > 0.1).sum() >= 2
    for row, reserve in enumerate(case.of(Reserve)):
        for step, hours in enumerate((0.5, 1.0)):
            least, most = (
                (optimum(_wanting(case, row, way, step, sign * 1e-4)) - optimum(case)) / (sign * 1e-4 * hours)
                for sign in (-1, 1)
            )
            assert least - 1e-4 <= found[row, step] <= most + 1e-4, (reserve.id, step)


def _wanting(case: Case, row: int, way: str, step: int, more: float) -> Case:
    """The same case with a little more wanted."""
    reserves = list(case.of(Reserve))
    wanted = np.array(getattr(reserves[row], f"{way}_mw") * np.ones(case.horizon.steps))
    wanted[step] += more
    reserves[row] = replace(reserves[row], **{f"{way}_mw": wanted})
    return replace(case, components={**case.components, "reserve": tuple(reserves)})


def test_a_generic_constraint_moves_power() -> None:
    """Unit b gives 0.3 at least: 7 + 9. The price of energy stays that of a."""
    held = [{"id": "x", "terms": [{"member": "generator/b"}], "least_mw": 0.3}]
    case = small_case((60,), demand=[load(1.0)], generator=[unit("a", 10.0), unit("b", 30.0)], generic_constraint=held)
    assert optimum(case) == pytest.approx(16.0)


def test_a_generic_constraint_may_be_broken_at_its_price() -> None:
    """2 * a - b at most 1 needs b to give 1/3, for 20 each; for 6 a MW one would rather be beyond by 1 MW."""
    terms = [{"member": "generator/a", "coefficient": 2.0}, {"member": "generator/b", "coefficient": -1.0}]
    for worth, objective in ((1e3, 10.0 + 20.0 / 3), (6.0, 16.0)):
        held = [{"id": "x", "terms": terms, "most_mw": 1.0, "violation_price_eur_per_mw_hour": worth}]
        case = small_case(
            (60,), demand=[load(1.0)], generator=[unit("a", 10.0), unit("b", 30.0)], generic_constraint=held
        )
        assert optimum(case) == pytest.approx(objective)


def test_a_generic_constraint_counts_loads_stores_and_reserve() -> None:
    """All generators of the site less the load: 0; and what b keeps for r at most 0.1, so that a keeps 0.4: 18."""
    case = small_case(
        (60,),
        buses=[{"id": "e", "site": "here"}],
        demand=[load(1.0)],
        generator=[unit("a", 10.0), unit("b", 30.0)],
        reserve=[{"id": "r", "up_mw": 0.5}],
        generic_constraint=[
            {"id": "sum", "terms": [{"member": "generator/*", "site": "here"}, {"member": "demand/*"}], "most_mw": 0.0},
            {"id": "kept", "terms": [{"member": "generator/b", "reserve": "r", "site": "here"}], "most_mw": 0.1},
        ],
    )
    assert optimum(case) == pytest.approx(18.0)


WRONG: dict[str, tuple[dict[str, Any], list[Record], str]] = {
    "a reserve that is not there": ({}, [offer("generator/a", 0.0, "q")], "named 'q'"),
    "a provider that is not there": ({}, [offer("generator/z")], "generator/z"),
    "a load that offers": ({}, [offer("demand/load_e")], "can provide no reserve"),
    "two offers for one thing": ({}, [offer("generator/a"), {**offer("generator/a"), "id": "again"}], "segments"),
    "an offer of somebody who is no member": ({"members": ["generator/b"]}, [offer("generator/a")], "no provider"),
    "segments that fall": (
        {},
        [
            offer(
                "generator/a",
                segments=[{"power_mw": 1, "price_eur_per_mw_hour": 3}, {"power_mw": 1, "price_eur_per_mw_hour": 2}],
            )
        ],
        "cheapest",
    ),
    "a break without an end": ({}, [offer("generator/a", low_break_mw=0.1, power_max_mw=1)], "enablement_min_mw"),
    "a break without a height": (
        {},
        [offer("generator/a", high_break_mw=0.1, enablement_max_mw=0.2)],
        "power_max_mw",
    ),
    "points out of order": (
        {},
        [offer("generator/a", enablement_min_mw=0.5, enablement_max_mw=0.2)],
        "at least enablement_min_mw",
    ),
    "symmetric and down": ({"symmetric": True, "down_mw": 0.1}, [], "up_mw alone"),
    "an offer down of a symmetric reserve": ({"symmetric": True}, [offer("generator/a", way="down")], "symmetric"),
    "counting for nobody": ({"counts_for": ["q"]}, [], "named 'q'"),
    "counting for oneself": ({"counts_for": ["r"]}, [], "leads back"),
    "a buyer that is not there": ({"buyer": "nobody"}, [], "nobody"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(name: str) -> None:
    reserve, offers, said = WRONG[name]
    with pytest.raises(InvalidInput) as error:
        solve(pair(*offers, up_mw=0.1, **reserve))
    assert said in str(error.value)


def test_ramps_of_fuel_do_not_say_how_fast_power_is() -> None:
    reserve = {"id": "r", "up_mw": 0.1, "activation_minutes": 5}
    with pytest.raises(InvalidInput, match="activation_minutes"):
        small_case((60,), chp=[chp(ramp_up_ratio_per_hour=0.5)], reserve=[reserve])


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ({"terms": [{"member": "generator/a"}]}, "neither"),
        ({"most_mw": 1.0}, "are missing"),
        ({"most_mw": 1.0, "terms": [{"member": "generator/z"}]}, "generator/z"),
        ({"most_mw": 1.0, "terms": [{"member": "reserve/r"}]}, "reserve/r"),
        ({"most_mw": 1.0, "terms": [{"member": "generator/a", "site": "x"}]}, "'x'"),
        ({"most_mw": 1.0, "terms": [{"member": "generator/a", "reserve": "q"}]}, "named 'q'"),
        ({"most_mw": 1.0, "least_mw": 2.0, "terms": [{"member": "generator/a"}]}, "above most_mw"),
    ],
)
def test_what_is_wrong_with_a_generic_constraint_is_said(constraint: Record, said: str) -> None:
    with pytest.raises(InvalidInput) as error:
        small_case(
            (60,),
            demand=[load(1.0)],
            generator=[unit("a", 10.0)],
            reserve=[{"id": "r", "up_mw": 0.0}],
            generic_constraint=[{"id": "x", **constraint}],
        )
    assert said in str(error.value)
