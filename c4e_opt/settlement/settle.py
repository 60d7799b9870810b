"""The act of settling: energy onto the books, prices times booked energy, exact rounding, and the audit of it all.

1. Energy. Every trade is booked in whole minor units, by largest remainder per bus and step. What the solver's
   tolerance leaves over at the bus is booked on the operator's rounding position, so every carrier balances there.
2. Money. Every position gets price * BOOKED energy, an exact integer in units far below the minor unit. Booked energy
   sums to zero at a bus, hence so does money before any rounding; a tariff is completed by its rent, the local price
   minus the tariff, and so is what buyers in a price group pay: over all buses that is nothing but rounding.
3. Dues. What is owed besides energy (see `dues`) is rounded half to even, each with its opposite of the operator.
4. Rounding. Money is rounded by largest remainder per step, over all buses at once.

Largest remainder counts what earlier steps left a position owed (see `rounding`): without it, of a hundred neighbours
with the same use some would pay a cent more in every step of a day, by their names alone, which adds up to a third of
the bill at whole cents. Ties go by party, component, bus and purpose, in that order, as texts by code point.

Which way money goes is decided on integers alone. A flow below 1e-7 MW is none. Everything else is read once as whole
1e-9 MWh and 1e-9 of the currency per MWh; from there on no float takes part. Largest remainder takes floor or ceiling:
an exact zero stays zero, and no amount ever has the sign opposite to price times energy.

Not settled: owners' costs (fuel has a price at its own bus; maintenance, starts, wear), fees of the operator, uplift.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import IntArray
from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed, NoSolution, Unbalanced, UnsupportedProgram
from c4e_opt.outcome import Outcome
from c4e_opt.settlement.check import audit
from c4e_opt.settlement.dues import Due, dues
from c4e_opt.settlement.rounding import READ_DECIMALS, Integers, largest_remainder, narrow, scaled, sums
from c4e_opt.settlement.statement import Asset, Statement
from c4e_opt.settlement.trades import Trades, trades

#: What injections at a bus may leave over in a step: this, in MW, plus this part of the energy that passes the bus,
#: plus the flows that were too small to count.
BALANCE_TOLERANCE = 1e-6
#: By how much the prices of orders at one bus and step may differ on average, in currency per MWh.
PRICE_TOLERANCE_PER_MWH = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Lines in the making, shape (row,); `exact` is price * energy in units of 10**-(READ + energy decimals)."""

    position: IntArray
    bus: IntArray
    step: IntArray
    energy: Integers
    price: Integers
    exact: Integers


def settle(case: Case, outcome: Outcome) -> Statement:
    """Settle an outcome: every amount an integer in minor units, every asset summing to zero in every step.

    Args:
        case: The case that was solved.
        outcome: Its answer, with a certificate that holds.

    Returns:
        The statement, audited.

    Raises:
        NoSolution: The outcome has no schedule.
        CertificateFailed: The outcome is not an answer to this case, its certificate is missing or broken, or the
            statement does not pass its own audit.
        AxisError: The tables of the outcome do not have the buses, steps or orders of the case.
        UnsupportedProgram: The case weighs its steps: it is a study, nobody trades by it.
        Unbalanced: Energy or money at a bus is further from zero than a solver's tolerance explains.
    """
    if case.horizon.weights is not None:
        raise UnsupportedProgram(f"case {case.name!r} weighs its steps: it is a study and cannot be settled")
    _refuse_unproven(case, outcome)
    owed = dues(case, outcome)
    told = trades(case, outcome, owed)
    decimals = min(case.policy.energy_decimals, READ_DECIMALS)
    rows = _priced(told, _booked(case, told, decimals))
    rows = _without_residue(case, told, rows, decimals)
    statement = _statement(case, outcome, rows, told, _paid(case, told, owed), decimals)
    certificate = audit(case, outcome, statement)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"case {case.name!r}: the statement breaks its laws and was refused: {said}")
    return statement


