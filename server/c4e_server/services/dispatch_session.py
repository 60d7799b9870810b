"""Dispatch sessions: calls that go to the sites of a service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from google.protobuf.timestamp_pb2 import Timestamp

from c4e.opt.v1 import case_pb2, dispatch_session_pb2, solve_pb2
from c4e_server.convert.outcome import table_to_proto
from c4e_server.errors import WrongState
from c4e_server.security.identity import caller
from c4e_server.services.answering import Context
from c4e_server.services.requests import page_from_token
from c4e_server.sessions.dispatch.log import CLOSED, OPEN, Entry, Kind
from c4e_server.sessions.dispatch.session import LOOK_S, VALID_S, Session
from c4e_server.sessions.dispatch.sites import Sites

_PAGE = 100
_STATES = {dispatch_session_pb2.DISPATCH_STATE_OPEN: OPEN, dispatch_session_pb2.DISPATCH_STATE_CLOSED: CLOSED}
_STATES_BACK = {word: state for state, word in _STATES.items()}


class DispatchSessionService:
    """Serves sites."""

    def __init__(self, sites: Sites) -> None:
        """Serve these sites."""
        self._sites = sites

    async def open_dispatch_session(
        self, request: dispatch_session_pb2.OpenDispatchSessionRequest, context: Context
    ) -> dispatch_session_pb2.OpenDispatchSessionResponse:
        """Open a session."""
        session = await self._sites.open(caller().tenant, request)
        return dispatch_session_pb2.OpenDispatchSessionResponse(session=_told(session))

    async def get_dispatch_session(
        self, request: dispatch_session_pb2.GetDispatchSessionRequest, context: Context
    ) -> dispatch_session_pb2.GetDispatchSessionResponse:
        """Return a session."""
        session = await self._sites.session(caller().tenant, request.session_id)
        return dispatch_session_pb2.GetDispatchSessionResponse(session=_told(session))

    async def list_dispatch_sessions(
        self, request: dispatch_session_pb2.ListDispatchSessionsRequest, context: Context
    ) -> dispatch_session_pb2.ListDispatchSessionsResponse:
        """List sessions, the latest first."""
        size = request.page_size or _PAGE
        states = sorted({_STATES[state] for state in request.states if state in _STATES})
        before = page_from_token(request.page_token)
        rows = await self._sites.rows(caller().tenant, states, size + 1, before)
        token = str(rows[size - 1].place) if len(rows) > size else ""
        told = [
            _session_to_proto(
                row.id,
                row.state,
                row.revision,
                dispatch_session_pb2.OpenDispatchSessionRequest.FromString(row.message),
            )
            for row in rows[:size]
        ]
        return dispatch_session_pb2.ListDispatchSessionsResponse(sessions=told, next_page_token=token)

    async def update_forecasts(
        self, request: dispatch_session_pb2.UpdateForecastsRequest, context: Context
    ) -> dispatch_session_pb2.UpdateForecastsResponse:
        """Take new forecasts."""
        revision, entry = await self._sites.forecast(caller().tenant, request)
        return dispatch_session_pb2.UpdateForecastsResponse(revision=revision, time=_moment(entry.at))

    async def record_measurements(
        self, request: dispatch_session_pb2.RecordMeasurementsRequest, context: Context
    ) -> dispatch_session_pb2.RecordMeasurementsResponse:
        """Take measurements."""
        revision, entry = await self._sites.measure(caller().tenant, request)
        answer = dispatch_session_pb2.RecordMeasurementsResponse.FromString(entry.answered)
        answer.revision = revision
        answer.time.CopyFrom(_moment(entry.at))
        return answer

    async def dispatch(
        self, request: dispatch_session_pb2.DispatchRequest, context: Context
    ) -> dispatch_session_pb2.DispatchResponse:
        """Dispatch a site."""
        made = await self._sites.dispatch(caller().tenant, request)
        return dispatch_session_pb2.DispatchResponse(set_points=made)

    async def get_set_points(
        self, request: dispatch_session_pb2.GetSetPointsRequest, context: Context
    ) -> dispatch_session_pb2.GetSetPointsResponse:
        """Return the last set-points."""
        session = await self._sites.session(caller().tenant, request.session_id)
        if session.tried is None:
            raise WrongState(f"session {session.id!r} has no set-points yet; dispatch it first")
        return dispatch_session_pb2.GetSetPointsResponse(set_points=session.tried)

    async def get_dispatch_plan(
        self, request: dispatch_session_pb2.GetDispatchPlanRequest, context: Context
    ) -> dispatch_session_pb2.GetDispatchPlanResponse:
        """Return the last schedule and its case."""
        plan = await self._sites.plan(caller().tenant, request.session_id)
        response = await asyncio.to_thread(solve_pb2.SolveResponse.FromString, plan.response)
        return dispatch_session_pb2.GetDispatchPlanResponse(
            revision=plan.revision, case=case_pb2.Case.FromString(plan.steps), outcome=response.outcome
        )

    async def watch_schedules(
        self, request: dispatch_session_pb2.WatchSchedulesRequest, context: Context
    ) -> AsyncGenerator[dispatch_session_pb2.WatchSchedulesResponse]:
        """Stream what happens."""
        async for revision, entry in self._sites.watch(caller().tenant, request.session_id, request.after_revision):
            yield _happened(revision, entry)

    async def compare_plan(
        self, request: dispatch_session_pb2.ComparePlanRequest, context: Context
    ) -> dispatch_session_pb2.ComparePlanResponse:
        """Put what was measured beside what was planned."""
        session, compared = await self._sites.compare(caller().tenant, request)
        return dispatch_session_pb2.ComparePlanResponse(
            revision=session.revision,
            ports=table_to_proto(compared.ports),
            buses=table_to_proto(compared.buses),
            deviation_cost=compared.deviation_cost_eur,
            currency=session.case.currency,
        )

    async def close_dispatch_session(
        self, request: dispatch_session_pb2.CloseDispatchSessionRequest, context: Context
    ) -> dispatch_session_pb2.CloseDispatchSessionResponse:
        """End a session."""
        session = await self._sites.close(caller().tenant, request.session_id)
        return dispatch_session_pb2.CloseDispatchSessionResponse(session=_told(session))


def _told(session: Session) -> dispatch_session_pb2.DispatchSession:
    message = _session_to_proto(session.id, OPEN if session.open else CLOSED, session.revision, session.request)
    if session.found is not None:
        message.step = session.found.step
        message.valid_until.CopyFrom(session.found.valid_until)
    return message


def _session_to_proto(
    name: str, state: str, revision: int, request: dispatch_session_pb2.OpenDispatchSessionRequest
) -> dispatch_session_pb2.DispatchSession:
    """Write a session as it was opened."""
    message = dispatch_session_pb2.DispatchSession(
        id=name,
        state=_STATES_BACK[state],
        revision=revision,
        units=request.case.units,
        horizon=request.case.horizon,
        dispatch_at_steps=request.dispatch_at_steps,
        dispatch_on_data=request.dispatch_on_data,
        fallback=request.fallback or dispatch_session_pb2.DISPATCH_FALLBACK_HOLD,
    )
    for asked, told, seconds in (
        ("look_ahead", message.look_ahead, LOOK_S),
        ("valid_for", message.valid_for, VALID_S),
    ):
        if request.HasField(asked):
            told.CopyFrom(getattr(request, asked))
        else:
            told.seconds = seconds
    return message


def _happened(revision: int, entry: Entry) -> dispatch_session_pb2.WatchSchedulesResponse:
    """Write an event."""
    message = dispatch_session_pb2.WatchSchedulesResponse(
        revision=revision,
        previous_revision=revision - 1,
        kind=f"DISPATCH_EVENT_KIND_{entry.kind.upper()}",
        time=_moment(entry.at),
        request_id=entry.request_id,
    )
    if entry.kind in (Kind.DISPATCHED, Kind.FELL_BACK):
        message.set_points.ParseFromString(entry.answered)
    elif entry.kind is Kind.MEASUREMENTS:
        message.issues.extend(dispatch_session_pb2.RecordMeasurementsResponse.FromString(entry.answered).issues)
    return message


def _moment(seconds: float) -> Timestamp:
    """Write seconds since 1970, to the microsecond."""
    message = Timestamp()
    message.FromMicroseconds(round(seconds * 1e6))
    return message
