"""A service with encryption and tokens, and whoever calls it: real certificates, real keys, real tokens."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from c4e_server.client import Client
from c4e_server.local import Local, local_service
from c4e_server.security.access import Access

ISSUER, AUDIENCE = "https://issuer.test", "c4e-opt"

_PEM = serialization.Encoding.PEM
_PLAIN = serialization.NoEncryption()


class Authority:
    """Signs certificates."""

    def __init__(self, folder: Path, name: str = "root") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._sign(self._name, self._key.public_key(), ca=True).public_bytes(_PEM))

    def _sign(self, name: x509.Name, key: Any, *, ca: bool) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def certificate(self, subject: str, tenant: str = "", roles: tuple[str, ...] = ()) -> tuple[Path, Path]:
        """Files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.COMMON_NAME, subject)]
        names += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, tenant)] if tenant else []
        names += [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role) for role in roles]
        signed = self._sign(x509.Name(names), key.public_key(), ca=False)
        files = (self._folder / f"{subject}.pem", self._folder / f"{subject}.key")
        files[0].write_bytes(signed.public_bytes(_PEM))
        files[1].write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, _PLAIN))
        return files


class Issuer:
    """Makes tokens, and says with which keys."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {
            "ed": ed25519.Ed25519PrivateKey.generate(),
            "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        }

    def jwks(self, *names: str) -> str:
        """The public keys of these names; of all when none is named."""
        listed: list[dict[str, Any]] = []
        for name in names or tuple(self.keys):
            public = self.keys[name].public_key()
            kind: Any = (
                jwt.algorithms.OKPAlgorithm if algorithm(self.keys[name]) == "EdDSA" else jwt.algorithms.RSAAlgorithm
            )
            listed.append({**json.loads(kind.to_jwk(public)), "kid": name, "use": "sig"})
        return json.dumps({"keys": listed})

    def token(
        self,
        tenant: str = "acme",
        roles: Any = ("operator",),
        party: str = "",
        *,
        key: str = "ed",
        header: dict[str, Any] | None = None,
        without: str = "",
        **claims: Any,
    ) -> str:
        """A token that is good unless told otherwise."""
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": f"{party or 'someone'}@{tenant}",
            "iat": now,
            "exp": now + 600,
            "c4e_tenant": tenant,
            "c4e_roles": list(roles) if isinstance(roles, tuple) else roles,
        } | ({"c4e_party": party} if party else {})
        said |= claims
        said.pop(without, None)
        private = self.keys[key]
        return jwt.encode(said, private, algorithm=algorithm(private), headers={"kid": key} | (header or {}))


def algorithm(key: Any) -> str:
    return "EdDSA" if isinstance(key, ed25519.Ed25519PrivateKey) else "RS256"


def part(content: Any) -> str:
    """A part of a token that no library would write."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@dataclass(frozen=True)
class World:
    """A service, who made its certificate, and who makes its tokens."""

    local: Local
    folder: Path
    authority: Authority
    issuer: Issuer

    def access(self, token: str | None, **more: Any) -> Access:
        file = None
        if token is not None:
            file = self.folder / f"{abs(hash(token))}.token"
            file.write_text(token)
        return Access(**({"ca": self.authority.file, "token": file} | more))

    def client(self, *args: Any, **claims: Any) -> Client:
        """A client with a token of these claims."""
        return Client(self.local.address, self.access(self.issuer.token(*args, **claims)), patience_s=0)

    def bare(self, token: str | None) -> Client:
        """A client with this token, or none."""
        return Client(self.local.address, self.access(token), patience_s=0)

    def channel(self) -> grpc.Channel:
        """A channel that is encrypted and shows nothing."""
        return Access(ca=self.authority.file).channel(self.local.address, ())


@contextmanager
def world(folder: Path, *, mutual: bool = False, **more: Any) -> Iterator[World]:
    """A service with encryption and tokens, whose ledger is acme's."""
    authority, issuer = Authority(folder / "tls"), Issuer()
    certificate, key = authority.certificate("server")
    keys = folder / "keys.json"
    keys.write_text(issuer.jwks())
    config: dict[str, Any] = {
        "tls_certificate": str(certificate),
        "tls_key": str(key),
        "token_keys": str(keys),
        "token_issuer": ISSUER,
        "token_audience": AUDIENCE,
        "ledger_tenant": "acme",
    } | ({"tls_client_ca": str(authority.file)} if mutual else {})
    config |= more
    file = folder / "service.toml"
    file.write_text("".join(f"{name} = {json.dumps(content)}\n" for name, content in config.items()))
    with local_service(folder / "data", "--workers", "1", "--config", str(file)) as local:
        yield World(local, folder, authority, issuer)
