"""The check of imbalances: everything recomputed from readings, clearing and prices, interval by interval.

It shares no step with `metering` and `imbalance`: it walks readings and lines one by one, in Python's own integers, and
forms the imbalance from both sides, contracts included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, cast

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate, Outcome
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.metering.measurement import Measurement
from c4e_opt.settlement.metering.meter_check import Versions, digest_of, metered_by, versions_of
from c4e_opt.settlement.statement import Statement

_READ_DECIMALS = 9
_GRID = 10**_READ_DECIMALS
_OWED = 5  # minor units that a claim may be off over time

_Net = tuple[str, str]  # party that is responsible, area
_Place = tuple[str, str]  # party, bus


_Title = tuple[str, str, str, str]  # purpose, party, component, bus
_Row = tuple[int, int, int, int, int, int]  # position, step, asset, energy, price, amount
_Claim = tuple[int, int]  # energy, price in 1e-9
_Thing = tuple[str, str, str]  # purpose, component, bus
_Met = dict[tuple[int, int], int]  # amounts by step and asset


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
    versions = versions_of(measurement)
    claims = _claims(case, outcome, cleared, measurement, versions)
    settles = _settles_this(case, outcome, cleared, measurement, statement)
    if dict(statement.basis).get("readings") != digest_of(measurement, versions):
        settles.count("readings")
    laws = [settles, *_against(case, claims, statement)]
    return Certificate(residuals=tuple(law.residual() for law in laws))


def _settles_this(
    case: Case, outcome: Outcome, cleared: Statement, measurement: Measurement, statement: Statement
) -> Law:
    law = Law("settles_this", "differences", 0.0)
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
        "operator": (statement.operator, case.policy.operator),
        "assets": ([(a.id, a.kind, a.decimals) for a in statement.assets], [money, *energies]),
        "steps": (statement.starts.tolist(), case.horizon.starts.tolist()),
    }
    wrong = [name for name, (has, should) in pairs.items() if has != should]
    law.see(len(wrong), " ".join(wrong))
    return law


def _claims(
    case: Case, outcome: Outcome, cleared: Statement, measurement: Measurement, versions: Versions
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
    count(_actual(case, measurement, planned, versions), 1)
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
    case: Case, measurement: Measurement, planned: dict[tuple[str, str, str], list[int]], versions: Versions
) -> dict[_Place, list[int]]:
    """What everybody put into buses: as metered, and as planned where nobody metered."""
    meters = {(m.party, m.bus, m.component): m for m in measurement.meters}
    plans = {m.id: [0] * case.horizon.steps for m in measurement.meters}
    actual: dict[_Place, list[int]] = defaultdict(lambda: [0] * case.horizon.steps)
    for (party, component, bus), row in planned.items():
        meter = meters.get((party, bus, component)) or meters.get((party, bus, ""))
        _add(actual[party, bus] if meter is None else plans[meter.id], row)
    for meter in measurement.meters:
        told = {start: energy for start, (_, energy) in versions[meter.id].items()}
        _add(actual[meter.party, meter.bus], metered_by(case, meter, told, plans[meter.id]))
    return actual


def _against(case: Case, claims: dict[_Title, dict[int, _Claim]], statement: Statement) -> Iterator[Law]:
    """Every line against what may be claimed, and every sum."""
    lines, sides = Law("lines", "lines", 0.0), Law("operator", "minor units", 0.0)
    energy, price = Law("imbalance_energy", "minor units", 0.0), Law("price", "1e-9 of the currency/MWh", 0.0)
    money_sum, energy_sum = Law("money_balance", "minor units", 0.0), Law("energy_balance", "minor units", 0.0)
    operator, carrier = case.policy.operator, {bus.id: bus.carrier for bus in case.buses}
    facing = _facing(claims, operator)
    names, where = [asset.id for asset in statement.assets], statement.positions
    labels: Any = zip(
        *(each.tolist() for each in (where.purpose, where.party, where.component, where.bus)), strict=True
    )
    titles: list[_Title] = list(labels)
    met: dict[_Title, _Met] = {title: {} for title in titles}
    opposite: dict[_Thing, dict[tuple[int, int], int]] = {(t[0], *t[2:]): defaultdict(int) for t in titles}
    known: list[tuple[_Title, _Met, dict[tuple[int, int], int], dict[int, _Claim]]] = [
        (t, met[t], opposite[t[0], *t[2:]], facing.get((t[0], *t[2:]), {}) if t[1] == operator else claims.get(t, {}))
        for t in titles
    ]
    own = [names.index(carrier[t[3]]) if carrier.get(t[3]) in names else 0 for t in titles]
    sums: dict[tuple[int, int], int] = defaultdict(int)
    columns = (statement.position, statement.step, statement.asset, statement.energy, statement.price, statement.amount)
    rows = cast("Iterator[_Row]", zip(*(column.tolist() for column in columns), strict=True))
    for at, step, asset, put, paid, got in rows:
        title, told, other, claim_of = known[at]
        cell = (step, asset)
        sums[cell] += got
        other[cell] += got
        claim = claim_of.get(step)
        if title[1] == operator:
            given, common = (-got, 0) if asset else claim or (0, 0)
            if put != given or paid != common:
                sides.see(abs(put - given) + abs(paid - common), (title, step))
        elif claim is None or cell in told or (asset and asset != own[at]):
            lines.count((title, step))
        else:
            told[cell] = got
            if put != claim[0] or (asset and got != -claim[0]):
                energy.see(abs(put - claim[0]) + abs(got + claim[0]), (title, step))
            if paid != (0 if asset else claim[1]):
                price.see(abs(paid - (0 if asset else claim[1])), (title, step))
    places = {bus: names.index(form) if form in names else 0 for bus, form in carrier.items()}
    yield from _amounts(case, claims, met, places, energy)
    for thing, cells in opposite.items():
        for cell, left in cells.items():
            if left:
                sides.see(abs(left), (thing, cell))
    for (step, asset), total in sums.items():
        (energy_sum if asset else money_sum).see(abs(total), (names[asset], step))
    yield from (lines, energy, price, sides, money_sum, energy_sum)


def _amounts(
    case: Case,
    claims: dict[_Title, dict[int, _Claim]],
    met: dict[_Title, _Met],
    places: dict[str, int],
    energy: Law,
) -> Iterator[Law]:
    """Amounts of money against exact ones, one by one, over time and by step; and that no energy is missing."""
    amount, rounding = Law("amount", "minor units", 0.0), Law("rounding", "minor units", 0.0)
    finer = case.policy.money_decimals - _READ_DECIMALS - case.policy.energy_decimals
    more, per = 10 ** max(finer, 0), 10 ** max(-finer, 0)
    whole: dict[int, int] = defaultdict(int)
    for title, steps in claims.items():
        told, place, drift = met.get(title, {}), places[title[3]], 0
        for step in sorted(steps) if title[1] != case.policy.operator else ():  # it owes itself nothing
            put, paid = steps[step]
            if told.get((step, place), 0) != -put:
                energy.see(abs(told.get((step, place), 0) + put), (title, step))
            off = told.get((step, 0), 0) * per - put * paid * more
            if abs(off) >= per:
                amount.see(abs(off) // per if off else 0, (title, step))
            drift, whole[step] = drift + off, whole[step] + off
            if abs(drift) > _OWED * per:
                rounding.see((abs(drift) - _OWED * per) / per, (title, step))
    for step, off in whole.items():
        rounding.see(max(2 * abs(off) - per, 0) / (2 * per) if per > 1 else abs(off), f"step {step}")
    yield from (amount, rounding)


def _facing(claims: dict[_Title, dict[int, _Claim]], operator: str) -> dict[_Thing, dict[int, _Claim]]:
    """Energy and price on the operator's side of everything: neither where others have different prices."""
    facing: dict[_Thing, dict[int, _Claim]] = defaultdict(dict)
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
