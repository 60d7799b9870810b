"""The rows of lazy limits, losses and transport as text, and how large grids are; as `test_golden`, `test_sizes`."""

from __future__ import annotations

import importlib
import os
import re
from typing import Any

import pytest

import c4e_solvers
from c4e_opt import Case
from c4e_opt.clearing.limits import limited
from c4e_opt.formulate import Formulation, formulate
from c4e_solvers import SolverOptions
from tests.equations.render import text_of
from tests.equations.test_docstrings import names_of
from tests.equations.test_golden import GOLDEN
from tests.equations.tiny_grids import tiny_network_models
from tests.unit.small_grids import grid_case, line, plant

CASES = tiny_network_models()
FOLDER = GOLDEN / "network"
LAID_UPON = {"losses": ("angles",)}  # pages that say more of the programme than the case has


def written(case: Case) -> Formulation:
    """The programme with every row that its answers have needed."""
    formulation = formulate(case)
    limited(c4e_solvers.solve, formulation)(formulation.program.matrices(), SolverOptions())
    return formulation


@pytest.mark.parametrize("model", CASES)
def test_a_model_writes_the_equations_that_were_read_and_agreed(model: str) -> None:
    file, text = FOLDER / f"{model}.txt", text_of(written(CASES[model]))
    if os.environ.get("C4E_WRITE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("model", CASES)
@pytest.mark.parametrize("section", ["Variables", "Constraints"])
def test_the_docstring_of_a_model_names_what_its_programme_has(model: str, section: str) -> None:
    program = written(CASES[model]).program
    blocks = program.variables if section == "Variables" else program.constraints
    rounds = re.compile(r"_\d+$")
    ours = {rounds.sub("", name) for name in blocks if name.startswith(("line_", "interface_"))}
    own, *others = (
        set(names_of(importlib.import_module(f"c4e_opt.network.{page}").__doc__ or "", section))
        for page in (model, *LAID_UPON.get(model, ()))
    )
    assert own <= ours <= own.union(*others)


def chain(buses: int, steps: int, tight: int, **policy: Any) -> Case:
    """A ring of so many buses and steps, of which so many lines have a limit that binds."""
    names = [f"n{k:02d}" for k in range(buses)]
    lines = [line(f"l{k:02d}", names[k], names[(k + 1) % buses], 2.0 if k < tight else 900.0) for k in range(buses)]
    plants = [plant("n00", 10.0), *(plant(name, 50.0) for name in names[1:])]
    demand = {name: [float(3 + k % 5)] * steps for k, name in enumerate(names[1:])}
    return grid_case(lines, plants, demand, minutes=(60,) * steps, policy=policy)


def test_rows_of_lazy_limits_are_those_of_lines_that_bind() -> None:
    """One balance per step; one row more for every step of each line whose limit was violated on the way."""
    for steps in (1, 3):
        balances = formulate(chain(8, steps, 0)).program.matrices().rows
        assert balances == steps
        assert written(chain(8, steps, 0)).program.matrices().rows == balances
        few = written(chain(8, steps, 1)).program.matrices().rows
        more = written(chain(8, steps, 3)).program.matrices().rows
        assert balances < few < more <= balances + 3 * steps


def test_rows_of_lazy_limits_do_not_grow_with_lines_that_do_not_bind() -> None:
    small, large = (written(chain(buses, 2, 1)).program.matrices() for buses in (8, 32))
    assert small.rows == large.rows


@pytest.mark.parametrize("policy", [{}, {"dc_formulation": "angles"}, {"network": "transport"}])
def test_a_programme_of_a_grid_grows_with_its_horizon_and_no_faster(policy: dict[str, str]) -> None:
    sizes = [formulate(chain(6, steps, 2, **policy)).program.matrices() for steps in (1, 2, 4)]
    for what in ("rows", "columns", "nonzeros"):
        one, two, four = (getattr(each, what) for each in sizes)
        assert two == 2 * one
        assert four == 4 * one


@pytest.mark.parametrize("policy", [{"dc_formulation": "angles"}, {"network": "transport"}])
def test_a_programme_of_a_grid_grows_with_its_lines_and_no_faster(policy: dict[str, str]) -> None:
    sizes = [formulate(chain(buses, 2, 0, **policy)).program.matrices() for buses in (5, 10, 20, 40)]
    for what in ("rows", "columns", "nonzeros"):
        first, second, third, fourth = (getattr(each, what) for each in sizes)
        assert third - second == 2 * (second - first)
        assert fourth - third == 4 * (second - first)
