"""CHP: burns fuel into power and heat at fixed efficiencies, with minimum load, start cost, minimum up and down times.

Variables, for every CHP c and step t:
    fuel_mw[c, t]   fuel power taken from the fuel bus, 0 <= . <= fuel_max_mw
    on, starting, stopping   see `commitment.three_binary`, for units with any commitment rule

Constraints, for units with any commitment rule:
    fuel_upper_limit[c, t]   fuel_mw <= fuel_max_mw * on
    fuel_lower_limit[c, t]   fuel_mw >= minimum_load_ratio * fuel_max_mw * on
    commitment_balance, minimum_up_time, minimum_down_time   see `commitment.three_binary`

Power into the buses: electric_efficiency * fuel_mw, heat_efficiency * fuel_mw, and -fuel_mw at the fuel bus.

Objective, term `production`: cost * fuel_mw * hours; term `start`: start_cost * starting.

Not modelled: part-load efficiency, operating regions, ramps, hot and cold starts.
Source: back-pressure CHP with a fixed power-to-heat ratio, the definition of the two efficiencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.commitment import three_binary
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Injection, Terms, buses, fleet, scalars
from c4e_opt.fields import bus, flag, identity, number, party, record
from c4e_opt.issues import Issue
from c4e_opt.program import Room


@record
class Chp:
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
    minimum_load_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=0.0, doc="Least fuel power while on, as a part of fuel_max_mw."
    )
    start_cost_eur: Any = number(unit="EUR", minimum=0, default=0.0, doc="Cost of every start.")
    minimum_up_hours: Any = number(unit="h", minimum=0, default=0.0, doc="Once started, runs at least so long.")
    minimum_down_hours: Any = number(unit="h", minimum=0, default=0.0, doc="Once stopped, rests at least so long.")
    on_initially: bool = flag(default=False, doc="Whether it ran just before the first step.")
    hours_in_state_initially: Any = number(
        unit="h", minimum=0, default=8760.0, doc="How long it had been on or off before the first step."
    )


def check(path: str, chp: Chp, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one CHP; nothing, when it may be formulated."""
    total = chp.electric_efficiency + chp.heat_efficiency
    if total > 1.15:
        yield Issue(
            f"{path}.heat_efficiency",
            "efficiency",
            f"electric and heat efficiency add up to {total:g}; they must not exceed 1.15 of the lower heating value",
        )


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
    least_load = scalars(chps, "minimum_load_ratio") * fuel_max
    start_cost = scalars(chps, "start_cost_eur")
    up, down = scalars(chps, "minimum_up_hours"), scalars(chps, "minimum_down_hours")
    rules = three_binary.CommitmentRules(
        committed=(least_load > 0) | (start_cost > 0) | (up > 0) | (down > 0),
        minimum_up_hours=up,
        minimum_down_hours=down,
        on_initially=scalars(chps, "on_initially") > 0,
        hours_in_state_initially=scalars(chps, "hours_in_state_initially"),
    )
    fuel = room.variable("fuel_mw", (units, horizon.axis), 0.0, fuel_max, doc="fuel power taken from the fuel bus")
    if rules.committed.any():
        state = three_binary.formulate(room, units, rules, horizon)
        present = np.broadcast_to(rules.committed, fuel.shape)
        room.at_most("fuel_upper_limit", fuel, state.on * fuel_max, present=present)
        room.at_least("fuel_lower_limit", fuel, state.on * least_load, present=present & (least_load > 0))
        room.minimise("start", state.starting * start_cost)
    room.minimise("production", fuel * (scalars(chps, "cost_eur_per_mwh") * horizon.cost_hours))
    return Terms(
        injections=(
            Injection(buses(chps, "electricity_bus"), fuel * scalars(chps, "electric_efficiency")),
            Injection(buses(chps, "heat_bus"), fuel * scalars(chps, "heat_efficiency")),
            Injection(buses(chps, "fuel_bus"), -fuel),
        )
    )
