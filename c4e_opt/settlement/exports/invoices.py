"""Invoices: what a statement says of one party, as one page that needs nothing else, to be read and printed.

Lines of one component, bus and purpose are one item, or two where energy went both ways: its energy, its mean price
(amount by energy) and its amount as a charge or a credit. Charges less credits are what the party pays; that is its
balance of the currency with the other sign, to the last minor unit. Other assets (energy, tokens, certificates) are
listed below with what came and went.
"""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.settlement.exports.names import cell, file_name
from c4e_opt.settlement.postings import batch_of
from c4e_opt.settlement.rounding import sums
from c4e_opt.settlement.statement import Asset, Purpose, Statement, decimal_text

_PRICE_DECIMALS = 5
_KWH = 3  # digits between a MWh and a kWh
_FEES = (Purpose.NETWORK_FEE, Purpose.COMMUNITY_FEE, Purpose.DEMAND_CHARGE, Purpose.BROKER_FEE, Purpose.IDLE_FEE)
_SECTIONS = ("Energy and services", "Fees", "Taxes")
_HIDDEN = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F], "\ufffd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of an invoice."""

    purpose: str
    component: str
    bus: str
    energy_kwh: str  # positive when the party took it; empty where there is none
    price_per_kwh: str  # empty where there is none
    amount: int  # minor units, positive when the party receives them


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Items of one sort."""

    title: str
    items: tuple[Item, ...]
    amount: int  # minor units, positive when the party receives them


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a party received and gave of an asset that is no money, as exact decimals of its unit."""

    asset: str
    kind: str
    received: str
    given: str
    balance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What a statement says of one party."""

    number: str
    party: str
    issuer: str
    case: str
    act: str
    begin: int  # seconds since 1970
    end: int
    currency: Asset
    sections: tuple[Section, ...]
    moved: tuple[Moved, ...]
    references: tuple[tuple[str, str], ...]

    @property
    def balance(self) -> int:
        """What the party receives, minor units of the currency; it pays where this is negative."""
        return sum(section.amount for section in self.sections)

    def html(self, zone: tzinfo = UTC) -> str:
        """The page; moments in this time zone."""
        decimals = self.currency.decimals

        def money(minor: int) -> str:
            return decimal_text(minor, decimals)

        def moment(seconds: int) -> str:
            return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M %Z")

        amounts = [item.amount for section in self.sections for item in section.items]
        return _template().render(
            invoice=self,
            period=(moment(self.begin), moment(self.end)),
            money=money,
            charges=money(-sum(each for each in amounts if each < 0)),
            credits=money(sum(each for each in amounts if each > 0)),
            due=money(abs(self.balance)),
        )


def invoices(statement: Statement) -> Iterator[Invoice]:
    """An invoice for every party that a statement names, by name.

    Raises:
        InvalidInput: The statement counts no money.
    """
    currency = next((place for place, asset in enumerate(statement.assets) if asset.kind == "money"), None)
    if currency is None:
        message = f"counts {', '.join(asset.id for asset in statement.assets) or 'nothing'}; only money is invoiced"
        raise InvalidInput([Issue("statement", "no_money", message)])
    where, count = statement.positions, len(statement.assets)
    gives = (statement.energy > 0).astype(np.int64)
    group = (statement.position * count + statement.asset) * 2 + gives
    size = where.party.size * count * 2
    amount, energy = sums(statement.amount, group, size), sums(statement.energy, group, size)
    given = sums(np.minimum(statement.amount, 0), group, size)
    met = np.flatnonzero(np.bincount(group, minlength=size))
    references = _references(statement)
    for cells in _by_party(where.party[met // (2 * count)], met):
        party, of = str(where.party[cells[0] // (2 * count)]), cells // 2 % count
        yield Invoice(
            number=hashlib.sha256(f"{statement.digest}\x1f{party}".encode()).hexdigest()[:16],
            party=party,
            issuer=statement.operator,
            case=statement.case_name,
            act=statement.act,
            begin=int(statement.starts[0]),
            end=int(statement.starts[-1] + statement.step_seconds[-1]),
            currency=statement.assets[currency],
            sections=_sections(statement, cells[of == currency], amount, energy),
            moved=tuple(_moved(statement.assets, cells[of != currency], amount, given)),
            references=references,
        )


def write_invoices(statement: Statement, folder: Path, zone: tzinfo = UTC) -> list[Path]:
    """Write a page for every party, and `index.csv` that says which is whose.

    Args:
        statement: What is invoiced.
        folder: Made when missing.
        zone: Time zone of the moments on the pages.

    Returns:
        The pages, by party.

    Raises:
        InvalidInput: The statement counts no money.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with (folder / "index.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("party", "file", "invoice", "currency", "balance"))
        for invoice in invoices(statement):
            path = folder / f"{file_name(invoice.party)}.html"
            path.write_text(invoice.html(zone), encoding="utf-8", errors="replace")
            balance = decimal_text(invoice.balance, invoice.currency.decimals)
            rows.writerow((cell(invoice.party), path.name, invoice.number, cell(invoice.currency.id), balance))
            written.append(path)
    return written


def _references(statement: Statement) -> tuple[tuple[str, str], ...]:
    said = (
        ("Statement", statement.digest),
        ("Batch", batch_of(statement).id),
        ("Case", statement.case_digest),
        ("Outcome", statement.outcome_digest),
        *((f"Basis: {name}", digest) for name, digest in statement.basis),
    )
    return tuple((name, digest) for name, digest in said if digest)


def _by_party(party: TextArray, cells: IntArray) -> list[IntArray]:
    """Cells of each party; positions are sorted by party, and so are their cells."""
    return np.split(cells, np.flatnonzero(party[1:] != party[:-1]) + 1) if cells.size else []


def _sections(statement: Statement, cells: IntArray, amount: Any, energy: Any) -> tuple[Section, ...]:
    where, count = statement.positions, len(statement.assets)
    mwh = next((asset.decimals for asset in statement.assets if asset.kind == "energy"), 0)
    found: dict[str, list[Item]] = {}
    for each in cells.tolist():
        position, asset = divmod(int(each) // 2, count)
        purpose = str(where.purpose[position])
        item = Item(
            purpose=purpose.replace("_", " "),
            component=str(where.component[position]),
            bus=str(where.bus[position]),
            energy_kwh=_kwh(-int(energy[each]), mwh),
            price_per_kwh=_price(int(amount[each]), statement.assets[asset].decimals, int(energy[each]), mwh),
            amount=int(amount[each]),
        )
        title = _SECTIONS[2 if purpose == Purpose.TAX else 1 if purpose in _FEES else 0]
        found.setdefault(title, []).append(item)
    return tuple(
        Section(
            title=title,
            items=tuple(sorted(found[title], key=lambda item: (item.purpose, item.component, item.bus))),
            amount=sum(item.amount for item in found[title]),
        )
        for title in _SECTIONS
        if title in found
    )


def _moved(assets: Sequence[Asset], cells: IntArray, amount: Any, given: Any) -> Iterator[Moved]:
    places = cells // 2 % len(assets)
    for place in np.unique(places).tolist():
        asset, of = assets[int(place)], cells[places == place]
        balance, gave = sum(amount[of].tolist()), -sum(given[of].tolist())
        yield Moved(
            asset=asset.id,
            kind=asset.kind,
            received=decimal_text(balance + gave, asset.decimals),
            given=decimal_text(gave, asset.decimals),
            balance=decimal_text(balance, asset.decimals),
        )


def _kwh(minor: int, decimals: int) -> str:
    """Minor units of a carrier, 10**-decimals MWh each, as exact kWh; empty for none."""
    if not minor:
        return ""
    return decimal_text(minor * 10 ** max(0, _KWH - decimals), max(0, decimals - _KWH))


def _price(amount: int, money: int, energy: int, mwh: int) -> str:
    """Currency per kWh, rounded; empty without energy."""
    if not energy:
        return ""
    price = round(Fraction(amount * 10**mwh, energy * 10 ** (money + _KWH)) * 10**_PRICE_DECIMALS)
    return decimal_text(price, _PRICE_DECIMALS)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["name"] = _visible
    return environment.from_string(
        files("c4e_opt.settlement.exports").joinpath("invoice.html").read_text(encoding="utf-8")
    )


def _visible(text: str) -> str:
    """A name without characters that nobody sees or that turn others around."""
    seen = "".join("\ufffd" if unicodedata.category(each) in ("Cc", "Cs") else each for each in text)
    return seen.translate(_HIDDEN)
