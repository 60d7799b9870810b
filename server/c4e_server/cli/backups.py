"""backup and restore: everything that the service keeps, in one file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from c4e_server.cli.main import ANSWER, OUR_FAILURE

_data = click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder of the service.")
_config = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file of the configuration."
)
_database = click.option("--database", help="URL of the database, where it is not the file in the data folder.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command(short_help="Copy all that the service keeps into one file.")
@_file
@_data
@_config
@_database
@click.option("--with-keys", is_flag=True, help="With the keys in the data folder; keep the file as safe as they are.")
@_as_json
def backup(
    file: Path, data: Path | None, config: Path | None, database: str | None, with_keys: bool, as_json: bool
) -> int:
    """Back up the database, its journal, anchors and what ledger adapters keep; the service may run meanwhile.

    \b
    c4e-opt backup monday.tar --data ./data
    c4e-opt backup monday.tar --database postgresql://c4e@localhost/c4e --with-keys
    """  # noqa: D301
    from c4e_server.config import read_config
    from c4e_server.database.backup import back_up

    manifest = back_up(read_config(config, data=data, database=database), file, keys=with_keys)
    if as_json:
        click.echo(json.dumps(asdict(manifest)))
        return ANSWER
    rows = manifest.rows
    click.echo(f"{file}: {rows['requests']} requests, {rows['entries']} entries of the journal")
    if not manifest.keys:
        click.echo("without keys: keep them elsewhere, or the journal cannot be continued")
    return ANSWER


@click.command(short_help="Put a backup where no service is yet.")
@_file
@_data
@_config
@_database
@_as_json
def restore(file: Path, data: Path | None, config: Path | None, database: str | None, as_json: bool) -> int:
    """Restore a backup to an empty data folder and an empty database, and prove the journal; exit 3 when it is broken.

    \b
    c4e-opt restore monday.tar --data ./new
    c4e-opt restore monday.tar --data ./new --database postgresql://c4e@localhost/empty
    """  # noqa: D301
    from c4e_server.config import read_config
    from c4e_server.database.backup import restore as act
    from c4e_server.ledgers.registry import open_journal

    chosen = read_config(config, data=data, database=database)
    manifest = act(chosen, file)
    journal = open_journal(chosen, write=False)
    wrong = journal.findings(anchors=journal.kept())
    if as_json:
        said = {"manifest": asdict(manifest), "holds": not wrong, "wrong": [str(finding) for finding in wrong]}
        click.echo(json.dumps(said))
        return OUR_FAILURE if wrong else ANSWER
    for finding in wrong:
        click.echo(str(finding))
    rows = manifest.rows
    click.echo(f"restored {rows['requests']} requests and {rows['entries']} entries of {manifest.made}")
    click.echo(f"{len(wrong)} findings in the books" if wrong else "the books hold")
    if "journal.key" not in manifest.files:
        click.echo(f"the backup has no keys: bring journal.key to {chosen.data} before the service starts")
    return OUR_FAILURE if wrong else ANSWER
