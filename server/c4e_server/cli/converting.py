"""convert: between case folders and wire messages."""

from __future__ import annotations

from pathlib import Path

import click

from c4e_server.cli.main import ANSWER


@click.command(short_help="Convert between case folders and wire messages.")
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST", type=click.Path(path_type=Path))
def convert(source: str, target: Path) -> int:
    """Read the case SRC and write it as DST: *.binpb or *.json for a wire message, anything else for a case folder.

    The case stays the same to the bit; its digest is printed.

    \b
    c4e-opt convert cases/site_week site.binpb
    c4e-opt convert site.json cases/site
    """  # noqa: D301
    from c4e_opt.case import write_case
    from c4e_opt.errors import InvalidInput
    from c4e_opt.issues import Issue
    from c4e_server.cli.reading import MESSAGES, load_case, write_message

    case = load_case(source)
    try:
        if target.suffix in MESSAGES:
            write_message(case, target)
        else:
            write_case(case, target)
    except OSError as error:
        raise InvalidInput([Issue(str(target), "unwritable", f"cannot be written: {error.strerror}")]) from None
    click.echo(case.digest())
    return ANSWER
