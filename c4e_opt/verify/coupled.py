"""Coupled: components whose prices are not judged, because laws of a site bind them together.

A law that binds several components has a shadow price of its own, which answers do not tell: a plant under a budget
of emissions may stand still at a price that would pay it. So the laws on prices are held for every component that no
such law binds, and for no other; every other law is held for all. Such an answer is proven to keep its laws, and to
cost what it says; that nothing costs less rests on the bound of the solver.

Note:
    prices_not_judged   which components the laws on prices leave out, and for which law; absent when there are none
"""

from __future__ import annotations

from collections.abc import Mapping

from c4e_opt.verify.findings import Findings
from c4e_opt.verify.fleet import Fleet

#: So many components are said by name.
_SAID = 5


def find(fleets: Mapping[str, Fleet], findings: Findings) -> None:
    """Find the components that laws of a site bind, and say so.

    Args:
        fleets: Every kind that has components.
        findings: Takes the note.
    """
    bound: dict[str, str] = {}
    for law, fleet in fleets.items():
        for word in fleet.room.couples(fleet):
            bound.setdefault(word, law)
    for word in bound:
        kind, _, name = word.partition("/")
        fleet = fleets[kind]
        row = next(place for place, record in enumerate(fleet.records) if record.id == name)
        fleet.coupled[row] = True
    if bound:
        said = [f"{word} ({law})" for word, law in list(bound.items())[:_SAID]]
        more = f" and {len(bound) - _SAID} more" if len(bound) > _SAID else ""
        findings.noted("prices_not_judged", f"{', '.join(said)}{more}")
