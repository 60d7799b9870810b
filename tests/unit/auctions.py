"""European auctions small enough to be solved by hand: one bus e, one party p, hours unless said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c4e_opt import Case, Outcome, SolveOptions, solve
from c4e_solvers import Reason
from tests.unit.small_cases import Record, book, small_case

EXACT = SolveOptions(gap=0.0)


def order(name: str, side: str, price: float | str, energy: float | str, step: float = 0, **fields: Any) -> Record:
    """One order of party p at bus e."""
    return {
        "id": name, "side": side, "price_eur_per_mwh": price, "energy_mwh": energy, "step": step, **fields,
    }  # fmt: skip


def auction(*orders: Record, minutes: Sequence[int] = (60,), **components: list[Record]) -> Case:
    """A case of orders with European prices."""
    buses = dict.fromkeys(["e", *(str(each.get("bus", "e")) for each in orders)])
    policy = {"pricing": "european"}
    return small_case(minutes, buses=[{"id": b} for b in buses], orders=book(*orders), policy=policy, **components)


def cleared(*orders: Record, minutes: Sequence[int] = (60,), **components: list[Record]) -> Outcome:
    """The answer to such a case."""
    outcome = solve(auction(*orders, minutes=minutes, **components), EXACT)
    assert outcome.termination.reason is Reason.OPTIMAL
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    return outcome


def got(outcome: Outcome) -> dict[str, float]:
    """What is accepted of every order, in MWh."""
    table = outcome.order_table
    energies = [round(each, 6) + 0.0 for each in table.values("accepted_mwh").tolist()]
    return dict(zip(table.labels["order"].tolist(), energies, strict=True))


def price(outcome: Outcome, which: str = "price", bus: int = 0) -> list[float]:
    """Prices of a bus step by step: `price`, `price_low` or `price_high`."""
    return [round(each, 4) for each in outcome.price_table.values(f"{which}_eur_per_mwh")[bus].tolist()]
