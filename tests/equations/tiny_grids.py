"""Tiny grids under a linear power flow and in transport, in which every law has rows; see `tests.equations.tiny_cases`.

Lines of 256 MW per radian, so that coefficients are short.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from c4e_opt import Case
from tests.unit.feeders import feeder, wire
from tests.unit.small_grids import grid_case, line, plant

STEPS = (60, 15)
HALF = float(np.degrees(0.5))  # radian
ANGLES = {"dc_formulation": "angles", "base_mva": 64.0}
SUMS = [
    {"id": "hard", "lines": [{"line": "ab"}, {"line": "ca", "ratio": -0.5}], "forward_max_mw": [1.5, 4.0]},
    {"id": "soft", "lines": [{"line": "bc"}], "backward_max_mw": 2.0, "overload_price_eur_per_mwh": 7.0},
]


def _line(name: str, start: str, end: str, limit: Any = None, **fields: Any) -> dict[str, Any]:
    return line(name, start, end, limit, 0.25, **fields)


def _triangle(**more: dict[str, Any]) -> list[dict[str, Any]]:
    """Three lines, each with more to say by its id."""
    ends = {"ab": ("a", "b"), "bc": ("b", "c"), "ca": ("c", "a")}
    return [_line(name, *pair) | more.get(name, {}) for name, pair in ends.items()]


def tiny_grids() -> Mapping[str, Case]:
    """Kind -> case."""
    plants, demand = [plant("a", 10.0, 8.0)], {"c": [4.0, 6.0]}
    chosen = {"phase_shift_min_deg": -HALF, "phase_shift_max_deg": HALF}
    lines = [
        *_triangle(
            ab={"limit_mw": [2.0, 3.0], "tap_ratio": 2.0},
            bc={"limit_mw": 4.0, "phase_shift_deg": HALF, "angle_min_deg": -2 * HALF, "angle_max_deg": 4 * HALF},
            ca={"limit_mw": 1.0, "angle_min_deg": -HALF, "angle_max_deg": HALF,
                "overload_price_eur_per_mwh": 5.0},
        ),
        _line("opens", "a", "c", 8.0, switchable=True),
        _line("shifts", "a", "b", 16.0, **chosen),
        _line("out", "a", "b", 16.0, in_service=False),
    ]  # fmt: skip
    pair = [_line("one", "a", "c", 5.0), _line("other", "a", "c", 5.0, emergency_limit_mw=6.0)]
    bank = [{"id": "bank", "bus": "1", "conductance_mw": 0.25, "susceptance_mvar": 0.5, "steps": 1}]
    return {
        "line": grid_case(lines, plants, demand, minutes=STEPS, policy=ANGLES),
        "interface": grid_case(_triangle(), plants, demand, minutes=STEPS, policy=ANGLES, interface=SUMS),
        "contingency": grid_case(pair, plants, demand, contingency=[{"id": "storm", "lines": ["one"]}], minutes=STEPS),
        "shunt": feeder(line=[wire()], shunt=bank),
    }


def tiny_network_models() -> Mapping[str, Case]:
    """Page of `c4e_opt.network` -> case; rows of limits and tangents are those that the first answers violate."""
    plants, demand = [plant("a", 10.0, 8.0), plant("c", 50.0, 8.0)], {"c": [4.0, 6.0]}
    soft = {"overload_price_eur_per_mwh": 5.0}
    limits = {"ab": {"limit_mw": 1.0}, "bc": {"limit_mw": [0.75, 9.0], **soft}, "ca": {"limit_mw": 3.0}}
    lazy = _triangle(**limits)
    lazy.append(_line("far", "a", "c", 9.0, reactance_pu=0.5, angle_max_deg=0.25 * float(np.degrees(1 / 128))))
    outage = [{"id": "storm", "lines": ["ca", "far"]}]
    return {
        "lazy": grid_case(
            lazy, plants, demand, minutes=STEPS, policy={"base_mva": 64.0}, interface=SUMS, contingency=outage
        ),
        "losses": grid_case(
            _triangle(ab={"limit_mw": 4.0, "resistance_pu": 0.5}, bc={"resistance_pu": 1.0}),
            plants,
            demand,
            minutes=STEPS,
            policy={"base_mva": 64.0, "losses": "iterated"},
        ),
        "transport": grid_case(
            _triangle(**limits), plants, demand, minutes=STEPS, policy={"network": "transport"}, interface=SUMS
        ),
    }
