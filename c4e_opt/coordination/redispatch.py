"""Re-dispatch: one case dispatched again and again, as a controller does, from what it measures, through a warm solver.

Each dispatch looks from one step of the case over some hours. The state before its first step is what was measured; of
what was not, it is what the dispatch before has planned for that moment. The solver keeps its last problem and goes on
from there, and a search with whole numbers begins at the schedule before.

Source: receding-horizon control, for example Parisio, Rikos, Glielmo (2014), A Model Predictive Control Approach to
Microgrid Operation Optimization, doi:10.1109/TCST.2013.2295737.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from c4e_opt.case import KINDS, Case
from c4e_opt.coordination import seams
from c4e_opt.coordination.windows import States, carried, piece
from c4e_opt.errors import InvalidInput
from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue, unknown
from c4e_opt.outcome import Outcome
from c4e_opt.solve import SolveOptions, solve
from c4e_solvers import Interrupted, Warm

#: Kind, id -> the fields that are new, in the units of the model: MW, MWh, hours, EUR/MWh.
Changes = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Last:
    begin: int
    piece: Case
    states: States
    outcome: Outcome


class Redispatch:
    """A case that is dispatched again and again.

    Example:
        >>> live = Redispatch(case, look_hours=24.0)
        >>> live.dispatch(0)
        >>> live.forecast({("demand", "house"): {"demand_mw": better}})
        >>> live.dispatch(1, measured={("battery", "b1"): {"energy_start_mwh": 0.41}})

    Args:
        case: The case, with forecasts over all steps that may ever be looked at.
        look_hours: How far each dispatch looks.
        options: How each is solved.

    Raises:
        UnsupportedProgram: A component cannot be cut; it is named.
    """

    def __init__(self, case: Case, *, look_hours: float = 24.0, options: SolveOptions | None = None) -> None:
        if not look_hours > 0:
            raise InvalidInput([Issue("look_hours", "range", f"is {look_hours:g} h; it must be above 0 h")])
        seams.check(case)
        self._case, self._look_hours, self._options = case, look_hours, options or SolveOptions()
        self._warm = Warm()
        self._last: _Last | None = None

    @property
    def case(self) -> Case:
        """The case with the forecasts as they stand."""
        return self._case

    def forecast(self, changes: Changes) -> None:
        """Replace fields of components, as a rule series over all steps of the case, for all dispatches to come.

        Args:
            changes: Kind and id to the fields that are new; a series has a number for every step of the case.

        Raises:
            InvalidInput: A component or a field is not known, or a series has another length; nothing is changed.
        """
        self._refuse("forecast", changes, self._case.horizon.steps)
        self._case = replace(self._case, components=_changed(self._case, changes))

    def dispatch(self, begin: int, measured: Changes | None = None, *, interrupt: Interrupted | None = None) -> Outcome:
        """Solve from one step on.

        Args:
            begin: The first step, at or after that of the dispatch before.
            measured: Kind and id to the fields of the state just before that step, such as `energy_start_mwh` of a
                battery or `on_initially` of a unit; what is not given is as the dispatch before has planned it.
            interrupt: Stops the solver at its best schedule so far.

        Returns:
            The verified answer over the steps that it looks at.

        Raises:
            InvalidInput: A component or a field is not known, the step lies before the last one or beyond what was
                planned, or cuts through a shift window or a ramp of the exchange between steps of different lengths, or
                a measured state is impossible; the next dispatch starts from where this one did.
            UnsupportedProgram: The chosen solver cannot take the problem.
            SolverFailed: The solver broke down.
            CertificateFailed: The answer does not fulfil its laws; it is not returned.
        """
        measured = measured or {}
        self._refuse("measured", measured, None)
        states = self._states(begin, measured)
        horizon = self._case.horizon
        until = (horizon.ends - horizon.starts[begin]) / 3600.0
        end = min(max(int(np.searchsorted(until, self._look_hours + 1e-9)), begin + 1), horizon.steps)
        part = piece(self._case, states, begin, max(end, seams.reach(self._case, begin)))
        start = self._last.outcome if self._last is not None else None
        outcome = solve(part, self._options, interrupt=interrupt, warm=self._warm, start=start)
        if outcome.has_schedule:
            self._last = _Last(begin, part, states, outcome)
        return outcome

    def _states(self, begin: int, measured: Changes) -> States:
        """The state before a step: as planned, and over it as measured."""
        last, steps = self._last, self._case.horizon.steps
        first = 0 if last is None else last.begin
        beyond = steps if last is None else min(last.begin + last.piece.horizon.steps + 1, steps)
        if not first <= begin < beyond:
            message = f"is {begin}; it must lie within [{first}, {beyond - 1}], from the last dispatch to its end"
            raise InvalidInput([Issue("begin", "range", message)])
        uncut = seams.why_not(self._case, begin)
        if uncut:
            raise InvalidInput([Issue("begin", "seam", f"is {begin}, a step that cuts through {uncut}")])
        states: States = {}
        if last is not None:
            kept = begin - last.begin
            states = carried(self._case, last.states, last.piece, last.outcome, kept) if kept else last.states
        return {key: {**states.get(key, {}), **measured.get(key, {})} for key in (*states, *measured)}

    def _refuse(self, what: str, changes: Changes, steps: int | None) -> None:
        issues = [issue for key, fields in changes.items() for issue in self._wrong(what, key, fields, steps)]
        if issues:
            raise InvalidInput(issues)

    def _wrong(self, what: str, key: tuple[str, str], new: Mapping[str, Any], steps: int | None) -> Iterator[Issue]:
        """What is wrong with the new fields of one component."""
        kind, name = key
        if kind not in KINDS:
            yield unknown(what, "unknown_kind", "kind of component", kind, KINDS)
            return
        ids = [record.id for record in self._case.components.get(kind, ())]
        if name not in ids:
            yield unknown(f"{what}.{kind}", "unknown_reference", kind.replace("_", " "), name, ids)
            return
        declared = fields_of(KINDS[kind])
        for field, content in new.items():
            path = f"{what}.{kind}.{name}.{field}"
            if field not in declared or field == "id":
                yield unknown(f"{what}.{kind}.{name}", "unknown_field", "field", field, declared)
            elif steps is not None and np.ndim(content) and np.shape(content) != (steps,):
                yield Issue(path, "length", f"has the shape {np.shape(content)}; it must have {steps} numbers")


def _changed(case: Case, changes: Changes) -> dict[str, tuple[Any, ...]]:
    """The components with some of their fields replaced."""
    return {
        kind: tuple(replace(record, **changes.get((kind, record.id), {})) for record in records)
        for kind, records in case.components.items()
    }
