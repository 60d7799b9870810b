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

_KEPT_MW = 1e-7  # reserve below is none


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
    rest: str = ""  # purpose of the operator's line of what its price lacks of the price of the bus
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
    _add_contracts(case, prices, found)
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
    _claim_reserves(case, outcome, found)
    _claim_uplift(case, outcome, found)
    _claim_contracts(case, outcome, found)
    return found


def _claim_reserves(case: Case, outcome: Outcome, found: dict[Title, dict[int, Claims]]) -> None:
    """What is kept for reserves earns their prices, and costs their buyers as much."""
    laws = case.components.get("reserve", ())
    records = {f"{kind}/{each.id}": each for kind, group in case.components.items() for each in group}
    ports = list(zip(*(_texts(outcome, f"port_{name}") for name in ("kind", "component", "bus")), strict=True))
    for way in ("up", "down") if laws else ():
        prices = dict(
            zip((law.id for law in laws), _rows(outcome, "prices", f"reserve_{way}_price_eur_per_mw_hour"), strict=True)
        )
        for label, powers in _labelled(outcome, f"reserve_{way}_mw", "reserve_provider").items():
            law, word = next((law, w) for law in laws for w in records if label == f"{law.id}: {w}")
            home = next(bus for kind, name, bus in ports if f"{kind}/{name}" == word)
            chain = {law.id}
            while more := {up for each in laws if each.id in chain for up in each.counts_for} - chain:
                chain |= more
            for step, power in enumerate(powers.tolist()):
                hours = Fraction(int(case.horizon.step_seconds[step]), 3600)
                for each in (each for each in laws if each.id in chain and power >= _KEPT_MW):
                    amount = Fraction(power) * hours * Fraction(prices[each.id][step])
                    claims = found["reserve", word, home][step]
                    claims.party, claims.exact, claims.number = _owner(case, records[word]), claims.exact + amount, 1
                    if each.buyer and each.buyer != case.policy.operator:
                        claims = found["reserve", f"reserve/{each.id}", _home(case, each)][step]
                        claims.party, claims.exact, claims.number = each.buyer, claims.exact - amount, 1


def _claim_uplift(case: Case, outcome: Outcome, found: dict[Title, dict[int, Claims]]) -> None:
    """What the answer pays besides prices, and what takers give for it by their energy where they bear it."""
    paid = _labelled(outcome, "payment_eur", "participant", "uplift")
    records = {f"{kind}/{each.id}": each for kind, group in case.components.items() for each in group}
    ports = list(zip(*(_texts(outcome, f"port_{name}") for name in ("kind", "component", "bus")), strict=True))
    buses, carrier = [bus.id for bus in case.buses], {bus.id: bus.carrier for bus in case.buses}
    rows = {f"order/{name}": n for n, name in enumerate(case.orders.id.tolist())}
    buyer = [case.parties[int(party)].id for party in case.orders.party]
    at = [buses[int(bus)] for bus in case.orders.bus]
    last, bill = case.horizon.steps - 1, defaultdict[str, Fraction](Fraction)
    for word, amount in paid.items():
        if amount:
            if word in rows:
                place, party = at[rows[word]], buyer[rows[word]]
            else:
                place = next(bus for kind, name, bus in ports if f"{kind}/{name}" == word)
                party = _owner(case, records[word])
            claims = found["uplift", word, place][last]
            claims.party, claims.exact, claims.number = party, Fraction(float(amount)), 1
            bill[carrier[place]] += claims.exact
    if case.policy.uplift_paid_by == "demand":
        used = _used(case, outcome, ports)
        for (word, place), energy in used.items():
            every = sum(more for (_, other), more in used.items() if carrier[other] == carrier[place])
            amount = -bill[carrier[place]] * energy / every
            if amount:
                claims = found["uplift_share", word, place][last]
                order = rows.get(word)
                party = _owner(case, records[word]) if order is None else buyer[order]
                claims.party, claims.exact, claims.number = party, amount, 1


