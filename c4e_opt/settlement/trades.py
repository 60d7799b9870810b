"""Trades: the energy that every position puts into its bus and the price it gets, as read from a case and its outcome.

Prices and energy are read as whole multiples of 1e-9 (`rounding.read`). A flow below 1e-7 MW counts as none, as it does
where flows both ways are looked for: what a solver leaves on a variable at its bound pays nothing in either direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray, TextArray
from c4e_opt.case import Case
from c4e_opt.errors import AxisError, CertificateFailed
from c4e_opt.outcome import Outcome, Table
from c4e_opt.settlement import contracts
from c4e_opt.settlement.dues import Due
from c4e_opt.settlement.rounding import Integers, read
from c4e_opt.settlement.statement import Positions, Purpose

_Key = TypeVar("_Key", bound=tuple[str, ...])

#: Below this, in MW, a flow counts as none.
NOISE_MW = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trades:
    """What is settled, shape (trade,), and the positions that it belongs to."""

    positions: Positions
    rounding: IntArray  # (bus,): the operator's position for what a bus leaves over
    rent: IntArray  # (position,): the operator's position for the rest of the local price: rents of grid connections,
    # what buyers in a price group pay less or more than it; -1 elsewhere
    local: Integers  # (bus, time): price of the bus, 1e-9 of the currency per MWh
    ignored_mwh: FloatArray  # (bus, time): what flows too small to count amount to, without their signs
    due: IntArray  # (due,): the owner's position
    cover: IntArray  # (due,): the operator's position for the same
    position: IntArray
    bus: IntArray
    step: IntArray
    energy: Integers  # into the bus, 1e-9 MWh, never zero
    price: Integers  # what the position is settled at, 1e-9 of the currency per MWh


@dataclass(frozen=True, slots=True, eq=False)
class _Names:
    """Positions in the making: labels without an order yet."""

    party: TextArray
    component: TextArray
    bus: IntArray
    purpose: TextArray


def trades(case: Case, outcome: Outcome, owed: Sequence[Due] = ()) -> Trades:
    """Read everything that is settled from the flows, prices and orders of an outcome.

    Args:
        case: The case.
        outcome: Its answer.
        owed: What is due besides; it gets positions.

    Raises:
        AxisError: A table does not have the buses, steps or orders of the case.
        CertificateFailed: A number is not finite, or a port belongs to no component of the case.
    """
    place = {bus.id: n for n, bus in enumerate(case.buses)}
    local = read(_table(case, outcome.price_table, "price_eur_per_mwh", "bus", list(place)))
    ports, flow_mw = _with_contracts(case, *_ports(case, outcome.flow_table, place), place)
    accepted, cleared = _orders(case, outcome.order_table)
    book, hours = case.orders, case.horizon.hours
    party = np.array([each.id for each in case.parties], dtype=np.str_)
    orders = _Names(
        party[book.party] if book.orders else np.zeros(0, dtype=np.str_),
        np.char.add("order/", book.id) if book.orders else np.zeros(0, dtype=np.str_),
        book.bus,
        np.full(book.orders, Purpose.ORDER.value),
    )
    connection = np.flatnonzero(ports.purpose == Purpose.TARIFF.value)
    rents = _operators(case, ports.component[connection], ports.bus[connection], Purpose.RENT)
    grouped = np.flatnonzero(book.price_group != "") if "price_group" in book.said() else np.zeros(0, dtype=np.int64)
    beside = _operators(case, orders.component[grouped], book.bus[grouped], Purpose.PRICE_GROUP)
    everywhere = np.arange(len(place))
    left = _operators(case, np.full(len(place), ""), everywhere, Purpose.ROUNDING)
    owners, covers, due = _dues(case, owed, place)
    parts = [ports, orders, rents, beside, left, owners, covers]
    positions, at = _sorted(parts, list(place))
    ends = np.cumsum([part.bus.size for part in parts])[:-1]
    at_port, at_order, at_rent, at_beside, at_left, at_owner, at_cover = np.split(at, ends)
    rent = np.full(at.size, -1, dtype=np.int64)
    rent[at_port[connection]], rent[at_order[grouped]] = at_rent, at_beside

    spread = book.spread(hours, _first_steps(outcome.order_table))
    of, at_step = spread.order, spread.step
    alone = np.bincount(of, minlength=book.orders)[of] == 1
    paid = np.where(alone, cleared[of], _table(case, outcome.price_table, "price_eur_per_mwh", "bus", list(place))[
        book.bus[of], at_step])  # fmt: skip
    share = np.where(alone, 1.0, spread.energy_mwh / book.energy_mwh[of])
    flow_mwh, signed_mwh = flow_mw * hours, accepted[of] * share * book.side[of]
    counts, orders_count = np.abs(flow_mw) >= NOISE_MW, np.abs(signed_mwh) >= NOISE_MW * hours[at_step]
    ignored = np.zeros((len(place), hours.size))
    np.add.at(ignored, ports.bus, np.abs(np.where(counts, 0.0, flow_mwh)))
    np.add.at(ignored, (book.bus[of], at_step), np.abs(np.where(orders_count, 0.0, signed_mwh)))
    flow, bought = read(np.where(counts, flow_mwh, 0.0)), read(np.where(orders_count, signed_mwh, 0.0))
    (port, step), taken = np.nonzero(flow), np.flatnonzero(bought)
    settled = _own_prices(case, ports, connection, local[ports.bus], flow)
    return Trades(
        positions=positions,
        rounding=at_left,
        rent=rent,
        local=local,
        ignored_mwh=ignored,
        due=at_owner[due[0]],
        cover=at_cover[due[1]],
        position=np.concatenate([at_port[port], at_order[of[taken]]]),
        bus=np.concatenate([ports.bus[port], book.bus[of[taken]]]),
        step=np.concatenate([step, at_step[taken]]),
        energy=np.concatenate([flow[port, step], bought[taken]]),
        price=np.concatenate([settled[port, step], read(paid)[taken]]),
    )


def _dues(
    case: Case, owed: Sequence[Due], place: Mapping[str, int]
) -> tuple[_Names, _Names, tuple[IntArray, IntArray]]:
    """Positions of owners and operator, and for every due the place among each of them."""
    holders, of_owner = _numbered([(each.owner, each.component, each.bus, each.purpose.value) for each in owed])
    covers, of_cover = _numbered([(each.component, each.bus) for each in owed])
    owners = _Names(
        np.array([owner for owner, _, _, _ in holders], dtype=np.str_),
        np.array([component for _, component, _, _ in holders], dtype=np.str_),
        np.array([place[bus] for _, _, bus, _ in holders], dtype=np.int64),
        np.array([purpose for _, _, _, purpose in holders], dtype=np.str_),
    )
    component = np.array([component for component, _ in covers], dtype=np.str_)
    bus = np.array([place[bus] for _, bus in covers], dtype=np.int64)
    return owners, _operators(case, component, bus, Purpose.COVER), (of_owner, of_cover)


def _numbered(keys: Sequence[_Key]) -> tuple[list[_Key], IntArray]:
    """The different keys in their order, and for every key the place among them."""
    place = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    return list(place), np.array([place[key] for key in keys], dtype=np.int64)


def _own_prices(case: Case, ports: _Names, connections: IntArray, local: Integers, flow: Integers) -> Integers:
    """The price of every port and step: its bus's, or the tariff in the direction of the flow, (port, time)."""
    tariffs = {f"grid_connection/{each.id}": each for each in case.components.get("grid_connection", ())}
    prices = local.copy()
    for port in connections.tolist():
        tariff = tariffs[str(ports.component[port])]
        imports = np.asarray(tariff.import_price_eur_per_mwh, dtype=np.float64)
        exports = np.asarray(tariff.export_price_eur_per_mwh, dtype=np.float64)
        row = read(np.where((flow[port] > 0).astype(np.bool_), imports, exports))
        if row.dtype == object:
            prices = prices.astype(object)
        prices[port] = row
    return prices


