"""Re-dispatch: one case dispatched again and again, as a controller does, from what it measures, through a warm solver.

Each dispatch looks from one step of the case over some hours. The state before its first step is what was measured; of
what was not, it is what the dispatch before has planned for that moment. The solver keeps its last problem and goes on
from there, and a search with whole numbers begins at the schedule before.

Source: receding-horizon control, for example Parisio, Rikos, Glielmo (2014), A Model Predictive Control Approach to
Microgrid Operation Optimization, doi:10.1109/TCST.2013.2295737.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.case import Case
from c4e_opt.coordination import seams
from c4e_opt.coordination.changes import Changes, changed, wrong
from c4e_opt.coordination.windows import States, carried, piece
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.outcome import Outcome
from c4e_opt.solve import SolveOptions, solve
from c4e_solvers import Interrupted, Warm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dispatched:
    """A dispatch that has a schedule.

    Attributes:
        begin: Its first step, of the whole case.
        window: The steps that it looks at, as a case of their own.
        states: What the case does not say of the components before its first step.
        outcome: The answer to the window.
    """

    begin: int
    window: Case
    states: States
    outcome: Outcome


def window(case: Case, states: States, begin: int, look_hours: float) -> Case:
    """The steps that a dispatch looks at, as a case of their own.

    Args:
        case: The whole case.
        states: How components stand before the first step, where that is not as the case says.
        begin: The first step.
        look_hours: How far to look from there; farther where a law of the first step asks for more.
    """
    horizon = case.horizon
    until = (horizon.ends - horizon.starts[begin]) / 3600.0
    end = min(max(int(np.searchsorted(until, look_hours + 1e-9)), begin + 1), horizon.steps)
    return piece(case, states, begin, max(end, seams.reach(case, begin)))


def states_at(case: Case, last: Dispatched | None, begin: int) -> States:
    """How components stand before a step as the last dispatch has planned it; nothing where the case says so.

    Args:
        case: The whole case.
        last: The last dispatch that has a schedule; None before the first.
        begin: A step at or after its first; behind its last one, things are taken to stand as it has left them.

    Raises:
        InvalidInput: The step lies before the last dispatch or behind the case, or cuts through a shift window or a
            ramp of the exchange between steps of different lengths.
    """
    first, steps = 0 if last is None else last.begin, case.horizon.steps
    if not first <= begin < steps:
        message = (
            f"is {begin}; it must lie within [{first}, {steps - 1}], from the last dispatch to the end of the case"
        )
        raise InvalidInput([Issue("begin", "range", message)])
    uncut = seams.why_not(case, begin)
    if uncut:
        raise InvalidInput([Issue("begin", "seam", f"is {begin}, a step that cuts through {uncut}")])
    if last is None:
        return {}
    kept = min(begin - last.begin, last.window.horizon.steps)
    return carried(case, last.states, last.window, last.outcome, kept) if kept else last.states


def measured_over(states: States, measured: Changes) -> States:
    """States as planned, and over them as measured."""
    return {key: {**states.get(key, {}), **measured.get(key, {})} for key in (*states, *measured)}


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
        self._last: Dispatched | None = None

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
        self._case = changed(self._case, changes)

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
        self._refuse("measured", measured)
        states = measured_over(self._planned(begin), measured)
        part = window(self._case, states, begin, self._look_hours)
        start = self._last.outcome if self._last is not None else None
        outcome = solve(part, self._options, interrupt=interrupt, warm=self._warm, start=start)
        if outcome.has_schedule:
            self._last = Dispatched(begin=begin, window=part, states=states, outcome=outcome)
        return outcome

    def _planned(self, begin: int) -> States:
        """The state before a step as planned."""
        last = self._last
        if last is not None:
            end = min(last.begin + last.window.horizon.steps, self._case.horizon.steps - 1)
            if not last.begin <= begin <= end:
                message = f"is {begin}; it must lie within [{last.begin}, {end}], from the last dispatch to its end"
                raise InvalidInput([Issue("begin", "range", message)])
        return states_at(self._case, last, begin)

    def _refuse(self, what: str, changes: Changes, steps: int | None = None) -> None:
        issues = list(wrong(self._case, what, changes, steps))
        if issues:
            raise InvalidInput(issues)
