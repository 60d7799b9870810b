"""What an answer must hold for buildings.

Laws:
    building_heat_limit, building_cool_limit   0 <= power <= the limit of the step; none without a bus
    building_exclusivity      at most one of heating and cooling in a step
    building_temperature      temperatures follow from those before, heat and cold, the sun, people and the weather, by
                              the exponential of the whole building; both parts of a temperature add up to it
    building_discomfort       no more degrees outside the comfort band than said, and never less than none
    building_worth_of_warmth  a worth of warmth indoors exists that supports heating and cooling at the prices; of
                              buildings without an envelope, the others are not judged

Warmth of one degree is worth w[t] at the end of step t: what discomfort it spares then, and w[t+1] times the part of it
that is left one step later. Discomfort costs nothing inside the band, its price outside, and in between at its ends. So
the worths that are possible are passed on from the last step to the first, an interval each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import directed

#: What the schedule says of buildings with an envelope only.
_WALLED = ("envelope_temperature_c", "slow_c", "fast_c")


def _at(records: Sequence[Any], field: str) -> list[int]:
    """The buildings that have a bus of this name."""
    return [row for row, record in enumerate(records) if getattr(record, field) is not None]


def _ends(records: Sequence[Any]) -> Sequence[tuple[int, str]]:
    return [
        (row, str(getattr(records[row], place))) for place in ("heat_bus", "cooling_bus") for row in _at(records, place)
    ]


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    found = {
        "heat_mw": _at(records, "heat_bus"),
        "cool_mw": _at(records, "cooling_bus"),
        **dict.fromkeys(_WALLED, _at(records, "envelope_capacity_mwh_per_k")),
    }
    return {name: ("building", "time") for name, rows in found.items() if rows}


def _power(fleet: Fleet, name: str) -> FloatArray:
    return fleet.answer(name) if fleet.has(name) else np.zeros(fleet.shape)


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return tuple(
        -_power(fleet, name)[_at(fleet.records, place)]
        for name, place in (("heat_mw", "heat_bus"), ("cool_mw", "cooling_bus"))
        if _at(fleet.records, place)
    )


def _limits(fleet: Fleet) -> None:
    for name, limit in (("heat", "heat_max_mw"), ("cool", "cool_max_mw")):
        if fleet.has(f"{name}_mw"):
            fleet.within(f"{name}_limit", f"{name}_mw", fleet.series(limit))
    if fleet.has("heat_mw") and fleet.has("cool_mw"):
        fleet.exclusive("heat_mw", "cool_mw")
    _temperature(fleet)
    inside, outside = fleet.answer("temperature_c"), fleet.answer("discomfort_c")
    beyond = np.maximum(fleet.series("temperature_min_c") - inside, inside - fleet.series("temperature_max_c"))
    fleet.hold("discomfort", np.maximum(beyond, 0.0) - outside, "°C", inside)


def _rates(fleet: Fleet) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of heat from indoors to outdoors, into the envelope, and from there to outdoors, MW/K, (building, 1) each."""
    fields = ("resistance_k_per_mw", "indoor_envelope_resistance_k_per_mw", "envelope_outdoor_resistance_k_per_mw")
    out, into, through = (np.nan_to_num(1.0 / fleet.number(field), nan=0.0) for field in fields)
    return out, into, through


def _temperature(fleet: Fleet) -> None:
    """Follow both temperatures through every step, with what flows in by itself and from the bus."""
    out, into, through = _rates(fleet)
    walled = ~np.isnan(fleet.number("envelope_capacity_mwh_per_k"))
    air = fleet.number("capacity_mwh_per_k")[:, 0]
    wall = np.where(walled, fleet.number("envelope_capacity_mwh_per_k"), 1.0)[:, 0]
    # Temperatures of air and wall, and the heat into each, which stays as it is: change per hour.
    change = np.zeros((fleet.shape[0], 4, 4))
    change[:, 0, 0], change[:, 0, 1], change[:, 0, 2] = -(out + into)[:, 0] / air, into[:, 0] / air, 1.0 / air
    change[:, 1, 1], change[:, 1, 0], change[:, 1, 3] = -(into + through)[:, 0] / wall, into[:, 0] / wall, 1.0 / wall
    lengths, which = np.unique(fleet.horizon.hours, return_inverse=True)
    solved = np.stack([_exponential(change * length) for length in lengths], axis=1)[:, which]

    outdoor, sun = fleet.series("outdoor_temperature_c"), fleet.series("solar_gains_mw")
    onto_walls = fleet.number("solar_envelope_ratio")
    added = _power(fleet, "heat_mw") - _power(fleet, "cool_mw")
    indoors = added + fleet.series("internal_gains_mw") + sun * (1.0 - onto_walls) + outdoor * out
    outdoors = sun * onto_walls + outdoor * through
    air_now, wall_now = fleet.answer("temperature_c"), _power(fleet, "envelope_temperature_c")
    start, said = fleet.number("temperature_start_c"), fleet.number("envelope_temperature_start_c")
    rest = (into * start + through * outdoor[:, :1]) / np.where(walled, into + through, 1.0)
    first = np.where(walled, np.where(np.isnan(said), rest, said), 0.0)
    air_before = np.concatenate([start, air_now[:, :-1]], axis=1)
    wall_before = np.concatenate([first, wall_now[:, :-1]], axis=1)
    after = np.einsum("btij,btj->bti", solved, np.stack([air_before, wall_before, indoors, outdoors], axis=-1))
    off = np.maximum(np.abs(air_now - after[..., 0]), np.abs(wall_now - np.where(walled, after[..., 1], 0.0)))
    if fleet.has("slow_c"):
        # What is left of (A + fast) * temperatures has no part that decays fast.
        a, b, d = change[:, 0, 0, None], change[:, 0, 1, None], change[:, 1, 1, None]
        root = np.sqrt((a - d) ** 2 + 4.0 * b * change[:, 1, 0, None])
        slow = ((root + a - d) / 2.0 * air_now + b * wall_now) / np.where(walled, root, 1.0)
        slow = np.where(walled, slow, 0.0)
        off = np.maximum(off, np.abs(fleet.answer("slow_c") - slow))
        off = np.maximum(off, np.abs(fleet.answer("fast_c") + slow - np.where(walled, air_now, 0.0)))
    warmed = added * fleet.horizon.hours / air[:, None]
    fleet.hold("temperature", off, "°C", air_now, wall_now, warmed)


