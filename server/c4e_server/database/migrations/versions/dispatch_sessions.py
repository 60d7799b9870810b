"""Tables of dispatch sessions."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _whole() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment() -> Any:
    return cast("Any", sa.Double)().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "dispatch_sessions",
        sa.Column("place", _whole(), autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("by_itself", _whole(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", _whole(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_dispatch_sessions_state"), "dispatch_sessions", ["state"], unique=False)
    op.create_index("dispatch_sessions_by_id", "dispatch_sessions", ["tenant", "id"], unique=True)
    op.create_table(
        "dispatch_events",
        sa.Column("session", _whole(), autoincrement=False, nullable=False),
        sa.Column("revision", _whole(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("answered", sa.LargeBinary(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("session", "revision"),
        sqlite_strict=True,
    )
    op.create_index("dispatch_events_by_request", "dispatch_events", ["session", "request_id"], unique=True)
    op.create_table(
        "dispatch_plans",
        sa.Column("session", _whole(), autoincrement=False, nullable=False),
        sa.Column("revision", _whole(), nullable=False),
        sa.Column("begin", _whole(), nullable=False),
        sa.Column("steps", sa.LargeBinary(), nullable=False),
        sa.Column("states", sa.Text(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session"),
        sqlite_strict=True,
    )
