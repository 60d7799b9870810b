"""The laws of the models with voltage as text; `C4E_WRITE_GOLDEN=1 pytest tests/equations` writes them anew."""

from __future__ import annotations

import importlib
import os
import re

import pytest

from c4e_opt.formulate import formulate
from tests.equations.render import text_of
from tests.equations.test_docstrings import names_of
from tests.equations.test_golden import GOLDEN
from tests.equations.tiny_feeders import tiny_models

CASES = tiny_models()
FOLDER = GOLDEN / "network"
PAGES = {
    "lindistflow": ["lindistflow"],
    "socp": ["lindistflow", "socp"],
    "soc": ["soc"],
    "taps_and_banks": ["lindistflow", "taps", "banks"],
}


@pytest.mark.parametrize("model", CASES)
def test_a_model_writes_the_equations_that_were_read_and_agreed(model: str) -> None:
    file, text = FOLDER / f"{model}.txt", text_of(formulate(CASES[model]))
    if os.environ.get("C4E_WRITE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("model", CASES)
@pytest.mark.parametrize("section", ["Variables", "Constraints"])
def test_the_docstring_of_a_model_names_what_its_programme_has(model: str, section: str) -> None:
    program = formulate(CASES[model]).program
    blocks = program.variables if section == "Variables" else {**program.constraints, **program.cones}
    parts = re.compile(r"_(head|\d)$")  # of cones
    ours = {name for name in blocks if name.startswith(("line_", "interface_", "shunt_")) and not parts.search(name)}
    pages = [importlib.import_module(f"c4e_opt.network.{page}").__doc__ or "" for page in PAGES[model]]
    named = {name for page in pages for name in names_of(page, section)}
    missing = {name for name in ours if name.removeprefix("shunt_") not in named and name not in named}
    assert not missing
