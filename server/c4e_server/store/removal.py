"""Deleting requests: what goes, what stays of them, and which may not go yet; each function is within a transaction.

The row of a request stays with its id and the digest of its message, so that the id is never solved as a new one. What
was posted stays explained: its statement is not deleted, and the outbox and the journal keep the batch in any case.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, delete, exists, not_, or_, select, update

from c4e_server.errors import RequestDeleted, RequestIdReused, RequestUnderWay, UnknownRequest
from c4e_server.security.identity import name_of
from c4e_server.store.outbox import Delivery
from c4e_server.store.records import DELETED, ENDED
from c4e_server.store.tables import answers, outbox, requests, statements

#: States of a batch in which nobody asks any more for the request that made it.
_SETTLED = (Delivery.DELIVERED, Delivery.VOID)
_ON_ITS_WAY = (
    exists().where(outbox.c.batch_id == requests.c.batch_id, outbox.c.state.not_in(_SETTLED)).correlate(requests)
)
_MAY_GO = and_(requests.c.state.in_(ENDED), or_(requests.c.batch_id == "", not_(_ON_ITS_WAY)))


def check_repeated(connection: Connection, request_id: str, content: str) -> None:
    """Refuse a message whose id was used otherwise.

    Raises:
        RequestIdReused: It came with another message.
        RequestDeleted: It was deleted.
    """
    known = connection.execute(select(requests.c.content, requests.c.state).where(requests.c.id == request_id)).one()
    name = name_of(request_id)
    if known.content != content:
        raise RequestIdReused(
            f"request id {name!r} is taken by another message; choose a new id, or repeat the message"
        )
    if known.state == DELETED:
        raise RequestDeleted(f"request {name!r} was deleted with its answer; choose a new id to solve it again")


def delete_one(connection: Connection, request_id: str) -> None:
    """Delete a request that has ended; one that was deleted stays so.

    Raises:
        UnknownRequest: There is none of this id.
        RequestUnderWay: It has not ended, or its batch is on its way to the ledger.
    """
    if _deleted(connection, requests.c.id == request_id):
        return
    row = connection.execute(select(requests.c.state, requests.c.batch_id).where(requests.c.id == request_id)).first()
    if row is None:
        raise unknown(request_id)
    name = name_of(request_id)
    if row.state in ENDED:
        raise RequestUnderWay(
            f"the batch of request {name!r} is not on the ledger for good; delete the request once it is, or was voided"
        )
    if row.state != DELETED:
        raise RequestUnderWay(f"request {name!r} has not ended; cancel it, or wait for its end")


def delete_ended(connection: Connection, before: float, limit: int) -> int:
    """Delete requests that ended before a moment, in seconds since 1970; how many they were, at most so many."""
    old = select(requests.c.id).where(_MAY_GO, requests.c.ended < before).order_by(requests.c.place).limit(limit)
    return len(_deleted(connection, requests.c.id.in_(old)))


def unknown(request_id: str) -> UnknownRequest:
    """What is said of a request that is not there."""
    return UnknownRequest(f"there is no request {name_of(request_id)!r}")


def _deleted(connection: Connection, which: Any) -> list[str]:
    """Delete those of these requests that may go; their ids."""
    nothing = {"message": b"", "failure": None, "changes": "", "case_name": "", "asked": "", "dataset": ""}
    going = update(requests).where(_MAY_GO, which).values(state=DELETED, **nothing)
    rows = connection.execute(going.returning(requests.c.id, requests.c.batch_id)).all()
    if rows:
        connection.execute(delete(answers).where(answers.c.id.in_([row.id for row in rows])))
        unposted = [row.id for row in rows if not row.batch_id]
        connection.execute(delete(statements).where(statements.c.id.in_(unposted)))
    return [row.id for row in rows]
