"""The ledger behind `LedgerAdapterService`: the whole port through a real server, encrypted, signed; its refusals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from c4e.opt.v1 import ledger_adapter_pb2 as pb2
from c4e.opt.v1 import ledger_pb2, statement_pb2
from c4e_opt.errors import LedgerError, LedgerUnreachable, Unbalanced
from c4e_opt.settlement import Batch, Ledger, MemoryLedger, State
from c4e_opt.settlement.conformance import check_ledger, sample_batch, sample_hold
from c4e_server.config import Config
from c4e_server.convert.statement import batch_to_proto
from c4e_server.errors import InvalidConfig
from c4e_server.ledgers.marketplace import ledger as adapter
from c4e_server.ledgers.marketplace import line
from c4e_server.ledgers.marketplace.conformance import examine
from c4e_server.ledgers.marketplace.ledger import GrpcLedger
from c4e_server.ledgers.marketplace.line import Tls
from c4e_server.ledgers.registry import open_ledger
from c4e_server.services.ledger_adapter import LedgerAdapterService, ServerTls
from tests.service.offered import Authority, running


class Clock:
    """Seconds since 1970 that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def offer(stack: ExitStack, ledger: Ledger | None = None, **more: Any) -> GrpcLedger:
    """A client of a new server."""
    made = GrpcLedger(stack.enter_context(running(LedgerAdapterService(ledger or MemoryLedger()))), **more)
    stack.callback(made.close)
    return made


