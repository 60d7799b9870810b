"""Emission budget: how much CO2 components may let out within windows of time, and what every tonne costs.

Variables, for every budget b and step t:
    emitted_t[b, t]   tonnes let out from the start of the horizon to the END of step t
    beyond_t[b, t]    tonnes beyond a limit in the window that closes with the step, 0 <= . ; of budgets with a price

Constraints, for every window that closes with step t, see `laws.windows`:
    account_balance[b, t]     emitted_t[t] = emitted_t[t-1] + rate[t] * hours[t]
    maximum_emissions[b, t]   emissions of the window <= maximum_t + beyond_t
    minimum_emissions[b, t]   emissions of the window >= minimum_t - beyond_t

rate is the sum of what the members let out per hour: emission factor times power, of grid connections (the supply
mix, or the carbon of a fuel), and of every other kind that declares a factor. Fuel that is bought through a grid
connection with a factor is counted there, and needs none where it is burnt.

Objective, term `emissions`: price_eur_per_t * rate * hours; term `budgets`: beyond_price * beyond_t.

Not modelled: accepted orders carry no emissions; carbon that is in store before the first step or after the last.
Source: the limit of type "primary_energy" of PyPSA (`define_primary_energy_limit`), with weights of steps as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, fleet, scalars
from c4e_opt.fields import identity, names, number, record, text
from c4e_opt.issues import Issue
from c4e_opt.laws import windows
from c4e_opt.laws.checks import check_members
from c4e_opt.laws.surroundings import Surroundings, total
from c4e_opt.laws.windows import Windowed
from c4e_opt.program import Linear, Room


@record
class EmissionBudget(Windowed):
    """A limit on emissions within windows of time, or a price of them."""

    id: str = identity(doc="Name of the budget.")
    members: tuple[str, ...] = names(doc="Components, kind/id or kind/*; all that let out CO2 when empty.")
    site: str = text(doc="Only components at this site; at every site when empty.")
    minimum_t: Any = number(unit="t", default=None, doc="Least emissions in every window; any when absent.")
    maximum_t: Any = number(unit="t", default=None, doc="Most emissions in every window; any when absent.")
    price_eur_per_t: Any = number(unit="EUR/t", default=0.0, doc="Cost of every tonne let out.")
    beyond_price_eur_per_t: Any = number(
        unit="EUR/t", minimum=0, default=None, doc="Price of every tonne beyond the limits; forbidden when absent."
    )


def check(path: str, budget: EmissionBudget, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one budget."""
    yield from check_members(path, budget, context)
    yield from windows.check(path, budget, context)
    if not budget.price_eur_per_t:
        yield from windows.check_limits(path, budget, "minimum_t", "maximum_t", "t", context)


def formulate(room: Room, budgets: Sequence[EmissionBudget], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the variables and laws of all budgets at once.

    Args:
        room: The room to write into.
        budgets: Checked records; their order is the order of the axis.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    over = (fleet(room.kind, budgets), horizon.axis)
    spans = windows.of(budgets, horizon)
    rate = _rate(budgets, around, over)
    grown = windows.account(room, "emitted_t", over, rate, spans, doc="CO2 let out since the start")
    price = scalars(budgets, "beyond_price_eur_per_t")
    beyond = room.variable(
        "beyond_t", over, doc="CO2 beyond the limits of the window", present=spans.closes & ~np.isnan(price)
    )
    least, most = scalars(budgets, "minimum_t"), scalars(budgets, "maximum_t")
    room.at_most("maximum_emissions", grown - beyond, np.nan_to_num(most), present=spans.closes & ~np.isnan(most))
    room.at_least("minimum_emissions", grown + beyond, np.nan_to_num(least), present=spans.closes & ~np.isnan(least))
    room.minimise("budgets", beyond * np.nan_to_num(price))
    paid = scalars(budgets, "price_eur_per_t")
    if paid.any():
        room.minimise("emissions", rate * (paid * horizon.cost_hours))
    return Terms(injections=())


def _rate(budgets: Sequence[EmissionBudget], around: Surroundings, over: tuple[Axis, Axis]) -> Linear:
    """What the members let out per hour, (budget, time)."""
    return total(
        over,
        (
            (around.bound(kind, budgets), terms.emissions_t_per_hour)
            for kind, terms in around.terms.items()
            if terms.emissions_t_per_hour is not None
        ),
    ).nonzero()
