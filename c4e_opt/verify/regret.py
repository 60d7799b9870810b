"""Regret: every component does what pays best for it at the prices, step by step.

At optimal prices nobody regrets: whoever could earn by doing more is at a limit, and nobody does what makes a loss.
Together with the laws on the schedule, these conditions prove that a convex answer is optimal, without trusting the
solver's bound; an answer with binaries is proven optimal for its binaries as they are. Each law says by how many
EUR/MWh it is missed.

Where a kind has binaries against flows both ways, a flow of zero may be forced by them; its regret is then not judged.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet


def directed(fleet: Fleet) -> bool:
    """Whether binaries may force a flow of this kind to zero."""
    return bool(fleet.room.direction) and fleet.has(fleet.room.direction)


def regret(
    fleet: Fleet,
    law: str,
    quantity: str,
    loss: FloatArray,
    upper: FloatArray,
    lower: FloatArray | float = 0.0,
    judged: BoolArray | bool = True,
) -> None:
    """Hold a law: above `lower` there is no loss, below `upper` no gain in one more MWh.

    Args:
        fleet: The components.
        law: Name of the law, without the kind.
        quantity: What may be more or less.
        loss: Cost less earnings of one more MWh of it, (component, time).
        upper: Its upper limit.
        lower: Its lower limit.
        judged: Where the law is held; elsewhere other laws bind the quantity, as ramps do.
    """
    amount = fleet.answer(quantity)
    more, less = amount < upper - fleet.nothing, amount > lower + fleet.nothing
    if directed(fleet):
        more &= less
    violation = np.where(judged, np.maximum(loss * less, -loss * more), 0.0)
    fleet.hold(law, violation, "EUR/MWh", *port_prices(fleet), tolerance=price_tolerance(fleet.horizon))


def port_prices(fleet: Fleet) -> tuple[FloatArray, ...]:
    """The price at every port, (component, time) each."""
    return tuple(fleet.price(port) for port in fleet.room.ports)
