"""Meters of a dispatch session: what they have read of which port, in MW."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from c4e.opt.v1 import dispatch_session_pb2
from c4e_opt.arrays import FloatArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.units import Units
from c4e_server.convert import arrays


def read_meters(
    units: Units,
    steps: int,
    ports: Sequence[tuple[str, str, str]],
    meters: Iterable[dispatch_session_pb2.MeteredPower],
) -> list[tuple[int, int, FloatArray]]:
    """Read what meters say.

    Args:
        units: Those of what was read.
        steps: How many the case has.
        ports: Kind, component and bus of every port.
        meters: What was sent.

    Returns:
        Place of the port, first step, and mean power of the steps from there on in MW into the bus.

    Raises:
        InvalidInput: With everything that is wrong with it.
    """
    issues: list[Issue] = []
    places: dict[tuple[str, str], list[int]] = {}
    for row, (kind, component, _) in enumerate(ports):
        places.setdefault((kind, component), []).append(row)
    found: list[tuple[int, int, FloatArray]] = []
    for number, meter in enumerate(meters):
        path = f"meters[{number}]"
        row = _port(path, ports, places.get((meter.kind, meter.component), []), meter, issues)
        power = arrays.column_from_proto(meter.power, f"{path}.power", issues)
        left = steps - meter.first_step
        if not 0 < power.size <= left:
            told = f"has {power.size} numbers; from step {meter.first_step} on there are {max(left, 0)} steps"
            issues.append(Issue(f"{path}.power", "length", told))
        elif not np.isfinite(power).all():
            issues.append(
                Issue(f"{path}.power", "finite", "holds what is no finite number; leave out what was not read")
            )
        elif row is not None:
            found.append((row, meter.first_step, units.inward(power, "MW")))
    if issues:
        raise InvalidInput(issues)
    return found


def _port(
    path: str,
    ports: Sequence[tuple[str, str, str]],
    rows: Sequence[int],
    meter: dispatch_session_pb2.MeteredPower,
    issues: list[Issue],
) -> int | None:
    """The place of the port that a meter is at."""
    if not rows:
        known = [f"{kind}/{component}" for kind, component, _ in ports]
        issues.append(
            unknown(f"{path}.component", "unknown_reference", "port", f"{meter.kind}/{meter.component}", known)
        )
        return None
    buses = [ports[row][2] for row in rows]
    if not meter.bus and len(rows) == 1:
        return rows[0]
    if meter.bus not in buses:
        issues.append(unknown(f"{path}.bus", "unknown_reference", "bus of this component", meter.bus, buses))
        return None
    return rows[buses.index(meter.bus)]
