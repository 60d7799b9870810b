"""Public keys that tokens are signed with: a JWKS from a file or an https URL, cached, and read again on rotation."""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from c4e_server.errors import InvalidConfig

_log = logging.getLogger("c4e_server.security")

#: Least time between two readings, whoever asks: tokens with made-up key names must not make the service call out.
LEAST_WAIT_S = 10.0
_STALE_S = 3600.0  # keys that could not be read again for so long are trusted no more
_LARGEST = 1 << 20
_FETCH_S = 5.0  # for a site to be reached, and again for all of its answer
_LEAST_RSA_BITS = 2048
_MOST_PARTS = 500  # lists and objects of a JWKS
#: What reading raises: the site or the file is away, or says what is no answer or no JWKS.
_UNREADABLE = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and the one algorithm that it is good for."""

    algorithm: str
    public: Ed25519PublicKey | RSAPublicKey


class Keys:
    """The keys of an issuer; may be used from any thread."""

    def __init__(
        self,
        where: str,
        *,
        ca: Path | None = None,
        refresh_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the keys for the first time.

        Args:
            where: A file, or an https URL.
            ca: PEM file of the authority behind the URL; the system's when None.
            refresh_s: Age from which they are read again.
            clock: Seconds.

        Raises:
            InvalidConfig: They cannot be read now, or there is none among them that can be used.
        """
        self._where = where
        self._refresh_s = refresh_s
        self._clock = clock
        self._lock = threading.Lock()
        self._opener = _opener(where, ca)
        try:
            self._known = self._read()
        except _UNREADABLE as error:
            raise InvalidConfig(f"the keys of tokens at {where} cannot be read: {_words(error)}") from None
        self._got = self._tried = clock()
        self.generation = 0

    @property
    def fresh(self) -> bool:
        """Whether they were read recently enough to be trusted."""
        return self._clock() - self._got <= _STALE_S + self._refresh_s

    def find(self, name: str) -> Key | None:
        """The key of a name as it is known now; see `due`."""
        return self._known.get(name) if self.fresh else None

    def due(self, name: str | None = None) -> bool:
        """Whether the keys are to be read again: they are old, or one is wanted that is not among them."""
        now = self._clock()
        wanted = now - self._got >= self._refresh_s or (name is not None and name not in self._known)
        return wanted and now - self._tried >= LEAST_WAIT_S

    def refresh(self, name: str | None = None) -> None:
        """Read the keys again if that is still due and nobody does it; those that are known stay when it fails."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if not self.due(name):
                return
            self._tried = self._clock()
            try:
                self._known = self._read()
            except _UNREADABLE as error:
                _log.warning("the keys of tokens at %s cannot be read again: %s", self._where, _words(error))
                return
            self._got = self._clock()
            self.generation += 1
        finally:
            self._lock.release()

    def _read(self) -> Mapping[str, Key]:
        if self._opener is None:
            with Path(self._where).open("rb") as file:
                content = file.read(_LARGEST + 1)
        else:
            with self._opener.open(self._where, timeout=_FETCH_S) as answer:
                content = cast("bytes", answer.read(_LARGEST + 1))
        if len(content) > _LARGEST:
            raise ValueError(f"more than {_LARGEST} bytes")
        known = _usable(content)
        if not known:
            raise ValueError("no key of a name (kid) that is Ed25519 for EdDSA, or RSA of 2048 bits or more for RS256")
        return known


class _Bounded(ssl.SSLSocket):
    """Gives its site `_FETCH_S` for all that it sends, and not for every part: it may send a byte at a time."""

    _until: float | None = None

    def recv_into(self, *args: Any, **more: Any) -> int:
        """Receive within what is left of the time.

        Raises:
            TimeoutError: Nothing is left, or nothing came.
        """
        now = time.monotonic()
        if self._until is None:
            self._until = now + _FETCH_S
        if now >= self._until:
            raise TimeoutError
        self.settimeout(self._until - now)
        return super().recv_into(*args, **more)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from where the operator said, and from nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""
        return


def _opener(where: str, ca: Path | None) -> urllib.request.OpenerDirector | None:
    scheme = urlsplit(where).scheme
    if scheme == "https":
        try:
            context = ssl.create_default_context(cafile=ca)
        except (OSError, ssl.SSLError) as error:
            raise InvalidConfig(f"token_keys_ca {ca} cannot be used: {error}") from None
        context.sslsocket_class = _Bounded
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _NoRedirect, urllib.request.HTTPSHandler(context=context)
        )
    if "://" in where:
        raise InvalidConfig(f"token_keys is a URL of scheme {scheme!r}; name a file or an https URL")
    return None


def _usable(content: bytes) -> dict[str, Key]:
    """Keys by name; those of other kinds are left out, as RFC 7517 section 5 asks.

    Raises:
        ValueError: It is no JWKS.
    """
    if content.count(b"[") + content.count(b"{") > _MOST_PARTS:  # so deep a text could end the process
        raise ValueError("no JWKS: too many lists and objects")
    document: Any = json.loads(content)
    listed: Any = cast("dict[str, Any]", document).get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no JWKS: an object with a list of keys")
    known: dict[str, Key] = {}
    for each in cast("list[Any]", listed):
        entry = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        found = _key(entry)
        if found is not None:
            known[str(entry["kid"])] = found
    return known


def _key(entry: dict[str, Any]) -> Key | None:
    name, use = entry.get("kid"), entry.get("use", "sig")
    kind = {"OKP": "EdDSA", "RSA": "RS256"}.get(str(entry.get("kty")))
    if not isinstance(name, str) or not name or use != "sig" or kind is None or entry.get("alg", kind) != kind:
        return None
    try:
        public: Any = jwt.PyJWK({k: v for k, v in entry.items() if k != "d"}, algorithm=kind).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    fits = isinstance(public, Ed25519PublicKey) or (
        isinstance(public, RSAPublicKey) and public.key_size >= _LEAST_RSA_BITS
    )
    return Key(kind, public) if fits else None


def _words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, urllib.error.URLError):
        return _words(error.reason) if isinstance(error.reason, TimeoutError) else str(error.reason)
    if isinstance(error, TimeoutError):
        return f"no whole answer within {_FETCH_S:g} s"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return (
        str(error) if isinstance(error, ValueError) else f"no answer of a web site, or no JSON ({type(error).__name__})"
    )
