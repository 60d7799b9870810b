"""why: what decided each order, and what sets each price."""

from __future__ import annotations

import json
from pathlib import Path

import click

from c4e_server.cli.main import ANSWER, NO_ANSWER
from c4e_server.cli.solving import as_json

#: Orders that are shown when none is named.
_FEW = 40


@click.command(short_help="Say why orders are accepted or not, and what sets prices.")
@click.argument("case_path", metavar="CASE")
@click.argument("out", metavar="[OUT]", required=False, type=click.Path(path_type=Path))
@click.option("--order", "names", metavar="ID", multiple=True, help="Only this order; may be given again.")
@as_json
def why(case_path: str, out: Path | None, names: tuple[str, ...], as_json: bool) -> int:
    """Say what decided each order of CASE: of the answer in OUT, or of the one that is found now.

    \b
    c4e-opt why cases/day_ahead_auction
    c4e-opt why cases/day_ahead_auction out --order wind_2 --json
    """  # noqa: D301
    import numpy as np
    from rich.console import Console

    from c4e_opt import solve
    from c4e_opt.outcome import Outcome
    from c4e_opt.reasons import setters
    from c4e_opt.reasons import why as reasons_of
    from c4e_server.cli import tables
    from c4e_server.cli.reading import load_case

    case = load_case(case_path)
    unknown = sorted(set(names) - set(case.orders.id.tolist()))
    if unknown:
        raise click.UsageError(f"no order is named {', '.join(map(repr, unknown))}")
    outcome = Outcome.read(out) if out is not None else solve(case)
    if not outcome.has_schedule or not case.orders.orders:
        click.echo(json.dumps({"orders": []}) if as_json else "there is no order that anything was decided of")
        return NO_ANSWER
    found, at = reasons_of(case, outcome), setters(case, outcome)
    rows = np.flatnonzero(np.isin(case.orders.id, names)) if names else np.arange(case.orders.orders)
    accepted = outcome.order_table.values("accepted_mwh")
    if as_json:
        told = [
            {"order": str(case.orders.id[n]), "accepted_mwh": float(accepted[n]), "why": code.value, "number": number,
             "element": element}
            for n in rows.tolist()
            for code, number, element in [found.of(n)]
        ]  # fmt: skip
        setting = {bus.id: at[place].tolist() for place, bus in enumerate(case.buses)}
        click.echo(json.dumps({"currency": case.currency, "orders": told, "price_setters": setting}))
        return ANSWER
    shown = tables.table(f"Orders, {case.currency} per MWh", "order", "accepted MWh", "why", "number", "element")
    for n in rows[:_FEW].tolist():
        code, number, element = found.of(n)
        word = code.value.replace("_", " ")
        shown.add_row(str(case.orders.id[n]), f"{accepted[n]:g}", word, f"{number:.2f}", element)
    Console().print(shown)
    if rows.size > _FEW:
        click.echo(f"{rows.size - _FEW} more; name them with --order, or take --json")
    return ANSWER
