"""Fleet: all components of one kind, what the case says of them and what the answer does with them, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.case import Case
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import LAW, Findings

#: Kind, component and bus of a port.
End = tuple[str, str, str]
#: Axes of a quantity, by its name without the kind.
Axes = Mapping[str, tuple[str, ...]]


#: Network models with cones.
CONES = ("socp", "soc")
#: Below this, in MW or MWh, an amount counts as none; a hundred times what solvers allow themselves.
NOTHING = 1e-5
#: Cone models are answered by an interior point, which ends this part of the largest flow inside of limits.
_INSIDE = 1e-6


def _no_law(*_: Any) -> None:
    return None


def _no_more(_: Sequence[Any]) -> Axes:
    return {}


def _no_labels(_: Sequence[Any], __: Horizon) -> Mapping[str, Sequence[str]]:
    return {}


def _no_members(_: Case, __: Sequence[End]) -> Mapping[str, Sequence[str]]:
    return {}


def _nobody(_: Fleet) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One kind of component; names of quantities go without the kind.

    Attributes:
        flows: Power into the bus of every port, recomputed: one array (component, time) for each of `ports`, or one
            array (port, time) in the order of `ends_of`.
        quantities: What the schedule says of every component and step.
        more: What else it says of these records, with axes: totals, states of units with commitment.
        optional: What it says besides where the problem needs it, binaries mostly, with axes.
        labels: The labels of every axis in `more` and `optional` besides the kind and time.
        ports: Fields that name the buses of a component, one port each.
        ends_of: Every port as (component, bus), for kinds whose records differ in their number.
        direction: Binary that is there where doing both of two things could pay; empty for kinds without.
        binaries: Everything that must be 0 or 1 where it is there, `direction` included.
        counts: Everything that must be a whole number where it is there.
        limits: Holds the laws of the kind on its schedule.
        costs: Adds what the schedule costs to the bill.
        prices: Holds that nobody regrets at the prices.
        members: For laws of sites: labels of axes over the components that they bind, from the case and its ports.
        couples: For laws of sites: the components, kind/id, of which they bind what pays; see `verify.coupled`.
    """

    flows: Callable[[Fleet], tuple[FloatArray, ...]]
    quantities: tuple[str, ...] = ()
    more: Callable[[Sequence[Any]], Axes] = _no_more
    optional: Callable[[Sequence[Any]], Axes] = _no_more
    labels: Callable[[Sequence[Any], Horizon], Mapping[str, Sequence[str]]] = _no_labels
    ports: tuple[str, ...] = ("bus",)
    ends_of: Callable[[Sequence[Any]], Sequence[tuple[int, str]]] | None = None
    direction: str = ""
    binaries: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    limits: Callable[[Fleet], None] = _no_law
    costs: Callable[[Fleet, Bill], None] = _no_law
    prices: Callable[[Fleet], None] = _no_law
    members: Callable[[Case, Sequence[End]], Mapping[str, Sequence[str]]] = _no_members
    couples: Callable[[Fleet], Iterable[str]] = _nobody

    def ends(self, records: Sequence[Any]) -> Sequence[tuple[int, str]]:
        """Every port as (component, bus), in the order of the flow table."""
        if self.ends_of is not None:
            return self.ends_of(records)
        return [end for port in self.ports for end in enumerate(map(attrgetter(port), records))]


def _nothing_of(case: Case, answer: Answer) -> float:
    """Below which an amount counts as none, and within which of a limit as at it, in MW or MWh."""
    if case.policy.network not in CONES or not case.components.get("line"):
        return NOTHING
    return max(NOTHING, _INSIDE * float(np.abs(answer.flow_mw).max(initial=0.0)))


