"""From the configuration to a ledger, and to the parts of it that the command line needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from web3 import HTTPProvider, IPCProvider

from c4e_server.config import Config
from c4e_server.errors import InvalidConfig
from c4e_server.ledgers.evm.keys import read_account
from c4e_server.ledgers.evm.ledger import EvmLedger

_TIMEOUT_S = 30


def open_evm(config: Config) -> EvmLedger:
    """The configured ledger on a chain.

    Raises:
        InvalidConfig: Something that it needs is not said.
        LedgerError: The node does not answer, or the contract is another.
    """
    if not config.evm_contract:
        raise InvalidConfig("ledger 'evm' needs a contract: deploy one with `c4e-opt evm deploy`, set evm_contract")
    return EvmLedger(
        provider_of(config),
        contract=config.evm_contract,
        account=read_account(key_file(config)),
        book=config.data / "evm.sqlite",
        confirmations=config.evm_confirmations,
        fee_limit_gwei=config.evm_fee_limit_gwei,
    )


def provider_of(config: Config) -> Any:
    """A provider of web3 for the configured node.

    Raises:
        InvalidConfig: No node is configured, or its address is none.
    """
    url = config.evm_url
    if url.startswith(("http://", "https://")):
        return HTTPProvider(url, request_kwargs={"timeout": _TIMEOUT_S})
    if url.startswith("/"):
        return IPCProvider(url, timeout=_TIMEOUT_S)
    raise InvalidConfig(f"evm_url is {url!r}; it must be http://…, https://… or the path of a node's socket")


def key_file(config: Config) -> Path:
    """The operator's key; relative to the data folder."""
    return config.data / config.evm_key
