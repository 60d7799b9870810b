"""Who calls: tenant, party and roles, at hand in the context of every call."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from c4e_server.errors import NotAllowed, UnknownRequest

#: Names of tenants; what a key of the store is made of may not hold its separator.
TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_SEPARATOR = "/"


class Role(StrEnum):
    """What a caller is to its tenant."""

    OPERATOR = "operator"
    """Runs the tenant's side of the service: everything, deliveries and books included."""
    MARKET = "market"
    """Runs markets: solves, clears, settles, posts."""
    PARTY = "party"
    """Takes part in a market: sees its own orders and lines and what is public."""
    AUDITOR = "auditor"
    """Reads everything of its tenant and writes nothing."""


#: Who may write for any party of its tenant, and who may read what any party has; all others for their own alone.
_WRITING = frozenset({Role.OPERATOR, Role.MARKET})
_READING = _WRITING | {Role.AUDITOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who calls.

    Attributes:
        tenant: Whose records it may see; empty in a service without authentication.
        subject: The person or program, as its token or certificate names it.
        party: The party that it acts for; empty for none.
        roles: What it may do.
    """

    tenant: str
    subject: str
    party: str = ""
    roles: frozenset[Role]

    @property
    def writes_for_all(self) -> bool:
        """Whether it may write for every party of its tenant."""
        return bool(self.roles & _WRITING)

    @property
    def reads_all(self) -> bool:
        """Whether it sees what every party of its tenant has."""
        return bool(self.roles & _READING)

    def check_write(self, party: str) -> None:
        """Refuse a caller that writes for its own party alone and names another.

        Raises:
            NotAllowed: It does.
        """
        if not self.writes_for_all and party != self.party:
            raise NotAllowed(f"{self.subject!r} acts for party {self.party!r} and not for {party!r}")

    def check_read(self, party: str) -> None:
        """Refuse a caller that sees its own party's lines alone and names another.

        Raises:
            NotAllowed: It does.
        """
        if not self.reads_all and party != self.party:
            raise NotAllowed(f"{self.subject!r} reads for party {self.party!r} and not for {party!r}")


#: Whoever calls a service without authentication: one tenant without a name, and every role.
ANYBODY = Identity(tenant="", subject="", roles=frozenset(Role))

_caller: ContextVar[Identity] = ContextVar("c4e_caller", default=ANYBODY)


def caller() -> Identity:
    """Who makes the call that is being answered; anybody outside of calls."""
    return _caller.get()


def enter(identity: Identity) -> None:
    """Make an identity the caller for the rest of this task's context."""
    _caller.set(identity)


def key_of(tenant: str, name: str) -> str:
    """The name under which the store keeps a tenant's record.

    Two tenants' keys differ whatever the names are, and a tenant without a name has the plain ones.

    Raises:
        UnknownRequest: The name holds the separator: nobody's record has such a name.
    """
    if _SEPARATOR in name:
        raise UnknownRequest(f"there is no request {name!r}")
    return f"{tenant}{_SEPARATOR}{name}" if tenant else name


def name_of(key: str) -> str:
    """The name by which the tenant itself knows a record."""
    return key.rpartition(_SEPARATOR)[2]


def tenant_of(key: str) -> str:
    """The tenant whose record a key names."""
    return key.rpartition(_SEPARATOR)[0]
