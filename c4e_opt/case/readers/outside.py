"""Programs that read a file in a process of their own; a crash or a hang of them is an issue, never ours.

pypowsybl and pandapower take seconds to import, and one of them brings a compiled Java heap, so neither enters the
process that reads a case. Such a program takes lines of JSON on standard input, each with the `path` of a file and
where to write its tables (`out`); it writes the tables, or `{"error": …}`, and says so in a line on standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

#: Seconds for one file; a grid of a continent takes a minute.
LIMIT_S = 600.0


@dataclass(frozen=True, slots=True)
class Program:
    """A program that reads files."""

    file: Path
    package: str  # that it needs
    extra: str  # of c4e-opt, that brings it
    what: str  # it reads, for messages


def tables_of(program: Program, path: str, limit_s: float = LIMIT_S, **more: Any) -> Mapping[str, Any]:
    """What a program says of a file.

    Args:
        program: The program.
        path: The file, or whatever else names a grid to it.
        limit_s: After so many seconds the process is ended.
        more: What else the program wants to know.

    Returns:
        The tables; arrays, where it gives such, under `arrays`.

    Raises:
        InvalidInput: What it needs is not installed, it refuses the file, breaks down or hangs.
    """
    if find_spec(program.package) is None:
        mend = f"reading {program.what} needs {program.package}: install c4e-opt with the extra {program.extra}"
        raise InvalidInput([Issue(path, "missing_package", mend)])
    with TemporaryDirectory() as folder:
        out = Path(folder) / "tables.json"
        request = json.dumps({"path": path, "out": str(out), **more}) + "\n"
        command = [sys.executable, "-I", str(program.file)]
        try:
            ended = subprocess.run(command, input=request, capture_output=True, text=True, timeout=limit_s, cwd=folder)
        except subprocess.TimeoutExpired:
            message = f"could not be read within {limit_s:g} s; the process that read it was ended"
            raise InvalidInput([Issue(path, "unreadable_file", message)]) from None
        if not out.is_file():
            message = f"broke the process that read it, which ended with {ended.returncode}"
            raise InvalidInput([Issue(path, "unreadable_file", message)])
        tables = told(program, path, json.loads(out.read_text(encoding="utf-8")))
        arrays = out.with_suffix(".npz")
        return {**tables, "arrays": _arrays(arrays)} if arrays.is_file() else tables


def tables_of_file(program: Program, path: str | Path) -> tuple[Mapping[str, Any], str]:
    """What a program says of a file, and the name of its case.

    Raises:
        InvalidInput: There is no such file, or as for `tables_of`.
    """
    where = Path(path)
    return tables_of(program, existing(where)), where.stem


def told(program: Program, path: str, tables: Any) -> Mapping[str, Any]:
    """The tables, unless they are an error."""
    if "error" not in tables:
        return cast("Mapping[str, Any]", tables)
    reason = " ".join(str(tables["error"]).split())
    if len(reason) > 300:
        reason = reason[:300] + " …"
    raise InvalidInput([Issue(path, "unreadable_file", f"is not {program.what} that can be read: {reason}")])


def existing(path: Path) -> str:
    """The path of a file or folder, as a process elsewhere finds it.

    Raises:
        InvalidInput: There is none.
    """
    if not path.exists():
        raise InvalidInput([Issue(str(path), "missing_file", "there is no such file")])
    return str(path.resolve())


def _arrays(path: Path) -> dict[str, FloatArray]:
    with np.load(path, allow_pickle=False) as found:
        return {name: np.asarray(found[name], dtype=np.float64) for name in found.files}
