"""Instances of unit commitment as cases: hours from 2000-01-01, costs in USD, the formulation that fleets need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.case.case import Bus, Case, Policy
from c4e_opt.case.readers.json_document import read_json
from c4e_opt.case.readers.sound import sound
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import OrderBook

#: 2000-01-01T00:00Z.
_START = 946_684_800


def document_of(path: str | Path) -> tuple[Any, str]:
    """What the file of an instance says, packed by gzip or not, and the name of its case.

    Raises:
        InvalidInput: It cannot be read.
    """
    where = Path(path)
    return read_json(where), where.name.removesuffix(".gz").removesuffix(".json")


def case_of(
    name: str,
    hours: int,
    buses: Iterable[str],
    made: Mapping[str, Sequence[Any]],
    issues: list[Issue],
    **policy: Any,
) -> Case:
    """The case of an instance, checked.

    Args:
        name: Name of the case.
        hours: How many steps, of an hour each.
        buses: Names of the buses.
        made: Components by kind.
        issues: What is wrong with the instance.
        policy: What the policy says besides the formulation of commitment.

    Raises:
        InvalidInput: With everything that is wrong.
    """
    if issues:
        raise InvalidInput(issues)
    return sound(
        Case(
            name=name,
            horizon=Horizon(_START, np.full(hours, 3600)),
            currency="USD",
            buses=tuple(Bus(id=bus, site="") for bus in buses),
            components={kind: tuple(records) for kind, records in made.items() if records},
            orders=OrderBook.empty(),
            policy=Policy(commitment="knueven_ostrowski_watson", **policy),
        )
    )
