"""Ledger adapters, and the one place that knows them all by name."""
