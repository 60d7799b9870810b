"""What is wrong with lines, and what a network model does not know, is said with what to do instead."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import InvalidInput
from tests.unit.small_grids import grid_case, line, plant

PLANTS = [plant("a", 10.0), plant("b", 50.0)]
HARD = [line("l1", "a", "b", 30.0), line("l2", "a", "b", 30.0)]


def issues(lines: list[dict[str, Any]], policy: dict[str, Any] | None = None, **components: Any) -> dict[str, str]:
    """Path -> message of all that is wrong."""
    with pytest.raises(InvalidInput) as caught:
        grid_case(lines, PLANTS, {"b": 20.0}, policy=policy, **components)
    return {issue.path: issue.message for issue in caught.value.issues}


def first(**fields: Any) -> list[dict[str, Any]]:
    """Two lines, the first with something more to say."""
    return [HARD[0] | fields, HARD[1]]


LINE = "components.line[0]"


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"to_bus": "a"}, "to_bus", "a line joins two buses"),
        ({"reactance_pu": 0.0}, "reactance_pu", "give an impedance"),
        ({"reactance_pu": 0.0, "resistance_pu": 0.1}, "reactance_pu", "give a small reactance"),
        ({"tap_ratio": 0.0}, "tap_ratio", "1 is a line without a transformer"),
        ({"limit_mw": -1.0}, "limit_mw", "at least 0 MW"),
        ({"limit_mw": [1.0, 2.0]}, "limit_mw", "the horizon has 1 steps"),
        ({"limit_mw": float("nan")}, "limit_mw", "finite"),
        ({"resistance_pu": -0.1}, "resistance_pu", "at least 0"),
        ({"emergency_limit_mw": 20.0}, "emergency_limit_mw", "below limit_mw"),
        ({"overload_price_eur_per_mwh": -1.0}, "overload_price_eur_per_mwh", "at least 0"),
        ({"angle_min_deg": 5.0, "angle_max_deg": 3.0}, "angle_min_deg", "at most angle_max_deg, 3"),
        ({"phase_shift_min_deg": 5.0}, "phase_shift_max_deg", "give both or none"),
        ({"phase_shift_max_deg": 5.0}, "phase_shift_min_deg", "give both or none"),
        ({"tap_min_ratio": 0.9}, "tap_max_ratio", "give both or none"),
        ({"switchable": True}, "switchable", "say dc_formulation: angles"),
        ({"phase_shift_min_deg": -5.0, "phase_shift_max_deg": 5.0}, "phase_shift_min_deg", "dc_formulation: angles"),
        ({"tap_min_ratio": 0.9, "tap_max_ratio": 1.1}, "tap_min_ratio", "whose taps are fixed"),
    ],
)
def test_a_line_that_cannot_be_is_refused(fields: dict[str, Any], path: str, said: str) -> None:
    found = issues(first(**fields))
    where = [place for place in found if place.startswith(f"{LINE}.{path}")]
    assert where, found
    assert said in found[where[0]]


ANGLES = {"dc_formulation": "angles"}
OPENS = {"switchable": True}
SHIFTS = {"phase_shift_min_deg": -5.0, "phase_shift_max_deg": 5.0}


@pytest.mark.parametrize(
    ("lines", "policy", "path", "said"),
    [
        (first(**OPENS, angle_max_deg=9.0), ANGLES, f"{LINE}.angle_max_deg", "while the line may be opened"),
        (first(**SHIFTS, angle_min_deg=-9.0), ANGLES, f"{LINE}.angle_min_deg", "while the line chooses its phase"),
        (first(**SHIFTS), {**ANGLES, "network": "dcp"}, f"{LINE}.phase_shift_min_deg", "choose dc"),
        (first(**OPENS, overload_price_eur_per_mwh=5.0), ANGLES, f"{LINE}.overload_price_eur_per_mwh", "must be hard"),
        ([line("l1", "a", "b", **OPENS), HARD[1]], ANGLES, f"{LINE}.limit_mw", "while the line may be opened"),
        ([line("l1", "a", "b"), HARD[1] | OPENS], ANGLES, f"{LINE}.limit_mw", "where line 'l2' may be opened"),
        ([HARD[0] | {"overload_price_eur_per_mwh": 5.0}, HARD[1] | OPENS], ANGLES, f"{LINE}.limit_mw", "'l2'"),
        (HARD, {**ANGLES, "security": "n1"}, "policy.security", "dc with dc_formulation lazy"),
        (HARD, {"network": "transport", "security": "n1"}, "policy.security", "network model transport"),
        (HARD, {"network": "soc", "security": "n1"}, "policy.security", "network model soc"),
        (HARD, {"losses": "iterated", "security": "n1"}, "policy.security", "without losses"),
        (HARD, {"network": "transport", "losses": "iterated"}, "policy.losses", "choose dc"),
        (
            HARD,
            {"losses": "iterated", "second_objective": "production"},
            "policy.second_objective",
            "leave it out, or losses",
        ),
    ],
)
def test_what_a_model_does_not_know_is_refused(
    lines: list[dict[str, Any]], policy: dict[str, Any], path: str, said: str
) -> None:
    found = issues(lines, policy)
    assert list(found) == [path]
    assert said in found[path]


@pytest.mark.parametrize("policy", [ANGLES, {"network": "transport"}, {"network": "soc"}])
def test_contingencies_are_refused_where_nothing_looks_at_them(policy: dict[str, Any]) -> None:
    found = issues(HARD, policy, contingency=[{"id": "k", "lines": ["l1"]}])
    assert list(found) == ["components.contingency"]


@pytest.mark.parametrize(
    ("lines", "said"), [([], "is empty"), (["l9"], "no line is named 'l9'"), (["l1", "l1"], "already")]
)
def test_a_contingency_names_lines_that_are_there(lines: list[str], said: str) -> None:
    found = issues(HARD, contingency=[{"id": "k", "lines": lines}])
    assert any(said in message for message in found.values()), found


def test_a_contingency_is_not_called_as_a_line_that_stays() -> None:
    found = issues(HARD, contingency=[{"id": "l1", "lines": ["l2"]}])
    assert "name it otherwise" in found["components.contingency[0].id"]


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"lines": []}, "lines", "name the lines"),
        ({"lines": [{"line": "l9"}]}, "lines[0].line", "no line is named 'l9'"),
        ({"overload_price_eur_per_mwh": -1}, "overload_price_eur_per_mwh", "at least 0"),
    ],
)
def test_an_interface_that_cannot_be_is_refused(fields: dict[str, Any], path: str, said: str) -> None:
    found = issues(HARD, interface=[{"id": "i", "lines": [{"line": "l1"}], "forward_max_mw": 9.0} | fields])
    assert said in found[f"components.interface[0].{path}"]


@pytest.mark.parametrize(
    ("lines", "policy"),
    [
        (first(reactance_pu=-0.1), {}),
        (first(reactance_pu=0.0, resistance_pu=0.1, in_service=False), {}),
        (first(reactance_pu=0.0, resistance_pu=0.1), {"network": "transport"}),
        (first(switchable=True), {"network": "transport"}),
        ([line("l1", "a", "b", angle_min_deg=-9.0, angle_max_deg=9.0), HARD[1] | OPENS], ANGLES),
        ([line("l1", "a", "b", in_service=False), HARD[1] | OPENS], ANGLES),
        (first(emergency_limit_mw=30.0), {"security": "n1"}),
    ],
)
def test_what_is_unusual_and_sound_is_taken(lines: list[dict[str, Any]], policy: dict[str, Any]) -> None:
    grid_case(lines, PLANTS, {"b": 20.0}, policy=policy)
