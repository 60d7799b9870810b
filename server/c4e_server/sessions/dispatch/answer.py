"""Set-points: what a site is to do after a dispatch, and what it gets where there is no schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from google.protobuf.timestamp_pb2 import Timestamp

from c4e.opt.v1 import dispatch_session_pb2, jobs_pb2, outcome_pb2
from c4e_opt.case import Case
from c4e_opt.coordination.changes import stored
from c4e_opt.coordination.redispatch import Dispatched
from c4e_opt.coordination.windows import States
from c4e_opt.errors import CertificateFailed

_HELD = dispatch_session_pb2.SET_POINT_BASIS_HELD
_NONE = dispatch_session_pb2.SET_POINT_BASIS_NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """From where a dispatch begins.

    Attributes:
        step: Its first step.
        revision: Of the last event that it knows.
        case: The case with its forecasts.
        states: How components stand before the step.
        measured: Which of them were measured.
        nearest: Whether some of them were moved to the nearest limit.
        outside: Whether some of them lie outside of limits, so that there can be no schedule.
        issues: What is wrong with what was measured.
    """

    step: int
    revision: int
    case: Case
    states: States
    measured: frozenset[tuple[str, str]]
    nearest: bool
    outside: bool
    issues: Sequence[jobs_pb2.InputIssue]


def set_points(
    begun: Begun, made: Dispatched, session_id: str, revision: int, at: float, valid_s: float
) -> dispatch_session_pb2.SetPoints:
    """Write the set-points of a dispatch that has a schedule.

    Args:
        begun: From where it began.
        made: What came of it.
        session_id: Its session.
        revision: Its own.
        at: When, in seconds since 1970.
        valid_s: How long they may be followed, in seconds.

    Raises:
        CertificateFailed: The schedule was not verified; nothing of it may leave.
    """
    outcome, horizon = made.outcome, made.window.horizon
    if outcome.certificate is None or not outcome.certificate.holds:
        raise CertificateFailed(f"session {session_id!r}: the schedule from step {begun.step} on is not verified")
    steps = int(np.searchsorted(horizon.starts, horizon.start + valid_s - 1e-6, side="left"))
    steps = min(max(steps, 1), horizon.steps)
    basis = dispatch_session_pb2.SET_POINT_BASIS_NEAREST if begun.nearest else None
    message = _begun(begun, session_id, revision, at)
    message.basis = basis or dispatch_session_pb2.SET_POINT_BASIS_SCHEDULE
    message.schedule_revision = revision
    message.valid_from.seconds, message.valid_until.seconds = int(horizon.start), int(horizon.ends[steps - 1])
    message.step_seconds.extend(horizon.step_seconds[:steps].tolist())
    table = outcome.flow_table
    texts = [table.texts[name][1].tolist() for name in ("port_kind", "port_component", "port_bus")]
    for kind, component, bus, power in zip(*texts, table.values("flow_mw")[:, :steps].tolist(), strict=True):
        message.points.add(kind=kind, component=component, bus=bus, power_mw=power)
    message.case_digest, message.outcome_digest = outcome.case_digest, outcome.digest
    message.objective = outcome.objective or 0.0
    message.verified = True
    return message


def fallen_back(
    begun: Begun, held: dispatch_session_pb2.SetPoints | None, session_id: str, revision: int, at: float
) -> dispatch_session_pb2.SetPoints:
    """Write what a site gets where there is no schedule: what is still valid of an earlier one, or nothing.

    Args:
        begun: From where the dispatch began.
        held: The set-points of the last schedule; None before the first.
        session_id: Its session.
        revision: Of the dispatch that has found none.
        at: When, in seconds since 1970.
    """
    message = _begun(begun, session_id, revision, at)
    start = int(begun.case.horizon.starts[begun.step])
    if held is None or held.valid_until.seconds <= start:
        message.basis = _NONE
        message.valid_from.seconds = message.valid_until.seconds = start
        return message
    gone = begun.step - held.step
    message.basis, message.schedule_revision = _HELD, held.schedule_revision
    message.valid_from.seconds = start
    message.valid_until.CopyFrom(held.valid_until)
    message.step_seconds.extend(held.step_seconds[gone:])
    for point in held.points:
        message.points.add(kind=point.kind, component=point.component, bus=point.bus, power_mw=point.power_mw[gone:])
    message.verified = held.verified
    return message


def why_not(outcome: outcome_pb2.Outcome) -> list[jobs_pb2.InputIssue]:
    """Why there is no schedule, in the words of the case."""
    if outcome.clashes:
        return [jobs_pb2.InputIssue(path=each.place, rule=each.law, message=each.message) for each in outcome.clashes]
    reason = outcome_pb2.Reason.Name(outcome.termination.reason).removeprefix("REASON_")
    detail = f"there is no schedule: {reason} {outcome.termination.detail}".strip()
    return [jobs_pb2.InputIssue(path="", rule="no_schedule", message=detail)]


def _begun(begun: Begun, session_id: str, revision: int, at: float) -> dispatch_session_pb2.SetPoints:
    time = Timestamp()
    time.FromMicroseconds(round(at * 1e6))
    assumed = [key for key in stored(begun.case) if key not in begun.measured]
    return dispatch_session_pb2.SetPoints(
        session_id=session_id,
        revision=revision,
        time=time,
        step=begun.step,
        data_revision=begun.revision,
        measured_states=sorted("/".join(key) for key in begun.measured),
        assumed_states=["/".join(key) for key in assumed],
        issues=begun.issues,
    )
