"""Violations planted into answers under laws of a site; see `test_planted_violations`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import c4e_opt
from c4e_opt import Case, Outcome
from c4e_opt.verify import verify
from tests.verify.test_planted_violations import Plant, Planted, busiest, law, number, price, term, to, up

# Budgets and shares that bind; all that they miss is paid for.
BUDGETS = """
name: budgets
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 4}
buses: [{id: e, site: here}, {id: f, site: there}]
components:
  grid_connection:
    - {id: grid, bus: e, import_max_mw: 9, export_max_mw: 9, import_price_eur_per_mwh: [10, 20, 60, 30],
       export_price_eur_per_mwh: 5, emissions_t_per_mwh: [0.5, 0.4, 0.3, 0.2]}
    - {id: other, bus: f, import_max_mw: 9, import_price_eur_per_mwh: 45, emissions_t_per_mwh: 0.1}
  generator: [{id: own, bus: e, power_max_mw: 3, cost_eur_per_mwh: 90}]
  renewable: [{id: pv, bus: e, available_mw: [0, 3, 3, 0]}]
  demand: [{id: town, bus: e, demand_mw: 1}, {id: village, bus: f, demand_mw: 0.5}]
  battery: [{id: cells, bus: e, charge_max_mw: 0.5, discharge_max_mw: 0.5, energy_max_mwh: 1, energy_start_mwh: 0.2}]
  tie: [{id: line, from_bus: e, to_bus: f, forward_max_mw: 0.3, backward_max_mw: 0.3, loss_ratio: 0.02}]
  energy_budget:
    - {id: soft, members: [grid_connection/grid], counted: into, maximum_mwh: 0.7, window: rolling, window_hours: 2,
       beyond_price_eur_per_mwh: 15}
    - {id: hard, members: [battery/*], counted: into, maximum_mwh: 0.4}
  emission_budget: [{id: co2, maximum_t: 0.5, price_eur_per_t: 7, beyond_price_eur_per_t: 20}]
  self_consumption:
    - {id: share, site: here, minimum_self_consumption_ratio: 0.7, minimum_autarky_ratio: 0.9,
       missed_price_eur_per_mwh: 25}
"""

# Reserve, islanding and who may run when.
ISLAND = """
name: island
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 5}
buses: [{id: e, site: here}]
components:
  grid_connection:
    - {id: grid, bus: e, import_max_mw: 9, import_price_eur_per_mwh: [50, 20, 80, 60, 10]}
  generator:
    - {id: engine, bus: e, power_max_mw: 1, cost_eur_per_mwh: 40, minimum_load_ratio: 0.3, start_cost_eur: 2}
    - {id: spare, bus: e, power_max_mw: 2, cost_eur_per_mwh: 200}
  renewable: [{id: pv, bus: e, available_mw: [0.2, 0.4, 0.6, 0.4, 0.2]}]
  demand: [{id: town, bus: e, demand_mw: [1, 1.2, 1.4, 1.2, 1]}]
  battery:
    - {id: cells, bus: e, charge_max_mw: 0.6, discharge_max_mw: 0.6, energy_max_mwh: 2, energy_start_mwh: 0.6,
       discharge_cost_eur_per_mwh: 2}
    - {id: packs, bus: e, charge_max_mw: 0.3, discharge_max_mw: 0.3, energy_max_mwh: 1, energy_start_mwh: 0.5,
       discharge_cost_eur_per_mwh: 2}
  reserve:
    - {id: spin, members: [battery/*, generator/engine], up_mw: 1.5, down_mw: 0.2, duration_hours: 0.5,
       missing_price_eur_per_mw_hour: 10}
  islanding:
    - {id: able, members: [battery/*, generator/engine, renewable/pv], critical_ratio: 0.9, duration_hours: 2,
       missing_price_eur_per_mwh: 12}
    - {id: cut, mode: islanded, begin: "2025-01-01T03:00Z", end: "2025-01-01T04:00Z"}
  exclusion: [{id: turns, members: [battery/cells, battery/packs, renewable/pv], most: 2}]
  maintenance:
    - {id: block, members: [generator/engine], hours: 1, begin: "2025-01-01T00:00Z", end: "2025-01-01T02:00Z"}
    - {id: half, members: [generator/spare], available_ratio: 0.25}
  must_run: [{id: warm, members: [generator/spare], power_min_mw: 0.1, begin: "2025-01-01T02:00Z"}]
"""


SITE_LAWS = (
    "energy_budget",
    "emission_budget",
    "self_consumption",
    "islanding",
    "exclusion",
    "maintenance",
    "must_run",
)


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Case, Outcome]]:
    found: dict[str, tuple[Case, Outcome]] = {}
    for text in (BUDGETS, ISLAND):
        path: Path = tmp_path_factory.mktemp("case") / "case.yaml"
        path.write_text(text, encoding="utf-8")
        case = c4e_opt.read_case(path)
        found[case.name] = case, c4e_opt.solve(case, c4e_opt.SolveOptions(gap=1e-9))
    return found


def more(kind: str, place: int = 0, **fields: Any) -> Plant:
    """Keep the answer and ask for more."""
    return law(kind, place, **fields)


PLANTED: Mapping[str, Planted] = {
    "an account that counts too little": Planted(
        "budgets",
        number("energy_budget_counted_mwh", (0, 2), up(-0.01)),
        ("energy_budget_account",),
        "energy_budget 'soft', 2025-01-01T02",
    ),
    "energy beyond a budget that is not told": Planted(
        "budgets",
        busiest("energy_budget_beyond_mwh", lambda old: 0.5 * old),
        ("energy_budget_beyond", "cost_budgets", "objective"),
    ),
    "energy beyond a budget where no window closes": Planted(
        "budgets",
        number("energy_budget_beyond_mwh", (1, 1), to(0.1)),
        ("energy_budget_beyond",),
        "energy_budget 'hard', 2025-01-01T01",
    ),
    "a smaller budget that may not be exceeded": Planted(
        "budgets", more("energy_budget", 1, maximum_mwh=0.3), ("energy_budget_beyond",), "energy_budget 'hard'"
    ),
    "a least energy that is not taken": Planted(
        "budgets", more("energy_budget", 1, minimum_mwh=0.45, maximum_mwh=0.5), ("energy_budget_beyond",), "'hard'"
    ),
    "a longer window": Planted("budgets", more("energy_budget", window_hours=3.0), ("energy_budget_beyond",), "'soft'"),
    "the other direction": Planted(
        "budgets",
        more("energy_budget", 1, counted="out_of"),
        ("energy_budget_account", "energy_budget_beyond"),
        "'hard'",
    ),
    "another window": Planted(
        "budgets", more("energy_budget", window="horizon", window_hours=None), ("energy_budget_beyond",), "'soft'"
    ),
    "other members": Planted(
        "budgets",
        more("energy_budget", 1, members=("battery/*", "renewable/pv")),
        ("energy_budget_account", "energy_budget_beyond"),
    ),
    "tonnes that are not counted": Planted(
        "budgets", number("emission_budget_emitted_t", (0, 3), up(-0.01)), ("emission_budget_account",)
    ),
    "tonnes beyond a smaller budget": Planted(
        "budgets", more("emission_budget", maximum_t=0.4), ("emission_budget_beyond",), "emission_budget 'co2'"
    ),
    "a higher price of tonnes": Planted(
        "budgets", more("emission_budget", price_eur_per_t=8.0), ("cost_emissions", "objective"), "emissions"
    ),
    "a higher factor": Planted(
        "budgets",
        more("grid_connection", 1, emissions_t_per_mwh=np.full(4, 0.2)),
        ("emission_budget_account", "emission_budget_beyond", "cost_emissions", "objective"),
    ),
    "a wrong term budgets": Planted("budgets", term("budgets", 0.01), ("cost_budgets",), "budgets"),
    "a higher share": Planted(
        "budgets",
        more("self_consumption", minimum_autarky_ratio=0.95),
        ("self_consumption_account", "self_consumption_beyond"),
        "self_consumption 'share'",
    ),
    "a share that is missed and not told": Planted(
        "budgets",
        busiest("self_consumption_missed_mwh", lambda old: 0.5 * old, row=1),
        ("self_consumption_beyond", "cost_budgets", "objective"),
    ),
    "reserve that is not there": Planted(
        "island",
        busiest("reserve_up_mw", up(0.9), row=2),
        ("reserve_headroom", "reserve_energy", "reserve_price"),
        "battery/packs",
    ),
    "more reserve that is wanted": Planted(
        "island", more("reserve", up_mw=np.full(5, 1.6)), ("reserve_required",), "reserve 'spin'"
    ),
    "reserve down below nothing": Planted(
        "island",
        number("reserve_up_mw", (0, 0), to(-0.1)),
        ("reserve_kept", "reserve_required", "reserve_opportunity"),
        "spin: ",
    ),
    "reserve that is missing for nothing": Planted(
        "island",
        more("reserve", missing_price_eur_per_mw_hour=None),
        ("reserve_missing", "cost_reserve", "objective"),
        "reserve 'spin'",
    ),
    "reserve that must last longer": Planted("island", more("reserve", duration_hours=4.0), ("reserve_energy",)),
    "fewer stores for an outage": Planted(
        "island",
        more("islanding", members=("battery/packs", "generator/engine", "renewable/pv")),
        ("islanding_survival_energy", "islanding_survival_power"),
        "islanding 'able', 2025-01-01T00",
    ),
    "more critical load": Planted(
        "island",
        more("islanding", critical_ratio=1.0),
        ("islanding_survival_energy", "islanding_from_stores"),
        "islanding 'able'",
    ),
    "more power on top": Planted(
        "island", more("islanding", reserve_ratio=0.9), ("islanding_survival_power",), "islanding 'able'"
    ),
    "what an outage leaves unserved, for nothing": Planted(
        "island",
        more("islanding", missing_price_eur_per_mwh=None),
        ("islanding_missing", "cost_islanding", "objective"),
        "islanding 'able'",
    ),
    "less from stores than critical loads need": Planted(
        "island", number("islanding_from_stores_mw", (0, 1), to(0.0)), ("islanding_from_stores",), "2025-01-01T01"
    ),
    "a longer cut": Planted(
        "island", more("islanding", 1, end=None), ("islanding_no_exchange",), "islanding 'cut', 2025-01-01T04"
    ),
    "too many at once": Planted("island", more("exclusion", most=1), ("exclusion_most",), "exclusion 'turns'"),
    "a component that runs without its mark": Planted(
        "island", busiest("exclusion_running", to(0.0), row=0), ("exclusion_running",), "renewable/pv"
    ),
    "half a mark": Planted(
        "island", busiest("exclusion_running", to(0.5), row=0), ("integrality",), "exclusion: running, place 0"
    ),
    "a block that begins twice": Planted(
        "island",
        busiest("maintenance_beginning", lambda old: 1.0 - old, row=1),
        ("maintenance_block",),
        "maintenance 'half'",
    ),
    "a block outside its span": Planted(
        "island", more("maintenance", begin=1_735_696_800, end=None), ("maintenance_block",), "maintenance 'block'"
    ),
    "a longer block": Planted(
        "island",
        more("maintenance", hours=2.0, end=None),
        ("maintenance_limit", "maintenance_on"),
        "block: generator/engine",
    ),
    "more power than is left": Planted(
        "island", more("maintenance", 1, available_ratio=0.01), ("maintenance_limit",), "half: generator/spare"
    ),
    "too little power where it must run": Planted(
        "island", more("must_run", power_min_mw=np.full(5, 0.6)), ("must_run_least_power",), "warm: generator/spare"
    ),
    "an earlier begin of the must-run": Planted(
        "island", more("must_run", begin=None), ("must_run_least_power",), "warm: generator/spare, 2025-01-01T0"
    ),
}


@pytest.mark.parametrize("case", ["budgets", "island"])
def test_the_answers_fulfil_every_law(case: str, answered: Mapping[str, tuple[Case, Outcome]]) -> None:
    certificate = verify(*answered[case])
    assert certificate.holds, certificate.broken


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_named(name: str, answered: Mapping[str, tuple[Case, Outcome]]) -> None:
    planted = PLANTED[name]
    certificate = verify(*planted.plant(*answered[planted.case]))
    broken = {residual.law: residual for residual in certificate.broken}
    assert set(broken) == set(planted.broken)
    assert planted.where in broken[planted.broken[0]].where


def test_every_law_of_a_site_is_broken_by_some_planted_violation(
    answered: Mapping[str, tuple[Case, Outcome]],
) -> None:
    checked = {residual.law for each in answered.values() for residual in verify(*each).residuals}
    mine = {law for law in checked if law.removeprefix("cost_").startswith((*SITE_LAWS, "budgets", "emissions"))}
    planted = {law for each in PLANTED.values() for law in each.broken}
    assert mine <= planted, mine - planted


def test_prices_of_what_no_law_binds_are_still_judged(answered: Mapping[str, tuple[Case, Outcome]]) -> None:
    """The generator under maintenance may regret, the tie without a law may not: its bus has another price."""
    case, outcome = answered["budgets"]
    law_free = {kind: records for kind, records in case.components.items() if kind in ("tie", "demand")}
    assert law_free
    broken = {residual.law for residual in verify(*price(1, 1, 3.0)(case, outcome)).broken}
    assert broken == set()  # every component at the bus is bound by a law
    (note,) = [each.where for each in verify(case, outcome).residuals if each.law == "prices_not_judged"]
    assert note.startswith("grid_connection/grid (energy_budget), battery/cells (energy_budget), grid_connection/other")
    assert note.endswith("and 2 more")


def test_a_law_takes_nothing_from_the_laws_on_prices_of_others() -> None:
    """A budget on one connection; the other one, and the battery, are held to their prices."""
    text = (
        BUDGETS.split("  energy_budget:")[0]
        + "  energy_budget: [{id: b, members: [grid_connection/other], maximum_mwh: 1}]"
    )
    import yaml

    from c4e_opt.case.build import Builder

    case = Builder(yaml.safe_load(text), {}).case()
    outcome = c4e_opt.solve(case)
    broken = {residual.law for residual in verify(*price(0, 0, 3.0)(case, outcome)).broken}
    assert "grid_connection_import_price" in broken
    assert "grid_connection_import_price" not in {
        residual.law for residual in verify(*price(1, 0, 3.0)(case, outcome)).broken
    }
