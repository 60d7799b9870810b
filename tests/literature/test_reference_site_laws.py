"""Variants of the reference site under laws of a site: an outage, a security reserve; see the oracle's README."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import solve
from c4e_solvers import Reason
from tests.literature.reference_site import Document, case_of, oracle, present, site, variants

pytestmark = present

WEEK = np.datetime64("2025-01-01T00:00:00")


def cost(document: Document) -> float:
    outcome = solve(case_of(document))
    assert outcome.termination.reason is Reason.OPTIMAL
    assert outcome.objective is not None
    return outcome.objective


def hour(number: int) -> str:
    return f"{WEEK + np.timedelta64(number, 'h')}Z"


def expected(name: str) -> Any:
    return pytest.approx(variants()["expected"][name]["objective"], rel=1e-9)


def with_outage(**outage: Any) -> Document:
    """The week with loads that may be shed; from hour 60 to 107 the site is alone, with half of the CHP's power."""
    document, span = site(168), {"begin": hour(60), "end": hour(108)}
    parts = document["components"]
    power, heat = parts.pop("demand")
    parts["flexible_demand"] = [
        {**power, "shed_value_eur_per_mwh": 3000.0},
        {**heat, "shed_value_eur_per_mwh": 1000.0},
    ]
    parts["maintenance"] = [{"id": "half", "members": ["chp/chp"], "available_ratio": 0.5, **span}]
    parts["islanding"] = [{"id": "outage", "mode": "islanded", **span, **outage}]
    return document


def with_security_reserve(**law: Any) -> Document:
    """The week in which the battery must carry 60 % of the electric load of the next two hours."""
    document = site(168)
    rule = {"id": "secure", "members": ["battery/bat"], "duration_hours": 2.0, "critical_ratio": 0.6, "form": "energy"}
    document["components"]["islanding"] = [{**rule, **law}]
    return document


def test_two_days_without_the_network_cost_what_two_codes_found() -> None:
    """Variant V2: all connections of electricity, be they named or not, carry nothing."""
    assert cost(with_outage()) == expected("V2_outage_60_107_chp50")
    assert cost(with_outage(members=["grid_connection/grid"])) == expected("V2_outage_60_107_chp50")


def test_only_power_is_shed_and_only_in_the_outage() -> None:
    """The boiler makes all of the heat."""
    shed = solve(case_of(with_outage())).schedule_table.values("flexible_demand_shed_mw")
    assert shed[0, 60:108].sum() == pytest.approx(4.8847, abs=1e-3)
    assert shed[0].sum() == pytest.approx(shed[0, 60:108].sum())
    assert shed[1].max() < 1e-9


def test_a_week_with_a_security_reserve_costs_what_two_codes_found() -> None:
    """Variant V3; its battery is strong enough that power asks for nothing more."""
    assert cost(with_security_reserve()) == expected("V3_security_reserve_2h_60pct")
    load = oracle().profiles(168)["load_el"]
    assert oracle().P["bat_p"] > 0.6 * load.max()
    assert cost(with_security_reserve(form="both")) == expected("V3_security_reserve_2h_60pct")


def test_the_reserve_holds_in_every_hour_of_that_week() -> None:
    """The law of the variant, in kWh, straight from the answer."""
    table = solve(case_of(with_security_reserve())).schedule_table
    energy, load = table.values("battery_energy_mwh")[0] * 1000, oracle().profiles(168)["load_el"]
    wanted = [0.6 * load[t + 1 : t + 3].sum() for t in range(168)]
    slack = oracle().P["bat_eta_d"] * energy - wanted
    assert slack.min() > -1e-6
    assert np.sum(slack < 1e-6) > 5


def test_a_longer_outage_and_more_critical_load_cost_more() -> None:
    costs = [
        cost(with_security_reserve()),
        cost(with_security_reserve(critical_ratio=0.7)),
        cost(with_security_reserve(critical_ratio=0.7, duration_hours=2.5)),
    ]
    assert costs == sorted(costs)
    assert costs[0] < costs[2] - 1.0


def test_a_cap_on_emissions_and_the_price_that_it_is_worth_give_the_same_week() -> None:
    """Gas of 0.201 t/MWh: a week's emissions at a price of 50 EUR/t, as a cap, cost what the price made of it."""
    document = site(168)
    for connection, factor in zip(document["components"]["grid_connection"], (0.4, 0.201), strict=True):
        connection["emissions_t_per_mwh"] = factor
    free = solve(case_of(document))
    document["components"]["emission_budget"] = [{"id": "co2", "price_eur_per_t": 50.0}]
    priced = solve(case_of(document))
    tonnes = priced.schedule_table.values("emission_budget_emitted_t")[0, -1]
    assert priced.terms["emissions"] == pytest.approx(50.0 * tonnes)
    document["components"]["emission_budget"] = [{"id": "co2", "maximum_t": tonnes}]
    assert priced.objective is not None
    assert free.objective is not None
    capped = cost(document)
    assert capped == pytest.approx(priced.objective - 50.0 * tonnes, rel=1e-6)
    assert capped > free.objective + 1.0
