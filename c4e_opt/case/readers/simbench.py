"""SimBench grids as cases, by their code or from a folder of their CSV tables (extra `pandapower`).

A code such as `1-LV-rural2--2-sw` names a grid that the package simbench brings along. Its year has quarters of an
hour; a case has the first day of them unless others are chosen: `1-LV-rural2--2-sw:2016-07-01` takes another day,
`1-LV-rural2--2-sw:2016-07-01/7` a week. Loads, renewables and generators follow their profiles; storages are batteries
that are free, whatever their profile. The rest is read as in `readers.pandapower`.

The steps of SimBench name no zone and no summer time; they are read as UTC.

Source: Meinecke et al. (2020), SimBench, Energies 13(12), 3290, https://doi.org/10.3390/en13123290.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.case.case import Case
from c4e_opt.case.readers import pandapower
from c4e_opt.case.readers.outside import Program, existing, tables_of
from c4e_opt.case.readers.pandapower.network import Network
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

PROGRAM = Program(file=pandapower.PROGRAM.file, package="simbench", extra="pandapower", what="a SimBench grid")

#: The code, and behind it a day and a number of days.
_CODE = re.compile(r"^([0-2]-[\w.]+-[\w.]*-[\w.]*-[0-2]-(?:no_)?sw)(?::(\d{4}-\d\d-\d\d)(?:/(\d{1,3}))?)?$")
_STEPS_PER_DAY = 96


def read_simbench(path: str | Path, *, first: str = "", steps: int = _STEPS_PER_DAY) -> Case:
    """Read a grid.

    Args:
        path: A code, with a day and a number of days behind it where others than the first are meant, or a folder.
        first: Start of the first step, ISO 8601; the first of the year when empty.
        steps: How many steps.

    Returns:
        The case, checked, with notes of what was passed over and assumed.

    Raises:
        InvalidInput: It cannot be read, or uses what has no counterpart; everything of that is named.
    """
    match = _CODE.match(str(path))
    if match is None:
        where, kind = existing(Path(path)), "folder"
    else:
        where, kind = str(match[1]), "code"
        first, steps = match[2] or first, int(match[3]) * _STEPS_PER_DAY if match[3] else steps
    if steps < 1:
        raise InvalidInput([Issue(str(path), "range", f"{steps} steps are none; ask for 1 or more")])
    return case_of(tables_of(PROGRAM, where, simbench=kind, first=first, steps=steps), Path(where).name, steps)


def case_of(tables: Mapping[str, Any], name: str, steps: int) -> Case:
    """The case that the tables of the program describe."""
    start = int(datetime.fromisoformat(tables["first"]).replace(tzinfo=UTC).timestamp())
    seconds = np.full(steps, round(float(tables["minutes"]) * 60.0), dtype=np.int64)
    network = Network(tables, Horizon(start, seconds))
    network.draft.assume("profiles", f"steps from {tables['first']} on name no zone and are read as UTC")
    storages = network.tables.get("storage", {}).get("index", [])
    network.draft.pass_over(
        "profiles", "storages are free in their power; their profiles are left out", list(map(str, storages))
    )
    return pandapower.built(network, name)
