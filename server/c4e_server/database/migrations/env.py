"""Where alembic begins: migrations run on the connection, and in the transaction, of whoever asks for them."""

from __future__ import annotations

from alembic import context

from c4e_server.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=True,
)
context.run_migrations()
