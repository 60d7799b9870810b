"""What an answer must hold for interfaces.

Laws:
    interface_limit         -backward_max - overload <= sum of ratio * flow of its lines <= forward_max + overload,
                            with losses in linear models of the flow in the middle of each line
    interface_hard_limit    no overload where the limit is hard, and never a negative one
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import grid
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Axes, Fleet, Room


def _optional(_: Sequence[Any]) -> Axes:
    return {"overload_mw": ("interface", "time")}


def _flows(_: Fleet) -> tuple[FloatArray, ...]:
    return ()


def _limits(fleet: Fleet) -> None:
    lines = fleet.others["line"]
    row = {record.id: place for place, record in enumerate(lines.records)}
    flow, total = grid.middle(lines) if grid.is_linear(lines) else lines.answer("flow_mw"), np.zeros(fleet.shape)
    for place, record in enumerate(fleet.records):
        for part in record.lines:
            total[place] += part.ratio * flow[row[part.line]]
    over = grid.given(fleet, "overload_mw")
    hard = np.array([[record.overload_price_eur_per_mwh is None] for record in fleet.records])
    fleet.hold("hard_limit", np.where(hard, np.abs(over), -over), "MW")
    forward, backward = grid.limit_of(fleet, "forward_max_mw"), grid.limit_of(fleet, "backward_max_mw")
    fleet.hold("limit", np.maximum(total - forward, -total - backward) - over, "MW", total)


def _costs(fleet: Fleet, bill: Bill) -> None:
    if fleet.has("overload_mw"):
        prices = np.array([[record.overload_price_eur_per_mwh or 0.0] for record in fleet.records])
        bill.add_energy("overload", fleet.answer("overload_mw"), prices, fleet.horizon.cost_hours)


ROOM = Room(ports=(), optional=_optional, flows=_flows, limits=_limits, costs=_costs)
