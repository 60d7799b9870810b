"""account: communities, tokens, certificates, charging, rights and responses, by a file each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

DAY = """\
member,start,taken_wh,given_wh
ann,2030-01-01T00:00Z,3000,0
bob,2030-01-01T00:00Z,1000,0
sun,2030-01-01T00:00Z,0,2000
"""
RULES = """\
community: mill street
version: 1
valid_from: 2030-01-01T00:00Z
members:
  ann: {supplier: volt, share: 1/4}
  bob: {supplier: volt, share: 3/4}
  sun: {supplier: volt, share: 0}
sharing: {key: dynamic, period_minutes: 15}
price: {rule: middle}
fees:
  wires: {eur_per_mwh: 8, to: dso}
"""
STREET = """\
rules: rules.yaml
readings: day.csv
decimals: 3
tariffs:
  volt: {import_eur_per_mwh: 300, export_eur_per_mwh: 100}
"""
TOKENS = """\
classes:
  - {id: sun token, issuer: volt, rates: [{lost_per_day: 1/10}]}
acts:
  - {act: mint, moment: "2030-01-01T00:15Z", token: sun token, readings: day.csv}
  - {act: transfer, moment: "2030-01-02T00:15Z", token: sun token,
     transfers: [{giver: sun, receiver: bob, amount_wh: 600}]}
  - {act: use, moment: "2030-01-02T00:15Z", token: sun token, readings: day.csv}
"""
REGISTRY = """\
issuer: registry
devices:
  - {id: sun, owner: ann, source: solar, zone: north}
acts:
  - {act: issue, moment: "2030-01-01T00:15Z", readings: day.csv}
  - {act: match, moment: "2030-01-01T00:15Z", readings: day.csv, zones: {bob: north}}
"""
SESSIONS = """\
tariffs:
  park: {price_eur_per_mwh: [300, 500], reward_eur_per_mwh: 400, idle_eur_per_minute: 0.10, grace_minutes: 5}
sessions:
  - {id: ev1, driver: ann, site: lot, tariff: park, begin: "2033-05-18T08:00Z", expires: "2033-05-19T08:00Z",
     held_eur: 10, readings: ev1.csv, done: "2033-05-18T08:30Z", left: "2033-05-18T08:40Z"}
  - {id: ev2, driver: bob, site: lot, tariff: park, begin: "2033-05-18T09:00Z", expires: "2033-05-19T09:00Z",
     held_eur: 10}
