"""Generic constraint: a weighted sum of powers and of reserves that components keep stays within limits.

Variables, for every constraint c and step t:
    below_mw[c, t]    what is missing to the least, 0 <= . ; of constraints with a price and a least
    beyond_mw[c, t]   what is beyond the most, likewise

Constraints, for every constraint c and step t:
    least[c, t]   sum of coefficient * quantity over its terms + below_mw >= least_mw
    most[c, t]    sum of coefficient * quantity over its terms - beyond_mw <= most_mw

A quantity is the power that a component puts into its first bus, negative where it takes, or what it keeps for a
reserve, up or down; of kind/* the sum over all components of the kind, at a site where one is named.

Objective, term `generic`: violation_price * (below_mw + beyond_mw) * hours.

Not modelled: flows of lines (an interface limits these), orders, products of quantities.
Source: generic constraints of the dispatch engine of the Australian market, as nempy writes them (Gorman, Bruce,
MacGill 2022, https://doi.org/10.21105/joss.03596).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray
from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, fleet, profiles, scalars
from c4e_opt.fields import choice, identity, number, parts, record, series, text
from c4e_opt.issues import Issue, unknown
from c4e_opt.laws.checks import buses_of
from c4e_opt.laws.surroundings import Surroundings, named, rows
from c4e_opt.program import Linear, Room

#: Kinds that are written after the laws, or that put nothing into a bus.
_OTHERS = ("line", "shunt", "reactive", "contingency", "interface", "flow_based_constraint", "heat_pipe", "gas_pipe")


@record
class ConstraintTerm:
    """A quantity with its weight."""

    member: str = text(doc="Component, kind/id or kind/*.")
    site: str = text(doc="Only components whose first bus is at this site; at every site when empty.")
    reserve: str = text(doc="Reserve of which what is kept counts, by its id; the power when empty.")
    way: str = choice("up", "down", default="up", doc="Which of what is kept counts, where a reserve is named.")
    coefficient: Any = number(unit="", default=1.0, doc="Weight of the quantity.")


@record
class GenericConstraint:
    """A weighted sum of powers and reserves within limits."""

    id: str = identity(doc="Name of the constraint.")
    terms: tuple[ConstraintTerm, ...] = parts(ConstraintTerm, doc="What is summed up.")
    least_mw: Any = series(unit="MW", default=None, doc="Least that the sum may be; none when absent.")
    most_mw: Any = series(unit="MW", default=None, doc="Most that the sum may be; none when absent.")
    violation_price_eur_per_mw_hour: Any = number(
        unit="EUR/MW/h", minimum=0, default=None, doc="Price of every MW outside for an hour; forbidden when absent."
    )


def check(path: str, constraint: GenericConstraint, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one constraint."""
    if constraint.least_mw is None and constraint.most_mw is None:
        yield Issue(path, "missing_field", "has neither least_mw nor most_mw; give one of them")
    if not constraint.terms:
        yield Issue(f"{path}.terms", "missing_field", "are missing; name what is summed up")
    least, most = constraint.least_mw, constraint.most_mw
    if least is not None and most is not None and np.any(np.asarray(least) > np.asarray(most)):
        yield Issue(f"{path}.least_mw", "range", "is above most_mw in some steps")
    for place, term in enumerate(constraint.terms):
        yield from _check_term(f"{path}.terms[{place}]", term, context)


def _check_term(path: str, term: ConstraintTerm, context: Context) -> Iterator[Issue]:
    buses = {word: next(buses_of(each), None) for word, each in context.records.items() if named([term.member], word)}
    at = [bus for bus in buses.values() if bus is not None and term.site in ("", context.sites.get(bus, ""))]
    kind = term.member.partition("/")[0]
    if not buses or kind in _OTHERS or not any(bus is not None for bus in buses.values()):
        known = {word for word, each in context.records.items() if next(buses_of(each), None) is not None}
        known = {word for word in known if word.partition("/")[0] not in _OTHERS}
        yield unknown(f"{path}.member", "unknown_reference", "component (kind/id, or kind/*)", term.member, known)
    elif not at:
        yield Issue(f"{path}.site", "unknown_reference", f"is {term.site!r}, at which there is no {term.member!r}")
    reserve = context.records.get(f"reserve/{term.reserve}")
    if term.reserve and reserve is None:
        known = {word.removeprefix("reserve/") for word in context.members if word.startswith("reserve/")}
        yield unknown(f"{path}.reserve", "unknown_reference", "reserve", term.reserve, known)


