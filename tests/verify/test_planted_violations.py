"""One violation is planted into a true answer; the certificate must name the laws that it breaks, and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome
from c4e_opt.outcome import Quantity, Table
from c4e_opt.verify import verify
from c4e_solvers import Reason, Termination

Answered = tuple[Case, Outcome]
Plant = Callable[[Case, Outcome], Answered]
TABLES = {"schedule": "schedule_table", "flows": "flow_table", "prices": "price_table", "orders": "order_table"}


def replaced(outcome: Outcome, table: str, name: str, quantity: Quantity | None) -> Outcome:
    """The answer with one quantity exchanged, or left out."""
    old: Table = getattr(outcome, TABLES[table])
    quantities = {key: value for key, value in old.quantities.items() if key != name}
    if quantity is not None:
        quantities[name] = quantity
    return replace(outcome, **{TABLES[table]: replace(old, quantities=quantities)})


def number(name: str, at: tuple[int, ...], change: Callable[[float], float], table: str = "schedule") -> Plant:
    """Change one number of the answer."""

    def plant(case: Case, outcome: Outcome) -> Answered:
        quantity = getattr(outcome, TABLES[table]).quantities[name]
        values = quantity.values.copy()
        values[at] = change(float(values[at]))
        return case, replaced(outcome, table, name, replace(quantity, values=values))

    return plant


def both(first: str, second: str, at: tuple[int, ...]) -> Plant:
    """Add as much to one number of the schedule as to another."""

    def plant(case: Case, outcome: Outcome) -> Answered:
        return number(second, at, up(0.1))(*number(first, at, up(0.1))(case, outcome))

    return plant


def price(bus: int, step: int, amount: float) -> Plant:
    """Change a price, and that of the orders that clear at it."""

    def plant(case: Case, outcome: Outcome) -> Answered:
        _, other = number("price_eur_per_mwh", (bus, step), up(amount), "prices")(case, outcome)
        for order in np.flatnonzero((case.orders.bus == bus) & (case.orders.step == step)):
            _, other = number("cleared_eur_per_mwh", (int(order),), up(amount), "orders")(case, other)
        return case, other

    return plant


def book(column: str, order: int, value: float) -> Plant:
    """Keep the answer and change an order of the case."""

    def plant(case: Case, outcome: Outcome) -> Answered:
        values = getattr(case.orders, column).copy()
        values[order] = value
        other = replace(case, orders=replace(case.orders, **{column: values}))
        return other, replace(outcome, case_digest=other.digest())

    return plant


def busiest(name: str, change: Callable[[float], float], row: int = 0) -> Plant:
    """Change a number of the schedule where it is largest."""

    def plant(case: Case, outcome: Outcome) -> Answered:
        step = int(np.argmax(outcome.schedule_table.values(name)[row]))
        return number(name, (row, step), change)(case, outcome)

    return plant


def law(kind: str, place: int = 0, **fields: Any) -> Plant:
    """Keep the answer and change the case: what was allowed is not any more. The digest is made to fit."""

    def plant(case: Case, outcome: Outcome) -> Answered:
        records = list(case.components[kind])
        records[place] = replace(records[place], **fields)
        other = replace(case, components={**case.components, kind: tuple(records)})
        return other, replace(outcome, case_digest=other.digest())

    return plant


def said(**fields: Any) -> Plant:
    """Change what the answer says as a whole."""
    return lambda case, outcome: (case, replace(outcome, **fields))


def added(**amounts: float) -> Plant:
    """Add to what the answer says as a whole."""
    return lambda case, outcome: (case, replace(outcome, **{k: getattr(outcome, k) + v for k, v in amounts.items()}))


def term(name: str, amount: float) -> Plant:
    """Add to one term of the objective."""
    return lambda case, outcome: (
        case,
        replace(outcome, terms={**outcome.terms, name: outcome.terms.get(name, 0) + amount}),
    )


def table(name: str, change: Callable[[Table], Table]) -> Plant:
    """Change a table."""
    return lambda case, outcome: (case, replace(outcome, **{TABLES[name]: change(getattr(outcome, TABLES[name]))}))


def labels(axis: str, change: Callable[[Any], Any]) -> Callable[[Table], Table]:
    """Change the labels of an axis."""
    return lambda old: replace(old, labels={**old.labels, axis: change(old.labels[axis])})


def text(name: str, change: Callable[[Any], Any]) -> Callable[[Table], Table]:
    """Change the texts beside an axis."""
    return lambda old: replace(old, texts={**old.texts, name: (old.texts[name][0], change(old.texts[name][1]))})


def without(name: str, quantity: str) -> Plant:
    """Leave a quantity out."""
    return lambda case, outcome: (case, replaced(outcome, name, quantity, None))


def shape(name: str, quantity: str) -> Plant:
    """Drop the last step of a quantity, and of the axis."""

    def plant(case: Case, outcome: Outcome) -> Answered:
        old: Table = getattr(outcome, TABLES[name])
        short = {
            key: replace(each, values=each.values[..., :-1])
            for key, each in old.quantities.items()
            if "time" in each.axes
        }
        new = replace(
            old, quantities={**old.quantities, **short}, labels={**old.labels, "time": old.labels["time"][:-1]}
        )
        return case, replace(outcome, **{TABLES[name]: new})

    return plant


def swapped(words: Any) -> Any:
    """The first two entries exchanged."""
    return np.concatenate([words[1::-1], words[2:]])


def up(amount: float) -> Callable[[float], float]:
    """More by an amount."""
    return lambda old: old + amount


def to(value: float) -> Callable[[float], float]:
    """Exactly so much."""
    return lambda _old: value


@dataclass(frozen=True)
class Planted:
    """A violation, the laws that it breaks, and words of the worst place of the first of them."""

    case: str
    plant: Plant
    broken: tuple[str, ...]
    where: str = ""


SITE, ENGINE = "site", "engine house"
ARRIVAL = 1_735_695_000  # of the vehicle
#: A row of the flow table for every kind of the site.
PORT_OF = {
    "grid_connection": 1,
    "renewable": 3,
    "demand": 5,
    "flexible_demand": 6,
    "chp": 8,
    "boiler": 11,
    "heat_pump": 12,
    "battery": 14,
    "heat_store": 15,
    "ev_session": 16,
    "tie": 18,
}
PLANTED: Mapping[str, Planted] = {
    # The answer as a whole.
    "an answer to another case": Planted(SITE, said(case_digest="0" * 64), ("case_digest",)),
    "an answer in another currency": Planted(SITE, said(currency="CHF"), ("case_digest",), "CHF"),
    "an infeasible answer with a schedule": Planted(
        SITE, said(termination=Termination(reason=Reason.INFEASIBLE)), ("termination",)
    ),
    "an optimal answer without a schedule": Planted(SITE, said(objective=None), ("termination",)),
    "an objective that is too low": Planted(SITE, added(objective=-0.01, bound=-0.02), ("objective",)),
    "a bound above the objective": Planted(SITE, added(bound=0.01), ("bound",)),
    "an optimal answer without a bound": Planted(SITE, said(bound=None), ("bound",)),
    "a welfare that is too high": Planted(SITE, added(welfare=0.01), ("welfare",)),
    "no welfare although there are orders": Planted(SITE, said(welfare=None), ("welfare",)),
    "a welfare without orders": Planted(ENGINE, said(welfare=0.0), ("welfare",)),
    **{
        f"a wrong term {name}": Planted(SITE, term(name, 0.01), (f"cost_{name}",), name)
        for name in ("energy", "production", "start", "storage", "shedding", "unserved", "transport", "orders")
    },
    "a term that nobody knows": Planted(SITE, term("bonus", 1.0), ("objective",), "bonus"),
    # Tables.
    "a quantity that is missing": Planted(
        SITE, without("schedule", "battery_energy_mwh"), ("schedule_table",), "battery_energy_mwh"
    ),
    "binaries that are missing": Planted(ENGINE, without("schedule", "chp_on"), ("schedule_table",), "chp_on"),
    "a quantity that nobody knows": Planted(
        SITE,
        lambda case, outcome: (
            case,
            replaced(outcome, "schedule", "battery_joy_mw", outcome.schedule_table.quantities["battery_charge_mw"]),
        ),
        ("schedule_table",),
        "battery_joy_mw",
    ),
    "another id": Planted(
        SITE, table("schedule", labels("battery", lambda ids: np.array(["sells"]))), ("schedule_table",), "sells"
    ),
    "ids in another order": Planted(
        SITE, table("schedule", labels("grid_connection", swapped)), ("schedule_table",), "gas"
    ),
    "one step too few": Planted(SITE, shape("schedule", "battery_charge_mw"), ("schedule_table",), "time"),
    "steps that start later": Planted(
        SITE,
        table("schedule", labels("time", lambda time: time + np.timedelta64(1, "h"))),
        ("schedule_table",),
        "2025-01-01T01",
    ),
    "not a number in the schedule": Planted(
        SITE, number("tie_forward_mw", (0, 2), to(float("nan"))), ("schedule_table",), "line, 2025-01-01T02"
    ),
    "infinite power in the schedule": Planted(
        SITE, number("tie_forward_mw", (0, 2), to(float("inf"))), ("schedule_table",), "inf"
    ),
    "another unit": Planted(
        SITE,
        table(
            "schedule",
            lambda old: replace(
                old, quantities={**old.quantities, "chp_fuel_mw": replace(old.quantities["chp_fuel_mw"], unit="kW")}
            ),
        ),
        ("schedule_table",),
        "kW",
    ),
    "ports of another bus": Planted(SITE, table("flows", text("port_bus", swapped)), ("flow_table",), "port_bus"),
    "ports of another component": Planted(
        SITE, table("flows", text("port_component", swapped)), ("flow_table",), "port_component"
    ),
    "not a number in the flows": Planted(
        SITE, number("flow_mw", (3, 1), to(float("nan")), "flows"), ("flow_table",), "nan"
    ),
    "prices of another bus": Planted(SITE, table("prices", labels("bus", swapped)), ("price_table",), "house"),
    "an infinite price": Planted(
        SITE, number("price_eur_per_mwh", (1, 1), to(float("-inf")), "prices"), ("price_table",), "house"
    ),
    "another price rule": Planted(SITE, said(price_rule="as bid"), ("price_table",), "as bid"),
    "another basis of prices": Planted(SITE, said(price_basis="of the fixed commitment"), ("price_table",), "binaries"),
    "orders with other names": Planted(SITE, table("orders", labels("order", swapped)), ("order_table",), "dear"),
    "orders that are missing": Planted(SITE, without("orders", "accepted_mwh"), ("order_table",), "accepted_mwh"),
    # Flows and balances.
    "a flow that the schedule does not give": Planted(
        SITE,
        number("flow_mw", (0, 3), up(0.01), "flows"),
        ("grid_connection_flow", "power_balance"),
        "grid_connection 'grid' at bus 'street', 2025-01-01T03:00:00Z",
    ),
    "a demand that is served in part": Planted(
        SITE, number("flow_mw", (4, 3), up(0.01), "flows"), ("demand_flow", "power_balance"), "demand 'load'"
    ),
    "heat from another efficiency": Planted(
        SITE, law("chp", heat_efficiency=0.46), ("chp_flow", "chp_price"), "bus 'radiator'"
    ),
    "a boiler of another efficiency": Planted(
        SITE, law("boiler", efficiency=0.89), ("boiler_flow", "boiler_price"), "bus 'meter'"
    ),
    "a heat pump of another performance": Planted(
        SITE, law("heat_pump", cop=np.full(6, 3.3)), ("heat_pump_flow", "heat_pump_price"), "bus 'radiator'"
    ),
    "a tie with another loss": Planted(
        SITE, law("tie", loss_ratio=0.06), ("tie_flow", "tie_forward_price"), "tie 'line'"
    ),
    **{
        f"a wrong flow of a {kind}": Planted(
            SITE, number("flow_mw", (row, 3), up(0.01), "flows"), (f"{kind}_flow", "power_balance"), f"{kind} "
        )
        for kind, row in PORT_OF.items()
    },
    # Limits.
    "more import than the connection carries": Planted(
        SITE, law("grid_connection", import_max_mw=np.full(6, 3.0)), ("grid_connection_import_limit",), "2025-01-01T04"
    ),
    "more export than the connection carries": Planted(
        SITE, law("grid_connection", export_max_mw=np.full(6, 1.0)), ("grid_connection_export_limit",), "2025-01-01T02"
    ),
    "import and export in one step": Planted(
        SITE,
        both("grid_connection_import_mw", "grid_connection_export_mw", (0, 4)),
        ("grid_connection_exclusivity", "grid_connection_export_price", "cost_energy", "objective"),
        "grid_connection 'grid', 2025-01-01T04",
    ),
    "more power than the sun gives": Planted(
        SITE,
        law("renewable", available_mw=np.array([0, 2.9, 9, 2, 0, 0])),
        ("renewable_power_limit",),
        "'pv', 2025-01-01T01",
    ),
    "curtailment where it is not allowed": Planted(
        SITE, law("renewable", curtailable=False), ("renewable_curtailment",), "'pv', 2025-01-01T02"
    ),
    "more shed than allowed": Planted(
        SITE, law("flexible_demand", shed_max_ratio=0.4), ("flexible_demand_shed_limit",), "T03"
    ),
    "more shifted than allowed": Planted(
        SITE, law("flexible_demand", shift_max_mw=0.3), ("flexible_demand_shift_limit",)
    ),
    "shifting without a window": Planted(
        SITE, law("flexible_demand", shift_window_hours=0), ("flexible_demand_shift_limit",)
    ),
    "energy that moves out of its window": Planted(
        SITE, law("flexible_demand", shift_window_hours=2), ("flexible_demand_shift_balance",), "flexible_demand 'flex'"
    ),
    "more shed and postponed than is wanted": Planted(
        SITE,
        number("flexible_demand_shed_mw", (0, 3), to(0.7)),
        (
            "flexible_demand_service_limit",
            "flexible_demand_shed_limit",
            "flexible_demand_flow",
            "cost_shedding",
            "objective",
        ),
        "T03",
    ),
    "more heat than the boiler gives": Planted(SITE, law("boiler", heat_max_mw=0.5), ("boiler_load_range",), "T03"),
    "more power than the heat pump takes": Planted(
        SITE, law("heat_pump", electric_max_mw=0.15), ("heat_pump_load_range",)
    ),
    "more forward than the tie carries": Planted(
        SITE, law("tie", forward_max_mw=np.full(6, 3.0)), ("tie_forward_limit",), "T04"
    ),
    "more backward than the tie carries": Planted(
        SITE, law("tie", backward_max_mw=np.full(6, 1.0)), ("tie_backward_limit",), "T02"
    ),
    "a tie that sends both ways": Planted(
        SITE,
        both("tie_forward_mw", "tie_backward_mw", (0, 4)),
        ("tie_exclusivity", "tie_flow", "tie_backward_price", "cost_transport", "objective"),
        "tie 'line', 2025-01-01T04",
    ),
    "half a direction": Planted(
        ENGINE,
        number("battery_charging", (0, 2), to(0.5)),
        ("integrality",),
        "battery 'cells': charging, 2025-01-01T02",
    ),
    # Reservoirs.
    "charging faster than the battery can": Planted(SITE, law("battery", charge_max_mw=0.9), ("battery_charge_limit",)),
    "discharging faster than the battery can": Planted(
        SITE, law("battery", discharge_max_mw=0.9), ("battery_discharge_limit",), "T03"
    ),
    "more energy than the battery holds": Planted(
        SITE, law("battery", energy_max_mwh=1.9), ("battery_energy_limit",), "T02"
    ),
    "less energy than the battery must hold": Planted(
        SITE, law("battery", energy_min_mwh=0.2), ("battery_energy_limit",), "T00"
    ),
    "another final energy": Planted(
        SITE, law("battery", energy_end_mwh=0.9), ("battery_energy_end",), "battery 'cells'"
    ),
    "energy out of nothing": Planted(
        SITE, number("battery_energy_mwh", (0, 3), up(0.01)), ("battery_energy_balance",), "'cells', 2025"
    ),
    "another start": Planted(
        SITE, law("battery", energy_start_mwh=1.1), ("battery_energy_balance",), "'cells', 2025-01-01T00"
    ),
    "a standing loss that is forgotten": Planted(
        SITE, law("battery", standing_loss_per_hour=0.02), ("battery_energy_balance",)
    ),
    "a charge that is scaled": Planted(
        SITE,
        busiest("battery_charge_mw", lambda old: 0.9 * old),
        ("battery_energy_balance", "battery_flow", "battery_stored_value"),
    ),
    "a battery that charges and discharges": Planted(
        SITE,
        both("battery_charge_mw", "battery_discharge_mw", (0, 0)),
        ("battery_exclusivity", "battery_energy_balance", "battery_stored_value", "cost_storage", "objective"),
        "battery 'cells', 2025-01-01T00",
    ),
    "charging the tank faster than it can": Planted(
        SITE,
        number("heat_store_charge_mw", (0, 3), to(1.1)),
        ("heat_store_charge_limit", "heat_store_flow", "heat_store_energy_balance"),
    ),
    "discharging the tank faster than it can": Planted(
        SITE, law("heat_store", discharge_max_mw=0.3), ("heat_store_discharge_limit",)
    ),
    "more heat than the tank holds": Planted(
        SITE, law("heat_store", energy_max_mwh=0.5), ("heat_store_energy_limit",), "T00"
    ),
    "a tank that loses more": Planted(
        SITE,
        law("heat_store", standing_loss_per_hour=0.03),
        ("heat_store_energy_balance", "heat_store_stored_value"),
        "T00",
    ),
    "a tank that must end with more": Planted(
        SITE, law("heat_store", energy_end_mwh=0.5), ("heat_store_energy_end",), "'tank'"
    ),
    "charging faster than the plug allows": Planted(
        SITE, law("ev_session", charge_max_mw=0.7), ("ev_session_charge_limit",), "T02"
    ),
    "charging before the vehicle is there": Planted(
        SITE, law("ev_session", arrival=ARRIVAL + 900), ("ev_session_charge_limit",), "T01"
    ),
    "discharging faster than the plug allows": Planted(
        SITE,
        number("ev_session_discharge_mw", (0, 3), to(0.6)),
        (
            "ev_session_discharge_limit",
            "ev_session_exclusivity",
            "ev_session_flow",
            "ev_session_energy_balance",
            "ev_session_stored_value",
        ),
    ),
    "more energy than the vehicle holds": Planted(
        SITE, law("ev_session", energy_max_mwh=1.7), ("ev_session_energy_limit",), "T04"
    ),
    "energy out of nothing in a vehicle": Planted(
        SITE, law("ev_session", charge_efficiency=0.91), ("ev_session_energy_balance",)
    ),
    "another start of a vehicle": Planted(
        SITE, law("ev_session", energy_start_mwh=0.3), ("ev_session_energy_balance", "ev_session_stored_value"), "T01"
    ),
    "a vehicle that charges and discharges": Planted(
        SITE,
        both("ev_session_charge_mw", "ev_session_discharge_mw", (0, 3)),
        ("ev_session_exclusivity", "ev_session_energy_balance", "ev_session_stored_value"),
    ),
    "energy in a vehicle that is away": Planted(
        SITE, number("ev_session_energy_mwh", (0, 0), up(0.1)), ("ev_session_absence",), "'car', 2025-01-01T00"
    ),
    "power of a vehicle that is away": Planted(
        SITE,
        number("ev_session_charge_mw", (0, 5), up(0.1)),
        ("ev_session_absence", "ev_session_charge_limit", "ev_session_flow"),
        "T05",
    ),
    "a vehicle that leaves without its energy": Planted(
        SITE, law("ev_session", energy_needed_mwh=1.6), ("ev_session_departure_energy",), "'car'"
    ),
    "more unserved than is needed": Planted(
        SITE,
        number("ev_session_unserved_mwh", (0,), to(1.6)),
        ("ev_session_unserved_limit", "ev_session_stored_value", "cost_unserved", "objective"),
    ),
    # Commitment.
    "a run with a hole": Planted(
        ENGINE,
        number("chp_on", (0, 7), to(0.0)),
        ("chp_commitment_balance", "chp_load_range", "chp_minimum_up_time", "chp_minimum_down_time"),
    ),
    "a start that is not paid": Planted(
        ENGINE, number("chp_starting", (0, 6), to(0.0)), ("chp_commitment_balance", "cost_start", "objective"), "engine"
    ),
    "a stop that is not said": Planted(
        ENGINE, number("chp_stopping", (0, 2), to(0.0)), ("chp_commitment_balance",), "T02"
    ),
    "a state of a plant without rules": Planted(
        ENGINE, number("chp_on", (1, 2), to(1.0)), ("chp_commitment_balance",), "spare"
    ),
    "half a state": Planted(
        ENGINE,
        number("chp_on", (0, 7), to(0.5)),
        ("integrality", "chp_commitment_balance", "chp_load_range", "chp_minimum_up_time", "chp_minimum_down_time"),
        "chp 'engine': on, 2025-01-01T07",
    ),
    "more fuel than the plant burns": Planted(ENGINE, law("chp", fuel_max_mw=3.9), ("chp_load_range",), "engine"),
    "less fuel than the plant needs": Planted(
        ENGINE, number("chp_fuel_mw", (0, 7), to(1.9)), ("chp_load_range", "chp_flow", "chp_price"), "T07"
    ),
    "a run that is too short": Planted(ENGINE, law("chp", minimum_up_hours=4), ("chp_minimum_up_time",), "engine"),
    "a first run that is too young": Planted(
        ENGINE, law("chp", minimum_up_hours=3, hours_in_state_initially=0.5), ("chp_minimum_up_time",), "T02"
    ),
    "a rest that is too short": Planted(ENGINE, law("chp", minimum_down_hours=5), ("chp_minimum_down_time",), "engine"),
    "another state before the first step": Planted(
        ENGINE, law("chp", on_initially=False), ("chp_commitment_balance", "chp_minimum_down_time"), "T00"
    ),
    # Orders.
    "more accepted than offered": Planted(
        SITE, book("energy_mwh", 2, 0.2), ("order_limit",), "order 'thirsty', 2025-01-01T03"
    ),
    "less than nothing accepted": Planted(
        SITE,
        number("accepted_mwh", (1,), to(-0.1), "orders"),
        ("order_limit", "power_balance", "cost_orders", "objective", "welfare"),
        "order 'dear'",
    ),
    "an order that clears at another price": Planted(
        SITE, number("cleared_eur_per_mwh", (3,), up(0.01), "orders"), ("order_cleared_price",), "order 'stingy'"
    ),
    "an order in the money that is left over": Planted(
        SITE, book("energy_mwh", 2, 0.4), ("order_acceptance",), "order 'thirsty'"
    ),
    "an order out of the money that is accepted": Planted(
        SITE,
        number("accepted_mwh", (3,), to(0.1), "orders"),
        ("order_acceptance", "power_balance", "cost_orders", "objective", "welfare"),
        "order 'stingy'",
    ),
    # Prices.
    "a gas price above the tariff": Planted(
        SITE, price(3, 5, 0.01), ("grid_connection_import_price",), "'gas', 2025-01-01T05"
    ),
    "a street price below the tariff": Planted(
        SITE, price(0, 4, -0.01), ("grid_connection_import_price", "tie_forward_price"), "'grid', 2025-01-01T04"
    ),
    "an export price that nobody pays": Planted(
        SITE, price(0, 2, 0.01), ("grid_connection_export_price",), "'grid', 2025-01-01T02"
    ),
    "a price while the sun is curtailed": Planted(SITE, price(1, 2, 0.01), ("renewable_price",), "'pv', 2025-01-01T02"),
    "a price below the value of what is shed": Planted(
        SITE,
        price(1, 3, -30),
        ("flexible_demand_shed_price", "heat_pump_price", "tie_forward_price", "tie_backward_price"),
    ),
    "a price at which another step is better to shift to": Planted(
        SITE,
        price(1, 0, -20),
        ("flexible_demand_shift_price", "battery_stored_value", "tie_forward_price", "tie_backward_price"),
    ),
    "a heat price below the boiler's": Planted(SITE, price(2, 3, -0.01), ("boiler_price",), "T03"),
    "a heat price above the heat pump's": Planted(SITE, price(2, 5, 0.01), ("heat_pump_price",), "T05"),
    "a heat price that the tank would wait for": Planted(
        SITE, price(2, 1, 5), ("heat_store_stored_value", "boiler_price")
    ),
    "a vehicle that pays more than its energy is worth": Planted(
        SITE, law("ev_session", unserved_value_eur_per_mwh=50.0), ("ev_session_stored_value",), "'car', 2025-01-01T04"
    ),
}


@pytest.mark.parametrize("sentence", PLANTED)
def test_the_certificate_names_exactly_the_laws_that_are_broken(
    sentence: str, solved: dict[str, tuple[Case, Outcome]]
) -> None:
    planted = PLANTED[sentence]
    case, outcome = planted.plant(*solved[planted.case])
    certificate = verify(case, outcome)
    assert {residual.law for residual in certificate.broken} == set(planted.broken), certificate.broken
    first = next(residual for residual in certificate.broken if residual.law == planted.broken[0])
    assert planted.where in first.where
    assert not first.largest <= first.tolerance


def test_the_answers_that_violations_are_planted_into_fulfil_every_law(solved: dict[str, tuple[Case, Outcome]]) -> None:
    for case, outcome in solved.values():
        certificate = verify(case, outcome)
        assert certificate.holds, certificate.broken
        assert outcome.certificate == certificate


def test_every_law_that_is_checked_is_broken_by_some_planted_violation(solved: dict[str, tuple[Case, Outcome]]) -> None:
    checked = {residual.law for case, outcome in solved.values() for residual in verify(case, outcome).residuals}
    from tests.verify.test_planted_grid import PLANTED as PLANTED_IN_GRIDS
    from tests.verify.test_planted_orders import PLANTED as PLANTED_IN_AUCTIONS
    from tests.verify.test_planted_plants import PLANTED as PLANTED_IN_PLANTS

    planted = {law for each in (*PLANTED.values(), *PLANTED_IN_PLANTS.values()) for law in each.broken}
    planted |= {law for _, _, broken, _ in PLANTED_IN_GRIDS.values() for law in broken}
    planted |= {each.law for each in PLANTED_IN_AUCTIONS} | {"uplift_table"}  # the latter in test_planted_uplift
    assert checked <= planted, checked - planted
