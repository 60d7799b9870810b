"""Readers of unit commitment instances: what each entry becomes, what is refused, and that nothing else is raised."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt import Case, InvalidInput, read_case, solve
from c4e_opt.case.readers import pglib_uc, piecewise, unit_commitment_jl
from c4e_opt.case.readers.json_document import parsed
from c4e_opt.issues import Issue
from c4e_opt.solve import SolveOptions
from tests.input.test_fuzz import STRANGE, places

Record = dict[str, Any]


def thermal(**changed: Any) -> Record:
    """A unit of 50 to 100 MW, off for long, at 1000 an hour and 20 a MWh on top."""
    return {
        "must_run": 0,
        "power_output_minimum": 50.0,
        "power_output_maximum": 100.0,
        "ramp_up_limit": 50.0,
        "ramp_down_limit": 50.0,
        "ramp_startup_limit": 100.0,
        "ramp_shutdown_limit": 100.0,
        "time_up_minimum": 1,
        "time_down_minimum": 1,
        "power_output_t0": 0.0,
        "unit_on_t0": 0,
        "time_up_t0": 0,
        "time_down_t0": 10,
        "startup": [{"lag": 1, "cost": 300.0}],
        "piecewise_production": [{"mw": 50.0, "cost": 1000.0}, {"mw": 100.0, "cost": 2000.0}],
        "name": "u",
    } | changed


def pglib(demand: list[float], reserves: list[float] | None = None, **units: Record) -> Record:
    return {
        "time_periods": len(demand),
        "demand": demand,
        "reserves": reserves or [0.0] * len(demand),
        "thermal_generators": units or {"u": thermal()},
        "renewable_generators": {},
    }


def cost(case: Case) -> float | None:
    return solve(case, SolveOptions(gap=0.0)).objective


def generator(**changed: Any) -> Record:
    """The same unit in the words of UnitCommitment.jl."""
    return {
        "Bus": "b",
        "Production cost curve (MW)": [50.0, 100.0],
        "Production cost curve ($)": [1000.0, 2000.0],
        "Startup costs ($)": [300.0],
        "Startup delays (h)": [1],
        "Initial status (h)": -10,
        "Initial power (MW)": 0.0,
    } | changed


def ucjl(load: Any, hours: int = 2, **groups: Any) -> Record:
    return {
        "Parameters": {"Version": "0.3", "Time horizon (h)": hours},
        "Buses": {"b": {"Load (MW)": load}},
        "Generators": {"u": generator()},
    } | groups


def test_an_hour_costs_its_start_its_least_power_and_what_lies_above() -> None:
    """300 for the start; 1000 + 30 * 20 and 1000: 2900."""
    assert cost(pglib_uc.case_of(pglib([80.0, 50.0]), "x")) == pytest.approx(2900.0)


def test_a_first_hour_may_rise_from_nothing_by_the_ramp_only() -> None:
    """Ramp up 10 above the least power: 60 in the first hour at most, so that a demand of 70 cannot be met."""
    assert cost(pglib_uc.case_of(pglib([70.0], u=thermal(ramp_up_limit=10.0)), "x")) is None
    assert cost(pglib_uc.case_of(pglib([60.0], u=thermal(ramp_up_limit=10.0)), "x")) == pytest.approx(1500.0)


def test_a_start_costs_by_the_hours_off() -> None:
    """Off for 2 hours before: from 3 hours on 900, else 300. A start in hour 1 rests 2, in hour 2 three."""
    startup = [{"lag": 1, "cost": 300.0}, {"lag": 3, "cost": 900.0}]
    unit = thermal(time_down_t0=2, startup=startup)
    assert cost(pglib_uc.case_of(pglib([50.0], u=unit), "x")) == pytest.approx(1300.0)
    assert cost(pglib_uc.case_of(pglib([0.0, 50.0], u=unit), "x")) == pytest.approx(1900.0)


def test_a_unit_that_must_run_runs() -> None:
    running = thermal(must_run=1, unit_on_t0=1, time_up_t0=5, time_down_t0=0, power_output_t0=50.0)
    cheap = thermal(piecewise_production=[{"mw": 50.0, "cost": 100.0}, {"mw": 100.0, "cost": 200.0}])
    case = pglib_uc.case_of(pglib([120.0], a=running, b=cheap), "x")
    assert cost(case) == pytest.approx(1000.0 + 300.0 + 100.0 + 20.0 * 2.0)


def test_reserve_is_within_the_ramp() -> None:
    """On at 50 before, ramp up 20: power and reserve reach 70; a reserve of 25 at a demand of 50 needs another unit."""
    running = thermal(unit_on_t0=1, time_up_t0=5, time_down_t0=0, power_output_t0=50.0, ramp_up_limit=20.0)
    assert cost(pglib_uc.case_of(pglib([50.0], [20.0], a=running), "x")) == pytest.approx(1000.0)
    assert cost(pglib_uc.case_of(pglib([50.0], [25.0], a=running), "x")) is None


def test_renewables_keep_their_least_power() -> None:
    wind = {"power_output_minimum": [0.0, 20.0], "power_output_maximum": [30.0, 30.0]}
    sun = {"power_output_minimum": [0.0, 0.0], "power_output_maximum": [10.0, 0.0]}
    document = pglib([90.0, 80.0]) | {"renewable_generators": {"wind": wind, "sun": sun}}
    case = pglib_uc.case_of(document, "x")
    assert [len(case.components[kind]) for kind in ("generator", "renewable")] == [2, 1]
    assert cost(case) == pytest.approx(300.0 + 2000.0)


@pytest.mark.parametrize(
    ("changed", "where", "rule"),
    [
        (
            {"startup": [{"lag": 4, "cost": 1.0}, {"lag": 8, "cost": 2.0}]},
            "thermal_generators.u.startup",
            "unsupported",
        ),
        (
            {"startup": [{"lag": 1, "cost": 3.0}, {"lag": 8, "cost": 2.0}]},
            "thermal_generators.u.startup",
            "unsupported",
        ),
        ({"piecewise_production": [{"mw": 60.0, "cost": 1.0}, {"mw": 100.0, "cost": 9.0}]}, "piecewise", "unsupported"),
        ({"colour": "red"}, "thermal_generators.u.colour", "unknown_field"),
        ({"unit_on_t0": 2}, "thermal_generators.u.unit_on_t0", "range"),
        ({"time_up_t0": 3}, "thermal_generators.u.time_up_t0", "conflict"),
        ({"ramp_up_limit": None}, "thermal_generators.u.ramp_up_limit", "missing_field"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(changed: Record, where: str, rule: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        pglib_uc.case_of(pglib([80.0], u=thermal(**changed)), "x")
    assert any(where in issue.path and issue.rule == rule for issue in refused.value.issues), refused.value


def test_the_lower_hull_of_points_is_what_their_mean_can_cost() -> None:
    points = [(0.0, 0.0), (1.0, 5.0), (2.0, 6.0), (2.0, 4.0), (3.0, 9.0)]
    assert piecewise.hull(points) == [(0.0, 0.0), (2.0, 4.0), (3.0, 9.0)]


def test_power_that_is_not_served_costs_the_penalty() -> None:
    """The unit gives 100 of 130 and 50: 300 + 2000 + 30 * 1000, and 1000."""
    assert cost(unit_commitment_jl.case_of(ucjl([130.0, 50.0]), "x")) == pytest.approx(33300.0)


def test_a_start_in_the_first_hour_is_free_of_the_ramp() -> None:
    """Ramp up 10: 100 at once in the first hour; the same start in the second reaches 60, and 40 are not served."""
    slow = {"u": generator(**{"Ramp up limit (MW)": 10.0})}
    assert cost(unit_commitment_jl.case_of(ucjl([100.0], 1, Generators=slow), "x")) == pytest.approx(2300.0)
    answer = cost(unit_commitment_jl.case_of(ucjl([0.0, 100.0], 2, Generators=slow), "x"))
    assert answer == pytest.approx(300.0 + 1200.0 + 40_000.0)


def test_costs_that_fall_are_lifted_as_the_tool_does() -> None:
    """Slopes 20 and 10 become 20 and 20; start costs 300 and 200 become 300 and 300."""
    curve = {"Production cost curve (MW)": [50.0, 75.0, 100.0], "Production cost curve ($)": [1000.0, 1500.0, 1750.0]}
    starts = {"Startup costs ($)": [300.0, 200.0], "Startup delays (h)": [1, 4]}
    case = unit_commitment_jl.case_of(ucjl([100.0], 1, Generators={"u": generator(**curve, **starts)}), "x")
    assert cost(case) == pytest.approx(2300.0)


def test_a_price_sensitive_load_earns_its_revenue() -> None:
    loads = {"p": {"Bus": "b", "Revenue ($/MW)": 30.0, "Demand (MW)": 40.0}}
    case = unit_commitment_jl.case_of(ucjl([60.0], 1, **{"Price-sensitive loads": loads}), "x")
    assert cost(case) == pytest.approx(300.0 + 2000.0 - 40 * 30.0)


def test_a_shortfall_of_reserve_has_its_price() -> None:
    reserves = {"r": {"Type": "Spinning", "Amount (MW)": 20.0, "Shortfall penalty ($/MW)": 7.0}}
    named = {"u": generator(**{"Reserve eligibility": ["r"]})}
    case = unit_commitment_jl.case_of(ucjl([90.0], 1, Generators=named, Reserves=reserves), "x")
    assert cost(case) == pytest.approx(300.0 + 1800.0 + 10 * 7.0)


@pytest.mark.parametrize(("least", "total"), [(0.0, 300.0 + 56 * 20.0 + 4.0), (5.0, 300.0 + 60 * 20.0)])
def test_a_storage_unit_with_a_least_rate_gives_no_less(least: float, total: float) -> None:
    """4 MWh at 1 in place of 20; none of them, where 5 MW would be the least."""
    unit = {
        "Bus": "b",
        "Initial level (MWh)": 4.0,
        "Maximum level (MWh)": 10.0,
        "Charge cost ($/MW)": 1.0,
        "Discharge cost ($/MW)": 1.0,
        "Maximum charge rate (MW)": 8.0,
        "Maximum discharge rate (MW)": 8.0,
        "Minimum discharge rate (MW)": least,
        "Allow simultaneous charging and discharging": False,
    }
    case = unit_commitment_jl.case_of(ucjl([60.0], 1, **{"Storage units": {"s": unit}}), "x")
    assert cost(case) == pytest.approx(total)


def test_flow_is_susceptance_times_angle() -> None:
    """Three lines of equal susceptance in a triangle: two thirds of a transfer take the direct way, limited to 20."""
    buses = {"a": {"Load (MW)": 0.0}, "b": {"Load (MW)": 60.0}, "c": {"Load (MW)": 0.0}}
    ends = {"ab": ("a", "b"), "bc": ("b", "c"), "ca": ("c", "a")}
    lines = {
        name: {"Source bus": one, "Target bus": other, "Susceptance (S)": 10.0} for name, (one, other) in ends.items()
    }
    lines["ab"] |= {"Normal flow limit (MW)": 20.0, "Flow limit penalty ($/MW)": 5000.0}
    units = {
        "u": generator(
            Bus="a", **{"Production cost curve (MW)": [0.0, 100.0], "Production cost curve ($)": [0.0, 100.0]}
        )
    }
    groups = {"Buses": buses, "Generators": units, "Transmission lines": lines}
    assert cost(unit_commitment_jl.case_of(ucjl(0.0, 1, **groups), "x")) == pytest.approx(300.0 + 30.0 + 30 * 1000.0)


@pytest.mark.parametrize(
    ("groups", "where"),
    [
        ({"Scenarios": {}}, "Scenarios"),
        ({"Parameters": {"Time horizon (h)": 1, "Time step (min)": 15}}, "Parameters.Time step (min)"),
        ({"Generators": {"u": generator(Type="Nuclear")}}, "Generators.u.Type"),
        ({"Generators": {"u": generator(**{"Commitment status": [True]})}}, "Generators.u.Commitment status"),
        ({"Generators": {"u": generator(Bus="z")}}, "Generators.u.Bus"),
        ({"Buses": {"b": {"Load (MW)": 1.0}, "c": {"Load (MW)": 1.0}}}, "Transmission lines"),
        ({"Contingencies": {"x": {"Affected generators": ["u"], "Affected lines": ["l"]}}}, "Contingencies.x"),
        ({"Reserves": {"r": {"Type": "Flexiramp", "Amount (MW)": 1.0}}}, "Reserves.r.Type"),
    ],
)
def test_what_the_other_format_has_without_a_counterpart_is_refused(groups: Record, where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        unit_commitment_jl.case_of(ucjl([60.0], 1, **groups), "x")
    assert any(issue.path.startswith(where) for issue in refused.value.issues), refused.value


def test_files_are_known_by_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(pglib([80.0])), encoding="utf-8")
    with gzip.open(tmp_path / "b.json.gz", "wt", encoding="utf-8") as file:
        json.dump(ucjl([80.0], 1), file)
    assert [read_case(tmp_path / name).name for name in ("a.json", "b.json.gz")] == ["a", "b"]


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"thermal_generators": {}, "demand": [1], "demand": [2]}', encoding="utf-8")
    with pytest.raises(InvalidInput, match="demand"):
        read_case(tmp_path / "a.json")


RICH = ucjl(
    [60.0, 70.0],
    2,
    Buses={"b": {"Load (MW)": [60.0, 70.0]}, "c": {"Load (MW)": 5.0}},
    Generators={
        "u": generator(**{"Reserve eligibility": ["r"], "Must run?": False, "Minimum uptime (h)": 2}),
        "w": {"Bus": "c", "Type": "Profiled", "Maximum power (MW)": [3.0, 4.0], "Cost ($/MW)": 1.0},
    },
    Reserves={"r": {"Type": "Spinning", "Amount (MW)": [2.0, 3.0], "Shortfall penalty ($/MW)": 9.0}},
    **{
        "Transmission lines": {
            "l": {"Source bus": "b", "Target bus": "c", "Susceptance (S)": 5.0, "Normal flow limit (MW)": 50.0},
            "m": {"Source bus": "b", "Target bus": "c", "Susceptance (S)": 5.0},
        },
        "Contingencies": {"k": {"Affected lines": ["m"]}},
        "Price-sensitive loads": {"p": {"Bus": "b", "Revenue ($/MW)": 30.0, "Demand (MW)": 4.0}},
        "Storage units": {
            "s": {
                "Bus": "b",
                "Maximum level (MWh)": 10.0,
                "Charge cost ($/MW)": 1.0,
                "Discharge cost ($/MW)": 1.0,
                "Maximum charge rate (MW)": 2.0,
                "Maximum discharge rate (MW)": 2.0,
                "Minimum charge rate (MW)": [0.5, 1.0],
            }
        },
        "Interfaces": {"i": {"Outbound lines": ["l"], "Inbound lines": [], "Net flow upper limit (MW)": 40.0}},
    },
)
DOCUMENTS = [pglib([80.0, 50.0], [1.0, 2.0], u=thermal(), v=thermal(must_run=1)), RICH]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[int, Any]:
    """A document with one to four entries replaced, dropped, renamed or doubled, and its format."""
    which = draw(st.integers(0, len(DOCUMENTS) - 1))
    content = deepcopy(DOCUMENTS[which])
    for _ in range(draw(st.integers(1, 4))):
        every = places(content)
        if not every:
            break
        *path, key = draw(st.sampled_from(every))
        parent: Any = content
        for step in path:
            parent = parent[step]
        act = draw(st.sampled_from(["replace", "replace", "drop", "rename", "double", "wrap"]))
        if act == "replace":
            parent[key] = deepcopy(draw(st.sampled_from(STRANGE)))
        elif act == "drop":
            del parent[key]
        elif act == "wrap":
            parent[key] = [parent[key]]
        elif act == "double" and isinstance(parent, list):
            parent.append(deepcopy(parent[key]))
        elif act == "rename" and isinstance(parent, dict):
            parent[draw(st.sampled_from([f"{key}s", "Bus", "lag", "x"]))] = parent.pop(key)
    return which, content


def issues_of(read: Callable[[], Any]) -> tuple[Issue, ...] | None:
    """The issues that reading ends with, None where it gives a case; anything else is raised."""
    try:
        assert isinstance(read(), Case)
    except InvalidInput as error:
        return error.issues
    return None


def reads(which: int, text: bytes) -> None:
    """Read a document; anything but a case or issues is raised."""
    issues = issues_of(lambda: (pglib_uc, unit_commitment_jl)[which].case_of(parsed(text, "x.json"), "x"))
    assert issues is None or issues
    assert all(issue.path and issue.rule and issue.message for issue in issues or ())


def test_the_documents_that_are_mutated_are_cases() -> None:
    for which, document in enumerate(DOCUMENTS):
        (pglib_uc, unit_commitment_jl)[which].case_of(document, "x")


@settings(max_examples=300, deadline=None)
@given(mutated())
def test_a_mutated_document_gives_a_case_or_issues(found: tuple[int, Any]) -> None:
    which, content = found
    reads(which, json.dumps(content).encode())


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(mutated())
def test_ten_thousand_mutated_documents_give_cases_or_issues(found: tuple[int, Any]) -> None:
    which, content = found
    reads(which, json.dumps(content).encode())


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(range(len(DOCUMENTS))), st.integers(0, 2000), st.binary(max_size=3))
def test_a_broken_text_gives_a_case_or_issues(which: int, place: int, put: bytes) -> None:
    text = json.dumps(DOCUMENTS[which]).encode()
    reads(which, text[:place] + put + text[place + len(put) :])
