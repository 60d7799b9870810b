"""The command line as scripts use it: exit codes, JSON, help; never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.readers.m_texts import m_text

ONE = pytest.mark.xdist_group("answered")  # one worker solves for all of them
KEYS = {"termination", "objective", "bound", "gap", "size", "seconds", "certificate", "digest", "out", "welfare"}
PHASES = {"read", "check", "formulate", "solve", "verify", "price", "total"}
Run = Callable[..., Any]


def test_help_is_light_and_names_every_command():
    lines = (
        "import sys; sys.argv[1:] = ['--help']; import c4e_server.cli.main as main\n"
        "try: main.main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded.isdisjoint({"highspy", "xarray", "matplotlib", "grpc", "numpy", "sqlalchemy", "polars", "rich"})
    for name in ("solve", "check", "verify", "settle", "convert", "serve", "submit", "jobs", "ledger", "demo"):
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize(
    "command", ["solve", "check", "verify", "settle", "convert", "serve", "submit", "jobs", "ledger", "demo"]
)
def test_every_command_explains_itself_with_an_example(inside: Run, command: str):
    done = inside(command, "--help")
    assert done.code == 0
    assert f"c4e-opt {command}" in done.out


@ONE
def test_solve_prints_the_promised_json_and_nothing_else(answered: tuple[Path, Any]):
    out, done = answered
    assert done.code == 0, done.err
    answer = done.json
    assert set(answer) == KEYS
    assert answer["termination"] == {"reason": "OPTIMAL", "limit": "NONE"}
    assert set(answer["size"]) == {"variables", "integers", "constraints", "nonzeros"}
    assert set(answer["seconds"]) == PHASES
    assert answer["certificate"]["holds"] is True
    assert set(answer["digest"]) == {"case", "outcome"}
    assert answer["out"] == str(out)
    assert done.err == ""
    assert {"outcome.nc", "outcome.json", "outcome.png"} <= {path.name for path in out.iterdir()}


@ONE
def test_an_answer_is_verified_settled_and_posted_once(
    run: Run, inside: Run, house: Path, answered: tuple[Path, Any], tmp_path: Path
):
    out, books = answered[0], tmp_path / "books"
    assert inside("verify", house, out).code == 0
    assert inside("verify", house, out, "--json").json["certificate"]["holds"] is True
    settle = ("settle", house, out, "--post", "--data", books, "--csv", tmp_path / "lines.csv", "--json")
    for act in (run, inside):
        done = act(*settle)
        assert done.code == 0, done.err
        assert done.json["posted"]["state"] == "final"
    sums = {asset["id"]: 0 for asset in done.json["assets"]}
    for amounts in done.json["balances"].values():
        for asset, amount in amounts.items():
            sums[asset] += int(amount)
    assert set(sums.values()) == {0}
    held = inside("ledger", "balances", "--data", books, "--json").json["balances"]
    assert held["party:ann"]["EUR"] == done.json["balances"]["ann"]["EUR"]
    assert inside("ledger", "verify", "--data", books).code == 0
    assert inside("ledger", "postings", "--data", books, "--json").json["postings"]
    assert (tmp_path / "lines.csv").read_text(encoding="utf-8").startswith("start,party")


@ONE
def test_books_that_were_changed_do_not_verify(inside: Run, house: Path, answered: tuple[Path, Any], tmp_path: Path):
    import sqlite3

    assert inside("settle", house, answered[0], "--post", "--data", tmp_path).code == 0
    with sqlite3.connect(tmp_path / "service.sqlite") as raw:
        raw.execute("UPDATE balances SET amount = '7' WHERE account = 'party:ann'")
    raw.close()
    done = inside("ledger", "verify", "--data", tmp_path, "--json")
    assert done.code == 3
    assert any("party:ann" in line for line in done.json["wrong"])


def test_people_read_tables(run: Run, house: Path):
    done = run("solve", house)
    assert done.code == 0
    assert "OPTIMAL" in done.out
    assert "Prices" in done.out
    assert "every law holds" in done.out


def test_no_answer_exits_with_1_and_says_what_clashes(
    run: Run, inside: Run, broken: Callable[..., Path], tmp_path: Path
):
    case = broken("series.csv", "Z,2", "Z,200")
    done = run("solve", case, "--json", "--out", tmp_path / "out")
    assert done.code == 1
    assert done.json["termination"]["reason"] == "INFEASIBLE"
    assert done.json["objective"] is None
    (said,) = done.json["clashes"]
    assert "missing; it clashes with grid connection 'meter' (power taken from the network at most 10 kW)" in said
    (clash,) = done.json["clash_details"]
    assert clash["message"] == said
    assert clash["proven"] is True
    limits = {(each["name"], each["side"], each["most"]) for each in clash["participants"] if each["kind"] == "limit"}
    assert ("grid_connection_import_mw", "upper", 0.01) in limits
    assert json.loads((tmp_path / "out/outcome.json").read_text(encoding="utf-8"))["clashes"] == [clash]
    shown = " ".join(inside("solve", case).out.split())
    assert said in shown
    for command in (("solve", case), ("settle", case, tmp_path / "out"), ("verify", case, tmp_path / "out")):
        assert inside(*command).code == 1


@ONE
def test_an_answer_to_another_case_is_bad_input(inside: Run, broken: Callable[..., Path], answered: tuple[Path, Any]):
    other = broken("series.csv", "Z,2", "Z,2.5")
    for command in ("verify", "settle"):
        done = inside(command, other, answered[0])
        assert done.code == 2, done.err


@ONE
def test_an_answer_that_was_tampered_with_does_not_verify(
    inside: Run, house: Path, answered: tuple[Path, Any], tmp_path: Path
):
    import numpy as np

    from c4e_opt.outcome import Outcome

    outcome = Outcome.read(answered[0])
    values = outcome.flow_table.quantities["flow_mw"].values
    np.add(values, 0.001, out=values)
    outcome.to_netcdf(tmp_path / "outcome.nc")
    assert inside("verify", house, tmp_path).code == 2


@pytest.mark.parametrize("suffix", [".binpb", ".json"])
def test_a_case_converts_there_and_back_to_the_same_digest(inside: Run, house: Path, tmp_path: Path, suffix: str):
    message, folder = tmp_path / f"house{suffix}", tmp_path / "again"
    there = inside("convert", house, message)
    back = inside("convert", message, folder)
    assert (there.code, back.code) == (0, 0), there.err + back.err
    assert there.out == back.out
    assert inside("check", folder, "--json").json["digest"]["case"] == there.out.strip()
    assert inside("solve", message, "--json").json["digest"]["case"] == there.out.strip()


def test_a_matpower_file_is_solved_checked_and_converted_with_its_notes(inside: Run, tmp_path: Path):
    file, folder, back = tmp_path / "three.m", tmp_path / "folder", tmp_path / "back.m"
    file.write_text(m_text(more="mpc.areas = [1 1];"), encoding="utf-8")
    assert inside("solve", file, "--json").json["objective"] == pytest.approx(900.0)
    checked = inside("check", file, "--json").json
    assert [each["rule"] for each in checked["warning_details"]] == ["passed_over"]
    there, again = inside("convert", file, folder), inside("convert", folder, back)
    assert (there.code, again.code) == (0, 0), there.err + again.err
    assert there.out == again.out
    assert "warning: mpc.areas: is not kept" in there.err
    assert inside("check", back, "--json").json["digest"]["case"] == there.out.strip()


def test_what_matpower_cannot_say_is_bad_input(inside: Run, house: Path, tmp_path: Path):
    done = inside("convert", house, tmp_path / "house.m")
    assert done.code == 2
    assert "components.battery: are given" in done.err
    assert not (tmp_path / "house.m").exists()


def test_a_badly_scaled_case_is_sound_and_warned_of_with_the_blocks_name(
    inside: Run, house: Path, broken: Callable[..., Path]
):
    assert inside("check", house, "--json").json["warnings"] == []
    case = broken("case.yaml", "import_max_kw: 10,", "import_max_kw: 1e10,")
    done = inside("check", case)
    assert done.code == 0
    assert "warning: columns 'grid_connection_import_mw': bounds up to 1e+07" in done.out
    (warning,) = inside("check", case, "--json").json["warnings"]
    assert f"warning: {warning}" in done.out
    listed = inside("check", house, "--scaling")
    assert "columns 'grid_connection_import_mw': column bounds from 0.01 to 0.01, ratio 1" in listed.out
    assert len(inside("check", house, "--scaling", "--json").json["scaling"]) > 5


def test_a_number_off_by_a_thousand_is_warned_of_by_check_and_solve(inside: Run, broken: Callable[..., Path]):
    case = broken("case.yaml", "energy_max_kwh: 5,", "energy_max_kwh: 10000000,")
    path = "components.battery[0].energy_max_kwh"
    for command in ("check", "solve"):
        done, told = inside(command, case), inside(command, case, "--json").json
        assert done.code == 0
        assert f"warning: {path}: is 1e+07 kWh" in " ".join(done.out.split())
        assert [(each["path"], each["rule"], each["severity"]) for each in told["warning_details"]] == [
            (path, "outlier", "warning")
        ]
        assert told["warnings"][0].startswith(path)


def test_power_that_can_never_be_there_is_told_by_check(inside: Run, broken: Callable[..., Path]):
    case = broken("series.csv", "Z,1.5", "Z,150")
    (warning,) = [w for w in inside("check", case, "--json").json["warning_details"] if w["rule"] == "shortage"]
    assert warning["path"] == "buses[0]"
    assert "are missing at" in warning["message"]


def test_a_target_out_of_reach_is_bad_input(inside: Run, broken: Callable[..., Path]):
    old = "charge_max_kw: 3, discharge_max_kw: 3, energy_max_kwh: 5, energy_start_kwh: 1"
    case = broken("case.yaml", old, old.replace("charge_max_kw: 3", "charge_max_kw: 1", 1) + ", energy_end_kwh: 5")
    done = inside("check", case)
    assert done.code == 2
    assert "components.battery[0].energy_end_kwh: asks for at least 5 kWh" in " ".join((done.out + done.err).split())


BAD = {
    "an unknown bus": ("case.yaml", "house, bus: el", "house, bus: le", "unknown_reference", "known: el"),
    "not a number": ("series.csv", "Z,1.5", "Z,NaN", "not_a_number", "finite"),
    "an empty cell": ("series.csv", "Z,1.5", "Z,", "not_a_number", "empty"),
    "a series too short": ("series.csv", "2025-01-01T01:00:00Z,1\n", "", "length", "3 steps"),
    "a list too long": ("case.yaml", "[0.1, 0.5, 0.1]", "[0.1, 0.5, 0.1, 9]", "length", "3 steps"),
    "a negative limit": ("case.yaml", "charge_max_kw: 3, ", "charge_max_kw: -3, ", "range", "-3 kW"),
    "a store above its size": ("case.yaml", "energy_start_kwh: 1", "energy_start_kwh: 6", "range", "6"),
    "an id twice": ("case.yaml", "{id: ann}, {id: grid}", "{id: ann}, {id: grid}, {id: ann}", "duplicate_id", "ann"),
    "an order twice": ("orders.csv", "o2", "o1", "duplicate_id", "o1"),
    "an order outside the horizon": ("orders.csv", "2025-01-01T02:00", "2026-01-01T02:00", "horizon", "outside"),
    "an order of nobody": ("orders.csv", "o1,ann", "o1,bob", "unknown_reference", "bob"),
    "an order of no side": ("orders.csv", "buy", "by", "choice", "did you mean 'buy'"),
    "an order of no energy": ("orders.csv", "0.2,1", "0.2,0", "range", "above 0"),
    "an unknown field": ("case.yaml", "energy_max_kwh: 5", "energy_max_kwh: 5, colour: red", "unknown_field", "colour"),
    "a field in another unit": ("case.yaml", "discharge_max_kw", "discharge_max_mw", "unit", "kW"),
    "a field missing": ("case.yaml", "energy_max_kwh: 5, ", "", "missing_field", "energy_max_kwh"),
    "an unknown kind": ("case.yaml", "  battery:", "  batery:", "unknown_kind", "did you mean 'battery'"),
    "an unknown unit": ("case.yaml", "power: kW", "power: hp", "unit", "hp"),
    "an unknown zone": ("case.yaml", "Europe/Warsaw", "Europe/Atlantis", "time_zone", "IANA"),
    "a time that is shifted": ("series.csv", "2024-12-31T23:00:00Z", "2024-12-31T22:00:00Z", "alignment", "starts at"),
    "broken YAML": ("case.yaml", "buses: [{id: el}]", "buses: [{id: el}", "yaml", ""),
    "a key twice": ("case.yaml", "name: house", "name: house\nname: home", "yaml", "twice"),
    "a file that is missing": ("case.yaml", "series: series.csv", "series: serie.csv", "missing_file", "serie.csv"),
    "a file outside the folder": ("case.yaml", "series: series.csv", "series: ../../x.csv", "outside_folder", ""),
    "a text for a number": ("case.yaml", "energy_max_kwh: 5", "energy_max_kwh: five", "type", "number"),
    "a table that is cut off": ("orders.csv", "o2,grid,el,sell,2025-01-01T02:00,0.05,0.5", "o2,grid,el,se", "", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_its_place_and_exits_with_2(inside: Run, broken: Callable[..., Path], name: str):
    file, old, new, rule, words = BAD[name]
    done = inside("check", broken(file, old, new), "--json")
    assert done.code == 2, done.out + done.err
    issues = done.json["issues"]
    assert issues
    if rule:
        found = [issue for issue in issues if issue["rule"] == rule]
        assert found, issues
        assert any(words in issue["message"] + issue["path"] for issue in found), found


@pytest.mark.parametrize("name", ["an unknown bus", "not a number", "broken YAML"])
def test_the_installed_command_says_the_same(run: Run, inside: Run, broken: Callable[..., Path], name: str):
    case = broken(*BAD[name][:3])
    assert run("check", case, "--json").out == inside("check", case, "--json").out


def test_check_lists_all_issues_at_once_for_people(inside: Run, broken: Callable[..., Path]):
    done = inside("check", broken("case.yaml", "charge_max_kw: 3, discharge_max_kw: 3", "charge_max_kw: -3, colour: 3"))
    assert done.code == 2
    assert done.out == ""
    assert "charge_max_kw" in done.err
    assert "discharge_max_kw" in done.err
    assert "colour" in done.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("case.binpb", b"\x0a\xffcut off"),
        ("case.json", b'{"nam": "x"}'),
        ("case.json", b"{"),
        ("case.json", b"\xff\xfe"),
    ],
)
def test_a_broken_message_is_bad_input(inside: Run, tmp_path: Path, name: str, content: bytes):
    path = tmp_path / name
    path.write_bytes(content)
    done = inside("check", path, "--json")
    assert done.code == 2
    assert done.json["issues"][0]["rule"] == "broken_message"


def test_a_truncated_message_never_passes_for_the_case(inside: Run, house: Path, tmp_path: Path):
    message = tmp_path / "house.binpb"
    assert inside("convert", house, message).code == 0
    raw = message.read_bytes()
    for cut in (len(raw) - 1, len(raw) // 2, 10):
        message.write_bytes(raw[:cut])
        assert inside("check", message).code == 2


def test_a_broken_answer_is_bad_input(inside: Run, house: Path, tmp_path: Path):
    assert inside("verify", house, tmp_path / "nothing").code == 2
    (tmp_path / "outcome.nc").write_bytes(b"CDF\x02 cut off")
    assert inside("verify", house, tmp_path).code == 2
    assert inside("settle", house, tmp_path).code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["solve"],
        ["solve", "no/such/case"],
        ["solve", "{house}", "--solver", "nope"],
        ["solve", "{house}", "--pricing", "nope"],
        ["solve", "{house}", "--network", "nope"],
        ["solve", "{house}", "--time-limit", "0"],
        ["solve", "{house}", "--gap", "-1"],
        ["solve", "{house}", "--gap", "nan"],
        ["serve", "--port", "99999"],
        ["serve", "--host", "0.0.0.0"],
        ["serve", "--config", "no-such.toml"],
        ["submit", "{house}", "--out", "x"],
        ["ledger", "verify", "--data", "no/such/folder"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_with_2(inside: Run, house: Path, arguments: list[str]):
    done = inside(*(argument.format(house=house) for argument in arguments))
    assert done.code == 2, done.out + done.err
    assert done.err
    assert done.out == ""


def test_a_service_that_is_not_there_is_said_so(inside: Run, house: Path):
    done = inside("submit", house, "--address", "127.0.0.1:1", "--json")
    assert done.code == 3
    assert "c4e-opt serve" in done.json["error"]["message"]


def test_a_log_hears_now_and_then_of_a_long_search(inside: Run, monkeypatch: pytest.MonkeyPatch):
    from c4e_server.cli import solving

    case = str(Path(__file__).parents[2] / "cases" / "site_week")
    assert inside("solve", case, "--gap", "0.01").err == ""  # it takes less than ten seconds
    monkeypatch.setattr(solving, "_LINE_S", 0.0)
    lines = inside("solve", case, "--gap", "0.01").err.splitlines()
    assert all(line.startswith(("solve: best 7", "solve: no schedule yet")) for line in lines)
    assert any("best 7" in line and "bound 7" in line for line in lines)
    assert inside("solve", case, "--gap", "0.01", "--json").err == ""
