"""Invoices: every total is the statement's, every name is a name, and a page needs nothing but itself."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings

from c4e_opt.errors import InvalidInput
from c4e_opt.settlement import Asset, Statement, batch_of, decimal_text
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.exports.invoices import Invoice, invoices, write_invoices
from tests.settlement.test_exports import hand_computed, statements

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """The tags and rows of cells of a page, as a browser reads it; refuses tags that are not closed in their order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes = list[str](), list[str](), list[str]()
        self.rows, self.words = list[list[str]](), ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.words += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def invoice_of(statement: Statement, party: str) -> Invoice:
    return next(each for each in invoices(statement) if each.party == party)


def test_a_page_says_what_was_computed_by_hand():
    """Ann takes 1 MWh for 100.00 EUR and 0.125 MWh for 4.17: 1125 kWh for 104.17, 0.09260 EUR/kWh (0.0925955…)."""
    statement = hand_computed()
    invoice = invoice_of(statement, "ann")
    assert invoice.balance == -10417
    page = Page(invoice.html(ZoneInfo("Europe/Warsaw")))
    assert ["energy", "demand/l at e", "1125.000", "0.09260", "104.17", ""] in page.rows
    assert ["Energy and services, in all", "104.17", ""] in page.rows
    assert ["All charges and credits", "104.17", "0.00"] in page.rows
    assert ["To pay", "104.17 EUR"] in page.rows
    assert ["electricity", "energy, MWh", "1.125000", "0.000000", "1.125000"] in page.rows
    assert "2030-01-01 01:00 CET to 2030-01-01 02:15 CET" in page.words
    for reference in (statement.digest, batch_of(statement).id, statement.case_digest, statement.outcome_digest):
        assert reference in page.words


def test_who_is_owed_receives_and_rents_are_credits():
    """The supplier gets 40.00 + 5.00 EUR for 1125 kWh given; the operator's rents are 60.00 - 0.83."""
    statement = hand_computed()
    page = Page(invoice_of(statement, "sup").html())
    assert ["tariff", "grid_connection/g at e", "-1125.000", "0.04000", "", "45.00"] in page.rows
    assert ["To receive", "45.00 EUR"] in page.rows
    assert ["electricity", "energy, MWh", "0.000000", "1.125000", "-1.125000"] in page.rows
    rows = Page(invoice_of(statement, "operator").html()).rows
    assert ["To receive", "59.17 EUR"] in rows
    assert next(row for row in rows if row[0] == "rent")[-2:] == ["", "59.17"]


def words(*each: str) -> np.ndarray:
    return np.array(each, dtype=np.str_)


def test_energy_that_went_both_ways_is_two_items():
    """A battery takes 2 MWh at 10 EUR and gives 1 MWh at 50: no mean price says anything of both together."""
    claims = Claims(
        giver=words("bob", "bob"),
        receiver=words("ann", "ann"),
        component=words("battery/b", "battery/b"),
        bus=words("e", "e"),
        gives=words("cover", "cover"),
        receives=words("energy", "energy"),
        asset=np.zeros(2, dtype=np.int64),
        step=np.arange(2),
        exact=np.array([-2000, 5000], dtype=object),
        energy=np.array([-2_000_000, 1_000_000], dtype=object),
        price=np.array([10 * 10**9, 50 * 10**9], dtype=object),
    )
    subject = Subject(
        act="clearing",
        basis=(),
        assets=(
            Asset(id="EUR", kind="money", decimals=2),
            Asset(id="electricity", kind="energy", decimals=6),
        ),
        divisors=(1, 1),
        starts=np.array([1_893_456_000, 1_893_459_600]),
        step_seconds=np.array([3600, 3600]),
        operator="operator",
    )
    page = Page(invoice_of(statement_of(subject, claims), "ann").html())
    assert ["energy", "battery/b at e", "2000.000", "0.01000", "20.00", ""] in page.rows
    assert ["energy", "battery/b at e", "-1000.000", "0.05000", "", "50.00"] in page.rows
    assert ["All charges and credits", "20.00", "50.00"] in page.rows


def claimed(*rows: tuple[str, str, str, str, int], money: Asset | None = None) -> Statement:
    """Claims: giver, receiver, component, purpose of the giver, cents."""
    giver, receiver, component, gives, exact = zip(*rows, strict=True)
    none = np.zeros(len(rows), dtype=np.int64)
    claims = Claims(
        giver=words(*giver),
        receiver=words(*receiver),
        component=words(*component),
        bus=words(*[""] * len(rows)),
        gives=words(*gives),
        receives=words(*["cover"] * len(rows)),
        asset=none,
        step=none,
        exact=np.array(exact, dtype=object),
        energy=none.astype(object),
        price=none.astype(object),
    )
    subject = Subject(
        act="imbalance",
        basis=(("readings <b>", "ab" * 32),),
        assets=(money or Asset(id="EUR", kind="money", decimals=2),),
        divisors=(1,),
        starts=np.array([1_893_456_000]),
        step_seconds=np.array([900]),
        operator="operator",
    )
    return statement_of(subject, claims)


