"""What a room hands to the programme's balances, and how it turns many records into arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis
from c4e_opt.program import Linear, Room


@dataclass(frozen=True, slots=True)
class Injection:
    """Power that components give to buses, positive into the bus."""

    bus: tuple[str, ...]  # one bus per component
    power_mw: Linear  # (component, time)


@dataclass(frozen=True, slots=True)
class Exclusive:
    """Two non-negative variables of one component that must not both be positive in one step."""

    first: str  # full names of the variables
    second: str
    binary: str  # full name of the binary that is 1 while the first may flow
    members: BoolArray | None = None  # components that the rule binds, (component,); all when None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopHeadroom:
    """A second limit of a headroom, of components that may run for one step only; see `commitment.ramps`."""

    mw: Linear  # (component, time)
    surely_mw: Linear  # at most both limits, everywhere; the smaller of them but in runs of one step
    present: BoolArray  # where it holds, (component, time)
    gives: bool  # whether it limits what could be given on top; else what could be given less


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """How much more and how much less power components could give to the bus of their first injection at once."""

    up_mw: Linear  # (component, time)
    down_mw: Linear
    stop: StopHeadroom | None = None  # what limits either besides
    rise: tuple[Linear, BoolArray] | None = None  # what the ramps leave for more, and where they can bind


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The energy of components that store it; arrays of shape (component, 1)."""

    energy_mwh: Linear  # at the end of the step, (component, time)
    least_mwh: FloatArray
    most_mwh: FloatArray
    charge_efficiency: FloatArray
    discharge_efficiency: FloatArray
    discharge_max_mw: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A room's part in the programme: what balances, the search for exclusivity and the laws of sites need.

    Attributes:
        injections: Power into the buses.
        exclusive: Two flows of which one at most runs in a step.
        parts_exclusive: The same of parts of components, over an axis of their own.
        on: 1 while a component runs, over (component, time), of those in `committed`; None for kinds without.
        committed: Components that have an on/off state, shape (component,).
        emissions_t_per_hour: CO2 that components let out, (component, time); None where none do.
        headroom: What could be given on top, or be withheld; written only where a law asks.
        reach: The same of plants with ramps: whether within them, and whether the stop ramp binds it.
        rates: By how many MW an hour what they give to the bus of their first injection may rise and fall, (component,
            time) each, infinite without a ramp; None for kinds whose ramps bind no such power.
        stored: The energy in store; None for kinds that store none.
        kept: What every pair of a reserve and a provider keeps, (pair, time), up and down; of reserves.
        one_way: Whether no port gives and takes in one step, by laws of the room itself.
    """

    injections: tuple[Injection, ...]
    exclusive: Exclusive | None = None
    parts_exclusive: Exclusive | None = None
    on: Linear | None = None
    committed: BoolArray | None = None
    emissions_t_per_hour: Linear | None = None
    headroom: Callable[[], Headroom] | None = None
    reach: Callable[[bool, bool], Headroom] | None = None
    rates: Callable[[], tuple[FloatArray, FloatArray]] | None = None
    stored: Stored | None = None
    kept: Mapping[str, Linear] = field(default_factory=dict[str, Linear])
    one_way: bool = False


def fleet(kind: str, records: Sequence[Any]) -> Axis:
    """The axis of one kind of component, in the order of the case."""
    return Axis(kind, np.array([record.id for record in records], dtype=np.str_))


def buses(records: Sequence[Any], field: str = "bus") -> tuple[str, ...]:
    """The bus of every record."""
    return tuple(map(attrgetter(field), records))


def scalars(records: Sequence[Any], field: str) -> FloatArray:
    """One number per record, shape (record, 1)."""
    return np.array(list(map(attrgetter(field), records)), dtype=np.float64)[:, None]


def profiles(records: Sequence[Any], field: str, steps: int) -> FloatArray:
    """One number per record and step, shape (record, time); a single number holds for every step."""
    whole = np.empty((len(records), steps))
    for row, content in enumerate(map(attrgetter(field), records)):
        whole[row] = content
    return whole


def never_both(
    room: Room,
    name: str,
    first: tuple[Linear, FloatArray],
    second: tuple[Linear, FloatArray],
    where: BoolArray | None,
) -> None:
    """Forbid two flows in one step, with a binary in the cells `where` it could pay to run both.

    Args:
        room: The room to write into.
        name: Adjective for the binary, 1 while `first` may flow.
        first: A variable and its upper bound, which fits the axes.
        second: The other variable and its upper bound.
        where: Cells that need the binary; none when None.
    """
    if where is None or not where.any():
        return
    axes = first[0].axes
    chosen = room.variable(name, axes, 0.0, 1.0, doc=f"1 while {name}, 0 otherwise", integral=True, present=where)
    room.at_most(f"{name}_limit", first[0], chosen * first[1], present=where)
    room.at_most(f"not_{name}_limit", second[0] + chosen * second[1], second[1], present=where)
