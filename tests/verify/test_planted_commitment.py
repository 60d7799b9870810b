"""Answers to cases without a rule of thermal fleets are refused by the case with it, for that rule and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from c4e_opt import Case, solve
from c4e_opt.verify import verify
from tests.unit.small_cases import generator, grid, load, small_case

_UNIT = {"power_max_mw": 4.0, "power_min_mw": 1.0, "switchable": True, "cost_eur_per_mwh": 10.0}
_RISING = {**_UNIT, "ramp_up_ratio_per_hour": 0.25, "load_initially_ratio": 0.0}
_FALLING = {**_UNIT, "on_initially": True, "load_initially_ratio": 0.75, "ramp_down_ratio_per_hour": 0.25}
_SEGMENTS = {**_UNIT, "cost_segments": [{"power_mw": 4.0, "cost_eur_per_mwh": 2.0}]}


def _case(price: Any, unit: dict[str, Any], demand: Any = 4.0, **reserve: Any) -> Case:
    reserves = [{"id": "r", "members": ["generator/gen"], **reserve}] if reserve else []
    return small_case(
        grid_connection=[grid(price)], demand=[load(demand)], generator=[generator(**unit)], reserve=reserves
    )


def _with(case: Case, kind: str, **changed: Any) -> Case:
    records = tuple(replace(record, **changed) for record in case.components[kind])
    return replace(case, components={**case.components, kind: records})


PLANTED = {
    "a unit that is off and must be on": (_case(0, _UNIT), "generator", {"always_on": True}, {"generator_always_on"}),
    "a start beyond the ramp": (
        _case(100, _RISING), "generator", {"ramps_bind_starts": True}, {"generator_start_ramp_limit"}
    ),
    "a stop beyond the ramp in the first step": (
        _case(0, _FALLING), "generator", {"ramps_bind_starts": True}, {"generator_start_ramp_limit"}
    ),
    "a stop beyond the ramp": (
        _case([100, 0], {**_UNIT, "on_initially": True, "ramp_down_ratio_per_hour": 0.25}), "generator",
        {"ramps_bind_starts": True}, {"generator_start_ramp_limit"},
    ),
    "segments that begin elsewhere": (
        _case(100, _SEGMENTS), "generator", {"segments_above_minimum": True},
        {"generator_segment_sum", "generator_segment_order"},
    ),
    "reserve beyond the ramp": (
        _case(20, {**_UNIT, "on_initially": True, "load_initially_ratio": 0.25, "ramp_up_ratio_per_hour": 0.5}, 1.0,
              up_mw=[3.0, 0.0]), "reserve", {"within_ramps": True}, {"reserve_headroom"},
    ),
    "reserve beyond the stop ramp": (
        _case(0, {**_UNIT, "on_initially": True, "stop_ramp_ratio": 0.25}, up_mw=[3.0, 0.0], stop_ramp_binds=False),
        "reserve", {"stop_ramp_binds": True}, {"reserve_headroom"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("sentence", PLANTED)
def test_an_answer_that_breaks_a_rule_is_refused_for_that_rule(sentence: str) -> None:
    case, kind, changed, broken = PLANTED[sentence]
    outcome = solve(case)
    assert verify(case, outcome).holds
    other = _with(case, kind, **changed)
    certificate = verify(other, replace(outcome, case_digest=other.digest()))
    found = {residual.law for residual in certificate.broken if not residual.law.endswith("_price")}
    assert found == broken, certificate.broken
