"""A client of the service, sync and async: domain objects in and out, errors as they are raised on the other side."""

from c4e_server.client.clients import PATIENCE_S, AsyncClient, Client
from c4e_server.client.dispatch import AsyncDispatches, Comparison, Dispatches
from c4e_server.client.jobs import ENDED, Solved
from c4e_server.client.markets import Accepted, AsyncMarkets, Markets, Order, Record

__all__ = [
    "ENDED",
    "PATIENCE_S",
    "Accepted",
    "AsyncClient",
    "AsyncDispatches",
    "AsyncMarkets",
    "Client",
    "Comparison",
    "Dispatches",
    "Markets",
    "Order",
    "Record",
    "Solved",
]
