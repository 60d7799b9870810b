"""Every ledger adapter by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from c4e_opt.settlement import Ledger, MemoryLedger
from c4e_server.config import Config
from c4e_server.errors import InvalidConfig


def _sqlite(config: Config) -> Ledger:
    from c4e_server.ledgers.sqlite import SqliteLedger

    return SqliteLedger(config.data / "ledger.sqlite")


def _memory(config: Config) -> Ledger:
    return MemoryLedger()


LEDGERS: Mapping[str, Callable[[Config], Ledger]] = {"sqlite": _sqlite, "memory": _memory}


def open_ledger(config: Config) -> Ledger:
    """The configured ledger.

    Raises:
        InvalidConfig: No adapter has this name.
        LedgerError: It cannot be opened.
    """
    if config.ledger not in LEDGERS:
        raise InvalidConfig(f"no ledger is named {config.ledger!r}; known are {', '.join(LEDGERS)}")
    return LEDGERS[config.ledger](config)
