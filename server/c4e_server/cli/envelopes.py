"""envelopes: how much every connection point of a feeder may export and import."""

from __future__ import annotations

import json
from pathlib import Path

import click

from c4e_server.cli.main import ANSWER, NO_ANSWER
from c4e_server.cli.solving import as_json


@click.command(short_help="Find the operating envelopes of a feeder.")
@click.argument("case_path", metavar="CASE")
@click.option(
    "--point", "points", multiple=True, help="A bus that is a connection point; all with components if absent."
)
@click.option("--share", type=click.Choice(["fair", "sum"]), default="fair", show_default=True)
@click.option("--ratio", type=float, default=0.0, show_default=True, help="Reactive power of a point by its power.")
@click.option("--most-mw", type=click.FloatRange(min=0), help="Limit of every point by itself.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File for the limits, CSV.")
@as_json
def envelopes(
    case_path: str,
    points: tuple[str, ...],
    share: str,
    ratio: float,
    most_mw: float | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Find export and import limits of every connection point of CASE, within which the feeder keeps its limits.

    \b
    c4e-opt envelopes cases/feeder_day --most-mw 0.05
    c4e-opt envelopes feeder.m --point 18 --point 33 --share sum --out limits.csv
    """  # noqa: D301
    from c4e_opt.study.envelopes import operating_envelopes
    from c4e_server.cli.reading import load_case

    chosen = points or None
    found = operating_envelopes(
        load_case(case_path), chosen, share="sum" if share == "sum" else "fair", ratio=ratio, most_mw=most_mw
    )
    if out is not None:
        rows = ["point,time,export_max_mw,import_max_mw"]
        for row, point in enumerate(found.point.tolist()):
            for step, time in enumerate(found.time):
                rows.append(
                    f"{point},{time}Z,{found.export_max_mw[row, step]:.9g},{found.import_max_mw[row, step]:.9g}"
                )
        out.write_text("\n".join(rows) + "\n", encoding="utf-8")
    said = {
        "holds": found.holds,
        "points": len(found.point),
        "steps": len(found.time),
        "rounds": found.rounds,
        "export_min_mw": float(found.export_max_mw.min()),
        "import_min_mw": float(found.import_max_mw.min()),
        "lowest_pu": float(found.lowest_pu.min()),
        "highest_pu": float(found.highest_pu.max()),
        "loading": float(found.loading.max()),
        "out": None if out is None else str(out),
    }
    if as_json:
        click.echo(json.dumps(said))
    else:
        verdict = "holds" if found.holds else "FAILS"
        click.echo(
            f"{said['points']} points, {said['steps']} steps: exports from {said['export_min_mw']:.6g} MW, imports "
            f"from {said['import_min_mw']:.6g} MW; AC power flow {verdict}, voltage {said['lowest_pu']:.4f} to "
            f"{said['highest_pu']:.4f} p.u., loading up to {said['loading']:.1%}"
        )
    return ANSWER if found.holds else NO_ANSWER