def _ports(case: Case, table: Table, place: dict[str, int]) -> tuple[_Names, FloatArray]:
    """Labels and mean power, MW, of every port; ports of one component at one bus count as one."""
    owners = {
        f"{kind}/{each.id}": getattr(each, "owner", "") or case.policy.operator
        for kind, records in case.components.items()
        for each in records
    }
    if not table.quantities:
        if owners:
            raise CertificateFailed(f"case {case.name!r}: the outcome has no flows although the case has components")
        none = np.zeros(0, dtype=np.str_)
        return _Names(none, none, np.zeros(0, dtype=np.int64), none), np.zeros((0, case.horizon.steps))
    flow_mw = _table(case, table, "flow_mw", "port", table.labels["port"].tolist())
    kinds, ids, buses = (table.texts[name][1].tolist() for name in ("port_kind", "port_component", "port_bus"))
    merged: dict[tuple[str, str], int] = {}
    group = np.zeros(len(ids), dtype=np.int64)
    for n, (kind, name, bus) in enumerate(zip(kinds, ids, buses, strict=True)):
        component = f"{kind}/{name}"
        if component not in owners or bus not in place:
            raise CertificateFailed(
                f"case {case.name!r} has no {component!r} at {bus!r}, of which the outcome has a port"
            )
        group[n] = merged.setdefault((component, bus), len(merged))
    total = np.zeros((len(merged), case.horizon.steps))
    np.add.at(total, group, flow_mw)
    rents = ("tie", "line", "flow_based_constraint", "heat_pipe", "gas_pipe")
    special = {"grid_connection": Purpose.TARIFF, **dict.fromkeys(rents, Purpose.RENT)}
    names = _Names(
        np.array([owners[component] for component, _ in merged], dtype=np.str_),
        np.array([component for component, _ in merged], dtype=np.str_),
        np.array([place[bus] for _, bus in merged], dtype=np.int64),
        np.array([special.get(c.split("/")[0], Purpose.ENERGY).value for c, _ in merged], dtype=np.str_),
    )
    return names, total


