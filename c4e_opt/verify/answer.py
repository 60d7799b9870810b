"""The numbers of an answer, taken out of tables that are complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Answer:
    """The numbers of a complete answer."""

    schedule: Mapping[str, FloatArray]  # <kind>_<quantity> -> (component, time) or (component,)
    flow_mw: FloatArray  # (port, time)
    price_eur_per_mwh: FloatArray  # (bus, time)
    price_parts: Mapping[str, FloatArray]  # energy, congestion, loss, voltage, where it tells them (bus, time)
    reserve_prices: Mapping[str, FloatArray]  # of reserves and of those who keep them, as the table names them
    group_prices: Mapping[str, FloatArray]  # price of every price group (time,)
    accepted_mwh: FloatArray  # (order,)
    cleared_eur_per_mwh: FloatArray  # (order,)
    first_step: IntArray  # (order,)
    limits: Mapping[str, NDArray[Any]]  # limits that bind: law, element, outage, step, sign, shadow price, (limit,)
