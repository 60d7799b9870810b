"""Writes the series of `meshed_day` and `feeder_day` from closed formulas, and finds their least costs once more.

The costs come from textbook models over the files as they are, in HiGHS, and share nothing with c4e_opt:

    meshed_day   voltage angles of every bus, once for the grid as it is and once more for every line that is lost; so
                 nothing is factorised, and no flow is shifted from a lost line to others
    feeder_day   DistFlow without losses (Baran, Wu 1989, doi:10.1109/61.25627): flows from the leaves to the root, and
                 squared voltages that fall with them

    python cases/derive_grids.py            writes the series
    python cases/derive_grids.py --check    compares them with what is committed, and the least costs with expected.yaml
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import yaml
from derive_examples import DECIMALS, Example, bump, sun, weather
from derive_site import FULL_TURN, Floats, read

CASES = Path(__file__).resolve().parent
#: Relative difference of two models of one case.
AGREE = 1e-7
#: A term of a law: how often a variable counts.
Terms = list[tuple[float, int]]


def meshed_day(hour: Floats) -> dict[str, Floats]:
    """A windy day of March: the front comes in the night, the sun out at noon, the city is busy in the evening."""
    front = np.clip(0.55 + 0.4 * np.cos(FULL_TURN * (hour - 3) / 22) + 0.3 * (weather(hour, 30011, 3.0) - 0.5), 0, 1)
    inland = np.clip(0.4 + 0.35 * np.cos(FULL_TURN * (hour - 5) / 24) + 0.3 * (weather(hour, 51749, 3.0) - 0.5), 0, 1)
    city = 0.6 + 0.2 * bump(hour, 8.5, 2.5) + 0.35 * bump(hour, 19.0, 2.5) + 0.1 * bump(hour, 13.0, 3.0)
    works = ((hour > 6.0) & (hour < 22.0)).astype(np.float64)
    price = 62.0 + 22.0 * bump(hour, 8.5, 2.0) + 48.0 * bump(hour, 19.0, 2.3) - 24.0 * bump(hour, 13.3, 2.6)
    return {
        "coast_wind_ratio": front**1.3,
        "hill_wind_ratio": inland**1.3,
        "sun_ratio": 0.75 * sun(hour, 6.4, 18.3) * (0.55 + 0.45 * weather(hour, 27449, 2.0)),
        "city_ratio": city + 0.03 * (weather(hour, 40503) - 0.5),
        "works_ratio": 0.35 + 0.6 * works + 0.05 * weather(hour, 26801),
        "import_price_eur_per_mwh": price + 8.0 * (weather(hour, 16127) - 0.5),
    }


def feeder_day(hour: Floats) -> dict[str, Floats]:
    """A clear day of May in a village street: sun at noon, people and cars in the evening."""
    people = 0.22 + 0.18 * bump(hour, 7.3, 1.3) + 0.2 * bump(hour, 12.4, 1.6) + 0.48 * bump(hour, 19.2, 2.2)
    price = 0.09 + 0.03 * bump(hour, 7.8, 1.8) + 0.07 * bump(hour, 19.5, 2.2) - 0.055 * bump(hour, 13.3, 2.8)
    return {
        "homes_ratio": people + 0.08 * (weather(hour, 40503, 0.5) - 0.5),
        "bakery_ratio": 0.25 + 0.7 * bump(hour, 4.0, 2.2) + 0.05 * weather(hour, 26801, 0.5),
        "sun_ratio": 0.92 * sun(hour, 5.2, 20.4, 1.2) * (0.86 + 0.14 * weather(hour, 51749, 1.5)),
        "import_price_eur_per_kwh": 0.15 + price,
        "export_price_eur_per_kwh": np.maximum(price - 0.02, 0.0),
    }


EXAMPLES = {
    "meshed_day": Example(datetime(2025, 3, 19), 60, 24, meshed_day),
    "feeder_day": Example(datetime(2025, 5, 14, 12), 15, 96, feeder_day),
}


class Programme:
    """A linear problem that is written law by law."""

    def __init__(self) -> None:
        """Begin without variables and laws."""
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.cost: list[float] = []
        self.laws: list[tuple[Terms, float, float]] = []

    def variable(self, lower: float = 0.0, upper: float = np.inf, cost: float = 0.0) -> int:
        """A new variable."""
        self.lower.append(lower)
        self.upper.append(upper)
        self.cost.append(cost)
        return len(self.cost) - 1

    def law(self, terms: Iterable[tuple[float, int]], lower: float, upper: float) -> None:
        """A law: lower <= sum of the terms <= upper."""
        self.laws.append((list(terms), lower, upper))

    def least(self) -> float:
        """The least cost."""
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.addVars(len(self.cost), np.array(self.lower), np.array(self.upper))
        highs.changeColsCost(len(self.cost), np.arange(len(self.cost), dtype=np.int32), np.array(self.cost))
        for terms, lower, upper in self.laws:
            total: dict[int, float] = defaultdict(float)
            for factor, place in terms:
                total[place] += factor
            columns = np.array(list(total), dtype=np.int32)
            highs.addRow(lower, upper, columns.size, columns, np.array(list(total.values())))
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"HiGHS says {highs.getModelStatus()}")
        return float(highs.getObjectiveValue())


class Site:
    """A case file read by hand: its records, and what each puts into its bus as terms of a programme."""

    def __init__(self, name: str) -> None:
        """Read a folder of cases/."""
        folder = CASES / name
        document = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
        self.columns = read((folder / document["series"]).read_text(encoding="utf-8"))
        self.steps = next(iter(self.columns.values())).size
        self.hours = document["horizon"]["step_minutes"] / 60.0
        self.policy: dict[str, Any] = document["policy"]
        self.buses = self._listed(document["buses"], folder)
        self.parts: dict[str, list[dict[str, Any]]] = {
            kind: [self._inside(record, folder) for record in self._listed(records, folder)]
            for kind, records in document["components"].items()
        }
        self.orders = self._listed(document.get("orders", []), folder)
        self.start = str(document["horizon"]["start"])
        self.into: dict[tuple[str, int], Terms] = defaultdict(list)
        self.fixed: dict[tuple[str, int], float] = defaultdict(float)
        self.given: dict[tuple[str, int], tuple[Terms, float]] = {}  # what a component gives: terms, and a number
        self.programme = Programme()

    def _listed(self, content: Any, folder: Path) -> list[dict[str, Any]]:
        """Records that stand in the file, or in a table that it names."""
        if not isinstance(content, str):
            return list(content)
        with (folder / content).open(encoding="utf-8", newline="") as file:
            return [{k: yaml.safe_load(v) for k, v in row.items() if v != ""} for row in csv.DictReader(file)]

    def _inside(self, record: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """A record with its columns filled in, in MW, MWh and EUR/MWh."""
        found: dict[str, Any] = {}
        for name, content in record.items():
            value = content
            if isinstance(content, dict):
                value = content["times"] * self.columns[content["column"]]
            elif isinstance(content, str) and content in self.columns:
                value = self.columns[content]
            for end, inner, factor in (
                ("eur_per_kwh", "eur_per_mwh", 1e3), ("kwh", "mwh", 1e-3), ("kw", "mw", 1e-3)
            ):  # fmt: skip
                if name.endswith(f"_{end}"):
                    name, value = name.removesuffix(end) + inner, np.multiply(value, factor)
                    break
            found[name] = value
        return found

    def at(self, value: Any, step: int) -> float:
        """A series, or a number for all steps, in one step."""
        return float(np.broadcast_to(value, self.steps)[step])

    def write(self) -> None:
        """All that stands at buses."""
        for kind, records in self.parts.items():
            act = getattr(self, kind, None)
            if act is None:
                continue  # a part of the grid
            for record in records:
                for t in range(self.steps):
                    self.given[f"{kind}/{record['id']}", t] = ([], 0.0)
                act(record)
        for order in self.orders:
            self.order(order)

    def put(self, word: str, bus: str, step: int, terms: Terms, load: float = 0.0) -> None:
        """What a component, kind/id, gives to a bus in a step: terms less a load."""
        self.given[word, step] = (terms, -load)
        self.into[bus, step] += terms
        self.fixed[bus, step] += load

    def grid_connection(self, record: Mapping[str, Any]) -> None:
        """Power bought and sold."""
        for t in range(self.steps):
            buys = self.at(record["import_price_eur_per_mwh"], t) * self.hours
            sells = self.at(record.get("export_price_eur_per_mwh", 0.0), t) * self.hours
            inward = self.programme.variable(0.0, self.at(record["import_max_mw"], t), buys)
            outward = self.programme.variable(0.0, self.at(record.get("export_max_mw", 0.0), t), -sells)
            self.put(f"grid_connection/{record['id']}", record["bus"], t, [(1.0, inward), (-1.0, outward)])

    def generator(self, record: Mapping[str, Any]) -> None:
        """Power at a cost."""
        for t in range(self.steps):
            cost = record.get("cost_eur_per_mwh", 0.0) * self.hours
            power = self.programme.variable(0.0, record["power_max_mw"], cost)
            self.put(f"generator/{record['id']}", record["bus"], t, [(1.0, power)])

    def renewable(self, record: Mapping[str, Any]) -> None:
        """Power that may be curtailed."""
        for t in range(self.steps):
            power = self.programme.variable(0.0, self.at(record["available_mw"], t))
            self.put(f"renewable/{record['id']}", record["bus"], t, [(1.0, power)])

    def demand(self, record: Mapping[str, Any]) -> None:
        """Power that is taken."""
        for t in range(self.steps):
            self.put(f"demand/{record['id']}", record["bus"], t, [], self.at(record["demand_mw"], t))

    def flexible_demand(self, record: Mapping[str, Any]) -> None:
        """Power that may be shed at a price."""
        for t in range(self.steps):
            power = self.at(record["demand_mw"], t)
            cost = record["shed_value_eur_per_mwh"] * self.hours
            shed = self.programme.variable(0.0, power, cost)
            self.put(f"flexible_demand/{record['id']}", record["bus"], t, [(1.0, shed)], power)

    def battery(self, record: Mapping[str, Any]) -> None:
        """Energy from step to step."""
        before: int | None = None
        keep = (1.0 - record.get("standing_loss_per_hour", 0.0)) ** self.hours
        for t in range(self.steps):
            charge = self.programme.variable(0.0, record["charge_max_mw"])
            wear = record.get("discharge_cost_eur_per_mwh", 0.0) * self.hours
            discharge = self.programme.variable(0.0, record["discharge_max_mw"], wear)
            least, most = record.get("energy_min_mwh", 0.0), record["energy_max_mwh"]
            if t == self.steps - 1 and "energy_end_mwh" in record:
                least = most = record["energy_end_mwh"]
            level = self.programme.variable(least, most)
            terms = [
                (1.0, level),
                (-record["charge_efficiency"] * self.hours, charge),
                (self.hours / record["discharge_efficiency"], discharge),
            ]
            start = keep * record["energy_start_mwh"] if before is None else 0.0
            self.programme.law(terms if before is None else [*terms, (-keep, before)], start, start)
            self.put(f"battery/{record['id']}", record["bus"], t, [(1.0, discharge), (-1.0, charge)])
            before = level

    def ev_session(self, record: Mapping[str, Any]) -> None:
        """Energy that is charged between arrival and departure, both at the begin of a step; the rest at a price."""
        first, last = (self.step(record[name]) for name in ("arrival", "departure"))
        efficiency = record.get("charge_efficiency", 1.0)
        terms: Terms = [(1.0, self.programme.variable(0.0, np.inf, record["unserved_value_eur_per_mwh"]))]
        for t in range(first, last):
            charge = self.programme.variable(0.0, record["charge_max_mw"])
            terms.append((efficiency * self.hours, charge))
            self.put(f"ev_session/{record['id']}", record["bus"], t, [(-1.0, charge)])
        self.programme.law(terms, record["energy_needed_mwh"], record["energy_needed_mwh"])

    def order(self, record: Mapping[str, Any]) -> None:
        """Energy bought or sold in one step."""
        sign = 1.0 if record["side"] == "sell" else -1.0
        price, energy = (
            next(record[name] * factor for name, factor in names if name in record)
            for names in (
                (("price_eur_per_mwh", 1.0), ("price_eur_per_kwh", 1e3)),
                (("energy_mwh", 1.0), ("energy_kwh", 1e-3)),
            )
        )
        accepted = self.programme.variable(0.0, energy, sign * price)
        self.into[record["bus"], self.step(record["time"])].append((sign / self.hours, accepted))

    def step(self, moment: Any) -> int:
        """The step that begins at a moment."""
        away = datetime.fromisoformat(str(moment)[:16]) - datetime.fromisoformat(self.start[:16])
        return round(away.total_seconds() / 3600 / self.hours)


def meshed(name: str) -> float:
    """The least cost of a case with linear power flow that survives the loss of any line."""
    site = Site(name)
    site.write()
    programme, lines = site.programme, site.parts["line"]
    over = [
        [programme.variable(0.0, np.inf, 5000.0 * site.hours) for _ in range(site.steps)] for _ in lines
    ]  # flow after the worst outage beyond the emergency limit
    for lost in [None, *range(len(lines))]:
        kept = [place for place in range(len(lines)) if place != lost]
        if lost is None or _joined(site, kept):
            _angles(site, kept, None if lost is None else over)
    return programme.least()


def _joined(site: Site, kept: list[int]) -> bool:
    """Whether some lines join all buses."""
    reached = {site.buses[0]["id"]}
    for _ in site.buses:
        for place in kept:
            ends = {site.parts["line"][place][side] for side in ("from_bus", "to_bus")}
            reached |= ends if ends & reached else set()
    return len(reached) == len(site.buses)


def _angles(site: Site, kept: list[int], over: list[list[int]] | None) -> None:
    """Balances and limits of some lines; `over` says by how much emergency limits are exceeded, after an outage."""
    programme, base = site.programme, site.policy.get("base_mva", 100.0)
    first = site.buses[0]["id"]
    for t in range(site.steps):
        most = {bus["id"]: 0.0 if bus["id"] == first else np.inf for bus in site.buses}
        angle = {bus: programme.variable(-limit, limit) for bus, limit in most.items()}
        balance = {bus: list(site.into[bus, t]) for bus in angle}
        shifted = dict.fromkeys(angle, 0.0)
        flows: dict[str, tuple[Terms, float]] = {}
        for place in kept:
            line = site.parts["line"][place]
            slope = base / (line["reactance_pu"] * line.get("tap_ratio", 1.0))
            fixed = slope * np.radians(line.get("phase_shift_deg", 0.0))
            flow = [(slope, angle[line["from_bus"]]), (-slope, angle[line["to_bus"]])]
            for bus, sign in ((line["from_bus"], -1.0), (line["to_bus"], 1.0)):
                balance[bus] += [(sign * factor, column) for factor, column in flow]
                shifted[bus] += sign * fixed
            if over is None:
                most = line["limit_mw"]
                programme.law(flow, fixed - most, fixed + most)
            else:
                most = line.get("emergency_limit_mw", line["limit_mw"])
                programme.law([*flow, (-1.0, over[place][t])], -np.inf, fixed + most)
                programme.law([*flow, (1.0, over[place][t])], fixed - most, np.inf)
            flows[line["id"]] = (flow, fixed)
        for group in site.parts.get("interface", ()) if over is None else ():
            counted = [(part.get("ratio", 1.0), *flows[part["line"]]) for part in group["lines"]]
            terms = [(ratio * factor, column) for ratio, flow, _ in counted for factor, column in flow]
            away = sum(ratio * fixed for ratio, _, fixed in counted)
            programme.law(
                terms, away - group.get("backward_max_mw", np.inf), away + group.get("forward_max_mw", np.inf)
            )
        for bus, terms in balance.items():
            demand = site.fixed[bus, t] + shifted[bus]
            programme.law(terms, demand, demand)


def feeder(name: str) -> float:
    """The least cost of a case of a feeder without losses: what flows through a line is what is taken behind it."""
    site = Site(name)
    site.write()
    programme, base = site.programme, site.policy["base_mva"]
    behind = _behind(site)
    for t in range(site.steps):
        power = {bus["id"]: (site.into[bus["id"], t], -site.fixed[bus["id"], t]) for bus in site.buses}
        reactive = _reactive(site, t)
        squared: dict[str, tuple[Terms, float]] = {site.buses[0]["id"]: ([], 1.0)}
        for line in behind:  # from the root to the leaves
            flows = [
                (
                    [(-factor, column) for bus in behind[line] for factor, column in each[bus][0]],
                    -sum(each[bus][1] for bus in behind[line]),
                )
                for each in (power, reactive)
            ]
            record = next(each for each in site.parts["line"] if each["id"] == line)
            before, level = squared[record["from_bus"]]
            falls = (-2.0 * record["resistance_pu"] / base, -2.0 * record["reactance_pu"] / base)
            terms = [*before, *((fall * k, v) for fall, (some, _) in zip(falls, flows, strict=True) for k, v in some)]
            level += sum(fall * fixed for fall, (_, fixed) in zip(falls, flows, strict=True))
            squared[record["to_bus"]] = (terms, level)
            bus = next(each for each in site.buses if each["id"] == record["to_bus"])
            programme.law(terms, bus["voltage_min_pu"] ** 2 - level, bus["voltage_max_pu"] ** 2 - level)
            _apparent(programme, flows, record["limit_mw"])
        whole = [term for bus in power.values() for term in bus[0]]
        demand = -sum(bus[1] for bus in power.values())
        programme.law(whole, demand, demand)
    return programme.least()


def _behind(site: Site) -> dict[str, list[str]]:
    """The buses behind every line, lines from the root to the leaves; every line leads away from the first bus."""
    lines = {line["id"]: (line["from_bus"], line["to_bus"]) for line in site.parts["line"]}
    ahead, found = [site.buses[0]["id"]], dict[str, list[str]]()
    while ahead:
        bus = ahead.pop(0)
        for name, (begin, end) in lines.items():
            if begin == bus:
                found[name] = []
                ahead.append(end)
    for name in found:
        last = [lines[name][1]]
        while last:
            bus = last.pop()
            found[name].append(bus)
            last += [end for begin, end in lines.values() if begin == bus]
    return found


def _reactive(site: Site, step: int) -> dict[str, tuple[Terms, float]]:
    """Reactive power into every bus in a step: a part of the power of a member, or free within limits."""
    total: dict[str, tuple[Terms, float]] = {bus["id"]: ([], 0.0) for bus in site.buses}
    buses = {f"{kind}/{each['id']}": each["bus"] for kind, some in site.parts.items() for each in some if "bus" in each}
    for record in site.parts["reactive"]:
        bus = buses[record["member"]]
        terms, fixed = total[bus]
        if "ratio" in record:
            more, load = site.given[record["member"], step]
            total[bus] = ([*terms, *((record["ratio"] * k, v) for k, v in more)], fixed + record["ratio"] * load)
        else:
            free = site.programme.variable(record["reactive_min_mvar"], record["reactive_max_mvar"])
            total[bus] = ([*terms, (1.0, free)], fixed)
    return total


def _apparent(programme: Programme, flows: list[tuple[Terms, float]], most: float) -> None:
    """Power and reactive power within a polygon of 16 corners on the circle, the first where there is power alone."""
    for side in range(16):
        angle = (side + 0.5) * np.pi / 8
        ways = (np.cos(angle), np.sin(angle))
        fixed = sum(way * number for way, (_, number) in zip(ways, flows, strict=True))
        terms = [(way * k, v) for way, (some, _) in zip(ways, flows, strict=True) for k, v in some]
        programme.law(terms, -np.inf, most * np.cos(np.pi / 16) - fixed)


MODELS = {"meshed_day": meshed, "feeder_day": feeder}


def against_files() -> list[str]:
    """Columns that differ from the formulas by more than a last decimal, which another machine's sine may turn."""
    wrong: list[str] = []
    for name, example in EXAMPLES.items():
        stored = read((CASES / name / "series.csv").read_text(encoding="utf-8"))
        bad = [
            f"{name}: {column}"
            for column, values in example.derived().items()
            if not np.allclose(stored[column], values, rtol=0.0, atol=1.5 * 10.0**-DECIMALS)
        ]
        wrong += bad
        print(f"{name}: {'differs' if bad else 'series agree'}")
    return wrong


def against_models() -> list[str]:
    """Cases whose least cost is not what stands beside them."""
    wrong: list[str] = []
    for name, model in MODELS.items():
        expected = yaml.safe_load((CASES / name / "expected.yaml").read_text(encoding="utf-8"))["case.yaml"]
        least, stands = model(name), expected["objective_eur"]
        print(f"{name}: least cost {least:.9g} EUR, {stands:.9g} EUR beside the case")
        if abs(least - stands) > AGREE * abs(stands):
            wrong.append(f"{name}: least cost")
    return wrong


def main() -> int:
    """Write the files, or check them; 1 when a check fails."""
    parser = argparse.ArgumentParser(description="Derive the series of the grids, and their least costs.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        for name, example in EXAMPLES.items():
            (CASES / name / "series.csv").write_text(example.table(), encoding="utf-8", newline="\n")
        return 0
    wrong = [*against_files(), *against_models()]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
