"""Requests are leased to one of the services that share the database, and answers are found by what was asked."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _whole() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment() -> Any:
    return cast("Any", sa.Double)().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Add the columns; what has no answer yet belongs to nobody."""
    for name in ("asked", "owner"):
        op.add_column("requests", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    for name in ("priority", "fence", "wish_end"):
        op.add_column("requests", sa.Column(name, _whole(), nullable=False, server_default=sa.text("0")))
    op.add_column("requests", sa.Column("deadline", _moment(), nullable=True))
    op.add_column("requests", sa.Column("leased", _moment(), nullable=False, server_default=sa.text("0")))
    op.create_index("requests_by_question", "requests", ["tenant", "asked"], unique=False)
