"""Heat pump: turns electricity into heat with a coefficient of performance, given or from temperatures.

Variables, for every heat pump h and step t: see `components.compression`

Constraints: see `components.compression`

Heat at the heat bus: cop * electric_mw, or as `components.part_load` says for pumps with part-load points; at most
heat_max_mw. The COP of a step is given, or follows from the temperatures of the source and the supply:
    cop = icing * quality_grade * supply / (supply - source), in kelvin, at most cop_max,
    icing = icing_factor while the source is colder than icing_temperature_c, else 1

Objective: see `components.compression`.

Not modelled: defrosting cycles one by one, heat drawn from a bus (give a converter), a supply temperature that is
chosen.
Source: see `components.compression`; the drop by icing as in the same module of oemof.thermal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components import compression
from c4e_opt.components.compression import Compressor, Cycle
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Injection, Terms, buses
from c4e_opt.fields import bus, identity, number, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Room

_CYCLE = Cycle(
    performance="cop", cold="source_temperature_c", warm="supply_temperature_c", most="heat_max_mw", heats=True
)


@record
class HeatPump(Compressor):
    """An electric heat pump."""

    id: str = identity(doc="Name of the heat pump.")
    electricity_bus: str = bus(carrier="electricity", doc="Bus that gives the electricity.")
    heat_bus: str = bus(carrier="heat", doc="Bus that takes the heat.")
    owner: str = party(doc="Party that buys the electricity and is paid for the heat.")
    electric_max_mw: Any = number(unit="MW", minimum=0, doc="Largest electric power; the rated one of all loads.")
    cop: FloatArray | None = series(
        unit="MW/MW", minimum=0, maximum=20, default=None,
        doc="Heat per electric power, at full load; required without temperatures.",
    )  # fmt: skip
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Operation and maintenance per electric MWh.")
    source_temperature_c: FloatArray | None = series(
        unit="°C", minimum=-100, maximum=300, default=None,
        doc="Temperature of the source (air, ground, water), for a COP from temperatures.",
    )  # fmt: skip
    supply_temperature_c: FloatArray | None = series(
        unit="°C", minimum=-100, maximum=300, default=None,
        doc="Temperature at which the heat is given, for a COP from temperatures.",
    )  # fmt: skip
    cop_max: Any = number(
        unit="MW/MW", minimum=0, maximum=20, default=None,
        doc="Largest COP that follows from temperatures; also where the source is as warm as the supply.",
    )  # fmt: skip
    icing_factor: Any = number(
        unit="", minimum=0, maximum=1, default=None,
        doc="What is left of the COP while the source side ices up; no icing when absent.",
    )  # fmt: skip
    icing_temperature_c: Any = number(
        unit="°C", minimum=-100, maximum=300, default=2.0, doc="Source temperature below which it ices up."
    )
    heat_max_mw: FloatArray | None = series(
        unit="MW", minimum=0, default=None, doc="Largest heat; bound by the electric power alone when absent."
    )


def check(path: str, pump: HeatPump, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one heat pump; nothing, when it may be formulated."""
    yield from compression.check(path, pump, context, _CYCLE)


def formulate(room: Room, pumps: Sequence[HeatPump], horizon: Horizon) -> Terms:
    """Add the variables and laws of all heat pumps at once.

    Args:
        room: The room to write into.
        pumps: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the electricity and heat buses.
    """
    running = compression.formulate(room, pumps, horizon, _CYCLE)
    return Terms(
        injections=(
            Injection(buses(pumps, "electricity_bus"), -running.electric_mw),
            Injection(buses(pumps, "heat_bus"), running.useful_mw),
        ),
        on=running.on,
        committed=running.committed,
    )
