"""The cases that come along reach the objectives that stand beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import c4e_opt

CASES = Path(__file__).parent.parent.parent / "cases"
EXPECTED: list[tuple[str, dict[str, Any]]] = [
    (f"{file.parent.name}/{name}", values)
    for file in sorted(CASES.glob("*/expected.yaml"))
    for name, values in yaml.safe_load(file.read_text(encoding="utf-8")).items()
]


@pytest.mark.parametrize(("name", "expected"), EXPECTED, ids=[name for name, _ in EXPECTED])
def test_a_case_reaches_the_objective_that_stands_beside_it(name: str, expected: dict[str, Any]) -> None:
    options = c4e_opt.SolveOptions(gap=expected.get("gap", 1e-4))
    outcome = c4e_opt.solve(c4e_opt.read_case(CASES / name), options)
    assert outcome.termination.reason == "OPTIMAL"
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert outcome.objective == pytest.approx(expected["objective_eur"], rel=expected["relative_tolerance"])
    if "bound_eur" in expected:
        assert outcome.bound is not None
        assert outcome.bound >= expected["bound_eur"] - 1e-3 * abs(expected["bound_eur"])


def test_every_case_has_its_expectation() -> None:
    files = {f"{file.parent.name}/{file.name}" for file in CASES.glob("*/*.yaml")} - {
        f"{folder.name}/expected.yaml" for folder in CASES.iterdir()
    }
    assert files == {name for name, _ in EXPECTED}
