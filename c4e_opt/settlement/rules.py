"""What a ledger refuses of a batch: overdrawn wallets, holds that break their rules, reversals that are none.

Pure functions of the batch and of what the ledger says of others, so that every adapter refuses the same in the same
words. An adapter calls `batch.check()`, then `check_phases`, then `check_floors`, inside its own transaction.

Holds. A batch with `expires` above 0 is a hold: it moves assets into accounts `escrow:<name>`, and nothing out of any.
Exactly one batch ends it; that one's `ends` is the id of the hold, and it takes out of escrow all that the hold put in.
Before the hold expires it is whatever was agreed; from then on only what gives everybody back what was taken. Nothing
else touches an escrow, and neither a hold nor what ended one is reversed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from c4e_opt.errors import LedgerError
from c4e_opt.settlement.postings import NEVER_NEGATIVE, Batch

_LAST = 2**63  # seconds since 1970 that fit 64 bits


def check_phases(
    batch: Batch, *, now: int, find: Callable[[str], Batch | None], ended_by: Callable[[str], str]
) -> None:
    """Refuse a batch that breaks the rules of holds and reversals.

    Args:
        batch: What is to be booked; not booked yet.
        now: Seconds since 1970, by the ledger's clock.
        find: The counted batch of an id; None where there is none.
        ended_by: Id of the counted batch that ended this hold; empty where none did.

    Raises:
        LedgerError: It breaks one; the words say which.
    """
    name = f"batch {batch.id[:12]}"
    if not 0 <= batch.expires < _LAST:
        raise LedgerError(f"{name} expires at {batch.expires}; give seconds since 1970, or 0 where nothing is held")
    phases = {"a hold": batch.expires > 0, "the end of a hold": batch.ends != "", "a reversal": batch.reverses != ""}
    said = [phase for phase, is_one in phases.items() if is_one]
    if len(said) > 1:
        raise LedgerError(f"{name} is {' and '.join(said)} at once; book one batch for each")
    escrow = _escrow(batch)
    if batch.expires:
        _check_hold(name, batch.expires, escrow, now)
    elif batch.ends:
        _check_end(name, batch, escrow, now, find(batch.ends), ended_by(batch.ends))
    elif batch.reverses:
        _check_reversal(name, batch, find(batch.reverses))
    elif escrow:
        raise LedgerError(
            f"{name} moves {min(escrow)[0]}; only a hold (`expires`) and what ends it (`ends`) may do that"
        )


def check_floors(batch: Batch, held: Mapping[str, Mapping[str, int]]) -> None:
    """Refuse a batch that leaves a wallet or an escrow below zero.

    Args:
        batch: What is to be booked; not in the balances yet.
        held: Minor units by account and asset; at least the wallets and escrows of the batch.

    Raises:
        LedgerError: Somebody would give more than is there; the first by name.
    """
    for account, amounts in sorted(batch.totals().items()):
        if account.split(":")[0] not in NEVER_NEGATIVE:
            continue
        for asset, amount in sorted(amounts.items()):
            here = held.get(account, {}).get(asset, 0)
            if here + amount < 0:
                raise LedgerError(
                    f"batch {batch.id[:12]} takes {-amount} minor units of {asset} from {account}, which holds {here}; "
                    "a wallet or an escrow never falls below zero"
                )


def check_reversible(batch: Batch | None, batch_id: str) -> Batch:
    """The counted batch that is to be taken back.

    Raises:
        LedgerError: It is unknown, a reversal, a hold, or what ended one.
    """
    if batch is None:
        raise LedgerError(f"batch {batch_id[:12]} is unknown here; there is nothing to reverse")
    if batch.reverses:
        raise LedgerError(f"batch {batch_id[:12]} is a reversal; settle anew instead of reversing it")
    if batch.expires:
        raise LedgerError(f"batch {batch_id[:12]} is a hold; end it by a batch that names it in `ends`")
    if batch.ends:
        raise LedgerError(f"batch {batch_id[:12]} ended a hold, which cannot be opened again; settle anew instead")
    return batch


def _check_hold(name: str, expires: int, escrow: Mapping[tuple[str, str], int], now: int) -> None:
    if expires <= now:
        raise LedgerError(f"{name} holds until {_moment(expires)}, and it is {_moment(now)}; let it expire later")
    if not escrow:
        raise LedgerError(f"{name} expires and holds nothing; a hold moves assets into an account escrow:<name>")
    for (account, asset), amount in sorted(escrow.items()):
        if amount < 0:
            raise LedgerError(f"{name} is a hold and takes {-amount} minor units of {asset} out of {account}")


def _check_end(
    name: str, batch: Batch, escrow: Mapping[tuple[str, str], int], now: int, hold: Batch | None, ended_by: str
) -> None:
    if hold is None:
        raise LedgerError(f"{name} ends {batch.ends[:12]}, which is unknown here; book the hold first")
    if not hold.expires:
        raise LedgerError(f"{name} ends {batch.ends[:12]}, which is no hold")
    if ended_by:
        raise LedgerError(f"{name} ends {batch.ends[:12]}, which {ended_by[:12]} has ended; a hold is ended once")
    kept = _escrow(hold)
    for account, asset in sorted(kept.keys() | escrow.keys()):
        put, taken = kept.get((account, asset), 0), -escrow.get((account, asset), 0)
        if put != taken:
            raise LedgerError(
                f"{name} takes {taken} minor units of {asset} out of {account}; the hold put in {put}, and its end "
                "takes out all of it and nothing else"
            )
    if now >= hold.expires and _cells(batch) != {cell: -amount for cell, amount in _cells(hold).items()}:
        raise LedgerError(
            f"{name} ends a hold that expired at {_moment(hold.expires)}; from then on it can only be given back"
        )


def _check_reversal(name: str, batch: Batch, taken: Batch | None) -> None:
    back = check_reversible(taken, batch.reverses).reversed()
    if batch.digest != back.digest:
        raise LedgerError(f"{name} reverses {batch.reverses[:12]} and is not its opposite; take `Batch.reversed`")


def _cells(batch: Batch) -> dict[tuple[str, str], int]:
    return {(account, asset): n for account, amounts in batch.totals().items() for asset, n in amounts.items()}


def _escrow(batch: Batch) -> dict[tuple[str, str], int]:
    return {cell: amount for cell, amount in _cells(batch).items() if cell[0].startswith("escrow:")}


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s after 1970"
