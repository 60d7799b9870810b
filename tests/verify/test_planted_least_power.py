"""Violations planted into an answer with stores that have least powers; see `test_planted_violations`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from c4e_opt import Case, Outcome, solve
from c4e_opt.verify import verify
from tests.unit.small_cases import grid, load, small_case, store
from tests.verify.test_planted_violations import Planted, law, number, to, up

R = "reservoirs"


@pytest.fixture(scope="module")
def answer() -> tuple[Case, Outcome]:
    """A store that charges 0.8 MW in the first hour, and gives 0.5 and 0.3 MW in the others."""
    case = small_case(
        (60, 60, 60),
        grid_connection=[grid([10, 100, 90])],
        demand=[load(1.0)],
        store=[
            store(id="ruled", charge_max_mw=0.8, discharge_max_mw=0.5, charge_min_mw=0.6, discharge_min_mw=0.25),
            store(id="plain", charge_max_mw=0.1, discharge_max_mw=0.1),
        ],
    )
    return case, solve(case)


PLANTED: Mapping[str, Planted] = {
    "a charge below the least": Planted(R, law("store", 0, charge_min_mw=np.full(3, 0.9)), ("store_least_power",)),
    "a discharge below the least": Planted(
        R, law("store", 0, discharge_min_mw=np.array([0.0, 0.0, 0.4])), ("store_least_power",), "'ruled', 2025-01-01T02"
    ),
    "a power that is said to be off": Planted(
        R, number("store_charge_on", (0, 0), to(0.0)), ("store_least_power",), "'ruled', 2025-01-01T00"
    ),
    "a power of nothing that is said to be on": Planted(
        R, number("store_discharge_on", (0, 0), to(1.0)), ("store_least_power",), "'ruled', 2025-01-01T00"
    ),
    "half a binary": Planted(R, number("store_charge_on", (0, 1), to(0.5)), ("integrality",)),
    "more than it may give": Planted(
        R, number("store_discharge_mw", (0, 1), up(0.1)), ("store_discharge_limit", "store_energy_balance")
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_violation_is_found(what: str, answer: tuple[Case, Outcome]) -> None:
    planted = PLANTED[what]
    case, outcome = planted.plant(*answer)
    broken = {residual.law: residual.where for residual in verify(case, outcome).broken}
    assert set(planted.broken) <= set(broken), broken
    assert planted.where in broken[planted.broken[0]]


def test_the_answer_itself_holds(answer: tuple[Case, Outcome]) -> None:
    assert verify(*answer).holds
