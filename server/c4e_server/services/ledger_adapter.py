"""The reference implementation of `LedgerAdapterService`: books of any adapter, offered to others over gRPC."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

import grpc.aio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from c4e.opt.v1 import ledger_adapter_pb2 as pb2
from c4e.opt.v1 import ledger_pb2
from c4e_opt.errors import InvalidInput, LedgerError, LedgerUnreachable, Unbalanced
from c4e_opt.issues import Issue
from c4e_opt.settlement import Ledger, State
from c4e_server.convert.receipt import balances_to_proto, receipt_to_proto
from c4e_server.convert.statement import batch_from_proto
from c4e_server.errors import BrokenMessage, InvalidConfig
from c4e_server.failures import Failure, RequestFailed
from c4e_server.ledgers.marketplace.line import LARGEST
from c4e_server.ledgers.marketplace.signing import key_id, reverse_text, submit_text, unproven
from c4e_server.security.tls import ServerTls
from c4e_server.services.answering import Context, handler_of

_PAGE = 1000
_LISTINGS = 8  # that are kept for their later pages
_STOP_S = 5.0

_Done = TypeVar("_Done")


class LedgerAdapterService:
    """Offers a ledger to others."""

    def __init__(self, ledger: Ledger, keys: Sequence[Ed25519PublicKey] = ()) -> None:
        """Offer a ledger.

        Args:
            ledger: The books.
            keys: Those that may sign what is booked; nothing needs a signature where there are none.
        """
        self._ledger = ledger
        self._keys: Mapping[str, Ed25519PublicKey] = {key_id(key): key for key in keys}
        self._listings: OrderedDict[str, list[ledger_pb2.Balance]] = OrderedDict()

    async def submit(self, request: pb2.SubmitRequest, context: Context) -> pb2.SubmitResponse:
        """Book a batch."""
        return await asyncio.to_thread(self._submit, request)

    def _submit(self, request: pb2.SubmitRequest) -> pb2.SubmitResponse:
        batch = batch_from_proto(request.batch)
        name = f"batch {batch.id[:12]}"
        if batch.starts.shape != batch.step_seconds.shape:
            raise BrokenMessage(f"{name} has {batch.starts.size} steps and {batch.step_seconds.size} lengths of them")
        if batch.digest != request.digest:
            raise BrokenMessage(f"{name} has digest {batch.digest}, not {request.digest} as it says")
        self._prove(name, submit_text(batch.id, batch.digest), request)

        def book() -> pb2.SubmitResponse:
            return pb2.SubmitResponse(receipt=receipt_to_proto(self._ledger.submit(batch)))

        def code() -> str:
            known = self._ledger.status(batch.id)
            other = known.state is not State.UNKNOWN and known.digest != batch.digest
            return "ALREADY_EXISTS" if other else "FAILED_PRECONDITION"

        return _refused_with(code, book)

    async def get_status(self, request: pb2.GetStatusRequest, context: Context) -> pb2.GetStatusResponse:
        """Say how far a batch has come."""
        receipt = await asyncio.to_thread(self._ledger.status, request.batch_id)
        return pb2.GetStatusResponse(receipt=receipt_to_proto(receipt))

    async def reverse(self, request: pb2.ReverseRequest, context: Context) -> pb2.ReverseResponse:
        """Take a batch back."""
        return await asyncio.to_thread(self._reverse, request)

    def _reverse(self, request: pb2.ReverseRequest) -> pb2.ReverseResponse:
        self._prove(f"taking batch {request.batch_id[:12]} back", reverse_text(request.batch_id), request)

        def book() -> pb2.ReverseResponse:
            return pb2.ReverseResponse(receipt=receipt_to_proto(self._ledger.reverse(request.batch_id)))

        def code() -> str:
            known = self._ledger.status(request.batch_id)
            return "NOT_FOUND" if known.state is State.UNKNOWN else "FAILED_PRECONDITION"

        return _refused_with(code, book)

    async def list_balances(
        self, request: pb2.LedgerAdapterServiceListBalancesRequest, context: Context
    ) -> pb2.LedgerAdapterServiceListBalancesResponse:
        """List balances, all pages as they were at the first."""
        size = request.page_size or _PAGE
        if request.page_token:
            name, after = _place(request.page_token)
            listed = self._listings.get(name)
            if listed is None:
                message = "these balances are no longer kept; begin again with the first page"
                raise RequestFailed(Failure(code="ABORTED", reason="LISTING_GONE", message=message))
            self._listings.move_to_end(name)
        else:
            name, after = uuid4().hex, 0
            listed = list(balances_to_proto(await asyncio.to_thread(self._ledger.balances, request.asset or None)))
        until = after + size
        token = f"{name}.{until}" if until < len(listed) else ""
        if token:
            self._listings[name] = listed
            while len(self._listings) > _LISTINGS:
                self._listings.popitem(last=False)
        return pb2.LedgerAdapterServiceListBalancesResponse(balances=listed[after:until], next_page_token=token)

    def _prove(self, what: str, text: str, request: pb2.SubmitRequest | pb2.ReverseRequest) -> None:
        if not self._keys:
            return
        wrong = unproven(self._keys, text, request.signature if request.HasField("signature") else None)
        if wrong:
            raise RequestFailed(Failure(code="PERMISSION_DENIED", reason="SIGNATURE", message=f"{what} {wrong}"))


def _refused_with(code: Callable[[], str], book: Callable[[], _Done]) -> _Done:
    """Book, and say of a refusal that it is one; a ledger that cannot be reached refuses nothing."""
    try:
        return book()
    except LedgerUnreachable as error:
        raise RequestFailed(Failure(code="UNAVAILABLE", reason="LEDGER_UNREACHABLE", message=str(error))) from None
    except Unbalanced as error:
        raise RequestFailed(Failure(code="INVALID_ARGUMENT", reason="UNBALANCED", message=str(error))) from None
    except LedgerError as error:
        raise RequestFailed(Failure(code=code(), reason="LEDGER_REFUSES", message=str(error))) from None


def _place(token: str) -> tuple[str, int]:
    name, _, after = token.rpartition(".")
    if not name or not after.isascii() or not after.isdigit() or len(after) > 18:
        raise InvalidInput([Issue("page_token", "page_token", f"is {token[:20]!r}; repeat what the last page gave")])
    return name, int(after)


@asynccontextmanager
async def offered(
    service: LedgerAdapterService, address: str = "127.0.0.1:0", tls: ServerTls | None = None
) -> AsyncGenerator[str]:
    """A server that offers a ledger; its address is what the caller gets.

    Args:
        service: What answers.
        address: Host and port; port 0 for a free one.
        tls: How calls are encrypted; None for not at all.

    Raises:
        InvalidConfig: The address or a file cannot be used.
    """
    server = grpc.aio.server(
        options=(
            ("grpc.max_receive_message_length", LARGEST),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        )
    )
    contract = pb2.DESCRIPTOR.services_by_name["LedgerAdapterService"]
    server.add_generic_rpc_handlers([handler_of(service, contract)])
    credentials: Any = None if tls is None else tls.credentials()
    try:
        if not 0 <= int(address.rpartition(":")[2]) <= 65535:  # gRPC takes it modulo 65536
            raise ValueError
        port = server.add_insecure_port(address) if tls is None else server.add_secure_port(address, credentials)
    except (RuntimeError, ValueError):
        port = 0
    if not port:
        raise InvalidConfig(f"{address} cannot be listened on; it may be in use: choose another host:port")
    await server.start()
    try:
        yield f"{address.rpartition(':')[0]}:{port}"
    finally:
        await server.stop(_STOP_S)
