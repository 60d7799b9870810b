"""Whose the books of the ledger are: one tenant's, because accounts of a ledger are named without tenants."""

from __future__ import annotations

from c4e_server.errors import NoBooks, UnknownRequest
from c4e_server.security.identity import Identity

#: Kinds of accounts that belong to a party.
_OWN = ("party", "wallet")


class Books:
    """The one ledger of a service, and the tenant that owns it."""

    def __init__(self, owner: str) -> None:
        """Name the owner; empty in a service without authentication, and where nobody may post."""
        self._owner = owner

    def owned_by(self, identity: Identity) -> bool:
        """Whether they are of a caller's tenant."""
        return identity.tenant == self._owner

    def check_post(self, identity: Identity) -> None:
        """Refuse to post for a tenant whose ledger this is not.

        Raises:
            NoBooks: It is not.
        """
        if not self.owned_by(identity):
            raise NoBooks(
                f"tenant {identity.tenant!r} has no books on the ledger of this service, so nothing is posted for it; "
                "ask for the statement alone"
            )

    def check_read(self, identity: Identity, what: str) -> None:
        """Answer who does not own the books as if what he asks for were not there.

        Raises:
            UnknownRequest: The caller's tenant does not own them.
        """
        if not self.owned_by(identity):
            raise UnknownRequest(what)

    @staticmethod
    def accounts(identity: Identity) -> frozenset[str] | None:
        """The only accounts that a caller sees; None where it sees all."""
        return frozenset(f"{kind}:{identity.party}" for kind in _OWN) if not identity.reads_all else None
