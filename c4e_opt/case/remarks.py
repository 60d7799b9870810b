"""What looks wrong with a sound case, and may be meant all the same: warnings, which keep nothing from being solved.

What the reader of a file passed over or assumed comes first, see `case.notes`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from c4e_opt.case.case import Case
from c4e_opt.case.grid_remarks import grid_remarks
from c4e_opt.case.outliers import outliers
from c4e_opt.components.terms import scalars
from c4e_opt.issues import Issue

#: Energy that a session lacks and nobody would notice, in MWh.
_SLACK_MWH = 1e-6


def remarks(case: Case) -> list[Issue]:
    """Warnings about a checked case: the notes of its reader, then one for every place, in the units of its writer.

    Args:
        case: A case in which `check` finds nothing.
    """
    found: dict[str, Issue] = {}
    for issue in (*outliers(case), *grid_remarks(case), *_sessions(case)):
        found.setdefault(issue.path, issue)
    return [*case.notes, *found.values()]


def _sessions(case: Case) -> Iterator[Issue]:
    """Vehicles that leave without their energy even when they charge at full power from arrival to departure."""
    sessions, units = case.components.get("ev_session", ()), case.units
    if not sessions:
        return
    arrival, departure = (scalars(sessions, name)[:, 0].astype(np.int64) for name in ("arrival", "departure"))
    hours = (np.minimum(departure, case.horizon.end) - np.maximum(arrival, case.horizon.start)) / 3600.0
    most = scalars(sessions, "charge_max_mw")[:, 0] * scalars(sessions, "charge_efficiency")[:, 0] * hours
    short = scalars(sessions, "energy_needed_mwh")[:, 0] - most
    for row in np.flatnonzero(short > _SLACK_MWH).tolist():
        session = sessions[row]
        end = np.datetime64(int(min(departure[row], case.horizon.end)), "s")
        message = (
            f"is {units.say(session.energy_needed_mwh, 'MWh')}; {units.name('charge_max_mw', 'MW')} is "
            f"{units.say(session.charge_max_mw, 'MW')}, which charge at most {units.say(float(most[row]), 'MWh')} in "
            f"the {hours[row]:.4g} h until {end}Z: {units.say(float(short[row]), 'MWh')} stay unserved; let it stay "
            f"{short[row] / max(most[row], 1e-12) * hours[row]:.3g} h longer, or charge faster"
        )
        path = f"components.ev_session[{row}].{units.name('energy_needed_mwh', 'MWh')}"
        yield Issue(path, "unreachable", message, "warning")
