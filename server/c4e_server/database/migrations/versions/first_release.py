"""The tables of the first release."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = ("entries", "assets", "postings", "closings", "anchors")
_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$
"""


def _whole() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment() -> Any:
    return cast("Any", sa.Double)().with_variant(sa.REAL(), "sqlite")


def _digits() -> Any:
    return sa.Text().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    """Make the tables, and let nothing that was booked be changed or deleted."""
    _make_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        for table in _APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in _APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
            )


def _make_tables() -> None:
    op.create_table(
        "anchors",
        sa.Column("number", _whole(), autoincrement=False, nullable=False),
        sa.Column("entry", _whole(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("made", _whole(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_strict=True,
    )
    op.create_table(
        "answers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "assets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("decimals", _whole(), nullable=False),
        sa.Column("entry", _whole(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "balances",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", _digits(), nullable=False),
        sa.PrimaryKeyConstraint("account", "asset"),
        sqlite_strict=True,
    )
    op.create_table(
        "closings",
        sa.Column("entry", _whole(), autoincrement=False, nullable=False),
        sa.Column("until", _whole(), nullable=False),
        sa.PrimaryKeyConstraint("entry"),
        sqlite_strict=True,
    )
    op.create_table(
        "entries",
        sa.Column("place", _whole(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("reverses", sa.Text(), nullable=False),
        sa.Column("ends", sa.Text(), nullable=False),
        sa.Column("expires", _whole(), nullable=False),
        sa.Column("adjusts", sa.Text(), nullable=False),
        sa.Column("first", _whole(), nullable=False),
        sa.Column("postings", _whole(), nullable=False),
        sa.Column("booked", _whole(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sa.UniqueConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_entries_reverses"), "entries", ["reverses"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("entry", _whole(), nullable=False),
        sa.Column("expires", _whole(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "outbox",
        sa.Column("place", _whole(), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("batch", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", _whole(), nullable=False),
        sa.Column("next_try", _moment(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sa.UniqueConstraint("batch_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_outbox_request_id"), "outbox", ["request_id"], unique=False)
    op.create_index(op.f("ix_outbox_state"), "outbox", ["state"], unique=False)
    op.create_table(
        "postings",
        sa.Column("place", _whole(), autoincrement=False, nullable=False),
        sa.Column("entry", _whole(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", _digits(), nullable=False),
        sa.Column("step", _whole(), nullable=False),
        sa.Column("start", _whole(), nullable=False),
        sa.Column("seconds", _whole(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sqlite_strict=True,
    )
    op.create_index("postings_by_account", "postings", ["account", "place"], unique=False)
    op.create_table(
        "requests",
        sa.Column("place", _whole(), autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("case_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("submitted", _moment(), nullable=False),
        sa.Column("started", _moment(), nullable=True),
        sa.Column("ended", _moment(), nullable=True),
        sa.PrimaryKeyConstraint("place"),
        sa.UniqueConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_requests_state"), "requests", ["state"], unique=False)
    op.create_table(
        "statements",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
