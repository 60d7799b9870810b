"""Tables of the one database, the same on SQLite and PostgreSQL; `migrations` makes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, Numeric, Table, Text, text
from sqlalchemy.dialects.sqlite import REAL
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData()

#: 64 bits on both databases.
Whole = BigInteger().with_variant(Integer, "sqlite")
#: Seconds since 1970 with fractions.
Moment: TypeEngine[Any] = cast("Any", Double)().with_variant(REAL, "sqlite")


class Digits(TypeDecorator[int]):
    """Integers of any size: NUMERIC on PostgreSQL, text on SQLite, whose numbers end at 64 bits."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of a database."""
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        """An integer as the database takes it."""
        if value is None:
            return None
        return Decimal(value) if dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """An integer as it was given."""
        return None if value is None else int(value)


def _table(name: str, *columns: Column[Any] | Index) -> Table:
    return Table(name, metadata, *columns, sqlite_strict=True)


def _text(name: str, **more: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **more)


def _whole(name: str, **more: Any) -> Column[int]:
    return Column(name, Whole, nullable=False, **more)


#: Requests by id. `message` is what the caller sent; it is solved again when the service dies before it has an answer.
#: One that was deleted keeps its row, so that its id stays taken.
requests = _table(
    "requests",
    Column("place", Whole, primary_key=True, autoincrement=True),  # order of arrival
    _text("id", unique=True),
    _text("content"),  # SHA-256 of the message
    Column("message", LargeBinary, nullable=False),  # a SolveRequest
    _text("state", index=True),  # queued, done, failed or deleted
    _text("case_name", default=""),
    _text("reason", default=""),  # why the solve ended
    Column("failure", Text),  # a Failure as JSON
    _text("batch_id", default=""),
    _text("tenant", default="", server_default=text("''")),  # whose it is; `id` begins with it, too
    Column("submitted", Moment, nullable=False),
    Column("started", Moment),
    Column("ended", Moment),
    _text("asked", default="", server_default=text("''")),  # SHA-256 of what it asks, whatever its id
    _whole("priority", default=0, server_default=text("0")),
    Column("deadline", Moment),  # seconds since 1970
    _text("owner", default="", server_default=text("''")),  # which of the services on this database has it
    _whole("fence", default=0, server_default=text("0")),  # grows whenever another one takes it up
    Column("leased", Moment, nullable=False, default=0.0, server_default=text("0")),  # until when it is its owner's
    _whole("wish_end", default=0, server_default=text("0")),  # whether the owner is to cancel it, 0 or 1
    _whole("revision", default=0, server_default=text("0")),  # of its last change that is kept, see `progress`
    _text("changes", default="", server_default=text("''")),  # of its last solve, as JSON
    _text("dataset", default="", server_default=text("''")),  # SHA-256 of the one that holds its case; empty for none
    Index("requests_by_tenant", "tenant", "place"),
    Index("requests_by_question", "tenant", "asked"),
)

answers = _table(
    "answers",
    Column("id", Text, primary_key=True),
    Column("response", LargeBinary, nullable=False),  # a SolveResponse
)

statements = _table(
    "statements",
    Column("id", Text, primary_key=True),
    Column("statement", LargeBinary, nullable=False),  # a Statement
)

#: Cases too large for a message, by tenant and content.
datasets = _table(
    "datasets",
    Column("place", Whole, primary_key=True, autoincrement=True),
    _text("tenant"),
    _text("digest"),  # SHA-256 of its content
    _whole("size"),  # bytes, as declared
    _whole("received"),  # bytes that are there, from the first on
    _whole("complete"),  # whether all are there and have the digest, 0 or 1
    Column("created", Moment, nullable=False),
    Column("used", Moment, nullable=False),  # when it was last written or named by a request
    Index("datasets_by_digest", "tenant", "digest", unique=True),
)

