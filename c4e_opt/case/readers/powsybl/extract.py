"""A grid file as plain tables in JSON, by pypowsybl; a program of its own, which imports nothing of c4e-opt.

pypowsybl takes seconds to import and brings a compiled Java heap, so it never enters the process that reads a case.
For every line on standard input, a JSON object with the `path` of a file and where to write its tables (`out`), it
writes the tables, or `{"error": …}`, and a line that says so on standard output.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

DONE = "c4e: done"
#: A moment so near to now is no moment of a file.
_NOW_S = 3600.0

#: Tables and the columns that a reader looks at; those that a version of pypowsybl lacks are left out.
_END = ("bus{n}_id", "voltage_level{n}_id", "connected{n}")
_AT = ("name", "bus_id", "voltage_level_id", "connected")
_PI = ("r", "x", "g1", "b1", "g2", "b2")
_BRANCH = ("name", *(word.format(n=n) for n in (1, 2) for word in _END), "fictitious")
_LEG = (
    "r{n}_at_current_tap",
    "x{n}_at_current_tap",
    "g{n}_at_current_tap",
    "b{n}_at_current_tap",
    "rho{n}",
    "alpha{n}",
)
TABLES: dict[str, tuple[str, ...]] = {
    "substations": ("name", "country"),
    "voltage_levels": ("name", "substation_id", "nominal_v", "high_voltage_limit", "low_voltage_limit"),
    "buses": ("name", "voltage_level_id", "connected_component"),
    "lines": (*_BRANCH, *_PI),
    "2_windings_transformers": (
        *_BRANCH, "rho", "alpha", "r_at_current_tap", "x_at_current_tap", "g_at_current_tap", "b_at_current_tap",
    ),
    "3_windings_transformers": (
        "name", "rated_u0", *(word.format(n=n) for n in (1, 2, 3) for word in (*_END, *_LEG)),
    ),
    "boundary_lines": (*_AT, "r", "x", "g", "b", "p0", "q0", "pairing_key", "paired"),
    "boundary_lines_generation": ("target_p", "min_p", "max_p", "target_q", "target_v", "voltage_regulator_on"),
    "tie_lines": ("name", "boundary_line1_id", "boundary_line2_id", "pairing_key"),
    "generators": (
        *_AT, "energy_source", "target_p", "min_p", "max_p", "min_q", "max_q", "reactive_limits_kind", "target_v",
        "target_q", "voltage_regulator_on", "regulated_bus_id",
    ),
    "reactive_capability_curve_points": ("p", "min_q", "max_q"),
    "batteries": (*_AT, "target_p", "min_p", "max_p", "min_q", "max_q", "target_q"),
    "loads": (*_AT, "p0", "q0"),
    "shunt_compensators": (*_AT, "g", "b", "section_count", "max_section_count"),
    "static_var_compensators": (
        *_AT, "b_min", "b_max", "target_v", "target_q", "regulation_mode", "regulating", "regulated_bus_id",
    ),
    "hvdc_lines": (
        "name", "converters_mode", "target_p", "max_p", "nominal_v", "r", "converter_station1_id",
        "converter_station2_id", "connected1", "connected2",
    ),
    "vsc_converter_stations": (
        *_AT, "loss_factor", "min_q", "max_q", "target_v", "target_q", "voltage_regulator_on", "regulated_bus_id",
    ),
    "lcc_converter_stations": (*_AT, "loss_factor", "power_factor"),
    "operational_limits": ("element_type", "name", "value", "selected"),
    "phase_tap_changers": ("regulating",),
    "ratio_tap_changers": ("regulating",),
    "dc_lines": ("name",),
    "grounds": ("name", "bus_id"),
}  # fmt: skip


def tables_of(path: str) -> dict[str, Any]:
    """Everything that a reader of grids needs from one file."""
    from importlib import import_module

    network: Any = import_module("pypowsybl.network")
    grid: Any = network.load(path)
    found: dict[str, Any] = {name: _table(grid, name, columns) for name, columns in TABLES.items()}
    found["slack"] = _slack(grid)
    return {"name": str(grid.id), "format": str(grid.source_format), "time": _moment(grid.case_date)} | found


def _moment(moment: Any) -> str | None:
    """The moment of a file; None where it tells none, for which pypowsybl says now, or 1970."""
    seconds = moment.timestamp()
    return moment.isoformat() if seconds > 0 and abs(time.time() - seconds) > _NOW_S else None


def _table(grid: Any, name: str, columns: tuple[str, ...]) -> dict[str, list[Any]]:
    get = getattr(grid, f"get_{name}", None)
    if get is None:
        return {}
    try:
        frame = get(all_attributes=True)
    except TypeError:
        frame = get()
    if not len(frame):
        return {}
    frame = frame.reset_index()
    keys = [column for column in ("id", "element_id", "side", "type", "acceptable_duration", "num") if column in frame]
    return {str(column): _plain(frame[column]) for column in (*keys, *columns) if column in frame}


def _plain(column: Any) -> list[Any]:
    """Numbers, words and flags; None for what is not a number."""
    listed = column.tolist()
    return [None if isinstance(each, float) and math.isnan(each) else each for each in listed]


def _slack(grid: Any) -> dict[str, list[Any]]:
    """Buses that the file names as slack."""
    try:
        frame = grid.get_extensions("slackTerminal")
    except Exception:  # a version or a format without it
        return {}
    return {"bus_id": [str(each) for each in frame["bus_id"].tolist()]} if len(frame) else {}


def serve() -> None:
    """Answer line by line until the input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            found = tables_of(request["path"])
        except Exception as error:  # whatever the library behind it raises is its answer
            found = {"error": str(error).strip() or error.__class__.__name__}
        Path(request["out"]).write_text(json.dumps(found), encoding="utf-8")
        print(DONE, flush=True)


if __name__ == "__main__":
    serve()
