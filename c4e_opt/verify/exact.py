"""An exact look at a European auction as it is settled: rounded prices and energies, in fractions, without floats.

Prices are rounded to the tick of their market, or to the decimals of money; energies to its lot, or to the decimals of
energy. What the case says is taken as it is written: 10.1 is 101/10. Rounding alone breaks most laws a little:
`allowed` is what it may do, and what a solver leaves where units are finer than that. Laws, with their largest
deviation:

    order_limit, order_ratio_min, order_link, order_group, order_first    as in `verify.orders`
    order_price       a divisible order that is bound to no other follows the price
    group_price       the price of a price group is the mean of those at its buses, weighted by what its orders get
    group_acceptance  an order of a price group follows the price of the group
    group_merit_order    as in `verify.price_groups`
    order_no_loss     any other order that is accepted has no loss, with all accepted orders that need it
    complex_order_member, complex_order_power_min, complex_order_gradient, complex_order_income
    energy_balance    what orders and components put into a bus in a step adds up to nothing
    transport         a tie carries no more than it can
    welfare           of the orders, as the answer says it

`paradoxes` looks for accepted blocks that lose in anybody's published results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome

#: So much of an order is nothing, in MWh; and so far may a price be off that a solver finds, per MWh.
_NOTHING, _NOISE = Fraction(1, 10**5), Fraction(1, 10**5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """How far a settled answer is from one law, at its worst place."""

    law: str
    largest: Fraction  # in `unit`
    allowed: Fraction  # what rounding may do there
    unit: str
    where: str

    @property
    def holds(self) -> bool:
        """Whether rounding explains it."""
        return self.largest <= self.allowed


@dataclass(frozen=True, slots=True)
class Paradox:
    """An order that is accepted and loses, with all accepted orders that need it."""

    order: str
    loss: Fraction  # in the currency


@dataclass(slots=True)
class _Laws:
    """The worst place of every law so far."""

    found: dict[str, Deviation] = field(default_factory=dict[str, Deviation])

    def add(self, law: str, deviation: Fraction, allowed: Fraction, unit: str, where: str) -> None:
        new = Deviation(law=law, largest=max(deviation, Fraction(0)), allowed=allowed, unit=unit, where=where)
        old = self.found.get(law)
        if old is None or (new.largest - new.allowed, new.largest) > (old.largest - old.allowed, old.largest):
            self.found[law] = new


@dataclass(frozen=True, slots=True)
class _Order:
    """One order as it is settled."""

    name: str
    side: int
    bus: int
    limit: Fraction  # of its first part
    bend: Fraction  # how far the limit of its last part is from that
    offered: Fraction
    got: Fraction
    parts: tuple[tuple[int, Fraction], ...]  # steps, and the share of its energy there
    price: Fraction  # mean over these
    energy_unit: Fraction
    slack: Fraction  # of its price

    @property
    def gain(self) -> Fraction:
        """What the next MWh earns."""
        return self.side * (self.price - self.limit - self.bend * self.got / self.offered)

    @property
    def earned(self) -> Fraction:
        """What all of it earns beyond its limit, whose mean is taken."""
        return self.side * (self.price - self.limit - self.bend * self.got / self.offered / 2) * self.got

    @property
    def blur(self) -> Fraction:
        """What rounding may do to what it earns, in the currency."""
        return self.slack * self.got + self.energy_unit * abs(self.price - self.limit)


def said(number: float) -> Fraction:
    """A number as it is written."""
    return Fraction(repr(float(number)))


def rounded(number: float, unit: Fraction) -> Fraction:
    """The multiple of a unit that is nearest, of two the even one."""
    return round(Fraction(float(number)) / unit) * unit


def check(case: Case, outcome: Outcome) -> tuple[Deviation, ...]:
    """Check a settled answer; no laws where it has no schedule or no orders.

    Args:
        case: A case of European prices.
        outcome: Its answer, which holds by `verify`.
    """
    if not outcome.has_schedule or not case.orders.orders:
        return ()
    laws = _Laws()
    orders = _orders(case, outcome)
    _limits(case, outcome, orders, laws)
    _prices(case, orders, laws)
    _groups(case, outcome, orders, laws)
    for where, loss, allowed in _losses(case.orders, orders):
        laws.add("order_no_loss", loss, allowed, "EUR", f"order {where!r}")
    _complexes(case, outcome, orders, laws)
    _balances(case, outcome, orders, laws)
    _welfare(case, outcome, orders, laws)
    return tuple(laws.found.values())


def paradoxes(
    book: Any, prices: FloatArray, accepted: FloatArray, *, hours: Sequence[float] | None = None,
    tolerance: float = 0.0,
) -> tuple[Paradox, ...]:  # fmt: skip
    """The blocks that are accepted and lose, in results as they are published, the largest loss first.

    Args:
        book: Columns of orders (`OrderBook`); blocks are those that are indivisible.
        prices: Published prices (bus, time).
        accepted: Published energies (order,).
        hours: Lengths of the steps; alike when None.
        tolerance: A loss that is none, in the currency.
    """
    steps = [said(each) for each in hours] if hours is not None else [Fraction(1)] * prices.shape[1]
    exact = [[said(each) for each in row] for row in prices.tolist()]
    zero = [Fraction(0)] * prices.shape[0]
    got = [said(each) for each in accepted.tolist()]
    orders = _placed(book, book.step.tolist(), steps, exact, got, zero, zero)
    losses = [Paradox(where, loss) for where, loss, _ in _losses(book, orders, blocks=True) if loss > said(tolerance)]
    return tuple(sorted(losses, key=lambda each: (-each.loss, each.order)))


def _units(case: Case) -> tuple[list[Fraction], list[Fraction]]:
    """Of what prices and energies at every bus are multiples."""
    money, energy = Fraction(1, 10**case.policy.money_decimals), Fraction(1, 10**case.policy.energy_decimals)
    markets: list[Any] = list(case.components.get("market", ()))
    prices: list[Fraction] = []
    energies: list[Fraction] = []
    for bus in case.buses:
        named = [each for each in markets if bus.id in each.buses] or [each for each in markets if not each.buses]
        tick = said(named[0].price_tick_eur_per_mwh) if named else Fraction(0)
        lot = said(named[0].lot_mwh) if named else Fraction(0)
        prices.append(tick or money)
        energies.append(lot or energy)
    return prices, energies


def _seconds(case: Case) -> list[Fraction]:
    """Hours of every step, from whole seconds."""
    ends = [*case.horizon.starts.tolist(), int(case.horizon.end)]
    return [Fraction(after - before, 3600) for before, after in pairwise(ends)]


def _orders(case: Case, outcome: Outcome) -> list[_Order]:
    money, energy = _units(case)
    table = outcome.price_table.values("price_eur_per_mwh").tolist()
    prices = [[rounded(each, unit) for each in row] for row, unit in zip(table, money, strict=True)]
    units = [energy[bus] for bus in cast("list[int]", case.orders.bus.tolist())]
    accepted = outcome.order_table.values("accepted_mwh").tolist()
    got = [rounded(each, unit) for each, unit in zip(accepted, units, strict=True)]
    first = case.orders.step.tolist()
    if "first_step" in outcome.order_table.quantities:
        first = [round(each) for each in outcome.order_table.values("first_step").tolist()]
    return _placed(case.orders, first, _seconds(case), prices, got, [max(each, _NOISE) for each in money], energy)


def _placed(
    book: Any, first: Sequence[int], hours: Sequence[Fraction], prices: Sequence[Sequence[Fraction]],
    got: Sequence[Fraction], slack: Sequence[Fraction], unit: Sequence[Fraction],
) -> list[_Order]:  # fmt: skip
    """Every order with its parts and its price; slack and unit are of the buses."""
    shaped: dict[int, list[tuple[int, Fraction]]] = {}
    for order, after, energy in zip(
        book.profile_order.tolist(), book.profile_step.tolist(), book.profile_mwh.tolist(), strict=True
    ):
        shaped.setdefault(order, []).append((after, said(energy)))
    found: list[_Order] = []
    for n, name in enumerate(book.id.tolist()):
        begin = min(max(int(first[n]), 0), len(hours) - 1)
        if n in shaped:
            parts = [(begin + after, energy) for after, energy in shaped[n]]
        else:
            parts = [(step, hours[step]) for step in range(begin, min(begin + int(book.steps[n]), len(hours)))]
        parts = [(min(step, len(hours) - 1), size) for step, size in parts]
        whole = sum((size for _, size in parts), Fraction(0)) or Fraction(1)
        bus = int(book.bus[n])
        limit, full = said(book.price_eur_per_mwh[n]), said(book.price_full_eur_per_mwh[n])
        found.append(
            _Order(
                name=str(name), side=int(book.side[n]), bus=bus, limit=limit, bend=full - limit,
                offered=said(book.energy_mwh[n]), got=got[n],
                parts=tuple((step, size / whole) for step, size in parts),
                price=sum((prices[bus][step] * size / whole for step, size in parts), Fraction(0)),
                energy_unit=unit[bus], slack=slack[bus],
            )
        )  # fmt: skip
    return found


def _limits(case: Case, outcome: Outcome, orders: Sequence[_Order], laws: _Laws) -> None:
    book = case.orders
    groups: dict[str, list[_Order]] = {}
    ratios: list[float] = book.ratio_min.tolist()
    parents: list[int] = book.parent.tolist()
    names: list[str] = book.group.tolist()
    for n, order in enumerate(orders):
        where, unit = f"order {order.name!r}", order.energy_unit
        laws.add("order_limit", max(-order.got, order.got - order.offered), unit, "MWh", where)
        if ratios[n] > 0 and order.got > _NOTHING:
            laws.add("order_ratio_min", said(ratios[n]) * order.offered - order.got, unit + _NOTHING, "MWh", where)
        if parents[n] >= 0:
            above = orders[parents[n]]
            beyond = order.got / order.offered - above.got / above.offered
            allowed = (unit + _NOTHING) / order.offered + (above.energy_unit + _NOTHING) / above.offered
            laws.add("order_link", beyond, allowed, "1", where)
        if names[n]:
            groups.setdefault(names[n], []).append(order)
    for name, members in groups.items():
        total = sum((each.got / each.offered for each in members), Fraction(-1))
        allowed = sum(((each.energy_unit + _NOTHING) / each.offered for each in members), Fraction(0))
        laws.add("order_group", total, allowed, "1", f"group {name!r}")
    if "first_step" in outcome.order_table.quantities:
        begins = outcome.order_table.values("first_step").tolist()
        for order, begin, early, late in zip(orders, begins, book.step.tolist(), book.step_last.tolist(), strict=True):
            away = max(early - Fraction(begin), Fraction(begin) - late)
            laws.add("order_first", away, Fraction(0), "1", f"order {order.name!r}")


def _bound(book: Any) -> list[bool]:
    """Orders that are indivisible, in a family or in a group."""
    bound = (book.ratio_min > 0) | (book.parent >= 0) | (book.group != "")
    bound[book.parent[book.parent >= 0]] = True
    return cast("list[bool]", bound.tolist())


def _prices(case: Case, orders: Sequence[_Order], laws: _Laws) -> None:
    book = case.orders
    inside = ((book.complex_order != "") | (book.price_group != "")).tolist()
    for order, bound, elsewhere in zip(orders, _bound(book), inside, strict=True):
        if bound or elsewhere:
            continue
        nothing = _NOTHING + order.energy_unit
        allowed = order.slack + abs(order.bend) * nothing / order.offered
        lost = -order.gain if order.got > nothing else Fraction(0)
        missed = order.gain if order.got < order.offered - nothing else Fraction(0)
        laws.add("order_price", max(lost, missed), allowed, "EUR/MWh", f"order {order.name!r}")


def _groups(case: Case, outcome: Outcome, orders: Sequence[_Order], laws: _Laws) -> None:
    """Price groups, at prices that are multiples of the unit of their orders."""
    money, ranks = _units(case)[0], cast("list[int]", case.orders.rank.tolist())
    cells: dict[tuple[str, int], dict[tuple[Fraction, int], list[_Order]]] = {}
    for n, name in enumerate(cast("list[str]", case.orders.price_group.tolist())):
        if name:
            levels = cells.setdefault((name, orders[n].parts[0][0]), {})
            levels.setdefault((-orders[n].limit, ranks[n]), []).append(orders[n])
    table, label = outcome.price_table, "group_price_eur_per_mwh"
    for (name, step), levels in cells.items():
        where, row = f"price group {name!r}, step {step}", table.labels["price_group"].tolist().index(name)
        mine = [each for level in levels.values() for each in level]
        price = rounded(float(table.values(label)[row, step]), money[mine[0].bus])
        counts = [(each, each.got) for each in mine]
        if all(each.got <= _NOTHING for each in mine):
            counts = [(each, each.offered) for each in levels[min(levels)]]
        total = sum((count for _, count in counts), Fraction(0))
        off = abs(sum((count * (each.price - price) for each, count in counts), Fraction(0))) / total
        blur = sum((each.energy_unit * abs(each.price - price) for each in mine), Fraction(0)) / total
        laws.add("group_price", off, max(each.slack for each in mine) + blur, "EUR/MWh", where)
        lacking, allowed = Fraction(0), Fraction(0)
        for key in sorted(levels):
            for each in levels[key]:
                nothing = _NOTHING + each.energy_unit
                lost = price - each.limit if each.got > nothing else Fraction(0)
                missed = each.limit - price if each.got < each.offered - nothing else Fraction(0)
                laws.add("group_acceptance", max(lost, missed), each.slack, "EUR/MWh", f"order {each.name!r}")
                laws.add("group_merit_order", min(each.got, lacking), allowed + nothing, "MWh", where)
            got = sum((each.got for each in levels[key]), Fraction(0))
            offered = sum((each.offered for each in levels[key]), Fraction(0))
            blur = sum((_NOTHING + each.energy_unit for each in levels[key]), Fraction(0))
            for each in levels[key]:  # equal ones get the same part
                laws.add("group_merit_order", abs(each.got - each.offered * got / offered), blur, "MWh", where)
            lacking, allowed = lacking + offered - got, allowed + blur


def _losses(book: Any, orders: Sequence[_Order], *, blocks: bool = False) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Name, loss and what rounding may do to it, of every accepted order that is bound, or indivisible."""
    gain, allowed = [each.earned for each in orders], [each.blur + _NOISE for each in orders]
    parents: list[int] = book.parent.tolist()
    for child, order in enumerate(orders):
        if parents[child] < 0 or order.got <= _NOTHING:
            continue
        above, seen = parents[child], {child}
        while above >= 0 and above not in seen:
            gain[above] += order.earned
            allowed[above] += order.blur + _NOISE
            seen.add(above)
            above = parents[above]
    judged: list[bool] = (book.ratio_min > 0).tolist() if blocks else _bound(book)
    for n, order in enumerate(orders):
        if judged[n] and order.got > _NOTHING:
            yield order.name, -gain[n], allowed[n]


