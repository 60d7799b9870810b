"""Dispatch sessions from the caller's side: domain objects and plain numbers in and out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
from google.protobuf.message import Message

from c4e.opt.v1 import case_pb2, dispatch_session_pb2
from c4e_opt.case import Case
from c4e_opt.coordination.changes import Changes
from c4e_opt.outcome import Outcome, Table
from c4e_opt.solve import SolveOptions
from c4e_server.client.acts import Call, Flow, Item, Steps, Stream
from c4e_server.client.connection import Awaiting, Blocking, Wire
from c4e_server.client.methods import Answers, Streams
from c4e_server.convert import arrays
from c4e_server.convert.case import case_from_proto, case_to_proto
from c4e_server.convert.changes import changes_to_proto
from c4e_server.convert.options import options_to_proto
from c4e_server.convert.outcome import outcome_from_proto, table_from_proto

_A = TypeVar("_A", bound=Message)
_SERVICE = "DispatchSessionService"
_FALLBACKS = {
    "hold": dispatch_session_pb2.DISPATCH_FALLBACK_HOLD,
    "nearest": dispatch_session_pb2.DISPATCH_FALLBACK_NEAREST,
}
_UNITS = case_pb2.Units(
    power=case_pb2.POWER_UNIT_MW, energy=case_pb2.ENERGY_UNIT_MWH, price=case_pb2.PRICE_UNIT_PER_MWH
)

#: Kind, component and bus of a port -> mean power in MW into the bus, of one step or of several that follow.
Meters = Mapping[tuple[str, str, str], Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Plan and actual: energy by port and balance by bus, over time.

    Attributes:
        ports: Over (port, time), and sums over (port).
        buses: Over (bus, time).
        deviation_cost: What all deviations cost by the tariffs of grid connections, in the currency.
        currency: The currency.
    """

    ports: Table
    buses: Table
    deviation_cost: float
    currency: str


