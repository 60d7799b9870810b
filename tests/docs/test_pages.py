"""What the README and the reference pages say is true: the pages are up to date and the examples run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
HORIZONS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/horizons.md").read_text(encoding="utf-8"), re.DOTALL)
COMMANDS = [
    line.split("#")[0].split("|")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("c4e-opt ")
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running service on a free port; its address."""
    data = tmp_path_factory.mktemp("data")
    command = [sys.executable, "-m", "c4e_server.cli", "serve", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        yield found[0]
        process.send_signal(signal.SIGTERM)


def test_the_reference_pages_say_what_the_code_says() -> None:
    run = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_library_example_runs(tmp_path: Path) -> None:
    (tmp_path / "cases").symlink_to(ROOT / "cases")
    run = subprocess.run([sys.executable, "-c", EXAMPLES[0]], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("OPTIMAL 763"), run.stdout


@pytest.mark.parametrize("example", HORIZONS, ids=range(len(HORIZONS)))
def test_the_examples_of_horizons_run(example: str) -> None:
    run = subprocess.run([sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_client_example_runs(service: str) -> None:
    code = EXAMPLES[1].replace("127.0.0.1:50551", service)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "7460.5029" in run.stdout


def test_the_commands_run(tmp_path: Path) -> None:
    assert len(COMMANDS) >= 5
    for command in COMMANDS:
        words = [
            word.replace("out", str(tmp_path / "out"), 1) if word.startswith("out") else word
            for word in command.split()
        ]
        run = subprocess.run(
            [sys.executable, "-m", "c4e_server.cli", *words[1:]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "100"},
        )
        assert run.returncode == 0, f"{command}: {run.stdout[-500:]}{run.stderr[-2000:]}"


def test_every_page_that_the_readme_links_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
