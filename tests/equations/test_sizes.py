"""How large programmes are: of every case, and of one case over a longer and longer horizon.

`C4E_WRITE_GOLDEN=1 pytest tests/equations` writes `golden/sizes.json` anew; read the difference.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from c4e_opt import Case, read_case
from c4e_opt.case import KINDS
from c4e_opt.formulate import Formulation, formulate
from tests.equations.tiny_cases import with_all_binaries
from tests.properties.generators import Shape, case_of, document

ROOT = Path(__file__).resolve().parents[2]
SIZES = Path(__file__).parent / "golden" / "sizes.json"
FILES = sorted(
    str(file.relative_to(ROOT / "cases")) for file in (ROOT / "cases").glob("*/*.yaml") if file.name != "expected.yaml"
)

EVERYTHING = Shape(commitment=True, laws=True, grid=True, market=True)

Size = dict[str, int]


def size_of(formulation: Formulation) -> Size:
    matrices = formulation.program.matrices()
    return {
        "rows": matrices.rows,
        "columns": matrices.columns,
        "nonzeros": matrices.nonzeros,
        "integers": matrices.integers,
    }


def known() -> dict[str, Size]:
    sizes: dict[str, Size] = json.loads(SIZES.read_text(encoding="utf-8")) if SIZES.is_file() else {}
    return sizes


@pytest.mark.parametrize("file", FILES)
@pytest.mark.xdist_group("sizes")
def test_a_case_has_the_size_that_was_agreed(file: str) -> None:
    size = size_of(formulate(read_case(ROOT / "cases" / file)))
    if os.environ.get("C4E_WRITE_GOLDEN"):
        entries: dict[str, Any] = dict(sorted({**known(), file: size}.items()))
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())
        SIZES.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    assert known().get(file) == size, "a new case, or a formulation that grew: see the first line of this file"


def test_every_size_that_was_agreed_is_of_a_case_that_is_there() -> None:
    assert set(known()) <= set(FILES)


def horizons(shape: Shape) -> list[Case]:
    """The same case over one, two, four and eight times its horizon, of a seed whose case has every kind."""
    return [case_of(document(8, replace(shape, steps=6, orders=0, times=times))) for times in (1, 2, 4, 8)]


@pytest.mark.parametrize("binaries", [False, True])
def test_a_programme_grows_with_its_horizon_and_no_faster(binaries: bool) -> None:
    """Rows, columns, nonzeros and integers are a constant plus a multiple of the steps."""
    write = with_all_binaries if binaries else formulate
    one, two, four, eight = (size_of(write(case)) for case in horizons(EVERYTHING))
    assert one["integers"] > 0
    for what in one:
        step = two[what] - one[what]
        assert step > 0
        assert four[what] - two[what] == 2 * step, what
        assert eight[what] - four[what] == 4 * step, what


def test_every_kind_takes_part_in_that_growth() -> None:
    (case, *_) = horizons(EVERYTHING)
    assert not KINDS.keys() - case.components.keys()


def test_a_programme_without_need_has_no_binaries() -> None:
    assert size_of(formulate(case_of(document(8))))["integers"] == 0
