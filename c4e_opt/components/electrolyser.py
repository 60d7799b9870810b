"""Electrolyser: makes hydrogen from electricity, and useful heat; on, in standby or off.

Variables, for every electrolyser e and step t: see `components.hydrogen_plant`, and
    electric_mw[e, t]   electric power taken for electrolysis, 0 <= . <= electric_max_mw

Constraints: see `components.hydrogen_plant`

Hydrogen at the hydrogen bus: efficiency * electric_mw, or as `components.part_load` says for plants with part-load
points. Power at the electricity bus: -electric_mw - standby_power_mw * standby. Heat at the heat bus: recovered_mw.

Objective: see `components.hydrogen_plant`.

Not modelled: temperature and pressure of the stack, wear by starts beyond their cost, oxygen, water.
Source: states as in `commitment.standby`; the production curve in segments, up to any number and in any order of
slopes, as in Baumhof, Raheli, Johnsen, Kazempour (2023), "Optimization of hybrid power plants: when is a detailed
electrolyzer model necessary?", https://arxiv.org/abs/2301.05310.
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
class Electrolyser(HydrogenPlant):
    """An electrolyser."""

    id: str = identity(doc="Name of the electrolyser.")
    electricity_bus: str = bus(carrier="electricity", doc="Bus that gives the electricity.")
    hydrogen_bus: str = bus(carrier="hydrogen", doc="Bus that takes the hydrogen.")
    electric_max_mw: Any = number(unit="MW", minimum=0, doc="Largest electric power; the rated one of all loads.")
    efficiency: Any = number(
        unit="MW/MW", minimum=0, maximum=1, doc="Hydrogen, lower heating value, per electric power at full load."
    )


def check(path: str, electrolyser: Electrolyser, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one electrolyser; nothing, when it may be formulated."""
    yield from hydrogen_plant.check(path, electrolyser, context)


def formulate(room: Room, electrolysers: Sequence[Electrolyser], horizon: Horizon) -> Terms:
    """Add the variables and laws of all electrolysers at once.

    Args:
        room: The room to write into.
        electrolysers: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the electricity and hydrogen buses, then at the heat buses of those that have one.
    """
    running = hydrogen_plant.formulate(
        room, electrolysers, horizon, "electric", "electric power taken for electrolysis"
    )
    return Terms(
        injections=(
            Injection(buses(electrolysers, "electricity_bus"), -running.taken_mw - running.standby_mw),
            Injection(buses(electrolysers, "hydrogen_bus"), running.made_mw * scalars(electrolysers, "efficiency")),
            *running.heat,
        ),
        on=running.on,
        committed=running.committed,
    )
