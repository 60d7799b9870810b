"""Why there is no answer: the laws that clash, in the words of the case, with the smallest amount that is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from c4e_opt.case import Bus, Case
from c4e_opt.formulate import Formulation, everywhere, formulate
from c4e_opt.outcome import Clash, Outcome
from c4e_opt.program.program import Constraint
from c4e_solvers import Reason, Relaxation, SolverOptions, relax

_MOST = 20
_LEAST = 1e-6


@dataclass(slots=True)
class _Run:
    """Neighbouring steps at one place in which one law gives way."""

    constraint: Constraint
    place: Mapping[str, str]  # axis -> label, time left out
    cell: int  # of the last step so far
    first: str
    last: str
    worst: float  # signed: positive when the law's left side stays too small


def explain(case: Case, outcome: Outcome, *, time_limit_s: float = 60.0, threads: int = 1) -> Outcome:
    """Add to an infeasible outcome the smallest amounts by which laws would have to be broken.

    First only the balances of the buses may be broken, which says how much power is missing or left over and where;
    when that is not enough, every law may. Flows both ways in one step are forbidden only when nothing else clashes.

    Args:
        case: The case.
        outcome: Its outcome.
        time_limit_s: Seconds of wall clock for each of the extra solves.
        threads: Threads of the solver.

    Returns:
        The outcome with its clashes, largest first; unchanged when it is not infeasible.
    """
    if outcome.termination.reason not in (Reason.INFEASIBLE, Reason.INFEASIBLE_OR_UNBOUNDED):
        return outcome
    options = SolverOptions(time_limit_s=time_limit_s, threads=threads, ray=False)
    buses = {bus.id: bus for bus in case.buses}
    relaxed = formulate(case)
    for formulation in (relaxed, formulate(case, everywhere(relaxed))):
        matrices = formulation.program.matrices()
        for laws in (("power_balance",), tuple(formulation.program.constraints)):
            relaxation = relax(matrices, rows=laws, options=options)
            if relaxation.termination.has_solution and not relaxation.feasible:
                clashes = [_clash(run, buses) for run in _runs(formulation, relaxation)]
                return replace(outcome, clashes=tuple(sorted(clashes, key=lambda clash: -abs(clash.largest))[:_MOST]))
    return outcome


def _runs(formulation: Formulation, relaxation: Relaxation) -> list[_Run]:
    """The rows that give way, neighbouring steps of one law at one place taken together."""
    runs: list[_Run] = []
    for row in sorted(relaxation.violated, key=lambda violated: violated.row):
        if row.amount <= _LEAST:
            continue
        constraint = formulation.program.constraints[row.block]
        labels = constraint.labels(row.offset)
        time = f"{labels.pop('time')}Z" if "time" in labels else ""
        place = {axis: str(label) for axis, label in labels.items()}
        amount = row.amount if row.side == "lower" else -row.amount
        cell = int(constraint.cells[row.offset])
        same = runs and runs[-1].constraint is constraint and runs[-1].place == place
        if same and cell == runs[-1].cell + 1 and amount * runs[-1].worst > 0:
            runs[-1].cell, runs[-1].last = cell, time
            runs[-1].worst = max(runs[-1].worst, amount, key=abs)
        else:
            runs.append(_Run(constraint, place, cell, time, time, amount))
    return runs


def _clash(run: _Run, buses: Mapping[str, Bus]) -> Clash:
    """What to tell the user about one run of steps."""
    when = f", {run.first}" + (f" to {run.last}" if run.last != run.first else "") if run.first else ""
    place = ", ".join(f"{axis} {label!r}" for axis, label in run.place.items())
    law, unit = run.constraint.name, ""
    message = f"{law} of {place}{when} cannot be kept; it is off by up to {abs(run.worst):.6g}"
    if law == "power_balance":
        bus, unit = buses[run.place["bus"]], "MW"
        law = f"{bus.carrier} balance of bus {bus.id!r}" + (f" (site {bus.site!r})" if bus.site else "")
        said = "missing" if run.worst > 0 else "left over"
        message = f"{law}{when}: up to {abs(run.worst) * 1000:.6g} kW are {said}"
    return Clash(law=law, place=place, first=run.first, last=run.last, largest=run.worst, unit=unit, message=message)
