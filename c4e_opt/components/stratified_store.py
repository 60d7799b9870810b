"""Stratified store: a tank of water with a hot zone above a cold one, both at fixed temperatures.

Variables, for every store s and step t: see `components.storage`
    charge_mw[s, t], discharge_mw[s, t], energy_mwh[s, t], final_value_eur[s]

Constraints:
    energy_balance[s, t], final_value_limit[s, slice]   see `components.storage`; taken from it is
        (fixed_loss_per_hour * energy_max_mwh + fixed_loss_mw) * hours; for cyclic stores e[-1] = e[last]

energy_mwh counts from a tank that is cold all through: 0 there, energy_max_mwh when it is hot all through; it lies
within level_min_ratio and level_max_ratio of energy_max_mwh. What the case does not give is computed from the tank,
with spread = hot - cold, c = heat_capacity, U = u_value, d = diameter:
    energy_max_mwh           pi / 4 * d ** 2 * height * c * spread
    standing_loss_per_hour   4 * U / (d * c): of the hot zone through the wall beside it
    fixed_loss_per_hour      standing_loss_per_hour * (cold - ambient) / spread: of the whole wall at cold temperature
    fixed_loss_mw            U * pi / 4 * d ** 2 * (hot - ambient + cold - ambient): through lid and floor

A tank may be charged and discharged in one step: both are flows of water.
Not modelled: temperatures that change, mixing of the zones, heat conducted between them.
Source: oemof.thermal, Stratified thermal storage, https://oemof-thermal.readthedocs.io/en/latest/
stratified_thermal_storage.html; with steps of one hour the same to the digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components import storage
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, profiles, scalars
from c4e_opt.fields import bus, fields_of, flag, identity, number, parts, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Room

#: What every coefficient that is not given is computed from.
_NEEDS = {
    "energy_max_mwh": ("diameter_m", "height_m"),
    "standing_loss_per_hour": ("diameter_m", "u_value_w_per_m2_k"),
    "fixed_loss_mw": ("diameter_m", "u_value_w_per_m2_k"),
}


@record
class StratifiedStore:
    """A tank with a hot and a cold zone."""

    id: str = identity(doc="Name of the store.")
    bus: str = bus(carrier="heat", doc="Bus that it charges from and discharges to.")
    owner: str = party(doc="Party that buys what it charges and sells what it discharges.")
    charge_max_mw: Any = number(unit="MW", minimum=0, doc="Largest heat taken from the bus.")
    discharge_max_mw: Any = number(unit="MW", minimum=0, doc="Largest heat given to the bus.")
    temperature_hot_c: Any = number(unit="°C", doc="Temperature of the hot zone.")
    temperature_cold_c: Any = number(unit="°C", doc="Temperature of the cold zone.")
    temperature_ambient_c: FloatArray = series(unit="°C", default=20.0, doc="Temperature around the tank.")
    diameter_m: Any = number(unit="m", minimum=0.01, default=None, doc="Inner diameter of the tank.")
    height_m: Any = number(unit="m", minimum=0.01, default=None, doc="Inner height of the tank.")
    u_value_w_per_m2_k: Any = number(
        unit="W/(m2 K)", minimum=0, default=None, doc="Heat lost through a m2 of wall per K between inside and outside."
    )
    heat_capacity_kwh_per_m3_k: Any = number(
        unit="kWh/(m3 K)",
        minimum=0.01,
        default=1.128345,
        doc="Heat that a m3 takes up per K; water at 80 °C by default.",
    )
    energy_max_mwh: Any = number(
        unit="MWh",
        minimum=0,
        default=None,
        doc="Energy of the hot over the cold tank; from diameter and height if absent.",
    )
    standing_loss_per_hour: Any = number(
        unit="1/h", minimum=0, maximum=1, default=None,
        doc="Part of the stored energy lost within an hour; from diameter and u-value if absent.",
    )  # fmt: skip
    fixed_loss_per_hour: Any = number(
        unit="1/h", default=None,
        doc="Part of energy_max_mwh lost within an hour, whatever is stored; from the temperatures if absent.",
    )  # fmt: skip
    fixed_loss_mw: Any = number(
        unit="MW", default=None, doc="Heat lost whatever is stored; from diameter and u-value if absent."
    )
    level_min_ratio: Any = number(unit="", minimum=0, maximum=1, default=0.0, doc="Least part of the tank that is hot.")
    level_max_ratio: Any = number(unit="", minimum=0, maximum=1, default=1.0, doc="Largest part that is hot.")
    level_start_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=None, doc="Part that is hot before the first step; needed unless cyclic."
    )
    level_end_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=None, doc="Part that is hot after the last step; free when absent."
    )
    cyclic: bool = flag(
        default=False, doc="Whether it ends with the energy that it starts with, which is then free to choose."
    )
    final_values: tuple[storage.FinalValue, ...] = parts(
        storage.FinalValue, doc="Worth of the energy left at the end, slice by slice; nothing when absent."
    )
    charge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=1.0, doc="Energy stored per energy taken."
    )
    discharge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=1.0, doc="Energy given per energy drawn."
    )
    discharge_cost_eur_per_mwh: Any = number(unit="EUR/MWh", minimum=0, default=0.0, doc="Cost per MWh given.")


@dataclass(frozen=True, slots=True)
class Coefficients:
    """What a tank holds and loses, given or computed."""

    energy_max_mwh: FloatArray  # (store, 1)
    standing_loss_per_hour: FloatArray  # (store, 1)
    fixed_loss_mw: FloatArray  # both fixed losses, (store, time)


def coefficients(stores: Sequence[StratifiedStore], steps: int) -> Coefficients:
    """What tanks hold and lose, as the case gives it, else computed."""
    hot, cold, diameter, u_value = (
        scalars(stores, name)
        for name in ("temperature_hot_c", "temperature_cold_c", "diameter_m", "u_value_w_per_m2_k")
    )
    ambient = profiles(stores, "temperature_ambient_c", steps)
    content = scalars(stores, "heat_capacity_kwh_per_m3_k")
    floor_m2 = np.pi / 4.0 * diameter**2

    def given(name: str, computed: FloatArray) -> FloatArray:
        said = scalars(stores, name)
        return np.where(np.isnan(said), computed, said)

    energy_max = given("energy_max_mwh", floor_m2 * scalars(stores, "height_m") * content * (hot - cold) * 1e-3)
    standing = given("standing_loss_per_hour", 4.0 * u_value / (diameter * content * 1e3))
    relative = given("fixed_loss_per_hour", standing * (cold - ambient) / (hot - cold))
    absolute = given("fixed_loss_mw", u_value * floor_m2 * (hot + cold - 2.0 * ambient) * 1e-6)
    return Coefficients(energy_max, standing, relative * energy_max + absolute)


def check(path: str, store: StratifiedStore, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one store; nothing, when it may be formulated."""
    units = context.units
    if store.temperature_hot_c <= store.temperature_cold_c:
        message = (
            f"is {store.temperature_hot_c:g} °C; it must be above temperature_cold_c, {store.temperature_cold_c:g} °C"
        )
        yield Issue(f"{path}.temperature_hot_c", "range", message)
        return
    for name, needs in _NEEDS.items():
        missing = [each for each in needs if getattr(store, each) is None]
        if getattr(store, name) is None and missing:
            what = units.name(name, fields_of(StratifiedStore)[name].meta.unit)
            message = f"is missing: give it, or {' and '.join(missing)} to compute it from"
            yield Issue(f"{path}.{what}", "missing_field", message)
            return
    if coefficients([store], context.horizon.steps).standing_loss_per_hour[0, 0] > 1:
        message = "lets more than all be lost within an hour; check u_value_w_per_m2_k and diameter_m"
        yield Issue(f"{path}.u_value_w_per_m2_k", "range", message)
    low, high = store.level_min_ratio, store.level_max_ratio
    if low > high:
        yield from units.within(path, "level_min_ratio", low, 0, high, "")
        return
    start = f"{path}.level_start_ratio"
    if store.level_start_ratio is None and not store.cyclic:
        yield Issue(start, "missing_field", "is missing: give the level before the first step, or say cyclic")
    elif store.level_start_ratio is not None and store.cyclic:
        yield Issue(start, "conflict", "is given, but a cyclic store is free to choose its start; drop one of the two")
    for name in ("level_start_ratio", "level_end_ratio"):
        if getattr(store, name) is not None:
            yield from units.within(path, name, getattr(store, name), low, high, "")
    yield from storage.check_final_values(path, store.final_values)
    yield from storage.check_efficiencies(path, store)


