"""Settling what was really solved: statements agree with the objective's terms and with the welfare of the market."""

from __future__ import annotations

import pytest

from c4e_opt import solve
from c4e_opt.case.build import Builder
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import batch_of, settle
from tests.properties.generators import Shape, document


@pytest.mark.parametrize("seed", range(12))
def test_a_random_site_settles(seed: int) -> None:
    """What suppliers receive at their tariffs is the term `energy` of the objective, in cents."""
    shape = Shape(commitment=seed % 4 == 0, negative=seed % 2 == 0, components=seed % 6 != 5)
    case = Builder(document(seed, shape), {}).case()
    outcome = solve(case)
    statement = settle(case, outcome)
    batch_of(statement).check()
    purposes = statement.by_purpose()
    if shape.components:
        lines = sum(line.purpose == "tariff" for line in statement.lines())
        assert purposes["tariff"]["EUR"] == pytest.approx(outcome.terms["energy"] * 100, abs=lines + 1)
    assert abs(purposes.get("rounding", {}).get("EUR", 0)) <= case.horizon.steps * len(case.buses)


def test_an_outcome_from_a_file_settles_to_the_same_statement(tmp_path) -> None:  # type: ignore[no-untyped-def]
    case = Builder(document(3), {}).case()
    outcome = solve(case)
    outcome.write(tmp_path)
    assert settle(case, Outcome.read(tmp_path)) == settle(case, outcome)
