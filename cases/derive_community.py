"""Derives the tables of `community_day` from SimBench's low-voltage grid 1-LV-rural2--2-sw, one day of its year 2016.

Everything that SimBench publishes is taken as it is (names, places, powers, profiles, cables, transformer, batteries);
everything that it does not publish (prices, temperature, vehicles, stores, orders) follows a rule written in this file.
There is no chance in it: the same SimBench release gives the same bytes. SimBench is licensed under the ODbL, and so
are the tables: see `community_day/README.md`.

    uv sync
    python cases/derive_community.py            writes the tables
    python cases/derive_community.py --check    compares them with what is committed, byte by byte
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import networkx
import numpy as np
import pandapower.topology
import simbench
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Row = Mapping[str, Any]

FOLDER = Path(__file__).resolve().parent / "community_day"
GRID, SCENARIO = "1-LV-rural2--2-sw", 2
ZONE = ZoneInfo("Europe/Berlin")
DAY = datetime(2016, 4, 13, tzinfo=ZONE)  # a sunny Wednesday with heating, among SimBench's April days
STEPS, STEP_HOURS = 96, 0.25

#: Active power per apparent power of cables and transformer; what remains of it is for reactive power.
POWER_FACTOR = 0.95
VOLTAGE_V = 400.0
VOLTAGE_RISE = 0.03  # what generation may add, the usual limit for plants in low-voltage grids
#: PV plants above this obey the grid operator and can be curtailed; smaller ones run as the sun shines.
CURTAILABLE_ABOVE_KW = 30.0
WIND_SITE, WIND_PROFILE, WIND_KW = "a", "WP6", 60.0
HEAT_SITE = "b"

#: Day-ahead prices in the middle of the 24 hours, EUR/MWh: made up, with the shape of a sunny spring day. Quarter hours
#: lie on the straight lines between them, as the prices of quarter-hour auctions do.
SPOT = (42, 38, 35, 34, 36, 44, 62, 78, 70, 42, 15, 0, -12, -18, -9, 4, 28, 58, 92, 118, 104, 80, 63, 50)
IMPORT_FEES = 0.06  # EUR/kWh for grid, taxes and levies
EXPORT_MARGIN = 0.004  # EUR/kWh that the supplier keeps

HOME_FROM_HOUR, HOME_UNTIL_HOUR = 16.0, 7.0  # a car that comes home after 16:00 stays until 7:00
CHARGE_EFFICIENCY = 0.9


def weyl(*places: int) -> float:
    """A number in [0, 1) that looks random and is not: the same for the same places."""
    mixed = 0
    for place, factor in zip(places, (40503, 30011, 27449), strict=False):
        mixed += (place + 1) * factor
    return (mixed % 65536) / 65536.0


@dataclass(frozen=True)
class Member:
    """A household or a business: one load of SimBench that is neither a heat pump nor a charging point."""

    number: int  # of the load in SimBench
    node: int  # where it is connected
    site: str
    power_kw: float
    profile: str

    @property
    def household(self) -> bool:
        """Whether it lives here: SimBench's H0 profiles."""
        return self.profile.startswith("H0")

    @property
    def id(self) -> str:
        """The party: h016 is the household of 'LV2.101 Load 16', g085 the business of 'LV2.101 Load 85'."""
        return f"{'h' if self.household else 'g'}{self.number:03d}"