#: Their content in blocks of one size, the last one shorter; numbered from 0.
dataset_blocks = _table(
    "dataset_blocks",
    Column("dataset", Whole, primary_key=True, autoincrement=False),  # its place
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

#: Batches on their way to the ledger, kept after delivery; see `store.outbox.Delivery` for the states.
outbox = _table(
    "outbox",
    Column("place", Whole, primary_key=True, autoincrement=True),
    _text("batch_id", unique=True),
    Column("request_id", Text, index=True),  # none where no request made it
    Column("batch", LargeBinary, nullable=False),  # a Batch
    _text("state", index=True),
    _whole("attempts", default=0),
    Column("next_try", Moment, nullable=False, default=0.0),
    _text("reference", default=""),  # the ledger's own name for it
    _text("detail", default=""),  # what the ledger said last
    Column("created", Moment, nullable=False),
)

#: The journal's chain: the genesis at place 0, then batches and closings. Nothing in it is ever changed.
entries = _table(
    "entries",
    Column("place", Whole, primary_key=True, autoincrement=False),
    _text("kind"),  # genesis, batch or closing
    _text("id", unique=True),
    _text("digest"),  # SHA-256 of `content`
    _text("reverses", index=True),  # id of the batch that this one takes back
    _text("ends"),  # id of the hold that this one ends
    _whole("expires"),  # of a hold, seconds since 1970
    _text("adjusts"),  # id of the reversed batch in whose place this one stands, though its period is closed
    _whole("first"),  # place of the first posting
    _whole("postings"),  # how many there are
    _whole("booked"),  # seconds since 1970
    Column("content", LargeBinary, nullable=False),  # JSON
    _text("chain"),  # SHA-256 over the chain of the entry before and all columns above
    _text("signature"),  # Ed25519 over the chain
)

assets = _table(
    "assets",
    Column("id", Text, primary_key=True),
    _text("kind"),
    _whole("decimals"),
    _whole("entry"),  # the first that named it
)

#: What batches say, one row per account, asset and step. It follows from the entries, as do balances and holds.
postings = _table(
    "postings",
    Column("place", Whole, primary_key=True, autoincrement=False),
    _whole("entry"),
    _text("account"),
    _text("asset"),
    Column("amount", Digits, nullable=False),
    _whole("step"),
    _whole("start"),  # seconds since 1970
    _whole("seconds"),
    Index("postings_by_account", "account", "place"),
)

balances = _table(
    "balances",
    Column("account", Text, primary_key=True),
    Column("asset", Text, primary_key=True),
    Column("amount", Digits, nullable=False),
)

holds = _table(
    "holds",
    Column("id", Text, primary_key=True),  # of the batch
    _whole("entry"),
    _whole("expires"),
    _text("ended_by"),  # id of the batch that ended it; empty while it holds
)

#: Moments before which the books are closed.
closings = _table(
    "closings",
    Column("entry", Whole, primary_key=True, autoincrement=False),
    _whole("until"),  # seconds since 1970
)

#: Heads of the chain, signed, for others to keep.
anchors = _table(
    "anchors",
    Column("number", Whole, primary_key=True, autoincrement=False),
    _whole("entry"),
    _text("chain"),
    _whole("made"),  # seconds since 1970
    _text("signature"),
)

#: Market sessions; everything else about one follows from its events.
market_sessions = _table(
    "market_sessions",
    Column("place", Whole, primary_key=True, autoincrement=True),
    _text("tenant"),
    _text("id"),
    _text("series", index=True),  # of a rolling market; empty otherwise
    _whole("slot"),  # which one of the series, from 0
    _text("content"),  # SHA-256 of what its caller sent; empty where the series made it
    Column("message", LargeBinary, nullable=False),  # an OpenMarketSessionRequest
    _text("state", index=True),  # follows from the events
    _whole("revision"),  # of the last event
    Index("market_sessions_by_id", "tenant", "id", unique=True),
)

#: What happened in a session, in order. Nothing in it is ever changed.
market_events = _table(
    "market_events",
    Column("session", Whole, primary_key=True, autoincrement=False),  # its place
    Column("revision", Whole, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("party"),
    Column("request_id", Text),  # none where nobody asked for it
    _text("content"),  # SHA-256 of the request
    Column("body", LargeBinary, nullable=False),  # see `sessions.log`
    Column("at", Moment, nullable=False),
    Index("market_events_by_request", "session", "party", "request_id", unique=True),
)

#: What came of a session: "public", "answer" (a SolveResponse), or "party".
market_results = _table(
    "market_results",
    Column("session", Whole, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("party", Text, primary_key=True),  # empty unless it is that of a party
    Column("body", LargeBinary, nullable=False),
)

#: Statements of a session by the revision that made them.
market_statements = _table(
    "market_statements",
    Column("session", Whole, primary_key=True, autoincrement=False),
    Column("revision", Whole, primary_key=True, autoincrement=False),
    _text("batch_id"),
    _whole("posted"),  # whether the batch was put on its way, 0 or 1
    Column("run", LargeBinary, nullable=False),  # a MeteringRun; empty of the clearing
    Column("statement", LargeBinary, nullable=False),  # a Statement
)

#: Dispatch sessions; everything else about one follows from its events.
dispatch_sessions = _table(
    "dispatch_sessions",
    Column("place", Whole, primary_key=True, autoincrement=True),
    _text("tenant"),
    _text("id"),
    _text("content"),  # SHA-256 of what its caller sent
    Column("message", LargeBinary, nullable=False),  # an OpenDispatchSessionRequest
    _whole("by_itself"),  # whether its clock or its data may start a dispatch, 0 or 1
    _text("state", index=True),  # open or closed
    _whole("revision"),  # of the last event
    Index("dispatch_sessions_by_id", "tenant", "id", unique=True),
)

#: What happened in a dispatch session, in order. Nothing in it is ever changed.
dispatch_events = _table(
    "dispatch_events",
    Column("session", Whole, primary_key=True, autoincrement=False),  # its place
    Column("revision", Whole, primary_key=True, autoincrement=False),
    _text("kind"),
    Column("request_id", Text),  # none where the clock or new data caused it
    _text("content"),  # SHA-256 of the request
    Column("asked", LargeBinary, nullable=False),  # the request
    Column("answered", LargeBinary, nullable=False),  # SetPoints, or a RecordMeasurementsResponse
    Column("at", Moment, nullable=False),
    Index("dispatch_events_by_request", "session", "request_id", unique=True),
)

#: The last schedule of every dispatch session, from which the next dispatch begins.
dispatch_plans = _table(
    "dispatch_plans",
    Column("session", Whole, primary_key=True, autoincrement=False),
    _whole("revision"),  # of the dispatch that made it
    _whole("begin"),  # its first step
    Column("steps", LargeBinary, nullable=False),  # a Case: what it looks at
    _text("states"),  # JSON: how components stood before it
    Column("basis", LargeBinary, nullable=False),  # where the next dispatch may start; empty for none
    Column("response", LargeBinary, nullable=False),  # a SolveResponse
)

#: The journal's tables in which rows are only ever added.
APPEND_ONLY = (entries, assets, postings, closings, anchors)
