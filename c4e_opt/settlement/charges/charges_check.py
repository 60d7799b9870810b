"""The check of charges: fees, caps and taxes recomputed line by line from what was booked.

It shares no step with `charges`: plain Python, its own integers and dictionaries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, cast

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate
from c4e_opt.settlement.charges.tariff_rules import TariffRules
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.statement import Statement

_GRID = 10**9
_PHYSICAL = {"energy", "order", "imbalance", "activation"}
_PAID = _PHYSICAL | {"demand_charge", "contract", "broker_fee", "uplift_share"}

_Rows = dict[tuple[str, str], list[int]]  # by party and bus, for every step
_Key = tuple[str, str, str, str]  # purpose, party, component, bus
_Thing = tuple[str, str, str]  # purpose, component, bus
_Met = dict[tuple[str, str, str, str], dict[int, tuple[int, int, int]]]  # amount, energy, price by step
#: Of a position: rows of net energy, of what is above caps and of what is paid; whether it always counts, or never.
_Known = tuple[list[int], list[tuple[list[int], list[int]]], list[int], bool, bool]
_Row = tuple[int, int, int, int, int, int]  # position, step, asset, energy, price, amount
_Claim = tuple[int, int, int, int]  # exact numerator, denominator, energy of the party's line, price


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
    return Certificate(residuals=tuple(law.residual() for law in laws))


def _settles_this(
    case: Case, cleared: Statement, rules: TariffRules, statement: Statement, further: Sequence[Statement]
) -> Law:
    law = Law("settles_this", "differences")
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
) -> tuple[_Rows, dict[str, _Rows], dict[str, _Rows]]:
    """By party and bus, step by step: net energy; what is above each cap; what takers pay by purpose."""
    steps = range(case.horizon.steps)

    def rows_of() -> _Rows:
        return defaultdict(lambda: [0] * len(steps))

    energy = rows_of()
    above: dict[str, _Rows] = defaultdict(rows_of)
    paid: dict[str, _Rows] = defaultdict(rows_of)
    caps = [(cap, [_price(cap, step) for step in steps]) for cap in rules.caps]
    for each in statements:
        where = each.positions
        labels: Any = zip(*(w.tolist() for w in (where.party, where.component, where.bus, where.purpose)), strict=True)
        known: list[_Known | None] = []
        for party, component, bus, purpose in labels:
            who, physical = (party, bus), purpose in _PHYSICAL and not component.startswith("contract/")
            sold, bought = (component.startswith("contract/") and component.endswith(e) for e in ("/sold", "/bought"))
            known.append(
                (
                    energy[who] if physical else [0] * len(steps),
                    [(above[c.id][who], prices) for c, prices in caps if physical and _for(c, party, bus)],
                    paid[purpose][who],
                    bought and purpose in _PHYSICAL,
                    sold and purpose in _PHYSICAL,
                )
                if purpose in _PAID
                else None
            )
        columns = (each.position, each.step, each.asset, each.energy, each.price, each.amount)
        rows = cast("Iterator[_Row]", zip(*(column.tolist() for column in columns), strict=True))
        for position, step, asset, put, price, amount in rows:
            what = known[position]
            if asset or what is None:
                continue
            net, capped, given, always, never = what
            net[step] += put
            if put < 0 or always or (not put and amount < 0):
                for over, prices in capped if put < 0 else ():
                    if price > prices[step]:
                        over[step] += (price - prices[step]) * -put
                if not never:
                    given[step] -= amount
    return energy, above, paid


def _first(case: Case, rules: TariffRules, energy: _Rows, above: dict[str, _Rows]) -> dict[_Key, dict[int, _Claim]]:
    """Fees and caps: what the line of a party should say."""
    power = case.policy.money_decimals - 9 - case.policy.energy_decimals
    more, per = 10 ** max(power, 0), 10 ** max(-power, 0)
    claims: dict[_Key, dict[int, _Claim]] = {}
    for fee in rules.fees:
        prices = [_price(fee, step) for step in range(case.horizon.steps)]
        down, up = {"taken": (1, 0), "given": (0, 1)}.get(fee.side, (1, 1))
        for (party, bus), row in energy.items():
            if _for(fee, party, bus):
                counted = [-net * down if net < 0 else net * up for net in row]
                claims[f"{fee.kind}_fee", party, f"fee/{fee.id}", bus] = {
                    step: (-energy * prices[step] * more, per, -energy, prices[step])
                    for step, energy in enumerate(counted)
                    if energy
                }
    for name, rows in above.items():
        for (party, bus), row in rows.items():
            claims["price_cap", party, f"cap/{name}", bus] = {
                step: (exact * more, per, 0, 0) for step, exact in enumerate(row) if exact
            }
    return claims


def _taxes(
    rules: TariffRules, claims: dict[_Key, dict[int, _Claim]], paid: dict[str, _Rows], met: _Met
) -> dict[_Key, dict[int, _Claim]]:
    """Taxes: what the line of a party should say, from what is booked."""
    owed: dict[_Key, dict[int, _Claim]] = {}
    for tax in rules.taxes:
        rate = round(tax.rate_percent / 100 * _GRID)
        bases: dict[tuple[str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for purpose in set(tax.purposes):
            for who, row in paid[purpose].items():
                base = bases[who]
                for step, amount in enumerate(row):
                    base[step] += amount
        for key, steps in claims.items():
            told, base = met.get(key, {}), bases[key[1], key[3]]
            for step in steps if key[0] in tax.purposes else ():
                base[step] -= told[step][0] if step in told else 0
        for (party, bus), base in bases.items():
            if _for(tax, party, bus):
                owed["tax", party, f"tax/{tax.id}", bus] = {
                    step: (-amount * rate, _GRID, 0, 0) for step, amount in base.items() if amount > 0
                }
    return owed


def _against(
    case: Case,
    rules: TariffRules,
    statement: Statement,
    first: dict[_Key, dict[int, _Claim]],
    paid: dict[str, _Rows],
) -> Iterator[Law]:
    """Every line against what it should say, and every sum."""
    lines, sums = Law("lines", "lines"), Law("money_balance", "minor units")
    other = {f"fee/{fee.id}": fee.collector for fee in rules.fees} | {f"cap/{cap.id}": cap.bearer for cap in rules.caps}
    other |= {f"tax/{tax.id}": tax.collector for tax in rules.taxes}
    where = statement.positions
    labels: Any = zip(
        *(each.tolist() for each in (where.purpose, where.party, where.component, where.bus)), strict=True
    )
    titles: list[_Key] = list(labels)
    met: _Met = {title: {} for title in titles}
    gets: _Met = {title: {} for title in titles}
    told = [gets[t] if t[1] == other.get(t[2]) else met[t] for t in titles]
    total: dict[int, int] = defaultdict(int)
    wrong = 0
    columns = (statement.position, statement.step, statement.energy, statement.price, statement.amount)
    rows = cast("Iterator[tuple[int, int, int, int, int]]", zip(*(column.tolist() for column in columns), strict=True))
    for at, step, energy, price, amount in rows:
        total[step] += amount
        if step in told[at] or titles[at][2] not in other:
            wrong += 1
            lines.see(wrong, titles[at])
        told[at][step] = (amount, energy, price)
    claims = {**first, **_taxes(rules, first, paid, met)}
    for key, steps in met.items():
        for step in steps.keys() - claims.get(key, {}).keys():
            wrong += 1
            lines.see(wrong, (key, step))
    yield from (lines, *_amounts(claims, met), _other_side(claims, met, gets))
    for step, amount in total.items():
        sums.see(abs(amount), step)
    yield sums


def _other_side(claims: dict[_Key, dict[int, _Claim]], met: _Met, gets: _Met) -> Law:
    """Lines of collectors and bearers against those of everybody else, rule by rule, bus by bus and step by step."""
    law = Law("other_side", "minor units")
    facing: dict[_Thing, dict[int, tuple[int, int, int]]] = defaultdict(dict)
    for key, steps in claims.items():
        told, thing = met.get(key, {}), facing[key[0], *key[2:]]
        for step, (_, _, energy, price) in steps.items():
            amount, given, _ = thing.get(step, (0, 0, 0))
            thing[step] = (amount - (told[step][0] if step in told else 0), given - energy, price)
    there: dict[_Thing, dict[int, tuple[int, int, int]]] = defaultdict(dict)
    for key, steps in gets.items():
        there[key[0], *key[2:]].update(steps)
    for thing in facing.keys() | there.keys():
        for step in facing[thing].keys() | there[thing].keys():
            should, says = facing[thing].get(step, (0, 0, 0)), there[thing].get(step)
            if says is None:  # what is nothing has no line
                says = (0, 0, should[2])
            if says != should:
                law.see(max(abs(one - two) for one, two in zip(says, should, strict=True)), (thing, step))
    return law


def _amounts(claims: dict[_Key, dict[int, _Claim]], met: _Met) -> Iterator[Law]:
    """Lines of parties against what they should say, one by one and summed up by step."""
    energies, prices = Law("energy", "minor units"), Law("price", "1e-9 of the currency/MWh")
    amounts, rounding = Law("amount", "minor units"), Law("rounding", "minor units")
    off: dict[tuple[bool, int], int] = defaultdict(int)
    per = {key[0] == "tax": parts for key, steps in claims.items() for _, parts, _, _ in steps.values()}
    for key, steps in claims.items():
        told, taxed, way = met.get(key, {}), key[0] == "tax", 1 if key[0] == "price_cap" else -1
        for step, (exact, parts, energy, price) in steps.items():
            got, put, paid = told.get(step) or (0, 0, price)  # what is rounded to nothing has no line
            short = got * parts - exact
            if abs(short) >= parts:
                amounts.see(abs(short) // parts if short else 0, (key, step))
            off[taxed, step] += way * short  # the receiving side is what is rounded to the nearest, halves up
            if put != energy:
                energies.see(abs(put - energy), (key, step))
            if paid != price:
                prices.see(abs(paid - price), (key, step))
    for (taxed, step), short in off.items():
        parts = per[taxed]
        rounding.see(max(2 * abs(short) - parts, 0) / (2 * parts) if parts > 1 else abs(short), step)
    yield from (amounts, rounding, energies, prices)
