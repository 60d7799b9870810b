"""Instances of UnitCommitment.jl (JSON, packed by gzip or not) as cases, formats 0.2 to 0.4.

    power that is not served costs the power balance penalty, 1000 a MW when absent, up to the load of each bus
    ramps count above the least power, and bind starts and stops too, but for a start in the first hour
    reserve is within the ramp up and the start limit of a unit, and not within its shut-down limit
    flow is susceptance times the difference of angles; what is beyond the limit of a line, or beyond that after an
        outage, costs the penalty of the line, 5000 when absent
    a price-sensitive load is a sink that earns its revenue
    what the tool repairs is repaired as it does: costs of starts and slopes that fall are lifted to the one before, a
        start limit below the least power to that power

What the instance does not say is chosen: hours begin on 2000-01-01, and costs are in USD. Hours off count for start
delays.

What has no counterpart is refused by name: scenarios, steps other than an hour, curves, penalties and must-run that
vary in time, given commitment, contingencies of generators, flexiramp, least rates of storage units, what of their
efficiencies and costs varies in time, buses that no lines join.

Where a line is overloaded both before and after outages the tool pays once for the larger, a case for each.

Source: UnitCommitment.jl 0.4, Data Format, https://anl-ceeesa.github.io/UnitCommitment.jl/; Xavier, Kazachkov,
Yurdakul, Qiu (2022), https://doi.org/10.5281/zenodo.4269874.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case.case import KINDS, Bus, Case, Policy
from c4e_opt.case.check import check
from c4e_opt.case.readers import piecewise
from c4e_opt.case.readers.json_document import REQUIRED, Entry, read_json
from c4e_opt.commitment.unit import StartTier
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.market.order_book import OrderBook
from c4e_opt.network.interface import InterfaceLine

#: 2000-01-01T00:00Z.
_START = 946_684_800
_BASE_MVA = 100.0
#: What stands for a limit that an instance does not give, in MW.
_UNLIMITED = 1e6
#: Hours that a unit has been off about which an instance says nothing.
_LONG_OFF = 100.0


@dataclass(slots=True)
class _Reading:
    """What has been read of one instance."""

    steps: int
    penalty: float
    buses: dict[str, None] = field(default_factory=dict[str, None])
    made: dict[str, list[Any]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    reserves: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # reserve -> generators
    line_penalty: float | None = None

    def bus(self, entry: Entry, key: str = "Bus") -> str:
        """The bus that an entry names."""
        name = entry.text(key)
        if name and name not in self.buses:
            entry.issues.append(unknown(f"{entry.path}.{key}", "unknown_reference", "bus", name, self.buses))
        return name

    def add(self, kind: str, **said: Any) -> None:
        """Make a component."""
        self.made[kind].append(KINDS[kind](**said))


def read_unit_commitment_jl(path: str | Path) -> Case:
    """Read an instance from a file, packed by gzip or not.

    Raises:
        InvalidInput: It cannot be read, or uses what has no counterpart; everything of that is named.
    """
    where = Path(path)
    return case_of(read_json(where), where.name.removesuffix(".gz").removesuffix(".json"))


def case_of(document: Any, name: str) -> Case:
    """The case of an instance.

    Args:
        document: What its file says.
        name: Name of the case.

    Raises:
        InvalidInput: With everything that is wrong.
    """
    issues: list[Issue] = []
    top = Entry("", document, issues)
    reading = _parameters(top.entry("Parameters", required=True))
    _buses(reading, top)
    _reserves(reading, top)
    for each, entry in top.entries("Generators", required=True):
        profiled = entry.text("Type", "Thermal")
        if profiled not in ("Thermal", "Profiled"):
            entry.refuse("Type", f"is {profiled!r}; it must be 'Thermal' or 'Profiled'")
        (_profiled if profiled == "Profiled" else _thermal)(reading, each, entry)
    for each, entry in top.entries("Price-sensitive loads"):
        _sensitive(reading, each, entry)
    for each, entry in top.entries("Storage units"):
        _storage(reading, each, entry)
    _network(reading, top)
    top.done(("LICENSE", "SOURCE"))
    _keep(reading)
    if issues:
        raise InvalidInput(issues)
    case = Case(
        name=name,
        horizon=Horizon(_START, np.full(reading.steps, 3600)),
        currency="USD",
        buses=tuple(Bus(id=bus, site="") for bus in reading.buses),
        components={kind: tuple(records) for kind, records in reading.made.items() if records},
        orders=OrderBook.empty(),
        policy=Policy(
            commitment="knueven_ostrowski_watson",
            base_mva=_BASE_MVA,
            outage_overload_price_eur_per_mwh=5000.0 if reading.line_penalty is None else reading.line_penalty,
        ),
    )
    issues = check(case)
    if issues:
        raise InvalidInput(issues)
    return case


def _parameters(entry: Entry) -> _Reading:
    hours = "Time (h)" if entry.says("Time (h)") else "Time horizon (h)"
    steps = entry.whole(hours, minimum=1, maximum=100_000)
    minutes = entry.number("Time step (min)", 60.0)
    if minutes != 60:
        entry.refuse("Time step (min)", f"is {minutes:g}; only steps of an hour are supported")
    penalty = _constant(entry, "Power balance penalty ($/MW)", 1000.0, minimum=0.0)
    if entry.number("Scenario weight", 1.0) != 1:
        entry.refuse("Scenario weight", "differs from 1; scenarios are not supported")
    entry.done(("Version", "Scenario name"))
    return _Reading(steps, penalty)


def _constant(entry: Entry, key: str, default: Any = REQUIRED, *, minimum: float = -math.inf) -> float:
    """One number that holds in every hour."""
    values = entry.numbers(key, REQUIRED if default is REQUIRED else [float(default)], minimum=minimum)
    if not values:
        return 0.0
    if min(values) != max(values):
        entry.refuse(key, "varies from hour to hour; one number must hold for all")
    return values[0]


def _buses(reading: _Reading, top: Entry) -> None:
    for name, entry in top.entries("Buses", required=True):
        reading.buses[name] = None
        load = entry.series("Load (MW)", reading.steps, minimum=0.0)
        entry.done()
        if load.any():
            reading.add("flexible_demand", id=name, bus=name, demand_mw=load, shed_value_eur_per_mwh=reading.penalty)


def _reserves(reading: _Reading, top: Entry) -> None:
    """Reserves by name; those of format 0.2 have one, without a name, that every unit may give."""
    group = top.entry("Reserves")
    said = [("Spinning (MW)", group)] if group.says("Spinning (MW)") else list(group.entries())
    for name, entry in said:
        key, price = ("Spinning (MW)" if entry is group else "Amount (MW)"), None
        amount = entry.series(key, reading.steps, minimum=0.0)
        if entry is not group:
            kind = entry.text("Type", "Spinning")
            if kind.lower() != "spinning":
                entry.refuse("Type", f"is {kind!r}; only spinning reserve is supported")
            price = _constant(entry, "Shortfall penalty ($/MW)", -1.0)
        entry.done()
        ident = "spinning" if entry is group else name
        reading.reserves[ident] = []
        reading.add(
            "reserve",
            id=ident,
            up_mw=amount,
            within_ramps=True,
            stop_ramp_binds=False,
            missing_price_eur_per_mw_hour=None if price is None or price < 0 else price,
        )


def _keep(reading: _Reading) -> None:
    """Give every reserve its providers, and drop those that nobody wants."""
    kept: list[Any] = []
    for reserve in reading.made["reserve"]:
        members = tuple(f"generator/{name}" for name in reading.reserves[reserve.id]) or ("generator/",)
        said = {name: getattr(reserve, name) for name in reserve.__dataclass_fields__}
        if np.any(reserve.up_mw > 0):
            kept.append(KINDS["reserve"](**said | {"members": members}))
    reading.made["reserve"] = kept


def _thermal(reading: _Reading, name: str, entry: Entry) -> None:
    bus, points = reading.bus(entry), _points(entry)
    least, largest = points[0][0], points[-1][0]
    up, down = (entry.number(f"Ramp {way} limit (MW)", _UNLIMITED, minimum=0.0) for way in ("up", "down"))
    start = max(entry.number("Startup limit (MW)", _UNLIMITED, minimum=0.0), least)
    stop = entry.number("Shutdown limit (MW)", _UNLIMITED, minimum=0.0)
    if entry.says("Initial status (h)") != entry.says("Initial power (MW)"):
        entry.tell("Initial status (h)", "missing_field", "and Initial power (MW) must be given both, or neither")
    status = entry.number("Initial status (h)", -_LONG_OFF)
    before = entry.number("Initial power (MW)", 0.0, minimum=0.0)
    if status == 0 or (status < 0 and before > 1e-3):
        entry.tell("Initial status (h)", "conflict", f"is {status:g} with an initial power of {before:g} MW")
    if before > max(largest, least) * (1 + 1e-9):
        entry.tell("Initial power (MW)", "range", f"is {before:g}, above the largest power, {largest:g}")
    on = status > 0
    first, tiers = _starts(entry)
    must_run = _must_run(entry)
    for key in ("Maximum daily energy (MWh)", "Maximum daily starts"):
        if entry.raw(key) is not None:
            entry.refuse(key, "is not supported")
    given = _listed(entry, "Commitment status")
    if any(each is not None for each in given):
        entry.refuse("Commitment status", "is given; a given commitment is not supported")
    _eligible(reading, name, entry)
    rated = max(largest, before) or 1.0
    reading.add(
        "generator",
        id=name,
        bus=bus,
        power_max_mw=largest,
        power_min_mw=least,
        rated_mw=rated,
        switchable=True,
        always_on=must_run,
        running_cost_eur_per_hour=points[0][1],
        cost_segments=piecewise.segments(points, largest),
        segments_above_minimum=True,
        ramps_bind_starts=True,
        ramp_up_ratio_per_hour=up / rated if up < _UNLIMITED else None,
        ramp_down_ratio_per_hour=down / rated if down < _UNLIMITED else None,
        start_ramp_ratio=start / rated if start < largest else None,
        stop_ramp_ratio=stop / rated if stop < largest else None,
        on_initially=on,
        hours_in_state_initially=abs(status),
        load_initially_ratio=min(before / rated, 1.0) if on else None,
        minimum_up_hours=entry.number("Minimum uptime (h)", 1.0, minimum=0.0),
        minimum_down_hours=entry.number("Minimum downtime (h)", 1.0, minimum=0.0),
        start_cost_eur=first,
        start_costs=tiers,
    )
    entry.done()


def _listed(entry: Entry, key: str) -> list[Any]:
    """A list of anything, or one thing as a list; empty where there is none."""
    content = entry.raw(key)
    if content is None:
        return []
    return cast("list[Any]", content) if isinstance(content, list) else [content]


def _must_run(entry: Entry) -> bool:
    """Whether a unit must be on in every hour."""
    said = _listed(entry, "Must run?")
    if all(each is True for each in said) or all(each is False for each in said):
        return bool(said) and said[0] is True
    entry.refuse("Must run?", "varies from hour to hour, or is neither true nor false")
    return False


def _points(entry: Entry) -> list[tuple[float, float]]:
    """The points of the cost curve, by rising power; slopes that fall are lifted to the one before."""
    powers = _flat(entry, "Production cost curve (MW)")
    costs = _flat(entry, "Production cost curve ($)")
    if len(powers) != len(costs) or not powers:
        message = f"has {len(costs)} costs for {len(powers)} powers; give one for each, and at least one"
        entry.tell("Production cost curve ($)", "length", message)
        return [(0.0, 0.0)]
    kept = [(powers[0], costs[0])]
    slope = -math.inf
    for place, (power, cost) in enumerate(zip(powers[1:], costs[1:], strict=True)):
        width = power - powers[place]
        if width < 0:
            entry.tell("Production cost curve (MW)", "order", "has powers that fall")
            return [(0.0, 0.0)]
        if width > 1e-9:
            slope = max(slope, (cost - costs[place]) / width)
            kept.append((power, kept[-1][1] + slope * width))
    if kept[0][0] < 0 or kept[0][1] < 0:
        entry.refuse("Production cost curve (MW)", "begins below 0 MW or 0 $; not supported")
        return [(0.0, 0.0)]
    return kept


def _flat(entry: Entry, key: str) -> list[float]:
    """Numbers of which each holds in every hour; a list in the list must not vary."""
    if any(isinstance(each, list) for each in _listed(entry, key)):
        entry.refuse(key, "has points that vary from hour to hour")
        return []
    return entry.numbers(key)


def _starts(entry: Entry) -> tuple[float, tuple[StartTier, ...]]:
    """Cost of a start after the shortest rest, and those after longer ones; costs that fall are lifted."""
    costs = entry.numbers("Startup costs ($)", [0.0], minimum=0.0)
    delays = entry.numbers("Startup delays (h)", [1.0], minimum=0.0)
    rest = max(entry.number("Minimum downtime (h)", 1.0, minimum=0.0), 1.0)
    if len(costs) != len(delays) or not costs:
        message = f"has {len(delays)} delays for {len(costs)} costs; give one for each"
        entry.tell("Startup delays (h)", "length", message)
        return 0.0, ()
    if any(after <= delay for delay, after in itertools.pairwise(delays)):
        entry.tell("Startup delays (h)", "order", "must rise")
        return 0.0, ()
    if len(costs) > 1 and delays[0] > rest:
        entry.refuse("Startup delays (h)", f"begins at {delays[0]:g} h, after the shortest rest, {rest:g} h")
    costs = np.maximum.accumulate(costs).tolist()
    tiers = tuple(StartTier(after_hours_off=d, cost_eur=c) for d, c in zip(delays[1:], costs[1:], strict=True))
    return costs[0], tiers


def _eligible(reading: _Reading, name: str, entry: Entry) -> None:
    """The reserves that a unit may give: all in format 0.2, those that it names later."""
    flag = entry.raw("Provides spinning reserves?")
    names = _listed(entry, "Reserve eligibility")
    if flag is not None and not isinstance(flag, bool):
        entry.refuse("Provides spinning reserves?", "varies from hour to hour, or is neither true nor false")
    unnamed = ["spinning"] if "spinning" in reading.reserves and flag is not False else []
    for each in map(str, names) if entry.says("Reserve eligibility") else unnamed:
        if each in reading.reserves:
            reading.reserves[each].append(name)
        else:
            where = f"{entry.path}.Reserve eligibility"
            entry.issues.append(unknown(where, "unknown_reference", "reserve", each, reading.reserves))


def _profiled(reading: _Reading, name: str, entry: Entry) -> None:
    bus = reading.bus(entry)
    least = entry.series("Minimum power (MW)", reading.steps, 0.0)
    largest = entry.series("Maximum power (MW)", reading.steps)
    cost = entry.series("Cost ($/MW)", reading.steps, 0.0)
    entry.done()
    reading.add("generator", id=name, bus=bus, power_max_mw=largest, power_min_mw=least, cost_eur_per_mwh=cost)


def _sensitive(reading: _Reading, name: str, entry: Entry) -> None:
    bus = reading.bus(entry)
    demand = entry.series("Demand (MW)", reading.steps, minimum=0.0)
    revenue = entry.series("Revenue ($/MW)", reading.steps)
    entry.done()
    reading.add("generator", id=name, bus=bus, power_max_mw=0.0, power_min_mw=-demand, cost_eur_per_mwh=revenue)


def _storage(reading: _Reading, name: str, entry: Entry) -> None:
    bus = reading.bus(entry)
    for way in ("charge", "discharge"):
        if _constant(entry, f"Minimum {way} rate (MW)", 0.0, minimum=0.0) > 0:
            entry.refuse(f"Minimum {way} rate (MW)", "is above 0; a least rate is not supported")
    both = entry.raw("Allow simultaneous charging and discharging")
    if both is not None and both is not True and both is not False:
        entry.refuse("Allow simultaneous charging and discharging", "varies from hour to hour")
    most = entry.series("Maximum level (MWh)", reading.steps, minimum=0.0)
    least = entry.series("Minimum level (MWh)", reading.steps, 0.0, minimum=0.0)
    least[-1] = max(least[-1], entry.number("Last period minimum level (MWh)", 0.0, minimum=0.0))
    most[-1] = min(most[-1], entry.number("Last period maximum level (MWh)", math.inf, minimum=0.0))
    reading.add(
        "store",
        id=name,
        bus=bus,
        energy_max_mwh=most,
        energy_min_mwh=least,
        energy_start_mwh=entry.number("Initial level (MWh)", 0.0, minimum=0.0),
        charge_max_mw=entry.series("Maximum charge rate (MW)", reading.steps, minimum=0.0),
        discharge_max_mw=entry.series("Maximum discharge rate (MW)", reading.steps, minimum=0.0),
        charge_cost_eur_per_mwh=_constant(entry, "Charge cost ($/MW)"),
        discharge_cost_eur_per_mwh=_constant(entry, "Discharge cost ($/MW)"),
        charge_efficiency=_constant(entry, "Charge efficiency", 1.0, minimum=0.0),
        discharge_efficiency=_constant(entry, "Discharge efficiency", 1.0, minimum=0.0),
        standing_loss_per_hour=_constant(entry, "Loss factor", 0.0, minimum=0.0),
        allow_both=both is not False,
    )
    entry.done()


def _network(reading: _Reading, top: Entry) -> None:
    """Lines, what may fail, and interfaces."""
    lines: dict[str, tuple[str, str]] = {}
    for name, entry in top.entries("Transmission lines"):
        ends = reading.bus(entry, "Source bus"), reading.bus(entry, "Target bus")
        lines[name] = ends
        susceptance = entry.number("Susceptance (S)")
        if susceptance == 0:
            entry.refuse("Susceptance (S)", "is 0; a line must have one")
        penalty = _constant(entry, "Flow limit penalty ($/MW)", 5000.0, minimum=0.0)
        limits = {
            key: _limit(entry, key, reading.steps) for key in ("Normal flow limit (MW)", "Emergency flow limit (MW)")
        }
        if any(limit is not None for limit in limits.values()):
            if reading.line_penalty not in (None, penalty) and top.says("Contingencies"):
                entry.refuse("Flow limit penalty ($/MW)", "differs between lines; after an outage one price must hold")
            reading.line_penalty = penalty
        reading.add(
            "line",
            id=name,
            from_bus=ends[0],
            to_bus=ends[1],
            reactance_pu=_BASE_MVA * math.pi / 180.0 / susceptance if susceptance else 1.0,
            limit_mw=limits["Normal flow limit (MW)"],
            emergency_limit_mw=_UNLIMITED
            if limits["Emergency flow limit (MW)"] is None and limits["Normal flow limit (MW)"] is not None
            else limits["Emergency flow limit (MW)"],
            overload_price_eur_per_mwh=penalty if limits["Normal flow limit (MW)"] is not None else None,
        )
        entry.done(("Reactance (ohms)",))
    _joined(reading, top, lines)
    for name, entry in top.entries("Contingencies"):
        if entry.raw("Affected generators"):
            entry.refuse("Affected generators", "names generators; only outages of lines are supported")
        affected = _listed(entry, "Affected lines")
        if not affected:
            entry.tell("Affected lines", "type", "must be a list of lines, with at least one")
        else:
            reading.add("contingency", id=name, lines=tuple(str(line) for line in affected))
        entry.done()
    for name, entry in top.entries("Interfaces"):
        _interface(reading, name, entry)


def _limit(entry: Entry, key: str, steps: int) -> FloatArray | None:
    return entry.series(key, steps, minimum=0.0) if entry.says(key) else None


def _joined(reading: _Reading, top: Entry, lines: dict[str, tuple[str, str]]) -> None:
    """The tool balances power over all buses at once, which is the same only where lines join them all."""
    parent = {bus: bus for bus in reading.buses}

    def root(bus: str) -> str:
        while parent[bus] != bus:
            parent[bus] = parent[parent[bus]]
            bus = parent[bus]
        return bus

    for one, other in lines.values():
        if one in parent and other in parent:
            parent[root(one)] = root(other)
    if len({root(bus) for bus in parent}) > 1:
        top.refuse("Transmission lines", "do not join all buses; power is balanced over all of them together")


def _interface(reading: _Reading, name: str, entry: Entry) -> None:
    parts: list[InterfaceLine] = []
    for key, ratio in (("Outbound lines", 1.0), ("Inbound lines", -1.0)):
        parts += [InterfaceLine(line=str(line), ratio=ratio) for line in _listed(entry, key)]
    upper, lower = (
        entry.series(key, reading.steps) if entry.says(key) else None
        for key in ("Net flow upper limit (MW)", "Net flow lower limit (MW)")
    )
    if (upper is not None and np.any(upper < 0)) or (lower is not None and np.any(lower > 0)):
        entry.refuse("Net flow upper limit (MW)", "and the lower one must have 0 between them")
    reading.add(
        "interface",
        id=name,
        lines=tuple(parts),
        forward_max_mw=upper,
        backward_max_mw=None if lower is None else -lower,
        overload_price_eur_per_mwh=_constant(entry, "Flow limit penalty ($/MW)", 5000.0, minimum=0.0),
    )
    entry.done()
