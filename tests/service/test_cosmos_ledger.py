"""The Cosmos ledger on a chain in memory: the whole port, and what the bank says is what the ledger says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

import pytest

from c4e_opt.settlement.conformance import check_ledger
from c4e_server.ledgers.cosmos import CosmosLedger
from tests.service.cosmos_world import World, on_chain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


class Audited(CosmosLedger):
    """A ledger whose every balance is held to the bank of the chain."""

    world: World

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        found = super().balances(asset)
        if asset is None:
            assert self.world.moved() == on_chain(found), "the bank says otherwise than the ledger"
            assert self.verify() == []
        return found


@pytest.mark.parametrize("how", [{}, {"clearing": "house"}, {"clearing": "house", "granter": "fund", "anchor": False}])
def test_it_passes_the_conformance_suite(tmp_path: Path, how: dict[str, str]) -> None:
    worlds: list[World] = []
    numbers = count()

    def opened(world: World) -> Audited:
        ledger = Audited(world.setup, world.folder / "book.sqlite", lambda: world.now)
        ledger.world = world
        return ledger

    def make() -> Audited:
        for each in worlds:
            each.close()
        worlds.append(World(tmp_path / str(next(numbers)), **how))
        return opened(worlds[-1])

    def reopen(ledger: Audited) -> Audited:
        ledger.close()
        return opened(ledger.world)

    check_ledger(
        make,
        wait=lambda ledger, name: ledger.world.wait(ledger, name),
        reopen=reopen,
        set_clock=lambda ledger, seconds: ledger.world.set_clock(seconds),
    )
    worlds[-1].close()
