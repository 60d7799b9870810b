"""Settling a community: shared energy at its local price, the rest at everybody's supplier, fees on what is shared.

In every settlement period, with received and sent of the sharing key, taken and given of the meters:

    shared          community -> member   price[t] * (sent - received)
    supplied        supplier  -> member   -import[t] * (taken - received), export[t] * (given - sent)
    community_fee   collector -> member   -fee * received, or -fee * sent

so that what is shared is netted from what suppliers deliver and buy, period by period (Directive (EU) 2024/1711,
article 15a). The local price is fixed by the rules, or the middle between the lowest import and the highest export
price of the members' suppliers (see `sharing.mid_market_rate`), within the corridor of the rules. While it lies between
those two prices nobody pays more than without the community, before fees.

The account of the community is zero in every step but for what rounding leaves. Who has no supplier in the rules is
billed for the rest elsewhere. Energy itself is not booked here: it stays with those who put it into their bus.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.community.community_check import audit_community
from c4e_opt.settlement.community.member_readings import MemberReadings
from c4e_opt.settlement.community.member_rules import CommunityRules
from c4e_opt.settlement.community.sharing_keys import Shared, share
from c4e_opt.settlement.rounding import READ_DECIMALS, Integers, read
from c4e_opt.settlement.statement import Asset, Purpose, Statement

#: Energy is counted in whole Wh, 1e-6 MWh.
WH_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What a supplier asks and pays, a number or one for every settlement period."""

    import_eur_per_mwh: ArrayLike
    export_eur_per_mwh: ArrayLike = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommunityPrices:
    """Prices of all periods, 1e-9 of the currency per MWh.

    Attributes:
        local: Of energy that is shared (time,).
        bought: What a member's supplier asks (member, time); 0 for who has none.
        sold: What it pays (member, time).
    """

    local: Integers
    bought: Integers
    sold: Integers


