"""Radial: what a grid must be for the models of feeders, without loops, and how one is told that it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from c4e_opt.issues import Issue
from c4e_opt.network.line import Line

#: Models of feeders.
RADIAL = ("lindistflow", "socp")
#: Models that know voltage and reactive power.
WITH_VOLTAGE = (*RADIAL, "soc")
#: So many lines of a loop are said by name.
_SAID = 12


def check(network: str, lines: Sequence[Line], contingencies: Sequence[Any]) -> Iterator[Issue]:
    """What a case with lines asks of a model with voltage that it does not know.

    Args:
        network: The network model of the policy.
        lines: Records that are sound each by itself.
        contingencies: Outages that the case names.
    """
    if network not in WITH_VOLTAGE:
        return
    if contingencies:
        message = f"are not known to the network model {network}; choose dc, or leave them out"
        yield Issue("components.contingency", "network", message)
    for place, line in enumerate(lines):
        if line.switchable:
            message = f"is not known to the network model {network}; choose dc with dc_formulation angles"
            yield Issue(f"components.line[{place}].switchable", "network", message)
        if network == "soc" and (line.tap_min_ratio is not None or line.phase_shift_min_deg is not None):
            field = "phase_shift_min_deg" if line.tap_min_ratio is None else "tap_min_ratio"
            message = "is not known to the network model soc, whose taps and shifts are fixed; leave it out"
            yield Issue(f"components.line[{place}].{field}", "network", message)
    if network in RADIAL:
        loop = _loop(lines)
        if loop:
            names = ", ".join(repr(name) for name in loop[:_SAID])
            more = f" and {len(loop) - _SAID} more" if len(loop) > _SAID else ""
            message = f"{names}{more} form a loop; {network} is for grids without: open one (in_service), or choose soc"
            yield Issue("components.line", "radial", message)


def _loop(lines: Sequence[Line]) -> list[str]:
    """The lines of one loop, the one that closes it first; empty where there is none."""
    tree: dict[str, list[tuple[str, str]]] = {}
    root: dict[str, str] = {}

    def top(bus: str) -> str:
        while root.get(bus, bus) != bus:
            root[bus] = bus = root.get(root[bus], root[bus])
        return bus

    for line in lines:
        if not line.in_service:
            continue
        one, other = top(line.from_bus), top(line.to_bus)
        if one == other:
            return [line.id, *_path(tree, line.to_bus, line.from_bus)]
        root[one] = other
        tree.setdefault(line.from_bus, []).append((line.to_bus, line.id))
        tree.setdefault(line.to_bus, []).append((line.from_bus, line.id))
    return []


def _path(tree: dict[str, list[tuple[str, str]]], start: str, goal: str) -> list[str]:
    """The lines of a tree from one bus to another."""
    came: dict[str, tuple[str, str]] = {start: ("", "")}
    ahead = [start]
    while ahead:
        bus = ahead.pop()
        for neighbour, name in tree.get(bus, ()):
            if neighbour not in came:
                came[neighbour] = (bus, name)
                ahead.append(neighbour)
    path: list[str] = []
    while came[goal][0]:
        goal, name = came[goal]
        path.append(name)
    return path[::-1]
