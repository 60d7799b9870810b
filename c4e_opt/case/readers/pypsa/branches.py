"""Lines and transformers of a network: limits alone where they form no circle, else linear power flow.

The angle difference of a branch is x_pu_eff * flow + phase shift, with x_pu_eff on a base of 1 MVA: the reactance in
ohm over the square of the voltage of bus0; of a transformer its reactance over its size, times its tap ratio; the
resistance in networks that are not of carrier AC. So the case has a base of 1 MVA, and its linear power flow is that of
PyPSA. Resistances, susceptances and conductances are read too, though linear power flow looks at none of them; the T
model of a transformer is taken for a pi model, and a tap at bus1 for one at bus0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from c4e_opt.case.readers.network_file import Row
from c4e_opt.case.readers.pypsa.reading import Reading
from c4e_opt.case.readers.pypsa.standard_types import LINE_TYPES, TRANSFORMER_FIELDS, TRANSFORMER_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branch:
    """A line or transformer, per unit of 1 MVA."""

    row: Row
    id: str
    ends: tuple[str, str]
    size_mw: float
    resistance: float = 0.0
    reactance: float = 0.0
    susceptance: float = 0.0
    conductance: float = 0.0
    tap: float = 1.0
    shift_deg: float = 0.0


def branches(reading: Reading) -> None:
    """Read lines and transformers: ties where only limits bind, lines where flows follow from impedances."""
    voltage = {row.name: row.number("v_nom", 1.0) for row in reading.file.of("buses")}
    found: list[_Branch] = []
    for row in (*reading.file.of("lines"), *reading.file.of("transformers")):
        ends = row.text("bus0"), row.text("bus1")
        if not set(ends) <= voltage.keys():
            reading.refuse(row, "bus0", "names a bus that does not exist")
        elif row.place.startswith("lines"):
            found.append(_line(reading, row, ends, voltage[ends[0]]))
        else:
            found.append(_transformer(reading, row, ends))
    meshed = _meshed(found)
    for branch in found:
        if branch.ends[0] in meshed or np.isfinite(branch.row.number("v_ang_max", np.inf)):
            _flow(reading, branch, found)
        else:
            _tie(reading, branch)


def _line(reading: Reading, row: Row, ends: tuple[str, str], voltage: float) -> _Branch:
    """A line in ohm and siemens, or of a type."""
    ohm, reactance, siemens = row.number("r"), row.number("x"), row.number("b")
    kind = row.text("type")
    if kind:
        own = {each.name: each for each in reading.file.rows.get("line_types", ())}
        if kind in own:
            names = ("r_per_length", "x_per_length", "c_per_length", "f_nom")
            per_km = tuple(own[kind].number(name, 50.0 if name == "f_nom" else 0.0) for name in names)
        elif kind in LINE_TYPES:
            per_km = LINE_TYPES[kind]
        else:
            reading.refuse(row, "type", f"is {kind!r}, which is neither in the file nor one of PyPSA's")
            per_km = (0.0, 1.0, 0.0, 50.0)
        length, parallel = row.number("length"), row.number("num_parallel", 1.0)
        ohm, reactance = (each * length / parallel for each in per_km[:2])
        siemens = 2e-9 * np.pi * per_km[3] * per_km[2] * length * parallel
    return _Branch(
        row=row,
        id=row.name,
        ends=ends,
        size_mw=row.number("s_nom"),
        resistance=ohm / voltage**2,
        reactance=reactance / voltage**2,
        susceptance=siemens * voltage**2,
        conductance=row.number("g") * voltage**2,
    )


def _transformer(reading: Reading, row: Row, ends: tuple[str, str]) -> _Branch:
    """A transformer per unit of its size, or of a type."""
    said = {name: row.number(name) for name in ("s_nom", "r", "x", "b", "g", "phase_shift")}
    tap = row.number("tap_ratio", 1.0)
    kind = row.text("type")
    if kind:
        own = {each.name: each for each in reading.file.rows.get("transformer_types", ())}
        if kind in own:
            given = {name: own[kind].number(name) for name in TRANSFORMER_FIELDS}
        elif kind in TRANSFORMER_TYPES:
            given = dict(zip(TRANSFORMER_FIELDS, TRANSFORMER_TYPES[kind], strict=True))
        else:
            reading.refuse(row, "type", f"is {kind!r}, which is neither in the file nor one of PyPSA's")
            given = dict.fromkeys(TRANSFORMER_FIELDS, 1.0)
        parallel, r, g = row.number("num_parallel", 1.0), given["vscr"] / 100, given["pfe"] / (1000 * given["s_nom"])
        said = {"s_nom": given["s_nom"], "phase_shift": given["phase_shift"], "r": r / parallel, "g": g * parallel}
        said["x"] = float(np.sqrt((given["vsc"] / 100) ** 2 - r**2)) / parallel
        said["b"] = -float(np.sqrt(max((given["i0"] / 100) ** 2 - g**2, 0.0))) * parallel
        tap = 1.0 + (row.number("tap_position") - given["tap_neutral"]) * given["tap_step"] / 100
    size = said["s_nom"]
    scale = size if size > 0 else 1.0
    return _Branch(
        row=row,
        id=f"transformer {row.name}",
        ends=ends,
        size_mw=size,
        resistance=said["r"] / scale,
        reactance=said["x"] / scale,
        susceptance=said["b"] * scale,
        conductance=said["g"] * scale,
        tap=tap,
        shift_deg=said["phase_shift"],
    )


class _Groups:
    """Buses that branches join."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def of(self, bus: str) -> str:
        """The bus that stands for all that are joined with one."""
        path: list[str] = []
        while (above := self.parent.get(bus, bus)) != bus:
            path.append(bus)
            bus = above
        self.parent.update(dict.fromkeys(path, bus))
        return bus

    def join(self, ends: Sequence[str]) -> bool:
        """Join two buses; whether they were joined before."""
        first, second = self.of(ends[0]), self.of(ends[1])
        self.parent[second] = first
        return first == second


