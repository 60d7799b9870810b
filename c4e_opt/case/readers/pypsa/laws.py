"""Global constraints and maintenance of a network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from c4e_opt.case.readers.network_file import Row
from c4e_opt.case.readers.pypsa.reading import Reading
from c4e_opt.components.store import Store


def maintenance(reading: Reading, row: Row, member: str, rate: float) -> None:
    """Blocks in which a plant gives less; as many snapshots as last long enough."""
    if not row.flag("maintainable"):
        return
    weights = reading.file.weights["generators"]
    if np.ptp(weights) > 1e-9:
        reading.refuse(row, "maintenance_duration", "counts snapshots, which differ in weight in this network")
    count = np.ceil(row.number("maintenance_duration") * (1 - 1e-6) / float(weights[0]))
    hours = max(count, 1.0) * reading.even_hours(row, "maintenance_duration")
    lost = row.number("maintenance_pu", 1.0)
    least = row.series("p_min_pu", 0.0, reading.steps) * row.number("p_nom") * rate
    reading.always(row)
    extendable, committable = row.flag("p_nom_extendable"), row.flag("committable")
    if extendable and (lost < 1 or np.any(least != 0) or row.number("p_nom_mod")):
        message = "is true of an extendable plant with a least power, with modules, or of which a part is left"
        reading.refuse(row, "maintainable", message)
    if np.any(row.series("p_min_pu", 0.0, reading.steps) < 0) or row.number("sign", 1.0) < 0:
        reading.refuse(row, "maintainable", "is true of a plant whose power may be negative")
    kind, _, ident = member.partition("/")
    place = next(place for place, made in enumerate(reading.made[kind]) if made.id == ident)
    made = reading.made[kind][place]
    word = "power" if kind == "generator" else "input"
    if np.any(least > 0) and not extendable:
        reading.made[kind][place] = replace(made, **{f"{word}_min_mw": np.zeros(reading.steps)})
    if not np.isnan(row.series("p_set", np.nan, reading.steps)).all():
        reading.refuse(row, "p_set", "is given of a plant with maintenance")
    reading.add(
        "maintenance",
        id=member,
        members=(member,),
        hours=hours,
        available_ratio=1.0 - lost,
        events=int(row.number("maintenance_events", 1.0)),
        least_mw=least if np.any(least > 0) else None,
        stays_on=committable,
    )


def global_constraint(reading: Reading, row: Row) -> None:
    """A limit on what carriers let out, or on the energy of a carrier."""
    kind = row.text("type", "primary_energy")
    if np.isfinite(row.number("investment_period", np.nan)):
        reading.refuse(row, "investment_period", "is given; only constraints on all periods are supported")
    if kind == "operational_limit":
        _operational_limit(reading, row)
    elif kind != "primary_energy":
        reading.refuse(row, "type", f"is {kind!r}; only primary_energy and operational_limit are supported")
    else:
        _primary_energy(reading, row)


def _primary_energy(reading: Reading, row: Row) -> None:
    limit, sense = row.number("constant"), row.text("sense", "==")
    holders = [store for store in reading.file.of("stores") if _counts(reading, store)]
    holders += [unit for unit in reading.file.of("storage_units") if _counts(reading, unit)]
    if holders:
        _limit_store(reading, row, holders, limit, sense)
        return
    if not reading.emitters:
        return
    limit /= reading.counted(row, "constant")
    reading.add(
        "emission_budget",
        id=row.name,
        members=tuple(reading.emitters),
        maximum_t=limit if sense in ("<=", "==") else None,
        minimum_t=limit if sense in (">=", "==") else None,
    )


def _counts(reading: Reading, store: Row) -> bool:
    cyclic = store.flag("e_cyclic") or store.flag("cyclic_state_of_charge")
    return bool(reading.emissions.get(store.text("carrier"), 0.0)) and not cyclic


def _limit_store(reading: Reading, law: Row, holders: list[Row], limit: float, sense: str) -> None:
    """A limit on what one store takes up or gives, as a limit of the energy that it ends with."""
    row = holders[0]
    factor, initial = reading.emissions[row.text("carrier")], row.number("e_initial")
    place = next((place for place, made in enumerate(reading.made["store"]) if made.id == row.name), None)
    if len(holders) > 1 or reading.emitters or place is None or row.flag("e_nom_extendable"):
        message = "limits stores together with other sources, or of a chosen size; one store alone is supported"
        reading.refuse(law, "constant", message)
        return
    made: Store = reading.made["store"][place]
    shift = max(0.0, -float((row.series("e_min_pu", 0.0, reading.steps) * row.number("e_nom")).min()))
    # factor * (initial - final) sense limit
    bound = initial - limit / factor + shift
    least, most = np.array(made.energy_min_mwh) + np.zeros(reading.steps), np.array(made.energy_max_mwh)
    if sense == "==" or (sense == "<=") == (factor > 0):
        least[-1] = max(least[-1], bound)
    if sense == "==" or (sense == "<=") == (factor < 0):
        most[-1] = min(most[-1], bound)
    reading.made["store"][place] = replace(made, energy_max_mwh=most, energy_min_mwh=least)


def _operational_limit(reading: Reading, row: Row) -> None:
    """A limit on the net energy that generators of a carrier give."""
    carrier = row.text("carrier_attribute")
    stores = [*reading.file.of("stores"), *reading.file.of("storage_units")]
    if any(
        store.text("carrier") == carrier and not store.flag("e_cyclic") and not store.flag("cyclic_state_of_charge")
        for store in stores
    ):
        reading.refuse(row, "carrier_attribute", "names the carrier of a store; only generators are supported")
    members = [each for each in reading.file.of("generators") if each.text("carrier") == carrier]
    if not members:
        return
    names = [f"generator/{each.name}" for each in members]
    carriers = {bus.carrier for bus in reading.buses if bus.id in {each.text("bus") for each in members}}
    made = {f"generator/{each.id}" for each in reading.made["generator"]}
    if len(carriers) > 1 or any(each.number("sign", 1.0) != 1.0 for each in members) or not made.issuperset(names):
        reading.refuse(row, "carrier_attribute", "names generators of several carriers of buses, or with a sign")
        return
    limit, sense = row.number("constant") / reading.counted(row, "constant"), row.text("sense", "==")
    reading.add(
        "energy_budget",
        id=row.name,
        members=tuple(names),
        carrier=next(iter(carriers)),
        maximum_mwh=limit if sense in ("<=", "==") else None,
        minimum_mwh=limit if sense in (">=", "==") else None,
    )
