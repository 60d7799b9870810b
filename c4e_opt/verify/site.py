"""Site: what the laws of a site see of an answer: the ports that they bind, windows of time, and what plants could do.

A law names components as kind/id or kind/*, and a site; a component is bound at a port when the law names it, or
names nobody, and when the port's bus is at the site, or the law names none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case import Case
from c4e_opt.verify import cogeneration, commitment, compression, plants
from c4e_opt.verify.fleet import End, Fleet

#: Kinds of which a law may know how much more and how much less they could give at once.
PROVIDERS = ("battery", "chp", "converter", "generator", "heat_store", "renewable", "store")
#: Those of them that hold energy.
STORES = ("battery", "heat_store", "store")
#: Fields of the largest power that components give and take at their first bus.
LARGEST = {
    "grid_connection": ("import_max_mw", "export_max_mw"),
    "battery": ("discharge_max_mw", "charge_max_mw"),
    "heat_store": ("discharge_max_mw", "charge_max_mw"),
    "store": ("discharge_max_mw", "charge_max_mw"),
    "renewable": ("available_mw", ""),
    "generator": ("power_max_mw", ""),
    "boiler": ("heat_max_mw", ""),
    "converter": ("", "input_max_mw"),
}


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a component in an answer."""

    kind: str
    row: int  # the component among those of its kind
    first: bool  # whether it is the first that the component has
    carrier: str
    site: str
    power_mw: FloatArray  # into the bus, (time,)
    component: Any

    @property
    def word(self) -> str:
        """Kind and id of the component."""
        return f"{self.kind}/{self.component.id}"


def places(case: Case, ends: Sequence[End]) -> list[Port]:
    """Every port of a case, in the order of the flow table; without its power.

    Args:
        case: The case.
        ends: Its ports.
    """
    buses = {bus.id: bus for bus in case.buses}
    rows = {f"{kind}/{each.id}": row for kind, records in case.components.items() for row, each in enumerate(records)}
    found: list[Port] = []
    seen: set[str] = set()
    for kind, component, bus in ends:
        word = f"{kind}/{component}"
        at, record = buses[bus], case.components[kind][rows[word]]
        found.append(Port(kind, rows[word], word not in seen, at.carrier, at.site, np.zeros(0), record))
        seen.add(word)
    return found


def ports(fleet: Fleet) -> list[Port]:
    """The same, with the power that an answer says.

    Args:
        fleet: Laws of one kind, in their case.
    """
    ends = [
        (kind, str(other.records[row].id), bus)
        for kind, other in fleet.others.items()
        for row, bus in other.room.ends(other.records)
    ]
    powers = np.concatenate([power for other in fleet.others.values() for power in other.room.flows(other)])
    return [replace(port, power_mw=power) for port, power in zip(places(fleet.case, ends), powers, strict=True)]


def bound(law: Any, all_ports: Sequence[Port], carrier: str = "") -> list[Port]:
    """The ports that a law binds; of one carrier where it is named."""
    return [
        port
        for port in all_ports
        if (not law.members or port.word in law.members or f"{port.kind}/*" in law.members)
        and law.site in ("", port.site)
        and carrier in ("", port.carrier)
    ]


def members(law: Any, all_ports: Sequence[Port]) -> list[Port]:
    """The components that a law binds, each at the first of the ports at which it does."""
    first: dict[str, Port] = {}
    for port in bound(law, all_ports, getattr(law, "carrier", "")):
        first.setdefault(port.word, port)
    return list(first.values())


def pairs(laws: Sequence[Any], all_ports: Sequence[Port]) -> list[tuple[int, Port]]:
    """Every pair of a law and a component that it binds, in the order of the laws."""
    return [(row, port) for row, law in enumerate(laws) for port in members(law, all_ports)]


def labels(laws: Sequence[Any], bindings: Sequence[tuple[int, Port]]) -> list[str]:
    """What answers call every pair."""
    return [f"{laws[row].id}: {port.word}" for row, port in bindings]


def windows(law: Any, horizon: Horizon) -> Iterator[tuple[int, int]]:
    """First and last step of every window of a law."""
    if law.window == "rolling":
        span = round(law.window_hours * 3600)
        for last in range(horizon.steps):
            if horizon.ends[last] - horizon.start >= span:
                within = horizon.starts[: last + 1] > horizon.starts[last] - span
                yield last - int(within.sum()) + 1, last
        return
    zone = ZoneInfo(horizon.time_zone)
    names: list[tuple[int, ...]] = []
    for start in horizon.starts.tolist():
        day = datetime.fromtimestamp(start, zone).date()
        names.append(
            {
                "horizon": (0,),
                "day": (day.toordinal(),),
                "week": tuple(day.isocalendar())[:2],
                "month": (day.year, day.month),
            }[law.window]
        )
    first = 0
    for step, name in enumerate(names):
        if step + 1 == len(names) or names[step + 1] != name:
            yield first, step
            first = step + 1


def within(law: Any, amount: FloatArray, horizon: Horizon) -> tuple[FloatArray, BoolArray]:
    """What an amount per step adds up to in the window that closes with each step, and where one closes, (time,)."""
    total, closes = np.zeros(horizon.steps), np.zeros(horizon.steps, dtype=np.bool_)
    for first, last in windows(law, horizon):
        total[last], closes[last] = amount[first : last + 1].sum(), True
    return total, closes


