"""settle --readings: a day on the command line, from the clearing to a correction on the ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from c4e_opt.errors import InvalidInput
from c4e_opt.settlement.metering.files import read_readings, read_rules

RULES = """\
version: "2025-01"
price: dual
component_eur_per_mwh: 10
balance_groups: {ann: grid}
meters:
  - {id: m1, party: ann, bus: el, minutes: 60, component: demand/house, substitutes: [linear, schedule]}
  - {id: m2, party: ann, bus: el, minutes: 30, component: battery/b1}
activations:
  - {component: battery/b1, bus: el, start: "2025-01-01T01:00", energy_wh: 100, price_eur_per_mwh: 300}
"""
READINGS = """\
meter,start,energy_wh,version,received
m1,2025-01-01T00:00,-2100,,2025-01-01T02:00
m1,2025-01-01T02:00,-1000,,
"""

Run = Callable[..., Any]


@pytest.fixture
def day(inside: Run, house: Path, tmp_path: Path) -> tuple[Path, Path, Path, Path]:
    out = tmp_path / "out"
    assert inside("solve", house, "--out", out).code == 0
    rules, readings = tmp_path / "metering.yaml", tmp_path / "readings.csv"
    rules.write_text(RULES)
    readings.write_text(READINGS)
    return house, out, rules, readings


def test_a_day_is_settled_corrected_and_restated(inside: Run, day: tuple[Path, Path, Path, Path], tmp_path: Path):
    """The house took 100 Wh more in the first hour at 100 + 10 EUR/MWh: 1.1 cents; the gap is 1550 Wh of 1500."""
    house, out, rules, readings = day
    first = inside("settle", house, out, "--readings", readings, "--rules", rules, "--json")
    assert first.code == 0, first.err
    told = first.json
    assert told["act"] == "imbalance"
    assert set(told["basis"]) == {"activations", "clearing", "readings", "rules", "run"}
    assert told["metered"]["substituted"] == {"linear": 1, "schedule": 6}
    assert told["metered"]["steps"] == {"measured": 2, "split": 0, "substituted": 4}
    lines = told["lines"]
    first_hour = [
        amount
        for party, step, asset, amount in zip(*(lines[n] for n in ("party", "step", "asset", "amount")), strict=True)
        if (party, step, asset) == ("grid", 0, "electricity")
    ]
    assert first_hour == ["100"]
    books = ("--post", "--data", tmp_path / "books")
    posted = inside("settle", house, out, "--readings", readings, "--rules", rules, "--json", *books).json["posted"]
    assert posted["state"] == "final"
    closed = inside("ledger", "close", "--data", tmp_path / "books", "--until", "2025-02-01", "--json")
    assert closed.code == 0, closed.err
    readings.write_text(READINGS + "m1,2025-01-01T00:00,-2500,1,\n")
    again = ("settle", house, out, "--readings", readings, "--rules", rules, "--run", "correction")
    before = inside("ledger", "balances", "--data", tmp_path / "books", "--json").json["balances"]
    beside = inside(*again, *books)
    assert beside.code == 2  # a second run beside the first would count everything twice
    assert f"add --instead-of {posted['batch']}" in beside.err
    assert inside("ledger", "balances", "--data", tmp_path / "books", "--json").json["balances"] == before
    done = inside(*again, "--json", *books, "--instead-of", posted["batch"])
    assert done.code == 0, done.err
    assert done.json["metered"]["superseded"] == 1
    assert inside(*again, *books, "--instead-of", posted["batch"]).code == 0
    held = inside("ledger", "balances", "--data", tmp_path / "books", "--json").json["balances"]
    wanted = {party: {a: n for a, n in row.items() if n != "0"} for party, row in done.json["balances"].items()}
    assert held == {f"party:{party}": row for party, row in wanted.items() if row}
    late = inside(*again, "--until", "2025-01-01T01:00")
    assert late.code == 0
    assert "1 readings late" in late.out


def test_fees_are_charged_on_what_was_metered(inside: Run, day: tuple[Path, Path, Path, Path], tmp_path: Path):
    """70 EUR/MWh on what ann takes net; the clearing alone, then with her imbalances, which the grid answers for."""
    house, out, rules, readings = day
    tariff = tmp_path / "tariff.yaml"
    tariff.write_text("fees: [{id: net, kind: network, collector: grid, price_eur_per_mwh: 70}]\n")
    done = inside("settle", house, out, "--tariff", tariff, "--json")
    assert done.code == 0, done.err
    assert (done.json["act"], set(done.json["basis"])) == ("charges", {"clearing", "rules"})
    assert int(done.json["balances"]["ann"]["EUR"]) < 0
    both = inside("settle", house, out, "--tariff", tariff, "--readings", readings, "--rules", rules, "--json").json
    assert set(both["basis"]) == {"clearing", "imbalance", "rules"}


def test_what_is_wrong_is_said_at_once_and_is_bad_input(inside: Run, day: tuple[Path, Path, Path, Path]):
    house, out, rules, readings = day
    assert inside("settle", house, out, "--readings", readings).code == 2
    readings.write_text("meter,start,energy_wh,colour\n")
    assert "no column is named 'colour'" in inside("settle", house, out, "--readings", readings, "--rules", rules).err
    readings.write_text("meter,start,energy_wh\nm1,2025-01-01T00:10,5\nm9,2025-01-01T00:00,5\n")
    done = inside("settle", house, out, "--readings", readings, "--rules", rules)
    assert done.code == 2
    assert "no meter is named 'm9'" in done.err
    assert "readings[0].start" in done.err
    assert inside("settle", house, out, "--readings", readings, "--rules", rules, "--until", "noon").code == 2


def test_every_wrong_cell_of_the_files_is_named(tmp_path: Path):
    path = tmp_path / "r.csv"
    path.write_text("meter,start,energy_wh,version\na,never,1.5,x\na,2025-01-01T00:00Z,,\n")
    with pytest.raises(InvalidInput) as raised:
        read_readings(path)
    assert [issue.path for issue in raised.value.issues] == [
        "r.csv:2.start",
        "r.csv:2.energy_wh",
        "r.csv:3.energy_wh",
        "r.csv:2.version",
    ]
    path = tmp_path / "m.yaml"
    path.write_text(
        "colour: red\nprice: dual\ncomponent_eur_per_mwh: much\nareas: [e]\nshort_eur_per_mwh: {e: high}\n"
        "meters: [5, {party: ann, size: 3}]\n"
        "activations: [{component: x, bus: e, start: never, energy_wh: 0.5, price_eur_per_mwh: .inf}]\n"
    )
    with pytest.raises(InvalidInput) as raised:
        read_rules(path)
    assert [issue.path for issue in raised.value.issues] == [
        "m.yaml.colour",
        "m.yaml.meters[0]",
        "m.yaml.meters[1].size",
        "m.yaml.meters[1].id",
        "m.yaml.meters[1].bus",
        "m.yaml.activations[0].start",
        "m.yaml.activations[0].energy_wh",
        "m.yaml.activations[0].price_eur_per_mwh",
        "m.yaml.component_eur_per_mwh",
        "m.yaml.short_eur_per_mwh.e",
        "m.yaml.areas",
    ]


def test_meters_may_stand_in_a_table(tmp_path: Path):
    (tmp_path / "meters.csv").write_text(
        "id,party,bus,minutes,substitutes\nm1,ann,e,5,linear schedule\nm2,bob,e,60,zero\n"
    )
    (tmp_path / "m.yaml").write_text("meters: meters.csv\n")
    meters, rules, calls = read_rules(tmp_path / "m.yaml")
    assert [(m.id, m.seconds, m.substitutes) for m in meters] == [
        ("m1", 300, ("linear", "schedule")),
        ("m2", 3600, ("zero",)),
    ]
    assert (rules.price, calls) == ("single", ())
