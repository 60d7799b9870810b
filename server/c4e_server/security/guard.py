"""The guard of every call: who calls, whether they may, how often, and what is written down of it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from c4e_server.config import Config
from c4e_server.errors import InvalidConfig, NotAllowed, RateLimited, StoreError, Unauthenticated
from c4e_server.security.audit import Audit
from c4e_server.security.identity import ANYBODY, Identity
from c4e_server.security.keys import Keys
from c4e_server.security.rates import Rates
from c4e_server.security.rules import RULES, Rule
from c4e_server.security.tls import ServerTls, identity_of
from c4e_server.security.tokens import Expected, Tokens

_log = logging.getLogger("c4e_server.security")

_UNRULED = Rule()  # nobody has a role that it takes
_SMALL = 1 << 16  # bytes of a message whose digest is made at once; that of a larger one is made by a thread
_BEARER = "bearer "


class Call:
    """One call that was let in: its caller and, where it writes, its lines in the audit log."""

    __slots__ = ("_audit", "_heard", "_name", "_number", "_under_way", "identity")

    def __init__(
        self, identity: Identity, name: str, audit: Audit | None, under_way: Counter[str] | None = None
    ) -> None:
        """Remember who and what.

        Args:
            identity: Who.
            name: Full name of the method.
            audit: Where it is written down; None where nothing is.
            under_way: Calls by tenant, in which this one is counted until it ends; None where it is not.
        """
        self.identity = identity
        self._name = name
        self._audit = audit
        self._number = ""
        self._under_way = under_way
        self._heard: dict[str, str] | None = None

    async def begin(self, request: Any) -> None:
        """Write down what is about to be done.

        Args:
            request: The message; None for a stream, whose messages are not there yet.

        Raises:
            StoreError: That is not possible, and so the act may not be done.
        """
        if self._audit is None:
            return
        self._number = uuid.uuid4().hex
        said: dict[str, Any] = {"method": self._name}
        if request is not None:
            small = request.ByteSize() <= _SMALL
            said["digest"] = _digest(request) if small else await asyncio.to_thread(_digest, request)
            said |= _ids(request)
        self._audit.write(self.identity, "begin", self._number, **said)

    def hear(self, message: Any) -> None:
        """Remember what a stream is about, for its last line; its first message says so."""
        if self._audit is None or self._heard is not None:
            return
        parts = [part for field, part in message.ListFields() if field.message_type and not field.is_repeated]
        self._heard = dict(item for each in (message, *parts) for item in _ids(each).items())

    def end(self, code: str) -> None:
        """Write down what came of it, once; nothing where nothing was begun."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way[self.identity.tenant] -= 1
            if not under_way[self.identity.tenant]:
                del under_way[self.identity.tenant]
        number, self._number = self._number, ""
        if self._audit is None or not number:
            return
        try:
            self._audit.write(self.identity, "end", number, code=code, **(self._heard or {}))
        except StoreError:
            _log.exception("what came of call %s is not in the audit log: %s", number, code)


class Guard:
    """Lets calls in, or refuses them."""

    def __init__(self, config: Config, audit: Audit, rules: Mapping[str, Rule] = RULES) -> None:
        """Prepare what the configuration asks for.

        Raises:
            InvalidConfig: Keys or certificates cannot be used.
        """
        self._rules = rules
        self._audit = audit
        self._rates = Rates(config.rate_per_s, config.rate_burst)
        self._tenant_calls = config.tenant_calls
        self._under_way: Counter[str] = Counter()
        self._certificates = config.tls_client_ca is not None
        self._tokens: Tokens | None = None
        self._people: dict[bytes, Identity] = {}
        if config.token_keys:
            keys = Keys(config.token_keys, ca=config.token_keys_ca, refresh_s=config.token_refresh_s)
            expected = Expected(
                issuer=config.token_issuer,
                audience=config.token_audience,
                leeway_s=config.token_leeway_s,
                longest_s=config.token_longest_s,
            )
            refusals = Rates(config.refusals_per_s, max(round(10 * config.refusals_per_s), 1), what="bad tokens")
            self._tokens = Tokens(keys, expected, refusals)

    async def admit(self, name: str, context: Any) -> Call:
        """Let a call in.

        Args:
            name: Full name of the method.
            context: The call's context.

        Raises:
            Unauthenticated: It does not say who calls, or what it shows is not good.
            NotAllowed: Its caller may not do this.
            RateLimited: Its tenant calls too often, or has too many calls under way.
        """
        rule = self._rules.get(name, _UNRULED)
        audit = self._audit if rule.writes else None
        if self._tokens is None and not self._certificates:
            self._rates.take("")
            return Call(ANYBODY, name, audit)
        if rule.public:
            return Call(ANYBODY, name, None)
        identity = await self._identity(context)
        self._rates.take(identity.tenant)
        if not rule.roles & identity.roles:
            method = name.rpartition(".")[2]
            asked = f"it is for {', '.join(sorted(rule.roles))}" if rule.roles else "it has no rule"
            raise NotAllowed(
                f"{identity.subject!r} ({', '.join(sorted(identity.roles))}) may not call {method}; {asked}"
            )
        if self._under_way[identity.tenant] >= self._tenant_calls:
            raise RateLimited(
                f"{self._tenant_calls} calls of the tenant are under way; the next is taken when one of them has ended"
            )
        self._under_way[identity.tenant] += 1
        return Call(identity, name, audit, self._under_way)

    async def _identity(self, context: Any) -> Identity:
        """Who calls: by token, else by certificate; where both are asked for, both are of one tenant."""
        shown = self._shown(context) if self._certificates else None
        if self._tokens is None:
            if shown is None:
                raise Unauthenticated("the call shows no certificate")
            return shown
        said: list[Any] = [value for key, value in context.invocation_metadata() or () if key == "authorization"]
        if len(said) != 1 or not isinstance(said[0], str) or not said[0].lower().startswith(_BEARER):
            raise Unauthenticated("the call shows no token; send one as metadata: authorization: Bearer TOKEN")
        identity = await self._tokens.identity(said[0][len(_BEARER) :].strip(), context.peer)
        if shown is not None and shown.tenant != identity.tenant:
            raise Unauthenticated("the token and the certificate are of different tenants")
        return identity

    def _shown(self, context: Any) -> Identity:
        shown: Any = context.auth_context().get("x509_pem_cert")
        if not shown:
            raise Unauthenticated("the call shows no certificate")
        digest = hashlib.sha256(shown[0]).digest()
        if digest not in self._people:
            if len(self._people) > 10_000:
                self._people.clear()
            self._people[digest] = identity_of(shown[0])
        return self._people[digest]


def tls_of(config: Config) -> ServerTls | None:
    """The encryption that a configuration asks for; None for none.

    Raises:
        InvalidConfig: It asks for half of it.
    """
    if config.tls_certificate is None and config.tls_key is None and config.tls_client_ca is None:
        return None
    if config.tls_certificate is None or config.tls_key is None:
        raise InvalidConfig("TLS needs both tls_certificate and tls_key")
    return ServerTls(certificate=config.tls_certificate, key=config.tls_key, client_ca=config.tls_client_ca)


def _digest(request: Any) -> str:
    return hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()


def _ids(message: Any) -> dict[str, str]:
    """What a message is about: its texts that are called an id."""
    return {
        field.name: text[:128]
        for field, text in message.ListFields()
        if field.name.endswith("_id") and isinstance(text, str)
    }
