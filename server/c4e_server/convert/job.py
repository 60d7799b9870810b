"""Jobs: failures to messages and back, states and reasons as words."""

from __future__ import annotations

from google.rpc import code_pb2

from c4e.opt.v1 import jobs_pb2, outcome_pb2
from c4e_opt.issues import Issue
from c4e_server.failures import Failure


def failure_to_proto(failure: Failure) -> jobs_pb2.Failure:
    """Write why a job failed."""
    return jobs_pb2.Failure(
        code=code_pb2.Code.Value(failure.code),
        reason=failure.reason,
        message=failure.message,
        issues=[jobs_pb2.InputIssue(path=i.path, rule=i.rule, message=i.message) for i in failure.issues],
    )


def failure_from_proto(message: jobs_pb2.Failure) -> Failure:
    """Read why a job failed."""
    return Failure(
        code=code_pb2.Code.Name(message.code),
        reason=message.reason,
        message=message.message,
        issues=tuple(Issue(issue.path, issue.rule, issue.message) for issue in message.issues),
    )


def reason_of(message: jobs_pb2.Job) -> str:
    """Why the solve of a job ended, in one word; empty before."""
    return outcome_pb2.Reason.Name(message.reason).removeprefix("REASON_") if message.reason else ""


def state_of(message: jobs_pb2.Job) -> str:
    """The state of a job in one word."""
    return jobs_pb2.JobState.Name(message.state).removeprefix("JOB_STATE_").lower()
