"""Lines under a linear power flow, solved by hand, in both formulations.

A line of reactance 0.1 carries 1000 MW per radian at a base of 100 MVA.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from c4e_opt import solve
from c4e_opt.formulate import formulate
from tests.unit.small_grids import flows, grid_case, limits, line, plant, prices, told

CHEAP, DEAR = plant("a", 10.0), plant("b", 50.0)
#: Three buses, each joined to both others.
TRIANGLE = [line("ab", "a", "b"), line("bc", "b", "c"), line("ac", "a", "c")]

both = pytest.mark.parametrize("form", ["lazy", "angles"])


def changed(lines: list[dict[str, Any]], **fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Some lines with more to say, by their ids."""
    return [{**each, **fields.get(each["id"], {})} for each in lines]


@both
def test_parallel_lines_share_by_their_susceptance(form: str) -> None:
    """1000 and 500 MW per radian: two thirds and one third. 30 MW on the first are 45 MW in all.

    Cost 45 * 10 + 45 * 50. One more MW of limit moves 1.5 MW from 50 to 10: 60.
    """
    case = grid_case(
        [line("l1", "a", "b", 30.0), line("l2", "a", "b", reactance=0.2)], [CHEAP, DEAR], {"b": 90.0},
        policy={"dc_formulation": form},
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(2700)
    assert flows(outcome) == {"l1": [30.0], "l2": [15.0]}
    assert prices(outcome) == {"a": [10.0], "b": [50.0]}
    assert limits(outcome) == {"line_flow_limit line/l1 <": 60.0}


@both
def test_congestion_gives_every_bus_a_price_of_its_own(form: str) -> None:
    """Flow on ac is 2/3 of what a gives and 1/3 of what b gives; 90 MW at c, 50 MW through ac: 60 MW from a, 30 from b.

    One more MW at c wants 2 MW more from b and 1 MW less from a: 2 * 50 - 10 = 90. One more MW of limit moves 3 MW from
    b to a: 3 * 40 = 120.
    """
    case = grid_case(
        changed(TRIANGLE, ac={"limit_mw": 50.0}), [CHEAP, DEAR], {"c": 90.0}, policy={"dc_formulation": form}
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(60 * 10 + 30 * 50)
    assert flows(outcome) == {"ab": [10.0], "bc": [40.0], "ac": [50.0]}
    assert prices(outcome) == {"a": [10.0], "b": [50.0], "c": [90.0]}
    assert limits(outcome) == {"line_flow_limit line/ac <": 120.0}
    parts = {name: outcome.price_table.values(f"{name}_eur_per_mwh")[:, 0] for name in ("energy", "congestion")}
    assert parts["energy"] == pytest.approx([10, 10, 10])  # of bus a, the first
    assert parts["congestion"] == pytest.approx([0, 40, 80])


@both
def test_the_slack_bus_decides_what_is_energy_and_what_congestion(form: str) -> None:
    """The case above with b as the reference; nothing else changes."""
    case = grid_case(
        changed(TRIANGLE, ac={"limit_mw": 50.0}), [CHEAP, DEAR], {"c": 90.0},
        buses=[{"id": "a"}, {"id": "b", "slack": True}, {"id": "c"}], policy={"dc_formulation": form},
    )  # fmt: skip
    outcome = solve(case)
    assert prices(outcome) == {"a": [10.0], "b": [50.0], "c": [90.0]}
    assert outcome.price_table.values("congestion_eur_per_mwh")[:, 0] == pytest.approx([-40, 0, 40])
    assert told(outcome, "line_angle_rad") == [[0.01], [0.0], [-0.04]]


@both
@pytest.mark.parametrize("reverse", [False, True])
def test_a_limit_holds_either_way(form: str, reverse: bool) -> None:
    """The same line written from b to a carries -30 MW."""
    ends = ("b", "a") if reverse else ("a", "b")
    case = grid_case([line("l", *ends, 30.0)], [CHEAP, DEAR], {"b": 90.0}, policy={"dc_formulation": form})
    outcome = solve(case)
    assert flows(outcome) == {"l": [-30.0 if reverse else 30.0]}
    assert limits(outcome) == {f"line_flow_limit line/l {'>' if reverse else '<'}": 40.0}


@both
def test_a_phase_shift_pushes_power_to_the_line_beside_it(form: str) -> None:
    """1 degree is 0.01745 rad: half of 17.453 MW moves from the first line to the second: (P + 17.453) / 2 <= 50."""
    case = grid_case(
        [line("l1", "a", "b", phase_shift_deg=1.0), line("l2", "a", "b", 50.0)], [CHEAP, DEAR], {"b": 90.0},
        policy={"dc_formulation": form},
    )  # fmt: skip
    pushed = 1000 * math.radians(1)
    outcome = solve(case)
    assert flows(outcome)["l1"] == pytest.approx([50 - pushed], abs=1e-6)
    assert outcome.objective == pytest.approx((100 - pushed) * 10 + (pushed - 10) * 50)


@both
def test_a_tap_divides_the_susceptance(form: str) -> None:
    """1000 / 0.5 and 1000 MW per radian: two to one."""
    lines = [line("l1", "a", "b", tap_ratio=0.5), line("l2", "a", "b")]
    outcome = solve(grid_case(lines, [CHEAP], {"b": 90.0}, policy={"dc_formulation": form}))
    assert flows(outcome) == {"l1": [60.0], "l2": [30.0]}


@both
def test_dcp_knows_resistance_and_neither_taps_nor_shifts(form: str) -> None:
    """0.1 / (0.1^2 + 0.1^2) = 5, times 100 MVA: 500 MW per radian beside 1000."""
    lines = [line("l1", "a", "b", resistance_pu=0.1, tap_ratio=0.5, phase_shift_deg=3.0), line("l2", "a", "b")]
    outcome = solve(grid_case(lines, [CHEAP], {"b": 90.0}, policy={"dc_formulation": form, "network": "dcp"}))
    assert flows(outcome) == {"l1": [30.0], "l2": [60.0]}


@both
def test_susceptances_grow_with_the_base(form: str) -> None:
    """At a base of 10 MVA, 0.1 is 100 MW per radian: 20 MW are 0.2 rad."""
    case = grid_case([line("l", "a", "b")], [CHEAP], {"b": 20.0}, policy={"dc_formulation": form, "base_mva": 10.0})
    assert told(solve(case), "line_angle_rad") == [[0.0], [-0.2]]


@both
@pytest.mark.parametrize(
    "fields",
    [
        {"angle_max_deg": 2.0},
        {"angle_max_deg": 2.0, "angle_min_deg": -9.0},
        {"from_bus": "b", "to_bus": "a", "angle_min_deg": -2.0},
        {"angle_min_deg": -2.0, "reactance_pu": -0.1},
        {"angle_max_deg": 2.0 + math.degrees(0.005), "phase_shift_deg": math.degrees(0.005)},
    ],
)
def test_the_difference_of_angles_limits_flow(form: str, fields: dict[str, Any]) -> None:
    """2 degrees are 34.907 MW at 1000 MW per radian, whichever way the line is written."""
    case = grid_case([line("l", "a", "b") | fields], [CHEAP, DEAR], {"b": 90.0}, policy={"dc_formulation": form})
    outcome = solve(case)
    assert abs(flows(outcome)["l"][0]) == pytest.approx(1000 * math.radians(2))
    assert prices(outcome) == {"a": [10.0], "b": [50.0]}
    assert list(limits(outcome).values()) == [40.0]
    assert next(iter(limits(outcome))).startswith("line_angle_limit")


@both
def test_flow_beyond_a_soft_limit_costs_its_price(form: str) -> None:
    """Bus b needs 90 MW: 60 through ab, 30 around. 50 MW beyond the limit cost 5 each, less than 40.

    One more MW at b sends 2/3 MW through ab: 10 + 2/3 * 5; at c 1/3 MW: 10 + 1/3 * 5.
    """
    lines = changed(TRIANGLE, ab={"limit_mw": 10.0, "overload_price_eur_per_mwh": 5.0})
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"b": 90.0}, policy={"dc_formulation": form}))
    assert outcome.objective == pytest.approx(90 * 10 + 50 * 5)
    assert outcome.terms["overload"] == pytest.approx(250)
    assert told(outcome, "line_overload_mw") == [[50.0], [0.0], [0.0]]
    assert prices(outcome) == {"a": [10.0], "b": [13.333333], "c": [11.666667]}
    assert limits(outcome) == {"line_flow_limit line/ab <": 5.0}


