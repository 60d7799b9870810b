"""What docs/getting_started.md says is true: every command of it runs, in its order, and tells what the page shows."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from c4e_server.cli.main import main
from c4e_server.local import local_service

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/getting_started.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
FILES = {"yaml": "zones.yaml", "csv": "orders.csv"}
SETUP = ("make setup", ". .venv/bin/activate", "c4e-opt serve")


def run(command: str) -> str:
    """What a command prints; in this process, which is quicker than one for each."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as ended:
        main(shlex.split(command)[1:])
    assert ended.value.code == 0, f"{command}: {said.getvalue()}"
    return said.getvalue()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What every command of the page prints, those of the first section left aside; its files are where it says."""
    folder = tmp_path_factory.mktemp("newcomer")
    said: dict[str, str] = {}
    with local_service(folder / "data", "--workers", "1") as service, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("C4E_OPT_ADDRESS", service.address)
        for language, block in BLOCKS:
            if language in FILES:
                Path(FILES[language]).write_text(block, encoding="utf-8")
            for line in block.splitlines() if language == "sh" else []:
                if line not in SETUP:
                    said[f"{line} again" if line in said else line] = run(line)
            if language == "python":
                program = [sys.executable, "-c", block.replace("127.0.0.1:50551", service.address)]
                ran = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
                assert ran.returncode == 0, ran.stderr
                said["python"] = said.get("python", "") + ran.stdout
        yield said


def test_every_command_runs_and_the_result_is_that_of_the_page(told: dict[str, str]):
    assert len(told) >= 18
    (shown,) = [block for language, block in BLOCKS if language == "text"]
    assert told["c4e-opt market result day --party bob"] == shown


def test_a_repeated_upload_counts_once(told: dict[str, str]):
    upload = "c4e-opt market upload day orders.csv --party bob --request-id monday"
    assert told[upload] == told[f"{upload} again"] == "2 orders stand at revision 5\n"


def test_the_program_says_what_its_comments_say(told: dict[str, str]):
    assert told["python"].splitlines() == ["[20. 60.]", "['at_the_money']"]


def test_the_first_commands_are_there():
    first = [line for language, block in BLOCKS if language == "sh" for line in block.splitlines()][:3]
    assert tuple(first) == SETUP
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^setup:", makefile, re.MULTILINE)
