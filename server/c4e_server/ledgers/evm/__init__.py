"""A ledger on an Ethereum virtual machine: batches in a contract, signed, numbered and paid for by one operator."""
