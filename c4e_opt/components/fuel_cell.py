"""Fuel cell: makes electricity from hydrogen, and useful heat; on, in standby or off.

Variables, for every fuel cell f and step t: see `components.hydrogen_plant`, and
    hydrogen_mw[f, t]   hydrogen taken, lower heating value, 0 <= . <= hydrogen_max_mw

Constraints: see `components.hydrogen_plant`

Power at the electricity bus: electric_efficiency * hydrogen_mw - standby_power_mw * standby, the first as
`components.part_load` says for plants with part-load points. Heat at the heat bus: recovered_mw.

Objective: see `components.hydrogen_plant`.

Not modelled: temperature of the stack, wear by starts beyond their cost, standby on hydrogen, running backwards.
Source: states as in `commitment.standby`; the definition of the efficiencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from c4e_opt.axes import Horizon
from c4e_opt.components import hydrogen_plant
from c4e_opt.components.context import Context
from c4e_opt.components.hydrogen_plant import HydrogenPlant
from c4e_opt.components.terms import Injection, Terms, buses, scalars
from c4e_opt.fields import bus, identity, number, record
from c4e_opt.issues import Issue
from c4e_opt.program import Room


@record
class FuelCell(HydrogenPlant):
    """A fuel cell."""

    id: str = identity(doc="Name of the fuel cell.")
    hydrogen_bus: str = bus(carrier="hydrogen", doc="Bus that gives the hydrogen.")
    electricity_bus: str = bus(carrier="electricity", doc="Bus that takes the power.")
    hydrogen_max_mw: Any = number(
        unit="MW", minimum=0, doc="Largest hydrogen taken, lower heating value; the rated power of all loads."
    )
    electric_efficiency: Any = number(
        unit="MW/MW", minimum=0, maximum=1, doc="Electric power per hydrogen at full load."
    )


def check(path: str, cell: FuelCell, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one fuel cell; nothing, when it may be formulated."""
    yield from hydrogen_plant.check(path, cell, context)
    total = cell.electric_efficiency + cell.heat_efficiency
    if total > 1.15:
        message = f"and electric_efficiency add up to {total:g}; they must not exceed 1.15 of the lower heating value"
        yield Issue(f"{path}.heat_efficiency", "efficiency", message)


def formulate(room: Room, cells: Sequence[FuelCell], horizon: Horizon) -> Terms:
    """Add the variables and laws of all fuel cells at once.

    Args:
        room: The room to write into.
        cells: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the hydrogen and electricity buses, then at the heat buses of those that have one.
    """
    running = hydrogen_plant.formulate(room, cells, horizon, "hydrogen", "hydrogen taken")
    power = running.made_mw * scalars(cells, "electric_efficiency")
    return Terms(
        injections=(
            Injection(buses(cells, "hydrogen_bus"), -running.taken_mw),
            Injection(buses(cells, "electricity_bus"), power - running.standby_mw),
            *running.heat,
        ),
        on=running.on,
        committed=running.committed,
        one_way=True,
    )
