"""What accounts and assets are called, from the events of the contract alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from c4e_opt.settlement import Asset
from c4e_server.ledgers.evm.chain import Chain


@dataclass(slots=True)
class _Told:
    accounts: dict[str, bytes] = field(default_factory=dict[str, bytes])  # name -> hash
    assets: dict[str, Asset] = field(default_factory=dict[str, Asset])


class Names:
    """Names that the contract has told; those of blocks that may be lost are read anew every time."""

    def __init__(self, chain: Chain, contract: Any, confirmations: int) -> None:
        """Begin with nothing read.

        Args:
            chain: The node.
            contract: The settlement contract.
            confirmations: Blocks after which nothing is lost any more.
        """
        self._chain, self._contract, self._confirmations = chain, contract, confirmations
        self._read_to = int(chain.call(contract.functions.born())) - 1
        self._lasting = _Told()

    def at(self, newest: int) -> tuple[Mapping[str, bytes], Mapping[str, Asset]]:
        """Accounts (name -> hash) and assets by id, of all blocks up to this one."""
        lasting = newest - self._confirmations
        if lasting > self._read_to:
            self._read(self._lasting, self._read_to + 1, lasting)
            self._read_to = lasting
        told = _Told(accounts=dict(self._lasting.accounts), assets=dict(self._lasting.assets))
        self._read(told, self._read_to + 1, newest)
        return told.accounts, told.assets

    def _read(self, told: _Told, first: int, last: int) -> None:
        events = self._contract.events
        for log in self._chain.logs(events.AccountNamed(), first, last):
            told.accounts[log["args"]["name"]] = bytes(log["args"]["account"])
        for log in self._chain.logs(events.AssetNamed(), first, last):
            said = log["args"]
            told.assets[said["name"]] = Asset(id=said["name"], kind=said["kind"], decimals=int(said["decimals"]))
