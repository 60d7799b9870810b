"""What an answer must hold for shares of self-consumption and autarky: see `verify.budgets`.

Exported is what leaves a site through grid connections and components with a port elsewhere, imported what enters;
generated and consumed are what the others give and take, without stores, and with the net of vehicles and of what
passes energy on within the site as consumption.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import budgets, site
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room

_RATIOS = {"self_consumption": "minimum_self_consumption_ratio", "autarky": "minimum_autarky_ratio"}
_STORES = (*site.STORES, "stratified_store")


def _asked(laws: Sequence[Any]) -> list[tuple[Any, str]]:
    return [(law, of) for law in laws for of, ratio in _RATIOS.items() if getattr(law, ratio) is not None]


def _here(law: Any, all_ports: Sequence[site.Port]) -> list[site.Port]:
    return [port for port in all_ports if port.carrier == law.carrier and law.site in ("", port.site)]


def _powers(law: Any, all_ports: Sequence[site.Port], steps: int) -> dict[str, FloatArray]:
    """Power exported, imported, generated and consumed, (time,) each."""
    whole = Counter(port.word for port in all_ports if port.carrier == law.carrier)
    here = Counter(port.word for port in _here(law, all_ports))
    found = {name: np.zeros(steps) for name in ("exported", "imported", "generated", "consumed")}
    for port in _here(law, all_ports):
        given, taken = port.power_mw.clip(0.0), (-port.power_mw).clip(0.0)
        if port.kind in _STORES:
            continue
        if port.kind == "grid_connection" or here[port.word] < whole[port.word]:
            found["imported"] += given
            found["exported"] += taken
        elif port.kind == "ev_session" or here[port.word] > 1:
            found["consumed"] += taken - given
        else:
            found["generated"] += given
            found["consumed"] += taken
    return found


def _limits(fleet: Fleet) -> None:
    all_ports, asked = site.ports(fleet), _asked(fleet.records)
    rate = np.zeros((len(asked), fleet.shape[1]))
    for row, (law, of) in enumerate(asked):
        powers = _powers(law, all_ports, fleet.shape[1])
        exchanged, own = ("exported", "generated") if of == "self_consumption" else ("imported", "consumed")
        rate[row] = powers[exchanged] - (1.0 - getattr(law, _RATIOS[of])) * powers[own]
    laws = [law for law, _ in asked]
    limits = np.full(len(asked), np.nan), np.zeros(len(asked))
    soft = np.array([law.missed_price_eur_per_mwh is not None for law in laws])
    budgets.check(fleet, laws, rate, limits, soft, ("over_mwh", "missed_mwh"), "MWh")


def _costs(fleet: Fleet, bill: Bill) -> None:
    price = np.array([[law.missed_price_eur_per_mwh or 0.0] for law, _ in _asked(fleet.records)])
    bill.add("budgets", price * fleet.answer("missed_mwh"))


def _couples(fleet: Fleet) -> Iterator[str]:
    all_ports = site.ports(fleet)
    return (port.word for law in fleet.records for port in _here(law, all_ports))


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return dict.fromkeys(("over_mwh", "missed_mwh"), ("self_consumption_share", "time"))


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {"self_consumption_share": [f"{law.id}/{of}" for law, of in _asked(records)]}


ROOM = Room(
    more=_more,
    labels=_labels,
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    costs=_costs,
    couples=_couples,
)