class Source:
    """What SimBench publishes, seen from the chosen day."""

    def __init__(self) -> None:
        """Load the grid, split it by feeder and find the day."""
        self.net: Any = simbench.get_simbench_net(GRID)
        self.profiles: Any = simbench.get_all_simbench_profiles(SCENARIO)
        texts = self.profiles["load"]["time"].to_numpy()
        self.first = int(np.flatnonzero(texts == DAY.strftime("%d.%m.%Y %H:%M"))[0])
        self.busbar = int(self.net.trafo.lv_bus.iloc[0])
        self.graph: Any = pandapower.topology.create_nxgraph(self.net, include_trafos=False)
        self.feeders = self._feeders()
        self.site_of = {node: site for site, (_, nodes) in self.feeders.items() for node in nodes}
        self.members = self._members()
        self.at_node: dict[int, Member] = {}
        for member in self.members:  # the largest load of a node owns what else stands there
            if member.node not in self.at_node or member.power_kw > self.at_node[member.node].power_kw:
                self.at_node[member.node] = member

    def _feeders(self) -> dict[str, tuple[Any, set[int]]]:
        """First line and nodes of every feeder: site a, b, … in the order of the lines' numbers."""
        rest = self.graph.copy()
        rest.remove_node(self.busbar)
        found: list[tuple[int, Any, set[int]]] = []
        for nodes in networkx.connected_components(rest):
            lines = self.net.line
            first = lines[
                ((lines.from_bus == self.busbar) & lines.to_bus.isin(nodes))
                | ((lines.to_bus == self.busbar) & lines.from_bus.isin(nodes))
            ]
            if len(first):
                found.append((number_of(first.name.iloc[0]), first.iloc[0], {int(node) for node in nodes}))
        found.sort(key=lambda entry: entry[0])
        return {chr(ord("a") + place): (line, nodes) for place, (_, line, nodes) in enumerate(found)}

    def _members(self) -> list[Member]:
        loads = self.net.load[self.net.load.profile.str.match("H0|G[0-9]")]
        members = [
            Member(number_of(name), int(node), self.site_of[int(node)], kw(power), profile)
            for name, node, power, profile in zip(loads.name, loads.bus, loads.p_mw, loads.profile, strict=True)
        ]
        return sorted(members, key=lambda member: member.number)

    def loads(self, pattern: str) -> list[tuple[int, int, float, str]]:
        """Number, node, kW and profile of the loads whose profile matches, by number."""
        loads = self.net.load[self.net.load.profile.str.match(pattern)]
        rows = zip(loads.name, loads.bus, loads.p_mw, loads.profile, strict=True)
        return sorted((number_of(name), int(node), kw(power), profile) for name, node, power, profile in rows)

    def profile(self, kind: str, column: str, shift_steps: int = 0) -> Floats:
        """The chosen day of a profile, per rated power, or another day of it."""
        start = self.first + shift_steps
        return self.profiles[kind][column].to_numpy(dtype=np.float64)[start : start + STEPS]


def number_of(name: str) -> int:
    """The number at the end of a SimBench name."""
    match = re.search(r"(\d+)$", name)
    assert match is not None, name
    return int(match[1])


def kw(megawatts: float) -> float:
    """SimBench's MW in kW, as exact as it is written."""
    return round(float(megawatts) * 1000, 3)


def iso(hour: float) -> str:
    """A moment of the day in local time with its offset."""
    return (DAY + timedelta(hours=hour)).isoformat(timespec="minutes")


def temperature() -> Floats:
    """Outdoor temperature in °C: made up, 6 °C on average, coldest at 3:00 and warmest at 15:00."""
    hour = (np.arange(STEPS) + 0.5) * STEP_HOURS
    return 6.0 - 5.0 * np.cos(2 * np.pi * (hour - 3) / 24)


def cop(profile: str) -> Floats:
    """Heat per electric power of a heat pump that heats water to 40 °C from air, or from soil at 8 °C.

    Regressions and the factor 0.85 for real buildings from Ruhnau, Hirth and Praktiknjo 2019, Scientific Data 6:189,
    doi 10.1038/s41597-019-0199-y.
    """
    if profile.startswith("Soil"):
        lift = np.full(STEPS, 40.0 - 8.0)
        return 0.85 * (10.29 - 0.21 * lift + 0.0012 * lift**2)
    lift = 40.0 - temperature()
    return 0.85 * (6.08 - 0.09 * lift + 0.0005 * lift**2)


