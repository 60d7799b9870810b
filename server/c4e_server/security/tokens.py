"""Tokens (JWT, RFC 7519, used as RFC 8725 advises): whose they are, from whom, for whom, and until when."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import jwt

from c4e_server.errors import RateLimited, Unauthenticated
from c4e_server.security.identity import TENANT, Identity, Role
from c4e_server.security.keys import Key, Keys
from c4e_server.security.rates import Rates

#: Claims that say who calls, beside `sub`.
TENANT_CLAIM, PARTY_CLAIM, ROLES_CLAIM = "c4e_tenant", "c4e_party", "c4e_roles"

_REQUIRED = ["iss", "aud", "exp", "iat", "sub", TENANT_CLAIM, ROLES_CLAIM]
_MOST_KNOWN = 10_000
_LARGEST = 8192
_NAME_LIMIT = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What every token has to say.

    Attributes:
        issuer: Who made it.
        audience: Whom it is for.
        leeway_s: How much clocks may differ.
        longest_s: How long it may be good for, from its making on.
    """

    issuer: str
    audience: str
    leeway_s: float
    longest_s: float


class Tokens:
    """Checks tokens; those that were found good are remembered until they expire or the keys are read again."""

    def __init__(self, keys: Keys, expected: Expected, refusals: Rates) -> None:
        """Check against keys and expectations.

        Args:
            keys: Those that tokens may be signed with.
            expected: What they have to say.
            refusals: How often tokens may be refused over one connection before unknown ones are not looked at.
        """
        self._keys = keys
        self._expected = expected
        self._refusals = refusals
        self._known: OrderedDict[bytes, tuple[Identity, float]] = OrderedDict()
        self._generation = keys.generation
        self._reading: asyncio.Future[None] | None = None

    async def identity(self, token: str, connection: Callable[[], str]) -> Identity:
        """Who shows a token.

        Args:
            token: The token.
            connection: Says over which connection it came; asked for tokens that are not known to be good.

        Raises:
            Unauthenticated: It is not good; the error says why.
            RateLimited: It is not known, and many that came over the connection were not good.
        """
        if len(token) > _LARGEST:
            raise Unauthenticated(f"the token has more than {_LARGEST} characters")
        if self._keys.due() or not self._keys.fresh:
            await self._read_again()
        if self._generation != self._keys.generation:
            self._known.clear()
            self._generation = self._keys.generation
        if not self._keys.fresh:  # what was found good before is not, either
            raise Unauthenticated(
                "the service could not read the keys of tokens for too long and takes none; tell who runs it"
            )
        digest = hashlib.sha256(token.encode()).digest()
        identity, until = self._known.get(digest, (None, 0.0))
        if identity is not None and time.time() < until:
            return identity
        line = connection()
        self._refusals.check(line)
        try:
            identity, until = _read(token, await self._key(token), self._expected)
        except Unauthenticated:
            with contextlib.suppress(RateLimited):  # others over the same connection may have taken the last
                self._refusals.take(line)
            raise
        self._known[digest] = (identity, until)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return identity

    async def _read_again(self, name: str | None = None) -> None:
        """Have the keys read, once for all calls that come meanwhile; those wait only while no key is trusted."""
        if self._reading is None:
            if not self._keys.due(name):
                return
            self._reading = asyncio.ensure_future(asyncio.to_thread(self._keys.refresh, name))
            self._reading.add_done_callback(self._has_read)
        elif self._keys.fresh:
            return
        await asyncio.shield(self._reading)  # goes on for the others when one of them gives up

    def _has_read(self, _: asyncio.Future[None]) -> None:
        self._reading = None

    async def _key(self, token: str) -> Key:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated("what is shown is no signed token (JWT)") from None
        name: Any = header.get("kid")
        if not isinstance(name, str) or not 0 < len(name) <= _NAME_LIMIT:
            raise Unauthenticated("the token does not name its key (kid)")
        if self._keys.due(name):
            await self._read_again(name)
        key = self._keys.find(name)
        if key is None:
            raise Unauthenticated("the token is signed with a key that the service does not know")
        if header.get("alg") != key.algorithm:
            raise Unauthenticated(f"the token is not signed by {key.algorithm}, which its key is for")
        return key


def _read(token: str, key: Key, expected: Expected) -> tuple[Identity, float]:
    """Whose token it is, and until when it is good.

    Raises:
        Unauthenticated: It is not good.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=[key.algorithm],
            issuer=expected.issuer,
            audience=expected.audience,
            leeway=expected.leeway_s,
            options={"require": _REQUIRED},
        )
    except jwt.ExpiredSignatureError:
        raise Unauthenticated("the token has expired; get a new one") from None
    except jwt.InvalidAudienceError:
        raise Unauthenticated(
            f"the token is not for this service; its audience must be {expected.audience!r}"
        ) from None
    except jwt.InvalidIssuerError:
        raise Unauthenticated("the token is from an issuer that the service does not trust") from None
    except jwt.MissingRequiredClaimError as error:
        raise Unauthenticated(f"the token does not say {error.claim}") from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        raise Unauthenticated("the token is not good: its signature, form or times are wrong") from None
    made, until = claims["iat"], claims["exp"]
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in (made, until)):
        raise Unauthenticated("the token's times are no numbers")
    if not 0 < until - made <= expected.longest_s:
        raise Unauthenticated(f"the token is good for longer than {expected.longest_s:g} s; get one for a shorter time")
    return _identity(claims), float(until) + expected.leeway_s


def _identity(claims: dict[str, Any]) -> Identity:
    tenant, party, listed = claims[TENANT_CLAIM], claims.get(PARTY_CLAIM, ""), claims[ROLES_CLAIM]
    subject: Any = claims["sub"]
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
        raise Unauthenticated(f"the token's {TENANT_CLAIM} is no name of a tenant")
    if not all(isinstance(each, str) and len(each) <= _NAME_LIMIT for each in (party, subject)) or not subject:
        raise Unauthenticated(f"the token's sub or {PARTY_CLAIM} is no text of up to {_NAME_LIMIT} characters")
    try:
        roles = (
            frozenset(Role(each) for each in cast("list[Any]", listed))
            if isinstance(listed, list)
            else frozenset[Role]()
        )
    except ValueError:
        roles = frozenset[Role]()
    if not roles:
        raise Unauthenticated(f"the token's {ROLES_CLAIM} is no list of {', '.join(Role)}")
    if Role.PARTY in roles and not party:
        raise Unauthenticated(f"the token has the role party and does not say which: {PARTY_CLAIM} is missing")
    return Identity(tenant=tenant, subject=subject, party=party, roles=roles)