"""
EV1 = "member,start,taken_wh,given_wh\nev1,2033-05-18T08:00Z,5000,0\nev1,2033-05-18T08:15Z,3000,2000\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, content in {
        "day.csv": DAY,
        "rules.yaml": RULES,
        "street.yaml": STREET,
        "tokens.yaml": TOKENS,
        "registry.yaml": REGISTRY,
        "sessions.yaml": SESSIONS,
        "ev1.csv": EV1,
    }.items():
        (tmp_path / name).write_text(content)
    return tmp_path


def _edit(path: Path, old: str, new: str) -> None:
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new))


def _balances(inside: Run, data: Path) -> dict[str, dict[str, str]]:
    return inside("ledger", "balances", "--data", data, "--json").json["balances"]


def test_a_community_is_settled_posted_and_invoiced_by_file(inside: Run, files: Path):
    data, invoices = files / "books", files / "invoices"
    done = inside(
        "account", "community", files / "street.yaml", "--post", "--data", data, "--invoices", invoices, "--json"
    )
    assert done.code == 0, done.err
    assert done.json["members"]["ann"] == {"taken_wh": 3000, "received_wh": 1500, "given_wh": 0, "sent_wh": 0}
    assert done.json["entries"][0]["posted"] in ("committed", "final")
    held = _balances(inside, data)
    assert {party: amounts["EUR"] for party, amounts in held.items()} == {
        "party:ann": "-762", "party:bob": "-254", "party:sun": "400", "party:volt": "600", "party:dso": "16"
    }  # fmt: skip
    assert len(list(invoices.glob("*.html"))) == 5
    assert inside("account", "community", files / "street.yaml", "--post", "--data", data).code == 0
    assert _balances(inside, data) == held


def test_a_corrected_reading_replaces_the_batch_and_is_never_booked_beside_it(inside: Run, files: Path):
    data, street = files / "books", files / "street.yaml"
    first = inside("account", "community", street, "--post", "--data", data, "--json").json["entries"][0]["batch"]
    held = _balances(inside, data)
    _edit(files / "day.csv", "sun,2030-01-01T00:00Z,0,2000", "sun,2030-01-01T00:00Z,0,0")
    refused = inside("account", "community", street, "--post", "--data", data)
    assert refused.code == 2
    assert f"add --instead-of {first}" in refused.err
    assert _balances(inside, data) == held
    wrong = inside("account", "community", street, "--post", "--data", data, "--instead-of", "0" * 64)
    assert (wrong.code, "no entry of this file was booked as that batch" in wrong.err) == (2, True)
    again = inside("account", "community", street, "--post", "--data", data, "--instead-of", first)
    assert again.code == 0, again.err
    after = _balances(inside, data)
    assert after["party:ann"]["EUR"] == "-900"
    assert after["party:volt"]["EUR"] == "1200"
    assert inside("account", "community", street, "--post", "--data", data).code == 0
    assert _balances(inside, data) == after
    assert inside("ledger", "verify", "--data", data).code == 0


def test_tokens_are_a_history_that_grows_and_does_not_change(inside: Run, files: Path):
    """1000 of 2000 Wh given on are 600 after a tenth a day; 600 of 1000 Wh are covered by them."""
    data, tokens = files / "books", files / "tokens.yaml"
    done = inside("account", "tokens", tokens, "--post", "--data", data, "--json")
    assert done.code == 0, done.err
    assert done.json["wallets"] == {"sun": {"sun token": "1200"}}
    assert _balances(inside, data) == {"wallet:sun": {"sun token": "1200"}, "issuer:volt": {"sun token": "-1200"}}
    tokens.write_text(tokens.read_text() + '  - {act: decay, moment: "2030-01-03T00:15Z"}\n')
    done = inside("account", "tokens", tokens, "--post", "--data", data, "--json")
    assert done.code == 0, done.err
    assert len(done.json["entries"]) == 4
    held = _balances(inside, data)
    assert held["wallet:sun"]["sun token"] == done.json["wallets"]["sun"]["sun token"]
    _edit(files / "day.csv", "sun,2030-01-01T00:00Z,0,2000", "sun,2030-01-01T00:00Z,0,9000")
    refused = inside("account", "tokens", tokens, "--post", "--data", data)
    assert refused.code == 2
    assert "acts[0] tokens mint: was booked as batch" in refused.err
    assert "what is booked stays" in refused.err
    assert _balances(inside, data) == held
    _edit(files / "day.csv", "sun,2030-01-01T00:00Z,0,9000", "sun,2030-01-01T00:00Z,0,2000")
    _edit(tokens, '  - {act: decay, moment: "2030-01-03T00:15Z"}\n', "")
    assert "is gone" in inside("account", "tokens", tokens, "--post", "--data", data).err


def test_certificates_are_issued_and_matched_by_file(inside: Run, files: Path):
    done = inside("account", "certificates", files / "registry.yaml", "--post", "--data", files / "books", "--json")
    assert done.code == 0, done.err
    told = done.json
    assert told["fates"] == {"cancelled": 2000}
    assert (told["scores"]["bob"]["local_wh"], told["scores"]["ann"]["own_wh"]) == (0, 2000)
    assert _balances(inside, files / "books") == {}
    table = files / "lines.csv"
    assert inside("account", "certificates", files / "registry.yaml", "--format", "csv", "--to", table).code == 0
    lines = table.read_text().splitlines()
    assert lines[0].startswith("entry,start,")
    assert len(lines) == 5


def test_sessions_are_held_billed_and_given_back_by_file(inside: Run, files: Path):
    """1.50 + 1.50 EUR for energy, 0.50 for five idle minutes, 0.80 EUR of reward."""
    data = files / "books"
    done = inside("account", "charging", files / "sessions.yaml", "--post", "--data", data, "--json")
    assert done.code == 0, done.err
    assert [each["entry"] for each in done.json["entries"]] == ["ev1: hold", "ev1: end", "ev2: hold"]
    assert _balances(inside, data) == {
        "party:ann": {"EUR": "-270"}, "party:lot": {"EUR": "270"},
        "party:bob": {"EUR": "-1000"}, "escrow:session/ev2": {"EUR": "1000"},
    }  # fmt: skip
    early = files / "sessions.yaml"
    _edit(early, "     held_eur: 10}\n", "     held_eur: 10, given_back: true}\n")
    done = inside("account", "charging", early, "--post", "--data", data, "--json")
    assert done.code == 0, done.err
    assert [each["statement"] is None for each in done.json["entries"]] == [False, False, False, True]
    assert _balances(inside, data) == {"party:ann": {"EUR": "-270"}, "party:lot": {"EUR": "270"}}


def test_rights_and_responses_are_settled_on_an_answer(inside: Run, house: Path, tmp_path: Path):
    """500 Wh less than was declared earn 400 EUR/MWh."""
    out, data = tmp_path / "out", tmp_path / "books"
    assert inside("solve", house, "--out", out).code == 0
    (tmp_path / "readings.csv").write_text("meter,start,energy_wh\nm1,2025-01-01T01:00,-1000\n")
    response, rights = tmp_path / "response.yaml", tmp_path / "rights.yaml"
    response.write_text("""\
