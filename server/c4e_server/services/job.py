"""Jobs as messages."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from c4e.opt.v1 import jobs_pb2
from c4e_server.convert.job import failure_to_proto
from c4e_server.security.identity import name_of
from c4e_server.store.records import DONE, FAILED, QUEUED
from c4e_server.views import View

#: State of a job on the wire -> state of a request in the store; a running one is queued there until it ends.
STATES = {
    jobs_pb2.JOB_STATE_QUEUED: QUEUED,
    jobs_pb2.JOB_STATE_RUNNING: QUEUED,
    jobs_pb2.JOB_STATE_DONE: DONE,
    jobs_pb2.JOB_STATE_FAILED: FAILED,
}


def job_to_proto(view: View) -> jobs_pb2.Job:
    """Write a job as it stands."""
    kept, change = view.kept, view.change
    state = {QUEUED: "JOB_STATE_QUEUED", DONE: "JOB_STATE_DONE", FAILED: "JOB_STATE_FAILED"}[kept.state]
    message = jobs_pb2.Job(
        request_id=name_of(kept.id),
        case_name=view.case_name,
        state="JOB_STATE_RUNNING" if kept.state == QUEUED and view.started is not None else state,
        submitted=_moment(kept.submitted),
        started=_moment(view.started),
        ended=_moment(kept.ended),
        reason=f"REASON_{kept.reason}" if kept.reason else None,
        failure=None if kept.failure is None else failure_to_proto(kept.failure),
        batch_id=kept.batch_id,
        posted=kept.posted,
        ledger_says=kept.ledger_says,
        revision=view.revision,
    )
    if change is not None:
        message.phase = change.phase
        if change.incumbent is not None:
            message.incumbent = change.incumbent
        if change.bound is not None:
            message.bound = change.bound
    return message


def _moment(seconds: float | None) -> Timestamp | None:
    if seconds is None:
        return None
    moment = Timestamp()
    moment.FromMicroseconds(round(seconds * 1e6))
    return moment
