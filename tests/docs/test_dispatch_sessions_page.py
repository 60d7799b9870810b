"""What docs/dispatch_sessions.md shows can be done: its commands and its example run against a real service."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from c4e_server.cli.main import command
from c4e_server.local import local_service

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/dispatch_sessions.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


def test_the_commands_and_the_example_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "expected.csv").write_text(block("csv"))
    (tmp_path / "cases").symlink_to(ROOT / "cases")
    monkeypatch.chdir(tmp_path)
    with local_service(tmp_path / "data", "--workers", "1") as service:
        monkeypatch.setenv("C4E_OPT_ADDRESS", service.address)
        said: dict[str, str] = {}
        for line in block("sh").splitlines():
            words = shlex.split(line)
            assert words[0] == "c4e-opt"
            run = CliRunner().invoke(command, words[1:])
            assert run.exception is None, f"{line}: {run.exception!r}"
            said[words[2]] = run.output
        assert "deviations cost" in said["compare"]
        assert "planned" in said["compare"]  # the legend of the plot
        assert [line.split()[2] for line in said["watch"].splitlines()] == [
            *("opened", "dispatched", "measurements", "forecasts", "dispatched", "closed")
        ]
        exec(block("python"), {"ADDRESS": service.address})
    assert "battery battery electricity" in capsys.readouterr().out