def smooth(power: Floats, hours: float = 6.0) -> Floats:
    """Mean over a window around every step, the day closed to a ring: buildings store heat, and nothing is lost."""
    half = int(hours / STEP_HOURS / 2)
    return np.mean([np.roll(power, shift) for shift in range(-half, half + 1)], axis=0)


def heat_shape(source: Source) -> Floats:
    """Heat of a house per kW of heat pump that it would have: mean over the kinds of heat pump in the grid."""
    kinds = sorted({profile for _, _, _, profile in source.loads("Air|Soil")})
    return np.mean([smooth(source.profile("load", f"{kind}_pload") * cop(kind)) for kind in kinds], axis=0)


def network_class(member: Member) -> str:
    """The heat column of a household on the heat network: small, middle or large, by its connection."""
    return "small" if member.power_kw < 1.5 else "middle" if member.power_kw < 2.5 else "large"


NETWORK_KW = {"small": 4.0, "middle": 6.0, "large": 8.0}  # heat pump that such a house would have


def column_of(profile: str, power_kw: float) -> str:
    """The series of a load or plant: its profile and its power."""
    return f"{profile.lower().replace('-', '_')}_{power_kw:g}kw"


def spot() -> Floats:
    """Day-ahead price of every step in EUR/kWh."""
    middle = (np.arange(STEPS) + 0.5) * STEP_HOURS
    return np.round(np.interp(middle, np.arange(24) + 0.5, SPOT), 2) / 1000


def import_price() -> Floats:
    """What imports cost, EUR/kWh."""
    return spot() + IMPORT_FEES


def export_price() -> Floats:
    """What exports earn, EUR/kWh."""
    return spot() - EXPORT_MARGIN


def series(source: Source) -> dict[str, Floats]:
    """Every column of the series file."""
    columns: dict[str, Floats] = {
        "temperature_c": temperature(),
        "spot_price_eur_per_kwh": spot(),
        "import_price_eur_per_kwh": import_price(),
        "export_price_eur_per_kwh": export_price(),
        "cop_air": cop("Air"),
        "cop_soil": cop("Soil"),
        "wind_kw": source.profile("renewables", WIND_PROFILE) * WIND_KW,
    }
    shape = heat_shape(source)
    columns |= {f"network_heat_{size}_kw": shape * power for size, power in NETWORK_KW.items()}
    for _, _, power, profile in source.loads("Air|Soil"):
        heat = source.profile("load", f"{profile}_pload") * power * cop(profile)
        columns["heat_" + column_of(profile, power)] = smooth(heat)
    for member in sorted(source.members, key=lambda member: (member.profile, member.power_kw)):
        name = column_of(member.profile, member.power_kw)
        columns[name] = source.profile("load", f"{member.profile}_pload") * member.power_kw
    plants = source.net.sgen
    for profile, power in sorted(zip(plants.profile, map(kw, plants.p_mw), strict=True)):
        columns[column_of(profile, power)] = source.profile("renewables", profile) * power
    return columns


def parties(source: Source) -> list[Row]:
    """Members first, then those who serve them."""
    members = [
        {"id": m.id, "name": f"{'Household' if m.household else 'Business'} {m.number}, site {m.site}"}
        for m in source.members
    ]
    return [
        *members,
        {"id": "operator", "name": "Community operator: ties, rents and rounding"},
        {"id": "supplier", "name": "Supplier of electricity and gas"},
        {"id": "heat-works", "name": "Owner of CHP, boiler, heat store and heat pipe of site b"},
        {"id": "wind-coop", "name": "Owner of the wind turbine of site a"},
    ]


def heat_pumps(source: Source) -> list[tuple[Member, int, float, str]]:
    """Every heat pump: its house, its number among SimBench's loads, its electric power and its profile."""
    return [(source.at_node[node], number, power, profile) for number, node, power, profile in source.loads("Air|Soil")]


