"""Congestion rents: financial transmission rights are paid out of them, and what is left is shared.

In every step, of the lines of rent that the clearing gave to networks (`_NETWORKS`), by carrier:

    worth[r]     energy[r] * (price at the sink - price at the source); an option is never worth less than nothing
    available    rents, if they are above nothing, and what holders of obligations owe
    paid         what rights are worth, or what is available where that is less: the shortfall falls on all rights that
                 are worth something, in proportion, and stands beside each of them
    left         available - paid, of which everybody with a share gets it; the rest stays where it was earned

Owners give for what is paid out, in proportion to their rents in the step. Energy of a right is its power times the
length of the step, to the nearest unit of the books.

Not modelled: whether all rights together fit the grid (that is the task of their auction), rents of later steps for
shortfalls of earlier ones.

Source: Hogan (1992), Contract networks for electric power transmission, J. Regulatory Economics 4, 211-242,
doi:10.1007/BF00133621; shares of congestion income as in Commission Regulation (EU) 2015/1222, article 73.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.outcome import Outcome
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.rights.rent_rules import RentRules, check_rights
from c4e_opt.settlement.rights.rights_check import audit_rights
from c4e_opt.settlement.rounding import READ_DECIMALS, Integers, read
from c4e_opt.settlement.statement import CLEARING_ACT, Purpose, Statement

ACT = "rights"
_NETWORKS = ("tie", "line", "flow_based_constraint", "heat_pipe", "gas_pipe")

#: Giver, receiver, component, bus, purpose, step and exact amount.
_Payment = tuple[str, str, str, str, Purpose, int, int]


def rights(case: Case, outcome: Outcome, cleared: Statement, rules: RentRules) -> Statement:
    """Pay transmission rights out of rents, and share what is left.

    Args:
        case: The case.
        outcome: Its answer, for the prices.
        cleared: The statement of its clearing, for the rents.
        rules: Rights and shares.

    Returns:
        The statement of the act "rights", checked. Lines of `right_shortfall` are the record of what was not covered.

    Raises:
        InvalidInput: With everything that is wrong with the rules.
        CertificateFailed: Statement, outcome and case do not belong together, or the result breaks its own laws.
    """
    found = [*check_rights(case, rules)]
    if found:
        raise InvalidInput(found)
    same = case.digest() == outcome.case_digest == cleared.case_digest and outcome.digest == cleared.outcome_digest
    if not same or cleared.act != CLEARING_ACT:
        raise CertificateFailed(f"case {case.name!r}: statement, outcome and case do not belong together")
    finer = case.policy.money_decimals - READ_DECIMALS - case.policy.energy_decimals
    payments = [*_payments(case, outcome, cleared, rules)]
    subject = Subject(
        act=ACT,
        basis=(("clearing", cleared.digest), ("rules", rules.digest)),
        assets=cleared.assets[:1],
        divisors=(10 ** max(-finer, 0),),
        starts=cleared.starts,
        step_seconds=cleared.step_seconds,
        operator=cleared.operator,
        case_name=case.name,
        case_digest=cleared.case_digest,
        outcome_digest=outcome.digest,
    )
    statement = statement_of(subject, _claims(payments))
    certificate = audit_rights(case, outcome, cleared, rules, statement)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"case {case.name!r}: the rights break their laws and were refused: {said}")
    return statement


def _payments(case: Case, outcome: Outcome, cleared: Statement, rules: RentRules) -> Iterator[_Payment]:
    """Everything that is paid, by carrier and step; amounts in the units of `Claims.exact`."""
    carriers = {bus.id: bus.carrier for bus in case.buses}
    rents = _rents(case, cleared, carriers)
    worth = _worth(case, outcome, rules)
    operator = case.policy.operator
    for carrier in sorted(set(carriers.values())):
        mine = {each.id: (n, each) for n, each in enumerate(rules.rights) if carriers[each.sink] == carrier}
        homes = [bus.id for bus in case.buses if bus.carrier == carrier]
        for step in range(case.horizon.steps):
            earned = rents.get((carrier, step), {})
            values = {name: int(worth[n][step]) for name, (n, _) in mine.items() if worth[n][step]}
            needed, owing = (sum(max(sign * v, 0) for v in values.values()) for sign in (1, -1))
            available = max(sum(earned.values()), 0) + owing
            short = max(needed - available, 0)
            cut = _apportioned(short, {name: value for name, value in values.items() if value > 0})
            for name, value in values.items():
                holder, place = mine[name][1].holder, (f"right/{name}", mine[name][1].sink)
                yield operator, holder, *place, Purpose.TRANSMISSION_RIGHT, step, value
                yield holder, operator, *place, Purpose.RIGHT_SHORTFALL, step, cut.get(name, 0)
            left, out = available - (needed - short), needed - short - owing
            for party, share in sorted(rules.shares_percent.items()):
                amount = math.floor(Fraction(str(share)) / 100 * left)
                out += amount
                yield operator, party, f"rents/{carrier}", homes[0], Purpose.RENT_SHARE, step, amount
            positive = {owner: rent for owner, rent in earned.items() if rent > 0}
            for owner, amount in _apportioned(max(out, 0) if positive else 0, positive).items():
                yield owner, operator, f"rents/{carrier}/earned", homes[0], Purpose.RENT_SHARE, step, amount


def _rents(case: Case, cleared: Statement, carriers: Mapping[str, str]) -> dict[tuple[str, int], dict[str, int]]:
    """Rents of networks by carrier and step, and by owner; exact."""
    scale = 10 ** max(READ_DECIMALS + case.policy.energy_decimals - case.policy.money_decimals, 0)
    found: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    where = cleared.positions
    for position, step, asset, amount in zip(
        cleared.position.tolist(), cleared.step.tolist(), cleared.asset.tolist(), cleared.amount.tolist(), strict=True
    ):
        kind = str(where.component[position]).split("/")[0]
        if asset == 0 and where.purpose[position] == Purpose.RENT.value and kind in _NETWORKS:
            found[carriers[str(where.bus[position])], step][str(where.party[position])] += amount * scale
    return found


def _worth(case: Case, outcome: Outcome, rules: RentRules) -> Integers:
    """What every right is worth, (right, time)."""
    rows = {bus.id: n for n, bus in enumerate(case.buses)}
    price = read(outcome.price_table.values("price_eur_per_mwh")).astype(object)
    unit = 10**case.policy.energy_decimals
    finer = 10 ** max(case.policy.money_decimals - READ_DECIMALS - case.policy.energy_decimals, 0)
    worth = np.zeros((len(rules.rights), case.horizon.steps), dtype=object)
    for n, right in enumerate(rules.rights):
        powers = np.broadcast_to(np.asarray(right.power_mw, dtype=np.float64), case.horizon.steps).tolist()
        lengths = case.horizon.step_seconds.tolist()
        energy = [round(Fraction(p) * s * unit / 3600) for p, s in zip(powers, lengths, strict=True)]
        value = finer * np.array(energy, dtype=object) * (price[rows[right.sink]] - price[rows[right.source]])
        worth[n] = np.maximum(value, 0) if right.kind == "option" else value
    return worth


def _apportioned(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """A whole number in proportion to positive weights, by largest remainder; ties to the first by name."""
    whole = sum(weights.values())
    if not total or not whole:
        return {}
    parts = {key: divmod(total * weight, whole) for key, weight in weights.items()}
    missing = total - sum(part for part, _ in parts.values())
    raised = sorted(parts, key=lambda key: (-parts[key][1], key))[:missing]
    return {key: part + (key in raised) for key, (part, _) in parts.items()}


def _claims(payments: Sequence[_Payment]) -> Claims:
    kept = [each for each in payments if each[-1] and each[0] != each[1]]
    giver, receiver, component, bus, purpose, step, amount = zip(*kept, strict=True) if kept else ((),) * 7
    words = np.array([each.value for each in purpose], dtype=np.str_)
    none = np.zeros(len(kept), dtype=np.int64)
    return Claims(
        giver=np.array(giver, dtype=np.str_),
        receiver=np.array(receiver, dtype=np.str_),
        component=np.array(component, dtype=np.str_),
        bus=np.array(bus, dtype=np.str_),
        gives=words,
        receives=words,
        asset=none,
        step=np.array(step, dtype=np.int64),
        exact=np.array(amount, dtype=object),
        energy=none,
        price=none,
    )
