"""Cases and outcomes written by hand, without a solver: what flows, at which prices, and who owns what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.case import KINDS, Bus, Case, Party, Policy
from c4e_opt.components.demand import Demand
from c4e_opt.components.grid_connection import GridConnection
from c4e_opt.components.heat_pump import HeatPump
from c4e_opt.components.renewable import Renewable
from c4e_opt.components.tie import Tie
from c4e_opt.market.order_book import OrderBook
from c4e_opt.outcome import Certificate, Outcome, Table, quantity
from c4e_solvers import Reason, Termination

START = 1_893_456_000  # 2030-01-01T00:00Z


@dataclass(frozen=True, slots=True)
class Part:
    """A component and what flows from it into its buses, MW by step."""

    kind: str
    record: Any
    flows: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Deal:
    """An order and what came of it; sell 1, buy -1."""

    id: str
    party: str
    bus: str
    side: int
    step: int
    accepted_mwh: float
    cleared: float | None = None  # the price of the bus when None


def load(name: str, owner: str, taken: Sequence[float], bus: str = "e") -> Part:
    """A demand whose forecast is NOT what flows: settlement must not look at it."""
    return Part(
        "demand", Demand(id=name, bus=bus, owner=owner, demand_mw=np.full(len(taken), 77.0)), {bus: [-x for x in taken]}
    )


def sun(name: str, owner: str, given: Sequence[float], bus: str = "e") -> Part:
    return Part(
        "renewable", Renewable(id=name, bus=bus, owner=owner, available_mw=np.full(len(given), 77.0)), {bus: given}
    )


def grid(name: str, owner: str, flow: Sequence[float], imports: Any, exports: Any = 0.0, bus: str = "e") -> Part:
    """A grid connection, positive while it imports."""
    whole = np.ones(len(flow))
    record = GridConnection(
        id=name,
        bus=bus,
        owner=owner,
        import_max_mw=whole * 99,
        export_max_mw=whole * 99,
        import_price_eur_per_mwh=whole * imports,
        export_price_eur_per_mwh=whole * exports,
    )
    return Part("grid_connection", record, {bus: flow})


def tie(name: str, owner: str, sent: Sequence[float], arrived: Sequence[float], between: tuple[str, str]) -> Part:
    whole = np.ones(len(sent))
    record = Tie(
        id=name,
        from_bus=between[0],
        to_bus=between[1],
        owner=owner,
        forward_max_mw=whole * 99,
        backward_max_mw=whole * 99,
    )
    return Part("tie", record, {between[0]: [-x for x in sent], between[1]: arrived})


def heat_pump(name: str, owner: str, taken: Sequence[float], heat: Sequence[float]) -> Part:
    record = HeatPump(
        id=name, electricity_bus="e", heat_bus="h", owner=owner, electric_max_mw=99.0, cop=np.full(len(taken), 3.0)
    )
    return Part("heat_pump", record, {"e": [-x for x in taken], "h": heat})


def market(
    parts: Sequence[Part],
    prices: Mapping[str, Sequence[float]],
    deals: Sequence[Deal] = (),
    *,
    minutes: Sequence[int] | None = None,
    carriers: Mapping[str, str] | None = None,
    money: int = 2,
    energy: int = 6,
) -> tuple[Case, Outcome]:
    """A case and its outcome with exactly these flows, prices and orders."""
    steps = len(next(iter(prices.values())))
    seconds = np.array(minutes if minutes is not None else [60] * steps, dtype=np.int64) * 60
    kinds = [kind for kind in KINDS if any(part.kind == kind for part in parts)]
    owners = {part.record.owner for part in parts} | {deal.party for deal in deals}
    parties = tuple(Party(id=name) for name in sorted(owners - {"", "operator"}))
    buses = tuple(Bus(id=name, carrier=(carriers or {}).get(name, "electricity")) for name in prices)
    names, places = [party.id for party in parties], list(prices)
    case = Case(
        name="written",
        horizon=Horizon(START, seconds),
        parties=parties,
        buses=buses,
        components={
            kind: tuple({part.record.id: part.record for part in parts if part.kind == kind}.values()) for kind in kinds
        },
        orders=OrderBook(
            id=np.array([deal.id for deal in deals], dtype=np.str_),
            party=np.array([names.index(deal.party) for deal in deals], dtype=np.int64),
            bus=np.array([places.index(deal.bus) for deal in deals], dtype=np.int64),
            step=np.array([deal.step for deal in deals], dtype=np.int64),
            side=np.array([deal.side for deal in deals], dtype=np.int64),
            price_eur_per_mwh=np.zeros(len(deals)),
            energy_mwh=np.array([abs(deal.accepted_mwh) + 1 for deal in deals]),
        ),
        policy=Policy(money_decimals=money, energy_decimals=energy),
    )
    return case, _outcome(case, parts, prices, deals)


def _outcome(
    case: Case, parts: Sequence[Part], prices: Mapping[str, Sequence[float]], deals: Sequence[Deal]
) -> Outcome:
    ports = [
        (part.kind, part.record.id, bus, flow)
        for kind in case.components
        for part in parts
        if part.kind == kind
        for bus, flow in part.flows.items()
    ]
    time = case.horizon.axis.labels
    flow = np.array([list(port[3]) for port in ports], dtype=np.float64).reshape(len(ports), case.horizon.steps)
    texts = {
        f"port_{name}": ("port", np.array([port[place] for port in ports], dtype=np.str_))
        for place, name in enumerate(("kind", "component", "bus"))
    }
    labels = np.array([f"{kind}/{name}@{bus}" for kind, name, bus, _ in ports], dtype=np.str_)
    price = np.array([list(row) for row in prices.values()], dtype=np.float64).reshape(len(prices), case.horizon.steps)
    accepted = np.array([deal.accepted_mwh for deal in deals])
    cleared = np.array([prices[d.bus][d.step] if d.cleared is None else d.cleared for d in deals])
    answers = {"accepted_mwh": accepted, "cleared_eur_per_mwh": cleared} if deals else {}
    return Outcome(
        case_name=case.name,
        case_digest=case.digest(),
        currency=case.currency,
        termination=Termination(reason=Reason.OPTIMAL),
        objective=0.0,
        flow_table=Table(
            {"port": labels, "time": time}, {"flow_mw": quantity("flow_mw", ("port", "time"), flow, "power")}, texts
        ),
        price_table=Table(
            {"bus": np.array(list(prices), dtype=np.str_), "time": time},
            {"price_eur_per_mwh": quantity("price_eur_per_mwh", ("bus", "time"), price, "price")},
        ),
        order_table=Table(
            {"order": case.orders.id},
            {name: quantity(name, ("order",), values, name) for name, values in answers.items()},
        ),
        certificate=Certificate(residuals=()),
    )
