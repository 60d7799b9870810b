"""The port over gRPC: calls have deadlines and are repeated; what a lost answer hides is asked for, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from c4e.opt.v1 import ledger_adapter_pb2 as pb2
from c4e_opt.errors import LedgerError, LedgerUnreachable
from c4e_opt.settlement import Batch, Receipt, State
from c4e_opt.settlement.postings import reversal_id
from c4e_server.convert.receipt import balances_from_proto, receipt_from_proto
from c4e_server.convert.statement import batch_to_proto
from c4e_server.errors import BrokenMessage
from c4e_server.ledgers.marketplace.line import LARGEST, Line, NoAnswer, Tls
from c4e_server.ledgers.marketplace.signing import reverse_text, signature, submit_text

_PAGE = 5000  # balances of long names stay below the 4 MiB that gRPC takes by itself
_PER_POSTING_S = 0.001
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 5.0

_Answer = TypeVar("_Answer")


class GrpcLedger:
    """A ledger behind `LedgerAdapterService`; safe to share between threads."""

    def __init__(
        self,
        address: str,
        tls: Tls | None = None,
        *,
        signing_key: Ed25519PrivateKey | None = None,
        timeout_s: float = 30.0,
        attempts: int = 5,
    ) -> None:
        """Prepare to call; the first call connects.

        Args:
            address: Host and port.
            tls: How the line is encrypted; None for not at all, which only loopback allows.
            signing_key: Signs what books something; None where the ledger wants no signature.
            timeout_s: Deadline of a call; that of a batch is a millisecond longer for every posting.
            attempts: Calls before giving up for now.

        Raises:
            InvalidConfig: The address or a file cannot be used.
        """
        self._line = Line(address, tls)
        self._key = signing_key
        self._timeout_s = timeout_s
        self._attempts = attempts

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    def submit(self, batch: Batch) -> Receipt:
        """Book a batch, exactly once."""
        batch.check()
        request = pb2.SubmitRequest(batch=batch_to_proto(batch), digest=batch.digest)
        if self._key is not None:
            request.signature.CopyFrom(signature(self._key, submit_text(batch.id, batch.digest)))
        size = request.ByteSize()
        if size > LARGEST:
            raise LedgerError(
                f"batch {batch.id[:12]} takes {size / 2**20:.0f} MiB for {len(batch)} postings; a ledger takes "
                f"messages of {LARGEST >> 20} MiB: settle fewer steps at once"
            )
        timeout_s = self._timeout_s + _PER_POSTING_S * len(batch)
        receipt = self._repeated(lambda: self._submitted(batch.id, request, timeout_s))
        if receipt.digest != batch.digest:
            raise LedgerError(f"batch {batch.id[:12]} is known with other content; settle anew for a new id")
        return receipt

    def status(self, batch_id: str) -> Receipt:
        """What is known of a batch."""
        return self._repeated(lambda: self._status(batch_id))

    def reverse(self, batch_id: str) -> Receipt:
        """Take a batch back, exactly once."""
        request = pb2.ReverseRequest(batch_id=batch_id)
        if self._key is not None:
            request.signature.CopyFrom(signature(self._key, reverse_text(batch_id)))
        return self._repeated(lambda: self._reversed(request))

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        """Minor units by account and asset."""
        return self._repeated(lambda: self._balances(asset or ""))

    def _repeated(self, act: Callable[[], _Answer]) -> _Answer:
        """Do something again, later and later, as long as there is no answer."""
        retrying = Retrying(
            retry=retry_if_exception_type(NoAnswer),
            stop=stop_after_attempt(self._attempts),
            wait=wait_exponential(multiplier=_FIRST_WAIT_S, max=_LONGEST_WAIT_S) + wait_random(0, _FIRST_WAIT_S),
            reraise=True,
        )
        try:
            return retrying(act)
        except BrokenMessage as error:
            raise LedgerUnreachable(f"the ledger at {self._line.address} answers what is no answer: {error}") from None

    def _submitted(self, batch_id: str, request: pb2.SubmitRequest, timeout_s: float) -> Receipt:
        try:
            answer: pb2.SubmitResponse = self._line.call("Submit", request, pb2.SubmitResponse, timeout_s)
        except NoAnswer:
            return self._told(batch_id)
        return _taken(batch_id, receipt_from_proto(answer.receipt))

    def _reversed(self, request: pb2.ReverseRequest) -> Receipt:
        reversal = reversal_id(request.batch_id)
        try:
            answer: pb2.ReverseResponse = self._line.call("Reverse", request, pb2.ReverseResponse, self._timeout_s)
        except NoAnswer:
            return self._told(reversal)
        receipt = _taken(reversal, receipt_from_proto(answer.receipt))
        if receipt.reverses != request.batch_id:
            raise BrokenMessage(f"it takes back {receipt.reverses[:12]!r}, not {request.batch_id[:12]!r}")
        return receipt

    def _told(self, batch_id: str) -> Receipt:
        """What became of a batch whose answer was lost.

        Raises:
            NoAnswer: Nothing as yet.
        """
        receipt = self._status(batch_id)
        if receipt.state is State.UNKNOWN:
            raise NoAnswer(f"the ledger at {self._line.address} gave no answer, and does not know {batch_id[:12]} yet")
        return receipt

    def _status(self, batch_id: str) -> Receipt:
        answer: pb2.GetStatusResponse = self._line.call(
            "GetStatus", pb2.GetStatusRequest(batch_id=batch_id), pb2.GetStatusResponse, self._timeout_s
        )
        return _about(batch_id, receipt_from_proto(answer.receipt))

    def _balances(self, asset: str) -> dict[str, dict[str, int]]:
        """All pages of one moment; where the ledger cannot tell of it any more, all of them again."""
        wanted = pb2.LedgerAdapterServiceListBalancesRequest(asset=asset, page_size=_PAGE)
        kind = pb2.LedgerAdapterServiceListBalancesResponse
        page: pb2.LedgerAdapterServiceListBalancesResponse = self._line.call(
            "ListBalances", wanted, kind, self._timeout_s
        )
        listed, seen = list(page.balances), set[str]()
        while page.next_page_token:
            if page.next_page_token in seen:
                raise BrokenMessage("its pages of balances do not end")
            seen.add(page.next_page_token)
            wanted.page_token = page.next_page_token
            page = self._line.call("ListBalances", wanted, kind, self._timeout_s)
            listed += page.balances
        found = balances_from_proto(listed)
        kept = {account: {name: n for name, n in sorted(held.items()) if n} for account, held in sorted(found.items())}
        return {account: held for account, held in kept.items() if held}


def _about(batch_id: str, receipt: Receipt) -> Receipt:
    """A receipt that names the batch that was asked about.

    Raises:
        BrokenMessage: It names another.
    """
    if receipt.batch_id != batch_id:
        raise BrokenMessage(f"its receipt is of batch {receipt.batch_id[:12]!r}, not of {batch_id[:12]!r}")
    return receipt


def _taken(batch_id: str, receipt: Receipt) -> Receipt:
    """A receipt of a batch that was taken.

    Raises:
        BrokenMessage: It says that it was not.
    """
    if receipt.state is State.UNKNOWN:
        raise BrokenMessage(f"it takes batch {batch_id[:12]} and does not know it")
    return _about(batch_id, receipt)