class DispatchMethods:
    """Methods of the service that dispatches sites."""

    @Answers
    def open(
        self,
        session_id: str,
        case: Case,
        *,
        look_hours: float = 24.0,
        valid_hours: float = 1.0,
        at_steps: bool = False,
        on_data: bool = False,
        fallback: str = "hold",
        options: SolveOptions | None = None,
    ) -> Steps[dispatch_session_pb2.DispatchSession]:
        """Open a session.

        Args:
            session_id: Its name.
            case: The site with its forecasts over all steps for which it will ever be asked.
            look_hours: How far each dispatch looks.
            valid_hours: How long set-points may be followed, from the start of their first step.
            at_steps: Whether it dispatches at the start of every step by the clock of the service.
            on_data: Whether it dispatches when there are new forecasts or measurements.
            fallback: What the site gets when there is no schedule: "hold" or "nearest".
            options: Solver and limits of every dispatch.
        """
        request = dispatch_session_pb2.OpenDispatchSessionRequest(
            session_id=session_id,
            case=case_to_proto(case),
            dispatch_at_steps=at_steps,
            dispatch_on_data=on_data,
            fallback=_FALLBACKS[fallback],
            options=None if options is None else options_to_proto(options),
        )
        request.look_ahead.FromTimedelta(timedelta(hours=look_hours))
        request.valid_for.FromTimedelta(timedelta(hours=valid_hours))
        return (yield from _call(request, dispatch_session_pb2.OpenDispatchSessionResponse)).session

    @Answers
    def get(self, session_id: str) -> Steps[dispatch_session_pb2.DispatchSession]:
        """A session as it stands."""
        request = dispatch_session_pb2.GetDispatchSessionRequest(session_id=session_id)
        return (yield from _call(request, dispatch_session_pb2.GetDispatchSessionResponse)).session

    @Streams
    def list(self, limit: int = 100) -> Flow[dispatch_session_pb2.DispatchSession]:
        """Sessions, the latest first."""
        token, left = "", limit
        while left > 0:
            request = dispatch_session_pb2.ListDispatchSessionsRequest(page_size=min(left, 1000), page_token=token)
            page = yield from _call(request, dispatch_session_pb2.ListDispatchSessionsResponse)
            for session in page.sessions:
                yield Item(session)
            left, token = left - len(page.sessions), page.next_page_token
            if not token:
                return

    @Answers
    def forecast(self, session_id: str, changes: Changes, first_step: int = 0, request_id: str = "") -> Steps[int]:
        """Send new forecasts; the revision of the write.

        Args:
            session_id: The session.
            changes: Kind and id to the fields that are new, in MW, MWh and currency per MWh; a series has numbers for
                the steps from `first_step` on, as many as are known, or one number for all of them.
            first_step: The first step of every series.
            request_id: Name of the write, by which it may be repeated; a new one when empty.
        """
        request = dispatch_session_pb2.UpdateForecastsRequest(
            session_id=session_id,
            request_id=request_id or uuid.uuid4().hex,
            first_step=first_step,
            forecasts=changes_to_proto(changes),
            units=_UNITS,
        )
        return (yield from _call(request, dispatch_session_pb2.UpdateForecastsResponse)).revision

    @Answers
    def measure(
        self,
        session_id: str,
        step: int,
        states: Changes | None = None,
        meters: Meters | None = None,
        *,
        first_step: int | None = None,
        request_id: str = "",
    ) -> Steps[dispatch_session_pb2.RecordMeasurementsResponse]:
        """Send what was measured; the revision of the write, and what of the states is not used and why.

        Args:
            session_id: The session.
            step: The step at whose start the states were measured.
            states: Kind and id to fields of the state, such as `energy_start_mwh`, in the units of the model.
            meters: Mean powers that meters have read, by port; the bus may be empty where a component has one only.
            first_step: The first step of these; the one before `step` when None.
            request_id: Name of the write, by which it may be repeated; a new one when empty.
        """
        request = dispatch_session_pb2.RecordMeasurementsRequest(
            session_id=session_id, request_id=request_id or uuid.uuid4().hex, step=step, units=_UNITS
        )
        if states:
            request.states.CopyFrom(changes_to_proto(states))
        begin = max(step - 1, 0) if first_step is None else first_step
        for (kind, component, bus), power_mw in (meters or {}).items():
            power = arrays.column_to_proto(np.atleast_1d(np.asarray(power_mw, dtype=np.float64)))
            request.meters.add(kind=kind, component=component, bus=bus, first_step=begin, power=power)
        return (yield from _call(request, dispatch_session_pb2.RecordMeasurementsResponse))

    @Answers
    def dispatch(
        self, session_id: str, step: int | None = None, request_id: str = "", timeout_s: float | None = None
    ) -> Steps[dispatch_session_pb2.SetPoints]:
        """Dispatch a site from a step on, the one that runs now when None; what it is to do, and until when."""
        request = dispatch_session_pb2.DispatchRequest(
            session_id=session_id, request_id=request_id or uuid.uuid4().hex, step=step
        )
        return (yield from _call(request, dispatch_session_pb2.DispatchResponse, timeout_s)).set_points

    @Answers
    def set_points(self, session_id: str) -> Steps[dispatch_session_pb2.SetPoints]:
        """The set-points of the last dispatch."""
        request = dispatch_session_pb2.GetSetPointsRequest(session_id=session_id)
        return (yield from _call(request, dispatch_session_pb2.GetSetPointsResponse)).set_points

    @Answers
    def plan(self, session_id: str) -> Steps[tuple[Case, Outcome]]:
        """The steps that the last schedule looks at as a case of their own, and its answer."""
        request = dispatch_session_pb2.GetDispatchPlanRequest(session_id=session_id)
        answer = yield from _call(request, dispatch_session_pb2.GetDispatchPlanResponse)
        return case_from_proto(answer.case), outcome_from_proto(answer.outcome)

    @Streams
    def watch(
        self, session_id: str, after: int = 0, timeout_s: float | None = None
    ) -> Flow[dispatch_session_pb2.WatchSchedulesResponse]:
        """What happens in a session, from a revision on, until it has ended."""

        def request(
            last: dispatch_session_pb2.WatchSchedulesResponse | None,
        ) -> dispatch_session_pb2.WatchSchedulesRequest:
            seen = after if last is None else last.revision
            return dispatch_session_pb2.WatchSchedulesRequest(session_id=session_id, after_revision=seen)

        stream = Stream(
            method=f"{_SERVICE}/WatchSchedules",
            request=request,
            answer=dispatch_session_pb2.WatchSchedulesResponse,
            timeout_s=timeout_s,
        )
        while (event := (yield from stream)) is not None:
            yield Item(event)

    @Answers
    def compare(self, session_id: str, first_step: int = 0, steps: int = 0) -> Steps[Comparison]:
        """Plan and actual of some steps; of all that follow when `steps` is 0."""
        request = dispatch_session_pb2.ComparePlanRequest(session_id=session_id, first_step=first_step, steps=steps)
        answer = yield from _call(request, dispatch_session_pb2.ComparePlanResponse)
        return Comparison(
            ports=table_from_proto(answer.ports),
            buses=table_from_proto(answer.buses),
            deviation_cost=answer.deviation_cost,
            currency=answer.currency,
        )

    @Answers
    def close(self, session_id: str) -> Steps[dispatch_session_pb2.DispatchSession]:
        """End a session."""
        request = dispatch_session_pb2.CloseDispatchSessionRequest(session_id=session_id)
        return (yield from _call(request, dispatch_session_pb2.CloseDispatchSessionResponse)).session


class Dispatches(DispatchMethods, Blocking):
    """Dispatch sessions of a service."""

    def __init__(self, wire: Wire) -> None:
        """Use a connection; see `Client.sites`."""
        self.wire = wire


class AsyncDispatches(DispatchMethods, Awaiting):
    """Dispatch sessions of a service, to be awaited."""

    def __init__(self, wire: Wire) -> None:
        """Use a connection; see `AsyncClient.sites`."""
        self.wire = wire


def _call(request: Any, answer: type[_A], timeout_s: float | None = None) -> Steps[_A]:
    method = answer.DESCRIPTOR.name.removesuffix("Response")
    return (yield from Call(method=f"{_SERVICE}/{method}", request=request, answer=answer, timeout_s=timeout_s))
