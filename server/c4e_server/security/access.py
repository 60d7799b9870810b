"""What a client shows to a service, and whom it trusts: files and environment, never flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from c4e_server.errors import InvalidConfig

#: Attribute of `Access` -> variable of the environment that names its file.
FILES = {
    "ca": "C4E_OPT_CA",
    "certificate": "C4E_OPT_CLIENT_CERTIFICATE",
    "key": "C4E_OPT_CLIENT_KEY",
    "token": "C4E_OPT_TOKEN_FILE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Files of a client.

    Attributes:
        ca: PEM of who signed the certificate of the service; calls are not encrypted when None.
        certificate: PEM of our own certificate, where the service asks for one.
        key: PEM of its key.
        token: Text of the token; read for every call, so that it may be renewed.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    token: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Access:
        """C4E_OPT_CA, C4E_OPT_CLIENT_CERTIFICATE, C4E_OPT_CLIENT_KEY and C4E_OPT_TOKEN_FILE; None where not set."""
        env = os.environ if environment is None else environment
        return cls(**{name: Path(env[variable]) for name, variable in FILES.items() if env.get(variable)})

    def channel(self, address: str, options: tuple[tuple[str, Any], ...], *, awaited: bool = False) -> Any:
        """A channel to a service: a `grpc.Channel`, or a `grpc.aio.Channel` where its calls are awaited.

        Raises:
            InvalidConfig: A file cannot be read, or a token would travel in the clear to another machine.
        """
        if self.ca is None:
            host = address.rpartition(":")[0].strip("[]")
            if self.token is not None and host not in ("localhost", "::1") and not host.startswith("127."):
                raise InvalidConfig(f"a token would travel to {address} in the clear; name the ca of the service")
            return (grpc.aio if awaited else grpc).insecure_channel(address, options=options)
        credentials = grpc.ssl_channel_credentials(
            _bytes(self.ca), private_key=_bytes(self.key), certificate_chain=_bytes(self.certificate)
        )
        return (grpc.aio if awaited else grpc).secure_channel(address, credentials, options=options)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with every call.

        Raises:
            InvalidConfig: The token cannot be read.
        """
        content = _bytes(self.token)
        if content is None:
            return ()
        try:
            return (("authorization", f"Bearer {content.decode('ascii').strip()}"),)
        except UnicodeDecodeError:
            raise InvalidConfig(f"{self.token} holds no token") from None


def _bytes(file: Path | None) -> bytes | None:
    try:
        return None if file is None else file.read_bytes()
    except OSError as error:
        raise InvalidConfig(f"{file} cannot be read: {error.strerror}") from None
