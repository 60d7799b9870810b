"""An authority of one's own: signs certificates of the service and of its callers, where nobody else does."""

from __future__ import annotations

import datetime
import ipaddress
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from c4e_server.errors import InvalidConfig
from c4e_server.security.identity import TENANT, Role

_OWN_DAYS = 3650  # how long an authority is good: whoever believes it has to be told of a new one
_HERE = ("localhost", "127.0.0.1", "::1")
_SERVER, _CALLER = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


class Authority:
    """ca.pem and ca.key of a folder, and what they sign."""

    def __init__(self, folder: Path, *, days: int = 365) -> None:
        """Take the authority of a folder, made when missing.

        Args:
            folder: Where all files lie.
            days: How long what it signs is good, and never longer than itself; it is good for ten years.

        Raises:
            InvalidConfig: The folder cannot be used, or what lies there is no authority or has ended.
        """
        self._folder = folder
        certificate, key = folder / "ca.pem", folder / "ca.key"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (certificate.exists() or key.exists()):
                self._key = ec.generate_private_key(ec.SECP256R1())
                # Each has a name of its own: where two are believed, the signer of a certificate is found by its name.
                own_name = f"c4e-opt authority {secrets.token_hex(8)}"
                name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, own_name)])
                end = _now() + datetime.timedelta(days=max(days, _OWN_DAYS))
                signed = _builder(name, name, self._key, end).add_extension(
                    x509.BasicConstraints(ca=True, path_length=0), critical=True
                )
                self._write("ca", signed.sign(self._key, hashes.SHA256()), self._key)
            found: Any = serialization.load_pem_private_key(key.read_bytes(), password=None)
            self._key = found
            own = x509.load_pem_x509_certificate(certificate.read_bytes())
            self._name = own.subject
        except (OSError, ValueError, TypeError) as error:
            raise InvalidConfig(f"{folder} holds no authority that can sign (ca.pem and ca.key): {error}") from None
        if own.not_valid_after_utc <= _now():
            raise InvalidConfig(
                f"the authority of {folder} ended on {own.not_valid_after_utc:%Y-%m-%d}; make another in a new folder, "
                "and give its ca.pem to everybody"
            )
        self._end = min(_now() + datetime.timedelta(days=days), own.not_valid_after_utc)

    def server(self, hosts: Sequence[str] = (), *, renew: bool = False) -> list[Path]:
        """Make server.pem and server.key, for these hosts and this machine; nothing when they are there.

        Returns:
            The files that were made.
        """
        if (self._folder / "server.pem").exists() and not renew:
            return []
        names = [_host(host) for host in dict.fromkeys((*hosts, *_HERE))]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, next(iter(hosts), _HERE[0]))])
        # It is shown by the probe of the service's own health, too, which callers without a certificate cannot reach.
        return self._signed("server", subject, (_SERVER, _CALLER), names)

    def caller(self, name: str, tenant: str, roles: Sequence[str], *, renew: bool = False) -> list[Path]:
        """Make NAME.pem and NAME.key, which say who calls; nothing when they are there.

        Returns:
            The files that were made.

        Raises:
            InvalidConfig: The name, the tenant or a role is none.
        """
        known = {role.value for role in Role}
        wrong = [f"{each!r} is no role; known are {', '.join(sorted(known))}" for each in roles if each not in known]
        if not TENANT.fullmatch(tenant):
            wrong.append(f"{tenant!r} is no name of a tenant; name it with --tenant: letters, digits, dot, dash")
        if not TENANT.fullmatch(name) or name in ("ca", "server"):
            wrong.append(f"{name!r} is no name for files of a caller: letters, digits, dot, dash, and not ca or server")
        if wrong:
            raise InvalidConfig("; ".join(wrong))
        if (self._folder / f"{name}.pem").exists() and not renew:
            return []
        parts = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, tenant)]
        parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, role) for role in roles]
        return self._signed(name, x509.Name([x509.NameAttribute(*part) for part in parts]), (_CALLER,), ())

    def _signed(
        self, name: str, subject: x509.Name, uses: Sequence[x509.ObjectIdentifier], hosts: Sequence[x509.GeneralName]
    ) -> list[Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(subject, self._name, key, self._end)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = made.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        if hosts:
            made = made.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        try:
            return self._write(name, made.sign(self._key, hashes.SHA256()), key)
        except OSError as error:
            raise InvalidConfig(f"{self._folder} cannot be written: {error.strerror}") from None

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> list[Path]:
        """Put both files in place, the key first, each whole or not at all; only their owner reads the key."""
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        files = [self._folder / f"{name}.key", self._folder / f"{name}.pem"]
        for file, content, mode in zip(files, (private, certificate.public_bytes(pem)), (0o600, 0o644), strict=True):
            new = file.with_name(f".{file.name}.new")
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as opened:
                opened.write(content)
            new.replace(file)
        return files


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, end: datetime.datetime) -> Any:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - datetime.timedelta(minutes=5))
        .not_valid_after(end)
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