def _complexes(case: Case, outcome: Outcome, orders: Sequence[_Order], laws: _Laws) -> None:
    records: list[Any] = list(case.components.get("complex_order", ()))
    quantity = outcome.schedule_table.quantities.get("complex_order_active")
    hours = _seconds(case)
    for row, record in enumerate(records):
        mine = [n for n, name in enumerate(case.orders.complex_order.tolist()) if name == record.id]
        members, where = [orders[n] for n in mine], f"complex_order {record.id!r}"
        least = [said(each) for each in cast("Any", np.broadcast_to(record.power_min_mw, len(hours))).tolist()]
        decided = record.condition != "none" or any(least)
        on = not decided or quantity is None or quantity.values[row] > 0.5
        unit = members[0].energy_unit + _NOTHING
        power, many = [Fraction(0)] * len(hours), [0] * len(hours)
        for each in members:
            step = each.parts[0][0]
            power[step] += each.got / hours[step]
            many[step] += 1
        if not on:
            spared = _spared(case, record, mine, orders)
            idle = sum((each.got for each in members if each.name not in spared), Fraction(0))
            laws.add("complex_order_member", idle, unit * len(members), "MWh", where)
        elif any(least):
            for step, asked in enumerate(least):
                allowed = unit * max(many[step], 1) / hours[step]
                laws.add("complex_order_power_min", asked - power[step], allowed, "MW", where)
        for rate, sign in ((record.ramp_up_mw_per_hour, 1), (record.ramp_down_mw_per_hour, -1)):
            if rate is None:
                continue
            for step in range(1, len(hours)):
                beyond = sign * (power[step] - power[step - 1]) - said(rate) * hours[step]
                allowed = unit * (many[step] / hours[step] + many[step - 1] / hours[step - 1])
                laws.add("complex_order_gradient", beyond, allowed, "MW", where)
        if on and record.condition != "none":
            laws.add("complex_order_income", *_income(record, members), "EUR", where)


