"""Contracts: power that one party has sold to another beforehand, over the counter, as a forward or through a broker.

A contract is a position and no decision: what it fixes is who is owed what. Variables: none. Constraints: none; in the
balance of its bus the seller's delivery and the buyer's receipt cancel, and dispatch is the same with it or without.

Settlement, with energy = power_mw * hours and spot the price of the bus in the answer:
    physical    the seller takes the energy out of the bus, the buyer puts it in, both at spot; and the buyer pays
                price * energy to the seller. Who delivers from an own plant there is left with the contract's price.
    financial   the buyer pays (price - spot) * energy to the seller, a contract for difference; no energy moves.
    broker      gets broker_fee * energy, half from either side.
Payments pass through the operator, who keeps nothing but cents of rounding. Network charges are no part of them.

Not modelled: options and volumes that are chosen later, collateral, delivery at a bus other than that of the seller
(add the difference in price as a financial contract).

Source: forwards and contracts for difference as in Kirschen, Strbac (2018), Fundamentals of Power System Economics, 2nd
edition.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from c4e_opt.arrays import FloatArray
from c4e_opt.components.context import Context
from c4e_opt.fields import bus, choice, identity, number, party, record, series
from c4e_opt.issues import Issue


@record
class Contract:
    """Power sold beforehand."""

    id: str = identity(doc="Name of the contract.")
    bus: str = bus(doc="Bus of delivery, whose price is the spot price.")
    seller: str = party(doc="Party that sells.")
    buyer: str = party(doc="Party that buys.")
    power_mw: FloatArray = series(unit="MW", minimum=0, doc="Power sold.")
    price_eur_per_mwh: FloatArray = series(unit="EUR/MWh", doc="Price agreed.")
    settlement: str = choice(
        "physical",
        "financial",
        default="physical",
        doc="Whether energy is nominated and delivered, or the difference to the spot price is paid.",
    )
    broker: str = party(doc="Party that brokered it.")
    broker_fee_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=0.0, doc="What the broker gets, half from either side."
    )


def check(path: str, contract: Contract, _: Context) -> Iterator[Issue]:
    """What is wrong with one contract."""
    if contract.seller == contract.buyer:
        who = repr(contract.seller) if contract.seller else "the operator, who stands in where no party is named"
        yield Issue(f"{path}.buyer", "conflict", f"is {who}, as the seller is; a contract binds two parties")
    if contract.broker_fee_eur_per_mwh > 0 and contract.broker in (contract.seller, contract.buyer):
        told = "is one of the two sides; a fee needs a third party, or belongs into the price"
        yield Issue(f"{path}.broker", "conflict", told)
