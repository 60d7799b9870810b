"""Cases as MATPOWER case files: what `read_matpower` reads back as an equal case, where it has read the case before.

A case file knows one step of an hour, electric buses with one load each, generators, lines, shunts, DC lines and zonal
reserves. What a case has beyond that is refused by name. Names are not kept: rows are numbers; a row that only keeps
the numbers of others in place is out of service. Owners, parties and all of the policy but base_mva are no part of a
case file either; the notes say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.case.case import Bus, Case, Policy
from c4e_opt.case.notes import passed_over, some
from c4e_opt.case.readers.matpower import columns
from c4e_opt.case.readers.matpower.generators import curve_of
from c4e_opt.case.readers.matpower.unsayable import check_case, check_line, check_tie, number_of
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

_Row = list[float]
_HEADINGS = {"bus": columns.BUS, "gen": columns.GEN, "branch": columns.BRANCH, "dcline": columns.DCLINE}
#: The names that `read_matpower` gives.
_NAMES = {
    "generator": "gen[1-9][0-9]*|load{bus}", "demand": "load{bus}", "shunt": "shunt{bus}", "line": "branch[1-9][0-9]*",
    "tie": "dcline[1-9][0-9]*", "reserve": "reserve[1-9][0-9]*",
}  # fmt: skip
#: How many neighbours of a number are tried to find the one that is read back as it should be.
_NEIGHBOURS = 6


def write_matpower(case: Case, path: str | Path) -> tuple[Issue, ...]:
    """Write a case as a case file of MATPOWER, version 2.

    Args:
        case: A checked case.
        path: The file; replaced when it exists.

    Returns:
        Notes: what the file does not say and that changes no flow and no cost.

    Raises:
        InvalidInput: The case has what MATPOWER cannot say; everything of that is named.
    """
    text, notes = text_of(case)
    Path(path).write_text(text, encoding="utf-8")
    return notes


def text_of(case: Case) -> tuple[str, tuple[Issue, ...]]:
    """A case as the text of a case file, and the notes of `write_matpower`.

    Raises:
        InvalidInput: See `write_matpower`.
    """
    issues = list(check_case(case))
    if issues:
        raise InvalidInput(issues)
    writing = _Writing(case)
    text = writing.text()
    if writing.issues:
        raise InvalidInput(writing.issues)
    return text, tuple(_notes(case))


class _Writing:
    """One writing of one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.issues: list[Issue] = []
        self.number = _bus_numbers(case.buses)
        self.placeholder = max(self.number.values(), default=0) + 1  # an isolated bus for rows that only keep numbers
        self.needs_placeholder = False
        self.loads = _loads(case)
        self.generators = [each for each in case.components.get("generator", ()) if each.id not in self.loads]
        self.ends = {f"{each.id}.{end}" for each in case.components.get("tie", ()) for end in ("from", "to")}
        self.reactive = {each.member: each for each in case.components.get("reactive", ()) if each.member}

    def text(self) -> str:
        """The whole file."""
        name = re.sub(r"\W", "_", self.case.name) or "case"
        branches, (gens, costs) = self._branches(), self._generators()
        dclines, fees = self._ties()
        parts = [
            f"function mpc = {name if name[0].isalpha() else f'case_{name}'}",
            "% Written by c4e-opt.",
            "mpc.version = '2';",
            f"mpc.baseMVA = {_said(float(self.case.policy.base_mva))};",
            _matrix("bus", self._buses()),
            _matrix("gen", gens),
            _matrix("branch", branches),
            _matrix("gencost", costs),
        ]
        if dclines:
            parts += [_matrix("dcline", dclines)]
        if any(fee[4] for fee in fees):
            parts += [_matrix("dclinecost", fees)]
        parts += self._reserves(len(gens))
        if any(str(number) != bus for bus, number in self.number.items()):
            names = "".join(f"\t'{bus.replace(chr(39), chr(39) * 2)}';\n" for bus in self.number)
            last = "\t'';\n" if self.needs_placeholder else ""
            parts.append(f"mpc.bus_name = {{\n{names}{last}}};")
        return "\n".join(parts) + "\n"

    def _buses(self) -> list[_Row]:
        with_generator = {each.bus for each in self.generators}
        real = dict.fromkeys(self.number, 0.0)
        reactive = dict.fromkeys(self.number, 0.0)
        for each in self.case.components.get("demand", ()):
            real[each.bus] += number_of(each.demand_mw)
        for each in self.case.components.get("generator", ()):
            if each.id in self.loads:
                real[each.bus] -= number_of(each.power_fixed_mw)
        for bus, power in self._reactive_loads():
            reactive[bus] += power
        shunts = {bus: [0.0, 0.0] for bus in self.number}
        for each in self.case.components.get("shunt", ()):
            shunts[each.bus][0] += each.conductance_mw
            shunts[each.bus][1] += each.susceptance_mvar
        rows: list[_Row] = []
        for bus in self.case.buses:
            kind = 3 if bus.slack else 2 if bus.id in with_generator else 1
            limits = [bus.voltage_kv or 0.0, 1.0, bus.voltage_max_pu, bus.voltage_min_pu]
            load = [real[bus.id], reactive[bus.id]]
            rows.append([self.number[bus.id], kind, *load, *shunts[bus.id], 1.0, 1.0, 0.0, *limits])
        if self.needs_placeholder:
            rows.append([self.placeholder, 4, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1.1, 0.9])
        return rows

    def _reactive_loads(self) -> Iterator[tuple[str, float]]:
        """Bus and reactive power that is taken there, of loads and of devices that give what is fixed."""
        members = {f"demand/{each.id}": (each.bus, number_of(each.demand_mw)) for each in self._all("demand")}
        for each in self._all("generator"):
            if each.id in self.loads:
                members[f"generator/{each.id}"] = each.bus, -number_of(each.power_fixed_mw)
        for each in self._all("reactive"):
            if each.member in members and each.ratio is not None:
                bus, power = members[each.member]
                ratio = each.ratio
                if power:
                    yield bus, _undone(ratio * power, ratio, lambda given, power=power: given / power)
            elif each.member in members or (each.bus and each.id not in self.ends):
                if number_of(each.reactive_min_mvar) != number_of(each.reactive_max_mvar):
                    path = f"components.reactive {each.id!r}.reactive_min_mvar"
                    message = "is no fixed power; MATPOWER's loads have no range"
                    self.issues.append(Issue(path, "unsayable", message))
                bus = each.bus or members[each.member][0]
                yield bus, -number_of(each.reactive_max_mvar)

    def _all(self, kind: str) -> tuple[Any, ...]:
        return self.case.components.get(kind, ())

    def _generators(self) -> tuple[list[_Row], list[_Row]]:
        held = {bus.id: bus.voltage_set_pu for bus in self.case.buses}
        first = self.number[self.case.buses[0].id] if self.case.buses else 0
        rows: list[_Row] = []
        costs: list[_Row] = []
        for each in _in_rows(self.generators, "gen"):
            if each is None:
                rows.append([first, 0, 0, 0, 0, 1, self.case.policy.base_mva, 0, 0, 0, *[0.0] * 11])
                costs.append([2, 0, 0, 1, 0])
                continue
            low, high, curve = self._reactive_limits(each)
            fixed = each.power_fixed_mw
            least, largest = (
                number_of(each.power_min_mw if fixed is None else fixed),
                number_of(each.power_max_mw if fixed is None else fixed),
            )
            limits = [high, low, held[each.bus], self.case.policy.base_mva, 1, largest, least]
            rows.append([self.number[each.bus], 0, 0, *limits, *curve, 0, 0, 0, 0, 0])
            costs.append(_cost_row(each, min(0.0, number_of(each.power_min_mw))))
        width = max((len(row) for row in costs), default=5)
        return rows, [row + [0.0] * (width - len(row)) for row in costs]

    def _reactive_limits(self, generator: Any) -> tuple[float, float, _Row]:
        """Least and largest reactive power, and the capability curve."""
        said, none = self.reactive.get(f"generator/{generator.id}"), [0.0] * 6
        if said is None:
            return 0.0, 0.0, none
        low, high = number_of(said.reactive_min_mvar), number_of(said.reactive_max_mvar)
        if said.ratio is not None:
            least = number_of(generator.power_min_mw)
            if not least < 0 == number_of(generator.power_max_mw):
                message = "is given; MATPOWER has a fixed power factor for dispatchable loads only"
                self.issues.append(Issue(f"components.reactive {said.id!r}.ratio", "unsayable", message))
                return 0.0, 0.0, none
            at_least = _undone(said.ratio * least, said.ratio, lambda given: given / least)
            return min(at_least, 0.0), max(at_least, 0.0), none
        if not said.capability:
            return low, high, none
        found = _edges(said, (number_of(generator.power_min_mw), number_of(generator.power_max_mw)))
        if found is None:
            message = "is no box that two slanted edges cut; MATPOWER has no other"
            self.issues.append(Issue(f"components.reactive {said.id!r}.capability", "unsayable", message))
            return low, high, none
        return found

    def _branches(self) -> list[_Row]:
        rows: list[_Row] = []
        dcp = self.case.policy.network == "dcp"
        for each in _in_rows(self._all("line"), "branch"):
            if each is None:
                self.needs_placeholder = True
                rows.append([self.placeholder, self.placeholder, 0, 1, 0, 0, 0, 0, 0, 0, 0, -360, 360])
                continue
            self.issues += check_line(each, dcp=dcp)
            limit = number_of(each.limit_mw) if each.limit_mw is not None else 0.0
            after = number_of(each.emergency_limit_mw) if each.emergency_limit_mw is not None else limit
            plain = each.tap_ratio == 1 and not each.phase_shift_deg
            angles = (
                -360.0 if each.angle_min_deg is None else each.angle_min_deg,
                360.0 if each.angle_max_deg is None else each.angle_max_deg,
            )
            ends = self.number[each.from_bus], self.number[each.to_bus]
            impedance = each.resistance_pu, each.reactance_pu, each.susceptance_pu
            transformer = 0.0 if plain else each.tap_ratio, each.phase_shift_deg
            rows.append([*ends, *impedance, limit, after, after, *transformer, float(each.in_service), *angles])
        return rows

    def _ties(self) -> tuple[list[_Row], list[_Row]]:
        devices = {each.id: each for each in self._all("reactive") if each.bus and each.id in self.ends}
        rows: list[_Row] = []
        fees: list[_Row] = []
        for each in _in_rows(self._all("tie"), "dcline"):
            if each is None:
                first = self.number[self.case.buses[0].id]
                rows.append([first, first, *[0.0] * 15])
                fees.append([2, 0, 0, 2, 0, 0])
                continue
            self.issues += check_tie(each)
            ratio, least, largest, fee = _dc_line(each)
            reactive: _Row = []
            for end in ("from", "to"):
                device = devices.get(f"{each.id}.{end}")
                limits = (device.reactive_min_mvar, device.reactive_max_mvar) if device else (0.0, 0.0)
                reactive += [number_of(limit) for limit in limits]
            ends = [self.number[each.from_bus], self.number[each.to_bus]]
            rows.append([*ends, 1, 0, 0, 0, 0, 1, 1, least, largest, *reactive, each.loss_fixed_mw, ratio])
            fees.append([2, 0, 0, 2, fee, 0])
        return rows, fees

    def _reserves(self, rows: int) -> list[str]:
        reserves = self._all("reserve")
        if not reserves:
            return []
        place = {f"generator/{each.id}": row for row, each in enumerate(_in_rows(self.generators, "gen")) if each}
        zones: list[_Row] = []
        for each in reserves:
            zone = [0.0] * rows
            for member in each.members:
                zone[place[member]] = 1.0
            zones.append(zone)
        wanted = [[number_of(each.up_mw)] for each in reserves]
        some = int(np.any(np.array(zones) > 0, axis=0).sum())
        return [
            _matrix("reserves.zones", zones), _matrix("reserves.req", wanted),
            _matrix("reserves.cost", [[0.0]] * some),
        ]  # fmt: skip


