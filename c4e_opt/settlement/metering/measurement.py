"""What an imbalance settlement is given besides the clearing: meters, readings, rules, activations and the run.

Rules and activations are versioned data: their digests are part of the basis of every statement.

Prices of an imbalance, by area and step, in the currency per MWh:
    given    short and long prices as columns
    single   one price for all: spot + component where the area is short, spot - component where it is long, spot where
             it is neither: a single price with an incentive component
    dual     who is short pays spot + component, who is long gets spot - component, whatever the area is
Spot is the price in the answer of the bus that names the area.

Source: Commission Regulation (EU) 2017/2195 (electricity balancing guideline), articles 49 and 52 to 55; the components
of the price follow the imbalance settlement harmonisation methodology (ACER decision 18/2020).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from c4e_opt.case import Case
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.metering.readings import Meter, Readings, check_meters

PRICE_RULES = ("given", "single", "dual")
RUNS = ("provisional", "final", "correction")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImbalanceRules:
    """How imbalances are netted and priced.

    Attributes:
        version: Which version of the rules this is.
        price: How prices are found.
        component_per_mwh: What is added to and taken from spot, 0 or more.
        short_per_mwh: Prices of energy that is missing, by area, one for every step; where prices are given.
        long_per_mwh: Prices of energy that is too much; those of `short_per_mwh` for areas that are absent.
        balance_groups: Party -> party that is responsible for its balance; everybody else is for the own.
        areas: Bus -> bus that names its area; every other bus is an area of its own.
    """

    version: str = ""
    price: str = "single"
    component_per_mwh: float = 0.0
    short_per_mwh: Mapping[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])
    long_per_mwh: Mapping[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])
    balance_groups: Mapping[str, str] = field(default_factory=dict[str, str])
    areas: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def digest(self) -> str:
        """SHA-256 of the rules."""
        prices = {
            name: {area: [float(each) for each in column] for area, column in sorted(columns.items())}
            for name, columns in (("short", self.short_per_mwh), ("long", self.long_per_mwh))
        }
        groups, areas = dict(sorted(self.balance_groups.items())), dict(sorted(self.areas.items()))
        content = [self.version, self.price, float(self.component_per_mwh), prices, groups, areas]
        return sha256(json.dumps(["c4e-opt imbalance rules 1", *content]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """Energy that the operator called: paid at its own price, and part of what the party had to deliver."""

    component: str  # "<kind>/<id>" or "order/<id>"
    bus: str
    start: int  # begin of a step, seconds since 1970-01-01T00:00Z
    energy_wh: int  # into the bus: positive upwards, negative downwards
    price_per_mwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Which settlement of the same day this is; every run has a batch of its own."""

    kind: str = "provisional"
    number: int = 1
    until: int | None = None  # readings that came after it do not count, seconds since 1970

    @property
    def digest(self) -> str:
        """SHA-256 of the run."""
        return sha256(json.dumps(["c4e-opt run 1", self.kind, self.number, self.until]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Everything that counts besides case, outcome and the statement of the clearing."""

    meters: tuple[Meter, ...]
    readings: Readings
    rules: ImbalanceRules = ImbalanceRules()
    activations: tuple[Activation, ...] = ()
    run: Run = Run()

    @property
    def activations_digest(self) -> str:
        """SHA-256 of the activations, whatever their order."""
        rows = sorted([a.component, a.bus, a.start, a.energy_wh, float(a.price_per_mwh)] for a in self.activations)
        return sha256(json.dumps(["c4e-opt activations 1", *rows]).encode()).hexdigest()


def owners_of(case: Case) -> dict[str, str]:
    """The party behind every component and order: "<kind>/<id>" -> party."""
    owners = {
        f"{kind}/{record.id}": getattr(record, "owner", "") or case.policy.operator
        for kind, records in case.components.items()
        for record in records
    }
    names = [party.id for party in case.parties]
    orders = zip(case.orders.id.tolist(), case.orders.party.tolist(), strict=True)
    return owners | {f"order/{name}": names[int(party)] for name, party in orders}


def check(case: Case, measurement: Measurement) -> list[Issue]:
    """Everything that is wrong with meters, rules, activations and run of a case; readings see `metering`."""
    return [
        *check_meters(measurement.meters, case.horizon),
        *_scopes(case, measurement.meters),
        *_rules(case, measurement),
        *_activations(case, measurement.activations),
        *_run(measurement.run),
    ]


def _parties(case: Case) -> list[str]:
    return [*(party.id for party in case.parties), case.policy.operator]


def _scopes(case: Case, meters: Sequence[Meter]) -> Iterator[Issue]:
    parties, buses, owners = _parties(case), [bus.id for bus in case.buses], owners_of(case)
    for place, meter in enumerate(meters):
        where = f"meters[{place}]"
        if meter.party not in parties:
            yield unknown(f"{where}.party", "unknown_reference", "party", meter.party, parties)
        if meter.bus not in buses:
            yield unknown(f"{where}.bus", "unknown_reference", "bus", meter.bus, buses)
        if meter.component and meter.component not in owners:
            yield unknown(f"{where}.component", "unknown_reference", "component", meter.component, owners)
        elif meter.component and owners[meter.component] != meter.party:
            told = f"{meter.component!r} belongs to {owners[meter.component]!r}, not to {meter.party!r}"
            yield Issue(f"{where}.component", "conflict", f"{told}; name its owner as the party of the meter")


def _rules(case: Case, measurement: Measurement) -> Iterator[Issue]:
    rules, steps = measurement.rules, case.horizon.steps
    parties, carriers = _parties(case), {bus.id: bus.carrier for bus in case.buses}
    if rules.price not in PRICE_RULES:
        yield unknown("rules.price", "unknown_rule", "price rule of imbalances", rules.price, PRICE_RULES)
    if not 0 <= rules.component_per_mwh < math.inf:
        told = f"is {rules.component_per_mwh:g} {case.currency}/MWh; it must be 0 or more and finite"
        yield Issue("rules.component_per_mwh", "range", told)
    for party, group in rules.balance_groups.items():
        for name in (party, group):
            if name not in parties:
                yield unknown(f"rules.balance_groups[{party}]", "unknown_reference", "party", name, parties)
        if rules.balance_groups.get(group, group) != group:
            told = f"{group!r} leaves its own balance to {rules.balance_groups[group]!r}; name that one instead"
            yield Issue(f"rules.balance_groups[{party}]", "conflict", told)
    for bus, area in rules.areas.items():
        for name in (bus, area):
            if name not in carriers:
                yield unknown(f"rules.areas[{bus}]", "unknown_reference", "bus", name, carriers)
        if {bus, area} <= set(carriers) and carriers[bus] != carriers[area]:
            told = f"bus {bus!r} is of {carriers[bus]} and {area!r} of {carriers[area]}; an area has one carrier"
            yield Issue(f"rules.areas[{bus}]", "conflict", told)
        elif rules.areas.get(area, area) != area:
            told = f"{area!r} is in the area of {rules.areas[area]!r} itself; name that bus instead"
            yield Issue(f"rules.areas[{bus}]", "conflict", told)
    for name in ("short_per_mwh", "long_per_mwh"):
        for area, column in getattr(rules, name).items():
            numbers = [float(each) for each in column]
            if len(numbers) != steps or not all(map(math.isfinite, numbers)):
                told = f"has {len(numbers)} prices; {steps} finite ones are needed, one for every step"
                yield Issue(f"rules.{name}[{area}]", "length", told)
    if rules.price == "given":
        used = {rules.areas.get(meter.bus, meter.bus) for meter in measurement.meters}
        for area in sorted(used - set(rules.short_per_mwh)):
            yield Issue("rules.short_per_mwh", "missing", f"has no prices of area {area!r}, which has meters")


def _activations(case: Case, activations: Sequence[Activation]) -> Iterator[Issue]:
    owners, buses, starts = owners_of(case), [bus.id for bus in case.buses], set(case.horizon.starts.tolist())
    seen: dict[tuple[str, str, int], float] = {}
    for place, each in enumerate(activations):
        where = f"activations[{place}]"
        if each.component not in owners:
            yield unknown(f"{where}.component", "unknown_reference", "component", each.component, owners)
        if each.bus not in buses:
            yield unknown(f"{where}.bus", "unknown_reference", "bus", each.bus, buses)
        if each.start not in starts:
            yield Issue(f"{where}.start", "step", "is not the begin of a step of the case; split it along the steps")
        if not math.isfinite(each.price_per_mwh):
            yield Issue(f"{where}.price_per_mwh", "range", "is no finite number")
        key = (each.component, each.bus, each.start)
        if seen.setdefault(key, each.price_per_mwh) != each.price_per_mwh:
            told = f"is {each.price_per_mwh:g} {case.currency}/MWh, but another of the same step has {seen[key]:g}"
            yield Issue(f"{where}.price_per_mwh", "conflict", f"{told}; give their mean price to both")


def _run(run: Run) -> Iterator[Issue]:
    if run.kind not in RUNS:
        yield unknown("run.kind", "unknown_run", "run", run.kind, RUNS)
    if run.number < 1:
        yield Issue("run.number", "range", f"is {run.number}; runs are counted from 1")
