"""Surroundings: what a law sees of the components that it binds, and how it adds up what it counts.

A law names its members as words: kind/id for one component, kind/* for all of a kind. A site stands for everything at
its buses. With members and a site, both must hold; with neither, the law binds everything that it can bind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis
from c4e_opt.components.terms import Headroom, Injection, Stored, Terms
from c4e_opt.errors import UnsupportedProgram
from c4e_opt.program import Linear, Program

#: The kind that joins a site to the network above.
CONNECTION = "grid_connection"
#: Kinds that laws know how to ask how much more and how much less power they could give at once.
PROVIDERS = ("battery", "chp", "converter", "generator", "heat_store", "renewable", "store")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The components of a case and what their rooms have put into the programme."""

    carriers: Mapping[str, str]  # bus -> carrier
    sites: Mapping[str, str]  # bus -> site
    records: Mapping[str, Sequence[Any]]  # kind -> components
    terms: Mapping[str, Terms]  # kind -> what its room has written

    def ports(self, carrier: str = "") -> Iterator[Ports]:
        """The ports of all components, one injection of a kind after another.

        Args:
            carrier: Only those at buses of this carrier; all when empty.
        """
        for kind, terms in self.terms.items():
            for injection in terms.injections:
                ports = self._ports(kind, injection, carrier)
                if ports.counted.any():
                    yield ports

    def bound(self, kind: str, laws: Sequence[Any]) -> BoolArray:
        """Whether a law binds a component, at whichever of its buses, (law, component)."""
        words = [f"{kind}/{record.id}" for record in self.records[kind]]
        ends = self.ends(kind)
        return np.array([[any(binds(law, word, site) for site in ends[word]) for word in words] for law in laws])

    def ends(self, kind: str, carrier: str = "") -> Mapping[str, tuple[str, ...]]:
        """The site of every port of the components of a kind, by their words; only ports of a carrier when named."""
        ends: dict[str, tuple[str, ...]] = {}
        for injection in self.terms[kind].injections:
            for label, bus in zip(injection.power_mw.axes[0].labels, injection.bus, strict=True):
                if not carrier or self.carriers[bus] == carrier:
                    ends[f"{kind}/{label}"] = (*ends.get(f"{kind}/{label}", ()), self.sites[bus])
        return ends

    def headroom(self, *, within_ramps: bool = False, stop_ramp_binds: bool = True) -> Mapping[str, Headroom]:
        """What components could give on top and less, by kind.

        Args:
            within_ramps: Whether more must be within the ramps up of plants; no ramp binds it otherwise.
            stop_ramp_binds: Whether the stop ramps of plants hold for it.
        """
        found: dict[str, Headroom] = {}
        for kind, terms in self.terms.items():
            if kind in PROVIDERS and terms.reach is not None and (within_ramps or not stop_ramp_binds):
                found[kind] = terms.reach(within_ramps, stop_ramp_binds)
            elif kind in PROVIDERS and terms.headroom is not None:
                found[kind] = terms.headroom()
        return found

    def stored(self) -> Mapping[str, Stored]:
        """What components store, by kind."""
        stored = {kind: terms.stored for kind, terms in self.terms.items() if kind in PROVIDERS}
        return {kind: each for kind, each in stored.items() if each is not None}

    def _ports(self, kind: str, injection: Injection, carrier: str) -> Ports:
        counted = np.array([not carrier or self.carriers[bus] == carrier for bus in injection.bus], dtype=np.bool_)
        words = tuple(f"{kind}/{label}" for label in injection.power_mw.axes[0].labels)
        site = tuple(self.sites[bus] for bus in injection.bus)
        return Ports(kind, words, site, counted, injection.power_mw)


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports of one kind, a row each."""

    kind: str
    words: tuple[str, ...]  # kind/id of the component of every port
    site: tuple[str, ...]
    counted: BoolArray  # whether a law that counts here looks at the port at all, (port,)
    power_mw: Linear  # into the bus, (port, time)

    def bound(self, laws: Sequence[Any]) -> BoolArray:
        """Whether a law binds a port, (law, port)."""
        return np.array([[binds(law, w, s) for w, s in zip(self.words, self.site, strict=True)] for law in laws]) & (
            self.counted
        )


def provides(kind: str, component: Any) -> bool:
    """Whether a component can tell how much more and how much less power it could give at once.

    Stores whose power depends on what they hold, whose size is chosen, or that have a least power, cannot; nor can CHPs
    with a region or segments whose fuel is limited in the first or last step of a run.
    """
    curved = any(getattr(component, field, ()) for field in ("charge_limits", "discharge_limits"))
    sized = any(
        getattr(component, field, None) is not None
        for field in ("energy_capacity_cost_eur_per_mwh", "power_capacity_cost_eur_per_mw")
    )
    slow = any(getattr(component, ramp, None) is not None for ramp in ("start_ramp_ratio", "stop_ramp_ratio"))
    bent = kind == "chp" and bool(component.operating_region or component.efficiency_segments) and slow
    gapped = kind == "store" and bool(np.any(component.charge_min_mw) or np.any(component.discharge_min_mw))
    return kind in PROVIDERS and not curved and not sized and not bent and not gapped


def binds(law: Any, word: str, site: str) -> bool:
    """Whether a law binds a component, kind/id, at a bus of a site."""
    members: Collection[str] = getattr(law, "members", ())
    return (not members or named(members, word)) and law.site in ("", site)


def named(members: Collection[str], word: str) -> bool:
    """Whether members name a component, kind/id, by itself or with all of its kind."""
    return word in members or f"{word.partition('/')[0]}/*" in members


def total(over: Sequence[Axis], counted: Iterable[tuple[BoolArray, Linear]]) -> Linear:
    """What laws count, over (law, time): the sum over the rows that each of them binds.

    Args:
        over: The axes of the laws and of time.
        counted: Of every kind: whether a law binds a row, (law, row), and what it counts of it, (row, time).
    """
    sums: list[Linear] = []
    for bound, amount in counted:
        law, row = np.nonzero(bound)
        if law.size:
            sums.append(rows(amount, row).along(over[0], law))
    return Linear.total(over, sums)


def rows(amount: Linear, places: Any) -> Linear:
    """Some rows of an expression over (row, time), in this order."""
    steps = amount.shape[-1]
    axis = Axis("row", np.arange(len(places)).astype(np.str_))
    return amount.at(np.asarray(places)[:, None] * steps + np.arange(steps), (axis, amount.axes[-1]))


def directed(kind: str, power: Linear, program: Program) -> tuple[Linear, Linear]:
    """The power that ports give to their buses, and the power that they take, both 0 or more, (port, time).

    A port gives by its terms of positive sign and takes by those of negative sign. Where it has a fixed load, all that
    it does is take: what is shed lessens the load.

    Args:
        kind: Kind of the ports.
        power: Into the bus, (port, time).
        program: Where its variables are.

    Raises:
        UnsupportedProgram: A variable may be negative, so that its sign does not tell the direction.
    """
    steps = power.shape[-1]
    fixed = np.broadcast_to(power.constant, power.shape)
    loads: BoolArray = np.any(fixed < 0, axis=1)
    given, taken = (
        Linear(
            power.axes,
            tuple(
                (cell[keep], column[keep], sign * coef[keep])
                for cell, column, coef in power.terms
                for keep in [np.where(loads[cell // steps], sign < 0, sign * coef > 0)]
            ),
            sign * np.where(loads[:, None] == (sign < 0), fixed, 0.0),
        )
        for sign in (1.0, -1.0)
    )
    if (program.span(given)[0] < 0).any() or (program.span(taken)[0] < 0)[~loads].any():
        raise UnsupportedProgram(
            f"{kind}: its power may have either sign; laws that ask for a direction cannot bind it"
        )
    return given, taken


def one_way(ports: Ports, program: Program, terms: Terms) -> tuple[Linear, Linear]:
    """The same, of ports that never give and take in one step.

    Args:
        ports: Ports of one kind.
        program: Where their variables are.
        terms: What their room has written.

    Raises:
        UnsupportedProgram: The kind has flows both ways that do not exclude one another.
    """
    given, taken = directed(ports.kind, ports.power_mw, program)
    excluded = terms.one_way or terms.exclusive is not None
    if not excluded and ((program.span(given)[1] > 0) & (program.span(taken)[1] > 0)).any():
        raise UnsupportedProgram(
            f"{ports.kind}: gives and takes in one step, so that one direction cannot be counted; count the net flow"
        )
    return given, taken


def largest(kind: str, power: Linear, program: Program) -> FloatArray:
    """The largest that a power can be, (port, time).

    Raises:
        UnsupportedProgram: Nothing bounds it.
    """
    most = program.span(power)[1]
    if np.isinf(most).any():
        raise UnsupportedProgram(f"{kind}: nothing bounds the power of a member; give it a largest power")
    return most