def _dc_line(tie: Any) -> tuple[float, float, float, float]:
    """Loss per MW, least and largest power at the first bus, and cost, of a tie as a DC line."""
    other = tie.loss_ratio if tie.backward_loss_ratio is None else tie.backward_loss_ratio
    backward = number_of(tie.backward_max_mw) > 0
    ratio = tie.loss_ratio
    if backward and abs((1.0 - ratio) * (1.0 - other) - 1.0) > 1e-12:  # it flows back only, see `check_tie`
        ratio = _undone(1.0 - 1.0 / (1.0 - other), other, lambda said: 1.0 - 1.0 / (1.0 - said))
    back = 1.0 - ratio
    least, largest = number_of(tie.forward_min_mw), number_of(tie.forward_max_mw)
    if backward:
        most, some = number_of(tie.backward_max_mw), number_of(tie.backward_min_mw)
        least = -_undone(most / back, most, lambda power: power * back)
        largest = largest if largest else -_undone(some / back, some, lambda power: power * back)
    fee = tie.fee_eur_per_mwh
    if backward and not number_of(tie.forward_max_mw):
        fee = fee if tie.backward_fee_eur_per_mwh is None else tie.backward_fee_eur_per_mwh
        fee = _undone(-back * fee, fee, lambda said: -said / back)
    return ratio, least, largest, fee