def test_fees_and_taxes_stand_apart_with_their_sums():
    statement = claimed(
        ("ann", "grid", "fee/wires", "network_fee", 250),
        ("ann", "village", "fee/village", "community_fee", 30),
        ("ann", "state", "tax/vat", "tax", 64),
        ("bob", "ann", "demand/l", "imbalance", 100),
    )
    invoice = invoice_of(statement, "ann")
    assert [(section.title, section.amount) for section in invoice.sections] == [
        ("Energy and services", 100),
        ("Fees", -280),
        ("Taxes", -64),
    ]
    rows = Page(invoice.html()).rows
    assert ["Fees, in all", "2.80", ""] in rows
    assert ["Taxes, in all", "0.64", ""] in rows
    assert ["All charges and credits", "3.44", "1.00"] in rows
    assert ["To pay", "2.44 EUR"] in rows
    assert ["network fee", "fee/wires", "", "", "2.50", ""] in rows


def test_nothing_to_pay_is_said():
    statement = claimed(("ann", "bob", "a", "tax", 5), ("bob", "ann", "b", "tax", 5))
    rows = Page(invoice_of(statement, "ann").html()).rows
    assert ["Nothing to pay", "0.00 EUR"] in rows
    assert ["All charges and credits", "0.05", "0.05"] in rows


EVIL = (
    '<script>alert("1")</script>',
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</td></tr></table></style><b>",
    "a&amp;b; 'q'\n\tc",
    "a\u202egnp.exe\u2066",
)


def test_names_are_text_and_never_a_page(tmp_path: Path):
    rows = [(name, "operator", f"x/{name}", "energy", 1 + place) for place, name in enumerate(EVIL)]
    statement = claimed(*rows, money=Asset(id="<i>EUR</i>", kind="money", decimals=2))
    plain = Page(invoice_of(claimed(("ann", "operator", "x", "energy", 1)), "ann").html())
    for place, (invoice, name) in enumerate(
        (invoice, name) for name in EVIL for invoice in invoices(statement) if invoice.party == name
    ):
        text = invoice.html()
        page = Page(text)
        assert set(page.tags) == set(plain.tags)
        assert set(page.attributes) == set(plain.attributes)
        shown = re.sub("[\n\t\u202e\u2066]", "\ufffd", name)
        assert shown in page.words
        assert [f"x/{shown}"] == [row[1] for row in page.rows if row[0] == "energy"]
        assert ["To pay", f"{decimal_text(1 + place, 2)} <i>EUR</i>"] in page.rows
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
        assert "readings <b>" in page.words
    written = write_invoices(statement, tmp_path / "out")
    assert len(set(written)) == len(EVIL) + 1
    assert {path.parent for path in written} == {tmp_path / "out"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        ["index.csv", *(path.name for path in written)]
    )


def test_a_page_needs_nothing_else(tmp_path: Path):
    text = invoice_of(hand_computed(), "ann").html()
    assert "default-src 'none'" in text
    assert not re.search(r"https?:|url\(|<script|<link|@import|src=", text)
    assert "@page" in text
    assert "@media print" in text


@settings(max_examples=150)
@given(statement=statements())
def test_totals_are_the_balances_of_any_statement(statement: Statement):
    balances = statement.balances()
    made = list(invoices(statement))
    assert [invoice.party for invoice in made] == sorted(balances)
    assert len({invoice.number for invoice in made}) == len(made)
    assert sum(invoice.balance for invoice in made) == 0
    currency, energy = statement.assets
    for invoice in made:
        held = balances[invoice.party]
        assert invoice.balance == held.get(currency.id, 0)
        moved = {each.asset: each.balance for each in invoice.moved}
        assert moved == ({energy.id: decimal_text(held[energy.id], 6)} if energy.id in held else {})
        page = Page(invoice.html())
        due = decimal_text(abs(invoice.balance), currency.decimals)
        assert page.rows[-1 - 2 * bool(moved)][1:] == [f"{due} EUR"]
        columns = defaultdict(list)
        for section in invoice.sections:
            for item in section.items:
                columns[item.amount < 0].append(item.amount)
        total = [decimal_text(abs(sum(columns[side])), currency.decimals) for side in (True, False)]
        assert ["All charges and credits", *total] in page.rows


def test_a_community_has_a_page_for_every_party_and_an_index(tmp_path: Path):
    statement = hand_computed()
    written = write_invoices(statement, tmp_path / "new" / "invoices")
    assert [path.name for path in written] == ["ann.html", "operator.html", "sup.html"]
    with (tmp_path / "new" / "invoices" / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["party"], row["file"], row["currency"], row["balance"]) for row in rows] == [
        ("ann", "ann.html", "EUR", "-104.17"),
        ("operator", "operator.html", "EUR", "59.17"),
        ("sup", "sup.html", "EUR", "45.00"),
    ]
    for row, path in zip(rows, written, strict=True):
        assert row["invoice"] in path.read_text(encoding="utf-8")
    again = write_invoices(statement, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


def test_a_statement_without_money_is_not_invoiced(tmp_path: Path):
    statement = claimed(("a", "b", "", "transfer", 1), money=Asset(id="sun", kind="token", decimals=0))
    with pytest.raises(InvalidInput, match="counts sun; only money is invoiced"):
        write_invoices(statement, tmp_path)
