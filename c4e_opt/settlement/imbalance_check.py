"""The check of imbalances: everything recomputed from readings, clearing and prices, interval by interval.

It shares no step with `metering` and `imbalance`: it walks readings and lines one by one, in Python's own integers, and
forms the imbalance from both sides, contracts included.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate, Outcome, Residual
from c4e_opt.settlement.measurement import Measurement
from c4e_opt.settlement.statement import Statement

_READ_DECIMALS = 9
_GRID = 10**_READ_DECIMALS
_OWED = 5  # minor units that a claim may be off over time

_Net = tuple[str, str]  # party that is responsible, area
_Place = tuple[str, str]  # party, bus


@dataclass(slots=True)
class _Law:
    """The worst place of one law so far."""

    name: str
    unit: str
    tolerance: float
    largest: float = 0.0
    where: str = ""

    def see(self, off: Any, where: Any) -> None:
        """Remember the worst."""
        if off > self.largest:
            self.largest, self.where = float(off), str(where)

    def count(self, where: Any) -> None:
        """One more; the first place stands."""
        self.where = self.where or str(where)
        self.largest += 1


_Title = tuple[str, str, str, str]  # purpose, party, component, bus
_Claim = tuple[int, int]  # energy, price in 1e-9


def audit_imbalance(
    case: Case, outcome: Outcome, cleared: Statement, measurement: Measurement, statement: Statement
) -> Certificate:
    """Check a statement of imbalances against everything that it was made from.

    Laws: `settles_this` (act, digests, operator, assets, steps), `lines` (nobody but those with an imbalance or an
    activation, nothing twice), `imbalance_energy` (against readings and clearing), `price`, `amount` (floor or ceiling
    of price times energy), `rounding` (money of a step as a whole to the nearest unit, and of everybody over time),
    `operator` (the other side of everything), `money_balance` and `energy_balance` per step.
    Not checked: whose money was rounded up within a step.

    Args:
        case: The case.
        outcome: Its answer.
        cleared: The statement of its clearing.
        measurement: What was metered, and by which rules.
        statement: What `imbalance` made of it, or somebody else.

    Returns:
        The certificate; wrong lines are findings, not exceptions.
    """
    claims = _claims(case, outcome, cleared, measurement)
    laws = [_settles_this(case, outcome, cleared, measurement, statement), *_against(case, claims, statement)]
    return Certificate(
        residuals=tuple(
            Residual(law=law.name, largest=law.largest, unit=law.unit, tolerance=law.tolerance, where=law.where)
            for law in laws
        )
    )


def _settles_this(
    case: Case, outcome: Outcome, cleared: Statement, measurement: Measurement, statement: Statement
) -> _Law:
    law = _Law("settles_this", "differences", 0.0)
    basis = dict(statement.basis)
    money = (case.currency, "money", case.policy.money_decimals)
    energies = [(c, "energy", case.policy.energy_decimals) for c in sorted({bus.carrier for bus in case.buses})]
    pairs = {
        "act": (statement.act, "imbalance"),
        "case": (statement.case_digest, case.digest()),
        "outcome": (statement.outcome_digest, outcome.digest),
        "clearing": (basis.get("clearing"), cleared.digest),
        "rules": (basis.get("rules"), measurement.rules.digest),
        "run": (basis.get("run"), measurement.run.digest),
        "activations": (basis.get("activations"), measurement.activations_digest),
        "readings": ("readings" in basis, True),
        "operator": (statement.operator, case.policy.operator),
        "assets": ([(a.id, a.kind, a.decimals) for a in statement.assets], [money, *energies]),
        "steps": (statement.starts.tolist(), case.horizon.starts.tolist()),
    }
    wrong = [name for name, (has, should) in pairs.items() if has != should]
    law.see(len(wrong), " ".join(wrong))
    return law


def _claims(
    case: Case, outcome: Outcome, cleared: Statement, measurement: Measurement
) -> dict[_Title, dict[int, _Claim]]:
    """What everybody may claim, by purpose, party, component and bus, and by step."""
    rules, operator = measurement.rules, case.policy.operator
    wh = 10 ** (case.policy.energy_decimals - 6)
    owner = {
        f"{kind}/{each.id}": getattr(each, "owner", "") or operator
        for kind, components in case.components.items()
        for each in components
    }
    for name, place in zip(case.orders.id.tolist(), case.orders.party.tolist(), strict=True):
        owner[f"order/{name}"] = case.parties[int(place)].id
    starts = case.horizon.starts.tolist()
    off: dict[_Net, list[int]] = defaultdict(lambda: [0] * case.horizon.steps)

    def count(rows: dict[_Place, list[int]], sign: int) -> None:
        for (party, bus), energies in rows.items():
            whole = off[rules.balance_groups.get(party, party), rules.areas.get(bus, bus)]
            for step, energy in enumerate(energies):
                whole[step] += sign * energy

    position, nominated, planned = _positions(cleared)
    count(_actual(case, measurement, planned), 1)
    count(nominated, 1)
    count(position, -1)
    claims: dict[_Title, dict[int, _Claim]] = defaultdict(dict)
    for call in measurement.activations:
        party, step, energy = owner[call.component], starts.index(call.start), call.energy_wh * wh
        off[rules.balance_groups.get(party, party), rules.areas.get(call.bus, call.bus)][step] -= energy
        known = claims["activation", party, call.component, call.bus]
        known[step] = known.get(step, (0, 0))[0] + energy, _read(call.price_per_mwh)
    areas: dict[str, list[int]] = defaultdict(lambda: [0] * case.horizon.steps)
    for (_, area), energies in off.items():
        areas[area] = [one + more for one, more in zip(areas[area], energies, strict=True)]
    for (party, area), energies in off.items():
        if any(energies):
            short, long = _prices(case, outcome, measurement, area, areas[area])
            claims["imbalance", party, "", area] = {
                step: (energy, long[step] if energy > 0 else short[step])
                for step, energy in enumerate(energies)
                if energy
            }
    return claims


def _prices(
    case: Case, outcome: Outcome, measurement: Measurement, area: str, whole: list[int]
) -> tuple[list[int], list[int]]:
    """Prices of an area for what is missing and what is too much, 1e-9 of the currency per MWh."""
    rules = measurement.rules
    if rules.price == "given":
        short = [_read(each) for each in rules.short_per_mwh[area]]
        return short, [_read(each) for each in rules.long_per_mwh[area]] if area in rules.long_per_mwh else short
    row = [bus.id for bus in case.buses].index(area)
    spot = [_read(each) for each in outcome.price_table.values("price_eur_per_mwh")[row].tolist()]
    more = _read(rules.component_per_mwh)
    if rules.price == "dual":
        return [each + more for each in spot], [each - more for each in spot]
    single = [each + more * ((left < 0) - (left > 0)) for each, left in zip(spot, whole, strict=True)]
    return single, single


def _read(number: float) -> int:
    """A price in whole 1e-9, halves to even."""
    return round(float(number) * _GRID)


def _positions(
    cleared: Statement,
) -> tuple[dict[_Place, list[int]], dict[_Place, list[int]], dict[tuple[str, str, str], list[int]]]:
    """By party, bus and step: all energy of the clearing, that of contracts; and by component what else is planned."""
    steps, where = cleared.starts.size, cleared.positions
    titles: list[Any] = list(zip(where.party.tolist(), where.component.tolist(), where.bus.tolist(), strict=True))
    rows: list[list[int]] = [[0] * steps for _ in titles]
    carriers = [asset.kind == "energy" for asset in cleared.assets]
    columns = (cleared.position.tolist(), cleared.step.tolist(), cleared.asset.tolist(), cleared.amount.tolist())
    for at, step, asset, amount in zip(*columns, strict=True):
        if carriers[asset]:
            rows[at][step] -= amount  # who puts energy into the bus gives it
    position: dict[_Place, list[int]] = defaultdict(lambda: [0] * steps)
    nominated: dict[_Place, list[int]] = defaultdict(lambda: [0] * steps)
    planned: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * steps)
    for (party, component, bus), row in zip(titles, rows, strict=True):
        if not component:
            continue  # what rounding left over was never anybody's schedule
        physical = component.split("/")[0] != "contract"
        _add(position[party, bus], row)
        _add(planned[party, component, bus] if physical else nominated[party, bus], row)
    return position, nominated, planned


def _add(total: list[int], row: list[int]) -> None:
    for step, energy in enumerate(row):
        total[step] += energy


def _actual(
    case: Case, measurement: Measurement, planned: dict[tuple[str, str, str], list[int]]
) -> dict[_Place, list[int]]:
    """What everybody put into buses: as metered, and as planned where nobody metered."""
    meters = {(m.party, m.bus, m.component): m for m in measurement.meters}
    plans = {m.id: [0] * case.horizon.steps for m in measurement.meters}
    actual: dict[_Place, list[int]] = defaultdict(lambda: [0] * case.horizon.steps)
    for (party, component, bus), row in planned.items():
        meter = meters.get((party, bus, component)) or meters.get((party, bus, ""))
        _add(actual[party, bus] if meter is None else plans[meter.id], row)
    versions: dict[str, dict[int, tuple[int, int]]] = {m.id: {} for m in measurement.meters}
    readings, until = measurement.readings, measurement.run.until
    columns = (readings.meter, readings.start, readings.version, readings.energy_wh, readings.received)
    rows: Any = zip(*(column.tolist() for column in columns), strict=True)
    for name, start, version, energy, received in rows:
        if until is None or received <= until:
            told = versions[name]
            if start not in told or told[start] < (version, energy):
                told[start] = (version, energy)
    for meter in measurement.meters:
        told = {start: energy for start, (_, energy) in versions[meter.id].items()}
        _add(actual[meter.party, meter.bus], _metered(case, meter, told, plans[meter.id]))
    return actual


def _metered(case: Case, meter: Any, told: dict[int, int], plan: list[int]) -> list[int]:
    """Energy of one meter in every step, walking its intervals from the begin of the horizon."""
    starts, ends = case.horizon.starts.tolist(), case.horizon.ends.tolist()
    wh = 10 ** (case.policy.energy_decimals - 6)
    total, moments = [0] * len(starts), sorted(told)
    begin, step = case.horizon.start, 0
    while begin < case.horizon.end:
        end = begin + meter.seconds
        if ends[step] <= begin:
            step += 1
        if end <= ends[step]:
            energy = told[begin] * wh if begin in told else _stand_in(case, meter, told, moments, begin)
            if energy is None:
                parts, nth = (ends[step] - starts[step]) // meter.seconds, (begin - starts[step]) // meter.seconds
                energy = plan[step] // parts + (nth < plan[step] % parts)
            total[step] += energy
        else:
            last = step
            while ends[last] < end:
                last += 1
            energy = told[begin] * wh if begin in told else _stand_in(case, meter, told, moments, begin)
            steps = range(step, last + 1)
            if energy is None:
                energy = sum(plan[each] for each in steps)
            for each, part in zip(steps, _shares(energy, plan[step : last + 1], case, step), strict=True):
                total[each] += part
        begin = end
    return total


def _stand_in(case: Case, meter: Any, told: dict[int, int], moments: list[int], begin: int) -> int | None:
    """What stands for a missing reading, minor units; None for the schedule."""
    wh = 10 ** (case.policy.energy_decimals - 6)
    for rule in meter.substitutes:
        if rule == "zero":
            return 0
        if rule == "schedule":
            return None
        if rule == "last_week":
            zone = ZoneInfo(case.horizon.time_zone)
            before = int((datetime.fromtimestamp(begin, zone) - timedelta(days=7)).timestamp())
            if before in told:
                return told[before] * wh
        if rule == "linear":
            at = bisect_left(moments, begin)
            if 0 < at < len(moments):
                low, high = moments[at - 1], moments[at]
                if high - low - meter.seconds <= meter.gap_seconds:
                    slope = Fraction(told[high] - told[low], high - low)
                    line = told[low] + slope * (begin - low)
                    return int((line + Fraction(1, 2)) // 1) * wh
    return None


def _shares(energy: int, plan: list[int], case: Case, first: int) -> list[int]:
    """An energy over steps by the shape of a plan, to whole units."""
    lasting = case.horizon.step_seconds[first : first + len(plan)].tolist()
    if any(plan) and (min(plan) >= 0 or max(plan) <= 0):
        exact = [Fraction(energy * each, sum(plan)) for each in plan]
    else:
        exact = [
            each + Fraction((energy - sum(plan)) * seconds, sum(lasting))
            for each, seconds in zip(plan, lasting, strict=True)
        ]
    parts = [each.numerator // each.denominator for each in exact]
    first_to_last = sorted(range(len(plan)), key=lambda n: (parts[n] - exact[n], n))
    for n in first_to_last[: energy - sum(parts)]:
        parts[n] += 1
    return parts


def _against(case: Case, claims: dict[_Title, dict[int, _Claim]], statement: Statement) -> Iterator[_Law]:
    """Every line against what may be claimed, and every sum."""
    lines = _Law("lines", "lines", 0.0)
    energy, price = _Law("imbalance_energy", "minor units", 0.0), _Law("price", "1e-9 of the currency/MWh", 0.0)
    amount, sides = _Law("amount", "minor units", 0.0), _Law("operator", "minor units", 0.0)
    money_sum, energy_sum = _Law("money_balance", "minor units", 0.0), _Law("energy_balance", "minor units", 0.0)
    operator, carrier = case.policy.operator, {bus.id: bus.carrier for bus in case.buses}
    finer = case.policy.money_decimals - _READ_DECIMALS - case.policy.energy_decimals
    more, per = 10 ** max(finer, 0), 10 ** max(-finer, 0)
    facing = _facing(claims, operator)
    names, where = [asset.id for asset in statement.assets], statement.positions
    labels = (where.purpose, where.party, where.component, where.bus)
    titles: list[Any] = list(zip(*(each.tolist() for each in labels), strict=True))
    columns = (statement.position, statement.step, statement.asset, statement.energy, statement.price, statement.amount)
    sums: dict[tuple[int, int], int] = defaultdict(int)
    opposite: dict[Any, int] = defaultdict(int)
    met: dict[tuple[_Title, int], dict[int, int]] = {}
    rows: Any = zip(*(column.tolist() for column in columns), strict=True)
    for at, step, asset, put, paid, got in rows:
        title = titles[at]
        purpose, party, component, bus = title
        sums[asset, step] += got
        opposite[purpose, component, bus, step, asset] += got
        if party == operator:
            given, common = facing.get((purpose, component, bus), {}).get(step, (0, 0))
            given, common = (-got, 0) if asset else (given, common)
            sides.see(abs(put - given) + abs(paid - common), (title, step))
            continue
        told = met.setdefault((title, step), {})
        claim = claims.get(title, {}).get(step)
        if claim is None or asset in told or (asset and names[asset] != carrier.get(bus)):
            lines.count((title, step))
            continue
        told[asset] = got
        energy.see(abs(put - claim[0]) + (abs(got + claim[0]) if asset else 0), (title, step))
        price.see(abs(paid - (0 if asset else claim[1])), (title, step))
    yield from (lines, energy, price, sides)
    rounding = _Law("rounding", "minor units", 0.0)
    whole: dict[int, int] = defaultdict(int)
    for title, steps in claims.items():
        drift, place = 0, names.index(carrier[title[3]])
        for step in sorted(steps) if title[1] != operator else ():  # what the operator owes itself is on no line
            put, paid = steps[step]
            told = met.get((title, step), {})
            energy.see(abs(told.get(place, 0) + put), (title, step))
            off = told.get(0, 0) * per - put * paid * more
            amount.see(abs(off) // per if per > 1 else abs(off), (title, step))
            drift, whole[step] = drift + off, whole[step] + off
            rounding.see(max(abs(drift) - _OWED * per, 0) / per, (title, step))
    for step, off in whole.items():
        rounding.see(max(2 * abs(off) - per, 0) / (2 * per) if per > 1 else abs(off), f"step {step}")
    for thing, left in opposite.items():
        sides.see(abs(left), thing)
    for (asset, step), total in sums.items():
        (energy_sum if asset else money_sum).see(abs(total), (names[asset], step))
    yield from (amount, rounding, money_sum, energy_sum)


def _facing(claims: dict[_Title, dict[int, _Claim]], operator: str) -> dict[Any, dict[int, _Claim]]:
    """Energy and price on the operator's side of everything: neither where others have different prices."""
    facing: dict[Any, dict[int, _Claim]] = defaultdict(dict)
    different: set[Any] = set()
    for (purpose, party, component, bus), steps in claims.items():
        thing = (purpose, component, bus)
        for step, (energy, price) in steps.items() if party != operator else ():
            total, common = facing[thing].get(step, (0, price))
            facing[thing][step] = (total - energy, common)
            if price != common:
                different.add((thing, step))
    for thing, step in different:
        facing[thing][step] = (0, 0)
    return facing
