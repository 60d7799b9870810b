"""The same ledger over HTTP on anvil, a node with a real pool and real blocks; skipped where anvil is not installed."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_account import Account
from web3 import HTTPProvider, Web3

from c4e_opt.settlement import State
from c4e_opt.settlement.conformance import check_ledger, sample_batch
from c4e_server.cli.evm import evm
from c4e_server.config import Config
from c4e_server.ledgers.evm.deploy import deploy
from c4e_server.ledgers.evm.ledger import EvmLedger
from c4e_server.ledgers.registry import open_ledger

ANVIL = shutil.which("anvil")
KEY = Account.from_key(f"0x{1001:064x}")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ANVIL is None, reason="anvil (npm @foundry-rs/anvil) is not installed"),
]


class Anvil:
    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self.web3 = url, folder, Web3(HTTPProvider(url))
        self.do("anvil_setBalance", KEY.address, hex(10**24))
        self.contract = deploy(HTTPProvider(url), KEY, "settlement", KEY.address)
        self._books = count()

    def do(self, method: str, *arguments: Any) -> Any:
        answer = self.web3.provider.make_request(method, list(arguments))  # pyright: ignore
        assert "error" not in answer, answer
        return answer["result"]

    def ledger(self, book: Path | None = None, **options: Any) -> EvmLedger:
        path = book or self.folder / f"{next(self._books)}.sqlite"
        chosen = {"confirmations": 1, "patience_s": 5.0} | options
        return EvmLedger(HTTPProvider(self.url), contract=self.contract, account=KEY, book=path, **chosen)


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen([str(ANVIL), "--port", str(port), "--silent"])
    try:
        web3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
        for _ in range(100):
            if web3.is_connected():
                break
            time.sleep(0.1)
        yield Anvil(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("anvil"))
    finally:
        process.terminate()
        process.wait(10)


def test_it_passes_the_conformance_suite(anvil: Anvil):
    books: list[Path] = []
    clean = [anvil.do("evm_snapshot")]

    def make() -> EvmLedger:
        anvil.do("evm_revert", clean.pop())
        clean.append(anvil.do("evm_snapshot"))
        books.append(anvil.folder / f"port-{len(books)}.sqlite")
        return anvil.ledger(books[-1])

    def reopen(ledger: EvmLedger) -> EvmLedger:
        ledger.close()
        return anvil.ledger(books[-1])

    def set_clock(_: object, seconds: int) -> None:
        if seconds > anvil.web3.eth.get_block("latest")["timestamp"]:
            anvil.do("evm_setNextBlockTimestamp", seconds)
            anvil.do("evm_mine")

    check_ledger(make, reopen=reopen, set_clock=set_clock)


def test_a_real_reorganisation_takes_a_batch_back_and_it_comes_again(anvil: Anvil):
    ledger, batch = anvil.ledger(confirmations=4), sample_batch("forked")
    before = ledger.balances()
    assert ledger.submit(batch).state is State.COMMITTED
    anvil.do("evm_setAutomine", False)
    try:
        anvil.do("anvil_reorg", 1, [])
        anvil.do("anvil_dropAllTransactions")
        assert ledger.balances() == before
        assert ledger.status(batch.id).state is State.PENDING
        anvil.do("evm_mine")
        assert ledger.status(batch.id).state is State.COMMITTED
        anvil.do("anvil_mine", hex(4))
        assert ledger.status(batch.id).state is State.FINAL
    finally:
        anvil.do("evm_setAutomine", True)


def test_a_node_takes_the_replacement_of_what_is_not_mined(anvil: Anvil):
    ledger, batch = anvil.ledger(), sample_batch("cheap")
    anvil.do("evm_setAutomine", False)
    try:
        first = ledger.submit(batch)
        anvil.do("anvil_dropAllTransactions")
        for _ in range(3):
            anvil.do("evm_mine")
        again = ledger.status(batch.id)
        assert again.state is State.PENDING
        assert again.reference != first.reference
        anvil.do("evm_mine")
        assert ledger.status(batch.id).reference == again.reference
    finally:
        anvil.do("evm_setAutomine", True)


def test_the_command_line_deploys_and_the_configuration_opens(anvil: Anvil, tmp_path: Path):
    def said(*words: str) -> dict[str, Any]:
        done = CliRunner().invoke(evm, [*words, "--data", str(tmp_path), "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    address = said("key")["address"]
    assert said("key")["address"] == address
    anvil.do("anvil_setBalance", address, hex(10**20))
    contract = said("deploy", "settlement", "--url", anvil.url)["address"]
    assert {said("deploy", name, "--url", anvil.url)["contract"] for name in ("token", "certificate")}
    config = tmp_path / "evm.toml"
    config.write_text(f'ledger = "evm"\nevm_url = "{anvil.url}"\nevm_contract = "{contract}"\nevm_confirmations = 1\n')
    assert said("status", "--config", str(config))["operator"] == address
    opened = Config(ledger="evm", evm_url=anvil.url, evm_contract=contract, evm_confirmations=1, data=tmp_path)
    ledger = open_ledger(opened)
    assert ledger.submit(sample_batch()).state is State.FINAL
