"""What must hold for every market for energy and reserve, whatever its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from c4e_opt import Case, Outcome, settle, solve
from c4e_opt.laws.reserve import Reserve
from tests.reference.reserve_markets import market

SEEDS = st.integers(0, 2**31 - 1)
#: A change of a requirement so small that mostly nothing but amounts changes with it.
SMALL = 1e-5


def cost(case: Case) -> float:
    outcome = solve(case)
    assert outcome.objective is not None
    return outcome.objective


def wanting(case: Case, row: int, way: str, step: int, more: float) -> Case:
    """The same case with a little more wanted in one step."""
    reserves = list(case.of(Reserve))
    wanted = np.array(getattr(reserves[row], f"{way}_mw") * np.ones(case.horizon.steps))
    wanted[step] += more
    change: dict[str, Any] = {f"{way}_mw": wanted}
    reserves[row] = replace(reserves[row], **change)
    return replace(case, components={**case.components, "reserve": tuple(reserves)})


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS)
def test_one_more_megawatt_costs_its_price_and_one_less_saves_it(seed: int) -> None:
    """Between what one less saves and what one more costs; in most cases they are the same."""
    case = market(seed)
    outcome = solve(case)
    row, step, way = seed % len(case.of(Reserve)), seed % case.horizon.steps, ("up", "down")[seed // 7 % 2]
    wanted = getattr(case.of(Reserve)[row], f"{way}_mw")
    assume(float(np.broadcast_to(wanted, case.horizon.steps)[step]) > SMALL)
    price = outcome.price_table.values(f"reserve_{way}_price_eur_per_mw_hour")[row, step]
    change = SMALL * float(case.horizon.hours[step])
    assert outcome.objective is not None
    saved = (outcome.objective - cost(wanting(case, row, way, step, -SMALL))) / change
    spent = (cost(wanting(case, row, way, step, SMALL)) - outcome.objective) / change
    assert saved - 1e-3 <= price <= spent + 1e-3


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS)
def test_no_megawatt_is_kept_twice(seed: int) -> None:
    """What a generator gives and keeps up is never more than it has, what it keeps down never more than it gives."""
    case = market(seed)
    outcome = solve(case)
    for name, plant in {each.id: each for each in case.components["generator"]}.items():
        power = of(outcome, "generator_power_mw", name)[0]
        up = of(outcome, "reserve_up_mw", f": generator/{name}").sum(axis=0)
        down = of(outcome, "reserve_down_mw", f": generator/{name}").sum(axis=0)
        assert (power + up <= plant.power_max_mw + 1e-6).all()
        assert (power - down >= -1e-6).all()


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS)
def test_what_providers_get_is_what_buyers_give(seed: int) -> None:
    """To the cent for every line of a provider or a buyer, and together to nothing."""
    case = market(seed)
    reserves = tuple(replace(each, buyer="q") for each in case.of(Reserve))
    case = replace(case, components={**case.components, "reserve": reserves})
    statement = settle(case, solve(case))
    lines = [line for line in statement.lines() if line.purpose.value == "reserve"]
    assert abs(sum(line.amount for line in lines)) <= 0.5 * len(lines)
    assert sum(line.amount for line in statement.lines() if statement.assets[0].id == line.asset) == 0


def of(outcome: Outcome, name: str, ends: str) -> Any:
    """The rows of a quantity whose labels end so."""
    table = outcome.schedule_table
    labels = table.labels[table.quantities[name].axes[0]].tolist()
    return table.values(name)[[row for row, label in enumerate(labels) if label.endswith(ends)]]
