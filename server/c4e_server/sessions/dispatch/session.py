"""One dispatch session: what follows from the events of its log, and nothing else; the same events give the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from c4e.opt.v1 import case_pb2, dispatch_session_pb2, jobs_pb2, solve_pb2
from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.coordination import seams
from c4e_opt.coordination.changes import forecast
from c4e_opt.coordination.measured import Screened, screen
from c4e_opt.coordination.redispatch import Dispatched, measured_over, states_at
from c4e_opt.coordination.windows import States
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.verify import ports_of
from c4e_server.convert.case import case_from_proto
from c4e_server.convert.changes import changes_from_proto
from c4e_server.convert.document import units_from_proto
from c4e_server.convert.outcome import outcome_from_proto
from c4e_server.sessions.dispatch.answer import Begun
from c4e_server.sessions.dispatch.log import Entry, Kind, Plan, Row
from c4e_server.sessions.dispatch.meters import read_meters

#: What holds where the caller does not say.
LOOK_S, VALID_S = 86400, 3600
#: Ports times steps of a session: a year of quarter-hours of 50 ports.
MOST_CELLS = 2_000_000
_NO_SCREEN = Screened(states={}, nearest={}, issues=())


class Session:
    """A dispatch session as its log tells it."""

    def __init__(self, row: Row) -> None:
        """Begin before the first event.

        Raises:
            InvalidInput: With everything that is wrong with its case.
            UnsupportedProgram: A component of it cannot be cut into windows.
        """
        self.place, self.tenant, self.id, self.content = row.place, row.tenant, row.id, row.content
        self.request = dispatch_session_pb2.OpenDispatchSessionRequest.FromString(row.message)
        self.case: Case = case_from_proto(self.request.case)
        seams.check(self.case)
        if len(self.ports) * self.case.horizon.steps > MOST_CELLS:
            told = f"has {self.case.horizon.steps:,} steps for {len(self.ports)} ports; a session takes {MOST_CELLS:,}"
            raise InvalidInput([Issue("case.horizon", "size", f"{told} of both multiplied: open a shorter one")])
        self.open = True
        self.revision = 0
        self.data_revision = 0  # of the last forecasts or measurements
        self.tried: dispatch_session_pb2.SetPoints | None = None  # of the last dispatch, whatever came of it
        self.found: dispatch_session_pb2.SetPoints | None = None  # of the last dispatch with a schedule
        self.last: Dispatched | None = None  # that dispatch
        self.basis, self.plan_revision = b"", 0
        self.waits_until = 0.0  # seconds since 1970: what the service could not do then, it tries again
        self._screened: dict[int, list[Screened]] = {}
        self._late: list[jobs_pb2.InputIssue] = []
        self.lock = asyncio.Lock()
        self.solving = asyncio.Lock()
        self.changed = asyncio.Event()

    @property
    def look_hours(self) -> float:
        """How far a dispatch looks, in hours."""
        asked = self.request.HasField("look_ahead")
        return (self.request.look_ahead.ToNanoseconds() / 1e9 if asked else LOOK_S) / 3600.0

    @property
    def valid_s(self) -> float:
        """How long set-points may be followed, in seconds."""
        asked = self.request.HasField("valid_for")
        return self.request.valid_for.ToNanoseconds() / 1e9 if asked else VALID_S

    @cached_property
    def planned_mw(self) -> FloatArray:
        """Set-points of every port, (port, time); not a number where there are none."""
        return np.full((len(self.ports), self.case.horizon.steps), np.nan)

    @cached_property
    def metered_mw(self) -> FloatArray:
        """What meters have read of every port, (port, time); not a number where none did."""
        return np.full((len(self.ports), self.case.horizon.steps), np.nan)

    @cached_property
    def ports(self) -> list[tuple[str, str, str]]:
        """Kind, component and bus of every port."""
        return ports_of(self.case)

    @property
    def first(self) -> int:
        """The first step that may still be dispatched."""
        return 0 if self.found is None else self.found.step

    def step_at(self, now: float) -> int | None:
        """The step that runs at a moment, seconds since 1970; None outside of the horizon."""
        horizon = self.case.horizon
        if not horizon.start <= now < horizon.end:
            return None
        return int(np.searchsorted(horizon.ends, now, side="right"))

    def states_of(self, step: int) -> Screened:
        """What was measured at the start of a step, the latest of every field."""
        states: dict[tuple[str, str], dict[str, Any]] = {}
        nearest: dict[tuple[str, str], dict[str, Any]] = {}
        for each in self._screened.get(step, ()):
            for key, fields in each.states.items():
                states.setdefault(key, {}).update(fields)
                beyond = each.nearest.get(key, {})
                kept = {field: content for field, content in nearest.get(key, {}).items() if field not in fields}
                nearest[key] = {**kept, **beyond}
        return Screened(states=states, nearest={key: each for key, each in nearest.items() if each}, issues=())

    def issues_of(self, step: int) -> list[jobs_pb2.InputIssue]:
        """What is wrong with measurements of a step, and with late ones since the last dispatch."""
        found = [issue for each in self._screened.get(step, ()) for issue in issues_to_proto(each.issues)]
        return [*self._late, *found]

    def screened(self, request: dispatch_session_pb2.RecordMeasurementsRequest) -> Screened:
        """Judge what was measured.

        Raises:
            InvalidInput: With everything that is wrong with it.
        """
        if not request.HasField("states"):
            return _NO_SCREEN
        units = self._units(request)
        return screen(self.case, request.step, changes_from_proto(self.request.case, units, "states", request.states))

    def judged(self, request: dispatch_session_pb2.RecordMeasurementsRequest) -> Sequence[Issue]:
        """What is to be said of the states that were measured.

        Raises:
            InvalidInput: With everything that is wrong with states and meters.
        """
        found: list[Issue] = []
        wrong: list[Issue] = []
        try:
            found += self.screened(request).issues
        except InvalidInput as error:
            wrong += error.issues
        try:
            self.metered(request)
        except InvalidInput as error:
            wrong += error.issues
        if wrong:
            raise InvalidInput(wrong)
        return found

    def metered(self, request: dispatch_session_pb2.RecordMeasurementsRequest) -> list[tuple[int, int, FloatArray]]:
        """What meters have read: place of the port, first step, and powers from there on in MW.

        Raises:
            InvalidInput: With everything that is wrong with it.
        """
        units, _ = units_from_proto(self._units(request))
        return read_meters(units, self.case.horizon.steps, self.ports, request.meters)

    def _units(
        self,
        request: dispatch_session_pb2.RecordMeasurementsRequest | dispatch_session_pb2.UpdateForecastsRequest,
    ) -> case_pb2.Units:
        return request.units if request.HasField("units") else self.request.case.units

    def forecast(self, request: dispatch_session_pb2.UpdateForecastsRequest, *, sure: bool = False) -> Case:
        """The case with new forecasts.

        Raises:
            InvalidInput: With everything that is wrong with them.
        """
        changes = changes_from_proto(self.request.case, self._units(request), "forecasts", request.forecasts)
        return forecast(self.case, changes, request.first_step, sure=sure)

    def apply(self, revision: int, entry: Entry) -> None:
        """Take in the next event."""
        if entry.kind is Kind.FORECASTS:
            self.case = self.forecast(dispatch_session_pb2.UpdateForecastsRequest.FromString(entry.asked), sure=True)
            self.data_revision = revision
        elif entry.kind is Kind.MEASUREMENTS:
            self._measure(dispatch_session_pb2.RecordMeasurementsRequest.FromString(entry.asked))
            self.data_revision = revision
        elif entry.kind in (Kind.DISPATCHED, Kind.FELL_BACK):
            self._dispatch(dispatch_session_pb2.SetPoints.FromString(entry.answered))
        elif entry.kind is Kind.CLOSED:
            self.open = False
        self.revision = revision

    def _measure(self, request: dispatch_session_pb2.RecordMeasurementsRequest) -> None:
        if request.HasField("states"):
            if request.step < self.first:
                self._late.append(self.late(request.step))
            else:
                self._screened.setdefault(request.step, []).append(self.screened(request))
        for row, first, power_mw in self.metered(request):
            self.metered_mw[row, first : first + power_mw.size] = power_mw

    def late(self, step: int) -> jobs_pb2.InputIssue:
        """What is said of states that come after their step."""
        return jobs_pb2.InputIssue(
            path="step",
            rule="late",
            message=f"is {step}, and the site was dispatched from step {self.first} on: states of then are not used, "
            "and the planned ones are",
        )

    def _dispatch(self, made: dispatch_session_pb2.SetPoints) -> None:
        self.tried = made
        self._late.clear()
        if made.schedule_revision != made.revision:
            return
        self.found = made
        self.planned_mw[:, made.step :] = np.nan
        steps = slice(made.step, made.step + len(made.step_seconds))
        self.planned_mw[:, steps] = 0.0
        rows = {port: row for row, port in enumerate(self.ports)}
        for point in made.points:
            self.planned_mw[rows[point.kind, point.component, point.bus], steps] = point.power_mw
        for step in [each for each in self._screened if each < made.step]:
            del self._screened[step]

    def read(self, events: list[tuple[int, Entry]]) -> None:
        """Take in what others wrote, in order."""
        for revision, entry in events:
            if revision == self.revision + 1:
                self.apply(revision, entry)

    def take_up(self, plan: Plan) -> None:
        """Go on from the last schedule as the log has it."""
        response = solve_pb2.SolveResponse.FromString(plan.response)
        self.last = Dispatched(
            begin=plan.begin,
            window=case_from_proto(case_pb2.Case.FromString(plan.steps)),
            states=states_from_json(plan.states),
            outcome=outcome_from_proto(response.outcome),
        )
        self.basis, self.plan_revision = plan.basis, plan.revision

    def go_on(self, made: Dispatched, plan: Plan) -> None:
        """Go on from a schedule that was just kept."""
        self.last, self.basis, self.plan_revision = made, plan.basis, plan.revision

    def begin(self, step: int) -> Begun:
        """From where a dispatch of a step begins.

        Raises:
            InvalidInput: The step lies before the last dispatch or behind the case, or nothing can be cut there.
        """
        planned, screened, issues = states_at(self.case, self.last, step), self.states_of(step), self.issues_of(step)
        last = self.last
        if last is not None and step > last.begin + last.window.horizon.steps:
            end = last.begin + last.window.horizon.steps
            told = f"is {step}, and the last schedule ends with step {end - 1}; what was not measured is as of then"
            issues.append(jobs_pb2.InputIssue(path="step", rule="stale", message=told))
        moves = bool(screened.nearest) and self.request.fallback == dispatch_session_pb2.DISPATCH_FALLBACK_NEAREST
        measured = screened.states
        if moves:
            measured = {key: {**fields, **screened.nearest.get(key, {})} for key, fields in measured.items()}
        return Begun(
            step=step,
            revision=self.revision,
            case=self.case,
            states=measured_over(planned, measured),
            measured=frozenset(measured),
            nearest=moves,
            outside=bool(screened.nearest) and not moves,
            issues=issues,
        )

    @property
    def idle(self) -> bool:
        """Whether nothing happens to it by itself, and nothing happens now."""
        by_itself = self.request.dispatch_at_steps or self.request.dispatch_on_data
        return not (self.open and by_itself) and not self.lock.locked() and not self.solving.locked()

    def due(self, now: float) -> tuple[float, int | None]:
        """When something is to happen by itself, and the step that is to be dispatched then, where it is due.

        Args:
            now: Seconds since 1970.
        """
        if not self.open:
            return float("inf"), None
        if self.waits_until > now:
            return self.waits_until, None
        step, horizon = self.step_at(now), self.case.horizon
        tried = -1 if self.tried is None else self.tried.step
        if self.request.dispatch_on_data and self.data_revision > (self.tried.data_revision if self.tried else 0):
            again = tried if step is None and tried >= 0 else step if step is None else max(step, self.first)
            if again is not None and not seams.why_not(self.case, again):
                return 0.0, again
        if not self.request.dispatch_at_steps:
            return float("inf"), None
        if step is None:
            return (float(horizon.start) if now < horizon.start else float("inf")), None
        if tried < step and not seams.why_not(self.case, step):
            return 0.0, step
        return float(horizon.ends[step]), None

    def notify(self) -> None:
        """Wake who watches."""
        self.changed.set()
        self.changed = asyncio.Event()


def issues_to_proto(issues: Any) -> list[jobs_pb2.InputIssue]:
    """Write issues."""
    return [jobs_pb2.InputIssue(path=each.path, rule=each.rule, message=each.message) for each in issues]


def states_to_json(states: States) -> str:
    """How components stand, as text that gives the same numbers back."""
    return json.dumps([[kind, name, dict(fields)] for (kind, name), fields in states.items() if fields])


def states_from_json(text: str) -> States:
    """How components stand."""
    return {(kind, name): fields for kind, name, fields in json.loads(text)}
