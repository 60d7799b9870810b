"""Members: the components that laws bind one by one, a pair of a law and a component each, as rows of one axis."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis
from c4e_opt.laws.surroundings import Surroundings, binds, directed, provides, rows
from c4e_opt.program import Linear, Program


@dataclass(frozen=True, slots=True)
class Member:
    """A component that a law binds, seen at one of its ports: the first, or the first of a carrier."""

    law: int
    kind: str
    word: str  # kind/id
    component: int  # its row among the components of its kind
    injection: int  # the injection of its room in which the port stands
    row: int  # the row of the port there


@dataclass(frozen=True, slots=True)
class Members:
    """Members of laws, in the order of the laws and of the programme."""

    around: Surroundings
    each: tuple[Member, ...]

    @property
    def law(self) -> IntArray:
        """The law of every member, (member,)."""
        return np.array([member.law for member in self.each], dtype=np.int64)

    def axis(self, name: str, laws: Sequence[Any]) -> Axis:
        """An axis with a label for every pair: the law, and the component that it binds."""
        return Axis(name, np.array([f"{laws[member.law].id}: {member.word}" for member in self.each], dtype=np.str_))

    def components(self, name: str) -> tuple[Members, Axis, IntArray]:
        """Every component once; their axis, and the place of every pair on it."""
        first: dict[str, int] = {}
        for place, member in enumerate(self.each):
            first.setdefault(member.word, place)
        place_of = {word: place for place, word in enumerate(first)}
        once = Members(self.around, tuple(self.each[place] for place in first.values()))
        axis = Axis(name, np.array(list(first), dtype=np.str_))
        return once, axis, np.array([place_of[member.word] for member in self.each], dtype=np.int64)

    def power(self, over: Sequence[Axis], program: Program) -> tuple[Linear, Linear]:
        """What every member gives to the bus of its port, and what it takes, both 0 or more, (member, time).

        Args:
            over: The axis of the members, and time.
            program: Where the variables are.

        Raises:
            UnsupportedProgram: The power of a member may have either sign.
        """
        ways: list[list[Linear]] = [[], []]
        for (kind, injection), places in self._groups(lambda member: (member.kind, member.injection)):
            whole = self.around.terms[kind].injections[injection].power_mw
            picked = rows(whole, [member.row for member in self._at(places)])
            for way, power in zip(ways, directed(kind, picked, program), strict=True):
                way.append(power.along(over[0], places))
        return Linear.total(over, ways[0]), Linear.total(over, ways[1])

    def net(self, over: Sequence[Axis]) -> Linear:
        """What every member puts into the bus of its port, negative where it takes, (member, time).

        Args:
            over: The axis of the members, and time.
        """
        found: list[Linear] = []
        for (kind, injection), places in self._groups(lambda member: (member.kind, member.injection)):
            whole = self.around.terms[kind].injections[injection].power_mw
            found.append(rows(whole, [member.row for member in self._at(places)]).along(over[0], places))
        return Linear.total(over, found)

    def amount(self, over: Sequence[Axis], of: Callable[[str], Linear | None]) -> Linear:
        """An expression of every member, (member, time); zero for kinds that have none.

        Args:
            over: The axis of the members, and time.
            of: The expression of a kind, (component, time).
        """
        found: list[Linear] = []
        for (kind, _), places in self._groups(lambda member: (member.kind, 0)):
            whole = of(kind)
            if whole is not None:
                found.append(rows(whole, [member.component for member in self._at(places)]).along(over[0], places))
        return Linear.total(over, found)

    def number(self, of: Callable[[str], FloatArray | None], steps: int = 1) -> FloatArray:
        """A number of every member, (member, steps); zero for kinds that have none.

        Args:
            of: The numbers of a kind, (component, 1) or (component, steps).
            steps: 1, or the steps of the horizon.
        """
        found = np.zeros((len(self.each), steps))
        for (kind, _), places in self._groups(lambda member: (member.kind, 0)):
            numbers = of(kind)
            if numbers is not None:
                found[places] = numbers[[member.component for member in self._at(places)]]
        return found

    def of_kinds(self, kinds: Collection[str]) -> Members:
        """Those of some kinds."""
        return Members(self.around, tuple(member for member in self.each if member.kind in kinds))

    def providers(self) -> Members:
        """Those that can tell how much more and how much less they could give, at the port at which they tell it."""
        records = self.around.records
        able = (each for each in self.each if provides(each.kind, records[each.kind][each.component]))
        return Members(self.around, tuple(each for each in able if each.injection == 0))

    @property
    def committed(self) -> BoolArray:
        """Members with an on/off state of their own, (member,)."""

        def states(kind: str) -> FloatArray | None:
            committed = self.around.terms[kind].committed
            return None if committed is None else committed[:, None].astype(np.float64)

        return self.number(states)[:, 0] > 0

    def _at(self, places: IntArray) -> list[Member]:
        return [self.each[int(place)] for place in places]

    def _groups(self, key: Callable[[Member], tuple[str, int]]) -> list[tuple[tuple[str, int], IntArray]]:
        """The places of the members of each kind and number."""
        groups: dict[tuple[str, int], list[int]] = {}
        for place, member in enumerate(self.each):
            groups.setdefault(key(member), []).append(place)
        return [(each, np.array(places)) for each, places in groups.items()]


def members_of(laws: Sequence[Any], around: Surroundings) -> Members:
    """Every pair of a law and a component that it binds.

    Args:
        laws: Records with members and a site; with a carrier, only components with a port at a bus of it.
        around: The components.
    """
    found: list[Member] = []
    for place, law in enumerate(laws):
        carrier = getattr(law, "carrier", "")
        for kind, terms in around.terms.items():
            rows_of = {record.id: row for row, record in enumerate(around.records[kind])}
            seen: set[str] = set()
            for number, injection in enumerate(terms.injections):
                for row, (label, bus) in enumerate(zip(injection.power_mw.axes[0].labels, injection.bus, strict=True)):
                    word = f"{kind}/{label}"
                    if word in seen or (carrier and around.carriers[bus] != carrier):
                        continue
                    if binds(law, word, around.sites[bus]):
                        seen.add(word)
                        found.append(Member(place, kind, word, rows_of[str(label)], number, row))
    return Members(around, tuple(found))
