"""Tariff rules: fees for energy, taxes and price caps as one declared, versioned document.

A file of rules:

    version: "2025"
    fees:
      - {id: grid, kind: network, collector: dso, price_eur_per_mwh: 72.5}           # on what is taken, net by bus
      - {id: club, kind: community, collector: coop, price_eur_per_mwh: 5, side: both, parties: [ann, bob]}
    caps:
      - {id: brake, bearer: state, price_eur_per_mwh: 400, parties: [ann, bob]}
    taxes:
      - {id: vat, collector: treasury, rate_percent: 19, purposes: [energy, order, network_fee, price_cap]}

Empty lists of parties and buses mean all of them. A price may be a list with one number for every step.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np

from c4e_opt.case import Case
from c4e_opt.case.contents import as_numbers, shown
from c4e_opt.case.document import read_document
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, duplicates, unknown
from c4e_opt.settlement.documents import number, records, word

#: Which energy a fee is for: what a party takes at a bus, what it gives, or both.
SIDES = ("taken", "given", "both")
FEES = ("network", "community")
#: Purposes that a tax may be on: payments of the clearing and of imbalances, and those of these rules.
TAXABLE = (
    "energy", "order", "imbalance", "activation", "demand_charge", "contract", "broker_fee", "uplift_share",
    "network_fee", "community_fee", "price_cap",
)  # fmt: skip
#: Purposes whose energy counts for fees and caps.
ENERGIES = ("energy", "order", "imbalance", "activation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A price per MWh that a party takes, gives, or both, net at a bus in a step."""

    id: str
    kind: str  # of `FEES`
    collector: str
    price_per_mwh: float | Sequence[float]
    side: str = "taken"
    parties: tuple[str, ...] = ()
    buses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most that consumers pay per MWh; the bearer gives them the rest."""

    id: str
    bearer: str
    price_per_mwh: float | Sequence[float]
    parties: tuple[str, ...] = ()
    buses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """A part of what parties pay for some purposes: what they pay less what lowers it; never below nothing."""

    id: str
    collector: str
    rate_percent: float
    purposes: tuple[str, ...] = ("energy", "order")
    parties: tuple[str, ...] = ()
    buses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffRules:
    """Fees, caps and taxes of one version."""

    version: str = ""
    fees: tuple[Fee, ...] = ()
    caps: tuple[Cap, ...] = ()
    taxes: tuple[Tax, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the rules, whatever their order."""
        fees = [[f.id, f.kind, f.collector, _plain(f.price_per_mwh), f.side, *_who(f)] for f in self.fees]
        caps = [[c.id, c.bearer, _plain(c.price_per_mwh), *_who(c)] for c in self.caps]
        taxes = [[t.id, t.collector, float(t.rate_percent), sorted(t.purposes), *_who(t)] for t in self.taxes]
        content = [self.version, *(sorted(each, key=lambda row: str(row[0])) for each in (fees, caps, taxes))]
        return sha256(json.dumps(["c4e-opt tariff rules 1", *content]).encode()).hexdigest()


def _plain(price: float | Sequence[float]) -> list[float]:
    return np.atleast_1d(np.asarray(price, dtype=np.float64)).tolist()


def _who(rule: Fee | Cap | Tax) -> list[list[str]]:
    return [sorted(rule.parties), sorted(rule.buses)]


def check_tariff(case: Case, rules: TariffRules) -> Iterator[Issue]:
    """Everything that is wrong with rules for a case."""
    parties = [*(party.id for party in case.parties), case.policy.operator]
    buses = [bus.id for bus in case.buses]
    lists: Mapping[str, Sequence[Any]] = {"fees": rules.fees, "caps": rules.caps, "taxes": rules.taxes}
    for name, group in lists.items():
        yield from duplicates(name, [rule.id for rule in group])
        for place, rule in enumerate(group):
            where = f"{name}[{place}]"
            role = "bearer" if isinstance(rule, Cap) else "collector"
            if getattr(rule, role) not in parties:
                yield unknown(f"{where}.{role}", "unknown_reference", "party", getattr(rule, role), parties)
            for field, known in (("parties", parties), ("buses", buses)):
                for n, each in enumerate(getattr(rule, field)):
                    if each not in known:
                        yield unknown(f"{where}.{field}[{n}]", "unknown_reference", "party or bus", each, known)
            yield from _numbers(where, rule, case)
            if isinstance(rule, Fee):
                for field, known in (("kind", FEES), ("side", SIDES)):
                    if getattr(rule, field) not in known:
                        yield unknown(
                            f"{where}.{field}", "unknown_rule", f"{field} of a fee", getattr(rule, field), known
                        )
            elif isinstance(rule, Tax):
                for n, purpose in enumerate(rule.purposes):
                    if purpose not in TAXABLE:
                        yield unknown(f"{where}.purposes[{n}]", "unknown_rule", "purpose of a tax", purpose, TAXABLE)


