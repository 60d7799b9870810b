"""Certificates: what the server shows, whom it asks for one, and who a caller is by his."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.x509.oid import NameOID

from c4e_server.errors import InvalidConfig, Unauthenticated
from c4e_server.security.identity import TENANT, Identity, Role

_log = logging.getLogger("c4e_server.security")

_Stamp = tuple[tuple[int, int, int], ...]  # inode, size and time of change of every file


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """Files (PEM) of an encrypted server.

    Attributes:
        certificate: Its certificate, with the ones between it and its root.
        key: Private key of the certificate.
        client_ca: Certificates of whoever signs those of callers, who then have to show one; None for any caller.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def credentials(self) -> grpc.ServerCredentials:
        """What gRPC wants of them: looked at for every new connection, and read again when one has changed.

        New files that cannot be used, such as a certificate whose key is not there yet, are logged once, and what was
        good before is shown on. Connections that stand keep what they were made with.

        Raises:
            InvalidConfig: A file cannot be used.
        """
        seen = self._stamp()
        first = self._read()

        def changed() -> grpc.ServerCertificateConfiguration | None:
            nonlocal seen
            stamp = self._stamp()
            if stamp == seen:
                return None
            seen = stamp
            try:
                found = self._read()
            except InvalidConfig as error:
                _log.error("%s; the certificate from before is shown on", error)
                return None
            _log.info("certificate and key were read again from %s", self.certificate)
            return found

        fetch: Any = changed  # None is allowed: nothing has changed
        return grpc.dynamic_ssl_server_credentials(
            first, fetch, require_client_authentication=self.client_ca is not None
        )

    def _stamp(self) -> _Stamp:
        files = [file for file in (self.certificate, self.key, self.client_ca) if file is not None]
        try:
            found = [file.stat() for file in files]
        except OSError:  # one is being replaced
            return ()
        return tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in found)

    def _read(self) -> grpc.ServerCertificateConfiguration:
        """The files as they are now.

        Raises:
            InvalidConfig: One cannot be used.
        """
        try:  # gRPC itself does not say what it dislikes
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
            pair = (self.key.read_bytes(), self.certificate.read_bytes())
            ca = self.client_ca.read_bytes() if self.client_ca is not None else None
            if self.client_ca is not None:
                context.load_verify_locations(self.client_ca)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise InvalidConfig(f"the server cannot show {self.certificate} with {self.key}: {error}") from None
        return grpc.ssl_server_certificate_configuration([pair], root_certificates=ca)


def _no_password() -> str:
    raise ValueError("the key is encrypted; give one that is not, in a file that only the service can read")


def identity_of(certificate: bytes) -> Identity:
    """Who shows a certificate: O is the tenant, every OU a role, CN the subject and, of a party, the party.

    Args:
        certificate: PEM, whose signature the handshake has checked.

    Raises:
        Unauthenticated: It does not say.
    """
    try:
        subject = x509.load_pem_x509_certificate(certificate).subject
        tenant, name = (_only(subject, oid) for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME))
        roles = frozenset(
            Role(str(each.value)) for each in subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        )
    except ValueError:
        roles, tenant, name = frozenset[Role](), "", ""
    if not (roles and name and TENANT.fullmatch(tenant)):
        raise Unauthenticated(
            "the certificate does not say who calls; its subject needs O (tenant), OU (role) and CN (subject)"
        )
    return Identity(tenant=tenant, subject=name, party=name if Role.PARTY in roles else "", roles=roles)


def _only(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """The one value of an attribute.

    Raises:
        ValueError: There is none, or there are several.
    """
    (attribute,) = subject.get_attributes_for_oid(oid)
    return str(attribute.value)
