"""ledger: balances, postings, proof, closing and anchors of the journal; what a running service has, by its address."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from c4e_server.cli.deliveries import deliveries, replay, void
from c4e_server.cli.exporting import export_journal, format_options
from c4e_server.cli.ledger_service import conformance, serve
from c4e_server.cli.main import ANSWER, OUR_FAILURE

if TYPE_CHECKING:
    from c4e_server.ledgers.journal import Journal

_data = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder that holds the ledger."
)
_config = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file of the configuration."
)
_database = click.option("--database", help="URL of the database, where it is not the file in the data folder.")
_address = click.option("--address", envvar="C4E_OPT_ADDRESS", help="Ask the service at this address instead.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def _opened(data: Path | None, config: Path | None, database: str | None, *, write: bool = False) -> Journal:
    """The journal, which must be there."""
    from c4e_server.config import read_config
    from c4e_server.errors import InvalidConfig
    from c4e_server.ledgers.registry import open_journal

    chosen = read_config(config, data=data, database=database)
    if not chosen.database and not (chosen.data / "service.sqlite").is_file():
        raise InvalidConfig(f"there is no journal in {chosen.data}; name its folder with --data, or its --database")
    return open_journal(chosen, write=write)


@click.group(short_help="Read and verify the ledger.")
def ledger() -> None:
    """Read, prove and close the journal that settled answers are booked in.

    \b
    c4e-opt ledger balances --data ./data
    c4e-opt ledger postings --data ./data --account party:ann
    c4e-opt ledger verify --data ./data
    c4e-opt ledger close --data ./data --until 2025-02-01
    c4e-opt ledger export --data ./data --format hledger --to books.journal
    c4e-opt ledger conformance --address 127.0.0.1:50552
    """  # noqa: D301


@ledger.command()
@_data
@_config
@_database
@_address
@_as_json
def balances(data: Path | None, config: Path | None, database: str | None, address: str | None, as_json: bool) -> int:
    """Show what every account holds.

    \b
    c4e-opt ledger balances --data ./data
    c4e-opt ledger balances --database postgresql://c4e@localhost/c4e --json
    """  # noqa: D301
    if address is not None:
        from c4e_server.client import Client

        with Client(address) as client:
            held, assets = client.balances()
    else:
        book = _opened(data, config, database)
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
@_database
@_address
@click.option("--account", default="", help="Only this account.")
@click.option("--asset", default="", help="Only this asset.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@_as_json
def postings(
    data: Path | None,
    config: Path | None,
    database: str | None,
    address: str | None,
    account: str,
    asset: str,
    limit: int,
    as_json: bool,
) -> int:
    """List postings in the order in which they were booked.

    \b
    c4e-opt ledger postings --data ./data --account party:ann --asset EUR
    """  # noqa: D301
    from itertools import islice

    names = ("id", "batch_id", "account", "asset", "amount", "period")
    if address is not None:
        from c4e_server.client import Client

        with Client(address) as client:
            asked = client.postings(account=account, asset=asset, page_size=min(limit, 10_000))
            found = [{name: str(getattr(entry, name)) for name in names} for entry in islice(asked, limit)]
    else:
        entries = _opened(data, config, database).entries(account=account, asset=asset, limit=limit)
        found = [{name: str(getattr(entry, name)) for name in names} for entry in entries]
    if as_json:
        click.echo(json.dumps({"postings": found}))
        return ANSWER
    for entry in found:
        click.echo(f"{entry['period']}  {entry['account']:32} {entry['amount']:>18} {entry['asset']}")
    return ANSWER


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--address", envvar="C4E_OPT_ADDRESS", required=True, help="The service that has the journal.")
def copy(file: Path, address: str) -> int:
    """Copy the journal of a running service into a file, by which it is proven elsewhere.

    \b
    c4e-opt ledger copy journal.sqlite --address 127.0.0.1:50551
    c4e-opt ledger verify --copy journal.sqlite
    """  # noqa: D301
    from c4e_server.client import Client
    from c4e_server.ledgers.copies import write_copy

    with Client(address) as client:
        count, anchors = write_copy(file, client.journal())
    click.echo(f"{file}: {count} entries, {anchors} anchors")
    return ANSWER


@ledger.command()
@_data
@_config
@_database
@click.option("--public-key", default="", help="Key whose signatures they must be; that of the genesis if absent.")
@click.option(
    "--anchors",
    "kept",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Anchors that you have kept, one a line; those in the data folder if absent.",
)
@click.option(
    "--copy", type=click.Path(dir_okay=False, path_type=Path), help="A file of `c4e-opt ledger copy` instead."
)
@_as_json
def verify(
    data: Path | None,
    config: Path | None,
    database: str | None,
    public_key: str,
    kept: Path | None,
    copy: Path | None,
    as_json: bool,
) -> int:
    """Prove the journal from its genesis; name the first broken entry, and exit 3, when anything is wrong.

    \b
    c4e-opt ledger verify --data ./data
    c4e-opt ledger verify --data ./data --public-key 3f0c… --anchors kept/anchors.jsonl
    c4e-opt ledger verify --copy journal.sqlite
    """  # noqa: D301
    from c4e_server.ledgers.anchoring import read_anchors
    from c4e_server.ledgers.copies import verify_copy

    anchors = None if kept is None else read_anchors(kept)
    unseen = 0
    if copy is not None:
        found, unseen = verify_copy(copy, public_key=public_key, anchors=anchors or ())
    else:
        journal = _opened(data, config, database)
        found = journal.findings(public_key=public_key, anchors=journal.kept() if anchors is None else anchors)
    if as_json:
        first = {"place": found[0].place, "id": found[0].id, "what": found[0].what} if found else None
        told = {"holds": not found, "first": first, "wrong": [str(finding) for finding in found]}
        click.echo(json.dumps(told | ({"without_content": unseen} if copy is not None else {})))
    else:
        if unseen:
            click.echo(f"{unseen} batches have no content here: their places, digests and signatures are proven alone")
        for n, finding in enumerate(found):
            click.echo(f"{'first broken: ' if n == 0 else ''}{finding}")
        click.echo("the books hold" if not found else f"{len(found)} findings")
    return OUR_FAILURE if found else ANSWER


@ledger.command()
@_data
@_config
@_database
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%MZ"]), help="Moment, in UTC.")
@_as_json
def close(data: Path | None, config: Path | None, database: str | None, until: datetime, as_json: bool) -> int:
    """Close the books: from now on nothing that begins before a moment is booked but reversals and restatements.

    \b
    c4e-opt ledger close --data ./data --until 2025-02-01
    """  # noqa: D301
    moment = int(until.replace(tzinfo=UTC).timestamp())
    place = _opened(data, config, database, write=True).close_until(moment)
    said = f"the books are closed until {until:%Y-%m-%dT%H:%MZ}, by entry {place}"
    click.echo(json.dumps({"entry": place, "until": moment}) if as_json else said)
    return ANSWER


@ledger.command()
@_data
@_config
@_database
@click.option("--make", is_flag=True, help="Anchor the journal as it stands now.")
@_as_json
def anchors(data: Path | None, config: Path | None, database: str | None, make: bool, as_json: bool) -> int:
    """List the anchors, one a line, for others to keep.

    \b
    c4e-opt ledger anchors --data ./data --make
    c4e-opt ledger anchors --data ./data --json > kept.json
    """  # noqa: D301
    journal = _opened(data, config, database, write=make)
    if make:
        journal.anchor()
    key = journal.public_key()
    lines = [anchor.to_json(key) for anchor in journal.anchors()]
    if as_json:
        click.echo(json.dumps({"public_key": key, "anchors": [json.loads(line) for line in lines]}))
    else:
        click.echo("\n".join(lines))
    return ANSWER


@ledger.command()
@_data
@_config
@_database
@_as_json
def migrate(data: Path | None, config: Path | None, database: str | None, as_json: bool) -> int:
    """Bring the tables of the database up to date; the service does so too when it starts.

    \b
    c4e-opt ledger migrate --database postgresql://c4e@localhost/c4e
    """  # noqa: D301
    from c4e_server.config import read_config
    from c4e_server.database.engine import VERSION, open_engine
    from c4e_server.database.engine import migrate as act

    chosen = read_config(config, data=data, database=database)
    chosen.data.mkdir(parents=True, exist_ok=True)
    found = act(open_engine(chosen.database_url))
    said = "is up to date" if found == VERSION else f"was {f'at revision {found}' if found else 'empty'}"
    click.echo(json.dumps({"from": found, "to": VERSION}) if as_json else f"the database {said}; revision {VERSION}")
    return ANSWER


@ledger.command()
@_data
@_config
@_database
@format_options
def export(data: Path | None, config: Path | None, database: str | None, form: str | None, to: Path | None) -> int:
    """Write all postings of the journal for other programs, in the order in which they were booked.

    \b
    c4e-opt ledger export --data ./data --format hledger --to books.journal
    c4e-opt ledger export --data ./data --format parquet --to postings.parquet
    """  # noqa: D301
    export_journal(_opened(data, config, database), form, to)
    return ANSWER


for command in (deliveries, replay, void, serve, conformance):
    ledger.add_command(command)
