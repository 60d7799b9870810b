"""Case folders: `case.yaml` for the structure, CSV or NetCDF beside it for series, records and order columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import tables, times
from c4e_opt.case.build import Builder
from c4e_opt.case.case import Case
from c4e_opt.case.contents import shown
from c4e_opt.case.document import read_document
from c4e_opt.case.readers.registry import reader_of
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue


def read_case(path: str | Path, *, empty: bool = False) -> Case:
    """Read a case from a folder with a `case.yaml`, from a YAML file, or from a file of another format.

    Args:
        path: The folder, the file or the code of a SimBench grid; see `readers.registry`.
        empty: Whether it may have neither components nor orders, because orders are still to come.

    Returns:
        The case, checked.

    Raises:
        InvalidInput: With everything that is wrong, in the file, its tables and the case as a whole.
    """
    where = Path(path)
    reader = reader_of(where)
    if reader is not None:
        return reader(where)
    file = where / "case.yaml" if where.is_dir() else where
    if not file.is_file():
        raise InvalidInput(
            [Issue(str(path), "missing_file", "is neither a case folder with a case.yaml nor a case file")]
        )
    document = read_document(file)
    folder = _Folder(file.parent)
    document = folder.filled(document)
    columns, bad, moments = folder.series(document.get("series"))
    builder = Builder(document, columns, bad)
    builder.issues[:0] = folder.issues
    if builder.horizon is not None:
        for name, texts in moments.items():
            builder.issues += _aligned(name, texts, builder)
        for name, values in columns.items():
            if values.shape != (builder.horizon.steps,):
                message = f"column {name!r} has {values.size} rows; the horizon has {builder.horizon.steps} steps"
                builder.issues.append(Issue(folder.origin[name], "length", message))
    return builder.case(empty=empty)


class _Folder:
    """The files beside a case file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.issues: list[Issue] = []
        self.origin: dict[str, str] = {}

    def _path(self, name: str, where: str) -> Path | None:
        """A file beside the case; nothing outside its folder is ever read."""
        try:
            path = (self.folder / name).resolve()
        except (ValueError, OSError):
            self.issues.append(Issue(where, "file_name", "is no name that a file can have"))
            return None
        if path.is_relative_to(self.folder.resolve()):
            return path
        self.issues.append(
            Issue(where, "outside_folder", f"{name!r} lies outside the folder of the case; move it inside")
        )
        return None

    def _table(self, name: str, where: str) -> tables.Table | None:
        path = self._path(name, where)
        if path is None:
            return None
        table = tables.read_table(path)
        if isinstance(table, Issue):
            self.issues.append(Issue(where, table.rule, f"{name}: {table.message}"))
            return None
        return table

    def filled(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with the records of CSV files in place of their names."""
        filled = dict(document)
        for key in ("parties", "buses"):
            if isinstance(filled.get(key), str):
                filled[key] = self._rows(filled[key], key)
        components = filled.get("components")
        if isinstance(components, Mapping):
            named = cast("Mapping[str, Any]", components)
            filled["components"] = {
                kind: self._rows(content, f"components.{kind}") if isinstance(content, str) else content
                for kind, content in named.items()
            }
        orders = filled.get("orders")
        if isinstance(orders, str):
            table = self._table(orders, "orders")
            filled["orders"] = None if table is None else _order_columns(table)
        elif isinstance(orders, list) and all(isinstance(order, Mapping) for order in cast("list[Any]", orders)):
            entries = cast("list[Mapping[str, Any]]", orders)
            names = list(dict.fromkeys(str(key) for entry in entries for key in entry))
            filled["orders"] = (
                {name: [_cell(entry.get(name, "")) for entry in entries] for name in names} if entries else None
            )
        return filled

    def _rows(self, name: str, where: str) -> list[tuple[str, dict[str, Any]]]:
        table = self._table(name, where)
        return [] if table is None else list(tables.rows(table))

    def series(self, named: Any) -> tuple[dict[str, FloatArray], set[str], dict[str, list[str]]]:
        """Every column of the series files, the names of unreadable ones, and the time column of each file."""
        columns: dict[str, FloatArray] = {}
        bad: set[str] = set()
        moments: dict[str, list[str]] = {}
        files: list[Any] = [] if named is None else cast("list[Any]", named) if isinstance(named, list) else [named]
        for name in files:
            if not isinstance(name, str):
                self.issues.append(Issue("series", "type", f"is {shown(name)}; it must name a CSV or NetCDF file"))
                continue
            for column, values, issues in self._columns(name, moments):
                if column in columns or column in bad:
                    self.issues.append(
                        Issue(name, "duplicate_column", f"column {column!r} is in two series files; rename one")
                    )
                elif issues:
                    bad.add(column)
                    self.issues += issues
                else:
                    columns[column] = values
                self.origin[column] = name
        return columns, bad, moments

    def _columns(self, name: str, moments: dict[str, list[str]]) -> list[tuple[str, FloatArray, list[Issue]]]:
        if name.endswith(".nc"):
            path = self._path(name, "series")
            if path is None:
                return []
            found = tables.read_netcdf(path)
            if isinstance(found, Issue):
                self.issues.append(Issue("series", found.rule, f"{name}: {found.message}"))
                return []
            return [(column, values, []) for column, values in found.items()]
        table = self._table(name, "series")
        if table is None:
            return []
        if "time" in table.columns:
            moments[name] = table.text("time")
        return [(column, *table.numbers(column)) for column in table.columns if column != "time"]


def _cell(content: Any) -> Any:
    """A field of an order as a cell: a list becomes its text."""
    return json.dumps(content) if isinstance(content, list) else content


def _order_columns(table: tables.Table) -> dict[str, Any]:
    columns: dict[str, Any] = {"where": table.name}
    for name in table.columns:
        numeric = name == "step" or name.startswith(("price_", "energy_"))
        columns[name] = table.numbers(name)[0] if numeric and not table.numbers(name)[1] else table.text(name)
    return columns


def _aligned(name: str, texts: list[str], builder: Builder) -> list[Issue]:
    """Whether a time column names the starts of the steps, one by one."""
    horizon = builder.horizon
    assert horizon is not None
    if len(texts) != horizon.steps:
        return []  # the length of every column is reported already
    try:
        moments = times.many_seconds(texts, builder.zone)
    except times.NotAMoment as error:
        return [Issue(f"{name}.time", "moment", str(error))]
    wrong = np.flatnonzero(moments != horizon.starts)
    if not wrong.size:
        return []
    place = int(wrong[0])
    expected = times.iso(int(horizon.starts[place]))
    return [
        Issue(
            f"{name}:{place + 2}.time",
            "alignment",
            f"is {texts[place]!r}; this step starts at {expected} ({wrong.size} rows differ); align rows and horizon",
        )
    ]
