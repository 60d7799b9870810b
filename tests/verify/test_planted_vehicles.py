"""Violations planted into answers with vehicles that have rules or share plugs; see `test_planted_violations`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import c4e_opt
from c4e_opt import Case, Outcome
from c4e_opt.components.ev_session import ChargeStep
from c4e_opt.verify import verify
from tests.verify.test_planted_violations import Plant, Planted, busiest, law, number, to, up, without

# Every rule on charging and on V2G; the order of the sessions is least, levels, fleet, late, share.
RULES = """
name: rules
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 6}
buses: [{id: e}]
components:
  grid_connection:
    - {id: grid, bus: e, import_max_mw: 9, import_price_eur_per_mwh: [30, 20, 95, 61, 11, 42]}
  demand: [{id: street, bus: e, demand_mw: 5}]
  ev_session:
    - {id: least, bus: e, arrival: "2025-01-01T00:30Z", departure: "2025-01-01T04:30Z", energy_needed_mwh: 1.5,
       energy_max_mwh: 3, charge_max_mw: 0.7, charge_min_mw: 0.3, charge_limit_mw: [0.5, 0.6, 0.7, 0.7, 0.2, 0.7]}
    - {id: levels, bus: e, arrival: "2025-01-01T00:00Z", departure: "2025-01-01T06:00Z", energy_needed_mwh: 0.4,
       energy_start_mwh: 0.5, energy_max_mwh: 2, charge_max_mw: 1, discharge_max_mw: 0.4,
       charge_steps: [{power_mw: 0.25}, {power_mw: 0.5}]}
    - {id: fleet, bus: e, arrival: "2025-01-01T00:00Z", departure: "2025-01-01T05:00Z", energy_needed_mwh: 0.1,
       energy_start_mwh: 0.6, energy_max_mwh: 1, charge_max_mw: 0.4, discharge_max_mw: 0.3, count: 3,
       throughput_max_mwh: 0.5, energy_v2g_min_mwh: 0.35, discharge_cost_eur_per_mwh: 2}
    - {id: late, bus: e, arrival: "2025-01-01T01:00Z", departure: "2025-01-01T06:00Z", energy_needed_mwh: 0.2,
       energy_start_mwh: 0.1, energy_max_mwh: 1, charge_max_mw: 0.5, discharge_max_mw: 0.6, energy_v2g_min_mwh: 0.4}
    - {id: share, bus: e, arrival: "2025-01-01T01:00Z", departure: "2025-01-01T04:00Z", soc_departure_ratio: 0.8,
       energy_start_mwh: 0.3, energy_max_mwh: 2, charge_max_mw: 0.2}
"""

# One plug with and one without swaps, and a supply that binds.
YARD = """
name: yard
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 4}
buses: [{id: e}]
components:
  grid_connection:
    - {id: grid, bus: e, import_max_mw: 9, import_price_eur_per_mwh: [30, 20, 90, 10]}
  ev_session:
    - {id: a, bus: e, arrival: "2025-01-01T00:00Z", departure: "2025-01-01T04:00Z", energy_needed_mwh: 1.2,
       energy_max_mwh: 2, charge_max_mw: 1}
    - {id: b, bus: e, arrival: "2025-01-01T00:00Z", departure: "2025-01-01T03:00Z", energy_needed_mwh: 0.7,
       energy_max_mwh: 2, charge_max_mw: 1}
    - {id: c, bus: e, arrival: "2025-01-01T01:15Z", departure: "2025-01-01T04:00Z", energy_needed_mwh: 0.6,
       energy_max_mwh: 2, charge_max_mw: 1}
    - {id: d, bus: e, arrival: "2025-01-01T01:00Z", departure: "2025-01-01T04:00Z", energy_needed_mwh: 0.6,
       energy_max_mwh: 2, charge_max_mw: 1}
  charging_site:
    - {id: post, members: [ev_session/a, ev_session/b], plugs: 1, swaps: false}
    - {id: pole, members: [ev_session/c, ev_session/d], plugs: 1}
    - {id: supply, members: ["ev_session/*"], power_max_mw: [1, 1.2, 1.1, 1]}
