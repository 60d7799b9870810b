"""Trades of a continuous book: each gets its own price, and the energy of its lots over all steps of the case.

    energy[trade, step] = lots * lot_mwh * length of the step / length of all steps     from the seller to the buyer
    money[trade, step]  = energy[trade, step] * ticks * tick_eur_per_mwh                from the buyer to the seller

A lot is energy at one power, and whole minor units in every step, so that energy is never rounded; money is, by largest
remainder within its step. Every trade is a position of its own, "trade/<number>", counted from 1 in their order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.market.order_book import BUY
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.continuous_check import audit_trades
from c4e_opt.settlement.rounding import READ_DECIMALS
from c4e_opt.settlement.statement import Asset, Purpose, Statement
from c4e_opt.trading.events import Execution, What

ACT = "trades"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What a continuous book trades.

    Attributes:
        bus: Where the energy is delivered, in all steps of the case at one power.
        tick: What one tick is, 1e-9 of the currency per MWh.
        lot: What one lot is, 1e-9 MWh over all steps together.
    """

    bus: str
    tick: int
    lot: int


def check_product(case: Case, product: Product) -> Iterator[Issue]:
    """What is wrong with a product of a case."""
    buses = {bus.id: bus.carrier for bus in case.buses}
    if product.bus not in buses:
        yield unknown("bus", "unknown_reference", "bus", product.bus, list(buses))
    if product.tick < 1:
        yield Issue("tick", "range", "is below 1e-9 of the currency per MWh; give more")
    if product.lot < 1:
        yield Issue("lot", "range", "is below 1e-9 MWh; give more")
    elif any(rest for _, rest in _lots(case, product)):
        decimals = case.policy.energy_decimals
        told = f"is not whole in every step at {decimals} decimals of a MWh; give a lot that divides into all steps"
        yield Issue("lot", "digits", told)


def settle_trades(case: Case, product: Product, executions: Sequence[Execution]) -> Statement:
    """Settle the trades of a book.

    Args:
        case: Steps, buses, policy and currency; a case without orders.
        product: What was traded.
        executions: What the book told, in order; trades count, and nothing else.

    Returns:
        The statement of the act "trades", checked. Its basis names the product and the trades.

    Raises:
        InvalidInput: The product is none of this case.
        CertificateFailed: The statement breaks its own laws.
    """
    issues = list(check_product(case, product))
    if issues:
        raise InvalidInput(issues)
    trades = [each for each in executions if each.what == What.TRADED]
    policy, carrier = case.policy, next(bus.carrier for bus in case.buses if bus.id == product.bus)
    power = policy.energy_decimals + READ_DECIMALS - policy.money_decimals
    subject = Subject(
        act=ACT,
        basis=(("product", _digest([product.bus, product.tick, product.lot])), ("trades", trades_digest(case, trades))),
        assets=(
            Asset(id=case.currency, kind="money", decimals=policy.money_decimals),
            Asset(id=carrier, kind="energy", decimals=policy.energy_decimals),
        ),
        divisors=(10 ** max(power, 0), 1),
        starts=case.horizon.starts,
        step_seconds=case.horizon.step_seconds,
        operator=policy.operator,
        case_name=case.name,
        case_digest=case.digest(),
    )
    statement = statement_of(subject, _claims(case, product, trades, 10 ** max(-power, 0)))
    certificate = audit_trades(case, product, trades, statement)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"case {case.name!r}: the statement breaks its laws and was refused: {said}")
    return statement


def trades_digest(case: Case, trades: Sequence[Execution]) -> str:
    """SHA-256 of the trades of a book."""
    return _digest([case.name, *([*each] for each in trades)])


def _claims(case: Case, product: Product, trades: Sequence[Execution], scale: int) -> Claims:
    """Two claims for every trade and step: money to the seller, energy to the buyer."""
    energy = np.array([part for part, _ in _lots(case, product)], dtype=object)
    count, steps = len(trades), energy.size
    ticks = np.array([each.price for each in trades], dtype=object) * product.tick
    lots = np.array([each.quantity for each in trades], dtype=object)
    bought = [each.side == BUY for each in trades]
    buyer = [each.party if buys else each.other_party for each, buys in zip(trades, bought, strict=True)]
    seller = [each.other_party if buys else each.party for each, buys in zip(trades, bought, strict=True)]
    part = (lots[:, None] * energy[None, :]).ravel()
    price = np.repeat(ticks, steps)
    names = np.repeat(np.array([f"trade/{n}" for n in range(1, count + 1)], dtype=np.str_), steps)
    step = np.tile(np.arange(steps), count)
    both = [np.repeat(np.array(side, dtype=np.str_), steps) for side in (buyer, seller)]
    purpose = np.full(2 * count * steps, Purpose.ORDER.value)
    return Claims(
        giver=np.concatenate(both),
        receiver=np.concatenate(both[::-1]),
        component=np.tile(names, 2),
        bus=np.full(2 * count * steps, product.bus),
        gives=purpose,
        receives=purpose,
        asset=np.repeat(np.arange(2), count * steps),
        step=np.tile(step, 2),
        exact=np.concatenate([part * price * scale, part]),
        energy=np.concatenate([part, part * 0]),
        price=np.concatenate([price, price * 0]),
    )


def _lots(case: Case, product: Product) -> Iterator[tuple[int, int]]:
    """Energy of a lot in every step in minor units, and what is left over beneath one."""
    seconds: list[int] = case.horizon.step_seconds.tolist()
    for length in seconds:
        yield divmod(product.lot * length * 10**case.policy.energy_decimals, sum(seconds) * 10**READ_DECIMALS)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
