"""Violations planted into answers of the models with voltage; see `test_planted_violations`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, solve
from c4e_opt.verify import verify
from tests.unit.feeders import feeder, load, var, wire
from tests.unit.small_grids import grid_case, plant
from tests.verify.test_planted_violations import Plant, law, number, up

SUN = {"id": "sun", "bus": "2", "available_mw": [0.3, 0.9], "cost_eur_per_mwh": 0.0}
CORNERS = [
    {"power_mw": 0.0, "reactive_min_mvar": -0.5, "reactive_max_mvar": 0.5},
    {"power_mw": 1.0, "reactive_min_mvar": -0.25, "reactive_max_mvar": 0.25},
]


@cache
def solved(network: str) -> tuple[Case, Outcome]:
    """A feeder of two wires with everything that a law is about."""
    records: dict[str, list[dict[str, Any]]] = {
        "line": [
            wire(limit_mw=0.55, angle_max_deg=40.0, susceptance_pu=0.05, conductance_pu=0.01),
            wire("1", "2", limit_mw=0.9, tap_ratio=1.0),
        ],
        "demand": [load(power=[0.2, 0.1])],
        "renewable": [SUN, {**SUN, "id": "roof", "bus": "1", "available_mw": 0.2}],
        "shunt": [{"id": "s", "bus": "1", "conductance_mw": 0.02, "susceptance_mvar": 0.03}],
        "reactive": [
            {"id": "tied", "member": "demand/d1", "ratio": 0.3},
            {"id": "inverter", "member": "renewable/sun", "apparent_max_mva": 0.8, "reactive_min_mvar": -0.3,
             "reactive_max_mvar": 0.3},
            {"id": "curve", "member": "renewable/roof", "capability": CORNERS},
            var("2", -0.05),
        ],
    }  # fmt: skip
    if network == "taps":
        buses = [{"id": "0", "slack": True}, {"id": "1"}, {"id": "2"}]
        taps = {"tap_min_ratio": 0.95, "tap_max_ratio": 1.05, "tap_positions": 3}
        bank = [{"id": "c", "bus": "1", "susceptance_mvar": 0.1, "steps": 2}]
        case = feeder(steps=2, buses=buses, line=[wire(**taps), wire("1", "2")], demand=[load(power=0.4)], shunt=bank)
    else:
        case = feeder(network, steps=2, **records)
    return case, solve(case)


#: Model, what is planted, and a law that must break.
PLANTED: Mapping[str, tuple[str, Plant, str]] = {
    "a voltage beyond its band": ("lindistflow", number("line_voltage_pu", (1, 0), up(0.3)), "line_voltage_band"),
    "a slack that does not hold its voltage": (
        "socp",
        number("line_voltage_pu", (0, 0), up(0.01)),
        "line_voltage_band",
    ),
    "a voltage that does not follow from the flow": (
        "lindistflow",
        number("line_voltage_pu", (2, 1), up(-0.001)),
        "line_voltage_drop",
    ),
    "another resistance": ("socp", law("line", 0, resistance_pu=0.11), "line_voltage_drop"),
    "a current too small for the power": ("socp", number("line_current_pu", (0, 1), up(-0.05)), "line_current"),
    "a loss that the current does not make": ("socp", number("line_loss_mw", (1, 1), up(0.01)), "line_loss"),
    "a loss that the shunt of a line does not make": (
        "lindistflow",
        number("line_loss_mw", (0, 1), up(0.01)),
        "line_loss",
    ),
    "a loss that the voltages do not make": ("soc", number("line_loss_mw", (0, 1), up(0.01)), "line_loss"),
    "voltages too low for their product": ("soc", number("line_voltage_pu", (1, 0), up(-0.02)), "line_product"),
    "reactive power from nowhere": (
        "socp",
        number("reactive_power_mvar", (3, 0), up(0.01)),
        "line_reactive_balance",
    ),
    "another shunt": ("lindistflow", law("shunt", 0, susceptance_mvar=0.2), "line_reactive_balance"),
    "a shunt that takes more": ("socp", law("shunt", 0, conductance_mw=0.03), "shunt_flow"),
    "reactive power beyond its limit": (
        "socp",
        law("reactive", 3, reactive_min_mvar=np.array(-0.04)),
        "reactive_limit",
    ),
    "reactive power in another proportion": ("socp", law("reactive", 0, ratio=0.4), "reactive_limit"),
    "an inverter that is too small": ("lindistflow", law("reactive", 1, apparent_max_mva=0.3), "reactive_apparent"),
    "apparent power beyond the limit": (
        "socp",
        law("line", 0, limit_mw=np.array(0.3)),
        "line_apparent_limit",
    ),
    "an angle beyond its limit": ("soc", law("line", 0, angle_max_deg=-10.0), "line_angle_limit"),
    "an angle beyond its limit on a feeder": ("lindistflow", law("line", 0, angle_max_deg=-10.0), "line_angle_limit"),
    "a tap between two positions": ("taps", number("line_tap_ratio", (0, 0), up(0.01)), "line_tap_ratio"),
    "half a step of a bank": ("taps", number("shunt_switched", (0, 0), up(0.5)), "integral"),
    "more steps than a bank has": ("taps", number("shunt_switched", (0, 0), up(3.0)), "shunt_switched"),
}


@pytest.mark.parametrize("words", PLANTED)
def test_what_is_planted_is_found(words: str) -> None:
    network, plant, name = PLANTED[words]
    case, outcome = solved(network)
    certificate = verify(*plant(case, outcome))
    assert any(name in each.law for each in certificate.broken), [each.law for each in certificate.broken]


@pytest.mark.parametrize("network", ["lindistflow", "socp", "soc", "taps"])
def test_the_answers_that_violations_are_planted_into_fulfil_every_law(network: str) -> None:
    case, outcome = solved(network)
    assert verify(case, outcome).holds


def test_reactive_power_beyond_a_capability_curve_is_found() -> None:
    case, outcome = solved("socp")
    curve = case.components["reactive"][2]
    inside = tuple(replace(point, reactive_min_mvar=0.3, reactive_max_mvar=0.3) for point in curve.capability)
    certificate = verify(*law("reactive", 2, capability=inside)(case, outcome))
    assert any(each.law == "reactive_capability" for each in certificate.broken)


def test_an_answer_without_voltages_is_refused() -> None:
    case, outcome = solved("socp")
    table = outcome.schedule_table
    rest = {name: each for name, each in table.quantities.items() if name != "line_voltage_pu"}
    labels = {name: each for name, each in table.labels.items() if name != "line_bus"}
    poor = replace(outcome, schedule_table=replace(table, quantities=rest, labels=labels))
    assert any(each.law == "line_voltages" for each in verify(case, poor).broken)


@pytest.mark.parametrize(
    ("network", "inside_mw", "regretted"), [("soc", 5e-4, False), ("soc", 0.1, True), ("dc", 5e-4, True)]
)
def test_a_plant_just_inside_of_its_limit_is_at_it_where_an_interior_point_has_answered(
    network: str, inside_mw: float, *, regretted: bool
) -> None:
    """900 MW come from b; a, at half the price, gives all of its 100 MW, but for a millionth of 1000."""
    policy = {"network": network, "base_mva": 100.0, "replay": "never"}
    slack = [{"id": "a", "slack": True, "voltage_kv": 380.0}, {"id": "b", "voltage_kv": 380.0}]
    wires = [wire("a", "b", resistance_pu=1e-4, reactance_pu=1e-3)]
    case = grid_case(
        wires, [plant("a", 10.0, 100.0), plant("b", 20.0, 2000.0)], {"b": 1000.0}, buses=slack, policy=policy
    )
    outcome = solve(case)
    said = {each.law: each.where for each in outcome.certificate.residuals}
    assert ("0.001 MW" in said.get("prices_near_limits", "")) == (network == "soc")
    _, moved = number("generator_power_mw", (0, 0), up(-inside_mw))(case, outcome)
    assert ("generator_price" in {each.law for each in verify(case, moved).broken}) == regretted
