"""Errors as what a caller sees: status code, stable reason, sentence, and the issues of an input. Mapped once, here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from c4e_opt import errors as library
from c4e_opt.issues import Issue
from c4e_server import errors as service

#: Error -> (name of the google.rpc code, stable reason). A class stands for its subclasses too.
STATUSES: Mapping[type[BaseException], tuple[str, str]] = {
    library.InvalidInput: ("INVALID_ARGUMENT", "INVALID_INPUT"),
    library.UnsupportedProgram: ("FAILED_PRECONDITION", "UNSUPPORTED_PROGRAM"),
    library.SolverUnavailable: ("FAILED_PRECONDITION", "SOLVER_UNAVAILABLE"),
    library.SolverFailed: ("INTERNAL", "SOLVER_FAILED"),
    library.CertificateFailed: ("INTERNAL", "CERTIFICATE_FAILED"),
    library.NoSolution: ("FAILED_PRECONDITION", "NO_SOLUTION"),
    library.AxisError: ("INTERNAL", "AXIS_ERROR"),
    library.Unbalanced: ("INTERNAL", "UNBALANCED"),
    library.LedgerUnreachable: ("UNAVAILABLE", "LEDGER_UNREACHABLE"),
    library.LedgerError: ("FAILED_PRECONDITION", "LEDGER_ERROR"),
    service.BrokenMessage: ("INVALID_ARGUMENT", "BROKEN_MESSAGE"),
    service.InvalidConfig: ("FAILED_PRECONDITION", "INVALID_CONFIG"),
    service.Unauthenticated: ("UNAUTHENTICATED", "UNAUTHENTICATED"),
    service.NotAllowed: ("PERMISSION_DENIED", "NOT_ALLOWED"),
    service.NoBooks: ("PERMISSION_DENIED", "NO_BOOKS"),
    service.RateLimited: ("RESOURCE_EXHAUSTED", "RATE_LIMITED"),
    service.RequestIdReused: ("ALREADY_EXISTS", "REQUEST_ID_REUSED"),
    service.UnknownRequest: ("NOT_FOUND", "UNKNOWN_REQUEST"),
    service.RequestDeleted: ("FAILED_PRECONDITION", "REQUEST_DELETED"),
    service.RequestUnderWay: ("FAILED_PRECONDITION", "REQUEST_UNDER_WAY"),
    service.MessageTooLarge: ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE"),
    service.AnswerTooLarge: ("FAILED_PRECONDITION", "ANSWER_TOO_LARGE"),
    service.UnknownDataset: ("NOT_FOUND", "UNKNOWN_DATASET"),
    service.DatasetInUse: ("FAILED_PRECONDITION", "DATASET_IN_USE"),
    service.QuotaExceeded: ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    service.WrongOffset: ("OUT_OF_RANGE", "WRONG_OFFSET"),
    service.WrongDigest: ("DATA_LOSS", "WRONG_DIGEST"),
    service.UnknownSession: ("NOT_FOUND", "UNKNOWN_SESSION"),
    service.GateClosed: ("FAILED_PRECONDITION", "GATE_CLOSED"),
    service.WrongState: ("FAILED_PRECONDITION", "WRONG_STATE"),
    service.DeliveryUnderWay: ("FAILED_PRECONDITION", "DELIVERY_UNDER_WAY"),
    service.QueueFull: ("RESOURCE_EXHAUSTED", "QUEUE_FULL"),
    service.DeadlineReached: ("DEADLINE_EXCEEDED", "DEADLINE"),
    service.Stopping: ("UNAVAILABLE", "STOPPING"),
    service.Cancelled: ("CANCELLED", "CANCELLED"),
    service.WorkerLost: ("INTERNAL", "WORKER_LOST"),
    service.OutOfMemory: ("RESOURCE_EXHAUSTED", "OUT_OF_MEMORY"),
    service.StoreError: ("UNAVAILABLE", "STORE_ERROR"),
    service.Unreachable: ("UNAVAILABLE", "UNREACHABLE"),
    service.ServiceError: ("INTERNAL", "SERVICE_ERROR"),
    library.C4eError: ("INTERNAL", "ERROR"),
    MemoryError: ("RESOURCE_EXHAUSTED", "OUT_OF_MEMORY"),
}

_ERRORS = {reason: error for error, (_, reason) in STATUSES.items() if issubclass(error, library.C4eError)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a caller sees of an error."""

    code: str  # name of a google.rpc code
    reason: str  # stable, for programs
    message: str  # for people
    issues: tuple[Issue, ...] = ()
    retry_s: float = 0.0  # when to try again; 0 where the reason alone says

    def to_json(self) -> str:
        """The failure as a store keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Failure:
        """Restore a failure."""
        content: dict[str, Any] = json.loads(text)
        issues = tuple(Issue(**issue) for issue in content.pop("issues"))
        return cls(**content, issues=issues)

    def error(self) -> library.C4eError:
        """The failure as an error of its own kind, to be raised on this side of a wire or a pipe."""
        kind = _ERRORS.get(self.reason)
        if kind is library.InvalidInput:
            return library.InvalidInput(self.issues or [Issue("", "input", self.message)])
        if kind is not None and issubclass(kind, service.QueueFull | service.RateLimited):
            return kind(self.message, self.retry_s or 1.0)
        return RequestFailed(self) if kind is None else kind(self.message)


class RequestFailed(service.ServiceError):
    """A request failed for a reason that has no class of its own."""

    def __init__(self, failure: Failure) -> None:
        """Keep the failure and say its sentence."""
        super().__init__(failure.message)
        self.failure = failure


def failure_of(error: BaseException) -> Failure:
    """What a caller sees of an error; of one that nobody foresaw, nothing but that it happened."""
    if isinstance(error, RequestFailed):
        return error.failure
    if isinstance(error, library.InvalidInput):
        count = len(error.issues)
        message = f"the input has {count} issue{'s' if count != 1 else ''}; the first is {error.issues[0]}"
        return Failure(code="INVALID_ARGUMENT", reason="INVALID_INPUT", message=message, issues=error.issues)
    for kind in type(error).__mro__:
        if kind in STATUSES:
            code, reason = STATUSES[kind]
            message = str(error) or "the problem needs more memory than a solve may take"
            return Failure(code=code, reason=reason, message=message, retry_s=getattr(error, "retry_s", 0.0))
    return Failure(code="INTERNAL", reason="INTERNAL", message="the service failed; its log says where")
