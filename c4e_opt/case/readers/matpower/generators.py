"""Generators and dispatchable loads, their costs, their reactive power, and the reserves that they keep."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.notes import some
from c4e_opt.case.readers.matpower.costs import Cost, cost_of, rounded
from c4e_opt.case.readers.matpower.reading import Reading, Table
from c4e_opt.components.generator import CostSegment
from c4e_opt.network.reactive import CapabilityPoint

#: Power, least and largest reactive power.
Corner = tuple[float, float, float]

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
        low, high, (least, largest, *edges) = lowest[row], highest[row], others[row]
        said: dict[str, Any] = {"reactive_min_mvar": low, "reactive_max_mvar": high}
        if low > high:
            message = f"is {low:g} Mvar; it must be at most QMAX, {high:g} Mvar"
            reading.refuse(table.place(row, "QMIN"), message, "range")
        if least < 0 == largest and low * high == 0 and low + high:
            said = {"ratio": (low + high) / least}
        elif edges[0] != edges[1] and np.isfinite([least, largest, *edges]).all():
            said |= _within(reading, table, row, curve_of(edges, (least, largest), (low, high)))
        if low or high:
            reading.add("reactive", id=f"gen{row + 1}", member=f"generator/gen{row + 1}", **said)


def _within(reading: Reading, table: Table, row: int, corners: tuple[Corner, ...]) -> dict[str, Any]:
    """What a reactive record says of a curve; of one power only, its limits there."""
    for power, low, high in corners:
        if low > high:
            message = f"leaves no reactive power at {power:g} MW: at least {low:g}, at most {high:g} Mvar"
            reading.refuse(table.place(row, "PC1"), message, "range")
            return {}
    if len(corners) == 1:
        _, low, high = corners[0]
        return {"reactive_min_mvar": low, "reactive_max_mvar": high}
    points = (CapabilityPoint(power_mw=p, reactive_min_mvar=low, reactive_max_mvar=high) for p, low, high in corners)
    return {"capability": tuple(points)}


def curve_of(edges: list[float], powers: tuple[float, float], limits: tuple[float, float]) -> tuple[Corner, ...]:
    """The capability curve of MATPOWER: a box, cut by two slanted edges.

    Args:
        edges: PC1, PC2, QC1MIN, QC1MAX, QC2MIN, QC2MAX; the first two differ.
        powers: Least and largest power.
        limits: QMIN and QMAX.

    Returns:
        Power, least and largest reactive power at every corner, by rising power, to 12 digits; one corner where the
        power is fixed.
    """
    first, second, low1, high1, low2, high2 = edges
    bends = set(powers)
    for start, end, limit in ((low1, low2, limits[0]), (high1, high2, limits[1])):
        if start != end:
            crossing = first + (limit - start) / (end - start) * (second - first)
            if powers[0] < rounded(crossing) < powers[1]:
                bends.add(rounded(crossing))

    def at(power: float, start: float, end: float) -> float:
        return rounded(end if power == second else start + (power - first) * (end - start) / (second - first))

    return tuple(
        (power, max(limits[0], at(power, low1, low2)), min(limits[1], at(power, high1, high2)))
        for power in sorted(bends)
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
    inside = [{row for row in rows if zone[row]} for zone in zones]
    asked = [zone for zone, power in enumerate(wanted.ravel().tolist()) if power > 0 and np.isfinite(power)]
    for zone in asked:
        mine = inside[zone]
        around = [other for other in asked if mine < inside[other] or (mine == inside[other] and other < zone)]
        reading.add(
            "reserve",
            id=f"reserve{zone + 1}",
            members=tuple(f"generator/gen{row + 1}" for row in sorted(mine)),
            up_mw=float(wanted.ravel()[zone]),
            counts_for=tuple(f"reserve{other + 1}" for other in around),
        )
        apart = [other for other in asked if other < zone and mine & inside[other] and mine - inside[other]]
        apart = [other for other in apart if inside[other] - mine]
        if apart:
            message = f"zones {apart[0] + 1} and {zone + 1} overlap, none within the other; each keeps its own"
            reading.assume("mpc.reserves.zones", message)
    kept = [name for name in names[2:] if f"reserves.{name}" in reading.file.fields]
    for name in kept:
        what = "prices of keeping reserve" if name == "cost" else "largest reserves of each generator"
        reading.pass_over(f"mpc.reserves.{name}", f"{what} are not kept; reserve_offer would say them")
