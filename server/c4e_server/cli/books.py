"""ledger: balances, postings and verification, of a running service or of the ledger's own file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from c4e_server.cli.main import ANSWER, OUR_FAILURE

if TYPE_CHECKING:
    from c4e_server.ledgers.sqlite import SqliteLedger

_data = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder that holds the ledger."
)
_config = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file of the configuration."
)
_address = click.option("--address", envvar="C4E_OPT_ADDRESS", help="Ask the service at this address instead.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def _opened(data: Path | None, config: Path | None) -> SqliteLedger:
    """The ledger's file, which must be there."""
    from c4e_server.config import read_config
    from c4e_server.errors import InvalidConfig
    from c4e_server.ledgers.sqlite import SqliteLedger

    path = read_config(config, data=data).data / "ledger.sqlite"
    if not path.is_file():
        raise InvalidConfig(f"there is no ledger in {path.parent}; name its folder with --data")
    return SqliteLedger(path)


@click.group(short_help="Read and verify the ledger.")
def ledger() -> None:
    """Read and verify the ledger that settled answers are posted to.

    \b
    c4e-opt ledger balances --data ./data
    c4e-opt ledger postings --data ./data --account party:ann
    c4e-opt ledger verify --data ./data
    """  # noqa: D301


@ledger.command()
@_data
@_config
@_address
@_as_json
def balances(data: Path | None, config: Path | None, address: str | None, as_json: bool) -> int:
    """Show what every account holds."""
    if address is not None:
        from c4e_server.client import Client

        with Client(address) as client:
            held, assets = client.balances()
    else:
        book = _opened(data, config)
        held, assets = book.balances(), {asset.id: asset for asset in book.assets()}
    if as_json:
        amounts = {account: {name: str(amount) for name, amount in each.items()} for account, each in held.items()}
        listed = [{"id": a.id, "kind": a.kind, "decimals": a.decimals} for a in assets.values()]
        click.echo(json.dumps({"balances": amounts, "assets": listed}))
    else:
        from c4e_server.cli.show import show_balances

        show_balances(held, assets)
    return ANSWER


@ledger.command()
@_data
@_config
@_address
@click.option("--account", default="", help="Only this account.")
@click.option("--asset", default="", help="Only this asset.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@_as_json
def postings(
    data: Path | None, config: Path | None, address: str | None, account: str, asset: str, limit: int, as_json: bool
) -> int:
    """List postings in the order in which they were booked."""
    from itertools import islice

    names = ("id", "batch_id", "account", "asset", "amount", "period")
    if address is not None:
        from c4e_server.client import Client

        with Client(address) as client:
            asked = client.postings(account=account, asset=asset, page_size=min(limit, 10_000))
            found = [{name: str(getattr(entry, name)) for name in names} for entry in islice(asked, limit)]
    else:
        entries = _opened(data, config).entries(account=account, asset=asset, limit=limit)
        found = [{name: str(getattr(entry, name)) for name in names} for entry in entries]
    if as_json:
        click.echo(json.dumps({"postings": found}))
        return ANSWER
    for entry in found:
        click.echo(f"{entry['period']}  {entry['account']:32} {entry['amount']:>18} {entry['asset']}")
    return ANSWER


@ledger.command()
@_data
@_config
@_as_json
def verify(data: Path | None, config: Path | None, as_json: bool) -> int:
    """Recompute the chain, the sums and the balances from the batches as they came; exit 3 when anything is wrong."""
    wrong = _opened(data, config).verify()
    if as_json:
        click.echo(json.dumps({"holds": not wrong, "wrong": wrong}))
    else:
        for line in wrong:
            click.echo(line)
        click.echo("the books hold" if not wrong else f"{len(wrong)} findings")
    return OUR_FAILURE if wrong else ANSWER
