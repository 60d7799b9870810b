"""What docs/clients.md says is true: its programs run against a service."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from c4e_server.local import local_service

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/clients.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_programs_run(tmp_path: Path):
    said: list[list[str]] = []
    with local_service(tmp_path, "--workers", "1") as service:
        for block in BLOCKS:
            program = [sys.executable, "-c", block.replace("127.0.0.1:50551", service.address)]
            ran = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
            assert ran.returncode == 0, ran.stderr
            said.append(ran.stdout.splitlines())
    assert said[0][0] == "OPTIMAL 7637.52"
    assert said[1][0] == "1"  # one solve, one digest
