"""The network of an instance: lines, what may fail, and interfaces."""

from __future__ import annotations

import math

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.readers.json_document import Entry
from c4e_opt.case.readers.unit_commitment_jl.reading import Reading, constant, listed
from c4e_opt.network.interface import InterfaceLine

BASE_MVA = 100.0
#: What stands for an emergency limit that an instance does not give, in MW.
_UNLIMITED = 1e6


def read(reading: Reading, top: Entry) -> None:
    """Lines, what may fail, and interfaces."""
    lines: dict[str, tuple[str, str]] = {}
    for name, entry in top.entries("Transmission lines"):
        ends = reading.bus(entry, "Source bus"), reading.bus(entry, "Target bus")
        lines[name] = ends
        susceptance = entry.number("Susceptance (S)")
        if susceptance == 0:
            entry.refuse("Susceptance (S)", "is 0; a line must have one")
        penalty = constant(entry, "Flow limit penalty ($/MW)", 5000.0, minimum=0.0)
        limits = {
            key: _limit(entry, key, reading.steps) for key in ("Normal flow limit (MW)", "Emergency flow limit (MW)")
        }
        if any(limit is not None for limit in limits.values()):
            if reading.line_penalty not in (None, penalty) and top.says("Contingencies"):
                entry.refuse("Flow limit penalty ($/MW)", "differs between lines; after an outage one price must hold")
            reading.line_penalty = penalty
        reading.add(
            "line",
            id=name,
            from_bus=ends[0],
            to_bus=ends[1],
            reactance_pu=BASE_MVA * math.pi / 180.0 / susceptance if susceptance else 1.0,
            limit_mw=limits["Normal flow limit (MW)"],
            emergency_limit_mw=_UNLIMITED
            if limits["Emergency flow limit (MW)"] is None and limits["Normal flow limit (MW)"] is not None
            else limits["Emergency flow limit (MW)"],
            overload_price_eur_per_mwh=penalty if limits["Normal flow limit (MW)"] is not None else None,
        )
        entry.done(("Reactance (ohms)",))
    _joined(reading, top, lines)
    for name, entry in top.entries("Contingencies"):
        if entry.raw("Affected generators"):
            entry.refuse("Affected generators", "names generators; only outages of lines are supported")
        affected = listed(entry, "Affected lines")
        if not affected:
            entry.tell("Affected lines", "type", "must be a list of lines, with at least one")
        else:
            reading.add("contingency", id=name, lines=tuple(str(line) for line in affected))
        entry.done()
    for name, entry in top.entries("Interfaces"):
        _interface(reading, name, entry)


def _limit(entry: Entry, key: str, steps: int) -> FloatArray | None:
    return entry.series(key, steps, minimum=0.0) if entry.says(key) else None


def _joined(reading: Reading, top: Entry, lines: dict[str, tuple[str, str]]) -> None:
    """The tool balances power over all buses at once, which is the same only where lines join them all."""
    parent = {bus: bus for bus in reading.buses}

    def root(bus: str) -> str:
        while parent[bus] != bus:
            parent[bus] = parent[parent[bus]]
            bus = parent[bus]
        return bus

    for one, other in lines.values():
        if one in parent and other in parent:
            parent[root(one)] = root(other)
    if len({root(bus) for bus in parent}) > 1:
        top.refuse("Transmission lines", "do not join all buses; power is balanced over all of them together")


def _interface(reading: Reading, name: str, entry: Entry) -> None:
    parts: list[InterfaceLine] = []
    for key, ratio in (("Outbound lines", 1.0), ("Inbound lines", -1.0)):
        parts += [InterfaceLine(line=str(line), ratio=ratio) for line in listed(entry, key)]
    upper, lower = (
        entry.series(key, reading.steps) if entry.says(key) else None
        for key in ("Net flow upper limit (MW)", "Net flow lower limit (MW)")
    )
    if (upper is not None and np.any(upper < 0)) or (lower is not None and np.any(lower > 0)):
        entry.refuse("Net flow upper limit (MW)", "and the lower one must have 0 between them")
    reading.add(
        "interface",
        id=name,
        lines=tuple(parts),
        forward_max_mw=upper,
        backward_max_mw=None if lower is None else -lower,
        overload_price_eur_per_mwh=constant(entry, "Flow limit penalty ($/MW)", 5000.0, minimum=0.0),
    )
    entry.done()
