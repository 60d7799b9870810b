"""What an answer must hold for stores: see `verify.reservoirs` and `verify.stored_value`, and for inflows and sizes.

Laws:
    store_spill_limit      0 <= spilled <= the limit of the step; the inflow where none is given
    store_capacity_limit   size and power that are built lie between the least and the most, and are zero where the case
                           fixes them; in proportion for stores of one size
    store_least_power      a power is 0 or no less than its least, and 0 where the answer says that it is off
The limits of `verify.reservoirs` are those of what is built. Whether more or less should be built is not judged.
Segments of cost: see `verify.split_power`; what pays is not judged of stores with such.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import reservoirs, split_power, stored_value
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.split_power import Split

_ON = ("charge_on", "discharge_on")


def _chosen(record: Any) -> tuple[bool, bool]:
    """Whether size and power of a store are to be chosen."""
    size, power = record.energy_capacity_cost_eur_per_mwh, record.power_capacity_cost_eur_per_mw
    any_ = size is not None or power is not None
    return size is not None or (record.one_size and any_), power is not None or (record.one_size and any_)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = dict(reservoirs.final_value("store", records))
    if any(_chosen(record)[0] for record in records):
        found["energy_capacity_mwh"] = ("store",)
    if any(_chosen(record)[1] for record in records):
        found["power_capacity_mw"] = ("store",)
    if any(_spill_max(record).any() for record in records):
        found["spill_mw"] = ("store", "time")
    if any(_has_least(record) for record in records):
        found |= dict.fromkeys(_ON, ("store", "time"))
    costs = [record.discharge_cost_segments for record in records]
    ordered = any(split_power.falls(each) for each in costs)
    return found | dict(split_power.more("store", split=any(costs), ordered=ordered))


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {
        "store_segment": [f"{record.id}/{k}" for record in records for k in range(len(record.discharge_cost_segments))]
    }


def _splits(fleet: Fleet) -> list[Split]:
    """The powers that are split into segments of cost, one for every store with such."""
    curves = [
        (row, tuple((each.discharge_mw, each.cost_eur_per_mwh) for each in record.discharge_cost_segments))
        for row, record in enumerate(fleet.records)
        if record.discharge_cost_segments
    ]
    return split_power.of(fleet, "discharge_mw", curves)


def _spill_max(record: Any) -> FloatArray:
    return np.asarray(record.inflow_mw if record.spill_max_mw is None else record.spill_max_mw, dtype=np.float64)


def _most(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """Largest size and power of every store that the case allows, (store, 1) each."""
    power = np.maximum(fleet.series("charge_max_mw"), fleet.series("discharge_max_mw"))
    return fleet.series("energy_max_mwh").max(axis=1, keepdims=True), power.max(axis=1, keepdims=True)


def _shares(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """What is built of size and power, as parts of the most, (store, 1) each; 1 where the case fixes them."""
    shares: list[FloatArray] = []
    for place, (name, most) in enumerate(zip(("energy_capacity_mwh", "power_capacity_mw"), _most(fleet), strict=True)):
        chosen = np.array([[_chosen(record)[place]] for record in fleet.records])
        built = fleet.answer(name)[:, None] if fleet.has(name) else most
        shares.append(np.where(chosen & (most > 0), built / np.where(most > 0, most, 1.0), 1.0))
    return shares[0], shares[1]


def _has_least(record: Any) -> bool:
    return bool(np.any(record.charge_min_mw) or np.any(record.discharge_min_mw))


def _on(fleet: Fleet) -> dict[str, FloatArray]:
    """Whether each power may flow, (store, time); stores without a least power always may."""
    free = np.array([[not _has_least(record)] for record in fleet.records])
    return {name: np.where(free, 1.0, fleet.answer(name)) if fleet.has(name) else np.ones(fleet.shape) for name in _ON}


def _check_least(fleet: Fleet) -> None:
    off = np.full(fleet.shape, -np.inf)
    for name, on in _on(fleet).items():
        power, least = fleet.answer(name.replace("_on", "_mw")), fleet.series(name.replace("_on", "_min_mw"))
        off = np.maximum(off, np.minimum(power, least - power))
        off = np.maximum(off, np.where(on > 0.5, least - power, power * (on < 0.5)))
    ruled = np.array([[_has_least(record)] for record in fleet.records])
    if ruled.any():
        fleet.hold("least_power", np.where(ruled, off, -np.inf), "MW", fleet.answer("charge_mw"))


def _reservoirs(fleet: Fleet) -> reservoirs.Reservoirs:
    size, power = _shares(fleet)
    fixed = fleet.series("energy_fixed_mwh")
    cyclic = fleet.number("cyclic") > 0
    spilled = fleet.answer("spill_mw") if fleet.has("spill_mw") else 0.0
    return reservoirs.Reservoirs(
        fleet=fleet,
        charge_max_mw=power * fleet.series("charge_max_mw"),
        discharge_max_mw=power * fleet.series("discharge_max_mw"),
        energy_min_mwh=np.fmax(size * fleet.series("energy_min_mwh"), fixed),
        energy_max_mwh=np.fmin(size * fleet.series("energy_max_mwh"), fixed),
        energy_start_mwh=np.where(cyclic, fleet.answer("energy_mwh")[:, -1:], fleet.number("energy_start_mwh")),
        keep=np.power(1.0 - fleet.number("standing_loss_per_hour"), fleet.horizon.hours),
        by_itself_mwh=(fleet.series("inflow_mw") - spilled) * fleet.horizon.hours,
        present=np.ones(fleet.shape, dtype=np.bool_),
        last=np.full(fleet.shape[0], fleet.shape[1] - 1),
        one_way=fleet.number("allow_both")[:, 0] == 0,
    )


def _limits(fleet: Fleet) -> None:
    reservoirs.check(_reservoirs(fleet))
    _check_least(fleet)
    reservoirs.check_stores(fleet)
    split_power.check(fleet, _splits(fleet))
    if fleet.has("spill_mw"):
        most = np.array([np.broadcast_to(_spill_max(record), fleet.shape[1]) for record in fleet.records])
        fleet.within("spill_limit", "spill_mw", most)
    _capacities(fleet)


def _capacities(fleet: Fleet) -> None:
    beyond = np.zeros((fleet.shape[0], 1))
    names = ("energy_capacity_mwh", "power_capacity_mw"), ("energy_capacity_min_mwh", "power_capacity_min_mw")
    for place, (name, least, most) in enumerate(zip(*names, _most(fleet), strict=True)):
        if fleet.has(name):
            built = fleet.answer(name)[:, None]
            chosen = np.array([[_chosen(record)[place]] for record in fleet.records])
            outside = np.maximum(fleet.number(least) - built, built - most)
            beyond = np.maximum(beyond, np.where(chosen, outside, np.abs(built)))
    size, power = _shares(fleet)
    apart = np.where(fleet.number("one_size") > 0, np.abs(size - power) * _most(fleet)[0], 0.0)
    if fleet.has("energy_capacity_mwh") or fleet.has("power_capacity_mw"):
        fleet.hold("capacity_limit", np.maximum(beyond, apart)[:, 0], "MWh", (size * _most(fleet)[0])[:, 0])


def _costs(fleet: Fleet, bill: Bill) -> None:
    reservoirs.wear(fleet, bill)
    hours = fleet.horizon.cost_hours
    bill.add_energy("storage", fleet.answer("charge_mw"), fleet.number("charge_cost_eur_per_mwh"), hours)
    bill.add_energy("storage", fleet.answer("energy_mwh"), fleet.number("holding_cost_eur_per_mwh_hour"), hours)
    for split in _splits(fleet):
        bill.add_energy("storage", split.total()[None, :], np.ones((1, 1)), hours)
    if fleet.has("spill_mw"):
        bill.add_energy("storage", fleet.answer("spill_mw"), fleet.number("spill_cost_eur_per_mwh"), hours)
    for name, cost in (
        ("energy_capacity_mwh", "energy_capacity_cost_eur_per_mwh"),
        ("power_capacity_mw", "power_capacity_cost_eur_per_mw"),
    ):
        if fleet.has(name):
            bill.add("investment", np.nan_to_num(fleet.number(cost)[:, 0]) * fleet.answer(name))


def _spill_terms(fleet: Fleet) -> tuple[FloatArray | float, FloatArray | float]:
    """Least and largest worth of stored energy that spilling leaves, (store, time)."""
    if not fleet.has("spill_mw"):
        return -np.inf, np.inf
    most = np.array([np.broadcast_to(_spill_max(record), fleet.shape[1]) for record in fleet.records])
    spilled, worth = fleet.answer("spill_mw"), -fleet.number("spill_cost_eur_per_mwh")
    more: BoolArray = spilled < most - fleet.nothing
    return np.where(more, worth, -np.inf), np.where(spilled > fleet.nothing, worth, np.inf)


def _as_switched(fleet: Fleet) -> reservoirs.Reservoirs:
    """The limits with least powers as the answer switches them."""
    held, on = _reservoirs(fleet), _on(fleet)
    return replace(
        held,
        charge_min_mw=fleet.series("charge_min_mw") * on["charge_on"],
        charge_max_mw=held.charge_max_mw * on["charge_on"],
        discharge_min_mw=fleet.series("discharge_min_mw") * on["discharge_on"],
        discharge_max_mw=held.discharge_max_mw * on["discharge_on"],
    )


def _prices(fleet: Fleet) -> None:
    given = ~np.isnan(fleet.number("energy_end_mwh")[:, 0]) | (fleet.number("cyclic")[:, 0] > 0)
    final_floor, final_ceiling = stored_value.final_of_stores(fleet, given, fleet.number("energy_end_min_mwh")[:, 0])
    floor, ceiling = _spill_terms(fleet)
    terms = stored_value.Terms(
        charge_cost=fleet.number("charge_cost_eur_per_mwh"),
        holding_cost=fleet.number("holding_cost_eur_per_mwh_hour"),
        floor=floor,
        ceiling=ceiling,
        final_floor=final_floor,
        final_ceiling=final_ceiling,
        judged=np.array([not record.discharge_cost_segments for record in fleet.records]),
    )
    stored_value.check(_as_switched(fleet), terms)


ROOM = Room(
    quantities=("charge_mw", "discharge_mw", "energy_mwh"),
    more=_more,
    labels=_labels,
    direction="charging",
    binaries=("charging", "segment_full", *_ON),
    flows=reservoirs.flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
