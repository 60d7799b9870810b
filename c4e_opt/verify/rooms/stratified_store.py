"""What an answer must hold for stratified stores: see `verify.reservoirs` and `verify.stored_value`.

Content and losses that the case does not give are computed here in SI units: watts through walls, joules in water.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import reservoirs, stored_value
from c4e_opt.verify.fleet import Fleet, Room

_J_PER_MWH = 3.6e9


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return reservoirs.final_value("stratified_store", records)


def _tank(fleet: Fleet) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the hot tank holds in MWh, part lost within an hour, MWh lost in every step whatever is stored."""
    hot, cold, around = (
        fleet.number("temperature_hot_c"),
        fleet.number("temperature_cold_c"),
        fleet.series("temperature_ambient_c"),
    )
    radius, u_value = fleet.number("diameter_m") / 2, fleet.number("u_value_w_per_m2_k")
    joules_per_m3_k = fleet.number("heat_capacity_kwh_per_m3_k") * 3.6e6
    lid_m2 = np.pi * radius**2
    full = lid_m2 * fleet.number("height_m") * joules_per_m3_k * (hot - cold) / _J_PER_MWH
    full = np.where(np.isnan(fleet.number("energy_max_mwh")), full, fleet.number("energy_max_mwh"))
    # A m of hot zone loses U * 2 pi r * (hot - cold) W more than a m of cold zone, and holds lid * c * (hot - cold) J.
    lost = u_value * 2 * np.pi * radius * 3600 / (lid_m2 * joules_per_m3_k)
    lost = np.where(np.isnan(fleet.number("standing_loss_per_hour")), lost, fleet.number("standing_loss_per_hour"))
    wall_mw = lost * (cold - around) / (hot - cold) * full
    said_wall = fleet.number("fixed_loss_per_hour")
    wall_mw = np.where(np.isnan(said_wall), wall_mw, said_wall * full)
    ends_mw = u_value * lid_m2 * ((hot - around) + (cold - around)) / 1e6
    ends_mw = np.where(np.isnan(fleet.number("fixed_loss_mw")), ends_mw, fleet.number("fixed_loss_mw"))
    return full, lost, (wall_mw + ends_mw) * fleet.horizon.hours


def _reservoirs(fleet: Fleet) -> reservoirs.Reservoirs:
    full, lost, always_lost = _tank(fleet)
    cyclic = fleet.number("cyclic") > 0
    start = fleet.number("level_start_ratio") * full
    return reservoirs.Reservoirs(
        fleet=fleet,
        charge_max_mw=fleet.number("charge_max_mw"),
        discharge_max_mw=fleet.number("discharge_max_mw"),
        energy_min_mwh=fleet.number("level_min_ratio") * full,
        energy_max_mwh=fleet.number("level_max_ratio") * full,
        energy_start_mwh=np.where(cyclic, fleet.answer("energy_mwh")[:, -1:], start),
        keep=np.power(1.0 - lost, fleet.horizon.hours),
        by_itself_mwh=-always_lost,
        present=np.ones(fleet.shape, dtype=np.bool_),
        last=np.full(fleet.shape[0], fleet.shape[1] - 1),
        one_way=np.zeros(fleet.shape[0], dtype=np.bool_),
    )


def _limits(fleet: Fleet) -> None:
    reservoirs.check(_reservoirs(fleet))
    reservoirs.check_stores(fleet, fleet.number("level_end_ratio") * _tank(fleet)[0])


def _prices(fleet: Fleet) -> None:
    given = ~np.isnan(fleet.number("level_end_ratio")[:, 0]) | (fleet.number("cyclic")[:, 0] > 0)
    floor, ceiling = stored_value.final_of_stores(fleet, given)
    terms = stored_value.Terms(final_floor=floor, final_ceiling=ceiling)
    stored_value.check(_reservoirs(fleet), terms)


ROOM = Room(
    quantities=("charge_mw", "discharge_mw", "energy_mwh"),
    more=_more,
    flows=reservoirs.flows,
    limits=_limits,
    costs=reservoirs.wear,
    prices=_prices,
)
