"""Violations planted into answers of European auctions: each is found under its law.

The auctions are those of `tests/unit/test_blocks.py` and `test_complex_orders.py`, solved by hand there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, solve
from c4e_opt.outcome import Table
from c4e_opt.verify import verify
from tests.unit.auctions import EXACT, auction, order
from tests.unit.small_cases import Record, tie

HOURS = (60, 60)
Change = Callable[[Outcome], Outcome]


@dataclass(frozen=True)
class Planted:
    """One violation: where, what, and the law that it breaks."""

    law: str
    auction: str
    change: Change


def two_steps(limit: float = 0.0) -> list[Record]:
    mine = [order(f"c{n}", "sell", limit, 10, n, complex_order="c") for n in (0, 1)]
    return [*mine, *(order(f"o{n}", "buy", p, 10, n) for n, p in enumerate((40, 30)))]


def record(**fields: Any) -> list[Record]:
    return [{"id": "c", **fields}]


#: Two buses and a group that pays 6, see `tests/unit/test_price_groups.py`; b and d share, and so do c and e.
GROUP = [
    order("n1", "sell", 2, 50, bus="n"), order("s1", "sell", 0, 5, bus="s"), order("n2", "sell", 10, 10, bus="s"),
    order("s3", "sell", 18, 10, bus="s"),
    *(order(name, "buy", limit, energy, bus=bus, rank=rank, price_group="pun") for name, bus, limit, energy, rank in (
        ("a", "n", 16, 30, 1), ("b", "s", 16, 5, 2), ("d", "s", 16, 5, 2), ("c", "s", 6, 10, 3), ("e", "s", 6, 10, 3))),
]  # fmt: skip


def auctions() -> Mapping[str, Case]:
    """Every auction, by a word."""
    income = {"condition": "minimum_income", "fixed_eur": 500}
    buyers = [order(f"d{n}", "buy", p, 10, n) for n, p in enumerate((30, 30, 60))]
    levels = [
        order(name, "sell", p, 10, n, ratio_min=1.0, parent=parent)
        for n, (name, p, parent) in enumerate((("top", 35, ""), ("child", 35, "top"), ("leaf", 10, "child")))
    ]
    return {
        "group price": auction(*GROUP, tie=[tie(from_bus="n", to_bus="s", forward_max_mw=0.0, backward_max_mw=0.0)]),
        "simple": auction(order("s", "sell", 10, 10), order("t", "sell", 30, 5), order("d", "buy", 50, 6)),
        "part": auction(order("part", "sell", 20, 10, ratio_min=0.6), order("d", "buy", 50, 7)),
        "buyer": auction(order("all", "buy", 40, 10, ratio_min=1.0), order("s", "sell", 30, 12)),
        "long": auction(order("hour", "sell", 20, 4, steps=2), *(order(f"d{n}", "buy", 50, 1, n) for n in (0, 1)),
                        minutes=HOURS),
        "link": auction(order("top", "sell", 10, 10), order("d0", "buy", 20, 5), order("d1", "buy", 11, 10, 1),
                        order("child", "sell", 10, 10, 1, parent="top"), minutes=HOURS),
        "room": auction(order("top", "sell", 10, 10, ratio_min=1.0), order("d0", "buy", 20, 10),
                        order("d1", "buy", 40, 4, 1), order("child", "sell", 15, 10, 1, parent="top"), minutes=HOURS),
        "family": auction(*levels, *buyers, minutes=(60, 60, 60)),
        "group": auction(*(order(f"s{n}", "sell", 10, 10, n, group="g") for n in (0, 1)), order("d0", "buy", 30, 10),
                         order("d1", "buy", 60, 6, 1), minutes=HOURS),
        "movable": auction(order("m", "sell", 20, 10, ratio_min=1.0, step_last=1), order("d0", "buy", 30, 10),
                           order("d1", "buy", 60, 10, 1), order("d2", "buy", 90, 1, 2), minutes=(60, 60, 60)),
        "income": auction(*two_steps(), complex_order=record(**income), minutes=HOURS),
        "idle": auction(*two_steps(), complex_order=record(**{**income, "fixed_eur": 900}), minutes=HOURS),
        "partial": auction(*two_steps()[:2], order("o0", "buy", 40, 4), order("o1", "buy", 30, 10, 1), minutes=HOURS,
                           complex_order=record(condition="minimum_income", fixed_eur=10)),
        "gradient": auction(*two_steps()[:2], order("o0", "buy", 40, 3), order("o1", "buy", 40, 10, 1), minutes=HOURS,
                            complex_order=record(ramp_up_mw_per_hour=2)),
        "scalable": auction(*two_steps(10), complex_order=record(condition="scalable", fixed_eur=400, power_min_mw=4),
                            minutes=HOURS),
        "stop": auction(order("a", "sell", 10, 5, complex_order="c"), order("b", "sell", 20, 5, complex_order="c"),
                        order("d", "buy", 50, 20), complex_order=record(
                            condition="minimum_income", fixed_eur=5000, scheduled_stop_steps=1)),
        "line": auction(order("line", "sell", 10, 10, price_full_eur_per_mwh=30), order("d", "buy", 20, 10)),
        "zones": auction(order("s", "sell", 10, 10, bus="a"), order("d", "buy", 50, 5, bus="b"),
                         order("t", "sell", 30, 9, bus="b"), order("u", "buy", 20, 1, bus="a"),
                         tie=[tie(forward_max_mw=3.0)]),
    }  # fmt: skip


@pytest.fixture(scope="module")
def solved() -> Mapping[str, tuple[Case, Outcome]]:
    return {name: (case, solve(case, EXACT)) for name, case in auctions().items()}


def numbers(table: Table, name: str, change: Callable[[np.ndarray], None]) -> Table:
    values = table.values(name).copy()
    change(values)
    return replace(table, quantities={**table.quantities, name: replace(table.quantities[name], values=values)})


def taken(**energies: float) -> Change:
    """Orders get other energies."""

    def change(outcome: Outcome) -> Outcome:
        names = outcome.order_table.labels["order"].tolist()

        def put(values: np.ndarray) -> None:
            for name, energy in energies.items():
                values[names.index(name)] = energy

        return replace(outcome, order_table=numbers(outcome.order_table, "accepted_mwh", put))

    return change


def orders(name: str, place: int, number: float) -> Change:
    """Another number in a column of the orders."""

    def put(values: np.ndarray) -> None:
        values[place] = number

    return lambda outcome: replace(outcome, order_table=numbers(outcome.order_table, name, put))


def priced(*prices: float, bus: int = 0, names: tuple[str, ...] = ("price", "price_low", "price_high")) -> Change:
    """Other prices of a bus, of which orders are told."""

    def put(values: np.ndarray) -> None:
        values[bus, : len(prices)] = prices

    def change(outcome: Outcome) -> Outcome:
        for name in names:
            table = numbers(outcome.price_table, f"{name}_eur_per_mwh", put)
            outcome = replace(outcome, price_table=table)
        return outcome

    return change


def scheduled(name: str, number: float) -> Change:
    def put(values: np.ndarray) -> None:
        values[0] = number

    return lambda outcome: replace(outcome, schedule_table=numbers(outcome.schedule_table, name, put))


def said(**fields: Any) -> Change:
    return lambda outcome: replace(outcome, **fields)


def without(name: str) -> Change:
    def change(outcome: Outcome) -> Outcome:
        rest = {n: q for n, q in outcome.price_table.quantities.items() if n != name}
        return replace(outcome, price_table=replace(outcome.price_table, quantities=rest))

    return change


def termed(term: str, number: float) -> Change:
    return lambda outcome: replace(outcome, terms={**outcome.terms, term: number})


def grouped(number: float) -> Change:
    """Another price of the group, of which its buyers are told."""

    def change(outcome: Outcome) -> Outcome:
        table = numbers(outcome.price_table, "group_price_eur_per_mwh", lambda values: values.fill(number))
        names = outcome.order_table.labels["order"].tolist()

        def tell(values: np.ndarray) -> None:
            for name in "abcde":
                values[names.index(name)] = number

        told = numbers(outcome.order_table, "cleared_eur_per_mwh", tell)
        return replace(outcome, price_table=table, order_table=told)

    return change


#: The bus s among those of the auction of a price group: e, n, s.
SOUTH = 2
LOW, HIGH = ("price_low",), ("price_high",)
PLANTED = [
    Planted("order_limit", "simple", taken(s=11, d=11)),
    Planted("order_limit", "simple", taken(t=-1)),
    Planted("order_cleared_price", "simple", orders("cleared_eur_per_mwh", 0, 11)),
    Planted("order_cleared_price", "long", orders("cleared_eur_per_mwh", 0, 21)),
    Planted("order_acceptance", "simple", priced(35)),
    Planted("order_acceptance", "simple", priced(9)),
    Planted("order_acceptance", "simple", taken(s=1, t=5)),
    Planted("order_acceptance", "long", priced(50, 50)),
    Planted("order_acceptance", "line", taken(line=3, d=3)),
    Planted("price_interval", "simple", priced(11, names=LOW)),
    Planted("price_interval", "simple", priced(9, names=("price",))),
    Planted("price_table", "simple", without("price_low_eur_per_mwh")),
    Planted("price_table", "simple", said(price_rule="marginal")),
    Planted("price_table", "part", said(price_basis="of the convex problem")),
    Planted("order_table", "simple", orders("accepted_mwh", 0, np.nan)),
    Planted("welfare", "simple", said(welfare=241.0)),
    Planted("objective", "simple", said(objective=-241.0)),
    Planted("bound", "simple", said(bound=-239.0)),
    Planted("cost_orders", "simple", termed("orders", -241.0)),
    Planted("power_balance", "simple", taken(s=5.5)),
    Planted("power_balance", "long", taken(hour=1)),
    Planted("order_ratio_min", "part", taken(part=3, d=3)),
    Planted("order_ratio_min", "buyer", taken(all=5, s=5)),
    Planted("order_at_the_money", "part", priced(30)),
    Planted("order_no_loss", "part", priced(15)),
    Planted("order_no_loss", "buyer", priced(41)),
    Planted("order_link", "link", taken(child=8, d1=8)),
    Planted("order_no_loss", "family", priced(30, 30, 15)),
    Planted("order_no_loss", "link", priced(9, 9)),
    Planted("order_no_loss", "group", priced(9, 30)),
    Planted("order_bound_acceptance", "room", priced(30, 30)),
    Planted("order_bound_acceptance", "room", priced(15, 14)),
    Planted("order_link", "family", taken(top=0, d0=0)),
    Planted("order_group", "group", taken(s0=10, d0=10)),
    Planted("order_first", "movable", orders("first_step", 0, 2)),
    Planted("order_first", "movable", orders("first_step", 1, 1)),
    Planted("power_balance", "movable", orders("first_step", 0, 0)),
    Planted("complex_order_income", "income", priced(25, 20)),
    Planted("complex_order_income", "scalable", priced(40, 15)),
    Planted("complex_order_member", "income", scheduled("complex_order_active", 0)),
    Planted("complex_order_member", "idle", taken(c0=10, o0=10)),
    Planted("complex_order_member", "stop", taken(a=0, b=5)),
    Planted("integrality", "income", scheduled("complex_order_active", 0.5)),
    Planted("complex_order_gradient", "gradient", taken(c1=7, o1=7)),
    Planted("complex_order_power_min", "scalable", taken(c1=3, o1=3)),
    Planted("complex_order_acceptance", "partial", priced(35)),
    Planted("cost_complex_order_fixed", "scalable", termed("complex_order_fixed", 0.0)),
    Planted("welfare", "scalable", said(welfare=500.0)),
    Planted("power_balance", "zones", taken(s=5, t=1)),
    Planted("group_price", "group price", grouped(6.1)),
    Planted("group_price", "group price", priced(15, bus=SOUTH)),
    Planted("group_acceptance", "group price", grouped(5)),
    Planted("group_acceptance", "group price", grouped(7)),
    Planted("group_acceptance", "group price", taken(b=3)),
    Planted("group_merit_order", "group price", taken(b=0, c=5, e=5)),
    Planted("group_merit_order", "group price", taken(c=3, e=2)),
    Planted("group_merit_order", "group price", taken(a=25, c=5, e=5)),
    Planted("order_cleared_price", "group price", orders("cleared_eur_per_mwh", 4, 14)),
]  # fmt: skip


def test_a_group_without_a_price_is_no_answer(solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    case, outcome = solved["group price"]
    assert broken(case, without("group_price_eur_per_mwh")(outcome)) == {"price_table"}


def broken(case: Case, outcome: Outcome) -> set[str]:
    return {residual.law for residual in verify(case, outcome).broken}


def test_nothing_is_found_where_nothing_is_planted(solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    assert {name: broken(*each) for name, each in solved.items() if broken(*each)} == {}


@pytest.mark.parametrize("planted", PLANTED, ids=[f"{p.law}-{p.auction}-{n}" for n, p in enumerate(PLANTED)])
def test_a_planted_violation_is_found_under_its_law(
    planted: Planted, solved: Mapping[str, tuple[Case, Outcome]]
) -> None:
    case, outcome = solved[planted.auction]
    assert planted.law in broken(case, planted.change(outcome))


def test_prices_across_a_tie_that_is_not_full_are_one(solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    """The tie is full from a to b; with less than that over it, prices of 10 and 30 would not hold."""
    case, outcome = solved["zones"]
    changed = taken(s=3, t=3)(scheduled("tie_forward_mw", 2.0)(outcome))
    flows = numbers(outcome.flow_table, "flow_mw", lambda values: np.copyto(values, np.sign(values) * 2.0))
    changed = replace(changed, flow_table=flows)
    assert any(law.startswith("tie") for law in broken(case, changed))


def test_there_are_enough_kinds() -> None:
    assert len(PLANTED) >= 25
    assert len({planted.law for planted in PLANTED}) >= 20
