from __future__ import annotations

import json
import math
import threading
from pathlib import Path

import numpy as np
import pytest

from c4e_opt import InvalidInput, NoSolution, Outcome, solve
from c4e_solvers import Limit, Reason
from tests.unit.small_cases import battery, boiler, chp, grid, load, meter, order_columns, small_case


def test_a_bound_of_zero_is_a_bound() -> None:
    """Nothing is wanted and nothing runs: cost 0, bound 0, gap 0, although there are binaries."""
    outcome = solve(small_case((60,), grid_connection=[meter()], chp=[chp(start_cost_eur=5.0)]))
    assert outcome.objective == 0.0
    assert outcome.bound == 0.0
    assert outcome.gap == 0.0


def test_a_summary_is_json_that_every_reader_takes() -> None:
    """Infinity is no JSON; a strict reader refuses it."""
    outcome = solve(small_case((60,), grid_connection=[meter()], chp=[chp(start_cost_eur=5.0)]))
    json.loads(json.dumps(outcome.summary(), allow_nan=False))


def test_the_bound_of_a_linear_case_is_its_objective() -> None:
    outcome = solve(small_case(grid_connection=[grid(10)], demand=[load(1.0)]))
    assert outcome.bound == outcome.objective == pytest.approx(20.0)
    assert outcome.gap == 0.0


def test_the_bound_of_a_mixed_integer_case_is_not_above_its_objective() -> None:
    """The CHP gains 44 - 40 in two hours: 224 - 4 = 220."""
    case = small_case(
        grid_connection=[grid(100), meter(30)],
        demand=[load(1.0), load(0.4, "h")],
        boiler=[boiler()],
        chp=[chp(start_cost_eur=40.0)],
    )
    outcome = solve(case)
    assert outcome.bound is not None
    assert outcome.objective is not None
    assert 219.9 < outcome.bound <= outcome.objective == pytest.approx(220.0)
    assert outcome.gap is not None
    assert 0.0 <= outcome.gap <= 1e-4


def test_the_terms_of_the_objective_add_up_to_it() -> None:
    case = small_case(
        grid_connection=[grid([100, 40]), meter(30)],
        demand=[load(1.0), load(0.4, "h")],
        boiler=[boiler(cost_eur_per_mwh=1.5)],
        chp=[chp(start_cost_eur=4.0, cost_eur_per_mwh=2.0)],
        battery=[battery(discharge_cost_eur_per_mwh=3.0, energy_start_mwh=0.5)],
        orders=order_columns(("s", "e", "sell", 0, 20.0, 0.1)),
    )
    outcome = solve(case)
    assert sum(outcome.terms.values()) == pytest.approx(outcome.objective)
    assert set(outcome.terms) == {"energy", "start", "production", "storage", "orders"}


def test_flows_of_all_ports_balance_at_every_bus() -> None:
    case = small_case(
        grid_connection=[grid([100, 40]), meter(30)],
        demand=[load(1.0), load(0.4, "h")],
        boiler=[boiler()],
        chp=[chp()],
        battery=[battery()],
    )
    table = solve(case).flow_table
    buses = table.texts["port_bus"][1]
    for bus in ("e", "h", "g"):
        assert table.values("flow_mw")[buses == bus].sum(axis=0) == pytest.approx([0.0, 0.0], abs=1e-9)


def test_datasets_carry_units_long_names_and_the_currency() -> None:
    case = small_case(grid_connection=[grid(10)], demand=[load(1.0)], battery=[battery()])
    outcome = solve(case)
    energy = outcome.schedule["battery_energy_mwh"]
    assert energy.attrs == {"units": "MWh", "long_name": "energy stored at the end of the step"}
    assert outcome.prices["price_eur_per_mwh"].attrs["units"] == "EUR/MWh"
    assert str(outcome.prices["time"].values[1]).startswith("2025-01-01T01:00")
    assert outcome.flows.sizes == {"port": 3, "time": 2}
    for dataset in (outcome.schedule, outcome.flows, outcome.prices):
        for variable in dataset.data_vars.values():
            assert variable.attrs["units"]
            assert variable.attrs["long_name"]


def test_an_answer_without_a_schedule_says_so_when_asked_for_one() -> None:
    outcome = solve(small_case(grid_connection=[grid(10, import_max_mw=0.5)], demand=[load(1.0)]))
    assert outcome.objective is None
    with pytest.raises(NoSolution, match="INFEASIBLE"):
        _ = outcome.schedule


def test_a_limit_that_comes_first_is_an_answer() -> None:
    stop = threading.Event()
    stop.set()
    outcome = solve(small_case(grid_connection=[grid(10)], demand=[load(1.0)]), interrupt=stop)
    assert outcome.termination.reason is Reason.NO_SOLUTION_FOUND
    assert outcome.termination.limit is Limit.INTERRUPTED
    assert not outcome.has_schedule


def test_two_outcomes_can_be_compared(tmp_path: Path) -> None:
    """An outcome and the same one read back can be asked whether they are equal; the question is no error."""
    case = small_case(grid_connection=[grid([10, 20])], demand=[load(1.0)], battery=[battery()])
    outcome = solve(case)
    again = Outcome.read(outcome.to_netcdf(tmp_path / "outcome.nc"))
    assert outcome == outcome
    assert isinstance(outcome == again, bool)
    assert isinstance(outcome == solve(small_case(grid_connection=[grid(10)], demand=[load(1.0)])), bool)


@pytest.mark.parametrize("content", ["", "no netcdf at all", "CDF\x01garbage"])
def test_a_file_that_is_no_outcome_is_refused_in_words(tmp_path: Path, content: str) -> None:
    (tmp_path / "outcome.nc").write_text(content)
    with pytest.raises(InvalidInput, match=r"outcome\.nc"):
        Outcome.read(tmp_path)


def test_a_folder_without_an_outcome_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no outcome"):
        Outcome.read(tmp_path)


def test_power_is_a_mean_and_energy_stands_at_the_end_of_its_step() -> None:
    """4 MW for 15 minutes fill 1 MWh by the end of the first step."""
    store = battery(charge_max_mw=4.0, energy_end_mwh=1.0)
    outcome = solve(small_case((15, 15), grid_connection=[grid([10, 90])], battery=[store]))
    assert outcome.schedule_table.values("battery_charge_mw")[0] == pytest.approx([4.0, 0.0])
    assert outcome.schedule_table.values("battery_energy_mwh")[0] == pytest.approx([1.0, 1.0])
    assert np.isfinite(outcome.objective or math.nan)


def test_the_phases_are_told_in_their_order() -> None:
    phases: list[str] = []
    case = small_case((60,), grid_connection=[grid(-50)], battery=[battery(charge_efficiency=0.5)])
    outcome = solve(case, progress=lambda phase, _: phases.append(phase))
    assert phases[0] == "check"
    assert phases[1] == "formulate"
    assert phases[-1] == "verify"
    assert {"check", "formulate", "solve", "verify", "total"} <= outcome.seconds.keys()
