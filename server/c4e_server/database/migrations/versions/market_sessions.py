"""Tables of market sessions."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _whole() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment() -> Any:
    return cast("Any", sa.Double)().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "market_sessions",
        sa.Column("place", _whole(), autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("slot", _whole(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", _whole(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_market_sessions_series"), "market_sessions", ["series"], unique=False)
    op.create_index(op.f("ix_market_sessions_state"), "market_sessions", ["state"], unique=False)
    op.create_index("market_sessions_by_id", "market_sessions", ["tenant", "id"], unique=True)
    op.create_table(
        "market_events",
        sa.Column("session", _whole(), autoincrement=False, nullable=False),
        sa.Column("revision", _whole(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("session", "revision"),
        sqlite_strict=True,
    )
    op.create_index("market_events_by_request", "market_events", ["session", "party", "request_id"], unique=True)
    op.create_table(
        "market_results",
        sa.Column("session", _whole(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session", "kind", "party"),
        sqlite_strict=True,
    )
    op.create_table(
        "market_statements",
        sa.Column("session", _whole(), autoincrement=False, nullable=False),
        sa.Column("revision", _whole(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("posted", _whole(), nullable=False),
        sa.Column("run", sa.LargeBinary(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session", "revision"),
        sqlite_strict=True,
    )
