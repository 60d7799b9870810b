"""DC flows of a case by numpy alone, by MATPOWER's convention, with the imbalance spread over generators."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from c4e_opt.case import Case


def balanced(case: Case, targets: Mapping[str, float], limits: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Targets of generators, changed so that the case balances.

    As OpenLoadFlow does by default: in proportion to the largest power of those whose target is not 0, none beyond its
    own limits of the file or past 0. Generators without a target keep their schedule.
    """
    power = {each.id: float(targets.get(each.id, np.max(each.power_max_mw))) for each in case.components["generator"]}
    moving = {name for name, target in targets.items() if target != 0.0 and name in power}
    demand = sum(float(each.demand_mw[0]) for each in case.components.get("demand", ()))
    while abs(short := demand - sum(power.values())) > 1e-9 and moving:
        share = {name: limits[name][1] / sum(limits[each][1] for each in moving) for name in moving}
        for name in list(moving):
            low, high = limits[name]
            wanted = power[name] + short * share[name]
            power[name] = min(max(wanted, max(low, 0.0) if targets[name] > 0 else low), high)
            if power[name] != wanted:
                moving.discard(name)
    return power


def dc_flows(case: Case, generation: Mapping[str, float]) -> dict[str, float]:
    """Flow into every line at from_bus, MW; every island balances."""
    place = {bus.id: row for row, bus in enumerate(case.buses)}
    injection = np.zeros(len(place))
    for each in case.components.get("generator", ()):
        injection[place[each.bus]] += generation[each.id]
    for each in case.components.get("demand", ()):
        injection[place[each.bus]] -= each.demand_mw[0]
    matrix = np.zeros((len(place), len(place)))
    lines = case.components["line"]
    for line in lines:
        start, stop = place[line.from_bus], place[line.to_bus]
        weight = case.policy.base_mva / (line.reactance_pu * line.tap_ratio)
        shift = weight * np.deg2rad(line.phase_shift_deg)
        matrix[[start, stop], [start, stop]] += weight
        matrix[[start, stop], [stop, start]] -= weight
        injection[start] += shift
        injection[stop] -= shift
    angle = np.linalg.lstsq(matrix, injection, rcond=None)[0]
    assert np.allclose(matrix @ angle, injection, atol=1e-6)
    return {
        line.id: float(
            case.policy.base_mva
            / (line.reactance_pu * line.tap_ratio)
            * (angle[place[line.from_bus]] - angle[place[line.to_bus]] - np.deg2rad(line.phase_shift_deg))
        )
        for line in lines
    }
