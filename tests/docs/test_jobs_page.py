"""What docs/jobs.md shows can be done: its commands and its example run against a real service."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from c4e_server.cli.main import command
from c4e_server.local import local_service

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/jobs.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_commands_and_the_example_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "cases").symlink_to(ROOT / "cases")
    monkeypatch.chdir(tmp_path)
    with local_service(tmp_path / "data", "--workers", "1") as service:
        monkeypatch.setenv("C4E_OPT_ADDRESS", service.address)
        said: dict[str, str] = {}
        for line in "".join(blocks("sh")).splitlines():
            words = shlex.split(line)
            run = CliRunner().invoke(command, words[1:])
            assert run.exception is None, f"{line}: {run.exception!r}"
            said[" ".join(words[1:3])] = run.output
        assert "done" in said["jobs watch"]
        name = said["datasets upload"].strip()
        assert re.fullmatch("sha256:[0-9a-f]{64}", name)
        assert name in said["datasets list"]
        assert CliRunner().invoke(command, ["submit", name, "--watch"]).exception is None
        assert CliRunner().invoke(command, ["datasets", "delete", name]).exception is None
        assert "REQUEST_DELETED" not in said["jobs delete"]
        (example,) = blocks("python")
        exec(example.replace("127.0.0.1:50551", service.address), {})
    assert name in capsys.readouterr().out
