"""What windows must not forget at a seam: limits that change over time, ramps between unlike steps, shifts, outages."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.case.build import Builder
from c4e_opt.coordination.redispatch import Redispatch
from c4e_opt.coordination.rolling import RollOptions, roll


def case_of(minutes: list[int], components: str) -> Case:
    document: dict[str, Any] = {
        "name": "seams",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": minutes},
        "buses": [{"id": "b", "site": "s"}],
        "components": yaml.safe_load(components),
    }
    return Builder(document, {}).case()


# 0 MWh are wanted in two cheap hours, then 2 MWh in each of two dear ones; the store must be all but empty at the end.
SHRINKING = """
grid_connection: [{id: g, bus: b, import_max_mw: 10, import_price_eur_per_mwh: [1, 1, 100, 100]}]
demand: [{id: d, bus: b, demand_mw: [0, 0, 2, 2]}]
store:
  - {id: s, bus: b, charge_max_mw: 10, discharge_max_mw: 10, energy_max_mwh: [4, 4, 4, 1], energy_start_mwh: 0}
"""


def test_a_store_keeps_what_it_holds_though_it_may_hold_less_later():
    # 4 MWh are bought at 1 and serve both dear hours.
    case = case_of([60] * 4, SHRINKING)
    rolled = roll(case, RollOptions(keep_hours=2, look_hours=4))
    assert rolled.outcome.objective == pytest.approx(4.0)
    live = Redispatch(case, look_hours=4)
    assert live.dispatch(0).objective == pytest.approx(4.0)
    assert live.dispatch(2).objective == pytest.approx(0.0)


def test_a_plant_keeps_its_rated_power_in_windows_in_which_it_may_give_less():
    # Rated 4 MW it rises by 1 MW an hour, so that it gives 1, 1, 1, 2, 3, 4 MW; 2 + 1 MWh are bought at 100.
    plant = """
grid_connection: [{id: g, bus: b, import_max_mw: 10, import_price_eur_per_mwh: 100}]
demand: [{id: d, bus: b, demand_mw: [1, 1, 1, 4, 4, 4]}]
generator:
  - {id: u, bus: b, power_max_mw: [1, 1, 1, 4, 4, 4], ramp_up_ratio_per_hour: 0.25, load_initially_ratio: 0}
"""
    case = case_of([60] * 6, plant)
    assert solve(case).objective == pytest.approx(300.0)
    assert roll(case, RollOptions(keep_hours=2, look_hours=3)).outcome.objective == pytest.approx(300.0)


def test_a_plant_that_takes_power_carries_its_load():
    # Its load rises by 1 MW an hour from 0; it earns 8 per MWh. At a price of 1 it takes 1, 2 and 3 MW: 6 MWh
    # earn 42.
    sink = """
grid_connection: [{id: g, bus: b, import_max_mw: 10, import_price_eur_per_mwh: 1}]
generator:
  - {id: u, bus: b, power_max_mw: 0, power_min_mw: -4, cost_eur_per_mwh: 8, stop_cost_eur: 99,
     ramp_up_ratio_per_hour: 0.25, ramp_down_ratio_per_hour: 0.25, on_initially: true, load_initially_ratio: 0}
"""
    case = case_of([60] * 3, sink)
    assert roll(case, RollOptions(keep_hours=1, look_hours=3)).outcome.objective == pytest.approx(-42.0)


@pytest.mark.parametrize(
    "source",
    [
        "grid_connection: [{id: g, bus: b, import_max_mw: 9, import_price_eur_per_mwh: 10, ramp_max_mw_per_hour: 1}]",
        "generator: [{id: g, bus: b, power_max_mw: 10, cost_eur_per_mwh: 10, ramp_up_ratio_per_hour: 0.1}]",
    ],
)
def test_a_ramp_crosses_a_seam_between_steps_of_different_lengths(source: str):
    # Nothing at all is given in the quarter hours; the hours give 0.625 and 1.625 MW of 5 and 5, the rest is shed at
    # 100: 775 + 22.5.
    load = "flexible_demand: [{id: d, bus: b, demand_mw: [0, 0, 5, 5], shed_value_eur_per_mwh: 100}]"
    case = case_of([15, 15, 60, 60], f"{source}\n{load}")
    assert roll(case, RollOptions(keep_hours=0.5, look_hours=1.5)).outcome.objective == pytest.approx(797.5)


def test_a_dispatch_does_not_forget_what_was_shifted_before():
    # Everything waits for the cheap last hour; a dispatch in between would owe nothing of it.
    shifting = """
grid_connection: [{id: g, bus: b, import_max_mw: 10, import_price_eur_per_mwh: [100, 100, 100, 1, 100]}]
flexible_demand:
  - {id: d, bus: b, demand_mw: 1, shed_value_eur_per_mwh: 1000, shift_max_mw: 3, shift_window_hours: 4}
"""
    live = Redispatch(case_of([60] * 5, shifting))
    live.dispatch(0)
    with pytest.raises(InvalidInput, match="flexible_demand 'd', which shifts energy"):
        live.dispatch(1)
    live.dispatch(4)


def test_a_window_looks_as_far_as_an_outage_after_its_kept_steps_would_last():
    site = """
grid_connection:
  - {id: g, bus: b, import_max_mw: 10, import_price_eur_per_mwh: [50, 10, 60, 10, 60, 20], export_max_mw: 3,
     export_price_eur_per_mwh: [40, 5, 50, 5, 50, 10]}
demand: [{id: d, bus: b, demand_mw: 1}]
battery: [{id: s, bus: b, charge_max_mw: 2, discharge_max_mw: 2, energy_max_mwh: 4, energy_start_mwh: 3}]
islanding: [{id: able, site: s, duration_hours: 2, critical_ratio: 0.8}]
"""
    rolled = roll(case_of([60] * 6, site), RollOptions(keep_hours=2, look_hours=2))
    assert rolled.outcome.certificate is not None
    assert rolled.outcome.certificate.holds
