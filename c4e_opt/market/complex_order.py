"""Complex order: step orders of one party that are accepted together, or not at all, under conditions of income.

Variables, for every complex order c:
    active[c]            1 if its orders may be accepted, 0 otherwise; only where it has an income condition or a
                         least power

Constraints, for every complex order c, its orders o and step t:
    member[o]            accepted_mwh <= energy_mwh * active, except in a scheduled stop
    power_min[c, t]      sum of accepted_mwh / hours of its orders >= power_min_mw * active
    gradient_up[c, t]    sum of accepted_mwh / hours rises from one step to the next by at most
    gradient_down[c, t]  ramp_up_mw_per_hour * hours, and falls by at most ramp_down_mw_per_hour * hours

Objective, term `complex_order_fixed`: fixed_eur * active of scalable complex orders.

Income conditions, which the clearing keeps (`clearing.european`), of a seller, with prices p and accepted energies q:
    minimum_income   sum of p * q >= fixed_eur + variable_eur_per_mwh * sum of q; fixed_eur is no cost of the welfare
    scalable         sum of (p - price) * q >= fixed_eur; fixed_eur is a cost of the welfare
A buyer pays no more than that: sum of p * q <= -fixed_eur + variable * sum of q (maximum payment).

Scheduled stop: of a complex order that is not active, the cheapest order of each of the first scheduled_stop_steps
steps (of a buyer the dearest) may still be accepted.

Source: EUPHEMIA public description (NEMO committee), sections on complex and scalable complex orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import profiles
from c4e_opt.fields import choice, count, identity, number, record, series
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import OrderBook
from c4e_opt.program import Linear, Room


@record
class ComplexOrder:
    """Conditions over step orders that name it."""

    id: str = identity(doc="Name of the complex order; orders name it in their column complex_order.")
    condition: str = choice(
        "none",
        "minimum_income",
        "scalable",
        default="none",
        doc="Condition of income: none; what is earned covers the fixed and the variable term; what is earned beyond "
        "the prices of its orders covers the fixed term, which counts in the welfare.",
    )
    fixed_eur: Any = number(unit="EUR", minimum=0, default=0.0, doc="Fixed term of the condition.")
    variable_eur_per_mwh: Any = number(
        unit="EUR/MWh", default=0.0, doc="Variable term of a minimum income, per MWh accepted."
    )
    power_min_mw: FloatArray = series(
        unit="MW", minimum=0, default=0.0, doc="Least power of its orders together, while it is active."
    )
    ramp_up_mw_per_hour: Any = number(
        unit="MW/h", minimum=0, default=None, doc="How fast its power may rise from step to step (load gradient)."
    )
    ramp_down_mw_per_hour: Any = number(unit="MW/h", minimum=0, default=None, doc="How fast it may fall.")
    scheduled_stop_steps: int = count(
        default=0, doc="First steps in which its best order may be accepted although the complex order is not."
    )


def check(path: str, order: ComplexOrder, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one complex order."""
    if order.condition == "none" and (order.fixed_eur or order.variable_eur_per_mwh):
        message = "is none, but a fixed or variable term is given; choose minimum_income or scalable"
        yield Issue(f"{path}.condition", "choice", message)
    if order.condition == "scalable" and order.variable_eur_per_mwh:
        message = f"is {order.variable_eur_per_mwh:g}; a scalable complex order has the prices of its orders instead"
        yield Issue(f"{path}.{context.units.name('variable_eur_per_mwh', 'EUR/MWh')}", "conflict", message)
    if order.scheduled_stop_steps > context.horizon.steps:
        message = f"is {order.scheduled_stop_steps}; the horizon has {context.horizon.steps} steps"
        yield Issue(f"{path}.scheduled_stop_steps", "horizon", message)


def members(records: Sequence[ComplexOrder], book: OrderBook) -> tuple[IntArray, IntArray]:
    """The orders that are part of a complex order, and the place of the complex order of each."""
    names = np.array([each.id for each in records], dtype=np.str_)
    sort = np.argsort(names)
    inside = np.flatnonzero(book.complex_order != "")
    return inside, sort[np.searchsorted(names[sort], book.complex_order[inside])]


def stops(records: Sequence[ComplexOrder], book: OrderBook) -> BoolArray:
    """Orders that may be accepted although their complex order is not: the best of each step of a stop, (order,)."""
    inside, of = members(records, book)
    until = np.array([each.scheduled_stop_steps for each in records], dtype=np.int64)
    early = book.step[inside] < until[of]
    inside, of = inside[early], of[early]
    rank = np.lexsort((book.rank[inside], book.side[inside] * book.price_eur_per_mwh[inside], book.step[inside], of))
    first = np.ones(rank.size, dtype=np.bool_)
    key = np.stack([of[rank], book.step[inside][rank]])
    first[1:] = (key[:, 1:] != key[:, :-1]).any(axis=0)
    found = np.zeros(book.orders, dtype=np.bool_)
    found[inside[rank[first]]] = True
    return found


def formulate(room: Room, records: Sequence[ComplexOrder], book: OrderBook, accepted: Linear, horizon: Horizon) -> None:
    """Add the variables and laws of all complex orders at once.

    Args:
        room: The room to write into.
        records: Checked records; their order is the order of the axis.
        book: The order book.
        accepted: Energy accepted of every order (order,).
        horizon: The steps.
    """
    axis = Axis("complex_order", np.array([each.id for each in records], dtype=np.str_))
    least = profiles(records, "power_min_mw", horizon.steps)
    decided = np.array([each.condition != "none" for each in records]) | (least > 0).any(axis=1)
    inside, of = members(records, book)
    over = (axis, horizon.axis)
    cell = of * np.int64(horizon.steps) + book.step[inside]
    own = (Axis("complex_member", book.id[inside]),)
    power = (accepted.at(inside, own) * (1.0 / horizon.hours[book.step[inside]])).gather(over, cell)
    if decided.any():
        active = room.variable("active", (axis,), 0.0, 1.0, integral=True, present=decided, doc="1 if it is accepted")
        bound = decided[of] & ~stops(records, book)[inside]
        room.at_most("member", accepted.at(inside, own), active.at(of, own) * book.energy_mwh[inside], present=bound)
        everywhere = active.at(np.repeat(np.arange(axis.size), horizon.steps), over)
        room.at_least("power_min", power, everywhere * least, present=least > 0)
        fixed = [each.fixed_eur if each.condition == "scalable" else 0.0 for each in records]
        room.minimise("complex_order_fixed", active * np.array(fixed))
    up, rises = _rates(records, "ramp_up_mw_per_hour", horizon)
    down, falls = _rates(records, "ramp_down_mw_per_hour", horizon)
    change = power - power.previous(0.0)
    if rises.any():
        room.at_most("gradient_up", change, up, present=rises)
    if falls.any():
        room.at_most("gradient_down", change * -1.0, down, present=falls)


def _rates(records: Sequence[ComplexOrder], name: str, horizon: Horizon) -> tuple[FloatArray, BoolArray]:
    """How far power may move from one step to the next, and where that is bounded, (complex_order, time) each."""
    said = np.array([getattr(each, name) is not None for each in records])
    rate = np.array([getattr(each, name) or 0.0 for each in records])
    return rate[:, None] * horizon.hours, said[:, None] & (np.arange(horizon.steps) > 0)
