"""Demand response that was measured: rewards for less than a baseline, penalties for what is missing.

For every interval of an event:
    delivered   max(baseline - taken, 0), at most what was committed
    missing     committed - delivered
and the operator pays reward * delivered - penalty * missing, step by step. Intervals lie within steps; what was
committed is power times length, in whole Wh. Events that the clearing has settled by its plan are refused: nobody is
paid twice.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from hashlib import sha256

import numpy as np

from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.issues import Issue, duplicates, unknown
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.metering.baseline import Baseline, BaselineMethod, baseline, check_method
from c4e_opt.settlement.metering.measurement import owners_of
from c4e_opt.settlement.metering.readings import Meter, Readings
from c4e_opt.settlement.metering.response_check import audit_response
from c4e_opt.settlement.rounding import READ_DECIMALS, read
from c4e_opt.settlement.statement import Asset, Purpose, Statement

ACT = "demand_response"
_WH_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredEvent:
    """A time in which less than a baseline is rewarded."""

    id: str
    meter: str  # id of a meter of one component
    begin: int  # seconds since 1970-01-01T00:00Z
    end: int
    committed_mw: float
    reward_per_mwh: float
    penalty_per_mwh: float = 0.0
    method: BaselineMethod = field(default_factory=BaselineMethod)
    declared_wh: Mapping[int, int] = field(default_factory=dict[int, int])  # by begin of the interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What came of an event, by interval."""

    event: MeasuredEvent
    baseline: Baseline
    taken_wh: tuple[int, ...]
    delivered_wh: tuple[int, ...]
    missing_wh: tuple[int, ...]


def delivered(
    case: Case, meters: Sequence[Meter], readings: Readings, events: Sequence[MeasuredEvent]
) -> list[Delivered]:
    """Measure events against their baselines.

    Args:
        case: The case, for its steps and time zone.
        meters: The meters.
        readings: Their readings, those of earlier days included.
        events: The events.

    Raises:
        InvalidInput: With everything that is wrong with events, or readings that are missing.
    """
    found = [*_check(case, meters, events)]
    if found:
        raise InvalidInput(found)
    lengths = {meter.id: meter.seconds for meter in meters}
    taken = _taken(readings)
    told: list[Delivered] = []
    for place, event in enumerate(events):
        seconds = lengths[event.meter]
        others = [(e.begin, e.end) for e in events if e.meter == event.meter and e.id != event.id]
        known = taken[event.meter]
        try:
            line = baseline(
                known, seconds, event.begin, event.end, event.method,
                time_zone=case.horizon.time_zone, events=others, declared_wh=event.declared_wh,
            )  # fmt: skip
            missing = [start for start in line.starts if start not in known]
            if missing:
                message = f"{len(missing)} readings are missing during the event; it cannot be measured"
                raise InvalidInput([Issue("readings", "missing_reading", message)])
        except InvalidInput as error:
            found += [Issue(f"events[{place}].{issue.path}", issue.rule, issue.message) for issue in error.issues]
            continue
        committed = round(Fraction(event.committed_mw) * 10**_WH_DECIMALS * seconds / 3600)
        during = tuple(known[start] for start in line.starts)
        less = tuple(min(max(b - t, 0), committed) for b, t in zip(line.energy_wh, during, strict=True))
        short = tuple(committed - each for each in less)
        told.append(Delivered(event=event, baseline=line, taken_wh=during, delivered_wh=less, missing_wh=short))
    if found:
        raise InvalidInput(found)
    return told


def _taken(readings: Readings) -> dict[str, dict[int, int]]:
    """What every meter's load took, Wh by begin of the interval; the highest version counts."""
    order = np.lexsort((readings.energy_wh, readings.version))
    taken: dict[str, dict[int, int]] = defaultdict(dict)
    columns = (readings.meter[order], readings.start[order], readings.energy_wh[order])
    for meter, start, energy in zip(*(column.tolist() for column in columns), strict=True):
        taken[str(meter)][int(start)] = -int(energy)
    return taken


def respond(
    case: Case, cleared: Statement, meters: Sequence[Meter], readings: Readings, events: Sequence[MeasuredEvent]
) -> Statement:
    """Settle measured events.

    Args:
        case: The case.
        cleared: The statement of its clearing, which the events come on top of.
        meters: The meters, each of one component.
        readings: Their readings, those of earlier days included.
        events: The events.

    Returns:
        The statement of the act "demand_response", checked.

    Raises:
        InvalidInput: With everything that is wrong with events, or readings that are missing.
        CertificateFailed: The clearing is one of another case, or the result breaks its own laws.
    """
    if cleared.case_digest != case.digest():
        raise CertificateFailed(f"case {case.name!r}: the statement of the clearing is one of another case")
    told = delivered(case, meters, readings, events)
    finer = case.policy.money_decimals - READ_DECIMALS - _WH_DECIMALS
    subject = Subject(
        act=ACT,
        basis=(("clearing", cleared.digest), ("events", _events(events)), ("readings", _readings(readings, events))),
        assets=(Asset(id=case.currency, kind="money", decimals=case.policy.money_decimals),),
        divisors=(10 ** max(-finer, 0),),
        starts=case.horizon.starts,
        step_seconds=case.horizon.step_seconds,
        operator=case.policy.operator,
        case_name=case.name,
        case_digest=cleared.case_digest,
        outcome_digest=cleared.outcome_digest,
    )
    statement = statement_of(subject, _claims(case, meters, told, 10 ** max(finer, 0)))
    certificate = audit_response(case, cleared, meters, readings, events, statement)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"case {case.name!r}: the events break their laws and were refused: {said}")
    return statement


