"""Which of the formats of unit commitment a JSON file has, by the words in it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from c4e_opt.case.case import Case

#: Bytes in which the words must be found.
_LOOKED_AT = 2**26


def reader_of_json(path: Path) -> Callable[[Path], Case] | None:
    """The reader of a JSON file, packed by gzip or not; None where it is none of unit commitment.

    Args:
        path: The file.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(_LOOKED_AT)
    except (OSError, EOFError, zlib.error):
        return None
    if b'"thermal_generators"' in content:
        from c4e_opt.case.readers.pglib_uc import read_pglib_uc

        return read_pglib_uc
    if b'"Generators"' in content and b'"Parameters"' in content:
        from c4e_opt.case.readers.unit_commitment_jl import read_unit_commitment_jl

        return read_unit_commitment_jl
    return None