def _used(case: Case, outcome: Outcome, ports: list[Any]) -> dict[tuple[str, str], Fraction]:
    """Energy for use, MWh, by component or order and bus, where there is any."""
    kinds = ("demand", "flexible_demand", "shiftable_load", "deferrable_load", "interruptible_load", "ev_session")
    used: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for (kind, name, bus), powers in zip(ports, _rows(outcome, "flows", "flow_mw"), strict=True):
        if kind in kinds:
            seconds = case.horizon.step_seconds.tolist()
            used[f"{kind}/{name}", bus] -= sum(Fraction(p) * s / 3600 for p, s in zip(powers, seconds, strict=True))
    for n, (bus, side) in enumerate(zip(case.orders.bus.tolist(), case.orders.side.tolist(), strict=True)):
        if side < 0:
            got = Fraction(float(outcome.order_table.values("accepted_mwh")[n]))
            used[f"order/{case.orders.id[n]}", case.buses[int(bus)].id] += got
    return {key: energy for key, energy in used.items() if energy > 0}


def _owner(case: Case, record: Any) -> str:
    return getattr(record, "owner", "") or case.policy.operator


def _home(case: Case, reserve: Any) -> str:
    """The bus at which a buyer stands in the books: the first of the carrier, at the site where one is named."""
    able = [bus for bus in case.buses if bus.carrier == reserve.carrier]
    return next(iter([bus.id for bus in able if reserve.site in ("", bus.site)] or [bus.id for bus in able]))


def _labelled(outcome: Outcome, name: str, axis: str, where: str = "schedule") -> dict[str, Any]:
    table = outcome.tables[where]
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
        rest = "rent" if purpose == "tariff" else ""
        trader = Trader(record.owner or case.policy.operator, purpose, rest)
        trader = found.setdefault((f"{kind}/{name}", bus), trader)
        for step, power in enumerate(powers):
            if power:
                trader.add(step, (power, (imports if power > 0 else exports)[step], local[step]))


def _add_orders(case: Case, outcome: Outcome, prices: dict[str, list[float]], found: dict[Place, Trader]) -> None:
    book, seconds = case.orders, case.horizon.step_seconds.tolist()
    if not book.orders:
        return
    buses, parties = [bus.id for bus in case.buses], [party.id for party in case.parties]
    table = outcome.order_table
    accepted, cleared = (table.values(name).tolist() for name in ("accepted_mwh", "cleared_eur_per_mwh"))
    begins = table.values("first_step") if "first_step" in table.quantities else book.step
    shape: dict[int, list[tuple[int, float]]] = {}  # of orders with a profile: steps after the first, parts
    for order, offset, energy in zip(book.profile_order, book.profile_step, book.profile_mwh, strict=True):
        shape.setdefault(int(order), []).append((int(offset), float(energy / book.energy_mwh[order])))
    for n in np.flatnonzero(accepted).tolist():
        begin, bus = round(float(begins[n])), buses[int(book.bus[n])]
        lasting = sum(seconds[begin : begin + int(book.steps[n])])
        level = [(k, seconds[begin + k] / lasting) for k in range(int(book.steps[n]))]
        rest = "price_group" if book.price_group[n] else ""
        trader = found.setdefault((f"order/{book.id[n]}", bus), Trader(parties[int(book.party[n])], "order", rest))
        parts = shape.get(n, level)
        for offset, part in parts:
            step = begin + offset
            power_mw = int(book.side[n]) * accepted[n] * part * 3600 / seconds[step]
            local = prices[bus][step]
            if power_mw:
                trader.add(step, (power_mw, cleared[n] if len(parts) == 1 else local, local))


def _add_contracts(case: Case, prices: dict[str, list[float]], found: dict[Place, Trader]) -> None:
    """Energy that physical contracts move from the seller to the buyer, within their bus."""
    for each in case.components.get("contract", ()):
        if each.settlement != "physical":
            continue
        sold = np.broadcast_to(each.power_mw, case.horizon.steps).tolist()
        for word, who, way in (("sold", each.seller, -1.0), ("bought", each.buyer, 1.0)):
            trader = Trader(who or case.policy.operator, "energy")
            found[f"contract/{each.id}/{word}", each.bus] = trader
            for step, power in enumerate(sold):
                local = prices[each.bus][step]
                if power:
                    trader.add(step, (way * power, local, local))