readings: readings.csv
meters: [{id: m1, party: ann, bus: el, component: demand/house, minutes: 60}]
events:
  - {id: e1, meter: m1, begin: "2025-01-01T01:00", end: "2025-01-01T02:00", committed_mw: 0.0005,
     reward_eur_per_mwh: 400, method: {method: schedule}, declared_wh: [1500]}
""")
    done = inside("account", "response", response, "--of", house, out, "--post", "--data", data, "--json")
    assert done.code == 0, done.err
    assert done.json["entries"][0]["statement"]["balances"]["ann"]["EUR"] == "20"
    assert _balances(inside, data)["party:ann"]["EUR"] == "20"
    rights.write_text(
        "rights: [{id: r1, holder: ann, source: el, sink: el, power_mw: 1}]\nshares_percent: {grid: 50}\n"
    )
    done = inside("account", "rights", rights, "--of", house, out, "--post", "--data", data, "--json")
    assert done.code == 0, done.err
    assert done.json["entries"][0]["statement"]["act"] == "rights"
    _edit(rights, "sink: el", "sink: heat")
    _edit(rights, "grid: 50", "grid: 150")
    refused = inside("account", "rights", rights, "--of", house, out)
    assert refused.code == 2
    assert "rights.yaml.rights[0].sink" in refused.err
    assert "must lie within [0, 100] %" in refused.err
    _edit(response, "declared_wh: [1500]", "declared_wh: [1500.5]")
    refused = inside("account", "response", response, "--of", house, out)
    assert refused.code == 2
    assert "response.yaml.events[0].declared_wh[0]: is 1500.5 Wh" in refused.err


MISTAKES = {
    "community": (
        "street.yaml",
        [
            (
                "day.csv",
                "ann,2030-01-01T00:00Z,3000,0",
                "ann,2030-01-01T00:00Z,-3,0",
                "day.csv:2.taken_wh",
                "[0, 1e+12] Wh",
            ),
            (
                "day.csv",
                "ann,2030-01-01T00:00Z,3000",
                "ann,2030-01-01T00:00Z,3 kWh",
                "day.csv:2.taken_wh",
                "whole number of Wh",
            ),
            ("day.csv", "ann,2030-01-01T00:00Z", "ann,today", "day.csv:2.start", "ISO 8601"),
            (
                "day.csv",
                "bob,2030-01-01T00:00Z",
                "ann,2030-01-01T00:00Z",
                "day.csv:3",
                "same member and start as line 2",
            ),
            ("day.csv", "bob,2030-01-01T00:00Z", "bob,2030-01-01T00:15Z", "day.csv.bob", "give 0 where it is away"),
            ("day.csv", "taken_wh", "taken", "day.csv", "has no column 'taken_wh'"),
            (
                "street.yaml",
                "import_eur_per_mwh: 300",
                "import_eur_per_mwh: dear",
                "street.yaml.tariffs.volt.import_eur_per_mwh",
                "finite number",
            ),
            ("street.yaml", "decimals: 3", "decimals: 30", "street.yaml.decimals", "[0, 18]"),
            ("street.yaml", "readings: day.csv", "readings: gone.csv", "gone.csv", "there is no such file"),
            ("street.yaml", "volt:", "wolt:", "members.ann.supplier", "volt"),
            ("street.yaml", "rules: rules.yaml", "rule: rules.yaml", "street.yaml.rules", "missing"),
            ("rules.yaml", "share: 1/4", "share: 5", "rules.yaml", "is 5"),
        ],
    ),
    "tokens": (
        "tokens.yaml",
        [
            (
                "tokens.yaml",
                "amount_wh: 600",
                "amount_wh: 6.5",
                "tokens.yaml.acts[1].transfers[0].amount_wh",
                "whole number of 1 Wh",
            ),
            ("tokens.yaml", "amount_wh: 600", "amount_wh: 60000", "tokens.yaml.acts[1].wallets.sun", "holds 1800 Wh"),
            ("tokens.yaml", "act: use", "act: burn", "tokens.yaml.acts[2].act", "burn"),
            ("tokens.yaml", "lost_per_day: 1/10", "lost_per_day: -1", "rates", "-1"),
            (
                "tokens.yaml",
                '2030-01-02T00:15Z", token: sun token, read',
                '2029-01-02T00:15Z", token: sun token, read',
                "tokens.yaml.acts[2].moment",
                "before the last act",
            ),
        ],
    ),
    "certificates": (
        "registry.yaml",
        [
            ("registry.yaml", "id: sun,", "id: moon,", "registry.yaml.acts[0].production", "sun"),
            ("registry.yaml", "issuer: registry", "valid_days: -1", "registry.yaml.issuer", "missing"),
            ("registry.yaml", "source: solar", "efficiency: 2", "registry.yaml.devices[0].efficiency", "(0, 1]"),
            ("registry.yaml", "zones: {bob: north}", "ways: [cheap]", "registry.yaml.acts[1].ways", "cheap"),
        ],
    ),
    "charging": (
        "sessions.yaml",
        [
            (
                "sessions.yaml",
                "held_eur: 10, ",
                "held_eur: 10.001, ",
                "sessions.yaml.sessions[0].held_eur",
                "2 decimals",
            ),
            (
                "sessions.yaml",
                'tariff: park, begin: "2033-05-18T09',
                'tariff: lot, begin: "2033-05-18T09',
                "sessions.yaml.sessions[1].tariff",
                "lot",
            ),
            ("ev1.csv", "ev1,", "ev7,", "sessions.yaml.sessions[0].readings", "ev1"),
        ],
    ),
}


@pytest.mark.parametrize(
    ("kind", "file", "at"),
    [(kind, file, at) for kind, (file, mistakes) in MISTAKES.items() for at in range(len(mistakes))],
)
def test_a_mistake_is_named_with_its_place_and_nothing_is_written(
    inside: Run, files: Path, kind: str, file: str, at: int
):
    where, old, new, place, said = MISTAKES[kind][1][at]
    _edit(files / where, old, new)
    data, to = files / "books", files / "out.csv"
    done = inside("account", kind, files / file, "--post", "--data", data, "--format", "csv", "--to", to)
    assert done.code == 2, (done.code, done.err)
    assert any(place in line and said in line for line in done.err.splitlines()), done.err
    assert "Traceback" not in done.err
    assert not to.exists()
    assert not data.exists() or not _balances(inside, data)


def test_all_mistakes_are_told_at_once(inside: Run, files: Path):
    _edit(files / "street.yaml", "decimals: 3", "decimals: -1")
    _edit(files / "rules.yaml", "key: dynamic", "key: magic")
    _edit(files / "day.csv", "3000", "x")
    done = inside("account", "community", files / "street.yaml")
    assert done.code == 2
    assert "3 issues" in done.err, done.err
