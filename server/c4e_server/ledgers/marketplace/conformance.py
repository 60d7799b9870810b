"""The test kit of `LedgerAdapterService`: every rule of the port and of the wire, on whatever answers at an address.

It books on the ledger that it examines: let that be one for tests. It has to take any account and any asset.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message

from c4e.opt.v1 import ledger_adapter_pb2 as pb2
from c4e.opt.v1 import ledger_pb2
from c4e_opt.errors import LedgerError, LedgerUnreachable, Unbalanced
from c4e_opt.settlement import Batch, Ledger, Receipt, State
from c4e_opt.settlement.conformance import Finding, examine_ledger, sample_batch
from c4e_opt.settlement.postings import reversal_id
from c4e_server.convert.receipt import balances_from_proto
from c4e_server.convert.statement import batch_to_proto
from c4e_server.errors import Unreachable
from c4e_server.ledgers.marketplace.apart import Apart
from c4e_server.ledgers.marketplace.ledger import GrpcLedger
from c4e_server.ledgers.marketplace.line import Line, NoAnswer, Tls
from c4e_server.ledgers.marketplace.signing import reverse_text, signature, submit_text

_MANY = 100_000
_PATIENCE_S = 120.0
_POLL_S = 0.2

_Said = TypeVar("_Said")


def examine(
    address: str, tls: Tls | None = None, *, signing_key: Ed25519PrivateKey | None = None, timeout_s: float = 30.0
) -> Iterator[Finding]:
    """Examine the ledger at an address, rule by rule.

    Args:
        address: Host and port.
        tls: How the line is encrypted; None for not at all, which only loopback allows.
        signing_key: Signs what books something; None where the ledger wants no signature.
        timeout_s: Deadline of a call.

    Raises:
        InvalidConfig: The address or a file cannot be used.
        LedgerUnreachable: Nobody answers there.
    """

    def connected() -> GrpcLedger:
        return GrpcLedger(address, tls, signing_key=signing_key, timeout_s=timeout_s)

    ledger = connected()
    ledger.status("0" * 64)

    def again(seen: Ledger) -> Ledger:
        there = _Plain(connected())
        return seen.on(there) if isinstance(seen, Apart) else there

    yield from examine_ledger(lambda: Apart(_Plain(ledger)), wait=_wait, reopen=again)
    wire = Wire(Line(address, tls), ledger, signing_key, timeout_s)
    for check in WIRE_CHECKS if signing_key is None else (*WIRE_CHECKS, *SIGNATURE_CHECKS):
        yield _finding(check, wire)


class _Plain:
    """A ledger that is held to plain words: what says neither yes nor no is no refusal."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def submit(self, batch: Batch) -> Receipt:
        return _plain(lambda: self._ledger.submit(batch))

    def status(self, batch_id: str) -> Receipt:
        return _plain(lambda: self._ledger.status(batch_id))

    def reverse(self, batch_id: str) -> Receipt:
        return _plain(lambda: self._ledger.reverse(batch_id))

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        return _plain(lambda: self._ledger.balances(asset))


def _plain(act: Callable[[], _Said]) -> _Said:
    try:
        return act()
    except LedgerUnreachable as error:
        raise Unreachable(str(error)) from None


