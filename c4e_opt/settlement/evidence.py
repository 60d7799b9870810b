"""Evidence for the audit: what an outcome says and what a statement says, both found by component, bus and step.

Shares no step with `trades`: it walks ports, orders and lines one by one and keeps every float as it is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.settlement.statement import Statement

Place = tuple[str, str]  # component, bus
Title = tuple[str, str, str]  # purpose, component, bus
Flow = tuple[float, float, float]  # MW into the bus, price that it is settled at, price of the bus
Row = tuple[str, str, int, int, int]  # party, asset, energy, price, amount


#: What components that carry are settled for, by kind; all others for energy.
_PURPOSES = {
    "grid_connection": "tariff",
    "tie": "rent",
    "line": "rent",
    "flow_based_constraint": "rent",
    "heat_pipe": "rent",
    "gas_pipe": "rent",
}


@dataclass(slots=True)
class Trader:
    """What the outcome says about one component or order at one bus."""

    party: str
    purpose: str
    flows: dict[int, Flow] = field(default_factory=dict[int, Flow])  # by step, where not zero

    def add(self, step: int, flow: Flow) -> None:
        """One more flow; those of one step at one bus count as one."""
        if step in self.flows:
            flow = (flow[0] + self.flows[step][0], flow[1], flow[2])
        self.flows[step] = flow


@dataclass(slots=True)
class Claims:
    """What one component may claim in one step for one purpose."""

    party: str = ""
    exact: Fraction = Fraction(0)
    number: int = 0

    def add(self, record: Any, case: Case, amount: Fraction) -> None:
        """One more claim of the component."""
        self.party, self.exact, self.number = record.owner or case.policy.operator, self.exact + amount, self.number + 1


@dataclass(slots=True)
class Books:
    """The statement's lines by what they are about and by step, with their sums."""

    money: dict[Title, dict[int, Row]] = field(default_factory=dict[Title, dict[int, Row]])
    energy: dict[Title, dict[int, Row]] = field(default_factory=dict[Title, dict[int, Row]])
    twice: list[tuple[Title, int]] = field(default_factory=list[tuple[Title, int]])
    sums: dict[tuple[str, str, int], int] = field(  # by asset, bus (none for money) and step
        default_factory=lambda: defaultdict[tuple[str, str, int], int](int)
    )


def expected(case: Case, outcome: Outcome) -> dict[Place, Trader]:
    """Every flow and order of the outcome that is not zero."""
    prices = dict(zip((bus.id for bus in case.buses), _rows(outcome, "prices", "price_eur_per_mwh"), strict=True))
    found: dict[Place, Trader] = {}
    _add_flows(case, outcome, prices, found)
    _add_orders(case, outcome, prices, found)
    return found


def owed(case: Case, outcome: Outcome) -> dict[Title, dict[int, Claims]]:
    """What owners may claim besides energy, by purpose, component and bus, and by step."""
    found: dict[Title, dict[int, Claims]] = defaultdict(lambda: defaultdict(Claims))
    connections = case.components.get("grid_connection", ())
    zone, last = ZoneInfo(case.horizon.time_zone), case.horizon.steps - 1
    days = [str(datetime.fromtimestamp(start, zone).date()) for start in case.horizon.starts.tolist()]
    billed = _labelled(outcome, "grid_connection_billed_mw", "billed_period")
    shortfall = _labelled(outcome, "grid_connection_shortfall_mwh", "grid_connection")
    for each in connections:
        title = f"grid_connection/{each.id}", each.bus
        for number, charge in enumerate(each.demand_charges):
            head = f"{each.id}/{charge.name or number + 1}/"
            # A period has no slash; a label with another one is that of a connection whose id begins so.
            for label in (each for each in billed if each.startswith(head) and "/" not in each.removeprefix(head)):
                within = [n for n, day in enumerate(days) if day.startswith(label.removeprefix(head))]
                prices = [charge.price_eur_per_mw, *(tier.price_eur_per_mw for tier in charge.tiers)]
                amount = Fraction(prices[0]) * Fraction(billed[label])
                for below, above, tier in zip(prices, prices[1:], charge.tiers, strict=False):
                    excess = Fraction(billed[label]) - Fraction(tier.above_mw)
                    amount += (Fraction(above) - Fraction(below)) * max(excess, 0)
                found["demand_charge", *title][within[-1] if within else last].add(each, case, amount)
        if each.energy_min_mwh > 0:
            amount = Fraction(shortfall[each.id]) * Fraction(each.shortfall_price_eur_per_mwh)
            found["take_or_pay", *title][last].add(each, case, amount)
    for kind in ("flexible_demand", "interruptible_load"):
        rewarded = _labelled(outcome, f"{kind}_rewarded_mw", f"{kind}_event")
        for load in case.components.get(kind, ()):
            for number, event in enumerate(load.events):
                for step, start in enumerate(case.horizon.starts.tolist()):
                    seconds = int(case.horizon.step_seconds[step])
                    if event.begin <= start and start + seconds <= event.end:
                        penalty = Fraction(event.penalty_eur_per_mwh)
                        both = Fraction(event.reward_eur_per_mwh) + penalty
                        given = Fraction(float(rewarded[f"{load.id}/{number + 1}"][step]))
                        amount = (given * both - Fraction(event.committed_mw) * penalty) * seconds / 3600
                        claims = found["demand_response", f"{kind}/{load.id}", load.bus][step]
                        claims.add(load, case, amount)
    return found