def test_it_passes_the_conformance_suite_through_a_real_server(stack: ExitStack):
    clock, addresses = Clock(), dict[int, str]()

    def make() -> GrpcLedger:
        clock.now = 1_700_000_000.0
        address = stack.enter_context(running(LedgerAdapterService(MemoryLedger(clock))))
        made = GrpcLedger(address)
        addresses[id(made)] = address
        return made

    def reopen(ledger: Ledger) -> GrpcLedger:
        assert isinstance(ledger, GrpcLedger)
        ledger.close()
        return GrpcLedger(addresses[id(ledger)])

    def set_clock(ledger: Ledger, now: int) -> None:
        clock.now = now

    check_ledger(make, reopen=reopen, set_clock=set_clock)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server that wants certificates and signatures, and files that it takes and does not take."""
    folder = tmp_path_factory.mktemp("keys")
    ours, theirs = Authority(folder, "ours"), Authority(folder, "theirs")
    server, me, stranger = ours.sign("server"), ours.sign("me"), theirs.sign("stranger")
    key = Ed25519PrivateKey.generate()
    service = LedgerAdapterService(MemoryLedger(), [Ed25519PrivateKey.generate().public_key(), key.public_key()])
    tls = ServerTls(certificate=server.certificate, key=server.key, client_ca=ours.ca)
    with running(service, tls) as address:
        yield {"address": address, "ours": ours, "theirs": theirs, "me": me, "stranger": stranger, "key": key}


def test_every_rule_holds_on_an_encrypted_and_signed_line(secured: dict[str, Any]):
    me = secured["me"]
    tls = Tls(ca=secured["ours"].ca, certificate=me.certificate, key=me.key)
    findings = list(examine(secured["address"], tls, signing_key=secured["key"]))
    assert [(each.rule, each.error) for each in findings if not each.holds] == []
    assert "what is not signed is refused" in {each.rule for each in findings}
    assert len({each.rule for each in findings}) == len(findings) > 29


@pytest.mark.parametrize("who", ["no certificate", "another root", "a server of another root", "nothing encrypted"])
def test_nobody_speaks_to_an_encrypted_ledger_without_the_right_files(secured: dict[str, Any], who: str):
    me, stranger = secured["me"], secured["stranger"]
    tls = {
        "no certificate": Tls(ca=secured["ours"].ca),
        "another root": Tls(ca=secured["ours"].ca, certificate=stranger.certificate, key=stranger.key),
        "a server of another root": Tls(ca=secured["theirs"].ca, certificate=me.certificate, key=me.key),
        "nothing encrypted": None,
    }[who]
    ledger = GrpcLedger(secured["address"], tls, signing_key=secured["key"], timeout_s=2.0, attempts=2)
    with pytest.raises(LedgerUnreachable):
        ledger.submit(sample_batch(who))
    right = Tls(ca=secured["ours"].ca, certificate=me.certificate, key=me.key)
    assert GrpcLedger(secured["address"], right).status(sample_batch(who).id).state is State.UNKNOWN


def test_a_caller_who_does_not_sign_is_told_so_and_may_mend_it(secured: dict[str, Any]):
    me, batch = secured["me"], sample_batch("to be signed")
    tls = Tls(ca=secured["ours"].ca, certificate=me.certificate, key=me.key)
    right = GrpcLedger(secured["address"], tls, signing_key=secured["key"])
    for key in (None, Ed25519PrivateKey.generate()):
        stranger = GrpcLedger(secured["address"], tls, signing_key=key)
        with pytest.raises(LedgerUnreachable, match=r"PERMISSION_DENIED.*signing key.*sign"):
            stranger.submit(batch)
        right.submit(batch)
        with pytest.raises(LedgerUnreachable, match="PERMISSION_DENIED"):
            stranger.reverse(batch.id)
    assert right.reverse(batch.id).reverses == batch.id


def test_only_loopback_may_go_unencrypted():
    for address in ("ledger.example:443", "10.0.0.7:50552", "[2001:db8::1]:443", "127.0.0.1.example:443"):
        with pytest.raises(InvalidConfig, match="encrypted unless it is loopback"):
            GrpcLedger(address)
        assert line.tls_of(address, None, None, None) is not None
        GrpcLedger(address, Tls()).close()
    for address in ("127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/tmp/ledger"):
        assert line.tls_of(address, None, None, None) is None
        GrpcLedger(address).close()
    assert line.tls_of("127.0.0.1:1", Path("ca.pem"), None, None) == Tls(ca=Path("ca.pem"))


class Says(LedgerAdapterService):
    """Answers every call with one status, or with what a test wants."""

    def __init__(self, code: grpc.StatusCode, reason: str = "") -> None:
        super().__init__(MemoryLedger())
        self.code, self.calls = code, list[str]()

    async def submit(self, request: pb2.SubmitRequest, context: Any) -> pb2.SubmitResponse:
        self.calls.append("submit")
        await context.abort(self.code, "so it says")
        raise AssertionError

    async def get_status(self, request: pb2.GetStatusRequest, context: Any) -> pb2.GetStatusResponse:
        self.calls.append("status")
        return await super().get_status(request, context)


REFUSED = ("INVALID_ARGUMENT", "ALREADY_EXISTS", "NOT_FOUND", "FAILED_PRECONDITION", "OUT_OF_RANGE")
AGAIN = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED")


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK], ids=str)
def test_every_status_has_one_meaning(stack: ExitStack, code: grpc.StatusCode):
    service = Says(code)
    ledger = GrpcLedger(stack.enter_context(running(service)), attempts=3)
    with pytest.raises(LedgerError) as error:
        ledger.submit(sample_batch())
    refused = code.name in REFUSED
    assert isinstance(error.value, LedgerUnreachable) is not refused
    assert str(error.value) == "so it says" if refused else True
    assert service.calls == (["submit", "status"] * 3 if code.name in AGAIN else ["submit"])


def test_a_refusal_keeps_its_words_and_its_kind(stack: ExitStack):
    ledger = offer(stack)
    hold = sample_hold()
    ledger.submit(hold)
    with pytest.raises(LedgerError, match=r"is a hold; end it by a batch that names it in `ends`") as error:
        ledger.reverse(hold.id)
    assert type(error.value) is LedgerError
    batch = sample_batch()
    wrong = batch.amount.copy()
    wrong[0] += 1
    unbalanced = replace(batch, amount=wrong)
    request = pb2.SubmitRequest(batch=batch_to_proto(unbalanced), digest=unbalanced.digest)
    with pytest.raises(Unbalanced, match="EUR sums to 1 minor units"):
        ledger._line.call("Submit", request, pb2.SubmitResponse, 5.0)


def test_the_words_for_other_content_are_those_of_a_known_id(stack: ExitStack):
    ledger, batch = offer(stack), sample_batch()
    ledger.submit(batch)
    other = replace(sample_batch("two"), id=batch.id)
    request = pb2.SubmitRequest(batch=batch_to_proto(other), digest=other.digest)
    call = ledger._line._channel.unary_unary(
        "/c4e.opt.v1.LedgerAdapterService/Submit",
        request_serializer=pb2.SubmitRequest.SerializeToString,
        response_deserializer=pb2.SubmitResponse.FromString,
    )
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=5.0)
    assert error.value.code() is grpc.StatusCode.ALREADY_EXISTS
    with pytest.raises(LedgerError, match="known with other content"):
        ledger.submit(other)


class Lies(LedgerAdapterService):
    """Changes every receipt on its way out."""

    def __init__(self, **changed: Any) -> None:
        super().__init__(MemoryLedger())
        self.changed = changed

    def lied(self, receipt: pb2.LedgerReceipt) -> pb2.LedgerReceipt:
        made = pb2.LedgerReceipt.FromString(receipt.SerializeToString())
        for name, content in self.changed.items():
            setattr(made, name, content)
        return made

    async def submit(self, request: pb2.SubmitRequest, context: Any) -> pb2.SubmitResponse:
        answer = await super().submit(request, context)
        return pb2.SubmitResponse(receipt=self.lied(answer.receipt))

    async def reverse(self, request: pb2.ReverseRequest, context: Any) -> pb2.ReverseResponse:
        answer = await super().reverse(request, context)
        return pb2.ReverseResponse(receipt=self.lied(answer.receipt))


@pytest.mark.parametrize(
    "lie",
    [
        {"batch_id": "0" * 64},
        {"state": ledger_pb2.BATCH_STATE_UNSPECIFIED},
        {"state": 77},
        {"state": ledger_pb2.BATCH_STATE_UNKNOWN},
        {"digest": "0" * 64},
    ],
    ids=str,
)
def test_a_receipt_of_something_else_is_not_believed(stack: ExitStack, lie: dict[str, Any]):
    ledger = GrpcLedger(stack.enter_context(running(Lies(**lie))))
    with pytest.raises(LedgerError, match=r"answers what is no answer|other content"):
        ledger.submit(sample_batch())


def test_a_reversal_that_takes_back_something_else_is_not_believed(stack: ExitStack):
    ledger = GrpcLedger(stack.enter_context(running(Lies(reverses="1" * 64))))
    ledger.submit(sample_batch())
    with pytest.raises(LedgerUnreachable, match="it takes back '111111111111'"):
        ledger.reverse(sample_batch().id)


class Lists(LedgerAdapterService):
    """Lists what a test says."""

    def __init__(self, *pages: pb2.LedgerAdapterServiceListBalancesResponse) -> None:
        super().__init__(MemoryLedger())
        self.pages = list(pages)

    async def list_balances(self, request: Any, context: Any) -> pb2.LedgerAdapterServiceListBalancesResponse:
        return self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]


def listing(*rows: tuple[str, str, str], token: str = "") -> pb2.LedgerAdapterServiceListBalancesResponse:
    balances = [ledger_pb2.Balance(account=account, asset=asset, amount=amount) for account, asset, amount in rows]
    return pb2.LedgerAdapterServiceListBalancesResponse(balances=balances, next_page_token=token)


ANN = ("party:ann", "EUR", "5")


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([listing(("party:ann", "EUR", "5.0"))], "no whole number"),
        ([listing(("party:ann", "EUR", "1_0"))], "no whole number"),
        ([listing(("party:ann", "EUR", "٣"))], "no whole number"),
        ([listing(ANN, ANN)], "two balances"),
        ([listing(ANN, token="2"), listing(ANN)], "two balances"),
        ([listing(ANN, token="2")], "do not end"),
    ],
)
def test_balances_that_are_none_are_not_believed(
    stack: ExitStack, pages: list[pb2.LedgerAdapterServiceListBalancesResponse], words: str
):
    ledger = GrpcLedger(stack.enter_context(running(Lists(*pages))))
    with pytest.raises(LedgerUnreachable, match=words):
        ledger.balances()


def test_zeros_are_left_out_and_names_are_sorted(stack: ExitStack):
    rows = (("party:bob", "EUR", "-3"), ("party:cid", "EUR", "0"), ANN, ("party:ann", "CHF", "0"))
    ledger = GrpcLedger(stack.enter_context(running(Lists(listing(*rows)))))
    assert list(ledger.balances().items()) == [("party:ann", {"EUR": 5}), ("party:bob", {"EUR": -3})]


def test_listings_that_the_server_has_forgotten_are_read_anew(stack: ExitStack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(adapter, "_PAGE", 2)
    memory = MemoryLedger()
    memory.submit(sample_batch("many", {f"party:{n}": n + 1 for n in range(9)}))

    class Forgets(LedgerAdapterService):
        asked = 0

        async def list_balances(self, request: Any, context: Any) -> Any:
            Forgets.asked += 1
            if Forgets.asked == 3:
                self._listings.clear()
            return await super().list_balances(request, context)

    ledger = GrpcLedger(stack.enter_context(running(Forgets(memory))))
    assert ledger.balances() == memory.balances()
    assert Forgets.asked == 3 + 5


def text_of(message: statement_pb2.Batch) -> str:
    """The text behind a digest, written from the comment in the contract and from the message alone."""
    kinds = {1: "money", 2: "energy", 3: "token", 4: "certificate"}

    def places(column: Any) -> list[int]:
        return [int.from_bytes(column.packed[at : at + 4], "little") for at in range(0, len(column.packed), 4)]

    content: dict[str, Any] = {
        "account": places(message.account),
        "accounts": list(message.accounts),
        "amount": list(message.amount),
        "asset": places(message.asset),
        "assets": [{"decimals": a.decimals, "id": a.id, "kind": kinds[a.kind]} for a in message.assets],
        "ends": message.ends,
        "expires": message.expires,
        "id": message.id,
        "reverses": message.reverses,
        "starts": list(message.starts),
        "statement": message.statement,
        "step": places(message.step),
        "step_seconds": list(message.step_seconds),
    }
    for name in ("ends", "expires"):
        if not content[name]:
            del content[name]
    return json.dumps(content)


@pytest.mark.parametrize(
    "batch",
    [
        sample_batch(),
        sample_batch("odd", {'party:o\'neill; \N{EURO SIGN} \N{GRINNING FACE} "q" \\ \n': -3}),
        sample_batch("huge", {"party:ann": -(10**30)}),
        sample_hold(),
        sample_hold().given_back(),
        sample_batch().reversed(),
    ],
    ids=range(6),
)
def test_the_digest_is_that_of_the_text_in_the_contract(batch: Batch):
    assert hashlib.sha256(text_of(batch_to_proto(batch)).encode("ascii")).hexdigest() == batch.digest


def test_a_batch_above_the_largest_message_is_refused_before_it_is_sent(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
):
    ledger, batch = offer(stack), sample_batch()
    monkeypatch.setattr(adapter, "LARGEST", 100)
    with pytest.raises(LedgerError, match=r"3 postings; a ledger takes messages of .* settle fewer steps at once"):
        ledger.submit(batch)
    assert ledger.status(batch.id).state is State.UNKNOWN


def test_a_server_that_takes_only_small_messages_is_named_with_the_mend(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("c4e_server.services.ledger_adapter.LARGEST", 100)
    with pytest.raises(LedgerUnreachable, match=r"RESOURCE_EXHAUSTED.*should take 64 MiB"):
        offer(stack).submit(sample_batch())


def test_a_closed_line_and_a_ledger_that_is_away_are_unreachable(stack: ExitStack):
    ledger = offer(stack)
    ledger.close()
    with pytest.raises(LedgerUnreachable, match="closed"):
        ledger.status("0" * 64)
    with pytest.raises(LedgerUnreachable, match=r"127.0.0.1:1 answers UNAVAILABLE: it cannot be reached"):
        GrpcLedger("127.0.0.1:1", attempts=2).balances()


def test_the_configuration_opens_it(stack: ExitStack, secured: dict[str, Any], tmp_path: Path):
    me = secured["me"]
    pem = tmp_path / "signing.pem"
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem.write_bytes(secured["key"].private_bytes(encoding, form, serialization.NoEncryption()))
    files: dict[str, Any] = {
        "grpc_ledger_ca": secured["ours"].ca,
        "grpc_ledger_certificate": me.certificate,
        "grpc_ledger_key": me.key,
        "grpc_ledger_signing_key": pem,
    }
    config = Config(ledger="grpc", grpc_ledger_address=secured["address"], **files)
    ledger = open_ledger(config)
    assert ledger.submit(sample_batch("configured")).counted
    with pytest.raises(InvalidConfig, match="needs an address"):
        open_ledger(Config(ledger="grpc"))
    with pytest.raises(InvalidConfig, match="certificate goes with its private key"):
        open_ledger(replace(config, grpc_ledger_key=None))
    with pytest.raises(InvalidConfig, match="holds no Ed25519 private key"):
        open_ledger(replace(config, grpc_ledger_signing_key=me.key))
    for name in files:
        with pytest.raises(InvalidConfig, match=r"nowhere\.pem cannot be read: No such file"):
            open_ledger(replace(config, **{name: tmp_path / "nowhere.pem"}))
