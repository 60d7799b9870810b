"""audit: whether the log of all writes is still as the service wrote it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from c4e_server.cli.main import ANSWER, OUR_FAILURE


@click.group(short_help="Check the log of all writes.")
def audit() -> None:
    """Check the audit log of a service: audit.jsonl in its data folder, and the full files beside it."""


@audit.command(short_help="Name every line that was changed, taken out, moved, put in or cut off.")
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder, where no files are named.")
@click.option("--kept", multiple=True, metavar="LINE:DIGEST", help="What an earlier check said that the log stands at.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def check(files: tuple[Path, ...], data: Path | None, kept: tuple[str, ...], as_json: bool) -> int:
    """Hold the log to its chain, the oldest file first; exit 3 when a line is not as it was written.

    The last line of the answer is where the log stands. Keep it elsewhere, and give it to the next check: without it,
    nobody sees that the last lines were cut off. The service writes it into its own log, too.

    \b
    c4e-opt audit check --data ./data
    c4e-opt audit check ./data/audit.jsonl --kept 1234:5f2b…
    """  # noqa: D301
    from c4e_server.config import read_config
    from c4e_server.errors import InvalidConfig
    from c4e_server.security.audit import files_of
    from c4e_server.security.audit_check import check_audit

    chosen = list(files) or files_of(read_config(data=data).data)
    if not chosen:
        raise InvalidConfig("there is no audit.jsonl; name the data folder with --data, or the files of the log")
    report = check_audit(chosen, dict(_kept(text) for text in kept))
    if as_json:
        click.echo(json.dumps(asdict(report) | {"holds": not report.faults}))
        return OUR_FAILURE if report.faults else ANSWER
    for fault in report.faults:
        click.echo(fault)
    if report.first > 1:
        click.echo(f"begins at line {report.first}: the files before it are not here")
    if report.open_calls:
        click.echo(f"{report.open_calls} writes were begun and have no end here: under way, or ended with the service")
    said = f"{len(report.faults)} faults" if report.faults else "the log holds"
    click.echo(f"{said}, {report.lines} lines; it stands at {report.number}:{report.digest}")
    return OUR_FAILURE if report.faults else ANSWER


def _kept(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise click.BadParameter(f"--kept {text!r} is no LINE:DIGEST", param_hint="--kept")
    return int(number), digest.lower()
