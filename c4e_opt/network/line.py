"""Line: a line or transformer between two electric buses, as the record that every network model reads.

The pi model of MATPOWER: an ideal transformer of ratio `tap_ratio` and shift `phase_shift_deg` at from_bus, then the
series impedance resistance + j reactance, with half of `susceptance` at either end of it. All are per unit of
`base_mva` of the policy and of the nominal voltages of the buses.

What binds depends on the network model of the policy; see the modules of this package.

Source: Zimmerman, Murillo-Sánchez, MATPOWER User's Manual 8.0, section 3.2, https://matpower.org/docs/manual.pdf.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.components.context import Context
from c4e_opt.fields import bus, count, flag, identity, number, party, record, series
from c4e_opt.issues import Issue


@record
class Line:
    """A line or transformer between two electric buses."""

    id: str = identity(doc="Name of the line.")
    from_bus: str = bus(carrier="electricity", doc="Bus at which positive flow leaves; the tapped side.")
    to_bus: str = bus(carrier="electricity", doc="Bus at which positive flow arrives.")
    owner: str = party(doc="Party that earns the difference in price between the two ends.")
    resistance_pu: Any = number(unit="", minimum=0, default=0.0, doc="Series resistance, per unit.")
    reactance_pu: Any = number(unit="", doc="Series reactance, per unit.")
    susceptance_pu: Any = number(unit="", default=0.0, doc="Charging susceptance of the whole line, per unit.")
    conductance_pu: Any = number(unit="", default=0.0, doc="Shunt conductance of the whole line, per unit.")
    tap_ratio: Any = number(unit="", minimum=0, default=1.0, doc="Turns ratio at from_bus, off nominal.")
    phase_shift_deg: Any = number(unit="", default=0.0, doc="Phase shift at from_bus, in degrees, positive: delay.")
    limit_mw: FloatArray | None = series(
        unit="MW", minimum=0, default=None,
        doc="Largest flow either way; apparent power, MVA, in models with reactive power; unlimited when absent.",
    )  # fmt: skip
    emergency_limit_mw: FloatArray | None = series(
        unit="MW", minimum=0, default=None, doc="The same after an outage elsewhere; limit_mw when absent."
    )
    overload_price_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=None, doc="Price of flow beyond the limit; forbidden when absent."
    )
    angle_min_deg: Any = number(
        unit="", default=None, doc="Least voltage angle of from_bus less that of to_bus, in degrees; free when absent."
    )
    angle_max_deg: Any = number(unit="", default=None, doc="Largest such difference; free when absent.")
    in_service: bool = flag(default=True, doc="Whether it is connected.")
    switchable: bool = flag(default=False, doc="Whether it may be opened in a step; only with dc_formulation angles.")
    phase_shift_min_deg: Any = number(
        unit="", default=None, doc="Least phase shift, where it is chosen in every step; fixed when absent."
    )
    phase_shift_max_deg: Any = number(unit="", default=None, doc="Largest phase shift, where it is chosen.")
    tap_min_ratio: Any = number(
        unit="", minimum=0, default=None, doc="Least turns ratio, where it is chosen in every step; fixed when absent."
    )
    tap_max_ratio: Any = number(unit="", minimum=0, default=None, doc="Largest turns ratio, where it is chosen.")
    tap_positions: int = count(
        default=0, doc="Positions between the least and the largest ratio, both included; any ratio when 0."
    )


def check(path: str, line: Line, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one line."""
    if line.from_bus == line.to_bus:
        yield Issue(f"{path}.to_bus", "reference", f"is {line.to_bus!r} as is from_bus; a line joins two buses")
    if line.reactance_pu == 0 and line.resistance_pu == 0:
        message = "is 0 as is resistance_pu; give an impedance, or make the two buses one"
        yield Issue(f"{path}.reactance_pu", "range", message)
    if line.tap_ratio == 0:
        yield Issue(f"{path}.tap_ratio", "range", "is 0; 1 is a line without a transformer")
    for low, high in (
        ("angle_min_deg", "angle_max_deg"),
        ("phase_shift_min_deg", "phase_shift_max_deg"),
        ("tap_min_ratio", "tap_max_ratio"),
    ):
        least, largest = getattr(line, low), getattr(line, high)
        if low != "angle_min_deg" and (least is None) != (largest is None):
            given, missing = (high, low) if least is None else (low, high)
            yield Issue(f"{path}.{missing}", "missing_field", f"is missing while {given} is given; give both or none")
        elif least is not None and largest is not None and least > largest:
            yield Issue(f"{path}.{low}", "range", f"is {least:g}; it must be at most {high}, {largest:g}")
    if line.limit_mw is not None and line.emergency_limit_mw is not None:
        short = np.less(line.emergency_limit_mw, line.limit_mw)
        if short.any():
            message = f"is below limit_mw in step {int(np.argmax(short))}; it must be at least as large"
            yield Issue(f"{path}.emergency_limit_mw", "range", message)
