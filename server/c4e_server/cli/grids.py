"""Grids for people: prices of many buses, lines that are full, limits that bind, overloads and the congestion rent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from c4e_server.cli.tables import bars, cents, hours_of, table

if TYPE_CHECKING:
    from c4e_opt.outcome import Outcome

#: Limits, and lines, that are shown.
_MOST = 10
#: The cheapest and the dearest buses that are shown of very many.
_ENDS = 4
#: From this part of its limit on, a line counts as full.
_FULL = 0.99
#: Overloads below this, in MWh, are rounding.
_NOTHING_MWH = 1e-6


def show_prices_by_carrier(outcome: Outcome, console: Console) -> None:
    """Of very many buses: prices by carrier, and the buses that are cheapest and dearest in the mean."""
    prices, labels = outcome.price_table.values("price_eur_per_mwh"), outcome.price_table.labels["bus"]
    carriers = outcome.price_table.texts["carrier"][1]
    shown = table(f"Prices, {outcome.currency}/MWh", "carrier, bus", "buses", "least", "mean", "most", "course")
    for carrier in dict.fromkeys(carriers.tolist()):
        mine = np.flatnonzero(carriers == carrier)
        of = prices[mine]
        mean = of.mean(axis=1)
        shown.add_row(carrier, f"{mine.size:,}", *_three(of), bars(of.mean(axis=0)))
        order = np.argsort(mean, kind="stable")
        ends = order if mine.size <= 2 * _ENDS else np.concatenate([order[:_ENDS], order[-_ENDS:]])
        alike = float(np.ptp(mean)) < 1e-6 and float(np.ptp(of, axis=0).max()) < 1e-6
        for place, row in enumerate([] if alike else ends.tolist()):
            if place == _ENDS and mine.size > 2 * _ENDS:
                shown.add_row("  …", style="dim")
            shown.add_row(f"  {labels[mine[row]]}", "", *_three(of[row]), bars(of[row]))
    console.print(shown)


def show_grid(outcome: Outcome, lines: Sequence[Any], console: Console) -> None:
    """Lines that are full, limits that bind, overloads, and the congestion rent.

    Args:
        outcome: An outcome with a schedule.
        lines: Records of the lines of its case; without them, nobody knows how full they are.
        console: Where to.
    """
    if "line_flow_mw" not in outcome.schedule_table.quantities:
        return
    _show_loading(outcome, lines, console)
    _show_limits(outcome, console)
    say = console.print
    for name, energy, where in _overloads(outcome):
        say(f"{name}: {energy:,.4g} MWh beyond limits, most of it on {where}", markup=False)
    rent = congestion_rent(outcome)
    say(f"congestion rent of the lines: {rent:,.2f} {outcome.currency}", markup=False)


def congestion_rent(outcome: Outcome) -> float:
    """What lines earn by carrying power from cheap to dear buses, less what they lose, in the currency."""
    flows, prices = outcome.flow_table, outcome.price_table
    ports = np.flatnonzero(flows.texts["port_kind"][1] == "line")
    place = {str(bus): row for row, bus in enumerate(prices.labels["bus"].tolist())}
    bus = np.array([place[name] for name in flows.texts["port_bus"][1][ports].tolist()], dtype=np.int64)
    worth = flows.values("flow_mw")[ports] * prices.values("price_eur_per_mwh")[bus]
    return float((worth @ hours_of(outcome)).sum())


def loading(outcome: Outcome, lines: Sequence[Any]) -> dict[str, Any]:
    """How much lines with a limit are loaded, as a part of it, by name and over time; empty where nothing is told.

    Args:
        outcome: An outcome with a schedule.
        lines: Records of the lines of its case.
    """
    schedule = outcome.schedule_table
    if "line_flow_mw" not in schedule.quantities:
        return {}
    flow = np.abs(schedule.values("line_flow_mw"))
    if "line_reactive_mvar" in schedule.quantities:
        flow = np.hypot(flow, schedule.values("line_reactive_mvar"))
    place = {str(name): row for row, name in enumerate(schedule.labels["line"].tolist())}
    limited = [line for line in lines if line.limit_mw is not None and line.in_service and np.min(line.limit_mw) > 0]
    return {line.id: flow[place[line.id]] / line.limit_mw for line in limited}


def _three(values: Any) -> tuple[str, str, str]:
    return cents(values.min()), cents(values.mean()), cents(values.max())


def _show_loading(outcome: Outcome, lines: Sequence[Any], console: Console) -> None:
    """The lines that are most loaded, and for how long they are full."""
    loaded = loading(outcome, lines)
    if not loaded:
        return
    full = {name: float((part >= _FULL) @ hours_of(outcome)) for name, part in loaded.items()}
    limited = [line for line in lines if line.id in loaded]
    limited.sort(key=lambda line: (-full[line.id], -loaded[line.id].max().round(4), -loaded[line.id].mean()))
    title = f"Lines: the most loaded of {len(limited):,} with a limit ({len(lines):,} in all)"
    shown = table(title, "line", "from", "to", "limit, MW", "most, MW", "most", "full", "course")
    for line in limited[:_MOST]:
        part = loaded[line.id]
        low, high = float(np.min(line.limit_mw)), float(np.max(line.limit_mw))
        limit = f"{high:,.4g}" if low == high else f"{low:,.4g} to {high:,.4g}"
        hours = f"{full[line.id]:.4g} h" if full[line.id] else ""
        most = f"{(part * line.limit_mw).max():,.4g}"
        shown.add_row(line.id, line.from_bus, line.to_bus, limit, most, f"{part.max():.0%}", hours, bars(part))
    console.print(shown)


def _show_limits(outcome: Outcome, console: Console) -> None:
    """The limits that are worth most, over all steps."""
    found = outcome.limit_table
    if not found.quantities or not found.labels["limit"].size:
        return
    step = found.values("limit_step").astype(np.int64)
    worth, hours = found.values("shadow_price_eur_per_mwh"), hours_of(outcome)
    words = ("limit_element", "limit_law", "limit_outage")
    rows: dict[tuple[str, ...], list[int]] = {}
    for row, key in enumerate(zip(*(found.texts[word][1].tolist() for word in words), strict=True)):
        rows.setdefault(key, []).append(row)
    total = {key: float((worth[of] * hours[step[of]]).sum()) for key, of in rows.items()}
    shown = table(
        f"Limits that bind, worth in {outcome.currency} per MW of limit",
        "limit", "what", "after loss of", "hours", "worth", "most per hour", "course",
    )  # fmt: skip
    for key in sorted(total, key=lambda each: (-total[each], each))[:_MOST]:
        of, course = rows[key], np.zeros(hours.size)
        course[step[of]] += worth[of]
        kind, _, name = key[0].partition("/")
        what = {"line_angle_limit": "angle", "interface_limit": "sum of flows"}.get(key[1], "flow")
        length = float(hours[np.unique(step[of])].sum())
        shown.add_row(
            f"{kind} {name}", what, key[2], f"{length:.4g}", f"{total[key]:,.2f}", f"{course.max():,.2f}", bars(course)
        )
    console.print(shown)
    if len(total) > _MOST:
        console.print(f"… and {len(total) - _MOST} more limits that bind")


def _overloads(outcome: Outcome) -> Iterator[tuple[str, float, str]]:
    """What exceeds soft limits: its kind, how much in MWh, and where most of it is."""
    words: Mapping[str, str] = {
        "line_overload_mw": "overload of lines",
        "line_outage_overload_mw": "overload of lines after an outage",
        "interface_overload_mw": "overload of interfaces",
    }
    for name, said in words.items():
        if name in outcome.schedule_table.quantities:
            quantity = outcome.schedule_table.quantities[name]
            energy = quantity.values @ hours_of(outcome)
            if energy.sum() > _NOTHING_MWH:
                yield said, float(energy.sum()), str(outcome.schedule_table.labels[quantity.axes[0]][energy.argmax()])
