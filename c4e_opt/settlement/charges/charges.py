"""Charges: network and community fees, price caps and taxes on what a clearing and its imbalances have booked.

1. Fees: price * energy that a party takes, gives or both, net over its components, orders, imbalances and activations
   at a bus in a step; contracts move no energy over the network. Fees are apart from every price of energy.
2. Caps: where a party takes energy at a price above the cap, line by line, the bearer gives it the difference. The
   lines of the purpose `price_cap` are the record of the shortfall.
3. Taxes: rate * (what a party pays for the purposes of the tax), net at a bus in a step and never below nothing, on
   amounts as they are booked, fees and caps included where they are named. What a party earns by energy that it gives
   is no part of it. Energy that it has bought by a contract counts at its price, where `contract` is a purpose of the
   tax, and not at that of the bus.

Fees and caps are rounded first, by largest remainder; taxes after them. Nobody pays to itself.
Not modelled: taxes on taxes, and what a collector passes on.

Source: own rules; fees apart from energy prices as in Directive (EU) 2019/944, article 18 and annex I.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.settlement.charges.charges_check import audit_charges
from c4e_opt.settlement.charges.tariff_rules import ENERGIES, Cap, Fee, TariffRules, Tax, check_tariff
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.rounding import READ_DECIMALS, Integers, read, sums
from c4e_opt.settlement.statement import CLEARING_ACT, Purpose, Statement

ACT = "charges"
_GRID = 10**READ_DECIMALS
_PURPOSES: Mapping[str, str] = {"network": Purpose.NETWORK_FEE.value, "community": Purpose.COMMUNITY_FEE.value}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lines:
    """Lines of money that parties have, shapes (line,)."""

    place: IntArray  # of party and bus, as `_places` counts them
    parties: TextArray  # all names, sorted, (party,)
    buses: TextArray  # (bus,)
    party: TextArray
    component: TextArray
    bus: TextArray
    purpose: TextArray
    step: IntArray
    energy: Integers
    price: Integers
    amount: Integers


def charges(case: Case, cleared: Statement, rules: TariffRules, *, further: Sequence[Statement] = ()) -> Statement:
    """Charge fees and taxes and pay what caps leave over, for a clearing and what was settled after it.

    Args:
        case: The case.
        cleared: The statement of its clearing.
        rules: Fees, caps and taxes.
        further: Statements of other acts on the same case whose energy and payments count too, such as imbalances.

    Returns:
        The statement of the act "charges", checked.

    Raises:
        InvalidInput: With everything that is wrong with the rules.
        CertificateFailed: The statements are not of this case, or the result breaks its own laws.
    """
    found = [*check_tariff(case, rules)]
    if found:
        raise InvalidInput(found)
    digest = case.digest()
    acts = [each.act for each in further]
    if cleared.act != CLEARING_ACT or len(set(acts)) < len(acts) or {CLEARING_ACT, ACT} & set(acts):
        raise CertificateFailed(
            f"case {case.name!r}: charges need one clearing and at most one statement of each other act"
        )
    if any(each.case_digest != digest for each in (cleared, *further)):
        raise CertificateFailed(f"case {case.name!r}: a statement is one of another case; settle this one")
    subject = Subject(
        act=ACT,
        basis=tuple(sorted([("rules", rules.digest), *((each.act, each.digest) for each in (cleared, *further))])),
        assets=cleared.assets[:1],
        divisors=(_GRID,),
        starts=cleared.starts,
        step_seconds=cleared.step_seconds,
        operator=cleared.operator,
        case_name=case.name,
        case_digest=digest,
        outcome_digest=cleared.outcome_digest,
    )
    booked = _lines([cleared, *further])
    parts = [_fee(case, booked, fee) for fee in rules.fees] + [_cap(case, booked, cap) for cap in rules.caps]
    first = _rounded(case, subject, _joined(parts))
    taxed = [_tax(booked, first, tax) for tax in rules.taxes]
    statement = statement_of(subject, _joined([first, *taxed]))
    certificate = audit_charges(case, cleared, rules, statement, further=further)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"case {case.name!r}: the charges break their laws and were refused: {said}")
    return statement


def _lines(statements: Sequence[Statement]) -> _Lines:
    """The lines of money of all statements."""
    parties = np.unique(np.concatenate([each.positions.party for each in statements]))
    buses = np.unique(np.concatenate([each.positions.bus for each in statements]))
    texts = ("party", "component", "bus", "purpose")
    columns: dict[str, list[Any]] = {name: [] for name in ("place", *texts, "step", "energy", "price", "amount")}
    for each in statements:
        these = np.flatnonzero(each.asset == 0)
        where = each.positions
        place = np.searchsorted(parties, where.party) * buses.size + np.searchsorted(buses, where.bus)
        columns["place"].append(place[each.position[these]])
        for name in texts:
            columns[name].append(getattr(each.positions, name)[each.position[these]])
        for name in ("step", "energy", "price", "amount"):
            columns[name].append(getattr(each, name)[these])
    whole = {name: np.concatenate(parts) for name, parts in columns.items()}
    return _Lines(parties=parties, buses=buses, **whole)


def _places(booked: _Lines, party: TextArray, bus: TextArray) -> IntArray:
    """Numbers of parties at buses."""
    return np.searchsorted(booked.parties, party) * booked.buses.size + np.searchsorted(booked.buses, bus)


def _chosen(party: TextArray, bus: TextArray, rule: Fee | Cap | Tax, other: str) -> NDArray[np.bool_]:
    """Whom a rule is for: those that it names, and not who gets or bears it."""
    chosen = party != other
    if rule.parties:
        chosen &= np.isin(party, rule.parties)
    if rule.buses:
        chosen &= np.isin(bus, rule.buses)
    return chosen


def _prices(rule: Fee | Cap, steps: int) -> Integers:
    """Price of every step, 1e-9 of the currency per MWh."""
    return read(np.broadcast_to(np.asarray(rule.price_per_mwh, dtype=np.float64), steps))


def _net(place: IntArray, step: IntArray, values: Integers) -> tuple[IntArray, Integers]:
    """The first row of every party at a bus in a step, and the sum of its values."""
    keys = step * (int(place.max(initial=0)) + 1) + place
    used, first, of = np.unique(keys, return_index=True, return_inverse=True)
    return first, sums(values, of, used.size)


def _fee(case: Case, booked: _Lines, fee: Fee) -> Claims:
    """What parties give for the energy that they take, give, or both."""
    physical = np.isin(booked.purpose, ENERGIES) & ~np.char.startswith(booked.component, "contract/")
    these = np.flatnonzero(physical & _chosen(booked.party, booked.bus, fee, fee.collector))
    party, bus, step = booked.party[these], booked.bus[these], booked.step[these]
    first, energy = _net(booked.place[these], step, booked.energy[these])
    counted = {"taken": np.maximum(-energy, 0), "given": np.maximum(energy, 0), "both": np.abs(energy)}[fee.side]
    kept = np.flatnonzero(counted)
    first, counted = first[kept], counted[kept].astype(object)
    step = step[first]
    price = _prices(fee, case.horizon.steps)[step].astype(object)
    count = kept.size
    return Claims(
        giver=party[first],
        receiver=np.full(count, fee.collector),
        component=np.full(count, f"fee/{fee.id}"),
        bus=bus[first],
        gives=np.full(count, _PURPOSES[fee.kind]),
        receives=np.full(count, _PURPOSES[fee.kind]),
        asset=np.zeros(count, dtype=np.int64),
        step=step,
        exact=price * counted,
        energy=counted,
        price=price,
    )


def _cap(case: Case, booked: _Lines, cap: Cap) -> Claims:
    """What the bearer gives for energy that is taken above the cap."""
    dearest = _prices(cap, case.horizon.steps)[booked.step] if booked.step.size else booked.price
    these = np.flatnonzero(
        np.isin(booked.purpose, ENERGIES)
        & ~np.char.startswith(booked.component, "contract/")
        & (booked.energy < 0).astype(np.bool_)
        & (booked.price > dearest).astype(np.bool_)
        & _chosen(booked.party, booked.bus, cap, cap.bearer)
    )
    party, bus, step = booked.party[these], booked.bus[these], booked.step[these]
    above = (booked.price - dearest)[these].astype(object)
    first, exact = _net(booked.place[these], step, above * -booked.energy[these].astype(object))
    count = first.size
    return Claims(
        giver=np.full(count, cap.bearer),
        receiver=party[first],
        component=np.full(count, f"cap/{cap.id}"),
        bus=bus[first],
        gives=np.full(count, Purpose.PRICE_CAP.value),
        receives=np.full(count, Purpose.PRICE_CAP.value),
        asset=np.zeros(count, dtype=np.int64),
        step=step[first],
        exact=exact,
        energy=np.zeros(count, dtype=np.int64),
        price=np.zeros(count, dtype=np.int64),
    )


def _rounded(case: Case, subject: Subject, claims: Claims) -> Claims:
    """The same claims with whole minor units, times the divisor of the subject."""
    finer = case.policy.money_decimals - READ_DECIMALS - case.policy.energy_decimals
    exact = claims.exact.astype(object) * 10 ** max(finer, 0)
    alone = replace(subject, divisors=(10 ** max(-finer, 0),))
    told = statement_of(alone, replace(claims, exact=exact))
    # Every claim has a position of its own on the side of the party, by the id of its rule.
    payers = np.where(claims.gives == Purpose.PRICE_CAP.value, claims.receiver, claims.giver)
    where = told.positions
    texts = zip((where.party, where.component, where.bus), (payers, claims.component, claims.bus), strict=True)
    there, wanted = told.step, claims.step
    for one, two in texts:
        words, codes = np.unique(np.concatenate([one, two]), return_inverse=True)
        there = there * words.size + codes[: one.size][told.position]
        wanted = wanted * words.size + codes[one.size :]
    order = np.argsort(there)
    at = np.minimum(np.searchsorted(there[order], wanted), max(there.size - 1, 0))
    if not there.size:
        return replace(claims, exact=np.zeros(wanted.size, dtype=object))
    amounts = np.abs(told.amount[order][at]).astype(object)
    whole = np.where(there[order][at] == wanted, amounts, 0)
    return replace(claims, exact=whole * _GRID)


def _tax(booked: _Lines, first: Claims, tax: Tax) -> Claims:
    """What parties give of what they pay."""
    taken = ((booked.energy < 0) | ((booked.energy == 0) & (booked.amount < 0))).astype(np.bool_)
    sides = np.char.startswith(booked.component, "contract/") & np.isin(booked.purpose, ENERGIES)
    bought, sold = (sides & np.char.endswith(booked.component, end) for end in ("/bought", "/sold"))
    these = np.flatnonzero(np.isin(booked.purpose, tax.purposes) & (taken | bought) & ~sold)
    also = np.flatnonzero(np.isin(first.gives, tax.purposes))
    helped = first.gives[also] == Purpose.PRICE_CAP.value
    whole = first.exact[also] // _GRID
    party = np.concatenate([booked.party[these], np.where(helped, first.receiver[also], first.giver[also])])
    bus = np.concatenate([booked.bus[these], first.bus[also]])
    step = np.concatenate([booked.step[these], first.step[also]])
    paid = np.concatenate([-booked.amount[these].astype(object), np.where(helped, -whole, whole)])
    chosen = np.flatnonzero(_chosen(party, bus, tax, tax.collector))
    place = np.concatenate([booked.place[these], _places(booked, party[these.size :], bus[these.size :])])[chosen]
    party, bus, step = party[chosen], bus[chosen], step[chosen]
    rows, base = _net(place, step, paid[chosen])
    kept = np.flatnonzero((base > 0).astype(np.bool_))
    rows, base = rows[kept], base[kept]
    rate = int(read(np.array([tax.rate_percent / 100], dtype=np.float64))[0])
    count = rows.size
    return Claims(
        giver=party[rows],
        receiver=np.full(count, tax.collector),
        component=np.full(count, f"tax/{tax.id}"),
        bus=bus[rows],
        gives=np.full(count, Purpose.TAX.value),
        receives=np.full(count, Purpose.TAX.value),
        asset=np.zeros(count, dtype=np.int64),
        step=step[rows],
        exact=base * rate,
        energy=np.zeros(count, dtype=np.int64),
        price=np.zeros(count, dtype=np.int64),
    )


def _joined(parts: Sequence[Claims]) -> Claims:
    texts = ("giver", "receiver", "component", "bus", "gives", "receives")
    none: dict[str, Any] = {
        name: np.zeros(0, dtype=np.str_ if name in texts else np.int64) for name in Claims.__slots__
    }
    return Claims(
        **{name: np.concatenate([none[name], *(getattr(p, name) for p in parts)]) for name in Claims.__slots__}
    )
