"""Energy budget: how much energy components may, or must, give or take within windows of time.

Variables, for every budget b and step t:
    counted_mwh[b, t]   energy counted from the start of the horizon to the END of step t
    beyond_mwh[b, t]    energy beyond a limit in the window that closes with the step, 0 <= . ; of budgets with a price

Constraints, for every window that closes with step t, see `laws.windows`:
    account_balance[b, t]   counted_mwh[t] = counted_mwh[t-1] + power[t] * hours[t]
    maximum_energy[b, t]    energy of the window <= maximum_mwh + beyond_mwh
    minimum_energy[b, t]    energy of the window >= minimum_mwh - beyond_mwh

power is the sum over the members' ports at buses of the carrier: of what they give less what they take (net), of what
they give (into the buses), or of what they take (out of the buses).

Objective, term `budgets`: price * beyond_mwh.

Without members it counts the grid connections, which is what crosses the border of a site: everything else at a bus
sums to the opposite of it.

Not modelled: accepted orders are not counted; one direction of stores that charge and discharge in one step.
Source: definition of a budget; the limit of type "operational_limit" of PyPSA has this form over the whole horizon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, fleet, scalars
from c4e_opt.fields import choice, identity, names, number, record, text
from c4e_opt.issues import Issue
from c4e_opt.laws import windows
from c4e_opt.laws.checks import check_carrier, check_directions, check_losses, check_members, check_ports
from c4e_opt.laws.surroundings import Surroundings, one_way, total
from c4e_opt.laws.windows import Windowed
from c4e_opt.program import Linear, Room

#: Who is counted where a budget names nobody.
_UNNAMED = ("grid_connection/*",)


@record
class EnergyBudget(Windowed):
    """A limit on the energy of components within windows of time."""

    id: str = identity(doc="Name of the budget.")
    members: tuple[str, ...] = names(doc="Components, kind/id or kind/*; every grid connection when empty.")
    site: str = text(doc="Only ports at buses of this site; of every site when empty.")
    carrier: str = text(default="electricity", doc="Only ports at buses of this carrier.")
    counted: str = choice(
        "net", "into", "out_of", default="net", doc="What counts: net power into the buses, or one direction alone."
    )
    minimum_mwh: Any = number(unit="MWh", default=None, doc="Least energy in every window; any when absent.")
    maximum_mwh: Any = number(unit="MWh", default=None, doc="Most energy in every window; any when absent.")
    beyond_price_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=None, doc="Price of every MWh beyond the limits; forbidden when absent."
    )


def check(path: str, budget: EnergyBudget, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one budget."""
    yield from check_members(path, budget, context)
    yield from check_carrier(path, budget, context)
    yield from check_ports(path, budget, context)
    yield from windows.check(path, budget, context)
    yield from windows.check_limits(path, budget, "minimum_mwh", "maximum_mwh", "MWh", context)
    if budget.counted != "net":
        yield from check_directions(path, _named(budget), context, both_ways=False)
        yield from check_losses(path, _named(budget), context)


def _named(budget: EnergyBudget) -> EnergyBudget:
    """The budget with the members that it counts where it names nobody."""
    return budget if budget.members else replace(budget, members=_UNNAMED)


def formulate(room: Room, budgets: Sequence[EnergyBudget], horizon: Horizon, around: Surroundings) -> Terms:
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
    grown = windows.account(
        room, "counted_mwh", over, _power(budgets, room, around, over), spans, doc="energy counted since the start"
    )
    price = scalars(budgets, "beyond_price_eur_per_mwh")
    beyond = room.variable(
        "beyond_mwh", over, doc="energy beyond the limits of the window", present=spans.closes & ~np.isnan(price)
    )
    least, most = scalars(budgets, "minimum_mwh"), scalars(budgets, "maximum_mwh")
    room.at_most("maximum_energy", grown - beyond, np.nan_to_num(most), present=spans.closes & ~np.isnan(most))
    room.at_least("minimum_energy", grown + beyond, np.nan_to_num(least), present=spans.closes & ~np.isnan(least))
    room.minimise("budgets", beyond * np.nan_to_num(price))
    return Terms(injections=())


def _power(budgets: Sequence[EnergyBudget], room: Room, around: Surroundings, over: tuple[Axis, Axis]) -> Linear:
    """The power that budgets count, (budget, time)."""
    named = [_named(budget) for budget in budgets]
    counted = np.array([each.counted for each in budgets])[:, None]
    sums: list[Linear] = []
    for carrier in dict.fromkeys(each.carrier for each in budgets):
        of_carrier = np.array([each.carrier == carrier for each in budgets])[:, None]
        for ports in around.ports(carrier):
            bound = ports.bound(named) & of_carrier
            if not bound.any():
                continue
            sums.append(total(over, [(bound & (counted == "net"), ports.power_mw)]))
            if (bound & (counted != "net")).any():
                given, taken = one_way(ports, room.program, around.terms[ports.kind])
                sums.append(total(over, [(bound & (counted == "into"), given), (bound & (counted == "out_of"), taken)]))
    return Linear.total(over, sums)
