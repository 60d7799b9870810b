"""Converters of 1 MW from power to heat, beside a boiler that burns gas at 30; rules of units: see test_unit_rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, read_case, solve, write_case
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.delay import arriving
from c4e_opt.program import Program
from tests.unit.small_cases import boiler, converter, grid, load, meter, optimum, prices, schedule, small_case

HOURS = (60, 60, 60)
BUSES = ({"id": "e"}, {"id": "h", "carrier": "heat"}, {"id": "g", "carrier": "gas"}, {"id": "c", "carrier": "cooling"})


def site(price: Any, heat: Any = 0.9, minutes: tuple[int, ...] = HOURS, gas: Any = 30, **fields: Any) -> Case:
    return small_case(
        minutes,
        grid_connection=[grid(price, export_max_mw=100.0), meter(gas)],
        demand=[load(heat, "h")],
        boiler=[boiler()],
        converter=[converter(**{"outputs": [{"bus": "h", "efficiency": 0.9}], **fields})],
    )


def input_of(case: Case) -> Any:
    return pytest.approx(schedule(solve(case), "converter_input_mw"))


def test_an_electric_boiler_runs_while_power_is_cheaper_than_gas() -> None:
    """0.9 of heat cost 27 from gas; with 1 MWh of power it costs 20 + 2, 40 + 2, and 24 + 2."""
    case = site([20, 40, 24], cost_eur_per_mwh=2.0)
    assert input_of(case) == [1.0, 0.0, 1.0]
    assert optimum(case) == pytest.approx(22.0 + 27.0 + 26.0)
    assert solve(case).size["integers"] == 0


def test_an_absorption_chiller_makes_cold_from_heat() -> None:
    """0.7 of cold per heat; 0.35 MW of cold need 0.5 MW of heat, 15 an hour: cold costs 30 / 0.7."""
    chiller = converter(input_bus="h", outputs=[{"bus": "c", "efficiency": 0.7}])
    case = small_case(
        (60,),
        buses=BUSES,
        grid_connection=[meter(30)],
        demand=[load(0.35, "c")],
        boiler=[boiler()],
        converter=[chiller],
    )
    assert optimum(case) == pytest.approx(15.0)
    assert prices(solve(case), "c") == pytest.approx([30 / 0.7])


def test_a_converter_may_have_many_outputs_and_a_second_input() -> None:
    """A fuel cell: 1 MW of gas gives 0.5 of power and 0.3 of heat, and takes 0.1 of power for its pumps.

    At a power price of 100: gas for 30 gives 0.4 of power for 40 and heat for 9: it gains 19 a MWh.
    """
    outputs = [
        {"bus": "e", "efficiency": 0.5},
        {"bus": "h", "efficiency": 0.3},
        {"bus": "e", "efficiency": -0.1},
    ]
    grid_sells = grid(100, export_max_mw=100.0, export_price_eur_per_mwh=100)
    case = small_case(
        (60,),
        grid_connection=[grid_sells, meter(30)],
        demand=[load(0.9, "h")],
        boiler=[boiler()],
        converter=[converter(input_bus="g", outputs=outputs)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(27.0 - 19.0)
    port = outcome.flow_table.labels["port"].tolist()
    assert port[-4:] == ["converter/con@g", "converter/con@e", "converter/con@h", "converter/con@e"]
    assert outcome.flow_table.values("flow_mw")[-4:, 0].tolist() == pytest.approx([-1.0, 0.5, 0.3, -0.1])


def test_converters_with_different_numbers_of_outputs_stand_side_by_side() -> None:
    """A sink that is paid 50 a MWh, a heater, and a splitter of gas into heat and power."""
    case = small_case(
        (60,),
        grid_connection=[grid(10), meter(30)],
        demand=[load(1.5, "h")],
        boiler=[boiler()],
        converter=[
            converter(id="sink", outputs=[], cost_eur_per_mwh=-50.0),
            converter(id="heater"),
            converter(
                id="both", input_bus="g", outputs=[{"bus": "h", "efficiency": 0.5}, {"bus": "e", "efficiency": 0.4}]
            ),
        ],
    )
    outcome = solve(case)
    assert outcome.schedule_table.values("converter_input_mw")[:, 0].tolist() == pytest.approx([1.0, 1.0, 0.0])
    assert outcome.objective == pytest.approx(-50.0 + 10.0 + 10.0 + 15.0)


def test_an_efficiency_may_differ_from_step_to_step() -> None:
    """At 20 a MWh of power beats gas at 30 where more than two thirds of it arrive."""
    assert input_of(site(20, heat=2, outputs=[{"bus": "h", "efficiency": [0.5, 0.7, 1.0]}])) == [0.0, 1.0, 1.0]


def test_a_negative_input_runs_backwards() -> None:
    """0.5 MW of heat at most become power where power costs 90: half the efficiency backwards is not modelled."""
    case = site(90, heat=0.0, input_min_mw=-0.5, outputs=[{"bus": "h", "efficiency": 0.8}])
    sold = small_case(
        (60,),
        grid_connection=[grid(90), meter(30)],
        demand=[load(1.0)],
        boiler=[boiler()],
        converter=[converter(input_min_mw=-0.5, outputs=[{"bus": "h", "efficiency": 0.8}])],
    )
    assert optimum(sold) == pytest.approx(0.5 * 90 + 0.4 * 30)
    assert input_of(case) == [0.0, 0.0, 0.0]


def test_what_is_sent_arrives_later_and_past_the_horizon_it_is_lost() -> None:
    """An hour late: the cheap power of the first hour heats the second; that of the last would be lost."""
    case = site([20, 40, 20], outputs=[{"bus": "h", "efficiency": 0.9, "delay_hours": 1.0}])
    assert input_of(case) == [1.0, 0.0, 0.0]
    assert optimum(case) == pytest.approx(27.0 + 20.0 + 27.0)


def test_what_is_sent_past_a_cyclic_horizon_arrives_at_its_begin() -> None:
    case = site([20, 40, 20], outputs=[{"bus": "h", "efficiency": 0.9, "delay_hours": 1.0, "cyclic": True}])
    assert input_of(case) == [1.0, 0.0, 1.0]
    assert optimum(case) == pytest.approx(20.0 + 20.0 + 27.0)


def test_a_cyclic_delay_of_whole_rounds_is_no_delay() -> None:
    case = site([20, 40, 20], outputs=[{"bus": "h", "efficiency": 0.9, "delay_hours": 6.0, "cyclic": True}])
    assert input_of(case) == [1.0, 0.0, 1.0]


def test_outputs_arrive_at_different_times() -> None:
    """Power is worth 100 at once; its heat is worth 30 only in the hour after."""
    outputs = [{"bus": "e", "efficiency": 0.4}, {"bus": "h", "efficiency": 0.5, "delay_hours": 1.0}]
    plant = converter(input_bus="g", outputs=outputs)
    case = small_case(
        (60, 60),
        grid_connection=[grid([60, 100]), meter(30)],
        demand=[load(0.4), load([0.0, 0.5], "h")],
        boiler=[boiler()],
        converter=[plant],
    )
    outcome = solve(case)
    assert schedule(outcome, "converter_input_mw") == pytest.approx([1.0, 1.0])
    assert outcome.objective == pytest.approx(60.0)


def test_a_delay_shorter_than_a_step_spreads_over_two() -> None:
    """Sent at 0.9 in steps of 60, 30, 60 min and 15 min late: the first step has 45 of its minutes of it."""
    horizon = Horizon(0, np.array([3600, 1800, 3600]))
    program = Program()
    sent = program.variable("sent_mw", (Axis("output", ["a", "b"]), horizon.axis), doc="sent")
    late = arriving(sent, [0.25, 0.25], [False, True], horizon)
    power = np.array([1.0, 10.0, 100.0, 1.0, 10.0, 100.0])
    assert late.value(power) == pytest.approx(
        np.array(
            [
                [45 / 60 * 1, (15 * 1 + 15 * 10) / 30, (15 * 10 + 45 * 100) / 60],
                [(45 * 1 + 15 * 100) / 60, (15 * 1 + 15 * 10) / 30, (15 * 10 + 45 * 100) / 60],
            ]
        )
    )
    once_more = arriving(sent, [10.0, 2.75], [False, True], horizon)
    assert once_more.value(power)[0] == pytest.approx([0.0, 0.0, 0.0])
    assert once_more.value(power)[1] == pytest.approx(late.value(power)[1])
    assert arriving(sent, [0.0, 0.0], [False, False], horizon) is sent


SEGMENTS = [{"input_mw": 0.5, "efficiency": 0.4}, {"input_mw": 0.5, "efficiency": 1.4}]


@pytest.mark.parametrize(
    ("heat", "given", "cost"), [(0.2, 0.0, 6.0), (0.4, 0.0, 12.0), (0.55, 0.75, 15.0), (0.9, 1.0, 20.0)]
)
def test_an_efficiency_may_depend_on_the_load(heat: float, given: float, cost: float) -> None:
    """0.5 MW give 0.2 of heat, each MW more 1.4: 0.2 of heat cost 10 so and 6 from gas, 0.55 cost 15 and 16.5."""
    case = site(20, heat=heat, minutes=(60,), outputs=[{"bus": "h", "segments": SEGMENTS}])
    assert input_of(case) == [given]
    assert optimum(case) == pytest.approx(cost)


def test_the_best_segments_are_not_used_first_where_the_output_is_a_burden() -> None:
    """It is paid 50 a MWh to run and must sell its heat at a loss of 30: 1 MW gives 0.9, whatever the order."""
    falling = SEGMENTS[::-1]
    sink = grid(0, id="sink", bus="h", import_max_mw=0.0, export_max_mw=9.0, export_price_eur_per_mwh=-30.0)
    plant = converter(outputs=[{"bus": "h", "segments": falling}], cost_eur_per_mwh=-50.0, input_fixed_mw=0.5)
    case = small_case((60,), grid_connection=[grid(0), sink], demand=[load(0.0, "h")], converter=[plant])
    assert optimum(case) == pytest.approx(-25.0 + 0.7 * 30.0)


@pytest.mark.parametrize("heat", [0.2, 0.9])
@pytest.mark.parametrize("segments", [SEGMENTS, SEGMENTS[::-1]])
def test_an_answer_at_the_end_of_a_segment_has_its_certificate(heat: float, segments: list[dict[str, float]]) -> None:
    """Nothing else heats; at the end of a segment the price of heat may be that of the one or of the other."""
    case = small_case(
        (60,),
        grid_connection=[grid(20)],
        demand=[load(heat if segments is SEGMENTS or heat > 0.5 else 0.7, "h")],
        converter=[converter(outputs=[{"bus": "h", "segments": segments}])],
    )
    assert optimum(case) == pytest.approx(10.0 if heat < 0.5 else 20.0)


def test_outputs_with_and_without_segments_stand_side_by_side() -> None:
    """0.75 MW give 0.2 + 0.35 of heat and 0.3 of power back; the other converter gives 0.45 of its 0.5."""
    outputs = [{"bus": "e", "efficiency": 0.4}, {"bus": "h", "segments": SEGMENTS}]
    case = small_case(
        (60,),
        grid_connection=[grid(20)],
        demand=[load(1.0), load(1.0, "h")],
        converter=[
            converter(id="plain", outputs=[{"bus": "h", "efficiency": 0.9}], input_fixed_mw=0.5),
            converter(id="curved", outputs=outputs),
        ],
    )
    outcome = solve(case)
    assert outcome.schedule_table.values("converter_input_mw")[:, 0].tolist() == pytest.approx([0.5, 0.75])
    assert outcome.objective == pytest.approx(20 * (1.0 + 0.5 + 0.75 - 0.3))


def test_a_converter_keeps_the_rules_of_units() -> None:
    """It runs at 0.5 or more; 0.2 MW of heat do not fit, and a start of 12 does not pay for one hour's gain of 7."""
    assert input_of(site(20, heat=[0.9, 0.2, 0.9], minimum_load_ratio=0.5)) == [1.0, 0.0, 1.0]
    assert input_of(site(20, heat=[0.9, 0.0, 0.9], minimum_load_ratio=0.5, start_cost_eur=12.0)) == [0.0, 0.0, 0.0]


