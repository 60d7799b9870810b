"""Answers, statements, balances and jobs as tables for people, on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from c4e_opt.settlement import Asset, Statement, decimal_text

if TYPE_CHECKING:
    from c4e.opt.v1 import jobs_pb2
    from c4e_opt.outcome import Outcome

_WIDTH = 110
_MOST = 24
_BARS = " ▁▂▃▄▅▆▇█"


def console() -> Console:
    """Standard output, wide enough for tables where nobody says how wide it is."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place == 0 else "right", no_wrap=True)
    return table


def show_outcome(outcome: Outcome, out: Path | None) -> None:
    """Termination, objective, prices, schedule, and where the files lie."""
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
    """Least, mean and largest price of every bus, and a few hours."""
    if "price_eur_per_mwh" not in outcome.price_table.quantities:
        return
    prices = outcome.price_table.values("price_eur_per_mwh")
    buses, times = outcome.price_table.labels["bus"], outcome.price_table.labels["time"]
    carriers = outcome.price_table.texts["carrier"][1]
    shown = np.unique(np.linspace(0, times.size - 1, min(3, times.size)).astype(int))
    names = [str(times[place])[5:13].replace("T", " ") + "h" for place in shown]
    table = _table(f"Prices, {outcome.currency}/MWh", "bus", "carrier", "least", "mean", "most", *names, "course")
    for row, bus in list(enumerate(buses))[:_MOST]:
        line = prices[row]
        some = [f"{line[place]:.2f}" for place in shown]
        table.add_row(
            str(bus),
            str(carriers[row]),
            f"{line.min():.2f}",
            f"{line.mean():.2f}",
            f"{line.max():.2f}",
            *some,
            bars(line),
        )
    console().print(table)
    _rest(buses.size, "buses")


def show_schedule(outcome: Outcome) -> None:
    """Every quantity of the schedule in one line: energy, least and largest power, and its course."""
    table = _table("Schedule", "quantity", "of", "energy", "least", "most", "unit", "course")
    hours = _hours(outcome)
    for name, quantity in outcome.schedule_table.quantities.items():
        values = quantity.values
        if quantity.axes[-1:] != ("time",) or not values.size or quantity.unit not in ("MW", "MWh"):
            continue
        total = values.sum(axis=tuple(range(values.ndim - 1)))
        energy = f"{float(total @ hours):,.3f} MWh" if quantity.unit == "MW" else ""
        count = str(values.size // total.size)
        table.add_row(name, count, energy, f"{total.min():.4g}", f"{total.max():.4g}", quantity.unit, bars(total))
    if table.row_count:
        console().print(table)
    if "accepted_mwh" in outcome.order_table.quantities:
        accepted = outcome.order_table.values("accepted_mwh")
        share = f"{int((accepted > 1e-9).sum()):,} of {accepted.size:,} orders accepted, in whole or in part"
        console().print(f"{share}: {accepted.sum():,.4f} MWh")


def _hours(outcome: Outcome) -> Any:
    """Length of every step in hours, as far as the starts say; the last lasts as long as the one before."""
    labels = outcome.flow_table.labels.get("time", outcome.price_table.labels.get("time"))
    starts = np.asarray(labels).astype("datetime64[s]").astype(np.int64)
    lengths = np.diff(starts) / 3600.0
    return np.append(lengths, lengths[-1:]) if lengths.size else np.ones(starts.size)


def bars(values: Any, width: int = 24) -> str:
    """The course of a series as a row of small bars; each stands for the mean of its share of the steps."""
    parts = [part.mean() for part in np.array_split(np.asarray(values, dtype=np.float64), min(width, len(values)))]
    low, high = min(min(parts), 0.0), max(parts)
    if high - low < 1e-9:
        return _BARS[1] * len(parts)
    return "".join(_BARS[1 + int((part - low) / (high - low) * 7.999)] for part in parts)


def show_statement(statement: Statement) -> None:
    """What every party receives and gives."""
    assets = {asset.id: asset for asset in statement.assets}
    _show_amounts("Settlement: received (+) and given (-)", "party", statement.balances(), assets)
    console().print(f"{len(statement):,} lines in whole minor units; every asset sums to zero in every step")


def show_balances(held: Mapping[str, Mapping[str, int]], assets: Mapping[str, Asset]) -> None:
    """What every account of the ledger holds."""
    _show_amounts("Ledger: balances", "account", held, assets)


def _show_amounts(title: str, who: str, held: Mapping[str, Mapping[str, int]], assets: Mapping[str, Asset]) -> None:
    table = _table(title, who, *(a.id if a.kind == "money" else f"{a.id} MWh" for a in assets.values()))
    money = next((a.id for a in assets.values() if a.kind == "money"), "")
    largest = sorted(held.items(), key=lambda each: (-abs(each[1].get(money, 0)), each[0]))
    for name, amounts in largest[:_MOST]:
        cells = [decimal_text(amounts[a.id], a.decimals) if a.id in amounts else "" for a in assets.values()]
        table.add_row(name, *cells)
    sums = [sum(amounts.get(a.id, 0) for amounts in held.values()) for a in assets.values()]
    table.add_row(
        "sum", *(decimal_text(n, a.decimals) for n, a in zip(sums, assets.values(), strict=True)), style="dim"
    )
    console().print(table)
    _rest(len(held), {"party": "parties"}.get(who, f"{who}s"))


def _rest(count: int, what: str) -> None:
    if count > _MOST:
        console().print(f"… and {count - _MOST} more {what}")


def show_jobs(jobs: Sequence[jobs_pb2.Job]) -> None:
    """Jobs, one per line."""
    from c4e_server.convert.job import reason_of, state_of

    table = _table("", "job", "case", "state", "answer", "submitted", "posted")
    for job in jobs:
        answer = reason_of(job) or job.failure.reason
        submitted = job.submitted.ToJsonString()[:19]
        posted = "yes" if job.posted else "no" if job.batch_id else ""
        table.add_row(job.request_id, job.case_name, state_of(job), answer, submitted, posted)
    console().print(table)
