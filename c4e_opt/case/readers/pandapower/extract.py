"""A pandapower network, or a SimBench grid, as plain tables; a program of its own, which imports nothing of c4e-opt.

Branches come as pandapower itself sees them per unit: with taps, magnetisation, the inner buses of transformers of
three windings, and buses that closed switches make one. Everything at a bus comes as its table says it.
See `c4e_opt.case.readers.outside` for how it is called.

A JSON network may name any class of any module, and pandapower would make it. So only networks and tables are let
through; tables that hold other objects, such as controllers, are left out and named.
"""

from __future__ import annotations

import json
import logging
import math
import sys
import warnings
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast

DONE = "c4e: done"
_LET_THROUGH = {("pandapower.auxiliary", "pandapowerNet"), ("pandas.core.frame", "DataFrame")}
_BRANCHES = ("line", "trafo", "trafo3w", "impedance", "xward", "tcsc", "switch")
_COSTS = ("poly_cost", "pwl_cost")
_AT_BUSES = (
    "load", "sgen", "gen", "ext_grid", "storage", "shunt", "ward", "motor", "asymmetric_load", "asymmetric_sgen",
    "dcline", "svc", "ssc", "vsc", "vsc_stacked", "vsc_bipolar", "bus_dc", "source_dc", "load_dc", "line_dc",
)  # fmt: skip


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The tables of one grid."""
    left_out: list[str] = []
    if "simbench" in request:
        grid: Any = _simbench(request)
    else:
        grid = _network(Path(request["path"]), left_out)
    found: dict[str, Any] = {"name": str(grid.name or ""), "base_mva": float(grid.sn_mva), "left_out": left_out}
    _branches(grid, found)
    found["tables"] = {name: _table(grid, name) for name in ("bus", *_BRANCHES, *_AT_BUSES, *_COSTS)}
    if "simbench" in request:
        found |= _profiles(grid, request)
    return found


def _network(path: Path, left_out: list[str]) -> Any:
    document = _mapping(json.loads(path.read_text(encoding="utf-8")))
    if document.get("_class") != "pandapowerNet":
        raise ValueError("it is no pandapower network")
    told = document.get("_object")
    inside = _mapping(json.loads(told) if isinstance(told, str) else told)
    if not inside:
        raise ValueError("it has no tables")
    kept: dict[str, Any] = {}
    for name, content in inside.items():
        if _plain(content):
            kept[name] = content
        elif name.startswith(("controller", "characteristic", "trafo_characteristic", "shunt_characteristic")):
            left_out.append(name)
        elif not name.startswith(("res_", "_")):
            raise ValueError(f"its table {name} holds objects of classes that are not read from files")
    load: Any = import_module("pandapower").from_json_string
    return load(json.dumps({**document, "_object": kept}))


def _mapping(content: Any) -> dict[str, Any]:
    """Content, where it is a mapping; else an empty one."""
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


def _plain(content: Any) -> bool:
    """Whether content has no objects inside but networks and tables."""
    if isinstance(content, dict):
        said = _mapping(content)
        named = "_class" in said or "_module" in said
        if named and (said.get("_module"), said.get("_class")) not in _LET_THROUGH:
            return False
        return all(_plain(each) for each in said.values())
    if isinstance(content, list):
        return all(map(_plain, cast("list[Any]", content)))
    return not (isinstance(content, str) and ("_module" in content or "_class" in content))


def _simbench(request: dict[str, Any]) -> Any:
    simbench: Any = import_module("simbench")
    if request["simbench"] == "folder":
        return simbench.csv2pp(request["path"])
    try:
        return simbench.get_simbench_net(request["path"])
    except Exception:
        codes = simbench.collect_all_simbench_codes()
        if request["path"] in codes:
            raise
        raise ValueError(f"SimBench has no grid of this code; it has {', '.join(sorted(codes)[:6])} …") from None


def _branches(grid: Any, found: dict[str, Any]) -> None:
    """Branches per unit and the bus of the equations that every bus belongs to."""
    convert: Any = import_module("pandapower.converter.pypower.to_ppc").to_ppc
    columns: Any = import_module("pandapower.pypower.idx_brch")
    buses: Any = import_module("pandapower.pypower.idx_bus")
    convert(grid, calculate_voltage_angles=True, check_connectivity=False, init="flat", mode="pf")
    whole, _ = import_module("pandapower.pd2ppc")._pd2ppc(grid)  # with the options that to_ppc has set
    lookups = grid["_pd2ppc_lookups"]
    taken = {
        "from": columns.F_BUS, "to": columns.T_BUS, "r": columns.BR_R, "x": columns.BR_X, "b": columns.BR_B,
        "g": columns.BR_G, "r_asym": columns.BR_R_ASYM, "x_asym": columns.BR_X_ASYM, "g_asym": columns.BR_G_ASYM,
        "b_asym": columns.BR_B_ASYM, "tap": columns.TAP, "shift": columns.SHIFT, "on": columns.BR_STATUS,
    }  # fmt: skip
    branch = {name: [float(each.real) for each in whole["branch"][:, at]] for name, at in taken.items()}
    owners = [("", 0)] * len(branch["r"])
    for kind, (begin, end) in lookups["branch"].items():
        for place in range(begin, end):
            owners[place] = (str(kind), place - begin)
    found["branch"] = {**branch, "kind": [kind for kind, _ in owners], "place": [place for _, place in owners]}
    found["node_kv"] = [float(each.real) for each in whole["bus"][:, buses.BASE_KV]]
    lookup = lookups["bus"]
    found["node"] = {str(bus): int(lookup[bus]) for bus in grid.bus.index.tolist() if grid.bus.in_service.at[bus]}


def _table(grid: Any, name: str) -> dict[str, list[Any]]:
    frame = grid.get(name) if hasattr(grid, "get") else None
    if frame is None or not hasattr(frame, "columns") or not len(frame):
        return {}
    frame = frame.drop(columns=[each for each in ("geo", "std_type") if each in frame])
    table = {"index": [int(each) for each in frame.index.tolist()]}
    return table | {str(column): [_cell(each) for each in frame[column].tolist()] for column in frame}


def _cell(content: Any) -> Any:
    """A number, a word, a flag, or a list of such; None for what is none."""
    if isinstance(content, (bool, int, str)):
        return content
    if isinstance(content, float):
        return None if math.isnan(content) else content
    if hasattr(content, "tolist"):
        return _cell(content.tolist())
    if isinstance(content, (list, tuple)):
        return [_cell(each) for each in cast("list[Any]", content)]
    return None


def _profiles(grid: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Power of loads, generators and plants over the steps that are asked for."""
    simbench: Any = import_module("simbench")
    numpy: Any = import_module("numpy")
    times = [datetime.strptime(each, "%d.%m.%Y %H:%M") for each in grid.profiles["load"]["time"].tolist()]
    first = datetime.fromisoformat(request["first"]) if request.get("first") else times[0]
    begin = next((place for place, each in enumerate(times) if each >= first), None)
    count = int(request["steps"])
    if begin is None or first < times[0] or begin + count > len(times):
        raise ValueError(f"it has steps from {times[0]} to {times[-1]}; {count} steps from {first} are not among them")
    for name, frame in grid.profiles.items():
        grid.profiles[name] = frame.iloc[begin : begin + count].reset_index(drop=True)
    values = simbench.get_absolute_values(grid, profiles_instead_of_study_cases=True)
    arrays = {
        f"{table}.{column}": numpy.asarray(frame[grid[table].index].to_numpy(), dtype=float).T
        for (table, column), frame in values.items()
        if table in ("load", "sgen", "gen") and len(grid[table]) and set(grid[table].index) <= set(frame.columns)
    }
    numpy.savez(Path(request["out"]).with_suffix(".npz"), **arrays)
    minutes = (times[1] - times[0]).total_seconds() / 60.0
    return {"first": times[begin].isoformat(), "minutes": minutes}


def serve() -> None:
    """Answer line by line until the input ends."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            found = answer(request)
        except Exception as error:  # whatever the library behind it raises is its answer
            found = {"error": f"{error.__class__.__name__}: {error}"}
        Path(request["out"]).write_text(json.dumps(found), encoding="utf-8")
        print(DONE, flush=True)


if __name__ == "__main__":
    serve()
