"""Committable plants in modules: PyPSA counts how many run; here every module is a plant of its own.

Both allow the same: modules are alike, and what bounds their number at any time bounds them one by one. Where PyPSA's
laws on the sum differ from those on its parts (ramps, minimum down times) they are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np

from c4e_opt.case.readers.network_file import Row
from c4e_opt.case.readers.pypsa.reading import Reading

#: Alike modules make a problem slow: with more of them it is refused.
_MOST = 50
_LIMITS = ("ramp_limit_up", "ramp_limit_down", "ramp_limit_start_up", "ramp_limit_shut_down", "p_set", "p_init")
_NUMBERS = ("min_down_time", "maintainable")


def single(reading: Reading, row: Row) -> Iterator[Row]:
    """The modules of a committable plant, or the plant itself."""
    size = row.number("p_nom_mod")
    if not size or not row.flag("committable"):
        yield row
        return
    _check(reading, row)
    extendable = row.flag("p_nom_extendable")
    whole = row.number("p_nom_max" if extendable else "p_nom", np.inf if extendable else 0.0) / size
    count = int(whole + 1e-6) if np.isfinite(whole) else 0
    if not extendable and abs(whole - count) > 1e-6:
        reading.refuse(row, "p_nom", "is no whole number of modules")
    if not np.isfinite(whole) or count > _MOST:
        reading.refuse(row, "p_nom_mod", f"is a part of p_nom_max that leaves more than {_MOST} modules")
        return
    on = row.number("down_time_before") == 0 and row.number("up_time_before", 1.0) > 0
    least = max(ceil(row.number("p_nom_min") / size - 1e-6), 1 if on else 0)  # PyPSA builds what ran before
    for number in range(count):
        said: dict[str, Any] = {"p_nom": size, "p_nom_mod": size if extendable else 0.0, "p_nom_max": size}
        said["p_nom_min"] = size if number < least else 0.0
        if number > 0:  # one of them ran or rested before
            said |= {"up_time_before": 0, "down_time_before": 0}
        name = f"{row.name} module {number + 1}"
        yield replace(row, name=name, fixed={**row.fixed, **said})


def _check(reading: Reading, row: Row) -> None:
    for attribute in _LIMITS:
        if row.says(attribute):
            reading.refuse(row, attribute, "is given of a committable plant in modules")
    for attribute in _NUMBERS:
        if row.number(attribute):
            reading.refuse(row, attribute, "is given of a committable plant in modules")
    sums = row.number("e_sum_min", -np.inf), row.number("e_sum_max", np.inf)
    curved = any(row.name in found for found in reading.file.piecewise.values())
    if np.isfinite(sums).any() or np.isfinite(row.number("p_nom_set", np.nan)) or curved:
        reading.refuse(
            row, "p_nom_mod", "is given of a committable plant with a curve, a set size or a limit of energy"
        )
