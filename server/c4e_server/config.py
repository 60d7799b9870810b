"""What the service is told: one frozen configuration from a file, the environment and flags; the last one counts."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from c4e_server.errors import InvalidConfig

_PREFIX = "C4E_OPT_"
_OTHERS = {"C4E_OPT_TRACE"}  # of the command line, and nearly a setting
_ALIKE = 0.87  # part of the letters of a name, prefix included, that make it a misspelt other one
_LEAST = (
    *(("anchor_entries", 1), ("anchor_s", 1), ("evm_confirmations", 1)),
    *(("worker_solves", 1), ("worker_growth_mib", 1), ("memory_mib", 0), ("cache_mib", 0), ("audit_mib", 1)),
    *(("dataset_mib", 1), ("datasets_mib", 1), ("dataset_days", 0), ("keep_days", 0)),
)


def _default_data() -> Path:
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "c4e-opt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How the service runs.

    Attributes:
        host: Address to listen on; another than loopback needs encryption and authentication.
        port: TCP port; 0 for a free one.
        data: Folder of the service's database and of the embedded ledger; made when missing.
        workers: Solves at once.
        grace_s: Seconds that a solver may take to obey an interrupt before its process is killed.
        queue_limit: Requests that may wait or run at once.
        solve_limit_s: Seconds that any solve may take, whatever the caller asks for.
        memory_mib: Most address space of a worker in MiB; 0 for no limit.
        worker_solves: Solves after which a worker is replaced by a new one.
        worker_growth_mib: Growth of its memory in MiB after which it is.
        worker_priority: "low": workers leave most of a core to others; "idle": all of it (Linux). With "idle" a service
            that is flooded refuses and cancels sooner; it is for one that has a control group of its own, as under
            systemd or in a container, for in a common one whoever is busy beside it would keep its workers waiting.
        cache_mib: Answers in MiB that are kept in memory for whoever asks the same; 0: whoever asks is answered by a
            solve of its own or one under way.
        lease_s: Seconds after which another service on the same PostgreSQL takes up what a silent one has left. All
            need the same journal.key in their data folders.
        executor: Who solves: dask://HOST:PORT for the workers of that Dask scheduler; processes of its own when empty.
        message_mib: Largest message that is taken, in MiB, and largest answer of a job that is sent as one.
        dataset_mib: Largest dataset, in MiB.
        datasets_mib: Most MiB of datasets that a tenant may keep.
        dataset_days: Days after which a dataset that no request has named is deleted; 0 for never.
        keep_days: Days after which a request that has ended is deleted with its answer; 0 for never. Its id stays
            taken, the statement of what was posted stays, and nothing is deleted while its batch is on its way.
        ledger: Name of the ledger adapter; "journal" for the one in the service's own database.
        evm_url: Node of the ledger "evm": http://…, https://… or the path of a socket.
        evm_contract: Address of the settlement contract there.
        evm_key: File of its operator's key, relative to `data`.
        evm_confirmations: Blocks, its own included, after which a batch is final.
        evm_fee_limit_gwei: Most that a unit of gas may cost.
        cosmos_setup: TOML file of the ledger "cosmos": node, chain, denoms, addresses; relative to `data`.
        grpc_ledger_address: Host and port of the ledger "grpc".
        grpc_ledger_ca: PEM file of the authority that signed its certificate; the system's when absent.
        grpc_ledger_certificate: PEM file of our own certificate, where it asks for one.
        grpc_ledger_key: PEM file of our certificate's key.
        grpc_ledger_signing_key: PEM file of the key that signs what is submitted; nothing is signed when absent.
        grpc_ledger_timeout_s: Seconds that a call to it may take.
        database: sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME; service.sqlite in `data` when empty.
        assets: Ids of the only assets that the journal takes, separated by commas; any when empty.
        anchor_entries: The journal is anchored after so many entries …
        anchor_s: … or so many seconds, whichever comes first.
        drain_s: Seconds that calls and solves may take to end when the service is told to stop; kept requests without
            an answer are taken up by the next service.
        metrics_port: Port on 127.0.0.1 where Prometheus reads the metrics; 0 for none.
        traces: Collector of OpenTelemetry traces, http://HOST:4318/v1/traces; none when empty.
        log_level: Least level of what is logged: debug, info, warning or error.
        reflection: Whether callers who are let in may ask which methods and messages there are (gRPC reflection).
        tls_certificate: PEM file of the certificate that the service shows; calls are not encrypted when absent. The
            files of TLS are read again when they have changed.
        tls_key: PEM file of its key.
        tls_client_ca: PEM file of who signs the certificates of callers, who then have to show one.
        token_keys: Public keys of whoever makes tokens (JWKS): a file or an https URL; no tokens are asked for when
            empty.
        token_keys_ca: PEM file of the authority behind that URL; the system's when absent.
        token_issuer: What tokens have to say of who made them.
        token_audience: What they have to say of whom they are for.
        token_leeway_s: Seconds by which clocks may differ.
        token_longest_s: Longest time in seconds for which a token may be good.
        token_refresh_s: Age in seconds from which the keys are read again.
        audit_mib: Size in MiB from which the audit log goes on in a new file.
        ledger_tenant: The tenant whose books the ledger holds: it alone posts, and reads balances and deliveries.
            Empty: nobody, where calls are authenticated.
        rate_per_s: Calls per second that a tenant may make in the long run; 0 for no limit.
        rate_burst: Calls that it may make at once after a pause.
        refusals_per_s: Bad tokens per second over one connection after which unknown ones are not looked at; 0 for no
            limit.
        calls_limit: Calls at once, of all callers together.
        tenant_calls: Calls at once of one tenant, where calls are authenticated.
        connection_calls: Calls at once over one connection.
        connections_limit: Connections at once; keep it below the number of files that the process may open.
        idle_s: Seconds without a call after which a connection is closed; a client opens another one by itself.
        handshake_s: Seconds in which a connection must be set up, and answer when it is asked whether it lives.
        keepalive_s: Seconds without a word after which a connection is asked.
    """

    host: str = "127.0.0.1"
    port: int = 50551
    data: Path = field(default_factory=_default_data)
    workers: int = 2
    grace_s: float = 0.5
    queue_limit: int = 1000
    solve_limit_s: float = 3600.0
    memory_mib: int = 0
    worker_solves: int = 1000
    worker_growth_mib: int = 1024
    worker_priority: str = "low"
    cache_mib: int = 64
    lease_s: float = 10.0
    executor: str = ""
    message_mib: int = 64
    dataset_mib: int = 1024
    datasets_mib: int = 8192
    dataset_days: int = 30
    keep_days: int = 0
    ledger: str = "journal"
    evm_url: str = ""
    evm_contract: str = ""
    evm_key: Path = Path("evm.key")
    evm_confirmations: int = 12
    evm_fee_limit_gwei: float = 200.0
    cosmos_setup: Path = Path("cosmos.toml")
    grpc_ledger_address: str = ""
    grpc_ledger_ca: Path | None = None
    grpc_ledger_certificate: Path | None = None
    grpc_ledger_key: Path | None = None
    grpc_ledger_signing_key: Path | None = None
    grpc_ledger_timeout_s: float = 30.0
    database: str = field(default="", repr=False)  # it may hold a password
    assets: str = ""
    anchor_entries: int = 100
    anchor_s: int = 3600
    drain_s: float = 2.0
    metrics_port: int = 0
    traces: str = ""
    log_level: str = "info"
    reflection: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    token_keys: str = ""
    token_keys_ca: Path | None = None
    token_issuer: str = ""
    token_audience: str = ""
    token_leeway_s: float = 30.0
    token_longest_s: float = 86400.0
    token_refresh_s: float = 300.0
    audit_mib: int = 256
    ledger_tenant: str = ""
    rate_per_s: float = 0.0
    rate_burst: int = 100
    refusals_per_s: float = 5.0
    calls_limit: int = 4000
    tenant_calls: int = 2000
    connection_calls: int = 1000
    connections_limit: int = 800
    idle_s: float = 3600.0
    handshake_s: float = 10.0
    keepalive_s: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what cannot work, all of it at once."""
        wrong: list[str] = []
        for name in ("port", "metrics_port"):
            if not 0 <= getattr(self, name) <= 65535:
                wrong.append(f"{name} is {getattr(self, name)}; it must lie within [0, 65535]")
        if not 0 <= self.drain_s < float("inf"):
            wrong.append(f"drain_s is {self.drain_s}; it must be a finite number of seconds, at least 0")
        if self.log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            wrong.append(f"log_level is {self.log_level!r}; it must be debug, info, warning or error")
        if self.worker_priority not in ("low", "idle"):
            wrong.append(f"worker_priority is {self.worker_priority!r}; it must be low or idle")
        elif self.worker_priority == "idle" and not hasattr(os, "SCHED_IDLE"):
            wrong.append("worker_priority is 'idle', which only Linux has; it must be low")
        for name, least in (("workers", 1), ("queue_limit", 1), ("message_mib", 1), *_LEAST):
            if getattr(self, name) < least:
                wrong.append(f"{name} is {getattr(self, name)}; it must be at least {least}")
        for name in ("grace_s", "solve_limit_s", "lease_s", "grpc_ledger_timeout_s"):
            if not 0 < getattr(self, name) < float("inf"):
                wrong.append(f"{name} is {getattr(self, name)}; it must be a finite number of seconds above 0")
        if not 0 < self.evm_fee_limit_gwei < float("inf"):
            wrong.append(f"evm_fee_limit_gwei is {self.evm_fee_limit_gwei}; it must be a finite number above 0")
        for name in ("message_mib", "dataset_mib"):
            if getattr(self, name) > 2047:
                wrong.append(f"{name} is {getattr(self, name)}; a protobuf message holds less than 2048 MiB")
        wrong += self._unsafe()
        if wrong:
            raise InvalidConfig("; ".join(wrong))

    def _unsafe(self) -> list[str]:
        """What of the safety cannot work, or does not go together."""
        wrong = [
            f"{name} is {getattr(self, name)}; it must be at least 1"
            for name in ("rate_burst", "calls_limit", "tenant_calls", "connection_calls", "connections_limit")
            if getattr(self, name) < 1
        ]
        for name in ("token_leeway_s", "rate_per_s", "refusals_per_s"):
            if not 0 <= getattr(self, name) < float("inf"):
                wrong.append(f"{name} is {getattr(self, name)}; it must be a finite number of 0 or more")
        for name in ("token_longest_s", "token_refresh_s", "handshake_s", "keepalive_s", "idle_s"):
            if not 0 < getattr(self, name) < float("inf"):
                wrong.append(f"{name} is {getattr(self, name)}; it must be a finite number of seconds above 0")
        if (self.tls_certificate is None) != (self.tls_key is None):
            wrong.append("tls_certificate and tls_key go together; name both")
        if self.tls_client_ca is not None and self.tls_certificate is None:
            wrong.append("tls_client_ca asks callers for certificates, which needs tls_certificate and tls_key")
        if self.token_keys and not (self.token_issuer and self.token_audience):
            wrong.append(
                "token_keys needs token_issuer and token_audience: a token for another service is none for this"
            )
        if self.ledger_tenant and not self.authenticated:
            wrong.append("ledger_tenant is set and calls are not authenticated; name token_keys or tls_client_ca")
        if not self.loopback and self.lacking:
            wrong.append(
                f"host is {self.host!r}, which others can reach, and calls are {self.lacking}; listen on 127.0.0.1, "
                "or name tls_certificate, tls_key and token_keys or tls_client_ca (c4e-opt tls makes certificates)"
            )
        return wrong

    @property
    def encrypted(self) -> bool:
        """Whether calls are encrypted."""
        return self.tls_certificate is not None

    @property
    def lacking(self) -> str:
        """What calls are not, in words; empty when they are encrypted and authenticated."""
        words = [name for name in ("encrypted", "authenticated") if not getattr(self, name)]
        return f"neither {' nor '.join(words)}" if len(words) > 1 else "".join(f"not {word}" for word in words)

    @property
    def authenticated(self) -> bool:
        """Whether callers prove who they are, by tokens or certificates."""
        return bool(self.token_keys) or self.tls_client_ca is not None

    @property
    def database_url(self) -> str:
        """Where the database is."""
        return self.database or f"sqlite:///{self.data / 'service.sqlite'}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_config(file: Path | None = None, environment: Mapping[str, str] | None = None, **flags: Any) -> Config:
    """Put the configuration together.

    Args:
        file: A TOML file with the names of `Config`; none when None.
        environment: C4E_OPT_HOST, C4E_OPT_PORT …; the process's own when None.
        flags: What the command line says; None where it says nothing.

    Raises:
        InvalidConfig: A name is unknown or a content cannot be read; everything at once.
    """
    kinds = {f.name: f.type for f in fields(Config)}
    said: dict[str, tuple[str, Any]] = {}
    wrong: list[str] = []
    for name, content in _file(file).items():
        said[name] = (f"{name} in {file}", content)
        if name not in kinds:
            meant = get_close_matches(name, kinds, 1, _ALIKE)
            hint = f"did you mean {meant[0]!r}?" if meant else f"known are {', '.join(kinds)}"
            wrong.append(f"{file} has {name!r}; {hint}")
    env = os.environ if environment is None else environment
    wrong += _misspelt(env, kinds)
    said |= {
        name: (_PREFIX + name.upper(), env[_PREFIX + name.upper()]) for name in kinds if _PREFIX + name.upper() in env
    }
    said |= {name: (f"--{name.replace('_', '-')}", content) for name, content in flags.items() if content is not None}
    if _has_password(str(flags.get("database") or "")):
        wrong.append(
            f"--database holds a password, which all on this machine can see; put it into {_PREFIX}DATABASE or a file"
        )
    chosen: dict[str, Any] = {}
    for name, (where, content) in said.items():
        try:
            if name in kinds:
                chosen[name] = _read(str(kinds[name]), content)
        except (TypeError, ValueError):
            wrong.append(f"{where} is {content!r}; it must be of type {kinds[name]}")
    if wrong:
        raise InvalidConfig("; ".join(wrong))
    return Config(**chosen)


def _misspelt(env: Mapping[str, str], kinds: Mapping[str, Any]) -> list[str]:
    """Variables that are nearly a setting; others with our prefix are for clients."""
    known = {_PREFIX + name.upper() for name in kinds}
    found = {name: get_close_matches(name, known, 1, _ALIKE) for name in sorted(env) if name.startswith(_PREFIX)}
    return [
        f"{name} is set and is no setting; did you mean {meant[0]}?"
        for name, meant in found.items()
        if meant and name not in known | _OTHERS
    ]


def _has_password(url: str) -> bool:
    try:
        return bool(urlsplit(url).password) or "password=" in urlsplit(url).query
    except ValueError:
        return False


def _file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig(f"{file} cannot be read: {error.__class__.__name__}") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig(f"{file} is no TOML: {error}") from None


def _read(kind: str, content: Any) -> Any:
    if kind == "bool":
        if isinstance(content, bool):
            return content
        if str(content).lower() in ("1", "true", "yes", "0", "false", "no"):
            return str(content).lower() in ("1", "true", "yes")
        raise ValueError(content)
    if isinstance(content, bool):
        raise TypeError(content)
    reader: Any = {"int": int, "float": float, "str": str, "Path": Path, "Path | None": Path}[kind]
    return reader(content)
