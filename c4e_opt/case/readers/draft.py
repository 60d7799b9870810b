"""A case in the making: what readers of grid files share: buses, lines in ohms, names that stay unique, notes.

Impedances of files are in ohms at the voltage of the to-side, as IEC 60909 and CIM give them. Per unit they are
divided by (kV of to_bus)^2 / base MVA; a ratio of kilovolts becomes a tap off nominal. Admittances to earth that differ
between the ends of a line become shunts at its buses.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.case.case import KINDS, Bus, Case, Policy
from c4e_opt.case.notes import assumed, passed_over, some
from c4e_opt.case.readers.sound import sound
from c4e_opt.errors import InvalidInput
from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import OrderBook

#: What stands for a limit that a file calls infinite, in MW and Mvar.
UNLIMITED = 1e6
#: The moment of files that tell none.
UNTOLD = "2000-01-01T00:00:00+00:00"
START = 946_684_800  # the same in seconds since 1970
#: An impedance below this, per unit, is none.
_NONE_PU = 1e-9
#: What stands for the reactance of a transformer that has none, per unit.
_LEAST_PU = 1e-6


class Draft:
    """One reading of one grid file."""

    def __init__(self, base_mva: float, horizon: Horizon) -> None:
        """Begin with nothing.

        Args:
            base_mva: Base of everything per unit.
            horizon: The steps of the case.
        """
        self.base_mva = base_mva
        self.horizon = horizon
        self.buses: dict[str, Bus] = {}
        self.made: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self.issues: list[Issue] = []
        self.notes: list[Issue] = []
        self._same: dict[str, str] = {}  # bus -> bus that it is one with
        self._negative: list[str] = []
        self._without: list[str] = []

    def bus(self, ident: str, **said: Any) -> str:
        """Add an electric bus; its name is unique afterwards."""
        free = _free(ident, self.buses)
        self.buses[free] = Bus(id=free, carrier="electricity", **said)
        return free

    def add(self, kind: str, ident: str, **said: Any) -> str:
        """Add a component under a name that is unique among its kind; a number for a series holds in every step."""
        cls, records = KINDS[kind], self.made[kind]
        free = _free(ident, records)
        values = dict(_series_of(cls, self.horizon.steps))
        for name, value in said.items():
            series = name in values and isinstance(value, (int, float))
            values[name] = np.full(self.horizon.steps, float(value)) if series else value
        records[free] = cls(id=free, **values)
        return free

    def merge(self, one: str, other: str) -> None:
        """Make two buses one."""
        one, other = self.at(one), self.at(other)
        if one != other:
            self._same[other] = one

    def at(self, bus: str) -> str:
        """The bus that a bus is one with."""
        while bus in self._same:
            bus = self._same[bus]
        return bus

    def branch(
        self, ident: str, ends: tuple[str, str], kv: tuple[float, float], ohm: complex, *, ratio: float = 1.0,
        shift_deg: float = 0.0, siemens: tuple[complex, complex] = (0j, 0j), limit_mva: float | None = None,
        emergency_mva: float | None = None,
    ) -> None:  # fmt: skip
        """Add a line or a transformer.

        Args:
            ident: Its name.
            ends: from_bus, at which the ratio is, and to_bus.
            kv: Their nominal voltages.
            ohm: Series impedance at the voltage of to_bus.
            ratio: Voltage behind the ideal transformer by that before it, kV by kV.
            shift_deg: How far the voltage behind it lags that before it.
            siemens: Admittances to earth behind the ideal transformer and at to_bus, at the voltage of to_bus.
            limit_mva: Limit at all times.
            emergency_mva: Limit after an outage elsewhere.
        """
        unit, through = kv[1] * kv[1] / self.base_mva, kv[0] * ratio
        if not (0 < unit < math.inf and 0 < through < math.inf and math.isfinite(_size(ohm))):
            self.refuse(f"lines.{ident}", "has no voltages, ratio or impedance to reckon with", "range")
            return
        series, tap = ohm / unit, kv[1] / through
        if _size(series) < _NONE_PU:
            if abs(tap - 1.0) < 1e-9 and abs(shift_deg) < 1e-9:
                self.merge(*ends)
                return
            self._without.append(ident)
            series = 1j * _LEAST_PU
        if series.real < 0:
            self._negative.append(ident)
            series = 1j * series.imag or 1j * _LEAST_PU
        near, far = siemens
        charging = near + far if _alike(near, far) else 0j
        if not charging:
            self.shunt(f"{ident} at {ends[0]}", ends[0], near, ratio * kv[0])
            self.shunt(f"{ident} at {ends[1]}", ends[1], far, kv[1])
        self.add(
            "line", ident, from_bus=ends[0], to_bus=ends[1], resistance_pu=series.real, reactance_pu=series.imag,
            susceptance_pu=charging.imag * unit, conductance_pu=charging.real * unit, tap_ratio=tap,
            phase_shift_deg=shift_deg, limit_mw=limit_mva, emergency_limit_mw=emergency_mva,
        )  # fmt: skip

    def shunt(self, ident: str, bus: str, siemens: complex, kv: float) -> None:
        """Add what a bus takes and gives through its voltage; nothing where that is zero."""
        power = siemens * (kv * kv)
        if power:
            self.add("shunt", ident, bus=bus, conductance_mw=power.real, susceptance_mvar=power.imag)

    def load(self, ident: str, bus: str, power_mw: Any, reactive_mvar: Any = 0.0) -> None:
        """Add a load that takes power, or a generator of that schedule where it gives it, and its reactive power."""
        power = np.broadcast_to(np.asarray(power_mw, dtype=np.float64), self.horizon.steps) + 0.0
        if np.all(power >= 0):
            member = f"demand/{self.add('demand', ident, bus=bus, demand_mw=power)}"
        else:
            low, high = np.minimum(-power, 0.0), np.maximum(-power, 0.0)
            fixed = {"power_min_mw": low, "power_max_mw": high, "power_fixed_mw": -power + 0.0}
            member = f"generator/{self.add('generator', f'load {ident}', bus=bus, **fixed)}"
        reactive = 0.0 - np.broadcast_to(np.asarray(reactive_mvar, dtype=np.float64), self.horizon.steps)
        if np.any(reactive):
            limits = {"reactive_min_mvar": reactive, "reactive_max_mvar": reactive}
            self.add("reactive", member, member=member, **limits)

    def pass_over(self, path: str, what: str, names: list[str]) -> None:
        """Note that some elements are not kept, where there are any."""
        if names:
            self.notes.append(passed_over(path, f"{len(names)} {what}: {some(names)}"))

    def assume(self, path: str, message: str) -> None:
        """Note that something was decided here."""
        self.notes.append(assumed(path, message))

    def refuse(self, path: str, message: str, rule: str = "unsupported") -> None:
        """Note that something has no counterpart, or is wrong."""
        self.issues.append(Issue(path, rule, message))

    def case(self, name: str, **policy: Any) -> Case:
        """The case, checked.

        Raises:
            InvalidInput: With everything that is wrong.
        """
        for names, message in (
            (self._negative, "lines have a resistance below 0, read as 0, which only models with losses notice"),
            (self._without, f"transformers have no impedance, read as a reactance of {_LEAST_PU:g} p.u."),
        ):
            if names:
                self.assume("lines", f"{len(names)} {message}: {some(names)}")
        merged = list(self._same)
        self.pass_over("buses", "buses are one with another, to which only a switch or no impedance joins them", merged)
        if self.issues:
            raise InvalidInput(list(dict.fromkeys(self.issues)))
        components = {kind: tuple(map(self._placed, records.values())) for kind, records in self.made.items()}
        components["line"] = tuple(line for line in components["line"] if line.from_bus != line.to_bus)
        kept = [bus for ident, bus in self.buses.items() if ident not in self._same]
        case = Case(
            name=name,
            horizon=self.horizon,
            buses=tuple(kept),
            components={kind: records for kind, records in components.items() if records},
            orders=OrderBook.empty(),
            policy=Policy(base_mva=self.base_mva, **policy),
            notes=tuple(self.notes),
        )
        return sound(case)

    def _placed(self, record: Any) -> Any:
        """A record at the buses that are left."""
        if not self._same:
            return record
        ends = {name: getattr(record, name) for name in ("bus", "from_bus", "to_bus") if hasattr(record, name)}
        moved = {name: self.at(bus) for name, bus in ends.items() if bus in self._same}
        return replace(record, **moved) if moved else record


def series_of(records: dict[str, Any], name: str) -> list[float]:
    """The largest number of a field of every record; 0 where it has none."""
    return [0.0 if (each := getattr(record, name)) is None else float(np.max(each)) for record in records.values()]


def one_step(start: int) -> Horizon:
    """One step of an hour, for files that know one moment."""
    return Horizon(start, np.array([3600], dtype=np.int64))


def mva_of(ampere: float, kv: float) -> float:
    """Apparent power of a current at a nominal voltage, three-phase."""
    return math.sqrt(3.0) * kv * ampere / 1e3


def _alike(near: complex, far: complex) -> bool:
    return _size(near - far) <= 1e-9 * max(_size(near), _size(far))


def _size(number: complex) -> float:
    """The larger part of a number, which never overflows."""
    return max(abs(number.real), abs(number.imag))


def _free(ident: str, used: Any) -> str:
    """A name without blanks at its ends that nothing else has."""
    name = ident.strip() or "unnamed"
    if name not in used:
        return name
    count = 2
    while f"{name} ({count})" in used:
        count += 1
    return f"{name} ({count})"


@cache
def _series_of(cls: type[Any], steps: int) -> dict[str, Any]:
    """Series of a record as they are by default; None where they may be absent."""
    return {
        name: None if field.required or field.default is None else np.full(steps, float(field.default))
        for name, field in fields_of(cls).items()
        if field.meta.kind == "series"
    }
