"""Checks that laws share: members and sites that are there, and that the law can bind."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np

from c4e_opt.components.context import Context
from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue, unknown
from c4e_opt.laws.surroundings import PROVIDERS, binds, named, provides

#: Fields that say that a size is chosen.
_SIZED = ("capacity_cost_eur_per_mw", "energy_capacity_cost_eur_per_mwh", "power_capacity_cost_eur_per_mw")


def check_members(path: str, law: Any, context: Context) -> Iterator[Issue]:
    """Find members and sites that are not there.

    Args:
        path: The law.
        law: Its record, with members and a site.
        context: The case.
    """
    kinds = {word.partition("/")[0] for word in context.members}
    members: tuple[str, ...] = getattr(law, "members", ())
    for place, word in enumerate(members):
        kind, _, name = str(word).partition("/")
        if word not in context.members and not (name == "*" and kind in kinds):
            known = context.members | {f"{each}/*" for each in kinds}
            yield unknown(
                f"{path}.members[{place}]", "unknown_reference", "component (kind/id, or kind/*)", word, known
            )
    members = getattr(law, "members", ())
    if law.site and law.site not in context.sites.values():
        yield unknown(f"{path}.site", "unknown_reference", "site", law.site, set(context.sites.values()) - {""})
    elif (
        members
        and law.site
        and not any(
            named(members, word) and context.sites.get(bus) == law.site
            for word, component in context.records.items()
            for bus in buses_of(component)
        )
    ):
        yield Issue(f"{path}.site", "unknown_reference", f"is {law.site!r}, at which none of the members is; drop one")


def check_carrier(path: str, law: Any, context: Context) -> Iterator[Issue]:
    """Find a carrier of which there is no bus."""
    if law.carrier not in context.carriers.values():
        yield unknown(
            f"{path}.carrier", "unknown_reference", "carrier of a bus", law.carrier, set(context.carriers.values())
        )


def check_ports(path: str, law: Any, context: Context, *, first: bool = False) -> Iterator[Issue]:
    """Find members without a port at a bus of the carrier that the law is about.

    Args:
        path: The law.
        law: Its record, with members and a carrier.
        context: The case.
        first: Whether only the first bus that a component names will do.
    """
    for place, word in enumerate(law.members):
        if word in context.records and law.carrier:
            carriers = [context.carriers.get(bus) for bus in buses_of(context.records[word])]
            if law.carrier not in (carriers[:1] if first else carriers):
                message = f"{word!r} has no port at a bus of {law.carrier} that the law could bind; leave it out"
                yield Issue(f"{path}.members[{place}]", "carrier", message)


def buses_of(component: Any) -> Iterator[str]:
    """The buses that a component names, those of the records inside it as well."""
    for name, field in fields_of(component.__class__).items():
        if field.meta.kind == "bus":
            yield getattr(component, name)
        for part in getattr(component, name) if field.meta.kind == "parts" else ():
            yield from buses_of(part)


def check_kinds(path: str, law: Any, kinds: Collection[str], what: str) -> Iterator[Issue]:
    """Find members of kinds that a law cannot bind.

    Args:
        path: The law.
        law: Its record.
        kinds: Those that it can bind.
        what: What is wrong with others.
    """
    for place, word in enumerate(law.members):
        if word.partition("/")[0] not in kinds:
            yield Issue(f"{path}.members[{place}]", "kind", f"{word!r} {what}; name one of {', '.join(kinds)}")


def check_providers(path: str, law: Any, context: Context, what: str) -> Iterator[Issue]:
    """Find members that cannot tell how much more and how much less power they could give at once.

    Args:
        path: The law.
        law: Its record.
        context: The case.
        what: What is wrong with them.
    """
    yield from check_kinds(path, law, PROVIDERS, what)
    for word, component in bound(law, context) if law.members else ():
        kind = word.partition("/")[0]
        if kind in PROVIDERS and not provides(kind, component):
            why = "its size is chosen, or its power depends on what it stores"
            if kind == "chp":
                why = "its power is not a part of its fuel, which is limited in the first or last step of a run"
            message = f"{word!r} {what}: {why}; leave it out"
            yield Issue(f"{path}.members", "store", message)


def check_directions(path: str, law: Any, context: Context, *, both_ways: bool = True) -> Iterator[Issue]:
    """Find bound components whose power does not tell whether they give or take.

    Args:
        path: The law.
        law: Its record.
        context: The case.
        both_ways: Whether a component may give and take in one step.
    """
    for word, component in bound(law, context):
        if any(np.min(getattr(component, field, 0.0)) < 0 for field in ("power_min_mw", "input_min_mw")):
            message = f"{word!r} has a power of either sign, which this law cannot bind; split it into two components"
            yield Issue(f"{path}.members", "either_sign", message)
        tank = word.startswith(("heat_store/", "stratified_store/")) or getattr(component, "allow_both", False)
        if tank and not both_ways:
            message = f"{word!r} may charge and discharge in one step, so that one direction is not told; count net"
            yield Issue(f"{path}.members", "two_ways", message)


def check_losses(path: str, law: Any, context: Context) -> Iterator[Issue]:
    """Find bound ties whose losses are neither given nor taken in proportion, so that no direction counts them."""
    for word, component in bound(law, context):
        if getattr(component, "loss_segments", ()) or getattr(component, "loss_fixed_mw", 0.0):
            message = f"{word!r} has losses in segments or fixed ones, of which this law cannot tell who bears them; "
            yield Issue(f"{path}.members", "losses", f"{message}give one loss_ratio, or count net")


def bound(law: Any, context: Context) -> Iterator[tuple[str, Any]]:
    """The components that a law binds, by their words."""
    carrier = getattr(law, "carrier", "")
    for word, component in context.records.items():
        buses = (bus for bus in buses_of(component) if not carrier or context.carriers.get(bus) == carrier)
        if any(binds(law, word, context.sites.get(bus, "")) for bus in buses):
            yield word, component


def check_switchable(path: str, law: Any, context: Context) -> Iterator[Issue]:
    """Find a law that names nobody, or components that nobody can switch.

    Args:
        path: The law.
        law: Its record.
        context: The case.
    """
    if not law.members:
        yield Issue(f"{path}.members", "missing_field", "is missing: name the components, kind/id or kind/*")
    yield from check_fixed(path, law, context)
    yield from check_directions(path, law, context)


def check_sizes(path: str, law: Any, context: Context) -> Iterator[Issue]:
    """Find bound components whose size is chosen, so that nothing says what their largest power is."""
    for word, component in bound(law, context):
        if any(getattr(component, field, None) is not None for field in _SIZED):
            message = f"{word!r} has a size that is chosen, which this law cannot bind; leave it out, or give it a size"
            yield Issue(f"{path}.members", "capacity", message)


def check_fixed(path: str, law: Any, context: Context) -> Iterator[Issue]:
    """Find components that nobody can switch."""
    for place, word in enumerate(law.members):
        fixed = word.startswith("demand/") or getattr(context.records.get(word), "curtailable", True) is False
        if fixed:
            message = f"{word!r} is what it is and cannot be switched; make it flexible or curtailable"
            yield Issue(f"{path}.members[{place}]", "fixed", message)