def _claim_contracts(case: Case, outcome: Outcome, found: dict[Title, dict[int, Claims]]) -> None:
    """What the seller of a contract gets, the buyer gives, and both leave to the broker."""
    if not case.components.get("contract"):
        return
    spots = dict(zip((bus.id for bus in case.buses), _rows(outcome, "prices", "price_eur_per_mwh"), strict=True))
    for each in case.components["contract"]:
        profiles = (each.power_mw, each.price_eur_per_mwh)
        sold, agreed = (np.broadcast_to(profile, case.horizon.steps).tolist() for profile in profiles)
        for step, length in enumerate(case.horizon.step_seconds.tolist()):
            energy = Fraction(sold[step]) * length / 3600
            spot = Fraction(spots[each.bus][step]) if each.settlement == "financial" else Fraction(0)
            owing = (Fraction(agreed[step]) - spot) * energy
            half = Fraction(each.broker_fee_eur_per_mwh) * energy / 2
            lines = [("contract", "sold", each.seller, owing), ("contract", "bought", each.buyer, -owing)]
            lines += [("broker_fee", "sold", each.seller, -half), ("broker_fee", "bought", each.buyer, -half)]
            lines += [("broker_fee", "brokered", each.broker, half + half)]
            for purpose, word, who, amount in lines:
                claims = found[purpose, f"contract/{each.id}/{word}", each.bus][step]
                claims.party, claims.exact, claims.number = who or case.policy.operator, amount, 1


def _texts(outcome: Outcome, name: str) -> list[Any]:
    texts = outcome.flow_table.texts
    return texts[name][1].tolist() if name in texts else []


def _rows(outcome: Outcome, table: str, name: str) -> list[list[float]]:
    quantities = outcome.tables[table].quantities
    return quantities[name].values.tolist() if name in quantities else []


def books_of(statement: Statement) -> Books:
    """The lines of a statement by purpose, component, bus and step."""
    books, where, carried = Books(), statement.positions, statement.asset != 0
    if not len(statement):
        return books
    place: dict[Any, int] = {}
    parts = (where.purpose, where.component, where.bus)
    of = [place.setdefault(title, len(place)) for title in zip(*(part.tolist() for part in parts), strict=True)]
    titles, title = list(place), np.array(of, dtype=np.int64)[statement.position]
    order = np.lexsort((carried, title))
    begins = np.flatnonzero(np.diff(2 * title[order] + carried[order], prepend=-1))
    assets = np.array([asset.id for asset in statement.assets], dtype=np.object_)
    labels = (where.party.astype(np.object_)[statement.position], assets[statement.asset])
    columns = (*labels, statement.energy, statement.price, statement.amount)
    rows: list[Row] = list(zip(*(column[order].tolist() for column in columns), strict=True))
    steps, ends = statement.step[order].tolist(), [*begins[1:].tolist(), order.size]
    for first, begin, end in sorted(zip(order[begins].tolist(), begins.tolist(), ends, strict=True)):
        key, inside = titles[title[first]], steps[begin:end]
        held = dict(zip(inside, rows[begin:end], strict=True))
        (books.energy if carried[first] else books.money)[key] = held
        if len(held) < len(inside):
            books.twice += [(key, step) for n, step in enumerate(inside) if step in inside[:n]]
    _add_sums(statement, carried, books)
    return books


def _add_sums(statement: Statement, carried: Any, books: Books) -> None:
    """What the amounts of each asset are together, of carriers at each bus, in each step."""
    names, bus = np.unique(statement.positions.bus, return_inverse=True)
    keys = np.stack([statement.asset, np.where(carried, bus[statement.position], -1), statement.step])
    order = np.lexsort(keys)
    begins = np.flatnonzero(np.r_[True, (np.diff(keys[:, order]) != 0).any(axis=0)])
    amounts, ends = statement.amount[order].tolist(), [*begins[1:].tolist(), order.size]
    assets = [asset.id for asset in statement.assets]
    heads = keys[:, order[begins]].T.tolist()
    for (asset, at, step), begin, end in zip(heads, begins.tolist(), ends, strict=True):
        books.sums[assets[asset], str(names[at]) if at >= 0 else "", step] = sum(amounts[begin:end])