def _events(events: Sequence[MeasuredEvent]) -> str:
    """SHA-256 of events, whatever their order."""
    rows = [asdict(event) | {"declared_wh": sorted(event.declared_wh.items())} for event in events]
    content = ["c4e-opt measured events 1", *sorted(rows, key=lambda row: row["id"])]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _readings(readings: Readings, events: Sequence[MeasuredEvent]) -> str:
    """SHA-256 of the readings that count of all meters with events, whatever their order."""
    meters = {event.meter for event in events}
    rows = [
        [name, start, energy]
        for name, taken in sorted(_taken(readings).items())
        for start, energy in sorted(taken.items())
        if name in meters
    ]
    return sha256(json.dumps(["c4e-opt taken 1", *rows]).encode()).hexdigest()


def _claims(case: Case, meters: Sequence[Meter], told: Sequence[Delivered], finer: int) -> Claims:
    """What the operator gives for every event and step."""
    meter = {each.id: each for each in meters}
    rows: list[tuple[str, str, str, int, int]] = []
    for each in told:
        mine, event = meter[each.event.meter], each.event
        reward, penalty = read(np.array([event.reward_per_mwh, event.penalty_per_mwh], dtype=np.float64)).tolist()
        steps = np.searchsorted(case.horizon.starts, each.baseline.starts, side="right") - 1
        amounts: dict[int, int] = defaultdict(int)
        for step, less, short in zip(steps.tolist(), each.delivered_wh, each.missing_wh, strict=True):
            amounts[step] += (less * reward - short * penalty) * finer
        rows += [(mine.party, f"{mine.component}/{event.id}", mine.bus, step, n) for step, n in amounts.items()]
    rows = [row for row in rows if row[-1] and row[0] != case.policy.operator]
    party, component, bus, step, exact = zip(*rows, strict=True) if rows else ((),) * 5
    count, none = len(rows), np.zeros(len(rows), dtype=np.int64)
    return Claims(
        giver=np.full(count, case.policy.operator),
        receiver=np.array(party, dtype=np.str_),
        component=np.array(component, dtype=np.str_),
        bus=np.array(bus, dtype=np.str_),
        gives=np.full(count, Purpose.DEMAND_RESPONSE.value),
        receives=np.full(count, Purpose.DEMAND_RESPONSE.value),
        asset=none,
        step=np.array(step, dtype=np.int64),
        exact=np.array(exact, dtype=object),
        energy=none,
        price=none,
    )


def _check(case: Case, meters: Sequence[Meter], events: Sequence[MeasuredEvent]) -> Iterator[Issue]:
    known = {meter.id: meter for meter in meters}
    owners = owners_of(case)
    planned = {
        f"{kind}/{record.id}"
        for kind, records in case.components.items()
        for record in records
        if getattr(record, "events", ())
    }
    yield from duplicates("events", [event.id for event in events])
    for place, event in enumerate(events):
        where = f"events[{place}]"
        meter = known.get(event.meter)
        if meter is None:
            yield unknown(f"{where}.meter", "unknown_reference", "meter", event.meter, known)
            continue
        if owners.get(meter.component) != meter.party:
            yield Issue(f"{where}.meter", "conflict", "measures no single component of its party; name the component")
        if meter.component in planned:
            told = f"{meter.component!r} has events in the case, which the clearing settles; drop them there or here"
            yield Issue(f"{where}.meter", "conflict", told)
        inside = case.horizon.start <= event.begin < event.end <= case.horizon.end
        if not inside or any((m - case.horizon.start) % meter.seconds for m in (event.begin, event.end)):
            told = f"an event lies within the horizon and consists of whole intervals of {meter.seconds} s"
            yield Issue(f"{where}.begin", "horizon", told)
        if np.any(case.horizon.step_seconds % meter.seconds):
            yield Issue(f"{where}.meter", "step", "has intervals that do not lie within steps; use a finer meter")
        for name in ("committed_mw", "reward_per_mwh", "penalty_per_mwh"):
            if not 0 <= getattr(event, name) < math.inf:
                yield Issue(f"{where}.{name}", "range", f"is {getattr(event, name):g}; it must be 0 or more")
        yield from check_method(f"{where}.method", event.method)
