"""What an answer must hold for flexible demands; what their events reward: see `verify.demand_response`.

Laws:
    flexible_demand_shed_limit      0 <= shed <= shed_max_ratio * forecast
    flexible_demand_tranche_limit   0 <= shed of a tranche <= its part of the forecast; of the rest, what shed_max_ratio
                                    leaves over
    flexible_demand_tranche_sum     the tranches of a load add up to what it sheds
    flexible_demand_shift_limit     0 <= advance, postpone <= shift_max; 0 without a window
    flexible_demand_service_limit   shed + postpone <= forecast
    flexible_demand_shift_balance   in every window as much energy is advanced as is postponed
    flexible_demand_shed_price      price against the value of what is shed, tranche by tranche
    flexible_demand_shift_price     one price for what is moved within a window
Prices are not judged for loads with events, which reward what they shed and postpone besides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import demand_response
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of all loads that are shed at one value each; a load without tranches is one part."""

    owner: IntArray  # (part,)
    value: FloatArray  # (part, 1)
    most: FloatArray  # (part, time)
    shed: FloatArray  # (part, time)


def _served(fleet: Fleet) -> FloatArray:
    """Power taken from the bus."""
    moved = fleet.answer("advance_mw") - fleet.answer("postpone_mw")
    return fleet.series("demand_mw") + moved - fleet.answer("shed_mw")


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (-_served(fleet),)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    tranches = {"tranche_shed_mw": ("shed_tranche", "time")} if any(record.tranches for record in records) else {}
    return {**tranches, **demand_response.more("flexible_demand", records)}


