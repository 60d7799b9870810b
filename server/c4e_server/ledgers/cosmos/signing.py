"""Transactions: a body of messages, signed by one account in mode DIRECT.

Source: Cosmos SDK ADR-020 (transaction encoding) and ADR-027 (deterministic serialisation): what is signed are the
bytes of a SignDoc with body and auth info exactly as they are sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from c4e_server.ledgers.cosmos import wire
from c4e_server.ledgers.cosmos.keys import Key


def body_of(messages: Sequence[Mapping[str, Any]], memo: str = "", timeout_height: int = 0) -> bytes:
    """What a transaction does, until which block, and what it says of itself."""
    body = wire.make("cosmos.tx.v1beta1.TxBody", messages=messages, memo=memo, timeout_height=timeout_height)
    return wire.written(body)


def auth_of(public: bytes, sequence: int, fee: Mapping[str, int], gas: int, granter: str = "") -> bytes:
    """Who signs, under which sequence number, and who pays what."""
    coins = [wire.make("cosmos.base.v1beta1.Coin", denom=denom, amount=str(n)) for denom, n in sorted(fee.items()) if n]
    mode = wire.make(
        "cosmos.tx.v1beta1.ModeInfo",
        single=wire.make("cosmos.tx.v1beta1.ModeInfoSingle", mode=wire.SIGN_MODE_DIRECT),
    )
    key = wire.packed(wire.make("cosmos.crypto.secp256k1.PubKey", key=public))
    signer = wire.make("cosmos.tx.v1beta1.SignerInfo", public_key=key, mode_info=mode, sequence=sequence)
    paid = wire.make("cosmos.tx.v1beta1.Fee", amount=coins, gas_limit=gas, granter=granter)
    return wire.written(wire.make("cosmos.tx.v1beta1.AuthInfo", signer_infos=[signer], fee=paid))


def sign_bytes(body: bytes, auth: bytes, chain_id: str, account_number: int) -> bytes:
    """What is signed."""
    return wire.written(
        wire.make(
            "cosmos.tx.v1beta1.SignDoc",
            body_bytes=body,
            auth_info_bytes=auth,
            chain_id=chain_id,
            account_number=account_number,
        )
    )


def transaction(body: bytes, auth: bytes, signature: bytes) -> bytes:
    """The bytes of a transaction; those of a simulation have an empty signature."""
    raw = wire.make("cosmos.tx.v1beta1.TxRaw", body_bytes=body, auth_info_bytes=auth, signatures=[signature])
    return wire.written(raw)


def signed(body: bytes, auth: bytes, chain_id: str, account_number: int, key: Key) -> bytes:
    """A signed transaction; the same content has the same bytes and so the same hash."""
    return transaction(body, auth, key.sign(sign_bytes(body, auth, chain_id, account_number)))


def hash_of(raw: bytes) -> str:
    """The name of a transaction on the chain: SHA-256 of its bytes, 64 hexadecimal capitals."""
    return hashlib.sha256(raw).hexdigest().upper()