def _income(record: Any, members: Sequence[_Order]) -> tuple[Fraction, Fraction]:
    """What is missing of the income that a complex order asks for, and what rounding may do to it."""
    scalable = record.condition == "scalable"
    asked, blur = said(record.fixed_eur), _NOISE
    for each in members:
        worth = each.limit if scalable else said(record.variable_eur_per_mwh)
        asked += each.side * (worth - each.price) * each.got
        blur += each.slack * each.got + each.energy_unit * abs(each.price - worth)
    return asked, blur


def _spared(case: Case, record: Any, mine: Sequence[int], orders: Sequence[_Order]) -> set[str]:
    """The best order of each step of a scheduled stop."""
    ranks = case.orders.rank.tolist()
    best: dict[int, tuple[Fraction, int, str]] = {}
    for n in mine:
        step, key = orders[n].parts[0][0], (orders[n].side * orders[n].limit, ranks[n], orders[n].name)
        if step < record.scheduled_stop_steps and (step not in best or key < best[step]):
            best[step] = key
    return {name for _, _, name in best.values()}


def _balances(case: Case, outcome: Outcome, orders: Sequence[_Order], laws: _Laws) -> None:
    """What is put into every bus, rounded one by one; and the limits of ties."""
    hours, units = _seconds(case), _units(case)[1]
    place = {bus.id: n for n, bus in enumerate(case.buses)}
    total = [[Fraction(0)] * len(hours) for _ in case.buses]
    blur = [[_NOTHING] * len(hours) for _ in case.buses]
    for order in orders:
        for step, share in order.parts:
            total[order.bus][step] += order.side * order.got * share
            blur[order.bus][step] += order.energy_unit * share
    flows = outcome.flow_table
    if "flow_mw" in flows.quantities:
        buses = [place[name] for name in flows.texts["port_bus"][1].tolist()]
        for bus, row in zip(buses, flows.values("flow_mw").tolist(), strict=True):
            for step, power in enumerate(row):
                total[bus][step] += rounded(power * 1.0, Fraction(1, 10**12)) * hours[step]
                blur[bus][step] += units[bus]
    for bus, record in enumerate(case.buses):
        for step in range(len(hours)):
            where = f"bus {record.id!r}, step {step}"
            laws.add("energy_balance", abs(total[bus][step]), blur[bus][step], "MWh", where)
    for row, tie in enumerate(case.components.get("tie", ())):
        for way in ("forward", "backward"):
            flow = outcome.schedule_table.quantities.get(f"tie_{way}_mw")
            most: Any = np.broadcast_to(getattr(tie, f"{way}_max_mw"), len(hours))
            if flow is None:
                continue
            for step in range(len(hours)):
                beyond = Fraction(float(flow.values[row, step])) - said(most[step])
                laws.add("transport", beyond, _NOTHING, "MW", f"tie {tie.id!r}, step {step}")


def _welfare(case: Case, outcome: Outcome, orders: Sequence[_Order], laws: _Laws) -> None:
    total, blur = Fraction(0), _NOISE
    for each in orders:
        mean = each.limit + each.bend * each.got / each.offered / 2
        total -= each.side * mean * each.got
        blur += each.energy_unit * (abs(each.limit) + abs(each.bend))
    quantity = outcome.schedule_table.quantities.get("complex_order_active")
    for row, record in enumerate(case.components.get("complex_order", ())):
        fixed: Any = getattr(record, "fixed_eur", 0.0)
        if getattr(record, "condition", "") == "scalable" and quantity is not None and quantity.values[row] > 0.5:
            total -= said(fixed)
    welfare = Fraction(outcome.welfare or 0.0)
    where = f"said to be {float(welfare):.9g}, the orders give {float(total):.9g}"
    laws.add("welfare", abs(welfare - total), blur, "EUR", where)
