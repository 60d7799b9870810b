"""What looks wrong with the lines of a sound case: impedances and limits off by their base or unit, buses left alone.

Every finding is a warning. A radial part is what hangs on a single line: of it is known what must come over that line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.case import Case
from c4e_opt.issues import Issue
from c4e_opt.laws.checks import buses_of
from c4e_opt.network.line import Line

#: Sensible reactances, per unit, where nothing is known of voltages, and in ohm where it is.
_PER_UNIT, _OHM = (1e-6, 10.0), (1e-5, 10_000.0)
#: A limit is off by a thousand within these parts of the median of the others, or of the other limit of its line.
_OFF, _OFF_ITSELF = (400.0, 2500.0), (700.0, 1500.0)
#: Limits that are far from the others are meant where there are more of them than this part: unlimited, by a number.
_FEW = 0.001
#: Numbers that people write where there is no limit.
_UNLIMITED = [10.0**digits - 1.0 for digits in range(3, 9)]
#: Power that a limit lacks and nobody would notice, in MW.
_SLACK_MW = 1e-6
#: Kinds that take what they take, and those that give something by themselves, with the field that says how much.
_TAKES, _GIVES = {"demand": "demand_mw"}, {"renewable": "available_mw"}
#: Kinds that never have to give or take anything at their buses.
_IDLE = ("line", "flexible_demand", "contingency", "interface", "reactive", "shunt")


def grid_remarks(case: Case) -> Iterator[Issue]:
    """Find lines that look wrong in a case whose fields are all sound."""
    lines: Sequence[Line] = case.components.get("line", ())
    if not lines:
        return
    yield from _impedances(case, lines)
    yield from _limits(case, lines)
    yield from _alone(case, lines)
    yield from _radial(case, lines)


def _warning(path: str, rule: str, message: str) -> Issue:
    return Issue(path, rule, message, "warning")


def _impedances(case: Case, lines: Sequence[Line]) -> Iterator[Issue]:
    """Reactances that no line has; one warning for all of them."""
    voltage = {bus.id: bus.voltage_kv for bus in case.buses}
    base = float(case.policy.base_mva)
    found: list[tuple[int, str]] = []
    for row, line in enumerate(lines):
        size, known = abs(float(line.reactance_pu)), voltage[line.from_bus]
        ohm = None if not known else size * known**2 / base
        least, largest = _PER_UNIT if ohm is None else _OHM
        if size and line.in_service and not least <= (size if ohm is None else ohm) <= largest:
            said = f"is {line.reactance_pu:g} per unit of {base:g} MVA"
            found.append((row, said if ohm is None else f"{said}, {ohm:.3g} ohm at {known:g} kV"))
    if found:
        row, said = found[0]
        more = f" ({len(found) - 1} more lines like it)" if len(found) > 1 else ""
        mend = "check its unit and base: per unit is ohm * MVA / kV^2, with policy.base_mva"
        yield _warning(f"components.line[{row}].reactance_pu", "outlier", f"{said}{more}; {mend}")


def _limits(case: Case, lines: Sequence[Line]) -> Iterator[Issue]:
    """Limits about a thousand times those of other lines, or a thousandth of them."""
    units = case.units
    of = {name: _typical(lines, name) for name in ("limit_mw", "emergency_limit_mw")}
    size = of["limit_mw"]
    usual = float(np.median(size[size > 0])) if np.count_nonzero(size > 0) > 2 else 0.0
    ratio = size / usual if usual else np.ones(size.size)
    far = _between(ratio) | _between(np.divide(1.0, ratio, out=np.ones(size.size), where=ratio > 0))
    far &= ~np.isin(size, _UNLIMITED)
    if np.count_nonzero(far) <= max(_FEW * size.size, 1):
        for row in np.flatnonzero(far & (size > 0)).tolist():
            said, than = units.say(float(size[row]), "MW"), units.say(usual, "MW")
            message = f"is {said}, {ratio[row]:.4g} times the median of other lines, {than}; check its unit: kW or MW"
            yield _warning(_path(case, row, "limit_mw"), "outlier", message)
    both = (of["emergency_limit_mw"] > 0) & (size > 0)
    times = np.divide(of["emergency_limit_mw"], size, out=np.ones(size.size), where=both)
    for row in np.flatnonzero(_between(times, _OFF_ITSELF) & ~np.isin(of["emergency_limit_mw"], _UNLIMITED)).tolist():
        said, than = units.say(float(of["emergency_limit_mw"][row]), "MW"), units.say(float(size[row]), "MW")
        message = f"is {said}, {times[row]:.4g} times limit_mw, {than}; check its unit: kW or MW"
        yield _warning(_path(case, row, "emergency_limit_mw"), "outlier", message)


def _between(ratio: FloatArray, ends: tuple[float, float] = _OFF) -> Any:
    return (ratio >= ends[0]) & (ratio <= ends[1])


def _typical(lines: Sequence[Line], name: str) -> FloatArray:
    """The median of a limit of every line; 0 where it has none (line,)."""
    raw: list[Any] = [getattr(line, name) for line in lines]
    return np.array([0.0 if each is None else _median(each) for each in raw])


def _median(content: Any) -> float:
    values = np.ravel(content)
    return float(values[0] if values.size == 1 else np.median(values))


def _path(case: Case, row: int, name: str) -> str:
    return f"components.line[{row}].{case.units.name(name, 'MW')}"


def _alone(case: Case, lines: Sequence[Line]) -> Iterator[Issue]:
    """Buses all of whose lines are out of service, at which something stands."""
    out: dict[str, list[str]] = defaultdict(list)
    joined: set[str] = set()
    for line in lines:
        for bus in (line.from_bus, line.to_bus):
            if line.in_service:
                joined.add(bus)
            else:
                out[bus].append(line.id)
    busy = {
        bus
        for kind, records in case.components.items()
        if kind not in ("line", "shunt")
        for record in records
        for bus in buses_of(record)
    }
    for row, bus in enumerate(case.buses):
        if bus.id in out and bus.id not in joined and bus.id in busy:
            names = ", ".join(repr(name) for name in out[bus.id][:3])
            more = f" and {len(out[bus.id]) - 3} more" if len(out[bus.id]) > 3 else ""
            message = f"is {bus.id!r}, whose lines {names}{more} are all out of service; check in_service"
            yield _warning(f"buses[{row}].id", "alone", message)


@dataclass(slots=True)
class _Part:
    """What hangs on a bus: its name, how many buses, and the least power that it needs (time,)."""

    size: int
    needed: FloatArray


def _radial(case: Case, lines: Sequence[Line]) -> Iterator[Issue]:
    """Lines that cannot carry what the radial part behind them needs: demand less what the sun and wind there give."""
    needed = _needed(case)
    at: dict[str, list[int]] = defaultdict(list)
    for row, line in enumerate(lines):
        if line.in_service:
            at[line.from_bus].append(row)
            at[line.to_bus].append(row)
    degree = Counter({bus: len(rows) for bus, rows in at.items()})
    parts = {bus: _Part(1, power.copy()) for bus, power in needed.items()}
    ends, done = [bus for bus in at if degree[bus] == 1], set[int]()
    while ends:
        bus = ends.pop()
        row = next((each for each in at[bus] if each not in done), None)
        if row is None or bus not in parts:
            continue
        done.add(row)
        line, part = lines[row], parts[bus]
        yield from _too_small(case, line, row, bus, part)
        other = line.to_bus if bus == line.from_bus else line.from_bus
        degree[other] -= 1
        if other in parts:
            parts[other].needed += part.needed
            parts[other].size += part.size
        if degree[other] == 1:
            ends.append(other)


def _needed(case: Case) -> Mapping[str, FloatArray]:
    """The least power that must come to a bus, (time,), of those at which nothing can give at will."""
    steps = case.horizon.steps
    needed = {bus.id: np.zeros(steps) for bus in case.buses if bus.carrier == "electricity"}
    for kind, records in case.components.items():
        sign, field = (1.0, _TAKES.get(kind)) if kind in _TAKES else (-1.0, _GIVES.get(kind))
        for record in records if kind not in _IDLE else ():
            for bus in buses_of(record):
                if field is None:
                    needed.pop(bus, None)
                elif bus in needed:
                    needed[bus] = needed[bus] + sign * np.asarray(getattr(record, field))
    for place in np.unique(case.orders.bus).tolist():
        needed.pop(case.buses[int(place)].id, None)
    return needed


def _too_small(case: Case, line: Line, row: int, bus: str, part: _Part) -> Iterator[Issue]:
    if line.limit_mw is None or line.overload_price_eur_per_mwh is not None:
        return
    short = part.needed - np.broadcast_to(line.limit_mw, part.needed.shape)
    wrong = np.flatnonzero(short > _SLACK_MW)
    if not wrong.size:
        return
    step, units = int(np.argmax(short)), case.units
    limit = float(np.broadcast_to(line.limit_mw, part.needed.shape)[step])
    behind = f"bus {bus!r} behind it needs" if part.size == 1 else f"the {part.size} buses from {bus!r} on need"
    more = f" (in {wrong.size} steps)" if wrong.size > 1 else ""
    message = (
        f"is {units.say(limit, 'MW')} at {case.horizon.axis.labels[step]}Z; {behind} at least "
        f"{units.say(float(part.needed[step]), 'MW')} then{more}; raise it, or give supply or flexible demand there"
    )
    place = f"[{step}]" if np.ndim(line.limit_mw) else ""
    yield _warning(f"{_path(case, row, 'limit_mw')}{place}", "shortage", message)
