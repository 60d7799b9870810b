"""The audit of a community's statement: keys, prices and amounts recomputed from rules, readings and tariffs alone.

It shares no step with `community` and `sharing_keys`: plain loops over members and periods, exact whole numbers and
fractions, and of a key only what it promises.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import lcm
from typing import Any, Protocol

from c4e_opt.outcome import Certificate
from c4e_opt.settlement.community.member_readings import MemberReadings
from c4e_opt.settlement.community.member_rules import CommunityRules
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.statement import Statement

_GRID = 10**9  # prices are read in 1e-9
_WH = 10**6  # per MWh

_Rows = list[list[int]]  # of a member, by period
_Claim = tuple[str, str, str, str, int, int, int]  # giver, receiver, component, purpose, step, energy, price
_Found = Iterator[tuple[Fraction | int, str]]  # how far off, and where


class _Tariff(Protocol):
    @property
    def import_eur_per_mwh(self) -> Any: ...
    @property
    def export_eur_per_mwh(self) -> Any: ...


class _Shared(Protocol):
    @property
    def received_wh(self) -> Any: ...
    @property
    def sent_wh(self) -> Any: ...


def audit_community(
    rules: CommunityRules,
    readings: MemberReadings,
    tariffs: Mapping[str, _Tariff],
    shared: _Shared,
    statement: Statement,
) -> Certificate:
    """Check a community's statement.

    Laws: `settles_this` (act, digests, periods), `within_readings` (nobody receives more than it takes or sends more
    than it gives), `energy_balance` (what is received is sent, in every period), `sharing_key` (what the key promises,
    to the Wh), `sent_by_what_is_given`, `amount` (price times energy to less than one minor unit per claim),
    `energy_and_price` of lines, `component_balance` and `money_balance` (sums to zero in every period).
    Not checked: whose amount was rounded up.

    Args:
        rules: The rules.
        readings: What meters say.
        tariffs: What suppliers ask and pay.
        shared: What members receive and send, (member, period) in the order of members.
        statement: What `settle_community` made of it, or somebody else.

    Returns:
        The certificate; wrong lines and sums are findings, not exceptions.
    """
    taken, given = _by_period(rules, readings)
    received, sent = shared.received_wh.tolist(), shared.sent_wh.tolist()
    names = list(taken)
    steps = len(taken[names[0]])
    table = {name: (taken[name], given[name], received[n], sent[n]) for n, name in enumerate(names)}
    claims = list(_claims(rules, table, tariffs, steps))
    if any(len(row) != steps for rows in table.values() for row in rows):
        unlike = Law.of("settles_this", "differences", [(1, "periods of what is shared")])
        return Certificate(residuals=(unlike.residual(),))
    laws = (
        Law.of("settles_this", "differences", _differences(rules, readings, statement, steps)),
        Law.of("within_readings", "Wh", _within(table)),
        Law.of("energy_balance", "Wh", _balance(table, steps)),
        Law.of("sharing_key", "Wh beyond its promise", _key(rules, table, tariffs, steps)),
        Law.of("sent_by_what_is_given", "Wh beyond rounding", _sent(table, steps)),
        *_lines(statement, claims),
    )
    return Certificate(residuals=tuple(law.residual() for law in laws))


def _by_period(rules: CommunityRules, readings: MemberReadings) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Taken and given by period, one period after the other."""
    periods = [start // rules.period_seconds for start in readings.starts.tolist()]
    place = {period: n for n, period in enumerate(sorted(set(periods)))}
    found: list[dict[str, list[int]]] = []
    for rows in (readings.taken_wh.tolist(), readings.given_wh.tolist()):
        table: dict[str, list[int]] = {}
        for name, row in zip(readings.members, rows, strict=True):
            sums = [0] * len(place)
            for period, wh in zip(periods, row, strict=True):
                sums[place[period]] += wh
            table[name] = sums
        found.append(table)
    return found[0], found[1]


def _differences(rules: CommunityRules, readings: MemberReadings, statement: Statement, steps: int) -> _Found:
    basis = dict(statement.basis)
    begins = sorted({start // rules.period_seconds * rules.period_seconds for start in readings.starts.tolist()})
    pairs = {
        "act": (statement.act, "community"),
        "operator": (statement.operator, rules.community),
        "rules": (basis.get("rules"), rules.digest),
        "readings": (basis.get("readings"), readings.digest),
        "members": (list(readings.members), [member.id for member in rules.members]),
        "periods": (statement.starts.tolist(), begins),
        "period lengths": (statement.step_seconds.tolist(), [rules.period_seconds] * steps),
    }
    for name, (has, should) in pairs.items():
        yield int(has != should), name


def _within(table: dict[str, Any]) -> _Found:
    for name, (taken, given, received, sent) in table.items():
        for step, (use, feed, got, gave) in enumerate(zip(taken, given, received, sent, strict=True)):
            if not (0 <= got <= use and 0 <= gave <= feed):
                yield max(got - use, gave - feed, -got, -gave), f"{name} period {step}"


def _balance(table: dict[str, Any], steps: int) -> _Found:
    for step in range(steps):
        yield sum(row[2][step] - row[3][step] for row in table.values()), f"period {step}"


def _sent(table: dict[str, Any], steps: int) -> _Found:
    for step in range(steps):
        supply, out = (sum(row[n][step] for row in table.values()) for n in (1, 3))
        for name, (_, given, _, sent) in table.items():
            yield _beyond(sent[step] * supply - out * given[step], supply), f"{name} period {step}"


def _beyond(off: int, unit: int, most: int = 1) -> Fraction | int:
    """By how much something that should be within `most` units, both multiplied by the unit, is not."""
    return 0 if abs(off) < most * unit or not off else Fraction(abs(off), unit or 1)


def _key(rules: CommunityRules, table: dict[str, Any], tariffs: Mapping[str, _Tariff], steps: int) -> _Found:
    whole = lcm(*(member.share.denominator for member in rules.members))
    shares = {member.id: int(member.share * whole) for member in rules.members}
    if rules.sharing_key == "level":
        yield from _level(table, steps)
    for step in range(steps):
        taken = {name: row[0][step] for name, row in table.items()}
        got = {name: row[2][step] for name, row in table.items()}
        supply, demand = sum(row[1][step] for row in table.values()), sum(taken.values())
        shared = min(supply, demand)
        if rules.sharing_key != "static":
            yield shared - sum(got.values()), f"period {step}"
        if rules.sharing_key == "dynamic":
            for name, use in taken.items():
                yield _beyond(got[name] * demand - shared * use, demand), f"{name} period {step}"
        elif rules.sharing_key in ("static", "hybrid"):
            for name, size in _by_shares(rules.sharing_key, shares, whole, taken, got, supply, shared):
                yield size, f"{name} period {step}"
        elif rules.sharing_key == "least_cost":
            prices = {m.id: _grid(_at(tariffs[m.supplier].import_eur_per_mwh, step)) for m in rules.members}
            for price in set(prices.values()):
                dearer = sum(use for name, use in taken.items() if prices[name] > price)
                among = sum(use for name, use in taken.items() if prices[name] == price)
                left = min(max(shared - dearer, 0), among)
                for name, use in taken.items():
                    if prices[name] == price:
                        yield _beyond(got[name] * among - left * use, among), f"{name} period {step}"


def _by_shares(
    key: str, shares: dict[str, int], whole: int, taken: dict[str, int], got: dict[str, int], supply: int, shared: int
) -> Iterator[tuple[str, Fraction | int]]:
    """Keys static and hybrid: floor or ceiling of the share, or all that is taken; and by rest what is left of it."""
    first: dict[str, int] = {}  # Wh times `whole`
    for name, use in taken.items():
        exact = shares[name] * supply
        first[name] = min(exact, use * whole)
        yield name, max(min(exact // whole, use) - got[name], 0)
        if key == "static":
            yield name, max(got[name] + exact // -whole, 0)
    if key == "hybrid":
        fixed = sum(first.values())
        left, wanted = shared * whole - fixed, sum(taken.values()) * whole - fixed
        for name, use in taken.items():
            more = use * whole - first[name]
            off = abs((got[name] * whole - first[name]) * wanted - left * more)
            slack = (2 * wanted + len(taken) * more) * whole  # what rounding of the first round leaves to the second
            if off > slack:
                yield name, Fraction(off - slack, whole * wanted) if wanted else abs(got[name] - use)


def _level(table: dict[str, Any], steps: int) -> _Found:
    """No Wh can go from one member to another, by way of others, who is worse off even when it has it."""
    whole = {name: sum(row[0]) for name, row in table.items()}
    total = {name: sum(row[2]) for name, row in table.items()}
    onward = [1 << step for step in range(steps)]  # steps that are reached from a step
    rooms: dict[str, list[int]] = {}
    uses: dict[str, list[int]] = {}
    for name, (taken, _, received, _) in table.items():
        rooms[name] = [step for step in range(steps) if received[step] < taken[step]]
        uses[name] = [step for step in range(steps) if received[step] > 0]
        mask = sum(1 << step for step in rooms[name])
        for step in uses[name]:
            onward[step] |= mask
    for via in range(steps):
        for step in range(steps):
            if onward[step] >> via & 1:
                onward[step] |= onward[via]
    worst: list[Fraction | None] = [None] * steps
    best: list[Fraction | None] = [None] * steps
    for name in table:
        if whole[name]:
            has, spare = Fraction(total[name], whole[name]), Fraction(total[name] - 1, whole[name])
            for step in rooms[name]:
                at = worst[step]
                worst[step] = has if at is None or has < at else at
            for step in uses[name]:
                at = best[step]
                best[step] = spare if at is None or spare > at else at
    for step in range(steps):
        low = worst[step]
        for other in range(steps):
            high = best[other]
            if low is not None and high is not None and onward[step] >> other & 1 and low < high:
                yield 1, f"periods {step} and {other}"


def _claims(
    rules: CommunityRules, table: dict[str, Any], tariffs: Mapping[str, _Tariff], steps: int
) -> Iterator[_Claim]:
    """Who owes whom for how much energy at which price."""
    tariff = {
        m.supplier: tuple(
            [_grid(_at(series, step)) for step in range(steps)]
            for series in (tariffs[m.supplier].import_eur_per_mwh, tariffs[m.supplier].export_eur_per_mwh)
        )
        for m in rules.members
        if m.supplier
    }
    local = [_local(rules, [(dear[step], cheap[step]) for dear, cheap in tariff.values()]) for step in range(steps)]
    hub = f"community/{rules.community}"
    fees = [(fee.to, f"fee/{fee.id}", fee.side == "receiver", _grid(fee.eur_per_mwh)) for fee in rules.fees]
    for member in rules.members:
        who, at = member.id, f"supplier/{member.supplier}"
        for step, (taken, given, got, gave) in enumerate(zip(*table[who], strict=False)):
            yield rules.community, who, hub, "shared", step, gave - got, local[step]
            for to, fee, receiver, price in fees:
                yield to, who, fee, "community_fee", step, -got if receiver else gave, price if receiver else -price
            if member.supplier:
                dear, cheap = tariff[member.supplier]
                yield member.supplier, who, f"{at}/delivers", "supplied", step, got - taken, dear[step]
                yield member.supplier, who, f"{at}/buys", "supplied", step, given - gave, cheap[step]


def _local(rules: CommunityRules, prices: list[tuple[int, int]]) -> int:
    if rules.price_rule == "fixed":
        price = _grid(rules.fixed_eur_per_mwh)
    else:
        price = (min(dear for dear, _ in prices) + max(cheap for _, cheap in prices)) // 2
    if rules.floor_eur_per_mwh is not None:
        price = max(price, _grid(rules.floor_eur_per_mwh))
    return price if rules.cap_eur_per_mwh is None else min(price, _grid(rules.cap_eur_per_mwh))


def _at(series: Any, step: int) -> float:
    """One number of a series, or the number that it is."""
    return float(series[step]) if getattr(series, "ndim", 1) and hasattr(series, "__len__") else float(series)


def _grid(price: Fraction | float) -> int:
    """A price in 1e-9, as the books read it: halves to even."""
    return round(price * _GRID)


def _lines(statement: Statement, claims: list[_Claim]) -> Iterator[Law]:
    """Amounts, energy and price of all lines against what is owed, and the sums."""
    money = statement.assets[0]
    owed: dict[tuple[str, str, str, int], list[int]] = {}  # exact, claims, energy, price
    mixed: set[tuple[str, str, str, int]] = set()
    for giver, receiver, component, purpose, step, energy, price in claims:
        if energy and giver != receiver:
            for party, sign in ((receiver, 1), (giver, -1)):
                at = (party, component, purpose, step)
                known = owed.get(at)
                if known is None:
                    owed[at] = [sign * energy * price, 1, sign * energy, price]
                    continue
                known[0] += sign * energy * price
                known[1] += 1
                known[2] += sign * energy
                if known[3] != price:
                    mixed.add(at)
    amounts: list[tuple[Fraction | int, str]] = []
    labels: list[tuple[Fraction | int, str]] = []
    component_sums: dict[tuple[str, int], int] = defaultdict(int)
    step_sums: dict[int, int] = defaultdict(int)
    per, unit = _GRID * _WH, 10**money.decimals
    where = statement.positions
    names: list[Any] = list(
        zip(where.party.tolist(), where.component.tolist(), where.purpose.tolist(), where.bus.tolist(), strict=True)
    )
    columns = (statement.position, statement.step, statement.asset, statement.energy, statement.price, statement.amount)
    for position, step, asset, energy, price, amount in zip(*(column.tolist() for column in columns), strict=True):
        party, component, purpose, bus = names[position]
        key = (party, component, purpose, step)
        exact, count, wh, at = owed.pop(key, (0, 0, 0, 0))
        off = abs(amount * per - exact * unit)
        if off >= count * per and off:
            amounts.append((Fraction(off, per), f"{party} {component} period {step}"))
        wrong = key not in mixed and (energy != wh or (price != at and count > 0))
        if wrong or asset or bus or not count:
            labels.append((1, f"{party} {component} period {step}"))
        component_sums[component, step] += amount
        step_sums[step] += amount
    for (party, component, purpose, step), (exact, count, wh, _) in owed.items():
        place = f"{party} {component} {purpose} period {step}"
        if abs(exact * unit) >= count * per:
            amounts.append((Fraction(abs(exact * unit), per), place))
        if wh and (party, component, purpose, step) not in mixed:
            labels.append((1, place))
    yield Law.of("amount", "minor units", amounts)
    yield Law.of("energy_and_price", "lines", labels)
    yield Law.of("component_balance", "minor units", ((n, f"{c} period {s}") for (c, s), n in component_sums.items()))
    yield Law.of("money_balance", "minor units", ((n, f"period {step}") for step, n in step_sums.items()))
