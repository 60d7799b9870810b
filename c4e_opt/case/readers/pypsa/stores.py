"""Stores and storage units of a network."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.readers.network_file import Row
from c4e_opt.case.readers.pypsa import curves
from c4e_opt.case.readers.pypsa.reading import Reading
from c4e_opt.components.store import DischargeCostSegment


def store(reading: Reading, row: Row) -> None:
    """A store: energy within limits, any power."""
    loss, extendable = reading.constant(row, "standing_loss", 0.0), row.flag("e_nom_extendable")
    size, built = _size(reading, row, "e_nom", extendable=extendable)
    least, largest = (row.series(f"e_{end}_pu", one, reading.steps) * size for end, one in (("min", 0.0), ("max", 1.0)))
    shift = max(0.0, -float(least.min()))  # our stores hold what is above their least level
    if shift and (loss or extendable):
        reading.refuse(row, "e_min_pu", "is negative of a store with a standing loss or a size to choose")
    if row.number("sign", 1.0) != 1.0:
        reading.refuse(row, "sign", "is not 1")
    if curves.points_of(reading, row, "marginal_cost") is not None:
        reading.refuse(row, "marginal_cost", "is piecewise; only that of storage units may be")
    reading.always(row)
    cyclic = row.flag("e_cyclic")
    initial = row.number("e_initial") + shift
    cost = reading.constant(row, "marginal_cost", 0.0)
    holding = reading.constant(row, "marginal_cost_storage", 0.0)
    if holding and shift:
        reading.refuse(row, "marginal_cost_storage", "is given for a store whose energy may be negative")
    levels = row.series("e_set", np.nan, reading.steps) + shift
    powers = row.series("p_set", np.nan, reading.steps)
    if not np.isnan(powers).all():
        levels = _levels(reading, row, levels, powers, (initial, loss))
    low, high, fixed = _given(reading, row, (least + shift, largest + shift), levels, "e_set", extendable=extendable)
    power = 2.0 * (float(np.max(high)) + initial) / reading.hours
    reading.add(
        "store",
        id=row.name,
        bus=row.text("bus"),
        charge_max_mw=power,
        discharge_max_mw=power,
        energy_max_mwh=high,
        energy_min_mwh=low,
        energy_fixed_mwh=fixed,
        cyclic=cyclic,
        **({} if cyclic else _begin(reading, initial, loss, np.zeros(reading.steps), float(high.max()))),
        standing_loss_per_hour=loss,
        allow_both=True,
        spill_max_mw=0.0,
        charge_cost_eur_per_mwh=-cost,
        discharge_cost_eur_per_mwh=cost,
        holding_cost_eur_per_mwh_hour=holding,
        energy_capacity_cost_eur_per_mwh=reading.capital_cost(row) if extendable else None,
        energy_capacity_min_mwh=built,
    )


def storage_unit(reading: Reading, row: Row) -> None:
    """A storage unit: a power, and so many hours of it in store."""
    loss, extendable = reading.constant(row, "standing_loss", 0.0), row.flag("p_nom_extendable")
    hours = row.number("max_hours", 1.0)
    size, built = _size(reading, row, "p_nom", extendable=extendable)
    cyclic, inflow = row.flag("cyclic_state_of_charge"), row.series("inflow", 0.0, reading.steps)
    if row.number("sign", 1.0) != 1.0:
        reading.refuse(row, "sign", "is not 1")
    low, high = row.series("p_min_pu", -1.0, reading.steps), row.series("p_max_pu", 1.0, reading.steps)
    if np.any(low > 0) or np.any(high < 0):
        reading.refuse(row, "p_min_pu", "or p_max_pu forces the unit to charge or to discharge")
    reading.always(row)
    charge, discharge = np.maximum(-low, 0.0) * size, np.maximum(high, 0.0) * size
    levels = row.series("state_of_charge_set", np.nan, reading.steps)
    limits = np.zeros(reading.steps), np.full(reading.steps, hours * size)
    least, most, fixed = _given(reading, row, limits, levels, "state_of_charge_set", extendable=extendable)
    begin: dict[str, Any] = {"inflow_mw": inflow, "spill_max_mw": inflow}
    if not cyclic:
        begin |= _begin(reading, row.number("state_of_charge_initial"), loss, inflow, float(most.max()))
    reading.add(
        "store",
        id=f"unit {row.name}",
        bus=row.text("bus"),
        charge_max_mw=charge,
        discharge_max_mw=discharge,
        energy_max_mwh=most,
        energy_min_mwh=least,
        energy_fixed_mwh=fixed,
        cyclic=cyclic,
        **begin,
        standing_loss_per_hour=loss,
        charge_efficiency=reading.constant(row, "efficiency_store", 1.0),
        discharge_efficiency=reading.constant(row, "efficiency_dispatch", 1.0),
        allow_both=True,
        spill_cost_eur_per_mwh=reading.constant(row, "spill_cost", 0.0),
        holding_cost_eur_per_mwh_hour=reading.constant(row, "marginal_cost_storage", 0.0),
        **_discharge_cost(reading, row),
        **(
            _chosen_power(reading, row, (size, built), max(float(charge.max()), float(discharge.max())))
            if extendable
            else {}
        ),
    )


def _discharge_cost(reading: Reading, row: Row) -> dict[str, Any]:
    curve = curves.cost_curve(reading, row, 1.0) if not row.flag("p_nom_extendable") else None
    if curve is None:
        if curves.points_of(reading, row, "marginal_cost") is not None:
            reading.refuse(row, "marginal_cost", "is piecewise of a size that is not known")
        return {"discharge_cost_eur_per_mwh": reading.constant(row, "marginal_cost", 0.0)}
    if curve.least > 0 or curve.largest < float(np.max(row.series("p_max_pu", 1.0, reading.steps))):
        reading.refuse(row, "marginal_cost", "is piecewise of a part of its power only")
    pairs = zip(curve.widths, curve.slopes, strict=True)
    return {
        "discharge_cost_segments": tuple(
            DischargeCostSegment(discharge_mw=width, cost_eur_per_mwh=slope) for width, slope in pairs
        )
    }


def _chosen_power(reading: Reading, row: Row, size: tuple[float, float], most_mw: float) -> dict[str, Any]:
    """Power and energy that are built together; ours is the larger limit of power, theirs the nominal one."""
    if not most_mw:
        reading.refuse(row, "p_nom_extendable", "is true of a unit that may neither charge nor discharge")
    part = most_mw / size[0] if size[0] and most_mw else 1.0
    return {
        "power_capacity_cost_eur_per_mw": reading.capital_cost(row) / part,
        "power_capacity_min_mw": size[1] * part,
        "energy_capacity_cost_eur_per_mwh": 0.0,
        "one_size": True,
    }


def _size(reading: Reading, row: Row, name: str, *, extendable: bool) -> tuple[float, float]:
    """The size, or the most and the least that may be built."""
    plenty = reading.plenty_mwh() / (max(row.number("max_hours", 1.0), 1.0) if name == "p_nom" else 1.0)
    if not extendable:
        return min(row.number(name), plenty), 0.0
    least, most = row.number(f"{name}_min"), min(row.number(f"{name}_max", np.inf), plenty)
    if np.isfinite(row.number(f"{name}_set", np.nan)):
        least, most = max(least, row.number(f"{name}_set")), min(most, row.number(f"{name}_set"))
    return most, least


def _begin(reading: Reading, initial: float, loss: float, inflow: FloatArray, most: float) -> dict[str, Any]:
    """Energy before the first step; what a standing loss must spare, or is more than fits, flows in with that step."""
    if not loss and initial <= most:
        return {"energy_start_mwh": initial, "inflow_mw": inflow}
    first = inflow.copy()
    first[0] += initial / float(reading.hours[0])
    return {"energy_start_mwh": 0.0, "inflow_mw": first}


def _given(
    reading: Reading,
    row: Row,
    limits: tuple[FloatArray, FloatArray],
    levels: FloatArray,
    name: str,
    *,
    extendable: bool,
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Least and most energy, and the energies that are given; where some are, the limits of their snapshots."""
    low, high = limits
    given = ~np.isnan(levels)
    if given.all() or not given.any():
        return low, high, levels if given.all() else None
    if extendable:
        reading.refuse(row, name, "is given for some snapshots only of a size that is chosen")
    if np.any((levels > high + 1e-9)[given]) or np.any((levels < low - 1e-9)[given]):
        reading.refuse(row, name, "lies outside the limits of its snapshot")
    return np.where(given, levels, low), np.where(given, levels, high), None


def _levels(
    reading: Reading, row: Row, levels: FloatArray, powers: FloatArray, before: tuple[float, float]
) -> FloatArray:
    """The energies that a given schedule of powers leads to."""
    initial, loss = before
    if row.flag("e_cyclic") or loss or np.isnan(powers).any() or not np.isnan(levels).all():
        reading.refuse(row, "p_set", "is given of a store that is cyclic, has losses, or for some snapshots only")
    return initial - np.cumsum(np.nan_to_num(powers) * reading.hours)