def formulate(room: Room, constraints: Sequence[GenericConstraint], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the variables and laws of all constraints at once.

    Args:
        room: The room to write into.
        constraints: Checked records; their order is the order of the axis.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    axis = fleet(room.kind, constraints)
    over = (axis, horizon.axis)
    total = Linear.total(over, [*_powers(constraints, over, around), *_reserves(constraints, over, around)])
    price = scalars(constraints, "violation_price_eur_per_mw_hour")
    soft: BoolArray = ~np.isnan(price) & np.ones((1, horizon.steps), dtype=np.bool_)
    least, most = (profiles(constraints, f"{name}_mw", horizon.steps) for name in ("least", "most"))
    for name, limit, word, doc in (
        ("least", least, "below_mw", "what is missing to the least"),
        ("most", most, "beyond_mw", "what is beyond the most"),
    ):
        there = ~np.isnan(limit)
        outside = room.variable(word, over, doc=doc, present=soft & there)
        room.minimise("generic", outside * (np.nan_to_num(price) * horizon.cost_hours))
        if name == "least":
            room.at_least("least", total + outside, np.nan_to_num(limit), present=there)
        else:
            room.at_most("most", total - outside, np.nan_to_num(limit), present=there)
    return Terms(injections=())


def _powers(constraints: Sequence[GenericConstraint], over: Any, around: Surroundings) -> Iterator[Linear]:
    """What components put into their first buses, as it counts, (constraint, time) for every kind."""
    listed = [(row, term) for row, each in enumerate(constraints) for term in each.terms if not term.reserve]
    for kind, terms in around.terms.items():
        if not terms.injections or kind in _OTHERS:
            continue
        first = terms.injections[0]
        words = [f"{kind}/{label}" for label in first.power_mw.axes[0].labels]
        sites = [around.sites[bus] for bus in first.bus]
        found = [
            (row, place, term.coefficient)
            for row, term in listed
            for place, (word, site) in enumerate(zip(words, sites, strict=True))
            if named([term.member], word) and term.site in ("", site)
        ]
        if found:
            law, place, weight = (np.array(column) for column in zip(*found, strict=True))
            yield (rows(first.power_mw, place) * weight[:, None].astype(np.float64)).along(over[0], law)


def _reserves(constraints: Sequence[GenericConstraint], over: Any, around: Surroundings) -> Iterator[Linear]:
    """What components keep for reserves, as it counts, (constraint, time) for every direction."""
    listed = [(row, term) for row, each in enumerate(constraints) for term in each.terms if term.reserve]
    if "reserve" not in around.terms:
        return
    for way, power in around.terms["reserve"].kept.items():
        labels: list[str] = power.axes[0].labels.tolist()
        found = [
            (row, place, term.coefficient)
            for row, term in listed
            for place, label in enumerate(labels)
            for word in [label.removeprefix(f"{term.reserve}: ")]
            if term.way == way and word != label and named([term.member], word) and _at(word, term, around)
        ]
        if found:
            law, place, weight = (np.array(column) for column in zip(*found, strict=True))
            yield (rows(power, place) * weight[:, None].astype(np.float64)).along(over[0], law)


def _at(word: str, term: ConstraintTerm, around: Surroundings) -> bool:
    """Whether a component is at the site of a term, by its first bus."""
    if not term.site:
        return True
    kind = word.partition("/")[0]
    first = around.terms[kind].injections[0]
    place = [f"{kind}/{label}" for label in first.power_mw.axes[0].labels].index(word)
    return around.sites[first.bus[place]] == term.site
