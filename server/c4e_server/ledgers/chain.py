"""The journal's chain: what links an entry to the one before it, and who signs the link.

    digest     SHA-256 of the entry's content, as it is stored
    chain      SHA-256 of a JSON list: the chain of the entry before, then every other column, in the order of `LINKED`
    signature  Ed25519 over the words "c4e-opt entry 1 " and the chain

The entry at place 0, the genesis, names the public key. Whoever changes, drops, inserts or moves an entry breaks the
chain after it, and cannot sign another. Whoever cuts off the end is found by an anchor that somebody else has kept: the
number of the anchor, place and chain of the last entry and the moment, signed.

Source: RFC 8032 (Ed25519), FIPS 180-4 (SHA-256).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from c4e_opt.errors import LedgerError

#: The chain before the genesis.
NOTHING = "0" * 64

#: Columns of an entry that its chain covers, in order; the content is covered by its digest.
LINKED = ("place", "kind", "id", "digest", "reverses", "ends", "expires", "adjusts", "first", "postings", "booked")


def link(before: str, entry: Mapping[str, Any]) -> str:
    """The chain of an entry, from the chain before it and its columns."""
    return hashlib.sha256(json.dumps([before, *(entry[name] for name in LINKED)]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The head of the chain at a moment."""

    number: int  # from 1
    entry: int  # place of the last entry
    chain: str
    made: int  # seconds since 1970
    signature: str = ""

    def to_json(self, public_key: str) -> str:
        """One line of a file that others keep."""
        return json.dumps(asdict(self) | {"public_key": public_key})

    @classmethod
    def from_json(cls, line: str) -> Anchor:
        """Read such a line.

        Raises:
            LedgerError: It is none.
        """
        try:
            said = json.loads(line)
            number, entry, made = (said[name] for name in ("number", "entry", "made"))
            chain, signature = said["chain"], said["signature"]
        except (ValueError, KeyError, TypeError):
            raise LedgerError(f"{line[:60]!r} is no anchor") from None
        if not all(type(n) is int for n in (number, entry, made)) or not all(
            type(t) is str for t in (chain, signature)
        ):
            raise LedgerError(f"{line[:60]!r} is no anchor")
        return cls(number=number, entry=entry, chain=chain, made=made, signature=signature)


class Signer:
    """The key of a journal."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        """Sign by this key."""
        self._key = key
        self.public_key = _raw(key.public_key()).hex()

    def sign_entry(self, chain: str) -> str:
        """The signature of an entry."""
        return self._key.sign(_entry(chain)).hex()

    def sign_anchor(self, anchor: Anchor) -> str:
        """The signature of an anchor."""
        return self._key.sign(_anchor(anchor)).hex()


def entry_is_signed(public_key: str, chain: str, signature: str) -> bool:
    """Whether this is the signature of an entry; it has one spelling only."""
    return _holds(public_key, signature, _entry(chain))


def anchor_is_signed(public_key: str, anchor: Anchor) -> bool:
    """Whether an anchor is signed by this key."""
    return _holds(public_key, anchor.signature, _anchor(anchor))


def read_key(path: Path, *, make: bool) -> Signer:
    """The key in a file that only its owner can read.

    Args:
        path: The file, PKCS #8 in PEM.
        make: Make a new key when there is none.

    Raises:
        LedgerError: There is none, others can read it, or it cannot be used.
    """
    try:
        if make and not path.exists():
            _make_key(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise LedgerError(f"the journal's key {path} can be read by others (mode {mode:o}); chmod 600 it")
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise LedgerError(f"the journal's key {path} is missing; bring it back, or nothing can be booked") from None
    except (OSError, ValueError, TypeError) as error:
        raise LedgerError(f"the journal's key {path} cannot be used: {type(error).__name__}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(f"the journal's key {path} is no Ed25519 key")
    return Signer(key)


def _make_key(path: Path) -> None:
    """Write a new key beside its place and move it there whole; the first who does so wins."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, pem)
        os.fsync(handle)
        os.link(new, path)
    except FileExistsError:
        pass
    finally:
        os.close(handle)
        new.unlink()


def _entry(chain: str) -> bytes:
    return f"c4e-opt entry 1 {chain}".encode("utf-8", "surrogateescape")


def _anchor(anchor: Anchor) -> bytes:
    return json.dumps(["c4e-opt anchor 1", anchor.number, anchor.entry, anchor.chain, anchor.made]).encode()


def _holds(public_key: str, signature: str, said: bytes) -> bool:
    try:
        raw, key = bytes.fromhex(signature), bytes.fromhex(public_key)
        if raw.hex() != signature:
            return False
        Ed25519PublicKey.from_public_bytes(key).verify(raw, said)
    except (ValueError, InvalidSignature):
        return False
    return True


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