def buses(source: Source) -> list[Row]:
    """The busbar, one bus for every feeder, the heat network's and one for the heat of every heat pump."""
    rows: list[Row] = [{"id": "station", "carrier": "electricity", "site": "station"}]
    rows += [{"id": f"site-{site}", "carrier": "electricity", "site": site} for site in source.feeders]
    rows += [
        {"id": f"{HEAT_SITE}-gas", "carrier": "gas", "site": HEAT_SITE},
        {"id": f"{HEAT_SITE}-plant-heat", "carrier": "heat", "site": HEAT_SITE},
        {"id": f"{HEAT_SITE}-heat", "carrier": "heat", "site": HEAT_SITE},
    ]
    rows += [
        {"id": f"heat-{number:03d}", "carrier": "heat", "site": house.site}
        for house, number, _, _ in heat_pumps(source)
    ]
    return rows


def resistances(source: Source, nodes: set[int]) -> dict[int, float]:
    """Ohms of one conductor from the busbar to every member of a feeder, by the member's node."""
    line = source.net.line
    cables = zip(line.from_bus, line.to_bus, line.r_ohm_per_km, line.length_km, strict=True)
    ohm = {frozenset((int(a), int(b))): float(r) * float(length) for a, b, r, length in cables}
    paths = networkx.single_source_shortest_path(source.graph, source.busbar)
    return {
        member.node: sum(ohm.get(frozenset(pair), 0.0) for pair in itertools.pairwise(paths[member.node]))
        for member in source.members
        if member.node in nodes
    }


def ties(source: Source) -> list[Row]:
    """One tie for every feeder, and the pipe from the heat works to the houses.

    Limit towards the houses: rated current of the first cable at 400 V. Limit towards the station: no more than that,
    and no more than lifts the voltage at the farthest member by 3 %. Loss: at half the first limit, over the resistance
    to the power-weighted mean place of the members.
    """
    rows: list[Row] = []
    for site, (line, nodes) in source.feeders.items():
        ohm = resistances(source, nodes)
        thermal = float(np.sqrt(3)) * VOLTAGE_V * float(line.max_i_ka) * POWER_FACTOR
        voltage = VOLTAGE_RISE * VOLTAGE_V**2 / max(ohm.values()) / 1000
        here = [member for member in source.members if member.node in nodes]
        mean = sum(m.power_kw * ohm[m.node] for m in here) / sum(m.power_kw for m in here)
        rows.append(
            {
                "id": f"feeder-{site}",
                "from_bus": "station",
                "to_bus": f"site-{site}",
                "owner": "operator",
                "forward_max_kw": round(thermal, 1),
                "backward_max_kw": round(min(thermal, voltage), 1),
                "loss_ratio": round(mean * thermal / 2 * 1000 / VOLTAGE_V**2, 4),
                "fee_eur_per_kwh": 0.001,
            }
        )
    rows.append(
        {
            "id": "heat-pipe",
            "from_bus": f"{HEAT_SITE}-plant-heat",
            "to_bus": f"{HEAT_SITE}-heat",
            "owner": "heat-works",
            "forward_max_kw": 260,
            "backward_max_kw": 0,
            "loss_ratio": 0.08,
            "fee_eur_per_kwh": 0,
        }
    )
    return rows


def flexible(member: Member) -> bool:
    """Businesses can move or shed a part of what they use; what households can move, they order in the market."""
    return not member.household


def demands(source: Source) -> list[Row]:
    """Electricity of the members that are not flexible, heat of the heat network and of the heat pumps' houses."""
    rows: list[Row] = [
        {
            "id": member.id,
            "bus": f"site-{member.site}",
            "owner": member.id,
            "demand_kw": column_of(member.profile, member.power_kw),
        }
        for member in source.members
        if not flexible(member)
    ]
    pumped = {house.id for house, _, _, _ in heat_pumps(source)}
    rows += [
        {
            "id": f"{member.id}-heat",
            "bus": f"{HEAT_SITE}-heat",
            "owner": member.id,
            "demand_kw": f"network_heat_{network_class(member)}_kw",
        }
        for member in source.members
        if member.household and member.site == HEAT_SITE and member.id not in pumped
    ]
    rows += [
        {
            "id": f"{house.id}-heat-{number:03d}",
            "bus": f"heat-{number:03d}",
            "owner": house.id,
            "demand_kw": "heat_" + column_of(profile, power),
        }
        for house, number, power, profile in heat_pumps(source)
    ]
    return rows