def _edges(said: Any, powers: tuple[float, float]) -> tuple[float, float, _Row] | None:
    """QMIN, QMAX and the edges of a capability curve; None where MATPOWER has none such."""
    corners = [(p.power_mw, p.reactive_min_mvar, p.reactive_max_mvar) for p in said.capability]
    low = min([number_of(said.reactive_min_mvar), *(corner[1] for corner in corners)])
    high = max([number_of(said.reactive_max_mvar), *(corner[2] for corner in corners)])
    first, last = corners[0][0], corners[-1][0]
    ends: list[_Row] = []
    for side in (1, 2):
        slants = [(a, b) for a, b in pairwise(corners) if abs(b[side] - a[side]) > 1e-9 * (b[0] - a[0])]
        a, b = (slants[0][0], slants[-1][1]) if slants else (corners[0], corners[-1])
        slope = (b[side] - a[side]) / (b[0] - a[0])
        ends.append([a[side] + slope * (first - a[0]), b[side] + slope * (last - b[0])])
    edges = [first, last, ends[0][0], ends[1][0], ends[0][1], ends[1][1]]
    again = curve_of(edges, powers, (low, high))
    same = len(again) == len(corners) and np.allclose(again, corners, rtol=1e-9, atol=1e-9)
    return (low, high, edges) if same else None


