"""Random sites with a small grid: what is solved is verified, settles, and does not depend on how it is written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from c4e_opt import Case, SolveOptions, solve
from c4e_opt.case import KINDS
from c4e_opt.settlement import batch_of, settle
from tests.properties.generators import Shape, case_of, document

EXACT = SolveOptions(gap=0.0)
SHAPES = [Shape(grid=True), Shape(grid=True, negative=True), Shape(grid=True, commitment=True, laws=True, steps=3)]


def angles(case: Case) -> Case:
    """The same without outages, by angles, and what it is compared with."""
    kept = {kind: records for kind, records in case.components.items() if kind != "contingency"}
    return replace(case, components=kept, policy=replace(case.policy, dc_formulation="angles"))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(5))
def test_a_random_site_with_a_grid_is_solved_alike_in_both_formulations(seed: int, shape: Shape) -> None:
    case = case_of(document(seed, shape))
    outcome = solve(case, EXACT)
    batch_of(settle(case, outcome)).check()
    written = angles(case)
    lazy = replace(written, policy=replace(written.policy, dc_formulation="lazy"))
    one, other = solve(written, EXACT), solve(lazy, EXACT)
    assert one.objective == pytest.approx(other.objective, rel=1e-7, abs=1e-6)


def lossy(case: Case, seed: int) -> Case:
    """The same on a base of 1 MVA, with resistances by the seed, so that lines lose some percent."""
    rng, kept = np.random.default_rng(seed), angles(case)
    lines = tuple(replace(line, resistance_pu=float(rng.uniform(0.0, 0.1))) for line in kept.components["line"])
    policy = replace(kept.policy, base_mva=1.0, losses="iterated", dc_formulation="lazy")
    return replace(kept, components={**kept.components, "line": lines}, policy=policy)


def with_demand(case: Case, bus: str, step: int, power_mw: float) -> Case:
    """The same with a demand of 50 kW at a bus, and another power of it in one step."""
    power = np.full(case.horizon.steps, 0.05)
    power[step] = power_mw
    more = KINDS["demand"](id="probe", bus=bus, demand_mw=power)
    return replace(case, components={**case.components, "demand": (*case.components.get("demand", ()), more)})


@pytest.mark.parametrize("seed", range(6))
def test_a_random_grid_that_loses_power_is_verified_and_its_prices_are_those_of_more_demand(seed: int) -> None:
    """The cost is convex in demand: a price lies between what less saves and what more costs, 100 W either way."""
    written, small = lossy(case_of(document(seed, Shape(grid=True))), seed), 1e-4
    for bus, step in (("m1", 0), ("m3", written.horizon.steps - 1)):
        less, outcome, more = (
            solve(with_demand(written, bus, step, 0.05 + change), EXACT) for change in (-small, 0.0, small)
        )
        assert outcome.certificate is not None
        assert outcome.certificate.holds
        assert outcome.schedule_table.values("line_loss_mw").max() > 1e-3
        table, cost = outcome.price_table, [each.objective or np.nan for each in (less, outcome, more)]
        place = table.labels["bus"].tolist().index(bus)
        price = table.values("price_eur_per_mwh")[place, step] * written.horizon.cost_hours[step]
        saved, costs = np.diff(cost) / small
        assert saved - 0.01 <= price <= costs + 0.01


@pytest.mark.parametrize("seed", range(3))
def test_units_of_the_writer_change_nothing(seed: int) -> None:
    one, other = (case_of(document(seed, Shape(grid=True), kilo=kilo)) for kilo in (False, True))
    assert solve(one, EXACT).objective == pytest.approx(solve(other, EXACT).objective, rel=1e-9)
