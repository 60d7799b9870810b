"""The process in which pypowsybl reads a file; a crash or a hang of it is an issue, never ours."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

#: The program of the process.
PROGRAM = Path(__file__).with_name("extract.py")
#: Seconds for one file; a grid of a continent takes a minute.
LIMIT_S = 600.0


def tables_of(path: Path, limit_s: float = LIMIT_S) -> Mapping[str, Any]:
    """The tables of a grid file, as `extract` writes them.

    Args:
        path: The file.
        limit_s: After so many seconds the process is ended.

    Raises:
        InvalidInput: There is no such file, pypowsybl is not installed, refuses the file, breaks down or hangs.
    """
    if not path.is_file():
        raise InvalidInput([Issue(str(path), "missing_file", "there is no such file")])
    if find_spec("pypowsybl") is None:
        mend = "reading a file of a grid operator needs the package pypowsybl: install c4e-opt with the extra grid"
        raise InvalidInput([Issue(str(path), "missing_package", mend)])
    with TemporaryDirectory() as folder:
        out = Path(folder) / "tables.json"
        request = json.dumps({"path": str(path.resolve()), "out": str(out)}) + "\n"
        try:
            ended = subprocess.run(
                [sys.executable, "-I", str(PROGRAM)], input=request, capture_output=True, text=True, timeout=limit_s
            )
        except subprocess.TimeoutExpired:
            message = f"could not be read within {limit_s:g} s; the process that read it was ended"
            raise InvalidInput([Issue(str(path), "unreadable_file", message)]) from None
        if not out.is_file():
            message = f"broke the process that read it, which ended with {ended.returncode}"
            raise InvalidInput([Issue(str(path), "unreadable_file", message)])
        return told(path, json.loads(out.read_text(encoding="utf-8")))


def told(path: Path, tables: Any) -> Mapping[str, Any]:
    """The tables, unless they are an error."""
    if "error" not in tables:
        return cast("Mapping[str, Any]", tables)
    reason = " ".join(str(tables["error"]).split())
    if len(reason) > 300:
        reason = reason[:300] + " …"
    raise InvalidInput([Issue(str(path), "unreadable_file", f"is no grid that pypowsybl can read: {reason}")])
