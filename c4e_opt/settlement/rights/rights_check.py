"""The check of transmission rights and shares of rents, in fractions of the currency.

It shares no step with `rights`: worth, shortfall and shares follow from prices and rents as fractions.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate, Outcome
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.rights.rent_rules import RentRules
from c4e_opt.settlement.statement import Statement

_CARRIES = {"tie", "line", "flow_based_constraint", "heat_pipe", "gas_pipe"}

_Key = tuple[str, str, str, str, int]  # purpose, party, component, bus, step


def audit_rights(
    case: Case, outcome: Outcome, cleared: Statement, rules: RentRules, statement: Statement
) -> Certificate:
    """Check a statement of rights and shares against prices, rents and rules.

    Laws: `settles_this` (act, digests, operator, asset, steps), `amount` (every line less than a minor unit from
    what it should be, none missing, none besides), `covered` (nobody who earned rents gives more than it earned in the
    step), `other_side` (both sides of every payment) and `money_balance` per step.

    Args:
        case: The case.
        outcome: Its answer.
        cleared: The statement of its clearing.
        rules: Rights and shares.
        statement: What `rights` made of it, or somebody else.

    Returns:
        The certificate; wrong lines are findings, not exceptions.
    """
    settles = Law("settles_this", "differences")
    pairs = {
        "act": (statement.act, "rights"),
        "case": (statement.case_digest, case.digest()),
        "outcome": (statement.outcome_digest, outcome.digest),
        "basis": (dict(statement.basis), {"clearing": cleared.digest, "rules": rules.digest}),
        "operator": (statement.operator, case.policy.operator),
        "assets": (
            [(a.id, a.kind, a.decimals) for a in statement.assets],
            [(case.currency, "money", case.policy.money_decimals)],
        ),
        "steps": (statement.starts.tolist(), case.horizon.starts.tolist()),
    }
    wrong = [name for name, (has, should) in pairs.items() if has != should]
    settles.see(len(wrong), " ".join(wrong))
    amount, other = Law("amount", "minor units"), Law("other_side", "minor units")
    balance, covered = Law("money_balance", "minor units"), Law("covered", "minor units", 1.0)
    should, earned = _expected(case, outcome, cleared, rules)
    unit, operator = 10**case.policy.money_decimals, case.policy.operator
    got: dict[_Key, int] = defaultdict(int)
    sides: dict[Any, int] = defaultdict(int)
    sums: dict[int, int] = defaultdict(int)
    for line in statement.lines():
        sums[line.step] += line.amount
        sides[line.purpose, line.component, line.bus, line.step] += line.amount
        amount.see(abs(line.energy) + abs(line.price), line)
        if line.party != operator:
            got[line.purpose.value, line.party, line.component, line.bus, line.step] += line.amount
            if line.component.endswith("/earned"):
                carrier = line.component.split("/")[1]
                covered.see(-line.amount - max(earned[carrier, line.step].get(line.party, Fraction(0)) * unit, 0), line)
    for key in {*got, *should}:
        off = abs(got.get(key, 0) - should.get(key, Fraction(0)) * unit)
        amount.see(off if off >= 1 else 0, key)
    for thing, left in sides.items():
        other.see(abs(left), thing)
    for step, left in sums.items():
        balance.see(abs(left), step)
    laws = (settles, amount, covered, other, balance)
    return Certificate(residuals=tuple(law.residual() for law in laws))


def _expected(
    case: Case, outcome: Outcome, cleared: Statement, rules: RentRules
) -> tuple[dict[_Key, Fraction], dict[tuple[str, int], dict[str, Fraction]]]:
    """What lines of everybody but the operator should say, and rents by carrier, step and owner; in the currency."""
    carrier = {bus.id: bus.carrier for bus in case.buses}
    home = {bus.carrier: bus.id for bus in reversed(case.buses)}
    operator, money = case.policy.operator, 10**case.policy.money_decimals
    earned: dict[tuple[str, int], dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for line in cleared.lines():
        if line.asset == case.currency and line.purpose == "rent" and line.component.split("/")[0] in _CARRIES:
            earned[carrier[line.bus], line.step][line.party] += Fraction(line.amount, money)
    table = outcome.price_table
    price = dict(zip(table.labels["bus"].tolist(), table.values("price_eur_per_mwh").tolist(), strict=True))
    should: dict[_Key, Fraction] = defaultdict(Fraction)
    for step, seconds in enumerate(case.horizon.step_seconds.tolist()):
        for form in home:
            worth: dict[str, Fraction] = {}
            for right in rules.rights:
                if carrier[right.sink] == form:
                    value = _worth(case, right, step, seconds, price)
                    worth[right.id] = max(value, Fraction(0)) if right.kind == "option" else value
            plus = sum((v for v in worth.values() if v > 0), Fraction(0))
            minus = -sum((v for v in worth.values() if v < 0), Fraction(0))
            there = max(sum(earned[form, step].values(), Fraction(0)), Fraction(0)) + minus
            paid = min(plus, there)
            for right in rules.rights:
                if right.id in worth and right.holder != operator:
                    value, place = worth[right.id], (right.holder, f"right/{right.id}", right.sink, step)
                    should["transmission_right", *place] += value
                    if value > 0:
                        should["right_shortfall", *place] -= value * (plus - paid) / plus
            out = paid - minus
            for party, share in rules.shares_percent.items():
                value = (there - paid) * Fraction(str(share)) / 100
                out += value
                if party != operator:
                    should["rent_share", party, f"rents/{form}", home[form], step] += value
            rents = {owner: rent for owner, rent in earned[form, step].items() if rent > 0}
            for owner, rent in rents.items():
                if owner != operator and out > 0:
                    given = out * rent / sum(rents.values())
                    should["rent_share", owner, f"rents/{form}/earned", home[form], step] -= given
    return should, earned


def _worth(case: Case, right: Any, step: int, seconds: int, price: dict[str, list[float]]) -> Fraction:
    """Energy of a right, to the unit of the books, times the difference of prices in whole 1e-9."""
    try:
        power = list(right.power_mw)
    except TypeError:
        power = [right.power_mw]
    unit = 10**case.policy.energy_decimals
    energy = round(Fraction(float(power[step if len(power) > 1 else 0])) * unit * seconds / 3600)
    apart = round(price[right.sink][step] * 10**9) - round(price[right.source][step] * 10**9)
    return Fraction(energy * apart, unit * 10**9)
