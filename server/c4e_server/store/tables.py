"""The tables of the store, among those of the one database."""

from __future__ import annotations

from c4e_server.database.tables import answers, dataset_blocks, datasets, outbox, requests, statements

__all__ = ["answers", "dataset_blocks", "datasets", "outbox", "requests", "statements"]
