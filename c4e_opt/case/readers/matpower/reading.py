"""One reading of one case file: its tables, what has been made so far, what was found wrong, what is passed over."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case.case import KINDS, Bus
from c4e_opt.case.notes import assumed, passed_over, some
from c4e_opt.case.readers.matpower import columns
from c4e_opt.case.readers.matpower.m_file import MFile
from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue

#: What stands for a limit that a file calls infinite, in MW and Mvar.
UNLIMITED = 1e6
#: 2000-01-01T00:00Z: a case file knows no time, so a case has one step of an hour from here.
START = 946_684_800

#: Names of the columns of a matrix, and how many of them it must have.
_TABLES: dict[str, tuple[tuple[str, ...], int]] = {
    "bus": (columns.BUS, 13),
    "gen": (columns.GEN, 10),
    "branch": (columns.BRANCH, 11),
    "dcline": (columns.DCLINE, 17),
}


class Table:
    """A matrix with named columns; those that a file leaves out are zero."""

    def __init__(self, name: str, matrix: FloatArray) -> None:
        self.name = name
        self.matrix = matrix
        self.rows = matrix.shape[0]
        self._names = _TABLES[name][0]

    def column(self, name: str) -> FloatArray:
        """One number per row."""
        place = self._names.index(name)
        if place < self.matrix.shape[1]:
            return self.matrix[:, place]
        return _zeros(self.rows)

    def place(self, row: int, name: str) -> str:
        """A cell as MATLAB names it, for findings."""
        return f"mpc.{self.name}({row + 1}, {name})"


class Reading:
    """One reading of one file."""

    def __init__(self, file: MFile, *, dcp: bool) -> None:
        self.file = file
        self.dcp = dcp  # whether lines follow the conventions of PowerModels
        self.issues: list[Issue] = []
        self.notes: list[Issue] = []
        self.buses: list[Bus] = []
        self.made: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        self.horizon = Horizon(START, np.array([3600], dtype=np.int64))
        self.known: set[float] = set()  # numbers of all buses
        self.live: dict[float, str] = {}  # number -> id of the buses that are not isolated
        self.used: set[str] = {"version", "baseMVA"}

    def table(self, name: str) -> Table:
        """A matrix of the file; without rows where it has none or a broken one."""
        self.used.add(name)
        least = _TABLES[name][1]
        matrix = self.file.matrix(name)
        if matrix is None:
            return Table(name, np.zeros((0, least)))
        if matrix.shape[1] < least:
            message = f"has {matrix.shape[1]} columns; it must have at least {least}"
            self.issues.append(Issue(f"mpc.{name}", "columns", message))
            return Table(name, np.zeros((0, least)))
        return Table(name, matrix)

    def add(self, kind: str, **said: Any) -> None:
        """Make a component; a number for a series holds in the one step."""
        cls = KINDS[kind]
        series, default = _series_of(cls)
        for name in series & said.keys():
            if isinstance(said[name], float):
                said[name] = np.array([said[name]])
        self.made[kind].append(cls(**{**default, **said}))

    def refuse(self, path: str, message: str, rule: str = "unsupported") -> None:
        """Note that something has no counterpart, or is wrong."""
        self.issues.append(Issue(path, rule, message))

    def pass_over(self, path: str, message: str) -> None:
        """Note that something is not kept."""
        self.notes.append(passed_over(path, message))

    def assume(self, path: str, message: str) -> None:
        """Note that something was decided here."""
        self.notes.append(assumed(path, message))

    def finite(self, table: Table, *names: str) -> bool:
        """Whether the numbers of some columns are finite; a finding for each column in which one is not."""
        good = True
        for name in names:
            wrong = np.flatnonzero(~np.isfinite(table.column(name)))
            if wrong.size:
                row = int(wrong[0])
                message = f"is {table.column(name)[row]:g}; it must be a finite number"
                more = f" ({wrong.size - 1} more rows like it)" if wrong.size > 1 else ""
                self.refuse(table.place(row, name), message + more, "finite")
                good = False
        return good

    def limits(self, table: Table, name: str) -> FloatArray:
        """A column of limits, with a number in place of what is infinite; NaN is a finding."""
        values = table.column(name)
        if np.isnan(values).any():
            self.refuse(table.place(int(np.flatnonzero(np.isnan(values))[0]), name), "is NaN", "finite")
            return _zeros(table.rows)
        endless = np.flatnonzero(np.isinf(values))
        if endless.size:
            message = f"{name} is infinite in rows {some((endless + 1).tolist())}; read as {UNLIMITED:g}"
            self.assume(f"mpc.{table.name}", message)
            return np.minimum(np.maximum(values, -UNLIMITED), UNLIMITED)
        return values

    def at_live_buses(self, table: Table, *names: str) -> list[int]:
        """Rows whose buses are all there and not isolated; a bus that is not there is a finding."""
        live: list[int] = []
        isolated: list[int] = []
        ends = [table.column(name).tolist() for name in names]
        for row, numbers in enumerate(zip(*ends, strict=True)):
            for name, number in zip(names, numbers, strict=True):
                if number not in self.known:
                    message = f"is {number:g}; mpc.bus has no such bus"
                    self.refuse(table.place(row, name), message, "unknown_reference")
            if all(number in self.live for number in numbers):
                live.append(row)
            else:
                isolated.append(row + 1)
        if isolated:
            message = f"rows {some(isolated)} are at isolated buses (type 4) and left out"
            self.pass_over(f"mpc.{table.name}", message)
        return live

    def in_service(self, table: Table, column: str, rows: list[int], what: str) -> list[int]:
        """Those of some rows that are in service; the others are left out."""
        status = table.column(column)
        off = [row + 1 for row in rows if not status[row] > 0]
        if off:
            message = f"{len(off)} {what} are out of service and left out: rows {some(off)}"
            self.pass_over(f"mpc.{table.name}", message)
        return [row for row in rows if status[row] > 0]


def _zeros(size: int) -> FloatArray:
    return np.zeros(size)


@cache
def _series_of(cls: type[Any]) -> tuple[frozenset[str], dict[str, FloatArray]]:
    """The series of a record, and those of them that have a default, as they are for one step."""
    series = {name: field for name, field in fields_of(cls).items() if field.meta.kind == "series"}
    given = {name: field.default for name, field in series.items() if not field.required and field.default is not None}
    return frozenset(series), {name: np.array([float(default)]) for name, default in given.items()}
