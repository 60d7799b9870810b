"""Answers, statements, balances and jobs as tables for people, on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from c4e_opt.settlement import Asset, Statement, decimal_text
from c4e_server.cli.grids import show_grid, show_prices_by_carrier
from c4e_server.cli.tables import bars, cents, hours_of, table

if TYPE_CHECKING:
    from c4e.opt.v1 import jobs_pb2
    from c4e_opt.outcome import Outcome

_WIDTH = 110
_MOST = 24


def console() -> Console:
    """Standard output, wide enough for tables where nobody says how wide it is."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)


def show_outcome(outcome: Outcome, out: Path | None, lines: Sequence[Any] = ()) -> None:
    """Termination, objective, prices, lines, schedule, and where the files lie.

    Args:
        outcome: The answer.
        out: The folder that it was written to.
        lines: The lines of its case.
    """
    say = console().print
    words = [f"[bold]{outcome.termination.reason}[/bold]"]
    if str(outcome.termination.limit) != "NONE":
        words.append(f"limit {outcome.termination.limit}")
    if outcome.objective is not None:
        words.append(f"objective {outcome.objective:,.4f} {outcome.currency}")
    if outcome.gap is not None:
        words.append(f"gap {outcome.gap:.4%}")
    if outcome.second is not None:
        told = outcome.second
        words.append(f"{told.name} {told.least:,.4f} {told.unit}, {told.at_least_cost:,.4f} at the least cost")
    if outcome.welfare is not None:
        words.append(f"welfare of the orders {outcome.welfare:,.4f} {outcome.currency}")
    say(f"{outcome.case_name}: {', '.join(words)}")
    size = outcome.size
    if size:
        say(
            f"{size['variables']:,} variables ({size['integers']:,} integer), {size['constraints']:,} constraints, "
            f"{outcome.solver}, {outcome.seconds.get('total', 0.0):.2f} s"
        )
    for clash in outcome.clashes:
        say(f"  {clash.message}", markup=False)
    for warning in outcome.warnings:
        say(f"  warning: {warning}", markup=False)
    if outcome.has_schedule:
        show_prices(outcome)
        show_grid(outcome, lines, console())
        show_schedule(outcome)
    if outcome.certificate is not None:
        holds = "every law holds" if outcome.certificate.holds else "BROKEN"
        say(f"certificate: {holds}, {len(outcome.certificate.residuals)} laws recomputed from the case and the answer")
    if outcome.replay is not None:
        say(outcome.replay.sentence(), markup=False)
        for breach in outcome.replay.breaches():
            say(f"  warning: {breach}", markup=False)
    if out is not None:
        say(f"written to {out}", markup=False)


def show_prices(outcome: Outcome) -> None:
    """Least, mean and largest price of every bus, and a few hours; by carrier where there are very many buses."""
    if "price_eur_per_mwh" not in outcome.price_table.quantities:
        return
    prices = outcome.price_table.values("price_eur_per_mwh")
    buses, times = outcome.price_table.labels["bus"], outcome.price_table.labels["time"]
    carriers = outcome.price_table.texts["carrier"][1]
    if buses.size > _MOST:
        show_prices_by_carrier(outcome, console())
        return
    some = np.unique(np.linspace(0, times.size - 1, min(3, times.size)).astype(int))
    names = [str(times[place])[5:13].replace("T", " ") + "h" for place in some]
    shown = table(f"Prices, {outcome.currency}/MWh", "bus", "carrier", "least", "mean", "most", *names, "course")
    for row, bus in enumerate(buses):
        line = prices[row]
        shown.add_row(
            str(bus),
            str(carriers[row]),
            *(cents(price) for price in (line.min(), line.mean(), line.max(), *line[some])),
            bars(line),
        )
    console().print(shown)


def show_schedule(outcome: Outcome) -> None:
    """Every quantity of the schedule in one line: energy, least and largest power, and its course."""
    shown = table("Schedule", "quantity", "of", "energy", "least", "most", "unit", "course")
    hours = hours_of(outcome)
    for name, quantity in outcome.schedule_table.quantities.items():
        values = quantity.values
        if quantity.axes[-1:] != ("time",) or not values.size or quantity.unit not in ("MW", "MWh"):
            continue
        if name == "line_flow_mw":
            continue  # a sum over lines says nothing
        total = values.sum(axis=tuple(range(values.ndim - 1)))
        energy = f"{float(total @ hours):,.3f} MWh" if quantity.unit == "MW" else ""
        count = str(values.size // total.size)
        shown.add_row(name, count, energy, f"{total.min():.4g}", f"{total.max():.4g}", quantity.unit, bars(total))
    if shown.row_count:
        console().print(shown)
    if "accepted_mwh" in outcome.order_table.quantities:
        accepted = outcome.order_table.values("accepted_mwh")
        share = f"{int((accepted > 1e-9).sum()):,} of {accepted.size:,} orders accepted, in whole or in part"
        console().print(f"{share}: {accepted.sum():,.4f} MWh")


def show_statement(statement: Statement) -> None:
    """What every party receives and gives."""
    assets = {asset.id: asset for asset in statement.assets}
    _show_amounts("Settlement: received (+) and given (-)", "party", statement.balances(), assets)
    console().print(f"{len(statement):,} lines in whole minor units; every asset sums to zero in every step")


def show_balances(held: Mapping[str, Mapping[str, int]], assets: Mapping[str, Asset]) -> None:
    """What every account of the ledger holds."""
    _show_amounts("Ledger: balances", "account", held, assets)


def _show_amounts(title: str, who: str, held: Mapping[str, Mapping[str, int]], assets: Mapping[str, Asset]) -> None:
    shown = table(title, who, *(a.id if a.kind == "money" else f"{a.id} MWh" for a in assets.values()))
    money = next((a.id for a in assets.values() if a.kind == "money"), "")
    largest = sorted(held.items(), key=lambda each: (-abs(each[1].get(money, 0)), each[0]))
    for name, amounts in largest[:_MOST]:
        cells = [decimal_text(amounts[a.id], a.decimals) if a.id in amounts else "" for a in assets.values()]
        shown.add_row(name, *cells)
    sums = [sum(amounts.get(a.id, 0) for amounts in held.values()) for a in assets.values()]
    shown.add_row(
        "sum", *(decimal_text(n, a.decimals) for n, a in zip(sums, assets.values(), strict=True)), style="dim"
    )
    console().print(shown)
    _rest(len(held), {"party": "parties"}.get(who, f"{who}s"))


def _rest(count: int, what: str) -> None:
    if count > _MOST:
        console().print(f"… and {count - _MOST} more {what}")


def show_jobs(jobs: Sequence[jobs_pb2.Job]) -> None:
    """Jobs, one per line."""
    from c4e_server.convert.job import reason_of, state_of

    shown = table("", "job", "case", "state", "answer", "submitted", "posted")
    for job in jobs:
        answer = reason_of(job) or job.failure.reason
        submitted = job.submitted.ToJsonString()[:19]
        posted = "yes" if job.posted else "no" if job.batch_id else ""
        shown.add_row(job.request_id, job.case_name, state_of(job), answer, submitted, posted)
    console().print(shown)
