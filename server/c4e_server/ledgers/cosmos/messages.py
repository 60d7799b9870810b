"""What a batch does on the chain: totals per account become transfers through the clearing account, in one transaction.

In this order: tokens are minted, holds are released, members' money is collected, assets are put on hold, receivers are
paid, tokens are burnt, and the digest is anchored. Whoever gives has granted the operator `MsgSend` (authz); a clearing
account that is not the operator's own has granted `MsgMultiSend` and `MsgExecuteContract`. Steps do not show on the
chain: they are in the digest, which the memo carries. The JSON of contracts is that of `contracts.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Batch
from c4e_server.ledgers.cosmos import wire
from c4e_server.ledgers.cosmos.setup import CosmosSetup

_LARGEST = 2**256 - 1  # of the SDK's integers
_MEMO = "c4e-opt 1"

#: Base units by denom.
Coins = Mapping[str, int]


def memo_of(batch: Batch) -> str:
    """What the transaction says of itself: id, digest, number of postings and what is reversed."""
    return f"{_MEMO} {batch.id} {batch.digest} {len(batch)} {batch.reverses or '-'}"


def read_memo(memo: str) -> tuple[str, str, int, str] | None:
    """Id, digest, number of postings and what is reversed; None where the memo is not ours."""
    said = memo.split(" ")
    if len(said) != 6 or " ".join(said[:2]) != _MEMO or not said[4].isdecimal():
        return None
    return said[2], said[3], int(said[4]), "" if said[5] == "-" else said[5]


def messages_of(batch: Batch, setup: CosmosSetup, hold: Batch | None = None) -> list[dict[str, Any]]:
    """The messages of a batch's transaction, each as fields of google.protobuf.Any.

    Args:
        batch: What is booked.
        setup: Where.
        hold: The hold that the batch ends; what only gives it back is paid by the contract itself.

    Raises:
        LedgerError: Something of the batch has no place on the chain; everything at once.
    """
    _refuse(batch, setup)
    moved = {account: _coins(amounts, setup) for account, amounts in batch.totals().items()}
    given = {account: _part(coins, -1) for account, coins in moved.items() if _part(coins, -1)}
    taken = {account: _part(coins, 1) for account, coins in moved.items() if _part(coins, 1)}
    acts: list[tuple[str, Any]] = []
    for coins in _of(given, "issuer"):
        for denom, amount in sorted(coins.items()):
            content = {"batch": batch.id, "denom": denom, "amount": str(amount), "to": setup.clearing}
            acts.append(_contract(setup, _minter(denom, setup), {"mint": content}))
    back = hold is not None and _gives_back(batch, hold)
    if _of(given, "escrow"):
        acts.append(_contract(setup, setup.escrow, _ending(batch, given, back)))
    acts += [
        (setup.accounts[account], _send(setup.accounts[account], setup.clearing, coins))
        for account, coins in given.items()
        if _is_member(account, setup)
    ]
    if _of(taken, "escrow"):
        acts.append(_hold(batch, setup, given, taken))
    paid = [(setup.accounts[account], coins) for account, coins in taken.items() if _is_member(account, setup)]
    if paid and not back:
        acts.append((setup.clearing, _pay(setup.clearing, paid)))
    for coins in _of(taken, "issuer"):
        for denom, amount in sorted(coins.items()):
            burn = {"burn": {"batch": batch.id, "denom": denom, "amount": str(amount)}}
            acts.append(_contract(setup, _minter(denom, setup), burn, {denom: amount}))
    if setup.anchor:
        acts.append(_contract(setup, setup.anchor, _anchor(batch)))
    if not acts:  # a transaction has a message: one unit from the operator to itself carries the memo
        acts.append((setup.operator, _send(setup.operator, setup.operator, {setup.fee_denom: 1})))
    return _signed_by_operator(acts, setup.operator)


def _refuse(batch: Batch, setup: CosmosSetup) -> None:
    name = f"batch {batch.id[:12]}"
    wrong: list[str] = []
    for asset in batch.assets:
        here = setup.assets.get(asset.id)
        if here is None:
            wrong.append(f"it counts {asset.id}, which has no place on this chain; say one in [assets.{asset.id}]")
        elif (here.kind, here.decimals) != (asset.kind, asset.decimals):
            wrong.append(
                f"it counts {asset.id} as {asset.kind} with {asset.decimals} decimals; "
                f"on this ledger it is {here.kind} with {here.decimals}"
            )
    if wrong:
        raise LedgerError(f"{name}: {'; '.join(wrong)}")
    escrowed: set[str] = set()
    moved = {account: _coins(amounts, setup) for account, amounts in batch.totals().items()}
    for account, coins in ((account, coins) for account, coins in moved.items() if coins):
        word = account.split(":")[0]
        if any(abs(amount) > _LARGEST for amount in coins.values()):
            wrong.append(f"{account} moves more than 2**256 - 1 base units at once; the chain counts no further")
        if word == "escrow":
            escrowed.add(account)
            if not setup.escrow:
                wrong.append(f"{account} needs an escrow contract; say its address in `escrow`")
        elif word == "issuer":
            wrong += [
                f"{account} mints or burns {denom}, which no contract does; say its address in `minter`"
                for denom in sorted(coins)
                if not _minter(denom, setup)
            ]
        elif account not in setup.accounts:
            wrong.append(f"{account} has no address on this chain; say one in [accounts]")
    if batch.expires:
        wrong += [
            f"it is a hold and pays {account}; on a chain a hold only moves assets into escrow"
            for account, coins in moved.items()
            if account not in escrowed and _part(coins, 1)
        ]
        wrong += [
            f"it is a hold of tokens that {account} mints with it; mint first, then hold"
            for account in moved
            if account.startswith("issuer:")
        ]
    if wrong:
        raise LedgerError(f"{name}: {'; '.join(wrong)}")


def _coins(amounts: Mapping[str, int], setup: CosmosSetup) -> Coins:
    """Base units of the denoms that move, with their signs."""
    return {setup.assets[asset].denom: amount for asset, amount in amounts.items() if setup.assets[asset].denom}


def _part(coins: Coins, sign: int) -> Coins:
    return {denom: sign * amount for denom, amount in coins.items() if sign * amount > 0}


def _of(moved: Mapping[str, Coins], word: str) -> list[Coins]:
    return [coins for account, coins in moved.items() if account.split(":")[0] == word]


def _is_member(account: str, setup: CosmosSetup) -> bool:
    """Whether a transfer is needed: what belongs to the clearing account just stays there."""
    return account.split(":")[0] not in ("escrow", "issuer") and setup.accounts[account] != setup.clearing


def _minter(denom: str, setup: CosmosSetup) -> str:
    return next(each.minter for each in setup.assets.values() if each.denom == denom)


def _listed(coins: Coins) -> list[Any]:
    """Coins as the SDK wants them: sorted by denom, none of zero."""
    return [wire.make("cosmos.base.v1beta1.Coin", denom=d, amount=str(n)) for d, n in sorted(coins.items())]


def _as_json(coins: Coins) -> list[dict[str, str]]:
    return [{"denom": denom, "amount": str(amount)} for denom, amount in sorted(coins.items())]


def _sum(parts: Sequence[Coins]) -> dict[str, int]:
    total: dict[str, int] = {}
    for coins in parts:
        for denom, amount in coins.items():
            total[denom] = total.get(denom, 0) + amount
    return total


def _send(giver: str, receiver: str, coins: Coins) -> Any:
    return wire.make("cosmos.bank.v1beta1.MsgSend", from_address=giver, to_address=receiver, amount=_listed(coins))


def _pay(clearing: str, paid: Sequence[tuple[str, Coins]]) -> Any:
    total = _sum([coins for _, coins in paid])
    return wire.make(
        "cosmos.bank.v1beta1.MsgMultiSend",
        inputs=[wire.make("cosmos.bank.v1beta1.Input", address=clearing, coins=_listed(total))],
        outputs=[
            wire.make("cosmos.bank.v1beta1.Output", address=address, coins=_listed(coins)) for address, coins in paid
        ],
    )


def _contract(setup: CosmosSetup, contract: str, content: Mapping[str, Any], funds: Coins | None = None) -> Any:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return setup.clearing, wire.make(
        "cosmwasm.wasm.v1.MsgExecuteContract",
        sender=setup.clearing,
        contract=contract,
        msg=text.encode(),
        funds=_listed(funds or {}),
    )


def _hold(batch: Batch, setup: CosmosSetup, given: Mapping[str, Coins], taken: Mapping[str, Coins]) -> Any:
    givers: dict[str, dict[str, int]] = {}
    for account, coins in given.items():
        address = setup.accounts[account]
        givers[address] = _sum([givers.get(address, {}), coins])
    content = {
        "batch": batch.id,
        "digest": batch.digest,
        "expires": batch.expires,
        "givers": [{"address": address, "coins": _as_json(coins)} for address, coins in sorted(givers.items())],
    }
    return _contract(setup, setup.escrow, {"hold": content}, _sum(_of(taken, "escrow")))


def _gives_back(batch: Batch, hold: Batch) -> bool:
    opposite = {account: {name: -n for name, n in amounts.items()} for account, amounts in hold.totals().items()}
    return batch.totals() == opposite


def _ending(batch: Batch, given: Mapping[str, Coins], back: bool) -> Mapping[str, Any]:
    content: dict[str, Any] = {"hold": batch.ends, "batch": batch.id, "digest": batch.digest}
    return {"give_back": content} if back else {"release": content | {"coins": _as_json(_sum(_of(given, "escrow")))}}


def _anchor(batch: Batch) -> Mapping[str, Any]:
    content = {"batch": batch.id, "digest": batch.digest, "statement": batch.statement}
    return {"anchor": content | ({"reverses": batch.reverses} if batch.reverses else {})}


def _signed_by_operator(acts: Sequence[tuple[str, Any]], operator: str) -> list[dict[str, Any]]:
    """The operator's own messages as they are, those of others inside of MsgExec, in the same order."""
    found: list[dict[str, Any]] = []
    lent: list[Any] = []
    for place, (sender, message) in enumerate(acts):
        if sender == operator:
            found.append(wire.packed(message))
            continue
        lent.append(wire.packed(message))
        if place + 1 == len(acts) or acts[place + 1][0] == operator:
            found.append(wire.packed(wire.make("cosmos.authz.v1beta1.MsgExec", grantee=operator, msgs=lent)))
            lent = []
    return found