def flexible_demands(source: Source) -> list[Row]:
    """Members whose use can wait within a window of four hours, or be shed at a value."""
    return [
        {
            "id": member.id,
            "bus": f"site-{member.site}",
            "owner": member.id,
            "demand_kw": column_of(member.profile, member.power_kw),
            "shed_value_eur_per_kwh": 0.8,
            "shed_max_ratio": 0.3,
            "shift_max_kw": round(0.15 * member.power_kw, 3),
            "shift_window_hours": 4,
        }
        for member in source.members
        if flexible(member)
    ]


def renewables(source: Source) -> list[Row]:
    """SimBench's PV plants and the community's wind turbine.

    Who can be curtailed loses a market premium with every kWh that is not given: a negative cost.
    """
    rows: list[Row] = []
    plants = source.net.sgen
    for name, node, power, profile in zip(plants.name, plants.bus, plants.p_mw, plants.profile, strict=True):
        house, curtailable = source.at_node[int(node)], kw(power) > CURTAILABLE_ABOVE_KW
        rows.append(
            {
                "id": f"pv-{number_of(name):02d}",
                "bus": f"site-{house.site}",
                "owner": house.id,
                "technology": "pv",
                "available_kw": column_of(profile, kw(power)),
                "curtailable": str(curtailable).lower(),
                "cost_eur_per_kwh": -0.03 if curtailable else 0,
            }
        )
    rows.append(
        {
            "id": "wind",
            "bus": f"site-{WIND_SITE}",
            "owner": "wind-coop",
            "technology": "wind",
            "available_kw": "wind_kw",
            "curtailable": "true",
            "cost_eur_per_kwh": -0.015,
        }
    )
    return rows


def batteries(source: Source) -> list[Row]:
    """SimBench's batteries; a tenth full at both ends of the day. Businesses count 2 ct of wear for every kWh."""
    rows: list[Row] = []
    stores = source.net.storage
    named = ("name", "bus", "p_mw", "max_e_mwh", "efficiency_percent", "self-discharge_percent_per_day")
    for name, node, power, capacity, efficiency, loss_percent in zip(
        *(stores[column] for column in named), strict=True
    ):
        house, energy, rated = source.at_node[int(node)], kw(capacity), kw(abs(power))
        rows.append(
            {
                "id": f"battery-{number_of(name)}",
                "bus": f"site-{house.site}",
                "owner": house.id,
                "charge_max_kw": rated,
                "discharge_max_kw": rated,
                "energy_max_kwh": energy,
                "energy_start_kwh": round(energy / 10, 3),
                "energy_end_kwh": round(energy / 10, 3),
                "charge_efficiency": float(efficiency),  # 0.95: a ratio, whatever the column is called
                "discharge_efficiency": float(efficiency),
                "standing_loss_per_hour": round(float(loss_percent) / 100 / 24, 8),
                "discharge_cost_eur_per_kwh": 0 if house.household else 0.02,
            }
        )
    return rows


def heat_pump_rows(source: Source) -> list[Row]:
    """SimBench's heat pumps, each with its house's heat bus."""
    return [
        {
            "id": f"heat-pump-{number:03d}",
            "electricity_bus": f"site-{house.site}",
            "heat_bus": f"heat-{number:03d}",
            "owner": house.id,
            "electric_max_kw": power,
            "cop": "cop_soil" if profile.startswith("Soil") else "cop_air",
        }
        for house, number, power, profile in heat_pumps(source)
    ]


