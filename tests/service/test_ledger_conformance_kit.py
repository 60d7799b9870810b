"""The test kit of `LedgerAdapterService` finds every bug that is planted in a server, and the command says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from c4e.opt.v1 import ledger_adapter_pb2 as pb2
from c4e.opt.v1 import ledger_pb2
from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Batch, MemoryLedger, Receipt
from c4e_server.cli.main import main
from c4e_server.convert.receipt import balances_to_proto
from c4e_server.convert.statement import batch_from_proto
from c4e_server.ledgers.marketplace.conformance import examine
from c4e_server.services.ledger_adapter import LedgerAdapterService
from tests.service.offered import running


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


class Unchecked(Batch):
    def check(self) -> None:
        return


class Careless(MemoryLedger):
    """Books without looking at the batch."""

    def submit(self, batch: Batch) -> Receipt:
        return super().submit(Unchecked(**{each.name: getattr(batch, each.name) for each in fields(batch)}))


class Overdraws(MemoryLedger):
    def submit(self, batch: Batch) -> Receipt:
        with self._lock, patch("c4e_opt.settlement.memory.check_floors"):
            return super().submit(batch)


class Doubles(MemoryLedger):
    def submit(self, batch: Batch) -> Receipt:
        if batch.id in self._receipts:
            self._book(batch)
        return super().submit(batch)


class Renames(MemoryLedger):
    calls = 0

    def status(self, batch_id: str) -> Receipt:
        self.calls += 1
        return replace(super().status(batch_id), reference=f"call {self.calls}")


class Rounds(MemoryLedger):
    def balances(self, asset: str | None = None) -> Any:
        held = super().balances(asset)
        return {account: {name: int(float(n)) for name, n in each.items()} for account, each in held.items()}


class ForgetsDigest(MemoryLedger):
    def submit(self, batch: Batch) -> Receipt:
        known = self._receipts.get(batch.id)
        return known if known is not None else super().submit(batch)


class EndsAnyhow(MemoryLedger):
    def submit(self, batch: Batch) -> Receipt:
        with self._lock, patch("c4e_opt.settlement.memory.check_phases"):
            return super().submit(batch)


class ReversesReversals(MemoryLedger):
    def reverse(self, batch_id: str) -> Receipt:
        known = self._batches.get(batch_id)
        if known is None:
            return super().reverse(batch_id)
        return self.submit(replace(known.reversed(), reverses="" if known.reverses else batch_id))


class Believes(LedgerAdapterService):
    """Does not compare the digest with the content."""

    def _submit(self, request: pb2.SubmitRequest) -> pb2.SubmitResponse:
        request.digest = batch_from_proto(request.batch).digest
        return super()._submit(request)


class Drifts(LedgerAdapterService):
    """Every page tells of another moment."""

    async def list_balances(self, request: Any, context: Any) -> Any:
        if request.page_token:
            name = request.page_token.split(".")[0]
            self._listings[name] = list(balances_to_proto(self._ledger.balances(request.asset or None)))
        return await super().list_balances(request, context)


class Wide(LedgerAdapterService):
    """Gives larger pages than were asked for."""

    async def list_balances(self, request: Any, context: Any) -> Any:
        request.page_size *= 2
        return await super().list_balances(request, context)


class Unsure(LedgerAdapterService):
    """Refuses with a status that says nothing of the effect."""

    def _submit(self, request: pb2.SubmitRequest) -> pb2.SubmitResponse:
        try:
            return super()._submit(request)
        except Exception:
            raise RuntimeError("something went wrong") from None


class Unknowing(LedgerAdapterService):
    """Has an error for an id that it does not know."""

    async def get_status(self, request: Any, context: Any) -> Any:
        answer = await super().get_status(request, context)
        if answer.receipt.state == ledger_pb2.BATCH_STATE_UNKNOWN:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such batch")
        return answer


class Signless(LedgerAdapterService):
    """Takes any signature."""

    def _prove(self, what: str, text: str, request: Any) -> None:
        return


BUGS: dict[str, Any] = {
    "careless": lambda keys: LedgerAdapterService(Careless(), keys),
    "overdraws": lambda keys: LedgerAdapterService(Overdraws(), keys),
    "doubles": lambda keys: LedgerAdapterService(Doubles(), keys),
    "renames": lambda keys: LedgerAdapterService(Renames(), keys),
    "rounds": lambda keys: LedgerAdapterService(Rounds(), keys),
    "forgets": lambda keys: LedgerAdapterService(ForgetsDigest(), keys),
    "ends anyhow": lambda keys: LedgerAdapterService(EndsAnyhow(), keys),
    "reverses again": lambda keys: LedgerAdapterService(ReversesReversals(), keys),
    "believes": lambda keys: Believes(MemoryLedger(), keys),
    "drifts": lambda keys: Drifts(MemoryLedger(), keys),
    "wide": lambda keys: Wide(MemoryLedger(), keys),
    "unsure": lambda keys: Unsure(MemoryLedger(), keys),
    "unknowing": lambda keys: Unknowing(MemoryLedger(), keys),
    "signless": lambda keys: Signless(MemoryLedger(), keys),
}
FOUND = {
    "careless": "an unbalanced batch is refused by the ledger itself",
    "overdraws": "a wallet is never overdrawn",
    "doubles": "a batch is booked once",
    "renames": "a batch is booked once",
    "rounds": "amounts of any size are exact",
    "forgets": "other content is refused by the ledger itself",
    "ends anyhow": "an end empties the escrow",
    "reverses again": "a reversal restores the balances",
    "believes": "another digest than that of the content is refused",
    "drifts": "pages of balances are those of one page",
    "wide": "pages of balances are those of one page",
    "unsure": "a wallet is never overdrawn",
    "unknowing": "a new ledger is empty",
    "signless": "what is not signed is refused",
}


@pytest.mark.parametrize("bug", BUGS)
def test_the_kit_finds_every_planted_bug(stack: ExitStack, bug: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("c4e_server.ledgers.marketplace.conformance._MANY", 1000)
    key = Ed25519PrivateKey.generate()
    address = stack.enter_context(running(BUGS[bug]([key.public_key()])))
    if bug == "unknowing":
        with pytest.raises(LedgerError, match="no such batch"):
            list(examine(address, signing_key=key))
        return
    broken = {each.rule for each in examine(address, signing_key=key) if not each.holds}
    assert FOUND[bug] in broken


def test_the_command_says_of_every_rule_whether_it_holds(
    stack: ExitStack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("c4e_server.ledgers.marketplace.conformance._MANY", 1000)
    address = stack.enter_context(running(LedgerAdapterService(MemoryLedger())))
    with pytest.raises(SystemExit) as done:
        main(["ledger", "conformance", "--address", address, "--json"])
    said = json.loads(capsys.readouterr().out)
    assert done.value.code == 0
    assert said["holds"] is True
    assert all(each["holds"] and not each["detail"] for each in said["rules"])
    wrong = stack.enter_context(running(LedgerAdapterService(Doubles())))
    with pytest.raises(SystemExit) as done:
        main(["ledger", "conformance", "--address", wrong])
    lines = capsys.readouterr().out.splitlines()
    assert done.value.code == 2
    assert lines[1] == "BROKEN a batch is booked once"
    assert "balances are" in lines[2]
    assert lines[-1].endswith(f"of {len(said['rules'])} rules are broken")
    with pytest.raises(SystemExit) as done:
        main(["ledger", "conformance", "--address", "127.0.0.1:1", "--timeout-s", "1"])
    assert done.value.code == 3


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--address", "0.0.0.0:0"], "open to others; encrypt"),
        (["--certificate", "a.pem"], "give --certificate and --key"),
        (["--client-ca", "a.pem"], "--client-ca goes with them"),
        (["--certificate", "a.pem", "--key", "b.pem"], "cannot show a.pem with b.pem"),
        (["--signed-by", "a.pem"], "cannot be read"),
        (["--address", "127.0.0.1:99999"], "cannot be listened on"),
    ],
)
def test_a_server_that_cannot_be_safe_does_not_start(
    flags: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as done:
        main(["ledger", "serve", *flags])
    assert done.value.code == 2
    assert words in " ".join(capsys.readouterr().err.split())
