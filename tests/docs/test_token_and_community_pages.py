"""What docs/communities.md and docs/tokens_and_certificates.md say is true: examples run, and the table is right."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from c4e_opt.settlement.community.sharing_keys import share
from tests.settlement.communities import readings

ROOT = Path(__file__).parents[2]
PAGES = {
    name: (ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("communities", "tokens_and_certificates")
}
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGES["communities"].splitlines()
    if line.startswith("| `")
]


@pytest.mark.parametrize(("page", "count"), [("communities", 4), ("tokens_and_certificates", 3)])
def test_the_examples_run(page: str, count: int) -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGES[page], re.DOTALL)
    assert len(examples) == count
    code = "\n".join(examples)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(("page", "count"), [("communities", 3), ("tokens_and_certificates", 4)])
def test_the_commands_run(page: str, count: int, tmp_path: Path) -> None:
    for name, content in re.findall(r"```(?:csv|yaml) (\S+)\n(.*?)```", PAGES[page], re.DOTALL):
        (tmp_path / name).write_text(content)
    commands = [line for block in re.findall(r"```sh\n(.*?)```", PAGES[page], re.DOTALL) for line in block.splitlines()]
    assert len(commands) == count
    for line in commands:
        command = [sys.executable, "-m", "c4e_server.cli", *line.split()[1:]]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_table_of_keys_is_right(row: list[str]) -> None:
    from fractions import Fraction

    import numpy as np

    key: Any = row[0].strip("`")
    shares = {"ann": Fraction(1, 4), "bob": Fraction(3, 4)}
    told = share(
        readings({"ann": [3000], "bob": [1000]}, {"sun": [2000]}), key, shares=shares, price=np.ones((3, 1), int)
    )
    assert row[2] == ", ".join(map(str, told.received_wh[:2, 0].tolist()))


def test_the_table_is_there() -> None:
    assert len(ROWS) == 5
