"""The line to a ledger's service: encryption, deadlines, statuses as errors of a ledger."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from c4e.opt.v1 import ledger_adapter_pb2
from c4e_opt.errors import C4eError, LedgerError, LedgerUnreachable, Unbalanced
from c4e_server.errors import InvalidConfig

#: Largest message that is sent and taken, in bytes: what every implementation takes.
LARGEST = 64 * 2**20

_SERVICE = ledger_adapter_pb2.DESCRIPTOR.services_by_name["LedgerAdapterService"].full_name
_DETAILS = "grpc-status-details-bin"

#: Codes of a refusal: it depends on what was asked, and asking again changes nothing.
REFUSALS = ("INVALID_ARGUMENT", "ALREADY_EXISTS", "NOT_FOUND", "FAILED_PRECONDITION", "OUT_OF_RANGE")
_AGAIN = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED")
_MENDS = {
    "UNAUTHENTICATED": "it does not know this caller; say who it is by a certificate and a signing key",
    "PERMISSION_DENIED": "it does not let this caller do it; see the certificate and the signing key that it is shown",
    "UNIMPLEMENTED": f"it does not implement {_SERVICE}",
    "RESOURCE_EXHAUSTED": f"it takes no more, or no message of this size; it should take {LARGEST >> 20} MiB",
    "DEADLINE_EXCEEDED": "there was no answer in time; what it did is unknown",
    "UNAVAILABLE": "it cannot be reached",
}


class NoAnswer(LedgerUnreachable):
    """There was no answer: what the ledger did is unknown, and the same call may be made again at once."""

    def __init__(self, message: str, code: str = "") -> None:
        """Keep the name of the status; empty where there was none."""
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files (PEM) of an encrypted line.

    Attributes:
        ca: Certificates of whoever signed the server's; None for those that gRPC trusts.
        certificate: The caller's own, with the ones between it and its root; None where the server asks for none.
        key: Private key of the caller's certificate.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        """What gRPC wants of them.

        Raises:
            InvalidConfig: A file cannot be read, or a certificate stands without its key.
        """
        if (self.certificate is None) != (self.key is None):
            raise InvalidConfig("a certificate goes with its private key; name both files or neither")
        return grpc.ssl_channel_credentials(*(_content(path) for path in (self.ca, self.key, self.certificate)))


class Line:
    """One connection; may be shared between threads."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        """Prepare to call; the first call connects.

        Args:
            address: Host and port.
            tls: How the line is encrypted; None for not at all, which only loopback allows.

        Raises:
            InvalidConfig: The address or a file cannot be used.
        """
        self.address = address
        near = is_loopback(address)
        if tls is None and not near:
            raise InvalidConfig(f"{address} is another machine; a line to a ledger is encrypted unless it is loopback")
        options = (
            ("grpc.max_receive_message_length", LARGEST),
            ("grpc.max_send_message_length", -1),
            ("grpc.enable_retries", 0),  # calls are repeated in one place, which asks for the status in between
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 5000),
            ("grpc.enable_http_proxy", int(not near)),
        )
        if tls is None:
            self._channel = grpc.insecure_channel(address, options=options)
        else:
            self._channel = grpc.secure_channel(address, tls.credentials(), options=options)

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def call(self, method: str, request: Any, answer: Any, timeout_s: float) -> Any:
        """Call once and wait.

        Args:
            method: Name of the method.
            request: The message.
            answer: Class of the answer.
            timeout_s: Deadline.

        Raises:
            NoAnswer: Nothing is known of the effect; the call may be repeated.
            LedgerUnreachable: The ledger does not serve us; nothing is known of the effect.
            Unbalanced: It says that a batch does not sum to zero.
            LedgerError: It refuses.
        """
        call: Any = self._channel.unary_unary(
            f"/{_SERVICE}/{method}",
            request_serializer=request.__class__.SerializeToString,
            response_deserializer=answer.FromString,
        )
        try:
            return call(request, timeout=timeout_s)
        except grpc.RpcError as error:
            raise self._error(error) from None
        except ValueError:
            raise LedgerUnreachable(f"the line to the ledger at {self.address} was closed") from None

    def _error(self, error: Any) -> C4eError:
        code: str = error.code().name
        message, reason = _said(error)
        if code in REFUSALS:
            kind = Unbalanced if reason == "UNBALANCED" else LedgerError
            return kind(message or f"the ledger at {self.address} refuses this with {code}")
        mend = _MENDS.get(code, "what it did is unknown")
        text = f"the ledger at {self.address} answers {code}: {mend}" + (f" ({message})" if message else "")
        return NoAnswer(text, code) if code in _AGAIN else LedgerUnreachable(text)


def tls_of(address: str, ca: Path | None, certificate: Path | None, key: Path | None) -> Tls | None:
    """How a line is encrypted: always, unless it is loopback and no file is named."""
    if is_loopback(address) and ca is None and certificate is None and key is None:
        return None
    return Tls(ca=ca, certificate=certificate, key=key)


def is_loopback(address: str) -> bool:
    """Whether an address leads to this machine only."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _said(error: Any) -> tuple[str, str]:
    """The sentence of a status, and its reason where it has one."""
    trailing: dict[str, Any] = dict(error.trailing_metadata() or ())
    details = trailing.get(_DETAILS)
    message, info = str(error.details() or ""), error_details_pb2.ErrorInfo()
    if isinstance(details, bytes):
        try:
            status = status_pb2.Status.FromString(details)
            message = status.message or message
            for each in status.details:
                if each.type_url.endswith("/google.rpc.ErrorInfo"):
                    info.ParseFromString(each.value)
        except DecodeError:
            pass
    return message, info.reason


def _content(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidConfig(f"{path} cannot be read: {error.strerror}") from None
