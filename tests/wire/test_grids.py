"""Grids survive the wire: every field of lines, interfaces, contingencies and shunts, limits and parts of prices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e.opt.v1 import case_pb2
from c4e_opt import Case, solve
from c4e_opt.case import KINDS
from c4e_opt.fields import fields_of
from c4e_opt.verify import verify
from c4e_server.convert.case import case_from_proto, case_to_proto
from tests.properties.generators import case_of
from tests.reference.test_grid_twins import SECURE, grid
from tests.verify.test_planted_grid import CASES as PLANTED_CASES
from tests.wire.test_answers import same, sent

POLICIES: list[dict[str, Any]] = [
    {},
    {"network": "dcp", **SECURE, "outage_limits": "hard", "base_mva": 10.0},
    {"network": "transport"},
    {"dc_formulation": "angles"},
]


def through(case: Case) -> Case:
    return case_from_proto(case_pb2.Case.FromString(case_to_proto(case).SerializeToString()))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_random_grid_survives_the_wire(policy: dict[str, Any]) -> None:
    case = case_of(grid(3, **policy))
    back = through(case)
    assert back.digest() == case.digest()
    assert back.policy.network == case.policy.network


@pytest.mark.parametrize("kind", ["line", "interface", "contingency", "shunt"])
def test_every_field_of_a_record_survives_the_wire(kind: str) -> None:
    """A number of its own in every field, later ones larger, as pairs of limits must be."""
    content = grid(0) if kind == "contingency" else grid(0, network="transport")
    if kind == "contingency":
        content["components"]["contingency"] = [{"id": "k", "lines": ["l1"]}]
    case = case_of(content)
    record, values = case.components[kind][0], dict[str, Any]()
    for place, (name, field) in enumerate(fields_of(KINDS[kind]).items()):
        value: Any = {
            "number": 0.5 + place,
            "series": np.full(case.horizon.steps, 90.5 + place),
            "count": 2 + place,
            "flag": not field.default,
            "party": "p",
            "names": ("l1", "l2"),
        }.get(field.meta.kind)
        values |= {} if value is None else {name: value}
    changed = replace(record, **values)
    other = replace(case, components={**case.components, kind: (changed, *case.components[kind][1:])})
    back = through(other)
    assert back.digest() == other.digest() != case.digest()
    for name, value in values.items():
        assert np.array_equal(getattr(back.components[kind][0], name), value), name


@pytest.mark.parametrize("name", PLANTED_CASES)
def test_an_answer_with_limits_and_parts_of_prices_survives_the_wire(name: str) -> None:
    case = PLANTED_CASES[name]()
    outcome = solve(case)
    back = sent(outcome)
    assert same(outcome, back)
    assert back.limit_table.labels["limit"].size
    assert verify(case, back).holds
