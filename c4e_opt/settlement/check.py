"""The audit of a statement: every law of settlement recomputed from the case and the outcome alone.

It shares no step with `settle`: it walks the lines one by one, takes every float as the exact fraction that it is, and
asks of each line whether it may be there, and of each sum whether it is zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate, Outcome, Residual
from c4e_opt.settlement.evidence import Books, Key, Trade, books_of, expected
from c4e_opt.settlement.statement import Statement

_GRID = 10**9  # the books read energy and prices in 1e-9
_NOISE_MW = 1e-7  # a flow below may be left out
_BALANCE = 1e-6  # MW, and part of the energy that passes a bus
_PRICE_PER_MWH = 1e-6  # orders of a bus and step may differ by this on average

_Cell = tuple[str, int]  # bus, step
_NOWHERE: Key = ("", "", -1)


@dataclass(slots=True)
class _Law:
    """The worst place of one law so far."""

    name: str
    unit: str
    tolerance: float
    largest: float = 0.0
    where: Key | str = _NOWHERE

    def see(self, value: float, where: Key | str) -> None:
        """Remember the worst; what is not a number is the worst of all."""
        if not value <= self.largest:
            self.largest, self.where = float(value), where

    def count(self, where: Key | str) -> None:
        """One more break; the first place stands."""
        self.where = where if self.largest == 0 else self.where
        self.largest += 1


def audit(case: Case, outcome: Outcome, statement: Statement) -> Certificate:
    """Check a statement against the case and the outcome that it settles.

    Laws: `settles_this` (digests, operator, assets, steps), `lines_complete` (none missing, twice, or about nothing),
    `owner`, `booked_energy` and `unbooked_energy` (against power times duration), `settlement_price`, `amount` (floor
    or ceiling of price times booked energy), `largest_remainder` (whose money was rounded up), `money_balance` per
    step, `energy_balance` per carrier, bus and step, `rounding_energy` and `rounding_money` (within their bounds).
    Not checked: whose energy was rounded up.

    Args:
        case: The case.
        outcome: Its answer.
        statement: What `settle` made of it, or somebody else.

    Returns:
        The certificate; wrong lines and sums are findings, not exceptions.
    """
    trades, books = expected(case, outcome), books_of(statement)
    laws = [_settles_this(case, outcome, statement), _lines_complete(case, trades, books)]
    laws += _against_trades(case, trades, books)
    laws += _against_exact(case, books)
    laws += _balances(books)
    laws += _bounds(case, trades, books)
    return Certificate(
        residuals=tuple(
            Residual(
                law=law.name,
                largest=law.largest,
                unit=law.unit,
                tolerance=law.tolerance,
                where=law.where if isinstance(law.where, str) else _place(case, law.where),
            )
            for law in laws
        )
    )


def _settles_this(case: Case, outcome: Outcome, statement: Statement) -> _Law:
    law = _Law("settles_this", "differences", 0.0)
    policy = case.policy
    money = [(case.currency, "money", policy.money_decimals)]
    energy = [(carrier, "energy", policy.energy_decimals) for carrier in sorted({bus.carrier for bus in case.buses})]
    pairs = {
        "case": (statement.case_digest, case.digest()),
        "outcome": (statement.outcome_digest, outcome.digest),
        "operator": (statement.operator, policy.operator),
        "assets": ([(a.id, a.kind, a.decimals) for a in statement.assets], money + energy),
        "steps": (statement.starts.tolist(), case.horizon.starts.tolist()),
        "step lengths": (statement.step_seconds.tolist(), case.horizon.step_seconds.tolist()),
    }
    wrong = [name for name, (has, should) in pairs.items() if has != should]
    law.see(len(wrong), " ".join(wrong))
    return law


def _lines_complete(case: Case, trades: dict[Key, Trade], books: Books) -> _Law:
    """Every booked energy has a line of money and of its carrier, a tariff has its rent, and nothing else is there."""
    law = _Law("lines_complete", "lines", 0.0)
    carrier = {bus.id: bus.carrier for bus in case.buses}
    for key in books.twice:
        law.count(key)
    for (purpose, key), entry in books.energy.items():
        paid, rent = books.money.get((purpose, key)), books.money.get(("rent", key))
        paired = paid is not None and (paid.energy, paid.party) == (entry.energy, entry.party)
        delivers = entry.asset == carrier.get(key[1]) and entry.amount == -entry.energy and not entry.price
        completed = purpose != "tariff" or (rent is not None and rent.energy == entry.energy)
        if not (paired and delivers and completed):
            law.count(key)
    for (purpose, key), entry in books.money.items():
        trade = trades.get(key)
        if purpose == "rounding":
            bare = not entry.energy or (purpose, key) in books.energy
            known = not key[0] and entry.party == case.policy.operator and bare
        else:
            beside = "tariff" if trade and (trade.purpose, purpose) == ("tariff", "rent") else purpose
            known = trade is not None and beside == trade.purpose and (beside, key) in books.energy
        if not known:
            law.count(key)
    return law


def _against_trades(case: Case, trades: dict[Key, Trade], books: Books) -> Iterator[_Law]:
    """Owner, energy and price of every line against the outcome."""
    unit = 10**case.policy.energy_decimals
    longest = float(case.horizon.hours.max()) if case.horizon.steps else 0.0
    owner = _Law("owner", "lines", 0.0)
    booked = _Law("booked_energy", "MWh", 1 / unit + 1 / _GRID)
    unbooked = _Law("unbooked_energy", "MWh", 1 / unit + 1 / _GRID + _NOISE_MW * longest)
    priced = _Law("settlement_price", "EUR/MWh", 1 / _GRID)
    for key, trade in trades.items():
        entry = books.money.get((trade.purpose, key))
        top, bottom = trade.power_mw.as_integer_ratio()
        exact, per = top * trade.seconds * unit, bottom * 3600
        if entry is None:
            unbooked.see(abs(exact) / per / unit, key)
            continue
        booked.see(abs(entry.energy * per - exact) / per / unit, key)
        priced.see(_apart(entry.price, trade.price), key)
        if entry.party != trade.party:
            owner.count(key)
        rent = books.money.get(("rent", key)) if trade.purpose == "tariff" else None
        if rent is not None:
            priced.see(_apart(rent.price + entry.price, trade.local), key)
            if rent.party != case.policy.operator:
                owner.count(key)
    yield from (owner, booked, unbooked, priced)


def _apart(grid: int, price: float) -> float:
    """Distance between a price in 1e-9 and a float, both taken exactly."""
    top, bottom = price.as_integer_ratio()
    return abs(grid * bottom - top * _GRID) / (bottom * _GRID)


def _against_exact(case: Case, books: Books) -> Iterator[_Law]:
    """Amounts against exact products: floor or ceiling, and which of the two."""
    shift = case.policy.energy_decimals + 9 - case.policy.money_decimals
    finer, down = 10 ** max(-shift, 0), 10 ** max(shift, 0)
    amount = _Law("amount", "minor units", 0.0)
    fair = _Law("largest_remainder", "lines", 0.0)
    others: dict[_Cell, int] = defaultdict(int)
    for (purpose, key), entry in books.money.items():
        if purpose != "rounding":
            others[key[1:]] += entry.price * entry.energy * finer
    by_step: dict[int, list[tuple[int, str, str, str, str, bool]]] = defaultdict(list)
    for (purpose, key), entry in books.money.items():
        exact = -others[key[1:]] if purpose == "rounding" else entry.price * entry.energy * finer
        floor, remainder = divmod(exact, down)
        raised = entry.amount - floor
        amount.see(max(-raised, raised - (remainder > 0)), key)
        by_step[key[2]].append((-remainder, entry.party, key[0], key[1], purpose, raised > 0))
    for step, lines in by_step.items():
        raised = [line[-1] for line in sorted(lines)]
        fair.see(sum(not each for each in raised[: sum(raised)]), ("", "", step))
    yield from (amount, fair)


def _balances(books: Books) -> Iterator[_Law]:
    """Sums of all lines to zero."""
    money = _Law("money_balance", "minor units", 0.0)
    energy = _Law("energy_balance", "minor units", 0.0)
    for step, total in books.money_sums.items():
        money.see(abs(total), ("", "", step))
    for key, total in books.energy_sums.items():
        energy.see(abs(total), key)
    yield from (money, energy)


def _bounds(case: Case, trades: dict[Key, Trade], books: Books) -> Iterator[_Law]:
    """What may stand on the rounding account, and what prices may leave over before it."""
    mwh = _Law("rounding_energy", "MWh beyond its bound", 0.0)
    spent = _Law("rounding_money", "EUR beyond its bound", 0.0)
    unit = 10**case.policy.energy_decimals
    passing: dict[_Cell, int] = defaultdict(int)
    left: dict[_Cell, int] = defaultdict(int)
    ignored: dict[_Cell, float] = defaultdict(float)
    for (_, key), entry in books.energy.items():
        passing[key[1:]] += abs(entry.energy)
    for (_, key), entry in books.money.items():
        left[key[1:]] += entry.price * entry.energy
    for key, trade in trades.items():
        if abs(trade.power_mw) < _NOISE_MW:
            ignored[key[1:]] += abs(trade.power_mw)
    hours = case.horizon.hours.tolist()
    for (purpose, key), entry in books.money.items():
        if purpose == "rounding":
            cell, lasts = key[1:], hours[key[2]]
            bound = _BALANCE * (lasts + passing[cell] / unit) + ignored[cell] * lasts + 1 / unit
            mwh.see(abs(entry.energy) / unit - bound, key)
    for cell, total in left.items():
        spent.see(abs(total) / (unit * _GRID) - 2 * _PRICE_PER_MWH * passing[cell] / unit, ("", *cell))
    yield from (mwh, spent)


def _place(case: Case, key: Key) -> str:
    what, bus, step = key
    moment = f"{case.horizon.axis.labels[step]}Z" if step >= 0 else ""
    return " ".join(part for part in (what, bus and f"at bus {bus}", moment) if part)
