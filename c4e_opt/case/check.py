"""Everything that is wrong with a case, all at once: ranges, references, horizons and the rules of every room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from c4e_opt.case import reach, times
from c4e_opt.case.case import CARRIERS, KINDS, Bus, Case, Party, Policy
from c4e_opt.components import (
    battery,
    boiler,
    building,
    chiller,
    chp,
    converter,
    deferrable_load,
    electrolyser,
    ev_session,
    flexible_demand,
    fuel_cell,
    generator,
    grid_connection,
    heat_pump,
    heat_store,
    interruptible_load,
    shiftable_load,
    store,
    stratified_store,
    tie,
)
from c4e_opt.components.context import Context
from c4e_opt.fields import Field, fields_of
from c4e_opt.issues import Issue, duplicates, unknown
from c4e_opt.laws import (
    charging_site,
    emission_budget,
    energy_budget,
    exclusion,
    generic_constraint,
    islanding,
    maintenance,
    must_run,
    reserve,
    reserve_offer,
    self_consumption,
)
from c4e_opt.market import checks as order_checks
from c4e_opt.market import complex_order, market
from c4e_opt.network import (
    borders,
    checks,
    contingency,
    flow_based,
    gas_pipe,
    heat_pipe,
    interface,
    line,
    radial,
    reactive,
)
from c4e_opt.trading import contract
from c4e_opt.units import Units

#: Rules between the fields of one component, by kind; kinds without an entry have none.
ROOM_CHECKS: Mapping[str, Callable[[str, Any, Context], Iterator[Issue]]] = {
    "grid_connection": grid_connection.check,
    "flexible_demand": flexible_demand.check,
    "shiftable_load": shiftable_load.check,
    "deferrable_load": deferrable_load.check,
    "interruptible_load": interruptible_load.check,
    "generator": generator.check,
    "converter": converter.check,
    "chp": chp.check,
    "boiler": boiler.check,
    "heat_pump": heat_pump.check,
    "chiller": chiller.check,
    "electrolyser": electrolyser.check,
    "fuel_cell": fuel_cell.check,
    "battery": battery.check,
    "heat_store": heat_store.check,
    "store": store.check,
    "stratified_store": stratified_store.check,
    "building": building.check,
    "ev_session": ev_session.check,
    "tie": tie.check,
    "line": line.check,
    "contingency": contingency.check,
    "interface": interface.check,
    "reactive": reactive.check,
    "flow_based_constraint": flow_based.check,
    "heat_pipe": heat_pipe.check,
    "gas_pipe": gas_pipe.check,
    "energy_budget": energy_budget.check,
    "emission_budget": emission_budget.check,
    "self_consumption": self_consumption.check,
    "reserve": reserve.check,
    "reserve_offer": reserve_offer.check,
    "generic_constraint": generic_constraint.check,
    "islanding": islanding.check,
    "exclusion": exclusion.check,
    "charging_site": charging_site.check,
    "maintenance": maintenance.check,
    "must_run": must_run.check,
    "complex_order": complex_order.check,
    "market": market.check,
    "contract": contract.check,
}


#: From so many records on, fields are looked at column by column first.
_COLUMNS = 20

#: Where a record stands that could not be put together, its class, and the fields that could be read.
Partial = tuple[str, type[Any], Mapping[str, Any]]


def check(case: Case, units: Units | None = None, partial: Sequence[Partial] = ()) -> list[Issue]:
    """What is wrong with a case; an empty list when it may be formulated.

    Args:
        case: Any case, however it was made.
        units: The units in which its writer reads paths and numbers; those of the case when None.
        partial: Records that could not be put together, whose other fields are checked all the same.

    A case is never changed, so one in which nothing was found is not looked at again.
    """
    if case.sound and not partial:
        return []
    issues = _issues(case, units, partial)
    if not issues and not partial:
        case.sound.append(True)
    return issues


def _issues(case: Case, units: Units | None, partial: Sequence[Partial]) -> list[Issue]:
    issues = list(_horizon(case))
    if issues:
        return issues
    members = {f"{kind}/{record.id}": record for kind, records in case.components.items() for record in records}
    known = Context(
        carriers={bus.id: bus.carrier for bus in case.buses},
        sites={bus.id: bus.site for bus in case.buses},
        members=frozenset(members),
        records=members,
        parties=frozenset(party.id for party in case.parties) | {"", case.policy.operator},
        horizon=case.horizon,
        units=units or case.units,
    )
    issues += duplicates("parties", (party.id for party in case.parties))
    issues += duplicates("buses", (bus.id for bus in case.buses))
    groups: tuple[tuple[str, type[Any], Sequence[Any]], ...] = (
        ("parties", Party, case.parties), ("buses", Bus, case.buses),
    )  # fmt: skip
    for path, cls, group in groups:
        fields = _unsound(cls, group, known)
        for place, part in enumerate(group if fields else ()):
            issues += _fields(f"{path}[{place}]", part, known, fields)
    issues += _fields("policy", case.policy, known)
    issues += _pricing(case.policy)
    for kind in sorted(case.components.keys() - KINDS.keys()):
        issues.append(unknown("components", "unknown_kind", "kind of component", kind, KINDS))
    for kind in KINDS:
        records = case.components.get(kind, ())
        issues += duplicates(f"components.{kind}", (record.id for record in records))
        fields = _unsound(KINDS[kind], records, known)
        for place, record in enumerate(records if fields or kind in ROOM_CHECKS else ()):
            issues += _component(f"components.{kind}[{place}]", kind, record, known, fields)
    for path, cls, values in partial:
        issues += _values(path, fields_of(cls), values, known)
    around = around_of(case, known.units)
    issues += order_checks.market_issues(around.markets)
    issues += order_checks.check("orders", case.orders, around)
    if not issues and not partial:
        lines, outages = case.components.get("line", ()), case.components.get("contingency", ())
        issues += radial.check(case.policy.network, lines, outages)
        issues += borders.check(case.components, known.sites, case.policy)
        issues += checks.check(case.policy, case.components)
        issues += reserve_offer.check_twins(case.components.get("reserve_offer", ()))
        issues += reach.check(case, known.units)
    if not any(case.components.values()) and not case.orders.orders and not partial:
        issues.append(Issue("components", "empty", "the case has neither components nor orders; nothing to solve"))
    return issues


def around_of(case: Case, units: Units) -> order_checks.Around:
    """What the check of a book may look at beyond its columns.

    Args:
        case: The case around it.
        units: In which findings are written.
    """
    return order_checks.Around(
        parties=len(case.parties),
        buses=[bus.id for bus in case.buses],
        carriers=[bus.carrier for bus in case.buses],
        horizon=case.horizon,
        complex_orders={each.id: each for each in case.components.get("complex_order", ())},
        markets=case.components.get("market", ()),
        units=units,
        pricing=case.policy.pricing,
    )


def _pricing(policy: Policy) -> Iterator[Issue]:
    """Price rules and what they do not go with."""
    if policy.pricing == "european" and policy.uplift != "none":
        message = "does not go with european prices, at which no accepted order loses; choose another price rule"
        yield Issue("policy.uplift", "conflict", message)
    if policy.second_objective and (policy.pricing != "marginal" or policy.uplift != "none"):
        message = "does not go with uplift and price rules other than marginal: its schedule is not that of least cost"
        yield Issue("policy.second_objective", "conflict", message)


def _component(path: str, kind: str, record: Any, known: Context, fields: Mapping[str, Field]) -> Iterator[Issue]:
    """What is wrong with one component: these fields first, then what its room says about all of them together."""
    found = list(_fields(path, record, known, fields)) if fields else []
    yield from found
    if found:
        return
    if kind in ROOM_CHECKS:
        yield from ROOM_CHECKS[kind](path, record, known)


def _horizon(case: Case) -> Iterator[Issue]:
    try:
        times.zone(case.horizon.time_zone)
    except times.NotAMoment as error:
        yield Issue("horizon.time_zone", "time_zone", str(error))
    lengths = case.horizon.step_seconds
    if not lengths.size:
        yield Issue("horizon", "empty", "has no steps; give at least one")
    for place in np.flatnonzero(lengths <= 0)[:20]:
        yield Issue(
            f"horizon.step_seconds[{place}]", "range", f"is {lengths[place]} s; a step must last longer than 0 s"
        )
    if case.horizon.weights is not None and case.orders.orders:
        yield Issue(
            "horizon.weights", "orders", "weigh the steps of a case with orders; a market clears every step once"
        )


def _fields(path: str, record: Any, known: Context, fields: Mapping[str, Field] | None = None) -> Iterator[Issue]:
    some = fields_of(record.__class__) if fields is None else fields
    return _values(path, some, {name: getattr(record, name) for name in some}, known)


def _values(path: str, fields: Mapping[str, Field], values: Mapping[str, Any], known: Context) -> Iterator[Issue]:
    for name, field in fields.items():
        content = values.get(name)
        if name not in values or (content is None and field.default is None):
            continue
        place = f"{path}.{known.units.name(name, field.meta.unit)}"
        yield from _FIELD_CHECKS.get(field.meta.kind, _nothing)(place, field, content, known)


def _unsound(cls: type[Any], records: Sequence[Any], known: Context) -> Mapping[str, Field]:
    """The fields of which some record may say something wrong; most are sound in all records, column by column."""
    if len(records) < _COLUMNS:
        return fields_of(cls)
    return {
        name: field
        for name, field in fields_of(cls).items()
        if not _sound(field, list(map(attrgetter(name), records)), known)
    }


def _sound(field: Field, column: list[Any], known: Context) -> bool:
    """Whether there is surely nothing wrong with a field of all records of a kind."""
    meta = field.meta
    given = [each for each in column if each is not field.default] if field.default in (None, "") else column
    if not given or meta.kind in ("text", "flag"):
        return True
    if meta.kind in ("parts", "names"):
        return not any(given)
    if meta.kind == "choice":
        return set(given) <= set(meta.choices)
    if meta.kind == "party":
        return set(given) <= known.parties
    if meta.kind == "bus":
        return {known.carriers.get(each) for each in given} <= ({meta.carrier} if meta.carrier else set(CARRIERS))
    if meta.kind == "id":
        return all(each and each == each.strip() for each in given)
    if meta.kind not in ("number", "series", "count"):
        return False
    kinds, one, whole = set(map(type, given)), (), (known.horizon.steps,)
    if all(issubclass(kind, (float, int)) and kind is not bool for kind in kinds):
        numbers = np.array(given, dtype=np.float64)
    elif meta.kind == "series" and kinds <= {np.ndarray, float}:
        shapes = {getattr(each, "shape", one) for each in given}
        if not shapes <= {one, whole}:
            return False
        numbers = np.concatenate(given if one not in shapes else [np.ravel(each) for each in given])
    else:
        return False
    lowest, highest = float(numbers.min()), float(numbers.max())  # either is NaN where one number is
    return bool(meta.minimum <= lowest and highest <= meta.maximum and np.isfinite(lowest) and np.isfinite(highest))


def _identity(path: str, field: Field, content: str, known: Context) -> Iterator[Issue]:
    if not content or content != content.strip():
        yield Issue(path, "id", f"is {content!r}; an id is a text without blanks at its ends")


def _choice(path: str, field: Field, content: str, known: Context) -> Iterator[Issue]:
    if content not in field.meta.choices:
        yield unknown(path, "choice", "choice", content, field.meta.choices)


def _count(path: str, field: Field, content: int, known: Context) -> Iterator[Issue]:
    if not field.meta.minimum <= content <= field.meta.maximum:
        yield Issue(path, "range", f"is {content}; it must lie within [{field.meta.minimum:g}, {field.meta.maximum:g}]")


def _bus(path: str, field: Field, content: str, known: Context) -> Iterator[Issue]:
    if not content and content == field.default:
        return  # need not be given
    if content not in known.carriers:
        yield unknown(path, "unknown_reference", "bus", content, known.carriers)
    elif field.meta.carrier and known.carriers[content] != field.meta.carrier:
        is_, must = known.carriers[content], field.meta.carrier
        yield Issue(path, "carrier", f"is {content!r}, a bus of {is_}; it must be a bus of {must}")


def _party(path: str, field: Field, content: str, known: Context) -> Iterator[Issue]:
    if content not in known.parties:
        yield unknown(path, "unknown_reference", "party", content, known.parties - {""})


def _number(path: str, field: Field, content: Any, known: Context) -> Iterator[Issue]:
    if isinstance(content, bool) or not isinstance(content, (int, float)) or not np.isfinite(content):
        yield Issue(path, "finite", f"is {content!r}; it must be a finite number")
    elif not field.meta.minimum <= content <= field.meta.maximum:
        yield Issue(path, "range", f"is {known.units.say(content, field.meta.unit)}; it must {_range(field, known)}")


def _series(path: str, field: Field, content: Any, known: Context) -> Iterator[Issue]:
    values, steps = np.asarray(content, dtype=np.float64), known.horizon.steps
    if values.shape not in ((), (steps,)):
        message = f"has shape {values.shape}; the horizon has {steps} steps; give one number per step"
        yield Issue(path, "length", message)
        return
    wrong = ~np.isfinite(values)
    rule, demand = "finite", "it must be a finite number"
    if not wrong.any():
        wrong = (values < field.meta.minimum) | (values > field.meta.maximum)
        rule, demand = "range", f"it must {_range(field, known)}"
    places = np.flatnonzero(wrong)
    if places.size:
        place = int(places[0])
        more = f" ({places.size - 1} more steps like it)" if places.size > 1 else ""
        shown = known.units.say(float(values.ravel()[place]), field.meta.unit)
        yield Issue(f"{path}[{place}]", rule, f"is {shown} at {known.horizon.axis.labels[place]}Z; {demand}{more}")


def _parts(path: str, field: Field, content: Sequence[Any], known: Context) -> Iterator[Issue]:
    for place, part in enumerate(content):
        yield from _fields(f"{path}[{place}]", part, known)


def _names(path: str, field: Field, content: Sequence[str], known: Context) -> Iterator[Issue]:
    yield from duplicates(path, content)


def _nothing(path: str, field: Field, content: Any, known: Context) -> Iterator[Issue]:
    return iter(())


def _range(field: Field, known: Context) -> str:
    lower, upper = field.meta.minimum, field.meta.maximum
    if not np.isfinite(upper):
        return f"be at least {known.units.say(lower, field.meta.unit)}"
    if not np.isfinite(lower):
        return f"be at most {known.units.say(upper, field.meta.unit)}"
    return f"lie within [{lower:g}, {known.units.say(upper, field.meta.unit)}]"


_FIELD_CHECKS: Mapping[str, Callable[[str, Field, Any, Context], Iterator[Issue]]] = {
    "id": _identity,
    "choice": _choice,
    "count": _count,
    "bus": _bus,
    "party": _party,
    "number": _number,
    "series": _series,
    "parts": _parts,
    "names": _names,
}
