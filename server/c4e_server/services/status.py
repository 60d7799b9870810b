"""Failures as google.rpc statuses: code, sentence, ErrorInfo with a stable reason, and a violation for every issue."""

from __future__ import annotations

from typing import Any

from google.protobuf import duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from c4e_opt.issues import Issue
from c4e_server.failures import Failure

DOMAIN = "c4e-opt"

#: Where a status travels, and where a caller says how many bytes of it he takes.
DETAILS_KEY = "grpc-status-details-bin"
ROOM_KEY = "c4e-max-status-bytes"

#: gRPC takes 8 KiB of metadata unless told otherwise; base64 makes three bytes four.
DEFAULT_ROOM = 5_000
MOST_ROOM = 3_000_000

_MOST_WORDS = 1_000
_RETRY_S = {"QUEUE_FULL": 1, "LEDGER_UNREACHABLE": 1, "STORE_ERROR": 1, "STOPPING": 1}


def status_of(failure: Failure, room: int = DEFAULT_ROOM) -> status_pb2.Status:
    """A failure as a status.

    Args:
        failure: What went wrong.
        room: Most bytes; where the issues need more, the last violation says how many are left out.
    """
    message = failure.message if len(failure.message) <= _MOST_WORDS else failure.message[: _MOST_WORDS - 1] + "…"
    status = status_pb2.Status(code=code_pb2.Code.Value(failure.code), message=message)
    info = error_details_pb2.ErrorInfo(reason=failure.reason, domain=DOMAIN)
    info.metadata["issues"] = str(len(failure.issues))
    _add(status, info)
    wait = failure.retry_s or _RETRY_S.get(failure.reason, 0)
    if wait:
        delay = duration_pb2.Duration(seconds=int(wait), nanos=int(wait % 1 * 1e9))
        _add(status, error_details_pb2.RetryInfo(retry_delay=delay))
    if failure.issues:
        _add(status, _violations(failure.issues, room - status.ByteSize() - 200))
    return status


def _violations(issues: tuple[Issue, ...], room: int) -> error_details_pb2.BadRequest:
    request = error_details_pb2.BadRequest()
    left = room
    for place, issue in enumerate(issues):
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=issue.path, description=issue.message, reason=issue.rule
        )
        left -= violation.ByteSize() + 4
        if left < 0:
            more = f"{len(issues) - place} more issues are left out; ask for them with the metadata {ROOM_KEY}"
            request.field_violations.add(field="", description=more, reason="more")
            break
        request.field_violations.append(violation)
    return request


def failure_from_status(status: status_pb2.Status) -> Failure:
    """A status as the failure that it carries."""
    info, retry, request = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        for target in (info, retry, request):
            if detail.type_url.endswith(f"/{target.DESCRIPTOR.full_name}"):
                target.ParseFromString(detail.value)
    return Failure(
        code=code_pb2.Code.Name(status.code),
        reason=info.reason if info.domain == DOMAIN else "",
        message=status.message,
        issues=tuple(Issue(v.field, v.reason, v.description) for v in request.field_violations),
        retry_s=retry.retry_delay.ToNanoseconds() / 1e9,
    )


def _add(status: status_pb2.Status, detail: Any) -> None:
    name = f"type.googleapis.com/{detail.DESCRIPTOR.full_name}"
    status.details.add(type_url=name, value=detail.SerializeToString())