@both
def test_a_soft_limit_holds_where_breaking_it_costs_more(form: str) -> None:
    """One MW of limit lets 1.5 MW from a replace 1.5 MW from b: 1.5 * 40 = 60, less than 61."""
    lines = changed(TRIANGLE, ab={"limit_mw": 10.0, "overload_price_eur_per_mwh": 61.0})
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"b": 90.0}, policy={"dc_formulation": form}))
    assert outcome.terms["overload"] == pytest.approx(0)
    assert flows(outcome)["ab"] == [10.0]
    assert limits(outcome) == {"line_flow_limit line/ab <": 60.0}


@both
def test_a_line_out_of_service_carries_nothing(form: str) -> None:
    """Else it would take half, and its limit of 5 MW would bind."""
    lines = [line("l1", "a", "b", 50.0), line("l2", "a", "b", 5.0, in_service=False)]
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"b": 90.0}, policy={"dc_formulation": form}))
    assert flows(outcome) == {"l1": [50.0], "l2": [0.0]}


@both
def test_buses_without_a_line_in_service_are_on_their_own(form: str) -> None:
    lines = [line("l1", "a", "b", in_service=False)]
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"a": 20.0, "b": 90.0}, policy={"dc_formulation": form}))
    assert outcome.objective == pytest.approx(20 * 10 + 90 * 50)
    assert prices(outcome) == {"a": [10.0], "b": [50.0]}


