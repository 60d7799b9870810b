"""Receipts and balances of a ledger: to messages of `LedgerAdapterService` and back without loss."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from c4e.opt.v1 import ledger_adapter_pb2, ledger_pb2
from c4e_opt.settlement import Receipt, State
from c4e_server.errors import BrokenMessage

_STATES = {ledger_pb2.BatchState.Value(f"BATCH_STATE_{state.name}"): state for state in State}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)


def receipt_to_proto(receipt: Receipt) -> ledger_adapter_pb2.LedgerReceipt:
    """Write a receipt."""
    return ledger_adapter_pb2.LedgerReceipt(
        batch_id=receipt.batch_id,
        state=f"BATCH_STATE_{receipt.state.name}",
        digest=receipt.digest,
        postings=receipt.postings,
        reference=receipt.reference,
        reverses=receipt.reverses,
        detail=receipt.detail,
    )


def receipt_from_proto(message: ledger_adapter_pb2.LedgerReceipt) -> Receipt:
    """Read a receipt.

    Raises:
        BrokenMessage: It says no state, or one that nobody knows.
    """
    if message.state not in _STATES:
        raise BrokenMessage(f"a receipt has state {message.state}, which is none")
    return Receipt(
        batch_id=message.batch_id,
        state=_STATES[message.state],
        digest=message.digest,
        postings=message.postings,
        reference=message.reference,
        reverses=message.reverses,
        detail=message.detail,
    )


def balances_to_proto(balances: Mapping[str, Mapping[str, int]]) -> Iterator[ledger_pb2.Balance]:
    """Write balances, in their order."""
    for account, held in balances.items():
        for asset, amount in held.items():
            yield ledger_pb2.Balance(account=account, asset=asset, amount=str(amount))


def balances_from_proto(messages: Iterable[ledger_pb2.Balance]) -> dict[str, dict[str, int]]:
    """Read balances: account -> asset -> minor units.

    Raises:
        BrokenMessage: An amount is no whole number, or an account and asset come twice.
    """
    found: dict[str, dict[str, int]] = {}
    for each in messages:
        if not _WHOLE.fullmatch(each.amount):
            raise BrokenMessage(f"{each.account} holds {each.amount[:40]!r} of {each.asset}, no whole number")
        held = found.setdefault(each.account, {})
        if each.asset in held:
            raise BrokenMessage(f"{each.account} has two balances of {each.asset}")
        held[each.asset] = int(each.amount)
    return found