def _numbers(where: str, rule: Fee | Cap | Tax, case: Case) -> Iterator[Issue]:
    if isinstance(rule, Tax):
        if not 0 <= rule.rate_percent <= 1000:
            told = f"is {rule.rate_percent:g} %; it must lie within [0, 1000] %"
            yield Issue(f"{where}.rate_percent", "range", told)
        return
    prices = _plain(rule.price_per_mwh)
    if len(prices) not in (1, case.horizon.steps) or not all(map(math.isfinite, prices)):
        told = f"has {len(prices)} numbers; one finite number is needed, or {case.horizon.steps}, one for every step"
        yield Issue(f"{where}.price_per_mwh", "length", told)
    elif isinstance(rule, Fee) and min(prices) < 0:
        told = f"is {min(prices):g} {case.currency}/MWh; a fee is 0 or more, a reward is no fee"
        yield Issue(f"{where}.price_per_mwh", "range", told)


def read_tariff(path: str | Path) -> TariffRules:
    """Read rules from a YAML file.

    Raises:
        InvalidInput: With everything that is wrong with the form; what does not fit a case is found by `check_tariff`.
    """
    where, found = Path(path), list[Issue]()
    document = read_document(where)
    known = ("version", "fees", "caps", "taxes")
    found += [
        unknown(f"{where.name}.{name}", "unknown_field", "field", name, known) for name in document if name not in known
    ]
    some = ("id", "parties", "buses")
    fees = [
        Fee(
            id=word(at, record, "id", found),
            kind=word(at, record, "kind", found),
            collector=word(at, record, "collector", found),
            price_per_mwh=_price(at, record, found),
            side=str(record.get("side", "taken")),
            parties=_names(at, record, "parties", found),
            buses=_names(at, record, "buses", found),
        )
        for at, record in records(
            where, document.get("fees", []), (*some, "kind", "collector", "price_eur_per_mwh", "side"), found, "fees"
        )
    ]
    caps = [
        Cap(
            id=word(at, record, "id", found),
            bearer=word(at, record, "bearer", found),
            price_per_mwh=_price(at, record, found),
            parties=_names(at, record, "parties", found),
            buses=_names(at, record, "buses", found),
        )
        for at, record in records(
            where, document.get("caps", []), (*some, "bearer", "price_eur_per_mwh"), found, "caps"
        )
    ]
    taxes = [
        Tax(
            id=word(at, record, "id", found),
            collector=word(at, record, "collector", found),
            rate_percent=number(f"{at}.rate_percent", record.get("rate_percent"), found),
            purposes=_names(at, record, "purposes", found) if "purposes" in record else ("energy", "order"),
            parties=_names(at, record, "parties", found),
            buses=_names(at, record, "buses", found),
        )
        for at, record in records(
            where, document.get("taxes", []), (*some, "collector", "rate_percent", "purposes"), found, "taxes"
        )
    ]
    if found:
        raise InvalidInput(found)
    version = str(document.get("version", ""))
    return TariffRules(version=version, fees=tuple(fees), caps=tuple(caps), taxes=tuple(taxes))


def _price(at: str, record: Mapping[str, Any], found: list[Issue]) -> float | list[float]:
    content = record.get("price_eur_per_mwh")
    numbers = as_numbers(content)
    return number(f"{at}.price_eur_per_mwh", content, found) if numbers is None else numbers.tolist()


def _names(at: str, record: Mapping[str, Any], name: str, found: list[Issue]) -> tuple[str, ...]:
    content: Any = record.get(name) or []
    if isinstance(content, list):
        return tuple(str(each) for each in cast("list[Any]", content))
    found.append(Issue(f"{at}.{name}", "type", f"is {shown(content)}; it must be a list of words"))
    return ()
