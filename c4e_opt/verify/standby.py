"""Standby: units that are on, in standby or off, and what leaving off and starting out of standby costs.

Laws, of every kind whose components may have a standby:
    <kind>_one_state    never on and in standby at once; no standby of units that have none
    <kind>_cold_start   cold_starting exactly in steps in which a unit leaves off; of units whose starts cost something
    <kind>_warm_start   warm_starting exactly in steps in which it starts out of standby; where that costs something
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet


def _able(records: Sequence[Any]) -> list[Any]:
    return [record for record in records if record.standby_power_mw is not None]


def more(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of standby, with its axes."""
    able = _able(records)
    said = {
        "standby": bool(able),
        "cold_starting": any(record.start_cost_eur > 0 for record in able),
        "warm_starting": any(record.warm_start_cost_eur > 0 for record in able),
    }
    return {name: (kind, "time") for name, there in said.items() if there}


def power(fleet: Fleet) -> FloatArray:
    """Electric power that is taken in standby, (component, time)."""
    if not _able(fleet.records):
        return np.zeros(fleet.shape)
    return np.nan_to_num(fleet.number("standby_power_mw")) * fleet.answer("standby")


def check(fleet: Fleet) -> None:
    """Check the states and what changes of them are called."""
    if not _able(fleet.records):
        return
    able = ~np.isnan(fleet.number("standby_power_mw"))
    waits = fleet.answer("standby")
    twice = np.maximum(fleet.answer("on") + waits - 1.0, -waits)
    fleet.hold("one_state", np.where(able, twice, np.abs(waits)), "1")
    due = zip(("cold", "warm"), ("start_cost_eur", "warm_start_cost_eur"), _starts(fleet), strict=True)
    for word, cost, happens in due:
        if fleet.has(f"{word}_starting"):
            expected = happens & able & (fleet.number(cost) > 0)
            fleet.hold(f"{word}_start", np.abs(fleet.answer(f"{word}_starting") - expected), "1")


def costs(fleet: Fleet, bill: Bill) -> None:
    """Correct what starts cost: leaving off and starting out of standby, in place of every start alike."""
    if not _able(fleet.records):
        return
    often = fleet.horizon.cost_hours / fleet.horizon.hours
    able = ~np.isnan(fleet.number("standby_power_mw"))
    cold, warm = _starts(fleet)
    apart = fleet.number("start_cost_eur") * (cold - fleet.answer("starting"))
    bill.add("start", np.where(able, apart + fleet.number("warm_start_cost_eur") * warm, 0.0) * often)


def _starts(fleet: Fleet) -> tuple[BoolArray, BoolArray]:
    """Steps in which a unit leaves off, and in which it starts out of standby, (component, time)."""
    runs = np.concatenate([fleet.number("on_initially"), fleet.answer("on")], axis=1) > 0.5
    waits = np.concatenate([fleet.number("standby_initially"), fleet.answer("standby")], axis=1) > 0.5
    rests = ~runs & ~waits
    return rests[:, :-1] & ~rests[:, 1:], waits[:, :-1] & runs[:, 1:]
