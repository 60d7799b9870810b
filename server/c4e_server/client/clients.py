"""The client: one connection with the methods of every service, in a form that waits and in one that is awaited."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from c4e_server.client.connection import Wire
from c4e_server.client.datasets import AsyncDatasets, Datasets
from c4e_server.client.dispatch import AsyncDispatches, Dispatches
from c4e_server.client.jobs import JobMethods
from c4e_server.client.ledger import LedgerMethods
from c4e_server.client.markets import AsyncMarkets, Markets
from c4e_server.client.trading import AsyncTrading, Trading
from c4e_server.security.access import Access

PATIENCE_S = 30.0


class Client(JobMethods, LedgerMethods, Trading):
    """One connection; may be shared between threads."""

    def __init__(self, address: str, access: Access | None = None, *, patience_s: float = PATIENCE_S) -> None:
        """Prepare to call a service; the first call connects.

        Args:
            address: Host and port, such as 127.0.0.1:50551.
            access: What is shown to the service, and whom it must prove to be; what the environment says when None.
            patience_s: For how long a call is repeated, from its first failure on, while it fails for a reason that
                passes: the service is gone, or has no room and says when it will. 0 for never.

        Raises:
            InvalidConfig: A file of the access cannot be used.
        """
        self.address = address
        self.wire = Wire(address, access, patience_s, awaited=False)
        #: Market sessions of the service.
        self.markets = Markets(self.wire)
        #: Dispatch sessions of the service.
        self.sites = Dispatches(self.wire)
        #: Datasets that the service keeps.
        self.datasets = Datasets(self.wire)

    def __enter__(self) -> Self:
        """Use as a context that closes the connection."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.wire.channel.close()


class AsyncClient(JobMethods, LedgerMethods, AsyncTrading):
    """One connection, of the event loop in which it was made; the same methods as `Client`, to be awaited."""

    def __init__(self, address: str, access: Access | None = None, *, patience_s: float = PATIENCE_S) -> None:
        """Prepare to call a service, as `Client` does."""
        self.address = address
        self.wire = Wire(address, access, patience_s, awaited=True)
        #: Market sessions of the service.
        self.markets = AsyncMarkets(self.wire)
        #: Dispatch sessions of the service.
        self.sites = AsyncDispatches(self.wire)
        #: Datasets that the service keeps.
        self.datasets = AsyncDatasets(self.wire)

    async def __aenter__(self) -> Self:
        """Use as a context that closes the connection."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        await self.wire.channel.close()
