"""Programs that read files in a process of their own: answers, refusals, crashes and hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

from c4e_opt.case.readers.outside import Program, existing, tables_of
from c4e_opt.errors import InvalidInput

BEGIN = "import json, sys, time\nrequest = json.loads(sys.stdin.readline())\n"
WRITE = "open(request['out'], 'w').write(json.dumps({}))\n"


def program(folder: Path, body: str, package: str = "json") -> Program:
    file = folder / "program.py"
    file.write_text(BEGIN + body)
    return Program(file=file, package=package, extra="some", what="a file of ours")


def test_tables_and_arrays_come_back(tmp_path: Path) -> None:
    body = WRITE.format("{'path': request['path'], 'more': request['more']}")
    body += "import numpy\nnumpy.savez(request['out'][:-5] + '.npz', a=numpy.arange(3.0))\n"
    found = tables_of(program(tmp_path, body), "x.y", more=7)
    assert found["path"] == "x.y"
    assert found["more"] == 7
    assert found["arrays"]["a"].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (WRITE.format("{'error': 'no  such\\n thing'}"), "is not a file of ours that can be read: no such thing"),
        ("sys.exit(3)\n", "ended with 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "ended with -9"),
        ("time.sleep(60)\n", "within 0.5 s"),
    ],
)
def test_refusals_crashes_and_hangs_are_issues(tmp_path: Path, body: str, words: str) -> None:
    limit = 0.5 if "sleep" in body else 60.0
    with pytest.raises(InvalidInput, match=words) as caught:
        tables_of(program(tmp_path, body), "x.y", limit_s=limit)
    assert [issue.rule for issue in caught.value.issues] == ["unreadable_file"]


def test_a_missing_package_names_the_extra(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="needs no_such_package: install c4e-opt with the extra some"):
        tables_of(program(tmp_path, "", package="no_such_package"), "x.y")


def test_a_missing_file_is_an_issue(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        existing(tmp_path / "gone.uct")
