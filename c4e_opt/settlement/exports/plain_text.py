"""Plain-text accounting: batches as journals of hledger and beancount, one transaction per batch, step and asset.

Amounts are exact decimals of the asset's unit. Accounts are those of the ledger (see `postings`), as `names` writes
them, each of them declared with its assets, so that `hledger check --strict` and `bean-check` prove the books anew.
Dates are in UTC; a transaction says its step to the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from c4e_opt.settlement.exports.names import (
    beancount_account,
    beancount_commodity,
    beancount_text,
    hledger_account,
    hledger_commodity,
)
from c4e_opt.settlement.postings import Batch
from c4e_opt.settlement.statement import Asset, decimal_text

_WIDTH = 40


class Row(NamedTuple):
    """One posting, wherever it stands."""

    batch: str
    period: str  # ISO 8601: start of the step in UTC and its duration
    account: str
    asset: str
    amount: int  # minor units, positive when the account receives them


def rows_of(batch: Batch) -> Iterator[Row]:
    """The postings of a batch."""
    for each in batch.postings():
        yield Row(batch.id, each.period, each.account, each.asset, each.amount)


def hledger(rows: Iterable[Row], assets: Sequence[Asset]) -> Iterator[str]:
    """Postings as a journal of hledger, line by line.

    Args:
        rows: Postings.
        assets: What they count.
    """
    kept = list(rows)
    commodity, decimals = {a.id: hledger_commodity(a.id) for a in assets}, {a.id: a.decimals for a in assets}
    names = {account: hledger_account(account) for account in sorted({row.account for row in kept})}
    yield "decimal-mark ."
    for asset in assets:
        example = decimal_text(10 ** (asset.decimals + 3), asset.decimals)
        yield f"commodity {example if asset.decimals else example + '.'} {commodity[asset.id]}"
    for account in sorted(names.values()):
        yield f"account {account}"
    for (batch, period, asset), postings in _transactions(kept):
        yield ""
        yield f"{period[:10]} ({batch[:12]}) {period}  ; batch:{batch}"
        for row in postings:
            yield f"    {names[row.account]:{_WIDTH}}  {decimal_text(row.amount, decimals[asset])} {commodity[asset]}"


def beancount(rows: Iterable[Row], assets: Sequence[Asset], title: str = "c4e-opt") -> Iterator[str]:
    """Postings as a file of beancount, line by line.

    Args:
        rows: Postings.
        assets: What they count.
        title: What the books are called.
    """
    kept = list(rows)
    commodity, decimals = {a.id: beancount_commodity(a.id) for a in assets}, {a.id: a.decimals for a in assets}
    names = {account: beancount_account(account) for account in sorted({row.account for row in kept})}
    begin = min((row.period[:10] for row in kept), default="1970-01-01")
    yield f'option "title" {beancount_text(title)}'
    yield from (f'option "operating_currency" "{commodity[a.id]}"' for a in assets if a.kind == "money")
    for asset in assets:
        yield f"{begin} commodity {commodity[asset.id]}"
        yield f"  name: {beancount_text(asset.id)}"
        yield f"  kind: {beancount_text(asset.kind)}"
        yield f"  decimals: {asset.decimals}"
    for account, name in names.items():
        yield f"{begin} open {name}"
        yield f"  name: {beancount_text(account)}"
    for (batch, period, asset), postings in _transactions(kept):
        yield ""
        yield f"{period[:10]} * {beancount_text(period)}"
        yield f"  batch: {beancount_text(batch)}"
        for row in postings:
            yield f"  {names[row.account]:{_WIDTH}}  {decimal_text(row.amount, decimals[asset])} {commodity[asset]}"


def _transactions(rows: Iterable[Row]) -> Iterator[tuple[tuple[str, str, str], list[Row]]]:
    """Postings of one batch, step and asset together, in the order in which these come first."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.batch, row.period, row.asset), []).append(row)
    yield from found.items()
