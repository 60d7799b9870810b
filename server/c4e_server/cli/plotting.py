"""plot: an answer as a picture or a page."""

from __future__ import annotations

from pathlib import Path

import click

from c4e_server.cli.main import ANSWER


@click.command(short_help="Draw an answer.")
@click.argument("case_path", metavar="CASE")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "targets",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write, .png, .svg, .pdf or .html; may be given several times. OUT/dispatch.html when absent.",
)
def plot(case_path: str, out: Path, targets: tuple[Path, ...]) -> int:
    """Draw the answer in OUT to CASE: dispatch and prices per carrier, lines, stores, exchanges, vehicles.

    \b
    c4e-opt plot cases/site_week out
    c4e-opt plot cases/site_week out --to week.svg --to week.html
    """  # noqa: D301
    from c4e_opt.errors import InvalidInput
    from c4e_opt.issues import Issue
    from c4e_opt.outcome import Outcome
    from c4e_opt.plot import SUFFIXES, draw
    from c4e_server.cli.reading import load_case

    case, outcome = load_case(case_path), Outcome.read(out)
    if outcome.case_digest != case.digest():
        message = f"answers another case (digest {outcome.case_digest[:12]}, this case has {case.digest()[:12]})"
        raise InvalidInput([Issue(str(out), "other_case", f"{message}; solve this case first")])
    files = targets or ((out if out.is_dir() else out.parent) / "dispatch.html",)
    wrong = [
        Issue(str(file), "suffix", f"must end in one of {', '.join(SUFFIXES)}, in a folder that exists")
        for file in files
        if file.suffix.lower() not in SUFFIXES or not file.parent.is_dir()
    ]
    if wrong:
        raise InvalidInput(wrong)
    for file in files:
        click.echo(draw(outcome, file, lines=case.components.get("line", ())))
    return ANSWER
