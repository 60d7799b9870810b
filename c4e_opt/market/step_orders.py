"""Step orders in the programme: any part of an order may be accepted, at a price or better.

Variables, for every order o:
    accepted_mwh[o]   energy accepted, 0 <= . <= energy_mwh

Constraints: none beyond the bounds. Power at the order's bus and step: accepted_mwh / hours, positive for a seller.

Objective, term `orders`: cost minus welfare, sum of price * accepted_mwh over sellers minus the same over buyers.

Source: welfare maximisation with step orders, as in every auction of uniform price.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.axes import Axis, Horizon
from c4e_opt.market.order_book import OrderBook
from c4e_opt.program import Linear, Room


def formulate(room: Room, book: OrderBook, buses: Axis, horizon: Horizon) -> Linear:
    """Add the variables of all orders at once.

    Args:
        room: The room to write into.
        book: A checked book.
        buses: The axis of buses.
        horizon: The steps.

    Returns:
        Power into every bus, (bus, time).
    """
    over = (Axis("order", book.id),)
    accepted = room.variable("accepted_mwh", over, 0.0, book.energy_mwh, doc="energy accepted")
    room.minimise("orders", accepted * (book.price_eur_per_mwh * book.side))
    power = accepted * (book.side / horizon.hours[book.step])
    return power.gather((buses, horizon.axis), book.bus * np.int64(horizon.steps) + book.step)
