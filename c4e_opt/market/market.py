"""Market: the limits, ticks and lots of all orders at some buses.

Constraints: none; orders that break them are refused. Prices that are published there are multiples of the tick.

Source: own definition; the parameters that every exchange has per bidding zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from c4e_opt.components.context import Context
from c4e_opt.fields import identity, names, number, record
from c4e_opt.issues import Issue, unknown


@record
class Market:
    """What orders at some buses may say."""

    id: str = identity(doc="Name of the market.")
    buses: tuple[str, ...] = names(doc="Its buses; all that no other market names when empty.")
    price_min_eur_per_mwh: Any = number(unit="EUR/MWh", default=None, doc="Least price of an order; none when absent.")
    price_max_eur_per_mwh: Any = number(unit="EUR/MWh", default=None, doc="Largest one; none when absent.")
    price_tick_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=0.0, doc="Prices are multiples of it; any price when 0."
    )
    lot_mwh: Any = number(unit="MWh", minimum=0, default=0.0, doc="Energies are multiples of it; any energy when 0.")


def check(path: str, market: Market, context: Context) -> Iterator[Issue]:
    """What is wrong with one market."""
    for place, bus in enumerate(market.buses):
        if bus not in context.carriers:
            yield unknown(f"{path}.buses[{place}]", "unknown_reference", "bus", bus, context.carriers)
    low, high = market.price_min_eur_per_mwh, market.price_max_eur_per_mwh
    if low is not None and high is not None and low >= high:
        name = context.units.name("price_max_eur_per_mwh", "EUR/MWh")
        yield Issue(f"{path}.{name}", "range", f"is {high:g}, and the least price is {low:g}; it must be above it")
