"""The guard of every call: who calls, whether they may, how often, and what is written down of it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from c4e_server.config import Config
from c4e_server.errors import InvalidConfig, NotAllowed, StoreError, Unauthenticated
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
_NAMES = ("request_id", "batch_id", "book_id")  # of fields that say what a message is about


class Call:
    """One call that was let in: its caller and, where it writes, its lines in the audit log."""

    __slots__ = ("_audit", "_name", "_number", "identity")

    def __init__(self, identity: Identity, name: str, audit: Audit | None) -> None:
        """Remember who and what; without an audit log where nothing is written down."""
        self.identity = identity
        self._name = name
        self._audit = audit
        self._number = ""

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
            said |= {
                name: text[:128]
                for name in ("request_id", "batch_id", "book_id")
                if (text := getattr(request, name, ""))
            }
        self._audit.write(self.identity, "begin", self._number, **said)

    def end(self, code: str) -> None:
        """Write down what came of it, once; nothing where nothing was begun."""
        number, self._number = self._number, ""
        if self._audit is None or not number:
            return
        try:
            self._audit.write(self.identity, "end", number, code=code)
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
            self._tokens = Tokens(keys, expected)

    async def admit(self, name: str, context: Any) -> Call:
        """Let a call in.

        Args:
            name: Full name of the method.
            context: The call's context.

        Raises:
            Unauthenticated: It does not say who calls, or what it shows is not good.
            NotAllowed: Its caller may not do this.
            RateLimited: Its tenant calls too often.
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
        return Call(identity, name, audit)

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
        identity = await self._tokens.identity(said[0][len(_BEARER) :].strip())
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
