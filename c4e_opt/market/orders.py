"""Orders in the programme: each accepted by one ratio, which is 0 or from a least part to 1.

Variables, for every order o:
    accepted_mwh[o]   energy accepted over all its steps, 0 <= . <= energy_mwh
    taken[o]          1 if anything is; of orders with ratio_min above 0

Constraints, with E = energy_mwh and x = accepted_mwh / E:
    most[o]     accepted_mwh <= E * taken
    least[o]    accepted_mwh >= ratio_min * E * taken
    link[o]     x <= x of the parent; of orders with a parent
    exclusive[g]  sum of x over the members of group g <= 1

Power at the bus of an order, in each of its steps: x * its energy there / hours, positive for a seller.

Objective, term `orders`: cost minus welfare, sum of the integral of the price over accepted_mwh, over sellers minus
the same over buyers; the price goes from price to price_full in a line.

Source: welfare maximisation of EUPHEMIA's public description (NEMO committee), sections on hourly and block orders.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.market.lineup import Lineup
from c4e_opt.market.order_book import OrderBook
from c4e_opt.program import Linear, Room


def formulate(room: Room, lineup: Lineup, buses: Axis, horizon: Horizon) -> tuple[Linear, Linear]:
    """Add the variables and laws of all orders at once.

    Args:
        room: The room to write into.
        lineup: The orders of the problem, and those that are decided and are constants here.
        buses: The axis of buses.
        horizon: The steps.

    Returns:
        Power into every bus, (bus, time), and what is accepted, (order,).
    """
    book = lineup.book
    over = (Axis("order", book.id),)
    accepted = room.variable("accepted_mwh", over, 0.0, book.energy_mwh, doc="energy accepted")
    whole = book.indivisible
    if whole.any():
        taken = room.variable("taken", over, 0.0, 1.0, integral=True, present=whole, doc="1 if anything is accepted")
        room.at_most("most", accepted, taken * book.energy_mwh, present=whole)
        room.at_least("least", accepted, taken * (book.energy_mwh * book.ratio_min), present=whole)
    ratio = accepted * (1.0 / book.energy_mwh)
    child = np.flatnonzero(book.parent >= 0)
    if child.size:
        axes = (_some(over[0], child, "linked_order"),)
        room.at_most("link", ratio.at(child, axes), ratio.at(book.parent[child], axes))
    _groups(room, book, ratio)
    cost = book.price_eur_per_mwh * book.side
    room.minimise("orders", accepted * cost)
    bend = (book.price_full_eur_per_mwh * book.side - cost) / (2.0 * book.energy_mwh)
    if (bend > 0).any():
        room.minimise_quadratic("orders", accepted, bend)
    spread = book.spread(horizon.hours)
    if spread.order.size == book.orders:
        power = accepted * (book.side / horizon.hours[book.step])
    else:
        part = spread.energy_mwh / book.energy_mwh[spread.order]
        entries = (Axis("order_step", np.arange(spread.order.size)),)
        power = accepted.at(spread.order, entries) * (book.side[spread.order] * part / horizon.hours[spread.step])
    cell = book.bus[spread.order] * np.int64(horizon.steps) + spread.step
    return power.gather((buses, horizon.axis), cell) + _constant(room, lineup, buses, horizon), accepted


def _constant(room: Room, lineup: Lineup, buses: Axis, horizon: Horizon) -> FloatArray:
    """The power of the orders that are decided, (bus, time); their cost is a constant."""
    book, known = lineup.origin, np.flatnonzero(lineup.decided)
    energy = book.energy_mwh[known] * book.side[known]
    room.minimise("orders", Linear((), (), float(energy @ book.price_eur_per_mwh[known])))
    cell = book.bus[known] * np.int64(horizon.steps) + book.step[known]
    shape = (buses.size, horizon.steps)
    return np.bincount(cell, energy, shape[0] * shape[1]).astype(np.float64).reshape(shape) / horizon.hours


def _groups(room: Room, book: OrderBook, ratio: Linear) -> None:
    """The members of an exclusive group are accepted by 1 in sum, at most."""
    inside = _named(book.group != "")
    if inside.size:
        names, group = np.unique(book.group[inside], return_inverse=True)
        members = ratio.at(inside, (Axis("member", book.id[inside]),))
        room.at_most("exclusive", members.gather((Axis("order_group", names),), group), 1.0)


def _named(mask: BoolArray) -> IntArray:
    return np.flatnonzero(mask)


def _some(axis: Axis, place: IntArray, name: str) -> Axis:
    return Axis(name, axis.labels[place])
