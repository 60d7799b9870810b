"""Loads, wards, shunts, motors and lines of direct current of a network."""

from __future__ import annotations

import math

import numpy as np

from c4e_opt.case.readers.draft import UNLIMITED
from c4e_opt.case.readers.pandapower.network import Network

_VOLTAGE_PARTS = (
    "const_z_percent", "const_i_percent", "const_z_p_percent", "const_i_p_percent", "const_z_q_percent",
    "const_i_q_percent",
)  # fmt: skip


def read(network: Network) -> None:
    """Everything at one bus that no one steers."""
    draft = network.draft
    depending: list[str] = []
    for row in network.rows("load"):
        draft.load(
            row["name"],
            network.at(row["bus"]),
            network.power("load", row, "p_mw"),
            network.power("load", row, "q_mvar"),
        )
        if any(network.number(row, part) for part in _VOLTAGE_PARTS):
            depending.append(row["name"])
    if depending:
        draft.assume("load", f"{len(depending)} loads depend on voltage and are read as constant power")
    for table, sign in (("asymmetric_load", 1.0), ("asymmetric_sgen", -1.0)):
        for row in network.rows(table):
            scale = sign * network.number(row, "scaling", 1.0)
            power, reactive = (sum(network.number(row, f"{q}_{phase}_{u}") for phase in "abc") for q, u in _PHASES)
            draft.load(row["name"], network.at(row["bus"]), power * scale, reactive * scale)
    for row in network.rows("motor"):
        used = network.number(row, "loading_percent", 100.0) / network.above_zero(row, "efficiency_percent", 100.0)
        power = network.number(row, "pn_mech_mw") * used * network.number(row, "scaling", 1.0)
        phi = math.acos(min(max(network.number(row, "cos_phi", 1.0), -1.0), 1.0))
        draft.load(row["name"], network.at(row["bus"]), power, power * math.tan(phi))
    for table in ("ward", "xward"):
        for row in network.rows(table):
            bus = network.at(row["bus"])
            draft.load(row["name"], bus, network.number(row, "ps_mw"), network.number(row, "qs_mvar"))
            draft.shunt(row["name"], bus, complex(network.number(row, "pz_mw"), -network.number(row, "qz_mvar")), 1.0)
    _held_wards(network)
    for row in network.rows("shunt"):
        bus = network.at(row["bus"])
        kv = draft.buses[bus].voltage_kv
        ratio = kv / network.above_zero(row, "vn_kv", kv) if kv else 1.0
        steps = network.number(row, "step", 1.0)
        power = complex(network.number(row, "p_mw"), -network.number(row, "q_mvar")) * steps * (ratio * ratio)
        draft.shunt(row["name"], bus, power, 1.0)
    for table in ("svc", "ssc"):
        for row in network.rows(table):
            draft.refuse(row["path"], "is a static compensator with a controller, which no model here knows")
    for table in ("source_dc", "load_dc"):
        for row in network.rows(table):
            draft.refuse(row["path"], "is a part of a DC grid, which no model here knows")
    _direct_current(network)


_PHASES = (("p", "mw"), ("q", "mvar"))


def _held_wards(network: Network) -> None:
    """Extended wards hold the voltage of their inner bus by reactive power."""
    rows = {network.name("xward", row["place"]): row for row in network.rows("xward")}
    for name, row in rows.items():
        inner = f"{name} inner"
        if inner in network.draft.buses:
            network.hold(inner, network.number(row, "vm_pu", 1.0))
            limits = {"reactive_min_mvar": -UNLIMITED, "reactive_max_mvar": UNLIMITED}
            network.draft.add("reactive", name, bus=inner, **limits)


def _direct_current(network: Network) -> None:
    for row in network.rows("dcline"):
        name, power = row["name"], network.number(row, "p_mw")
        loss, constant = network.number(row, "loss_percent") / 100.0, network.number(row, "loss_mw")
        most = network.number(row, "max_p_mw", None)
        ends = network.at(row["from_bus"]), network.at(row["to_bus"])
        limit = abs(power) if most is None else most
        network.draft.add(
            "tie", name, from_bus=ends[0], to_bus=ends[1], loss_ratio=loss, forward_max_mw=max(limit, 0.0),
            backward_max_mw=max(limit, 0.0),
        )  # fmt: skip
        if constant:
            network.draft.load(f"{name} loss", ends[1], constant)
        for bus, end in zip(ends, ("from", "to"), strict=True):
            network.hold(bus, network.number(row, f"vm_{end}_pu", None))
            low, high = (network.number(row, f"{word}_q_{end}_mvar", None) for word in ("min", "max"))
            limits = {
                "reactive_min_mvar": float(np.clip(-UNLIMITED if low is None else low, -UNLIMITED, UNLIMITED)),
                "reactive_max_mvar": float(np.clip(UNLIMITED if high is None else high, -UNLIMITED, UNLIMITED)),
            }
            network.draft.add("reactive", f"{name} {end}", bus=bus, **limits)