def heat_stores(source: Source) -> list[Row]:
    """A buffer in every house with a heat pump, 2 kWh for each electric kW, and the one of the heat works."""
    rows: list[Row] = [
        {
            "id": f"buffer-{number:03d}",
            "bus": f"heat-{number:03d}",
            "owner": house.id,
            "charge_max_kw": round(4 * power, 3),
            "discharge_max_kw": round(4 * power, 3),
            "energy_max_kwh": round(2 * power, 3),
            "energy_start_kwh": round(power, 3),
            "energy_end_kwh": round(power, 3),
            "standing_loss_per_hour": 0.01,
        }
        for house, number, power, _ in heat_pumps(source)
    ]
    rows.append(
        {
            "id": "heat-works-store",
            "bus": f"{HEAT_SITE}-plant-heat",
            "owner": "heat-works",
            "charge_max_kw": 80,
            "discharge_max_kw": 80,
            "energy_max_kwh": 240,
            "energy_start_kwh": 120,
            "energy_end_kwh": 120,
            "standing_loss_per_hour": 0.004,
        }
    )
    return rows


def stays(power: Floats) -> list[tuple[float, float]]:
    """Hour of plugging in and charged hours at rated power, for every unbroken run of a charging profile."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (power > 0).astype(np.int64), [0]))))
    return [
        (float(begin) * STEP_HOURS, float(power[begin:end].sum()) * STEP_HOURS)
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    ]


def sessions_of_point(
    today: list[tuple[float, float]], yesterday: list[tuple[float, float]], at_home: bool
) -> list[tuple[float, float, float]]:
    """Arrival, departure (hours of the day) and charged hours of a point's sessions within the day.

    A car at work stays 8 hours at most. A car at home leaves half an hour before the next one comes; the last of the
    day stays until 7:00 when it came after 16:00. Of such a night, each side of midnight gets its share by hours.
    """
    found: list[tuple[float, float, float]] = []
    night = 24.0 + HOME_UNTIL_HOUR
    if at_home and yesterday and yesterday[-1][0] >= HOME_FROM_HOUR:
        arrival, charged = yesterday[-1]
        found.append((0.0, HOME_UNTIL_HOUR, charged * HOME_UNTIL_HOUR / (night - arrival)))
    for place, (arrival, charged) in enumerate(today):
        following = today[place + 1][0] - 0.5 if place + 1 < len(today) else 24.0
        if not at_home:
            following = min(following, arrival + 8.0)
        elif place + 1 == len(today) and arrival >= HOME_FROM_HOUR:
            charged *= (24.0 - arrival) / (night - arrival)
        found.append((arrival, following, charged))
    return found


def ev_sessions(source: Source) -> list[Row]:
    """Sessions behind SimBench's charging points.

    Points with the same profile would all charge at once: the second takes the same weekday one week later, and so on.
    Points of 11 kW and more can discharge.
    """
    rows: list[Row] = []
    used: dict[str, int] = {}
    for number, node, power, profile in source.loads("HLS|APLS"):
        weeks = used[profile] = used.get(profile, -1) + 1
        days = (source.profile("load", f"{profile}_pload", (7 * weeks - back) * STEPS) for back in (0, 1))
        today, yesterday = map(stays, days)
        house, battery = source.at_node[node], 40.0 if power < 10 else 60.0
        for place, (arrival, departure, charged) in enumerate(
            sessions_of_point(today, yesterday, at_home=profile.startswith("HLS"))
        ):
            needed = min(charged, departure - arrival) * power * CHARGE_EFFICIENCY
            rows.append(
                {
                    "id": f"ev-{number:03d}-{place + 1}",
                    "bus": f"site-{house.site}",
                    "owner": house.id,
                    "arrival": iso(arrival),
                    "departure": iso(departure),
                    "energy_needed_kwh": round(needed, 3),
                    "energy_start_kwh": round(0.4 * battery, 1),
                    "energy_max_kwh": battery,
                    "charge_max_kw": power,
                    "discharge_max_kw": power if power > 10 else 0,
                    "charge_efficiency": CHARGE_EFFICIENCY,
                    "discharge_efficiency": CHARGE_EFFICIENCY,
                    "discharge_cost_eur_per_kwh": 0.03,
                    "unserved_value_eur_per_kwh": 2.0,
                }
            )
    return rows


def orders(source: Source) -> list[Row]:
    """Step orders of the households; nothing in them is in any forecast.

    Every household buys for a hot-water rod, a washing machine or the like, in four steps one after another. Every
    third one sells from balcony PV of 0.8 kW around noon, some even below zero, another third from a fuel cell of 1 kW
    in the evening.
    """
    dear, cheap, sun = import_price(), export_price(), source.profile("renewables", "PV3")
    rows: list[Row] = []

    def add(member: Member, side: str, place: int, step: int, price: float, energy: float) -> None:
        rows.append(
            {
                "id": f"{member.id}-{side[0]}{place + 1:02d}",
                "party": member.id,
                "bus": f"site-{member.site}",
                "side": side,
                "time": iso(step * STEP_HOURS),
                "price_eur_per_kwh": round(price, 4),
                "energy_kwh": round(energy, 3),
            }
        )

    for member in (member for member in source.members if member.household):
        start = 24 + 4 * int(15 * weyl(member.number))  # from 6:00 until 21:00
        for place in range(4):
            eagerness = 0.02 + 0.6 * weyl(member.number, place)
            price = cheap[start + place] + eagerness * (dear[start + place] - cheap[start + place])
            add(member, "buy", place, start + place, price, 0.15 + 0.35 * weyl(member.number, place, 1))
        if member.number % 3 == 0:
            for place, step in enumerate(range(42, 62, 2)):
                price = 0.04 * weyl(member.number, place, 2) - 0.01
                add(member, "sell", place, step, price, 0.8 * STEP_HOURS * float(sun[step]))
        elif member.number % 3 == 1:
            for place, step in enumerate(range(72, 88, 2)):
                price = 0.06 + 0.12 * weyl(member.number, place, 3)
                add(member, "sell", place, step, price, 1.0 * STEP_HOURS)
    return rows


def table(rows: Sequence[Row]) -> str:
    """A CSV text of records that have the same fields."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def series_table(columns: Mapping[str, Floats]) -> str:
    """A CSV text of the steps; powers to a tenth of a watt, prices and efficiencies to six decimals."""
    decimals = [4 if name.endswith("kw") else 6 for name in columns]
    values = [
        (np.round(column, places) + 0.0).tolist() for column, places in zip(columns.values(), decimals, strict=True)
    ]
    times = [iso(step * STEP_HOURS) for step in range(STEPS)]
    return table([dict(zip(["time", *columns], row, strict=True)) for row in zip(times, *values, strict=True)])


def files() -> dict[str, str]:
    """Every derived file by its name."""
    source = Source()
    return {
        "series.csv": series_table(series(source)),
        "parties.csv": table(parties(source)),
        "buses.csv": table(buses(source)),
        "tie.csv": table(ties(source)),
        "demand.csv": table(demands(source)),
        "flexible_demand.csv": table(flexible_demands(source)),
        "renewable.csv": table(renewables(source)),
        "battery.csv": table(batteries(source)),
        "heat_pump.csv": table(heat_pump_rows(source)),
        "heat_store.csv": table(heat_stores(source)),
        "ev_session.csv": table(ev_sessions(source)),
        "orders.csv": table(orders(source)),
    }


def main() -> int:
    """Write the files, or compare them with what is there; 1 when one differs."""
    parser = argparse.ArgumentParser(description="Derive the tables of community_day from SimBench.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    checking = parser.parse_args().check
    differ = 0
    for name, text in files().items():
        path = FOLDER / name
        if not checking:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_bytes() != text.encode():
            print(f"{name} differs", file=sys.stderr)
            differ = 1
    print("every file is as derived" if checking and not differ else "" if checking else "written")
    return differ


if __name__ == "__main__":
    raise SystemExit(main())
