"""Evidence for the audit: what an outcome says and what a statement says, both found by component, bus and step.

Shares no step with `trades`: it walks ports, orders and lines one by one and keeps every float as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.settlement.statement import Statement

Key = tuple[str, str, int]  # component, bus, step
Title = tuple[str, Key]  # purpose, and what it is about


@dataclass(slots=True)
class Trade:
    """What the outcome says about one component or order at one bus in one step."""

    party: str
    purpose: str
    power_mw: float  # into the bus
    seconds: int
    price: float  # what the party is settled at
    local: float  # price of the bus


@dataclass(slots=True)
class Entry:
    """One line of the statement, with its labels."""

    party: str
    asset: str
    energy: int
    price: int
    amount: int


@dataclass(slots=True)
class Books:
    """The statement's lines, found by what they are about."""

    money: dict[Title, Entry] = field(default_factory=dict[Title, Entry])
    energy: dict[Title, Entry] = field(default_factory=dict[Title, Entry])
    twice: list[Key] = field(default_factory=list[Key])
    money_sums: dict[int, int] = field(default_factory=lambda: defaultdict[int, int](int))  # by step
    energy_sums: dict[Key, int] = field(default_factory=lambda: defaultdict[Key, int](int))  # by carrier, bus, step


def expected(case: Case, outcome: Outcome) -> dict[Key, Trade]:
    """Every flow and order of the outcome that is not zero; ports of one component at one bus count as one."""
    prices = dict(zip((bus.id for bus in case.buses), _rows(outcome, "prices", "price_eur_per_mwh"), strict=True))
    found: dict[Key, Trade] = {}
    for key, trade in _flows(case, outcome, prices):
        if key in found:
            trade.power_mw += found[key].power_mw
        found[key] = trade
    found.update(_orders(case, outcome, prices))
    return found


def _flows(case: Case, outcome: Outcome, prices: dict[str, list[float]]) -> Iterator[tuple[Key, Trade]]:
    """What the outcome says about every port."""
    records = {(kind, each.id): each for kind, group in case.components.items() for each in group}
    seconds = case.horizon.step_seconds.tolist()
    ports = [_texts(outcome, name) for name in ("port_kind", "port_component", "port_bus")]
    for kind, name, bus, powers in zip(*ports, _rows(outcome, "flows", "flow_mw"), strict=True):
        record, label, local = records[kind, name], f"{kind}/{name}", prices[bus]
        owner = record.owner or case.policy.operator
        purpose = {"grid_connection": "tariff", "tie": "rent"}.get(kind, "energy")
        imports = exports = local
        if kind == "grid_connection":
            imports = np.broadcast_to(record.import_price_eur_per_mwh, len(seconds)).tolist()
            exports = np.broadcast_to(record.export_price_eur_per_mwh, len(seconds)).tolist()
        for step, power in enumerate(powers):
            if power:
                price = (imports if power > 0 else exports)[step]
                yield (label, bus, step), Trade(owner, purpose, power, seconds[step], price, local[step])


def _orders(case: Case, outcome: Outcome, prices: dict[str, list[float]]) -> Iterator[tuple[Key, Trade]]:
    """What the outcome says about every order."""
    book, seconds = case.orders, case.horizon.step_seconds.tolist()
    if not book.orders:
        return
    buses, parties = [bus.id for bus in case.buses], [party.id for party in case.parties]
    answers = (outcome.order_table.values(name) for name in ("accepted_mwh", "cleared_eur_per_mwh"))
    columns = (book.id, book.party, book.bus, book.step, book.side, *answers)
    rows: Any = zip(*(column.tolist() for column in columns), strict=True)
    for name, party, at, step, side, accepted, cleared in rows:
        if accepted:
            bus, lasts = buses[int(at)], int(seconds[step])
            power_mw, local = float(side * accepted * 3600 / lasts), prices[buses[int(at)]][int(step)]
            trade = Trade(parties[int(party)], "order", power_mw, lasts, float(cleared), local)
            yield (f"order/{name}", bus, int(step)), trade


def _texts(outcome: Outcome, name: str) -> list[Any]:
    texts = outcome.flow_table.texts
    return texts[name][1].tolist() if name in texts else []


def _rows(outcome: Outcome, table: str, name: str) -> list[list[float]]:
    quantities = outcome.tables[table].quantities
    return quantities[name].values.tolist() if name in quantities else []


def books_of(statement: Statement) -> Books:
    """The lines of a statement by purpose, component, bus and step, with their sums."""
    books = Books()
    assets = [asset.id for asset in statement.assets]
    where = statement.positions
    parts = (where.party, where.purpose, where.component, where.bus)
    labels: list[Any] = list(zip(*(part.tolist() for part in parts), strict=True))
    columns = (statement.position, statement.step, statement.asset, statement.energy, statement.price, statement.amount)
    rows: Any = zip(*(column.tolist() for column in columns), strict=True)
    for position, step, asset, energy, price, amount in rows:
        party, purpose, component, bus = labels[position]
        key, name = (component, bus, step), assets[int(asset)]
        if asset:
            into = books.energy
            books.energy_sums[name, bus, step] += amount
        else:
            into = books.money
            books.money_sums[step] += amount
        title = (purpose, key)
        if title in into:
            books.twice.append(key)
        into[title] = Entry(party, name, energy, price, amount)
    return books