def _optional(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return demand_response.decisions("flexible_demand", records)


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    names: list[str] = []
    for record in records:
        called = [tranche.load_class or f"{place + 1}" for place, tranche in enumerate(record.tranches)]
        names += [f"{record.id}/{name}" for name in called] + ([f"{record.id}/rest"] if called else [])
    return {"shed_tranche": names, **demand_response.labels("flexible_demand", records)}


def _parts(fleet: Fleet) -> _Parts:
    owner: list[int] = []
    ratio: list[float] = []
    value: list[float] = []
    row_of_part: list[int] = []  # of the tranche table, or of the load behind it
    tranches = sum(len(record.tranches) + 1 for record in fleet.records if record.tranches)
    row = 0
    for place, record in enumerate(fleet.records):
        parts = [(tranche.ratio, tranche.value_eur_per_mwh) for tranche in record.tranches]
        rest = record.shed_max_ratio - sum(part for part, _ in parts)
        for part, worth in [*parts, (max(rest, 0.0), record.shed_value_eur_per_mwh)]:
            owner.append(place)
            ratio.append(part)
            value.append(worth)
            row_of_part.append(row if parts else tranches + place)
            row += bool(parts)
    shed = fleet.answer("shed_mw")
    table = np.concatenate([fleet.answer("tranche_shed_mw"), shed]) if tranches else shed
    owners = np.array(owner)
    most = fleet.series("demand_mw")[owners] * np.array(ratio)[:, None]
    return _Parts(owners, np.array(value)[:, None], most, table[row_of_part])


def _shift_windows(fleet: Fleet) -> FloatArray:
    """The window of every load and step, counted from the first step, (flexible_demand, time); -1: no shifting."""
    hours = fleet.number("shift_window_hours")
    shiftable = (hours > 0) & (fleet.number("shift_max_mw") > 0)
    elapsed = fleet.horizon.starts - fleet.horizon.start
    windows = np.floor((elapsed + 1e-3) / (np.where(shiftable, hours, 1.0) * 3600.0))
    return np.where(shiftable, windows, -1.0)


def _limits(fleet: Fleet) -> None:
    demand = fleet.series("demand_mw")
    shed, advance, postpone = (fleet.answer(name) for name in ("shed_mw", "advance_mw", "postpone_mw"))
    fleet.within("shed_limit", "shed_mw", fleet.number("shed_max_ratio") * demand)
    if fleet.has("tranche_shed_mw"):
        parts = _parts(fleet)

        def name(part: int) -> str:
            return f"a tranche of {fleet.name(int(parts.owner[part]))}"

        beyond = np.maximum(-parts.shed, parts.shed - parts.most)
        fleet.hold("tranche_limit", beyond, "MW", parts.shed, name=name)
        total = np.zeros(fleet.shape)
        np.add.at(total, parts.owner, parts.shed)
        fleet.hold("tranche_sum", np.abs(total - shed), "MW", shed)
    windows = _shift_windows(fleet)
    most = np.where(windows >= 0, fleet.number("shift_max_mw"), 0.0)
    beyond = np.maximum(np.maximum(advance, postpone) - most, -np.minimum(advance, postpone))
    fleet.hold("shift_limit", beyond, "MW", advance, postpone)
    fleet.hold("service_limit", shed + postpone - demand, "MW", shed, postpone)

    moved = (advance - postpone) * fleet.horizon.hours
    opens = np.ones(fleet.shape, dtype=np.bool_)
    opens[:, 1:] = windows[:, 1:] != windows[:, :-1]
    first = np.flatnonzero(opens)
    excess, turnover = np.zeros(fleet.shape), np.zeros(fleet.shape)
    excess.flat[first] = np.abs(np.add.reduceat(moved.ravel(), first))
    turnover.flat[first] = np.add.reduceat(np.abs(moved).ravel(), first)
    fleet.hold("shift_balance", excess, "MWh", turnover)
    demand_response.check(fleet, _served(fleet))


def _costs(fleet: Fleet, bill: Bill) -> None:
    parts = _parts(fleet)
    bill.add_energy("shedding", parts.shed, parts.value, fleet.horizon.cost_hours)
    demand_response.costs(fleet, bill)


def _prices(fleet: Fleet) -> None:
    """Shedding and postponing share the forecast; where they use it up, that limit has a worth of its own."""
    (price,) = port_prices(fleet)
    demand, windows, parts = fleet.series("demand_mw"), _shift_windows(fleet), _parts(fleet)
    shed, advance, postpone = (fleet.answer(name) for name in ("shed_mw", "advance_mw", "postpone_mw"))
    judged = np.array([[not record.events] for record in fleet.records])
    gain = price[parts.owner] - parts.value  # of shedding one more MWh
    used_up = (windows >= 0) & (shed + postpone > demand - fleet.nothing)
    sheds, could_shed = parts.shed > fleet.nothing, parts.shed < parts.most - fleet.nothing
    tolerance = price_tolerance(fleet.horizon)
    by_part = np.maximum(-gain * sheds, gain * (could_shed & ~used_up[parts.owner]))
    violation = np.full(fleet.shape, -np.inf)
    np.maximum.at(violation, parts.owner, by_part)
    fleet.hold("shed_price", np.where(judged, violation, -np.inf), "EUR/MWh", price, tolerance=tolerance)

    least_worth, most_worth = np.zeros(fleet.shape), np.full(fleet.shape, np.inf)
    np.maximum.at(least_worth, parts.owner, np.where(could_shed, np.maximum(gain, 0.0), 0.0))
    np.minimum.at(most_worth, parts.owner, np.where(sheds, np.maximum(gain, 0.0), np.inf))
    least_worth, most_worth = (np.where(used_up, worth, 0.0) for worth in (least_worth, most_worth))
    # The price of a window must be at least `floor` and at most `ceiling` in each of its steps, as often as they count.
    counts = fleet.horizon.cost_hours / fleet.horizon.hours
    most = np.where(windows >= 0, fleet.number("shift_max_mw"), 0.0)
    floor = np.where(advance > fleet.nothing, price * counts, -np.inf)
    floor = np.where(postpone < most - fleet.nothing, np.maximum(floor, (price - most_worth) * counts), floor)
    ceiling = np.where(advance < most - fleet.nothing, price * counts, np.inf)
    ceiling = np.where(postpone > fleet.nothing, np.minimum(ceiling, (price - least_worth) * counts), ceiling)
    opens = np.ones(fleet.shape, dtype=np.bool_)
    opens[:, 1:] = windows[:, 1:] != windows[:, :-1]
    first = np.flatnonzero(opens)
    apart = np.full(fleet.shape, -np.inf)
    apart.flat[first] = np.maximum.reduceat(floor.ravel(), first) - np.minimum.reduceat(ceiling.ravel(), first)
    apart[(windows < 0) | ~judged] = -np.inf
    fleet.hold("shift_price", apart, "EUR/MWh", price * counts, tolerance=tolerance)


ROOM = Room(
    quantities=("shed_mw", "advance_mw", "postpone_mw"),
    more=_more,
    optional=_optional,
    labels=_labels,
    binaries=(demand_response.BINARY,),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
