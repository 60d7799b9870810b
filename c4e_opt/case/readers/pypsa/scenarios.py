"""Scenarios: every one a copy of the network with its own names, its costs as often as it is likely.

Nothing links the copies, which is what a stochastic network is when nothing is to be built.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from c4e_opt.fields import fields_of


def of_scenario(record: Any, name: str, probability: float) -> Any:
    """A component of a scenario under names of its own, its costs weighed.

    Args:
        record: The component.
        name: Name of the scenario.
        probability: How likely it is.
    """
    said: dict[str, Any] = {}
    for field, declared in fields_of(record.__class__).items():
        content, kind = getattr(record, field), declared.meta.kind
        if kind in ("id", "bus"):
            said[field] = f"{name}: {content}"
        elif kind == "names":
            said[field] = tuple(_member(word, name) for word in content)
        elif kind == "parts":
            said[field] = tuple(of_scenario(part, name, probability) for part in content)
        elif declared.meta.unit.startswith("EUR") and content is not None:
            said[field] = content * probability
    return replace(record, **said)


def _member(word: str, name: str) -> str:
    kind, _, ident = word.partition("/")
    return f"{kind}/{name}: {ident}"


def builds(made: Mapping[str, Collection[Any]]) -> list[str]:
    """Components whose size is chosen, kind/id: they would link the scenarios."""
    fields = ("capacity_cost_eur_per_mw", "energy_capacity_cost_eur_per_mwh", "power_capacity_cost_eur_per_mw")
    return [
        f"{kind}/{record.id}"
        for kind, records in made.items()
        for record in records
        if any(getattr(record, field, None) is not None for field in fields)
    ]