def _meshed(found: Iterable[_Branch]) -> set[str]:
    """Buses of networks with a circle of branches."""
    groups, closing = _Groups(), list[str]()
    for branch in found:
        if groups.join(branch.ends):
            closing.append(branch.ends[0])
    circled = {groups.of(bus) for bus in closing}
    return {bus for branch in found for bus in branch.ends if groups.of(bus) in circled}


def _limit(reading: Reading, branch: _Branch) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    size = min(branch.size_mw, reading.plenty_mw())
    return branch.row.series("s_max_pu", 1.0, reading.steps) * size


def _tie(reading: Reading, branch: _Branch) -> None:
    """A branch whose flow follows from the balances."""
    limit = _limit(reading, branch) * reading.active(branch.row)
    start, end = branch.ends
    reading.add("tie", id=branch.id, from_bus=start, to_bus=end, forward_max_mw=limit, backward_max_mw=limit)


def _flow(reading: Reading, branch: _Branch, found: Sequence[_Branch]) -> None:
    """A branch whose flow follows from impedances."""
    row = branch.row
    carriers = {each.name: each.text("carrier", "AC") for each in reading.file.of("buses")}
    alternating = carriers[branch.ends[0]] == "AC"
    reactance = branch.reactance if alternating else branch.resistance
    if {bus.carrier for bus in reading.buses if bus.id in branch.ends} != {"electricity"}:
        reading.refuse(row, "bus1", "closes a circle of lines of another carrier than electricity")
        return
    if reactance == 0:
        others = _Groups()
        for each in found:
            if each is not branch:
                others.join(each.ends)
        if others.of(branch.ends[0]) == others.of(branch.ends[1]):
            word = "x" if alternating else "r"
            reading.refuse(row, word, "is 0 in a circle of lines, in which flows follow from it")
        else:
            _tie(reading, branch)
        return
    reading.always(row)
    largest = row.number("v_ang_max", np.inf) if alternating else np.inf
    shifts = _chosen_shift(reading, row)
    reading.add(
        "line",
        id=branch.id,
        from_bus=branch.ends[0],
        to_bus=branch.ends[1],
        resistance_pu=branch.resistance if alternating else 0.0,
        reactance_pu=reactance,
        susceptance_pu=branch.susceptance,
        conductance_pu=branch.conductance,
        tap_ratio=branch.tap,
        phase_shift_deg=branch.shift_deg,
        limit_mw=_limit(reading, branch) if np.isfinite(branch.size_mw) else None,
        angle_min_deg=-largest if np.isfinite(largest) else None,
        angle_max_deg=largest if np.isfinite(largest) else None,
        **shifts,
    )


def _chosen_shift(reading: Reading, row: Row) -> dict[str, float]:
    """Limits of a phase shift that is chosen in every snapshot; a fixed one must be the same in all."""
    if np.ptp(row.series("phase_shift", 0.0, reading.steps)) > 0:
        reading.refuse(row, "phase_shift", "varies from snapshot to snapshot; one number must hold for all")
    least, largest = row.number("phase_shift_min"), row.number("phase_shift_max")
    return {"phase_shift_min_deg": least, "phase_shift_max_deg": largest} if least < largest else {}
