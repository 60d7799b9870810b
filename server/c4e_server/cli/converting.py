"""convert: between case folders, wire messages and MATPOWER files."""

from __future__ import annotations

from pathlib import Path

import click

from c4e_server.cli.main import ANSWER


@click.command(short_help="Convert between case formats.")
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST", type=click.Path(path_type=Path))
def convert(source: str, target: Path) -> int:
    """Read the case SRC and write it as DST: *.binpb or *.json is a wire message, *.m a MATPOWER file, else a folder.

    SRC is anything that solve takes. In a folder and in a message the case stays the same to the bit; its digest is
    printed. What MATPOWER cannot say is refused by name; notes tell what else is not kept.

    \b
    c4e-opt convert cases/site_week site.binpb
    c4e-opt convert site.json cases/site
    c4e-opt convert case33bw.m cases/feeder
    c4e-opt convert cases/feeder feeder.m
    """  # noqa: D301
    from c4e_opt.case import write_case
    from c4e_opt.case.readers.matpower.writing import write_matpower
    from c4e_opt.errors import InvalidInput
    from c4e_opt.issues import Issue
    from c4e_server.cli.reading import MESSAGES, load_case, write_message

    case = load_case(source)
    notes = list(case.notes)
    try:
        if target.suffix in MESSAGES:
            write_message(case, target)
        elif target.suffix == ".m":
            notes += write_matpower(case, target)
        else:
            write_case(case, target)
    except OSError as error:
        raise InvalidInput([Issue(str(target), "unwritable", f"cannot be written: {error.strerror}")]) from None
    for note in notes:
        click.echo(f"warning: {note}", err=True)
    click.echo(case.digest())
    return ANSWER
