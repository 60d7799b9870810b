"""The audit of trades of a continuous book: every line recomputed from the trades alone, in fractions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.statement import Statement
from c4e_opt.trading.events import Execution


def audit_trades(case: Case, product: Any, trades: Sequence[Execution], statement: Statement) -> Certificate:
    """Check the statement of a book's trades.

    Laws: `lines` (each is of a trade, at its bus, of one of its two parties, and none is there twice), `energy` (what
    seller gives and buyer gets, exactly), `price` (that of the trade), `amount` (less than a minor unit from the exact
    amount), `balance` (zero per asset and
    step, and between the two parties of each trade).

    Args:
        case: The case.
        product: What was traded (`continuous.Product`).
        trades: The trades, in order.
        statement: What `settle_trades` made of it, or somebody else.
    """
    laws = {name: Law(name, "minor units", 0.0) for name in ("lines", "energy", "price", "amount", "balance")}
    seconds: list[int] = case.horizon.step_seconds.tolist()
    energy_unit, money_unit = 10**case.policy.energy_decimals, 10**case.policy.money_decimals
    currency = case.currency
    lot, tick = Fraction(product.lot, 10**9), Fraction(product.tick, 10**9)
    seen: set[tuple[str, str, int, str]] = set()
    sums: dict[tuple[Any, ...], int] = defaultdict(int)
    owed: dict[tuple[int, str, int, str], Fraction] = {}
    for number, trade in enumerate(trades, start=1):
        if trade.party == trade.other_party:
            continue
        buyer, seller = (trade.party, trade.other_party) if trade.side < 0 else (trade.other_party, trade.party)
        for step, length in enumerate(seconds):
            energy = trade.quantity * lot * length / sum(seconds)
            for party, sign in ((buyer, 1), (seller, -1)):
                owed[number, party, step, "energy"] = sign * energy * energy_unit
                owed[number, party, step, "money"] = -sign * energy * trade.price * tick * money_unit
    for line in statement.lines():
        kind = "money" if line.asset == currency else "energy"
        name, _, number = line.component.partition("/")
        key = (int(number) if number.isdigit() else 0, line.party, line.step, kind)
        where = (line.component, line.party, line.step, line.asset)
        if name != "trade" or key not in owed or where in seen or line.bus != product.bus or line.purpose != "order":
            laws["lines"].count(where)
            continue
        seen.add(where)
        exact = owed.pop(key)
        sums[line.step, line.asset] += line.amount
        sums[line.component, line.step, line.asset] += line.amount
        if kind == "energy":
            laws["energy"].see(abs(line.amount - exact), where)
            laws["energy"].see(abs(line.energy + exact), where)
        else:
            trade = trades[key[0] - 1]
            laws["amount"].see(max(abs(line.amount - exact) - 1, 0), where)
            laws["price"].see(abs(Fraction(line.price) - trade.price * tick), where)
    for key, exact in owed.items():  # what has no line is nothing
        name = "amount" if key[3] == "money" else "energy"
        laws[name].see(max(abs(exact) - 1, 0) if name == "amount" else abs(exact), key)
    for where, total in sums.items():
        laws["balance"].see(abs(total), where)
    return Certificate(residuals=tuple(law.residual() for law in laws.values()))
