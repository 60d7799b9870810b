"""What the check of a component may look at beyond its own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from c4e_opt.axes import Horizon
from c4e_opt.units import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The case around a component, and the units in which its writer reads messages."""

    horizon: Horizon
    units: Units
    carriers: Mapping[str, str]  # bus -> carrier
    sites: Mapping[str, str]  # bus -> site
    members: frozenset[str]  # every component as kind/id
    records: Mapping[str, Any]  # the same, with what they say
    parties: frozenset[str]
