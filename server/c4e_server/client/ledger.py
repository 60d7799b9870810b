"""The ledger and what is on its way to it, from the caller's side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.message import Message

from c4e.opt.v1 import delivery_pb2, ledger_pb2
from c4e_opt.settlement import Asset, Receipt, State
from c4e_server.client.acts import Call, Flow, Item, Steps, Stream
from c4e_server.client.methods import Answers, Streams
from c4e_server.convert.statement import assets_from_proto


class LedgerMethods:
    """Methods of the services that read the ledger and watch over deliveries to it."""

    @Answers
    def balances(self, asset: str = "") -> Steps[tuple[Mapping[str, Mapping[str, int]], Mapping[str, Asset]]]:
        """Minor units by account and asset, and the assets by id."""
        answer = yield from Call(
            method="LedgerService/ListBalances",
            request=ledger_pb2.ListBalancesRequest(asset=asset),
            answer=ledger_pb2.ListBalancesResponse,
        )
        found: dict[str, dict[str, int]] = {}
        for balance in answer.balances:
            found.setdefault(balance.account, {})[balance.asset] = int(balance.amount)
        return found, {asset.id: asset for asset in assets_from_proto(answer.assets)}

    @Answers
    def batch(self, batch_id: str) -> Steps[Receipt]:
        """What the ledger knows of a batch."""
        answer = yield from Call(
            method="LedgerService/GetBatch",
            request=ledger_pb2.GetBatchRequest(batch_id=batch_id),
            answer=ledger_pb2.GetBatchResponse,
        )
        return Receipt(
            batch_id=answer.batch_id,
            state=State[ledger_pb2.BatchState.Name(answer.state).removeprefix("BATCH_STATE_")],
            digest=answer.digest,
            postings=answer.postings,
            reference=answer.reference,
            reverses=answer.reverses,
            detail=answer.detail,
        )

    @Streams
    def postings(
        self, *, account: str = "", asset: str = "", batch_id: str = "", page_size: int = 0
    ) -> Flow[ledger_pb2.LedgerPosting]:
        """Postings in the order in which they were booked, page by page."""
        token = ""
        while True:
            request = ledger_pb2.ListPostingsRequest(
                account=account, asset=asset, batch_id=batch_id, page_size=page_size, page_token=token
            )
            page = yield from Call(
                method="LedgerService/ListPostings", request=request, answer=ledger_pb2.ListPostingsResponse
            )
            for posting in page.postings:
                yield Item(posting)
            token = page.next_page_token
            if not token:
                return

    @Streams
    def journal(self, first_place: int = 0) -> Flow[Mapping[str, Any]]:
        """The journal itself: rows of its entries in order, then of its anchors, as `ledgers.copies` writes them."""
        entry: dict[str, Any] = {}
        length, numbers = 0, set[int]()

        def request(_: ledger_pb2.ExportJournalResponse | None) -> ledger_pb2.ExportJournalRequest:
            """From the entry on whose content has not come whole."""
            place = entry["place"] + (len(entry["content"]) == length) if entry else first_place
            return ledger_pb2.ExportJournalRequest(first_place=place)

        parts = Stream(method="LedgerService/ExportJournal", request=request, answer=ledger_pb2.ExportJournalResponse)
        while (part := (yield from parts)) is not None:
            if part.HasField("anchor"):
                if part.anchor.number not in numbers:
                    numbers.add(part.anchor.number)
                    yield Item(_row(part.anchor))
                continue
            if part.HasField("entry"):
                entry = _row(part.entry)
                length = entry.pop("content_bytes")
                entry["content"] = b""
            else:
                entry["content"] += part.content
            if len(entry["content"]) == length:
                yield Item(dict(entry))

    @Streams
    def deliveries(self, states: Iterable[str] = ()) -> Flow[delivery_pb2.Delivery]:
        """Batches on their way to the ledger, those in one of these states, in order, page by page."""
        wanted = [f"DELIVERY_STATE_{state.upper()}" for state in states]
        token = ""
        while True:
            request = delivery_pb2.ListDeliveriesRequest(states=wanted, page_token=token)
            page = yield from Call(
                method="DeliveryService/ListDeliveries", request=request, answer=delivery_pb2.ListDeliveriesResponse
            )
            for delivery in page.deliveries:
                yield Item(delivery)
            token = page.next_page_token
            if not token:
                return

    @Answers
    def replay(self, batch_id: str) -> Steps[delivery_pb2.Delivery]:
        """Send a dead letter on its way again."""
        answer = yield from Call(
            method="DeliveryService/ReplayDelivery",
            request=delivery_pb2.ReplayDeliveryRequest(batch_id=batch_id),
            answer=delivery_pb2.ReplayDeliveryResponse,
            repeatable=False,
        )
        return answer.delivery

    @Answers
    def void(self, batch_id: str, reason: str) -> Steps[delivery_pb2.Delivery]:
        """Give a dead letter up."""
        answer = yield from Call(
            method="DeliveryService/VoidDelivery",
            request=delivery_pb2.VoidDeliveryRequest(batch_id=batch_id, reason=reason),
            answer=delivery_pb2.VoidDeliveryResponse,
            repeatable=False,
        )
        return answer.delivery


def _row(message: Message) -> dict[str, Any]:
    return {field.name: getattr(message, field.name) for field in message.DESCRIPTOR.fields}
