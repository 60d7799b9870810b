"""Checks of a network as a whole: what its model does not know is refused here, with what to take instead.

What models with voltage ask of a grid stands in `network.radial`, what laws of sites do in `network.borders`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from c4e_opt.issues import Issue
from c4e_opt.network.line import Line

#: Models of linear power flow.
LINEAR = ("dc", "dcp")

Components = Mapping[str, Sequence[Any]]


def check(policy: Any, components: Components) -> Iterator[Issue]:
    """What the lines of a case ask of a network model that it does not know.

    Args:
        policy: The policy of the case.
        components: All records, each sound by itself.
    """
    lines: Sequence[Line] = components.get("line", ())
    if not lines:
        return
    if policy.network in LINEAR:
        yield from _impedances(policy.network, lines)
        yield from _choices(policy, lines)
        yield from _big_m(lines)
    yield from _outages(policy, components)


def _impedances(network: str, lines: Sequence[Line]) -> Iterator[Issue]:
    """Lines through which nothing, or everything, would flow."""
    for place, line in enumerate(lines):
        if line.in_service and line.reactance_pu == 0:
            message = (
                f"is 0; {network} divides by it: make {line.from_bus!r} and {line.to_bus!r} one bus, give a small "
                "reactance, or choose the network model transport"
            )
            yield Issue(f"components.line[{place}].reactance_pu", "range", message)


def _choices(policy: Any, lines: Sequence[Line]) -> Iterator[Issue]:
    """Lines that are opened and shifts that are set where the model has no such choice."""
    for place, line in enumerate(lines):
        path, shifts = f"components.line[{place}]", line.phase_shift_min_deg is not None
        for field, chosen in (("switchable", line.switchable), ("phase_shift_min_deg", shifts)):
            if chosen and policy.dc_formulation != "angles" and policy.losses == "none":
                message = f"is not known to dc_formulation {policy.dc_formulation}; say dc_formulation: angles"
                yield Issue(f"{path}.{field}", "network", message)
        if shifts and policy.network == "dcp":
            yield Issue(f"{path}.phase_shift_min_deg", "network", "is not known to dcp, which has no shifts; choose dc")
        if line.tap_min_ratio is not None:
            message = f"is not known to {policy.network}, whose taps are fixed; leave it out, or choose socp"
            yield Issue(f"{path}.tap_min_ratio", "network", message)
        limited = line.angle_min_deg is not None or line.angle_max_deg is not None
        if limited and (line.switchable or shifts):
            field = "angle_min_deg" if line.angle_min_deg is not None else "angle_max_deg"
            what = "may be opened" if line.switchable else "chooses its phase shift"
            yield Issue(f"{path}.{field}", "conflict", f"is given while the line {what}; give limit_mw instead")


def _big_m(lines: Sequence[Line]) -> Iterator[Issue]:
    """Lines without a limit of their angle difference in a grid in which another line may be opened."""
    opened = next((line for line in lines if line.switchable and line.in_service), None)
    if opened is None:
        return
    for place, line in enumerate(lines):
        path, mend = f"components.line[{place}]", "give limit_mw, without overload_price_eur_per_mwh"
        if not line.in_service:
            continue
        if line.switchable and line.overload_price_eur_per_mwh is not None:
            message = "is given while the line may be opened; its limit must be hard"
            yield Issue(f"{path}.overload_price_eur_per_mwh", "conflict", message)
        elif line.switchable and line.limit_mw is None:
            yield Issue(f"{path}.limit_mw", "missing_field", f"is missing while the line may be opened; {mend}")
        elif not _bounded(line):
            message = (
                f"does not limit the angles at the ends of the line, which dc needs where line {opened.id!r} may be "
                f"opened; {mend}, or angle_min_deg and angle_max_deg"
            )
            yield Issue(f"{path}.limit_mw", "missing_field", message)


def _bounded(line: Line) -> bool:
    """Whether limits bound the difference of the angles at its ends."""
    angles = line.angle_min_deg is not None and line.angle_max_deg is not None
    return angles or (line.limit_mw is not None and line.overload_price_eur_per_mwh is None)


def _outages(policy: Any, components: Components) -> Iterator[Issue]:
    """Outages where nothing looks at flows after them, and names that could mean two of them."""
    lines, outages = components["line"], components.get("contingency", ())
    linear, lossless = policy.network in LINEAR, policy.losses == "none"
    lazy = linear and policy.dc_formulation == "lazy" and lossless
    model = f"network model {policy.network}"
    if linear:
        model = f"dc_formulation {policy.dc_formulation}" if lossless else f"{policy.network} with losses"
    mend = "choose dc with dc_formulation lazy and without losses"
    if policy.security != "none" and not lazy:
        yield Issue("policy.security", "network", f"is {policy.security!r}, which the {model} does not know; {mend}")
    if outages and not lazy and policy.network in (*LINEAR, "transport"):
        message = f"are not known to the {model}; {mend}, or leave them out"
        yield Issue("components.contingency", "network", message)
    if not lossless and policy.network == "transport":
        yield Issue("policy.losses", "network", f"is {policy.losses!r}, which the {model} does not know; choose dc")
    if policy.losses != "none" and policy.second_objective and policy.network in LINEAR:
        message = f"is {policy.second_objective!r}; it could pay to lose more than lines do: leave it out, or losses"
        yield Issue("policy.second_objective", "conflict", message)
    names = {line.id for line in lines}
    for place, each in enumerate(outages):
        if each.id in names and each.lines != (each.id,):
            message = f"is {each.id!r}, the id of a line that is not the one that fails; name it otherwise"
            yield Issue(f"components.contingency[{place}].id", "duplicate_id", message)
