"""What a batch becomes on the chain, what has no place there, and what a setup refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Asset, Batch, Ledger, State
from c4e_opt.settlement.conformance import sample_batch, sample_hold, sample_release
from c4e_server.config import Config
from c4e_server.errors import InvalidConfig
from c4e_server.ledgers.cosmos import CosmosLedger, Denom, read_setup, wire
from c4e_server.ledgers.cosmos.messages import memo_of, messages_of, read_memo
from c4e_server.ledgers.registry import open_ledger
from tests.service.cosmos_world import World, address, contract_address

SUN = Asset(id="sun", kind="token", decimals=0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, clearing="house")
    yield made
    made.close()


def told(messages: list[dict[str, Any]]) -> list[Any]:
    """Messages in short: kind and content."""
    found: list[Any] = []
    for each in messages:
        name = each["type_url"].removeprefix("/")
        message = wire.read(name, each["value"])
        kind = name.rpartition(".")[2]
        if kind == "MsgExec":
            inner = [{"type_url": one.type_url, "value": one.value} for one in message.msgs]
            found.append((message.grantee, told(inner)))
        elif kind == "MsgSend":
            found.append((kind, message.from_address, message.to_address, coins(message.amount)))
        elif kind == "MsgMultiSend":
            paid = [(each.address, coins(each.coins)) for each in message.outputs]
            found.append((kind, message.inputs[0].address, coins(message.inputs[0].coins), paid))
        else:
            found.append((kind, message.sender, message.contract, json.loads(message.msg), coins(message.funds)))
    return found


def coins(listed: Any) -> dict[str, str]:
    return {each.denom: each.amount for each in listed}


def test_members_pay_the_clearing_account_which_pays_members(world: World) -> None:
    """Ann gives 1250 cents; bob gets 1000 and the rest 250."""
    house, ann = address("house"), address("party:ann")
    batch = sample_batch()
    anchored = {"anchor": {"batch": batch.id, "digest": batch.digest, "statement": batch.statement}}
    assert told(messages_of(batch, world.setup)) == [
        (
            world.operator,
            [
                ("MsgSend", ann, house, {"ueur": "1250"}),
                (
                    "MsgMultiSend",
                    house,
                    {"ueur": "1250"},
                    [(address("party:bob"), {"ueur": "1000"}), (address("party:rest"), {"ueur": "250"})],
                ),
                ("MsgExecuteContract", house, contract_address("anchor"), anchored, {}),
            ],
        )
    ]


def test_steps_are_netted_and_stay_in_the_digest(world: World) -> None:
    first = sample_batch("both", {"party:ann": -5, "party:bob": 5})
    two = {"starts": [0, 900], "step_seconds": [900, 900], "account": [0, 1, 0, 1], "asset": [0] * 4}
    both = Batch.from_json(first.to_json() | two | {"step": [0, 0, 1, 1], "amount": ["-5", "5", "3", "-3"]})
    setup = replace(world.setup, anchor="")
    ((_, messages),) = told(messages_of(both, setup))
    assert messages[0] == ("MsgSend", address("party:ann"), address("house"), {"ueur": "2"})
    assert memo_of(both) != memo_of(replace(both, amount=-both.amount))


def test_what_belongs_to_the_clearing_account_stays_there(world: World) -> None:
    accounts = world.setup.accounts | {"party:rest": world.setup.clearing}
    ((_, messages),) = told(messages_of(sample_batch(), replace(world.setup, accounts=accounts, anchor="")))
    house = address("house")
    assert messages == [
        ("MsgSend", address("party:ann"), house, {"ueur": "1250"}),
        ("MsgMultiSend", house, {"ueur": "1000"}, [(address("party:bob"), {"ueur": "1000"})]),
    ]


def test_tokens_are_minted_and_burnt_by_their_contract(world: World) -> None:
    house, minter = address("house"), contract_address("minter")
    batch = sample_batch("minted", {"issuer:sun": -10, "wallet:ann": 10}, SUN)
    setup = replace(world.setup, anchor="")
    ((_, minted),) = told(messages_of(batch, setup))
    said = {"mint": {"batch": batch.id, "denom": "factory/sun", "amount": "10", "to": house}}
    assert minted[0] == ("MsgExecuteContract", house, minter, said, {})
    assert minted[1][3] == [(address("wallet:ann"), {"factory/sun": "10"})]
    back = batch.reversed()
    ((_, burnt),) = told(messages_of(back, setup))
    assert burnt[0] == ("MsgSend", address("wallet:ann"), house, {"factory/sun": "10"})
    said = {"burn": {"batch": back.id, "denom": "factory/sun", "amount": "10"}}
    assert burnt[1] == ("MsgExecuteContract", house, minter, said, {"factory/sun": "10"})


def test_a_hold_is_kept_by_the_contract_and_given_back_by_it(world: World) -> None:
    house, escrow = address("house"), contract_address("escrow")
    setup = replace(world.setup, anchor="")
    hold = sample_hold()
    ((_, held),) = told(messages_of(hold, setup))
    givers = [{"address": address("party:ann"), "coins": [{"denom": "ueur", "amount": "500"}]}]
    said: Any = {"batch": hold.id, "digest": hold.digest, "expires": hold.expires, "givers": givers}
    assert held[1:] == [("MsgExecuteContract", house, escrow, {"hold": said}, {"ueur": "500"})]
    release = sample_release(hold)
    ((_, released),) = told(messages_of(release, setup, hold))
    said = {"hold": hold.id, "batch": release.id, "digest": release.digest}
    coins_out = [{"denom": "ueur", "amount": "500"}]
    assert released[0] == ("MsgExecuteContract", house, escrow, {"release": said | {"coins": coins_out}}, {})
    assert released[1][3] == [(address("party:bob"), {"ueur": "500"})]
    back = hold.given_back()
    said = {"hold": hold.id, "batch": back.id, "digest": back.digest}
    assert told(messages_of(back, setup, hold)) == [
        (world.operator, [("MsgExecuteContract", house, escrow, {"give_back": said}, {})])
    ]


def test_what_does_not_move_is_written_by_its_digest(world: World, tmp_path: Path) -> None:
    """Energy that is only anchored costs one unit from the operator to itself, which carries the memo."""
    energy = sample_batch("energy", {"party:ann": -(10**40)}, Asset(id="electricity", kind="energy", decimals=18))
    assets = world.setup.assets | {"electricity": Denom(kind="energy", decimals=18)}
    ledger = world.ledger(assets=assets, anchor="")
    receipt = world.booked(ledger, energy)
    (done,) = world.chain.done.values()
    body = wire.read("cosmos.tx.v1beta1.Tx", done.raw).body
    assert read_memo(body.memo) == (energy.id, energy.digest, 2, "")
    assert len(memo_of(energy.reversed())) <= 256
    assert told([{"type_url": each.type_url, "value": each.value} for each in body.messages]) == [
        ("MsgSend", world.operator, world.operator, {"uc4e": "1"})
    ]
    assert (receipt.state, world.moved()) == (State.FINAL, {})
    assert ledger.balances() == energy.totals()
    with pytest.raises(LedgerError, match="electricity does not move on this chain"):
        ledger.holdings("electricity")
    assert ledger.holdings("EUR")[address("party:ann")] == 10**6


def test_everything_without_a_place_is_named_at_once(world: World) -> None:
    setup = replace(world.setup, escrow="")
    given = {"party:nobody": -7, "escrow:x": 3, "issuer:y": 4, "party:ann": 2**256}
    with pytest.raises(LedgerError) as refused:
        messages_of(sample_batch("odd", given), setup)
    for words in (
        "party:nobody has no address on this chain; say one in [accounts]",
        "escrow:x needs an escrow contract; say its address in `escrow`",
        "issuer:y mints or burns ueur, which no contract does; say its address in `minter`",
        "party:ann moves more than 2**256 - 1 base units at once",
    ):
        assert words in str(refused.value)
    with pytest.raises(LedgerError, match=r"counts gold, which has no place on this chain; say one in \[assets.gold\]"):
        messages_of(sample_batch(asset=Asset(id="gold", kind="money", decimals=2)), setup)
    hold = replace(sample_batch("hold", {"party:ann": -500, "escrow:e": 400, "party:bob": 100}), expires=4_000_000_000)
    with pytest.raises(LedgerError, match="is a hold and pays party:bob; on a chain a hold only moves assets into"):
        messages_of(hold, world.setup)


SETUP = """
node = "localhost:9090"
chain_id = "c4e-test-1"
operator = "{operator}"
key = "operator.key"
gas_price = "0.03"
{more}
[assets.EUR]
kind = "money"
decimals = 6
denom = "uc4e"
[accounts]
"party:ann" = "{ann}"
"""


def written(world: World, more: str = "", **changes: str) -> Path:
    path = world.folder / "cosmos.toml"
    said = {"operator": world.operator, "ann": address("party:ann")} | changes
    path.write_text(SETUP.format(more=more, **said))
    return path


def test_a_setup_is_read_from_a_file(world: World) -> None:
    setup = read_setup(written(world, "deadline_s = 3\ntls = false"))
    assert (setup.gas_price, setup.deadline_s, setup.tls) == (Decimal("0.03"), 3.0, False)
    assert (setup.clearing, setup.key) == (world.operator, world.folder / "operator.key")
    assert setup.assets == {"EUR": Denom(kind="money", decimals=6, denom="uc4e")}
    ledger: Ledger = open_ledger(Config(data=world.folder, ledger="cosmos"))
    assert isinstance(ledger, CosmosLedger)


@pytest.mark.parametrize(
    ("more", "changes", "words"),
    [
        ("colour = 1", {}, "colour is unknown; known are node, tls"),
        ("tls = 1", {}, "tls is 1; it must be of type bool"),
        ("gas_limit = 1.5", {}, "gas_limit is 1.5; it must be of type int"),
        ("gas_adjustment = 0.9", {}, "gas_adjustment is 0.9; it must be a number from 1 on"),
        ("gas_adjustment = nan", {}, "gas_adjustment is NaN; it must be a number from 1 on"),
        ("timeout_blocks = 0", {}, "timeout_blocks is 0; it must be a number from 2 on"),
        ("[assets.x]\nkind = 'gold'\ndecimals = 19", {}, "assets.x: kind is 'gold'; it must be one of money"),
        ("[assets.x]\nkind = 'money'\ndecimals = 2\ndenom = 'uc4e'", {}, "denom 'uc4e' stands for two assets"),
        ("[assets.x]\nkind = 'money'", {}, "assets.x.decimals is missing"),
        ("escrow = 'c4e1'", {}, "escrow is 'c4e1': it lacks a prefix"),
        ("", {"ann": "cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6"}, "its prefix must be 'c4e'"),
        ("", {"ann": "c4e1mezl20g7kwkt8rckcw5c5a4eeycenqr9mthkeq"}, "does not fit its checksum; a letter is mistyped"),
        ("", {"operator": address("party:ann")}, "is of c4e1"),
    ],
)
def test_a_wrong_setup_is_refused(world: World, more: str, changes: dict[str, str], words: str) -> None:
    path = written(world, more, **changes)
    with pytest.raises(InvalidConfig) as refused:
        open_ledger(Config(data=path.parent, ledger="cosmos"))
    assert words in str(refused.value)


def test_a_key_that_others_can_read_is_refused(world: World) -> None:
    world.setup.key.chmod(0o640)
    with pytest.raises(InvalidConfig, match="can be read by others; chmod 600 it"):
        world.ledger()
    world.setup.key.unlink()
    with pytest.raises(InvalidConfig, match="cannot be read: FileNotFoundError"):
        world.ledger()
