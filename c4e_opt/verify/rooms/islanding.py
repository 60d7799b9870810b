"""What an answer must hold for sites that could run alone, or do.

Laws:
    islanding_survival_energy   after every step after which an outage may begin, stores hold what the critical loads
                                need on top of the plants for as long as it may last
    islanding_survival_power    in every step that an outage reaches, plants and stores can give the critical power
    islanding_from_stores       what stores would have to give is at least what the plants leave to them
    islanding_missing           nothing is missing where that is not allowed, and never less than nothing
    islanding_no_exchange       what connects a site that runs alone carries nothing
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import site
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room

#: What answers say of sites that must be able to run alone.
_ABLE = ("from_stores_mw", "missing_mwh", "missing_mw")


@dataclass(frozen=True, slots=True)
class _Island:
    """What a site would have without the network, (time,) each."""

    critical_mw: FloatArray
    plants_mw: FloatArray
    stores_mw: FloatArray
    stores_mwh: FloatArray


def _sources(law: Any, all_ports: list[site.Port]) -> list[site.Port]:
    return [port for port in site.members(law, all_ports) if site.provides(port)]


def _cut(law: Any, all_ports: list[site.Port]) -> list[site.Port]:
    """The components that carry nothing while a site runs alone."""
    found = site.members(law, all_ports)
    if law.members:
        return found
    away = {port.word for port in all_ports if port.carrier == law.carrier and port.site != law.site}
    return [port for port in found if port.kind == "grid_connection" or (law.site and port.word in away)]


def _island(fleet: Fleet, law: Any, all_ports: list[site.Port]) -> _Island:
    steps = fleet.shape[1]
    own = {load.member: load.critical_ratio for load in law.critical_loads}
    critical, plants, power, energy = (np.zeros(steps) for _ in range(4))
    for port in all_ports:
        wanted = port.kind in ("demand", "flexible_demand")
        if wanted and port.carrier == law.carrier and law.site in ("", port.site):
            critical += own.get(port.word, law.critical_ratio) * np.asarray(port.component.demand_mw)
    for port in _sources(law, all_ports):
        other = fleet.others[port.kind]
        if port.kind in site.STORES:
            power += other.series("discharge_max_mw")[port.row]
            energy += other.number("discharge_efficiency")[port.row] * site.stored(other)[0][port.row]
        else:
            plants += port.power_mw + site.headroom(other)[0][port.row]
    return _Island(critical, plants, power, energy)


def _limits(fleet: Fleet) -> None:
    all_ports = site.ports(fleet)
    laws = ("survival_energy", "survival_power", "from_stores", "missing", "no_exchange")
    found = {name: np.full(fleet.shape, -np.inf) for name in laws}
    sizes = np.zeros(fleet.shape)
    for row, law in enumerate(fleet.records):
        asked, *gone = (fleet.answer(name)[row] if fleet.has(name) else np.zeros(fleet.shape[1]) for name in _ABLE)
        hard = law.missing_price_eur_per_mwh is None or law.mode == "islanded"
        found["missing"][row] = np.max(np.abs(gone), axis=0) if hard else -np.min(gone, axis=0)
        if law.mode == "islanded":
            powers = [np.abs(port.power_mw) for port in _cut(law, all_ports)]
            flowing = np.sum(powers, axis=0) if powers else np.zeros(fleet.shape[1])
            found["no_exchange"][row] = np.where(site.in_span(law, fleet.horizon), flowing, -np.inf)
            continue
        island = _island(fleet, law, all_ports)
        sizes[row] = island.critical_mw + island.stores_mwh
        left = np.maximum(island.critical_mw - island.plants_mw, 0.0)
        if law.form != "power":
            found["from_stores"][row] = left - asked
        _outages(fleet, law, island, left, gone, {name: found[name][row] for name in laws[:2]})
    for name in laws:
        unit = "MWh" if name == "survival_energy" else "MW"
        fleet.hold(name, found[name], unit, sizes)


def _outages(
    fleet: Fleet, law: Any, island: _Island, left: FloatArray, gone: Sequence[FloatArray], found: dict[str, FloatArray]
) -> None:
    """Go through the outages that may come after every step; what is violated is written into `found`."""
    horizon, may = fleet.horizon, np.broadcast_to(law.required, fleet.shape[1])
    short = (1.0 + law.reserve_ratio) * island.critical_mw - island.plants_mw - island.stores_mw - gone[1]
    for step in np.flatnonzero(may > 0).tolist():
        until = horizon.ends[step] + law.duration_hours * 3600.0
        hit = slice(step + 1, int(np.searchsorted(horizon.starts, float(until))))
        hours = (np.minimum(horizon.ends[hit], until) - horizon.starts[hit]) / 3600.0
        if not hours.size:
            continue
        if law.form != "power":
            found["survival_energy"][step] = left[hit] @ hours - island.stores_mwh[step] - gone[0][step]
        if law.form != "energy":
            found["survival_power"][hit] = short[hit]


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    able = any(record.mode == "able" for record in records)
    return dict.fromkeys(_ABLE, ("islanding", "time")) if able else {}


def _costs(fleet: Fleet, bill: Bill) -> None:
    price = np.nan_to_num(fleet.number("missing_price_eur_per_mwh"))
    weights = fleet.horizon.cost_hours / fleet.horizon.hours
    if not fleet.has("missing_mwh"):
        return
    bill.add("islanding", price * fleet.answer("missing_mwh") * weights)
    bill.add_energy("islanding", fleet.answer("missing_mw"), price, fleet.horizon.cost_hours)


def _couples(fleet: Fleet) -> Iterator[str]:
    all_ports = site.ports(fleet)
    for law in fleet.records:
        for port in _cut(law, all_ports) if law.mode == "islanded" else _sources(law, all_ports):
            yield port.word


ROOM = Room(
    more=_more,
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    costs=_costs,
    couples=_couples,
)
