"""What a case has that a MATPOWER case file cannot say, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from c4e_opt.case.case import Case
from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue

#: What is said of each kind; anything else of it must be as it is by default.
_SAID: Mapping[str, frozenset[str]] = {
    "generator": frozenset(
        (
            "id", "bus", "owner", "power_max_mw", "power_min_mw", "power_fixed_mw", "cost_eur_per_mwh",
            "cost_segments", "quadratic_cost_eur_per_mw2_hour", "fixed_cost_eur_per_hour",
        )
    ),
    "demand": frozenset(("id", "bus", "owner", "demand_mw")),
    "line": frozenset(
        (
            "id", "from_bus", "to_bus", "owner", "resistance_pu", "reactance_pu", "susceptance_pu", "tap_ratio",
            "phase_shift_deg", "limit_mw", "emergency_limit_mw", "angle_min_deg", "angle_max_deg", "in_service",
        )
    ),
    "shunt": frozenset(("id", "bus", "owner", "conductance_mw", "susceptance_mvar")),
    "tie": frozenset(
        (
            "id", "from_bus", "to_bus", "owner", "forward_max_mw", "backward_max_mw", "forward_min_mw",
            "backward_min_mw", "loss_ratio", "backward_loss_ratio", "loss_fixed_mw", "fee_eur_per_mwh",
            "backward_fee_eur_per_mwh",
        )
    ),
    "reserve": frozenset(("id", "members", "up_mw", "duration_hours", "counts_for")),
    "reactive": frozenset(
        ("id", "member", "bus", "ratio", "reactive_min_mvar", "reactive_max_mvar", "capability")
    ),
}  # fmt: skip


def number_of(content: Any) -> float:
    """The number of a series of one step."""
    return float(np.asarray(content, dtype=np.float64).ravel()[0])


def check_case(case: Case) -> Iterator[Issue]:
    """What of a case as a whole cannot be said."""
    steps = case.horizon.steps
    if steps != 1 or case.horizon.step_seconds[0] != 3600 or case.horizon.weights is not None:
        said = f"has {steps} steps" if steps != 1 else "has a step that is no plain hour"
        yield Issue("horizon", "unsayable", f"{said}; a MATPOWER case is one hour")
    if case.orders.orders:
        yield Issue("orders", "unsayable", "are given; MATPOWER has no order book")
    for place, bus in enumerate(case.buses):
        if bus.carrier != "electricity":
            yield Issue(f"buses[{place}].carrier", "unsayable", f"is {bus.carrier}; MATPOWER knows electricity only")
    for kind, records in case.components.items():
        if records and kind not in _SAID:
            yield Issue(f"components.{kind}", "unsayable", f"are given ({len(records)}); MATPOWER has no such thing")
        elif steps == 1:
            for place, record in enumerate(records):
                yield from _check_fields(f"components.{kind}[{place}]", record, _SAID[kind])
    if steps == 1:
        yield from _check_reactive(case)
        yield from _check_reserves(case)


def _check_fields(path: str, record: Any, said: frozenset[str]) -> Iterator[Issue]:
    """Fields that are not as by default and cannot be said."""
    for name, field in fields_of(record.__class__).items():
        content = getattr(record, name)
        if name in said or content is field.default:
            continue
        same = field.default is None and content is None
        if field.meta.kind == "series":
            same = field.default is not None and bool(np.all(np.asarray(content) == field.default))
        elif field.meta.kind != "parts":
            same = content == field.default
        if not same and not (field.meta.kind in ("parts", "names") and not content):
            yield Issue(f"{path}.{name}", "unsayable", "is given; MATPOWER has no such thing; leave it out to write")


def _check_reactive(case: Case) -> Iterator[Issue]:
    """Reactive power that is neither that of a load or a generator, nor fixed."""
    ties = {f"{tie.id}.{end}" for tie in case.components.get("tie", ()) for end in ("from", "to")}
    seen: set[str] = set()
    for place, each in enumerate(case.components.get("reactive", ())):
        path = f"components.reactive[{place}]"
        kind = each.member.partition("/")[0]
        fixed = number_of(each.reactive_min_mvar) == number_of(each.reactive_max_mvar)
        if kind and kind not in ("generator", "demand"):
            message = f"is a {kind}; MATPOWER has reactive power of generators and loads"
            yield Issue(f"{path}.member", "unsayable", message)
        elif each.member in seen:
            yield Issue(f"{path}.member", "unsayable", f"{each.member} has several such records; MATPOWER has one")
        elif kind != "generator" and each.ratio is None and not fixed and each.id not in ties:
            yield Issue(f"{path}.reactive_min_mvar", "unsayable", "is no fixed power; MATPOWER's loads have no range")
        elif each.capability and kind != "generator":
            yield Issue(f"{path}.capability", "unsayable", "is given; MATPOWER has such curves of generators only")
        seen.add(each.member or each.id)


def _check_reserves(case: Case) -> Iterator[Issue]:
    known = {f"generator/{each.id}" for each in case.components.get("generator", ())}
    for place, each in enumerate(case.components.get("reserve", ())):
        if not each.members or not set(each.members) <= known:
            message = "must name generators, one by one; MATPOWER's zones do"
            yield Issue(f"components.reserve[{place}].members", "unsayable", message)
        for at, other in enumerate(case.components["reserve"]):
            within = set(each.members) < set(other.members) or (set(each.members) == set(other.members) and at < place)
            if at != place and within != (other.id in each.counts_for):
                message = f"and those of {other.id!r} do not lie as zones do: what is kept within another counts for it"
                yield Issue(f"components.reserve[{place}].counts_for", "unsayable", message)


def check_line(line: Any, *, dcp: bool) -> Iterator[Issue]:
    """Limits of a line for which MATPOWER has no number."""
    path = f"components.line {line.id!r}"
    for name in ("limit_mw", "emergency_limit_mw"):
        if getattr(line, name) is not None and number_of(getattr(line, name)) == 0:
            message = "is 0, which is no limit to MATPOWER; take the line out of service"
            yield Issue(f"{path}.{name}", "unsayable", message)
    low, high = line.angle_min_deg, line.angle_max_deg
    if (low == 0 == high) if dcp else (low == 0 or high == 0):
        yield Issue(f"{path}.angle_min_deg", "unsayable", "or angle_max_deg is 0, which is no limit to MATPOWER")


def check_tie(tie: Any) -> Iterator[Issue]:
    """Losses and fees of a tie that are not those of a DC line."""
    path = f"components.tie {tie.id!r}"
    forward, backward = number_of(tie.forward_max_mw) > 0, number_of(tie.backward_max_mw) > 0
    other = tie.loss_ratio if tie.backward_loss_ratio is None else tie.backward_loss_ratio
    if forward and backward:
        if abs((1 - tie.loss_ratio) * (1 - other) - 1) > 1e-12:
            message = "is lost either way; of a DC line of MATPOWER, reverse flow gains what forward flow loses"
            yield Issue(f"{path}.loss_ratio", "unsayable", message)
        if tie.fee_eur_per_mwh or tie.backward_fee_eur_per_mwh:
            yield Issue(f"{path}.fee_eur_per_mwh", "unsayable", "is paid either way; MATPOWER has one cost of both")
    if other >= 1 or tie.loss_ratio >= 1:
        yield Issue(f"{path}.loss_ratio", "unsayable", "loses everything; a DC line does not")