def formulate(room: Room, stores: Sequence[StratifiedStore], horizon: Horizon) -> Terms:
    """Add the variables and laws of all stratified stores at once.

    Args:
        room: The room to write into.
        stores: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses.
    """
    tank = coefficients(stores, horizon.steps)
    start = scalars(stores, "level_start_ratio") * tank.energy_max_mwh
    limits = storage.Limits(
        charge_max_mw=scalars(stores, "charge_max_mw"),
        discharge_max_mw=scalars(stores, "discharge_max_mw"),
        energy_min_mwh=scalars(stores, "level_min_ratio") * tank.energy_max_mwh,
        energy_max_mwh=scalars(stores, "level_max_ratio") * tank.energy_max_mwh,
        energy_start_mwh=np.where(np.isnan(start), 0.0, start),
        energy_end_mwh=scalars(stores, "level_end_ratio") * tank.energy_max_mwh,
        energy_end_min_mwh=np.full((len(stores), 1), np.nan),
        keep=(1.0 - tank.standing_loss_per_hour) ** horizon.hours,
        charge_efficiency=scalars(stores, "charge_efficiency"),
        discharge_efficiency=scalars(stores, "discharge_efficiency"),
        arriving_mwh=-tank.fixed_loss_mw * horizon.hours,
        cyclic=scalars(stores, "cyclic")[:, 0] > 0,
    )
    return storage.terms_of(stores, limits, storage.formulate(room, stores, limits, horizon))
