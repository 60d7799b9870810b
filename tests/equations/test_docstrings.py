"""The names in the docstring of a formulation are the names in its programme, with as many axes."""

from __future__ import annotations

import importlib
import re

import pytest

from c4e_opt.case import KINDS
from tests.equations.tiny_cases import tiny_cases, with_all_binaries

CASES = tiny_cases()
MODULES = {kind: cls.__module__ for kind, cls in KINDS.items()} | {"order": "c4e_opt.market.orders"}
#: Rooms whose docstring hands a part of their names on to another page.
_UNIT = [
    "c4e_opt.commitment.three_binary",
    "c4e_opt.commitment.rajan_takriti",
    "c4e_opt.commitment.start_tiers",
    "c4e_opt.commitment.ramps",
]
_CURVED = ["c4e_opt.components.load_segments"]
_PLANT = [
    *_UNIT,
    "c4e_opt.components.capacity",
    "c4e_opt.components.plant",
    "c4e_opt.components.segments",
]
SHARED = {
    "generator": _PLANT,
    "converter": _PLANT,
    "grid_connection": ["c4e_opt.components.demand_charge"],
    "flexible_demand": ["c4e_opt.components.demand_response"],
    "interruptible_load": ["c4e_opt.components.demand_response"],
    "battery": ["c4e_opt.components.power_curve", "c4e_opt.components.cycle_aging"],
    "chp": [*_UNIT, *_CURVED, "c4e_opt.components.operating_region"],
    "boiler": [*_UNIT, *_CURVED],
}

_HYDROGEN = ["c4e_opt.commitment.standby", "c4e_opt.components.hydrogen_plant", "c4e_opt.components.waste_heat"]
SHARED |= {
    "heat_pump": [*_UNIT, "c4e_opt.components.compression"],
    "chiller": [*_UNIT, "c4e_opt.components.compression", "c4e_opt.components.waste_heat"],
    "electrolyser": [*_UNIT, *_HYDROGEN],
    "fuel_cell": [*_UNIT, *_HYDROGEN],
    "reserve": ["c4e_opt.laws.reserve_limits"],
    "line": ["c4e_opt.network.angles"],
    "interface": ["c4e_opt.network.angles"],
    "shunt": ["c4e_opt.network.banks"],
}

#: Pages that write the names of several kinds, each with its kind.
_WHOLE = ("c4e_opt.network.angles", "c4e_opt.network.voltage", "c4e_opt.network.interface")

Names = dict[str, int | None]


def names_of(docstring: str, section: str) -> Names:
    """Names that a section lists and the number of their axes; None where it is not said.

    A name stands at the begin of a line that is indented by four blanks, with its axes in brackets; several are
    separated by commas; two blanks end them. What is indented deeper explains.
    """
    found: Names = {}
    inside = False
    for line in docstring.splitlines():
        if line and not line.startswith(" "):
            inside = line.startswith(section)
            continue
        if not inside or not line.startswith("    ") or line.startswith("     "):
            continue
        head = re.split(r"\s{2,}", line.strip())[0]
        for name, axes in re.findall(r"([a-z][a-z0-9_]*)(?:\[([^\]]*)\])?(?=,|$)", head):
            found[name] = len(axes.split(",")) if axes else None
    return found


def documented(kind: str, section: str) -> Names:
    names: Names = {}
    for module in [*SHARED.get(kind, []), MODULES[kind]]:
        docstring = importlib.import_module(module).__doc__ or ""
        found = names_of(docstring, section)
        if module in _WHOLE:
            found = {k.removeprefix(f"{kind}_"): v for k, v in found.items() if k.startswith(f"{kind}_")}
        names = {**names, **{k: v for k, v in found.items() if v or k not in names}}
    return names


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("section", ["Variables", "Constraints"])
def test_the_docstring_names_what_the_programme_has(kind: str, section: str) -> None:
    program = with_all_binaries(CASES[kind]).program
    blocks = program.variables if section == "Variables" else program.constraints
    ours = {name.removeprefix(f"{kind}_"): len(b.axes) for name, b in blocks.items() if name.startswith(f"{kind}_")}
    theirs = documented(kind, section)
    assert set(theirs) == set(ours)
    assert {name: axes for name, axes in theirs.items() if axes is not None and axes != ours[name]} == {}


def test_the_balance_is_the_one_law_without_a_room() -> None:
    for kind, case in CASES.items():
        rooms = tuple(f"{each}_" for each in (kind, *case.components, "reactive"))  # which models with voltage write
        others = [name for name in with_all_binaries(case).program.constraints if not name.startswith(rooms)]
        assert others == ["power_balance"]


def test_names_are_read_as_they_are_written() -> None:
    """The reader of docstrings itself."""
    text = """X.

Variables, for every x:
    a_mw[x, t], b_mw[x]   two of them, a_mw <= 1
                          and c_mw[x] in an explanation
    on, off   see elsewhere

Constraints:
    only in some steps (found by `solve`):
    law[x, t]   a = b
    other_law[x, t]
        a[t] = b[t]

Objective, term `z`: d_eur.
"""
    assert names_of(text, "Variables") == {"a_mw": 2, "b_mw": 1, "on": None, "off": None}
    assert names_of(text, "Constraints") == {"law": 2, "other_law": 2}
