"""Every law as text. `C4E_WRITE_GOLDEN=1 pytest tests/equations` writes the texts anew; read the difference."""

from __future__ import annotations

import ast
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import c4e_opt
from c4e_opt.case import KINDS
from tests.equations.render import text_of
from tests.equations.tiny_cases import tiny_cases, with_all_binaries
from tests.unit.small_cases import generator, small_case

GOLDEN = Path(__file__).parent / "golden"
LIBRARY = Path(c4e_opt.__file__).parent
ROOMS = ("components", "commitment", "laws", "network", "market")
CASES = tiny_cases()


@pytest.mark.parametrize("kind", CASES)
def test_a_room_writes_the_equations_that_were_read_and_agreed(kind: str) -> None:
    file, text = GOLDEN / f"{kind}.txt", text_of(with_all_binaries(CASES[kind]))
    if os.environ.get("C4E_WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_another_formulation_of_minimum_times_writes_the_equations_that_were_read_and_agreed() -> None:
    case = replace(CASES["chp"], policy=replace(CASES["chp"].policy, commitment="carrion_arroyo"))
    whole = text_of(with_all_binaries(case))
    text = "\n\n".join(part.strip() for part in whole.split("\n\n") if part.startswith("chp_minimum_")) + "\n"
    file = GOLDEN / "commitment" / "carrion_arroyo.txt"
    if os.environ.get("C4E_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_the_tight_formulation_of_fleets_writes_the_equations_that_were_read_and_agreed() -> None:
    tiered = generator(
        id="tiered",
        minimum_load_ratio=0.25,
        minimum_up_hours=2.0,
        minimum_down_hours=1.0,
        hours_in_state_initially=1.0,
        start_cost_eur=5.0,
        start_costs=[{"after_hours_off": 2.0, "cost_eur": 7.0}],
        ramp_up_ratio_per_hour=0.25,
        start_ramp_ratio=0.5,
        stop_ramp_ratio=0.625,
        segments_above_minimum=True,
        cost_segments=[{"power_mw": 0.5, "cost_eur_per_mwh": 2.0}, {"power_mw": 0.25, "cost_eur_per_mwh": 3.0}],
    )
    reserve = {"id": "r", "up_mw": 0.125, "within_ramps": True}
    case = small_case((60, 60, 60), generator=[tiered], reserve=[reserve])
    case = replace(case, policy=replace(case.policy, commitment="knueven_ostrowski_watson"))
    file, text = GOLDEN / "commitment" / "knueven_ostrowski_watson.txt", text_of(with_all_binaries(case))
    if os.environ.get("C4E_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def golden_blocks(pattern: str = "*.txt") -> set[str]:
    """The name of every law in the texts: the lines that stand alone above their rows."""
    blocks: set[str] = set()
    for file in GOLDEN.glob(pattern):
        lines = file.read_text(encoding="utf-8").splitlines()
        for name, first in pairwise(lines):
            if name and first.startswith(f"{name}["):
                blocks.add(name)
    return blocks


def written_laws() -> dict[str, str]:
    """Every name that a room gives to a law, as its source writes it, and where."""
    found: dict[str, str] = {}
    files = [file for room in ROOMS for file in sorted((LIBRARY / room).glob("*.py"))]
    for file in [*files, LIBRARY / "formulate.py"]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            where = f"{file.relative_to(LIBRARY)}:{node.lineno}"
            if called in ("equal", "at_most", "at_least") and node.args and isinstance(node.args[0], ast.Constant):
                found[str(node.args[0].value)] = where
            if called in ("at_most", "at_least") and node.args and isinstance(node.args[0], ast.JoinedStr):
                end = node.args[0].values[-1]  # of a law that is written each way
                if isinstance(end, ast.Constant) and str(end.value).startswith("_on_"):
                    found |= {f"{way}{end.value}": where for way in ("charge", "discharge")}
            if called == "Watched":
                law = next(str(ast.literal_eval(each.value)) for each in node.keywords if each.arg == "law")
                found |= {law: where, f"{law}_lower": where}
            if called == "limit" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                found[str(node.args[1].value)] = where  # of apparent power, in linear models a polygon
            if called == "never_both":
                name = ast.literal_eval(node.args[1])
                found |= {f"{name}_limit": where, f"not_{name}_limit": where}
    return found


def test_every_kind_of_component_has_its_equations_in_a_text() -> None:
    assert set(KINDS) | {"order"} == set(CASES) == {file.stem for file in GOLDEN.glob("*.txt")}


def test_no_law_that_a_room_writes_lacks_a_text() -> None:
    laws, blocks = written_laws(), golden_blocks() | golden_blocks("*/*.txt")
    assert len(laws) >= 15
    missing = {law: where for law, where in laws.items() if not any(_is(block, law) for block in blocks)}
    assert not missing, f"add rows of these laws to tests/equations/tiny_cases.py: {missing}"


def test_every_text_is_a_law_that_a_room_still_writes() -> None:
    laws = written_laws()
    assert not {block for block in golden_blocks() if not any(_is(block, law) for law in laws)}


@pytest.mark.parametrize("kind", CASES)
def test_every_block_of_a_tiny_case_has_rows(kind: str) -> None:
    program = with_all_binaries(CASES[kind]).program
    assert not [block.name for block in program.constraints.values() if block.start == block.stop]
    assert not [block.name for block in program.variables.values() if block.start == block.stop]


def _is(block: str, law: str) -> bool:
    return block == law or block.removesuffix(f"_{law}").removesuffix("_cost") in {*KINDS, "order"}
