"""What docs/invoices_and_exports.md says is true: its commands and its example run, its names are those written."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from c4e_opt.settlement.exports import names

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/invoices_and_exports.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("invoices")
    (made / "cases").symlink_to(ROOT / "cases")
    return made


def test_the_commands_run_one_after_the_other(folder: Path):
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    commands = block.splitlines()
    assert len(commands) == 7
    for command in commands:
        program, *arguments = command.split()
        assert program == "c4e-opt"
        done = subprocess.run(
            [sys.executable, "-m", "c4e_server.cli", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
    assert (folder / "ledger.journal").read_text() == (folder / "books.journal").read_text()
    assert len(list((folder / "invoices").glob("*.html"))) > 80
    if shutil.which("hledger"):
        subprocess.run(["hledger", "-f", folder / "books.journal", "check", "--strict"], check=True)
    checker = Path(sys.executable).with_name("bean-check")
    if checker.exists():
        subprocess.run([checker, folder / "books.beancount"], check=True)


def test_the_example_runs(folder: Path):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_names_are_those_that_are_written():
    accounts = [
        (ledger.strip().strip("`"), plain.strip().strip("`"), bean.strip().strip("`"))
        for ledger, plain, bean in re.findall(r"\| (`party:[^|]*`) \| (`[^|]*`) \| (`[^|]*`) \|", PAGE)
    ]
    assert len(accounts) == 2
    for ledger, plain, bean in accounts:
        assert names.hledger_account(ledger) == plain
        assert names.beancount_account(ledger) == bean
    assert names.beancount_commodity("sun 2") in PAGE
    assert [names.beancount_account(each) for each in ("escrow:e1", "rounding:grid", "issuer:sun")] == [
        "Assets:Escrow:E1", "Equity:Rounding:Grid", "Equity:Issuer:Sun",
    ]  # fmt: skip
