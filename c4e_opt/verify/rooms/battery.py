"""What an answer must hold for batteries: see `verify.reservoirs`, `verify.stored_value`, and what bends and wears.

Laws:
    battery_charge_curve, battery_discharge_curve   power is at most what the curve allows at the energy at the begin
                                                    and at the end of the step
    battery_slice_limit     energy in every slice of depth lies within its size, its powers are not negative
    battery_slice_balance   energy in every slice follows from that before, the losses and its two powers; at the start
                            the slices are full from the first one on
    battery_slice_sum       the powers of the slices are those of the battery
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import reservoirs, stored_value
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room

_SLICES = ("slice_charge_mw", "slice_discharge_mw", "slice_held_mwh")


def _most(records: Sequence[Any]) -> int:
    return max(len(record.cycle_costs) for record in records)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    sliced = dict.fromkeys(_SLICES, ("battery", "depth", "time")) if _most(records) else {}
    return {**reservoirs.final_value("battery", records), **sliced}


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {"depth": [str(place + 1) for place in range(_most(records))]}


def _limits(fleet: Fleet) -> None:
    held = reservoirs.of_stores(fleet, one_way=True)
    reservoirs.check_stores(fleet)
    reservoirs.check(held)
    before = reservoirs.energy_before(held)
    for side in ("charge", "discharge"):
        if any(getattr(record, f"{side}_limits") for record in fleet.records):
            most = np.minimum(_allowed(fleet, side, before), _allowed(fleet, side, fleet.answer("energy_mwh")))
            power = fleet.answer(f"{side}_mw")
            fleet.hold(f"{side}_curve", power - most, "MW", power)
    if _most(fleet.records):
        _slices(fleet)


def _allowed(fleet: Fleet, side: str, energy: FloatArray) -> FloatArray:
    """Largest power at an energy in store, (battery, time)."""
    allowed = np.full(fleet.shape, np.inf)
    for row, record in enumerate(fleet.records):
        points = getattr(record, f"{side}_limits")
        if points:
            ratio = energy[row] / record.energy_max_mwh
            where, height = [p.energy_ratio for p in points], [p.power_ratio for p in points]
            allowed[row] = np.interp(ratio, where, height) * getattr(record, f"{side}_max_mw")
    return allowed


def _slices(fleet: Fleet) -> None:
    charge, discharge, energy = (fleet.answer(name) for name in _SLICES)
    size, start = np.zeros(energy.shape[:2]), np.zeros(energy.shape[:2])
    for row, record in enumerate(fleet.records):
        left, below = record.energy_start_mwh, 0.0
        for place, each in enumerate(record.cycle_costs):
            size[row, place] = (each.depth_ratio - below) * record.energy_max_mwh
            start[row, place] = min(left, size[row, place])
            left, below = left - start[row, place], each.depth_ratio
    sliced = (size.sum(axis=1) > 0)[:, None]
    outside = np.maximum(np.maximum(energy - size[:, :, None], -energy), -np.minimum(charge, discharge))
    fleet.hold("slice_limit", outside.max(axis=1), "MWh", energy.sum(axis=1))

    before = np.concatenate([start[:, :, None], energy[:, :, :-1]], axis=2)
    kept = (1.0 - fleet.number("standing_loss_per_hour"))[:, :, None] ** fleet.horizon.hours
    into = charge * fleet.number("charge_efficiency")[:, :, None] * fleet.horizon.hours
    out = discharge / fleet.number("discharge_efficiency")[:, :, None] * fleet.horizon.hours
    missing = np.abs(energy - kept * before - into + out).max(axis=1)
    fleet.hold("slice_balance", np.where(sliced, missing, 0.0), "MWh", before.sum(axis=1), into.sum(axis=1))
    for part, whole in ((charge, fleet.answer("charge_mw")), (discharge, fleet.answer("discharge_mw"))):
        fleet.hold("slice_sum", np.abs(part.sum(axis=1) - sliced * whole), "MW", whole)


def _costs(fleet: Fleet, bill: Bill) -> None:
    reservoirs.wear(fleet, bill)
    hours = fleet.horizon.cost_hours
    bill.add_energy("storage", fleet.answer("energy_mwh"), fleet.number("calendar_cost_eur_per_mwh_hour"), hours)
    if _most(fleet.records):
        for row, record in enumerate(fleet.records):
            cost = np.array([[each.cost_eur_per_mwh] for each in record.cycle_costs]).reshape(-1, 1)
            bill.add_energy("storage", fleet.answer("slice_discharge_mw")[row, : cost.size], cost, hours)


def _prices(fleet: Fleet) -> None:
    floor, ceiling = stored_value.of_ends(fleet)
    plain = [not (r.charge_limits or r.discharge_limits or r.cycle_costs) for r in fleet.records]
    terms = stored_value.Terms(
        holding_cost=fleet.number("calendar_cost_eur_per_mwh_hour"),
        final_floor=floor,
        final_ceiling=ceiling,
        judged=np.array(plain),
    )
    stored_value.check(reservoirs.of_stores(fleet, one_way=True), terms)


ROOM = Room(
    quantities=("charge_mw", "discharge_mw", "energy_mwh"),
    more=_more,
    labels=_labels,
    direction="charging",
    binaries=("charging",),
    flows=reservoirs.flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