def _wait(ledger: Ledger, batch_id: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while ledger.status(batch_id).state is State.PENDING:
        assert time.monotonic() < until, f"a batch was pending for {_PATIENCE_S:.0f} s"
        time.sleep(_POLL_S)


def _finding(check: Callable[[Wire], None], wire: Wire) -> Finding:
    rule = check.__name__.strip("_").replace("_", " ")
    try:
        check(wire)
    except Exception as error:
        return Finding(rule=rule, error=error)
    return Finding(rule=rule, error=None)


class Wire:
    """Messages as they are, without what the adapter refuses before it sends."""

    def __init__(self, line: Line, ledger: Ledger, key: Ed25519PrivateKey | None, timeout_s: float) -> None:
        """Speak over a line."""
        self.line, self.ledger, self.key, self.timeout_s = line, ledger, key, timeout_s
        self.apart = Apart(ledger)

    def batch(self, name: str) -> Batch:
        """A small batch that this ledger has never seen."""
        return Apart(self.ledger).marked(sample_batch(name))

    def request(self, batch: Batch, digest: str = "") -> pb2.SubmitRequest:
        """The message of a batch, signed where signatures were agreed."""
        request = pb2.SubmitRequest(batch=batch_to_proto(batch), digest=digest or batch.digest)
        if self.key is not None:
            request.signature.CopyFrom(signature(self.key, submit_text(batch.id, request.digest)))
        return request

    def submit(self, request: pb2.SubmitRequest) -> pb2.LedgerReceipt:
        """Send a message as it is."""
        answer: pb2.SubmitResponse = self.line.call("Submit", request, pb2.SubmitResponse, self.timeout_s)
        return answer.receipt

    def page(self, asset: str, size: int, token: str = "") -> pb2.LedgerAdapterServiceListBalancesResponse:
        """One page of balances."""
        wanted = pb2.LedgerAdapterServiceListBalancesRequest(asset=asset, page_size=size, page_token=token)
        kind = pb2.LedgerAdapterServiceListBalancesResponse
        return self.line.call("ListBalances", wanted, kind, self.timeout_s)

    def refuses(self, request: Message, what: str, method: str = "Submit") -> LedgerError:
        """Hold the ledger to refusing a message with a status that says so."""
        answer = {"Submit": pb2.SubmitResponse, "Reverse": pb2.ReverseResponse, "GetStatus": pb2.GetStatusResponse}
        try:
            self.line.call(method, request, answer[method], self.timeout_s)
        except LedgerUnreachable as error:
            raise AssertionError(f"{what} must be refused with a status that says so; it said: {error}") from None
        except (LedgerError, Unbalanced) as error:
            return LedgerError(f"{type(error).__name__}: {error}")
        raise AssertionError(f"{what} must be refused; it was taken")

    def unknown(self, batch: Batch, what: str) -> None:
        """Hold the ledger to not knowing a batch."""
        state = self.ledger.status(batch.id).state
        assert state is State.UNKNOWN, f"{what} was refused and left its id behind as {state}"


def _another_digest_than_that_of_the_content_is_refused(wire: Wire) -> None:
    batch = wire.batch("digest")
    wire.refuses(wire.request(batch, "0" * 64), "a batch that does not have the digest that it says")
    wire.unknown(batch, "a batch with a false digest")


def _other_content_is_refused_by_the_ledger_itself(wire: Wire) -> None:
    batch = wire.batch("first")
    wire.submit(wire.request(batch))
    _wait(wire.ledger, batch.id)
    other = replace(batch, amount=-batch.amount)
    wire.refuses(wire.request(other), "a known id with other content")
    known = wire.ledger.status(batch.id)
    assert known.digest == batch.digest, "a batch that was refused changed what is known of its id"


def _an_unbalanced_batch_is_refused_by_the_ledger_itself(wire: Wire) -> None:
    batch = wire.batch("unbalanced")
    wrong = batch.amount.copy()
    wrong[0] += 1
    batch = replace(batch, amount=wrong)
    said = str(wire.refuses(wire.request(batch), "a batch that does not sum to zero"))
    assert said.startswith("Unbalanced"), "a batch that does not sum to zero is refused without the reason UNBALANCED"
    wire.unknown(batch, "an unbalanced batch")


def _broken_columns_are_refused(wire: Wire) -> None:
    batch = wire.batch("broken")
    for what, wrong in (
        ("an account that is not there", replace(batch, account=batch.account + 7)),
        ("an asset that is not there", replace(batch, asset=batch.asset + 1)),
        ("a step that is not there", replace(batch, step=batch.step - 1)),
        ("columns of different lengths", replace(batch, step=batch.step[:-1])),
        ("steps without lengths", replace(batch, step_seconds=batch.step_seconds[:0])),
        ("two postings of an account, asset and step", replace(batch, account=batch.account * 0)),
        ("an amount of zero", replace(batch, amount=np.array([5, 0, -5]))),
    ):
        wire.refuses(wire.request(wrong), f"a batch with {what}")
    for text in ("1.5", "", "ten", "1e3", "--1"):
        request = wire.request(batch)
        request.batch.amount[0] = text
        wire.refuses(request, f"an amount of {text!r}")
    wire.unknown(batch, "a broken batch")


def _a_call_that_says_nothing_is_refused(wire: Wire) -> None:
    wire.refuses(pb2.SubmitRequest(digest="0" * 64), "a call without a batch")
    wire.refuses(wire.request(replace(wire.batch("no id"), id="")), "a batch without an id")
    wire.refuses(pb2.GetStatusRequest(), "a question about no batch", "GetStatus")
    wire.refuses(pb2.ReverseRequest(), "taking no batch back", "Reverse")


def _a_receipt_says_what_was_booked(wire: Wire) -> None:
    batch = wire.batch("receipt")
    for receipt in (wire.submit(wire.request(batch)), wire.submit(wire.request(batch))):
        said = (receipt.batch_id, receipt.digest, receipt.postings, receipt.reverses, receipt.detail)
        should = (batch.id, batch.digest, len(batch), "", "")
        assert said == should, f"a receipt says {said}, not {should}"
        assert receipt.state != ledger_pb2.BATCH_STATE_UNSPECIFIED, "a receipt says no state"
    _wait(wire.ledger, batch.id)
    request = pb2.ReverseRequest(batch_id=batch.id)
    if wire.key is not None:
        request.signature.CopyFrom(signature(wire.key, reverse_text(batch.id)))
    answer: pb2.ReverseResponse = wire.line.call("Reverse", request, pb2.ReverseResponse, wire.timeout_s)
    taken = answer.receipt
    said = (taken.batch_id, taken.reverses, taken.digest)
    should = (reversal_id(batch.id), batch.id, batch.reversed().digest)
    assert said == should, f"the receipt of a reversal says {said}, not {should}"


def _an_unknown_batch_is_no_error(wire: Wire) -> None:
    asked = pb2.GetStatusRequest(batch_id="never taken")
    answer: pb2.GetStatusResponse = wire.line.call("GetStatus", asked, pb2.GetStatusResponse, wire.timeout_s)
    should = pb2.LedgerReceipt(batch_id="never taken", state=ledger_pb2.BATCH_STATE_UNKNOWN)
    assert answer.receipt == should, f"the receipt of an unknown id says {answer.receipt}"


def _pages_of_balances_are_those_of_one_page(wire: Wire) -> None:
    part = Apart(wire.ledger)
    batch = part.marked(sample_batch("pages", {f"party:{n}": n + 1 for n in range(6)}))
    wire.submit(wire.request(batch))
    _wait(wire.ledger, batch.id)
    asset = batch.assets[0].id
    token, seen = "", list[ledger_pb2.Balance]()
    while True:
        page = wire.page(asset, 2, token)
        assert len(page.balances) <= 2, f"a page of at most 2 balances has {len(page.balances)}"
        if not seen:  # what is booked meanwhile is in no later page
            late = part.marked(sample_batch("late", {"party:0": 100, "party:9": 5}))
            wire.submit(wire.request(late))
            _wait(wire.ledger, late.id)
        seen += page.balances
        token = page.next_page_token
        if not token:
            break
    assert balances_from_proto(seen) == batch.totals(), "pages of balances do not tell of one moment"


def _a_page_that_never_was_is_refused(wire: Wire) -> None:
    try:
        wire.page("", 2, "no such page")
    except NoAnswer as error:  # a ledger may not know whether it has forgotten the page
        if error.code == "ABORTED":
            return
    except LedgerError:
        return
    raise AssertionError("a page token that the ledger never gave must be refused")


def _a_hundred_thousand_postings_are_one_batch(wire: Wire) -> None:
    steps, accounts = 100, _MANY // 100
    small = wire.batch("large")
    step, account = np.divmod(np.arange(_MANY), accounts)
    large = replace(
        small,
        accounts=tuple(f"party:{small.id[:12]}.{n:06}" for n in range(accounts)),
        starts=small.starts[0] + 900 * np.arange(steps),
        step_seconds=np.full(steps, 900),
        step=step,
        account=account,
        asset=np.zeros(_MANY, dtype=np.int64),
        amount=np.where(account % 2, 1, -1) * (10**9 + account // 2),
    )
    receipt = wire.ledger.submit(large)
    assert receipt.postings == _MANY, f"a batch of {_MANY} postings was taken as one of {receipt.postings}"


def _what_is_not_signed_is_refused(wire: Wire) -> None:
    batch = wire.batch("unsigned")
    request = wire.request(batch)
    request.ClearField("signature")
    _denied(wire, request, "a batch without a signature")
    request.signature.CopyFrom(signature(Ed25519PrivateKey.generate(), submit_text(batch.id, batch.digest)))
    _denied(wire, request, "a batch that a stranger signed")
    other = wire.request(wire.batch("other"))
    request.signature.CopyFrom(other.signature)
    _denied(wire, request, "a batch with the signature of another")
    wire.unknown(batch, "a batch without its signature")


def _denied(wire: Wire, request: pb2.SubmitRequest, what: str) -> None:
    try:
        wire.submit(request)
    except NoAnswer as error:
        raise AssertionError(f"{what} must be refused; it said: {error}") from None
    except LedgerError:
        return
    raise AssertionError(f"{what} must be refused; it was taken")


#: Rules of the wire.
WIRE_CHECKS: tuple[Callable[[Wire], None], ...] = (
    _another_digest_than_that_of_the_content_is_refused,
    _other_content_is_refused_by_the_ledger_itself,
    _an_unbalanced_batch_is_refused_by_the_ledger_itself,
    _broken_columns_are_refused,
    _a_call_that_says_nothing_is_refused,
    _a_receipt_says_what_was_booked,
    _an_unknown_batch_is_no_error,
    _pages_of_balances_are_those_of_one_page,
    _a_page_that_never_was_is_refused,
    _a_hundred_thousand_postings_are_one_batch,
)
#: Rules of a wire on which signatures were agreed.
SIGNATURE_CHECKS: tuple[Callable[[Wire], None], ...] = (_what_is_not_signed_is_refused,)
