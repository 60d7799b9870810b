"""Tiny grids for the models with voltage, in which every law of theirs has rows; see `tests.equations.tiny_cases`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from c4e_opt import Case
from tests.unit.feeders import feeder, load, var, wire

CORNERS = [
    {"power_mw": 0.0, "reactive_min_mvar": -0.5, "reactive_max_mvar": 0.75},
    {"power_mw": 1.0, "reactive_min_mvar": -0.25, "reactive_max_mvar": 0.25},
]


def tiny_feeders() -> Mapping[str, Case]:
    """Kind -> case."""
    sun = {"id": "sun", "bus": "1", "available_mw": 1.0}
    reactive = [
        {"id": "tied", "member": "demand/d1", "ratio": 0.5},
        {"id": "inverter", "member": "renewable/sun", "reactive_max_mvar": 0.5, "apparent_max_mva": 1.25},
        {"id": "curve", "member": "renewable/roof", "capability": CORNERS},
        var("2", -0.125),
    ]
    roof = {**sun, "id": "roof", "bus": "2"}
    return {
        "reactive": feeder(line=[wire(), wire("1", "2")], demand=[load()], renewable=[sun, roof], reactive=reactive)
    }


def tiny_models() -> Mapping[str, Case]:
    """Network model -> case."""
    buses = [{"id": "0", "slack": True}, {"id": "1"}, {"id": "2", "voltage_min_pu": 0.5, "voltage_max_pu": 2.0}]
    lines = [
        wire(limit_mw=1.5, angle_min_deg=-45.0, angle_max_deg=45.0, susceptance_pu=0.5, conductance_pu=0.25),
        wire("2", "1", limit_mw=1.0, overload_price_eur_per_mwh=8.0, tap_ratio=0.5),
    ]
    sums = [{"id": "sum", "lines": [{"line": "01"}, {"line": "21", "ratio": -0.5}], "forward_max_mw": 2.0,
             "backward_max_mw": 3.0}]  # fmt: skip
    shunts = [{"id": "s", "bus": "1", "conductance_mw": 0.25, "susceptance_mvar": 0.5}]
    parts = {"buses": buses, "line": lines, "interface": sums, "shunt": shunts, "demand": [load(), load("2", 2.0)]}
    taps = [
        wire(tap_min_ratio=0.5, tap_max_ratio=2.0),
        wire("1", "2", tap_min_ratio=0.5, tap_max_ratio=1.0, tap_positions=2),
    ]
    bank = [{"id": "bank", "bus": "2", "susceptance_mvar": 0.5, "steps": 1}]
    chosen = feeder(buses=buses, line=taps, shunt=bank, demand=[load()])
    found = {"lindistflow": feeder(**parts), "socp": feeder("socp", **parts), "soc": feeder("soc", **parts)}
    return {**found, "taps_and_banks": replace(chosen, name="taps")}