"""


def more(place: int, **fields: Any) -> Plant:
    """Keep the answer and tighten a rule of a session."""
    return law("ev_session", place, **fields)


PLANTED: Mapping[str, Planted] = {
    "charging below the least power": Planted(
        "rules",
        more(0, charge_min_mw=0.4),
        ("ev_session_charge_minimum", "ev_session_powered"),
        "'least', 2025-01-01T02",
    ),
    "charging above the limit of its step": Planted(
        "rules",
        more(0, charge_limit_mw=np.array([0.5, 0.4, 0.7, 0.7, 0.2, 0.7])),
        ("ev_session_charge_limit", "ev_session_powered"),
        "'least', 2025-01-01T01",
    ),
    "charging in a step whose limit is below the least power": Planted(
        "rules",
        more(0, charge_limit_mw=np.array([0.5, 0.2, 0.7, 0.7, 0.2, 0.7])),
        ("ev_session_charge_limit", "ev_session_powered"),
        "'least', 2025-01-01T01",
    ),
    "a mark of charging of a vehicle that is away": Planted(
        "rules", number("ev_session_powered", (0, 5), to(1.0)), ("ev_session_powered",), "'least', 2025-01-01T05"
    ),
    "a mark of charging of a vehicle that waits": Planted(
        "rules", number("ev_session_powered", (0, 4), to(1.0)), ("ev_session_powered",), "'least', 2025-01-01T04"
    ),
    "half a mark of charging": Planted(
        "rules", busiest("ev_session_powered", to(0.5)), ("integrality", "ev_session_powered"), "'least': powered"
    ),
    "a mark of charging of a session without a least power": Planted(
        "rules", number("ev_session_powered", (1, 2), to(1.0)), ("ev_session_powered",), "'levels'"
    ),
    "marks of charging that are missing": Planted(
        "rules", without("schedule", "ev_session_powered"), ("schedule_table",), "ev_session_powered"
    ),
    "charging between two levels": Planted(
        "rules",
        more(1, charge_steps=(ChargeStep(power_mw=0.3), ChargeStep(power_mw=0.6))),
        ("ev_session_charge_step", "ev_session_at_level"),
        "'levels'",
    ),
    "a level that is not marked": Planted(
        "rules", number("ev_session_at_level", (1, 1, 4), to(0.0)), ("ev_session_at_level",), "2025-01-01T04"
    ),
    "two levels at once": Planted(
        "rules", number("ev_session_at_level", (1, 0, 4), to(1.0)), ("ev_session_at_level",), "2025-01-01T04"
    ),
    "half a level": Planted(
        "rules",
        number("ev_session_at_level", (1, 1, 4), to(0.5)),
        ("integrality", "ev_session_at_level"),
        "'levels': at_level",
    ),
    "a level while giving back": Planted(
        "rules", number("ev_session_at_level", (1, 0, 2), to(1.0)), ("ev_session_at_level",), "2025-01-01T02"
    ),
    "more vehicles than there are": Planted(
        "rules",
        more(2, count=2),
        (
            "ev_session_throughput",
            "ev_session_charge_limit",
            "ev_session_discharge_limit",
            "ev_session_energy_limit",
            "ev_session_energy_balance",
        ),
        "'fleet'",
    ),
    "fewer vehicles than there are": Planted(
        "rules",
        more(2, count=4),
        (
            "ev_session_departure_energy",
            "ev_session_energy_limit",
            "ev_session_energy_balance",
            "ev_session_v2g_energy",
            "ev_session_stored_value",
        ),
        "'fleet'",
    ),
    "more given than may be": Planted("rules", more(2, throughput_max_mwh=0.3), ("ev_session_throughput",), "'fleet'"),
    "V2G below its least energy": Planted(
        "rules", more(2, energy_v2g_min_mwh=0.5), ("ev_session_v2g_energy", "ev_session_energy_limit"), "'fleet'"
    ),
    "V2G of a vehicle that has not enough": Planted(
        "rules", more(3, energy_v2g_min_mwh=0.56), ("ev_session_v2g_energy", "ev_session_ready"), "'late'"
    ),
    "a mark of readiness of a vehicle that is away": Planted(
        "rules", number("ev_session_ready", (3, 0), to(1.0)), ("ev_session_ready",), "'late', 2025-01-01T00"
    ),
    "a higher state of charge wanted": Planted(
        "rules", more(4, soc_departure_ratio=0.9), ("ev_session_departure_energy",), "'share'"
    ),
    "a price at which it would have charged more": Planted(
        "rules",
        number("price_eur_per_mwh", (0, 3), to(5.0), "prices"),
        ("ev_session_stored_value", "grid_connection_import_price"),
        "2025-01-01T03",
    ),
    "more power than the supply has": Planted(
        "yard",
        law("charging_site", 2, power_max_mw=np.array([1.0, 0.9, 1.1, 1.0])),
        ("charging_site_power",),
        "'supply', 2025-01-01T01",
    ),
    "power without a plug": Planted(
        "yard",
        number("charging_site_plugged", (0, 3), to(0.0)),
        ("charging_site_plugged",),
        "post: ev_session/a, 2025-01-01T03",
    ),
    "half a plug": Planted(
        "yard",
        number("charging_site_plugged", (0, 3), to(0.5)),
        ("integrality", "charging_site_plugged"),
        "charging_site: plugged, place 0, 2025-01-01T03",
    ),
    "more vehicles at plugs than plugs": Planted(
        "yard", number("charging_site_plugged", (2, 1), to(1.0)), ("charging_site_plugs",), "'pole', 2025-01-01T01"
    ),
    "a plug where none is short": Planted(
        "yard", number("charging_site_plugged", (2, 0), to(1.0)), ("charging_site_plugged",), "pole: ev_session/c"
    ),
    "plugs that are not told": Planted(
        "yard", without("schedule", "charging_site_plugged"), ("price_table",), "of the fixed commitment"
    ),
    "plugs of other sessions": Planted(
        "yard",
        law("charging_site", 1, members=("ev_session/a", "ev_session/c")),
        ("schedule_table",),
        "pole: ev_session/a",
    ),
    "a second stay at a plug": Planted(
        "yard",
        number("charging_site_plugged", (1, 2), to(1.0)),
        ("charging_site_stay", "charging_site_begin", "charging_site_plugs"),
        "post: ev_session/b, 2025-01-01T02",
    ),
    "a stay whose begin is not marked": Planted(
        "yard", number("charging_site_plugging", (0, 1), to(0.0)), ("charging_site_begin",), "post: ev_session/a"
    ),
    "two begins": Planted(
        "yard", number("charging_site_plugging", (1, 2), up(1.0)), ("charging_site_begin",), "post: ev_session/b"
    ),
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Case, Outcome]]:
    found: dict[str, tuple[Case, Outcome]] = {}
    for text in (RULES, YARD):
        path: Path = tmp_path_factory.mktemp("case") / "case.yaml"
        path.write_text(text, encoding="utf-8")
        case = c4e_opt.read_case(path)
        found[case.name] = case, c4e_opt.solve(case, c4e_opt.SolveOptions(gap=0.0))
    return found


@pytest.mark.parametrize("sentence", PLANTED)
def test_the_certificate_names_exactly_the_laws_that_are_broken(
    sentence: str, answered: Mapping[str, tuple[Case, Outcome]]
) -> None:
    planted = PLANTED[sentence]
    case, outcome = planted.plant(*answered[planted.case])
    certificate = verify(case, outcome)
    assert {residual.law for residual in certificate.broken} == set(planted.broken), certificate.broken
    first = next(residual for residual in certificate.broken if residual.law == planted.broken[0])
    assert planted.where in first.where


def test_the_answers_that_violations_are_planted_into_fulfil_every_law(
    answered: Mapping[str, tuple[Case, Outcome]],
) -> None:
    for case, outcome in answered.values():
        assert verify(case, outcome).holds


def test_every_law_of_these_kinds_is_broken_by_some_planted_violation(
    answered: Mapping[str, tuple[Case, Outcome]],
) -> None:
    residuals = [residual for case, outcome in answered.values() for residual in verify(case, outcome).residuals]
    own = {each.law for each in residuals if each.law.startswith(("ev_session_", "charging_site_"))}
    from tests.verify.test_planted_violations import PLANTED as PLANTED_ELSEWHERE

    planted = {law for each in (*PLANTED.values(), *PLANTED_ELSEWHERE.values()) for law in each.broken}
    assert own <= planted, own - planted