def _with_contracts(
    case: Case, ports: _Names, flow_mw: FloatArray, place: Mapping[str, int]
) -> tuple[_Names, FloatArray]:
    """Ports with the sides of physical contracts, which cancel at their bus."""
    sides = contracts.nominated(case, place)
    if not sides:
        return ports, flow_mw
    parties, components, buses, powers = zip(*sides, strict=True)
    names = _Names(
        np.append(ports.party, parties),
        np.append(ports.component, components),
        np.append(ports.bus, np.array(buses, dtype=np.int64)),
        np.append(ports.purpose, np.full(len(sides), Purpose.ENERGY.value)),
    )
    return names, np.vstack([flow_mw, *powers])


def _orders(case: Case, table: Table) -> tuple[FloatArray, FloatArray]:
    """Accepted energy, MWh, and cleared price of every order."""
    ids = case.orders.id.tolist()
    if not ids:
        return np.zeros(0), np.zeros(0)
    if not table.quantities:
        raise CertificateFailed(f"case {case.name!r}: the outcome has no orders although the case has {len(ids)}")
    return _column(table, "accepted_mwh", ids), _column(table, "cleared_eur_per_mwh", ids)


def _first_steps(table: Table) -> IntArray | None:
    """First step of every order, where the outcome chose them."""
    return np.rint(table.values("first_step")).astype(np.int64) if "first_step" in table.quantities else None


def _column(table: Table, name: str, ids: Sequence[str]) -> FloatArray:
    _same_labels(table, "order", ids)
    return _finite(table.values(name), name, (len(ids),))


def _table(case: Case, table: Table, name: str, axis: str, labels: Sequence[str]) -> FloatArray:
    """A quantity over (axis, time) with exactly these labels and the steps of the case."""
    if not table.quantities:
        raise CertificateFailed(f"case {case.name!r}: the outcome has no {name}")
    _same_labels(table, axis, labels)
    if not np.array_equal(table.labels["time"].astype("datetime64[s]").astype(np.int64), case.horizon.starts):
        raise AxisError(f"{name}: the steps of the outcome are not those of the case")
    return _finite(table.values(name), name, (len(labels), case.horizon.steps))


def _same_labels(table: Table, axis: str, labels: Sequence[str]) -> None:
    if table.labels[axis].tolist() != list(labels):
        raise AxisError(f"the labels of axis {axis!r} are not those of the case, in the same order")


def _finite(values: FloatArray, name: str, shape: tuple[int, ...]) -> FloatArray:
    if values.shape != shape:
        raise AxisError(f"{name} has shape {values.shape}; its labels say {shape}")
    if not np.isfinite(values).all():
        raise CertificateFailed(f"{name}: {int((~np.isfinite(values)).sum())} numbers are not finite")
    return values


def _operators(case: Case, component: TextArray, bus: IntArray, purpose: Purpose) -> _Names:
    count = bus.size
    return _Names(np.full(count, case.policy.operator), component, bus, np.full(count, purpose.value))


def _sorted(parts: Sequence[_Names], buses: Sequence[str]) -> tuple[Positions, IntArray]:
    """All positions in the tie order, and the place of each part's entries, one part behind the other."""

    def joined(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    bus = np.array(buses, dtype=np.str_)[joined("bus")]
    keys: dict[str, TextArray] = {name: joined(name) for name in ("party", "component", "purpose")} | {"bus": bus}
    order = np.lexsort((keys["purpose"], keys["bus"], keys["component"], keys["party"]))
    at = np.empty(order.size, dtype=np.int64)
    at[order] = np.arange(order.size)
    return Positions(**{name: labels[order] for name, labels in keys.items()}), at
