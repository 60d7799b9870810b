"""Deliveries to the ledger: what is on its way, and what an operator does with dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from c4e.opt.v1 import delivery_pb2
from c4e_server.security.books import Books
from c4e_server.security.identity import caller, name_of
from c4e_server.services.answering import Context
from c4e_server.services.requests import page_from_token
from c4e_server.store.outbox import AT_REST, Delivery, Parcel
from c4e_server.store.store import Store

_PAGE = 1000
_PREFIX = "DELIVERY_STATE_"


class DeliveryService:
    """Watches and mends deliveries."""

    def __init__(self, store: Store, wake: Callable[[], None], books: Books) -> None:
        """Serve a store.

        Args:
            store: Where the outbox is.
            wake: Called when there is something to deliver.
            books: Whose the ledger is.
        """
        self._books = books
        self._store = store
        self._wake = wake

    async def list_deliveries(
        self, request: delivery_pb2.ListDeliveriesRequest, context: Context
    ) -> delivery_pb2.ListDeliveriesResponse:
        """List deliveries in the order in which they were put in."""
        if not self._books.owned_by(caller()):
            return delivery_pb2.ListDeliveriesResponse()
        size = request.page_size or _PAGE
        names = [delivery_pb2.DeliveryState.Name(state).removeprefix(_PREFIX).lower() for state in request.states]
        states = [Delivery(name) for name in names if name != "unspecified"]
        after = page_from_token(request.page_token) or 0
        found = await asyncio.to_thread(self._store.outbox.parcels, states, after, size + 1)
        return delivery_pb2.ListDeliveriesResponse(
            deliveries=[delivery_to_proto(each) for each in found[:size]],
            next_page_token=str(found[size - 1].place) if len(found) > size else "",
        )

    async def replay_delivery(
        self, request: delivery_pb2.ReplayDeliveryRequest, context: Context
    ) -> delivery_pb2.ReplayDeliveryResponse:
        """Send a dead letter on its way again."""
        self._books.check_read(caller(), f"the outbox has no batch {request.batch_id!r}")
        await asyncio.to_thread(self._store.replay, request.batch_id)
        self._wake()
        parcel = await asyncio.to_thread(self._store.outbox.parcel, request.batch_id)
        return delivery_pb2.ReplayDeliveryResponse(delivery=delivery_to_proto(parcel))

    async def void_delivery(
        self, request: delivery_pb2.VoidDeliveryRequest, context: Context
    ) -> delivery_pb2.VoidDeliveryResponse:
        """Give a dead letter up."""
        self._books.check_read(caller(), f"the outbox has no batch {request.batch_id!r}")
        await asyncio.to_thread(self._store.void, request.batch_id, request.reason)
        self._wake()
        parcel = await asyncio.to_thread(self._store.outbox.parcel, request.batch_id)
        return delivery_pb2.VoidDeliveryResponse(delivery=delivery_to_proto(parcel))


def delivery_to_proto(parcel: Parcel) -> delivery_pb2.Delivery:
    """Write a delivery."""
    return delivery_pb2.Delivery(
        batch_id=parcel.batch_id,
        request_id=name_of(parcel.request_id),
        state=f"{_PREFIX}{parcel.state.upper()}",
        attempts=parcel.attempts,
        next_try=0.0 if parcel.state in AT_REST else parcel.next_try,
        reference=parcel.reference,
        detail=parcel.detail,
        created=parcel.created,
    )
