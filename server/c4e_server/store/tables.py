"""Tables of the service's own database."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, LargeBinary, MetaData, String, Table, Text

#: Raised with every change of the tables; a database of another version is refused.
VERSION = 1

metadata = MetaData()

#: Requests by id. `message` is what the caller sent; it is solved again when the service dies before it has an answer.
requests = Table(
    "requests",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=True),  # order of arrival
    Column("id", String, nullable=False, unique=True),
    Column("content", String, nullable=False),  # SHA-256 of the message
    Column("message", LargeBinary, nullable=False),  # a SolveRequest
    Column("state", String, nullable=False, index=True),  # queued, done or failed
    Column("case_name", String, nullable=False, default=""),
    Column("reason", String, nullable=False, default=""),  # why the solve ended
    Column("failure", Text),  # a Failure as JSON
    Column("batch_id", String, nullable=False, default=""),
    Column("submitted", Float, nullable=False),  # seconds since 1970
    Column("started", Float),
    Column("ended", Float),
)

answers = Table(
    "answers",
    metadata,
    Column("id", String, primary_key=True),
    Column("response", LargeBinary, nullable=False),  # a SolveResponse
)

statements = Table(
    "statements",
    metadata,
    Column("id", String, primary_key=True),
    Column("statement", LargeBinary, nullable=False),  # a Statement
)

#: Batches on their way to the ledger, kept after delivery.
outbox = Table(
    "outbox",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=True),
    Column("batch_id", String, nullable=False, unique=True),
    Column("request_id", String, nullable=False, index=True),
    Column("batch", LargeBinary, nullable=False),  # a Batch
    Column("state", String, nullable=False, index=True),  # waiting, delivered or refused
    Column("attempts", Integer, nullable=False, default=0),
    Column("detail", Text, nullable=False, default=""),  # what the ledger said last
)
