"""Requests belong to tenants; those that were there before belong to the one without a name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tenant, and the order of every tenant's requests."""
    op.add_column("requests", sa.Column("tenant", sa.Text(), nullable=False, server_default=""))
    op.create_index("requests_by_tenant", "requests", ["tenant", "place"], unique=False)