def test_a_capacity_of_a_converter_is_chosen() -> None:
    """A MW of input saves 7 an hour, 21 in all: at 15 it is built for 0.9 of heat, at 25 it is not."""
    for cost, size in ((15.0, 1.0), (25.0, 0.0)):
        outcome = solve(site(20, input_max_mw=None, capacity_cost_eur_per_mw=cost))
        assert outcome.schedule_table.values("converter_capacity_mw").tolist() == pytest.approx([size])


def test_a_converter_keeps_a_schedule_and_limits_of_energy() -> None:
    assert input_of(site(20, input_fixed_mw=[0.2, 0.0, 0.5])) == [0.2, 0.0, 0.5]
    assert input_of(site([20, 10, 15], energy_max_mwh=1.5)) == [0.0, 1.0, 0.5]


def test_a_case_with_converters_is_written_and_read_again(tmp_path: Any) -> None:
    outputs = [{"bus": "h", "efficiency": [0.5, 0.7, 1.0], "delay_hours": 1.5, "cyclic": True}]
    case = site(20, outputs=outputs, ramp_up_ratio_per_hour=0.5)
    assert read_case(write_case(case, tmp_path)) == case
    assert site(20) != case


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"input_max_mw": None}, "input_max_mw", "is missing"),
        ({"outputs": [{"bus": "x", "efficiency": 1.0}]}, "outputs[0].bus", "x"),
        ({"outputs": [{"bus": "h", "efficiency": 1.0, "cyclic": True}]}, "outputs[0].cyclic", "without a delay"),
        ({"outputs": [{"bus": "h", "efficiency": 1.0, "delay_hours": -1.0}]}, "outputs[0].delay_hours", "at least 0"),
        ({"outputs": [{"bus": "h", "efficiency": [1.0, 1.0]}]}, "outputs[0].efficiency", "3 steps"),
        ({"outputs": [{"bus": "h"}]}, "outputs[0].efficiency", "is missing"),
        (
            {"outputs": [{"bus": "h", "efficiency": 1.0, "segments": SEGMENTS}]},
            "outputs[0].efficiency",
            "beside segments",
        ),
        ({"outputs": [{"bus": "h", "segments": SEGMENTS[:1]}]}, "outputs[0].segments", "reach up to 0.5 MW"),
        (
            {"outputs": [{"bus": "h", "segments": SEGMENTS}], "input_min_mw": -0.5},
            "outputs[0].segments",
            "may be negative",
        ),
        (
            {
                "outputs": [{"bus": "h", "segments": SEGMENTS}],
                "input_max_mw": None,
                "capacity_cost_eur_per_mw": 1.0,
            },
            "outputs[0].segments",
            "capacity is chosen",
        ),
        ({"input_min_mw": 1.5}, "input_min_mw[0]", "is 1.5 MW"),
    ],
)
def test_what_cannot_be_is_told(fields: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        site(20, **fields)
    assert [(issue.path, words in issue.message) for issue in refused.value.issues] == [
        (f"components.converter[0].{path}", True)
    ]


def test_the_cost_of_the_input_may_rise_or_fall_from_segment_to_segment() -> None:
    """0.9 of heat from gas cost 27; power is free. Half a MW at 10 costs 5, the rest at 50 another 25."""
    rising = [{"input_mw": 0.5, "cost_eur_per_mwh": 10.0}, {"input_mw": 0.5, "cost_eur_per_mwh": 50.0}]
    case = site(0.0, cost_segments=rising)
    assert input_of(case) == [0.5, 0.5, 0.5]
    assert optimum(case) == pytest.approx(3 * (5.0 + 13.5))
    assert solve(case).size["integers"] == 0
    falling = site(0.0, cost_segments=[{**rising[0], "cost_eur_per_mwh": 50.0}, {**rising[1], "cost_eur_per_mwh": 0.0}])
    assert input_of(falling) == [1.0, 1.0, 1.0]
    assert optimum(falling) == pytest.approx(3 * 25.0)


def test_segments_of_cost_reach_the_largest_input() -> None:
    with pytest.raises(InvalidInput, match="reach the largest input"):
        site(0.0, cost_segments=[{"input_mw": 0.5, "cost_eur_per_mwh": 10.0}])
