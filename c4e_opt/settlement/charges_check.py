"""The check of charges: fees, caps and taxes recomputed line by line from what was booked.

It shares no step with `charges`: plain Python, its own integers and dictionaries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate, Residual
from c4e_opt.settlement.statement import Statement
from c4e_opt.settlement.tariff_rules import TariffRules

_GRID = 10**9
_PHYSICAL = {"energy", "order", "imbalance", "activation"}
_PAID = _PHYSICAL | {"demand_charge", "contract", "broker_fee", "uplift_share"}

_Cell = tuple[str, str, int]  # party, bus, step
_Key = tuple[str, str, str, str]  # purpose, party, component, bus
_Claim = tuple[int, int, int, int]  # exact numerator, denominator, energy of the party's line, price


@dataclass(slots=True)
class _Law:
    """The worst place of one law so far."""

    name: str
    unit: str
    tolerance: float = 0.0
    largest: float = 0.0
    where: str = ""

    def see(self, off: Any, where: Any) -> None:
        """Remember the worst."""
        if off > self.largest:
            self.largest, self.where = float(off), str(where)


def audit_charges(
    case: Case, cleared: Statement, rules: TariffRules, statement: Statement, *, further: Sequence[Statement] = ()
) -> Certificate:
    """Check a statement of charges against the statements and rules that it was made from.

    Laws: `settles_this` (act, digests, rules, operator, asset, steps), `lines` (a line for every charge and no other,
    nothing twice), `energy` and `price` of fees, `amount` (floor or ceiling of the exact one), `rounding` (fees and
    caps of a step as a whole, and taxes, to the nearest unit), `other_side` (collectors and bearers, rule by rule)
    and `money_balance` per step.
    Not checked: whose money was rounded up.

    Args:
        case: The case.
        cleared: The statement of its clearing.
        rules: Fees, caps and taxes.
        statement: What `charges` made of it, or somebody else.
        further: Statements of other acts that counted.

    Returns:
        The certificate; wrong lines are findings, not exceptions.
    """
    taken, above, paid = _booked(case, [cleared, *further], rules)
    laws = [_settles_this(case, cleared, rules, statement, further)]
    laws += _against(case, rules, statement, _first(case, rules, taken, above), paid)
    return Certificate(
        residuals=tuple(
            Residual(law=law.name, largest=law.largest, unit=law.unit, tolerance=law.tolerance, where=law.where)
            for law in laws
        )
    )


def _settles_this(
    case: Case, cleared: Statement, rules: TariffRules, statement: Statement, further: Sequence[Statement]
) -> _Law:
    law = _Law("settles_this", "differences")
    basis = {"rules": rules.digest} | {each.act: each.digest for each in (cleared, *further)}
    pairs = {
        "act": (statement.act, "charges"),
        "case": ({statement.case_digest, *(each.case_digest for each in further)}, {case.digest()}),
        "outcome": (statement.outcome_digest, cleared.outcome_digest),
        "basis": (dict(statement.basis), basis),
        "operator": (statement.operator, case.policy.operator),
        "assets": (
            [(a.id, a.kind, a.decimals) for a in statement.assets],
            [(case.currency, "money", case.policy.money_decimals)],
        ),
        "steps": (statement.starts.tolist(), case.horizon.starts.tolist()),
    }
    wrong = [name for name, (has, should) in pairs.items() if has != should]
    law.see(len(wrong), " ".join(wrong))
    return law


def _price(rule: Any, step: int) -> int:
    """Price of a step in whole 1e-9."""
    try:
        numbers = list(rule.price_per_mwh)
    except TypeError:
        numbers = [rule.price_per_mwh]
    return round(float(numbers[step if len(numbers) > 1 else 0]) * _GRID)


def _for(rule: Any, party: str, bus: str) -> bool:
    mine = getattr(rule, "collector", "") or getattr(rule, "bearer", "")
    return party != mine and (not rule.parties or party in rule.parties) and (not rule.buses or bus in rule.buses)


def _booked(
    case: Case, statements: Sequence[Statement], rules: TariffRules
) -> tuple[dict[_Cell, int], dict[tuple[str, _Cell], int], dict[str, dict[_Cell, int]]]:
    """Net energy of everybody; what is above each cap; what takers pay by purpose."""
    energy: dict[_Cell, int] = defaultdict(int)
    above: dict[tuple[str, _Cell], int] = defaultdict(int)
    paid: dict[str, dict[_Cell, int]] = defaultdict(lambda: defaultdict(int))
    caps = [(cap, [_price(cap, step) for step in range(case.horizon.steps)]) for cap in rules.caps]
    for each in statements:
        where = each.positions
        labels = (where.party.tolist(), where.component.tolist(), where.bus.tolist(), where.purpose.tolist())
        titles: list[Any] = list(zip(*labels, strict=True))
        columns = (each.position, each.step, each.asset, each.energy, each.price, each.amount)
        rows: Any = zip(*(column.tolist() for column in columns), strict=True)
        for position, step, asset, put, price, amount in rows:
            party, component, bus, purpose = titles[position]
            if asset or purpose not in _PAID:
                continue
            cell = (party, bus, step)
            if purpose in _PHYSICAL:
                if not component.startswith("contract/"):
                    energy[cell] += put
                for cap, prices in caps if put < 0 else ():
                    if price > prices[step] and _for(cap, party, bus):
                        above[cap.id, cell] += (price - prices[step]) * -put
            if put < 0 or (not put and amount < 0):
                paid[purpose][cell] -= amount
    return energy, above, paid


def _first(
    case: Case, rules: TariffRules, energy: dict[_Cell, int], above: dict[tuple[str, _Cell], int]
) -> dict[_Key, dict[int, _Claim]]:
    """Fees and caps: what the line of a party should say."""
    power = case.policy.money_decimals - 9 - case.policy.energy_decimals
    more, per = 10 ** max(power, 0), 10 ** max(-power, 0)
    claims: dict[_Key, dict[int, _Claim]] = defaultdict(dict)
    for fee in rules.fees:
        prices = [_price(fee, step) for step in range(case.horizon.steps)]
        for (party, bus, step), net in energy.items():
            counted = {"taken": max(-net, 0), "given": max(net, 0)}.get(fee.side, abs(net))
            if counted and _for(fee, party, bus):
                key = (f"{fee.kind}_fee", party, f"fee/{fee.id}", bus)
                claims[key][step] = (-counted * prices[step] * more, per, -counted, prices[step])
    for (name, (party, bus, step)), exact in above.items():
        claims["price_cap", party, f"cap/{name}", bus][step] = (exact * more, per, 0, 0)
    return claims


def _taxes(
    rules: TariffRules, claims: dict[_Key, dict[int, _Claim]], paid: dict[str, dict[_Cell, int]], met: dict[Any, int]
) -> dict[_Key, dict[int, _Claim]]:
    """Taxes: what the line of a party should say, from what is booked."""
    owed: dict[_Key, dict[int, _Claim]] = defaultdict(dict)
    for tax in rules.taxes:
        rate = round(tax.rate_percent / 100 * _GRID)
        base: dict[_Cell, int] = defaultdict(int)
        for purpose in set(tax.purposes):
            for cell, amount in paid[purpose].items():
                base[cell] += amount
        for (purpose, party, component, bus), steps in claims.items():
            for step in steps if purpose in tax.purposes else ():
                base[party, bus, step] -= met.get(((purpose, party, component, bus), step), 0)
        for (party, bus, step), amount in base.items():
            if amount > 0 and _for(tax, party, bus):
                owed["tax", party, f"tax/{tax.id}", bus][step] = (-amount * rate, _GRID, 0, 0)
    return owed


def _against(
    case: Case,
    rules: TariffRules,
    statement: Statement,
    first: dict[_Key, dict[int, _Claim]],
    paid: dict[str, dict[_Cell, int]],
) -> Iterator[_Law]:
    """Every line against what it should say, and every sum."""
    lines, energies, prices = _Law("lines", "lines"), _Law("energy", "minor units"), _Law("price", "1e-9 EUR/MWh")
    others, sums = _Law("other_side", "minor units"), _Law("money_balance", "minor units")
    other = {f"fee/{fee.id}": fee.collector for fee in rules.fees} | {f"cap/{cap.id}": cap.bearer for cap in rules.caps}
    other |= {f"tax/{tax.id}": tax.collector for tax in rules.taxes}
    met: dict[Any, int] = {}
    said: dict[Any, tuple[int, int]] = {}
    gets: dict[Any, tuple[int, int]] = {}
    left: dict[Any, int] = defaultdict(int)
    total: dict[int, int] = defaultdict(int)
    wrong = 0
    for line in statement.lines():
        key = (line.purpose.value, line.party, line.component, line.bus)
        total[line.step] += line.amount
        left[line.purpose, line.component, line.bus, line.step] += line.amount
        if line.component not in other:
            wrong += 1
        elif line.party != other[line.component]:
            wrong += (key, line.step) in met
            met[key, line.step] = line.amount
            said[key, line.step] = (line.energy, int(line.price.scaleb(9)))
        else:
            gets[line.purpose.value, line.component, line.bus, line.step] = (line.energy, int(line.price.scaleb(9)))
        lines.see(wrong, key)
    claims = {**first, **_taxes(rules, first, paid, met)}
    known = {(key, step) for key, steps in claims.items() for step in steps}
    for key in met.keys() - known:
        wrong += 1
        lines.see(wrong, key)
    yield from (lines, *_amounts(claims, met, said, energies, prices), energies, prices)
    facing: dict[Any, tuple[int, int]] = {}
    for (purpose, _, component, bus), steps in claims.items():
        for step, (_, _, energy, price) in steps.items():
            given, _ = facing.get((purpose, component, bus, step), (0, 0))
            facing[purpose, component, bus, step] = (given - energy, price)
    for thing, (energy, price) in gets.items():
        should = facing.get(thing, (0, 0))
        others.see(abs(energy - should[0]) + abs(price - should[1]), thing)
    for thing, amount in left.items():
        others.see(abs(amount), thing)
    for step, amount in total.items():
        sums.see(abs(amount), step)
    yield from (others, sums)


def _amounts(
    claims: dict[_Key, dict[int, _Claim]],
    met: dict[Any, int],
    said: dict[Any, tuple[int, int]],
    energies: _Law,
    prices: _Law,
) -> Iterator[_Law]:
    """Lines of parties against exact amounts, one by one and summed up by step."""
    amounts, rounding = _Law("amount", "minor units"), _Law("rounding", "minor units")
    off: dict[tuple[bool, int], list[int]] = defaultdict(lambda: [0, 1])
    for key, steps in claims.items():
        for step, (exact, per, energy, price) in steps.items():
            got = met.get((key, step), 0)
            short = got * per - exact
            amounts.see(abs(short) // per if per > 1 else abs(short), (key, step))
            cell = off[key[0] == "tax", step]
            # The receiving side is what is rounded to the nearest, halves up.
            cell[0], cell[1] = cell[0] + (short if key[0] == "price_cap" else -short), per
            told = said.get((key, step), (0, price))  # what is rounded to nothing has no line
            energies.see(abs(told[0] - energy), (key, step))
            prices.see(abs(told[1] - price), (key, step))
    for (_, step), (short, per) in off.items():
        rounding.see(max(2 * abs(short) - per, 0) / (2 * per) if per > 1 else abs(short), step)
    yield from (amounts, rounding)
