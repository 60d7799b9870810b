"""The audit log shows whatever was done to it, and goes on: in new files, after power cuts, after full disks."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from c4e_server.cli.main import main
from c4e_server.errors import InvalidConfig, StoreError
from c4e_server.security.audit import Audit, files_of
from c4e_server.security.audit_check import check_audit
from c4e_server.security.identity import ANYBODY

Rows = list[bytes]
CALLS = 5


def written(file: Path, count: int = CALLS, **more: Any) -> None:
    audit = Audit(file, **more)
    for number in range(count):
        audit.write(ANYBODY, "begin", str(number), method="m")
        audit.write(ANYBODY, "end", str(number), code="OK")
    audit.close()


def edited(row: bytes, **said: Any) -> bytes:
    return json.dumps(json.loads(row) | said).encode() + b"\n"


def forged(rows: Rows) -> Rows:
    """The chain made anew over rows that were changed, by somebody who knows how."""
    found: Rows = []
    prev = "0" * 64
    for number, row in enumerate(rows, start=1):
        found.append(edited(row, prev=prev, line=number))
        prev = hashlib.sha256(found[-1][:-1]).hexdigest()
    return found


#: What is done to ten rows, and what the check says of it.
DONE: dict[str, tuple[Callable[[Rows], Rows], list[str]]] = {
    "nothing": (lambda rows: rows, []),
    "first edited": (lambda rows: [edited(rows[0], method="n"), *rows[1:]], ["line 1 was changed"]),
    "edited": (lambda rows: [*rows[:4], edited(rows[4], subject="x"), *rows[5:]], ["line 5 was changed"]),
    "two edited": (
        lambda rows: [edited(row, code="NO") if place in (3, 7) else row for place, row in enumerate(rows)],
        ["line 4 was changed", "line 8 was changed"],
    ),
    "chain edited": (lambda rows: [*rows[:4], edited(rows[4], prev="1" * 64), *rows[5:]], ["line 5"]),
    "number edited": (lambda rows: [*rows[:4], edited(rows[4], line=99), *rows[5:]], ["missing", "stands after"]),
    "one byte": (lambda rows: [*rows[:4], rows[4].replace(b"Z", b"z", 1), *rows[5:]], ["line 5 was changed"]),
    "garbled": (lambda rows: [*rows[:4], b"\xff" + rows[4], *rows[5:]], ["row 5 is torn", "line 5 was changed"]),
    "first gone": (lambda rows: rows[1:], []),  # it begins later, and that is said
    "one gone": (lambda rows: [*rows[:4], *rows[5:]], ["line 5 is missing before audit.jsonl row 5"]),
    "some gone": (lambda rows: [*rows[:4], *rows[7:]], ["lines 5 to 7 are missing"]),
    "two swapped": (
        lambda rows: [*rows[:4], rows[5], rows[4], *rows[6:]],
        ["line 5 is missing before", "row 6, line 5, stands after line 6"],
    ),
    "first swapped": (lambda rows: [rows[1], rows[0], *rows[2:]], ["row 2, line 1, stands after line 2"]),
    "last first": (lambda rows: [rows[-1], *rows[:-1]], ["stands after line 10"]),
    "doubled": (lambda rows: [*rows[:5], rows[4], *rows[5:]], ["row 6, line 5, stands after line 5"]),
    "put in": (
        lambda rows: [*rows[:4], edited(rows[4], subject="x"), *rows[4:]],
        ["row 6, line 5, stands after line 5", "line 5 was changed"],
    ),
    "torn": (lambda rows: [*rows[:-1], rows[-1][:-20]], ["row 10 is torn"]),
    "without its end": (lambda rows: [*rows[:-1], rows[-1][:-1]], ["row 10 is torn"]),
    "cut off": (lambda rows: rows[:-2], ["ends at line 8", "line 10, is cut off"]),
    "last edited": (lambda rows: [*rows[:-1], edited(rows[-1], code="NO")], ["line 10 is not the one that was kept"]),
    "written anew": (
        lambda rows: forged([*rows[:4], edited(rows[4], subject="x"), *rows[5:]]),
        ["line 10 is not the one that was kept"],
    ),
    "one taken out and written anew": (lambda rows: forged([*rows[:4], *rows[5:]]), ["ends at line 9"]),
    "emptied": (lambda rows: [], ["ends at line 0"]),
}


@pytest.mark.parametrize("name", DONE)
def test_an_audit_log_that_was_changed_shows_it(tmp_path: Path, name: str):
    file = tmp_path / "audit.jsonl"
    written(file)
    whole = check_audit([file])
    assert (whole.lines, whole.number, whole.faults, whole.open_calls) == (2 * CALLS, 2 * CALLS, [], 0)
    act, wanted = DONE[name]
    file.write_bytes(b"".join(act(file.read_bytes().splitlines(keepends=True))))
    found = check_audit([file], {whole.number: whole.digest}).faults
    assert bool(found) == bool(wanted), found
    for text in wanted:
        assert any(text in fault for fault in found), found
    if name == "first gone":
        assert check_audit([file]).first == 2


def test_any_change_of_a_byte_shows(tmp_path: Path):
    chance, file = random.Random(7), tmp_path / "audit.jsonl"
    written(file, 2)
    kept, whole = check_audit([file]), file.read_bytes()
    for _ in range(500):
        raw = bytearray(whole)
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        file.write_bytes(raw)
        assert check_audit([file], {kept.number: kept.digest}).faults, raw


def test_an_audit_log_goes_on_in_new_files_with_one_chain(tmp_path: Path):
    file = tmp_path / "audit.jsonl"
    for _ in range(3):  # restarts in between
        written(file, 20, most_bytes=2000)
    files = files_of(tmp_path)
    assert len(files) > 10
    assert all(each.stat().st_size < 2400 for each in files)
    whole = check_audit(files)
    assert (whole.lines, whole.first, whole.number, whole.faults) == (120, 1, 120, [])
    later = check_audit(files[3:])  # the older ones were moved away
    assert later.faults == []
    assert later.first > 1
    assert "missing" in check_audit([*files[:3], *files[4:]]).faults[0]
    assert check_audit([files[1], files[0], *files[2:]]).faults
    file.unlink()  # a crash before the new file had its name
    written(file, 1)
    assert check_audit(files_of(tmp_path)).faults == []
    assert {each.stat().st_mode & 0o077 for each in files_of(tmp_path)} == {0}


def test_an_audit_log_that_a_power_cut_tore_goes_on_and_says_so(tmp_path: Path):
    file = tmp_path / "audit.jsonl"
    written(file, 2)
    os.truncate(file, file.stat().st_size - 20)
    written(file, 1)
    report = check_audit([file])
    assert report.faults == ["audit.jsonl row 4 is torn"]
    assert (report.number, report.open_calls) == (6, 1)


def test_only_one_service_writes_an_audit_log(tmp_path: Path):
    audit = Audit(tmp_path / "audit.jsonl")
    with pytest.raises(InvalidConfig, match="cannot be written"):
        Audit(tmp_path / "audit.jsonl")
    audit.close()


@pytest.mark.parametrize("most", [1 << 20, 1], ids=["same file", "next file"])
def test_what_cannot_be_written_down_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int):
    file = tmp_path / "audit.jsonl"
    audit = Audit(file, most)
    audit.write(ANYBODY, "begin", "0")
    write = os.write

    def full(handle: int, text: bytes) -> int:
        write(handle, text[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    for _ in range(3):
        with pytest.raises(StoreError, match="audit log"):
            audit.write(ANYBODY, "begin", "1")
    monkeypatch.undo()
    audit.write(ANYBODY, "begin", "2")
    audit.close()
    report = check_audit(files_of(tmp_path))
    assert (report.lines, report.faults) == (2, [])


def test_the_command_names_what_is_wrong_and_where_the_log_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "audit.jsonl"
    written(file, 3)

    def run(*words: str) -> tuple[Any, str]:
        with pytest.raises(SystemExit) as ended:
            main(["audit", "check", *words])
        return ended.value.code, capsys.readouterr().out

    code, said = run("--data", str(tmp_path))
    assert code == 0
    assert said.startswith("the log holds, 6 lines; it stands at 6:")
    kept = said.split()[-1]
    rows = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(rows[:-1]))
    assert run(str(file))[0] == 0  # nobody sees it …
    code, said = run(str(file), "--kept", kept)  # … but for what was kept
    assert (code, "line 6, is cut off" in said) == (3, True)
    code, said = run(str(file), "--kept", kept, "--json")
    assert (code, json.loads(said)["holds"]) == (3, False)
    assert run(str(file), "--kept", "6")[0] == 2
    assert run("--data", str(tmp_path / "none"))[0] == 2
