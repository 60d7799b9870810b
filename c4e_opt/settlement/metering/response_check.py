"""The check of measured demand response: baselines and payments found again from the readings alone.

It shares no step with `baseline` and `response`: days are walked by the calendar, means are fractions of whole sums.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.metering.readings import Meter, Readings
from c4e_opt.settlement.statement import Statement

_HALF = Fraction(1, 2)


def audit_response(
    case: Case,
    cleared: Statement,
    meters: Sequence[Meter],
    readings: Readings,
    events: Sequence[Any],
    statement: Statement,
) -> Certificate:
    """Check a statement of measured events against the readings.

    Laws: `settles_this` (act, digests, operator, asset, steps), `amount` (every line less than a minor unit from
    what it should be, none missing, none besides), `other_side` (the operator's) and `money_balance` per step.

    Args:
        case: The case.
        cleared: The statement of its clearing.
        meters: The meters.
        readings: Their readings.
        events: The events, as `response.MeasuredEvent`.
        statement: What `respond` made of it, or somebody else.

    Returns:
        The certificate; wrong lines are findings, not exceptions.
    """
    settles, amount = Law("settles_this", "differences"), Law("amount", "minor units")
    other, balance = Law("other_side", "minor units"), Law("money_balance", "minor units")
    load = _load(readings)
    pairs = {
        "act": (statement.act, "demand_response"),
        "case": (statement.case_digest, case.digest()),
        "outcome": (statement.outcome_digest, cleared.outcome_digest),
        "basis": (dict(statement.basis), _basis(cleared, load, events)),
        "operator": (statement.operator, case.policy.operator),
        "asset": ([(a.id, a.decimals) for a in statement.assets], [(case.currency, case.policy.money_decimals)]),
        "steps": (statement.starts.tolist(), case.horizon.starts.tolist()),
    }
    wrong = [name for name, (has, should) in pairs.items() if has != should]
    settles.see(len(wrong), " ".join(wrong))
    should = _owed(case, {meter.id: meter for meter in meters}, load, events)
    got: dict[Any, int] = defaultdict(int)
    sides: dict[Any, int] = defaultdict(int)
    sums: dict[int, int] = defaultdict(int)
    for line in statement.lines():
        sums[line.step] += line.amount
        sides[line.component, line.bus, line.step] += line.amount
        amount.see(abs(line.energy) + abs(line.price) + (line.purpose != "demand_response"), line)
        if line.party != case.policy.operator:
            got[line.party, line.component, line.bus, line.step] += line.amount
    unit = 10**case.policy.money_decimals
    for key in {*got, *should}:
        off = abs(got.get(key, 0) - should.get(key, Fraction(0)) * unit)
        amount.see(off if off >= 1 else 0, key)
    for thing, left in sides.items():
        other.see(abs(left), thing)
    for step, left in sums.items():
        balance.see(abs(left), step)
    laws = (settles, amount, other, balance)
    return Certificate(residuals=tuple(law.residual() for law in laws))


def _load(readings: Readings) -> dict[tuple[str, int], int]:
    """What was taken, Wh by meter and begin of the interval; the highest version counts."""
    versions: dict[tuple[str, int], tuple[int, int]] = {}
    columns = (readings.meter, readings.start, readings.version, readings.energy_wh)
    rows: Any = zip(*(column.tolist() for column in columns), strict=True)
    for name, start, version, energy in rows:
        versions[name, start] = max(versions.get((name, start), (-1, 0)), (version, energy))
    return {key: -energy for key, (_, energy) in versions.items()}


def _basis(cleared: Statement, load: dict[tuple[str, int], int], events: Sequence[Any]) -> dict[str, str]:
    """What counts besides the case, as `response` defines it."""

    def digest(*content: Any) -> str:
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    plain: list[Any] = []
    for event in sorted(events, key=lambda each: each.id):
        fields = {name: getattr(event, name) for name in event.__slots__}
        fields["method"] = {name: getattr(event.method, name) for name in event.method.__slots__}
        plain.append(fields | {"declared_wh": sorted(event.declared_wh.items())})
    named = {event.meter for event in events}
    rows = [[name, start, load[name, start]] for name, start in sorted(load) if name in named]
    events_digest, readings_digest = digest("c4e-opt measured events 1", *plain), digest("c4e-opt taken 1", *rows)
    return {"clearing": cleared.digest, "events": events_digest, "readings": readings_digest}


def _owed(
    case: Case, meters: dict[str, Meter], load: dict[tuple[str, int], int], events: Sequence[Any]
) -> dict[Any, Fraction]:
    """What everybody but the operator should get, in the currency, by party, component, bus and step."""
    owed: dict[Any, Fraction] = defaultdict(Fraction)
    ends = case.horizon.ends.tolist()
    for event in events:
        meter = meters[event.meter]
        if meter.party == case.policy.operator:
            continue
        mine = {start: energy for (name, start), energy in load.items() if name == meter.id}
        line = _baseline(mine, meter.seconds, event, [e for e in events if e.meter == meter.id], case)
        limit = round(Fraction(event.committed_mw) * 1_000_000 * meter.seconds / 3600)
        reward, penalty = (Fraction(round(p * 10**9), 10**9) for p in (event.reward_per_mwh, event.penalty_per_mwh))
        for n, usual in enumerate(line):
            start = event.begin + n * meter.seconds
            less = max(0, min(limit, usual - mine[start]))
            step = next(k for k, end in enumerate(ends) if start < end)
            key = (meter.party, f"{meter.component}/{event.id}", meter.bus, step)
            owed[key] += (reward * less - penalty * (limit - less)) / 1_000_000
    return owed


def _baseline(mine: dict[int, int], seconds: int, event: Any, same: Sequence[Any], case: Case) -> list[int]:
    """The baseline of an event, Wh by interval."""
    how, zone = event.method, ZoneInfo(case.horizon.time_zone)
    count = (event.end - event.begin) // seconds
    times = [event.begin + n * seconds for n in range(count)]
    if how.method == "schedule":
        return [event.declared_wh[start] for start in times]
    many = how.window_hours * 3600 // seconds
    if how.method.startswith("before"):
        around = [mine[event.begin - (n + 1) * seconds] for n in range(many)]
        if how.method == "before_after":
            around += [mine[event.end + n * seconds] for n in range(many)]
        return [int((Fraction(sum(around), len(around)) + _HALF) // 1)] * count

    def then(start: int, days: int) -> int:
        return int((datetime.fromtimestamp(start, zone) - timedelta(days=days)).timestamp())

    def works(moment: int) -> bool:
        day = datetime.fromtimestamp(moment, zone)
        return day.isoweekday() <= 5 and str(day.date()) not in how.holidays

    taboo = set[str]()
    for other in same:
        if other.id != event.id:
            taboo |= {str(datetime.fromtimestamp(m, zone).date()) for m in range(other.begin, other.end, seconds)}
    lead = [event.begin - how.gap_hours * 3600 - (n + 1) * seconds for n in range(many)]
    lead = [] if how.adjustment == "none" else lead
    days: list[int] = []
    back = 0
    while len(days) < how.days:
        back += 1
        moment = then(event.begin, back)
        if str(datetime.fromtimestamp(moment, zone).date()) in taboo or works(moment) != works(event.begin):
            continue
        if all(then(start, back) in mine for start in times + lead):
            days.append(back)
    days.sort(key=lambda n: (-sum(mine[then(start, n)] for start in times), n))
    days = days[: how.high]
    line = [Fraction(sum(mine[then(start, n)] for n in days), len(days)) for start in times]
    if lead:
        now = Fraction(sum(mine[start] for start in lead))
        usual = Fraction(sum(mine[then(start, n)] for n in days for start in lead), len(days))
        cap = Fraction(str(how.cap_percent)) / 100
        if how.adjustment == "ratio":
            line = [each * (sorted((1 - cap, now / usual, 1 + cap))[1] if usual > 0 else 1) for each in line]
        else:
            most = cap * abs(sum(line)) / count
            more = sorted((-most, (now - usual) / many, most))[1]
            line = [each + more for each in line]
    return [max(int((each + _HALF) // 1), 0) for each in line]
