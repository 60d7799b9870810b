"""A ledger on a chain of the Cosmos SDK: transfers of denoms through a clearing account, holds in a contract."""

from c4e_server.ledgers.cosmos.adapter import CosmosLedger
from c4e_server.ledgers.cosmos.setup import CosmosSetup, Denom, read_setup

__all__ = ["CosmosLedger", "CosmosSetup", "Denom", "read_setup"]
