"""CHP: burns fuel into power and heat at fixed efficiencies, with minimum load, start cost, minimum up and down times.

Variables, for every CHP c and step t:
    fuel_mw[c, t]   fuel power taken from the fuel bus, 0 <= . <= fuel_max_mw
    on, starting, stopping   see `commitment.three_binary`, for units with any commitment rule

Constraints, for units with any commitment rule:
    fuel_upper_limit[c, t]   fuel_mw <= fuel_max_mw * on, less in the first and last step of a run with a start ramp
    fuel_lower_limit[c, t]   fuel_mw >= minimum_load_ratio * fuel_max_mw * on
    commitment_balance, minimum_up_time, minimum_down_time   see `commitment.three_binary`
Ramps and start tiers, where a unit has them: see `commitment.ramps` and `commitment.start_tiers`.

Power into the buses: electric_efficiency * fuel_mw, heat_efficiency * fuel_mw, and -fuel_mw at the fuel bus.

Objective, term `production`: cost * fuel_mw * hours; terms `start`, `stop`, `running`: see `commitment.unit`.

Not modelled: part-load efficiency, operating regions.
Source: back-pressure CHP with a fixed power-to-heat ratio, the definition of the two efficiencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.commitment import unit
from c4e_opt.commitment.unit import Unit, UnitState
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Headroom, Injection, Terms, buses, fleet, scalars
from c4e_opt.fields import bus, identity, number, party, record
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class Chp(Unit):
    """A combined heat and power plant."""

    id: str = identity(doc="Name of the plant.")
    electricity_bus: str = bus(carrier="electricity", doc="Bus that takes the power.")
    heat_bus: str = bus(carrier="heat", doc="Bus that takes the heat.")
    fuel_bus: str = bus(doc="Bus that gives the fuel.")
    owner: str = party(doc="Party that buys the fuel and is paid for power and heat.")
    fuel_max_mw: Any = number(unit="MW", minimum=0, doc="Largest fuel power, lower heating value.")
    electric_efficiency: Any = number(unit="MW/MW", minimum=0, maximum=1, doc="Electric power per fuel power.")
    heat_efficiency: Any = number(unit="MW/MW", minimum=0, maximum=1, doc="Useful heat per fuel power.")
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Operation and maintenance per MWh of fuel.")


def check(path: str, chp: Chp, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one CHP; nothing, when it may be formulated."""
    total = chp.electric_efficiency + chp.heat_efficiency
    if total > 1.15:
        yield Issue(
            f"{path}.heat_efficiency",
            "efficiency",
            f"electric and heat efficiency add up to {total:g}; they must not exceed 1.15 of the lower heating value",
        )
    yield from unit.check(path, chp)


def formulate(room: Room, chps: Sequence[Chp], horizon: Horizon) -> Terms:
    """Add the variables and laws of all CHPs at once.

    Args:
        room: The room to write into.
        chps: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the electricity, heat and fuel buses.
    """
    units = fleet("chp", chps)
    fuel_max = scalars(chps, "fuel_max_mw")
    fuel = room.variable("fuel_mw", (units, horizon.axis), 0.0, fuel_max, doc="fuel power taken from the fuel bus")
    least = scalars(chps, "minimum_load_ratio") * fuel_max
    state = unit.formulate(room, units, chps, unit.Load(fuel, fuel_max, least, fuel_max), horizon)
    if state is not None:
        room.at_most("fuel_upper_limit", fuel, state.largest_mw, present=state.present)
        room.at_least("fuel_lower_limit", fuel, state.least_mw, present=state.present & (least > 0))
    room.minimise("production", fuel * (scalars(chps, "cost_eur_per_mwh") * horizon.cost_hours))
    return Terms(
        injections=(
            Injection(buses(chps, "electricity_bus"), fuel * scalars(chps, "electric_efficiency")),
            Injection(buses(chps, "heat_bus"), fuel * scalars(chps, "heat_efficiency")),
            Injection(buses(chps, "fuel_bus"), -fuel),
        ),
        on=state and state.on,
        committed=state and state.present[:, 0],
        headroom=lambda: _headroom(chps, fuel, state),
    )


def _headroom(chps: Sequence[Chp], fuel: Linear, state: UnitState | None) -> Headroom:
    """What plants could give on top and withhold at the electricity bus, ramps aside."""
    electric, fuel_max = scalars(chps, "electric_efficiency"), scalars(chps, "fuel_max_mw")
    if state is None:
        return Headroom(up_mw=(fuel_max - fuel) * electric, down_mw=fuel * electric)
    largest = state.largest_mw + np.where(state.present, 0.0, fuel_max)
    return Headroom(up_mw=(largest - fuel) * electric, down_mw=(fuel - state.least_mw) * electric)