@both
def test_two_islands_have_a_reference_and_a_price_of_energy_each(form: str) -> None:
    """a-b and c-d; each has a limit that binds."""
    case = grid_case(
        [line("l1", "a", "b", 50.0), line("l2", "c", "d", 20.0)],
        [CHEAP, DEAR, plant("c", 7.0), plant("d", 30.0)], {"b": 90.0, "d": 40.0}, policy={"dc_formulation": form},
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(50 * 10 + 40 * 50 + 20 * 7 + 20 * 30)
    assert outcome.price_table.values("energy_eur_per_mwh")[:, 0] == pytest.approx([10, 10, 7, 7])
    assert limits(outcome) == {"line_flow_limit line/l1 <": 40.0, "line_flow_limit line/l2 <": 23.0}


@both
def test_a_tie_joins_islands_and_keeps_its_own_laws(form: str) -> None:
    """5 MW go over the tie from b to c; d pays 100 for what it lacks."""
    case = grid_case(
        [line("l1", "a", "b", 50.0), line("l2", "c", "d", 20.0)], [CHEAP, plant("d", 100.0)], {"b": 40.0, "d": 40.0},
        tie=[{"id": "t", "from_bus": "b", "to_bus": "c", "forward_max_mw": 5.0, "backward_max_mw": 5.0}],
        policy={"dc_formulation": form},
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(45 * 10 + 35 * 100)
    assert flows(outcome) == {"l1": [45.0], "l2": [5.0]}
    assert prices(outcome) == {"a": [10.0], "b": [10.0], "c": [100.0], "d": [100.0]}


@both
def test_limits_may_differ_from_step_to_step_of_any_length_and_weight(form: str) -> None:
    """50, 20 and 0 MW of limit in 15, 60 and 120 minutes that count twice, once, three times.

    (50 * 10 + 40 * 50) / 4 * 2 + (20 * 10 + 60 * 50) + (70 * 50) * 2 * 3, and 1 MW at a for 10 in 7.5 hours.
    """
    case = grid_case(
        [line("l", "a", "b", [50.0, 20.0, 0.0])], [CHEAP, DEAR], {"a": 1.0, "b": [90.0, 80.0, 70.0]},
        minutes=(15, 60, 120), weights=(2, 1, 3), policy={"dc_formulation": form},
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(1250 + 3200 + 21000 + 75)
    assert prices(outcome) == {"a": [10.0] * 3, "b": [50.0] * 3}
    assert outcome.limit_table.values("shadow_price_eur_per_mwh") == pytest.approx([40, 40, 40])
    assert sorted(outcome.limit_table.values("limit_step")) == [0, 1, 2]


@both
def test_a_battery_behind_a_line_charges_while_there_is_room(form: str) -> None:
    """Second step: 20 MW of 50 are used. The battery would discharge at once and be charged later: it is empty.

    With 10 MWh at the end at least, it charges 10 MW in the second step, through the line: 10 * 10.
    """
    case = grid_case(
        [line("l", "a", "b", 50.0)], [CHEAP, DEAR], {"b": [90.0, 20.0]}, minutes=(60, 60),
        battery=[{"id": "x", "bus": "b", "charge_max_mw": 30, "discharge_max_mw": 30, "energy_max_mwh": 30,
                  "energy_start_mwh": 0, "energy_end_mwh": 10, "charge_efficiency": 1, "discharge_efficiency": 1}],
        policy={"dc_formulation": form},
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(50 * 10 + 40 * 50 + 30 * 10)
    assert flows(outcome) == {"l": [50.0, 30.0]}


@both
def test_prices_may_be_negative_behind_a_limit(form: str) -> None:
    """80 MW must leave a at -10, or are curtailed at 0: 50 go to b."""
    case = grid_case(
        [line("l", "a", "b", 50.0)], [plant("a", -10.0, 80.0), DEAR], {"b": 90.0}, policy={"dc_formulation": form}
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(50 * -10 + 40 * 50)
    assert prices(outcome) == {"a": [-10.0], "b": [50.0]}
    assert limits(outcome) == {"line_flow_limit line/l <": 60.0}


@both
def test_a_grid_without_demand_carries_nothing(form: str) -> None:
    outcome = solve(grid_case([line("l", "a", "b", 50.0)], [CHEAP], {"b": 0.0}, policy={"dc_formulation": form}))
    assert (outcome.objective, flows(outcome)) == (0.0, {"l": [0.0]})


@both
@pytest.mark.parametrize("available", [40.0, 60.0])
def test_a_grid_in_which_nothing_can_be_chosen_is_feasible_or_not(form: str, available: float) -> None:
    """A windmill that nobody may curtail feeds b; the line carries 50 MW."""
    case = grid_case(
        [line("l", "a", "b", 50.0)], [], {"b": available}, policy={"dc_formulation": form},
        renewable=[{"id": "w", "bus": "a", "available_mw": available, "curtailable": False}],
    )  # fmt: skip
    assert str(solve(case).termination.reason) == ("OPTIMAL" if available < 50 else "INFEASIBLE")


@both
def test_orders_meet_across_a_line(form: str) -> None:
    """90 MWh bought at b: 50 from a at 10, 40 at b at 50, of 90 willing."""
    case = grid_case(
        [line("l", "a", "b", 50.0)], [], {}, policy={"dc_formulation": form},
        orders={"id": ["s1", "s2", "b1"], "party": ["p", "p", "q"], "bus": ["a", "b", "b"], "step": [0, 0, 0],
                "side": ["sell", "sell", "buy"], "price_eur_per_mwh": [10, 50, 90], "energy_mwh": [100, 100, 90]},
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.welfare == pytest.approx(90 * 90 - 50 * 10 - 40 * 50)
    assert prices(outcome) == {"a": [10.0], "b": [50.0]}


@both
def test_buses_of_other_carriers_balance_on_their_own(form: str) -> None:
    """A boiler at h takes gas at 30 with an efficiency of a half: 60 per MWh of heat, whatever the lines do."""
    case = grid_case(
        [line("l", "a", "b", 50.0)], [CHEAP, DEAR], {"b": 90.0, "h": 5.0},
        buses=[{"id": "g", "carrier": "gas"}, {"id": "a"}, {"id": "h", "carrier": "heat"}],
        boiler=[{"id": "o", "heat_bus": "h", "fuel_bus": "g", "heat_max_mw": 10, "efficiency": 0.5}],
        grid_connection=[{"id": "m", "bus": "g", "import_max_mw": 90, "import_price_eur_per_mwh": 30}],
        policy={"dc_formulation": form},
    )  # fmt: skip
    outcome = solve(case)
    assert outcome.objective == pytest.approx(2500 + 300)
    assert prices(outcome) == {"a": [10.0], "b": [50.0], "g": [30.0], "h": [60.0]}


def test_a_case_without_lines_is_the_same_programme_in_every_linear_model() -> None:
    """The default is dc: it must cost nothing where there are no lines."""
    case = grid_case([], [plant("a", 10.0)], {"a": [20.0, 30.0]}, minutes=(60, 60))
    first = formulate(replace(case, policy=replace(case.policy, network="transport"))).program.matrices()
    for network, form in product(("dc", "dcp"), ("lazy", "angles")):
        other = formulate(replace(case, policy=replace(case.policy, network=network, dc_formulation=form)))
        matrices = other.program.matrices()
        assert [b.name for b in matrices.row_blocks] == [b.name for b in first.row_blocks]
        for array in ("cost", "row_start", "row_index", "row_value", "row_lower", "row_upper", "column_upper"):
            assert np.array_equal(getattr(matrices, array), getattr(first, array))


@both
@pytest.mark.parametrize("network", ["dc", "dcp"])
def test_the_order_of_lines_changes_neither_objective_nor_prices(form: str, network: str) -> None:
    policy = {"dc_formulation": form, "network": network}
    lines = changed(TRIANGLE, ac={"limit_mw": 50.0}, ab={"limit_mw": 30.0, "overload_price_eur_per_mwh": 3.0})
    outcomes = [solve(grid_case(each, [CHEAP, DEAR], {"c": 90.0}, policy=policy)) for each in (lines, lines[::-1])]
    assert outcomes[0].objective == pytest.approx(outcomes[1].objective, rel=1e-12)
    assert prices(outcomes[0]) == prices(outcomes[1])
    assert {*limits(outcomes[0]).items()} == {*limits(outcomes[1]).items()}


def test_transport_knows_limits_only() -> None:
    """30 + 50 MW arrive at c by whatever way: 80 at 10, 10 at 50."""
    lines = changed(TRIANGLE, ab={"limit_mw": 90.0}, bc={"limit_mw": 30.0}, ac={"limit_mw": 50.0})
    outcome = solve(grid_case(lines, [CHEAP, plant("c", 50.0)], {"c": 90.0}, policy={"network": "transport"}))
    assert outcome.objective == pytest.approx(80 * 10 + 10 * 50)
    assert (flows(outcome)["bc"], flows(outcome)["ac"]) == ([30.0], [50.0])
    assert prices(outcome) == {"a": [10.0], "b": [10.0], "c": [50.0]}


def test_transport_may_exceed_a_soft_limit() -> None:
    """30 MW free, 60 MW at 5 more."""
    lines = [line("l", "a", "b", 30.0, overload_price_eur_per_mwh=5.0)]
    outcome = solve(grid_case(lines, [CHEAP, DEAR], {"b": 90.0}, policy={"network": "transport"}))
    assert outcome.objective == pytest.approx(90 * 10 + 60 * 5)
    assert prices(outcome) == {"a": [10.0], "b": [15.0]}
    assert limits(outcome) == {"line_flow_limit line/l <": 5.0}


def test_lines_may_have_no_impedance_in_transport() -> None:
    outcome = solve(
        grid_case(
            [line("l", "a", "b", 30.0, reactance=0.0, resistance_pu=0.1)], [CHEAP, DEAR], {"b": 90.0},
            policy={"network": "transport"},
        )
    )  # fmt: skip
    assert flows(outcome) == {"l": [30.0]}
