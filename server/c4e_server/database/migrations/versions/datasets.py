"""Datasets, and revisions of requests."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _whole() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment() -> Any:
    return cast("Any", sa.Double)().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Make the tables, and give every request the first revision of its lease."""
    op.add_column("requests", sa.Column("revision", _whole(), nullable=False, server_default=sa.text("0")))
    for name in ("changes", "dataset"):
        op.add_column("requests", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    op.execute("UPDATE requests SET revision = fence * 4294967296 + CASE WHEN state = 'queued' THEN 0 ELSE 1 END")
    op.create_table(
        "datasets",
        sa.Column("place", _whole(), autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", _whole(), nullable=False),
        sa.Column("received", _whole(), nullable=False),
        sa.Column("complete", _whole(), nullable=False),
        sa.Column("created", _moment(), nullable=False),
        sa.Column("used", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sqlite_strict=True,
    )
    op.create_index("datasets_by_digest", "datasets", ["tenant", "digest"], unique=True)
    op.create_table(
        "dataset_blocks",
        sa.Column("dataset", _whole(), autoincrement=False, nullable=False),
        sa.Column("number", _whole(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "number"),
        sqlite_strict=True,
    )
