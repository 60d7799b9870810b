"""Tables beside a case file: CSV and NetCDF columns, and everything that is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.issues import Issue

_MOST_PER_COLUMN = 20


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file as text columns; what a column means is decided by who asks for it."""

    name: str
    columns: Mapping[str, Any]  # name -> polars.Series of text; None where a cell is empty
    rows: int

    def text(self, column: str) -> list[str]:
        """A column as texts, empty where a cell is."""
        return self.columns[column].fill_null("").to_list()

    def numbers(self, column: str) -> tuple[FloatArray, list[Issue]]:
        """A column as finite numbers, and every cell that is none (up to a bound)."""
        import polars

        series = self.columns[column]
        values = series.str.strip_chars().cast(polars.Float64, strict=False).to_numpy()
        bad = np.flatnonzero(~np.isfinite(values))
        issues = [
            Issue(
                f"{self.name}:{place + 2}.{column}",
                "not_a_number",
                f"is {_cell(series[int(place)])}; every cell of this column must be a finite number",
            )
            for place in bad[:_MOST_PER_COLUMN]
        ]
        if bad.size > _MOST_PER_COLUMN:
            rest = bad.size - _MOST_PER_COLUMN
            issues.append(Issue(f"{self.name}.{column}", "not_a_number", f"{rest} more cells are no finite numbers"))
        return values, issues


def _cell(content: object) -> str:
    return "empty" if content is None or content == "" else repr(content)


def read_table(path: Path) -> Table | Issue:
    """Read a CSV file with a header line; an Issue when it cannot be read as one."""
    import polars

    try:
        frame = polars.read_csv(path.read_bytes(), infer_schema=False)
    except FileNotFoundError:
        return Issue(path.name, "missing_file", "there is no such file beside the case; add it or drop the reference")
    except (OSError, UnicodeDecodeError) as error:
        return Issue(path.name, "unreadable_file", f"cannot be read: {error.__class__.__name__}")
    except polars.exceptions.NoDataError:
        return Issue(path.name, "empty_file", "is empty; the first line must name the columns")
    except polars.exceptions.PolarsError as error:
        return Issue(path.name, "broken_table", f"is no table: {str(error).splitlines()[0]}")
    repeated = [name for name in frame.columns if "_duplicated_" in name]
    if repeated:
        return Issue(path.name, "duplicate_column", f"column {repeated[0].split('_duplicated_')[0]!r} occurs twice")
    return Table(path.name, {name: frame[name] for name in frame.columns}, frame.height)


def read_netcdf(path: Path) -> Mapping[str, FloatArray] | Issue:
    """Every one-dimensional numeric variable of a NetCDF file; an Issue when it cannot be read as one."""
    xarray: Any = import_module("xarray")
    try:
        with xarray.open_dataset(path, decode_times=False) as dataset:
            return {
                str(name): np.asarray(variable.values, dtype=np.float64)
                for name, variable in dataset.data_vars.items()
                if variable.ndim == 1 and variable.dtype.kind in "fiu"
            }
    except FileNotFoundError:
        return Issue(path.name, "missing_file", "there is no such file beside the case; add it or drop the reference")
    except Exception as error:  # the reader behind xarray is chosen by content and raises what it likes
        return Issue(
            path.name, "unreadable_file", f"is no NetCDF file that xarray can read: {error.__class__.__name__}"
        )


def rows(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row as a record of its non-empty cells, with its place in the file."""
    columns = {name: series.to_list() for name, series in table.columns.items()}
    for place in range(table.rows):
        yield (
            f"{table.name}:{place + 2}",
            {name: cells[place] for name, cells in columns.items() if cells[place] is not None},
        )