def in_span(law: Any, horizon: Horizon) -> BoolArray:
    """Steps that overlap the span of a law, (time,)."""
    after = -np.inf if law.begin is None else law.begin
    before = np.inf if law.end is None else law.end
    return (horizon.ends > after) & (horizon.starts < before)


def on(fleet: Fleet, port: Port, else_: FloatArray) -> FloatArray:
    """Whether a component is on or in standby, (time,): its own state, or something else where it has none."""
    other = fleet.others[port.kind]
    has_state = hasattr(port.component, "start_costs") and commitment.ruled(port.component)
    if not has_state or not other.has("on"):
        return else_
    on = other.answer("on")[port.row]
    return on + other.answer("standby")[port.row] if other.has("standby") else on


def largest(fleet: Fleet, port: Port) -> tuple[FloatArray, FloatArray]:
    """The largest power that a component could give and take at its first bus, (time,); not a number where unknown."""
    other, steps = fleet.others[port.kind], fleet.shape[1]
    if port.kind == "chp":
        return cogeneration.largest_electric(port.component, steps), np.zeros(steps)
    if port.kind == "tie":
        lost = port.component.backward_loss_ratio
        arrives = 1.0 - (port.component.loss_ratio if lost is None else lost)
        return arrives * other.series("backward_max_mw")[port.row], other.series("forward_max_mw")[port.row]
    if port.kind in compression.WORDS:
        return np.zeros(steps), compression.largest(other)[port.row]
    if port.kind not in LARGEST:
        return np.full(steps, np.nan), np.full(steps, np.nan)
    given, taken = (other.series(field)[port.row] if field else np.zeros(steps) for field in LARGEST[port.kind])
    return given, taken


def rate(fleet: Fleet, port: Port, way: str) -> FloatArray:
    """By how many MW an hour what a component gives at its first bus may rise or fall, (time,); infinite if free."""
    free = np.full(fleet.shape[1], np.inf)
    if port.kind not in ("generator", "converter"):
        return free
    rises = (way == "up") == (port.kind == "generator")
    ratio = getattr(port.component, f"ramp_{'up' if rises else 'down'}_ratio_per_hour")
    if ratio is None:
        return free
    rated = plants.load(fleet.others[port.kind], "power" if port.kind == "generator" else "input").rated
    return np.asarray(ratio) * rated[port.row] * np.ones(fleet.shape[1])


def provides(port: Port) -> bool:
    """Whether a law may know how much more and how much less a component could give at a port."""
    curved = any(getattr(port.component, side, ()) for side in ("charge_limits", "discharge_limits"))
    costs = ("energy_capacity_cost_eur_per_mwh", "power_capacity_cost_eur_per_mw")
    chosen = any(getattr(port.component, cost, None) is not None for cost in costs)
    slow = any(getattr(port.component, ramp, None) is not None for ramp in ("start_ramp_ratio", "stop_ramp_ratio"))
    bent = port.kind == "chp" and bool(port.component.operating_region or port.component.efficiency_segments) and slow
    gapped = any(np.any(getattr(port.component, least, 0.0)) for least in ("charge_min_mw", "discharge_min_mw"))
    gapped = gapped and port.kind == "store"
    return port.kind in PROVIDERS and port.first and not (curved or chosen or bent or gapped)


def no_flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    """A law of a site has no ports."""
    return (np.zeros((0, fleet.shape[1])),)


def headroom(
    other: Fleet, *, within_ramps: bool = False, stop_ramp_binds: bool = True
) -> tuple[FloatArray, FloatArray]:
    """How much more and how much less the components of a kind could give at their first bus, (component, time).

    Args:
        other: The components.
        within_ramps: Whether what generators could give more must be within their ramps up.
        stop_ramp_binds: Whether stop ramps of generators hold for it.
    """
    if other.kind in STORES:
        given = other.answer("discharge_mw") - other.answer("charge_mw")
        return other.series("discharge_max_mw") - given, other.series("charge_max_mw") + given
    if other.kind == "renewable":
        power, available = other.answer("power_mw"), other.series("available_mw")
        return available - power, np.where(other.number("curtailable") > 0, power, 0.0)
    if other.kind == "chp":
        least, largest = cogeneration.electric_range(other)
        power = other.room.flows(other)[0]
        return largest - power, power - least
    word = "power" if other.kind == "generator" else "input"
    load = plants.load(other, word)
    stop_ramp = stop_ramp_binds or other.kind != "generator"
    least, largest = commitment.load_range(other, load, stop_ramp=stop_ramp, stop_fall=False)
    power = other.answer(f"{word}_mw")
    more, less = largest - power, power - least
    if within_ramps and other.kind == "generator":
        more = np.minimum(more, commitment.rise_left(other, load))
    return (more, less) if other.kind == "generator" else (less, more)


def stored(other: Fleet) -> tuple[FloatArray, FloatArray]:
    """Energy above the least and below the most that the stores of a kind hold, (store, time)."""
    energy = other.answer("energy_mwh")
    least, most = other.series("energy_min_mwh"), other.series("energy_max_mwh")
    if other.kind == "store":
        least, most = np.fmax(least, other.series("energy_fixed_mwh")), np.fmin(most, other.series("energy_fixed_mwh"))
    return energy - least, most - energy
