"""Tables: whether the answer is complete and labelled as the case is; nothing else can be checked before.

Laws:
    case_digest      the answer names this case, by name, currency and digest
    termination      an answer with numbers ends with a reason that allows them
    schedule_table   every quantity of every component, nothing else, finite, over the ids and steps of the case
    flow_table       one port for every component and bus that it is tied to, in the order of the case
    price_table      one finite price for every bus and step, by the price rule of the case
    order_table      accepted energy and price of every order of the book
    uplift_table     who is paid besides prices, where the policy wants it, and nobody else
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.case import KINDS, Case
from c4e_opt.outcome import Outcome, Table
from c4e_opt.units import unit_of
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.findings import Findings
from c4e_opt.verify.rooms import ROOMS

_WITH_NUMBERS = ("OPTIMAL", "FEASIBLE", "IMPRECISE")
_BASES = ("of the convex problem", "of the fixed commitment")
#: Kind, component and bus of a port.
Port = tuple[str, str, str]
_LIMIT_QUANTITIES = ("limit_step", "limit_sign", "shadow_price_eur_per_mwh")
_LIMIT_TEXTS = ("limit_law", "limit_element", "limit_outage")
_LIMIT_LAWS = frozenset({"line_flow_limit", "line_angle_limit", "line_outage_limit", "interface_limit"})
_PARTS = ("energy", "congestion", "loss", "voltage")
ROLLED = "of the rolling windows"
#: Of an answer that a second objective moved away from the least cost.
LEAST_COST = "of the least cost"


def read(case: Case, outcome: Outcome, findings: Findings, case_digest: str | None = None) -> Answer | None:
    """Check the tables and take their numbers out; None when there is nothing to recompute, or a table is broken.

    Args:
        case: The case.
        outcome: The answer to it.
        findings: Takes the laws of this module.
        case_digest: The digest of the case, where it is known.
    """
    findings.stated("case_digest", next(_identity(case, outcome, case_digest), None))
    findings.stated("termination", next(_termination(outcome), None))
    if not outcome.has_schedule:
        return None
    ports = ports_of(case)
    checks = {
        "schedule_table": _schedule(case, outcome.schedule_table, ports),
        "flow_table": _flows(case, outcome.flow_table, ports),
        "price_table": _prices(case, outcome),
        "order_table": _orders(case, outcome.order_table),
        "limit_table": _limits(case, outcome.limit_table),
        "uplift_table": _uplift(case, outcome.uplift_table),
    }
    complete = True
    for law, problems in checks.items():
        problem = next(problems, None)
        complete = complete and problem is None
        findings.stated(law, problem)
    if not complete:
        return None
    none = np.zeros(0)
    orders = outcome.order_table.quantities
    return Answer(
        schedule={name: quantity.values for name, quantity in outcome.schedule_table.quantities.items()},
        flow_mw=outcome.flow_table.values("flow_mw"),
        price_eur_per_mwh=outcome.price_table.values("price_eur_per_mwh"),
        price_parts={
            part: outcome.price_table.values(name)
            for part in _PARTS
            if (name := f"{part}_eur_per_mwh") in outcome.price_table.quantities
        },
        reserve_prices={name: outcome.price_table.values(name) for name in _reserve_prices(case)},
        group_prices=_group_prices(case, outcome.price_table),
        accepted_mwh=orders["accepted_mwh"].values if orders else none,
        cleared_eur_per_mwh=orders["cleared_eur_per_mwh"].values if orders else none,
        first_step=_first_steps(case, outcome.order_table),
        limits=_said(outcome.limit_table),
    )


def _identity(case: Case, outcome: Outcome, case_digest: str | None) -> Iterator[str]:
    for what, is_, must in (
        ("name", outcome.case_name, case.name),
        ("currency", outcome.currency, case.currency),
        ("digest", outcome.case_digest, case_digest or case.digest()),
    ):
        if is_ != must:
            yield f"{what} of the case is {must!r}; the answer is to {is_!r}"


def _termination(outcome: Outcome) -> Iterator[str]:
    reason = str(outcome.termination.reason)
    if outcome.has_schedule != (reason in _WITH_NUMBERS):
        yield f"{reason} {'with' if outcome.has_schedule else 'without'} a schedule"
    if reason == "OPTIMAL" and outcome.price_basis == ROLLED:
        yield "a rolled horizon is not known to be optimal; its reason must be FEASIBLE"


def _schedule(case: Case, table: Table, ports: Sequence[Port]) -> Iterator[str]:
    expected: dict[str, tuple[str, ...]] = {}
    optional: dict[str, tuple[str, ...]] = {}
    names: dict[str, Sequence[str]] = {}
    for kind, records in case.components.items():
        if not records:
            continue
        room = ROOMS[kind]
        expected |= {f"{kind}_{name}": (kind, "time") for name in room.quantities}
        expected |= {f"{kind}_{name}": axes for name, axes in room.more(records).items()}
        names |= {kind: [record.id for record in records], **room.labels(records, case.horizon)}
        names |= room.members(case, ports)
        optional |= {f"{kind}_{name}": axes for name, axes in room.optional(records).items()}
        if room.direction:
            optional[f"{kind}_{room.direction}"] = (kind, "time")
    if any("time" in axes for axes in expected.values()):
        yield from _time(case, table)
    present = {name: axes for name, axes in optional.items() if name in table.quantities}
    for axis in {axis: None for axes in (expected | present).values() for axis in axes if axis != "time"}:
        yield from _named(table, axis, names[axis])
    for name in table.quantities.keys() - expected.keys() - optional.keys():
        yield f"{name} is no quantity of this case"
    for name, axes in (expected | present).items():
        yield from _quantity(table, name, axes)


def ports_of(case: Case) -> list[Port]:
    """Kind, component and bus of every port, in the order of the flow table."""
    return [
        (kind, str(records[row].id), bus)
        for kind in KINDS
        if (records := case.components.get(kind, ()))
        for row, bus in ROOMS[kind].ends(records)
    ]


def _flows(case: Case, table: Table, ports: Sequence[Port]) -> Iterator[str]:
    yield from _time(case, table)
    yield from _named(table, "port", [f"{kind}/{component}@{bus}" for kind, component, bus in ports])
    for place, text in enumerate(("port_kind", "port_component", "port_bus")):
        yield from _text(table, text, "port", [port[place] for port in ports])
    yield from _only(table, ("flow_mw",))
    yield from _quantity(table, "flow_mw", ("port", "time"))


def _prices(case: Case, outcome: Outcome) -> Iterator[str]:
    table = outcome.price_table
    yield from _time(case, table)
    yield from _named(table, "bus", [bus.id for bus in case.buses])
    yield from _text(table, "carrier", "bus", [bus.carrier for bus in case.buses])
    parts = [name for part in _PARTS if (name := f"{part}_eur_per_mwh") in table.quantities]
    ends = ["price_low_eur_per_mwh", "price_high_eur_per_mwh"] if case.policy.pricing == "european" else []
    reserves = _reserve_prices(case)
    groups = _groups(case)
    together = ["group_price_eur_per_mwh"] if groups else []
    yield from _only(table, ("price_eur_per_mwh", *parts, *ends, *together, *reserves))
    if groups:
        yield from _named(table, "price_group", groups)
        yield from _quantity(table, "group_price_eur_per_mwh", ("price_group", "time"))
    if reserves:
        yield from _named(table, "reserve", [reserve.id for reserve in case.components["reserve"]])
        yield from _named(table, "reserve_provider", ROOMS["reserve"].members(case, ports_of(case))["reserve_provider"])
    for name, axis in reserves.items():
        yield from _quantity(table, name, (axis, "time"))
    for name in ("price_eur_per_mwh", *parts, *ends):
        yield from _quantity(table, name, ("bus", "time"))
    yield from _told_parts(case, parts)
    if outcome.price_rule != case.policy.pricing:
        yield f"prices follow the rule {outcome.price_rule!r}; the case wants {case.policy.pricing!r}"
    if outcome.price_basis == ROLLED or (outcome.price_basis == LEAST_COST and outcome.second is not None):
        return
    if outcome.price_basis not in _BASES:
        yield f"basis of the prices is {outcome.price_basis!r}; it must be one of {(*_BASES, ROLLED)}"
    elif (outcome.price_basis == _BASES[0]) == discrete(case, outcome.schedule_table.quantities):
        yield f"basis of the prices is {outcome.price_basis!r}; binaries in the schedule say otherwise"


def _groups(case: Case) -> list[str]:
    """The price groups of a case, by name."""
    if "price_group" not in case.orders.said():
        return []
    return [str(name) for name in np.unique(case.orders.price_group) if name]


def _group_prices(case: Case, table: Table) -> Mapping[str, FloatArray]:
    """The price of every price group, (time,) each."""
    groups = _groups(case)
    return dict(zip(groups, table.values("group_price_eur_per_mwh"), strict=True)) if groups else {}


def _reserve_prices(case: Case) -> Mapping[str, str]:
    """The prices of reserve that the table has, each with its first axis."""
    if not case.components.get("reserve"):
        return {}
    over = {"price": "reserve", "opportunity": "reserve_provider"}
    return {f"reserve_{way}_{what}_eur_per_mw_hour": over[what] for way in ("up", "down") for what in over}


def _told_parts(case: Case, parts: Sequence[str]) -> Iterator[str]:
    """Prices on a grid with linear power flow come with their parts."""
    if case.components.get("line") and case.policy.network in ("dc", "dcp"):
        missing = {"energy_eur_per_mwh", "congestion_eur_per_mwh"} - set(parts)
        if missing:
            yield f"{min(missing)} is missing"


def _orders(case: Case, table: Table) -> Iterator[str]:
    names = ["accepted_mwh", "cleared_eur_per_mwh", *(["first_step"] if case.orders.movable.any() else [])]
    yield from _only(table, names if case.orders.orders else ())
    if not case.orders.orders:
        return
    if "order" not in table.labels or not np.array_equal(table.labels["order"], case.orders.id):
        yield from _named(table, "order", case.orders.id.tolist())
    for name in names:
        yield from _quantity(table, name, ("order",))


def _first_steps(case: Case, table: Table) -> IntArray:
    """The step at which each order begins, (order,)."""
    if "first_step" not in table.quantities:
        return case.orders.step
    said = np.rint(np.clip(np.nan_to_num(table.values("first_step"), nan=-1.0), -1, case.horizon.steps))
    return said.astype(np.int64)


def _uplift(case: Case, table: Table) -> Iterator[str]:
    """Who decides something and is paid besides prices, where the policy wants it."""
    policy = case.policy
    wanted = policy.uplift != "none" or policy.pricing in ("pay_as_bid", "temporal")
    if not wanted or not table.quantities:
        yield from _only(table, ())
        if wanted:
            yield "the uplift is missing, by which participants are paid besides prices"
        return
    names = ["profit_eur", "lost_opportunity_eur", "make_whole_eur", "payment_eur"]
    over: dict[str, tuple[str, ...]] = dict.fromkeys(names, ("participant",))
    if policy.pricing == "temporal":
        over["ramp_price_eur_per_mwh"] = ("participant", "time")
        yield from _time(case, table)
    yield from _only(table, tuple(over))
    if "participant" not in table.labels:
        yield "axis participant is missing"
        return
    said = table.labels["participant"].tolist()
    known = {f"{kind}/{record.id}" for kind, records in case.components.items() for record in records}
    known |= {f"order/{name}" for name in case.orders.id.tolist()}
    for name in said:
        if name not in known:
            yield f"participant {name!r} is none of this case"
    if len(set(said)) < len(said):
        yield "a participant is there twice"
    for name, axes in over.items():
        yield from _quantity(table, name, axes)


def _limits(case: Case, table: Table) -> Iterator[str]:
    """Limits that bind, whatever their number: their words name laws, elements and outages of the case."""
    if not table.labels:
        yield from _only(table, ())
        return
    yield from _only(table, _LIMIT_QUANTITIES)
    if "limit" not in table.labels:
        yield "axis limit is missing"
        return
    complete = True
    for name in _LIMIT_QUANTITIES:
        for problem in _quantity(table, name, ("limit",)):
            complete = False
            yield problem
    for name in _LIMIT_TEXTS:
        axis, said = table.texts.get(name, ("", np.zeros(0)))
        if axis != "limit" or said.shape != table.labels["limit"].shape:
            complete = False
            yield f"text {name} over limit is missing"
    if complete:
        yield from _limits_named(case, table)


def _limits_named(case: Case, table: Table) -> Iterator[str]:
    """Each limit is one that the case has, and is there once."""
    law, element, outage = (table.texts[name][1].tolist() for name in _LIMIT_TEXTS)
    step, sign = table.values("limit_step"), table.values("limit_sign")
    if not np.isin(step, np.arange(case.horizon.steps)).all():
        yield "limit_step is no step of the case"
    if not np.isin(sign, (-1.0, 1.0)).all():
        yield "limit_sign is neither 1 nor -1"
    if (table.values("shadow_price_eur_per_mwh") < 0).any():
        yield "shadow_price_eur_per_mwh is below 0"
    known = {f"{kind}/{record.id}" for kind in ("line", "interface") for record in case.components.get(kind, ())}
    outages = {record.id for record in case.components.get("contingency", ())}
    if case.policy.security == "n1":
        outages |= {record.id for record in case.components.get("line", ()) if record.in_service}
    for at, (one, what, after) in enumerate(zip(law, element, outage, strict=True)):
        if one not in _LIMIT_LAWS or what not in known or not one.startswith(what.partition("/")[0]):
            yield f"limit[{at}], {one!r} of {what!r}, is no limit of this case"
        elif (after not in outages) if one == "line_outage_limit" else after:
            yield f"limit[{at}], {one!r} of {what!r}, is after {after!r}, which is no outage of this case"
    once = case.policy.network in ("transport", "dc", "dcp")  # elsewhere each end of a line has a limit of its own
    if once and len(set(zip(law, element, outage, step.tolist(), sign.tolist(), strict=True))) < len(law):
        yield "a limit is there twice"


def _said(table: Table) -> dict[str, Any]:
    """What the answer says of limits that bind, (limit,) each; of none where it has no such table."""
    numbers = {n: table.values(n) if n in table.quantities else np.zeros(0) for n in _LIMIT_QUANTITIES}
    nothing = ("limit", np.zeros(0, dtype=np.str_))
    return numbers | {name: table.texts.get(name, nothing)[1] for name in _LIMIT_TEXTS}


def has_binaries(names: Mapping[str, object]) -> bool:
    """Whether a schedule has binaries or counts, by the names of its quantities."""
    kinds = {f"{kind}_{name}" for kind, room in ROOMS.items() for name in (*room.binaries, *room.counts)}
    return not kinds.isdisjoint(names)


def discrete(case: Case, names: Mapping[str, object]) -> bool:
    """Whether something discrete was decided: in the schedule, or of orders that are accepted from a least part on."""
    return has_binaries(names) or bool(case.orders.indivisible.any())


def _time(case: Case, table: Table) -> Iterator[str]:
    if "time" not in table.labels:
        yield "axis time is missing"
        return
    labels = table.labels["time"]
    if labels.dtype.kind != "M" or labels.shape != case.horizon.starts.shape:
        yield f"axis time has {labels.size} labels of type {labels.dtype}; the horizon has {case.horizon.steps} steps"
        return
    wrong = np.flatnonzero(labels.astype("datetime64[s]").astype(np.int64) != case.horizon.starts)
    if wrong.size:
        yield f"step {wrong[0]} starts at {labels[wrong[0]]}Z; in the case at {case.horizon.axis.labels[wrong[0]]}Z"


def _named(table: Table, axis: str, expected: Sequence[str]) -> Iterator[str]:
    if axis not in table.labels:
        yield f"axis {axis} is missing"
        return
    yield from _words(f"axis {axis}", table.labels[axis].tolist(), expected)


def _text(table: Table, name: str, axis: str, expected: Sequence[str]) -> Iterator[str]:
    if name not in table.texts or table.texts[name][0] != axis:
        yield f"text {name} over {axis} is missing"
        return
    yield from _words(name, table.texts[name][1].tolist(), expected)


def _words(what: str, found: Sequence[str], expected: Sequence[str]) -> Iterator[str]:
    if found == expected:
        return
    if len(found) != len(expected):
        yield f"{what} has {len(found)} entries; the case has {len(expected)}"
        return
    for place, (is_, must) in enumerate(zip(found, expected, strict=True)):
        if is_ != must:
            yield f"{what}[{place}] is {is_!r}; in the case it is {must!r}"


def _only(table: Table, names: Sequence[str]) -> Iterator[str]:
    for name in table.quantities.keys() - set(names):
        yield f"{name} is no quantity of this case"


def _quantity(table: Table, name: str, axes: tuple[str, ...]) -> Iterator[str]:
    if name not in table.quantities:
        yield f"{name} is missing"
        return
    quantity = table.quantities[name]
    shape = tuple(table.labels[axis].size for axis in axes)
    if quantity.axes != axes or quantity.values.shape != shape:
        yield f"{name} is over {quantity.axes} with shape {quantity.values.shape}; it must be over {axes} with {shape}"
    elif quantity.values.dtype != np.float64:
        yield f"{name} is of type {quantity.values.dtype}; it must be float64"
    elif quantity.unit != unit_of(name):
        yield f"{name} is in {quantity.unit}; it must be in {unit_of(name)}"
    elif not math.isfinite(float(quantity.values.sum())) and not np.isfinite(quantity.values).all():
        row, *step = np.argwhere(~np.isfinite(quantity.values))[0]
        place = ", ".join(str(table.labels[axis][i]) for axis, i in zip(axes, (row, *step), strict=True))
        yield f"{name} is {quantity.values[(row, *step)]} at {place}"
