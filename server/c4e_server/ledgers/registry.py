"""Every ledger adapter by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from c4e_opt.settlement import Ledger, MemoryLedger
from c4e_server.config import Config
from c4e_server.errors import InvalidConfig
from c4e_server.ledgers.anchoring import Anchoring
from c4e_server.ledgers.chain import read_key
from c4e_server.ledgers.journal import Journal


def open_journal(config: Config, *, write: bool = True) -> Journal:
    """The journal in the configured database; begun, with a key of its own, when there is none.

    Args:
        config: Which database, and where the key and the anchors lie.
        write: Whether anything is to be booked; without it no key is needed, and nothing is made.

    Raises:
        InvalidConfig: The database is no URL, or of another kind than the ledger.
        StoreError: It cannot be used, or was made by another version.
        LedgerError: The key is missing, another one, or can be read by others.
    """
    from c4e_server.database.engine import migrate, open_engine

    if config.ledger in JOURNALS[1:] and not config.database_url.startswith(config.ledger):
        raise InvalidConfig(f"ledger is {config.ledger!r}, and the database is another; leave `ledger` out")
    if not config.database and (config.data / "ledger.sqlite").is_file():
        raise InvalidConfig(
            "the data folder has a ledger.sqlite of an earlier version; name another folder, or move it"
        )
    if write:
        config.data.mkdir(parents=True, exist_ok=True)
    engine = open_engine(config.database_url)
    migrate(engine)
    known = tuple(name.strip() for name in config.assets.split(",") if name.strip())
    anchoring = Anchoring(entries=config.anchor_entries, seconds=config.anchor_s, file=config.data / "anchors.jsonl")
    signer = None
    if write:
        key = config.data / "journal.key"
        signer = read_key(key, make=not Journal(engine, None).public_key())
    return Journal(engine, signer, assets=known, anchoring=anchoring)


def _journal(config: Config) -> Ledger:
    return open_journal(config)


def _memory(config: Config) -> Ledger:
    return MemoryLedger()


#: Names of the journal as a ledger; the last two say on which database it must be.
JOURNALS = ("journal", "sqlite", "postgresql")


def _grpc(config: Config) -> Ledger:
    from c4e_server.ledgers.marketplace.ledger import GrpcLedger
    from c4e_server.ledgers.marketplace.line import tls_of
    from c4e_server.ledgers.marketplace.signing import private_key

    address, signing = config.grpc_ledger_address, config.grpc_ledger_signing_key
    if not address:
        raise InvalidConfig("ledger 'grpc' needs an address: set grpc_ledger_address to host and port")
    return GrpcLedger(
        address,
        tls_of(address, config.grpc_ledger_ca, config.grpc_ledger_certificate, config.grpc_ledger_key),
        signing_key=None if signing is None else private_key(signing),
        timeout_s=config.grpc_ledger_timeout_s,
    )


def _evm(config: Config) -> Ledger:
    try:
        from c4e_server.ledgers.evm.opening import open_evm
    except ImportError:
        raise InvalidConfig("ledger 'evm' needs web3: pip install 'c4e-opt[evm]'") from None
    return open_evm(config)


def _cosmos(config: Config) -> Ledger:
    from c4e_server.ledgers.cosmos import CosmosLedger, read_setup

    return CosmosLedger(read_setup(config.data / config.cosmos_setup), config.data / "cosmos.sqlite")


LEDGERS: Mapping[str, Callable[[Config], Ledger]] = dict.fromkeys(JOURNALS, _journal) | {
    "memory": _memory,
    "evm": _evm,
    "cosmos": _cosmos,
    "grpc": _grpc,
}


def open_ledger(config: Config) -> Ledger:
    """The configured ledger.

    Raises:
        InvalidConfig: No adapter has this name.
        LedgerError: It cannot be opened.
    """
    if config.ledger not in LEDGERS:
        raise InvalidConfig(f"no ledger is named {config.ledger!r}; known are {', '.join(LEDGERS)}")
    return LEDGERS[config.ledger](config)
