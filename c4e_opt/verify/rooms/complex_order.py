"""What an answer must hold for complex orders.

Laws:
    complex_order_member     of a complex order that is not active nothing is accepted, but in its scheduled stop
    complex_order_power_min  an active one gives at least its least power in every step
    complex_order_gradient   its power changes from step to step by no more than its gradients

Its income is judged by the rule of the prices (`verify.european`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.site import no_flows


def _decided(records: Sequence[Any]) -> list[bool]:
    """Complex orders that are accepted as a whole, or not."""
    return [each.condition != "none" or bool(np.any(np.asarray(each.power_min_mw) > 0)) for each in records]


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return {"active": ("complex_order",)} if any(_decided(records)) else {}


def _stopping(fleet: Fleet, row: int) -> BoolArray:
    """Orders of a complex order that its scheduled stop leaves in, (order,): the best of each of its first steps."""
    book, record = fleet.case.orders, fleet.records[row]
    found = np.zeros(book.orders, dtype=np.bool_)
    for step in range(record.scheduled_stop_steps):
        mine = np.flatnonzero((book.complex_order == record.id) & (book.step == step))
        if mine.size:
            found[min(mine.tolist(), key=lambda n: (book.side[n] * book.price_eur_per_mwh[n], book.rank[n]))] = True
    return found


def _limits(fleet: Fleet) -> None:
    book, hours = fleet.case.orders, fleet.horizon.hours
    power, idle = np.zeros(fleet.shape), np.zeros(fleet.shape[0])
    active = fleet.answer("active") if fleet.has("active") else np.ones(fleet.shape[0])
    for row, (record, decided) in enumerate(zip(fleet.records, _decided(fleet.records), strict=True)):
        mine = np.flatnonzero(book.complex_order == record.id)
        np.add.at(power[row], book.step[mine], fleet.accepted_mwh[mine] / hours[book.step[mine]])
        if decided and active[row] < 0.5:
            rest = mine[~_stopping(fleet, row)[mine]] if record.scheduled_stop_steps else mine
            idle[row] = fleet.accepted_mwh[rest].sum()
    fleet.hold("member", idle, "MWh")
    least = fleet.series("power_min_mw") * np.round(active)[:, None]
    fleet.hold("power_min", least - power, "MW", power)
    change = np.diff(power, axis=1)
    for field, sign in (("ramp_up_mw_per_hour", 1.0), ("ramp_down_mw_per_hour", -1.0)):
        rate = np.where(fleet.given(field), fleet.number(field), np.inf)
        beyond: FloatArray = sign * change - rate * hours[1:]
        if change.shape[1]:
            fleet.hold("gradient", np.where(np.isfinite(beyond), beyond, -1.0), "MW", power[:, 1:], power[:, :-1])


def _costs(fleet: Fleet, bill: Bill) -> None:
    fixed = np.array([each.fixed_eur if each.condition == "scalable" else 0.0 for each in fleet.records])
    if fleet.has("active"):
        bill.add("complex_order_fixed", fixed * fleet.answer("active"))


ROOM = Room(more=_more, binaries=("active",), ports=(), flows=no_flows, limits=_limits, costs=_costs)