def _refuse_unproven(case: Case, outcome: Outcome) -> None:
    if not outcome.has_schedule:
        raise NoSolution(f"case {case.name!r}: {outcome.termination.reason}; there is no schedule to settle")
    if outcome.case_digest != case.digest():
        raise CertificateFailed(
            f"case {case.name!r}: the outcome answers another case (digest {outcome.case_digest[:12] or 'missing'}, "
            f"this case has {case.digest()[:12]}); solve this case and settle that answer"
        )
    if outcome.certificate is None:
        raise CertificateFailed(f"case {case.name!r}: the outcome carries no certificate; verify it before settling")
    if not outcome.certificate.holds:
        broken = ", ".join(residual.law for residual in outcome.certificate.broken)
        raise CertificateFailed(f"case {case.name!r}: the outcome breaks {broken}; it cannot be settled")


def _booked(case: Case, told: Trades, decimals: int) -> _Rows:
    """Trades in minor units of energy, with the operator's rounding rows; each bus and step sums to zero.

    Minor units here have at most READ_DECIMALS decimals; finer books are scaled up at the very end.
    """
    steps = case.horizon.steps
    cells = len(case.buses) * steps
    cell = told.bus * steps + told.step
    divisor = 10 ** (READ_DECIMALS - decimals)
    _refuse_imbalance(case, told, cell, cells)
    booked = largest_remainder(told.energy, divisor, told.step, told.position, told.bus)
    left = -sums(booked, cell, cells)
    uneven = np.flatnonzero(left)
    bus, step = uneven // max(steps, 1), uneven % max(steps, 1)
    kept = np.flatnonzero(booked)
    energy = np.concatenate([booked[kept], left[uneven]])
    price = np.concatenate([told.price[kept], told.local[bus, step]])
    return _Rows(
        position=np.concatenate([told.position[kept], told.rounding[bus]]),
        bus=np.concatenate([told.bus[kept], bus]),
        step=np.concatenate([told.step[kept], step]),
        energy=energy,
        price=price,
        exact=_product(energy, price),
    )


def _refuse_imbalance(case: Case, told: Trades, cell: IntArray, cells: int) -> None:
    """Raise Unbalanced where a bus leaves over more energy than the tolerance of a solver."""
    unit = 10.0**-READ_DECIMALS
    left = sums(told.energy, cell, cells).astype(np.float64) * unit
    passing = sums(np.abs(told.energy), cell, cells).astype(np.float64) * unit
    hours = np.tile(case.horizon.hours, len(case.buses))
    bound = BALANCE_TOLERANCE * (hours + passing) + told.ignored_mwh.ravel()
    excess = np.abs(left) - bound
    if not cells or excess.max() <= 0:
        return
    worst = int(excess.argmax())
    bus, step = divmod(worst, case.horizon.steps)
    raise Unbalanced(
        f"bus {case.buses[bus].id!r} at {case.horizon.axis.labels[step]}Z: injections leave {left[worst]:.6g} MWh; "
        f"at most {bound[worst]:.3g} MWh may go to the rounding account; solve again with a tighter tolerance"
    )


def _priced(told: Trades, rows: _Rows) -> _Rows:
    """The rows of money: what is booked, and beside every tariff or price of a group the rest of the local price."""
    tariff = np.flatnonzero(told.rent[rows.position] >= 0)
    bus, step, energy = rows.bus[tariff], rows.step[tariff], rows.energy[tariff]
    price = told.local[bus, step] - rows.price[tariff]
    return _Rows(
        position=np.concatenate([rows.position, told.rent[rows.position[tariff]]]),
        bus=np.concatenate([rows.bus, bus]),
        step=np.concatenate([rows.step, step]),
        energy=np.concatenate([rows.energy, energy]),
        price=np.concatenate([rows.price, price]),
        exact=np.concatenate([rows.exact, _product(energy, price)]),
    )


