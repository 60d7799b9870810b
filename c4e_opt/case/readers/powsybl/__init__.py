"""Files of grid operators as cases, read by pypowsybl (extra `grid`) in a process of its own.

These are CGMES (.zip), UCTE (.uct), IEEE CDF (.txt), PSS/E (.raw), PowerFactory (.dgs) and XIIDM (.xiidm).

A file knows one moment, so its case has one step of an hour, at the moment of the file. What it says means:
    buses         those of the bus view: switches that are closed make them one
    lines         per unit of 100 MVA and of the nominal voltages; limits from permanent currents, A * kV * sqrt 3, and
                  the emergency limit from the least temporary one above it
    transformers  ratio and shift at the present tap, magnetisation as a shunt at the first bus; those of three
                  windings are a star of three lines round a bus of their own
    boundaries    a line to a bus of its own, with what the file gives or takes there; tie lines are two such lines
    loads         demands, with fixed reactive power; negative ones are generators that keep their schedule
    generators    within their limits at a cost of 0, for no such file knows costs; reactive limits and curves as
                  `reactive` records, fixed where no voltage is regulated
    batteries     generators that may take power, for no file says what they store
    HVDC lines    ties with the losses of their stations
    shunts        at the present section; static var compensators are `reactive` records

Left out by name: what is disconnected, and islands without any source.
Refused: multi-terminal DC grids.

Source: PowSyBl documentation, grid model, https://powsybl.readthedocs.io/projects/powsybl-core/en/stable/grid_model.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from c4e_opt.case.case import Case
from c4e_opt.case.readers.draft import UNTOLD, one_step
from c4e_opt.case.readers.outside import Program, tables_of_file
from c4e_opt.case.readers.powsybl import branches, devices
from c4e_opt.case.readers.powsybl.tables import Tables

_BASE_MVA = 100.0
PROGRAM = Program(
    file=Path(__file__).with_name("extract.py"), package="pypowsybl", extra="grid", what="a file of a grid operator"
)


def read_powsybl(path: str | Path) -> Case:
    """Read a file of a grid operator.

    Args:
        path: The file.

    Returns:
        The case, checked, with notes of what was passed over and assumed.

    Raises:
        InvalidInput: It cannot be read, or uses what has no counterpart; everything of that is named.
    """
    return case_of(*tables_of_file(PROGRAM, path))


def case_of(tables: Mapping[str, Any], name: str) -> Case:
    """The case that the tables of `extract` describe.

    Raises:
        InvalidInput: They use what has no counterpart, or numbers that are none.
    """
    moment = datetime.fromisoformat(tables["time"] or UNTOLD)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    read = Tables(tables, _BASE_MVA, one_step(int(moment.timestamp())))
    draft = read.draft
    for row in read.rows("dc_lines"):
        draft.refuse(f"dc_lines.{row['id']}", "is part of a DC grid of many terminals, which no model here knows")
    read.add_buses()
    branches.read(read)
    devices.read(read)
    told = "the file is of" if tables["time"] else "the file tells no moment;"
    draft.assume("horizon", f"{told} {moment.isoformat()}: the case has one step of an hour from then")
    if draft.made["generator"]:
        message = "no costs are told: all generators cost 0, and are free within their limits whatever their target"
        draft.assume("generators", f"{message}; give cost_eur_per_mwh to choose between them")
    read.close()
    return draft.case(name)
