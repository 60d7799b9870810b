"""Brings a contract onto a chain; afterwards the service needs its address and the operator's key."""

from __future__ import annotations

import time
from typing import Any

from c4e_opt.errors import LedgerError
from c4e_server.ledgers.evm.artefacts import artefact
from c4e_server.ledgers.evm.chain import Chain

_POLL_S = 0.5


def deploy(provider: Any, account: Any, name: str, *arguments: Any, timeout_s: float = 300.0) -> str:
    """Deploy a contract and wait until it is in a block.

    Args:
        provider: A provider of web3.
        account: The key that pays, of eth_account.
        name: Of the contract: settlement, token or certificate.
        arguments: What its `__init__` takes.
        timeout_s: Seconds to wait.

    Returns:
        Its address.

    Raises:
        LedgerError: The chain does not answer, the contract refuses, or no block came in time.
    """
    chain = Chain(provider)
    kind = artefact(name)
    made = chain.web3.eth.contract(abi=kind.abi, bytecode=kind.bytecode).constructor(*arguments)
    nonce = chain.count(account.address, pending=True)
    tip = max(chain.tip_wei(), 1_000_000)
    data = made.data_in_transaction
    fields = {
        "type": 2,
        "chainId": chain.id(),
        "nonce": nonce,
        "gas": gas_to_deploy(data),
        "maxFeePerGas": 2 * chain.block().base_fee_wei + tip,
        "maxPriorityFeePerGas": tip,
        "value": 0,
        "data": data,
    }
    signed = account.sign_transaction(fields)
    chain.broadcast(bytes(signed.raw_transaction))
    hash_ = "0x" + bytes(signed.hash).hex()
    deadline = time.monotonic() + timeout_s
    while (mined := chain.mined(hash_)) is None:
        if time.monotonic() > deadline:
            raise LedgerError(f"no block has taken {hash_} in {timeout_s:g} s; ask for it before deploying again")
        time.sleep(_POLL_S)
    if not mined.done:
        raise LedgerError(f"deploying {name} was reverted in {hash_}; look at its arguments {arguments}")
    return mined.created


def gas_to_deploy(code: str) -> int:
    """Gas that creating a contract takes at the most: 200 for a byte that stays, 40 for one that is sent, and words."""
    return 500_000 + 250 * (len(code) // 2)
