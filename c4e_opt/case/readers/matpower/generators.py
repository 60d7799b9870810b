"""Generators and dispatchable loads, their costs, their reactive power, and the reserves that they keep."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.notes import some
from c4e_opt.case.readers.matpower.costs import Cost, cost_of
from c4e_opt.case.readers.matpower.reading import Reading, Table
from c4e_opt.components.generator import CostSegment
from c4e_opt.network.reactive import CapabilityPoint

_RAMPS = ("RAMP_AGC", "RAMP_10", "RAMP_30", "RAMP_Q", "APF")


def read(reading: Reading) -> None:
    """All generators in service."""
    table = reading.table("gen")
    reading.finite(table, "GEN_BUS", "GEN_STATUS")
    rows = reading.in_service(table, "GEN_STATUS", reading.at_live_buses(table, "GEN_BUS"), "generators")
    least, largest = reading.limits(table, "PMIN"), reading.limits(table, "PMAX")
    for row in np.flatnonzero(least > largest)[:5].tolist():
        if row in rows:
            message = f"is {least[row]:g} MW; it must be at most PMAX, {largest[row]:g} MW"
            reading.refuse(table.place(row, "PMIN"), message, "range")
    costs = read_costs(reading, "gencost", table.rows)
    if reading.issues:
        return
    buses = table.column("GEN_BUS")
    falling: list[int] = []
    for row in rows:
        cost = cost_of(costs[row], float(least[row]), float(largest[row])) if costs is not None else Cost()
        if isinstance(cost, str):
            reading.refuse(f"mpc.gencost({row + 1}, :)", cost)
            continue
        if cost.falls:
            falling.append(row + 1)
        reading.add(
            "generator",
            id=f"gen{row + 1}",
            bus=reading.live[float(buses[row])],
            power_min_mw=float(least[row]),
            power_max_mw=float(largest[row]),
            **said_of(cost),
        )
    if falling:
        message = f"rows {some(falling)} have costs that are not convex; binaries keep their segments in order"
        reading.assume("mpc.gencost", message)
    _reactive(reading, table, rows)
    _pass_over_ramps(reading, table, rows)
    _reserves(reading, table, rows)


def read_costs(reading: Reading, name: str, rows: int) -> FloatArray | None:
    """The costs of so many generators or DC lines; None when the file has none."""
    reading.used.add(name)
    costs = reading.file.matrix(name)
    if costs is None:
        if rows and name == "gencost":
            reading.assume(f"mpc.{name}", "is missing; no generator costs anything")
        return None
    if costs.shape[1] < 4 or costs.shape[0] not in (rows, 2 * rows):
        message = f"has {costs.shape[0]} rows and {costs.shape[1]} columns; it needs {rows} rows and 4 columns at least"
        reading.refuse(f"mpc.{name}", message, "columns")
        return None
    if rows and np.any(costs[:rows, 1:3] != 0):
        where = some((np.flatnonzero(np.any(costs[:rows, 1:3] != 0, axis=1)) + 1).tolist())
        message = f"STARTUP and SHUTDOWN of rows {where} are not kept; what runs in the one hour of a case file is said"
        reading.pass_over(f"mpc.{name}", message)
    if costs.shape[0] > rows and np.any(costs[rows:, 4:] != 0):
        reading.pass_over(f"mpc.{name}", f"costs of reactive power, rows {rows + 1} and up, are not kept")
    return costs[:rows]


def said_of(cost: Cost) -> dict[str, Any]:
    """A cost as a generator says it."""
    said: dict[str, Any] = {"cost_eur_per_mwh": cost.linear, "fixed_cost_eur_per_hour": cost.fixed}
    if cost.square:
        said["quadratic_cost_eur_per_mw2_hour"] = cost.square
    if cost.segments:
        said["cost_segments"] = tuple(
            CostSegment(power_mw=width, cost_eur_per_mwh=slope) for width, slope in cost.segments
        )
    return said


def _reactive(reading: Reading, table: Table, rows: list[int]) -> None:
    """The reactive power of generators, within limits, or in proportion to the power of dispatchable loads."""
    names = ("PMIN", "PMAX", "PC1", "PC2", "QC1MIN", "QC1MAX", "QC2MIN", "QC2MAX")
    lowest, highest = reading.limits(table, "QMIN").tolist(), reading.limits(table, "QMAX").tolist()
    others = np.column_stack([table.column(name) for name in names]).tolist()
    for row in rows:
        low, high, (least, largest, *curve) = lowest[row], highest[row], others[row]
        said: dict[str, Any] = {"reactive_min_mvar": low, "reactive_max_mvar": high}
        if low > high:
            message = f"is {low:g} Mvar; it must be at most QMAX, {high:g} Mvar"
            reading.refuse(table.place(row, "QMIN"), message, "range")
        if least < 0 == largest and low * high == 0 and low + high:
            said = {"ratio": (low + high) / least}
        points = _capability(curve, least, largest) if np.isfinite(curve).all() else ()
        if points:
            said["capability"] = points
        if low or high:
            reading.add("reactive", id=f"gen{row + 1}", member=f"generator/gen{row + 1}", **said)


def _capability(curve: list[float], least: float, largest: float) -> tuple[CapabilityPoint, ...]:
    """The two slanted limits of MATPOWER, from the least to the largest power; nothing where there are none."""
    first, second, low1, high1, low2, high2 = curve
    if first == second or not np.isfinite([least, largest]).all():
        return ()

    def at(power: float, start: float, end: float) -> float:
        return end if power == second else start + (power - first) * (end - start) / (second - first)

    return tuple(
        CapabilityPoint(
            power_mw=power, reactive_min_mvar=at(power, low1, low2), reactive_max_mvar=at(power, high1, high2)
        )
        for power in ((least, largest) if least < largest else (least,))
    )


def _pass_over_ramps(reading: Reading, table: Table, rows: list[int]) -> None:
    given = [name for name in _RAMPS if np.any(table.column(name)[rows] != 0)]
    if given:
        reading.pass_over("mpc.gen", f"{', '.join(given)} are not kept; a case of one step has no ramps")


def _reserves(reading: Reading, table: Table, rows: list[int]) -> None:
    """Zonal reserves: what every zone requires of its generators."""
    names = ("zones", "req", "cost", "qty")
    reading.used.update(f"reserves.{name}" for name in names)
    zones, wanted = reading.file.matrix("reserves.zones"), reading.file.matrix("reserves.req")
    if zones is None and wanted is None:
        return
    if zones is None or wanted is None or zones.shape != (wanted.size, table.rows):
        message = f"needs zones (zone, generator) for {table.rows} generators and one req per zone"
        reading.refuse("mpc.reserves", message, "columns")
        return
    for zone, power in enumerate(wanted.ravel().tolist()):
        members = tuple(f"generator/gen{row + 1}" for row in rows if zones[zone, row])
        if power > 0 and np.isfinite(power):
            reading.add("reserve", id=f"reserve{zone + 1}", members=members, up_mw=power)
    kept = [name for name in names[2:] if f"reserves.{name}" in reading.file.fields]
    for name in kept:
        what = "prices of keeping reserve" if name == "cost" else "largest reserves of each generator"
        reading.pass_over(f"mpc.reserves.{name}", f"{what} are not kept; our reserves have none")