def settle_community(
    rules: CommunityRules,
    readings: MemberReadings,
    tariffs: Mapping[str, Tariff],
    *,
    currency: str = "EUR",
    decimals: int = 2,
) -> tuple[Statement, Shared]:
    """Settle what members of a community share.

    Args:
        rules: The version of the rules that is valid in all steps.
        readings: What the meters of all members say, in steps that make up settlement periods.
        tariffs: Supplier -> what it asks and pays; at least of the suppliers that the rules name.
        currency: The currency.
        decimals: Its decimals on the books.

    Returns:
        The statement, audited, and what is shared by the sharing key.

    Raises:
        InvalidInput: Rules, readings and tariffs do not fit together; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    issues = list(_misfits(rules, readings, tariffs))
    if issues:
        raise InvalidInput(issues)
    periods = readings.per_period(rules.period_seconds)
    prices = _prices(rules, periods, tariffs)
    shares = {member.id: member.share for member in rules.members}
    key = rules.sharing_key
    shared = share(periods, key, shares=shares, price=prices.bought if key == "least_cost" else None)
    shift = READ_DECIMALS + WH_DECIMALS - decimals
    subject = Subject(
        act="community",
        basis=tuple(
            sorted({"readings": readings.digest, "rules": rules.digest, "tariffs": _digest(prices, rules)}.items())
        ),
        assets=(
            Asset(id=currency, kind="money", decimals=decimals),
            Asset(id="electricity", kind="energy", decimals=WH_DECIMALS),
        ),
        divisors=(10 ** max(shift, 0), 1),
        starts=periods.starts,
        step_seconds=periods.step_seconds,
        operator=rules.community,
    )
    statement = statement_of(subject, _claims(rules, shared, prices, 10 ** max(-shift, 0)))
    certificate = audit_community(rules, readings, tariffs, shared, statement)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"community {rules.community!r}: the statement breaks its laws and was refused: {said}")
    return statement, shared


def _misfits(rules: CommunityRules, readings: MemberReadings, tariffs: Mapping[str, Tariff]) -> Iterator[Issue]:
    """Everything in which rules, readings and tariffs do not fit together."""
    members = [member.id for member in rules.members]
    for name in readings.members:
        if name not in members:
            yield unknown(f"readings.{name}", "unknown_reference", "member", name, members)
    for name in members:
        if name not in readings.members:
            yield Issue(f"readings.{name}", "missing", "is a member without readings; give zeros where it is away")
    needs = rules.price_rule == "middle" or rules.sharing_key == "least_cost"
    for member in rules.members:
        if member.supplier and member.supplier not in tariffs:
            path = f"members.{member.id}.supplier"
            yield unknown(path, "unknown_reference", "tariff", member.supplier, tariffs)
        elif not member.supplier and needs:
            told = f"is missing; price rule {rules.price_rule!r} and key {rules.sharing_key!r} need everybody's prices"
            yield Issue(f"members.{member.id}.supplier", "missing", told)
    periods = np.unique(readings.starts // rules.period_seconds).size
    for name in sorted({member.supplier for member in rules.members} & tariffs.keys()):
        for field in ("import_eur_per_mwh", "export_eur_per_mwh"):
            array = np.asarray(getattr(tariffs[name], field), dtype=np.float64)
            if array.shape not in ((), (periods,)):
                told = f"has shape {array.shape}; give one number, or one for each of {periods} settlement periods"
                yield Issue(f"tariffs.{name}.{field}", "length", told)
            elif not np.isfinite(array).all():
                yield Issue(f"tariffs.{name}.{field}", "finite", "holds what is no number; give one for every period")
    if readings.starts.size:
        first, last = int(readings.starts[0]), int(readings.starts[-1] + readings.step_seconds[-1])
        if first < rules.valid_from or last > rules.valid_until:
            told = f"reach from {first} to {last}; version {rules.version} is valid from {rules.valid_from} to "
            yield Issue("readings", "range", f"{told}{rules.valid_until}; settle every version's steps with it")


def _prices(rules: CommunityRules, periods: MemberReadings, tariffs: Mapping[str, Tariff]) -> CommunityPrices:
    steps = periods.starts.size
    rows: dict[str, tuple[Integers, Integers]] = {"": (np.zeros(steps, np.int64), np.zeros(steps, np.int64))}
    for name in {member.supplier for member in rules.members} - {""}:
        both = (tariffs[name].import_eur_per_mwh, tariffs[name].export_eur_per_mwh)
        asked, paid = (read(np.broadcast_to(np.asarray(each, np.float64), (steps,))) for each in both)
        rows[name] = (asked, paid)
    bought, sold = (np.array([rows[member.supplier][n] for member in rules.members]) for n in (0, 1))
    if rules.price_rule == "fixed":
        local = np.full(steps, _grid(rules.fixed_eur_per_mwh), dtype=object)
    else:
        local = (bought.min(axis=0).astype(object) + sold.max(axis=0).astype(object)) // 2
    if rules.floor_eur_per_mwh is not None:
        local = np.maximum(local, _grid(rules.floor_eur_per_mwh))
    if rules.cap_eur_per_mwh is not None:
        local = np.minimum(local, _grid(rules.cap_eur_per_mwh))
    return CommunityPrices(local=local, bought=bought, sold=sold)


def _grid(price: Any) -> int:
    return round(price * 10**READ_DECIMALS)


def _claims(rules: CommunityRules, shared: Shared, prices: CommunityPrices, finer: int) -> Claims:
    """Everything that is owed, one row for every member and step in which it is."""
    rest = shared.rest()
    member = np.array([each.id for each in rules.members], dtype=np.str_)
    supplier = np.array([each.supplier for each in rules.members], dtype=np.str_)
    local = np.broadcast_to(prices.local, shared.sent_wh.shape)
    community = np.full(member.size, rules.community)
    about = np.full(member.size, f"community/{rules.community}")
    has = (supplier != "")[:, None]
    at = np.char.add("supplier/", supplier)
    delivered, bought = np.where(has, -rest.taken_wh, 0), np.where(has, rest.given_wh, 0)
    rows = [
        (community, about, Purpose.SHARED, shared.sent_wh - shared.received_wh, local),
        (supplier, np.char.add(at, "/delivers"), Purpose.SUPPLIED, delivered, prices.bought),
        (supplier, np.char.add(at, "/buys"), Purpose.SUPPLIED, bought, prices.sold),
    ]
    for fee in rules.fees:
        owed = -shared.received_wh if fee.side == "receiver" else shared.sent_wh
        price = np.full(owed.shape, _grid(fee.eur_per_mwh) * (1 if fee.side == "receiver" else -1), dtype=object)
        rows.append(
            (np.full(member.size, fee.to), np.full(member.size, f"fee/{fee.id}"), Purpose.COMMUNITY_FEE, owed, price)
        )
    parts = [_rows(member, *row, finer) for row in rows]
    columns: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    count = int(columns["step"].size)
    nowhere: TextArray = np.full(count, "")
    return Claims(bus=nowhere, asset=np.zeros(count, dtype=np.int64), **columns)


def _rows(
    member: Any, giver: Any, component: Any, purpose: Purpose, energy: IntArray, price: Integers, finer: int
) -> dict[str, Any]:
    """Claims of one kind; nobody owes itself anything."""
    who, step = np.nonzero((energy != 0) & (giver != member)[:, None])
    wh, at = energy[who, step], price[who, step]
    told = np.full(who.size, purpose.value)
    return {
        "giver": giver[who],
        "receiver": member[who],
        "component": component[who],
        "gives": told,
        "receives": told,
        "step": step,
        "exact": wh.astype(object) * at.astype(object) * finer,
        "energy": wh,
        "price": at,
    }


def _digest(prices: CommunityPrices, rules: CommunityRules) -> str:
    """SHA-256 of what suppliers ask and pay of every member."""
    rows = {
        member.id: [list(map(str, table[n].tolist())) for table in (prices.bought, prices.sold)]
        for n, member in enumerate(rules.members)
    }
    return hashlib.sha256(json.dumps(["c4e-opt supplier prices 1", rows], sort_keys=True).encode()).hexdigest()
