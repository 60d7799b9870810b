from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from c4e_opt.case import write_case
from tests.unit.feeders import feeder, load, wire


def test_envelopes_are_told_and_written(tmp_path: Path, run: Any) -> None:
    """The fair share of 0.21 = 0.2 * (E + E) + 0.2 * E is 0.35 MW; see tests/unit/test_envelopes.py."""
    case = feeder(line=[wire(), wire("1", "2")], demand=[load(power=0.1), load("2", 0.1)])
    write_case(case, tmp_path / "feeder")
    done = run("envelopes", str(tmp_path / "feeder"), "--json", "--out", str(tmp_path / "limits.csv"))
    assert done.code == 0
    said = json.loads(done.out)
    assert said["holds"]
    assert abs(said["export_min_mw"] - 0.35) < 1e-6
    rows = (tmp_path / "limits.csv").read_text().splitlines()
    assert rows[0] == "point,time,export_max_mw,import_max_mw"
    assert rows[1].startswith("1,2025-01-01T00:00:00Z,0.35")
