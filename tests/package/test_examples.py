"""The examples in other languages: their case is one of the contract; they compile and run where their tools are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import json_format

from c4e.opt.v1 import jobs_pb2
from c4e_opt.solve import solve
from c4e_server.convert.case import case_from_proto
from c4e_server.local import local_service

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "proto/examples"
SHOWN = "north: 20.00 EUR/MWh\nsouth: 50.00 EUR/MWh\n"


def test_the_auction_of_the_examples_clears_at_the_prices_of_their_page():
    text = (EXAMPLES / "auction.json").read_text(encoding="utf-8")
    request = json_format.Parse(text, jobs_pb2.SubmitJobRequest())
    prices = solve(case_from_proto(request.case)).prices["price_eur_per_mwh"].values[:, 0]
    lines = [f"{bus}: {price:.2f} EUR/MWh\n" for bus, price in zip(("north", "south"), prices, strict=True)]
    assert "".join(lines) == SHOWN
    assert f"```text\n{SHOWN}```" in (EXAMPLES / "README.md").read_text(encoding="utf-8")


class Example:
    """A copy of an example, in which commands run with the tools of our environment on the path."""

    def __init__(self, folder: Path, language: str, tools: tuple[str, ...]) -> None:
        for tool in tools:
            if shutil.which(tool) is None:
                pytest.skip(f"{tool} is not installed")
        shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("node_modules", "gen", "dist", "*.binpb"))
        self._folder = folder / language
        self._env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        image = self._folder / "contract.binpb"
        subprocess.run([sys.executable, ROOT / "proto/generate.py", "--image", image], check=True)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            command, cwd=self._folder, env=self._env, capture_output=True, text=True, check=False, timeout=240
        )

    def good(self, *command: str) -> str:
        """What a command prints that must not fail."""
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def check(example: Example, folder: Path, *command: str) -> None:
    """Hold an example to its page, and to saying what is wrong where nobody answers."""
    with local_service(folder, "--workers", "1") as service:
        assert example.good(*command, service.address) == SHOWN
    lost = example.run(*command, "127.0.0.1:1")
    assert lost.returncode != 0
    assert "unavailable" in lost.stderr.lower()


@pytest.mark.slow
def test_the_typescript_example_compiles_and_runs(tmp_path: Path):
    example = Example(tmp_path / "examples", "typescript", ("node", "npm"))
    installed = example.run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock")
    if installed.returncode:
        pytest.skip("npm cannot install what the example needs")
    example.good("npm", "run", "generate")
    example.good("npm", "run", "build")
    check(example, tmp_path / "data", "node", "dist/main.js")


@pytest.mark.slow
def test_the_go_example_compiles_and_runs(tmp_path: Path):
    example = Example(tmp_path / "examples", "go", ("go", "protoc-gen-go", "protoc-gen-go-grpc"))
    example.good("buf", "generate", "contract.binpb", "--path", "c4e")
    if example.run("go", "mod", "tidy").returncode:
        pytest.skip("go cannot fetch what the example needs")
    example.good("go", "vet", "./...")
    example.good("go", "build", "-o", "auction", ".")
    check(example, tmp_path / "data", "./auction")