def _labelled(outcome: Outcome, name: str, axis: str) -> dict[str, Any]:
    table = outcome.schedule_table
    if name not in table.quantities:
        return {}
    return dict(zip(table.labels[axis].tolist(), table.values(name), strict=True))


def _add_flows(case: Case, outcome: Outcome, prices: dict[str, list[float]], found: dict[Place, Trader]) -> None:
    records = {(kind, each.id): each for kind, group in case.components.items() for each in group}
    ports = [_texts(outcome, name) for name in ("port_kind", "port_component", "port_bus")]
    for kind, name, bus, powers in zip(*ports, _rows(outcome, "flows", "flow_mw"), strict=True):
        record, local = records[kind, name], prices[bus]
        purpose = _PURPOSES.get(kind, "energy")
        imports = exports = local
        if kind == "grid_connection":
            imports = np.broadcast_to(record.import_price_eur_per_mwh, len(local)).tolist()
            exports = np.broadcast_to(record.export_price_eur_per_mwh, len(local)).tolist()
        trader = found.setdefault((f"{kind}/{name}", bus), Trader(record.owner or case.policy.operator, purpose))
        for step, power in enumerate(powers):
            if power:
                trader.add(step, (power, (imports if power > 0 else exports)[step], local[step]))


def _add_orders(case: Case, outcome: Outcome, prices: dict[str, list[float]], found: dict[Place, Trader]) -> None:
    book, seconds = case.orders, case.horizon.step_seconds.tolist()
    if not book.orders:
        return
    buses, parties = [bus.id for bus in case.buses], [party.id for party in case.parties]
    answers = (outcome.order_table.values(name) for name in ("accepted_mwh", "cleared_eur_per_mwh"))
    columns = (book.id, book.party, book.bus, book.step, book.side, *answers)
    rows: Any = zip(*(column.tolist() for column in columns), strict=True)
    for name, party, at, step, side, accepted, cleared in rows:
        if accepted:
            bus, power_mw = buses[int(at)], side * accepted * 3600 / seconds[step]
            trader = found.setdefault((f"order/{name}", bus), Trader(parties[int(party)], "order"))
            trader.add(int(step), (power_mw, cleared, prices[bus][int(step)]))


def _texts(outcome: Outcome, name: str) -> list[Any]:
    texts = outcome.flow_table.texts
    return texts[name][1].tolist() if name in texts else []


def _rows(outcome: Outcome, table: str, name: str) -> list[list[float]]:
    quantities = outcome.tables[table].quantities
    return quantities[name].values.tolist() if name in quantities else []


def books_of(statement: Statement) -> Books:
    """The lines of a statement by purpose, component, bus and step."""
    books = Books()
    assets = [asset.id for asset in statement.assets]
    where = statement.positions
    parties: list[str] = where.party.tolist()
    parts = (where.purpose, where.component, where.bus)
    titles: list[Any] = list(zip(*(part.tolist() for part in parts), strict=True))
    columns = (statement.position, statement.step, statement.asset, statement.energy, statement.price, statement.amount)
    rows: Any = zip(*(column.tolist() for column in columns), strict=True)
    for position, step, asset, energy, price, amount in rows:
        title, name = titles[position], assets[int(asset)]
        held = (books.energy if asset else books.money).setdefault(title, {})
        if step in held:
            books.twice.append((title, step))
        held[step] = (parties[int(position)], name, energy, price, amount)
        books.sums[name, title[2] if asset else "", step] += amount
    return books
