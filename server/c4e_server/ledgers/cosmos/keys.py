"""Keys of a Cosmos account: from a mnemonic or a number to an address, and signatures with it.

Signatures are ECDSA on secp256k1 over SHA-256, deterministic (RFC 6979), as r and s of 32 bytes each with s in the
lower half of the order: the only form that the SDK takes. An address is RIPEMD-160 of SHA-256 of the compressed public
key. Keys come from a mnemonic along m/44'/118'/0'/0/0.

Source: RFC 6979 (T. Pornin, 2013); BIP-32, BIP-39, BIP-44; SLIP-44 (coin type 118); Cosmos SDK ADR-028 (addresses).
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from c4e_opt.errors import LedgerError
from c4e_server.ledgers.cosmos import bech32

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HARD = 1 << 31
_PATH = (44 | _HARD, 118 | _HARD, 0 | _HARD, 0, 0)
_WORDS = (12, 15, 18, 21, 24)


class Key:
    """A private key; its text says nothing of it."""

    def __init__(self, secret: int) -> None:
        """Take the number.

        Raises:
            ValueError: It is no number of a key.
        """
        if not 0 < secret < _ORDER:
            raise ValueError("a private key lies between 1 and the order of secp256k1")
        self._key = ec.derive_private_key(secret, ec.SECP256K1())
        self.public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    @classmethod
    def from_mnemonic(cls, mnemonic: str, passphrase: str = "") -> Key:
        """Derive the key of the first account; the words' own checksum is not looked at.

        Raises:
            ValueError: There are too few or too many words.
        """
        words = unicodedata.normalize("NFKD", mnemonic).split()
        if len(words) not in _WORDS:
            raise ValueError(f"a mnemonic has 12, 15, 18, 21 or 24 words, not {len(words)}")
        salt = unicodedata.normalize("NFKD", f"mnemonic{passphrase}")
        seed = hashlib.pbkdf2_hmac("sha512", " ".join(words).encode(), salt.encode(), 2048)
        node = hmac.digest(b"Bitcoin seed", seed, "sha512")
        for child in _PATH:
            parent = int.from_bytes(node[:32])
            known = b"\0" + node[:32] if child & _HARD else cls(parent).public
            node = hmac.digest(node[32:], known + child.to_bytes(4), "sha512")
            node = ((int.from_bytes(node[:32]) + parent) % _ORDER).to_bytes(32) + node[32:]
        return cls(int.from_bytes(node[:32]))

    @classmethod
    def from_text(cls, text: str) -> Key:
        """Read 64 hexadecimal digits or a mnemonic.

        Raises:
            ValueError: It is neither.
        """
        only = text.strip()
        if len(only) == 64 and all(letter in "0123456789abcdefABCDEF" for letter in only):
            return cls(int(only, 16))
        return cls.from_mnemonic(only)

    def address(self, prefix: str) -> str:
        """The account's address."""
        return address_of(self.public, prefix)

    def sign(self, content: bytes) -> bytes:
        """Sign bytes; the same bytes have the same signature, 64 bytes."""
        der = self._key.sign(content, ec.ECDSA(SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return r.to_bytes(32) + min(s, _ORDER - s).to_bytes(32)


def address_of(public: bytes, prefix: str) -> str:
    """The address of a compressed public key of 33 bytes.

    Raises:
        LedgerError: The OpenSSL of this Python lacks RIPEMD-160, as those from 3.0.0 to 3.0.6 do.
    """
    try:
        short = hashlib.new("ripemd160", hashlib.sha256(public).digest()).digest()
    except ValueError:
        raise LedgerError("addresses need RIPEMD-160, which this OpenSSL lacks; use OpenSSL 3.0.7 or newer") from None
    return bech32.encode(prefix, short)


def is_signed(public: bytes, content: bytes, signature: bytes) -> bool:
    """Whether a signature is of these bytes by this compressed public key, in the form that the SDK takes."""
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if len(signature) != 64 or s > _ORDER // 2:
        return False
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), public)
        key.verify(encode_dss_signature(r, s), content, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
