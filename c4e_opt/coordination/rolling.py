"""Rolling horizon: a long case solved window by window, each with a look-ahead, its state carried over the seams.

Every window is a case of its own: the steps from its begin to the end of its look-ahead, with the state that the
window before has left. Its first part is kept, the rest solved again with the next window. A window that has no answer
looks further ahead; when even the rest of the horizon has none, the window before is taken back and solved again with a
longer look-ahead, and one that saw the whole rest already is kept to its end. At worst that is the whole horizon at
once, so that no seam can make a case infeasible that is not.

Source: rolling-horizon dispatch as in every energy management system, for example Palma-Behnke et al. (2013),
A Microgrid Energy Management System Based on the Rolling Horizon Strategy, doi:10.1109/TSG.2012.2231440; taking back is
own composition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.case import Case, check
from c4e_opt.coordination import seams
from c4e_opt.coordination.stitch import stitch
from c4e_opt.coordination.windows import States, carried, piece
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.outcome import Outcome
from c4e_opt.replay import wanted, with_replay
from c4e_opt.solve import SolveOptions, solve
from c4e_opt.verify import verify
from c4e_solvers import Interrupted, Warm


@dataclass(frozen=True, slots=True, kw_only=True)
class RollOptions:
    """How a horizon is rolled.

    Attributes:
        keep_hours: How much of each window is kept.
        look_hours: How far each window looks, from its begin; at least `keep_hours`.
        solve: How each window is solved; the time limit counts for each.
        compare: Whether the whole horizon is solved as well, to say what rolling costs.
    """

    keep_hours: float = 24.0
    look_hours: float = 48.0
    solve: SolveOptions = field(default_factory=SolveOptions)
    compare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One solved window, in steps of the whole horizon."""

    begin: int
    kept: int  # the first step that is not kept
    end: int  # the first step beyond its look-ahead
    objective: float  # of the window as it was solved
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """A horizon that was rolled.

    Attributes:
        outcome: The answer to the whole case, stitched from what was kept; verified as any other, except that nobody
            can say that it is optimal. An answer without a schedule is that of the window that has none.
        windows: The windows, in order.
        foresight: The answer of the whole horizon at once, when asked for.
    """

    outcome: Outcome
    windows: tuple[Window, ...]
    foresight: Outcome | None = None

    @property
    def cost_of_rolling(self) -> float | None:
        """What rolling costs more than perfect foresight, in the currency; None without both."""
        if self.foresight is None or self.foresight.objective is None or self.outcome.objective is None:
            return None
        return self.outcome.objective - self.foresight.objective


@dataclass(frozen=True, slots=True)
class _Done:
    window: Window
    case: Case
    outcome: Outcome
    before: States  # what the windows before had left


def roll(
    case: Case,
    options: RollOptions | None = None,
    *,
    progress: Callable[[Window], None] | None = None,
    interrupt: Interrupted | None = None,
) -> Rolled:
    """Solve a case window by window.

    Args:
        case: A case; every kind of component in it must be one that can be cut.
        options: Lengths of the windows, and how each is solved.
        progress: Told of every window that was kept.
        interrupt: Stops the running window; the answer then has no schedule.

    Returns:
        The stitched answer and its windows.

    Raises:
        InvalidInput: The case is wrong, or the lengths do not fit together.
        UnsupportedProgram: A component cannot be cut, or the chosen solver cannot take the problem.
        SolverUnavailable: The chosen solver is not installed.
        SolverFailed: The solver broke down.
        CertificateFailed: The stitched answer does not fulfil its laws; it is not returned.
    """
    chosen = options or RollOptions()
    _refuse(chosen)
    issues = check(case)
    if issues:
        raise InvalidInput(issues)
    seams.check(case)
    free = seams.cuts(case)
    warm = Warm()
    done: list[_Done] = []
    look: dict[int, float] = {}  # by the first step of a window, where it must look further than usual
    failed: Outcome | None = None
    while not done or done[-1].window.kept < case.horizon.steps:
        begin = done[-1].window.kept if done else 0
        states: States = _left(case, done[-1]) if done else {}
        ahead = look.setdefault(begin, chosen.look_hours)
        kept, end = _bounds(case.horizon, begin, chosen.keep_hours, ahead, free)
        end = max(end, seams.reach(case, kept - 1))
        part = piece(case, states, begin, end)
        outcome = _answer(part, chosen.solve, interrupt, warm, done[-1].outcome if done else None)
        if outcome is not None and outcome.objective is not None:
            seconds = outcome.seconds.get("total", 0.0)
            window = Window(begin=begin, kept=kept, end=end, objective=outcome.objective, seconds=seconds)
            done.append(_Done(window, part, outcome, states))
            if progress is not None:
                progress(window)
        elif outcome is not None and (_is_set(interrupt) or (not done and end == case.horizon.steps)):
            failed = outcome
            break
        elif end < case.horizon.steps:
            look[begin] = 2.0 * ahead
        else:
            last = done.pop()
            if last.window.end == case.horizon.steps:
                done.append(replace(last, window=replace(last.window, kept=last.window.end)))
            else:
                look[last.window.begin] *= 2.0
    windows = tuple(each.window for each in done)
    foresight = solve(case, chosen.solve, interrupt=interrupt) if chosen.compare else None
    if failed is not None:
        return Rolled(outcome=replace(failed, case_name=case.name, case_digest=case.digest()), windows=windows)
    return Rolled(outcome=_verified(case, done), windows=windows, foresight=foresight)


def _answer(
    part: Case, options: SolveOptions, interrupt: Interrupted | None, warm: Warm, start: Outcome | None
) -> Outcome | None:
    """The answer of a window; None where its check sees that what it wants cannot be reached from its state."""
    try:
        return solve(part, options, interrupt=interrupt, warm=warm, start=start)
    except InvalidInput:
        return None


def _is_set(interrupt: Interrupted | None) -> bool:
    return interrupt is not None and interrupt.is_set()


def _refuse(options: RollOptions) -> None:
    if not 0 < options.keep_hours <= options.look_hours:
        message = f"is {options.keep_hours:g} h; it must be above 0 and at most look_hours, {options.look_hours:g} h"
        raise InvalidInput([Issue("keep_hours", "range", message)])


def _verified(case: Case, done: list[_Done]) -> Outcome:
    whole = stitch(case, [(each.window.begin, each.window.kept, each.outcome) for each in done])
    certificate = verify(case, whole)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"case {case.name!r}: the stitched answer breaks its laws and was refused: {said}")
    whole = replace(whole, certificate=certificate)
    return with_replay(case, whole) if wanted(case) else whole


def _bounds(horizon: Horizon, begin: int, keep_hours: float, look_hours: float, free: Any) -> tuple[int, int]:
    """The first step after what is kept, and after the look-ahead of a window."""
    since = (horizon.ends - horizon.starts[begin]) / 3600.0
    end = max(int(np.searchsorted(since, look_hours + 1e-9)), begin + 1)
    if end >= horizon.steps:
        end = horizon.steps
    kept = min(max(int(np.searchsorted(since, keep_hours + 1e-9)), begin + 1), end)
    while kept < horizon.steps and not free[kept]:
        kept += 1
    return kept, max(end, kept)


def _left(case: Case, done: _Done) -> States:
    return carried(case, done.before, done.case, done.outcome, done.window.kept - done.window.begin)
