"""Listening to a running HiGHS: interrupts, progress and log, only where somebody asked."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_solvers.highs_library import highspy
from c4e_solvers.matrices import FloatArray
from c4e_solvers.solution import Interrupted, Progress

Event: Any = highspy.cb.HighsCallbackType
_INTERRUPTS = (Event.kCallbackSimplexInterrupt, Event.kCallbackIpmInterrupt, Event.kCallbackMipInterrupt)
_REPORTS = (Event.kCallbackMipLogging, Event.kCallbackMipImprovingSolution)
_REPORT_KINDS = frozenset(int(event) for event in _REPORTS)
_IMPROVING_KIND = int(Event.kCallbackMipImprovingSolution)
_SEARCH_KIND = int(Event.kCallbackMipInterrupt)
_LOG_KIND = int(Event.kCallbackLogging)
_PROGRESS_INTERVAL_S = 0.5


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The best solution that HiGHS has told of; its values (n,) are those of the caller's columns."""

    primal: FloatArray
    objective: float


class Watch:
    """A context in which HiGHS runs and is listened to; does nothing unless somebody asked.

    Attributes:
        error: What a callback of the caller raised; it stopped the solve and is for the caller to see.
        incumbent: The best solution so far of a MILP, where `keep` asked for it.
        bound: The best bound that came with an incumbent or a line of the log; -inf before the first.
    """

    def __init__(
        self,
        highs: highspy.Highs,
        interrupt: Interrupted | None,
        progress: Callable[[Progress], None] | None,
        log: Callable[[str], None] | None,
        *,
        keep: bool = False,
        enough: float = math.inf,
    ) -> None:
        # HiGHS keeps a copy of its callback after it is taken back: a strong reference would keep HiGHS alive for ever.
        self._highs: Callable[[], Any] = weakref.ref(highs)
        self._interrupt, self._progress, self._log = interrupt, progress, log
        self.error: BaseException | None = None
        self.incumbent: Incumbent | None = None
        self.bound = -math.inf
        self._keep, self._enough = keep, enough
        self._events: list[Any] = []
        if interrupt is not None:
            self._events += _INTERRUPTS
        elif enough < math.inf:
            self._events.append(_INTERRUPTS[-1])
        if progress is not None or keep:
            self._events += [*_REPORTS, _INTERRUPTS[-1]]  # the last, to stop when the caller's function raises
        if log is not None:
            self._events.append(Event.kCallbackLogging)

    def __enter__(self) -> None:
        if not self._events:
            return
        highs = self._highs()
        highs.setCallback(self._hear, None)
        if self._progress is not None:
            highs.setOptionValue("mip_min_logging_interval", _PROGRESS_INTERVAL_S)
        for event in self._events:
            highs.startCallback(event)

    def __exit__(self, *_: object) -> None:
        if self._events:
            self._highs().setCallback(None, None)  # which also stops them all

    def abandon(self) -> None:
        """Tell nobody of anything any more, and stop the solve as soon as HiGHS asks."""
        self._progress = self._log = None
        self.error = self.error or InterruptedError("nobody waits for this solve any more")

    def _hear(self, event: Any, message: str, told: Any, answer: Any, _: object) -> None:
        # An exception must not unwind through the solver's own stack.
        try:
            kind = int(event)
            if kind == _LOG_KIND:
                if self._log is not None:
                    self._log(message)
            elif kind in _REPORT_KINDS:
                self._note(told, kind == _IMPROVING_KIND)
                if self._progress is not None:
                    self._progress(_progress(told))
            elif self.error or self._stops(kind, told):
                answer.user_interrupt = True
        except BaseException as error:
            self.error = self.error or error
        if self.error and answer is not None:
            answer.user_interrupt = True

    def _stops(self, kind: int, told: Any) -> bool:
        """Whether the caller wants no more; HiGHS asks for the bound at the same places in every run."""
        enough = kind == _SEARCH_KIND and told.mip_dual_bound >= self._enough < math.inf  # inf where nothing is left
        return enough or (self._interrupt is not None and self._interrupt.is_set())

    def _note(self, told: Any, improving: bool) -> None:
        if not self._keep:
            return
        self.bound = max(self.bound, float(told.mip_dual_bound))
        if improving:
            objective = float(told.objective_function_value)
            self.incumbent = Incumbent(np.array(told.mip_solution, dtype=np.float64), objective)


def _progress(told: Any) -> Progress:
    objective, bound = float(told.mip_primal_bound), float(told.mip_dual_bound)
    return Progress(
        seconds=float(told.running_time),
        objective=objective if math.isfinite(objective) else None,
        bound=bound if math.isfinite(bound) else None,
        nodes=max(0, int(told.mip_node_count)),
    )
