"""The operator's key, and what the configuration of the EVM ledger must say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account

from c4e_server.config import Config
from c4e_server.errors import InvalidConfig
from c4e_server.ledgers.evm.keys import make_account, read_account
from c4e_server.ledgers.registry import open_ledger

ADDRESS = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"  # of the private key 1


def kept(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_keys_are_read_plain_and_encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert read_account(kept(tmp_path / "plain", f"{1:064x}\n")).address == ADDRESS
    sealed = kept(tmp_path / "sealed", json.dumps(Account.encrypt(f"0x{1:064x}", "secret", iterations=2)))
    assert read_account(sealed, "secret").address == ADDRESS
    monkeypatch.setenv("C4E_OPT_EVM_PASSWORD", "secret")
    assert read_account(sealed).address == ADDRESS
    with pytest.raises(InvalidConfig, match="is no key"):
        read_account(sealed, "wrong")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int):
    with pytest.raises(InvalidConfig, match=f"mode {mode:04o}; only its owner"):
        read_account(kept(tmp_path / "key", f"{1:064x}", mode))


def test_what_is_no_key_is_refused_and_never_told(tmp_path: Path):
    with pytest.raises(InvalidConfig) as error:
        read_account(kept(tmp_path / "key", "a secret that is no key"))
    assert "secret that" not in str(error.value)
    with pytest.raises(InvalidConfig, match="cannot be read"):
        read_account(tmp_path / "missing")


def test_a_new_key_is_only_for_its_owner_and_never_replaces_one(tmp_path: Path):
    account = make_account(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert read_account(tmp_path / "key").address == account.address
    with pytest.raises(InvalidConfig, match="FileExistsError"):
        make_account(tmp_path / "key")


def test_the_configuration_says_which_contract_on_which_node(tmp_path: Path):
    with pytest.raises(InvalidConfig, match="needs a contract"):
        open_ledger(Config(ledger="evm", data=tmp_path))
    with pytest.raises(InvalidConfig, match="evm_url is 'ftp://x'"):
        open_ledger(Config(ledger="evm", data=tmp_path, evm_contract=ADDRESS, evm_url="ftp://x"))
    with pytest.raises(InvalidConfig, match="evm_confirmations is 0; it must be at least 1"):
        Config(evm_confirmations=0)
    with pytest.raises(InvalidConfig, match="evm_fee_limit_gwei is 0"):
        Config(evm_fee_limit_gwei=0.0)