def _without_residue(case: Case, told: Trades, rows: _Rows, decimals: int) -> _Rows:
    """Let the operator's rounding rows take what order prices other than the bus's leave over, within the tolerance."""
    steps = case.horizon.steps
    cells = len(case.buses) * steps
    cell = rows.bus * steps + rows.step
    left = sums(rows.exact, cell, cells)
    uneven = np.flatnonzero(left)
    if not uneven.size:
        return rows
    unit = 10.0 ** -(READ_DECIMALS + decimals)
    passing = sums(np.abs(rows.energy), cell, cells).astype(np.float64) * 10.0**-decimals
    for worst in uneven[np.abs(left[uneven].astype(np.float64)) * unit > PRICE_TOLERANCE_PER_MWH * passing[uneven]]:
        bus, step = divmod(int(worst), steps)
        raise Unbalanced(
            f"bus {case.buses[bus].id!r} at {case.horizon.axis.labels[step]}Z: payments leave "
            f"{float(left[worst]) * unit:.6g} {case.currency}, more than rounding explains; all orders of a bus and "
            "step must clear at its price"
        )
    at_rounding = rows.position == told.rounding[rows.bus]
    known = np.full(cells, -1, dtype=np.int64)
    known[cell[at_rounding]] = np.flatnonzero(at_rounding)
    exact = rows.exact.copy()
    old, new = uneven[known[uneven] >= 0], uneven[known[uneven] < 0]
    exact[known[old]] -= left[old]
    bus, step = new // steps, new % steps
    return _Rows(
        position=np.concatenate([rows.position, told.rounding[bus]]),
        bus=np.concatenate([rows.bus, bus]),
        step=np.concatenate([rows.step, step]),
        energy=np.concatenate([rows.energy, np.zeros(new.size, dtype=np.int64)]),
        price=np.concatenate([rows.price, told.local[bus, step]]),
        exact=np.concatenate([exact, -left[new]]),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Paid:
    """Lines of dues, shape (line,): whole minor units of the currency, without energy and price."""

    position: IntArray
    step: IntArray
    amount: Integers


def _paid(case: Case, told: Trades, owed: Sequence[Due]) -> _Paid:
    """Dues rounded half to even, one line per position and step, and the operator's opposite of each."""
    amounts: dict[tuple[int, int], int] = defaultdict(int)
    unit = 10**case.policy.money_decimals
    for each, due, cover in zip(owed, told.due.tolist(), told.cover.tolist(), strict=True):
        amount = round(each.amount * unit)
        amounts[due, each.step] += amount
        amounts[cover, each.step] -= amount
    kept = {key: amount for key, amount in amounts.items() if amount}
    return _Paid(
        position=np.array([position for position, _ in kept], dtype=np.int64),
        step=np.array([step for _, step in kept], dtype=np.int64),
        amount=np.array(list(kept.values()), dtype=object),
    )


def _statement(case: Case, outcome: Outcome, rows: _Rows, told: Trades, paid: _Paid, decimals: int) -> Statement:
    """Round the money, add a line of the carrier for every booked energy and the dues, and sort."""
    finer = case.policy.money_decimals - READ_DECIMALS - decimals
    exact, unit = scaled(rows.exact, 10 ** max(finer, 0)), 10 ** max(-finer, 0)
    money = largest_remainder(exact, unit, rows.step, rows.position)
    carriers = sorted({bus.carrier for bus in case.buses})
    assets = (
        Asset(id=case.currency, kind="money", decimals=case.policy.money_decimals),
        *(Asset(id=each, kind="energy", decimals=case.policy.energy_decimals) for each in carriers),
    )
    carrier = np.array([1 + carriers.index(bus.carrier) for bus in case.buses], dtype=np.int64)
    rents = np.zeros(told.rent.size, dtype=np.bool_)
    rents[told.rent[told.rent >= 0]] = True
    delivered = np.flatnonzero(~rents[rows.position] & (rows.energy != 0).astype(np.bool_))
    energy = scaled(rows.energy, 10 ** (case.policy.energy_decimals - decimals))
    position = np.concatenate([rows.position, rows.position[delivered], paid.position])
    step = np.concatenate([rows.step, rows.step[delivered], paid.step])
    none = np.zeros(paid.step.size, dtype=np.int64)
    asset = np.concatenate([np.zeros(rows.step.size, dtype=np.int64), carrier[rows.bus[delivered]], none])
    order = np.lexsort((position, asset, step))
    free = np.zeros(delivered.size, dtype=np.int64)
    return Statement(
        case_name=case.name,
        case_digest=outcome.case_digest,
        outcome_digest=outcome.digest,
        operator=case.policy.operator,
        assets=assets,
        starts=case.horizon.starts,
        step_seconds=case.horizon.step_seconds,
        positions=told.positions,
        position=position[order],
        step=step[order],
        asset=asset[order],
        energy=narrow(np.concatenate([energy, energy[delivered], none])[order]),
        price=narrow(np.concatenate([rows.price, free, none])[order]),
        amount=narrow(np.concatenate([money, -energy[delivered], paid.amount])[order]),
    )


def _product(energy: Integers, price: Integers) -> Integers:
    """Exact products of any size."""
    return energy.astype(object) * price.astype(object)
