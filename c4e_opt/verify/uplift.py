"""Uplift: what an answer says that participants earn, lose and are paid besides the prices of their buses.

Laws:
    uplift_sign      no lost opportunity is negative, and what makes whole is no more than it
    uplift_convex    where nothing discrete was chosen prices support the schedule, and nobody loses anything
    uplift_profit    the profit is what flows and accepted energy earn at the prices, and what the rule itself pays,
                     less what they cost; of orders that are in no complex one, and of plants and stores that lose
                     or are paid anything, where the case has no reserve
    uplift_payment   what is paid is what the policy grants on top of what the rule pays; nothing at tariffs
    uplift_ramps     under the rule temporal: what ramps add to prices, times what a component gives, is what it is paid
    no_surplus       paid as bid nobody has a profit
Note:
    prices_of_rule   prices of this rule need not support the schedule, so that the laws on prices are not held

Not checked: that nobody could do better than the lost opportunity says, which takes solving.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome, Table
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import SAME, Findings
from c4e_opt.verify.fleet import Fleet

#: Rules whose prices support the schedule with its binaries as they are.
SUPPORTING = ("marginal", "european", "pay_as_bid", "temporal")
#: Kinds of which every cost and every flow is a choice of theirs.
_JUDGED = ("generator", "battery", "store", "chp", "boiler", "heat_pump", "chiller", "electrolyser", "fuel_cell")
#: So many components are recomputed one by one.
_MOST = 500
_CURRENCY = "EUR"


def supports(case: Case, outcome: Outcome) -> bool:
    """Whether the prices of an answer must support its schedule."""
    return case.policy.pricing in SUPPORTING or outcome.price_basis == "of the convex problem"


def check(case: Case, outcome: Outcome, answer: Answer, fleets: Mapping[str, Fleet], findings: Findings) -> None:
    """Check what the answer says of uplift.

    Args:
        case: The case.
        outcome: The answer.
        answer: Its numbers.
        fleets: Every kind that has components.
        findings: Takes the laws.
    """
    if not supports(case, outcome):
        said = f"prices of the rule {case.policy.pricing} need not support the schedule; they are not judged"
        findings.noted("prices_of_rule", said)
    table = outcome.uplift_table
    if not table.quantities:
        return
    names: list[str] = table.labels["participant"].tolist()
    profit, lost, whole, paid = (
        table.values(f"{word}_eur") for word in ("profit", "lost_opportunity", "make_whole", "payment")
    )

    def name(row: int) -> str:
        return names[row].replace("/", " ", 1)

    findings.cells("uplift_sign", np.maximum(np.maximum(-lost, -whole), whole - lost), _CURRENCY, name, sizes=(lost,))
    if outcome.price_basis == "of the convex problem":
        findings.cells("uplift_convex", lost, _CURRENCY, name, sizes=(profit,))
    granted = {"make_whole": whole, "lost_opportunity": lost}.get(case.policy.uplift, np.zeros(lost.size))
    at_tariff = np.array([each.startswith("grid_connection/") for each in names])
    by_rule = paid - granted
    if case.policy.pricing == "temporal":
        owed = _ramps(case, table, names, answer, fleets)
        off = np.where(at_tariff, 0.0, np.abs(owed - by_rule))
        findings.cells("uplift_ramps", off, _CURRENCY, name, sizes=(owed, profit))
    by_bid = case.policy.pricing == "pay_as_bid"
    wrong = np.where(at_tariff, np.abs(paid), 0.0 if by_bid or case.policy.pricing == "temporal" else np.abs(by_rule))
    findings.cells("uplift_payment", wrong, _CURRENCY, name, sizes=(paid,), tolerance=SAME)
    if by_bid:
        findings.cells("no_surplus", np.abs(profit), _CURRENCY, name, sizes=(paid,))
    earned, size = _earned(case, names, np.abs(lost) + np.abs(paid) > 0, answer, outcome, fleets)
    off = np.where(at_tariff, 0.0, np.abs(np.nan_to_num(earned + by_rule - profit)))
    findings.cells("uplift_profit", off, _CURRENCY, name, sizes=(size, profit))


def _earned(
    case: Case, names: Sequence[str], some: BoolArray, answer: Answer, outcome: Outcome, fleets: Mapping[str, Fleet]
) -> tuple[FloatArray, FloatArray]:
    """What participants earn at the prices of buses less their costs, NaN where it is not judged; and its size."""
    earned, size = np.full(len(names), np.nan), np.zeros(len(names))
    place = {name: row for row, name in enumerate(names)}
    book = case.orders
    if book.orders:
        slope = (book.price_full_eur_per_mwh - book.price_eur_per_mwh) / (2.0 * book.energy_mwh)
        limit = book.price_eur_per_mwh + slope * answer.accepted_mwh
        surplus = book.side * answer.accepted_mwh * (answer.cleared_eur_per_mwh - limit)
        for row in _rows(book.complex_order == ""):
            at = place.get(f"order/{book.id[row]}")
            if at is not None:
                earned[at], size[at] = surplus[row], abs(limit[row] * answer.accepted_mwh[row])
    if case.components.get("reserve"):
        return earned, size
    worth, passed = _revenues(case, outcome)
    for row in _rows(some)[:_MOST]:
        kind, _, identity = names[row].partition("/")
        if kind in _JUDGED:
            bill = _alone(fleets[kind], identity, outcome.schedule_table, answer)
            earned[row] = worth[names[row]] - sum(bill.total.values())
            size[row] = passed[names[row]] + sum(bill.size.values())
    return earned, size


def _revenues(case: Case, outcome: Outcome) -> tuple[dict[str, float], dict[str, float]]:
    """What the flows of every component earn at the prices of their buses, and the sum of magnitudes."""
    table, bus = outcome.flow_table, {each.id: row for row, each in enumerate(case.buses)}
    earned: dict[str, float] = {}
    size: dict[str, float] = {}
    if not table.quantities:
        return earned, size
    at = np.array([bus[name] for name in table.texts["port_bus"][1].tolist()], dtype=np.int64)
    money = outcome.price_table.values("price_eur_per_mwh")[at] * table.values("flow_mw") * case.horizon.cost_hours
    whose = zip(table.texts["port_kind"][1].tolist(), table.texts["port_component"][1].tolist(), strict=True)
    for (kind, component), paid in zip(whose, money, strict=True):
        name = f"{kind}/{component}"
        earned[name] = earned.get(name, 0.0) + float(paid.sum())
        size[name] = size.get(name, 0.0) + float(np.abs(paid).sum())
    return earned, size


def _alone(fleet: Fleet, identity: str, table: Table, answer: Answer) -> Bill:
    """The bill of one component, as if it were the only one of its kind; without what it costs whatever it does."""
    kind, row = fleet.kind, next(n for n, each in enumerate(fleet.records) if each.id == identity)
    schedule: dict[str, FloatArray] = {}
    for name, each in table.quantities.items():
        if not each.axes or not name.startswith(f"{kind}_"):
            continue
        first = each.axes[0]
        if first == kind:
            schedule[name] = each.values[row : row + 1]
        elif first.startswith(f"{kind}_"):
            mine = [label.startswith(f"{identity}/") for label in table.labels[first].tolist()]
            schedule[name] = each.values[np.array(mine, dtype=np.bool_)]
    record = fleet.records[row]
    if hasattr(record, "fixed_cost_eur_per_hour"):
        record = replace(record, fixed_cost_eur_per_hour=0.0)
    case = replace(fleet.case, components={kind: (record,)})
    places = {bus.id: place for place, bus in enumerate(case.buses)}
    lone = Fleet(kind, fleet.room, case, replace(answer, schedule=schedule), places, Findings(case.horizon))
    lone.others = {kind: lone}
    bill = Bill()
    fleet.room.costs(lone, bill)
    return bill


def _ramps(case: Case, table: Table, names: Sequence[str], answer: Answer, fleets: Mapping[str, Fleet]) -> FloatArray:
    """What ramps add to prices times what a component gives to its first bus."""
    added, owed = table.values("ramp_price_eur_per_mwh"), np.zeros(len(names))
    for row in _rows(np.abs(added).max(axis=1, initial=0.0) > 0):
        kind, _, identity = names[row].partition("/")
        fleet = fleets[kind]
        place = next(n for n, each in enumerate(fleet.records) if each.id == identity)
        flow = fleet.room.flows(fleet)[0][place]
        owed[row] = float(np.sum(added[row] * flow * case.horizon.cost_hours))
    return owed


def _rows(mask: BoolArray) -> list[int]:
    return np.flatnonzero(mask).tolist()
