from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from c4e_opt.case import write_case
from tests.unit.test_price_rules import gribik


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(write_case(gribik(150.0), tmp_path / "two units"))


def test_price_lists_every_rule(folder: Path, run: Any) -> None:
    done = run("price", folder)
    assert done.code == 0
    for rule in ("marginal", "elmp", "convex_hull", "minimum_uplift", "pay_as_bid", "temporal"):
        assert rule in done.out


def test_price_takes_an_answer_and_some_rules(folder: Path, tmp_path: Path, run: Any) -> None:
    """See tests/unit/test_price_rules.py: 750 is lost at the hull price of 95, all of it by unit A."""
    assert run("solve", folder, "--out", tmp_path / "out").code == 0
    done = run("price", folder, tmp_path / "out", "--rules", "convex_hull", "--json")
    assert done.code == 0
    (said,) = done.json["rules"]
    assert said["price_eur_per_mwh"]["e"] == pytest.approx([95])
    assert said["lost_opportunity_eur"] == pytest.approx(750)
    assert [each["participant"] for each in said["participants"]] == ["generator/A"]


def test_price_refuses_an_unknown_rule(folder: Path, run: Any) -> None:
    done = run("price", folder, "--rules", "nearest")
    assert done.code == 2
    assert "nearest" in done.err


def test_a_case_is_solved_by_the_rule_that_is_asked_for(folder: Path, run: Any) -> None:
    done = run("solve", folder, "--pricing", "convex_hull", "--json")
    assert done.code == 0
    assert done.json["certificate"]["holds"]
