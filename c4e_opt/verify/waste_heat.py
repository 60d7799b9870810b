"""Waste heat: heat that machines give to a bus, of what they reject.

Laws, of kinds whose machines may have a heat_bus:
    <kind>_recovery_limit   no machine gives more heat than it rejects, none less than nothing, none without a bus any
    <kind>_recovery_price   heat is given where it is worth something, and not where it costs
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet


def _rows(records: Sequence[Any]) -> list[int]:
    return [row for row, record in enumerate(records) if record.heat_bus is not None]


def more(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of the heat, with its axes."""
    return {"recovered_mw": (kind, "time")} if _rows(records) else {}


def ends(records: Sequence[Any], ports: Sequence[str]) -> Sequence[tuple[int, str]]:
    """Every port as (component, bus): the ports that all have, then the heat buses."""
    always = [(row, str(getattr(record, port))) for port in ports for row, record in enumerate(records)]
    return always + [(row, str(records[row].heat_bus)) for row in _rows(records)]


def flow(fleet: Fleet) -> FloatArray:
    """Heat given to the heat buses, (machine with one, time)."""
    rows = _rows(fleet.records)
    return fleet.answer("recovered_mw")[rows] if rows else np.zeros((0, fleet.shape[1]))


def worth(fleet: Fleet) -> FloatArray:
    """What a MWh of heat that could be given earns: its price, or nothing, (component, time)."""
    found = np.zeros(fleet.shape)
    for row in _rows(fleet.records):
        found[row] = np.maximum(_price(fleet, row), 0.0)
    return found


def check(fleet: Fleet, rejected: FloatArray) -> None:
    """Check the heat that is given.

    Args:
        fleet: The machines.
        rejected: Heat that could be given, (component, time).
    """
    rows = _rows(fleet.records)
    if not rows:
        return
    heat = fleet.answer("recovered_mw")
    wrong = np.abs(heat)
    wrong[rows] = np.maximum(-heat[rows], heat[rows] - rejected[rows])
    fleet.hold("recovery_limit", wrong, "MW", heat)


def prices(fleet: Fleet, rejected: FloatArray) -> None:
    """Check that heat is given where that pays.

    Args:
        fleet: The machines.
        rejected: Heat that could be given, (component, time).
    """
    rows = _rows(fleet.records)
    if not rows:
        return
    heat, missed, size = fleet.answer("recovered_mw"), np.zeros(fleet.shape), np.zeros(fleet.shape)
    for row in rows:
        price = size[row] = _price(fleet, row)
        could, does = heat[row] < rejected[row] - fleet.nothing, heat[row] > fleet.nothing
        missed[row] = np.maximum(price * could, -price * does)
    fleet.hold("recovery_price", missed, "EUR/MWh", size, tolerance=price_tolerance(fleet.horizon))


def _price(fleet: Fleet, row: int) -> FloatArray:
    return fleet.prices[fleet.places([fleet.records[row].heat_bus])[0]]
