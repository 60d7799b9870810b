"""Shunt: what a bus takes and gives through its voltage alone: losses of magnetisation, reactors, capacitor banks.

At a voltage of v per unit it takes conductance_mw * v^2 and gives susceptance_mvar * v^2. Where a model knows no
voltage, v is 1.

Variables, of shunts with steps, in models with voltage:
    switched[s, t]   steps that are switched on, whole, 0 <= . <= steps

Source: MATPOWER User's Manual 8.0, section 3.5, https://matpower.org/docs/manual.pdf.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.components.terms import Injection, Terms, buses, fleet, scalars
from c4e_opt.fields import bus, count, identity, number, party, record
from c4e_opt.program import Linear, Room


@record
class Shunt:
    """A shunt at one electric bus."""

    id: str = identity(doc="Name of the shunt.")
    bus: str = bus(carrier="electricity", doc="Its bus.")
    owner: str = party(doc="Party that pays for what it takes.")
    conductance_mw: Any = number(unit="MW", default=0.0, doc="Power taken at a voltage of 1 per unit.")
    susceptance_mvar: Any = number(
        unit="", default=0.0, doc="Reactive power given at a voltage of 1 per unit, Mvar; of every step of a bank."
    )
    steps: int = count(default=0, doc="Steps of a bank that may be switched; always on when 0.")


def formulate(room: Room, shunts: Sequence[Shunt], horizon: Horizon) -> Terms:
    """Put what all shunts take at a voltage of 1 per unit into the balances.

    Args:
        room: The room; nothing is written.
        shunts: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses, negative where power leaves the bus.
    """
    over = (fleet(room.kind, shunts), horizon.axis)
    taken = np.broadcast_to(scalars(shunts, "conductance_mw"), (len(shunts), horizon.steps))
    return Terms(injections=(Injection(buses(shunts), Linear(over, (), -taken)),))
