"""Requests as rows of the database: what is kept of one, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, select

from c4e_server.failures import Failure
from c4e_server.store.outbox import Delivery
from c4e_server.store.tables import outbox, requests

QUEUED, DONE, FAILED, DELETED = "queued", "done", "failed", "deleted"
ENDED = (DONE, FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it is kept."""

    place: int
    id: str
    state: str
    case_name: str
    reason: str
    failure: Failure | None
    batch_id: str
    posted: bool
    ledger_says: str
    submitted: float
    started: float | None
    ended: float | None
    fence: int = 0  # of the lease under which it is at work
    revision: int = 0  # of the last change that is kept; see `progress`

    def before_its_end(self) -> Request:
        """The request as it was while it had no answer."""
        nothing = {"reason": "", "batch_id": "", "ledger_says": "", "failure": None, "ended": None, "started": None}
        return replace(self, state=QUEUED, posted=False, **nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A request without an answer that this service has taken up."""

    id: str
    fence: int  # under which it is to be finished
    asked: str
    priority: int
    deadline: float | None  # seconds since 1970
    dataset: str = ""  # that holds its case; empty where the message does
    case_name: str = ""  # empty until the case of a dataset is read


#: Requests with what became of their batches.
REQUESTS = select(
    *(column for column in requests.c if column.name not in ("content", "message", "changes")),
    outbox.c.state.label("posting"),
    outbox.c.detail,
).outerjoin_from(requests, outbox, outbox.c.batch_id == requests.c.batch_id)


def request_of(row: Any) -> Request:
    """A request as its row tells it."""
    return Request(
        place=row.place,
        id=row.id,
        state=row.state,
        case_name=row.case_name,
        reason=row.reason,
        failure=None if row.failure is None else Failure.from_json(row.failure),
        batch_id=row.batch_id,
        posted=row.posting == Delivery.DELIVERED,
        ledger_says="" if row.posting == Delivery.DELIVERED else row.detail or "",
        submitted=row.submitted,
        started=row.started,
        ended=row.ended,
        fence=row.fence,
        revision=row.revision,
    )


def is_open(request_id: str, fence: int | None) -> Any:
    """A request without an answer, under this fence where one is given."""
    waiting = and_(requests.c.id == request_id, requests.c.state == QUEUED)
    return waiting if fence is None else and_(waiting, requests.c.fence == fence)
