"""Which reader a file is for, by its suffix, its first bytes or its name; none is imported before it is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from c4e_opt.case.case import Case

#: Suffixes of files that only pypowsybl reads here; .zip and .txt are looked into.
_GRIDS = (".uct", ".ucte", ".raw", ".rawx", ".dgs", ".xiidm", ".iidm", ".jiidm")
_SIMBENCH = re.compile(r"^[0-2]-[\w.]+-[\w.]*-[\w.]*-[0-2]-(no_)?sw(:[\d/-]+)?$")


def reader_of(path: Path) -> Callable[[Path], Case] | None:
    """The reader of a file, a folder or a code; None where it is a case of our own, or nothing that we know.

    Args:
        path: As the caller wrote it.
    """
    suffix = path.suffix.lower()
    if suffix == ".nc":
        from c4e_opt.case.readers.pypsa import read_pypsa

        return read_pypsa
    if suffix == ".m":
        from c4e_opt.case.readers.matpower import read_matpower

        return read_matpower
    if _is_grid(path):
        from c4e_opt.case.readers.powsybl import read_powsybl

        return read_powsybl
    if suffix == ".json" and b'"pandapowerNet"' in _begin(path):
        from c4e_opt.case.readers.pandapower import read_pandapower

        return read_pandapower
    if suffix in (".json", ".gz"):
        from c4e_opt.case.readers.unit_commitment import reader_of_json

        found = reader_of_json(path)
        if found is not None:
            return found
    if _is_simbench(path):
        from c4e_opt.case.readers.simbench import read_simbench

        return read_simbench
    return None


def _is_grid(path: Path) -> bool:
    """Whether a file is one of a grid operator."""
    suffix = path.suffix.lower()
    if suffix in (".zip", ".txt"):
        begin = _begin(path)
        return begin.startswith(b"PK") if suffix == ".zip" else b"BUS DATA FOLLOWS" in begin
    return suffix in _GRIDS


def _is_simbench(path: Path) -> bool:
    """Whether a path is a code of SimBench, or a folder with its tables."""
    if path.is_dir():
        return (path / "Node.csv").is_file() and (path / "Line.csv").is_file()
    return _SIMBENCH.match(str(path)) is not None


def _begin(path: Path) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError:
        return b""
