"""Borders: laws of a site that lines would let through, so that a case must not ask for both.

A line that crosses the border of a site is an exchange, as a tie is. But what it carries follows from the whole grid:
nobody chooses it, it has no direction, and it cannot be cut while the lines beside it stay. So a law that counts or
cuts what crosses a border is refused where lines cross it; so is one that names lines as its members. What a law asks
of components at a site, such as reserve, a budget of grid connections or the power to run alone, does not see lines:
lines that join buses of one site only pass energy on, and no law asks whether the grid lets it through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue
from c4e_opt.network.radial import WITH_VOLTAGE

#: Kinds of this package that laws cannot bind, and what does instead what a law might want of them.
_KINDS = {
    "line": "give an interface, which limits a sum of flows, or in_service: false for a line that is out",
    "shunt": "give a demand in its place",
    "contingency": "an outage is no component",
    "interface": "give it limits of its own",
    "reactive": "name its member",
    "flow_based_constraint": "give it margins of its own",
}


def check(components: Mapping[str, Sequence[Any]], sites: Mapping[str, str], policy: Any) -> Iterator[Issue]:
    """Find laws that lines would let through.

    Args:
        components: Kind -> components; each sound by itself.
        sites: Site of every bus.
        policy: The policy of the case.
    """
    lines = [line for line in components.get("line", ()) if line.in_service]
    for kind, records in components.items():
        if records and "members" in fields_of(records[0].__class__):
            for place, record in enumerate(records):
                yield from _members(f"components.{kind}[{place}]", record)
    for place, law in enumerate(components.get("self_consumption", ())):
        path = f"components.self_consumption[{place}]"
        if law.carrier == "electricity":
            yield from _crossed(path, law.site, lines, sites, "counts what crosses the border of")
            yield from _lossy(path, law.site, components, sites, policy)
    for place, law in enumerate(components.get("islanding", ())):
        if law.mode == "islanded" and law.carrier == "electricity" and not law.members:
            path = f"components.islanding[{place}]"
            yield from _crossed(path, law.site, lines, sites, "cuts what crosses the border of")


def _lossy(
    path: str, site: str, components: Mapping[str, Sequence[Any]], sites: Mapping[str, str], policy: Any
) -> Iterator[Issue]:
    """The first line or shunt at a site that takes energy which a law would have to count."""
    resist = policy.network in ("socp", "soc") or (policy.network in ("dc", "dcp") and policy.losses != "none")
    taking = [
        (f"line {line.id!r}", line.from_bus)
        for line in components.get("line", ())
        if line.in_service
        and ((resist and line.resistance_pu) or (policy.network in WITH_VOLTAGE and line.conductance_pu))
    ]
    if policy.network in WITH_VOLTAGE and components.get("line", ()):
        taking += [(f"shunt {shunt.id!r}", shunt.bus) for shunt in components.get("shunt", ()) if shunt.conductance_mw]
    found = next((word for word, bus in taking if site in ("", sites[bus])), None)
    if found is not None:
        message = f"counts what is consumed on site, and {found} loses energy that it cannot count"
        yield Issue(path, "line", f"{message}; choose a network model without losses, or give ties in place of lines")


def _members(path: str, law: Any) -> Iterator[Issue]:
    for place, word in enumerate(law.members):
        mend = _KINDS.get(word.partition("/")[0])
        if mend is not None:
            yield Issue(f"{path}.members[{place}]", "kind", f"is {word!r}, which no law of a site can bind; {mend}")


def _crossed(path: str, site: str, lines: Sequence[Any], sites: Mapping[str, str], does: str) -> Iterator[Issue]:
    """The first line that crosses the border of a site, and how many more do."""
    crossing = [line for line in lines if site and (sites[line.from_bus] == site) != (sites[line.to_bus] == site)]
    if not crossing:
        return
    more = f" (and {len(crossing) - 1} more)" if len(crossing) > 1 else ""
    message = f"is {site!r}; the law {does} it, which line {crossing[0].id!r} does{more}; give a tie in its place"
    yield Issue(f"{path}.site", "line", f"{message}, or the grid behind it as a grid_connection")
