"""The marketplace's own ledger: whatever implements `LedgerAdapterService`, called over gRPC."""