def _cost_row(generator: Any, begin: float) -> _Row:
    """A row of mpc.gencost."""
    linear, fixed = number_of(generator.cost_eur_per_mwh), generator.fixed_cost_eur_per_hour
    if not generator.cost_segments:
        square = generator.quadratic_cost_eur_per_mw2_hour
        return [2, 0, 0, 3, square, linear, fixed] if square else [2, 0, 0, 2, linear, fixed]
    widths = np.array([each.power_mw for each in generator.cost_segments])
    slopes = np.array([each.cost_eur_per_mwh for each in generator.cost_segments]) + linear
    power = np.concatenate([[begin], begin + np.cumsum(widths)])
    cost = fixed + linear * begin + np.concatenate([[0.0], np.cumsum(widths * slopes)])
    return [1, 0, 0, power.size, *np.column_stack([power, cost]).ravel().tolist()]


def _loads(case: Case) -> set[str]:
    """Generators that are negative loads: those that `read_matpower` makes of such."""
    return {
        each.id
        for each in case.components.get("generator", ())
        if each.id == f"load{each.bus}" and each.power_fixed_mw is not None and number_of(each.power_fixed_mw) > 0
    }


def _bus_numbers(buses: Sequence[Bus]) -> dict[str, int]:
    """Bus to number: its id where that is one."""
    own = {bus.id: int(bus.id) for bus in buses if bus.id.isascii() and bus.id.isdigit() and str(int(bus.id)) == bus.id}
    free = max(own.values(), default=0) + 1
    numbers: dict[str, int] = {}
    for bus in buses:
        numbers[bus.id] = own.get(bus.id, free)
        free += bus.id not in own
    return numbers


def _in_rows(records: Sequence[Any], prefix: str) -> list[Any | None]:
    """Records in the rows that their names say; in their order where they say none."""
    places = [re.fullmatch(rf"{prefix}([1-9]\d{{0,6}})", each.id) for each in records]
    rows = [int(place[1]) for place in places if place is not None]
    if len(rows) < len(records) or max(rows, default=0) > 10 * len(records) + 1000 or rows != sorted(set(rows)):
        return list(records)
    found: list[Any | None] = [None] * max(rows, default=0)
    for row, each in zip(rows, records, strict=True):
        found[row - 1] = each
    return found


def _undone(guess: float, wanted: float, read: Callable[[float], float]) -> float:
    """The number next to a guess that is read as wanted, to the bit; the guess where none is."""
    for way in (np.inf, -np.inf):
        number = guess
        for _ in range(_NEIGHBOURS):
            if read(number) == wanted:
                return number
            number = float(np.nextafter(number, way))
    return guess


def _notes(case: Case) -> Iterator[Issue]:
    owned = [each.id for records in case.components.values() for each in records if getattr(each, "owner", "")]
    if owned or case.parties:
        yield passed_over("parties", "parties and owners are not written; MATPOWER has none")
    named = [
        f"{kind}/{each.id}"
        for kind, pattern in _NAMES.items()
        for each in case.components.get(kind, ())
        if not re.fullmatch(pattern.format(bus=re.escape(getattr(each, "bus", ""))), each.id)
    ]
    if named:
        message = f"names are not written, and loads and shunts at one bus become one: {some(named)}"
        yield passed_over("components", message)
    plain = Policy(network=case.policy.network, base_mva=case.policy.base_mva)
    if any(getattr(case.policy, name) != getattr(plain, name) for name in plain.__dataclass_fields__):
        yield passed_over("policy", "is not written, but for base_mva; say it again where the file is solved")
    if case.policy.network == "dcp" and not case.name.startswith("pglib_"):
        yield passed_over("policy.network", "is not written; say --network dcp where the file is solved")
    if not (re.fullmatch(r"[A-Za-z]\w*", case.name) and case.name.isascii()):
        yield passed_over("name", f"is not written as it is; {case.name!r} is no name of a MATLAB function")


def _matrix(name: str, rows: Sequence[Sequence[float]]) -> str:
    names = _HEADINGS.get(name)
    heading = f"%\t{chr(9).join(names)}\n" if names else ""
    lines = "".join("\t" + "\t".join(map(_said, row)) + ";\n" for row in rows)
    return f"{heading}mpc.{name} = [\n{lines}];"


def _said(number: float) -> str:
    """A number that is read back to the bit."""
    number = float(number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
