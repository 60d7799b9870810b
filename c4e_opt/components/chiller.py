"""Chiller: makes cold from electricity, and may give the heat that it rejects to a heat bus.

Variables, for every chiller c and step t: see `components.compression` and `components.waste_heat`

Constraints: see `components.compression` and `components.waste_heat`

Cold at the cooling bus: eer * electric_mw, or as `components.part_load` says for chillers with part-load points; at
most cooling_max_mw. The energy efficiency ratio of a step is given, or follows from the temperatures of the chilled
water and of the side that takes the rejected heat:
    eer = quality_grade * supply / (rejection - supply), in kelvin, at most eer_max
Heat that could be recovered: heat_recovery_ratio * (cold + electric_mw).

Objective: see `components.compression`.

Not modelled: free cooling (give a second chiller or a converter), an EER that falls while heat is recovered at a higher
temperature (give the rejection temperature that recovery needs), absorption (give a converter from heat to cooling).
Source: see `components.compression`; the energy balance of the cycle for the rejected heat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components import compression, waste_heat
from c4e_opt.components.compression import Compressor, Cycle
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Injection, Terms, buses, scalars
from c4e_opt.fields import bus, identity, number, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Room

_CYCLE = Cycle(
    performance="eer", cold="supply_temperature_c", warm="rejection_temperature_c", most="cooling_max_mw", heats=False
)


@record
class Chiller(Compressor):
    """An electric chiller."""

    id: str = identity(doc="Name of the chiller.")
    electricity_bus: str = bus(carrier="electricity", doc="Bus that gives the electricity.")
    cooling_bus: str = bus(carrier="cooling", doc="Bus that takes the cold.")
    heat_bus: Any = bus(
        carrier="heat", default=None, doc="Bus that may take the rejected heat; not recovered when absent."
    )
    owner: str = party(doc="Party that buys the electricity and is paid for cold and heat.")
    electric_max_mw: Any = number(unit="MW", minimum=0, doc="Largest electric power; the rated one of all loads.")
    eer: FloatArray | None = series(
        unit="MW/MW", minimum=0, maximum=20, default=None,
        doc="Cold per electric power, at full load; required without temperatures.",
    )  # fmt: skip
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Operation and maintenance per electric MWh.")
    supply_temperature_c: FloatArray | None = series(
        unit="°C", minimum=-100, maximum=300, default=None,
        doc="Temperature of the chilled water, for an EER from temperatures.",
    )  # fmt: skip
    rejection_temperature_c: FloatArray | None = series(
        unit="°C", minimum=-100, maximum=300, default=None,
        doc="Temperature of what takes the rejected heat (air, water), for an EER from temperatures.",
    )  # fmt: skip
    eer_max: Any = number(
        unit="MW/MW", minimum=0, maximum=20, default=None,
        doc="Largest EER that follows from temperatures; also where nothing must be lifted.",
    )  # fmt: skip
    cooling_max_mw: FloatArray | None = series(
        unit="MW", minimum=0, default=None, doc="Largest cold; bound by the electric power alone when absent."
    )
    heat_recovery_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=1.0, doc="Part of the rejected heat that heat_bus could take."
    )


def check(path: str, chiller: Chiller, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one chiller; nothing, when it may be formulated."""
    yield from compression.check(path, chiller, context, _CYCLE)


def formulate(room: Room, chillers: Sequence[Chiller], horizon: Horizon) -> Terms:
    """Add the variables and laws of all chillers at once.

    Args:
        room: The room to write into.
        chillers: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the electricity and cooling buses, then at the heat buses of those that have one.
    """
    running = compression.formulate(room, chillers, horizon, _CYCLE)
    rejected = running.electric_mw + running.useful_mw
    return Terms(
        injections=(
            Injection(buses(chillers, "electricity_bus"), -running.electric_mw),
            Injection(buses(chillers, "cooling_bus"), running.useful_mw),
            *waste_heat.formulate(room, chillers, rejected * scalars(chillers, "heat_recovery_ratio")),
        ),
        on=running.on,
        committed=running.committed,
    )
