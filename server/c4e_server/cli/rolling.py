"""roll: a long case window by window."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from c4e_server.cli.main import ANSWER, NO_ANSWER
from c4e_server.cli.solving import as_json, gap_option, write_answer

if TYPE_CHECKING:
    from c4e_opt.coordination.rolling import Rolled, Window


@click.command(short_help="Solve a long case window by window.")
@click.argument("case_path", metavar="CASE")
@click.option("--keep-hours", type=click.FloatRange(min=0, min_open=True), default=24.0, show_default=True)
@click.option("--look-hours", type=click.FloatRange(min=0, min_open=True), default=48.0, show_default=True)
@click.option("--compare", is_flag=True, help="Solve the whole horizon as well and say what rolling costs.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for outcome.nc, .json and .png.")
@as_json
@click.option("--solver", default="auto", show_default=True, help="Name of a solver.")
@gap_option
def roll(
    case_path: str,
    keep_hours: float,
    look_hours: float,
    compare: bool,
    out: Path | None,
    as_json: bool,
    solver: str,
    gap: float | None,
) -> int:
    """Solve CASE in windows that look --look-hours ahead and of which the first --keep-hours are kept.

    \b
    c4e-opt roll cases/site_year --keep-hours 24 --look-hours 72
    c4e-opt roll cases/site_week --compare --out out
    """  # noqa: D301
    from c4e_opt.coordination.rolling import RollOptions
    from c4e_opt.coordination.rolling import roll as act
    from c4e_opt.solve import SolveOptions
    from c4e_server.cli.reading import load_case

    case = load_case(case_path)
    options = SolveOptions(solver=solver, gap=SolveOptions().gap if gap is None else gap)
    begin = time.perf_counter()

    def tell(window: Window) -> None:
        if not as_json:
            click.echo(f"step {window.begin}: {window.kept - window.begin} kept, {window.objective:,.2f}", err=True)

    rolled = act(
        case,
        RollOptions(keep_hours=keep_hours, look_hours=look_hours, compare=compare, solve=options),
        progress=tell,
    )
    if out is not None:
        write_answer(rolled.outcome, out, case)
    _show(rolled, time.perf_counter() - begin, as_json=as_json)
    return ANSWER if rolled.outcome.has_schedule else NO_ANSWER


def _show(rolled: Rolled, seconds: float, *, as_json: bool) -> None:
    from c4e_server.cli.reading import plain

    outcome = rolled.outcome
    foresight = None if rolled.foresight is None else rolled.foresight.objective
    if as_json:
        summary = {
            **outcome.summary(),
            "windows": len(rolled.windows),
            "foresight": foresight,
            "cost_of_rolling": rolled.cost_of_rolling,
        }
        click.echo(json.dumps(plain(summary), allow_nan=False))
        return
    if outcome.objective is None:
        last = rolled.windows[-1].kept if rolled.windows else 0
        click.echo(f"{outcome.case_name}: {outcome.termination.reason} in the window from step {last} on")
        return
    click.echo(f"{outcome.case_name}: {outcome.objective:,.2f} {outcome.currency}, {len(rolled.windows)} windows")
    if foresight is not None and rolled.cost_of_rolling is not None:
        click.echo(f"perfect foresight: {foresight:,.2f}; rolling costs {rolled.cost_of_rolling:,.2f} more")
    click.echo(
        f"certificate: {len(outcome.certificate.residuals) if outcome.certificate else 0} laws hold; {seconds:.1f} s"
    )
