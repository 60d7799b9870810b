"""price: what several price rules make of one answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from c4e_server.cli.main import ANSWER, NO_ANSWER
from c4e_server.cli.solving import as_json

if TYPE_CHECKING:
    from c4e_opt.case import Case
    from c4e_opt.outcome import Outcome

#: Columns that the table needs.
_WIDTH = 110


@click.command(short_help="Price one answer by several rules.")
@click.argument("case_path", metavar="CASE")
@click.argument("out", metavar="[OUT]", required=False, type=click.Path(path_type=Path))
@click.option("--rules", metavar="RULE,RULE", help="Names of price rules; all that price an answer if absent.")
@click.option("--solver", default="auto", show_default=True, help="Engine that solves.")
@as_json
def price(case_path: str, out: Path | None, rules: str | None, solver: str, as_json: bool) -> int:
    """Price an answer to CASE by several rules: the one in OUT, or the one that is found now.

    \b
    c4e-opt price cases/site_week
    c4e-opt price cases/site_week out --rules marginal,convex_hull --json
    """  # noqa: D301
    from rich.console import Console

    from c4e_opt import SolveOptions, solve
    from c4e_opt.outcome import Outcome
    from c4e_opt.pricing import table
    from c4e_opt.pricing.rules import RULES
    from c4e_server.cli import tables
    from c4e_server.cli.reading import load_case

    case = load_case(case_path)
    outcome = Outcome.read(out) if out is not None else solve(case, SolveOptions(solver=solver))
    if not outcome.has_schedule:
        click.echo(json.dumps({"rules": []}) if as_json else f"{outcome.termination.reason}: there is nothing to price")
        return NO_ANSWER
    chosen = tuple(RULES) if rules is None else tuple(rules.split(","))
    found = table(case, outcome, chosen, solver=solver)
    if as_json:
        buses = [bus.id for bus in case.buses]
        click.echo(json.dumps({"currency": case.currency, "rules": [each.to_json(buses) for each in found]}))
        return ANSWER
    columns = ("rule", "mean price", "highest", "make-whole", "lost", "payments", "rents", "balance")
    shown = tables.table(f"Price rules, {case.currency}", *columns)
    used = [place for place, bus in enumerate(case.buses) if bus.id in _traded(case, outcome)]
    for each in found:
        prices = each.price_eur_per_mwh[used]
        amounts = (
            prices.mean(), prices.max(), each.uplift.make_whole.sum(), each.uplift.total, each.payments_eur,
            each.rents_eur, each.balance_eur,
        )  # fmt: skip
        shown.add_row(each.rule, *map(tables.cents, amounts))
    Console(width=max(Console().width, _WIDTH)).print(shown)
    return ANSWER


def _traded(case: Case, outcome: Outcome) -> set[str]:
    """Buses at which there is a component or an order."""
    ports = outcome.flow_table.texts.get("port_bus")
    at = set[str]() if ports is None else {str(bus) for bus in ports[1]}
    return at | {case.buses[int(place)].id for place in case.orders.bus}
