"""The gRPC services: messages in, the desk's and the ledger's answers out."""
