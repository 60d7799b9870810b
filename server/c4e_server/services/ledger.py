"""The ledger's books: calls that only read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import asdict

from c4e.opt.v1 import ledger_pb2
from c4e_opt.errors import UnsupportedProgram
from c4e_opt.settlement import Ledger
from c4e_server.convert.statement import assets_to_proto
from c4e_server.errors import NotAllowed
from c4e_server.ledgers.chain import LINKED
from c4e_server.ledgers.journal import Journal
from c4e_server.ledgers.reading import ReadableLedger
from c4e_server.security.books import Books
from c4e_server.security.identity import caller
from c4e_server.services.answering import Context
from c4e_server.services.requests import page_from_token

_PAGE = 1000
_AT_ONCE = 20  # entries that are read from the journal at once
_PART = 2**20  # bytes of content in one message


class LedgerService:
    """Reads the ledger that settled requests are posted to."""

    def __init__(self, ledger: Ledger, books: Books, journal: Journal) -> None:
        """Serve a ledger, whose books are somebody's, and the service's own journal."""
        self._ledger = ledger
        self._books = books
        self._journal = journal

    async def list_balances(
        self, request: ledger_pb2.ListBalancesRequest, context: Context
    ) -> ledger_pb2.ListBalancesResponse:
        """List what every account holds."""
        who = caller()
        if not self._books.owned_by(who):
            return ledger_pb2.ListBalancesResponse()
        own = self._books.accounts(who)
        balances = await asyncio.to_thread(self._ledger.balances, request.asset or None)
        assets = await asyncio.to_thread(self._ledger.assets) if isinstance(self._ledger, ReadableLedger) else ()
        return ledger_pb2.ListBalancesResponse(
            balances=[
                ledger_pb2.Balance(account=account, asset=asset, amount=str(amount))
                for account, amounts in balances.items()
                if own is None or account in own
                for asset, amount in amounts.items()
            ],
            assets=assets_to_proto(assets),
        )

    async def get_batch(self, request: ledger_pb2.GetBatchRequest, context: Context) -> ledger_pb2.GetBatchResponse:
        """Return what the ledger knows of a batch."""
        if not self._books.owned_by(caller()):
            return ledger_pb2.GetBatchResponse(batch_id=request.batch_id, state=ledger_pb2.BATCH_STATE_UNKNOWN)
        receipt = await asyncio.to_thread(self._ledger.status, request.batch_id)
        return ledger_pb2.GetBatchResponse(
            batch_id=receipt.batch_id,
            state=f"BATCH_STATE_{receipt.state.name}",
            digest=receipt.digest,
            postings=receipt.postings,
            reference=receipt.reference,
            reverses=receipt.reverses,
            detail=receipt.detail,
        )

    async def list_postings(
        self, request: ledger_pb2.ListPostingsRequest, context: Context
    ) -> ledger_pb2.ListPostingsResponse:
        """List postings in the order in which they were booked."""
        who = caller()
        own = self._books.accounts(who)
        if own is not None and request.account not in own:
            raise NotAllowed(f"party {who.party!r} reads its own accounts; name one of {', '.join(sorted(own))}")
        if not self._books.owned_by(who):
            return ledger_pb2.ListPostingsResponse()
        if not isinstance(self._ledger, ReadableLedger):
            raise UnsupportedProgram("this ledger does not list its postings; ask for batches and balances")
        size = request.page_size or _PAGE
        after = page_from_token(request.page_token) or 0
        entries = await asyncio.to_thread(
            self._ledger.entries,
            account=request.account,
            asset=request.asset,
            batch_id=request.batch_id,
            after=after,
            limit=size + 1,
        )
        token = str(entries[size - 1].place) if len(entries) > size else ""
        return ledger_pb2.ListPostingsResponse(
            postings=[
                ledger_pb2.LedgerPosting(
                    id=entry.id,
                    batch_id=entry.batch_id,
                    account=entry.account,
                    asset=entry.asset,
                    amount=str(entry.amount),
                    period=entry.period,
                )
                for entry in entries[:size]
            ],
            next_page_token=token,
        )

    async def export_journal(
        self, request: ledger_pb2.ExportJournalRequest, context: Context
    ) -> AsyncGenerator[ledger_pb2.ExportJournalResponse]:
        """Stream the journal, then the anchors that it had when the first entry was read."""
        who = caller()
        if not self._books.owned_by(who):
            return
        anchors = await asyncio.to_thread(self._journal.anchors)
        place = request.first_place
        while rows := await asyncio.to_thread(self._journal.chained, place, _AT_ONCE):
            for row in rows:
                content = b"" if row["kind"] == "batch" and not who.reads_all else bytes(row["content"])
                entry = ledger_pb2.JournalEntry(
                    **{name: row[name] for name in (*LINKED, "chain", "signature")}, content_bytes=len(content)
                )
                yield ledger_pb2.ExportJournalResponse(entry=entry)
                for begin in range(0, len(content), _PART):
                    yield ledger_pb2.ExportJournalResponse(content=content[begin : begin + _PART])
            place = rows[-1]["place"] + 1
        for each in anchors:
            yield ledger_pb2.ExportJournalResponse(anchor=ledger_pb2.JournalAnchor(**asdict(each)))
