"""Ed25519 signatures of what is asked of a ledger (RFC 8032): made with one key, proven with those that were agreed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from c4e.opt.v1 import ledger_adapter_pb2
from c4e_server.errors import InvalidConfig


def submit_text(batch_id: str, digest: str) -> str:
    """What is signed of a batch."""
    return f"c4e-opt submit 1 {batch_id} {digest}"


def reverse_text(batch_id: str) -> str:
    """What is signed of a wish to take a batch back."""
    return f"c4e-opt reverse 1 {batch_id}"


def key_id(key: Ed25519PublicKey) -> str:
    """What a key is called: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def signature(key: Ed25519PrivateKey, text: str) -> ledger_adapter_pb2.Signature:
    """Sign a text."""
    return ledger_adapter_pb2.Signature(key_id=key_id(key.public_key()), ed25519=key.sign(text.encode()))


def unproven(keys: Mapping[str, Ed25519PublicKey], text: str, given: ledger_adapter_pb2.Signature | None) -> str:
    """What is wrong with the signature of a text, in words; empty where one of the keys made it.

    Args:
        keys: Those that were agreed, by their id.
        text: What should be signed.
        given: The signature; None where there is none.
    """
    if given is None:
        return "is not signed; every call that books something must be"
    key = keys.get(given.key_id)
    if key is None:
        return f"is signed by key {given.key_id!r}, which is unknown here"
    try:
        key.verify(given.ed25519, text.encode())
    except InvalidSignature:
        return f"has a signature that key {given.key_id} did not make of it"
    return ""


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key in a PEM file (PKCS #8, without a password), as `openssl genpkey -algorithm ed25519` writes it.

    Raises:
        InvalidConfig: There is none.
    """
    try:
        key = load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidConfig(f"{path} holds no Ed25519 private key as PEM without a password")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """The key in a PEM file, as `openssl pkey -pubout` writes it.

    Raises:
        InvalidConfig: There is none.
    """
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidConfig(f"{path} holds no Ed25519 public key as PEM")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidConfig(f"{path} cannot be read: {error.strerror}") from None