def _exponential(matrices: FloatArray) -> FloatArray:
    """The exponential of every matrix, (building, 4, 4): a power series of a small part, squared until it is whole."""
    halvings = max(int(np.ceil(np.log2(max(float(np.abs(matrices).sum(axis=2).max()), 1e-9)))) + 3, 0)
    part = matrices / 2.0**halvings
    term = np.broadcast_to(np.eye(4), matrices.shape)
    total = term
    for power in range(1, 14):
        term = term @ part / power
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total


def _costs(fleet: Fleet, bill: Bill) -> None:
    cost = fleet.number("discomfort_cost_eur_per_c_hour")
    bill.add_energy("discomfort", fleet.answer("discomfort_c"), cost, fleet.horizon.cost_hours)


def _price(fleet: Fleet, place: str) -> FloatArray:
    """The price of heat or cold for every building; zero where it has no bus for it."""
    found, rows = np.zeros(fleet.shape), _at(fleet.records, place)
    found[rows] = fleet.prices[fleet.places([str(getattr(fleet.records[row], place)) for row in rows])]
    return found


def _prices(fleet: Fleet) -> None:
    rate = _rates(fleet)[0] / fleet.number("capacity_mwh_per_k")
    left = np.exp(-rate * fleet.horizon.hours)
    warms = (1.0 - left) / np.where(_rates(fleet)[0] > 0, _rates(fleet)[0], 1.0)  # degrees per MW
    comfort_floor, comfort_ceiling = _worth_of_comfort(fleet)
    floor, ceiling = _worth_by_powers(fleet, warms)
    low, high, clash = np.zeros(fleet.shape[0]), np.zeros(fleet.shape[0]), np.zeros(fleet.shape)
    for step in reversed(range(fleet.shape[1])):
        kept = left[:, step + 1] if step + 1 < fleet.shape[1] else np.zeros(fleet.shape[0])
        low, high = comfort_floor[:, step] + kept * low, comfort_ceiling[:, step] + kept * high
        at_least, at_most = np.maximum(low, floor[:, step]), np.minimum(high, ceiling[:, step])
        clash[:, step] = np.maximum(at_least - at_most, 0.0)
        middle = np.clip((at_least + at_most) / 2.0, low, high)  # where they clash, go on from one that is possible
        low, high = np.where(at_least > at_most, middle, at_least), np.where(at_least > at_most, middle, at_most)
    judged = np.isnan(fleet.number("envelope_capacity_mwh_per_k"))
    found = np.where(judged, clash * warms / fleet.horizon.hours, 0.0)
    tolerance = max(price_tolerance(fleet.horizon), 1e-6 / float(fleet.horizon.hours.min()))
    prices = (_price(fleet, "heat_bus"), _price(fleet, "cooling_bus"))
    fleet.hold("worth_of_warmth", found, "EUR/MWh", *prices, tolerance=tolerance)


def _worth_of_comfort(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """Least and largest cost that one degree more at the end of a step spares then, (building, time) each."""
    cost = fleet.number("discomfort_cost_eur_per_c_hour") * fleet.horizon.cost_hours
    is_ = fleet.answer("temperature_c")
    above_min, below_max = is_ - fleet.series("temperature_min_c"), fleet.series("temperature_max_c") - is_
    least = np.where(above_min < -fleet.nothing, cost, np.where(below_max < fleet.nothing, -cost, 0.0))
    largest = np.where(below_max < -fleet.nothing, -cost, np.where(above_min < fleet.nothing, cost, 0.0))
    return least, largest


def _worth_by_powers(fleet: Fleet, warms: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and largest worth of a degree that supports heating and cooling in each step, (building, time) each."""
    counts = fleet.horizon.cost_hours
    floor, ceiling = np.full(fleet.shape, -np.inf), np.full(fleet.shape, np.inf)
    for name, place, sign in (("heat", "heat_bus", 1.0), ("cool", "cooling_bus", -1.0)):
        if not fleet.has(f"{name}_mw"):
            continue
        tied: BoolArray = np.isin(np.arange(fleet.shape[0]), _at(fleet.records, place))[:, None]
        power, worth = fleet.answer(f"{name}_mw"), sign * _price(fleet, place) * counts / warms
        less = tied & (power > fleet.nothing)
        more = tied & (power < fleet.series(f"{name}_max_mw") - fleet.nothing)
        if directed(fleet):
            more &= less
        at_least, at_most = (less, more) if sign > 0 else (more, less)
        floor = np.where(at_least, np.maximum(floor, worth), floor)
        ceiling = np.where(at_most, np.minimum(ceiling, worth), ceiling)
    return floor, ceiling


ROOM = Room(
    quantities=("temperature_c", "discomfort_c"),
    more=_more,
    ends_of=_ends,
    direction="heating",
    binaries=("heating",),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