class Fleet:
    """One kind of component; every array has one row per component."""

    def __init__(
        self, kind: str, room: Room, case: Case, answer: Answer, bus_place: Mapping[str, int], findings: Findings
    ) -> None:
        """Take the components of a kind and the answer.

        Args:
            kind: Name of the kind.
            room: What the verifier knows of the kind.
            case: The case.
            answer: Its complete answer.
            bus_place: Place of every bus among the buses of the case.
            findings: Takes the laws of this kind.
        """
        self.kind = kind
        self.room = room
        self.records: Sequence[Any] = case.components[kind]
        self.horizon: Horizon = case.horizon
        self.shape = (len(self.records), case.horizon.steps)
        self.case = case
        self.others: Mapping[str, Fleet] = {}  # the fleets of all kinds, this one among them
        self.coupled = np.zeros(self.shape[0], dtype=np.bool_)  # components that laws of a site bind
        self.pricing = False  # whether what is held now is what pays, which is not judged of these
        self.nothing = _nothing_of(case, answer)  # MW or MWh: what pays is judged farther from a limit only
        self.prices = answer.price_eur_per_mwh
        self.price_parts = answer.price_parts
        self.reserve_prices = answer.reserve_prices
        self.limits = answer.limits
        self.accepted_mwh = answer.accepted_mwh  # of orders
        self._schedule = answer.schedule
        self._bus_place = bus_place
        self._findings = findings
        self._known: dict[str, FloatArray] = {}
        self._places: dict[str, IntArray] = {}
        self._rows: dict[str, int] = {}

    def name(self, row: int) -> str:
        """What a component is called in the words of the case."""
        return f"{self.kind} {self.records[row].id!r}"

    def number(self, field: str) -> FloatArray:
        """A number of every component, (component, 1); NaN where the case gives none."""
        if field not in self._known:
            self._known[field] = np.array(self.words(field), dtype=np.float64)[:, None]
        return self._known[field]

    def flag(self, field: str) -> BoolArray:
        """Whether it is so, of every component, (component, 1)."""
        return self.number(field) > 0.5

    def given(self, field: str) -> BoolArray:
        """Whether the case gives a number of every component, (component, 1)."""
        return ~np.isnan(self.number(field))

    @property
    def rows(self) -> Mapping[str, int]:
        """The row of every component, by id."""
        if not self._rows:
            self._rows = {name: row for row, name in enumerate(self.words("id"))}
        return self._rows

    def words(self, field: str) -> list[Any]:
        """What the case says of every component."""
        return list(map(attrgetter(field), self.records))

    def series(self, field: str) -> FloatArray:
        """A series of every component, (component, time); a single number holds for every step, none is NaN."""
        if field not in self._known:
            whole = np.empty(self.shape)
            for row, content in enumerate(self.words(field)):
                whole[row] = content
            self._known[field] = whole
        return self._known[field]

    def has(self, quantity: str) -> bool:
        """Whether the schedule has a quantity of this kind."""
        return f"{self.kind}_{quantity}" in self._schedule

    def answer(self, quantity: str) -> FloatArray:
        """A quantity of the schedule, (component, time) or (component,)."""
        return self._schedule[f"{self.kind}_{quantity}"]

    def place(self, field: str = "bus") -> IntArray:
        """The place of the bus of every component, (component,)."""
        if field not in self._places:
            self._places[field] = self.places(self.words(field))
        return self._places[field]

    def places(self, buses: Sequence[str]) -> IntArray:
        """The places of buses among those of the case."""
        return np.array(list(map(self._bus_place.__getitem__, buses)), dtype=np.int64)

    def price(self, field: str = "bus") -> FloatArray:
        """The price at the bus of every component, (component, time)."""
        name = f"price at {field}"
        if name not in self._known:
            self._known[name] = self.prices[self.place(field)]
        return self._known[name]

    def hold(
        self,
        law: str,
        violation: FloatArray,
        unit: str,
        *sizes: FloatArray,
        tolerance: float = LAW,
        name: Callable[[int], str] | None = None,
    ) -> None:
        """Note a law of this kind; see `Findings.cells`."""
        if self.pricing and self.coupled.any():
            rows = self.coupled if violation.shape[0] == self.coupled.size else np.ones(violation.shape[0], np.bool_)
            violation = np.where(rows.reshape(-1, *(1,) * (violation.ndim - 1)), -np.inf, violation)
        self._findings.cells(f"{self.kind}_{law}", violation, unit, name or self.name, sizes=sizes, tolerance=tolerance)

    def noted(self, law: str, said: str) -> None:
        """Say something that a reader of the certificate must know, and that is no violation."""
        self._findings.noted(law, said)

    def within(self, law: str, quantity: str, upper: FloatArray | float, lower: FloatArray | float = 0.0) -> None:
        """Note the law that a quantity of the schedule lies within its limits.

        Args:
            law: Name of the law, without the kind.
            quantity: Name of the quantity, without the kind.
            upper: Upper limit.
            lower: Lower limit.
        """
        amount = self.answer(quantity)
        unit = "MWh" if quantity.endswith("_mwh") else "MW"
        self.hold(law, np.maximum(lower - amount, amount - upper), unit, amount)

    def exclusive(self, first: str, second: str) -> None:
        """Note the law that of two powers at most one flows in a step."""
        self.hold("exclusivity", np.minimum(self.answer(first), self.answer(second)), "MW")
