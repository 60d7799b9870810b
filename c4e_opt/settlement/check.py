"""The audit of a statement: every law of settlement recomputed from the case and the outcome alone.

It shares no step with `settle`: it walks the lines one by one, takes every float as the exact fraction that it is, and
asks of each line whether it may be there, and of each sum whether it is zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate, Outcome
from c4e_opt.settlement.evidence import Books, Place, Trader, books_of, expected, owed
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.statement import Statement

_GRID = 10**9  # the books read energy and prices in 1e-9
_NOISE_MW = 1e-7  # a flow below may be left out
_BALANCE = 1e-6  # MW, and part of the energy that passes a bus
_PRICE_PER_MWH = 1e-6  # orders of a bus and step may differ by this on average

_OWED = 4  # minor units that a position may be owed from earlier steps

#: Terms of the objective that owners are owed, and whether a cost is what they get or give.
_OWED_TERMS = {"demand_charge": 1, "take_or_pay": 1, "demand_response": -1}
_DUES = (*_OWED_TERMS, "reserve", "contract", "broker_fee", "uplift", "uplift_share", "cover")

_Key = tuple[str, str, int]  # component, bus, step
_Cell = tuple[str, int]  # bus, step
_Holder = tuple[str, str, str, str]  # party, component, bus, purpose


def audit(case: Case, outcome: Outcome, statement: Statement) -> Certificate:
    """Check a statement against the case and the outcome that it settles.

    Laws: `settles_this` (digests, operator, assets, steps), `lines_complete` (none missing, twice, or about nothing),
    `owner`, `booked_energy` and `unbooked_energy` (against power times duration), `settlement_price`, `amount` (floor
    or ceiling of price times booked energy), `largest_remainder` (whose money was rounded up), `money_balance` per
    step, `energy_balance` per carrier, bus and step, `rounding_energy` and `rounding_money` (within their bounds),
    `price_groups` (what buyers in a group pay beside local prices is nothing over all buses),
    `dues` (who gets what besides energy, and nothing else), `dues_total` (against the verified terms of the outcome)
    and `cover` (the operator gives what owners get).
    Not checked: whose energy was rounded up.

    Args:
        case: The case.
        outcome: Its answer.
        statement: What `settle` made of it, or somebody else.

    Returns:
        The certificate; wrong lines and sums are findings, not exceptions.
    """
    traders, books = expected(case, outcome), books_of(statement)
    laws = [_settles_this(case, outcome, statement), _lines_complete(case, traders, books)]
    laws += _against_trades(case, traders, books)
    laws += _against_exact(case, books)
    laws += _balances(books)
    laws += _bounds(case, traders, books)
    laws.append(_price_groups(case, books))
    laws += _dues(case, outcome, books)
    return Certificate(
        residuals=tuple(
            replace(law, where=law.where if isinstance(law.where, str) else _place(case, law.where)).residual()
            for law in laws
        )
    )


def _settles_this(case: Case, outcome: Outcome, statement: Statement) -> Law:
    law = Law("settles_this", "differences", 0.0)
    policy = case.policy
    money = [(case.currency, "money", policy.money_decimals)]
    energy = [(carrier, "energy", policy.energy_decimals) for carrier in sorted({bus.carrier for bus in case.buses})]
    pairs = {
        "case": (statement.case_digest, case.digest()),
        "outcome": (statement.outcome_digest, outcome.digest),
        "operator": (statement.operator, policy.operator),
        "assets": ([(a.id, a.kind, a.decimals) for a in statement.assets], money + energy),
        "steps": (statement.starts.tolist(), case.horizon.starts.tolist()),
        "step lengths": (statement.step_seconds.tolist(), case.horizon.step_seconds.tolist()),
    }
    wrong = [name for name, (has, should) in pairs.items() if has != should]
    law.see(len(wrong), " ".join(wrong))
    return law


def _lines_complete(case: Case, traders: dict[Place, Trader], books: Books) -> Law:
    """Every booked energy has a line of money and of its carrier, a tariff has its rent, and nothing else is there."""
    law = Law("lines_complete", "lines", 0.0)
    carriers = {bus.id: bus.carrier for bus in case.buses}
    for (_, component, bus), step in books.twice:
        law.count((component, bus, step))
    for (purpose, component, bus), rows in books.energy.items():
        paid, carrier = books.money.get((purpose, component, bus), {}), carriers.get(bus)
        trader = traders.get((component, bus))
        rest = trader.rest if trader and trader.purpose == purpose else ""
        rents = books.money.get((rest, component, bus), {}) if rest else paid
        for step, (party, asset, energy, price, amount) in rows.items():
            paired = step in paid and (paid[step][0], paid[step][2]) == (party, energy)
            completed = step in rents and rents[step][2] == energy
            if not (paired and completed and asset == carrier and amount == -energy and not price):
                law.count((component, bus, step))
    for (purpose, component, bus), rows in books.money.items():
        if purpose in _DUES:
            continue
        trader = traders.get((component, bus))
        beside = trader.purpose if trader and purpose == trader.rest else purpose
        delivered = books.energy.get((beside, component, bus), {})
        for step, (party, _, energy, _, _) in rows.items():
            if purpose == "rounding":
                known = not component and party == case.policy.operator and (step in delivered or not energy)
            else:
                known = trader is not None and beside == trader.purpose and step in delivered and step in trader.flows
            if not known:
                law.count((component, bus, step))
    return law


def _against_trades(case: Case, traders: dict[Place, Trader], books: Books) -> Iterator[Law]:
    """Owner, energy and price of every line against the outcome."""
    unit, seconds = 10**case.policy.energy_decimals, case.horizon.step_seconds.tolist()
    longest = max(seconds, default=0) / 3600
    owner = Law("owner", "lines", 0.0)
    booked = Law("booked_energy", "MWh", 1 / unit + 1 / _GRID)
    unbooked = Law("unbooked_energy", "MWh", 1 / unit + 1 / _GRID + _NOISE_MW * longest)
    priced = Law("settlement_price", "EUR/MWh", 1 / _GRID)
    for (component, bus), trader in traders.items():
        rows = books.money.get((trader.purpose, component, bus), {})
        rents = books.money.get((trader.rest, component, bus), {}) if trader.rest else {}
        for step, (power, price, local) in trader.flows.items():
            top, bottom = power.as_integer_ratio()
            exact, per = top * seconds[step] * unit, bottom * 3600
            if step not in rows:
                unbooked.see(abs(exact) / per / unit, (component, bus, step))
                continue
            party, _, energy, given, _ = rows[step]
            booked.see(abs(energy * per - exact) / per / unit, (component, bus, step))
            priced.see(_apart(given, price), (component, bus, step))
            if party != trader.party:
                owner.count((component, bus, step))
            if step in rents:
                priced.see(_apart(rents[step][3] + given, local), (component, bus, step))
                if rents[step][0] != case.policy.operator:
                    owner.count((component, bus, step))
    yield from (owner, booked, unbooked, priced)


def _apart(grid: int, price: float) -> float:
    """Distance between a price in 1e-9 and a float, both taken exactly."""
    top, bottom = price.as_integer_ratio()
    return abs(grid * bottom - top * _GRID) / (bottom * _GRID)


def _against_exact(case: Case, books: Books) -> Iterator[Law]:
    """Amounts against exact products: floor or ceiling, and which of the two."""
    shift = case.policy.energy_decimals + 9 - case.policy.money_decimals
    finer, down = 10 ** max(-shift, 0), 10 ** max(shift, 0)
    amount = Law("amount", "minor units", 0.0)
    fair = Law("largest_remainder", "lines", 0.0)
    others: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for (purpose, _, bus), rows in books.money.items():
        if purpose != "rounding" and purpose not in _DUES:
            here = others[bus]
            for step, (_, _, energy, price, _) in rows.items():
                here[step] += price * energy * finer
    holders: dict[_Holder, int] = {}
    by_step: dict[int, list[tuple[int, _Holder, int, int]]] = defaultdict(list)
    for (purpose, component, bus), rows in books.money.items():
        if purpose in _DUES:
            continue
        here, who, number = others[bus], ("", "", "", ""), -1
        for step, (party, _, energy, price, paid) in rows.items():
            if number < 0 or party != who[0]:
                who = (party, component, bus, purpose)
                number = holders.setdefault(who, len(holders))
            exact = -here[step] if purpose == "rounding" else price * energy * finer
            floor, remainder = divmod(exact, down)
            raised = paid - floor
            if raised < 0 or raised > (remainder > 0):
                amount.see(max(-raised, raised - (remainder > 0)), (component, bus, step))
            by_step[step].append((remainder, who, raised, number))
    owed, most = [0] * len(holders), _OWED * down
    for step in sorted(by_step):
        claims = sorted((left == 0, -left - owed[n], who, raised, n) for left, who, raised, n in by_step[step])
        first = claims[: sum(raised > 0 for _, _, _, raised, _ in claims)]
        fair.see(sum(raised <= 0 for _, _, _, raised, _ in first), ("", "", step))
        for _, claim, _, raised, n in claims:
            owed[n] = max(min(-claim - raised * down, most), -most)
    yield from (amount, fair)


def _balances(books: Books) -> Iterator[Law]:
    """Sums of all lines to zero."""
    money = Law("money_balance", "minor units", 0.0)
    energy = Law("energy_balance", "minor units", 0.0)
    for key, total in books.sums.items():
        (energy if key[1] else money).see(abs(total), key)
    yield from (money, energy)


def _bounds(case: Case, traders: dict[Place, Trader], books: Books) -> Iterator[Law]:
    """What may stand on the rounding account, and what prices may leave over before it."""
    mwh = Law("rounding_energy", "MWh beyond its bound", 0.0)
    spent = Law("rounding_money", "EUR beyond its bound", 0.0)
    unit, hours = 10**case.policy.energy_decimals, case.horizon.hours.tolist()
    passing: dict[_Cell, int] = defaultdict(int)
    left: dict[_Cell, int] = defaultdict(int)
    ignored: dict[_Cell, float] = defaultdict(float)
    for (_, _, bus), rows in books.energy.items():
        for step, row in rows.items():
            passing[bus, step] += abs(row[2])
    for (_, _, bus), rows in books.money.items():
        for step, (_, _, energy, price, _) in rows.items():
            left[bus, step] += price * energy
    for (_, bus), trader in traders.items():
        for step, (power, _, _) in trader.flows.items():
            if abs(power) < _NOISE_MW:
                ignored[bus, step] += abs(power)
    for (purpose, component, bus), rows in books.money.items():
        if purpose == "rounding":
            for step, (_, _, energy, _, _) in rows.items():
                through = hours[step] + passing[bus, step] / unit
                bound = _BALANCE * through + ignored[bus, step] * hours[step] + 1 / unit
                mwh.see(abs(energy) / unit - bound, (component, bus, step))
    for (bus, step), total in left.items():
        allowed = 2 * _PRICE_PER_MWH * passing[bus, step] / unit
        spent.see(abs(total) / (unit * _GRID) - allowed, ("", bus, step))
    yield from (mwh, spent)


def _price_groups(case: Case, books: Books) -> Law:
    """What the price of a group and those of its buses differ by is nothing over all of them, but for rounding."""
    law = Law("price_groups", "EUR beyond its bound", 0.0)
    unit = 10**case.policy.energy_decimals
    groups = dict(zip((f"order/{name}" for name in case.orders.id), case.orders.price_group.tolist(), strict=True))
    left: dict[tuple[str, int], int] = defaultdict(int)
    allowed: dict[tuple[str, int], float] = defaultdict(float)
    for (purpose, component, _), rows in books.money.items():
        if purpose == "price_group":
            for step, (_, _, energy, price, _) in rows.items():
                key = str(groups.get(component, "")), step
                left[key] += price * energy
                allowed[key] += (1.0 + 1e-3) * abs(price) / _GRID / unit + 2 * _PRICE_PER_MWH * abs(energy) / unit
    for (group, step), total in left.items():
        law.see(abs(total) / (unit * _GRID) - allowed[group, step], (group, "", step))
    return law


def _dues(case: Case, outcome: Outcome, books: Books) -> Iterator[Law]:
    """What is owed besides energy, line by line, as a whole, and the operator's side of it."""
    lines, total = Law("dues", "minor units", 0.5), Law("dues_total", "EUR", 1e-6)
    cover = Law("cover", "minor units", 0.0)
    unit, claims = 10**case.policy.money_decimals, owed(case, outcome)
    paid: dict[_Key, int] = defaultdict(int)
    whole: dict[str, int] = defaultdict(int)
    number: dict[str, int] = defaultdict(int)
    given: dict[_Key, int] = defaultdict(int)
    for (purpose, component, bus), rows in books.money.items():
        for step, (party, _, energy, price, amount) in rows.items():
            if purpose == "cover":
                given[component, bus, step] += amount
                lines.see((party != case.policy.operator) + abs(energy) + abs(price), (component, bus, step))
            elif purpose in _DUES:
                claim = claims[purpose, component, bus][step]
                lines.see((party != claim.party) + abs(energy) + abs(price), (component, bus, step))
                paid[component, bus, step] += amount
                whole[purpose] += amount
    for (purpose, component, bus), steps in claims.items():
        for step, claim in steps.items():
            row = books.money.get((purpose, component, bus), {}).get(step)
            off = abs((row[4] if row else 0) - claim.exact * unit)
            lines.see(float(off) / max(claim.number, 1), (component, bus, step))
            number[purpose] += claim.number
    for purpose, sign in _OWED_TERMS.items():
        off = abs(sign * whole[purpose] / unit - outcome.terms.get(purpose, 0.0))
        rounding = 0.5 * number[purpose] / unit
        total.see(off / (1.0 + abs(outcome.terms.get(purpose, 0.0))) - rounding, purpose)
    for key in {**paid, **given}:
        cover.see(abs(paid[key] + given[key]), key)
    yield from (lines, total, cover)


def _place(case: Case, key: _Key) -> str:
    what, bus, step = key
    moment = f"{case.horizon.axis.labels[step]}Z" if step >= 0 else ""
    return " ".join(part for part in (what, bus and f"at bus {bus}", moment) if part)
