"""Why there is no answer: the laws that clash, in the words of the case, with the smallest amount that is missing."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from c4e_opt.case import Case
from c4e_opt.formulate import Formulation
from c4e_opt.outcome import Clash
from c4e_opt.program.program import Constraint
from c4e_opt.units import unit_of
from c4e_solvers import Matrices, SolverOptions
from c4e_solvers.infeasibility import Relaxation, relax

_MOST = 20
_LEAST = 1e-6


def explain(case: Case, formulation: Formulation, matrices: Matrices, options: SolverOptions) -> tuple[Clash, ...]:
    """Find the smallest amounts by which laws must be broken to make a case feasible.

    First only the balances of the buses may be broken, which says how much power is missing or left over and where; when
    that is not enough, every law may.

    Args:
        case: The case.
        formulation: Its programme.
        matrices: The programme in standard form.
        options: Limits of the extra solves.
    """
    laws: tuple[tuple[str, ...], ...] = (("power_balance",), tuple(formulation.program.constraints))
    for rows in laws:
        relaxation = relax(matrices, rows=rows, options=options)
        if relaxation.termination.has_solution:
            return _clashes(case, formulation, relaxation)
    return ()


def _clashes(case: Case, formulation: Formulation, relaxation: Relaxation) -> tuple[Clash, ...]:
    carriers = {bus.id: bus.carrier for bus in case.buses}
    found: list[Clash] = []
    for constraint in formulation.program.constraints.values():
        amount = np.asarray(relaxation.violation[constraint.start : constraint.stop])
        rows = np.flatnonzero(np.abs(amount) > _LEAST)
        found += _of_law(case, constraint, rows, amount, carriers)
    return tuple(sorted(found, key=lambda clash: -abs(clash.largest))[:_MOST])


def _of_law(case: Case, constraint: Constraint, rows: Any, amount: Any, carriers: dict[str, str]) -> list[Clash]:
    """One clash per run of neighbouring steps at one place."""
    labelled = [(constraint.labels(int(row)), float(amount[row]), int(constraint.cells[row])) for row in rows]
    clashes: list[Clash] = []

    def place(entry: tuple[dict[str, Any], float, int]) -> str:
        return ", ".join(f"{axis} {label!s}" for axis, label in entry[0].items() if axis != "time")

    def run(pair: tuple[int, tuple[dict[str, Any], float, int]]) -> tuple[str, int]:
        return place(pair[1]), pair[1][2] - pair[0]

    for (where, _), group in groupby(enumerate(labelled), key=run):
        entries = [entry for _, entry in group]
        worst = max(entries, key=lambda entry: abs(entry[1]))
        clashes.append(_clash(case, constraint, where, entries[0][0], entries[-1][0], worst[1], carriers))
    return clashes


def _clash(
    case: Case,
    constraint: Constraint,
    where: str,
    first: dict[str, Any],
    last: dict[str, Any],
    amount: float,
    carriers: dict[str, str],
) -> Clash:
    start, stop = (f"{label['time']}Z" if "time" in label else "" for label in (first, last))
    when = f", {start}" + (f" to {stop}" if stop != start else "") if start else ""
    if constraint.name == "power_balance":
        bus = str(first["bus"])
        site = next((b.site for b in case.buses if b.id == bus), "")
        law = f"{carriers[bus]} balance of bus {bus!r}" + (f" (site {site!r})" if site else "")
        said = "missing" if amount > 0 else "left over"
        message = f"{law}{when}: up to {abs(amount) * 1000:.6g} kW are {said}"
        return Clash(law=law, place=where, first=start, last=stop, largest=amount, unit="MW", message=message)
    unit = unit_of(constraint.name)
    message = f"{constraint.name} of {where}{when} cannot be kept; it is off by up to {abs(amount):.6g}"
    return Clash(law=constraint.name, place=where, first=start, last=stop, largest=amount, unit=unit, message=message)
