"""Dues: what parties owe each other besides energy: demand charges, missing energy, demand response, reserve.

The price of a bus holds what one more MW there costs, demand charges included, so the operator collects them in the
rents of the connection and pays them on: the owner of the connection gets what is billed, in the last step of the
billing period; what a contract misses comes in the last step of the horizon. The owner of a load gets the reward of an
event, less its penalty, step by step. Where prices bring in more than is due, as with tiers that rise, or less, as with
contracts, rewards and a commitment that is fixed, the difference stays with the operator.

Who keeps reserve is paid its price and those of all reserves for which it counts, step by step; the buyer of a reserve
pays its price for all that counts for it, unless the operator does. Both are the same sum, cents aside.

What participants are paid besides prices so that they lose nothing, or by the price rule itself, comes in the last
step of the horizon, from the operator or from those who take energy (`uplift_payments`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed
from c4e_opt.local_time import local_time
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import contracts, reserve_payments, uplift_payments
from c4e_opt.settlement.statement import Purpose

_EVENT_KINDS = ("flexible_demand", "interruptible_load")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An amount that the owner of a component receives from the operator, or gives where it is negative."""

    owner: str
    component: str  # "<kind>/<id>"
    bus: str
    step: int
    purpose: Purpose
    amount: Fraction  # exact, in the currency


def dues(case: Case, outcome: Outcome) -> list[Due]:
    """Everything that is owed besides energy, in the order of the case.

    Raises:
        CertificateFailed: The outcome does not say what is billed or rewarded.
    """
    return [
        *_charges(case, outcome),
        *_contracts(case, outcome),
        *_events(case, outcome),
        *_reserves(case, outcome),
        *_bilateral(case, outcome),
        *_uplift(case, outcome),
    ]


def _charges(case: Case, outcome: Outcome) -> Iterator[Due]:
    connections = case.components.get("grid_connection", ())
    if not any(connection.demand_charges for connection in connections):
        return
    clock = local_time(case.horizon)
    begins = {"day": clock.date, "month": clock.month}
    labels, billed_mw = _answer(outcome, "grid_connection_billed_mw", "billed_period")
    billed = dict(zip(labels, billed_mw.tolist(), strict=True))
    for connection in connections:
        for place, charge in enumerate(connection.demand_charges, start=1):
            periods = begins.get(charge.period)
            names = ["horizon"] * case.horizon.steps if periods is None else [str(each) for each in periods]
            for step, period in enumerate(names):
                if step + 1 == len(names) or names[step + 1] != period:  # the last step of the period
                    power = billed[f"{connection.id}/{charge.name or place}/{period}"]
                    amount = _tiered(charge, Fraction(power))
                    yield _due(case, "grid_connection", connection, step, Purpose.DEMAND_CHARGE, amount)


def _tiered(charge: Any, power: Fraction) -> Fraction:
    """What a power costs, tier by tier."""
    limits = [Fraction(0), *(Fraction(tier.above_mw) for tier in charge.tiers)]
    prices = [Fraction(charge.price_eur_per_mw), *(Fraction(tier.price_eur_per_mw) for tier in charge.tiers)]
    total = Fraction(0)
    for place, price in enumerate(prices):
        upper = min(power, limits[place + 1]) if place + 1 < len(limits) else power
        total += price * max(upper - limits[place], Fraction(0))
    return total


def _contracts(case: Case, outcome: Outcome) -> Iterator[Due]:
    wanted = [each for each in case.components.get("grid_connection", ()) if each.energy_min_mwh > 0]
    if not wanted:
        return
    labels, shortfall = _answer(outcome, "grid_connection_shortfall_mwh", "grid_connection")
    missing = dict(zip(labels, shortfall.tolist(), strict=True))
    for each in wanted:
        amount = Fraction(missing[each.id]) * Fraction(each.shortfall_price_eur_per_mwh)
        yield _due(case, "grid_connection", each, case.horizon.steps - 1, Purpose.TAKE_OR_PAY, amount)


def _events(case: Case, outcome: Outcome) -> Iterator[Due]:
    starts, ends = case.horizon.starts, case.horizon.ends
    seconds = case.horizon.step_seconds.tolist()
    for kind in _EVENT_KINDS:
        loads = case.components.get(kind, ())
        if not any(load.events for load in loads):
            continue
        labels, rewarded = _answer(outcome, f"{kind}_rewarded_mw", f"{kind}_event")
        rows = dict(zip(labels, rewarded, strict=True))
        for load in loads:
            for place, event in enumerate(load.events, start=1):
                reward, penalty = Fraction(event.reward_eur_per_mwh), Fraction(event.penalty_eur_per_mwh)
                for step in np.flatnonzero((starts >= event.begin) & (ends <= event.end)).tolist():
                    given = Fraction(float(rows[f"{load.id}/{place}"][step]))
                    worth = given * reward - (Fraction(event.committed_mw) - given) * penalty
                    amount = worth * Fraction(seconds[step], 3600)
                    yield _due(case, kind, load, step, Purpose.DEMAND_RESPONSE, amount)


def _reserves(case: Case, outcome: Outcome) -> Iterator[Due]:
    """What providers of reserve get, and what buyers give."""
    for payment in reserve_payments.payments(case, outcome):
        owner, component, bus, step, amount = payment
        yield Due(owner=owner, component=component, bus=bus, step=step, purpose=Purpose.RESERVE, amount=amount)


def _bilateral(case: Case, outcome: Outcome) -> Iterator[Due]:
    """What both sides of a contract and its broker get; see `contracts`."""
    for each, side, step, purpose, amount in contracts.payments(case, outcome):
        component = f"contract/{each.id}/{side}"
        owner = contracts.party(case, each, side)
        yield Due(owner=owner, component=component, bus=each.bus, step=step, purpose=purpose, amount=amount)


def _uplift(case: Case, outcome: Outcome) -> Iterator[Due]:
    """What participants get besides prices, and what those give who bear it."""
    for owner, component, bus, step, amount in uplift_payments.payments(case, outcome):
        yield Due(owner=owner, component=component, bus=bus, step=step, purpose=Purpose.UPLIFT, amount=amount)
    for owner, component, bus, step, amount in uplift_payments.shares(case, outcome):
        yield Due(owner=owner, component=component, bus=bus, step=step, purpose=Purpose.UPLIFT_SHARE, amount=amount)


def _due(case: Case, kind: str, record: Any, step: int, purpose: Purpose, amount: Fraction) -> Due:
    return Due(
        owner=record.owner or case.policy.operator,
        component=f"{kind}/{record.id}",
        bus=record.bus,
        step=step,
        purpose=purpose,
        amount=amount,
    )


def _answer(outcome: Outcome, name: str, axis: str) -> tuple[list[str], FloatArray]:
    """A quantity of the schedule and the labels of its first axis."""
    table = outcome.schedule_table
    if name not in table.quantities:
        raise CertificateFailed(f"the outcome has no {name}, by which parties owe each other")
    values = table.values(name)
    if not np.isfinite(values).all():
        raise CertificateFailed(f"{name}: {int((~np.isfinite(values)).sum())} numbers are not finite")
    return table.labels[axis].tolist(), values
